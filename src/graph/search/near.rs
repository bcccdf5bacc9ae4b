//! What lies one hop away, for answers that ask for no ways.

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::graph::NodeIndex;

use crate::evaluation::Verdict;
use crate::org::AccountKey;

use super::super::index::{Map, Set};
use super::super::{Graph, Node};

/// Tells which accounts nodes lead to, and remembers where sets of roles are.
pub struct Accounts<'g> {
    graph: &'g Graph,
    of_set: Map<NodeIndex, Vec<AccountKey>>,
}

impl<'g> Accounts<'g> {
    /// Of nodes of a graph.
    pub fn new(graph: &'g Graph) -> Self {
        Self { graph, of_set: Map::default() }
    }

    /// The accounts of roles that a user or a role may assume, in order, leaving out its own and
    /// what was not read: hops that are allowed or conditional.
    pub fn beyond(&mut self, node: &Node) -> Vec<AccountKey> {
        let graph = self.graph;
        let Some(vertex) = graph.vertices.of(&graph.facts, node) else { return Vec::new() };
        let home = graph.account(vertex);
        let mut found: Set<AccountKey> = Set::default();
        for set in graph.sets(vertex, Outgoing) {
            for (bundle, roles) in graph.bundles(set, Outgoing) {
                if matches!(bundle.assume.verdict, Verdict::Allowed | Verdict::Conditional) {
                    let accounts = self.of_set.entry(roles).or_insert_with(|| of(graph, roles));
                    found.extend(accounts.iter().copied().filter(|it| Some(*it) != home));
                }
            }
        }
        let mut found: Vec<AccountKey> = found.into_iter().collect();
        found.sort_unstable();
        found
    }
}

/// The accounts of the roles of a set.
fn of(graph: &Graph, set: NodeIndex) -> Vec<AccountKey> {
    let roles = graph.members(set, Outgoing).filter(|it| graph.vertices.group(*it).is_some());
    let mut found: Vec<AccountKey> = roles.filter_map(|vertex| graph.account(vertex)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

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
