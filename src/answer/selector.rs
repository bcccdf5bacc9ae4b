//! The names that questions use.
//!
//! One grammar names things everywhere. Names compare without case; ARNs, subjects and
//! audiences with. `*` and `?` are globs, and a backslash makes the next character itself: names that
//! hold what separates them here are written, and read, with one before it.

use std::cell::Cell;
use std::collections::BTreeSet;

use crate::arn::glob::Glob;
use crate::arn::{AccountId, PrincipalName};
use crate::graph::{Graph, Node, Subject};
use crate::issuer;
use crate::org::{AccountKey, Facts};
use crate::workload::{Phase, Workspace};

use super::question::QuestionError;
use super::spelling::{as_written, is_unread, url_of};
use super::split;

/// What a selector names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// The nodes, in order.
    pub nodes: Vec<Node>,
    /// For a workspace that was named without a phase.
    pub without_phase: bool,
    /// The tag of the configuration, where one was named.
    pub tag: Option<String>,
}

pub(super) fn selected(nodes: Vec<Node>) -> Selected {
    Selected { nodes, without_phase: false, tag: None }
}

fn invalid(message: impl Into<String>) -> QuestionError {
    QuestionError::invalid(message)
}

/// A pattern of names, which compare without case.
pub(super) fn name_glob(text: &str) -> Glob {
    Glob::escaped(&text.to_lowercase())
}

/// The selector of whoever has any credentials of AWS.
const ANYONE: &str = "anyone";

/// Whether a text is a selector whatever things are called: a kind with what is of it, an ARN, a
/// pattern, a group of the configuration, anyone.
pub fn is_selector_by_form(text: &str) -> bool {
    let text = split::trimmed(text);
    text == ANYONE || text.starts_with('@') || text.contains([':', '*'])
}

pub(super) fn names(pattern: &Glob, name: &str) -> bool {
    pattern.matches(&name.to_lowercase())
}

/// What `text` names; at least one node, or an error with the nearest names.
pub fn select(graph: &Graph, text: &str) -> Result<Selected, QuestionError> {
    let found = resolve(graph, text)?;
    if found.nodes.is_empty() {
        return Err(super::unknown::unknown(graph, text.trim()));
    }
    Ok(found)
}

fn resolve(graph: &Graph, text: &str) -> Result<Selected, QuestionError> {
    let facts = graph.facts();
    let text = split::trimmed(text);
    if text.is_empty() {
        return Err(invalid(
            "an empty selector names nothing; `rolewalk tree` lists what there is",
        ));
    }
    if text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("arn:")) {
        return super::arns::select(graph, text);
    }
    if text == ANYONE {
        return Ok(selected(vec![Node::Anyone]));
    }
    if let Some(group) = super::groups::of(graph, text)? {
        let without_phase = Cell::new(false);
        let nodes = group.combined(|selector| {
            let found = resolve(graph, selector)?;
            without_phase.set(without_phase.get() || found.without_phase);
            Ok(found.nodes.into_iter().collect())
        })?;
        let nodes = nodes.into_iter().collect();
        return Ok(Selected { nodes, without_phase: without_phase.get(), tag: None });
    }
    let Some((kind, rest)) = text.split_once(':') else {
        return Ok(selected(account_and_name(graph, text)?));
    };
    if let Some(accounts) = places(facts, text) {
        return Ok(selected(accounts.into_iter().flat_map(|key| principals(facts, key)).collect()));
    }
    let nodes = match kind {
        "tfc" => return workspaces(graph, rest),
        "tfc-stack" => return super::stacks::select(graph, rest),
        "oidc" => vec![Node::Subject(subject(facts, rest)?)],
        "github" => github(rest)?,
        "gitlab" => vec![Node::Subject(gitlab(rest)?)],
        "user" => users(graph, rest)?,
        "service" => vec![service(rest)?],
        "saml" => saml(facts, rest)?,
        "external" => vec![external(facts, rest)?],
        _ => return Err(super::unknown::kind(text, kind, rest)),
    };
    Ok(selected(nodes))
}

