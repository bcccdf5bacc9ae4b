//! Which workspaces reach which accounts.

mod filter;
mod row;
mod runs;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::graph::search::Many;
use crate::graph::{Graph, in_halves, workspace_selector};
use crate::org::AccountKey;
use crate::workload::Workspace;

use super::answers::{Matrix, MatrixColumn, MatrixFilter, MatrixRow};
use super::lists::gaps;
use super::question::{Limits, QuestionError};
use super::selector::select_accounts;
use super::stated::scenario_of;
use super::workspaces::problems;

pub use filter::filtered_matrix;
pub use runs::workspaces_named;

use row::{Row, Worker};

/// Which workspaces (`rows`, all without it) reach which accounts (`columns`).
pub fn matrix(
    graph: &Graph,
    rows: Option<&str>,
    columns: Option<&str>,
    limits: Limits,
) -> Result<Matrix, QuestionError> {
    let facts = graph.facts();
    let runs = runs::wanted(graph, rows)?;
    let wanted: BTreeSet<usize> = runs.iter().map(|run| run.workspace).collect();
    let accounts: BTreeSet<AccountKey> = match columns {
        None => facts.accounts.keys().collect(),
        Some(text) => select_accounts(graph, text)?,
    };
    let columns: BTreeMap<AccountKey, Arc<str>> =
        accounts.iter().map(|key| (*key, facts.accounts[*key].id.to_string().into())).collect();
    let rows: Vec<Row<'_>> =
        runs.iter().filter_map(|run| Row::new(graph, run, limits.hops)).collect();
    let many = Many::search(graph, rows.iter().filter_map(|row| row.firsts.as_ref()), limits.hops);
    // Whole rows by two, each into a list that has room for all of them.
    let [mut front, back] = in_halves(&rows, |part| {
        let mut worker = Worker::new(graph, &many, &columns, limits.hops);
        let mut cells = Vec::with_capacity(rows.len() * columns.len());
        let cut = part.iter().filter(|row| worker.add_cells(row, &mut cells)).count() > 0;
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
            problems: problems(facts, workspace),
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
    let (configuration, configuration_not_read) = (None, None);
    Ok(Matrix {
        schema: "rolewalk/matrix/1",
        workspaces,
        accounts,
        cells,
        filter: MatrixFilter::default(),
        filtered: 0,
        scenario: scenario_of(graph),
        configuration,
        configuration_not_read,
        truncated,
        not_read,
    })
}

fn note(workspace: &Workspace) -> Option<String> {
    let ways: Vec<&str> = workspace.other_ways.iter().map(|way| way.text()).collect();
    (!ways.is_empty()).then(|| ways.join(", "))
}
