//! Which workspaces reach which accounts.

mod cells;
mod filter;
mod row;
mod runs;

use std::collections::BTreeSet;

use crate::graph::search::Many;
use crate::graph::{Graph, Node, in_halves, in_turns};
use crate::org::AccountKey;

use super::answers::{Matrix, MatrixCell, MatrixColumn, MatrixFilter};
use super::gaps::{gaps, hcp_never_read};
use super::question::{Limits, QuestionError};
use super::selector::{select, select_accounts};
use super::stated::scenario_of;

pub use filter::filtered_matrix;
pub use runs::workspaces_named;

use cells::Worker;
use row::Row;
use runs::Runs;

/// The accounts that are columns. Whoever names a role means no whole account.
fn accounts_named(graph: &Graph, text: &str) -> Result<BTreeSet<AccountKey>, QuestionError> {
    let form = text.trim();
    let kind = form.split_once(':').map(|(kind, _)| kind);
    let is_name = !form.contains([':', '/']) || form.starts_with('@');
    let is_place = is_name || matches!(kind, Some("account" | "ou" | "tag" | "org"));
    let is_account = |node: &Node| matches!(node, Node::Account(_));
    match select(graph, text) {
        Ok(found) if !is_place && !found.nodes.iter().any(is_account) => {
            let error = format!("`{text}` names no account, and those are the columns of a matrix");
            let roles = found.nodes.iter().all(|node| matches!(node, Node::Role(_)));
            Err(QuestionError::invalid(error).hint(if roles && !found.nodes.is_empty() {
                format!("`rolewalk who-can '{text}'` says which workspaces reach a role")
            } else {
                "write accounts, such as `prod-net`, `ou:/Prod/**` or `tag:env=prod`".to_owned()
            }))
        }
        _ => select_accounts(graph, text),
    }
}

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
        Some(text) => accounts_named(graph, text)?,
    };
    let rows: Vec<Row<'_>> = runs.iter().map(|run| Row::new(graph, run, limits.hops)).collect();
    let many = Many::search(graph, rows.iter().filter_map(|row| row.firsts.as_ref()), limits.hops);
    let worker = || Worker::new(graph, &many, &accounts, limits.hops);
    // Whole rows by two, each into a list that has room for all of them.
    let halves = in_halves(&rows, |part| {
        let (mut worker, mut cells, mut rest) = (worker(), Vec::new(), Vec::new());
        cells.reserve(rows.len() * accounts.len());
        for row in part {
            if !worker.add_cells(row, &mut cells) {
                rest.push((cells.len(), row));
            }
        }
        (cells, rest)
    });
    // Of those that are searched by themselves one may take as long as a thousand others.
    let alone: Vec<&Row<'_>> =
        halves.iter().flat_map(|(_, rest)| rest).map(|(_, row)| *row).collect();
    let alone = in_turns(&alone, worker, |worker, row| worker.cells_alone(row));
    let truncated = alone.iter().any(|(_, cut)| *cut);
    let cells = in_order(halves, alone.into_iter().map(|(cells, _)| cells));
    let workspaces = runs::rows(graph, &runs);
    let accounts = accounts
        .into_iter()
        .map(|key| {
            let account = &facts.accounts[key];
            MatrixColumn {
                id: account.id.to_string(),
                name: account.name.clone(),
                ou: facts.ou_path(key).to_owned(),
                not_read: account.missing().is_some(),
            }
        })
        .collect();
    let mut not_read = gaps(graph);
    not_read.extend(hcp_never_read(graph));
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
        max_hops: limits.hops,
        left_out: 0,
        truncated,
        not_read,
    })
}

/// Cells, and behind how many of them those of other rows belong.
type Half<R> = (Vec<MatrixCell>, Vec<(usize, R)>);

/// Puts the cells of rows that were worked out later where they belong: behind so many of the others.
fn in_order<R>(
    halves: [Half<R>; 2],
    mut later: impl Iterator<Item = Vec<MatrixCell>>,
) -> Vec<MatrixCell> {
    let mut all: Vec<MatrixCell> = Vec::new();
    for (cells, places) in halves {
        if all.is_empty() && places.is_empty() {
            all = cells;
            continue;
        }
        let mut taken = 0;
        let mut cells = cells.into_iter();
        for (place, _) in places {
            all.extend(cells.by_ref().take(place - taken));
            all.extend(later.next().into_iter().flatten());
            taken = place;
        }
        all.extend(cells);
    }
    all
}
