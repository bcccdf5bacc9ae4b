//! Which rows and columns there are, in which groups, and what stands where whole groups meet:
//! worked out beside the loop, once for each change.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::super::event::Problem;
use super::grid::{goodness, weight};
use super::{Grid, Show};
use crate::answer::{
    self, MatrixCell, MatrixRow, PrincipalKind, Privilege, QuestionError, Verdict,
};
use crate::graph::Graph;
use crate::workload::Phase;

/// What is to be arranged.
#[derive(Debug, Clone)]
pub(crate) struct Arrange {
    pub(crate) grid: Arc<Grid>,
    pub(crate) phase: Phase,
    pub(crate) show: Show,
    /// `rows > columns`: selectors, or texts that names contain.
    pub(crate) filter: String,
}

/// Rows and columns in groups.
#[derive(Debug, Default)]
pub(crate) struct Arranged {
    pub(super) grid: Arc<Grid>,
    pub(super) phase: Phase,
    pub(super) show: Show,
    pub(super) rows: Axis,
    pub(super) columns: Axis,
    /// Where a project meets an account, a workspace an OU, and a project an OU.
    by_project: Vec<Summary>,
    by_ou: Vec<Summary>,
    by_both: Vec<Summary>,
    /// Why the filter keeps nothing.
    pub(super) problem: Option<Problem>,
}

/// Rows or columns.
#[derive(Debug, Default)]
pub(super) struct Axis {
    pub(super) groups: Vec<Group>,
    /// By row or column, what sorts the worst first.
    pub(super) weights: Vec<u64>,
    /// By row or column, its group; `None` for those that are not kept.
    group_of: Vec<Option<usize>>,
}

/// A project or an OU.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// What tells it from others.
    pub(super) key: String,
    /// What it is called.
    pub(super) name: String,
    pub(super) members: Vec<usize>,
    pub(super) weight: u64,
    /// Why nothing in it can be called empty.
    pub(super) unknown: Option<String>,
}

/// What is where groups meet.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Summary {
    /// The number of the best cell that is shown.
    best: Option<u32>,
    /// How many are shown that are not denied.
    pub(super) reached: usize,
    /// The mightiest that a role reached can do, and one surely that is reached as the best.
    pub(super) most: Option<Privilege>,
    pub(super) proven: Option<Privilege>,
    /// Whether cells are left out by what is shown.
    pub(super) hidden: bool,
}

/// Works it out. Without a graph only texts are known.
pub(crate) fn arrange(graph: Option<&Graph>, asked: &Arrange) -> Arranged {
    let (rows, columns) = asked.filter.split_once('>').unwrap_or((asked.filter.as_str(), ""));
    let grid = &asked.grid;
    let (rows, columns) = match (kept_rows(graph, grid, rows), kept_columns(graph, grid, columns)) {
        (Ok(rows), Ok(columns)) => (rows, columns),
        (Err(error), _) | (_, Err(error)) => {
            let problem = Problem { message: error.to_string(), hints: error.hints() };
            let none = || Axis::default();
            return Arranged::new(asked, none(), none(), Some(problem));
        }
    };
    // Hosts and organizations may have projects of one name.
    let workspaces = || grid.rows.iter().filter(|row| row.kind == PrincipalKind::Workspace);
    let first = workspaces().next();
    let alone = first.is_none_or(|row| row.heading(workspaces()) == row.project);
    let project = |index: usize| {
        let row = grid.rows.get(index);
        let place = row.map_or("", MatrixRow::place);
        let project = row.map_or("", |row| row.project.as_str());
        let other = row.is_some_and(|row| row.kind != PrincipalKind::Workspace);
        let name = if alone || other { project } else { place };
        let name = if name.is_empty() { "(no project)" } else { name };
        let note = row.and_then(|row| row.note.clone());
        (place.to_owned(), name.to_owned(), note)
    };
    let ou = |index: usize| {
        let column = grid.columns.get(index);
        let path = column.map_or("", |column| column.ou.as_str());
        let name = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or("/");
        let not_read = column.is_some_and(|column| column.not_read);
        let unknown = not_read.then(|| "an account was not read".to_owned());
        (path.to_owned(), name.to_owned(), unknown)
    };
    let rows = Axis::of(grid.rows.len(), rows, project);
    let columns = Axis::of(grid.columns.len(), columns, ou);
    Arranged::new(asked, rows, columns, None)
}

type Kept = Box<dyn Fn(usize) -> bool>;

fn kept_rows(graph: Option<&Graph>, grid: &Arc<Grid>, text: &str) -> Result<Kept, QuestionError> {
    let text = text.trim();
    let grid = Arc::clone(grid);
    if let (Some(graph), true) = (graph, text.contains(':') || text.starts_with('@')) {
        let named = answer::workspaces_named(graph, text)?;
        return Ok(Box::new(move |index| {
            grid.rows.get(index).is_some_and(|row| named.contains(&row.selector))
        }));
    }
    let text = text.to_lowercase();
    Ok(Box::new(move |index| {
        grid.rows.get(index).is_some_and(|row| {
            text.is_empty()
                || row.selector.to_lowercase().contains(&text)
                || row.project.to_lowercase().contains(&text)
        })
    }))
}

