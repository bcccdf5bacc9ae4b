//! From readings to [`Facts`].

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use super::facts::{
    Account, AccountKey, AttachedPolicy, Container, ContainerKey, ControlPolicy, ControlPolicyKey,
    ControlPolicyKind, DocumentKey, Facts, Group, Identity, InlineDocument, Membership,
    OidcProvider, Organization, PolicyDocument, Role, RoleKey, SamlProvider, Unhindered, User,
    UserKey,
};
use super::reading::{
    self, AccountReading, AccountState, ControlPolicy as ControlPolicyReading, Fact, Identities,
    InlinePolicy, NotRead, NotReadKind, OrganizationFacts, PolicyText, Readings, Tags, Tree,
};
use crate::arn::{self, AccountId, Partition};
use crate::policy::Document;

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
        facts.settle_control_policies();
        facts.workspaces = readings.hcp.map(|reading| reading.workspaces);
        facts.accounts_complete = !builder.tree_damaged
            && facts.known_organization().is_some_and(|known| known.root.read().is_some());
        facts
    }

    fn add_organization(
        &mut self,
        found: OrganizationFacts,
        builder: &mut Builder,
        members: &mut Vec<reading::MemberAccount>,
    ) -> Organization {
        let arn: Result<arn::Arn, _> = found.arn.parse();
        builder.partition = arn.map_or_else(|_| Partition::default(), |arn| arn.partition());
        let root = match found.tree {
            Fact::NotRead(gap) => Fact::NotRead(gap),
            Fact::Read(Tree { root_id, ous, accounts, incomplete }) => {
                *members = accounts;
                builder.tree_damaged = !incomplete.is_empty();
                Fact::Read(self.add_containers(&found.id, root_id, ous, builder))
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
        organization: &str,
        root_id: String,
        mut ous: Vec<reading::Ou>,
        builder: &mut Builder,
    ) -> ContainerKey {
        let root = self.containers.push(Container {
            id: root_id.clone(),
            name: "Root".to_owned(),
            path: "/".to_owned(),
            parent: None,
            line: Vec::new(),
            organization_path: format!("{organization}/{root_id}/"),
            tags: Tags::new(),
            control_policies: Vec::new(),
            unhindered: Unhindered::default(),
        });
        if let Some(container) = self.containers.get_mut(root) {
            container.line.push(root);
        }
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
                let above = &self.containers[parent];
                let mut line = above.line.clone();
                let organization_path = format!("{}{}/", above.organization_path, ou.id);
                let key = self.containers.push(Container {
                    id: ou.id.clone(),
                    name: ou.name.clone(),
                    path,
                    parent: Some(parent),
                    line: Vec::new(),
                    organization_path,
                    tags: ou.tags.clone(),
                    control_policies: Vec::new(),
                    unhindered: Unhindered::default(),
                });
                line.push(key);
                if let Some(container) = self.containers.get_mut(key) {
                    container.line = line;
                }
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
        let all = match kind {
            ControlPolicyKind::Service => &mut self.scps,
            ControlPolicyKind::Resource => &mut self.rcps,
        };
        all.full_access_listed |= &*self.control_policies[key].id == FULL_ACCESS;
        if policy.targets.read().is_none() {
            all.loose.push(key);
        }
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
                builder.partition,
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
            id_text: id.to_string(),
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
            unhindered: Unhindered::default(),
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
        found.roles.sort_by(|one, other| order((&one.path, &one.name), (&other.path, &other.name)));
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
            // Facts written by hand may lack the id; that is not an id that several share.
            if !role.unique_id.is_empty() {
                self.by_unique_id.insert(role.unique_id, Identity::Role(key));
            }
            roles.push(key);
        }
        found.users.sort_by(|one, other| order((&one.path, &one.name), (&other.path, &other.name)));
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
            if !user.unique_id.is_empty() {
                self.by_unique_id.insert(user.unique_id, Identity::User(key));
            }
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

/// The order of ARNs of one kind in one account: that of path and name as one text.
fn order(one: (&str, &str), other: (&str, &str)) -> Ordering {
    one.0.bytes().chain(one.1.bytes()).cmp(other.0.bytes().chain(other.1.bytes()))
}

/// AWS's own service control policy that allows everything.
const FULL_ACCESS: &str = "p-FullAWSAccess";

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
    /// The organization's: all its accounts are of one.
    partition: Partition,
    /// By owner (`None` for AWS) and ARN.
    managed: HashMap<(Option<AccountKey>, String), DocumentKey>,
}
