//! The organization as a graph: what contains what, and who may become whom.
//!
//! Nodes are the things of the facts plus sources that have no AWS identity of their own
//! (workspaces, token subjects, services, outside accounts) and a placeholder for the unknown
//! principals and roles of every account that was not read. An assume edge carries the verdict
//! of [`crate::evaluation`] with everything left open that an earlier hop could settle, so it
//! only prunes: a path is decided again as a whole ([`search`]).
//!
//! INVARIANT: a pair without an edge is one that the evaluation would call denied.

mod build;
mod candidates;
mod node;
pub mod search;

use std::collections::HashMap;
use std::sync::Arc;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use crate::evaluation::{Action, Marks, Privileges, Verdict};
use crate::org::{Fact, Facts};
use crate::workload::{self, Workspace};

pub use node::{Node, Subject, Way, run_token, workload_audience, workspace_selector};

/// How two nodes hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The first contains the second.
    Contains,
    /// The first may assume the second.
    Assume(Assume),
}

/// An assume call that may succeed, or that somebody expects to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assume {
    /// The action.
    pub action: Action,
    /// The verdict with the caller's session left open.
    pub verdict: Verdict,
    /// Whether a policy names the pair literally, or a workspace is configured for it. Only
    /// such edges are kept when denied.
    pub named: bool,
}

/// Who may become whom.
#[derive(Debug)]
pub struct Graph {
    facts: Arc<Facts>,
    marks: Marks,
    workspaces: Vec<Workspace>,
    petgraph: DiGraph<Node, Edge, u32>,
    nodes: HashMap<Node, NodeIndex>,
}

impl Graph {
    /// Builds the graph of a snapshot.
    pub fn build(facts: Arc<Facts>) -> Self {
        let workspaces = facts
            .workspaces
            .as_ref()
            .and_then(Fact::read)
            .map(workload::resolve)
            .unwrap_or_default();
        let marks = Marks::of(&facts);
        let mut graph =
            Self { facts, marks, workspaces, petgraph: DiGraph::default(), nodes: HashMap::new() };
        build::build(&mut graph);
        graph
    }

    /// The facts that it was built from.
    pub fn facts(&self) -> &Arc<Facts> {
        &self.facts
    }

    /// Workspaces, by organization, project and name.
    pub fn workspaces(&self) -> &[Workspace] {
        &self.workspaces
    }

    /// What a role or a user can do in its own account; `None` for anything else.
    pub fn privilege(&self, node: &Node) -> Option<Privileges> {
        match node {
            Node::Role(key) => Some(self.marks.role(*key)),
            Node::User(key) => Some(self.marks.user(*key)),
            _ => None,
        }
    }

    /// The petgraph graph.
    pub fn petgraph(&self) -> &DiGraph<Node, Edge, u32> {
        &self.petgraph
    }

    /// The index of a node.
    pub fn index(&self, node: &Node) -> Option<NodeIndex> {
        self.nodes.get(node).copied()
    }

    /// All nodes.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.petgraph.node_weights()
    }

    /// The assume edges that leave a node.
    ///
    /// Sources that anybody can name (a token subject, an outside account) may not be nodes, or
    /// only for the roles that mention them, so those are put to every role here and now.
    pub fn assumes(&self, from: &Node) -> Vec<(Node, Assume)> {
        if !from.nameable() {
            return self.beside(from, Direction::Outgoing).map(|(n, a)| (n.clone(), a)).collect();
        }
        build::judged(self, from)
    }

    /// The assume edges that come into a node.
    pub fn assumed_by(&self, to: &Node) -> impl Iterator<Item = (&Node, Assume)> {
        self.beside(to, Direction::Incoming)
    }

    /// Whether a stored edge means the pair literally.
    fn names(&self, from: &Node, to: &Node) -> bool {
        self.beside(from, Direction::Outgoing).any(|(other, assume)| other == to && assume.named)
    }

    fn beside(&self, node: &Node, direction: Direction) -> impl Iterator<Item = (&Node, Assume)> {
        self.index(node)
            .into_iter()
            .flat_map(move |index| self.petgraph.edges_directed(index, direction))
            .filter_map(move |edge| {
                let Edge::Assume(assume) = *edge.weight() else { return None };
                let other = match direction {
                    Direction::Outgoing => edge.target(),
                    Direction::Incoming => edge.source(),
                };
                Some((self.petgraph.node_weight(other)?, assume))
            })
    }

    fn node(&mut self, node: Node) -> NodeIndex {
        if let Some(index) = self.nodes.get(&node) {
            return *index;
        }
        let index = self.petgraph.add_node(node.clone());
        self.nodes.insert(node, index);
        index
    }
}
