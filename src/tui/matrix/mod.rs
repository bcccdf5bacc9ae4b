//! Screen 2: which workspaces reach which accounts.

mod grid;
mod view;

use std::sync::Arc;

pub(crate) use grid::{Grid, Phase};
pub(crate) use view::draw;

use super::document::{About, Way};
use super::event::{Intent, Problem};
use super::keys::Action;
use crate::answer::{Configured, MatrixCell, PrincipalKind};

/// What the cells show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Show {
    /// What policies permit.
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
}

/// One line of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GridRow {
    /// The name of the project of the workspaces that follow: that of this one.
    Project(usize),
    Workspace(usize),
}

/// What a place of the grid holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    Cell(&'a MatrixCell),
    /// Something that would tell was not read, or can't be followed.
    NotRead(&'a str),
    /// Known to be none.
    None,
    /// Left out by what is shown.
    Hidden,
}

#[derive(Debug, Default)]
pub(crate) struct Matrix {
    grid: Arc<Grid>,
    pub(crate) loaded: bool,
    /// Newer facts are there than those that are shown.
    pub(crate) stale: bool,
    pub(crate) problem: Option<Problem>,
    phase: Phase,
    show: Show,
    worst_first: bool,
    filter: String,
    rows: Vec<GridRow>,
    columns: Vec<usize>,
    /// Indices of `rows` and `columns`.
    row: usize,
    column: usize,
}

impl Matrix {
    pub(crate) fn load(&mut self, answer: Result<Arc<Grid>, Problem>) {
        self.stale = false;
        match answer {
            Ok(grid) => {
                let place = self.place_in_grid().and_then(|(workspace, account)| {
                    let workspace = self.grid.rows.get(workspace)?.selector.clone();
                    Some((workspace, self.grid.columns.get(account)?.id.clone()))
                });
                self.grid = grid;
                self.loaded = true;
                self.problem = None;
                self.refresh();
                if let Some((workspace, account)) = place {
                    self.go_to(&workspace, &account);
                }
            }
            Err(problem) => self.problem = Some(problem),
        }
    }

    /// Puts the cursor where these meet, as far as they are there.
    fn go_to(&mut self, workspace: &str, account: &str) {
        let grid = &self.grid;
        let is_row = |row: &GridRow| {
            matches!(row, GridRow::Workspace(index)
                if grid.rows.get(*index).is_some_and(|row| row.selector == workspace))
        };
        let is_column = |index: &usize| grid.columns.get(*index).is_some_and(|it| it.id == account);
        if let Some(row) = self.rows.iter().position(is_row) {
            self.row = row;
        }
        if let Some(column) = self.columns.iter().position(is_column) {
            self.column = column;
        }
    }

    pub(crate) fn filter(&self) -> &str {
        &self.filter
    }

    /// `net > prod` keeps rows with `net` and columns with `prod`; without `>` only rows.
    pub(crate) fn set_filter(&mut self, filter: &str) {
        filter.clone_into(&mut self.filter);
        self.refresh();
    }

    fn refresh(&mut self) {
        let filter = self.filter.to_lowercase();
        let (rows, columns) = filter.split_once('>').unwrap_or((filter.as_str(), ""));
        let workspaces = self.grid.workspaces(rows.trim(), self.worst_first, self.phase);
        self.columns = self.grid.accounts(columns.trim());
        self.rows.clear();
        let mut project: Option<&str> = None;
        for index in workspaces {
            let Some(workspace) = self.grid.rows.get(index) else { continue };
            if !self.worst_first && project != Some(&workspace.project) {
                project = Some(&workspace.project);
                self.rows.push(GridRow::Project(index));
            }
            self.rows.push(GridRow::Workspace(index));
        }
        self.row = self.row.min(self.rows.len().saturating_sub(1));
        self.column = self.column.min(self.columns.len().saturating_sub(1));
        if matches!(self.rows.get(self.row), Some(GridRow::Project(_))) {
            self.row += 1;
        }
    }

    pub(crate) fn act(&mut self, action: Action, page: usize) -> Vec<Intent> {
        if let Some(row) = action.moved(self.row, self.rows.len(), page) {
            let down = row >= self.row;
            self.row = row;
            self.step_over_project(down);
            return Vec::new();
        }
        match action {
            Action::Left => self.column = self.column.saturating_sub(1),
            Action::Right => {
                self.column = (self.column + 1).min(self.columns.len().saturating_sub(1));
            }
            Action::Phase => {
                self.phase = self.phase.other();
                if self.worst_first {
                    self.refresh();
                }
            }
            Action::Show => {
                self.show = match self.show {
                    Show::Permitted => Show::Configured,
                    Show::Configured => Show::Difference,
                    Show::Difference => Show::Permitted,
                };
            }
            Action::Sort => {
                self.worst_first = !self.worst_first;
                self.row = 0;
                self.refresh();
            }
            _ => {}
        }
        Vec::new()
    }

    /// Project rows are headings: the cursor does not rest on them.
    fn step_over_project(&mut self, down: bool) {
        if matches!(self.rows.get(self.row), Some(GridRow::Project(_))) {
            self.row = if down || self.row == 0 { self.row + 1 } else { self.row - 1 };
        }
        self.row = self.row.min(self.rows.len().saturating_sub(1));
    }

    /// What a place of the grid holds under the present phase and choice.
    fn content(&self, workspace: usize, account: usize) -> Content<'_> {
        match self.grid.cell(workspace, account, self.phase) {
            Some(cell) => {
                let configured = matches!(cell.configured, Configured::FirstHop | Configured::All);
                let shown = match self.show {
                    Show::Permitted => true,
                    Show::Configured => configured || cell.configured == Configured::Unknown,
                    Show::Difference => {
                        cell.permitted != configured || cell.configured == Configured::Unknown
                    }
                };
                if shown { Content::Cell(cell) } else { Content::Hidden }
            }
            None => match self.grid.unknown(workspace, account) {
                Some(why) => Content::NotRead(why),
                None => Content::None,
            },
        }
    }

    fn place_in_grid(&self) -> Option<(usize, usize)> {
        match (self.rows.get(self.row)?, self.columns.get(self.column)?) {
            (GridRow::Workspace(workspace), account) => Some((*workspace, *account)),
            (GridRow::Project(_), _) => None,
        }
    }

    pub(crate) fn about(&self) -> About {
        let Some((workspace, account)) = self.place_in_grid() else { return About::default() };
        let (Some(row), Some(column)) =
            (self.grid.rows.get(workspace), self.grid.columns.get(account))
        else {
            return About::default();
        };
        let cell = self.grid.cell(workspace, account, self.phase);
        let tag = cell.and_then(|cell| cell.tag.as_ref());
        let tag = tag.map(|tag| format!("@{tag}")).unwrap_or_default();
        let from = match row.kind {
            PrincipalKind::Workspace => format!("{}:{}{tag}", row.selector, self.phase.as_str()),
            _ => row.selector.clone(),
        };
        let to = match cell.map(|cell| (cell.role_count, cell.roles.as_slice())) {
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
