//! `why` and its kin on bad input: what is wrong, and the nearest right thing.

use std::sync::{Arc, LazyLock};

use rolewalk::answer::{self, Limits, QuestionError, Stated, Verdict};
use rolewalk::graph::Graph;
use rolewalk::org::Facts;

use crate::support::Home;

/// The sample organization, built once: what is asked of it here is not about the binary.
static SAMPLE: LazyLock<Graph> =
    LazyLock::new(|| Graph::build(Arc::new(Facts::build(rolewalk::snapshot::sample()))));

const HUB: &str = "arn:aws:iam::222222222222:role/tf-hub-apply";
const TARGET: &str = "prod-net/tf-member";

/// Callers that name none, what is said of them, and what to write instead.
const CALLERS: &[(&str, &str, &str)] = &[
    ("", "an empty selector", "rolewalk tree"),
    ("  ", "an empty selector", "rolewalk tree"),
    // Names.
    ("tfc-hub/tf-hub-aply", "account `tfc-hub` has no role `tf-hub-aply`", "tfc-hub/tf-hub-apply"),
    ("dev-net/tf-hub-apply", "account `dev-net` has no role", "tfc-hub/tf-hub-apply"),
    ("nowhere/tf-hub-apply", "no account `nowhere`", "tfc-hub/tf-hub-apply"),
    ("role/tf-hub-apply", "no account `role`", "tfc-hub/tf-hub-apply"),
    ("identity/ann", "no role `ann`", "user:identity/ann"),
    ("tf-hub-apply", "in which account", "tfc-hub/tf-hub-apply"),
    ("ann", "in which account", "user:identity/ann"),
    ("ann@example.com", "in which account", "user:identity/ann"),
    ("net-prod", "in which account", "tfc:acme/Network/net-prod:apply"),
    ("tfc-hub", "is account 222222222222", "`tfc-hub/ROLE`"),
    ("222222222222", "is an account", "`222222222222/ROLE`"),
    ("AROAEXAMPLE123456789", "no role or user", "deleted"),
    ("AKIAEXAMPLE123456789", "access key", "get-access-key-info"),
    ("user:identity/nobody", "has no user `nobody`", "user:identity/bob"),
    ("user:ann", "of which account", "user:identity/ann"),
    ("users:identity/ann", "no kind", "user:identity/ann"),
    ("role:tfc-hub/tf-hub-apply", "no kind", "`tfc-hub/tf-hub-apply`"),
    ("service:lambda", "no service principal", "service:lambda.amazonaws.com"),
    ("oidc:https://app.terraform.io", "no subject", "oidc:app.terraform.io#*"),
    ("github:acme", "github:OWNER/REPOSITORY", ""),
    ("tfc:acme/Network/net-prd:apply", "names nothing", "tfc:acme/Network/net-prod:apply"),
    ("tfc:acme/Network/net-prod", "2 things", "tfc:acme/Network/net-prod:plan"),
    ("tfc:acme/Network/net-prod:destroy", "`destroy` is no phase", "plan or apply"),
    ("external:222222222222", "is `tfc-hub`", "name one of them"),
    ("account:tfc-hub", "where one is asked for", "222222222222:role/"),
    // ARNs.
    ("arn:aws:iam::222222222222:role/team/tf-hub-apply", "has the path `/`, not `/team/`", HUB),
    ("arn:aws:iam::222222222222:role/TF-hub-apply", "is written `tf-hub-apply`", HUB),
    (
        "arn:aws:iam::191919191919:user/Ann",
        "is written `ann`",
        "arn:aws:iam::191919191919:user/ann",
    ),
    ("arn:aws:iam::222222222222:role/tf-hub-aply", "names nothing", HUB),
    ("arn:aws:iam::22222222222:role/tf-hub-apply", "has 11 digits", HUB),
    ("arn:aws:iam:us-east-1:222222222222:role/tf-hub-apply", "the Region `us-east-1`", HUB),
    ("arn:aws:iam:222222222222:role/tf-hub-apply", "five parts", HUB),
    ("ARN:aws:iam::222222222222:role/tf-hub-apply", "begins with `ARN`", HUB),
    ("arn:aws:sts::222222222222:role/tf-hub-apply", "third part says sts", HUB),
    ("arn:aws:iam::222222222222:tf-hub-apply", "names no principal", HUB),
    ("arn:awz:iam::222222222222:role/tf-hub-apply", "`awz`, is none of AWS's", HUB),
    (
        "arn:aws-cn:iam::222222222222:role/tf-hub-apply",
        "in the partition `aws`, not in `aws-cn`",
        HUB,
    ),
    (
        "arn:aws:iam::222222222222:role/",
        "lacks the role's name",
        "rolewalk tree account:222222222222",
    ),
    ("arn:aws:sts::222222222222:assumed-role/tf-hub-apply", "lacks the session's name", HUB),
    (
        "arn:aws:sts::222222222222:assumed-role/tf-hub-aply/ci",
        "names nothing",
        "arn:aws:sts::222222222222:assumed-role/tf-hub-apply/ci",
    ),
    ("arn:aws:sts::222222222222:federated-user/x", "GetFederationToken", "user:ACCOUNT/NAME"),
    ("arn:aws:iam::111111111111:group/x", "is a group", "user:ACCOUNT/NAME"),
    ("arn:aws:iam::191919191919:group/all-staff", "is a group", "191919191919:user/ann"),
    ("arn:aws:iam::222222222222:instance-profile/tf-hub-apply", "instance profile", HUB),
    ("arn:aws:iam::222222222222:policy/tf-chain", "is a policy", "attached to"),
    ("arn:aws:iam::222222222222:root", "whole account `tfc-hub`", "`tfc-hub/ROLE`"),
    ("arn:aws:s3:::bucket", "names no principal", ""),
];

