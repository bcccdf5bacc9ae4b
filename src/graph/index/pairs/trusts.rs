//! Pairs from the side of the trust policy: whom it names, and classes that may assume any role.

use crate::org::AccountKey;

use super::super::super::Assume;
use super::super::Map;
use super::super::caller::CallerId;
use super::super::callers::{Class, Profile};
use super::super::trust::{Admission, Narrow};
use super::candidates::{Mode, View};
use super::ends::From;
use super::{Found, Pairs};

impl Pairs<'_> {
    /// All pairs of one trust policy except for those that [`super::holders`] looks up.
    pub(super) fn of_trust(&self, at: usize, found: &mut Found) {
        let (Some(trust), Some((admission, view))) =
            (self.targets.trusts.get(at), self.trusts.get(at))
        else {
            return;
        };
        for class in &trust.classes {
            for caller in &admission.singled_out {
                let named = admission.named.get(caller).copied().unwrap_or(false);
                self.single(view, *caller, *class, named, found);
            }
            if admission.means_many() {
                match view.mode {
                    Mode::Classes(partition) => {
                        self.classes_across(view, admission, partition, *class, found);
                        self.classes_within(view, admission, partition, *class, found);
                    }
                    Mode::Each => {
                        self.each_across(view, admission, *class, found);
                        self.each_within(view, admission, *class, found);
                    }
                }
            }
            self.other_sources(view, admission, *class, found);
        }
    }

    /// A caller that the policy names against all roles of a class.
    fn single(
        &self,
        view: &View<'_>,
        caller: CallerId,
        class: u32,
        named: bool,
        found: &mut Found,
    ) {
        let Some(profile) = self.callers.profile_of(caller) else { return };
        let from = self.some_callers(vec![caller]);
        self.to_class(view, (profile, &from), class, named, found);
        if let Some(cell) = self.cell_in(class, caller.account(self.facts)) {
            self.to_cell(view, (profile, &from), cell, named, found);
        }
    }

    /// Callers of a profile against roles of a class in other accounts.
    fn to_class(
        &self,
        view: &View<'_>,
        (profile, from): (&Profile, &From),
        class: u32,
        named: bool,
        found: &mut Found,
    ) {
        let session = profile.session || view.session(profile.role);
        for to in self.class_targets(profile, from, class, view.targets_apart) {
            self.across(found, from, &to, named, session);
        }
    }

    /// Callers of a profile against roles of a cell, which is of their account.
    fn to_cell(
        &self,
        view: &View<'_>,
        (profile, from): (&Profile, &From),
        cell: u32,
        named: bool,
        found: &mut Found,
    ) {
        let session = profile.session || view.session(profile.role);
        for to in self.cell_targets(profile, cell) {
            self.within(found, from, &to, named, session);
        }
    }

    /// The cell of a class of roles in an account.
    pub(super) fn cell_in(&self, class: u32, account: AccountKey) -> Option<u32> {
        let cells = &self.targets.class(class)?.cells;
        let place = |cell: &u32| self.targets.cell(*cell).map(|row| row.account);
        let at = cells.binary_search_by_key(&Some(account), place).ok()?;
        cells.get(at).copied()
    }

    /// Whether every role of a class is of this account.
    pub(super) fn is_only_in(&self, class: u32, account: AccountKey) -> bool {
        let cells = self.targets.class(class).map(|row| row.cells.as_slice());
        match cells {
            Some([only]) => self.targets.cell(*only).is_some_and(|row| row.account == account),
            _ => false,
        }
    }

    fn classes_across(
        &self,
        view: &View<'_>,
        admission: &Admission,
        partition: u32,
        class: u32,
        found: &mut Found,
    ) {
        let (Some(target), Some(part)) =
            (self.targets.class(class), self.partitions.get(partition as usize))
        else {
            return;
        };
        let without = &admission.singled_out;
        let mut meant: Vec<u32> = Vec::new();
        for narrow in &admission.wide {
            meant.extend(self.meant_classes(part, narrow, target));
        }
        meant.sort_unstable();
        meant.dedup();
        for number in meant {
            let Some(row) = part.classes.get(number as usize) else { continue };
            let Some(profile) = self.wide_reach(row) else { continue };
            let callers: Vec<From> = if view.accounts_apart {
                let cells = row.cells.iter();
                cells.map(|cell| self.cell_callers(partition, *cell, without)).collect()
            } else {
                vec![self.class_callers(partition, number, without)]
            };
            let session = profile.session || view.session(profile.role);
            for from in &callers {
                for to in self.class_targets(profile, from, class, view.targets_apart) {
                    self.across(found, from, &to, false, session);
                }
            }
        }
        for (account, narrow) in &admission.accounts {
            if self.is_only_in(class, *account) {
                continue;
            }
            let asked = self.asked(part, &[narrow], target);
            for cell in part.of_account(*account) {
                let row = part.cells.get(*cell as usize);
                let Some(row) = row.and_then(|row| part.classes.get(row.class as usize)) else {
                    continue;
                };
                let Some(profile) = self.wide_reach(row) else { continue };
                if !self.may_mean(row, &asked) {
                    continue;
                }
                let from = self.cell_callers(partition, *cell, without);
                self.to_class(view, (profile, &from), class, false, found);
            }
        }
    }

    /// The profile of a class whose policies may let it assume any role.
    fn wide_reach(&self, class: &Class) -> Option<&Profile> {
        self.callers.profile(class).filter(|profile| profile.reach.wide)
    }

    /// Pairs of one account. There a wide statement needs nothing of the caller's side.
    fn classes_within(
        &self,
        view: &View<'_>,
        admission: &Admission,
        partition: u32,
        class: u32,
        found: &mut Found,
    ) {
        let (Some(target), Some(part)) =
            (self.targets.class(class), self.partitions.get(partition as usize))
        else {
            return;
        };
        let wide: Vec<&Narrow> = admission.wide.iter().collect();
        let wide = self.asked(part, &wide, target);
        let mut known: Map<u32, Option<Assume>> = Map::default();
        for place in &target.cells {
            let Some(here) = self.targets.cell(*place) else { continue };
            let own = own(admission, here.account);
            if wide.is_empty() && own.is_empty() {
                continue;
            }
            let own = self.asked(part, &own, target);
            for cell in part.of_account(here.account) {
                let Some(row) = part.cells.get(*cell as usize) else { continue };
                let Some(class_row) = part.classes.get(row.class as usize) else { continue };
                let Some(profile) = self.callers.profile(class_row) else { continue };
                let meant = self.may_mean(class_row, &wide)
                    || (profile.reach.wide && self.may_mean(class_row, &own));
                if !meant {
                    continue;
                }
                let session = profile.session || view.session(profile.role);
                let from = self.cell_callers(partition, *cell, &admission.singled_out);
                let alike = profile.on_resources.is_empty()
                    && !profile.target_account
                    && !view.targets_apart
                    && !view.accounts_apart;
                for to in self.cell_targets(profile, *place) {
                    let (Some((_, caller)), Some((_, role))) = (from.first(), to.first()) else {
                        continue;
                    };
                    let judge = || self.judge(caller, role, false);
                    let assume =
                        if alike { *known.entry(row.class).or_insert_with(judge) } else { judge() };
                    if let Some(assume) = assume {
                        found.add(&from, &to, assume, false, session);
                    }
                }
            }
        }
    }

    fn each_across(&self, view: &View<'_>, admission: &Admission, class: u32, found: &mut Found) {
        let wide: Vec<&Narrow> = admission.wide.iter().collect();
        let mut meant = if wide.is_empty() { Vec::new() } else { self.meant_anywhere(&wide) };
        for (account, narrow) in &admission.accounts {
            if !self.is_only_in(class, *account) {
                meant.extend(self.meant_in(*account, &[narrow]));
            }
        }
        self.keep_wide_reach(&mut meant, admission);
        for from in self.groups(view, &meant) {
            let Some(profile) = from.sample(self.facts).and_then(|id| self.callers.profile_of(id))
            else {
                continue;
            };
            self.to_class(view, (profile, &from), class, false, found);
        }
    }

    fn keep_wide_reach(&self, meant: &mut Vec<CallerId>, admission: &Admission) {
        meant.retain(|caller| {
            let profile = self.callers.profile_of(*caller);
            profile.is_some_and(|profile| profile.reach.wide)
                && admission.singled_out.binary_search(caller).is_err()
        });
        meant.sort_unstable();
        meant.dedup();
    }

    fn each_within(&self, view: &View<'_>, admission: &Admission, class: u32, found: &mut Found) {
        let wide: Vec<&Narrow> = admission.wide.iter().collect();
        let cells = self.targets.class(class).map(|row| row.cells.as_slice()).unwrap_or_default();
        for place in cells {
            let Some(account) = self.targets.cell(*place).map(|row| row.account) else { continue };
            let own = own(admission, account);
            let mut meant = if own.is_empty() { Vec::new() } else { self.meant_in(account, &own) };
            self.keep_wide_reach(&mut meant, admission);
            if !wide.is_empty() {
                meant.extend(self.meant_in(account, &wide));
            }
            meant.retain(|caller| admission.singled_out.binary_search(caller).is_err());
            meant.sort_unstable();
            meant.dedup();
            for from in self.groups(view, &meant) {
                let profile = from.sample(self.facts).and_then(|id| self.callers.profile_of(id));
                let Some(profile) = profile else { continue };
                self.to_cell(view, (profile, &from), *place, false, found);
            }
        }
    }
}

/// The statements that mean the principals of this account.
pub(super) fn own(admission: &Admission, account: AccountKey) -> Vec<&Narrow> {
    let own = admission.accounts.iter().filter(|(known, _)| *known == account);
    own.map(|(_, narrow)| narrow).collect()
}
