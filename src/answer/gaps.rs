//! What was not read, or leads where nobody can look, and may hide something from an answer.

use std::collections::BTreeMap;

use crate::arn::AccountId;
use crate::graph::{Graph, Node, search, workspace_selector};
use crate::org::hcp::Workspaces;
use crate::org::{Fact, NotRead, NotReadKind};
use crate::workload::{WayIn, Workspace};

use super::answers::AccountGap;

/// From how many gaps on those of Vault are told together.
const MANY: usize = 100;
/// How many workspaces a gap of many names.
const NAMED: usize = 3;

/// Everything that was not read and that an answer may therefore miss.
pub fn gaps(graph: &Graph) -> Vec<AccountGap> {
    let mut found = of_facts(graph);
    let unread = graph.workspaces().iter().filter(|it| !it.variables_read);
    found.extend(of_many(WayIn::VariablesNotRead, &unread.collect::<Vec<_>>()));
    found
}

/// The same for what some sources reach: with the ways of their own that can't be followed.
pub(super) fn gaps_from(graph: &Graph, sources: &[Node]) -> Vec<AccountGap> {
    let mut found = of_facts(graph);
    let workspaces = workspaces(graph, sources);
    let mut by_way: BTreeMap<WayIn, Vec<&Workspace>> = BTreeMap::new();
    for workspace in workspaces {
        for way in &workspace.other_ways {
            by_way.entry(*way).or_default().push(workspace);
        }
    }
    found.extend(by_way.into_iter().filter_map(|(way, all)| of_many(way, &all)));
    found
}

/// The same for who reaches something: with the ways of all workspaces that can't be followed.
/// Whether a role is one that Vault may lead to tells `is_led_to`.
pub(super) fn gaps_into(graph: &Graph, is_led_to: impl Fn(&Node) -> bool) -> Vec<AccountGap> {
    let mut found = of_facts(graph);
    let of_hcp = |url: &str| graph.issuer(url).has_form("workspace");
    if graph.facts().oidc_providers.values().any(|provider| of_hcp(&provider.url)) {
        found.extend(hcp_never_read(graph));
    }
    let mut by_way: BTreeMap<WayIn, Vec<&Workspace>> = BTreeMap::new();
    for workspace in graph.workspaces() {
        for way in &workspace.other_ways {
            let few = found.len() < MANY;
            if *way == WayIn::Vault
                && few
                && let Some(role) = vault_role(graph, workspace, &is_led_to)
            {
                let mut gap = of_way(*way, workspace_selector(workspace));
                gap.not_read.message = format!(
                    "Vault assumes `{role}` for its runs, with an identity that nobody reads"
                );
                found.push(gap);
            } else {
                by_way.entry(*way).or_default().push(workspace);
            }
        }
    }
    found.extend(by_way.into_iter().filter_map(|(way, all)| of_many(way, &all)));
    found
}

/// The accounts outside the snapshot that may reach some of the targets, in less than so many hops. Whether
/// a source gets into one of them was not read, so no path is looked for over them (rule C3).
pub(super) fn gaps_outside(
    graph: &Graph,
    sources: &[Node],
    targets: &[Node],
    hops: usize,
) -> Vec<AccountGap> {
    let facts = graph.facts();
    let account = |node: &Node| match node {
        Node::External(_) | Node::Named(_) => node.account(facts),
        _ => None,
    };
    let from: Vec<AccountId> = sources.iter().filter_map(account).collect();
    // What no policy names has no number.
    let mut found: BTreeMap<Option<AccountId>, String> = BTreeMap::new();
    for target in targets.iter().filter(|_| hops > 1) {
        for node in search::leading_to(graph, target, hops - 1, graph.outsiders()) {
            let id = account(node);
            if id.is_none_or(|id| !from.contains(&id)) {
                found.entry(id).or_insert_with(|| target.name(graph));
            }
        }
    }
    let gap = |(id, target): (Option<AccountId>, String)| {
        let (name, whose) = match id {
            Some(_) => ("account", "an account that is"),
            None => ("some account or other", "one that is"),
        };
        let message =
            format!("{whose} not in the snapshot may reach {target}: whoever gets there may too");
        let not_read = NotRead::new("its roles", NotReadKind::NotCollected, message);
        AccountGap { account: id.map(|id| id.to_string()), name: name.to_owned(), not_read }
    };
    found.into_iter().map(gap).collect()
}

