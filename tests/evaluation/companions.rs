//! The permissions that a stated call needs beside its action (rule T5): each with its
//! verdict, its reason and its layers.

use rolewalk::evaluation::{
    Action, Call, Decision, Layer, Lineage, Outcome, Scenario, rides_along,
};
use rolewalk::org::Facts;

use crate::fixture::{ask, caller, readings, target, words};

const TAGS: &str = "aws:RequestTag/team=x aws:TagKeys=team";

/// Companions as words, in order.
fn companions(decision: &Decision) -> Vec<String> {
    let text = |companion: &rolewalk::evaluation::Companion| {
        let mut text = format!("{} {}", companion.action, companion.verdict);
        if let Some(reason) = &companion.reason {
            text = format!("{text} {}", reason.layer.as_str());
            if reason.explicit {
                text.push_str(" explicit");
            }
        }
        text
    };
    decision.companions.iter().map(text).collect()
}

/// Asserts what a question comes to, and its companions.
#[track_caller]
fn check(fixture: &str, question: &str, expected: &str, beside: &[&str]) -> Decision {
    let decision = ask(&Facts::build(readings(fixture)), question);
    assert_eq!(words(&decision), expected, "{question}\n{fixture}");
    assert_eq!(companions(&decision), beside, "{question}\n{fixture}");
    decision
}

const NOTHING: &[&str] = &[];
const ALLOWED: &[&str] = &["sts:TagSession allowed"];

#[test]
fn a_named_user_of_the_account_needs_no_permission_to_tag() {
    let question = format!("user A/ann -> A/T with {TAGS}");
    let fixture = |actions: &str, more: &str| {
        format!("user A/ann\n {more}\n role A/T\n tp: Allow {actions} from A/user/ann")
    };
    let both = "sts:AssumeRole,sts:TagSession";
    check(&fixture(both, ""), &question, "allowed", ALLOWED);
    check(&fixture(both, ""), "user A/ann -> A/T", "allowed", NOTHING);
    let one = &["sts:TagSession denied trust"];
    check(&fixture("sts:AssumeRole", ""), &question, "denied trust", one);
    check(&fixture("sts:AssumeRole", "id: Allow *"), &question, "denied trust", one);
    check(&fixture("sts:AssumeRole", ""), "user A/ann -> A/T", "allowed", NOTHING);
    // The action fails and the permission does not.
    check(&fixture("sts:TagSession", ""), &question, "denied trust", ALLOWED);
}

#[test]
fn a_named_account_leaves_tags_to_the_identity_policies() {
    let question = format!("user A/ann -> A/T with {TAGS}");
    let fixture = |identity: &str| {
        format!(
            "user A/ann\n id: Allow {identity}\n role A/T\n tp: Allow sts:AssumeRole,sts:TagSession from A"
        )
    };
    check(&fixture("sts:AssumeRole,sts:TagSession"), &question, "allowed", ALLOWED);
    check(
        &fixture("sts:AssumeRole"),
        &question,
        "denied identity",
        &["sts:TagSession denied identity"],
    );
    check(&fixture("sts:TagSession"), &question, "denied identity", ALLOWED);
}

/// Case 47.
#[test]
fn across_accounts_both_sides_must_let_tags_pass() {
    let question = format!("role A/R -> B/T with {TAGS}");
    let fixture = |identity: &str, trust: &str| {
        format!("role A/R\n id: Allow {identity}\n role B/T\n tp: Allow {trust} from A/role/R")
    };
    let (one, both) = ("sts:AssumeRole", "sts:AssumeRole,sts:TagSession");
    let trust = &["sts:TagSession denied trust"];
    let decision = check(&fixture("sts:*", one), &question, "denied trust", trust);
    // The action by itself is fine, and the evidence says so.
    let layer = |layers: &[rolewalk::evaluation::LayerResult], which| {
        layers.iter().find(|each| each.layer == which).unwrap().clone()
    };
    assert_eq!(layer(&decision.layers, Layer::Trust).outcome, Outcome::Allow);
    let companion = &decision.companions[0];
    let blocked = layer(&companion.layers, Layer::Trust);
    assert_eq!(blocked.outcome, Outcome::NoMatch);
    assert_eq!(blocked.near_misses.len(), 1);
    assert_eq!(layer(&companion.layers, Layer::Identity).outcome, Outcome::Allow);
    let reason = decision.reason.as_ref().unwrap();
    assert!(reason.text.contains("sts:TagSession"), "{}", reason.text);
    let identity = &["sts:TagSession denied identity"];
    check(&fixture(one, both), &question, "denied identity", identity);
    check(&fixture(both, both), &question, "allowed", ALLOWED);
    check(&fixture(one, one), "role A/R -> B/T", "allowed", NOTHING);
    let session = format!("session A/R/ci -> B/T with {TAGS}");
    check(&fixture("sts:*", one), &session, "denied trust", trust);
    check(&fixture(both, both), &session, "allowed", ALLOWED);
}

