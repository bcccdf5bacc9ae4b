//! Pairs from the side of the trust policy: whom it names, and classes that may assume any role.

use std::collections::HashMap;

use crate::org::AccountKey;

use super::super::super::Assume;
use super::super::caller::CallerId;
use super::super::callers::Profile;
use super::super::targets::Trust;
use super::super::trust::{Admission, Narrow};
use super::candidates::{Mode, View};
use super::{From, Pairs, To};

impl Pairs<'_> {
    /// All pairs of one trust policy except for those that [`super::holders`] looks up.
    pub(super) fn of_trust(&mut self, trust: &Trust, admission: &Admission) {
        self.added.clear();
        let (mode, apart) = self.mode(trust.document);
        let views = self.views;
        let looks = views.looks(trust.document);
        let view = View {
            document: trust.document,
            looks,
            mode,
            accounts_apart: apart || admission.tells_accounts,
            targets_apart: looks.is_some_and(|looks| looks.target_account),
        };
        for class in &trust.classes {
            self.singled_out(&view, admission, *class);
            if !admission.wide.is_empty() || !admission.accounts.is_empty() {
                match view.mode {
                    Mode::Classes(partition) => {
                        self.classes_across(&view, admission, partition, *class);
                        self.classes_within(&view, admission, partition, *class);
                    }
                    Mode::Each => {
                        self.each_across(&view, admission, *class);
                        self.each_within(&view, admission, *class);
                    }
                }
            }
            self.other_sources(&view, admission, *class);
        }
    }

    /// Callers that the policy names, each by itself.
    fn singled_out(&mut self, view: &View<'_>, admission: &Admission, class: u32) {
        for caller in &admission.singled_out {
            let from = self.some_callers(vec![*caller]);
            let named = admission.named.get(caller).copied().unwrap_or(false);
            self.with_class(view, &from, *caller, class, named);
        }
    }

    /// Some callers with one profile against all roles of a class.
    fn with_class(
        &mut self,
        view: &View<'_>,
        from: &From,
        sample: CallerId,
        class: u32,
        named: bool,
    ) {
        let targets = |this: &Self, profile: &Profile| {
            let session = profile.session || view.session(profile.role);
            let across = this.class_targets(profile, class, view.targets_apart);
            let mut within = Vec::new();
            for (account, _) in &from.members {
                if let Some(cell) = this.cells_in(class, *account) {
                    within.extend(this.cell_targets(profile, cell));
                }
            }
            (across, within, session)
        };
        let Some((across, within, session)) =
            self.callers.profile_of(sample).map(|profile| targets(self, profile))
        else {
            return;
        };
        for to in &across {
            self.across(from, to, named, session);
        }
        for to in &within {
            if let Some(from) = from.only(to) {
                self.within(&from, to, named, session);
            }
        }
    }

    /// The cells of a class of roles in an account: one or none.
    pub(super) fn cells_in(&self, class: u32, account: AccountKey) -> Option<u32> {
        let cells = &self.targets.class(class)?.cells;
        let place = |cell: &u32| self.targets.cell(*cell).map(|row| row.account);
        let at = cells.binary_search_by_key(&Some(account), place).ok()?;
        cells.get(at).copied()
    }

    fn classes_across(
        &mut self,
        view: &View<'_>,
        admission: &Admission,
        partition: u32,
        class: u32,
    ) {
        let Some(target) = self.targets.class(class) else { return };
        let mut meant: Vec<u32> = Vec::new();
        for narrow in &admission.wide {
            meant.extend(self.meant_classes(partition, narrow, target));
        }
        meant.sort_unstable();
        meant.dedup();
        let mut pairs: Vec<(From, Vec<To>, bool)> = Vec::new();
        let Some(part) = self.partitions.get(partition as usize) else { return };
        for number in meant {
            let Some(row) = part.classes.get(number as usize) else { continue };
            let Some(profile) = self.callers.profile(row).filter(|profile| profile.reach.wide)
            else {
                continue;
            };
            let session = profile.session || view.session(profile.role);
            let targets = self.class_targets(profile, class, view.targets_apart);
            let without = &admission.singled_out;
            if view.accounts_apart {
                for cell in &row.cells {
                    let from = self.cell_callers(partition, *cell, without);
                    pairs.push((from, targets.clone(), session));
                }
            } else {
                pairs.push((self.class_callers(partition, number, without), targets, session));
            }
        }
        for (account, narrow) in &admission.accounts {
            for cell in part.of_account(*account) {
                let Some(row) = part.cells.get(*cell as usize) else { continue };
                let Some(class_row) = part.classes.get(row.class as usize) else { continue };
                let profile = self.callers.profile(class_row);
                let Some(profile) = profile.filter(|profile| profile.reach.wide) else { continue };
                if !self.may_mean(part, class_row, &[narrow], target) {
                    continue;
                }
                let session = profile.session || view.session(profile.role);
                let targets = self.class_targets(profile, class, view.targets_apart);
                let from = self.cell_callers(partition, *cell, &admission.singled_out);
                pairs.push((from, targets, session));
            }
        }
        for (from, targets, session) in pairs {
            for to in targets {
                self.across(&from, &to, false, session);
            }
        }
    }

    /// Pairs of one account. There a wide statement needs nothing of the caller's side.
    fn classes_within(
        &mut self,
        view: &View<'_>,
        admission: &Admission,
        partition: u32,
        class: u32,
    ) {
        let Some(target) = self.targets.class(class) else { return };
        let wide: Vec<&Narrow> = admission.wide.iter().collect();
        let mut known: HashMap<u32, Option<Assume>> = HashMap::new();
        let mut all: Vec<(From, To, Assume, bool)> = Vec::new();
        for place in &target.cells {
            let Some(here) = self.targets.cell(*place) else { continue };
            let Some(part) = self.partitions.get(partition as usize) else { return };
            let own = own(admission, here.account);
            if wide.is_empty() && own.is_empty() {
                continue;
            }
            for cell in part.of_account(here.account) {
                let Some(row) = part.cells.get(*cell as usize) else { continue };
                let Some(class_row) = part.classes.get(row.class as usize) else { continue };
                let Some(profile) = self.callers.profile(class_row) else { continue };
                let meant = (!wide.is_empty() && self.may_mean(part, class_row, &wide, target))
                    || (profile.reach.wide
                        && !own.is_empty()
                        && self.may_mean(part, class_row, &own, target));
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
                    let (Some((_, caller)), Some((_, role))) =
                        (from.members.first(), to.members.first())
                    else {
                        continue;
                    };
                    let judge = || self.judge(caller, role, false);
                    let assume =
                        if alike { *known.entry(row.class).or_insert_with(judge) } else { judge() };
                    if let Some(assume) = assume {
                        all.push((from.clone(), to, assume, session));
                    }
                }
            }
        }
        for (from, to, assume, session) in all {
            self.add(&from, &to, assume, false, session);
        }
    }

    fn each_across(&mut self, view: &View<'_>, admission: &Admission, class: u32) {
        let wide: Vec<&Narrow> = admission.wide.iter().collect();
        let mut meant = if wide.is_empty() { Vec::new() } else { self.meant_anywhere(&wide) };
        for (account, narrow) in &admission.accounts {
            let here = self.meant_in(*account, &[narrow]);
            meant.extend(here.into_iter().filter(|caller| self.callers.assumes(*caller)));
        }
        meant.retain(|caller| {
            let profile = self.callers.profile_of(*caller);
            profile.is_some_and(|profile| profile.reach.wide)
                && admission.singled_out.binary_search(caller).is_err()
        });
        meant.sort_unstable();
        meant.dedup();
        for from in self.groups(view, &meant) {
            self.group_across(view, &from, class, false);
        }
    }

    /// Callers of one profile against roles of other accounts.
    pub(super) fn group_across(&mut self, view: &View<'_>, from: &From, class: u32, named: bool) {
        let Some(profile) = from.sample(self.facts).and_then(|id| self.callers.profile_of(id))
        else {
            return;
        };
        let session = profile.session || view.session(profile.role);
        for to in self.class_targets(profile, class, view.targets_apart) {
            self.across(from, &to, named, session);
        }
    }

    fn each_within(&mut self, view: &View<'_>, admission: &Admission, class: u32) {
        let wide: Vec<&Narrow> = admission.wide.iter().collect();
        let cells = self.targets.class(class).map(|row| row.cells.clone()).unwrap_or_default();
        for place in cells {
            let Some(account) = self.targets.cell(place).map(|row| row.account) else { continue };
            let own = own(admission, account);
            let mut meant =
                if wide.is_empty() { Vec::new() } else { self.meant_in(account, &wide) };
            if !own.is_empty() {
                let here = self.meant_in(account, &own);
                let wide_reach = |caller: &CallerId| {
                    self.callers.profile_of(*caller).is_some_and(|profile| profile.reach.wide)
                };
                meant.extend(here.into_iter().filter(wide_reach));
            }
            meant.retain(|caller| admission.singled_out.binary_search(caller).is_err());
            meant.sort_unstable();
            meant.dedup();
            for from in self.groups(view, &meant) {
                let Some(profile) =
                    from.sample(self.facts).and_then(|id| self.callers.profile_of(id))
                else {
                    continue;
                };
                let session = profile.session || view.session(profile.role);
                for to in self.cell_targets(profile, place) {
                    self.within(&from, &to, false, session);
                }
            }
        }
    }
}

/// The statements that mean the principals of this account.
pub(super) fn own(admission: &Admission, account: AccountKey) -> Vec<&Narrow> {
    let own = admission.accounts.iter().filter(|(known, _)| *known == account);
    own.map(|(_, narrow)| narrow).collect()
}
