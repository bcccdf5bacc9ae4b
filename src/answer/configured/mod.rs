//! What a Terraform configuration asks for, put beside what policies permit (rules H12 and H13).
//!
//! A configuration is attached to workspaces; each of its providers is then a chain of roles for
//! plans and one for applies, which begins with the role that the workspace's settings name.

mod apply;
mod chain;
mod judge;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::arn::glob::Glob;
use crate::graph::{Graph, Node, workspace_selector};
use crate::org::hcp::DEFAULT_HOST;
use crate::workload::blocks::{Blocks, Cloud};
use crate::workload::{Phase, Workspace};

use super::answers::Configured;
use super::lists::{self, one_or_written};
use super::question::{Limits, QuestionError};
use super::selector::select;
use super::{Matrix, Paths, Reach, matrix};
use chain::{Chain, meant};

/// A configuration, attached to workspaces.
pub(super) struct Attached<'a> {
    /// The workspaces in the phases that are asked for, each with the place of its first chain.
    runs: BTreeMap<(usize, Phase), usize>,
    /// One for each run and provider, those of a run side by side.
    chains: Vec<Chain<'a>>,
    /// How many a run has.
    providers: usize,
    /// What may ask for more and was not read.
    not_read: &'a [String],
}

/// [`lists::reach`] of workspaces, with what their configuration asks for.
pub fn reach_configured(
    graph: &Graph,
    source: &str,
    limits: Limits,
    blocks: &Blocks,
) -> Result<Reach, QuestionError> {
    let attached = Attached::to_source(graph, source, blocks)?;
    lists::reach_attached(graph, source, limits, Some(&attached))
}

/// [`lists::paths`] of workspaces, with what their configuration asks for.
pub fn paths_configured(
    graph: &Graph,
    source: &str,
    target: &str,
    limits: Limits,
    blocks: &Blocks,
) -> Result<Paths, QuestionError> {
    let attached = Attached::to_source(graph, source, blocks)?;
    lists::paths_attached(graph, source, target, limits, Some(&attached))
}

/// [`matrix()`], with what the configuration of some of the workspaces asks for: of those that it
/// names itself, else of those of the rows that were asked for.
pub fn matrix_configured(
    graph: &Graph,
    rows: Option<&str>,
    columns: Option<&str>,
    limits: Limits,
    blocks: &Blocks,
) -> Result<Matrix, QuestionError> {
    let attached = Attached::to_rows(graph, rows, blocks)?;
    let mut matrix = matrix(graph, rows, columns, limits)?;
    attached.mark_matrix(graph, &mut matrix);
    Ok(matrix)
}

/// That a configuration says that it runs elsewhere than in the workspaces that `source` names;
/// `None` where it says nothing, or the same.
pub fn runs_elsewhere(graph: &Graph, source: &str, blocks: &Blocks) -> Option<String> {
    let cloud = blocks.cloud.as_ref()?;
    let nodes = select(graph, source).ok()?.nodes;
    let mut asked = runs(&nodes).filter_map(|(index, _)| graph.workspaces().get(index));
    if asked.any(|workspace| names(cloud, workspace)) {
        return None;
    }
    let named = words(cloud)?;
    Some(format!("the configuration says that it runs in {named}; it is taken for `{source}` here"))
}

/// Runs among nodes.
fn runs(nodes: &[Node]) -> impl Iterator<Item = (usize, Phase)> {
    nodes.iter().filter_map(|node| match node {
        Node::Workspace(index, phase) => Some((*index, *phase)),
        _ => None,
    })
}

/// Whether a `cloud` block may mean a workspace. What it leaves to the environment fits any.
fn names(cloud: &Cloud, workspace: &Workspace) -> bool {
    let is = |said: &Option<String>, name: &str| said.as_ref().is_none_or(|said| said == name);
    // Names stand for themselves; tags were not read.
    host(cloud).eq_ignore_ascii_case(&workspace.host)
        && is(&cloud.organization, &workspace.organization)
        && is(&cloud.workspace, &workspace.name)
        && is(&cloud.project, &workspace.project)
        && cloud.prefix.as_ref().is_none_or(|prefix| workspace.name.starts_with(prefix.as_str()))
        && (cloud.workspace.is_some() || cloud.prefix.is_some() || whole_project(cloud))
}

