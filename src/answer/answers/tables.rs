//! The matrix and the tree.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::details::SettingProblem;
use super::lists::{PrincipalKind, StatedFact};
use super::{AccountGap, ConfiguredProvider};
use crate::evaluation::{Layer, Privilege, Verdict};
use crate::org::NotRead;
use crate::workload::Phase;

/// Which workspaces reach which accounts (`rolewalk/matrix/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// `rolewalk/matrix/1`.
    pub schema: &'static str,
    /// Rows: workspaces by project and name, then sources of other issuers likewise.
    pub workspaces: Vec<MatrixRow>,
    /// Columns, by OU and name.
    pub accounts: Vec<MatrixColumn>,
    /// Cells; those without any path or setting are left out.
    pub cells: Vec<MatrixCell>,
    /// Which cells are here.
    pub filter: MatrixFilter,
    /// How many do not fit that.
    pub filtered: usize,
    /// What was stated of every call.
    pub scenario: Vec<StatedFact>,
    /// What a Terraform configuration asks for; `null` where none was given.
    pub configuration: Option<Vec<ConfiguredProvider>>,
    /// What may ask for more in it and was not read, in sentences; `null` where none was given.
    pub configuration_not_read: Option<Vec<String>>,
    /// Sources of other issuers that some trust policy names and that are no rows: clusters' own
    /// accounts, all others where they are more than 64, and patterns of workspaces that were not
    /// read where they are more than 500. Rows can be asked for.
    pub sources_left_out: usize,
    /// Of up to how many hops paths were looked for; longer ones there may be.
    pub max_hops: usize,
    /// How many cells that fit were left out: the last ones, row by row.
    pub left_out: usize,
    /// Whether cells that fit were left out, or a search was cut short.
    pub truncated: bool,
    /// What was not read and may hide more.
    pub not_read: Vec<AccountGap>,
}

/// Which cells of a matrix are wanted: those that fit all that is set.
///
/// What is not known fits, unless verdicts are named: it may be what is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct MatrixFilter {
    /// `plan` or `apply`.
    pub phase: Option<&'static str>,
    /// By what policies permit and settings ask for.
    pub show: Option<MatrixShow>,
    /// By how the account is reached.
    pub via: Option<Via>,
    /// One of these verdicts; any where none is named.
    pub verdicts: Vec<Verdict>,
    /// At least as mighty.
    pub privilege: Option<Privilege>,
}

/// Cells by what policies permit and settings ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MatrixShow {
    /// Policies may permit it.
    Permitted,
    /// Settings ask for it, or were not read.
    Configured,
    /// One without the other, or settings were not read.
    Difference,
}

/// A workspace, or another source of tokens that some trust policy names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MatrixRow {
    /// `workspace`, or `subject` and `pattern` for tokens of other issuers.
    pub kind: PrincipalKind,
    /// Its id, or its selector where the id was not read.
    pub id: String,
    /// Its selector, without phase.
    pub selector: String,
    /// Its project's name; for other sources the issuer and whose tokens they are
    /// (`GitHub Actions acme/infra`).
    pub project: String,
    /// A way in that can't be followed (static keys, local execution ...), for people.
    pub note: Option<String>,
    /// What is odd about its settings.
    pub problems: Vec<SettingProblem>,
}

impl MatrixRow {
    /// What stands together: its project with organization and host, which tells projects of the
    /// same name apart, or whose tokens it is of.
    pub fn place(&self) -> &str {
        match self.kind {
            PrincipalKind::Workspace => self.selector.rsplit_once('/').map_or("", |(it, _)| it),
            _ => &self.project,
        }
    }

    /// What stands above rows of one project: its name, where all workspaces are of one
    /// organization.
    pub fn heading<'r>(&'r self, mut rows: impl Iterator<Item = &'r Self>) -> &'r str {
        let organization = |row: &'r Self| row.place().rsplit_once('/').map_or("", |(it, _)| it);
        let own = organization(self);
        let same = |row: &'r Self| row.kind != PrincipalKind::Workspace || organization(row) == own;
        let alone = self.kind != PrincipalKind::Workspace || rows.all(same);
        if alone { &self.project } else { self.place() }
    }

