//! The crawl: what AWS says about the organization and its accounts, handed on as readings.
//!
//! [`plan()`] finds out who is calling and which accounts there are; [`run()`] reads them. What
//! could not be read is recorded in the readings, never left out as if it did not exist. This
//! room decides nothing about access: readings go to a [`Sink`], in a program to a [`Keeper`] that
//! puts them into a snapshot, and news go to a callback as [`Event`]s.

mod account;
mod check;
mod convert;
mod event;
mod failures;
pub mod hcp;
mod import;
mod keep;
mod organization;
mod plan;
mod run;

use std::error::Error;

use thiserror::Error;

use crate::aws::{Failure, FailureKind};
use crate::org::reading::{AccountReading, HcpReading, OrganizationReading, Origin, Readings};

pub use check::{check_role_name, try_account};
pub use event::{Event, Gap, OrganizationCounts, Summary};
pub use failures::FailureGroup;
pub use import::{ImportError, files};
pub use keep::{KeepError, Keeper, Kept, Renew, Task};
pub use plan::{
    Access, Entry, NoOrganization, Options, Plan, PlannedAccount, READ_ROLE, SESSION_NAME, Via,
    Ways, plan,
};
pub use run::{ReadHcp, Run, run, run_hcp};

/// Where readings go as they arrive. The organization may come before, between or after the
/// accounts: it is read at the same time as they are.
pub trait Sink: Send {
    /// Called once, before anything else.
    fn begin(&mut self, origin: Origin) -> Result<(), SinkError>;
    /// Called once.
    fn organization(&mut self, reading: OrganizationReading) -> Result<(), SinkError>;
    /// Called at most once for each account.
    fn account(&mut self, reading: AccountReading) -> Result<(), SinkError>;
    /// Called at most once for each host.
    fn hcp(&mut self, reading: HcpReading) -> Result<(), SinkError>;
}

/// Why a sink could not keep a reading.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct SinkError(#[from] pub Box<dyn Error + Send + Sync>);

impl Sink for Readings {
    fn begin(&mut self, origin: Origin) -> Result<(), SinkError> {
        self.origin = origin;
        Ok(())
    }

    fn organization(&mut self, reading: OrganizationReading) -> Result<(), SinkError> {
        self.organization = Some(reading);
        Ok(())
    }

    fn account(&mut self, reading: AccountReading) -> Result<(), SinkError> {
        self.accounts.push(reading);
        Ok(())
    }

    fn hcp(&mut self, reading: HcpReading) -> Result<(), SinkError> {
        self.hcp.push(reading);
        self.hcp.sort_by(|one, other| one.host.cmp(&other.host));
        Ok(())
    }
}

/// Why a crawl could not begin or go on. What fails in one account is a fact, not an error.
#[derive(Debug, Error)]
pub enum CollectError {
    /// Nobody to crawl as.
    #[error("cannot tell whom AWS sees: {0}")]
    Caller(#[source] Box<Failure>),
    /// The first hop failed.
    #[error("cannot assume `{role}` as the first hop: {failure}")]
    Via {
        /// The role asked for.
        role: String,
        /// What AWS answered.
        #[source]
        failure: Box<Failure>,
    },
    /// Not a name of a role.
    #[error(
        "`{0}` is not a role name: letters, digits and `+=,.@_-` are expected, with the path before it if it has one"
    )]
    RoleName(String),
    /// Not a name of a session.
    #[error("`{0}` is not a session name: 2 to 64 letters, digits and `+=,.@_-` are expected")]
    SessionName(String),
    /// No role to enter accounts with.
    #[error("no read role is named: give at least one role name")]
    NoRoleName,
    /// The readings could not be kept.
    #[error("cannot keep what was read: {0}")]
    Sink(#[from] SinkError),
}

/// The token of the page after this one, `None` after the last. A token that repeats would send
/// us in circles, and to stop there would pass part of a list off as all of it.
fn next_page(
    call: &str,
    next: Option<&str>,
    current: Option<&str>,
) -> Result<Option<String>, Failure> {
    match next.filter(|token| !token.is_empty()) {
        None => Ok(None),
        same if same == current => {
            let message = "a page names itself as the next one";
            Err(Failure::new(call, FailureKind::Malformed, message))
        }
        Some(token) => Ok(Some(token.to_owned())),
    }
}

#[cfg(test)]
mod tests;
