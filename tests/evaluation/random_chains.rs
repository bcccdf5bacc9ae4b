//! Random organizations whose policies look at session tags and source identities, along chains
//! that mostly hold.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Conditions on what a call passes, and on what earlier calls left.
fn condition() -> impl Strategy<Value = String> {
    let operators = || {
        select(vec![
            "StringEquals",
            "StringEquals",
            "StringLike",
            "StringNotEquals",
            "StringNotLike",
            "StringEqualsIgnoreCase",
            "StringEqualsIfExists",
            "StringNotEqualsIfExists",
            "ForAnyValue:StringEquals",
            "ForAllValues:StringEquals",
        ])
    };
    let test = |keys: &'static [&'static str], values: &'static [&'static str]| {
        (operators(), select(keys), vec(select(values), 1..3))
            .prop_map(|(operator, key, values)| format!("{operator} {key} {}", values.join("|")))
    };
    let null = select(vec![
        "aws:RequestTag/team",
        "aws:TagKeys",
        "aws:PrincipalTag/team",
        "sts:TransitiveTagKeys",
        "sts:SourceIdentity",
        "aws:SourceIdentity",
    ]);
    prop_oneof![
        4 => test(&["aws:RequestTag/team", "aws:PrincipalTag/team", "aws:ResourceTag/team"], &[
            "a", "b", "A", "*", "${aws:PrincipalTag/team}", "${aws:RequestTag/team}",
            "${aws:ResourceTag/team}", "${aws:username}",
        ]),
        3 => test(&["sts:SourceIdentity", "aws:SourceIdentity"], &[
            "ann", "bob", "a*", "*", "${aws:SourceIdentity}", "${sts:SourceIdentity}",
            "${aws:username}", "${aws:PrincipalTag/team}",
        ]),
        2 => test(&["aws:TagKeys", "sts:TransitiveTagKeys"], &["team", "env", "TEAM", "t*", "*"]),
        2 => (null, any::<bool>()).prop_map(|(key, absent)| format!("Null {key} {absent}")),
        1 => test(&["sts:RoleSessionName"], &["ci", "${aws:SourceIdentity}", "${aws:PrincipalTag/team}"]),
    ]
}

fn conditions() -> impl Strategy<Value = String> {
    let many = vec(condition(), 1..3).prop_map(|list| format!(" if {}", list.join(" and ")));
    prop_oneof![3 => Just(String::new()), 4 => many]
}

/// What lets tags and source identities through, more or less.
fn actions() -> impl Strategy<Value = &'static str> {
    select(vec![
        "sts:AssumeRole*",
        "sts:AssumeRole*,sts:TagSession",
        "sts:AssumeRole,sts:SetSourceIdentity",
        "sts:AssumeRole*,sts:TagSession,sts:SetSourceIdentity",
        "sts:*",
        "sts:TagSession",
        "sts:SetSourceIdentity",
        "!sts:TagSession",
        "!sts:SetSourceIdentity",
    ])
}

fn statement(principal: Option<&'static str>) -> impl Strategy<Value = String> {
    (any::<u8>(), actions(), conditions(), resource()).prop_map(
        move |(effect, actions, more, resource)| {
            let effect = if effect % 5 == 0 { "Deny" } else { "Allow" };
            // Trust policies have no resources.
            let about = principal.map_or(resource.to_owned(), |from| format!(" from {from}"));
            format!("{effect} {actions}{about}{more}")
        },
    )
}

/// Which roles, told by what sessions carry or calls pass.
fn resource() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        3 => Just(""),
        2 => select(vec![
            " on arn:aws:iam::*:role/${aws:PrincipalTag/team}",
            " on arn:aws:iam::*:role/${aws:PrincipalTag/team}*",
            " on arn:aws:iam::*:role/${aws:RequestTag/team}",
            " on arn:aws:iam::*:role/${aws:SourceIdentity}",
            " on !arn:aws:iam::*:role/${aws:PrincipalTag/team}",
        ]),
    ]
}

fn lines(
    head: &'static str,
    list: impl Strategy<Value = Vec<String>>,
) -> impl Strategy<Value = String> {
    list.prop_map(move |list| {
        let lines: Vec<String> = list.iter().map(|text| format!("  {head}: {text}\n")).collect();
        lines.concat()
    })
}