fn why(caller: &str, role: &str) -> Result<answer::Why, QuestionError> {
    answer::why(&SAMPLE, caller, role, None, &Stated::default())
}

/// Asserts that a question can't be answered, and that the message or a hint says these.
#[track_caller]
fn complains<T>(answer: Result<T, QuestionError>, of: &str, words: &[&str]) {
    let Err(error) = answer else { panic!("`{of}` is answered") };
    let said = format!("{error}\n{}", error.hints().join("\n"));
    for word in words {
        assert!(said.contains(word), "`{of}`: `{word}` is not said:\n{said}");
    }
}

#[test]
fn a_caller_that_is_none_is_told_what_is_wrong_and_what_is_near() {
    for (caller, wrong, right) in CALLERS {
        complains(why(caller, TARGET), caller, &[wrong, right]);
    }
}

#[test]
fn a_bad_question_exits_2_and_leaves_stdout_empty() {
    let ran = Home::new().run(&["--demo", "why", "tfc-hub/tf-hub-aply", TARGET]).exits(2);
    assert!(ran.stdout.is_empty(), "{ran:?}");
    ran.complains(&[
        "error: `tfc-hub/tf-hub-aply` names nothing",
        "hint: did you mean `tfc-hub/tf-hub-apply`?",
    ]);
}

#[test]
fn lists_and_paths_say_the_same() {
    for (name, wrong, right) in [
        (
            "arn:aws:iam::333333333333:role/team/tf-member",
            "has the path `/`",
            "333333333333:role/tf-member",
        ),
        (
            "arn:aws-cn:iam::333333333333:role/tf-member",
            "in the partition `aws`",
            "arn:aws:iam::333333333333:role/tf-member",
        ),
        ("arn:aws:iam::33333333333:role/tf-member", "has 11 digits", "333333333333:role/tf-member"),
        ("prod-net/tf-membr", "has no role `tf-membr`", "prod-net/tf-member"),
    ] {
        let words = [wrong, right];
        complains(answer::who_can(&SAMPLE, name, Limits::LIST), name, &words);
        complains(answer::reach(&SAMPLE, name, Limits::LIST), name, &words);
        complains(answer::paths(&SAMPLE, HUB, name, Limits::PATHS), name, &words);
        complains(why(HUB, name), name, &words);
    }
}

