//! Decisions, lists of principals and roles, and paths.

use serde::Serialize;

use crate::evaluation::{
    Caveat, Companion, Decision, LayerResult, NearMiss, Privilege, PrivilegeReason, Privileges,
    Reason, Requirements, StatementRef, Verdict,
};
use crate::org::NotRead;

use super::{Configured, ConfiguredProvider};

/// One decision with its evidence (`rolewalk/why/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// `rolewalk/why/1`.
    pub schema: &'static str,
    /// The caller: an ARN, or a selector for what has none.
    pub caller: String,
    /// The role's ARN.
    pub target: String,
    /// The action.
    pub action: &'static str,
    /// What was stated about the request, and what follows from that.
    pub stated: Vec<StatedFact>,
    /// The answer.
    pub verdict: Verdict,
    /// The blocking layer; `null` unless denied.
    pub reason: Option<Reason>,
    /// Every layer.
    pub layers: Vec<LayerResult>,
    /// The permissions that the call needs beside its action, such as `sts:TagSession`.
    pub companions: Vec<Companion>,
    /// What must hold.
    pub requirements: Requirements,
    /// What the verdict assumes or can't see.
    pub caveats: Vec<Caveat>,
    /// The statements that the layers cite, each once, with their texts.
    pub statements: Vec<Cited>,
}

/// A condition key of which something was stated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatedFact {
    /// The condition key; `session-policy` or `endpoint` for what those options state.
    pub key: String,
    /// Its values; none states that the key is absent.
    pub values: Vec<String>,
    /// Whether it follows from what was stated.
    pub implied: bool,
}

/// A cited statement with its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cited {
    /// Which one.
    pub statement: StatementRef,
    /// The policy's name, where evidence gives its id; `null` elsewhere.
    pub name: Option<String>,
    /// Its JSON, formatted; `null` when the text is not at hand.
    pub text: Option<String>,
    /// Where it begins in the document as it was read; `null` when the text is not at hand.
    pub place: Option<CitedPlace>,
}

/// Where a cited statement begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CitedPlace {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1.
    pub column: usize,
}

impl Why {
    /// The answer that a decision is.
    pub fn new(caller: String, target: String, action: &'static str, decision: Decision) -> Self {
        let Decision { verdict, reason, layers, companions, requirements, caveats } = decision;
        Self {
            schema: "rolewalk/why/1",
            caller,
            target,
            action,
            stated: Vec::new(),
            verdict,
            reason,
            layers,
            companions,
            requirements,
            caveats,
            statements: Vec::new(),
        }
    }

    /// The statements that the layers cite, near misses included, each once.
    pub fn cited(&self) -> Vec<StatementRef> {
        let mut cited: Vec<StatementRef> = Vec::new();
        let companions = self.companions.iter().flat_map(|companion| &companion.layers);
        for layer in self.layers.iter().chain(companions) {
            let misses = layer.near_misses.iter().map(missed);
            for statement in layer.statements.iter().cloned().chain(misses) {
                if !cited.contains(&statement) {
                    cited.push(statement);
                }
            }
        }
        cited
    }
}

/// The statement that nearly matched.
pub fn missed(miss: &NearMiss) -> StatementRef {
    StatementRef {
        policy: miss.policy.clone(),
        attached_to: miss.attached_to.clone(),
        index: miss.index,
        sid: miss.sid.clone(),
        effect: miss.effect,
    }
}

/// Who can end up holding a role (`rolewalk/who-can/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhoCan {
    /// `rolewalk/who-can/1`.
    pub schema: &'static str,
    /// The role's ARN.
    pub target: String,
    /// How many roles that is: who can become any of them is listed.
    pub roles: usize,
    /// What the role can do in its own account, at most; `null` for several roles, or one that was
    /// not read.
    pub privilege: Option<Privilege>,
    /// What it surely can do.
    pub privilege_proven: Option<Privilege>,
    /// Why, with the statements that allow it.
    pub privilege_reasons: Vec<PrivilegeReason>,
    /// What is wrong, or worth knowing, about how the role's trust policy lets tokens in.
    pub trust_notes: Vec<String>,
    /// Best verdict first, then fewer hops, then name.
    pub principals: Vec<Reached>,
    /// Whole counts, whatever the limit.
    pub counts: Counts,
    /// What was stated of every call.
    pub scenario: Vec<StatedFact>,
    /// How many of them are patterns of token subjects, each of them whoever fits it. Those that some
    /// trust policy on the way asks for are rows; a narrower one may get there over fewer hops or
    /// under other conditions, which `reach` of it tells.
    pub patterns: usize,
    /// Of up to how many hops paths were looked for; longer ones there may be.
    pub max_hops: usize,
    /// What was not read and may hide further callers.
    pub not_read: Vec<AccountGap>,
    /// Whether rows or paths were left out.
    pub truncated: bool,
}

