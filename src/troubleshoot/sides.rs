//! The two sides of the refused call: what the text says of them, and what was typed.
//!
//! What was typed fills what the text leaves out. It never takes the place of what the text
//! says: one option is read for every failure of a log, and a log can hold several.

use crate::answer;
use crate::arn::glob::escape;
use crate::failure::{Named, ParsedFailure};
use crate::graph::{Graph, Node};

use super::{Missing, Side};

/// The call that was refused, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Sides {
    /// Who called.
    pub(super) caller: Option<String>,
    /// The role.
    pub(super) target: Option<String>,
    /// Whether the caller was typed.
    pub(super) caller_typed: bool,
    /// Whether the text may have been broken within the role's name, so that nothing is proven.
    pub(super) uncertain: bool,
    /// What the text leaves out.
    pub(super) missing: Vec<Missing>,
    /// What to know of how the text and the options were read.
    pub(super) notes: Vec<String>,
}

/// Who called which role: the text first, and what was typed for the rest.
pub(super) fn sides(
    graph: Option<&Graph>,
    parsed: &ParsedFailure,
    (source, target): (Option<&str>, Option<&str>),
) -> Sides {
    let mut sides = Sides::default();
    let said = caller_of(parsed);
    sides.caller_typed = said.is_none() && source.is_some();
    let anonymous = is_anonymous(parsed);
    if anonymous {
        sides.notes.push(
            "the call was not signed: AWS calls a caller without credentials `anonymous`"
                .to_owned(),
        );
        if let Some(source) = source {
            sides.notes.push(unused(Side::Caller, source, "the text says that nobody signed it"));
        }
    } else {
        sides.caller = settled(graph, said, (Side::Caller, source), &mut sides.notes);
    }
    let said = match graph {
        Some(graph) => unbroken(graph, parsed, &mut sides).or_else(|| target_of(parsed)),
        None => target_of(parsed),
    };
    sides.target = settled(graph, said, (Side::Role, target), &mut sides.notes);
    if let (Some(configured), Some(resource)) = (&parsed.configured_role, &parsed.resource)
        && let (Some(configured), Some(resource)) = (configured.arn(), resource.arn())
        && configured != resource
    {
        sides.notes.push(format!(
            "Terraform is configured with `{configured}`, and AWS refused the call to `{resource}`: an earlier hop failed, and this is the answer for that hop"
        ));
    }
    if sides.caller.is_none() && !anonymous {
        let (side, masked) = (Side::Caller, parsed.caller.is_some());
        sides.missing.push(Missing { side, masked, example: example(parsed) });
    }
    if sides.target.is_none() {
        let (side, masked) = (Side::Role, parsed.target.is_some());
        sides.missing.push(Missing { side, masked, example: "`ACCOUNT/ROLE`" });
    }
    sides
}

/// The role of a text that breaks within its name, as far as the snapshot can tell: a name that
/// exists only joined is meant joined.
fn unbroken(graph: &Graph, parsed: &ParsedFailure, sides: &mut Sides) -> Option<String> {
    let joined = parsed.resource_joined.as_ref()?;
    let read = parsed.target.as_ref().filter(|target| parsed.resource.as_ref() == Some(target))?;
    let exists = |name: &Named| graph.facts().role_by_arn(name.as_str()).is_some();
    match (exists(read), exists(joined)) {
        (true, false) => None,
        (false, true) => {
            sides.notes.push(format!(
                "the text breaks within the role's ARN, which is read as `{joined}`: nothing is named `{read}`"
            ));
            Some(joined.to_string())
        }
        _ => {
            sides.uncertain = true;
            sides.notes.push(format!(
                "a line ends with the role's ARN, so the text may be broken there: it may be `{joined}`"
            ));
            None
        }
    }
}

/// That what was typed does not count, and why.
pub(super) fn unused(side: Side, typed: &str, why: &str) -> String {
    format!("the {} `{typed}` that was given was not used for this failure: {why}", side.word())
}

/// What the text says, or what was typed where it says nothing or less.
fn settled(
    graph: Option<&Graph>,
    said: Option<String>,
    (side, typed): (Side, Option<&str>),
    notes: &mut Vec<String>,
) -> Option<String> {
    let (said, typed) = match (said, typed) {
        (Some(said), Some(typed)) => (said, typed),
        (said, typed) => return said.or_else(|| typed.map(str::to_owned)),
    };
    let Some(graph) = graph else { return Some(said) };
    match fit(graph, &said, typed) {
        Fit::Same => Some(said),
        Fit::Narrower => Some(typed.to_owned()),
        Fit::Another => {
            let why = format!("the text says that the {} is `{said}`", side.word());
            notes.push(unused(side, typed, &why));
            Some(said)
        }
    }
}

