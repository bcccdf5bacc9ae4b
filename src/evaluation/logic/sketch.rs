//! Decisions without formulas.
//!
//! Kleene's logic says "unknown" of `a or not a` too, so it decides nothing by itself. But a formula
//! that looks at each atom in one way only, as it is or negated, and whose atoms have nothing to do
//! with each other, holds for some values of them and fails for others. Nearly all decisions are of
//! that kind; a term keeps in a few words how it looks at what, and nothing is allocated.

use std::ops::Not;

use crate::policy::Tri;

use super::super::decision::{RequirementKind, Verdict};
use super::{Logic, Open, Sign, Term};

/// A value, and which atoms it depends on where it is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::evaluation) struct Sketched {
    value: Tri,
    /// The atoms that it looks at as they are, and negated, by bit.
    plain: u64,
    negated: u64,
}

/// What is known of one atom.
#[derive(Debug, Clone, Copy)]
struct Known {
    sign: Sign,
    bit: u64,
}

/// The atoms of one question.
#[derive(Debug, Default)]
pub(in crate::evaluation) struct Sketch {
    atoms: [Option<Known>; Self::MOST],
    /// Those that are facts which were not read, by bit.
    unread: u64,
    /// Whether something takes a formula.
    gave_up: bool,
}

impl Sketch {
    /// How many atoms are told apart: more are rare, and each is compared with all before.
    const MOST: usize = 16;

    /// The verdict (rule L2); `None` where it takes a formula.
    pub(in crate::evaluation) fn verdict(&self, term: Sketched) -> Option<Verdict> {
        let Sketched { value, plain, negated } = term;
        match value {
            Tri::True => Some(Verdict::Allowed),
            Tri::False => Some(Verdict::Denied),
            Tri::Unknown if self.gave_up || plain & negated != 0 => None,
            Tri::Unknown => {
                let all = plain | negated;
                match all & self.unread {
                    0 => Some(Verdict::Conditional),
                    unread if unread == all => Some(Verdict::Unknown),
                    // Whether what was not read decides takes the sets of atoms that suffice.
                    _ => None,
                }
            }
        }
    }

    /// Whether something takes a formula.
    pub(in crate::evaluation) fn gave_up(&self) -> bool {
        self.gave_up
    }

    /// The bit of an atom; `None` where it is not told from the others, or related to one.
    fn bit(&mut self, sign: Sign) -> Option<u64> {
        for (place, slot) in self.atoms.iter_mut().enumerate() {
            match slot {
                None => {
                    let bit = 1 << place;
                    *slot = Some(Known { sign, bit });
                    if sign.kind == RequirementKind::NotRead {
                        self.unread |= bit;
                    }
                    return Some(bit);
                }
                Some(known) if known.sign.about == sign.about => {
                    return (known.sign == sign && sign.is_whole).then_some(known.bit);
                }
                Some(_) => {}
            }
        }
        None
    }
}

impl Logic for Sketch {
    type Term = Sketched;

    const REMEMBERS: bool = false;

    fn open(&mut self, open: impl Open) -> Sketched {
        let bit = if self.gave_up { None } else { open.sign().and_then(|sign| self.bit(sign)) };
        self.gave_up |= bit.is_none();
        Sketched { value: Tri::Unknown, plain: bit.unwrap_or(0), negated: 0 }
    }

    fn same(&mut self, one: &Sketched, other: &Sketched) -> bool {
        // Two that look at the same atoms need not be the same.
        self.gave_up |= one.value == Tri::Unknown && other.value == Tri::Unknown;
        one == other
    }
}

impl From<bool> for Sketched {
    fn from(value: bool) -> Self {
        if value { Self::TRUE } else { Self::FALSE }
    }
}

impl Not for Sketched {
    type Output = Self;

    fn not(self) -> Self {
        Self { value: !self.value, plain: self.negated, negated: self.plain }
    }
}

impl Term for Sketched {
    const TRUE: Self = Self { value: Tri::True, plain: 0, negated: 0 };
    const FALSE: Self = Self { value: Tri::False, plain: 0, negated: 0 };

    fn and(self, other: Self) -> Self {
        match (self.value, other.value) {
            (Tri::False, _) | (_, Tri::False) => Self::FALSE,
            (Tri::True, _) => other,
            (_, Tri::True) => self,
            (Tri::Unknown, Tri::Unknown) => Self {
                value: Tri::Unknown,
                plain: self.plain | other.plain,
                negated: self.negated | other.negated,
            },
        }
    }

    fn or(self, other: Self) -> Self {
        !(!self).and(!other)
    }
}