/// What a source can end up holding (`rolewalk/reach/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reach {
    /// `rolewalk/reach/1`.
    pub schema: &'static str,
    /// The source: an ARN, or a selector for what has none.
    pub source: String,
    /// How many sources that is: what any of them reaches is listed.
    pub sources: usize,
    /// Best verdict first, then fewer hops, then ARN.
    pub targets: Vec<Reached>,
    /// Totals over the allowed and conditional rows.
    pub summary: ReachSummary,
    /// Whole counts, whatever the limit.
    pub counts: Counts,
    /// What was stated of every call.
    pub scenario: Vec<StatedFact>,
    /// What a Terraform configuration asks for; `null` where none was given.
    pub configuration: Option<Vec<ConfiguredProvider>>,
    /// What may ask for more in it and was not read, in sentences; `null` where none was given.
    pub configuration_not_read: Option<Vec<String>>,
    /// Of up to how many hops paths were looked for; longer ones there may be.
    pub max_hops: usize,
    /// What was not read and may hide further targets.
    pub not_read: Vec<AccountGap>,
    /// Whether rows or paths were left out.
    pub truncated: bool,
}

/// Totals of a reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ReachSummary {
    /// Accounts in which a role is reached.
    pub accounts: usize,
    /// Roles reached.
    pub roles: usize,
    /// Roles reached that are administrators of their accounts, or may be.
    pub admin_roles: Option<usize>,
    /// Those of them that are proven to be.
    pub admin_roles_proven: Option<usize>,
}

/// Rows by verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Allowed.
    pub allowed: usize,
    /// Conditional.
    pub conditional: usize,
    /// Unknown.
    pub unknown: usize,
    /// Denied, among the pairs that a policy or a workspace names.
    pub denied: usize,
}

impl Counts {
    /// Counts more rows.
    pub fn add_many(&mut self, verdict: Verdict, count: usize) {
        match verdict {
            Verdict::Allowed => self.allowed += count,
            Verdict::Conditional => self.conditional += count,
            Verdict::Unknown => self.unknown += count,
            Verdict::Denied => self.denied += count,
        }
    }

    /// Counts a row with another verdict than before.
    pub fn move_one(&mut self, from: Verdict, to: Verdict) {
        self.add_many(to, 1);
        let count = match from {
            Verdict::Allowed => &mut self.allowed,
            Verdict::Conditional => &mut self.conditional,
            Verdict::Unknown => &mut self.unknown,
            Verdict::Denied => &mut self.denied,
        };
        *count = count.saturating_sub(1);
    }

    /// The best verdict that there is a row of; denied where there is none.
    pub fn best(self) -> Verdict {
        match self {
            Self { allowed: 1.., .. } => Verdict::Allowed,
            Self { conditional: 1.., .. } => Verdict::Conditional,
            Self { unknown: 1.., .. } => Verdict::Unknown,
            Self { .. } => Verdict::Denied,
        }
    }

    /// All rows.
    pub fn total(self) -> usize {
        self.allowed + self.conditional + self.unknown + self.denied
    }
}

/// One end of a path: a source in [`WhoCan`], a target in [`Reach`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// An ARN, or a selector for what has none.
    pub principal: String,
    /// What it is.
    pub kind: PrincipalKind,
    /// Whom it stands for; `null` for what is no token subject.
    pub admits: Option<Admitted>,
    /// Its account's id, where it has one.
    pub account: Option<String>,
    /// The best path's verdict.
    pub verdict: Verdict,
    /// The best path's length.
    pub hops: usize,
    /// The best path, source first, target last.
    pub path: Vec<String>,
    /// What must hold on it.
    pub requirements: Requirements,
    /// Why not, when denied.
    pub reason: Option<Reason>,
    /// What it can do in its own account, at most; `null` for what is no role or user, or was not
    /// read.
    pub privilege: Option<Privilege>,
    /// What it surely can do; less where something was not read, or a rule is disputed.
    pub privilege_proven: Option<Privilege>,
    /// Whether a Terraform configuration asks for it; `null` where none was given.
    pub configured: Option<Configured>,
}

