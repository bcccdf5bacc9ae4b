//! The list of all edges against brute force over all pairs.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use proptest::prelude::*;
use rolewalk::answer;
use rolewalk::evaluation::Verdict;
use rolewalk::graph::{Graph, Node, Subject, search};

use crate::brute::{callers, check_edges_of, graph, in_the_facts, targets, verdict};
use crate::random::{alike, organization};
use crate::soundness::config;

fn listed(graph: &Graph, from: Option<&[Node]>, to: Option<&[Node]>) -> Vec<(Node, Node, Verdict)> {
    let mut found = Vec::new();
    let Ok(()) = graph.each_edge::<Infallible>(from, to, |from, to, assume| {
        found.push((from.clone(), to.clone(), assume.verdict));
        Ok(())
    });
    found
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let graph = graph(text);
    let all = listed(&graph, None, None);
    let pairs: BTreeMap<(Node, Node), Verdict> =
        all.iter().map(|(from, to, verdict)| ((from.clone(), to.clone()), *verdict)).collect();
    prop_assert_eq!(pairs.len(), all.len(), "a pair stands twice\n{}", text);
    let mut expected = BTreeMap::new();
    for from in callers(&graph) {
        for to in targets(&graph) {
            let pair = (from.clone(), to.clone());
            // Sources without end may be named; those that are listed have the verdict all the
            // same.
            let meant = in_the_facts(&from) || pairs.contains_key(&pair);
            let itself = from == to && matches!(to, Node::Unread(_));
            let verdict = verdict(&graph, &from, &to);
            if meant && !itself && verdict != Verdict::Denied {
                expected.insert(pair, verdict);
            }
        }
    }
    prop_assert_eq!(&pairs, &expected, "{}", text);
    prop_assert_eq!(&all, &listed(&crate::brute::graph(text), None, None), "{}", text);
    for one in targets(&graph) {
        let kept: Vec<_> = all.iter().filter(|(_, to, _)| *to == one).cloned().collect();
        prop_assert_eq!(listed(&graph, None, Some(std::slice::from_ref(&one))), kept, "{}", text);
    }
    for one in callers(&graph).into_iter().filter(|node| !node.nameable()) {
        let kept: Vec<_> = all.iter().filter(|(from, _, _)| *from == one).cloned().collect();
        prop_assert_eq!(listed(&graph, Some(&[one]), None), kept, "{}", text);
    }
    // In words: who calls stays together, and what is not sure says what it takes.
    let mut callers: Vec<String> = Vec::new();
    let edges = answer::edges(&graph, None, None).unwrap();
    let Ok(()) = edges.each::<Infallible>(|edge| {
        assert_eq!(edge.verdict == Verdict::Allowed, edge.requirements == [vec![]], "{edge:?}");
        assert!(!edge.requirements.is_empty(), "{edge:?}");
        callers.push(edge.from.to_owned());
        Ok(())
    });
    callers.dedup();
    prop_assert_eq!(callers.iter().collect::<BTreeSet<_>>().len(), callers.len(), "{}", text);
    Ok(())
}

/// A source that no policy mentions has edges to whoever lets everybody in.
#[test]
fn who_is_asked_for_by_name_need_not_be_mentioned() {
    let graph = graph("role A/R\n tp: Allow from *\nrole A/S\n tp: Allow from A");
    let stranger = Node::External("999999999999".parse().unwrap());
    let found = listed(&graph, Some(std::slice::from_ref(&stranger)), None);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, stranger);
}

/// Sources that the facts need not mention are put to policies when they are asked for.
fn check_strangers(text: &str) -> Result<(), TestCaseError> {
    let graph = graph(text);
    let token = |subject: &str| {
        Node::Subject(Subject {
            issuer: "app.terraform.io".to_owned(),
            subject: subject.to_owned(),
            audience: None,
        })
    };
    let strangers = [
        Node::External("777777777777".parse().unwrap()),
        Node::Named("arn:aws:iam::777777777777:role/R".parse().unwrap()),
        Node::Service("lambda.amazonaws.com".to_owned()),
        token("organization:acme:project:p:workspace:w:run_phase:apply"),
        token("organization:other:project:p:workspace:w:run_phase:plan"),
    ];
    for from in &strangers {
        let found: BTreeMap<Node, Verdict> =
            graph.assumes(from).into_iter().map(|(to, assume)| (to, assume.verdict)).collect();
        for to in targets(&graph) {
            let verdict = verdict(&graph, from, &to);
            let edge = found.get(&to).copied().unwrap_or(Verdict::Denied);
            prop_assert_eq!(edge, verdict, "{:?} to {:?}\n{}", from, to, text);
            let (paths, _) = search::paths(&graph, from, &to, 1, 10);
            let best = paths.iter().map(|path| path.verdict).min().unwrap_or(Verdict::Denied);
            prop_assert_eq!(best, verdict, "path of {:?} to {:?}\n{}", from, to, text);
        }
    }
    Ok(())
}

