//! Random small organizations, as fixtures.

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// The keys that conditions are made of.
pub(crate) const KEYS: [&str; 25] = [
    "aws:CurrentTime",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalTag/team",
    "aws:RequestTag/team",
    "aws:ResourceAccount",
    "aws:ResourceOrgPaths",
    "aws:ResourceTag/team",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceIdentity",
    "aws:SourceIp",
    "aws:TagKeys",
    "aws:userid",
    "aws:username",
    "gitlab.com:aud",
    "gitlab.com:sub",
    "saml:sub",
    "sts:ExternalId",
    "sts:RoleSessionName",
    "sts:SourceIdentity",
    "sts:TransitiveTagKeys",
];

fn operator(base: &'static [&'static str]) -> impl Strategy<Value = String> {
    (select(vec!["", "", "", "", "ForAllValues:", "ForAnyValue:"]), select(base), any::<u8>())
        .prop_map(|(qualifier, base, more)| {
            let if_exists = if more % 4 == 0 { "IfExists" } else { "" };
            format!("{qualifier}{base}{if_exists}")
        })
}

const STRINGS: &[&str] =
    &["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"];
const ARNS: &[&str] = &["ArnLike", "ArnNotLike", "ArnEquals", "StringLike", "StringNotEquals"];

fn test(
    operators: &'static [&'static str],
    keys: &'static [&'static str],
    values: &'static [&'static str],
) -> BoxedStrategy<String> {
    (operator(operators), select(keys), vec(select(values), 1..3))
        .prop_map(|(operator, key, values)| format!("{operator} {key} {}", values.join("|")))
        .boxed()
}

fn condition() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => test(STRINGS, &["sts:ExternalId", "sts:RoleSessionName"], &[
            "e1", "e2", "e*", "ci", "ann", "*", "x", "${*}", "${aws:username}",
            "${aws:PrincipalTag/team}", "${aws:PrincipalTag/team,'ci'}", "c?",
        ]),
        2 => test(&["IpAddress", "NotIpAddress"], &["aws:SourceIp"], &[
            "10.0.0.0/8", "10.1.0.0/16", "203.0.113.5", "192.168.0.0/16", "0.0.0.0/0", "ten",
        ]),
        2 => test(&["Bool"], &["aws:MultiFactorAuthPresent", "aws:SecureTransport"], &[
            "true", "false", "${aws:SecureTransport}",
        ]),
        1 => test(STRINGS, &["aws:PrincipalOrgID", "aws:SourceAccount", "aws:PrincipalAccount"], &[
            "o-exampleorg", "o-other", "o-*", "111111111111", "${aws:ResourceAccount}",
        ]),
        3 => test(ARNS, &["aws:PrincipalArn"], &[
            "A/role/R", "arn:aws:iam::*:role/*", "A/user/ann", "A/role/team/*", "*",
            "arn:aws:iam::{A}:*", "arn:aws:iam::*:user/${aws:username}",
        ]),
        3 => test(STRINGS, &["aws:PrincipalTag/team", "aws:RequestTag/team", "aws:ResourceTag/team"], &[
            "a", "b", "ann", "${aws:PrincipalTag/team}", "*", "A",
        ]),
        2 => test(STRINGS, &["aws:TagKeys"], &["team", "env", "t*"]),
        1 => test(STRINGS, &["aws:PrincipalOrgPaths", "aws:ResourceOrgPaths"], &[
            "o-exampleorg/r-ab12/*", "o-exampleorg/r-ab12/ou-ab12-dev/", "o-other/*",
        ]),
        1 => test(STRINGS, &["aws:username", "saml:sub"], &["ann", "a*", "x"]),
        1 => test(STRINGS, &["aws:userid"], &["AIDAAANN", "AROAAR:*", "AROAAR:ci", "*:ci", "AROA*"]),
        1 => test(&["DateLessThan", "DateGreaterThan"], &["aws:CurrentTime"], &[
            "2026-01-01T00:00:00Z", "2028-01-01T00:00:00Z",
        ]),
        2 => test(STRINGS, &["gitlab.com:sub", "gitlab.com:aud"], &[
            "group/a", "group/*", "one", "two", "*", "${gitlab.com:sub}",
        ]),
        1 => test(&["ArnLike", "ArnNotLike"], &["sts:RoleSessionName", "aws:PrincipalArn"], &["ci", "A/role/*"]),
        2 => (select(&KEYS[..]), any::<bool>()).prop_map(|(key, absent)| format!("Null {key} {absent}")),
    ]
}

