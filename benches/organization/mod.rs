//! A made-up organization of any size, for benchmarks and for tests.
//!
//! The same [`Plan`] gives the same organization on every machine. Accounts are made one at a
//! time, each without the ones before it, so that two million roles never are in memory at once.
//!
//! What is in it follows what large organizations have. Most roles are those of services. A
//! product has four accounts (development, test, staging, production) with the same things in
//! them, so many documents differ in nothing but the account. Around them: Identity Center, a
//! hub for HCP Terraform beside accounts with a provider of their own, pipelines whose deploy
//! roles trust each other from account to account, clusters, vendors, break-glass. Four kinds of
//! roles are *wide*: an index that makes pairs of them grows with the square. [`Wide`] says how
//! many there are.

mod account;
mod draft;
mod kinds;
mod names;
mod place;
mod policies;
mod random;
mod roles;
mod store;
mod tree;
mod trust;
mod workspaces;

use rolewalk::org::reading::{AccountReading, HcpReading, OrganizationReading};

pub(crate) use kinds::Kind;
pub(crate) use place::Place;
pub(crate) use random::Random;
pub(crate) use store::write;

/// Changes when a plan gives another organization than before, so that nobody compares figures
/// of different ones.
pub(crate) const VERSION: u32 = 1;

/// What to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Accounts: the management account, a hub, one for security and one for logs come first.
    pub(crate) accounts: u32,
    /// Roles of each account.
    pub(crate) roles: u32,
    /// Workspaces of HCP Terraform.
    pub(crate) workspaces: u32,
    /// Roles of the wide kinds.
    pub(crate) wide: Wide,
    /// How many of a thousand roles of services have a policy that names things of their own,
    /// so that hardly another role has the same.
    pub(crate) own_policies: u32,
    /// Accounts that could not be read, none of them the first four.
    pub(crate) unread: u32,
    /// Another seed is another organization of the same kind.
    pub(crate) seed: u64,
}

/// How many of a thousand roles are wide in some way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wide {
    /// Trust the whole organization.
    pub(crate) organization: u32,
    /// May call `sts:AssumeRole` on `*`.
    pub(crate) any_role: u32,
    /// Trust callers whose ARN fits a pattern that no other role has.
    pub(crate) caller_pattern: u32,
    /// Trust callers whose tag `team` equals their own.
    pub(crate) team: u32,
}

impl Wide {
    /// The same of each.
    pub(crate) fn all(per_mille: u32) -> Self {
        Self {
            organization: per_mille,
            any_role: per_mille,
            caller_pattern: per_mille,
            team: per_mille,
        }
    }
}

impl Plan {
    /// So many accounts of so many roles, with as many workspaces as accounts, 5 % of the roles
    /// of each wide kind, and everything read.
    pub(crate) fn new(accounts: u32, roles: u32) -> Self {
        Self {
            accounts,
            roles,
            workspaces: accounts,
            wide: Wide::all(50),
            own_policies: 300,
            unread: 0,
            seed: 1,
        }
    }

    /// Everything that tells one organization from another, as a part of a file's name.
    pub(crate) fn label(&self) -> String {
        let Self { accounts, roles, workspaces, wide, own_policies, unread, seed } = self;
        let Wide { organization, any_role, caller_pattern, team } = wide;
        format!(
            "v{VERSION}-{accounts}x{roles}-wide{organization}.{any_role}.{caller_pattern}.{team}-\
             workspaces{workspaces}-own{own_policies}-unread{unread}-seed{seed}"
        )
    }

    /// Roles of all accounts, also of those that were not read.
    pub(crate) fn all_roles(&self) -> u64 {
        u64::from(self.accounts) * u64::from(self.roles)
    }

    /// The organization itself.
    pub(crate) fn organization(&self) -> OrganizationReading {
        tree::organization(self)
    }

    /// Its accounts, one at a time.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = AccountReading> {
        (0..self.accounts).map(|index| account::account(self, index))
    }

    /// The workspaces; none where there are to be none.
    pub(crate) fn hcp(&self) -> Vec<HcpReading> {
        (self.workspaces > 0).then(|| workspaces::workspaces(self)).into_iter().collect()
    }
}
