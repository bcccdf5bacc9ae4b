//! Every edge that may be taken, one pair after the other.
//!
//! Sets are expanded caller by caller, so what is held at a time is what one caller may assume.

use std::collections::HashMap;

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::graph::NodeIndex;

use crate::evaluation::Verdict;
use crate::org::{AccountKey, Facts, RoleKey};

use super::index::CallerId;
use super::{Assume, Graph, Node, Place};

/// Where an edge leads: small, because there may be a million.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum To {
    Role(RoleKey),
    Unread(AccountKey),
}

impl To {
    fn of(node: &Node) -> Option<Self> {
        match node {
            Node::Role(key) => Some(Self::Role(*key)),
            Node::Unread(key) => Some(Self::Unread(*key)),
            _ => None,
        }
    }

    fn node(self) -> Node {
        match self {
            Self::Role(key) => Node::Role(key),
            Self::Unread(key) => Node::Unread(key),
        }
    }

    fn account(self, facts: &Facts) -> AccountKey {
        match self {
            Self::Role(key) => facts.roles[key].account,
            Self::Unread(key) => key,
        }
    }
}

impl Graph {
    /// Calls `each` with every pair that an edge means and that is not denied, each once: callers
    /// in order, and the roles of each in order. Only those of `from` and `to`, where they are
    /// given.
    ///
    /// A source that anybody can name has the edges to roles that mention it, unless `from` asks
    /// for it: then it has all.
    ///
    /// # Errors
    /// The first of `each`, which ends it.
    pub fn each_edge<E>(
        &self,
        from: Option<&[Node]>,
        to: Option<&[Node]>,
        mut each: impl FnMut(&Node, &Node, Assume) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut edges = Edges { graph: self, wanted: to.map(|to| self.by_set(to)), known: None };
        if let Some(from) = from {
            for node in from {
                if node.nameable() {
                    for (role, assume) in self.assumes(node) {
                        let meant = to.is_none_or(|to| to.contains(&role));
                        if meant && assume.verdict != Verdict::Denied {
                            each(node, &role, assume)?;
                        }
                    }
                } else {
                    edges.of(node, &mut each)?;
                }
            }
            return Ok(());
        }
        for caller in CallerId::all(&self.facts) {
            edges.of(&caller.node(&self.facts), &mut each)?;
        }
        let mut others: Vec<&Node> = self.vertices.others().collect();
        others.sort_unstable();
        others.into_iter().try_for_each(|node| edges.of(node, &mut each))
    }

    /// What may be assumed at a vertex.
    fn each_role(&self, vertex: NodeIndex, each: &mut impl FnMut(To)) {
        match (self.vertices.group(vertex), self.petgraph.node_weight(vertex)) {
            (Some(group), _) => {
                let nodes = group.members.iter().map(|caller| caller.node(&self.facts));
                nodes.filter_map(|node| To::of(&node)).for_each(each);
            }
            (None, Some(Place::Other(node))) => To::of(node).into_iter().for_each(each),
            (None, _) => {}
        }
    }

    /// These roles by the sets that they belong to.
    fn by_set(&self, roles: &[Node]) -> HashMap<NodeIndex, Vec<To>> {
        let mut found: HashMap<NodeIndex, Vec<To>> = HashMap::new();
        for node in roles {
            let (Some(to), Some(vertex)) = (To::of(node), self.vertices.of(&self.facts, node))
            else {
                continue;
            };
            for set in self.sets(vertex, Incoming) {
                found.entry(set).or_default().push(to);
            }
        }
        found
    }
}

struct Edges<'g> {
    graph: &'g Graph,
    /// Where only some roles are wanted, those of each set.
    wanted: Option<HashMap<NodeIndex, Vec<To>>>,
    /// What leaves the vertex that was looked at last: its nodes often follow each other.
    known: Option<(NodeIndex, Vec<(To, Assume)>)>,
}

impl Edges<'_> {
    fn of<E>(
        &mut self,
        from: &Node,
        each: &mut impl FnMut(&Node, &Node, Assume) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(vertex) = self.graph.vertices.of(&self.graph.facts, from) else { return Ok(()) };
        let list = match self.known.take() {
            Some((known, list)) if known == vertex => list,
            _ => self.leaving(vertex),
        };
        let (_, list) = self.known.insert((vertex, list));
        for (to, assume) in list {
            let to = to.node();
            // That somebody of an account may become some role of it says nothing.
            if !(to == *from && matches!(to, Node::Unread(_))) {
                each(from, &to, *assume)?;
            }
        }
        Ok(())
    }

    /// The edges of each node of a vertex: each role once, with the best verdict.
    fn leaving(&self, vertex: NodeIndex) -> Vec<(To, Assume)> {
        let graph = self.graph;
        let account = graph.account(vertex);
        let mut found: Vec<(To, Assume)> = Vec::new();
        for set in graph.sets(vertex, Outgoing) {
            for (bundle, roles) in graph.bundles(set, Outgoing) {
                if bundle.assume.verdict == Verdict::Denied {
                    continue;
                }
                let mut add = |to: To| {
                    if !(bundle.across && Some(to.account(&graph.facts)) == account) {
                        found.push((to, bundle.assume));
                    }
                };
                match &self.wanted {
                    Some(wanted) => wanted.get(&roles).into_iter().flatten().copied().for_each(add),
                    None => {
                        for member in graph.members(roles, Outgoing) {
                            graph.each_role(member, &mut add);
                        }
                    }
                }
            }
        }
        found.sort_by_key(|(to, assume)| (*to, assume.verdict));
        found.dedup_by_key(|(to, _)| *to);
        found
    }
}
