//! Everything that can be reached, or can reach: the best way to each.

use std::collections::HashMap;

use petgraph::Direction::{self, Incoming, Outgoing};
use petgraph::graph::NodeIndex;

use crate::evaluation::Verdict;
use crate::org::AccountKey;

use super::super::{Graph, Node};
use super::calls::{Route, judge};
use super::walk::{Passed, Start};
use super::{is_open, session};

/// What can be reached, or can reach.
#[derive(Debug)]
pub struct Reached<'g> {
    start: Start<'g>,
    /// By vertex, the best way there.
    ways: HashMap<NodeIndex, Way>,
    /// Whether something was left out because the search hit a bound.
    pub truncated: bool,
}

/// The best way to a vertex.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) verdict: Verdict,
    /// Whether it comes to a node twice.
    pub(super) twice: bool,
    /// Whether no hop of it depends on the session.
    pub(super) plain: bool,
    /// The vertices after the beginning.
    pub(super) walk: Vec<NodeIndex>,
}

/// Ends of the search that are reached in one way.
#[derive(Debug, Clone, Copy)]
pub struct End<'r> {
    reached: &'r Reached<'r>,
    vertex: NodeIndex,
    /// The best way's verdict.
    pub verdict: Verdict,
    /// The best way's length.
    pub hops: usize,
}

impl End<'_> {
    /// The nodes.
    pub fn nodes(&self) -> Vec<Node> {
        self.reached.start.others_at(self.vertex)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.reached.start.count_others(self.vertex)
    }

    /// Their account, where they have one of the facts.
    pub fn account(&self) -> Option<AccountKey> {
        self.reached.start.graph.account(self.vertex)
    }

    /// Whether they are users or roles of the facts.
    pub fn is_group(&self) -> bool {
        self.reached.start.graph.vertices.group(self.vertex).is_some()
    }

    /// A number that two searches share for the same ends.
    pub fn number(&self) -> usize {
        self.vertex.index()
    }

    /// Whether the first hop of the best way may lead to this node.
    pub fn leads_over(&self, first: &Node) -> bool {
        let graph = self.reached.start.graph;
        let way = self.reached.ways.get(&self.vertex);
        let vertex = way.and_then(|way| way.walk.first()).copied();
        vertex.is_some() && vertex == graph.vertices.of(&graph.facts, first)
    }

    /// The account that the first hop of the best way leads to.
    pub fn first_account(&self) -> Option<AccountKey> {
        let way = self.reached.ways.get(&self.vertex)?;
        self.reached.start.graph.account(*way.walk.first()?)
    }

    /// The best way to one of the nodes, with what it takes.
    pub fn route(&self, node: &Node) -> Option<Route> {
        self.reached.route(node)
    }
}

impl Reached<'_> {
    /// The node that the search began with.
    pub fn start(&self) -> &Node {
        &self.start.node
    }

    /// All ends, in no particular order. No two share a node.
    pub fn ends(&self) -> impl Iterator<Item = End<'_>> {
        self.ways.iter().filter_map(|(vertex, way)| {
            let end =
                End { reached: self, vertex: *vertex, verdict: way.verdict, hops: way.walk.len() };
            (end.count() > 0).then_some(end)
        })
    }

    /// The verdict of the best way to a node, and its length.
    pub fn verdict(&self, node: &Node) -> Option<(Verdict, usize)> {
        let way = self.way(node)?;
        Some((way.verdict, way.walk.len()))
    }

    /// The best way to a node, with what it takes.
    pub fn route(&self, node: &Node) -> Option<Route> {
        let way = self.way(node)?;
        let nodes = self.start.nodes(&way.walk, Some(node));
        if way.verdict == Verdict::Allowed {
            return Some(Route { nodes, verdict: way.verdict, requirements: vec![Vec::new()] });
        }
        judge(self.start.graph, &nodes)
    }

    fn way(&self, node: &Node) -> Option<&Way> {
        if *node == self.start.node {
            return None;
        }
        let graph = self.start.graph;
        self.ways.get(&graph.vertices.of(&graph.facts, node)?)
    }
}

/// Everything that can end up holding `target`, with the best path of each.
pub fn reaching<'g>(graph: &'g Graph, target: &Node, max_hops: usize) -> Reached<'g> {
    spread(graph, target, max_hops, Incoming)
}

/// Every role that `source` can end up holding, with the best path to each.
pub fn reachable<'g>(graph: &'g Graph, source: &Node, max_hops: usize) -> Reached<'g> {
    spread(graph, source, max_hops, Outgoing)
}

fn spread<'g>(graph: &'g Graph, end: &Node, max_hops: usize, direction: Direction) -> Reached<'g> {
    let start = Start::new(graph, end, direction);
    let mut plain = Plain::new(&start, max_hops);
    plain.begin();
    plain.run();
    let mut reached = plain.ways();
    let truncated = session::add(&start, max_hops, &mut reached);
    Reached { start, ways: reached, truncated }
}

/// Verdicts in the order in which hops of a path make up that of the whole: one that is
/// conditional makes it so, or else one that is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Mix {
    Allowed,
    Unknown,
    Conditional,
}

impl Mix {
    pub(super) fn of(verdict: Verdict) -> Option<Self> {
        match verdict {
            Verdict::Allowed => Some(Self::Allowed),
            Verdict::Unknown => Some(Self::Unknown),
            Verdict::Conditional => Some(Self::Conditional),
            Verdict::Denied => None,
        }
    }

