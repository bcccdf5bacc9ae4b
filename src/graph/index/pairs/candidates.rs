//! The callers that a trust policy can tell apart.

use std::collections::BTreeMap;

use crate::org::{AccountKey, DocumentKey, Facts};

use super::super::caller::{Caller, CallerId, Texts, number};
use super::super::callers::{Class, Partition};
use super::super::looks::{CarriesTags, Looks, Trait};
use super::super::postings::of_account;
use super::super::targets::TargetClass;
use super::super::trust::{Narrow, Wanted};
use super::Pairs;
use super::ends::From;

/// How finely a trust policy looks at callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// It tells the classes of this partition apart, and no more.
    Classes(u32),
    /// It looks at names.
    Each,
}

/// A trust policy as the pairs see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'v> {
    pub(super) document: DocumentKey,
    pub(super) looks: Option<&'v Looks>,
    pub(super) mode: Mode,
    /// Whether callers of different accounts must not stand for each other.
    pub(super) accounts_apart: bool,
    /// Whether roles of different accounts must not.
    pub(super) targets_apart: bool,
}

/// What a statement asks for: a tag of the partition, by place, with one of some values, as
/// numbers; or nothing that could be looked up.
pub(super) struct Ask(Option<(usize, Vec<u32>)>);

impl View<'_> {
    /// Whether the policy tells sessions of such callers apart by the hops that led to them.
    pub(super) fn session(&self, role: Option<CarriesTags>) -> bool {
        self.looks.is_some_and(|looks| looks.session(role))
    }
}

impl<'g> Pairs<'g> {
    /// The number of the partition that tells callers apart by these tags.
    fn partition(&mut self, names: &[Box<str>]) -> u32 {
        let known = self.partitions.iter().position(|part| *part.names == *names);
        let at = known.unwrap_or_else(|| {
            self.partitions.push(self.callers.partition(names));
            self.partitions.len() - 1
        });
        number(at)
    }

    /// How a trust policy looks at callers.
    pub(super) fn view(&mut self, document: DocumentKey, tells_accounts: bool) -> View<'g> {
        let views = self.views;
        let looks = views.looks(document);
        let mut names: Vec<Box<str>> = Vec::new();
        let (mut each, mut apart) = (false, false);
        for what in looks.into_iter().flat_map(Looks::traits) {
            match what {
                Trait::Arn | Trait::UserId | Trait::UserName => each = true,
                Trait::Account | Trait::OrganizationPath => apart = true,
                Trait::Tag(name) => names.push(name.clone()),
            }
        }
        names.sort();
        names.dedup();
        View {
            document,
            looks,
            mode: if each { Mode::Each } else { Mode::Classes(self.partition(&names)) },
            accounts_apart: apart || tells_accounts,
            targets_apart: looks.is_some_and(|looks| looks.target_account),
        }
    }

    /// Classes, wherever they are, that may assume something and may be meant.
    pub(super) fn meant_classes(
        &self,
        part: &Partition,
        narrow: &Narrow,
        target: &TargetClass,
    ) -> Vec<u32> {
        let Some((tag, values)) = self.wanted(part, narrow, target) else {
            return part.assuming.clone();
        };
        let mut found = part.carrying.clone();
        found.extend(values.iter().flat_map(|value| part.with_value(tag, *value)));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The place of the tag that is asked for in the partition, and the numbers of its values.
    fn wanted(
        &self,
        part: &Partition,
        narrow: &Narrow,
        target: &TargetClass,
    ) -> Option<(usize, Vec<u32>)> {
        let Narrow::Tag(name, values) = narrow else { return None };
        let tag = part.names.iter().position(|known| known == name)?;
        let number = |wanted: &Wanted| match wanted {
            Wanted::Text(text) => self.callers.texts.known(text),
            Wanted::OfRole(name) => {
                let place = self.targets.tags.iter().position(|known| known == name)?;
                target.values.get(place).copied().filter(|value| *value != 0)
            }
        };
        Some((tag, values.iter().filter_map(number).collect()))
    }

    /// What some statements ask for, to be compared with many classes.
    pub(super) fn asked(
        &self,
        part: &Partition,
        narrows: &[&Narrow],
        target: &TargetClass,
    ) -> Vec<Ask> {
        narrows.iter().map(|narrow| Ask(self.wanted(part, narrow, target))).collect()
    }

    /// Whether a class may be meant by a statement that asks for one of these.
    pub(super) fn may_mean(&self, class: &Class, asked: &[Ask]) -> bool {
        asked.iter().any(|Ask(wanted)| match wanted {
            None => true,
            Some((tag, values)) => {
                class.values.get(*tag).is_some_and(|value| values.contains(value))
                    || self
                        .callers
                        .profile(class)
                        .is_some_and(|profile| profile.role == Some(CarriesTags(true)))
            }
        })
    }

    /// Callers, wherever they are, that may assume something and may be meant by name.
    pub(super) fn meant_anywhere(&self, narrows: &[&Narrow]) -> Vec<CallerId> {
        let mut found = Vec::new();
        for narrow in narrows {
            match narrow {
                Narrow::Arns(patterns) => {
                    found.extend(self.postings.assuming(self.facts, &self.callers, patterns));
                }
                Narrow::No | Narrow::Tag(..) => return self.postings.everyone(),
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Callers of an account that may be meant by name.
    pub(super) fn meant_in(&self, account: AccountKey, narrows: &[&Narrow]) -> Vec<CallerId> {
        let mut found = Vec::new();
        for narrow in narrows {
            match narrow {
                Narrow::Arns(patterns) => found.extend(of_account(self.facts, account, patterns)),
                Narrow::No | Narrow::Tag(..) => return everyone_in(self.facts, account),
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Callers by what tells them apart: profile, account where that counts, and what the trust
    /// policy sees of them.
    pub(super) fn groups(&self, view: &View<'_>, callers: &[CallerId]) -> Vec<From> {
        let parsed = self.facts.documents[view.document].parsed.as_ref().ok();
        // Values are compared among these callers alone.
        let mut texts = Texts::default();
        let mut groups: BTreeMap<Vec<u32>, Vec<CallerId>> = BTreeMap::new();
        for id in callers {
            let Some(cell) = self.partitions.first().and_then(|base| base.cell_of(*id)) else {
                continue;
            };
            let class = self.partitions.first().and_then(|base| base.cells.get(cell as usize));
            let place = if view.accounts_apart { Some(cell) } else { class.map(|row| row.class) };
            let mut name: Vec<u32> = place.into_iter().collect();
            if let (Some(looks), Some(parsed)) = (view.looks, parsed) {
                let caller = Caller::new(self.facts, *id);
                looks.sight(parsed, &caller, &mut texts, &mut name);
            }
            groups.entry(name).or_default().push(*id);
        }
        groups.into_values().map(|group| self.some_callers(group)).collect()
    }
}

fn everyone_in(facts: &Facts, account: AccountKey) -> Vec<CallerId> {
    let row = &facts.accounts[account];
    let roles = row.roles.iter().copied().map(CallerId::role);
    roles.chain(row.users.iter().map(|key| CallerId::user(facts, *key))).collect()
}
