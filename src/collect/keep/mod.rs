//! A crawl and what is known already: which of its accounts have to be read, and the snapshot
//! that the readings go to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use thiserror::Error;

use super::event::Summary;
use super::organization::Listed;
use super::plan::Plan;
use super::{Sink, SinkError};
use crate::arn::AccountId;
use crate::org::reading::{
    AccountReading, AccountState, ControlPolicy, HcpReading, OrganizationReading, Origin,
};
use crate::org::{Fact, NotRead, NotReadKind};
use crate::snapshot::{Known, SnapshotId, SnapshotWriter, Source, Store, StoreError, Subject};

/// Which of the chosen accounts are read, where a database knows some already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Renew {
    /// All of them, and the organization.
    #[default]
    All,
    /// Those, and the organization, whose newest whole reading is older than this. Younger ones
    /// are taken over.
    Older(Timestamp),
    /// What the newest crawl, which was not completed, lacks. Its snapshot is gone on with.
    Missing,
    /// All of them, and everything else is that of this snapshot. What was read of them there
    /// stays where less can be read now.
    Accounts(SnapshotId),
}

/// What of a plan is to be read, and what is taken over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Task {
    /// Accounts to read.
    pub accounts: BTreeSet<AccountId>,
    /// Whether the organization is to be read.
    pub organization: bool,
    /// Whether HCP Terraform is to be read, by who has tokens for it.
    hcp: bool,
    /// Hosts of it that need not be read.
    settled_hosts: BTreeSet<String>,
    /// Chosen accounts that need not be read.
    pub settled: BTreeSet<AccountId>,
    /// Accounts that were not chosen and of which an earlier reading is taken over.
    pub taken_over: usize,
    resumed: Option<SnapshotId>,
    /// Subjects to be read whose earlier reading is in the snapshot, and better than none.
    earlier: BTreeSet<Subject>,
    kept: Vec<(SnapshotId, Subject)>,
    /// Whether the snapshot will lack something that is not to be read now.
    lacking: bool,
    /// Hosts of HCP Terraform, of which something failed in the reading that is there.
    failed_hosts: BTreeSet<Option<Arc<str>>>,
}

/// What of a plan matters here.
#[derive(Debug)]
struct Scope {
    organization: Option<String>,
    accounts: BTreeSet<AccountId>,
    /// Accounts that the snapshot need not know.
    excluded: BTreeSet<AccountId>,
    /// The organization's accounts with their states.
    listed: Fact<BTreeMap<AccountId, AccountState>>,
}

impl Scope {
    /// Refuses accounts of another organization, and one that is in none: beside the accounts of
    /// an organization that would be said of all of them. Whoever may not ask is believed.
    fn must_be_of(&self, organization: Option<&str>) -> Result<(), KeepError> {
        let Some(theirs) = organization else { return Ok(()) };
        let ours = self.organization.as_deref();
        if ours == Some(theirs) || ours.is_none() && self.listed.gap().is_some() {
            return Ok(());
        }
        Err(KeepError::OtherOrganization(format!("organization {theirs}")))
    }
}

/// Why a crawl cannot be kept in this database.
#[derive(Debug, Error)]
pub enum KeepError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing to go on with.
    #[error("there is no incomplete crawl to go on with")]
    NothingToResume,
    /// The snapshot to go on with, or to begin from, is of somebody else.
    #[error("what is there is of {0}, which these credentials don't see: it was another's")]
    OtherOrganization(String),
    /// Whether it is the same organization, and which accounts are missing, can't be told.
    #[error("which accounts the crawl to go on with lacks can't be told: {} {}", .0.call, .0.message)]
    NotListed(NotRead),
    /// Never got as far as a snapshot.
    #[error("the crawl ended before it began")]
    NotBegun,
}

impl Task {
    /// What to read of the `chosen` accounts of a plan. Accounts that were `excluded` are no part
    /// of what the snapshot shall know. `store` is the database where there is one already.
    pub fn new(
        plan: &Plan,
        chosen: BTreeSet<AccountId>,
        excluded: &BTreeSet<AccountId>,
        renew: Renew,
        store: Option<&Store>,
    ) -> Result<Self, KeepError> {
        let listed = |accounts: &Vec<Listed>| {
            accounts.iter().map(|account| (account.id, account.state)).collect()
        };
        let scope = Scope {
            organization: plan.organization_id().map(str::to_owned),
            accounts: plan.accounts.iter().map(|account| account.id).collect(),
            excluded: excluded.clone(),
            listed: plan.listed.clone().map(|accounts| listed(&accounts)),
        };
        Self::of(&scope, chosen, renew, store)
    }

