#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use super::markdown::{code, escape};
use super::*;
use crate::answer::{
    Hop, Layer, LayerResult, Outcome, Path, Privilege, Requirement, RequirementKind, Verdict,
};
use crate::org::{NotRead, NotReadKind};

fn report() -> PathReport {
    let statement = StatementRef {
        policy: Arc::from("tf-chain"),
        attached_to: Arc::from("arn:aws:iam::222222222222:role/hub"),
        index: 0,
        sid: Some("Chain".to_owned()),
        effect: "Allow",
    };
    let hop = Hop {
        from: "tfc:acme/Network/net_prod:apply".to_owned(),
        to: "arn:aws:iam::222222222222:role/hub".to_owned(),
        action: "sts:AssumeRoleWithWebIdentity",
        verdict: Verdict::Conditional,
        requirements: vec![],
        reason: None,
        privilege: Some(Privilege::Admin),
        privilege_proven: Some(Privilege::Write),
        layers: vec![LayerResult {
            layer: Layer::Identity,
            level: None,
            outcome: Outcome::Allow,
            statements: vec![statement.clone()],
            near_misses: vec![],
        }],
        caveats: vec![Caveat {
            id: "V2",
            text: "assumes that no VPC endpoint policy limits the call".to_owned(),
        }],
    };
    let pairs = vec![Paths {
        max_hops: 4,
        configuration: None,
        configuration_not_read: None,
        schema: "rolewalk/paths/1",
        source: hop.from.clone(),
        target: hop.to.clone(),
        paths: vec![Path {
            configured: None,
            verdict: Verdict::Conditional,
            requirements: vec![vec![Requirement {
                hop: 1,
                key: "sts:ExternalId".to_owned(),
                operator: "StringEquals".to_owned(),
                values: vec!["a".to_owned()],
                negated: false,
                kind: RequirementKind::CallerChoice,
                text: "the external ID is `<b>|x`".to_owned(),
            }]],
            hops: vec![hop],
        }],
        scenario: Vec::new(),
        not_read: vec![],
        truncated: false,
    }];
    let gap = AccountGap {
        account: Some("444444444444".to_owned()),
        name: "prod|data".to_owned(),
        not_read: NotRead::new("sts:AssumeRole", NotReadKind::Denied, "see https://evil.example"),
    };
    PathReport {
        scenario: vec![],
        schema: "rolewalk/report/1",
        title: "Who can become hub".to_owned(),
        tool_version: "0.1.0",
        written_at: "2026-11-23T00:00:00Z".to_owned(),
        snapshot: Some("7".to_owned()),
        organization: Overview {
            organization: Some("o-1".to_owned()),
            name: "acme".to_owned(),
            collected_at: Some("2026-11-20T08:00:00Z".to_owned()),
            collected_by: Some("arn:aws:iam::111111111111:user/olga".to_owned()),
            accounts: 12,
            accounts_read: 11,
            roles: 90,
            workspaces: None,
            not_read: vec![gap.clone()],
        },
        not_read: vec![gap],
        statements: PathReport::cited(&pairs)
            .into_iter()
            .map(|statement| Statement {
                statement,
                text: Some("{\n  \"Sid\": \"Chain\",\n  \"Effect\": \"Allow\"\n}".to_owned()),
            })
            .collect(),
        assumptions: PathReport::assumed(&pairs),
        pairs,
        pairs_left_out: 2_345,
        truncated: true,
    }
}

#[test]
fn the_report_says_what_it_rests_on() {
    insta::assert_snapshot!(markdown::write(&report()));
}

#[test]
fn names_cannot_steer_a_reader() {
    for (text, expected) in [
        ("a_b*c", r"a\_b\*c"),
        ("[x](http://y)", r"\[x\](http\://y)"),
        ("<img src=x>", r"\<img src=x\>"),
        ("# x # y", r"\# x # y"),
        ("www.x.y", r"www\.x.y"),
        ("a|b", r"a\|b"),
        ("line\nbreak", r"line\\u{a}break"),
        ("me@x.y", r"me\@x.y"),
    ] {
        assert_eq!(escape(text), expected);
    }
    assert_eq!(code("plain"), "`plain`");
    assert_eq!(code("a``b"), "```a``b```");
    assert_eq!(code("`"), "`` ` ``");
    assert_eq!(code(""), "`  `");
}

#[test]
fn a_fence_is_longer_than_any_in_the_statement() {
    let mut report = report();
    for statement in &mut report.statements {
        statement.text = Some("\"````\"\n```".to_owned());
    }
    assert!(markdown::write(&report).contains("`````json"));
}

#[test]
fn the_same_statement_is_cited_once() {
    let mut report = report();
    report.pairs.push(report.pairs.first().unwrap().clone());
    assert_eq!(PathReport::cited(&report.pairs).len(), 1);
}
