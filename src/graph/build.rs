//! From facts to nodes and edges.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::NodeIndex;

use crate::evaluation::{Call, Lineage, Scenario, Verdict, judge};
use crate::org::{AccountKey, Fact};
use crate::workload::{Phase, RoleSetting};

use super::candidates::Candidates;
use super::{Assume, Edge, Graph, Node};

/// Fills the graph in.
pub(super) fn build(graph: &mut Graph) {
    contain(graph);
    let facts = graph.facts.clone();
    let candidates = Candidates::new(&facts, &graph.workspaces);
    let configured = configured(graph);
    for (key, _) in facts.roles.iter() {
        let target = Node::Role(key);
        let mut pairs: BTreeMap<Node, bool> = candidates.of(key);
        for node in configured.get(&target).into_iter().flatten() {
            pairs.insert(node.clone(), true);
        }
        for (from, named) in pairs {
            assume(graph, from, &target, named);
        }
    }
    // Roles that nobody could list: whoever may assume some role there, and every workspace,
    // since the providers were not read either.
    for account in
        facts.accounts.iter().filter(|(_, row)| row.identities.gap().is_some()).map(|(key, _)| key)
    {
        let target = Node::Unread(account);
        for from in candidates.of_unread(account) {
            let named = configured.get(&target).is_some_and(|nodes| nodes.contains(&from));
            assume(graph, from, &target, named);
        }
    }
}

fn assume(graph: &mut Graph, from: Node, to: &Node, named: bool) {
    if let Some(assume) = judge_pair(graph, &from, to, named) {
        let from = graph.node(from);
        let to = graph.node(to.clone());
        graph.petgraph.add_edge(from, to, Edge::Assume(assume));
    }
}

/// The edge of a pair; `None` where it is denied and nobody means it.
fn judge_pair(graph: &Graph, from: &Node, to: &Node, named: bool) -> Option<Assume> {
    let target = to.target()?;
    let account = target.account(&graph.facts);
    if from == to && matches!(to, Node::Unread(_)) {
        return None;
    }
    let mut best: Option<Assume> = None;
    for way in from.ways(graph, account) {
        let action = way.caller.action();
        let verdict = judge(
            &graph.facts,
            &Call {
                caller: &way.caller,
                target: &target,
                action,
                scenario: &Scenario::default(),
                lineage: &Lineage::Unknown,
                hop: 1,
            },
        );
        // Another audience than the configured one is something to change first.
        let verdict = match (verdict, &way.other_audience) {
            (Verdict::Allowed, Some(_)) => Verdict::Conditional,
            (verdict, _) => verdict,
        };
        if best.is_none_or(|known| verdict < known.verdict) {
            best = Some(Assume { action, verdict, named });
        }
    }
    best.filter(|assume| assume.verdict != Verdict::Denied || named)
}

/// The edges of a source that the facts need not mention, judged now.
pub(super) fn judged(graph: &Graph, from: &Node) -> Vec<(Node, Assume)> {
    let roles = graph.facts.roles.keys().map(Node::Role);
    let unread = graph
        .facts
        .accounts
        .iter()
        .filter(|(_, row)| row.identities.gap().is_some())
        .map(|(key, _)| Node::Unread(key));
    // What services may do in accounts that were not read is true of every service, and says
    // nothing.
    let service = matches!(from, Node::Service(_));
    roles
        .chain(unread.filter(|_| !service))
        .filter_map(|to| {
            let named = graph.names(from, &to);
            judge_pair(graph, from, &to, named).map(|assume| (to, assume))
        })
        .collect()
}

/// Which roles workspaces ask for, with who asks.
fn configured(graph: &Graph) -> BTreeMap<Node, BTreeSet<Node>> {
    let facts = &graph.facts;
    let mut found: BTreeMap<Node, BTreeSet<Node>> = BTreeMap::new();
    for (index, workspace) in graph.workspaces.iter().enumerate() {
        for configuration in &workspace.configurations {
            for phase in Phase::ALL {
                let arns = match configuration.role(phase) {
                    RoleSetting::Arn(arn) => vec![arn],
                    RoleSetting::Ambiguous(one, other) => vec![one, other],
                    RoleSetting::Hidden | RoleSetting::Missing => Vec::new(),
                };
                for arn in arns {
                    let target = facts.role_by_arn(arn).map(Node::Role).or_else(|| {
                        let account = arn.parse::<crate::arn::Arn>().ok()?.account()?;
                        let account = facts.account(account)?;
                        facts.accounts[account].identities.gap().map(|_| Node::Unread(account))
                    });
                    if let Some(target) = target {
                        found.entry(target).or_default().insert(Node::Workspace(index, phase));
                    }
                }
            }
        }
    }
    found
}

fn contain(graph: &mut Graph) {
    let facts = graph.facts.clone();
    let top = graph.node(Node::Organization);
    for (key, container) in facts.containers.iter() {
        let parent = container.parent.map_or(top, |parent| graph.node(Node::Container(parent)));
        hang(graph, parent, Node::Container(key));
    }
    for (key, account) in facts.accounts.iter() {
        let parent = account.parent.map_or(top, |parent| graph.node(Node::Container(parent)));
        let index = hang(graph, parent, Node::Account(key));
        contain_account(graph, key, index);
    }
    for index in 0..graph.workspaces.len() {
        for phase in Phase::ALL {
            graph.node(Node::Workspace(index, phase));
        }
    }
}

fn contain_account(graph: &mut Graph, key: AccountKey, index: NodeIndex) {
    let facts = graph.facts.clone();
    let account = &facts.accounts[key];
    for provider in account.oidc_providers.read().into_iter().flatten() {
        hang(graph, index, Node::OidcProvider(*provider));
    }
    for provider in account.saml_providers.read().into_iter().flatten() {
        hang(graph, index, Node::Saml(*provider));
    }
    for role in &account.roles {
        hang(graph, index, Node::Role(*role));
    }
    for user in &account.users {
        hang(graph, index, Node::User(*user));
    }
    if let Fact::NotRead(_) = account.identities {
        hang(graph, index, Node::Unread(key));
    }
}

fn hang(graph: &mut Graph, parent: NodeIndex, node: Node) -> NodeIndex {
    let index = graph.node(node);
    graph.petgraph.add_edge(parent, index, Edge::Contains);
    index
}
