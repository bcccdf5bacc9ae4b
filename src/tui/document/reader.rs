//! Reading a document: a cursor, a filter, wrapping and drawing.

use ratatui::layout::Rect;

use super::super::canvas::{Canvas, scroll};
use super::super::keys::Action;
use super::super::look::Role;
use super::{About, Document, Line};
use crate::text;

/// A document with a place in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reader {
    document: Document,
    /// An index of `shown`.
    cursor: usize,
    filter: String,
    /// Indices of the lines that the filter keeps.
    shown: Vec<usize>,
}

impl Reader {
    pub(crate) fn new(document: Document) -> Self {
        let mut reader = Self { document, ..Self::default() };
        reader.refresh();
        reader
    }

    pub(crate) fn document(&self) -> &Document {
        &self.document
    }

    /// Shows another document from its beginning.
    pub(crate) fn show(&mut self, document: Document) {
        *self = Self::new(document);
    }

    /// Shows another form of the same document: the place in it stays.
    pub(crate) fn replace(&mut self, document: Document) {
        self.document = document;
        self.refresh();
    }

    pub(crate) fn filter(&self) -> &str {
        &self.filter
    }

    pub(crate) fn set_filter(&mut self, filter: &str) {
        filter.clone_into(&mut self.filter);
        self.cursor = 0;
        self.refresh();
    }

    fn refresh(&mut self) {
        let wanted = self.filter.to_lowercase();
        self.shown = (self.document.lines.iter().enumerate())
            .filter(|(_, line)| wanted.is_empty() || line.always || line.contains(&wanted))
            .map(|(index, _)| index)
            .collect();
        self.cursor = self.cursor.min(self.shown.len().saturating_sub(1));
    }

    /// Moves the cursor; says whether the action was a move.
    pub(crate) fn act(&mut self, action: Action, page: usize) -> bool {
        match action.moved(self.cursor, self.shown.len(), page) {
            Some(cursor) => {
                self.cursor = cursor;
                true
            }
            None => false,
        }
    }

    pub(crate) fn move_to(&mut self, line: usize) {
        self.cursor = line.min(self.shown.len().saturating_sub(1));
    }

    pub(crate) fn cursor(&self) -> usize {
        self.cursor
    }

    pub(crate) fn line(&self) -> Option<&Line> {
        self.shown.get(self.cursor).and_then(|index| self.document.lines.get(*index))
    }

    /// What the line under the cursor is about.
    pub(crate) fn about(&self) -> About {
        self.line().map(|line| line.about.clone()).unwrap_or_default()
    }
}

/// A part of a line that fits on one row: spans with their text.
type Row = Vec<(String, Role)>;

/// How the line under the cursor is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cursor {
    /// The keys act on it.
    Active,
    /// It is chosen, while the keys act elsewhere.
    Resting,
    /// Not at all.
    Hidden,
}

impl Cursor {
    /// For a pane that is only a text to read while the keys act elsewhere.
    pub(crate) fn when(focused: bool) -> Self {
        if focused { Self::Active } else { Self::Hidden }
    }
}

/// How many rows the whole document takes in an area of this width; `most` is enough to know.
pub(crate) fn height(document: &Document, width: u16, most: u16) -> u16 {
    let width = usize::from(width.saturating_sub(1).max(1));
    let mut rows = 0;
    for line in &document.lines {
        rows += wrap(line, width).len();
        if rows >= usize::from(most) {
            return most;
        }
    }
    u16::try_from(rows).unwrap_or(most)
}

