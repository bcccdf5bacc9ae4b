//! What is stated about a request, checked before it is believed.
//!
//! A stated key wins over everything that the facts say of it, so one that can't be in such a
//! request would make the answer a wrong one. What is refused here is only what cannot be: a
//! value that the key never has, keys that exclude each other, and what contradicts the caller
//! that is asked for. What follows from what is stated is filled in.

mod caller;
mod every;
mod keys;
#[cfg(test)]
mod tests;
mod together;
mod values;

use std::collections::BTreeMap;

use crate::evaluation::{Caveat, Scenario, SessionPolicy};
use crate::policy::{Document, ParseError, places};

use super::answers::StatedFact;
use super::question::QuestionError;
use super::statements::{Excerpt, place};
use keys::{Carriers, Form, KEYS, Named};

pub(super) use caller::{Asked, apply};
pub use every::scenario_of;

/// What is stated about a request; by default nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stated {
    /// Condition keys with their values; the same key twice gives it two values, an empty value
    /// states that the key is absent.
    pub keys: Vec<(String, String)>,
    /// Policies that were passed when the caller's session was made: [`Self::add_session_policy`].
    session_policies: Vec<SessionPolicy>,
    /// Their texts, in the same order.
    session_texts: Vec<String>,
    /// Whether the call goes through a VPC endpoint whose policy was not read.
    pub endpoint: bool,
}

impl Stated {
    /// What these pairs of condition key and value state.
    pub fn keys<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let keys = pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        Self { keys, ..Self::default() }
    }

    /// Adds a session policy; `name` is shown in evidence.
    pub fn add_session_policy(&mut self, name: &str, text: &str) -> Result<(), QuestionError> {
        let document = Document::parse(text).map_err(|error| {
            let hint = match &error {
                ParseError::Json { .. } => "a session policy is a JSON policy document",
                ParseError::Shape(_) => {
                    "expected is an object with `Version` and `Statement`, as for any IAM policy"
                }
            };
            let place = if matches!(error, ParseError::Json { .. }) { "," } else { ":" };
            refused(format!("session policy `{name}`{place} {error}"), [hint])
        })?;
        let problem = document
            .statements
            .iter()
            .enumerate()
            .find_map(|(index, statement)| Some((index, statement.problems.first()?)));
        if let Some((index, problem)) = problem {
            return Err(refused(
                format!("session policy `{name}`, statement {index}: {problem}"),
                ["STS refuses a session policy that it can't read"],
            ));
        }
        self.session_policies.push(SessionPolicy { name: name.into(), document: Ok(document) });
        self.session_texts.push(text.to_owned());
        Ok(())
    }

    /// The text and place of a statement of a session policy.
    pub(super) fn session_statement(&self, name: &str, index: usize) -> Excerpt {
        let mut policies = self.session_policies.iter().zip(&self.session_texts);
        let Some((_, text)) = policies.find(|(policy, _)| *policy.name == *name) else {
            return Excerpt::default();
        };
        let places = places(text).unwrap_or_default();
        let statement = places.get(index).and_then(|at| text.get(at.place.bytes.clone()));
        let formatted = statement.and_then(|statement| {
            let statement: serde_json::Value = serde_json::from_str(statement).ok()?;
            serde_json::to_string_pretty(&statement).ok()
        });
        Excerpt { text: formatted, place: place(&places, index) }
    }

    /// Checks what does not depend on the caller.
    pub fn check(&self) -> Result<(), QuestionError> {
        read(self).map(|_| ())
    }
}

/// A statement about the request that can't be, and what to write instead.
fn refused<H: Into<String>>(
    message: impl Into<String>,
    hints: impl IntoIterator<Item = H>,
) -> QuestionError {
    QuestionError::Stated {
        message: message.into(),
        hints: hints.into_iter().map(Into::into).collect(),
    }
}

/// One key with what is stated of it.
#[derive(Debug, Clone)]
struct Fact {
    /// The name as AWS writes it.
    name: String,
    /// No value states that the key is absent.
    values: Vec<String>,
    /// Whether it follows from other facts.
    implied: bool,
    /// Whose calls can carry it; `None` for claims, which depend on the issuer.
    carriers: Option<Carriers>,
}

/// What is stated, by key in lower case, with what follows from it.
#[derive(Debug, Clone, Default)]
struct Reading {
    facts: BTreeMap<String, Fact>,
    caveats: Vec<Caveat>,
}

impl Reading {
    /// The values of a key that is stated to be there.
    fn values(&self, key: &str) -> Option<&[String]> {
        self.facts.get(key).map(|fact| &*fact.values).filter(|values| !values.is_empty())
    }

    /// The value of a key that has one.
    fn value(&self, key: &str) -> Option<&str> {
        self.values(key)?.first().map(String::as_str)
    }

    fn absent(&self, key: &str) -> bool {
        self.facts.get(key).is_some_and(|fact| fact.values.is_empty())
    }

    fn is(&self, key: &str, value: &str) -> bool {
        self.value(key).is_some_and(|found| found.eq_ignore_ascii_case(value))
    }

    /// Fills in a key of which nothing is stated.
    fn imply(&mut self, name: &str, values: Vec<String>) {
        self.facts.entry(name.to_lowercase()).or_insert_with(|| Fact {
            name: name.to_owned(),
            values,
            implied: true,
            carriers: None,
        });
    }

