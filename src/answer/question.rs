//! What every question takes, and why one can't be answered.

use thiserror::Error;

/// How much of an answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows of a list, paths of [`paths`].
    pub rows: usize,
    /// Hops of a path.
    pub hops: usize,
}

impl Limits {
    /// For lists: 1,000 rows, 4 hops.
    pub const LIST: Self = Self { rows: 1_000, hops: 4 };
    /// For paths: 100 paths, 4 hops.
    pub const PATHS: Self = Self { rows: 100, hops: 4 };
}

/// Why a question can't be answered as it was put.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QuestionError {
    /// Nothing has that name.
    #[error("`{selector}` names nothing in this snapshot{detail}")]
    Unknown {
        /// What was asked for.
        selector: String,
        /// What exactly is not there, after `: `; empty where that says no more.
        detail: String,
        /// The nearest names, best first.
        nearest: Vec<String>,
    },
    /// Several things have that name where one is asked for.
    #[error("`{selector}` names {count} things where one is asked for")]
    Ambiguous {
        /// What was asked for.
        selector: String,
        /// How many fit.
        count: usize,
        /// Some of them.
        candidates: Vec<String>,
    },
    /// The text is no selector, or not of a kind that fits the question.
    #[error("{message}")]
    Invalid {
        /// What is wrong.
        message: String,
        /// What to write instead.
        hints: Vec<String>,
    },
    /// What is stated about the request can't be.
    #[error("{message}")]
    Stated {
        /// What is wrong.
        message: String,
        /// What to state instead.
        hints: Vec<String>,
    },
}

/// How many sources, roles, or pairs of both, one question is about at most: each is a search.
const SEARCHES: usize = 10_000;

/// Refuses what takes more searches than one question may; `written` says what they are of.
pub(super) fn searched(count: usize, written: &str) -> Result<(), QuestionError> {
    if count <= SEARCHES {
        return Ok(());
    }
    let error = QuestionError::invalid(format!(
        "`{written}` takes {count} searches, and one question may take {SEARCHES}"
    ));
    Err(error.hint("name less at once, such as one account"))
}

impl QuestionError {
    /// A text that can't be used, with what is wrong.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid { message: message.into(), hints: Vec::new() }
    }

    /// The same with one more thing to write instead.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Self::Invalid { hints, .. } | Self::Stated { hints, .. } = &mut self {
            hints.push(hint.into());
        }
        self
    }

    /// The same with names that may have been meant.
    #[must_use]
    pub(super) fn meant(self, names: impl IntoIterator<Item = String>) -> Self {
        names.into_iter().fold(self, |error, name| error.hint(format!("did you mean `{name}`?")))
    }

    /// What to try next: one line each.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Unknown { nearest, .. } if nearest.is_empty() => {
                vec!["`rolewalk tree` lists what there is".to_owned()]
            }
            Self::Unknown { nearest: names, .. } | Self::Ambiguous { candidates: names, .. } => {
                names.iter().map(|name| format!("did you mean `{name}`?")).collect()
            }
            Self::Invalid { hints, .. } | Self::Stated { hints, .. } => hints.clone(),
        }
    }
}
