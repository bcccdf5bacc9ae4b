//! Examples and tables of single rules.

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

/// What every form of operator says of a key that is known to be absent, in an `Allow`.
#[test]
fn table_of_absent_keys() {
    let absent = "aws:PrincipalTag/none";
    for (condition, expected) in [
        ("StringEquals KEY a", "denied trust"),
        ("StringNotEquals KEY a", "allowed"),
        ("StringEqualsIfExists KEY a", "allowed"),
        ("StringNotEqualsIfExists KEY a", "allowed"),
        ("Null KEY true", "allowed"),
        ("Null KEY false", "denied trust"),
        ("ForAllValues:StringEquals KEY a", "allowed"),
        ("ForAllValues:StringNotEquals KEY a", "allowed"),
        ("ForAnyValue:StringEquals KEY a", "denied trust"),
        ("ForAnyValue:StringNotEquals KEY a", "denied trust"),
        ("ForAnyValue:StringEqualsIfExists KEY a", "conditional ambiguous-rule"),
        ("ForAllValues:StringEqualsIfExists KEY a", "allowed"),
        ("Bool KEY false", "denied trust"),
        ("BoolIfExists KEY false", "allowed"),
        ("NumericNotEquals KEY 1", "allowed"),
        ("NotIpAddress KEY 10.0.0.0/8", "allowed"),
        ("ArnNotLike KEY A/role/*", "allowed"),
    ] {
        let statement = format!("Allow from A/user/ann if {}", condition.replace("KEY", absent));
        trusts("user A/ann", "user A/ann -> A/T", &[(&statement, expected)]);
    }
}

#[test]
fn consequences_of_absent_keys() {
    let keys = "aws:MultiFactorAuthPresent";
    trusts(
        "user A/ann\n id: Deny * if Bool aws:MultiFactorAuthPresent false",
        &format!("user A/ann -> A/T with {keys}="),
        &[("Allow from A/user/ann", "allowed")],
    );
    trusts(
        "user A/ann\n id: Deny * if BoolIfExists aws:MultiFactorAuthPresent false",
        &format!("user A/ann -> A/T with {keys}="),
        &[("Allow from A/user/ann", "denied identity explicit")],
    );
    trusts(
        "user A/ann",
        &format!("user A/ann -> A/T with {keys}="),
        &[("Allow from A/user/ann if BoolIfExists aws:MultiFactorAuthPresent true", "allowed")],
    );
    // Services have no organization.
    trusts(
        "account A",
        "service lambda.amazonaws.com -> A/T",
        &[("Allow from svc:lambda.amazonaws.com", "allowed")],
    );
    check(
        "role A/T\n tp: Allow from svc:lambda.amazonaws.com\n tp: Deny from svc:lambda.amazonaws.com if StringNotEquals aws:PrincipalOrgID o-exampleorg",
        "service lambda.amazonaws.com -> A/T",
        "denied trust explicit",
    );
}