/// `ACCOUNT/ROLE`.
fn account_and_name(graph: &Graph, text: &str) -> Result<Vec<Node>, QuestionError> {
    let facts = graph.facts();
    let Some((account, name)) = text.split_once('/') else {
        return Err(super::unknown::bare(graph, text));
    };
    let name = name_glob(name.rsplit('/').next().unwrap_or(name));
    Ok(accounts(facts, account)
        .into_iter()
        .flat_map(|key| &facts.accounts[key].roles)
        .filter(|role| names(&name, &facts.roles[**role].name))
        .map(|role| Node::Role(*role))
        .collect())
}

/// A service principal by its whole name.
fn service(text: &str) -> Result<Node, QuestionError> {
    if text.contains('.') {
        return Ok(Node::Service(text.to_owned()));
    }
    let name = if text.is_empty() { "NAME".to_owned() } else { text.to_lowercase() };
    Err(invalid(format!("`service:{text}` is no service principal"))
        .hint(format!("write its whole name: `service:{name}.amazonaws.com`")))
}

fn users(graph: &Graph, text: &str) -> Result<Vec<Node>, QuestionError> {
    let facts = graph.facts();
    let (account, name) = text.split_once('/').ok_or_else(|| {
        invalid(format!(
            "`user:{text}` does not say of which account: expected `user:ACCOUNT/NAME`"
        ))
        .meant(super::unknown::users_named(graph, text))
    })?;
    let name = name_glob(name.rsplit('/').next().unwrap_or(name));
    Ok(accounts(facts, account)
        .into_iter()
        .flat_map(|key| &facts.accounts[key].users)
        .filter(|user| names(&name, &facts.users[**user].name))
        .map(|user| Node::User(*user))
        .collect())
}

fn saml(facts: &Facts, text: &str) -> Result<Vec<Node>, QuestionError> {
    let (account, name) = text
        .split_once('/')
        .ok_or_else(|| invalid(format!("`saml:{text}`: expected `saml:ACCOUNT/PROVIDER`")))?;
    let written = name;
    let name = name_glob(name);
    let accounts = accounts(facts, account);
    let all = accounts.iter().flat_map(|account| facts.saml_providers_of(*account));
    let found: Vec<Node> = all
        .filter(|key| {
            let arn = &facts.saml_providers[*key].arn;
            names(&name, arn.rsplit('/').next().unwrap_or_default())
        })
        .map(Node::Saml)
        .collect();
    match accounts.as_slice() {
        [account] if found.is_empty() => saml_not_read(facts, *account, written),
        _ => Ok(found),
    }
}

/// A SAML provider that nothing names, in an account of which the list was not read: some provider
/// that its trust policies admit, or nobody knows.
pub(super) fn saml_not_read(
    facts: &Facts,
    account: AccountKey,
    name: &str,
) -> Result<Vec<Node>, QuestionError> {
    let row = &facts.accounts[account];
    if row.saml_providers.read().is_some() {
        return Ok(Vec::new());
    }
    let some =
        row.saml_stand_ins.iter().find(|key| facts.saml_providers[**key].arn.ends_with("/*"));
    match some {
        Some(key) => Ok(vec![Node::Saml(*key)]),
        None => Err(invalid(format!(
            "`{name}` may be a SAML provider of account `{}`: these were not read, and no trust \
             policy that was read means one of that name",
            row.name
        ))),
    }
}

fn external(facts: &Facts, text: &str) -> Result<Node, QuestionError> {
    let id: AccountId = text
        .parse()
        .map_err(|error: crate::arn::NameError| invalid(format!("`external:{text}`: {error}")))?;
    match facts.account(id) {
        Some(key) if facts.accounts[key].identities.read().is_some() => Err(invalid(format!(
            "account {id} is `{}` of this snapshot, so its principals are known: name one of them",
            facts.accounts[key].name
        ))),
        Some(key) => Ok(Node::Unread(key)),
        None => Ok(Node::External(id)),
    }
}

