//! Trust policies that say the same to principals of other companies' accounts.
//!
//! A company has thousands that let in everybody of a certain name (`arn:aws:iam::*:role/app-*`), each
//! with a name of its own. Of somebody whose account was never read no name is known, so all of
//! these say: it depends.

use std::collections::BTreeMap;

use crate::org::{ControlPolicyKind, DocumentKey, Facts};
use crate::policy::{Condition, Key, Test};

use super::looks::{Looks, Trait};

/// Numbers for what trust policies say to them.
pub(super) struct Outsiders<'f> {
    facts: &'f Facts,
    /// By the policy's text without the name.
    numbers: BTreeMap<String, u32>,
    /// Whether a resource control policy looks at names, too: then they may have to do with each
    /// other.
    names_count: bool,
}

impl<'f> Outsiders<'f> {
    pub(super) fn new(facts: &'f Facts) -> Self {
        let policies = facts.control_policies.values();
        let resource = policies.filter(|policy| policy.kind == ControlPolicyKind::Resource);
        let looks = |document: DocumentKey| {
            let parsed = facts.documents[document].parsed.as_ref();
            parsed.map_or(true, |parsed| Looks::of(parsed).traits().any(|it| *it == Trait::Arn))
        };
        let names_count = resource.filter_map(|policy| policy.document).any(looks);
        Self { facts, numbers: BTreeMap::new(), names_count }
    }

    /// The number of a trust policy, if it asks for a name in one place and of every account.
    pub(super) fn number(&mut self, document: DocumentKey) -> Option<u32> {
        let document = &self.facts.documents[document];
        let statements = &document.parsed.as_ref().ok()?.statements;
        let text = &*document.text;
        if self.names_count || text.contains("${") {
            return None;
        }
        let conditions = statements.iter().flat_map(|statement| &statement.conditions);
        let mut on_name = conditions.filter(|it| it.name().key == Key::PrincipalArn);
        let (asked, None) = (on_name.next()?, on_name.next()) else { return None };
        let name = name_of_every_account(asked)?;
        let mut places = text.match_indices(name);
        let (place, None) = (places.next()?.0, places.next()) else { return None };
        let rest = [text.get(..place)?, text.get(place + name.len()..)?].join("*");
        let next = u32::try_from(self.numbers.len()).ok()?;
        Some(*self.numbers.entry(rest).or_insert(next))
    }
}

/// The name that a condition asks for, be it in whichever account.
fn name_of_every_account(condition: &Condition) -> Option<&str> {
    let [value] = &*condition.values else { return None };
    if !matches!(condition.operator.test, Test::ArnLike | Test::StringLike) {
        return None;
    }
    let [_, partition, "iam", "", "*", name] = crate::arn::split(&value.text)? else { return None };
    let has_wildcard = |text: &str| text.contains(['*', '?']);
    let is_named = name.starts_with("role/") || name.starts_with("user/");
    (is_named && !has_wildcard(partition)).then_some(name)
}
