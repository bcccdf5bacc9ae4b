//! Whom a trust policy may let in beside users and roles of the facts, kept for when it is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::arn::AccountId;
use crate::arn::glob::Glob;
use crate::org::Facts;
use crate::policy::{Action, ActionSet};

use super::super::{Node, Subject};
use super::caller::number;
use super::trust::Admission;

/// By trust policy, whom it may let in beside users and roles of the facts; turned around, so that
/// what is asked for is looked up.
#[derive(Debug, Default)]
pub(in crate::graph) struct Openings {
    each: Vec<Opens>,
    /// Those that let in tokens, by issuer in lower case.
    tokens: BTreeMap<String, Tokens>,
    /// Those that let in anybody whom some issuer vouches for.
    vouched: Vec<u32>,
    /// Those that let in any service, with those of which they say so by name.
    services: Vec<(u32, Vec<String>)>,
    /// All services that some trust policy names.
    named_services: BTreeSet<String>,
    /// All principals outside the facts that some trust policy means, in one word or by name.
    outsiders: BTreeSet<Node>,
    /// Those that let in anybody with credentials. What is asked of the caller's ARN can't tell
    /// more: of somebody of another account the evaluation knows none.
    anyone: Vec<u32>,
    /// Those that let in anybody of another organization.
    foreigners: Vec<u32>,
    /// Those that let in principals of an account, who are none of the facts.
    accounts: BTreeMap<AccountId, Vec<u32>>,
    /// Those that let in whoever has an id that nobody of the facts has.
    unknown_ids: Vec<u32>,
}

/// Trust policies that let in tokens of an issuer.
#[derive(Debug, Default)]
struct Tokens {
    /// Those of which it can't be told which subjects fit.
    open: Vec<u32>,
    /// Patterns of subjects of which one must fit, by what they begin with.
    subjects: BTreeMap<Box<str>, Vec<(Glob, u32)>>,
}

impl Tokens {
    fn push(&mut self, trust: u32, fits: Option<Vec<Glob>>) {
        let Some(globs) = fits else { return self.open.push(trust) };
        for glob in globs {
            let begins = glob.literal_prefix().into();
            self.subjects.entry(begins).or_default().push((glob, trust));
        }
    }

    /// Those that may let in a subject, or one that fits the pattern.
    fn that_fit<'t>(
        &'t self,
        subject: &'t str,
        pattern: Option<&'t Glob>,
    ) -> impl Iterator<Item = u32> + 't {
        let known = pattern.map_or(subject, Glob::literal_prefix);
        let ends = known.char_indices().map(|(at, _)| at).chain([known.len()]);
        let shorter = ends.filter_map(|end| self.subjects.get(known.get(..end)?));
        // What a pattern stands for may begin with more than the pattern does.
        let from: (Bound<&str>, Bound<&str>) = (Bound::Excluded(known), Bound::Unbounded);
        let longer = pattern.map(|_| self.subjects.range::<str, _>(from));
        let longer = longer.into_iter().flatten();
        let longer =
            longer.take_while(move |(begins, _)| begins.starts_with(known)).map(|(_, all)| all);
        let fitting = shorter.chain(longer).flatten().filter(move |(glob, _)| {
            pattern.map_or_else(|| glob.matches(subject), |pattern| glob.meets(pattern))
        });
        fitting.map(|(_, trust)| *trust).chain(self.open.iter().copied())
    }
}

/// What is asked of one trust policy by itself.
#[derive(Debug, Clone, Copy)]
pub(in crate::graph) struct Opens {
    /// Whether it may let in some source that the facts need not mention.
    pub(in crate::graph) to_others: bool,
    /// Whether roles of different accounts must not stand for each other.
    pub(in crate::graph) targets_apart: bool,
    /// Whether it looks at what the hop hands on.
    pub(in crate::graph) hands_on: bool,
    /// What it says to principals of an account that is none of the facts, as a number: what it asks
    /// of the caller's name aside, trust policies of one number say the same.
    pub(in crate::graph) to_outsiders: Option<u32>,
}

/// A source that is put to many trust policies.
pub(in crate::graph) enum Asked<'n> {
    /// A token, by its issuer in lower case and its subject, which may be a pattern.
    Token(String, String, Option<Glob>),
    Service(&'n str),
    Anyone,
    /// Somebody of an account; whether it is one that the facts don't have.
    Principal(Option<(AccountId, bool)>),
}

