//! What the doctor finds: a healthy organization, and each way in which AWS does not let it in.

use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::support::{HUB, MANAGEMENT, PROD_NET, Ran, item};

fn doctor(aws: &Emulator, account: &str, more: &[&str]) -> Ran {
    let ran = Ran::of(
        aws.command(account)
            .arg("--db")
            .arg(aws.file("x.db"))
            .args(["doctor", "--json"])
            .args(more),
    );
    // The key of the caller, and how every session token of the emulator begins.
    for secret in ["emulator-only", "AKIA", "ASIA", "FQoGZXIvYXdz"] {
        assert!(!ran.everything().contains(secret), "`{secret}` was printed:\n{ran:?}");
    }
    assert!(!aws.file("x.db").exists(), "a database was made");
    ran
}

/// Asserts how a check ended and what it says, in what was found or in the fix.
#[track_caller]
fn check(ran: &Ran, id: &str, status: &str, words: &[&str]) {
    let answer = ran.json();
    let check = item(&answer["checks"], "id", id);
    assert_eq!(check["status"], status, "{check:#}");
    let text = format!("{} {}", check["found"], check["fix"]);
    for word in words {
        assert!(text.contains(word), "`{word}` is not said: {check:#}");
    }
    assert_eq!(status == "failed", check["fix"].is_string() && status != "warning", "{check:#}");
}

#[test]
fn all_is_well_in_the_management_account() {
    let Some(aws) = Emulator::with_organization() else { return };
    let ran = doctor(&aws, MANAGEMENT, &[]).exits(0);
    check(&ran, "credentials", "ok", &["user/org-admin", MANAGEMENT]);
    check(&ran, "organization", "ok", &["management account", "8 accounts"]);
    check(&ran, "member-role", "ok", &["hub", HUB, "assumed-role/rolewalk-read/"]);
    let statistics = aws.statistics();
    // The same way in as a crawl's: cut down to the reads.
    let assumes = statistics["assumes"].as_array().unwrap();
    assert_eq!(assumes.len(), 1, "{assumes:#?}");
    assert!(assumes[0]["session_policy"].is_string(), "{assumes:#?}");
    for call in statistics["by_call"].as_object().unwrap().keys() {
        let operation = call.split_once(':').unwrap().1;
        let reads = ["Get", "List", "Describe"].iter().any(|verb| operation.starts_with(verb));
        assert!(reads || operation == "AssumeRole", "{call} was called");
    }

    let ran = doctor(&aws, MANAGEMENT, &["--account", PROD_NET]).exits(0);
    check(&ran, "member-role", "ok", &["prod-net", PROD_NET]);
    let ran = doctor(&aws, MANAGEMENT, &["--account", MANAGEMENT]).exits(0);
    check(&ran, "member-role", "ok", &["credentials at hand"]);
    let ran = doctor(&aws, MANAGEMENT, &["--account", "100000000008"]).exits(0);
    check(&ran, "member-role", "warning", &["old-sandbox", "suspended", "--account"]);
    let ran = doctor(&aws, MANAGEMENT, &["--role-name", "absent", "--role-name", "rolewalk-read"]);
    check(&ran.exits(0), "member-role", "ok", &["assumed-role/rolewalk-read/"]);
}

#[test]
fn text_is_a_line_a_check() {
    let Some(aws) = Emulator::with_organization() else { return };
    let ran = Ran::of(aws.command(MANAGEMENT).arg("doctor")).exits(0);
    ran.says(&[
        "ok       credentials    arn:aws:iam::100000000001:user/org-admin",
        "nothing to mend",
    ]);
}

#[test]
fn a_delegated_administrator_lists_the_accounts() {
    let Some(aws) = Emulator::with_organization() else { return };
    let ran = doctor(&aws, HUB, &["--account", PROD_NET]).exits(0);
    check(&ran, "organization", "ok", &["delegated administrator", HUB, "8 accounts"]);
    check(&ran, "member-role", "ok", &[PROD_NET]);
    // The crawl enters the management account as well, and there is no read role in it.
    check(&ran, "management", "warning", &["acme-management", "AccessDenied", "StackSet"]);
    let ran = doctor(&aws, HUB, &[]).exits(0);
    check(&ran, "member-role", "ok", &["prod-net"]);
}

#[test]
fn a_member_account_is_told_who_may_list_the_organization() {
    let Some(aws) = Emulator::with_organization() else { return };
    let ran = doctor(&aws, PROD_NET, &[]).exits(0);
    let words = ["member account", PROD_NET, "ListAccounts", MANAGEMENT, "--via"];
    check(&ran, "organization", "warning", &words);
    check(&ran, "member-role", "ok", &["no other account", "credentials at hand"]);
    // An account that it does not list can still be tried.
    let ran = doctor(&aws, PROD_NET, &["--account", HUB]).exits(0);
    check(&ran, "member-role", "ok", &[HUB, "assumed-role/rolewalk-read/"]);
}

