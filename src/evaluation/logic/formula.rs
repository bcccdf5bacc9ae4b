//! Formulas over what is not known.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::Term;
use super::atoms::AtomId;

/// A condition on what is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::evaluation) enum Formula {
    /// Holds.
    True,
    /// Does not hold.
    False,
    /// Holds if the atom does.
    Atom(AtomId),
    /// Holds if the inner one does not.
    Not(Box<Formula>),
    /// Holds if all do.
    And(Vec<Formula>),
    /// Holds if one does.
    Or(Vec<Formula>),
}

impl From<bool> for Formula {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl std::ops::Not for Formula {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}

impl Term for Formula {
    const TRUE: Self = Self::True;
    const FALSE: Self = Self::False;

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, rest) | (rest, Self::True) => rest,
            (Self::And(mut one), Self::And(two)) => {
                one.extend(two);
                Self::And(one)
            }
            (Self::And(mut list), one) | (one, Self::And(mut list)) => {
                list.push(one);
                Self::And(list)
            }
            (one, two) if one == two => one,
            (one, two) => Self::And(vec![one, two]),
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::False, rest) | (rest, Self::False) => rest,
            (Self::Or(mut one), Self::Or(two)) => {
                one.extend(two);
                Self::Or(one)
            }
            (Self::Or(mut list), one) | (one, Self::Or(mut list)) => {
                list.push(one);
                Self::Or(list)
            }
            (one, two) if one == two => one,
            (one, two) => Self::Or(vec![one, two]),
        }
    }
}

impl Formula {
    /// Adds every atom that stands in it.
    pub(super) fn collect(&self, found: &mut BTreeSet<AtomId>) {
        match self {
            Self::True | Self::False => {}
            Self::Atom(id) => {
                found.insert(*id);
            }
            Self::Not(inner) => inner.collect(found),
            Self::And(list) | Self::Or(list) => list.iter().for_each(|each| each.collect(found)),
        }
    }

    /// Kleene's value under a partial assignment, or else which literal brings it closer to the
    /// value that is wanted.
    pub(super) fn next(&self, wanted: bool, assigned: &Assigned) -> Next {
        match self {
            Self::True => Next::Is(true),
            Self::False => Next::Is(false),
            Self::Atom(id) => match assigned.of(*id) {
                Value::Is(value) => Next::Is(value),
                Value::Free => Next::Open { literal: (*id, wanted), forced: true },
                Value::Kept => Next::Stuck,
            },
            Self::Not(inner) => match inner.next(!wanted, assigned) {
                Next::Is(value) => Next::Is(!value),
                other => other,
            },
            Self::And(list) => Self::next_of(list, false, wanted, assigned),
            Self::Or(list) => Self::next_of(list, true, wanted, assigned),
        }
    }

    /// `settles` where one has that value, its opposite where all have that.
    fn next_of(list: &[Self], settles: bool, wanted: bool, assigned: &Assigned) -> Next {
        let one_suffices = settles == wanted;
        let mut found = Next::Is(!settles);
        for each in list {
            match (each.next(wanted, assigned), found) {
                (Next::Is(value), _) if value == settles => return Next::Is(settles),
                (Next::Stuck, _) if !one_suffices => return Next::Stuck,
                (Next::Is(_), _) => {}
                (next, Next::Is(_) | Next::Stuck) => found = next,
                (Next::Stuck, Next::Open { .. }) => {}
                (Next::Open { .. }, Next::Open { literal, .. }) if one_suffices => {
                    found = Next::Open { literal, forced: false };
                }
                // What leaves no choice goes first.
                (next @ Next::Open { forced: true, .. }, Next::Open { forced: false, .. }) => {
                    found = next;
                }
                (Next::Open { .. }, Next::Open { .. }) => {}
            }
        }
        found
    }
}

/// How far a formula is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// It has this value.
    Is(bool),
    /// It depends, first on this literal; where that is forced, the formula can't get the value that
    /// is wanted with the opposite one.
    Open { literal: (AtomId, bool), forced: bool },
    /// It depends, and no atom that is free gives it the value that is wanted.
    Stuck,
}

/// What an atom is while a formula is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    Free,
    Is(bool),
    /// It is not to be assigned.
    Kept,
}

/// Values of some atoms, and how often one was asked for.
pub(super) struct Assigned {
    values: Vec<Value>,
    lookups: Cell<usize>,
}

impl Assigned {
    pub(super) fn new(atoms: usize) -> Self {
        Self { values: vec![Value::Free; atoms], lookups: Cell::new(0) }
    }

    pub(super) fn set(&mut self, atom: AtomId, value: Option<bool>) {
        self.put(atom, value.map_or(Value::Free, Value::Is));
    }

    /// Leaves an atom open for good.
    pub(super) fn keep_open(&mut self, atom: AtomId) {
        self.put(atom, Value::Kept);
    }

    fn put(&mut self, atom: AtomId, value: Value) {
        if let Some(place) = self.values.get_mut(atom.index()) {
            *place = value;
        }
    }

    fn of(&self, atom: AtomId) -> Value {
        self.work(1);
        self.values.get(atom.index()).copied().unwrap_or(Value::Kept)
    }

    /// Counts work that is done beside lookups.
    pub(super) fn work(&self, steps: usize) {
        self.lookups.set(self.lookups.get().saturating_add(steps));
    }

    pub(super) fn lookups(&self) -> usize {
        self.lookups.get()
    }
}
