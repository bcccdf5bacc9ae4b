//! What is stated of every call of an organization (rule K11): the graph under it against brute
//! force, and against what it says with nothing stated.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rolewalk::answer::Stated;
use rolewalk::evaluation::{Scenario, Verdict};
use rolewalk::graph::{Graph, Node, search};
use rolewalk::org::Facts;

use crate::brute::{
    all_paths, callers, check_edges_of, check_searches_of, graph, in_the_facts, targets, verdict,
};
use crate::fixture::readings;
use crate::random::{alike, organization};
use crate::random_chains::{chain, chained, forked, gathered};
use crate::soundness::config;

fn scenario(stated: &[(&str, &str)]) -> Scenario {
    Stated::keys(stated.iter().copied()).of_every_call().expect("this can be stated")
}

fn under(text: &str, scenario: Scenario) -> Graph {
    Graph::build_under(Arc::new(Facts::build(readings(text))), scenario)
}

/// What the fixtures' conditions look at, and values that fit and that don't.
fn stated() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let one = [
        ("aws:SourceIp", vec!["10.1.2.3", "10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0", "192.0.2.1"]),
        ("aws:MultiFactorAuthPresent", vec!["true", "false", ""]),
        ("aws:CurrentTime", vec!["2027-01-01T00:00:00Z", "2020-01-01T00:00:00Z"]),
        ("sts:ExternalId", vec!["e1", "e2", ""]),
        ("sts:RoleSessionName", vec!["ci", "ann"]),
        ("aws:SourceAccount", vec!["111111111111", "999999999999"]),
        ("gitlab.com:sub", vec!["group/a", "other"]),
        ("gitlab.com:aud", vec!["one", "two"]),
        ("saml:sub", vec!["ann", "bob"]),
    ];
    let keys: Vec<_> = one
        .into_iter()
        .map(|(key, values)| select(values).prop_map(move |value| (key, value)).boxed())
        .collect();
    subsequence(keys, 1..=3).prop_flat_map(|some| some)
}

/// The order in which statements may only improve what is known: open verdicts become any, sure
/// ones stay.
fn settles(before: Verdict, after: Verdict) -> bool {
    match before {
        Verdict::Allowed | Verdict::Denied => after == before,
        Verdict::Conditional => true,
        // What was not read is not known better for what is stated, but may no longer matter.
        Verdict::Unknown => after != Verdict::Conditional,
    }
}

