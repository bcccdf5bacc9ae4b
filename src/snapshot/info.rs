//! What snapshots there are, without loading any.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row};

use super::columns::{Named, Text};
use super::{SnapshotId, Source, Store, StoreError, Subject};
use crate::arn::AccountId;
use crate::org::reading::{AccountState, Origin};

/// What is known of a snapshot without loading it.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotInfo {
    /// Its number.
    pub id: SnapshotId,
    /// When it was begun.
    pub started: Timestamp,
    /// When it was finished; `None` while it is written, and for ever when the process that
    /// wrote it was stopped.
    pub finished: Option<Timestamp>,
    /// Whether everything was read that was to be read.
    pub complete: bool,
    /// How it was obtained.
    pub source: Source,
    /// When and by whom the facts were read.
    pub origin: Origin,
    /// The organization's id, where there is one.
    pub organization: Option<String>,
    /// Accounts of the organization, and others that have a reading.
    pub accounts_known: usize,
    /// Accounts whose users and roles were read.
    pub accounts_read: usize,
    /// Roles in those.
    pub roles: usize,
    /// Workspaces of HCP Terraform.
    pub workspaces: usize,
}

/// How old what is known of an account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountAge {
    /// The account.
    pub account: AccountId,
    /// When it was read.
    pub read_at: Option<Timestamp>,
    /// Whether its users and roles were read.
    pub was_read: bool,
}

/// What a snapshot has a reading of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Known {
    /// What the reading is about.
    pub subject: Subject,
    /// The number of the reading, which snapshots share.
    pub reading: i64,
    /// The snapshot.
    pub snapshot: SnapshotId,
    /// When it was read.
    pub read_at: Option<Timestamp>,
    /// Whether there is more in it than why it was not read.
    pub was_read: bool,
    /// Whether it was read and nothing of it is missing.
    pub whole: bool,
    /// Whether something of it failed, other than that it may not be read or was not asked for.
    pub failed: bool,
    /// Whether there was nothing to read: the account is suspended, closed or not active yet.
    pub closed: bool,
}

const SELECT: &str = "
SELECT s.id, s.started, s.finished, s.complete, s.source,
       s.collected_at, s.collected_by, s.tool_version,
       (SELECT o.id FROM snapshot_reading k JOIN organization_row o ON o.reading = k.reading
        WHERE k.snapshot = s.id),
       (SELECT count(*) FROM (
            SELECT m.account FROM snapshot_reading k JOIN member_row m ON m.reading = k.reading
            WHERE k.snapshot = s.id
            UNION
            SELECT r.account FROM snapshot_reading k JOIN reading r ON r.id = k.reading
            WHERE k.snapshot = s.id AND r.kind = 'account')),
       (SELECT count(*) FROM snapshot_reading k JOIN reading r ON r.id = k.reading
        WHERE k.snapshot = s.id AND r.kind = 'account' AND r.was_read),
       (SELECT coalesce(sum(r.roles), 0) FROM snapshot_reading k
        JOIN reading r ON r.id = k.reading WHERE k.snapshot = s.id),
       (SELECT coalesce(sum(r.workspaces), 0) FROM snapshot_reading k
        JOIN reading r ON r.id = k.reading WHERE k.snapshot = s.id)
FROM snapshot s
ORDER BY s.id DESC";

impl Store {
    /// All snapshots, newest first.
    pub fn list(&self) -> Result<Vec<SnapshotInfo>, StoreError> {
        let read = || -> rusqlite::Result<Vec<_>> {
            let mut select = self.connection.prepare_cached(SELECT)?;
            select.query_map([], info)?.collect()
        };
        read().map_err(|error| self.failed("read", &error))
    }

    /// The newest complete snapshot, else the newest one.
    pub fn newest(&self) -> Result<Option<SnapshotId>, StoreError> {
        self.connection
            .query_row(
                "SELECT id FROM snapshot ORDER BY complete DESC, id DESC LIMIT 1",
                [],
                |row| row.get(0),
            )
            .optional()
            .map(|id| id.map(SnapshotId))
            .map_err(|error| self.failed("read", &error))
    }

