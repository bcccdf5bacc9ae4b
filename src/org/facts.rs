//! A whole snapshot, resolved to dense keys.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use compact_str::CompactString;
use jiff::Timestamp;

use super::hcp;
use super::lookup::{Names, UniqueIds};
use super::reading::{AccountState, DelegatedAdministrator, Fact, NotRead, Origin, PolicyText};
use super::table::{Table, keys};
use super::tags::Tags;
use crate::arn::{AccountId, Partition};
use crate::policy::{ActionSet, Document, ParseError};

keys! {
    /// The root or an OU.
    ContainerKey,
    /// An account.
    AccountKey,
    /// A role.
    RoleKey,
    /// A user.
    UserKey,
    /// A group.
    GroupKey,
    /// A distinct policy document.
    DocumentKey,
    /// An OIDC provider.
    OidcProviderKey,
    /// A SAML provider.
    SamlProviderKey,
    /// A service or resource control policy.
    ControlPolicyKey,
}

/// A whole snapshot, resolved to dense keys, each distinct policy document parsed once.
#[derive(Debug, Default)]
pub struct Facts {
    /// When and by whom it was collected.
    pub origin: Origin,
    /// The organization; `None` when nobody asked, `Read(None)` when there is none.
    pub organization: Option<Fact<Option<Organization>>>,
    /// The root and the OUs, parents before children.
    pub containers: Table<ContainerKey, Container>,
    /// Accounts, by OU path and name.
    pub accounts: Table<AccountKey, Account>,
    /// Roles, by account and ARN.
    pub roles: Table<RoleKey, Role>,
    /// Users, by account and ARN.
    pub users: Table<UserKey, User>,
    /// Groups.
    pub groups: Table<GroupKey, Group>,
    /// Policy documents.
    pub documents: Table<DocumentKey, PolicyDocument>,
    /// OIDC providers.
    pub oidc_providers: Table<OidcProviderKey, OidcProvider>,
    /// SAML providers.
    pub saml_providers: Table<SamlProviderKey, SamlProvider>,
    /// Control policies of both types.
    pub control_policies: Table<ControlPolicyKey, ControlPolicy>,
    pub(super) scps: ControlPolicies,
    pub(super) rcps: ControlPolicies,
    /// HCP Terraform and Terraform Enterprise, by host; none when nobody asked.
    pub hcp: Vec<HcpHost>,
    /// Whether every account of the organization is listed.
    pub accounts_complete: bool,
    pub(super) account_by_id: HashMap<AccountId, AccountKey>,
    pub(super) unique_ids: UniqueIds,
}

/// One host of HCP Terraform or Terraform Enterprise.
#[derive(Debug, Clone, PartialEq)]
pub struct HcpHost {
    /// Its name; `None` for effective workspaces, which name theirs one by one, and where it is
    /// not known which host it is that was not read.
    pub host: Option<String>,
    /// Its workspaces and their settings.
    pub workspaces: Fact<hcp::Workspaces>,
    /// Entries that are missing because they could not be understood.
    pub incomplete: Vec<NotRead>,
}

impl HcpHost {
    /// For people.
    pub fn name(&self) -> String {
        self.host.as_deref().map_or_else(|| "HCP Terraform".to_owned(), hcp::place)
    }
}

impl Facts {
    /// Whether the workspaces of some host of HCP Terraform were read.
    pub fn was_hcp_read(&self) -> bool {
        self.hcp.iter().any(|host| host.workspaces.read().is_some())
    }

    /// Whether nothing is missing between the containers of a line.
    pub fn is_whole(&self, line: &[ContainerKey]) -> bool {
        !line.iter().any(|key| self.containers[*key].loose)
    }

    /// The SAML providers of an account, or what stands in for them.
    pub fn saml_providers_of(&self, account: AccountKey) -> impl Iterator<Item = SamlProviderKey> {
        let row = &self.accounts[account];
        let listed = row.saml_providers.read().into_iter().flatten();
        listed.chain(&row.saml_stand_ins).copied()
    }

