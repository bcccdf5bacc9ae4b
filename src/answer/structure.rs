//! `chokepoints` and `cycles`.

use std::collections::BTreeSet;

use crate::evaluation::Verdict;
use crate::graph::search;
use crate::graph::{Graph, Node};

use super::answers::{Chokepoint, Chokepoints, Counts, Cycle, Cycles, Passed};
use super::gaps::{gaps, gaps_from};
use super::lists::{kind, one_or_written};
use super::question::QuestionError;
use super::selector::{select, select_targets};

/// How many roles of one cycle are listed.
const ROLES: usize = 100;

/// Who is passed on every way from `source` to `target`, whatever its length. At most `rows`
/// chokepoints of each kind of way are listed.
pub fn chokepoints(
    graph: &Graph,
    source: &str,
    target: &str,
    rows: usize,
) -> Result<Chokepoints, QuestionError> {
    let sources = once(select(graph, source)?.nodes);
    let targets = once(select_targets(graph, target)?);
    let over = |counts: fn(Verdict) -> bool| {
        let found = search::chokepoints(graph, &sources, &targets, counts);
        let first = found.points.iter().take(rows).map(|point| Chokepoint {
            principal: point.node.name(graph),
            kind: kind(&point.node),
            account: point.node.account(graph.facts()).map(|id| id.to_string()),
            guards: point.guards,
            left: point.left,
            privilege: graph.privilege(&point.node).map(|found| found.most),
        });
        Passed { reached: found.reached, count: found.points.len(), chokepoints: first.collect() }
    };
    let allowed = over(|verdict| verdict == Verdict::Allowed);
    let possible = over(|_| true);
    Ok(Chokepoints {
        schema: "rolewalk/chokepoints/1",
        source: one_or_written(graph, &sources, source),
        target: one_or_written(graph, &targets, target),
        sources: sources.len(),
        targets: targets.iter().filter(|target| sources.binary_search(target).is_err()).count(),
        truncated: allowed.count.max(possible.count) > rows,
        allowed,
        possible,
        not_read: gaps_from(graph, &sources),
    })
}

/// The cycles, or those that a role of `selector` is part of. At most `rows` are listed.
pub fn cycles(graph: &Graph, selector: Option<&str>, rows: usize) -> Result<Cycles, QuestionError> {
    let wanted = selector.map(|text| select_targets(graph, text)).transpose()?.map(once);
    let mut found = search::cycles(graph);
    if let Some(wanted) = wanted {
        found.retain(|cycle| cycle.nodes.iter().any(|node| wanted.binary_search(node).is_ok()));
    }
    let mut counts = Counts::default();
    for cycle in &found {
        counts.add_many(cycle.verdict, 1);
    }
    let truncated =
        found.len() > rows || found.iter().take(rows).any(|cycle| cycle.nodes.len() > ROLES);
    let cycles = found.iter().take(rows).map(|cycle| {
        let accounts: BTreeSet<_> =
            cycle.nodes.iter().filter_map(|node| node.account(graph.facts())).collect();
        Cycle {
            verdict: cycle.verdict,
            count: cycle.nodes.len(),
            accounts: accounts.len(),
            roles: cycle.nodes.iter().take(ROLES).map(|node| node.name(graph)).collect(),
        }
    });
    Ok(Cycles {
        schema: "rolewalk/cycles/1",
        cycles: cycles.collect(),
        counts,
        not_read: gaps(graph),
        truncated,
    })
}

fn once(mut nodes: Vec<Node>) -> Vec<Node> {
    nodes.sort();
    nodes.dedup();
    nodes
}