impl<'n> Asked<'n> {
    pub(in crate::graph) fn new(facts: &Facts, source: &'n Node) -> Self {
        match source {
            Node::Subject(token @ Subject { issuer, subject, .. }) => {
                let (issuer, pattern) = (issuer.to_ascii_lowercase(), token.glob());
                match pattern.literal() {
                    Some(subject) => Self::Token(issuer, subject.to_owned(), None),
                    None => Self::Token(issuer, subject.clone(), Some(pattern)),
                }
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

impl Openings {
    /// Adds the next trust policy.
    pub(super) fn push(
        &mut self,
        facts: &Facts,
        admission: Admission,
        (targets_apart, hands_on): (bool, bool),
        to_outsiders: Option<u32>,
    ) {
        let number = number(self.each.len());
        let to_tokens = !admission.tokens.is_empty();
        let (mut services, mut accounts) = (Vec::new(), Vec::new());
        let is_outsider = |node: &&Node| match node {
            Node::Anyone => true,
            Node::External(_) | Node::Named(_) => {
                node.account(facts).is_some_and(|id| facts.account(id).is_none())
            }
            _ => false,
        };
        self.outsiders.extend(admission.others.keys().filter(is_outsider).cloned());
        for node in admission.others.into_keys() {
            match node {
                Node::Service(name) => services.push(name),
                Node::Saml(_) => {}
                other => accounts.extend(other.account(facts)),
            }
        }
        for token in admission.tokens {
            let issuer = token.issuer.to_ascii_lowercase();
            self.tokens.entry(issuer).or_default().push(number, token.fits);
        }
        let anyone = !admission.wide.is_empty();
        let outsiders = anyone || !accounts.is_empty() || admission.unknown_ids;
        let everyone_else = admission.everyone_else;
        self.named_services.extend(services.iter().cloned());
        if everyone_else.has(Action::AssumeRole) {
            self.services.push((number, services));
        }
        for account in accounts {
            self.accounts.entry(account).or_default().push(number);
        }
        let lists = [
            (&mut self.vouched, everyone_else.has(Action::AssumeRoleWithWebIdentity)),
            (&mut self.anyone, anyone),
            (&mut self.foreigners, admission.foreigners),
            (&mut self.unknown_ids, admission.unknown_ids),
        ];
        for (list, _) in lists.into_iter().filter(|(_, fits)| *fits) {
            list.push(number);
        }
        let to_others = everyone_else != ActionSet::default() || outsiders || to_tokens;
        self.each.push(Opens { to_others, targets_apart, hands_on, to_outsiders });
    }

    /// Whoever outside the facts some trust policy means.
    pub(in crate::graph) fn outsiders(&self) -> impl Iterator<Item = &Node> {
        self.outsiders.iter()
    }

    /// The services that policies name, where some policy may mean them without.
    pub(in crate::graph) fn services_meant_unnamed(&self) -> impl Iterator<Item = &str> {
        let named = self.named_services.iter().filter(|_| !self.services.is_empty());
        named.map(String::as_str).filter(|name| *name != "*")
    }

    /// What is asked of one trust policy by itself.
    pub(in crate::graph) fn of(&self, trust: usize) -> Option<Opens> {
        self.each.get(trust).copied()
    }

    /// The trust policies that may let in a source over other edges than the graph has from it, in
    /// order. Those of services and of anyone are all there where a policy mentions them.
    pub(in crate::graph) fn that_may_let_in(&self, asked: &Asked<'_>) -> Vec<u32> {
        let mut found: Vec<u32> = match asked {
            Asked::Token(issuer, subject, pattern) => {
                let same = |other: &str| other.contains(&**issuer) || issuer.contains(other);
                let tokens = self.tokens.iter().filter(|(other, _)| same(other));
                let fitting =
                    tokens.flat_map(|(_, tokens)| tokens.that_fit(subject, pattern.as_ref()));
                fitting.chain(self.vouched.iter().copied()).collect()
            }
            Asked::Service(name) => {
                let others =
                    self.services.iter().filter(|(_, names)| !names.iter().any(|it| it == name));
                others.map(|(number, _)| *number).collect()
            }
            Asked::Anyone => {
                let some = self.accounts.values().flatten().chain(&self.unknown_ids);
                let is_stored = |number: &u32| self.anyone.binary_search(number).is_ok();
                some.filter(|number| !is_stored(number)).copied().collect()
            }
            Asked::Principal(None) => {
                let all = self.accounts.values().flatten().chain(&self.unknown_ids);
                all.chain(&self.anyone).copied().collect()
            }
            Asked::Principal(Some((id, foreign))) => {
                let wide = if *foreign { &self.foreigners } else { &self.anyone };
                let named = self.accounts.get(id).into_iter().flatten();
                wide.iter().chain(named).chain(&self.unknown_ids).copied().collect()
            }
        };
        found.sort_unstable();
        found.dedup();
        found
    }
}
