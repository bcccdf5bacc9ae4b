//! The best way to each vertex that a search comes to.

use std::collections::BTreeMap;

use petgraph::graph::NodeIndex;

use crate::evaluation::Verdict;
use crate::org::AccountKey;

use super::super::Graph;
use super::super::flat::{Shared, SharedList};
use super::super::numbers::{Block, Numbers};
use super::desk::{Before, Desk};
use super::walk::Left;

/// What the hops of a way make of it. One that is conditional makes it so, or else one that is
/// unknown. A way over hops of both kinds is told apart: where it comes to a vertex twice it may
/// seem better than it is, and must not take the place of one that does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::graph) enum Mix {
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

/// A step of a walk, by place among all that a search noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StepId(pub(super) u32);

/// How good a way is: the least is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) verdict: Verdict,
    pub(super) hops: u16,
    /// Whether some hop of it depends on the session.
    pub(super) open: bool,
}

impl Rank {
    /// That of a way over a hop that depends on the session.
    pub(super) fn open(verdict: Verdict, hops: usize) -> Self {
        Self { verdict, hops: u16::try_from(hops).unwrap_or(u16::MAX), open: true }
    }
}

/// Ends of ways by verdict and number of hops of the best way to each.
pub type Ranked = BTreeMap<(Verdict, u16), Numbers>;

/// Ways over hops whose verdicts hold on every path, as a tree, and others with their walks.
#[derive(Debug)]
pub(super) struct Ways<'g> {
    graph: &'g Graph,
    desk: Desk,
    /// Whether some hop may be unknown. Else a way over conditional hops is nothing to what is come
    /// to without.
    mixed: bool,
}

impl Drop for Ways<'_> {
    fn drop(&mut self) {
        self.graph.desks.give_back(std::mem::take(&mut self.desk));
    }
}

impl<'g> Ways<'g> {
    /// None yet.
    pub(super) fn new(graph: &'g Graph, mixed: bool) -> Self {
        Self { graph, desk: graph.desks.take(graph), mixed }
    }

    /// Comes to a vertex with a mix of verdicts; whether that is news. `nodes` tells how many nodes
    /// there are. Whoever calls comes with fewer hops first.
    pub(super) fn come(
        &mut self,
        vertex: NodeIndex,
        nodes: impl Fn() -> usize,
        mix: Mix,
        hops: usize,
        before: Before,
    ) -> bool {
        let number = vertex.index();
        if self.desk.came(mix).has(number) {
            return false;
        }
        // A way that looks at the session may be unknown where no hop is by itself.
        self.mixed = self.is_mixed_with(mix);
        if self.mixed {
            // Only where it was come to with another mix can the walk have been there.
            let known = Mix::ALL.into_iter().any(|mix| self.desk.came(mix).has(number));
            if known && self.is_circle(vertex, nodes(), before) {
                return false;
            }
        } else if mix != Mix::Allowed && self.desk.came(Mix::Allowed).has(number) {
            return false;
        }
        self.desk.note(Block::of(number), mix, hops, before);
        true
    }

    /// Those of some vertices that may be news with a mix.
    pub(super) fn new_of(&self, block: Block, mix: Mix) -> Block {
        let place = block.place as usize;
        let mut bits = block.bits & !self.desk.came(mix).word(place);
        if !self.is_mixed_with(mix) {
            bits &= !self.desk.came(Mix::Allowed).word(place);
        }
        Block { bits, ..block }
    }

    /// The same as to [`Self::come`] to each of some vertices.
    pub(super) fn come_to(
        &mut self,
        block: Block,
        nodes: impl Fn(NodeIndex) -> usize,
        mix: Mix,
        hops: usize,
        before: Before,
    ) {
        if self.is_mixed_with(mix) {
            for vertex in block.iter().map(NodeIndex::new) {
                self.come(vertex, || nodes(vertex), mix, hops, before);
            }
            return;
        }
        let new = self.new_of(block, mix);
        if new.bits != 0 {
            self.desk.note(new, mix, hops, before);
        }
    }

    /// Whether some way may be unknown, where one with this mix is among them.
    fn is_mixed_with(&self, mix: Mix) -> bool {
        self.mixed || matches!(mix, Mix::Both | Mix::Unknown)
    }

    /// Whether a conditional way to a vertex would be no news beside the best one.
    pub(super) fn has_conditional_beside(&self, vertex: NodeIndex) -> bool {
        !self.mixed || self.desk.came(Mix::Conditional).has(vertex.index())
    }

    /// Whether a walk that goes on to a vertex comes there more often than there are nodes. It says
    /// nothing that a shorter one does not say.
    fn is_circle(&self, vertex: NodeIndex, nodes: usize, before: Before) -> bool {
        let walk = match before {
            // That step is the one to the vertex.
            Before::Step(step) => {
                self.tree_back(self.before(step).map_or(Before::Start, Before::Step))
            }
            _ => self.tree_back(before),
        };
        walk.filter(|known| *known == vertex).take(nodes).count() >= nodes
    }

    /// The vertices of a walk of the tree, the last one first.
    fn tree_back(&self, last: Before) -> impl Iterator<Item = NodeIndex> {
        let mut at = last;
        std::iter::from_fn(move || match at {
            Before::Start => None,
            Before::Vertex(vertex, mix) => {
                at = match self.desk.before(vertex, mix) {
                    // That step is the one to this vertex.
                    Before::Step(step) => self.before(step).map_or(Before::Start, Before::Step),
                    before => before,
                };
                Some(vertex)
            }
            Before::Step(step) => {
                let (vertex, before) = self.desk.step_at(step)?;
                at = before.map_or(Before::Start, Before::Step);
                Some(vertex)
            }
        })
    }

