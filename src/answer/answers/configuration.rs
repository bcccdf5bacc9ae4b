//! What a Terraform configuration asks for.

use serde::Serialize;

use crate::evaluation::{Requirements, Verdict};

/// A provider configuration, for one workspace in one phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfiguredProvider {
    /// `aws`, or `aws.ALIAS`.
    pub provider: String,
    /// The address of its module; `null` in the root module.
    pub module: Option<String>,
    /// Where it is written, `FILE:LINE:COLUMN`; `null` in a plan.
    pub place: Option<String>,
    /// The workspace's selector, without phase.
    pub workspace: String,
    /// `plan` or `apply`.
    pub phase: &'static str,
    /// The tag of the dynamic credentials that it begins with; `null` for the untagged ones.
    pub tag: Option<String>,
    /// What it begins with: `dynamic`, `web-identity`, `static-keys`, `profile` or `unknown`.
    pub base: &'static str,
    /// The roles in the order in which they are assumed, that of the run first.
    pub chain: Vec<ChainLink>,
    /// Of the chain as it is asked for, with what it passes.
    pub verdict: Verdict,
    /// What must hold; each item names its hop.
    pub requirements: Requirements,
    /// Why it is denied or unknown, in one sentence; `null` otherwise.
    pub reason: Option<String>,
    /// The role whose call is refused, or that is not there; `null` unless denied.
    pub denied_at: Option<String>,
}

/// A role that a configuration asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainLink {
    /// What it is, usually an ARN; `null` where that can't be told.
    pub role: Option<String>,
    /// The expression that decides, where the role can't be told.
    pub expression: Option<String>,
    /// The role that it is unless somebody sets another.
    pub likely: Option<String>,
    /// What says so.
    pub likely_because: Option<String>,
    /// Whether it stands for any number of roles, none included.
    pub repeated: bool,
    /// What the call passes.
    pub passes: Vec<PassedArgument>,
}

/// An argument of an `assume_role` block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PassedArgument {
    /// Its name in Terraform: `external_id`, `session_name`, ...
    pub argument: &'static str,
    /// The key of a tag.
    pub key: Option<String>,
    /// Its value; `null` where that can't be told. Of session policies only that there is one.
    pub value: Option<String>,
}
