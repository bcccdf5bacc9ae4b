//! The tables of the rules: what every row must come to.

use rolewalk::org::Facts;

use crate::fixture::{ask, check, readings};

/// Asserts what each of several trust statements of one role comes to.
fn trusts(fixture: &str, question: &str, rows: &[(&str, &str)]) {
    for (statement, expected) in rows {
        check(&format!("{fixture}\n role A/T\n tp: {statement}"), question, expected);
    }
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

/// What a key that is absent does to each operator (rule O3).
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
    // Nor have tokens.
    let tokens = "oidc A gitlab.com one
        role A/T
          tp: Allow from fed:A/oidc/gitlab.com if StringEquals gitlab.com:sub a
          tp: Deny sts:AssumeRoleWithWebIdentity from * if StringNotEquals aws:PrincipalOrgID o-exampleorg";
    let named = tokens.replace(" from *", " from fed:A/oidc/gitlab.com");
    check(&named, "token gitlab.com#a?one -> A/T", "denied trust explicit");
    // A claim that the token lacks.
    for (operator, expected) in
        [("ForAllValues:StringEquals", "allowed"), ("StringEquals", "denied trust")]
    {
        let lacking = format!(
            "oidc A gitlab.com one
            role A/T
              tp: Allow from fed:A/oidc/gitlab.com if StringEquals gitlab.com:sub a and {operator} gitlab.com:nowhere x"
        );
        check(&lacking, "token gitlab.com#a?one -> A/T", expected);
    }
    let optional = "Allow from A/user/ann if StringEqualsIfExists sts:ExternalId x";
    for (stated, expected) in [("", "allowed"), ("x", "allowed"), ("y", "denied trust")] {
        let question = format!("user A/ann -> A/T with sts:ExternalId={stated}");
        trusts("user A/ann", &question, &[(optional, expected)]);
    }
}

/// What each operator says (rules L1, O3 and O4) of a key that is present for sure and of one that may be absent.
#[test]
fn table_of_tests_by_state() {
    let rows = [
        ("StringEquals KEY a", "conditional", "conditional"),
        ("StringNotEquals KEY a", "conditional", "conditional"),
        ("StringEqualsIfExists KEY a", "conditional", "conditional"),
        ("StringNotEqualsIfExists KEY a", "conditional", "conditional"),
        ("Null KEY true", "denied", "conditional"),
        ("Null KEY false", "allowed", "conditional"),
        ("ForAllValues:StringEquals KEY a", "conditional", "conditional"),
        ("ForAnyValue:StringEquals KEY a", "conditional", "conditional"),
        ("StringLike KEY *", "allowed", "conditional"),
        ("StringNotLike KEY *", "denied", "conditional"),
        ("StringLikeIfExists KEY *", "allowed", "allowed"),
        ("ForAllValues:StringLike KEY *", "allowed", "allowed"),
    ];
    for (condition, present, open) in rows {
        for (key, expected) in [("sts:RoleSessionName", present), ("sts:ExternalId", open)] {
            let condition = condition.replace("KEY", key);
            let fixture =
                format!("user A/ann\n role A/T\n tp: Allow from A/user/ann if {condition}");
            let decision = ask(&Facts::build(readings(&fixture)), "user A/ann -> A/T");
            assert_eq!(decision.verdict.to_string(), expected, "{condition}");
        }
    }
}

/// Rule L2: an `Allow` and a `Deny` that hold, don't, or may.
#[test]
fn table_of_an_allow_and_a_deny() {
    let (holds, fails) = ("StringEquals aws:username ann", "StringEquals aws:username bob");
    let (may, might) = ("StringEquals sts:ExternalId e1", "Bool aws:MultiFactorAuthPresent true");
    for (allow, deny, expected) in [
        (holds, fails, "allowed"),
        (holds, might, "conditional caller-state"),
        (may, fails, "conditional caller-choice"),
        (may, holds, "denied trust explicit"),
        (fails, fails, "denied trust"),
        (fails, might, "denied trust"),
        (may, might, "conditional caller-choice caller-state"),
        (holds, holds, "denied trust explicit"),
        // What has to hold and must not is one and the same.
        (may, may, "denied trust explicit"),
    ] {
        let trust =
            format!("Allow from A/user/ann if {allow}\n tp: Deny from A/user/ann if {deny}");
        trusts("user A/ann", "user A/ann -> A/T", &[(&trust, expected)]);
    }
}

