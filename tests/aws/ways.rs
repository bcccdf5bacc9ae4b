//! Ways into accounts: a first hop, IAM Identity Center, a profile, several role names, ids given by hand.

use std::fs;

use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::large::{self, member};
use crate::support::{MANAGEMENT, Ran, ask, collect, collect_command, item};

/// The hub of these tests; the account is a delegated administrator where a test says so.
const HUB: usize = 2;

fn hub_role() -> String {
    format!("arn:aws:iam::{}:role/reader-hub", member(HUB))
}

/// An organization of five accounts whose read roles are assumed from a role of the hub.
fn with_hub(delegated: bool) -> Value {
    let mut described = large::described(5);
    let hub = &mut described["accounts"][0];
    hub["roles"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "reader-hub", "trust": "@management"}));
    if delegated {
        described["delegated"] = json!({member(HUB): ["iam.amazonaws.com"]});
    }
    described
}

fn read(answer: &Value) -> u64 {
    answer["accounts_read"].as_u64().unwrap()
}

#[test]
fn a_first_hop_enters_the_accounts_and_the_callers_own_is_read_without_it() {
    for delegated in [true, false] {
        let Some(aws) = Emulator::start() else { return };
        aws.load(&with_hub(delegated).to_string());
        let hub = hub_role();
        let answer = collect(&aws, MANAGEMENT, &["--via", &hub, "--json"]).exits(0).json();
        assert_eq!((read(&answer), &answer["complete"]), (5, &json!(true)), "{answer:#}");
        let statistics = aws.statistics();
        let assumes = statistics["assumes"].as_array().unwrap();
        // The hop, and the three accounts that are neither the hub's nor the caller's.
        assert_eq!(assumes.len(), 4, "{assumes:#?}");
        assert_eq!(assumes[0]["role_arn"], hub);
        for assume in &assumes[1..] {
            assert!(
                assume["caller"].as_str().unwrap().contains("assumed-role/reader-hub/"),
                "{assume}"
            );
            assert!(assume["session_policy"].is_string(), "{assume}");
        }
        let details = "iam:GetAccountAuthorizationDetails";
        assert_eq!(statistics["by_account_and_call"][MANAGEMENT][details], 1);
        // A hub that may not list the organization leaves that to the caller.
        let lists = |id: &str| statistics["by_account_and_call"][id].get("organizations:ListRoots");
        assert_eq!(lists(&member(HUB)).is_some(), delegated, "{statistics:#}");
        assert_eq!(lists(MANAGEMENT).is_some(), !delegated, "{statistics:#}");
    }
}

#[test]
fn role_names_are_tried_in_order_under_the_chosen_session_name() {
    let Some(aws) = Emulator::start() else { return };
    let mut described = large::described(3);
    described["accounts"][1]["roles"][0]["name"] = json!("legacy-read");
    described["accounts"][1]["roles"][0]["path"] = json!("/audit/");
    aws.load(&described.to_string());
    let more = [
        "--role-name",
        "rolewalk-read",
        "--role-name",
        "audit/legacy-read",
        "--session-name",
        "ticket-42",
        "--external-id",
        "acme",
        "--json",
    ];
    let answer = collect(&aws, MANAGEMENT, &more).exits(0).json();
    assert_eq!(read(&answer), 3, "{answer:#}");
    let assumes = aws.statistics()["assumes"].as_array().unwrap().clone();
    for assume in &assumes {
        assert_eq!(
            (&assume["session_name"], &assume["external_id"]),
            (&json!("ticket-42"), &json!("acme"))
        );
    }
    let in_last: Vec<&str> = assumes
        .iter()
        .map(|assume| assume["role_arn"].as_str().unwrap())
        .filter(|arn| arn.contains(&member(3)))
        .collect();
    assert_eq!(
        in_last,
        [
            format!("arn:aws:iam::{}:role/rolewalk-read", member(3)),
            format!("arn:aws:iam::{}:role/audit/legacy-read", member(3)),
        ]
    );
    collect(&aws, MANAGEMENT, &["--session-name", "a b"]).exits(2).says(&["session name", "a b"]);
    collect(&aws, MANAGEMENT, &["--role-name", "a*"]).exits(2).says(&["role name", "a*"]);
}

