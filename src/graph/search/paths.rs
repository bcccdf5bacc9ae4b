//! The paths between two nodes, one by one.

use std::cell::RefCell;
use std::rc::Rc;

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::graph::NodeIndex;

use crate::evaluation::{Verdict, may_carry_state};

use super::super::flat::Across;
use super::super::index::Map;
use super::super::numbers::Numbers;
use super::super::{Graph, Node};
use super::calls::{self, Route, judge};
use super::circles;
use super::reach::reachable;
use super::session::{kind, verdict};
use super::walk::{Start, Step};

/// How many partial walks one search looks at.
const LOOKED_AT: usize = 200_000;

/// The paths from one node to another, best verdict first, then shortest; at most `limit`, and
/// whether some were left out. None of them is denied: see [`super::denied`] for what comes close.
pub fn paths(
    graph: &Graph,
    from: &Node,
    to: &Node,
    max_hops: usize,
    limit: usize,
) -> (Vec<Route>, bool) {
    let (found, truncated) = Search::new(graph, from, to, max_hops, limit).walk();
    (in_order(found), truncated)
}

/// The same, with a path of the best verdict of all among them, however many worse ones come before
/// it.
pub fn best_paths(
    graph: &Graph,
    from: &Node,
    to: &Node,
    max_hops: usize,
    limit: usize,
) -> (Vec<Route>, bool) {
    let search = Search::new(graph, from, to, max_hops, limit);
    let (mut found, truncated) = search.walk();
    if truncated {
        let best = found.iter().map(|route| route.verdict).min().unwrap_or(Verdict::Denied);
        // Few have to be looked for: none is better than its first hop lets it be.
        if search.start.best_first().is_some_and(|first| first < best) {
            let better = reachable(graph, from, max_hops).route(to);
            found.extend(better.filter(|route| route.verdict < best));
        }
    }
    (in_order(found), truncated)
}

/// Those of some nodes from which so many hops or fewer lead to `to`, each of which may succeed.
pub fn leading_to<'n>(
    graph: &Graph,
    to: &Node,
    max_hops: usize,
    nodes: impl Iterator<Item = &'n Node>,
) -> Vec<&'n Node> {
    let vertex = |node: &Node| graph.vertices.of(&graph.facts, node);
    let far = Distances::new(graph, vertex(to), max_hops);
    nodes.filter(|node| vertex(node).is_some_and(|at| far.leads_on(at, max_hops))).collect()
}

/// Best verdict first, then shortest.
fn in_order(mut found: Vec<Route>) -> Vec<Route> {
    found.sort_by(|one, other| {
        (one.verdict, one.nodes.len(), &one.nodes).cmp(&(
            other.verdict,
            other.nodes.len(),
            &other.nodes,
        ))
    });
    found
}

struct Search<'g> {
    start: Start<'g>,
    to: &'g Node,
    target: Option<NodeIndex>,
    max_hops: usize,
    limit: usize,
    far: Distances,
    /// The members of sets that lead on.
    useful: RefCell<Map<NodeIndex, Rc<[NodeIndex]>>>,
}

/// By the kinds of hops, the verdict of walks.
type Verdicts = Map<Vec<u32>, Verdict>;

/// What a search has found so far.
#[derive(Default)]
struct Progress {
    verdicts: Verdicts,
    /// The walk, and the kinds of its hops.
    walk: Vec<NodeIndex>,
    kinds: Vec<u32>,
    looked_at: usize,
    found: Vec<Route>,
}

/// There are more paths than are wanted, or than are looked at.
struct Cut;

impl<'g> Search<'g> {
    fn new(graph: &'g Graph, from: &Node, to: &'g Node, max_hops: usize, limit: usize) -> Self {
        let target = graph.vertices.of(&graph.facts, to);
        let far = Distances::new(graph, target, max_hops);
        let is_wanted = |first| Some(first) == target || far.leads_on(first, max_hops);
        let start = Start::to_some(graph, from, Outgoing, is_wanted);
        Self { start, to, target, max_hops, limit, far, useful: RefCell::default() }
    }

    /// All paths, shortest first.
    fn walk(&self) -> (Vec<Route>, bool) {
        let mut progress = Progress::default();
        // One length after the other: what is held are the walks of one path, not all so far.
        let cut = (1..=self.max_hops).any(|hops| self.go(&mut progress, hops).is_err());
        (progress.found, cut)
    }

    /// Goes on with the walk, by so many hops.
    fn go(&self, progress: &mut Progress, hops: usize) -> Result<(), Cut> {
        let Some(left) = hops.checked_sub(1) else { return Ok(()) };
        for step in self.steps(progress.walk.last().copied(), left) {
            if left > 0 && !self.goes_on(&progress.walk, step.to, left) {
                continue;
            }
            progress.looked_at += 1;
            if progress.looked_at > LOOKED_AT {
                return Err(Cut);
            }
            progress.walk.push(step.to);
            progress.kinds.push(kind(&step));
            let result = if left > 0 { self.go(progress, left) } else { self.arrive(progress) };
            progress.walk.pop();
            progress.kinds.pop();
            result?;
        }
        Ok(())
    }

