//! The two sides of a bundle while it is decided: the set, and members to decide it by.

use crate::arn::glob::Glob;
use crate::org::{AccountKey, Facts, RoleKey};
use crate::policy::ResourcePattern;

use super::super::super::Node;
use super::super::Map;
use super::super::caller::CallerId;
use super::super::callers::Profile;
use super::super::sets::{CallerSet, TargetSet};
use super::super::targets::{self, TargetCell};
use super::Pairs;

/// Members of at most two accounts: that is enough to find a pair of different accounts, if there
/// is one.
type Samples = [Option<(AccountKey, Node)>; 2];

/// One side of a pair: what is to become its set, and samples of its members.
#[derive(Debug, Clone)]
pub(super) struct From {
    pub(super) set: CallerSet,
    samples: Samples,
}

/// The other side.
#[derive(Debug, Clone)]
pub(super) struct To {
    pub(super) set: TargetSet,
    samples: Samples,
}

/// The first member, and the first of another account.
fn samples(mut members: impl Iterator<Item = (AccountKey, Node)>) -> Samples {
    let first = members.next();
    let account = first.as_ref().map(|(account, _)| *account);
    let second = members.find(|(other, _)| Some(*other) != account);
    [first, second]
}

impl From {
    pub(super) fn new(set: CallerSet, members: impl Iterator<Item = (AccountKey, Node)>) -> Self {
        Self { set, samples: samples(members) }
    }

    pub(super) fn first(&self) -> Option<&(AccountKey, Node)> {
        self.samples.first()?.as_ref()
    }

    /// Their account, where all of them are of one.
    fn only_account(&self) -> Option<AccountKey> {
        match &self.samples {
            [Some((account, _)), None] => Some(*account),
            _ => None,
        }
    }

    /// One of them, where they are users or roles.
    pub(super) fn sample(&self, facts: &Facts) -> Option<CallerId> {
        CallerId::of(facts, &self.first()?.1)
    }
}

impl To {
    pub(super) fn new(set: TargetSet, members: impl Iterator<Item = (AccountKey, Node)>) -> Self {
        Self { set, samples: samples(members) }
    }

    pub(super) fn first(&self) -> Option<&(AccountKey, Node)> {
        self.samples.first()?.as_ref()
    }
}

/// A caller and a role of different accounts, where there are such.
pub(super) fn apart<'m>(from: &'m From, to: &'m To) -> Option<(&'m Node, &'m Node)> {
    let (first, caller) = from.first()?;
    if let Some((_, role)) = to.samples.iter().flatten().find(|(account, _)| account != first) {
        return Some((caller, role));
    }
    let (account, role) = to.first()?;
    let (_, caller) = from.samples.iter().flatten().find(|(other, _)| other != account)?;
    Some((caller, role))
}

