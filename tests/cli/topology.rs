//! How tokens get in, and the page that tells which design to take.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Dump, Home};

const PAGE: &str = include_str!("../../docs/hub-or-provider.md");
const HUB: &str = "111111111111";
const MEMBER: &str = "222222222222";

/// The policies of the page, by what their comments say they are.
fn policies() -> BTreeMap<String, Value> {
    let blocks = PAGE.split("<!-- ").skip(1);
    let found: BTreeMap<String, Value> = blocks
        .map(|block| {
            let (name, rest) = block.split_once(" -->\n```json\n").unwrap();
            let (text, _) = rest.split_once("\n```").unwrap();
            (name.to_owned(), serde_json::from_str(text).unwrap())
        })
        .collect();
    assert_eq!(found.len(), PAGE.matches("```json").count(), "a policy without a name");
    found
}

/// The same statement for another phase and role, as the page says that the other one reads.
fn for_plans(policy: &Value) -> Value {
    let text = policy.to_string();
    let plans = text.replace("run_phase:apply", "run_phase:plan");
    let plans =
        plans.replace("tf-hub-apply", "tf-hub-plan").replace("role/tf-member", "role/tf-member-ro");
    assert_ne!(plans, text);
    serde_json::from_str(&plans).unwrap()
}

fn inline(policy: &Value) -> Value {
    json!([{"PolicyName": "chain", "PolicyDocument": policy}])
}

fn workspace(project: &str, name: &str, env: &Value) -> Value {
    json!({"organization": "acme", "project": project, "workspace": name, "execution_mode": "remote", "env": env})
}

/// A home whose database holds the dump, with providers for HCP Terraform in some accounts.
fn home(dump: &Dump, providers: &[&str], workspaces: Option<&[Value]>) -> Home {
    let home = Home::new();
    dump.write(&home.path("dump"));
    for account in providers {
        let provider = json!([{
            "Arn": format!("arn:aws:iam::{account}:oidc-provider/app.terraform.io"),
            "Url": "app.terraform.io",
            "ClientIDList": ["aws.workload.identity"],
        }]);
        home.write(&format!("dump/oidc/{account}.json"), &provider.to_string());
    }
    if let Some(workspaces) = workspaces {
        home.write("dump/tfc.json", &json!(workspaces).to_string());
    }
    home.run(&["import", home.path("dump").to_str().unwrap()]).exits(0);
    home
}

fn both_designs() -> Dump {
    let policies = policies();
    let none = json!([]);
    let own = &policies["own tf-apply"];
    let hub = &policies["hub tf-hub-apply trust"];
    let chain = &policies["hub tf-hub-apply identity"];
    let member = &policies["hub tf-member trust"];
    Dump::default()
        .account(HUB, "hub")
        .account(MEMBER, "net-prod")
        .account("333333333333", "web-prod")
        .role(MEMBER, "tf-apply", own, &none)
        .role(MEMBER, "tf-plan", &for_plans(own), &none)
        .role(MEMBER, "tf-member", member, &none)
        .role(MEMBER, "tf-member-ro", &for_plans(member), &none)
        .role(HUB, "tf-hub-apply", hub, &inline(chain))
        .role(HUB, "tf-hub-plan", &for_plans(hub), &inline(&for_plans(chain)))
}

fn acme() -> [Value; 3] {
    let keys = json!({"AWS_ACCESS_KEY_ID": "***", "AWS_SECRET_ACCESS_KEY": "***"});
    let on = json!({"TFC_AWS_PROVIDER_AUTH": "true"});
    [
        workspace("Network", "net-prod", &on),
        workspace("Network", "net-dev", &on),
        workspace("Web", "web-old", &keys),
    ]
}

