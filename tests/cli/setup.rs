//! Setting rolewalk up: the policies that it prints, and what the doctor finds without AWS.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Dump, HUB, Home, MEMBER, Ran, role_arn};

/// The check of this name.
#[track_caller]
fn check(ran: &Ran, id: &str) -> (String, String, String) {
    let answer = ran.json();
    assert_eq!(answer["schema"], "rolewalk/doctor/1");
    let checks = answer["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("{ran:?}"));
    let text = |field: &str| check[field].as_str().unwrap_or_default().to_owned();
    (text("status"), text("found"), text("fix"))
}

#[test]
fn the_printed_policies_let_the_caller_in() {
    let home = Home::new();
    let walker = role_arn(HUB, "walker");
    let printed =
        home.run(&["permissions", "--json", "--trusted", &walker, "--external-id", "acme-7"]);
    let printed = printed.exits(0).json();
    assert_eq!(printed["schema"], "rolewalk/permissions/1");
    assert_eq!(printed["member_role"]["names"], json!(["rolewalk-read"]));
    let inline = |document: &Value| json!([{"PolicyName": "it", "PolicyDocument": document}]);
    let nobody = json!({"Version": "2012-10-17", "Statement": []});
    let member = &printed["member_role"];
    let home = Home::with(
        &Dump::default()
            .account(HUB, "hub")
            .account(MEMBER, "member")
            .role(HUB, "walker", &nobody, &inline(&printed["caller"]["policy"]))
            .role(HUB, "idle", &nobody, &json!([]))
            .role(MEMBER, "rolewalk-read", &member["trust"], &inline(&member["policy"]))
            .role(MEMBER, "other", &member["trust"], &inline(&member["policy"])),
    );
    let why = |caller: &str, role: &str, more: &[&str]| {
        home.run(&[&["why", caller, role, "--json"], more].concat()).exits(0).json()["verdict"]
            .clone()
    };
    let passed = ["--external-id", "acme-7"];
    assert_eq!(why("hub/walker", "member/rolewalk-read", &passed), "allowed");
    assert_eq!(why("hub/walker", "member/rolewalk-read", &["--external-id", "other"]), "denied");
    assert_eq!(why("hub/idle", "member/rolewalk-read", &passed), "denied");
    assert_eq!(why("hub/walker", "member/other", &passed), "denied");
    // What the read role can do by itself.
    let answer = home.run(&["who-can", "member/rolewalk-read", "--json"]).exits(0).json();
    assert_eq!(answer["privilege"], "read");
}

#[test]
fn policies_take_the_configured_roles_and_the_partition_of_the_arns() {
    let home = Home::new();
    home.write(".config/rolewalk/config.toml", "role_names = ['audit/reader', 'other']\n");
    let via = "arn:aws-us-gov:iam::222222222222:role/hop";
    let answer = home.run(&["permissions", "--format", "json", "--via", via]).exits(0).json();
    assert_eq!(answer["partition"], "aws-us-gov");
    assert_eq!(answer["caller"]["policy"]["Statement"][0]["Resource"], via);
    assert_eq!(
        answer["first_hop"]["policy"]["Statement"][2]["Resource"],
        json!(["arn:aws-us-gov:iam::*:role/audit/reader", "arn:aws-us-gov:iam::*:role/other"])
    );
    assert_eq!(answer["member_role"]["trust"]["Statement"][0]["Principal"]["AWS"], via);
    // A session is what the AWS CLI shows, and its role is what can be trusted.
    let session = "arn:aws:sts::123456789012:assumed-role/ops/ann";
    home.run(&["permissions", "--trusted", session])
        .exits(2)
        .complains(&["arn:aws:iam::123456789012:role/ops", "session"]);
    home.run(&["permissions", "--trusted", "arn:aws:iam::1:root"]).exits(2);
    for format in ["terraform", "cloudformation"] {
        home.run(&["permissions", "--format", format, "--role-name", "mine"])
            .exits(0)
            .prints(&["\"mine\"", "iam:GetAccountAuthorizationDetails"]);
    }
}

#[test]
fn the_doctor_goes_on_after_a_broken_configuration() {
    let home = Home::new();
    let file = home.write("c.toml", "databse = 'x'\n");
    let ran = home.run(&["--config", file.to_str().unwrap(), "doctor", "--json"]).exits(1);
    let (status, found, fix) = check(&ran, "configuration");
    assert_eq!(status, "failed");
    assert!(
        found.contains("databse") && found.contains("line 1") && !found.contains('|'),
        "{found}"
    );
    assert!(!fix.is_empty());
    for skipped in ["database", "organization", "member-role"] {
        assert_eq!(check(&ran, skipped).0, "skipped", "{ran:?}");
    }
    assert_eq!(check(&ran, "credentials").0, "failed");
}

#[test]
fn the_doctor_looks_at_the_database_and_changes_nothing() {
    let home = Home::new();
    let at = |home: &Home, arguments: &[&str]| {
        let ran = home.run(&[arguments, &["doctor", "--json"]].concat());
        check(&ran, "database")
    };
    let (status, found, _) = at(&home, &[]);
    assert!(status == "ok" && found.contains("rolewalk.db"), "{found}");
    assert!(!home.path(".local").exists(), "a directory was made");

    home.write("notes.txt", &"no database at all\n".repeat(300));
    assert_eq!(at(&home, &["--db", "notes.txt"]).0, "failed");
    let (status, found, _) = at(&home, &["--db", "notes.txt/x.db"]);
    assert!(status == "failed" && found.contains("notes.txt"), "{status}: {found}");
    let (status, found, _) = at(&home, &["--demo"]);
    assert!(status == "skipped" && found.contains("sample"), "{status}: {found}");

    let home = Home::with(&Dump::small());
    let (status, found, _) = at(&home, &[]);
    assert_eq!(status, "ok", "{found}");
    for word in ["1 snapshot", "complete", "2 of 2 accounts", "ago"] {
        assert!(found.contains(word) || word == "ago" && found.contains("just now"), "{found}");
    }
    let database = home.path(".local/share/rolewalk/rolewalk.db");
    let before = fs::read(&database).unwrap();
    at(&home, &[]);
    assert_eq!(fs::read(&database).unwrap(), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&database, fs::Permissions::from_mode(0o644)).unwrap();
        let (status, found, fix) = at(&home, &[]);
        assert_eq!(status, "warning", "{found}");
        assert!(fix.contains("chmod 600") && fix.contains("rolewalk.db"), "{fix}");
    }
}

