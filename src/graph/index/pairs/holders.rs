//! Pairs from the side of callers whose own policies reach only some roles.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::org::{AccountKey, Key as _, RoleKey};

use super::super::Map;
use super::super::caller::{Caller, CallerId, number};
use super::super::callers::Profile;
use super::super::postings;
use super::super::sets::TargetSet;
use super::super::targets;
use super::super::trust::{Admission, Narrow};
use super::super::views::Pattern;
use super::candidates::{Mode, View};
use super::ends::{From, To};
use super::{Found, Pairs};

/// The roles that fit patterns, once they were looked up.
pub(super) type Known = Map<Pattern, Rc<Fitting>>;

/// The roles that fit a pattern and let in more than those whom they name.
#[derive(Debug, Default)]
pub(super) struct Fitting {
    /// Those that may mean callers of any account.
    wide: Vec<RoleKey>,
    /// Those that mean the principals of an account, by that account: roles that trust their own
    /// account are many, and of interest there alone.
    trusting: Map<AccountKey, Vec<RoleKey>>,
}

/// Holders of one profile, against roles of one class.
struct Group<'p> {
    profile: u32,
    class: u32,
    /// Whether the holders' policies name the roles literally.
    literal: bool,
    admission: &'p Admission,
    view: &'p View<'p>,
    session: bool,
}

