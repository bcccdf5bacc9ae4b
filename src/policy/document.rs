//! A policy document, read.

use crate::arn::glob::Glob;
use crate::arn::{AccountId, Arn, Partition};

use super::action::{Action, ActionSet};
use super::operator::Operator;
use super::template::Template;

/// A policy document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Which language it is written in.
    pub version: Version,
    /// Its statements, in order.
    pub statements: Vec<Statement>,
}

/// The version of the policy language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `2008-10-17`, or none: `${…}` is plain text.
    V2008,
    /// `2012-10-17`: `${…}` is a variable.
    V2012,
}

/// One statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Its `Sid`.
    pub sid: Option<String>,
    /// What it does when it matches; `None` where that can't be read.
    pub effect: Option<Effect>,
    /// `Principal` or `NotPrincipal`; `None` where there is none.
    pub principal: Option<PrincipalElement>,
    /// `Action` or `NotAction`.
    pub action: ActionElement,
    /// `Resource` or `NotResource`; `None` where there is none.
    pub resource: Option<ResourceElement>,
    /// `Condition`, flattened: all must hold.
    pub conditions: Vec<Condition>,
    /// What could not be read in it. Where there is something, whether the statement matches is
    /// undecided unless a part that was read already fails (rule S4).
    pub problems: Vec<String>,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// `Allow`.
    Allow,
    /// `Deny`.
    Deny,
}

impl Effect {
    /// The word in a policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// `Action` or `NotAction`.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionElement {
    negated: bool,
    patterns: Vec<(String, Glob)>,
    covered: ActionSet,
}

impl ActionElement {
    /// The element with these patterns. Which assume actions it covers is worked out here, once:
    /// policies list hundreds of others.
    pub fn new(negated: bool, patterns: Vec<(String, Glob)>) -> Self {
        let mut element = Self { negated, patterns, covered: ActionSet::default() };
        element.covered =
            Action::ALL.into_iter().filter(|action| element.covers(action.as_str())).collect();
        element
    }

    /// Whether it is `NotAction`.
    pub fn negated(&self) -> bool {
        self.negated
    }

    /// The patterns as written.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(|(text, _)| text.as_str())
    }

    /// Whether the element covers `action`, e.g. `iam:PassRole`. Actions ignore case (rule S1).
    pub fn covers(&self, action: &str) -> bool {
        self.patterns.iter().any(|(_, glob)| glob.matches_ignoring_case(action)) != self.negated
    }

    /// Whether the element covers an assume action.
    pub fn has(&self, action: Action) -> bool {
        self.covered.has(action)
    }
}

/// `Resource` or `NotResource`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResourceElement {
    /// Whether it is `NotResource`.
    pub negated: bool,
    /// The patterns.
    pub patterns: Vec<Template>,
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PrincipalElement {
    /// Whether it is `NotPrincipal`.
    pub negated: bool,
    /// The entries; any one matches.
    pub entries: Vec<PrincipalEntry>,
}

/// One entry of `Principal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalEntry {
    /// Bare `"*"`.
    Everyone,
    /// `{"AWS": "*"}`.
    EveryAwsPrincipal,
    /// A whole account, by id or by its `:root` ARN.
    Account {
        /// The ARN's partition; `None` for a bare id.
        partition: Option<Partition>,
        /// The account.
        account: AccountId,
    },
    /// A user, role or session by its ARN.
    Arn(Arn),
    /// A unique id: what IAM shows once the principal behind an ARN is gone.
    UniqueId(String),
    /// A service.
    Service(String),
    /// A provider: an ARN, or the host name of a built-in one.
    Federated(String),
    /// `CanonicalUser`: Amazon S3 only, matches nobody who assumes a role.
    CanonicalUser(String),
    /// An `AWS` entry that IAM would refuse, such as one with a wildcard inside: matches nobody.
    Invalid(String),
}

impl PrincipalEntry {
    /// The entry as a policy writes it.
    pub fn text(&self) -> String {
        match self {
            Self::Everyone | Self::EveryAwsPrincipal => "*".to_owned(),
            Self::Account { account, .. } => account.to_string(),
            Self::Arn(arn) => arn.to_string(),
            Self::UniqueId(text)
            | Self::Service(text)
            | Self::Federated(text)
            | Self::CanonicalUser(text)
            | Self::Invalid(text) => text.clone(),
        }
    }
}

/// One test of a `Condition`: an operator, a key, and values of which any one suffices.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The operator.
    pub operator: Operator,
    /// The key as written.
    pub written_key: String,
    /// The key in lower case: keys ignore case.
    pub key: String,
    /// The values.
    pub values: Vec<Template>,
}
