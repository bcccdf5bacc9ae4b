//! Roles that every way from some sources to some targets passes.
//!
//! Ways are those over hops that each may succeed, however many. A way of several conditional hops
//! may fail as a whole (rule C2), so what is found is passed by all, and there may be more.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use petgraph::Direction::{self, Incoming, Outgoing};
use petgraph::algo::dominators::simple_fast;
use petgraph::graph::NodeIndex;

use crate::evaluation::Verdict;

use super::super::{Graph, Node};
use super::relay::Plain;
use super::walk::Start;

/// Somebody who is passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chokepoint {
    /// A role; or one of several sources, where all ways begin with it.
    pub node: Node,
    /// How many targets are reached over it alone.
    pub guards: usize,
    /// How many other targets are reached without it.
    pub left: usize,
}

/// Who is passed on the way to targets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chokepoints {
    /// How many of the targets are reached. Those that are sources are none.
    pub reached: usize,
    /// Those that guard most first, then in order.
    pub points: Vec<Chokepoint>,
}

/// What every way from some source to a target passes; ways are those over hops whose verdict
/// counts.
///
/// Of roles that nothing tells apart none is needed by itself, and a placeholder of an account
/// that was not read stands for any number of roles: neither is a chokepoint.
pub fn chokepoints(
    graph: &Graph,
    sources: &[Node],
    targets: &[Node],
    counts: impl Fn(Verdict) -> bool + Copy,
) -> Chokepoints {
    let counts = |verdict: Verdict| verdict != Verdict::Denied && counts(verdict);
    let vertex = |node: &Node| graph.vertices.of(&graph.facts, node);
    let sources: BTreeSet<&Node> = sources.iter().collect();
    let wanted = || targets.iter().filter(|target| !sources.contains(target)).filter_map(vertex);
    // What the edges of the graph say of sources that anybody can name is not all.
    let named: BTreeMap<&Node, Vec<NodeIndex>> = sources
        .iter()
        .filter(|source| source.nameable())
        .map(|source| (*source, first_hops(graph, source, counts)))
        .collect();
    let begin = sources.iter().filter(|source| !source.nameable()).filter_map(|node| vertex(node));
    let from = spread(graph, begin.chain(named.values().flatten().copied()), Outgoing, counts);
    let to = spread(graph, wanted(), Incoming, counts);
    let mut plain =
        Plain::new(graph, |vertex| from.contains(&vertex) && to.contains(&vertex), counts);
    let root = plain.graph.add_node(None);
    let mut passed: HashMap<NodeIndex, Node> = HashMap::new();
    for source in &sources {
        let stored = vertex(source).filter(|_| !source.nameable());
        let alone = stored.filter(|vertex| graph.count_at(*vertex) == 1);
        // Others at its vertex may stand in its place further on, but not at the beginning.
        let here = match alone {
            Some(vertex) => plain.add(vertex),
            None => plain.graph.add_node(None),
        };
        plain.graph.add_edge(root, here, ());
        let hops: Vec<NodeIndex> = match (named.get(source), stored.and_then(|at| plain.of(at))) {
            (Some(hops), _) => {
                let near = hops.iter().filter(|vertex| to.contains(vertex));
                near.map(|vertex| plain.add(*vertex)).collect()
            }
            (None, Some(at)) if at != here => plain.graph.neighbors(at).collect(),
            (None, _) => Vec::new(),
        };
        for to in hops {
            plain.graph.add_edge(here, to, ());
        }
        // Of one source it goes without saying.
        if sources.len() > 1 {
            passed.insert(here, (*source).clone());
        }
    }
    let single = plain.graph.node_indices().filter_map(|here| {
        let vertex = (*plain.graph.node_weight(here)?)?;
        let nodes = (graph.count_at(vertex) == 1).then(|| graph.nodes_at(vertex))?;
        nodes.into_iter().next().map(|node| (here, node))
    });
    for (here, node) in single {
        if matches!(node, Node::Role(_)) && !sources.contains(&node) {
            passed.insert(here, node);
        }
    }
    let mut ends: HashMap<NodeIndex, usize> = HashMap::new();
    for here in wanted().filter_map(|vertex| plain.of(vertex)) {
        *ends.entry(here).or_default() += 1;
    }
    let dominators = simple_fast(&plain.graph, root);
    let mut reached = 0;
    let mut guards: HashMap<NodeIndex, usize> = HashMap::new();
    for (end, count) in &ends {
        let Some(before) = dominators.strict_dominators(*end) else { continue };
        reached += count;
        for here in before.filter(|here| passed.contains_key(here)) {
            *guards.entry(here).or_default() += count;
        }
    }
    let mut points: Vec<Chokepoint> = guards
        .into_iter()
        .filter_map(|(here, guards)| {
            let node = passed.get(&here)?.clone();
            let itself = usize::from(ends.contains_key(&here));
            Some(Chokepoint { node, guards, left: reached - guards - itself })
        })
        .collect();
    points.sort_by(|one, other| {
        other.guards.cmp(&one.guards).then_with(|| one.node.cmp(&other.node))
    });
    Chokepoints { reached, points }
}

/// Where the hops of a source lead.
fn first_hops(graph: &Graph, source: &Node, counts: impl Fn(Verdict) -> bool) -> Vec<NodeIndex> {
    let steps = Start::new(graph, source, Outgoing).first();
    let mut found: Vec<NodeIndex> = steps
        .into_iter()
        .filter(|step| counts(step.bundle.assume.verdict))
        .map(|step| step.to)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// What these lead to, or what leads to them, themselves included. A hop that leads only to other
/// accounts may be taken for one that leads to all: this is there to leave out what is far away.
fn spread(
    graph: &Graph,
    from: impl Iterator<Item = NodeIndex>,
    direction: Direction,
    counts: impl Fn(Verdict) -> bool,
) -> HashSet<NodeIndex> {
    let mut found: HashSet<NodeIndex> = HashSet::new();
    let mut sets: HashSet<NodeIndex> = HashSet::new();
    let mut open: Vec<NodeIndex> = from.filter(|vertex| found.insert(*vertex)).collect();
    while let Some(vertex) = open.pop() {
        for set in graph.sets(vertex, direction) {
            if !sets.insert(set) {
                continue;
            }
            for (bundle, other) in graph.bundles(set, direction) {
                if counts(bundle.assume.verdict) && sets.insert(other) {
                    open.extend(
                        graph.members(other, direction).filter(|member| found.insert(*member)),
                    );
                }
            }
        }
    }
    found
}
