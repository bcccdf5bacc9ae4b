//! Whether a formula can hold, can fail, and for want of what.

use std::collections::BTreeSet;

use super::super::decision::RequirementKind;
use super::atoms::{Atom, AtomId, Atoms};
use super::formula::{Assigned, Formula};

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
/// L5). A step looks at every atom, so this also bounds how deep a proof goes.
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
        let mut assigned = Assigned::new(self.len());
        for (id, value) in fixed {
            open.remove(id);
            assigned.set(*id, Some(*value));
        }
        let open: Vec<AtomId> = open.into_iter().collect();
        let mut path = fixed.to_vec();
        self.search(formula, wanted, &open, &mut assigned, &mut path)
    }

    /// Whether the formula can be made to hold whatever the facts are that were not read, and
    /// whichever way a disputed rule goes.
    pub(in crate::evaluation) fn provable(&self, formula: &Formula) -> bool {
        let mut open = BTreeSet::new();
        formula.collect(&mut open);
        let chosen = |id: &AtomId| {
            self.get(*id).is_some_and(|atom| {
                !matches!(atom.kind, RequirementKind::NotRead | RequirementKind::AmbiguousRule)
            })
        };
        let open: Vec<AtomId> = open.into_iter().filter(chosen).collect();
        let mut assigned = Assigned::new(self.len());
        let found = self.search(formula, true, &open, &mut assigned, &mut Vec::new());
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
        let mut open = BTreeSet::new();
        formula.collect(&mut open);
        let is_without = |id: &AtomId| self.get(*id).is_some_and(&without);
        let (fixed, open): (Vec<AtomId>, Vec<AtomId>) = open.into_iter().partition(is_without);
        let mut assigned = Assigned::new(self.len());
        for id in &fixed {
            assigned.set(*id, Some(false));
        }
        let mut path: Vec<(AtomId, bool)> = fixed.into_iter().map(|id| (id, false)).collect();
        let found = self.search(formula, true, &open, &mut assigned, &mut path);
        found && assigned.lookups() <= WORK
    }

    fn search(
        &self,
        formula: &Formula,
        wanted: bool,
        open: &[AtomId],
        assigned: &mut Assigned,
        path: &mut Vec<(AtomId, bool)>,
    ) -> bool {
        if assigned.lookups() > WORK {
            return true;
        }
        if let Some(value) = formula.value(assigned) {
            return value == wanted;
        }
        let Some((first, rest)) = open.split_first() else { return false };
        for value in [wanted, !wanted] {
            assigned.work(path.len());
            if path.iter().any(|other| self.contradict((*first, value), *other)) {
                continue;
            }
            assigned.set(*first, Some(value));
            path.push((*first, value));
            let found = self.search(formula, wanted, rest, assigned, path);
            path.pop();
            assigned.set(*first, None);
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
        if self.is_tangled(formula) {
            let mut all = BTreeSet::new();
            formula.collect(&mut all);
            return all.into_iter().all(unread);
        }
        let sets = self.sets(formula, true);
        sets.iter().any(|set| !set.is_empty()) && sets.iter().flatten().all(|(id, _)| unread(*id))
    }
}
