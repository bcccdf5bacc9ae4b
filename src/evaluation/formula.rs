//! Three-valued logic with memory: formulas over atoms (rule L1).
//!
//! What is known folds to `True` or `False` while a formula is built. What is not known is an
//! atom, and the same test is the same atom wherever it stands, so that `Allow if MFA` beside
//! `Allow if not MFA` is seen to be always true.

use std::collections::{BTreeSet, HashMap};

use crate::policy::{Test, Tri};

use super::decision::{Requirement, RequirementKind, Requirements};

/// A condition on what is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Formula {
    /// Holds.
    True,
    /// Does not hold.
    False,
    /// Holds if the atom does.
    Atom(AtomId),
    /// Holds if the inner one does not.
    Not(Box<Formula>),
    /// Holds if all do.
    And(Vec<Formula>),
    /// Holds if one does.
    Or(Vec<Formula>),
}

/// An atom of one [`Atoms`] table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AtomId(usize);

impl From<bool> for Formula {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl std::ops::Not for Formula {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}

impl Formula {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, rest) | (rest, Self::True) => rest,
            (Self::And(mut one), Self::And(two)) => {
                one.extend(two);
                Self::And(one)
            }
            (Self::And(mut list), one) | (one, Self::And(mut list)) => {
                list.push(one);
                Self::And(list)
            }
            (one, two) if one == two => one,
            (one, two) => Self::And(vec![one, two]),
        }
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::False, rest) | (rest, Self::False) => rest,
            (Self::Or(mut one), Self::Or(two)) => {
                one.extend(two);
                Self::Or(one)
            }
            (Self::Or(mut list), one) | (one, Self::Or(mut list)) => {
                list.push(one);
                Self::Or(list)
            }
            (one, two) if one == two => one,
            (one, two) => Self::Or(vec![one, two]),
        }
    }

    /// Any of them.
    pub fn any(formulas: impl IntoIterator<Item = Self>) -> Self {
        formulas.into_iter().fold(Self::False, Self::or)
    }

    /// All of them.
    pub fn all(formulas: impl IntoIterator<Item = Self>) -> Self {
        formulas.into_iter().fold(Self::True, Self::and)
    }

    fn collect(&self, found: &mut BTreeSet<AtomId>) {
        match self {
            Self::True | Self::False => {}
            Self::Atom(id) => {
                found.insert(*id);
            }
            Self::Not(inner) => inner.collect(found),
            Self::And(list) | Self::Or(list) => list.iter().for_each(|each| each.collect(found)),
        }
    }

    /// Kleene's value under a partial assignment.
    fn value(&self, assigned: &dyn Fn(AtomId) -> Option<bool>) -> Option<bool> {
        match self {
            Self::True => Some(true),
            Self::False => Some(false),
            Self::Atom(id) => assigned(*id),
            Self::Not(inner) => inner.value(assigned).map(|value| !value),
            Self::And(list) => {
                let mut all = Some(true);
                for each in list {
                    match each.value(assigned) {
                        Some(false) => return Some(false),
                        None => all = None,
                        Some(true) => {}
                    }
                }
                all
            }
            Self::Or(list) => {
                let mut any = Some(false);
                for each in list {
                    match each.value(assigned) {
                        Some(true) => return Some(true),
                        None => any = None,
                        Some(false) => {}
                    }
                }
                any
            }
        }
    }
}

/// A test that is not decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Atom {
    /// Which hop of the path, from 1.
    pub hop: usize,
    /// The condition key in lower case, or what stands in for one.
    pub key: String,
    /// The key as a policy writes it.
    pub written_key: String,
    /// What is tested.
    pub test: AtomTest,
    /// The values, any one of which suffices.
    pub values: Vec<String>,
    /// Who can make it true.
    pub kind: RequirementKind,
    /// What must hold, as a sentence.
    pub text: String,
    /// What must hold where the atom must not.
    pub text_negated: String,
}

/// What an atom tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AtomTest {
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
    fn operator(self) -> String {
        match self {
            Self::Present => "Present".to_owned(),
            Self::Compare(test) => test.name().to_owned(),
            Self::AnyOf(test, false) => format!("ForAnyValue:{}", test.name()),
            Self::AnyOf(test, true) => format!("ForAnyValue:Not{}", test.name()),
            Self::Given => "Given".to_owned(),
        }
    }
}

/// The atoms of one question.
#[derive(Debug, Default)]
pub struct Atoms {
    list: Vec<Atom>,
    by_name: HashMap<(usize, String, AtomTest, Vec<String>), AtomId>,
}

