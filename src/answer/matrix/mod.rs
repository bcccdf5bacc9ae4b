//! Which workspaces reach which accounts.

mod row;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::graph::search::Many;
use crate::graph::{Graph, Node, in_halves, workspace_selector};
use crate::org::AccountKey;
use crate::workload::{Phase, Workspace};

use super::answers::{Matrix, MatrixColumn, MatrixRow};
use super::lists::gaps;
use super::question::{Limits, QuestionError};
use super::selector::{select, select_accounts};

use row::{Row, Worker};

/// Which workspaces (`rows`, all without it) reach which accounts (`columns`).
pub fn matrix(
    graph: &Graph,
    rows: Option<&str>,
    columns: Option<&str>,
    limits: Limits,
) -> Result<Matrix, QuestionError> {
    let facts = graph.facts();
    let wanted: BTreeSet<usize> = match rows {
        None => (0..graph.workspaces().len()).collect(),
        Some(text) => {
            let nodes = select(graph, text)?.nodes;
            nodes
                .iter()
                .filter_map(|node| match node {
                    Node::Workspace(index, _) => Some(*index),
                    _ => None,
                })
                .collect()
        }
    };
    if let (Some(text), true) = (rows, wanted.is_empty()) {
        return Err(QuestionError::invalid(format!(
            "`{text}` names no workspace, and the rows of a matrix are workspaces"
        )));
    }
    let accounts: BTreeSet<AccountKey> = match columns {
        None => facts.accounts.keys().collect(),
        Some(text) => select_accounts(graph, text)?,
    };
    let columns: BTreeMap<AccountKey, Arc<str>> =
        accounts.iter().map(|key| (*key, facts.accounts[*key].id.to_string().into())).collect();
    let runs: Vec<Row<'_>> = wanted
        .iter()
        .flat_map(|index| Phase::ALL.map(|phase| Row::new(graph, *index, phase, limits.hops)))
        .flatten()
        .collect();
    let many = Many::search(graph, runs.iter().filter_map(|row| row.firsts.as_ref()), limits.hops);
    // Whole rows by two, each into a list that has room for all of them.
    let [mut front, back] = in_halves(&runs, |rows| {
        let mut worker = Worker::new(graph, &many, &columns, limits.hops);
        let mut cells = Vec::with_capacity(runs.len() * columns.len());
        let cut = rows.iter().filter(|row| worker.add_cells(row, &mut cells)).count() > 0;
        (cells, cut)
    });
    front.0.extend(back.0);
    let (cells, truncated) = (front.0, front.1 || back.1);
    let workspaces = wanted
        .iter()
        .filter_map(|index| graph.workspaces().get(*index))
        .map(|workspace| MatrixRow {
            id: workspace.id.clone().unwrap_or_else(|| workspace_selector(workspace)),
            selector: workspace_selector(workspace),
            project: workspace.project.clone(),
            note: note(workspace),
        })
        .collect();
    let accounts = accounts
        .into_iter()
        .map(|key| {
            let account = &facts.accounts[key];
            MatrixColumn {
                id: account.id.to_string(),
                name: account.name.clone(),
                ou: facts.ou_path(key).to_owned(),
                not_read: account.identities.gap().is_some(),
            }
        })
        .collect();
    let not_read = gaps(graph);
    Ok(Matrix { schema: "rolewalk/matrix/1", workspaces, accounts, cells, truncated, not_read })
}

fn note(workspace: &Workspace) -> Option<String> {
    let ways: Vec<&str> = workspace.other_ways.iter().map(|way| way.text()).collect();
    (!ways.is_empty()).then(|| ways.join(", "))
}
