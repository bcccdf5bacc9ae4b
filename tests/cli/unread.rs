//! What was not read, or leads where nobody can look, is never shown as "nothing there".

use std::fs;

use serde_json::{Value, json};

use super::support::{Dump, HUB, Home, MEMBER, role_arn};

const HOST: &str = "app.terraform.io";

/// A home with a dump that was changed behind the helper's back.
fn home(dump: &Dump, change: impl Fn(&std::path::Path)) -> Home {
    let home = Home::new();
    let directory = home.path("dump");
    dump.write(&directory);
    change(&directory);
    home.run(&["import", directory.to_str().unwrap()]);
    home
}

fn put(directory: &std::path::Path, name: &str, value: &Value) {
    fs::write(directory.join(name), value.to_string()).unwrap();
}

fn asked(home: &Home, arguments: &[&str]) -> Value {
    home.run(&[&["--json"], arguments].concat()).exits(0).json()
}

/// What an answer could not read, as `name: call`.
fn gaps(answer: &Value) -> Vec<String> {
    let text = |gap: &Value| {
        format!("{}: {}", gap["name"].as_str().unwrap(), gap["gap"]["call"].as_str().unwrap())
    };
    answer["not_read"].as_array().unwrap().iter().map(text).collect()
}

/// A role that whoever the account's provider vouches for may assume.
fn by_saml() -> Dump {
    let provider = format!("arn:aws:iam::{HUB}:saml-provider/Okta");
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithSAML"}]});
    Dump::small().role(HUB, "entry", &trust, &json!([]))
}

#[test]
fn saml_providers_that_were_not_read_stand_as_unknown_callers() {
    let home =
        home(&by_saml(), |dump| fs::remove_file(dump.join(format!("saml/{HUB}.json"))).unwrap());
    let answer = asked(&home, &["who-can", "hub/entry"]);
    let row = &answer["principals"][0];
    assert_eq!(row["principal"], format!("arn:aws:iam::{HUB}:saml-provider/Okta"));
    assert_eq!(row["verdict"], "unknown");
    assert!(gaps(&answer).contains(&"hub: iam:ListSAMLProviders".to_owned()), "{answer}");
    home.run(&["why", "saml:hub/Okta", "hub/entry"]).exits(0).prints(&["unknown"]);
    // Nobody knows that there is none of another name.
    home.run(&["why", "saml:hub/Other", "hub/entry"]).exits(2).complains(&["were not read"]);
    let other = format!("arn:aws:iam::{HUB}:saml-provider/Other");
    home.run(&["why", &other, "hub/entry"]).exits(2).complains(&["were not read"]);
    // A list that was read and lacks it is something else.
    let home = Home::with(&by_saml());
    assert_eq!(asked(&home, &["who-can", "hub/entry"])["principals"], json!([]));
}

#[test]
fn an_ou_that_hangs_nowhere_leaves_open_what_applies_below() {
    let home = home(&Dump::small(), |dump| {
        let path = dump.join("org.json");
        let mut tree: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        tree["ous"] = json!([{"id": "ou-team", "name": "Team", "parent": "ou-gone"}]);
        tree["accounts"][0]["parent"] = json!("ou-team");
        tree["scps"][0]["targets"].as_array_mut().unwrap().push(json!("ou-team"));
        let nothing = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Action": "*", "Resource": "*"}]});
        let denies = json!({"id": "p-nothing", "name": "nothing", "targets": ["ou-gone"],
            "document": nothing});
        tree["scps"].as_array_mut().unwrap().push(denies);
        put(dump, "org.json", &tree);
        // What hangs elsewhere is told all the same.
        tree["accounts"][1]["parent"] = json!("ou-sound");
        tree["scps"][0]["targets"].as_array_mut().unwrap().push(json!("ou-sound"));
        let sound = json!({"id": "ou-sound", "name": "Sound", "parent": "r-root"});
        tree["ous"].as_array_mut().unwrap().push(sound);
        put(dump, "org.json", &tree);
        let again = Home::new();
        again.run(&["import", dump.to_str().unwrap()]).exits(1).complains(&["ou-gone"]);
    });
    let why = asked(&home, &["why", "hub/walker", "member/target"]);
    assert_eq!(why["verdict"], "unknown");
    let why = asked(&home, &["why", "member/target", "member/target"]);
    let layers = why["layers"].as_array().unwrap();
    let scps: Vec<&Value> = layers.iter().filter(|layer| layer["layer"] == "scp").collect();
    assert!(!scps.is_empty() && scps.iter().all(|layer| layer["outcome"] == "allow"), "{why}");
    let answer = asked(&home, &["reach", "hub/walker"]);
    let gaps = gaps(&answer);
    assert!(gaps.iter().any(|gap| gap.starts_with("the organization's tree")), "{gaps:?}");
}

