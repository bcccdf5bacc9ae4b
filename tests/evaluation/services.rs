//! What services hand on: IAM Roles Anywhere sets a source identity, and the tags of EKS Pod
//! Identity are transitive (rules T6 and C4).

use rolewalk::evaluation::Verdict;
use rolewalk::graph::search;

use crate::brute::{self, HOPS};
use crate::fixture::{along, check, needs_along};

const ANYWHERE: &str = "rolesanywhere.amazonaws.com";
const PODS: &str = "pods.eks.amazonaws.com";
const LAMBDA: &str = "lambda.amazonaws.com";

const PLAIN: &str = "sts:AssumeRole";
const TAGGED: &str = "sts:AssumeRole,sts:TagSession";
const NAMED: &str = "sts:AssumeRole,sts:SetSourceIdentity";

/// A service becomes `R`, which becomes `S`, which becomes `T`; a condition of the first trust policy,
/// and what the others allow.
fn chain(service: &str, when: &str, s: &str, t: &str) -> String {
    format!(
        "role A/R\n tp: Allow sts:* from svc:{service} {when}\n id: Allow sts:*
         role B/S\n tp: Allow {s} from A/role/R\n id: Allow sts:*
         role B/T\n tp: Allow {t} from B/role/S"
    )
}

/// Asserts the verdict of the path to `T`, and that every search tells it.
#[track_caller]
fn path((service, when): (&str, &str), s: &str, t: &str, expected: &str) {
    let text = chain(service, when, s, t);
    let hops = format!("service {service} -> A/R -> B/S -> B/T");
    assert_eq!(along(&text, &hops).to_string(), expected, "{text}");
    let graph = brute::graph(&text);
    let service = rolewalk::graph::Node::Service(service.to_owned());
    let target = brute::node(&graph, "B/T");
    let told = |verdict: Option<Verdict>| verdict.unwrap_or(Verdict::Denied).to_string();
    let forwards = search::reachable(&graph, &service, HOPS).route(&target);
    assert_eq!(told(forwards.map(|route| route.verdict)), expected, "reach\n{text}");
    let backwards = search::reaching(&graph, &target, HOPS).route(&service);
    assert_eq!(told(backwards.map(|route| route.verdict)), expected, "who can\n{text}");
    let (paths, _) = search::paths(&graph, &service, &target, HOPS, 5);
    assert_eq!(told(paths.first().map(|route| route.verdict)), expected, "paths\n{text}");
    brute::check_searches(&text).unwrap();
}

#[test]
fn later_hops_let_a_source_identity_pass() {
    for (s, t, expected) in [
        (PLAIN, PLAIN, "denied"),
        (NAMED, PLAIN, "denied"),
        (PLAIN, NAMED, "denied"),
        (TAGGED, TAGGED, "denied"),
        (NAMED, NAMED, "allowed"),
        ("sts:*", "sts:*", "allowed"),
    ] {
        path((ANYWHERE, ""), s, t, expected);
        path((LAMBDA, ""), s, t, "allowed");
    }
}

#[test]
fn later_hops_let_tags_pass_unless_none_are_handed_on() {
    for (s, t, expected) in [
        (PLAIN, PLAIN, "conditional"),
        (TAGGED, PLAIN, "conditional"),
        (PLAIN, TAGGED, "conditional"),
        (NAMED, NAMED, "conditional"),
        (TAGGED, TAGGED, "allowed"),
    ] {
        path((PODS, ""), s, t, expected);
    }
    let hops = format!("service {PODS} -> A/R -> B/S");
    let needs = needs_along(&chain(PODS, "", PLAIN, PLAIN), &hops);
    assert_eq!(needs, [["1: pass no session tag as transitive"]]);
}

/// Who comes from a certain namespace has the tag that says so, and with it all are handed on.
#[test]
fn a_tag_that_is_asked_for_is_handed_on() {
    let namespace = "if StringEquals aws:RequestTag/kubernetes-namespace prod";
    path((PODS, namespace), PLAIN, PLAIN, "denied");
    path((PODS, namespace), TAGGED, PLAIN, "denied");
    path((PODS, namespace), TAGGED, TAGGED, "conditional");
}

#[test]
fn a_source_identity_is_there_from_the_first_call_on() {
    for (condition, roles_anywhere, lambda) in [
        ("if Null sts:SourceIdentity true", "denied", "conditional"),
        ("if Null sts:SourceIdentity false", "allowed", "conditional"),
        ("if StringLike sts:SourceIdentity *", "allowed", "conditional"),
        ("if StringEquals sts:SourceIdentity ci", "conditional", "conditional"),
    ] {
        let first = |service: &str, expected: &str| {
            let text = format!("role A/R\n tp: Allow sts:* from svc:{service} {condition}");
            let found = along(&text, &format!("service {service} -> A/R"));
            assert_eq!(found.to_string(), expected, "{text}");
        };
        first(ANYWHERE, roles_anywhere);
        first(LAMBDA, lambda);
    }
    let later = |condition: &str, expected: &str| {
        let t = |from: &str| format!("role B/T\n tp: Allow sts:* from {from} {condition}");
        let r = format!("role A/R\n tp: Allow sts:* from svc:{ANYWHERE}\n id: Allow sts:*");
        let text = format!("{r}\n{}", t("A/role/R"));
        assert_eq!(
            along(&text, &format!("service {ANYWHERE} -> A/R -> B/T")).to_string(),
            expected
        );
        brute::check_searches(&text).unwrap();
    };
    for key in ["aws:SourceIdentity", "sts:SourceIdentity"] {
        later(&format!("if Null {key} true"), "denied");
        later(&format!("if Null {key} false"), "allowed");
        later(&format!("if StringEquals {key} ci"), "conditional");
        later(&format!("if StringNotEquals {key} ci"), "conditional");
    }
    // It is one, whichever call looks at it.
    later(
        "if StringEquals aws:SourceIdentity ci and StringEquals sts:SourceIdentity web",
        "denied",
    );
    later(
        "if StringEquals aws:SourceIdentity ci and StringEquals sts:SourceIdentity ci",
        "conditional",
    );
}