fn host(cloud: &Cloud) -> &str {
    cloud.host.as_deref().unwrap_or(DEFAULT_HOST)
}

/// Whether a `cloud` block means each workspace of a project.
fn whole_project(cloud: &Cloud) -> bool {
    cloud.project.is_some() && !cloud.tags
}

/// What a `cloud` block names, for people; `None` where it names no workspace.
fn words(cloud: &Cloud) -> Option<String> {
    let organization = cloud.organization.as_deref().unwrap_or("*");
    let project = cloud.project.as_deref().unwrap_or("*");
    let workspace = match (&cloud.workspace, &cloud.prefix) {
        (Some(name), _) => name.clone(),
        (None, Some(prefix)) => format!("{prefix}*"),
        (None, None) if whole_project(cloud) => "*".to_owned(),
        (None, None) => return None,
    };
    let host = Some(host(cloud)).filter(|host| !host.eq_ignore_ascii_case(DEFAULT_HOST));
    let host = host.map(|host| format!("//{host}/")).unwrap_or_default();
    Some(format!("`tfc:{host}{organization}/{project}/{workspace}`"))
}

impl<'a> Attached<'a> {
    fn new(graph: &'a Graph, runs: Vec<(usize, Phase)>, blocks: &'a Blocks) -> Self {
        let mut chains = Vec::new();
        let mut places = BTreeMap::new();
        for (index, phase) in runs {
            let Some(workspace) = graph.workspaces().get(index) else { continue };
            if places.contains_key(&(index, phase)) {
                continue;
            }
            places.insert((index, phase), chains.len());
            let of_run = |provider| Chain::of(provider, index, workspace, phase);
            chains.extend(blocks.providers_in(phase).iter().map(of_run));
        }
        let providers = blocks.providers.len();
        Self { runs: places, chains, providers, not_read: &blocks.not_read }
    }

    /// To the workspaces that a question begins with.
    fn to_source(
        graph: &'a Graph,
        source: &str,
        blocks: &'a Blocks,
    ) -> Result<Self, QuestionError> {
        let nodes = select(graph, source)?.nodes;
        let runs: Vec<(usize, Phase)> = runs(&nodes).collect();
        if runs.is_empty() {
            let name = one_or_written(graph, &nodes, source);
            return Err(no_workspace(&name));
        }
        Ok(Self::new(graph, runs, blocks))
    }

    /// To the rows of a matrix that the configuration names, else to all rows that were asked for.
    fn to_rows(
        graph: &'a Graph,
        rows: Option<&str>,
        blocks: &'a Blocks,
    ) -> Result<Self, QuestionError> {
        let named = |index: &usize| {
            let workspace = graph.workspaces().get(*index);
            blocks.cloud.as_ref().zip(workspace).is_some_and(|(cloud, it)| names(cloud, it))
        };
        let asked: Vec<usize> = match rows {
            None => (0..graph.workspaces().len()).collect(),
            Some(rows) => {
                let nodes = select(graph, rows)?.nodes;
                let mut asked: Vec<usize> = runs(&nodes).map(|(index, _)| index).collect();
                asked.sort_unstable();
                asked.dedup();
                asked
            }
        };
        let mut meant: Vec<usize> = asked.iter().copied().filter(named).collect();
        if meant.is_empty() {
            if rows.is_none() {
                return Err(unnamed(blocks.cloud.as_ref()));
            }
            meant = asked;
        }
        if let (Some(rows), true) = (rows, meant.is_empty()) {
            return Err(no_workspace(rows));
        }
        let runs = meant.into_iter().flat_map(|index| Phase::ALL.map(|phase| (index, phase)));
        Ok(Self::new(graph, runs.collect(), blocks))
    }

