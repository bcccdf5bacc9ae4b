//! Everything about one thing, for a detail pane.

use std::collections::BTreeMap;

use serde::Serialize;

use super::lists::{AccountGap, Admitted, Reach, Reached, WhoCan};
use crate::evaluation::{Privilege, PrivilegeReason, Reason, Verdict};
use crate::org::NotRead;

/// The organization in a few lines: the detail of the tree's first node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// Its id; `null` for a set of accounts without organization.
    pub organization: Option<String>,
    /// A name for people: the management account's, or the id.
    pub name: String,
    /// When the facts were collected.
    pub collected_at: Option<String>,
    /// By whom.
    pub collected_by: Option<String>,
    /// Accounts known.
    pub accounts: usize,
    /// Accounts whose identities were read.
    pub accounts_read: usize,
    /// Roles.
    pub roles: usize,
    /// Workspaces; `null` when HCP Terraform was not read.
    pub workspaces: Option<usize>,
    /// What was not read.
    pub not_read: Vec<AccountGap>,
}

/// Everything about one node, for a detail pane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// The organization.
    Organization(Overview),
    /// The root or an OU.
    Ou(OuDetail),
    /// An account.
    Account(AccountDetail),
    /// A provider.
    Provider(ProviderDetail),
    /// A user.
    User(UserDetail),
    /// A role.
    Role(Box<RoleDetail>),
    /// A workspace.
    Workspace(WorkspaceDetail),
    /// A stack.
    Stack(StackDetail),
    /// HCP Terraform or a project: a few lines of text.
    Text(Vec<String>),
}

/// A root or OU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OuDetail {
    /// Its path, `/` for the root.
    pub path: String,
    /// Its id.
    pub id: String,
    /// Accounts below it.
    pub accounts: usize,
    /// Service control policies attached here; `null` when not read.
    pub scps: Option<Vec<String>>,
    /// Resource control policies attached here; `null` when not read.
    pub rcps: Option<Vec<String>>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountDetail {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The path of its OU.
    pub ou: String,
    /// Its sign-in alias.
    pub alias: Option<String>,
    /// The root user's address.
    pub email: Option<String>,
    /// Its state, as AWS names it.
    pub state: String,
    /// Whether it is the management account, which control policies spare.
    pub management: bool,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Service control policies from the root down to the account, `level: name`.
    pub scps: Vec<String>,
    /// Resource control policies likewise.
    pub rcps: Vec<String>,
    /// Issuers of its OIDC providers; `null` when not read.
    pub providers: Option<Vec<String>>,
    /// Roles that are not service-linked.
    pub roles: usize,
    /// Users.
    pub users: usize,
    /// Sources outside the account that end up holding a role in it, best verdict first.
    pub reached_by: Vec<Reached>,
    /// What was not read of it.
    pub not_read: Vec<NotRead>,
}

/// An OIDC or SAML provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderDetail {
    /// Its ARN.
    pub arn: String,
    /// The issuer's URL without `https://`, or the SAML provider's name.
    pub url: String,
    /// What issues the tokens, e.g. `HCP Terraform`.
    pub issuer: String,
    /// Whether all customers of the issuer get their tokens from this URL, so that a condition has
    /// to tell them apart.
    pub shared: bool,
    /// The condition key without which IAM saves no trust policy for it.
    pub required_key: Option<String>,
    /// Audiences that STS accepts.
    pub audiences: Vec<String>,
    /// Roles that trust it, with the subjects that they admit.
    pub roles: Vec<ProviderRole>,
}

