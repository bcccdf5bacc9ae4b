//! From a text to explained failures.

use crate::answer::{self, QuestionError, Stated, Why};
use crate::arn::{Arn, PrincipalName};
use crate::failure::{self, Named, ParsedFailure};
use crate::graph::Graph;

use super::causes::{self, Found};
use super::{ExplainedFailure, Explanation};

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
    let caller = question.source.map(str::to_owned).or_else(|| caller_of(graph, parsed));
    let target = question.target.map(str::to_owned).or_else(|| target_of(parsed));
    let mut missing = Vec::new();
    if assumes(parsed) {
        if caller.is_none() {
            missing.push(
                "the text names no caller: say which with `--source`, e.g. `tfc:ORG/PROJECT/WORKSPACE:apply`"
                    .to_owned(),
            );
        }
        if target.is_none() {
            missing.push("the text names no role: say which with `--target`".to_owned());
        }
    }
    let found = match (graph, caller, target) {
        (Some(graph), Some(caller), Some(target)) if assumes(parsed) => {
            ask(graph, parsed, &caller, &target, question.stated)?
        }
        _ => Found::Nothing,
    };
    let verdict = match &found {
        Found::Answer(why) => Some(why.verdict),
        Found::Unknown(_) | Found::Nothing => None,
    };
    Ok(ExplainedFailure {
        parsed: serde_json::to_value(parsed).unwrap_or_default(),
        verdict,
        causes: causes::rank(parsed, &found),
        missing,
    })
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
        (Err(error), _) => ("caller", Some(error)),
        (Ok(_), Err(error)) => ("role", Some(error)),
        (Ok(_), Ok(_)) => ("caller", None),
    };
    let name = if which == "caller" { caller } else { target };
    let missing = matches!(found, Some(QuestionError::Unknown { .. }));
    causes::Unknown {
        which,
        missing,
        account_read: missing && account_was_read(graph, name),
        name: name.to_owned(),
        nearest: error.hints(),
        message: error.to_string(),
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

/// The caller that the text names: by ARN, or through what a run's log says of itself.
fn caller_of(graph: Option<&Graph>, parsed: &ParsedFailure) -> Option<String> {
    if let Some(arn) = parsed.caller.as_ref().and_then(Named::arn) {
        return Some(match arn.principal() {
            // The session's ARN lacks the path, and its name matters to session principals.
            Some(PrincipalName::Session { account, role, .. }) if graph.is_none() => {
                format!("{account}/{role}")
            }
            _ => arn.to_string(),
        });
    }
    if let Some(role) = &parsed.caller_role {
        return Some(format!("{}/{}", role.account, role.name));
    }
    if let (Some(issuer), Some(subject)) = (&parsed.issuer, &parsed.subject) {
        return Some(format!("oidc:{issuer}#{subject}"));
    }
    let context = &parsed.context;
    let workspace = context.workspace.as_ref()?;
    let phase = context.run_phase.as_deref()?;
    let organization = context.organization.as_deref().unwrap_or("*");
    let project = context.project.as_deref().unwrap_or("*");
    Some(format!("tfc:{organization}/{project}/{workspace}:{phase}"))
}

fn target_of(parsed: &ParsedFailure) -> Option<String> {
    parsed.target.as_ref().and_then(Named::arn).map(ToString::to_string)
}

/// The answer that a cause is drawn from; kept here so that both files agree on the type.
pub(super) type Answer = Box<Why>;
