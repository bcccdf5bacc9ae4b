//! What a search takes notes on. To lay it out costs more than many a search, so a graph keeps what
//! is not in use.

use std::sync::{Mutex, PoisonError};

use petgraph::graph::NodeIndex;

use crate::org::AccountKey;

use super::super::Graph;
use super::super::flat::{Shared, SharedList};
use super::super::numbers::{Block, Numbers};
use super::walk::{For, Left};
use super::ways::{Mix, Rank, StepId};

/// How many are kept.
const KEPT: usize = 4;

/// Desks that nobody works at.
#[derive(Debug, Default)]
pub(in crate::graph) struct Desks(Mutex<Vec<Desk>>);

impl Desks {
    /// A clean desk for searches of a graph.
    pub(super) fn take(&self, graph: &Graph) -> Desk {
        let free = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        free.unwrap_or_else(|| Desk {
            vertices: graph.petgraph.node_count(),
            notes: Mix::ALL.map(|_| Notes::default()),
            shared: graph.flat.shared(),
            passed: Mix::ALL.map(|_| Passed::default()),
            walked: Walked::default(),
            tries: Tries::default(),
        })
    }

    /// Takes one back.
    pub(super) fn give_back(&self, mut desk: Desk) {
        desk.clean();
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < KEPT {
            free.push(desk);
        }
    }
}

/// What a search notes by mix of verdicts: to which vertices it came, and from which sets it went
/// on.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// How many vertices there are.
    vertices: usize,
    notes: [Notes; 4],
    /// How many sets of several hops may leave, and lists of these.
    shared: (usize, usize),
    passed: [Passed; 4],
    walked: Walked,
    tries: Tries,
}

/// How many ways to each vertex were decided.
#[derive(Debug, Default)]
struct Tries {
    /// The vertices to which some were.
    some: Numbers,
    /// By such a vertex; what stands at others means nothing.
    counts: Vec<u16>,
}

/// Ways that are kept with their walks.
#[derive(Debug, Default)]
struct Walked {
    /// Steps of walks: the vertex, and the step before; [`NOTHING`] at the beginning.
    steps: Vec<(NodeIndex, u32)>,
    /// The vertices that such ways lead to.
    came: Numbers,
    /// By vertex that one leads to, its place in the list; what stands at others means nothing.
    places: Vec<u32>,
    /// The best way to each, by its last step.
    list: Vec<(Rank, StepId)>,
}

/// The vertices that are come to with one mix.
#[derive(Debug, Default)]
struct Notes {
    came: Numbers,
    /// The same by how many hops it took, from one.
    by_hops: Vec<Numbers>,
    /// By vertex that is come to, from where; what stands at others means nothing.
    before: Vec<u32>,
}

/// From where a vertex is come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// From the node that the search begins with.
    Start,
    /// From a vertex that was come to with a mix.
    Vertex(NodeIndex, Mix),
    /// With the last step of a walk that was noted, which this is one of.
    Step(StepId),
}

/// Stands for the beginning.
const NOTHING: u32 = u32::MAX;
/// What is added to steps.
const STEP: u32 = 1 << 31;

impl Before {
    /// In one number: there are four mixes, and fewer vertices and steps than half a billion.
    fn packed(self) -> u32 {
        match self {
            Self::Start => NOTHING,
            Self::Vertex(vertex, mix) => {
                let packed = vertex.index() * Mix::ALL.len() + mix as usize;
                u32::try_from(packed).unwrap_or(NOTHING)
            }
            Self::Step(step) => step.0 | STEP,
        }
    }

    fn unpacked(number: u32) -> Self {
        if number == NOTHING {
            return Self::Start;
        }
        if number & STEP != 0 {
            return Self::Step(StepId(number & !STEP));
        }
        let number = number as usize;
        match Mix::ALL.get(number % Mix::ALL.len()) {
            Some(mix) => Self::Vertex(NodeIndex::new(number / Mix::ALL.len()), *mix),
            None => Self::Start,
        }
    }
}

impl Desk {
    fn notes(&self, mix: Mix) -> &Notes {
        let [allowed, conditional, both, unknown] = &self.notes;
        match mix {
            Mix::Allowed => allowed,
            Mix::Conditional => conditional,
            Mix::Both => both,
            Mix::Unknown => unknown,
        }
    }

    /// All vertices that are come to with a mix.
    pub(super) fn came(&self, mix: Mix) -> &Numbers {
        &self.notes(mix).came
    }

