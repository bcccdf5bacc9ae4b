//! Which workspaces reach which accounts.

mod cells;
mod filter;
mod row;
mod runs;

use std::collections::BTreeSet;

use crate::graph::search::Many;
use crate::graph::{Graph, in_turns};
use crate::org::AccountKey;

use super::answers::{Matrix, MatrixColumn, MatrixFilter};
use super::lists::gaps;
use super::question::{Limits, QuestionError};
use super::selector::select_accounts;
use super::stated::scenario_of;

pub use filter::filtered_matrix;
pub use runs::workspaces_named;

use cells::Worker;
use row::Row;
use runs::Runs;

/// Which workspaces (`rows`, all without it) reach which accounts (`columns`).
pub fn matrix(
    graph: &Graph,
    rows: Option<&str>,
    columns: Option<&str>,
    limits: Limits,
) -> Result<Matrix, QuestionError> {
    let facts = graph.facts();
    let Runs { rows: runs, left_out: sources_left_out } = runs::wanted(graph, rows)?;
    let accounts: BTreeSet<AccountKey> = match columns {
        None => facts.accounts.keys().collect(),
        Some(text) => select_accounts(graph, text)?,
    };
    let rows: Vec<Row<'_>> = runs.iter().map(|run| Row::new(graph, run, limits.hops)).collect();
    let many = Many::search(graph, rows.iter().filter_map(|row| row.firsts.as_ref()), limits.hops);
    // What one row takes differs by a factor of hundreds.
    let parts = in_turns(
        &rows,
        || Worker::new(graph, &many, &accounts, limits.hops),
        |worker, row| {
            let mut cells = Vec::with_capacity(accounts.len());
            let cut = worker.add_cells(row, &mut cells);
            (cells, cut)
        },
    );
    let truncated = parts.iter().any(|(_, cut)| *cut);
    let mut cells = Vec::with_capacity(parts.iter().map(|(cells, _)| cells.len()).sum());
    for (more, _) in parts {
        cells.extend(more);
    }
    let workspaces = runs::rows(graph, &runs);
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
        sources_left_out,
        truncated,
        not_read,
    })
}
