//! Who can, and what is reached: one row an end of a path.

use anstyle::Style;

use super::sheet::{Sheet, columns, paint};
use super::{configuration, evidence, style, why, words};
use crate::answer::{
    Admitted, Counts, Reach, ReachSummary, Reached, StatementRef, Verdict, WhoCan, privileges,
};
use crate::cli::output::Page;
use crate::text::safe;

/// Who can end up holding a role, as text.
pub(crate) fn who_can(answer: &WhoCan, page: Page) -> String {
    let mut sheet = Sheet::new(page);
    let several = several(answer.roles, "role");
    let target = paint(style::NAME, &safe(&answer.target));
    sheet.line(0, &format!("Who can become {target}{several}"));
    why::scenario(&mut sheet, &answer.scenario);
    ability(&mut sheet, answer);
    let patterns = match answer.patterns {
        0 => String::new(),
        some => format!("; {} of token subjects among them", words::count(some, "pattern")),
    };
    sheet.line(0, &format!("{}{patterns}", counts(answer.counts)));
    for note in &answer.trust_notes {
        sheet.prose(0, style::WARNING, &format!("trust policy: {note}"));
    }
    rows(&mut sheet, &answer.principals, true);
    if answer.principals.is_empty() {
        sheet.gap();
        let certain = if answer.not_read.is_empty() { "" } else { ", in what was read" };
        sheet.line(2, &format!("{} nobody{certain}", words::nothing(page)));
    }
    left_out(&mut sheet, answer.truncated, answer.principals.len(), answer.counts);
    words::up_to(&mut sheet, answer.max_hops);
    sheet.not_read(&answer.not_read, "further callers");
    sheet.finish()
}

/// What a source can end up holding, as text.
pub(crate) fn reach(answer: &Reach, page: Page) -> String {
    let mut sheet = Sheet::new(page);
    let several = several(answer.sources, "source");
    let source = paint(style::NAME, &safe(&answer.source));
    sheet.line(0, &format!("What {source} reaches{several}"));
    why::scenario(&mut sheet, &answer.scenario);
    let summary = answer.summary;
    let admin = admins(summary);
    sheet.line(
        0,
        &format!(
            "{} in {}{admin}; {}",
            words::count(summary.roles, "role"),
            words::count(summary.accounts, "account"),
            counts(answer.counts)
        ),
    );
    rows(&mut sheet, &answer.targets, false);
    if answer.targets.is_empty() {
        sheet.gap();
        let certain = if answer.not_read.is_empty() { "" } else { ", in what was read" };
        sheet.line(2, &format!("{} nothing{certain}", words::nothing(page)));
    }
    if answer.configuration.is_some() && !answer.targets.is_empty() {
        configuration::legend(&mut sheet);
    }
    left_out(&mut sheet, answer.truncated, answer.targets.len(), answer.counts);
    words::up_to(&mut sheet, answer.max_hops);
    let (asked, unread) = (&answer.configuration, &answer.configuration_not_read);
    configuration::configuration(&mut sheet, asked.as_deref(), unread.as_deref());
    sheet.not_read(&answer.not_read, "further targets");
    sheet.finish()
}

/// How many are answered for together.
fn several(count: usize, noun: &str) -> String {
    if count < 2 { String::new() } else { format!(" (any of {})", words::count(count, noun)) }
}

/// What the role can do, and the statements that let it.
fn ability(sheet: &mut Sheet, answer: &WhoCan) {
    let Some(privileges) = privileges(answer.privilege, answer.privilege_proven) else { return };
    let mark = paint(style::PRIVILEGE, privileges.mark());
    sheet.line(0, &format!("{mark}: {}", privileges.text()));
    let mut by: Vec<&StatementRef> = Vec::new();
    let requests = answer.privilege_reasons.iter().flat_map(|reason| &reason.requests);
    for statement in requests.flat_map(|request| &request.statements) {
        if !by.contains(&statement) {
            by.push(statement);
        }
    }
    for statement in by {
        sheet.line(2, &format!("by {}", evidence::statement_line(statement)));
    }
}

/// How many of the roles are administrators, and how many may be.
fn admins(summary: ReachSummary) -> String {
    let (Some(all), Some(proven)) = (summary.admin_roles, summary.admin_roles_proven) else {
        return String::new();
    };
    match all.saturating_sub(proven) {
        0 => format!(", {}", words::count(proven, "administrator")),
        open => format!(", {}, {open} more may be", words::count(proven, "administrator")),
    }
}

