//! Accounts that were not read, between the ends of a path (rule C1).

use std::sync::Arc;

use proptest::prelude::*;
use rolewalk::evaluation::Verdict;
use rolewalk::graph::{Graph, Node, search};
use rolewalk::org::reading::Fact;
use rolewalk::org::{AccountKey, Facts};

use crate::brute::{
    HOPS, all_paths, check_edges, check_edges_of, check_searches, check_searches_of, graph, node,
};
use crate::fixture::{gap, id_of, readings};
use crate::random_chains::chained;
use crate::soundness::config;

/// What is known of a role in an account that was not read is that it is one: none of what makes a
/// user of it.
#[test]
fn a_role_between_is_no_user() {
    let cases = [
        ("C", "", true),
        ("C", "if Bool aws:MultiFactorAuthPresent true", false),
        ("C", "if BoolIfExists aws:MultiFactorAuthPresent true", true),
        ("C", "if NumericLessThan aws:MultiFactorAuthAge 3600", false),
        ("C", "if StringLike aws:username *", false),
        ("C", "if StringEquals aws:PrincipalType User", false),
        ("C", "if StringEquals aws:PrincipalType AssumedRole", true),
        ("C", "if StringLike aws:userid AIDA*", true),
        ("C", "if StringEquals aws:userid AIDAX", false),
        ("C", "if ArnLike aws:PrincipalArn arn:aws:iam::{C}:user/*", false),
        ("C", "if ArnLike aws:PrincipalArn arn:aws:iam::{C}:role/x", true),
        ("C", "if ArnEquals aws:PrincipalArn arn:aws:iam::{C}:root", false),
        ("C/user/bob", "", false),
        ("aws:AIDAX", "", false),
        ("C/role/x", "", true),
        ("arn:aws:sts::444444444444:assumed-role/x/s", "", true),
    ];
    for (who, condition, expected) in cases {
        let text = format!(
            "unread C /Prod\nuser A/ann\n  id: Allow sts:*\nrole A/T\n  tp: Allow from {who} {condition}\n\
             role A/U\n  id: Allow sts:*\n  tp: Allow from A/role/T\n"
        );
        let graph = graph(&text);
        let facts = graph.facts();
        let unread = Node::Unread(facts.account(id_of("C")).unwrap());
        let [ann, target, beyond] = ["A/ann", "A/T", "A/U"].map(|name| node(&graph, name));
        let direct = search::reachable(&graph, &unread, HOPS);
        assert!(direct.verdict(&target).is_some(), "some principal of it: {text}");
        for (target, hops) in [(&target, 2), (&beyond, 3)] {
            let told = [
                search::reachable(&graph, &ann, HOPS).verdict(target),
                search::reaching(&graph, target, HOPS).verdict(&ann),
            ];
            for told in told {
                let hops_told = told.map(|(_, hops)| hops);
                assert_eq!(hops_told, expected.then_some(hops), "{text}");
            }
        }
        check_edges(&text).unwrap();
        check_searches(&text).unwrap();
    }
}

/// The node in facts that lack what is gone of an account.
fn without(
    whole: &Facts,
    less: &Facts,
    node: &Node,
    (gone, role): (AccountKey, Option<&str>),
) -> Option<Node> {
    let account = whole.account(node.account(whole)?)?;
    let there = less.account(whole.accounts[account].id)?;
    let is_gone = |node: &Node| match (node, role) {
        (_, None) => true,
        (Node::Role(key), Some(role)) => &*whole.roles[*key].name == role,
        _ => false,
    };
    if account == gone && is_gone(node) {
        return Some(Node::Unread(there));
    }
    match node {
        Node::User(key) => Some(Node::User(less.user(there, &whole.users[*key].name)?)),
        Node::Role(key) => Some(Node::Role(less.role(there, &whole.roles[*key].name)?)),
        _ => None,
    }
}

/// Every path of the whole organization is one without an account, or without one role of it.
fn check_gone(text: &str, letter: &str, role: Option<&str>) -> Result<(), TestCaseError> {
    let whole = graph(text);
    let mut less = readings(text);
    for row in less.accounts.iter_mut().filter(|row| row.account == id_of(letter)) {
        match (role, &mut row.identities) {
            (Some(role), Fact::Read(identities)) => {
                identities.roles.retain(|row| row.name != role);
                identities.incomplete.push(gap());
            }
            _ => row.identities = Fact::NotRead(gap()),
        }
    }
    let less = Graph::build(Arc::new(Facts::build(less)));
    // A role that was left out is none of those that were read, and the engine, asked for some
    // principal of the account, does not leave these out.
    if role.is_none() {
        check_edges_of(&less, text)?;
        check_searches_of(&less, text)?;
    }
    let Some(gone) = whole.facts().account(id_of(letter)) else { return Ok(()) };
    for path in all_paths(&whole).into_values().flatten().map(|(_, _, path)| path) {
        let mapped = path.iter();
        let mapped: Option<Vec<Node>> =
            mapped.map(|node| without(whole.facts(), less.facts(), node, (gone, role))).collect();
        let Some(mut mapped) = mapped else { continue };
        // Hops within that account are none between others.
        mapped.dedup_by(|one, other| one == other && matches!(one, Node::Unread(_)));
        let twice = (1..mapped.len()).any(|at| mapped[..at].contains(&mapped[at]));
        if twice || mapped.len() < 2 {
            continue;
        }
        let verdict = search::judge(&less, &mapped).map(|route| route.verdict);
        prop_assert_ne!(verdict, Some(Verdict::Denied), "{:?}\n{}", mapped, text);
        let ends = [mapped.first(), mapped.last()].map(|end| end.unwrap().clone());
        let reached = search::reachable(&less, &ends[0], HOPS).verdict(&ends[1]);
        prop_assert!(reached.is_some(), "{mapped:?}\n{text}");
    }
    Ok(())
}

