//! The vertices as a plain graph for algorithms that know nothing of sets.
//!
//! Sets stay nodes of their own, so that there are no more edges than memberships and bundles. One
//! that leads only from account to account is led over one relay a bit of the accounts' numbers:
//! two numbers differ exactly where some bit does.

use std::collections::HashMap;

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::graph::{DiGraph, NodeIndex};

use crate::evaluation::Verdict;
use crate::org::{AccountKey, Key as _};

use super::super::{Graph, Place};

/// A plain graph that connects two vertices exactly where a hop does.
pub(super) struct Plain {
    /// Nodes carry their vertex; relays none.
    pub(super) graph: DiGraph<Option<NodeIndex>, (), u32>,
    at: HashMap<NodeIndex, NodeIndex>,
}

/// The members of a set that a relay stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    All,
    /// Those without account, which is no role's.
    Nowhere,
    /// Those in whose account's number the bit is as said.
    Bit(u32, bool),
}

impl Plain {
    /// The graph of the vertices that are kept, over hops whose verdict counts.
    pub(super) fn new(
        graph: &Graph,
        kept: impl Fn(NodeIndex) -> bool,
        counts: impl Fn(Verdict) -> bool,
    ) -> Self {
        let mut plain = Self { graph: DiGraph::default(), at: HashMap::new() };
        let mut relays: HashMap<(NodeIndex, Part), Option<NodeIndex>> = HashMap::new();
        let bits = usize::BITS - graph.facts.accounts.len().leading_zeros();
        for set in graph.petgraph.node_indices() {
            if !matches!(graph.petgraph.node_weight(set), Some(Place::Callers(_))) {
                continue;
            }
            for (bundle, roles) in graph.bundles(set, Outgoing) {
                if !counts(bundle.assume.verdict) {
                    continue;
                }
                let mut lead = |from: Part, to: Part| {
                    let callers = plain.relay(graph, &kept, &mut relays, (set, from), Incoming);
                    let Some(callers) = callers else { return };
                    let roles = plain.relay(graph, &kept, &mut relays, (roles, to), Outgoing);
                    if let Some(roles) = roles {
                        plain.graph.add_edge(callers, roles, ());
                    }
                };
                if !bundle.across {
                    lead(Part::All, Part::All);
                    continue;
                }
                lead(Part::Nowhere, Part::All);
                for bit in 0..bits {
                    lead(Part::Bit(bit, false), Part::Bit(bit, true));
                    lead(Part::Bit(bit, true), Part::Bit(bit, false));
                }
            }
        }
        plain
    }

    /// The relay of a part of a set: of callers with edges from them (`Incoming`), of roles with
    /// edges to them. None where the part is empty.
    fn relay(
        &mut self,
        graph: &Graph,
        kept: &impl Fn(NodeIndex) -> bool,
        relays: &mut HashMap<(NodeIndex, Part), Option<NodeIndex>>,
        (set, part): (NodeIndex, Part),
        direction: petgraph::Direction,
    ) -> Option<NodeIndex> {
        if let Some(known) = relays.get(&(set, part)) {
            return *known;
        }
        let mut relay = None;
        for member in graph.members(set, direction) {
            let account = graph.account(member).map(AccountKey::index);
            let meant = match (part, account) {
                (Part::All, _) | (Part::Nowhere, None) => true,
                (Part::Bit(bit, value), Some(account)) => ((account >> bit) & 1 == 1) == value,
                (Part::Nowhere, Some(_)) | (Part::Bit(..), None) => false,
            };
            if !meant || !kept(member) {
                continue;
            }
            let here = *relay.get_or_insert_with(|| self.graph.add_node(None));
            let member = self.add(member);
            match direction {
                Incoming => self.graph.add_edge(member, here, ()),
                Outgoing => self.graph.add_edge(here, member, ()),
            };
        }
        relays.insert((set, part), relay);
        relay
    }

    /// The node of a vertex, which is made where it is missing.
    pub(super) fn add(&mut self, vertex: NodeIndex) -> NodeIndex {
        *self.at.entry(vertex).or_insert_with(|| self.graph.add_node(Some(vertex)))
    }

    /// The node of a vertex.
    pub(super) fn of(&self, vertex: NodeIndex) -> Option<NodeIndex> {
        self.at.get(&vertex).copied()
    }
}
