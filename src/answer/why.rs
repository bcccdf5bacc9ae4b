//! `why`: one decision with its evidence.

use crate::arn::{Arn, PrincipalName};
use crate::evaluation::{
    Action, Call, Caller, Caveat, Claim, Decision, Lineage, StatementRef, Target, Token, Verdict,
    decide,
};
use crate::graph::{Graph, Node};
use crate::org::{AccountKey, Facts};
use crate::workload;

use super::answers::{Cited, Why};
use super::question::QuestionError;
use super::selector::{are_forms, select, select_one, select_targets};
use super::stated::{self, Asked, Stated};
use super::statements::{Excerpt, excerpts};

/// May `caller` assume `role`, and why. Without `action` the one that fits the caller's kind.
pub fn why(
    graph: &Graph,
    caller: &str,
    role: &str,
    action: Option<&str>,
    stated: &Stated,
) -> Result<Why, QuestionError> {
    let caller = caller.trim();
    let action = action.map(action_of).transpose()?;
    let forms = select(graph, caller).map(|found| found.nodes).unwrap_or_default();
    if forms.len() < 2 || !are_forms(caller, &forms) {
        let (node, tag) = select_one(graph, caller)?;
        let target = single_target(graph, role.trim())?;
        return decided(graph, (caller, &node, tag.as_deref()), &target, action, stated);
    }
    let target = single_target(graph, role.trim())?;
    let one = |form| decided(graph, (caller, form, None), &target, action, stated);
    // What is stated of the subject may fit one form alone.
    let (answers, errors): (Vec<_>, Vec<_>) = forms.iter().map(one).partition(Result::is_ok);
    let answers: Vec<Why> = answers.into_iter().flatten().collect();
    if let (true, Some(Err(error))) = (answers.is_empty(), errors.into_iter().next()) {
        return Err(error);
    }
    let others: Vec<(String, Verdict)> =
        answers.iter().map(|why| (why.caller.clone(), why.verdict)).collect();
    // Of two refusals the one that comes later in the decision says more.
    let rank = |why: &Why| (why.verdict, std::cmp::Reverse(why.reason.as_ref().map(|it| it.layer)));
    let best = answers.into_iter().min_by_key(rank);
    let Some(mut best) = best else { return Err(QuestionError::invalid("no subject to ask for")) };
    for (other, verdict) in others.into_iter().filter(|(name, _)| *name != best.caller) {
        let text = format!(
            "GitHub's subjects have two forms, and this is the answer for `{}`; `{other}` is {verdict}",
            best.caller
        );
        best.caveats.push(Caveat { id: "W9", text });
    }
    Ok(best)
}

