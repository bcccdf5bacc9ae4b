//! Everything that can be reached, or can reach: the best way to each.

use std::collections::BTreeMap;

use petgraph::Direction::{self, Incoming, Outgoing};
use petgraph::graph::NodeIndex;

use crate::evaluation::{Privileges, Verdict};
use crate::org::AccountKey;

use super::super::flat::{Ends, Hop};
use super::super::{Bundle, Graph, Node, Weight};
use super::calls::{Route, judge};
use super::desk::Before;
use super::many::{Best, Landing};
use super::paths::paths;
use super::walk::{Left, Start};
use super::ways::{Mix, Rank, Ranked, Ways};
use super::{Memo, session};

/// What can be reached, or can reach.
#[derive(Debug)]
pub struct Reached<'g> {
    start: Start<'g>,
    ways: Ways<'g>,
    /// Whether something was left out because the search hit a bound.
    pub truncated: bool,
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
    /// How many there are, and of what kind.
    pub weight: Weight,
}

impl End<'_> {
    /// The nodes.
    pub fn nodes(&self) -> Vec<Node> {
        self.reached.start.others_at(self.vertex)
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

    /// The account of where the first hop of the best way leads.
    pub fn first(&self) -> Option<AccountKey> {
        let first = *self.reached.ways.walk(self.vertex)?.first()?;
        self.reached.start.graph.account(first)
    }

    /// What is come to here.
    pub fn landing(&self) -> Landing {
        let best = Best { verdict: self.verdict, hops: self.hops, number: self.number() };
        Landing::at(best, self.weight.nodes as usize, self.privileges())
    }

    /// What somebody can do who becomes any of them; `None` where none is a user or a role.
    fn privileges(&self) -> Option<Privileges> {
        let Start { graph, vertex, .. } = &self.reached.start;
        if *vertex != Some(self.vertex) {
            return graph.flat.privileges(self.vertex);
        }
        self.nodes().iter().filter_map(|node| graph.privilege(node)).reduce(Privileges::or)
    }

    /// The best way to one of the nodes, with what it takes.
    pub fn route(&self, node: &Node) -> Option<Route> {
        self.reached.route(node)
    }
}