/// The first of the callers is mostly let in.
fn role(head: &'static str, callers: &'static [&'static str]) -> impl Strategy<Value = String> {
    let first = statement(Some(callers[0]));
    let more = select(callers).prop_flat_map(|from| statement(Some(from)));
    let trust = (first, vec(more, 0..3)).prop_map(|(first, mut more)| {
        more.push(first);
        more
    });
    let identity = prop_oneof![
        2 => Just(vec!["Allow sts:*".to_owned()]),
        1 => statement(None).prop_map(|more| vec!["Allow sts:*".to_owned(), more]),
        2 => vec(statement(None), 1..3),
    ];
    (lines("tp", trust), lines("id", identity))
        .prop_map(move |(trust, identity)| format!("role {head}\n{trust}{identity}"))
}

fn control() -> impl Strategy<Value = String> {
    let place = || select(vec!["/", "/Dev", "B"]);
    let denial = || {
        (actions(), conditions())
            .prop_filter("denies everything", |(actions, more)| {
                !more.is_empty() || !actions.contains("AssumeRole") && !actions.contains('*')
            })
            .prop_map(|(actions, more)| format!("Deny {actions}{more}"))
    };
    let scp = (place(), denial()).prop_map(|(at, text)| format!("scp {at}: {text}\n"));
    let rcp = (place(), denial()).prop_map(|(at, text)| format!("rcp {at}: {text}\n"));
    prop_oneof![
        3 => Just(String::new()),
        1 => scp,
        1 => rcp,
    ]
}

/// One chain over three roles where every call is let through, if its conditions hold.
pub(crate) fn chain() -> impl Strategy<Value = String> {
    let role = |head: &'static str, from: &'static str| {
        let first = (select(THROUGH), conditions())
            .prop_map(move |(actions, more)| format!("Allow {actions} from {from}{more}"));
        let more =
            (any::<bool>(), actions(), conditions()).prop_map(move |(deny, actions, more)| {
                let effect = if deny && !more.is_empty() { "Deny" } else { "Allow" };
                format!("{effect} {actions} from {from}{more}")
            });
        let trust = (first, vec(more, 0..2)).prop_map(|(first, mut more)| {
            more.push(first);
            more
        });
        let on = prop_oneof![2 => Just(""), 1 => resource()];
        (lines("tp", trust), on)
            .prop_map(move |(trust, on)| format!("role {head}\n  id: Allow sts:*{on}\n{trust}"))
    };
    (
        role("A/R tag:team=a", "A/user/ann"),
        role("A/S", "A/role/R"),
        role("B/T tag:team=b", "A/role/S"),
    )
        .prop_map(|(r, s, t)| format!("user A/ann tag:team=ann\n  id: Allow sts:*\n{r}{s}{t}"))
}

/// Several ways from a user to a role, which let different things through.
pub(crate) fn forked() -> impl Strategy<Value = String> {
    let way = |from: &'static str| {
        let through = prop_oneof![1 => Just("sts:AssumeRole"), 3 => select(THROUGH)];
        let when = prop_oneof![2 => Just(String::new()), 1 => conditions()];
        let text = (through, when)
            .prop_map(move |(actions, more)| format!("Allow {actions} from {from}{more}"));
        prop_oneof![1 => Just(Vec::new()), 3 => vec(text, 1..3)]
    };
    let role = |head: &'static str, callers: &'static [&'static str]| {
        let ways: Vec<_> = callers.iter().map(|from| way(from)).collect();
        let trust = ways.prop_map(|ways| ways.concat());
        lines("tp", trust).prop_map(move |trust| format!("role {head}\n  id: Allow sts:*\n{trust}"))
    };
    (
        role("A/R tag:team=a", &["A/user/ann"]),
        role("A/S", &["A/user/ann", "A/role/R"]),
        role("A/U", &["A/role/R", "A/role/S"]),
        role("B/T tag:team=b", &["A/role/R", "A/role/S", "A/role/U"]),
    )
        .prop_map(|(r, s, u, t)| {
            format!("user A/ann tag:team=ann\n  id: Allow sts:*\n{r}{s}{u}{t}")
        })
}

const THROUGH: &[&str] = &[
    "sts:AssumeRole,sts:TagSession",
    "sts:AssumeRole,sts:SetSourceIdentity",
    "sts:*",
    "sts:*",
    "sts:*",
];

/// A user, a token and four roles in two accounts.
pub(crate) fn chained() -> impl Strategy<Value = String> {
    let user = prop_oneof![
        2 => Just(vec!["Allow sts:*".to_owned()]),
        1 => vec(statement(None), 1..3),
    ];
    (
        lines("id", user),
        role(
            "A/R tag:team=a",
            &["A/user/ann,fed:A/oidc/gitlab.com", "A", "A/user/ann,A/role/S", "*"],
        ),
        role("A/S", &["A/role/R", "A", "A/user/ann", "A/session/R/ci"]),
        role("B/T tag:team=b", &["A/role/S,A/role/R", "A", "fed:B/oidc/gitlab.com", "B/role/U"]),
        role("B/U", &["B/role/T", "A/role/S", "B", "A"]),
        control(),
    )
        .prop_map(|(user, r, s, t, u, control)| {
            format!("account A /Dev\naccount B /Prod\noidc A gitlab.com one\noidc B gitlab.com one\nuser A/ann tag:team=ann\n{user}{r}{s}{t}{u}{control}")
        })
}

