//! One decision: the verdict and what blocks first, the proof after it.

use anstyle::Style;

use super::sheet::{Sheet, paint};
use super::{evidence, style};
use crate::answer::{Layer, LayerResult, Outcome, Reason, Verdict, Why};
use crate::cli::output::Page;
use crate::text::safe;

/// One decision as text.
pub(crate) fn why(answer: &Why, page: Page) -> String {
    let mut sheet = Sheet::new(page);
    let needs = match answer.verdict {
        Verdict::Conditional => evidence::needs_in_short(&answer.requirements),
        _ => None,
    };
    let needs = needs.map(|needs| format!(": {needs}")).unwrap_or_default();
    let verdict = sheet.verdict(answer.verdict);
    sheet.line(0, &format!("{verdict}{needs}"));
    if let Some(reason) = &answer.reason {
        blocked(&mut sheet, reason, &answer.layers);
    }
    sheet.gap();
    sheet.line(2, &format!("caller  {}", paint(style::NAME, &safe(&answer.caller))));
    sheet.line(2, &format!("action  {}", safe(answer.action)));
    sheet.line(2, &format!("role    {}", paint(style::NAME, &safe(&answer.target))));

    let something_to_meet = answer.requirements.iter().any(|set| !set.is_empty());
    if something_to_meet {
        sheet.heading(match (answer.verdict, answer.requirements.len()) {
            (Verdict::Unknown, _) => "Undecided, because it was not read",
            (_, 1) => "Succeeds when all of this holds",
            _ => "Succeeds in any one of these cases",
        });
        evidence::requirements(&mut sheet, 2, &answer.requirements, 1);
    }
    if !answer.layers.is_empty() {
        sheet.heading("What each layer says");
        evidence::layers(&mut sheet, 2, &answer.layers);
    }
    if !answer.caveats.is_empty() {
        sheet.heading("Assumed, or out of sight");
        evidence::caveats(&mut sheet, 2, &answer.caveats);
    }
    sheet.finish()
}

/// The sentence that says what blocks, and the statements that do (or nearly allow).
fn blocked(sheet: &mut Sheet, reason: &Reason, layers: &[LayerResult]) {
    sheet.labelled(2, "", Style::new(), &format!("{}: {}", blocker(reason), reason.text));
    for layer in layers.iter().filter(|layer| is_blocking(layer, reason)) {
        if reason.explicit {
            for statement in layer.statements.iter().filter(|it| it.effect == "Deny") {
                sheet.line(4, &evidence::statement_line(statement));
            }
        } else {
            evidence::near_misses(sheet, 4, &layer.near_misses);
        }
    }
}

fn is_blocking(layer: &LayerResult, reason: &Reason) -> bool {
    layer.layer == reason.layer
        && layer.level == reason.level
        && !matches!(layer.outcome, Outcome::NotApplicable)
}

/// `explicit deny in the service control policies at ou-x`, `trust policy`.
pub(super) fn blocker(reason: &Reason) -> String {
    let level = reason.level.as_deref().map(|level| format!(" at {level}")).unwrap_or_default();
    let title = reason.layer.title();
    match (reason.layer, reason.explicit) {
        (Layer::Sts, _) => "refused by STS itself".to_owned(),
        (_, true) => format!("explicit deny in the {title}{level}"),
        // The sentence that follows says what is missing.
        (_, false) => format!("{title}{level}"),
    }
}
