//! What is asked: one action on one resource.

use super::actions::ACTIONS;

/// One request by a principal, with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) action: String,
    /// Its place among the actions that are asked for by name.
    pub(super) known: Option<usize>,
    /// An ARN of the account, or `*` for what acts on the account as a whole.
    pub(super) resource: String,
    /// Whether the resource is the principal itself, or something that is attached to it.
    pub(super) about_itself: bool,
    /// Condition keys in lower case that the request has, or (`None`) has not.
    pub(super) stated: Vec<(&'static str, Option<String>)>,
    /// What must allow it.
    pub(super) needs: Needs,
}

/// Which layers must allow a request. None may deny it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// An identity-based policy, the boundary, and each level of service control policies.
    All,
    /// The levels of service control policies alone: a resource-based policy grants it to the
    /// session.
    Levels,
    /// The boundary alone, whatever the organization says: what the principal could do if it
    /// gave itself every policy.
    Boundary,
    /// None: what it could do if it had no boundary either.
    Nothing,
}

impl Request {
    pub(super) fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        let action = action.into();
        Self {
            known: ACTIONS.place(&action),
            action,
            resource: resource.into(),
            about_itself: false,
            stated: Vec::new(),
            needs: Needs::All,
        }
    }

    pub(super) fn about_itself(self) -> Self {
        Self { about_itself: true, ..self }
    }

    pub(super) fn stating(mut self, key: &'static str, value: Option<&str>) -> Self {
        self.stated.push((key, value.map(str::to_owned)));
        self
    }

    pub(super) fn needing(self, needs: Needs) -> Self {
        Self { needs, ..self }
    }
}
