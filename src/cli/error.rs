//! Why a command did not answer, with its exit code.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::answer::QuestionError;
use crate::text::safe;

/// What went wrong, by exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The asked-for thing failed: exit 1.
    Failed,
    /// Usage or input: exit 2.
    Input,
    /// No snapshot yet: exit 3.
    NoSnapshot,
    /// An unreadable snapshot: exit 3.
    Snapshot,
    /// AWS or HCP Terraform refused or can't be reached: exit 4.
    Refused,
    /// Whoever read the output has seen enough: no error at all.
    ClosedPipe,
}

impl ErrorKind {
    /// The exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::ClosedPipe => 0,
            Self::Failed => 1,
            Self::Input => 2,
            Self::NoSnapshot | Self::Snapshot => 3,
            Self::Refused => 4,
        }
    }
}

impl From<ErrorKind> for ExitCode {
    fn from(kind: ErrorKind) -> Self {
        Self::from(kind.code())
    }
}

/// An error for people: what and where, then what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CliError {
    /// Decides the exit code.
    pub(crate) kind: ErrorKind,
    /// What is wrong and where.
    pub(crate) message: String,
    /// What to do next, one line each.
    pub(crate) hints: Vec<String>,
}

impl CliError {
    /// The asked-for thing failed.
    pub(crate) fn failed(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Failed, message)
    }

    /// What was typed or given can't be used.
    pub(crate) fn input(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Input, message)
    }

    /// Nothing was collected yet.
    pub(crate) fn no_snapshot(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::NoSnapshot, message)
            .hint("`rolewalk collect` or `rolewalk import DIR` makes one")
            .hint("`--demo` answers from the embedded sample organization")
    }

    /// The facts can't be read or kept.
    pub(crate) fn snapshot(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Snapshot, message)
    }

    /// AWS said no, or nothing.
    pub(crate) fn refused(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Refused, message)
    }

    fn new(kind: ErrorKind, message: impl fmt::Display) -> Self {
        Self { kind, message: message.to_string(), hints: Vec::new() }
    }

    /// The same with one more thing to try.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hints.push(hint.to_string());
        self
    }

    /// An error of writing the answer; a closed pipe is none.
    pub(crate) fn writing(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(ErrorKind::ClosedPipe, "");
        }
        Self::failed(format!("the answer can't be written: {error}"))
    }
}

impl From<QuestionError> for CliError {
    fn from(error: QuestionError) -> Self {
        // Names of others stand in both, and each is one line.
        let one_line = |text: String| safe(&text).into_owned();
        let hints = error.hints().into_iter().map(one_line).collect();
        Self { kind: ErrorKind::Input, message: one_line(error.to_string()), hints }
    }
}

/// The messages of an error and of what caused it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let message = cause.to_string();
        // Many libraries print their cause themselves.
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        source = cause.source();
    }
    text
}
