//! Whether AWS lets a crawl in: credentials, the organization, one member account.

use super::super::caller;
use super::super::error::CliError;
use super::super::request::Request;
use super::super::{args, render};
use super::{Check, Status};
use crate::arn::{AccountId, PrincipalName};
use crate::aws::{self, Failure, FailureKind, Identity};
use crate::collect::{self, Access, CollectError, Entry, NoOrganization, Plan, PlannedAccount};
use crate::failure::{self, Layer};
use crate::org::NotReadKind;

/// What is asked of AWS in every case.
pub(super) const IDS: [&str; 3] = [CREDENTIALS, ORGANIZATION, MEMBER];

const CREDENTIALS: &str = "credentials";
const FIRST_HOP: &str = "first-hop";
const ORGANIZATION: &str = "organization";
const MEMBER: &str = "member-role";
const MANAGEMENT: &str = "management";

/// What is tried, as a crawl with the same flags would.
pub(super) struct Options {
    crawl: collect::Options,
    /// The account to enter, where one was named.
    account: Option<AccountId>,
    /// Whether the names of the read role are those that a crawl would use.
    roles_known: bool,
}

/// The flags as `collect` understands them.
pub(super) fn options(request: &Request, typed: &args::Doctor) -> Result<Options, CliError> {
    let crawl = super::super::collect::options(request, &typed.ways, &[])?;
    if let Entry::Role { names, .. } = &crawl.entry {
        names
            .iter()
            .try_for_each(|name| collect::check_role_name(name))
            .map_err(CliError::input)?;
    }
    let account = typed.account.as_deref().map(|id| {
        id.parse().map_err(|_| CliError::input(format!("`{id}` is no account id: 12 digits are")))
    });
    let named = !typed.ways.role_names.is_empty() || typed.ways.sso_session.is_some();
    Ok(Options {
        crawl,
        account: account.transpose()?,
        roles_known: request.configuration.problem.is_none() || named,
    })
}

/// The checks that ask AWS, each only if those before it let it.
pub(super) async fn checks(request: &Request, options: &Options) -> Vec<Check> {
    let skipped = |ids: &[&'static str], because: &str| {
        let tried = ids.iter().filter(|id| **id != FIRST_HOP || options.crawl.via.is_some());
        tried.map(|id| Check::skipped(id, because)).collect::<Vec<_>>()
    };
    let identity = async { aws::connect(&options.crawl.settings).await?.identity().await }.await;
    let identity = match identity {
        Ok(identity) => identity,
        Err(failure) => {
            let mut checks =
                vec![Check::failed(CREDENTIALS, failure.to_string(), next_step(&failure))];
            checks.extend(skipped(
                &[FIRST_HOP, ORGANIZATION, MEMBER],
                "there are no credentials that work",
            ));
            return checks;
        }
    };
    let mut checks = vec![credentials(request, &identity)];
    match collect::plan(&options.crawl).await {
        Ok(plan) => {
            if let Some(session) = &plan.via {
                checks.push(Check::ok(FIRST_HOP, format!("assumed: {}", session.arn)));
            }
            checks.push(organization(&plan));
            if options.roles_known {
                checks.extend(roles(&plan, options).await);
            } else {
                let because = "the configuration file, which may name the read role, can't be used";
                checks.push(Check::skipped(MEMBER, because));
            }
        }
        Err(CollectError::Via { role, failure }) => {
            let fix = match failure.kind {
                FailureKind::Denied => to_assume(&failure, &[role], &identity, true),
                _ => next_step(&failure),
            };
            checks.push(Check::failed(FIRST_HOP, failure.to_string(), fix));
            checks.extend(skipped(&[ORGANIZATION, MEMBER], "the first hop was not assumed"));
        }
        Err(error) => {
            checks.push(Check::failed(ORGANIZATION, error.to_string(), "try again"));
            checks.extend(skipped(&[MEMBER], "the organization was not read"));
        }
    }
    checks
}

