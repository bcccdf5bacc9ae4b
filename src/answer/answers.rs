//! The answer types. Field names are a public interface.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::evaluation::{Caveat, Decision, LayerResult, Reason, Requirements, Verdict};
use crate::org::NotRead;

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
    /// The answer.
    pub verdict: Verdict,
    /// The blocking layer; `null` unless denied.
    pub reason: Option<Reason>,
    /// Every layer.
    pub layers: Vec<LayerResult>,
    /// What must hold.
    pub requirements: Requirements,
    /// What the verdict assumes or can't see.
    pub caveats: Vec<Caveat>,
}

impl Why {
    /// The answer that a decision is.
    pub fn new(caller: String, target: String, action: &'static str, decision: Decision) -> Self {
        let Decision { verdict, reason, layers, requirements, caveats } = decision;
        Self {
            schema: "rolewalk/why/1",
            caller,
            target,
            action,
            verdict,
            reason,
            layers,
            requirements,
            caveats,
        }
    }
}

/// Who can end up holding a role (`rolewalk/who-can/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhoCan {
    /// `rolewalk/who-can/1`.
    pub schema: &'static str,
    /// The role's ARN.
    pub target: String,
    /// Best verdict first, then fewer hops, then name.
    pub principals: Vec<Reached>,
    /// Whole counts, whatever the limit.
    pub counts: Counts,
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
    /// Best verdict first, then fewer hops, then ARN.
    pub targets: Vec<Reached>,
    /// Totals over the allowed and conditional rows.
    pub summary: ReachSummary,
    /// Whole counts, whatever the limit.
    pub counts: Counts,
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
    /// Administrator-equivalent roles reached; `null` where privileges are not decided.
    pub admin_roles: Option<usize>,
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
    /// Counts one more row.
    pub fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Allowed => self.allowed += 1,
            Verdict::Conditional => self.conditional += 1,
            Verdict::Unknown => self.unknown += 1,
            Verdict::Denied => self.denied += 1,
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
    /// What the role can do; `null` where privileges are not decided.
    pub privilege: Option<Privilege>,
}

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalKind {
    /// A workspace of HCP Terraform in one phase.
    Workspace,
    /// A token subject, or a pattern of them.
    Subject,
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

/// What a role can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Privilege {
    /// Everything in its account.
    Admin,
    /// Can write IAM.
    Iam,
    /// Can write.
    Write,
    /// Can read.
    Read,
}

impl Privilege {
    /// The mark on screens.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Admin => "adm",
            Self::Iam => "iam",
            Self::Write => "wr",
            Self::Read => "ro",
        }
    }
}

/// An account of which something was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountGap {
    /// The account's id; `null` for the organization or HCP Terraform.
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
    /// The layers with their statements.
    pub layers: Vec<LayerResult>,
}

/// Which workspaces reach which accounts (`rolewalk/matrix/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// `rolewalk/matrix/1`.
    pub schema: &'static str,
    /// Rows, by project and name.
    pub workspaces: Vec<MatrixRow>,
    /// Columns, by OU and name.
    pub accounts: Vec<MatrixColumn>,
    /// Cells; those without any path or setting are left out.
    pub cells: Vec<MatrixCell>,
    /// Whether cells were left out.
    pub truncated: bool,
}

/// A workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MatrixRow {
    /// Its id, or its selector where the id was not read.
    pub id: String,
    /// Its selector, without phase.
    pub selector: String,
    /// Its project's name.
    pub project: String,
    /// A way in that can't be followed (static keys, local execution ...), for people.
    pub note: Option<String>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MatrixColumn {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The path of its OU, e.g. `/Workloads/Prod`.
    pub ou: String,
    /// Whether it was not read.
    pub not_read: bool,
}

/// What one workspace reaches in one account in one phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MatrixCell {
    /// The workspace's selector, without phase.
    pub workspace: String,
    /// `plan` or `apply`.
    pub phase: &'static str,
    /// The tag of the configuration, `null` for the untagged one.
    pub tag: Option<String>,
    /// The account's id.
    pub account: String,
    /// The best path's verdict.
    pub verdict: Verdict,
    /// Whether policies permit the first hop for some audience.
    pub permitted: bool,
    /// Whether the workspace's settings ask for it.
    pub configured: Configured,
    /// `own`, `hub`, or both.
    pub via: Vec<Via>,
    /// The best path's length; `null` when there is none.
    pub hops: Option<usize>,
    /// The best privilege reached; `null` where not decided.
    pub privilege: Option<Privilege>,
    /// ARNs of the roles reached.
    pub roles: Vec<String>,
    /// Kinds of what must hold on the best path.
    pub needs: Vec<&'static str>,
}

