//! The edges of single nodes.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::Direction::{self, Incoming, Outgoing};

use crate::evaluation::Verdict;

use super::{Assume, Graph, Node, Place, outside};

impl Graph {
    /// The assume edges that leave a node, by the node at their end.
    ///
    /// Sources that anybody can name (a token subject, an outside account) may not be nodes, or
    /// only for the roles that mention them, so those are put to every role here and now.
    pub fn assumes(&self, from: &Node) -> Vec<(Node, Assume)> {
        if from.nameable() {
            return outside::assumes(self, from);
        }
        self.beside(from, Outgoing)
    }

    /// The assume edges that come into a node, by the node at their beginning.
    pub fn assumed_by(&self, to: &Node) -> Vec<(Node, Assume)> {
        self.beside(to, Incoming)
    }

    /// Whether an edge, be it denied, leads from one node to another.
    pub(super) fn has_edge(&self, from: &Node, to: &Node) -> bool {
        let of = |node| self.vertices.of(&self.facts, node);
        let (Some(caller), Some(role)) = (of(from), of(to)) else { return false };
        let same = self.account(caller) == self.account(role);
        let callers = self.flat.members(caller, Outgoing);
        self.sets(role, Incoming).any(|set| {
            let mut bundles = self.bundles(set, Incoming);
            bundles.any(|(bundle, other)| !(bundle.across && same) && callers.contains(&other))
        })
    }

    /// Some of the nodes at the beginning of the edges that come into a node, denied ones included:
    /// all of them if there are no more than so many, in order.
    pub(super) fn some_callers(&self, to: &Node, most: usize) -> Vec<Node> {
        let mut found: BTreeSet<Node> = BTreeSet::new();
        let Some(vertex) = self.vertices.of(&self.facts, to) else { return Vec::new() };
        let account = self.account(vertex);
        for set in self.sets(vertex, Incoming) {
            for (bundle, callers) in self.bundles(set, Incoming) {
                for member in self.members(callers, Incoming) {
                    if found.len() >= most {
                        return found.into_iter().collect();
                    }
                    if !(bundle.across && self.account(member) == account) {
                        found.extend(self.nodes_at(member));
                    }
                }
            }
        }
        found.into_iter().collect()
    }

    /// The best verdict of the direct callers of a role that are no AWS services; `None` where
    /// there are none.
    pub fn best_caller(&self, to: &Node) -> Option<Verdict> {
        let vertex = self.vertices.of(&self.facts, to)?;
        let mut best: Option<Verdict> = None;
        for set in self.sets(vertex, Incoming) {
            for (bundle, callers) in self.bundles(set, Incoming) {
                let verdict = bundle.assume.verdict;
                if verdict == Verdict::Denied || best.is_some_and(|known| known <= verdict) {
                    continue;
                }
                let counts = self.members(callers, Incoming).any(|caller| {
                    let service = match self.petgraph.node_weight(caller) {
                        Some(Place::Other(node)) => matches!(**node, Node::Service(_)),
                        _ => false,
                    };
                    let alone = caller == vertex
                        && self.vertices.group(vertex).is_some_and(|all| all.members.len() == 1);
                    let same = self.account(caller) == self.account(vertex);
                    !(service || alone || bundle.across && same)
                });
                if counts {
                    best = Some(verdict);
                }
            }
        }
        best
    }

    /// The denied edges that leave a node, or come into it: those that a policy or a workspace
    /// means.
    pub fn named_denials(&self, node: &Node, direction: Direction) -> Vec<(Node, Assume)> {
        let Some(vertex) = self.vertices.of(&self.facts, node) else { return Vec::new() };
        let account = self.account(vertex);
        let mut found: BTreeMap<Node, Assume> = BTreeMap::new();
        for set in self.sets(vertex, direction) {
            for (bundle, other) in self.bundles(set, direction) {
                if bundle.assume.verdict != Verdict::Denied {
                    continue;
                }
                for member in self.members(other, direction) {
                    if !(bundle.across && self.account(member) == account) {
                        let nodes = self.nodes_at(member).into_iter();
                        found.extend(nodes.map(|node| (node, bundle.assume)));
                    }
                }
            }
        }
        found.into_iter().collect()
    }

    pub(super) fn beside(&self, node: &Node, direction: Direction) -> Vec<(Node, Assume)> {
        let mut found: BTreeMap<Node, Assume> = BTreeMap::new();
        let Some(vertex) = self.vertices.of(&self.facts, node) else { return Vec::new() };
        let account = self.account(vertex);
        for set in self.sets(vertex, direction) {
            for (bundle, other) in self.bundles(set, direction) {
                for member in self.members(other, direction) {
                    if bundle.across && self.account(member) == account {
                        continue;
                    }
                    for other in self.nodes_at(member) {
                        let known = found.entry(other).or_insert(bundle.assume);
                        let named = known.named || bundle.assume.named;
                        if bundle.assume.verdict < known.verdict {
                            *known = bundle.assume;
                        }
                        known.named = named;
                    }
                }
            }
        }
        found.into_iter().collect()
    }
}
