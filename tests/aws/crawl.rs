//! What a crawl reads, what it never calls, and what a fault costs it.

use serde_json::json;

use crate::emulator::Emulator;
use crate::support::{APPLY, Collected, MANAGEMENT, MEMBER, PROD_NET, TOKEN, ask, collect, item};

#[test]
fn a_crawl_says_what_it_could_not_read() {
    let Some(aws) = Emulator::with_organization() else { return };
    collect(&aws, MANAGEMENT, &[]).exits(0).says(&["prod-vault", "100000000007", "not read"]);
    // The same gap is a failure for who asked for everything.
    collect(&aws, MANAGEMENT, &["--strict"]).exits(1).says(&["prod-vault"]);
}

#[test]
fn a_crawl_only_reads() {
    let Some(aws) = Emulator::with_organization() else { return };
    collect(&aws, MANAGEMENT, &[]).exits(0);
    let statistics = aws.statistics();
    let calls = statistics["by_call"].as_object().unwrap();
    assert!(calls.contains_key("iam:GetAccountAuthorizationDetails"), "{statistics:#}");
    for call in calls.keys() {
        let operation = call.split_once(':').unwrap().1;
        let reads = ["Get", "List", "Describe"].iter().any(|verb| operation.starts_with(verb));
        assert!(reads || operation == "AssumeRole", "{call} was called");
    }
    // Nobody reviews what the read role may do in every account, so the session is cut down to the reads.
    for assume in statistics["assumes"].as_array().unwrap() {
        assert!(assume["role_arn"].as_str().unwrap().ends_with(":role/rolewalk-read"), "{assume}");
        assert!(assume["session_policy"].is_string(), "{assume}");
        assert!(
            !assume["role_arn"].as_str().unwrap().contains("100000000008"),
            "a suspended account: {assume}"
        );
    }
}

#[test]
fn a_database_holds_no_credential() {
    let Some(aws) = Emulator::with_organization() else { return };
    let ran = collect(&aws, MANAGEMENT, &["-v"]).exits(0);
    let home = aws.file("snapshot.db").parent().unwrap().to_owned();
    let mut text = ran.everything();
    for entry in std::fs::read_dir(home).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.file_name().unwrap().to_string_lossy().starts_with("snapshot.db") {
            text.push_str(&String::from_utf8_lossy(&std::fs::read(entry).unwrap()));
        }
    }
    // The last is how every session token of the emulator begins.
    for secret in ["emulator-only", "AKIA100000000001TEST", "FQoGZXIvYXdz"] {
        assert!(!text.contains(secret), "`{secret}` was written or printed");
    }
    // The keys of the sessions that the crawl was given.
    for (start, _) in text.match_indices("ASIA") {
        let key: String = text[start..].chars().take(20).collect();
        assert!(!key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()), "{key}");
    }
}

#[test]
fn a_crawl_follows_every_page() {
    let Some(collected) = Collected::new() else { return };
    // The last of 130 roles that differ only in their number, and the last of eight accounts.
    let answer = collected.ask(&["who-can", "dev-app/function-130", "--json"]).exits(0).json();
    item(&answer["principals"], "kind", "service");
    let tree = collected.ask(&["tree", "--json"]).exits(0).json();
    item(&tree["nodes"], "id", "100000000008");
}

#[test]
fn a_throttled_crawl_is_complete() {
    let Some(aws) = Emulator::with_organization() else { return };
    aws.add_faults(&json!([
        {"service": "iam", "action": "GetAccountAuthorizationDetails", "account": "100000000006", "times": 3,
         "code": "Throttling", "message": "Rate exceeded"},
        {"service": "organizations", "action": "ListAccounts", "times": 2,
         "code": "TooManyRequestsException", "message": "Too many requests"},
        {"service": "iam", "action": "ListOpenIDConnectProviders", "account": "100000000002", "times": 1, "drop": true},
    ]));
    collect(&aws, MANAGEMENT, &[]).exits(0);
    for rule in aws.faults().as_array().unwrap() {
        assert_eq!(rule["hits"], rule["times"], "a fault never happened: {rule}");
    }
    let answer =
        ask(&aws, MANAGEMENT, &["who-can", "dev-app/function-130", "--json"]).exits(0).json();
    assert_eq!(item(&answer["principals"], "kind", "service")["verdict"], "allowed", "{answer:#}");
    // Decided by the provider's list of audiences, so this says that the provider was read too.
    let token = format!("{TOKEN}:apply?aud=aws.workload.identity");
    let answer = ask(&aws, MANAGEMENT, &["why", &token, APPLY, "--json"]).exits(0).json();
    assert_eq!(answer["verdict"], "allowed", "{answer:#}");
}

#[test]
fn one_refused_call_costs_one_account() {
    let Some(aws) = Emulator::with_organization() else { return };
    aws.add_faults(&json!({
        "service": "iam", "action": "GetAccountAuthorizationDetails", "account": "100000000004",
        "code": "AccessDenied", "status": 403, "because": " with an explicit deny in a service control policy",
    }));
    collect(&aws, MANAGEMENT, &[]).exits(0).says(&["prod-pay", "GetAccountAuthorizationDetails"]);
    let answer = ask(&aws, MANAGEMENT, &["who-can", MEMBER, "--json"]).exits(0).json();
    assert_eq!(item(&answer["principals"], "principal", APPLY)["verdict"], "allowed", "{answer:#}");
}

#[test]
fn the_external_id_goes_into_every_account() {
    let Some(aws) = Emulator::with_organization() else { return };
    collect(&aws, MANAGEMENT, &["--external-id", "acme-crawl"]).exits(0);
    let statistics = aws.statistics();
    let assumes = statistics["assumes"].as_array().unwrap();
    assert!(!assumes.is_empty());
    assert!(assumes.iter().all(|assume| assume["external_id"] == "acme-crawl"), "{assumes:#?}");
}

#[test]
fn a_chosen_account_is_the_only_one_entered() {
    let Some(aws) = Emulator::with_organization() else { return };
    collect(&aws, MANAGEMENT, &["--account", "account:prod-net"]).exits(0);
    let statistics = aws.statistics();
    let assumes = statistics["assumes"].as_array().unwrap();
    assert_eq!(assumes.len(), 1, "{assumes:#?}");
    assert_eq!(assumes[0]["role_arn"], format!("arn:aws:iam::{PROD_NET}:role/rolewalk-read"));
}

#[test]
fn a_dry_run_enters_no_account() {
    let Some(aws) = Emulator::with_organization() else { return };
    collect(&aws, MANAGEMENT, &["--dry-run"]).exits(0).says(&["org-admin", "rolewalk-read"]);
    let statistics = aws.statistics();
    assert_eq!(statistics["assumes"], json!([]));
    assert!(
        statistics["by_call"].get("iam:GetAccountAuthorizationDetails").is_none(),
        "{statistics:#}"
    );
}
