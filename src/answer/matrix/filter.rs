//! Which cells of a matrix are shown.

use std::collections::HashMap;

use crate::evaluation::Verdict;
use crate::graph::Graph;
use crate::workload::blocks::Blocks;

use super::super::answers::{Configured, Matrix, MatrixCell, MatrixFilter, MatrixRow, MatrixShow};
use super::super::configured::matrix_configured;
use super::super::question::{Limits, QuestionError};
use super::matrix;

/// The matrix with only the cells that fit, and of these at most `limits.rows`; with what a Terraform
/// configuration asks for, where one is given.
pub fn filtered_matrix(
    graph: &Graph,
    rows: Option<&str>,
    columns: Option<&str>,
    filter: &MatrixFilter,
    limits: Limits,
    blocks: Option<&Blocks>,
) -> Result<Matrix, QuestionError> {
    let mut matrix = match blocks {
        Some(blocks) => matrix_configured(graph, rows, columns, limits, blocks)?,
        None => matrix(graph, rows, columns, limits)?,
    };
    let all = matrix.cells.len();
    if *filter != MatrixFilter::default() {
        matrix.cells.retain(|cell| filter.fits(cell));
    }
    matrix.filtered = all - matrix.cells.len();
    matrix.left_out = matrix.cells.len().saturating_sub(limits.rows);
    if matrix.left_out > 0 {
        matrix.truncated = true;
        let place = |row: &MatrixRow| row.selector.clone();
        let places: HashMap<String, usize> = matrix.workspaces.iter().map(place).zip(0..).collect();
        matrix.cells.sort_by_key(|cell| places.get(cell.workspace()).copied());
        matrix.cells.truncate(limits.rows);
    }
    matrix.filter = filter.clone();
    Ok(matrix)
}

impl MatrixFilter {
    /// Whether a cell is wanted.
    pub fn fits(&self, cell: &MatrixCell) -> bool {
        // A way in that can't be followed may lead there in any way and to anything.
        let unknown = cell.verdict == Verdict::Unknown;
        self.phase.is_none_or(|phase| cell.phase().is_none_or(|of| of.as_str() == phase))
            && self.show.is_none_or(|show| show.fits(cell))
            && (self.verdicts.is_empty() || self.verdicts.contains(&cell.verdict))
            && self.via.is_none_or(|via| cell.via.contains(&via) || unknown)
            && self.privilege.is_none_or(|least| match cell.privilege {
                Some(most) => most <= least,
                None => cell.permitted || unknown,
            })
    }
}

impl MatrixShow {
    /// Whether a cell is of that kind, or may be.
    pub fn fits(self, cell: &MatrixCell) -> bool {
        let permitted = cell.permitted || cell.verdict == Verdict::Unknown;
        match (self, cell.configured) {
            // Tokens of other issuers have no settings that could ask for anything.
            (Self::Difference, Configured::No) if !cell.is_run() => false,
            (Self::Permitted, _) => permitted,
            (Self::Configured | Self::Difference, Configured::Unknown) => true,
            (Self::Configured, configured) => configured != Configured::No,
            (Self::Difference, _) if !cell.broken.is_empty() => true,
            (Self::Difference, configured) => {
                let unknown = cell.verdict == Verdict::Unknown && !cell.permitted;
                unknown || cell.permitted != (configured != Configured::No)
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::answer::{CellRow, Privilege, Told, Via};
    use crate::workload::Phase;

    fn cell(verdict: Verdict, permitted: bool, configured: Configured) -> MatrixCell {
        let told = Told {
            tags: Vec::new(),
            verdict,
            permitted,
            configured,
            via: &[],
            hops: None,
            privilege: None,
            privilege_proven: None,
            role_count: 0,
            roles: [].into(),
            needs: std::sync::Arc::default(),
            reason: None,
            broken: Box::default(),
        };
        MatrixCell::new(
            CellRow::of_runs("tfc:o/p/w", Phase::Apply),
            "000000000001".to_owned(),
            told,
        )
    }

    /// Permitted without being asked for, and asked for in vain, are the two that differ.
    #[test]
    fn the_difference_is_one_without_the_other() {
        let shown = |show: MatrixShow| {
            let mut found = Vec::new();
            for (verdict, permitted) in [(Verdict::Allowed, true), (Verdict::Denied, false)] {
                for configured in [Configured::No, Configured::All, Configured::Unknown] {
                    if show.fits(&cell(verdict, permitted, configured)) {
                        found.push((permitted, configured));
                    }
                }
            }
            found
        };
        let unread = [(true, Configured::Unknown), (false, Configured::Unknown)];
        let is = |found: Vec<_>, expected: [(bool, Configured); 4]| {
            assert_eq!(found.len(), 4, "{found:?}");
            assert!(expected.iter().all(|it| found.contains(it)), "{found:?}");
        };
        let [one, two] = unread;
        is(
            shown(MatrixShow::Difference),
            [one, two, (true, Configured::No), (false, Configured::All)],
        );
        is(
            shown(MatrixShow::Configured),
            [one, two, (true, Configured::All), (false, Configured::All)],
        );
        assert_eq!(shown(MatrixShow::Permitted).len(), 3);
    }

    /// A filter looks for something, and what can't be known may be it.
    #[test]
    fn what_is_not_known_fits_unless_verdicts_are_named() {
        let unknown = cell(Verdict::Unknown, false, Configured::No);
        let filter = MatrixFilter {
            show: Some(MatrixShow::Permitted),
            via: Some(Via::Own),
            privilege: Some(Privilege::Admin),
            ..MatrixFilter::default()
        };
        assert!(filter.fits(&unknown));
        let refused = cell(Verdict::Denied, false, Configured::All);
        assert!(!filter.fits(&refused));
        assert!(!MatrixFilter { show: None, via: None, ..filter.clone() }.fits(&refused));
        let verdicts = vec![Verdict::Allowed];
        assert!(!MatrixFilter { verdicts, ..filter }.fits(&unknown));
    }

    #[test]
    fn privileges_are_at_least() {
        let mut reads = cell(Verdict::Allowed, true, Configured::All);
        reads.privilege = Some(Privilege::Read);
        let least = |privilege| MatrixFilter { privilege: Some(privilege), ..Default::default() };
        assert!(!least(Privilege::Iam).fits(&reads));
        assert!(least(Privilege::Read).fits(&reads) && least(Privilege::Nothing).fits(&reads));
        // What a role that was not read can do, nobody knows.
        let unread = cell(Verdict::Conditional, true, Configured::All);
        assert!(least(Privilege::Admin).fits(&unread));
    }
}
