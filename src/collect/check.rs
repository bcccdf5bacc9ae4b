//! Trying out, before a crawl, what it would do: one account in place of all.

use super::CollectError;
use super::account::enter;
use super::plan::{Access, Plan};
use crate::arn::AccountId;
use crate::aws::{Failure, Identity, failure};

impl Plan {
    /// The organization's id and its management account; `None` where the reader's account
    /// belongs to none, or may not know.
    pub fn organization(&self) -> Option<(&str, AccountId)> {
        let description = self.organization.read()?.as_ref()?;
        Some((&description.id, description.management_account))
    }
}

/// Enters the account exactly as a crawl does and makes one read of IAM there, the smallest. Gives
/// the session that it was made with. An account that the plan does not know is entered as well.
pub async fn try_account(plan: &Plan, account: AccountId) -> Result<Identity, Failure> {
    const READ: &str = "iam:ListAccountAliases";
    let known = plan.accounts.iter().find(|known| known.id == account);
    let connection = match known.map_or(Access::Enter, |known| known.access) {
        Access::Own => plan.reader_connection.clone(),
        Access::Caller => plan.caller_connection.clone(),
        Access::Enter | Access::Closed => {
            enter(&plan.reader_connection, &plan.ways, plan.partition(), account).await?
        }
    };
    let read = connection.iam().list_account_aliases().send().await;
    read.map_err(|error| failure(READ, &error))?;
    connection.identity().await
}

/// Whether this can be the name of a read role, with its path if it has one.
pub fn check_role_name(name: &str) -> Result<(), CollectError> {
    let fits = |char: char| char.is_ascii_alphanumeric() || "+=,.@_-/".contains(char);
    let named = !name.is_empty() && !name.starts_with('/') && !name.ends_with('/');
    if named && name.chars().all(fits) {
        return Ok(());
    }
    Err(CollectError::RoleName(name.to_owned()))
}