#[test]
fn identity_center_reads_without_a_deployed_role() {
    let Some(aws) = Emulator::start() else { return };
    let mut described = large::described(4);
    for account in described["accounts"].as_array_mut().unwrap() {
        // The permission set is assigned everywhere but in the last account.
        if account["id"] != *member(4) {
            account["roles"][0]["name"] = json!("AWSReservedSSO_Audit_0123456789abcdef");
        }
    }
    aws.load(&described.to_string());
    fs::write(
        aws.file("config"),
        "[sso-session acme]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = us-east-1\n",
    )
    .unwrap();
    let cache = aws.file(".aws/sso/cache");
    fs::create_dir_all(&cache).unwrap();
    let token = |token: &str| {
        let text = json!({
            "startUrl": "https://acme.awsapps.com/start", "region": "us-east-1",
            "accessToken": token, "expiresAt": "2099-01-01T00:00:00Z",
        });
        fs::write(cache.join(format!("{ACME}.json")), text.to_string()).unwrap();
    };
    token("emulator-only-token");
    let more = ["--sso-session", "acme", "--sso-role", "Audit"];
    let ran = collect(&aws, MANAGEMENT, &[&more[..], &["--json"]].concat()).exits(0);
    let answer = ran.json();
    assert_eq!(read(&answer), 3, "{ran:?}");
    assert!(!ran.everything().contains("emulator-only"), "a token was printed");
    let failures = answer["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 1, "{failures:#?}");
    assert_eq!(failures[0]["kind"], "denied");
    assert_eq!(failures[0]["accounts"], json!([member(4)]));
    assert!(failures[0]["next"].as_str().unwrap().contains("assign the permission set"));
    assert_eq!(aws.statistics()["assumes"], json!([]), "no role is assumed");

    token("a-token-that-was-revoked");
    let ran = collect(&aws, MANAGEMENT, &more);
    assert!(!ran.everything().contains("a-token-that-was-revoked"), "{ran:?}");
    ran.says(&["sso:GetRoleCredentials"]);

    collect(&aws, MANAGEMENT, &["--sso-session", "other", "--sso-role", "Audit"])
        .says(&["sso-session other"]);
    collect(&aws, MANAGEMENT, &["--sso-session", "acme"]).exits(2).says(&["--sso-role"]);
}

#[test]
fn the_configuration_file_names_exceptions() {
    let Some(aws) = Emulator::start() else { return };
    let mut described = large::described(4);
    described["accounts"][0]["roles"][0]["name"] = json!("other-read");
    described["accounts"][1]["roles"][0]["name"] = json!("nothing");
    aws.load(&described.to_string());
    fs::write(
        aws.file("credentials"),
        format!(
            "[third]\naws_access_key_id = AKIA{}TEST\naws_secret_access_key = emulator-only\n",
            member(3)
        ),
    )
    .unwrap();
    let config = aws.file("rolewalk.toml");
    fs::write(
        &config,
        format!(
            "[accounts.{}]\nrole_names = ['other-read']\nexternal_id = 'second'\n[accounts.{}]\nprofile = 'third'\n",
            member(2),
            member(3)
        ),
    )
    .unwrap();
    let config = config.to_str().unwrap();
    let answer = collect(&aws, MANAGEMENT, &["--config", config, "--json"]).exits(0).json();
    assert_eq!((read(&answer), &answer["complete"]), (4, &json!(true)), "{answer:#}");
    let assumes = aws.statistics()["assumes"].as_array().unwrap().clone();
    let external = |id: &str| {
        let of = assumes.iter().find(|assume| assume["role_arn"].as_str().unwrap().contains(id));
        of.map(|assume| assume["external_id"].clone())
    };
    assert_eq!(external(&member(2)), Some(json!("second")));
    assert_eq!(external(&member(3)), None, "a profile assumes nothing");
    assert_eq!(external(&member(4)), Some(Value::Null));

    // A profile of another account is not taken for that of this one.
    fs::write(
        aws.file("credentials"),
        format!(
            "[third]\naws_access_key_id = AKIA{}TEST\naws_secret_access_key = emulator-only\n",
            member(4)
        ),
    )
    .unwrap();
    let answer = collect(&aws, MANAGEMENT, &["--config", config, "--json"]).exits(0).json();
    assert_eq!(read(&answer), 3);
    assert!(answer["failures"][0]["message"].as_str().unwrap().contains(&member(4)), "{answer:#}");
}

#[test]
fn accounts_are_given_by_hand_where_the_organization_may_not_be_listed() {
    let Some(aws) = Emulator::start() else { return };
    let mut described = large::described(5);
    for account in described["accounts"].as_array_mut().unwrap() {
        account["roles"][0]["trust"] = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{}:root", member(2))}, "Action": "sts:AssumeRole"}
        ]});
    }
    aws.load(&described.to_string());
    let list = aws.file("accounts.txt");
    fs::write(
        &list,
        format!("# the network's accounts\n{}\n\n{} # the second\n", member(3), member(4)),
    )
    .unwrap();
    let list = list.to_str().unwrap();
    let answer = collect(&aws, &member(2), &["--accounts-file", list, "--json"]).exits(0).json();
    assert_eq!(read(&answer), 2, "{answer:#}");
    let answer =
        collect(&aws, &member(2), &["--account", &member(3), "--account", &member(2), "--json"])
            .exits(0)
            .json();
    assert_eq!(read(&answer), 2, "{answer:#}");
    let gap = answer["failures"].as_array().unwrap();
    assert!(
        gap.iter().any(|gap| gap["call"].as_str().unwrap().starts_with("organizations:")),
        "{gap:#?}"
    );
    fs::write(aws.file("accounts.txt"), "# none\n").unwrap();
    collect(&aws, &member(2), &["--accounts-file", list]).exits(2).says(&["names none"]);
    collect(&aws, &member(2), &["--accounts-file", "/does/not/exist"])
        .exits(2)
        .says(&["can't be read"]);
}