    fn of(
        scope: &Scope,
        chosen: BTreeSet<AccountId>,
        renew: Renew,
        store: Option<&Store>,
    ) -> Result<Self, KeepError> {
        let task = Self { accounts: chosen, organization: true, hcp: true, ..Self::default() };
        let Some(store) = store else {
            let nothing = BTreeMap::new();
            return match renew {
                Renew::Missing => Err(KeepError::NothingToResume),
                _ => Ok(task.with(scope, &nothing)),
            };
        };
        match renew {
            Renew::Missing => task.go_on(scope, store),
            Renew::Accounts(base) => task.beside(scope, store, base),
            Renew::All => task.begin(scope, store, None),
            Renew::Older(limit) => task.begin(scope, store, Some(limit)),
        }
    }

    /// A new snapshot; `limit` says what is young enough to be taken over.
    fn begin(
        mut self,
        scope: &Scope,
        store: &Store,
        limit: Option<Timestamp>,
    ) -> Result<Self, KeepError> {
        let mut held = BTreeMap::new();
        self.take_over(scope, store, limit, &mut held)?;
        Ok(self.with(scope, &held))
    }

    /// Goes on with the newest crawl: what it has is left out.
    fn go_on(mut self, scope: &Scope, store: &Store) -> Result<Self, KeepError> {
        let newest = store.list()?.into_iter().next();
        let newest = newest
            .filter(|newest| !newest.complete && newest.source == Source::Collect)
            // Nobody is named who read HCP Terraform alone.
            .filter(|newest| newest.origin.collected_by.is_some())
            .ok_or(KeepError::NothingToResume)?;
        scope.must_be_of(newest.organization.as_deref())?;
        if let (Some(_), Fact::NotRead(gap)) = (&newest.organization, &scope.listed) {
            return Err(KeepError::NotListed(gap.clone()));
        }
        let mut held = BTreeMap::new();
        for known in store.readings_of(newest.id)? {
            if self.is_closed_since(scope, &known) {
                continue;
            }
            held.insert(known.subject.clone(), known.clone());
            let mut better = true;
            match &known.subject {
                // Without an organization there is nothing else to tell whose it was.
                Subject::Account(id)
                    if newest.organization.is_none() && !scope.accounts.contains(id) =>
                {
                    return Err(KeepError::OtherOrganization(format!("account {id}")));
                }
                Subject::Account(id) if known.whole => {
                    if self.accounts.remove(id) {
                        self.settled.insert(*id);
                    }
                }
                Subject::Organization => {
                    let same = same_members(scope, store, &known)?;
                    self.organization = !(known.whole && same);
                    better = same;
                }
                // One that was taken over stands in for one that failed.
                Subject::Hcp(Some(host))
                    if known.whole && known.read_at.is_some_and(|at| at >= newest.started) =>
                {
                    self.settled_hosts.insert(host.to_string());
                }
                Subject::Account(_) | Subject::Hcp(_) => {}
            }
            if known.was_read && better {
                self.earlier.insert(known.subject.clone());
            }
        }
        self.resumed = Some(newest.id);
        // What the database knows of accounts that this snapshot has nothing of.
        let organization = self.organization;
        self.take_over(scope, store, None, &mut held)?;
        Ok(Self { organization, ..self }.with(scope, &held))
    }

    /// The snapshot `base` with the chosen accounts read anew. What others have read since is not
    /// taken back.
    fn beside(mut self, scope: &Scope, store: &Store, base: SnapshotId) -> Result<Self, KeepError> {
        let since = readings_since(store, base)?;
        scope.must_be_of(since.organization.as_deref())?;
        let mut held = BTreeMap::new();
        for known in since.readings {
            if self.is_closed_since(scope, &known) {
                continue;
            }
            held.insert(known.subject.clone(), known.clone());
            let mut better = true;
            let to_read = match &known.subject {
                Subject::Account(id) => self.accounts.contains(id),
                Subject::Organization => {
                    better = same_members(scope, store, &known)?;
                    self.organization = !(known.whole && better);
                    self.organization
                }
                Subject::Hcp(_) => false,
            };
            if !to_read {
                self.taken_over += usize::from(matches!(known.subject, Subject::Account(_)));
                self.keep(&known);
            } else if known.was_read && better {
                self.earlier.insert(known.subject.clone());
                self.keep(&known);
            }
        }
        self.hcp = false;
        let task = self.with(scope, &held);
        // Nothing is known to be missing that was not missing before.
        let lacking = task.lacking && !since.complete;
        Ok(Self { lacking, ..task })
    }

