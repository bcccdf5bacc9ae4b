//! Paths through the graph, decided as wholes (rule C2).

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::evaluation::{
    Action, Call, Caller, Decision, Lineage, PathDecision, Requirement, RequirementKind,
    Requirements, Scenario, Target, Verdict, decide_path, judge as judge_call, judge_path,
    may_carry_state,
};

use super::node::Way;
use super::{Graph, Node};

/// How many paths between two nodes are decided before the search gives up on a better one
/// (rule C3).
const TRIES: usize = 48;
/// How many partial paths one search may hold.
const FRONTIER: usize = 200_000;

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
    /// By the node at the other end, the best way there.
    pub routes: BTreeMap<Node, Route>,
    /// Whether something was left out because the search hit a bound.
    pub truncated: bool,
}

/// A path with its verdict, and what it takes.
#[derive(Debug, Clone)]
pub struct Route {
    /// From the source to the target.
    pub nodes: Vec<Node>,
    /// Over all hops together.
    pub verdict: Verdict,
    /// What must hold; each item names its hop.
    pub requirements: Requirements,
}

impl Route {
    /// How many calls it is.
    pub fn hops(&self) -> usize {
        self.nodes.len().saturating_sub(1)
    }
}

/// The calls of a path's hops. Of several ways to make a call the best is taken.
struct Calls {
    /// Caller, role and action of each hop, with what the path has begun with by then.
    hops: Vec<(Caller, Target, Action, Lineage)>,
    /// The audience that the workspace would have to change to.
    audience: Option<String>,
    scenario: Scenario,
}

impl Calls {
    fn over(graph: &Graph, nodes: &[Node]) -> Option<Self> {
        let facts = graph.facts();
        let scenario = Scenario::default();
        let mut lineage = Lineage::Unknown;
        let (mut hops, mut audience) = (Vec::new(), None);
        for (index, pair) in nodes.windows(2).enumerate() {
            let [from, to] = pair else { return None };
            let target = to.target()?;
            let mut ways = from.ways(graph, target.account(facts));
            let best = if ways.len() < 2 {
                0
            } else {
                let verdict = |way: &Way| {
                    judge_call(
                        facts,
                        &Call {
                            caller: &way.caller,
                            target: &target,
                            action: way.caller.action(),
                            scenario: &scenario,
                            lineage: &lineage,
                            hop: index + 1,
                        },
                    )
                };
                ways.iter().enumerate().min_by_key(|(_, way)| verdict(way)).map(|(at, _)| at)?
            };
            if best >= ways.len() {
                return None;
            }
            let Way { caller, other_audience } = ways.swap_remove(best);
            if other_audience.is_some() {
                audience = other_audience;
            }
            let began = lineage.clone();
            if index == 0 {
                lineage = Lineage::of(&caller);
            }
            let action = caller.action();
            hops.push((caller, target, action, began));
        }
        Some(Self { hops, audience, scenario })
    }

    fn calls(&self) -> Vec<Call<'_>> {
        self.hops
            .iter()
            .enumerate()
            .map(|(index, (caller, target, action, lineage))| Call {
                caller,
                target,
                action: *action,
                scenario: &self.scenario,
                lineage,
                hop: index + 1,
            })
            .collect()
    }
}

/// The verdict of the path over these nodes, without evidence.
pub fn judge(graph: &Graph, nodes: &[Node]) -> Option<Route> {
    let calls = Calls::over(graph, nodes)?;
    let (verdict, requirements) = judge_path(graph.facts(), &calls.calls());
    Some(route(nodes, verdict, requirements, calls.audience.as_deref()))
}

fn route(
    nodes: &[Node],
    mut verdict: Verdict,
    mut requirements: Requirements,
    audience: Option<&str>,
) -> Route {
    if let (Some(other), true) = (audience, verdict != Verdict::Denied) {
        verdict = verdict.max(Verdict::Conditional);
        for set in &mut requirements {
            set.insert(0, other_audience(other));
        }
    }
    Route { nodes: nodes.to_vec(), verdict, requirements }
}