    fn caveat(&mut self, id: &'static str, text: String) {
        self.caveats.push(Caveat { id, text });
    }

    /// The facts for an answer, and what is stated beside condition keys.
    fn shown(&self, stated: &Stated) -> Vec<StatedFact> {
        let fact = |key: &str, values: Vec<String>, implied| StatedFact {
            key: key.to_owned(),
            values,
            implied,
        };
        let mut shown: Vec<StatedFact> =
            self.facts.values().map(|it| fact(&it.name, it.values.clone(), it.implied)).collect();
        let policies: Vec<String> =
            stated.session_policies.iter().map(|policy| policy.name.to_string()).collect();
        if !policies.is_empty() {
            shown.push(fact("session-policy", policies, false));
        }
        if stated.endpoint {
            shown.push(fact("endpoint", vec!["true".to_owned()], false));
        }
        shown
    }

    fn scenario(&self, stated: &Stated) -> Scenario {
        Scenario {
            keys: self.facts.iter().map(|(key, fact)| (key.clone(), fact.values.clone())).collect(),
            session_policies: stated.session_policies.clone(),
            endpoint: stated.endpoint,
            of_all: false,
            implied: self
                .facts
                .iter()
                .filter(|(_, fact)| fact.implied)
                .map(|(key, _)| key.clone())
                .collect(),
        }
    }
}

/// Reads and checks each key, then all of them together.
fn read(stated: &Stated) -> Result<Reading, QuestionError> {
    let mut reading = Reading::default();
    for (typed, value) in &stated.keys {
        one(&mut reading, typed.trim(), value.trim())?;
    }
    let several = reading.facts.values().find(|fact| fact.values.len() > 1 && single(fact));
    if let Some(fact) = several {
        return Err(refused(
            format!(
                "`{}` has one value in a request, and {} are stated: {}",
                fact.name,
                fact.values.len(),
                list(&fact.values)
            ),
            ["ask once for each of them"],
        ));
    }
    together::check(&mut reading)?;
    Ok(reading)
}

fn one(reading: &mut Reading, typed: &str, value: &str) -> Result<(), QuestionError> {
    let (name, carriers, form) = match keys::named(typed) {
        Named::Known(place, name) => {
            let key = KEYS.get(place);
            (name, key.map(|key| key.carriers), key.map_or(Form::Text, |key| key.form))
        }
        Named::Claim => (typed.to_owned(), None, Form::Text),
        Named::Unknown if typed.contains(':') => {
            reading.caveat(
                "K3",
                format!("`{typed}` is no condition key that is known, and is taken as stated; a policy that does not name it is not affected"),
            );
            (typed.to_owned(), None, Form::Text)
        }
        Named::Unknown => {
            return Err(refused(
                format!("`{typed}` is no condition key"),
                [
                    "a condition key has a prefix, as in `sts:ExternalId=abc` or `aws:SourceIp=203.0.113.7`",
                ],
            ));
        }
        Named::Misspelt(meant) => {
            return Err(refused(
                format!("`{typed}` is no condition key"),
                [format!("did you mean `{meant}`?")],
            ));
        }
        Named::Nameless(prefix) => {
            return Err(refused(
                format!("`{typed}` does not say which tag"),
                [format!("write `{prefix}KEY=VALUE`, such as `{prefix}team=payments`")],
            ));
        }
        Named::Foreign => {
            return Err(refused(
                format!(
                    "`{typed}` is a key of another service, and no call that assumes a role carries it"
                ),
                ["calls to STS carry `aws:` and `sts:` keys, and claims such as `ISSUER:sub`"],
            ));
        }
    };
    let fact = reading.facts.entry(name.to_lowercase());
    let is_new = matches!(fact, std::collections::btree_map::Entry::Vacant(_));
    let fact = fact.or_insert_with(|| Fact {
        name: name.clone(),
        values: Vec::new(),
        implied: false,
        carriers,
    });
    if !is_new && value.is_empty() != fact.values.is_empty() {
        let other = fact.values.first().map_or(value, String::as_str);
        return Err(refused(
            format!("`{name}` is stated both as absent and as `{other}`"),
            ["an empty value states that the key is absent: keep one of the two"],
        ));
    }
    if value.is_empty() {
        return Ok(());
    }
    if let Err(misfit) = values::check(form, value) {
        return Err(refused(
            format!("`{name}={value}`: `{value}` is not {}", misfit.expected),
            [misfit.instead],
        ));
    }
    if name.starts_with("aws:RequestTag/") && name.chars().count() > "aws:RequestTag/".len() + 128 {
        return Err(refused(
            format!("`{name}`: the tag's key is longer than STS takes"),
            ["use at most 128 characters"],
        ));
    }
    if !fact.values.iter().any(|known| known == value) {
        fact.values.push(value.to_owned());
    }
    Ok(())
}

/// Whether a request has at most one value of the key.
fn single(fact: &Fact) -> bool {
    match keys::named(&fact.name) {
        Named::Known(place, _) => KEYS.get(place).is_some_and(|key| !key.several),
        Named::Claim => !fact.name.to_lowercase().ends_with(":amr"),
        // Attributes of an assertion are lists, and of other keys nobody knows.
        _ => false,
    }
}

fn list(values: &[String]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    quoted.join(", ")
}