/// An auditor's own account is in no organization; that says nothing of the accounts it reads.
#[test]
fn a_caller_without_an_organization_does_not_take_that_from_the_others() {
    const OUTSIDE: &str = "900000000009";
    let Some(aws) = Emulator::start() else { return };
    let mut described = large::described(3);
    described["outside"] = json!([{"id": OUTSIDE, "name": "auditor", "roles": [{"name": "hop", "trust": "@management"}]}]);
    let from_outside = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{OUTSIDE}:root")}, "Action": "sts:AssumeRole"}
    ]});
    let of_organization = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
         "Condition": {"StringEquals": {"aws:PrincipalOrgID": "${organization}"}}}
    ]});
    for account in described["accounts"].as_array_mut().unwrap() {
        account["roles"][0]["trust"] = from_outside.clone();
        account["roles"]
            .as_array_mut()
            .unwrap()
            .push(json!({"name": "shared", "trust": of_organization}));
        let roles = account["roles"].as_array_mut().unwrap();
        roles[1].as_object_mut().unwrap().remove("boundary");
        roles[1]["inline"] = json!({"become": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}});
    }
    aws.load(&described.to_string());
    let more = ["--account", &member(2), "--account", &member(3), "--json"];
    let answer = collect(&aws, OUTSIDE, &more).exits(0).json();
    assert_eq!((read(&answer), &answer["complete"]), (2, &json!(false)), "{answer:#}");
    let gap = item(&answer["failures"], "call", "organizations:DescribeOrganization");
    assert_eq!(gap["kind"], "not-collected");
    let role = |number, name: &str| format!("arn:aws:iam::{}:role/{name}", member(number));
    let why = ask(&aws, OUTSIDE, &["why", &role(2, "role-001"), &role(3, "shared"), "--json"]);
    let why = why.exits(0).json();
    let verdict = why["verdict"].as_str().unwrap();
    assert!(
        !["denied", "allowed"].contains(&verdict),
        "whose organization it is was not read: {why:#}"
    );
    // Nor does a first hop into such an account take it from the caller's.
    let hop = format!("arn:aws:iam::{OUTSIDE}:role/hop");
    let answer = collect(&aws, MANAGEMENT, &["--via", &hop, "--json"]).exits(0).json();
    assert_eq!((read(&answer), &answer["complete"]), (2, &json!(false)), "{answer:#}");
    item(&answer["failures"], "call", "organizations:DescribeOrganization");
    // Alone, the auditor's account is known to be in none.
    let answer = collect(&aws, OUTSIDE, &["--json"]).exits(0).json();
    assert_eq!((read(&answer), &answer["complete"]), (1, &json!(true)), "{answer:#}");
}

