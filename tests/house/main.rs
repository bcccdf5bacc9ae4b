//! The house rules that ARCHITECTURE.md states, checked on the sources and the pages themselves.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(missing_docs, unreachable_pub, reason = "nothing outside this binary sees its items")]

mod pages;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use source::Source;

/// Rooms that may import a room of their own floor: the program opens the screens, and reads the
/// configuration for them.
const BESIDE: [(&str, &str); 2] = [("cli", "tui"), ("cli", "config")];

/// Rooms that only compute: facts in, answers out.
const PURE: [&str; 9] =
    ["arn", "text", "policy", "issuer", "failure", "org", "evaluation", "workload", "graph"];

/// What a pure room has no use for, by how a path to it begins.
const OUTSIDE: [&str; 14] = [
    "tokio",
    "aws_config",
    "aws_credential_types",
    "aws_sdk_",
    "aws_smithy_",
    "rusqlite",
    "reqwest",
    "crossterm",
    "ratatui",
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "std::net::",
];

/// Addresses are values, not connections.
const VALUES: [&str; 4] =
    ["std::net::IpAddr", "std::net::Ipv4Addr", "std::net::Ipv6Addr", "std::thread::scope"];

/// Libraries that reach outside, and the only rooms that name them.
const OWNERS: [(&str, &[&str]); 8] = [
    ("reqwest", &["collect"]),
    ("aws_sdk_", &["aws", "collect"]),
    ("aws_smithy_", &["aws", "collect"]),
    ("aws_config", &["aws"]),
    ("aws_credential_types", &["aws"]),
    ("rusqlite", &["snapshot"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui", "cli"]),
];

/// Who may ask for AWS clients. The screens never do: what reaches outside is handed to them.
const USE_AWS: [&str; 3] = ["collect", "probe", "cli"];

/// Longest file in lines.
const LONGEST: usize = 600;

/// Files that are longer all the same, until somebody splits them.
const TOO_LONG: [&str; 0] = [];

#[test]
fn rooms_import_only_from_floors_below() {
    let floors = floors();
    let mut wrong = Vec::new();
    let mut imports = 0;
    for source in source::all() {
        let Some(room) = source.room() else { continue };
        let floor = floors[room.as_str()];
        for other in source.imports(&floors) {
            imports += 1;
            let beside = BESIDE.contains(&(room.as_str(), other.as_str()));
            if other != room && floors[other.as_str()] >= floor && !beside {
                wrong.push(format!("{} (floor {floor}) imports `{other}`", source.path));
            }
        }
    }
    assert!(imports > 100, "only {imports} imports were found: the reader of sources is broken");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_has_its_floor_and_its_paragraph() {
    let floors = floors();
    let found: BTreeSet<String> = source::all().iter().filter_map(Source::room).collect();
    let listed: BTreeSet<String> = floors.keys().cloned().collect();
    assert_eq!(found, listed, "src/ and the floors in src/lib.rs name the same rooms");
    let page = source::text("ARCHITECTURE.md");
    for (room, floor) in &floors {
        assert!(
            page.contains(&format!("\n- **`{room}`** ({floor})")),
            "ARCHITECTURE.md has no paragraph for `{room}` on floor {floor}"
        );
    }
}

#[test]
fn rooms_that_compute_reach_nothing_outside() {
    let mut wrong = Vec::new();
    let mut read = 0;
    for source in source::all() {
        if !source.room().is_some_and(|room| PURE.contains(&room.as_str())) {
            continue;
        }
        read += 1;
        for path in source.paths() {
            let named = OUTSIDE.iter().any(|outside| path.starts_with(outside));
            if named && !VALUES.contains(&path.as_str()) {
                wrong.push(format!("{} names `{path}`", source.path));
            }
        }
    }
    assert!(read > 40, "only {read} files were read");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn libraries_that_reach_outside_stay_in_their_rooms() {
    let floors = floors();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for source in source::all() {
        let Some(room) = source.room() else { continue };
        for path in source.paths() {
            for (library, rooms) in OWNERS {
                if path.starts_with(library) {
                    seen.insert(library);
                    if !rooms.contains(&room.as_str()) {
                        wrong.push(format!("{} names `{path}`", source.path));
                    }
                }
            }
        }
        if room != "aws" && source.imports(&floors).contains("aws") {
            seen.insert("aws");
            if !USE_AWS.contains(&room.as_str()) {
                wrong.push(format!("{} imports `aws`", source.path));
            }
        }
    }
    assert_eq!(seen.len(), OWNERS.len() + 1, "some library is named nowhere: {seen:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rules_that_are_cited_are_written_and_the_other_way_round() {
    let page = source::text("docs/evaluation.md");
    let mut defined: BTreeMap<String, bool> = BTreeMap::new();
    for line in page.lines() {
        let Some((id, rest)) = line.strip_prefix("- **").and_then(|rest| rest.split_once("**"))
        else {
            continue;
        };
        if !source::is_rule(id) {
            continue;
        }
        let mark = rest.split_once(").").map_or("", |(mark, _)| mark);
        assert!(mark.starts_with(" ("), "rule {id} does not say on what it rests");
        let twice = defined.insert(id.to_owned(), mark.contains("*not modelled*"));
        assert!(twice.is_none(), "rule {id} stands twice in docs/evaluation.md");
    }
    let mut cited: BTreeMap<String, String> = BTreeMap::new();
    for source in source::all() {
        for id in source.rules() {
            cited.entry(id).or_insert_with(|| source.path.clone());
        }
    }
    assert!(defined.len() > 50 && cited.len() > 50, "{} {}", defined.len(), cited.len());
    for (id, path) in &cited {
        assert!(
            defined.contains_key(id),
            "{path} cites rule {id}, which docs/evaluation.md does not define"
        );
    }
    for (id, absent) in &defined {
        assert!(
            *absent != cited.contains_key(id),
            "rule {id}: either code cites it or docs/evaluation.md marks it as *not modelled*"
        );
    }
}

#[test]
fn files_stay_short_enough_to_be_one_idea() {
    let mut wrong = Vec::new();
    for source in source::all() {
        let lines = source.lines;
        match (lines > LONGEST, TOO_LONG.contains(&source.path.as_str())) {
            (true, false) => wrong.push(format!("{} has {lines} lines: split it", source.path)),
            (false, true) => {
                wrong.push(format!("{} is short enough now: take it off the list", source.path));
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The floor of each room, as `src/lib.rs` lists them.
fn floors() -> BTreeMap<String, usize> {
    let mut floors = BTreeMap::new();
    let mut floor = None;
    for line in source::text("src/lib.rs").lines() {
        if let Some(rest) = line.strip_prefix("// Floor ") {
            floor = rest.split_once(':').map(|(number, _)| number.parse().unwrap());
        } else if let Some(room) = line.strip_prefix("pub mod ") {
            floors.insert(
                room.trim_end_matches(';').to_owned(),
                floor.expect("a room stands on a floor"),
            );
        }
    }
    assert!(floors.len() > 10, "{floors:?}");
    floors
}
