//! Which pairs are worth a decision.
//!
//! A trust policy names its callers in one of a few ways; each leads to the nodes that can
//! match. Callers that a trust policy admits only with a permission of their own are taken only
//! if some policy of theirs may grant it. Whatever can't be told counts as may-match: the list
//! leaves out only what the evaluation would call denied.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::arn::PrincipalName;
use crate::evaluation::Action;
use crate::issuer;
use crate::org::{
    AccountKey, AttachedPolicy, DocumentKey, Facts, Identity, InlineDocument, RoleKey,
};
use crate::policy::{Document, Effect, PrincipalEntry, Statement, Test};
use crate::workload::{Phase, Workspace};

use super::{Node, Subject};

pub(super) struct Candidates<'f> {
    facts: &'f Facts,
    /// Users and roles that some policy of theirs may let assume something, by account.
    assumers: HashMap<AccountKey, Vec<Node>>,
    /// Roles that a policy of the caller names literally.
    named_by_caller: HashMap<RoleKey, Vec<Node>>,
    unread: Vec<AccountKey>,
    /// Workspaces in both phases, by the host that issues their tokens.
    workspaces: HashMap<String, Vec<Node>>,
}

impl<'f> Candidates<'f> {
    pub(super) fn new(facts: &'f Facts, workspaces: &[Workspace]) -> Self {
        let mut found = Self {
            facts,
            assumers: HashMap::new(),
            named_by_caller: HashMap::new(),
            unread: facts
                .accounts
                .iter()
                .filter(|(_, row)| row.identities.read().is_none_or(|damaged| !damaged.is_empty()))
                .map(|(key, _)| key)
                .collect(),
            workspaces: HashMap::new(),
        };
        let mut grants = HashMap::new();
        for (key, role) in facts.roles.iter() {
            let policies = Policies { inline: &role.inline, attached: &role.attached };
            found.caller(Node::Role(key), role.account, &[policies], &mut grants);
        }
        for (key, user) in facts.users.iter() {
            let mut policies = vec![Policies { inline: &user.inline, attached: &user.attached }];
            for group in user.groups.iter().flatten() {
                let group = &facts.groups[*group];
                policies.push(Policies { inline: &group.inline, attached: &group.attached });
            }
            if user.groups.iter().any(Result::is_err) {
                found.assumers.entry(user.account).or_default().push(Node::User(key));
            } else {
                found.caller(Node::User(key), user.account, &policies, &mut grants);
            }
        }
        for (index, workspace) in workspaces.iter().enumerate() {
            let nodes = found.workspaces.entry(workspace.host.clone()).or_default();
            nodes.extend(Phase::ALL.map(|phase| Node::Workspace(index, phase)));
        }
        found
    }