    fn of(&self, run: (usize, Phase)) -> impl Iterator<Item = &Chain<'a>> {
        let first = self.runs.get(&run).copied();
        let chains = first.and_then(|first| self.chains.get(first..first + self.providers));
        chains.into_iter().flatten()
    }

    /// Whether the way of a run over these roles is asked for.
    fn way(&self, graph: &Graph, run: (usize, Phase), roles: &[&str]) -> Configured {
        let settings = Settings::of(graph, run);
        let way: Vec<Glob> = roles.iter().map(|role| meant(role)).collect();
        if self.of(run).any(|chain| chain.asks_way(&way)) || settings.ask_all(&way) {
            Configured::All
        } else if !self.not_read.is_empty()
            || settings.unknown
            || self.of(run).any(|chain| chain.may_ask_way(&way))
        {
            Configured::Unknown
        } else if way.first().is_some_and(|first| settings.ask_for(first)) {
            Configured::FirstHop
        } else {
            Configured::No
        }
    }

    /// Whether a role is asked for, to which the best way leads over these roles.
    fn role(&self, graph: &Graph, run: (usize, Phase), roles: &[&str]) -> Configured {
        let Some(last) = roles.last().map(|last| meant(last)) else { return Configured::No };
        let asked = self.of(run).any(|chain| chain.asks(&last));
        if asked || Settings::of(graph, run).ask_for(&last) {
            return Configured::All;
        }
        match self.way(graph, run, roles) {
            Configured::No | Configured::FirstHop
                if self.of(run).any(|chain| chain.may_ask(&last)) =>
            {
                Configured::Unknown
            }
            other => other,
        }
    }
}

/// The roles that a workspace's settings name for a phase.
struct Settings<'g> {
    roles: Vec<&'g str>,
    /// Whether there may be others.
    unknown: bool,
}

impl<'g> Settings<'g> {
    fn of(graph: &'g Graph, (index, phase): (usize, Phase)) -> Self {
        let workspace = graph.workspaces().get(index);
        let (mut roles, mut unknown) = (Vec::new(), workspace.is_none_or(|it| !it.variables_read));
        for configuration in workspace.into_iter().flat_map(|it| &it.configurations) {
            unknown |= chain::settings_roles(configuration.role(phase), &mut roles);
        }
        Self { roles, unknown }
    }

    fn ask_for(&self, role: &Glob) -> bool {
        self.roles.iter().any(|known| role.matches(known))
    }

    /// Whether the way is no more than a role that they name.
    fn ask_all(&self, way: &[Glob]) -> bool {
        matches!(way, [only] if self.ask_for(only))
    }
}

/// The selector of a run's workspace.
fn selector(graph: &Graph, workspace: usize) -> String {
    graph.workspaces().get(workspace).map(workspace_selector).unwrap_or_default()
}

/// That a configuration is asked about of what runs none, or of a workspace that was not read.
fn no_workspace(name: &str) -> QuestionError {
    QuestionError::invalid(format!(
        "`{name}` is no workspace of this snapshot, and a Terraform configuration says what a workspace asks for"
    ))
    .hint("ask from the workspace that runs it: `tfc:ORGANIZATION/PROJECT/WORKSPACE`")
}

/// That nothing says of which workspace a configuration is.
fn unnamed(cloud: Option<&Cloud>) -> QuestionError {
    let named = cloud.and_then(words);
    let message = match (cloud, named) {
        (_, Some(named)) => {
            format!("the configuration runs in {named}, and the snapshot has no such workspace")
        }
        (Some(cloud), None) if cloud.tags => {
            "the configuration chooses its workspaces by tags, which are not collected".to_owned()
        }
        _ => "nothing says which workspace runs the configuration".to_owned(),
    };
    QuestionError::invalid(message).hint(
        "name its workspace as the rows: `rolewalk matrix tfc:ORGANIZATION/PROJECT/WORKSPACE`",
    )
}
