//! Denied paths that a policy or a workspace means, where there are no others.

use std::collections::{HashMap, VecDeque};

use crate::evaluation::Verdict;

use super::super::{Graph, Node};
use super::calls::{Route, judge};

/// How many such paths are looked at, and how many partial ones.
const LOOKED_AT: usize = 16;
const FRONTIER: usize = 2_000;
/// How many callers of a role are followed.
const CALLERS: usize = 200;

/// The denied paths that are nearest to working, at most three; the direct call where there is none. To
/// be asked for where no path is there at all.
pub fn denied(graph: &Graph, from: &Node, to: &Node, max_hops: usize) -> Vec<Route> {
    let mut found = walk(graph, from, to, max_hops);
    if found.is_empty() {
        found.extend(judge(graph, &[from.clone(), to.clone()]));
    }
    found.sort_by_key(|route| (hops_left(graph, route), route.nodes.len()));
    found.truncate(3);
    found
}

/// Paths backwards from the target: what is denied is denied for few.
fn walk(graph: &Graph, from: &Node, to: &Node, max_hops: usize) -> Vec<Route> {
    let mut found = Vec::new();
    let mut held = 0;
    let mut callers: HashMap<Node, Vec<Node>> = HashMap::new();
    let mut frontier = VecDeque::from([vec![to.clone()]]);
    while let Some(path) = frontier.pop_front() {
        let Some(last) = path.last() else { continue };
        let list = callers.entry(last.clone()).or_insert_with(|| {
            // The source first, however many there are.
            let mut list = graph.some_callers(last, CALLERS);
            list.retain(|node| node != from);
            if graph.has_edge(from, last) {
                list.insert(0, from.clone());
            }
            list
        });
        for other in list {
            if held > FRONTIER {
                return found;
            }
            if path.contains(other) {
                continue;
            }
            held += 1;
            let mut longer = path.clone();
            longer.push(other.clone());
            if other == from {
                let nodes: Vec<Node> = longer.iter().rev().cloned().collect();
                found.extend(judge(graph, &nodes).filter(|r| r.verdict == Verdict::Denied));
                if found.len() >= LOOKED_AT {
                    return found;
                }
            } else if longer.len() <= max_hops {
                frontier.push_back(longer);
            }
        }
    }
    found
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
