//! Statements, layers, requirements and caveats: what every decision shows.

use anstyle::Style;

use super::sheet::{Sheet, paint};
use super::{style, words};
use crate::answer::{
    Caveat, Cited, Layer, LayerResult, NearMiss, Outcome, Reason, Requirement, RequirementKind,
    Requirements, StatementRef, Verdict, Why, missed, statement_parts,
};
use crate::text::{safe, width};

/// Layers with their statements and what those say. Levels of control policies that just allow
/// share a line, and so do the layers that have no part. What stands `above` already, as the
/// reason of a denial, is not said again.
pub(crate) fn layers(
    sheet: &mut Sheet,
    indent: usize,
    layers: &[LayerResult],
    above: Option<&Reason>,
    answer: &Why,
) {
    let mut idle: Vec<&str> = Vec::new();
    let mut rest = layers;
    while let Some((layer, after)) = rest.split_first() {
        rest = after;
        if layer.outcome == Outcome::NotApplicable && layer.statements.is_empty() {
            if !idle.contains(&layer.layer.title()) {
                idle.push(layer.layer.title());
            }
            continue;
        }
        let mut group = vec![layer];
        while let Some((next, after)) = rest.split_first()
            && layer.outcome == Outcome::Allow
            && next.outcome == Outcome::Allow
            && next.layer == layer.layer
        {
            group.push(next);
            rest = after;
        }
        let said =
            above.is_some_and(|reason| reason.layer == layer.layer && reason.level == layer.level);
        one_layer(sheet, indent, &group, said, answer);
    }
    if !idle.is_empty() {
        let text = format!("no part in this call: {}", idle.join(", "));
        let mark = format!("{} ", words::nothing(sheet.page));
        sheet.labelled(indent, &paint(style::FAINT, &mark), style::FAINT, &text);
    }
}

fn one_layer(sheet: &mut Sheet, indent: usize, group: &[&LayerResult], said: bool, answer: &Why) {
    let Some(first) = group.first() else { return };
    let levels: Vec<&str> = group.iter().filter_map(|layer| layer.level.as_deref()).collect();
    let at = if levels.is_empty() { String::new() } else { format!(" at {}", levels.join(", ")) };
    let plural = matches!(first.layer, Layer::Identity | Layer::Scp | Layer::Rcp);
    let (color, mark, what) = if is_unread(first, &answer.requirements) {
        (style::verdict(Verdict::Unknown), "?", "not read")
    } else {
        let mark = words::outcome_mark(sheet.page, first.outcome);
        (style::outcome(first.outcome), mark, words::outcome_words(first.outcome, plural))
    };
    let mark = paint(color, &format!("{mark} "));
    let see = if said { " (as said above)" } else { "" };
    let head = format!("{}{at}: {what}{see}", first.layer.title());
    sheet.labelled(indent, &mark, color, &head);
    for layer in group {
        // `FullAWSAccess` at every level says nothing; other statements do.
        let quiet = |statement: &&StatementRef| {
            statement.policy.ends_with("FullAWSAccess") || (said && statement.effect == "Deny")
        };
        for statement in layer.statements.iter().filter(|statement| !quiet(statement)) {
            cited(sheet, indent + 4, statement, answer);
        }
        if !said {
            near_misses(sheet, indent + 4, &layer.near_misses, &answer.statements);
        }
    }
}

/// Whether a layer is open because nothing of it is known, so that no statement says on what it
/// depends.
pub(super) fn is_unread(layer: &LayerResult, requirements: &Requirements) -> bool {
    layer.outcome == Outcome::Open
        && layer.statements.is_empty()
        && requirements.iter().flatten().any(|one| one.kind == RequirementKind::NotRead)
}

/// A cited statement, and what it says.
pub(crate) fn cited(sheet: &mut Sheet, indent: usize, statement: &StatementRef, answer: &Why) {
    let cited = answer.statements.iter().find(|cited| cited.statement == *statement);
    let mut pieces = reference(statement);
    pieces.extend(cited.map(aside));
    sheet.pieces(indent, &pieces);
    let text = cited.and_then(|cited| cited.text.as_deref()).unwrap_or_default();
    let parts = statement_parts(text);
    let together: Vec<String> =
        parts.iter().map(|(label, text)| format!("{label} {text}")).collect();
    let together = together.join("   ");
    if width(&together) + indent + 4 <= sheet.page.width {
        return sheet.line_if_any(indent + 4, style::FAINT, &together);
    }
    for (label, text) in parts {
        let first = text.split(' ').next().map_or(0, width);
        if indent + 5 + width(&label) + first > sheet.page.width {
            sheet.prose(indent + 4, style::FAINT, &label);
            sheet.prose(indent + 8, style::FAINT, &text);
            continue;
        }
        let label = paint(style::FAINT, &format!("{} ", safe(&label)));
        sheet.labelled(indent + 4, &label, style::FAINT, &text);
    }
}