#[test]
fn what_is_no_role_can_not_be_assumed() {
    for (target, wrong, right) in [
        ("user:identity/ann", "only roles can be assumed", ""),
        ("service:lambda.amazonaws.com", "only roles can be assumed", ""),
        (
            "arn:aws:sts::333333333333:assumed-role/tf-member/x",
            "is a session",
            "333333333333:role/tf-member",
        ),
        ("arn:aws:iam::123456789012:role/x", "holds nothing", ""),
        ("tf-member", "in which account", "/tf-member"),
    ] {
        complains(why(HUB, target), target, &[wrong, right]);
    }
}

#[test]
fn a_name_in_an_account_that_was_not_read_can_be_asked_for_by_its_arn() {
    let arn = "arn:aws:iam::444444444444:role/tf-member";
    for (name, written) in
        [("prod-data/tf-member", arn), ("user:prod-data/x", "arn:aws:iam::444444444444:user/x")]
    {
        let asks = format!("`{written}`");
        complains(why(name, TARGET), name, &["account `prod-data` were not", &asks]);
    }
    assert_eq!(why("tfc-hub/tf-hub-data", arn).unwrap().verdict, Verdict::Unknown);
}

#[test]
fn blanks_around_a_name_do_not_matter() {
    let answer = why(" tfc-hub/tf-hub-apply ", " prod-net/tf-member ").unwrap();
    assert_eq!((answer.verdict, answer.caller.as_str()), (Verdict::Allowed, HUB));
}

#[test]
fn options_state_what_context_does() {
    let home = Home::new();
    let ask = |more: &[&str]| {
        let command =
            ["--demo", "--json", "why", "user:identity/ann", "prod-payments/pci-operator"];
        home.run(&[&command, more].concat()).exits(0).json()
    };
    let short = ask(&["--mfa", "--source-ip", "203.0.113.9"]);
    let long = ask(&[
        "--context",
        "aws:MultiFactorAuthPresent=true",
        "--context",
        "aws:SourceIp=203.0.113.9",
    ]);
    assert_eq!(short, long);
    assert_eq!(short["verdict"], "allowed");
    assert_eq!(short["stated"][0]["key"], "aws:MultiFactorAuthPresent");

    let elsewhere = [("aws:MultiFactorAuthPresent", "true"), ("aws:SourceIp", "198.51.100.9")];
    let elsewhere = Stated::keys(elsewhere);
    let role = "prod-payments/pci-operator";
    let answer = answer::why(&SAMPLE, "user:identity/ann", role, None, &elsewhere).unwrap();
    assert_eq!(answer.verdict, Verdict::Denied);
}

#[test]
fn what_would_help_is_an_option_that_does() {
    let home = Home::new();
    let vendor = ["--demo", "why", "external:999999999999", "prod-web/vendor-scan"];
    home.run(&vendor).exits(0).prints(&["ask again with --external-id acme-scan-2291"]);
    home.run(&[&vendor[..], &["--external-id", "other"]].concat()).exits(0).prints(&["✕ denied"]);
}

#[test]
fn cited_statements_stand_where_the_document_has_them() {
    let answer = why("shared-services/support-desk", "prod-payments/support-read").unwrap();
    let deny = answer.statements.iter().find(|cited| cited.statement.effect == "Deny").unwrap();
    let documents = &SAMPLE.facts().documents;
    let written = documents.values().find(|row| row.text.contains("NeverPayments")).unwrap();
    let place = deny.place.unwrap();
    let line = written.text.lines().nth(place.line - 1).unwrap();
    let from_there: String = line.chars().skip(place.column - 1).collect();
    assert!(from_there.starts_with('{'), "{place:?} in:\n{}", written.text);
    let before: String = written.text.lines().take(place.line - 1).collect();
    assert!(before.contains("SupportRoles") && !before.contains("NeverPayments"), "{place:?}");
}