    /// Whether the workspaces of a host were read.
    pub fn was_host_read(&self, host: &str) -> bool {
        self.hcp.iter().any(|each| match (&each.host, each.workspaces.read()) {
            (_, None) => false,
            (Some(name), Some(_)) => name.eq_ignore_ascii_case(host),
            // Effective workspaces name their hosts.
            (None, Some(hcp::Workspaces::Effective(list))) => {
                let named = |it: &hcp::EffectiveWorkspace| {
                    it.host.as_deref().unwrap_or(hcp::DEFAULT_HOST).eq_ignore_ascii_case(host)
                };
                list.iter().any(named) || host.eq_ignore_ascii_case(hcp::DEFAULT_HOST)
            }
            (None, Some(hcp::Workspaces::AsRead(_))) => true,
        })
    }

    /// The organizations of a host whose workspaces were read.
    pub fn organizations_read(&self, host: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for each in &self.hcp {
            match each.workspaces.read() {
                None => {}
                Some(hcp::Workspaces::AsRead(hcp)) if hcp.host.eq_ignore_ascii_case(host) => {
                    let names = hcp.organizations.iter().map(String::as_str);
                    found.extend(names.filter(|name| !refused(hcp, name)));
                }
                Some(hcp::Workspaces::AsRead(_)) => {}
                Some(hcp::Workspaces::Effective(list)) => {
                    let here = list.iter().filter(|it| {
                        it.host.as_deref().unwrap_or(hcp::DEFAULT_HOST).eq_ignore_ascii_case(host)
                    });
                    found.extend(here.map(|it| it.organization.as_str()));
                }
            }
        }
        found
    }

    /// Whether workspaces of organizations that were read may be missing.
    pub fn hides_workspaces(&self, host: &str) -> bool {
        self.hcp.iter().any(|each| match each.workspaces.read() {
            Some(hcp::Workspaces::AsRead(hcp)) if hcp.host.eq_ignore_ascii_case(host) => {
                !each.incomplete.is_empty()
                    || hcp.unreadable.iter().any(|it| it.kind == "workspace")
            }
            Some(hcp::Workspaces::Effective(_)) => !each.incomplete.is_empty(),
            _ => false,
        })
    }

    /// Whether an organization is known, or may be, of which the workspaces were not read.
    pub fn hides_organization(&self, host: &str, organization: &str) -> bool {
        let hidden = |each: &HcpHost| match each.workspaces.read() {
            Some(hcp::Workspaces::AsRead(hcp)) => {
                hcp.host.eq_ignore_ascii_case(host) && refused(hcp, organization)
            }
            _ => false,
        };
        !self.was_host_read(host) || self.hcp.iter().any(hidden)
    }
}

/// Whether the token may not see the workspaces of an organization.
fn refused(hcp: &hcp::HcpTerraform, organization: &str) -> bool {
    hcp.unreadable.iter().any(|it| {
        let kind = matches!(it.kind.as_str(), "organization" | "workspaces" | "projects");
        kind && it.id.eq_ignore_ascii_case(organization)
    })
}

/// A user or a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// A user.
    User(UserKey),
    /// A role.
    Role(RoleKey),
}

/// The organization.
#[derive(Debug, Clone)]
pub struct Organization {
    /// `o-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// The management account's id.
    pub management_account: AccountId,
    /// The root; not read when the tree was not.
    pub root: Fact<ContainerKey>,
    /// Whether service control policies are enabled.
    pub scps: Fact<bool>,
    /// Whether resource control policies are enabled.
    pub rcps: Fact<bool>,
    /// Delegated administrators.
    pub delegated_administrators: Fact<Vec<DelegatedAdministrator>>,
    /// What else of it was not read: tags of accounts and OUs.
    pub not_read: Vec<NotRead>,
    /// Which accounts and OUs are missing from the tree, or hang nowhere in it.
    pub tree_gaps: Vec<NotRead>,
}

