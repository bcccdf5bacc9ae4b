//! A whole snapshot, resolved to dense keys.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::reading::{
    AccountReading, AccountState, ControlPolicy as ControlPolicyReading, DelegatedAdministrator,
    Fact, Identities, InlinePolicy, NotRead, NotReadKind, OrganizationFacts, Origin, PolicyText,
    Readings, Tags, Tree,
};
use super::table::{Table, keys};
use super::{hcp, reading};
use crate::arn::{self, AccountId, Partition};
use crate::policy::{Document, ParseError};

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
    /// Roles.
    pub roles: Table<RoleKey, Role>,
    /// Users.
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
    /// HCP Terraform; `None` when nobody asked.
    pub workspaces: Option<Fact<hcp::Workspaces>>,
    /// Whether every account of the organization is listed.
    pub accounts_complete: bool,
    account_by_id: HashMap<AccountId, AccountKey>,
    role_by_name: HashMap<(AccountKey, String), RoleKey>,
    user_by_name: HashMap<(AccountKey, String), UserKey>,
    by_unique_id: HashMap<String, Identity>,
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
    /// Its tags.
    pub tags: Tags,
    /// Control policies attached right here, of both types.
    pub control_policies: Vec<ControlPolicyKey>,
}

/// An account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
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
    /// Whether its users, groups and roles were read; the value lists entries that were damaged.
    pub identities: Fact<Vec<NotRead>>,
    /// Whether its OIDC providers were read.
    pub oidc_providers: Fact<Vec<OidcProviderKey>>,
    /// Whether its SAML providers were read.
    pub saml_providers: Fact<Vec<SamlProviderKey>>,
    /// Smaller gaps.
    pub not_read: Vec<NotRead>,
    /// Its roles, by path and name.
    pub roles: Vec<RoleKey>,
    /// Its users, by path and name.
    pub users: Vec<UserKey>,
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
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// A role.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its account.
    pub account: AccountKey,
    /// Its ARN, path included.
    pub arn: Arc<str>,
    /// Its name.
    pub name: String,
    /// `/` or `/a/b/`.
    pub path: String,
    /// `AROA…`.
    pub unique_id: String,
    /// Its trust policy.
    pub trust: DocumentKey,
    /// Inline policies.
    pub inline: Vec<InlineDocument>,
    /// Attached managed policies.
    pub attached: Vec<AttachedPolicy>,
    /// The permissions boundary.
    pub boundary: Option<AttachedPolicy>,
    /// Its tags.
    pub tags: Tags,
    /// Longest session in seconds.
    pub max_session: Option<u32>,
    /// Its description.
    pub description: Option<String>,
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
    pub name: String,
    /// `/` or `/a/b/`.
    pub path: String,
    /// `AIDA…`.
    pub unique_id: String,
    /// Inline policies.
    pub inline: Vec<InlineDocument>,
    /// Attached managed policies.
    pub attached: Vec<AttachedPolicy>,
    /// The permissions boundary.
    pub boundary: Option<AttachedPolicy>,
    /// Its groups; `Err` is the name of one that was not read.
    pub groups: Vec<Result<GroupKey, String>>,
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
    pub inline: Vec<InlineDocument>,
    /// Attached managed policies.
    pub attached: Vec<AttachedPolicy>,
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
    /// Its ARN.
    pub arn: Arc<str>,
}