/// Draws the part of the document around the cursor.
pub(crate) fn draw(canvas: &mut Canvas<'_>, area: Rect, reader: &Reader, cursor: Cursor) {
    if area.width < 4 || area.height == 0 {
        return;
    }
    let width = usize::from(area.width - 1);
    let height = usize::from(area.height);
    // Rows above the cursor are only needed as far as they can be seen, but wrapping decides
    // how many those are.
    let first = reader.cursor.saturating_sub(height);
    let mut rows: Vec<(usize, Row)> = Vec::new();
    let mut cursor_row = 0;
    for (place, index) in reader.shown.iter().enumerate().skip(first) {
        if place == reader.cursor {
            cursor_row = rows.len();
        }
        let Some(line) = reader.document.lines.get(*index) else { continue };
        rows.extend(wrap(line, width).into_iter().map(|row| (place, row)));
        if place > reader.cursor && rows.len() > cursor_row + height {
            break;
        }
    }
    let top = scroll(cursor_row, rows.len(), height);
    for (row_number, (place, row)) in (0u16..area.height).zip(rows.iter().skip(top)) {
        let selected = *place == reader.cursor;
        let mut column = 1;
        for (text, role) in row {
            column = canvas.put(area, column, row_number, text, *role);
        }
        let role = match cursor {
            Cursor::Active if selected => Role::Selection,
            Cursor::Resting if selected => Role::SelectionOther,
            _ => continue,
        };
        let mark = canvas.marks().cursor;
        canvas.put(area, 0, row_number, mark, Role::Key);
        canvas.paint_row(area, row_number, role);
    }
}

/// Breaks a line at blanks, or anywhere when a word is longer than the row.
fn wrap(line: &Line, width: usize) -> Vec<Row> {
    let indent = usize::from(line.indent).min(width / 2);
    let mut rows = vec![Row::new()];
    let mut used = 0;
    for span in &line.spans {
        let safe = text::safe(&span.text);
        for word in safe.split_inclusive(' ') {
            let mut word = word;
            let visible = text::width(word.trim_end());
            if used + visible > width && used > indent {
                rows.push(vec![(" ".repeat(indent), Role::Text)]);
                used = indent;
            }
            while used + text::width(word.trim_end()) > width {
                let head = head(word, width.saturating_sub(used).max(1));
                push(&mut rows, head, span.role);
                word = word.get(head.len()..).unwrap_or_default();
                if word.is_empty() {
                    break;
                }
                rows.push(vec![(" ".repeat(indent), Role::Text)]);
                used = indent;
            }
            used += text::width(word);
            push(&mut rows, word, span.role);
        }
    }
    // A blank that no longer fits would be taken for text that is cut off.
    for (last, _) in rows.iter_mut().filter_map(|row| row.last_mut()) {
        last.truncate(last.trim_end().len());
    }
    rows
}

fn push(rows: &mut [Row], text: &str, role: Role) {
    let Some(row) = rows.last_mut() else { return };
    match row.last_mut() {
        Some((last, last_role)) if *last_role == role => last.push_str(text),
        _ => row.push((text.to_owned(), role)),
    }
}

/// The longest beginning of `word` of at most `width` columns, at least one character.
fn head(word: &str, width: usize) -> &str {
    let mut end = 0;
    for (start, char) in word.char_indices() {
        let next = start + char.len_utf8();
        if end > 0 && word.get(..next).is_none_or(|head| text::width(head) > width) {
            break;
        }
        end = next;
    }
    word.get(..end).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, indent: u16, width: usize) -> Vec<String> {
        wrap(&Line::new().text(text).indent(indent), width)
            .into_iter()
            .map(|row| row.into_iter().map(|(text, _)| text).collect::<String>())
            .collect()
    }

    #[test]
    fn a_filter_keeps_what_says_that_more_is_not_listed() {
        let mut document = Document::new("");
        for name in ["one", "two"] {
            document.push(Line::new().text(name));
        }
        document.push(Line::new().text("… and more").always());
        let mut reader = Reader::new(document);
        reader.set_filter("two");
        assert_eq!(reader.shown, [1, 2]);
        reader.set_filter("three");
        assert_eq!(reader.shown, [2]);
    }

    #[test]
    fn lines_break_at_blanks_and_move_in() {
        assert_eq!(wrapped("one two three", 2, 8), ["one two", "  three"]);
        assert_eq!(wrapped("abcdefghij", 0, 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("", 0, 4), [""]);
        assert_eq!(wrapped("名前です", 0, 1), ["名", "前", "で", "す"]);
    }
}
