//! The best way to each vertex that a search comes to.

use petgraph::graph::NodeIndex;

use crate::evaluation::Verdict;

use super::super::index::Map;

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
    pub(super) hops: usize,
    /// Whether some hop of it depends on the session.
    pub(super) open: bool,
}

impl Way {
    fn rank(&self) -> Rank {
        Rank { twice: self.twice, verdict: self.verdict, hops: self.walk.len(), open: true }
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

#[derive(Debug)]
struct Spot {
    vertex: NodeIndex,
    /// By mix.
    seen: [Seen; 4],
}

impl Spot {
    fn best(&self) -> Option<(Come, Mix)> {
        let of = |(mix, seen): (Mix, &Seen)| {
            let hops = seen.hops.into();
            let rank = Rank { twice: false, verdict: mix.verdict(), hops, open: false };
            let come = Come { vertex: self.vertex, rank, first: seen.first };
            (seen.hops > 0 && !seen.circle).then_some((come, mix))
        };
        Mix::ALL.into_iter().zip(&self.seen).filter_map(of).min_by_key(|(come, _)| come.rank)
    }
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
    /// By vertex, its place in the list, from 1: a search may come to hundreds of thousands.
    places: Vec<u32>,
    spots: Vec<Spot>,
    others: Map<NodeIndex, Way>,
}

impl Ways {
    /// None yet, in a graph of so many vertices.
    pub(super) fn new(vertices: usize) -> Self {
        Self { places: vec![0; vertices], spots: Vec::new(), others: Map::default() }
    }

    fn spot(&self, vertex: NodeIndex) -> Option<&Spot> {
        let place = self.places.get(vertex.index())?.checked_sub(1)?;
        self.spots.get(place as usize)
    }

    fn seen(&self, vertex: NodeIndex, mix: Mix) -> Option<&Seen> {
        self.spot(vertex)?.seen.get(mix as usize).filter(|seen| seen.hops > 0)
    }

    /// Comes to a vertex of so many nodes with a mix of verdicts; whether that is news. Whoever calls
    /// comes with fewer hops first.
    pub(super) fn come(
        &mut self,
        (vertex, nodes): (NodeIndex, usize),
        mix: Mix,
        hops: usize,
        before: Option<(NodeIndex, Mix)>,
    ) -> bool {
        let Some(place) = self.places.get_mut(vertex.index()) else { return false };
        let known = *place != 0;
        if !known {
            self.spots.push(Spot { vertex, seen: [Seen::default(); 4] });
            *place = u32::try_from(self.spots.len()).unwrap_or_default();
        } else if self.seen(vertex, mix).is_some_and(|seen| !seen.circle) {
            return false;
        }
        let (mut circle, mut first) = (false, vertex);
        let mut at = before;
        if let Some(last) = before.and_then(|(last, mix)| self.seen(last, mix)) {
            (circle, first) = (last.circle, last.first);
        }
        // Only where it was come to with another mix can the walk have been there.
        let mut visits = 0;
        while let Some((last, mix)) = at.filter(|_| known && !circle) {
            visits += usize::from(last == vertex);
            circle = visits >= nodes;
            at = self.seen(last, mix).and_then(|seen| seen.before);
        }
        if circle && self.seen(vertex, mix).is_some() {
            return false;
        }
        let place = self.places.get(vertex.index()).map_or(0, |place| *place as usize);
        let spot = place.checked_sub(1).and_then(|place| self.spots.get_mut(place));
        if let Some(seen) = spot.and_then(|spot| spot.seen.get_mut(mix as usize)) {
            let hops = u16::try_from(hops).unwrap_or(u16::MAX);
            *seen = Seen { hops, circle, before, first };
        }
        true
    }

    /// How good the best way to a vertex is.
    pub(super) fn best(&self, vertex: NodeIndex) -> Option<Rank> {
        Some(self.come_to(vertex)?.rank)
    }

    /// The best way to a vertex, as far as it can be told without its walk.
    pub(super) fn come_to(&self, vertex: NodeIndex) -> Option<Come> {
        self.better(vertex, self.spot(vertex).and_then(Spot::best).map(|(come, _)| come))
    }

    /// That of the tree, or another one.
    fn better(&self, vertex: NodeIndex, tree: Option<Come>) -> Option<Come> {
        let other = self.others.get(&vertex);
        let other = other.filter(|way| tree.is_none_or(|tree| way.rank() < tree.rank));
        let come = other
            .and_then(|way| Some(Come { vertex, rank: way.rank(), first: *way.walk.first()? }));
        come.or(tree)
    }

    /// The vertices of the best way to a vertex, after the beginning.
    pub(super) fn walk(&self, vertex: NodeIndex) -> Option<Vec<NodeIndex>> {
        let tree = self.spot(vertex).and_then(Spot::best);
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

    /// The best way to every vertex that is come to.
    pub(super) fn each(&self) -> impl Iterator<Item = Come> {
        let in_tree = self
            .spots
            .iter()
            .filter_map(|spot| self.better(spot.vertex, spot.best().map(|(come, _)| come)));
        let others = self.others.keys().copied().filter(|vertex| self.spot(*vertex).is_none());
        in_tree.chain(others.filter_map(|vertex| self.come_to(vertex)))
    }
}
