//! What limits a call beside the policies of the facts: the policies of the caller's session, and
//! the policy of a VPC endpoint (rules G1, G2, G8, G9 and D2).

use rolewalk::evaluation::{Decision, Layer, Outcome, Scenario, SessionPolicy};
use rolewalk::org::Facts;
use rolewalk::policy::Document;

use crate::fixture::{ask_in, check, check_in, readings, statement, words};

/// A session that these policies limit, each of one statement or as JSON.
fn limited(policies: &[&str]) -> Scenario {
    let policy = |(index, text): (usize, &&str)| {
        let document = if text.starts_with('{') || !text.contains(' ') {
            (*text).to_owned()
        } else {
            let statement = statement(text, Some("*"), false);
            format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#)
        };
        SessionPolicy {
            name: format!("session-{index}").into(),
            document: Document::parse(&document),
        }
    };
    Scenario {
        session_policies: policies.iter().enumerate().map(policy).collect(),
        ..Scenario::default()
    }
}

/// Asserts what a session of `A/R` comes to in `A/T` or `B/T` under session policies.
#[track_caller]
fn within(grant: &str, caller: &str, policies: &[&str], expected: &str) {
    let fixture = format!("role A/R\n {caller}\n role A/T\n tp: Allow from {grant}");
    check_in(&fixture, limited(policies), "session A/R/ci -> A/T", expected);
}

const NONE: &str = "";
const GRANTED: &str = "id: Allow on *";
const SILENT: &[&str] = &["Allow s3:*"];
const ALLOWING: &[&str] = &["Allow sts:AssumeRole"];
const DENYING: &[&str] = &["Allow *", "Deny sts:*"];

#[test]
fn within_an_account_the_account_and_the_role_need_the_session_policy() {
    for (grant, caller) in [("A", GRANTED), ("A/role/R", NONE), ("A/role/R", GRANTED)] {
        within(grant, caller, SILENT, "denied session");
        within(grant, caller, ALLOWING, "allowed");
        within(grant, caller, &["Allow !s3:*"], "allowed");
        within(grant, caller, &["Allow on A/role/Other"], "denied session");
        within(grant, caller, &["Allow on A/role/*"], "allowed");
        within(
            grant,
            caller,
            &["Allow sts:AssumeRole if StringEquals sts:ExternalId e1"],
            "conditional caller-choice",
        );
    }
    // A session policy never grants.
    within("A", NONE, ALLOWING, "denied identity");
}

#[test]
fn within_an_account_everyone_does_not_need_the_session_policy() {
    for caller in [NONE, GRANTED] {
        within("*", caller, SILENT, "allowed");
        within("aws:*", caller, SILENT, "allowed");
        within("* if ArnLike aws:PrincipalArn A/role/R", caller, SILENT, "allowed");
        within("*,A/role/R", caller, SILENT, "allowed");
    }
}

#[test]
fn whether_a_named_session_needs_the_session_policy_is_disputed() {
    for caller in [NONE, GRANTED] {
        within("A/session/R/ci", caller, SILENT, "conditional ambiguous-rule");
        within("A/session/R/ci", caller, ALLOWING, "allowed");
    }
    // What names the session and the account at once needs either.
    within("A/session/R/ci,A", GRANTED, SILENT, "conditional ambiguous-rule");
    within("A/session/R/other", GRANTED, ALLOWING, "denied trust");
}

#[test]
fn a_deny_in_a_session_policy_always_blocks() {
    for grant in ["A", "A/role/R", "A/session/R/ci", "*"] {
        within(grant, GRANTED, DENYING, "denied session explicit");
        within(grant, GRANTED, &["Allow *", "Deny sts:TagSession"], "allowed");
        within(
            grant,
            GRANTED,
            &["Allow *", "Deny sts:* if StringEquals sts:ExternalId e1"],
            "conditional caller-choice",
        );
    }
}

#[test]
fn across_accounts_every_grant_needs_the_session_policy() {
    for grant in ["A", "A/role/R", "A/session/R/ci", "*"] {
        let fixture = format!("role A/R\n id: Allow on *\n role B/T\n tp: Allow from {grant}");
        for (policies, expected) in [
            (SILENT, "denied session"),
            (ALLOWING, "allowed"),
            (DENYING, "denied session explicit"),
            (&["Allow on A/role/*"], "denied session"),
            (&["Allow on B/role/T"], "allowed"),
        ] {
            check_in(&fixture, limited(policies), "session A/R/ci -> B/T", expected);
        }
        // Nor does it replace what the identity-based policies have to allow.
        let without = format!("role A/R\n role B/T\n tp: Allow from {grant}");
        check_in(&without, limited(ALLOWING), "session A/R/ci -> B/T", "denied identity");
    }
}

#[test]
fn several_session_policies_allow_together() {
    within("A", GRANTED, &["Allow s3:*", "Allow sts:AssumeRole"], "allowed");
    within("A", GRANTED, &["Allow s3:*", "Allow iam:*"], "denied session");
    within("A", GRANTED, &["Allow *", "Allow *", "Deny sts:*"], "denied session explicit");
    within(
        "A",
        GRANTED,
        &[
            "Allow * if StringEquals sts:ExternalId e1",
            "Allow * if StringNotEquals sts:ExternalId e1",
        ],
        "allowed",
    );
}

#[test]
fn a_session_policy_that_does_not_parse_leaves_it_undecided() {
    for grant in ["A", "A/role/R", "*", "A/session/R/ci"] {
        for unread in ["nonsense", "{}", r#"{"Statement":7}"#] {
            within(grant, GRANTED, &[unread, "Deny sts:*"], "denied session explicit");
        }
    }
    for grant in ["A", "A/role/R", "*"] {
        within(grant, GRANTED, &["nonsense"], "unknown not-read");
        // It may still deny.
        within(grant, GRANTED, &["nonsense", "Allow *"], "unknown not-read");
    }
    within("A/role/Other", GRANTED, &["nonsense"], "denied trust");
    let unread = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*","Extra":1}}"#;
    within("A", GRANTED, &[unread], "unknown not-read");
}

