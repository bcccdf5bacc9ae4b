#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::super::decision::RequirementKind;
use super::*;
use crate::policy::Test;

fn atom(atoms: &mut Atoms, key: &str, test: AtomTest, values: &[&str]) -> Formula {
    atoms.open(|| Atom {
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
    let sets = atoms.requirements(&formula);
    let texts: Vec<Vec<&str>> =
        sets.iter().map(|set| set.iter().map(|each| each.key.as_str()).collect()).collect();
    assert_eq!(texts, [["a", "c"], ["a", "c"]]);
}
