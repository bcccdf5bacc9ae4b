//! How far it is to hops whose verdict depends on the session.

use std::collections::VecDeque;

use petgraph::Direction::{self, Incoming, Outgoing};
use petgraph::graph::NodeIndex;

use crate::evaluation::Verdict;

use super::super::Graph;
use super::super::halves::at_once;
use super::super::numbers::Numbers;

/// More hops than any search takes.
const FAR: u8 = u8::MAX;
/// Up to how many hops vertices are listed by.
const LISTED: usize = 4;

/// For each vertex, how few hops lead over one whose verdict depends on the session, itself
/// included: forwards, and backwards. For a set that hops lead to, that of the nearest member.
#[derive(Debug, Default)]
pub(in crate::graph) struct ToSession([Away; 2]);

/// In one direction.
#[derive(Debug, Default)]
struct Away {
    hops: Vec<u8>,
    /// From none on, those from which so many are enough.
    within: Vec<Numbers>,
}

impl ToSession {
    /// Those of a graph.
    pub(in crate::graph) fn of(graph: &Graph) -> Self {
        let away = |direction| Away::new(distances(graph, direction));
        let (out, into) = at_once(|| away(Outgoing), || away(Incoming));
        Self([out, into])
    }

    fn away(&self, direction: Direction) -> &Away {
        let [out, into] = &self.0;
        if direction == Outgoing { out } else { into }
    }
}

impl Away {
    fn new(hops: Vec<u8>) -> Self {
        let mut within = vec![Numbers::below(hops.len()); LISTED];
        for (number, hops) in hops.iter().enumerate() {
            for all in within.iter_mut().skip((*hops).into()) {
                all.insert(number);
            }
        }
        Self { hops, within }
    }
}

impl Graph {
    /// How few hops lead from a vertex, in a direction, over one whose verdict depends on the
    /// session, itself included; as many as there can be where none does.
    pub(super) fn to_session(&self, vertex: NodeIndex, direction: Direction) -> usize {
        let found = self.to_session.away(direction).hops.get(vertex.index());
        found.copied().filter(|hops| *hops != FAR).map_or(usize::MAX, usize::from)
    }

    /// The vertices from which so many hops or fewer lead over such a one; none where these are not
    /// listed.
    pub(super) fn within_session(&self, hops: usize, direction: Direction) -> Option<&Numbers> {
        self.to_session.away(direction).within.get(hops)
    }
}

fn distances(graph: &Graph, direction: Direction) -> Vec<u8> {
    let petgraph = &graph.petgraph;
    let mut found = vec![FAR; petgraph.node_count()];
    let mut queue = VecDeque::new();
    // From the sets in front of open bundles to their members, and on against the direction.
    for edge in petgraph.edge_indices() {
        let (Some(super::super::Link::Assume(bundle)), Some((from, to))) =
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
            Some(super::super::Place::Targets(_)) => direction == Outgoing,
            Some(super::super::Place::Callers(_)) => direction == Incoming,
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
