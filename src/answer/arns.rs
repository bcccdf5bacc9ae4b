//! ARNs as selectors, and what is wrong with those that name nothing.

use crate::arn::glob::Glob;
use crate::arn::{self, AccountId, Arn, NameError, Partition, PrincipalName};
use crate::graph::{Graph, Node};
use crate::org::{AccountKey, Facts};

use super::nearest::nearest;
use super::question::QuestionError;
use super::selector::{Selected, saml_not_read, selected};

/// What an ARN names; no node where nothing is known to have it.
pub(super) fn select(graph: &Graph, text: &str) -> Result<Selected, QuestionError> {
    let facts = graph.facts();
    if let Some((key, _)) = facts.saml_providers.iter().find(|(_, row)| *row.arn == *text) {
        return Ok(selected(vec![Node::Saml(key)]));
    }
    if text.contains(['*', '?']) {
        let pattern = Glob::escaped(text);
        let roles = facts
            .roles
            .iter()
            .filter(|(_, role)| pattern.matches(&role.arn))
            .map(|(key, _)| Node::Role(key));
        let users = facts
            .users
            .iter()
            .filter(|(_, user)| pattern.matches(&user.arn))
            .map(|(key, _)| Node::User(key));
        return Ok(selected(roles.chain(users).collect()));
    }
    if let Some(key) = facts.role_by_arn(text) {
        return Ok(selected(vec![Node::Role(key)]));
    }
    if let Some(key) = facts.user_by_arn(text) {
        return Ok(selected(vec![Node::User(key)]));
    }
    let parsed: Arn = text.parse().map_err(|error| malformed(graph, text, &error))?;
    in_its_place(graph, &parsed)?;
    let known = |id: AccountId| facts.account(id);
    match parsed.principal() {
        Some(PrincipalName::Account(id)) => {
            let key = known(id);
            Ok(selected(vec![key.map_or(Node::External(id), Node::Account)]))
        }
        Some(PrincipalName::Session { account, role, .. }) => {
            let key = known(account).and_then(|key| facts.role(key, role));
            if let Some(key) = key
                && facts.roles[key].name != role
            {
                let right = &facts.roles[key].name;
                return Err(
                    wrong_case(&parsed, "role", right).meant([text.replacen(role, right, 1)])
                );
            }
            match key {
                Some(key) => Ok(selected(vec![Node::Role(key)])),
                None => Ok(selected(unread(facts, known(account), parsed))),
            }
        }
        Some(PrincipalName::SamlProvider { account, name }) => match known(account) {
            Some(key) => Ok(selected(saml_not_read(facts, key, name)?)),
            None => Ok(selected(Vec::new())),
        },
        Some(PrincipalName::OidcProvider { .. }) => {
            let found = facts.oidc_providers.iter().find(|(_, row)| *row.arn == *text);
            Ok(selected(found.map(|(key, _)| Node::OidcProvider(key)).into_iter().collect()))
        }
        Some(PrincipalName::Role { account, path, name }) => {
            if name.is_empty() {
                return Err(nameless(&parsed, account, "role"));
            }
            if let Some(key) = known(account).and_then(|key| facts.role(key, name)) {
                let row = &facts.roles[key];
                return Err(other_spelling(&parsed, "role", (&path, name), (&row.path, &row.name))
                    .meant([row.arn.to_string()]));
            }
            Ok(selected(unread(facts, known(account), parsed)))
        }
        Some(PrincipalName::User { account, path, name }) => {
            if name.is_empty() {
                return Err(nameless(&parsed, account, "user"));
            }
            if let Some(key) = known(account).and_then(|key| facts.user(key, name)) {
                let row = &facts.users[key];
                return Err(other_spelling(&parsed, "user", (&path, name), (&row.path, &row.name))
                    .meant([row.arn.to_string()]));
            }
            Ok(selected(unread(facts, known(account), parsed)))
        }
        _ => Err(no_principal(graph, &parsed)),
    }
}