    fn caller(
        &mut self,
        node: Node,
        account: AccountKey,
        policies: &[Policies<'_>],
        grants: &mut HashMap<DocumentKey, Grant>,
    ) {
        let mut assumes = false;
        for list in policies {
            for document in list.documents() {
                let Some(document) = document else {
                    assumes = true;
                    continue;
                };
                let grant =
                    grants.entry(document).or_insert_with(|| Grant::of(self.facts, document));
                assumes |= grant.may_assume;
                for role in &grant.named {
                    self.named_by_caller.entry(*role).or_default().push(node.clone());
                }
            }
        }
        if assumes {
            self.assumers.entry(account).or_default().push(node);
        }
    }

    /// Who may assume the role; `true` where a policy names the pair literally.
    pub(super) fn of(&self, role: RoleKey) -> BTreeMap<Node, bool> {
        let mut found = BTreeMap::new();
        let row = &self.facts.roles[role];
        for node in self.named_by_caller.get(&role).into_iter().flatten() {
            found.insert(node.clone(), true);
        }
        match &self.facts.documents[row.trust].parsed {
            Err(_) => self.everybody(row.account, &mut found),
            Ok(document) => {
                for statement in &document.statements {
                    if statement.effect != Some(Effect::Deny) {
                        self.statement(statement, role, &mut found);
                    }
                }
            }
        }
        found
    }

    /// Who may assume some role of an account whose roles were not read.
    pub(super) fn of_unread(&self, account: AccountKey) -> BTreeSet<Node> {
        let mut found: BTreeSet<Node> = self.assumers.values().flatten().cloned().collect();
        found.extend(
            self.unread.iter().filter(|key| **key != account).map(|key| Node::Unread(*key)),
        );
        found.extend(self.workspaces.values().flatten().cloned());
        found
    }

    fn statement(&self, statement: &Statement, role: RoleKey, found: &mut BTreeMap<Node, bool>) {
        let account = self.facts.roles[role].account;
        let Some(principal) = &statement.principal else {
            if !statement.problems.is_empty() {
                self.everybody(account, found);
            }
            return;
        };
        if principal.negated || (!statement.problems.is_empty() && principal.entries.is_empty()) {
            self.everybody(account, found);
            return;
        }
        for entry in &principal.entries {
            self.entry(entry, statement, account, found);
        }
    }

    fn entry(
        &self,
        entry: &PrincipalEntry,
        statement: &Statement,
        account: AccountKey,
        found: &mut BTreeMap<Node, bool>,
    ) {
        let facts = self.facts;
        match entry {
            PrincipalEntry::Everyone => self.everybody(account, found),
            PrincipalEntry::EveryAwsPrincipal => self.every_aws_principal(account, found),
            PrincipalEntry::Account { account: id, .. } => match facts.account(*id) {
                None => add(found, Node::External(*id), true),
                Some(key) => {
                    for node in self.assumers.get(&key).into_iter().flatten() {
                        add(found, node.clone(), false);
                    }
                    if self.unread.contains(&key) {
                        add(found, Node::Unread(key), true);
                    }
                }
            },
            PrincipalEntry::Arn(arn) => {
                let identity = match arn.principal() {
                    Some(PrincipalName::Session { account, role, .. }) => facts
                        .account(account)
                        .and_then(|account| facts.role(account, role))
                        .map(Node::Role),
                    _ => facts
                        .role_by_arn(arn.as_str())
                        .map(Node::Role)
                        .or_else(|| facts.user_by_arn(arn.as_str()).map(Node::User)),
                };
                match (identity, arn.account().and_then(|id| facts.account(id))) {
                    (Some(node), _) => add(found, node, true),
                    (None, Some(key)) if self.unread.contains(&key) => {
                        add(found, Node::Unread(key), true);
                    }
                    (None, None) if is_caller(arn) => add(found, Node::Named(arn.clone()), true),
                    _ => {}
                }
            }
            PrincipalEntry::UniqueId(id) => match facts.by_unique_id(id) {
                Some(Identity::Role(key)) => add(found, Node::Role(key), true),
                Some(Identity::User(key)) => add(found, Node::User(key), true),
                None => {
                    for key in &self.unread {
                        add(found, Node::Unread(*key), true);
                    }
                    // Facts written by hand may lack ids.
                    for (key, role) in facts.roles.iter() {
                        if role.unique_id.is_empty() {
                            add(found, Node::Role(key), false);
                        }
                    }
                    for (key, user) in facts.users.iter() {
                        if user.unique_id.is_empty() {
                            add(found, Node::User(key), false);
                        }
                    }
                }
            },
            PrincipalEntry::Service(name) => add(found, Node::Service(name.clone()), true),
            PrincipalEntry::Federated(provider) => {
                self.federated(provider, statement, account, found);
            }
            PrincipalEntry::CanonicalUser(_) | PrincipalEntry::Invalid(_) => {}
        }
    }

    fn federated(
        &self,
        provider: &str,
        statement: &Statement,
        account: AccountKey,
        found: &mut BTreeMap<Node, bool>,
    ) {
        let facts = self.facts;
        let saml = facts.saml_providers.iter().find(|(_, row)| *row.arn == *provider);
        if let Some((key, _)) = saml {
            add(found, Node::Saml(key), true);
            return;
        }
        let row = &facts.accounts[account];
        let prefix = format!("arn:{}:iam::{}:oidc-provider/", row.partition, row.id);
        let issuer = match provider.strip_prefix(&prefix) {
            Some(issuer) => issuer,
            None if issuer::builtin(provider).is_some() => provider,
            // A provider of another account never serves.
            None => return,
        };
        if let Some(nodes) = self.workspaces.get(issuer) {
            for node in nodes {
                add(found, node.clone(), false);
            }
            return;
        }
        for subject in subjects(statement, issuer) {
            let subject = Subject { issuer: issuer.to_owned(), subject, audience: None };
            add(found, Node::Subject(subject), true);
        }
    }

    /// Everybody whom `"*"` may mean. Within the account no permission of the caller's own is
    /// needed.
    fn every_aws_principal(&self, account: AccountKey, found: &mut BTreeMap<Node, bool>) {
        add(found, Node::Anyone, false);
        for node in self.assumers.values().flatten() {
            add(found, node.clone(), false);
        }
        for role in &self.facts.accounts[account].roles {
            add(found, Node::Role(*role), false);
        }
        for user in &self.facts.accounts[account].users {
            add(found, Node::User(*user), false);
        }
        for key in &self.unread {
            add(found, Node::Unread(*key), false);
        }
    }

    /// As [`Candidates::every_aws_principal`], and whoever the account's providers vouch for.
    fn everybody(&self, account: AccountKey, found: &mut BTreeMap<Node, bool>) {
        self.every_aws_principal(account, found);
        for node in self.workspaces.values().flatten() {
            add(found, node.clone(), false);
        }
        let row = &self.facts.accounts[account];
        for provider in row.saml_providers.read().into_iter().flatten() {
            add(found, Node::Saml(*provider), false);
        }
        for provider in row.oidc_providers.read().into_iter().flatten() {
            let issuer = &self.facts.oidc_providers[*provider].url;
            if !self.workspaces.contains_key(issuer) {
                let subject =
                    Subject { issuer: issuer.clone(), subject: "*".to_owned(), audience: None };
                add(found, Node::Subject(subject), false);
            }
        }
    }
}

/// The values that the statement's conditions ask of the subject; one for any where they ask
/// for nothing that can be told.
fn subjects(statement: &Statement, issuer: &str) -> Vec<String> {
    let key = format!("{}:sub", issuer.to_lowercase());
    let asked = statement.conditions.iter().filter(|condition| {
        let operator = &condition.operator;
        let names = matches!(
            operator.test,
            Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike
        );
        // What a variable comes to can't be told here.
        let told = || !condition.values.iter().any(|value| value.text.contains("${"));
        *condition.key == *key && !operator.negated && names && told()
    });
    let mut asked = asked.peekable();
    if asked.peek().is_none() {
        return vec!["*".to_owned()];
    }
    asked
        .flat_map(|condition| {
            let literal = condition.operator.test != Test::StringLike;
            condition.values.iter().filter(move |value| {
                // A wildcard that is taken literally fits no subject that exists.
                !literal || !value.text.contains(['*', '?'])
            })
        })
        .map(|value| value.text.to_string())
        .collect()
}

fn add(found: &mut BTreeMap<Node, bool>, node: Node, named: bool) {
    *found.entry(node).or_default() |= named;
}

fn is_caller(arn: &crate::arn::Arn) -> bool {
    matches!(
        arn.principal(),
        Some(
            PrincipalName::User { .. } | PrincipalName::Role { .. } | PrincipalName::Session { .. }
        )
    )
}

struct Policies<'p> {
    inline: &'p [InlineDocument],
    attached: &'p [AttachedPolicy],
}