fn credentials(request: &Request, identity: &Identity) -> Check {
    let profile = match &request.aws.profile {
        Some(profile) => format!(", profile `{profile}`"),
        None => String::new(),
    };
    let found = format!("{} in account {}{profile}", identity.arn, identity.account);
    if matches!(identity.arn.principal(), Some(PrincipalName::Account(_))) {
        let fix = "sign in as a role or user: AWS lets a root user assume no role";
        return Check::warning(CREDENTIALS, found, fix);
    }
    Check::ok(CREDENTIALS, found)
}

fn organization(plan: &Plan) -> Check {
    let own = plan.reader().account;
    let gap = match &plan.no_organization {
        Some(NoOrganization::NotInUse) => {
            let found = format!("account {own} belongs to none; only it will be read");
            return Check::ok(ORGANIZATION, found);
        }
        None => {
            let (id, management) = plan.organization().unwrap_or(("", own));
            // A member account lists the others only as a delegated administrator's.
            let what = if management == own { "management" } else { "delegated administrator's" };
            let accounts = render::count(plan.accounts.len(), "account");
            let found = format!("{what} account {own} of {id}; {accounts} listed");
            return Check::ok(ORGANIZATION, found);
        }
        Some(NoOrganization::NotRead(gap)) => gap,
    };
    let said = format!("{} {}", gap.call, gap.message);
    let denied = gap.kind == NotReadKind::Denied;
    let fix = match gap.kind {
        NotReadKind::Denied => {
            format!("allow `{}`; `rolewalk permissions` prints the whole policy", gap.call)
        }
        NotReadKind::Throttled => "try again later".to_owned(),
        NotReadKind::Unreachable => {
            "check network, proxy, Region and `AWS_ENDPOINT_URL`, then try again".to_owned()
        }
        _ => "see the message, then try again".to_owned(),
    };
    match plan.organization() {
        Some((id, management)) if denied && management != own => Check::warning(
            ORGANIZATION,
            format!(
                "member account {own} of {id}, which may not list the accounts, so that only it \
                 will be read: {said}"
            ),
            format!(
                "use credentials of the management account {management} or of a delegated \
                 administrator, or a role there with `--via`; `rolewalk permissions` prints what it \
                 has to be allowed"
            ),
        ),
        Some((id, management)) => {
            let what = if management == own { "management" } else { "member" };
            let found = format!("{what} account {own} of {id}, whose accounts can't be listed");
            Check::failed(ORGANIZATION, format!("{found}: {said}"), fix)
        }
        None => {
            let found = format!("whether account {own} belongs to one is not known: {said}");
            Check::failed(ORGANIZATION, found, fix)
        }
    }
}

/// The account whose role is tried: the one that was named, else the first that a crawl would
/// enter, else the reader's own. A member account comes before the management account, to which
/// roles find their way by another road.
fn sample(plan: &Plan, options: &Options) -> AccountId {
    let entered = |account: &&PlannedAccount| account.access == Access::Enter;
    let sample = plan
        .accounts
        .iter()
        .filter(entered)
        .find(|account| Some(account.id) != management(plan))
        .or_else(|| plan.accounts.iter().find(entered));
    options.account.or_else(|| sample.map(|account| account.id)).unwrap_or(plan.reader().account)
}

fn management(plan: &Plan) -> Option<AccountId> {
    plan.organization().map(|(_, management)| management)
}

/// The roles that a crawl would enter by: that of one account, and that of the management account
/// where the reader is not in it.
async fn roles(plan: &Plan, options: &Options) -> Vec<Check> {
    let account = sample(plan, options);
    let mut checks = vec![role(MEMBER, plan, account, options.account.is_some()).await];
    let management = management(plan).filter(|management| *management != account);
    let entered = |id| plan.accounts.iter().any(|it| it.id == id && it.access == Access::Enter);
    if let Some(management) = management.filter(|management| entered(*management)) {
        let mut check = role(MANAGEMENT, plan, management, true).await;
        // The rest of the organization is read all the same.
        if let (Status::Failed, Some(fix)) = (check.status, &mut check.fix) {
            check.status = Status::Warning;
            fix.push_str(". A StackSet with service-managed permissions does not deploy there");
        }
        checks.push(check);
    }
    checks
}