/// Trust policies that differ in a name only say the same to an outsider, and others do not.
#[test]
fn outsiders_are_told_the_same_by_policies_that_ask_for_a_name() {
    let roles = "unread C /Prod
        role A/a
          tp: Allow from * if ArnLike aws:PrincipalArn arn:aws:iam::*:role/a*
        role A/b
          tp: Allow from * if ArnLike aws:PrincipalArn arn:aws:iam::*:role/b*
        role B/b
          tp: Allow from * if ArnLike aws:PrincipalArn arn:aws:iam::*:role/b*
        role B/j
          tp: Allow from * if ArnLike aws:PrincipalArn arn:aws:iam::*:role/j*
        role B/c
          tp: Allow from * if ArnLike aws:PrincipalArn arn:aws:iam::*:role/c* and Bool aws:MultiFactorAuthPresent true
        role B/d
          tp: Allow from * if ArnLike aws:PrincipalArn arn:aws:iam::*:role/d* and StringEquals aws:PrincipalAccount 777777777777
        role B/e
          tp: Allow from * if ArnLike aws:PrincipalArn A/role/e*
        role B/f
          tp: Allow from * if ArnLike aws:PrincipalArn arn:aws-cn:iam::*:role/f*
        role B/g
          tp: Allow from * if ArnNotLike aws:PrincipalArn arn:aws:iam::*:role/g*
        role B/h
          tp: Allow from *
          tp: Deny from * if ArnLike aws:PrincipalArn arn:aws:iam::*:role/h*
        role B/i
          tp: Allow from * if ArnLike aws:PrincipalArn arn:aws:iam::*:role/i* and StringEquals aws:PrincipalAccount 888888888888
        ";
    let policies = [
        "",
        "rcp B: Deny if ArnLike aws:PrincipalArn arn:aws:iam::*:role/b*",
        "rcp B: Deny if ArnNotLike aws:PrincipalArn arn:aws:iam::*:role/b*",
        "rcp A: Deny if Bool aws:MultiFactorAuthPresent false",
        "rcp /: Deny if StringNotEquals aws:PrincipalOrgID o-exampleorg",
    ];
    for policy in policies {
        check_strangers(&format!("{roles}{policy}")).unwrap();
    }
}

