//! Paths, drawn hop by hop.

use anstyle::Style;

use super::sheet::{Sheet, paint};
use super::{configuration, evidence, style, why, words};
use crate::answer::{Hop, LayerResult, Outcome, Path, Paths, privileges};
use crate::cli::output::Page;
use crate::text::safe;

/// The paths between two ends, as text.
pub(crate) fn paths(answer: &Paths, page: Page) -> String {
    let mut sheet = Sheet::new(page);
    let plus = if answer.truncated { " (there are more; --limit N shows them)" } else { "" };
    sheet.line(0, &format!("{}{plus}", words::count(answer.paths.len(), "path")));
    sheet.line(2, &format!("from  {}", paint(style::NAME, &safe(&answer.source))));
    sheet.line(2, &format!("to    {}", paint(style::NAME, &safe(&answer.target))));
    why::scenario(&mut sheet, &answer.scenario);
    if answer.paths.is_empty() {
        sheet.gap();
        let certain = if answer.not_read.is_empty() { "" } else { " in what was read" };
        sheet.line(2, &format!("{} no path{certain}", words::nothing(page)));
        sheet.prose(4, style::FAINT, "`rolewalk why CALLER ROLE` says what blocks a single hop");
    }
    for (index, path) in answer.paths.iter().enumerate() {
        one(&mut sheet, index + 1, path);
    }
    words::up_to(&mut sheet, answer.max_hops);
    let (asked, unread) = (&answer.configuration, &answer.configuration_not_read);
    configuration::configuration(&mut sheet, asked.as_deref(), unread.as_deref());
    sheet.not_read(&answer.not_read, "further paths");
    sheet.finish()
}

fn one(sheet: &mut Sheet, number: usize, path: &Path) {
    let verdict = sheet.verdict(path.verdict);
    let needs = evidence::needs_in_short(&path.requirements)
        .map(|needs| format!(": {needs}"))
        .unwrap_or_default();
    sheet.gap();
    let hops = words::count(path.hops.len(), "hop");
    let configured = configuration::words_of(path.configured);
    sheet.line(0, &format!("{number}. {verdict}, {hops}{configured}{needs}"));
    if let Some(first) = path.hops.first() {
        sheet.line(3, &paint(style::NAME, &safe(&first.from)));
    }
    for hop in &path.hops {
        draw(sheet, hop);
    }
    if path.requirements.iter().any(|set| !set.is_empty()) {
        let all =
            if path.requirements.len() == 1 { "all of this" } else { "any one of these cases" };
        sheet.line(3, &paint(style::HEADING, &format!("Needs, over all hops, {all}")));
        evidence::requirements(sheet, 5, &path.requirements, path.hops.len());
    }
}

fn draw(sheet: &mut Sheet, hop: &Hop) {
    let (bar, tip) = if sheet.page.ascii { ("|", "v") } else { ("│", "▼") };
    let verdict = sheet.verdict(hop.verdict);
    sheet.line(5, &format!("{bar}  {}  {verdict}", hop.action));
    // Drawn apart, so that every line of it gets the bar.
    let mut inner = Sheet::new(Page { width: sheet.page.width.saturating_sub(10), ..sheet.page });
    if let Some(reason) = &hop.reason {
        inner.prose(0, Style::new(), &format!("{}: {}", why::blocker(reason), reason.text));
    }
    for layer in &hop.layers {
        decided(&mut inner, layer, hop);
    }
    for line in inner.finish().lines() {
        sheet.line(5, &format!("{bar}    {line}"));
    }
    sheet.line(5, tip);
    let privilege = privileges(hop.privilege, hop.privilege_proven)
        .map(|privileges| format!("  {}", paint(style::PRIVILEGE, privileges.mark())))
        .unwrap_or_default();
    sheet.line(3, &format!("{}{privilege}", paint(style::NAME, &safe(&hop.to))));
}

/// What a layer contributes to a hop, in few lines: control policies that just allow are left
/// to `why`.
fn decided(sheet: &mut Sheet, layer: &LayerResult, hop: &Hop) {
    let control = matches!(layer.layer, crate::answer::Layer::Scp | crate::answer::Layer::Rcp);
    if control && layer.outcome == Outcome::Allow {
        return;
    }
    let title = layer.layer.title();
    for statement in &layer.statements {
        let line = evidence::statement_line(statement);
        sheet.line(
            0,
            &format!("{} {title}: {line}", words::outcome_mark(sheet.page, layer.outcome)),
        );
    }
    if layer.outcome != Outcome::Allow && layer.outcome != Outcome::NotApplicable {
        if layer.statements.is_empty() {
            let (mark, what) = if evidence::is_unread(layer, &hop.requirements) {
                ("?", "not read")
            } else {
                let what = words::outcome_words(layer.outcome, false);
                (words::outcome_mark(sheet.page, layer.outcome), what)
            };
            let text = format!("{title}: {what}");
            let label = format!("{mark} ");
            sheet.labelled(0, &label, Style::new(), &text);
        }
        evidence::near_misses(sheet, 2, &layer.near_misses, &[]);
    }
}