/// Organizations that showed that a whole one was told more kindly than its part.
#[test]
fn what_a_part_rules_out_the_whole_does_too() {
    let organization = |first: &str, second: &str, third: &str, control: &str| {
        format!(
            "account A /Dev\naccount B /Prod\nuser A/ann tag:team=ann\n  id: Allow sts:*
role A/R tag:team=a\n  tp: Allow sts:AssumeRole*,sts:TagSession from A/user/ann\n  {first}
role A/S\n  id: Allow sts:*
role B/T tag:team=b\n  id: Allow sts:*\n  {second}
role B/U\n  id: Allow sts:*\n  {third}\n{control}\n"
        )
    };
    let (all, members) = ("id: Allow sts:*", "tp: Allow sts:AssumeRole* from A/role/S,A/role/R");
    let kept =
        "StringNotEquals aws:PrincipalTag/team ${aws:ResourceTag/team}|${aws:PrincipalTag/team}";
    let named = "scp /: Deny sts:AssumeRole* if StringNotLike sts:SourceIdentity ${aws:username}|*";
    for text in [
        organization(&format!("id: Allow sts:AssumeRole* if {kept}"), members, "", ""),
        organization(all, members, "", named),
        organization(
            all,
            members,
            "tp: Allow from B",
            &kept.replace("StringNot", "scp /: Deny sts:AssumeRole* if String"),
        ),
    ] {
        check_gone(&text, "A", None).unwrap();
        check_gone(&text, "B", None).unwrap();
        check_edges(&text).unwrap();
        check_searches(&text).unwrap();
    }
}

/// A conditional way to a role is worse than a sure one, and better where an unknown hop follows.
#[test]
fn a_conditional_way_leads_on_beside_a_sure_one() {
    let text = "
        account A /Dev
        account B /Prod
        user A/ann tag:team=ann
          id: Allow sts:*
        role A/R tag:team=a
          tp: Allow sts:AssumeRole* from A/user/ann
          id: Allow sts:*
        role A/S
          tp: Allow sts:AssumeRole* from A if StringEquals aws:PrincipalTag/team ${aws:username}
          tp: Allow sts:AssumeRole* from A/role/R if StringNotEquals aws:RequestTag/team a
          id: Allow sts:*
        role B/T tag:team=b
          tp: Deny sts:AssumeRole* from A/role/S,A/role/R
          id: Allow sts:*
    ";
    check_gone(text, "B", None).unwrap();
}

proptest! {
    #![proptest_config(config(24))]

    /// Whatever a path goes over is among what may be in its place.
    #[test]
    fn no_path_is_lost_with_an_account_on_it(text in chained(), other in any::<bool>()) {
        check_gone(&text, if other { "A" } else { "B" }, None)?;
    }

    /// A role may be missing from an account of which the rest was read.
    #[test]
    fn no_path_is_lost_with_a_role_on_it(text in chained(), other in any::<bool>()) {
        let (letter, role) = if other { ("A", "R") } else { ("B", "T") };
        check_gone(&text, letter, Some(role))?;
    }
}

/// A hop that holds whatever its condition finds adds nothing to one of which nothing was read.
#[test]
fn what_holds_anyway_leaves_unknown_what_was_not_read() {
    let key = "token.actions.githubusercontent.com:sub";
    let text = format!(
        "account B /Prod
        unread C /Prod
        role B/R
          id: Allow sts:* on *
          tp: Allow * from *
        role B/T
          id: Allow sts:* on *
          tp: Allow sts:* from * if StringLikeIfExists {key} *"
    );
    check_searches(&text).unwrap();
    let graph = graph(&text);
    let nodes = [crate::brute::node(&graph, "B/R"), crate::brute::node(&graph, "B/T")];
    let account = graph.facts().account(id_of("C")).unwrap();
    let path = [&nodes[..], &[Node::Unread(account)]].concat();
    assert_eq!(search::judge(&graph, &path).unwrap().verdict, Verdict::Unknown);
}
