//! Names that name nothing: what is not there, and what may have been meant.

use crate::arn::{AccountId, Arn, PrincipalName};
use crate::graph::{Graph, workspace_selector};
use crate::org::AccountKey;

use super::nearest::{distance, nearest};
use super::question::QuestionError;
use super::selector::accounts;

const SHOWN: usize = 5;

/// Nothing has this name, which is of a form that could.
pub(super) fn unknown(graph: &Graph, text: &str) -> QuestionError {
    if text.starts_with('@') {
        let detail = ": none of the group's selectors does".to_owned();
        return QuestionError::Unknown { selector: text.to_owned(), detail, nearest: Vec::new() };
    }
    let facts = graph.facts();
    let (kind, rest) = match text.split_once(':') {
        Some((kind @ ("user" | "saml"), rest)) => (kind, rest),
        None => ("role", text),
        _ => ("", text),
    };
    let mut found = Vec::new();
    let mut elsewhere = Vec::new();
    let mut detail = String::new();
    if let (Some((account, name)), false) = (rest.split_once('/'), kind.is_empty()) {
        let known = accounts(facts, account);
        let noun = if kind == "saml" { "SAML provider" } else { kind };
        if let ([one], "role" | "user") = (known.as_slice(), kind)
            && facts.accounts[*one].identities.read().is_none()
            && !name.contains(['*', '?'])
        {
            return unread(graph, text, *one, &format!("{kind}/{name}"));
        }
        detail = match known.as_slice() {
            [] => format!(": there is no account `{account}`"),
            [one] if facts.accounts[*one].identities.read().is_some_and(|it| !it.is_empty()) => {
                format!(
                    ": none that was read of account `{account}`, and not all were, is a {noun} `{name}`"
                )
            }
            _ => format!(": account `{account}` has no {noun} `{name}`"),
        };
        let name = name.rsplit('/').next().unwrap_or(name);
        let in_account = |selector: &String| {
            known.iter().any(|key| selector.contains(&format!("{}/", facts.accounts[*key].name)))
        };
        let mut same = named(graph, name, Some(account));
        same.sort_by_key(|selector| !in_account(selector));
        found.extend(same);
    }
    if let (Some(session), "") = (text.strip_prefix("arn:"), kind) {
        found.extend(nearest_sessions(graph, session));
        if let Some((account, noun, name)) = text.parse::<Arn>().ok().as_ref().and_then(place) {
            if let Some(key) = facts.account(account) {
                detail = format!(": account `{}` has no {noun} `{name}`", facts.accounts[key].name);
            }
            elsewhere = arns_named(graph, noun, name);
        }
    }
    // Names that are merely similar are of use where no equal one is.
    let near = nearest(graph, text);
    let near: Vec<String> = near.into_iter().filter(|name| !found.contains(name)).collect();
    found.extend(near.into_iter().chain(elsewhere));
    found.truncate(SHOWN);
    QuestionError::Unknown { selector: text.to_owned(), detail, nearest: found }
}

/// A name in an account whose identities were not read, so that nobody knows whether it is one.
fn unread(graph: &Graph, text: &str, account: AccountKey, resource: &str) -> QuestionError {
    let row = &graph.facts().accounts[account];
    QuestionError::invalid(format!(
        "`{text}` names nothing that was read: the identities of account `{}` were not",
        row.name
    ))
    .hint(format!(
        "its ARN can be asked for all the same: `arn:{}:iam::{}:{resource}`",
        row.partition, row.id
    ))
}

/// The account, the kind and the name of the principal that an ARN names.
fn place(arn: &Arn) -> Option<(AccountId, &'static str, &str)> {
    match arn.principal()? {
        PrincipalName::Role { account, name, .. } => Some((account, "role", name)),
        PrincipalName::Session { account, role, .. } => Some((account, "role", role)),
        PrincipalName::User { account, name, .. } => Some((account, "user", name)),
        _ => None,
    }
}

