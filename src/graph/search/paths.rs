//! The paths between two nodes, one by one.

use std::collections::{HashMap, VecDeque};

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::graph::NodeIndex;

use crate::evaluation::{Verdict, may_carry_state};

use super::super::{Graph, Node};
use super::calls::{Route, judge};
use super::session::{Judge, kind};
use super::walk::{Start, Step};

/// How many partial walks one search may hold.
const FRONTIER: usize = 200_000;

/// The paths from one node to another, best verdict first, then shortest; at most `limit`, and
/// whether some were left out. Denied paths come only where there is no other, and then those
/// that a policy or a workspace means.
pub fn paths(
    graph: &Graph,
    from: &Node,
    to: &Node,
    max_hops: usize,
    limit: usize,
) -> (Vec<Route>, bool) {
    let search = Search::new(graph, from, to, max_hops, limit);
    let (mut found, mut truncated) = search.walk(false);
    if found.is_empty() {
        // A role may have to be come to twice to be tagged.
        let cut;
        (found, cut) = search.walk(true);
        truncated |= cut;
    }
    if found.is_empty() {
        return (super::denied::denied(graph, from, to, max_hops), truncated);
    }
    found.sort_by(|one, other| {
        (one.verdict, one.nodes.len(), &one.nodes).cmp(&(
            other.verdict,
            other.nodes.len(),
            &other.nodes,
        ))
    });
    (found, truncated)
}

struct Search<'g> {
    start: Start<'g>,
    to: &'g Node,
    target: Option<NodeIndex>,
    max_hops: usize,
    limit: usize,
    /// How many hops each vertex is from the target.
    distance: HashMap<NodeIndex, usize>,
}

/// Nodes so far, and the kinds of the hops between them.
struct Partial {
    walk: Vec<NodeIndex>,
    kinds: Vec<u32>,
}

impl<'g> Search<'g> {
    fn new(graph: &'g Graph, from: &Node, to: &'g Node, max_hops: usize, limit: usize) -> Self {
        let start = Start::new(graph, from, Outgoing);
        let target = graph.vertices.of(&graph.facts, to);
        let distance = distances(graph, to, max_hops);
        Self { start, to, target, max_hops, limit, distance }
    }

    /// All paths, shortest first; with `again`, those that come to a role a second time too.
    fn walk(&self, again: bool) -> (Vec<Route>, bool) {
        let mut found = Vec::new();
        let mut judge = Judge::new(&self.start);
        let mut frontier = VecDeque::from([Partial { walk: Vec::new(), kinds: Vec::new() }]);
        let mut held = 0;
        while let Some(partial) = frontier.pop_front() {
            let mut steps = match partial.walk.last() {
                Some(last) => self.start.steps(*last),
                None => self.start.first(),
            };
            // Two edges may mean one pair.
            steps.sort_by_key(|step| step.to);
            steps.dedup_by_key(|step| step.to);
            for step in steps {
                let kinds = [partial.kinds.as_slice(), &[kind(&step)]].concat();
                let walk = [partial.walk.as_slice(), &[step.to]].concat();
                let at_end = Some(step.to) == self.target;
                if at_end && judge.verdict(&walk, &kinds) != Verdict::Denied {
                    let cut = self.expand(&walk, again, &mut found);
                    if cut {
                        return (found, true);
                    }
                }
                let left = self.max_hops.saturating_sub(walk.len());
                if !self.goes_on(&partial, &step, left, again) {
                    continue;
                }
                held += 1;
                if held > FRONTIER {
                    return (found, true);
                }
                frontier.push_back(Partial { walk, kinds });
            }
        }
        (found, false)
    }

    /// Whether a walk may go on over a vertex on its way to the target.
    fn goes_on(&self, partial: &Partial, step: &Step, left: usize, again: bool) -> bool {
        if self.distance.get(&step.to).is_none_or(|needed| *needed > left) {
            return false;
        }
        let graph = self.start.graph;
        let visits = partial.walk.iter().filter(|vertex| **vertex == step.to).count();
        let others = graph.count_at(step.to);
        visits < others.saturating_add(usize::from(again && self.start.carries(step.to)))
            && !self.start.stands_alone(step.to)
    }

    /// Adds the paths of nodes over a walk of vertices; whether there are more than are wanted.
    fn expand(&self, walk: &[NodeIndex], again: bool, found: &mut Vec<Route>) -> bool {
        let graph = self.start.graph;
        let mut open: Vec<Vec<Node>> = vec![vec![self.start.node.clone()]];
        while let Some(path) = open.pop() {
            let Some(vertex) = walk.get(path.len() - 1) else {
                if path.last() != Some(self.to) {
                    continue;
                }
                if found.len() >= self.limit {
                    return true;
                }
                found.extend(judge(graph, &path).filter(|r| r.verdict != Verdict::Denied));
                continue;
            };
            let last = path.len() == walk.len();
            let mut nodes = if last { vec![self.to.clone()] } else { graph.nodes_at(*vertex) };
            // More than are wanted need not be followed; those that stand on the path are left out.
            nodes.truncate(self.limit.saturating_add(path.len() + 1));
            nodes.reverse();
            for node in nodes {
                if self.done_with(&path, &node, last, again) {
                    continue;
                }
                let mut longer = path.clone();
                longer.push(node);
                open.push(longer);
            }
        }
        false
    }

    /// Whether a path that was at a node need not come there again.
    fn done_with(&self, path: &[Node], node: &Node, last: bool, again: bool) -> bool {
        if !last && node == self.to {
            return true;
        }
        let facts = &self.start.graph.facts;
        let carries = matches!(node, Node::Role(role) if may_carry_state(facts, *role));
        match path.iter().filter(|known| *known == node).count() {
            0 => false,
            1 => !again || last || path.first() == Some(node) || !carries,
            _ => true,
        }
    }
}

/// How many hops each vertex is from `to`, up to a bound.
fn distances(graph: &Graph, to: &Node, max_hops: usize) -> HashMap<NodeIndex, usize> {
    let back = Start::new(graph, to, Incoming);
    let mut found: HashMap<NodeIndex, usize> = HashMap::new();
    let mut sets: std::collections::HashSet<NodeIndex> = std::collections::HashSet::new();
    let mut level: Vec<NodeIndex> = Vec::new();
    for step in back.first() {
        if found.insert(step.to, 1).is_none() {
            level.push(step.to);
        }
    }
    for hops in 2..=max_hops {
        let mut next = Vec::new();
        for vertex in level {
            for set in graph.sets(vertex, Incoming) {
                if !sets.insert(set) {
                    continue;
                }
                for (bundle, callers) in graph.bundles(set, Incoming) {
                    if bundle.assume.verdict == Verdict::Denied || !sets.insert(callers) {
                        continue;
                    }
                    for member in graph.members(callers, Incoming) {
                        if let std::collections::hash_map::Entry::Vacant(place) =
                            found.entry(member)
                        {
                            place.insert(hops);
                            next.push(member);
                        }
                    }
                }
            }
        }
        level = next;
    }
    found
}
