//! What a graph and its searches have to say, by brute force over all pairs and all short paths.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use rolewalk::evaluation::{Call, Lineage, Verdict, judge, may_carry_state};
use rolewalk::graph::search::{Firsts, Kinds, Landing, Many, Needs};
use rolewalk::graph::{Graph, Node, search};
use rolewalk::org::{AccountKey, Facts, Identity};

use crate::fixture::readings;
use crate::privileges::identity;

pub(crate) const HOPS: usize = 3;

pub(crate) fn graph(text: &str) -> Graph {
    Graph::build(Arc::new(Facts::build(readings(text))))
}

/// The role or user `A/name` of a graph.
pub(crate) fn node(graph: &Graph, text: &str) -> Node {
    match identity(graph.facts(), text) {
        Identity::User(key) => Node::User(key),
        Identity::Role(key) => Node::Role(key),
    }
}

/// Everything that calls: all users, roles and SAML providers, and what else the graph has.
pub(crate) fn callers(graph: &Graph) -> Vec<Node> {
    let facts = graph.facts();
    let mut found: Vec<Node> = facts.users.keys().map(Node::User).collect();
    found.extend(facts.roles.keys().map(Node::Role));
    found.extend(facts.saml_providers.keys().map(Node::Saml));
    found.extend(graph.nodes().filter(|node| matches!(node, Node::Workspace(..))));
    let more = graph.nodes().filter(|node| {
        matches!(
            node,
            Node::Subject(_)
                | Node::Service(_)
                | Node::External(_)
                | Node::Named(_)
                | Node::Unread(_)
                | Node::Anyone
        )
    });
    found.extend(more);
    found
}

pub(crate) fn targets(graph: &Graph) -> Vec<Node> {
    graph.nodes().filter(|node| node.target().is_some()).collect()
}

/// The verdict of one pair without the graph.
pub(crate) fn verdict(graph: &Graph, from: &Node, to: &Node) -> Verdict {
    let target = to.target().unwrap();
    let ways = from.ways(graph, target.account(graph.facts()));
    let verdicts = ways.iter().map(|way| {
        let verdict = judge(
            graph.facts(),
            &Call {
                caller: &way.caller,
                target: &target,
                action: way.caller.action(),
                scenario: graph.scenario(),
                lineage: &Lineage::Unknown,
                hop: 1,
            },
        );
        (verdict, way.other_audience.is_some())
    });
    // To ask for another audience than the configured one is something to do first.
    match verdicts.min_by_key(|(verdict, _)| *verdict) {
        Some((Verdict::Allowed | Verdict::Unknown, true)) => Verdict::Conditional,
        best => best.map_or(Verdict::Denied, |(verdict, _)| verdict),
    }
}

/// Whether the pair is of two things that the facts hold.
pub(crate) fn in_the_facts(from: &Node) -> bool {
    matches!(
        from,
        Node::User(_) | Node::Role(_) | Node::Saml(_) | Node::Unread(_) | Node::Workspace(..)
    )
}

pub(crate) fn check_edges(text: &str) -> Result<(), TestCaseError> {
    check_edges_of(&graph(text), text)
}

pub(crate) fn check_edges_of(graph: &Graph, text: &str) -> Result<(), TestCaseError> {
    for from in callers(graph).iter().filter(|node| in_the_facts(node)) {
        for to in targets(graph) {
            if *from == to && matches!(to, Node::Unread(_)) {
                continue;
            }
            let verdict = verdict(graph, from, &to);
            let edges = graph.assumes(from);
            let edge = edges.into_iter().find(|(node, _)| *node == to).map(|(_, assume)| assume);
            prop_assert!(
                verdict == Verdict::Denied || edge.is_some(),
                "{from:?} to {to:?} is {verdict} and has no edge\n{text}"
            );
            if let Some(edge) = edge {
                prop_assert_eq!(edge.verdict, verdict, "{:?} to {:?}\n{}", from, to, text);
            }
        }
    }
    Ok(())
}

/// A path comes to a role twice only for what its session then holds.
fn may_follow(graph: &Graph, path: &[Node], to: &Node) -> bool {
    match path.iter().filter(|node| *node == to).count() {
        0 => true,
        1 if path[0] != *to => {
            matches!(to, Node::Role(role) if may_carry_state(graph.facts(), *role))
        }
        _ => false,
    }
}

