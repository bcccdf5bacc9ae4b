//! Questions to the sample organization and to a small one.

use serde_json::Value;

use crate::support::{Dump, HUB, Home, MEMBER, role_arn};

/// One planted case of each group of the sample, for what the binary makes of its arguments and
/// its answer; `tests/sample` asks the library for all of them.
#[test]
fn the_sample_answers_as_its_readme_says() {
    let mut cases: Vec<Value> =
        serde_json::from_str(include_str!("../../assets/demo/answers.json")).unwrap();
    cases.dedup_by_key(|case| case["id"].as_str().unwrap().split('-').next().map(str::to_owned));
    assert!(cases.len() > 4);
    let home = Home::new();
    let mut wrong = Vec::new();
    for case in &cases {
        let command: Vec<&str> =
            case["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        let ran = home.run(&[&["--demo", "--json"], &command[..]].concat());
        let id = case["id"].as_str().unwrap();
        let Ok(answer) = serde_json::from_str::<Value>(&ran.stdout) else {
            wrong.push(format!("{id}: {ran:?}"));
            continue;
        };
        let (verdict, reason, requirements) = match command[0] {
            "why" => (
                answer["verdict"].clone(),
                answer["reason"].clone(),
                answer["requirements"].clone(),
            ),
            _ => first_path(&answer),
        };
        let layer = reason["layer"].clone();
        let mut kinds: Vec<String> = requirements
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|set| set.as_array().unwrap())
            .map(|item| item["kind"].as_str().unwrap().to_owned())
            .collect();
        kinds.sort();
        kinds.dedup();
        let mut needs: Vec<String> = serde_json::from_value(case["needs"].clone()).unwrap();
        needs.sort();
        if verdict != case["verdict"] || layer != case["layer"] || kinds != needs {
            wrong.push(format!(
                "{id} {command:?}: {verdict} {layer} {kinds:?}, expected {} {} {needs:?}",
                case["verdict"], case["layer"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// The best path's verdict, what denies it, and what it needs.
fn first_path(answer: &Value) -> (Value, Value, Value) {
    let path = &answer["paths"][0];
    let reason = path["hops"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|hop| hop["reason"].clone())
        .find(|reason| !reason.is_null());
    (path["verdict"].clone(), reason.unwrap_or_default(), path["requirements"].clone())
}

#[test]
fn every_question_is_answered_in_both_forms() {
    let home = Home::with(&Dump::small());
    let (walker, target) = (role_arn(HUB, "walker"), role_arn(MEMBER, "target"));
    for (command, schema, words) in [
        (&["tree"][..], "rolewalk/tree/1", &["hub", "member", "target"][..]),
        (&["who-can", "member/target"], "rolewalk/who-can/1", &["● allowed", &walker]),
        (&["reach", "hub/walker"], "rolewalk/reach/1", &["● allowed", &target]),
        (
            &["paths", "hub/walker", "member/target"],
            "rolewalk/paths/1",
            &["1 path", "\"Walk\"", &target],
        ),
        (&["why", "hub/walker", "member/target"], "rolewalk/why/1", &["● allowed", "\"Trust\""]),
        (&["matrix"], "rolewalk/matrix/1", &["0 workspaces against 2 accounts"]),
    ] {
        home.run(command).exits(0).prints(words);
        let answer = home.run(&[command, &["--json"]].concat()).exits(0).json();
        assert_eq!(answer["schema"], schema);
        let listed = !command[0].starts_with("why");
        assert_eq!(answer.get("truncated").is_some(), listed, "{answer:#}");
    }
}

#[test]
fn a_denial_is_an_answer_that_begins_with_what_blocks() {
    let home = Home::with(&Dump::small());
    let ran = home.run(&["why", "hub/idle", "member/target"]).exits(0);
    assert!(ran.stdout.starts_with("✕ denied: the "), "{ran:?}");
    let answer = home.run(&["why", "hub/idle", "member/target", "--json"]).exits(0).json();
    assert_eq!(answer["verdict"], "denied");
    assert!(!answer["reason"]["layer"].is_null());
    assert_eq!(answer["requirements"], serde_json::json!([]));
}

#[test]
fn names_that_are_not_there_bring_the_nearest() {
    let home = Home::with(&Dump::small());
    for command in [
        &["who-can", "member/targat"][..],
        &["why", "hub/walker", "member/targat"],
        &["paths", "hub/walker", "member/targat"],
    ] {
        let ran = home.run(command).exits(2);
        assert!(ran.stdout.is_empty(), "{ran:?}");
        ran.complains(&["`member/targat`", "did you mean", "member/target"]);
    }
    home.run(&["reach", "hub/wolker"]).exits(2).complains(&["hub/walker"]);
}

#[test]
fn what_lies_near_is_suggested_for_places_and_tags_too() {
    let home = Home::new();
    for (name, meant) in [
        ("ou:/Prod/**", "ou:/Workloads/Prod/**"),
        ("tag:env=prodd", "tag:env=prod"),
        ("prod-nett", "prod-net"),
    ] {
        let meant = format!("did you mean `{meant}`?");
        home.run(&["--demo", "tree", name]).exits(2).complains(&[&meant]);
    }
    let ran = home.run(&["--demo", "who-can", "prod-nett/tf-member"]).exits(2);
    let first = ran.stderr.lines().find(|line| line.contains("did you mean"));
    assert!(first.is_some_and(|line| line.contains("`prod-net/tf-member`")), "{ran:?}");
}

#[test]
fn the_tree_shows_workspaces_alone() {
    let home = Home::new();
    let nodes = home.run(&["--demo", "--json", "tree", "tfc:acme/Network/net-*"]).exits(0).json();
    let nodes = nodes["nodes"].as_array().unwrap();
    let of_kind = |kind: &str| nodes.iter().filter(|node| node["kind"] == kind).count();
    assert_eq!(of_kind("workspace"), nodes.len() - 2, "{nodes:?}");
    assert!(of_kind("workspace") > 1 && of_kind("organization") == 0);
    home.run(&["--demo", "tree", "tfc:acme/Network/net-prd"])
        .exits(2)
        .complains(&["did you mean `tfc:acme/Network/net-prod`?"]);
}

#[test]
fn a_workspace_without_phase_is_asked_which() {
    let home = Home::new();
    home.run(&["--demo", "why", "tfc:acme/Network/net-prod", "tfc-hub/tf-hub-apply"])
        .exits(2)
        .complains(&["plan", "apply"]);
}

#[test]
fn stated_context_settles_a_condition() {
    let home = Home::new();
    let ask = |more: &[&str]| {
        let command = ["--demo", "--json", "why", "user:identity/ann", "prod-net/breakglass"];
        home.run(&[&command, more].concat()).exits(0).json()["verdict"].clone()
    };
    assert_eq!(ask(&[]), "conditional");
    assert_eq!(ask(&["--context", "aws:MultiFactorAuthPresent=true"]), "allowed");
    assert_eq!(ask(&["--context", "aws:MultiFactorAuthPresent=false"]), "denied");
}

#[test]
fn colours_follow_the_flag_and_the_pipe() {
    let home = Home::with(&Dump::small());
    let plain = home.run(&["tree"]).exits(0).stdout;
    assert!(!plain.contains('\u{1b}'), "{plain}");
    let coloured = home.run(&["--color", "always", "tree"]).exits(0).stdout;
    assert!(coloured.contains("\u{1b}["), "{coloured}");
    let output = home.command(&["--color", "auto", "tree"]).env("NO_COLOR", "1").output().unwrap();
    assert!(!output.stdout.contains(&0x1b));
}

#[test]
fn ascii_is_a_setting() {
    let home = Home::with(&Dump::small());
    let config = home.write("c.toml", "ascii = true\n");
    let config = config.to_str().unwrap();
    for command in
        [&["tree"][..], &["who-can", "member/target"], &["paths", "hub/walker", "member/target"]]
    {
        let ran = home.run(&[&["--config", config], command].concat()).exits(0);
        assert!(ran.stdout.is_ascii(), "{ran:?}");
    }
}

const REFUSED: &str = "An error occurred (AccessDenied) when calling the AssumeRole operation: \
    User: arn:aws:sts::222222222222:assumed-role/idle/x is not authorized to perform: \
    sts:AssumeRole on resource: arn:aws:iam::333333333333:role/target";

#[test]
fn a_failure_is_read_from_wherever_it_comes() {
    let home = Home::with(&Dump::small());
    let file = home.write("run.log", REFUSED);
    let by_argument = home.run(&["explain", REFUSED, "--json"]).exits(0).json();
    assert_eq!(by_argument["schema"], "rolewalk/explain/1");
    let parsed = &by_argument["errors"][0]["parsed"];
    assert_eq!(parsed["target"], role_arn(MEMBER, "target"));
    assert_eq!(parsed["action"], "sts:AssumeRole");
    for ran in [
        home.run(&["explain", "-f", file.to_str().unwrap(), "--json"]),
        home.run_with_stdin(&["explain", "-", "--json"], REFUSED),
        home.run_with_stdin(&["explain", "--json"], REFUSED),
    ] {
        assert_eq!(ran.exits(0).json(), by_argument);
    }
    // As PowerShell saves it.
    for order in [u16::to_le_bytes, u16::to_be_bytes] {
        let units = std::iter::once(0xfeff).chain(REFUSED.encode_utf16());
        let bytes: Vec<u8> = units.flat_map(order).collect();
        let saved = home.path("saved.log");
        std::fs::write(&saved, bytes).unwrap();
        let ran = home.run(&["explain", "-f", saved.to_str().unwrap(), "--json"]);
        assert_eq!(ran.exits(0).json(), by_argument);
    }
    home.run(&["explain", REFUSED]).exits(0).prints(&["Causes", &role_arn(MEMBER, "target")]);
}

#[test]
fn a_failure_is_put_to_the_snapshot() {
    let home = Home::with(&Dump::small());
    let answer = home.run(&["explain", REFUSED, "--json"]).exits(0).json();
    assert_eq!(answer["errors"][0]["verdict"], "denied", "{answer:#}");
    assert_eq!(answer["errors"][0]["causes"][0]["proven"], true, "{answer:#}");
    home.run(&["explain", REFUSED, "--source", "hub/nobody"]).exits(2).complains(&["hub/nobody"]);
    home.run(&["explain", REFUSED, "--context", "x"]).exits(2).complains(&["KEY=VALUE"]);
    let masked = REFUSED.replace("arn:aws:sts::222222222222:assumed-role/idle/x", "***");
    let other = home.run(&["explain", &masked, "--source", "hub/walker", "--json"]).exits(0).json();
    assert_eq!(other["errors"][0]["verdict"], "allowed", "{other:#}");
    // What the text says counts before what was typed.
    let named = home.run(&["explain", REFUSED, "--source", "hub/walker", "--json"]).exits(0).json();
    assert_eq!(named["errors"][0]["verdict"], "denied", "{named:#}");
    home.run(&["explain", REFUSED, "--source", "hub/walker"]).exits(0).prints(&["was not used"]);
}

#[test]
fn a_failure_is_read_without_a_snapshot_too() {
    let home = Home::new();
    home.run(&["explain", REFUSED]).exits(0).complains(&["only what the text itself says"]);
    // Named and not there is another matter.
    home.run(&["--db", "missing.db", "explain", REFUSED]).exits(3);
}

#[test]
fn text_without_a_failure_is_no_success() {
    let home = Home::new();
    home.run(&["--demo", "explain", "all is well"]).exits(1).complains(&["no failure"]);
    home.run(&["--demo", "explain"]).exits(2);
    home.run(&["--demo", "explain", "-f", "missing.log"]).exits(2).complains(&["missing.log"]);
    home.run(&["--demo", "explain", "-f", "x", "text"]).exits(2);
}

#[test]
fn a_probe_wants_to_be_confirmed() {
    let home = Home::new();
    home.run(&["--demo", "probe", "tfc-hub/tf-hub-apply", "prod-net/tf-member"])
        .exits(2)
        .complains(&["--yes", "--dry-run"]);
    let command =
        ["--demo", "probe", "tfc-hub/tf-hub-apply", "prod-net/tf-member", "--dry-run", "--json"];
    let answer = home.run(&command).json();
    assert_eq!(answer["schema"], "rolewalk/probe/1");
    assert!(answer["agrees"].is_null());
    assert_eq!(answer["hops"][0]["predicted"], "allowed");
    assert_eq!(answer["hops"][0]["outcome"], "skipped");
}

#[test]
fn lists_are_counted_by_kind_and_account() {
    let home = Home::new();
    let source = "tfc:acme/Network/net-prod:apply";
    for (command, of, rows, schema) in [
        (["reach", source], source, "targets", "rolewalk/reach-summary/1"),
        (
            ["who-can", "prod-net/tf-member"],
            "arn:aws:iam::333333333333:role/tf-member",
            "principals",
            "rolewalk/who-can-summary/1",
        ),
    ] {
        let ask = |more: &[&str]| home.run(&[&["--demo", "--json"], &command[..], more].concat());
        let list = ask(&[]).exits(0).json();
        let summary = ask(&["--summary"]).exits(0).json();
        assert_eq!((&summary["schema"], &summary["of"]), (&schema.into(), &of.into()));
        assert_eq!(summary["counts"], list["counts"]);
        let list = list[rows].as_array().unwrap();
        let counted = |of: &Value, field: &str, value: &Value| {
            let rows = list.iter().filter(|row| row[field] == *value);
            for verdict in ["allowed", "conditional", "unknown", "denied"] {
                let count = rows.clone().filter(|row| row["verdict"] == verdict).count();
                assert_eq!(of["counts"][verdict], count, "{of:#}");
            }
            rows.count()
        };
        let kinds = summary["by_kind"].as_array().unwrap();
        let all: usize = kinds.iter().map(|row| counted(row, "kind", &row["kind"])).sum();
        assert_eq!(all, list.len());
        for row in summary["by_account"].as_array().unwrap() {
            assert!(counted(row, "account", &row["account"]) > 0);
        }
        let one = ask(&["--summary", "--limit", "1"]).json();
        assert_eq!(one["by_account"].as_array().unwrap().len(), 1);
        assert_eq!(one["truncated"], summary["accounts"]["allowed"] != 1);
        home.run(&[&["--demo"], &command[..], &["--summary"]].concat())
            .exits(0)
            .prints(&["ALLOWED", "KIND"]);
    }
}

#[test]
fn what_every_way_passes_is_named() {
    let home = Home::new();
    let command =
        ["--demo", "chokepoints", "tfc:acme/Network/net-prod:apply", "prod-net/tf-member"];
    let hub = "arn:aws:iam::222222222222:role/tf-hub-apply";
    home.run(&command).exits(0).prints(&["1 of 1 reached", hub]);
    let answer = home.run(&[&command[..], &["--json"]].concat()).exits(0).json();
    let [allowed, possible] = ["allowed", "possible"].map(|part| answer[part].clone());
    assert_eq!(allowed["chokepoints"][0]["principal"], hub, "{answer:#}");
    assert_eq!((&allowed["count"], &possible["reached"]), (&1.into(), &1.into()), "{answer:#}");
    assert_eq!(allowed["chokepoints"][0]["left"], 0);
    let nothing =
        home.run(&["--demo", "chokepoints", "user:identity/ann", "prod-net/nat-instance"]);
    nothing.exits(0).prints(&["0 of 1 reached", "no way"]);
    home.run(&["--demo", "chokepoints", "prod-net/tf-member", "user:identity/ann"]).exits(2);
}

#[test]
fn cycles_are_listed_with_the_verdict_that_closes_them() {
    let home = Home::new();
    let answer = home.run(&["--demo", "cycles", "--json"]).exits(0).json();
    let cycles = answer["cycles"].as_array().unwrap();
    let counted = |verdict: &str| cycles.iter().filter(|it| it["verdict"] == verdict).count();
    assert_eq!(answer["counts"]["allowed"], counted("allowed"));
    assert_eq!(answer["counts"]["unknown"], counted("unknown"));
    let role = "arn:aws:iam::333333333333:role/inventory-read";
    assert!(cycles.iter().any(|it| it["roles"] == serde_json::json!([role])), "{answer:#}");
    let one = home.run(&["--demo", "cycles", "prod-net/inventory-read"]).exits(0);
    one.prints(&["1 cycle", "may assume itself", role]);
    home.run(&["--demo", "cycles", "prod-net/nat-instance"]).exits(0).prints(&["none"]);
    let limited = home.run(&["--demo", "cycles", "--limit", "1", "--json"]).exits(0).json();
    assert_eq!(limited["truncated"], true);
    assert_eq!(limited["counts"], answer["counts"]);
}

#[test]
fn patterns_of_tokens_say_whom_they_admit() {
    let home = Home::new();
    home.run(&["--demo", "who-can", "tfc-hub/tf-hub-modules"]).exits(0).prints(&[
        "1 pattern of token subjects among them",
        "oidc:app.terraform.io#organization:acme:*",
        "HCP Terraform: anything in organization acme",
        "24 workspaces that were read fit",
    ]);
    home.run(&["--demo", "who-can", "tfc-hub/tf-hub-edge"])
        .exits(0)
        .prints(&["trust policy: `app.terraform.io:terraform_workspace_id` is in no request"]);
    home.run(&["--demo", "matrix"]).exits(0).prints(&[
        "25 workspaces and 9 other sources against 15 accounts",
        "not shown: 1 source of other issuers",
        "GitHub Actions acme/infra",
        "Configured, and fails at the first hop",
        "account `tfc-hub` has no such role",
    ]);
    home.run(&["--demo", "matrix", "github:acme/*"])
        .exits(0)
        .prints(&["0 workspaces and 6 other sources", "environment:production"]);
    home.run(&["--demo", "matrix", "user:identity/ann"])
        .exits(2)
        .complains(&["names no workspace and no token"]);
    home.run(&["--demo", "reach", "gitlab:acme"])
        .exits(2)
        .complains(&["expected `gitlab:GROUP/PROJECT`"]);
}

#[test]
fn every_field_is_published() {
    let published = include_str!("../../docs/json.md");
    let home = Home::with(&Dump::small());
    let mut missing = std::collections::BTreeSet::new();
    for command in [
        &["--demo", "tree"][..],
        &["--demo", "who-can", "prod-net/tf-member"],
        &["--demo", "reach", "tfc:acme/Network/net-prod:apply"],
        &["--demo", "paths", "tfc:acme/Network/net-prod:apply", "prod-net/tf-member"],
        &["--demo", "matrix"],
        &["--demo", "reach", "tfc:acme/Network/net-prod:apply", "--summary"],
        &["--demo", "who-can", "prod-net/tf-member", "--summary"],
        &["--demo", "chokepoints", "tfc:acme/*/*:apply", "account:prod-net"],
        &["--demo", "cycles"],
        &["--demo", "why", "tfc-hub/tf-hub-dev-apply", "prod-net/tf-member"],
        &["--demo", "why", "tfc-hub/tf-hub-apply", "prod-web/tf-member", "--tag", "a=b"],
        &["--demo", "probe", "tfc-hub/tf-hub-apply", "prod-net/tf-member", "--dry-run"],
        &["--demo", "export", "--format", "json", "prod-net/breakglass"],
        &["import", "dump"],
        &["snapshots"],
        &["snapshots", "show"],
        &["permissions", "--via", "arn:aws:iam::222222222222:role/hop"],
        &["doctor"],
    ] {
        fields(&home.run(&[command, &["--json"]].concat()).json(), &mut missing);
    }
    missing.retain(|field| !published.contains(&format!("| `{field}` |")));
    assert!(missing.is_empty(), "not in docs/json.md: {missing:?}");
}

fn fields(value: &Value, into: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| fields(item, into)),
        Value::Object(object) => {
            for (key, value) in object {
                into.insert(key.clone());
                // Of whole policy documents the fields are AWS's.
                if !(["policy", "trust"].contains(&key.as_str()) && value.is_object()) {
                    fields(value, into);
                }
            }
        }
        _ => {}
    }
}
