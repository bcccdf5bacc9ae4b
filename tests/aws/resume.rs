//! Crawls that are stopped, killed and gone on with, and readings that are not made again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::large::{self, member};
use crate::support::{MANAGEMENT, Ran, ask, collect, collect_command};

const ACCOUNTS: usize = 10;
/// How often a crawl is killed.
const KILLS: u32 = 20;

/// The facts of a database, file by file, without the times at which they were read, and without
/// when roles were last used, which every crawl changes for the role that it reads with.
fn facts(aws: &Emulator, database: &Path) -> BTreeMap<PathBuf, String> {
    let directory = aws.file(&format!("dump-{}", database.file_name().unwrap().display()));
    Ran::of(
        aws.command(MANAGEMENT)
            .arg("--db")
            .arg(database)
            .args(["export", "--format", "dump"])
            .arg(&directory),
    )
    .exits(0);
    let mut found = BTreeMap::new();
    let mut open = vec![directory.clone()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                open.push(entry);
                continue;
            }
            let mut value: Value = serde_json::from_slice(&fs::read(&entry).unwrap()).unwrap();
            without_times(&mut value);
            let name = entry.strip_prefix(&directory).unwrap().to_owned();
            found.insert(name, serde_json::to_string_pretty(&value).unwrap());
        }
    }
    fs::remove_dir_all(directory).unwrap();
    found
}

fn without_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| {
                !["read_at", "collected_at", "RoleLastUsed"].contains(&name.as_str())
            });
            fields.values_mut().for_each(without_times);
        }
        Value::Array(items) => items.iter_mut().for_each(without_times),
        _ => {}
    }
}

fn into(aws: &Emulator, database: &Path, more: &[&str]) -> Command {
    let mut command = aws.command(MANAGEMENT);
    command
        .arg("--db")
        .arg(database)
        .args(["collect", "--yes", "--no-tfc", "--concurrency", "2"])
        .args(more);
    command
}

/// Accounts that the newest snapshot of a database holds.
fn read_accounts(aws: &Emulator, database: &Path) -> Option<Vec<String>> {
    let shown = Ran::of(aws.command(MANAGEMENT).arg("--db").arg(database).args([
        "snapshots",
        "show",
        "--json",
    ]));
    if shown.code == Some(3) {
        return None;
    }
    let accounts = shown.exits(0).json()["accounts"].as_array().unwrap().clone();
    let read = accounts.iter().filter(|account| account["read"] == true);
    Some(read.map(|account| account["account"].as_str().unwrap().to_owned()).collect())
}

