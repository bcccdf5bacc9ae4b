//! One statement of a policy as a formula, with what made it fail.

use crate::arn::{self, glob::Glob};
use crate::policy::{
    Action, Condition, Document, Effect, PrincipalEntry, Resolved, ResourceElement, Statement,
    Template, Tri,
};

use super::caller::Target;
use super::condition;
use super::context::{Context, State};
use super::decision::{Layer, RequirementKind as Kind};
use super::evidence::Recorder;
use super::given::{Given, given};
use super::logic::{Logic, Term};
use super::principal::{self, Class, Ways};

/// Where a policy stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) layer: Layer,
    /// The id of the root, OU or account, for control policies.
    pub(super) level: Option<&'p str>,
    pub(super) policy: &'p str,
    pub(super) attached_to: &'p str,
}

/// How a policy's statements treat `Principal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Principals {
    /// A trust policy: the element says who. Where there is none, that is left open (rule S5).
    Decide,
    /// A resource control policy: the element is always `*`, and left open where it is not there.
    Everyone,
    /// Other policies have no such element; one that stands there is left open (rule S5).
    None,
}

/// What a policy does to a call.
pub(super) struct Effects<T> {
    /// That it allows, for a trust policy once a way of matching the principal.
    pub(super) allow: Ways<T>,
    /// That it denies.
    pub(super) deny: T,
}

/// Evaluates every statement of a document and tells the recorder. A statement whose effect can't
/// be read may do either.
pub(super) fn evaluate<L: Logic, R: Recorder>(
    document: &Document,
    action: Action,
    principals: Principals,
    place: &Place<'_>,
    context: &Context<'_>,
    logic: &mut L,
    recorder: &mut R,
) -> Effects<L::Term> {
    let mut effects: Effects<L::Term> = Effects { allow: Ways::none(), deny: Term::FALSE };
    for (index, statement) in document.statements.iter().enumerate() {
        // Without a recorder the first part that fails ends the work.
        if !R::WANTED && !statement.action.has(action) {
            continue;
        }
        let one = One { index, statement, action, principals, place, context };
        let mut failed = Vec::new();
        let ways = one.ways::<L, R>(logic, &mut failed);
        if R::WANTED {
            recorder.statement(place, index, statement, !ways.is_none(), failed);
        }
        if ways.is_none() {
            continue;
        }
        match statement.effect {
            Some(Effect::Allow) => effects.allow.widen(ways),
            Some(Effect::Deny) => effects.deny.widen(ways.any()),
            // Not both: a statement that allows here does not deny the same call.
            None => {
                let denies = given(context, logic, || one.unread_effect());
                effects.deny.widen(ways.any().and(denies.clone()));
                effects.allow.widen(ways.given(&!denies));
            }
        }
    }
    effects
}

/// One statement against one call.
struct One<'s, 'a> {
    index: usize,
    statement: &'s Statement,
    action: Action,
    principals: Principals,
    place: &'s Place<'s>,
    context: &'s Context<'a>,
}

impl One<'_, '_> {
    fn ways<L: Logic, R: Recorder>(
        &self,
        logic: &mut L,
        failed: &mut Vec<String>,
    ) -> Ways<L::Term> {
        let Self { statement, context, .. } = self;
        if R::WANTED && !statement.action.has(self.action) {
            failed.push(self.failed_action());
        }
        let ways = self.who::<L, R>(logic, failed);
        if ways.is_none() && !R::WANTED {
            return ways;
        }
        let mut rest = self.resource(logic);
        if rest.is_false() && R::WANTED {
            failed.push(self.failed_resource());
        }
        for condition in &statement.conditions {
            if rest.is_false() && !R::WANTED {
                return Ways::none();
            }
            let holds = condition::term(condition, context, logic);
            if holds.is_false() && R::WANTED {
                failed.push(failed_condition(condition, context));
            }
            rest = rest.and(holds);
        }
        if !statement.problems.is_empty() {
            rest = rest.and(given(context, logic, || self.unread_part()));
        }
        if failed.is_empty() { ways.given(&rest) } else { Ways::none() }
    }