/// Whether a formula holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// Whatever the atoms are.
    Always,
    /// It depends.
    Sometimes,
    /// Whatever the atoms are, not.
    Never,
}

/// How many steps a proof may take before the answer is "it depends", which is always sound.
const STEPS: usize = 20_000;
/// How many sets of requirements are kept while they are worked out, and shown.
const SETS: usize = 96;
const SHOWN: usize = 8;

impl Atoms {
    /// The formula that is this atom; the same test gives the same atom.
    pub fn atom(&mut self, mut atom: Atom) -> Formula {
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

    /// What stands behind an id.
    pub fn get(&self, id: AtomId) -> Option<&Atom> {
        self.list.get(id.0)
    }

    /// Whether the formula always, sometimes or never holds.
    pub fn truth(&self, formula: &Formula) -> Truth {
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
    fn possible(&self, formula: &Formula, wanted: bool, fixed: &[(AtomId, bool)]) -> bool {
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

    /// Whether two atoms can't have these values together (rule L3). Only what is proven.
    fn contradict(&self, one: (AtomId, bool), two: (AtomId, bool)) -> bool {
        let (Some(a), Some(b)) = (self.get(one.0), self.get(two.0)) else { return false };
        if a.hop != b.hop
            || a.key != b.key
            || a.test == AtomTest::Given
            || b.test == AtomTest::Given
        {
            return false;
        }
        match (one.1, two.1) {
            (true, true) => exclusive(a, b),
            (true, false) => implies(a, b),
            (false, true) => implies(b, a),
            (false, false) => false,
        }
    }

    /// The smallest sets of atoms, any one of which makes the formula hold.
    pub fn requirements(&self, formula: &Formula) -> Requirements {
        match self.truth(formula) {
            Truth::Always => return vec![Vec::new()],
            Truth::Never => return Vec::new(),
            Truth::Sometimes => {}
        }
        let mut sets = Vec::new();
        for mut set in self.sets(formula, true) {
            self.shrink(formula, &mut set);
            if !sets.iter().any(|kept: &Set| kept.is_subset(&set)) {
                sets.retain(|kept| !set.is_subset(kept));
                sets.push(set);
            }
        }
        let effort = |set: &Set| -> (Option<RequirementKind>, usize) {
            (set.iter().filter_map(|(id, _)| self.get(*id)).map(|atom| atom.kind).max(), set.len())
        };
        sets.sort_by_key(effort);
        sets.truncate(SHOWN);
        sets.iter()
            .map(|set| set.iter().filter_map(|literal| self.requirement(*literal)).collect())
            .collect()
    }

    fn requirement(&self, (id, positive): (AtomId, bool)) -> Option<Requirement> {
        let atom = self.get(id)?;
        Some(Requirement {
            hop: atom.hop,
            key: atom.written_key.clone(),
            operator: atom.test.operator(),
            values: atom.values.clone(),
            negated: !positive,
            kind: atom.kind,
            text: if positive { atom.text.clone() } else { atom.text_negated.clone() },
        })
    }

    /// Sets of literals that each make the formula have this value; at most [`SETS`].
    fn sets(&self, formula: &Formula, wanted: bool) -> Vec<Set> {
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

    /// Whether whatever keeps the formula from being decided is a fact that was not read.
    pub fn only_unread(&self, formula: &Formula) -> bool {
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

/// Whether both can't be true of one value of one key.
fn exclusive(one: &Atom, two: &Atom) -> bool {
    use AtomTest::Compare;
    match (one.test, two.test) {
        (Compare(Test::StringEquals), Compare(Test::StringEquals))
        | (Compare(Test::Bool), Compare(Test::Bool)) => one
            .values
            .iter()
            .all(|value| !two.values.iter().any(|other| same(one.test, value, other))),
        (Compare(Test::StringEquals), Compare(test)) => none_fit(&one.values, test, &two.values),
        (Compare(test), Compare(Test::StringEquals)) => none_fit(&two.values, test, &one.values),
        (Compare(Test::IpAddress), Compare(Test::IpAddress)) => {
            pairs(one, two).all(|(value, other)| match (network(value), network(other)) {
                (Some(value), Some(other)) => !value.contains(&other) && !other.contains(&value),
                _ => false,
            })
        }
        _ => false,
    }
}

/// Whether the first can't be true without the second.
fn implies(one: &Atom, two: &Atom) -> bool {
    use AtomTest::{AnyOf, Compare, Present};
    match (one.test, two.test) {
        (Compare(_) | AnyOf(..), Present) => true,
        (Compare(test), Compare(other)) if test == other => {
            let fits = |value: &String| {
                match test {
                Test::IpAddress => two.values.iter().any(|other| {
                    matches!((network(value), network(other)), (Some(v), Some(o)) if o.contains(&v))
                }),
                _ => two.values.contains(value),
            }
            };
            one.values.iter().all(fits)
        }
        (Compare(Test::StringEquals), Compare(test)) => one
            .values
            .iter()
            .all(|value| two.values.iter().any(|other| fit(value, test, other) == Tri::True)),
        _ => false,
    }
}

fn pairs<'a>(one: &'a Atom, two: &'a Atom) -> impl Iterator<Item = (&'a String, &'a String)> {
    one.values.iter().flat_map(|value| two.values.iter().map(move |other| (value, other)))
}

fn same(test: AtomTest, one: &str, two: &str) -> bool {
    if test == AtomTest::Compare(Test::Bool) { one.eq_ignore_ascii_case(two) } else { one == two }
}

fn none_fit(values: &[String], test: Test, patterns: &[String]) -> bool {
    values.iter().all(|value| patterns.iter().all(|other| fit(value, test, other) == Tri::False))
}

/// Values of atoms hold no variables, but they may hold escapes; those are left undecided.
fn fit(value: &str, test: Test, pattern: &str) -> Tri {
    if value.contains("${") || pattern.contains("${") || test == Test::Null {
        return Tri::Unknown;
    }
    test.compare(value, &crate::arn::glob::Glob::new(pattern), pattern)
}

fn network(text: &str) -> Option<ipnet::IpNet> {
    crate::policy::network(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn atom(atoms: &mut Atoms, key: &str, test: AtomTest, values: &[&str]) -> Formula {
        atoms.atom(Atom {
            hop: 1,
            key: key.to_owned(),
            written_key: key.to_owned(),
            test,
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            kind: RequirementKind::Environment,
            text: format!("{key} {values:?}"),
            text_negated: format!("not {key} {values:?}"),
        })
    }

    #[test]
    fn an_atom_and_its_opposite_cover_everything() {
        let atoms = &mut Atoms::default();
        let mfa = atom(atoms, "mfa", AtomTest::Compare(Test::Bool), &["true"]);
        assert_eq!(atoms.truth(&mfa.clone().or(!mfa.clone())), Truth::Always);
        assert_eq!(atoms.truth(&mfa.clone().and(!mfa.clone())), Truth::Never);
        assert_eq!(atoms.truth(&mfa), Truth::Sometimes);
    }

    #[test]
    fn values_of_one_key_exclude_and_imply_each_other() {
        let atoms = &mut Atoms::default();
        let ip =
            |atoms: &mut Atoms, net| atom(atoms, "ip", AtomTest::Compare(Test::IpAddress), &[net]);
        let (ten, wide, other) =
            (ip(atoms, "10.1.0.0/16"), ip(atoms, "10.0.0.0/8"), ip(atoms, "192.168.0.0/16"));
        assert_eq!(atoms.truth(&ten.clone().and(other)), Truth::Never);
        assert_eq!(atoms.truth(&ten.and(!wide)), Truth::Never);
        let equals = atom(atoms, "id", AtomTest::Compare(Test::StringEquals), &["a1"]);
        let like = atom(atoms, "id", AtomTest::Compare(Test::StringLike), &["a*"]);
        let present = atom(atoms, "id", AtomTest::Present, &[]);
        assert_eq!(atoms.truth(&equals.clone().and(!like)), Truth::Never);
        assert_eq!(atoms.truth(&(!equals).or(present)), Truth::Always);
    }

    #[test]
    fn requirements_are_minimal_and_free_of_contradiction() {
        let atoms = &mut Atoms::default();
        let a = atom(atoms, "a", AtomTest::Compare(Test::StringEquals), &["1"]);
        let b = atom(atoms, "a", AtomTest::Compare(Test::StringEquals), &["2"]);
        let c = atom(atoms, "c", AtomTest::Present, &[]);
        let formula = (a.clone().or(b.clone())).and(a.or(c.clone())).and(b.or(c));
        let sets = atoms.requirements(&formula);
        let texts: Vec<Vec<&str>> =
            sets.iter().map(|set| set.iter().map(|each| each.key.as_str()).collect()).collect();
        assert_eq!(texts, [["a", "c"], ["a", "c"]]);
    }
}
