//! A failure explained.

use super::super::document::{About, Document, Line};
use super::super::keys::Action;
use super::super::look::{Role, verdict_mark, verdict_role};
use super::evidence::evidence;
use super::{Names, counted};
use crate::troubleshoot::{ExplainedFailure, Explanation, Side};

/// What a pasted text says, what the snapshot says, and what to change.
/// `given` are the sides of the call that were chosen.
pub(crate) fn explanation(
    explanation: &Explanation,
    given: [(Side, Option<&str>); 2],
    names: &Names,
) -> Document {
    let mut document = Document::new(counted(explanation.errors.len(), "failure"));
    if explanation.errors.is_empty() {
        document.say(Role::Text, "Nothing in this text reads like a failed assume.");
        document.say(
            Role::Muted,
            "Paste the whole message: a Terraform run log, an AWS CLI error or a CloudTrail event.",
        );
    }
    for (side, selector) in given {
        let Some(selector) = selector else { continue };
        document.push(
            Line::new()
                .muted(format!("given {:<6} ", side.word()))
                .text(selector)
                .about(About { action: Some(naming(side)), ..About::default() }),
        );
    }
    for (number, failure) in explanation.errors.iter().enumerate() {
        if explanation.errors.len() > 1 {
            document.heading(format!("Failure {}", number + 1));
        }
        append(&mut document, failure, names);
    }
    document
}

/// The action that chooses a side of the call.
fn naming(side: Side) -> Action {
    match side {
        Side::Caller => Action::NameCaller,
        Side::Role => Action::NameRole,
    }
}

fn append(document: &mut Document, failure: &ExplainedFailure, names: &Names) {
    document.heading("Understood");
    for (label, text) in failure.told() {
        document.field(label, text);
    }
    match failure.verdict {
        Some(verdict) => document.push(
            Line::new()
                .muted(format!("{:<12} ", "snapshot"))
                .with(verdict_role(verdict), format!("{} {verdict}", verdict_mark(verdict))),
        ),
        None => document.push(
            Line::new()
                .muted(format!("{:<12} ", "snapshot"))
                .with(Role::VerdictUnknown, "? the call could not be put to it"),
        ),
    }
    for note in &failure.notes {
        document.push(Line::new().with(Role::Notice, "! ").text(note.clone()).indent(2));
    }
    for missing in &failure.missing {
        document.push(Line::new().with(Role::Notice, "? ").text(missing.what()).indent(2));
        let how =
            format!("choose the {}, or type it, such as {}", missing.side.word(), missing.example);
        let about = About { action: Some(naming(missing.side)), ..About::default() };
        document.push(Line::new().muted("  → ").text(how).indent(4).about(about));
    }
    let mut said = None;
    for cause in &failure.causes {
        document.blank();
        let (mark, role) =
            if cause.proven { ("proven", Role::VerdictDenied) } else { ("possible", Role::Muted) };
        document.push(
            Line::new()
                .strong(format!("{}. {} ", cause.rank, cause.title))
                .with(role, mark)
                .indent(3),
        );
        // What is known of several alike is said of the first.
        if said.replace(&cause.detail) != Some(&cause.detail) {
            document.push(Line::new().text(format!("   {}", cause.detail)).indent(3));
        }
        for one in &cause.evidence {
            document.push(evidence(one, names, ""));
        }
        if let Some(fix) = &cause.fix {
            document.push(Line::new().with(Role::Heading, "   change"));
            for line in fix.lines() {
                let role = if line.starts_with('+') { Role::VerdictAllowed } else { Role::Text };
                let mut shown = Line::new().with(role, format!("   {line}")).indent(5);
                shown.about.copy = vec![("fix", fix.clone())];
                document.push(shown);
            }
        }
    }
}