#[test]
fn every_layer_can_stop_a_companion() {
    let question = format!("role A/R -> B/T with {TAGS}");
    let fixture = |caller: &str, more: &str| {
        format!(
            "role A/R\n {caller}\n role B/T\n tp: Allow sts:AssumeRole,sts:TagSession from A/role/R\n {more}"
        )
    };
    let all = "id: Allow sts:*";
    for (caller, more, layer) in [
        ("id: Allow sts:*\n pb: Allow sts:AssumeRole", "", "boundary"),
        ("id: Allow sts:*\n pb: Allow *\n pb: Deny sts:TagSession", "", "boundary explicit"),
        ("id: Allow sts:*\n id: Deny sts:TagSession", "", "identity explicit"),
        (all, "tp: Deny sts:TagSession from *", "trust explicit"),
        (all, "scp /OuA: Deny sts:TagSession", "scp explicit"),
        (all, "without FullAWSAccess A\n scp A: Allow sts:AssumeRole", "scp"),
        (all, "rcp B: Deny sts:TagSession", "rcp explicit"),
        (all, "rcp /: Deny sts:TagSession if StringEquals aws:RequestTag/team x", "rcp explicit"),
    ] {
        let denied = format!("denied {layer}");
        let beside = format!("sts:TagSession {denied}");
        check(&fixture(caller, more), &question, &denied, &[&beside]);
        check(&fixture(caller, more), "role A/R -> B/T", "allowed", NOTHING);
    }
    let elsewhere = fixture(all, "scp /OuB: Deny sts:TagSession\n rcp /OuA: Deny sts:TagSession");
    check(&elsewhere, &question, "allowed", ALLOWED);
    // A boundary caps what a role is given by its ARN in its own account as well.
    let own = "role A/R\n pb: Allow sts:AssumeRole\n role A/T\n tp: Allow sts:* from A/role/R";
    let beside = &["sts:TagSession denied boundary"];
    check(own, &format!("role A/R -> A/T with {TAGS}"), "denied boundary", beside);
}

#[test]
fn a_source_identity_needs_a_permission_of_its_own() {
    let fixture = |identity: &str, trust: &str| {
        format!(
            "user A/ann\n id: Allow {identity}\n role A/R\n id: Allow {identity}\n role B/T\n tp: Allow {trust} from A"
        )
    };
    for caller in ["user A/ann", "role A/R", "session A/R/ci"] {
        let question = format!("{caller} -> B/T with sts:SourceIdentity=ann");
        let (one, both) = ("sts:AssumeRole", "sts:AssumeRole,sts:SetSourceIdentity");
        let allowed = &["sts:SetSourceIdentity allowed"];
        check(&fixture(both, both), &question, "allowed", allowed);
        let trust = &["sts:SetSourceIdentity denied trust"];
        check(&fixture(both, one), &question, "denied trust", trust);
        let identity = &["sts:SetSourceIdentity denied identity"];
        check(&fixture(one, both), &question, "denied identity", identity);
        check(&fixture(one, one), &format!("{caller} -> B/T"), "allowed", NOTHING);
        let tagged = "sts:AssumeRole,sts:TagSession";
        check(&fixture("sts:*", tagged), &question, "denied trust", trust);
    }
}

