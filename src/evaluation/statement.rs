//! One statement of a policy as a formula, with what made it fail.

use std::sync::Arc;

use crate::arn::{self, glob::Glob};
use crate::policy::{
    Action, ArnSegments, Condition, Document, Effect, Resolved, ResourceElement, Statement,
    Template,
};

use super::caller::Target;
use super::condition;
use super::context::{Context, State};
use super::decision::{Layer, RequirementKind as Kind};
use super::evidence::Recorder;
use super::formula::{Atoms, Formula};
use super::principal::{self, Class, given};

/// Where a policy stands.
#[derive(Debug, Clone)]
pub(super) struct Place<'p> {
    pub(super) layer: Layer,
    /// The id of the root, OU or account, for control policies.
    pub(super) level: Option<&'p str>,
    pub(super) policy: Arc<str>,
    pub(super) attached_to: Arc<str>,
}

/// How a policy's statements treat `Principal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Principals {
    /// A trust policy: the element says who.
    Decide,
    /// A resource control policy: the element is always `*`.
    Everyone,
    /// Other policies have no such element; one that stands there is left open (rule S5).
    None,
}

/// What a statement does to the call: for a trust policy, once a way of matching the principal.
pub(super) struct Effective {
    pub(super) effect: Option<Effect>,
    pub(super) ways: Vec<(Class, Formula)>,
}

impl Effective {
    /// That the statement matches, however.
    pub(super) fn formula(self) -> Formula {
        Formula::any(self.ways.into_iter().map(|(_, formula)| formula))
    }
}

/// Evaluates every statement of a document and tells the recorder.
pub(super) fn evaluate<R: Recorder>(
    document: &Document,
    action: Action,
    principals: Principals,
    place: &Place<'_>,
    context: &Context<'_>,
    atoms: &mut Atoms,
    recorder: &mut R,
) -> Vec<Effective> {
    document
        .statements
        .iter()
        .enumerate()
        .map(|(index, statement)| {
            let mut failed = Vec::new();
            let ways =
                ways::<R>(index, statement, action, principals, place, context, atoms, &mut failed);
            if R::WANTED {
                let matched = Formula::any(ways.iter().map(|(_, formula)| formula.clone()));
                recorder.statement(place, index, statement, &matched, failed);
            }
            Effective { effect: statement.effect, ways }
        })
        .collect()
}

#[expect(clippy::too_many_arguments, reason = "all of it belongs to one statement of one call")]
fn ways<R: Recorder>(
    index: usize,
    statement: &Statement,
    action: Action,
    principals: Principals,
    place: &Place<'_>,
    context: &Context<'_>,
    atoms: &mut Atoms,
    failed: &mut Vec<String>,
) -> Vec<(Class, Formula)> {
    // Without a recorder the first part that fails ends the work.
    let mut dead = false;
    if !statement.action.has(action) {
        if !R::WANTED {
            return Vec::new();
        }
        dead = true;
        let patterns: Vec<&str> = statement.action.patterns().collect();
        let element = if statement.action.negated() { "NotAction" } else { "Action" };
        failed.push(format!(
            "action: `{element}` holds `{}`, the call needs `{}`",
            patterns.join("`, `"),
            action.as_str()
        ));
    }
    let mut ways = who(statement, principals, place, context, atoms, failed);
    dead |= ways.is_empty();
    if dead && !R::WANTED {
        return Vec::new();
    }
    let mut rest = Formula::True;
    if let Some(element) = &statement.resource {
        let covers = resource(element, context, atoms);
        if covers == Formula::False {
            let patterns: Vec<&str> =
                element.patterns.iter().map(|each| each.template.text.as_str()).collect();
            let element = if element.negated { "NotResource" } else { "Resource" };
            failed.push(format!(
                "resource: `{element}` holds `{}`, the role is `{}`",
                patterns.join("`, `"),
                context.call.target.arn(context.facts)
            ));
        }
        rest = rest.and(covers);
    } else if !matches!(principals, Principals::Decide) && statement.problems.is_empty() {
        let text =
            "the statement has no `Resource`, and what it then means is not settled".to_owned();
        let key = format!("{} without Resource", place.policy);
        rest = rest.and(given(context, atoms, &key, "", Kind::AmbiguousRule, text));
    }
    for each in &statement.conditions {
        if rest == Formula::False && !R::WANTED {
            return Vec::new();
        }
        let holds = condition::formula(each, context, atoms);
        if holds == Formula::False {
            failed.push(failed_condition(each, context));
        }
        rest = rest.and(holds);
    }
    if !statement.problems.is_empty() {
        let text = format!(
            "a statement of `{}` could not be read whole ({}); whether it matches is open",
            place.policy,
            statement.problems.join("; ")
        );
        // Each statement is open for itself, and for each action.
        let level = place.level.unwrap_or_default();
        let key = format!(
            "{level} {} {} statement {index} {}",
            place.attached_to,
            place.policy,
            action.as_str()
        );
        rest = rest.and(given(context, atoms, &key, "", Kind::NotRead, text));
    }
    if dead || rest == Formula::False {
        return Vec::new();
    }
    ways.retain(|(_, formula)| *formula != Formula::False);
    for (_, formula) in &mut ways {
        *formula = std::mem::replace(formula, Formula::False).and(rest.clone());
    }
    ways
}

