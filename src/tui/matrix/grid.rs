//! The matrix answer, indexed for drawing: a place is found without walking over cells.

use crate::answer::{Matrix, MatrixCell, MatrixColumn, MatrixRow, Privilege, Verdict};
use crate::workload::Phase;

#[derive(Debug, Clone, Default)]
pub(crate) struct Grid {
    pub(crate) rows: Vec<MatrixRow>,
    pub(crate) columns: Vec<MatrixColumn>,
    cells: Vec<MatrixCell>,
    /// By row, of plans and of applies: the columns with the best cell there, in order. Tagged
    /// configurations share a place.
    places: Vec<[Vec<(u32, u32)>; 2]>,
    pub(crate) truncated: bool,
    /// How many sources of other issuers have no row.
    pub(crate) sources_left_out: usize,
}

impl Grid {
    pub(crate) fn new(matrix: Matrix) -> Self {
        let Matrix { workspaces, accounts, cells, truncated, sources_left_out, .. } = matrix;
        let mut places: Vec<[Vec<(u32, u32)>; 2]> = Vec::new();
        places.resize_with(workspaces.len(), Default::default);
        {
            let row_of: std::collections::HashMap<&str, usize> = (workspaces.iter().enumerate())
                .map(|(index, row)| (row.selector.as_str(), index))
                .collect();
            let column_of: std::collections::HashMap<&str, u32> = (0u32..)
                .zip(&accounts)
                .map(|(index, column)| (column.id.as_str(), index))
                .collect();
            for (number, cell) in (0u32..).zip(&cells) {
                let column = column_of.get(cell.account());
                let row = row_of.get(cell.workspace()).and_then(|row| places.get_mut(*row));
                let (Some(row), Some(column)) = (row, column) else { continue };
                let [plan, apply] = row;
                // What has no phases stands in both.
                if cell.phase() != Some(Phase::Apply) {
                    plan.push((*column, number));
                }
                if cell.phase() != Some(Phase::Plan) {
                    apply.push((*column, number));
                }
            }
        }
        for row in places.iter_mut().flatten() {
            row.sort_by_key(|(column, number)| {
                (*column, cells.get(*number as usize).map(goodness), *number)
            });
            row.dedup_by_key(|(column, _)| *column);
        }
        Self { rows: workspaces, columns: accounts, cells, places, truncated, sources_left_out }
    }

    pub(crate) fn cell(&self, row: usize, column: usize, phase: Phase) -> Option<&MatrixCell> {
        let places = self.in_row(row, phase);
        let column = u32::try_from(column).ok()?;
        let at = places.binary_search_by_key(&column, |(column, _)| *column).ok()?;
        self.numbered(places.get(at)?.1)
    }

    /// The cell of a number.
    pub(super) fn numbered(&self, number: u32) -> Option<&MatrixCell> {
        self.cells.get(number as usize)
    }

    /// The columns of a row that have cells, with their numbers.
    pub(super) fn in_row(&self, row: usize, phase: Phase) -> &[(u32, u32)] {
        self.places.get(row).map_or(&[], |[plan, apply]| match phase {
            Phase::Plan => plan,
            Phase::Apply => apply,
        })
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
}

/// What orders cells, the best first: what can be done surely, and most of it.
pub(super) fn goodness(cell: &MatrixCell) -> (Verdict, bool, Option<Privilege>) {
    (cell.verdict, cell.privilege.is_none(), cell.privilege)
}

/// How much a cell adds to what a workspace could do.
pub(super) fn weight(cell: &MatrixCell) -> u64 {
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
