//! Whom a trust policy may mean, told from its text alone.
//!
//! Whatever can't be told counts as may-match: what is left out here is left out of the graph, so
//! it must be what the evaluation would call denied.

use std::collections::BTreeMap;

use crate::arn::glob::{Glob, Piece, escape};
use crate::arn::{Arn, PrincipalName};
use crate::issuer;
use crate::org::{AccountKey, DocumentKey, Facts, Identity};
use crate::policy::{
    Action, ActionSet, Condition, Effect, Key, PrincipalEntry, Qualifier, Statement, Template, Test,
};

use super::super::Node;
use super::caller::CallerId;
use super::postings::ArnPattern;

/// What the conditions of a statement ask of whom it lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Narrow {
    /// Nothing that could be looked up.
    No,
    /// An ARN that fits one of these.
    Arns(Vec<ArnPattern>),
    /// A tag, its key in lower case, with one of these values; sessions that may hold tags of
    /// others fit too.
    Tag(Box<str>, Vec<Wanted>),
}

/// A tag's value that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    Text(Box<str>),
    /// That of the role's tag with this key.
    OfRole(Box<str>),
}

/// Whom a trust policy may let in.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing of its own")]
pub(super) struct Admission {
    /// Statements that mean everybody with credentials.
    pub(super) wide: Vec<Narrow>,
    /// Statements that mean the principals of an account.
    pub(super) accounts: Vec<(AccountKey, Narrow)>,
    /// Callers that a statement means by name; whether literally.
    pub(super) named: BTreeMap<CallerId, bool>,
    /// Callers that some statement names, be it to keep them out.
    pub(super) singled_out: Vec<CallerId>,
    /// Other sources; whether a policy names them literally.
    pub(super) others: BTreeMap<Node, bool>,
    /// Statements that let in tokens.
    pub(super) tokens: Vec<Tokens>,
    /// What statements that mean everybody may let those do who have no credentials of AWS: bearers
    /// of tokens and assertions, and services (rule D10).
    pub(super) everyone_else: ActionSet,
    /// Whether some statement that means everybody with credentials may mean somebody of another
    /// organization.
    pub(super) foreigners: bool,
    /// Whether it tells accounts apart among those that it means.
    pub(super) tells_accounts: bool,
    /// Whether it holds an id that nobody of the facts has, which may be an outsider's.
    pub(super) unknown_ids: bool,
    /// Whether accounts of which something was not read may be meant too.
    pub(super) unread: bool,
}

/// A statement that lets in the tokens of an issuer.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) issuer: String,
    /// The account whose provider is named; `None` for a built-in one. It serves its own roles.
    pub(super) account: Option<AccountKey>,
    /// Patterns of subjects of which one must fit; `None` where that can't be told.
    pub(super) fits: Option<Vec<Glob>>,
    /// The subjects that the policy asks for, as selectors write them.
    pub(super) written: Vec<String>,
}

impl Admission {
    /// Whom the document means as a trust policy.
    pub(super) fn of(facts: &Facts, document: DocumentKey, missing_ids: &[CallerId]) -> Self {
        let mut found = Self::default();
        let Ok(parsed) = &facts.documents[document].parsed else {
            found.everyone_else = Action::ALL.into_iter().collect();
            found.anyone(Narrow::No, true);
            return found;
        };
        let reader = Reader { facts, missing_ids };
        let mut accounts = false;
        for statement in &parsed.statements {
            accounts |= reader.names_accounts(statement);
            reader.singled_out(statement, &mut found);
            if statement.effect != Some(Effect::Deny) {
                reader.statement(statement, &mut found);
            }
        }
        found.singled_out.sort_unstable();
        found.singled_out.dedup();
        found.tells_accounts = accounts;
        found
    }

    /// Whether it means others than those that it names.
    pub(super) fn means_many(&self) -> bool {
        !self.wide.is_empty() || !self.accounts.is_empty()
    }

    /// Means everybody with credentials.
    fn anyone(&mut self, narrow: Narrow, foreigners: bool) {
        self.wide.push(narrow);
        self.foreigners |= foreigners;
        self.unread = true;
        self.others.entry(Node::Anyone).or_default();
    }

    fn other(&mut self, node: Node, named: bool) {
        *self.others.entry(node).or_default() |= named;
    }

