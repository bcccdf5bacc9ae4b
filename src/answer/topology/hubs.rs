//! Roles that tokens share on their way to other accounts.

use crate::graph::{Graph, Node, workspace_selector};
use crate::org::RoleKey;
use crate::workload::Phase;

use super::super::answers::{AccountCounts, Counts, HubRole, HubWorkspace, Misuse};
use super::trusts::{admitted, hosts_read, naming};
use super::ways::{Entry, is_live};

/// How many workspaces, subjects and accounts a hub role lists.
const LISTED: usize = 100;

/// A hub role, before it is put into words.
pub(super) struct Hub<'e> {
    pub(super) role: RoleKey,
    entry: &'e Entry,
    workspaces: usize,
    /// Roles that name it in their trust policies, and how many accounts these are in.
    pub(super) named: (usize, usize),
}

/// All hub roles: those that most workspaces share first, then those that lead to most accounts.
pub(super) fn hub_roles<'e>(graph: &Graph, entries: &'e [Entry]) -> Vec<Hub<'e>> {
    let facts = graph.facts();
    let mut found: Vec<Hub<'e>> = entries
        .iter()
        .filter(|entry| entry.is_hub())
        .flat_map(|entry| {
            let workspaces = entry.workspaces().len();
            entry.roles.iter().map(move |role| Hub {
                role: *role,
                entry,
                workspaces,
                named: (0, 0),
            })
        })
        .collect();
    let roles: Vec<RoleKey> = found.iter().map(|hub| hub.role).collect();
    let named = naming(facts, &roles);
    for hub in &mut found {
        hub.named = named.get(&hub.role).map_or((0, 0), |(roles, places)| (*roles, places.len()));
    }
    found.sort_by(|one, other| {
        let rank = |hub: &Hub<'_>| (hub.workspaces, hub.entry.leads.len());
        rank(other)
            .cmp(&rank(one))
            .then_with(|| facts.roles[one.role].arn.cmp(&facts.roles[other.role].arn))
    });
    found
}

/// The same in words.
pub(super) fn detailed(graph: &Graph, hubs: Vec<Hub<'_>>) -> Vec<HubRole> {
    hubs.into_iter().map(|hub| detail(graph, &hub)).collect()
}

fn detail(graph: &Graph, hub: &Hub<'_>) -> HubRole {
    let facts = graph.facts();
    let row = &facts.roles[hub.role];
    let account = &facts.accounts[row.account];
    let mut workspaces: Vec<HubWorkspace> = hub
        .entry
        .workspaces()
        .into_iter()
        .filter_map(|(index, (phases, verdict))| {
            Some(HubWorkspace {
                workspace: workspace_selector(graph.workspaces().get(index)?),
                phases: phases.into_iter().map(Phase::as_str).collect(),
                verdict,
            })
        })
        .collect();
    workspaces.sort_by(|one, other| {
        (one.verdict, &one.workspace).cmp(&(other.verdict, &other.workspace))
    });
    workspaces.truncate(LISTED);
    let subjects = hub.entry.bearers.iter().filter(|bearer| is_live(bearer.verdict));
    let subjects: Vec<&Node> =
        subjects.map(|it| &it.node).filter(|node| matches!(node, Node::Subject(_))).collect();
    let read = hosts_read(facts);
    HubRole {
        role: row.arn.to_string(),
        account: account.id.to_string(),
        account_name: account.name.clone(),
        workspace_count: read.then_some(hub.workspaces),
        workspaces,
        subject_count: subjects.len(),
        subjects: subjects.iter().take(LISTED).map(|node| node.name(graph)).collect(),
        admits: admitted(facts, hub.role),
        misuse: misuse(graph, hub.entry),
        named_by: hub.named.0,
        named_in: hub.named.1,
    }
}

/// What is in reach of whoever holds the role.
fn misuse(graph: &Graph, entry: &Entry) -> Misuse {
    let facts = graph.facts();
    let (mut accounts, mut roles, mut admin_roles) =
        (Counts::default(), Counts::default(), Counts::default());
    let mut by_account = Vec::new();
    for (key, onward) in &entry.beyond.accounts {
        if *key != entry.account {
            accounts.add_many(onward.verdict, 1);
        }
        add(&mut roles, onward.roles);
        add(&mut admin_roles, onward.admins);
        by_account.push(AccountCounts {
            account: facts.accounts[*key].id.to_string(),
            name: Some(facts.accounts[*key].name.clone()),
            counts: onward.roles,
            admin_roles: Some(onward.admins),
        });
    }
    by_account.sort_by(|one, other| {
        let rank = |row: &AccountCounts| {
            let admins = row.admin_roles.unwrap_or_default();
            (admins.allowed, row.counts.allowed, row.counts.conditional)
        };
        rank(other).cmp(&rank(one)).then_with(|| one.account.cmp(&other.account))
    });
    by_account.truncate(LISTED);
    Misuse { accounts, roles, admin_roles, by_account }
}

fn add(to: &mut Counts, counts: Counts) {
    to.allowed += counts.allowed;
    to.conditional += counts.conditional;
    to.unknown += counts.unknown;
    to.denied += counts.denied;
}