/// The decision of one caller, with its evidence.
fn decided(
    graph: &Graph,
    (caller, node, tag): (&str, &Node, Option<&str>),
    target: &Target,
    action: Option<Action>,
    stated: &Stated,
) -> Result<Why, QuestionError> {
    let facts = graph.facts();
    let mut ways = callers_meant(graph, node, tag, target.account(facts), caller)?;
    for way in &mut ways.own {
        way.caller = with_session_name(std::mem::replace(&mut way.caller, Caller::Anyone), caller);
    }
    let audience_stated = matches!(
        (node, ways.own.first()),
        (Node::Workspace(..), Some(Tried { caller: Caller::Token(token), .. }))
            if states_audience(stated, &token.issuer)
    );
    if audience_stated {
        // Whoever writes the workspace chooses its audience (rule H4), and here it is stated.
        ways.own.truncate(1);
        ways.others.clear();
        if let Some(Tried { caller: Caller::Token(token), .. }) = ways.own.first_mut() {
            token.audience = Claim::Any;
        }
    }
    // Where nothing is stated of this call, what is stated of every call holds.
    let of_every_call = stated.is_empty().then(|| graph.scenario());
    let tried_as = |way: Tried| -> Result<(Asked, Decision, Action, String), QuestionError> {
        let asked = stated::apply(stated, facts, way.caller, target)?;
        let action = action.unwrap_or_else(|| asked.caller.action());
        let call = Call {
            caller: &asked.caller,
            target,
            action,
            scenario: of_every_call.unwrap_or(&asked.scenario),
            lineage: &Lineage::Unknown,
            hop: 1,
        };
        let decision = decide(facts, &call);
        Ok((asked, decision, action, way.audience))
    };
    let tried: Result<Vec<_>, _> = ways.own.into_iter().map(tried_as).collect();
    let mut tried = tried?;
    let verdicts: Vec<(String, Verdict)> = tried
        .iter()
        .map(|(_, decision, _, audience)| (audience.clone(), decision.verdict))
        .collect();
    let best = (0..tried.len()).min_by_key(|at| tried.get(*at).map(|(_, it, ..)| it.verdict));
    let (asked, mut decision, action, audience) = tried.swap_remove(best.unwrap_or_default());
    if verdicts.iter().any(|(_, verdict)| *verdict != decision.verdict) {
        decision.caveats.push(Caveat {
            id: "H4",
            text: several_audiences(&audience, &verdicts, ways.configured),
        });
    }
    if decision.verdict == Verdict::Denied {
        for other in ways.others {
            let Ok((_, decided, _, audience)) = tried_as(other) else { continue };
            if decided.verdict != Verdict::Denied {
                decision.caveats.push(Caveat {
                    id: "H4",
                    text: format!("whoever writes the workspace chooses its audience: with `{audience}` the call is not denied"),
                });
            }
        }
    }
    if let Caller::Token(Token { subject: Claim::Is(subject), .. }) = &asked.caller
        && (matches!(&node, Node::Workspace(..)) || names_stack(node))
        && workload::is_long(subject)
    {
        decision.caveats.push(Caveat { id: "H8", text: workload::long_subject(subject) });
    }
    decision.caveats.extend(asked.caveats);
    let mut why =
        Why::new(node_name(graph, node, caller), target.arn(facts), action.as_str(), decision);
    why.stated = if of_every_call.is_some() { stated::scenario_of(graph) } else { asked.facts };
    let cited = why.cited();
    let read = excerpts(facts, &cited);
    let with_text = |(statement, mut read): (StatementRef, Excerpt)| {
        if read.text.is_none() {
            read = stated.session_statement(&statement.policy, statement.index);
        }
        let Excerpt { text, place } = read;
        Cited { name: policy_name(facts, &statement), text, place, statement }
    };
    why.statements = cited.into_iter().zip(read).map(with_text).collect();
    Ok(why)
}

/// Whether a node is a stack's deployment.
fn names_stack(node: &Node) -> bool {
    matches!(node, Node::Subject(subject) if subject.deployment().is_some())
}

/// The name of a control policy, which evidence calls by its id.
fn policy_name(facts: &Facts, statement: &StatementRef) -> Option<String> {
    let mut policies = facts.control_policies.values();
    let policy = policies.find(|policy| *policy.id == *statement.policy)?;
    (*policy.name != *statement.policy).then(|| policy.name.clone())
}

fn action_of(text: &str) -> Result<Action, QuestionError> {
    Action::parse(text).ok_or_else(|| QuestionError::Invalid {
        message: format!("`{text}` is no action of a call that assumes a role"),
        hints: vec![
            "expected is sts:AssumeRole, sts:AssumeRoleWithWebIdentity, sts:AssumeRoleWithSAML, sts:TagSession, sts:SetSourceIdentity or sts:SetContext".to_owned(),
            "without `--action` it is the one that fits the caller".to_owned(),
        ],
    })
}

fn states_audience(stated: &Stated, issuer: &str) -> bool {
    let key = format!("{}:aud", issuer.to_lowercase());
    stated.keys.iter().any(|(name, _)| name.trim().to_lowercase() == key)
}

/// A session ARN means the session of that name.
fn with_session_name(caller: Caller, text: &str) -> Caller {
    let arn: Option<Arn> = text.parse().ok();
    let session = arn.as_ref().and_then(Arn::principal);
    match (caller, session) {
        (Caller::Role(role), Some(PrincipalName::Session { session, .. })) => {
            Caller::Session(role, session.to_owned())
        }
        (caller, _) => caller,
    }
}

fn node_name(graph: &Graph, node: &Node, written: &str) -> String {
    if written.starts_with("arn:") && !written.contains(['*', '?']) {
        return written.to_owned();
    }
    node.name(graph)
}