/// Accounts by id or name.
pub(super) fn accounts(facts: &Facts, text: &str) -> Vec<AccountKey> {
    let pattern = name_glob(text);
    facts
        .accounts
        .iter()
        .filter(|(_, account)| {
            names(&pattern, &account.name)
                || pattern.matches(&account.id.to_string())
                || account.alias.as_ref().is_some_and(|alias| names(&pattern, alias))
        })
        .map(|(key, _)| key)
        .collect()
}

/// Accounts that a selector names by what they are or where they hang; `None` for selectors of
/// another kind.
fn places(facts: &Facts, text: &str) -> Option<Vec<AccountKey>> {
    let (kind, rest) = text.split_once(':')?;
    let holding = |holds: &dyn Fn(AccountKey) -> bool| {
        facts.accounts.keys().filter(|key| holds(*key)).collect()
    };
    match kind {
        "account" => Some(accounts(facts, rest)),
        "ou" => Some(holding(&|key| in_ou(facts.ou_path(key), rest))),
        "tag" => {
            let (key, value) = rest.split_once('=').unwrap_or((rest, "*"));
            let (key, value) = (name_glob(key), Glob::escaped(value));
            Some(holding(&|account| {
                let tags = &facts.accounts[account].tags;
                tags.iter().any(|(tag, found)| names(&key, tag) && value.matches(found))
            }))
        }
        "org" => Some(facts.accounts.keys().collect()),
        _ => None,
    }
}

/// Accounts that a selector names; for one of principals, the accounts of those.
pub fn select_accounts(graph: &Graph, text: &str) -> Result<BTreeSet<AccountKey>, QuestionError> {
    let facts = graph.facts();
    if let Some(group) = super::groups::of(graph, text)? {
        let found = group.combined(|selector| select_accounts(graph, selector))?;
        return if found.is_empty() {
            Err(super::unknown::unknown(graph, text.trim()))
        } else {
            Ok(found)
        };
    }
    let found: BTreeSet<AccountKey> = match places(facts, text) {
        Some(found) => found.into_iter().collect(),
        None if !text.contains([':', '/']) => accounts(facts, text).into_iter().collect(),
        None => resolve(graph, text)?
            .nodes
            .iter()
            .filter_map(|node| facts.account(node.account(facts)?))
            .collect(),
    };
    if found.is_empty() {
        return Err(super::unknown::unknown(graph, text.trim()));
    }
    Ok(found)
}

fn principals(facts: &Facts, key: AccountKey) -> Vec<Node> {
    let account = &facts.accounts[key];
    let mut nodes: Vec<Node> = account.roles.iter().map(|role| Node::Role(*role)).collect();
    nodes.extend(account.users.iter().map(|user| Node::User(*user)));
    if account.missing().is_some() {
        nodes.push(Node::Unread(key));
    }
    nodes
}

/// `/Prod` means what lies right in that OU, `/Prod/**` all below it too.
fn in_ou(path: &str, pattern: &str) -> bool {
    let above = pattern.strip_suffix("/**");
    let glob = name_glob(above.unwrap_or(pattern).trim_end_matches('/'));
    let path = path.trim_end_matches('/').to_lowercase();
    let mut ancestors = path.match_indices('/').filter_map(|(cut, _)| path.get(..cut));
    glob.matches(&path) || (above.is_some() && ancestors.any(|part| glob.matches(part)))
}