    /// HCP Terraform alone: everything else is that of the newest snapshot, where there is one.
    pub fn of_hcp(store: Option<&Store>) -> Result<Self, KeepError> {
        // Without any account it is a part at best.
        let mut task = Self { hcp: true, lacking: true, ..Self::default() };
        let Some(store) = store else { return Ok(task) };
        let list = store.list()?;
        let with_accounts = || list.iter().filter(|info| info.accounts_read > 0);
        let base = with_accounts().find(|info| info.complete).or_else(|| with_accounts().next());
        let Some(base) = base.map(|info| info.id) else { return Ok(task) };
        let since = readings_since(store, base)?;
        let complete = list.iter().any(|info| info.id == base && info.complete);
        let before: BTreeSet<i64> =
            store.readings_of(base)?.iter().map(|known| known.reading).collect();
        let whole = |known: &Known| {
            let same = matches!(known.subject, Subject::Hcp(_)) || before.contains(&known.reading);
            same || known.whole || known.closed
        };
        task.lacking = !(since.complete || complete && since.readings.iter().all(whole));
        for known in since.readings {
            task.taken_over += usize::from(matches!(known.subject, Subject::Account(_)));
            if matches!(known.subject, Subject::Hcp(_)) && known.was_read {
                task.earlier.insert(known.subject.clone());
            }
            task.keep(&known);
        }
        Ok(task)
    }

    /// Takes the newest readings over of what is not to be read, and of what is young enough.
    fn take_over(
        &mut self,
        scope: &Scope,
        store: &Store,
        limit: Option<Timestamp>,
        held: &mut BTreeMap<Subject, Known>,
    ) -> Result<(), KeepError> {
        let young = |known: &Known| {
            known.whole && known.read_at.zip(limit).is_some_and(|(read, limit)| read >= limit)
        };
        for known in store.known(scope.organization.as_deref(), self.resumed)? {
            if self.is_closed_since(scope, &known) {
                continue;
            }
            let take = match &known.subject {
                Subject::Account(id) if self.accounts.contains(id) => {
                    let young = young(&known);
                    if young {
                        self.accounts.remove(id);
                        self.settled.insert(*id);
                    }
                    young
                }
                Subject::Account(id) => {
                    let left_out = !self.settled.contains(id) && scope.accounts.contains(id);
                    self.taken_over += usize::from(left_out);
                    left_out
                }
                Subject::Organization => {
                    let take = scope.organization.is_some()
                        && young(&known)
                        && same_members(scope, store, &known)?;
                    self.organization &= !take;
                    take
                }
                // Somebody else's account in no organization may be another customer's.
                Subject::Hcp(_) if scope.organization.is_none() => is_ours(scope, store, &known)?,
                Subject::Hcp(_) => true,
            };
            if take {
                if let Subject::Hcp(host) = &known.subject {
                    let young = host.as_ref().filter(|_| young(&known));
                    self.settled_hosts.extend(young.map(ToString::to_string));
                    self.earlier.insert(known.subject.clone());
                }
                self.keep(&known);
                held.insert(known.subject.clone(), known);
            }
        }
        Ok(())
    }

    /// Has every host read that somebody has a token for: what is known of them may be of other
    /// organizations.
    pub fn read_every_host(&mut self) {
        self.hcp = true;
        self.settled_hosts.clear();
    }

    /// Whether any host of HCP Terraform may be read.
    pub fn reads_hosts(&self) -> bool {
        self.hcp
    }

    /// Whether a host of HCP Terraform is to be read, where there is a token for it.
    pub fn reads_host(&self, host: &str) -> bool {
        self.hcp && !self.settled_hosts.contains(host)
    }

