//! The graph and its searches against brute force over all pairs and all short paths.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;
use rolewalk::evaluation::{Call, Lineage, Verdict, judge, may_carry_state};
use rolewalk::graph::search::{Firsts, Kinds, Landing, Many, Memo, Needs, Reached};
use rolewalk::graph::{Graph, Node, Subject, search};
use rolewalk::org::{AccountKey, Facts};

use crate::fixture::readings;
use crate::random::{alike, organization};
use crate::random_chains::{chain, chained, forked};
use crate::soundness::config;

pub(crate) const HOPS: usize = 3;

pub(crate) fn graph(text: &str) -> Graph {
    Graph::build(Arc::new(Facts::build(readings(text))))
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
        match verdict {
            // To ask for another audience than the configured one is something to do first.
            Verdict::Allowed if way.other_audience.is_some() => Verdict::Conditional,
            verdict => verdict,
        }
    });
    verdicts.min().unwrap_or(Verdict::Denied)
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

/// What services may do where nothing was read is true of every service, and is not listed.
fn skipped(from: &Node, to: &Node) -> bool {
    matches!((from, to), (Node::Service(_), Node::Unread(_)))
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

/// The best verdict of every pair over all paths, and the fewest hops that
/// reach it.
pub(crate) fn best_paths(graph: &Graph) -> BTreeMap<(Node, Node), (Verdict, usize)> {
    let targets = targets(graph);
    let mut found: BTreeMap<(Node, Node), (bool, Verdict, usize)> = BTreeMap::new();
    for start in callers(graph) {
        let mut open = vec![vec![start.clone()]];
        while let Some(path) = open.pop() {
            for to in targets.iter().filter(|node| may_follow(graph, &path, node)) {
                let mut longer = path.clone();
                longer.push(to.clone());
                // A hop that is denied whatever its session holds is so on every path, also where the
                // proof over all hops does not see it (rule L3).
                let last = path.last().unwrap();
                if skipped(last, to) || verdict(graph, last, to) == Verdict::Denied {
                    continue;
                }
                let route = search::judge(graph, &longer).unwrap();
                if route.verdict == Verdict::Denied {
                    continue;
                }
                // A path that comes to a role twice serves only where no other does.
                let twice = (1..longer.len()).any(|at| longer[..at].contains(&longer[at]));
                if !path.contains(to) {
                    let entry = (twice, route.verdict, longer.len() - 1);
                    let best = found.entry((start.clone(), to.clone())).or_insert(entry);
                    *best = entry.min(*best);
                }
                if longer.len() <= HOPS {
                    open.push(longer);
                }
            }
        }
    }
    found.into_iter().map(|(pair, (_, verdict, hops))| (pair, (verdict, hops))).collect()
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
    let best = best_paths(graph);
    check_many(graph, &callers(graph))?;
    for source in callers(graph) {
        let reached = search::reachable(graph, &source, HOPS);
        prop_assert!(!reached.truncated);
        for target in targets(graph).iter().filter(|target| **target != source) {
            let expected = best.get(&(source.clone(), target.clone())).copied();
            prop_assert!(
                fits(&reached, target, expected),
                "reach: {source:?} to {target:?} should be {expected:?}, is {:?}\n{text}",
                reached.route(target).map(|route| (route.verdict, route.nodes))
            );
            if skipped(&source, target) {
                continue;
            }
            let (paths, cut) = search::paths(graph, &source, target, HOPS, 10_000);
            let first = paths.first().filter(|route| route.verdict != Verdict::Denied);
            prop_assert!(!cut);
            prop_assert_eq!(
                first.map(|route| (route.verdict, route.hops())),
                expected,
                "paths: {:?} to {:?}\n{}",
                source,
                target,
                text
            );
        }
    }
    for target in targets(graph) {
        let reached = search::reaching(graph, &target, HOPS);
        prop_assert!(!reached.truncated);
        for source in
            callers(graph).iter().filter(|source| **source != target && in_the_facts(source))
        {
            let expected = best.get(&(source.clone(), target.clone())).copied();
            prop_assert!(
                fits(&reached, source, expected),
                "who can: {source:?} to {target:?} should be {expected:?}, is {:?}\n{text}",
                reached.route(source).map(|route| (route.verdict, route.nodes))
            );
        }
    }
    Ok(())
}

/// Who stands at the beginning changes what later hops have in their requests, so one way on
/// from a role does not stand for all.
#[test]
fn a_longer_way_serves_whom_the_shorter_one_does_not() {
    let text = "user A/ann
        role A/O
          tp: Allow from A/user/ann if StringEquals sts:ExternalId e1
        role A/D
          tp: Allow from A/role/O
        role A/T
          tp: Allow from A/role/D
          tp: Allow from A/role/O if StringEquals saml:sub ann";
    let graph = graph(text);
    let facts = graph.facts();
    let account = facts.account("111111111111".parse().unwrap()).unwrap();
    let target = Node::Role(facts.role(account, "T").unwrap());
    let ann = Node::User(facts.user(account, "ann").unwrap());
    let reached = search::reaching(&graph, &target, HOPS);
    assert_eq!(reached.route(&ann).map(|route| route.hops()), Some(3));
    check_searches(text).unwrap();
}

/// A role is reached for sure over a long way, and over several shorter ones that depend on who
/// stands at the beginning.
#[test]
fn each_shorter_way_past_a_sure_role_counts() {
    let text = "user A/ann
        role A/W
          tp: Allow from A/user/ann
        role A/O
          tp: Allow from A/role/W
        role A/X
          tp: Allow from A/role/O
        role A/Y
          tp: Allow from A/role/X
        role A/Z
          tp: Allow from A/role/O
        role A/T
          tp: Allow from A/role/Y
          tp: Allow from A/role/O if StringEquals saml:sub ann
          tp: Allow from A/role/Z if StringEquals sts:ExternalId e1";
    let graph = graph(text);
    let facts = graph.facts();
    let account = facts.account("111111111111".parse().unwrap()).unwrap();
    let ann = Node::User(facts.user(account, "ann").unwrap());
    let target = Node::Role(facts.role(account, "T").unwrap());
    for reached in [
        search::reaching(&graph, &target, 4).verdict(&ann),
        search::reachable(&graph, &ann, 4).verdict(&target),
    ] {
        assert_eq!(reached, Some((Verdict::Conditional, 4)));
    }
}

/// A role that may tag its own sessions is assumed twice.
#[test]
fn a_role_that_assumes_itself_to_be_tagged() {
    let text = "user A/ann
        role A/R
          tp: Allow from A/user/ann
          tp: Allow sts:* from A/role/R
        role A/T
          tp: Allow from A/role/R if StringEquals aws:PrincipalTag/team a";
    let graph = graph(text);
    let facts = graph.facts();
    let account = facts.account("111111111111".parse().unwrap()).unwrap();
    let [middle, target] = ["R", "T"].map(|name| Node::Role(facts.role(account, name).unwrap()));
    let ann = Node::User(facts.user(account, "ann").unwrap());
    let expected = [ann.clone(), middle.clone(), middle, target.clone()];
    let reached = search::reachable(&graph, &ann, HOPS);
    assert_eq!(reached.route(&target).map(|route| route.nodes), Some(expected.to_vec()));
    let (paths, _) = search::paths(&graph, &ann, &target, HOPS, 8);
    assert_eq!(paths.iter().map(|route| &*route.nodes).collect::<Vec<_>>(), [&expected[..]]);
    check_searches(text).unwrap();
}

/// A role that is reached for sure is held in many ways, and what its session carries tells which
/// of them goes on.
#[test]
fn every_way_past_a_sure_role_counts() {
    let text = "user A/ann
          id: Allow sts:*
        role A/Q
          id: Allow sts:*
          tp: Allow from A/user/ann
        role A/R
          id: Allow sts:*
          tp: Allow from A/user/ann
        role B/T
          id: Allow sts:*
          tp: Allow from A
          tp: Allow sts:SetSourceIdentity from A/role/R
        role B/U
          tp: Allow sts:AssumeRole,sts:SetSourceIdentity from B/role/T if StringLike aws:SourceIdentity *";
    let graph = graph(text);
    let facts = graph.facts();
    let [first, second] =
        ["111111111111", "222222222222"].map(|id| facts.account(id.parse().unwrap()).unwrap());
    let ann = Node::User(facts.user(first, "ann").unwrap());
    let [middle, sure, target] = [(first, "R"), (second, "T"), (second, "U")]
        .map(|(account, name)| Node::Role(facts.role(account, name).unwrap()));
    let route = search::judge(&graph, &[ann.clone(), middle, sure, target.clone()]).unwrap();
    assert_eq!(route.verdict, Verdict::Conditional);
    let reached = search::reachable(&graph, &ann, HOPS);
    assert_eq!(reached.route(&target).map(|route| route.hops()), Some(3));
    check_searches(text).unwrap();
}

/// A sure way on from a role is none for whoever hands on what that way does not let pass.
#[test]
fn a_sure_way_on_does_not_stand_for_one_that_lets_more_pass() {
    let text = "user A/ann
          id: Allow sts:*
        role A/O
          id: Allow sts:*
          tp: Allow sts:AssumeRole,sts:SetSourceIdentity from A/user/ann if Null sts:SourceIdentity false
        role A/X
          id: Allow sts:*
          tp: Allow sts:AssumeRole,sts:SetSourceIdentity from A/role/O
        role B/T
          tp: Allow from A/role/O
          tp: Allow sts:AssumeRole,sts:SetSourceIdentity from A/role/X if StringLike aws:SourceIdentity *";
    let graph = graph(text);
    let facts = graph.facts();
    let [first, second] =
        ["111111111111", "222222222222"].map(|id| facts.account(id.parse().unwrap()).unwrap());
    let ann = Node::User(facts.user(first, "ann").unwrap());
    let target = Node::Role(facts.role(second, "T").unwrap());
    let found = search::reaching(&graph, &target, HOPS).verdict(&ann);
    assert_eq!(found, Some((Verdict::Conditional, 3)));
    check_searches(text).unwrap();
}

/// A role that an outsider may come to by an id is no other that nobody comes to.
#[test]
fn an_outsider_comes_only_where_something_may_mean_it() {
    let text = "role A/R
          tp: Allow from aws:AROANOBODY
        role A/S
        role A/Q
          tp: Allow from X";
    check_searches(text).unwrap();
}

/// A statement that only says which subjects it does not mean lets all others in.
/// Of somebody of another account no ARN is known, so a condition on it tells nothing.
#[test]
fn an_outsider_is_put_to_whoever_asks_for_an_arn() {
    let text = "role A/team/S
           tp: Allow from C
         role B/T
           tp: Allow from * if ArnEquals aws:PrincipalArn arn:aws:iam::{A}:*
         ";
    check_searches(text).expect("searches find what brute force finds");
}

#[test]
fn subjects_that_are_not_named_are_found_too() {
    for condition in [
        "StringNotEquals gitlab.com:sub group/a",
        "StringNotLike gitlab.com:sub group/*",
        "Null gitlab.com:sub false",
        "StringLike gitlab.com:sub group/${aws:userid}",
    ] {
        let text = format!(
            "oidc B gitlab.com one\n role B/T\n tp: Allow from fed:B/oidc/gitlab.com if {condition}"
        );
        let graph = graph(&text);
        let reached = search::reaching(&graph, &targets(&graph)[0], HOPS);
        let subjects: Vec<String> = reached
            .ends()
            .flat_map(|end| end.nodes())
            .filter_map(|node| match node {
                Node::Subject(subject) => Some(subject.subject),
                _ => None,
            })
            .collect();
        assert_eq!(subjects, ["*"], "{condition}");
    }
}

/// A way over an unknown and a conditional hop that comes back to where it was does not hide one
/// that is longer and does not.
#[test]
fn a_circle_does_not_stand_in_front_of_a_longer_way() {
    let unreadable = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:user/s"},"Action":"sts:AssumeRole","Extra":1}"#;
    let sure = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:role/X"},"Action":"sts:AssumeRole"}"#;
    let asks = |who: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::111111111111:role/{who}"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"{who}"}}}}}}"#
        )
    };
    let document = |statements: &[&str]| {
        format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
    };
    // The second way to V is as long as the circle, or longer.
    for (chain, last) in [(vec!["P"], "X"), (vec!["P", "Q", "W"], "V")] {
        let asked = asks(chain.last().unwrap());
        let of_v = [unreadable, sure, &*asked];
        let of_v = document(if last == "V" { &of_v } else { &of_v[..2] });
        let back = asks("V");
        let of_x = if last == "X" { vec![&*back, &*asked] } else { vec![&*back] };
        let of_x = document(&of_x);
        let mut text = "user A/s\n".to_owned();
        let mut before = "A/user/s".to_owned();
        for name in &chain {
            let _ = writeln!(text, "role A/{name}\n tp: Allow from {before}");
            before = format!("A/role/{name}");
        }
        let _ = writeln!(text, "role A/V\n tp-document: {of_v}\nrole A/X\n tp-document: {of_x}");
        let graph = graph(&text);
        let facts = graph.facts();
        let account = facts.account("111111111111".parse().unwrap()).unwrap();
        let source = Node::User(facts.user(account, "s").unwrap());
        let target = Node::Role(facts.role(account, "V").unwrap());
        assert_eq!(verdict(&graph, &source, &target), Verdict::Unknown, "{text}");
        let hops = chain.len() + 2 - usize::from(last == "V");
        let reached = search::reachable(&graph, &source, 5);
        assert_eq!(reached.verdict(&target), Some((Verdict::Conditional, hops)), "{text}");
        let route = reached.route(&target).unwrap();
        assert_eq!((route.verdict, route.hops()), (Verdict::Conditional, hops));
        let reaching = search::reaching(&graph, &target, 5);
        assert_eq!(reaching.verdict(&source), Some((Verdict::Conditional, hops)), "{text}");
        check_many(&graph, &[source]).unwrap();
    }
}