#[test]
fn context_assertions_need_a_permission_of_their_own() {
    let key = "sts:RequestContext/identitystore:UserId=u1";
    let fixture = |identity: &str, trust: &str| {
        format!(
            "user A/ann\n id: Allow {identity}\n role A/R\n id: Allow {identity}\n role A/T\n tp: Allow {trust} from A"
        )
    };
    for caller in ["user A/ann", "role A/R"] {
        let question = format!("{caller} -> A/T with {key}");
        let both = "sts:AssumeRole,sts:SetContext";
        check(&fixture(both, both), &question, "allowed", &["sts:SetContext allowed"]);
        let trust = &["sts:SetContext denied trust"];
        check(&fixture("sts:*", "sts:AssumeRole"), &question, "denied trust", trust);
        let identity = &["sts:SetContext denied identity"];
        check(&fixture("sts:AssumeRole", both), &question, "denied identity", identity);
    }
}

#[test]
fn tokens_need_the_trust_policy_alone() {
    let fixture = |actions: &str, more: &str| {
        format!(
            "oidc B gitlab.com one\n role B/T\n tp: Allow sts:AssumeRoleWithWebIdentity{actions} from fed:B/oidc/gitlab.com if StringEquals gitlab.com:sub a\n {more}"
        )
    };
    let token = "token gitlab.com#a?one -> B/T";
    let tagged = format!("{token} with {TAGS}");
    check(&fixture(",sts:TagSession", ""), &tagged, "allowed", ALLOWED);
    check(&fixture(",sts:TagSession", "scp /: Deny sts:*"), &tagged, "allowed", ALLOWED);
    let trust = &["sts:TagSession denied trust"];
    check(&fixture("", ""), &tagged, "denied trust", trust);
    check(&fixture("", ""), token, "allowed", NOTHING);
    let rcp = "rcp /OuB: Deny sts:TagSession";
    let beside = &["sts:TagSession denied rcp explicit"];
    check(&fixture(",sts:TagSession", rcp), &tagged, "denied rcp explicit", beside);
    let named = format!("{token} with sts:SourceIdentity=ann");
    let allowed = &["sts:SetSourceIdentity allowed"];
    check(&fixture(",sts:SetSourceIdentity", ""), &named, "allowed", allowed);
    let trust = &["sts:SetSourceIdentity denied trust"];
    check(&fixture(",sts:TagSession", ""), &named, "denied trust", trust);
    // The audience is checked for all of it.
    let other = format!("token gitlab.com#a?two -> B/T with {TAGS}");
    let decision = ask(&Facts::build(readings(&fixture(",sts:TagSession", ""))), &other);
    assert_eq!(words(&decision), "denied provider");
}

/// The trap of control policies on everything: what rides along is hit as well.
#[test]
fn a_control_policy_on_everything_hits_the_companions_of_tokens() {
    let fixture = "oidc B gitlab.com one
        role B/T
          tp: Allow sts:AssumeRoleWithWebIdentity,sts:TagSession from fed:B/oidc/gitlab.com if StringEquals gitlab.com:sub a
        rcp /: Deny sts:AssumeRole,sts:TagSession if StringNotEqualsIfExists aws:PrincipalOrgID o-exampleorg";
    let token = "token gitlab.com#a?one -> B/T";
    check(fixture, token, "allowed", NOTHING);
    let beside = &["sts:TagSession denied rcp explicit"];
    check(fixture, &format!("{token} with {TAGS}"), "denied rcp explicit", beside);
}

#[test]
fn several_companions_are_all_needed() {
    let fixture = |actions: &str| {
        format!("role A/R\n role A/T\n tp: Allow sts:AssumeRole{actions} from A/role/R")
    };
    let question = format!("role A/R -> A/T with {TAGS} sts:SourceIdentity=ann");
    check(
        &fixture(",sts:TagSession,sts:SetSourceIdentity"),
        &question,
        "allowed",
        &["sts:TagSession allowed", "sts:SetSourceIdentity allowed"],
    );
    check(
        &fixture(",sts:TagSession"),
        &question,
        "denied trust",
        &["sts:TagSession allowed", "sts:SetSourceIdentity denied trust"],
    );
    check(
        &fixture(",sts:SetSourceIdentity"),
        &question,
        "denied trust",
        &["sts:TagSession denied trust", "sts:SetSourceIdentity allowed"],
    );
}

