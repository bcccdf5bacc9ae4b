//! How trust policies let in tokens: the roles behind a provider, the subjects that each admits,
//! and what is wrong with that.

use std::collections::BTreeMap;

use crate::graph::{Graph, Subject};
use crate::issuer::Issuer;
use crate::org::{Facts, RoleKey};
use crate::policy::{Condition, Effect, PrincipalEntry, Qualifier, Statement, Test};

use super::admitted::Admissions;
use super::answers::{Admitted, ProviderRole};

/// The statements of a trust policy that let in tokens of one provider, by the provider as the
/// policy names it.
type Naming<'f> = BTreeMap<&'f str, Vec<&'f Statement>>;

fn naming(facts: &Facts, role: RoleKey) -> Naming<'_> {
    let mut found = Naming::new();
    let Ok(document) = &facts.documents[facts.roles[role].trust].parsed else { return found };
    for statement in document.statements.iter().filter(|it| it.effect == Some(Effect::Allow)) {
        let entries = statement.principal.iter().flat_map(|element| &element.entries);
        for entry in entries {
            if let PrincipalEntry::Federated(provider) = entry {
                found.entry(&**provider).or_default().push(statement);
            }
        }
    }
    found
}

/// The issuer's URL without scheme; `None` for providers of assertions.
fn url_of(provider: &str) -> Option<&str> {
    match provider.split_once(":oidc-provider/") {
        Some((_, url)) => Some(url),
        None => crate::issuer::builtin(provider).map(|_| provider),
    }
}

/// The roles whose trust policy names the provider, with the subjects that each asks for.
pub(super) fn behind(graph: &Graph, arn: &str, url: &str) -> Vec<ProviderRole> {
    let facts = graph.facts();
    let admissions = Admissions::new(graph);
    let one = |(key, role): (RoleKey, &crate::org::Role)| {
        let naming = naming(facts, key);
        let statements = naming.get(arn)?;
        let asked = subjects(statements, url);
        let admits = asked.iter().map(|(subject, fits)| {
            let issuer = url.to_owned();
            let subject = Subject { issuer, subject: (*subject).to_owned(), audience: None };
            let admitted = admissions.of(&subject);
            if *fits { admitted } else { nobody(admitted) }
        });
        Some(ProviderRole {
            role: role.arn.to_string(),
            admits: admits.collect(),
            subjects: asked.iter().map(|(subject, _)| (*subject).to_owned()).collect(),
            notes: notes_of(graph, key, arn, statements),
        })
    };
    facts.roles.iter().filter_map(one).collect()
}

/// A wildcard that is compared literally fits no subject where names hold none.
fn nobody(admitted: Admitted) -> Admitted {
    Admitted { text: "nobody".to_owned(), tenant_fixed: true, workspaces: None, ..admitted }
}

