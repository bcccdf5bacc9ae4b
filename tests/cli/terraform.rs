//! What a Terraform configuration asks for, on the sample organization.

use serde_json::{Value, json};

use crate::support::{Home, Ran};

const NET_PROD: &str = "tfc:acme/Network/net-prod";
const MEMBER: &str = "arn:aws:iam::333333333333:role/tf-member";

/// A home with a configuration in `infra`.
fn home(text: &str) -> Home {
    let home = Home::new();
    home.write("infra/main.tf", text);
    home
}

fn provider(inside: &str) -> String {
    format!("provider \"aws\" {{\n{inside}\n}}\n")
}

fn member(role: &str) -> String {
    provider(&format!("alias = \"member\"\nassume_role {{ role_arn = {role} }}"))
}

const CLOUD: &str =
    "terraform {\n cloud {\n organization = \"acme\"\n workspaces { name = \"net-prod\" }\n }\n}\n";

fn ask(home: &Home, command: &[&str]) -> Ran {
    home.run(&[&["--demo"], command].concat())
}

fn json_of(home: &Home, command: &[&str]) -> Value {
    ask(home, &[command, &["--json"]].concat()).exits(0).json()
}

fn row<'a>(answer: &'a Value, role: &str) -> &'a Value {
    let rows = answer["targets"].as_array().unwrap();
    rows.iter().find(|row| row["principal"] == role).unwrap_or(&Value::Null)
}

#[test]
fn a_chain_that_is_asked_for_is_configured_over_all_hops() {
    let home = home(&format!("{CLOUD}{}{}", provider(""), member(&format!("\"{MEMBER}\""))));
    let apply = format!("{NET_PROD}:apply");
    let reach = json_of(&home, &["reach", &apply, "--tf", "infra"]);
    assert_eq!(row(&reach, MEMBER)["configured"], "all");
    assert_eq!(row(&reach, "arn:aws:iam::222222222222:role/tf-hub-apply")["configured"], "all");
    // Reached over the configured hub role, and asked for by no provider.
    assert_eq!(row(&reach, "arn:aws:iam::555555555555:role/tf-member")["configured"], "hop 1");
    assert_eq!(row(&reach, "arn:aws:iam::222222222222:role/tf-hub-modules")["configured"], "no");

    let paths = json_of(&home, &["paths", &apply, "prod-net/tf-member", "--tf", "infra"]);
    assert_eq!(paths["paths"][0]["configured"], "all");
    let asked = &paths["configuration"];
    assert_eq!(asked[0]["chain"].as_array().unwrap().len(), 1, "{asked:#}");
    assert_eq!(asked[1]["provider"], "aws.member");
    assert_eq!(asked[1]["place"], "main.tf:10:1");
    assert_eq!(asked[1]["chain"][1]["role"], MEMBER);
    assert_eq!(asked[1]["verdict"], "allowed");
    ask(&home, &["paths", &apply, "prod-net/tf-member", "--tf", "infra"])
        .exits(0)
        .prints(&["● allowed, 2 hops, configured", "aws.member (main.tf:10:1)"]);

    // Both phases at once: what one of them asks for is asked for.
    let both = json_of(&home, &["reach", NET_PROD, "--tf", "infra"]);
    assert_eq!(row(&both, MEMBER)["configured"], "all");
    assert_eq!(both["configuration"].as_array().unwrap().len(), 4);

    // The plan role may not go on to the same role: said beside a cell that is allowed otherwise.
    let matrix = json_of(&home, &["matrix", "--tf", "infra"]);
    let cell = |workspace: &str, phase: &str, account: &str| {
        let cells = matrix["cells"].as_array().unwrap();
        let found = cells.iter().find(|cell| {
            cell["workspace"] == workspace && cell["phase"] == phase && cell["account"] == account
        });
        found.map_or(Value::Null, |cell| cell["configured"].clone())
    };
    assert_eq!(cell(NET_PROD, "apply", "333333333333"), "all");
    assert_eq!(cell(NET_PROD, "apply", "555555555555"), "hop 1");
    // The configuration is that of one workspace.
    assert_eq!(cell("tfc:acme/Network/net-transit", "plan", "333333333333"), "hop 1");
    let plan = &matrix["configuration"][1];
    assert_eq!((&plan["phase"], &plan["verdict"]), (&json!("plan"), &json!("denied")));
    assert_eq!(plan["denied_at"], MEMBER);
    ask(&home, &["matrix", NET_PROD, "tag:env=prod", "--tf", "infra"]).prints(&["●hub ro■✕"]);

    // Without a configuration nothing is said of one.
    let plain = json_of(&home, &["paths", &apply, "prod-net/tf-member"]);
    assert_eq!(plain["configuration"], Value::Null);
    assert_eq!(plain["paths"][0]["configured"], Value::Null);
}

