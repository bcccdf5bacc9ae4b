//! Statements, layers, requirements and caveats: what every decision shows.

use anstyle::Style;

use super::sheet::{Sheet, paint};
use super::{style, words};
use crate::answer::{
    Caveat, LayerResult, NearMiss, Outcome, Requirement, Requirements, StatementRef, Verdict,
};
use crate::text::safe;

/// Layers with their statements. Levels of control policies that just allow share a line, and
/// so do the layers that have no part.
pub(crate) fn layers(sheet: &mut Sheet, indent: usize, layers: &[LayerResult]) {
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
        one_layer(sheet, indent, &group);
    }
    if !idle.is_empty() {
        let text = format!("no part in this call: {}", idle.join(", "));
        sheet.prose(indent, style::FAINT, &format!("{} {text}", words::nothing(sheet.page)));
    }
}

fn one_layer(sheet: &mut Sheet, indent: usize, group: &[&LayerResult]) {
    let Some(first) = group.first() else { return };
    let levels: Vec<&str> = group.iter().filter_map(|layer| layer.level.as_deref()).collect();
    let at =
        if levels.is_empty() { String::new() } else { format!(" at {}", safe(&levels.join(", "))) };
    let mark = words::outcome_mark(sheet.page, first.outcome);
    let head =
        format!("{mark} {}{at}: {}", first.layer.title(), words::outcome_words(first.outcome));
    sheet.line(indent, &paint(style::outcome(first.outcome), &head));
    for layer in group {
        // `FullAWSAccess` at every level says nothing; statements of other layers do.
        let quiet = group.len() > 1;
        for statement in layer.statements.iter().filter(|_| !quiet) {
            sheet.line(indent + 4, &statement_line(statement));
        }
        near_misses(sheet, indent + 4, &layer.near_misses);
    }
}

/// Statements that nearly matched, each with the part that did not.
pub(crate) fn near_misses(sheet: &mut Sheet, indent: usize, misses: &[NearMiss]) {
    for miss in misses {
        near_miss(sheet, indent, miss);
    }
}

/// `Deny p-abc #2 "DenyAssume" on ou-x`.
pub(crate) fn statement_line(statement: &StatementRef) -> String {
    reference(
        statement.effect,
        &statement.policy,
        &statement.attached_to,
        statement.index,
        statement.sid.as_deref(),
    )
}

fn reference(effect: &str, policy: &str, on: &str, index: usize, sid: Option<&str>) -> String {
    let color = if effect == "Deny" { Verdict::Denied } else { Verdict::Allowed };
    let sid = sid.map(|sid| format!(" \"{}\"", safe(sid))).unwrap_or_default();
    let on = words::short(on);
    format!(
        "{} {} #{index}{sid} {}",
        paint(style::verdict(color), &safe(effect)),
        safe(policy),
        paint(style::FAINT, &format!("on {on}")),
    )
}

fn near_miss(sheet: &mut Sheet, indent: usize, miss: &NearMiss) {
    let line =
        reference(miss.effect, &miss.policy, &miss.attached_to, miss.index, miss.sid.as_deref());
    sheet.line(indent, &format!("nearly: {line}"));
    sheet.labelled(indent + 4, "but ", Style::new(), &miss.failed_on);
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
            crate::answer::RequirementKind::NotRead => Verdict::Unknown,
            _ => Verdict::Conditional,
        };
        let mark = if color == Verdict::Unknown { "?" } else { mark };
        let label = paint(style::verdict(color), &format!("{:<10}", format!("{mark}{need}")));
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