fn kept_columns(
    graph: Option<&Graph>,
    grid: &Arc<Grid>,
    text: &str,
) -> Result<Kept, QuestionError> {
    let text = text.trim().to_owned();
    let grid = Arc::clone(grid);
    if let (Some(graph), true) = (graph, text.contains([':', '*']) || text.starts_with('@')) {
        let named: BTreeSet<String> = answer::select_accounts(graph, &text)?
            .into_iter()
            .map(|key| graph.facts().accounts[key].id.to_string())
            .collect();
        return Ok(Box::new(move |index| {
            grid.columns.get(index).is_some_and(|column| named.contains(&column.id))
        }));
    }
    let text = text.to_lowercase();
    Ok(Box::new(move |index| {
        grid.columns.get(index).is_some_and(|column| {
            text.is_empty()
                || column.name.to_lowercase().contains(&text)
                || column.id.contains(&text)
                || column.ou.to_lowercase().contains(&text)
        })
    }))
}

impl Axis {
    fn of(
        length: usize,
        is_kept: impl Fn(usize) -> bool,
        group: impl Fn(usize) -> (String, String, Option<String>),
    ) -> Self {
        let mut axis =
            Self { weights: vec![0; length], group_of: vec![None; length], ..Self::default() };
        let mut known: HashMap<String, usize> = HashMap::new();
        for (index, place) in axis.group_of.iter_mut().enumerate() {
            if !is_kept(index) {
                continue;
            }
            let (key, name, unknown) = group(index);
            let number = *known.entry(key.clone()).or_insert_with(|| {
                axis.groups.push(Group { key, name, ..Group::default() });
                axis.groups.len() - 1
            });
            *place = Some(number);
            if let Some(group) = axis.groups.get_mut(number) {
                group.members.push(index);
                group.unknown = group.unknown.take().or(unknown);
            }
        }
        axis
    }

    /// How many rows or columns are kept.
    pub(super) fn len(&self) -> usize {
        self.groups.iter().map(|group| group.members.len()).sum()
    }

    /// The group of a row or column that is kept.
    pub(super) fn group_of(&self, index: usize) -> Option<usize> {
        self.group_of.get(index).copied().flatten()
    }

    fn weigh(&mut self, index: usize, group: usize, weight: u64) {
        if let Some(known) = self.weights.get_mut(index) {
            *known += weight;
        }
        if let Some(known) = self.groups.get_mut(group) {
            known.weight += weight;
        }
    }
}

impl Arranged {
    fn new(asked: &Arrange, rows: Axis, columns: Axis, problem: Option<Problem>) -> Self {
        let Arrange { grid, phase, show, .. } = asked;
        let (projects, ous) = (rows.groups.len(), columns.groups.len());
        let mut arranged = Self {
            grid: Arc::clone(grid),
            phase: *phase,
            show: *show,
            by_project: vec![Summary::default(); projects * columns.weights.len()],
            by_ou: vec![Summary::default(); rows.weights.len() * ous],
            by_both: vec![Summary::default(); projects * ous],
            rows,
            columns,
            problem,
        };
        arranged.add_up();
        arranged
    }

    fn add_up(&mut self) {
        let grid = Arc::clone(&self.grid);
        let (width, ous) = (self.columns.weights.len(), self.columns.groups.len());
        for row in 0..grid.rows.len() {
            let Some(project) = self.rows.group_of(row) else { continue };
            for (column, number) in grid.in_row(row, self.phase) {
                let column = *column as usize;
                let (Some(ou), Some(cell)) =
                    (self.columns.group_of(column), grid.numbered(*number))
                else {
                    continue;
                };
                let shown = self.show.fits(cell);
                let summaries = [
                    self.by_project.get_mut(project * width + column),
                    self.by_ou.get_mut(row * ous + ou),
                    self.by_both.get_mut(project * ous + ou),
                ];
                for summary in summaries.into_iter().flatten() {
                    summary.add(&grid, *number, cell, shown);
                }
                if shown {
                    let weight = weight(cell);
                    self.rows.weigh(row, project, weight);
                    self.columns.weigh(column, ou, weight);
                }
            }
        }
    }

    pub(super) fn project_at(&self, project: usize, column: usize) -> Summary {
        let width = self.columns.weights.len();
        self.by_project.get(project * width + column).copied().unwrap_or_default()
    }

    pub(super) fn row_at(&self, row: usize, ou: usize) -> Summary {
        let ous = self.columns.groups.len();
        self.by_ou.get(row * ous + ou).copied().unwrap_or_default()
    }

    pub(super) fn project_at_ou(&self, project: usize, ou: usize) -> Summary {
        let ous = self.columns.groups.len();
        self.by_both.get(project * ous + ou).copied().unwrap_or_default()
    }

    /// The best cell of a summary.
    pub(super) fn best(&self, summary: Summary) -> Option<&MatrixCell> {
        self.grid.numbered(summary.best?)
    }
}

impl Summary {
    fn add(&mut self, grid: &Grid, number: u32, cell: &MatrixCell, shown: bool) {
        if !shown {
            self.hidden = true;
            return;
        }
        self.reached += usize::from(cell.verdict != Verdict::Denied);
        let known = self.best.and_then(|best| grid.numbered(best));
        let mightiest =
            |one: Option<Privilege>, other: Option<Privilege>| one.into_iter().chain(other).min();
        self.most = mightiest(self.most, cell.privilege);
        match known.map(|known| cell.verdict.cmp(&known.verdict)) {
            None | Some(Ordering::Less) => self.proven = cell.privilege_proven,
            Some(Ordering::Equal) => self.proven = mightiest(self.proven, cell.privilege_proven),
            Some(Ordering::Greater) => {}
        }
        if known.is_none_or(|known| goodness(cell) < goodness(known)) {
            self.best = Some(number);
        }
    }
}