#[test]
fn what_can_not_be_told_is_never_taken_for_not_asked() {
    let apply = format!("{NET_PROD}:apply");
    for (text, member, other) in [
        (member("data.aws_ssm_parameter.role.value"), "unknown", "unknown"),
        // A workspace may set a variable, whatever its default.
        (
            format!("variable \"role\" {{ default = \"{MEMBER}\" }}\n{}", member("var.role")),
            "unknown",
            "unknown",
        ),
        // The literal parts count.
        (member("\"arn:aws:iam::333333333333:role/${var.name}\""), "unknown", "hop 1"),
        (member("\"arn:aws:iam::${var.account}:role/tf-member\""), "unknown", "unknown"),
        (member("\"arn:aws:iam::${var.account}:role/other\""), "hop 1", "hop 1"),
        ("module \"far\" { source = \"acme/net/aws\" }\n".to_owned(), "unknown", "unknown"),
        (
            provider(
                "dynamic \"assume_role\" {\n for_each = var.roles\n content { role_arn = assume_role.value }\n}",
            ),
            "unknown",
            "unknown",
        ),
        // Whose keys these are is not known, and a role of somebody else's is none of these ways.
        (
            provider(&format!(
                "access_key = \"AKIAEXAMPLE\"\nassume_role {{ role_arn = \"{MEMBER}\" }}"
            )),
            "unknown",
            "hop 1",
        ),
    ] {
        let home = home(&text);
        let answer = json_of(&home, &["reach", &apply, "--tf", "infra"]);
        let of = |role: &str| row(&answer, role)["configured"].clone();
        assert_eq!(of(MEMBER), member, "{text}");
        assert_eq!(of("arn:aws:iam::555555555555:role/tf-member"), other, "{text}");
        for chain in answer["configuration"].as_array().unwrap() {
            assert_eq!(chain["verdict"], "unknown", "{chain:#}");
        }
        assert!(!answer.to_string().contains("AKIA"));
    }
    let text = format!("variable \"role\" {{ default = \"{MEMBER}\" }}\n{}", member("var.role"));
    ask(&home(&text), &["reach", &apply, "--tf", "infra"])
        .prints(&["default of `var.role`, unless the workspace sets it", "the chain is allowed"]);
}

#[test]
fn roles_that_are_not_there_are_broken_and_those_outside_are_not_known() {
    let gone = "arn:aws:iam::333333333333:role/tf-mmember";
    let foreign = "arn:aws:iam::999999999998:role/x";
    let providers = [
        gone,
        "tf-member",
        foreign,
        "arn:aws:iam::444444444444:role/tf-member",
        "arn:aws:iam::333333333333:role/TF-Member",
    ];
    let text: Vec<String> = providers
        .iter()
        .map(|role| provider(&format!("assume_role {{ role_arn = \"{role}\" }}")))
        .collect();
    let home = home(&text.concat());
    let apply = format!("{NET_PROD}:apply");
    let answer = json_of(&home, &["reach", &apply, "--tf", "infra"]);
    for (at, verdict, reason) in [
        (0, "denied", "`prod-net` has no role"),
        (1, "denied", "`tf-member` is not the ARN of a role"),
        (2, "unknown", "outside of the organization"),
        (4, "unknown", "letters of another case"),
    ] {
        let chain = &answer["configuration"][at];
        assert_eq!(chain["verdict"], verdict);
        assert!(chain["reason"].as_str().unwrap().contains(reason), "{chain:#}");
    }
    assert_eq!(answer["configuration"][3]["verdict"], "unknown");
    for role in [gone, "tf-member"] {
        assert_eq!(row(&answer, role)["verdict"], "denied");
        assert_eq!(row(&answer, role)["configured"], "all");
    }
    // Nobody read that account: what is asked for there may be there.
    assert_eq!(row(&answer, "account:444444444444")["configured"], "all");
    assert_eq!(row(&answer, foreign), &Value::Null);
    let plain = json_of(&home, &["reach", &apply]);
    let denied = |answer: &Value| answer["counts"]["denied"].as_u64().unwrap();
    assert_eq!(denied(&answer), denied(&plain) + 2);
}

