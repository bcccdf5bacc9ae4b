//! Three-valued logic (rule L1).
//!
//! A decision is worked out over terms. Plain terms are true, false or unknown and cost nothing.
//! Where they leave the answer open, the same work is done once more over formulas, which
//! remember what is unknown: the same test is the same atom wherever it stands, so that
//! `Allow if MFA` beside `Allow if not MFA` is seen to be always true.

mod atoms;
mod formula;
mod proof;
mod relations;
mod requirements;
#[cfg(test)]
mod tests;

use std::ops::Not;

use crate::policy::Tri;

pub(super) use atoms::{Atom, AtomTest, Atoms};
pub(super) use formula::Formula;
pub(super) use proof::Truth;

/// What a test comes to, as far as it is known.
pub(super) trait Term: Clone + PartialEq + From<bool> + Not<Output = Self> {
    /// It holds.
    const TRUE: Self;
    /// It does not hold.
    const FALSE: Self;

    /// Both.
    #[must_use]
    fn and(self, other: Self) -> Self;

    /// Either.
    #[must_use]
    fn or(self, other: Self) -> Self;

    /// Whether it holds whatever is unknown.
    fn is_true(&self) -> bool {
        *self == Self::TRUE
    }

    /// Whether it fails whatever is unknown.
    fn is_false(&self) -> bool {
        *self == Self::FALSE
    }

    /// Adds one more way for it to hold.
    fn widen(&mut self, other: Self) {
        *self = std::mem::replace(self, Self::FALSE).or(other);
    }

    /// Any of them.
    fn any(terms: impl IntoIterator<Item = Self>) -> Self {
        terms.into_iter().fold(Self::FALSE, Self::or)
    }

    /// All of them.
    fn all(terms: impl IntoIterator<Item = Self>) -> Self {
        terms.into_iter().fold(Self::TRUE, Self::and)
    }
}

/// Makes terms of what is not known.
pub(super) trait Logic {
    /// The terms.
    type Term: Term;

    /// Whether it keeps what atoms are about; where not, they are never even described.
    const REMEMBERS: bool;

    /// A term for something that is not known.
    fn open(&mut self, atom: impl FnOnce() -> Atom) -> Self::Term;
}

/// Forgets what is unknown: Kleene's logic.
pub(super) struct Plain;

impl Logic for Plain {
    type Term = Tri;

    const REMEMBERS: bool = false;

    fn open(&mut self, _: impl FnOnce() -> Atom) -> Tri {
        Tri::Unknown
    }
}

impl Not for Tri {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl Term for Tri {
    const TRUE: Self = Self::True;
    const FALSE: Self = Self::False;

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, rest) | (rest, Self::True) => rest,
            _ => Self::Unknown,
        }
    }

    fn or(self, other: Self) -> Self {
        !(!self).and(!other)
    }
}