/// A role behind a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderRole {
    /// The role's ARN.
    pub role: String,
    /// Its subject patterns, as written; `*` where it asks for none.
    pub subjects: Vec<String>,
    /// Whom each of them stands for.
    pub admits: Vec<Admitted>,
    /// What is wrong, or worth knowing, about how its trust policy lets the tokens in.
    pub notes: Vec<String>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserDetail {
    /// Its ARN.
    pub arn: String,
    /// Its groups.
    pub groups: Vec<String>,
    /// What it can do in its own account, at most.
    pub privilege: Option<Privilege>,
    /// What it surely can do.
    pub privilege_proven: Option<Privilege>,
    /// Why, with the statements that allow it.
    pub privilege_reasons: Vec<PrivilegeReason>,
    /// Its policies, inline and attached, those of its groups included.
    pub policies: Vec<PolicyView>,
    /// What it reaches.
    pub reaches: Reach,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleDetail {
    /// Its ARN.
    pub arn: String,
    /// Its unique id.
    pub unique_id: String,
    /// Its description.
    pub description: Option<String>,
    /// Longest session in seconds.
    pub max_session: Option<u32>,
    /// When it was last used (RFC 3339).
    pub last_used: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What it can do in its own account, at most.
    pub privilege: Option<Privilege>,
    /// What it surely can do.
    pub privilege_proven: Option<Privilege>,
    /// Who can end up holding it, and why it can do what it can.
    pub who_can: WhoCan,
    /// What it reaches.
    pub reaches: Reach,
    /// Its trust policy.
    pub trust: PolicyView,
    /// Its identity-based policies, inline and attached.
    pub policies: Vec<PolicyView>,
    /// Its permissions boundary.
    pub boundary: Option<PolicyView>,
}

/// A policy's text with what can be marked in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyView {
    /// Name or ARN, as in evidence.
    pub policy: String,
    /// What it is attached to, as in evidence.
    pub attached_to: String,
    /// The document, formatted; `null` when it was not read.
    pub text: Option<String>,
    /// For each statement, the lines (from 0, end excluded) of `text` that it takes.
    pub statements: Vec<(usize, usize)>,
    /// What does not parse.
    pub problems: Vec<String>,
}

/// A workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkspaceDetail {
    /// Its selector, without phase.
    pub selector: String,
    /// Its execution mode.
    pub execution_mode: String,
    /// Effective settings: key, value (`hidden` where sensitive), origin.
    pub settings: Vec<Setting>,
    /// What each configuration and phase gives.
    pub phases: Vec<PhaseDetail>,
    /// Roles that Vault assumes for its runs, which nobody here can follow.
    pub vault_backed: Vec<VaultRole>,
    /// Ways in that can't be followed, and other things to know, all problems among them.
    pub notes: Vec<String>,
    /// What is odd about its settings.
    pub problems: Vec<SettingProblem>,
}

/// Something odd about a workspace's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingProblem {
    /// `no-role-arn`, `outside-account`, `unknown-account`, `unknown-role`, `terraform-variable`,
    /// `undecided` or `long-subject`.
    pub kind: &'static str,
    /// The variable, where it is one's.
    pub variable: Option<String>,
    /// For people.
    pub text: String,
}

impl SettingProblem {
    /// In a few words.
    pub fn short(&self) -> &'static str {
        match self.kind {
            "no-role-arn" => "no role ARN",
            "terraform-variable" => "Terraform variable",
            "undecided" | "ambiguous" => "value undecided",
            "hidden" => "sensitive setting",
            "no-role" => "no role set",
            "switch" => "not switched on",
            "long-subject" => "long subject",
            "outside-account" => "account outside of the organization",
            "unknown-account" => "account not read",
            _ => "no such role",
        }
    }
}

/// A role that Vault assumes for runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VaultRole {
    /// `plan` or `apply`.
    pub phase: &'static str,
    /// The configuration's tag.
    pub tag: Option<String>,
    /// The role that the settings name.
    pub role: Option<String>,
}

/// A stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackDetail {
    /// Its selector, without deployment.
    pub selector: String,
    /// The names of its deployments; `null` where they were not read.
    pub deployments: Option<Vec<String>>,
    /// What each deployment and operation gives.
    pub operations: Vec<OperationDetail>,
    /// Things to know.
    pub notes: Vec<String>,
}

/// One operation of a stack's deployment. Which role it asks for is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperationDetail {
    /// The deployment's name; `*` for one that was not read.
    pub deployment: String,
    /// `plan` or `apply`.
    pub operation: &'static str,
    /// The token's subject.
    pub subject: String,
    /// What it reaches.
    pub reaches: Reach,
}

/// One effective setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The variable's key.
    pub key: String,
    /// Its value, `null` where it can't be read.
    pub value: Option<String>,
    /// Where it comes from.
    pub origin: String,
}

/// One phase of one configuration of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhaseDetail {
    /// `plan` or `apply`.
    pub phase: &'static str,
    /// The configuration's tag.
    pub tag: Option<String>,
    /// The token's subject.
    pub subject: String,
    /// The token's audience.
    pub audience: Option<String>,
    /// The role that the settings name.
    pub role: Option<String>,
    /// The verdict of the first hop to it.
    pub verdict: Option<Verdict>,
    /// Why not, when denied.
    pub reason: Option<Reason>,
    /// What the statement fails on that came nearest; `null` unless one did.
    pub cause: Option<String>,
    /// What the phase reaches.
    pub reaches: Reach,
}
