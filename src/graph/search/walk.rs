//! One hop, in either direction.

use std::collections::HashMap;

use petgraph::Direction::{self, Incoming, Outgoing};
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

use crate::evaluation::{Verdict, may_carry_state};
use crate::org::AccountKey;

use super::super::index::CallerId;
use super::super::{Bundle, Graph, Link, Node, outside};

/// What a search begins with: one node, and the vertex that it is one of, if any.
#[derive(Debug, Clone)]
pub(super) struct Start<'g> {
    pub(super) graph: &'g Graph,
    pub(super) node: Node,
    pub(super) vertex: Option<NodeIndex>,
    pub(super) direction: Direction,
    /// Of a source that anybody can name, its first hops.
    outside: Vec<Step>,
}

/// A hop to a vertex.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) to: NodeIndex,
    pub(super) bundle: Bundle,
    /// The edge between sets, which tells hops of one kind; none where the hop has none.
    pub(super) edge: Option<u32>,
}

/// Over which edges a search has come, and from where: the members of a set at the other end are
/// looked at once, however many come over the edge.
#[derive(Debug, Default)]
pub(super) struct Passed(HashMap<u32, From>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    /// From this account alone, so that only its own members are left.
    Account(Option<AccountKey>),
    /// From all over.
    Everywhere,
}

/// Which members of a set are left to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// All that are meant.
    All,
    /// Those of this account.
    Of(Option<AccountKey>),
}

impl Passed {
    /// Comes over an edge from an account; `None` where nothing is left beyond.
    pub(super) fn pass(
        &mut self,
        edge: u32,
        across: bool,
        account: Option<AccountKey>,
    ) -> Option<Left> {
        let (left, from) = match self.0.get(&edge) {
            Some(From::Everywhere) => return None,
            Some(From::Account(known)) if *known == account => return None,
            Some(From::Account(known)) => (Left::Of(*known), From::Everywhere),
            None if across && account.is_some() => (Left::All, From::Account(account)),
            None => (Left::All, From::Everywhere),
        };
        self.0.insert(edge, from);
        Some(left)
    }

    /// As if nobody had come over the edge.
    pub(super) fn forget(&mut self, edge: u32) {
        self.0.remove(&edge);
    }
}

impl Left {
    /// Whether a member of account `to` is meant, where the edge is come over from `from`.
    pub(super) fn means(
        self,
        across: bool,
        from: Option<AccountKey>,
        to: Option<AccountKey>,
    ) -> bool {
        match self {
            Self::Of(account) => to == account,
            Self::All => !across || to.is_none() || to != from,
        }
    }
}

impl<'g> Start<'g> {
    pub(super) fn new(graph: &'g Graph, node: &Node, direction: Direction) -> Self {
        let vertex = graph.vertices.of(&graph.facts, node);
        let mut start = Self { graph, node: node.clone(), vertex, direction, outside: Vec::new() };
        if start.is_outside() {
            start.outside = start.outside_steps();
        }
        start
    }

    fn outside_steps(&self) -> Vec<Step> {
        let (graph, facts) = (self.graph, &self.graph.facts);
        let mut steps: Vec<Step> = Vec::new();
        let mut add = |to: NodeIndex, bundle| {
            if !steps.iter().rev().take(8).any(|step| step.to == to) {
                steps.push(Step { to, bundle, edge: None });
            }
        };
        for (roles, bundle) in outside::bundles(graph, &self.node) {
            let mut last = None;
            for role in roles {
                let vertex = graph.vertices.of(facts, &Node::Role(role));
                if vertex != last {
                    if let Some(vertex) = vertex {
                        add(vertex, bundle);
                    }
                    last = vertex;
                }
            }
        }
        for (to, assume) in outside::unread(graph, &self.node) {
            let bundle = Bundle { assume, across: false, session: true };
            graph.vertices.of(facts, &to).into_iter().for_each(|vertex| add(vertex, bundle));
        }
        steps.sort_by_key(|step| (step.to, step.bundle.assume.verdict));
        steps.dedup_by_key(|step| step.to);
        steps.retain(|step| step.bundle.assume.verdict != Verdict::Denied);
        steps
    }

    /// Whether anybody can name the node, so that its hops are worked out for the search.
    pub(super) fn is_outside(&self) -> bool {
        self.node.nameable() && self.direction == Outgoing
    }

    /// The account of the node, where it has one of the facts.
    fn account(&self) -> Option<AccountKey> {
        let facts = &self.graph.facts;
        facts.account(self.node.account(facts)?)
    }

    /// The hops from the node itself.
    pub(super) fn first(&self) -> Vec<Step> {
        if self.is_outside() {
            return self.outside.clone();
        }
        let Some(vertex) = self.vertex else { return Vec::new() };
        self.steps_from(vertex, self.account(), true)
    }

