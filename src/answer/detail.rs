//! Everything about one node, for a detail pane.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluation::{Verdict, reasons};
use crate::graph::search;
use crate::graph::{Graph, Node};
use crate::issuer;
use crate::org::{
    AccountKey, AttachedPolicy, ContainerKey, ControlPolicyKey, ControlPolicyKind, Fact, Facts,
    Identity, InlineDocument, OidcProviderKey, RoleKey, SamlProviderKey, UserKey,
};
use crate::workload::{Phase, RoleSetting, WayIn};

use super::answers::{
    AccountDetail, Detail, HubUse, OuDetail, Overview, PhaseDetail, PolicyView, ProviderDetail,
    RoleDetail, Setting, UserDetail, WaysIn, WorkspaceDetail,
};
use super::broken::cause;
use super::ends::Best;
use super::lists::{gaps, reach, rows, who_can};
use super::policy_view::policy_view;
use super::question::{Limits, QuestionError};
use super::selector::select;
use super::stated::Stated;
use super::token_trust::behind;
use super::tree::organization_name;
use super::why::why;

/// How many rows a pane shows of each list.
const PANE: Limits = Limits { rows: 200, hops: 4 };

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
        workspaces: facts
            .workspaces
            .as_ref()
            .and_then(Fact::read)
            .map(|_| graph.workspaces().len()),
        ways_in: ways_in(graph),
        not_read: gaps(graph),
    }
}

