//! The database of a request: which snapshot is meant, and where readings are kept.

use std::collections::BTreeSet;
use std::path::Path;

use super::error::CliError;
use crate::arn::AccountId;
use crate::collect::{Sink, SinkError, Summary};
use crate::org::reading::{AccountReading, OrganizationReading, Origin, Readings};
use crate::snapshot::{
    SnapshotId, SnapshotInfo, SnapshotWriter, Source, Store, StoreError, Subject,
};

/// The database to read.
pub(crate) fn open(path: Option<&Path>) -> Result<Store, CliError> {
    Store::open_read_only(named(path)?).map_err(failed)
}

/// The database to write, made where it is missing.
pub(crate) fn open_to_write(path: Option<&Path>) -> Result<Store, CliError> {
    Store::open(named(path)?).map_err(failed)
}

fn named(path: Option<&Path>) -> Result<&Path, CliError> {
    path.ok_or_else(|| {
        CliError::snapshot("there is no home directory to keep a database in")
            .hint("`--db FILE` names one")
    })
}

/// An error of the database.
#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
pub(crate) fn failed(error: StoreError) -> CliError {
    let message = error.to_string();
    match &error {
        StoreError::Missing { .. } => CliError::no_snapshot(message),
        StoreError::AlreadyComplete { .. } | StoreError::Exists { .. } => CliError::input(message),
        _ => CliError::snapshot(message),
    }
}

/// The snapshot that is meant: the one that was typed, else the newest complete one, else the
/// newest. Where it was chosen, the text says which it is.
pub(crate) fn meant(
    store: &Store,
    typed: Option<&str>,
) -> Result<(SnapshotId, Option<String>), CliError> {
    if let Some(typed) = typed {
        return Ok((number(typed)?, None));
    }
    let Some(id) = store.newest().map_err(failed)? else {
        return Err(CliError::no_snapshot(format!(
            "there is no snapshot in `{}`",
            store.path().display()
        )));
    };
    let known = store.list().map_err(failed)?;
    let chosen = known.iter().find(|info| info.id == id);
    Ok((id, chosen.map(|chosen| which(chosen, known.first()))))
}

/// The number of a snapshot as typed.
pub(crate) fn number(typed: &str) -> Result<SnapshotId, CliError> {
    typed.parse().map_err(|_| {
        CliError::input(format!("`{typed}` is no snapshot: snapshots have numbers"))
            .hint("`rolewalk snapshots` lists them")
    })
}

fn which(chosen: &SnapshotInfo, newest: Option<&SnapshotInfo>) -> String {
    let time = chosen.origin.collected_at.unwrap_or(chosen.started);
    let organization =
        chosen.organization.as_deref().map(|id| format!(" of {id}")).unwrap_or_default();
    let incomplete = if chosen.complete { "" } else { ", incomplete" };
    let newer = newest
        .filter(|newest| newest.id != chosen.id)
        .map(|newest| format!(" (snapshot {} is newer and incomplete)", newest.id))
        .unwrap_or_default();
    format!("snapshot {}{organization}, {}{incomplete}{newer}", chosen.id, moment(time))
}

/// A time for people, to the minute.
pub(crate) fn moment(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// What a database holds of a snapshot.
pub(crate) fn load(store: &Store, id: SnapshotId) -> Result<Readings, CliError> {
    store.load(id).map_err(failed)
}

/// Keeps the readings of a crawl as they arrive, one account at a time.
#[derive(Debug)]
pub(crate) struct Keeper {
    state: State,
    /// A snapshot to go on with.
    resumed: Option<SnapshotId>,
    /// Accounts that an earlier, interrupted crawl read.
    pub(crate) read_before: BTreeSet<AccountId>,
    organization: Option<String>,
}

#[derive(Debug)]
enum State {
    Open(Store),
    Writing(SnapshotWriter),
    /// While one becomes the other, and after an error in that.
    Gone,
}

impl Keeper {
    /// Opens the database for a crawl that begins, or goes on with the newest snapshot.
    pub(crate) fn open(path: Option<&Path>, resume: bool) -> Result<Self, CliError> {
        let store = open_to_write(path)?;
        let mut keeper = Self {
            state: State::Gone,
            resumed: None,
            read_before: BTreeSet::new(),
            organization: None,
        };
        if resume {
            let known = store.list().map_err(failed)?;
            let unfinished = known
                .first()
                .filter(|newest| !newest.complete && newest.source == Source::Collect)
                .ok_or_else(|| {
                    CliError::input("there is no incomplete crawl to go on with")
                        .hint("without `--resume` a new one begins")
                })?;
            let ages = store.account_ages(unfinished.id).map_err(failed)?;
            keeper.read_before =
                ages.iter().filter(|age| age.was_read).map(|age| age.account).collect();
            keeper.resumed = Some(unfinished.id);
        }
        keeper.state = State::Open(store);
        Ok(keeper)
    }

    /// Ends the snapshot and says its number. Of accounts that were left out by choice, and of
    /// HCP Terraform, the newest readings of the same organization are taken over; the second
    /// number says of how many accounts.
    pub(crate) fn finish(
        mut self,
        summary: &Summary,
        left_out: &[AccountId],
    ) -> Result<(SnapshotId, usize), CliError> {
        let State::Writing(mut writer) = std::mem::replace(&mut self.state, State::Gone) else {
            return Err(CliError::failed("the crawl ended before it began"));
        };
        let id = writer.id();
        let earlier: Vec<SnapshotId> = writer
            .store()
            .list()
            .map_err(failed)?
            .into_iter()
            .filter(|info| info.id != id && info.organization == self.organization)
            .map(|info| info.id)
            .collect();
        let mut taken_over = 0;
        let left_out = left_out.iter().filter(|account| !self.read_before.contains(account));
        for subject in left_out.map(|account| Subject::Account(*account)) {
            taken_over += usize::from(take_over(&mut writer, &earlier, subject)?);
        }
        if self.organization.is_some() {
            take_over(&mut writer, &earlier, Subject::Hcp)?;
        }
        writer.finish(summary.complete()).map_err(failed)?;
        Ok((id, taken_over))
    }

    fn writer(&mut self) -> Result<&mut SnapshotWriter, SinkError> {
        match &mut self.state {
            State::Writing(writer) => Ok(writer),
            State::Open(_) | State::Gone => Err(SinkError("the snapshot is not open".into())),
        }
    }
}

/// Takes a reading over from the newest of these snapshots that has it.
fn take_over(
    writer: &mut SnapshotWriter,
    earlier: &[SnapshotId],
    subject: Subject,
) -> Result<bool, CliError> {
    for from in earlier {
        if writer.keep(*from, subject).map_err(failed)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn sink(error: StoreError) -> SinkError {
    SinkError(Box::new(error))
}

impl Sink for Keeper {
    fn begin(&mut self, origin: Origin) -> Result<(), SinkError> {
        if let State::Open(store) = std::mem::replace(&mut self.state, State::Gone) {
            let writer = match self.resumed {
                Some(id) => store.resume(id),
                None => store.begin(&origin, Source::Collect),
            };
            self.state = State::Writing(writer.map_err(sink)?);
        }
        Ok(())
    }

    fn organization(&mut self, reading: OrganizationReading) -> Result<(), SinkError> {
        self.organization = reading
            .organization
            .read()
            .and_then(Option::as_ref)
            .map(|organization| organization.id.clone());
        self.writer()?.put_organization(&reading).map_err(sink)
    }

    fn account(&mut self, reading: AccountReading) -> Result<(), SinkError> {
        self.writer()?.put_account(&reading).map_err(sink)
    }
}
