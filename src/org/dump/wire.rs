//! The shapes of the files, as the AWS CLI prints them. What rolewalk does not keep is ignored
//! on the way in and left out on the way out.

#![expect(clippy::struct_field_names, reason = "the names are those of the AWS CLI")]

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::org::reading::Tags;

/// A page of `aws iam get-account-authorization-details`, its lists unread.
#[derive(Deserialize)]
#[serde(
    rename_all = "PascalCase",
    expecting = "the output of `aws iam get-account-authorization-details`"
)]
pub(super) struct Page<'a> {
    #[serde(borrow)]
    pub(super) user_detail_list: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) group_detail_list: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) role_detail_list: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) policies: Option<&'a RawValue>,
    #[serde(default)]
    pub(super) is_truncated: bool,
}

/// The same, to be written.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WholePage {
    pub(super) user_detail_list: Vec<User>,
    pub(super) group_detail_list: Vec<Group>,
    pub(super) role_detail_list: Vec<Role>,
    pub(super) policies: Vec<Policy>,
}

/// An entry of `UserDetailList`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a user")]
pub(super) struct User {
    pub(super) path: Option<String>,
    pub(super) user_name: String,
    #[serde(default)]
    pub(super) user_id: String,
    pub(super) arn: Option<String>,
    /// AWS leaves it out where it is empty, and the other two never.
    #[serde(default)]
    pub(super) user_policy_list: Vec<Inline>,
    pub(super) group_list: Vec<String>,
    pub(super) attached_managed_policies: Vec<Attached>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) permissions_boundary: Option<Boundary>,
    #[serde(default)]
    pub(super) tags: Vec<Tag>,
}

/// An entry of `GroupDetailList`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a group")]
pub(super) struct Group {
    pub(super) path: Option<String>,
    pub(super) group_name: String,
    #[serde(default)]
    pub(super) group_id: String,
    pub(super) arn: Option<String>,
    /// Like those of a role, both are always there.
    pub(super) group_policy_list: Vec<Inline>,
    pub(super) attached_managed_policies: Vec<Attached>,
}

/// An entry of `RoleDetailList`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a role")]
pub(super) struct Role {
    pub(super) path: Option<String>,
    pub(super) role_name: String,
    #[serde(default)]
    pub(super) role_id: String,
    pub(super) arn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) create_date: Option<Box<RawValue>>,
    pub(super) assume_role_policy_document: Box<RawValue>,
    /// AWS writes both lists, empty or not, so one that lacks may have held anything.
    pub(super) role_policy_list: Vec<Inline>,
    pub(super) attached_managed_policies: Vec<Attached>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) permissions_boundary: Option<Boundary>,
    #[serde(default)]
    pub(super) tags: Vec<Tag>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) role_last_used: Option<LastUsed>,
}

/// An inline policy.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an inline policy")]
pub(super) struct Inline {
    pub(super) policy_name: String,
    pub(super) policy_document: Box<RawValue>,
}

/// An attached managed policy.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an attached managed policy")]
pub(super) struct Attached {
    #[serde(default)]
    pub(super) policy_name: String,
    pub(super) policy_arn: String,
}

/// A permissions boundary.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a permissions boundary")]
pub(super) struct Boundary {
    #[serde(default)]
    pub(super) permissions_boundary_type: String,
    pub(super) permissions_boundary_arn: String,
}

/// A tag.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a tag with `Key` and `Value`")]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

/// When a role was last used.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "when the role was last used")]
pub(super) struct LastUsed {
    pub(super) last_used_date: Option<Box<RawValue>>,
}

/// An entry of `Policies`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a managed policy")]
pub(super) struct Policy {
    #[serde(default)]
    pub(super) policy_name: String,
    pub(super) arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) default_version_id: Option<String>,
    #[serde(default)]
    pub(super) policy_version_list: Vec<Version>,
}

/// A version of a managed policy.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a policy version")]
pub(super) struct Version {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) document: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) version_id: Option<String>,
    #[serde(default)]
    pub(super) is_default_version: bool,
}

/// `aws iam list-roles`, its entries unread.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "the output of `aws iam list-roles`")]
pub(super) struct RoleList<'a> {
    #[serde(borrow)]
    pub(super) roles: &'a RawValue,
}

/// The same, to be written.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WholeRoleList {
    pub(super) roles: Vec<ListedRole>,
}

/// An entry of `Roles`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a role as `aws iam list-roles` prints it")]
pub(super) struct ListedRole {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    pub(super) role_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) role_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) arn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) assume_role_policy_document: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) max_session_duration: Option<u32>,
}

/// An entry of `oidc/`.
#[derive(Serialize, Deserialize)]
#[serde(expecting = "an OIDC provider with `Arn`, `Url` and `ClientIDList`")]
pub(super) struct Oidc {
    #[serde(rename = "Arn")]
    pub(super) arn: String,
    #[serde(rename = "Url")]
    pub(super) url: String,
    #[serde(rename = "ClientIDList")]
    pub(super) client_ids: Vec<String>,
}

/// An entry of `saml/`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a SAML provider with `Arn`")]
pub(super) struct Saml {
    pub(super) arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) valid_until: Option<Box<RawValue>>,
}

/// `org.json`, its parts unread.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an organization")]
pub(super) struct Organization<'a> {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) management_account_id: String,
    pub(super) root_id: Option<String>,
    #[serde(borrow)]
    pub(super) ous: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) accounts: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) scps: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) rcps: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) delegated_administrators: Option<&'a RawValue>,
}

/// The same, to be written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WholeOrganization {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) management_account_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) root_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ous: Option<Vec<Ou>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) accounts: Option<Vec<Member>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scps: Option<Vec<ControlPolicy>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rcps: Option<Vec<ControlPolicy>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delegated_administrators: Option<Vec<Delegated>>,
}

/// An entry of `ous`.
#[derive(Serialize, Deserialize)]
#[serde(expecting = "an organizational unit")]
pub(super) struct Ou {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) parent: String,
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub(super) tags: Tags,
}

/// An entry of `accounts`.
#[derive(Serialize, Deserialize)]
#[serde(expecting = "an account")]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<String>,
    pub(super) status: crate::org::reading::AccountState,
    pub(super) parent: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) alias: Option<String>,
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub(super) tags: Tags,
}

/// An entry of `scps` or `rcps`.
#[derive(Serialize, Deserialize)]
#[serde(expecting = "a control policy")]
pub(super) struct ControlPolicy {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) document: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) targets: Option<Box<RawValue>>,
}

/// An entry of `delegatedAdministrators`.
#[derive(Serialize, Deserialize)]
#[serde(expecting = "a delegated administrator")]
pub(super) struct Delegated {
    pub(super) id: String,
    pub(super) services: Vec<String>,
}

/// `hcp-terraform.json`, its lists unread.
#[derive(Deserialize)]
#[serde(expecting = "HCP Terraform as rolewalk writes it")]
pub(super) struct HcpTerraform<'a> {
    pub(super) host: String,
    #[serde(borrow)]
    pub(super) organizations: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) projects: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) workspaces: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) variables: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) variable_sets: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) stacks: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) unreadable: Option<&'a RawValue>,
}
