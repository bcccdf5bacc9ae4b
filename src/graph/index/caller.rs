//! A user or a role as one who calls.

use crate::evaluation;
use crate::org::{
    AccountKey, AttachedPolicy, DocumentKey, Facts, InlineDocument, Key as _, RoleKey, UserKey,
};

use super::super::Node;
use super::Map;
use super::looks::{ABSENT, Trait};

/// A user or a role by one dense number: roles first, then users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::graph) struct CallerId(pub(in crate::graph) u32);

impl CallerId {
    pub(in crate::graph) fn role(key: RoleKey) -> Self {
        Self(number(key.index()))
    }

    pub(in crate::graph) fn user(facts: &Facts, key: UserKey) -> Self {
        Self(number(facts.roles.len() + key.index()))
    }

    /// The number of a node that is a user or a role.
    pub(in crate::graph) fn of(facts: &Facts, node: &Node) -> Option<Self> {
        match node {
            Node::Role(key) => Some(Self::role(*key)),
            Node::User(key) => Some(Self::user(facts, *key)),
            _ => None,
        }
    }

    pub(in crate::graph) fn index(self) -> usize {
        self.0 as usize
    }

    /// All of them, those of an account in order.
    pub(in crate::graph) fn all(facts: &Facts) -> impl Iterator<Item = Self> {
        (0..number(facts.roles.len() + facts.users.len())).map(Self)
    }

    pub(in crate::graph) fn node(self, facts: &Facts) -> Node {
        match self.index().checked_sub(facts.roles.len()) {
            None => Node::Role(RoleKey::from_index(self.0)),
            Some(user) => Node::User(UserKey::from_index(number(user))),
        }
    }

    pub(in crate::graph) fn account(self, facts: &Facts) -> AccountKey {
        Caller::new(facts, self).account()
    }
}

pub(in crate::graph) fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// Numbers for texts, from 1: equal texts have equal numbers.
#[derive(Debug, Default)]
pub(super) struct Texts(Map<Box<str>, u32>);

impl Texts {
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(known) = self.0.get(text) {
            return *known;
        }
        let next = number(self.0.len() + 1);
        self.0.insert(text.into(), next);
        next
    }

    /// The number of a text that has one.
    pub(super) fn known(&self, text: &str) -> Option<u32> {
        self.0.get(text).copied()
    }
}

/// A user or a role with its row.
#[derive(Clone, Copy)]
pub(super) struct Caller<'f> {
    facts: &'f Facts,
    who: Who,
}

#[derive(Clone, Copy)]
enum Who {
    Role(RoleKey),
    User(UserKey),
}

impl<'f> Caller<'f> {
    pub(super) fn new(facts: &'f Facts, id: CallerId) -> Self {
        let who = match id.index().checked_sub(facts.roles.len()) {
            None => Who::Role(RoleKey::from_index(id.0)),
            Some(user) => Who::User(UserKey::from_index(number(user))),
        };
        Self { facts, who }
    }

    pub(super) fn account(self) -> AccountKey {
        match self.who {
            Who::Role(key) => self.facts.roles[key].account,
            Who::User(key) => self.facts.users[key].account,
        }
    }

    pub(super) fn arn(self) -> &'f str {
        match self.who {
            Who::Role(key) => &self.facts.roles[key].arn,
            Who::User(key) => &self.facts.users[key].arn,
        }
    }

    fn unique_id(self) -> &'f str {
        match self.who {
            Who::Role(key) => &self.facts.roles[key].unique_id,
            Who::User(key) => &self.facts.users[key].unique_id,
        }
    }

    /// Whether the id is missing, as in facts that were written by hand.
    pub(super) fn lacks_unique_id(self) -> bool {
        self.unique_id().is_empty()
    }

    pub(super) fn is_user(self) -> bool {
        matches!(self.who, Who::User(_))
    }

    pub(super) fn service_linked(self) -> bool {
        matches!(self.who, Who::Role(key) if self.facts.roles[key].service_linked())
    }

    /// Of a role, its trust policy, and whether its sessions may hold tags that somebody passed.
    pub(super) fn trust(self) -> Option<(DocumentKey, impl Fn() -> bool)> {
        match self.who {
            Who::User(_) => None,
            Who::Role(key) => {
                let facts = self.facts;
                Some((facts.roles[key].trust, move || evaluation::may_carry_tags(facts, key)))
            }
        }
    }

    pub(super) fn boundary(self) -> Option<&'f AttachedPolicy> {
        match self.who {
            Who::Role(key) => self.facts.roles[key].boundary.as_ref(),
            Who::User(key) => self.facts.users[key].boundary.as_ref(),
        }
    }

    /// Calls `each` with every identity-based policy; `None` for what was not read.
    pub(super) fn policies(self, mut each: impl FnMut(Option<DocumentKey>)) {
        let mut all = |inline: &[InlineDocument], attached: &[AttachedPolicy]| {
            for policy in inline {
                each(Some(policy.document));
            }
            for policy in attached {
                each(policy.document);
            }
        };
        match self.who {
            Who::Role(key) => {
                let role = &self.facts.roles[key];
                all(&role.inline, &role.attached);
            }
            Who::User(key) => {
                let user = &self.facts.users[key];
                all(&user.inline, &user.attached);
                for group in user.groups.iter().flatten() {
                    let group = &self.facts.groups[*group];
                    all(&group.inline, &group.attached);
                }
                user.groups.iter().filter(|group| group.is_err()).for_each(|_| each(None));
            }
        }
    }

    /// The text that conditions compare; `None` where the caller does not have the trait.
    pub(super) fn text(self, what: &Trait) -> Option<&'f str> {
        match what {
            Trait::Arn => Some(self.arn()),
            Trait::UserId => Some(self.unique_id()),
            Trait::UserName => match self.who {
                Who::Role(_) => None,
                Who::User(key) => Some(&self.facts.users[key].name),
            },
            Trait::Account => Some(&self.facts.accounts[self.account()].id_text),
            Trait::OrganizationPath => None,
            Trait::Tag(name) => {
                let tags = match self.who {
                    Who::Role(key) => &self.facts.roles[key].tags,
                    Who::User(key) => &self.facts.users[key].tags,
                };
                let tag = tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                tag.map(|(_, value)| value)
            }
        }
    }

    /// A number that stands for the value of a trait.
    pub(super) fn value(self, what: &Trait, texts: &mut Texts) -> u32 {
        match what {
            Trait::OrganizationPath => self.facts.accounts[self.account()]
                .parent
                .map_or(ABSENT, |parent| number(parent.index() + 1)),
            other => self.text(other).map_or(ABSENT, |text| texts.number(text)),
        }
    }
}
