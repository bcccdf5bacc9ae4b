//! Everything about one node, for a detail pane.

use std::collections::BTreeMap;

use petgraph::Direction::Incoming;

use super::answers::{
    AccountDetail, Detail, OuDetail, Overview, PolicyView, ProviderDetail, RoleDetail, UserDetail,
};
use super::ends::Best;
use super::gaps::gaps;
use super::lists::{reach, rows, who_can};
use super::policy_view::policy_view;
use super::question::{Limits, QuestionError};
use super::selector::select;
use super::split;
use super::stacks;
use super::token_trust::behind;
use super::tree::organization_name;
use super::workspaces;
use crate::evaluation::reasons;
use crate::graph::search;
use crate::graph::{Graph, Node};
use crate::org::{
    AccountKey, AttachedPolicy, ContainerKey, ControlPolicyKey, ControlPolicyKind, Facts, Identity,
    InlineDocument, OidcProviderKey, RoleKey, SamlProviderKey, UserKey,
};

/// How many rows a pane shows of each list.
pub(super) const PANE: Limits = Limits { rows: 200, hops: 4 };

/// The organization in a few lines.
pub fn overview(graph: &Graph) -> Overview {
    let facts = graph.facts();
    Overview {
        organization: facts.known_organization().map(|organization| organization.id.clone()),
        name: organization_name(facts),
        collected_at: facts.origin.collected_at.map(|at| at.to_string()),
        collected_by: facts.origin.collected_by.clone(),
        accounts: facts.accounts.len(),
        accounts_read: facts
            .accounts
            .values()
            .filter(|row| row.identities.read().is_some())
            .count(),
        roles: facts.roles.len(),
        workspaces: facts.was_hcp_read().then(|| graph.workspaces().len()),
        not_read: gaps(graph),
    }
}

/// Everything about the node that a [`super::Tree`]'s selector names.
pub fn detail(graph: &Graph, selector: &str) -> Result<Detail, QuestionError> {
    let facts = graph.facts();
    if selector == "org:" {
        return Ok(Detail::Organization(overview(graph)));
    }
    if let Some(path) = selector.strip_prefix("ou:") {
        let path = path.strip_suffix("/**").unwrap_or(path);
        let path = if path.is_empty() { "/".to_owned() } else { split::plain(path) };
        let found = facts.containers.iter().find(|(_, row)| row.path == path);
        if let Some((key, _)) = found {
            return Ok(Detail::Ou(ou(facts, key)));
        }
    }
    if let Some(id) = selector.strip_prefix("account:") {
        let key = id.parse().ok().and_then(|id| facts.account(id));
        let key = key.or_else(|| super::selector::accounts(facts, id).first().copied());
        if let Some(key) = key {
            return Ok(Detail::Account(account(graph, key)));
        }
    }
    if selector.starts_with("tfc:") && split::is_glob(selector) {
        return Ok(Detail::Text(workspaces::listed(graph, selector)?));
    }
    if selector.starts_with("tfc-stack:")
        && let Some(stack) = stacks::of_selector(graph, selector)?
    {
        return Ok(Detail::Stack(workspaces::stack(graph, stack)?));
    }
    let found = select(graph, selector)?;
    match found.nodes.first() {
        Some(Node::Role(key)) => Ok(Detail::Role(Box::new(role(graph, *key)?))),
        Some(Node::User(key)) => Ok(Detail::User(user(graph, *key)?)),
        Some(Node::OidcProvider(key)) => Ok(Detail::Provider(oidc_provider(graph, *key))),
        Some(Node::Saml(key)) => Ok(Detail::Provider(saml_provider(graph, *key))),
        Some(Node::Workspace(index, _)) => {
            Ok(Detail::Workspace(workspaces::workspace(graph, *index)?))
        }
        _ => Err(QuestionError::invalid(format!("there is nothing to show about `{selector}`"))),
    }
}

fn ou(facts: &Facts, key: ContainerKey) -> OuDetail {
    let row = &facts.containers[key];
    let organization = facts.known_organization();
    let list = |kind, read: Option<bool>| {
        read.map(|_| policies_of(facts, &row.control_policies, kind).map(str::to_owned).collect())
    };
    OuDetail {
        path: row.path.clone(),
        id: row.id.clone(),
        accounts: facts
            .accounts
            .values()
            .filter(|account| {
                account.parent.is_some_and(|parent| facts.line(parent).contains(&key))
            })
            .count(),
        scps: list(ControlPolicyKind::Service, organization.and_then(|o| o.scps.read().copied())),
        rcps: list(ControlPolicyKind::Resource, organization.and_then(|o| o.rcps.read().copied())),
        tags: (&row.tags).into(),
    }
}

fn policies_of<'f>(
    facts: &'f Facts,
    keys: &'f [ControlPolicyKey],
    kind: ControlPolicyKind,
) -> impl Iterator<Item = &'f str> {
    keys.iter()
        .map(|key| &facts.control_policies[*key])
        .filter(move |policy| policy.kind == kind)
        .map(|policy| policy.name.as_str())
}

