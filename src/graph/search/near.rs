//! Which roles the same callers may assume.

use petgraph::Direction::Incoming;
use petgraph::graph::NodeIndex;

use super::super::index::Set;
use super::super::{Graph, Node};

/// One of each roles of an account that the same callers may assume: whoever else comes to one of
/// them comes to all. Those that nobody may assume are left out.
pub fn one_of_each(graph: &Graph, roles: impl Iterator<Item = Node>) -> Vec<Node> {
    let mut known: Set<Vec<NodeIndex>> = Set::default();
    let mut is_new = |role: &Node| {
        let vertex = graph.vertices.of(&graph.facts, role)?;
        let sets: Vec<NodeIndex> = graph.sets(vertex, Incoming).collect();
        (!sets.is_empty() && known.insert(sets)).then_some(())
    };
    roles.filter(|role| is_new(role).is_some()).collect()
}
