//! What a Terraform configuration asks for: its AWS provider blocks, as chains of roles
//! (rules H11 to H13 of `docs/evaluation.md`).
//!
//! Read from the texts of a directory, HCL or JSON, or from a plan's JSON. Only what is certain
//! counts as known: literals, locals and arguments of modules made of literals, values that a plan
//! holds. Everything else stays unknown, with the parts of it that are literal as a pattern and, where
//! there is one, the value that it has unless somebody sets another. Keys and tokens are looked at
//! for being there and are never kept.

mod evaluate;
mod hcl;
mod json;
mod module;
mod plan;
mod provider;
mod syntax;
#[cfg(test)]
mod tests;
mod types;

use std::fmt;

use thiserror::Error;

pub use module::{counts, read};
pub use plan::plan;

use super::Phase;
use crate::arn::glob::Glob;

/// One file of a configuration, or of variable values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Its name, without directory: the ending says how it is read.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// What a configuration asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Blocks {
    /// AWS provider blocks, root module first; those of runs that plan, where these differ.
    pub providers: Vec<Provider>,
    /// The same blocks in runs that apply, where something depends on `terraform.applying`.
    pub applying: Option<Vec<Provider>>,
    /// Where the configuration runs, if it says so.
    pub cloud: Option<Cloud>,
    /// What may ask for more and could not be read, one sentence each.
    pub not_read: Vec<String>,
}

impl Blocks {
    /// The provider blocks as runs of a phase see them, always as many.
    pub fn providers_in(&self, phase: Phase) -> &[Provider] {
        let applying = self.applying.as_ref().filter(|_| phase == Phase::Apply);
        applying.unwrap_or(&self.providers)
    }
}

/// A provider configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its local name, usually `aws`.
    pub name: String,
    /// Its alias.
    pub alias: Option<String>,
    /// The address of its module, such as `module.network`; `None` in the root module.
    pub module: Option<String>,
    /// Where the block begins; `None` in a plan.
    pub place: Option<Place>,
    /// Whose credentials the first role is assumed with.
    pub base: Base,
    /// The roles of its `assume_role` blocks, in the order in which they are assumed.
    pub chain: Vec<Asked>,
}

impl Provider {
    /// `aws`, or `aws.ALIAS`.
    pub fn selector(&self) -> String {
        match &self.alias {
            Some(alias) => format!("{}.{alias}", self.name),
            None => self.name.clone(),
        }
    }
}

/// A place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, below the directory that was read.
    pub file: String,
    /// Line and column (in characters), from 1; `None` in JSON that is well-formed.
    pub at: Option<(usize, usize)>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some((line, column)) => write!(f, "{}:{line}:{column}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

/// Whose credentials a provider begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// Nothing is said: what the run finds, its dynamic credentials among it.
    Ambient,
    /// The dynamic credentials of the run, mapped by hand: those with this tag, or the untagged
    /// ones.
    Dynamic(Option<String>),
    /// `assume_role_with_web_identity`: this role, with a token that the configuration hands over.
    WebIdentity(Box<Asked>),
    /// Static keys are written there. They are not kept.
    StaticKeys,
    /// A profile, or files of somebody's own.
    Profile,
    /// This expression decides.
    Unknown(String),
}

/// A role that a block asks for, and what it passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The role.
    pub role: AskedRole,
    /// Whether the block stands for any number of roles, none included.
    pub repeated: bool,
    /// What the call passes beside the role.
    pub passes: Vec<Passed>,
}

impl Asked {
    /// The argument of a name.
    pub fn passed(&self, argument: Argument) -> impl Iterator<Item = &Passed> {
        self.passes.iter().filter(move |passed| passed.argument == argument)
    }
}

/// An argument of an `assume_role` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// Which one.
    pub argument: Argument,
    /// For tags, the tag's key.
    pub key: Option<String>,
    /// Its value; `None` where that is not known.
    pub value: Option<String>,
}

/// What an `assume_role` block can pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named as in Terraform")]
pub enum Argument {
    Duration,
    ExternalId,
    Policy,
    PolicyArns,
    SessionName,
    SourceIdentity,
    Tags,
    TransitiveTagKeys,
}

impl Argument {
    /// All.
    pub const ALL: [Self; 8] = [
        Self::Duration,
        Self::ExternalId,
        Self::Policy,
        Self::PolicyArns,
        Self::SessionName,
        Self::SourceIdentity,
        Self::Tags,
        Self::TransitiveTagKeys,
    ];

    /// Its name in Terraform.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Duration => "duration",
            Self::ExternalId => "external_id",
            Self::Policy => "policy",
            Self::PolicyArns => "policy_arns",
            Self::SessionName => "session_name",
            Self::SourceIdentity => "source_identity",
            Self::Tags => "tags",
            Self::TransitiveTagKeys => "transitive_tag_keys",
        }
    }
}

/// The role of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskedRole {
    /// This text, which should be an ARN.
    Known(String),
    /// What it is can't be told from the texts.
    Unknown(Unknown),
}

/// An expression whose value can't be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// As it is written, shortened.
    pub expression: String,
    /// Its literal parts, with `*` for the others.
    pub pattern: String,
    /// The value that it has unless somebody sets another, and what says so.
    pub likely: Option<(String, String)>,
}

impl Unknown {
    /// Whether it may come out as something that fits this pattern.
    pub fn may_fit(&self, pattern: &Glob) -> bool {
        Glob::new(&self.pattern).meets(pattern)
    }
}

/// Where a configuration runs: its `cloud` block, or its `remote` backend.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cloud {
    /// The host; `app.terraform.io` where none is written.
    pub host: Option<String>,
    /// The organization's name; `None` where the environment says it.
    pub organization: Option<String>,
    /// The workspace's name.
    pub workspace: Option<String>,
    /// What the names of its workspaces begin with.
    pub prefix: Option<String>,
    /// The project's name.
    pub project: Option<String>,
    /// Whether workspaces are chosen by tags.
    pub tags: bool,
}

/// A configuration that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Damage {
    /// The text is not what its name says.
    #[error("{place}: {message}")]
    Text {
        /// Where.
        place: Place,
        /// What is expected there.
        message: String,
    },
    /// The text is no plan.
    #[error("{what}")]
    NoPlan {
        /// What it is.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// Modules call each other without end.
    #[error("`{module}`: modules are nested deeper than {limit} calls, or more than {limit_all}")]
    Nested {
        /// The address of the innermost.
        module: String,
        /// How deep they may be.
        limit: usize,
        /// How many there may be.
        limit_all: usize,
    },
}

impl Damage {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Text { .. } => "`terraform validate` says more",
            Self::NoPlan { hint, .. } => hint,
            Self::Nested { .. } => "does a module call itself?",
        }
    }
}