/// Several values of one key (rule O4).
#[test]
fn table_of_set_operators() {
    let keys = "aws:TagKeys=a aws:TagKeys=b aws:RequestTag/a=1 aws:RequestTag/b=2";
    let question = format!("user A/ann -> A/T with {keys}");
    for (condition, expected) in [
        ("ForAllValues:StringEquals aws:TagKeys a", "denied trust"),
        ("ForAllValues:StringEquals aws:TagKeys a|b", "allowed"),
        ("ForAllValues:StringEquals aws:TagKeys a|b|c", "allowed"),
        ("ForAllValues:StringNotEquals aws:TagKeys c", "allowed"),
        ("ForAllValues:StringNotEquals aws:TagKeys a|c", "denied trust"),
        ("ForAnyValue:StringEquals aws:TagKeys a", "allowed"),
        ("ForAnyValue:StringEquals aws:TagKeys c", "denied trust"),
        ("ForAnyValue:StringNotEquals aws:TagKeys a", "allowed"),
        ("ForAnyValue:StringNotEquals aws:TagKeys a|b", "denied trust"),
        ("StringEquals aws:TagKeys a|b", "denied trust"),
    ] {
        let statement =
            format!("Allow sts:AssumeRole,sts:TagSession from A/user/ann if {condition}");
        trusts("user A/ann", &question, &[(&statement, expected)]);
    }
}

/// How each form of principal means a caller (rules P1 to P5).
#[test]
fn table_of_principals() {
    let fixture = "account A
        role A/R unique=AROAR
          id: Allow on *
        user A/path/ann unique=AIDAANN
          id: Allow on *
        account B";
    for (entry, role, user, service) in [
        ("*", "allowed", "allowed", "conditional ambiguous-rule"),
        ("aws:*", "allowed", "allowed", "denied trust"),
        ("aws:{A}", "allowed", "allowed", "denied trust"),
        ("A", "allowed", "allowed", "denied trust"),
        ("B", "denied trust", "denied trust", "denied trust"),
        ("A/user/path/ann", "denied trust", "allowed", "denied trust"),
        ("A/user/ann", "denied trust", "denied trust", "denied trust"),
        ("A/role/R", "allowed", "denied trust", "denied trust"),
        ("A/session/R/ci", "conditional caller-state", "denied trust", "denied trust"),
        (
            "aws:arn:aws:sts::111111111111:federated-user/ann",
            "denied trust",
            "denied trust",
            "denied trust",
        ),
        ("aws:AROAR", "allowed", "denied trust", "denied trust"),
        ("aws:AIDAANN", "denied trust", "allowed", "denied trust"),
        ("aws:AROAGONE", "denied trust", "denied trust", "denied trust"),
        ("svc:lambda.amazonaws.com", "denied trust", "denied trust", "allowed"),
        ("svc:lambda.eu-west-1.amazonaws.com", "denied trust", "denied trust", "denied trust"),
        ("svc:Lambda.amazonaws.com", "denied trust", "denied trust", "denied trust"),
    ] {
        for (caller, expected) in [
            ("role A/R", role),
            ("user A/path/ann", user),
            ("service lambda.amazonaws.com", service),
        ] {
            let statement = format!("Allow from {}", crate::fixture::expand(entry));
            let question = format!("{caller} -> A/T");
            trusts(fixture, &question, &[(&statement, expected)]);
        }
    }
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
    // A user's own ARN: with a boundary it is disputed (rule D1).
    for (policies, expected) in [
        (none, "allowed"),
        (id, "allowed"),
        (pb, "conditional ambiguous-rule"),
        (both, "conditional ambiguous-rule"),
        ("pb: Allow sts:*", "allowed"),
    ] {
        let fixture = format!("user A/ann\n{policies}");
        trusts(&fixture, "user A/ann -> A/T", &[("Allow from A/user/ann", expected)]);
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
