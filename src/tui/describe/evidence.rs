//! The proof of a decision: its layers, their statements and near misses.

use super::super::document::{About, Document, Line};
use super::super::look::{Role, outcome_mark, verdict_mark};
use super::Names;
use crate::answer::{
    Cited, Hop, LayerResult, NearMiss, Outcome, RequirementKind, Requirements, StatementRef,
    Verdict, missed, statement_parts,
};

/// What lines of evidence take beside the evidence itself.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) names: &'a Names,
    /// What the statements say, where it is known.
    pub(super) cited: &'a [Cited],
    pub(super) verdict: Verdict,
    pub(super) requirements: &'a Requirements,
}

impl<'a> Said<'a> {
    /// Of a hop, whose statements are named and not shown.
    pub(super) fn hop(hop: &'a Hop, names: &'a Names) -> Self {
        Self { names, cited: &[], verdict: hop.verdict, requirements: &hop.requirements }
    }

    /// The mark and the words of what a layer contributes. That nothing matches is a refusal
    /// only in a decision that refuses, for one layer can grant alone (rule D3).
    fn outcome(&self, layer: &LayerResult) -> (&'static str, Role, &'static str) {
        let not_read = || {
            let mut all = self.requirements.iter().flatten();
            all.any(|requirement| requirement.kind == RequirementKind::NotRead)
        };
        let (mark, role) = outcome_mark(layer.outcome);
        match layer.outcome {
            Outcome::Allow => (mark, role, "allows"),
            Outcome::Deny => (mark, role, "denies"),
            Outcome::NoMatch if self.verdict == Verdict::Denied => (mark, role, "nothing matches"),
            Outcome::NoMatch => ("·", Role::Muted, "nothing matches"),
            Outcome::Open if layer.statements.is_empty() && not_read() => {
                (verdict_mark(Verdict::Unknown), Role::VerdictUnknown, "not read")
            }
            Outcome::Open => (mark, role, "depends"),
            Outcome::NotApplicable => (mark, role, "no part in this call"),
        }
    }

    fn of(&self, statement: &StatementRef) -> Option<&Cited> {
        self.cited.iter().find(|cited| cited.statement == *statement)
    }
}

/// Each layer with what decided in it. Levels of a control policy that allow share a line, for
/// a deep organization would otherwise hide the rest, and so do the layers that have no part.
pub(super) fn layers(
    document: &mut Document,
    layers: &[LayerResult],
    said: Said<'_>,
    margin: &str,
) {
    let names = said.names;
    let together = |one: &LayerResult, other: &LayerResult| {
        one.layer == other.layer && one.outcome == Outcome::Allow && other.outcome == Outcome::Allow
    };
    let mut idle: Vec<&str> = Vec::new();
    for group in layers.chunk_by(together) {
        let Some(first) = group.first() else { continue };
        if first.outcome == Outcome::NotApplicable && first.statements.is_empty() {
            if !idle.contains(&first.layer.title()) {
                idle.push(first.layer.title());
            }
            continue;
        }
        let (mark, role, outcome) = said.outcome(first);
        let mut line = Line::new().with(role, format!("{margin}{mark} ")).text(first.layer.title());
        let levels: Vec<_> = group
            .iter()
            .filter_map(|layer| layer.level.as_deref())
            .map(|level| names.account(level))
            .collect();
        if !levels.is_empty() {
            line = line.muted(format!("  at {}", levels.join(", ")));
        }
        document.push(line.muted(format!("  {outcome}")).indent(indent(margin, 4)));
        for layer in group {
            // `FullAWSAccess` at every level says nothing.
            let telling = |it: &&StatementRef| !it.policy.ends_with("FullAWSAccess");
            for statement in layer.statements.iter().filter(telling) {
                evidence_in_full(document, statement, said, margin);
            }
            for miss in &layer.near_misses {
                near_miss(document, miss, said, margin);
            }
        }
    }
    if !idle.is_empty() {
        let (mark, _) = outcome_mark(Outcome::NotApplicable);
        let text = format!("{margin}{mark} no part in this call: {}", idle.join(", "));
        document.push(Line::new().muted(text).indent(indent(margin, 4)));
    }
}

/// A statement, and what it says where its text is at hand.
fn evidence_in_full(document: &mut Document, one: &StatementRef, said: Said<'_>, margin: &str) {
    let cited = said.of(one);
    let about = attached(&one.attached_to, &one.policy);
    document.push(evidence(one, said.names, margin).muted(aside(cited)));
    let text = cited.and_then(|cited| cited.text.as_deref()).unwrap_or_default();
    for (label, text) in statement_parts(text) {
        document.push(
            Line::new()
                .muted(format!("{margin}      {label} {text}"))
                .indent(indent(margin, 8))
                .about(about.clone()),
        );
    }
}

/// What people look a statement up by, beside what evidence calls it: the name of its policy,
/// and the line where it begins in a document of several.
fn aside(cited: Option<&Cited>) -> String {
    let Some(cited) = cited else { return String::new() };
    let place = cited.place.filter(|place| place.line > 1);
    match (&cited.name, place) {
        (None, None) => String::new(),
        (Some(name), None) => format!("  ({name})"),
        (None, Some(place)) => format!("  (line {})", place.line),
        (Some(name), Some(place)) => format!("  ({name}, line {})", place.line),
    }
}

/// The name of a statement, as its author would look for it.
pub(super) fn statement(index: usize, sid: Option<&str>) -> String {
    match sid {
        Some(sid) => format!("#{index} \"{sid}\""),
        None => format!("#{index}"),
    }
}

pub(super) fn evidence(evidence: &StatementRef, names: &Names, margin: &str) -> Line {
    let role = if evidence.effect == "Deny" { Role::VerdictDenied } else { Role::Text };
    Line::new()
        .with(role, format!("{margin}    {} ", evidence.effect))
        .text(format!(
            "{} {}",
            names.short(&evidence.policy),
            statement(evidence.index, evidence.sid.as_deref())
        ))
        .muted(format!("  on {}", names.short(names.account(&evidence.attached_to))))
        .indent(indent(margin, 6))
        .about(attached(&evidence.attached_to, &evidence.policy))
}

pub(super) fn near_miss(document: &mut Document, miss: &NearMiss, said: Said<'_>, margin: &str) {
    let names = said.names;
    let place = statement(miss.index, miss.sid.as_deref());
    document.push(
        Line::new()
            .muted(format!("{margin}    nearly: {} ", miss.effect))
            .text(format!("{} {place}", names.short(&miss.policy)))
            .muted(format!("  on {}", names.short(names.account(&miss.attached_to))))
            .muted(aside(said.of(&missed(miss))))
            .indent(indent(margin, 6))
            .about(attached(&miss.attached_to, &miss.policy)),
    );
    document.push(
        Line::new()
            .with(Role::VerdictDenied, format!("{margin}      failed on "))
            .text(miss.failed_on.clone())
            .indent(indent(margin, 8))
            .about(attached(&miss.attached_to, &miss.policy)),
    );
}

fn attached(attached_to: &str, policy: &str) -> About {
    About {
        copy: vec![("policy", policy.to_owned()), ("attached to", attached_to.to_owned())],
        ..About::thing(attached_to)
    }
}

pub(super) fn indent(margin: &str, more: u16) -> u16 {
    u16::try_from(margin.chars().count()).unwrap_or(0).saturating_add(more)
}