/// How workspaces get in, by the roles that they may assume and what those lead to.
fn ways_in(graph: &Graph) -> WaysIn {
    let facts = graph.facts();
    let mut own: BTreeSet<AccountKey> = BTreeSet::new();
    let mut through: BTreeMap<AccountKey, BTreeSet<AccountKey>> = BTreeMap::new();
    let mut users: BTreeMap<AccountKey, BTreeSet<usize>> = BTreeMap::new();
    let mut beyond: BTreeMap<RoleKey, Vec<AccountKey>> = BTreeMap::new();
    let mut accounts = search::Accounts::new(graph);
    let live = |node: &Node| -> Vec<Node> {
        graph
            .assumes(node)
            .into_iter()
            .filter(|(_, assume)| matches!(assume.verdict, Verdict::Allowed | Verdict::Conditional))
            .map(|(to, _)| to)
            .collect()
    };
    for index in 0..graph.workspaces().len() {
        for phase in Phase::ALL {
            for first in live(&Node::Workspace(index, phase)) {
                let Node::Role(role) = first else { continue };
                let hub = facts.roles[role].account;
                own.insert(hub);
                let reached = beyond.entry(role).or_insert_with(|| accounts.beyond(&first));
                if !reached.is_empty() {
                    through.entry(hub).or_default().extend(reached.iter().copied());
                    users.entry(hub).or_default().insert(index);
                }
            }
        }
    }
    let by_hub: BTreeSet<AccountKey> = through.values().flatten().copied().collect();
    let unread: BTreeSet<AccountKey> = facts
        .accounts
        .iter()
        .filter(|(_, row)| row.identities.gap().is_some())
        .map(|(key, _)| key)
        .collect();
    let mut hubs: Vec<HubUse> = through
        .iter()
        .map(|(hub, accounts)| HubUse {
            account: facts.accounts[*hub].name.clone(),
            accounts: accounts.len(),
            workspaces: users.get(hub).map_or(0, BTreeSet::len),
        })
        .collect();
    hubs.sort_by(|one, other| {
        (other.workspaces, other.accounts)
            .cmp(&(one.workspaces, one.accounts))
            .then(one.account.cmp(&other.account))
    });
    let any: BTreeSet<AccountKey> = own.union(&by_hub).copied().collect();
    WaysIn {
        hubs,
        own: own.difference(&by_hub).count(),
        both: own.intersection(&by_hub).count(),
        none: facts
            .accounts
            .keys()
            .filter(|key| !any.contains(key) && !unread.contains(key))
            .count(),
        not_read: unread.difference(&any).count(),
        static_keys: graph
            .workspaces()
            .iter()
            .filter(|workspace| workspace.other_ways.contains(&WayIn::StaticKeys))
            .count(),
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
        let path = if path.is_empty() { "/" } else { path };
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
    if selector.starts_with("tfc:") && selector.contains('*') {
        return Ok(Detail::Text(workspaces_text(graph, selector)?));
    }
    let found = select(graph, selector)?;
    match found.nodes.first() {
        Some(Node::Role(key)) => Ok(Detail::Role(Box::new(role(graph, *key)?))),
        Some(Node::User(key)) => Ok(Detail::User(user(graph, *key)?)),
        Some(Node::OidcProvider(key)) => Ok(Detail::Provider(oidc_provider(graph, *key))),
        Some(Node::Saml(key)) => Ok(Detail::Provider(saml_provider(graph, *key))),
        Some(Node::Workspace(index, _)) => Ok(Detail::Workspace(workspace(graph, *index)?)),
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
    let best = Best::of(targets.iter().map(|role| search::reaching(graph, role, PANE.hops)));
    let outside = |end: &search::End<'_>| {
        end.account() != Some(key)
            && !end.nodes().iter().any(|node| matches!(node, Node::Service(_)))
    };
    let best = best.only(outside);
    let (counts, _) = best.totals(graph);
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

fn workspaces_text(graph: &Graph, selector: &str) -> Result<Vec<String>, QuestionError> {
    let found = select(graph, selector)?;
    let indexes: BTreeSet<usize> = found
        .nodes
        .iter()
        .filter_map(|node| match node {
            Node::Workspace(index, _) => Some(*index),
            _ => None,
        })
        .collect();
    let mut lines = vec![format!("{} workspaces", indexes.len()), String::new()];
    for workspace in indexes.iter().filter_map(|index| graph.workspaces().get(*index)) {
        let mut notes: Vec<&str> = workspace.other_ways.iter().map(|way| way.text()).collect();
        if workspace.configurations.is_empty() && workspace.execution_mode != "local" {
            notes.push("dynamic credentials off");
        }
        let notes =
            if notes.is_empty() { String::new() } else { format!("  {}", notes.join(", ")) };
        lines.push(format!("{}/{}{notes}", workspace.project, workspace.name));
    }
    Ok(lines)
}

fn workspace(graph: &Graph, index: usize) -> Result<WorkspaceDetail, QuestionError> {
    let Some(row) = graph.workspaces().get(index) else {
        return Err(QuestionError::invalid("no such workspace"));
    };
    let selector = crate::graph::workspace_selector(row);
    let mut phases = Vec::new();
    let configurations: Vec<Option<&crate::workload::Configuration>> =
        match row.configurations.as_slice() {
            [] => vec![None],
            some => some.iter().map(Some).collect(),
        };
    for configuration in configurations {
        for phase in Phase::ALL {
            let tag = configuration.and_then(|each| each.tag.clone());
            let asked = configuration.map(|each| each.role(phase));
            let (role, single) = match asked {
                Some(RoleSetting::Arn(arn)) => (Some(arn.clone()), true),
                Some(RoleSetting::Ambiguous(one, other)) => {
                    (Some(format!("{one} or {other}")), false)
                }
                Some(RoleSetting::Hidden) => (Some("hidden".to_owned()), false),
                Some(RoleSetting::Missing) | None => (None, false),
            };
            let caller = match &tag {
                Some(tag) => format!("{selector}@{tag}:{}", phase.as_str()),
                None => format!("{selector}:{}", phase.as_str()),
            };
            let first = role
                .as_ref()
                .filter(|_| single)
                .and_then(|arn| why(graph, &caller, arn, None, &Stated::default()).ok());
            phases.push(PhaseDetail {
                phase: phase.as_str(),
                tag,
                subject: issuer::hcp_subject(
                    &row.organization,
                    &row.project,
                    &row.name,
                    phase.as_str(),
                ),
                audience: configuration.and_then(|each| each.audience.clone()),
                role,
                verdict: first.as_ref().map(|why| why.verdict),
                cause: first
                    .as_ref()
                    .and_then(|why| cause(&why.layers, why.reason.as_ref()?.layer)),
                reason: first.and_then(|why| why.reason),
                reaches: reach(graph, &format!("{selector}:{}", phase.as_str()), PANE)?,
            });
        }
    }
    let mut notes: Vec<String> = row.other_ways.iter().map(|way| way.text().to_owned()).collect();
    if row.configurations.is_empty() && row.execution_mode != "local" {
        notes.push(
            "dynamic credentials are off: no configuration has TFC_AWS_PROVIDER_AUTH set to true"
                .to_owned(),
        );
    }
    for phase in &phases {
        if row.execution_mode == "local" {
            continue;
        }
        if let (Some(arn), None) = (&phase.role, phase.verdict) {
            notes.push(format!("{}: `{arn}` is not among the roles that were read", phase.phase));
        }
    }
    Ok(WorkspaceDetail {
        selector,
        execution_mode: row.execution_mode.clone(),
        settings: row
            .settings
            .iter()
            .map(|(key, value)| Setting {
                key: key.clone(),
                value: value.value.clone(),
                origin: value.origin.clone(),
            })
            .collect(),
        phases,
        notes,
    })
}
