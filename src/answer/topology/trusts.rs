//! What trust policies say of providers and of hub roles, told from their texts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::graph::{Graph, Subject};
use crate::issuer::{self, Issuer};
use crate::org::{AccountKey, DocumentKey, Facts, RoleKey};
use crate::policy::{Action, Effect, Key, PrincipalEntry, Qualifier, Statement, Test};

use super::super::answers::AdmittedPattern;
use super::ways::Kind;

/// Trust policies that name OIDC providers, looked at once.
#[derive(Debug, Default)]
pub(super) struct Trusts<'f> {
    /// Hosts that issue tokens of HCP Terraform or Terraform Enterprise.
    pub(super) hosts: BTreeSet<&'f str>,
    /// By provider, how many roles name it.
    pub(super) behind: HashMap<&'f str, usize>,
    /// Roles that name a provider for HCP Terraform, with the subjects that they ask for.
    pub(super) hcp_subjects: Vec<(RoleKey, Vec<Subject>)>,
}

/// A provider that a statement lets tokens of in, and the subjects that it asks for: patterns as
/// written, with whether wildcards count in them; none where nothing is asked that could be told.
struct Asked<'s> {
    provider: &'s str,
    url: &'s str,
    subjects: Vec<(&'s str, bool)>,
}

/// Whether the workspaces of every host of HCP Terraform were read whose tokens some provider takes.
pub(super) fn hosts_read(facts: &Facts) -> bool {
    let unread = facts.oidc_providers.values().any(|provider| {
        let audiences = provider.audiences.iter().map(String::as_str);
        let issuer = issuer::classify_with_audiences(&provider.url, audiences);
        issuer.has_form("workspace") && !facts.was_host_read(&provider.url)
    });
    facts.was_hcp_read() && !unread
}

impl<'f> Trusts<'f> {
    pub(super) fn of(graph: &'f Graph) -> Self {
        let facts: &'f Facts = graph.facts();
        let mut found = Self::default();
        found.hosts.extend(graph.workspaces().iter().map(|workspace| workspace.host.as_str()));
        for provider in facts.oidc_providers.values() {
            let audiences = provider.audiences.iter().map(String::as_str);
            let issuer = issuer::classify_with_audiences(&provider.url, audiences);
            if issuer.has_form("workspace") {
                found.hosts.insert(&provider.url);
            }
        }
        let mut naming: HashMap<DocumentKey, Vec<Asked<'f>>> = HashMap::new();
        for (key, document) in facts.documents.iter() {
            let statements = document.parsed.iter().flat_map(|parsed| &parsed.statements);
            let asked: Vec<Asked<'f>> = statements.flat_map(asked).collect();
            if !asked.is_empty() {
                naming.insert(key, asked);
            }
        }
        for (role, row) in facts.roles.iter() {
            let Some(asked) = naming.get(&row.trust) else { continue };
            let providers: BTreeSet<&'f str> = asked.iter().map(|one| one.provider).collect();
            for provider in providers {
                *found.behind.entry(provider).or_default() += 1;
            }
            let of_hcp: Vec<_> = asked.iter().filter(|one| found.hosts.contains(one.url)).collect();
            if !of_hcp.is_empty() {
                let subjects = of_hcp.into_iter().flat_map(Asked::tokens).collect();
                found.hcp_subjects.push((role, subjects));
            }
        }
        found
    }
}

impl Trusts<'_> {
    /// Whose tokens a host issues.
    pub(super) fn kind(&self, url: &str) -> Kind {
        if self.hosts.contains(url) || issuer::classify(url).has_form("workspace") {
            Kind::HcpTerraform
        } else {
            Kind::Other
        }
    }
}

impl Asked<'_> {
    /// The subjects of tokens that may fit.
    fn tokens(&self) -> Vec<Subject> {
        let subject = |text: &str| Subject {
            issuer: self.url.to_owned(),
            subject: text.to_owned(),
            audience: None,
        };
        if self.subjects.is_empty() {
            return vec![subject("*")];
        }
        // A wildcard that is taken literally fits no subject that exists.
        let exist = self.subjects.iter().filter(|(text, like)| *like || !is_pattern(text));
        exist.map(|(text, _)| subject(text)).collect()
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// The OIDC providers whose tokens a statement lets in.
fn asked(statement: &Statement) -> Vec<Asked<'_>> {
    if statement.effect == Some(Effect::Deny)
        || !statement.action.has(Action::AssumeRoleWithWebIdentity)
    {
        return Vec::new();
    }
    let named = statement.principal.iter().filter(|principal| !principal.negated);
    let entries = named.flat_map(|principal| &principal.entries);
    entries
        .filter_map(|entry| {
            let PrincipalEntry::Federated(provider) = entry else { return None };
            let url = match provider.split_once(":oidc-provider/") {
                Some((_, url)) => url,
                None => issuer::builtin(provider).map(|_| provider.as_str())?,
            };
            Some(Asked { provider, url, subjects: subjects(statement, url) })
        })
        .collect()
}