#[test]
fn tags_bring_the_permission_that_they_need() {
    let home = Home::new();
    let command = ["--demo", "why", "tfc-hub/tf-hub-apply", "prod-web/tf-member", "--tag", "a=b"];
    let ran = home.run(&command).exits(0);
    ran.prints(&[
        "✕ denied: the trust policy does not allow sts:TagSession",
        "Beside sts:AssumeRole the call needs",
        "aws:TagKeys = a (follows)",
    ]);
    let answer = home.run(&[&command[..], &["--json"]].concat()).exits(0).json();
    assert_eq!(answer["companions"][0]["action"], "sts:TagSession");
    assert_eq!(answer["companions"][0]["verdict"], "denied");
    assert!(answer["statements"][0]["text"].as_str().unwrap().contains("\"Effect\""), "{answer:#}");
}

#[test]
fn a_session_policy_is_read_from_a_file() {
    let home = Home::new();
    let ask = |file: &str| home.run(&["--demo", "why", HUB, TARGET, "--session-policy", file]);
    ask("missing.json").exits(2).complains(&["`missing.json` can't be read"]);
    let good = home.write(
        "good.json",
        "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    \
         {\"Sid\": \"Not\", \"Effect\": \"Deny\", \"Action\": \"sts:*\", \"Resource\": \"*\"}\n  ]\n}\n",
    );
    ask(good.to_str().unwrap()).exits(0).prints(&[
        "✕ denied: explicit deny in the session policy",
        "\"Not\"",
        "(line 4)",
    ]);
}

#[test]
fn a_session_policy_is_one_and_belongs_to_a_role() {
    let mut stated = Stated::default();
    let broken = "{\n  \"Version\": \"2012-10-17\"\n  \"Statement\": []\n}";
    complains(
        stated.add_session_policy("broken.json", broken),
        broken,
        &["broken.json`, line 3, column 3: not JSON"],
    );
    complains(
        stated.add_session_policy("list.json", "[]"),
        "[]",
        &["list.json`: not a policy document"],
    );
    let good = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]}"#;
    stated.add_session_policy("good.json", good).unwrap();
    let answer = answer::why(&SAMPLE, HUB, TARGET, None, &stated).unwrap();
    assert_eq!(answer.verdict, Verdict::Allowed);
    let user = answer::why(&SAMPLE, "user:identity/ann", TARGET, None, &stated);
    complains(user, "user:identity/ann", &["an IAM user"]);
}

#[test]
fn what_can_not_be_stated_is_refused_with_what_can() {
    let mfa = "aws:MultiFactorAuthPresent";
    for (stated, wrong, right) in [
        (&[("aws:PrincipalOrgId2", "x")][..], "no condition key", "`aws:PrincipalOrgID`"),
        (&[("sts:ExternalId", "x")], "`x` is not an external ID", "2 to 1,224"),
        (&[(mfa, "true"), (mfa, "false")], "`true`, `false`", "once for each"),
        (&[("aws:PrincipalAccount", "222222222222")], "`191919191919`", "the caller that you mean"),
    ] {
        let (caller, role) = ("user:identity/ann", "prod-payments/pci-operator");
        let keys = Stated::keys(stated.iter().copied());
        complains(answer::why(&SAMPLE, caller, role, None, &keys), stated[0].0, &[wrong, right]);
    }
}

#[test]
fn what_is_no_pair_is_refused_before_anything_is_read() {
    let home = Home::new();
    for (options, right) in [
        (["--context", "sts:ExternalId"], "sts:ExternalId=abc"),
        (["--tag", "team"], "team=payments"),
    ] {
        home.run(&[&["--demo", "why", HUB, TARGET], &options[..]].concat())
            .exits(2)
            .complains(&["not KEY=VALUE", right]);
    }
}

#[test]
fn explain_checks_its_context_as_why_does() {
    let home = Home::new();
    let refused = "An error occurred (AccessDenied) when calling the AssumeRole operation: \
        User: arn:aws:sts::222222222222:assumed-role/tf-hub-apply/x is not authorized to perform: \
        sts:AssumeRole on resource: arn:aws:iam::555555555555:role/tf-member";
    for (context, wrong) in
        [("aws:MFA=true", "no condition key"), ("aws:username=x", "never carries it")]
    {
        home.run(&["--demo", "explain", refused, "--context", context])
            .exits(2)
            .complains(&[wrong]);
    }
}