#[test]
fn what_a_provider_passes_settles_what_a_path_needs() {
    let apply = "tfc:acme/Payments/pay-prod:apply";
    let role = "arn:aws:iam::666666666666:role/tf-member";
    let asks = |passes: &str| {
        let block = format!("assume_role {{\n role_arn = \"{role}\"\n {passes}\n}}");
        let home = home(&provider(&block));
        json_of(&home, &["paths", apply, "prod-payments/tf-member", "--tf", "infra"])
    };
    let keys = |answer: &Value| -> Vec<String> {
        let needs = answer["paths"][0]["requirements"][0].as_array().unwrap();
        needs.iter().map(|need| need["key"].as_str().unwrap().to_lowercase()).collect()
    };
    let right = asks("external_id = \"acme-payments-prod\"");
    assert_eq!(keys(&right), ["sts:rolesessionname"]);
    assert_eq!(right["configuration"][0]["verdict"], "conditional");
    // What is wrong in a provider makes no path impossible: somebody may put it right.
    for (passes, why) in [
        ("", "passes none"),
        ("external_id = \"\"", "passes none"),
        ("external_id = \"x\"", "another external ID"),
    ] {
        let wrong = asks(passes);
        assert_eq!(keys(&wrong), ["sts:rolesessionname", "sts:externalid"]);
        assert_eq!(wrong["configuration"][0]["verdict"], "denied");
        assert!(wrong["configuration"][0]["reason"].as_str().unwrap().contains(why));
        assert_eq!(wrong["paths"][0]["configured"], "all");
    }
    // Somebody else's token makes the run's own way no harder.
    let hub = "arn:aws:iam::222222222222:role/tf-hub-apply";
    let web = home(&provider(&format!(
        "assume_role_with_web_identity {{\n role_arn = \"{hub}\"\n web_identity_token = var.t\n}}"
    )));
    let net = format!("{NET_PROD}:apply");
    let answer = json_of(&web, &["paths", &net, "tfc-hub/tf-hub-apply", "--tf", "infra"]);
    assert_eq!(answer["configuration"][0]["verdict"], "conditional");
    assert_eq!(answer["paths"][0]["verdict"], "allowed");

    let open = asks("external_id = var.id");
    assert_eq!(open["configuration"][0]["verdict"], "conditional");
    assert_eq!(open["configuration"][0]["chain"][1]["passes"][0]["value"], Value::Null);
    // A tag takes a permission of its own.
    let tags = asks("external_id = \"acme-payments-prod\"\ntags = { team = \"x\" }");
    assert!(tags["configuration"][0]["reason"].as_str().unwrap().contains("sts:TagSession"));
}

#[test]
fn a_plan_says_what_it_holds_and_gives_a_configuration_its_values() {
    let home = home(&format!(
        "variable \"id\" {{}}\n{}",
        member("\"arn:aws:iam::${var.id}:role/tf-member\"")
    ));
    let plan = json!({
        "format_version": "1.2", "planned_values": {}, "variables": {"id": {"value": "333333333333"}},
        "configuration": {"root_module": {}, "provider_config": {"aws": {
            "name": "aws", "full_name": "registry.terraform.io/hashicorp/aws",
            "expressions": {"assume_role": [{"role_arn": {"constant_value": MEMBER}}],
                            "secret_key": {"constant_value": "hush"}},
        }, "aws.member": {
            "name": "aws", "full_name": "registry.terraform.io/hashicorp/aws", "alias": "member",
            "expressions": {"assume_role": [{"role_arn": {"constant_value": MEMBER}}]},
        }}},
    });
    home.write("plan.json", &plan.to_string());
    let apply = format!("{NET_PROD}:apply");
    let answer = json_of(&home, &["reach", &apply, "--plan", "plan.json"]);
    assert_eq!(row(&answer, MEMBER)["configured"], "all");
    // It leaves out `dynamic` blocks, so it never tells that something is not asked for.
    let other = "arn:aws:iam::555555555555:role/tf-member";
    assert_eq!(row(&answer, other)["configured"], "unknown");
    assert!(answer["configuration_not_read"][0].as_str().unwrap().contains("dynamic"));
    assert!(!answer.to_string().contains("hush"));

    let both = json_of(&home, &["reach", &apply, "--tf", "infra", "--plan", "plan.json"]);
    assert_eq!(row(&both, MEMBER)["configured"], "all");
    assert_eq!(row(&both, other)["configured"], "hop 1");
    assert_eq!(both["configuration_not_read"], json!([]));
}

