//! Where the statements of a document stand in its text.
//!
//! Documents keep no places: evidence that wants to show one works it out of the text again.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::document::Document;

/// A stretch of a document's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// In bytes from 0.
    pub bytes: Range<usize>,
    /// The line of its beginning, from 1.
    pub line: usize,
    /// The column of its beginning, in characters from 1.
    pub column: usize,
    /// The line of its end, from 1.
    pub end_line: usize,
}

/// Where a statement stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementPlace {
    /// The statement, braces included.
    pub place: Place,
    /// Its elements in the order of the text; none where the statement is no object.
    pub elements: Vec<ElementPlace>,
}

/// Where an element of a statement stands, or a key of its `Condition`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementPlace {
    /// Its name, e.g. `NotAction`; of a condition key the key as written.
    pub name: String,
    /// The operator above a condition key; `None` for elements.
    pub operator: Option<Arc<str>>,
    /// From the name to the end of the value.
    pub place: Place,
}

/// The place of every statement of [`Document::statements`], in the same order; each `Condition`
/// is followed by its keys. `None` where the text is no policy document.
///
/// The text is the document as it is kept: where it arrived percent-encoded, decoded.
pub fn places(text: &str) -> Option<Vec<StatementPlace>> {
    Document::parse(text).ok()?;
    let (_, _, statements) = entries(text)?.into_iter().find(|(_, name, _)| name == "Statement")?;
    let list: Vec<&RawValue> = match serde_json::from_str(statements.get()) {
        Ok(list) => list,
        Err(_) => vec![statements],
    };
    let mut source = Source::new(text);
    Some(list.into_iter().map(|statement| source.statement(statement)).collect())
}

/// Walks over the text once, from front to back: a document may be a single line of a megabyte.
struct Source<'t> {
    text: &'t str,
    /// Where each line begins.
    lines: Vec<usize>,
    /// A byte that was asked for, and the column there.
    last: (usize, usize),
}

impl<'t> Source<'t> {
    fn new(text: &'t str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text, lines: std::iter::once(0).chain(breaks).collect(), last: (0, 1) }
    }

    fn statement(&mut self, statement: &'t RawValue) -> StatementPlace {
        let place = self.place(self.range(statement));
        let mut elements = Vec::new();
        for (raw, name, value) in entries(statement.get()).into_iter().flatten() {
            let is_condition = name == "Condition";
            elements.push(self.element(raw, name, None, value));
            let operators = is_condition.then(|| entries(value.get())).flatten();
            for (_, operator, keys) in operators.into_iter().flatten() {
                let operator: Arc<str> = operator.into();
                for (raw, key, values) in entries(keys.get()).into_iter().flatten() {
                    elements.push(self.element(raw, key, Some(operator.clone()), values));
                }
            }
        }
        StatementPlace { place, elements }
    }

    fn element(
        &mut self,
        raw: &RawValue,
        name: String,
        operator: Option<Arc<str>>,
        value: &RawValue,
    ) -> ElementPlace {
        let place = self.place(self.range(raw).start..self.range(value).end);
        ElementPlace { name, operator, place }
    }

    /// The value's text is a part of the source's, so its address tells where it stands.
    fn range(&self, value: &RawValue) -> Range<usize> {
        let start = value.get().as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        start..start + value.get().len()
    }

    fn place(&mut self, bytes: Range<usize>) -> Place {
        // How many lines begin at or before the byte; the first begins at 0.
        let line = |byte: usize| self.lines.partition_point(|start| *start <= byte);
        let (first, end_line) = (line(bytes.start), line(bytes.end.saturating_sub(1)));
        let start = self.lines.get(first - 1).copied().unwrap_or_default();
        let (from, column) = if self.last.0 < start { (start, 1) } else { self.last };
        let between = self.text.get(from..bytes.start).unwrap_or_default();
        let column = column + between.chars().count();
        self.last = (bytes.start, column);
        Place { bytes, line: first, column, end_line }
    }
}

/// The keys and values of an object, repeated keys included; `None` for anything else.
fn entries(text: &str) -> Option<Vec<(&RawValue, String, &RawValue)>> {
    let entries: Entries<'_> = serde_json::from_str(text).ok()?;
    let mut found = Vec::with_capacity(entries.0.len());
    for (name, value) in entries.0 {
        found.push((name, serde_json::from_str(name.get()).ok()?, value));
    }
    Some(found)
}

struct Entries<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor).map(Self)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Vec<(&'de RawValue, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}
