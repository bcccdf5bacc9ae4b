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

/// What `aws iam get-account-authorization-details` writes for one account: in one file or in
/// pages, documents as objects or as the API's encoded text, compressed afterwards or not.
fn as_the_cli_writes(home: &Home, number: usize) -> u64 {
    let id = format!("3000{number:08}");
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]});
    let document = match number % 2 {
        0 => trust,
        _ => json!(trust.to_string().replace('"', "%22").replace('{', "%7B").replace('}', "%7D")),
    };
    let role = |name: &str| {
        json!({
            "Path": "/", "RoleName": name, "RoleId": format!("AROA{name}{id}"),
            "Arn": format!("arn:aws:iam::{id}:role/{name}"), "CreateDate": "2026-01-01T00:00:00+00:00",
            "AssumeRolePolicyDocument": document, "InstanceProfileList": [], "RolePolicyList": [],
            "AttachedManagedPolicies": [], "Tags": [], "RoleLastUsed": {},
        })
    };
    let page = |roles: &[&str], more: bool| {
        let roles: Vec<_> = roles.iter().map(|name| role(name)).collect();
        let mut page = json!({
            "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": [],
        });
        if more {
            page["IsTruncated"] = json!(true);
            page["Marker"] = json!("AAXX");
        }
        page.to_string()
    };
    let write = |name: &str, content: &[u8]| {
        fs::write(home.path("dump/gaad").join(format!("{id}{name}")), content).unwrap();
    };
    match number % 3 {
        0 => write(".json", page(&["one", "two"], false).as_bytes()),
        1 => {
            write(".1.json", page(&["one"], true).as_bytes());
            write(".2.json", page(&["two"], false).as_bytes());
        }
        _ => write(".json.gz", &gzip(&page(&["one", "two"], false))),
    }
    2
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_thousand_files_of_the_aws_cli_are_one_snapshot() {
    let home = Home::new();
    fs::create_dir_all(home.path("dump/gaad")).unwrap();
    let roles: u64 = (0..750).map(|number| as_the_cli_writes(&home, number)).sum();
    assert_eq!(fs::read_dir(home.path("dump/gaad")).unwrap().count(), 1_000);
    let imported = home.run(&["import", "dump", "--json"]).exits(0).json();
    assert_eq!((&imported["accounts"], &imported["roles"]), (&json!(750), &json!(roles)));
    for id in ["300000000000", "300000000001", "300000000002", "300000000005"] {
        let role = format!("{id}/two");
        let answer = home.run(&["who-can", &role, "--json"]).exits(0).json();
        let principals = answer["principals"].as_array().unwrap();
        assert!(!principals.is_empty(), "the trust of {role} was not understood: {answer:#}");
    }
}

#[test]
fn a_damaged_archive_costs_one_account_and_is_named() {
    let home = Home::new();
    Dump::small().write(&home.path("dump"));
    let file = home.path("dump/gaad").join(format!("{HUB}.json"));
    let text = fs::read_to_string(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let whole = gzip(&text);
    let packed = home.path("dump/gaad").join(format!("{HUB}.json.gz"));
    // Cut, and with a sum that does not fit the whole of its content.
    let mut changed = whole.clone();
    let at = changed.len() - 8;
    changed[at] ^= 1;
    for damaged in [&whole[..whole.len() / 2], &changed] {
        fs::write(&packed, damaged).unwrap();
        let ran = home.run(&["import", "dump", "--json"]).exits(1);
        let problems = ran.json()["problems"].as_array().unwrap().clone();
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert_eq!(problems[0]["file"], format!("gaad/{HUB}.json.gz"));
        assert!(problems[0]["message"].as_str().unwrap().contains("gzip"), "{problems:#?}");
        let answer = home.run(&["who-can", &role_arn(MEMBER, "target"), "--json"]).exits(0).json();
        assert!(!answer["not_read"].as_array().unwrap().is_empty(), "{answer:#}");
    }
    fs::write(&packed, &whole).unwrap();
    home.run(&["import", "dump"]).exits(0);
    // The same account twice is said, and read once.
    fs::write(&file, &text).unwrap();
    home.run(&["import", "dump"]).exits(1).complains(&[".json.gz", "is there as well"]);
}

#[test]
fn when_the_facts_were_read_is_not_invented() {
    let home = Home::with(&Dump::small());
    let moment = |text: &str| text.contains("20") && text.contains("UTC");
    let known = |text: &str| text.contains("not known");
    let list = home.run(&["snapshots", "list"]).exits(0);
    let row = list.stdout.lines().find(|line| line.contains("o-test")).unwrap();
    assert!(known(row) && !moment(row), "{row}");
    let note = home.run(&["tree"]).exits(0).stderr;
    assert!(known(&note) && note.contains(", imported 20"), "{note}");
    home.run(&["doctor"]).prints(&["of unknown age, imported just now"]);

    home.run(&["snapshots", "pack", "packed.db"]).exits(0);
    let packed = |arguments: &[&str]| home.run(&[&["--db", "packed.db"], arguments].concat());
    let row = packed(&["snapshots", "list"]).exits(0).stdout;
    let row = row.lines().find(|line| line.contains("o-test")).unwrap();
    assert!(known(row) && !moment(row), "{row}");
    let note = packed(&["tree"]).exits(0).stderr;
    assert!(known(&note) && !moment(&note) && !note.contains("imported"), "{note}");
}

#[test]
fn a_policy_that_does_not_parse_is_named_and_decides_nothing() {
    let mut trust = trust(&role_arn(HUB, "goer"));
    trust["Statement"][0]["Action"] = json!(5);
    let home = Home::new();
    let everywhere = json!([{"PolicyName": "walk", "PolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
    }}]);
    let dump = Dump::small().role(MEMBER, "damaged", &trust, &json!([]));
    dump.role(HUB, "goer", &self::trust("111111111111"), &everywhere).write(&home.path("dump"));
    home.run(&["import", "dump"]).exits(1).complains(&[
        "gaad/333333333333.json",
        "RoleDetailList[1].AssumeRolePolicyDocument.Statement[0]",
        "`Action` holds something that is no string",
    ]);
    home.run(&["snapshots"]).prints(&["incomplete"]);
    let why = home.run(&["why", "hub/goer", "member/damaged", "--json"]).json();
    assert_eq!(why["verdict"], "unknown", "{why:#}");
    let why = home.run(&["why", "hub/walker", "member/target", "--json"]).json();
    assert_eq!(why["verdict"], "allowed", "{why:#}");
}