    /// The name below its project's: of a workspace its own, of other tokens what the subject says
    /// beyond whose it is.
    pub fn short(&self) -> &str {
        let Some((_, subject)) = self.selector.split_once('#') else {
            // Stacks and workspaces that were not read stand together over all projects.
            let parts = usize::from(self.kind != PrincipalKind::Workspace);
            let name = self.selector.rmatch_indices('/').nth(parts);
            let name = name.and_then(|(at, _)| self.selector.get(at + 1..));
            return name.filter(|name| !name.is_empty()).unwrap_or(&self.selector);
        };
        let owner = self.project.rsplit(' ').next().unwrap_or_default();
        let said = subject.split_once(owner).filter(|_| !owner.is_empty());
        said.and_then(|(_, rest)| rest.strip_prefix(':')).unwrap_or(subject)
    }
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

/// What one source reaches in one account in one phase.
///
/// There may be millions, most of them with the same to say: that is held once, and reads as if it
/// were the cell's own. To change it in one cell changes it there alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatrixCell {
    of: Arc<CellRow>,
    told: Arc<ToldOf>,
}

/// What cells of one account tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::answer) struct ToldOf {
    /// The account's id.
    pub(in crate::answer) account: Arc<String>,
    /// What they tell.
    pub(in crate::answer) told: Told,
}

/// Of which row, and of which of its runs, a cell tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellRow {
    /// The row's selector, without phase.
    pub workspace: String,
    /// `plan` or `apply`; nothing for sources that have no phases, or may be of either.
    pub phase: Option<Phase>,
    /// Whether the row is a workspace; no other source has settings that could ask for anything.
    pub is_run: bool,
}

impl CellRow {
    /// Runs of a workspace.
    pub fn of_runs(workspace: impl Into<String>, phase: Phase) -> Self {
        Self { workspace: workspace.into(), phase: Some(phase), is_run: true }
    }
}

/// What a cell of a matrix tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The tags of the configurations that ask for a role there, or for the first of a way there;
    /// `null` is the untagged one.
    pub tags: Vec<Option<Arc<str>>>,
    /// The best path's verdict.
    pub verdict: Verdict,
    /// Whether policies permit the first hop for some audience.
    pub permitted: bool,
    /// Whether the workspace's settings ask for it.
    pub configured: Configured,
    /// Why first hops that the settings ask for in this account fail; empty where they ask for
    /// none, or none does.
    pub broken: Box<[Broken]>,
    /// `own`, `hub`, or both.
    pub via: &'static [Via],
    /// The best path's length; `null` when there is none.
    pub hops: Option<usize>,
    /// The mightiest that a role reached can do in the account; `null` where none is, or none
    /// was read.
    pub privilege: Option<Privilege>,
    /// The mightiest that one surely can do that is reached with the cell's own verdict.
    pub privilege_proven: Option<Privilege>,
    /// How many roles are reached.
    pub role_count: usize,
    /// ARNs of the first of them.
    pub roles: Arc<[String]>,
    /// Kinds of what must hold on the best path.
    pub needs: Arc<[&'static str]>,
    /// Why a role there that the settings name can't be followed: `Vault-backed`.
    pub reason: Option<&'static str>,
}

impl MatrixCell {
    /// A cell that tells this.
    pub fn new(of: impl Into<Arc<CellRow>>, account: impl Into<Arc<String>>, told: Told) -> Self {
        Self::alike(of.into(), Arc::new(ToldOf { account: account.into(), told }))
    }

    /// A cell that tells the same as others of its account.
    pub(in crate::answer) fn alike(of: Arc<CellRow>, told: Arc<ToldOf>) -> Self {
        Self { of, told }
    }

