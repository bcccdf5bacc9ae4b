//! The JSON syntax.

use super::*;

#[test]
fn json_says_the_same_as_hcl() {
    let text = r#"{
      "provider": {
        "aws": [
          {"alias": "one", "assume_role": {"role_arn": "hub"}},
          {"alias": "two", "assume_role": [{"role_arn": "${local.role}"}, {"role_arn": "x-${var.x}"}],
           "shared_config_files": ["${var.tfc_aws_dynamic_credentials.aliases[\"HUB\"].shared_config_file}"]},
          {"alias": "three", "secret_key": "hush",
           "dynamic": {"assume_role": {"for_each": ["a", "b"], "content": {"role_arn": "${assume_role.value}"}}}}
        ],
        "google": {"assume_role": {"role_arn": "no"}}
      },
      "locals": {"role": "local", "escaped": "$${no}"},
      "variable": {"x": {"default": "${kept}"}},
      "terraform": [{"cloud": {"organization": "acme", "workspaces": {"name": "w"}},
                     "required_providers": {"aws": {"source": "hashicorp/aws"}}}],
      "module": {"inner": {"source": "./inner", "role": "${local.escaped}"}},
      "resource": {"aws_iam_role": {"x": {"name": "${"}}}
    }"#;
    let inner = r#"{"provider": [{"aws": {"assume_role": {"role_arn": "${var.role}"}}}], "variable": {"role": {}}}"#;
    let blocks = read(&[("main.tf.json", text), ("inner/main.tf.json", inner)]).unwrap();
    assert_eq!(
        all_said(&blocks),
        [
            "aws.one > hub",
            "aws.two @HUB > local > ?x-* likely x-${kept}",
            "aws.three keys > a > b",
            "module.inner:aws > ${no}",
        ]
    );
    assert_eq!(blocks.cloud.as_ref().unwrap().workspace.as_deref(), Some("w"));
    assert!(!format!("{blocks:?}").contains("hush"));
}

#[test]
fn damaged_json_is_said_with_its_place() {
    let error = read(&[("main.tf.json", "{\n  \"provider\": oops}")]).unwrap_err().to_string();
    assert_eq!(error, "main.tf.json:2:15: not JSON: expected value");
    // Well-formed, and no configuration: nothing is asked for.
    for text in ["[]", "1", "{\"provider\": 1}", "{\"provider\": {\"aws\": [1, null]}}"] {
        assert_eq!(read(&[("main.tf.json", text)]).unwrap().providers, [], "{text}");
    }
    let nested = format!("{{\"locals\": {}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(read(&[("main.tf.json", &nested)]).is_err());
}

#[test]
fn an_overriding_file_may_be_json() {
    let blocks = read(&[
        ("main.tf", "provider \"aws\" {\n assume_role { role_arn = \"a\" }\n}"),
        ("override.tf.json", r#"{"provider": {"aws": {"assume_role": {"role_arn": "b"}}}}"#),
    ]);
    assert_eq!(all_said(&blocks.unwrap()), ["aws > b"]);
}

#[test]
fn keys_may_be_templates() {
    for (key, expected) in [("k", "a"), ("${local.k}", "?*"), ("%{ if true }k%{ endif }", "?*")] {
        let text = format!(
            r#"{{"provider": {{"aws": {{"assume_role": {{"role_arn": "${{local.roles.k}}"}}}}}},
                "locals": {{"k": "k", "roles": {{"{key}": "a", "k": "a"}}}}}}"#
        );
        let blocks = read(&[("main.tf.json", &text)]).unwrap();
        assert_eq!(role_said(&blocks.providers[0].chain[0]), expected, "{key}");
    }
}