#[test]
fn a_killed_crawl_is_gone_on_with_and_ends_as_if_nothing_had_been() {
    let Some(aws) = Emulator::start() else { return };
    aws.load(&large::organization(ACCOUNTS));
    aws.add_faults(&json!({
        "service": "sts", "action": "AssumeRole", "role_arn": member(5), "code": "AccessDenied", "status": 403,
    }));
    let whole = aws.file("whole.db");
    let begun = Instant::now();
    Ran::of(&mut into(&aws, &whole, &[])).exits(0);
    let takes = begun.elapsed();
    let expected = facts(&aws, &whole);
    assert!(expected.len() > ACCOUNTS, "{:?}", expected.keys());

    let mut interrupted = 0;
    for kill in 0..KILLS {
        let database = aws.file(&format!("killed-{kill}.db"));
        let mut child =
            into(&aws, &database, &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(takes * kill / KILLS);
        // SIGKILL: nothing in the program hears of it.
        child.kill().unwrap();
        child.wait().unwrap();

        let committed = read_accounts(&aws, &database);
        aws.clear_statistics();
        match &committed {
            None => drop(Ran::of(&mut into(&aws, &database, &[])).exits(0)),
            Some(read) => {
                interrupted += u32::from(!read.is_empty());
                let ran = Ran::of(&mut into(&aws, &database, &["--resume"])).exits(0);
                let statistics = aws.statistics();
                for account in read {
                    let calls = &statistics["by_account_and_call"][account];
                    assert!(
                        calls.get("iam:GetAccountAuthorizationDetails").is_none(),
                        "account {account} was read again: {ran:?}"
                    );
                }
            }
        }
        let found = facts(&aws, &database);
        assert!(found.keys().eq(expected.keys()), "{:?}", found.keys());
        for (name, text) in &expected {
            let name = name.display();
            let lines = found[Path::new(&name.to_string())].lines().zip(text.lines());
            let other: Vec<_> = lines.filter(|(one, other)| one != other).take(5).collect();
            assert!(other.is_empty(), "{name}, killed after {kill} of {KILLS}: {other:#?}");
        }
    }
    assert!(interrupted >= 3, "only {interrupted} crawls were killed between two accounts");
}

#[test]
fn an_interrupt_lets_the_accounts_in_hand_finish_and_says_what_is_left() {
    let Some(aws) = Emulator::start() else { return };
    aws.load(&large::organization(ACCOUNTS));
    aws.add_faults(&json!({"service": "iam", "action": "ListRoles", "delay_ms": 300}));
    let child = collect_command(&aws, MANAGEMENT, &["--concurrency", "2"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Two accounts are in hand as soon as one call for roles was made.
    let patience = Instant::now();
    while aws.statistics()["by_call"].get("iam:GetAccountAuthorizationDetails").is_none() {
        assert!(patience.elapsed() < Duration::from_mins(1), "the crawl reads nothing");
        thread::sleep(Duration::from_millis(20));
    }
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("not begun") && stderr.contains("--resume"), "{stderr}");
    aws.clear_faults();
    let answer = collect(&aws, MANAGEMENT, &["--resume", "--json"]).exits(0).json();
    assert_eq!(answer["complete"], true, "{answer:#}");
    let read = answer["accounts_read"].as_u64().unwrap();
    let settled = answer["accounts_settled"].as_u64().unwrap();
    assert_eq!(read + settled, ACCOUNTS as u64, "{answer:#}");
    assert!(settled >= 1 && read >= 1, "{answer:#}");
}

#[test]
fn nothing_to_go_on_with_is_said() {
    let Some(aws) = Emulator::start() else { return };
    aws.load(&large::organization(2));
    collect(&aws, MANAGEMENT, &["--resume"]).exits(2).says(&["no incomplete crawl"]);
    collect(&aws, MANAGEMENT, &[]).exits(0);
    collect(&aws, MANAGEMENT, &["--resume"]).exits(2).says(&["no incomplete crawl"]);
}

#[test]
fn only_what_is_older_is_read_again() {
    let Some(aws) = Emulator::start() else { return };
    aws.load(&large::organization(4));
    let denied = json!({
        "service": "iam", "action": "ListSAMLProviders", "account": member(3), "code": "AccessDenied", "status": 403,
    });
    aws.add_faults(&denied);
    collect(&aws, MANAGEMENT, &[]).exits(0);
    aws.clear_faults();
    aws.clear_statistics();
    // Young, but not whole: member 3 is read again, the others are not.
    let answer = collect(&aws, MANAGEMENT, &["--max-age", "7d", "--json"]).exits(0).json();
    assert_eq!((&answer["accounts_read"], &answer["accounts_settled"]), (&json!(1), &json!(3)));
    let calls = aws.statistics()["by_account_and_call"].clone();
    let read = |id: &str| calls[id].get("iam:GetAccountAuthorizationDetails").is_some();
    assert!(read(&member(3)) && !read(&member(2)) && !read(&member(4)), "{calls:#}");
    assert!(calls[MANAGEMENT].get("organizations:ListTagsForResource").is_none(), "{calls:#}");
    let shown = ask(&aws, MANAGEMENT, &["snapshots", "show", "--json"]).exits(0).json();
    assert_eq!(shown["accounts"].as_array().unwrap().len(), 4);
    assert_eq!(shown["not_read"], json!([]), "{shown:#}");

    aws.clear_statistics();
    let answer = collect(&aws, MANAGEMENT, &["--max-age", "0s", "--json"]).exits(0).json();
    assert_eq!(answer["accounts_read"], 4, "everything is older than nothing");
    collect(&aws, MANAGEMENT, &["--max-age", "often"]).exits(2).says(&["7d"]);
}

#[test]
fn a_second_snapshot_shares_what_did_not_change() {
    let Some(aws) = Emulator::start() else { return };
    aws.load(&large::organization(8));
    collect(&aws, MANAGEMENT, &[]).exits(0);
    let size = || fs::metadata(aws.file("snapshot.db")).unwrap().len();
    let first = size();
    collect(&aws, MANAGEMENT, &[]).exits(0);
    let list = ask(&aws, MANAGEMENT, &["snapshots", "--json"]).exits(0).json();
    assert_eq!(list["snapshots"].as_array().unwrap().len(), 2);
    assert!(size() < first + first / 4, "{first} bytes, then {}", size());
}

#[test]
fn a_packed_snapshot_answers_where_nothing_can_be_written() {
    let Some(aws) = Emulator::start() else { return };
    aws.load(&large::organization(3));
    collect(&aws, MANAGEMENT, &[]).exits(0);
    let directory = aws.file("carried");
    fs::create_dir(&directory).unwrap();
    let packed = directory.join("packed.db");
    ask(&aws, MANAGEMENT, &["snapshots", "pack", packed.to_str().unwrap()]).exits(0);
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "one file and nothing beside it");
    let mut permissions = fs::metadata(&packed).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&packed, permissions).unwrap();
    let answer = Ran::of(aws.command(MANAGEMENT).arg("--db").arg(&packed).args([
        "who-can",
        "member-002/role-001",
        "--json",
    ]))
    .exits(0)
    .json();
    assert!(!answer["principals"].as_array().unwrap().is_empty(), "{answer:#}");
    assert_eq!(facts(&aws, &packed), facts(&aws, &aws.file("snapshot.db")));
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "reading leaves nothing behind");
}
