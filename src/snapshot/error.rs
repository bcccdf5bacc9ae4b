//! What can go wrong with a database, told apart by what to do about it.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

use super::SnapshotId;

/// Why a database cannot be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no file, or it is empty.
    #[error("there is no snapshot database at `{}`", path.display())]
    Missing {
        /// The database.
        path: PathBuf,
    },
    /// The file is no database, or a damaged one.
    #[error("`{}` is damaged or no database ({detail}): move it away and collect again, or name another with `--db`", path.display())]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A sound database of some other program.
    #[error("`{}` is a database of another program: name another file with `--db`", path.display())]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// A later version of rolewalk wrote it.
    #[error("`{}` has schema version {found}, and this rolewalk knows versions up to {known}: use the newer rolewalk that wrote it", path.display())]
    NewerSchema {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The highest known version.
        known: i64,
    },
    /// Another process writes to it.
    #[error("another rolewalk is writing to `{}`: wait until it has finished", path.display())]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// A process was stopped while it wrote, and what it left cannot be finished here.
    #[error("`{}` was not finished by the process that wrote it, and its directory cannot be written to: copy it with its `-wal` file to a directory that can", path.display())]
    Unfinished {
        /// The database.
        path: PathBuf,
    },
    /// No such snapshot.
    #[error("there is no snapshot {id} in `{}`: `rolewalk snapshots` lists them", path.display())]
    UnknownSnapshot {
        /// The database.
        path: PathBuf,
        /// What was asked for.
        id: SnapshotId,
    },
    /// A snapshot that is finished cannot be added to.
    #[error("snapshot {id} is complete: collect without `--resume` for a new one")]
    AlreadyComplete {
        /// The snapshot.
        id: SnapshotId,
    },
    /// A file that would have been overwritten.
    #[error("`{}` is already there: name another file, or remove it first", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Permissions, disks and the like.
    #[error("cannot {action} `{}`: {detail}", path.display())]
    Io {
        /// What was tried: `open`, `create`, `write to`.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        detail: String,
    },
}

impl StoreError {
    pub(super) fn io(action: &'static str, path: &Path, error: &std::io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), detail: error.to_string() }
    }

    /// The error of SQLite, told apart by what to do about it.
    pub(super) fn of_database(action: &'static str, path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::SystemIoFailure
                | ErrorCode::DiskFull
                | ErrorCode::OutOfMemory
                | ErrorCode::TooBig
                | ErrorCode::NoLargeFileSupport,
            ) => Self::Io { action, path, detail: error.to_string() },
            // Whatever else SQLite says of statements that are known to fit the schema comes
            // from a file whose content does not.
            _ => Self::Corrupt { path, detail: error.to_string() },
        }
    }
}
