//! Three-valued logic (rule L1).
//!
//! A decision is worked out over terms. Plain terms are true, false or unknown and cost nothing;
//! sketches know beside that what they look at. Where these leave the answer open, the same work is
//! done once more over formulas, which remember what is unknown: the same test is the same atom
//! wherever it stands, so that `Allow if MFA` beside `Allow if not MFA` is seen to be always true.

mod atoms;
mod formula;
mod proof;
mod relations;
mod requirements;
mod sketch;
#[cfg(test)]
mod tests;

use std::hash::{BuildHasher, Hash};
use std::ops::Not;

use foldhash::fast::FixedState;

use crate::policy::Tri;

use super::decision::RequirementKind;

pub(super) use atoms::{Atom, AtomTest, Atoms};
pub(super) use formula::Formula;
pub(super) use proof::Truth;
pub(super) use sketch::Sketch;

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
    fn open(&mut self, open: impl Open) -> Self::Term;

    /// Whether two terms are the same.
    fn same(&mut self, one: &Self::Term, other: &Self::Term) -> bool {
        one == other
    }
}

/// Something that is not known, told as far as the logic asks.
pub(super) trait Open {
    /// What tells it from others; `None` where that takes more than a look.
    fn sign(self) -> Option<Sign>;

    /// All of it; its sentences only where somebody reads them.
    fn atom(self, in_words: bool) -> Atom;
}

/// What takes more than a look.
impl<A: FnOnce(bool) -> Atom> Open for A {
    fn sign(self) -> Option<Sign> {
        None
    }

    fn atom(self, in_words: bool) -> Atom {
        self(in_words)
    }
}

/// Something that is told by functions.
pub(super) struct Told<S, A> {
    pub(super) sign: S,
    pub(super) atom: A,
}

impl<S: FnOnce() -> Option<Sign>, A: FnOnce(bool) -> Atom> Open for Told<S, A> {
    fn sign(self) -> Option<Sign> {
        (self.sign)()
    }

    fn atom(self, in_words: bool) -> Atom {
        (self.atom)(in_words)
    }
}

/// What tells something that is not known from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sign {
    /// What it is about. What is about something else has nothing to do with it.
    pub(super) about: u64,
    /// Whether that is all: two of one sign are one.
    pub(super) is_whole: bool,
    pub(super) kind: RequirementKind,
}

/// A number for what something is about.
pub(super) fn about(parts: impl Hash) -> u64 {
    FixedState::default().hash_one(parts)
}

/// Forgets what is unknown: Kleene's logic.
pub(super) struct Plain;

impl Logic for Plain {
    type Term = Tri;

    const REMEMBERS: bool = false;

    fn open(&mut self, _: impl Open) -> Tri {
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