#[test]
fn the_policies_of_the_page_do_what_it_says() {
    let home = home(&both_designs(), &[HUB, MEMBER], Some(&acme()));
    let why = |caller: &str, role: &str, rest: &[&str]| {
        let ran = home.run(&[&["why", caller, role, "--json"], rest].concat()).exits(0).json();
        ran["verdict"].as_str().unwrap().to_owned()
    };
    for (caller, role, verdict) in [
        ("tfc:acme/Network/net-prod:apply", "net-prod/tf-apply", "allowed"),
        ("tfc:acme/Network/net-prod:plan", "net-prod/tf-apply", "denied"),
        ("tfc:acme/Network/net-prod:plan", "net-prod/tf-plan", "allowed"),
        ("tfc:acme/Network/net-dev:apply", "net-prod/tf-apply", "denied"),
        ("tfc:acme/Network/net-dev:apply", "hub/tf-hub-apply", "allowed"),
        ("tfc:acme/Network/net-dev:plan", "hub/tf-hub-apply", "denied"),
        ("tfc:acme/Web/web-old:apply", "hub/tf-hub-apply", "denied"),
        (
            "oidc:https://app.terraform.io#organization:acme-evil:project:Network:workspace:net-prod:run_phase:apply",
            "hub/tf-hub-apply",
            "denied",
        ),
        ("hub/tf-hub-apply", "net-prod/tf-member", "allowed"),
        ("hub/tf-hub-plan", "net-prod/tf-member", "denied"),
        ("hub/tf-hub-plan", "net-prod/tf-member-ro", "allowed"),
        ("net-prod/tf-apply", "net-prod/tf-member", "denied"),
    ] {
        assert_eq!(why(caller, role, &[]), verdict, "{caller} {role}");
    }
    // The provider block of the page passes a source identity.
    let source = ["--source-identity", "net-prod", "--session-name", "net-prod"];
    assert_eq!(why("hub/tf-hub-apply", "net-prod/tf-member", &source), "allowed");
    assert_eq!(why("hub/tf-hub-apply", "net-prod/tf-member", &["--tag", "team=net"]), "denied");
    let paths = ["paths", "tfc:acme/Network/net-dev:apply", "net-prod/tf-member", "--json"];
    let paths = home.run(&paths).exits(0).json();
    assert_eq!(paths["paths"][0]["verdict"], "allowed");
    assert_eq!(paths["paths"][0]["hops"].as_array().unwrap().len(), 2);
}

/// What the page says of providers and wildcards.
#[test]
fn the_mistakes_of_the_page_are_mistakes() {
    let elsewhere = policies()["hub tf-hub-apply trust"].clone();
    let text = elsewhere.to_string();
    let literal: Value =
        serde_json::from_str(&text.replace("StringLike", "StringEqualsIgnoreCase")).unwrap();
    let claim: Value = serde_json::from_str(
        &text.replace("app.terraform.io:aud", "app.terraform.io:terraform_workspace_id"),
    )
    .unwrap();
    let dump = Dump::default()
        .account(HUB, "hub")
        .account(MEMBER, "member")
        .role(MEMBER, "elsewhere", &elsewhere, &json!([]))
        .role(HUB, "literal", &literal, &json!([]))
        .role(HUB, "claim", &claim, &json!([]));
    let home = home(&dump, &[HUB, MEMBER], Some(&acme()));
    for role in ["member/elsewhere", "hub/literal", "hub/claim"] {
        let command = ["why", "tfc:acme/Network/net-prod:apply", role, "--json"];
        assert_eq!(home.run(&command).exits(0).json()["verdict"], "denied", "{role}");
    }
}

fn by_name<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let accounts = answer["accounts"].as_array().unwrap();
    accounts.iter().find(|account| account["name"] == name).unwrap()
}

