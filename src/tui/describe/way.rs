//! Why a call succeeds or fails, and paths drawn hop by hop.

use std::collections::BTreeSet;

use super::super::document::{About, Document, Line, Way};
use super::super::look::{Role, outcome_mark, verdict_mark, verdict_role};
use super::Names;
use crate::answer::{
    Cited, Companion, Hop, LayerResult, NearMiss, Outcome, Path, Paths, Reason, Requirement,
    RequirementKind, Requirements, StatementRef, Verdict, Why, missed, statement_parts,
};

/// One decision with its evidence.
pub(crate) fn why(answer: &Why, names: &Names) -> Document {
    let (from, to) = (names.short(&answer.caller), names.short(&answer.target));
    let mut document = Document::new(format!("why {from} → {to}"));
    document.push(headline(answer.verdict, &format!("{from} → {to}")));
    document.push(Line::new().muted(format!("  {}", answer.action)));
    if let Some(reason) = &answer.reason {
        blocked(&mut document, reason, "  ");
    }
    requirements(&mut document, &answer.requirements, "  ");
    document.heading("Layers");
    let said = Said { names, cited: &answer.statements };
    layers(&mut document, &answer.layers, said, "");
    if !answer.companions.is_empty() {
        document.heading(format!("Beside {} the call needs", answer.action));
        for one in &answer.companions {
            companion(&mut document, one, answer, said);
        }
    }
    if !answer.caveats.is_empty() {
        document.heading("Assumed, or out of sight");
        for caveat in &answer.caveats {
            let line = Line::new().muted(format!("{:<3} ", caveat.id)).text(caveat.text.clone());
            document.push(line.indent(4));
        }
    }
    for line in &mut document.lines {
        if line.about.way.is_none() {
            line.about.way = Some(Way::new(&answer.caller, &answer.target));
        }
    }
    document
}

/// What lines of evidence take beside the evidence itself.
#[derive(Clone, Copy)]
struct Said<'a> {
    names: &'a Names,
    /// What the statements say, where it is known.
    cited: &'a [Cited],
}

impl Said<'_> {
    fn of(&self, statement: &StatementRef) -> Option<&Cited> {
        self.cited.iter().find(|cited| cited.statement == *statement)
    }
}

/// A permission beside the call's action: one line where it is given, its layers where not.
fn companion(document: &mut Document, one: &Companion, answer: &Why, said: Said<'_>) {
    document.push(
        Line::new()
            .with(verdict_role(one.verdict), format!("{} ", verdict_mark(one.verdict)))
            .text(one.action)
            .muted(format!("  {}", one.verdict))
            .indent(2),
    );
    if one.verdict == Verdict::Allowed {
        return;
    }
    if let Some(reason) =
        one.reason.as_ref().filter(|reason| answer.reason.as_ref() != Some(reason))
    {
        blocked(document, reason, "  ");
    }
    let decided =
        |layer: &&LayerResult| !matches!(layer.outcome, Outcome::Allow | Outcome::NotApplicable);
    let part: Vec<LayerResult> = one.layers.iter().filter(decided).cloned().collect();
    layers(document, &part, said, "  ");
}

fn headline(verdict: Verdict, text: &str) -> Line {
    Line::new()
        .with(verdict_role(verdict), format!("{} {verdict}  ", verdict_mark(verdict)))
        .strong(text)
        .indent(2)
}

fn blocked(document: &mut Document, reason: &Reason, margin: &str) {
    let how = if reason.explicit { "an explicit deny" } else { "nothing allows it" };
    let place = reason.level.as_ref().map(|level| format!(" at {level}")).unwrap_or_default();
    document.push(
        Line::new()
            .with(
                Role::VerdictDenied,
                format!("{margin}✕ {}{place}: {how}  ", reason.layer.title()),
            )
            .text(reason.text.clone())
            .indent(indent(margin, 2)),
    );
}