impl Pairs<'_> {
    /// The roles of a class as targets of callers of a profile, from other accounts than theirs:
    /// apart where the profile's documents tell them apart.
    pub(super) fn class_targets(
        &self,
        profile: &Profile,
        from: &From,
        class: u32,
        apart: bool,
    ) -> Vec<To> {
        let Some(row) = self.targets.class(class) else { return Vec::new() };
        if apart || profile.target_account {
            return row.cells.iter().flat_map(|cell| self.cell_targets(profile, *cell)).collect();
        }
        let cells = row.cells.iter().filter_map(|cell| self.targets.cell(*cell));
        let one_role = cells.clone().map(|cell| cell.members.len()).take(2).eq([1]);
        if profile.on_resources.is_empty() || one_role {
            return vec![self.whole_class(class)];
        }
        // Roles of the account that all of the callers are of don't count here.
        let home = from.only_account();
        let parts = self.told_apart(profile, cells.filter(|cell| Some(cell.account) != home));
        if parts.len() == 1 {
            return vec![self.whole_class(class)];
        }
        parts.into_iter().map(|roles| self.some_roles(roles)).collect()
    }

    /// The roles of a cell as targets of a profile.
    pub(super) fn cell_targets(&self, profile: &Profile, cell: u32) -> Vec<To> {
        let Some(row) = self.targets.cell(cell) else { return Vec::new() };
        let whole = || self.whole_cell(cell).into_iter().collect();
        if profile.on_resources.is_empty() || row.members.len() == 1 {
            return whole();
        }
        let parts = self.told_apart(profile, std::iter::once(row));
        if parts.len() == 1 {
            return whole();
        }
        parts.into_iter().map(|roles| self.some_roles(roles)).collect()
    }

    /// The roles by what the profile's documents say of their ARNs.
    fn told_apart<'c>(
        &self,
        profile: &Profile,
        cells: impl Iterator<Item = &'c TargetCell>,
    ) -> Vec<Vec<RoleKey>> {
        let patterns = self.patterns(&profile.on_resources);
        let accounts: Vec<Option<Glob>> =
            patterns.iter().map(|pattern| targets::account(pattern)).collect();
        let mut known: Map<Vec<u32>, usize> = Map::default();
        let mut parts: Vec<Vec<RoleKey>> = Vec::new();
        let mut add = |seen: &Vec<u32>, roles: &[RoleKey]| match known.get(seen) {
            Some(part) => {
                if let Some(part) = parts.get_mut(*part) {
                    part.extend(roles);
                }
            }
            None => {
                known.insert(seen.clone(), parts.len());
                parts.push(roles.to_vec());
            }
        };
        let nothing = vec![0; patterns.len()];
        let mut seen = Vec::new();
        for cell in cells {
            let id = &self.facts.accounts[cell.account].id_text;
            if !accounts.iter().any(|account| account.as_ref().is_none_or(|it| it.matches(id))) {
                add(&nothing, &cell.members);
                continue;
            }
            for role in &cell.members {
                seen.clear();
                targets::covered(&patterns, self.facts, *role, &mut seen);
                add(&seen, std::slice::from_ref(role));
            }
        }
        parts
    }

    /// The entries of resources in these documents that tell roles apart.
    pub(super) fn patterns(&self, documents: &[crate::org::DocumentKey]) -> Vec<&ResourcePattern> {
        let read = |key: &crate::org::DocumentKey| self.facts.documents[*key].parsed.as_ref().ok();
        documents.iter().filter_map(read).flat_map(targets::patterns).collect()
    }

    pub(super) fn whole_class(&self, class: u32) -> To {
        let cells = self.targets.class(class).map(|row| row.cells.as_slice()).unwrap_or_default();
        let member = |cell: &u32| {
            let cell = self.targets.cell(*cell)?;
            Some((cell.account, Node::Role(*cell.members.first()?)))
        };
        To::new(TargetSet::Class(class), cells.iter().filter_map(member))
    }

    pub(super) fn whole_cell(&self, cell: u32) -> Option<To> {
        let row = self.targets.cell(cell)?;
        let member = (row.account, Node::Role(*row.members.first()?));
        Some(To::new(TargetSet::Cell(cell), std::iter::once(member)))
    }

    pub(super) fn some_roles(&self, roles: Vec<RoleKey>) -> To {
        let members = roles.iter().map(|role| (self.facts.roles[*role].account, Node::Role(*role)));
        let [one, two] = samples(members);
        To { set: TargetSet::Some(roles.into()), samples: [one, two] }
    }

    /// A class of callers without some of them.
    pub(super) fn class_callers(&self, partition: u32, class: u32, without: &[CallerId]) -> From {
        let nobody = || From::new(CallerSet::Some(Box::default()), std::iter::empty());
        let Some(part) = self.partitions.get(partition as usize) else { return nobody() };
        let cells = part.classes.get(class as usize).map(|row| row.cells.as_slice());
        let cells = cells.unwrap_or_default();
        let is_in = |caller: &CallerId| {
            part.cell_of(*caller).is_some_and(|cell| cells.binary_search(&cell).is_ok())
        };
        if without.iter().any(is_in) {
            let rows = cells.iter().filter_map(|cell| part.cells.get(*cell as usize));
            let all = rows.flat_map(|cell| cell.members.iter().copied());
            return self.some_callers(all.filter(|caller| !without.contains(caller)).collect());
        }
        let member = |cell: &u32| {
            let cell = part.cells.get(*cell as usize)?;
            Some((cell.account, cell.members.first()?.node(self.facts)))
        };
        From::new(CallerSet::Class(partition, class), cells.iter().filter_map(member))
    }

    /// The callers of a cell without some of them.
    pub(super) fn cell_callers(&self, partition: u32, cell: u32, without: &[CallerId]) -> From {
        let set = CallerSet::Cell(partition, cell);
        let row = self.partitions.get(partition as usize).and_then(|part| {
            let gone = without.iter().any(|caller| part.cell_of(*caller) == Some(cell));
            part.cells.get(cell as usize).map(|row| (row, gone))
        });
        let Some((row, gone)) = row else { return From::new(set, std::iter::empty()) };
        if gone {
            let rest = row.members.iter().copied();
            return self.some_callers(rest.filter(|caller| !without.contains(caller)).collect());
        }
        let member = row.members.first().map(|caller| (row.account, caller.node(self.facts)));
        From::new(set, member.into_iter())
    }

    pub(super) fn some_callers(&self, callers: Vec<CallerId>) -> From {
        let member = |caller: &CallerId| (caller.account(self.facts), caller.node(self.facts));
        let [one, two] = samples(callers.iter().map(member));
        From { set: CallerSet::Some(callers.into()), samples: [one, two] }
    }
}