    /// The row's selector, without phase.
    pub fn workspace(&self) -> &str {
        &self.of.workspace
    }

    /// See [`CellRow::phase`].
    pub fn phase(&self) -> Option<Phase> {
        self.of.phase
    }

    /// See [`CellRow::is_run`].
    pub fn is_run(&self) -> bool {
        self.of.is_run
    }

    /// The account's id.
    pub fn account(&self) -> &str {
        &self.told.account
    }
}

impl Told {
    /// The tags in one word, each behind an `@`; nothing where only the untagged configuration asks.
    pub fn tagged(&self) -> String {
        if self.tags.iter().all(Option::is_none) {
            return String::new();
        }
        let names: Vec<&str> = self.tags.iter().map(|tag| tag.as_deref().unwrap_or("-")).collect();
        format!("@{}", names.join("+"))
    }
}

impl Deref for MatrixCell {
    type Target = Told;

    fn deref(&self) -> &Told {
        &self.told.told
    }
}

impl DerefMut for MatrixCell {
    fn deref_mut(&mut self) -> &mut Told {
        &mut Arc::make_mut(&mut self.told).told
    }
}

impl Serialize for MatrixCell {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut cell = to.serialize_struct("MatrixCell", 16)?;
        cell.serialize_field("workspace", self.workspace())?;
        cell.serialize_field("phase", &self.phase().map(Phase::as_str))?;
        cell.serialize_field("tags", &self.tags)?;
        cell.serialize_field("account", self.account())?;
        cell.serialize_field("verdict", &self.verdict)?;
        cell.serialize_field("permitted", &self.permitted)?;
        cell.serialize_field("configured", &self.configured)?;
        cell.serialize_field("broken", &self.broken)?;
        cell.serialize_field("via", &self.via)?;
        cell.serialize_field("hops", &self.hops)?;
        cell.serialize_field("privilege", &self.privilege)?;
        cell.serialize_field("privilege_proven", &self.privilege_proven)?;
        cell.serialize_field("role_count", &self.role_count)?;
        cell.serialize_field("roles", &self.roles)?;
        cell.serialize_field("needs", &self.needs)?;
        cell.serialize_field("reason", &self.reason)?;
        cell.end()
    }
}

/// Why the first hop that a workspace's settings ask for fails, with the audience that they set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// The tag of the configuration that names it; `null` for the untagged one.
    pub tag: Option<String>,
    /// The role that they name.
    pub role: String,
    /// The layer that denies; `null` where the role does not exist.
    pub layer: Option<Layer>,
    /// Why, in one sentence.
    pub text: String,
}

/// Whether a workspace's settings ask for a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Configured {
    /// They don't; tokens of other issuers than HCP Terraform have no settings that could.
    No,
    /// The first hop; later hops are not known without provider blocks, or not asked for by them.
    #[serde(rename = "hop 1")]
    FirstHop,
    /// Every hop.
    All,
    /// The settings were not read, or a Terraform configuration may ask for it.
    Unknown,
}

impl Configured {
    /// As answers name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::FirstHop => "hop 1",
            Self::All => "all",
            Self::Unknown => "unknown",
        }
    }
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

impl Via {
    /// As answers name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Hub => "hub",
        }
    }

    /// All of them in one word.
    pub fn joined(all: &[Self], between: &str) -> String {
        all.iter().map(|via| via.as_str()).collect::<Vec<_>>().join(between)
    }
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
    /// What the role or user can do in its account, at most; `null` for other kinds.
    pub privilege: Option<Privilege>,
    /// What it surely can do; less where something was not read, or a rule is disputed.
    pub privilege_proven: Option<Privilege>,
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
    /// A host of HCP Terraform or Terraform Enterprise, the parent of projects.
    HcpTerraform,
    /// A project.
    Project,
    /// A workspace.
    Workspace,
    /// A stack.
    Stack,
}
