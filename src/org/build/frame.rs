//! What is known before any user, group or role: the organization, its OUs, its accounts.

use std::collections::{HashMap, HashSet};

use super::documents::Documents;
use crate::arn::{self, AccountId, Partition};
use crate::org::facts::{
    Account, Container, ContainerKey, ControlPolicy, ControlPolicyKey, ControlPolicyKind, Facts,
    HcpHost, Membership, OidcProvider, Organization, SamlProvider, Unhindered,
};
use crate::org::lookup::Names;
use crate::org::reading::{
    self, AccountReading, AccountState, ControlPolicy as ControlPolicyReading, Fact, NotRead,
    NotReadKind, OrganizationFacts, Readings, Tree,
};
use crate::org::tags::Tags;

impl Facts {
    /// The facts without users, groups, roles and the documents of accounts.
    pub(super) fn frame(readings: Readings, documents: &mut Documents) -> Self {
        let mut facts = Self { origin: readings.origin, ..Self::default() };
        let mut builder = Builder {
            containers: HashMap::new(),
            account_policies: HashMap::new(),
            tree_damaged: false,
            partition: Partition::default(),
            documents,
        };
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
        let listed: HashSet<AccountId> = members.iter().map(|member| member.id).collect();
        let mut rest: Vec<AccountId> =
            accounts.keys().copied().filter(|id| !listed.contains(id)).collect();
        rest.sort_unstable();
        members.sort_by_cached_key(|member: &reading::MemberAccount| {
            let parent = builder.containers.get(&member.parent);
            let place = parent.map(|key| facts.containers[*key].path.clone());
            (place, member.name.clone(), member.id)
        });
        for member in members {
            let reading = accounts.remove(&member.id);
            facts.add_account(member.id, Some(member), reading, &mut builder);
        }
        for id in rest {
            let reading = accounts.remove(&id);
            facts.add_account(id, None, reading, &mut builder);
        }
        let host = |reading: reading::HcpReading| HcpHost {
            host: reading.host,
            workspaces: reading.workspaces,
            incomplete: reading.incomplete,
        };
        facts.hcp = readings.hcp.into_iter().map(host).collect();
        facts.accounts_complete = !builder.tree_damaged
            && facts.known_organization().is_some_and(|known| known.root.read().is_some());
        facts
    }

    fn add_organization(
        &mut self,
        found: OrganizationFacts,
        builder: &mut Builder<'_>,
        members: &mut Vec<reading::MemberAccount>,
    ) -> Organization {
        let arn: Result<arn::Arn, _> = found.arn.parse();
        builder.partition = arn.map_or_else(|_| Partition::default(), |arn| arn.partition());
        let mut tree_gaps = Vec::new();
        let root = match found.tree {
            Fact::NotRead(gap) => Fact::NotRead(gap),
            Fact::Read(Tree { root_id, ous, accounts, incomplete }) => {
                *members = accounts;
                tree_gaps = incomplete;
                let (root, loose) = self.add_containers(&found.id, root_id, ous, builder);
                tree_gaps.extend(loose);
                builder.tree_damaged = !tree_gaps.is_empty();
                Fact::Read(root)
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
            not_read: found.not_read,
            tree_gaps,
        }
    }

    /// The root, and which OUs hang nowhere below it.
    fn add_containers(
        &mut self,
        organization: &str,
        root_id: String,
        mut ous: Vec<reading::Ou>,
        builder: &mut Builder<'_>,
    ) -> (ContainerKey, Vec<NotRead>) {
        let root = self.containers.push(Container {
            id: root_id.clone(),
            name: "Root".to_owned(),
            path: "/".to_owned(),
            parent: None,
            line: Vec::new(),
            loose: false,
            organization_path: format!("{organization}/{root_id}/"),
            tags: Tags::default(),
            control_policies: Vec::new(),
            unhindered: Unhindered::default(),
        });
        if let Some(container) = self.containers.get_mut(root) {
            container.line.push(root);
        }
        builder.containers.insert(root_id, root);
        ous.sort_by(|one, other| one.name.cmp(&other.name));
        let (mut loose, mut hung) = (Vec::new(), HashSet::new());
        // Parents come first: each round adds the OUs whose parent is there. OUs whose parent is
        // not in the data hang below the root, since that they exist is known; what lies between,
        // and the policies there, is not.
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
                    loose: hung.contains(&ou.id),
                    organization_path,
                    tags: ou.tags.clone().into(),
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
                // Those of which nothing above is there; of a circle the first one.
                let there: HashSet<String> = ous.iter().map(|ou| ou.id.clone()).collect();
                let tops = ous.iter().filter(|ou| !there.contains(&ou.parent)).count();
                let is_top = |at: usize, ou: &reading::Ou| {
                    if tops > 0 { !there.contains(&ou.parent) } else { at == 0 }
                };
                for (at, ou) in ous.iter_mut().enumerate() {
                    if !is_top(at, ou) {
                        continue;
                    }
                    hung.insert(ou.id.clone());
                    let message = format!(
                        "OU `{}` ({}) lies in `{}`, which is nowhere below the root",
                        ou.name, ou.id, ou.parent
                    );
                    let kind = NotReadKind::Malformed;
                    loose.push(NotRead::new("organizations:ListParents", kind, message));
                    ou.parent.clone_from(&self.containers[root].id);
                }
            }
        }
        (root, loose)
    }

    fn add_control_policy(
        &mut self,
        kind: ControlPolicyKind,
        policy: ControlPolicyReading,
        builder: &mut Builder<'_>,
    ) {
        let document = policy.document.read().map(|text| builder.documents.key(text));
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
        builder: &mut Builder<'_>,
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
            tags: member.map(|member| member.tags.into()).unwrap_or_default(),
            control_policies: builder.account_policies.remove(&id).unwrap_or_default(),
            unhindered: Unhindered::default(),
            identities: Fact::NotRead(gap()),
            oidc_providers: Fact::Read(Vec::new()),
            saml_providers: Fact::Read(Vec::new()),
            saml_stand_ins: Vec::new(),
            not_read,
            roles: Vec::new(),
            users: Vec::new(),
            role_names: Names::default(),
            user_names: Names::default(),
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
                let arn = provider.arn.into();
                self.saml_providers.push(SamlProvider { account: key, arn, listed: true })
            };
            found.into_iter().map(add).collect()
        });
        if let Some(account) = self.accounts.get_mut(key) {
            account.identities = identities.map(|found| found.incomplete);
            account.oidc_providers = oidc_providers;
            account.saml_providers = saml_providers;
        }
    }
}

/// AWS's own service control policy that allows everything.
const FULL_ACCESS: &str = "p-FullAWSAccess";

/// What is needed only while the facts are built.
struct Builder<'d> {
    containers: HashMap<String, ContainerKey>,
    account_policies: HashMap<AccountId, Vec<ControlPolicyKey>>,
    /// Whether entries of the tree are missing.
    tree_damaged: bool,
    /// The organization's: all its accounts are of one.
    partition: Partition,
    /// Those of control policies.
    documents: &'d mut Documents,
}
