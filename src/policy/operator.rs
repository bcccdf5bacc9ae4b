//! Condition operators: their names, and what they say of values that are known.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;

use crate::arn;
use crate::arn::glob::Glob;

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
    pub written: String,
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
            | Self::NumericGreaterThanEquals => plain.trim().parse::<f64>().is_ok(),
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

    /// Whether `value` of the request fits the policy's `pattern` (`plain` is the same with
    /// wildcard characters as themselves).
    pub fn compare(self, value: &str, glob: &Glob, plain: &str) -> Tri {
        match self {
            Self::StringEquals => (value == plain).into(),
            Self::StringEqualsIgnoreCase => {
                (value == plain || value.to_lowercase() == plain.to_lowercase()).into()
            }
            Self::StringLike => glob.matches(value).into(),
            Self::NumericEquals => numbers(value, plain, |one, other| {
                one.partial_cmp(&other).is_some_and(std::cmp::Ordering::is_eq)
            }),
            Self::NumericLessThan => numbers(value, plain, |one, other| one < other),
            Self::NumericLessThanEquals => numbers(value, plain, |one, other| one <= other),
            Self::NumericGreaterThan => numbers(value, plain, |one, other| one > other),
            Self::NumericGreaterThanEquals => numbers(value, plain, |one, other| one >= other),
            Self::DateEquals => dates(value, plain, |one, other| one == other),
            Self::DateLessThan => dates(value, plain, |one, other| one < other),
            Self::DateLessThanEquals => dates(value, plain, |one, other| one <= other),
            Self::DateGreaterThan => dates(value, plain, |one, other| one > other),
            Self::DateGreaterThanEquals => dates(value, plain, |one, other| one >= other),
            Self::Bool => (is_bool(plain) && value.eq_ignore_ascii_case(plain)).into(),
            Self::Binary => {
                let same = value.trim_end_matches('=') == plain.trim_end_matches('=');
                if same { Tri::True } else { Tri::Unknown }
            }
            Self::IpAddress => within(value, plain),
            Self::ArnLike => arn_like(value, plain),
            Self::Null | Self::Unknown => Tri::Unknown,
        }
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
        let (test, negated) = found.map_or((Test::Unknown, false), |row| (row.1, row.2));
        Self { written: written.to_owned(), qualifier, test, negated, if_exists }
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

fn is_bool(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

fn numbers(value: &str, pattern: &str, holds: impl Fn(f64, f64) -> bool) -> Tri {
    match (value.trim().parse(), pattern.trim().parse()) {
        (Ok(value), Ok(pattern)) => holds(value, pattern).into(),
        _ => Tri::Unknown,
    }
}

fn dates(value: &str, pattern: &str, holds: impl Fn(Timestamp, Timestamp) -> bool) -> Tri {
    match (instant(value), instant(pattern)) {
        (Some(value), Some(pattern)) => holds(value, pattern).into(),
        _ => Tri::Unknown,
    }
}

/// ISO 8601, a date alone included, or seconds since 1970.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse() {
        return Timestamp::from_second(seconds).ok();
    }
    if let Ok(instant) = text.parse() {
        return Some(instant);
    }
    let date: jiff::civil::Date = text.parse().ok()?;
    date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// A network in CIDR form; a bare address is a network of its own.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    if let Ok(network) = text.parse::<IpNet>() {
        return Some(network.trunc());
    }
    text.parse::<IpAddr>().ok().map(IpNet::from)
}

fn within(value: &str, pattern: &str) -> Tri {
    match (network(value), network(pattern)) {
        (Some(value), Some(pattern)) => pattern.contains(&value).into(),
        _ => Tri::Unknown,
    }
}

/// Six parts, each with wildcards of its own; what has fewer is a case on which sources differ
/// (rule D9).
fn arn_like(value: &str, pattern: &str) -> Tri {
    match (arn::split(value), arn::split(pattern)) {
        (Some(value), Some(pattern)) => pattern
            .iter()
            .zip(value)
            .all(|(pattern, value)| Glob::new(pattern).matches(value))
            .into(),
        _ => Tri::Unknown,
    }
}