    pub(super) fn verdict(self) -> Verdict {
        match self {
            Self::Allowed => Verdict::Allowed,
            Self::Unknown => Verdict::Unknown,
            Self::Conditional => Verdict::Conditional,
        }
    }
}

/// How a vertex was come to with one mix of verdicts.
#[derive(Debug, Clone, Copy)]
struct Seen {
    hops: usize,
    /// The vertex before, with its mix; none after the first hop.
    before: Option<(NodeIndex, Mix)>,
}

/// A search over hops whose verdicts hold on every path, breadth first.
pub(super) struct Plain<'s, 'g> {
    start: &'s Start<'g>,
    max_hops: usize,
    seen: HashMap<(NodeIndex, Mix), Seen>,
    /// By length.
    queue: Vec<Vec<(NodeIndex, Mix)>>,
    /// Single hops that it does not go on from.
    direct: HashMap<NodeIndex, Way>,
    /// Over which edges it came, by the mix before them.
    passed: HashMap<Mix, Passed>,
}

impl<'s, 'g> Plain<'s, 'g> {
    pub(super) fn new(start: &'s Start<'g>, max_hops: usize) -> Self {
        Self {
            start,
            max_hops,
            seen: HashMap::new(),
            queue: vec![Vec::new(); max_hops + 1],
            direct: HashMap::new(),
            passed: HashMap::new(),
        }
    }

    /// Begins with the first hops. One that looks at the session is the whole path here: what
    /// lies beyond is for [`session`].
    fn begin(&mut self) {
        for step in self.start.first() {
            let verdict = step.bundle.assume.verdict;
            if is_open(step.bundle) {
                let way = Way { verdict, twice: false, plain: false, walk: vec![step.to] };
                offer(&mut self.direct, step.to, way);
            } else {
                self.seed(step.to, verdict);
            }
        }
    }

    /// A first hop to go on from.
    fn seed(&mut self, to: NodeIndex, verdict: Verdict) {
        let Some(mix) = Mix::of(verdict) else { return };
        if self.max_hops > 0 && !self.seen.contains_key(&(to, mix)) {
            self.seen.insert((to, mix), Seen { hops: 1, before: None });
            if let Some(list) = self.queue.get_mut(1) {
                list.push((to, mix));
            }
        }
    }

    pub(super) fn run(&mut self) {
        for hops in 0..self.max_hops {
            let list = self.queue.get_mut(hops).map(std::mem::take).unwrap_or_default();
            for (vertex, mix) in list {
                // A shorter walk may have come there since.
                if self.seen.get(&(vertex, mix)).is_some_and(|seen| seen.hops == hops) {
                    self.expand(vertex, mix, hops + 1);
                }
            }
        }
    }

    fn expand(&mut self, vertex: NodeIndex, mix: Mix, hops: usize) {
        let start = self.start;
        let account = start.graph.account(vertex);
        start.edges(vertex, |edge, bundle, other| {
            let next = Mix::of(bundle.assume.verdict).map(|one| one.max(mix));
            let Some(next) = next.filter(|_| !is_open(bundle)) else { return };
            let passed = self.passed.entry(mix).or_default();
            let Some(left) = passed.pass(edge, bundle.across, account) else { return };
            for to in start.graph.members(other, start.direction) {
                if left.means(bundle.across, account, start.graph.account(to)) {
                    self.come(to, next, hops, (vertex, mix));
                }
            }
        });
    }

    fn come(&mut self, to: NodeIndex, mix: Mix, hops: usize, before: (NodeIndex, Mix)) {
        if self.start.stands_alone(to)
            || self.seen.get(&(to, mix)).is_some_and(|seen| seen.hops <= hops)
        {
            return;
        }
        self.seen.insert((to, mix), Seen { hops, before: Some(before) });
        if let Some(list) = self.queue.get_mut(hops) {
            list.push((to, mix));
        }
    }

    /// The best way to each vertex.
    pub(super) fn ways(&self) -> HashMap<NodeIndex, Way> {
        let mut found = self.direct.clone();
        for (vertex, mix) in self.seen.keys() {
            let walk = self.walk(*vertex, *mix);
            // A way in a circle says nothing that the shorter one does not say.
            let circle = (1..walk.len()).any(|at| {
                let (before, rest) = walk.split_at(at);
                rest.first().is_some_and(|vertex| before.contains(vertex))
            });
            if !circle {
                let way = Way { verdict: mix.verdict(), twice: false, plain: true, walk };
                offer(&mut found, *vertex, way);
            }
        }
        found
    }

    fn walk(&self, vertex: NodeIndex, mix: Mix) -> Vec<NodeIndex> {
        let mut back = Vec::new();
        let mut at = Some((vertex, mix));
        while let Some(here) = at {
            back.push(here.0);
            at = self.seen.get(&here).and_then(|seen| seen.before);
        }
        back.reverse();
        back
    }
}

/// Keeps the better of two ways.
pub(super) fn offer(found: &mut HashMap<NodeIndex, Way>, vertex: NodeIndex, way: Way) {
    let rank = |way: &Way| (way.twice, way.verdict, way.walk.len());
    let better = found.get(&vertex).is_none_or(|known| rank(&way) < rank(known));
    if better {
        found.insert(vertex, way);
    }
}
