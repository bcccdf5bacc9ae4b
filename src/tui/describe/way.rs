//! Why a call succeeds or fails, and paths drawn hop by hop.

use std::collections::BTreeSet;

use super::super::document::{About, Document, Line, Way};
use super::super::look::{Role, privilege_role, verdict_mark, verdict_role};
use super::Names;
use super::evidence::{Said, evidence, indent, layers, near_miss, statement};
use crate::answer::{
    Companion, Hop, LayerResult, Outcome, Path, Paths, Reason, Requirement, RequirementKind,
    Requirements, Verdict, Why, privileges,
};

/// One decision with its evidence.
pub(crate) fn why(answer: &Why, names: &Names) -> Document {
    let (from, to) = (names.short(&answer.caller), names.short(&answer.target));
    let mut document = Document::new(format!("why {from} → {to}"));
    document.push(headline(answer.verdict, &format!("{from} → {to}")));
    document.push(Line::new().muted(format!("  {}", answer.action)));
    if let Some(reason) = &answer.reason {
        blocked(&mut document, reason, names, "  ");
    }
    requirements(&mut document, &answer.requirements, "  ");
    document.heading("Layers");
    let said = Said {
        names,
        cited: &answer.statements,
        verdict: answer.verdict,
        requirements: &answer.requirements,
    };
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
        blocked(document, reason, said.names, "  ");
    }
    let decided =
        |layer: &&LayerResult| !matches!(layer.outcome, Outcome::Allow | Outcome::NotApplicable);
    let part: Vec<LayerResult> = one.layers.iter().filter(decided).cloned().collect();
    layers(document, &part, Said { verdict: one.verdict, ..said }, "  ");
}

fn headline(verdict: Verdict, text: &str) -> Line {
    Line::new()
        .with(verdict_role(verdict), format!("{} {verdict}  ", verdict_mark(verdict)))
        .strong(text)
        .indent(2)
}

fn blocked(document: &mut Document, reason: &Reason, names: &Names, margin: &str) {
    let level = reason.level.as_deref().map(|level| names.account(level));
    let place = level.map(|level| format!(" at {level}")).unwrap_or_default();
    let how = if reason.explicit { "explicit deny in the " } else { "" };
    document.push(
        Line::new()
            .with(Role::VerdictDenied, format!("{margin}✕ {how}{}{place}: ", reason.layer.title()))
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
    let word = super::super::look::need(requirement);
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
    document.push(super::up_to(answer.max_hops));
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
    let start = document.lines.len();
    if let Some(first) = path.hops.first() {
        document.push(stop(&first.from, first, names));
    }
    for (number, hop) in path.hops.iter().enumerate() {
        draw_hop(document, hop, number, open.contains(&number), names);
        let mut line = stop(&hop.to, hop, names);
        if let Some(privileges) = privileges(hop.privilege, hop.privilege_proven) {
            let role = privilege_role(privileges.most);
            line = line.with(role, format!("  {}", privileges.mark()));
        }
        document.push(line);
    }
    let stops: Vec<&str> = path.hops.iter().map(|hop| hop.to.as_str()).collect();
    let first = path.hops.first().map(|hop| hop.from.as_str());
    let whole = first.into_iter().chain(stops).collect::<Vec<_>>().join(" → ");
    for line in document.lines.iter_mut().skip(start) {
        line.about.copy.push(("path", whole.clone()));
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
    let copy = || vec![("caller", hop.from.clone()), ("role", hop.to.clone())];
    let about =
        || About { way: Some(way(hop)), part: Some(number), copy: copy(), ..About::default() };
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
        blocked(document, reason, names, "    │  ");
        if !open {
            blocking_statements(document, hop, reason, names);
        }
    }
    if open {
        requirements(document, &hop.requirements, "    │  ");
        layers(document, &hop.layers, Said::hop(hop, names), "    │  ");
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
        if line.about.copy.is_empty() {
            line.about.copy = copy();
        }
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
            near_miss(document, miss, Said::hop(hop, names), "    │");
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
