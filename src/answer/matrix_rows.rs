//! What the rows of a matrix are: workspaces, then the sources of other issuers that some trust
//! policy names, unless they are very many or come from inside AWS's accounts. Of a host of which no workspaces were read, the patterns that admit them stand
//! for them.

use std::collections::BTreeSet;

use crate::arn::glob::Glob;
use crate::graph::{Graph, Node, Subject, workspace_selector};
use crate::workload::Phase;

use super::answers::MatrixRow;
use super::lists::kind;
use super::question::QuestionError;
use super::selector::select;

/// How many sources of other issuers are rows without being asked for.
const MANY: usize = 64;

/// The sources of the rows.
pub(super) struct Sources {
    pub(super) rows: Vec<Node>,
    /// How many other sources are none, though some trust policy names them.
    pub(super) left_out: usize,
}

/// The sources of the rows: those that `rows` names, or all that a matrix shows by itself.
pub(super) fn sources(graph: &Graph, rows: Option<&str>) -> Result<Sources, QuestionError> {
    let hosts: BTreeSet<&str> = graph.workspaces().iter().map(|it| it.host.as_str()).collect();
    let (mut workspaces, mut others): (BTreeSet<usize>, BTreeSet<Node>) = Default::default();
    let mut left_out = 0;
    match rows {
        None => {
            workspaces.extend(0..graph.workspaces().len());
            let of_others = |node: &Node| match node {
                Node::Subject(subject) => !hosts.contains(subject.issuer.as_str()),
                _ => false,
            };
            let all: Vec<Node> = graph.nodes().filter(of_others).collect();
            let shown = all.iter().filter(|node| match node {
                Node::Subject(subject) => !graph.issuer(&subject.issuer).inside,
                _ => false,
            });
            if shown.clone().count() <= MANY {
                others.extend(shown.cloned());
            }
            left_out = all.len() - others.len();
        }
        Some(text) => {
            for node in select(graph, text)?.nodes {
                match node {
                    Node::Workspace(index, _) => {
                        workspaces.insert(index);
                    }
                    Node::Subject(subject) => others.extend(named(graph, subject)),
                    _ => {}
                }
            }
            if workspaces.is_empty() && others.is_empty() {
                return Err(QuestionError::invalid(format!(
                    "`{text}` names no workspace and no token, and those are the rows of a matrix"
                )));
            }
        }
    }
    let place = |node: &Node| match node {
        Node::Subject(subject) => (project(graph, subject), node.name(graph)),
        _ => Default::default(),
    };
    let mut others: Vec<Node> = others.into_iter().collect();
    others.sort_by_cached_key(place);
    let runs = workspaces
        .into_iter()
        .flat_map(|index| Phase::ALL.map(|phase| Node::Workspace(index, phase)));
    Ok(Sources { rows: runs.chain(others).collect(), left_out })
}

/// What was asked for, and the sources that some trust policy names and that fit it.
fn named(graph: &Graph, asked: Subject) -> Vec<Node> {
    let mut found = Vec::new();
    if asked.is_pattern() && asked.audience.is_none() {
        let glob = Glob::new(&asked.subject);
        let fits = |node: &Node| match node {
            Node::Subject(subject) => {
                subject.issuer == asked.issuer && glob.matches(&subject.subject)
            }
            _ => false,
        };
        found.extend(graph.nodes().filter(fits));
    }
    found.push(Node::Subject(asked));
    found
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
