//! Readings: what was read of one subject at one time.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::hcp;
use crate::arn::{AccountId, Partition};

/// Tags of an account, an OU, a user or a role. AWS compares tag keys without case and keeps
/// the case that they were written in.
pub type Tags = BTreeMap<String, String>;

/// The source text of a policy document: JSON as it was written, percent-encoding removed,
/// otherwise untouched. Whether it parses is decided when [`super::Facts`] are built.
pub type PolicyText = Arc<str>;

/// Something that was read, or the record that it was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact<T> {
    /// The value, complete.
    Read(T),
    /// Nothing is known; never to be taken as empty.
    NotRead(NotRead),
}

impl<T> Fact<T> {
    /// The value where it was read.
    pub fn read(&self) -> Option<&T> {
        match self {
            Self::Read(value) => Some(value),
            Self::NotRead(_) => None,
        }
    }

    /// Why it was not read.
    pub fn gap(&self) -> Option<&NotRead> {
        match self {
            Self::Read(_) => None,
            Self::NotRead(gap) => Some(gap),
        }
    }

    /// The value transformed, the gap kept.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Self::Read(value) => Fact::Read(f(value)),
            Self::NotRead(gap) => Fact::NotRead(gap),
        }
    }
}

/// A fact that was not collected, and why.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NotRead {
    /// The call that would have brought it, e.g. `iam:ListOpenIDConnectProviders`, or the file
    /// of a dump that is missing or damaged.
    pub call: String,
    /// The kind of failure.
    pub kind: NotReadKind,
    /// What was answered, for people.
    pub message: String,
}

impl NotRead {
    /// A gap of the given kind.
    pub fn new(call: impl Into<String>, kind: NotReadKind, message: impl Into<String>) -> Self {
        Self { call: call.into(), kind, message: message.into() }
    }
}

/// Why something was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotReadKind {
    /// Nobody tried: left out of the dump, excluded from the crawl.
    NotCollected,
    /// The caller may not read it.
    Denied,
    /// The account is suspended, closed or closing.
    Suspended,
    /// Throttling did not end within the retries.
    Throttled,
    /// No answer: network, endpoint or Region.
    Unreachable,
    /// An answer or file that could not be understood.
    Malformed,
    /// Anything else; the message says what.
    Failed,
}

impl NotReadKind {
    /// The name used in dumps and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotCollected => "not-collected",
            Self::Denied => "denied",
            Self::Suspended => "suspended",
            Self::Throttled => "throttled",
            Self::Unreachable => "unreachable",
            Self::Malformed => "malformed",
            Self::Failed => "failed",
        }
    }
}

/// One reading; a snapshot is a set of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// The organization.
    Organization(OrganizationReading),
    /// One account.
    Account(AccountReading),
    /// The workspaces of HCP Terraform.
    Hcp(HcpReading),
}

/// All readings of one snapshot, and where they came from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Readings {
    /// When and by whom.
    pub origin: Origin,
    /// The organization; `None` when nobody asked for it. Asked for and refused is a reading
    /// whose fact is [`Fact::NotRead`].
    pub organization: Option<OrganizationReading>,
    /// Accounts in no particular order, at most one reading each.
    pub accounts: Vec<AccountReading>,
    /// Hosts of HCP Terraform and Terraform Enterprise, by name, at most one reading each.
    pub hcp: Vec<HcpReading>,
}

/// Where a snapshot came from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// When the reading began; `None` for a dump that does not say.
    pub collected_at: Option<Timestamp>,
    /// The ARN of the principal that collected.
    pub collected_by: Option<String>,
    /// The version of rolewalk that collected.
    pub tool_version: Option<String>,
}

/// What was read of the organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrganizationReading {
    /// When.
    pub read_at: Option<Timestamp>,
    /// The organization; `Read(None)` when the account belongs to none.
    pub organization: Fact<Option<OrganizationFacts>>,
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrganizationFacts {
    /// `o-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// The management account.
    pub management_account: AccountId,
    /// Root, OUs and accounts.
    pub tree: Fact<Tree>,
    /// Service control policies. Empty: the type is not enabled.
    pub scps: Fact<Vec<ControlPolicy>>,
    /// Resource control policies. Empty: the type is not enabled.
    pub rcps: Fact<Vec<ControlPolicy>>,
    /// Accounts to which a service's administration is delegated.
    pub delegated_administrators: Fact<Vec<DelegatedAdministrator>>,
    /// Gaps that spoil no more than themselves: the tags of accounts and OUs
    /// (`organizations:ListTagsForResource`).
    #[serde(default)]
    pub not_read: Vec<NotRead>,
}

/// The root, its OUs and the accounts below them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// `r-…`.
    pub root_id: String,
    /// OUs in any order.
    pub ous: Vec<Ou>,
    /// Accounts in any order.
    pub accounts: Vec<MemberAccount>,
    /// OUs or accounts that are missing from the lists above because their entries could not be
    /// read. While there is one, the place of an account that is not listed is unknown.
    #[serde(default)]
    pub incomplete: Vec<NotRead>,
}

/// An organizational unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ou {
    /// `ou-…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `r-…` or `ou-…`.
    pub parent: String,
    /// Its tags; empty as well where `not_read` of the organization says that they are a gap.
    #[serde(default)]
    pub tags: Tags,
}

