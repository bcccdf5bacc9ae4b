//! Who crawls: with less than the whole organization, with dead credentials, with none.

use serde_json::json;

use crate::emulator::Emulator;
use crate::support::{HUB, MANAGEMENT, MEMBER, PROD_NET, Ran, ask, collect, collect_command, item};

#[test]
fn a_caller_without_the_organization_reads_its_own_account() {
    let Some(aws) = Emulator::with_organization() else { return };
    collect(&aws, PROD_NET, &[]).exits(0).says(&["organization", "not read", PROD_NET]);
    assert_eq!(aws.statistics()["assumes"], json!([]), "there was no account to enter");
    let ran = ask(&aws, PROD_NET, &["who-can", MEMBER, "--json"]).exits(0);
    // The trust policy names roles of an account that nobody has read: never "allowed", never left out.
    let answer = ran.json();
    let of_the_hub: Vec<_> = answer["principals"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|shown| shown["principal"].as_str().unwrap().contains(HUB))
        .collect();
    assert!(!of_the_hub.is_empty(), "{answer:#}");
    for shown in of_the_hub {
        assert!(
            ["conditional", "unknown"].contains(&shown["verdict"].as_str().unwrap()),
            "{shown:#}"
        );
    }
}

#[test]
fn a_delegated_administrator_reads_the_organization() {
    let Some(aws) = Emulator::with_organization() else { return };
    collect(&aws, HUB, &[]).exits(0);
    let tree = ask(&aws, HUB, &["tree", "--json"]).exits(0).json();
    for account in 1..=8 {
        item(&tree["nodes"], "id", &format!("10000000000{account}"));
    }
}

#[test]
fn nobody_signed_in_is_told_what_to_do() {
    let Some(aws) = Emulator::start() else { return };
    let mut command = aws.command_without_credentials();
    Ran::of(
        command.arg("--db").arg(aws.file("snapshot.db")).args(["collect", "--yes", "--no-tfc"]),
    )
    .exits(4)
    .says(&["credentials"]);
}

#[test]
fn dead_credentials_are_named_as_such() {
    let Some(aws) = Emulator::with_organization() else { return };
    // No account of the organization has this key.
    collect(&aws, "999999999999", &[])
        .exits(4)
        .says(&["security token included in the request is invalid"]);
    aws.add_faults(&json!({
        "code": "ExpiredToken", "status": 403, "message": "The security token included in the request is expired",
    }));
    collect(&aws, MANAGEMENT, &[]).exits(4).says(&["expired"]);
}

#[test]
fn an_endpoint_that_does_not_answer_is_named() {
    let Some(aws) = Emulator::start() else { return };
    // Port 1 of the loopback: nothing listens there.
    let mut command = collect_command(&aws, MANAGEMENT, &[]);
    Ran::of(command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")).exits(4).says(&["127.0.0.1:1"]);
}
