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
    // What policies may refuse is no cause by itself where they don't.
    let titles: Vec<&str> = found.causes.iter().map(|cause| &*cause.title).collect();
    assert!(!titles.iter().any(|title| title.contains("does not exist")), "{titles:?}");
    let last = found.causes.last().unwrap();
    assert!(last.title.contains("changed since") && last.detail.contains("does not exist"));
    // Other refusals have other causes, whatever policies say.
    let expired = ask(
        "An error occurred (ExpiredToken) when calling the AssumeRole operation: The security token \
         included in the request is expired",
        Some("tfc-hub/tf-hub-apply"),
        Some("prod-net/tf-member"),
    );
    assert!(
        expired.causes.iter().all(|cause| !cause.title.contains("changed since")),
        "{expired:?}"
    );
}

#[test]
fn without_a_snapshot_the_catalogue_answers() {
    let text = "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: Incorrect token audience";
    let found = explain(None, Question { text, ..Question::default() }).unwrap();
    assert_eq!(found.errors[0].verdict, None);
    assert!(!found.errors[0].causes.is_empty());
}

const WEB_REFUSED: &str = "IAM Role (arn:aws:iam::222222222222:role/tf-hub-apply) cannot be assumed with web identity token.\n\n\
    Error: operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 403, RequestID: \
    11111111-2222-3333-4444-555555555555, api error AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity\n\n";

fn refused(caller: &str, action: &str, role: &str) -> String {
    format!(
        "An error occurred (AccessDenied) when calling the AssumeRole operation: User: {caller} is not authorized to perform: {action} on resource: {role}"
    )
}

fn all(text: &str, source: Option<&str>, target: Option<&str>) -> Vec<ExplainedFailure> {
    let question = Question { text, source, target, stated: None };
    explain(Some(&graph()), question).unwrap().errors
}

const DEV_SESSION: &str = "arn:aws:sts::222222222222:assumed-role/tf-hub-dev-apply/x";
const MEMBER: &str = "arn:aws:iam::333333333333:role/tf-member";

#[test]
fn what_was_typed_answers_only_for_failures_that_leave_it_out() {
    let hop = refused(DEV_SESSION, "sts:AssumeRole", MEMBER);
    let log = format!("{WEB_REFUSED}{hop}");
    let found = all(&log, Some("tfc:acme/Network/net-prod:plan"), None);
    let of = |action: &str| found.iter().find(|it| it.parsed["action"] == action).unwrap();
    let web = of("sts:AssumeRoleWithWebIdentity");
    assert_eq!((web.verdict, web.notes.len()), (Some(Verdict::Denied), 0), "{web:#?}");
    let second = of("sts:AssumeRole");
    assert!(second.causes[0].title.contains("trust policy"), "{second:#?}");
    assert!(second.notes[0].contains("was not used for this failure"), "{second:#?}");

    // Neither side of a message that names both is replaced.
    let plain = all(&hop, None, None).remove(0);
    for (source, target) in
        [(Some("tfc-hub/tf-hub-apply"), None), (None, Some("dev-net/tf-member"))]
    {
        let typed = all(&hop, source, target).remove(0);
        assert_eq!(typed.verdict, plain.verdict);
        assert_eq!(typed.causes, plain.causes);
        assert_eq!(typed.notes.len(), 1, "{typed:#?}");
    }
    // The same principal in other words is no contradiction.
    let same = all(&hop, Some("tfc-hub/tf-hub-dev-apply"), Some("prod-net/tf-member")).remove(0);
    assert_eq!((same.verdict, same.notes.len()), (Some(Verdict::Denied), 0));
}

#[test]
fn a_caller_that_makes_another_call_is_not_judged() {
    let text = "An error occurred (AccessDenied) when calling the AssumeRole operation: Not authorized to perform sts:AssumeRole";
    let found = ask(text, Some("tfc:acme/Network/net-prod:apply"), Some("tfc-hub/tf-hub-apply"));
    assert_eq!(found.verdict, None, "{found:#?}");
    assert!(found.notes[0].contains("sts:AssumeRole"), "{found:#?}");
    // Nor does a run's log name the caller of a second hop.
    let log = format!(
        "https://app.terraform.io/app/acme/net-prod/runs/run-1\nRunning apply in HCP Terraform\n\n{text}"
    );
    let found = ask(&log, None, Some("tfc-hub/tf-hub-apply"));
    assert!(found.verdict.is_none() && found.missing.len() == 1, "{found:#?}");
}

#[test]
fn the_call_that_aws_refused_is_judged_and_not_the_role_that_terraform_names() {
    let other = "arn:aws:iam::777777777777:role/tf-member";
    let hop =
        refused("arn:aws:sts::222222222222:assumed-role/tf-hub-apply/x", "sts:AssumeRole", other);
    let text = format!(
        "Error: Cannot assume IAM Role\n\nIAM Role ({MEMBER}) cannot be assumed.\n\nError: {hop}"
    );
    let found = ask(&text, None, None);
    assert_eq!(found.parsed["target"], other);
    assert_eq!(found.parsed["configured_role"], MEMBER);
    assert!(found.notes[0].contains("an earlier hop failed"), "{found:#?}");
    assert_eq!(found.verdict, ask(&hop, None, None).verdict);
    assert!(found.verdict.is_some_and(|verdict| verdict != Verdict::Allowed), "{found:#?}");
}

