//! A document as text again.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::document::{
    ActionElement, Document, PrincipalElement, PrincipalEntry, Statement, Unread, UnreadOperator,
    Version,
};
use super::json::{Entries, Json};

/// JSON in one line. Parsed again it is the same document, problems included, and documents that
/// differ in blanks, in the order of elements, or in single values and lists of one, print the
/// same.
impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut entries = Entries::new();
        let unread = self.unread.as_deref().map_or(&[][..], Vec::as_slice);
        if !unread.iter().any(|(name, _)| name == "Version") {
            let version = match self.version {
                Version::V2008 => "2008-10-17",
                Version::V2012 => "2012-10-17",
            };
            entries.push(("Version".into(), string(version)));
        }
        entries.extend(unread.iter().map(kept));
        let statements = self.statements.iter().map(statement).collect();
        entries.push(("Statement".into(), Json::Array(statements)));
        Json::Object(entries).fmt(f)
    }
}

fn string(text: &str) -> Json<'_> {
    Json::String(text.into())
}

fn kept<'s>((name, value): &'s (Cow<'static, str>, Json<'static>)) -> (Cow<'s, str>, Json<'s>) {
    (Cow::Borrowed(name), value.clone())
}

/// A single value stands alone, whether it was written so or as a list.
fn list<'s>(values: impl Iterator<Item = &'s str>) -> Json<'s> {
    let mut values: Vec<Json<'s>> = values.map(string).collect();
    match values.pop() {
        Some(only) if values.is_empty() => only,
        last => {
            values.extend(last);
            Json::Array(values)
        }
    }
}

fn element(name: &'static str, negated_name: &'static str, negated: bool) -> Cow<'static, str> {
    Cow::Borrowed(if negated { negated_name } else { name })
}

fn statement(statement: &Statement) -> Json<'_> {
    let mut entries = Entries::new();
    if let Some(Unread::Statement(value)) = statement.unread.as_deref() {
        return value.clone();
    }
    if let Some(sid) = &statement.sid {
        entries.push(("Sid".into(), string(sid)));
    }
    if let Some(effect) = statement.effect {
        entries.push(("Effect".into(), string(effect.as_str())));
    }
    if let Some(found) = &statement.principal {
        let name = element("Principal", "NotPrincipal", found.negated);
        entries.push((name, principal(found)));
    }
    if let Some(patterns) = actions(&statement.action) {
        entries.push((element("Action", "NotAction", statement.action.negated()), patterns));
    }
    if let Some(found) = &statement.resource {
        let patterns = found.patterns.iter().map(|pattern| &*pattern.template.text);
        entries.push((element("Resource", "NotResource", found.negated), list(patterns)));
    }
    entries.extend(conditions(statement));
    if let Some(Unread::Parts { elements, .. }) = statement.unread.as_deref() {
        entries.extend(elements.iter().map(kept));
    }
    Json::Object(entries)
}

/// `None` where the element could not be read: every one that could has a pattern.
fn actions(action: &ActionElement) -> Option<Json<'_>> {
    action.patterns().next().map(|_| list(action.patterns()))
}

fn principal(element: &PrincipalElement) -> Json<'_> {
    let mut kinds: Vec<(&'static str, Vec<Json<'_>>)> = Vec::new();
    for entry in &element.entries {
        let text = match entry {
            PrincipalEntry::Everyone => return string("*"),
            PrincipalEntry::Account { partition: Some(partition), account } => {
                format!("arn:{partition}:iam::{account}:root")
            }
            other => other.text(),
        };
        let kind = match entry {
            PrincipalEntry::Service(_) => "Service",
            PrincipalEntry::Federated(_) => "Federated",
            PrincipalEntry::CanonicalUser(_) => "CanonicalUser",
            _ => "AWS",
        };
        let text = Json::String(text.into());
        match kinds.last_mut().filter(|(last, _)| *last == kind) {
            Some((_, texts)) => texts.push(text),
            None => kinds.push((kind, vec![text])),
        }
    }
    let single = |mut texts: Vec<_>| match texts.pop() {
        Some(only) if texts.is_empty() => only,
        last => {
            texts.extend(last);
            Json::Array(texts)
        }
    };
    Json::Object(kinds.into_iter().map(|(kind, texts)| (kind.into(), single(texts))).collect())
}

/// Tests of one operator stand below it together, those that could not be read included: an
/// operator that stands twice is another thing.
fn conditions(statement: &Statement) -> Option<(Cow<'static, str>, Json<'_>)> {
    let mut operators: Vec<(&Arc<str>, Entries<'_>)> = Vec::new();
    for condition in &statement.conditions {
        let values = condition.values.iter().map(|value| &*value.text);
        let entry = ((&*condition.written_key).into(), list(values));
        let operator = &condition.operator.written;
        // The tests of one operator follow each other and share its name.
        match operators.last_mut().filter(|(last, _)| Arc::ptr_eq(last, operator)) {
            Some((_, entries)) => entries.push(entry),
            None => operators.push((operator, vec![entry])),
        }
    }
    let unread = match statement.unread.as_deref() {
        Some(Unread::Parts { conditions, .. }) => conditions.as_slice(),
        _ => &[],
    };
    let at = operators.iter().enumerate().map(|(at, (operator, _))| (&***operator, at));
    let known: HashMap<&str, usize> = at.collect();
    for part in unread {
        let UnreadOperator::Keys(keys) = &part.part else { continue };
        let at = known.get(&*part.operator).copied();
        match at.and_then(|at| operators.get_mut(at)) {
            Some((_, entries)) => entries.extend(keys.iter().map(kept)),
            None => operators.push((&part.operator, keys.iter().map(kept).collect())),
        }
    }
    let readable = operators.into_iter();
    let mut found: Entries<'_> =
        readable.map(|(operator, keys)| ((&**operator).into(), Json::Object(keys))).collect();
    found.extend(unread.iter().filter_map(|part| match &part.part {
        UnreadOperator::Whole(value) => Some(((&*part.operator).into(), value.clone())),
        UnreadOperator::Keys(_) => None,
    }));
    (!found.is_empty()).then(|| ("Condition".into(), Json::Object(found)))
}
