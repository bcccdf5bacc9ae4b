//! What the rows of a matrix are: workspaces, then the sources of other issuers that some trust
//! policy names. Of a host of which no workspaces were read, the patterns that admit them stand
//! for them.

use std::collections::BTreeSet;

use crate::graph::{Graph, Node, Subject, workspace_selector};
use crate::workload::Phase;

use super::answers::MatrixRow;
use super::lists::kind;
use super::question::QuestionError;
use super::selector::select;

/// The sources of the rows: those that `rows` names, or all of them.
pub(super) fn sources(graph: &Graph, rows: Option<&str>) -> Result<Vec<Node>, QuestionError> {
    let named: Vec<Node> = match rows {
        None => all(graph),
        Some(text) => select(graph, text)?.nodes,
    };
    let mut workspaces: BTreeSet<usize> = BTreeSet::new();
    let mut others: Vec<(String, String, Node)> = Vec::new();
    for node in named {
        match &node {
            Node::Workspace(index, _) => {
                workspaces.insert(*index);
            }
            Node::Subject(subject) => {
                others.push((project(graph, subject), node.name(graph), node));
            }
            _ => {}
        }
    }
    if let (Some(text), true) = (rows, workspaces.is_empty() && others.is_empty()) {
        return Err(QuestionError::invalid(format!(
            "`{text}` names no workspace and no token, and those are the rows of a matrix"
        )));
    }
    others.sort();
    let runs = workspaces
        .into_iter()
        .flat_map(|index| Phase::ALL.map(|phase| Node::Workspace(index, phase)));
    Ok(runs.chain(others.into_iter().map(|(.., node)| node)).collect())
}

/// All workspaces, and all subjects and patterns of issuers of which no workspaces were read.
fn all(graph: &Graph) -> Vec<Node> {
    let hosts: BTreeSet<&str> = graph.workspaces().iter().map(|it| it.host.as_str()).collect();
    let is_source = |node: &Node| match node {
        Node::Workspace(..) => true,
        Node::Subject(subject) => !hosts.contains(subject.issuer.as_str()),
        _ => false,
    };
    graph.nodes().filter(is_source).collect()
}

/// The name of a row's source, without phase.
pub(super) fn selector(graph: &Graph, source: &Node) -> String {
    match source {
        Node::Workspace(index, _) => {
            graph.workspaces().get(*index).map(workspace_selector).unwrap_or_default()
        }
        other => other.name(graph),
    }
}

/// The rows of these sources, each once.
pub(super) fn matrix_rows(graph: &Graph, sources: &[Node]) -> Vec<MatrixRow> {
    let row = |source: &Node| match source {
        Node::Workspace(index, Phase::Plan) => {
            let workspace = graph.workspaces().get(*index)?;
            let ways: Vec<&str> = workspace.other_ways.iter().map(|way| way.text()).collect();
            let selector = workspace_selector(workspace);
            Some(MatrixRow {
                kind: kind(source),
                id: workspace.id.clone().unwrap_or_else(|| selector.clone()),
                selector,
                project: workspace.project.clone(),
                note: (!ways.is_empty()).then(|| ways.join(", ")),
            })
        }
        Node::Subject(subject) => {
            let selector = source.name(graph);
            Some(MatrixRow {
                kind: kind(source),
                id: selector.clone(),
                selector,
                project: project(graph, subject),
                note: None,
            })
        }
        _ => None,
    };
    sources.iter().filter_map(row).collect()
}

/// The issuer, and whose tokens they are: `GitHub Actions acme/infra`.
fn project(graph: &Graph, subject: &Subject) -> String {
    let issuer = graph.issuer(&subject.issuer);
    let label = if issuer.id == "unknown" { &subject.issuer } else { &issuer.label };
    match issuer.owner(&subject.subject) {
        Some(owner) => format!("{label} {owner}"),
        None => label.clone(),
    }
}
