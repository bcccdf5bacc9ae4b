//! Where answers, warnings and errors go, and how wide and colourful they may be.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use serde::Serialize;

use super::Ending;
use super::args::Color;
use super::error::{CliError, ErrorKind};
use super::render::style;
use crate::text::safe_lines;

/// Columns where no terminal says how many it has.
const WIDTH_OF_PIPES: usize = 100;

/// The two streams. Answers go to stdout, everything else to stderr.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    choice: ColorChoice,
    /// Whether answers are printed as JSON.
    pub(crate) json: bool,
    /// Whether marks keep to ASCII.
    pub(crate) ascii: bool,
}

impl Output {
    /// Streams with colours as typed.
    pub(crate) fn new(color: Color, json: bool, ascii: bool) -> Self {
        let choice = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self { choice, json, ascii }
    }

    fn width() -> usize {
        if io::stdout().is_terminal()
            && let Ok((columns, _)) = crossterm::terminal::size()
            && columns > 0
        {
            return usize::from(columns).max(40);
        }
        WIDTH_OF_PIPES
    }

    /// Prints text (with styles that are dropped where they are not wanted).
    pub(crate) fn print(self, text: &str) -> Result<(), CliError> {
        let mut stream = AutoStream::new(io::stdout().lock(), self.choice);
        stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.flush())
            .map_err(|error| CliError::writing(&error))
    }

    /// Prints bytes as they are.
    pub(crate) fn print_raw(bytes: &[u8]) -> Result<Ending, CliError> {
        let mut stream = io::stdout().lock();
        stream
            .write_all(bytes)
            .and_then(|()| stream.flush())
            .map(|()| Ending::Answered)
            .map_err(|error| CliError::writing(&error))
    }

    /// Prints one JSON object.
    pub(crate) fn print_json(answer: &impl Serialize) -> Result<(), CliError> {
        // Stdout by itself would be written line by line, and an answer can have a million.
        let mut stream = io::BufWriter::new(io::stdout().lock());
        serde_json::to_writer_pretty(&mut stream, answer)
            .map_err(io::Error::from)
            .and_then(|()| stream.write_all(b"\n"))
            .and_then(|()| stream.flush())
            .map_err(|error| CliError::writing(&error))
    }

    /// Prints an answer in the form that was asked for.
    pub(crate) fn answer<T: Serialize>(
        self,
        answer: &T,
        render: impl FnOnce(&T, Page) -> String,
    ) -> Result<Ending, CliError> {
        if self.json {
            Self::print_json(answer)?;
        } else {
            self.print(&render(answer, self.page()))?;
        }
        Ok(Ending::Answered)
    }

    /// The paper that text is laid out on.
    pub(crate) fn page(self) -> Page {
        Page { width: Self::width(), ascii: self.ascii }
    }

    /// Says something on stderr; nobody listening is no error.
    pub(crate) fn note(self, text: &str) {
        self.stderr(style::FAINT, "", text);
    }

    /// Says rendered text, which is safe and may carry styles, on stderr.
    pub(crate) fn text(self, text: &str) {
        let _ = self.stderr_stream().write_all(text.as_bytes());
    }

    /// Warns on stderr.
    pub(crate) fn warn(self, text: &str) {
        self.stderr(style::WARNING, "warning: ", text);
    }

    /// Prints an error with its hints on stderr.
    pub(crate) fn error(self, error: &CliError) {
        if error.kind == ErrorKind::ClosedPipe {
            return;
        }
        self.stderr(style::ERROR, "error: ", &error.message);
        for hint in &error.hints {
            self.stderr(style::HINT, "  hint: ", hint);
        }
    }

    /// Stderr, for what is no line by itself.
    pub(crate) fn stderr_stream(self) -> impl Write {
        AutoStream::new(io::stderr().lock(), self.choice)
    }

    fn stderr(self, style: Style, label: &str, text: &str) {
        let mut stream = self.stderr_stream();
        let text = safe_lines(text);
        let _ = if label.is_empty() {
            writeln!(stream, "{style}{text}{style:#}")
        } else {
            writeln!(stream, "{style}{label}{style:#}{text}")
        };
    }
}

/// What a text renderer needs to know of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    /// Columns.
    pub(crate) width: usize,
    /// Whether marks keep to ASCII.
    pub(crate) ascii: bool,
}
