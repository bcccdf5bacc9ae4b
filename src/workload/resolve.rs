//! From settings to workspaces.

use std::collections::{BTreeMap, BTreeSet};

use crate::org::hcp::{EffectiveWorkspace, HcpTerraform, Workspaces};

use super::precedence::{self, Effective};

/// A workspace with what its settings ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// `ws-…`, where it was read.
    pub id: Option<String>,
    /// The host that issues its tokens.
    pub host: String,
    /// The organization's name.
    pub organization: String,
    /// The project's name.
    pub project: String,
    /// Its own name.
    pub name: String,
    /// `remote`, `agent` or `local`.
    pub execution_mode: String,
    /// Effective environment variables of the kept kinds, with where they come from.
    pub settings: BTreeMap<String, Value>,
    /// One for each tag; none where dynamic credentials are off.
    pub configurations: Vec<Configuration>,
    /// Ways in that are not tokens of a run, or that can't be followed.
    pub other_ways: Vec<WayIn>,
    /// Whether its variables were read.
    pub variables_read: bool,
}

/// An effective value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// `None` where it is sensitive.
    pub value: Option<String>,
    /// Where it comes from, for people.
    pub origin: String,
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

/// The role that settings name for one phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleSetting {
    /// This ARN.
    Arn(String),
    /// Either; which one wins is not documented (rule H3).
    Ambiguous(String, String),
    /// The setting is sensitive.
    Hidden,
    /// None is set.
    Missing,
}

/// A phase of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Plans, speculative ones and queries too.
    Plan,
    /// Applies.
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

    fn upper(self) -> &'static str {
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
    /// Runs happen on somebody's machine, with that person's credentials.
    Local,
    /// Credentials come from Vault.
    Vault,
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
            Self::Local => "local execution",
            Self::Vault => "Vault-backed credentials",
            Self::ManualToken => "manually requested token",
            Self::VariablesNotRead => "variables not read",
            Self::Agent => "agent pool",
        }
    }

    /// Whether it may lead into AWS without any path showing (rule H5).
    pub fn may_hide_paths(self) -> bool {
        matches!(self, Self::StaticKeys | Self::Vault | Self::VariablesNotRead | Self::ManualToken)
    }
}

/// The default audience of HCP Terraform's tokens for AWS.
const AUDIENCE: &str = "aws.workload.identity";
const DEFAULT_HOST: &str = "app.terraform.io";

/// All workspaces, by project and name.
pub fn resolve(workspaces: &Workspaces) -> Vec<Workspace> {
    let mut found: Vec<Workspace> = match workspaces {
        Workspaces::Effective(list) => list.iter().map(effective_workspace).collect(),
        Workspaces::AsRead(hcp) => {
            hcp.workspaces.iter().map(|each| read_workspace(hcp, each)).collect()
        }
    };
    found.sort_by(|one, other| {
        (&one.organization, &one.project, &one.name).cmp(&(
            &other.organization,
            &other.project,
            &other.name,
        ))
    });
    found
}

fn effective_workspace(workspace: &EffectiveWorkspace) -> Workspace {
    let settings = workspace
        .env
        .iter()
        .map(|(key, value)| {
            let value = Value { value: Some(value.clone()), origin: "effective value".to_owned() };
            (key.clone(), value)
        })
        .collect();
    build(Workspace {
        id: None,
        host: workspace.host.clone().unwrap_or_else(|| DEFAULT_HOST.to_owned()),
        organization: workspace.organization.clone(),
        project: workspace.project.clone(),
        name: workspace.workspace.clone(),
        execution_mode: workspace.execution_mode.clone().unwrap_or_else(|| "remote".to_owned()),
        settings,
        configurations: Vec::new(),
        other_ways: Vec::new(),
        variables_read: true,
    })
}

fn read_workspace(hcp: &HcpTerraform, workspace: &crate::org::hcp::Workspace) -> Workspace {
    let settings = precedence::effective(hcp, workspace)
        .into_iter()
        .map(|(key, Effective { value, origin })| (key, Value { value, origin }))
        .collect();
    let project = hcp.projects.iter().find(|project| project.id == workspace.project);
    let unreadable = |id: &str| hcp.unreadable.iter().any(|each| each.id == id);
    // A variable set that can't be read may hold any of the settings.
    let sets_hidden = hcp.unreadable.iter().any(|each| each.kind.starts_with("variable-set"));
    build(Workspace {
        id: Some(workspace.id.clone()),
        host: if hcp.host.is_empty() { DEFAULT_HOST.to_owned() } else { hcp.host.clone() },
        organization: workspace.organization.clone(),
        project: project.map_or_else(|| workspace.project.clone(), |project| project.name.clone()),
        name: workspace.name.clone(),
        execution_mode: workspace.execution_mode.clone(),
        settings,
        configurations: Vec::new(),
        other_ways: Vec::new(),
        variables_read: !unreadable(&workspace.id) && !sets_hidden,
    })
}