fn account(graph: &Graph, key: AccountKey) -> AccountDetail {
    let facts = graph.facts();
    let row = &facts.accounts[key];
    let line = row.parent.map(|parent| facts.line(parent)).unwrap_or_default();
    let capped = |kind| -> Vec<String> {
        let mut list = Vec::new();
        for container in line {
            let container = &facts.containers[*container];
            let names = policies_of(facts, &container.control_policies, kind);
            list.extend(names.map(|name| format!("{}: {name}", container.path)));
        }
        list.extend(
            policies_of(facts, &row.control_policies, kind).map(|name| format!("account: {name}")),
        );
        list
    };
    let own: Vec<RoleKey> =
        row.roles.iter().copied().filter(|role| !facts.roles[*role].service_linked()).collect();
    let targets = search::one_of_each(graph, own.iter().map(|role| Node::Role(*role)));
    let outside = |number: usize| {
        let is_service = |node: &Node| matches!(node, Node::Service(_));
        graph.account_at(number) != Some(key)
            && !graph.nodes_numbered(number).iter().any(is_service)
    };
    let best = Best::only(graph, &targets, (Incoming, PANE.hops), Some(&outside));
    let (counts, _) = best.totals();
    let (reached_by, ..) = rows(graph, &best, counts, BTreeMap::new(), PANE.rows);
    let mut not_read: Vec<_> = row.not_read.clone();
    not_read.extend(row.identities.gap().cloned());
    not_read.extend(row.identities.read().into_iter().flatten().cloned());
    not_read.extend(row.oidc_providers.gap().cloned());
    not_read.extend(row.saml_providers.gap().cloned());
    not_read.dedup();
    AccountDetail {
        id: row.id.to_string(),
        name: row.name.clone(),
        ou: facts.ou_path(key).to_owned(),
        alias: row.alias.clone(),
        email: row.email.clone(),
        state: serde_json::to_value(row.state)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default(),
        management: row.membership == crate::org::Membership::Management,
        tags: (&row.tags).into(),
        scps: capped(ControlPolicyKind::Service),
        rcps: capped(ControlPolicyKind::Resource),
        providers: row.oidc_providers.read().map(|providers| {
            providers.iter().map(|key| facts.oidc_providers[*key].url.clone()).collect()
        }),
        roles: own.len(),
        users: row.users.len(),
        reached_by,
        not_read,
    }
}

fn oidc_provider(graph: &Graph, key: OidcProviderKey) -> ProviderDetail {
    let row = &graph.facts().oidc_providers[key];
    let issuer = graph.issuer(&row.url);
    ProviderDetail {
        arn: row.arn.to_string(),
        url: row.url.clone(),
        issuer: issuer.label.clone(),
        shared: issuer.shared,
        required_key: issuer.required_key(&row.url),
        audiences: row.audiences.clone(),
        roles: behind(graph, &row.arn, &row.url),
    }
}

fn saml_provider(graph: &Graph, key: SamlProviderKey) -> ProviderDetail {
    let row = &graph.facts().saml_providers[key];
    let mut roles = behind(graph, &row.arn, "saml");
    for role in &mut roles {
        role.subjects.clear();
        for admitted in &mut role.admits {
            "whoever the provider vouches for".clone_into(&mut admitted.text);
        }
    }
    ProviderDetail {
        arn: row.arn.to_string(),
        url: row.arn.rsplit('/').next().unwrap_or_default().to_owned(),
        issuer: "SAML".to_owned(),
        shared: false,
        required_key: None,
        audiences: Vec::new(),
        roles,
    }
}

fn views(
    facts: &Facts,
    inline: &[InlineDocument],
    attached: &[AttachedPolicy],
    owner: &str,
) -> Vec<PolicyView> {
    let inline =
        inline.iter().map(|policy| policy_view(facts, &policy.name, owner, Some(policy.document)));
    let attached =
        attached.iter().map(|policy| policy_view(facts, &policy.arn, owner, policy.document));
    inline.chain(attached).collect()
}

fn role(graph: &Graph, key: RoleKey) -> Result<RoleDetail, QuestionError> {
    let facts = graph.facts();
    let row = &facts.roles[key];
    let who_can = who_can(graph, &row.arn, PANE)?;
    Ok(RoleDetail {
        arn: row.arn.to_string(),
        unique_id: row.unique_id.to_string(),
        description: row.description.as_deref().map(str::to_owned),
        max_session: row.max_session,
        last_used: row.last_used.map(|at| at.to_string()),
        tags: (&row.tags).into(),
        privilege: who_can.privilege,
        privilege_proven: who_can.privilege_proven,
        who_can,
        reaches: reach(graph, &row.arn, PANE)?,
        trust: policy_view(facts, "trust policy", &row.arn, Some(row.trust)),
        policies: views(facts, &row.inline, &row.attached, &row.arn),
        boundary: row
            .boundary
            .as_ref()
            .map(|policy| policy_view(facts, &policy.arn, &row.arn, policy.document)),
    })
}

fn user(graph: &Graph, key: UserKey) -> Result<UserDetail, QuestionError> {
    let facts = graph.facts();
    let row = &facts.users[key];
    let mut policies = views(facts, &row.inline, &row.attached, &row.arn);
    let mut groups = Vec::new();
    for group in &row.groups {
        match group {
            Ok(group) => {
                let group = &facts.groups[*group];
                groups.push(group.name.clone());
                policies.extend(views(facts, &group.inline, &group.attached, &group.arn));
            }
            Err(name) => groups.push(format!("{name} (not read)")),
        }
    }
    let (privileges, privilege_reasons) = reasons(facts, Identity::User(key));
    Ok(UserDetail {
        arn: row.arn.to_string(),
        groups,
        privilege: Some(privileges.most),
        privilege_proven: Some(privileges.proven),
        privilege_reasons,
        policies,
        reaches: reach(graph, &row.arn, PANE)?,
    })
}
