//! What stands at vertices, counted.

use crate::evaluation::{Privilege, Privileges};

/// What stands at a vertex, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weight {
    /// Nodes.
    pub nodes: u32,
    /// Users and roles among them.
    pub principals: u32,
    /// Those of them that may be administrators of their account, for all that was read.
    pub admins: u32,
    /// Those that are so for sure.
    pub proven_admins: u32,
}

impl Weight {
    /// That of one node.
    pub(super) fn of(privileges: Option<Privileges>) -> Self {
        let is = |mark: fn(Privileges) -> Privilege| {
            u32::from(privileges.is_some_and(|it| mark(it) == Privilege::Admin))
        };
        Self {
            nodes: 1,
            principals: u32::from(privileges.is_some()),
            admins: is(|it| it.most),
            proven_admins: is(|it| it.proven),
        }
    }

    /// That of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            nodes: self.nodes + other.nodes,
            principals: self.principals + other.principals,
            admins: self.admins + other.admins,
            proven_admins: self.proven_admins + other.proven_admins,
        }
    }

    /// What is left of this without a part of it.
    #[must_use]
    pub fn without(self, part: Self) -> Self {
        Self {
            nodes: self.nodes.saturating_sub(part.nodes),
            principals: self.principals.saturating_sub(part.principals),
            admins: self.admins.saturating_sub(part.admins),
            proven_admins: self.proven_admins.saturating_sub(part.proven_admins),
        }
    }
}
