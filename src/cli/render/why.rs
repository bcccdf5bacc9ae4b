//! One decision: the verdict and what it rests on first, the proof after it.

use anstyle::Style;

use super::sheet::{Sheet, paint};
use super::{evidence, style, words};
use crate::answer::{
    Layer, LayerResult, Outcome, Reason, Requirement, RequirementKind, StatedFact, Verdict, Why,
};
use crate::cli::output::Page;
use crate::text::safe;

/// One decision as text.
pub(crate) fn why(answer: &Why, page: Page) -> String {
    let mut sheet = Sheet::new(page);
    match answer.verdict {
        Verdict::Allowed => allowed(&mut sheet, answer),
        Verdict::Denied => denied(&mut sheet, answer),
        Verdict::Conditional | Verdict::Unknown => open(&mut sheet, answer),
    }
    sheet.gap();
    sheet.line(2, &format!("caller  {}", paint(style::NAME, &safe(&answer.caller))));
    sheet.line(2, &format!("action  {}", safe(answer.action)));
    sheet.line(2, &format!("role    {}", paint(style::NAME, &safe(&answer.target))));
    stated(&mut sheet, &answer.stated);
    if !answer.layers.is_empty() {
        sheet.heading("What each layer says");
        let above = answer.reason.as_ref().filter(|reason| blocks_itself(answer, reason));
        evidence::layers(&mut sheet, 2, &answer.layers, above, answer);
    }
    companions(&mut sheet, answer);
    if !answer.caveats.is_empty() {
        sheet.heading("Assumed, or out of sight");
        evidence::caveats(&mut sheet, 2, &answer.caveats);
    }
    sheet.finish()
}

/// The verdict, and behind it why.
fn headline(sheet: &mut Sheet, verdict: Verdict, text: &str) {
    let mark = sheet.verdict(verdict);
    if text.is_empty() {
        sheet.line(0, &mark);
    } else {
        sheet.labelled(0, &format!("{mark}: "), Style::new(), text);
    }
}

/// The statements that grant it.
fn allowed(sheet: &mut Sheet, answer: &Why) {
    let granting = |wanted: Layer| {
        let layer =
            answer.layers.iter().find(|it| it.layer == wanted && it.outcome == Outcome::Allow)?;
        let statement = layer.statements.iter().find(|it| it.effect == "Allow")?;
        Some(evidence::statement_name(statement))
    };
    let by: Vec<String> =
        [Layer::Trust, Layer::Identity].into_iter().filter_map(granting).collect();
    let text = match by.as_slice() {
        [] => String::new(),
        [one] => format!("{one} allows it"),
        several => format!("{} allow it", several.join(" and ")),
    };
    headline(sheet, answer.verdict, &text);
}

/// What blocks, the sentence that says how, and the statements that do (or nearly allow).
fn denied(sheet: &mut Sheet, answer: &Why) {
    let Some(reason) = &answer.reason else {
        return headline(sheet, answer.verdict, "");
    };
    let itself = blocks_itself(answer, reason);
    let companion = answer
        .companions
        .iter()
        .find(|companion| !itself && companion.reason.as_ref() == Some(reason));
    let (action, layers) = companion
        .map_or((answer.action, &answer.layers), |companion| (companion.action, &companion.layers));
    headline(sheet, answer.verdict, &blocked_by(reason, action));
    sheet.prose(2, Style::new(), &reason.text);
    for layer in layers.iter().filter(|layer| is_blocking(layer, reason)) {
        if reason.explicit {
            for statement in layer.statements.iter().filter(|it| it.effect == "Deny") {
                evidence::cited(sheet, 4, statement, answer);
            }
        } else {
            evidence::near_misses(sheet, 4, &layer.near_misses, &answer.statements);
        }
    }
}

/// Whether a layer of the call's own action blocks, and not one of a permission beside it.
fn blocks_itself(answer: &Why, reason: &Reason) -> bool {
    let blocks = |layer: &LayerResult| {
        is_blocking(layer, reason) && matches!(layer.outcome, Outcome::Deny | Outcome::NoMatch)
    };
    answer.companions.iter().all(|companion| companion.reason.as_ref() != Some(reason))
        || answer.layers.iter().any(blocks)
}

fn is_blocking(layer: &LayerResult, reason: &Reason) -> bool {
    layer.layer == reason.layer
        && layer.level == reason.level
        && !matches!(layer.outcome, Outcome::NotApplicable)
}

/// What blocks: `explicit deny in the service control policies at ou-x`, `the trust policy does
/// not allow sts:AssumeRole`.
fn blocked_by(reason: &Reason, action: &str) -> String {
    let level = reason.level.as_deref().map(|level| format!(" at {level}")).unwrap_or_default();
    let title = reason.layer.title();
    match (reason.layer, reason.explicit) {
        (Layer::Sts, _) => "STS itself refuses the call".to_owned(),
        (Layer::Provider, _) => "the identity provider does not let the token in".to_owned(),
        (_, true) => format!("explicit deny in the {title}{level}"),
        (Layer::Identity | Layer::Scp | Layer::Rcp, false) => {
            format!("the {title}{level} do not allow {action}")
        }
        (_, false) => format!("the {title}{level} does not allow {action}"),
    }
}

/// The layer that blocks, in front of a sentence that says how.
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

