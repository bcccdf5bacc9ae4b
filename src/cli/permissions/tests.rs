#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use anstream::adapter::strip_str;
use serde_json::{Value, json};

use super::*;
use crate::cli::output::Page;
use crate::text::width;

const RUNNER: &str = "arn:aws:iam::123456789012:role/ops/walker";
const VIA: &str = "arn:aws:iam::210987654321:role/hop";

fn setup(via: Option<&str>) -> Setup {
    Setup {
        partition: Partition::Aws,
        role_names: vec!["audit/rolewalk-read".to_owned(), "other".to_owned()],
        via: via.map(|arn| arn.parse().unwrap()),
        trusted: Some(RUNNER.parse().unwrap()),
        external_id: Some("acme-7".to_owned()),
    }
}

/// What brackets are open at the end, strings and comments left out.
fn open_brackets(text: &str) -> Vec<char> {
    let mut open = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut quoted = false;
        let mut escaped = false;
        for char in line.chars() {
            match char {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => quoted = !quoted,
                _ if quoted => {}
                '{' | '[' | '(' => open.push(char),
                '}' => assert_eq!(open.pop(), Some('{'), "{line}"),
                ']' => assert_eq!(open.pop(), Some('['), "{line}"),
                ')' => assert_eq!(open.pop(), Some('('), "{line}"),
                _ => {}
            }
        }
        assert!(!quoted, "a string has no end: {line}");
    }
    open
}

#[test]
fn terraform_holds_every_action_and_every_variable() {
    for setup in [setup(None), setup(Some(VIA))] {
        let text = terraform::write(&setup);
        assert_eq!(open_brackets(&text), [] as [char; 0], "{text}");
        for operation in needed() {
            let action = format!("\"{}\"", operation.permission.unwrap());
            assert!(text.contains(&action), "{action}");
        }
        for variable in ["trusted_principal", "role_name", "external_id"] {
            assert!(text.contains(&format!("variable \"{variable}\" {{")), "{text}");
            assert!(text.contains(&format!("var.{variable}")), "{text}");
        }
        assert!(text.contains("\"arn:aws:iam::*:role/audit/${var.role_name}\""), "{text}");
        assert!(text.contains("\"arn:aws:iam::*:role/other\""), "{text}");
        assert!(text.contains("\"sts:ExternalId\" = var.external_id"), "{text}");
        assert_eq!(text.contains("create_first_hop_policy"), setup.via.is_some());
    }
}

#[test]
fn what_is_not_named_is_asked_for() {
    let mut setup = setup(None);
    let default = format!("default     = \"{RUNNER}\"");
    assert!(terraform::write(&setup).contains(&default));
    setup.trusted = None;
    let text = terraform::write(&setup);
    let variable = text.split("variable \"trusted_principal\"").nth(1).unwrap();
    assert!(!variable.split('}').next().unwrap().contains("default"), "{text}");
    assert!(!text.contains(crate::aws::permissions::PLACEHOLDER), "{text}");
    let template = template(&setup);
    assert_eq!(template["Parameters"]["TrustedPrincipal"].get("Default"), None);
}

fn template(setup: &Setup) -> Value {
    serde_json::from_str(&cloudformation::write(setup)).unwrap()
}

/// Every parameter and condition that is referred to.
fn references(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, into)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("Ref" | "Condition", Value::String(name)) => into.push(name.clone()),
                    ("Fn::If", Value::Array(items)) => into.push(items[0].as_str().unwrap().into()),
                    ("Fn::Sub", Value::String(text)) => {
                        into.push(text.split_once("${").unwrap().1.trim_end_matches('}').into());
                    }
                    _ => {}
                }
                references(value, into);
            }
        }
        _ => {}
    }
}

#[test]
fn the_template_parses_and_refers_to_what_it_has() {
    for setup in [setup(None), setup(Some(VIA))] {
        let template = template(&setup);
        let mut found = Vec::new();
        references(&template, &mut found);
        assert!(found.len() > 8, "{found:?}");
        for name in &found {
            let known =
                ["Parameters", "Conditions"].iter().any(|part| !template[part][name].is_null());
            assert!(known || name == "AWS::NoValue", "nothing is called {name}");
        }
        let role = &template["Resources"]["MemberRole"]["Properties"];
        assert_eq!(role["Path"], "/audit/");
        assert_eq!(role["Policies"][0]["PolicyDocument"], member_policy());
        let trust = &role["AssumeRolePolicyDocument"]["Statement"][0];
        assert_eq!(trust["Condition"]["Fn::If"][0], "HasExternalId");
        assert_eq!(
            trust["Condition"]["Fn::If"][1],
            json!({ "StringEquals": { "sts:ExternalId": { "Ref": "ExternalId" } } })
        );
        let trusted = if setup.via.is_some() { VIA } else { RUNNER };
        assert_eq!(template["Parameters"]["TrustedPrincipal"]["Default"], trusted);
        let description = template["Description"].as_str().unwrap();
        assert!(description.len() <= 1024 && description.contains("CAPABILITY_NAMED_IAM"));
        let policy = if setup.via.is_some() { "FirstHopPolicy" } else { "CallerPolicy" };
        let text = template["Resources"][policy].to_string();
        for operation in needed() {
            assert!(text.contains(&format!("\"{}\"", operation.permission.unwrap())), "{text}");
        }
    }
}

#[test]
fn the_text_says_why_each_action_is_needed() {
    let page = Page { width: 80, ascii: false };
    for mut setup in [setup(None), setup(Some(VIA))] {
        let text = text::write(&setup, page);
        assert!(text.lines().all(|line| width(&strip_str(line).to_string()) <= 80), "{text}");
        for operation in needed() {
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let line = format!("{} {}", operation.name, operation.why);
            assert!(words(&text).contains(&line), "{line}: {text}");
        }
        assert!(!text.contains("not finished"), "{text}");
        setup.trusted = None;
        assert_eq!(text::write(&setup, page).matches("not finished").count(), 1);
    }
}
