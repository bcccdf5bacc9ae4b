//! Paths through the graph.
//!
//! Searches walk over vertices, so what they cost grows with what can be told apart, not with
//! users and roles. Edges leave the caller's session open. Where no document that a hop depends on
//! looks at what earlier hops left there, the hop's verdict holds on every path, and a path's
//! verdict is put together from its hops ([`reach`]). Hops that do look are decided again with the
//! whole path that leads to them ([`session`], rule C2).

mod calls;
mod choke;
mod circles;
mod cycles;
mod denied;
mod desk;
mod many;
mod near;
mod paths;
mod reach;
mod relay;
mod session;
mod walk;
mod ways;

use std::collections::VecDeque;

use petgraph::Direction::{self, Incoming, Outgoing};
use petgraph::graph::NodeIndex;

use crate::evaluation::Verdict;

use super::Graph;
use super::halves::at_once;

pub use calls::{HopDecision, Route, Stated, decide, decide_stated, judge};
pub use choke::{Chokepoint, Chokepoints, chokepoints};
pub use cycles::{Cycle, cycles};
pub use denied::denied;
pub use many::{Best, Firsts, Kinds, Landing, Many, Needs, Source};
pub use near::one_of_each;
pub use paths::paths;
pub use reach::{End, Reached, first_hops, reachable, reachable_over, reachable_with, reaching};
pub use session::Memo;
pub use ways::Ranked;

pub(super) use desk::Desks;
pub(super) use session::{Decided, Passing};

/// More hops than any search takes.
const FAR: u8 = u8::MAX;

/// For each vertex, how few hops lead over one whose verdict depends on the session, itself
/// included: forwards, and backwards. For a set that hops lead to, that of the nearest member.
pub(super) fn to_session(graph: &Graph) -> [Vec<u8>; 2] {
    let (out, into) = at_once(|| distances(graph, Outgoing), || distances(graph, Incoming));
    [out, into]
}

impl Graph {
    /// How few hops lead from a vertex, in a direction, over one whose verdict depends on the
    /// session, itself included; as many as there can be where none does.
    fn to_session(&self, vertex: NodeIndex, direction: Direction) -> usize {
        let list = usize::from(direction != Outgoing);
        let found = self.to_session.get(list).and_then(|list| list.get(vertex.index()));
        found.copied().filter(|hops| *hops != FAR).map_or(usize::MAX, usize::from)
    }
}

fn distances(graph: &Graph, direction: Direction) -> Vec<u8> {
    let petgraph = &graph.petgraph;
    let mut found = vec![FAR; petgraph.node_count()];
    let mut queue = VecDeque::new();
    // From the sets in front of open bundles to their members, and on against the direction.
    for edge in petgraph.edge_indices() {
        let (Some(super::Link::Assume(bundle)), Some((from, to))) =
            (petgraph.edge_weight(edge), petgraph.edge_endpoints(edge))
        else {
            continue;
        };
        let set = if direction == Outgoing { from } else { to };
        if bundle.is_open() {
            reach_members(graph, set, direction, 1, &mut found, &mut queue);
        }
    }
    while let Some(vertex) = queue.pop_front() {
        let next = found.get(vertex.index()).map_or(FAR, |hops: &u8| hops.saturating_add(1));
        for set in graph.sets(vertex, direction.opposite()) {
            for (bundle, other) in graph.bundles(set, direction.opposite()) {
                if bundle.assume.verdict != Verdict::Denied {
                    reach_members(graph, other, direction, next, &mut found, &mut queue);
                }
            }
        }
    }
    for set in petgraph.node_indices() {
        let is_end = match petgraph.node_weight(set) {
            Some(super::Place::Targets(_)) => direction == Outgoing,
            Some(super::Place::Callers(_)) => direction == Incoming,
            _ => false,
        };
        if is_end {
            let members = graph.members(set, direction);
            let nearest = members.filter_map(|member| found.get(member.index()).copied()).min();
            if let Some((place, nearest)) = found.get_mut(set.index()).zip(nearest) {
                *place = nearest;
            }
        }
    }
    found
}

/// Marks the members of a set in front of a bundle, once.
fn reach_members(
    graph: &Graph,
    set: NodeIndex,
    direction: Direction,
    hops: u8,
    found: &mut [u8],
    queue: &mut VecDeque<NodeIndex>,
) {
    // The set itself is marked too, so that its members are walked over once.
    match found.get_mut(set.index()) {
        Some(known) if *known == FAR => *known = hops,
        _ => return,
    }
    for member in graph.sets(set, direction.opposite()) {
        if let Some(known) = found.get_mut(member.index())
            && *known == FAR
        {
            *known = hops;
            queue.push_back(member);
        }
    }
}
