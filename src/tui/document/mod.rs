//! Documents: what detail panes, reasons, paths and explanations are made of.
//!
//! A document is a flat list of lines, each of spans with roles, and each knowing what it is
//! about, so that the same keys work on a line of any of them.

mod json;
mod reader;

pub(crate) use json::policy;
pub(crate) use reader::{Cursor, Reader, draw, height};

use super::look::Role;

/// Lines under a title.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) title: String,
    pub(crate) lines: Vec<Line>,
}

/// One logical line; the view wraps it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) spans: Vec<Span>,
    /// Columns by which wrapped rows are moved in.
    pub(crate) indent: u16,
    pub(crate) about: About,
    /// Whether it stands whatever the filter: it says what is not listed.
    pub(crate) always: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) text: String,
    pub(crate) role: Role,
}

/// What a line, a tree row or a matrix cell is about: what the keys act on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct About {
    /// A thing that can be named: opens in the tree, starts or ends a path.
    pub(crate) selector: Option<String>,
    /// A way from a source to a role.
    pub(crate) way: Option<Way>,
    /// What can be copied: a label and the text.
    pub(crate) copy: Vec<(&'static str, String)>,
    /// A part that opens and closes right here, by number.
    pub(crate) part: Option<usize>,
    /// Which way out of the first-run and overview texts, if any.
    pub(crate) action: Option<super::keys::Action>,
}

impl About {
    pub(crate) fn thing(selector: impl Into<String>) -> Self {
        Self { selector: Some(selector.into()), ..Self::default() }
    }
}

/// A source, a target and the hops in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) from: String,
    pub(crate) to: String,
    /// Everything on the way, both ends included, where it is known.
    pub(crate) stops: Vec<String>,
    pub(crate) hops: usize,
}

impl Way {
    pub(crate) fn new(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self { from: from.into(), to: to.into(), stops: Vec::new(), hops: 1 }
    }

    /// Whether a single decision answers for it.
    pub(crate) fn is_one_hop(&self) -> bool {
        self.hops <= 1
    }

    /// Who makes the last call.
    pub(crate) fn last_caller(&self) -> &str {
        self.stops.iter().rev().nth(1).unwrap_or(&self.from)
    }
}

impl Line {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn with(mut self, role: Role, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.spans.push(Span { text, role });
        }
        self
    }

    pub(crate) fn text(self, text: impl Into<String>) -> Self {
        self.with(Role::Text, text)
    }

    pub(crate) fn muted(self, text: impl Into<String>) -> Self {
        self.with(Role::Muted, text)
    }

    pub(crate) fn strong(self, text: impl Into<String>) -> Self {
        self.with(Role::Strong, text)
    }

    pub(crate) fn indent(mut self, columns: u16) -> Self {
        self.indent = columns;
        self
    }

    pub(crate) fn about(mut self, about: About) -> Self {
        self.about = about;
        self
    }

    /// The same, kept by every filter.
    pub(crate) fn always(mut self) -> Self {
        self.always = true;
        self
    }

    pub(crate) fn contains(&self, lowercase: &str) -> bool {
        let whole: String = self.spans.iter().map(|span| span.text.to_lowercase()).collect();
        whole.contains(lowercase)
    }
}

impl Document {
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), lines: Vec::new() }
    }

    pub(crate) fn push(&mut self, line: Line) {
        self.lines.push(line);
    }

    pub(crate) fn blank(&mut self) {
        if self.lines.last().is_some_and(|line| !line.spans.is_empty()) {
            self.push(Line::new());
        }
    }

    /// A heading with some air above.
    pub(crate) fn heading(&mut self, text: impl Into<String>) {
        self.blank();
        self.push(Line::new().with(Role::Heading, text));
    }

    /// A paragraph.
    pub(crate) fn say(&mut self, role: Role, text: impl Into<String>) {
        self.push(Line::new().with(role, text));
    }

    /// A label with its value, values under each other.
    pub(crate) fn field(&mut self, label: &str, value: impl Into<String>) {
        let value = value.into();
        let copy = vec![("value", value.clone())];
        self.push(
            Line::new()
                .muted(format!("{label:<12} "))
                .text(value)
                .indent(13)
                .about(About { copy, ..About::default() }),
        );
    }
}
