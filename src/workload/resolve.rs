//! From settings to workspaces, and from what was read to stacks.

use std::collections::{BTreeMap, BTreeSet};

use crate::issuer;
use crate::org::hcp::{
    DEFAULT_HOST, EffectiveWorkspace, HcpTerraform, OWN_HOSTS, Unreadable, Workspaces,
};

use super::precedence::{self, Effective, Other};
use super::problem::{self, Problem};
use super::roles;

/// A workspace with what its settings ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// `ws-…`, where it was read.
    pub id: Option<String>,
    /// The host that issues its tokens.
    pub host: String,
    /// The organization's name.
    pub organization: String,
    /// The project's name, or its id where the name was not read.
    pub project: String,
    /// Whether the project's name was read: subjects hold it.
    pub project_read: bool,
    /// Its own name.
    pub name: String,
    /// `remote`, `agent` or `local`.
    pub execution_mode: String,
    /// Effective environment variables of the kept kinds, with where they come from.
    pub settings: BTreeMap<String, Value>,
    /// One for each tag; none where dynamic credentials are off.
    pub configurations: Vec<Configuration>,
    /// What Vault becomes for its runs, one for each tag.
    pub vault_backed: Vec<VaultBacked>,
    /// Ways in that are not tokens of a run, or that can't be followed.
    pub other_ways: Vec<WayIn>,
    /// Whether its variables were read.
    pub variables_read: bool,
    /// What is odd about its settings.
    pub problems: Vec<Problem>,
}

impl Workspace {
    /// The subject of its runs' tokens in a phase; with a `*` for the project where that is not known.
    pub fn subject(&self, phase: Phase) -> String {
        let project = if self.project_read { self.project.as_str() } else { "*" };
        issuer::hcp_subject(&self.organization, project, &self.name, phase.as_str())
    }
}

impl Stack {
    /// The subject of a deployment's tokens; with a `*` for the project where that is not known.
    pub fn subject(&self, deployment: &str, operation: Phase) -> String {
        let project = if self.project_read { self.project.as_str() } else { "*" };
        let operation = operation.as_str();
        issuer::hcp_stack_subject(&self.organization, project, &self.name, deployment, operation)
    }
}

/// A stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// `st-…`.
    pub id: String,
    /// The host that issues its tokens.
    pub host: String,
    /// The organization's name.
    pub organization: String,
    /// The project's name, or its id where the name was not read.
    pub project: String,
    /// Whether the project's name was read: subjects hold it.
    pub project_read: bool,
    /// Its own name.
    pub name: String,
    /// The names of its deployments; `None` where they were not read.
    pub deployments: Option<Vec<String>>,
}

/// An effective value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// `None` where it is sensitive.
    pub value: Option<String>,
    /// Where it comes from, for people.
    pub origin: String,
    /// What it is instead, where which of two wins is not documented.
    pub otherwise: Option<Other>,
    /// Whether it is one of Terraform's own variables and not of the environment.
    pub terraform: bool,
}

/// One set of dynamic credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// Its tag; `None` for the untagged one.
    pub tag: Option<String>,
    /// The token's audience; `None` where the setting is sensitive.
    pub audience: Option<String>,
    /// The role of plans.
    pub plan: RoleSetting,
    /// The role of applies.
    pub apply: RoleSetting,
}

impl Configuration {
    /// The role of a phase.
    pub fn role(&self, phase: Phase) -> &RoleSetting {
        match phase {
            Phase::Plan => &self.plan,
            Phase::Apply => &self.apply,
        }
    }
}

/// Roles that Vault assumes for runs. Whether it may is between AWS and Vault's own identity, which
/// nobody reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultBacked {
    /// Its tag; `None` for the untagged one.
    pub tag: Option<String>,
    /// The role of plans.
    pub plan: RoleSetting,
    /// The role of applies.
    pub apply: RoleSetting,
}

impl VaultBacked {
    /// The role of a phase.
    pub fn role(&self, phase: Phase) -> &RoleSetting {
        match phase {
            Phase::Plan => &self.plan,
            Phase::Apply => &self.apply,
        }
    }
}

/// The role that settings name for one phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleSetting {
    /// This ARN.
    Arn(String),
    /// Either; which one wins is not documented (rules H2 and H3).
    Ambiguous(String, String),
    /// The setting is sensitive.
    Hidden,
    /// None is set.
    Missing,
}

/// A phase of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Phase {
    /// Plans, speculative ones and queries too.
    Plan,
    /// Applies.
    #[default]
    Apply,
}

