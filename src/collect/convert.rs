//! From the SDK's types to readings.

use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types as iam;
use aws_sdk_organizations::types as organizations;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use crate::aws::{Failure, FailureKind};
use crate::org::reading::{AccountState, Group, InlinePolicy, PolicyText, Role, Tags, User};

/// A policy document as it was written. IAM sends it percent-encoded, where `+` is a plus; text
/// that already is JSON is left alone. What cannot be decoded stays as it came, so that reading
/// it later reports a damaged document instead of none.
pub(super) fn document(text: &str) -> PolicyText {
    if text.trim_start().starts_with('{') {
        return text.into();
    }
    percent_decode_str(text).decode_utf8().map_or_else(|_| text.into(), Into::into)
}

pub(super) fn timestamp(time: &DateTime) -> Option<Timestamp> {
    let nanoseconds = i32::try_from(time.subsec_nanos()).ok()?;
    Timestamp::new(time.secs(), nanoseconds).ok()
}

fn tags(tags: &[iam::Tag]) -> Tags {
    tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

fn inline(policies: &[iam::PolicyDetail]) -> Vec<InlinePolicy> {
    policies
        .iter()
        .map(|policy| InlinePolicy {
            name: policy.policy_name().unwrap_or_default().to_owned(),
            document: document(policy.policy_document().unwrap_or_default()),
        })
        .collect()
}

fn attached(policies: &[iam::AttachedPolicy]) -> Vec<String> {
    policies.iter().filter_map(|policy| policy.policy_arn()).map(str::to_owned).collect()
}

fn boundary(boundary: Option<&iam::AttachedPermissionsBoundary>) -> Option<String> {
    boundary.and_then(|boundary| boundary.permissions_boundary_arn()).map(str::to_owned)
}

/// The text that AWS always sends. Without it the answer cannot be trusted as a whole.
pub(super) fn required(call: &str, what: &str, value: Option<&str>) -> Result<String, Failure> {
    value.map(str::to_owned).ok_or_else(|| {
        Failure::new(call, FailureKind::Malformed, format!("an entry of the answer has no {what}"))
    })
}

pub(super) fn user(call: &str, user: &iam::UserDetail) -> Result<User, Failure> {
    Ok(User {
        name: required(call, "UserName", user.user_name())?,
        path: required(call, "Path", user.path())?,
        unique_id: required(call, "UserId", user.user_id())?,
        inline: inline(user.user_policy_list()),
        attached: attached(user.attached_managed_policies()),
        boundary: boundary(user.permissions_boundary()),
        groups: user.group_list().to_vec(),
        tags: tags(user.tags()),
    })
}

pub(super) fn group(call: &str, group: &iam::GroupDetail) -> Result<Group, Failure> {
    Ok(Group {
        name: required(call, "GroupName", group.group_name())?,
        path: required(call, "Path", group.path())?,
        unique_id: required(call, "GroupId", group.group_id())?,
        inline: inline(group.group_policy_list()),
        attached: attached(group.attached_managed_policies()),
    })
}

pub(super) fn role(call: &str, role: &iam::RoleDetail) -> Result<Role, Failure> {
    let trust = required(call, "AssumeRolePolicyDocument", role.assume_role_policy_document())?;
    Ok(Role {
        name: required(call, "RoleName", role.role_name())?,
        path: required(call, "Path", role.path())?,
        unique_id: required(call, "RoleId", role.role_id())?,
        trust: document(&trust),
        inline: inline(role.role_policy_list()),
        attached: attached(role.attached_managed_policies()),
        boundary: boundary(role.permissions_boundary()),
        tags: tags(role.tags()),
        max_session: None,
        description: None,
        created_at: role.create_date().and_then(timestamp),
        last_used: role.role_last_used().and_then(|used| used.last_used_date()).and_then(timestamp),
    })
}

/// `State` where the answer has it; `Status` is what older endpoints send.
pub(super) fn account_state(account: &organizations::Account) -> AccountState {
    let state = account.state().map(organizations::AccountState::as_str);
    let status = account.status().map(organizations::AccountStatus::as_str);
    match state.or(status).unwrap_or_default() {
        "PENDING_ACTIVATION" => AccountState::PendingActivation,
        "ACTIVE" => AccountState::Active,
        "SUSPENDED" => AccountState::Suspended,
        "PENDING_CLOSURE" => AccountState::PendingClosure,
        "CLOSED" => AccountState::Closed,
        _ => AccountState::Unknown,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn documents_lose_their_encoding_and_nothing_else() {
        let decoded = document("%7B%22Sid%22%3A%22a+b%25%22%2C%22x%22%3A%22%C3%A9%22%7D");
        assert_eq!(&*decoded, "{\"Sid\":\"a+b%\",\"x\":\"é\"}");
        assert_eq!(&*document(" {\"a\":\"%41\"}"), " {\"a\":\"%41\"}");
        assert_eq!(&*document("%FF"), "%FF");
    }

    #[test]
    fn the_newer_state_wins_over_the_status() {
        let account = |state: Option<&str>, status: Option<&str>| {
            let built = organizations::Account::builder()
                .set_state(state.map(Into::into))
                .set_status(status.map(Into::into))
                .build();
            account_state(&built)
        };
        assert_eq!(account(Some("PENDING_CLOSURE"), Some("ACTIVE")), AccountState::PendingClosure);
        assert_eq!(account(None, Some("SUSPENDED")), AccountState::Suspended);
        assert_eq!(account(Some("NEW"), None), AccountState::Unknown);
        assert_eq!(account(None, None), AccountState::Unknown);
    }
}