/// Variables, by version and by what they stand for.
#[test]
fn table_of_variables() {
    let user = "user A/ann tag:team=a tag:star=*";
    let question = "user A/ann -> A/T with sts:RoleSessionName=ann";
    trusts(
        user,
        question,
        &[
            (
                "Allow from A/user/ann if StringEquals sts:RoleSessionName ${aws:username}",
                "allowed",
            ),
            (
                "Allow from A/user/ann if StringEquals sts:RoleSessionName ${AWS:UserName}",
                "allowed",
            ),
            (
                "Allow from A/user/ann if StringLike sts:RoleSessionName ${aws:PrincipalTag/star}",
                "denied trust",
            ),
            ("Allow from A/user/ann if StringLike sts:RoleSessionName a${?}n", "denied trust"),
            (
                "Allow from A/user/ann if StringEquals sts:RoleSessionName ${aws:PrincipalTag/none}",
                "denied trust",
            ),
            (
                "Allow from A/user/ann if StringNotEquals sts:RoleSessionName ${aws:PrincipalTag/none}",
                "conditional ambiguous-rule",
            ),
            (
                "Allow from A/user/ann if ForAllValues:StringNotEquals sts:RoleSessionName ${aws:PrincipalTag/none}",
                "conditional ambiguous-rule",
            ),
            (
                "Allow from A/user/ann if StringEquals sts:RoleSessionName ${aws:PrincipalTag/none,'ann'}",
                "allowed",
            ),
            (
                "Allow from A/user/ann if ArnLike aws:PrincipalArn arn:aws:iam::*:user/${aws:username}",
                "allowed",
            ),
            (
                "Allow from A/user/ann if Bool aws:SecureTransport ${aws:SecureTransport}",
                "conditional ambiguous-rule",
            ),
        ],
    );
    for (version, expected) in [
        (r#""Version":"2012-10-17","#, "allowed"),
        (r#""Version":"2008-10-17","#, "denied trust"),
        ("", "denied trust"),
    ] {
        let document = format!(
            r#"{{{version}"Statement":{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{{A}}:user/ann"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:RoleSessionName":"${{aws:username}}"}}}}}}}}"#
        );
        check(&format!("{user}\n role A/T\n tp-document: {document}"), question, expected);
    }
    // In resources.
    let granted = |resource: &str| {
        format!("{user}\n id: Allow on {resource}\n role A/ann\n tp: Allow from A")
    };
    check(&granted("A/role/${aws:username}"), "user A/ann -> A/ann", "allowed");
    check(&granted("A/role/${aws:PrincipalTag/none}"), "user A/ann -> A/ann", "denied identity");
    check(&granted("!A/role/${aws:PrincipalTag/none}"), "user A/ann -> A/ann", "allowed");
    check(
        &granted("arn:aws:iam::${aws:PrincipalAccount}:role/*"),
        "user A/ann -> A/ann",
        "conditional ambiguous-rule",
    );
}

/// What a grant in the trust policy needs beside it, within one account.
#[test]
fn table_of_grants_within_an_account() {
    let session = |policies: &str| format!("role A/R\n{policies}");
    let (none, id, pb, both) =
        ("", "id: Allow on *", "pb: Allow s3:*", "id: Allow on *\n pb: Allow s3:*");
    for (grant, rows) in [
        (
            "A",
            [
                (none, "denied identity"),
                (id, "allowed"),
                // Both fail; the one that is missing is named first.
                (pb, "denied identity"),
                (both, "denied boundary"),
            ],
        ),
        (
            "A/role/R",
            [
                (none, "allowed"),
                (id, "allowed"),
                (pb, "denied boundary"),
                (both, "denied boundary"),
            ],
        ),
        (
            "A/session/R/ci",
            [(none, "allowed"), (id, "allowed"), (pb, "allowed"), (both, "allowed")],
        ),
        ("*", [(none, "allowed"), (id, "allowed"), (pb, "allowed"), (both, "allowed")]),
        ("aws:*", [(none, "allowed"), (id, "allowed"), (pb, "allowed"), (both, "allowed")]),
    ] {
        for (policies, expected) in rows {
            let statement = format!("Allow from {grant}");
            trusts(&session(policies), "session A/R/ci -> A/T", &[(&statement, expected)]);
        }
    }
    // Across accounts every grant needs everything.
    for grant in ["A", "A/role/R", "A/session/R/ci", "*"] {
        for (policies, expected) in
            [(none, "denied identity"), (id, "allowed"), (both, "denied boundary")]
        {
            let fixture = format!("{}\n role B/T\n tp: Allow from {grant}", session(policies));
            check(&fixture, "session A/R/ci -> B/T", expected);
        }
    }
    // `*` narrowed by a condition is not capped either; a deny always counts.
    let narrowed = "Allow from * if ArnLike aws:PrincipalArn A/role/R";
    trusts(&session(pb), "role A/R -> A/T", &[(narrowed, "allowed")]);
    trusts(
        &session("pb: Deny sts:*"),
        "role A/R -> A/T",
        &[(narrowed, "denied boundary explicit")],
    );
}

/// Who is exempt from control policies, and whose count.
#[test]
fn table_of_control_policies() {
    let fixture = "account A /Dev/Team
        account B /Prod
        role A/R
          id: Allow on *
        role A/aws-service-role/x.amazonaws.com/Linked
          id: Allow on *
        role M/R
          id: Allow on *
        role B/T
          tp: Allow from A,M,svc:lambda.amazonaws.com
        role B/aws-service-role/lambda.amazonaws.com/Own
          tp: Allow from svc:lambda.amazonaws.com
        role M/T
          tp: Allow from A";
    for (policy, rows) in [
        (
            "scp /Dev: Deny",
            [
                "denied scp explicit",
                "allowed",
                "allowed",
                "denied scp explicit",
                "allowed",
                "allowed",
            ],
        ),
        (
            "scp /: Deny",
            [
                "denied scp explicit",
                "allowed",
                "allowed",
                "denied scp explicit",
                "allowed",
                "allowed",
            ],
        ),
        ("scp /Prod,B: Deny", ["allowed"; 6]),
        (
            "rcp /Prod: Deny",
            [
                "denied rcp explicit",
                "allowed",
                "denied rcp explicit",
                "allowed",
                "denied rcp explicit",
                "allowed",
            ],
        ),
        (
            "rcp /: Deny",
            [
                "denied rcp explicit",
                "allowed",
                "denied rcp explicit",
                "allowed",
                "denied rcp explicit",
                "allowed",
            ],
        ),
        ("rcp /Dev,A: Deny", ["allowed"; 6]),
        (
            "without FullAWSAccess /Dev",
            ["denied scp", "allowed", "allowed", "denied scp", "allowed", "allowed"],
        ),
        // Another level can't repair it.
        (
            "without FullAWSAccess /Dev\n scp /,/Dev/Team,A: Allow *",
            ["denied scp", "allowed", "allowed", "denied scp", "allowed", "allowed"],
        ),
        ("without FullAWSAccess /Dev\n scp /Dev: Allow sts:Assume*", ["allowed"; 6]),
    ] {
        let questions = [
            "role A/R -> B/T",
            "role A/Linked -> B/T",
            "role M/R -> B/T",
            "role A/R -> M/T",
            "service lambda.amazonaws.com -> B/T",
            "service lambda.amazonaws.com -> B/Own",
        ];
        for (question, expected) in questions.iter().zip(rows) {
            check(&format!("{fixture}\n{policy}"), question, expected);
        }
    }
}
