//! Which reading of a disputed rule is followed.

use std::cell::Cell;
use std::collections::BTreeSet;

/// Which reading of the rules on which sources disagree is followed, and which came up.
#[derive(Debug, Default)]
pub(crate) struct Doubts {
    pub(crate) choices: u32,
    pub(crate) touched: Cell<u32>,
}

#[derive(Clone, Copy)]
pub(super) enum Doubt {
    BoundaryOfNamedUser,
    AnyValueIfExists,
    NegatedWithoutValue,
    OddVariable,
    OddPositive,
    OddNegative,
    NotPrincipalAllow,
    NotPrincipalDeny,
    NegatedList,
    EveryoneWithoutCredentials,
    Guardrail,
}

impl Doubts {
    pub(super) fn choose(&self, doubt: Doubt) -> bool {
        let bit = 1 << doubt as u32;
        self.touched.set(self.touched.get() | bit);
        self.choices & bit != 0
    }
}

/// The answers that `ask` gives over all readings of the rules that it comes upon, and whether
/// it came upon one at all.
pub(crate) fn over_all_readings<T: Ord>(ask: impl Fn(&Doubts) -> T) -> (BTreeSet<T>, bool) {
    let (mut answers, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![0u32]);
    let mut touched = 0;
    while let Some(choices) = open.pop() {
        if !seen.insert(choices) {
            continue;
        }
        let doubts = Doubts { choices, touched: Cell::new(0) };
        answers.insert(ask(&doubts));
        touched |= doubts.touched.get();
        for bit in 0..16 {
            if touched & (1 << bit) != 0 {
                open.extend(seen.iter().map(|known| known | (1 << bit)));
            }
        }
    }
    (answers, touched != 0)
}
