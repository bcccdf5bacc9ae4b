//! Workspaces against accounts.

use std::collections::{BTreeMap, BTreeSet};

use anstyle::Style;

use super::sheet::{Sheet, columns, paint};
use super::{configuration, style, why, words};
use crate::answer::{
    Broken, Configured, Matrix, MatrixCell, MatrixColumn, MatrixFilter, MatrixRow, MatrixShow,
    PrincipalKind, SettingProblem, Verdict, Via, privileges,
};
use crate::cli::output::Page;
use crate::text::safe;
use crate::workload::Phase;

/// Columns of a cell at its widest, with the blanks around it: `●own+hub adm?■`.
const CELL: usize = 16;
/// Columns of the workspace names.
const NAMES: usize = 34;

/// The matrix as text: as many accounts side by side as fit, then the next ones below.
pub(crate) fn matrix(answer: &Matrix, page: Page) -> String {
    let mut sheet = Sheet::new(page);
    let used: BTreeSet<&str> = answer.cells.iter().map(MatrixCell::account).collect();
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
    why::scenario(&mut sheet, &answer.scenario);
    if let Some(filter) = words_of_filter(&answer.filter) {
        sheet.labelled(2, "only    ", Style::new(), &filter);
    }
    let cells = Cells::of(answer);
    let (rows, others) = if answer.filtered == 0 {
        (answer.workspaces.iter().collect(), Vec::new())
    } else {
        answer.workspaces.iter().partition::<Vec<_>, _>(|row| cells.has(row))
    };
    let absent = if answer.filtered == 0 { words::nothing(page) } else { "" };
    let (rows, cut) = up_to_the_limit(rows, answer);
    let per_page = (page.width.saturating_sub(NAMES) / CELL).max(2);
    for accounts in shown.chunks(per_page) {
        sheet.gap();
        block(&mut sheet, &rows, accounts, &Drawn { cells: &cells, absent, cut, page });
    }
    if answer.cells.is_empty() && answer.filtered > 0 {
        sheet.gap();
        let text = format!("no cell fits, of {}", words::count(answer.filtered, "cell"));
        sheet.line(2, &text);
    } else if shown.is_empty() {
        sheet.gap();
        let certain = if answer.not_read.is_empty() { "" } else { ", in what was read" };
        let nothing = words::nothing(page);
        sheet.line(2, &format!("{nothing} no path from any workspace was found{certain}"));
    } else if answer.left_out == 0 && (!empty.is_empty() || !others.is_empty()) {
        sheet.gap();
        let accounts = words::count(empty.len(), "account");
        let text = if answer.filtered == 0 {
            format!("not shown: {accounts} without any path")
        } else {
            let rows = words::count(others.len(), "workspace");
            let cells = words::count(answer.filtered, "cell");
            format!(
                "not shown: {cells} that do not fit; {accounts} and {rows} without one that does"
            )
        };
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
    if answer.left_out > 0 {
        let all = answer.cells.len() + answer.left_out;
        let text = format!(
            "{} of {} shown, so more rows follow, and {} is no \"no path\"; --limit N shows more",
            answer.cells.len(),
            words::count(all, "cell"),
            cut_mark(page)
        );
        sheet.prose(0, style::WARNING, &text);
    } else if answer.truncated {
        sheet.line(0, &paint(style::WARNING, "a search was cut short; --max-hops N narrows it"));
    }
    if !shown.is_empty() {
        legend(&mut sheet, answer);
    }
    words::up_to(&mut sheet, answer.max_hops);
    problems(&mut sheet, &answer.workspaces);
    let (asked, unread) = (&answer.configuration, &answer.configuration_not_read);
    configuration::configuration(&mut sheet, asked.as_deref(), unread.as_deref());
    sheet.not_read(&answer.not_read, "workspaces, accounts and ways");
    sheet.finish()
}

/// The rows down to the one in which the limit cut cells off, with its selector.
fn up_to_the_limit<'a>(
    mut rows: Vec<&'a MatrixRow>,
    answer: &'a Matrix,
) -> (Vec<&'a MatrixRow>, Option<&'a str>) {
    let cut = answer.cells.last().filter(|_| answer.left_out > 0).map(MatrixCell::workspace);
    if let Some(at) = cut.and_then(|cut| rows.iter().position(|row| row.selector == cut)) {
        rows.truncate(at + 1);
    }
    (rows, cut)
}

/// What stands where a cell may have been cut off.
fn cut_mark(page: Page) -> &'static str {
    if page.ascii { ".." } else { "…" }
}