/// A path that comes to a role twice serves only where none does that leaves out the circle.
fn serves(graph: &Graph, path: &[Node]) -> bool {
    (1..path.len()).all(|at| {
        let before = path[..at].iter().position(|node| *node == path[at]);
        before.is_none_or(|before| {
            let left = [&path[..before], &path[at..]].concat();
            search::judge(graph, &left).unwrap().verdict == Verdict::Denied && serves(graph, &left)
        })
    })
}

/// Paths in the order in which they are listed.
pub(crate) type Paths = Vec<(Verdict, usize, Vec<Node>)>;

/// All paths of every pair; at least one of those that are there.
pub(crate) fn all_paths(graph: &Graph) -> BTreeMap<(Node, Node), Paths> {
    let targets = targets(graph);
    let mut found: BTreeMap<(Node, Node), Paths> = BTreeMap::new();
    for start in callers(graph) {
        let mut open = vec![vec![start.clone()]];
        while let Some(path) = open.pop() {
            for to in targets.iter().filter(|node| may_follow(graph, &path, node)) {
                let mut longer = path.clone();
                longer.push(to.clone());
                // A hop that is denied whatever its session holds is so on every path, also where the
                // proof over all hops does not see it (rule L3).
                let last = path.last().unwrap();
                if verdict(graph, last, to) == Verdict::Denied {
                    continue;
                }
                let route = search::judge(graph, &longer).unwrap();
                if route.verdict == Verdict::Denied {
                    continue;
                }
                if !path.contains(to) && serves(graph, &longer) {
                    let known = found.entry((start.clone(), to.clone())).or_default();
                    known.push((route.verdict, longer.len() - 1, longer.clone()));
                }
                if longer.len() <= HOPS {
                    open.push(longer);
                }
            }
        }
    }
    for paths in found.values_mut() {
        paths.sort();
    }
    found
}

/// All paths of some hops that start here and that are not denied.
pub(crate) fn paths_from(graph: &Graph, start: &Node) -> Vec<Vec<Node>> {
    let (mut found, mut open) = (Vec::new(), vec![vec![start.clone()]]);
    while let Some(path) = open.pop() {
        for to in targets(graph).iter().filter(|node| may_follow(graph, &path, node)) {
            let mut longer = path.clone();
            longer.push(to.clone());
            if search::judge(graph, &longer).unwrap().verdict == Verdict::Denied {
                continue;
            }
            if longer.len() <= HOPS {
                open.push(longer.clone());
            }
            if !path.contains(to) {
                found.push(longer);
            }
        }
    }
    found
}

/// Whether the search found the best verdict, and a path that has it. That may be longer than the
/// shortest of that verdict, never shorter.
fn fits(found: &search::Reached<'_>, node: &Node, expected: Option<(Verdict, usize)>) -> bool {
    let route = found.route(node).map(|route| (route.verdict, route.hops()));
    match (found.verdict(node), expected) {
        (None, None) => route.is_none(),
        (Some((verdict, hops)), Some((best, fewest))) => {
            route == Some((verdict, hops)) && verdict == best && hops >= fewest
        }
        _ => false,
    }
}

