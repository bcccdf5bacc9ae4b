//! Policies of a megabyte: the work stays bounded, and the answer sound.

use std::fmt::Write as _;

use rolewalk::evaluation::Verdict;
use rolewalk::org::Facts;

use crate::fixture::{ask, readings};

const CALLER: &str = "role A/R -> A/T";

/// The verdict with this trust policy; `id` is the caller's identity-based policy.
fn verdict(trust: &str, id: &str) -> Verdict {
    let text = format!(
        "role A/R
           id: {id}
         role A/T
           tp-document: {trust}"
    );
    ask(&Facts::build(readings(&text)), CALLER).verdict
}

fn document(statements: impl IntoIterator<Item = String>) -> String {
    let statements: Vec<String> = statements.into_iter().collect();
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

fn statement(effect: &str, condition: &str) -> String {
    format!(
        r#"{{"Effect":"{effect}","Principal":{{"AWS":"arn:aws:iam::{{A}}:role/R"}},"Action":"sts:AssumeRole","Condition":{condition}}}"#
    )
}

#[test]
fn thousands_of_statements_each_open() {
    let one = |effect: &str, index: usize| {
        statement(effect, &format!(r#"{{"StringEquals":{{"sts:ExternalId":"e{index}"}}}}"#))
    };
    assert_eq!(
        verdict(&document((0..6000).map(|i| one("Allow", i))), "Allow *"),
        Verdict::Conditional
    );
    let mut denies: Vec<String> = (0..6000).map(|i| one("Deny", i)).collect();
    denies.push(statement("Allow", "{}"));
    assert_eq!(verdict(&document(denies), "Allow *"), Verdict::Conditional);
    let keys = (0..3000).map(|index| {
        statement("Allow", &format!(r#"{{"StringLike":{{"aws:RequestTag/t{index}":"v*"}}}}"#))
    });
    assert_ne!(verdict(&document(keys), "Allow *"), Verdict::Allowed);
}

#[test]
fn thousands_of_values() {
    let mut values = String::new();
    for index in 0..30_000 {
        let _ = write!(values, r#""value-{index}","#);
    }
    values.pop();
    let one = |operator: &str| {
        statement("Allow", &format!(r#"{{"{operator}":{{"sts:ExternalId":[{values}]}}}}"#))
    };
    let both = document([one("StringEquals"), one("StringNotEquals")]);
    assert_eq!(verdict(&both, "Allow *"), Verdict::Allowed);
    let other = document([one("StringEquals"), one("StringNotLike")]);
    assert_ne!(verdict(&other, "Allow *"), Verdict::Denied);
}

#[test]
fn a_pattern_of_a_megabyte() {
    let long = "*a".repeat(300_000);
    let trust = document([statement(
        "Allow",
        &format!(r#"{{"StringLike":{{"aws:PrincipalArn":"{long}"}}}}"#),
    )]);
    assert_eq!(verdict(&trust, "Allow *"), Verdict::Denied);
    let open = document([statement(
        "Allow",
        &format!(r#"{{"StringLike":{{"sts:RoleSessionName":"{long}"}}}}"#),
    )]);
    assert_eq!(verdict(&open, "Allow *"), Verdict::Conditional);
}
