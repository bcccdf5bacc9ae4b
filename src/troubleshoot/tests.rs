#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::sync::Arc;

use super::*;
use crate::graph::Graph;
use crate::org::Facts;

fn graph() -> Graph {
    Graph::build(Arc::new(Facts::build(crate::snapshot::sample())))
}

fn ask(text: &str, source: Option<&str>, target: Option<&str>) -> ExplainedFailure {
    let question = Question { text, source, target, stated: None };
    explain(Some(&graph()), question).unwrap().errors.remove(0)
}

#[test]
fn a_refused_second_hop_is_proven_with_the_statement_that_denies() {
    let found = ask(
        "Error: Cannot assume IAM Role\n\nIAM Role (arn:aws:iam::888888888888:role/tf-member) cannot be assumed.\n\n\
         Error: operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: \
         11111111-2222-3333-4444-555555555555, api error AccessDenied: User: \
         arn:aws:sts::222222222222:assumed-role/tf-hub-dev-apply/terraform-run-run-1 is not authorized to perform: \
         sts:AssumeRole on resource: arn:aws:iam::888888888888:role/tf-member",
        None,
        None,
    );
    assert_eq!(found.verdict, Some(Verdict::Denied));
    assert!(found.missing.is_empty());
    let first = &found.causes[0];
    assert!(first.proven && first.title.contains("service control policies"), "{first:?}");
    assert_eq!(first.evidence[0].sid.as_deref(), Some("MigrationFreeze"));
}

#[test]
fn a_web_identity_refusal_asks_for_what_it_leaves_out() {
    let text = "An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform sts:AssumeRoleWithWebIdentity";
    let found = ask(text, None, None);
    assert_eq!((found.verdict, found.missing.len()), (None, 2));
    assert!(!found.causes.is_empty() && found.causes.iter().all(|cause| !cause.proven));

    let found = ask(text, Some("tfc:acme/Network/net-transit:apply"), Some("tfc-hub/tf-hub-apply"));
    assert_eq!(found.verdict, Some(Verdict::Denied));
    assert!(found.causes[0].proven);
    assert!(found.causes[0].detail.contains("fails on condition"), "{}", found.causes[0].detail);
}

#[test]
fn a_role_that_does_not_exist_is_itself_the_cause() {
    let found = ask(
        "An error occurred (AccessDenied) when calling the AssumeRole operation: User: \
         arn:aws:sts::222222222222:assumed-role/tf-hub-apply/x is not authorized to perform: sts:AssumeRole \
         on resource: arn:aws:iam::333333333333:role/tf-membr",
        None,
        None,
    );
    assert_eq!(found.verdict, None);
    assert!(found.causes[0].proven, "{:?}", found.causes[0]);
    assert!(found.causes[0].fix.as_deref().unwrap().contains("tf-member"));
}

#[test]
fn where_the_snapshot_says_allowed_it_says_what_it_cannot_see() {
    let found = ask(
        "An error occurred (AccessDenied) when calling the AssumeRole operation: User: \
         arn:aws:sts::222222222222:assumed-role/tf-hub-apply/x is not authorized to perform: sts:AssumeRole \
         on resource: arn:aws:iam::333333333333:role/tf-member",
        None,
        None,
    );
    assert_eq!(found.verdict, Some(Verdict::Allowed));
    assert!(!found.causes[0].proven && found.causes[0].detail.contains("session policy"));
}

#[test]
fn without_a_snapshot_the_catalogue_answers() {
    let text = "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: Incorrect token audience";
    let found = explain(None, Question { text, ..Question::default() }).unwrap();
    assert_eq!(found.errors[0].verdict, None);
    assert!(!found.errors[0].causes.is_empty());
}