    /// Goes on from all sets of a list with a mix; whether that is news.
    pub(super) fn pass_list(&mut self, list: SharedList, mix: Mix) -> bool {
        self.desk.pass_list(list, mix)
    }

    /// Goes on from a set with a mix, for a member of an account; `None` where nothing is left
    /// beyond.
    pub(super) fn pass(
        &mut self,
        set: Shared,
        mix: Mix,
        account: Option<AccountKey>,
    ) -> Option<Left> {
        self.desk.pass(set, mix, account)
    }

    /// Counts a way to a vertex that is to be decided; how many there are with it.
    pub(super) fn try_one(&mut self, vertex: NodeIndex) -> u16 {
        self.desk.try_one(vertex)
    }

    /// Takes what was come to with so many hops, to go through it; it has to be put back.
    pub(super) fn take(&mut self, mix: Mix, hops: usize) -> Option<Numbers> {
        self.desk.take(mix, hops)
    }

    /// Puts back what was taken.
    pub(super) fn put_back(&mut self, mix: Mix, hops: usize, level: Numbers) {
        self.desk.put_back(mix, hops, level);
    }

    /// The best way of the tree to a vertex: its last mix, and how good it is.
    fn in_tree(&self, vertex: NodeIndex) -> Option<(Mix, Rank)> {
        let of = |mix| self.desk.hops(vertex, mix).map(|hops| (mix, hops));
        let conditional = || match (of(Mix::Conditional), of(Mix::Both)) {
            (Some((_, one)), Some((mix, other))) if other < one => Some((mix, other)),
            (one, other) => one.or(other),
        };
        let (mix, hops) = of(Mix::Allowed).or_else(conditional).or_else(|| of(Mix::Unknown))?;
        let hops = u16::try_from(hops).unwrap_or(u16::MAX);
        Some((mix, Rank { verdict: mix.verdict(), hops, open: false }))
    }

    /// The way to a vertex that is better than that of the tree, with its last step.
    fn other(&self, vertex: NodeIndex, tree: Option<Rank>) -> Option<(Rank, StepId)> {
        self.desk.walked(vertex).filter(|(rank, _)| tree.is_none_or(|tree| *rank < tree))
    }

    /// How good the best way to a vertex is.
    pub(super) fn best(&self, vertex: NodeIndex) -> Option<Rank> {
        let tree = self.in_tree(vertex).map(|(_, rank)| rank);
        self.other(vertex, tree).map(|(rank, _)| rank).or(tree)
    }

    /// The vertices of the best way to a vertex, after the beginning.
    pub(super) fn walk(&self, vertex: NodeIndex) -> Option<Vec<NodeIndex>> {
        let tree = self.in_tree(vertex);
        let mut back: Vec<NodeIndex> = Vec::new();
        if let Some((_, last)) = self.other(vertex, tree.map(|(_, rank)| rank)) {
            back.extend(self.back(Some(last)));
        } else if let Some((mix, _)) = tree {
            back.extend(self.tree_back(Before::Vertex(vertex, mix)));
        }
        back.reverse();
        (!back.is_empty()).then_some(back)
    }

    /// Notes a step of a walk, after another one or at its beginning.
    pub(super) fn step(&mut self, to: NodeIndex, before: Option<StepId>) -> StepId {
        self.desk.step(to, before)
    }

    /// The vertices of a walk that ends with a step, the last one first.
    pub(super) fn back(&self, last: Option<StepId>) -> impl Iterator<Item = NodeIndex> {
        let mut at = last;
        std::iter::from_fn(move || {
            let (vertex, before) = self.desk.step_at(at?)?;
            at = before;
            Some(vertex)
        })
    }

    /// The step before another one.
    pub(super) fn before(&self, step: StepId) -> Option<StepId> {
        self.desk.step_at(step)?.1
    }

    /// Keeps a way with its walk if it is better than what is known.
    pub(super) fn offer(&mut self, vertex: NodeIndex, rank: Rank, last: StepId) {
        if self.best(vertex).is_none_or(|known| rank < known) {
            self.desk.keep_walked(vertex, rank, last);
        }
    }

    /// Every vertex that is come to, by the best way there.
    pub(super) fn ranked(&self) -> Ranked {
        let mut ranked = Ranked::new();
        let mut better: Option<Numbers> = None;
        for mixes in [&[Mix::Allowed][..], &[Mix::Conditional, Mix::Both], &[Mix::Unknown]] {
            let levels = mixes.iter().map(|mix| self.desk.levels(*mix).count()).max();
            for hops in 1..=levels.unwrap_or_default() {
                let mut all: Option<Numbers> = None;
                for level in mixes.iter().filter_map(|mix| self.desk.after(*mix, hops)) {
                    match &mut all {
                        Some(all) => all.add(level),
                        None => all = Some(level.clone()),
                    }
                }
                let (Some(mut all), Some(mix)) = (all, mixes.first()) else { continue };
                match &mut better {
                    Some(better) => {
                        all.take(better);
                        better.add(&all);
                    }
                    None => better = Some(all.clone()),
                }
                if !all.is_empty() {
                    ranked.insert((mix.verdict(), u16::try_from(hops).unwrap_or(u16::MAX)), all);
                }
            }
        }
        for (vertex, rank) in self.desk.all_walked() {
            let tree = self.in_tree(vertex).map(|(_, rank)| rank);
            if tree.is_some_and(|tree| tree <= rank) {
                continue;
            }
            if let Some(known) = tree.and_then(|it| ranked.get_mut(&(it.verdict, it.hops))) {
                known.remove(vertex.index());
            }
            let bound = self.graph.petgraph.node_count();
            let here = ranked.entry((rank.verdict, rank.hops));
            here.or_insert_with(|| Numbers::below(bound)).insert(vertex.index());
        }
        ranked
    }
}
