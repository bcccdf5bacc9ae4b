//! The best way to each vertex that a search comes to.

use petgraph::graph::NodeIndex;

use crate::evaluation::Verdict;

use super::super::index::Map;

/// Of so many vertices one is enough that going through all is faster than to sort some.
const MANY: usize = 64;

/// What the hops of a way make of it. One that is conditional makes it so, or else one that is
/// unknown. A way over hops of both kinds is told apart: where it comes to a vertex twice it may
/// seem better than it is, and must not take the place of one that does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Mix {
    Allowed,
    Conditional,
    Both,
    Unknown,
}

impl Mix {
    pub(super) const ALL: [Self; 4] = [Self::Allowed, Self::Conditional, Self::Both, Self::Unknown];

    /// That of one hop.
    pub(super) fn of(verdict: Verdict) -> Option<Self> {
        match verdict {
            Verdict::Allowed => Some(Self::Allowed),
            Verdict::Unknown => Some(Self::Unknown),
            Verdict::Conditional => Some(Self::Conditional),
            Verdict::Denied => None,
        }
    }

    /// That of both, one after the other.
    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (same, Self::Allowed) => same,
            (Self::Allowed, other) => other,
            (one, other) if one == other => one,
            _ => Self::Both,
        }
    }

    pub(super) fn verdict(self) -> Verdict {
        match self {
            Self::Allowed => Verdict::Allowed,
            Self::Conditional | Self::Both => Verdict::Conditional,
            Self::Unknown => Verdict::Unknown,
        }
    }
}

/// A way to a vertex with its walk.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) verdict: Verdict,
    /// Whether it comes to a node twice.
    pub(super) twice: bool,
    /// The vertices after the beginning.
    pub(super) walk: Vec<NodeIndex>,
}

/// How good a way is: the least is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// Whether it comes to a node twice.
    pub(super) twice: bool,
    pub(super) verdict: Verdict,
    pub(super) hops: u16,
    /// Whether some hop of it depends on the session.
    pub(super) open: bool,
}

impl Way {
    fn rank(&self) -> Rank {
        let hops = u16::try_from(self.walk.len()).unwrap_or(u16::MAX);
        Rank { twice: self.twice, verdict: self.verdict, hops, open: true }
    }
}

/// How a vertex was come to with one mix of verdicts.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// How many hops it took; nothing where nobody came.
    hops: u16,
    /// Whether the walk comes to a vertex more often than there are nodes. It says nothing that a
    /// shorter one does not say.
    circle: bool,
    /// The vertex before, with its mix; none after the first hop.
    before: Option<(NodeIndex, Mix)>,
    /// Where the first hop led.
    first: NodeIndex,
}

/// That a search comes to a vertex.
#[derive(Debug, Clone, Copy)]
pub(super) struct Come {
    pub(super) vertex: NodeIndex,
    /// How good the best way is.
    pub(super) rank: Rank,
    /// Where its first hop leads.
    pub(super) first: NodeIndex,
}

/// Ways over hops whose verdicts hold on every path, as a tree, and others with their walks.
#[derive(Debug)]
pub(super) struct Ways {
    /// By vertex, its place in the lists, from 1: a search may come to hundreds of thousands.
    places: Vec<u32>,
    vertices: Vec<NodeIndex>,
    /// By mix and place. Most searches come nearly everywhere with one mix, so each list is only as
    /// long as it has to be.
    seen: [Vec<Seen>; 4],
    others: Map<NodeIndex, Way>,
}

impl Ways {
    /// None yet, in a graph of so many vertices.
    pub(super) fn new(vertices: usize) -> Self {
        Self {
            places: vec![0; vertices],
            vertices: Vec::new(),
            seen: Default::default(),
            others: Map::default(),
        }
    }

    fn place(&self, vertex: NodeIndex) -> Option<usize> {
        self.places.get(vertex.index())?.checked_sub(1).map(|place| place as usize)
    }

    fn seen_at(&self, place: usize, mix: Mix) -> Option<&Seen> {
        self.seen.get(mix as usize)?.get(place).filter(|seen| seen.hops > 0)
    }

    fn seen(&self, vertex: NodeIndex, mix: Mix) -> Option<&Seen> {
        self.seen_at(self.place(vertex)?, mix)
    }

    /// Comes to a vertex with a mix of verdicts; whether that is news. `nodes` tells how many nodes
    /// there are. Whoever calls comes with fewer hops first.
    pub(super) fn come(
        &mut self,
        vertex: NodeIndex,
        nodes: impl Fn() -> usize,
        mix: Mix,
        hops: usize,
        before: Option<(NodeIndex, Mix)>,
    ) -> bool {
        let known = self.place(vertex);
        let last = known.and_then(|place| self.seen_at(place, mix));
        if last.is_some_and(|seen| !seen.circle) {
            return false;
        }
        let again = last.is_some();
        let (mut circle, mut first) = (false, vertex);
        let mut at = before;
        if let Some(last) = before.and_then(|(last, mix)| self.seen(last, mix)) {
            (circle, first) = (last.circle, last.first);
        }
        if known.is_some() && !circle {
            // Only where it was come to with another mix can the walk have been there.
            let nodes = nodes();
            let mut visits = 0;
            while let Some((last, mix)) = at.filter(|_| !circle) {
                visits += usize::from(last == vertex);
                circle = visits >= nodes;
                at = self.seen(last, mix).and_then(|seen| seen.before);
            }
        }
        if circle && again {
            return false;
        }
        let Some(place) = known.or_else(|| self.add(vertex)) else { return false };
        let hops = u16::try_from(hops).unwrap_or(u16::MAX);
        let news = Seen { hops, circle, before, first };
        let Some(list) = self.seen.get_mut(mix as usize) else { return false };
        if let Some(seen) = list.get_mut(place) {
            *seen = news;
        } else {
            list.resize(place, Seen::default());
            list.push(news);
        }
        true
    }