/// What must hold, right below the verdict.
fn open(sheet: &mut Sheet, answer: &Why) {
    let sets = &answer.requirements;
    let short = match sets.as_slice() {
        [only] if only.len() <= 2 => in_one_sentence(only),
        _ => None,
    };
    let text = match (answer.verdict, sets.len()) {
        (Verdict::Unknown, _) => "undecided, because it was not read".to_owned(),
        (_, 0) => String::new(),
        (_, 1) => short.clone().unwrap_or_else(|| {
            let one = sets.first().is_some_and(|set| set.len() == 1);
            format!("allowed when {}", if one { "this holds" } else { "all of this holds" })
        }),
        (_, more) => format!("allowed in any one of these {more} cases"),
    };
    headline(sheet, answer.verdict, &text);
    if short.is_none() || answer.verdict == Verdict::Unknown {
        evidence::requirements(sheet, 2, sets, 1);
    }
    let options = words::easiest(sets).map(what_if).unwrap_or_default();
    if !options.is_empty() {
        let label = paint(style::FAINT, "ask again with ");
        sheet.labelled(2, &label, style::FAINT, &options.join(" "));
    }
}

/// The options that state what is needed, as far as the caller can see to it.
fn what_if(set: &[Requirement]) -> Vec<String> {
    let option = |requirement: &Requirement| {
        let [value, ..] = requirement.values.as_slice() else { return None };
        let equal = matches!(&*requirement.operator, "StringEquals" | "Bool" | "IpAddress");
        let key = requirement.key.to_ascii_lowercase();
        if key == "aws:multifactorauthpresent" && requirement.operator == "Bool" {
            return ((value == "true") != requirement.negated).then(|| "--mfa".to_owned());
        }
        if requirement.negated || !equal {
            return None;
        }
        let option = match key.as_str() {
            "sts:externalid" => format!("--external-id {}", quoted(value)),
            "sts:rolesessionname" => format!("--session-name {}", quoted(value)),
            "sts:sourceidentity" => format!("--source-identity {}", quoted(value)),
            "aws:sourceip" => format!("--source-ip {}", quoted(value.split('/').next()?)),
            _ => {
                let tag = requirement.key.get("aws:RequestTag/".len()..);
                let tag = tag.filter(|_| key.starts_with("aws:requesttag/"))?;
                format!("--tag {}", quoted(&format!("{tag}={value}")))
            }
        };
        Some(option)
    };
    set.iter().filter_map(option).collect()
}

/// A word that a shell takes as one.
fn quoted(text: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "_+=,.@:/-".contains(char);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// `allowed if you …`, where everything is the caller's to do.
fn in_one_sentence(set: &[Requirement]) -> Option<String> {
    const VERBS: [&str; 4] = ["pass ", "choose ", "use ", "call "];
    let do_it = |requirement: &Requirement| {
        let callers = matches!(
            requirement.kind,
            RequirementKind::CallerChoice
                | RequirementKind::CallerState
                | RequirementKind::Environment
                | RequirementKind::Time
        );
        callers && VERBS.iter().any(|verb| requirement.text.starts_with(verb))
    };
    if set.is_empty() || !set.iter().all(do_it) {
        return None;
    }
    // A session with MFA carries its mark.
    let goes_without_saying = |one: &Requirement| {
        let mfa = one.key.eq_ignore_ascii_case("aws:MultiFactorAuthPresent");
        let with_value = |other: &Requirement| other.key == one.key && other.operator == "Bool";
        mfa && one.operator == "Present" && !one.negated && set.iter().any(with_value)
    };
    let texts: Vec<&str> = set
        .iter()
        .filter(|requirement| !goes_without_saying(requirement))
        .map(|requirement| requirement.text.as_str())
        .collect();
    Some(format!("allowed if you {}", texts.join(" and ")))
}

/// What the answer takes for granted of every call because it was stated.
pub(super) fn scenario(sheet: &mut Sheet, facts: &[StatedFact]) {
    if facts.is_empty() {
        return;
    }
    stated(sheet, facts);
    let text = "of every call, where the caller can carry it";
    sheet.labelled(2, "        ", style::FAINT, text);
}

/// What the answer takes for granted because it was stated.
fn stated(sheet: &mut Sheet, facts: &[StatedFact]) {
    for (position, fact) in facts.iter().enumerate() {
        let label = if position == 0 { "what if " } else { "        " };
        let value = match fact.values.as_slice() {
            [] => " is absent".to_owned(),
            values => format!(" = {}", values.join(", ")),
        };
        let name = match fact.key.as_str() {
            "session-policy" => "the session policy",
            "endpoint" => {
                let text = "a VPC endpoint, whose policy was not read, takes the call";
                sheet.labelled(2, label, Style::new(), text);
                continue;
            }
            key => key,
        };
        let follows = if fact.implied { " (follows)" } else { "" };
        sheet.labelled(2, label, Style::new(), &format!("{name}{value}{follows}"));
    }
}

/// The permissions that the call needs beside its action: one line where they are given, their
/// layers where not.
fn companions(sheet: &mut Sheet, answer: &Why) {
    if answer.companions.is_empty() {
        return;
    }
    sheet.heading(&format!("Beside {} the call needs", answer.action));
    for companion in &answer.companions {
        let verdict = sheet.verdict(companion.verdict);
        sheet.line(2, &format!("{}  {verdict}", companion.action));
        if companion.verdict == Verdict::Allowed {
            continue;
        }
        if let Some(reason) =
            companion.reason.as_ref().filter(|it| answer.reason.as_ref() != Some(it))
        {
            sheet.prose(4, Style::new(), &reason.text);
        }
        let part: Vec<LayerResult> = companion
            .layers
            .iter()
            .filter(|layer| !matches!(layer.outcome, Outcome::Allow | Outcome::NotApplicable))
            .cloned()
            .collect();
        let above = answer.reason.as_ref().filter(|_| companion.reason == answer.reason);
        evidence::layers(sheet, 4, &part, above, answer);
    }
}