/// Workspaces with ways in of every kind that can't be followed, and one without settings.
fn workspaces() -> Home {
    let admits = |audience: &str| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Principal": {"Federated": format!("arn:aws:iam::{HUB}:oidc-provider/{HOST}")},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringLike": {(format!("{HOST}:sub")): "organization:acme:*"},
                          "StringEquals": {(format!("{HOST}:aud")): audience}}}]})
    };
    let dump = Dump::small().role(HUB, "a", &admits("aud-a"), &json!([])).role(
        HUB,
        "b",
        &admits("aud-b"),
        &json!([]),
    );
    let home = home(&dump, |dump| {
        let provider = json!([{"Arn": format!("arn:aws:iam::{HUB}:oidc-provider/{HOST}"),
            "Url": HOST, "ClientIDList": ["aud-a", "aud-b"], "ThumbprintList": [],
            "CreateDate": "2026-01-01T00:00:00+00:00", "Tags": []}]);
        put(dump, &format!("oidc/{HUB}.json"), &provider);
        let workspace = |organization: &str, name: &str, mode: &str, env: Value| {
            json!({"organization": organization, "project": "Net", "workspace": name,
                   "execution_mode": mode, "env": env})
        };
        let two = json!({
            "TFC_AWS_PROVIDER_AUTH_A": "true", "TFC_AWS_RUN_ROLE_ARN_A": role_arn(HUB, "a"),
            "TFC_AWS_WORKLOAD_IDENTITY_AUDIENCE_A": "aud-a",
            "TFC_AWS_PROVIDER_AUTH_B": "true", "TFC_AWS_RUN_ROLE_ARN_B": role_arn(HUB, "b"),
            "TFC_AWS_WORKLOAD_IDENTITY_AUDIENCE_B": "aud-b",
        });
        let vault = json!({"TFC_VAULT_BACKED_AWS_AUTH": "true",
            "TFC_VAULT_BACKED_AWS_RUN_ROLE_ARN": role_arn(HUB, "walker")});
        // Two that fail, and two of which nobody knows which wins.
        let fails = json!({
            "TFC_AWS_PROVIDER_AUTH_X": "true", "TFC_AWS_RUN_ROLE_ARN_X": role_arn(HUB, "walker"),
            "TFC_AWS_PROVIDER_AUTH_Y": "true", "TFC_AWS_RUN_ROLE_ARN_Y": role_arn(HUB, "idle"),
        });
        let either = json!({
            "TFC_AWS_PROVIDER_AUTH": "true", "TFC_AWS_WORKLOAD_IDENTITY_AUDIENCE": "aud-a",
            "TFC_AWS_RUN_ROLE_ARN": role_arn(HUB, "a"),
            "TFC_DEFAULT_AWS_PLAN_ROLE_ARN": role_arn(HUB, "walker"),
        });
        let list = json!([
            workspace("acme", "two", "remote", two),
            workspace("acme", "fails", "remote", fails),
            workspace("acme", "either", "remote", either),
            workspace("acme", "bare", "remote", json!({})),
            workspace("else", "keys", "remote", json!({"AWS_ACCESS_KEY_ID": "***"})),
            workspace("else", "profile", "remote", json!({"AWS_PROFILE": "***"})),
            workspace("else", "vault", "remote", vault),
            workspace("else", "agent", "agent", json!({})),
            workspace("else", "local", "local", json!({})),
        ]);
        put(dump, "tfc.json", &list);
    });
    home.run(&["tree"]).exits(0);
    home
}

#[test]
fn every_audience_that_a_workspace_may_ask_for_is_tried() {
    let home = workspaces();
    let verdict = |caller: &str, role: &str| {
        asked(&home, &["why", caller, role])["verdict"].as_str().unwrap().to_owned()
    };
    for role in ["hub/a", "hub/b"] {
        assert_eq!(verdict("tfc:acme/Net/two:apply", role), "allowed");
        assert_eq!(verdict("tfc:acme/Net/bare:apply", role), "allowed");
    }
    assert_eq!(verdict("tfc:acme/Net/two@B:apply", "hub/b"), "allowed");
    // The role is that of the other configuration, with another audience.
    assert_eq!(verdict("tfc:acme/Net/two@A:apply", "hub/b"), "denied");
    home.run(&["why", "tfc:acme/Net/two@A:apply", "hub/b"])
        .prints(&["whoever writes the workspace chooses its audience", "`aud-b`"]);
    home.run(&["why", "tfc:acme/Net/two:apply", "hub/b"])
        .prints(&["ask for different audiences", "with `aud-a` it is denied"]);
}

