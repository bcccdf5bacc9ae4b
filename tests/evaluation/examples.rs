//! The examples of the rules, by their letters.

use rolewalk::org::Facts;

use crate::fixture::{ask, check, readings, words};

/// Asserts what each of several trust statements of one role comes to.
fn trusts(fixture: &str, question: &str, rows: &[(&str, &str)]) {
    for (statement, expected) in rows {
        check(&format!("{fixture}\n role A/T\n tp: {statement}"), question, expected);
    }
}

#[test]
fn example_s1_naming_a_user_and_naming_the_account() {
    let ann = "user A/ann\n user A/bob";
    let granted = "user A/bob\n user A/ann\n id: Allow on A/role/T";
    let (user, account) = ("Allow from A/user/ann", "Allow from A");
    trusts(ann, "user A/ann -> A/T", &[(user, "allowed"), (account, "denied identity")]);
    trusts(
        granted,
        "user A/ann -> A/T",
        &[(account, "allowed"), ("Allow from A/user/bob", "denied trust")],
    );
}

#[test]
fn example_c1_both_sides_across_accounts() {
    let target = "role B/T\n tp: Allow from A/role/Deploy";
    let question = "role A/Deploy -> B/T";
    check(&format!("role A/Deploy\n id: Allow on B/role/*\n{target}"), question, "allowed");
    check(&format!("role A/Deploy\n{target}"), question, "denied identity");
}

#[test]
fn examples_r1_and_r2_resources_with_paths() {
    let question = |path: &str| format!("role A/R -> B/{path}");
    for (resource, role, expected) in [
        ("B/role/Deploy", "ci/Deploy", "denied identity"),
        ("arn:aws:iam::*:role/audit-*", "audit-x/y", "allowed"),
        ("arn:aws:iam::*:role/T", "T", "allowed"),
        ("arn:aws:*:role/T", "T", "denied identity"),
        ("*:role/T", "T", "denied identity"),
        ("arn:aws:iam::*", "T", "allowed"),
        ("B/role/t", "T", "denied identity"),
        ("!A/role/*", "T", "allowed"),
        ("!B/role/*", "T", "denied identity"),
    ] {
        let fixture =
            format!("role A/R\n id: Allow on {resource}\n role B/{role}\n tp: Allow from A");
        check(&fixture, &question(role), expected);
    }
}

#[test]
fn example_v1_the_session_named_after_the_user() {
    let fixture = "user A/ann
          id: Allow on *
        role A/R
          id: Allow on *
        role A/T
          tp: Allow from A if StringLike sts:RoleSessionName ${aws:username}";
    check(fixture, "user A/ann -> A/T", "conditional caller-choice");
    check(fixture, "role A/R -> A/T", "denied trust");
    let facts = Facts::build(readings(fixture));
    let decision = ask(&facts, "user A/ann -> A/T");
    assert_eq!(decision.requirements[0][0].values, ["ann"]);
}

#[test]
fn examples_p1_to_p3_service_control_policies() {
    let organization = "account A /Guarded
        account B /Free
        role A/Dev
          id: Allow on *
        role A/Broker
          id: Allow on *
        role B/Dev
          id: Allow on *
        role A/T
          tp: Allow from B
        role B/T
          tp: Allow from A";
    let guarded = format!(
        "{organization}\n scp /Guarded: Deny if ArnNotLike aws:PrincipalArn arn:aws:iam::*:role/Broker"
    );
    check(&guarded, "role A/Dev -> B/T", "denied scp explicit");
    check(&guarded, "role A/Broker -> B/T", "allowed");
    check(&guarded, "role B/Dev -> A/T", "allowed");
    let narrow = format!("{organization}\n without FullAWSAccess A\n scp A: Allow s3:*");
    let decision = ask(&Facts::build(readings(&narrow)), "role A/Dev -> B/T");
    assert_eq!(words(&decision), "denied scp");
    assert_eq!(decision.reason.unwrap().level.unwrap(), "111111111111");
}

#[test]
fn examples_q1_and_q2_resource_control_policies() {
    let outsiders = "outside X
        oidc B token.actions.githubusercontent.com sts.amazonaws.com
        role X/R
          id: Allow on *
        role A/R
          id: Allow on *
        role B/T
          tp: Allow from X,A,svc:lambda.amazonaws.com
          tp: Allow from fed:B/oidc/token.actions.githubusercontent.com
        rcp /OuB: Deny if StringNotEqualsIfExists aws:PrincipalOrgID o-exampleorg and BoolIfExists aws:PrincipalIsAWSService false";
    check(outsiders, "role X/R -> B/T", "denied rcp explicit");
    check(outsiders, "role A/R -> B/T", "allowed");
    check(outsiders, "service lambda.amazonaws.com -> B/T", "allowed");
    check(outsiders, "account X -> B/T", "denied rcp explicit");
    // Another action: the token's call is not what the policy denies.
    let token = "token token.actions.githubusercontent.com#repo:acme/x:pull_request -> B/T";
    check(outsiders, token, "allowed");
    let tokens = |guard: &str| {
        format!(
            "oidc B gitlab.com aud
            role B/T
              tp: Allow from fed:B/oidc/gitlab.com if StringLike gitlab.com:sub project_path:acme/*
            rcp /: Deny sts:AssumeRoleWithWebIdentity if StringNotLike token.actions.githubusercontent.com:sub repo:acme/*{guard}"
        )
    };
    let token = "token gitlab.com#project_path:acme/x:ref_type:branch:ref:main -> B/T";
    check(&tokens(""), token, "denied rcp explicit");
    check(&tokens(" and Null token.actions.githubusercontent.com:sub false"), token, "allowed");
}

#[test]
fn examples_o1_and_o2_claims() {
    let trust = |condition: &str| {
        format!(
            "oidc B token.actions.githubusercontent.com sts.amazonaws.com
            role B/T
              tp: Allow from fed:B/oidc/token.actions.githubusercontent.com if {condition}"
        )
    };
    let known = "token token.actions.githubusercontent.com#repo:acme/x:environment:prod -> B/T";
    let other = "token token.actions.githubusercontent.com#repo:evil/x:environment:prod -> B/T";
    let literal = trust("StringEquals token.actions.githubusercontent.com:sub repo:acme/*");
    check(&literal, known, "denied trust");
    // The audience is checked beside it, and no subject without a `*` in it fits.
    let both = trust(
        "StringEquals token.actions.githubusercontent.com:aud sts.amazonaws.com and StringEquals token.actions.githubusercontent.com:sub repo:acme/*",
    );
    check(&both, known, "denied trust");
    let any = "token token.actions.githubusercontent.com#repo:acme/x:* -> B/T";
    check(&both, any, "denied trust");
    let every =
        trust("ForAllValues:StringLike token.actions.githubusercontent.com:sub repo:acme/*");
    check(&every, known, "allowed");
    check(&every, other, "denied trust");
    let environment =
        trust("ForAllValues:StringEquals token.actions.githubusercontent.com:environment prod");
    check(&environment, known, "conditional token-claim");
    // A claim that AWS makes no key of is never there.
    let unlisted = "StringEquals token.actions.githubusercontent.com:repository_owner acme";
    check(&trust(unlisted), known, "denied trust");
}