/// One account, read as the crawl would.
async fn role(id: &'static str, plan: &Plan, account: AccountId, named: bool) -> Check {
    let known = plan.accounts.iter().find(|known| known.id == account);
    let name = match known {
        Some(known) if !known.name.is_empty() => format!("{} {account}", known.name),
        _ => account.to_string(),
    };
    let access = known.map_or(Access::Enter, |known| known.access);
    if access == Access::Closed {
        let found = format!("{name} is suspended, closed or not active yet: a crawl leaves it out");
        return Check::warning(id, found, "choose another account with `--account ID`");
    }
    let failure = match collect::try_account(plan, account).await {
        Ok(_) if access == Access::Caller => {
            let found = format!("{name} is the caller's own: read with the credentials at hand");
            return Check::ok(id, found);
        }
        Ok(_) if access == Access::Own => {
            let other = if named { "" } else { "no other account to enter; " };
            let found =
                format!("{other}{name} is the reader's own: read with the credentials at hand");
            return Check::ok(id, found);
        }
        Ok(session) => {
            return Check::ok(id, format!("{name}: entered as {} and read", session.arn));
        }
        Err(failure) => failure,
    };
    let found = format!("{name}: {failure}");
    if failure.kind != FailureKind::Denied {
        return Check::failed(id, found, next_step(&failure));
    }
    if failure.call == "sts:AssumeRole" {
        let Entry::Role { names, .. } = plan.ways.of(account) else {
            return Check::failed(id, found, next_step(&failure));
        };
        let partition = plan.partition();
        let role = |it: &String| format!("arn:{partition}:iam::{account}:role/{it}");
        let roles: Vec<String> = names.iter().map(role).collect();
        let fix = to_assume(&failure, &roles, plan.reader(), plan.via.is_some());
        return Check::failed(id, found, fix);
    }
    let who =
        if access == Access::Own { "the caller" } else { "the read role, which was assumed," };
    let fix = format!(
        "{who} lacks `{}`: give it the policy that `rolewalk permissions` prints{}",
        failure.call,
        blocked(&failure).map(|it| format!(", and look at {it}")).unwrap_or_default()
    );
    Check::failed(id, found, fix)
}

/// What may be missing where AWS did not let the caller assume any of these roles.
fn to_assume(failure: &Failure, roles: &[String], caller: &Identity, through: bool) -> String {
    let role = roles.join("`, else `");
    // Of a session the role's path is not known, and what trusts a session ends with it.
    let (who, trusted) = match caller.arn.principal() {
        Some(PrincipalName::Session { .. }) => ("the caller's role", "ARN"),
        _ => ("the caller", caller.arn.as_str()),
    };
    let fix = match (layer(failure), blocked(failure)) {
        (Some(Layer::Identity), _) => format!("allow {who} `sts:AssumeRole` on `{role}`"),
        (Some(Layer::Trust), _) => format!(
            "name {who} in the trust policy of `{role}`, and fit its conditions (`--external-id`)"
        ),
        (_, Some(blocked)) => format!("the call is stopped by {blocked}"),
        _ => format!(
            "AWS does not say which of these is missing: the role `{role}`; {who} in its trust \
             policy, with the external ID that it asks for (`--external-id`); `sts:AssumeRole` on \
             it in the permissions of {who}"
        ),
    };
    let via = if through { " --via ROLE_ARN" } else { "" };
    format!("{fix}. `rolewalk permissions --trusted {trusted}{via}` prints the policies")
}

/// The kind of policy that AWS's message names.
fn layer(failure: &Failure) -> Option<Layer> {
    failure::parse(&failure.message).into_iter().next()?.layer
}

/// What stops a call, where AWS names what an administrator of the organization set up.
fn blocked(failure: &Failure) -> Option<&'static str> {
    Some(match layer(failure)? {
        Layer::Scp => "a service control policy of the caller's account",
        Layer::Rcp => "a resource control policy of the role's account",
        Layer::Boundary => "the caller's permissions boundary",
        Layer::Session => "the caller's session policy",
        Layer::Endpoint => "the policy of a VPC endpoint",
        Layer::Identity | Layer::Trust | Layer::Sts | Layer::Provider => return None,
    })
}

/// What to do about a call that failed, in one line.
fn next_step(failure: &Failure) -> String {
    caller::next(CliError::refused(""), failure).hints.join("; ")
}