#[test]
fn each_configuration_has_its_say_in_a_cell() {
    let home = workspaces();
    let cell = |workspace: &str, phase: &str| {
        let matrix = asked(&home, &["matrix", &format!("tfc:acme/Net/{workspace}:{phase}"), HUB]);
        let cells = matrix["cells"].as_array().unwrap().clone();
        assert_eq!(cells.len(), 1, "{matrix}");
        (cells[0].clone(), matrix["workspaces"][0]["problems"].to_string())
    };
    let (two, problems) = cell("two", "apply");
    assert_eq!((&two["tags"], &two["configured"]), (&json!(["A", "B"]), &json!("all")));
    assert_eq!((&two["broken"], problems.as_str()), (&json!([]), "[]"));
    let (fails, _) = cell("fails", "apply");
    let broken: Vec<&Value> =
        fails["broken"].as_array().unwrap().iter().map(|it| &it["tag"]).collect();
    assert_eq!(broken, [&json!("X"), &json!("Y")]);
    let (plan, problems) = cell("either", "plan");
    assert!(plan["broken"].to_string().contains("if this is the role that wins"), "{plan}");
    assert!(problems.contains("which of them wins is not documented"), "{problems}");
    assert_eq!(cell("either", "apply").0["broken"], json!([]));
    home.run(&["matrix", "tfc:acme/Net/*"]).prints(&["■@A+B", "fails@X:apply", "fails@Y:apply"]);
}

#[test]
fn ways_that_can_not_be_followed_are_gaps_of_each_answer() {
    let home = workspaces();
    for (name, call) in [
        ("keys", "static keys"),
        ("profile", "credentials from elsewhere"),
        ("vault", "Vault-backed credentials"),
        ("agent", "agent pool"),
        ("local", "local execution"),
    ] {
        let source = format!("tfc:else/Net/{name}:apply");
        let gap = format!("tfc:else/Net/{name}: {call}");
        for question in [&["reach", &source][..], &["paths", &source, "member/target"]] {
            let answer = asked(&home, question);
            assert!(gaps(&answer).contains(&gap), "{question:?}: {answer}");
        }
        home.run(&["reach", &source]).prints(&["nothing, in what was read", call]);
    }
    // They are not gaps of what has none of them.
    assert_eq!(gaps(&asked(&home, &["reach", "tfc:acme/Net/two:apply"])), [""; 0]);
    // Whom Vault becomes leads on.
    let answer = asked(&home, &["who-can", "member/target"]);
    let walker = role_arn(HUB, "walker");
    let text = answer["not_read"].to_string();
    assert!(text.contains("tfc:else/Net/vault") && text.contains(&walker), "{text}");
    assert!(text.contains("tfc:else/Net/keys"), "{text}");
    // In a matrix each is unknown everywhere.
    let matrix = asked(&home, &["matrix", "tfc:else/*/*", "--verdict", "unknown"]);
    assert_eq!(matrix["cells"].as_array().unwrap().len(), 5 * 2 * 2, "{matrix}");
}

#[test]
fn a_denied_path_is_told_once() {
    let home = workspaces();
    for source in ["tfc:acme/Net/fails:apply", "tfc:acme/Net/either:plan"] {
        let answer = asked(&home, &["paths", source, "hub/walker"]);
        assert_eq!(answer["paths"].as_array().unwrap().len(), 1, "{answer}");
    }
}

/// Searches answer for a role, and say so of one of its sessions.
#[test]
fn a_session_s_name_is_not_dropped_in_silence() {
    let home = Home::with(&Dump::small());
    let session = format!("arn:aws:sts::{HUB}:assumed-role/walker/ci");
    for question in [&["reach", &session][..], &["paths", &session, "member/target"]] {
        home.run(question).exits(0).complains(&["one session of a role", "`rolewalk why`"]);
    }
    assert!(!home.run(&["why", &session, "member/target"]).stderr.contains("one session"));
}