/// The root or an OU.
#[derive(Debug, Clone)]
pub struct Container {
    /// `r-…` or `ou-…`.
    pub id: String,
    /// Its name; `Root` for the root.
    pub name: String,
    /// Names from below the root: `/` for the root, `/Workloads/Prod` for an OU.
    pub path: String,
    /// What it lies in; `None` for the root.
    pub parent: Option<ContainerKey>,
    /// The containers that it lies in, from the root down to itself.
    pub line: Vec<ContainerKey>,
    /// Whether it hangs nowhere below the root as far as is known, and was put there.
    pub loose: bool,
    /// Its place as AWS's condition keys write it: `o-…/r-…/ou-…/`.
    pub organization_path: String,
    /// Its tags.
    pub tags: Tags,
    /// Control policies attached right here, of both types.
    pub control_policies: Vec<ControlPolicyKey>,
    /// For each type of them, the assume actions that they let through whatever the request.
    pub unhindered: Unhindered,
}

/// An account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its id as text, for what compares it with text often.
    pub id_text: String,
    /// Its name; the id where none was read.
    pub name: String,
    /// Its partition.
    pub partition: Partition,
    /// The root user's address.
    pub email: Option<String>,
    /// The sign-in alias.
    pub alias: Option<String>,
    /// Its state.
    pub state: AccountState,
    /// Where it hangs; `None` when it is not in the organization's tree, or that was not read.
    pub parent: Option<ContainerKey>,
    /// Whether it belongs to the organization.
    pub membership: Membership,
    /// Its tags.
    pub tags: Tags,
    /// Control policies attached right here, of both types.
    pub control_policies: Vec<ControlPolicyKey>,
    /// For each type of them, the assume actions that they let through whatever the request.
    pub unhindered: Unhindered,
    /// Whether its users, groups and roles were read; the value lists entries that were damaged.
    pub identities: Fact<Vec<NotRead>>,
    /// Whether its OIDC providers were read.
    pub oidc_providers: Fact<Vec<OidcProviderKey>>,
    /// Whether its SAML providers were read.
    pub saml_providers: Fact<Vec<SamlProviderKey>>,
    /// What stands in for them where they were not read: those that trust policies mean.
    pub saml_stand_ins: Vec<SamlProviderKey>,
    /// Smaller gaps.
    pub not_read: Vec<NotRead>,
    /// Its roles, by ARN.
    pub roles: Vec<RoleKey>,
    /// Its users, by ARN.
    pub users: Vec<UserKey>,
    pub(super) role_names: Names,
    pub(super) user_names: Names,
}

impl Account {
    /// Why users, groups or roles of it may be missing, where not all of them were read.
    pub fn missing(&self) -> Option<&NotRead> {
        match &self.identities {
            Fact::Read(damaged) => damaged.first(),
            Fact::NotRead(gap) => Some(gap),
        }
    }
}

/// Whether an account belongs to the organization of the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// It is the management account.
    Management,
    /// It is a member.
    Member,
    /// It belongs to no organization, or to another one.
    Outside,
    /// It belongs to no organization: there is none.
    Standalone,
    /// Not read.
    Unknown,
}

/// A distinct policy document.
#[derive(Debug, Clone)]
pub struct PolicyDocument {
    /// The text as it was read.
    pub text: PolicyText,
    /// What it says, or why that can't be read.
    pub parsed: Result<Document, ParseError>,
}

/// A managed policy as something refers to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AttachedPolicy {
    /// Its ARN.
    pub arn: Arc<str>,
    /// Its document; `None` when it was not read.
    pub document: Option<DocumentKey>,
}

/// An inline policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineDocument {
    /// Its name.
    pub name: Arc<str>,
    /// Its document.
    pub document: DocumentKey,
}

/// A role. There may be millions, so what many have in common they share.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its account.
    pub account: AccountKey,
    /// Its ARN, path included.
    pub arn: Arc<str>,
    /// Its name.
    pub name: CompactString,
    /// `/` or `/a/b/`.
    pub path: Arc<str>,
    /// `AROA…`.
    pub unique_id: CompactString,
    /// Its trust policy.
    pub trust: DocumentKey,
    /// Inline policies.
    pub inline: Box<[InlineDocument]>,
    /// Attached managed policies.
    pub attached: Arc<[AttachedPolicy]>,
    /// The permissions boundary.
    pub boundary: Option<AttachedPolicy>,
    /// Its tags.
    pub tags: Tags,
    /// Longest session in seconds.
    pub max_session: Option<u32>,
    /// Its description.
    pub description: Option<Arc<str>>,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
}

