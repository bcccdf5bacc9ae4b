//! Snapshots: read from dump directories, listed, shown, packed and removed.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::error::{CliError, chain};
use super::output::Page;
use super::render::{self, Sheet, columns, paint, style};
use super::request::{FactSource, Request};
use super::{Ending, store};
use crate::answer::{self, AccountGap};
use crate::collect;
use crate::graph::Graph;
use crate::org::{Facts, dump};
use crate::snapshot::{SnapshotId, SnapshotInfo, Source, Store, Subject};
use crate::text::safe;

fn path(request: &Request) -> Option<&Path> {
    match &request.facts {
        FactSource::Database { path, .. } => path.as_deref(),
        FactSource::Sample => None,
    }
}

/// What an import did (`rolewalk/import/1`).
#[derive(Debug, Serialize)]
struct Imported {
    schema: &'static str,
    /// The new snapshot.
    snapshot: String,
    /// Accounts with a reading.
    accounts: usize,
    /// Roles read.
    roles: usize,
    /// Parts that were damaged and left out.
    problems: Vec<Problem>,
}

#[derive(Debug, Serialize)]
struct Problem {
    file: String,
    place: String,
    message: String,
}

/// A dump that was read into the database.
pub(crate) struct KeptDump {
    /// The new snapshot.
    pub(crate) snapshot: SnapshotId,
    accounts: usize,
    roles: usize,
    /// What was damaged and left out.
    pub(crate) problems: Vec<dump::Problem>,
}

impl KeptDump {
    /// How much it is, in words.
    pub(crate) fn text(&self) -> String {
        format!(
            "{}, {}{}",
            render::count(self.accounts, "account"),
            render::count(self.roles, "role"),
            match self.problems.len() {
                0 => String::new(),
                left_out => format!("; {} left out", render::count(left_out, "damaged part")),
            }
        )
    }
}

/// Reads a dump directory into a database.
pub(crate) fn keep_dump(database: Option<&Path>, directory: &Path) -> Result<KeptDump, CliError> {
    let files = collect::files(directory).map_err(|error| CliError::input(chain(&error)))?;
    let files: Vec<(String, &[u8])> =
        files.iter().map(|(name, bytes)| (name.clone(), bytes.as_slice())).collect();
    let dump::Decoded { readings, problems } = dump::decode(&files);
    let roles = readings
        .accounts
        .iter()
        .filter_map(|account| account.identities.read())
        .map(|it| it.roles.len())
        .sum();
    let accounts = readings.accounts.len();
    let database = store::open_to_write(database)?;
    let put = database.put(&readings, Source::Import, problems.is_empty());
    let (_, snapshot) = put.map_err(store::failed)?;
    Ok(KeptDump { snapshot, accounts, roles, problems })
}

/// Reads a dump directory into the database.
pub(crate) fn import(request: &Request, directory: &Path) -> Result<Ending, CliError> {
    let kept = keep_dump(path(request), directory)?;
    for problem in &kept.problems {
        request.output.warn(&format!("left out: {problem}"));
    }
    let imported = Imported {
        schema: "rolewalk/import/1",
        snapshot: kept.snapshot.to_string(),
        accounts: kept.accounts,
        roles: kept.roles,
        problems: kept
            .problems
            .iter()
            .map(|it| Problem {
                file: it.file.clone(),
                place: it.place.clone(),
                message: it.message.clone(),
            })
            .collect(),
    };
    request.output.answer(&imported, |imported, _| {
        format!("snapshot {}: {}\n", imported.snapshot, kept.text())
    })?;
    let sound = kept.problems.is_empty();
    Ok(if sound { Ending::Answered } else { Ending::Failed })
}

/// A snapshot in a list.
#[derive(Debug, Serialize)]
struct Entry {
    id: String,
    /// Whether questions are answered from it when none is named.
    default: bool,
    started: String,
    /// `null` while it is written, or when its writer was stopped.
    finished: Option<String>,
    complete: bool,
    source: &'static str,
    collected_at: Option<String>,
    collected_by: Option<String>,
    organization: Option<String>,
    accounts: usize,
    accounts_read: usize,
    roles: usize,
    workspaces: usize,
}

impl Entry {
    fn of(info: &SnapshotInfo, default: bool) -> Self {
        Self {
            id: info.id.to_string(),
            default,
            started: info.started.to_string(),
            finished: info.finished.map(|time| time.to_string()),
            complete: info.complete,
            source: info.source.as_str(),
            collected_at: info.origin.collected_at.map(|time| time.to_string()),
            collected_by: info.origin.collected_by.clone(),
            organization: info.organization.clone(),
            accounts: info.accounts_known,
            accounts_read: info.accounts_read,
            roles: info.roles,
            workspaces: info.workspaces,
        }
    }
}