/// What one search tells the next changes no answer, whatever it begins with; returns over how many
/// ways tokens come to something that depends on the session.
fn check_memo(text: &str) -> Result<usize, TestCaseError> {
    let graph = graph(text);
    let mut sources = callers(&graph);
    for node in sources.clone() {
        let Node::Subject(subject) = node else { continue };
        for more in ["project_path:other/app:ref_type:branch:ref:main", "x", "*"] {
            let subject = Subject { subject: more.to_owned(), ..subject.clone() };
            sources.push(Node::Subject(subject));
        }
    }
    let told = |reached: &Reached<'_>| {
        let ends = reached.ends().map(|end| (end.number(), end.verdict, end.hops));
        let mut ends: Vec<(usize, Verdict, usize)> = ends.collect();
        ends.sort_unstable();
        (ends, reached.truncated)
    };
    let (mut memo, mut count) = (Memo::default(), 0);
    for node in sources.iter().chain(sources.iter().rev()) {
        let alone = search::reachable(&graph, node, HOPS);
        let after_others = search::reachable_with(&graph, node, HOPS, &mut memo);
        prop_assert_eq!(told(&after_others), told(&alone), "from {:?}\n{}", node, text);
        for (first, _) in search::first_hops(&graph, node) {
            let alone = search::reachable_over(&graph, node, first, HOPS, &mut Memo::default());
            let over = search::reachable_over(&graph, node, first, HOPS, &mut memo);
            prop_assert_eq!(told(&over), told(&alone), "from {:?} over {}\n{}", node, first, text);
        }
        let is_open = Firsts::of(&graph, node, HOPS).is_none();
        count += usize::from(is_open && matches!(node, Node::Subject(_) | Node::Workspace(..)));
    }
    Ok(count)
}

