//! Chokepoints and cycles.

use super::lists::counts;
use super::sheet::{Sheet, columns, paint};
use super::{style, words};
use crate::answer::{Chokepoints, Cycles, Passed};
use crate::cli::output::Page;
use crate::text::safe;

/// Who is passed on every way, as text.
pub(crate) fn chokepoints(answer: &Chokepoints, page: Page) -> String {
    let mut sheet = Sheet::new(page);
    let [source, target] =
        [&answer.source, &answer.target].map(|name| paint(style::NAME, &safe(name)));
    sheet.line(
        0,
        &format!("What every way from {source} to {target} passes, over however many hops"),
    );
    sheet.line(
        0,
        &format!(
            "{}, {}",
            words::count(answer.sources, "source"),
            words::count(answer.targets, "target")
        ),
    );
    passed(&mut sheet, "Allowed ways", &answer.allowed, answer.targets);
    passed(&mut sheet, "All ways that may be open", &answer.possible, answer.targets);
    if answer.truncated {
        sheet.gap();
        sheet.line(2, &paint(style::WARNING, "some were left out; --limit N shows more"));
    }
    sheet.not_read(&answer.not_read, "ways past them");
    sheet.finish()
}

fn passed(sheet: &mut Sheet, title: &str, passed: &Passed, targets: usize) {
    sheet.heading(&format!("{title}: {} of {targets} reached", passed.reached));
    if passed.chokepoints.is_empty() {
        let text = if passed.reached == 0 { "no way" } else { "no role that all ways pass" };
        sheet.line(2, &format!("{} {text}", words::nothing(sheet.page)));
        return;
    }
    let mut cells = vec![
        ["GUARDS", "LEFT", "KIND", "PRINCIPAL"]
            .iter()
            .map(|head| paint(style::FAINT, head))
            .collect::<Vec<_>>(),
    ];
    for point in &passed.chokepoints {
        let privilege = point
            .privilege
            .map(|privilege| format!("  {}", paint(style::PRIVILEGE, privilege.mark())))
            .unwrap_or_default();
        cells.push(vec![
            point.guards.to_string(),
            point.left.to_string(),
            words::kind(point.kind).to_owned(),
            format!("{}{privilege}", safe(&point.principal)),
        ]);
    }
    for line in columns(&cells) {
        sheet.line(2, &line);
    }
}

/// Roles that lead back to themselves, as text.
pub(crate) fn cycles(answer: &Cycles, page: Page) -> String {
    const SHOWN: usize = 10;
    let mut sheet = Sheet::new(page);
    sheet.line(0, "Roles that lead back to themselves, over however many hops");
    let total = answer.counts.total();
    if total > 0 {
        sheet.line(0, &format!("{}: {}", words::count(total, "cycle"), counts(answer.counts)));
    }
    for cycle in &answer.cycles {
        sheet.gap();
        let what = match cycle.count {
            1 => "a role that may assume itself".to_owned(),
            count => format!(
                "{} in {}",
                words::count(count, "role"),
                words::count(cycle.accounts, "account")
            ),
        };
        sheet.line(2, &format!("{} {what}", sheet.verdict(cycle.verdict)));
        for role in cycle.roles.iter().take(SHOWN) {
            sheet.line(6, &safe(role));
        }
        if let Some(more) = cycle.count.checked_sub(SHOWN).filter(|more| *more > 0) {
            sheet.line(6, &paint(style::FAINT, &format!("and {more} more")));
        }
    }
    if total == 0 {
        sheet.gap();
        let certain = if answer.not_read.is_empty() { "" } else { ", in what was read" };
        sheet.line(2, &format!("{} none{certain}", words::nothing(page)));
    }
    if total > answer.cycles.len() {
        sheet.gap();
        let text = format!("{} of {total} cycles; --limit N shows more", answer.cycles.len());
        sheet.line(2, &paint(style::WARNING, &text));
    }
    sheet.not_read(&answer.not_read, "further cycles");
    sheet.finish()
}
