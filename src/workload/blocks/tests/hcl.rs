//! Directories of HCL.

use serde_json::json;

use super::*;
use crate::workload::Phase;

#[test]
fn a_chain_is_its_blocks_in_order_with_what_they_pass() {
    check(
        r#"
        provider "aws" {
          alias = "member"
          assume_role {
            role_arn            = "hub"
            session_name        = "tf"
            duration            = "1h"
            tags                = { team = "net", cost = var.cost }
            transitive_tag_keys = ["team"]
          }
          assume_role {
            role_arn    = "member"
            external_id = "e-1"
            policy_arns = ["p"]
            source_identity = null
          }
        }
        provider "google" {
          assume_role { role_arn = "no" }
        }
        terraform {
          backend "s3" { assume_role = { role_arn = "state" } }
        }
        "#,
        &[
            "aws.member > hub duration=1h session_name=tf tags.team=net tags.cost=? transitive_tag_keys=team > member external_id=e-1 policy_arns=p",
        ],
    );
}

#[test]
fn bases_are_told_apart() {
    for (inside, expected) in [
        ("", "aws"),
        (
            "shared_config_files = [var.tfc_aws_dynamic_credentials.aliases[\"HUB\"].shared_config_file]",
            "aws @HUB",
        ),
        (
            "shared_config_files = [var.tfc_aws_dynamic_credentials.aliases.HUB.shared_config_file]",
            "aws @HUB",
        ),
        (
            "shared_config_files = [var.tfc_aws_dynamic_credentials.default.shared_config_file]",
            "aws untagged",
        ),
        ("shared_config_files = local.files", "aws @LAB"),
        ("shared_config_files = [\"~/.aws/config\"]", "aws profile"),
        ("shared_config_files = [var.file]", "aws ?[var.file]"),
        ("profile = \"x\"", "aws profile"),
        ("access_key = \"AKIA\"", "aws keys"),
        ("secret_key = var.secret", "aws keys"),
        ("access_key = null", "aws"),
        (
            "assume_role_with_web_identity {\n role_arn = \"hub\"\n web_identity_token = \"hush\"\n }",
            "aws web hub",
        ),
        (
            "secret_key = \"hush\"\n assume_role_with_web_identity {\n role_arn = \"hub\"\n }",
            "aws keys",
        ),
    ] {
        let locals = "locals { files = [var.tfc_aws_dynamic_credentials.aliases[\"LAB\"].shared_config_file] }";
        check(&format!("provider \"aws\" {{\n{inside}\n}}\n{locals}"), &[expected]);
    }
}

#[test]
fn secrets_are_not_kept() {
    let text = r#"
        provider "aws" {
          access_key = "AKIAEXAMPLE"
          secret_key = "hush"
          token      = join("", ["hush"])
          assume_role_with_web_identity { web_identity_token = "hush" }
        }"#;
    let blocks = format!("{:?}", read(&[("main.tf", text)]).unwrap());
    assert!(!blocks.contains("hush") && !blocks.contains("AKIA"), "{blocks}");
}