/// The property below is of no use where no search depends on the session.
#[test]
fn searches_that_depend_on_the_session_are_among_those_that_tell_each_other() {
    let text = "account A /Dev\naccount B /Prod\noidc A gitlab.com one\n\
        role A/R\n tp: Allow from fed:A/oidc/gitlab.com\n id: Allow sts:* on *\n\
        role A/S\n tp: Allow sts:* from A/role/R\n id: Allow sts:* on *\n\
        role B/T\n tp: Allow from A/role/S if StringEquals aws:PrincipalTag/team a";
    assert!(check_memo(text).unwrap() > 0);
}

/// Only one of two tokens may pass the tag that the second hop asks for.
#[test]
fn what_a_session_holds_of_one_token_is_not_told_of_another() {
    let text = "account A /Dev\naccount B /Prod\noidc A gitlab.com one\nrole A/R\n \
        tp: Allow sts:AssumeRoleWithWebIdentity from fed:A/oidc/gitlab.com\n \
        tp: Allow sts:TagSession from fed:A/oidc/gitlab.com if StringEquals gitlab.com:sub x\n \
        id: Allow sts:* on *\nrole B/T\n \
        tp: Allow from A/role/R if StringEquals aws:PrincipalTag/team a";
    assert!(check_memo(text).unwrap() > 0);
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn searches_that_tell_each_other_find_what_each_finds_alone(
        text in prop_oneof![organization(), chain(), chained(), forked()], unread in any::<bool>(),
    ) {
        check_memo(&if unread { format!("{text}\nunread C /Prod\n") } else { text })?;
    }

    #[test]
    fn no_pair_without_an_edge_may_succeed(text in organization(), unread in any::<bool>()) {
        check_edges(&if unread { format!("{text}unread C /Prod\n") } else { text })?;
    }

    /// What stands for each other in the graph is told apart by nothing.
    #[test]
    fn pairs_of_accounts_that_look_alike_have_the_verdicts_of_their_own(
        text in alike(), unread in any::<bool>(),
    ) {
        check_edges(&if unread { format!("{text}unread C /Prod\n") } else { text })?;
    }

    #[test]
    fn searches_find_what_brute_force_finds(text in organization(), unread in any::<bool>()) {
        check_searches(&if unread { format!("{text}unread C /Prod\n") } else { text })?;
    }

    /// What a session carries decides which way on from a role is open, so ways don't stand for
    /// each other.
    #[test]
    fn searches_find_what_brute_force_finds_where_sessions_carry_tags(
        text in prop_oneof![1 => chain(), 1 => chained(), 2 => forked()],
    ) {
        check_edges(&text)?;
        check_searches(&text)?;
    }
}
