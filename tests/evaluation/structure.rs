//! Chokepoints and cycles against brute force over single users and roles.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rolewalk::evaluation::Verdict;
use rolewalk::graph::{Graph, Node, search};

use crate::brute::{callers, graph, targets, verdict};
use crate::random::{alike, organization};
use crate::soundness::config;

type Edges = BTreeMap<Node, Vec<(Node, Verdict)>>;

/// All pairs that may succeed.
fn edges(graph: &Graph) -> Edges {
    let mut found = Edges::new();
    for from in callers(graph) {
        let list = targets(graph).into_iter().filter_map(|to| {
            let itself = from == to && matches!(to, Node::Unread(_));
            let verdict = verdict(graph, &from, &to);
            (verdict != Verdict::Denied && !itself).then_some((to, verdict))
        });
        let list = list.collect();
        found.insert(from, list);
    }
    found
}

/// What is reached from some nodes without one.
fn reached(edges: &Edges, from: &[Node], worst: Verdict, without: Option<&Node>) -> BTreeSet<Node> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Node> = from.iter().filter(|node| Some(*node) != without).collect();
    while let Some(node) = open.pop() {
        for (to, verdict) in edges.get(node).into_iter().flatten() {
            if *verdict <= worst && Some(to) != without && found.insert(to.clone()) {
                open.push(to);
            }
        }
    }
    found
}

fn check_chokepoints(text: &str, mask: u64) -> Result<(), TestCaseError> {
    let graph = graph(text);
    let edges = edges(&graph);
    let pick = |all: Vec<Node>, mask: u64| -> Vec<Node> {
        let some = all.into_iter().enumerate();
        some.filter(|(at, _)| mask >> (at % 32) & 1 == 1).map(|(_, node)| node).collect()
    };
    let all = callers(&graph);
    // A few together, and each by itself.
    let mut sets = vec![pick(all.clone(), mask)];
    sets.extend(all.into_iter().map(|node| vec![node]));
    for sources in sets {
        let wanted = pick(targets(&graph), mask >> 32);
        let ends: Vec<&Node> = wanted.iter().filter(|node| !sources.contains(node)).collect();
        for worst in [Verdict::Allowed, Verdict::Unknown] {
            let whole = reached(&edges, &sources, worst, None);
            let whole: Vec<&Node> =
                ends.iter().copied().filter(|end| whole.contains(end)).collect();
            let mut expected: BTreeMap<Node, (usize, usize)> = BTreeMap::new();
            let roles = targets(&graph).into_iter().filter(|node| matches!(node, Node::Role(_)));
            let several = sources.len() > 1;
            let some: BTreeSet<Node> = roles
                .filter(|role| !sources.contains(role))
                .chain(sources.iter().filter(|_| several).cloned())
                .collect();
            for node in some {
                let rest = reached(&edges, &sources, worst, Some(&node));
                let others = whole.iter().filter(|end| ***end != node);
                let (left, lost): (Vec<&&Node>, _) = others.partition(|end| rest.contains(**end));
                if !lost.is_empty() {
                    expected.insert(node, (lost.len(), left.len()));
                }
            }
            let found = search::chokepoints(&graph, &sources, &wanted, |verdict| verdict <= worst);
            prop_assert_eq!(found.reached, whole.len(), "{:?} to {:?}\n{}", sources, wanted, text);
            let points: BTreeMap<Node, (usize, usize)> = found
                .points
                .into_iter()
                .map(|point| (point.node, (point.guards, point.left)))
                .collect();
            prop_assert_eq!(points, expected, "{:?} to {:?}\n{}", sources, wanted, text);
        }
    }
    Ok(())
}

fn check_cycles(text: &str) -> Result<(), TestCaseError> {
    let graph = graph(text);
    let edges = edges(&graph);
    let mut expected: BTreeMap<Vec<Node>, Verdict> = BTreeMap::new();
    for worst in [Verdict::Allowed, Verdict::Conditional, Verdict::Unknown] {
        let beyond: BTreeMap<Node, BTreeSet<Node>> = targets(&graph)
            .into_iter()
            .map(|node| {
                let found = reached(&edges, std::slice::from_ref(&node), worst, None);
                (node, found)
            })
            .collect();
        for (node, found) in beyond.iter().filter(|(node, found)| found.contains(node)) {
            let back = |other: &&Node| beyond[*other].contains(node);
            let cycle: Vec<Node> = found.iter().filter(back).cloned().collect();
            if !matches!(*cycle, [Node::Unread(_)]) {
                expected.entry(cycle).or_insert(worst);
            }
        }
    }
    let found = search::cycles(&graph);
    let count = found.len();
    let found: BTreeMap<Vec<Node>, Verdict> =
        found.into_iter().map(|cycle| (cycle.nodes, cycle.verdict)).collect();
    prop_assert_eq!(found.len(), count, "one stands twice\n{}", text);
    prop_assert_eq!(found, expected, "{}", text);
    Ok(())
}

/// Two roles that nothing tells apart are no chokepoint, and one between them and the rest is.
#[test]
fn one_of_two_that_are_alike_is_not_needed() {
    let text = "user A/ann
        role A/One
          tp: Allow from A/user/ann
        role A/Two
          tp: Allow from A/user/ann
        role A/Hub
          tp: Allow from A/role/One,A/role/Two
        role B/T
          tp: Allow from A/role/Hub
        role B/U
          tp: Allow from A/role/Hub,A/role/One";
    let text = text.replace("role A/One", "role A/One\n id: Allow sts:* on *");
    let text = text.replace("role A/Two", "role A/Two\n id: Allow sts:* on *");
    let text = text.replace("role A/Hub\n", "role A/Hub\n id: Allow sts:* on *\n");
    let graph = graph(&text);
    let facts = graph.facts();
    let [first, second] =
        ["111111111111", "222222222222"].map(|id| facts.account(id.parse().unwrap()).unwrap());
    let role = |account, name: &str| Node::Role(facts.role(account, name).unwrap());
    let ann = Node::User(facts.user(first, "ann").unwrap());
    let ends = [role(second, "T"), role(second, "U")];
    let found = search::chokepoints(&graph, &[ann], &ends, |verdict| verdict == Verdict::Allowed);
    assert_eq!(found.reached, 2, "{found:?}");
    let hub = search::Chokepoint { node: role(first, "Hub"), guards: 1, left: 1 };
    assert_eq!(found.points, [hub]);
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn without_a_chokepoint_its_targets_are_out_of_reach(
        text in prop_oneof![organization(), alike()], mask in any::<u64>(), unread in any::<bool>(),
    ) {
        check_chokepoints(&if unread { format!("{text}unread C /Prod\n") } else { text }, mask)?;
    }

    #[test]
    fn cycles_are_what_leads_back_to_itself(
        text in prop_oneof![organization(), alike()], unread in any::<bool>(),
    ) {
        check_cycles(&if unread { format!("{text}unread C /Prod\n") } else { text })?;
    }
}
