//! What is not known, each test once.

use std::collections::{BTreeSet, HashMap};

use crate::policy::Test;

use super::super::decision::RequirementKind;
use super::{Formula, Logic, Open, Sign, about};

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

impl Atom {
    /// Whether it is the same test.
    fn is(&self, other: &Self) -> bool {
        (self.hop, self.test) == (other.hop, other.test)
            && self.key == other.key
            && self.values == other.values
    }

    fn about(&self) -> u64 {
        about((self.hop, &self.key, self.test, &self.values))
    }
}

/// An atom that is there as a whole.
impl Open for Atom {
    fn sign(self) -> Option<Sign> {
        None
    }

    fn atom(self, _: bool) -> Self {
        self
    }
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
    /// Where there are many, by what they are about.
    by_name: HashMap<u64, Vec<AtomId>>,
    /// Whether nobody reads their sentences.
    silent: bool,
    /// Those that hold of no call that succeeds, so that nobody has to see to it.
    ruled_out: BTreeSet<AtomId>,
}

impl Atoms {
    /// Up to how many are compared one by one.
    const FEW: usize = 16;

    /// For verdicts alone, which take no sentences.
    pub(in crate::evaluation) fn silent() -> Self {
        Self { silent: true, ..Self::default() }
    }

    /// The formula that is this atom; the same test gives the same atom.
    fn formula(&mut self, mut atom: Atom) -> Formula {
        atom.values.sort();
        atom.values.dedup();
        let next = AtomId(self.list.len());
        let same = |id: &AtomId| self.list.get(id.0).is_some_and(|known| known.is(&atom));
        let id = if self.list.len() < Self::FEW {
            (0..self.list.len()).map(AtomId).find(same).unwrap_or(next)
        } else {
            if self.by_name.is_empty() {
                for (place, known) in self.list.iter().enumerate() {
                    self.by_name.entry(known.about()).or_default().push(AtomId(place));
                }
            }
            let named = self.by_name.entry(atom.about()).or_default();
            named.iter().copied().find(same).unwrap_or_else(|| {
                named.push(next);
                next
            })
        };
        if id == next {
            self.list.push(atom);
        }
        Formula::Atom(id)
    }

    /// The atoms that stand in a formula.
    pub(in crate::evaluation) fn of(&self, formula: &Formula) -> impl Iterator<Item = &Atom> {
        self.of_all(&[formula])
    }

    /// The atoms that stand in formulas, each once.
    pub(in crate::evaluation) fn of_all(
        &self,
        formulas: &[&Formula],
    ) -> impl Iterator<Item = &Atom> + use<'_> {
        let mut found = BTreeSet::new();
        for formula in formulas {
            formula.collect(&mut found);
        }
        found.into_iter().filter_map(|id| self.get(id))
    }

    /// Takes the atoms of a formula for such that hold of no call that succeeds: requirements do not
    /// ask for the opposite, unless they ask for nothing else.
    pub(in crate::evaluation) fn rule_out(&mut self, formula: &Formula) {
        formula.collect(&mut self.ruled_out);
    }

    /// Whether an atom is ruled out.
    pub(super) fn is_ruled_out(&self, id: AtomId) -> bool {
        self.ruled_out.contains(&id)
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

    fn open(&mut self, open: impl Open) -> Formula {
        let atom = open.atom(!self.silent);
        self.formula(atom)
    }
}