    /// Says which hosts of HCP Terraform will be read. What failed of others before is missing.
    pub fn settle_hosts<'h>(&mut self, read: impl Iterator<Item = &'h str>) {
        let read: BTreeSet<&str> = read.collect();
        let missing = |host: &Option<Arc<str>>| match host {
            Some(host) => !read.contains(&**host),
            None => read.is_empty(),
        };
        self.lacking |= self.failed_hosts.iter().any(missing);
    }

    /// Notes whether the snapshot will lack something that is not to be read; `held` is what it
    /// holds already.
    fn with(mut self, scope: &Scope, held: &BTreeMap<Subject, Known>) -> Self {
        let whole = |subject: Subject| held.get(&subject).is_some_and(|it| it.whole);
        // One that was closed may have been opened again.
        let closed = |id: &AccountId| {
            let state = scope.listed.read().and_then(|listed| listed.get(id));
            state != Some(&AccountState::Active)
                && held.get(&Subject::Account(*id)).is_some_and(|it| it.closed)
        };
        let account = |id: &AccountId| {
            self.accounts.contains(id) || whole(Subject::Account(*id)) || closed(id)
        };
        let accounts = scope.accounts.difference(&scope.excluded).all(account);
        self.lacking = !accounts || !(self.organization || whole(Subject::Organization));
        let failed = held.values().filter(|known| known.failed);
        let host = |known: &Known| match &known.subject {
            Subject::Hcp(host) => Some(host.clone()),
            Subject::Organization | Subject::Account(_) => None,
        };
        self.failed_hosts = failed.filter_map(host).collect();
        self
    }

    /// Whether an account was closed after it was read: it is then to be noted as such, which costs
    /// no call, and nothing that was read of it is true any more.
    fn is_closed_since(&mut self, scope: &Scope, known: &Known) -> bool {
        let Subject::Account(id) = known.subject else { return false };
        let state = scope.listed.read().and_then(|listed| listed.get(&id));
        let open = matches!(state, None | Some(AccountState::Active | AccountState::Unknown));
        let since = !open && !known.closed && scope.accounts.contains(&id);
        if since {
            self.accounts.insert(id);
        }
        since
    }

    fn keep(&mut self, known: &Known) {
        self.kept.push((known.snapshot, known.subject.clone()));
    }

    /// Whether there is nothing to read of AWS, nor of the hosts of HCP Terraform that there are
    /// tokens for.
    pub fn is_empty<'h>(&self, mut hosts: impl Iterator<Item = &'h str>) -> bool {
        let read = hosts.any(|host| self.reads_host(host));
        self.accounts.is_empty() && !self.organization && !read
    }
}

/// Readings since a snapshot, of its organization.
struct Since {
    organization: Option<String>,
    /// The newest of each subject.
    readings: Vec<Known>,
    /// Whether the snapshot is complete and there is no newer one.
    complete: bool,
}

fn readings_since(store: &Store, base: SnapshotId) -> Result<Since, KeepError> {
    let list = store.list()?;
    let organization =
        list.iter().find(|info| info.id == base).and_then(|info| info.organization.clone());
    let mut since = Since { organization, readings: Vec::new(), complete: false };
    let mut found: BTreeMap<Subject, Known> = BTreeMap::new();
    // Newest first. That somebody else could not read something does not take it away.
    let newer =
        list.iter().filter(|info| info.id >= base && info.organization == since.organization);
    for (place, info) in newer.enumerate() {
        since.complete = place == 0 && info.complete;
        let newer: BTreeSet<Subject> =
            found.values().filter(|it| it.was_read).map(|it| it.subject.clone()).collect();
        for known in store.readings_of(info.id)? {
            let better = |it: &Known| !(it.was_read || it.closed) && known.was_read;
            let new = !known.subject.is_said_by(&newer);
            if new && found.get(&known.subject).is_none_or(better) {
                found.insert(known.subject.clone(), known);
            }
        }
    }
    since.readings = found.into_values().collect();
    Ok(since)
}

/// Whether a snapshot without an organization is of an account that is read now, or of none.
fn is_ours(scope: &Scope, store: &Store, known: &Known) -> Result<bool, KeepError> {
    let readings = store.readings_of(known.snapshot)?;
    let accounts: Vec<AccountId> = readings
        .iter()
        .filter_map(|known| match known.subject {
            Subject::Account(id) => Some(id),
            Subject::Organization | Subject::Hcp(_) => None,
        })
        .collect();
    Ok(accounts.is_empty() || accounts.iter().any(|id| scope.accounts.contains(id)))
}

/// Whether the accounts of a reading of the organization are those that there are now. An account
/// that is not in it would count as nobody's.
fn same_members(scope: &Scope, store: &Store, known: &Known) -> Result<bool, KeepError> {
    let Fact::Read(listed) = &scope.listed else { return Ok(true) };
    Ok(store.members_of(known.snapshot)? == *listed)
}