/// Whether a workspace's settings ask for a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Configured {
    /// They don't.
    No,
    /// The first hop; later hops are not known without provider blocks.
    #[serde(rename = "hop 1")]
    FirstHop,
    /// Every hop.
    All,
    /// The settings were not read.
    Unknown,
}

/// How an account is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// Through an OIDC provider of its own.
    Own,
    /// By chaining through a role of another account.
    Hub,
}

/// The organization as a tree (`rolewalk/tree/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tree {
    /// `rolewalk/tree/1`.
    pub schema: &'static str,
    /// Depth-first; a node's children follow it with a depth one greater.
    pub nodes: Vec<TreeNode>,
    /// Whether nodes were left out.
    pub truncated: bool,
}

/// One node of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TreeNode {
    /// 0 for the organization.
    pub depth: usize,
    /// What it is.
    pub kind: NodeKind,
    /// The selector that names it.
    pub selector: String,
    /// Its name.
    pub name: String,
    /// Account id, OU id or ARN.
    pub id: String,
    /// Below containers: how many accounts. Below accounts: how many roles.
    pub count: usize,
    /// Customer control policies attached right here, by name.
    pub control_policies: Vec<String>,
    /// Why nothing is known about it.
    pub not_read: Option<NotRead>,
    /// The best verdict with which somebody else can become this role; `null` for other kinds.
    pub reached: Option<Verdict>,
    /// What the role can do; `null` where privileges are not decided.
    pub privilege: Option<Privilege>,
}

/// What a tree node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    /// The organization, or the set of accounts without one.
    Organization,
    /// The root or an OU.
    Ou,
    /// An account.
    Account,
    /// An OIDC provider.
    OidcProvider,
    /// A SAML provider.
    SamlProvider,
    /// A user.
    User,
    /// A role.
    Role,
    /// A role that belongs to a service (`/aws-service-role/`).
    ServiceLinkedRole,
    /// HCP Terraform, the parent of projects.
    HcpTerraform,
    /// A project.
    Project,
    /// A workspace.
    Workspace,
}

/// The organization in a few lines: the detail of the tree's first node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// Its id; `null` for a set of accounts without organization.
    pub organization: Option<String>,
    /// A name for people: the management account's, or the id.
    pub name: String,
    /// When the facts were collected.
    pub collected_at: Option<String>,
    /// By whom.
    pub collected_by: Option<String>,
    /// Accounts known.
    pub accounts: usize,
    /// Accounts whose identities were read.
    pub accounts_read: usize,
    /// Roles.
    pub roles: usize,
    /// Workspaces; `null` when HCP Terraform was not read.
    pub workspaces: Option<usize>,
    /// How workspaces get in.
    pub ways_in: WaysIn,
    /// What was not read.
    pub not_read: Vec<AccountGap>,
}

/// How workspaces get into accounts, counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct WaysIn {
    /// For each hub account (by name): accounts and workspaces that come through it.
    pub hubs: Vec<HubUse>,
    /// Accounts reached only through a provider of their own.
    pub own: usize,
    /// Accounts reached both ways.
    pub both: usize,
    /// Accounts without any way in for a token.
    pub none: usize,
    /// Accounts of which too little was read to say.
    pub not_read: usize,
    /// Workspaces that hold static AWS keys, whose reach can't be followed.
    pub static_keys: usize,
}

/// A hub account and what comes through it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HubUse {
    /// The account's name.
    pub account: String,
    /// Other accounts reached through it.
    pub accounts: usize,
    /// Workspaces that use it.
    pub workspaces: usize,
}

/// Everything about one node, for a detail pane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// The organization.
    Organization(Overview),
    /// The root or an OU.
    Ou(OuDetail),
    /// An account.
    Account(AccountDetail),
    /// A provider.
    Provider(ProviderDetail),
    /// A user.
    User(UserDetail),
    /// A role.
    Role(Box<RoleDetail>),
    /// A workspace.
    Workspace(WorkspaceDetail),
    /// HCP Terraform or a project: a few lines of text.
    Text(Vec<String>),
}

