//! A second evaluator, written only from the rules and without any thought for speed: two
//! values, a full request, JSON as it stands. It shares no code with the first.
//!
//! Where sources disagree on a rule it follows one of two readings, chosen by [`Doubts`].

pub(crate) mod abilities;
mod ask;
mod completions;
mod conditions;
mod doubts;
mod session;
mod text;

use std::collections::BTreeMap;

use rolewalk::org::reading::{Fact, OrganizationFacts, Readings, Role, User};
use serde_json::Value;

pub(crate) use self::completions::{passes, possibilities, sessions};
pub(crate) use self::doubts::{Doubts, over_all_readings};
pub(crate) use self::session::{Outcome, Pass, Session, of_session};
use crate::fixture::{ROOT, container_id};

/// A caller, by its place in the readings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Who {
    User(usize, usize),
    Role(usize, usize),
    /// Issuer, subject and audience.
    Token(String, String, String),
}

impl Who {
    fn account(&self) -> Option<usize> {
        match self {
            Self::User(account, _) | Self::Role(account, _) => Some(*account),
            Self::Token(..) => None,
        }
    }
}

/// The context of a request: the keys that are in it, in lower case, and the name of the
/// caller's session.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Request {
    pub(crate) keys: BTreeMap<String, Vec<String>>,
    pub(crate) session: String,
}

/// How the chain of a role session began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Born {
    Unknown,
    User,
    Token,
}

pub(crate) struct World {
    pub(crate) readings: Readings,
    documents: BTreeMap<String, Value>,
}

impl World {
    pub(crate) fn new(readings: Readings) -> Self {
        Self { readings, documents: BTreeMap::new() }.parsed()
    }

    fn parsed(mut self) -> Self {
        let mut texts: Vec<String> = Vec::new();
        for account in &self.readings.accounts {
            let identities = account.identities.read().unwrap();
            texts.extend(
                identities.users.iter().flat_map(|u| &u.inline).map(|p| p.document.to_string()),
            );
            texts.extend(
                identities.groups.iter().flat_map(|g| &g.inline).map(|p| p.document.to_string()),
            );
            texts.extend(
                identities.roles.iter().flat_map(|r| &r.inline).map(|p| p.document.to_string()),
            );
            texts.extend(identities.roles.iter().map(|r| r.trust.to_string()));
            texts.extend(
                identities.managed_policies.iter().map(|p| p.document.read().unwrap().to_string()),
            );
        }
        for policy in self
            .organization()
            .scps
            .read()
            .unwrap()
            .iter()
            .chain(self.organization().rcps.read().unwrap())
        {
            texts.push(policy.document.read().unwrap().to_string());
        }
        self.documents = texts
            .into_iter()
            .map(|text| (text.clone(), serde_json::from_str(&text).unwrap()))
            .collect();
        self
    }

    pub(crate) fn organization(&self) -> &OrganizationFacts {
        let reading = self.readings.organization.as_ref().unwrap();
        let Fact::Read(Some(organization)) = &reading.organization else { panic!() };
        organization
    }

    pub(crate) fn user(&self, account: usize, user: usize) -> &User {
        &self.readings.accounts[account].identities.read().unwrap().users[user]
    }

    pub(crate) fn role(&self, account: usize, role: usize) -> &Role {
        &self.readings.accounts[account].identities.read().unwrap().roles[role]
    }

    pub(crate) fn id(&self, account: usize) -> String {
        self.readings.accounts[account].account.to_string()
    }

    pub(crate) fn user_arn(&self, account: usize, user: usize) -> String {
        let row = self.user(account, user);
        format!("arn:aws:iam::{}:user{}{}", self.id(account), row.path, row.name)
    }

    pub(crate) fn role_arn(&self, account: usize, role: usize) -> String {
        let row = self.role(account, role);
        format!("arn:aws:iam::{}:role{}{}", self.id(account), row.path, row.name)
    }

    /// The ids from the root down to the account; `None` outside the organization.
    pub(crate) fn line(&self, account: usize) -> Option<Vec<String>> {
        let Fact::Read(tree) = &self.organization().tree else { panic!() };
        let id = self.id(account);
        let member = tree.accounts.iter().find(|member| member.id.to_string() == id)?;
        let mut line = vec![id, member.parent.clone()];
        while let Some(ou) = tree.ous.iter().find(|ou| Some(&ou.id) == line.last()) {
            line.push(ou.parent.clone());
        }
        assert_eq!(line.last().unwrap(), ROOT);
        line.reverse();
        Some(line)
    }

    pub(crate) fn is_management(&self, account: usize) -> bool {
        self.organization().management_account.to_string() == self.id(account)
    }

    /// Whether one action is allowed.
    pub(crate) fn allows(
        &self,
        who: &Who,
        target: (usize, usize),
        action: &str,
        request: &Request,
        doubts: &Doubts,
    ) -> bool {
        let ask = ask::Ask { world: self, who, target, action, request, doubts };
        ask.allowed()
    }
}

fn statements(document: &Value) -> Vec<&Value> {
    match &document["Statement"] {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    }
}

/// The account's place among the readings.
pub(crate) fn place_of(world: &World, id: &str) -> usize {
    world.readings.accounts.iter().position(|account| account.account.to_string() == id).unwrap()
}

/// Keeps the id of an OU in one place.
#[test]
fn containers_have_ids() {
    assert_eq!(container_id("/Dev/Team"), "ou-ab12-dev-team");
}
