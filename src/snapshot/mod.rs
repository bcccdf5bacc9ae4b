//! Facts kept: snapshots in one SQLite database.
//!
//! A reading is stored once, as relational rows, under the hash of what it says; a snapshot
//! points to readings. So a crawl that finds most accounts unchanged costs little, and history
//! comes for free. Policy documents are stored once whatever the number of roles that use them.
//! Every face reads facts from here or from the embedded sample, and [`Store::load`] gives back
//! exactly what was put. No credential is ever in a reading, so none is ever here.

mod columns;
mod documents;
mod error;
mod info;
mod load;
mod load_documents;
mod load_facts;
mod load_hcp;
mod load_rows;
mod readers;
mod rows;
mod sample;
mod schema;
mod store;
mod write;
mod write_rows;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::arn::AccountId;

pub use error::StoreError;
pub use info::{AccountAge, Known, SnapshotInfo};
pub use sample::sample;
pub use store::Store;
pub use write::SnapshotWriter;

/// The number of a snapshot; later ones have higher numbers, and none is used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId(i64);

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SnapshotId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// How the facts of a snapshot were obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// By a crawl.
    Collect,
    /// From a dump directory.
    Import,
    /// Copied from another database.
    Copy,
}

impl Source {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Collect => "collect",
            Self::Import => "import",
            Self::Copy => "copy",
        }
    }

    fn from_name(name: &str) -> Self {
        match name {
            "import" => Self::Import,
            "copy" => Self::Copy,
            _ => Self::Collect,
        }
    }
}

/// How far the loading of a snapshot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Roles are read, with what they are beside: so many of so many.
    Roles {
        /// So many are read.
        read: usize,
        /// So many there are.
        all: usize,
    },
    /// Policy documents are read, after the roles. A document counts for each account that it is
    /// used in.
    Documents {
        /// So many are read.
        read: usize,
        /// So many there are.
        all: usize,
    },
}

/// What a reading is about. A snapshot has at most one reading of each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The organization.
    Organization,
    /// One account.
    Account(AccountId),
    /// One host of HCP Terraform or Terraform Enterprise; `None` where the reading does not say
    /// which, or says it of each workspace.
    Hcp(Option<Arc<str>>),
}

impl Subject {
    /// Whether newer readings of these subjects say all that an older one of this says, though it is
    /// not among them: hosts of HCP Terraform that were read one by one, and workspaces of whatever
    /// hosts, stand for each other.
    pub fn is_said_by(&self, newer: &BTreeSet<Self>) -> bool {
        match self {
            Self::Hcp(None) => newer.iter().any(|it| matches!(it, Self::Hcp(Some(_)))),
            Self::Hcp(Some(_)) => newer.contains(&Self::Hcp(None)),
            Self::Organization | Self::Account(_) => false,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organization => f.write_str("organization"),
            Self::Account(id) => write!(f, "account:{id}"),
            Self::Hcp(None) => f.write_str("hcp"),
            Self::Hcp(Some(host)) => write!(f, "hcp:{host}"),
        }
    }
}

impl FromStr for Subject {
    type Err = crate::arn::NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(host) = text.strip_prefix("hcp:") {
            return Ok(Self::Hcp(Some(host.into())));
        }
        match text {
            "organization" => Ok(Self::Organization),
            "hcp" => Ok(Self::Hcp(None)),
            other => other.strip_prefix("account:").unwrap_or(other).parse().map(Self::Account),
        }
    }
}

#[cfg(test)]
mod tests;