/// A root or OU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OuDetail {
    /// Its path, `/` for the root.
    pub path: String,
    /// Its id.
    pub id: String,
    /// Accounts below it.
    pub accounts: usize,
    /// Service control policies attached here; `null` when not read.
    pub scps: Option<Vec<String>>,
    /// Resource control policies attached here; `null` when not read.
    pub rcps: Option<Vec<String>>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountDetail {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The path of its OU.
    pub ou: String,
    /// Its sign-in alias.
    pub alias: Option<String>,
    /// The root user's address.
    pub email: Option<String>,
    /// Its state, as AWS names it.
    pub state: String,
    /// Whether it is the management account, which control policies spare.
    pub management: bool,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Service control policies from the root down to the account, `level: name`.
    pub scps: Vec<String>,
    /// Resource control policies likewise.
    pub rcps: Vec<String>,
    /// Issuers of its OIDC providers; `null` when not read.
    pub providers: Option<Vec<String>>,
    /// Roles that are not service-linked.
    pub roles: usize,
    /// Users.
    pub users: usize,
    /// Sources outside the account that end up holding a role in it, best verdict first.
    pub reached_by: Vec<Reached>,
    /// What was not read of it.
    pub not_read: Vec<NotRead>,
}

/// An OIDC or SAML provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderDetail {
    /// Its ARN.
    pub arn: String,
    /// The issuer's URL without `https://`, or the SAML provider's name.
    pub url: String,
    /// What issues the tokens, e.g. `HCP Terraform`.
    pub issuer: String,
    /// Audiences that STS accepts.
    pub audiences: Vec<String>,
    /// Roles that trust it, with the subjects that they admit.
    pub roles: Vec<ProviderRole>,
}

/// A role behind a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderRole {
    /// The role's ARN.
    pub role: String,
    /// Its subject patterns, as written.
    pub subjects: Vec<String>,
    /// How wide they are, in words.
    pub admits: Vec<String>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserDetail {
    /// Its ARN.
    pub arn: String,
    /// Its groups.
    pub groups: Vec<String>,
    /// Its policies, inline and attached, those of its groups included.
    pub policies: Vec<PolicyView>,
    /// What it reaches.
    pub reaches: Reach,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleDetail {
    /// Its ARN.
    pub arn: String,
    /// Its unique id.
    pub unique_id: String,
    /// Its description.
    pub description: Option<String>,
    /// Longest session in seconds.
    pub max_session: Option<u32>,
    /// When it was last used (RFC 3339).
    pub last_used: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What it can do.
    pub privilege: Option<Privilege>,
    /// Who can end up holding it.
    pub who_can: WhoCan,
    /// What it reaches.
    pub reaches: Reach,
    /// Its trust policy.
    pub trust: PolicyView,
    /// Its identity-based policies, inline and attached.
    pub policies: Vec<PolicyView>,
    /// Its permissions boundary.
    pub boundary: Option<PolicyView>,
}

/// A policy's text with what can be marked in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyView {
    /// Name or ARN, as in evidence.
    pub policy: String,
    /// What it is attached to, as in evidence.
    pub attached_to: String,
    /// The document, formatted; `null` when it was not read.
    pub text: Option<String>,
    /// For each statement, the lines (from 0, end excluded) of `text` that it takes.
    pub statements: Vec<(usize, usize)>,
    /// What does not parse.
    pub problems: Vec<String>,
}

/// A workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkspaceDetail {
    /// Its selector, without phase.
    pub selector: String,
    /// Its execution mode.
    pub execution_mode: String,
    /// Effective settings: key, value (`hidden` where sensitive), origin.
    pub settings: Vec<Setting>,
    /// What each configuration and phase gives.
    pub phases: Vec<PhaseDetail>,
    /// Ways in that can't be followed, and other things to know.
    pub notes: Vec<String>,
}

/// One effective setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The variable's key.
    pub key: String,
    /// Its value, `null` where it can't be read.
    pub value: Option<String>,
    /// Where it comes from.
    pub origin: String,
}

/// One phase of one configuration of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhaseDetail {
    /// `plan` or `apply`.
    pub phase: &'static str,
    /// The configuration's tag.
    pub tag: Option<String>,
    /// The token's subject.
    pub subject: String,
    /// The token's audience.
    pub audience: Option<String>,
    /// The role that the settings name.
    pub role: Option<String>,
    /// The verdict of the first hop to it.
    pub verdict: Option<Verdict>,
    /// Why not, when denied.
    pub reason: Option<Reason>,
    /// What the phase reaches.
    pub reaches: Reach,
}