/// That nobody asked for workspaces at all.
pub(super) fn hcp_never_read(graph: &Graph) -> Option<AccountGap> {
    let message = "no workspaces are in this snapshot: collect with a token, or import them";
    graph.facts().hcp.is_empty().then(|| AccountGap {
        account: None,
        name: "HCP Terraform".to_owned(),
        not_read: NotRead::new("GET workspaces", NotReadKind::NotCollected, message),
    })
}

/// The role that Vault assumes for a workspace's runs and that is, or leads to, what is asked for.
fn vault_role(
    graph: &Graph,
    workspace: &Workspace,
    is_led_to: impl Fn(&Node) -> bool,
) -> Option<String> {
    let named = workspace.named_roles().into_iter().filter(|it| it.key.contains("VAULT_BACKED"));
    let mut leading = named.filter(|named| {
        graph.facts().role_by_arn(&named.arn).is_some_and(|role| is_led_to(&Node::Role(role)))
    });
    leading.next().map(|named| named.arn)
}

/// The workspaces among some sources, each once.
fn workspaces<'g>(graph: &'g Graph, sources: &[Node]) -> Vec<&'g Workspace> {
    let mut indexes: Vec<usize> = sources
        .iter()
        .filter_map(|node| match node {
            Node::Workspace(index, _) => Some(*index),
            _ => None,
        })
        .collect();
    indexes.sort_unstable();
    indexes.dedup();
    indexes.into_iter().filter_map(|index| graph.workspaces().get(index)).collect()
}

fn of_way(way: WayIn, name: String) -> AccountGap {
    let kind = match way {
        WayIn::VariablesNotRead => NotReadKind::Denied,
        _ => NotReadKind::NotCollected,
    };
    AccountGap { account: None, name, not_read: NotRead::new(way.text(), kind, way.reason()) }
}

/// One gap for all workspaces that have a way.
fn of_many(way: WayIn, all: &[&Workspace]) -> Option<AccountGap> {
    let mut names: Vec<String> =
        all.iter().take(NAMED).map(|workspace| workspace_selector(workspace)).collect();
    let rest = all.len().saturating_sub(names.len());
    if rest > 0 {
        names.push(format!("{rest} more"));
    }
    (!names.is_empty()).then(|| of_way(way, names.join(", ")))
}

fn of_facts(graph: &Graph) -> Vec<AccountGap> {
    let facts = graph.facts();
    let mut gaps = Vec::new();
    let mut add = |account: Option<String>, name: &str, not_read: &NotRead| {
        gaps.push(AccountGap { account, name: name.to_owned(), not_read: not_read.clone() });
    };
    if let Some(gap) = facts.organization.as_ref().and_then(Fact::gap) {
        add(None, "the organization", gap);
    }
    if let Some(organization) = facts.known_organization() {
        for (name, gap) in [
            ("the organization's tree", organization.root.gap()),
            ("service control policies", organization.scps.gap()),
            ("resource control policies", organization.rcps.gap()),
            ("tags of accounts and OUs", organization.not_read.first()),
        ] {
            if let Some(gap) = gap {
                add(None, name, gap);
            }
        }
        for gap in &organization.tree_gaps {
            add(None, "the organization's tree", gap);
        }
    }
    for account in facts.accounts.values() {
        let id = Some(account.id.to_string());
        match &account.identities {
            Fact::NotRead(gap) => add(id, &account.name, gap),
            Fact::Read(damaged) => {
                for gap in damaged {
                    add(id.clone(), &account.name, gap);
                }
                let providers = [account.oidc_providers.gap(), account.saml_providers.gap()];
                for gap in providers.into_iter().flatten() {
                    add(id.clone(), &account.name, gap);
                }
            }
        }
    }
    for host in &facts.hcp {
        let name = host.name();
        match &host.workspaces {
            Fact::NotRead(gap) => add(None, &name, gap),
            Fact::Read(Workspaces::AsRead(hcp)) => {
                // Those of a workspace's variables are told with the workspace.
                let hidden = hcp.unreadable.iter().filter(|it| it.kind != "workspace-variables");
                for one in hidden {
                    let call = format!("GET {}", one.kind);
                    let gap = NotRead::new(call, one.reason, one.message.clone());
                    add(None, &format!("{name}, {}", one.id), &gap);
                }
            }
            Fact::Read(Workspaces::Effective(_)) => {}
        }
        for gap in &host.incomplete {
            add(None, &name, gap);
        }
    }
    gaps
}