fn who(
    statement: &Statement,
    principals: Principals,
    place: &Place<'_>,
    context: &Context<'_>,
    atoms: &mut Atoms,
    failed: &mut Vec<String>,
) -> Vec<(Class, Formula)> {
    let everyone = vec![(Class::Anyone, Formula::True)];
    match (principals, &statement.principal) {
        (Principals::Decide, Some(element)) => {
            let ways = principal::matches(element, statement.effect, context, atoms);
            if ways.iter().all(|(_, formula)| *formula == Formula::False) {
                failed.push(format!(
                    "principal: it names `{}`, the caller is `{}`",
                    principal::entries(element),
                    super::caller_text(context.facts, context.call.caller)
                ));
            }
            ways
        }
        (Principals::Decide, None) => {
            failed.push("principal: the statement names none".to_owned());
            if statement.problems.is_empty() { Vec::new() } else { everyone }
        }
        (Principals::None, None) => everyone,
        (Principals::Everyone, Some(element))
            if !element.negated && element.entries.iter().any(|entry| entry.text() == "*") =>
        {
            everyone
        }
        (Principals::Everyone, None) => everyone,
        _ => {
            let text = "a `Principal` stands where this type of policy has none".to_owned();
            let key = format!("{} Principal", place.policy);
            vec![(Class::Anyone, given(context, atoms, &key, "", Kind::AmbiguousRule, text))]
        }
    }
}

/// Whether the element covers the role (rule S3).
fn resource(element: &ResourceElement, context: &Context<'_>, atoms: &mut Atoms) -> Formula {
    let arn = context.call.target.arn(context.facts);
    let some_role = matches!(context.call.target, Target::Unread(_, None));
    let mut any = Formula::False;
    let segments = ArnSegments::new(&arn);
    for pattern in &element.patterns {
        if !some_role && let Some(covers) = pattern.covers(&segments) {
            any = any.or(covers.into());
            continue;
        }
        let template = &pattern.template;
        if variable_too_early(template) {
            let text = format!(
                "variables stand after the fifth colon of a resource, and what `{}` means is not settled",
                template.text
            );
            let key = format!("resource {}", template.text);
            any = any.or(given(context, atoms, &key, "", Kind::AmbiguousRule, text));
            continue;
        }
        let covers = match template.resolve(|key| context.variable(key)) {
            // Whether it covers a role that is known was decided above.
            Resolved::Fixed { glob, .. } => {
                meets_some_role(glob, &arn, &template.text, context, atoms)
            }
            // Variables stand after the fifth colon only, so the segments before it are fixed.
            Resolved::Filled { glob, .. } if some_role => {
                meets_some_role(&glob, &arn, &template.text, context, atoms)
            }
            Resolved::Filled { glob, plain, .. } => {
                (glob.matches(&arn) && leading_segments_match(&plain, &arn)).into()
            }
            Resolved::NoValue => Formula::False,
            Resolved::Unknown => open_resource(template, &arn, context, atoms),
        };
        any = any.or(covers);
    }
    if element.negated { !any } else { any }
}

fn meets_some_role(
    glob: &Glob,
    arn: &str,
    text: &str,
    context: &Context<'_>,
    atoms: &mut Atoms,
) -> Formula {
    let roles = Glob::new(arn);
    if glob.covers(&roles) {
        return Formula::True;
    }
    if !glob.meets(&roles) {
        return Formula::False;
    }
    let sentence = format!("the role must fit `{text}`; which roles the account has was not read");
    given(context, atoms, "role", text, Kind::NotRead, sentence)
}

fn open_resource(
    template: &Template,
    arn: &str,
    context: &Context<'_>,
    atoms: &mut Atoms,
) -> Formula {
    let sentence =
        format!("the variables of `{}` must fill in so that it covers `{arn}`", template.text);
    given(context, atoms, "resource", &template.text, Kind::CallerState, sentence)
}

/// Whether a variable stands before the fifth colon, where there are none.
fn variable_too_early(template: &Template) -> bool {
    if !template.has_variables() {
        return false;
    }
    // A variable's name has a colon of its own, so those before the first one are counted.
    template
        .text
        .split_once("${")
        .is_some_and(|(before, _)| before.bytes().filter(|byte| *byte == b':').count() < 5)
}

/// Wildcards of a resource stay within the segments of the ARN, except that a lone `*` means
/// everything and a `*` at the end may swallow the rest.
fn leading_segments_match(pattern: &str, arn: &str) -> bool {
    match (arn::split(pattern), arn::split(arn)) {
        (Some(pattern), Some(arn)) => pattern
            .iter()
            .zip(arn)
            .take(5)
            .all(|(pattern, segment)| Glob::new(pattern).matches(segment)),
        _ => pattern.ends_with('*'),
    }
}

/// What the condition wants, and what the request has.
fn failed_condition(condition: &Condition, context: &Context<'_>) -> String {
    let wants: Vec<&str> = condition.values.iter().map(|value| value.text.as_str()).collect();
    let has = match context.key(&condition.key).state {
        State::Known(values) => format!("the request has `{}`", values.join("`, `")),
        State::Absent => "the request does not have the key".to_owned(),
        State::Present(_) | State::Open(_) => "no value of the request can fit".to_owned(),
        State::Disputed(_) => "the request does not have it so".to_owned(),
    };
    let literal = condition.operator.test == crate::policy::Test::StringEquals
        && wants.iter().any(|value| value.contains(['*', '?']));
    let note = if literal { " (`StringEquals` takes wildcards literally)" } else { "" };
    format!(
        "condition: `{}` wants `{}` `{}`, {has}{note}",
        condition.operator.written,
        condition.written_key,
        wants.join("`, `")
    )
}