    /// Those that are come to with so many hops.
    pub(super) fn after(&self, mix: Mix, hops: usize) -> Option<&Numbers> {
        self.notes(mix).by_hops.get(hops.checked_sub(1)?)
    }

    /// By number of hops, from one, those that are come to with a mix.
    pub(super) fn levels(&self, mix: Mix) -> impl Iterator<Item = (usize, &Numbers)> {
        (1..).zip(&self.notes(mix).by_hops)
    }

    /// Takes the vertices of a level out to go through them; they go back with [`Self::put_back`].
    pub(super) fn take(&mut self, mix: Mix, hops: usize) -> Option<Numbers> {
        let notes = self.notes.get_mut(mix as usize)?;
        notes.by_hops.get_mut(hops.checked_sub(1)?).map(std::mem::take)
    }

    /// Puts a level back.
    pub(super) fn put_back(&mut self, mix: Mix, hops: usize, level: Numbers) {
        let notes = self.notes.get_mut(mix as usize);
        let place = notes.zip(hops.checked_sub(1));
        if let Some(known) = place.and_then(|(notes, place)| notes.by_hops.get_mut(place)) {
            *known = level;
        }
    }

    /// How many hops it takes to a vertex with a mix, if it is come to.
    pub(super) fn hops(&self, vertex: NodeIndex, mix: Mix) -> Option<usize> {
        let number = vertex.index();
        if !self.came(mix).has(number) {
            return None;
        }
        self.levels(mix).find(|(_, level)| level.has(number)).map(|(hops, _)| hops)
    }

    /// From where a vertex is come to with a mix.
    pub(super) fn before(&self, vertex: NodeIndex, mix: Mix) -> Before {
        let notes = self.notes(mix);
        let known = notes.before.get(vertex.index()).filter(|_| notes.came.has(vertex.index()));
        known.map_or(Before::Start, |known| Before::unpacked(*known))
    }

    /// Notes that some vertices are come to for the first time with a mix.
    pub(super) fn note(&mut self, block: Block, mix: Mix, hops: usize, before: Before) {
        let Some(notes) = self.notes.get_mut(mix as usize) else { return };
        if notes.before.is_empty() {
            notes.came = Numbers::below(self.vertices);
            notes.before = vec![0; self.vertices];
        }
        while notes.by_hops.len() < hops {
            notes.by_hops.push(Numbers::below(self.vertices));
        }
        let Some(level) = hops.checked_sub(1).and_then(|at| notes.by_hops.get_mut(at)) else {
            return;
        };
        notes.came.insert_block(block);
        level.insert_block(block);
        let before = before.packed();
        for number in block.iter() {
            if let Some(place) = notes.before.get_mut(number) {
                *place = before;
            }
        }
    }

    /// Goes on from all sets of a list with a mix; whether that is news.
    pub(super) fn pass_list(&mut self, list: SharedList, mix: Mix) -> bool {
        let (_, bound) = self.shared;
        let passed = self.passed.get_mut(mix as usize);
        passed.is_some_and(|passed| {
            if passed.lists == Numbers::default() {
                passed.lists = Numbers::below(bound);
            }
            passed.lists.insert(list.index())
        })
    }

    /// Goes on from a set with a mix, for a member of an account; `None` where nothing is left
    /// beyond.
    pub(super) fn pass(
        &mut self,
        set: Shared,
        mix: Mix,
        account: Option<AccountKey>,
    ) -> Option<Left> {
        let (bound, _) = self.shared;
        self.passed.get_mut(mix as usize)?.pass(set.index(), account, bound)
    }

    /// Counts a way to a vertex that is to be decided; how many there are with it.
    pub(super) fn try_one(&mut self, vertex: NodeIndex) -> u16 {
        let Tries { some, counts } = &mut self.tries;
        if counts.is_empty() {
            *some = Numbers::below(self.vertices);
            *counts = vec![0; self.vertices];
        }
        let number = vertex.index();
        let Some(count) = counts.get_mut(number) else { return 1 };
        *count = if some.insert(number) { 1 } else { count.saturating_add(1) };
        *count
    }

    /// Notes a step of a walk.
    pub(super) fn step(&mut self, to: NodeIndex, before: Option<StepId>) -> StepId {
        let id = StepId(u32::try_from(self.walked.steps.len()).unwrap_or(NOTHING));
        self.walked.steps.push((to, before.map_or(NOTHING, |step| step.0)));
        id
    }