pub(super) fn counts(counts: Counts) -> String {
    let mut parts = Vec::new();
    for (number, verdict) in [
        (counts.allowed, Verdict::Allowed),
        (counts.conditional, Verdict::Conditional),
        (counts.unknown, Verdict::Unknown),
        (counts.denied, Verdict::Denied),
    ] {
        if number > 0 {
            parts.push(paint(style::verdict(verdict), &format!("{number} {verdict}")));
        }
    }
    if parts.is_empty() { "no rows".to_owned() } else { parts.join(", ") }
}

fn left_out(sheet: &mut Sheet, truncated: bool, shown: usize, counts: Counts) {
    if !truncated {
        return;
    }
    sheet.gap();
    let text = if counts.total() > shown {
        format!("{shown} of {} rows; --limit N shows more", counts.total())
    } else {
        "the search was cut short; --limit N and --max-hops N widen it".to_owned()
    };
    sheet.line(2, &paint(style::WARNING, &text));
}

/// The table: verdict, hops, kind, privilege, name; what a row needs, or what blocks it, and
/// the way it takes stand below it.
fn rows(sheet: &mut Sheet, rows: &[Reached], sources: bool) {
    if rows.is_empty() {
        return;
    }
    sheet.gap();
    let mut cells = vec![
        ["  VERDICT", "HOPS", "KIND", if sources { "PRINCIPAL" } else { "ROLE" }]
            .iter()
            .map(|head| paint(style::FAINT, head))
            .collect::<Vec<_>>(),
    ];
    for row in rows {
        let privilege = privileges(row.privilege, row.privilege_proven)
            .map(|privileges| format!("  {}", paint(style::PRIVILEGE, privileges.mark())))
            .unwrap_or_default();
        let mark = match configuration::mark(row.configured, sheet.page) {
            "" => String::new(),
            mark => format!("  {mark}"),
        };
        cells.push(vec![
            sheet.verdict(row.verdict),
            if row.verdict == Verdict::Denied { String::new() } else { row.hops.to_string() },
            words::kind(row.kind).to_owned(),
            format!("{}{privilege}{mark}", safe(&row.principal)),
        ]);
    }
    let lines = columns(&cells);
    let mut lines = lines.iter();
    if let Some(head) = lines.next() {
        sheet.line(2, head);
    }
    for (line, row) in lines.zip(rows) {
        sheet.line(2, line);
        detail(sheet, row);
    }
}

/// Whom a token subject or a pattern stands for.
fn admitted(sheet: &mut Sheet, indent: usize, admits: &Admitted) {
    const NAMED: usize = 5;
    let wide = if admits.tenant_fixed { Style::new() } else { style::WARNING };
    sheet.prose(indent, wide, &format!("{}: {}", admits.issuer, admits.text));
    if let Some(note) = &admits.note {
        sheet.prose(indent, style::WARNING, note);
    }
    match &admits.workspaces {
        Some(fitting) if fitting.count > 0 => {
            let named: Vec<_> = fitting.first.iter().take(NAMED).map(|it| safe(it)).collect();
            let more = match fitting.count - named.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let count = match fitting.count {
                1 => "1 workspace that was read fits".to_owned(),
                many => format!("{many} workspaces that were read fit"),
            };
            let text = format!("{count}: {}{more}", named.join(", "));
            sheet.prose(indent, style::FAINT, &text);
        }
        Some(_) if admits.note.is_none() => {
            sheet.prose(indent, style::FAINT, "no workspace that was read fits");
        }
        _ => {}
    }
}

fn detail(sheet: &mut Sheet, row: &Reached) {
    const INDENT: usize = 6;
    if let Some(admits) = &row.admits {
        admitted(sheet, INDENT, admits);
    }
    if let Some(needs) = evidence::needs_in_short(&row.requirements) {
        sheet.line(INDENT, &paint(style::verdict(row.verdict), &needs));
    }
    if let Some(reason) = &row.reason {
        let text = format!("{}: {}", why::blocker(reason), reason.text);
        sheet.prose(INDENT, Style::new(), &text);
    }
    if let [_, between @ .., _] = row.path.as_slice()
        && !between.is_empty()
    {
        let arrow = format!(" {} ", words::arrow(sheet.page));
        let through: Vec<String> = between.iter().map(|name| words::short(name)).collect();
        sheet.prose(INDENT, style::FAINT, &format!("through {}", through.join(&arrow)));
    }
}
