//! The verdict of a chain as a configuration asks for it, with what it passes (rule H13).

use std::collections::BTreeMap;

use crate::arn::{Arn, PrincipalName};
use crate::evaluation::{
    Requirement, RequirementKind, Requirements, Scenario, SessionPolicy, Verdict,
};
use crate::graph::search::{self, Stated};
use crate::graph::{Graph, Node};
use crate::policy::Document;
use crate::workload::blocks::{Argument, Asked, AskedRole};

use super::super::answers::ConfiguredProvider;
use super::chain::{Chain, Start};
use super::selector;

/// A chain, decided.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    pub(super) requirements: Requirements,
    pub(super) reason: Option<String>,
    /// The run and the roles, as far as the facts have them.
    pub(super) nodes: Vec<Node>,
    /// The role that is not there, where that is what denies.
    pub(super) missing: Option<String>,
    /// The role whose call is refused, or that is not there.
    pub(super) denied_at: Option<String>,
}

/// The first calls of a chain, decided.
pub(super) struct Decided {
    pub(super) verdict: Verdict,
    pub(super) requirements: Requirements,
    reason: Option<String>,
    /// The hop that is refused, from 0.
    refused: Option<usize>,
}

/// What a role's ARN leads to.
enum Found {
    Node(Node),
    /// Nothing is known of it, for this reason.
    Open(String),
    /// There is no such role, for this reason.
    Missing(String),
}

fn find(graph: &Graph, role: &str) -> Found {
    let facts = graph.facts();
    let arn: Option<Arn> = role.parse().ok();
    let named = arn.as_ref().and_then(Arn::principal);
    let Some(PrincipalName::Role { account, .. }) = named else {
        return Found::Missing(format!("`{role}` is not the ARN of a role"));
    };
    if let Some(key) = facts.role_by_arn(role) {
        return Found::Node(Node::Role(key));
    }
    let Some(key) = facts.account(account) else {
        return Found::Open(format!(
            "`{role}` is in the account {account}, which is outside of the organization or was not read"
        ));
    };
    let row = &facts.accounts[key];
    if arn.is_none_or(|arn| arn.partition() != row.partition) {
        return Found::Missing(format!(
            "`{role}` names another partition than that of its account"
        ));
    }
    match row.identities.read() {
        None => Found::Node(Node::Unread(key)),
        Some(damaged) if !damaged.is_empty() => Found::Open(format!(
            "`{role}` is not among what was read of `{}`, and not all was",
            row.name
        )),
        // Nobody says whether STS tells names apart by the case of letters.
        Some(_) if row.roles.iter().any(|key| facts.roles[*key].arn.eq_ignore_ascii_case(role)) => {
            Found::Open(format!("`{role}` is in `{}` with letters of another case", row.name))
        }
        Some(_) => Found::Missing(format!("`{}` has no role `{role}`", row.name)),
    }
}

/// What a call passes, by condition key; whether all that it passes is stated with that.
fn scenario(link: &Asked, session: &mut Session, is_token: bool) -> Scenario {
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut state = |key: &str, values: Vec<String>| drop(keys.insert(key.to_owned(), values));
    let text = |argument| {
        let mut passed = link.passed(argument).map(|passed| passed.value.clone());
        passed.next()
    };
    if !is_token {
        match text(Argument::ExternalId) {
            Some(Some(id)) => state("sts:externalid", vec![id]),
            Some(None) => {}
            // No value states that none is passed.
            None => state("sts:externalid", Vec::new()),
        }
    }
    if let Some(Some(name)) = text(Argument::SessionName) {
        state("sts:rolesessionname", vec![name]);
    }
    if let Some(own) = &session.source_identity {
        state("aws:sourceidentity", vec![own.clone()]);
        state("sts:sourceidentity", vec![own.clone()]);
    }
    match text(Argument::SourceIdentity) {
        Some(Some(name)) => {
            state("sts:sourceidentity", vec![name.clone()]);
            session.source_identity = Some(name);
        }
        Some(None) => session.open("a source identity that can't be told"),
        None => {}
    }
    let mut tags = Vec::new();
    for tag in link.passed(Argument::Tags) {
        match (&tag.key, &tag.value) {
            (Some(key), value) => {
                tags.push(key.clone());
                if let Some(value) = value {
                    state(&format!("aws:requesttag/{}", key.to_lowercase()), vec![value.clone()]);
                }
            }
            (None, _) => session.open("tags that can't be told"),
        }
    }
    if !tags.is_empty() {
        state("aws:tagkeys", tags);
    }
    let transitive: Vec<Option<String>> =
        link.passed(Argument::TransitiveTagKeys).map(|passed| passed.value.clone()).collect();
    if session.handed_on {
        session.inherits = true;
    }
    session.handed_on |= !transitive.is_empty();
    if let Some(known) = transitive.into_iter().collect::<Option<Vec<String>>>()
        && !known.is_empty()
    {
        state("sts:transitivetagkeys", known);
    }
    let session_policies = std::mem::take(&mut session.policies);
    if let Some(why) = session.unread_policy.take() {
        session.open(&why);
    }
    if link.passed(Argument::PolicyArns).next().is_some() {
        session.unread_policy = Some("session policies by ARN, which were not read".to_owned());
    }
    match text(Argument::Policy) {
        None => {}
        Some(policy) => match policy.map(|policy| Document::parse(&policy)) {
            Some(Ok(document)) => session.policies.push(SessionPolicy {
                name: "session policy of the provider".into(),
                document: Ok(document),
            }),
            _ => session.unread_policy = Some("a session policy that can't be told".to_owned()),
        },
    }
    Scenario { keys, session_policies, ..Scenario::default() }
}

