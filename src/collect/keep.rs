//! A crawl and what is known already: which of its accounts have to be read, and the snapshot
//! that the readings go to.

use std::collections::BTreeSet;

use jiff::Timestamp;
use thiserror::Error;

use super::event::Summary;
use super::plan::Plan;
use super::{Sink, SinkError};
use crate::arn::AccountId;
use crate::org::reading::{AccountReading, OrganizationReading, Origin};
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
    /// All of them, and the organization only where no reading of it is known.
    Accounts,
}

/// What of a plan is to be read, and what is taken over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Task {
    /// Accounts to read.
    pub accounts: BTreeSet<AccountId>,
    /// Whether the organization is to be read.
    pub organization: bool,
    /// Chosen accounts that need not be read.
    pub settled: BTreeSet<AccountId>,
    /// Accounts that were not chosen and of which an earlier reading is taken over.
    pub taken_over: usize,
    resumed: Option<SnapshotId>,
    /// Accounts of the resumed snapshot that have users and roles, and lack something else.
    partly: BTreeSet<AccountId>,
    kept: Vec<(SnapshotId, Subject)>,
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
        let mut task = Self { accounts: chosen, organization: true, ..Self::default() };
        let Some(store) = store else {
            let task = (renew != Renew::Missing).then_some(task);
            return task.ok_or(KeepError::NothingToResume);
        };
        let organization = plan.organization_id();
        if renew == Renew::Missing {
            task.go_on(plan, store)?;
        }
        let left_out = |id: &AccountId| !task.accounts.contains(id) && !task.settled.contains(id);
        let left_out: BTreeSet<AccountId> =
            plan.accounts.iter().map(|account| account.id).filter(left_out).collect();
        for known in store.known(organization, task.resumed)? {
            let young = |known: &Known| match renew {
                Renew::Older(limit) => known.whole && known.read_at.is_some_and(|at| at >= limit),
                Renew::All | Renew::Missing | Renew::Accounts => false,
            };
            let keep = match known.subject {
                Subject::Account(id) if left_out.contains(&id) => {
                    task.taken_over += 1;
                    true
                }
                Subject::Account(id) => {
                    young(&known) && task.accounts.remove(&id) && task.settled.insert(id)
                }
                Subject::Organization => {
                    let keep = organization.is_some()
                        && (young(&known) || renew == Renew::Accounts && known.whole);
                    task.organization &= !keep;
                    keep
                }
                Subject::Hcp => organization.is_some(),
            };
            if keep {
                task.kept.push((known.snapshot, known.subject));
            }
        }
        Ok(task)
    }

    /// Leaves out what the newest crawl has.
    fn go_on(&mut self, plan: &Plan, store: &Store) -> Result<(), KeepError> {
        let newest = store.list()?.into_iter().next();
        let newest = newest
            .filter(|newest| !newest.complete && newest.source == Source::Collect)
            .ok_or(KeepError::NothingToResume)?;
        for known in store.readings_of(newest.id)? {
            match known.subject {
                Subject::Account(id) if known.was_read => {
                    if !plan.accounts.iter().any(|planned| planned.id == id) {
                        return Err(KeepError::OtherOrganization(id));
                    }
                    if !known.whole {
                        self.partly.insert(id);
                    } else if self.accounts.remove(&id) {
                        self.settled.insert(id);
                    }
                }
                Subject::Organization if known.whole => self.organization = false,
                Subject::Account(_) | Subject::Organization | Subject::Hcp => {}
            }
        }
        self.resumed = Some(newest.id);
        Ok(())
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

    /// Ends the snapshot and says its number.
    pub fn finish(mut self, summary: &Summary) -> Result<SnapshotId, KeepError> {
        let State::Writing(writer) = std::mem::replace(&mut self.state, State::Gone) else {
            return Err(KeepError::NotBegun);
        };
        let id = writer.id();
        writer.finish(summary.complete())?;
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
        // Read again for what it lacked, and now there is less: the earlier reading stays.
        if reading.identities.read().is_none() && self.task.partly.contains(&reading.account) {
            return Ok(());
        }
        self.writer()?.put_account(&reading).map_err(sink)
    }
}
