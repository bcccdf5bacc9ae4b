//! What elements and names of actions mean, each worked out once: an organization has a hundred
//! thousand documents, and a few hundred lists of actions.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::policy::ActionElement;

use super::actions::{ACTIONS, Kind, Kinds};
use super::form;

/// Everything that was worked out so far.
#[derive(Default)]
pub(super) struct Words {
    /// By where the element is: documents share those that are equal.
    elements: RefCell<HashMap<*const ActionElement, Meaning>>,
    kinds: RefCell<HashMap<Box<str>, Kinds>>,
    likes: RefCell<[HashMap<Box<str>, Option<String>>; Kind::COUNT]>,
}

/// What an element of actions covers.
#[derive(Clone, Copy)]
pub(super) struct Meaning {
    /// The kinds of its actions.
    pub(super) kinds: Kinds,
    /// Those of the actions that are asked for by name.
    pub(super) known: u64,
}

impl Words {
    /// What an element covers. It has to live as long as this.
    pub(super) fn element(&self, element: &Arc<ActionElement>) -> Meaning {
        let place = Arc::as_ptr(element);
        if let Some(known) = self.elements.borrow().get(&place) {
            return *known;
        }
        let found = self.meaning(element);
        self.elements.borrow_mut().insert(place, found);
        found
    }

    fn meaning(&self, element: &ActionElement) -> Meaning {
        let kinds = if element.negated() {
            Kinds::ALL
        } else {
            element.patterns().fold(Kinds::NONE, |kinds, pattern| kinds.and(self.kinds(pattern)))
        };
        let known = ACTIONS.known.iter().enumerate();
        let known = known
            .filter(|(_, known)| kinds.has(known.kind) && element.covers(&known.name))
            .fold(0, |bits, (place, _)| bits | 1 << place);
        Meaning { kinds, known }
    }

    /// The kinds of the actions that a pattern may stand for.
    pub(super) fn kinds(&self, pattern: &str) -> Kinds {
        if let Some(known) = self.kinds.borrow().get(pattern) {
            return *known;
        }
        let found = ACTIONS.kinds(pattern);
        self.kinds.borrow_mut().insert(pattern.into(), found);
        found
    }

    /// An action of the kind that fits a pattern, which may stand for several kinds.
    pub(super) fn action_like(&self, pattern: &str, kind: Kind) -> Option<String> {
        let known = |likes: &[HashMap<Box<str>, Option<String>>; Kind::COUNT]| {
            likes.get(kind as usize)?.get(pattern).cloned()
        };
        if let Some(known) = known(&self.likes.borrow()) {
            return known;
        }
        let found = action_like(pattern, kind);
        if let Some(likes) = self.likes.borrow_mut().get_mut(kind as usize) {
            likes.insert(pattern.into(), found.clone());
        }
        found
    }
}

/// An action of the kind that fits a pattern, which may stand for several kinds.
fn action_like(pattern: &str, kind: Kind) -> Option<String> {
    let fits = |pattern: String| {
        let name = form::sample(&pattern);
        let either = kind == Kind::Write && ACTIONS.writes_with(&name).is_some();
        (either || ACTIONS.kind(&name) == kind).then_some(name)
    };
    let (service, name) = form::service_and_name(pattern);
    fits(format!("{service}:{name}")).or_else(|| match kind {
        // Nearly every service has something to get.
        Kind::Read => form::meet_actions(pattern, "*:Get*").and_then(fits),
        Kind::Write => ACTIONS
            .writing_in_disguise()
            .find_map(|disguised| form::meet_actions(pattern, disguised))
            .and_then(fits),
        _ => None,
    })
}