/// What is odd about settings.
fn problems(sheet: &mut Sheet, rows: &[MatrixRow]) {
    let odd = rows.iter().flat_map(|row| row.problems.iter().map(move |problem| (row, problem)));
    let mut odd = odd.peekable();
    if odd.peek().is_some() {
        sheet.heading("Settings to look at");
    }
    for (row, problem) in odd {
        sheet.prose(2, Style::new(), &format!("{}: {}", row.selector, problem.text));
    }
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
        cells.iter().flat_map(|cell| cell.broken.iter().map(move |why| (cell, why))).collect();
    if all.is_empty() {
        return;
    }
    sheet.gap();
    sheet.line(0, &paint(style::HEADING, "Configured, and fails at the first hop"));
    for (cell, why) in all.iter().take(SHOWN) {
        let phase = cell.phase().map(Phase::as_str).unwrap_or_default();
        let arrow = words::arrow(sheet.page);
        let name = safe(cell.workspace());
        let tag = why.tag.as_deref().map(|tag| format!("@{}", safe(tag))).unwrap_or_default();
        sheet.line(2, &format!("{name}{tag}:{phase} {arrow} {}", words::short(&why.role)));
        let layer = why.layer.map(|layer| format!("{}: ", layer.title())).unwrap_or_default();
        sheet.prose(6, style::verdict(Verdict::Denied), &format!("{layer}{}", why.text));
    }
    if let Some(more) = all.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        sheet.line(2, &format!("{more} more; --json lists them"));
    }
}

/// Cells by workspace, then by phase, then by account, each with what is said of its configuration.
struct Cells<'a>(BTreeMap<&'a str, BTreeMap<Option<&'a str>, BTreeMap<&'a str, Cell<'a>>>>);

/// A cell; whether a Terraform configuration was read, and what it asks for there is refused.
type Cell<'a> = (&'a MatrixCell, Option<bool>);

impl<'a> Cells<'a> {
    fn of(matrix: &'a Matrix) -> Self {
        let mut by_workspace: BTreeMap<_, BTreeMap<_, BTreeMap<_, _>>> = BTreeMap::new();
        let refused = matrix.configuration.as_deref().map(configuration::refused);
        for cell in &matrix.cells {
            let place = cell
                .phase()
                .map(|phase| (cell.workspace(), phase.as_str(), cell.account().to_string()));
            let refused = refused.as_ref().zip(place.as_ref());
            let refused = refused.map(|(refused, place)| refused.contains(place));
            by_workspace
                .entry(cell.workspace())
                .or_default()
                .entry(cell.phase().map(Phase::as_str))
                .or_default()
                .insert(cell.account(), (cell, refused));
        }
        Self(by_workspace)
    }

    /// Whether the row has any.
    fn has(&self, row: &MatrixRow) -> bool {
        self.0.contains_key(row.selector.as_str())
    }
}

