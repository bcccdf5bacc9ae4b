//! A policy document, read.

use std::borrow::Cow;
use std::sync::Arc;

use crate::arn::glob::Glob;
use crate::arn::{AccountId, Arn, Partition, PrincipalName};

use super::action::{Action, ActionSet};
use super::condition::Condition;
use super::json::{Entries, Json};
use super::resource::{ResourceElement, ResourcePattern};

/// A policy document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Which language it is written in.
    pub version: Version,
    /// Its statements, in order.
    pub statements: Box<[Statement]>,
    /// What could not be read around the statements, as it was written.
    pub(super) unread: Option<Box<Entries<'static>>>,
    /// The assume actions that it says anything about, by effect.
    may_allow: ActionSet,
    may_deny: ActionSet,
    /// Those that it allows whatever the request.
    allows_always: ActionSet,
}

impl Document {
    /// The SAML providers that its statements mean: by ARN, `None` for any.
    pub fn saml_providers(&self) -> impl Iterator<Item = Option<&str>> {
        let some = self.statements.iter().filter(|statement| {
            !statement.problems.is_empty() || statement.action.has(Action::AssumeRoleWithSaml)
        });
        some.flat_map(|statement| {
            let principal = statement.principal.as_ref();
            let all = principal.is_some_and(|it| it.negated) || !statement.problems.is_empty();
            let entries = principal.into_iter().flat_map(|it| &it.entries);
            let named = entries.filter_map(|entry| match entry {
                PrincipalEntry::Everyone => Some(None),
                PrincipalEntry::Federated(text) if text.contains(":saml-provider/") => {
                    Some(Some(text.as_ref()))
                }
                _ => None,
            });
            named.chain(all.then_some(None))
        })
    }

    /// The document of these statements. What it can say about assuming roles at all is worked
    /// out here, once: most documents say nothing, or allow everything.
    pub(super) fn new(
        version: Version,
        statements: Box<[Statement]>,
        unread: Entries<'static>,
    ) -> Self {
        let all = |holds: &dyn Fn(&Statement) -> bool| {
            statements.iter().filter(|each| holds(each)).map(|each| each.action.covered).collect()
        };
        let may_allow = all(&|each| each.effect != Some(Effect::Deny));
        let may_deny = all(&|each| each.effect != Some(Effect::Allow));
        let allows_always =
            all(&|each| each.effect == Some(Effect::Allow) && each.always_matches());
        let unread = (!unread.is_empty()).then(|| Box::new(unread));
        Self { version, statements, unread, may_allow, may_deny, allows_always }
    }

    /// What the document says of the action as a policy without principals, where that is the
    /// same for every request: whether it allows, and whether it denies.
    pub fn always(&self, action: Action) -> Option<(bool, bool)> {
        if self.may_deny.has(action) {
            None
        } else if self.allows_always.has(action) {
            Some((true, false))
        } else if self.may_allow.has(action) {
            None
        } else {
            Some((false, false))
        }
    }

    /// Whether some statement of it may deny the action.
    pub fn may_deny(&self, action: Action) -> bool {
        self.may_deny.has(action)
    }
}

/// What could not be read, for people.
pub type Problem = Cow<'static, str>;

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
    pub sid: Option<Arc<str>>,
    /// What it does when it matches; `None` where that can't be read.
    pub effect: Option<Effect>,
    /// `Principal` or `NotPrincipal`; `None` where there is none.
    pub principal: Option<PrincipalElement>,
    /// `Action` or `NotAction`; many statements have the same.
    pub action: Arc<ActionElement>,
    /// `Resource` or `NotResource`; `None` where there is none.
    pub resource: Option<ResourceElement>,
    /// `Condition`, flattened: all must hold.
    pub conditions: Box<[Condition]>,
    /// What could not be read in it. Where there is something, whether the statement matches is
    /// undecided unless a part that was read already fails (rule S4). Only a few are kept.
    pub problems: Box<[Problem]>,
    /// The same parts as they were written.
    pub(super) unread: Option<Box<Unread>>,
}

impl Statement {
    /// Whether nothing but the action decides whether it matches.
    fn always_matches(&self) -> bool {
        self.problems.is_empty()
            && self.principal.is_none()
            && self.conditions.is_empty()
            && self.resource.as_ref().is_some_and(|resource| {
                !resource.negated && resource.patterns.iter().any(ResourcePattern::is_everything)
            })
    }
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
    patterns: Box<[Glob]>,
    covered: ActionSet,
}

impl ActionElement {
    /// The element with these patterns. Which assume actions it covers is worked out here, once:
    /// policies list hundreds of others.
    pub fn new(negated: bool, patterns: Box<[Glob]>) -> Self {
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
        self.patterns.iter().map(|glob| &**glob.text())
    }

    /// Whether the element covers `action`, e.g. `iam:PassRole`. Actions ignore case (rule S1).
    pub fn covers(&self, action: &str) -> bool {
        self.patterns.iter().any(|glob| glob.matches_ignoring_case(action)) != self.negated
    }

    /// Whether the element covers an assume action.
    pub fn has(&self, action: Action) -> bool {
        self.covered.has(action)
    }
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PrincipalElement {
    /// Whether it is `NotPrincipal`.
    pub negated: bool,
    /// The entries; any one matches.
    pub entries: Box<[PrincipalEntry]>,
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
    /// An entry of `{"AWS": …}`.
    pub(super) fn aws(text: &str) -> Self {
        if text == "*" {
            return Self::EveryAwsPrincipal;
        }
        if let Ok(account) = text.parse() {
            return Self::Account { partition: None, account };
        }
        // Unique ids are four letters of kind and then capitals and digits.
        let is_id = ["AIDA", "AROA", "AGPA"].iter().any(|kind| text.starts_with(kind))
            && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if is_id {
            return Self::UniqueId(text.to_owned());
        }
        match text.parse::<Arn>() {
            Ok(arn) => match arn.principal() {
                Some(PrincipalName::Account(account)) => {
                    Self::Account { partition: Some(arn.partition()), account }
                }
                _ if text.contains(['*', '?']) => Self::Invalid(text.to_owned()),
                _ => Self::Arn(arn),
            },
            Err(_) => Self::Invalid(text.to_owned()),
        }
    }

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

/// What could not be read of a statement, as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Unread {
    /// All of it: it is no object.
    Statement(Json<'static>),
    /// Some parts.
    Parts {
        /// Elements, in order.
        elements: Entries<'static>,
        /// Parts of `Condition`: operators that are read in part, by name, then the others.
        conditions: Vec<UnreadCondition>,
    },
}

/// What could not be read below one operator of a `Condition`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct UnreadCondition {
    pub(super) operator: Arc<str>,
    pub(super) part: UnreadOperator,
}

/// All that an operator holds, or some of its keys.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum UnreadOperator {
    Whole(Json<'static>),
    Keys(Entries<'static>),
}
