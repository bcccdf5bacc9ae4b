//! Accounts put together.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::documents::Documents;
use super::rows::{AccountPlace, Gathered, PolicyList};
use crate::arn::shared::Recent;
use crate::org::facts::{
    AccountKey, AttachedPolicy, DocumentKey, Facts, GroupKey, InlineDocument, PolicyDocument,
    RoleKey, SamlProvider, UserKey,
};
use crate::org::lookup::UniqueIds;
use crate::org::reading::Readings;
use crate::org::table::{Key, Table};

/// Facts that are being put together: first all that is known of the organization and of each
/// account but its users, groups and roles; then these, account by account; at last the
/// documents.
#[derive(Debug)]
pub(crate) struct Assembly {
    facts: Facts,
    accounts: Vec<Unsettled>,
}

/// What is still to be resolved of an account.
#[derive(Debug)]
struct Unsettled {
    account: AccountKey,
    managed: Vec<(Arc<str>, DocumentKey)>,
    lists: Vec<Box<[Arc<str>]>>,
    groups: Vec<(GroupKey, PolicyList)>,
    users: Vec<PolicyList>,
    roles: Vec<PolicyList>,
}

impl Assembly {
    /// Begins with what is known, and with the documents of control policies. Of the users,
    /// groups, roles and managed policies counts only that they were read, and what is missing.
    pub(crate) fn begin(readings: Readings, documents: &mut Documents) -> Self {
        Self { facts: Facts::frame(readings, documents), accounts: Vec::new() }
    }

    /// The accounts whose users, groups and roles were read, in the order in which they have to
    /// be added.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = AccountPlace> {
        let accounts = self.facts.accounts.iter();
        accounts.filter(|(_, row)| row.identities.read().is_some()).map(|(key, row)| AccountPlace {
            key,
            id: row.id,
            partition: row.partition,
        })
    }

    /// Makes room.
    pub(crate) fn expect_roles(&mut self, count: usize) {
        self.facts.roles.reserve(count);
    }

    /// Adds the rows of an account, and says how many roles these are.
    pub(crate) fn add(&mut self, found: Gathered) -> usize {
        let facts = &mut self.facts;
        let first = facts.groups.len();
        let mut unsettled = Unsettled {
            account: found.account,
            managed: found.managed,
            lists: found.lists,
            groups: Vec::with_capacity(found.groups.len()),
            users: Vec::with_capacity(found.users.len()),
            roles: Vec::with_capacity(found.roles.len()),
        };
        for (group, list) in found.groups {
            unsettled.groups.push((facts.groups.push(group), list));
        }
        let mut roles = Vec::with_capacity(found.roles.len());
        for (role, list) in found.roles {
            roles.push(facts.roles.push(role));
            unsettled.roles.push(list);
        }
        let mut users = Vec::with_capacity(found.users.len());
        for (mut user, list) in found.users {
            for group in user.groups.iter_mut().flatten() {
                let index = u32::try_from(first + group.index()).unwrap_or(u32::MAX);
                *group = GroupKey::from_index(index);
            }
            users.push(facts.users.push(user));
            unsettled.users.push(list);
        }
        if let Some(account) = facts.accounts.get_mut(found.account) {
            account.roles = roles;
            account.users = users;
            account.role_names = found.role_names;
            account.user_names = found.user_names;
        }
        let count = unsettled.roles.len();
        self.accounts.push(unsettled);
        count
    }

    /// Makes users and roles findable by their unique ids. Takes no document, so that documents
    /// can be read meanwhile.
    pub(crate) fn index(&mut self) {
        self.facts.unique_ids = UniqueIds::of(&self.facts);
    }

    /// Ends with the documents. `keys` says what each number of an account means, in the order
    /// in which accounts were added; without it, the rows hold keys and no numbers.
    pub(crate) fn finish(
        self,
        documents: Table<DocumentKey, PolicyDocument>,
        keys: Option<&[Vec<DocumentKey>]>,
    ) -> Facts {
        let Self { mut facts, accounts } = self;
        facts.documents = documents;
        let keys_at =
            |at: usize| Numbers(keys.map(|all| all.get(at).map_or(&[][..], Vec::as_slice)));
        // AWS's own policies are the same in every account of a partition, so one account's copy
        // serves where another's is missing.
        let mut of_aws = HashMap::new();
        for (at, account) in accounts.iter().enumerate() {
            let copies = account.managed.iter().filter(|(arn, _)| is_of_aws(arn));
            of_aws.extend(copies.map(|(arn, number)| (Arc::clone(arn), keys_at(at).key(*number))));
        }
        let mut lists = Recent::remembering();
        for (at, account) in accounts.into_iter().enumerate() {
            facts.settle(account, keys_at(at), &of_aws, &mut lists);
        }
        facts.settle_control_policies();
        facts.stand_in_for_saml_providers();
        facts
    }
}