/// A caller whom `who-can` calls denied gets there in no way that `paths` finds.
fn check_refused(text: &str) -> Result<(), TestCaseError> {
    let graph = graph(text);
    let limits = answer::Limits { rows: 10_000, hops: 3 };
    for target in targets(&graph) {
        let Node::Role(_) = target else { continue };
        let target = target.name(&graph);
        let found = answer::who_can(&graph, &target, limits).unwrap();
        prop_assert!(!found.truncated);
        for row in found.principals.iter().filter(|row| row.verdict == Verdict::Denied) {
            let paths = answer::paths(&graph, &row.principal, &target, limits).unwrap();
            let best = paths.paths.iter().map(|path| path.verdict).min();
            prop_assert!(
                best.is_none_or(|best| best == Verdict::Denied),
                "{} to {}: {:?}\n{}",
                row.principal,
                target,
                best,
                text
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn who_is_refused_gets_there_in_no_way(
        text in prop_oneof![organization(), alike()], unread in any::<bool>(),
    ) {
        check_refused(&if unread { format!("{text}unread C /Prod\n") } else { text })?;
    }

    #[test]
    fn strangers_have_the_edges_that_brute_force_gives_them(
        text in prop_oneof![organization(), alike()], unread in any::<bool>(),
    ) {
        check_strangers(&if unread { format!("{text}unread C /Prod\n") } else { text })?;
    }

    #[test]
    fn every_pair_that_may_succeed_is_listed_once(
        text in prop_oneof![organization(), alike()], unread in any::<bool>(),
    ) {
        check(&if unread { format!("{text}unread C /Prod\n") } else { text })?;
    }
}

#[test]
fn a_worse_way_may_be_short_enough_for_a_source_of_elsewhere() {
    // From the unread account the best way to the role is conditional and takes three hops; the
    // token comes over a shorter one, of which less is known.
    let text = "account A /Dev
account B /Prod
outside X
oidc B gitlab.com one,two
user A/ann
  id: Allow sts:AssumeRole on *
role A/R
  tp: Allow sts:AssumeRole,sts:TagSession from aws:* if StringEquals aws:PrincipalTag/team ${aws:ResourceTag/team}
role A/S
  tp: Allow  from fed:A/oidc/gitlab.com
  tp: Allow sts:AssumeRole,sts:TagSession from aws:*,A/role/R if ArnLikeIfExists aws:PrincipalArn A/role/R
role A/T
  tp: Allow sts:* from *
unread C /Prod
";
    let graph = graph(text);
    let limits = answer::Limits { rows: 10_000, hops: 3 };
    let found = answer::who_can(&graph, "arn:aws:iam::111111111111:role/S", limits).unwrap();
    let is = |name: &str| {
        let row = found.principals.iter().find(|row| row.principal == name);
        row.map(|row| (row.verdict, row.hops))
    };
    assert_eq!(is("account:444444444444"), Some((Verdict::Conditional, 3)));
    assert_eq!(is("oidc:gitlab.com#*"), Some((Verdict::Unknown, 3)));
    check_refused(text).unwrap();
}

#[test]
fn a_wildcard_in_a_subject_may_be_a_character() {
    let text = "account A /Dev
oidc A idp.example.com app
role A/Exact
  tp: Allow from fed:A/oidc/idp.example.com if StringEquals idp.example.com:sub a?b
role A/Like
  tp: Allow from fed:A/oidc/idp.example.com if StringLike idp.example.com:sub a?b
";
    let graph = graph(text);
    let reach = |source: &str| {
        let found = answer::reach(&graph, source, answer::Limits::LIST).unwrap();
        let rows = found.targets.iter();
        let name = |row: &str| row.rsplit('/').next().unwrap_or_default().to_owned();
        rows.map(|row| (name(&row.principal), row.verdict)).collect::<Vec<_>>()
    };
    let [exact, like] = ["Exact", "Like"].map(|name| (name.to_owned(), Verdict::Allowed));
    assert_eq!(reach(r"oidc:idp.example.com#a\?b"), [exact, like.clone()]);
    assert_eq!(reach("oidc:idp.example.com#axb"), [like]);

    // The other way round it has the same name.
    let found = answer::who_can(&graph, "111111111111/Exact", answer::Limits::LIST).unwrap();
    let names: Vec<&str> = found.principals.iter().map(|row| row.principal.as_str()).collect();
    assert_eq!(names, [r"oidc:idp.example.com#a\?b"]);
    check_refused(text).unwrap();
}

#[test]
fn every_search_leaves_open_whether_a_wildcard_means_every_provider() {
    let text = "account A /Dev
oidc A idp.example.com one
saml A Okta
user A/ann
  id: Allow sts:*
role A/R
  tp: Allow sts:AssumeRoleWithSAML,sts:AssumeRoleWithWebIdentity from fed:*
";
    let graph = graph(text);
    let reach = |source: &str| {
        let found = answer::reach(&graph, source, answer::Limits::LIST).unwrap();
        found.targets.iter().map(|row| row.verdict).collect::<Vec<_>>()
    };
    for source in ["oidc:idp.example.com#x", "arn:aws:iam::111111111111:saml-provider/Okta"] {
        assert_eq!(reach(source), [Verdict::Unknown], "{source}");
    }
    // Tokens of an issuer that the account has no provider for are refused.
    assert!(reach("oidc:gitlab.com#x").is_empty());
    let found = answer::who_can(&graph, "111111111111/R", answer::Limits::LIST).unwrap();
    let rows: Vec<_> = found.principals.iter().map(|row| (&*row.principal, row.verdict)).collect();
    assert!(rows.iter().all(|(_, verdict)| *verdict == Verdict::Unknown), "{rows:?}");
    assert!(rows.iter().any(|(name, _)| name.contains("Okta")), "{rows:?}");
    check_edges_of(&graph, text).unwrap();
    check_refused(text).unwrap();
}

#[test]
fn every_search_leaves_open_whether_a_wildcard_means_every_service() {
    let text = "account A /Dev\nrole A/R\n  tp: Allow from svc:*\n";
    let graph = graph(text);
    let found = answer::reach(&graph, "service:ec2.amazonaws.com", answer::Limits::LIST).unwrap();
    let verdicts: Vec<_> = found.targets.iter().map(|row| row.verdict).collect();
    assert_eq!(verdicts, [Verdict::Conditional]);
    let found = answer::who_can(&graph, "111111111111/R", answer::Limits::LIST).unwrap();
    let rows: Vec<_> = found.principals.iter().map(|row| (&*row.principal, row.verdict)).collect();
    assert_eq!(rows, [("service:*", Verdict::Conditional)]);
}
