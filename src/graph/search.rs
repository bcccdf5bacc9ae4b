//! Paths through the graph, decided as wholes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use crate::evaluation::{
    Action, Atoms, Call, Decision, Formula, Lineage, Requirement, RequirementKind, Requirements,
    Scenario, Verdict, decide_hop, judge, verdict_of,
};
use crate::org::{DocumentKey, Facts};
use crate::policy::{Effect, PrincipalEntry};

use super::node::Way;
use super::{Graph, Node};

/// How many paths between two nodes are decided before the search gives up on a better one.
const TRIES: usize = 48;
/// How many partial paths one search may hold.
const FRONTIER: usize = 200_000;

/// A path with its verdict.
#[derive(Debug, Clone)]
pub struct Route {
    /// From the source to the target.
    pub nodes: Vec<Node>,
    /// Over all hops together.
    pub verdict: Verdict,
    /// What must hold; each item names its hop.
    pub requirements: Requirements,
    /// One a hop.
    pub hops: Vec<HopDecision>,
}

/// One hop with its decision.
#[derive(Debug, Clone)]
pub struct HopDecision {
    /// The action.
    pub action: Action,
    /// The decision, in the session that the hops before it leave.
    pub decision: Decision,
}

/// What can be reached, or can reach.
#[derive(Debug, Default)]
pub struct Reached {
    /// By the node at the other end.
    pub routes: BTreeMap<Node, Route>,
    /// Whether something was left out because the search hit a bound.
    pub truncated: bool,
}

/// Decides the path over these nodes.
pub fn decide(graph: &Graph, nodes: &[Node]) -> Option<Route> {
    let mut atoms = Atoms::default();
    let mut formula = Formula::True;
    let mut hops = Vec::new();
    let mut lineage = Lineage::Unknown;
    let mut audience = None;
    for (index, pair) in nodes.windows(2).enumerate() {
        let [from, to] = pair else { return None };
        let target = to.target()?;
        let hop = index + 1;
        let mut best: Option<(Decision, Formula, Action, Way)> = None;
        for way in from.ways(graph, target.account(graph.facts())) {
            let action = Action::of(&way.caller);
            let scenario = Scenario::default();
            let call = Call {
                caller: &way.caller,
                target: &target,
                action,
                scenario: &scenario,
                lineage: &lineage,
                hop,
            };
            let (decision, formula) = decide_hop(graph.facts(), &call, &mut atoms);
            if best.as_ref().is_none_or(|(known, ..)| decision.verdict < known.verdict) {
                best = Some((decision, formula, action, way));
            }
        }
        let (decision, hop_formula, action, way) = best?;
        if hop == 1 {
            lineage = Lineage::of(&way.caller);
        }
        if let Some(other) = way.other_audience {
            audience = Some(other);
        }
        formula = formula.and(hop_formula);
        hops.push(HopDecision { action, decision });
    }
    let mut verdict = verdict_of(&atoms, &formula);
    let mut requirements = atoms.requirements(&formula);
    // A contradiction between hops has no hop that is denied by itself; it stays a denial.
    if let (Some(other), true) = (audience, verdict != Verdict::Denied) {
        let needed = other_audience(&other);
        verdict = verdict.max(Verdict::Conditional);
        for set in &mut requirements {
            set.insert(0, needed.clone());
        }
        if let Some(first) = hops.first_mut() {
            first.decision.verdict = first.decision.verdict.max(Verdict::Conditional);
            for set in &mut first.decision.requirements {
                set.insert(0, needed.clone());
            }
        }
    }
    Some(Route { nodes: nodes.to_vec(), verdict, requirements, hops })
}

fn other_audience(audience: &str) -> Requirement {
    Requirement {
        hop: 1,
        key: "aud".to_owned(),
        operator: "StringEquals".to_owned(),
        values: vec![audience.to_owned()],
        negated: false,
        kind: RequirementKind::CallerChoice,
        text: format!(
            "set the workspace's audience to `{audience}`; it is configured with another"
        ),
    }
}

/// Everything that can end up holding `target`, with the best path of each.
pub fn reaching(graph: &Graph, target: &Node, max_hops: usize) -> Reached {
    spread(graph, target, max_hops, true)
}

/// Every role that `source` can end up holding, with the best path to each.
pub fn reachable(graph: &Graph, source: &Node, max_hops: usize) -> Reached {
    spread(graph, source, max_hops, false)
}