    /// Notes that a statement may mean everybody without credentials of an account who makes such
    /// calls (rule D10).
    fn everyone_else(&mut self, statement: &Statement, actions: &[Action]) {
        let may = actions.iter().copied().filter(|action| may_let(statement, *action));
        self.everyone_else = [self.everyone_else, may.collect()].into_iter().collect();
    }
}

struct Reader<'f> {
    facts: &'f Facts,
    /// Callers whose unique ids are missing, in facts written by hand.
    missing_ids: &'f [CallerId],
}

impl Reader<'_> {
    fn statement(&self, statement: &Statement, found: &mut Admission) {
        let narrow = || narrow(statement);
        // Whom a statement without the element means is not settled (rule S5).
        let Some(principal) = &statement.principal else {
            self.everybody(statement, found);
            return;
        };
        if principal.negated || (!statement.problems.is_empty() && principal.entries.is_empty()) {
            self.everybody(statement, found);
            return;
        }
        for entry in &principal.entries {
            match entry {
                PrincipalEntry::Everyone => self.everybody(statement, found),
                PrincipalEntry::EveryAwsPrincipal => self.anyone(statement, found),
                PrincipalEntry::Account { account, .. } => match self.facts.account(*account) {
                    None => found.other(Node::External(*account), true),
                    Some(key) => {
                        found.accounts.push((key, narrow()));
                        if self.is_unread(key) {
                            found.other(Node::Unread(key), true);
                        }
                    }
                },
                PrincipalEntry::Arn(arn) => self.arn(arn, found),
                PrincipalEntry::UniqueId(id) => self.unique_id(id, found),
                PrincipalEntry::Service(name) => {
                    if name == "*" {
                        found.everyone_else(statement, &[Action::AssumeRole]);
                    }
                    found.other(Node::Service(name.clone()), true);
                }
                PrincipalEntry::Federated(provider) => self.federated(provider, statement, found),
                PrincipalEntry::CanonicalUser(_) | PrincipalEntry::Invalid(_) => {}
            }
        }
    }

    /// The statement means everybody, with credentials or without.
    fn everybody(&self, statement: &Statement, found: &mut Admission) {
        self.anyone(statement, found);
        let asks_for_organization = statement.conditions.iter().any(|condition| {
            asks(condition) && is_about_organization(condition) && compares_text(condition)
        });
        // Calls that no credentials sign have no organization.
        if statement.problems.is_empty() && asks_for_organization {
            return;
        }
        found.everyone_else(statement, &Action::ALL);
        if may_let(statement, Action::AssumeRole) {
            found.other(Node::Service("*".to_owned()), false);
        }
    }

    /// The statement means everybody with credentials.
    fn anyone(&self, statement: &Statement, found: &mut Admission) {
        if may_let(statement, Action::AssumeRole) {
            found.anyone(narrow(statement), !self.is_for_own_organization(statement));
        }
    }

    /// Whether only callers of the organization are let in, of which all accounts are known.
    fn is_for_own_organization(&self, statement: &Statement) -> bool {
        let organization = self.facts.known_organization().filter(|_| self.facts.accounts_complete);
        let Some(organization) = organization else { return false };
        let is_own =
            |value: &Template| value.fixed().is_some_and(|(_, plain)| *plain == *organization.id);
        statement.problems.is_empty()
            && statement.conditions.iter().any(|condition| {
                asks(condition)
                    && is_about_organization(condition)
                    && condition.operator.test == Test::StringEquals
                    && condition.values.iter().all(is_own)
            })
    }

    fn arn(&self, arn: &Arn, found: &mut Admission) {
        match (self.identity(arn), arn.account().and_then(|id| self.facts.account(id))) {
            (Some(caller), _) => *found.named.entry(caller).or_default() = true,
            (None, Some(key)) if self.is_unread(key) => found.other(Node::Unread(key), true),
            (None, None) if is_caller(arn) => found.other(Node::Named(arn.clone()), true),
            _ => {}
        }
    }

    /// The user or role that an ARN means, a session's its role.
    fn identity(&self, arn: &Arn) -> Option<CallerId> {
        let facts = self.facts;
        if let Some(PrincipalName::Session { account, role, .. }) = arn.principal() {
            let account = facts.account(account)?;
            return facts.role(account, role).map(CallerId::role);
        }
        let role = facts.role_by_arn(arn.as_str()).map(CallerId::role);
        role.or_else(|| facts.user_by_arn(arn.as_str()).map(|key| CallerId::user(facts, key)))
    }

    fn unique_id(&self, id: &str, found: &mut Admission) {
        if let Some(caller) = self.by_unique_id(id) {
            *found.named.entry(caller).or_default() = true;
            return;
        }
        found.unknown_ids = true;
        for key in self.facts.accounts.keys().filter(|key| self.is_unread(*key)) {
            found.other(Node::Unread(key), true);
        }
        for caller in self.missing_ids {
            found.named.entry(*caller).or_default();
        }
    }

    fn by_unique_id(&self, id: &str) -> Option<CallerId> {
        self.facts.by_unique_id(id).map(|identity| match identity {
            Identity::Role(key) => CallerId::role(key),
            Identity::User(key) => CallerId::user(self.facts, key),
        })
    }

    fn singled_out(&self, statement: &Statement, found: &mut Admission) {
        let entries = statement.principal.iter().flat_map(|principal| &principal.entries);
        for entry in entries {
            match entry {
                PrincipalEntry::Arn(arn) => found.singled_out.extend(self.identity(arn)),
                PrincipalEntry::UniqueId(id) => match self.by_unique_id(id) {
                    Some(caller) => found.singled_out.push(caller),
                    None => found.singled_out.extend(self.missing_ids),
                },
                _ => {}
            }
        }
    }

    fn names_accounts(&self, statement: &Statement) -> bool {
        statement.principal.iter().flat_map(|principal| &principal.entries).any(|entry| match entry
        {
            PrincipalEntry::Account { account, .. } => self.facts.account(*account).is_some(),
            // Somebody of an account that was not read is not told from the account itself.
            PrincipalEntry::Arn(arn) => {
                let account = arn.account().and_then(|id| self.facts.account(id));
                account.is_some_and(|account| self.is_unread(account))
            }
            _ => false,
        })
    }

    fn is_unread(&self, account: AccountKey) -> bool {
        is_unread(self.facts, account)
    }

    fn federated(&self, provider: &str, statement: &Statement, found: &mut Admission) {
        let mut saml = self.facts.saml_providers.iter();
        if provider.contains(":saml-provider/") {
            if let Some((key, _)) = saml.find(|(_, row)| *row.arn == *provider) {
                found.other(Node::Saml(key), true);
            }
            return;
        }
        let (account, issuer) = match provider.split_once(":oidc-provider/") {
            Some((_, issuer)) => {
                let id = crate::arn::split(provider).and_then(|parts| parts[4].parse().ok());
                // A provider of an account that nobody knows never serves.
                let Some(account) = id.and_then(|id| self.facts.account(id)) else { return };
                (Some(account), issuer)
            }
            None if issuer::builtin(provider).is_some() => (None, provider),
            None => return,
        };
        found.tokens.push(Tokens {
            issuer: issuer.to_owned(),
            account,
            fits: subjects(statement, issuer),
            written: named_subjects(statement, issuer),
        });
    }
}

