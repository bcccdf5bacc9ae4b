//! From a text to explained failures.

use crate::answer::{self, QuestionError, Stated, Why};
use crate::arn::{Arn, PrincipalName};
use crate::failure::{self, ParsedFailure};
use crate::graph::{Graph, Node};

use super::causes::{self, Found};
use super::sides::{self, Sides};
use super::{ExplainedFailure, Explanation, Side};

/// What is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'q> {
    /// The pasted text.
    pub text: &'q str,
    /// The caller, for texts that do not name it.
    pub source: Option<&'q str>,
    /// The role, likewise.
    pub target: Option<&'q str>,
    /// What is stated about the request.
    pub stated: Option<&'q Stated>,
}

/// Explains every failure in the text. Without a graph the catalogue answers alone. An error
/// only where what is stated about the request can't be.
pub fn explain(
    graph: Option<&Graph>,
    question: Question<'_>,
) -> Result<Explanation, QuestionError> {
    let errors: Result<_, _> = failure::parse(question.text)
        .iter()
        .map(|parsed| explained(graph, parsed, question))
        .collect();
    Ok(Explanation { schema: "rolewalk/explain/1", errors: errors? })
}

fn explained(
    graph: Option<&Graph>,
    parsed: &ParsedFailure,
    question: Question<'_>,
) -> Result<ExplainedFailure, QuestionError> {
    let mut sides = if assumes(parsed) {
        sides::sides(graph, parsed, (question.source, question.target))
    } else {
        Sides::default()
    };
    let found = match (graph, &sides.caller, &sides.target) {
        (Some(graph), Some(caller), Some(target)) => {
            let found = ask(graph, parsed, caller, target, question.stated)?;
            same_call(parsed, found, &mut sides)
        }
        // Whoever called: a role that does not exist is the finding.
        (Some(graph), None, Some(target)) => match answer::select(graph, target) {
            Ok(_) => Found::Nothing,
            Err(error) => Found::Unknown(described(graph, ("role", target), Some(&error), &error)),
        },
        _ => Found::Nothing,
    };
    let verdict = match &found {
        Found::Answer(why) => Some(why.verdict),
        Found::Unknown(_) | Found::Nothing => None,
    };
    Ok(ExplainedFailure {
        parsed: serde_json::to_value(parsed).unwrap_or_default(),
        verdict,
        causes: causes::rank(parsed, &found, sides.uncertain),
        missing: sides.missing,
        notes: sides.notes,
    })
}

/// An answer for another call than the refused one is none: a workspace's token, say, opens its
/// first role and never the next.
fn same_call(parsed: &ParsedFailure, found: Found, sides: &mut Sides) -> Found {
    let refused = match parsed.action.as_deref() {
        Some("sts:TagSession" | "sts:SetSourceIdentity") => None,
        _ => sides::call(parsed),
    };
    match (&found, refused, &sides.caller) {
        (Found::Answer(why), Some(refused), Some(caller)) if why.action != refused => {
            let why = format!("its call is `{}`, and `{refused}` was refused", why.action);
            if sides.caller_typed {
                sides.notes.push(sides::unused(Side::Caller, caller, &why));
            } else {
                sides.notes.push(format!("`{caller}` was not put to the snapshot: {why}"));
            }
            Found::Nothing
        }
        _ => found,
    }
}

/// Whether the failure is one of an assume call, which is all that the snapshot can answer for.
fn assumes(parsed: &ParsedFailure) -> bool {
    let action = parsed.action.as_deref().unwrap_or_default();
    action.starts_with("sts:AssumeRole")
        || matches!(action, "sts:TagSession" | "sts:SetSourceIdentity")
        || parsed.operation.as_deref().is_some_and(|name| name.starts_with("AssumeRole"))
        || matches!(parsed.id.as_str(), "E30" | "E31" | "E33" | "E34")
}

fn ask(
    graph: &Graph,
    parsed: &ParsedFailure,
    caller: &str,
    target: &str,
    stated: Option<&Stated>,
) -> Result<Found, QuestionError> {
    // The text's own action decides only where it is not the one that the caller's kind has.
    let action = parsed
        .action
        .as_deref()
        .filter(|action| matches!(*action, "sts:TagSession" | "sts:SetSourceIdentity"));
    let nothing = Stated::default();
    match answer::why(graph, caller, target, action, stated.unwrap_or(&nothing)) {
        Ok(why) => Ok(Found::Answer(Box::new(why))),
        Err(error @ QuestionError::Stated { .. }) => Err(error),
        Err(error) => Ok(Found::Unknown(unknown(graph, caller, target, &error))),
    }
}

/// Which of the two could not be found, and what comes near it; or why there is no such call.
fn unknown(graph: &Graph, caller: &str, target: &str, error: &QuestionError) -> causes::Unknown {
    let (which, found) = match (answer::select(graph, caller), answer::select(graph, target)) {
        (_, Err(error)) => (("role", target), Some(error)),
        (Err(error), _) => (("caller", caller), Some(error)),
        (Ok(_), Ok(roles)) if !can_be_assumed(graph, target, &roles.nodes) => {
            (("role", target), None)
        }
        (Ok(_), Ok(_)) => (("caller", caller), None),
    };
    described(graph, which, found.as_ref(), error)
}

/// What there is to say of the one that was not found.
fn described(
    graph: &Graph,
    (which, name): (&'static str, &str),
    found: Option<&QuestionError>,
    error: &QuestionError,
) -> causes::Unknown {
    let missing = matches!(found, Some(QuestionError::Unknown { .. }));
    let shown = found.unwrap_or(error);
    causes::Unknown {
        which,
        missing,
        account_read: missing && account_was_read(graph, name),
        another_arn: which == "role" && found.is_some() && has_another_arn(graph, name),
        name: name.to_owned(),
        nearest: shown.hints(),
        message: shown.to_string(),
    }
}

/// Whether these are roles of accounts that the snapshot holds.
fn can_be_assumed(graph: &Graph, target: &str, nodes: &[Node]) -> bool {
    let role = |node: &Node| match node {
        Node::Role(_) | Node::Unread(_) => true,
        Node::Named(arn) => arn.account().is_some_and(|id| graph.facts().account(id).is_some()),
        _ => false,
    };
    !target.contains(":assumed-role/") && nodes.iter().all(role)
}

/// Whether a role of this name is in the snapshot under another ARN: an account has one role of
/// a name, whatever the path, so this ARN is none.
fn has_another_arn(graph: &Graph, name: &str) -> bool {
    let facts = graph.facts();
    let Ok(arn) = name.parse::<Arn>() else { return false };
    match arn.principal() {
        Some(PrincipalName::Role { account, name, .. }) => facts
            .account(account)
            .and_then(|key| facts.role(key, name))
            .is_some_and(|key| *facts.roles[key].arn != *arn.as_str()),
        _ => false,
    }
}

/// Whether the account of an ARN was read, so that what is not in it does not exist.
fn account_was_read(graph: &Graph, name: &str) -> bool {
    let facts = graph.facts();
    name.parse::<Arn>()
        .ok()
        .and_then(|arn| facts.account(arn.account()?))
        .is_some_and(|key| facts.accounts[key].identities.read().is_some_and(Vec::is_empty))
}

/// The answer that a cause is drawn from; kept here so that both files agree on the type.
pub(super) type Answer = Box<Why>;