fn single_target(graph: &Graph, text: &str) -> Result<Target, QuestionError> {
    let targets = select_targets(graph, text)?;
    match targets.as_slice() {
        [Node::Unread(account)] if text.starts_with("arn:") => {
            let named = text.contains(":role/");
            Ok(Target::Unread(*account, named.then(|| text.to_owned())))
        }
        [one] => one.target().ok_or_else(|| QuestionError::Invalid {
            message: format!("`{text}` is no role"),
            hints: Vec::new(),
        }),
        many => Err(QuestionError::Ambiguous {
            selector: text.to_owned(),
            count: many.len(),
            candidates: many.iter().take(8).map(|node| node.name(graph)).collect(),
        }),
    }
}

/// A caller to try, and the audience that it asks for, `any` where none is certain.
struct Tried {
    caller: Caller,
    audience: String,
}

/// The callers that a node means in one decision.
struct Ways {
    /// At least one: for a workspace, one for each audience that it may be configured with.
    own: Vec<Tried>,
    /// What a workspace would be with another audience of the provider's list.
    others: Vec<Tried>,
    /// Whether settings were read that say which audiences.
    configured: bool,
}

/// That the answer depends on which audience is asked for.
fn several_audiences(best: &str, all: &[(String, Verdict)], configured: bool) -> String {
    let why = if configured {
        "the workspace's configurations ask for different audiences"
    } else {
        "no audience is configured, as far as settings were read"
    };
    let others: Vec<String> = all
        .iter()
        .filter(|(audience, _)| audience != best)
        .map(|(audience, verdict)| format!("; with `{audience}` it is {verdict}"))
        .collect();
    format!("{why}, and this is the answer for `{best}`{}", others.concat())
}

/// Whom a text means as the caller of a decision, with the node that it names.
fn callers_meant(
    graph: &Graph,
    node: &Node,
    tag: Option<&str>,
    account: AccountKey,
    text: &str,
) -> Result<Ways, QuestionError> {
    let invalid = |message: String, hint: &str| QuestionError::Invalid {
        message,
        hints: vec![hint.to_owned()],
    };
    let mut wanted = None;
    let mut configured = false;
    if let Node::Workspace(index, _) = node {
        let Some(workspace) = graph.workspaces().get(*index) else {
            return Err(invalid(
                format!("`{text}` names no workspace"),
                "`rolewalk tree` lists what there is",
            ));
        };
        if workspace.execution_mode == "local" {
            return Err(invalid(
                format!(
                    "`{text}` runs locally (execution mode `local`), so its runs get no token to assume a role with"
                ),
                "ask for the credentials that are used where it runs, such as `user:ACCOUNT/NAME`",
            ));
        }
        configured = !workspace.configurations.is_empty();
        let tagged = tag.map(|tag| {
            workspace.configurations.iter().find(|each| each.tag.as_deref() == Some(tag))
        });
        wanted = tagged.flatten().map(|each| each.audience.clone());
    }
    if let Node::Account(account) = node {
        let name = &graph.facts().accounts[*account].name;
        return Err(invalid(
            format!(
                "`{text}` is the whole account `{name}` and no single caller; its root user assumes no role (rule T2)"
            ),
            &format!("name one of its principals: `{name}/ROLE` or `user:{name}/NAME`"),
        ));
    }
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for way in node.ways(graph, account) {
        let audience = match &way.caller {
            Caller::Token(Token { audience: Claim::Is(audience), .. }) => Some(audience.clone()),
            _ => None,
        };
        let is_other = match &wanted {
            Some(wanted) => audience != *wanted,
            None => way.other_audience.is_some(),
        };
        let audience = audience.unwrap_or_else(|| "any".to_owned());
        let list = if is_other { &mut others } else { &mut own };
        list.push(Tried { caller: way.caller, audience });
    }
    if own.is_empty() {
        return Err(invalid(
            format!("`{text}` makes no calls itself"),
            "a caller is a user, a role, a workspace, a token, a SAML provider or a service, such as `ACCOUNT/ROLE` or `user:ACCOUNT/NAME`",
        ));
    }
    Ok(Ways { own, others, configured })
}