    /// What the snapshot has readings of.
    pub fn readings_of(&self, id: SnapshotId) -> Result<Vec<Known>, StoreError> {
        let read = || -> rusqlite::Result<Vec<_>> {
            let mut select = self.connection.prepare_cached(
                "SELECT k.subject, k.read_at, r.was_read,
                        EXISTS (SELECT 1 FROM gap g WHERE g.reading = r.id)
                            OR EXISTS (SELECT 1 FROM unreadable_row u WHERE u.reading = r.id),
                        EXISTS (SELECT 1 FROM gap g WHERE g.reading = r.id
                                AND g.part = 'identities' AND g.kind = 'suspended'),
                        EXISTS (SELECT 1 FROM gap g WHERE g.reading = r.id
                                AND g.kind NOT IN ('denied', 'not-collected'))
                            OR EXISTS (SELECT 1 FROM unreadable_row u WHERE u.reading = r.id
                                AND u.reason NOT IN ('denied', 'not-collected')),
                        r.id
                 FROM snapshot_reading k JOIN reading r ON r.id = k.reading
                 WHERE k.snapshot = ?1",
            )?;
            let known = |row: &Row<'_>| {
                let was_read: bool = row.get(2)?;
                Ok(Known {
                    subject: row.get::<_, Text<_>>(0)?.0,
                    reading: row.get(6)?,
                    snapshot: id,
                    read_at: row.get::<_, Option<Text<_>>>(1)?.map(|time| time.0),
                    was_read,
                    whole: was_read && !row.get::<_, bool>(3)?,
                    closed: row.get(4)?,
                    failed: row.get(5)?,
                })
            };
            select.query_map([id.0], known)?.collect()
        };
        read().map_err(|error| self.failed("read", &error))
    }

    /// The newest reading of everything that any snapshot of this organization, or of none,
    /// knows; without what snapshot `but` holds. HCP Terraform's may also be in a snapshot without
    /// an organization: whoever holds the token need not see AWS.
    pub fn known(
        &self,
        organization: Option<&str>,
        but: Option<SnapshotId>,
    ) -> Result<Vec<Known>, StoreError> {
        let held = match but {
            Some(id) => self.readings_of(id)?,
            None => Vec::new(),
        };
        let mut seen: BTreeSet<Subject> = held.into_iter().map(|known| known.subject).collect();
        let mut found = Vec::new();
        for info in self.list()? {
            let same = info.organization.as_deref() == organization;
            // Of HCP Terraform alone.
            let alone = info.accounts_known == 0 && info.source == Source::Collect;
            if (same || alone) && Some(info.id) != but {
                let readings = self.readings_of(info.id)?;
                let ours = |known: &Known| match known.subject {
                    // That it was not read is nothing to take over.
                    Subject::Hcp(_) => known.was_read,
                    _ => same,
                };
                let ours = readings.into_iter().filter(ours);
                let newer = seen.clone();
                found.extend(ours.filter(|known| {
                    !known.subject.is_said_by(&newer) && seen.insert(known.subject.clone())
                }));
            }
        }
        Ok(found)
    }

    /// The accounts of the snapshot's organization, with their states.
    pub fn members_of(
        &self,
        id: SnapshotId,
    ) -> Result<BTreeMap<AccountId, AccountState>, StoreError> {
        let read = || -> rusqlite::Result<BTreeMap<_, _>> {
            let mut select = self.connection.prepare_cached(
                "SELECT m.account, m.state FROM snapshot_reading k
                 JOIN member_row m ON m.reading = k.reading WHERE k.snapshot = ?1",
            )?;
            let member =
                |row: &Row<'_>| Ok((row.get::<_, Text<_>>(0)?.0, row.get::<_, Named<_>>(1)?.0));
            select.query_map([id.0], member)?.collect()
        };
        read().map_err(|error| self.failed("read", &error))
    }

    /// The accounts that the snapshot has a reading of, by id.
    pub fn account_ages(&self, id: SnapshotId) -> Result<Vec<AccountAge>, StoreError> {
        self.must_have(id)?;
        let read = || -> rusqlite::Result<Vec<_>> {
            let mut select = self.connection.prepare_cached(
                "SELECT r.account, k.read_at, r.was_read
                 FROM snapshot_reading k JOIN reading r ON r.id = k.reading
                 WHERE k.snapshot = ?1 AND r.kind = 'account' ORDER BY r.account",
            )?;
            let age = |row: &Row<'_>| {
                Ok(AccountAge {
                    account: row.get::<_, Text<_>>(0)?.0,
                    read_at: row.get::<_, Option<Text<_>>>(1)?.map(|time| time.0),
                    was_read: row.get(2)?,
                })
            };
            select.query_map([id.0], age)?.collect()
        };
        read().map_err(|error| self.failed("read", &error))
    }
}

fn info(row: &Row<'_>) -> rusqlite::Result<SnapshotInfo> {
    let count = |at| row.get::<_, u32>(at).map(|count| count as usize);
    Ok(SnapshotInfo {
        id: SnapshotId(row.get(0)?),
        started: row.get::<_, Text<_>>(1)?.0,
        finished: row.get::<_, Option<Text<_>>>(2)?.map(|time| time.0),
        complete: row.get(3)?,
        source: Source::from_name(&row.get::<_, String>(4)?),
        origin: Origin {
            collected_at: row.get::<_, Option<Text<_>>>(5)?.map(|time| time.0),
            collected_by: row.get(6)?,
            tool_version: row.get(7)?,
        },
        organization: row.get(8)?,
        accounts_known: count(9)?,
        accounts_read: count(10)?,
        roles: count(11)?,
        workspaces: count(12)?,
    })
}
