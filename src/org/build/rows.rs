//! What one account holds, row by row.
//!
//! Rows may be gathered of many accounts at once, each knowing only its own: documents are
//! numbered within the account, and attached policies are ARNs. [`super::Assembly`] puts the
//! accounts together and settles both.

use std::collections::HashMap;
use std::sync::Arc;

use compact_str::CompactString;
use jiff::Timestamp;

use crate::arn::shared::Texts;
use crate::arn::{self, AccountId, Partition};
use crate::org::facts::{
    AccountKey, AttachedPolicy, DocumentKey, Group, GroupKey, InlineDocument, Role, User,
};
use crate::org::lookup::Names;
use crate::org::table::Key;
use crate::org::tags::Tags;

/// An account that rows are gathered of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AccountPlace {
    pub(crate) key: AccountKey,
    pub(crate) id: AccountId,
    pub(crate) partition: Partition,
}

/// A list of attached policies of an account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PolicyList(u32);

impl PolicyList {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// The rows of one account while they are gathered.
#[derive(Debug)]
pub(crate) struct AccountRows<'t> {
    texts: &'t mut Texts,
    /// What its ARNs begin with, and room for the rest.
    arn: String,
    prefix: usize,
    groups_by_name: HashMap<String, GroupKey>,
    /// That of the role before: most have the same.
    path: Arc<str>,
    gathered: Gathered,
}

/// All rows of an account. Documents and groups are keyed by their places in the account.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(super) account: AccountKey,
    pub(super) groups: Vec<(Group, PolicyList)>,
    /// By ARN.
    pub(super) roles: Vec<(Role, PolicyList)>,
    /// By ARN.
    pub(super) users: Vec<(User, PolicyList)>,
    pub(super) role_names: Names,
    pub(super) user_names: Names,
    /// Managed policies that were read.
    pub(super) managed: Vec<(Arc<str>, DocumentKey)>,
    pub(super) lists: Vec<Box<[Arc<str>]>>,
}

/// What a user, a group and a role have in common.
#[derive(Debug)]
pub(crate) struct Named<'r> {
    pub(crate) name: &'r str,
    pub(crate) path: &'r str,
    pub(crate) unique_id: &'r str,
    pub(crate) inline: Box<[InlineDocument]>,
    pub(crate) attached: PolicyList,
}

/// What only a role has.
#[derive(Debug)]
pub(crate) struct RoleRow<'r> {
    pub(crate) trust: DocumentKey,
    pub(crate) boundary: Option<&'r str>,
    pub(crate) tags: Tags,
    pub(crate) max_session: Option<u32>,
    pub(crate) description: Option<&'r str>,
    pub(crate) last_used: Option<Timestamp>,
}

impl<'t> AccountRows<'t> {
    /// Those of an account. `texts` are what other accounts have in common with it.
    pub(crate) fn new(account: AccountPlace, texts: &'t mut Texts) -> Self {
        let arn = arn::iam(account.partition, account.id, "", "", "");
        let gathered = Gathered {
            account: account.key,
            groups: Vec::new(),
            roles: Vec::new(),
            users: Vec::new(),
            role_names: Names::default(),
            user_names: Names::default(),
            managed: Vec::new(),
            lists: Vec::new(),
        };
        Self {
            texts,
            prefix: arn.len(),
            arn,
            groups_by_name: HashMap::new(),
            path: Arc::default(),
            gathered,
        }
    }

    /// A managed policy whose document was read; of two of one ARN the later one counts.
    pub(crate) fn managed_policy(&mut self, arn: &str, document: DocumentKey) {
        let arn = self.texts.get(arn);
        self.gathered.managed.push((arn, document));
    }

