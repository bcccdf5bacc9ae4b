//! What a role's session carries, and what a call passes to the session that it makes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::doubts::Doubts;
use super::text::{fits, list, pattern};
use super::{Request, Who, World, statements};

/// What a session carries beside the permissions of its role.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Session {
    /// By key in lower case: passed with the call that made the session, or inherited.
    pub(crate) tags: BTreeMap<String, String>,
    /// The keys of the tags that the next session inherits.
    pub(crate) transitive: BTreeSet<String>,
    pub(crate) source_identity: Option<String>,
}

/// What a call passes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pass {
    /// Keys as they are written.
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) transitive: BTreeSet<String>,
    pub(crate) source_identity: Option<String>,
}

/// What came of the parts of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Outcome {
    /// The assume action by itself.
    pub(crate) main: bool,
    /// Everything that tags and a source identity need beside it.
    pub(crate) companions: bool,
}

impl Outcome {
    /// Whether the call as a whole does.
    pub(crate) fn succeeds(self) -> bool {
        self.main && self.companions
    }

    /// Whether the action fails although everything that is passed may be passed.
    pub(crate) fn fails(self) -> bool {
        !self.main && self.companions
    }
}

/// Whether a key speaks of tags or of a source identity.
pub(crate) fn of_session(key: &str) -> bool {
    let families = [
        "aws:requesttag/",
        "aws:tagkeys",
        "sts:transitivetagkeys",
        "aws:principaltag/",
        "aws:resourcetag/",
        "sts:sourceidentity",
        "aws:sourceidentity",
    ];
    families.iter().any(|family| key.starts_with(family))
}

impl Session {
    /// The session that a call from this one makes. None where STS refuses whatever policies
    /// say: an inherited tag is passed again, or the source identity is passed anew.
    pub(crate) fn after(&self, pass: &Pass) -> Option<Self> {
        if self.source_identity.is_some() && pass.source_identity.is_some() {
            return None;
        }
        let mut next = Self {
            source_identity: self.source_identity.clone().or(pass.source_identity.clone()),
            ..Self::default()
        };
        for key in &self.transitive {
            next.tags.insert(key.clone(), self.tags[key].clone());
            next.transitive.insert(key.clone());
        }
        for (key, value) in &pass.tags {
            let lower = key.to_lowercase();
            if next.tags.insert(lower.clone(), value.clone()).is_some() {
                return None;
            }
            if pass.transitive.contains(key) {
                next.transitive.insert(lower);
            }
        }
        Some(next)
    }

    /// What a call from this session needs beside its action. Of inherited tags no page says so;
    /// practice does, and that side is taken (rule D11).
    pub(crate) fn companions(&self, request: &Request) -> Vec<&'static str> {
        let has = |key: &str| request.keys.keys().any(|known| known.starts_with(key));
        let tagged = has("aws:requesttag/") || has("aws:tagkeys") || !self.transitive.is_empty();
        let named = has("sts:sourceidentity");
        let needed = [(tagged, "sts:TagSession"), (named, "sts:SetSourceIdentity")];
        needed.into_iter().filter(|(needed, _)| *needed).map(|(_, action)| action).collect()
    }

    /// Puts the session and what is passed into the context of a call.
    pub(crate) fn fill(
        &self,
        world: &World,
        who: &Who,
        target: (usize, usize),
        pass: &Pass,
        request: &mut Request,
    ) {
        let mut put = |key: String, values: Vec<String>| {
            request.keys.insert(key, values);
        };
        for (key, value) in &pass.tags {
            put(format!("aws:requesttag/{}", key.to_lowercase()), vec![value.clone()]);
        }
        if !pass.tags.is_empty() {
            put("aws:tagkeys".to_owned(), pass.tags.keys().cloned().collect());
        }
        if !pass.transitive.is_empty() {
            put("sts:transitivetagkeys".to_owned(), pass.transitive.iter().cloned().collect());
        }
        if let Some(identity) = self.source_identity.as_ref().or(pass.source_identity.as_ref()) {
            put("sts:sourceidentity".to_owned(), vec![identity.clone()]);
        }
        if let Some(identity) = &self.source_identity {
            put("aws:sourceidentity".to_owned(), vec![identity.clone()]);
        }
        let none = BTreeMap::new();
        let own = match who {
            Who::User(account, user) => &world.user(*account, *user).tags,
            Who::Role(account, role) => &world.role(*account, *role).tags,
            Who::Token(..) => &none,
        };
        for (key, value) in own {
            put(format!("aws:principaltag/{}", key.to_lowercase()), vec![value.clone()]);
        }
        for (key, value) in &world.role(target.0, target.1).tags {
            put(format!("aws:resourcetag/{}", key.to_lowercase()), vec![value.clone()]);
        }
        for (key, value) in &self.tags {
            put(format!("aws:principaltag/{key}"), vec![value.clone()]);
            if self.transitive.contains(key) {
                put(format!("aws:resourcetag/{key}"), vec![value.clone()]);
            }
        }
    }
}

impl World {
    /// One call by somebody who carries this.
    pub(crate) fn hop(
        &self,
        who: &Who,
        target: (usize, usize),
        session: &Session,
        request: &Request,
        doubts: &Doubts,
    ) -> Outcome {
        let action = match who {
            Who::Token(..) => "sts:AssumeRoleWithWebIdentity",
            _ => "sts:AssumeRole",
        };
        // All are worked out, so that every doubt comes up.
        let allows = |action| self.allows(who, target, action, request, doubts);
        let main = allows(action);
        let mut companions = true;
        for action in session.companions(request) {
            companions &= allows(action);
        }
        Outcome { main, companions }
    }

    /// Whether the role's trust policy has a statement that may allow somebody the action.
    pub(crate) fn may_admit(&self, (account, role): (usize, usize), action: &str) -> bool {
        let trust = &self.documents[&*self.role(account, role).trust];
        statements(trust).into_iter().any(|statement| {
            let covers = |element: &Value| {
                list(element)
                    .iter()
                    .any(|each| fits(&pattern(&each.to_lowercase()), &action.to_lowercase()))
            };
            statement["Effect"] != "Deny"
                && (statement.get("Action").is_some_and(covers)
                    || statement.get("NotAction").is_some_and(|element| !covers(element)))
        })
    }
}