#[test]
fn only_what_nothing_can_override_is_known() {
    for (role, expected) in [
        ("\"arn:x\"", "arn:x"),
        ("local.arn", "arn:1:x"),
        ("\"${local.arn}\"", "arn:1:x"),
        ("local.roles[\"net\"].arn", "n"),
        ("local.roles.net[\"arn\"]", "n"),
        ("local.list[1]", "b"),
        ("(local.list[0])", "a"),
        // A workspace may set any variable of the root module.
        ("var.set", "?* likely default"),
        ("\"arn:${var.set}:${local.id}\"", "?arn:*:1 likely arn:default:1"),
        ("var.unset", "?*"),
        ("var.file", "?* likely from-file"),
        ("var.auto", "?* likely from-auto"),
        ("var.roles[\"net\"]", "?* likely m"),
        ("var.none", "?*"),
        ("true ? \"a\" : \"b\"", "a"),
        ("false ? var.unset : local.arn", "arn:1:x"),
        // What has to be computed, or comes from elsewhere.
        ("format(\"arn:%s\", local.id)", "?*"),
        ("var.set == \"x\" ? \"a\" : \"b\"", "?*"),
        ("data.aws_iam_role.x.arn", "?*"),
        ("aws_iam_role.x.arn", "?*"),
        ("module.x.arn", "?*"),
        ("each.value", "?*"),
        ("\"arn:${each.key}:x\"", "?arn:*:x"),
        ("local.missing", "?*"),
        ("local.roles[each.key]", "?*"),
        ("local.loop", "?*"),
        ("\"%{ if true }a%{ endif }\"", "?*"),
        ("\"\"", "?*"),
        ("null", "?*"),
        ("[\"a\"]", "?*"),
    ] {
        let text = format!(
            r#"
            provider "aws" {{
              assume_role {{ role_arn = {role} }}
            }}
            variable "set" {{ default = "default" }}
            variable "unset" {{}}
            variable "file" {{ default = "no" }}
            variable "auto" {{}}
            variable "none" {{ default = null }}
            variable "roles" {{ default = {{ net = "m" }} }}
            locals {{
              id = 1
              arn = "arn:${{local.id}}:x"
              roles = {{ net = {{ arn = "n" }} }}
              list = ["a", "b"]
              loop = local.loop
            }}"#
        );
        let blocks = read(&[
            ("main.tf", &text),
            ("terraform.tfvars", "file = \"from-file\"\nauto = \"no\""),
            ("b.auto.tfvars", "auto = \"from-auto\""),
            ("a.auto.tfvars.json", "{\"auto\": \"no\"}"),
            ("other.tfvars", "unset = \"not read by itself\""),
        ]);
        assert_eq!(role_said(&blocks.unwrap().providers[0].chain[0]), expected, "{role}");
    }
}

#[test]
fn values_of_a_plan_are_certain() {
    let text = "provider \"aws\" {\n assume_role { role_arn = \"arn:${var.id}:x\" }\n}
        variable \"id\" { default = \"2\" }";
    let blocks = read_with(&[("main.tf", text)], json!({"id": "1"})).unwrap();
    assert_eq!(all_said(&blocks), ["aws > arn:1:x"]);
}

#[test]
fn what_a_variable_declares_decides_of_its_values() {
    // What is declared, what a plan, a file and the call of a module give, what comes out each time.
    for (declared, given, expected) in [
        ("", "\"a\"", ["a", "?* likely a", "a"]),
        ("type = string", "\"a\"", ["a", "?* likely a", "a"]),
        ("type = any", "\"a\"", ["a", "?* likely a", "a"]),
        ("type = number", "\"007\"", ["?*", "?*", "?*"]),
        ("type = \"string\"\n default = \"d\"", "\"a\"", ["a", "?* likely a", "a"]),
        ("default = \"d\"", "null", ["?*", "?*", "?*"]),
        ("default = \"d\"\n nullable = true", "null", ["?*", "?*", "?*"]),
        ("default = \"d\"\n nullable = false", "null", ["d", "?* likely d", "d"]),
        ("default = \"d\"\n nullable = false", "\"a\"", ["a", "?* likely a", "a"]),
        ("default = \"d\"\n nullable = local.x", "null", ["?*", "?*", "?*"]),
        ("type = number\n default = \"007\"\n nullable = false", "null", ["?*", "?*", "?*"]),
        ("sensitive = true", "\"a\"", ["?*", "?*", "?*"]),
        ("sensitive = local.x", "\"a\"", ["?*", "?*", "?*"]),
        ("sensitive = false", "\"a\"", ["a", "?* likely a", "a"]),
        ("ephemeral = true", "\"a\"", ["?*", "?*", "?*"]),
        ("sensitive = true\n default = \"d\"\n nullable = false", "null", ["?*", "?*", "?*"]),
    ] {
        let module = format!(
            "provider \"aws\" {{\n assume_role {{ role_arn = var.x }}\n}}\n\
             variable \"x\" {{\n {declared}\n}}"
        );
        let one = |blocks: Blocks| role_said(&blocks.providers[0].chain[0]);
        let value: serde_json::Value = serde_json::from_str(given).unwrap();
        let main = [("main.tf", &*module)];
        let planned = one(read_with(&main, json!({"x": value})).unwrap());
        let file = format!("x = {given}");
        let in_file = one(read(&[main[0], ("terraform.tfvars", &file)]).unwrap());
        let call = format!("module \"m\" {{\n source = \"./m\"\n x = {given}\n}}");
        let called = one(read(&[("main.tf", &call), ("m/main.tf", &module)]).unwrap());
        assert_eq!([&*planned, &*in_file, &*called], expected, "{declared}, {given}");
    }
}