    /// A list of attached policies, for as many as have it.
    pub(crate) fn policies<'p>(&mut self, arns: impl Iterator<Item = &'p str>) -> PolicyList {
        let number = u32::try_from(self.gathered.lists.len()).unwrap_or(u32::MAX);
        self.gathered.lists.push(arns.map(|arn| self.texts.get(arn)).collect());
        PolicyList(number)
    }

    /// An inline policy of what comes next.
    pub(crate) fn inline(&mut self, name: &str, document: DocumentKey) -> InlineDocument {
        InlineDocument { name: self.texts.get(name), document }
    }

    /// Tags of what comes next.
    pub(crate) fn tags<'p>(&mut self, pairs: impl Iterator<Item = (&'p str, &'p str)>) -> Tags {
        Tags::of(pairs, self.texts)
    }

    /// How many roles will come.
    pub(crate) fn expect_roles(&mut self, count: usize) {
        self.gathered.roles.reserve_exact(count);
    }

    /// A group. All groups come before the users.
    pub(crate) fn group(&mut self, group: Named<'_>) {
        let arn = self.arn("group", group.path, group.name);
        let row = Group { arn, name: group.name.into(), inline: group.inline, attached: none() };
        let key = GroupKey::from_index(number(self.gathered.groups.len()));
        self.groups_by_name.insert(group.name.to_owned(), key);
        self.gathered.groups.push((row, group.attached));
    }

    /// A role.
    pub(crate) fn role(&mut self, named: Named<'_>, role: RoleRow<'_>) {
        if *self.path != *named.path {
            self.path = self.texts.get(named.path);
        }
        let row = Role {
            account: self.gathered.account,
            arn: self.arn("role", named.path, named.name),
            name: CompactString::new(named.name),
            path: Arc::clone(&self.path),
            unique_id: CompactString::new(named.unique_id),
            trust: role.trust,
            inline: named.inline,
            attached: none(),
            boundary: role.boundary.map(|arn| self.boundary(arn)),
            tags: role.tags,
            max_session: role.max_session,
            description: role.description.map(|text| self.texts.get(text)),
            last_used: role.last_used,
        };
        self.gathered.roles.push((row, named.attached));
    }

    /// A user with the names of its groups.
    pub(crate) fn user<'g>(
        &mut self,
        named: Named<'_>,
        boundary: Option<&str>,
        groups: impl Iterator<Item = &'g str>,
        tags: Tags,
    ) {
        let known = |name: &str| self.groups_by_name.get(name).copied();
        let groups = groups.map(|name| known(name).ok_or_else(|| name.to_owned())).collect();
        let row = User {
            account: self.gathered.account,
            arn: self.arn("user", named.path, named.name),
            name: CompactString::new(named.name),
            path: self.texts.get(named.path),
            unique_id: CompactString::new(named.unique_id),
            inline: named.inline,
            attached: none(),
            boundary: boundary.map(|arn| self.boundary(arn)),
            groups,
            tags,
        };
        self.gathered.users.push((row, named.attached));
    }

    /// All rows there are.
    pub(crate) fn finish(mut self) -> Gathered {
        // All ARNs begin alike.
        let prefix = self.prefix;
        let found = &mut self.gathered;
        found.roles = sorted(std::mem::take(&mut found.roles), |(role, _)| &role.arn, prefix);
        found.users = sorted(std::mem::take(&mut found.users), |(user, _)| &user.arn, prefix);
        found.role_names = Names::of(&found.roles, |(role, _)| &role.name);
        found.user_names = Names::of(&found.users, |(user, _)| &user.name);
        self.gathered
    }

    fn arn(&mut self, kind: &str, path: &str, name: &str) -> Arc<str> {
        self.arn.truncate(self.prefix);
        self.arn.extend([kind, path, name]);
        self.arn.as_str().into()
    }

    fn boundary(&mut self, arn: &str) -> AttachedPolicy {
        AttachedPolicy { arn: self.texts.get(arn), document: None }
    }
}

/// The rows by their ARNs, which are the same up to `prefix`. Rows are large, so each is moved
/// once only.
fn sorted<T>(rows: Vec<T>, arn: impl Fn(&T) -> &str, prefix: usize) -> Vec<T> {
    let of = |at: &u32| rows.get(*at as usize).and_then(|row| arn(row).get(prefix..));
    let mut order: Vec<u32> = (0..number(rows.len())).collect();
    order.sort_by(|one, other| of(one).cmp(&of(other)));
    let mut rows: Vec<Option<T>> = rows.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| rows.get_mut(at as usize)?.take()).collect()
}

/// What attached policies are until they are settled.
fn none() -> Arc<[AttachedPolicy]> {
    Arc::default()
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
