#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::sync::{Arc, LazyLock};

use super::*;
use crate::answer::{Verdict, Why, why};
use crate::graph::Graph;
use crate::org::Facts;

static GRAPH: LazyLock<Graph> =
    LazyLock::new(|| Graph::build(Arc::new(Facts::build(crate::snapshot::sample()))));

const USER: [&str; 2] = ["user:identity/ann", "prod-payments/pci-operator"];
const ROLE: [&str; 2] = ["tfc-hub/tf-hub-apply", "prod-net/tf-member"];
const TOKEN: [&str; 2] = ["github:acme/infra", "prod-web/gha-deploy-production"];
const WORKSPACE: [&str; 2] = ["tfc:acme/Network/net-prod:apply", "tfc-hub/tf-hub-apply"];
const VENDOR: [&str; 2] = ["external:999999999999", "prod-web/vendor-scan"];
const SERVICE: [&str; 2] = ["service:lambda.amazonaws.com", "prod-web/orders-lambda"];

fn ask(pair: [&str; 2], context: &[&str]) -> Result<Why, QuestionError> {
    let stated = Stated::keys(context.iter().map(|text| text.split_once('=').unwrap()));
    why(&GRAPH, pair[0], pair[1], None, &stated)
}

/// What is wrong, and all that is said to do about it.
fn refusal(pair: [&str; 2], context: &[&str]) -> (String, String) {
    match ask(pair, context) {
        Err(error @ QuestionError::Stated { .. }) => (error.to_string(), error.hints().join("; ")),
        other => panic!("{pair:?} with {context:?} is not refused: {other:?}"),
    }
}