/// Whether a statement may be about an action; one that was not wholly read may be about any.
fn may_let(statement: &Statement, action: Action) -> bool {
    !statement.problems.is_empty() || statement.action.has(action)
}

fn is_about_organization(condition: &Condition) -> bool {
    condition.name().key == Key::PrincipalOrgId
}

/// Whether what it asks about has to be there.
fn compares_text(condition: &Condition) -> bool {
    matches!(
        condition.operator.test,
        Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike
    )
}

/// Whether principals of the account are missing from the facts.
pub(super) fn is_unread(facts: &Facts, account: AccountKey) -> bool {
    facts.accounts[account].missing().is_some()
}

fn is_caller(arn: &Arn) -> bool {
    matches!(
        arn.principal(),
        Some(
            PrincipalName::User { .. } | PrincipalName::Role { .. } | PrincipalName::Session { .. }
        )
    )
}

/// Whether the test holds only for values that it compares, so that what fits none of them is out.
fn asks(condition: &Condition) -> bool {
    let operator = &condition.operator;
    !operator.negated && !operator.if_exists && operator.qualifier != Some(Qualifier::All)
}

/// The one thing that the conditions ask for and that can be looked up.
fn narrow(statement: &Statement) -> Narrow {
    if !statement.problems.is_empty() {
        return Narrow::No;
    }
    let asking = || statement.conditions.iter().filter(|condition| asks(condition));
    asking().find_map(arns).or_else(|| asking().find_map(tag)).unwrap_or(Narrow::No)
}

