//! Reading the organization: one call after the other, because Organizations is throttled for
//! the organization as a whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::describe_organization::DescribeOrganizationError;
use aws_sdk_organizations::operation::list_parents::ListParentsError;
use aws_sdk_organizations::types::{self as sdk, Account, PolicyType};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use tokio::sync::watch;

use super::convert::{account_state, required};
use super::next_page;
use crate::arn::AccountId;
use crate::aws::{Connection, Failure, FailureKind, Pace, failure};
use crate::org::reading::{
    AccountState, ControlPolicy, DelegatedAdministrator, MemberAccount, OrganizationFacts,
    OrganizationReading, Ou, Tags, Tree,
};
use crate::org::{Fact, NotRead, NotReadKind};

/// Every page of a list call of Organizations; `$each` takes one entry.
macro_rules! pages {
    ($self:ident, $call:literal, $request:ident $(. $set:ident ($value:expr))*, $entries:ident, $each:expr) => {{
        let mut token: Option<String> = None;
        loop {
            let page = $self
                .call()
                .await
                .$request()
                $(.$set($value))*
                .set_next_token(token.clone())
                .send()
                .await
                .map_err(|error| failure($call, &error))?;
            for entry in page.$entries() {
                $each(entry)?;
            }
            token = next_page($call, page.next_token(), token.as_deref())?;
            if token.is_none() {
                break;
            }
        }
    }};
}

/// What any member account may learn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Description {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) management_account: AccountId,
}

/// An account as ListAccounts tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) id: AccountId,
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) state: AccountState,
}

/// The organization's tree, and what of it that the tree has no place for was not read.
#[derive(Debug, Clone)]
pub(super) struct TreeRead {
    pub(super) tree: Fact<Tree>,
    pub(super) gaps: Vec<NotRead>,
}

/// How many tag calls run at once: there is one for each account and OU, and one after the other
/// they would take longer than everything else.
const TAG_LANES: usize = 4;

/// Organizations, asked with one identity's credentials.
#[derive(Debug, Clone)]
pub(super) struct Organization {
    client: Client,
    pace: Arc<Pace>,
}

impl Organization {
    pub(super) fn new(connection: &Connection) -> Self {
        Self { client: connection.organizations(), pace: connection.organizations_pace() }
    }

    /// The client, when it is its turn.
    async fn call(&self) -> &Client {
        self.pace.turn().await;
        &self.client
    }