/// What was not read may exist; what was read and is not there does not.
fn unread(facts: &Facts, account: Option<AccountKey>, arn: Arn) -> Vec<Node> {
    let unread = account.is_none_or(|key| {
        facts.accounts[key].identities.read().is_none_or(|damaged| !damaged.is_empty())
    });
    if unread { vec![Node::Named(arn)] } else { Vec::new() }
}

/// The part that makes the text no ARN.
fn malformed(graph: &Graph, text: &str, error: &NameError) -> QuestionError {
    let invalid = match (error, arn::split(text)) {
        (NameError::AccountId(id), Some(_)) => {
            let digits = id.chars().filter(char::is_ascii_digit).count();
            let what = if digits == id.chars().count() {
                format!("has {digits} digits")
            } else {
                "is no number".to_owned()
            };
            QuestionError::invalid(format!(
                "`{text}`: the account in its fifth part, `{id}`, {what}, and an account id has twelve"
            ))
        }
        (NameError::Partition(found), Some(_)) => QuestionError::invalid(format!(
            "`{text}`: the partition in its second part, `{found}`, is none of AWS's: aws, aws-cn, aws-us-gov, aws-eusc, aws-iso, aws-iso-b, aws-iso-e or aws-iso-f"
        )),
        (_, Some(["arn", ..])) => QuestionError::invalid(format!(
            "`{text}` lacks what it names: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE` is expected"
        )),
        (_, Some(_)) => {
            let (start, rest) = text.split_at_checked(3).unwrap_or((text, ""));
            return QuestionError::invalid(format!(
                "`{text}` begins with `{start}`, and an ARN with `arn`"
            ))
            .meant([format!("arn{rest}")]);
        }
        (_, None) if without_region(text).is_some() => {
            return QuestionError::invalid(format!(
                "`{text}` has five parts, and an ARN six: the Region between service and account is empty in names of IAM, and its colon stays"
            ))
            .meant(without_region(text));
        }
        (_, None) => QuestionError::invalid(format!(
            "`{text}` has {} parts, and an ARN six: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`; those of IAM leave the Region empty",
            text.split(':').count()
        )),
    };
    invalid.meant(nearest(graph, text).into_iter().take(2))
}

/// `arn:aws:iam:ACCOUNT:RESOURCE`, with the colon that it lacks.
fn without_region(text: &str) -> Option<String> {
    let [start, partition, service, account, resource] =
        text.split(':').collect::<Vec<_>>().try_into().ok()?;
    account.parse::<AccountId>().ok()?;
    Some(format!("{start}:{partition}:{service}::{account}:{resource}"))
}

/// Refuses an ARN whose Region, service or partition can't be.
fn in_its_place(graph: &Graph, parsed: &Arn) -> Result<(), QuestionError> {
    let text = parsed.as_str();
    let Some([_, partition, service, region, account, resource]) = arn::split(text) else {
        return Ok(());
    };
    let write =
        |partition: &str, service: &str| format!("arn:{partition}:{service}::{account}:{resource}");
    if matches!(service, "iam" | "sts") && !region.is_empty() {
        return Err(QuestionError::invalid(format!(
            "`{text}`: its fourth part names the Region `{region}`, and ARNs of IAM and STS have none"
        ))
        .meant([write(partition, service)]));
    }
    let kind = resource.split('/').next().unwrap_or_default();
    let right_service = match (service, kind) {
        ("sts", "role" | "user" | "group" | "policy" | "oidc-provider" | "saml-provider") => "iam",
        ("iam", "assumed-role" | "federated-user") => "sts",
        _ => service,
    };
    if right_service != service {
        return Err(QuestionError::invalid(format!(
            "`{text}`: `{kind}/…` is a name of {right_service}, and its third part says {service}"
        ))
        .meant([write(partition, right_service)]));
    }
    let known = parsed.account().and_then(|id| graph.facts().account(id));
    let right: Option<Partition> = known.map(|key| graph.facts().accounts[key].partition);
    if let Some(right) = right.filter(|right| *right != parsed.partition()) {
        return Err(QuestionError::invalid(format!(
            "`{text}`: account {account} is in the partition `{right}`, not in `{partition}`, and no call crosses partitions"
        ))
        .meant([write(right.as_str(), service)]));
    }
    Ok(())
}