#[test]
fn types_decide_of_what_stands_in_a_value() {
    for (of, step, expected) in [
        ("map(string)", "[\"k\"]", "?*"),
        ("list(string)", "[0]", "b"),
        ("set(string)", "[0]", "?*"),
        ("tuple([string, string])", "[1]", "a"),
        // However long it is written.
        (
            "tuple([string, string, optional(string), optional(string), optional(string), \
          optional(string), optional(string), optional(string)])",
            "[0]",
            "?*",
        ),
    ] {
        let module = format!(
            "provider \"aws\" {{\n assume_role {{ role_arn = var.x{step} }}\n}}\n\
             variable \"x\" {{\n type = {of}\n}}"
        );
        let call = "module \"m\" {\n source = \"./m\"\n x = [\"b\", \"a\"]\n}";
        let blocks = read(&[("main.tf", call), ("m/main.tf", &module)]).unwrap();
        assert_eq!(role_said(&blocks.providers[0].chain[0]), expected, "{of}");
        let json = format!(
            r#"{{"provider": {{"aws": {{"assume_role": {{"role_arn": "${{var.x{}}}"}}}}}},
                "variable": {{"x": {{"type": "{of}"}}}}}}"#,
            step.replace('"', "\\\""),
        );
        let blocks = read(&[("main.tf", call), ("m/main.tf.json", &json)]).unwrap();
        assert_eq!(role_said(&blocks.providers[0].chain[0]), expected, "{of}");
    }
}

#[test]
fn numbers_are_texts_only_as_terraform_writes_them() {
    for (number, expected) in [
        ("12", "arn:12"),
        ("012345678901", "arn:12345678901"),
        ("1.50", "?arn:*"),
        ("-1", "?arn:*"),
    ] {
        let text = format!(
            "provider \"aws\" {{\n assume_role {{ role_arn = \"arn:${{local.n}}\" }}\n}}\n\
             locals {{ n = {number} }}"
        );
        let blocks = read(&[("main.tf", &text)]).unwrap();
        assert_eq!(role_said(&blocks.providers[0].chain[0]), expected, "{number}");
    }
}

#[test]
fn dynamic_blocks_are_as_many_as_is_known() {
    check(
        r#"provider "aws" {
          dynamic "assume_role" {
            for_each = ["a", local.b]
            content { role_arn = assume_role.value }
          }
          dynamic "assume_role" {
            for_each = toset(["a"])
            iterator = each_role
            content { role_arn = "x${each_role.value}" }
          }
        }
        locals { b = "b" }"#,
        &["aws > a > b > *?x*"],
    );
}

