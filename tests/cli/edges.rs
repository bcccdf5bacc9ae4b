//! Every edge out.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Dump, HUB, Home, MEMBER, role_arn};

#[test]
fn every_edge_is_a_line() {
    let home = Home::with(&Dump::small());
    let ran = home.run(&["export", "--format", "jsonl"]).exits(0);
    let lines: Vec<Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.contains(&serde_json::json!({
        "from": role_arn(HUB, "walker"), "to": role_arn(MEMBER, "target"),
        "action": "sts:AssumeRole", "verdict": "allowed", "requirements": [[]],
    })));
    assert!(!ran.stdout.contains("idle\",\"to\""), "{ran:?}");
    assert_eq!(home.run(&["export", "--format", "jsonl"]).stdout, ran.stdout);
    let only = home.run(&["export", "--format", "csv", "member/target"]).exits(0);
    assert_eq!(
        only.stdout,
        format!(
            "from,to,action,verdict,requirements\n{},{},sts:AssumeRole,allowed,[[]]\n",
            role_arn(HUB, "walker"),
            role_arn(MEMBER, "target")
        )
    );
    home.run(&["export", "--format", "csv", "member/targat"]).exits(2).complains(&["target"]);
}

#[test]
fn the_edges_of_the_sample_are_those_of_its_answers() {
    let home = Home::new();
    let role = "prod-net/breakglass";
    let ran = home.run(&["--demo", "export", "--format", "jsonl", role]).exits(0);
    ran.complains(&["not read"]);
    let lines = ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let key = |row: &Value, name: &str| {
        (row[name].as_str().unwrap().to_owned(), row["verdict"].as_str().unwrap().to_owned())
    };
    let edges: BTreeSet<_> = lines.map(|line| key(&line, "from")).collect();
    let answer = home.run(&["--demo", "who-can", role, "--max-hops", "1", "--json"]).json();
    let rows = answer["principals"].as_array().unwrap();
    let rows: BTreeSet<_> = rows
        .iter()
        .filter(|row| row["verdict"] != "denied")
        .map(|row| key(row, "principal"))
        .collect();
    assert!(!rows.is_empty());
    // A role that may assume itself is an edge, and no news to one who holds it.
    let itself = |name: &str| name.ends_with("role/breakglass");
    assert_eq!(edges.into_iter().filter(|(from, _)| !itself(from)).collect::<BTreeSet<_>>(), rows);
}

#[test]
fn edges_go_to_a_file_whole_or_not_at_all() {
    let home = Home::with(&Dump::small());
    let arguments = ["export", "--format", "csv", "-o", "e.csv"];
    home.run(&arguments).exits(0).complains(&["edge", "e.csv"]);
    fs::write(home.path("e.csv"), "mine").unwrap();
    home.run(&arguments).exits(2).complains(&["e.csv", "--force"]);
    assert_eq!(fs::read_to_string(home.path("e.csv")).unwrap(), "mine");
    home.run(&[&arguments[..], &["--force"]].concat()).exits(0);
    assert!(fs::read_to_string(home.path("e.csv")).unwrap().starts_with("from,to,"));
    home.run(&["export", "--format", "csv", "-o", "no/such/dir/e.csv"])
        .exits(1)
        .complains(&["no/such/dir/e.csv"]);
    let names: Vec<String> = fs::read_dir(home.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(!names.iter().any(|name| name.contains("part")), "{names:?}");
}

#[test]
fn who_has_read_enough_may_leave() {
    let home = Home::new();
    let mut child = home
        .command(&["--demo", "export", "--format", "jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 16];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("pipe"), "{output:?}");
}