#[test]
fn without_credentials_the_rest_is_skipped() {
    let Some(aws) = Emulator::start() else { return };
    let mut command = aws.command_without_credentials();
    let ran = Ran::of(command.args(["doctor", "--json"])).exits(1);
    check(&ran, "credentials", "failed", &["no credentials", "--profile"]);
    for id in ["organization", "member-role"] {
        check(&ran, id, "skipped", &["no credentials"]);
    }
    let mut command = aws.command(MANAGEMENT);
    let ran =
        Ran::of(command.args(["doctor", "--json"]).env("AWS_ENDPOINT_URL", "http://127.0.0.1:1"));
    check(&ran.exits(1), "credentials", "failed", &["127.0.0.1:1", "AWS_ENDPOINT_URL"]);
}

#[test]
fn a_denied_member_role_is_told_apart_by_what_is_missing() {
    let Some(aws) = Emulator::with_organization() else { return };
    // AWS says nothing of why where caller and role are in different accounts.
    let ran = doctor(&aws, MANAGEMENT, &["--account", "100000000007"]).exits(1);
    let role = "arn:aws:iam::100000000007:role/rolewalk-read";
    let words =
        ["prod-vault", "AccessDenied", role, "trust policy", "--external-id", "sts:AssumeRole"];
    check(&ran, "member-role", "failed", &words);
    check(&ran, "organization", "ok", &[]);

    let denied = |because: &str| {
        aws.clear_faults();
        aws.add_faults(&json!({"service": "sts", "action": "AssumeRole", "role_arn": HUB,
                               "code": "AccessDenied", "status": 403, "because": because}));
        doctor(&aws, MANAGEMENT, &[]).exits(1)
    };
    let fix = |ran: &Ran| item(&ran.json()["checks"], "id", "member-role")["fix"].to_string();
    let ran = denied(" because no identity-based policy allows the sts:AssumeRole action");
    let said = fix(&ran);
    assert!(
        said.contains("allow the caller `sts:AssumeRole`") && !said.contains("trust policy"),
        "{said}"
    );
    let ran = denied(" because no resource-based policy allows the sts:AssumeRole action");
    let said = fix(&ran);
    assert!(said.contains("trust policy") && !said.contains("allow the caller"), "{said}");
    let said = fix(&denied(" with an explicit deny in a service control policy"));
    assert!(said.contains("service control policy"), "{said}");

    aws.clear_faults();
    aws.add_faults(&json!({"service": "iam", "action": "ListAccountAliases", "account": HUB,
                           "code": "AccessDenied", "status": 403}));
    let ran = doctor(&aws, MANAGEMENT, &[]).exits(1);
    check(
        &ran,
        "member-role",
        "failed",
        &["iam:ListAccountAliases", "read role", "rolewalk permissions"],
    );
}

#[test]
fn a_first_hop_is_checked_before_what_depends_on_it() {
    let Some(aws) = Emulator::with_organization() else { return };
    let hop = "arn:aws:iam::100000000002:role/net-operator";
    let ran = doctor(&aws, MANAGEMENT, &["--via", hop]).exits(0);
    check(&ran, "first-hop", "ok", &["assumed-role/net-operator/"]);
    check(&ran, "organization", "ok", &["delegated administrator"]);
    check(&ran, "member-role", "ok", &["assumed-role/rolewalk-read/"]);
    let ran =
        doctor(&aws, MANAGEMENT, &["--via", "arn:aws:iam::100000000002:role/absent"]).exits(1);
    check(&ran, "first-hop", "failed", &["role/absent", "trust policy", "--via"]);
    for id in ["organization", "member-role"] {
        check(&ran, id, "skipped", &["first hop"]);
    }
    check(&ran, "credentials", "ok", &[]);
    let skipped: Vec<Value> = ran.json()["checks"].as_array().unwrap().clone();
    assert_eq!(skipped.iter().filter(|check| check["id"] == "first-hop").count(), 1);
}

#[test]
fn the_management_account_without_permission_fails() {
    let Some(aws) = Emulator::with_organization() else { return };
    aws.add_faults(&json!({"service": "organizations", "action": "ListAccounts",
                           "code": "AccessDeniedException", "message": "You don't have permissions"}));
    let ran = doctor(&aws, MANAGEMENT, &[]).exits(1);
    let words = ["management account", "allow `organizations:ListAccounts`"];
    check(&ran, "organization", "failed", &words);
    // What is no refusal is no lack of permission.
    aws.clear_faults();
    aws.add_faults(&json!({"service": "organizations", "action": "ListAccounts", "status": 400,
                           "code": "ServiceException", "message": "broken"}));
    let ran = doctor(&aws, PROD_NET, &[]).exits(1);
    check(&ran, "organization", "failed", &["member account", "broken"]);
    assert!(!ran.stdout.contains("allow `"), "{ran:?}");
}
