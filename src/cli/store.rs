//! The database of a request: which snapshot is meant, and where readings are kept.

use std::path::Path;

use super::error::CliError;
use crate::org::reading::Readings;
use crate::snapshot::{SnapshotId, SnapshotInfo, Source, Store, StoreError};

/// The database to read.
pub(crate) fn open(path: Option<&Path>) -> Result<Store, CliError> {
    Store::open_read_only(named(path)?).map_err(failed)
}

/// The database to read, where there is one.
pub(crate) fn open_existing(path: Option<&Path>) -> Result<Option<Store>, CliError> {
    match Store::open_read_only(named(path)?) {
        Ok(store) => Ok(Some(store)),
        Err(StoreError::Missing { .. }) => Ok(None),
        Err(error) => Err(failed(error)),
    }
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
    let organization =
        chosen.organization.as_deref().map(|id| format!(" of {id}")).unwrap_or_default();
    let incomplete = if chosen.complete { "" } else { ", incomplete" };
    let newer = newest
        .filter(|newest| newest.id != chosen.id)
        .map(|newest| format!(" (snapshot {} is newer and incomplete)", newest.id))
        .unwrap_or_default();
    let time = match collected(chosen) {
        Age::Known(time) => moment(time),
        Age::Imported(time) => {
            format!("collected at a time that is not known, imported {}", moment(time))
        }
        Age::Unknown => "collected at a time that is not known".to_owned(),
    };
    format!("snapshot {}{organization}, {time}{incomplete}{newer}", chosen.id)
}

/// What is known of when the facts of a snapshot were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    Known(jiff::Timestamp),
    /// Nothing but when they were imported, before which they were read.
    Imported(jiff::Timestamp),
    Unknown,
}

/// When the facts of a snapshot were read. A dump may not say it, and then a copy of the snapshot
/// does not know it either.
pub(crate) fn collected(info: &SnapshotInfo) -> Age {
    match (info.origin.collected_at, info.source) {
        (Some(time), _) => Age::Known(time),
        (None, Source::Collect) => Age::Known(info.started),
        (None, Source::Import) => Age::Imported(info.started),
        (None, Source::Copy) => Age::Unknown,
    }
}

/// A time for people, to the minute.
pub(crate) fn moment(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// What a database holds of a snapshot.
pub(crate) fn load(store: &Store, id: SnapshotId) -> Result<Readings, CliError> {
    store.load(id).map_err(failed)
}
