//! What is asked of tokens beside their subject: audience, authorized party, and the rule of shared
//! issuers (rules W3, W6, W8 and D17).

use rolewalk::answer;
use rolewalk::evaluation::{Scenario, Verdict};

use crate::brute::graph;
use crate::fixture::check;

const GOOGLE: &str = "token accounts.google.com#1234567?backend&azp=client -> B/T";

fn google(condition: &str) -> String {
    format!("role B/T\n tp: Allow from fed:accounts.google.com if {condition}")
}

/// For Google the key `aud` is the authorized party, and the audience is `oaud`.
#[test]
fn googles_aud_is_the_authorized_party() {
    for (condition, expected) in [
        ("StringEquals accounts.google.com:aud client", "allowed"),
        ("StringEquals accounts.google.com:aud backend", "denied trust"),
        ("StringEquals accounts.google.com:oaud backend", "allowed"),
        ("StringEquals accounts.google.com:oaud client", "denied trust"),
        (
            "StringEquals accounts.google.com:aud client and StringEquals accounts.google.com:oaud backend",
            "allowed",
        ),
        ("StringNotEquals accounts.google.com:aud client", "denied trust"),
    ] {
        check(&google(condition), GOOGLE, expected);
    }
}

/// Tokens of Google mostly have one, so where none is stated nobody knows what is compared.
#[test]
fn without_a_stated_party_it_is_open_what_google_compares() {
    let token = "token accounts.google.com#1234567?backend -> B/T";
    check(&google("StringEquals accounts.google.com:sub 1234567"), token, "allowed");
    check(&google("StringEquals accounts.google.com:sub other"), token, "denied trust");
    for audience in ["backend", "client"] {
        let asked = google(&format!("StringEquals accounts.google.com:aud {audience}"));
        check(&asked, token, "conditional token-claim");
    }
}

/// A party that is stated of all calls counts in searches as it does in one call.
#[test]
fn a_party_that_is_stated_of_all_calls_is_found_by_searches() {
    let text = google("StringEquals accounts.google.com:aud client");
    let graph = graph(&format!("account B /Prod\n{text}"));
    let verdicts = |party: &str| {
        let keys = [("accounts.google.com:azp".to_owned(), vec![party.to_owned()])];
        let scenario = Scenario { keys: keys.into(), of_all: true, ..Scenario::default() };
        let graph = graph.under_scenario(scenario);
        let source = "oidc:accounts.google.com#1234567?aud=backend";
        let found = answer::reach(&graph, source, answer::Limits::LIST).unwrap();
        found.targets.iter().map(|row| row.verdict).collect::<Vec<_>>()
    };
    assert_eq!(verdicts("client"), [Verdict::Allowed]);
    assert_eq!(verdicts("other"), []);
}

/// An issuer that nobody knows may send one: what the audience alone tells is not certain.
#[test]
fn an_unknown_issuer_may_name_a_party_where_none_is_stated() {
    let fixture =
        "oidc B idp.example.com one\n role B/T\n tp: Allow from fed:B/oidc/idp.example.com";
    for (claims, expected) in [
        ("?one", "conditional ambiguous-rule"),
        ("?two", "conditional ambiguous-rule"),
        ("?one&azp=one", "allowed"),
        ("?two&azp=two", "denied provider"),
        ("", "allowed"),
    ] {
        check(fixture, &format!("token idp.example.com#a{claims} -> B/T"), expected);
    }
    // Tokens of CI systems hold none.
    let fixture = fixture.replace("idp.example.com", "gitlab.com");
    let fixture = format!("{fixture} if StringEquals gitlab.com:sub a");
    check(&fixture, "token gitlab.com#a?one -> B/T", "allowed");
    check(&fixture, "token gitlab.com#a?two -> B/T", "denied provider");
}

/// Elsewhere no page says which of the two is compared with the provider's list.
#[test]
fn of_other_issuers_both_in_the_list_are_fine() {
    let fixture = "oidc B gitlab.com one,two\n role B/T\n tp: Allow from fed:B/oidc/gitlab.com if StringEquals gitlab.com:sub a";
    for azp in ["one", "two"] {
        check(fixture, &format!("token gitlab.com#a?one&azp={azp} -> B/T"), "allowed");
    }
}

#[test]
fn of_other_issuers_neither_in_the_list_is_refused() {
    let fixture = "oidc B gitlab.com one,two\n role B/T\n tp: Allow from fed:B/oidc/gitlab.com if StringEquals gitlab.com:sub a";
    for azp in ["x", "y", "One"] {
        check(fixture, &format!("token gitlab.com#a?x&azp={azp} -> B/T"), "denied provider");
    }
}

#[test]
fn of_other_issuers_one_in_the_list_is_left_open() {
    let fixture = "oidc B gitlab.com one,two\n role B/T\n tp: Allow from fed:B/oidc/gitlab.com if StringEquals gitlab.com:sub a";
    check(fixture, "token gitlab.com#a?one&azp=x -> B/T", "conditional ambiguous-rule");
    check(fixture, "token gitlab.com#a?x&azp=one -> B/T", "conditional ambiguous-rule");
    // A policy that denies is read all the same, as soon as the list is passed in one reading.
    check(fixture, "token gitlab.com#b?x&azp=one -> B/T", "denied trust");
}

/// Whether STS counts a test that anything passes as one is not documented (rule W6).
#[test]
fn a_subject_that_may_be_anything_leaves_the_rule_of_shared_issuers_open() {
    let token = "token app.terraform.io#organization:acme:x?one -> B/T";
    for (condition, expected) in [
        ("StringLike app.terraform.io:sub organization:acme:*", "allowed"),
        ("StringLike app.terraform.io:sub *", "conditional ambiguous-rule"),
        ("Null app.terraform.io:sub false", "conditional ambiguous-rule"),
        ("StringEquals app.terraform.io:aud one", "denied sts"),
    ] {
        let fixture = format!(
            "oidc B app.terraform.io one\nrole B/T\n tp: Allow from fed:B/oidc/app.terraform.io if {condition}"
        );
        check(&fixture, token, expected);
    }
}
