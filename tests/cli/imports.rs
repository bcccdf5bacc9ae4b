//! Dump directories in, snapshots out.

use std::fs;

use serde_json::json;

use crate::support::{Dump, HUB, Home, MEMBER, role_arn, trust};

#[test]
fn an_import_is_a_snapshot_that_answers() {
    let home = Home::with(&Dump::small());
    let list = home.run(&["snapshots", "--json"]).exits(0).json();
    assert_eq!(list["schema"], "rolewalk/snapshots/1");
    let snapshot = &list["snapshots"][0];
    assert_eq!(snapshot["organization"], "o-test");
    assert_eq!((&snapshot["accounts_read"], &snapshot["roles"]), (&json!(2), &json!(3)));
    assert_eq!((&snapshot["complete"], &snapshot["default"]), (&json!(true), &json!(true)));
    home.run(&["snapshots"]).exits(0).prints(&["o-test", "2 of 2", "complete, default"]);
    let shown = home.run(&["snapshots", "show", "--json"]).exits(0).json();
    assert_eq!(shown["accounts"].as_array().unwrap().len(), 2);
}

#[test]
fn the_answer_says_which_snapshot_it_is_from() {
    let home = Home::with(&Dump::small());
    home.run(&["import", "dump"]).exits(0).prints(&["snapshot 2"]);
    home.run(&["tree"]).exits(0).complains(&["snapshot 2 of o-test"]);
    let named = home.run(&["--snapshot", "1", "tree"]).exits(0);
    assert!(named.stderr.is_empty(), "{named:?}");
    home.run(&["snapshots", "remove", "2"]).exits(0);
    home.run(&["tree"]).exits(0).complains(&["snapshot 1 of o-test"]);
}

#[test]
fn a_packed_snapshot_answers_by_itself() {
    let home = Home::with(&Dump::small());
    home.run(&["snapshots", "pack", "one.db"]).exits(0);
    let packed = home.run(&["--db", "one.db", "tree", "--json"]).exits(0);
    assert_eq!(packed.stdout, home.run(&["tree", "--json"]).exits(0).stdout);
    home.run(&["snapshots", "pack", "one.db"]).exits(2).complains(&["one.db"]);
}

#[test]
fn what_is_no_dump_is_refused() {
    let home = Home::new();
    home.run(&["import", "nowhere"]).exits(2).complains(&["nowhere"]);
    home.write("file", "x");
    home.run(&["import", "file"]).exits(2).complains(&["file"]);
    fs::create_dir(home.path("empty")).unwrap();
    home.run(&["import", "empty"]).exits(2).complains(&["empty", "gaad"]);
    home.run(&["snapshots"]).exits(3);
}

#[test]
fn truncated_json_costs_one_account_and_is_named_with_its_place() {
    let home = Home::new();
    Dump::small().write(&home.path("dump"));
    let file = home.path("dump/gaad").join(format!("{HUB}.json"));
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, &text[..text.len() / 2]).unwrap();
    home.run(&["import", "dump"]).exits(1).complains(&[
        &format!("gaad/{HUB}.json"),
        "1:",
        "left out",
    ]);
    // What is left answers, and says what is missing.
    let answer = home.run(&["who-can", "member/target", "--json"]).exits(0).json();
    let row = answer["principals"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["principal"].as_str().unwrap().contains(HUB))
        .unwrap_or_else(|| panic!("an unread caller is left out: {answer:#}"));
    assert!(["unknown", "conditional"].contains(&row["verdict"].as_str().unwrap()), "{answer:#}");
    assert!(
        answer["not_read"].as_array().unwrap().iter().any(|gap| gap["account"] == HUB),
        "{answer:#}"
    );
}

#[test]
fn a_policy_that_does_not_parse_is_a_gap_and_no_denial() {
    let broken = json!("{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\":");
    let dump = Dump::small().role(MEMBER, "broken", &broken, &json!([]));
    let home = Home::new();
    dump.write(&home.path("dump"));
    home.run(&["import", "dump"]).exits(1).complains(&[
        MEMBER,
        "RoleDetailList[1].AssumeRolePolicyDocument",
        "left out",
    ]);
    let answer = home.run(&["why", "hub/walker", "member/broken", "--json"]).exits(0).json();
    assert_ne!(answer["verdict"], "allowed", "{answer:#}");
    home.run(&["why", "hub/walker", "member/target"]).exits(0).prints(&["allowed"]);
}

#[test]
fn json_lists_what_was_left_out() {
    let home = Home::new();
    Dump::small().write(&home.path("dump"));
    fs::write(home.path("dump/oidc").join(format!("{HUB}.json")), "[1, 2").unwrap();
    let answer = home.run(&["import", "dump", "--json"]).exits(1).json();
    assert_eq!(answer["schema"], "rolewalk/import/1");
    assert_eq!(answer["problems"][0]["file"], format!("oidc/{HUB}.json"));
}

#[test]
fn names_from_a_dump_do_not_steer_the_terminal() {
    let evil = "evil\u{1b}[2J\u{202e}";
    let dump = Dump::small().account("444444444444", evil).role(
        "444444444444",
        "r",
        &trust(&role_arn(HUB, "walker")),
        &json!([]),
    );
    let home = Home::with(&dump);
    for arguments in [&["tree"][..], &["--color", "always", "tree"], &["reach", "hub/walker"]] {
        let ran = home.run(arguments).exits(0);
        assert!(!ran.stdout.contains("\u{1b}[2J") && !ran.stdout.contains('\u{202e}'), "{ran:?}");
    }
}