fn build(mut workspace: Workspace) -> Workspace {
    let mut ways = BTreeSet::new();
    if !workspace.variables_read {
        ways.insert(WayIn::VariablesNotRead);
    }
    let set = |prefix: &str| workspace.settings.keys().any(|key| key.starts_with(prefix));
    if workspace.execution_mode == "local" {
        // Workspace variables are not even evaluated there.
        ways.insert(WayIn::Local);
        workspace.other_ways = ways.into_iter().collect();
        return workspace;
    }
    if workspace.execution_mode == "agent" {
        ways.insert(WayIn::Agent);
    }
    if ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
        .iter()
        .any(|key| workspace.settings.contains_key(*key))
    {
        ways.insert(WayIn::StaticKeys);
    }
    if set("TFC_VAULT_BACKED_AWS_AUTH") {
        ways.insert(WayIn::Vault);
    }
    if set("TFC_WORKLOAD_IDENTITY_AUDIENCE") {
        ways.insert(WayIn::ManualToken);
    }
    let configurations = tags(&workspace.settings)
        .into_iter()
        .map(|tag| configuration(&workspace.settings, tag))
        .collect();
    workspace.configurations = configurations;
    workspace.other_ways = ways.into_iter().collect();
    workspace
}

/// The tags under which dynamic credentials are on; `None` is the untagged configuration. A
/// sensitive switch may be on.
fn tags(settings: &BTreeMap<String, Value>) -> Vec<Option<String>> {
    let mut tags = Vec::new();
    for (key, value) in settings {
        let Some(rest) = key.strip_prefix("TFC_AWS_PROVIDER_AUTH") else { continue };
        if value.value.as_deref().is_some_and(|value| value != "true") {
            continue;
        }
        match rest.strip_prefix('_') {
            None if rest.is_empty() => tags.push(None),
            Some(tag) if !tag.is_empty() => tags.push(Some(tag.to_owned())),
            _ => {}
        }
    }
    tags
}

fn configuration(settings: &BTreeMap<String, Value>, tag: Option<String>) -> Configuration {
    let tagged = |name: &str| match &tag {
        Some(tag) => format!("{name}_{tag}"),
        None => name.to_owned(),
    };
    let get = |key: &str| settings.get(key);
    let audience = get(&tagged("TFC_AWS_WORKLOAD_IDENTITY_AUDIENCE"))
        .or_else(|| get("TFC_DEFAULT_AWS_WORKLOAD_IDENTITY_AUDIENCE"));
    let audience = match audience {
        None => Some(AUDIENCE.to_owned()),
        Some(value) => value.value.clone(),
    };
    let role = |phase: Phase| {
        let name = phase.upper();
        let explicit = get(&tagged(&format!("TFC_AWS_{name}_ROLE_ARN")));
        let default = get(&format!("TFC_DEFAULT_AWS_{name}_ROLE_ARN"));
        let run = get(&tagged("TFC_AWS_RUN_ROLE_ARN"));
        let default_run = get("TFC_DEFAULT_AWS_RUN_ROLE_ARN");
        let one = |value: &Value| match &value.value {
            Some(arn) => RoleSetting::Arn(arn.clone()),
            None => RoleSetting::Hidden,
        };
        match (explicit, default, run) {
            (Some(value), ..) => one(value),
            // Whether the default of the phase beats the run's own role is not documented.
            (None, Some(default), Some(run)) if default.value != run.value => {
                match (&default.value, &run.value) {
                    (Some(default), Some(run)) => {
                        RoleSetting::Ambiguous(run.clone(), default.clone())
                    }
                    _ => RoleSetting::Hidden,
                }
            }
            (None, Some(value), _) | (None, None, Some(value)) => one(value),
            (None, None, None) => default_run.map_or(RoleSetting::Missing, one),
        }
    };
    Configuration { plan: role(Phase::Plan), apply: role(Phase::Apply), audience, tag }
}