    /// The hops from a vertex, or else from the source, that lead to the target in so many more
    /// hops or fewer. Two edges may mean one pair.
    fn steps(&self, vertex: Option<NodeIndex>, left: usize) -> Vec<Step> {
        let wanted = |to: NodeIndex| match left {
            0 => Some(to) == self.target,
            _ => self.far.leads_on(to, left),
        };
        let mut steps: Vec<Step> = Vec::new();
        if vertex.is_none() {
            steps.extend(self.start.outside().iter().filter(|step| wanted(step.to)));
        }
        let members = |across: &Across| -> Rc<[NodeIndex]> {
            let set = across.other;
            if !self.far.leads_on(set, left) {
                return Rc::default();
            }
            match self.target {
                Some(target) if left == 0 => Rc::new([target]),
                _ => self.useful(set),
            }
        };
        self.start.towards(vertex, members, |step| {
            if wanted(step.to) {
                steps.push(step);
            }
        });
        steps.sort_by_key(|step| step.to);
        steps.dedup_by_key(|step| step.to);
        steps
    }

    /// The members of a set of roles from which the target can be reached.
    fn useful(&self, set: NodeIndex) -> Rc<[NodeIndex]> {
        let mut known = self.useful.borrow_mut();
        let list = known.entry(set).or_insert_with(|| {
            let members = self.start.graph.members(set, Outgoing);
            members.filter(|member| self.far.leads_on(*member, self.max_hops)).collect()
        });
        list.clone()
    }

    /// Whether a walk may go on over a vertex on its way to the target, by so many hops more. To be
    /// there again is of use where one of them looks at the session.
    fn goes_on(&self, walk: &[NodeIndex], vertex: NodeIndex, left: usize) -> bool {
        let visits = walk.iter().filter(|known| **known == vertex).count();
        let others = self.start.graph.count_at(vertex);
        let again =
            || self.start.carries(vertex) && self.start.graph.to_session(vertex, Outgoing) <= left;
        (visits < others || visits == others && again()) && !self.start.stands_alone(vertex)
    }

    /// Adds the paths over a walk that ends at the target.
    fn arrive(&self, progress: &mut Progress) -> Result<(), Cut> {
        let Progress { verdicts, walk, kinds, .. } = progress;
        let verdict =
            *verdicts.entry(kinds.clone()).or_insert_with(|| verdict(&self.start, walk).0);
        if verdict == Verdict::Denied || !self.expand(progress) {
            return Ok(());
        }
        Err(Cut)
    }

    /// Adds the paths of nodes over a walk of vertices; whether there are more than are wanted.
    fn expand(&self, progress: &mut Progress) -> bool {
        let Progress { verdicts, walk, kinds, found, .. } = progress;
        let graph = self.start.graph;
        let mut open: Vec<Vec<Node>> = vec![vec![self.start.node.clone()]];
        while let Some(path) = open.pop() {
            let Some(vertex) = walk.get(path.len() - 1) else {
                let ends = path.last() == Some(self.to);
                if !ends || !self.serves(&path, kinds, verdicts) {
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
                if self.done_with(&path, &node, last) {
                    continue;
                }
                let mut longer = path.clone();
                longer.push(node);
                open.push(longer);
            }
        }
        false
    }

    /// Whether no path gets there that leaves out circles of this one, over hops of these kinds.
    fn serves(&self, path: &[Node], kinds: &[u32], verdicts: &mut Verdicts) -> bool {
        let same = |one: usize, other: usize| path.get(one) == path.get(other);
        circles::is_of_use(path.len(), same, |places| {
            let hops = places.iter().skip(1).filter_map(|to| kinds.get(to - 1).copied());
            let known = verdicts.entry(hops.collect()).or_insert_with(|| {
                let nodes = places.iter().filter_map(|at| path.get(*at).cloned());
                calls::verdict(self.start.graph, &nodes.collect::<Vec<Node>>()).0
            });
            *known == Verdict::Denied
        })
    }

    /// Whether a path that was at a node need not come there again.
    fn done_with(&self, path: &[Node], node: &Node, last: bool) -> bool {
        if !last && node == self.to {
            return true;
        }
        let facts = &self.start.graph.facts;
        let carries = matches!(node, Node::Role(role) if may_carry_state(facts, *role));
        match path.iter().filter(|known| *known == node).count() {
            0 => false,
            1 => last || path.first() == Some(node) || !carries,
            _ => true,
        }
    }
}

/// The vertices and sets from which a target may be reached, by how many hops that takes at most: from
/// a set over its members, of callers the first hop included.
struct Distances(Vec<Numbers>);

impl Distances {
    /// Those from which a path of so many hops may go on after its first.
    fn new(graph: &Graph, target: Option<NodeIndex>, max_hops: usize) -> Self {
        let bound = graph.petgraph.node_count();
        let mut found = Self(Vec::with_capacity(max_hops));
        let mut near = Numbers::below(bound);
        // What lies about vertices is found faster in their order.
        let (mut level, mut next) = (Numbers::below(bound), Numbers::below(bound));
        level.insert(target.map_or(bound, NodeIndex::index));
        for hops in 1..=max_hops {
            for vertex in level.iter().map(NodeIndex::new) {
                for set in graph.sets(vertex, Incoming) {
                    if !near.insert(set.index()) || hops == max_hops {
                        continue;
                    }
                    for (bundle, callers) in graph.bundles(set, Incoming) {
                        if bundle.assume.verdict == Verdict::Denied || !near.insert(callers.index())
                        {
                            continue;
                        }
                        graph.flat.all_of(callers, Incoming).add_to(&mut next);
                    }
                }
            }
            found.0.push(near.clone());
            next.take(&near);
            near.add(&next);
            level.clear();
            std::mem::swap(&mut level, &mut next);
        }
        found
    }

    /// Whether the target may be reached from there in so many hops.
    fn leads_on(&self, vertex: NodeIndex, left: usize) -> bool {
        let near = self.0.get(left).or(self.0.last());
        near.is_some_and(|near| near.has(vertex.index()))
    }
}