/// `ORG/PROJECT/WORKSPACE[@TAG][:PHASE]` below `app.terraform.io`, or `//HOST/ORG/...`.
fn workspaces(graph: &Graph, text: &str) -> Result<Selected, QuestionError> {
    let (host, rest) = match text.strip_prefix("//") {
        Some(rest) => split::first(rest, '/').unwrap_or((rest, "")),
        None => ("app.terraform.io", text),
    };
    let (rest, tag) = match split::last(rest, '@') {
        Some((before, tag)) => match tag.split_once(':') {
            Some((tag, phase)) => (format!("{before}:{phase}"), Some(tag.to_owned())),
            None => (before.to_owned(), Some(tag.to_owned())),
        },
        None => (rest.to_owned(), None),
    };
    let (place, phase) = match split::last(&rest, ':') {
        Some((place, "plan")) => (place, Some(Phase::Plan)),
        Some((place, "apply")) => (place, Some(Phase::Apply)),
        Some((_, "*")) | None => (rest.strip_suffix(":*").unwrap_or(&rest), None),
        Some((_, other)) => {
            return Err(invalid(format!(
                "`tfc:{text}`: `{other}` is no phase; expected plan or apply"
            )));
        }
    };
    let parts = split::all(place, '/');
    let [organization, project, name] = parts.as_slice() else {
        return Err(invalid(format!(
            "`tfc:{text}`: expected `tfc:ORGANIZATION/PROJECT/WORKSPACE`, with `:plan` or `:apply`"
        )));
    };
    let patterns = [name_glob(organization), name_glob(project), name_glob(name)];
    let fits = |workspace: &Workspace| {
        let [organization, project, name] = &patterns;
        workspace.host.eq_ignore_ascii_case(host)
            && names(organization, &workspace.organization)
            && names(project, &workspace.project)
            && names(name, &workspace.name)
            && tag.as_ref().is_none_or(|tag| {
                workspace.configurations.iter().any(|each| each.tag.as_ref() == Some(tag))
            })
    };
    let nodes = graph
        .workspaces()
        .iter()
        .enumerate()
        .filter(|(_, workspace)| fits(workspace))
        .flat_map(|(index, _)| {
            Phase::ALL
                .into_iter()
                .filter(move |each| phase.is_none_or(|wanted| wanted == *each))
                .map(move |each| Node::Workspace(index, each))
        })
        .collect();
    let nodes: Vec<Node> = nodes;
    let plain = !place.contains('\\') && tag.is_none();
    if nodes.is_empty() && plain && is_unread(graph, host, [organization, project, name]) {
        // Its workspaces were not read, so the workspace may exist, or some workspace of this form; its
        // subject is known from its name, and its author chooses the audience.
        let host = host.to_lowercase();
        let slots = ["organization", "project", "workspace"];
        let named = as_written(graph, &host, slots, [organization, project, name]);
        let subjects = named.iter().flat_map(|[organization, project, name]| {
            let meant = move |each: &Phase| phase.is_none_or(|wanted| wanted == *each);
            Phase::ALL
                .into_iter()
                .filter(meant)
                .map(move |each| issuer::hcp_subject(organization, project, name, each.as_str()))
        });
        let node =
            |subject| Node::Subject(Subject { issuer: host.clone(), subject, audience: None });
        let nodes = subjects.map(node).collect();
        return Ok(Selected { nodes, without_phase: phase.is_none(), tag });
    }
    Ok(Selected { nodes, without_phase: phase.is_none(), tag })
}

/// `ISSUER#SUBJECT[?aud=AUDIENCE]`; the last `?aud=` splits.
fn subject(facts: &Facts, text: &str) -> Result<Subject, QuestionError> {
    let (issuer, rest) = text.split_once('#').ok_or_else(|| {
        let issuer = text.strip_prefix("https://").unwrap_or(text).trim_end_matches('/');
        invalid(format!(
            "`oidc:{text}` names an issuer and no subject: expected `oidc:ISSUER#SUBJECT`, with `?aud=AUDIENCE` behind it if wanted"
        ))
        .hint(format!("`oidc:{issuer}#*` asks for some subject of it"))
    })?;
    let (subject, audience) = match rest.rsplit_once("?aud=") {
        Some((subject, audience)) => (subject, Some(audience.to_owned())),
        None => (rest, None),
    };
    Ok(Subject { issuer: url_of(facts, issuer), subject: subject.to_owned(), audience })
}

