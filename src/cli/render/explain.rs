//! A failure explained.

use anstyle::Style;

use super::sheet::{Sheet, paint};
use super::{evidence, style};
use crate::cli::output::Page;
use crate::text::safe;
use crate::troubleshoot::{Cause, ExplainedFailure, Explanation};

/// What was found out about a failure, as text.
pub(crate) fn explain(answer: &Explanation, page: Page) -> String {
    let mut sheet = Sheet::new(page);
    let several = answer.errors.len() > 1;
    for (index, failure) in answer.errors.iter().enumerate() {
        if index > 0 {
            sheet.gap();
        }
        if several {
            let text = format!("Failure {} of {}", index + 1, answer.errors.len());
            sheet.line(0, &paint(style::HEADING, &text));
        }
        one(&mut sheet, failure);
    }
    sheet.finish()
}

fn one(sheet: &mut Sheet, failure: &ExplainedFailure) {
    match failure.causes.first() {
        Some(cause) => {
            let text = format!("{} ({})", safe(&cause.title), certainty(cause));
            sheet.line(0, &paint(style::HEADING, &text));
        }
        None => sheet.line(0, &paint(style::HEADING, "No cause found")),
    }
    sheet.gap();
    sheet.line(2, &paint(style::FAINT, "what the text says"));
    for (label, text) in failure.told() {
        sheet.labelled(4, &paint(style::FAINT, &format!("{label:<10} ")), Style::new(), &text);
    }
    match failure.verdict {
        Some(verdict) => {
            let verdict = sheet.verdict(verdict);
            sheet.line(2, &format!("the snapshot says {verdict} of this call"));
        }
        None => sheet.line(2, &paint(style::FAINT, "the call was not put to a snapshot")),
    }
    for note in &failure.notes {
        sheet.labelled(2, &paint(style::WARNING, "note: "), Style::new(), note);
    }
    for missing in &failure.missing {
        sheet.labelled(2, &paint(style::WARNING, "missing: "), Style::new(), &missing.to_string());
    }
    if !failure.causes.is_empty() {
        sheet.heading("Causes, proven first");
    }
    let mut said = "";
    for cause in &failure.causes {
        draw(sheet, cause, cause.detail != said);
        said = &cause.detail;
    }
}

/// How sure a cause is, in one word wherever it is named.
fn certainty(cause: &Cause) -> &'static str {
    if cause.proven { "proven" } else { "possible" }
}

fn draw(sheet: &mut Sheet, cause: &Cause, with_detail: bool) {
    let label = format!("{}. ", cause.rank);
    sheet.labelled(2, &label, style::HEADING, &format!("{} ({})", cause.title, certainty(cause)));
    if with_detail {
        sheet.prose(5, Style::new(), &cause.detail);
    }
    for statement in &cause.evidence {
        sheet.line(5, &evidence::statement_line(statement));
    }
    if let Some(fix) = &cause.fix {
        sheet.line(5, &paint(style::HINT, "fix"));
        // A fix can be JSON of several lines, which keeps its own.
        for line in crate::text::safe_lines(fix).lines() {
            sheet.line(7, line);
        }
    }
}