/// Decides the path over these nodes, with the evidence of every hop.
pub fn decide(graph: &Graph, nodes: &[Node]) -> Option<(Route, Vec<HopDecision>)> {
    let calls = Calls::over(graph, nodes)?;
    let PathDecision { verdict, requirements, hops } = decide_path(graph.facts(), &calls.calls());
    let route = route(nodes, verdict, requirements, calls.audience.as_deref());
    let actions = calls.hops.iter().map(|(_, _, action, _)| *action);
    let mut hops: Vec<HopDecision> =
        actions.zip(hops).map(|(action, decision)| HopDecision { action, decision }).collect();
    // A contradiction between hops has no hop that is denied by itself; it stays a denial.
    if let (Some(other), Some(first), true) =
        (calls.audience, hops.first_mut(), route.verdict != Verdict::Denied)
    {
        first.decision.verdict = first.decision.verdict.max(Verdict::Conditional);
        for set in &mut first.decision.requirements {
            set.insert(0, other_audience(&other));
        }
    }
    Some((route, hops))
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

/// Whether a path that was at a node need not come there again. It may have to where the session
/// then holds something else: a role can assume itself to be tagged. The end that the search
/// begins with is no such node: before the first hop a session may hold anything, and at the
/// last it does not matter.
fn done_with(graph: &Graph, path: &[Node], node: &Node) -> bool {
    let visits = path.iter().filter(|known| *known == node).count();
    let again = || {
        path.first() != Some(node)
            && matches!(node, Node::Role(role) if may_carry_state(graph.facts(), *role))
    };
    visits > 1 || (visits == 1 && !again())
}

fn comes_twice(path: &[Node]) -> bool {
    path.iter().enumerate().any(|(index, node)| path.iter().skip(index + 1).any(|n| n == node))
}

/// The walk in either direction. Edges leave the caller's session open, so a path of allowed
/// edges is allowed whatever came before: those need no second decision. What is left is reached
/// over conditional edges, and each such path is decided as a whole.
fn spread(graph: &Graph, end: &Node, max_hops: usize, backwards: bool) -> Reached {
    let next = |node: &Node| -> Vec<(Node, Verdict)> {
        let list: Vec<_> = if backwards {
            graph.assumed_by(node).map(|(n, a)| (n.clone(), a.verdict)).collect()
        } else {
            graph.assumes(node).into_iter().map(|(n, a)| (n, a.verdict)).collect()
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
        let route =
            Route { nodes: path, verdict: Verdict::Allowed, requirements: vec![Vec::new()] };
        reached.routes.insert(node.clone(), route);
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
            if done_with(graph, &path, &other) {
                continue;
            }
            let settled = reached.routes.get(&other).is_some_and(|r| r.verdict == Verdict::Allowed);
            // What a session holds depends on the way to it, and later hops may ask for it.
            let carries = match &other {
                Node::Role(role) => may_carry_state(graph.facts(), *role),
                _ => true,
            };
            if settled {
                // Its sure path is the better one. A shorter one is of use for what lies beyond.
                // From a source on one of them stands for all; towards a target it depends on
                // who will stand at the beginning which of them holds.
                let sure_path = sure.get(&other).filter(|_| !carries).map(Vec::len);
                let goes_on = sure_path.is_some_and(|length| length <= max_hops);
                let no_shorter = sure_path.is_some_and(|length| length <= path.len() + 1);
                let stood_for = goes_on && !backwards && kept.contains(&other);
                if path.len() >= max_hops || no_shorter || stood_for {
                    continue;
                }
            }
            let count = tries.entry(other.clone()).or_default();
            *count += 1;
            if *count > TRIES || held > FRONTIER {
                reached.truncated = true;
                continue;
            }
            held += 1;
            let mut longer = path.clone();
            longer.push(other.clone());
            let nodes: Vec<Node> =
                if backwards { longer.iter().rev().cloned().collect() } else { longer.clone() };
            let Some(route) = judge(graph, &nodes) else { continue };
            if route.verdict == Verdict::Denied {
                // The hops exclude each other; a longer path over them does so too.
                continue;
            }
            if settled {
                if route.verdict <= Verdict::Conditional {
                    kept.insert(other);
                }
                frontier.push_back(longer);
                continue;
            }
            // To hold a role nobody has to come to it twice; on the way to another one may have to.
            let rank = |route: &Route| (comes_twice(&route.nodes), route.verdict, route.hops());
            let known = reached.routes.get(&other);
            let better = known.is_none_or(|known| rank(&route) < rank(known));
            if better && !path.contains(&other) {
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
    let once = |path: &[Node], node: &Node| path.contains(node);
    let (mut found, mut truncated) = walk(graph, from, to, max_hops, limit, false, once);
    found.retain(|route| route.verdict != Verdict::Denied);
    if found.is_empty() {
        let again = |path: &[Node], node: &Node| done_with(graph, path, node);
        let cut;
        (found, cut) = walk(graph, from, to, max_hops, limit, false, again);
        truncated |= cut;
        found.retain(|route| route.verdict != Verdict::Denied);
    }
    if found.is_empty() {
        // A denied path stops at its first denied hop, so the walk over named edges is short.
        let (mut denied, cut) = walk(graph, from, to, max_hops, 16, true, once);
        if denied.is_empty() {
            denied.extend(judge(graph, &[from.clone(), to.clone()]));
        }
        denied.sort_by_key(|route| (hops_left(graph, route), route.nodes.len()));
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

/// How many hops of a denied path are left where it stops: fewer is nearer to working.
fn hops_left(graph: &Graph, route: &Route) -> usize {
    let good = (2..=route.nodes.len())
        .take_while(|length| {
            let part = route.nodes.get(..*length).and_then(|part| judge(graph, part));
            part.is_some_and(|part| part.verdict != Verdict::Denied)
        })
        .count();
    route.hops() - good
}

fn walk(
    graph: &Graph,
    from: &Node,
    to: &Node,
    max_hops: usize,
    limit: usize,
    denied_too: bool,
    done_with: impl Fn(&[Node], &Node) -> bool,
) -> (Vec<Route>, bool) {
    let distance = distances(graph, to, max_hops, denied_too);
    let mut found = Vec::new();
    let mut frontier = VecDeque::from([vec![from.clone()]]);
    let mut held = 0;
    while let Some(path) = frontier.pop_front() {
        let Some(last) = path.last() else { continue };
        for (other, assume) in graph.assumes(last) {
            if done_with(&path, &other) || (!denied_too && assume.verdict == Verdict::Denied) {
                continue;
            }
            let left = max_hops.saturating_sub(path.len());
            if distance.get(&other).is_none_or(|needed| *needed > left) {
                continue;
            }
            if found.len() >= limit || held > FRONTIER {
                return (found, true);
            }
            held += 1;
            let mut longer = path.clone();
            longer.push(other.clone());
            if other == *to {
                found.extend(judge(graph, &longer));
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