impl Phase {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Plan, Self::Apply];

    /// As it stands in subjects and selectors.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Plan => Self::Apply,
            Self::Apply => Self::Plan,
        }
    }

    pub(super) fn upper(self) -> &'static str {
        match self {
            Self::Plan => "PLAN",
            Self::Apply => "APPLY",
        }
    }
}

/// A way in that is not a run's token, or that can't be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WayIn {
    /// Static AWS keys are set; whose they are is not known.
    StaticKeys,
    /// Variables tell the AWS SDK to take credentials from elsewhere.
    OtherCredentials,
    /// Runs happen on somebody's machine, with that person's credentials.
    Local,
    /// Credentials come from Vault.
    Vault,
    /// Credentials come from HCP Vault Secrets.
    VaultSecrets,
    /// A token with an audience of its own is requested.
    ManualToken,
    /// Its variables were not read.
    VariablesNotRead,
    /// Runs happen on agents, which may have credentials of their own.
    Agent,
}

impl WayIn {
    /// For people.
    pub fn text(self) -> &'static str {
        match self {
            Self::StaticKeys => "static keys",
            Self::OtherCredentials => "credentials from elsewhere",
            Self::Local => "local execution",
            Self::Vault => "Vault-backed credentials",
            Self::VaultSecrets => "credentials of HCP Vault Secrets",
            Self::ManualToken => "manually requested token",
            Self::VariablesNotRead => "variables not read",
            Self::Agent => "agent pool",
        }
    }

    /// Why nobody can tell where it leads (rule H5).
    pub fn reason(self) -> &'static str {
        match self {
            Self::StaticKeys => "its variables hold AWS keys, and whose they are is not known",
            Self::OtherCredentials => {
                "its variables make the AWS SDK take credentials from elsewhere"
            }
            Self::Local => {
                "runs happen on somebody's machine, with that person's credentials, and get no token"
            }
            Self::Vault => "Vault assumes roles for its runs, with an identity that nobody reads",
            Self::VaultSecrets => "HCP Vault Secrets hands out credentials that nobody reads",
            Self::ManualToken => "a token with an audience of its own is requested",
            Self::VariablesNotRead => "the workspace's variables were not read",
            Self::Agent => "agents may have AWS credentials of their own",
        }
    }
}

/// Variables of the environment that make the AWS SDK take credentials from elsewhere.
pub const OTHER_CREDENTIALS: [&str; 7] = [
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
];

/// All workspaces, by host (HCP Terraform's own first), organization, project and name.
pub fn resolve<'f>(hosts: impl IntoIterator<Item = &'f Workspaces>) -> Vec<Workspace> {
    let mut found: Vec<Workspace> = Vec::new();
    for workspaces in hosts {
        match workspaces {
            Workspaces::Effective(list) => found.extend(list.iter().map(effective_workspace)),
            Workspaces::AsRead(hcp) => {
                found.extend(hcp.workspaces.iter().map(|each| read_workspace(hcp, each)));
            }
        }
    }
    found.sort_by(|one, other| place(one).cmp(&place(other)));
    found
}

/// Where a workspace stands among others.
fn place(workspace: &Workspace) -> ((usize, &str), &str, &str, &str) {
    let Workspace { host, organization, project, name, .. } = workspace;
    (rank(host), organization, project, name)
}

/// Where a host stands among others.
pub(super) fn rank(host: &str) -> (usize, &str) {
    let own = OWN_HOSTS.iter().position(|own| *own == host);
    (own.unwrap_or(OWN_HOSTS.len()), host)
}

fn effective_workspace(workspace: &EffectiveWorkspace) -> Workspace {
    let settings = workspace
        .env
        .iter()
        .map(|(key, value)| {
            let value = Value {
                value: Some(value.clone()),
                origin: "effective value".to_owned(),
                otherwise: None,
                terraform: false,
            };
            (key.clone(), value)
        })
        .collect();
    build(Workspace {
        id: None,
        host: host(workspace.host.as_deref().unwrap_or_default()),
        organization: workspace.organization.clone(),
        project: workspace.project.clone(),
        project_read: true,
        name: workspace.workspace.clone(),
        execution_mode: workspace.execution_mode.clone().unwrap_or_else(|| "remote".to_owned()),
        settings,
        configurations: Vec::new(),
        vault_backed: Vec::new(),
        problems: Vec::new(),
        other_ways: Vec::new(),
        variables_read: true,
    })
}

