//! The catalogue as it stands in `assets/failures.toml`, compiled once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::{Layer, Tool};

/// One failure that the catalogue knows: what it means and what causes it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "columns of a table, not states")]
pub struct Entry {
    /// `E12`, `T1`, …; stable. Some ids have several entries, one a wording.
    pub id: String,
    /// One line, lower case.
    pub title: String,
    /// What it means, in a sentence or two.
    pub meaning: String,
    /// What causes it, the likeliest first.
    pub causes: Vec<String>,
    /// The error codes it comes with.
    #[serde(default, skip_serializing)]
    pub(super) codes: Vec<String>,
    /// The wording, in the notation of the file.
    #[serde(default, skip_serializing)]
    pub(super) pattern: Option<String>,
    /// The action, for texts that never name one.
    #[serde(default, skip_serializing)]
    pub(super) action: Option<String>,
    /// The operation that [`Entry::fallback`] asks for.
    #[serde(default, skip_serializing)]
    pub(super) operation: Option<String>,
    #[serde(default, skip_serializing)]
    pub(super) layer: Option<Layer>,
    #[serde(default, skip_serializing)]
    pub(super) explicit: Option<bool>,
    #[serde(default, skip_serializing)]
    pub(super) may_be_implicit: bool,
    /// Recognised by its code, and by `pattern` within the message if there is one.
    #[serde(default, skip_serializing)]
    pub(super) by_code: bool,
    /// What code and operation stand for where a record has no message.
    #[serde(default, skip_serializing)]
    pub(super) fallback: bool,
    /// Stands around another failure instead of being one.
    #[serde(default, skip_serializing)]
    pub(super) frame: bool,
}

/// How a tool wraps a message.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wrapper {
    pub(super) id: String,
    pub(super) tool: Option<Tool>,
    header: Option<String>,
    trailer: Option<String>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    operations: Vec<String>,
    parts: BTreeMap<String, String>,
    wrapper: Vec<Wrapper>,
    failure: Vec<Entry>,
}

/// A pattern and what it belongs to.
pub(super) type Matcher<T> = (Regex, &'static T);

/// Everything of the file, ready to match.
pub(super) struct Catalogue {
    pub(super) operations: &'static [String],
    pub(super) unknown: &'static Entry,
    /// Entries recognised by their wording, frames left out.
    pub(super) worded: Vec<Matcher<Entry>>,
    /// Entries that stand around others.
    pub(super) frames: Vec<Matcher<Entry>>,
    /// Entries recognised by their code.
    pub(super) coded: Vec<(Option<Regex>, &'static Entry)>,
    /// Entries that code and operation alone stand for.
    pub(super) fallbacks: Vec<&'static Entry>,
    pub(super) headers: Vec<Matcher<Wrapper>>,
    pub(super) trailers: Vec<Matcher<Wrapper>>,
    pub(super) markers: Vec<Matcher<Wrapper>>,
}

#[expect(clippy::expect_used, reason = "the file is compiled in, and a test walks all of it")]
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    load(include_str!("../../assets/failures.toml")).expect("the catalogue loads")
});

/// The catalogue.
pub(super) fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

/// Every entry, in the file's order.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    let all = &*CATALOGUE;
    let worded = all.worded.iter().map(|(_, entry)| *entry);
    worded
        .chain(all.frames.iter().map(|(_, entry)| *entry))
        .chain(all.coded.iter().map(|(_, entry)| *entry))
        .chain(std::iter::once(all.unknown))
}

pub(super) fn load(text: &str) -> Result<Catalogue, Box<dyn std::error::Error>> {
    // The file lives as long as the program, and so may what is parsed from it.
    let raw: &'static Raw = Box::leak(Box::new(toml::from_str(text)?));
    let compile = |pattern: &str| Regex::new(&expand(pattern, &raw.parts));
    let unknown = raw
        .failure
        .iter()
        .find(|entry| entry.id == "unknown")
        .ok_or("the catalogue has no entry `unknown`")?;
    let mut all = Catalogue {
        operations: &raw.operations,
        unknown,
        worded: Vec::new(),
        frames: Vec::new(),
        coded: Vec::new(),
        fallbacks: Vec::new(),
        headers: Vec::new(),
        trailers: Vec::new(),
        markers: Vec::new(),
    };
    for entry in &raw.failure {
        let pattern = entry.pattern.as_deref().map(compile).transpose()?;
        if entry.fallback {
            all.fallbacks.push(entry);
        }
        match pattern {
            pattern if entry.by_code => all.coded.push((pattern, entry)),
            Some(pattern) if entry.frame => all.frames.push((pattern, entry)),
            Some(pattern) => all.worded.push((pattern, entry)),
            None if entry.id == "unknown" => {}
            None => return Err(format!("`{}` has neither pattern nor code", entry.id).into()),
        }
    }
    for wrapper in &raw.wrapper {
        for (pattern, into) in [
            (&wrapper.header, &mut all.headers),
            (&wrapper.trailer, &mut all.trailers),
            (&wrapper.marker, &mut all.markers),
        ] {
            if let Some(pattern) = pattern {
                into.push((compile(pattern)?, wrapper));
            }
        }
    }
    Ok(all)
}

/// Puts the parts in, which may name parts themselves, and lets blanks stand for any run of
/// white space, because tools wrap lines where they like.
fn expand(pattern: &str, parts: &BTreeMap<String, String>) -> String {
    let mut pattern = pattern.to_owned();
    for _ in 0..4 {
        for (name, part) in parts {
            pattern = pattern.replace(&format!("<<{name}>>"), part);
        }
    }
    pattern.replace(' ', r"\s+").replace(r"\s+?", r"\s*")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_file_loads_and_every_entry_says_something() {
        let all = load(include_str!("../../assets/failures.toml")).unwrap();
        assert!(all.worded.len() > 40 && all.headers.len() >= 4);
        for (pattern, entry) in all.worded.iter().chain(&all.frames) {
            assert!(!pattern.is_match(""), "{} matches nothing", entry.id);
            assert!(!pattern.as_str().contains("<<"), "{}: {pattern}", entry.id);
        }
        for entry in entries() {
            assert!(!entry.title.is_empty() && !entry.meaning.is_empty(), "{}", entry.id);
            assert!(!entry.causes.is_empty(), "{} has no causes", entry.id);
        }
        for entry in all.coded.iter().map(|(_, entry)| entry).chain(&all.fallbacks) {
            assert!(!entry.codes.is_empty(), "{} is known by its code and has none", entry.id);
        }
    }

    #[test]
    fn entries_that_share_an_id_agree_on_the_layer() {
        let mut layers = BTreeMap::new();
        for entry in entries() {
            let known = *layers.entry(&entry.id).or_insert(entry.layer);
            assert_eq!(known, entry.layer, "{}", entry.id);
        }
    }

    #[test]
    fn a_damaged_file_is_refused() {
        assert!(load("").is_err());
        assert!(load("operations = []\nwrapper = []\nfailure = []\n[parts]\n").is_err());
    }
}
