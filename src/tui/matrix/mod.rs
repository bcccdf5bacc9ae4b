//! Screen 2: which workspaces reach which accounts.

mod arrange;
mod grid;
mod legend;
mod lines;
mod status;
mod view;

use std::sync::Arc;

pub(crate) use arrange::{Arrange, Arranged, arrange};
pub(crate) use grid::Grid;
pub(crate) use legend::legend;
pub(crate) use view::draw;

use super::document::{About, Way};
use super::event::{Intent, Problem, Question, Slot};
use super::keys::Action;
use crate::answer::{Configured, MatrixCell, MatrixShow, PrincipalKind};
use crate::workload::Phase;
use arrange::Summary;
use lines::{Line, Lines};

/// What the cells show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Show {
    /// What policies permit, and what settings ask for in vain.
    #[default]
    Permitted,
    /// What settings ask for.
    Configured,
    /// Where the two differ.
    Difference,
}

impl Show {
    fn title(self) -> &'static str {
        match self {
            Self::Permitted => "permitted",
            Self::Configured => "configured",
            Self::Difference => "permitted and configured differ",
        }
    }

    fn fits(self, cell: &MatrixCell) -> bool {
        match self {
            Self::Permitted => true,
            Self::Configured => MatrixShow::Configured.fits(cell),
            Self::Difference => MatrixShow::Difference.fits(cell),
        }
    }
}