/// Whether more than tags or delegated administrators is missing.
fn lacks_much(reading: &OrganizationReading) -> bool {
    match &reading.organization {
        Fact::Read(Some(facts)) => {
            let policies = [&facts.scps, &facts.rcps].into_iter().filter_map(Fact::read);
            let inside = |policy: &ControlPolicy| {
                policy.document.gap().is_some() || policy.targets.gap().is_some()
            };
            let lists = [facts.tree.gap(), facts.scps.gap(), facts.rcps.gap()];
            lists.iter().any(Option::is_some) || policies.flatten().any(inside)
        }
        Fact::Read(None) | Fact::NotRead(_) => true,
    }
}

/// A snapshot that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub snapshot: SnapshotId,
    /// Whether it holds everything.
    pub complete: bool,
}

/// Keeps the readings of a crawl as they arrive, each in a transaction of its own.
#[derive(Debug)]
pub struct Keeper {
    state: State,
    task: Task,
}

#[derive(Debug)]
enum State {
    Open(Store),
    Writing(SnapshotWriter),
    /// While one becomes the other, and after an error in that.
    Gone,
}

impl Keeper {
    /// A keeper in a database that was opened to write.
    pub fn new(store: Store, task: Task) -> Self {
        Self { state: State::Open(store), task }
    }

    /// Ends the snapshot. It is complete where everything was read that was asked for, and what
    /// was not asked for is there from before.
    pub fn finish(mut self, summary: &Summary) -> Result<Kept, KeepError> {
        let State::Writing(writer) = std::mem::replace(&mut self.state, State::Gone) else {
            return Err(KeepError::NotBegun);
        };
        let kept =
            Kept { snapshot: writer.id(), complete: summary.complete() && !self.task.lacking };
        writer.finish(kept.complete)?;
        Ok(kept)
    }

    /// The snapshot that is being written.
    pub fn snapshot(&self) -> Option<SnapshotId> {
        match &self.state {
            State::Writing(writer) => Some(writer.id()),
            State::Open(_) | State::Gone => None,
        }
    }

    fn writer(&mut self) -> Result<&mut SnapshotWriter, SinkError> {
        match &mut self.state {
            State::Writing(writer) => Ok(writer),
            State::Open(_) | State::Gone => Err(SinkError("the snapshot is not open".into())),
        }
    }
}

fn sink(error: StoreError) -> SinkError {
    SinkError(Box::new(error))
}

impl Sink for Keeper {
    fn begin(&mut self, origin: Origin) -> Result<(), SinkError> {
        if let State::Open(store) = std::mem::replace(&mut self.state, State::Gone) {
            let writer = match self.task.resumed {
                Some(id) => store.resume(id),
                None => store.begin(&origin, Source::Collect),
            };
            let mut writer = writer.map_err(sink)?;
            // Taken over before anything is read, so that a crawl that is stopped has them too.
            writer.keep(&self.task.kept).map_err(sink)?;
            self.state = State::Writing(writer);
        }
        Ok(())
    }

    fn organization(&mut self, reading: OrganizationReading) -> Result<(), SinkError> {
        if self.task.earlier.contains(&Subject::Organization) && lacks_much(&reading) {
            return Ok(());
        }
        self.writer()?.put_organization(&reading).map_err(sink)
    }

    fn account(&mut self, reading: AccountReading) -> Result<(), SinkError> {
        // Less than what is there already: the earlier reading stays. But an account that was
        // closed since has nothing any more.
        let subject = Subject::Account(reading.account);
        let less = reading.identities.gap().is_some_and(|gap| gap.kind != NotReadKind::Suspended);
        if less && self.task.earlier.contains(&subject) {
            return Ok(());
        }
        self.writer()?.put_account(&reading).map_err(sink)
    }

    fn hcp(&mut self, reading: HcpReading) -> Result<(), SinkError> {
        let host = reading.host.as_deref().map(Into::into);
        let known = [Subject::Hcp(host), Subject::Hcp(None)];
        let known = known.iter().any(|subject| self.task.earlier.contains(subject));
        if known && reading.workspaces.read().is_none() {
            return Ok(());
        }
        self.writer()?.put_hcp(&reading).map_err(sink)
    }
}

#[cfg(test)]
mod tests;