/// Statements that nearly matched, each with the part that did not.
pub(crate) fn near_misses(
    sheet: &mut Sheet,
    indent: usize,
    misses: &[NearMiss],
    statements: &[Cited],
) {
    for miss in misses {
        let statement = missed(miss);
        let mut pieces = reference(&statement);
        if let Some(first) = pieces.first_mut() {
            first.insert_str(0, "nearly: ");
        }
        pieces.extend(statements.iter().find(|it| it.statement == statement).map(aside));
        sheet.pieces(indent, &pieces);
        sheet.labelled(indent + 4, "but ", Style::new(), &miss.failed_on);
    }
}

/// What people look a statement up by, beside what evidence calls it: the name of its policy,
/// and the line where it begins in a document of several.
fn aside(cited: &Cited) -> String {
    let name = cited.name.as_deref().map(|name| safe(name).into_owned());
    let line =
        cited.place.filter(|place| place.line > 1).map(|place| format!("line {}", place.line));
    let both: Vec<String> = name.into_iter().chain(line).collect();
    if both.is_empty() {
        return String::new();
    }
    paint(style::FAINT, &format!("({})", both.join(", ")))
}

/// `Deny p-abc #2 "DenyAssume" on ou-x`.
pub(crate) fn statement_line(statement: &StatementRef) -> String {
    reference(statement).join(" ")
}

/// `the trust policy ("HubApply")`, for sentences.
pub(crate) fn statement_name(statement: &StatementRef) -> String {
    let policy = policy(&statement.policy);
    match &statement.sid {
        Some(sid) => format!("{policy} (\"{sid}\")"),
        None => format!("{policy} (#{})", statement.index),
    }
}

/// A policy by the part of its ARN that people know; the whole one is in the JSON.
fn policy(name: &str) -> String {
    match name.rsplit_once(':') {
        Some((start, last)) if start.starts_with("arn:") && last.starts_with("policy/") => {
            let owner = if start.ends_with(":aws") { "AWS's " } else { "" };
            format!("{owner}{last}")
        }
        _ if name == "trust policy" => "the trust policy".to_owned(),
        _ => name.to_owned(),
    }
}

/// Which statement, and on what its policy is.
fn reference(statement: &StatementRef) -> Vec<String> {
    let StatementRef { policy: named, attached_to, index, sid, effect } = statement;
    let color = if *effect == "Deny" { Verdict::Denied } else { Verdict::Allowed };
    let sid = sid.as_deref().map(|sid| format!(" \"{}\"", safe(sid))).unwrap_or_default();
    let policy = policy(named);
    let policy = policy.strip_prefix("the ").unwrap_or(&policy);
    vec![
        format!("{} {} #{index}{sid}", paint(style::verdict(color), &safe(effect)), safe(policy)),
        paint(style::FAINT, &format!("on {}", words::owner(attached_to))),
    ]
}

/// What must hold, grouped: one set that suffices after the other.
pub(crate) fn requirements(sheet: &mut Sheet, indent: usize, sets: &Requirements, hops: usize) {
    match sets.as_slice() {
        [] => {}
        [only] if only.is_empty() => {}
        [only] => set(sheet, indent, only, hops),
        several => {
            for (index, one) in several.iter().enumerate() {
                let number = index + 1;
                if one.is_empty() {
                    sheet.line(indent, &format!("{number}. without further needs"));
                    continue;
                }
                sheet.line(indent, &format!("{number}. when"));
                set(sheet, indent + 3, one, hops);
            }
        }
    }
}

fn set(sheet: &mut Sheet, indent: usize, set: &[Requirement], hops: usize) {
    for requirement in set {
        let need = words::need(requirement);
        let hop = if hops > 1 { format!("hop {} ", requirement.hop) } else { String::new() };
        let mark = words::mark(sheet.page, Verdict::Conditional);
        let color = match requirement.kind {
            RequirementKind::NotRead => Verdict::Unknown,
            _ => Verdict::Conditional,
        };
        let mark = if color == Verdict::Unknown { "?" } else { mark };
        let label = paint(style::verdict(color), &format!("{mark} {need:<9}"));
        sheet.labelled(indent, &format!("{label}{hop}"), Style::new(), &requirement.text);
    }
}

/// `needs you, mfa`, with how many other ways there are; nothing where nothing is needed.
pub(crate) fn needs_in_short(sets: &Requirements) -> Option<String> {
    let easiest = words::easiest(sets).filter(|set| !set.is_empty())?;
    let others = match sets.len() - 1 {
        0 => String::new(),
        1 => " (or another way)".to_owned(),
        more => format!(" (or {more} other ways)"),
    };
    Some(format!("needs {}{others}", words::needs(easiest).join(", ")))
}

/// What the verdict assumes.
pub(crate) fn caveats(sheet: &mut Sheet, indent: usize, caveats: &[Caveat]) {
    for caveat in caveats {
        let label = paint(style::FAINT, &format!("[{}] ", safe(caveat.id)));
        sheet.labelled(indent, &label, style::FAINT, &caveat.text);
    }
}
