//! Whether a formula can hold, can fail, and for want of what.

use std::collections::BTreeSet;

use super::super::decision::RequirementKind;
use super::atoms::{AtomId, Atoms};
use super::formula::Formula;

/// Whether a formula holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::evaluation) enum Truth {
    /// Whatever the atoms are.
    Always,
    /// It depends.
    Sometimes,
    /// Whatever the atoms are, not.
    Never,
}

/// How many steps a proof may take before the answer is "it depends", which is always sound
/// (rule L5).
const STEPS: usize = 20_000;

impl Atoms {
    /// Whether the formula always, sometimes or never holds.
    pub(in crate::evaluation) fn truth(&self, formula: &Formula) -> Truth {
        match formula {
            Formula::True => return Truth::Always,
            Formula::False => return Truth::Never,
            Formula::Atom(_) => return Truth::Sometimes,
            _ => {}
        }
        if !self.possible(formula, true, &[]) {
            Truth::Never
        } else if !self.possible(formula, false, &[]) {
            Truth::Always
        } else {
            Truth::Sometimes
        }
    }

    /// Whether some assignment beside `fixed` gives the formula this value. `true` too when the
    /// proof would take too long.
    pub(super) fn possible(
        &self,
        formula: &Formula,
        wanted: bool,
        fixed: &[(AtomId, bool)],
    ) -> bool {
        let mut open = BTreeSet::new();
        formula.collect(&mut open);
        for (id, _) in fixed {
            open.remove(id);
        }
        let open: Vec<AtomId> = open.into_iter().collect();
        let mut assigned = fixed.to_vec();
        let mut steps = 0;
        self.search(formula, wanted, &open, &mut assigned, &mut steps)
    }

    fn search(
        &self,
        formula: &Formula,
        wanted: bool,
        open: &[AtomId],
        assigned: &mut Vec<(AtomId, bool)>,
        steps: &mut usize,
    ) -> bool {
        *steps += 1;
        if *steps > STEPS {
            return true;
        }
        let value = formula
            .value(&|id| assigned.iter().find(|(known, _)| *known == id).map(|(_, value)| *value));
        match value {
            Some(value) => return value == wanted,
            None if open.is_empty() => return false,
            None => {}
        }
        let Some((first, rest)) = open.split_first() else { return false };
        for value in [wanted, !wanted] {
            if assigned.iter().any(|other| self.contradict((*first, value), *other)) {
                continue;
            }
            assigned.push((*first, value));
            let found = self.search(formula, wanted, rest, assigned, steps);
            assigned.pop();
            if found {
                return true;
            }
        }
        false
    }

    /// Whether whatever keeps the formula from being decided is a fact that was not read.
    pub(in crate::evaluation) fn only_unread(&self, formula: &Formula) -> bool {
        let mut kinds = self
            .sets(formula, true)
            .into_iter()
            .flatten()
            .filter_map(|(id, _)| self.get(id))
            .map(|atom| atom.kind)
            .peekable();
        kinds.peek().is_some() && kinds.all(|kind| kind == RequirementKind::NotRead)
    }
}
