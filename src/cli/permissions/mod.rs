//! `permissions`: the policies that a crawl needs, as text, JSON, Terraform or CloudFormation.

mod cloudformation;
mod terraform;
mod text;

use serde::Serialize;
use serde_json::Value;

use super::args::{self, PolicyFormat, TypedPartition};
use super::error::CliError;
use super::output::Output;
use super::request::Request;
use super::{Ending, caller};
use crate::arn::{Arn, Partition, PrincipalName};
use crate::aws::permissions::{Setup, member_policy, needed};
use crate::collect;

/// The name of the policies and the description of who made them.
const MADE_BY: &str = concat!("rolewalk ", env!("CARGO_PKG_VERSION"));

/// Prints the policies.
pub(crate) fn permissions(
    request: &Request,
    typed: &args::Permissions,
) -> Result<Ending, CliError> {
    let setup = setup(request, typed)?;
    let template = match typed.format {
        None => {
            return request
                .output
                .answer(&Policies::of(&setup), |_, page| text::write(&setup, page));
        }
        Some(PolicyFormat::Json) => {
            Output::print_json(&Policies::of(&setup))?;
            return Ok(Ending::Answered);
        }
        Some(_) if request.output.json => {
            return Err(CliError::input("`--json` and `--format` ask for two forms of the answer"));
        }
        Some(PolicyFormat::Terraform) => terraform::write(&setup),
        Some(PolicyFormat::Cloudformation) => cloudformation::write(&setup),
    };
    Output::print_raw(template.as_bytes())
}

/// What a crawl has to be allowed (`rolewalk/permissions/1`).
#[derive(Debug, Serialize)]
struct Policies {
    schema: &'static str,
    partition: Partition,
    /// Whoever runs rolewalk.
    caller: Caller,
    /// The role that is assumed first, where there is one.
    first_hop: Option<FirstHop>,
    /// The role in every other account.
    member_role: MemberRole,
    /// Every action, and what it is called for.
    actions: Vec<Needed>,
}

#[derive(Debug, Serialize)]
struct Caller {
    /// Its ARN, where it was named.
    principal: Option<String>,
    policy: Value,
}

#[derive(Debug, Serialize)]
struct FirstHop {
    role: String,
    policy: Value,
    trust: Value,
}

#[derive(Debug, Serialize)]
struct MemberRole {
    /// Tried in order; one is enough in each account.
    names: Vec<String>,
    policy: Value,
    trust: Value,
}

#[derive(Debug, Serialize)]
struct Needed {
    action: &'static str,
    why: &'static str,
}

impl Policies {
    fn of(setup: &Setup) -> Self {
        let first_hop = || {
            Some(FirstHop {
                role: setup.via.as_ref()?.to_string(),
                policy: setup.first_hop_policy()?,
                trust: setup.first_hop_trust()?,
            })
        };
        Self {
            schema: "rolewalk/permissions/1",
            partition: setup.partition,
            caller: Caller {
                principal: setup.trusted.as_ref().map(ToString::to_string),
                policy: setup.caller_policy(),
            },
            first_hop: first_hop(),
            member_role: MemberRole {
                names: setup.role_names.clone(),
                policy: member_policy(),
                trust: setup.member_trust(),
            },
            actions: needed()
                .filter_map(|it| Some(Needed { action: it.permission?, why: it.why }))
                .collect(),
        }
    }
}

fn setup(request: &Request, typed: &args::Permissions) -> Result<Setup, CliError> {
    let role_names = caller::role_names(&typed.role_names, &request.config);
    for name in &role_names {
        collect::check_role_name(name).map_err(CliError::input)?;
    }
    let trusted = typed.trusted.as_deref().map(trusted).transpose()?;
    let via = typed.via.as_deref().map(first_hop).transpose()?;
    let partition = partition(typed.partition, [("--trusted", &trusted), ("--via", &via)])?;
    let external_id = typed.external_id.clone().or_else(|| request.config.external_id.clone());
    if let Some(id) = &external_id {
        let fits = |char: char| char.is_ascii_alphanumeric() || "_+=,.@:/-".contains(char);
        if !(2..=1224).contains(&id.len()) || !id.chars().all(fits) {
            return Err(CliError::input(format!(
                "`{id}` is no external ID: 2 to 1224 letters, digits and `_+=,.@:/-` are expected"
            )));
        }
    }
    Ok(Setup { partition, role_names, via, trusted, external_id })
}

/// The partition as typed, which that of every ARN has to be; without it, theirs.
fn partition(
    typed: Option<TypedPartition>,
    arns: [(&str, &Option<Arn>); 2],
) -> Result<Partition, CliError> {
    let mut said = typed.map(|typed| {
        let partition = match typed {
            TypedPartition::Aws => Partition::Aws,
            TypedPartition::AwsCn => Partition::AwsCn,
            TypedPartition::AwsUsGov => Partition::AwsUsGov,
        };
        ("--partition", partition)
    });
    for (option, arn) in arns {
        let Some(arn) = arn else { continue };
        match said {
            None => said = Some((option, arn.partition())),
            Some((other, partition)) if partition != arn.partition() => {
                return Err(CliError::input(format!(
                    "`{option}` is in the partition `{}`, `{other}` says `{partition}`: roles are \
                     assumed within one",
                    arn.partition()
                )));
            }
            Some(_) => {}
        }
    }
    Ok(said.map_or(Partition::Aws, |(_, partition)| partition))
}

/// A principal that a trust policy may name for good.
fn trusted(typed: &str) -> Result<Arn, CliError> {
    let wrong = || {
        CliError::input(format!(
            "`{typed}` can't be trusted: a role, a user or an account is expected"
        ))
        .hint("such as `arn:aws:iam::123456789012:role/NAME` or `arn:aws:iam::123456789012:root`")
    };
    let arn: Arn = typed.parse().map_err(|_| wrong())?;
    if typed.contains(['*', '?']) {
        return Err(wrong().hint("a trust policy takes no wildcard in an ARN"));
    }
    match arn.principal() {
        Some(
            PrincipalName::Account(_) | PrincipalName::Role { .. } | PrincipalName::User { .. },
        ) => Ok(arn),
        // What `aws sts get-caller-identity` prints; trust would end with the session's name.
        Some(PrincipalName::Session { account, role, .. }) => Err(wrong().hint(format!(
            "this is one session; its role is `arn:{}:iam::{account}:role/{role}`, with the path \
             before the name if it has one",
            arn.partition()
        ))),
        _ => Err(wrong()),
    }
}

fn first_hop(typed: &str) -> Result<Arn, CliError> {
    typed
        .parse()
        .ok()
        .filter(|arn: &Arn| matches!(arn.principal(), Some(PrincipalName::Role { .. })))
        .filter(|_| !typed.contains(['*', '?']))
        .ok_or_else(|| {
            CliError::input(format!("`{typed}` is no role's ARN"))
                .hint("such as `arn:aws:iam::123456789012:role/NAME`")
        })
}

/// A role's name as it is made: the path, and the name behind it.
fn path_and_name(name: &str) -> (String, &str) {
    match name.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name),
        None => ("/".to_owned(), name),
    }
}

#[cfg(test)]
mod tests;
