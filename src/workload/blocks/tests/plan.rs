//! Plans.

use serde_json::{Value, json};

use super::*;

fn plan_with(providers: &Value, root: &Value, variables: &Value) -> Vec<u8> {
    json!({
        "format_version": "1.2",
        "planned_values": {},
        "resource_changes": [],
        "variables": variables,
        "configuration": {"provider_config": providers, "root_module": root},
    })
    .to_string()
    .into_bytes()
}

#[track_caller]
fn check(providers: &Value, root: &Value, variables: &Value, expected: &[&str]) {
    let (blocks, _) = super::plan("plan.json", &plan_with(providers, root, variables)).unwrap();
    assert_eq!(all_said(&blocks), expected);
    assert_eq!(blocks.not_read.len(), 1, "a plan never shows all");
}

#[test]
fn constants_are_known_and_references_are_not() {
    const FULL: &str = "registry.terraform.io/hashicorp/aws";
    let arn = "arn:aws:iam::111122223333:role/x";
    check(
        &json!({
            "aws": {"name": "aws", "full_name": FULL, "expressions": {
                "region": {"constant_value": "eu-central-1"},
                "assume_role": [
                    {"role_arn": {"constant_value": "hub"}, "session_name": {"references": ["var.s"]}},
                    {"role_arn": {"references": ["var.member"]}, "external_id": {"constant_value": "e-1"},
                     "tags": {"constant_value": {"team": "net"}}},
                ]}},
            "aws.computed": {"name": "aws", "full_name": FULL, "alias": "computed",
                "expressions": {"assume_role": [{"role_arn": {}}]}},
            "aws.id": {"name": "aws", "full_name": FULL, "alias": "id",
                "expressions": {"assume_role": [{"role_arn": {"references": ["var.id"]}}]}},
            "aws.mixed": {"name": "aws", "full_name": FULL, "alias": "mixed",
                "expressions": {"assume_role": [{"role_arn": {"references": ["var.member", "var.id"]}}]}},
            "aws.mixed_2": {"name": "aws", "full_name": FULL, "alias": "mixed2",
                "expressions": {"assume_role": [{"role_arn": {"references": ["var.member", "var.me"]}}]}},
            "aws.object": {"name": "aws", "full_name": FULL, "alias": "object",
                "expressions": {"assume_role": [{"role_arn": {"references": ["var.o.net", "var.o"]}}]}},
            "aws.secret": {"name": "aws", "full_name": FULL, "alias": "secret",
                "expressions": {"assume_role": [{"role_arn": {"references": ["var.secret"]}}]}},
            "google": {"name": "google", "full_name": "registry.terraform.io/hashicorp/google", "expressions": {}},
        }),
        &json!({"variables": {"secret": {"sensitive": true}}}),
        &json!({"member": {"value": arn}, "id": {"value": "1"}, "secret": {"value": arn},
                "o": {"value": {"net": arn}}}),
        &[
            "aws > hub session_name=? > ?* likely arn:aws:iam::111122223333:role/x external_id=e-1 tags.team=net",
            "aws.computed > ?*",
            // The literal parts of a template are not in a plan.
            "aws.id > ?*",
            "aws.mixed > ?*",
            "aws.mixed2 > ?*",
            "aws.object > ?* likely arn:aws:iam::111122223333:role/x",
            "aws.secret > ?*",
        ],
    );
}

