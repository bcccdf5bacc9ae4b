//! Writing a snapshot, one reading a transaction.

use std::collections::BTreeMap;
use std::fs::File;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::columns::{Json, Text, text};
use super::store::{self, Store};
use super::{SnapshotId, Source, StoreError, Subject, write_rows};
use crate::org::Fact;
use crate::org::reading::{AccountReading, HcpReading, Identities, OrganizationReading, Origin};

/// A snapshot that is being written. While it lives nobody else can write to the database.
///
/// What was put stays when the process is stopped; the snapshot is then incomplete.
#[derive(Debug)]
pub struct SnapshotWriter {
    store: Store,
    id: SnapshotId,
    _lock: File,
}

impl SnapshotWriter {
    pub(super) fn begin(store: Store, origin: &Origin, source: Source) -> Result<Self, StoreError> {
        let lock = prepare(&store)?;
        store
            .connection
            .execute(
                "INSERT INTO snapshot (started, source, collected_at, collected_by, tool_version)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (
                    Text(Timestamp::now()),
                    source.as_str(),
                    text(origin.collected_at),
                    &origin.collected_by,
                    &origin.tool_version,
                ),
            )
            .map_err(|error| store.failed("write to", &error))?;
        let id = SnapshotId(store.connection.last_insert_rowid());
        Ok(Self { store, id, _lock: lock })
    }

    pub(super) fn resume(store: Store, id: SnapshotId) -> Result<Self, StoreError> {
        store.must_have(id)?;
        let lock = prepare(&store)?;
        let resumed = store
            .connection
            .execute("UPDATE snapshot SET finished = NULL WHERE id = ?1 AND NOT complete", [id.0])
            .map_err(|error| store.failed("write to", &error))?;
        if resumed == 0 {
            return Err(StoreError::AlreadyComplete { id });
        }
        Ok(Self { store, id, _lock: lock })
    }

    /// The snapshot's number.
    pub fn id(&self) -> SnapshotId {
        self.id
    }

    /// The database, to look at what other snapshots hold.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Puts what was read of the organization, in place of what was put before.
    pub fn put_organization(&mut self, reading: &OrganizationReading) -> Result<(), StoreError> {
        let OrganizationReading { read_at, organization } = reading;
        let head = Head {
            kind: "organization",
            was_read: organization.read().is_some(),
            ..Head::default()
        };
        self.put(Subject::Organization, *read_at, &head, &Used::new(), &organization, |rows| {
            rows.organization(organization)
        })
    }

    /// Puts what was read of an account, in place of what was put before.
    pub fn put_account(&mut self, reading: &AccountReading) -> Result<(), StoreError> {
        // Named one by one, so that a new field cannot be left out of the hash.
        let AccountReading {
            account,
            partition,
            read_at,
            alias,
            identities,
            oidc_providers,
            saml_providers,
            not_read,
        } = reading;
        let Identities { roles, .. } = identities.read().unwrap_or(&EMPTY);
        let head = Head {
            kind: "account",
            host: None,
            account: Some(account.to_string()),
            partition: Some(partition.as_str()),
            alias: alias.as_deref(),
            was_read: identities.read().is_some(),
            roles: roles.len(),
            workspaces: 0,
        };
        let (identities, used) = without_use(identities);
        let content = (&identities, oidc_providers, saml_providers, not_read);
        self.put(Subject::Account(*account), *read_at, &head, &used, &content, |rows| {
            rows.account(reading)
        })
    }

    /// Puts what was read of a host of HCP Terraform, in place of what was put before: of this
    /// host, and where it was read, of hosts that were not told apart.
    pub fn put_hcp(&mut self, reading: &HcpReading) -> Result<(), StoreError> {
        let HcpReading { host, read_at, workspaces, incomplete } = reading;
        if host.is_some() && workspaces.read().is_some() {
            self.store
                .connection
                .execute(
                    "DELETE FROM snapshot_reading WHERE snapshot = ?1 AND subject = ?2",
                    (self.id.0, Text(Subject::Hcp(None))),
                )
                .map_err(|error| self.store.failed("write to", &error))?;
        }
        let count = workspaces.read().map_or(0, |workspaces| match workspaces {
            crate::org::hcp::Workspaces::Effective(list) => list.len(),
            crate::org::hcp::Workspaces::AsRead(hcp) => hcp.workspaces.len(),
        });
        let head = Head {
            kind: "hcp",
            host: host.as_deref(),
            was_read: workspaces.read().is_some(),
            workspaces: count,
            ..Head::default()
        };
        let content = (workspaces, incomplete);
        let subject = Subject::Hcp(host.as_deref().map(Into::into));
        self.put(subject, *read_at, &head, &Used::new(), &content, |rows| rows.hcp(reading))
    }

    /// Takes over what other snapshots say of these subjects: all of it or, where one says
    /// nothing any more, none.
    pub fn keep(&mut self, subjects: &[(SnapshotId, Subject)]) -> Result<(), StoreError> {
        let id = self.id;
        let mut keep = || -> rusqlite::Result<Option<SnapshotId>> {
            let transaction = self.store.connection.transaction()?;
            for (from, subject) in subjects {
                let rows = transaction
                    .prepare_cached(
                        "INSERT OR REPLACE INTO snapshot_reading
                         (snapshot, subject, reading, read_at, last_used)
                         SELECT ?1, subject, reading, read_at, last_used FROM snapshot_reading
                         WHERE snapshot = ?2 AND subject = ?3",
                    )?
                    .execute((id.0, from.0, Text(subject)))?;
                if rows == 0 {
                    return Ok(Some(*from));
                }
            }
            transaction.commit()?;
            Ok(None)
        };
        match keep().map_err(|error| self.store.failed("write to", &error))? {
            None => Ok(()),
            // It was removed since somebody looked.
            Some(id) => Err(StoreError::UnknownSnapshot { path: self.store.path.clone(), id }),
        }
    }

    /// Ends the snapshot and gives the database back. `complete` says that everything was read
    /// that was to be read.
    pub fn finish(self, complete: bool) -> Result<Store, StoreError> {
        self.store
            .connection
            .execute(
                "UPDATE snapshot SET finished = ?1, complete = ?2 WHERE id = ?3",
                (Text(Timestamp::now()), complete, self.id.0),
            )
            .map_err(|error| self.store.failed("write to", &error))?;
        // One file again, that read-only media can hold. Somebody who reads just now prevents
        // it, which the next writer makes good.
        let mode = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
        let _ = self.store.connection.query_row("PRAGMA journal_mode = DELETE", [], mode);
        Ok(self.store)
    }

    fn put(
        &mut self,
        subject: Subject,
        read_at: Option<Timestamp>,
        head: &Head<'_>,
        used: &Used,
        content: &impl Serialize,
        rows: impl FnOnce(&write_rows::Rows<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        let id = self.id;
        let put = || -> rusqlite::Result<()> {
            let hash = hash(head, content)
                .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
            let transaction = self.store.connection.transaction()?;
            let known = transaction
                .prepare_cached("SELECT id FROM reading WHERE hash = ?1")?
                .query_row([hash], |row| row.get::<_, i64>(0))
                .optional()?;
            let reading = if let Some(reading) = known {
                reading
            } else {
                let reading = head.insert(&transaction, hash)?;
                rows(&write_rows::Rows { connection: &transaction, reading })?;
                reading
            };
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO snapshot_reading
                     (snapshot, subject, reading, read_at, last_used)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute((id.0, Text(subject), reading, text(read_at), Json(used)))?;
            transaction.commit()
        };
        put().map_err(|error| self.store.failed("write to", &error))
    }
}

