//! A live assume, predicted and done.

use anstyle::Style;

use super::sheet::{Sheet, paint};
use super::{style, words};
use crate::answer::Verdict;
use crate::cli::output::Page;
use crate::probe::{Plan, Probe, ProbeOutcome};
use crate::text::safe;

/// What a probe found, as text.
pub(crate) fn probe(answer: &Probe, page: Page) -> String {
    let mut sheet = Sheet::new(page);
    for (index, hop) in answer.hops.iter().enumerate() {
        let (word, color) = match hop.outcome {
            ProbeOutcome::Assumed => ("assumed", style::verdict(Verdict::Allowed)),
            ProbeOutcome::Refused => ("refused", style::verdict(Verdict::Denied)),
            ProbeOutcome::Failed => ("failed", style::verdict(Verdict::Denied)),
            ProbeOutcome::Skipped => ("skipped", style::FAINT),
        };
        let time = hop.ms.map(|ms| format!(" in {ms} ms")).unwrap_or_default();
        let arrow = words::arrow(page);
        sheet.line(
            0,
            &format!(
                "{}. {}{time}  {} {arrow} {}  {}",
                index + 1,
                paint(color, word),
                words::short(&hop.from),
                paint(style::NAME, &words::short(&hop.to)),
                paint(style::FAINT, hop.action),
            ),
        );
        let predicted = hop.predicted.map(|verdict| sheet.verdict(verdict));
        sheet.line(3, &format!("predicted {}", predicted.as_deref().unwrap_or("nothing")));
        if let Some(identity) = &hop.identity {
            sheet.line(3, &format!("now       {}", safe(identity)));
        }
        if let Some(error) = &hop.error {
            sheet.labelled(3, "answer    ", Style::new(), error);
        }
    }
    sheet.gap();
    match answer.agrees {
        Some(true) => sheet.line(0, "prediction and outcome agree"),
        Some(false) => sheet.prose(
            0,
            style::WARNING,
            "prediction and outcome disagree: the snapshot is stale, or something that it can't see decided",
        ),
        None => sheet.line(0, "nothing was tried"),
    }
    sheet.finish()
}

/// What a probe is going to do, for the question before it.
pub(crate) fn plan(plan: &Plan, page: Page) -> String {
    let mut sheet = Sheet::new(page);
    for (index, step) in plan.steps.iter().enumerate() {
        let predicted = step.predicted.map(|verdict| sheet.verdict(verdict));
        let verdict = predicted.as_deref().unwrap_or("nothing");
        sheet.line(
            2,
            &format!(
                "{}. {} {} {}  {}  predicted {verdict}",
                index + 1,
                words::short(&step.from),
                words::arrow(page),
                paint(style::NAME, &safe(&step.to)),
                step.action,
            ),
        );
        if let Some(because) = plan.skipped(index) {
            sheet.labelled(5, "skipped: ", style::FAINT, &because);
        }
    }
    sheet.finish()
}
