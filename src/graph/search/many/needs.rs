//! What ways take, told from their hops: where none depends on the session, what a way needs is
//! what its hops need.

use std::rc::Rc;

use petgraph::Direction::Incoming;
use petgraph::graph::NodeIndex;

use crate::evaluation::{RequirementKind, Requirements, Verdict};
use crate::org::AccountKey;

use super::super::super::index::Map;
use super::super::super::{Graph, Node};
use super::super::calls::judge;
use super::super::ways::Mix;
use super::bits::Bits;
use super::spread::Through;
use super::states::State;
use super::{Best, Block, Many, Source};

/// Kinds of requirements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Kinds(u8);

impl Kinds {
    /// One kind.
    pub fn one(kind: RequirementKind) -> Self {
        Self(1 << kind as u8)
    }

    /// Those that occur.
    pub fn of(requirements: &Requirements) -> Self {
        let all = requirements.iter().flatten();
        all.fold(Self::default(), |all, one| all.or(Self::one(one.kind)))
    }

    /// Those of a path.
    pub fn of_path(graph: &Graph, nodes: &[Node]) -> Self {
        judge(graph, nodes).map(|route| Self::of(&route.requirements)).unwrap_or_default()
    }

    /// Both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Each, in order.
    pub fn each(self) -> impl Iterator<Item = RequirementKind> {
        RequirementKind::ALL.into_iter().filter(move |kind| self.0 >> *kind as u8 & 1 == 1)
    }
}

/// A vertex that is come to with one mix of verdicts after so many hops.
type At = (NodeIndex, Mix, u8);

/// What some sources need after their first hop.
#[derive(Debug, Clone, Copy)]
struct Part {
    kinds: Kinds,
    sources: Bits,
}

/// How many hops before one are looked at, for a way that comes to no vertex twice.
const TRIED: usize = 8;
/// How many hops back are looked at for one way.
const STEPS: usize = 64;

/// Works out what ways take, and remembers what it knows.
pub struct Needs<'m, 'g> {
    many: &'m Many<'g>,
    /// By block.
    known: Map<(usize, At), Rc<[Part]>>,
    /// By edge.
    hops: Map<u32, Kinds>,
}

impl<'m, 'g> Needs<'m, 'g> {
    /// Of what was searched.
    pub fn new(many: &'m Many<'g>) -> Self {
        Self { many, known: Map::default(), hops: Map::default() }
    }

    /// What a source needs after its first hop on its best way into an account. `None` where there
    /// is no such way.
    pub fn of(&mut self, source: Source, best: Best) -> Option<Kinds> {
        let at = self.at(source, best)?;
        let parts = self.parts(source.block, at);
        parts.iter().find(|part| part.sources.has(source.number)).map(|part| part.kinds)
    }

    /// Whether the best way is over conditional and unknown hops, so that not every way that looks
    /// like it is one.
    pub fn is_mixed(&self, source: Source, best: Best) -> bool {
        self.at(source, best).is_some_and(|(_, mix, _)| mix == Mix::Both)
    }

    /// Whether what a source comes to in an account is what it seems. A way over conditional and
    /// unknown hops may be none, where it comes to a vertex twice.
    pub fn is_certain(&self, source: Source, account: AccountKey) -> bool {
        let Some(block) = self.many.blocks.get(source.block) else { return true };
        let mut doubtful = block.landed.doubtful(account, source.number);
        doubtful.all(|vertex| {
            let spread = &block.spread;
            let arrivals = spread.state(vertex).map(State::arrivals).unwrap_or_default();
            let mut both = arrivals.iter().filter(|it| it.mix == Mix::Both);
            let both = both.find(|it| spread.sets.get(it.sources).has(source.number));
            both.is_none_or(|it| self.walk_to(source, (vertex, it.mix, it.hops)).is_some())
        })
    }

    /// A way of a source to its best landing that comes to no vertex twice, as vertices by number.
    /// `None` where none was found.
    pub fn walk(&self, source: Source, best: Best) -> Option<Vec<usize>> {
        let walk = self.walk_to(source, self.at(source, best)?)?;
        Some(walk.into_iter().map(NodeIndex::index).collect())
    }

    fn at(&self, source: Source, best: Best) -> Option<At> {
        let vertex = NodeIndex::new(best.number);
        let hops = u8::try_from(best.hops).ok()?;
        let mixes = Mix::ALL.into_iter().filter(|mix| mix.verdict() == best.verdict);
        let mut all = mixes.map(|mix| (vertex, mix, hops));
        all.find(|at| self.many.come(source.block, *at).has(source.number))
    }

    fn walk_to(&self, source: Source, at: At) -> Option<Vec<NodeIndex>> {
        let (mut walk, mut left) = (vec![at.0], STEPS);
        self.walk_back(source, at, &mut walk, &mut left).then(|| {
            walk.reverse();
            walk
        })
    }