/// How what was typed stands to what the text says.
enum Fit {
    Same,
    Narrower,
    Another,
}

fn fit(graph: &Graph, said: &str, typed: &str) -> Fit {
    if said == typed.trim() {
        return Fit::Same;
    }
    let nodes =
        |text: &str| answer::select(graph, text).map(|found| found.nodes).unwrap_or_default();
    let (said, typed) = (nodes(said), nodes(typed));
    // Whatever was not read of an account is one node, though it may be many principals.
    let told_apart = |node: &Node| !matches!(node, Node::Unread(_));
    let within = |inner: &[Node], outer: &[Node]| {
        !inner.is_empty() && inner.iter().all(|node| told_apart(node) && outer.contains(node))
    };
    match (within(&typed, &said), within(&said, &typed)) {
        (true, false) => Fit::Narrower,
        (_, true) => Fit::Same,
        (false, false) => Fit::Another,
    }
}

fn is_anonymous(parsed: &ParsedFailure) -> bool {
    matches!(&parsed.caller, Some(Named::Text(text)) if text.eq_ignore_ascii_case("anonymous"))
}

/// What the caller may be typed as for a call of this kind.
fn example(parsed: &ParsedFailure) -> &'static str {
    let issuer = parsed.issuer.as_deref().unwrap_or_default();
    match call(parsed) {
        Some("sts:AssumeRole") => "`ACCOUNT/ROLE` or `user:ACCOUNT/NAME`",
        Some("sts:AssumeRoleWithSAML") => "`saml:ACCOUNT/PROVIDER`",
        _ if issuer.contains("token.actions.githubusercontent.com")
            || parsed.tool == Some(crate::failure::Tool::GithubActions) =>
        {
            "`github:OWNER/REPOSITORY:environment:NAME`"
        }
        _ if !issuer.is_empty() && !issuer.contains("app.terraform.io") => "`oidc:ISSUER#SUBJECT`",
        _ => "`tfc:ORG/PROJECT/WORKSPACE:apply`",
    }
}

/// The call that was made; `None` where the text does not tell.
pub(super) fn call(parsed: &ParsedFailure) -> Option<&str> {
    const CALLS: [&str; 3] =
        ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"];
    let known = |text: &str| CALLS.into_iter().find(|call| *call == text);
    let operation = parsed.operation.as_deref().and_then(|name| known(&format!("sts:{name}")));
    match parsed.action.as_deref() {
        Some(action) if known(action).is_some() => known(action),
        _ if operation.is_some() => operation,
        _ => match parsed.id.as_str() {
            "E30" | "E33" | "E34" => Some("sts:AssumeRoleWithWebIdentity"),
            "E31" => Some("sts:AssumeRoleWithSAML"),
            _ => None,
        },
    }
}

/// The caller that the text names: by ARN, or through what a run's log says of itself.
fn caller_of(parsed: &ParsedFailure) -> Option<String> {
    if let Some(arn) = parsed.caller.as_ref().and_then(Named::arn) {
        return Some(arn.to_string());
    }
    if let Some(role) = &parsed.caller_role {
        return Some(format!("{}/{}", role.account, role.name));
    }
    if let (Some(issuer), Some(subject)) = (&parsed.issuer, &parsed.subject) {
        return Some(format!("oidc:{issuer}#{}", escape(subject, "")));
    }
    // A run's token opens its first role only; who calls from there, its log does not say.
    if call(parsed) != Some("sts:AssumeRoleWithWebIdentity") {
        return None;
    }
    let context = &parsed.context;
    let workspace = context.workspace.as_ref()?;
    let phase = context.run_phase.as_deref()?;
    let organization = context.organization.as_deref().unwrap_or("*");
    let project = context.project.as_deref().unwrap_or("*");
    Some(format!("tfc:{organization}/{project}/{workspace}:{phase}"))
}

/// The role that the text names. Text that is no ARN is what was called all the same, unless a
/// log viewer masked it.
fn target_of(parsed: &ParsedFailure) -> Option<String> {
    match parsed.target.as_ref()? {
        Named::Arn(arn) => Some(arn.to_string()),
        Named::Text(text) => (!text.is_empty() && !text.contains("***")).then(|| text.clone()),
    }
}
