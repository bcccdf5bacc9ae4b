//! Which of several values of one variable wins (`docs/evaluation.md`, rule H2).

use std::collections::BTreeMap;

use crate::org::hcp::{HcpTerraform, OWN_HOSTS, VariableSet, Workspace};

/// Where a value comes from, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// A priority set for the whole organization.
    PriorityGlobal,
    /// A priority set of the organization, applied to the project.
    PriorityOnProject,
    /// A priority set of the organization, applied to the workspace.
    PriorityOnWorkspace,
    /// A priority set of a project, applied to the project.
    ProjectsPriorityOnProject,
    /// A priority set of a project, applied to the workspace.
    ProjectsPriorityOnWorkspace,
    /// `-var` and `-var-file`.
    CommandLine,
    /// `TF_VAR_…` of whoever runs the command line.
    LocalEnvironment,
    /// The workspace's own variable.
    Workspace,
    /// A set of a project, applied to the workspace.
    ProjectsOnWorkspace,
    /// A set of a project, applied to the project.
    ProjectsOnProject,
    /// A set of the organization, applied to the workspace.
    OnWorkspace,
    /// A set of the organization, applied to the project.
    OnProject,
    /// A set for the whole organization.
    Global,
    /// `*.auto.tfvars`.
    AutoTfvars,
    /// `terraform.tfvars`.
    TerraformTfvars,
}

impl Rank {
    /// All, the strongest first.
    pub const ALL: [Self; 15] = [
        Self::PriorityGlobal,
        Self::PriorityOnProject,
        Self::PriorityOnWorkspace,
        Self::ProjectsPriorityOnProject,
        Self::ProjectsPriorityOnWorkspace,
        Self::CommandLine,
        Self::LocalEnvironment,
        Self::Workspace,
        Self::ProjectsOnWorkspace,
        Self::ProjectsOnProject,
        Self::OnWorkspace,
        Self::OnProject,
        Self::Global,
        Self::AutoTfvars,
        Self::TerraformTfvars,
    ];

    /// Whether a value from there counts for a variable of the category, in a run of the host.
    /// Files and the command line set Terraform's own variables alone, and Terraform Enterprise
    /// passes `terraform.tfvars` over.
    pub fn counts(self, category: &str, host: &str) -> bool {
        match self {
            Self::CommandLine | Self::LocalEnvironment | Self::AutoTfvars => {
                category == "terraform"
            }
            Self::TerraformTfvars => category == "terraform" && OWN_HOSTS.contains(&host),
            _ => true,
        }
    }
}

/// The strongest of some offers: by rank, then the set whose name sorts first by code point, which
/// is the order of UTF-8 bytes.
pub fn strongest<'o, T>(offers: impl IntoIterator<Item = (Rank, &'o str, T)>) -> Option<T> {
    let first = offers.into_iter().min_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
    first.map(|(_, _, offered)| offered)
}

/// A winning value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Effective {
    /// `None` where it is sensitive.
    pub(super) value: Option<String>,
    /// For people: `workspace`, or the variable set's name.
    pub(super) origin: String,
    /// What wins instead where a set that is attached in two ways has the weaker rank of these:
    /// which it has is not documented.
    pub(super) otherwise: Option<Other>,
    /// Whether it is one of Terraform's own variables and not of the environment (rule H9).
    pub(super) terraform: bool,
}

/// What a value is instead of what it seems to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Other {
    /// This.
    Is(String),
    /// Something sensitive.
    Hidden,
}

impl Other {
    fn of(value: Option<String>) -> Self {
        value.map_or(Self::Hidden, Self::Is)
    }

    /// The value; `None` where it is sensitive.
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Is(value) => Some(value),
            Self::Hidden => None,
        }
    }
}

/// A value on offer.
struct Offer<'h> {
    /// The strongest and the weakest rank that it can have.
    ranks: [Rank; 2],
    /// The set's name; empty for the workspace's own.
    name: &'h str,
    value: &'h Option<String>,
}

impl Offer<'_> {
    fn origin(&self) -> String {
        if self.ranks == [Rank::Workspace; 2] {
            return "workspace".to_owned();
        }
        let [rank, weakest] = self.ranks;
        let priority = if rank < Rank::CommandLine { " (priority)" } else { "" };
        let twice = if rank == weakest { "" } else { ", attached in two ways" };
        format!("variable set {}{priority}{twice}", self.name)
    }
}

/// The effective variables of a workspace: those of the environment, and of Terraform's own those
/// that would say something there.
pub(super) fn effective(hcp: &HcpTerraform, workspace: &Workspace) -> BTreeMap<String, Effective> {
    let mut offers: BTreeMap<(bool, &str), Vec<Offer<'_>>> = BTreeMap::new();
    for own in hcp.variables.iter().filter(|own| own.workspace == workspace.id) {
        let key = (own.variable.category != "env", own.variable.key.as_str());
        let ranks = [Rank::Workspace; 2];
        let offer = Offer { ranks, name: "", value: &own.variable.value };
        offers.entry(key).or_default().push(offer);
    }
    for set in &hcp.variable_sets {
        let Some(ranks) = ranks(set, workspace) else { continue };
        for variable in &set.variables {
            let key = (variable.category != "env", variable.key.as_str());
            let offer = Offer { ranks, name: &set.name, value: &variable.value };
            offers.entry(key).or_default().push(offer);
        }
    }
    let mut found: BTreeMap<String, Effective> = BTreeMap::new();
    for ((terraform, key), offers) in offers {
        if terraform && !crate::org::hcp::is_kept("terraform", key) {
            continue;
        }
        let winner = |weakest: usize| {
            let ranked = offers
                .iter()
                .filter_map(move |offer| Some((*offer.ranks.get(weakest)?, offer.name, offer)));
            strongest(ranked)
        };
        let (Some(first), Some(second)) = (winner(0), winner(1)) else { continue };
        // The environment's comes first in the order of keys, and stays.
        found.entry(key.to_owned()).or_insert_with(|| Effective {
            value: first.value.clone(),
            origin: first.origin(),
            otherwise: (second.value != first.value).then(|| Other::of(second.value.clone())),
            terraform,
        });
    }
    found
}

/// Whether a set applies to a workspace.
pub(super) fn applies(set: &VariableSet, workspace: &Workspace) -> bool {
    ranks(set, workspace).is_some()
}

/// The strongest and the weakest rank that a set has for a workspace; `None` where it does not
/// apply.
fn ranks(set: &VariableSet, workspace: &Workspace) -> Option<[Rank; 2]> {
    if set.organization != workspace.organization {
        return None;
    }
    let by_project_owner = set.owner_project.is_some();
    let on_project = set.projects.contains(&workspace.project);
    let on_workspace = set.workspaces.contains(&workspace.id);
    let ways = [
        (set.global, [Rank::PriorityGlobal, Rank::Global]),
        (on_project && !by_project_owner, [Rank::PriorityOnProject, Rank::OnProject]),
        (on_workspace && !by_project_owner, [Rank::PriorityOnWorkspace, Rank::OnWorkspace]),
        (
            on_project && by_project_owner,
            [Rank::ProjectsPriorityOnProject, Rank::ProjectsOnProject],
        ),
        (
            on_workspace && by_project_owner,
            [Rank::ProjectsPriorityOnWorkspace, Rank::ProjectsOnWorkspace],
        ),
    ];
    let found = ways
        .into_iter()
        .filter(|(applies, _)| *applies)
        .map(|(_, [priority, ordinary])| if set.priority { priority } else { ordinary });
    let (first, last) = (found.clone().min()?, found.max()?);
    Some([first, last])
}
