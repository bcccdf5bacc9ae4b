//! Answers from a crawled snapshot: the planted ones of `ORGANIZATION.md`.

use serde_json::{Value, json};

use crate::support::{APPLY, Collected, MEMBER, NETOPS, OPERATOR, TOKEN, item, objects_with};

#[test]
fn the_tree_shows_the_organization_and_its_gaps() {
    let Some(collected) = Collected::new() else { return };
    let tree = collected.ask(&["tree", "--json"]).exits(0).json();
    assert_eq!(tree["schema"], "rolewalk/tree/1");
    let nodes = &tree["nodes"];
    for (kind, name) in [
        ("ou", "Infrastructure"),
        ("ou", "Workloads"),
        ("ou", "Prod"),
        ("ou", "Locked"),
        ("ou", "Closed"),
        ("account", "hub"),
        ("account", "dev-app"),
    ] {
        assert_eq!(item(nodes, "name", name)["kind"], kind, "{tree:#}");
    }
    let policies = &item(nodes, "name", "Dev")["control_policies"];
    assert_eq!(*policies, json!(["no-assume-into-production"]));
    for (account, kind) in [("100000000007", "denied"), ("100000000008", "suspended")] {
        let node = item(nodes, "id", account);
        assert_eq!(node["not_read"]["kind"], kind, "{node:#}");
    }
    for account in 1..=6 {
        let node = item(nodes, "id", &format!("10000000000{account}"));
        assert!(node["not_read"].is_null() && node["kind"] == "account", "{node:#}");
    }
    assert_eq!(item(nodes, "id", MEMBER)["reached"], "allowed");
    assert_eq!(collected.aws.statistics()["by_call"], json!({}), "an answer asks nobody");
}

/// A question to `why`: caller, role, further arguments, and the verdict with the layer of its reason.
type Question = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    Option<(&'static str, bool)>,
);

