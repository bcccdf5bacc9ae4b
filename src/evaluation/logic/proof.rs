//! Whether a formula can hold, can fail, and for want of what.

use std::collections::BTreeSet;

use super::super::decision::RequirementKind;
use super::Term;
use super::atoms::{Atom, AtomId, Atoms};
use super::formula::{Assigned, Formula, Next};

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

/// How much work a proof may be before the answer is "it depends", which is always sound (rule
/// L5). A step looks at all that is assigned, so this also bounds how deep a proof goes.
const WORK: usize = 1_000_000;

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

    /// Whether the formula can't hold, whatever the atoms are.
    pub(in crate::evaluation) fn is_never(&self, formula: &Formula) -> bool {
        !self.possible(formula, true, &[])
    }

    /// Whether some assignment beside `fixed` gives the formula this value. `true` too when the
    /// proof would take too long.
    pub(super) fn possible(
        &self,
        formula: &Formula,
        wanted: bool,
        fixed: &[(AtomId, bool)],
    ) -> bool {
        let mut assigned = Assigned::new(self.len());
        for (id, value) in fixed {
            assigned.set(*id, Some(*value));
        }
        self.search(formula, wanted, &mut assigned, &mut fixed.to_vec())
    }

    /// Whether the formula can be made to hold whatever the facts are that were not read, and
    /// whichever way a disputed rule goes.
    pub(in crate::evaluation) fn provable(&self, formula: &Formula) -> bool {
        let mut assigned = Assigned::new(self.len());
        for (id, atom) in self.with_ids() {
            if matches!(atom.kind, RequirementKind::NotRead | RequirementKind::AmbiguousRule) {
                assigned.keep_open(id);
            }
        }
        let found = self.search(formula, true, &mut assigned, &mut Vec::new());
        // A search that was given up has proven nothing.
        found && assigned.lookups() <= WORK
    }

    /// Whether the formula can be made to hold where none of some atoms does. `false` too when the
    /// proof would take too long.
    pub(in crate::evaluation) fn holds_without(
        &self,
        formula: &Formula,
        without: impl Fn(&Atom) -> bool,
    ) -> bool {
        let mut assigned = Assigned::new(self.len());
        let mut path = Vec::new();
        for (id, _) in self.with_ids().filter(|(_, atom)| without(atom)) {
            assigned.set(id, Some(false));
            path.push((id, false));
        }
        let found = self.search(formula, true, &mut assigned, &mut path);
        found && assigned.lookups() <= WORK
    }

    /// Whether the formula can be given a value by assigning the atoms that are free, beside those
    /// on the path. `true` too when that takes too long.
    fn search(
        &self,
        formula: &Formula,
        wanted: bool,
        assigned: &mut Assigned,
        path: &mut Vec<(AtomId, bool)>,
    ) -> bool {
        if assigned.lookups() > WORK {
            return true;
        }
        let (literal, forced) = match formula.next(wanted, assigned) {
            Next::Is(value) => return value == wanted,
            Next::Stuck => return false,
            Next::Open { literal, forced } => (literal, forced),
        };
        let (atom, first) = literal;
        for value in [first, !first].into_iter().take(if forced { 1 } else { 2 }) {
            assigned.work(path.len());
            if path.iter().any(|other| self.contradict((atom, value), *other)) {
                continue;
            }
            assigned.set(atom, Some(value));
            path.push((atom, value));
            let found = self.search(formula, wanted, assigned, path);
            path.pop();
            assigned.set(atom, None);
            if found {
                return true;
            }
        }
        false
    }

    /// Whether whatever keeps the formula from being decided is a fact that was not read.
    pub(in crate::evaluation) fn only_unread(&self, formula: &Formula) -> bool {
        let unread =
            |id: AtomId| self.get(id).is_some_and(|atom| atom.kind == RequirementKind::NotRead);
        let mut all = BTreeSet::new();
        formula.collect(&mut all);
        let count = all.iter().filter(|id| unread(**id)).count();
        if count == 0 || count == all.len() || self.is_tangled(formula) {
            return count != 0 && count == all.len();
        }
        // What holds anyway keeps nothing open, and may still stand in sets that suffice.
        let without_sure;
        let formula = match formula {
            Formula::And(parts) => {
                let depends = |part: &&Formula| self.truth(part) != Truth::Always;
                without_sure = Formula::all(parts.iter().filter(depends).cloned());
                &without_sure
            }
            other => other,
        };
        let sets = self.sets(formula, true);
        sets.iter().any(|set| !set.is_empty()) && sets.iter().flatten().all(|(id, _)| unread(*id))
    }
}