fn read_workspace(hcp: &HcpTerraform, workspace: &crate::org::hcp::Workspace) -> Workspace {
    let settings = precedence::effective(hcp, workspace)
        .into_iter()
        .map(|(key, Effective { value, origin, otherwise, terraform })| {
            (key, Value { value, origin, otherwise, terraform })
        })
        .collect();
    let unreadable = |id: &str| hcp.unreadable.iter().any(|each| each.id == id);
    let sets_hidden = hcp.unreadable.iter().any(|each| hides_set(hcp, workspace, each));
    build(Workspace {
        id: Some(workspace.id.clone()),
        host: host_of(hcp),
        organization: workspace.organization.clone(),
        project: project_name(hcp, &workspace.project).unwrap_or(&workspace.project).to_owned(),
        project_read: project_name(hcp, &workspace.project).is_some(),
        name: workspace.name.clone(),
        execution_mode: workspace.execution_mode.clone(),
        settings,
        configurations: Vec::new(),
        vault_backed: Vec::new(),
        problems: Vec::new(),
        other_ways: Vec::new(),
        variables_read: !unreadable(&workspace.id) && !sets_hidden,
    })
}

/// Whether what could not be read is, or may be, a variable set that applies to the workspace: it
/// may hold any of the settings.
fn hides_set(
    hcp: &HcpTerraform,
    workspace: &crate::org::hcp::Workspace,
    unreadable: &Unreadable,
) -> bool {
    let known = || hcp.variable_sets.iter().find(|set| set.id == unreadable.id);
    match unreadable.kind.as_str() {
        "variable-sets" => unreadable.id.eq_ignore_ascii_case(&workspace.organization),
        "variable-set" => known().is_none_or(|set| set.organization == workspace.organization),
        "variable-set-variables" => known().is_none_or(|set| precedence::applies(set, workspace)),
        _ => false,
    }
}

fn build(mut workspace: Workspace) -> Workspace {
    let mut ways = BTreeSet::new();
    if !workspace.variables_read {
        ways.insert(WayIn::VariablesNotRead);
    }
    if workspace.execution_mode == "local" {
        // Workspace variables are not even evaluated there.
        ways.insert(WayIn::Local);
        workspace.other_ways = ways.into_iter().collect();
        return workspace;
    }
    if workspace.execution_mode == "agent" {
        ways.insert(WayIn::Agent);
    }
    let settings = &workspace.settings;
    let any_of = |keys: &[&str]| keys.iter().any(|key| settings.contains_key(*key));
    if any_of(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) {
        ways.insert(WayIn::StaticKeys);
    }
    if any_of(&OTHER_CREDENTIALS) {
        ways.insert(WayIn::OtherCredentials);
    }
    if roles::is_on(settings, "TFC_VAULT_BACKED_AWS_AUTH") {
        ways.insert(WayIn::Vault);
    }
    if roles::is_on(settings, "TFC_HVS_BACKED_AWS_AUTH") {
        ways.insert(WayIn::VaultSecrets);
    }
    if settings.keys().any(|key| key.starts_with("TFC_WORKLOAD_IDENTITY_AUDIENCE")) {
        ways.insert(WayIn::ManualToken);
    }
    let configurations = roles::configurations(settings);
    workspace.vault_backed = roles::vault_backed(settings);
    workspace.configurations = configurations;
    workspace.other_ways = ways.into_iter().collect();
    workspace.problems = problem::problems(&workspace);
    workspace
}

/// All stacks, by host (HCP Terraform's own first), organization, project and name.
pub fn stacks<'f>(hosts: impl IntoIterator<Item = &'f Workspaces>) -> Vec<Stack> {
    let mut found = Vec::new();
    for workspaces in hosts {
        let Workspaces::AsRead(hcp) = workspaces else { continue };
        found.extend(hcp.stacks.iter().map(|stack| Stack {
            id: stack.id.clone(),
            host: host_of(hcp),
            organization: stack.organization.clone(),
            project: project_name(hcp, &stack.project).unwrap_or(&stack.project).to_owned(),
            project_read: project_name(hcp, &stack.project).is_some(),
            name: stack.name.clone(),
            deployments: stack.deployments.clone(),
        }));
    }
    let place = |stack: &Stack| {
        let Stack { host, organization, project, name, .. } = stack.clone();
        (rank(&host).0, host, organization, project, name)
    };
    found.sort_by_cached_key(place);
    found
}

fn host_of(hcp: &HcpTerraform) -> String {
    host(&hcp.host)
}

/// A host as tokens and providers have it: in lower case, HCP Terraform's own where none is given.
fn host(name: &str) -> String {
    if name.is_empty() { DEFAULT_HOST.to_owned() } else { name.to_ascii_lowercase() }
}

/// The name of a project; `None` where it was not read.
fn project_name<'h>(hcp: &'h HcpTerraform, id: &str) -> Option<&'h str> {
    let project = hcp.projects.iter().find(|project| project.id == id);
    project.map(|project| project.name.as_str())
}
