//! Pasted text, cleaned of what terminals and log viewers add, with the way back to the
//! original places.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use regex::{Captures, Regex};

use super::secrets;

/// The width of terminals that cut text.
const NARROWEST: usize = 40;
const WIDEST: usize = 400;
/// How many widths are tried for text of which only a part was cut.
const WIDTHS: usize = 6;

/// Pasted text for people: without escape sequences that colour it and without secrets, whose places
/// tell that something was there.
pub fn readable(text: &str) -> String {
    secrets::redact(&ESCAPES.replace_all(text, "")).into_owned()
}

/// Text that remembers, for each of its bytes, which bytes of the original it stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Source {
    text: String,
    starts: Vec<usize>,
    ends: Vec<usize>,
    original: Arc<str>,
}

impl Source {
    pub(super) fn new(text: &str) -> Self {
        let mut starts = Vec::with_capacity(text.len());
        let mut ends = Vec::with_capacity(text.len());
        for (at, char) in text.char_indices() {
            let length = char.len_utf8();
            starts.extend(std::iter::repeat_n(at, length));
            ends.extend(std::iter::repeat_n(at + length, length));
        }
        Self { text: text.to_owned(), starts, ends, original: Arc::from(text) }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where `range` of this text stands in the original.
    pub(super) fn origin(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.starts.get(range.start).copied().unwrap_or_default();
        let last = range.end.saturating_sub(1).max(range.start);
        start..self.ends.get(last).copied().unwrap_or(start).max(start)
    }

    /// What follows this place without a gap if the line was broken there within a name; `None`
    /// if no line ends there.
    pub(super) fn continued(&self, at: usize) -> Option<&str> {
        let rest = self.text.get(at..)?.strip_prefix(' ')?;
        let gap = self.original.get(self.origin(&(at..at + 1)))?;
        let end = rest.find(|char: char| {
            !(char.is_ascii_alphanumeric()
                || matches!(char, '_' | '+' | '=' | ',' | '.' | '@' | '-' | '/'))
        });
        let word = rest.get(..end.unwrap_or(rest.len()))?.trim_end_matches(['.', ',']);
        (gap.contains(['\n', '\r']) && !word.is_empty()).then_some(word)
    }

    /// Puts what `replacement` makes of a match and the whole text in place of every match; all
    /// of it stands for the whole match.
    pub(super) fn replace(
        self,
        pattern: &Regex,
        replacement: impl Fn(&Captures<'_>, &str) -> String,
    ) -> Self {
        let mut edits = Vec::new();
        for found in pattern.captures_iter(&self.text) {
            let Some(whole) = found.get(0).filter(|whole| !whole.is_empty()) else { continue };
            edits.push((whole.range(), replacement(&found, &self.text)));
        }
        self.apply(&edits)
    }

    /// Applies edits, which are ordered and do not overlap.
    pub(super) fn apply(self, edits: &[(Range<usize>, String)]) -> Self {
        if edits.is_empty() {
            return self;
        }
        let mut edited = Self {
            text: String::new(),
            starts: Vec::new(),
            ends: Vec::new(),
            original: Arc::clone(&self.original),
        };
        let mut done = 0;
        for (range, replacement) in edits {
            edited.keep(&self, done..range.start);
            let origin = self.origin(range);
            edited.text.push_str(replacement);
            edited.starts.extend(std::iter::repeat_n(origin.start, replacement.len()));
            edited.ends.extend(std::iter::repeat_n(origin.end, replacement.len()));
            done = range.end;
        }
        edited.keep(&self, done..self.text.len());
        edited
    }

    fn keep(&mut self, from: &Self, range: Range<usize>) {
        self.text.push_str(from.text.get(range.clone()).unwrap_or_default());
        self.starts.extend(from.starts.get(range.clone()).unwrap_or_default());
        self.ends.extend(from.ends.get(range).unwrap_or_default());
    }

    /// Without escape sequences, frames drawn around diagnostics, prefixes of log viewers,
    /// XML entities and secrets. Lines stay lines.
    pub(super) fn clean(self) -> Self {
        self.replace(&ESCAPES, |_, _| String::new())
            .replace(&LINE_ENDS, |_, _| "\n".to_owned())
            .replace(&LINE_PREFIXES, |_, _| String::new())
            .replace(&LINE_SUFFIXES, |_, _| String::new())
            .replace(&ENTITIES, |found, _| decoded(found).to_owned())
            .replace(secrets::expression(), |found, _| secrets::replacement(found))
    }

    /// Joins lines that belong together, so that each line is one paragraph.
    pub(super) fn join(self) -> Self {
        self.replace(&BREAKS, |found, text| joint(found, text).to_owned())
    }

    /// As [`Source::join`], for text that a terminal cut at this many columns, in the middle
    /// of words.
    pub(super) fn join_cut_at(self, columns: usize) -> Self {
        self.replace(&BREAKS, |found, text| {
            let Some(gap) = found.get(0).map(|gap| gap.as_str()) else { return String::new() };
            let at = found.get(0).map_or(0, |gap| gap.start());
            let before = text.get(..at).unwrap_or_default();
            let line = before.rsplit('\n').next().unwrap_or_default().chars().count();
            match gap.strip_prefix('\n') {
                // What follows the line feed belongs to the text.
                Some(kept) if line == columns && !kept.contains('\n') => kept.to_owned(),
                // The terminal dropped the blank at the edge.
                Some(kept) if line + 1 == columns && !kept.contains('\n') => " ".to_owned(),
                _ => joint(found, text).to_owned(),
            }
        })
    }

    /// The columns at which a terminal cut the text, if it looks so: lines in a row are equally
    /// long, and none is longer.
    pub(super) fn columns(&self) -> Option<usize> {
        let lengths: Vec<usize> = self.text.lines().map(|line| line.chars().count()).collect();
        let longest = lengths.iter().copied().max()?;
        let pairs = lengths.windows(2).any(|pair| {
            pair.iter().max() == Some(&longest) && pair.iter().all(|length| length + 1 >= longest)
        });
        (pairs && (NARROWEST..=WIDEST).contains(&longest)).then_some(longest)
    }

    /// Columns at which some of the text may have been cut: lengths of lines that others follow,
    /// the commonest first, then the longest.
    pub(super) fn possible_columns(&self) -> Vec<usize> {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        let lines: Vec<&str> = self.text.lines().collect();
        for pair in lines.windows(2) {
            let [line, next] = pair else { continue };
            let length = line.chars().count();
            if (NARROWEST..=WIDEST).contains(&length) && !next.trim().is_empty() {
                *counts.entry(length).or_default() += 1;
            }
        }
        let mut lengths: Vec<(usize, usize)> = counts.into_iter().collect();
        lengths.sort_by_key(|(length, count)| std::cmp::Reverse((*count, *length)));
        lengths.into_iter().take(WIDTHS).map(|(length, _)| length).collect()
    }
}

/// What stands for a break between two lines.
fn joint(found: &Captures<'_>, text: &str) -> &'static str {
    let Some(gap) = found.get(0) else { return " " };
    let after = text.get(gap.end()..).unwrap_or_default();
    let feeds = gap.as_str().matches('\n').count();
    if feeds > 1 || BEGINNINGS.is_match(after) { "\n" } else { " " }
}

fn decoded(found: &Captures<'_>) -> &'static str {
    match found.get(1).map_or("", |name| name.as_str()) {
        "apos" | "#39" | "#x27" => "'",
        "quot" | "#34" | "#x22" => "\"",
        "lt" => "<",
        "gt" => ">",
        _ => "&",
    }
}

#[expect(clippy::expect_used, reason = "constant patterns, which every test compiles")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern compiles")
}

/// Colours and other escape sequences, also those that lost their escape character.
static ESCAPES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]",
        r"|\[\d{1,2}(?:;\d{1,3})*m|\u{feff}|[\u{200b}\u{200e}\u{200f}]",
    ))
});
static LINE_ENDS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\r\n?"));
/// Frames of Terraform, time stamps and error marks of GitHub's log, quotation marks of mail.
static LINE_PREFIXES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?m)^[ \t]*\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)[ \t]+",
        r"(?:##\[\w+\])?(?:[│╷╵┃|>]+[ \t]?)?",
        r"|^(?:##\[\w+\]|::error(?: [^:\n]*)?::)[ \t]*(?:[│╷╵┃|>]+[ \t]?)?",
        r"|^[ \t]*[│╷╵┃|>]+[ \t]?",
    ))
});
/// The right side of a box, with the blanks that fill it.
static LINE_SUFFIXES: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)[ \t]+[│┃|]+[ \t]*$"));
static ENTITIES: LazyLock<Regex> =
    LazyLock::new(|| pattern("&(apos|quot|amp|lt|gt|#39|#34|#x27|#x22);"));
static BREAKS: LazyLock<Regex> = LazyLock::new(|| pattern(r"[ \t]*\n\s*"));
/// How a line begins that does not continue the one before it.
static BEGINNINGS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\A(?:Error: |Warning: |An error occurred \(|aws: \[ERROR\]|\* |- |\{|\}|at \w",
        r"|[A-Z][A-Z0-9_]{3,}\s*[=:]|\z)",
    ))
});

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn cleaned_text_finds_its_way_back() {
        let original = "\u{1b}[31m╷\u{1b}[0m\n│ Error: é it&apos;s\r\n│   broken\n╵";
        let joined = Source::new(original).clean().join();
        assert_eq!(joined.text(), "\nError: é it's broken\n");
        let at = joined.text().find("it's broken").unwrap();
        let origin = joined.origin(&(at..at + "it's broken".len()));
        assert_eq!(&original[origin], "it&apos;s\r\n│   broken");
    }

    #[test]
    fn new_items_do_not_join_the_line_before() {
        let joined = Source::new("a\nb\n\nc\nError: d\n* e\nTFC_RUN_ID=f").join();
        assert_eq!(joined.text(), "a b\nc\nError: d\n* e\nTFC_RUN_ID=f");
    }
}