/// What a node may assume. Of sources without limit in number (tokens, services, outsiders) the
/// graph holds edges only where a policy names them; whom else it means is worked out here.
fn calls(graph: &Graph, node: &Node) -> Vec<(Node, Verdict)> {
    let mut found: BTreeMap<Node, Verdict> =
        graph.assumes(node).map(|(to, assume)| (to.clone(), assume.verdict)).collect();
    let boundless =
        matches!(node, Node::Subject(_) | Node::Service(_) | Node::External(_) | Node::Named(_));
    if !boundless {
        return found.into_iter().collect();
    }
    let facts = graph.facts();
    let mut meant: HashMap<DocumentKey, bool> = HashMap::new();
    let roles = facts.roles.iter().filter(|(_, role)| {
        *meant.entry(role.trust).or_insert_with(|| may_mean(facts, role.trust, node))
    });
    let unread = facts.accounts.iter().filter(|(_, row)| row.identities.gap().is_some());
    let targets =
        roles.map(|(key, _)| Node::Role(key)).chain(unread.map(|(key, _)| Node::Unread(key)));
    for to in targets.collect::<Vec<_>>() {
        let Some(target) = to.target() else { continue };
        if found.contains_key(&to) {
            continue;
        }
        let verdicts = node.ways(graph, target.account(facts)).into_iter().map(|way| {
            let call = Call {
                caller: &way.caller,
                target: &target,
                action: Action::of(&way.caller),
                scenario: &Scenario::default(),
                lineage: &Lineage::Unknown,
                hop: 1,
            };
            judge(facts, &call)
        });
        if let Some(verdict) = verdicts.min().filter(|verdict| *verdict != Verdict::Denied) {
            found.insert(to, verdict);
        }
    }
    found.into_iter().collect()
}

/// Whether a trust policy may mean a caller of which there is no list.
fn may_mean(facts: &Facts, document: DocumentKey, node: &Node) -> bool {
    let Ok(document) = &facts.documents[document].parsed else { return true };
    let account = node.account(facts);
    let entry = |entry: &PrincipalEntry| match (entry, node) {
        (PrincipalEntry::Everyone, _) => true,
        (PrincipalEntry::Service(name), Node::Service(service)) => name == service,
        (PrincipalEntry::Federated(provider), Node::Subject(subject)) => {
            provider.ends_with(&subject.issuer)
        }
        (
            PrincipalEntry::EveryAwsPrincipal | PrincipalEntry::UniqueId(_),
            Node::External(_) | Node::Named(_),
        ) => true,
        (PrincipalEntry::Account { account: id, .. }, Node::External(_) | Node::Named(_)) => {
            account == Some(*id)
        }
        (PrincipalEntry::Arn(arn), Node::External(_) | Node::Named(_)) => arn.account() == account,
        _ => false,
    };
    document.statements.iter().any(|statement| {
        statement.effect != Some(Effect::Deny)
            && statement.principal.as_ref().map_or(!statement.problems.is_empty(), |element| {
                element.negated || element.entries.iter().any(entry)
            })
    })
}

/// The walk in either direction. Edges leave the caller's session open, so a path of allowed
/// edges is allowed whatever came before: those need no second decision. What is left is reached
/// over conditional edges, and each such path is decided as a whole.
fn spread(graph: &Graph, end: &Node, max_hops: usize, backwards: bool) -> Reached {
    let next = |node: &Node| -> Vec<(Node, Verdict)> {
        let list: Vec<_> = if backwards {
            graph.assumed_by(node).map(|(n, a)| (n.clone(), a.verdict)).collect()
        } else {
            calls(graph, node)
        };
        list.into_iter().filter(|(_, verdict)| *verdict != Verdict::Denied).collect()
    };
    let mut reached = Reached::default();
    let mut sure: HashMap<Node, Vec<Node>> = HashMap::from([(end.clone(), vec![end.clone()])]);
    let mut queue = VecDeque::from([end.clone()]);
    while let Some(node) = queue.pop_front() {
        let path = sure.get(&node).cloned().unwrap_or_default();
        if path.len() > max_hops {
            continue;
        }
        for (other, verdict) in next(&node) {
            if verdict == Verdict::Allowed && !sure.contains_key(&other) {
                let mut longer = path.clone();
                longer.push(other.clone());
                sure.insert(other.clone(), longer);
                queue.push_back(other);
            }
        }
    }
    for (node, path) in &sure {
        if node == end {
            continue;
        }
        let mut path = path.clone();
        if backwards {
            path.reverse();
        }
        if let Some(route) = decide(graph, &path) {
            reached.routes.insert(node.clone(), route);
        }
    }
    // Paths with a conditional hop, shortest first. They go on from every node that is reached
    // for sure over its sure path, which holds whoever stands at the beginning.
    let mut tries: HashMap<Node, usize> = HashMap::new();
    let mut kept: HashSet<Node> = HashSet::new();
    let mut seeds: Vec<Vec<Node>> =
        sure.values().filter(|path| path.len() <= max_hops).cloned().collect();
    seeds.sort_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
    let mut held = seeds.len();
    let mut frontier = VecDeque::from(seeds);
    while let Some(path) = frontier.pop_front() {
        let Some(last) = path.last() else { continue };
        for (other, _) in next(last) {
            if path.contains(&other) {
                continue;
            }
            let settled = reached.routes.get(&other).is_some_and(|r| r.verdict == Verdict::Allowed);
            if settled {
                // Its sure path is the better one. A shorter one is of use for what lies beyond:
                // one of them, or where the sure path is as long as it may be, all.
                let goes_on = sure.get(&other).is_some_and(|path| path.len() <= max_hops);
                if path.len() >= max_hops || (goes_on && kept.contains(&other)) {
                    continue;
                }
            }
            let tried = tries.entry(other.clone()).or_default();
            *tried += 1;
            if *tried > TRIES || held > FRONTIER {
                // What is reached for sure is not missed, and is gone on from.
                let missed = !settled || sure.get(&other).is_none_or(|path| path.len() > max_hops);
                reached.truncated |= missed;
                continue;
            }
            held += 1;
            let mut longer = path.clone();
            longer.push(other.clone());
            let nodes: Vec<Node> =
                if backwards { longer.iter().rev().cloned().collect() } else { longer.clone() };
            let Some(route) = decide(graph, &nodes) else { continue };
            if route.verdict == Verdict::Denied {
                // The hops exclude each other; a longer path over them does so too.
                continue;
            }
            if settled {
                kept.insert(other);
                frontier.push_back(longer);
                continue;
            }
            let better = reached.routes.get(&other).is_none_or(|known| {
                (route.verdict, route.nodes.len()) < (known.verdict, known.nodes.len())
            });
            if better {
                reached.routes.insert(other.clone(), route);
            }
            if longer.len() <= max_hops {
                frontier.push_back(longer);
            }
        }
    }
    reached
}

