//! A text answer while it is written.

use anstyle::Style;

use super::{style, words};
use crate::answer::{AccountGap, Verdict};
use crate::cli::output::Page;
use crate::text::{safe, width};

/// Lines of text for one page width.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// The paper.
    pub(crate) page: Page,
    text: String,
}

impl Sheet {
    /// An empty sheet.
    pub(crate) fn new(page: Page) -> Self {
        Self { page, text: String::new() }
    }

    /// The whole text.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    /// A line that is already safe, and may carry styles.
    pub(crate) fn line(&mut self, indent: usize, line: &str) {
        if !line.is_empty() {
            self.text.extend(std::iter::repeat_n(' ', indent));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    /// A line of text from anywhere that is known to fit; nothing where there is none.
    pub(crate) fn line_if_any(&mut self, indent: usize, style: Style, text: &str) {
        if !text.is_empty() {
            self.line(indent, &paint(style, &safe(text)));
        }
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// A heading after an empty line.
    pub(crate) fn heading(&mut self, text: &str) {
        self.gap();
        self.line(0, &paint(style::HEADING, text));
    }

    /// Text from anywhere, wrapped.
    pub(crate) fn prose(&mut self, indent: usize, style: Style, text: &str) {
        self.labelled(indent, "", style, text);
    }

    /// As [`Self::prose`], behind a label that is safe, may carry styles, and under whose end
    /// the further lines stand.
    pub(crate) fn labelled(&mut self, indent: usize, label: &str, style: Style, text: &str) {
        let label_width = width(&plain(label));
        // Under a long label there would be no room.
        let hang = indent + if label_width > 24 { 4 } else { label_width };
        let first = indent + label_width;
        let room = |used: usize| self.page.width.saturating_sub(used).max(24);
        let mut lines = wrap(&safe(text), room(first), room(hang));
        let head = if lines.is_empty() { String::new() } else { lines.remove(0) };
        self.line(indent, &format!("{label}{}", paint(style, &head)));
        for line in lines {
            self.line(hang, &paint(style, &line));
        }
    }

    /// Pieces that are safe and may carry styles, on one line as far as they fit; a piece stays
    /// whole.
    pub(crate) fn pieces(&mut self, indent: usize, pieces: &[String]) {
        let mut line = String::new();
        let mut at = indent;
        for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
            let used = at + width(&plain(&line));
            if !line.is_empty() && used + 1 + width(&plain(piece)) > self.page.width {
                self.line(at, &std::mem::take(&mut line));
                at = indent + 4;
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(piece);
        }
        self.line(at, &line);
    }

    /// A verdict's mark and word.
    pub(crate) fn verdict(&self, verdict: Verdict) -> String {
        let mark = words::mark(self.page, verdict);
        paint(style::verdict(verdict), &format!("{mark} {verdict}"))
    }

    /// What was not read and may hide something; `hides` names what.
    pub(crate) fn not_read(&mut self, gaps: &[AccountGap], hides: &str) {
        const SHOWN: usize = 20;
        if gaps.is_empty() {
            return;
        }
        self.heading(&format!("Not read, and may hide {hides}"));
        for gap in gaps.iter().take(SHOWN) {
            let name = match &gap.account {
                Some(id) if *id != gap.name => format!("{} {id}", gap.name),
                _ => gap.name.clone(),
            };
            let label = paint(style::verdict(Verdict::Unknown), &format!("? {}: ", safe(&name)));
            let what = &gap.not_read;
            let text = format!("{} ({}) {}", what.call, what.kind.as_str(), what.message);
            self.labelled(2, &label, Style::new(), text.trim_end());
        }
        if let Some(more) = gaps.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            self.line(2, &format!("and {more} more (all of them with --json)"));
        }
    }
}

/// `text` in a style.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// `text` without styles.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// Safe `text` cut at blanks into a first line of at most `first` columns and others of at most
/// `rest`; a longer word stays whole, because a cut ARN can't be copied.
pub(crate) fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let room = if lines.len() > 1 { rest } else { first };
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Cells in columns, each as wide as its widest; the last column is not padded. Cells are safe
/// and may carry styles.
pub(crate) fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        for (index, cell) in row.iter().enumerate() {
            let cell = width(&plain(cell));
            match widths.get_mut(index) {
                Some(widest) => *widest = cell.max(*widest),
                None => widths.push(cell),
            }
        }
    }
    rows.iter()
        .map(|row| {
            let mut line = String::new();
            for (index, (cell, widest)) in row.iter().zip(&widths).enumerate() {
                line.push_str(cell);
                if index + 1 < row.len() {
                    let blanks = widest.saturating_sub(width(&plain(cell))) + 2;
                    line.extend(std::iter::repeat_n(' ', blanks));
                }
            }
            line.trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_keeps_long_words_whole() {
        assert_eq!(wrap("a bb ccc dddddddddd e f", 6, 3), ["a bb", "ccc", "dddddddddd", "e f"]);
    }

    #[test]
    fn columns_align_by_what_is_seen() {
        let rows = vec![
            vec![paint(style::NAME, "a"), "x".to_owned()],
            vec!["名前".to_owned(), "y".to_owned()],
        ];
        let lines: Vec<String> = columns(&rows).iter().map(|line| plain(line)).collect();
        assert_eq!(lines, ["a     x", "名前  y"]);
    }
}