fn check(text: &str, stated: &[(&str, &str)]) -> Result<(), TestCaseError> {
    let open = graph(text);
    let graph = under(text, scenario(stated));
    let shown = format!("{stated:?}\n{text}");
    check_edges_of(&graph, &shown)?;
    check_searches_of(&graph, &shown)?;
    for from in callers(&graph).iter().filter(|node| in_the_facts(node)) {
        for to in targets(&graph) {
            let (before, after) = (verdict(&open, from, &to), verdict(&graph, from, &to));
            prop_assert!(
                settles(before, after),
                "{from:?} to {to:?} was {before} and is {after} with {shown}"
            );
        }
    }
    let verdicts = |graph: &Graph| -> BTreeMap<(Node, Node), Verdict> {
        all_paths(graph).into_iter().map(|(pair, paths)| (pair, paths[0].0)).collect()
    };
    let (before, after) = (verdicts(&open), verdicts(&graph));
    for (pair, verdict) in &before {
        if *verdict == Verdict::Allowed {
            prop_assert_eq!(after.get(pair), Some(&Verdict::Allowed), "{:?} with {}", pair, shown);
        }
    }
    for pair in after.keys() {
        prop_assert!(before.contains_key(pair), "{pair:?} appears with {shown}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn a_graph_under_a_scenario_says_what_brute_force_says(
        text in organization(), unread in any::<bool>(), stated in stated(),
    ) {
        check(&if unread { format!("{text}unread C /Prod\n") } else { text }, &stated)?;
    }

    #[test]
    fn accounts_that_look_alike_do_so_under_a_scenario(text in alike(), stated in stated()) {
        let graph = under(&text, scenario(&stated));
        check_edges_of(&graph, &format!("{stated:?}\n{text}"))?;
    }

    #[test]
    fn sessions_carry_what_hops_hand_on_under_a_scenario(
        text in prop_oneof![chain(), chained(), forked(), gathered()], stated in stated(),
    ) {
        check(&text, &stated)?;
    }
}

/// The verdict of the best path between two things of account A, by name.
fn best(graph: &Graph, from: &str, to: &str) -> Verdict {
    let facts = graph.facts();
    let account = facts.account("111111111111".parse().unwrap()).unwrap();
    let role = |name: &str| facts.role(account, name).map(Node::Role);
    let from = facts.user(account, from).map(Node::User).or_else(|| role(from)).unwrap();
    let reached = search::reachable(graph, &from, 4);
    reached.verdict(&role(to).unwrap()).map_or(Verdict::Denied, |(verdict, _)| verdict)
}

/// MFA is of a user's call alone: the session that it leads to is one without.
#[test]
fn mfa_is_stated_of_whoever_can_carry_it() {
    let text = "user A/ann
        role A/M
          tp: Allow from A/user/ann if Bool aws:MultiFactorAuthPresent true
        role A/N
          tp: Allow from A/role/M if Bool aws:MultiFactorAuthPresent true
        role A/O
          tp: Allow from A/role/M if BoolIfExists aws:MultiFactorAuthPresent true";
    let open = graph(text);
    let with = under(text, scenario(&[("aws:MultiFactorAuthPresent", "true")]));
    let without = under(text, scenario(&[("aws:MultiFactorAuthPresent", "")]));
    assert_eq!(best(&open, "ann", "M"), Verdict::Conditional);
    assert_eq!(best(&with, "ann", "M"), Verdict::Allowed);
    assert_eq!(best(&without, "ann", "M"), Verdict::Denied);
    for graph in [&open, &with] {
        assert_eq!(best(graph, "M", "N"), Verdict::Denied);
        assert_eq!(best(graph, "ann", "N"), Verdict::Denied);
        assert_eq!(best(graph, "M", "O"), best(&open, "M", "O"));
    }
}

/// Of a network only that is sure which is true of each of its addresses.
#[test]
fn a_network_settles_what_is_true_of_all_of_it() {
    let condition = |operator: &str, network: &str| {
        format!(
            "user A/ann
             role A/T
               tp: Allow from A/user/ann if {operator} aws:SourceIp {network}"
        )
    };
    let from = |network: &str, operator: &str, asked: &str| {
        let graph = under(&condition(operator, asked), scenario(&[("aws:SourceIp", network)]));
        best(&graph, "ann", "T")
    };
    for (network, asked, expected) in [
        ("10.1.0.0/16", "10.0.0.0/8", Verdict::Allowed),
        ("10.0.0.0/8", "10.0.0.0/8", Verdict::Allowed),
        ("10.0.0.0/8", "10.1.0.0/16", Verdict::Conditional),
        ("10.0.0.0/8", "192.168.0.0/16", Verdict::Denied),
        ("10.0.0.0/8", "192.168.0.0/16|10.0.0.0/7", Verdict::Allowed),
        ("10.0.0.0/8", "2001:db8::/32", Verdict::Denied),
        ("2001:db8:1::/48", "2001:db8::/32", Verdict::Allowed),
        ("10.1.2.3/32", "10.1.2.3", Verdict::Allowed),
        ("10.1.2.0/31", "10.1.2.1", Verdict::Conditional),
        // Host bits say nothing of a network.
        ("10.1.2.3/8", "10.9.0.0/16", Verdict::Conditional),
        ("10.1.2.3", "10.0.0.0/8", Verdict::Allowed),
    ] {
        assert_eq!(from(network, "IpAddress", asked), expected, "{network} in {asked}");
        let opposite = match expected {
            Verdict::Allowed => Verdict::Denied,
            Verdict::Denied => Verdict::Allowed,
            other => other,
        };
        assert_eq!(from(network, "NotIpAddress", asked), opposite, "{network} not in {asked}");
    }
    // As text nothing is known of an address but that it is there.
    assert_eq!(from("10.0.0.0/8", "StringLike", "10.*"), Verdict::Conditional);
    assert_eq!(from("10.0.0.0/8", "Null", "false"), Verdict::Allowed);
}

/// What a session holds of the token that it began with depends on the path, also where a claim
/// is stated of every token.
#[test]
fn claims_are_stated_of_tokens_and_not_of_sessions() {
    let text = "user A/ann
        role A/R
          tp: Allow from A/user/ann
        role A/T
          tp: Allow from A/role/R if StringNotEquals gitlab.com:sub group/a";
    let open = graph(text);
    let with = under(text, scenario(&[("gitlab.com:sub", "group/a")]));
    assert_eq!(best(&open, "ann", "T"), Verdict::Allowed);
    assert_eq!(best(&with, "ann", "T"), Verdict::Allowed);
}

/// What differs from call to call, or is handed on from one to the next, can't be.
#[test]
fn what_cannot_be_stated_of_every_call_is_refused() {
    for (key, value) in [
        ("aws:PrincipalArn", "arn:aws:iam::111111111111:role/R"),
        ("aws:PrincipalTag/team", "a"),
        ("aws:RequestTag/team", "a"),
        ("aws:TagKeys", "team"),
        ("aws:ResourceTag/team", "a"),
        ("sts:SourceIdentity", "ann"),
        ("aws:SourceIdentity", "ann"),
        ("aws:username", "ann"),
        ("aws:ViaAWSService", "true"),
    ] {
        let error = Stated::keys([(key, value)]).of_every_call().unwrap_err();
        assert!(error.to_string().contains("can't be stated of every call"), "{key}: {error}");
        assert!(!error.hints().is_empty(), "{key}");
    }
    let mut stated = Stated::default();
    stated.endpoint = true;
    assert!(stated.of_every_call().is_err());
    stated.endpoint = false;
    assert!(stated.is_empty() && stated.of_every_call().unwrap().keys.is_empty());
}

/// Some principal of another account may be a role, whose session has no MFA; a service calls from
/// where it runs.
#[test]
fn what_others_may_not_carry_is_not_believed_of_them() {
    let text = "role A/M
          tp: Allow from X if Null aws:MultiFactorAuthPresent true
        role A/F
          tp: Allow from X if BoolIfExists aws:MultiFactorAuthPresent false
        role A/G
          tp: Allow from X/role/x
          tp: Deny * from * if NumericGreaterThan aws:MultiFactorAuthAge 60
        role A/V
          tp: Allow from svc:lambda.amazonaws.com
          tp: Deny * from * if StringNotEquals aws:SourceVpc vpc-1
        role A/I
          tp: Allow from svc:lambda.amazonaws.com
          tp: Deny * from * if NotIpAddress aws:SourceIp 10.0.0.0/8";
    let outsider = Node::External("999999999999".parse().unwrap());
    let named = Node::Named("arn:aws:iam::999999999999:role/x".parse().unwrap());
    let service = Node::Service("lambda.amazonaws.com".to_owned());
    for (from, to, stated) in [
        (&outsider, "M", ("aws:MultiFactorAuthPresent", "true")),
        (&outsider, "F", ("aws:MultiFactorAuthPresent", "true")),
        (&named, "G", ("aws:MultiFactorAuthAge", "300")),
        (&service, "V", ("aws:SourceVpc", "vpc-1")),
        (&service, "I", ("aws:SourceIp", "10.0.0.0/8")),
    ] {
        let (open, under) = (graph(text), under(text, scenario(&[stated])));
        let facts = open.facts();
        let account = facts.account("111111111111".parse().unwrap()).unwrap();
        let target = Node::Role(facts.role(account, to).unwrap());
        assert_eq!(verdict(&open, from, &target), Verdict::Conditional, "{to}");
        assert_eq!(verdict(&under, from, &target), Verdict::Conditional, "{to} {stated:?}");
    }
}

/// Whether a role's session is without the key or has it as false is disputed (rule D13), and
/// stating one of every call decides that of none.
#[test]
fn a_disputed_absence_stays_open() {
    let text = "role A/R
        role A/T
          tp: Allow from A/role/R
          tp: Deny * from * if Bool aws:MultiFactorAuthPresent false";
    for value in ["false", ""] {
        let graph = under(text, scenario(&[("aws:MultiFactorAuthPresent", value)]));
        assert_eq!(best(&graph, "R", "T"), best(&self::graph(text), "R", "T"), "{value}");
    }
}
