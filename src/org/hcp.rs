//! Workspaces of HCP Terraform as they were read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::NotReadKind;

/// The host of HCP Terraform.
pub const DEFAULT_HOST: &str = "app.terraform.io";

/// HCP Terraform's own hosts, each with organizations of its own.
pub const OWN_HOSTS: [&str; 2] = [DEFAULT_HOST, "app.eu.terraform.io"];

/// What people call a host.
pub fn place(host: &str) -> String {
    match host {
        DEFAULT_HOST => "HCP Terraform".to_owned(),
        host if OWN_HOSTS.contains(&host) => format!("HCP Terraform, {host}"),
        host => format!("Terraform Enterprise, {host}"),
    }
}

/// Workspaces of one host, in the form in which somebody could read them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Workspaces {
    /// With the values that win after HCP Terraform's precedence rules, worked out elsewhere.
    Effective(Vec<EffectiveWorkspace>),
    /// Variables and variable sets as the API gives them.
    AsRead(HcpTerraform),
}

/// One workspace with its effective environment variables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a workspace")]
pub struct EffectiveWorkspace {
    /// The organization's name.
    pub organization: String,
    /// The project's name.
    pub project: String,
    /// The workspace's name.
    pub workspace: String,
    /// `remote`, `agent` or `local`; `remote` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_mode: Option<String>,
    /// The host that issues its tokens; `app.terraform.io` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Environment variables of the kept kinds; of static keys only that they exist.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// HCP Terraform as its API describes it, reduced to the keys that are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HcpTerraform {
    /// The host, e.g. `app.terraform.io`.
    pub host: String,
    /// Organization names.
    pub organizations: Vec<String>,
    /// Projects.
    pub projects: Vec<Project>,
    /// Workspaces.
    pub workspaces: Vec<Workspace>,
    /// Variables set on workspaces.
    pub variables: Vec<WorkspaceVariable>,
    /// Variable sets of every scope and owner.
    pub variable_sets: Vec<VariableSet>,
    /// Stacks.
    #[serde(default)]
    pub stacks: Vec<Stack>,
    /// What the token may not see.
    #[serde(default)]
    pub unreadable: Vec<Unreadable>,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a project")]
pub struct Project {
    /// `prj-…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The organization's name.
    pub organization: String,
}

/// A workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a workspace")]
pub struct Workspace {
    /// `ws-…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The organization's name.
    pub organization: String,
    /// The project's id.
    pub project: String,
    /// `remote`, `agent` or `local`.
    pub execution_mode: String,
}

/// A stack. Which roles its deployments become is in its configuration, which the API keeps to
/// itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a stack")]
pub struct Stack {
    /// `st-…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The organization's name.
    pub organization: String,
    /// The project's id.
    pub project: String,
    /// The names of its deployments; `None` where they were not read.
    pub deployments: Option<Vec<String>>,
}

/// A variable of the kept kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a variable")]
pub struct Variable {
    /// Its key.
    pub key: String,
    /// `env` or `terraform`.
    pub category: String,
    /// Its value; `None` when it is sensitive, or of a kind of which only presence is kept.
    pub value: Option<String>,
}

/// A variable set on a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a variable of a workspace")]
pub struct WorkspaceVariable {
    /// The workspace's id.
    pub workspace: String,
    /// The variable.
    pub variable: Variable,
}

/// A variable set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a variable set")]
pub struct VariableSet {
    /// `varset-…`.
    pub id: String,
    /// Its name; decides ties.
    pub name: String,
    /// The organization's name.
    pub organization: String,
    /// The owning project's id; `None` when the organization owns it.
    pub owner_project: Option<String>,
    /// Whether it applies to every workspace of the organization.
    pub global: bool,
    /// Whether it beats what would otherwise win.
    pub priority: bool,
    /// Workspaces it is applied to, by id.
    pub workspaces: Vec<String>,
    /// Projects it is applied to, by id.
    pub projects: Vec<String>,
    /// Its variables of the kept kinds.
    pub variables: Vec<Variable>,
}

/// Something in HCP Terraform that the token may not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "something unreadable")]
pub struct Unreadable {
    /// What kind of thing: `organization`, `workspace-variables`, `variable-set` (of which
    /// not even the scope is certain), `variable-set-variables`, ...
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Why, for people.
    pub message: String,
    /// The kind of failure; that the token may not see it is the usual one.
    #[serde(default = "denied")]
    pub reason: NotReadKind,
}

fn denied() -> NotReadKind {
    NotReadKind::Denied
}

/// How much of an environment variable is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Key and value: roles, audiences, switches.
    Value,
    /// That it is set, without its value: credentials.
    Presence,
    /// Nothing: it has no say in who becomes which role.
    Nothing,
}

/// Whether a variable of this category and key says anything here. Roles and audiences belong
/// into the environment, and HCP Terraform has been seen to heed them among Terraform's own too.
pub fn is_kept(category: &str, key: &str) -> bool {
    match category {
        "env" => kept(key) != Kept::Nothing,
        _ => key.starts_with("TFC_") && kept(key) == Kept::Value,
    }
}

/// Whether a key is that of a switch, a role or an audience, with or without a tag behind it. Only
/// what is known to be no secret: nobody keeps people from naming a secret like a setting.
fn is_setting(key: &str) -> bool {
    const ALONE: [&str; 3] =
        ["TFC_AWS_PROVIDER_AUTH", "TFC_HVS_BACKED_AWS_AUTH", "TFC_WORKLOAD_IDENTITY_AUDIENCE"];
    const FAMILIES: [&str; 4] =
        ["TFC_AWS_", "TFC_DEFAULT_AWS_", "TFC_VAULT_BACKED_AWS_", "TFC_DEFAULT_VAULT_BACKED_AWS_"];
    const OF_FAMILY: [&str; 8] = [
        "AUTH",
        "RUN_ROLE_ARN",
        "PLAN_ROLE_ARN",
        "APPLY_ROLE_ARN",
        "RUN_VAULT_ROLE",
        "PLAN_VAULT_ROLE",
        "APPLY_VAULT_ROLE",
        "WORKLOAD_IDENTITY_AUDIENCE",
    ];
    let tagged = |rest: &str| rest.is_empty() || rest.starts_with('_');
    ALONE.iter().any(|name| key.strip_prefix(name).is_some_and(tagged))
        || FAMILIES
            .iter()
            .filter_map(|family| key.strip_prefix(family))
            .any(|rest| OF_FAMILY.iter().any(|name| rest.strip_prefix(name).is_some_and(tagged)))
}

/// What is kept of the environment variable `key` of a workspace. Names of environment
/// variables are told apart by letter case.
pub fn kept(key: &str) -> Kept {
    const NAMED: [&str; 5] = [
        "TFC_VAULT_ADDR",
        "TFC_VAULT_NAMESPACE",
        "TFC_VAULT_PROVIDER_AUTH",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    ];
    if NAMED.contains(&key) || is_setting(key) {
        Kept::Value
    } else if key.starts_with("TFC_") || key.starts_with("AWS_") {
        Kept::Presence
    } else {
        Kept::Nothing
    }
}