impl Pairs<'_> {
    /// The pairs of all callers of a profile whose policies list what they may assume, and where
    /// they may assume any role, those that they list all the same.
    pub(super) fn of_holders(&self, profile: usize, known: &mut Known, found: &mut Found) {
        let Some(row) = self.callers.profiles.get(profile) else { return };
        let patterns = self.patterns(&row.on_resources);
        let mut groups: BTreeMap<(u32, bool, Vec<u32>), Vec<RoleKey>> = BTreeMap::new();
        let mut name = Vec::new();
        for (role, literal) in self.reached(number(profile), row, known) {
            let Some(cell) = self.targets.cell_of(role).and_then(|cell| self.targets.cell(cell))
            else {
                continue;
            };
            name.clear();
            targets::covered(&patterns, self.facts, role, &mut name);
            if row.target_account {
                name.push(number(cell.account.index()));
            }
            groups.entry((cell.class, literal, name.clone())).or_default().push(role);
        }
        for ((class, literal, _), roles) in groups {
            let trust = self.targets.class(class).map(|row| row.trust as usize);
            let Some((admission, view)) = trust.and_then(|trust| self.trusts.get(trust)) else {
                continue;
            };
            let session = row.session || view.session(row.role);
            let profile = number(profile);
            let group = Group { profile, class, literal, admission, view, session };
            self.of_group(&group, roles, found);
        }
    }

    /// The roles that a profile's policies list, without those that mean none of its callers;
    /// whether literally. Each once.
    fn reached(&self, number: u32, profile: &Profile, known: &mut Known) -> Vec<(RoleKey, bool)> {
        let literals = profile.reach.literals.iter().map(|role| (*role, true));
        let mut found: Vec<(RoleKey, bool)> = literals.collect();
        let patterns = profile.reach.patterns.iter().filter(|_| !profile.reach.wide);
        for pattern in patterns {
            let fitting = match known.get(pattern) {
                Some(fitting) => fitting.clone(),
                None => {
                    let fitting = Rc::new(self.fitting(pattern));
                    known.insert(pattern.clone(), fitting.clone());
                    fitting
                }
            };
            found.extend(fitting.wide.iter().map(|role| (*role, false)));
            for account in self.accounts_of(number) {
                let here = fitting.trusting.get(&account).into_iter().flatten();
                found.extend(here.map(|role| (*role, false)));
            }
        }
        found.sort_unstable_by_key(|(role, literal)| (*role, !literal));
        found.dedup_by_key(|(role, _)| *role);
        found
    }

    /// The accounts in which there are callers of a profile.
    fn accounts_of(&self, profile: u32) -> impl Iterator<Item = AccountKey> {
        let base = self.partitions.first();
        let classes = base.map(|base| base.of_profile(profile)).unwrap_or_default().iter();
        let rows = classes.filter_map(move |class| base?.classes.get(*class as usize));
        let cells = rows.flat_map(|row| &row.cells);
        cells.filter_map(move |cell| base?.cells.get(*cell as usize)).map(|cell| cell.account)
    }

    fn fitting(&self, Pattern { account, resource }: &Pattern) -> Fitting {
        let facts = self.facts;
        let accounts: Vec<AccountKey> = match account.literal() {
            Some(id) => id.parse().ok().and_then(|id| facts.account(id)).into_iter().collect(),
            None => {
                let rows = facts.accounts.iter();
                rows.filter(|(_, row)| account.matches(&row.id_text)).map(|(key, _)| key).collect()
            }
        };
        let mut found = Fitting::default();
        for role in accounts.into_iter().flat_map(|here| postings::roles(facts, here, resource)) {
            let cell = self.targets.cell_of(role).and_then(|cell| self.targets.cell(cell));
            let class = cell.and_then(|cell| self.targets.class(cell.class));
            let trust = class.and_then(|class| self.trusts.get(class.trust as usize));
            let Some((admission, _)) = trust else { continue };
            if !admission.wide.is_empty() {
                found.wide.push(role);
            }
            for (account, _) in &admission.accounts {
                found.trusting.entry(*account).or_default().push(role);
            }
        }
        found
    }

    fn of_group(&self, group: &Group<'_>, roles: Vec<RoleKey>, found: &mut Found) {
        let targets = self.parts(group.class, roles, group.view.targets_apart);
        let callers = self.holders(group);
        for from in &callers {
            for to in &targets {
                self.across(found, from, to, group.literal, group.session);
            }
        }
        for to in &targets {
            self.holders_within(group, to, found);
        }
    }

    /// The roles as targets, by account where that counts.
    fn parts(&self, class: u32, roles: Vec<RoleKey>, apart: bool) -> Vec<To> {
        if apart {
            let mut parts: BTreeMap<AccountKey, Vec<RoleKey>> = BTreeMap::new();
            for role in roles {
                parts.entry(self.facts.roles[role].account).or_default().push(role);
            }
            return parts.into_values().map(|roles| self.some_roles(roles)).collect();
        }
        let cells = self.targets.class(class).map(|row| row.cells.as_slice()).unwrap_or_default();
        let size = |cell: &u32| self.targets.cell(*cell).map_or(0, |row| row.members.len());
        if cells.iter().map(size).sum::<usize>() == roles.len() {
            return vec![self.whole_class(class)];
        }
        let first = roles.first().and_then(|role| self.targets.cell_of(*role));
        match first.filter(|cell| size(cell) == roles.len()) {
            // All that are of one cell are that cell, where there are as many.
            Some(cell) if roles.iter().all(|role| self.targets.cell_of(*role) == Some(cell)) => {
                self.whole_cell(cell).into_iter().collect()
            }
            _ => vec![self.some_roles(roles)],
        }
    }

    /// The holders that a trust policy may mean from other accounts.
    fn holders(&self, group: &Group<'_>) -> Vec<From> {
        let &Group { profile, class, literal, admission, view, .. } = group;
        let all = [&Narrow::No];
        let wide: Vec<&Narrow> =
            if literal { all.to_vec() } else { admission.wide.iter().collect() };
        let without = &admission.singled_out;
        let Mode::Classes(partition) = view.mode else {
            let mut meant = self.of_profile(profile);
            meant.retain(|caller| {
                let own = super::trusts::own(admission, caller.account(self.facts));
                without.binary_search(caller).is_err()
                    && (self.fits(*caller, &wide) || self.fits(*caller, &own))
            });
            return self.groups(view, &meant);
        };
        let (Some(part), Some(target)) =
            (self.partitions.get(partition as usize), self.targets.class(class))
        else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let wide = self.asked(part, &wide, target);
        for number in part.of_profile(profile) {
            let Some(row) = part.classes.get(*number as usize) else { continue };
            if self.may_mean(row, &wide) {
                if view.accounts_apart {
                    let cells = row.cells.iter();
                    found.extend(cells.map(|cell| self.cell_callers(partition, *cell, without)));
                } else {
                    found.push(self.class_callers(partition, *number, without));
                }
                continue;
            }
            for (account, narrow) in &admission.accounts {
                if self.is_only_in(class, *account) {
                    continue;
                }
                let Some(cell) = part.cell_in(row, *account) else { continue };
                if self.may_mean(row, &self.asked(part, &[narrow], target)) {
                    found.push(self.cell_callers(partition, cell, without));
                }
            }
        }
        found
    }

    /// The same of the roles' own accounts. What a wide statement lets in there is found from the
    /// side of the trust policy.
    fn holders_within(&self, group: &Group<'_>, to: &To, found: &mut Found) {
        if !group.literal && group.admission.accounts.is_empty() {
            return;
        }
        for (account, here) in self.by_account(to) {
            let own = super::trusts::own(group.admission, account);
            let any = [&Narrow::No];
            let narrows: &[&Narrow] = if group.literal { &any } else { &own };
            if narrows.is_empty() {
                continue;
            }
            for from in self.holders_in(group, account, narrows) {
                self.within(found, &from, &here, group.literal, group.session);
            }
        }
    }

    fn holders_in(&self, group: &Group<'_>, account: AccountKey, narrows: &[&Narrow]) -> Vec<From> {
        let &Group { profile, class, admission, view, .. } = group;
        let without = &admission.singled_out;
        let Mode::Classes(partition) = view.mode else {
            let mut meant = self.of_profile(profile);
            meant.retain(|caller| {
                caller.account(self.facts) == account
                    && self.fits(*caller, narrows)
                    && without.binary_search(caller).is_err()
            });
            return self.groups(view, &meant);
        };
        let (Some(part), Some(target)) =
            (self.partitions.get(partition as usize), self.targets.class(class))
        else {
            return Vec::new();
        };
        let asked = self.asked(part, narrows, target);
        let cells = part.of_profile(profile).iter().filter_map(|number| {
            let row = part.classes.get(*number as usize)?;
            part.cell_in(row, account).filter(|_| self.may_mean(row, &asked))
        });
        cells.map(|cell| self.cell_callers(partition, cell, without)).collect()
    }

    /// The roles of each account among these.
    fn by_account(&self, to: &To) -> Vec<(AccountKey, To)> {
        match &to.set {
            TargetSet::Class(class) => {
                let cells = self.targets.class(*class).map(|row| row.cells.as_slice());
                let cells = cells.unwrap_or_default().iter();
                let part =
                    |cell: &u32| Some((self.targets.cell(*cell)?.account, self.whole_cell(*cell)?));
                cells.filter_map(part).collect()
            }
            TargetSet::Some(roles) => {
                let mut parts: BTreeMap<AccountKey, Vec<RoleKey>> = BTreeMap::new();
                for role in roles {
                    parts.entry(self.facts.roles[*role].account).or_default().push(*role);
                }
                let part = |(account, roles)| (account, self.some_roles(roles));
                parts.into_iter().map(part).collect()
            }
            TargetSet::Cell(_) | TargetSet::Unread(_) => {
                to.first().map(|(account, _)| (*account, to.clone())).into_iter().collect()
            }
        }
    }

    fn fits(&self, caller: CallerId, narrows: &[&Narrow]) -> bool {
        let arn = Caller::new(self.facts, caller).arn();
        narrows.iter().any(|narrow| match narrow {
            Narrow::Arns(patterns) => patterns.iter().any(|pattern| pattern.fits(arn)),
            Narrow::No | Narrow::Tag(..) => true,
        })
    }

    /// The callers of a profile, in order.
    fn of_profile(&self, profile: u32) -> Vec<CallerId> {
        let Some(base) = self.partitions.first() else { return Vec::new() };
        let rows = base.of_profile(profile).iter();
        let rows = rows.filter_map(|class| base.classes.get(*class as usize));
        let cells = rows.flat_map(|row| &row.cells);
        let mut found: Vec<CallerId> = cells
            .filter_map(|cell| base.cells.get(*cell as usize))
            .flat_map(|cell| cell.members.iter().copied())
            .collect();
        found.sort_unstable();
        found
    }
}
