//! What is known of each condition key for each kind of caller: rules K1 to K10.

use rolewalk::evaluation::Verdict;
use rolewalk::org::Facts;

use crate::fixture::{ask, readings};

/// A user, a role whose sessions carry no tags, a token and a service, and how the trust policy
/// names them.
const CALLERS: [(&str, &str); 4] = [
    ("user A/ann", "A/user/ann"),
    ("role A/R", "A/role/R"),
    ("token gitlab.com#a?one", "fed:A/oidc/gitlab.com"),
    ("service lambda.amazonaws.com", "svc:lambda.amazonaws.com"),
];

fn verdict(caller: (&str, &str), condition: &str) -> Verdict {
    let fixture = format!(
        "account A /Dev/Team
        oidc A gitlab.com one
        user A/ann tag:team=ann
        role A/team/R tag:team=a unique=AROAR
        role A/T tag:team=t
          tp: Allow sts:AssumeRole*,sts:TagSession,sts:SetSourceIdentity from {} if {condition}",
        caller.1.replace("role/R", "role/team/R"),
    );
    ask(&Facts::build(readings(&fixture)), &format!("{} -> A/T", caller.0)).verdict
}

/// `A`bsent, `P`resent, `U`nknown or the value, as the evaluation sees a key.
fn state(caller: (&str, &str), key: &str, value: Option<&str>) -> String {
    let absent = verdict(caller, &format!("Null {key} true"));
    let present = verdict(caller, &format!("Null {key} false"));
    match (absent, present) {
        (Verdict::Allowed, Verdict::Denied) => "A".to_owned(),
        (Verdict::Denied, Verdict::Allowed) => {
            let is = |value: &str| {
                let equal = verdict(caller, &format!("ForAllValues:StringEquals {key} {value}"));
                let other = verdict(caller, &format!("ForAllValues:StringNotEquals {key} {value}"));
                (equal, other) == (Verdict::Allowed, Verdict::Denied)
            };
            match value {
                Some(value) if is(value) => value.to_owned(),
                _ => "P".to_owned(),
            }
        }
        (Verdict::Conditional, Verdict::Conditional) => "U".to_owned(),
        other => panic!("{caller:?} {key}: {other:?}"),
    }
}

/// Asserts a row: for each caller the value, or which of the letters it may be.
#[track_caller]
fn row(key: &str, expected: [&str; 4]) {
    for (caller, expected) in CALLERS.into_iter().zip(expected) {
        let letters = ["A", "P", "U", "A U", "A P U", "P U"].contains(&expected);
        let found = state(caller, key, (!letters).then_some(expected));
        let fits = if letters { expected.contains(&found) } else { found == expected };
        assert!(fits, "{key} of `{}` is {found}, expected {expected}", caller.0);
    }
}

#[test]
fn keys_of_the_principal() {
    row(
        "aws:PrincipalArn",
        ["arn:aws:iam::{A}:user/ann", "arn:aws:iam::{A}:role/team/R", "A U", "A"],
    );
    row("aws:PrincipalAccount", ["111111111111", "111111111111", "U", "A U"]);
    row("aws:PrincipalOrgID", ["o-exampleorg", "o-exampleorg", "A", "A"]);
    let path = "o-exampleorg/r-ab12/ou-ab12-dev/ou-ab12-dev-team/";
    row("aws:PrincipalOrgPaths", [path, path, "A", "A"]);
    row("aws:PrincipalType", ["User", "AssumedRole", "U", "A U"]);
    row("aws:userid", ["AIDAAANN", "P", "U", "A U"]);
    row("aws:username", ["ann", "A", "A", "A"]);
    row("aws:PrincipalTag/team", ["ann", "a", "A U", "A"]);
    row("aws:PrincipalTag/TEAM", ["ann", "a", "A U", "A"]);
    row("aws:PrincipalTag/none", ["A", "A", "A U", "A"]);
    row("aws:PrincipalIsAWSService", ["false", "false", "false", "true"]);
    row("aws:PrincipalServiceName", ["A", "A", "A", "lambda.amazonaws.com"]);
    row("aws:PrincipalServiceNamesList", ["A", "A", "A", "P"]);
}