/// What the numbers of an account's documents mean; nothing but themselves where there are keys
/// already.
#[derive(Debug, Clone, Copy)]
struct Numbers<'k>(Option<&'k [DocumentKey]>);

impl Numbers<'_> {
    fn key(self, number: DocumentKey) -> DocumentKey {
        self.0.and_then(|keys| keys.get(number.index())).copied().unwrap_or(number)
    }

    fn settle(self, inline: &mut [InlineDocument]) {
        for one in inline {
            one.document = self.key(one.document);
        }
    }
}

fn is_of_aws(arn: &str) -> bool {
    arn.contains(":iam::aws:")
}

impl Facts {
    /// Adds those SAML providers that trust policies mean in accounts whose list was not read.
    fn stand_in_for_saml_providers(&mut self) {
        let mut wanted: BTreeSet<(AccountKey, Arc<str>)> = BTreeSet::new();
        for (key, account) in self.accounts.iter() {
            if account.saml_providers.read().is_some() {
                continue;
            }
            let own = format!("arn:{}:iam::{}:saml-provider/", account.partition, account.id);
            let trusts: BTreeSet<DocumentKey> =
                account.roles.iter().map(|role| self.roles[*role].trust).collect();
            for trust in trusts {
                let Ok(document) = &self.documents[trust].parsed else { continue };
                for name in document.saml_providers() {
                    let arn = match name {
                        Some(arn) if !arn.starts_with(&own) => continue,
                        Some(arn) => arn.to_owned(),
                        None => format!("{own}*"),
                    };
                    wanted.insert((key, arn.into()));
                }
            }
        }
        for (account, arn) in wanted {
            let key = self.saml_providers.push(SamlProvider { account, arn, listed: false });
            if let Some(row) = self.accounts.get_mut(account) {
                row.saml_stand_ins.push(key);
            }
        }
    }

    /// Resolves the documents and the attached policies of an account.
    fn settle(
        &mut self,
        unsettled: Unsettled,
        numbers: Numbers<'_>,
        of_aws: &HashMap<Arc<str>, DocumentKey>,
        lists: &mut Recent<Arc<[AttachedPolicy]>>,
    ) {
        let managed: HashMap<Arc<str>, DocumentKey> = unsettled
            .managed
            .into_iter()
            .filter(|(arn, _)| !is_of_aws(arn))
            .map(|(arn, number)| (arn, numbers.key(number)))
            .collect();
        let document = |arn: &str| managed.get(arn).or_else(|| of_aws.get(arn)).copied();
        let mut list = |arns: Box<[Arc<str>]>| -> Arc<[AttachedPolicy]> {
            let resolve = |arn: Arc<str>| AttachedPolicy { document: document(&arn), arn };
            let found: Vec<AttachedPolicy> = arns.into_iter().map(resolve).collect();
            lists.get(found.as_slice(), |known| **known == *found, || found.as_slice().into())
        };
        let settled: Vec<_> = unsettled.lists.into_iter().map(&mut list).collect();
        let attached = |list: PolicyList| settled.get(list.index()).cloned().unwrap_or_default();
        for (key, list) in unsettled.groups {
            if let Some(group) = self.groups.get_mut(key) {
                group.attached = attached(list);
                numbers.settle(&mut group.inline);
            }
        }
        let first = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let account = &self.accounts[unsettled.account];
        let users = account.users.first().map_or(0, |key| first(key.index()));
        let roles = account.roles.first().map_or(0, |key| first(key.index()));
        for (index, list) in (users..).zip(unsettled.users) {
            if let Some(user) = self.users.get_mut(UserKey::from_index(index)) {
                user.attached = attached(list);
                numbers.settle(&mut user.inline);
                if let Some(boundary) = &mut user.boundary {
                    boundary.document = document(&boundary.arn);
                }
            }
        }
        for (index, list) in (roles..).zip(unsettled.roles) {
            if let Some(role) = self.roles.get_mut(RoleKey::from_index(index)) {
                role.trust = numbers.key(role.trust);
                role.attached = attached(list);
                numbers.settle(&mut role.inline);
                if let Some(boundary) = &mut role.boundary {
                    boundary.document = document(&boundary.arn);
                }
            }
        }
    }
}
