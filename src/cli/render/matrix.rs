//! Workspaces against accounts.

use std::collections::{BTreeMap, BTreeSet};

use super::sheet::{Sheet, columns, paint};
use super::{style, words};
use crate::answer::{
    Broken, Configured, Matrix, MatrixCell, MatrixColumn, MatrixRow, PrincipalKind, Verdict, Via,
    privileges,
};
use crate::cli::output::Page;
use crate::text::safe;

/// Columns of a cell at its widest, with the blanks around it: `●own+hub adm?■`.
const CELL: usize = 16;
/// Columns of the workspace names.
const NAMES: usize = 34;

/// The matrix as text: as many accounts side by side as fit, then the next ones below.
pub(crate) fn matrix(answer: &Matrix, page: Page) -> String {
    let mut sheet = Sheet::new(page);
    let used: BTreeSet<&str> = answer.cells.iter().map(|cell| &*cell.account).collect();
    let (shown, empty): (Vec<_>, Vec<_>) = answer
        .accounts
        .iter()
        .partition(|account| account.not_read || used.contains(account.id.as_str()));
    sheet.line(
        0,
        &format!(
            "{} against {}",
            rows_counted(&answer.workspaces),
            words::count(answer.accounts.len(), "account")
        ),
    );
    let cells = Cells::of(&answer.cells);
    let per_page = (page.width.saturating_sub(NAMES) / CELL).max(2);
    for accounts in shown.chunks(per_page) {
        sheet.gap();
        block(&mut sheet, &answer.workspaces, accounts, &cells);
    }
    if shown.is_empty() {
        sheet.gap();
        let certain = if answer.not_read.is_empty() { "" } else { ", in what was read" };
        let nothing = words::nothing(page);
        sheet.line(2, &format!("{nothing} no path from any workspace was found{certain}"));
    } else if !empty.is_empty() {
        sheet.gap();
        let text = format!("not shown: {} without any path", words::count(empty.len(), "account"));
        sheet.prose(0, style::FAINT, &text);
    }
    if answer.sources_left_out > 0 {
        let count = words::count(answer.sources_left_out, "source");
        let text = format!(
            "not shown: {count} of other issuers; `matrix 'oidc:ISSUER#*'` and \
             `matrix 'github:OWNER/*'` have rows for them"
        );
        sheet.prose(0, style::FAINT, &text);
    }
    broken(&mut sheet, &answer.cells);
    if answer.truncated {
        sheet.line(0, &paint(style::WARNING, "cells were left out; --limit N shows more"));
    }
    if !shown.is_empty() {
        legend(&mut sheet);
    }
    sheet.not_read(&answer.not_read, "workspaces, accounts and ways");
    sheet.finish()
}

fn rows_counted(rows: &[MatrixRow]) -> String {
    let workspaces = rows.iter().filter(|row| row.kind == PrincipalKind::Workspace).count();
    let counted = words::count(workspaces, "workspace");
    match rows.len() - workspaces {
        0 => counted,
        others => format!("{counted} and {}", words::count(others, "other source")),
    }
}

/// First hops that settings ask for and that fail, each with its cause.
fn broken(sheet: &mut Sheet, cells: &[MatrixCell]) {
    const SHOWN: usize = 20;
    let all: Vec<(&MatrixCell, &Broken)> =
        cells.iter().filter_map(|cell| Some((cell, cell.broken.as_ref()?))).collect();
    if all.is_empty() {
        return;
    }
    sheet.gap();
    sheet.line(0, &paint(style::HEADING, "Configured, and fails at the first hop"));
    for (cell, why) in all.iter().take(SHOWN) {
        let phase = cell.phase.unwrap_or_default();
        let arrow = words::arrow(sheet.page);
        let name = safe(&cell.workspace);
        sheet.line(2, &format!("{name}:{phase} {arrow} {}", words::short(&why.role)));
        let layer = why.layer.map(|layer| format!("{}: ", layer.title())).unwrap_or_default();
        sheet.prose(6, style::verdict(Verdict::Denied), &format!("{layer}{}", why.text));
    }
    if let Some(more) = all.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        sheet.line(2, &format!("{more} more; --json lists them"));
    }
}

/// What sets the rows of one workspace apart: the phase and the configuration's tag.
type Form<'a> = (Option<&'a str>, Option<&'a str>);

/// Cells by workspace, then by form, then by account.
struct Cells<'a>(BTreeMap<&'a str, BTreeMap<Form<'a>, BTreeMap<&'a str, &'a MatrixCell>>>);

impl<'a> Cells<'a> {
    fn of(cells: &'a [MatrixCell]) -> Self {
        let mut by_workspace: BTreeMap<_, BTreeMap<_, BTreeMap<_, _>>> = BTreeMap::new();
        for cell in cells {
            by_workspace
                .entry(&*cell.workspace)
                .or_default()
                .entry((cell.phase, cell.tag.as_deref()))
                .or_default()
                .insert(&*cell.account, cell);
        }
        Self(by_workspace)
    }
}