#[test]
fn another_policy_than_the_one_that_aws_named_is_remarked() {
    let hop = refused(DEV_SESSION, "sts:AssumeRole", "arn:aws:iam::888888888888:role/tf-member");
    let proven = ask(&hop, None, None).causes.remove(0);
    let policy = proven.evidence[0].policy.to_string();
    let arn = |policy: &str| {
        format!(
            "{hop} with an explicit deny in a service control policy: arn:aws:organizations::111111111111:policy/o-a1b2c3d4e5/service_control_policy/{policy}"
        )
    };
    let another = |text: &str| {
        ask(text, None, None).causes.into_iter().find(|it| it.title.contains("another policy"))
    };
    assert_eq!(another(&arn(&policy)), None);
    let found = another(&arn("p-sandbox1")).unwrap();
    assert!(found.title.ends_with("p-sandbox1") && found.detail.contains(&policy), "{found:?}");
    // Where the snapshot would let the call through, too.
    let allowed =
        refused("arn:aws:sts::222222222222:assumed-role/tf-hub-apply/x", "sts:AssumeRole", MEMBER);
    assert!(another(&arn("p-sandbox1").replace(&hop, &allowed)).is_some());
}

#[test]
fn nothing_is_proven_of_a_name_that_the_text_may_have_broken() {
    let caller = "arn:aws:sts::222222222222:assumed-role/tf-hub-apply/x";
    let whole = refused(caller, "sts:AssumeRole", MEMBER);
    let broken = ask(&whole.replace("tf-member", "tf-mem\nber"), None, None);
    assert_eq!(broken.verdict, Some(Verdict::Allowed));
    assert!(broken.notes[0].contains("tf-member"), "{broken:#?}");
    let unclear = ask(&whole.replace("tf-member", "tf-xem\nber"), None, None);
    assert!(unclear.causes.iter().all(|cause| !cause.proven), "{unclear:#?}");
    assert!(unclear.notes[0].contains("may be broken"), "{unclear:#?}");
    // The next line of a log is no part of a role that exists.
    let log = ask(&format!("{whole}\nmake: done"), None, None);
    assert_eq!((log.verdict, log.notes.len()), (Some(Verdict::Allowed), 0));
    // Terraform's brackets tell where the name ends.
    let framed = format!(
        "Error: Cannot assume IAM Role\n\nIAM Role ({MEMBER}) cannot be assumed.\n\nError: {whole}"
    );
    let framed = ask(&framed.replace("tf-member", "tf-mem\nber"), None, None);
    assert_eq!((framed.verdict, framed.notes.len()), (Some(Verdict::Allowed), 0), "{framed:#?}");
}

#[test]
fn a_role_known_not_to_exist_comes_first_whoever_called() {
    let found = ask(&WEB_REFUSED.replace("tf-hub-apply", "tf-hub-preview"), None, None);
    assert!(found.causes[0].proven, "{found:#?}");
    assert!(found.causes[0].title.contains("role is not in the snapshot"), "{found:#?}");
    assert!(!found.causes.iter().any(|cause| cause.detail.contains("neither caller nor role")));

    let caller = "arn:aws:sts::222222222222:assumed-role/tf-hub-apply/x";
    let path =
        refused(caller, "sts:AssumeRole", "arn:aws:iam::333333333333:role/no/such/path/tf-member");
    let found = ask(&path, None, None);
    assert!(found.causes[0].proven && found.causes[0].title.contains("another one"), "{found:#?}");
    assert!(found.causes[0].fix.as_deref().unwrap().contains(MEMBER), "{found:#?}");

    let account = refused(caller, "sts:AssumeRole", "arn:aws:iam::987654321098:role/tf-member");
    let found = ask(&account, None, None);
    assert!(found.causes[0].title.contains("for this role"), "{found:#?}");
    assert!(!found.causes[0].proven);
}

#[test]
fn a_fix_says_all_that_is_missing_and_passes_no_condition_by() {
    let fix = |caller: &str, action: &str, role: &str| {
        ask(&refused(caller, action, role), None, None).causes.remove(0).fix.unwrap()
    };
    let user = |name: &str| format!("arn:aws:iam::191919191919:user/{name}");
    let mfa = fix(&user("dmitri"), "sts:AssumeRole", "arn:aws:iam::555555555555:role/breakglass");
    assert!(mfa.contains("user/dmitri") && mfa.contains("aws:MultiFactorAuthPresent"), "{mfa}");
    let tag = fix(&user("paul"), "sts:AssumeRole", "arn:aws:iam::333333333333:role/net-operator");
    assert!(tag.contains("aws:PrincipalTag/team") && !tag.contains("\"Effect\""), "{tag}");
    let session = "arn:aws:sts::222222222222:assumed-role/tf-hub-apply/x";
    let both = fix(session, "sts:SetSourceIdentity", MEMBER);
    assert!(both.contains("HubApply") && both.contains("ChainToMembers"), "{both}");
    assert_eq!(both.lines().count(), 2, "{both}");
}

#[test]
fn what_is_missing_is_asked_for_in_words_that_fit() {
    let hop = refused(DEV_SESSION, "sts:AssumeRole", "arn:aws:iam::888888888888:role/tf-member");
    let title = ask(&hop, None, None).causes.remove(0).title;
    assert_eq!(title, "the service control policies deny it");

    let anonymous = ask(&refused("anonymous", "sts:AssumeRole", MEMBER), None, None);
    assert!(anonymous.missing.is_empty(), "{anonymous:#?}");
    assert!(anonymous.notes[0].contains("not signed"), "{anonymous:#?}");
    let masked = ask(&refused("***", "sts:AssumeRole", MEMBER), None, None);
    assert!(masked.missing[0].to_string().contains("masks the caller"), "{masked:#?}");

    let github = "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com";
    let github = ask(github, None, None);
    assert!(github.missing[0].to_string().contains("`github:"), "{github:#?}");
}
