//! What AWS services pass in every call that they make for somebody (rule T6).

/// A service, by what it always passes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Service {
    /// Nothing, or nothing that is known.
    #[default]
    Other,
    /// EKS Pod Identity passes tags, and hands them on unless an association leaves them out.
    PodIdentity,
    /// IAM Roles Anywhere passes tags and sets a source identity.
    RolesAnywhere,
}

impl Service {
    /// The service of a name such as `pods.eks.amazonaws.com`.
    pub fn named(name: &str) -> Self {
        match name {
            "pods.eks.amazonaws.com" => Self::PodIdentity,
            "rolesanywhere.amazonaws.com" => Self::RolesAnywhere,
            _ => Self::Other,
        }
    }

    /// Whether its role has to allow `sts:TagSession`.
    pub(super) fn passes_tags(self) -> bool {
        self != Self::Other
    }

    /// Whether the tags that it passes are handed on.
    pub(super) fn hands_on_tags(self) -> bool {
        self == Self::PodIdentity
    }

    /// Whether it sets a source identity, which every later hop has to let pass.
    pub(super) fn sets_source_identity(self) -> bool {
        self == Self::RolesAnywhere
    }

    /// Whether it leaves something in a session that every later hop has to let pass (rule C4).
    pub fn hands_on(self) -> bool {
        self.hands_on_tags() || self.sets_source_identity()
    }
}