#[test]
fn what_cannot_be_is_refused_with_what_can() {
    const SUB: &str = "token.actions.githubusercontent.com:sub";
    for (pair, context, wrong, right) in [
        // One key.
        (
            USER,
            &["sts:ExternalId=", "STS:externalid=ab"][..],
            "both as absent and as `ab`",
            "keep one",
        ),
        (USER, &["sts:ExternalId=ab", "sts:ExternalId=cd"], "`ab`, `cd`", "once for each"),
        (
            TOKEN,
            &[&format!("{SUB}=a") as &str, &format!("{SUB}=b")],
            "has one value",
            "once for each",
        ),
        (
            USER,
            &["aws:MultiFactorAuthPresent=yes"],
            "`yes` is not `true` or `false`",
            "write `true`",
        ),
        (USER, &["aws:ViaAWSService=0"], "is not `true`", "write `false`"),
        (USER, &["aws:MultiFactorAuthAge=5m"], "number of seconds", "300"),
        (USER, &["aws:SourceIp=203.0.113.0/33"], "is not a network", "0 to 32"),
        (USER, &["aws:SourceIp=2001:db8::/129"], "is not a network", "0 to 128"),
        (USER, &["aws:SourceIp=203.0.113/24"], "is not a network", "`203.0.113.0/24`"),
        (USER, &["aws:SourceIp=home"], "is not an IP address", "203.0.113.7"),
        (USER, &["aws:VpcSourceIp=10.0.0"], "is not an IP address", "203.0.113.7"),
        (USER, &["aws:CurrentTime=tomorrow"], "is not an instant", "2026-12-31T23:59:59Z"),
        (USER, &["aws:CurrentTime=2026"], "is not an instant", "2026-12-31T23:59:59Z"),
        (USER, &["aws:CurrentTime=20270101"], "is not an instant", "seconds since 1970"),
        (USER, &["aws:CurrentTime=2027-01-01T00:00"], "is not an instant", ""),
        (USER, &["aws:CurrentTime=2027-01-01 00:00:00Z"], "is not an instant", ""),
        (USER, &["aws:CurrentTime=2026-12-31T23:59:60Z"], "is not an instant", ""),
        (USER, &["aws:CurrentTime=2026-01-01T00:00:00Z[UTC]"], "is not an instant", ""),
        (ROLE, &["aws:TokenIssueTime=now"], "is not an instant", "seconds since 1970"),
        (USER, &["aws:PrincipalAccount=123"], "is not an account id", "twelve digits"),
        (USER, &["aws:PrincipalOrgID=acme"], "is not an organization id", "o-"),
        (
            USER,
            &["aws:PrincipalOrgPaths=o-a1b2c3d4e5/r-ab12"],
            "is not a path",
            "`o-a1b2c3d4e5/r-ab12/`",
        ),
        (USER, &["aws:PrincipalArn=ann"], "is not an ARN", "arn:aws:iam::"),
        (USER, &["aws:SourceVpce=vpc-1"], "VPC endpoint", "vpce-"),
        (USER, &["sts:RoleSessionName=a"], "session name", "2 to 64"),
        (USER, &["sts:RoleSessionName=ci-*"], "session name", "letters, digits"),
        (USER, &["sts:ExternalId=a b"], "external ID", "1,224"),
        (USER, &["sts:SourceIdentity=aws:ann"], "source identity", "not beginning"),
        // Keys that are none.
        (USER, &["aws:PrincipalOrgId2=x"], "no condition key", "`aws:PrincipalOrgID`"),
        (USER, &["sts:ExternalID2=x"], "no condition key", "`sts:ExternalId`"),
        (USER, &["aws:MFA=true"], "no condition key", "`aws:MultiFactorAuthPresent`"),
        (USER, &["ExternalId=ab"], "no condition key", "`sts:ExternalId`"),
        (USER, &["aws:ExternalId=ab"], "no condition key", "`sts:ExternalId`"),
        (USER, &["sts:SourceIp=10.0.0.1"], "no condition key", "`aws:SourceIp`"),
        (USER, &["aws:RequestTags/team=a"], "no condition key", "`aws:RequestTag/team`"),
        (USER, &["aws:RequestTag=a"], "which tag", "`aws:RequestTag/KEY=VALUE`"),
        (USER, &["s3:prefix=x"], "another service", "`sts:`"),
        (USER, &["team=x"], "no condition key", "prefix"),
        // Keys together.
        (
            USER,
            &["aws:TagKeys=a", "aws:RequestTag/b=c"],
            "`aws:TagKeys` do not hold",
            "aws:TagKeys=b",
        ),
        (USER, &["aws:TagKeys=a", "aws:RequestTag/A="], "not passed", "aws:RequestTag/a=VALUE"),
        (USER, &["aws:TagKeys=", "aws:RequestTag/a=b"], "none is passed", "it follows"),
        (USER, &["sts:TransitiveTagKeys=a"], "no such tag", "aws:RequestTag/a=VALUE"),
        (
            USER,
            &["aws:MultiFactorAuthAge=5", "aws:MultiFactorAuthPresent=false"],
            "one without",
            "only with MFA",
        ),
        (USER, &["aws:CurrentTime=2026-01-01T00:00:00Z", "aws:EpochTime=5"], "1970", "one clock"),
        (
            USER,
            &["aws:CalledVia=a.amazonaws.com", "aws:ViaAWSService=false"],
            "none does",
            "it follows",
        ),
        (ROLE, &["aws:SourceIdentity=ann", "sts:SourceIdentity=bob"], "`bob`", "can't be changed"),
        (USER, &["sts:RoleSessionName="], "every call", "state one"),
        (USER, &["aws:SecureTransport=false"], "can't be", "HTTPS"),
        (USER, &["sts:DurationSeconds=900"], "never in a call", "leave it out"),
        // Keys and the caller.
        (ROLE, &["aws:MultiFactorAuthPresent=true"], "never carries it", "IAM user"),
        (ROLE, &["aws:MultiFactorAuthAge=5"], "never carries it", "IAM users"),
        (ROLE, &["aws:username=ann"], "a role session", "only IAM users"),
        (
            ROLE,
            &["aws:PrincipalArn=arn:aws:iam::222222222222:role/x"],
            "tf-hub-apply",
            "ask for that caller",
        ),
        (
            ROLE,
            &["aws:PrincipalArn=arn:aws:sts::222222222222:assumed-role/tf-hub-apply/x"],
            "tf-hub-apply",
            "never the session's",
        ),
        (
            USER,
            &["aws:PrincipalAccount=222222222222"],
            "`191919191919`",
            "the caller that you mean",
        ),
        (USER, &["aws:PrincipalOrgID=o-other"], "`o-other`", "leave it out"),
        (USER, &["aws:PrincipalOrgID="], "absent", "leave it out"),
        (USER, &["aws:PrincipalType=AssumedRole"], "`User`", "leave it out"),
        (USER, &["aws:userid=AIDA1"], "`AIDA1`", "leave it out"),
        (ROLE, &["aws:userid=AROA1:ci"], "begins with `AROA", "leave it out"),
        (USER, &["aws:SourceIdentity=ann"], "an IAM user", "role sessions"),
        (USER, &["aws:SourceAccount=222222222222"], "an IAM user", "`service:NAME`"),
        (USER, &["aws:PrincipalIsAWSService=true"], "`false`", "leave it out"),
        (USER, &["aws:ResourceAccount=111111111111"], "`666666666666`", "the role that you mean"),
        (USER, &["app.terraform.io:sub=x"], "no token", "`oidc:app.terraform.io#SUBJECT`"),
        (ROLE, &["app.terraform.io:terraform_run_id=x"], "only the call with the token", "oidc:"),
        (TOKEN, &["sts:ExternalId=ab"], "web identity token", "leave it out"),
        (TOKEN, &[&format!("{SUB}=repo:other/x:y")], "`repo:acme/infra:*`", "that token instead"),
        (TOKEN, &["gitlab.com:sub=x"], "token is of `token.actions", "oidc:gitlab.com#"),
        (TOKEN, &[&format!("{SUB}=")], "every token has it", "state a value"),
        (
            SERVICE,
            &["aws:PrincipalServiceName=ec2.amazonaws.com"],
            "`lambda.amazonaws.com`",
            "leave it out",
        ),
        (VENDOR, &["aws:PrincipalOrgID=o-a1b2c3d4e5"], "all listed", "leave it out"),
        (USER, &["saml:department=x"], "an IAM user", "SAML assertions"),
        (SERVICE, &["aws:PrincipalOrgID=o-a1b2c3d4e5"], "an AWS service", "leave it out"),
        (
            ["service:rolesanywhere.amazonaws.com", SERVICE[1]],
            &["sts:SourceIdentity="],
            "always sets it",
            "state its value",
        ),
    ] {
        let (message, hints) = refusal(pair, context);
        assert!(message.contains(wrong), "{context:?}: {message}");
        assert!(hints.contains(right), "{context:?}: {hints}");
    }
}

