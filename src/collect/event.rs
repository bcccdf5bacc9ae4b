//! What happens during a crawl, for whoever shows it.

use std::time::Duration;

use crate::arn::AccountId;
use crate::aws::{Failure, Identity, Traffic};
use crate::org::reading::OrganizationReading;
use crate::org::{NotRead, NotReadKind};

use super::failures::{FailureGroup, failures};
use super::hcp::Counts;

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
    /// A host of HCP Terraform was read, or not.
    Hcp {
        /// Its name.
        host: String,
        /// How much it has; `None` where nothing was read.
        counts: Option<Counts>,
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
    /// The account; `None` for the organization, and for HCP Terraform.
    pub account: Option<AccountId>,
    /// The host of HCP Terraform, where it is one's.
    pub host: Option<String>,
    /// Whether nothing of the account, or of the host, was read.
    pub whole: bool,
    /// What and why.
    pub not_read: NotRead,
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
    /// Hosts of HCP Terraform that were asked, by name; `None` where nothing was read.
    pub hosts: Vec<(String, Option<Counts>)>,
    /// Requests and retries.
    pub traffic: Traffic,
    /// How long it took.
    pub elapsed: Duration,
}

impl Summary {
    /// Whether everything was read that was asked for. A suspended account has nothing to read,
    /// and in HCP Terraform it is usual that a token sees a part.
    pub fn complete(&self) -> bool {
        let usual = |gap: &Gap| match gap.not_read.kind {
            NotReadKind::Suspended => true,
            NotReadKind::Denied | NotReadKind::NotCollected => gap.host.is_some() && !gap.whole,
            _ => false,
        };
        self.left == 0 && self.gaps.iter().all(usual)
    }

    /// Workspaces that were read; `None` where no host was.
    pub fn workspaces(&self) -> Option<usize> {
        let counts = self.hosts.iter().filter_map(|(_, counts)| counts.as_ref());
        counts.map(|counts| counts.workspaces).reduce(|one, other| one + other)
    }

    /// What was not read, grouped by what to do about it: those first that cost most accounts.
    pub fn failures(&self) -> Vec<FailureGroup> {
        failures(&self.gaps)
    }
}
