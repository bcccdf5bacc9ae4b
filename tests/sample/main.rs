//! The sample organization's planted cases, each with the answer that its README promises.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod tokens;
mod topology;

use std::collections::BTreeSet;
use std::sync::Arc;

use rolewalk::answer::{self, Limits, Requirements, Verdict};
use rolewalk::graph::Graph;
use rolewalk::org::Facts;
use serde_json::Value;

fn graph() -> Graph {
    Graph::build(Arc::new(Facts::build(rolewalk::snapshot::sample())))
}

fn kinds(requirements: &Requirements) -> BTreeSet<&'static str> {
    requirements.iter().flatten().map(|requirement| requirement.kind.as_str()).collect()
}

/// The verdict, the layer that denies, and the kinds of what is needed.
fn ask(graph: &Graph, command: &[&str]) -> (Verdict, Option<&'static str>, BTreeSet<&'static str>) {
    match command {
        ["why", caller, role, rest @ ..] => {
            let action = match rest {
                ["--action", action] => Some(*action),
                _ => None,
            };
            let why = answer::why(graph, caller, role, action, &answer::Stated::default())
                .unwrap_or_else(|e| panic!("{command:?}: {e}"));
            (why.verdict, why.reason.map(|reason| reason.layer.as_str()), kinds(&why.requirements))
        }
        ["paths", source, target] => {
            let paths = answer::paths(graph, source, target, Limits::PATHS)
                .unwrap_or_else(|e| panic!("{command:?}: {e}"));
            let best = paths.paths.first().unwrap_or_else(|| panic!("{command:?}: no path at all"));
            let layer = best
                .hops
                .iter()
                .find_map(|hop| hop.reason.as_ref())
                .map(|reason| reason.layer.as_str());
            (best.verdict, layer, kinds(&best.requirements))
        }
        other => panic!("{other:?} is no command of these"),
    }
}

#[test]
fn every_planted_case_has_its_answer() {
    let graph = graph();
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../assets/demo/answers.json")).unwrap();
    assert!(cases.len() > 80);
    let mut wrong = Vec::new();
    for case in cases {
        let command: Vec<&str> =
            case["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        let (verdict, layer, needs) = ask(&graph, &command);
        let expected: BTreeSet<&str> =
            case["needs"].as_array().unwrap().iter().map(|kind| kind.as_str().unwrap()).collect();
        let same = verdict.as_str() == case["verdict"]
            && layer == case["layer"].as_str()
            && needs == expected;
        if !same {
            wrong.push(format!("{}: {command:?}\n    found {verdict} {layer:?} {needs:?}\n    expected {} {} {expected:?}", case["id"], case["verdict"], case["layer"]));
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// The rows `can-…` of the sample's README.
#[test]
fn roles_can_do_what_the_story_says() {
    let graph = graph();
    let page = include_str!("../../assets/demo/README.md");
    let rows = page.lines().filter(|line| line.starts_with("| can-"));
    let mut asked = 0;
    for row in rows {
        let (_, rest) = row.split_once("who-can ").unwrap();
        let (role, rest) = rest.split_once('`').unwrap();
        let expected = rest.split("**").nth(1).unwrap();
        let found = answer::who_can(&graph, role, Limits::PATHS).unwrap();
        let privileges = answer::privileges(found.privilege, found.privilege_proven).unwrap();
        assert_eq!(privileges.most, privileges.proven, "{role}");
        assert_eq!(privileges.most.as_str(), expected, "{role}");
        asked += 1;
    }
    assert!(asked > 5);
}

#[test]
fn the_reach_counts_administrators() {
    let graph = graph();
    let reach = answer::reach(&graph, "tfc:acme/Network/net-prod:apply", Limits::PATHS).unwrap();
    let admins = reach.targets.iter().filter(|row| {
        row.verdict != Verdict::Denied && row.privilege == Some(answer::Privilege::Admin)
    });
    assert_eq!(reach.summary.admin_roles, Some(admins.count()));
    assert_eq!(reach.summary.admin_roles, reach.summary.admin_roles_proven);
    assert!(reach.summary.admin_roles > Some(1));
}
