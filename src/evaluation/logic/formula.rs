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

    /// Kleene's value under a partial assignment.
    pub(super) fn value(&self, assigned: &Assigned) -> Option<bool> {
        match self {
            Self::True => Some(true),
            Self::False => Some(false),
            Self::Atom(id) => assigned.of(*id),
            Self::Not(inner) => inner.value(assigned).map(|value| !value),
            Self::And(list) => Self::first(list, assigned, false),
            Self::Or(list) => Self::first(list, assigned, true),
        }
    }

    /// `settles` where one has that value, its opposite where all have that.
    fn first(list: &[Self], assigned: &Assigned, settles: bool) -> Option<bool> {
        let mut all = Some(!settles);
        for each in list {
            match each.value(assigned) {
                Some(value) if value == settles => return Some(settles),
                None => all = None,
                Some(_) => {}
            }
        }
        all
    }
}

/// Values of some atoms, and how often one was asked for.
pub(super) struct Assigned {
    values: Vec<Option<bool>>,
    lookups: Cell<usize>,
}

impl Assigned {
    pub(super) fn new(atoms: usize) -> Self {
        Self { values: vec![None; atoms], lookups: Cell::new(0) }
    }

    pub(super) fn set(&mut self, atom: AtomId, value: Option<bool>) {
        if let Some(place) = self.values.get_mut(atom.index()) {
            *place = value;
        }
    }

    fn of(&self, atom: AtomId) -> Option<bool> {
        self.work(1);
        self.values.get(atom.index()).copied().flatten()
    }

    /// Counts work that is done beside lookups.
    pub(super) fn work(&self, steps: usize) {
        self.lookups.set(self.lookups.get().saturating_add(steps));
    }

    pub(super) fn lookups(&self) -> usize {
        self.lookups.get()
    }
}