/// The subjects that the conditions of a statement ask for. A condition that also holds without a
/// subject, or for all but some, asks for none.
fn subjects<'s>(statement: &'s Statement, url: &str) -> Vec<(&'s str, bool)> {
    let key = format!("{}:sub", url.to_lowercase());
    let asking = statement.conditions.iter().filter(|condition| {
        let operator = &condition.operator;
        *condition.key == *key
            && !operator.negated
            && !operator.if_exists
            && operator.qualifier != Some(Qualifier::All)
            && matches!(
                operator.test,
                Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike
            )
    });
    asking
        .flat_map(|condition| {
            let like = condition.operator.test == Test::StringLike;
            condition.values.iter().map(move |value| (&*value.text, like))
        })
        .collect()
}

/// What the trust policy of a role asks of subjects, and how wide that is.
pub(super) fn admitted(facts: &Facts, role: RoleKey) -> Vec<AdmittedPattern> {
    let document = &facts.documents[facts.roles[role].trust];
    let statements = document.parsed.iter().flat_map(|parsed| &parsed.statements);
    let mut found: Vec<AdmittedPattern> = Vec::new();
    for one in statements.flat_map(asked) {
        let provider = facts.oidc_providers.values().find(|row| *row.arn == *one.provider);
        let audiences = provider.into_iter().flat_map(|row| &row.audiences).map(String::as_str);
        let issuer = issuer::classify_with_audiences(one.url, audiences);
        let patterns = one.subjects.iter().map(|(text, like)| width(issuer, text, *like));
        let mut these: Vec<AdmittedPattern> = patterns.collect();
        if these.is_empty() {
            these.push(AdmittedPattern {
                issuer: issuer.label.clone(),
                pattern: None,
                width: "nothing is asked of the subject".to_owned(),
                one_customer: !issuer.shared,
            });
        }
        these.retain(|new| !found.contains(new));
        found.extend(these);
    }
    found
}

fn width(issuer: &Issuer, text: &str, like: bool) -> AdmittedPattern {
    let literal = !like && is_pattern(text);
    AdmittedPattern {
        issuer: issuer.label.clone(),
        pattern: Some(text.to_owned()),
        width: if literal {
            "nothing: the wildcard is compared literally".to_owned()
        } else {
            issuer.describe(text)
        },
        one_customer: literal || issuer.fixes_tenant(text),
    }
}

/// For each of these roles, how many roles name it by ARN in their trust policies, and the accounts
/// of those.
pub(super) fn naming<'f>(
    facts: &'f Facts,
    roles: &[RoleKey],
) -> BTreeMap<RoleKey, (usize, BTreeSet<AccountKey>)> {
    let wanted: HashMap<&str, RoleKey> =
        roles.iter().map(|key| (&*facts.roles[*key].arn, *key)).collect();
    let mut by_document: HashMap<DocumentKey, BTreeSet<RoleKey>> = HashMap::new();
    for (key, document) in facts.documents.iter() {
        let statements = document.parsed.iter().flat_map(|parsed| &parsed.statements);
        let named: BTreeSet<RoleKey> = statements
            .flat_map(named_arns)
            .filter_map(|arn: &'f str| wanted.get(arn).copied())
            .collect();
        if !named.is_empty() {
            by_document.insert(key, named);
        }
    }
    let mut found: BTreeMap<RoleKey, (usize, BTreeSet<AccountKey>)> = BTreeMap::new();
    for row in facts.roles.values() {
        for named in by_document.get(&row.trust).into_iter().flatten() {
            let (count, accounts) = found.entry(*named).or_default();
            *count += 1;
            accounts.insert(row.account);
        }
    }
    found
}

/// The ARNs that a statement names as callers, in its principal or in a condition.
fn named_arns(statement: &Statement) -> Vec<&str> {
    let entries = statement.principal.iter().flat_map(|principal| &principal.entries);
    let principals = entries.filter_map(|entry| match entry {
        PrincipalEntry::Arn(arn) => Some(arn.as_str()),
        _ => None,
    });
    let conditions =
        statement.conditions.iter().filter(|condition| condition.name().key == Key::PrincipalArn);
    let values = conditions.flat_map(|condition| &condition.values).map(|value| &*value.text);
    principals.chain(values).collect()
}
