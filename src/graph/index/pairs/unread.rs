//! Accounts whose roles were not read, as targets: whoever may assume some role there.

use std::collections::BTreeMap;

use crate::arn::glob::Glob;
use crate::org::{AccountKey, DocumentKey};
use crate::policy::ResourcePattern;

use super::super::super::Node;
use super::super::caller::number;
use super::super::callers::Profile;
use super::super::sets::{CallerSet, TargetSet};
use super::ends::{From, To};
use super::{Found, Pairs};

impl Pairs<'_> {
    /// All pairs with accounts whose roles were not read.
    pub(super) fn of_unread(&self, found: &mut Found) {
        let facts = self.facts;
        let rows = facts.accounts.iter();
        let unread: Vec<AccountKey> =
            rows.filter(|(_, row)| row.missing().is_some()).map(|(key, _)| key).collect();
        if unread.is_empty() {
            return;
        }
        let Some(base) = self.partitions.first() else { return };
        for number in &base.assuming {
            let class = base.classes.get(*number as usize);
            let Some(profile) = class.and_then(|class| self.callers.profile(class)) else {
                continue;
            };
            let from = self.class_callers(0, *number, &[]);
            for to in self.apart(Some(profile), &unread) {
                let session = profile.session || self.control_session;
                self.across(found, &from, &to, false, session);
            }
        }
        // A role names whom it likes of its own account, be nothing said of it in their policies.
        for account in &unread {
            let to = some_unread(vec![*account]);
            for cell in base.by_account.get(crate::org::Key::index(*account)).into_iter().flatten()
            {
                let class = base.cells.get(*cell as usize).map(|cell| cell.class);
                let class = class.and_then(|class| base.classes.get(class as usize));
                let profile = class.and_then(|class| self.callers.profile(class));
                let session = profile.is_some_and(|profile| profile.session);
                let from = self.cell_callers(0, *cell, &[]);
                self.within(found, &from, &to, false, session || self.control_session);
            }
        }
        let apart = self.control_looks || !self.places.resource_control.is_empty();
        let groups: Vec<Vec<AccountKey>> = if apart {
            self.unread.values().flatten().map(|account| vec![*account]).collect()
        } else {
            self.unread.values().cloned().collect()
        };
        let targets = self.apart(None, &unread);
        for group in groups {
            let members: Vec<(AccountKey, Node)> =
                group.iter().map(|account| (*account, Node::Unread(*account))).collect();
            let set = CallerSet::Nodes(members.iter().map(|(_, node)| node.clone()).collect());
            let from = From::new(set, members.into_iter());
            for to in &targets {
                self.across(found, &from, to, false, self.control_session);
            }
        }
        let runs: Vec<Vec<Node>> = {
            let control = self.places.resource_control.iter();
            let parsed = control.filter_map(|key| facts.documents[*key].parsed.as_ref().ok());
            let documents: Vec<_> = parsed.collect();
            self.hosts.values().flat_map(|host| host.groups(None, &documents)).collect()
        };
        for account in unread {
            let to = some_unread(vec![account]);
            for nodes in &runs {
                self.nodes(nodes, &to, false, self.control_session, found);
            }
        }
    }

    /// The accounts in groups that neither the profile's policies nor control policies tell apart,
    /// without those whose roles the profile's policies surely don't reach.
    fn apart(&self, profile: Option<&Profile>, unread: &[AccountKey]) -> Vec<To> {
        let control: Vec<DocumentKey> =
            self.facts.control_policies.values().filter_map(|policy| policy.document).collect();
        let mut patterns = self.patterns(&control);
        if let Some(profile) = profile {
            patterns.extend(self.patterns(&profile.on_resources));
        }
        let by_account =
            self.control_targets_apart || profile.is_some_and(|profile| profile.target_account);
        let mut groups: BTreeMap<Vec<u32>, Vec<AccountKey>> = BTreeMap::new();
        for account in unread {
            let row = &self.facts.accounts[*account];
            let reaches = profile.is_none_or(|profile| {
                let near =
                    |pattern: &super::super::views::Pattern| pattern.account.matches(&row.id_text);
                profile.reach.wide || profile.reach.patterns.iter().any(near)
            });
            if !reaches {
                continue;
            }
            let mut name = vec![self.places.of_roles(*account)];
            if by_account {
                name.push(number(crate::org::Key::index(*account)));
            }
            let some = crate::arn::iam(row.partition, row.id, "role", "/", "*");
            let some = Glob::new(&some);
            name.extend(patterns.iter().map(|pattern| meets(pattern, &some, *account)));
            groups.entry(name).or_default().push(*account);
        }
        groups.into_values().map(some_unread).collect()
    }
}

/// What a pattern says of the roles of an account of which none is known.
fn meets(pattern: &ResourcePattern, some: &Glob, account: AccountKey) -> u32 {
    match pattern.template.fixed() {
        None => number(crate::org::Key::index(account)).saturating_add(3),
        Some((glob, _)) if glob.covers(some) => 1,
        Some((glob, _)) if !glob.meets(some) => 0,
        Some(_) => 2,
    }
}

/// Some role of each of these accounts.
pub(super) fn some_unread(accounts: Vec<AccountKey>) -> To {
    let members: Vec<(AccountKey, Node)> =
        accounts.iter().map(|account| (*account, Node::Unread(*account))).collect();
    To::new(TargetSet::Unread(accounts.into()), members.into_iter())
}
