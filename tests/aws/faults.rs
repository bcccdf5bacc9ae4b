//! A crawl of sixty accounts while much goes wrong at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::large::{self, member};
use crate::support::{MANAGEMENT, ask, collect, item};

const ACCOUNTS: usize = 60;
const SLOW: usize = 40;
const HALVED: usize = 41;
const CUT: usize = 42;

fn denied() -> Vec<String> {
    (10..15).map(member).collect()
}

fn suspended() -> Vec<String> {
    (20..22).map(member).collect()
}

fn organization() -> String {
    let mut described = large::described(ACCOUNTS);
    for account in described["accounts"].as_array_mut().unwrap() {
        if suspended().iter().any(|id| account["id"] == **id) {
            account["suspended"] = json!(true);
        }
    }
    described.to_string()
}

fn wrong() -> Value {
    let mut rules: Vec<Value> = denied()
        .iter()
        .map(|id| json!({"service": "sts", "action": "AssumeRole", "role_arn": id, "code": "AccessDenied", "status": 403}))
        .collect();
    rules.extend([
        json!({"service": "iam", "action": "ListRoles", "account": member(SLOW), "times": 1, "delay_ms": 10_000}),
        json!({"service": "iam", "action": "GetAccountAuthorizationDetails", "account": member(HALVED), "times": 1, "truncate": true}),
        json!({"service": "iam", "action": "ListSAMLProviders", "account": member(CUT), "times": 2, "drop": true}),
        json!({"service": "iam", "percent": 30, "code": "Throttling", "message": "Rate exceeded"}),
        json!({"service": "sts", "action": "AssumeRole", "percent": 30, "code": "Throttling", "message": "Rate exceeded"}),
        json!({"service": "organizations", "percent": 10, "code": "TooManyRequestsException", "message": "Too many requests"}),
    ]);
    Value::Array(rules)
}

fn strings(list: &Value) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

#[test]
fn everything_readable_is_read_whatever_else_goes_wrong() {
    let Some(aws) = Emulator::start() else { return };
    aws.load(&organization());
    aws.add_faults(&wrong());
    let ran = collect(&aws, MANAGEMENT, &["--json"]).exits(0);
    let answer = ran.json();
    for rule in aws.faults().as_array().unwrap() {
        assert!(rule["hits"].as_u64() > Some(0), "a fault never happened: {rule}");
    }

    // The summary is right, and says what to do once for each thing to do.
    assert_eq!(answer["accounts"], ACCOUNTS);
    assert_eq!(
        answer["accounts_read"],
        ACCOUNTS - denied().len() - suspended().len(),
        "{answer:#}"
    );
    assert_eq!(answer["accounts_left"], 0);
    assert_eq!(answer["complete"], false);
    let failures = answer["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 2, "{failures:#?}");
    let refused = item(&answer["failures"], "kind", "denied");
    assert_eq!(refused["call"], "sts:AssumeRole", "the missing permission is named");
    assert_eq!(strings(&refused["accounts"]), denied().into_iter().collect());
    assert!(refused["next"].as_str().unwrap().contains("--role-name"), "{refused:#}");
    let closed = item(&answer["failures"], "kind", "suspended");
    assert_eq!(strings(&closed["accounts"]), suspended().into_iter().collect());
    assert!(answer["retries"].as_u64().unwrap() > 100, "{answer:#}");

    // Events came as lines of JSON, the last of them with every account done.
    let events: Vec<Value> = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let named = |name: &str| events.iter().filter(|event| event["event"] == name).count();
    assert_eq!(named("account-read"), ACCOUNTS - 7);
    assert_eq!(named("account-not-read"), 7);
    assert!(events.iter().all(|event| event["schema"] == "rolewalk/collect-event/1"));
    assert_eq!(events.last().unwrap()["all"], ACCOUNTS);

    // Nothing is missing of what was read: the half page, the cut connection and the slow one.
    for number in [SLOW, HALVED, CUT] {
        let role = format!("member-{number:03}/role-{:03}", large::ROLES);
        let answer = ask(&aws, MANAGEMENT, &["who-can", &role, "--json"]).exits(0).json();
        assert!(!answer["principals"].as_array().unwrap().is_empty(), "{answer:#}");
    }
    // What depends on an unread account says so.
    let answer =
        ask(&aws, MANAGEMENT, &["who-can", "member-040/role-001", "--json"]).exits(0).json();
    let gaps = answer["not_read"].as_array().unwrap();
    let of_accounts = gaps.iter().filter(|gap| !gap["account"].is_null()).count();
    assert_eq!(of_accounts, 7, "{gaps:#?}");

    // Going on reads what is missing and nothing else.
    aws.clear_faults();
    aws.clear_statistics();
    let answer = collect(&aws, MANAGEMENT, &["--resume", "--json"]).exits(0).json();
    assert_eq!(answer["accounts_read"], denied().len(), "{answer:#}");
    assert_eq!(answer["complete"], true);
    let statistics = aws.statistics();
    let read: BTreeSet<String> = statistics["by_account_and_call"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, calls)| calls.get("iam:GetAccountAuthorizationDetails").is_some())
        .map(|(account, _)| account.clone())
        .collect();
    assert_eq!(read, denied().into_iter().collect(), "no account is read twice");
    assert!(
        statistics["by_call"].get("organizations:ListTagsForResource").is_none(),
        "the organization was read again: {statistics:#}"
    );
}

#[test]
fn so_many_accounts_at_once_as_were_asked_for() {
    let Some(aws) = Emulator::start() else { return };
    aws.load(&large::organization(12));
    aws.add_faults(&json!({"service": "iam", "delay_ms": 20}));
    collect(&aws, MANAGEMENT, &["--concurrency", "3"]).exits(0);
    // One call at a time for each account, beside at most four tag calls of the organization.
    let most = aws.statistics()["max_in_flight"].as_u64().unwrap();
    assert!((2..=3 + 4).contains(&most), "{most} calls at once");
}

/// How many requests a crawl costs is part of what the documentation says.
#[test]
fn an_account_costs_seven_requests() {
    let Some(aws) = Emulator::start() else { return };
    aws.load(&large::organization(4));
    collect(&aws, MANAGEMENT, &[]).exits(0);
    let statistics = aws.statistics();
    let calls = statistics["by_account_and_call"][member(3)].as_object().unwrap().clone();
    let calls: Vec<String> = calls.iter().map(|(call, times)| format!("{call} {times}")).collect();
    assert_eq!(
        calls.iter().collect::<BTreeSet<_>>(),
        [
            "iam:GetAccountAuthorizationDetails 1",
            "iam:GetOpenIDConnectProvider 1",
            "iam:ListAccountAliases 1",
            "iam:ListOpenIDConnectProviders 1",
            "iam:ListRoles 1",
            "iam:ListSAMLProviders 1",
        ]
        .map(str::to_owned)
        .iter()
        .collect(),
        "and one AssumeRole by the caller"
    );
    assert_eq!(statistics["assumes"].as_array().unwrap().len(), 3);
}
