//! What happens during a crawl, for whoever shows it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::arn::AccountId;
use crate::aws::{Failure, Identity, Traffic};
use crate::org::reading::OrganizationReading;
use crate::org::{NotRead, NotReadKind};

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
    pub incomplete: Vec<AccountId>,
    /// Accounts that were not read, by kind; [`next_step`] says what to do.
    pub not_read: BTreeMap<&'static str, Vec<(AccountId, NotRead)>>,
    /// What of the organization was not read.
    pub organization_gaps: Vec<NotRead>,
    /// Accounts whose turn did not come, because the crawl was interrupted or stopped.
    pub left: usize,
    /// The failure that would have met every further account too, e.g. expired credentials.
    pub stopped: Option<Failure>,
    /// Roles read.
    pub roles: usize,
    /// Requests and retries.
    pub traffic: Traffic,
    /// How long it took.
    pub elapsed: Duration,
}

impl Summary {
    /// Whether everything that was asked for was read. A suspended account has nothing to read.
    pub fn complete(&self) -> bool {
        let suspended = NotReadKind::Suspended.as_str();
        self.incomplete.is_empty()
            && self.organization_gaps.is_empty()
            && self.left == 0
            && self.not_read.keys().all(|kind| *kind == suspended)
    }

    pub(super) fn count_gap(&mut self, account: AccountId, gap: &NotRead) {
        self.not_read.entry(gap.kind.as_str()).or_default().push((account, gap.clone()));
    }
}

/// What somebody can do about accounts that were not read for this reason.
pub fn next_step(kind: NotReadKind) -> &'static str {
    match kind {
        NotReadKind::NotCollected => "collect again without leaving it out",
        NotReadKind::Denied => {
            "deploy the read role there, or name the one that exists with `--role-name`, and let the caller assume it"
        }
        NotReadKind::Suspended => "nothing: such an account cannot be read",
        NotReadKind::Throttled => {
            "collect again with `--resume`, later or with a lower `--concurrency`"
        }
        NotReadKind::Unreachable => {
            "check network, proxy, Region and `AWS_ENDPOINT_URL`, then collect again with `--resume`"
        }
        NotReadKind::Malformed | NotReadKind::Failed => {
            "see the message, then collect again with `--resume`"
        }
    }
}