impl Reached<'_> {
    /// The ends of a number.
    pub fn end(&self, number: usize) -> Option<End<'_>> {
        let Rank { verdict, hops, .. } = self.ways.best(NodeIndex::new(number))?;
        Some(self.at(number, verdict, hops))
    }

    fn at(&self, number: usize, verdict: Verdict, hops: u16) -> End<'_> {
        let vertex = NodeIndex::new(number);
        let weight = self.start.weight_of_others(vertex);
        End { reached: self, vertex, verdict, hops: hops.into(), weight }
    }

    /// The numbers of the ends by how good the best way to each is. That of the node that the search
    /// began with may be among them, be it the only one there.
    pub fn ranked(&self) -> Ranked {
        self.ways.ranked()
    }

    /// The node that the search began with.
    pub fn start(&self) -> &Node {
        &self.start.node
    }

    /// All ends, in no particular order. No two share a node.
    pub fn ends(&self) -> impl Iterator<Item = End<'_>> {
        let ranked = self.ways.ranked().into_iter();
        let ends = ranked.flat_map(move |((verdict, hops), numbers)| {
            let list: Vec<usize> = numbers.iter().collect();
            list.into_iter().map(move |number| self.at(number, verdict, hops))
        });
        ends.filter(|end| end.weight.nodes > 0)
    }

    /// The verdict of the best way to a node, and its length.
    pub fn verdict(&self, node: &Node) -> Option<(Verdict, usize)> {
        let Rank { verdict, hops, .. } = self.ways.best(self.vertex(node)?)?;
        Some((verdict, hops.into()))
    }

    /// The vertices of the best way to the ends of a number, after the beginning.
    pub fn walk(&self, number: usize) -> Option<Vec<usize>> {
        let walk = self.ways.walk(NodeIndex::new(number))?;
        Some(walk.into_iter().map(NodeIndex::index).collect())
    }

    /// The best way to a node, with what it takes.
    pub fn route(&self, node: &Node) -> Option<Route> {
        let vertex = self.vertex(node)?;
        let Rank { verdict, .. } = self.ways.best(vertex)?;
        let nodes = self.start.nodes(&self.ways.walk(vertex)?, Some(node));
        if verdict == Verdict::Allowed {
            return Some(Route { nodes, verdict, requirements: vec![Vec::new()] });
        }
        judge(self.start.graph, &nodes)
    }

    /// The best way of a source that the graph has no edges from, where its first hop leads to what
    /// reaches the target that the search began with; `None` where none does.
    pub fn entered_by(&self, from: &Node, max_hops: usize) -> Option<Route> {
        let graph = self.start.graph;
        let rank = |vertex| self.ways.best(vertex);
        let is_end = |vertex| self.start.vertex == Some(vertex);
        let is_wanted = |vertex| is_end(vertex) || rank(vertex).is_some();
        let start = Start::to_some(graph, from, Outgoing, is_wanted);
        // What it hands on decides more than its own hop.
        if from.hands_on() && !start.outside().is_empty() {
            return reachable(graph, from, max_hops).route(&self.start.node);
        }
        let mut steps: Vec<(Verdict, u16, NodeIndex)> = Vec::new();
        // The best way may be too long with one hop more, where a worse one is not.
        let mut may_be_shorter = false;
        for step in start.outside() {
            let first = Mix::of(step.bundle.assume.verdict);
            if let Some(first) = first.filter(|_| is_end(step.to) && max_hops > 0) {
                steps.push((first.verdict(), 0, step.to));
            }
            let Some((rest, first)) = rank(step.to).zip(first) else { continue };
            let Some(mix) = Mix::of(rest.verdict).map(|rest| first.and(rest)) else { continue };
            if usize::from(rest.hops) < max_hops {
                steps.push((mix.verdict(), rest.hops, step.to));
            } else {
                may_be_shorter = true;
            }
        }
        // The first that works is the best one.
        steps.sort_unstable();
        let works = |route: &Route| route.verdict != Verdict::Denied;
        let route = steps.iter().find_map(|(_, hops, vertex)| {
            if *hops == 0 {
                return judge(graph, &[from.clone(), self.start.node.clone()]).filter(works);
            }
            let way = self.route(graph.nodes_at(*vertex).first()?)?;
            let nodes: Vec<Node> = std::iter::once(from.clone()).chain(way.nodes).collect();
            judge(graph, &nodes).filter(works)
        });
        if route.is_some() {
            return route;
        }
        if may_be_shorter {
            let shorter = reaching(graph, &self.start.node, max_hops.checked_sub(1)?);
            return shorter.entered_by(from, max_hops);
        }
        if steps.is_empty() {
            return None;
        }
        // What such a source can't do on the best way on it may do on another one.
        let (found, _) = paths(graph, from, &self.start.node, max_hops, 1);
        found.into_iter().find(works)
    }

    /// The vertex of a node other than the one that the search began with.
    fn vertex(&self, node: &Node) -> Option<NodeIndex> {
        let graph = self.start.graph;
        graph.vertices.of(&graph.facts, node).filter(|_| *node != self.start.node)
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

/// The same as [`reachable`], with what searches before it told.
pub fn reachable_with<'g>(
    graph: &'g Graph,
    source: &Node,
    max_hops: usize,
    memo: &mut Memo,
) -> Reached<'g> {
    from(Start::new(graph, source, Outgoing), max_hops, memo)
}

/// Where the first hops of `source` lead, by number, each with its account.
pub fn first_hops(graph: &Graph, source: &Node) -> BTreeMap<usize, Option<AccountKey>> {
    let mut found = BTreeMap::new();
    Start::new(graph, source, Outgoing).each_first(|step| {
        found.insert(step.to.index(), graph.account(step.to));
    });
    found
}

/// [`reachable_with`] over a first hop that leads to the vertex of this number.
pub fn reachable_over<'g>(
    graph: &'g Graph,
    source: &Node,
    first: usize,
    max_hops: usize,
    memo: &mut Memo,
) -> Reached<'g> {
    from(Start::new(graph, source, Outgoing).over(NodeIndex::new(first)), max_hops, memo)
}

fn spread<'g>(graph: &'g Graph, end: &Node, max_hops: usize, direction: Direction) -> Reached<'g> {
    from(Start::new(graph, end, direction), max_hops, &mut Memo::default())
}

fn from<'g>(start: Start<'g>, max_hops: usize, memo: &mut Memo) -> Reached<'g> {
    let unknown = |verdict| verdict == Verdict::Unknown;
    let mut outside = start.outside().iter();
    let mixed =
        start.graph.flat.has_unknown() || outside.any(|step| unknown(step.bundle.assume.verdict));
    let mut ways = Ways::new(start.graph, mixed);
    let truncated = {
        let mut session = session::Search::new(&start, max_hops, memo);
        // Both go on hop by hop: what one comes to by as many hops or fewer, the other knows.
        for hops in 1..=max_hops {
            Spread { start: &start, ways: &mut ways }.go_on(hops);
            session.go_on(&mut ways, hops);
        }
        session.truncated
    };
    Reached { start, ways, truncated }
}

