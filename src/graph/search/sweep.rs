//! All that a source reaches, set by set: for answers that count, and ask for few of the ways.
//!
//! It comes to the same as [`super::reachable`], where that can be told without looking at each
//! vertex on the way: no hop may depend on the session, and no way may have both hops that are
//! conditional and hops of which the verdict is unknown (over a circle it may seem better).

use std::rc::Rc;

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::graph::NodeIndex;

use crate::evaluation::{Privileges, Verdict};
use crate::org::AccountKey;

use super::super::index::{Map, Set};
use super::super::{Graph, Node};
use super::calls::{Route, judge};
use super::is_open;
use super::walk::{Left, Passed, Start};
use super::ways::Mix;
use super::{FAR, walk};

/// Searches one source after the other, and remembers what sets lead to.
pub struct Sweep<'g> {
    graph: &'g Graph,
    near: Map<NodeIndex, Rc<Near>>,
    /// By vertex, in which search it was last come to.
    stamps: Vec<u32>,
    searches: u32,
}

/// What members of a set of roles belong to as callers, by set.
struct Near(Vec<Callers>);

/// A set of callers that some members of a set of roles belong to.
struct Callers {
    set: NodeIndex,
    /// The accounts of these, with one of each.
    accounts: Vec<(Option<AccountKey>, NodeIndex)>,
}

/// Which members of a set are come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cover {
    All,
    Except(AccountKey),
    Only(AccountKey),
}

impl Cover {
    fn means(self, account: Option<AccountKey>) -> bool {
        match self {
            Self::All => true,
            Self::Except(except) => account != Some(except),
            Self::Only(only) => account == Some(only),
        }
    }
}

/// That a search comes somewhere.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    at: At,
    mix: Mix,
    hops: usize,
    /// Where the first hop led.
    first: NodeIndex,
    before: Option<Before>,
}

#[derive(Debug, Clone, Copy)]
enum At {
    /// After the first hop each vertex is told apart.
    Vertex(NodeIndex),
    Members(NodeIndex, Cover),
}

/// The hop that led there.
#[derive(Debug, Clone, Copy)]
struct Before {
    /// The arrival before, by number.
    arrival: usize,
    /// The set of callers, and the edge from it.
    set: NodeIndex,
    edge: u32,
    across: bool,
}

/// What is reached at one vertex.
#[derive(Debug, Clone, Copy)]
pub struct Landing {
    /// The account, where it is one of the facts.
    pub account: Option<AccountKey>,
    /// The vertex, by number.
    pub number: usize,
    /// The best way's verdict.
    pub verdict: Verdict,
    /// The best way's length.
    pub hops: usize,
    /// How many nodes there are.
    pub nodes: usize,
    /// What somebody can do who becomes any of them.
    pub privileges: Option<Privileges>,
    /// The vertex that the first hop leads to, by number, and its account.
    pub first: (usize, Option<AccountKey>),
    /// The best way, by number.
    pub way: usize,
}

/// What one search came to.
pub struct Swept<'s, 'g> {
    sweep: &'s Sweep<'g>,
    source: Node,
    arrivals: Vec<Arrival>,
}

impl<'g> Sweep<'g> {
    /// Searches of a graph.
    pub fn new(graph: &'g Graph) -> Self {
        let stamps = vec![0; graph.petgraph.node_count()];
        Self { graph, near: Map::default(), stamps, searches: 0 }
    }

    /// Calls `each` with everything that is reached by a source that nobody can become, each
    /// vertex once. `None`, and nothing is called, where that can't be told set by set.
    pub fn search(
        &mut self,
        source: &Node,
        max_hops: usize,
        each: impl FnMut(Landing),
    ) -> Option<Swept<'_, 'g>> {
        let arrivals = self.arrivals(source, max_hops)?;
        self.searches += 1;
        self.land(&arrivals, each);
        Some(Swept { sweep: self, source: source.clone(), arrivals })
    }

    fn arrivals(&mut self, source: &Node, max_hops: usize) -> Option<Vec<Arrival>> {
        let graph = self.graph;
        let start = Start::new(graph, source, Outgoing);
        // Whoever can be come to may stand on its own ways.
        let vertex = start.vertex.filter(|it| graph.sets(*it, Incoming).next().is_none())?;
        let to_session = graph.to_session.first().and_then(|list| list.get(vertex.index()));
        let near = to_session.copied().filter(|hops| *hops != FAR).map(usize::from);
        if near.is_some_and(|hops| hops <= max_hops) || !start.outside().is_empty() {
            return None;
        }
        let mut search = Search {
            sweep: self,
            arrivals: Vec::new(),
            known: Map::default(),
            passed: Default::default(),
        };
        let steps = if max_hops > 0 { start.first() } else { Vec::new() };
        search.begin(&steps)?;
        let mut at = 0;
        while let Some(arrival) = search.arrivals.get(at).copied() {
            if arrival.hops < max_hops {
                search.expand(at, &arrival)?;
            }
            at += 1;
        }
        Some(search.arrivals)
    }

