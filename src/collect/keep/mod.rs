//! A crawl and what is known already: which of its accounts have to be read, and the snapshot
//! that the readings go to.

use std::collections::BTreeSet;

use jiff::Timestamp;
use thiserror::Error;

use super::event::Summary;
use super::plan::Plan;
use super::{Sink, SinkError};
use crate::arn::AccountId;
use crate::org::reading::{AccountReading, HcpReading, OrganizationReading, Origin};
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
    /// Whether HCP Terraform is to be read, by who has a token for it.
    pub hcp: bool,
    /// Chosen accounts that need not be read.
    pub settled: BTreeSet<AccountId>,
    /// Accounts that were not chosen and of which an earlier reading is taken over.
    pub taken_over: usize,
    resumed: Option<SnapshotId>,
    /// Accounts whose earlier reading is in the snapshot and better than none.
    earlier: BTreeSet<AccountId>,
    kept: Vec<(SnapshotId, Subject)>,
    /// Whether the snapshot that was gone out from lacks something besides.
    lacking: bool,
}

/// What of a plan matters here.
#[derive(Debug)]
struct Scope {
    organization: Option<String>,
    accounts: BTreeSet<AccountId>,
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
    /// The newest crawl is of somebody else.
    #[error(
        "the crawl to go on with read account {0}, which these credentials don't list: it was another organization's"
    )]
    OtherOrganization(AccountId),
    /// Never got as far as a snapshot.
    #[error("the crawl ended before it began")]
    NotBegun,
}

impl Task {
    /// What to read of the `chosen` accounts of a plan. `store` is the database where there is
    /// one already.
    pub fn new(
        plan: &Plan,
        chosen: BTreeSet<AccountId>,
        renew: Renew,
        store: Option<&Store>,
    ) -> Result<Self, KeepError> {
        let known = Scope {
            organization: plan.organization_id().map(str::to_owned),
            accounts: plan.accounts.iter().map(|account| account.id).collect(),
        };
        Self::of(&known, chosen, renew, store)
    }

    fn of(
        scope: &Scope,
        chosen: BTreeSet<AccountId>,
        renew: Renew,
        store: Option<&Store>,
    ) -> Result<Self, KeepError> {
        let task = Self { accounts: chosen, organization: true, hcp: true, ..Self::default() };
        match (store, renew) {
            (None, Renew::Missing) => Err(KeepError::NothingToResume),
            (None, _) => Ok(task),
            (Some(store), Renew::Missing) => task.go_on(scope, store),
            (Some(store), Renew::Accounts(base)) => task.beside(scope, store, base),
            (Some(store), Renew::All) => task.begin(scope, store, None),
            (Some(store), Renew::Older(limit)) => task.begin(scope, store, Some(limit)),
        }
    }

    /// A new snapshot; `limit` says what is young enough to be taken over.
    fn begin(
        mut self,
        scope: &Scope,
        store: &Store,
        limit: Option<Timestamp>,
    ) -> Result<Self, KeepError> {
        let organization = scope.organization.as_deref();
        let young = |known: &Known| {
            known.whole && known.read_at.zip(limit).is_some_and(|(read, limit)| read >= limit)
        };
        for known in store.known(organization, self.resumed)? {
            match known.subject {
                Subject::Account(id) if self.accounts.contains(&id) => {
                    if young(&known) {
                        self.accounts.remove(&id);
                        self.settled.insert(id);
                        self.keep(&known);
                    }
                }
                Subject::Account(id) if self.is_left_out(scope, id) => self.take_over(&known),
                Subject::Account(_) => {}
                Subject::Organization => {
                    if organization.is_some() && young(&known) {
                        self.organization = false;
                        self.keep(&known);
                    }
                }
                Subject::Hcp if organization.is_some() => {
                    self.hcp &= !young(&known);
                    self.keep(&known);
                }
                Subject::Hcp => {}
            }
        }
        Ok(self)
    }