#[test]
fn accounts_are_told_by_the_way_in() {
    let dump = both_designs();
    let home = home(&dump, &[HUB, MEMBER], Some(&acme()));
    let answer = home.run(&["topology", "--json"]).exits(0).json();
    assert_eq!(answer["schema"], "rolewalk/topology/1");
    assert_eq!(answer["truncated"], false);
    let ways = |name: &str| {
        let account = by_name(&answer, name);
        (account["way"].as_str().unwrap(), account["other_issuers"].as_str().unwrap())
    };
    assert_eq!(ways("hub"), ("own", "none"));
    assert_eq!(ways("net-prod"), ("both", "none"));
    assert_eq!(ways("web-prod"), ("none", "none"));
    assert_eq!(by_name(&answer, "hub")["only_hub"], true);
    assert_eq!(by_name(&answer, "net-prod")["workspaces"]["allowed"], 2);
    assert_eq!(answer["hub_role_count"], 2);
    let hub = &answer["hub_roles"][0];
    assert_eq!(hub["workspace_count"], 2);
    assert_eq!(hub["workspaces"][0]["phases"], json!(["apply"]));
    assert_eq!((&hub["named_by"], &hub["named_in"]), (&json!(1), &json!(1)));
    assert_eq!(hub["misuse"]["accounts"]["allowed"], 1);
    assert_eq!(hub["admits"][0]["one_customer"], true);
    let lines = answer["lines"].as_array().unwrap().iter();
    let lines: Vec<_> =
        lines.map(|line| json!([line["way"], line["accounts"], line["workspaces"]])).collect();
    let expected = [
        json!(["hub", 1, 2]),
        json!(["hub-itself", 1, 2]),
        json!(["both", 1, 1]),
        json!(["none", 1, null]),
        json!(["not-followed", null, 1]),
    ];
    assert_eq!(lines, expected);
    let text = home.run(&["topology"]).exits(0);
    text.prints(&[
        "through hub hub",
        "no token way in",
        "static keys, unknown reach",
        "111111111111/tf-hub-apply",
        "organization:acme:project:Network:workspace:*:run_phase:apply: ",
    ]);
    let widest = text.stdout.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{widest:?}");
    let few = home.run(&["topology", "--limit", "1", "--json"]).exits(0).json();
    assert_eq!(few["accounts"].as_array().unwrap().len(), 1);
    assert_eq!((&few["account_count"], &few["truncated"]), (&json!(3), &json!(true)));
}

/// Nothing that was not read is ever said to be closed.
#[test]
fn what_was_not_read_is_no_closed_door() {
    let dump = both_designs().account("444444444444", "dark");
    let home = Home::new();
    dump.write(&home.path("dump"));
    let provider = json!([{
        "Arn": format!("arn:aws:iam::{HUB}:oidc-provider/app.terraform.io"),
        "Url": "app.terraform.io",
        "ClientIDList": ["aws.workload.identity"],
    }]);
    home.write(&format!("dump/oidc/{HUB}.json"), &provider.to_string());
    std::fs::remove_file(home.path("dump/gaad/444444444444.json")).unwrap();
    // `web-prod` trusts the whole organization, so whoever is in the dark account may come there.
    let wide = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-test"}},
    }]});
    let web = Dump::default().account("333333333333", "web-prod").role(
        "333333333333",
        "wide",
        &wide,
        &json!([]),
    );
    web.write(&home.path("web"));
    std::fs::copy(
        home.path("web/gaad/333333333333.json"),
        home.path("dump/gaad/333333333333.json"),
    )
    .unwrap();
    home.run(&["import", home.path("dump").to_str().unwrap()]);
    let answer = home.run(&["topology", "--json"]).exits(0).json();
    for (name, reason) in
        [("dark", "users and roles were not read"), ("web-prod", "`dark` was not read")]
    {
        let account = by_name(&answer, name);
        assert_eq!(account["way"], "not-read", "{name}");
        assert!(account["not_read"][0].as_str().unwrap().contains(reason), "{account}");
    }
    // HCP Terraform was not read either: what trust policies name stands for its workspaces.
    assert_eq!(answer["hcp_terraform_read"], false);
    assert_eq!(by_name(&answer, "net-prod")["workspaces"], Value::Null);
    assert_eq!(by_name(&answer, "net-prod")["hcp_terraform"], "hub");
    assert_eq!(answer["lines"][0]["workspaces"], Value::Null);
    let hub = &answer["hub_roles"][0];
    assert_eq!((&hub["workspace_count"], &hub["subject_count"]), (&Value::Null, &json!(1)));
    home.run(&["topology"]).exits(0).prints(&["HCP Terraform was not read", "too little was read"]);
}
