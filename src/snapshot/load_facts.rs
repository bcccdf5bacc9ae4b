//! A snapshot as [`Facts`], without readings in between.
//!
//! Readings of a million roles would fill a gigabyte that nobody needs once they are resolved.
//! So each account's rows go straight into its part of the facts, several accounts at once. Then
//! it is known which documents the accounts use, and each is read and parsed once, in the order
//! of the table, several parts of it at once.

use std::collections::HashMap;

use rusqlite::Connection;

use super::load::Loader;
use super::load_documents::{self, Use};
use super::load_rows::Reader;
use super::readers::{self, Readers};
use super::{Progress, SnapshotId, Store};
use crate::arn::AccountId;
use crate::org::build::{Assembly, Documents};
use crate::org::{DocumentKey, Facts, Key};
use crate::policy::Shared;

/// Loads a snapshot that exists, over so many connections; by default, as many as it is worth.
pub(super) fn load(
    store: &Store,
    id: SnapshotId,
    connections: Option<usize>,
    progress: &mut dyn FnMut(Progress),
) -> rusqlite::Result<Facts> {
    let roles = count_roles(&store.connection, id)?;
    let connections = connections.unwrap_or_else(|| readers::wanted(roles));
    let mut readers = Readers::open(store, connections)?;
    // Again, now that nobody changes it.
    let roles = count_roles(readers.own(), id)?;
    progress(Progress::Roles { read: 0, all: roles });
    let (frame, readings) = Loader::new(readers.own(), id)?.frame()?;
    let accounts = frame.accounts.iter().map(|account| account.account);
    let readings: HashMap<AccountId, i64> = accounts.zip(readings).collect();
    let mut documents = Documents::new();
    let mut assembly = Assembly::begin(frame, &mut documents);
    let jobs: Vec<_> =
        assembly.accounts().filter_map(|place| Some((place, *readings.get(&place.id)?))).collect();
    assembly.expect_roles(roles);
    // For each account, what the numbers of its documents mean.
    let mut keys: Vec<Vec<DocumentKey>> = Vec::with_capacity(jobs.len());
    let mut uses = Vec::new();
    let mut read = 0;
    readers.share_out(
        jobs.len(),
        |connection, job, give| {
            let mut reader = Reader::new(connection, id)?;
            while let Some(at) = job() {
                if let Some((place, reading)) = jobs.get(at) {
                    give(at, reader.account(*place, *reading)?);
                }
            }
            Ok(())
        },
        || (),
        |at, (found, ids): (_, Vec<i64>)| {
            let account = number(at);
            let used = ids.iter().zip(0..);
            uses.extend(used.map(|(id, number)| Use { id: *id, account, number }));
            keys.push(vec![DocumentKey::from_index(0); ids.len()]);
            read += assembly.add(found);
            progress(Progress::Roles { read, all: roles });
        },
    )?;
    uses.sort_unstable();
    let batches = load_documents::batches(&uses);
    let ids: Vec<AccountId> = jobs.iter().map(|(place, _)| place.id).collect();
    let mut table = documents.table;
    let (mut done, all) = (0, uses.len());
    readers.share_out(
        batches.len(),
        |connection, job, give| {
            let mut shared = Shared::remembering();
            while let Some(at) = job() {
                let uses = batches.get(at).and_then(|batch| uses.get(batch.clone()));
                let uses = uses.unwrap_or_default();
                give(at, load_documents::read(connection, uses, &ids, &mut shared)?);
            }
            Ok(())
        },
        || assembly.index(),
        |at, found| {
            let first = table.len();
            found.documents.into_iter().for_each(|document| {
                table.push(document);
            });
            let uses = batches.get(at).and_then(|batch| uses.get(batch.clone()));
            for (one, place) in uses.unwrap_or_default().iter().zip(&found.places) {
                let key = DocumentKey::from_index(number(first + *place as usize));
                let account = keys.get_mut(one.account as usize);
                if let Some(own) = account.and_then(|own| own.get_mut(one.number as usize)) {
                    *own = key;
                }
            }
            done += found.places.len();
            progress(Progress::Documents { read: done, all });
        },
    )?;
    Ok(assembly.finish(table, Some(&keys)))
}

fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn count_roles(connection: &Connection, id: SnapshotId) -> rusqlite::Result<usize> {
    let count: i64 = connection.query_row(
        "SELECT coalesce(sum(r.roles), 0) FROM snapshot_reading k
         JOIN reading r ON r.id = k.reading WHERE k.snapshot = ?1",
        [id.0],
        |row| row.get(0),
    )?;
    Ok(usize::try_from(count).unwrap_or_default())
}