fn nameless(parsed: &Arn, account: AccountId, kind: &str) -> QuestionError {
    QuestionError::invalid(format!("`{parsed}` lacks the {kind}'s name"))
        .hint(format!("`rolewalk tree account:{account}` lists what there is"))
}

fn wrong_case(parsed: &Arn, kind: &str, right: &str) -> QuestionError {
    QuestionError::invalid(format!(
        "`{parsed}` names nothing in this snapshot: the {kind} is written `{right}`, and ARNs compare with case"
    ))
}

/// The account has the name with another path or in another case.
fn other_spelling(
    parsed: &Arn,
    kind: &str,
    asked: (&str, &str),
    known: (&str, &str),
) -> QuestionError {
    if asked.1 != known.1 {
        return wrong_case(parsed, kind, known.1);
    }
    QuestionError::invalid(format!(
        "`{parsed}` names nothing in this snapshot: the {kind} `{}` of that account has the path `{}`, not `{}`, and the path is a part of the ARN",
        known.1, known.0, asked.0
    ))
}

/// The ARN of a thing that makes no calls and can't be assumed.
fn no_principal(graph: &Graph, parsed: &Arn) -> QuestionError {
    let facts = graph.facts();
    let resource = parsed.resource();
    let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
    let name = rest.rsplit('/').next().unwrap_or_default();
    let account = parsed.account().and_then(|id| facts.account(id));
    let start = parsed.account().map(|id| format!("arn:{}:iam::{id}", parsed.partition()));
    let start = start.unwrap_or_default();
    let no = |what: &str| QuestionError::invalid(format!("`{parsed}` {what}"));
    match (parsed.service(), kind) {
        ("iam", "group") => {
            let members = facts.users.values().filter(|user| {
                user.groups.iter().flatten().any(|group| *facts.groups[*group].arn == *parsed.as_str())
            });
            let members: Vec<String> = members.take(3).map(|user| user.arn.to_string()).collect();
            let error = no("is a group: no call is made by a group, but by a user in it");
            if members.is_empty() { error.hint("name a user: `user:ACCOUNT/NAME`") } else { error.meant(members) }
        }
        ("iam", "instance-profile") => {
            let error = no("is an instance profile: calls are made by the role in it");
            let role = account.and_then(|key| facts.role(key, name));
            match role {
                Some(role) => error.meant([facts.roles[role].arn.to_string()]),
                None => error.hint(format!("name the role: `{start}:role/NAME`")),
            }
        }
        ("iam", "policy") => no("is a policy: no principal, and nothing that can be assumed")
            .hint("name the user or role that it is attached to"),
        ("iam", "mfa" | "server-certificate") => no("is no principal")
            .hint("name a user or role"),
        ("sts", "assumed-role") => {
            no("lacks the session's name: `…:assumed-role/ROLE/SESSION` is expected")
                .hint(match account.and_then(|key| facts.role(key, rest)) {
                    Some(role) => format!("for whatever session of it name the role: `{}`", facts.roles[role].arn),
                    None => format!("for whatever session of it name the role: `{start}:role/{rest}`"),
                })
        }
        ("sts", "federated-user") => {
            no("is a session of GetFederationToken, which can call nothing of STS but GetCallerIdentity")
                .hint("name the user who asked for it: `user:ACCOUNT/NAME`")
        }
        ("iam", _) => no("names no principal")
            .meant(nearest(graph, &format!("{start}:role/{resource}")).into_iter().take(2))
            .hint(format!("a role is written `{start}:role/NAME`, a user `{start}:user/NAME`")),
        _ => no("names no principal: a user, role, session or provider is expected"),
    }
}
