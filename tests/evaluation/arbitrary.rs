//! No document makes anything panic, whatever it holds.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rolewalk::graph::{Graph, search};
use rolewalk::org::Facts;
use rolewalk::org::reading::Fact;
use serde_json::{Value, json};

use crate::fixture::readings;
use crate::soundness::config;

/// Words that mean something in a policy, in places where they may mean nothing.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(vec![
            "Version", "Statement", "Effect", "Action", "NotAction", "Resource", "NotResource",
            "Principal", "NotPrincipal", "Condition", "AWS", "Federated", "Service", "Allow", "Deny",
            "*", "sts:AssumeRole", "sts:*", "2012-10-17", "arn:aws:iam::111111111111:root",
            "arn:aws:iam::222222222222:role/T", "arn:aws:sts::111111111111:assumed-role/R",
            "arn:aws:iam::111111111111:role", "arn:aws:iam::111111111111:", "arn:::::", "AROA",
            "arn:aws:iam::222222222222:oidc-provider/", "StringEquals", "ForAnyValue:",
            "ForAllValues:StringNotLikeIfExists", "IfExists", "Null", "NotIpAddress", "ArnLike",
            "NumericLessThan", "DateGreaterThan", "BinaryEquals", "Bool", "aws:PrincipalArn",
            "aws:userid", "aws:TagKeys", ":sub", "gitlab.com:sub", "aws:PrincipalTag/", "${",
            "${}", "${aws:username}", "${aws:username, 'x'}", "${,'x'}", "${*}", "0.0.0.0/99", "::/0",
            "99999999999999999999", "-9223372036854775808", "9999-99-99", "é*?\u{0}",
        ]).prop_map(str::to_owned),
        1 => ".{0,12}",
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => word().prop_map(Value::String),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            2 => vec(inner.clone(), 0..4).prop_map(Value::Array),
            3 => vec((word(), inner), 0..5).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// A document that looks like one up to a point.
fn document() -> impl Strategy<Value = String> {
    let statement = (json_value(), json_value(), json_value(), json_value(), any::<u8>()).prop_map(
        |(action, principal, resource, condition, parts)| {
            let mut found = json!({ "Effect": if parts % 5 == 0 { "Deny" } else { "Allow" } });
            found["Action"] = if parts % 3 == 0 { action } else { json!("sts:*") };
            found["Principal"] = if parts % 2 == 0 { principal } else { json!("*") };
            if parts & 8 != 0 {
                found["Resource"] = resource;
            }
            if parts & 16 != 0 {
                found["Condition"] = condition;
            }
            found
        },
    );
    let condition = (word(), word(), json_value()).prop_map(|(operator, key, values)| {
        json!({ "Effect": "Allow", "Action": "*", "Principal": "*", "Resource": "*",
            "Condition": { operator: { key: values } } })
    });
    prop_oneof![
        1 => json_value().prop_map(|value| value.to_string()),
        3 => vec(prop_oneof![statement, condition], 0..3)
            .prop_map(|list| json!({ "Version": "2012-10-17", "Statement": list }).to_string()),
        1 => ".{0,60}",
    ]
}

proptest! {
    #![proptest_config(config(32))]

    #[test]
    fn no_document_makes_anything_panic(documents in vec(document(), 5)) {
        let mut readings = readings(
            "oidc B gitlab.com one
             saml B Okta
             user A/ann tag:team=a
               id: Allow *
               pb: Allow *
             role A/R
               id: Allow *
             role B/T
               tp: Allow from A
             unread C
             scp /: Deny *
             rcp /: Deny *",
        );
        let mut documents = documents.into_iter().map(Arc::from);
        for account in &mut readings.accounts {
            let Fact::Read(identities) = &mut account.identities else { continue };
            for role in &mut identities.roles {
                if let Some(document) = documents.next() {
                    role.trust = document;
                }
            }
            for user in &mut identities.users {
                if let (Some(document), Some(policy)) = (documents.next(), user.inline.first_mut()) {
                    policy.document = document;
                }
            }
        }
        let organization = readings.organization.as_mut().unwrap();
        let Fact::Read(Some(organization)) = &mut organization.organization else { panic!() };
        for policies in [&mut organization.scps, &mut organization.rcps] {
            let Fact::Read(policies) = policies else { panic!() };
            if let (Some(document), Some(policy)) = (documents.next(), policies.last_mut()) {
                policy.document = Fact::Read(document);
            }
        }
        let graph = Graph::build(Arc::new(Facts::build(readings)));
        let targets: Vec<_> = graph.nodes().filter(|node| node.target().is_some()).collect();
        for target in &targets {
            let _ = search::reaching(&graph, target, 2);
        }
        for source in graph.nodes().filter(|node| !graph.assumes(node).is_empty()) {
            for target in &targets {
                let _ = search::decide(&graph, &[source.clone(), target.clone()]);
            }
        }
    }
}
