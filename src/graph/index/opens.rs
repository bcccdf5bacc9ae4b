//! Whom a trust policy may let in beside users and roles of the facts, kept for when it is asked.

use crate::arn::AccountId;
use crate::arn::glob::Glob;
use crate::org::Facts;
use crate::policy::{Action, ActionSet};

use super::super::{Node, Subject};
use super::trust::Admission;

/// Kinds of sources beside users and roles that a trust policy may let in.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing of its own")]
pub(in crate::graph) struct Opens {
    /// Tokens of these issuers, by their subjects where that can be told.
    tokens: Vec<(String, Option<Vec<Glob>>)>,
    /// Anybody whom some issuer vouches for, and any service, for these actions.
    everyone_else: ActionSet,
    /// These services.
    services: Vec<String>,
    /// Anybody with credentials. What is asked of the caller's ARN can't tell more: of somebody of
    /// another account the evaluation knows none.
    anyone: bool,
    /// Anybody of another organization.
    foreigners: bool,
    /// Principals of these accounts, that are none of the facts.
    accounts: Vec<AccountId>,
    /// Whoever has an id that nobody of the facts has.
    unknown_ids: bool,
    /// Whether roles of different accounts must not stand for each other.
    pub(in crate::graph) targets_apart: bool,
    /// Whether it looks at what the hop hands on.
    pub(in crate::graph) hands_on: bool,
}

/// A source that is put to many trust policies.
pub(in crate::graph) enum Asked<'n> {
    /// A token, by its issuer in lower case and its subject, which may be a pattern.
    Token(String, &'n str, Option<Glob>),
    Service(&'n str),
    Anyone,
    /// Somebody of an account; whether it is one that the facts don't have.
    Principal(Option<(AccountId, bool)>),
}

impl<'n> Asked<'n> {
    pub(in crate::graph) fn new(facts: &Facts, source: &'n Node) -> Self {
        match source {
            Node::Subject(token @ Subject { issuer, subject, .. }) => {
                let pattern = token.is_pattern().then(|| Glob::new(subject));
                Self::Token(issuer.to_ascii_lowercase(), subject, pattern)
            }
            Node::Service(name) => Self::Service(name),
            Node::Anyone => Self::Anyone,
            other => {
                let account = other.account(facts);
                Self::Principal(account.map(|id| (id, facts.account(id).is_none())))
            }
        }
    }
}

impl Opens {
    pub(super) fn of(
        facts: &Facts,
        admission: Admission,
        targets_apart: bool,
        hands_on: bool,
    ) -> Self {
        let (mut services, mut accounts) = (Vec::new(), Vec::new());
        for node in admission.others.into_keys() {
            match node {
                Node::Service(name) => services.push(name),
                Node::Saml(_) => {}
                other => accounts.extend(other.account(facts)),
            }
        }
        let tokens = admission.tokens.into_iter();
        Self {
            tokens: tokens.map(|it| (it.issuer.to_ascii_lowercase(), it.fits)).collect(),
            everyone_else: admission.everyone_else,
            services,
            anyone: !admission.wide.is_empty(),
            foreigners: admission.foreigners,
            accounts,
            unknown_ids: admission.unknown_ids,
            targets_apart,
            hands_on,
        }
    }

    /// Whether it may let in some source that the facts need not mention.
    pub(in crate::graph) fn to_others(&self) -> bool {
        self.everyone_else != ActionSet::default() || self.to_outsiders() || !self.tokens.is_empty()
    }

    fn to_outsiders(&self) -> bool {
        self.anyone || !self.accounts.is_empty() || self.unknown_ids
    }

    /// Whether it may let in a source over other edges than the graph has from it. Those of
    /// services and of anyone are all there where the policy mentions them.
    pub(in crate::graph) fn may_let_in(&self, asked: &Asked<'_>) -> bool {
        match asked {
            Asked::Token(issuer, subject, pattern) => {
                let same = |other: &str| other.contains(&**issuer) || issuer.contains(other);
                let fits = |glob: &Glob| {
                    glob.matches(subject)
                        || pattern.as_ref().is_some_and(|pattern| glob.meets(pattern))
                };
                self.everyone_else.has(Action::AssumeRoleWithWebIdentity)
                    || self.tokens.iter().any(|(other, all)| {
                        same(other) && all.as_ref().is_none_or(|all| all.iter().any(fits))
                    })
            }
            Asked::Service(name) => {
                self.everyone_else.has(Action::AssumeRole)
                    && !self.services.iter().any(|known| known == name)
            }
            Asked::Anyone => !self.anyone && self.to_outsiders(),
            Asked::Principal(None) => self.to_outsiders(),
            Asked::Principal(Some((id, foreign))) => {
                let anyone = if *foreign { self.foreigners } else { self.anyone };
                anyone || self.unknown_ids || self.accounts.contains(id)
            }
        }
    }
}