#[test]
fn modules_by_local_paths_are_followed_with_what_is_passed() {
    let main = r#"
        module "net" {
          source = "./modules/net"
          role   = "member"
          files  = var.tfc_aws_dynamic_credentials
        }
        module "many" {
          source   = "./modules/net"
          for_each = toset(["a"])
        }
        module "far" { source = "app.terraform.io/acme/net/aws" }
        module "far_many" {
          source = "app.terraform.io/acme/net/aws"
          count  = 2
        }
        module "made" { source = var.source }"#;
    let net = r#"
        provider "aws" {
          shared_config_files = [var.files.aliases["HUB"].shared_config_file]
          assume_role { role_arn = var.role }
        }
        provider "aws" { alias = "passed" }
        variable "role" {}
        variable "files" {}
        variable "inner" { default = "inner" }
        module "inner" {
          source = "../inner"
          role   = var.inner
        }"#;
    let inner = "provider \"aws\" {\n assume_role { role_arn = var.role }\n}\nvariable \"role\" {}";
    let files = [("main.tf", main), ("modules/net/main.tf", net), ("modules/inner/main.tf", inner)];
    let blocks = read(&files).unwrap();
    assert_eq!(
        all_said(&blocks),
        ["module.net:aws @HUB > member", "module.net.module.inner:aws > inner"]
    );
    assert_eq!(blocks.providers[0].place.as_ref().unwrap().to_string(), "modules/net/main.tf:2:9");
    // With `count` or `for_each` a module can't have providers of its own.
    assert_eq!(
        blocks.not_read,
        [
            "`module.far` (main.tf:11:9) comes from `app.terraform.io/acme/net/aws`, which is no local path",
            "`module.made` (main.tf:16:9) has no literal source",
        ]
    );
    let own = [("main.tf", "module \"a\" { source = \"./\" }")];
    assert!(matches!(read(&own), Err(Damage::Nested { .. })));
}

#[test]
fn overriding_files_take_the_place_of_what_they_name() {
    let main = r#"
        provider "aws" {
          profile = "mine"
          assume_role { role_arn = "a" }
          assume_role { role_arn = "b" }
        }
        provider "aws" {
          alias = "x"
          assume_role { role_arn = local.role }
        }
        locals { role = "c" }
        terraform {
          backend "remote" { organization = "old" }
        }"#;
    let over = r#"
        provider "aws" {
          profile = null
          assume_role { role_arn = "over" }
        }
        locals { role = "local" }
        terraform {
          cloud {
            organization = "acme"
            workspaces { name = "w" }
          }
        }"#;
    // In the order of the names the overriding file comes first, and still counts last.
    let blocks = read(&[("main.tf", main), ("a_override.tf", over)]).unwrap();
    assert_eq!(all_said(&blocks), ["aws > over", "aws.x > local"]);
    assert_eq!(blocks.cloud.unwrap().organization.as_deref(), Some("acme"));
    // Which of several blocks is meant does not matter: what is written over all counts.
    let settings = |organization: &str, source: &str| {
        format!(
            "terraform {{\n required_providers {{\n a = {{ source = \"{source}\" }}\n }}\n \
             cloud {{ organization = \"{organization}\" }}\n}}"
        )
    };
    let blocks = read(&[
        ("a.tf", "terraform {\n required_version = \"1\"\n}"),
        ("b.tf", &settings("old", "acme/other")),
        ("c.tf", "provider \"a\" {\n assume_role { role_arn = \"x\" }\n}"),
        ("override.tf", &settings("new", "hashicorp/aws")),
    ]);
    let blocks = blocks.unwrap();
    assert_eq!(blocks.cloud.as_ref().unwrap().organization.as_deref(), Some("new"));
    assert_eq!(all_said(&blocks), ["a > x"]);
    let elsewhere = [
        ("a.tf", settings("acme", "hashicorp/aws")),
        ("override.tf", "terraform {\n backend \"local\" {}\n}".to_owned()),
    ];
    let elsewhere = elsewhere.each_ref().map(|(name, text)| (*name, &**text));
    assert_eq!(read(&elsewhere).unwrap().cloud, None);
    let ignored = [(".hidden.tf", "oops ="), ("main.tf~", "oops ="), ("notes.md", "oops =")];
    assert_eq!(read(&ignored).unwrap(), Blocks::default());
}

#[test]
fn providers_are_known_by_their_source() {
    let text = r#"
        terraform {
          required_providers {
            main = { source = "hashicorp/aws" }
            aws  = { source = "acme/other" }
            awscc = { source = "hashicorp/awscc", version = "1" }
          }
        }
        provider "main" {
          assume_role { role_arn = "a" }
        }
        provider "aws" {
          assume_role { role_arn = "no" }
        }
        provider "awscc" { assume_role = { role_arn = "b" } }"#;
    let blocks = read(&[("main.tf", text)]).unwrap();
    assert_eq!(all_said(&blocks), ["main > a"]);
    assert_eq!(blocks.not_read, ["provider `awscc` (main.tf:15:9) is not followed"]);
}