    /// Goes on with the newest crawl: what it has is left out.
    fn go_on(mut self, scope: &Scope, store: &Store) -> Result<Self, KeepError> {
        let newest = store.list()?.into_iter().next();
        let newest = newest
            .filter(|newest| !newest.complete && newest.source == Source::Collect)
            .ok_or(KeepError::NothingToResume)?;
        for known in store.readings_of(newest.id)? {
            match known.subject {
                Subject::Account(id) if known.was_read => {
                    if !scope.accounts.contains(&id) {
                        return Err(KeepError::OtherOrganization(id));
                    }
                    if !known.whole {
                        self.earlier.insert(id);
                    } else if self.accounts.remove(&id) {
                        self.settled.insert(id);
                    }
                }
                Subject::Organization if known.whole => self.organization = false,
                Subject::Hcp if known.whole => self.hcp = false,
                Subject::Account(_) | Subject::Organization | Subject::Hcp => {}
            }
        }
        self.resumed = Some(newest.id);
        // What the database knows of accounts that this snapshot has nothing of.
        let (organization, hcp) = (self.organization, self.hcp);
        let task = self.begin(scope, store, None)?;
        Ok(Self { organization, hcp, ..task })
    }

    /// The snapshot `base` as it is, with the chosen accounts read anew.
    fn beside(mut self, scope: &Scope, store: &Store, base: SnapshotId) -> Result<Self, KeepError> {
        let mut unknown = scope.accounts.clone();
        for known in store.readings_of(base)? {
            match known.subject {
                Subject::Account(id) => {
                    unknown.remove(&id);
                    if !self.accounts.contains(&id) {
                        self.lacking |= !known.whole && !known.closed;
                        self.take_over(&known);
                    } else if known.was_read {
                        self.earlier.insert(id);
                        self.keep(&known);
                    }
                }
                Subject::Organization => {
                    self.organization = !known.whole;
                    self.keep(&known);
                }
                Subject::Hcp => self.keep(&known),
            }
        }
        self.hcp = false;
        let complete = store.list()?.iter().any(|info| info.id == base && info.complete);
        unknown.retain(|id| !self.accounts.contains(id));
        self.lacking = !complete && (self.lacking || !unknown.is_empty());
        Ok(self)
    }

    fn is_left_out(&self, scope: &Scope, id: AccountId) -> bool {
        !self.settled.contains(&id) && scope.accounts.contains(&id)
    }

    fn take_over(&mut self, known: &Known) {
        self.taken_over += 1;
        self.keep(known);
    }

    fn keep(&mut self, known: &Known) {
        self.kept.push((known.snapshot, known.subject));
    }

    /// HCP Terraform alone: everything else is that of the newest snapshot, where there is one.
    pub fn of_hcp(store: Option<&Store>) -> Result<Self, KeepError> {
        let mut task = Self { hcp: true, ..Self::default() };
        let Some(store) = store else { return Ok(task) };
        let Some(base) = store.newest()? else { return Ok(task) };
        for known in store.readings_of(base)? {
            task.taken_over += usize::from(matches!(known.subject, Subject::Account(_)));
            if known.subject != Subject::Hcp {
                task.keep(&known);
            }
        }
        task.lacking = !store.list()?.iter().any(|info| info.id == base && info.complete);
        Ok(task)
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty() && !self.organization
    }
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

    /// Ends the snapshot and says its number. It is complete where everything was read that was
    /// asked for, and what was taken over lacks nothing either.
    pub fn finish(mut self, summary: &Summary) -> Result<SnapshotId, KeepError> {
        let State::Writing(writer) = std::mem::replace(&mut self.state, State::Gone) else {
            return Err(KeepError::NotBegun);
        };
        let id = writer.id();
        writer.finish(summary.complete() && !self.task.lacking)?;
        Ok(id)
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
        self.writer()?.put_organization(&reading).map_err(sink)
    }

    fn account(&mut self, reading: AccountReading) -> Result<(), SinkError> {
        // Less than what is there already: the earlier reading stays.
        if reading.identities.read().is_none() && self.task.earlier.contains(&reading.account) {
            return Ok(());
        }
        self.writer()?.put_account(&reading).map_err(sink)
    }

    fn hcp(&mut self, reading: HcpReading) -> Result<(), SinkError> {
        self.writer()?.put_hcp(&reading).map_err(sink)
    }
}

#[cfg(test)]
mod tests;