    /// A statement with a part that can't be read is open for itself, and for each action.
    fn unread_part(&self) -> Given<'static, impl FnOnce() -> String> {
        Given {
            key: self.name().into(),
            value: "".into(),
            kind: Kind::NotRead,
            text: || {
                format!(
                    "a statement of `{}` could not be read whole ({}); whether it matches is open",
                    self.place.policy,
                    self.statement.problems.join("; ")
                )
            },
        }
    }

    fn name(&self) -> String {
        let place = self.place;
        format!(
            "{} {} {} statement {} {}",
            place.level.unwrap_or_default(),
            place.attached_to,
            place.policy,
            self.index,
            self.action.as_str()
        )
    }

    /// What a statement does whose effect can't be read.
    fn unread_effect(&self) -> Given<'static, impl FnOnce() -> String> {
        Given {
            key: format!("{} denies", self.name()).into(),
            value: "".into(),
            kind: Kind::NotRead,
            text: || format!("that the statement of `{}` denies was not read", self.place.policy),
        }
    }

    fn who<L: Logic, R: Recorder>(&self, logic: &mut L, failed: &mut Vec<String>) -> Ways<L::Term> {
        let Self { statement, context, .. } = self;
        let everyone = || Ways::one(Class::Anyone, Term::TRUE);
        match (self.principals, &statement.principal) {
            (Principals::Decide, Some(element)) => {
                let ways = principal::matches(element, statement.effect, context, logic);
                if R::WANTED && ways.is_none() {
                    failed.push(format!(
                        "principal: it names `{}`, the caller is `{}`",
                        principal::entries(element),
                        super::caller_text(context.facts, context.call.caller)
                    ));
                }
                ways
            }
            (Principals::None, None) => everyone(),
            // A statement that was not read whole is open as it is.
            (Principals::Decide | Principals::Everyone, None) if !statement.problems.is_empty() => {
                everyone()
            }
            (Principals::Decide | Principals::Everyone, None) => {
                Ways::one(Class::Anyone, self.not_settled("Principal", logic))
            }
            (Principals::Everyone, Some(element))
                if !element.negated
                    && element.entries.iter().any(|entry| {
                        matches!(
                            entry,
                            PrincipalEntry::Everyone | PrincipalEntry::EveryAwsPrincipal
                        )
                    }) =>
            {
                everyone()
            }
            _ => {
                let unclear = given(context, logic, || Given {
                    key: format!("{} Principal", self.place.policy).into(),
                    value: "".into(),
                    kind: Kind::AmbiguousRule,
                    text: || {
                        "a `Principal` stands where this type of policy has none (rule S5)"
                            .to_owned()
                    },
                });
                Ways::one(Class::Anyone, unclear)
            }
        }
    }

    /// What the statement means without an element that its type of policy has to have.
    fn not_settled<L: Logic>(&self, element: &'static str, logic: &mut L) -> L::Term {
        given(self.context, logic, || Given {
            key: format!("{} {} without {element}", self.place.attached_to, self.place.policy)
                .into(),
            value: "".into(),
            kind: Kind::AmbiguousRule,
            text: || {
                format!(
                    "the statement has no `{element}`, and what it then means is not settled \
                     (rule S5)"
                )
            },
        })
    }

    fn resource<L: Logic>(&self, logic: &mut L) -> L::Term {
        let Self { statement, context, .. } = self;
        if let Some(element) = &statement.resource {
            return resource(element, context, logic);
        }
        if self.principals == Principals::Decide || !statement.problems.is_empty() {
            return Term::TRUE;
        }
        self.not_settled("Resource", logic)
    }

    fn failed_action(&self) -> String {
        let element = if self.statement.action.negated() { "NotAction" } else { "Action" };
        let patterns: Vec<&str> = self.statement.action.patterns().collect();
        format!(
            "action: `{element}` holds `{}`, the call needs `{}`",
            patterns.join("`, `"),
            self.action.as_str()
        )
    }

    fn failed_resource(&self) -> String {
        let (element, patterns) = match &self.statement.resource {
            Some(element) => (
                if element.negated { "NotResource" } else { "Resource" },
                element.patterns.iter().map(|each| &*each.template.text).collect::<Vec<_>>(),
            ),
            None => ("Resource", Vec::new()),
        };
        format!(
            "resource: `{element}` holds `{}`, the role is `{}`",
            patterns.join("`, `"),
            self.context.call.target.arn(self.context.facts)
        )
    }
}

