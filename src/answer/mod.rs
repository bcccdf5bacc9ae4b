//! What can be asked, and what comes back.
//!
//! Each question is a function from the graph and a few words to an answer type. An answer is
//! plain data: `serde` prints it as the JSON that `docs/json.md` publishes, the faces draw it.
//! This room prints nothing and reads nothing but the graph.

mod answers;
mod question;

pub use answers::*;
pub use question::*;

pub use crate::evaluation::{
    Caveat, Decision, Layer, LayerResult, NearMiss, Outcome, Reason, Requirement, RequirementKind,
    Requirements, StatementRef, Verdict,
};
