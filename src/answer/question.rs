//! The questions. Each is a function from the graph and a few words to an answer.

use thiserror::Error;

use super::answers::{Detail, Matrix, Overview, Paths, Reach, Tree, WhoCan, Why};
use crate::graph::Graph;

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
    #[error("`{selector}` names nothing in this snapshot")]
    Unknown {
        /// What was asked for.
        selector: String,
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
        /// What is wrong, and what is expected.
        message: String,
    },
}

impl QuestionError {
    /// What to try next: one line each.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Unknown { nearest, .. } if nearest.is_empty() => {
                vec!["`rolewalk tree` lists what there is".to_owned()]
            }
            Self::Unknown { nearest: names, .. } | Self::Ambiguous { candidates: names, .. } => {
                names.iter().map(|name| format!("did you mean `{name}`?")).collect()
            }
            Self::Invalid { .. } => Vec::new(),
        }
    }
}

fn unbuilt<T>(selector: &str) -> Result<T, QuestionError> {
    Err(QuestionError::Unknown { selector: selector.to_owned(), nearest: Vec::new() })
}

/// May `caller` assume `role`, and why. Without `action` the one that fits the caller's kind.
/// `context` states facts of the request: condition keys with their values.
pub fn why(
    _graph: &Graph,
    caller: &str,
    _role: &str,
    _action: Option<&str>,
    _context: &[(String, String)],
) -> Result<Why, QuestionError> {
    unbuilt(caller)
}

/// Who can end up holding `role`, over any number of hops up to the limit.
pub fn who_can(_graph: &Graph, role: &str, _limits: Limits) -> Result<WhoCan, QuestionError> {
    unbuilt(role)
}

/// Which roles `source` can end up holding.
pub fn reach(_graph: &Graph, source: &str, _limits: Limits) -> Result<Reach, QuestionError> {
    unbuilt(source)
}

/// The paths from `source` to `target`.
pub fn paths(
    _graph: &Graph,
    source: &str,
    _target: &str,
    _limits: Limits,
) -> Result<Paths, QuestionError> {
    unbuilt(source)
}

/// Which workspaces (`rows`, all without it) reach which accounts (`columns`).
pub fn matrix(
    _graph: &Graph,
    rows: Option<&str>,
    _columns: Option<&str>,
    _limits: Limits,
) -> Result<Matrix, QuestionError> {
    unbuilt(rows.unwrap_or_default())
}

/// The organization as a tree; with a selector, only what lies below the nodes it names.
pub fn tree(_graph: &Graph, selector: Option<&str>) -> Result<Tree, QuestionError> {
    unbuilt(selector.unwrap_or_default())
}

/// The organization in a few lines.
pub fn overview(graph: &Graph) -> Overview {
    let _ = graph;
    Overview {
        organization: None,
        name: String::new(),
        collected_at: None,
        collected_by: None,
        accounts: 0,
        accounts_read: 0,
        roles: 0,
        workspaces: None,
        ways_in: super::answers::WaysIn::default(),
        not_read: Vec::new(),
    }
}

/// Everything about the node that a [`Tree`]'s selector names.
pub fn detail(_graph: &Graph, selector: &str) -> Result<Detail, QuestionError> {
    unbuilt(selector)
}
