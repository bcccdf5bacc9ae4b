//! Roles that lead back to themselves.

use std::collections::HashSet;

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::NodeIndex;

use crate::evaluation::Verdict;

use super::super::{Graph, Node};
use super::relay::Plain;

/// Roles each of which leads to every other, or one that may assume itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// Roles, and placeholders of accounts that were not read; in order.
    pub nodes: Vec<Node>,
    /// The best verdict with whose hops it closes, each hop by itself: one of a better verdict may
    /// be part of it.
    pub verdict: Verdict,
}

/// All cycles: best verdict first, then most roles, then in order.
pub fn cycles(graph: &Graph) -> Vec<Cycle> {
    let on_the_way = |vertex: NodeIndex| {
        [Incoming, Outgoing].into_iter().all(|direction| {
            let mut sets = graph.sets(vertex, direction);
            sets.any(|set| graph.bundles(set, direction).next().is_some())
        })
    };
    let mut known: HashSet<Vec<NodeIndex>> = HashSet::new();
    let mut found = Vec::new();
    for verdict in [Verdict::Allowed, Verdict::Conditional, Verdict::Unknown] {
        let plain = Plain::new(graph, on_the_way, |hop| hop <= verdict);
        for component in kosaraju_scc(&plain.graph) {
            // There are relays between a vertex and itself too.
            if component.len() < 2 {
                continue;
            }
            let mut vertices: Vec<NodeIndex> =
                component.into_iter().filter_map(|here| *plain.graph.node_weight(here)?).collect();
            vertices.sort_unstable();
            let mut nodes: Vec<Node> =
                vertices.iter().flat_map(|vertex| graph.nodes_at(*vertex)).collect();
            // That somebody of an account may become some role of it says nothing.
            if matches!(*nodes, [Node::Unread(_)]) || !known.insert(vertices) {
                continue;
            }
            nodes.sort_unstable();
            found.push(Cycle { nodes, verdict });
        }
    }
    found.sort_by(|one, other| {
        let rank = |cycle: &Cycle| (cycle.verdict, std::cmp::Reverse(cycle.nodes.len()));
        rank(one).cmp(&rank(other)).then_with(|| one.nodes.cmp(&other.nodes))
    });
    found
}