/// An account as the organization knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberAccount {
    /// Its id.
    pub id: AccountId,
    /// Its name; not unique.
    pub name: String,
    /// The root user's address.
    pub email: Option<String>,
    /// Its state.
    pub state: AccountState,
    /// `r-…` or `ou-…`.
    pub parent: String,
    /// Its tags, empty when not asked for.
    #[serde(default)]
    pub tags: Tags,
}

/// An account's state (`Account.State`, or `Status` where that is all there is).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountState {
    /// Created, not usable yet.
    PendingActivation,
    /// In use.
    Active,
    /// Suspended.
    Suspended,
    /// On its way to being closed.
    PendingClosure,
    /// Closed.
    Closed,
    /// A state that this version does not know.
    #[serde(other)]
    Unknown,
}

/// A service or resource control policy with its attachments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlPolicy {
    /// `p-…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its document.
    pub document: Fact<PolicyText>,
    /// Root, OU and account ids it is attached to.
    pub targets: Fact<Vec<String>>,
}

/// A delegated administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegatedAdministrator {
    /// The account.
    pub id: AccountId,
    /// Service principals that it administers.
    pub services: Vec<String>,
}

/// What was read of one account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountReading {
    /// The account.
    pub account: AccountId,
    /// Its partition.
    pub partition: Partition,
    /// When.
    pub read_at: Option<Timestamp>,
    /// The sign-in alias, where there is one and it was read.
    pub alias: Option<String>,
    /// Users, groups, roles and managed policies.
    pub identities: Fact<Identities>,
    /// OIDC providers.
    pub oidc_providers: Fact<Vec<OidcProvider>>,
    /// SAML providers.
    pub saml_providers: Fact<Vec<SamlProvider>>,
    /// Gaps that spoil no more than themselves, e.g. session durations (`iam:ListRoles`).
    #[serde(default)]
    pub not_read: Vec<NotRead>,
}

/// What `iam:GetAccountAuthorizationDetails` (and `iam:ListRoles`) say of an account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Identities {
    /// Users.
    pub users: Vec<User>,
    /// Groups.
    pub groups: Vec<Group>,
    /// Roles.
    pub roles: Vec<Role>,
    /// Managed policies that the account uses: its own and those of AWS.
    pub managed_policies: Vec<ManagedPolicy>,
    /// Users, groups, roles or policies that are missing from the lists above because their
    /// entries could not be read. While there is one, no list may be taken as complete.
    #[serde(default)]
    pub incomplete: Vec<NotRead>,
}

/// An IAM user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its name, case as created.
    pub name: String,
    /// `/` or `/a/b/`.
    pub path: String,
    /// `AIDA…`; empty where a dump written by hand leaves it out.
    pub unique_id: String,
    /// Inline policies.
    pub inline: Vec<InlinePolicy>,
    /// ARNs of attached managed policies.
    pub attached: Vec<String>,
    /// ARN of the permissions boundary.
    pub boundary: Option<String>,
    /// Names of its groups.
    pub groups: Vec<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: Tags,
}

/// An IAM group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// `/` or `/a/b/`.
    pub path: String,
    /// `AGPA…`.
    pub unique_id: String,
    /// Inline policies.
    pub inline: Vec<InlinePolicy>,
    /// ARNs of attached managed policies.
    pub attached: Vec<String>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its name, case as created; unique in its account whatever its path.
    pub name: String,
    /// `/` or `/a/b/`.
    pub path: String,
    /// `AROA…`; empty where a dump written by hand leaves it out.
    pub unique_id: String,
    /// Its trust policy.
    pub trust: PolicyText,
    /// Inline policies.
    pub inline: Vec<InlinePolicy>,
    /// ARNs of attached managed policies.
    pub attached: Vec<String>,
    /// ARN of the permissions boundary.
    pub boundary: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: Tags,
    /// Longest session in seconds; `None` when `iam:ListRoles` was not read.
    pub max_session: Option<u32>,
    /// Its description, from the same call.
    pub description: Option<String>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it was last used; `None` when never within what AWS tracks.
    pub last_used: Option<Timestamp>,
}

/// A policy that lives inside a user, group or role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InlinePolicy {
    /// Its name.
    pub name: String,
    /// Its document.
    pub document: PolicyText,
}

/// A managed policy with the document of its default version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagedPolicy {
    /// Its ARN.
    pub arn: String,
    /// Its default version's document.
    pub document: Fact<PolicyText>,
}

/// An IAM OIDC provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcProvider {
    /// Its ARN.
    pub arn: String,
    /// The issuer without `https://`, as registered.
    pub url: String,
    /// Audiences that STS accepts.
    pub audiences: Vec<String>,
}

/// An IAM SAML provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamlProvider {
    /// Its ARN.
    pub arn: String,
    /// When its metadata expires.
    pub valid_until: Option<Timestamp>,
}

/// What was read of one host of HCP Terraform or Terraform Enterprise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HcpReading {
    /// The host; `None` for effective workspaces, which name theirs one by one, and where it is
    /// not known which host it is that was not read.
    #[serde(default)]
    pub host: Option<String>,
    /// When.
    pub read_at: Option<Timestamp>,
    /// The workspaces and their settings.
    pub workspaces: Fact<hcp::Workspaces>,
    /// Workspaces or settings that are missing because their entries could not be read. While
    /// there is one, no list may be taken as complete.
    #[serde(default)]
    pub incomplete: Vec<NotRead>,
}