/// Whether the element covers the role (rule S3).
pub(super) fn resource<L: Logic>(
    element: &ResourceElement,
    context: &Context<'_>,
    logic: &mut L,
) -> L::Term {
    let arn = context.target_arn();
    let some_role = matches!(context.call.target, Target::Unread(_, None));
    let segments = context.target_segments();
    let mut any = L::Term::FALSE;
    for pattern in &element.patterns {
        if !some_role && let Some(covers) = pattern.covers(&segments) {
            any.widen(match covers {
                Tri::True => Term::TRUE,
                Tri::False => Term::FALSE,
                Tri::Unknown => given(context, logic, || unsettled(&pattern.template)),
            });
            if any.is_true() {
                break;
            }
            continue;
        }
        let template = &pattern.template;
        if variable_too_early(template) {
            any.widen(given(context, logic, || unsettled(template)));
            continue;
        }
        any.widen(match template.resolve(|key| context.variable(key)) {
            Resolved::Fixed { glob, .. } => {
                meets_some_role(glob, arn, &template.text, context, logic)
            }
            // Variables stand after the fifth colon only, so the segments before it are fixed.
            Resolved::Filled { glob, .. } if some_role => {
                meets_some_role(&glob, arn, &template.text, context, logic)
            }
            Resolved::Filled { glob, plain, .. } => {
                (glob.matches(arn) && leading_segments_match(&plain, arn)).into()
            }
            Resolved::NoValue => Term::FALSE,
            Resolved::Unknown => filled_in(template, arn, context, logic),
        });
        if any.is_true() {
            break;
        }
    }
    if element.negated { !any } else { any }
}

/// How many values of a variable are looked at one by one.
const FILLINGS: usize = 16;

/// Whether a pattern covers the role once its variables are filled in, of which not all are known.
fn filled_in<L: Logic>(
    template: &Template,
    arn: &str,
    context: &Context<'_>,
    logic: &mut L,
) -> L::Term {
    let is_pattern = matches!(context.call.target, Target::Unread(_, None));
    let only = (!is_pattern).then(|| template.fillings(arn, FILLINGS)).flatten();
    if let Some((key, values)) = only {
        // Variables stand after the fifth colon only, so the segments before it are fixed.
        if values.is_empty() || !leading_segments_match(&template.text, arn) {
            return Term::FALSE;
        }
        // The pattern covers the role just where its only variable has one of these values.
        let equals = Condition::equals(key, values);
        // What several values come to in a pattern nobody says.
        let name = equals.name();
        if !name.several() && !name.key.may_be_several() {
            return super::condition::term(&equals, context, logic);
        }
    }
    given(context, logic, || Given {
        key: "resource".into(),
        value: (&*template.text).into(),
        kind: context.kind_of_variables(template.variables()).unwrap_or(Kind::CallerState),
        text: || {
            format!("the variables of `{}` must fill in so that it covers `{arn}`", template.text)
        },
    })
}

/// A variable before the fifth colon, or a wildcard that would have to cross one.
fn unsettled(template: &Template) -> Given<'static, impl FnOnce() -> String> {
    Given {
        key: format!("resource {}", template.text).into(),
        value: "".into(),
        kind: Kind::AmbiguousRule,
        text: || {
            format!(
                "what `{}` means before the fifth colon of a resource is not settled (rule S3): try it live",
                template.text
            )
        },
    }
}

fn meets_some_role<L: Logic>(
    glob: &Glob,
    arn: &str,
    text: &str,
    context: &Context<'_>,
    logic: &mut L,
) -> L::Term {
    let roles = Glob::new(arn);
    if glob.covers(&roles) {
        return Term::TRUE;
    }
    if !glob.meets(&roles) {
        return Term::FALSE;
    }
    given(context, logic, || Given {
        key: "role".into(),
        value: text.into(),
        kind: Kind::NotRead,
        text: || format!("the role must fit `{text}`; which roles the account has was not read"),
    })
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
    let wants: Vec<&str> = condition.values.iter().map(|value| &*value.text).collect();
    let has = match context.key(condition.name()).state {
        State::Known(values) => {
            let values: Vec<&str> = values.iter().collect();
            format!("the request has `{}`", values.join("`, `"))
        }
        State::Absent => "the request does not have the key".to_owned(),
        State::Present(_) | State::Open(_) => "no value of the request can fit".to_owned(),
        State::AbsentOr(_) | State::Left(_) => "the request does not have it so".to_owned(),
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