/// What a place of the grid holds.
#[derive(Debug, Clone, Copy)]
enum Content<'a> {
    Cell(&'a MatrixCell),
    /// The best of several, and what they come to.
    Best(&'a MatrixCell, Summary),
    /// Something that would tell was not read, or can't be followed.
    NotRead(&'a str),
    /// Known to be none.
    None,
    /// Left out by what is shown.
    Hidden,
}

#[derive(Debug, Default)]
pub(crate) struct Matrix {
    /// The newest answer; what is drawn is what was arranged of one.
    grid: Arc<Grid>,
    arranged: Arc<Arranged>,
    pub(crate) loaded: bool,
    /// Whether something was arranged.
    ready: bool,
    /// Newer facts are there than those that are shown.
    pub(crate) stale: bool,
    pub(crate) problem: Option<Problem>,
    phase: Phase,
    show: Show,
    filter: String,
    lines: Lines,
}

impl Matrix {
    /// Takes the answer; what has to be arranged of it.
    pub(crate) fn load(&mut self, answer: Result<Arc<Grid>, Problem>) -> Vec<Intent> {
        self.stale = false;
        match answer {
            Ok(grid) => {
                self.grid = grid;
                self.loaded = true;
                self.problem = None;
                self.rearrange()
            }
            Err(problem) => {
                self.problem = Some(problem);
                Vec::new()
            }
        }
    }

    /// Takes what was arranged.
    pub(crate) fn arranged(&mut self, arranged: Arc<Arranged>) {
        let place = self.lines.place(&self.arranged);
        self.arranged = arranged;
        self.ready = true;
        self.lines.refresh(&self.arranged, &place);
    }

    fn rearrange(&self) -> Vec<Intent> {
        if !self.loaded {
            return Vec::new();
        }
        let asked = Arrange {
            grid: Arc::clone(&self.grid),
            phase: self.phase,
            show: self.show,
            filter: self.filter.clone(),
        };
        vec![Intent::Ask(Slot::Arrange, Question::Arrange(Box::new(asked)))]
    }

    pub(crate) fn filter(&self) -> &str {
        &self.filter
    }

    /// `net > prod` keeps rows with `net` and columns with `prod`; without `>` only rows. Each
    /// may be a selector.
    pub(crate) fn set_filter(&mut self, filter: &str) -> Vec<Intent> {
        filter.clone_into(&mut self.filter);
        self.rearrange()
    }

    pub(crate) fn act(&mut self, action: Action, page: usize) -> Vec<Intent> {
        match action {
            Action::Phase => {
                self.phase = self.phase.other();
                return self.rearrange();
            }
            Action::Show => {
                self.show = match self.show {
                    Show::Permitted => Show::Configured,
                    Show::Configured => Show::Difference,
                    Show::Difference => Show::Permitted,
                };
                return self.rearrange();
            }
            action => self.lines.act(action, page, &self.arranged),
        }
        Vec::new()
    }

    /// Whether the cursor is on a group that enter opens.
    pub(crate) fn is_on_group(&self) -> bool {
        let (row, column) = self.lines.cursor();
        [row, column].into_iter().any(|line| matches!(line, Some(Line::Closed(_))))
    }

    /// What a place of the grid holds under the present phase and choice.
    fn content(&self, row: Line, column: Line) -> Content<'_> {
        let arranged = &*self.arranged;
        let grid = &*arranged.grid;
        let summary = match (row, column) {
            (Line::One(row), Line::One(column)) => {
                return match grid.cell(row, column, arranged.phase) {
                    Some(cell) if arranged.show.fits(cell) => Content::Cell(cell),
                    Some(_) => Content::Hidden,
                    None => match grid.unknown(row, column) {
                        Some(why) => Content::NotRead(why),
                        None => Content::None,
                    },
                };
            }
            (Line::One(row), Line::Closed(ou) | Line::Heading(ou)) => arranged.row_at(row, ou),
            (Line::Closed(project) | Line::Heading(project), Line::One(column)) => {
                arranged.project_at(project, column)
            }
            (
                Line::Closed(project) | Line::Heading(project),
                Line::Closed(ou) | Line::Heading(ou),
            ) => arranged.project_at_ou(project, ou),
        };
        match (arranged.best(summary), self.unknown(row, column)) {
            (Some(best), _) => Content::Best(best, summary),
            (None, Some(why)) => Content::NotRead(why),
            (None, None) if summary.hidden => Content::Hidden,
            (None, None) => Content::None,
        }
    }

    /// Why a place where a group is can't be called empty.
    fn unknown(&self, row: Line, column: Line) -> Option<&str> {
        let Arranged { grid, rows, columns, .. } = &*self.arranged;
        let of_row = match row {
            Line::One(row) => grid.rows.get(row).and_then(|row| row.note.as_deref()),
            Line::Closed(group) | Line::Heading(group) => {
                rows.groups.get(group).and_then(|group| group.unknown.as_deref())
            }
        };
        of_row.or_else(|| match column {
            Line::One(column) => grid.unknown(usize::MAX, column),
            Line::Closed(group) | Line::Heading(group) => {
                columns.groups.get(group).and_then(|group| group.unknown.as_deref())
            }
        })
    }

    pub(crate) fn about(&self) -> About {
        let (row, column) = self.lines.cursor();
        let (Some(Line::One(workspace)), Some(Line::One(account))) = (row, column) else {
            return About::default();
        };
        let arranged = &*self.arranged;
        let grid = &*arranged.grid;
        let (Some(row), Some(column)) = (grid.rows.get(workspace), grid.columns.get(account))
        else {
            return About::default();
        };
        let phase = arranged.phase;
        let cell = grid.cell(workspace, account, phase);
        let tag = match cell.map(|cell| cell.tags.as_slice()) {
            Some([Some(tag)]) => format!("@{tag}"),
            _ => String::new(),
        };
        let from = match row.kind {
            PrincipalKind::Workspace => format!("{}:{}{tag}", row.selector, phase.as_str()),
            _ => row.selector.clone(),
        };
        let to = match cell.map(|cell| (cell.role_count, &*cell.roles)) {
            Some((1, [role])) => role.clone(),
            _ => format!("account:{}", column.id),
        };
        let hops = cell.and_then(|cell| cell.hops).unwrap_or(2);
        // An account is reached by many decisions; its paths say more than one of them.
        let hops = if to.starts_with("account:") { hops.max(2) } else { hops };
        About {
            selector: Some(row.selector.clone()),
            way: Some(Way { hops, ..Way::new(from.clone(), to.clone()) }),
            copy: vec![("source", from), ("target", to)],
            ..About::default()
        }
    }
}

/// Whether the workspace's settings ask for it.
fn is_configured(cell: &MatrixCell) -> bool {
    matches!(cell.configured, Configured::FirstHop | Configured::All)
}
