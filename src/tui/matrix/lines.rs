//! Rows and columns as they are drawn: which groups are open, in which order, where the cursor is.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::super::keys::Action;
use super::arrange::{Arranged, Axis};

/// From how many rows or columns on groups are closed until somebody opens them.
const MANY: usize = 40;

/// One row or column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// A group that is closed: its members are summed up.
    Closed(usize),
    /// The name of a group above its members.
    Heading(usize),
    One(usize),
}

/// Which groups are open.
#[derive(Debug, Default)]
struct Folds {
    /// `None`: all where they are few.
    all_open: Option<bool>,
    /// Those that somebody opened or closed.
    others: BTreeSet<String>,
}

/// Rows and columns.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) rows: Vec<Line>,
    pub(super) columns: Vec<Line>,
    /// Indices of `rows` and `columns`.
    pub(super) row: usize,
    pub(super) column: usize,
    row_folds: Folds,
    column_folds: Folds,
    /// Whether rows stand in projects and columns in OUs.
    pub(super) grouped: bool,
    pub(super) worst_first: bool,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            columns: Vec::new(),
            row: 0,
            column: 0,
            row_folds: Folds::default(),
            column_folds: Folds::default(),
            grouped: true,
            worst_first: false,
        }
    }
}

/// Where the cursor is, by names that outlast the numbers: those of a row or column and of its
/// group.
#[derive(Debug, Default)]
pub(super) struct Place {
    row: (Option<String>, String),
    column: (Option<String>, String),
}

impl Lines {
    pub(super) fn cursor(&self) -> (Option<Line>, Option<Line>) {
        (self.rows.get(self.row).copied(), self.columns.get(self.column).copied())
    }

    pub(super) fn place(&self, arranged: &Arranged) -> Place {
        let grid = &arranged.grid;
        let (row, column) = self.cursor();
        let row_name = |index: usize| grid.rows.get(index).map(|row| row.selector.clone());
        let column_name = |index: usize| grid.columns.get(index).map(|column| column.id.clone());
        Place {
            row: named(row, &arranged.rows, row_name),
            column: named(column, &arranged.columns, column_name),
        }
    }

    /// Lays the lines out anew, and puts the cursor back.
    pub(super) fn refresh(&mut self, arranged: &Arranged, place: &Place) {
        let grid = &arranged.grid;
        self.rows = self.laid_out(&arranged.rows, &self.row_folds, true);
        self.columns = self.laid_out(&arranged.columns, &self.column_folds, false);
        let is_row =
            |index: usize, name: &str| grid.rows.get(index).is_some_and(|row| row.selector == name);
        let is_column = |index: usize, name: &str| {
            grid.columns.get(index).is_some_and(|column| column.id == name)
        };
        let found = find(&self.rows, &arranged.rows, &place.row, is_row);
        self.row = found.unwrap_or(self.row.min(self.rows.len().saturating_sub(1)));
        let found = find(&self.columns, &arranged.columns, &place.column, is_column);
        self.column = found.unwrap_or(self.column.min(self.columns.len().saturating_sub(1)));
        self.step_over_heading(true);
    }

    fn laid_out(&self, axis: &Axis, folds: &Folds, headings: bool) -> Vec<Line> {
        let mut groups: Vec<usize> = (0..axis.groups.len()).collect();
        let weight = |index: &usize| Reverse(axis.weights.get(*index).copied().unwrap_or(0));
        if !self.grouped {
            let mut all: Vec<usize> =
                axis.groups.iter().flat_map(|group| group.members.iter().copied()).collect();
            all.sort_unstable();
            if self.worst_first {
                all.sort_by_key(weight);
            }
            return all.into_iter().map(Line::One).collect();
        }
        if self.worst_first {
            groups.sort_by_key(|group| Reverse(axis.groups.get(*group).map(|it| it.weight)));
        }
        let mut lines = Vec::new();
        for number in groups {
            let Some(group) = axis.groups.get(number) else { continue };
            if !folds.is_open(&group.key, axis) {
                lines.push(Line::Closed(number));
                continue;
            }
            if headings {
                lines.push(Line::Heading(number));
            }
            let mut members = group.members.clone();
            if self.worst_first {
                members.sort_by_key(weight);
            }
            lines.extend(members.into_iter().map(Line::One));
        }
        lines
    }

