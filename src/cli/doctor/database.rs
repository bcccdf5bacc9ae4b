//! Whether the database can be read and written, by its owner alone, and what is in it.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::super::render;
use super::super::request::{FactSource, Request};
use super::super::store;
use super::{Check, named, open_to_others};
use crate::snapshot::{SnapshotInfo, Store, StoreError};

const ID: &str = "database";

pub(super) fn check(request: &Request) -> Check {
    match &request.facts {
        FactSource::Sample => Check::skipped(ID, "the sample organization needs none"),
        // It may set another place.
        FactSource::Database { named: false, .. } if request.configuration.problem.is_some() => {
            Check::skipped(ID, "the configuration file, which may name it, can't be used")
        }
        FactSource::Database { path: None, .. } => Check::failed(
            ID,
            "there is no home directory to keep one in",
            "name one with `--db FILE`",
        ),
        FactSource::Database { path: Some(path), .. } => at(path, Timestamp::now()),
    }
}

fn at(path: &Path, now: Timestamp) -> Check {
    let place = named(path);
    let store = match Store::open_read_only(path) {
        Ok(store) => store,
        Err(StoreError::Missing { .. }) => return missing(path),
        // What to do is part of the messages of most.
        Err(error) => {
            let fix = "see the message, or name another database with `--db FILE`";
            return Check::failed(ID, error.to_string(), fix);
        }
    };
    let infos = match store.list() {
        Ok(infos) => infos,
        Err(error) => return Check::failed(ID, error.to_string(), "see the message"),
    };
    let found = match infos.first() {
        None => format!("{place}: no snapshot yet"),
        Some(newest) => format!("{place}: {}", newest_of(newest, infos.len(), now)),
    };
    if let Some(place) = not_writable(path) {
        let fix = "needed to collect and import, not to answer: allow writing, or name another \
                   database with `--db FILE`";
        return Check::warning(ID, format!("{found}; {} can't be written to", named(&place)), fix);
    }
    if fs::metadata(path).is_ok_and(|metadata| open_to_others(&metadata)) {
        let found = format!("{found}; others may read it, and it is a map of the organization");
        return Check::warning(ID, found, format!("chmod 600 {}", path.display()));
    }
    match infos.first() {
        Some(newest) if !newest.complete => {
            let fix = "`rolewalk snapshots show` says what is missing; \
                       `rolewalk collect --resume` goes on with an interrupted crawl";
            Check::warning(ID, found, fix)
        }
        _ => Check::ok(ID, found),
    }
}

fn newest_of(info: &SnapshotInfo, all: usize, now: Timestamp) -> String {
    let since = |at| age(now.duration_since(at).as_secs());
    let at = match store::collected(info) {
        store::Age::Known(at) => since(at),
        store::Age::Imported(at) => format!("of unknown age, imported {}", since(at)),
        store::Age::Unknown => "of unknown age".to_owned(),
    };
    let state = match (info.finished, info.complete) {
        (None, _) => "unfinished",
        (_, true) => "complete",
        (_, false) => "incomplete",
    };
    format!(
        "{}, the newest is {} ({}, {state}, {} of {} read)",
        render::count(all, "snapshot"),
        info.id,
        at,
        info.accounts_read,
        render::count(info.accounts_known, "account"),
    )
}

/// A database is made where there is none, with the directories above it.
fn missing(path: &Path) -> Check {
    let place = named(path);
    let above = path.ancestors().skip(1).map(or_here).find(|directory| directory.exists());
    match above {
        Some(directory) if !directory.is_dir() => {
            let found = format!("none at {place}: {} is no directory", named(directory));
            Check::failed(ID, found, "name another with `--db FILE`")
        }
        Some(directory) if !may_write(directory) => {
            let found = format!("none at {place}: {} can't be written to", named(directory));
            Check::failed(ID, found, "allow writing there, or name another with `--db FILE`")
        }
        _ => Check::ok(ID, format!("none at {place} yet; `rolewalk collect` makes it")),
    }
}

fn or_here(directory: &Path) -> &Path {
    if directory.as_os_str().is_empty() { Path::new(".") } else { directory }
}

/// What of the file and its directory, where SQLite keeps files beside it, can't be written to.
fn not_writable(path: &Path) -> Option<PathBuf> {
    // Opening for writing changes nothing.
    if OpenOptions::new().write(true).open(path).is_err() {
        return Some(path.to_owned());
    }
    let directory = or_here(path.parent()?);
    (!may_write(directory)).then(|| directory.to_owned())
}

/// Whether the directory can be written to. Trying would change it, and the standard library can't
/// ask; every shell can. Where nobody answers it counts as possible.
#[cfg(unix)]
fn may_write(directory: &Path) -> bool {
    let asked = std::process::Command::new("/bin/sh")
        .args(["-c", "test -w \"$1\"", "sh"])
        .arg(directory)
        .status();
    asked.map_or(true, |status| status.success())
}

#[cfg(not(unix))]
fn may_write(_directory: &Path) -> bool {
    true
}

fn age(seconds: i64) -> String {
    let (number, unit) = match seconds {
        ..60 => return "just now".to_owned(),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{} ago", render::count(usize::try_from(number).unwrap_or_default(), unit))
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn ages_are_whole_units() {
        let ages = [-5, 59, 60, 7_200, 86_399, 86_400, 30 * 86_400].map(age);
        let expected = [
            "just now",
            "just now",
            "1 minute ago",
            "2 hours ago",
            "23 hours ago",
            "1 day ago",
            "30 days ago",
        ];
        assert_eq!(ages, expected);
    }
}