/// What a search from many sources finds is what one vertex by vertex does for each; in how many
/// accounts of each it finds anything.
pub(crate) fn check_many(graph: &Graph, sources: &[Node]) -> Result<usize, TestCaseError> {
    let firsts: Vec<(&Node, Firsts)> = sources
        .iter()
        .filter_map(|source| Some((source, Firsts::of(graph, source, HOPS)?)))
        .collect();
    let many = Many::search(graph, firsts.iter().map(|(_, firsts)| firsts), HOPS);
    let mut needs = Needs::new(&many);
    let mut count = 0;
    for (node, firsts) in &firsts {
        let Some(source) = many.source(firsts) else { continue };
        let reached = search::reachable(graph, node, HOPS);
        let mut expected: BTreeMap<AccountKey, Landing> = BTreeMap::new();
        for end in reached.ends() {
            let Some(account) = end.account() else { continue };
            let landing = end.landing();
            let known = expected.entry(account);
            known.and_modify(|known| known.add(&landing)).or_insert(landing);
        }
        for account in graph.facts().accounts.keys() {
            let found = many.landing(source, account);
            let expected = expected.remove(&account);
            let told = |it: &Landing| (it.nodes(), it.first(), it.privileges().map(|it| it.most));
            prop_assert_eq!(found.map(told), expected.as_ref().map(told), "from {:?}", node);
            prop_assert_eq!(many.way(source, account).is_some(), found.is_some());
            let (Some(found), Some(expected)) = (found, expected) else { continue };
            let best = (found.best().verdict, found.best().hops);
            prop_assert_eq!(many.way(source, account), Some(best), "from {:?}", node);
            count += 1;
            let sure = [found, &expected].map(|it| it.best().verdict == Verdict::Allowed);
            prop_assert_eq!(sure[0], sure[1]);
            if !sure[0] && !needs.is_certain(source, account) {
                continue;
            }
            prop_assert_eq!(found.best(), expected.best(), "from {:?} in {:?}", node, account);
            prop_assert_eq!(found.privileges(), expected.privileges());
            let walk = needs.walk(source, found.best()).expect("a way there");
            let mut nodes = vec![(*node).clone()];
            for number in &walk {
                let here = graph.nodes_numbered(*number);
                nodes.extend(here.into_iter().find(|node| !nodes.contains(node)));
            }
            let route = search::judge(graph, &nodes).unwrap();
            let best = (found.best().verdict, found.best().hops);
            prop_assert_eq!((route.verdict, route.hops()), best, "{:?}", nodes);
            let kinds = needs.of(source, found.best()).expect("it needs something");
            if route.verdict != Verdict::Allowed {
                let kinds = kinds.or(Kinds::of_path(graph, &nodes[..2]));
                // The way of another that is as good may be meant.
                let of_other = graph.nodes_numbered(found.best().number).into_iter().any(|to| {
                    reached.route(&to).is_some_and(|it| Kinds::of(&it.requirements) == kinds)
                });
                let same = kinds == Kinds::of(&route.requirements) || of_other;
                prop_assert!(same, "{:?} needs {:?}", nodes, kinds);
            }
        }
    }
    Ok(count)
}

pub(crate) fn check_searches(text: &str) -> Result<(), TestCaseError> {
    check_searches_of(&graph(text), text)
}

pub(crate) fn check_searches_of(graph: &Graph, text: &str) -> Result<(), TestCaseError> {
    let all = all_paths(graph);
    let best = |source: &Node, target: &Node| {
        let best = all.get(&(source.clone(), target.clone()))?.first()?;
        Some((best.0, best.1))
    };
    check_many(graph, &callers(graph))?;
    for source in callers(graph) {
        let reached = search::reachable(graph, &source, HOPS);
        prop_assert!(!reached.truncated);
        for target in targets(graph).iter().filter(|target| **target != source) {
            let expected = best(&source, target);
            prop_assert!(
                fits(&reached, target, expected),
                "reach: {source:?} to {target:?} should be {expected:?}, is {:?}\n{text}",
                reached.route(target).map(|route| (route.verdict, route.nodes))
            );
            let (paths, cut) = search::paths(graph, &source, target, HOPS, 10_000);
            let found: Paths =
                paths.into_iter().map(|route| (route.verdict, route.hops(), route.nodes)).collect();
            let expected = all.get(&(source.clone(), target.clone()));
            prop_assert!(!cut);
            let none = Paths::new();
            prop_assert_eq!(&found, expected.unwrap_or(&none), "paths\n{}", text);
            // Where few are wanted, the best is among them.
            let (few, _) = search::best_paths(graph, &source, target, HOPS, 1);
            let told = few.first().map(|route| route.verdict);
            let best = best(&source, target).map(|(verdict, _)| verdict);
            prop_assert_eq!(told, best, "{:?} to {:?}\n{}", source, target, text);
        }
    }
    for target in targets(graph) {
        let reached = search::reaching(graph, &target, HOPS);
        prop_assert!(!reached.truncated);
        for source in
            callers(graph).iter().filter(|source| **source != target && in_the_facts(source))
        {
            let expected = best(source, &target);
            prop_assert!(
                fits(&reached, source, expected),
                "who can: {source:?} to {target:?} should be {expected:?}, is {:?}\n{text}",
                reached.route(source).map(|route| (route.verdict, route.nodes))
            );
        }
    }
    Ok(())
}