/// The two types of control policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ControlPolicyKind {
    /// Caps principals of member accounts.
    Service,
    /// Caps access to resources of member accounts.
    Resource,
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
    /// Resolves readings. Nothing is refused: what does not fit stays as *not read*.
    pub fn build(readings: Readings) -> Self {
        let mut facts = Self { origin: readings.origin, ..Self::default() };
        let mut builder = Builder::default();
        let mut members = Vec::new();
        facts.organization = readings.organization.map(|reading| match reading.organization {
            Fact::NotRead(gap) => Fact::NotRead(gap),
            Fact::Read(None) => Fact::Read(None),
            Fact::Read(Some(found)) => {
                Fact::Read(Some(facts.add_organization(found, &mut builder, &mut members)))
            }
        });
        let mut accounts: HashMap<AccountId, AccountReading> =
            readings.accounts.into_iter().map(|reading| (reading.account, reading)).collect();
        let mut rest: Vec<AccountId> = accounts.keys().copied().collect();
        rest.retain(|id| !members.iter().any(|member: &reading::MemberAccount| member.id == *id));
        rest.sort_unstable();
        members.sort_by(|one, other| {
            let place = |member: &reading::MemberAccount| {
                builder
                    .containers
                    .get(&member.parent)
                    .map(|key| facts.containers[*key].path.clone())
            };
            (place(one), &one.name, one.id).cmp(&(place(other), &other.name, other.id))
        });
        for member in members {
            let reading = accounts.remove(&member.id);
            facts.add_account(member.id, Some(member), reading, &mut builder);
        }
        for id in rest {
            let reading = accounts.remove(&id);
            facts.add_account(id, None, reading, &mut builder);
        }
        facts.resolve_managed_policies(&builder);
        facts.workspaces = readings.hcp.map(|reading| reading.workspaces);
        facts.accounts_complete = !builder.tree_damaged
            && facts.known_organization().is_some_and(|known| known.root.read().is_some());
        facts
    }

    /// The account with this id.
    pub fn account(&self, id: AccountId) -> Option<AccountKey> {
        self.account_by_id.get(&id).copied()
    }

    /// The role of this name in the account, whatever its path. Names ignore case in IAM.
    pub fn role(&self, account: AccountKey, name: &str) -> Option<RoleKey> {
        self.role_by_name.get(&(account, name.to_ascii_lowercase())).copied()
    }

    /// The user of this name in the account, whatever its path.
    pub fn user(&self, account: AccountKey, name: &str) -> Option<UserKey> {
        self.user_by_name.get(&(account, name.to_ascii_lowercase())).copied()
    }

    /// The user or role with this unique id.
    pub fn by_unique_id(&self, id: &str) -> Option<Identity> {
        self.by_unique_id.get(id).copied()
    }

    /// The role whose ARN is exactly this.
    pub fn role_by_arn(&self, text: &str) -> Option<RoleKey> {
        let arn: arn::Arn = text.parse().ok()?;
        let arn::PrincipalName::Role { account, name, .. } = arn.principal()? else { return None };
        let key = self.role(self.account(account)?, name)?;
        (&*self.roles[key].arn == text).then_some(key)
    }

    /// The user whose ARN is exactly this.
    pub fn user_by_arn(&self, text: &str) -> Option<UserKey> {
        let arn: arn::Arn = text.parse().ok()?;
        let arn::PrincipalName::User { account, name, .. } = arn.principal()? else { return None };
        let key = self.user(self.account(account)?, name)?;
        (&*self.users[key].arn == text).then_some(key)
    }

    /// The organization where it was read and exists.
    pub fn known_organization(&self) -> Option<&Organization> {
        self.organization.as_ref()?.read()?.as_ref()
    }

    /// The container and those that it lies in, from the root down.
    pub fn line(&self, container: ContainerKey) -> Vec<ContainerKey> {
        let mut line = vec![container];
        // A tree of AWS is at most six deep; the bound holds damaged dumps off.
        while let Some(parent) = line.last().and_then(|key| self.containers[*key].parent) {
            if line.len() > 64 {
                break;
            }
            line.push(parent);
        }
        line.reverse();
        line
    }

    /// The path of the account's OU: `/` at the root or where it is not known.
    pub fn ou_path(&self, account: AccountKey) -> &str {
        self.accounts[account].parent.map_or("/", |key| self.containers[key].path.as_str())
    }

    fn add_organization(
        &mut self,
        found: OrganizationFacts,
        builder: &mut Builder,
        members: &mut Vec<reading::MemberAccount>,
    ) -> Organization {
        let root = match found.tree {
            Fact::NotRead(gap) => Fact::NotRead(gap),
            Fact::Read(Tree { root_id, ous, accounts, incomplete }) => {
                *members = accounts;
                builder.tree_damaged = !incomplete.is_empty();
                Fact::Read(self.add_containers(root_id, ous, builder))
            }
        };
        let mut add = |kind, policies: Fact<Vec<ControlPolicyReading>>| {
            policies.map(|policies| {
                let enabled = !policies.is_empty();
                for policy in policies {
                    self.add_control_policy(kind, policy, builder);
                }
                enabled
            })
        };
        let scps = add(ControlPolicyKind::Service, found.scps);
        let rcps = add(ControlPolicyKind::Resource, found.rcps);
        Organization {
            id: found.id,
            arn: found.arn,
            management_account: found.management_account,
            root,
            scps,
            rcps,
            delegated_administrators: found.delegated_administrators,
        }
    }

    fn add_containers(
        &mut self,
        root_id: String,
        mut ous: Vec<reading::Ou>,
        builder: &mut Builder,
    ) -> ContainerKey {
        let root = self.containers.push(Container {
            id: root_id.clone(),
            name: "Root".to_owned(),
            path: "/".to_owned(),
            parent: None,
            tags: Tags::new(),
            control_policies: Vec::new(),
        });
        builder.containers.insert(root_id, root);
        ous.sort_by(|one, other| one.name.cmp(&other.name));
        // Parents come first: each round adds the OUs whose parent is there. OUs whose parent is
        // not in the data hang below the root, since that they exist is known.
        while !ous.is_empty() {
            let before = ous.len();
            ous.retain(|ou| {
                let Some(parent) = builder.containers.get(&ou.parent).copied() else {
                    return true;
                };
                let path = match self.containers[parent].path.as_str() {
                    "/" => format!("/{}", ou.name),
                    above => format!("{above}/{}", ou.name),
                };
                let key = self.containers.push(Container {
                    id: ou.id.clone(),
                    name: ou.name.clone(),
                    path,
                    parent: Some(parent),
                    tags: ou.tags.clone(),
                    control_policies: Vec::new(),
                });
                builder.containers.insert(ou.id.clone(), key);
                false
            });
            if ous.len() == before {
                for ou in &mut ous {
                    ou.parent.clone_from(&self.containers[root].id);
                }
            }
        }
        root
    }

    fn add_control_policy(
        &mut self,
        kind: ControlPolicyKind,
        policy: ControlPolicyReading,
        builder: &mut Builder,
    ) {
        let document = policy.document.read().map(|text| self.add_document(text, builder));
        let key = self.control_policies.push(ControlPolicy {
            kind,
            id: policy.id.into(),
            name: policy.name,
            document,
            targets_read: policy.targets.read().is_some(),
        });
        for target in policy.targets.read().into_iter().flatten() {
            if let Some(container) = builder.containers.get(target) {
                if let Some(container) = self.containers.get_mut(*container) {
                    container.control_policies.push(key);
                }
            } else if let Ok(account) = target.parse() {
                builder.account_policies.entry(account).or_default().push(key);
            }
        }
    }

    fn add_account(
        &mut self,
        id: AccountId,
        member: Option<reading::MemberAccount>,
        reading: Option<AccountReading>,
        builder: &mut Builder,
    ) {
        let membership = match &self.organization {
            None | Some(Fact::NotRead(_)) => Membership::Unknown,
            Some(Fact::Read(None)) => Membership::Standalone,
            Some(Fact::Read(Some(organization))) => {
                if organization.management_account == id {
                    Membership::Management
                } else if member.is_some() {
                    Membership::Member
                } else if organization.root.read().is_some() && !builder.tree_damaged {
                    Membership::Outside
                } else {
                    Membership::Unknown
                }
            }
        };
        let gap = || {
            NotRead::new(
                "iam:GetAccountAuthorizationDetails",
                NotReadKind::NotCollected,
                "nobody read this account",
            )
        };
        let (partition, alias, identities, oidc, saml, not_read) = match reading {
            Some(reading) => (
                reading.partition,
                reading.alias,
                reading.identities,
                reading.oidc_providers,
                reading.saml_providers,
                reading.not_read,
            ),
            None => (
                Partition::default(),
                None,
                Fact::NotRead(gap()),
                Fact::NotRead(gap()),
                Fact::NotRead(gap()),
                Vec::new(),
            ),
        };
        let parent = member.as_ref().and_then(|member| builder.containers.get(&member.parent));
        let key = self.accounts.push(Account {
            id,
            name: member.as_ref().map_or_else(
                || alias.clone().unwrap_or_else(|| id.to_string()),
                |member| member.name.clone(),
            ),
            partition,
            email: member.as_ref().and_then(|member| member.email.clone()),
            alias,
            state: member.as_ref().map_or(AccountState::Active, |member| member.state),
            parent: parent.copied(),
            membership,
            tags: member.map(|member| member.tags).unwrap_or_default(),
            control_policies: builder.account_policies.remove(&id).unwrap_or_default(),
            identities: Fact::NotRead(gap()),
            oidc_providers: Fact::Read(Vec::new()),
            saml_providers: Fact::Read(Vec::new()),
            not_read,
            roles: Vec::new(),
            users: Vec::new(),
        });
        self.account_by_id.insert(id, key);
        let oidc_providers = oidc.map(|found| {
            let add = |provider: reading::OidcProvider| {
                self.oidc_providers.push(OidcProvider {
                    account: key,
                    arn: provider.arn.into(),
                    url: provider.url,
                    audiences: provider.audiences,
                })
            };
            found.into_iter().map(add).collect()
        });
        let saml_providers = saml.map(|found| {
            let add = |provider: reading::SamlProvider| {
                self.saml_providers.push(SamlProvider { account: key, arn: provider.arn.into() })
            };
            found.into_iter().map(add).collect()
        });
        let (identities, roles, users) = match identities {
            Fact::NotRead(gap) => (Fact::NotRead(gap), Vec::new(), Vec::new()),
            Fact::Read(found) => {
                let (damaged, roles, users) = self.add_identities(key, found, builder);
                (Fact::Read(damaged), roles, users)
            }
        };
        if let Some(account) = self.accounts.get_mut(key) {
            account.identities = identities;
            account.oidc_providers = oidc_providers;
            account.saml_providers = saml_providers;
            account.roles = roles;
            account.users = users;
        }
    }

    fn add_identities(
        &mut self,
        account: AccountKey,
        mut found: Identities,
        builder: &mut Builder,
    ) -> (Vec<NotRead>, Vec<RoleKey>, Vec<UserKey>) {
        let (id, partition) = (self.accounts[account].id, self.accounts[account].partition);
        let arn_of = |kind: &str, path: &str, name: &str| -> Arc<str> {
            arn::iam(partition, id, kind, path, name).into()
        };
        for policy in found.managed_policies {
            let document = match &policy.document {
                Fact::Read(text) => self.add_document(text, builder),
                Fact::NotRead(_) => continue,
            };
            let owner =
                policy.arn.contains(":iam::aws:").then_some(()).map_or(Some(account), |()| None);
            builder.managed.insert((owner, policy.arn), document);
        }
        let mut groups = HashMap::new();
        for group in found.groups {
            let inline = self.add_inline(group.inline, builder);
            let key = self.groups.push(Group {
                arn: arn_of("group", &group.path, &group.name),
                name: group.name.clone(),
                inline,
                attached: attached(group.attached),
            });
            groups.insert(group.name, key);
        }
        found.roles.sort_by(|one, other| (&one.path, &one.name).cmp(&(&other.path, &other.name)));
        let mut roles = Vec::new();
        for role in found.roles {
            let trust = self.add_document(&role.trust, builder);
            let inline = self.add_inline(role.inline, builder);
            let key = self.roles.push(Role {
                account,
                arn: arn_of("role", &role.path, &role.name),
                name: role.name.clone(),
                path: role.path,
                unique_id: role.unique_id.clone(),
                trust,
                inline,
                attached: attached(role.attached),
                boundary: role.boundary.map(unresolved),
                tags: role.tags,
                max_session: role.max_session,
                description: role.description,
                last_used: role.last_used,
            });
            self.role_by_name.insert((account, role.name.to_ascii_lowercase()), key);
            self.by_unique_id.insert(role.unique_id, Identity::Role(key));
            roles.push(key);
        }
        found.users.sort_by(|one, other| (&one.path, &one.name).cmp(&(&other.path, &other.name)));
        let mut users = Vec::new();
        for user in found.users {
            let inline = self.add_inline(user.inline, builder);
            let key = self.users.push(User {
                account,
                arn: arn_of("user", &user.path, &user.name),
                name: user.name.clone(),
                path: user.path,
                unique_id: user.unique_id.clone(),
                inline,
                attached: attached(user.attached),
                boundary: user.boundary.map(unresolved),
                groups: user
                    .groups
                    .into_iter()
                    .map(|name| groups.get(&name).copied().ok_or(name))
                    .collect(),
                tags: user.tags,
            });
            self.user_by_name.insert((account, user.name.to_ascii_lowercase()), key);
            self.by_unique_id.insert(user.unique_id, Identity::User(key));
            users.push(key);
        }
        (found.incomplete, roles, users)
    }

    fn add_inline(
        &mut self,
        found: Vec<InlinePolicy>,
        builder: &mut Builder,
    ) -> Vec<InlineDocument> {
        found
            .into_iter()
            .map(|policy| InlineDocument {
                name: policy.name.into(),
                document: self.add_document(&policy.document, builder),
            })
            .collect()
    }

    fn add_document(&mut self, text: &PolicyText, builder: &mut Builder) -> DocumentKey {
        if let Some(key) = builder.documents.get(text) {
            return *key;
        }
        let parsed = Document::parse(text);
        let key = self.documents.push(PolicyDocument { text: text.clone(), parsed });
        builder.documents.insert(text.clone(), key);
        key
    }

    /// AWS's own policies are the same in every account of a partition, so one account's copy
    /// serves where another's is missing.
    fn resolve_managed_policies(&mut self, builder: &Builder) {
        let resolve = |account: AccountKey, policy: &mut AttachedPolicy| {
            let find = |owner| builder.managed.get(&(owner, policy.arn.to_string())).copied();
            policy.document = find(Some(account)).or_else(|| find(None));
        };
        let keys: Vec<_> = self.roles.keys().collect();
        for key in keys {
            if let Some(role) = self.roles.get_mut(key) {
                let account = role.account;
                role.attached
                    .iter_mut()
                    .chain(&mut role.boundary)
                    .for_each(|p| resolve(account, p));
            }
        }
        let keys: Vec<_> = self.users.keys().collect();
        let mut group_accounts = HashMap::new();
        for key in keys {
            if let Some(user) = self.users.get_mut(key) {
                let account = user.account;
                user.attached
                    .iter_mut()
                    .chain(&mut user.boundary)
                    .for_each(|p| resolve(account, p));
                group_accounts.extend(user.groups.iter().flatten().map(|group| (*group, account)));
            }
        }
        for (key, account) in group_accounts {
            if let Some(group) = self.groups.get_mut(key) {
                group.attached.iter_mut().for_each(|p| resolve(account, p));
            }
        }
    }
}

fn attached(arns: Vec<String>) -> Vec<AttachedPolicy> {
    arns.into_iter().map(unresolved).collect()
}

fn unresolved(arn: String) -> AttachedPolicy {
    AttachedPolicy { arn: arn.into(), document: None }
}

/// What is needed only while the facts are built.
#[derive(Default)]
struct Builder {
    containers: HashMap<String, ContainerKey>,
    account_policies: HashMap<AccountId, Vec<ControlPolicyKey>>,
    documents: HashMap<PolicyText, DocumentKey>,
    /// Whether entries of the tree are missing.
    tree_damaged: bool,
    /// By owner (`None` for AWS) and ARN.
    managed: HashMap<(Option<AccountKey>, String), DocumentKey>,
}