/// The order in which layers are named: boundary before session policy.
#[test]
fn a_boundary_is_named_before_a_session_policy() {
    within("A/role/R", "pb: Allow s3:*", SILENT, "denied boundary");
    within("A", "id: Allow on *\n pb: Allow *", SILENT, "denied session");
    within("A", "id: Allow on *\n pb: Deny sts:*", DENYING, "denied boundary explicit");
}

/// A role whose session's name is not stated is limited alike.
#[test]
fn a_session_without_a_name_is_limited_too() {
    let fixture = "role A/R\n id: Allow on *\n role A/T\n tp: Allow from A\n role A/N\n tp: Allow from A/session/R/ci";
    check_in(fixture, limited(SILENT), "role A/R -> A/T", "denied session");
    check_in(fixture, limited(ALLOWING), "role A/R -> A/T", "allowed");
    check_in(fixture, limited(ALLOWING), "role A/R -> A/N", "conditional caller-state");
    check_in(
        fixture,
        limited(SILENT),
        "role A/R -> A/N",
        "conditional ambiguous-rule caller-state",
    );
}

/// What tags and a source identity need goes through the same layers.
#[test]
fn session_policies_limit_companions() {
    let fixture = "role A/R
          id: Allow sts:*
        role B/T
          tp: Allow sts:AssumeRole,sts:TagSession,sts:SetSourceIdentity from A/role/R";
    for (policy, tagged, named) in [
        ("Allow sts:AssumeRole", "denied session", "denied session"),
        ("Allow sts:AssumeRole,sts:TagSession", "allowed", "denied session"),
        ("Allow sts:AssumeRole,sts:SetSourceIdentity", "denied session", "allowed"),
        ("Allow sts:*", "allowed", "allowed"),
    ] {
        let scenario = || limited(&[policy]);
        check_in(fixture, scenario(), "session A/R/ci -> B/T", "allowed");
        let tags = "session A/R/ci -> B/T with aws:RequestTag/team=a aws:TagKeys=team";
        check_in(fixture, scenario(), tags, tagged);
        check_in(fixture, scenario(), "session A/R/ci -> B/T with sts:SourceIdentity=ann", named);
    }
}

fn session_layer(decision: &Decision) -> &rolewalk::evaluation::LayerResult {
    decision.layers.iter().find(|layer| layer.layer == Layer::Session).unwrap()
}

#[test]
fn session_policies_are_in_the_evidence_by_their_names() {
    let fixture = "role A/R\n id: Allow on *\n role A/T\n tp: Allow from A";
    let facts = Facts::build(readings(fixture));
    let asked = |policies: &[&str]| ask_in(&facts, limited(policies), "session A/R/ci -> A/T");
    let decision = asked(DENYING);
    assert_eq!(session_layer(&decision).outcome, Outcome::Deny);
    assert_eq!(&*session_layer(&decision).statements[0].policy, "session-1");
    assert_eq!(decision.reason.as_ref().unwrap().layer, Layer::Session);
    let decision = asked(&["Allow s3:*", "Allow sts:*"]);
    assert_eq!(session_layer(&decision).outcome, Outcome::Allow);
    assert_eq!(&*session_layer(&decision).statements[0].policy, "session-1");
    let decision = asked(&["Allow on A/role/Other"]);
    assert_eq!(session_layer(&decision).outcome, Outcome::NoMatch);
    assert_eq!(&*session_layer(&decision).near_misses[0].policy, "session-0");
}

/// Nobody read the endpoint's policy: it can deny, and it can fail to allow.
#[test]
fn behind_an_endpoint_nothing_is_allowed_for_sure() {
    let fixture = "oidc B gitlab.com one
        user A/ann
          id: Allow on *
        role A/R
          id: Allow on *
        role B/T
          tp: Allow from A
          tp: Allow from fed:B/oidc/gitlab.com
        role B/Choice
          tp: Allow from A if StringEquals sts:ExternalId e1";
    let facts = Facts::build(readings(fixture));
    let scenario = || Scenario { endpoint: true, ..Scenario::default() };
    for question in [
        "user A/ann -> B/T",
        "role A/R -> B/T",
        "session A/R/ci -> B/T",
        "token gitlab.com#a?one -> B/T",
        "user A/ann -> B/Choice",
    ] {
        let decision = ask_in(&facts, scenario(), question);
        let text = words(&decision);
        assert!(
            text.starts_with("unknown") || text.starts_with("conditional"),
            "{question}: {text}"
        );
        // Every way to succeed goes through the endpoint.
        for set in &decision.requirements {
            let named = set.iter().any(|each| {
                each.text.contains("endpoint") || each.key.to_lowercase().contains("endpoint")
            });
            assert!(named, "{question}: {set:?}");
        }
    }
}

#[test]
fn behind_an_endpoint_a_denial_stays_one() {
    let fixture = "user A/ann
          id: Allow on *
        user A/bob
        role A/R
          id: Allow on *
        role B/T
          tp: Allow from A/user/ann,A/user/bob
          tp: Deny from * if StringEquals aws:username ann";
    for (question, expected) in [
        ("user A/ann -> B/T", "denied trust explicit"),
        ("user A/bob -> B/T", "denied identity"),
        ("role A/R -> B/T", "denied trust"),
    ] {
        check(fixture, question, expected);
        let scenario = Scenario { endpoint: true, ..Scenario::default() };
        check_in(fixture, scenario, question, expected);
    }
}
