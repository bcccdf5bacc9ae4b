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
use super::super::is_open;
use super::super::ways::Mix;
use super::bits::Bits;
use super::spread::{Arrival, Kind, Through};
use super::{Best, Many, Source};

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

/// A vertex that is come to in one kind of way after so many hops.
type At = (NodeIndex, Kind, u8);

/// What some sources need after their first hop, which leads to `first`.
#[derive(Debug, Clone, Copy)]
struct Part {
    first: NodeIndex,
    kinds: Kinds,
    sources: Bits,
}

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

    /// What a source needs after its first hop on its best way into an account, and the vertex to
    /// which that hop leads, by number. `None` where there is no such way.
    pub fn of(&mut self, source: Source, best: Best) -> Option<(usize, Kinds)> {
        let at = self.at(source, best)?;
        let parts = self.parts(source.block, at);
        let part = parts.iter().find(|part| part.sources.has(source.number))?;
        Some((part.first.index(), part.kinds))
    }

    /// Whether what a source comes to in an account is what it seems. A way over conditional and
    /// unknown hops may be none, where it comes to a vertex twice.
    pub fn is_certain(&self, source: Source, account: AccountKey) -> bool {
        let Some(block) = self.many.blocks.get(source.block) else { return true };
        let mut doubtful = block.landed.doubtful(account, source.number);
        doubtful.all(|vertex| {
            let arrivals = self.many.arrivals(source.block, vertex);
            let both =
                arrivals.iter().find(|it| it.kind == Kind::Both && it.sources.has(source.number));
            let walk = both.and_then(|it| self.walk_to(source, (vertex, it.kind, it.hops)));
            both.is_none() || walk.is_some_and(|walk| is_simple(&walk))
        })
    }

    /// A way of a source to its best landing, as vertices by number.
    pub fn walk(&self, source: Source, best: Best) -> Option<Vec<usize>> {
        let walk = self.walk_to(source, self.at(source, best)?)?;
        Some(walk.into_iter().map(NodeIndex::index).collect())
    }

    fn at(&self, source: Source, best: Best) -> Option<At> {
        let vertex = NodeIndex::new(best.number);
        let hops = u8::try_from(best.hops).ok()?;
        let kinds = Kind::ALL.into_iter().filter(|kind| kind.verdict() == best.verdict);
        let mut all = kinds.map(|kind| (vertex, kind, hops));
        all.find(|at| self.many.come(source.block, *at).has(source.number))
    }

    fn walk_to(&self, source: Source, mut at: At) -> Option<Vec<NodeIndex>> {
        let one = Bits::one(source.number);
        let mut walk = vec![at.0];
        while at.2 > 1 {
            let mut before = None;
            self.many.before(source.block, at, one, |_, through, kind, _| {
                before = Some((through.vertex, kind, through.hops));
            });
            at = before?;
            walk.push(at.0);
        }
        walk.reverse();
        Some(walk)
    }

    fn parts(&mut self, block: usize, at: At) -> Rc<[Part]> {
        if let Some(known) = self.known.get(&(block, at)) {
            return Rc::clone(known);
        }
        let (vertex, _, hops) = at;
        let sources = self.many.come(block, at);
        let mut parts: Vec<Part> = Vec::new();
        if hops <= 1 {
            parts.push(Part { first: vertex, kinds: Kinds::default(), sources });
        } else {
            let mut steps = Vec::new();
            self.many.before(block, at, sources, |edge, through, kind, sources| {
                steps.push((edge, through.vertex, (through.vertex, kind, through.hops), sources));
            });
            for (edge, from, before, sources) in steps {
                let hop = self.hop(edge, from, vertex);
                for part in self.parts(block, before).iter() {
                    let sources = part.sources.and(&sources);
                    if !sources.is_empty() {
                        parts.push(Part { kinds: part.kinds.or(hop), sources, ..*part });
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
            to.map(|to| Kinds::of_path(graph, &[from, to])).unwrap_or_default()
        })
    }
}

fn is_simple(walk: &[NodeIndex]) -> bool {
    walk.iter().enumerate().all(|(at, vertex)| !walk.iter().skip(at + 1).any(|it| it == vertex))
}

impl Many<'_> {
    /// Who came to a vertex.
    fn arrivals(&self, block: usize, vertex: NodeIndex) -> &[Arrival] {
        let all = self.blocks.get(block).map(|block| block.spread.arrivals.as_slice());
        let all = all.unwrap_or_default();
        let first = all.partition_point(|it| it.vertex < vertex);
        let end = all.partition_point(|it| it.vertex <= vertex);
        all.get(first..end).unwrap_or_default()
    }

    /// Who came to a vertex in this way.
    fn come(&self, block: usize, (vertex, kind, hops): At) -> Bits {
        let all = self.arrivals(block, vertex).iter();
        let here = all.filter(|it| it.kind == kind && it.hops == hops);
        here.fold(Bits::default(), |all, it| all.or(&it.sources))
    }

    /// For each of these sources, which came there, one hop over which they did.
    fn before(
        &self,
        block: usize,
        (vertex, kind, hops): At,
        mut sources: Bits,
        mut each: impl FnMut((u32, Verdict), &Through, Kind, Bits),
    ) {
        let Some(block) = self.blocks.get(block) else { return };
        let (graph, callers) = (self.graph, &block.spread.callers);
        let account = graph.account(vertex);
        for set in graph.sets(vertex, Incoming) {
            for across in graph.flat.bundles(set, Incoming) {
                let bundle = across.bundle;
                let Some(one) = Mix::of(bundle.assume.verdict).filter(|_| !is_open(bundle)) else {
                    continue;
                };
                for before in Kind::ALL.into_iter().filter(|before| before.and(one) == kind) {
                    let Some(callers) = callers.get(&(across.other, before)) else { continue };
                    for through in callers.first.iter().chain(&callers.second) {
                        let same = account.is_some() && through.account == account;
                        if through.hops + 1 != hops || bundle.across && same {
                            continue;
                        }
                        let here = sources.and(&through.sources);
                        if !here.is_empty() {
                            each((across.edge, bundle.assume.verdict), through, before, here);
                            sources = sources.without(&here);
                            if sources.is_empty() {
                                return;
                            }
                        }
                    }
                }
            }
        }
    }
}