#[test]
fn what_can_be_is_believed() {
    for (pair, context) in [
        (USER, &["aws:MultiFactorAuthPresent=true", "aws:SourceIp=203.0.113.9"][..]),
        (ROLE, &["aws:PrincipalTag/team=x"]),
        (USER, &["aws:PrincipalTag/team=x"]),
        (ROLE, &["aws:MultiFactorAuthPresent=false"]),
        (ROLE, &["app.terraform.io:sub=x"]),
        (ROLE, &["aws:TagKeys=a", "aws:TagKeys=b", "sts:TransitiveTagKeys=b"]),
        (USER, &["sts:ExternalId=ab", "sts:ExternalId=ab"]),
        (USER, &["aws:CurrentTime=2026-01-01", "aws:EpochTime=1767225600"]),
        (USER, &["aws:PrincipalOrgID=o-a1b2c3d4e5", "aws:PrincipalType=User"]),
        (SERVICE, &["aws:SourceAccount=555555555555", "sts:RoleSessionName=fn"]),
        (TOKEN, &["token.actions.githubusercontent.com:environment="]),
    ] {
        ask(pair, context).unwrap_or_else(|error| panic!("{context:?}: {error}"));
    }
}

fn follows(why: &Why) -> Vec<String> {
    let implied = why.stated.iter().filter(|fact| fact.implied);
    implied.map(|fact| format!("{}={}", fact.key, fact.values.join(","))).collect()
}