fn arns(condition: &Condition) -> Option<Narrow> {
    if condition.name().key != Key::PrincipalArn {
        return None;
    }
    let pattern = |value: &Template| -> Option<ArnPattern> {
        let (glob, plain) = value.fixed()?;
        if glob.matches_everything() {
            return None;
        }
        match condition.operator.test {
            Test::StringEquals => Some(ArnPattern::new(exact(plain), true)),
            Test::StringLike => Some(ArnPattern::new(glob.clone(), true)),
            // What is no ARN compares in a way that is not settled.
            Test::ArnLike => glob.split().map(|_| ArnPattern::new(glob.clone(), false)),
            _ => None,
        }
    };
    condition.values.iter().map(pattern).collect::<Option<_>>().map(Narrow::Arns)
}

fn exact(text: &str) -> Glob {
    text.chars().map(Piece::Char).collect()
}

fn tag(condition: &Condition) -> Option<Narrow> {
    let name = condition.name();
    if name.key != Key::PrincipalTag || condition.operator.test != Test::StringEquals {
        return None;
    }
    let wanted = |value: &Template| -> Option<Wanted> {
        if let Some((_, plain)) = value.fixed() {
            return Some(Wanted::Text(plain.into()));
        }
        let lower = value.text.to_ascii_lowercase();
        let key = lower.strip_prefix("${")?.strip_suffix('}')?;
        let tag = key.strip_prefix("aws:resourcetag/").or(key.strip_prefix("iam:resourcetag/"))?;
        let mut variables = value.variables();
        let alone = variables.next() == Some(key) && variables.next().is_none();
        alone.then(|| Wanted::OfRole(tag.into()))
    };
    let values: Option<Vec<Wanted>> = condition.values.iter().map(wanted).collect();
    values.map(|values| Narrow::Tag(name.behind_slash().into(), values))
}

/// The conditions that ask for certain subjects of an issuer.
fn on_subject<'s>(
    statement: &'s Statement,
    issuer: &str,
) -> impl Iterator<Item = &'s Condition> + use<'s> {
    let key = format!("{}:sub", issuer.to_lowercase());
    statement.conditions.iter().filter(move |condition| {
        let operator = &condition.operator;
        let names = compares_text(condition);
        // What a variable comes to can't be told here.
        let told = || !condition.values.iter().any(|value| value.text.contains("${"));
        *condition.key == *key && !operator.negated && names && told()
    })
}

/// Patterns that every subject must fit one of; `None` where that can't be told.
fn subjects(statement: &Statement, issuer: &str) -> Option<Vec<Glob>> {
    if !statement.problems.is_empty() {
        return None;
    }
    let condition = on_subject(statement, issuer).find(|condition| {
        asks(condition) && condition.operator.test != Test::StringEqualsIgnoreCase
    })?;
    let literal = condition.operator.test == Test::StringEquals;
    let glob = |value: &Template| -> Option<Glob> {
        let (glob, plain) = value.fixed()?;
        Some(if literal { exact(plain) } else { glob.clone() })
    };
    condition.values.iter().map(glob).collect()
}

/// The values that the statement's conditions ask of the subject; one for any where they ask
/// for nothing that can be told.
fn named_subjects(statement: &Statement, issuer: &str) -> Vec<String> {
    let mut asked = on_subject(statement, issuer).peekable();
    if asked.peek().is_none() {
        return vec!["*".to_owned()];
    }
    asked
        .flat_map(|condition| {
            let literal = condition.operator.test != Test::StringLike;
            let issuer = issuer::classify(issuer);
            condition.values.iter().filter_map(move |value| {
                if !literal {
                    return Some(value.text.replace('\\', "\\\\"));
                }
                // Where names hold no wildcards, one that is taken literally fits no subject.
                let fits =
                    !value.text.contains(['*', '?']) || issuer.may_hold_wildcards(&value.text);
                fits.then(|| escape(&value.text, ""))
            })
        })
        .collect()
}