/// When roles were last used, by their position: what a snapshot says beside the reading.
type Used = BTreeMap<u32, Timestamp>;

/// What a reading says whatever its roles were used for, and that.
fn without_use(identities: &Fact<Identities>) -> (Fact<Identities>, Used) {
    let mut used = Used::new();
    let rest = identities.clone().map(|mut identities| {
        for (role, at) in identities.roles.iter_mut().zip(0..) {
            used.extend(role.last_used.take().map(|time| (at, time)));
        }
        identities
    });
    (rest, used)
}

static EMPTY: Identities = Identities {
    users: Vec::new(),
    groups: Vec::new(),
    roles: Vec::new(),
    managed_policies: Vec::new(),
    incomplete: Vec::new(),
};

/// What a row of `reading` says.
#[derive(Default, Serialize)]
struct Head<'a> {
    kind: &'static str,
    /// Two hosts are two readings, even where nothing else tells them apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    account: Option<String>,
    partition: Option<&'a str>,
    alias: Option<&'a str>,
    was_read: bool,
    roles: usize,
    workspaces: usize,
}

impl Head<'_> {
    fn insert(&self, transaction: &Transaction<'_>, hash: [u8; 32]) -> rusqlite::Result<i64> {
        transaction
            .prepare_cached(
                "INSERT INTO reading
                 (hash, kind, account, partition, alias, was_read, roles, workspaces)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .insert((
                hash,
                self.kind,
                &self.account,
                self.partition,
                self.alias,
                self.was_read,
                super::columns::position(self.roles),
                super::columns::position(self.workspaces),
            ))
    }
}

/// The hash of what a reading says. Its time is no part of that, so a reading that found
/// nothing new is the one that was found before.
fn hash(head: &Head<'_>, content: &impl Serialize) -> serde_json::Result<[u8; 32]> {
    let mut hasher = Hasher(Sha256::new());
    serde_json::to_writer(&mut hasher, &(head, content))?;
    Ok(hasher.0.finalize().into())
}

struct Hasher(Sha256);

impl std::io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keeps others out and lets them read meanwhile.
fn prepare(store: &Store) -> Result<File, StoreError> {
    let lock = store::lock(&store.path)?;
    let mode = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    store
        .connection
        .query_row("PRAGMA journal_mode = WAL", [], mode)
        .and_then(|_| store.connection.pragma_update(None, "synchronous", "NORMAL"))
        .map_err(|error| store.failed("write to", &error))?;
    Ok(lock)
}

/// Every column that refers to a document.
const DOCUMENTS_IN_USE: &str = "
    SELECT trust FROM role_row
    UNION SELECT document FROM inline_policy_row
    UNION SELECT document FROM managed_policy_row WHERE document IS NOT NULL
    UNION SELECT document FROM control_policy_row WHERE document IS NOT NULL";

/// Removes a snapshot, then readings that no snapshot needs, then documents that no reading
/// needs.
pub(super) fn remove(connection: &mut Connection, id: SnapshotId) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM snapshot WHERE id = ?1", [id.0])?;
    transaction.execute(
        "DELETE FROM reading WHERE id NOT IN (SELECT reading FROM snapshot_reading)",
        [],
    )?;
    transaction
        .execute(&format!("DELETE FROM document WHERE id NOT IN ({DOCUMENTS_IN_USE})"), [])?;
    transaction.commit()
}