/// `OWNER/REPOSITORY[:CONTEXT]` in both forms that its subjects may have (rule W9); without a
/// context one unknown subject of the repository.
fn github(text: &str) -> Result<Vec<Node>, QuestionError> {
    let (repository, context) = match text.split_once(':') {
        Some((repository, context)) => (repository, Some(context)),
        None => (text, None),
    };
    let Some((owner, name)) = repository.split_once('/') else {
        return Err(invalid(format!(
            "`github:{text}`: expected `github:OWNER/REPOSITORY`, then `:environment:NAME` or `:ref:refs/heads/BRANCH`"
        )));
    };
    let node = |subject| {
        let issuer = "token.actions.githubusercontent.com".to_owned();
        Node::Subject(Subject { issuer, subject, audience: None })
    };
    Ok(issuer::github_subjects(owner, name, context).into_iter().map(node).collect())
}

/// `GROUP/PROJECT[:CONTEXT]` of GitLab.com; without a context one unknown subject of the project.
fn gitlab(text: &str) -> Result<Subject, QuestionError> {
    let (project, context) = text.split_once(':').unwrap_or((text, "*"));
    if !project.contains('/') {
        return Err(invalid(format!(
            "`gitlab:{text}`: expected `gitlab:GROUP/PROJECT`, then `:ref_type:branch:ref:BRANCH`"
        )));
    }
    let subject = format!("project_path:{project}:{context}");
    Ok(Subject { issuer: "gitlab.com".to_owned(), subject, audience: None })
}

/// Whether the nodes are the forms of one token's subject, of which one is meant.
pub(super) fn are_forms(text: &str, nodes: &[Node]) -> bool {
    text.starts_with("github:") && nodes.iter().all(|node| matches!(node, Node::Subject(_)))
}

/// The one node that a question of one thing means.
pub(super) fn select_one(
    graph: &Graph,
    text: &str,
) -> Result<(Node, Option<String>), QuestionError> {
    let found = select(graph, text)?;
    if found.without_phase {
        let candidates: Vec<String> =
            found.nodes.iter().take(8).map(|node| node.name(graph)).collect();
        return Err(QuestionError::Ambiguous {
            selector: text.to_owned(),
            count: found.nodes.len(),
            candidates,
        });
    }
    match found.nodes.as_slice() {
        [one] => Ok((one.clone(), found.tag)),
        many => Err(QuestionError::Ambiguous {
            selector: text.to_owned(),
            count: many.len(),
            candidates: many.iter().take(8).map(|node| node.name(graph)).collect(),
        }),
    }
}

/// The roles that a selector of targets names, placeholders of unread accounts included.
pub(super) fn select_targets(graph: &Graph, text: &str) -> Result<Vec<Node>, QuestionError> {
    let found = select(graph, text)?;
    if text.contains(":assumed-role/") {
        return Err(invalid(format!("`{text}` is a session, and what is assumed is its role"))
            .meant(found.nodes.iter().take(1).map(|node| node.name(graph))));
    }
    let facts = graph.facts();
    let mut targets = Vec::new();
    for node in found.nodes {
        match node {
            Node::Role(_) | Node::Unread(_) => targets.push(node),
            // Users can't be assumed, whether they were read or not.
            Node::Named(arn) if matches!(arn.principal(), Some(PrincipalName::Role { .. })) => {
                let Some(key) = arn.account().and_then(|id| facts.account(id)) else {
                    return Err(invalid(format!(
                        "`{arn}` is in an account of which this snapshot holds nothing, so nothing can be said of it"
                    )));
                };
                targets.push(Node::Unread(key));
            }
            _ => {}
        }
    }
    if targets.is_empty() {
        return Err(invalid(format!("`{text}` names no role, and only roles can be assumed")));
    }
    Ok(targets)
}