/// From where a search goes on, and with how many hops then.
#[derive(Debug, Clone, Copy)]
struct From {
    vertex: NodeIndex,
    mix: Mix,
    hops: usize,
    account: Option<AccountKey>,
}

/// Which ends of a hop are meant: see [`Left::means`].
#[derive(Debug, Clone, Copy)]
struct Over {
    across: bool,
    from: Option<AccountKey>,
    left: Left,
}

/// A search over hops whose verdicts hold on every path, breadth first. What [`session`] comes to it
/// leads on from.
struct Spread<'s, 'g> {
    start: &'s Start<'g>,
    ways: &'s mut Ways<'g>,
}

impl Spread<'_, '_> {
    /// Comes to what it takes so many hops to, one more than before.
    fn go_on(&mut self, hops: usize) {
        let start = self.start;
        if hops == 1 {
            let from = start.account();
            let mut begin = |ends: Ends<'_>, bundle: Bundle, across| {
                let mix = Mix::of(bundle.assume.verdict);
                if let Some(mix) = mix.filter(|_| !bundle.is_open()) {
                    let over = Over { across, from, left: Left::All };
                    self.come_to(ends, over, mix, 1, Before::Start);
                }
            };
            for step in start.outside() {
                begin(Ends::One(step.to), step.bundle, false);
            }
            for (_, across) in start.first_edges() {
                let ends = start.graph.flat.all_of(across.other, start.direction);
                begin(ends, across.bundle, across.bundle.across);
            }
        }
        for mix in Mix::ALL {
            let Some(last) = self.ways.take(mix, hops - 1) else { continue };
            let graph = start.graph;
            // Users and roles of an account follow each other.
            let (mut here, mut account) = (0..0, None);
            for number in last.both(graph.flat.leads_on(start.direction)) {
                let vertex = NodeIndex::new(number);
                if !here.contains(&number) {
                    account = graph.vertices.account(vertex).or_else(|| graph.account(vertex));
                    here = account.map_or(0..0, |account| graph.numbers_of(account));
                }
                self.expand(From { vertex, mix, hops, account });
            }
            self.ways.put_back(mix, hops - 1, last);
        }
    }

    fn expand(&mut self, from: From) {
        let Start { graph, direction, .. } = *self.start;
        let From { vertex, mix, account, .. } = from;
        for hop in graph.flat.hops(vertex, direction) {
            self.go(*hop, from, Left::All);
        }
        // Other vertices of the account may belong to the same sets.
        let list = graph.flat.list(vertex, direction);
        let Some(list) = list.filter(|list| self.ways.pass_list(*list, mix)) else { return };
        for set in graph.flat.listed(list, direction) {
            let Some(left) = self.ways.pass(*set, mix, account) else { continue };
            for hop in graph.flat.beyond(*set, direction) {
                if left == Left::All || hop.across {
                    self.go(*hop, from, left);
                }
            }
        }
    }

    /// Goes on over a hop, to what is left behind it.
    fn go(&mut self, hop: Hop, from: From, left: Left) {
        let From { vertex, mix, hops, account } = from;
        let Start { graph, direction, .. } = *self.start;
        let Some(next) = Mix::of(hop.verdict).map(|one| mix.and(one)) else { return };
        let before = Before::Vertex(vertex, mix);
        let over = Over { across: hop.across, from: account, left };
        self.come_to(graph.flat.ends(hop, direction), over, next, hops, before);
    }

    /// Comes to those ends of a hop that are meant.
    fn come_to(&mut self, ends: Ends<'_>, over: Over, mix: Mix, hops: usize, before: Before) {
        let start = self.start;
        let meant = |to| {
            over.left.means(start.graph, over.across, over.from, to) && !start.leaves_out(to, hops)
        };
        let nodes = |to| start.weight_of_others(to).nodes as usize;
        let mut one = |to: NodeIndex| {
            if meant(to) {
                self.ways.come(to, || nodes(to), mix, hops, before);
            }
        };
        match ends {
            Ends::One(to) => one(to),
            Ends::Several(list) => list.iter().copied().for_each(one),
            Ends::Many(blocks) => {
                for block in blocks {
                    let new = self.ways.new_of(*block, mix);
                    // Most were come to before.
                    if new.bits != 0 {
                        let new = new.filter(|number| meant(NodeIndex::new(number)));
                        self.ways.come_to(new, nodes, mix, hops, before);
                    }
                }
            }
        }
    }
}
