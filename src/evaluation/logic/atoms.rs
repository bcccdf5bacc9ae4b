//! What is not known, each test once.

use std::collections::{BTreeSet, HashMap};

use crate::policy::Test;

use super::super::decision::RequirementKind;
use super::{Formula, Logic};

/// An atom of one [`Atoms`] table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::evaluation) struct AtomId(usize);

impl AtomId {
    /// Its place in the table.
    pub(super) fn index(self) -> usize {
        self.0
    }
}

/// A test that is not decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::evaluation) struct Atom {
    /// Which hop of the path, from 1.
    pub(in crate::evaluation) hop: usize,
    /// The condition key in lower case, or what stands in for one.
    pub(in crate::evaluation) key: String,
    /// The key as a policy writes it.
    pub(in crate::evaluation) written_key: String,
    /// What is tested.
    pub(in crate::evaluation) test: AtomTest,
    /// The values, any one of which suffices.
    pub(in crate::evaluation) values: Vec<String>,
    /// Who can make it true.
    pub(in crate::evaluation) kind: RequirementKind,
    /// What must hold, as a sentence, where the test itself does not say it.
    pub(in crate::evaluation) text: Option<String>,
    /// What must hold where the atom must not; without it, it is told from the other.
    pub(in crate::evaluation) text_negated: Option<String>,
}

/// What an atom tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::evaluation) enum AtomTest {
    /// The key is in the request.
    Present,
    /// The key's one value fits one of the values.
    Compare(Test),
    /// Some value of the key fits one of the values; with `true`, fits none of them.
    AnyOf(Test, bool),
    /// Anything else: a fact that was not read, a rule that is not settled.
    Given,
}

impl AtomTest {
    /// The operator's name.
    pub(super) fn operator(self) -> String {
        match self {
            Self::Present => "Present".to_owned(),
            Self::Compare(test) => test.name().to_owned(),
            Self::AnyOf(test, false) => format!("ForAnyValue:{}", test.name()),
            Self::AnyOf(test, true) => format!("ForAnyValue:{}", test.negated_name()),
            Self::Given => "Given".to_owned(),
        }
    }
}

/// The atoms of one question.
#[derive(Debug, Default)]
pub(in crate::evaluation) struct Atoms {
    list: Vec<Atom>,
    by_name: HashMap<(usize, String, AtomTest, Vec<String>), AtomId>,
}

impl Atoms {
    /// The formula that is this atom; the same test gives the same atom.
    pub(super) fn formula(&mut self, mut atom: Atom) -> Formula {
        atom.values.sort();
        atom.values.dedup();
        let name = (atom.hop, atom.key.clone(), atom.test, atom.values.clone());
        let next = AtomId(self.list.len());
        let id = *self.by_name.entry(name).or_insert(next);
        if id == next {
            self.list.push(atom);
        }
        Formula::Atom(id)
    }

    /// The atoms that stand in a formula.
    pub(in crate::evaluation) fn of(&self, formula: &Formula) -> impl Iterator<Item = &Atom> {
        let mut found = BTreeSet::new();
        formula.collect(&mut found);
        found.into_iter().filter_map(|id| self.get(id))
    }

    /// How many atoms there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// All of them, with their ids.
    pub(super) fn with_ids(&self) -> impl Iterator<Item = (AtomId, &Atom)> {
        self.list.iter().enumerate().map(|(place, atom)| (AtomId(place), atom))
    }

    /// What stands behind an id.
    pub(super) fn get(&self, id: AtomId) -> Option<&Atom> {
        self.list.get(id.0)
    }
}

impl Logic for Atoms {
    type Term = Formula;

    const REMEMBERS: bool = true;

    fn open(&mut self, atom: impl FnOnce() -> Atom) -> Formula {
        self.formula(atom())
    }
}