    /// Where a step leads, and the one before.
    pub(super) fn step_at(&self, step: StepId) -> Option<(NodeIndex, Option<StepId>)> {
        let (vertex, before) = *self.walked.steps.get(step.0 as usize)?;
        Some((vertex, (before != NOTHING).then_some(StepId(before))))
    }

    /// The way to a vertex that is kept with its walk.
    pub(super) fn walked(&self, vertex: NodeIndex) -> Option<(Rank, StepId)> {
        let Walked { came, places, list, .. } = &self.walked;
        let number = vertex.index();
        if !came.has(number) {
            return None;
        }
        list.get(*places.get(number)? as usize).copied()
    }

    /// All vertices that such ways lead to.
    pub(super) fn all_walked(&self) -> impl Iterator<Item = (NodeIndex, Rank)> {
        let vertices = self.walked.came.iter().map(NodeIndex::new);
        vertices.filter_map(|vertex| Some((vertex, self.walked(vertex)?.0)))
    }

    /// Keeps a way with its walk, in the place of another one to the same vertex.
    pub(super) fn keep_walked(&mut self, vertex: NodeIndex, rank: Rank, last: StepId) {
        let Walked { came, places, list, .. } = &mut self.walked;
        if places.is_empty() {
            *came = Numbers::below(self.vertices);
            *places = vec![0; self.vertices];
        }
        let number = vertex.index();
        let Some(place) = places.get_mut(number) else { return };
        if came.insert(number) {
            *place = u32::try_from(list.len()).unwrap_or(NOTHING);
            list.push((rank, last));
        } else if let Some(known) = list.get_mut(*place as usize) {
            *known = (rank, last);
        }
    }

    fn clean(&mut self) {
        self.tries.some.clear();
        self.walked.steps.clear();
        self.walked.list.clear();
        self.walked.came.clear();
        for Notes { came, by_hops, .. } in &mut self.notes {
            came.clear();
            by_hops.iter_mut().for_each(Numbers::clear);
        }
        for passed in &mut self.passed {
            passed.some.clear();
            passed.lists.clear();
        }
    }
}

/// From which sets a search has gone on, and for members of which accounts: whatever leaves a set is
/// looked at once, however many come to it.
#[derive(Debug, Default)]
struct Passed {
    /// The lists of which it went on from every set.
    lists: Numbers,
    /// For some member.
    some: Numbers,
    /// By such a set, for whom; what stands at others means nothing.
    known: Vec<u32>,
}

impl Passed {
    fn pass(&mut self, place: usize, account: Option<AccountKey>, sets: usize) -> Option<Left> {
        if self.known.is_empty() {
            self.some = Numbers::below(sets);
            self.known = vec![NOTHING; sets];
        }
        let slot = self.known.get_mut(place)?;
        let known = (!self.some.insert(place)).then(|| For::unpacked(*slot));
        let (left, known) = For::pass(known, account)?;
        *slot = known.packed();
        Some(left)
    }
}

#[cfg(test)]
mod tests {
    use crate::org::Key as _;

    use super::*;

    #[test]
    fn a_set_is_passed_once_for_each_part_of_its_members() {
        let account = |index| Some(AccountKey::from_index(index));
        let mut passed = Passed::default();
        assert_eq!(passed.pass(3, account(5), 10), Some(Left::All));
        assert_eq!(passed.pass(3, account(5), 10), None);
        // From account to account, members of the first one are left.
        assert_eq!(passed.pass(3, account(6), 10), Some(Left::Of(AccountKey::from_index(5))));
        assert_eq!(passed.pass(3, account(5), 10), None);
        assert_eq!(passed.pass(3, None, 10), None);
        assert_eq!(passed.pass(4, None, 10), Some(Left::All));
        assert_eq!(passed.pass(4, account(5), 10), None);
    }

    #[test]
    fn whatever_is_before_fits_in_one_number() {
        let vertices = [0, 1, 77, 1 << 20].map(NodeIndex::new);
        let pairs = vertices.into_iter().flat_map(|vertex| Mix::ALL.map(|mix| (vertex, mix)));
        let all = pairs.map(|(vertex, mix)| Before::Vertex(vertex, mix));
        let steps = [0, 1, 1 << 20].map(|step| Before::Step(StepId(step)));
        for before in all.chain(steps).chain([Before::Start]) {
            assert_eq!(Before::unpacked(before.packed()), before);
        }
    }
}
