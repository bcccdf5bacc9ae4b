//! Reports and dumps out.

use std::fs;

use serde_json::json;

use crate::support::{Dump, HUB, Home, MEMBER, role_arn};

#[test]
fn a_report_goes_to_stdout_or_to_a_file_that_is_never_overwritten() {
    let home = Home::with(&Dump::small());
    let report = home.run(&["export", "--format", "md", "member/target"]).exits(0);
    report.prints(&[
        "# Who can become member/target",
        "o-test",
        &role_arn(HUB, "walker"),
        &role_arn(MEMBER, "target"),
        "sts:AssumeRole",
        "```json",
        "\"Sid\": \"Walk\"",
    ]);
    let arguments = ["export", "--format", "md", "-o", "r.md", "member/target"];
    home.run(&arguments).exits(0).complains(&["r.md"]);
    fs::write(home.path("r.md"), "mine").unwrap();
    home.run(&arguments).exits(2).complains(&["r.md", "--force"]);
    assert_eq!(fs::read_to_string(home.path("r.md")).unwrap(), "mine");
    home.run(&[&arguments[..], &["--force"]].concat()).exits(0);
    assert!(fs::read_to_string(home.path("r.md")).unwrap().starts_with("# Who"));
}

#[test]
fn a_report_about_what_is_no_role_is_about_what_it_reaches() {
    let home = Home::new();
    let md = |arguments: &[&str]| {
        home.run(&[&["--demo", "export", "--format", "md"], arguments].concat()).exits(0).stdout
    };
    let rows = |report: &str| {
        report.lines().filter(|line| !line.starts_with("| Written")).collect::<Vec<_>>().join("\n")
    };
    for source in [
        "user:identity/ann",
        "arn:aws:iam::191919191919:user/ann",
        "saml:security-audit/Okta",
        "user:identity/*",
        // Of an account that was not read.
        "arn:aws:iam::444444444444:user/ghost",
    ] {
        let about = md(&[source]);
        assert!(about.starts_with("# What "), "{about}");
        assert_eq!(rows(&about), rows(&md(&["--source", source])), "{source}");
    }
    home.run(&["--demo", "who-can", "arn:aws:iam::444444444444:user/ghost"])
        .exits(2)
        .complains(&["names no role"]);
    let provider = "arn:aws:iam::222222222222:oidc-provider/app.terraform.io";
    home.run(&["--demo", "export", "--format", "md", provider])
        .exits(2)
        .complains(&["is an OIDC provider"]);
}

