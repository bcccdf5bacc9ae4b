//! Reports: answers written for whoever was not there. One writer a format.
//!
//! A writer gets answer types and writes text; it asks nothing and computes no answer.

mod csv;
pub mod edges;
pub mod json;
pub mod markdown;
pub mod matrix;

use serde::Serialize;

use crate::answer::{AccountGap, Caveat, Overview, Paths, StatedFact, StatementRef};

/// The path report (`rolewalk/report/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PathReport {
    /// `rolewalk/report/1`.
    pub schema: &'static str,
    /// What was asked, in words.
    pub title: String,
    /// The version that wrote it.
    pub tool_version: &'static str,
    /// When it was written (RFC 3339).
    pub written_at: String,
    /// The snapshot's id; `null` for the sample organization.
    pub snapshot: Option<String>,
    /// What the facts cover.
    pub organization: Overview,
    /// What was stated of every call.
    pub scenario: Vec<StatedFact>,
    /// What was not read and may hide further paths.
    pub not_read: Vec<AccountGap>,
    /// One entry a pair of source and target that has paths.
    pub pairs: Vec<Paths>,
    /// The statements that the paths rest on, each once.
    pub statements: Vec<Statement>,
    /// What the verdicts assume or can't see, each once.
    pub assumptions: Vec<Caveat>,
    /// How many pairs are left out, because a role has more callers than a report lists, or a source
    /// more targets.
    pub pairs_left_out: usize,
    /// Whether pairs, paths or rows were left out.
    pub truncated: bool,
}

/// A statement with its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Which one.
    pub statement: StatementRef,
    /// Its JSON as it stands in the policy; `null` when the text is not at hand.
    pub text: Option<String>,
}

impl PathReport {
    /// The statements that these paths cite, each once, in the order of first mention.
    pub fn cited(pairs: &[Paths]) -> Vec<StatementRef> {
        let mut seen = std::collections::HashSet::new();
        pairs
            .iter()
            .flat_map(|pair| &pair.paths)
            .flat_map(|path| &path.hops)
            .flat_map(|hop| &hop.layers)
            .flat_map(|layer| &layer.statements)
            .filter(|statement| seen.insert(*statement))
            .cloned()
            .collect()
    }

    /// What these verdicts assume or can't see, each once, in the order of the rules.
    pub fn assumed(pairs: &[Paths]) -> Vec<Caveat> {
        let paths = pairs.iter().flat_map(|pair| &pair.paths);
        let caveats = paths.flat_map(|path| &path.hops).flat_map(|hop| &hop.caveats);
        let mut found: Vec<Caveat> = caveats.cloned().collect();
        found.sort_by(|one, other| (one.id, &one.text).cmp(&(other.id, &other.text)));
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests;