    /// Takes each vertex once, by its best way.
    fn land(&mut self, arrivals: &[Arrival], mut each: impl FnMut(Landing)) {
        let graph = self.graph;
        let mut order: Vec<usize> = (0..arrivals.len()).collect();
        let rank = |at: &usize| arrivals.get(*at).map(|it| (it.mix.verdict(), it.hops));
        order.sort_by_key(rank);
        let (stamps, search) = (&mut self.stamps, self.searches);
        let mut land = |vertex: NodeIndex, account, way: usize, arrival: &Arrival| {
            let Some(stamp) = stamps.get_mut(vertex.index()) else { return };
            if std::mem::replace(stamp, search) == search {
                return;
            }
            each(Landing {
                account,
                number: vertex.index(),
                verdict: arrival.mix.verdict(),
                hops: arrival.hops,
                nodes: graph.flat.weight(vertex).nodes as usize,
                privileges: graph.flat.privileges(vertex),
                first: (arrival.first.index(), graph.account(arrival.first)),
                way,
            });
        };
        let mut whole: Set<NodeIndex> = Set::default();
        for way in order {
            let Some(arrival) = arrivals.get(way) else { continue };
            match arrival.at {
                At::Vertex(vertex) => land(vertex, graph.account(vertex), way, arrival),
                At::Members(set, _) if whole.contains(&set) => {}
                At::Members(set, cover) => {
                    for vertex in graph.members(set, Outgoing) {
                        let account = graph.account(vertex);
                        if cover.means(account) {
                            land(vertex, account, way, arrival);
                        }
                    }
                    if cover == Cover::All {
                        whole.insert(set);
                    }
                }
            }
        }
    }

    fn near(&mut self, set: NodeIndex) -> Rc<Near> {
        if let Some(known) = self.near.get(&set) {
            return Rc::clone(known);
        }
        let near = Rc::new(Near::of(self.graph, set));
        self.near.insert(set, Rc::clone(&near));
        near
    }
}

impl Near {
    fn of(graph: &Graph, set: NodeIndex) -> Self {
        let mut belong: Vec<(NodeIndex, Option<AccountKey>, NodeIndex)> = Vec::new();
        for vertex in graph.members(set, Outgoing) {
            let account = graph.account(vertex);
            belong.extend(graph.sets(vertex, Outgoing).map(|set| (set, account, vertex)));
        }
        belong.sort_unstable();
        belong.dedup_by_key(|(set, account, _)| (*set, *account));
        let mut callers: Vec<Callers> = Vec::new();
        for (set, account, vertex) in belong {
            match callers.last_mut().filter(|last| last.set == set) {
                Some(last) => last.accounts.push((account, vertex)),
                None => callers.push(Callers { set, accounts: vec![(account, vertex)] }),
            }
        }
        Self(callers)
    }
}

struct Search<'s, 'g> {
    sweep: &'s mut Sweep<'g>,
    arrivals: Vec<Arrival>,
    /// By set of roles and mix, which members were come to.
    known: Map<(NodeIndex, Mix), Cover>,
    /// From which sets of callers it went on, by the mix so far.
    passed: [Passed; 3],
}

impl Search<'_, '_> {
    fn begin(&mut self, steps: &[walk::Step]) -> Option<()> {
        let mut known: Set<(NodeIndex, Mix)> = Set::default();
        for step in steps {
            if is_open(step.bundle) {
                return None;
            }
            let Some(mix) = Mix::of(step.bundle.assume.verdict) else { continue };
            if known.insert((step.to, mix)) {
                let at = At::Vertex(step.to);
                self.arrivals.push(Arrival { at, mix, hops: 1, first: step.to, before: None });
            }
        }
        Some(())
    }

    /// Goes on from an arrival; `None` where the search has to be done vertex by vertex.
    fn expand(&mut self, at: usize, arrival: &Arrival) -> Option<()> {
        match arrival.at {
            At::Vertex(vertex) => {
                let graph = self.sweep.graph;
                let account = graph.account(vertex);
                graph
                    .sets(vertex, Outgoing)
                    .try_for_each(|set| self.leave(at, arrival, set, account))
            }
            At::Members(set, cover) => {
                let near = self.sweep.near(set);
                for Callers { set, accounts } in &near.0 {
                    // Two accounts are as good as any number.
                    let meant = accounts.iter().filter(|(account, _)| cover.means(*account));
                    for (account, _) in meant.take(2) {
                        self.leave(at, arrival, *set, *account)?;
                    }
                }
                Some(())
            }
        }
    }

