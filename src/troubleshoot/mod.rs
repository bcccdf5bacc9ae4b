//! A failure, read against the facts: what it says, what the snapshot says, and the fix.
//!
//! The catalogue ([`crate::failure`]) reads the text; the evaluation answers for the same call;
//! here the two are brought together. Causes that the facts prove come first, then what is
//! required, then what the catalogue knows to be likely. Nothing is printed.

mod causes;
mod explain;
mod fix;
mod sides;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Serialize, Serializer};

use crate::evaluation::{StatementRef, Verdict};

pub use explain::{Question, explain};

/// What was found out about a text of failures (`rolewalk/explain/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// `rolewalk/explain/1`.
    pub schema: &'static str,
    /// One entry a failure, the innermost first.
    pub errors: Vec<ExplainedFailure>,
}

/// One failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedFailure {
    /// What the text says.
    pub parsed: serde_json::Value,
    /// What the snapshot says of the same call; `null` when it can't be put to it.
    pub verdict: Option<Verdict>,
    /// Proven causes first.
    pub causes: Vec<Cause>,
    /// What the text leaves out and has to be asked for.
    pub missing: Vec<Missing>,
    /// How the text was read: an option that was not used, roles that differ, for people.
    pub notes: Vec<String>,
}

/// A side of the refused call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Who called.
    Caller,
    /// The role that was called.
    Role,
}

impl Side {
    /// What it is called.
    pub fn word(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Role => "role",
        }
    }

    /// The option that says which it is.
    fn option(self) -> &'static str {
        match self {
            Self::Caller => "--source",
            Self::Role => "--target",
        }
    }
}

/// A side of the call that the text leaves out. As JSON it is its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// Which one.
    pub side: Side,
    /// Whether the text hides it rather than leaving it out.
    pub masked: bool,
    /// What it may be typed as.
    pub example: &'static str,
}

impl Missing {
    /// What the text does with it.
    pub fn what(&self) -> String {
        let masked = if self.masked { "masks the" } else { "names no" };
        format!("the text {masked} {}", self.side.word())
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, option) = (self.what(), self.side.option());
        write!(out, "{what}: say which with `{option}`, e.g. {}", self.example)
    }
}

impl Serialize for Missing {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

/// What people look for first in the text, with what it is called; the rest is for programs.
const TOLD: [(&str, &str); 12] = [
    ("tool", "tool"),
    ("message", "message"),
    ("code", "code"),
    ("action", "action"),
    ("caller", "caller"),
    ("target", "target"),
    ("configured_role", "configured"),
    ("issuer", "issuer"),
    ("subject", "subject"),
    ("layer", "layer"),
    ("policy_arn", "policy"),
    ("times", "times"),
];

impl ExplainedFailure {
    /// What the text says, for people: what each thing is called, and it.
    pub fn told(&self) -> Vec<(&'static str, String)> {
        let told = |(key, label): (&str, &'static str)| {
            let text = match self.parsed.get(key)? {
                serde_json::Value::Null => return None,
                // Terraform's role is of interest where it is not the refused one.
                same if key == "configured_role" && Some(same) == self.parsed.get("target") => {
                    return None;
                }
                serde_json::Value::String(text) => text.clone(),
                times if key == "times" && *times == 1 => return None,
                other => other.to_string(),
            };
            Some((label, text))
        };
        TOLD.into_iter().filter_map(told).collect()
    }
}

/// A possible cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// From 1.
    pub rank: usize,
    /// A few words.
    pub title: String,
    /// What it means here.
    pub detail: String,
    /// Whether the facts prove it.
    pub proven: bool,
    /// Statements that show it.
    pub evidence: Vec<StatementRef>,
    /// What to change.
    pub fix: Option<String>,
}