/// Which cells are here, in words; `None` where all are.
fn words_of_filter(filter: &MatrixFilter) -> Option<String> {
    let show = filter.show.map(|show| match show {
        MatrixShow::Permitted => "what policies permit".to_owned(),
        MatrixShow::Configured => "what settings ask for".to_owned(),
        MatrixShow::Difference => {
            "what is permitted and not asked for, or asked for in vain".to_owned()
        }
    });
    let via = filter.via.map(|via| match via {
        Via::Own => "through a provider of the account".to_owned(),
        Via::Hub => "through a role of another account".to_owned(),
    });
    let verdicts: Vec<String> = filter.verdicts.iter().map(ToString::to_string).collect();
    let parts = [
        filter.phase.map(|phase| format!("runs that {phase}")),
        show,
        via,
        (!verdicts.is_empty()).then(|| verdicts.join(" or ")),
        filter.privilege.map(|least| format!("{} or more ({})", least.as_str(), least.mark())),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// How the places of the grid are drawn.
struct Drawn<'a> {
    cells: &'a Cells<'a>,
    /// What stands where no cell is.
    absent: &'a str,
    /// The row in which cells were cut off.
    cut: Option<&'a str>,
    page: Page,
}

fn block(sheet: &mut Sheet, rows: &[&MatrixRow], accounts: &[&MatrixColumn], drawn: &Drawn<'_>) {
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
        if last_project != Some(row.place()) {
            projects.push((lines.len(), row.heading(rows.iter().copied())));
            last_project = Some(row.place());
        }
        workspace(&mut lines, row, accounts, drawn);
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
    drawn: &Drawn<'_>,
) {
    let mut name = safe(row.short()).into_owned();
    if let Some(note) = &row.note {
        name = format!("{name}  {}", paint(style::WARNING, &safe(note)));
    }
    let mut words: Vec<&str> = Vec::new();
    for problem in row.problems.iter().map(SettingProblem::short) {
        if !words.contains(&problem) {
            words.push(problem);
        }
    }
    if !words.is_empty() {
        name = format!("{name}  {}", paint(style::WARNING, &words.join(", ")));
    }
    let none = BTreeMap::new();
    let forms = drawn.cells.0.get(row.selector.as_str()).unwrap_or(&none);
    let cell = |found, account| self::cell(found, row, account, drawn);
    let mut drawn: Vec<(String, Vec<String>)> = Vec::new();
    for (phase, by_account) in forms {
        let form = phase.unwrap_or_default().to_owned();
        let line: Vec<String> = accounts
            .iter()
            .map(|account| cell(by_account.get(account.id.as_str()).copied(), account))
            .collect();
        // Phases that say the same share a row.
        match drawn.iter_mut().find(|(_, earlier)| *earlier == line) {
            Some((forms, _)) => *forms = format!("{forms}, {form}"),
            None => drawn.push((form, line)),
        }
    }
    if drawn.is_empty() {
        let line = accounts.iter().map(|account| cell(None, account)).collect();
        drawn.push((String::new(), line));
    }
    for (index, (form, line)) in drawn.into_iter().enumerate() {
        let mut cells = vec![if index == 0 { name.clone() } else { String::new() }, form];
        cells.extend(line);
        lines.push(cells);
    }
}

fn cell(
    cell: Option<Cell<'_>>,
    row: &MatrixRow,
    account: &MatrixColumn,
    drawn: &Drawn<'_>,
) -> String {
    let page = drawn.page;
    let Some((cell, refused)) = cell else {
        // What can't be known is never shown as "no path".
        return if account.not_read || row.note.is_some() {
            paint(style::verdict(Verdict::Unknown), "?")
        } else if drawn.cut == Some(row.selector.as_str()) {
            paint(style::WARNING, cut_mark(page))
        } else {
            paint(style::FAINT, drawn.absent)
        };
    };
    let mut text = words::mark(page, cell.verdict).to_owned();
    text.push_str(&Via::joined(cell.via, "+"));
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
        (Configured::FirstHop, ascii) if refused.is_some() => {
            text.push(if ascii { '+' } else { '□' });
        }
        (Configured::FirstHop | Configured::All, false) => text.push('■'),
        (Configured::FirstHop | Configured::All, true) => text.push('#'),
        (Configured::Unknown, _) if cell.is_run() => text.push('~'),
        (Configured::Unknown | Configured::No, _) => {}
    }
    text.push_str(&safe(&cell.tagged()));
    // A role that is asked for may be refused where another one lets in.
    if refused == Some(true) || !cell.broken.is_empty() && cell.verdict != Verdict::Denied {
        text.push_str(words::mark(page, Verdict::Denied));
    }
    paint(style::verdict(cell.verdict), &text)
}

fn legend(sheet: &mut Sheet, answer: &Matrix) {
    let page = sheet.page;
    let marks = [Verdict::Allowed, Verdict::Conditional, Verdict::Denied]
        .map(|verdict| format!("{} {verdict}", words::mark(page, verdict)))
        .join(", ");
    let configured = if page.ascii { "#" } else { "■" };
    sheet.gap();
    let absent = if answer.filtered > 0 {
        "blank: nothing that fits".to_owned()
    } else {
        format!("{} no path", words::nothing(page))
    };
    let text = format!(
        "{marks}, ? not read or not to be followed, {absent}; own: through a provider of the account, \
         hub: through a role of another account; {configured} the workspace's settings ask for it, \
         ~ settings not read"
    );
    sheet.prose(0, style::FAINT, &text);
    if answer.configuration.is_some() {
        let first = if page.ascii { "+" } else { "□" };
        let text = format!(
            "with the Terraform configuration: {configured} asked for over all hops, {first} over the first hop, \
             ~ it may be asked for"
        );
        sheet.prose(0, style::FAINT, &text);
    }
    let refused = words::mark(page, Verdict::Denied);
    let refuses =
        answer.configuration.is_some() || answer.cells.iter().any(|cell| !cell.broken.is_empty());
    let mut behind = Vec::new();
    if answer.cells.iter().any(|cell| !cell.tagged().is_empty()) {
        behind.push("@ the tags of the configurations that ask for it".to_owned());
    }
    if refuses {
        behind.push(format!("{refused} a role that is asked for there is refused"));
    }
    if !behind.is_empty() {
        sheet.prose(0, style::FAINT, &format!("behind it: {}", behind.join(", ")));
    }
    sheet.prose(0, style::FAINT, words::NEEDS);
    sheet.prose(0, style::FAINT, words::PRIVILEGES);
}