    /// Walks back to where the first hop led; whether that is possible.
    fn walk_back(
        &self,
        source: Source,
        at: At,
        walk: &mut Vec<NodeIndex>,
        left: &mut usize,
    ) -> bool {
        if at.2 <= 1 {
            return true;
        }
        *left = left.saturating_sub(1);
        if *left == 0 {
            return false;
        }
        let mut steps: Vec<At> = Vec::new();
        self.many.before(source.block, at, |_, (through, sources), mix| {
            let known =
                walk.contains(&through.vertex) || steps.iter().any(|step| step.0 == through.vertex);
            if !known && sources.has(source.number) {
                steps.push((through.vertex, mix, through.hops));
            }
            steps.len() < TRIED
        });
        for step in steps {
            walk.push(step.0);
            if self.walk_back(source, step, walk, left) {
                return true;
            }
            walk.pop();
        }
        false
    }

    fn parts(&mut self, block: usize, at: At) -> Rc<[Part]> {
        if let Some(known) = self.known.get(&(block, at)) {
            return Rc::clone(known);
        }
        let (vertex, _, hops) = at;
        let mut sources = self.many.come(block, at);
        let mut parts: Vec<Part> = Vec::new();
        let mut add =
            |kinds: Kinds, sources: Bits| match parts.iter_mut().find(|part| part.kinds == kinds) {
                Some(part) => part.sources.add(&sources),
                None => parts.push(Part { kinds, sources }),
            };
        if hops <= 1 {
            add(Kinds::default(), sources);
        } else {
            // For each source one hop over which it comes.
            let mut steps = Vec::new();
            self.many.before(block, at, |edge, (through, all), mix| {
                let here = sources.and(all);
                if !here.is_empty() {
                    let before = (through.vertex, mix, through.hops);
                    steps.push((edge, through.vertex, before, here));
                    sources = sources.without(&here);
                }
                !sources.is_empty()
            });
            for (edge, from, before, sources) in steps {
                let hop = self.hop(edge, from, vertex);
                for part in self.parts(block, before).iter() {
                    let sources = part.sources.and(&sources);
                    if !sources.is_empty() {
                        add(part.kinds.or(hop), sources);
                    }
                }
            }
        }
        let parts: Rc<[Part]> = parts.into();
        self.known.insert((block, at), Rc::clone(&parts));
        parts
    }

    /// What a hop over an edge needs.
    fn hop(&mut self, (edge, verdict): (u32, Verdict), from: NodeIndex, to: NodeIndex) -> Kinds {
        if verdict == Verdict::Allowed {
            return Kinds::default();
        }
        let graph = self.many.graph;
        *self.hops.entry(edge).or_insert_with(|| {
            let Some(from) = graph.nodes_at(from).into_iter().next() else {
                return Kinds::default();
            };
            let to = graph.nodes_at(to).into_iter().find(|to| *to != from);
            to.map(|to| Kinds::of(&graph.under().requirements_later(&from, &to)))
                .unwrap_or_default()
        })
    }
}

impl Many<'_> {
    /// Who came to a vertex in this way.
    fn come(&self, block: usize, (vertex, mix, hops): At) -> Bits {
        let Some(Block { spread, .. }) = self.blocks.get(block) else { return Bits::default() };
        let all = spread.state(vertex).map(State::arrivals).unwrap_or_default().iter();
        let here = all.filter(|it| it.mix == mix && it.hops == hops);
        here.fold(Bits::default(), |all, it| all.or(&spread.sets.get(it.sources)))
    }

    /// The hops over which sources came there, until nobody wants more.
    fn before(
        &self,
        block: usize,
        (vertex, mix, hops): At,
        mut wants_more: impl FnMut((u32, Verdict), (&Through, &Bits), Mix) -> bool,
    ) {
        let Some(block) = self.blocks.get(block) else { return };
        let (graph, callers) = (self.graph, &block.spread.callers);
        let account = graph.account(vertex);
        for set in graph.sets(vertex, Incoming) {
            for across in graph.flat.bundles(set, Incoming) {
                let bundle = across.bundle;
                let Some(one) = Mix::of(bundle.assume.verdict).filter(|_| !bundle.is_open()) else {
                    continue;
                };
                for before in Mix::ALL.into_iter().filter(|before| before.and(one) == mix) {
                    let Some(callers) = callers.get(&(across.other, before)) else { continue };
                    for through in callers.first.iter().chain(&callers.second) {
                        let same = account.is_some() && through.account == account;
                        let edge = (across.edge, bundle.assume.verdict);
                        let meant = through.hops + 1 == hops && !(bundle.across && same);
                        if !meant {
                            continue;
                        }
                        let sources = block.spread.sets.get(through.sources);
                        if !wants_more(edge, (through, &sources), before) {
                            return;
                        }
                    }
                }
            }
        }
    }
}