/// All snapshots (`rolewalk/snapshots/1`).
#[derive(Debug, Serialize)]
struct List {
    schema: &'static str,
    /// Newest first.
    snapshots: Vec<Entry>,
    truncated: bool,
}

/// Lists the snapshots.
pub(crate) fn list(request: &Request) -> Result<Ending, CliError> {
    let store = store::open(path(request))?;
    let newest = store.newest().map_err(store::failed)?;
    let infos = store.list().map_err(store::failed)?;
    let list = List {
        schema: "rolewalk/snapshots/1",
        snapshots: infos.iter().map(|info| Entry::of(info, newest == Some(info.id))).collect(),
        truncated: false,
    };
    request.output.answer(&list, |list, page| text_of_list(list, &infos, page))
}

fn text_of_list(list: &List, infos: &[SnapshotInfo], page: Page) -> String {
    let mut sheet = Sheet::new(page);
    if list.snapshots.is_empty() {
        sheet.line(0, "no snapshot; `rolewalk collect` or `rolewalk import DIR` makes one");
    }
    let head = ["ID", "COLLECTED", "ORGANIZATION", "ACCOUNTS", "ROLES", "FROM", "STATE"];
    let mut rows = vec![head.iter().map(|head| paint(style::FAINT, head)).collect::<Vec<_>>()];
    for (entry, info) in list.snapshots.iter().zip(infos) {
        let state = match (info.finished, info.complete) {
            (None, _) => "unfinished",
            (_, true) => "complete",
            (_, false) => "incomplete",
        };
        let default = if entry.default { ", default" } else { "" };
        rows.push(vec![
            entry.id.clone(),
            match store::collected(info) {
                store::Age::Known(time) => store::moment(time),
                store::Age::Imported(_) | store::Age::Unknown => "not known".to_owned(),
            },
            safe(entry.organization.as_deref().unwrap_or("none")).into_owned(),
            format!("{} of {}", entry.accounts_read, entry.accounts),
            entry.roles.to_string(),
            entry.source.to_owned(),
            format!("{state}{default}"),
        ]);
    }
    if rows.len() > 1 {
        for line in columns(&rows) {
            sheet.line(0, &line);
        }
    }
    sheet.finish()
}

/// What a snapshot covers (`rolewalk/snapshot/1`).
#[derive(Debug, Serialize)]
struct Coverage {
    schema: &'static str,
    snapshot: Entry,
    /// By id.
    accounts: Vec<Age>,
    /// Hosts of HCP Terraform, by name.
    hosts: Vec<HostAge>,
    not_read: Vec<AccountGap>,
}

#[derive(Debug, Serialize)]
struct Age {
    account: String,
    read: bool,
    /// Whether all of its users, groups and roles were.
    whole: bool,
    read_at: Option<String>,
}

/// How old what is known of a host of HCP Terraform is.
#[derive(Debug, Serialize)]
struct HostAge {
    /// `null` where the reading does not say which it is.
    host: Option<String>,
    read: bool,
    read_at: Option<String>,
}

/// Shows what a snapshot covers.
pub(crate) fn show(request: &Request, typed: Option<&str>) -> Result<Ending, CliError> {
    let store = store::open(path(request))?;
    let named = match &request.facts {
        FactSource::Database { snapshot, .. } => typed.or(snapshot.as_deref()),
        FactSource::Sample => typed,
    };
    let (id, chosen) = store::meant(&store, named)?;
    if let Some(chosen) = chosen {
        request.output.note(&chosen);
    }
    let graph = Graph::build(Arc::new(Facts::build(store::load(&store, id)?)));
    let not_read = answer::overview(&graph).not_read;
    let facts = graph.facts();
    let is_whole =
        |account| facts.account(account).is_some_and(|key| facts.accounts[key].missing().is_none());
    let accounts = store
        .account_ages(id)
        .map_err(store::failed)?
        .into_iter()
        .map(|age| Age {
            account: age.account.to_string(),
            read: age.was_read,
            whole: is_whole(age.account),
            read_at: age.read_at.map(|time| time.to_string()),
        })
        .collect();
    let mut hosts: Vec<HostAge> = store
        .readings_of(id)
        .map_err(store::failed)?
        .into_iter()
        .filter_map(|known| match known.subject {
            Subject::Hcp(host) => Some(HostAge {
                host: host.map(|host| host.to_string()),
                read: known.was_read,
                read_at: known.read_at.map(|time| time.to_string()),
            }),
            Subject::Organization | Subject::Account(_) => None,
        })
        .collect();
    hosts.sort_by(|one, other| one.host.cmp(&other.host));
    let newest = store.newest().map_err(store::failed)?;
    let info = info(&store, id)?;
    let coverage = Coverage {
        schema: "rolewalk/snapshot/1",
        snapshot: Entry::of(&info, newest == Some(id)),
        accounts,
        hosts,
        not_read,
    };
    request.output.answer(&coverage, text_of_coverage)
}

