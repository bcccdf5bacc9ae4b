//! What is not known, completed.

use super::session::{Pass, Session};
use super::{Born, Who, World};
use crate::fixture::ORGANIZATION;

/// What each key can be in a request of this caller, but for keys of tags and source identities:
/// one possibility where the facts say it. `born` is how the chain began, where the caller is a role.
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
        ("aws:multifactorauthpresent", Who::User(..)) => maybe(&["true", "false"]),
        ("aws:multifactorauthpresent", _) => maybe(&["false"]),
        ("sts:externalid", Who::Token(..)) => absent(),
        ("sts:externalid", _) => maybe(&["e1", "e2", "E1", "*", "a"]),
        ("sts:rolesessionname", _) => some(&["ci", "ann", "x"]),
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

fn speaks_of(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| text.contains(word))
}

/// Those values that policies may name, and one that none does.
fn values(text: &str, values: &'static [&'static str]) -> Vec<&'static str> {
    let named = |value: &&str| *value == "z" || speaks_of(text, &[value]);
    values.iter().copied().filter(named).collect()
}

/// Everything that a call can pass, as far as the policies of `text` could tell it apart.
pub(crate) fn passes(text: &str) -> Vec<Pass> {
    let mut found = vec![Pass::default()];
    let tag = |key: &str, value: &str, transitive: bool| Pass {
        tags: [(key.to_owned(), value.to_owned())].into(),
        transitive: transitive.then(|| key.to_owned()).into_iter().collect(),
        source_identity: None,
    };
    if speaks_of(text, &["requesttag/", "principaltag/", "resourcetag/", "tagkeys"]) {
        for value in values(text, &["a", "b", "ann", "z"]) {
            found.extend([false, true].map(|transitive| tag("team", value, transitive)));
        }
    }
    if speaks_of(text, &["role/${"]) {
        // Names of roles that may have to stand there.
        for value in ["S", "T"] {
            found.extend([false, true].map(|transitive| tag("team", value, transitive)));
        }
    }
    if speaks_of(text, &["tagkeys"]) {
        // Keys of tags ignore case, and as values of `aws:TagKeys` they don't.
        found.push(tag("TEAM", "a", false));
        let mut both = tag("env", "x", false);
        both.tags.insert("team".to_owned(), "a".to_owned());
        found.extend([tag("env", "x", false), both]);
    }
    if speaks_of(text, &["aws:sourceidentity", "sts:sourceidentity"]) {
        for pass in found.clone() {
            found.extend(values(text, &["ann", "bob", "z"]).into_iter().map(|identity| Pass {
                source_identity: Some(identity.to_owned()),
                ..pass.clone()
            }));
        }
    }
    found
}

/// What sessions of a role that nobody says more about may carry: tags and a source identity,
/// if its trust policy may admit them.
pub(crate) fn sessions(world: &World, role: (usize, usize), text: &str) -> Vec<Session> {
    let tagged = world.may_admit(role, "sts:TagSession");
    let named = world.may_admit(role, "sts:SetSourceIdentity");
    let fresh = Session::default();
    let possible = passes(text).into_iter().filter(|pass| {
        (tagged || pass.tags.is_empty()) && (named || pass.source_identity.is_none())
    });
    possible.filter_map(|pass| fresh.after(&pass)).collect()
}