/// The paths from one node to another, best verdict first, then shortest; at most `limit`, and
/// whether some were left out. Denied paths come only where there is no other, and then those
/// that a policy or a workspace means.
pub fn paths(
    graph: &Graph,
    from: &Node,
    to: &Node,
    max_hops: usize,
    limit: usize,
) -> (Vec<Route>, bool) {
    let (mut found, truncated) = walk(graph, from, to, max_hops, limit, false);
    found.retain(|route| route.verdict != Verdict::Denied);
    if found.is_empty() {
        // A denied path stops at its first denied hop, so the walk over named edges is short.
        let (mut denied, cut) = walk(graph, from, to, max_hops, 16, true);
        if denied.is_empty() {
            denied.extend(decide(graph, &[from.clone(), to.clone()]));
        }
        denied.sort_by_key(|route| (hops_before_denial(route), route.nodes.len()));
        denied.truncate(3);
        return (denied, truncated || cut);
    }
    found.sort_by(|one, other| {
        (one.verdict, one.nodes.len(), &one.nodes).cmp(&(
            other.verdict,
            other.nodes.len(),
            &other.nodes,
        ))
    });
    (found, truncated)
}

/// How far a denied path is from its end when it stops: fewer hops left is nearer to working.
fn hops_before_denial(route: &Route) -> usize {
    let good = route.hops.iter().take_while(|hop| hop.decision.verdict != Verdict::Denied).count();
    route.hops.len() - good
}

fn walk(
    graph: &Graph,
    from: &Node,
    to: &Node,
    max_hops: usize,
    limit: usize,
    denied_too: bool,
) -> (Vec<Route>, bool) {
    let distance = distances(graph, to, max_hops, denied_too);
    let first = calls(graph, from);
    let mut found = Vec::new();
    let mut frontier = VecDeque::from([vec![from.clone()]]);
    let mut held = 0;
    while let Some(path) = frontier.pop_front() {
        let Some(last) = path.last() else { continue };
        let next: Vec<(&Node, Verdict)> = if last == from {
            first.iter().map(|(node, verdict)| (node, *verdict)).collect()
        } else {
            graph.assumes(last).map(|(node, assume)| (node, assume.verdict)).collect()
        };
        for (other, verdict) in next {
            if path.contains(other) || (!denied_too && verdict == Verdict::Denied) {
                continue;
            }
            let left = max_hops.saturating_sub(path.len());
            if distance.get(other).is_none_or(|needed| *needed > left) {
                continue;
            }
            if found.len() >= limit || held > FRONTIER {
                return (found, true);
            }
            held += 1;
            let mut longer = path.clone();
            longer.push(other.clone());
            if other == to {
                found.extend(decide(graph, &longer));
            } else {
                frontier.push_back(longer);
            }
        }
    }
    (found, false)
}

/// How many hops each node is from `to`, up to a bound.
fn distances(graph: &Graph, to: &Node, max_hops: usize, denied_too: bool) -> HashMap<Node, usize> {
    let mut found = HashMap::from([(to.clone(), 0)]);
    let mut queue = VecDeque::from([to.clone()]);
    while let Some(node) = queue.pop_front() {
        let next = found.get(&node).copied().unwrap_or(0) + 1;
        if next > max_hops {
            continue;
        }
        for (other, assume) in graph.assumed_by(&node) {
            if (denied_too || assume.verdict != Verdict::Denied) && !found.contains_key(other) {
                found.insert(other.clone(), next);
                queue.push_back(other.clone());
            }
        }
    }
    found
}

/// The nodes that calls start from.
pub fn sources(graph: &Graph) -> BTreeSet<Node> {
    graph.nodes().filter(|node| graph.assumes(node).next().is_some()).cloned().collect()
}