#[test]
fn what_can_not_be_used_is_said_with_what_to_do() {
    let home = home(&member("\"x\""));
    home.write("bad/main.tf", "provider \"aws\" {\n  secret_key = \"hush\" oops\n}");
    home.write("json/main.tf.json", "{\n  oops\n}");
    home.write("empty/readme.md", "");
    home.write("calls/main.tf", "module \"x\" { source = \"./gone\" }");
    home.write("binary/main.tf", "");
    std::fs::write(home.path("binary/main.tf"), b"a = \"\xff\"").unwrap();
    std::fs::write(home.path("plan.bin"), b"PK\x03\x04rest").unwrap();
    home.write("state.json", "{\"format_version\":\"1.0\",\"values\":{}}");
    let apply = format!("{NET_PROD}:apply");
    for (arguments, words) in [
        (&["--tf", "bad"][..], &["bad/main.tf:2:23: ", "terraform validate"][..]),
        (&["--tf", "json"], &["json/main.tf.json:2:3: not JSON"]),
        (&["--tf", "empty"], &["no Terraform configuration", "`.tf`"]),
        (&["--tf", "gone"], &["`gone` can't be read"]),
        (&["--tf", "bad/main.tf"], &["can't be read", "name the directory"]),
        (&["--tf", "calls"], &["directory of a module `calls/gone` can't be read"]),
        (&["--tf", "binary"], &["`binary/main.tf` is no UTF-8 text"]),
        (&["--plan", "plan.bin"], &["plan.bin", "terraform show -json"]),
        (&["--plan", "state.json"], &["a state", "terraform show -json"]),
        (&["--plan", "bad/main.tf"], &["does not begin with `{`"]),
        (&["--plan", "gone.json"], &["plan `gone.json` can't be read"]),
        (&["--plan", "infra"], &["is a directory", "--tf"]),
        (&["--summary", "--tf", "infra"], &["--summary"]),
    ] {
        let ran = ask(&home, &[&["reach", &apply], arguments].concat()).exits(2);
        ran.complains(words);
        assert!(!ran.stderr.contains("hush"), "{ran:?}");
    }
    // Somebody has to say whose configuration it is.
    ask(&home, &["matrix", "--tf", "infra"])
        .exits(2)
        .complains(&["nothing says which workspace", "rolewalk matrix tfc:"]);
    ask(&home, &["reach", "tfc-hub/tf-hub-apply", "--tf", "infra"])
        .exits(2)
        .complains(&["is no workspace"]);
    home.write("infra/cloud.tf", &CLOUD.replace("net-prod", "nowhere"));
    ask(&home, &["matrix", "--tf", "infra"])
        .exits(2)
        .complains(&["`tfc:acme/*/nowhere`", "no such workspace"]);
    ask(&home, &["reach", &apply, "--tf", "infra"])
        .exits(0)
        .complains(&["warning: the configuration says that it runs in `tfc:acme/*/nowhere`"]);
}

#[test]
fn tagged_credentials_begin_where_their_tag_says() {
    let mapped = |tag: &str| {
        provider(&format!(
            "alias = \"{tag}\"\nshared_config_files = [var.tfc_aws_dynamic_credentials.aliases[\"{tag}\"].shared_config_file]"
        ))
    };
    let home = home(&[mapped("HUB"), mapped("LAB"), mapped("NONE"), provider("")].concat());
    let apply = "tfc:acme/Platform/org-baseline:apply";
    let answer = json_of(&home, &["reach", apply, "--tf", "infra"]);
    let chain = |at: usize| &answer["configuration"][at];
    assert_eq!(chain(0)["tag"], "HUB");
    assert_eq!(chain(0)["chain"][0]["role"], "arn:aws:iam::222222222222:role/tf-hub-apply");
    assert_ne!(chain(1)["chain"][0]["role"], chain(0)["chain"][0]["role"]);
    // No such tag, and credentials that nobody mapped beside tagged ones.
    for at in [2, 3] {
        assert_eq!(chain(at)["verdict"], "unknown", "{:#}", chain(at));
        assert_eq!(chain(at)["chain"][0]["role"], Value::Null);
    }
}