/// What earlier calls of the chain leave for later ones.
#[derive(Default)]
struct Session {
    source_identity: Option<String>,
    policies: Vec<SessionPolicy>,
    unread_policy: Option<String>,
    /// Whether tags are handed on, and whether to a call that was made.
    handed_on: bool,
    inherits: bool,
    /// What is passed and not known, so that no more than "unknown" can be said.
    unknown: Option<String>,
}

impl Session {
    fn open(&mut self, what: &str) {
        self.unknown.get_or_insert_with(|| what.to_owned());
    }
}

/// What is known of the calls over the first roles of a chain.
pub(super) fn stated(chain: &Chain<'_>, roles: usize) -> (Stated, Option<String>, bool) {
    let mut session = Session::default();
    let hops =
        chain.links.iter().take(roles).enumerate().map(|(at, link)| match (at, &chain.start) {
            // The run's own call is made by HCP Terraform.
            (0, Start::Run(_)) => Scenario::default(),
            (at, _) => scenario(link, &mut session, at == 0),
        });
    let hops = hops.collect();
    let first = match &chain.start {
        Start::Run(caller) => Some(caller.clone()),
        Start::Token | Start::Elsewhere(_) => None,
    };
    (Stated { first, hops }, session.unknown, session.inherits)
}

/// Decides a chain, once.
pub(super) fn judge<'c>(graph: &Graph, chain: &'c Chain<'_>) -> &'c Judged {
    chain.judged.get_or_init(|| judged(graph, chain))
}

fn judged(graph: &Graph, chain: &Chain<'_>) -> Judged {
    let mut nodes = vec![Node::Workspace(chain.workspace, chain.phase)];
    let unknown = |nodes: Vec<Node>, reason: String| Judged {
        verdict: Verdict::Unknown,
        requirements: not_read(&reason),
        reason: Some(reason),
        nodes,
        missing: None,
        denied_at: None,
    };
    if let Start::Elsewhere(why) = &chain.start {
        return unknown(nodes, why.clone());
    }
    let (mut open, mut missing) = (None, None);
    for link in &chain.links {
        match &link.role {
            AskedRole::Known(arn) if !link.repeated => match find(graph, arn) {
                Found::Node(node) => nodes.push(node),
                Found::Open(why) => open = Some(why),
                Found::Missing(why) => missing = Some((arn.clone(), why)),
            },
            AskedRole::Known(arn) => open = Some(format!("`{arn}` may be asked for or not")),
            AskedRole::Unknown(unknown) => {
                open = Some(format!("`{}` can't be told from the texts", unknown.expression));
            }
        }
        if open.is_some() || missing.is_some() {
            break;
        }
    }
    let denied = |nodes, reason, missing, denied_at| Judged {
        verdict: Verdict::Denied,
        requirements: Vec::new(),
        reason,
        nodes,
        missing,
        denied_at,
    };
    let way = decide(graph, chain, &nodes);
    if let Some(Decided { verdict: Verdict::Denied, reason, refused, .. }) = way {
        let role = refused.and_then(|at| chain.known().get(at).map(|role| (*role).to_owned()));
        return denied(nodes, reason, None, role);
    }
    if let Some((role, why)) = missing {
        return denied(nodes, Some(why), Some(role.clone()), Some(role));
    }
    if let Some(mut why) = open {
        if let Some((likely, whys)) = chain.likely() {
            let verdict = judged(graph, &likely).verdict;
            why = format!("{why}; {} the chain is {verdict}", whys.join(", "));
        }
        return unknown(nodes, why);
    }
    match way {
        Some(Decided { verdict, requirements, reason, .. }) => {
            Judged { verdict, requirements, reason, nodes, missing: None, denied_at: None }
        }
        None => unknown(nodes, "the chain can't be decided".to_owned()),
    }
}