#[test]
fn keys_of_the_session() {
    row("aws:FederatedProvider", ["A", "U", "A U", "A"]);
    row("aws:MultiFactorAuthPresent", ["U", "U", "A U", "A"]);
    row("aws:MultiFactorAuthAge", ["U", "A", "A", "A"]);
    row("aws:TokenIssueTime", ["U", "P", "A", "A"]);
    row("aws:SourceIdentity", ["A", "U", "A", "A"]);
    for key in ["ec2:SourceInstanceARN", "lambda:SourceFunctionArn", "aws:Ec2InstanceSourceVpc"] {
        row(key, ["A", "U", "A", "A"]);
    }
    row("gitlab.com:sub", ["A", "U", "a", "A"]);
    row("gitlab.com:aud", ["A", "U", "one", "A"]);
    row("gitlab.com:amr", ["A", "U", "A U", "A"]);
    for key in ["saml:sub", "saml:sub_type", "saml:namequalifier"] {
        row(key, ["A", "U", "A", "A"]);
    }
    for key in ["saml:aud", "saml:iss", "saml:doc"] {
        row(key, ["A", "A", "A", "A"]);
    }
}

#[test]
fn keys_that_the_caller_chooses() {
    row("sts:ExternalId", ["U", "U", "A", "A U"]);
    row("sts:RoleSessionName", ["P", "P", "P", "P"]);
    row("sts:SourceIdentity", ["U", "U", "A U", "A P U"]);
    for key in ["aws:RequestTag/team", "aws:TagKeys", "sts:TransitiveTagKeys"] {
        row(key, ["U", "U", "A U", "A P U"]);
    }
}

#[test]
fn keys_of_the_network_and_the_clock() {
    row("aws:SourceIp", ["U", "U", "U", "U"]);
    for key in ["aws:VpcSourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:VpceAccount"] {
        row(key, ["U", "U", "U", "A U"]);
    }
    for key in ["aws:RequestedRegion", "aws:CurrentTime", "aws:EpochTime"] {
        row(key, ["P", "P", "P", "P"]);
    }
    row("aws:SecureTransport", ["true", "true", "true", "true"]);
    for key in ["aws:UserAgent", "aws:referer"] {
        row(key, ["P U", "P U", "P U", "P U"]);
    }
}

#[test]
fn keys_of_calls_for_somebody_else() {
    for key in ["aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths"] {
        row(key, ["A", "A", "A", "U"]);
    }
    for key in ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"] {
        row(key, ["A", "A", "A", "A"]);
    }
    for caller in CALLERS {
        let found = state(caller, "aws:ViaAWSService", Some("false"));
        assert!(found == "false" || found == "A", "{found}");
    }
    for key in ["sts:DurationSeconds", "sts:AWSServiceName"] {
        row(key, ["A", "A", "A", "A"]);
    }
    for key in ["s3:prefix", "kms:ViaService"] {
        row(key, ["A", "A", "A", "A"]);
    }
}

#[test]
fn keys_of_the_role() {
    row("aws:ResourceAccount", ["111111111111"; 4]);
    row("aws:ResourceOrgID", ["o-exampleorg"; 4]);
    row("aws:ResourceOrgPaths", ["o-exampleorg/r-ab12/ou-ab12-dev/ou-ab12-dev-team/"; 4]);
    for caller in CALLERS.into_iter().filter(|(caller, _)| !caller.starts_with("token")) {
        for family in ["aws:ResourceTag", "iam:ResourceTag"] {
            assert_eq!(state(caller, &format!("{family}/team"), Some("t")), "t", "{caller:?}");
            assert_eq!(state(caller, &format!("{family}/none"), None), "A", "{caller:?}");
        }
    }
}

/// The first call of a chain inherits nothing that could take their place.
#[test]
fn tags_of_the_role_for_a_token() {
    for family in ["aws:ResourceTag", "iam:ResourceTag"] {
        row(&format!("{family}/team"), ["t"; 4]);
        row(&format!("{family}/none"), ["A"; 4]);
    }
}

/// A role whose trust policy may let tags pass has sessions that carry any.
#[test]
fn tags_of_a_role_that_takes_them() {
    let fixture = |condition: &str| {
        format!(
            "user A/ann
            role A/R tag:team=a
              tp: Allow sts:AssumeRole,sts:TagSession from A
            role A/T tag:team=t
              tp: Allow from A/role/R if {condition}"
        )
    };
    for (condition, expected) in [
        // What is passed takes the place of the role's own tag, and never removes it.
        ("Null aws:PrincipalTag/none true", Verdict::Conditional),
        ("Null aws:PrincipalTag/none false", Verdict::Conditional),
        ("StringEquals aws:PrincipalTag/team a", Verdict::Conditional),
        ("StringEquals aws:PrincipalTag/team b", Verdict::Conditional),
        ("StringEquals aws:ResourceTag/team t", Verdict::Conditional),
        ("StringEquals aws:PrincipalArn A/role/R", Verdict::Allowed),
    ] {
        let facts = Facts::build(readings(&fixture(condition)));
        assert_eq!(ask(&facts, "role A/R -> A/T").verdict, expected, "{condition}");
    }
}