#[test]
fn the_doctor_says_that_a_snapshot_is_incomplete() {
    let home = Home::new();
    Dump::small().write(&home.path("dump"));
    fs::write(home.path("dump").join(format!("gaad/{HUB}.json")), "{ damaged").unwrap();
    home.run(&["import", "dump"]).exits(1);
    let ran = home.run(&["doctor", "--json"]);
    let (status, found, fix) = check(&ran, "database");
    assert_eq!(status, "warning", "{found}");
    assert!(found.contains("incomplete") && fix.contains("snapshots show"), "{found} {fix}");
}

/// What no run may print: the values of tokens, whole or in part.
const SECRETS: [&str; 4] = ["SYNTHETICone", "SYNTHETICtwo", "SYNTHETICthree", "SYNTHETICfour"];

#[test]
fn the_doctor_says_where_tokens_are_and_never_what() {
    let home = Home::new();
    let (status, found, fix) =
        check(&home.run(&["doctor", "--offline", "--json"]), "hcp-terraform");
    assert!(status == "skipped" && found.contains("not read"), "{status}: {found}");
    assert!(fix.contains("terraform login"), "{fix}");

    let credentials = home.write(
        ".terraform.d/credentials.tfrc.json",
        r#"{"credentials": {"app.terraform.io": {"token": "SYNTHETICone"}, "none.example.com": {}}}"#,
    );
    home.write(
        ".terraformrc",
        "credentials \"tfe.example.com\" {\n  token = \"SYNTHETICtwo\"\n}\n",
    );
    let run = |arguments: &[&str]| {
        let mut command = home.command(arguments);
        command
            .env("TF_TOKEN_tfe__prod_example_com", "SYNTHETICthree")
            .env("TFE_TOKEN", "SYNTHETICfour")
            .env("TF_TOKEN_empty_example_com", "");
        Ran::of(&mut command)
    };
    let open_to_all = |open: bool| {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = if open { 0o644 } else { 0o600 };
            fs::set_permissions(&credentials, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    open_to_all(false);
    let ran = run(&["doctor", "--offline", "--json"]);
    let (status, found, _) = check(&ran, "hcp-terraform");
    assert_eq!(status, "ok", "{found}");
    for source in [
        "tfe-prod.example.com",
        "TF_TOKEN_tfe__prod_example_com",
        "TFE_TOKEN",
        "app.terraform.io",
        "credentials.tfrc.json",
        "tfe.example.com",
        ".terraformrc",
    ] {
        assert!(found.contains(source), "{source}: {found}");
    }
    assert!(!found.contains("none.example.com") && !found.contains("empty.example.com"), "{found}");
    open_to_all(true);
    #[cfg(unix)]
    assert_eq!(check(&run(&["doctor", "--offline", "--json"]), "hcp-terraform").0, "warning");

    let mut everything =
        vec![ran, run(&["doctor", "--offline"]), run(&["-vv", "doctor", "--offline"])];
    // A parser would quote what it can't read.
    fs::write(&credentials, r#"{"credentials": {"app.terraform.io": "SYNTHETICone"}}"#).unwrap();
    let damaged = run(&["doctor", "--offline", "--json"]);
    let (status, found, _) = check(&damaged, "hcp-terraform");
    assert!(status == "warning" && found.contains("damaged"), "{status}: {found}");
    everything.push(damaged);
    for ran in everything {
        for secret in SECRETS {
            let said = ran.stdout.contains(secret) || ran.stderr.contains(secret);
            assert!(!said, "`{secret}` was printed");
        }
    }
}

#[test]
fn the_doctor_writes_a_line_a_check_and_a_line_a_fix() {
    let home = Home::new();
    let ran = home.run(&["doctor"]).exits(1);
    ran.prints(&[
        "failed   credentials    ",
        "ok       database       ",
        "fix: ",
        "1 check failed",
    ]);
    assert!(
        ran.stdout.lines().all(|line| line.chars().count() <= 100 || line.contains('/')),
        "{ran:?}"
    );
    // Names from outside are made safe.
    home.run(&["--db", "a\u{1b}[31m.db", "doctor"]).prints(&["a\\u{1b}[31m.db"]);
}
