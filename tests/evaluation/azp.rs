//! The authorized party of a token, where it is stated (rules W3, W8 and D17).

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

#[test]
fn googles_aud_is_the_audience_without_an_authorized_party() {
    let token = "token accounts.google.com#1234567?backend -> B/T";
    // Whether the token has an `azp` is not stated, but nothing contradicts its absence.
    let stated = google("StringEquals accounts.google.com:sub 1234567");
    check(&stated, token, "allowed");
    check(&google("StringEquals accounts.google.com:sub other"), token, "denied trust");
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