/// Decides the calls over nodes, the first ones of a chain.
pub(super) fn decide(graph: &Graph, chain: &Chain<'_>, nodes: &[Node]) -> Option<Decided> {
    let unknown = |reason: String| Decided {
        verdict: Verdict::Unknown,
        requirements: not_read(&reason),
        reason: Some(reason),
        refused: None,
    };
    if nodes.len() < 2 {
        return None;
    }
    let (stated, open, inherits) = stated(chain, nodes.len() - 1);
    let (route, hops) = search::decide_stated(graph, nodes, stated)?;
    let (mut verdict, mut requirements) = (route.verdict, route.requirements);
    if verdict == Verdict::Denied {
        let at = hops.iter().position(|hop| hop.decision.verdict == Verdict::Denied);
        let reason = at.and_then(|at| {
            let text = &hops.get(at)?.decision.reason.as_ref()?.text;
            let passes_none = chain.links.get(at)?.passed(Argument::ExternalId).next().is_none();
            let near = hops.get(at)?.decision.layers.iter().flat_map(|layer| &layer.near_misses);
            let asks = near.into_iter().any(|miss| miss.failed_on.contains("sts:ExternalId"));
            let note = match (asks, passes_none) {
                (true, true) => " (it asks for an external ID, and the provider passes none)",
                (true, false) => " (it asks for another external ID than the provider passes)",
                (false, _) => "",
            };
            Some(format!("hop {}: {text}{note}", at + 1))
        });
        let reason =
            reason.unwrap_or_else(|| "what the hops require can't all hold together".to_owned());
        if let Start::Token = chain.start {
            let reason =
                format!("the token that it passes can't be told; if it is the run's, {reason}");
            return Some(unknown(reason));
        }
        return Some(Decided { verdict, requirements, reason: Some(reason), refused: at });
    }
    let mut ask = |requirement: Requirement| {
        verdict = verdict.max(Verdict::Conditional);
        for set in &mut requirements {
            set.insert(0, requirement.clone());
        }
    };
    if let Start::Token = chain.start {
        ask(requirement(
            RequirementKind::TokenClaim,
            "token",
            "the token that the provider passes is that of the run",
        ));
    }
    if inherits {
        ask(requirement(
            RequirementKind::AmbiguousRule,
            "sts:TagSession",
            "`sts:TagSession` is allowed at each hop behind one that hands tags on",
        ));
    }
    if let Some(open) = open {
        return Some(unknown(format!("the provider passes {open}")));
    }
    Some(Decided { verdict, requirements, reason: None, refused: None })
}

fn requirement(kind: RequirementKind, key: &str, text: &str) -> Requirement {
    Requirement {
        hop: 1,
        key: key.to_owned(),
        operator: "Given".to_owned(),
        values: Vec::new(),
        negated: false,
        kind,
        text: text.to_owned(),
    }
}

fn not_read(reason: &str) -> Requirements {
    vec![vec![requirement(RequirementKind::NotRead, "configuration", reason)]]
}

/// A chain for an answer.
pub(super) fn shown(graph: &Graph, chain: &Chain<'_>) -> ConfiguredProvider {
    let Judged { verdict, requirements, reason, denied_at, .. } = judge(graph, chain);
    let (requirements, reason) = (requirements.clone(), reason.clone());
    let provider = chain.provider;
    ConfiguredProvider {
        provider: provider.selector(),
        module: provider.module.clone(),
        place: provider.place.as_ref().map(ToString::to_string),
        workspace: selector(graph, chain.workspace),
        phase: chain.phase.as_str(),
        tag: chain.tag.clone(),
        base: chain.base(),
        chain: chain.shown(),
        verdict: *verdict,
        requirements,
        reason,
        denied_at: denied_at.clone(),
    }
}