#[test]
fn places_and_tags_choose_accounts_before_anything_is_read() {
    let Some(aws) = Emulator::start() else { return };
    aws.load(&large::organization(7));
    let more =
        ["--account", "ou:/Workloads/**", "--exclude", "tag:number=4", "--dry-run", "--json"];
    let plan = collect(&aws, MANAGEMENT, &more).exits(0).json();
    assert_eq!((&plan["entered"], &plan["left_out"]), (&json!(5), &json!(2)), "{plan:#}");
    // Tags that were not read are not tags that are not there.
    aws.add_faults(&json!({
        "service": "organizations", "action": "ListTagsForResource", "after": 3, "code": "AccessDeniedException",
    }));
    collect(&aws, MANAGEMENT, &more).exits(4).says(&["not all tags were read"]);
}

/// In China ARNs, endpoints and the roles to assume are of another partition.
#[test]
fn another_partition_is_read_like_the_first() {
    let Some(aws) = Emulator::start() else { return };
    let mut described = large::described(3);
    described["partition"] = json!("aws-cn");
    aws.load(&described.to_string().replace("arn:aws:", "arn:aws-cn:"));
    let mut command = collect_command(&aws, MANAGEMENT, &["--json"]);
    let answer = Ran::of(command.env("AWS_REGION", "cn-north-1")).exits(0).json();
    assert_eq!((read(&answer), &answer["complete"]), (3, &json!(true)), "{answer:#}");
    let assumes = aws.statistics()["assumes"].as_array().unwrap().clone();
    for assume in &assumes {
        assert!(assume["role_arn"].as_str().unwrap().starts_with("arn:aws-cn:iam::"), "{assume}");
    }
    let answer =
        ask(&aws, MANAGEMENT, &["reach", "user:management/org-admin", "--json"]).exits(0).json();
    let role = format!("arn:aws-cn:iam::{}:role/rolewalk-read", member(2));
    assert_eq!(item(&answer["targets"], "principal", &role)["verdict"], "allowed", "{answer:#}");
}

/// The SHA-1 of the session's name, under which its login is cached.
const ACME: &str = "293abb6b76d7791c0732cc517d38c4b5c734b87f";

/// The ways to credentials are the SDK's; this holds that a crawl takes what they bring.
#[test]
fn every_kind_of_credentials_starts_a_crawl() {
    let Some(aws) = Emulator::start() else { return };
    let mut described = large::described(2);
    described["management"]["roles"] = json!([{"name": "crawler", "trust": "@management"}]);
    aws.load(&described.to_string());
    let key = format!("AKIA{MANAGEMENT}TEST");
    let keys = format!("aws_access_key_id = {key}\naws_secret_access_key = emulator-only\n");
    let program =
        format!(r#"{{"Version": 1, "AccessKeyId": "{key}", "SecretAccessKey": "emulator-only"}}"#);
    let file = aws.file("credentials.json");
    fs::write(&file, program).unwrap();
    fs::write(aws.file("credentials"), format!("[keys]\n{keys}")).unwrap();
    let token = aws.file("token");
    fs::write(&token, "a-token-of-some-issuer").unwrap();
    let role = format!("arn:aws:iam::{MANAGEMENT}:role/crawler");
    fs::write(
        aws.file("config"),
        format!(
            "[profile process]\ncredential_process = cat {}\n\
             [profile role]\nrole_arn = {role}\nsource_profile = keys\n\
             [profile identity]\nrole_arn = {role}\nweb_identity_token_file = {}\n",
            file.display(),
            token.display()
        ),
    )
    .unwrap();
    for (profile, caller) in [
        ("keys", "user/org-admin"),
        ("process", "user/org-admin"),
        ("role", "assumed-role/crawler/"),
        ("identity", "assumed-role/crawler/"),
    ] {
        let mut command = aws.command_without_credentials();
        let database = aws.file(&format!("{profile}.db"));
        let ran = Ran::of(command.arg("--db").arg(&database).args([
            "--profile",
            profile,
            "collect",
            "--dry-run",
            "--json",
        ]))
        .exits(0);
        let plan = ran.json();
        assert!(plan["caller"].as_str().unwrap().contains(caller), "{profile}: {plan:#}");
        assert_eq!((&plan["own"], &plan["entered"]), (&json!(1), &json!(1)), "{profile}");
        assert!(!ran.everything().contains("emulator-only"), "{profile}");
    }
    // From the environment.
    let mut command = aws.command_without_credentials();
    command.env("AWS_ROLE_ARN", &role).env("AWS_WEB_IDENTITY_TOKEN_FILE", &token);
    let plan = Ran::of(command.args(["collect", "--dry-run", "--json"])).exits(0).json();
    assert!(plan["caller"].as_str().unwrap().contains("assumed-role/crawler/"), "{plan:#}");
}