fn info(store: &Store, id: crate::snapshot::SnapshotId) -> Result<SnapshotInfo, CliError> {
    let infos = store.list().map_err(store::failed)?;
    infos
        .into_iter()
        .find(|info| info.id == id)
        .ok_or_else(|| CliError::snapshot(format!("snapshot {id} went away while it was read")))
}

fn text_of_coverage(coverage: &Coverage, page: Page) -> String {
    let mut sheet = Sheet::new(page);
    let it = &coverage.snapshot;
    let complete = if it.complete { "complete" } else { "incomplete" };
    sheet.line(0, &format!("snapshot {} ({complete}, by {})", it.id, it.source));
    for (name, value) in [
        ("organization", it.organization.as_deref()),
        ("collected", it.collected_at.as_deref()),
        ("by", it.collected_by.as_deref()),
    ] {
        let value = safe(value.unwrap_or("not known")).into_owned();
        sheet.line(2, &format!("{} {value}", paint(style::FAINT, &format!("{name:<13}"))));
    }
    let in_part = coverage.accounts.iter().filter(|age| age.read && !age.whole).count();
    let in_part = if in_part > 0 { format!(" ({in_part} of them in part)") } else { String::new() };
    let counts = format!(
        "{} of {} read{in_part}, {}, {}",
        it.accounts_read,
        render::count(it.accounts, "account"),
        render::count(it.roles, "role"),
        render::count(it.workspaces, "workspace"),
    );
    sheet.line(2, &format!("{} {counts}", paint(style::FAINT, "coverage     ")));
    if !coverage.accounts.is_empty() {
        sheet.heading("Accounts");
        let rows: Vec<Vec<String>> = coverage
            .accounts
            .iter()
            .map(|age| {
                let state = match (age.read, age.whole) {
                    (true, true) => "read",
                    (true, false) => "read in part",
                    (false, _) => "not read",
                };
                let time = age.read_at.clone().unwrap_or_else(|| "time not known".to_owned());
                vec![age.account.clone(), state.to_owned(), time]
            })
            .collect();
        for line in columns(&rows) {
            sheet.line(2, &line);
        }
    }
    if !coverage.hosts.is_empty() {
        sheet.heading("HCP Terraform");
        let row = |age: &HostAge| {
            let name = age.host.as_deref().unwrap_or("host not known");
            let state = if age.read { "read" } else { "not read" };
            let time = age.read_at.clone().unwrap_or_else(|| "time not known".to_owned());
            vec![safe(name).into_owned(), state.to_owned(), time]
        };
        for line in columns(&coverage.hosts.iter().map(row).collect::<Vec<_>>()) {
            sheet.line(2, &line);
        }
    }
    sheet.not_read(&coverage.not_read, "ways in");
    sheet.finish()
}

/// Removes a snapshot.
pub(crate) fn remove(request: &Request, typed: &str) -> Result<Ending, CliError> {
    let id = store::number(typed)?;
    // A database is not made only to find nothing in it.
    drop(store::open(path(request))?);
    let mut store = store::open_to_write(path(request))?;
    store.remove(id).map_err(store::failed)?;
    let removed =
        serde_json::json!({"schema": "rolewalk/snapshot-removed/1", "snapshot": id.to_string()});
    request.output.answer(&removed, |_, _| format!("removed snapshot {id}\n"))
}

/// Copies a snapshot to a file of its own.
pub(crate) fn pack(request: &Request, target: &Path) -> Result<Ending, CliError> {
    let store = store::open(path(request))?;
    let named = match &request.facts {
        FactSource::Database { snapshot, .. } => snapshot.as_deref(),
        FactSource::Sample => None,
    };
    let (id, chosen) = store::meant(&store, named)?;
    if let Some(chosen) = chosen {
        request.output.note(&chosen);
    }
    store.pack(id, target).map_err(store::failed)?;
    let packed = serde_json::json!({
        "schema": "rolewalk/snapshot-packed/1",
        "snapshot": id.to_string(),
        "file": target.display().to_string(),
    });
    request.output.answer(&packed, |_, _| {
        format!("packed snapshot {id} into `{}`\n", safe(&target.display().to_string()))
    })
}