    /// `None` when the account belongs to no organization.
    pub(super) async fn describe(&self) -> Result<Option<Description>, Failure> {
        const CALL: &str = "organizations:DescribeOrganization";
        let answer = match self.call().await.describe_organization().send().await {
            Ok(answer) => answer,
            Err(error)
                if error.as_service_error().is_some_and(
                    DescribeOrganizationError::is_aws_organizations_not_in_use_exception,
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(failure(CALL, &error)),
        };
        let organization = answer.organization();
        let management =
            required(CALL, "MasterAccountId", organization.and_then(|o| o.master_account_id()))?;
        Ok(Some(Description {
            id: required(CALL, "Id", organization.and_then(|o| o.id()))?,
            arn: required(CALL, "Arn", organization.and_then(|o| o.arn()))?,
            management_account: account_id(CALL, &management)?,
        }))
    }

    /// All accounts, without their place in the tree.
    pub(super) async fn accounts(&self) -> Result<Vec<Listed>, Failure> {
        let mut found = Vec::new();
        pages!(self, "organizations:ListAccounts", list_accounts, accounts, |account| {
            found.push(listed("organizations:ListAccounts", account)?);
            Ok::<_, Failure>(())
        });
        Ok(found)
    }

    async fn root(&self) -> Result<Root, Failure> {
        const CALL: &str = "organizations:ListRoots";
        let mut found = None;
        pages!(self, "organizations:ListRoots", list_roots, roots, |root: &sdk::Root| {
            // A type that is still being enabled or disabled may be enforced: it counts as enabled.
            let policy_types = root.policy_types().iter().filter_map(|kind| kind.r#type().cloned());
            found = Some(Root {
                id: required(CALL, "Id", root.id())?,
                policy_types: policy_types.collect(),
            });
            Ok::<_, Failure>(())
        });
        found.ok_or_else(|| Failure::new(CALL, FailureKind::Malformed, "the answer has no root"))
    }

    /// The tree. Accounts are those of `listed`, so that one that moves while the tree is walked is
    /// neither lost nor there twice.
    async fn tree(&self, root: &Root, listed: &[Listed]) -> Result<Tree, Failure> {
        let mut ous: Vec<Ou> = Vec::new();
        let mut parents: BTreeMap<AccountId, String> = BTreeMap::new();
        let mut containers = vec![root.id.clone()];
        while let Some(container) = containers.pop() {
            pages!(
                self,
                "organizations:ListOrganizationalUnitsForParent",
                list_organizational_units_for_parent.parent_id(&container),
                organizational_units,
                |ou: &sdk::OrganizationalUnit| {
                    const CALL: &str = "organizations:ListOrganizationalUnitsForParent";
                    let id = required(CALL, "Id", ou.id())?;
                    // An OU that moved while the tree was walked may be met twice.
                    if !ous.iter().any(|known| known.id == id) {
                        containers.push(id.clone());
                        ous.push(Ou {
                            id,
                            name: required(CALL, "Name", ou.name())?,
                            parent: container.clone(),
                            tags: Tags::new(),
                        });
                    }
                    Ok::<_, Failure>(())
                }
            );
            pages!(
                self,
                "organizations:ListAccountsForParent",
                list_accounts_for_parent.parent_id(&container),
                accounts,
                |account: &Account| {
                    const CALL: &str = "organizations:ListAccountsForParent";
                    let id = account_id(CALL, &required(CALL, "Id", account.id())?)?;
                    parents.insert(id, container.clone());
                    Ok::<_, Failure>(())
                }
            );
        }
        let mut accounts = Vec::with_capacity(listed.len());
        for account in listed {
            let parent = match parents.remove(&account.id) {
                Some(parent) => parent,
                // It moved, or left since the accounts were listed.
                None => match self.parent_of(account.id).await? {
                    Some(parent) => parent,
                    None => continue,
                },
            };
            accounts.push(MemberAccount {
                id: account.id,
                name: account.name.clone(),
                email: account.email.clone(),
                state: account.state,
                parent,
                tags: Tags::new(),
            });
        }
        Ok(Tree { root_id: root.id.clone(), ous, accounts, incomplete: Vec::new() })
    }

    /// `None` for an account that is not in the organization any more.
    async fn parent_of(&self, account: AccountId) -> Result<Option<String>, Failure> {
        const CALL: &str = "organizations:ListParents";
        let answer = self.call().await.list_parents().child_id(account.to_string()).send().await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(ListParentsError::is_child_not_found_exception) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(failure(CALL, &error)),
        };
        let parent = answer.parents().first().and_then(|parent| parent.id());
        required(CALL, "parent", parent).map(Some)
    }

    /// Fills in the tags of accounts and OUs. Returns the first gap; a refusal ends the asking, since
    /// it will be the same for every one of them.
    async fn tags(&self, tree: &mut Tree, cancel: &watch::Receiver<bool>) -> Option<NotRead> {
        let accounts = tree.accounts.iter().map(|account| account.id.to_string());
        let ids: Vec<String> = accounts.chain(tree.ous.iter().map(|ou| ou.id.clone())).collect();
        let mut found: BTreeMap<String, Tags> = BTreeMap::new();
        let mut gap = None;
        let mut answers = futures_util::stream::iter(ids)
            .map(|id| async move {
                let tags = self.tags_of(&id).await;
                (id, tags)
            })
            .buffer_unordered(TAG_LANES);
        while let Some((id, answer)) = answers.next().await {
            match answer {
                Ok(tags) => drop(found.insert(id, tags)),
                Err(failure) => {
                    gap.get_or_insert_with(|| failure.not_read());
                    if failure.kind == FailureKind::Denied || failure.kind.spoils_all() {
                        break;
                    }
                }
            }
            if *cancel.borrow() {
                gap.get_or_insert_with(|| {
                    NotRead::new(
                        "organizations:ListTagsForResource",
                        NotReadKind::NotCollected,
                        "interrupted",
                    )
                });
                break;
            }
        }
        drop(answers);
        let accounts = tree.accounts.iter_mut().map(|it| (it.id.to_string(), &mut it.tags));
        for (id, tags) in
            accounts.chain(tree.ous.iter_mut().map(|it| (it.id.clone(), &mut it.tags)))
        {
            *tags = found.remove(&id).unwrap_or_default();
        }
        gap
    }

    async fn tags_of(&self, id: &str) -> Result<Tags, Failure> {
        let mut found = Tags::new();
        pages!(
            self,
            "organizations:ListTagsForResource",
            list_tags_for_resource.resource_id(id),
            tags,
            |tag: &sdk::Tag| {
                found.insert(tag.key().to_owned(), tag.value().to_owned());
                Ok::<_, Failure>(())
            }
        );
        Ok(found)
    }

    /// The tree with tags, and what of the tags is missing.
    pub(super) async fn whole_tree(
        &self,
        listed: &Fact<Vec<Listed>>,
        cancel: &watch::Receiver<bool>,
    ) -> TreeRead {
        let root = self.root().await;
        self.tree_under(&root, listed, cancel).await
    }

    async fn tree_under(
        &self,
        root: &Result<Root, Failure>,
        listed: &Fact<Vec<Listed>>,
        cancel: &watch::Receiver<bool>,
    ) -> TreeRead {
        let not_read = |gap| TreeRead { tree: Fact::NotRead(gap), gaps: Vec::new() };
        let root = match root {
            Ok(root) => root,
            Err(failure) => return not_read(failure.not_read()),
        };
        let listed = match listed {
            Fact::Read(listed) => listed,
            Fact::NotRead(gap) => return not_read(gap.clone()),
        };
        match self.tree(root, listed).await {
            Ok(mut tree) => {
                let gaps = self.tags(&mut tree, cancel).await.into_iter().collect();
                TreeRead { tree: Fact::Read(tree), gaps }
            }
            Err(failure) => not_read(failure.not_read()),
        }
    }

    async fn policies(&self, kind: PolicyType) -> Result<Vec<ControlPolicy>, Failure> {
        const CALL: &str = "organizations:ListPolicies";
        let mut found = Vec::new();
        pages!(
            self,
            "organizations:ListPolicies",
            list_policies.filter(kind.clone()),
            policies,
            |policy: &sdk::PolicySummary| {
                let id = required(CALL, "Id", policy.id())?;
                found.push((id, policy.name().unwrap_or_default().to_owned()));
                Ok::<_, Failure>(())
            }
        );
        let mut policies = Vec::with_capacity(found.len());
        for (id, name) in found {
            let document = self.content(&id).await;
            let targets = self.targets(&id).await;
            policies.push(ControlPolicy {
                document: fact(document.map(Into::into)),
                targets: fact(targets),
                id,
                name,
            });
        }
        Ok(policies)
    }

    async fn content(&self, id: &str) -> Result<String, Failure> {
        const CALL: &str = "organizations:DescribePolicy";
        let answer = self
            .call()
            .await
            .describe_policy()
            .policy_id(id)
            .send()
            .await
            .map_err(|error| failure(CALL, &error))?;
        required(CALL, "Content", answer.policy().and_then(|policy| policy.content()))
    }

    async fn targets(&self, id: &str) -> Result<Vec<String>, Failure> {
        let mut found = Vec::new();
        pages!(
            self,
            "organizations:ListTargetsForPolicy",
            list_targets_for_policy.policy_id(id),
            targets,
            |target: &sdk::PolicyTargetSummary| {
                found.push(required(
                    "organizations:ListTargetsForPolicy",
                    "TargetId",
                    target.target_id(),
                )?);
                Ok::<_, Failure>(())
            }
        );
        Ok(found)
    }

    async fn delegated(&self) -> Result<Vec<DelegatedAdministrator>, Failure> {
        const CALL: &str = "organizations:ListDelegatedAdministrators";
        let mut found = Vec::new();
        pages!(
            self,
            "organizations:ListDelegatedAdministrators",
            list_delegated_administrators,
            delegated_administrators,
            |account: &sdk::DelegatedAdministrator| {
                found.push(account_id(CALL, &required(CALL, "Id", account.id())?)?);
                Ok::<_, Failure>(())
            }
        );
        let mut administrators = Vec::with_capacity(found.len());
        for id in found {
            let mut services = Vec::new();
            pages!(
                self,
                "organizations:ListDelegatedServicesForAccount",
                list_delegated_services_for_account.account_id(id.to_string()),
                delegated_services,
                |service: &sdk::DelegatedService| {
                    services.extend(service.service_principal().map(str::to_owned));
                    Ok::<_, Failure>(())
                }
            );
            administrators.push(DelegatedAdministrator { id, services });
        }
        Ok(administrators)
    }

    /// The whole organization.
    pub(super) async fn read(
        &self,
        description: Description,
        listed: &Fact<Vec<Listed>>,
        known_tree: Option<TreeRead>,
        cancel: &watch::Receiver<bool>,
    ) -> OrganizationReading {
        let read_at = Timestamp::now();
        let root = self.root().await;
        let control = |kind: PolicyType| {
            let root = &root;
            async move {
                match root {
                    Ok(root) if root.policy_types.contains(&kind) => {
                        fact(self.policies(kind).await)
                    }
                    Ok(_) => Fact::Read(Vec::new()),
                    // Whether the type is enabled at all is what was not read.
                    Err(failure) => Fact::NotRead(failure.not_read()),
                }
            }
        };
        let scps = control(PolicyType::ServiceControlPolicy).await;
        let rcps = control(PolicyType::ResourceControlPolicy).await;
        let delegated_administrators = fact(self.delegated().await);
        let TreeRead { tree, gaps } = match known_tree {
            Some(known) => known,
            None => self.tree_under(&root, listed, cancel).await,
        };
        let facts = OrganizationFacts {
            id: description.id,
            arn: description.arn,
            management_account: description.management_account,
            tree,
            scps,
            rcps,
            delegated_administrators,
            not_read: gaps,
        };
        let organization = Fact::Read(Some(facts));
        OrganizationReading { read_at: Some(read_at), organization }
    }
}

struct Root {
    id: String,
    policy_types: Vec<PolicyType>,
}

fn listed(call: &str, account: &Account) -> Result<Listed, Failure> {
    Ok(Listed {
        id: account_id(call, &required(call, "Id", account.id())?)?,
        name: account.name().unwrap_or_default().to_owned(),
        email: account.email().map(str::to_owned),
        state: account_state(account),
    })
}

fn account_id(call: &str, text: &str) -> Result<AccountId, Failure> {
    text.parse().map_err(|error| Failure::new(call, FailureKind::Malformed, format!("{error}")))
}

/// What was answered, or why nothing was.
pub(super) fn fact<T>(answer: Result<T, Failure>) -> Fact<T> {
    match answer {
        Ok(value) => Fact::Read(value),
        Err(failure) => Fact::NotRead(failure.not_read()),
    }
}
