//! Which atoms exclude or imply each other (rule L3).

use crate::policy::{Test, Tri};

use super::super::context::SOURCE_IDENTITY;
use super::atoms::{Atom, AtomId, AtomTest, Atoms};

/// How many pairs of values are compared; more of them count as independent.
const PAIRS: usize = 10_000;

impl Atom {
    /// Whether this one and another can't be true together, being about one value.
    pub(in crate::evaluation) fn excludes(&self, other: &Self) -> bool {
        self.comparable(other) && exclusive(self, other)
    }

    /// Whether this one can't be true without another, both being about one value.
    pub(in crate::evaluation) fn implies(&self, other: &Self) -> bool {
        self.comparable(other) && implies(self, other)
    }

    fn comparable(&self, other: &Self) -> bool {
        self.values.len().saturating_mul(other.values.len()) <= PAIRS
    }
}

impl Atoms {
    /// Whether two atoms can't have these values together (rule L3). Only what is proven.
    pub(super) fn contradict(&self, one: (AtomId, bool), two: (AtomId, bool)) -> bool {
        let (Some(a), Some(b)) = (self.get(one.0), self.get(two.0)) else { return false };
        if a.key != b.key || a.test == AtomTest::Given || b.test == AtomTest::Given {
            return false;
        }
        if !a.comparable(b) {
            return false;
        }
        if a.hop != b.hop {
            // A source identity stays what it once is: what holds at one hop holds at the later
            // ones, and nothing follows for the earlier ones (rule C4).
            if a.key != SOURCE_IDENTITY {
                return false;
            }
            let ((a, first), (b, second)) =
                if a.hop < b.hop { ((a, one.1), (b, two.1)) } else { ((b, two.1), (a, one.1)) };
            return first && if second { exclusive(a, b) } else { implies(a, b) };
        }
        match (one.1, two.1) {
            (true, true) => exclusive(a, b),
            (true, false) => implies(a, b),
            (false, true) => implies(b, a),
            (false, false) => false,
        }
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
        (Present | Compare(_) | AnyOf(..), Present) => true,
        (AnyOf(Test::StringEquals, false), AnyOf(Test::StringEqualsIgnoreCase, false)) => {
            one.values.iter().all(|value| two.values.iter().any(|v| v.eq_ignore_ascii_case(value)))
        }
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