fn conditions() -> impl Strategy<Value = String> {
    let many = vec(condition(), 1..3).prop_map(|list| format!(" if {}", list.join(" and ")));
    prop_oneof![2 => Just(String::new()), 5 => many]
}

fn effect() -> impl Strategy<Value = &'static str> {
    select(vec!["Allow", "Allow", "Allow", "Deny"])
}

fn action() -> impl Strategy<Value = &'static str> {
    select(vec![
        "",
        "",
        "",
        "",
        "sts:*",
        "*",
        "sts:assumerole*",
        "sts:AssumeRole,sts:TagSession",
        "!sts:TagSession",
        "!s3:*",
        "s3:*",
        "sts:AssumeRoleWith*",
    ])
}

fn trust() -> impl Strategy<Value = String> {
    let principal = select(vec![
        "*",
        "aws:*",
        "A",
        "B",
        "M",
        "aws:{A}",
        "A/role/R",
        "A/role/team/S",
        "B/role/T",
        "M/role/Q",
        "A/user/ann",
        "A/user/Ann",
        "A/session/R/ci",
        "A/session/S/x",
        "A/role/R,A/user/ann",
        "aws:AROAAR",
        "aws:AROANOBODY",
        "fed:B/oidc/gitlab.com",
        "fed:B/oidc/gitlab.com",
        "fed:A/oidc/gitlab.com",
        "svc:lambda.amazonaws.com",
        "svc:rolesanywhere.amazonaws.com",
        "svc:pods.eks.amazonaws.com",
        "A/role/*",
        "!A/role/R",
        "!A,A/user/ann",
        "!A",
        "!A,A/role/R,A/session/R/ci",
        "X",
        "X/role/V",
        "C",
        "C/user/c",
        "fed:B/saml/Okta",
    ]);
    (effect(), action(), principal, conditions()).prop_map(|(effect, action, principal, more)| {
        format!("{effect} {action} from {}{more}", crate::fixture::expand(principal))
    })
}

fn identity() -> impl Strategy<Value = String> {
    let resource = select(vec![
        "",
        "",
        "",
        " on *",
        " on B/role/*",
        " on A/role/R,B/role/T",
        " on arn:aws:iam::*:role/T",
        " on !A/role/*",
        " on !B/role/T",
        " on arn:aws:iam::*",
        " on A/role/S",
        " on A/role/team/${aws:PrincipalTag/team}",
        " on arn:aws:iam::*:role/${aws:username}*",
    ]);
    (effect(), action(), resource, conditions())
        .prop_map(|(effect, action, resource, more)| format!("{effect} {action}{resource}{more}"))
}

fn lines(
    head: &'static str,
    statements: impl Strategy<Value = String> + 'static,
    at_most: usize,
) -> BoxedStrategy<String> {
    vec(statements, 0..=at_most)
        .prop_map(move |list| {
            let lines: Vec<String> =
                list.into_iter().map(|text| format!("  {head}: {text}\n")).collect();
            lines.concat()
        })
        .boxed()
}

fn boundary() -> BoxedStrategy<String> {
    prop_oneof![3 => Just(String::new()), 1 => lines("pb", identity(), 2)].boxed()
}

fn control() -> impl Strategy<Value = String> {
    let places = select(vec!["/", "/Dev", "A", "/Prod", "B", "/Dev,B"]);
    let scp = (places.clone(), identity()).prop_map(|(at, text)| format!("scp {at}: {text}\n"));
    let rcp = (places, identity())
        .prop_map(|(at, text)| format!("rcp {at}: {}\n", text.replacen("Allow", "Deny", 1)));
    let without =
        select(vec!["", "", "", "", "without FullAWSAccess A\n", "without FullAWSAccess /Dev\n"]);
    (vec(scp, 0..2), vec(rcp, 0..2), without)
        .prop_map(|(scps, rcps, without)| format!("{}{}{without}", scps.concat(), rcps.concat()))
}