#[test]
fn companions_have_conditions_of_their_own() {
    let fixture = |main: &str, tags: &str| {
        format!(
            "user A/ann\n role A/T\n tp: Allow sts:AssumeRole from A/user/ann{main}\n tp: Allow sts:TagSession from A/user/ann{tags}"
        )
    };
    let question = format!("user A/ann -> A/T with {TAGS}");
    let open = &["sts:TagSession conditional"];
    let id = |id: &str| format!(" if StringEquals sts:ExternalId {id}");
    check(&fixture("", &id("e1")), &question, "conditional caller-choice", open);
    check(&fixture(&id("e1"), &id("e1")), &question, "conditional caller-choice", open);
    // No external id is both.
    let decision = ask(&Facts::build(readings(&fixture(&id("e1"), &id("e2")))), &question);
    assert!(words(&decision).starts_with("denied"));
    let by_value = |value: &str| format!(" if StringEquals aws:RequestTag/team {value}");
    check(&fixture("", &by_value("x")), &question, "allowed", ALLOWED);
    let trust = &["sts:TagSession denied trust"];
    check(&fixture("", &by_value("y")), &question, "denied trust", trust);
    let by_key = " if ForAllValues:StringEquals aws:TagKeys team";
    check(&fixture("", by_key), &question, "allowed", ALLOWED);
    let more = format!("{question} aws:RequestTag/env=y aws:TagKeys=env");
    check(&fixture("", by_key), &more, "denied trust", trust);
}

/// A permission may look at something else that is passed, which takes one too.
#[test]
fn what_a_permission_asks_for_needs_its_own() {
    let tags = "Allow sts:TagSession from A/role/R if StringEquals sts:SourceIdentity ann";
    let asked = "sts:TagSession conditional";
    let cases = [
        ("", "denied trust", "sts:SetSourceIdentity denied trust"),
        (
            "Allow sts:SetSourceIdentity from A/role/R",
            "conditional caller-choice",
            "sts:SetSourceIdentity allowed",
        ),
        (
            "Allow sts:SetSourceIdentity from A/role/R if StringEquals aws:RequestTag/env x",
            "conditional caller-choice",
            "sts:SetSourceIdentity conditional",
        ),
        (
            "Allow sts:SetSourceIdentity from A/role/R if Null aws:RequestTag/team true",
            "denied trust",
            "sts:SetSourceIdentity conditional",
        ),
    ];
    for (permission, expected, beside) in cases {
        let fixture = format!(
            "role A/R
             role A/T
               tp: Allow sts:AssumeRole from A/role/R if StringEquals aws:RequestTag/team a
               tp: {tags}
               {}",
            if permission.is_empty() { String::new() } else { format!("tp: {permission}") }
        );
        check(&fixture, "role A/R -> A/T", expected, &[asked, beside]);
    }
}

/// What is stated as absent is not passed, and what is asked for is no companion of itself.
#[test]
fn what_is_not_passed_needs_nothing() {
    let fixture = "role A/R\n role A/T\n tp: Allow sts:AssumeRole from A/role/R";
    for absent in ["aws:RequestTag/team=", "aws:TagKeys=", "sts:SourceIdentity="] {
        check(fixture, &format!("role A/R -> A/T with {absent}"), "allowed", NOTHING);
    }
    let question = format!("role A/R -> A/T as sts:TagSession with {TAGS}");
    check(fixture, &question, "denied trust", NOTHING);
}