/// Whom a token subject, or a pattern of them, stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Admitted {
    /// What issues the tokens, e.g. `HCP Terraform`.
    pub issuer: String,
    /// How wide it is, in words: `anything in organization acme, project Network`.
    pub text: String,
    /// Whether all of it belongs to one customer of the issuer.
    pub tenant_fixed: bool,
    /// Workspaces that were read and fit it; `null` where none of the issuer were read.
    pub workspaces: Option<Fitting>,
    /// What else is to be known of it, such as that no workspace has the subject.
    pub note: Option<String>,
}

/// Workspaces that fit a pattern of subjects, in some phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fitting {
    /// How many.
    pub count: usize,
    /// Selectors of the first of them, without phase.
    pub first: Vec<String>,
}

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalKind {
    /// A workspace of HCP Terraform in one phase.
    Workspace,
    /// A token subject.
    Subject,
    /// A pattern of token subjects: one unknown subject of that form.
    Pattern,
    /// An IAM user.
    User,
    /// A role.
    Role,
    /// An AWS service.
    Service,
    /// A SAML provider.
    Saml,
    /// An account outside the organization, or one that was not read.
    Account,
    /// Anyone at all.
    Anyone,
}

/// Both marks of what an answer shows.
pub fn privileges(most: Option<Privilege>, proven: Option<Privilege>) -> Option<Privileges> {
    Some(Privileges { most: most?, proven: proven? })
}

/// Something that was not read, or a way in that can't be followed (rule H5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountGap {
    /// The account's id; `null` for the organization, HCP Terraform and workspaces.
    pub account: Option<String>,
    /// A name for people.
    pub name: String,
    /// What was not read, and why.
    #[serde(rename = "gap")]
    pub not_read: NotRead,
}

/// The paths from a source to a target (`rolewalk/paths/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Paths {
    /// `rolewalk/paths/1`.
    pub schema: &'static str,
    /// The source.
    pub source: String,
    /// The target.
    pub target: String,
    /// Best verdict first, then shortest.
    pub paths: Vec<Path>,
    /// What was stated of every call.
    pub scenario: Vec<StatedFact>,
    /// What a Terraform configuration asks for; `null` where none was given.
    pub configuration: Option<Vec<ConfiguredProvider>>,
    /// What may ask for more in it and was not read, in sentences; `null` where none was given.
    pub configuration_not_read: Option<Vec<String>>,
    /// Of up to how many hops paths were looked for; longer ones there may be.
    pub max_hops: usize,
    /// What was not read and may hide further paths.
    pub not_read: Vec<AccountGap>,
    /// Whether paths were left out.
    pub truncated: bool,
}

/// One path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Path {
    /// Over all hops together.
    pub verdict: Verdict,
    /// What must hold; each item names its hop.
    pub requirements: Requirements,
    /// In order.
    pub hops: Vec<Hop>,
    /// Whether a Terraform configuration asks for this path; `null` where none was given.
    pub configured: Option<Configured>,
}

/// One assume call of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hop {
    /// The caller: an ARN, or a selector for what has none.
    pub from: String,
    /// The role's ARN.
    pub to: String,
    /// The action.
    pub action: &'static str,
    /// The hop's own verdict, in the session that the hops before it leave.
    pub verdict: Verdict,
    /// What must hold for this hop.
    pub requirements: Requirements,
    /// The blocking layer; `null` unless denied.
    pub reason: Option<Reason>,
    /// What the role can do in its own account, at most; `null` where it was not read.
    pub privilege: Option<Privilege>,
    /// What it surely can do.
    pub privilege_proven: Option<Privilege>,
    /// The layers with their statements.
    pub layers: Vec<LayerResult>,
    /// What the verdict assumes or can't see.
    pub caveats: Vec<Caveat>,
}