#[test]
fn bases_and_modules_are_told() {
    let files = |steps: &str| {
        json!({"shared_config_files": {"references": [
            format!("var.tfc_aws_dynamic_credentials{steps}"), "var.tfc_aws_dynamic_credentials",
        ]}})
    };
    let arn = "arn:aws:iam::111122223333:role/x";
    check(
        &json!({
            "a": {"name": "aws", "alias": "a", "expressions": files(".aliases[\"HUB\"].shared_config_file")},
            "b": {"name": "aws", "alias": "b", "expressions": files(".default.shared_config_file")},
            "c": {"name": "aws", "alias": "c", "expressions": files("")},
            "d": {"name": "aws", "alias": "d", "expressions": {"secret_key": {"constant_value": "hush"}}},
            "e": {"name": "aws", "alias": "e", "expressions": {"assume_role_with_web_identity": [
                {"role_arn": {"constant_value": "web"}, "web_identity_token": {"constant_value": "hush"}}]}},
            "f": {"name": "aws"},
            "g": {"name": "aws", "alias": "g", "expressions": {"shared_config_files": {"references": [
                "var.tfc_aws_dynamic_credentials.aliases[\"HUB\"].shared_config_file",
                "var.tfc_aws_dynamic_credentials", "var.other"]}}},
            "module.net:aws": {"name": "aws", "module_address": "module.net"},
            "module.net:aws.y": {"name": "aws", "alias": "y", "module_address": "module.net",
                "expressions": files(".default.shared_config_file")},
            "module.net:aws.x": {"name": "aws", "alias": "x", "module_address": "module.net",
                "expressions": {"assume_role": [
                    {"role_arn": {"references": ["var.passed"]}}, {"role_arn": {"references": ["var.own"]}},
                    {"role_arn": {"references": ["var.made"]}}]}},
        }),
        &json!({"module_calls": {"net": {
            "expressions": {"passed": {"constant_value": arn}, "made": {"references": ["local.x"]}},
            "module": {"variables": {"passed": {}, "own": {"default": arn}, "made": {}}},
        }}}),
        &json!({}),
        &[
            "aws.a @HUB",
            "aws.b untagged",
            "aws.c ?var.tfc_aws_dynamic_credentials, var.tfc_aws_dynamic_credentials",
            "aws.d keys",
            "aws.e web web",
            "aws",
            "aws.g ?var.tfc_aws_dynamic_credentials.aliases[\"HUB\"].shared_config_file, \
             var.tfc_aws_dynamic_credentials, var.other",
            "module.net:aws.x > ?* likely arn:aws:iam::111122223333:role/x > ?* likely arn:aws:iam::111122223333:role/x > ?*",
            "module.net:aws.y ?var.tfc_aws_dynamic_credentials.default.shared_config_file, \
             var.tfc_aws_dynamic_credentials",
        ],
    );
}

#[test]
fn values_are_those_of_variables_that_are_no_secret() {
    let root = json!({"variables": {"hidden": {"sensitive": true}, "shown": {}}});
    let variables = json!({"hidden": {"value": "hush"}, "shown": {"value": "x"},
        "null": {"value": null}, "absent": {}});
    let bytes = plan_with(&json!({}), &root, &variables);
    let (_, values) = super::plan("plan.json", &bytes).unwrap();
    assert_eq!(values.keys().collect::<Vec<_>>(), ["null", "shown"]);
}

#[test]
fn what_is_no_plan_is_said_to_be_what_it_is() {
    for (bytes, what) in [
        (&b"PK\x03\x04\x14\x00"[..], "a plan file"),
        (b"{\"@level\":\"info\"}\n{\"@level\":\"info\"}", "the log"),
        (b"\xff\xfe", "no text"),
        (b"", "does not begin"),
        (b"provider \"aws\" {}", "does not begin"),
        (b"{\"format_version\":\"1.0\",\"values\":{}}", "a state"),
        (b"{\"version\":4,\"lineage\":\"x\",\"serial\":1}", "a state"),
        (b"{\"a\": 1}", "no `format_version`"),
        (b"{\"format_version\":\"2.0\",\"planned_values\":{},\"configuration\":{}}", "`2.0`"),
        (b"{\"format_version\":\"1.0\",\"planned_values\":{}}", "no `configuration`"),
        (b"{\n\"format_version\": oops}", "f:2:19"),
        (b"{\"format_version\":\"1.0\",\"configuration\":\"hush\"}", "f:1:"),
    ] {
        let error = super::plan("f", bytes).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
        assert!(!error.to_string().contains("hush"), "{error}");
        assert!(!error.hint().is_empty());
    }
}
