//! JSON with places: what a damaged part is called when people are told about it.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Problem;

/// One file of a dump.
#[derive(Debug, Clone, Copy)]
pub(super) struct File<'a> {
    /// Its path inside the dump.
    pub(super) name: &'a str,
    /// Its text; `None` when it is no text at all, which has been reported.
    text: Option<&'a str>,
}

/// An entry of a list with the place it stands at, e.g. `RoleDetailList[3]`.
#[derive(Debug, Clone)]
pub(super) struct Entry<'a> {
    pub(super) place: String,
    pub(super) raw: &'a RawValue,
}

impl<'a> File<'a> {
    pub(super) fn new(name: &'a str, bytes: &'a [u8]) -> Result<Self, Problem> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self { name, text: Some(text) }),
            Err(error) => Err(Problem::of_file(
                name,
                format!("byte {} is not UTF-8, in which JSON is expected", error.valid_up_to()),
            )),
        }
    }

    /// A file that is there and says nothing.
    pub(super) fn unreadable(name: &'a str) -> Self {
        Self { name, text: None }
    }

    /// The whole file as `T`; `None` when it was reported, now or before.
    pub(super) fn whole<T: Deserialize<'a>>(&self, problems: &mut Vec<Problem>) -> Option<T> {
        match parse(self.text?) {
            Ok(value) => Some(value),
            Err(damage) => {
                problems.push(self.damaged("", 0, &damage));
                None
            }
        }
    }

    /// One part of the file as `T`.
    pub(super) fn part<T: Deserialize<'a>>(
        &self,
        raw: &'a RawValue,
        place: &str,
    ) -> Result<T, Problem> {
        parse(raw.get()).map_err(|damage| self.damaged(place, self.offset(raw), &damage))
    }

    /// The entries of a list.
    pub(super) fn entries(
        &self,
        raw: &'a RawValue,
        place: &str,
    ) -> Result<Vec<Entry<'a>>, Problem> {
        let list: Vec<&'a RawValue> = self.part(raw, place)?;
        let entries = list.into_iter().enumerate();
        Ok(entries.map(|(at, raw)| Entry { place: format!("{place}[{at}]"), raw }).collect())
    }

    /// An entry as `T`.
    pub(super) fn entry<T: Deserialize<'a>>(&self, entry: &Entry<'a>) -> Result<T, Problem> {
        self.part(entry.raw, &entry.place)
    }

    /// A problem with something at `place` that is JSON but not what it should be.
    pub(super) fn problem(&self, place: impl Into<String>, message: impl Into<String>) -> Problem {
        Problem { file: self.name.to_owned(), place: place.into(), message: message.into() }
    }

    /// A problem with the whole file, for which no better place is known.
    pub(super) fn gap_of_whole(&self, problems: &[Problem]) -> super::NotRead {
        let found = problems.iter().rev().find(|problem| problem.file == self.name);
        found.map_or_else(
            || Problem::of_file(self.name, "the file cannot be read").gap(),
            Problem::gap,
        )
    }

    fn offset(&self, raw: &RawValue) -> usize {
        // A borrowed value points into the text that it was read from.
        let base = self.text.map_or(0, |text| text.as_ptr() as usize);
        (raw.get().as_ptr() as usize).saturating_sub(base)
    }

    fn damaged(&self, place: &str, offset: usize, damage: &Damage) -> Problem {
        let before = self.text.and_then(|text| text.get(..offset)).unwrap_or_default();
        let lines = before.matches('\n').count();
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count());
        let (line, column) = match damage.line {
            0 | 1 => (lines + 1, column + damage.column),
            line => (lines + line, damage.column),
        };
        let mut path = place.to_owned();
        if !damage.path.is_empty() && damage.path != "." {
            if !path.is_empty() && !damage.path.starts_with('[') {
                path.push('.');
            }
            path.push_str(&damage.path);
        }
        let place = if path.is_empty() {
            format!("{line}:{column}")
        } else {
            format!("{path} ({line}:{column})")
        };
        self.problem(place, &damage.message)
    }
}

/// Rows told apart by their keys. What is there twice with different contents is known to
/// exist, but not how it is, so neither is kept.
pub(super) struct Distinct<T> {
    rows: Vec<T>,
    by_key: HashMap<String, usize>,
    disputed: BTreeSet<usize>,
}

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), by_key: HashMap::new(), disputed: BTreeSet::new() }
    }
}

impl<T: PartialEq> Distinct<T> {
    /// Adds a row, and says so when another with the same key differs.
    pub(super) fn add(
        &mut self,
        file: File<'_>,
        place: &str,
        key: &str,
        row: T,
    ) -> Option<Problem> {
        let Some(&at) = self.by_key.get(key) else {
            self.by_key.insert(key.to_owned(), self.rows.len());
            self.rows.push(row);
            return None;
        };
        if self.rows.get(at) == Some(&row) || !self.disputed.insert(at) {
            return None;
        }
        let message = format!("`{key}` is there twice with different contents");
        Some(file.problem(place, message))
    }

    /// The rows that nothing disputes, in their order.
    pub(super) fn into_rows(self) -> Vec<T> {
        let rows = self.rows.into_iter().enumerate();
        rows.filter(|(at, _)| !self.disputed.contains(at)).map(|(_, row)| row).collect()
    }
}

/// Where and why a text is not what was expected.
struct Damage {
    path: String,
    line: usize,
    column: usize,
    message: String,
}

fn parse<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Damage> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        damage(path, error.inner())
    })?;
    json.end().map_err(|error| damage(String::new(), &error))?;
    Ok(value)
}

fn damage(mut path: String, error: &serde_json::Error) -> Damage {
    let (line, column) = (error.line(), error.column());
    let shown = error.to_string();
    let message = shown.strip_suffix(&format!(" at line {line} column {column}"));
    let message = match message.unwrap_or(&shown) {
        // The parser takes the first letter of any text for that of `true`, `false` or `null`.
        "expected ident" | "expected value" => "this is not JSON".to_owned(),
        message => message.to_owned(),
    };
    // The place of a field that is missing is where it should be.
    if let Some(field) = message.strip_prefix("missing field `").and_then(|m| m.strip_suffix('`')) {
        if path.is_empty() || path == "." {
            field.clone_into(&mut path);
        } else {
            path = format!("{path}.{field}");
        }
    }
    // Inside a document or list the path may end in a key that was never finished.
    Damage { path: path.trim_end_matches(".?").to_owned(), line, column, message }
}
