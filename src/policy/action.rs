//! The actions that lead to role sessions.

/// An action that a policy may allow or deny on a role so that somebody comes to hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// With AWS credentials.
    AssumeRole,
    /// With an OIDC token.
    AssumeRoleWithWebIdentity,
    /// With a SAML assertion.
    AssumeRoleWithSaml,
    /// Needed beside the others when session tags are passed.
    TagSession,
    /// Needed beside the others when a source identity is passed.
    SetSourceIdentity,
    /// Needed beside `sts:AssumeRole` when context assertions are passed.
    SetContext,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::AssumeRole,
        Self::AssumeRoleWithWebIdentity,
        Self::AssumeRoleWithSaml,
        Self::TagSession,
        Self::SetSourceIdentity,
        Self::SetContext,
    ];

    /// As policies write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AssumeRole => "sts:AssumeRole",
            Self::AssumeRoleWithWebIdentity => "sts:AssumeRoleWithWebIdentity",
            Self::AssumeRoleWithSaml => "sts:AssumeRoleWithSAML",
            Self::TagSession => "sts:TagSession",
            Self::SetSourceIdentity => "sts:SetSourceIdentity",
            Self::SetContext => "sts:SetContext",
        }
    }

    /// The action of this name; case and a missing `sts:` don't matter.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.strip_prefix("sts:").unwrap_or(text);
        Self::ALL.into_iter().find(|action| {
            action
                .as_str()
                .strip_prefix("sts:")
                .is_some_and(|known| known.eq_ignore_ascii_case(name))
        })
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Some of the [`Action`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ActionSet(u8);

impl ActionSet {
    /// Whether the action is one of them.
    pub fn has(self, action: Action) -> bool {
        self.0 & action.bit() != 0
    }
}

impl FromIterator<ActionSet> for ActionSet {
    fn from_iter<I: IntoIterator<Item = ActionSet>>(sets: I) -> Self {
        Self(sets.into_iter().fold(0, |bits, set| bits | set.0))
    }
}

impl FromIterator<Action> for ActionSet {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        Self(actions.into_iter().fold(0, |bits, action| bits | action.bit()))
    }
}