    pub(super) fn act(&mut self, action: Action, page: usize, arranged: &Arranged) {
        if let Some(row) = action.moved(self.row, self.rows.len(), page) {
            let down = row >= self.row;
            self.row = row;
            self.step_over_heading(down);
            return;
        }
        let place = self.place(arranged);
        let (row, column) = self.cursor();
        match action {
            Action::Left => {
                self.column = self.column.saturating_sub(1);
                return;
            }
            Action::Right => {
                self.column = (self.column + 1).min(self.columns.len().saturating_sub(1));
                return;
            }
            Action::Sort => {
                self.worst_first = !self.worst_first;
                self.refresh(arranged, &Place::default());
                (self.row, self.column) = (0, 0);
                self.step_over_heading(true);
                return;
            }
            Action::Group => self.grouped = !self.grouped,
            // A closed row is opened first: to what it holds its column may be of interest.
            Action::Open => match (row, column) {
                (Some(Line::Closed(group)), _) => self.row_folds.toggle(group, &arranged.rows),
                (_, Some(Line::Closed(group))) => {
                    self.column_folds.toggle(group, &arranged.columns);
                }
                _ => return,
            },
            Action::FoldRows => toggle(&mut self.row_folds, row, &arranged.rows),
            Action::FoldColumns => toggle(&mut self.column_folds, column, &arranged.columns),
            Action::FoldAll | Action::UnfoldAll => {
                for folds in [&mut self.row_folds, &mut self.column_folds] {
                    *folds = Folds {
                        all_open: Some(action == Action::UnfoldAll),
                        others: BTreeSet::new(),
                    };
                }
            }
            _ => return,
        }
        self.refresh(arranged, &place);
    }

    /// Names of groups are headings: the cursor does not rest on them.
    fn step_over_heading(&mut self, down: bool) {
        if matches!(self.rows.get(self.row), Some(Line::Heading(_))) {
            self.row = if down || self.row == 0 { self.row + 1 } else { self.row - 1 };
            // Above an open group may stand the heading of an empty one.
            if matches!(self.rows.get(self.row), Some(Line::Heading(_))) {
                self.row += 1;
            }
        }
        self.row = self.row.min(self.rows.len().saturating_sub(1));
    }
}

impl Folds {
    fn is_open(&self, key: &str, axis: &Axis) -> bool {
        let few = || axis.len() <= MANY || axis.groups.len() < 2;
        self.all_open.unwrap_or_else(few) != self.others.contains(key)
    }

    fn toggle(&mut self, group: usize, axis: &Axis) {
        let Some(group) = axis.groups.get(group) else { return };
        if !self.others.remove(&group.key) {
            self.others.insert(group.key.clone());
        }
    }
}

/// Opens or closes the group of a line.
fn toggle(folds: &mut Folds, line: Option<Line>, axis: &Axis) {
    let group = match line {
        Some(Line::Closed(group) | Line::Heading(group)) => Some(group),
        Some(Line::One(index)) => axis.group_of(index),
        None => None,
    };
    if let Some(group) = group {
        folds.toggle(group, axis);
    }
}

fn named(
    line: Option<Line>,
    axis: &Axis,
    name: impl Fn(usize) -> Option<String>,
) -> (Option<String>, String) {
    let key = |group: Option<usize>| {
        group.and_then(|group| axis.groups.get(group)).map(|group| group.key.clone())
    };
    match line {
        Some(Line::One(index)) => (name(index), key(axis.group_of(index)).unwrap_or_default()),
        Some(Line::Closed(group) | Line::Heading(group)) => {
            (None, key(Some(group)).unwrap_or_default())
        }
        None => (None, String::new()),
    }
}

/// The line of that name: a row or column, else its group, else the first of it.
fn find(
    lines: &[Line],
    axis: &Axis,
    (name, group): &(Option<String>, String),
    is: impl Fn(usize, &str) -> bool,
) -> Option<usize> {
    let one = name.as_ref().and_then(|name| {
        lines.iter().position(|line| matches!(line, Line::One(index) if is(*index, name)))
    });
    let of_group = |line: &Line| {
        let number = match line {
            Line::Closed(group) | Line::Heading(group) => Some(*group),
            Line::One(index) => axis.group_of(*index),
        };
        number.and_then(|number| axis.groups.get(number)).is_some_and(|it| it.key == *group)
    };
    one.or_else(|| lines.iter().position(of_group))
}
