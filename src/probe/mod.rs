//! A live assume, hop by hop, against the prediction.
//!
//! A probe makes nothing but `sts:AssumeRole` calls along one path, each with the session of the
//! hop before it, and asks every session who it is. Sessions live as long as the probe does:
//! nothing is written, shown or handed on but names.

mod plan;
mod run;

pub use plan::{Plan, Step, plan};
pub use run::run;

use serde::Serialize;

use crate::evaluation::Verdict;

/// What a probe found (`rolewalk/probe/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Probe {
    /// `rolewalk/probe/1`.
    pub schema: &'static str,
    /// In order.
    pub hops: Vec<ProbeHop>,
    /// Whether outcomes and predictions agree; `null` if nothing was tried.
    pub agrees: Option<bool>,
}

/// One hop of a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProbeHop {
    /// The caller: an ARN, or a selector for what has none.
    pub from: String,
    /// The role's ARN.
    pub to: String,
    /// The action.
    pub action: &'static str,
    /// What the snapshot says; `null` without a snapshot.
    pub predicted: Option<Verdict>,
    /// What happened.
    pub outcome: ProbeOutcome,
    /// The resulting session's ARN, as GetCallerIdentity names it.
    pub identity: Option<String>,
    /// What AWS answered instead, or why the hop was skipped.
    pub error: Option<String>,
    /// How long the call took, in milliseconds; `null` if none was made.
    pub ms: Option<u64>,
}

/// What happened to a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeOutcome {
    /// The role was assumed.
    Assumed,
    /// AWS refused it.
    Refused,
    /// The call failed otherwise.
    Failed,
    /// It was not tried.
    Skipped,
}