#[test]
fn what_follows_is_filled_in() {
    for (pair, context, implied) in [
        (
            ROLE,
            &["aws:RequestTag/Team=a", "aws:RequestTag/env=b"][..],
            &["aws:TagKeys=env,Team"][..],
        ),
        (USER, &["aws:MultiFactorAuthAge=5"], &["aws:MultiFactorAuthPresent=true"]),
        (USER, &["aws:MultiFactorAuthPresent="], &["aws:MultiFactorAuthAge="]),
        (USER, &["aws:EpochTime=0"], &["aws:CurrentTime=1970-01-01T00:00:00Z"]),
        (USER, &["aws:CurrentTime=2026-01-01T00:00:00Z"], &["aws:EpochTime=1767225600"]),
        (ROLE, &["aws:SourceIdentity=ann"], &["sts:SourceIdentity=ann"]),
        (
            USER,
            &["aws:CalledVia=a.amazonaws.com", "aws:CalledVia=b.amazonaws.com"],
            &[
                "aws:CalledViaFirst=a.amazonaws.com",
                "aws:CalledViaLast=b.amazonaws.com",
                "aws:ViaAWSService=true",
            ],
        ),
    ] {
        assert_eq!(follows(&ask(pair, context).unwrap()), implied, "{context:?}");
    }
}

#[test]
fn one_clock_decides_tests_on_either_key() {
    let runner = ["shared-services/migration-runner", "prod-web/migration-2026"];
    let at = |fact: &str| ask(runner, &[fact]).unwrap().verdict;
    assert_eq!(at("aws:EpochTime=1767225600"), Verdict::Allowed);
    assert_eq!(at("aws:EpochTime=1893456000"), Verdict::Denied);
}

#[test]
fn claims_reach_the_token() {
    let sub = "token.actions.githubusercontent.com:sub=repo:acme/infra:environment:production";
    assert_eq!(ask(TOKEN, &[sub]).unwrap().verdict, Verdict::Allowed);
    // Whoever writes a workspace chooses its audience.
    let other = ask(WORKSPACE, &["app.terraform.io:aud=elsewhere"]).unwrap();
    assert_eq!(other.verdict, Verdict::Denied);
    // A list that no policy sees is not made one by stating it.
    let unseen = ask(WORKSPACE, &["app.terraform.io:amr=a", "app.terraform.io:amr=b"]).unwrap();
    assert_eq!(unseen.verdict, Verdict::Allowed);
    // AWS shows no policy this claim, whatever is stated of it.
    let unseen = ask(TOKEN, &["token.actions.githubusercontent.com:repository_visibility=x"]);
    assert!(unseen.unwrap().caveats.iter().any(|caveat| caveat.id == "W5"));
}

#[test]
fn a_key_that_nobody_knows_is_believed_with_a_caveat() {
    let answer = ask(USER, &["aws:BrandNewKey=x"]).unwrap();
    assert!(answer.caveats.iter().any(|caveat| caveat.text.contains("`aws:BrandNewKey`")));
}

#[test]
fn session_policies_are_read_and_belong_to_role_sessions() {
    let mut stated = Stated::default();
    let error = stated.add_session_policy("p.json", "{\n  \"Version\": 1,,\n}").unwrap_err();
    assert!(error.to_string().contains("`p.json`, line 2, column 16"), "{error}");
    let error = stated.add_session_policy("p.json", "[]").unwrap_err();
    assert!(error.to_string().contains("not a policy document"), "{error}");
    let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    stated.add_session_policy("p.json", text).unwrap();
    assert!(why(&GRAPH, ROLE[0], ROLE[1], None, &stated).is_ok());
    let error = why(&GRAPH, USER[0], USER[1], None, &stated).unwrap_err();
    assert!(error.to_string().contains("an IAM user"), "{error}");
}
