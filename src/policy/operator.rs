//! Condition operators: their names, and what they say of values that are known.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::arn;
use crate::arn::glob::Glob;

use super::condition::Prepared;
use super::value::{Decimal, instant, network};

/// Yes, no, or a case on which sources disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tri {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Undecided.
    Unknown,
}

impl From<bool> for Tri {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// A condition operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// As written.
    pub written: Arc<str>,
    /// `ForAllValues:` or `ForAnyValue:`.
    pub qualifier: Option<Qualifier>,
    /// The comparison.
    pub test: Test,
    /// Whether the operator is the `Not…` form of it.
    pub negated: bool,
    /// `…IfExists`.
    pub if_exists: bool,
}

/// How an operator goes over the values of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Qualifier {
    /// Each one must fit; none at all fits too.
    All,
    /// One must fit.
    Any,
}

/// A comparison, in its positive form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Test {
    /// Exact.
    StringEquals,
    /// Exact, case aside.
    StringEqualsIgnoreCase,
    /// With wildcards.
    StringLike,
    /// Equal numbers.
    NumericEquals,
    /// Less.
    NumericLessThan,
    /// Less or equal.
    NumericLessThanEquals,
    /// Greater.
    NumericGreaterThan,
    /// Greater or equal.
    NumericGreaterThanEquals,
    /// The same instant.
    DateEquals,
    /// Before.
    DateLessThan,
    /// Before or at.
    DateLessThanEquals,
    /// After.
    DateGreaterThan,
    /// After or at.
    DateGreaterThanEquals,
    /// `true` or `false`.
    Bool,
    /// Base64 of the same bytes.
    Binary,
    /// Within a network.
    IpAddress,
    /// `ArnEquals` and `ArnLike`, which are the same.
    ArnLike,
    /// Whether the key is absent.
    Null,
    /// An operator that this version does not know.
    Unknown,
}

impl Test {
    /// The name of the negated operator; of the positive one where there is no other.
    pub fn negated_name(self) -> &'static str {
        TESTS
            .iter()
            .find(|(_, test, negated)| *test == self && *negated)
            .map_or_else(|| self.name(), |row| row.0)
    }

    /// The name of the positive operator.
    pub fn name(self) -> &'static str {
        TESTS.iter().find(|(_, test, negated)| *test == self && !negated).map_or("?", |row| row.0)
    }

    /// Whether the comparison understands a policy's value at all.
    pub(crate) fn reads(self, plain: &str) -> bool {
        match self {
            Self::NumericEquals
            | Self::NumericLessThan
            | Self::NumericLessThanEquals
            | Self::NumericGreaterThan
            | Self::NumericGreaterThanEquals => Decimal::parse(plain).is_some(),
            Self::DateEquals
            | Self::DateLessThan
            | Self::DateLessThanEquals
            | Self::DateGreaterThan
            | Self::DateGreaterThanEquals => instant(plain).is_some(),
            Self::IpAddress => network(plain).is_some(),
            Self::ArnLike => arn::split(plain).is_some(),
            Self::Binary | Self::Null | Self::Unknown => false,
            Self::StringEquals | Self::StringEqualsIgnoreCase | Self::StringLike | Self::Bool => {
                true
            }
        }
    }

    /// Whether `value` of the request fits the policy's pattern (`plain` is the same with
    /// wildcard characters as themselves). For values without variables
    /// [`super::Condition::compare`] says the same with less work.
    pub fn compare(self, value: &str, glob: &Glob, plain: &str) -> Tri {
        Prepared::of(self, glob, plain).compare(self, value, glob, plain)
    }

    /// Whether a number or date of the request fits, by how it compares with the policy's.
    /// `None` for operators that know no order.
    pub(super) fn holds(self, order: Ordering) -> Option<bool> {
        Some(match self {
            Self::NumericEquals | Self::DateEquals => order.is_eq(),
            Self::NumericLessThan | Self::DateLessThan => order.is_lt(),
            Self::NumericLessThanEquals | Self::DateLessThanEquals => order.is_le(),
            Self::NumericGreaterThan | Self::DateGreaterThan => order.is_gt(),
            Self::NumericGreaterThanEquals | Self::DateGreaterThanEquals => order.is_ge(),
            _ => return None,
        })
    }
}

impl Operator {
    /// Reads an operator's name. Names ignore case.
    pub fn parse(written: &str) -> Self {
        let mut rest = written;
        let mut qualifier = None;
        if let Some((prefix, tail)) = written.split_once(':') {
            if prefix.eq_ignore_ascii_case("ForAllValues") {
                (qualifier, rest) = (Some(Qualifier::All), tail);
            } else if prefix.eq_ignore_ascii_case("ForAnyValue") {
                (qualifier, rest) = (Some(Qualifier::Any), tail);
            }
        }
        let lower = rest.to_ascii_lowercase();
        let (name, if_exists) = match lower.strip_suffix("ifexists") {
            Some(name) => (name, true),
            None => (lower.as_str(), false),
        };
        let found = TESTS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
        let found = found.map_or((Test::Unknown, false), |row| (row.1, row.2));
        // `Null` takes neither, and what AWS makes of one that has them is not documented.
        let (test, negated) = match found {
            (Test::Null, _) if if_exists || qualifier.is_some() => (Test::Unknown, false),
            found => found,
        };
        Self { written: written.into(), qualifier, test, negated, if_exists }
    }
}

const TESTS: [(&str, Test, bool); 27] = [
    ("StringEquals", Test::StringEquals, false),
    ("StringNotEquals", Test::StringEquals, true),
    ("StringEqualsIgnoreCase", Test::StringEqualsIgnoreCase, false),
    ("StringNotEqualsIgnoreCase", Test::StringEqualsIgnoreCase, true),
    ("StringLike", Test::StringLike, false),
    ("StringNotLike", Test::StringLike, true),
    ("NumericEquals", Test::NumericEquals, false),
    ("NumericNotEquals", Test::NumericEquals, true),
    ("NumericLessThan", Test::NumericLessThan, false),
    ("NumericLessThanEquals", Test::NumericLessThanEquals, false),
    ("NumericGreaterThan", Test::NumericGreaterThan, false),
    ("NumericGreaterThanEquals", Test::NumericGreaterThanEquals, false),
    ("DateEquals", Test::DateEquals, false),
    ("DateNotEquals", Test::DateEquals, true),
    ("DateLessThan", Test::DateLessThan, false),
    ("DateLessThanEquals", Test::DateLessThanEquals, false),
    ("DateGreaterThan", Test::DateGreaterThan, false),
    ("DateGreaterThanEquals", Test::DateGreaterThanEquals, false),
    ("Bool", Test::Bool, false),
    ("BinaryEquals", Test::Binary, false),
    ("IpAddress", Test::IpAddress, false),
    ("NotIpAddress", Test::IpAddress, true),
    ("ArnLike", Test::ArnLike, false),
    ("ArnEquals", Test::ArnLike, false),
    ("ArnNotLike", Test::ArnLike, true),
    ("ArnNotEquals", Test::ArnLike, true),
    ("Null", Test::Null, false),
];
