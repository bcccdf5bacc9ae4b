//! The graph and its searches against brute force over all pairs and all short paths.

use std::fmt::Write as _;

use proptest::prelude::*;
use rolewalk::evaluation::Verdict;
use rolewalk::graph::{Node, search};

use crate::brute::{HOPS, check_edges, check_many, check_searches, graph, node, targets, verdict};
use crate::random::{alike, organization};
use crate::random_chains::{chain, chained, forked, gathered};
use crate::soundness::config;

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
    let [ann, middle, target] = ["A/ann", "A/R", "A/T"].map(|name| node(&graph, name));
    let expected = [ann.clone(), middle.clone(), middle, target.clone()];
    let reached = search::reachable(&graph, &ann, HOPS);
    assert_eq!(reached.route(&target).map(|route| route.nodes), Some(expected.to_vec()));
    let (paths, _) = search::paths(&graph, &ann, &target, HOPS, 8);
    assert_eq!(paths.iter().map(|route| &*route.nodes).collect::<Vec<_>>(), [&expected[..]]);
    check_searches(text).unwrap();
}

/// A path over a role that assumes itself is told, whether or not a longer limit allows for another
/// one.
#[test]
fn a_role_that_assumes_itself_counts_beside_longer_ways_around_it() {
    let text = "user A/ann
        role A/H
          id: Allow sts:*
          tp: Allow from A/user/ann
          tp: Allow sts:* from A/role/H
        role A/P
          tp: Allow from A/user/ann
        role A/Q
          tp: Allow from A/role/P
        role A/Z
          tp: Allow from A/role/Q
        role A/T
          tp: Allow from A/role/H if StringEquals aws:PrincipalTag/t x
          tp: Allow from A/role/Z if StringEquals sts:ExternalId e1
        role A/Y
          tp: Allow from A/role/H if StringEquals aws:PrincipalTag/t x
          tp: Allow from A/role/Z";
    let graph = graph(text);
    let [ann, target, sure] = ["A/ann", "A/T", "A/Y"].map(|name| node(&graph, name));
    let told = |target: &Node, most| {
        let (paths, _) = search::paths(&graph, &ann, target, most, 8);
        let all: Vec<_> = paths.iter().map(|route| (route.verdict, route.hops())).collect();
        let best = all.first().copied();
        assert_eq!(search::reachable(&graph, &ann, most).verdict(target), best);
        assert_eq!(search::reaching(&graph, target, most).verdict(&ann), best);
        all
    };
    let over_itself = (Verdict::Conditional, 3);
    assert_eq!(told(&target, 3), [over_itself]);
    assert_eq!(told(&target, 4), [over_itself, (Verdict::Conditional, 4)]);
    // The longer one is sure.
    assert_eq!(told(&sure, 4), [(Verdict::Allowed, 4), over_itself]);
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

/// Behind a hop that looks at the session, one that does not is taken as anywhere; unless something
/// had to be handed on that it does not let pass.
#[test]
fn what_a_hop_looks_at_binds_later_hops_only_where_it_is_handed_on() {
    let organization = |looks: &str, last: &str| {
        format!(
            "user A/ann
          id: Allow sts:*
        role A/O
          id: Allow sts:*
          tp: Allow sts:AssumeRole,sts:TagSession from A/user/ann
        role A/T
          id: Allow sts:*
          tp: Allow sts:AssumeRole,sts:TagSession from A/role/O if StringEquals {looks} red
        role B/U
          tp: Allow {last} from A/role/T"
        )
    };
    let both = "sts:AssumeRole,sts:TagSession";
    let cases = [
        // A tag of the caller need not be handed on; one that takes the role's own place is.
        ("aws:PrincipalTag/team", "sts:AssumeRole", Some(Verdict::Conditional)),
        ("aws:PrincipalTag/team", both, Some(Verdict::Conditional)),
        ("aws:ResourceTag/team", "sts:AssumeRole", None),
        ("aws:ResourceTag/team", both, Some(Verdict::Conditional)),
    ];
    for (looks, last, expected) in cases {
        let text = organization(looks, last);
        let graph = graph(&text);
        let facts = graph.facts();
        let [first, second] =
            ["111111111111", "222222222222"].map(|id| facts.account(id.parse().unwrap()).unwrap());
        let ann = Node::User(facts.user(first, "ann").unwrap());
        let target = Node::Role(facts.role(second, "U").unwrap());
        let expected = expected.map(|verdict| (verdict, 3));
        let reached = search::reachable(&graph, &ann, HOPS);
        assert_eq!(reached.verdict(&target), expected, "{looks}, {last}");
        let reaching = search::reaching(&graph, &target, HOPS);
        assert_eq!(reaching.verdict(&ann), expected, "back: {looks}, {last}");
        check_searches(&text).unwrap();
    }
}

/// A tag may take a permission that is given only with a source identity, which later hops have to
/// let pass too.
#[test]
fn what_a_permission_asks_for_is_handed_on() {
    for (last, expected) in [
        ("sts:AssumeRole", Verdict::Denied),
        ("sts:AssumeRole,sts:SetSourceIdentity", Verdict::Conditional),
    ] {
        let text = format!(
            "role A/R
          id: Allow sts:*
        role B/T tag:team=b
          id: Allow sts:AssumeRole on arn:aws:iam::*:role/${{aws:PrincipalTag/team}}
          id: Allow sts:SetSourceIdentity
          tp: Allow sts:AssumeRole,sts:SetSourceIdentity from A/role/R
          tp: Allow sts:TagSession from A/role/R if StringEquals sts:SourceIdentity ann
        role B/U
          tp: Allow {last} from B"
        );
        let graph = graph(&text);
        let path: Vec<Node> = ["A/R", "B/T", "B/U"].map(|name| node(&graph, name)).into();
        assert_eq!(search::judge(&graph, &path).unwrap().verdict, expected, "{text}");
        check_searches(&text).unwrap();
    }
}

/// A path that its last two hops rule out stays ruled out, however many tests the hops before add.
#[test]
fn a_longer_way_over_hops_that_exclude_each_other_is_denied_too() {
    let text = "role A/R tag:team=a
          tp: Allow sts:AssumeRole*,sts:TagSession,sts:SetSourceIdentity from A if StringNotEquals aws:TagKeys team and StringLike sts:SourceIdentity ann
          id: Deny sts:AssumeRole* if StringEquals aws:RequestTag/team a
          id: Allow sts:AssumeRole*,sts:TagSession,sts:SetSourceIdentity
        role A/S
          id: Allow sts:*
        role B/T tag:team=b
          tp: Allow sts:AssumeRole*,sts:TagSession from A/role/R if StringNotEquals aws:ResourceTag/team ${aws:UserAgent}";
    let graph = graph(text);
    let facts = graph.facts();
    let [first, second] =
        ["111111111111", "222222222222"].map(|id| facts.account(id.parse().unwrap()).unwrap());
    let [r, s, t] = [(first, "R"), (first, "S"), (second, "T")]
        .map(|(account, name)| Node::Role(facts.role(account, name).unwrap()));
    let cases = [
        (vec![&r, &t], Verdict::Conditional),
        (vec![&r, &r, &t], Verdict::Denied),
        (vec![&s, &r, &r, &t], Verdict::Denied),
        (vec![&s, &r, &r, &r, &t], Verdict::Denied),
    ];
    for (path, expected) in cases {
        let path: Vec<Node> = path.into_iter().cloned().collect();
        let found = search::judge(&graph, &path).map(|route| route.verdict);
        assert_eq!(found, Some(expected), "{path:?}");
    }
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

/// The longer way to V takes the place of a circle after the circle went on from there, and comes
/// to Z with as many hops as it has, whatever the roles are called.
#[test]
fn what_a_circle_came_to_is_come_to_again() {
    let named = |who: &str, more: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{who}"}},"Action":"sts:AssumeRole"{more}}}"#
        )
    };
    let role = |name: &str, more: &str| named(&format!("111111111111:role/{name}"), more);
    let unread = || named("444444444444:root", "");
    let asks = r#","Condition":{"StringEquals":{"sts:ExternalId":"e"}}"#;
    for [v, w, y, y2, y3] in
        [["V", "W", "Y", "Y2", "Y3"], ["f", "e", "d", "c", "b"], ["x", "a", "b", "c", "d"]]
    {
        let mut roles = vec![
            (v, vec![unread(), role(w, ""), role(y3, "")]),
            (w, vec![role(v, asks)]),
            (y, vec![unread()]),
            (y2, vec![role(y, asks)]),
            (y3, vec![role(y2, "")]),
            ("Z", vec![role(v, "")]),
        ];
        roles.sort_by_key(|(name, _)| *name);
        let mut text = "unread C /Prod\n".to_owned();
        for (name, statements) in roles {
            let trust = statements.join(",");
            let trust = format!(r#"{{"Version":"2012-10-17","Statement":[{trust}]}}"#);
            let _ = writeln!(text, "role A/{name}\n tp-document: {trust}");
        }
        let graph = graph(&text);
        let facts = graph.facts();
        let [account, unread] =
            ["111111111111", "444444444444"].map(|id| facts.account(id.parse().unwrap()).unwrap());
        let source = Node::Unread(unread);
        let target = Node::Role(facts.role(account, "Z").unwrap());
        for (hops, best) in [(4, (Verdict::Unknown, 2)), (5, (Verdict::Conditional, 5))] {
            let reached = search::reachable(&graph, &source, hops);
            assert_eq!(reached.verdict(&target), Some(best), "{hops}\n{text}");
            let reaching = search::reaching(&graph, &target, hops);
            assert_eq!(reaching.verdict(&source), Some(best), "{hops}\n{text}");
            let (paths, _) = search::paths(&graph, &source, &target, hops, 10);
            let first = paths.iter().map(|path| (path.verdict, path.hops())).min();
            assert_eq!(first, Some(best), "{hops}\n{text}");
        }
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

/// A conditional way to a role that can be come to without conditions is the better one where the
/// next hop is unknown.
#[test]
fn a_conditional_way_on_to_an_unread_account_is_told_by_all_searches() {
    let text = "account A /Dev\naccount B /Prod\nuser A/ann tag:team=ann\n\
        role A/R tag:team=a\n  tp: Allow from * if StringEqualsIfExists sts:ExternalId e1\n\
        role A/S\n  tp: Allow from A/role/R,A/user/ann\n  id: Allow\n\
        unread C /Prod\n";
    let graph = graph(text);
    let facts = graph.facts();
    let account = facts.account("111111111111".parse().unwrap()).unwrap();
    let ann = Node::User(facts.user(account, "ann").unwrap());
    let mut nodes = graph.nodes();
    let unread = nodes.find(|node| matches!(node, Node::Unread(_))).unwrap();
    let reached = search::reachable(&graph, &ann, HOPS);
    let expected = Some((Verdict::Conditional, 3));
    assert_eq!(reached.verdict(&unread), expected);
    check_many(&graph, &[ann]).unwrap();
    check_searches(text).unwrap();
}

proptest! {
    #![proptest_config(config(12))]

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
        text in prop_oneof![1 => chain(), 1 => chained(), 2 => forked(), 2 => gathered()],
    ) {
        check_edges(&text)?;
        check_searches(&text)?;
    }
}

/// A tag that is handed on has one value, so what two tests of it rule out stops no call, and nothing
/// has to be passed, or not, for its sake.
#[test]
fn what_no_tag_can_be_asks_for_nothing() {
    let text = "
        user A/ann tag:team=ann
          id: Allow sts:*
        role A/R tag:team=a
          tp: Allow sts:AssumeRole*,sts:TagSession from A/user/ann
        role A/S
          tp: Allow sts:AssumeRole*,sts:TagSession from A/role/R
          id: Allow sts:*
          id: Deny sts:AssumeRole* on arn:aws:iam::*:role/${aws:PrincipalTag/team} if StringEqualsIgnoreCase aws:ResourceTag/team A
        role B/T tag:team=b
          tp: Allow sts:AssumeRole* from A/role/S
    ";
    check_searches(text).unwrap();
}