/// The subjects that some of the statements ask for, with whether a token may have them.
fn subjects<'f>(statements: &[&'f Statement], url: &str) -> Vec<(&'f str, bool)> {
    let (key, issuer) = (format!("{}:sub", url.to_lowercase()), crate::issuer::classify(url));
    let mut found: Vec<(&str, bool)> = Vec::new();
    for statement in statements {
        let asked = statement.conditions.iter().filter(|condition| {
            *condition.key == *key && !condition.operator.negated && compares_text(condition)
        });
        let values = asked.flat_map(|condition| {
            let literal = condition.operator.test != Test::StringLike;
            condition.values.iter().map(move |value| {
                let text = &*value.text;
                let may_be = !literal || !text.contains(['*', '?']);
                (text, may_be || issuer.may_hold_wildcards(text))
            })
        });
        let mut values: Vec<(&str, bool)> = values.collect();
        if values.is_empty() {
            values.push(("*", true));
        }
        found.extend(values);
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn compares_text(condition: &Condition) -> bool {
    matches!(
        condition.operator.test,
        Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike
    )
}

/// What is wrong, or worth knowing, about how a role's trust policy lets tokens in.
pub(super) fn notes(graph: &Graph, role: RoleKey) -> Vec<String> {
    let naming = naming(graph.facts(), role);
    let all = naming
        .iter()
        .flat_map(|(provider, statements)| notes_of(graph, role, provider, statements));
    all.collect()
}

fn notes_of(
    graph: &Graph,
    role: RoleKey,
    provider: &str,
    statements: &[&Statement],
) -> Vec<String> {
    let Some(url) = url_of(provider) else { return Vec::new() };
    let (facts, issuer) = (graph.facts(), graph.issuer(url));
    let mut notes: Vec<String> = Vec::new();
    notes.extend(served(facts, role, provider, url));
    notes.extend(guardrail(issuer, url, statements));
    for condition in statements.iter().flat_map(|statement| &statement.conditions) {
        notes.extend(absent(issuer, url, condition));
        notes.extend(literal(url, condition));
        notes.extend(audience(facts, provider, url, condition));
    }
    notes.extend(classic_only(issuer, url, statements));
    notes.dedup();
    notes
}

/// Whether the provider is one that serves the role (rules W1 and W2).
fn served(facts: &Facts, role: RoleKey, provider: &str, url: &str) -> Option<String> {
    let (account, _) = provider.split_once(":oidc-provider/")?;
    let home = &facts.accounts[facts.roles[role].account];
    let id = account.rsplit(':').next()?;
    if id != &*home.id_text {
        return Some(format!(
            "names the provider of account {id}: only one of the role's own account serves (rule W2)"
        ));
    }
    let listed = home.oidc_providers.read()?;
    let exists = listed.iter().any(|key| facts.oidc_providers[*key].url == url);
    (!exists).then(|| format!("account `{}` has no provider for `{url}` (rule W1)", home.name))
}

/// Whether IAM would save the policy today, and STS takes the tokens (rule W6).
fn guardrail(issuer: &Issuer, url: &str, statements: &[&Statement]) -> Option<String> {
    let key = issuer.required_key(url)?;
    let lower = key.to_lowercase();
    let evaluates = |statement: &&&Statement| {
        statement.conditions.iter().any(|condition| *condition.key == *lower)
    };
    let only_wildcards = |statement: &&Statement| {
        let mut values = statement.conditions.iter().filter(|it| *it.key == *lower).peekable();
        values.peek().is_some()
            && values
                .flat_map(|condition| &condition.values)
                .all(|value| value.text.chars().all(|c| matches!(c, '*' | '?')))
    };
    match statements.iter().filter(evaluates).count() {
        0 if issuer.required_at_call => Some(format!(
            "`{key}` is not evaluated: STS refuses the tokens, and IAM would not save such a policy today (rule W6)"
        )),
        all if all == statements.len() => statements.iter().any(only_wildcards).then(|| {
            format!(
                "`{key}` is compared with wildcards only: the policy is older than IAM's rule, which would not save it today (rule W6)"
            )
        }),
        0 => Some(format!(
            "`{key}` is not evaluated: the policy is older than IAM's rule, and works until its next change is refused (rule W6)"
        )),
        _ => Some(format!(
            "only some of its statements evaluate `{key}`: IAM would not save such a policy today (rule W6)"
        )),
    }
}

/// A key that tokens of the issuer never bring (rule W5).
fn absent(issuer: &Issuer, url: &str, condition: &Condition) -> Option<String> {
    let lower = url.to_lowercase();
    let why = match condition.key.strip_prefix(&lower).and_then(|rest| rest.strip_prefix(':')) {
        Some(claim) if issuer.exposes(claim) => return None,
        Some(_) => "AWS offers no such claim of this issuer".to_owned(),
        None => {
            let (prefix, claim) = condition.key.rsplit_once(':')?;
            if !matches!(claim, "sub" | "aud") || !prefix.contains('.') {
                return None;
            }
            format!("tokens of `{url}` bring no key of another issuer")
        }
    };
    let operator = &condition.operator;
    let holds = if operator.test == Test::Null {
        condition.values.iter().any(|value| value.text.eq_ignore_ascii_case("true"))
    } else {
        operator.negated || operator.if_exists || operator.qualifier == Some(Qualifier::All)
    };
    Some(format!(
        "`{}` is in no request ({why}), so `{}` on it {} holds (rule W5)",
        condition.written_key,
        operator.written,
        if holds { "always" } else { "never" }
    ))
}

/// A wildcard under an operator that compares literally.
fn literal(url: &str, condition: &Condition) -> Option<String> {
    let is_sub = *condition.key == *format!("{}:sub", url.to_lowercase());
    let exact =
        matches!(condition.operator.test, Test::StringEquals | Test::StringEqualsIgnoreCase);
    let value = condition.values.iter().find(|value| value.text.contains(['*', '?']))?;
    (is_sub && exact && !condition.operator.negated).then(|| {
        let (operator, text) = (&condition.operator.written, &value.text);
        let fits = if crate::issuer::classify(url).may_hold_wildcards(text) {
            "only a token that has these characters: `StringLike` may be meant"
        } else {
            "no token: `StringLike` was meant"
        };
        format!("`{operator}` compares wildcards literally, so `{text}` fits {fits}")
    })
}

/// Audiences that the policy asks for and the provider does not take (rule W3).
fn audience(facts: &Facts, provider: &str, url: &str, condition: &Condition) -> Option<String> {
    let is_aud = *condition.key == *format!("{}:aud", url.to_lowercase());
    let exact = condition.operator.test == Test::StringEquals && !condition.operator.negated;
    let row = facts.oidc_providers.values().find(|row| *row.arn == *provider)?;
    let taken = |value: &&str| row.audiences.iter().any(|audience| audience == value);
    let asked: Vec<&str> = condition.values.iter().map(|value| &*value.text).collect();
    let open = asked.iter().any(|value| value.contains("${"));
    (is_aud && exact && !open && !asked.iter().any(taken)).then(|| {
        format!(
            "asks for the audience `{}`, and the provider takes only `{}` (rule W3)",
            asked.join("` or `"),
            row.audiences.join("`, `")
        )
    })
}

/// Whether the policy knows GitHub's subjects in their classic form alone.
fn classic_only(issuer: &Issuer, url: &str, statements: &[&Statement]) -> Option<String> {
    if !matches!(issuer.id.as_str(), "github" | "github-enterprise") {
        return None;
    }
    let asked = subjects(statements, url);
    let owner = |subject: &str| -> Option<bool> {
        let (owner, _) = subject.strip_prefix("repo:")?.split_once('/')?;
        Some(!owner.contains(['@', '*', '?', '$']))
    };
    let all = asked.iter().all(|(subject, _)| owner(subject) == Some(true));
    all.then(|| {
        "knows classic subjects only: those with ids (`repo:OWNER@ID/…`, of repositories made since 2026-07-15) do not fit (rule W9)"
            .to_owned()
    })
}
