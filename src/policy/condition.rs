//! One test of a `Condition`, ready to compare.

use std::sync::Arc;

use ipnet::IpNet;
use jiff::Timestamp;

use crate::arn::glob::Glob;
use crate::arn::short;

use super::key::{Key, KeyName};
use super::operator::{Operator, Test, Tri};
use super::resource::{ArnParts, ArnSegments};
use super::template::Template;
use super::value::{Decimal, instant, network};

/// One test of a `Condition`: an operator, a key, and values of which any one suffices.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The operator.
    pub operator: Operator,
    /// The key as written.
    pub written_key: Arc<str>,
    /// The key in lower case: keys ignore case.
    pub key: Arc<str>,
    known: Key,
    /// The values.
    pub values: Box<[Template]>,
    /// What was worked out of each value; empty where the operator compares texts.
    prepared: Box<[Prepared]>,
    /// Whether some value has variables to fill in.
    pub has_variables: bool,
}

impl Condition {
    /// That a key has one of some values.
    pub fn equals(written_key: &str, values: Vec<String>) -> Self {
        let (test, written) = (Test::StringEquals, Test::StringEquals.name().into());
        let operator =
            Operator { written, qualifier: None, test, negated: false, if_exists: false };
        let values = values.into_iter().filter_map(|value| Template::parse(&value, false).ok());
        let key = written_key.to_ascii_lowercase();
        Self::new(operator, written_key.into(), key.into(), values.collect())
    }

    /// The test, its values made ready to compare.
    pub(super) fn new(
        operator: Operator,
        written_key: Arc<str>,
        key: Arc<str>,
        values: Box<[Template]>,
    ) -> Self {
        let test = operator.test;
        let prepare = |value: &Template| {
            let fixed = value.fixed();
            fixed.map_or(Prepared::Text, |(glob, plain)| Prepared::of(test, glob, plain))
        };
        let prepared = match Prepared::of(test, &Glob::default(), "") {
            Prepared::Text => Box::default(),
            _ => values.iter().map(prepare).collect(),
        };
        let known = Key::of(&key);
        let has_variables = values.iter().any(Template::has_variables);
        Self { operator, written_key, key, known, values, prepared, has_variables }
    }

    /// The key, told once from its name.
    pub fn name(&self) -> KeyName<'_> {
        KeyName { key: self.known, lower: &self.key }
    }

    /// Whether `value` of the request fits the policy's value at `index` (from 0), the operator
    /// taken in its positive form. `None` where there is no such value, or its variables have to
    /// be filled in first. Allocates nothing.
    pub fn compare(&self, index: usize, value: &str) -> Option<Tri> {
        let (glob, plain) = self.values.get(index)?.fixed()?;
        let prepared = self.prepared.get(index).unwrap_or(&Prepared::Text);
        Some(prepared.compare(self.operator.test, value, glob, plain))
    }
}

/// What can be worked out of a policy's value before any request is known.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Prepared {
    /// Nothing: the text is what is compared.
    Text,
    Arn(ArnParts),
    Network(IpNet),
    Instant(Timestamp),
    /// The operator can't read it, and sources differ on what that means (rule D9).
    Unreadable,
}

impl Prepared {
    pub(super) fn of(test: Test, glob: &Glob, plain: &str) -> Self {
        match test {
            Test::ArnLike => ArnParts::of(glob).map_or(Self::Unreadable, Self::Arn),
            Test::IpAddress => network(plain).map_or(Self::Unreadable, Self::Network),
            Test::DateEquals
            | Test::DateLessThan
            | Test::DateLessThanEquals
            | Test::DateGreaterThan
            | Test::DateGreaterThanEquals => instant(plain).map_or(Self::Unreadable, Self::Instant),
            _ => Self::Text,
        }
    }

    pub(super) fn compare(&self, test: Test, value: &str, glob: &Glob, plain: &str) -> Tri {
        match self {
            Self::Text => texts(test, value, glob, plain),
            Self::Arn(parts) => {
                let value = ArnSegments::new(value);
                if value.parts().is_none() { Tri::Unknown } else { parts.fit(glob, &value).into() }
            }
            Self::Network(pattern) => {
                network(value).map_or(Tri::Unknown, |value| pattern.contains(&value).into())
            }
            Self::Instant(pattern) => instant(value)
                .and_then(|value| test.holds(value.cmp(pattern)))
                .map_or(Tri::Unknown, Tri::from),
            Self::Unreadable => Tri::Unknown,
        }
    }
}

fn texts(test: Test, value: &str, glob: &Glob, plain: &str) -> Tri {
    match test {
        Test::StringEquals => short::same(value, plain).into(),
        Test::StringEqualsIgnoreCase => same_but_for_case(value, plain),
        Test::StringLike => glob.matches(value).into(),
        Test::Bool => {
            let is_bool = ["true", "false"].iter().any(|word| word.eq_ignore_ascii_case(plain));
            (is_bool && value.eq_ignore_ascii_case(plain)).into()
        }
        Test::Binary => {
            let same = value.trim_end_matches('=') == plain.trim_end_matches('=');
            if same { Tri::True } else { Tri::Unknown }
        }
        _ => Decimal::parse(value)
            .zip(Decimal::parse(plain))
            .and_then(|(value, pattern)| test.holds(value.compare(&pattern)?))
            .map_or(Tri::Unknown, Tri::from),
    }
}

/// Beyond ASCII there is more than one way to set case aside (`ς` and `σ`, the sign for kelvin):
/// where they differ, so may AWS.
fn same_but_for_case(one: &str, other: &str) -> Tri {
    if one == other {
        return Tri::True;
    }
    if one.is_ascii() && other.is_ascii() {
        return one.eq_ignore_ascii_case(other).into();
    }
    let lower = |text: &'_ str| text.to_lowercase();
    let upper = |text: &'_ str| text.to_uppercase();
    match (lower(one) == lower(other), upper(one) == upper(other)) {
        (true, true) => Tri::True,
        (false, false) => Tri::False,
        _ => Tri::Unknown,
    }
}
