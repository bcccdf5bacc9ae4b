//! How vertices were come to. Most of them were in the same way as many others, so that is told
//! once for all of them.

use super::super::super::index::Map;
use super::super::ways::Mix;
use super::bits::Bits;
use super::sets::{SetId, Sets};

/// That some sources come to a vertex, none of them in a better way with as few hops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Arrival {
    pub(super) mix: Mix,
    pub(super) hops: u8,
    pub(super) sources: SetId,
}

/// The number of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct StateId(u32);

impl StateId {
    /// That nobody came.
    pub(super) const NOBODY: Self = Self(0);
}

/// How some vertices were come to.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// Who came so far, by mix.
    seen: [Bits; 4],
    arrivals: Vec<Arrival>,
}

impl State {
    fn of(&self, mix: Mix) -> &Bits {
        let [allowed, conditional, both, unknown] = &self.seen;
        match mix {
            Mix::Allowed => allowed,
            Mix::Conditional => conditional,
            Mix::Both => both,
            Mix::Unknown => unknown,
        }
    }

    /// Those for whom another way of this mix, which takes no fewer hops, is no news. `mixed` says
    /// whether some hop is unknown: with one behind it, a conditional way makes a better one than an
    /// allowed way does.
    fn past(&self, mix: Mix, mixed: bool) -> Bits {
        let [allowed, conditional] = [Mix::Allowed, Mix::Conditional].map(|mix| *self.of(mix));
        match mix {
            Mix::Allowed => allowed,
            Mix::Conditional if mixed => conditional,
            Mix::Both if mixed => conditional.or(self.of(mix)),
            // One of both mixes may be no way at all, so it takes the place of none.
            Mix::Conditional | Mix::Both | Mix::Unknown => {
                allowed.or(&conditional).or(self.of(mix))
            }
        }
    }

    /// Those who may seem to come in a better way than they do: a way of both mixes may be one of
    /// unknown hops with a circle.
    pub(super) fn doubtful(&self) -> Bits {
        self.of(Mix::Both).and(self.of(Mix::Unknown)).without(self.of(Mix::Allowed))
    }

    /// Who came in any way.
    pub(super) fn any(&self) -> Bits {
        self.seen.iter().fold(Bits::default(), Bits::or)
    }

    /// How they came.
    pub(super) fn arrivals(&self) -> &[Arrival] {
        &self.arrivals
    }
}

/// States, and what becomes of them.
#[derive(Debug)]
pub(super) struct States {
    list: Vec<State>,
    next: Map<(StateId, Arrival), (StateId, SetId)>,
    /// The last of them: members of a set are mostly alike.
    last: Option<((StateId, Arrival), (StateId, SetId))>,
    /// Whether some hop is unknown.
    mixed: bool,
}

impl States {
    /// With none but that nobody came. `mixed` says whether some hop is unknown.
    pub(super) fn new(mixed: bool) -> Self {
        Self { list: vec![State::default()], next: Map::default(), last: None, mixed }
    }

    /// A state; nothing for that nobody came.
    pub(super) fn get(&self, id: StateId) -> Option<&State> {
        self.list.get(id.0 as usize).filter(|_| id != StateId::NOBODY)
    }

    /// Every state but that nobody came.
    pub(super) fn each(&self) -> impl Iterator<Item = (StateId, &State)> {
        (0..).map(StateId).zip(&self.list).skip(1)
    }

    /// What becomes of a state when some sources come, and for which of them that is news.
    pub(super) fn come(
        &mut self,
        state: StateId,
        arrival: Arrival,
        sets: &mut Sets,
    ) -> (StateId, SetId) {
        let key = (state, arrival);
        if let Some((_, known)) = self.last.filter(|(last, _)| *last == key) {
            return known;
        }
        let known = match self.next.get(&key) {
            Some(known) => *known,
            None => {
                let new = self.add(state, arrival, sets);
                self.next.insert(key, new);
                new
            }
        };
        self.last = Some((key, known));
        known
    }

    fn add(&mut self, state: StateId, arrival: Arrival, sets: &mut Sets) -> (StateId, SetId) {
        let mut next = self.list.get(state.0 as usize).cloned().unwrap_or_default();
        let news = sets.get(arrival.sources).without(&next.past(arrival.mix, self.mixed));
        if news.is_empty() {
            return (state, SetId::NONE);
        }
        if let Some(seen) = next.seen.get_mut(arrival.mix as usize) {
            seen.add(&news);
        }
        let sources = sets.number(&news);
        next.arrivals.push(Arrival { sources, ..arrival });
        let id = StateId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        self.list.push(next);
        (id, sources)
    }
}