/// Several roles that the same role lets in, each come to in several ways that let different things
/// through: ways that a search may decide by one of them.
pub(crate) fn gathered() -> impl Strategy<Value = String> {
    let way = || {
        let sources =
            ["A/user/ann", "A/user/bob", "A", "A/role/S", "lambda", "rolesanywhere", "pods.eks"];
        let plain = select(sources.to_vec()).prop_map(|from| ("sts:AssumeRole", from));
        let saml = Just(("sts:AssumeRoleWithSAML", "fed:A/saml/Okta"));
        let token = Just(("sts:AssumeRoleWithWebIdentity", "fed:A/oidc/gitlab.com"));
        let source = prop_oneof![4 => plain, 1 => saml, 1 => token];
        let wide = " if Bool aws:SecureTransport true and IpAddress aws:SourceIp 10.0.0.0/8";
        let narrow = " if Bool aws:SecureTransport true and IpAddress aws:SourceIp 10.1.0.0/16";
        let when = move || select(vec!["", "", wide, narrow]);
        let through = select(vec!["", "", "sts:TagSession", "sts:SetSourceIdentity"]);
        // Not everybody who comes in needs to be let pass something.
        let whose = select(vec!["", "", "A/user/ann", "A"]);
        let all = (source, when(), (through, whose), when());
        all.prop_map(|((action, from), when, (through, whose), other)| {
            let is_service = !from.contains(['/', 'A']);
            let from =
                if is_service { format!("svc:{from}.amazonaws.com") } else { from.to_owned() };
            let mut lines = vec![format!("Allow {action} from {from}{when}")];
            if from.contains("rolesanywhere") || from.contains("pods") {
                lines.push(format!("Allow sts:TagSession,sts:SetSourceIdentity from {from}{when}"));
            }
            if !through.is_empty() {
                let whose = if whose.is_empty() { &*from } else { whose };
                lines.push(format!("Allow {through} from {whose}{other}"));
            }
            lines
        })
    };
    let middle = |head: &'static str| {
        let trust = vec(way(), 1..3).prop_map(|ways| ways.concat());
        lines("tp", trust).prop_map(move |trust| format!("role {head}\n  id: Allow sts:*\n{trust}"))
    };
    let looks = || {
        select(vec![
            "StringEquals aws:PrincipalTag/team a",
            "StringNotEquals aws:PrincipalTag/team a",
            "Null aws:PrincipalTag/team true",
            "StringLike aws:SourceIdentity *",
            "Null aws:SourceIdentity true",
            "StringEquals aws:ResourceTag/team a",
            "StringNotEquals aws:ResourceTag/team b",
            "Null aws:FederatedProvider false",
            "Null aws:FederatedProvider true",
            "StringLike gitlab.com:sub group/*",
            "Null gitlab.com:sub true",
            "StringLike saml:sub *",
        ])
    };
    let last = move |head: &'static str, from: &'static str| {
        let through = select(vec!["sts:AssumeRole", "sts:AssumeRole,sts:TagSession", "sts:*"]);
        let sure = prop_oneof![3 => looks().prop_map(|looks| format!(" if {looks}")), 1 => Just(String::new())];
        (through, sure).prop_map(move |(actions, when)| {
            format!("role {head}\n  id: Allow sts:*\n  tp: Allow {actions} from {from}{when}\n")
        })
    };
    let may = || select(vec!["sts:*", "sts:*", "sts:AssumeRole", "sts:AssumeRole,sts:TagSession"]);
    (
        (middle("A/M"), middle("A/N"), middle("A/O tag:team=a")),
        last("B/T tag:team=b", "A"),
        last("B/U", "B/role/T"),
        (may(), may()),
    )
        .prop_map(|((m, n, o), t, u, (ann, bob))| {
            format!(
                "account A /Dev\naccount B /Prod\noidc A gitlab.com one\nsaml A Okta\n\
                 user A/ann tag:team=ann\n  id: Allow {ann}\nuser A/bob\n  id: Allow {bob}\n\
                 role A/S\n  id: Allow sts:*\n{m}{n}{o}{t}{u}"
            )
        })
}
