//! The matrix answer, indexed for drawing.

use std::collections::HashMap;

use crate::answer::{Matrix, MatrixCell, MatrixColumn, MatrixRow, Privilege, Verdict};

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Phase {
    Plan,
    #[default]
    Apply,
}

impl Phase {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Plan => Self::Apply,
            Self::Apply => Self::Plan,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Grid {
    pub(crate) rows: Vec<MatrixRow>,
    pub(crate) columns: Vec<MatrixColumn>,
    cells: Vec<MatrixCell>,
    /// The best cell of a row, a column and a phase; tagged configurations share a place.
    places: HashMap<(usize, usize, Phase), usize>,
    pub(crate) truncated: bool,
}

impl Grid {
    pub(crate) fn new(matrix: Matrix) -> Self {
        let Matrix { workspaces, accounts, cells, truncated, .. } = matrix;
        let index = |names: Vec<String>| -> HashMap<String, usize> {
            names.into_iter().enumerate().map(|(index, name)| (name, index)).collect()
        };
        let row_of = index(workspaces.iter().map(|row| row.selector.clone()).collect());
        let column_of = index(accounts.iter().map(|column| column.id.clone()).collect());
        let mut places: HashMap<(usize, usize, Phase), usize> = HashMap::with_capacity(cells.len());
        for (number, cell) in cells.iter().enumerate() {
            let (Some(row), Some(column)) =
                (row_of.get(&*cell.workspace), column_of.get(&*cell.account))
            else {
                continue;
            };
            // What has no phases stands in both.
            let phases: &[Phase] = match cell.phase {
                Some("plan") => &[Phase::Plan],
                Some(_) => &[Phase::Apply],
                None => &[Phase::Plan, Phase::Apply],
            };
            for phase in phases {
                let place = places.entry((*row, *column, *phase)).or_insert(number);
                if cells.get(*place).is_some_and(|best| better(cell, best)) {
                    *place = number;
                }
            }
        }
        Self { rows: workspaces, columns: accounts, cells, places, truncated }
    }

    pub(crate) fn cell(&self, row: usize, column: usize, phase: Phase) -> Option<&MatrixCell> {
        self.places.get(&(row, column, phase)).and_then(|place| self.cells.get(*place))
    }

    /// Why a place without a cell can't be called empty.
    pub(crate) fn unknown(&self, row: usize, column: usize) -> Option<&str> {
        if let Some(note) = self.rows.get(row).and_then(|row| row.note.as_deref()) {
            return Some(note);
        }
        self.columns
            .get(column)
            .filter(|column| column.not_read)
            .map(|_| "the account was not read")
    }

    /// The rows that contain a text, by project and name or worst first.
    pub(crate) fn workspaces(&self, text: &str, worst_first: bool, phase: Phase) -> Vec<usize> {
        let mut rows: Vec<usize> = (self.rows.iter().enumerate())
            .filter(|(_, row)| {
                text.is_empty()
                    || row.selector.to_lowercase().contains(text)
                    || row.project.to_lowercase().contains(text)
            })
            .map(|(index, _)| index)
            .collect();
        if worst_first {
            let mut badness = vec![0u64; self.rows.len()];
            for ((row, _, of), cell) in &self.places {
                if let (true, Some(sum), Some(cell)) =
                    (*of == phase, badness.get_mut(*row), self.cells.get(*cell))
                {
                    *sum += weight(cell);
                }
            }
            rows.sort_by_key(|row| std::cmp::Reverse(badness.get(*row).copied().unwrap_or(0)));
        }
        rows
    }

    /// The columns that contain a text.
    pub(crate) fn accounts(&self, text: &str) -> Vec<usize> {
        (self.columns.iter().enumerate())
            .filter(|(_, column)| {
                text.is_empty()
                    || column.name.to_lowercase().contains(text)
                    || column.id.contains(text)
                    || column.ou.to_lowercase().contains(text)
            })
            .map(|(index, _)| index)
            .collect()
    }
}

fn better(cell: &MatrixCell, than: &MatrixCell) -> bool {
    let rank = |cell: &MatrixCell| (cell.verdict, cell.privilege.is_none(), cell.privilege);
    rank(cell) < rank(than)
}

/// How much a cell adds to what a workspace could do.
fn weight(cell: &MatrixCell) -> u64 {
    let verdict = match cell.verdict {
        Verdict::Allowed => 4,
        Verdict::Conditional => 2,
        Verdict::Unknown => 1,
        Verdict::Denied => 0,
    };
    verdict
        * match cell.privilege {
            Some(Privilege::Admin) => 1_000,
            Some(Privilege::Iam) => 500,
            Some(Privilege::Pass) => 100,
            Some(Privilege::Write) | None => 50,
            Some(Privilege::Read | Privilege::Nothing) => 1,
        }
}