/// ARNs of the roles or users that have exactly this name, in whatever account.
fn arns_named(graph: &Graph, kind: &str, name: &str) -> Vec<String> {
    let facts = graph.facts();
    let roles = facts.roles.values().filter(|_| kind == "role").map(|row| (&row.name, &row.arn));
    let users = facts.users.values().filter(|_| kind == "user").map(|row| (&row.name, &row.arn));
    let same = roles.chain(users).filter(|(other, _)| other.eq_ignore_ascii_case(name));
    same.take(3).map(|(_, arn)| arn.to_string()).collect()
}

/// Sessions of roles whose names come close, for the ARN of a session without its `arn:`.
fn nearest_sessions(graph: &Graph, rest: &str) -> Vec<String> {
    let Some((start, role)) = rest.split_once(":assumed-role/") else { return Vec::new() };
    let Some((role, session)) = role.split_once('/') else { return Vec::new() };
    let account = start.rsplit(':').next().and_then(|id| id.parse().ok());
    let Some(key) = account.and_then(|id| graph.facts().account(id)) else { return Vec::new() };
    let mut near: Vec<(usize, &str)> = graph.facts().accounts[key]
        .roles
        .iter()
        .map(|key| graph.facts().roles[*key].name.as_str())
        .map(|name| (distance(&role.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= 2 + name.len().min(role.len()) / 3)
        .collect();
    near.sort_unstable();
    let session_of =
        |(_, name): (usize, &str)| format!("arn:{start}:assumed-role/{name}/{session}");
    near.into_iter().take(3).map(session_of).collect()
}

/// Selectors of the roles and users that have exactly this name, in whatever account.
fn named(graph: &Graph, name: &str, account: Option<&str>) -> Vec<String> {
    let facts = graph.facts();
    let wanted = account.map(str::to_lowercase);
    let far = |name: &str| wanted.as_ref().map_or(0, |it| distance(it, &name.to_lowercase()));
    let roles = facts.roles.values().filter(|row| row.name.eq_ignore_ascii_case(name));
    let mut roles: Vec<(usize, String)> = roles
        .map(|row| {
            let place = &facts.accounts[row.account].name;
            (far(place), format!("{place}/{}", row.name))
        })
        .collect();
    roles.sort();
    let mut found: Vec<String> = roles.into_iter().take(SHOWN).map(|(_, name)| name).collect();
    found.extend(users_named(graph, name));
    found
}

/// Selectors of the users that have exactly this name.
pub(super) fn users_named(graph: &Graph, name: &str) -> Vec<String> {
    let facts = graph.facts();
    let users = facts.users.values().filter(|row| row.name.eq_ignore_ascii_case(name));
    users
        .take(SHOWN)
        .map(|row| format!("user:{}/{}", facts.accounts[row.account].name, row.name))
        .collect()
}

/// A text without colon and slash, which names nothing by itself.
pub(super) fn bare(graph: &Graph, text: &str) -> QuestionError {
    let facts = graph.facts();
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let known = text.parse().ok().and_then(|id| facts.account(id));
        let error = QuestionError::invalid(format!(
            "`{text}` is an account, and what is asked for is a principal or role in it"
        ));
        return match known {
            Some(_) => error
                .hint(format!("`{text}/ROLE` or `user:{text}/NAME` names one"))
                .hint(format!("`account:{text}` names all of them, where a list is asked for")),
            None => error.hint(format!("`external:{text}` asks for some principal of it")),
        };
    }
    let prefix = text.get(..4).unwrap_or_default();
    if text.len() >= 16
        && text.chars().all(|char| char.is_ascii_uppercase() || char.is_ascii_digit())
    {
        match prefix {
            "AROA" | "AIDA" => return unique_id(graph, text),
            "AKIA" | "ASIA" => {
                return QuestionError::invalid(format!(
                    "`{text}` is the id of an access key, and whose it is was not read"
                ))
                .hint("`aws sts get-access-key-info` tells its account");
            }
            _ => {}
        }
    }
    let mut meant = named(graph, text, None);
    if let Some((local, _)) = text.split_once('@') {
        // People know users by their addresses.
        meant.extend(users_named(graph, local));
    }
    let account = facts.accounts.values().find(|row| {
        row.name.eq_ignore_ascii_case(text)
            || row.email.as_ref().is_some_and(|email| email.eq_ignore_ascii_case(text))
    });
    let workspaces = graph.workspaces().iter().filter(|row| row.name.eq_ignore_ascii_case(text));
    meant.extend(workspaces.flat_map(|row| {
        ["plan", "apply"].map(|phase| format!("{}:{phase}", workspace_selector(row)))
    }));
    let message = match account {
        Some(row) => {
            format!("`{text}` is account {} (`{}`), and no principal or role", row.id, row.name)
        }
        None if meant.is_empty() => format!(
            "`{text}` is no selector: expected ACCOUNT/ROLE, an ARN, or a kind such as `tfc:` or `user:`"
        ),
        None => format!("`{text}` does not say in which account"),
    };
    if let (Some(row), true) = (account, meant.is_empty()) {
        return QuestionError::invalid(message)
            .hint(format!("`{}/ROLE` or `user:{}/NAME` names one in it", row.name, row.name))
            .hint(format!("`account:{}` names all of them, where a list is asked for", row.name));
    }
    if meant.is_empty() {
        meant = nearest_bare(graph, text);
    }
    QuestionError::invalid(message).meant(meant.into_iter().take(SHOWN))
}

/// Roles and users whose bare names come close.
fn nearest_bare(graph: &Graph, text: &str) -> Vec<String> {
    let facts = graph.facts();
    let wanted = text.to_lowercase();
    let roles = facts.roles.values().map(|row| (&row.name, row.account, ""));
    let users = facts.users.values().map(|row| (&row.name, row.account, "user:"));
    let mut near: Vec<(usize, String)> = roles
        .chain(users)
        .filter(|(name, ..)| name.len().abs_diff(wanted.len()) <= 2)
        .map(|(name, account, kind)| {
            let far = distance(&wanted, &name.to_lowercase());
            (far, format!("{kind}{}/{name}", facts.accounts[account].name))
        })
        .filter(|(far, _)| *far <= 2)
        .collect();
    near.sort();
    near.into_iter().map(|(_, name)| name).collect()
}

/// A unique id of a role or user, which answers name by ARN.
fn unique_id(graph: &Graph, text: &str) -> QuestionError {
    let facts = graph.facts();
    let role = facts.roles.values().find(|row| row.unique_id == text).map(|row| &row.arn);
    let user = facts.users.values().find(|row| row.unique_id == text).map(|row| &row.arn);
    match role.or(user) {
        Some(arn) => QuestionError::invalid(format!(
            "`{text}` is a unique id, and principals are named by ARN or ACCOUNT/NAME"
        ))
        .meant([arn.to_string()]),
        None => QuestionError::invalid(format!(
            "`{text}` is the unique id of no role or user in this snapshot"
        ))
        .hint("in a trust policy such an id stands for a principal that was deleted, and matches nobody"),
    }
}

/// A text whose kind is none.
pub(super) fn kind(text: &str, kind: &str, rest: &str) -> QuestionError {
    const KINDS: [&str; 14] = [
        "arn",
        "tfc",
        "tfc-stack",
        "oidc",
        "github",
        "gitlab",
        "user",
        "service",
        "saml",
        "external",
        "account",
        "ou",
        "tag",
        "org",
    ];
    let error = QuestionError::invalid(format!(
        "`{text}` is no selector: `{kind}:` is no kind; expected ACCOUNT/ROLE, or one of {}:, or anyone",
        KINDS.join(":, ")
    ));
    match kind.to_lowercase().as_str() {
        "role" => return error.meant([rest.to_owned()]),
        "stack" => return error.meant([format!("tfc-stack:{rest}")]),
        "tfe" | "hcp" | "workspace" | "terraform" => return error.meant([format!("tfc:{rest}")]),
        "gha" | "repo" | "gh" => return error.meant([format!("github:{rest}")]),
        _ => {}
    }
    let lower = kind.to_lowercase();
    let near = KINDS.into_iter().map(|known| (distance(&lower, known), known));
    match near.filter(|(far, _)| *far <= 1 + lower.len() / 5).min() {
        Some((_, known)) => error.meant([format!("{known}:{rest}")]),
        None => error,
    }
}