fn block(sheet: &mut Sheet, rows: &[MatrixRow], accounts: &[&MatrixColumn], cells: &Cells<'_>) {
    let mut ous = vec![String::new(), String::new()];
    let mut names = vec![paint(style::FAINT, "WORKSPACE"), paint(style::FAINT, "PHASE")];
    let mut last_ou = "";
    for account in accounts {
        let again = account.ou == last_ou;
        last_ou = &account.ou;
        ous.push(if again { String::new() } else { paint(style::FAINT, &safe(&account.ou)) });
        names.push(paint(style::HEADING, &safe(&account.name)));
    }
    let mut lines = vec![ous, names];
    let mut projects: Vec<(usize, &str)> = Vec::new();
    let mut last_project = None;
    for row in rows {
        if last_project != Some(row.project.as_str()) {
            projects.push((lines.len(), &row.project));
            last_project = Some(&row.project);
        }
        workspace(&mut lines, row, accounts, cells, sheet.page);
    }
    for (index, line) in columns(&lines).iter().enumerate() {
        for (_, project) in projects.iter().filter(|(at, _)| *at == index) {
            sheet.line(0, &paint(style::HEADING, &safe(project)));
        }
        sheet.line(2, line);
    }
}

fn workspace(
    lines: &mut Vec<Vec<String>>,
    row: &MatrixRow,
    accounts: &[&MatrixColumn],
    cells: &Cells<'_>,
    page: Page,
) {
    let mut name = safe(row.short()).into_owned();
    if let Some(note) = &row.note {
        name = format!("{name}  {}", paint(style::WARNING, &safe(note)));
    }
    let none = BTreeMap::new();
    let forms = cells.0.get(row.selector.as_str()).unwrap_or(&none);
    let mut drawn: Vec<(String, Vec<String>)> = Vec::new();
    for ((phase, tag), by_account) in forms {
        let form = match tag {
            Some(tag) => format!("{}@{}", phase.unwrap_or_default(), safe(tag)),
            None => phase.unwrap_or_default().to_owned(),
        };
        let line: Vec<String> = accounts
            .iter()
            .map(|account| cell(by_account.get(account.id.as_str()).copied(), row, account, page))
            .collect();
        // Phases that say the same share a row.
        match drawn.iter_mut().find(|(_, earlier)| *earlier == line) {
            Some((forms, _)) => *forms = format!("{forms}, {form}"),
            None => drawn.push((form, line)),
        }
    }
    if drawn.is_empty() {
        let line = accounts.iter().map(|account| cell(None, row, account, page)).collect();
        drawn.push((String::new(), line));
    }
    for (index, (form, line)) in drawn.into_iter().enumerate() {
        let mut cells = vec![if index == 0 { name.clone() } else { String::new() }, form];
        cells.extend(line);
        lines.push(cells);
    }
}

fn cell(cell: Option<&MatrixCell>, row: &MatrixRow, account: &MatrixColumn, page: Page) -> String {
    let Some(cell) = cell else {
        // What can't be known is never shown as "no path".
        return if account.not_read || row.note.is_some() {
            paint(style::verdict(Verdict::Unknown), "?")
        } else {
            paint(style::FAINT, words::nothing(page))
        };
    };
    let mut text = words::mark(page, cell.verdict).to_owned();
    let via: Vec<&str> = cell
        .via
        .iter()
        .map(|via| match via {
            Via::Own => "own",
            Via::Hub => "hub",
        })
        .collect();
    text.push_str(&via.join("+"));
    if cell.verdict == Verdict::Conditional {
        for need in cell.needs.iter() {
            text.push(' ');
            text.push_str(words::need_of_kind(need));
        }
    }
    if let Some(privileges) = privileges(cell.privilege, cell.privilege_proven) {
        text.push(' ');
        text.push_str(privileges.mark());
    }
    match (cell.configured, page.ascii) {
        (Configured::FirstHop | Configured::All, false) => text.push('■'),
        (Configured::FirstHop | Configured::All, true) => text.push('#'),
        (Configured::Unknown, _) if cell.phase.is_some() => text.push('~'),
        (Configured::Unknown | Configured::No, _) => {}
    }
    paint(style::verdict(cell.verdict), &text)
}

fn legend(sheet: &mut Sheet) {
    let page = sheet.page;
    let marks = [Verdict::Allowed, Verdict::Conditional, Verdict::Denied]
        .map(|verdict| format!("{} {verdict}", words::mark(page, verdict)))
        .join(", ");
    let configured = if page.ascii { "#" } else { "■" };
    sheet.gap();
    let text = format!(
        "{marks}, ? not read or not to be followed, {} no path; own: through a provider of the account, \
         hub: through a role of another account; {configured} the workspace's settings ask for it, \
         ~ settings not read",
        words::nothing(page)
    );
    sheet.prose(0, style::FAINT, &text);
    sheet.prose(0, style::FAINT, words::NEEDS);
    sheet.prose(0, style::FAINT, words::PRIVILEGES);
}
