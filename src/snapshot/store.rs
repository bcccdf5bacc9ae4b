//! Opening a database and what is done with it as a whole.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use super::schema::{self, State};
use super::{Progress, SnapshotId, SnapshotWriter, Source, StoreError, load, load_facts, write};
use crate::org::Facts;
use crate::org::reading::{Origin, Readings};

/// How long a statement waits for another process before it gives up.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open database.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    /// Whether nobody can change the file, and it was opened as such.
    pub(super) immutable: bool,
}

impl Store {
    /// Opens the database to read and write, and makes it, readable by its owner alone, with
    /// the directories above it where it is missing.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        create_private(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = connect(path, flags)?;
        let failed = |error: rusqlite::Error| StoreError::of_database("open", path, &error);
        // SQLite falls back to reading where it may not write.
        if connection.is_readonly("main").map_err(failed)? {
            let detail = "the file is read-only".to_owned();
            return Err(StoreError::Io { action: "write to", path: path.to_owned(), detail });
        }
        match schema::state(&connection, path)? {
            State::Ours(version) if version == schema::known() => {}
            State::Empty | State::Ours(_) => schema::migrate(&mut connection)
                .map_err(|error| StoreError::of_database("write to", path, &error))?,
        }
        Ok(Self { connection, path: path.to_owned(), immutable: false })
    }

    /// Opens the database to read, also where nothing can be written.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        let length = match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                let detail = "it is a directory".to_owned();
                return Err(StoreError::Io { action: "open", path: path.to_owned(), detail });
            }
            Ok(found) => found.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(StoreError::io("open", path, &error)),
        };
        // An empty file is what remains of a process that was stopped before its first word.
        if length == 0 && !has_content(&beside(path, "-wal")) {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = connect(path, flags)?;
        let mut immutable = false;
        if needs_to_write(&connection) {
            if has_content(&beside(path, "-wal")) {
                return Err(StoreError::Unfinished { path: path.to_owned() });
            }
            // Nobody can write here, so nobody changes the file while it is read.
            connection = connect_immutable(path, flags)?;
            immutable = true;
        }
        match schema::state(&connection, path)? {
            State::Ours(version) if version == schema::known() => {
                Ok(Self { connection, path: path.to_owned(), immutable })
            }
            State::Empty => Err(StoreError::Missing { path: path.to_owned() }),
            State::Ours(_) => {
                drop(connection);
                Self::open(path)
            }
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins a snapshot. Nobody else can write until the writer is finished or dropped, and
    /// dropping it leaves the snapshot incomplete.
    pub fn begin(self, origin: &Origin, source: Source) -> Result<SnapshotWriter, StoreError> {
        SnapshotWriter::begin(self, origin, source)
    }

    /// Goes on with a snapshot that was not completed.
    pub fn resume(self, id: SnapshotId) -> Result<SnapshotWriter, StoreError> {
        SnapshotWriter::resume(self, id)
    }

    /// Puts whole readings as a snapshot of their own.
    pub fn put(
        self,
        readings: &Readings,
        source: Source,
        complete: bool,
    ) -> Result<(Self, SnapshotId), StoreError> {
        let mut writer = self.begin(&readings.origin, source)?;
        if let Some(reading) = &readings.organization {
            writer.put_organization(reading)?;
        }
        for reading in &readings.accounts {
            writer.put_account(reading)?;
        }
        for reading in &readings.hcp {
            writer.put_hcp(reading)?;
        }
        let id = writer.id();
        Ok((writer.finish(complete)?, id))
    }

    /// Everything that the snapshot holds, exactly as it was put. Accounts are in the order of
    /// their ids.
    pub fn load(&self, id: SnapshotId) -> Result<Readings, StoreError> {
        self.must_have(id)?;
        load::load(&self.connection, id).map_err(|error| self.failed("read", &error))
    }

    /// The snapshot as facts: the same as [`Facts::build`] makes of [`Store::load`], in less time
    /// and memory. `progress` is told on this thread how far it is, many times a second.
    pub fn facts(
        &self,
        id: SnapshotId,
        mut progress: impl FnMut(Progress),
    ) -> Result<Facts, StoreError> {
        self.must_have(id)?;
        load_facts::load(self, id, None, &mut progress).map_err(|error| self.failed("read", &error))
    }

    /// Copies one snapshot to a new file, which holds nothing else and can be carried around.
    pub fn pack(&self, id: SnapshotId, target: &Path) -> Result<(), StoreError> {
        if std::fs::symlink_metadata(target).is_ok() {
            return Err(StoreError::Exists { path: target.to_owned() });
        }
        let complete = self.list()?.iter().any(|found| found.id == id && found.complete);
        let readings = self.load(id)?;
        let (store, _) = Self::open(target)?.put(&readings, Source::Copy, complete)?;
        drop(store);
        // The lock serves writers, and the packed file has none.
        let _ = std::fs::remove_file(beside(target, ".lock"));
        Ok(())
    }

    /// Removes a snapshot and what no other snapshot needs.
    pub fn remove(&mut self, id: SnapshotId) -> Result<(), StoreError> {
        let _lock = lock(&self.path)?;
        self.must_have(id)?;
        write::remove(&mut self.connection, id).map_err(|error| self.failed("write to", &error))
    }

    pub(super) fn must_have(&self, id: SnapshotId) -> Result<(), StoreError> {
        let found = self
            .connection
            .query_row("SELECT 1 FROM snapshot WHERE id = ?1", [id.0], |_| Ok(()))
            .optional()
            .map_err(|error| self.failed("read", &error))?;
        found.ok_or_else(|| StoreError::UnknownSnapshot { path: self.path.clone(), id })
    }

    pub(super) fn failed(&self, action: &'static str, error: &rusqlite::Error) -> StoreError {
        StoreError::of_database(action, &self.path, error)
    }
}

pub(super) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let open = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    };
    open().map_err(|error| StoreError::of_database("open", path, &error))
}

/// The characters that mean something in a URI of SQLite, or might.
const IN_URI: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

pub(super) fn connect_immutable(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let absolute = std::path::absolute(path).map_err(|e| StoreError::io("open", path, &e))?;
    let encoded = percent_encode(absolute.as_os_str().as_encoded_bytes(), IN_URI);
    let uri = format!("file://{encoded}?immutable=1");
    connect(Path::new(&uri), flags | OpenFlags::SQLITE_OPEN_URI).map_err(|error| match error {
        StoreError::Io { action, detail, .. } => {
            StoreError::Io { action, path: path.to_owned(), detail }
        }
        other => other,
    })
}

/// A database that was left in WAL mode wants files beside it even to be read.
fn needs_to_write(connection: &Connection) -> bool {
    let read = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    let code = read.err().and_then(|error| error.sqlite_error_code());
    matches!(code, Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied))
}

/// The file beside a database with this ending.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn has_content(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.len() > 0)
}

/// Keeps other writers out until it is dropped; the system drops it with the process.
pub(super) fn lock(path: &Path) -> Result<File, StoreError> {
    let name = beside(path, ".lock");
    let file = private(OpenOptions::new().create(true).write(true))
        .open(&name)
        .map_err(|error| StoreError::io("create", &name, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(StoreError::io("lock", &name, &error)),
    }
}

/// Makes the file with its directories before SQLite does, which would let others read it.
fn create_private(path: &Path) -> Result<(), StoreError> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(parent).map_err(|error| StoreError::io("create", parent, &error))?;
    }
    match private(OpenOptions::new().create_new(true).write(true)).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::io("create", path, &error)),
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