#[test]
fn why_gives_the_planted_verdicts() {
    let Some(collected) = Collected::new() else { return };
    let apply = format!("{TOKEN}:apply?aud=aws.workload.identity");
    let plan = format!("{TOKEN}:plan?aud=aws.workload.identity");
    let foreign = format!("{TOKEN}:apply?aud=somebody.else");
    let questions: &[Question] = &[
        (APPLY, "prod-net/tf-member", &[], "allowed", None),
        (APPLY, "dev-net/tf-member", &[], "allowed", None),
        // The trust policy names the plan role.
        (APPLY, "prod-pay/tf-member", &[], "denied", Some(("trust", false))),
        ("hub/tf-net-plan", "prod-pay/tf-member", &[], "allowed", None),
        // Trust and identity agree, the control policy of the caller's unit does not.
        ("dev-net/ci", "prod-net/release", &[], "denied", Some(("scp", true))),
        ("user:hub/netops", "hub/net-operator", &[], "allowed", None),
        ("user:hub/intern", "hub/net-operator", &[], "denied", Some(("boundary", false))),
        ("user:hub/visitor", "hub/net-operator", &[], "denied", Some(("identity", false))),
        ("hub/net-operator", "prod-net/vendor-audit", &[], "conditional", None),
        (
            "hub/net-operator",
            "prod-net/vendor-audit",
            &["--context", "sts:ExternalId=acme-7"],
            "allowed",
            None,
        ),
        (
            "hub/net-operator",
            "prod-net/vendor-audit",
            &["--context", "sts:ExternalId=other"],
            "denied",
            Some(("trust", false)),
        ),
        ("hub/github-deploy", "dev-app/deploy", &[], "allowed", None),
    ];
    let mut wrong = Vec::new();
    for (caller, role, more, verdict, reason) in questions {
        let ran = collected.ask(&[&["why", caller, role, "--json"], *more].concat());
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap_or_default();
        let given = answer["reason"]["layer"].as_str().zip(answer["reason"]["explicit"].as_bool());
        if ran.code != Some(0) || answer["verdict"] != *verdict || given != *reason {
            wrong.push(format!(
                "why {caller} {role} {more:?}: expected {verdict} {reason:?}, got {ran:?}"
            ));
        }
    }
    for (token, verdict) in [(&apply, "allowed"), (&plan, "denied"), (&foreign, "denied")] {
        let ran = collected.ask(&["why", token, APPLY, "--json"]);
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap_or_default();
        if answer["verdict"] != verdict || (verdict == "allowed") != answer["reason"].is_null() {
            wrong.push(format!("why {token} {APPLY}: expected {verdict}, got {ran:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn why_shows_the_statements_that_decided() {
    let Some(collected) = Collected::new() else { return };
    let answer = collected.ask(&["why", APPLY, MEMBER, "--json"]).exits(0).json();
    assert_eq!(answer["schema"], "rolewalk/why/1");
    assert_eq!(answer["action"], "sts:AssumeRole");
    assert_eq!(answer["requirements"], json!([[]]));
    for (layer, sid) in [("trust", "Hub"), ("identity", "Members")] {
        let shown = item(&answer["layers"], "layer", layer);
        assert_eq!(shown["outcome"], "allow", "{shown:#}");
        assert_eq!(
            item(&shown["statements"], "sid", sid)["effect"]
                .as_str()
                .map(str::to_lowercase)
                .as_deref(),
            Some("allow")
        );
    }
    let answer =
        collected.ask(&["why", "dev-net/ci", "prod-net/release", "--json"]).exits(0).json();
    assert_eq!(answer["requirements"], json!([]));
    assert!(!objects_with(&answer["layers"], "NoAssumeIntoProduction").is_empty(), "{answer:#}");

    let answer = collected
        .ask(&["why", "hub/net-operator", "prod-net/vendor-audit", "--json"])
        .exits(0)
        .json();
    let needed = item(&answer["requirements"][0], "key", "sts:ExternalId");
    assert_eq!(
        (&needed["kind"], &needed["values"]),
        (&json!("caller-choice"), &json!(["acme-7"])),
        "{answer:#}"
    );

    // The partner's own account is unknown, and a resource control policy keeps other organizations out.
    let answer = collected
        .ask(&["why", "external:999999999999", "prod-net/vendor-audit", "--json"])
        .exits(0)
        .json();
    assert_ne!(answer["verdict"], "allowed", "{answer:#}");
}

#[test]
fn who_can_goes_through_the_hub() {
    let Some(collected) = Collected::new() else { return };
    let answer = collected.ask(&["who-can", "prod-net/tf-member", "--json"]).exits(0).json();
    assert_eq!(answer["schema"], "rolewalk/who-can/1");
    assert_eq!(answer["truncated"], false);
    let principals = &answer["principals"];
    for (principal, hops) in [(APPLY, 1), (OPERATOR, 1), (NETOPS, 2)] {
        let shown = item(principals, "principal", principal);
        assert_eq!(
            (&shown["verdict"], &shown["hops"]),
            (&json!("allowed"), &json!(hops)),
            "{shown:#}"
        );
    }
    for shown in principals.as_array().unwrap() {
        let principal = shown["principal"].as_str().unwrap();
        assert!(
            !principal.ends_with("user/temporary/intern") || shown["verdict"] == "denied",
            "{shown:#}"
        );
        assert!(
            !principal.ends_with("role/tf-net-plan"),
            "the plan role is nowhere in this trust: {shown:#}"
        );
    }
    // From outside, the only way in is the token of the apply phase.
    let text = principals.to_string();
    let admits = text.contains("tfc:acme/Network/net-prod:apply");
    assert!(admits && !text.contains("net-prod:plan"), "{principals:#}");
}

#[test]
fn paths_name_every_hop() {
    let Some(collected) = Collected::new() else { return };
    let token = format!("{TOKEN}:apply?aud=aws.workload.identity");
    for (source, hub_role, first) in [
        (token.as_str(), APPLY, "sts:AssumeRoleWithWebIdentity"),
        ("user:hub/netops", OPERATOR, "sts:AssumeRole"),
    ] {
        let answer =
            collected.ask(&["paths", source, "prod-net/tf-member", "--json"]).exits(0).json();
        assert_eq!(answer["schema"], "rolewalk/paths/1");
        let hops =
            answer["paths"][0]["hops"].as_array().unwrap_or_else(|| panic!("no path: {answer:#}"));
        assert_eq!(hops.len(), 2, "{answer:#}");
        assert_eq!(
            (&hops[0]["to"], &hops[0]["action"]),
            (&json!(hub_role), &json!(first)),
            "{answer:#}"
        );
        assert_eq!(
            (&hops[1]["from"], &hops[1]["to"]),
            (&json!(hub_role), &json!(MEMBER)),
            "{answer:#}"
        );
        assert_eq!(hops[1]["verdict"], "allowed", "{answer:#}");
    }
    // What a trust policy cuts is not a way.
    let answer = collected
        .ask(&["paths", "user:hub/netops", "prod-pay/tf-member", "--json"])
        .exits(0)
        .json();
    let paths = answer["paths"].as_array().unwrap();
    assert!(paths.iter().all(|path| path["verdict"] == "denied"), "{answer:#}");
}

#[test]
fn a_workspace_that_nobody_read_is_known_by_its_name() {
    let Some(collected) = Collected::new() else { return };
    let source = "tfc:acme/Network/net-prod:apply";
    let answer = collected.ask(&["paths", source, "prod-net/tf-member", "--json"]).exits(0).json();
    assert_eq!(answer["source"], source);
    let path = &answer["paths"][0];
    assert_eq!(path["verdict"], "allowed", "{answer:#}");
    let actions: Vec<_> =
        path["hops"].as_array().unwrap().iter().map(|hop| &hop["action"]).collect();
    assert_eq!(actions, ["sts:AssumeRoleWithWebIdentity", "sts:AssumeRole"]);

    let plan = collected.ask(&["why", "tfc:acme/Network/net-prod:plan", APPLY, "--json"]);
    assert_eq!(plan.exits(0).json()["reason"]["layer"], "trust");
    collected.ask(&["why", "tfc:acme/Network/net-prod", APPLY]).exits(2);
}