impl Policies<'_> {
    fn documents(&self) -> impl Iterator<Item = Option<DocumentKey>> {
        self.inline
            .iter()
            .map(|policy| Some(policy.document))
            .chain(self.attached.iter().map(|policy| policy.document))
    }
}

/// What one policy may let its holder assume.
struct Grant {
    may_assume: bool,
    named: Vec<RoleKey>,
}

impl Grant {
    fn of(facts: &Facts, document: DocumentKey) -> Self {
        let Ok(document) = &facts.documents[document].parsed else {
            return Self { may_assume: true, named: Vec::new() };
        };
        Self { may_assume: may_assume(document), named: named(facts, document) }
    }
}

fn may_assume(document: &Document) -> bool {
    document.statements.iter().any(grants)
}

fn grants(statement: &Statement) -> bool {
    statement.effect != Some(Effect::Deny)
        && (!statement.problems.is_empty() || statement.action.has(Action::AssumeRole))
}

fn named(facts: &Facts, document: &Document) -> Vec<RoleKey> {
    document
        .statements
        .iter()
        .filter(|statement| grants(statement))
        .filter_map(|statement| statement.resource.as_ref())
        .filter(|resource| !resource.negated)
        .flat_map(|resource| &resource.patterns)
        .filter_map(|pattern| facts.role_by_arn(&pattern.template.text))
        .collect()
}
