//! What is not known, completed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::text::{fits, list, pattern};
use super::{Born, Who, World, statements};
use crate::fixture::ORGANIZATION;

/// What each key can be in a request of this caller: one possibility where the facts say it.
/// `born` is how the chain began, where the caller is a role.
pub(crate) fn possibilities(
    world: &World,
    who: &Who,
    target: (usize, usize),
    born: Born,
    key: &str,
) -> Vec<Option<Vec<String>>> {
    let one = |value: &str| vec![Some(vec![value.to_owned()])];
    let absent = || vec![None];
    let some = |values: &[&str]| -> Vec<Option<Vec<String>>> {
        values.iter().map(|value| Some(vec![(*value).to_owned()])).collect()
    };
    let maybe = |values: &[&str]| {
        let mut found = some(values);
        found.push(None);
        found
    };
    let tags_of = |tags: &BTreeMap<String, String>| {
        tags.get("team").map(String::as_str).map_or(absent(), one)
    };
    let role_tags = |account: usize, role: usize| {
        let row = world.role(account, role);
        // Any statement that may allow it; the trust policy is all that is looked at.
        let carries = statements(&world.documents[&*row.trust]).into_iter().any(|statement| {
            let covers = |element: &Value| {
                list(element)
                    .iter()
                    .any(|each| fits(&pattern(&each.to_lowercase()), "sts:tagsession"))
            };
            statement["Effect"] != "Deny"
                && (statement.get("Action").is_some_and(covers)
                    || statement.get("NotAction").is_some_and(|element| !covers(element)))
        });
        (carries, tags_of(&row.tags))
    };
    let account = who.account();
    match (key, who) {
        ("aws:securetransport", _) => one("true"),
        ("aws:sourceip", _) => maybe(&["10.1.0.1", "10.200.0.1", "203.0.113.5"]),
        ("aws:currenttime", _) => {
            some(&["2025-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2030-01-01T00:00:00Z"])
        }
        ("aws:resourceaccount", _) => one(&world.id(target.0)),
        ("aws:resourceorgpaths" | "aws:principalorgpaths", _) => {
            let account = if key.starts_with("aws:r") { Some(target.0) } else { account };
            let Some(line) = account.and_then(|account| world.line(account)) else {
                return absent();
            };
            one(&format!("{ORGANIZATION}/{}/", line[..line.len() - 1].join("/")))
        }
        ("aws:resourcetag/team", Who::Role(account, role)) if role_tags(*account, *role).0 => {
            maybe(&["a", "b"])
        }
        ("aws:resourcetag/team", Who::Token(..)) => maybe(&["a", "b"]),
        ("aws:resourcetag/team", _) => tags_of(&world.role(target.0, target.1).tags),
        ("aws:principalarn", Who::User(account, user)) => one(&world.user_arn(*account, *user)),
        ("aws:principalarn", Who::Role(account, role)) => one(&world.role_arn(*account, *role)),
        ("aws:principalarn", Who::Token(..)) => maybe(&["arn:aws:iam::111111111111:role/R"]),
        ("aws:principalaccount", Who::Token(..)) => maybe(&["111111111111"]),
        ("aws:principalaccount", _) => one(&world.id(account.unwrap())),
        ("aws:principalorgid" | "aws:username", Who::Token(..)) => absent(),
        ("aws:principalorgid", _) => one(ORGANIZATION),
        ("aws:username", Who::User(account, user)) => one(&world.user(*account, *user).name),
        ("aws:username", Who::Role(..)) => absent(),
        ("aws:userid", Who::User(account, user)) => one(&world.user(*account, *user).unique_id),
        ("aws:userid", Who::Token(..)) => maybe(&["x"]),
        ("aws:principaltag/team", Who::User(account, user)) => {
            tags_of(&world.user(*account, *user).tags)
        }
        ("aws:principaltag/team", Who::Role(account, role)) => match role_tags(*account, *role) {
            (true, _) => maybe(&["a", "b", "ann", "A"]),
            (false, own) => own,
        },
        ("aws:principaltag/team", Who::Token(..)) => maybe(&["a"]),
        ("aws:multifactorauthpresent", Who::User(..)) => maybe(&["true", "false"]),
        ("aws:multifactorauthpresent", _) => maybe(&["false"]),
        ("sts:externalid", Who::Token(..)) => absent(),
        ("sts:externalid", _) => maybe(&["e1", "e2", "E1", "*", "a"]),
        ("sts:rolesessionname", _) => some(&["ci", "ann", "x"]),
        ("aws:requesttag/team", _) => maybe(&["a", "b", "ann"]),
        ("aws:tagkeys", _) => {
            let lists: [&[&str]; 4] = [&["team"], &["team", "env"], &["env"], &["other"]];
            let mut found: Vec<_> = lists
                .iter()
                .map(|list| Some(list.iter().map(|value| (*value).to_owned()).collect()))
                .collect();
            found.push(None);
            found
        }
        ("aws:sourceaccount", _) => absent(),
        ("saml:sub", Who::Role(..)) if born == Born::Unknown => maybe(&["ann"]),
        ("saml:sub", _) => absent(),
        ("gitlab.com:sub" | "gitlab.com:aud", Who::Role(..)) if born != Born::User => {
            maybe(&["one", "group/a"])
        }
        ("gitlab.com:sub", Who::Token(issuer, subject, _)) if issuer == "gitlab.com" => {
            one(subject)
        }
        ("gitlab.com:aud", Who::Token(issuer, _, audience)) if issuer == "gitlab.com" => {
            one(audience)
        }
        ("gitlab.com:sub" | "gitlab.com:aud", _) => absent(),
        other => panic!("{other:?}"),
    }
}