#[test]
fn selectors_of_strange_names_are_read_back() {
    let names =
        ["@sum", "a:plan", "w*", "b/c", r"back\", r"x\@y", "end ", " q?", "t@u:apply", "plain one"];
    let provider = format!("arn:aws:iam::{HUB}:oidc-provider/app.terraform.io");
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringLike": {"app.terraform.io:sub": "organization:acme:*"}},
    }]});
    let home = Home::new();
    let dump = Dump::small().role(HUB, "runs", &trust, &json!([]));
    dump.write(&home.path("dump"));
    let listed = json!([{"Arn": provider, "Url": "app.terraform.io",
                         "ClientIDList": ["aws.workload.identity"]}]);
    home.write(&format!("dump/oidc/{HUB}.json"), &listed.to_string());
    let workspaces = names.iter().map(|name| {
        json!({"organization": "acme", "project": format!("p {name}"), "workspace": name,
               "execution_mode": "remote", "env": {}})
    });
    home.write("dump/tfc.json", &json!(workspaces.collect::<Vec<_>>()).to_string());
    home.run(&["import", "dump"]).exits(0);

    let report = home.run(&["export", "--format", "json"]).exits(0).json();
    assert_eq!(report["pairs"].as_array().unwrap().len(), 2 * names.len(), "{report:#}");
    let tree = home.run(&["tree", "--json"]).exits(0).json();
    let nodes = tree["nodes"].as_array().unwrap();
    let selectors = |kind: &str| {
        let found = nodes.iter().filter(|node| node["kind"] == kind);
        found.map(|node| node["selector"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(selectors("workspace").len(), names.len());
    assert!(selectors("workspace").contains(&"tfc:acme/p plain one/plain one".to_owned()));
    for selector in selectors("workspace") {
        let run = format!("{selector}:plan");
        let reach = home.run(&["reach", &run, "--json"]).exits(0).json();
        assert_eq!(reach["source"], run.as_str());
        let matrix = home.run(&["matrix", &selector, "--json"]).exits(0).json();
        let rows = matrix["workspaces"].as_array().unwrap();
        assert_eq!(rows.len(), 1, "{selector}");
        assert_eq!(rows[0]["selector"], selector.as_str());
    }
    for selector in selectors("project") {
        let matrix = home.run(&["matrix", &selector, "--json"]).exits(0).json();
        assert_eq!(matrix["workspaces"].as_array().unwrap().len(), 1, "{selector}");
    }
}

#[test]
fn a_json_report_holds_the_paths_and_their_statements() {
    let home = Home::with(&Dump::small());
    for arguments in [
        &["export", "--format", "json", "member/target"][..],
        &["export", "--format", "json", "--target", "member/target"],
        &["export", "--format", "json", "--source", "hub/walker"],
        &["export", "--format", "json", "--source", "hub/walker", "--target", "member/target"],
    ] {
        let report = home.run(arguments).exits(0).json();
        assert_eq!(report["schema"], "rolewalk/report/1", "{arguments:?}");
        let pair = report["pairs"]
            .as_array()
            .unwrap()
            .iter()
            .find(|pair| pair["source"] == role_arn(HUB, "walker"))
            .unwrap_or_else(|| panic!("{arguments:?}: {report:#}"));
        assert_eq!(pair["target"], role_arn(MEMBER, "target"));
        assert_eq!(pair["paths"][0]["verdict"], "allowed");
        let texts = report["statements"].as_array().unwrap();
        assert!(texts.iter().any(|it| it["statement"]["sid"] == "Trust"), "{report:#}");
        for statement in texts {
            assert!(statement["text"].as_str().unwrap().contains("\"Effect\""), "{statement:#}");
        }
    }
}

#[test]
fn a_dump_imports_to_the_same_answers() {
    let home = Home::with(&Dump::small());
    home.run(&["export", "--format", "dump", "-o", "out"]).exits(0);
    home.run(&["export", "--format", "dump", "-o", "out"]).exits(2).complains(&["--force"]);
    home.run(&["export", "--format", "dump", "-o", "out", "--force"]).exits(0);
    home.run(&["--db", "second.db", "import", "out"]).exits(0);
    for question in [
        &["tree", "--json"][..],
        &["who-can", "member/target", "--json"],
        &["why", "hub/idle", "member/target", "--json"],
    ] {
        let first = home.run(question).exits(0).stdout;
        let second = home.run(&[&["--db", "second.db"], question].concat()).exits(0).stdout;
        assert_eq!(first, second, "{question:?}");
    }
}

#[test]
fn the_sample_can_be_taken_along() {
    let home = Home::new();
    home.run(&["--demo", "export", "--format", "dump", "sample"]).exits(0);
    home.run(&["import", "sample"]).exits(0);
    let demo = home.run(&["--demo", "tree", "--json"]).exits(0).stdout;
    assert_eq!(demo, home.run(&["tree", "--json"]).exits(0).stdout);
}

#[test]
fn a_report_of_nothing_is_an_error() {
    let home = Home::with(&Dump::small());
    home.run(&["export", "--format", "md", "member/targat"]).exits(2).complains(&["member/target"]);
    home.run(&["export", "--format", "md", "-o", "no/such/dir/r.md", "member/target"])
        .exits(1)
        .complains(&["no/such/dir/r.md"]);
}