fn requirements(document: &mut Document, requirements: &Requirements, margin: &str) {
    let choices: Vec<_> = requirements.iter().filter(|all| !all.is_empty()).collect();
    if choices.is_empty() || requirements.iter().any(Vec::is_empty) {
        return;
    }
    for (number, all) in choices.iter().enumerate() {
        if choices.len() > 1 {
            let word = if number == 0 { "either" } else { "or" };
            document.push(Line::new().muted(format!("{margin}{word}")));
        }
        for one in *all {
            document.push(requirement(one, margin));
        }
    }
}

fn requirement(requirement: &Requirement, margin: &str) -> Line {
    let word = super::super::look::need_word(requirement.kind.as_str());
    let (mark, role) = match requirement.kind {
        RequirementKind::NotRead => ("?", Role::VerdictUnknown),
        _ => ("◐", Role::VerdictConditional),
    };
    let not = if requirement.negated { "not " } else { "" };
    let condition = format!(
        "{not}{} {} {}",
        requirement.key,
        requirement.operator,
        requirement.values.join(" | ")
    );
    // What no condition key stands for is said by the sentence alone.
    let shown = match requirement.operator.as_ref() {
        "Given" => String::new(),
        _ => format!("  ({})", condition.trim()),
    };
    Line::new()
        .with(role, format!("{margin}{mark} {word:<5} "))
        .text(requirement.text.clone())
        .muted(shown)
        .indent(indent(margin, 8))
        .about(About { copy: vec![("condition", condition.trim().to_owned())], ..About::default() })
}

