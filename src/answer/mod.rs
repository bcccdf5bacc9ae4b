//! What can be asked, and what comes back.
//!
//! Each question is a function from the graph and a few words to an answer type. An answer is
//! plain data: `serde` prints it as the JSON that `docs/json.md` publishes, the faces draw it.
//! This room prints nothing and reads nothing but the graph.

mod admitted;
mod answers;
mod arns;
mod broken;
mod configured;
mod detail;
mod edges;
mod ends;
mod gaps;
mod groups;
mod lists;
mod matrix;
mod nearest;
mod parts;
mod policy_view;
mod question;
mod selector;
mod spelling;
mod split;
mod stacks;
mod stated;
mod statements;
mod structure;
mod summary;
mod token_trust;
mod topology;
mod tree;
mod unknown;
mod why;
mod workspaces;

pub use answers::*;
pub use configured::{matrix_configured, paths_configured, reach_configured, runs_elsewhere};
pub use detail::{detail, overview};
pub use edges::{Edge, Edges, edges};
pub use gaps::gaps as not_read;
pub use lists::{paths, reach, who_can};
pub use matrix::{filtered_matrix, matrix, workspaces_named};
pub use parts::statement_parts;
pub use policy_view::policy_view;
pub use question::{Limits, QuestionError};
pub use selector::{Selected, is_selector_by_form, select, select_accounts};
pub use stated::{Stated, scenario_of};
pub use statements::statement_texts;
pub use structure::{chokepoints, cycles};
pub use summary::{reach_summary, who_can_summary};
pub use topology::topology;
pub use tree::tree;
pub use why::why;

pub use crate::evaluation::{
    Caveat, Companion, Decision, Layer, LayerResult, NearMiss, Outcome, Privilege, PrivilegeReason,
    PrivilegeRequest, Privileges, Reason, Requirement, RequirementKind, Requirements, Scenario,
    StatementRef, Verdict,
};