    /// Goes on from a set of callers for a member of an account.
    fn leave(
        &mut self,
        at: usize,
        arrival: &Arrival,
        set: NodeIndex,
        account: Option<AccountKey>,
    ) -> Option<()> {
        let passed = self.passed.get_mut(arrival.mix as usize)?;
        let Some(left) = passed.pass(set, account) else { return Some(()) };
        for across in self.sweep.graph.flat.bundles(set, Outgoing) {
            let bundle = across.bundle;
            let Some(one) = Mix::of(bundle.assume.verdict) else { continue };
            let both = arrival.mix != one && ![arrival.mix, one].contains(&Mix::Allowed);
            if is_open(bundle) || both {
                return None;
            }
            let cover = match (left, account) {
                (Left::All, Some(account)) if bundle.across => Cover::Except(account),
                (Left::All, _) => Cover::All,
                (Left::Of(only), _) if bundle.across => Cover::Only(only),
                (Left::Of(_), _) => continue,
            };
            let before = Before { arrival: at, set, edge: across.edge, across: bundle.across };
            self.arrive(across.other, cover, one.max(arrival.mix), (arrival, before));
        }
        Some(())
    }

    fn arrive(
        &mut self,
        set: NodeIndex,
        cover: Cover,
        mix: Mix,
        (from, before): (&Arrival, Before),
    ) {
        let (new, all) = match (self.known.get(&(set, mix)), cover) {
            (Some(Cover::All), _) => return,
            // What is left of a set is come to after the rest of it.
            (None | Some(Cover::Only(_)), _) => (cover, cover),
            (Some(Cover::Except(left)), cover) if cover.means(Some(*left)) => {
                (Cover::Only(*left), Cover::All)
            }
            (Some(Cover::Except(_)), _) => return,
        };
        self.known.insert((set, mix), all);
        self.arrivals.push(Arrival {
            at: At::Members(set, new),
            mix,
            hops: from.hops + 1,
            first: from.first,
            before: Some(before),
        });
    }
}

impl Swept<'_, '_> {
    /// Whether a node is reached.
    pub fn comes_to(&self, node: &Node) -> bool {
        let stamp = self.sweep.graph.number(node).and_then(|at| self.sweep.stamps.get(at));
        stamp == Some(&self.sweep.searches)
    }

    /// The edges of a way, which tell ways of one kind.
    pub fn kinds(&self, way: usize) -> Vec<u32> {
        let mut found = Vec::new();
        let mut at = self.arrivals.get(way);
        while let Some(arrival) = at {
            match arrival.before {
                Some(before) => {
                    found.push(before.edge);
                    at = self.arrivals.get(before.arrival);
                }
                None => {
                    found.push(u32::try_from(arrival.first.index()).unwrap_or(u32::MAX));
                    at = None;
                }
            }
        }
        found
    }

    /// A way to a vertex, with what it takes.
    pub fn route(&self, way: usize, number: usize) -> Option<Route> {
        let graph = self.sweep.graph;
        let mut walk = vec![NodeIndex::new(number)];
        let mut at = self.arrivals.get(way)?;
        while let Some(before) = at.before {
            let to = walk.last().copied()?;
            let last = self.arrivals.get(before.arrival)?;
            walk.push(self.caller(last, &before, to, &walk)?);
            at = last;
        }
        walk.reverse();
        let start = Start::new(graph, &self.source, Outgoing);
        judge(graph, &start.nodes(&walk, None))
    }

    /// Somebody that an arrival comes to who may go on to a vertex.
    fn caller(
        &self,
        from: &Arrival,
        before: &Before,
        to: NodeIndex,
        walk: &[NodeIndex],
    ) -> Option<NodeIndex> {
        let (set, cover) = match from.at {
            At::Vertex(vertex) => return Some(vertex),
            At::Members(set, cover) => (set, cover),
        };
        let near = self.sweep.near.get(&set)?;
        let place = near.0.binary_search_by_key(&before.set, |callers| callers.set).ok()?;
        let Callers { accounts, .. } = near.0.get(place)?;
        let account = self.sweep.graph.account(to);
        let meant = |(here, _): &&(Option<AccountKey>, NodeIndex)| {
            cover.means(*here) && !(before.across && here.is_some() && *here == account)
        };
        let mut all = accounts.iter().filter(meant).map(|(_, vertex)| *vertex);
        let any = all.clone().next();
        all.find(|vertex| !walk.contains(vertex)).or(any)
    }
}