/// Each layer with what decided in it. Levels of a control policy that allow share a line, for
/// a deep organization would otherwise hide the rest, and so do the layers that have no part.
fn layers(document: &mut Document, layers: &[LayerResult], said: Said<'_>, margin: &str) {
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
        let (mark, role) = outcome_mark(first.outcome);
        let mut line = Line::new().with(role, format!("{margin}{mark} ")).text(first.layer.title());
        let levels: Vec<_> = group
            .iter()
            .filter_map(|layer| layer.level.as_deref())
            .map(|level| names.account(level))
            .collect();
        if !levels.is_empty() {
            line = line.muted(format!("  at {}", levels.join(", ")));
        }
        let outcome = match first.outcome {
            Outcome::Allow => "allows",
            Outcome::Deny => "denies",
            Outcome::NoMatch => "nothing matches",
            Outcome::Open => "depends",
            Outcome::NotApplicable => "no part in this call",
        };
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

fn near_miss(document: &mut Document, miss: &NearMiss, said: Said<'_>, margin: &str) {
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

fn indent(margin: &str, more: u16) -> u16 {
    u16::try_from(margin.chars().count()).unwrap_or(0).saturating_add(more)
}

/// One of the paths of an answer; hops in `open` show their layers.
pub(crate) fn paths(
    answer: &Paths,
    shown: usize,
    open: &BTreeSet<usize>,
    names: &Names,
) -> Document {
    let (from, to) = (names.short(&answer.source), names.short(&answer.target));
    let mut document = Document::new(match answer.paths.len() {
        0 => "no path".to_owned(),
        count => {
            format!("path {} of {count}{}", shown + 1, if answer.truncated { "+" } else { "" })
        }
    });
    if let Some(path) = answer.paths.get(shown) {
        draw_path(&mut document, path, open, names);
    } else {
        document.push(
            Line::new()
                .muted("· ")
                .text(format!("no path from {from} to {to} in what was read"))
                .indent(2)
                .about(About {
                    way: Some(Way::new(&answer.source, &answer.target)),
                    ..About::default()
                }),
        );
        document.say(Role::Muted, "  w says why the direct call is refused");
    }
    if !answer.not_read.is_empty() {
        document.heading("Not read, and may hide further paths");
        for gap in &answer.not_read {
            document.push(super::gap(&gap.name, &gap.not_read));
        }
    }
    document
}

fn draw_path(document: &mut Document, path: &Path, open: &BTreeSet<usize>, names: &Names) {
    document.push(
        Line::new()
            .with(
                verdict_role(path.verdict),
                format!("{} {}", verdict_mark(path.verdict), path.verdict),
            )
            .muted(format!("  {}", super::counted(path.hops.len(), "hop"))),
    );
    requirements(document, &path.requirements, "");
    document.blank();
    if let Some(first) = path.hops.first() {
        document.push(stop(&first.from, first, names));
    }
    for (number, hop) in path.hops.iter().enumerate() {
        draw_hop(document, hop, number, open.contains(&number), names);
        document.push(stop(&hop.to, hop, names));
    }
}

fn stop(name: &str, hop: &Hop, names: &Names) -> Line {
    Line::new().text(" ").with(Role::NodeAccount, names.short(name)).indent(3).about(About {
        way: Some(way(hop)),
        copy: vec![("name", name.to_owned())],
        ..About::thing(name)
    })
}

fn way(hop: &Hop) -> Way {
    Way { stops: vec![hop.from.clone(), hop.to.clone()], ..Way::new(&hop.from, &hop.to) }
}

fn draw_hop(document: &mut Document, hop: &Hop, number: usize, open: bool, names: &Names) {
    let about = || About { way: Some(way(hop)), part: Some(number), ..About::default() };
    let fold = if open { "▾" } else { "▸" };
    document.push(
        Line::new()
            .muted("    │  ")
            .with(verdict_role(hop.verdict), format!("{} ", verdict_mark(hop.verdict)))
            .strong(hop.action)
            .muted(format!("  {fold} layers"))
            .indent(7)
            .about(about()),
    );
    let start = document.lines.len();
    if let Some(reason) = &hop.reason {
        blocked(document, reason, "    │  ");
        if !open {
            blocking_statements(document, hop, reason, names);
        }
    }
    if open {
        requirements(document, &hop.requirements, "    │  ");
        layers(document, &hop.layers, Said { names, cited: &[] }, "    │  ");
    } else if hop.verdict != Verdict::Denied {
        let decided = deciding(hop, names);
        if !decided.is_empty() {
            document.push(Line::new().muted("    │  ").muted(decided).indent(7));
        }
        if hop.verdict == Verdict::Unknown {
            let line = Line::new().muted("    │  ");
            document
                .push(line.with(Role::VerdictUnknown, "? hangs on what was not read").indent(7));
        } else if let Some(needs) = super::reached::needs(&hop.requirements) {
            let line = Line::new().muted("    │  ");
            document.push(line.with(Role::VerdictConditional, format!("needs {needs}")).indent(7));
        }
    }
    for line in document.lines.iter_mut().skip(start) {
        line.about.way = Some(way(hop));
        line.about.part = Some(number);
    }
    document.push(Line::new().muted("    ▼").about(about()));
}

/// Denied paths show the statement that blocks without being asked.
fn blocking_statements(document: &mut Document, hop: &Hop, reason: &Reason, names: &Names) {
    let blocking = hop.layers.iter().filter(|layer| {
        layer.layer == reason.layer && matches!(layer.outcome, Outcome::Deny | Outcome::NoMatch)
    });
    for layer in blocking {
        for one in layer.statements.iter().filter(|one| !reason.explicit || one.effect == "Deny") {
            document.push(evidence(one, names, "    │"));
        }
        for miss in layer.near_misses.iter().take(1) {
            near_miss(document, miss, Said { names, cited: &[] }, "    │");
        }
    }
}

/// `trust #0 "TfcApply" · identity #1` of a hop that is closed.
fn deciding(hop: &Hop, names: &Names) -> String {
    let mut parts = Vec::new();
    for layer in hop.layers.iter().filter(|layer| layer.outcome == Outcome::Allow) {
        if let Some(first) = layer.statements.first() {
            let place = statement(first.index, first.sid.as_deref());
            let policy = names.short(&first.policy);
            parts.push(match layer.layer.as_str() {
                "trust" => format!("trust {place}"),
                "scp" | "rcp" => continue,
                name => format!("{name} {policy} {place}"),
            });
        }
    }
    parts.join(" · ")
}