#[test]
fn a_matrix_without_any_workspaces_says_that_nobody_read_them() {
    let home = Home::with(&Dump::small());
    assert_eq!(gaps(&asked(&home, &["matrix"])), ["HCP Terraform: GET workspaces"]);
    home.run(&["matrix"]).exits(0).prints(&[
        "no path from any workspace was found, in what was read",
        "? HCP Terraform: GET workspaces",
    ]);
    assert_eq!(gaps(&asked(&home, &["who-can", &format!("{MEMBER}/target")])), [""; 0]);
}

/// Whoever a trust policy keeps out may still come over an account that nobody read.
#[test]
fn who_is_refused_directly_may_come_over_an_unread_account() {
    let unread = "444444444444";
    let outsider = "999999999999";
    let root = |account: &str| format!("arn:aws:iam::{account}:root");
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": [root(unread), root(outsider)]}, "Action": "sts:AssumeRole"},
        {"Effect": "Deny", "Principal": {"AWS": root(outsider)}, "Action": "sts:*"},
    ]});
    let dump = Dump::small().account(unread, "unread").role(MEMBER, "open", &trust, &json!([]));
    let home =
        home(&dump, |dump| fs::remove_file(dump.join(format!("gaad/{unread}.json"))).unwrap());
    let source = format!("external:{outsider}");
    let answer = asked(&home, &["who-can", "member/open"]);
    let rows = answer["principals"].as_array().unwrap();
    let row = rows.iter().find(|row| row["principal"] == source.as_str()).unwrap();
    let paths = asked(&home, &["paths", &source, "member/open"]);
    assert_eq!(row["verdict"], paths["paths"][0]["verdict"]);
    assert_eq!((row["hops"].as_u64(), row["verdict"] != "denied"), (Some(2), true), "{row}");
    let verdicts: Vec<&str> = rows.iter().map(|row| row["verdict"].as_str().unwrap()).collect();
    assert!(verdicts.is_sorted_by_key(|verdict| {
        ["allowed", "conditional", "unknown", "denied"].iter().position(|it| it == verdict)
    }));
    // So may services, of whose trust there nothing is known.
    let paths = asked(&home, &["paths", "service:ec2.amazonaws.com", "member/open"]);
    assert_eq!(paths["paths"][0]["verdict"], "unknown");
    let role = format!("arn:aws:iam::{unread}:role/any");
    let reach = asked(&home, &["reach", "service:ec2.amazonaws.com"]);
    let account = format!("account:{unread}");
    assert!(
        reach["targets"].as_array().unwrap().iter().any(|row| row["principal"] == account.as_str())
    );
    assert_eq!(asked(&home, &["why", "service:ec2.amazonaws.com", &role])["verdict"], "unknown");
}

/// Roles of a page that is cut short are not known, so somebody may become one of them.
#[test]
fn an_account_of_which_a_part_was_read_is_a_target_that_stays_open() {
    let assume = json!([{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}}]);
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let dump = Dump::small().role(HUB, "caller", &trust, &assume);
    let rows = |home: &Home| {
        let answer = asked(home, &["reach", "hub/caller"]);
        let rows = answer["targets"].as_array().unwrap().iter();
        let of = format!("account:{MEMBER}");
        let rows = rows.filter(|row| row["principal"] == *of);
        rows.map(|row| row["verdict"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(rows(&Home::with(&dump)), [""; 0]);
    let home = home(&dump, |directory| {
        let second = directory.join(format!("gaad/{MEMBER}.2.json"));
        let first = directory.join(format!("gaad/{MEMBER}.json"));
        fs::rename(first, directory.join(format!("gaad/{MEMBER}.1.json"))).unwrap();
        fs::write(second, r#"{"RoleDetailList": [{"RoleName": "b""#).unwrap();
    });
    assert_eq!(rows(&home), ["unknown"]);
    home.run(&["tree"]).exits(0).prints(&["not read: gaad/"]);
    home.run(&["snapshots", "show"]).exits(0).prints(&["(1 of them in part)", "read in part"]);
    let shown = asked(&home, &["snapshots", "show"]);
    let states = shown["accounts"].as_array().unwrap().iter();
    let states: Vec<_> = states.map(|age| (&age["account"], &age["read"], &age["whole"])).collect();
    let whole = json!([HUB, MEMBER]);
    assert_eq!(states[0], (&whole[0], &json!(true), &json!(true)));
    assert_eq!(states[1], (&whole[1], &json!(true), &json!(false)));
}