impl Role {
    /// Whether the role belongs to a service; control policies spare those.
    pub fn service_linked(&self) -> bool {
        self.path.starts_with("/aws-service-role/")
    }

    /// Whether IAM Identity Center made the role.
    pub fn identity_center(&self) -> bool {
        self.path.starts_with("/aws-reserved/sso.amazonaws.com/")
    }
}

/// A user.
#[derive(Debug, Clone)]
pub struct User {
    /// Its account.
    pub account: AccountKey,
    /// Its ARN, path included.
    pub arn: Arc<str>,
    /// Its name.
    pub name: CompactString,
    /// `/` or `/a/b/`.
    pub path: Arc<str>,
    /// `AIDA…`.
    pub unique_id: CompactString,
    /// Inline policies.
    pub inline: Box<[InlineDocument]>,
    /// Attached managed policies.
    pub attached: Arc<[AttachedPolicy]>,
    /// The permissions boundary.
    pub boundary: Option<AttachedPolicy>,
    /// Its groups; `Err` is the name of one that was not read.
    pub groups: Box<[Result<GroupKey, String>]>,
    /// Its tags.
    pub tags: Tags,
}

/// A group.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its ARN, path included.
    pub arn: Arc<str>,
    /// Its name.
    pub name: String,
    /// Inline policies.
    pub inline: Box<[InlineDocument]>,
    /// Attached managed policies.
    pub attached: Arc<[AttachedPolicy]>,
}

/// An OIDC provider.
#[derive(Debug, Clone)]
pub struct OidcProvider {
    /// Its account.
    pub account: AccountKey,
    /// Its ARN.
    pub arn: Arc<str>,
    /// The issuer without `https://`.
    pub url: String,
    /// Audiences that STS accepts.
    pub audiences: Vec<String>,
}

/// A SAML provider.
#[derive(Debug, Clone)]
pub struct SamlProvider {
    /// Its account.
    pub account: AccountKey,
    /// Its ARN; with a `*` for the name of some provider that nobody names.
    pub arn: Arc<str>,
    /// Whether it was read. Others stand in for providers of an account whose list was not.
    pub listed: bool,
}

/// The two types of control policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ControlPolicyKind {
    /// Caps principals of member accounts.
    Service,
    /// Caps access to resources of member accounts.
    Resource,
}

/// The assume actions that the control policies of one place let through whatever the request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unhindered {
    /// By its service control policies.
    pub scps: ActionSet,
    /// By its resource control policies.
    pub rcps: ActionSet,
}

/// What is known of all control policies of one type.
#[derive(Debug, Clone, Default)]
pub struct ControlPolicies {
    /// Those whose attachments were not read: they may hang anywhere.
    pub loose: Vec<ControlPolicyKey>,
    /// Whether AWS's own policy that allows everything is listed.
    pub full_access_listed: bool,
}

/// A control policy.
#[derive(Debug, Clone)]
pub struct ControlPolicy {
    /// Its type.
    pub kind: ControlPolicyKind,
    /// `p-…`.
    pub id: Arc<str>,
    /// Its name.
    pub name: String,
    /// Its document; `None` when it was not read.
    pub document: Option<DocumentKey>,
    /// Whether its attachments were read. Where not, it may hang anywhere.
    pub targets_read: bool,
}

impl Facts {
    /// The organization where it was read and exists.
    pub fn known_organization(&self) -> Option<&Organization> {
        self.organization.as_ref()?.read()?.as_ref()
    }

    /// The container and those that it lies in, from the root down.
    pub fn line(&self, container: ContainerKey) -> &[ContainerKey] {
        &self.containers[container].line
    }

    /// What is known of all control policies of a type.
    pub fn control(&self, kind: ControlPolicyKind) -> &ControlPolicies {
        match kind {
            ControlPolicyKind::Service => &self.scps,
            ControlPolicyKind::Resource => &self.rcps,
        }
    }

    /// The path of the account's OU: `/` at the root or where it is not known.
    pub fn ou_path(&self, account: AccountKey) -> &str {
        self.accounts[account].parent.map_or("/", |key| self.containers[key].path.as_str())
    }
}
