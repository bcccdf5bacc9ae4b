//! Which runs are the rows of a matrix.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Graph, Node, workspace_selector};
use crate::workload::Phase;

use super::super::groups;
use super::super::question::QuestionError;
use super::super::selector::select;

/// The runs of a workspace in one phase.
pub(super) struct Run {
    /// Which workspace.
    pub(super) workspace: usize,
    pub(super) phase: Phase,
    /// The tags of the configurations that are meant; `None` for all of them.
    tags: Option<BTreeSet<String>>,
}

impl Run {
    /// Whether the configuration of this tag is meant.
    pub(super) fn means(&self, tag: Option<&str>) -> bool {
        self.tags.as_ref().is_none_or(|tags| tag.is_some_and(|tag| tags.contains(tag)))
    }
}

/// One phase of a workspace, with the tag that was named.
type Named = (usize, Phase, Option<String>);

/// The runs that a selector names; all without one.
pub(super) fn wanted(graph: &Graph, rows: Option<&str>) -> Result<Vec<Run>, QuestionError> {
    let Some(text) = rows else {
        let all = 0..graph.workspaces().len();
        let run = |workspace| Phase::ALL.map(|phase| Run { workspace, phase, tags: None });
        return Ok(all.flat_map(run).collect());
    };
    let mut runs: BTreeMap<(usize, Phase), Option<BTreeSet<String>>> = BTreeMap::new();
    for (workspace, phase, tag) in named(graph, text)? {
        let tags = runs.entry((workspace, phase)).or_insert_with(|| Some(BTreeSet::new()));
        match (tags.as_mut(), tag) {
            (Some(tags), Some(tag)) => {
                tags.insert(tag);
            }
            (_, None) => *tags = None,
            (None, Some(_)) => {}
        }
    }
    if runs.is_empty() {
        return Err(QuestionError::invalid(format!(
            "`{text}` names no workspace, and the rows of a matrix are workspaces"
        ))
        .hint("write one such as `tfc:ORGANIZATION/PROJECT/*`, with `:plan` or `:apply` for one phase"));
    }
    let run = |((workspace, phase), tags)| Run { workspace, phase, tags };
    Ok(runs.into_iter().map(run).collect())
}

/// The workspaces that a selector names, by their selectors without phase.
pub fn workspaces_named(graph: &Graph, text: &str) -> Result<BTreeSet<String>, QuestionError> {
    let runs = wanted(graph, Some(text))?;
    let workspaces = runs.iter().filter_map(|run| graph.workspaces().get(run.workspace));
    Ok(workspaces.map(workspace_selector).collect())
}

fn named(graph: &Graph, text: &str) -> Result<BTreeSet<Named>, QuestionError> {
    if let Some(group) = groups::of(graph, text)? {
        let mut found = BTreeSet::new();
        for selector in group.holds() {
            found.extend(group.of_member(named(graph, selector))?);
        }
        for selector in group.leaves_out() {
            let out = group.of_member(named(graph, selector))?;
            // Without a tag all configurations are meant.
            found.retain(|run| !out.contains(run) && !out.contains(&(run.0, run.1, None)));
        }
        return Ok(found);
    }
    let found = select(graph, text)?;
    let run = |node: &Node| match node {
        Node::Workspace(index, phase) => Some((*index, *phase, found.tag.clone())),
        _ => None,
    };
    Ok(found.nodes.iter().filter_map(run).collect())
}