/// What is stated of one hop is stated of no other.
#[test]
fn a_single_call_is_not_asked_for_more() {
    let text = chain(ANYWHERE, "", PLAIN, PLAIN);
    check(&text, "role A/R -> B/S", "allowed");
}

/// Whatever lets in every service without naming one is told of some service (rule D10).
#[test]
fn services_that_nothing_names_are_some_service() {
    for statement in [
        "Allow sts:AssumeRole from * if StringEquals aws:PrincipalServiceName lambda.amazonaws.com",
        "Allow sts:AssumeRole from * if Bool aws:PrincipalIsAWSService true",
        "Allow sts:AssumeRole if StringEquals aws:SourceAccount {A}",
        // Only IAM Roles Anywhere brings such a tag.
        "Allow sts:* from * if StringLike aws:PrincipalTag/x509Subject/CN ci* and Bool aws:PrincipalIsAWSService true",
    ] {
        let text = format!("role A/T\n tp: {statement}");
        let graph = brute::graph(&text);
        let limits = rolewalk::answer::Limits::LIST;
        let found = rolewalk::answer::who_can(&graph, "111111111111/T", limits).unwrap();
        let rows: Vec<_> =
            found.principals.iter().map(|row| (&*row.principal, row.verdict)).collect();
        assert!(rows.contains(&("service:*", Verdict::Conditional)), "{rows:?}\n{text}");
        brute::check_searches(&text).unwrap();
    }
    let text = "role A/T\n tp: Allow sts:AssumeRole from * if Bool aws:PrincipalIsAWSService false";
    let graph = brute::graph(text);
    let found = rolewalk::answer::who_can(&graph, "111111111111/T", rolewalk::answer::Limits::LIST);
    assert!(found.unwrap().principals.iter().all(|row| row.principal != "service:*"));
}

/// Whether EKS gets by without the permission where it passes no tags, no page says.
#[test]
fn the_side_taken_on_pod_identity_is_named() {
    let text = format!("role A/T\n tp: Allow sts:AssumeRole from svc:{PODS},svc:{LAMBDA}");
    let facts = rolewalk::org::Facts::build(crate::fixture::readings(&text));
    for (service, named) in [(PODS, true), (LAMBDA, false)] {
        let decision = crate::fixture::ask(&facts, &format!("service {service} -> A/T"));
        let is_named = decision.caveats.iter().any(|caveat| caveat.id == "T6");
        assert_eq!(is_named, named, "{service}");
    }
}

/// What a service passes in every call is asked for once.
#[test]
fn what_a_service_needs_stands_once() {
    for service in [ANYWHERE, PODS] {
        let text = format!(
            "role A/T\n tp: Allow sts:* from svc:{service} if StringLike aws:RequestTag/x *"
        );
        let facts = rolewalk::org::Facts::build(crate::fixture::readings(&text));
        let decision = crate::fixture::ask(&facts, &format!("service {service} -> A/T"));
        let mut needed: Vec<_> = decision.companions.iter().map(|it| it.action).collect();
        let all = needed.len();
        needed.sort_unstable();
        needed.dedup();
        assert_eq!(needed.len(), all, "{needed:?}");
    }
}

/// A service that policies name may be meant by others, too: who can tells what reach tells.
#[test]
fn services_come_in_where_policies_name_them_and_where_none_does() {
    let named = "role A/R\n tp: Allow from svc:lambda.amazonaws.com\n id: Allow sts:* on arn:aws:iam::{C}:role/*";
    let closed = "role A/R\n tp: Allow from svc:lambda.amazonaws.com if Bool aws:SecureTransport false\n tp: Allow from C\n id: Allow sts:*";
    let wide =
        "tp: Allow sts:* from C\n tp: Allow sts:* from * if Bool aws:PrincipalIsAWSService true";
    for text in [
        format!("unread C /Prod\n{named}\nrole B/T\n {wide}"),
        format!("unread C /Prod\n{closed}\nrole B/T\n tp: Allow from A/role/R\nrole B/S\n {wide}"),
        format!("{named}\nrole B/T\n {wide}\nrole B/S\n tp: Allow from B/role/T"),
    ] {
        let graph = brute::graph(&text);
        let limits = rolewalk::answer::Limits::LIST;
        let reach =
            rolewalk::answer::reach(&graph, "service:lambda.amazonaws.com", limits).unwrap();
        let roles = graph.facts().roles.values().map(|role| role.arn.to_string());
        for role in roles {
            let who = rolewalk::answer::who_can(&graph, &role, limits).unwrap();
            let forth = reach.targets.iter().find(|row| row.principal == role);
            let mut back = who.principals.iter();
            let back: Vec<_> = back
                .by_ref()
                .filter(|row| row.principal == "service:lambda.amazonaws.com")
                .collect();
            assert!(back.len() < 2, "{role} twice\n{text}");
            let told = |row: &rolewalk::answer::Reached| (row.verdict, row.hops);
            let back = back.first().map(|row| told(row)).filter(|(v, _)| *v != Verdict::Denied);
            let forth = forth.map(told).filter(|(v, _)| *v != Verdict::Denied);
            assert_eq!(back, forth, "{role}\n{text}");
            assert_eq!(who.counts.total(), who.principals.len(), "{role}\n{text}");
        }
    }
}
