//! Lists added up.

use serde::Serialize;

use super::{AccountGap, Counts, PrincipalKind, StatedFact};

/// How far a source reaches (`rolewalk/reach-summary/1`), or who comes to a target
/// (`rolewalk/who-can-summary/1`): the rows of the list, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// `rolewalk/reach-summary/1` or `rolewalk/who-can-summary/1`.
    pub schema: &'static str,
    /// The source or the target: an ARN or a selector.
    pub of: String,
    /// Rows of the list.
    pub counts: Counts,
    /// Accounts of those rows, each by its best row.
    pub accounts: Counts,
    /// Administrator-equivalent roles, and users, among the rows; `null` where privileges are not decided.
    pub admin_roles: Option<Counts>,
    /// Rows by what they are, in the order of [`PrincipalKind`].
    pub by_kind: Vec<KindCounts>,
    /// Rows by account: most administrators first, then most allowed, then most conditional.
    pub by_account: Vec<AccountCounts>,
    /// What was stated of every call.
    pub scenario: Vec<StatedFact>,
    /// Of up to how many hops paths were looked for; longer ones there may be.
    pub max_hops: usize,
    /// What was not read and may hide more.
    pub not_read: Vec<AccountGap>,
    /// Whether accounts were left out of the list, or a search was cut short.
    pub truncated: bool,
}

/// Rows of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct KindCounts {
    /// The kind.
    pub kind: PrincipalKind,
    /// Its rows.
    pub counts: Counts,
}

/// Rows of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountCounts {
    /// The account's id.
    pub account: String,
    /// Its name; `null` where it is not in the snapshot.
    pub name: Option<String>,
    /// Its rows.
    pub counts: Counts,
    /// Administrator-equivalent roles, and users, among them; `null` where privileges are not decided.
    pub admin_roles: Option<Counts>,
}
