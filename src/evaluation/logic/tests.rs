#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use proptest::prelude::*;

use super::super::decision::{RequirementKind, Verdict};
use super::*;
use crate::policy::Test;

fn atom(atoms: &mut Atoms, key: &str, test: AtomTest, values: &[&str]) -> Formula {
    atoms.open(Atom {
        hop: 1,
        key: key.to_owned(),
        written_key: key.to_owned(),
        test,
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        kind: RequirementKind::Environment,
        text: None,
        text_negated: None,
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
    let ip = |atoms: &mut Atoms, net| atom(atoms, "ip", AtomTest::Compare(Test::IpAddress), &[net]);
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
    let sets = atoms.requirements(&formula, Truth::Sometimes);
    let texts: Vec<Vec<&str>> =
        sets.iter().map(|set| set.iter().map(|each| each.key.as_str()).collect()).collect();
    assert_eq!(texts, [["a", "c"], ["a", "c"]]);
}

/// What is asked of unknown things.
#[derive(Debug, Clone)]
enum Question {
    Sure(bool),
    /// Whether a key is there, or has a value; of every third key it is a fact that was not read.
    Present(u8),
    Is(u8, u8),
    Not(Box<Question>),
    And(Vec<Question>),
    Or(Vec<Question>),
}

impl Question {
    fn term<L: Logic>(&self, logic: &mut L) -> L::Term {
        match self {
            Self::Sure(sure) => (*sure).into(),
            Self::Present(key) => leaf(logic, *key, AtomTest::Present, None),
            Self::Is(key, value) => {
                leaf(logic, *key, AtomTest::Compare(Test::StringEquals), Some(*value))
            }
            Self::Not(inner) => !inner.term(logic),
            Self::And(all) => all.iter().fold(L::Term::TRUE, |sum, each| sum.and(each.term(logic))),
            Self::Or(any) => any.iter().fold(L::Term::FALSE, |sum, each| sum.or(each.term(logic))),
        }
    }
}

fn leaf<L: Logic>(logic: &mut L, key: u8, test: AtomTest, value: Option<u8>) -> L::Term {
    let kind = match key % 3 {
        0 => RequirementKind::NotRead,
        _ => RequirementKind::CallerChoice,
    };
    let sign = || Some(Sign { about: about(key), is_whole: test == AtomTest::Present, kind });
    let atom = |_| Atom {
        hop: 1,
        key: format!("key{key}"),
        written_key: format!("key{key}"),
        test,
        values: value.iter().map(u8::to_string).collect(),
        kind,
        text: None,
        text_negated: None,
    };
    logic.open(Told { sign, atom })
}

fn question() -> impl Strategy<Value = Question> {
    let leaf = prop_oneof![
        1 => any::<bool>().prop_map(Question::Sure),
        4 => (0u8..6).prop_map(Question::Present),
        4 => (0u8..6, 0u8..2).prop_map(|(key, value)| Question::Is(key, value)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Question::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Question::And),
            prop::collection::vec(inner, 1..4).prop_map(Question::Or),
        ]
    })
}

proptest! {
    #[test]
    fn a_sketch_says_what_the_formula_says(question in question()) {
        let (mut sketch, mut atoms) = (Sketch::default(), Atoms::silent());
        let (sketched, formula) = (question.term(&mut sketch), question.term(&mut atoms));
        let expected = match atoms.truth(&formula) {
            Truth::Always => Verdict::Allowed,
            Truth::Never => Verdict::Denied,
            Truth::Sometimes if atoms.only_unread(&formula) => Verdict::Unknown,
            Truth::Sometimes => Verdict::Conditional,
        };
        let found = sketch.verdict(sketched);
        prop_assert!(found.is_none_or(|found| found == expected), "{found:?}, not {expected:?}");
    }
}

#[test]
fn a_sketch_decides_what_looks_at_each_thing_in_one_way() {
    let (first, second) = (Question::Present(1), Question::Is(2, 0));
    let both = Question::And(vec![first.clone(), second.clone()]);
    let twice = Question::And(vec![both, Question::Or(vec![first.clone(), Question::Is(4, 1)])]);
    let cases = [
        (first.clone(), Some(Verdict::Conditional)),
        (twice, Some(Verdict::Conditional)),
        (Question::Present(3), Some(Verdict::Unknown)),
        // These take a formula.
        (Question::Or(vec![first.clone(), Question::Not(Box::new(first))]), None),
        (Question::And(vec![Question::Is(2, 1), second]), None),
        (Question::And(vec![Question::Present(3), Question::Present(4)]), None),
    ];
    for (question, expected) in cases {
        let mut sketch = Sketch::default();
        let term = question.term(&mut sketch);
        assert_eq!(sketch.verdict(term), expected, "{question:?}");
    }
}
