//! What happens during a crawl, for whoever shows it.

use std::time::Duration;

use crate::arn::AccountId;
use crate::aws::{Failure, Identity, Traffic};
use crate::org::reading::OrganizationReading;
use crate::org::{NotRead, NotReadKind};

use super::failures::{FailureGroup, failures};

/// News of a crawl, in the order in which things happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Who crawls.
    Caller {
        /// Whom the credentials belong to.
        caller: Identity,
        /// The session of the first hop, where there is one.
        via: Option<Identity>,
    },
    /// The organization was read.
    Organization(OrganizationCounts),
    /// Part of the organization was not read.
    OrganizationGap(NotRead),
    /// The accounts of the organization cannot be listed; only the caller's own is read.
    NoOrganizationAccess {
        /// The account that is read.
        account: AccountId,
        /// Why; `None` when the account belongs to no organization.
        gap: Option<NotRead>,
    },
    /// An account's turn came.
    AccountStarted {
        /// The account.
        account: AccountId,
    },
    /// Users, groups and roles of an account were read.
    AccountRead {
        /// The account.
        account: AccountId,
        /// How many roles it has.
        roles: usize,
        /// How many users it has.
        users: usize,
        /// What else of it was not read.
        gaps: Vec<NotRead>,
        /// How long it took.
        elapsed: Duration,
    },
    /// Users, groups and roles of an account were not read.
    AccountNotRead {
        /// The account.
        account: AccountId,
        /// Why.
        gap: NotRead,
    },
    /// HCP Terraform was read, or not.
    Hcp {
        /// Its host.
        host: String,
        /// How many workspaces it has; `None` where nothing was read.
        workspaces: Option<usize>,
        /// What of it was not read.
        gaps: Vec<NotRead>,
    },
    /// The crawl ended.
    Finished(Summary),
}

/// How much organization there is; `None` where that part was not read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganizationCounts {
    /// `o-…`.
    pub id: String,
    /// Organizational units.
    pub ous: Option<usize>,
    /// Accounts in any state.
    pub accounts: Option<usize>,
    /// Service control policies.
    pub scps: Option<usize>,
    /// Resource control policies.
    pub rcps: Option<usize>,
}

impl OrganizationCounts {
    /// Counts a reading; `None` where it holds no organization.
    pub(super) fn of(reading: &OrganizationReading) -> Option<Self> {
        let facts = reading.organization.read()?.as_ref()?;
        Some(Self {
            id: facts.id.clone(),
            ous: facts.tree.read().map(|tree| tree.ous.len()),
            accounts: facts.tree.read().map(|tree| tree.accounts.len()),
            scps: facts.scps.read().map(Vec::len),
            rcps: facts.rcps.read().map(Vec::len),
        })
    }
}

/// Something that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The account; `None` for the organization.
    pub account: Option<AccountId>,
    /// Whether nothing of the account was read.
    pub whole: bool,
    /// What and why.
    pub not_read: NotRead,
}

/// Whether the gap is of HCP Terraform, whose calls are requests and not actions.
pub(super) fn is_of_hcp(gap: &NotRead) -> bool {
    gap.call.starts_with("GET ")
}

/// How a crawl ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// Accounts that are known, in any state.
    pub known: usize,
    /// Accounts that were left out by choice.
    pub excluded: usize,
    /// Accounts of which users, groups and roles were read.
    pub read: usize,
    /// Of these, accounts of which something else was not read.
    pub incomplete: usize,
    /// What was not read, in the order in which it was found; [`Summary::failures`] groups it.
    pub gaps: Vec<Gap>,
    /// Accounts whose turn did not come, because the crawl was interrupted or stopped.
    pub left: usize,
    /// The failure that would have met every further account too, e.g. expired credentials.
    pub stopped: Option<Failure>,
    /// Roles read.
    pub roles: usize,
    /// Workspaces of HCP Terraform read; `None` where it was not asked.
    pub workspaces: Option<usize>,
    /// Requests and retries.
    pub traffic: Traffic,
    /// How long it took.
    pub elapsed: Duration,
}

impl Summary {
    /// Whether everything was read that was asked for. A suspended account has nothing to read,
    /// and in HCP Terraform it is usual that a token sees a part.
    pub fn complete(&self) -> bool {
        let usual = |gap: &NotRead| match gap.kind {
            NotReadKind::Suspended => true,
            NotReadKind::Denied | NotReadKind::NotCollected => {
                is_of_hcp(gap) && self.workspaces.is_some()
            }
            _ => false,
        };
        self.left == 0 && self.gaps.iter().all(|gap| usual(&gap.not_read))
    }

    /// What was not read, grouped by what to do about it: those first that cost most accounts.
    pub fn failures(&self) -> Vec<FailureGroup> {
        failures(&self.gaps)
    }
}
