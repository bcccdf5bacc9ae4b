//! Probes: what is asked before, and what came back.

use super::super::document::{About, Document, Line, Way};
use super::super::look::{Role, verdict_mark, verdict_role};
use super::super::probes::{Entry, Progress};
use super::super::session::{ProbeQuestion, ProbeRequest};
use super::Names;
use crate::probe::ProbeOutcome;

/// Who is about to assume what, with which credentials.
pub(crate) fn question(
    request: &ProbeRequest,
    question: Option<&ProbeQuestion>,
    names: &Names,
) -> Document {
    let mut document = Document::new("probe live?");
    for (number, hop) in request.path.hops.iter().enumerate() {
        document.push(
            Line::new()
                .muted(format!("{}. ", number + 1))
                .text(names.short(&hop.from))
                .muted(" assumes ")
                .text(names.short(&hop.to))
                .muted(format!("  {}  predicted ", hop.action))
                .with(
                    verdict_role(hop.verdict),
                    format!("{} {}", verdict_mark(hop.verdict), hop.verdict),
                )
                .indent(3),
        );
    }
    document.blank();
    match question {
        None => document.say(Role::Muted, "looking at the present credentials …"),
        Some(question) => {
            document.field("credentials", question.credentials.clone());
            for note in &question.notes {
                document.push(Line::new().with(Role::Notice, "! ").text(note.clone()).indent(2));
            }
            document.blank();
            document.say(
                Role::Strong,
                if question.live {
                    "enter makes these calls, esc makes none"
                } else {
                    "enter shows the prediction, esc goes back"
                },
            );
        }
    }
    document
}

/// One probe, hop by hop.
pub(crate) fn probe(entry: &Entry, names: &Names) -> Document {
    let request = &entry.request;
    let mut document = Document::new(format!(
        "{} → {}",
        names.short(&request.source),
        names.short(&request.target)
    ));
    for hop in &entry.hops {
        let (word, role) = match hop.outcome {
            ProbeOutcome::Assumed => ("assumed", Role::VerdictAllowed),
            ProbeOutcome::Refused => ("refused", Role::VerdictDenied),
            ProbeOutcome::Failed => ("failed", Role::Error),
            ProbeOutcome::Skipped => ("skipped", Role::Muted),
        };
        let mut line = Line::new()
            .text(names.short(&hop.from))
            .muted(" → ")
            .text(names.short(&hop.to))
            .indent(3)
            .about(About {
                way: Some(Way::new(hop.from.clone(), hop.to.clone())),
                ..About::thing(hop.to.clone())
            });
        line = match hop.predicted {
            Some(verdict) => line
                .muted("  predicted ")
                .with(verdict_role(verdict), format!("{} {verdict}", verdict_mark(verdict))),
            None => line.muted("  no prediction"),
        };
        line = line.muted("  outcome ").with(role, word);
        document.push(match hop.ms {
            Some(ms) => line.muted(format!("  {ms} ms")),
            None => line,
        });
        for (label, value) in [("is now", &hop.identity), ("because", &hop.error)] {
            if let Some(value) = value {
                document
                    .push(Line::new().muted(format!("   {label} ")).text(value.clone()).indent(5));
            }
        }
    }
    document.blank();
    match &entry.progress {
        Progress::Running => document.say(Role::Muted, "running …"),
        Progress::Failed(message) => document.say(Role::Error, message.clone()),
        Progress::Done { agrees, called } => {
            let (role, text) = match (called, agrees) {
                (false, _) => (
                    Role::Notice,
                    "Nothing was called: this is what the snapshot predicts, not an outcome.",
                ),
                (true, Some(true)) => (Role::VerdictAllowed, "Outcome and prediction agree."),
                (true, Some(false)) => {
                    (Role::Error, "Outcome and prediction disagree: that is the finding.")
                }
                (true, None) => (Role::Muted, "Nothing was tried that the prediction speaks of."),
            };
            document.say(role, text);
        }
    }
    document
}
