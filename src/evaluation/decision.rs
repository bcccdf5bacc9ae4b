//! What one decision says.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// The answer to "may this caller assume this role?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every request of this form succeeds as far as policies decide.
    Allowed,
    /// Some requests succeed; the requirements say which.
    Conditional,
    /// Undecided, and everything still open is a fact that was not read.
    Unknown,
    /// No request of this form can succeed.
    Denied,
}

impl Verdict {
    /// The word, as printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Conditional => "conditional",
            Self::Unknown => "unknown",
            Self::Denied => "denied",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What took part in a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// Rules of STS itself that no policy changes.
    Sts,
    /// The identity provider: that it exists where the role is, and its audiences.
    Provider,
    /// The role's trust policy.
    Trust,
    /// The caller's identity-based policies.
    Identity,
    /// The caller's permissions boundary.
    Boundary,
    /// The caller's session policy.
    Session,
    /// Service control policies above the caller.
    Scp,
    /// Resource control policies above the role.
    Rcp,
    /// The policy of the VPC endpoint that the call takes.
    Endpoint,
}

impl Layer {
    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Provider => "provider",
            Self::Trust => "trust",
            Self::Identity => "identity",
            Self::Boundary => "boundary",
            Self::Session => "session",
            Self::Scp => "scp",
            Self::Rcp => "rcp",
            Self::Endpoint => "endpoint",
        }
    }

    /// The name in sentences.
    pub fn title(self) -> &'static str {
        match self {
            Self::Sts => "STS",
            Self::Provider => "identity provider",
            Self::Trust => "trust policy",
            Self::Identity => "identity-based policies",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Scp => "service control policies",
            Self::Rcp => "resource control policies",
            Self::Endpoint => "VPC endpoint policy",
        }
    }
}

/// What a layer (or one level of it) contributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It allows.
    Allow,
    /// A statement of it denies.
    Deny,
    /// Nothing in it matches.
    NoMatch,
    /// It depends on what is not known.
    Open,
    /// It has no part in this call.
    NotApplicable,
}

impl Outcome {
    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::NoMatch => "no-match",
            Self::Open => "open",
            Self::NotApplicable => "not-applicable",
        }
    }
}

/// One decision with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The answer.
    pub verdict: Verdict,
    /// The first layer that blocks; `None` unless denied.
    pub reason: Option<Reason>,
    /// Every layer, in the order of [`Layer`], control policies once a level.
    pub layers: Vec<LayerResult>,
    /// The permissions that the call needs beside its action, each judged like it (rule T5).
    pub companions: Vec<Companion>,
    /// What must hold.
    pub requirements: Requirements,
    /// What the verdict assumes or can't see.
    pub caveats: Vec<Caveat>,
}

/// A path's hops decided together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathDecision {
    /// Over all hops.
    pub verdict: Verdict,
    /// What must hold; each item names its hop.
    pub requirements: Requirements,
    /// Each hop, in the session that the hops before it leave. Hops that exclude each other need
    /// not be denied one by one.
    pub hops: Vec<Decision>,
}

/// A permission that a call needs beside its action, such as `sts:TagSession`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Companion {
    /// The action.
    pub action: &'static str,
    /// Whether it is allowed by itself.
    pub verdict: Verdict,
    /// The first layer that blocks it; `None` unless denied.
    pub reason: Option<Reason>,
    /// Every layer, as in [`Decision`].
    pub layers: Vec<LayerResult>,
}

/// Sets of requirements, any one of which suffices: `[[]]` when allowed, `[]` when denied.
pub type Requirements = Vec<Vec<Requirement>>;

/// The layer that blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The layer.
    pub layer: Layer,
    /// Whether a `Deny` statement blocks (otherwise nothing allows).
    pub explicit: bool,
    /// For control policies, the id of the root, OU or account where it happens.
    pub level: Option<String>,
    /// One sentence for people.
    pub text: String,
}

/// What one layer, or one level of it, said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayerResult {
    /// The layer.
    pub layer: Layer,
    /// For control policies, the id of the root, OU or account.
    pub level: Option<String>,
    /// What it contributes.
    pub outcome: Outcome,
    /// The statements that decided.
    pub statements: Vec<StatementRef>,
    /// For an implicit deny, the statements that nearly matched.
    pub near_misses: Vec<NearMiss>,
}

/// A statement of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct StatementRef {
    /// The policy: an ARN, `p-…`, an inline policy's name or `trust policy`.
    pub policy: Arc<str>,
    /// What the policy is attached to: an ARN, or a root, OU or account id.
    pub attached_to: Arc<str>,
    /// Its place in the document, from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: &'static str,
}

/// A statement that failed to match in exactly one part.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct NearMiss {
    /// The policy, as in [`StatementRef`].
    pub policy: Arc<str>,
    /// What the policy is attached to.
    pub attached_to: Arc<str>,
    /// Its place in the document, from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: &'static str,
    /// The part that failed, with what it wants and what the request has.
    pub failed_on: String,
}

/// Something that must hold for a call to succeed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Requirement {
    /// Which hop of the path, from 1.
    pub hop: usize,
    /// The condition key, or what stands in for one.
    pub key: String,
    /// The operator.
    pub operator: String,
    /// The values.
    pub values: Vec<String>,
    /// Whether it must *not* hold.
    pub negated: bool,
    /// Who can make it true.
    pub kind: RequirementKind,
    /// One sentence for people.
    pub text: String,
}

/// Who can make a requirement true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequirementKind {
    /// The caller chooses it in the call.
    CallerChoice,
    /// The caller can come to it with effort, such as a session with MFA.
    CallerState,
    /// The network and the endpoint that the call takes.
    Environment,
    /// The issuer of the token.
    TokenClaim,
    /// The clock.
    Time,
    /// An administrator of another account.
    ExternalAdmin,
    /// A fact that was not read.
    NotRead,
    /// A rule on which AWS's documentation disagrees with itself or is silent.
    AmbiguousRule,
}

impl Requirement {
    /// Whether it is about a second factor.
    pub fn is_about_mfa(&self) -> bool {
        self.key.to_ascii_lowercase().starts_with("aws:multifactorauth")
    }
}

impl RequirementKind {
    /// All, in order.
    pub const ALL: [Self; 8] = [
        Self::CallerChoice,
        Self::CallerState,
        Self::Environment,
        Self::TokenClaim,
        Self::Time,
        Self::ExternalAdmin,
        Self::NotRead,
        Self::AmbiguousRule,
    ];

    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CallerChoice => "caller-choice",
            Self::CallerState => "caller-state",
            Self::Environment => "environment",
            Self::TokenClaim => "token-claim",
            Self::Time => "time",
            Self::ExternalAdmin => "external-admin",
            Self::NotRead => "not-read",
            Self::AmbiguousRule => "ambiguous-rule",
        }
    }
}

/// Something that the verdict assumes or can't see.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Caveat {
    /// The rule of `docs/evaluation.md`.
    pub id: &'static str,
    /// One sentence for people.
    pub text: String,
}