    /// The hops from a vertex: each other vertex once a bundle.
    pub(super) fn steps(&self, vertex: NodeIndex) -> Vec<Step> {
        self.steps_from(vertex, self.graph.account(vertex), false)
    }

    fn steps_from(
        &self,
        vertex: NodeIndex,
        account: Option<AccountKey>,
        from_start: bool,
    ) -> Vec<Step> {
        let mut found = Vec::new();
        self.edges(vertex, |edge, bundle, other| {
            for to in self.graph.members(other, self.direction) {
                let same = account.is_some() && self.graph.account(to) == account;
                let itself = from_start && self.stands_alone(to);
                if !(itself || bundle.across && same) {
                    found.push(Step { to, bundle, edge: Some(edge) });
                }
            }
        });
        found
    }

    /// The hops from a vertex to where those that were walked before did not lead.
    pub(super) fn steps_beyond(&self, vertex: NodeIndex, passed: &mut Passed) -> Vec<Step> {
        let mut found = Vec::new();
        let account = self.graph.account(vertex);
        self.edges(vertex, |edge, bundle, other| {
            let Some(only) = passed.pass(edge, bundle.across, account) else { return };
            for to in self.graph.members(other, self.direction) {
                if only.means(bundle.across, account, self.graph.account(to)) {
                    found.push(Step { to, bundle, edge: Some(edge) });
                }
            }
        });
        found
    }

    /// The edges between sets that lead from a vertex, with the sets at their ends.
    pub(super) fn edges(&self, vertex: NodeIndex, mut each: impl FnMut(u32, Bundle, NodeIndex)) {
        let graph = self.graph;
        for set in graph.sets(vertex, self.direction) {
            for edge in graph.petgraph.edges_directed(set, self.direction) {
                let Link::Assume(bundle) = edge.weight() else { continue };
                if bundle.assume.verdict == Verdict::Denied {
                    continue;
                }
                if let Ok(number) = u32::try_from(EdgeRef::id(&edge).index()) {
                    each(number, *bundle, super::super::other(&edge, self.direction));
                }
            }
        }
    }

    /// Whether the node that the search begins with is the only one at this vertex.
    pub(super) fn stands_alone(&self, vertex: NodeIndex) -> bool {
        self.vertex == Some(vertex) && self.graph.count_at(vertex) == 1
    }

    /// Whether the session of a role at this vertex may hold what a later hop looks at.
    pub(super) fn carries(&self, vertex: NodeIndex) -> bool {
        let facts = &self.graph.facts;
        let first = self.graph.vertices.group(vertex).and_then(|group| group.members.first());
        let first = first.map(|caller| caller.node(facts));
        matches!(first, Some(Node::Role(role)) if may_carry_state(facts, role))
    }

    /// The nodes at a vertex, without the one that the search begins with.
    pub(super) fn others_at(&self, vertex: NodeIndex) -> Vec<Node> {
        let mut nodes = self.graph.nodes_at(vertex);
        if self.vertex == Some(vertex) {
            nodes.retain(|node| *node != self.node);
        }
        nodes
    }

    /// How many nodes are at a vertex, without the one that the search begins with.
    pub(super) fn count_others(&self, vertex: NodeIndex) -> usize {
        self.graph.count_at(vertex) - usize::from(self.vertex == Some(vertex))
    }

    /// Nodes for a walk over vertices, in the order of the hops: each another one where there are
    /// others, the last one the node that is wanted.
    pub(super) fn nodes(&self, walk: &[NodeIndex], wanted: Option<&Node>) -> Vec<Node> {
        let mut nodes = vec![self.node.clone()];
        for (at, vertex) in walk.iter().enumerate() {
            let last = at + 1 == walk.len();
            let pick = match (last, wanted) {
                (true, Some(node)) => Some(node.clone()),
                _ => self.pick(*vertex, &nodes, wanted),
            };
            nodes.extend(pick);
        }
        if self.direction == Incoming {
            nodes.reverse();
        }
        nodes
    }

    fn pick(&self, vertex: NodeIndex, taken: &[Node], wanted: Option<&Node>) -> Option<Node> {
        let graph = self.graph;
        if let Some(group) = graph.vertices.group(vertex) {
            let node = |caller: &CallerId| caller.node(&graph.facts);
            let free = |node: &Node| !taken.contains(node) && Some(node) != wanted;
            let mut all = group.members.iter().map(node);
            return all.find(free).or_else(|| group.members.first().map(node));
        }
        graph.nodes_at(vertex).into_iter().next()
    }
}
