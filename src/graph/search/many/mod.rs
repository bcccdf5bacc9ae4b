//! All that many sources reach, searched for all of them at once: for answers that count, and ask
//! for few of the ways.
//!
//! Sources whose first hops lead to the same vertices are one. What is known of each set and
//! vertex is which sources came to it, so what leads on from there is walked once for hundreds of
//! them. It comes to the same as [`super::reachable`] for each, where that can be told without
//! looking at the vertices of each way: no hop may depend on the session, and where conditional
//! and unknown hops meet, some verdicts have to be looked at ([`Needs::is_certain`]).

mod bits;
mod landed;
mod needs;
mod sets;
mod spread;
mod states;

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::graph::NodeIndex;

use crate::evaluation::Verdict;
use crate::org::AccountKey;

use super::super::index::Map;
use super::super::{Graph, Node, in_halves};
use super::walk::Start;
use super::ways::Mix;

pub use landed::{Best, Landing};
pub use needs::{Kinds, Needs};

use bits::Bits;
use landed::Landed;
use spread::Spread;

/// How many first hops a source may have that is searched with others.
const MOST: usize = 64;

/// Where first hops lead.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Firsts(Vec<(NodeIndex, Mix)>);

impl Firsts {
    /// Those of a source that nobody can become. `None` where what it reaches can't be told for
    /// many at once.
    pub fn of(graph: &Graph, source: &Node, max_hops: usize) -> Option<Self> {
        let start = Start::new(graph, source, Outgoing);
        // Whoever can be come to may stand on its own ways.
        let can_be = |vertex| graph.sets(vertex, Incoming).next().is_some();
        if start.vertex.is_none_or(can_be) && !source.nameable() {
            return None;
        }
        let near = |vertex: NodeIndex, hops| graph.to_session(vertex, Outgoing) <= hops;
        let beyond = max_hops.saturating_sub(1);
        if start.vertex.is_some_and(|vertex| near(vertex, max_hops))
            || start.outside().iter().any(|step| near(step.to, beyond))
        {
            return None;
        }
        let mut found = Vec::new();
        for step in start.first() {
            if step.bundle.is_open() {
                return None;
            }
            found.extend(Mix::of(step.bundle.assume.verdict).map(|mix| (step.to, mix)));
        }
        found.sort_unstable();
        found.dedup();
        // Each of them is searched alone too.
        (found.len() <= MOST).then_some(Self(found))
    }

    /// Each of them alone.
    pub fn each(&self) -> impl Iterator<Item = Self> {
        self.0.iter().map(|first| Self(vec![*first]))
    }

    /// The vertices, by number, with their accounts.
    pub fn places(&self, graph: &Graph) -> impl Iterator<Item = (usize, Option<AccountKey>)> {
        self.0.iter().map(|(vertex, _)| (vertex.index(), graph.account(*vertex)))
    }
}

/// What many sources reach.
pub struct Many<'g> {
    graph: &'g Graph,
    numbers: Map<Firsts, usize>,
    /// How many there are in a block.
    size: usize,
    blocks: Vec<Block<'g>>,
}

/// As many sources as are searched at once.
struct Block<'g> {
    spread: Spread<'g>,
    landed: Landed,
}

/// A source among many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source {
    block: usize,
    number: usize,
}

impl<'g> Many<'g> {
    /// Searches from all of these, and from each of their first hops alone.
    pub fn search<'f>(
        graph: &'g Graph,
        firsts: impl Iterator<Item = &'f Firsts>,
        max_hops: usize,
    ) -> Self {
        let mut numbers: Map<Firsts, usize> = Map::default();
        // Each with whether it was asked for itself.
        let mut list: Vec<(Firsts, bool)> = Vec::new();
        for one in firsts {
            let alone = one.each().map(|one| (one, false));
            for (one, wanted) in std::iter::once((one.clone(), true)).chain(alone) {
                let number = *numbers.entry(one).or_insert_with_key(|one| {
                    list.push((one.clone(), false));
                    list.len() - 1
                });
                list.get_mut(number).into_iter().for_each(|known| known.1 |= wanted);
            }
        }
        // As many for one thread as for the other.
        let pairs = list.len().div_ceil(2 * Bits::COUNT).max(1);
        let size = list.len().div_ceil(2 * pairs).max(1);
        let blocks: Vec<&[(Firsts, bool)]> = list.chunks(size).collect();
        let search = |blocks: &[&[(Firsts, bool)]]| -> Vec<Block<'g>> {
            blocks.iter().map(|firsts| Block::search(graph, firsts, max_hops)).collect()
        };
        let blocks = in_halves(&blocks, search).into_iter().flatten().collect();
        Self { graph, numbers, size, blocks }
    }

    /// One of those that it was asked for. `None` where it can't be told for many at once.
    pub fn source(&self, firsts: &Firsts) -> Option<Source> {
        let number = self.numbers.get(firsts)?;
        let source = Source { block: number / self.size, number: number % self.size };
        let open = self.blocks.get(source.block)?.spread.open;
        (!open.has(source.number)).then_some(source)
    }

    /// The verdict of the best way of a source into an account, and its length; nothing where none
    /// leads there. Verdicts other than `allowed` are certain where [`Needs::is_certain`] says so.
    pub fn way(&self, source: Source, account: AccountKey) -> Option<(Verdict, usize)> {
        self.blocks.get(source.block)?.landed.way(account, source.number)
    }

    /// What a source that was asked for reaches in an account. Verdicts other than `allowed` are certain where
    /// [`Needs::is_certain`] says so.
    pub fn landing(&self, source: Source, account: AccountKey) -> Option<&Landing> {
        self.landing_numbered(source, account).map(|(_, landing)| landing)
    }

    /// The same with a number that sources share which come to the same in that account.
    pub fn landing_numbered(
        &self,
        source: Source,
        account: AccountKey,
    ) -> Option<(usize, &Landing)> {
        let landed = &self.blocks.get(source.block)?.landed;
        let (class, landing) = landed.of_source(account, source.number)?;
        Some((usize::from(class) * self.blocks.len() + source.block, landing))
    }

    /// Whether a source reaches a node.
    pub fn comes_to(&self, source: Source, node: &Node) -> bool {
        let vertex = self.graph.number(node).map(NodeIndex::new);
        let block = self.blocks.get(source.block);
        let state = vertex.zip(block).and_then(|(vertex, block)| block.spread.state(vertex));
        state.is_some_and(|state| state.any().has(source.number))
    }
}

impl<'g> Block<'g> {
    fn search(graph: &'g Graph, firsts: &[(Firsts, bool)], max_hops: usize) -> Self {
        let steps = firsts.iter().map(|(it, _)| it.0.as_slice());
        let unknown = |(_, mix): &(NodeIndex, Mix)| *mix == Mix::Unknown;
        let mixed = graph.flat.has_unknown() || steps.clone().flatten().any(unknown);
        let mut spread = Spread::new(graph, mixed);
        spread.run(steps, max_hops);
        let wanted = firsts.iter().enumerate().filter(|(_, (_, wanted))| *wanted);
        let wanted = wanted.fold(Bits::default(), |all, (number, _)| all.or(&Bits::one(number)));
        let landed = Landed::of(graph, &mut spread, &wanted, firsts.len());
        Self { spread, landed }
    }
}
