//! Pairs from the side of callers whose own policies reach only some roles.

use std::collections::BTreeMap;

use crate::org::{AccountKey, Key as _, RoleKey};

use super::super::caller::{Caller, CallerId, number as index};
use super::super::callers::Profile;
use super::super::postings;
use super::super::targets;
use super::super::trust::{Admission, Narrow};
use super::super::views::Pattern;
use super::candidates::{Mode, View};
use super::{From, Pairs, To};

impl Pairs<'_> {
    /// The pairs of all callers whose policies list what they may assume, and for the others
    /// those that they list all the same.
    pub(super) fn of_holders(&mut self, admissions: &[Admission]) {
        for number in 0..index(self.callers.profiles.len()) {
            self.added.clear();
            let Some(profile) = self.callers.profiles.get(number as usize) else { continue };
            let mut groups: BTreeMap<(u32, bool, Vec<u32>), Vec<RoleKey>> = BTreeMap::new();
            let patterns = self.patterns(&profile.on_resources);
            for (role, literal) in self.reached(profile) {
                let Some(class) =
                    self.targets.cell_of(role).and_then(|cell| self.targets.cell(cell))
                else {
                    continue;
                };
                let mut name = Vec::new();
                targets::covered(&patterns, self.facts, role, &mut name);
                if profile.target_account {
                    name.push(index(class.account.index()));
                }
                groups.entry((class.class, literal, name)).or_default().push(role);
            }
            for ((class, literal, _), roles) in groups {
                self.of_group(number, class, literal, roles, admissions);
            }
        }
    }

    /// The roles that a profile's policies list; whether literally. Each once.
    fn reached(&self, profile: &Profile) -> BTreeMap<RoleKey, bool> {
        let mut found: BTreeMap<RoleKey, bool> = BTreeMap::new();
        for role in &profile.reach.literals {
            found.insert(*role, true);
        }
        if profile.reach.wide {
            return found;
        }
        for Pattern { account, resource } in &profile.reach.patterns {
            let ids = account.literal().map(|id| id.parse().ok());
            let accounts: Vec<AccountKey> = match ids {
                Some(id) => id.and_then(|id| self.facts.account(id)).into_iter().collect(),
                None => {
                    let rows = self.facts.accounts.iter();
                    rows.filter(|(_, row)| account.matches(&row.id_text))
                        .map(|(key, _)| key)
                        .collect()
                }
            };
            for account in accounts {
                for role in postings::roles(self.facts, account, resource) {
                    found.entry(role).or_default();
                }
            }
        }
        found
    }

    fn of_group(
        &mut self,
        profile: u32,
        class: u32,
        literal: bool,
        roles: Vec<RoleKey>,
        admissions: &[Admission],
    ) {
        let Some(target) = self.targets.class(class) else { return };
        let trust = target.trust as usize;
        let Some(admission) = admissions.get(trust) else { return };
        if !literal && admission.wide.is_empty() && admission.accounts.is_empty() {
            return;
        }
        let Some(document) = self.targets.trusts.get(trust).map(|trust| trust.document) else {
            return;
        };
        let (mode, apart) = self.mode(document);
        let looks = self.views.looks(document);
        let view = View {
            document,
            looks,
            mode,
            accounts_apart: apart || admission.tells_accounts,
            targets_apart: looks.is_some_and(|looks| looks.target_account),
        };
        let targets = self.parts(class, roles, view.targets_apart);
        let callers = self.holders(&view, admission, profile, class, literal);
        let session = self
            .callers
            .profiles
            .get(profile as usize)
            .is_some_and(|profile| profile.session || view.session(profile.role));
        for from in &callers {
            for to in &targets {
                self.across(from, to, literal, session);
            }
        }
        self.holders_within(&view, admission, (profile, class), literal, session, &targets);
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
            vec![self.whole_class(class)]
        } else {
            vec![self.some_roles(roles)]
        }
    }

    /// The callers of a profile that a trust policy may mean from other accounts.
    fn holders(
        &mut self,
        view: &View<'_>,
        admission: &Admission,
        profile: u32,
        class: u32,
        literal: bool,
    ) -> Vec<From> {
        let all = [&Narrow::No];
        let wide: Vec<&Narrow> =
            if literal { all.to_vec() } else { admission.wide.iter().collect() };
        let Mode::Classes(partition) = view.mode else {
            let mut meant = Vec::new();
            for caller in self.of_profile(profile) {
                let account = caller.account(self.facts);
                let own = super::trusts::own(admission, account);
                if self.fits(caller, &wide) || self.fits(caller, &own) {
                    meant.push(caller);
                }
            }
            meant.retain(|caller| admission.singled_out.binary_search(caller).is_err());
            return self.groups(view, &meant);
        };
        let (Some(part), Some(target)) =
            (self.partitions.get(partition as usize), self.targets.class(class))
        else {
            return Vec::new();
        };
        let without = &admission.singled_out;
        let mut found = Vec::new();
        for number in part.of_profile(profile) {
            let Some(row) = part.classes.get(*number as usize) else { continue };
            if !wide.is_empty() && self.may_mean(part, row, &wide, target) {
                if view.accounts_apart {
                    let cells = row.cells.iter();
                    found.extend(cells.map(|cell| self.cell_callers(partition, *cell, without)));
                } else {
                    found.push(self.class_callers(partition, *number, without));
                }
                continue;
            }
            for (account, narrow) in &admission.accounts {
                if let (Some(cell), true) =
                    (part.cell_in(row, *account), self.may_mean(part, row, &[narrow], target))
                {
                    found.push(self.cell_callers(partition, cell, without));
                }
            }
        }
        found
    }

    /// The same of the roles' own accounts. What a wide statement lets in there is found from the
    /// side of the trust policy.
    fn holders_within(
        &mut self,
        view: &View<'_>,
        admission: &Admission,
        (profile, class): (u32, u32),
        literal: bool,
        session: bool,
        targets: &[To],
    ) {
        let mut pairs: Vec<(From, To)> = Vec::new();
        for to in targets {
            for (account, _) in &to.members {
                let own = super::trusts::own(admission, *account);
                let any = [&Narrow::No];
                let narrows: &[&Narrow] = if literal { &any } else { &own };
                if narrows.is_empty() {
                    continue;
                }
                let callers = match view.mode {
                    Mode::Each => {
                        let all = self.of_profile(profile).into_iter();
                        let here = all.filter(|caller| caller.account(self.facts) == *account);
                        let mut meant: Vec<CallerId> =
                            here.filter(|caller| self.fits(*caller, narrows)).collect();
                        meant.retain(|caller| admission.singled_out.binary_search(caller).is_err());
                        self.groups(view, &meant)
                    }
                    Mode::Classes(partition) => {
                        let (Some(part), Some(target)) =
                            (self.partitions.get(partition as usize), self.targets.class(class))
                        else {
                            continue;
                        };
                        let cells = part.of_profile(profile).iter().filter_map(|number| {
                            let row = part.classes.get(*number as usize)?;
                            let meant = self.may_mean(part, row, narrows, target);
                            part.cell_in(row, *account).filter(|_| meant)
                        });
                        let without = &admission.singled_out;
                        cells.map(|cell| self.cell_callers(partition, cell, without)).collect()
                    }
                };
                let Some(here) = self.of_account(to, *account) else { continue };
                pairs.extend(callers.into_iter().map(|from| (from, here.clone())));
            }
        }
        for (from, to) in pairs {
            self.within(&from, &to, literal, session);
        }
    }

    /// The roles of one account among these.
    fn of_account(&self, to: &To, account: AccountKey) -> Option<To> {
        use super::super::sets::TargetSet;
        match &to.set {
            TargetSet::Class(class) => {
                self.cells_in(*class, account).and_then(|cell| self.whole_cell(cell))
            }
            TargetSet::Some(roles) if to.members.len() > 1 => {
                let here = roles.iter().filter(|role| self.facts.roles[**role].account == account);
                Some(self.some_roles(here.copied().collect()))
            }
            _ => Some(to.clone()),
        }
    }

    fn fits(&self, caller: CallerId, narrows: &[&Narrow]) -> bool {
        let arn = Caller::new(self.facts, caller).arn();
        narrows.iter().any(|narrow| match narrow {
            Narrow::Arns(patterns) => patterns.iter().any(|pattern| pattern.fits(arn)),
            Narrow::No | Narrow::Tag(..) => true,
        })
    }

    fn of_profile(&self, profile: u32) -> Vec<CallerId> {
        let Some(base) = self.partitions.first() else { return Vec::new() };
        let rows =
            base.of_profile(profile).iter().filter_map(|class| base.classes.get(*class as usize));
        let cells = rows.flat_map(|row| &row.cells);
        let mut found: Vec<CallerId> = cells
            .filter_map(|cell| base.cells.get(*cell as usize))
            .flat_map(|cell| cell.members.iter().copied())
            .collect();
        found.sort_unstable();
        found
    }
}