/// A user, a group, four roles in three accounts, a provider, and policies at random.
pub(crate) fn organization() -> impl Strategy<Value = String> {
    let role = |name: &'static str| {
        (lines("tp", trust(), 3), lines("id", identity(), 2), boundary()).prop_map(
            move |(trust, identity, boundary)| format!("role {name}\n{trust}{identity}{boundary}"),
        )
    };
    let user = (lines("id", identity(), 2), lines("id", identity(), 1), boundary()).prop_map(
        |(own, group, boundary)| {
            format!("group A/devs\n{group}user A/ann tag:team=ann groups=devs\n{own}{boundary}")
        },
    );
    (user, role("A/R tag:team=a"), role("A/team/S"), role("B/T tag:team=b"), role("M/Q"), control())
        .prop_map(|(user, r, s, t, q, control)| {
            format!("account A /Dev\naccount B /Prod\noidc B gitlab.com one,two\nsaml B Okta\n{user}{r}{s}{t}{q}{control}")
        })
}

/// Accounts with the same roles, and users, but for tags and what a text says of its own account:
/// much of it can't be told apart, and some of it only just.
pub(crate) fn alike() -> impl Strategy<Value = String> {
    let trust = prop_oneof![
        3 => trust(),
        3 => (effect(), action(), select(vec!["*", "aws:*", "OWN", "OWN,A", "aws:*,A/role/R"]), conditions())
            .prop_map(|(effect, action, from, more)| format!("{effect} {action} from {from}{more}")),
        2 => (select(vec!["*", "OWN", "aws:*"]), select(vec![
            "StringEquals aws:PrincipalTag/team ${aws:ResourceTag/team}",
            "StringEquals aws:PrincipalTag/team a",
            "StringEquals aws:PrincipalTag/team a|b and StringEquals aws:PrincipalOrgID o-exampleorg",
            "ArnLike aws:PrincipalArn arn:aws:iam::*:role/R*",
            "ArnLike aws:PrincipalArn arn:aws:iam::{A}:role/*|arn:aws:iam::*:user/ann",
            "StringLike aws:PrincipalArn arn:aws:iam::*:role/S",
            "StringEquals aws:PrincipalArn arn:aws:iam::{B}:role/R",
            "StringEquals aws:PrincipalAccount {A}",
            "StringEquals aws:PrincipalAccount ${aws:ResourceAccount}",
            "ForAnyValue:StringLike aws:PrincipalOrgPaths o-exampleorg/r-ab12/ou-ab12-dev/*",
            "StringNotEquals aws:PrincipalTag/team b",
            "ArnNotLike aws:PrincipalArn arn:aws:iam::*:role/S",
        ])).prop_map(|(from, when)| format!("Allow sts:AssumeRole from {from} if {when}")),
    ];
    let identity = prop_oneof![
        3 => identity(),
        3 => select(vec![
            "Allow sts:AssumeRole on *",
            "Allow sts:* on arn:aws:iam::OWN:role/*",
            "Allow sts:AssumeRole on arn:aws:iam::*:role/R",
            "Allow sts:AssumeRole on arn:aws:iam::*:role/S*,A/role/R",
            "Allow sts:AssumeRole on * if StringEquals aws:ResourceTag/team a",
            "Deny sts:AssumeRole on B/role/R",
            "Allow * on *",
        ]).prop_map(str::to_owned),
    ];
    let role = (
        vec(trust, 1..3),
        vec(identity, 0..2),
        boundary(),
        vec(select(vec!["", "", " tag:team=a", " tag:team=b"]), 4),
    );
    let user = vec(select(vec!["", " tag:team=a", " tag:team=b"]), 4);
    (vec(role, 2..4), user, control()).prop_map(|(roles, users, control)| {
        let mut text =
            "account A /Dev\naccount B /Prod\noutside X\noidc B gitlab.com one,two\nsaml B Okta\n"
                .to_owned();
        for (at, own) in ["A", "B", "M", "X"].into_iter().enumerate() {
            let id = crate::fixture::account_id(own).unwrap();
            let here = |text: &str| {
                let text = text.replace(" OWN", &format!(" {own}")).replace("OWN", id);
                crate::fixture::expand(&text)
            };
            let _ = writeln!(text, "user {own}/ann{}\n  id: Allow sts:AssumeRole on *", users[at]);
            for (name, (trust, identity, boundary, tags)) in ["R", "S", "T"].into_iter().zip(&roles)
            {
                let _ = writeln!(text, "role {own}/{name}{}", tags[at]);
                for line in trust {
                    let _ = writeln!(text, "  tp: {}", here(line));
                }
                for line in identity {
                    let _ = writeln!(text, "  id: {}", here(line));
                }
                text += boundary;
            }
        }
        text + &control
    })
}