#[test]
fn cloud_blocks_and_remote_backends_name_workspaces() {
    let cloud =
        |inside: &str| read(&[("main.tf", &format!("terraform {{\n{inside}\n}}"))]).unwrap().cloud;
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        cloud(
            "cloud {\n hostname = \"tfe.example.com\"\n organization = \"acme\"\n workspaces {\n project = \"P\"\n name = \"w\"\n }\n}"
        ),
        Some(Cloud {
            host: some("tfe.example.com"),
            organization: some("acme"),
            workspace: some("w"),
            project: some("P"),
            ..Cloud::default()
        })
    );
    assert_eq!(
        cloud(
            "backend \"remote\" {\n organization = \"acme\"\n workspaces { prefix = \"net-\" }\n}"
        ),
        Some(Cloud { organization: some("acme"), prefix: some("net-"), ..Cloud::default() })
    );
    assert_eq!(
        cloud("cloud {\n workspaces { tags = [\"a\"] }\n}"),
        Some(Cloud { tags: true, ..Cloud::default() })
    );
    assert_eq!(cloud("backend \"s3\" {}"), None);
}

#[test]
fn damage_is_said_with_its_place_and_without_its_text() {
    for (text, place) in [
        ("provider \"aws\" {\n  secret_key = \"hush\" oops\n}", "main.tf:2:23"),
        ("provider \"aws\" {", "main.tf:1:17"),
        ("}", "main.tf:1:1"),
        ("a = \"${\"", "main.tf:1:"),
    ] {
        let error = read(&[("main.tf", text)]).unwrap_err().to_string();
        assert!(error.starts_with(place), "{error}");
        assert!(!error.contains("hush") && !error.contains('\n'), "{error}");
    }
    let nested = format!("locals {{\n a = {}1{}\n}}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(read(&[("main.tf", &nested)]).is_err());
    let error = read(&[("x.auto.tfvars", "a = = 1")]).unwrap_err().to_string();
    assert!(error.starts_with("x.auto.tfvars:1:"), "{error}");
}

#[test]
fn texts_that_double_without_end_stay_unknown() {
    let each = (1..=40).map(|at| {
        let before = at - 1;
        format!(" a{at} = \"${{local.a{before}}}${{local.a{before}}}\"\n")
    });
    let locals = each.collect::<Vec<_>>().concat();
    let provider = "provider \"aws\" {\n assume_role { role_arn = local.a40 }\n}";
    let text = format!("{provider}\nlocals {{\n a0 = \"xx\"\n{locals}}}");
    check(&text, &["aws > ?*"]);
}

/// Runs that plan and runs that apply may ask for different roles (rule H11).
#[test]
fn what_depends_on_applying_is_told_by_phase() {
    let role = |blocks: &Blocks, phase| role_said(&blocks.providers_in(phase)[0].chain[0]);
    for text in [
        r#"provider "aws" {
             assume_role { role_arn = "arn:${terraform.applying ? "apply" : "plan"}" }
           }"#,
        r#"locals { name = terraform.applying ? "apply" : "plan" }
           provider "aws" {
             assume_role { role_arn = "arn:${local.name}" }
           }"#,
    ] {
        let blocks = read(&[("main.tf", text)]).unwrap();
        assert_eq!(role(&blocks, Phase::Plan), "arn:plan", "{text}");
        assert_eq!(role(&blocks, Phase::Apply), "arn:apply", "{text}");
    }
    let text = "provider \"aws\" {\n assume_role { role_arn = \"arn:x\" }\n}";
    let same = read(&[("main.tf", text)]).unwrap();
    assert_eq!(same.applying, None);
    assert_eq!(role(&same, Phase::Apply), "arn:x");
}
