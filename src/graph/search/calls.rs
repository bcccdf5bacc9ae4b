//! A path as a sequence of calls, decided as a whole (rule C2).

use crate::evaluation::{
    Action, Call, Caller, Decision, Lineage, PathDecision, Requirement, RequirementKind,
    Requirements, Scenario, Target, Verdict, decide_path, judge as judge_call, judge_path,
    path_verdict,
};

use super::super::node::Way;
use super::super::{Graph, Node};

/// One hop with its decision.
#[derive(Debug, Clone)]
pub struct HopDecision {
    /// The action.
    pub action: Action,
    /// The decision, in the session that the hops before it leave.
    pub decision: Decision,
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
struct Calls<'g> {
    /// Caller, role and action of each hop, with what the path has begun with by then.
    hops: Vec<(Caller, Target, Action, Lineage)>,
    /// The audience that the workspace would have to change to.
    audience: Option<String>,
    /// What is stated of all of them.
    scenario: &'g Scenario,
    /// What is stated of each hop; nothing of those behind.
    stated: Vec<Scenario>,
}

/// What is known of the calls of a path beyond its nodes.
#[derive(Debug, Clone, Default)]
pub struct Stated {
    /// Who makes the first call, where that is one of several ways.
    pub first: Option<Caller>,
    /// What each hop passes, in order; of hops behind these nothing is said.
    pub hops: Vec<Scenario>,
}

/// What is stated of a hop; what is stated of all calls only where nothing is of this one, which
/// leaves more open than both together would.
fn of_hop<'s>(stated: &'s [Scenario], of_all: &'s Scenario, index: usize) -> &'s Scenario {
    stated.get(index).filter(|it| **it != Scenario::default()).unwrap_or(of_all)
}

impl<'g> Calls<'g> {
    fn over(graph: &'g Graph, nodes: &[Node], stated: Stated) -> Option<Self> {
        let facts = graph.facts();
        let scenario = graph.scenario();
        let Stated { mut first, hops: stated } = stated;
        let mut lineage = Lineage::Unknown;
        let (mut hops, mut audience) = (Vec::new(), None);
        for (index, pair) in nodes.windows(2).enumerate() {
            let [from, to] = pair else { return None };
            let target = to.target()?;
            let mut ways = match first.take() {
                Some(caller) => vec![Way { caller, other_audience: None }],
                None => from.ways(graph, target.account(facts)),
            };
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
                            scenario: of_hop(&stated, scenario, index),
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
        Some(Self { hops, audience, scenario, stated })
    }

    fn calls(&self) -> Vec<Call<'_>> {
        self.hops
            .iter()
            .enumerate()
            .map(|(index, (caller, target, action, lineage))| Call {
                caller,
                target,
                action: *action,
                scenario: of_hop(&self.stated, self.scenario, index),
                lineage,
                hop: index + 1,
            })
            .collect()
    }
}

/// The verdict of the path over these nodes, without evidence.
pub fn judge(graph: &Graph, nodes: &[Node]) -> Option<Route> {
    let calls = Calls::over(graph, nodes, Stated::default())?;
    let (verdict, requirements) = judge_path(graph.facts(), &calls.calls());
    Some(route(nodes, verdict, requirements, calls.audience.as_deref()))
}

/// The verdict of [`judge`] alone, and whether later hops are free (see [`path_verdict`]); denied
/// where the nodes are no path.
pub(super) fn verdict(graph: &Graph, nodes: &[Node]) -> (Verdict, bool) {
    let Some(calls) = Calls::over(graph, nodes, Stated::default()) else {
        return (Verdict::Denied, false);
    };
    let (verdict, free) = path_verdict(graph.facts(), &calls.calls());
    if calls.audience.is_some() && verdict != Verdict::Denied {
        return (Verdict::Conditional, free);
    }
    (verdict, free)
}

/// Another audience than the configured one is a choice, so what it leads to is conditional, be it
/// unknown otherwise (rule L2).
fn route(
    nodes: &[Node],
    mut verdict: Verdict,
    mut requirements: Requirements,
    audience: Option<&str>,
) -> Route {
    if let (Some(other), true) = (audience, verdict != Verdict::Denied) {
        verdict = Verdict::Conditional;
        for set in &mut requirements {
            set.insert(0, other_audience(other));
        }
    }
    Route { nodes: nodes.to_vec(), verdict, requirements }
}

/// Decides the path over these nodes, with the evidence of every hop.
pub fn decide(graph: &Graph, nodes: &[Node]) -> Option<(Route, Vec<HopDecision>)> {
    decide_stated(graph, nodes, Stated::default())
}

/// The same where something is known of its calls.
pub fn decide_stated(
    graph: &Graph,
    nodes: &[Node],
    stated: Stated,
) -> Option<(Route, Vec<HopDecision>)> {
    let calls = Calls::over(graph, nodes, stated)?;
    let PathDecision { verdict, requirements, hops } = decide_path(graph.facts(), &calls.calls());
    let route = route(nodes, verdict, requirements, calls.audience.as_deref());
    let actions = calls.hops.iter().map(|(_, _, action, _)| *action);
    let mut hops: Vec<HopDecision> =
        actions.zip(hops).map(|(action, decision)| HopDecision { action, decision }).collect();
    // A contradiction between hops has no hop that is denied by itself; it stays a denial.
    if let (Some(other), Some(first), true) =
        (calls.audience, hops.first_mut(), route.verdict != Verdict::Denied)
    {
        first.decision.verdict = Verdict::Conditional;
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
