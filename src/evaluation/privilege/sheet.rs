//! What a policy document says, prepared once: most documents are attached to many roles, and
//! most of their statements have nothing to do with what is asked.

use crate::org::{DocumentKey, Facts};
use crate::policy::{
    Condition, Effect, Key, ResourceElement, ResourcePattern, Statement, Template,
};

use super::actions::{ACTIONS, Kind, Kinds};
use super::words::{Meaning, Words};

/// What a decision looked at beside the policies themselves, so that it is the same only for
/// principals that agree in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Uses {
    /// The account.
    pub(super) account: bool,
    /// The principal itself: its ARN, its tags, what is attached to it.
    pub(super) itself: bool,
}

impl Uses {
    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        Self { account: self.account || other.account, itself: self.itself || other.itself }
    }
}

/// A document, prepared.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// Statements that allow.
    pub(super) allows: Vec<Rule>,
    /// Statements that deny.
    pub(super) denies: Vec<Rule>,
    /// Whether a statement allows everything whatever the request.
    pub(super) allows_everything: bool,
}

/// A statement, prepared.
#[derive(Debug)]
pub(super) struct Rule {
    /// Its place in the document.
    pub(super) index: usize,
    /// The kinds of the actions that it covers.
    pub(super) kinds: Kinds,
    /// Which of the actions that are asked for by name it covers.
    known: u64,
    /// What its resources depend on.
    pub(super) by_resource: Uses,
    /// What its conditions depend on beside the tests below.
    pub(super) by_conditions: Uses,
    /// Whether conditions of it test who the principal is. What they say is known of each, so
    /// principals of whom they say the same still agree.
    pub(super) tests_principal: bool,
}

impl Sheet {
    /// The document, prepared; `None` where it does not parse.
    pub(super) fn of(facts: &Facts, document: DocumentKey, words: &Words) -> Option<Self> {
        let document = facts.documents[document].parsed.as_ref().ok()?;
        let mut sheet = Self::default();
        for (index, statement) in document.statements.iter().enumerate() {
            if statement.effect != Some(Effect::Allow) {
                sheet.denies.push(Rule::new(index, statement, words));
            }
            if statement.effect != Some(Effect::Deny) {
                sheet.allows_everything |=
                    statement.effect == Some(Effect::Allow) && allows_everything(statement);
                sheet.allows.push(Rule::new(index, statement, words));
            }
        }
        Some(sheet)
    }

    /// Whether a statement may allow an action that is asked for by name.
    pub(super) fn may_allow(&self, place: usize) -> bool {
        self.allows.iter().any(|rule| rule.covers_known(place))
    }
}

/// Whether a statement covers every request.
fn allows_everything(statement: &Statement) -> bool {
    let everything = |element: &ResourceElement| {
        !element.negated && element.patterns.iter().any(ResourcePattern::is_everything)
    };
    statement.problems.is_empty()
        && statement.principal.is_none()
        && statement.conditions.is_empty()
        && !statement.action.negated()
        && statement.action.patterns().any(|pattern| pattern == "*")
        && statement.resource.as_ref().is_some_and(everything)
}

impl Rule {
    fn new(index: usize, statement: &Statement, words: &Words) -> Self {
        let Meaning { kinds, known } = words.element(&statement.action);
        Self {
            index,
            kinds,
            known,
            by_resource: statement.resource.as_ref().map(by_resource).unwrap_or_default(),
            tests_principal: statement.conditions.iter().any(tests_principal),
            by_conditions: statement
                .conditions
                .iter()
                .map(by_condition)
                .fold(Uses::default(), Uses::and),
        }
    }

    /// Whether the statement covers an action that is asked for by name.
    pub(super) fn covers_known(&self, place: usize) -> bool {
        1u64.checked_shl(u32::try_from(place).unwrap_or(u32::MAX))
            .is_some_and(|bit| self.known & bit != 0)
    }

    /// Actions of a kind that the statement covers, as patterns: those that it names, and for
    /// what it leaves out the widest (rule M13).
    pub(super) fn actions<'s>(
        &'s self,
        statement: &'s Statement,
        kind: Kind,
        words: &'s Words,
    ) -> impl Iterator<Item = &'s str> {
        let by_name = matches!(kind, Kind::Iam | Kind::Pass);
        let known = ACTIONS.known.iter().enumerate().filter(move |(place, known)| {
            by_name && known.kind == kind && self.covers_known(*place)
        });
        let element = &statement.action;
        let widest = element.negated().then_some("*:*");
        let written = element.patterns().filter(|_| !element.negated());
        let patterns = widest.into_iter().chain(written);
        let patterns = patterns.filter(move |pattern| !by_name && words.kinds(pattern).has(kind));
        known.map(|(_, known)| known.name.as_str()).chain(patterns)
    }
}

fn by_resource(element: &ResourceElement) -> Uses {
    let uses = element.patterns.iter().map(|pattern| {
        let text = &pattern.template.text;
        // An account's id, or a part of one.
        let names_account = text
            .split(':')
            .nth(4)
            .is_some_and(|part| part.bytes().any(|byte| byte.is_ascii_digit() || byte == b'?'));
        Uses { account: names_account, itself: pattern.template.has_variables() }
    });
    uses.fold(Uses::default(), Uses::and)
}

/// Whether a condition tests who the principal is, and nothing of the request.
pub(super) fn tests_principal(condition: &Condition) -> bool {
    matches!(
        condition.name().key,
        Key::PrincipalArn | Key::PrincipalTag | Key::UserId | Key::UserName
    )
}

/// What a condition looks at that differs between principals. What is not of the principal is of
/// the request, or the same for all roles.
fn by_condition(condition: &Condition) -> Uses {
    if tests_principal(condition) {
        return Uses::default();
    }
    let variables = condition.values.iter().any(Template::has_variables);
    let key = condition.name().key;
    let account = matches!(
        key,
        Key::PrincipalAccount
            | Key::PrincipalOrgPaths
            | Key::ResourceAccount
            | Key::ResourceOrgPaths
    );
    Uses { account, itself: variables || key == Key::ResourceTag }
}
