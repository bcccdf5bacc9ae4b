//! The smallest sets of atoms that make a formula hold (rule L6).

use std::collections::BTreeSet;

use super::super::decision::{Requirement, RequirementKind, Requirements};
use super::super::sentence;
use super::atoms::{AtomId, Atoms};
use super::formula::Formula;
use super::proof::Truth;

/// How many sets are kept while they are worked out, and shown.
const SETS: usize = 96;
const SHOWN: usize = 8;
/// With more open tests than this nobody gets a list.
const TANGLED: usize = 240;

impl Atoms {
    /// The smallest sets of atoms, any one of which makes the formula hold (rule L6).
    pub(in crate::evaluation) fn requirements(
        &self,
        formula: &Formula,
        truth: Truth,
    ) -> Requirements {
        match truth {
            Truth::Always => return vec![Vec::new()],
            Truth::Never => return Vec::new(),
            Truth::Sometimes if self.is_tangled(formula) => return vec![vec![tangled()]],
            Truth::Sometimes => {}
        }
        let mut sets = Vec::new();
        for mut set in self.sets(formula, true) {
            self.shrink(formula, &mut set);
            // Nobody has to see to it that a call does not pass what it can't.
            let matters = |(id, positive): &(AtomId, bool)| *positive || !self.is_ruled_out(*id);
            if set.iter().any(matters) {
                set.retain(matters);
            }
            if !sets.iter().any(|kept: &Set| kept.is_subset(&set)) {
                sets.retain(|kept| !set.is_subset(kept));
                sets.push(set);
            }
        }
        let effort = |set: &Set| -> (Option<RequirementKind>, usize) {
            (set.iter().filter_map(|(id, _)| self.get(*id)).map(|atom| atom.kind).max(), set.len())
        };
        if sets.is_empty() {
            return vec![vec![tangled()]];
        }
        sets.sort_by_key(effort);
        sets.truncate(SHOWN);
        sets.iter()
            .map(|set| {
                let list = set.iter().filter_map(|literal| self.requirement(*literal));
                without_double_negation(list.collect())
            })
            .collect()
    }

    /// Whether so many tests are open that a list of them serves nobody.
    pub(super) fn is_tangled(&self, formula: &Formula) -> bool {
        if self.len() <= TANGLED {
            return false;
        }
        let mut atoms = BTreeSet::new();
        formula.collect(&mut atoms);
        atoms.len() > TANGLED
    }

    fn requirement(&self, (id, positive): (AtomId, bool)) -> Option<Requirement> {
        let atom = self.get(id)?;
        Some(Requirement {
            // What the caller's session holds from before the first hop is met at the first.
            hop: atom.hop.max(1),
            key: atom.written_key.clone(),
            operator: atom.test.operator(),
            values: atom.values.clone(),
            negated: !positive,
            kind: atom.kind,
            text: sentence::of(atom, !positive),
        })
    }

    /// Sets of literals that each make the formula have this value; at most [`SETS`].
    pub(super) fn sets(&self, formula: &Formula, wanted: bool) -> Vec<Set> {
        match formula {
            Formula::True | Formula::False => {
                if (*formula == Formula::True) == wanted {
                    vec![Set::new()]
                } else {
                    Vec::new()
                }
            }
            Formula::Atom(id) => vec![Set::from([(*id, wanted)])],
            Formula::Not(inner) => self.sets(inner, !wanted),
            Formula::And(list) if wanted => self.product(list, wanted),
            Formula::Or(list) if !wanted => self.product(list, wanted),
            Formula::And(list) | Formula::Or(list) => {
                let mut sets = Vec::new();
                for set in list.iter().flat_map(|each| self.sets(each, wanted)) {
                    keep(&mut sets, set);
                }
                sets
            }
        }
    }

    fn product(&self, list: &[Formula], wanted: bool) -> Vec<Set> {
        let mut sets = vec![Set::new()];
        for each in list {
            let choices = self.sets(each, wanted);
            let mut next = Vec::new();
            for set in &sets {
                for choice in &choices {
                    let fits = choice.iter().all(|literal| {
                        set.iter().all(|other| {
                            (literal.0 != other.0 || literal.1 == other.1)
                                && !self.contradict(*literal, *other)
                        })
                    });
                    if fits {
                        keep(&mut next, set.union(choice).copied().collect());
                    }
                }
            }
            sets = next;
        }
        sets
    }

    /// Drops what the rest of the set already brings about.
    fn shrink(&self, formula: &Formula, set: &mut Set) {
        for literal in set.clone().into_iter().rev() {
            let mut smaller = set.clone();
            smaller.remove(&literal);
            let fixed: Vec<_> = smaller.iter().copied().collect();
            if !self.possible(formula, false, &fixed) {
                *set = smaller;
            }
        }
    }
}

/// What is there and is not `false` is `true`.
fn without_double_negation(mut set: Vec<Requirement>) -> Vec<Requirement> {
    for place in 0..set.len() {
        let Some(negated) = set.get(place) else { break };
        let [value] = negated.values.as_slice() else { continue };
        let opposite = match value.as_str() {
            "false" => "true",
            "true" => "false",
            _ => continue,
        };
        if negated.operator != "Bool" || !negated.negated {
            continue;
        }
        let (hop, key) = (negated.hop, negated.key.clone());
        let present = set.iter().position(|other| {
            (other.hop, &other.key) == (hop, &key) && other.operator == "Present" && !other.negated
        });
        let Some(present) = present else { continue };
        if let Some(one) = set.get_mut(place) {
            one.negated = false;
            one.values = vec![opposite.to_owned()];
            one.text = sentence::boolean(&key, &one.values);
        }
        set.remove(present);
    }
    set
}

/// Stands for more than can be listed.
fn tangled() -> Requirement {
    Requirement {
        hop: 1,
        key: "policies".to_owned(),
        operator: "Given".to_owned(),
        values: Vec::new(),
        negated: false,
        kind: RequirementKind::CallerState,
        text: "the policies ask for too many things to list here".to_owned(),
    }
}

type Set = BTreeSet<(AtomId, bool)>;

/// Adds a set unless a smaller one says the same; past the bound the longest go.
fn keep(sets: &mut Vec<Set>, set: Set) {
    if sets.iter().any(|kept| kept.is_subset(&set)) {
        return;
    }
    sets.retain(|kept| !set.is_subset(kept));
    sets.push(set);
    if sets.len() > SETS {
        sets.sort_by_key(BTreeSet::len);
        sets.truncate(SETS);
    }
}
