//! Documents of a snapshot, each read and parsed once.

use std::ops::Range;

use rusqlite::{Connection, Row};

use super::documents::fill;
use crate::arn::AccountId;
use crate::org::PolicyDocument;
use crate::policy::{Document, Shared};

/// That an account uses a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Use {
    /// The document's id in the database.
    pub(super) id: i64,
    /// The account's place among those that were read.
    pub(super) account: u32,
    /// The document's number in the account.
    pub(super) number: u32,
}

/// Documents for some uses, and for each use the place of its document among them. Those that
/// hold the id of the account they are in are one document an account.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) documents: Vec<PolicyDocument>,
    pub(super) places: Vec<u32>,
    filled: String,
}

/// How many uses make a batch. The uses of one document are never parted.
const BATCH: usize = 512;

/// Where there are so many documents for each one that is used, only those are looked up.
const SPARSE: i64 = 8;

/// Cuts uses, which are in order, into batches.
pub(super) fn batches(uses: &[Use]) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let mut start = 0;
    while let Some(rest) = uses.get(start..)
        && let Some(last) = rest.chunks(BATCH).next().and_then(<[Use]>::last)
    {
        let end = start + rest.partition_point(|one| one.id <= last.id);
        batches.push(start..end);
        start = end;
    }
    batches
}

/// Reads the documents of a batch.
pub(super) fn read(
    connection: &Connection,
    uses: &[Use],
    accounts: &[AccountId],
    shared: &mut Shared,
) -> rusqlite::Result<Batch> {
    let mut batch = Batch::default();
    batch.places.reserve_exact(uses.len());
    let groups = || uses.chunk_by(|one, other| one.id == other.id);
    let (Some(first), Some(last)) = (uses.first(), uses.last()) else { return Ok(batch) };
    let count = groups().count();
    batch.documents.reserve(count);
    if (last.id - first.id) / SPARSE > i64::try_from(count).unwrap_or(i64::MAX) {
        let mut select =
            connection.prepare_cached("SELECT id, templated, text FROM document WHERE id = ?1")?;
        for group in groups() {
            let id = group.first().map(|one| one.id);
            select.query_row([id], |row| batch.add(row, group, accounts, shared))?;
        }
        return Ok(batch);
    }
    let mut select = connection.prepare_cached(
        "SELECT id, templated, text FROM document WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
    )?;
    let mut rows = select.query([first.id, last.id])?;
    for group in groups() {
        let Some(wanted) = group.first().map(|one| one.id) else { continue };
        loop {
            let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            let found: i64 = row.get(0)?;
            if found == wanted {
                batch.add(row, group, accounts, shared)?;
                break;
            }
            if found > wanted {
                return Err(rusqlite::Error::QueryReturnedNoRows);
            }
        }
    }
    Ok(batch)
}

impl Batch {
    /// Adds the document of a row for all who use it.
    fn add(
        &mut self,
        row: &Row<'_>,
        uses: &[Use],
        accounts: &[AccountId],
        shared: &mut Shared,
    ) -> rusqlite::Result<()> {
        let templated: bool = row.get(1)?;
        let stored = row.get_ref(2)?.as_str()?;
        let mut place = 0;
        for (at, one) in uses.iter().enumerate() {
            if templated || at == 0 {
                let mut text = stored;
                if let Some(own) = accounts.get(one.account as usize).filter(|_| templated) {
                    fill(stored, *own, &mut self.filled);
                    text = &self.filled;
                }
                let parsed = Document::parse_with(text, shared);
                place = u32::try_from(self.documents.len()).unwrap_or(u32::MAX);
                self.documents.push(PolicyDocument { text: text.into(), parsed });
            }
            self.places.push(place);
        }
        Ok(())
    }
}
