//! Callers and roles by their ARNs.

use crate::arn::glob::Glob;
use crate::arn::split;
use crate::org::{AccountKey, Facts, RoleKey};

use super::caller::{Caller, CallerId};
use super::callers::Callers;

/// A pattern of whole ARNs, and where to look for what fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ArnPattern {
    fits: Glob,
    /// The pattern of the account.
    account: Option<Glob>,
    /// What the resource begins with.
    begins: Box<str>,
}

impl ArnPattern {
    /// A pattern whose wildcards may stand for colons too, where `across`.
    pub(super) fn new(fits: Glob, across: bool) -> Self {
        let literal = split(fits.literal_prefix()).map(|parts| parts[5].to_owned());
        let parts = fits.split().filter(|_| !across || literal.is_some());
        let begins = match (literal, &parts) {
            (Some(literal), _) => literal,
            (None, Some(parts)) => parts[5].literal_prefix().to_owned(),
            (None, None) => String::new(),
        };
        let account = parts.map(|[_, _, _, _, account, _]| account);
        Self { fits, account, begins: begins.into() }
    }

    /// Whether the ARN fits, as a whole.
    pub(super) fn fits(&self, arn: &str) -> bool {
        self.fits.matches(arn)
    }
}

/// Callers whose own policies may let them assume something.
#[derive(Debug, Default)]
pub(super) struct Postings {
    /// By the last part of their ARNs.
    assuming: Vec<CallerId>,
}

impl Postings {
    pub(super) fn new(facts: &Facts, callers: &Callers<'_>) -> Self {
        let mut assuming: Vec<CallerId> =
            CallerId::all(facts).filter(|caller| callers.assumes(*caller)).collect();
        assuming.sort_by_cached_key(|caller| (resource(facts, *caller), *caller));
        Self { assuming }
    }

    /// Those of them, wherever they are, that fit; in order.
    pub(super) fn assuming(
        &self,
        facts: &Facts,
        callers: &Callers<'_>,
        patterns: &[ArnPattern],
    ) -> Vec<CallerId> {
        let mut found: Vec<CallerId> = Vec::new();
        for pattern in patterns {
            let only = pattern.account.as_ref().and_then(Glob::literal);
            if let Some(id) = only {
                let account = id.parse().ok().and_then(|id| facts.account(id));
                let here = account.map(|key| of_account(facts, key, std::slice::from_ref(pattern)));
                let here = here.into_iter().flatten();
                found.extend(here.filter(|caller| callers.assumes(*caller)));
                continue;
            }
            let text = |caller: &CallerId| resource(facts, *caller);
            let near = range(&self.assuming, &pattern.begins, text).iter().copied();
            found.extend(near.filter(|caller| pattern.fits(Caller::new(facts, *caller).arn())));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// All of them, in order.
    pub(super) fn everyone(&self) -> Vec<CallerId> {
        let mut found = self.assuming.clone();
        found.sort_unstable();
        found
    }
}

/// The users and roles of an account that fit, in order.
pub(super) fn of_account(
    facts: &Facts,
    account: AccountKey,
    patterns: &[ArnPattern],
) -> Vec<CallerId> {
    let row = &facts.accounts[account];
    let offset = offset(facts, account);
    let mut found = Vec::new();
    for pattern in patterns {
        let begins = &*pattern.begins;
        let roles = range(&row.roles, begins, |key| behind(&facts.roles[*key].arn, offset));
        let roles = roles.iter().filter(|key| pattern.fits(&facts.roles[**key].arn));
        found.extend(roles.copied().map(CallerId::role));
        let users = range(&row.users, begins, |key| behind(&facts.users[*key].arn, offset));
        let users = users.iter().filter(|key| pattern.fits(&facts.users[**key].arn));
        found.extend(users.map(|key| CallerId::user(facts, *key)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The roles of an account whose resource (`role/…`) fits, in order.
pub(super) fn roles<'f>(
    facts: &'f Facts,
    account: AccountKey,
    fits: &'f Glob,
) -> impl Iterator<Item = RoleKey> {
    let offset = offset(facts, account);
    let text = move |key: &RoleKey| behind(&facts.roles[*key].arn, offset);
    range(&facts.accounts[account].roles, fits.literal_prefix(), text)
        .iter()
        .copied()
        .filter(move |key| fits.matches(text(key)))
}

/// The part of an ordered list whose texts begin so.
fn range<'l, 't, K>(list: &'l [K], begins: &str, text: impl Fn(&K) -> &'t str) -> &'l [K] {
    let first = list.partition_point(|key| text(key) < begins);
    let rest = list.get(first..).unwrap_or_default();
    let length = rest.partition_point(|key| text(key).starts_with(begins));
    rest.get(..length).unwrap_or_default()
}

/// Where the resource begins in the ARNs of an account's users and roles.
fn offset(facts: &Facts, account: AccountKey) -> usize {
    "arn::iam::123456789012:".len() + facts.accounts[account].partition.as_str().len()
}

/// What stands behind the fifth colon.
fn resource(facts: &Facts, caller: CallerId) -> &str {
    let caller = Caller::new(facts, caller);
    behind(caller.arn(), offset(facts, caller.account()))
}

fn behind(arn: &str, offset: usize) -> &str {
    arn.get(offset..).unwrap_or_default()
}