/// Services that pass tags in every call (rule T6).
#[test]
fn what_services_pass_always() {
    let all = "sts:AssumeRole,sts:TagSession,sts:SetSourceIdentity";
    for (service, actions, expected) in [
        ("pods.eks.amazonaws.com", "sts:AssumeRole", "denied trust"),
        ("pods.eks.amazonaws.com", "sts:AssumeRole,sts:TagSession", "allowed"),
        ("rolesanywhere.amazonaws.com", "sts:AssumeRole,sts:TagSession", "denied trust"),
        ("rolesanywhere.amazonaws.com", all, "allowed"),
        ("lambda.amazonaws.com", "sts:AssumeRole", "allowed"),
    ] {
        let fixture = format!("role B/T\n tp: Allow {actions} from svc:{service}");
        crate::fixture::check(&fixture, &format!("service {service} -> B/T"), expected);
    }
}

/// Whether what takes another permission succeeds wherever the call itself does.
#[test]
fn what_rides_along_with_a_call_is_told_where_that_does_not_depend() {
    let fixture = "user A/ann
          id: Allow sts:*
        role A/None
          tp: Allow sts:AssumeRole from A/user/ann
        role A/Tags
          tp: Allow sts:AssumeRole,sts:TagSession from A/user/ann if Bool aws:MultiFactorAuthPresent true
        role A/Some
          tp: Allow sts:AssumeRole from A/user/ann
          tp: Allow sts:TagSession from A/user/ann if Bool aws:MultiFactorAuthPresent true
        role A/Asked
          tp: Allow sts:AssumeRole,sts:TagSession from A/user/ann if StringEquals aws:RequestTag/team a";
    let facts = Facts::build(readings(fixture));
    let ann = caller(&facts, "user A/ann");
    for (role, tags) in
        [("None", Some(false)), ("Tags", Some(true)), ("Some", None), ("Asked", Some(true))]
    {
        let role_of = target(&facts, &format!("A/{role}"));
        let call = Call {
            caller: &ann,
            target: &role_of,
            action: ann.action(),
            scenario: &Scenario::default(),
            lineage: &Lineage::Unknown,
            hop: 1,
        };
        let found = [Action::TagSession, Action::SetSourceIdentity]
            .map(|action| rides_along(&facts, &call, action));
        assert_eq!(found, [tags, Some(false)], "{role}");
    }
}

/// A tag that the caller's session hands on can't be passed with another value, be it in one call
/// alone (rule C4).
#[test]
fn an_inherited_tag_keeps_its_value_in_a_single_call() {
    let fixture = |of_role: &str, passed: &str| {
        format!(
            "user A/ann\n role A/R\n id: Allow sts:*\n tp: Allow sts:* from A/user/ann
             role B/T tag:team=x
             tp: Allow sts:* from A/role/R if StringEquals aws:ResourceTag/team {of_role} and StringEquals aws:RequestTag/team {passed}"
        )
    };
    for (of_role, passed, expected) in [
        ("a", "b", "denied trust"),
        ("a", "a", "conditional caller-choice caller-state"),
        ("x", "b", "conditional caller-choice caller-state"),
    ] {
        crate::fixture::check(&fixture(of_role, passed), "role A/R -> B/T", expected);
    }
}

/// What a bearer is assumed not to hold is said (caveat V3).
#[test]
fn what_tokens_and_assertions_are_assumed_to_hold_is_said() {
    let fixture = "saml B Okta\noidc B gitlab.com one\nuser B/ann\n id: Allow sts:*\nrole B/T
        tp: Allow from fed:B/saml/Okta
        tp: Allow from fed:B/oidc/gitlab.com if StringEquals gitlab.com:sub x
        tp: Allow from B/user/ann";
    for (caller, said) in [
        ("saml B/Okta", Some("session tags")),
        ("token gitlab.com#x?one", Some("session tags")),
        ("user B/ann", None),
    ] {
        let facts = rolewalk::org::Facts::build(crate::fixture::readings(fixture));
        let decision = crate::fixture::ask(&facts, &format!("{caller} -> B/T"));
        let caveat = decision.caveats.iter().find(|caveat| caveat.id == "V3");
        assert_eq!(caveat.is_some(), said.is_some(), "{caller}");
        assert!(caveat.is_none_or(|caveat| caveat.text.contains(said.unwrap())), "{caller}");
    }
}