    /// Whether the way to a vertex with a mix of verdicts, which takes so many hops, is a circle;
    /// nothing where another way has taken its place since.
    pub(super) fn is_circle(&self, vertex: NodeIndex, mix: Mix, hops: usize) -> Option<bool> {
        let seen = self.seen(vertex, mix)?;
        (usize::from(seen.hops) == hops).then_some(seen.circle)
    }

    fn add(&mut self, vertex: NodeIndex) -> Option<usize> {
        let place = self.vertices.len();
        *self.places.get_mut(vertex.index())? = u32::try_from(place + 1).ok()?;
        self.vertices.push(vertex);
        Some(place)
    }

    /// The best way of the tree to the vertex of a place.
    fn best_at(&self, place: usize) -> Option<(Come, Mix)> {
        let [allowed, conditional, both, unknown] = &self.seen;
        let of = |list: &[Seen], mix| {
            let seen = list.get(place).filter(|seen| seen.hops > 0 && !seen.circle)?;
            Some((*seen, mix))
        };
        let conditional = || match (of(conditional, Mix::Conditional), of(both, Mix::Both)) {
            (Some((one, _)), Some((other, mix))) if other.hops < one.hops => Some((other, mix)),
            (one, other) => one.or(other),
        };
        let best = of(allowed, Mix::Allowed).or_else(conditional);
        let (seen, mix) = best.or_else(|| of(unknown, Mix::Unknown))?;
        let rank = Rank { twice: false, verdict: mix.verdict(), hops: seen.hops, open: false };
        Some((Come { vertex: *self.vertices.get(place)?, rank, first: seen.first }, mix))
    }

    /// The best way of the tree to a vertex.
    fn in_tree(&self, vertex: NodeIndex) -> Option<(Come, Mix)> {
        self.place(vertex).and_then(|place| self.best_at(place))
    }

    /// How good the best way to a vertex is.
    pub(super) fn best(&self, vertex: NodeIndex) -> Option<Rank> {
        Some(self.come_to(vertex)?.rank)
    }

    /// The best way to a vertex, as far as it can be told without its walk.
    pub(super) fn come_to(&self, vertex: NodeIndex) -> Option<Come> {
        self.better(vertex, self.in_tree(vertex).map(|(come, _)| come))
    }

    /// That of the tree, or another one.
    fn better(&self, vertex: NodeIndex, tree: Option<Come>) -> Option<Come> {
        if self.others.is_empty() {
            return tree;
        }
        let other = self.others.get(&vertex);
        let other = other.filter(|way| tree.is_none_or(|tree| way.rank() < tree.rank));
        let come = other
            .and_then(|way| Some(Come { vertex, rank: way.rank(), first: *way.walk.first()? }));
        come.or(tree)
    }

    /// The vertices of the best way to a vertex, after the beginning.
    pub(super) fn walk(&self, vertex: NodeIndex) -> Option<Vec<NodeIndex>> {
        let tree = self.in_tree(vertex);
        let other = self.others.get(&vertex);
        if let Some(way) = other.filter(|way| tree.is_none_or(|(tree, _)| way.rank() < tree.rank)) {
            return Some(way.walk.clone());
        }
        let mut at = tree.map(|(_, mix)| (vertex, mix));
        let mut back = Vec::new();
        while let Some((vertex, mix)) = at {
            back.push(vertex);
            at = self.seen(vertex, mix).and_then(|seen| seen.before);
        }
        back.reverse();
        (!back.is_empty()).then_some(back)
    }

    /// Keeps a way with its walk if it is better than what is known.
    pub(super) fn offer(&mut self, vertex: NodeIndex, way: Way) {
        if self.best(vertex).is_none_or(|known| way.rank() < known) {
            self.others.insert(vertex, way);
        }
    }

    /// The best way to every vertex that is come to, in the order in which they lie in memory.
    pub(super) fn each(&self) -> impl Iterator<Item = Come> {
        let mut some: Vec<NodeIndex> = Vec::new();
        let many = self.vertices.len() > self.places.len() / MANY;
        if !many {
            some.clone_from(&self.vertices);
        }
        some.extend(self.others.keys().filter(|vertex| self.place(**vertex).is_none()));
        some.sort_unstable();
        let all = self.places.iter().enumerate().filter(move |(_, place)| many && **place > 0);
        let all = all.map(|(vertex, _)| NodeIndex::new(vertex));
        all.chain(some).filter_map(|vertex| self.come_to(vertex))
    }
}
