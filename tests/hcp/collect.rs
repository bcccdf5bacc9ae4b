//! Reading workspaces with their variables, alone and beside what is known of AWS.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{SECRET, Server, TOKEN, World, sensitive, set, variable, workspace};

pub struct Home(pub TempDir);

pub struct Ran {
    code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        for secret in [TOKEN, SECRET] {
            assert!(
                !self.stdout.contains(secret) && !self.stderr.contains(secret),
                "`{secret}` was printed"
            );
        }
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }

    #[track_caller]
    pub fn says(&self, words: &[&str]) {
        for word in words {
            let said = self.stdout.contains(word) || self.stderr.contains(word);
            assert!(said, "no `{word}` in\n{}\n{}", self.stdout, self.stderr);
        }
    }
}

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn command(
        &self,
        server: Option<&Server>,
        token: Option<&str>,
        arguments: &[&str],
    ) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolewalk"));
        command
            .env_clear()
            .env("HOME", self.0.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .current_dir(self.0.path())
            .arg("--db")
            .arg(self.0.path().join("facts.db"))
            .args(arguments);
        if let Some(server) = server {
            command.env("TFE_ADDRESS", server.url());
        }
        if let Some(token) = token {
            command.env("TFE_TOKEN", token);
        }
        command
    }

    pub fn run(&self, server: Option<&Server>, token: Option<&str>, arguments: &[&str]) -> Ran {
        let output = self.command(server, token, arguments).output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Reads HCP Terraform alone, as the host whose name stands in tokens.
    pub fn collect(&self, server: &Server, more: &[&str]) -> Ran {
        let usual = ["collect", "--no-aws", "--yes", "--json", "--tfc-host", "app.terraform.io"];
        self.run(Some(server), Some(TOKEN), &[&usual[..], more].concat())
    }
}

pub fn arn(name: &str) -> String {
    format!("arn:aws:iam::111111111111:role/{name}")
}

/// Two projects, and workspaces for whatever a test wants of them.
pub fn world() -> World {
    World {
        projects: vec![
            ("prj-net".to_owned(), "Network".to_owned()),
            ("prj-pay".to_owned(), "Payments".to_owned()),
        ],
        ..World::default()
    }
}

/// An account whose provider admits every token of the organization, dumped with the AWS CLI.
pub fn import(home: &Home, roles: &[&str]) {
    let roles: Vec<(&str, &str, &str)> =
        roles.iter().map(|role| (*role, "app.terraform.io", "organization:acme:*")).collect();
    import_trusting(home, &roles);
}

/// An account with roles that trust subjects of hosts: name, host, pattern of subjects.
pub fn import_trusting(home: &Home, roles: &[(&str, &str, &str)]) {
    let directory = home.0.path().join("dump");
    for folder in ["gaad", "oidc", "saml"] {
        fs::create_dir_all(directory.join(folder)).unwrap();
    }
    let provider = |host: &str| format!("arn:aws:iam::111111111111:oidc-provider/{host}");
    let hosts: std::collections::BTreeSet<&str> = roles.iter().map(|(_, host, _)| *host).collect();
    let roles: Vec<Value> = roles
        .iter()
        .map(|(name, host, subjects)| {
            json!({
                "RoleName": name, "Path": "/", "RoleId": format!("AROA{name}"), "Arn": arn(name),
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
                    "Effect": "Allow", "Principal": {"Federated": provider(host)},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {
                        "StringEquals": {format!("{host}:aud"): "aws.workload.identity"},
                        "StringLike": {format!("{host}:sub"): subjects}},
                }]},
                "RolePolicyList": [], "AttachedManagedPolicies": [], "Tags": [],
            })
        })
        .collect();
    let details = json!({"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": roles});
    let providers: Vec<Value> = hosts
        .iter()
        .map(|host| {
            json!({"Arn": provider(host), "Url": host, "ClientIDList": ["aws.workload.identity"]})
        })
        .collect();
    let providers = Value::from(providers);
    for (name, value) in [("gaad", &details), ("oidc", &providers), ("saml", &json!([]))] {
        fs::write(directory.join(name).join("111111111111.json"), value.to_string()).unwrap();
    }
    home.run(None, None, &["import", "dump"]).exits(0);
}

#[test]
fn three_hundred_workspaces_and_forty_sets_are_read_page_by_page() {
    let mut world = World { throttle: Some(9), ..world() };
    for number in 0..300 {
        let id = format!("ws-{number:03}");
        let project = if number % 2 == 0 { "prj-net" } else { "prj-pay" };
        // A third has variables of its own.
        let own = usize::from(number % 3 == 0);
        world.workspaces.push(workspace(&id, &format!("work-{number:03}"), project, own, true));
        if own > 0 {
            world.variables.push((id, vec![variable("TFC_AWS_RUN_ROLE_ARN", &arn("own"))]));
        }
    }
    for number in 0..40 {
        let id = format!("varset-{number:02}");
        let applies = json!({"workspaces": [format!("ws-{number:03}")], "global": number == 0});
        world.sets.push(set(&id, &format!("set-{number:02}"), "acme", &applies));
        world.variables.push((id, vec![variable("TFC_AWS_PROVIDER_AUTH", "true")]));
    }
    let server = Server::start(world);
    let home = Home::new();
    let ran = home.collect(&server, &[]).exits(0);
    let answer = ran.json();
    assert_eq!(
        (&answer["workspaces"], &answer["complete"]),
        (&json!(300), &json!(false)),
        "{answer:#}"
    );
    // Without any account it is a part of the whole.
    // Organizations, projects, sets, three pages of workspaces, each place with variables once, and stacks.
    assert_eq!(
        answer["requests"].as_u64().unwrap() - answer["retries"].as_u64().unwrap(),
        1 + 1 + 1 + 3 + 40 + 100 + 1
    );
    assert!(answer["retries"].as_u64().unwrap() >= 15, "{answer:#}");
    let shown = home.run(None, None, &["snapshots", "--json"]).exits(0).json();
    assert_eq!(shown["snapshots"][0]["workspaces"], 300);
    let before = fs::metadata(home.0.path().join("facts.db")).unwrap().len();
    home.collect(&server, &[]).exits(0);
    let after = fs::metadata(home.0.path().join("facts.db")).unwrap().len();
    assert!(after < before + before / 4, "an equal reading is stored once: {before}, then {after}");
}

#[test]
fn what_is_read_is_joined_with_the_accounts_that_are_known() {
    let home = Home::new();
    import(&home, &["own", "priority", "plan"]);
    let mut world = world();
    world.workspaces = vec![
        workspace("ws-1", "net-prod", "prj-net", 2, true),
        workspace("ws-2", "pay-prod", "prj-pay", 0, true),
    ];
    world.sets = vec![
        set("varset-1", "everywhere", "acme", &json!({"global": true})),
        set("varset-2", "beats all", "acme", &json!({"projects": ["prj-pay"], "priority": true})),
    ];
    world.variables = vec![
        (
            "ws-1".to_owned(),
            vec![
                variable("TFC_AWS_RUN_ROLE_ARN", &arn("own")),
                variable("TFC_AWS_PLAN_ROLE_ARN", &arn("plan")),
            ],
        ),
        (
            "varset-1".to_owned(),
            vec![
                variable("TFC_AWS_PROVIDER_AUTH", "true"),
                variable("TFC_AWS_RUN_ROLE_ARN", &arn("nobody")),
            ],
        ),
        ("varset-2".to_owned(), vec![variable("TFC_AWS_RUN_ROLE_ARN", &arn("priority"))]),
    ];
    let server = Server::start(world);
    let answer = home.collect(&server, &[]).exits(0).json();
    assert_eq!(answer["workspaces"], 2);

    let configured = |workspace: &str, role: &str| {
        let answer = home.run(None, None, &["reach", workspace, "--json"]).exits(0).json();
        let found =
            answer["targets"].as_array().unwrap().iter().any(|row| row["principal"] == arn(role));
        assert!(found, "{workspace} may become {role}: {answer:#}");
        let matrix = home.run(None, None, &["matrix", workspace, "--json"]).exits(0).json();
        let cell = &matrix["cells"][0];
        (cell["verdict"].clone(), cell["configured"].clone())
    };
    for (workspace, role) in [
        ("tfc:acme/Network/net-prod:plan", "plan"),
        ("tfc:acme/Network/net-prod:apply", "own"),
        ("tfc:acme/Payments/pay-prod:apply", "priority"),
    ] {
        let (verdict, configured) = configured(workspace, role);
        assert_eq!(verdict, "allowed", "{workspace}");
        assert_ne!(configured, "no", "{workspace} asks for {role}");
    }
    // The account is still known, and the snapshot before still is what it was.
    let list = home.run(None, None, &["snapshots", "--json"]).exits(0).json();
    let rows: Vec<_> = list["snapshots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["accounts_read"].as_u64().unwrap(), row["workspaces"].as_u64().unwrap()))
        .collect();
    assert_eq!(rows, [(1, 2), (1, 0)]);
}

#[test]
fn what_the_token_may_not_see_is_said_and_never_taken_for_nothing() {
    let home = Home::new();
    import(&home, &["own"]);
    let mut world = world();
    world.workspaces = vec![
        workspace("ws-1", "hidden", "prj-net", 1, false),
        workspace("ws-2", "refused", "prj-net", 1, true),
        workspace("ws-3", "open", "prj-net", 1, true),
        workspace("ws-4", "elsewhere", "prj-secret", 0, true),
    ];
    world.sets = vec![set("varset-1", "closed", "acme", &json!({"global": true}))];
    world.variables = vec![(
        "ws-3".to_owned(),
        vec![
            variable("TFC_AWS_PROVIDER_AUTH", "true"),
            sensitive("TFC_AWS_RUN_ROLE_ARN"),
            variable("AWS_SECRET_ACCESS_KEY", SECRET),
            variable("DATABASE_PASSWORD", SECRET),
            json!({"id": "var-x", "type": "vars", "attributes":
                {"key": "token", "value": SECRET, "sensitive": false, "category": "terraform"}}),
        ],
    )];
    world.forbidden =
        ["workspaces/ws-2/vars", "varsets/varset-1/relationships/vars"].map(str::to_owned).into();
    let server = Server::start(world);
    let ran = home.collect(&server, &[]).exits(0);
    let answer = ran.json();
    // That a token sees a part is usual, and said.
    assert_eq!(answer["complete"], true, "{answer:#}");
    let said: Vec<&str> = answer["not_read"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gap| gap["message"].as_str().unwrap())
        .collect();
    for part in ["ws-1", "ws-2", "varset-1", "`elsewhere` is left out"] {
        assert!(said.iter().any(|message| message.contains(part)), "{part}: {said:#?}");
    }
    assert!(answer["failures"][0]["next"].as_str().unwrap().contains("team"), "{answer:#}");
    assert!(
        !server.seen().iter().any(|path| path.contains("ws-1/vars")),
        "asked what is known to be refused"
    );
    // Answers name it as well.
    let answer =
        home.run(None, None, &["reach", "tfc:acme/Network/open:apply", "--json"]).exits(0).json();
    let gaps = answer["not_read"].to_string();
    assert!(gaps.contains("varset-1") && gaps.contains("ws-4"), "{gaps}");
    let database = fs::read(home.0.path().join("facts.db")).unwrap();
    let text = String::from_utf8_lossy(&database);
    for secret in [SECRET, TOKEN, "DATABASE_PASSWORD"] {
        assert!(!text.contains(secret), "`{secret}` is in the database");
    }
    assert!(text.contains("AWS_SECRET_ACCESS_KEY"), "that there are static keys is a fact");
}

#[test]
fn a_token_that_is_wrong_or_missing_is_said_with_what_to_do() {
    let home = Home::new();
    let server = Server::start(world());
    let wrong = ["collect", "--no-aws", "--yes", "--tfc-host", "app.terraform.io"];
    home.run(Some(&server), Some("another-token"), &wrong)
        .exits(4)
        .says(&["401", "terraform login"]);
    home.run(Some(&server), None, &wrong).exits(2).says(&["no token", "terraform login"]);
    home.run(None, Some(TOKEN), &["collect", "--no-aws", "--no-tfc"]).exits(2);
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolewalk"));
    command.env_clear().env("HOME", home.0.path()).env("TFE_ADDRESS", "http://tfe.example.com");
    let output =
        command.env("TFE_TOKEN", TOKEN).args(["collect", "--no-aws", "--yes"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("TFE_ADDRESS") && !said.contains(TOKEN), "{said}");
}

#[test]
fn an_organization_that_is_not_there_is_named() {
    let home = Home::new();
    let mut world = world();
    world.workspaces = vec![workspace("ws-1", "one", "prj-net", 0, true)];
    let server = Server::start(world);
    let answer = home.collect(&server, &["--tfc-org", "acme", "--tfc-org", "emca"]).exits(0).json();
    assert_eq!(answer["workspaces"], 1);
    assert!(answer["not_read"].to_string().contains("emca"), "{answer:#}");
}

#[test]
fn the_doctor_asks_whose_the_token_is() {
    let home = Home::new();
    let server = Server::start(world());
    let check = |token: &str| {
        let ran = home.run(Some(&server), Some(token), &["doctor", "--json"]);
        let checks = ran.json()["checks"].as_array().unwrap().clone();
        checks.into_iter().find(|check| check["id"] == "hcp-terraform-token").unwrap()
    };
    let good = check(TOKEN);
    assert_eq!(good["status"], "ok", "{good}");
    assert!(good["found"].as_str().unwrap().contains("reader"), "{good}");
    let wrong = check("another-token");
    assert_eq!(wrong["status"], "failed", "{wrong}");
    assert!(wrong["fix"].as_str().unwrap().contains("terraform login"), "{wrong}");
    assert!(!wrong.to_string().contains("another-token"), "{wrong}");
}

#[test]
fn a_dry_run_asks_nothing() {
    let home = Home::new();
    let server = Server::start(world());
    let ran = home.run(
        Some(&server),
        Some(TOKEN),
        &["collect", "--no-aws", "--dry-run", "--tfc-host", "app.terraform.io"],
    );
    ran.exits(0).says(&["app.terraform.io", "TFE_TOKEN"]);
    assert_eq!(server.seen(), Vec::<String>::new());
}

#[test]
fn what_failed_is_not_taken_for_what_may_not_be_seen() {
    let home = Home::new();
    import(&home, &["own"]);
    let mut good = world();
    good.workspaces = vec![workspace("ws-1", "one", "prj-net", 1, true)];
    good.variables = vec![(
        "ws-1".to_owned(),
        vec![
            variable("TFC_AWS_PROVIDER_AUTH", "true"),
            variable("TFC_AWS_RUN_ROLE_ARN", &arn("own")),
        ],
    )];
    let server = Server::start(good.clone());
    assert_eq!(home.collect(&server, &[]).exits(0).json()["complete"], true);
    let known = || {
        let answer = home.run(None, None, &["reach", "tfc:acme/Network/one:apply", "--json"]);
        answer.exits(0).json()["targets"].as_array().unwrap().len()
    };
    assert_eq!(known(), 1);

    // A list that breaks off, counts more than it has, or does not say whether there is more.
    for spoilt in [
        r#"{"data": [{"id": "ws-1""#,
        r#"{"data": [], "meta": {"pagination": {"next-page": null, "total-count": 7}}}"#,
        r#"{"data": []}"#,
    ] {
        let broken = World {
            instead: vec![("organizations/acme/workspaces".to_owned(), spoilt.to_owned())],
            ..good.clone()
        };
        let server = Server::start(broken);
        let answer = home.collect(&server, &[]).exits(4).json();
        assert_eq!(answer["complete"], false, "{spoilt}");
        assert_eq!(answer["failures"][0]["kind"], "malformed", "{answer:#}");
        // What was read before stays, and is asked.
        assert_eq!(known(), 1, "{spoilt}");
    }

    // A set that does not say to whom it applies may apply to anybody.
    let mut vague = good.clone();
    let mut set = set("varset-1", "vague", "acme", &json!({}));
    set["relationships"].as_object_mut().unwrap().remove("workspaces");
    set["attributes"]["workspace-count"] = json!(1);
    set["attributes"]["priority"] = Value::Null;
    vague.sets = vec![set];
    let answer = home.collect(&Server::start(vague), &[]).exits(0).json();
    assert_eq!(answer["complete"], false, "{answer:#}");
    assert!(answer["not_read"].to_string().contains("varset-1"), "{answer:#}");

    // One entry that is not understood costs that entry.
    let mut odd = good.clone();
    odd.workspaces.push(json!({"id": "ws-odd", "type": "workspaces", "attributes": {"name": 7}}));
    let answer = home.collect(&Server::start(odd), &[]).exits(0).json();
    assert_eq!((&answer["workspaces"], &answer["complete"]), (&json!(1), &json!(false)));
    assert!(answer["not_read"].to_string().contains("ws-odd"), "{answer:#}");
}

#[test]
fn organizations_that_were_not_asked_for_are_named_by_answers() {
    let home = Home::new();
    import(&home, &["own"]);
    let mut world = world();
    world.workspaces = vec![workspace("ws-1", "one", "prj-net", 0, true)];
    world.others = vec!["beta".to_owned()];
    let server = Server::start(world);
    let answer = home.collect(&server, &["--tfc-org", "beta"]).exits(0).json();
    assert_eq!(answer["workspaces"], 0, "{answer:#}");
    for question in [&["who-can", "111111111111/own"][..], &["matrix"]] {
        let answer = home.run(None, None, &[question, &["--json"]].concat()).exits(0).json();
        let gaps = answer["not_read"].to_string();
        assert!(gaps.contains("acme") && gaps.contains("not asked for"), "{question:?}: {gaps}");
    }
}

#[test]
fn values_that_may_be_secrets_are_not_kept_whatever_their_key_looks_like() {
    let home = Home::new();
    let mut world = world();
    world.workspaces = vec![workspace("ws-1", "one", "prj-net", 3, true)];
    let keys = ["AWS_SECRET_ACCESS_KEY_DEV", "TFC_AGENT_TOKEN", "AWS_SECRET_KEY"];
    world.variables = vec![("ws-1".to_owned(), keys.map(|key| variable(key, SECRET)).to_vec())];
    home.collect(&Server::start(world), &[]).exits(0);
    let database = fs::read(home.0.path().join("facts.db")).unwrap();
    assert!(!String::from_utf8_lossy(&database).contains(SECRET));
}

#[test]
fn a_name_that_is_misspelt_or_a_refused_list_takes_nothing_away() {
    let home = Home::new();
    import(&home, &["own"]);
    let mut good = world();
    good.workspaces = vec![workspace("ws-1", "one", "prj-net", 0, true)];
    let server = Server::start(good.clone());
    home.collect(&server, &[]).exits(0);
    let rows = || {
        let matrix = home.run(None, None, &["matrix", "--json"]).exits(0).json();
        matrix["workspaces"].as_array().unwrap().len()
    };
    assert_eq!(rows(), 1);
    let refused = World { forbidden: ["organizations".to_owned()].into(), ..good.clone() };
    for (server, more) in [(&server, &["--tfc-org", "acmee"][..]), (&Server::start(refused), &[])] {
        let answer = home.collect(server, more).exits(4).json();
        assert_eq!(answer["complete"], false, "{answer:#}");
        home.collect(server, &[more, &["--strict"]].concat()).exits(4);
        assert_eq!(rows(), 1, "what was read before stays");
    }
    // And the next time that it can be read all is well again.
    assert_eq!(home.collect(&server, &[]).exits(0).json()["complete"], true);
}

#[test]
fn an_interrupt_ends_it_at_once_and_keeps_what_was_known() {
    let home = Home::new();
    import(&home, &["own"]);
    let mut world = world();
    for number in 0..400 {
        world.workspaces.push(workspace(
            &format!("ws-{number}"),
            &format!("w-{number}"),
            "prj-net",
            1,
            true,
        ));
        world
            .variables
            .push((format!("ws-{number}"), vec![variable("TFC_AWS_PROVIDER_AUTH", "true")]));
    }
    let server = Server::start(world);
    let mut child = home
        .command(
            Some(&server),
            Some(TOKEN),
            &["collect", "--no-aws", "--yes", "--json", "--tfc-host", "app.terraform.io"],
        )
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while server.seen().len() < 20 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&answer["complete"], &answer["workspaces"]),
        (&json!(false), &Value::Null),
        "{answer:#}"
    );
    // Most of the four hundred were not asked for any more.
    assert!(server.seen().len() < 200, "{} requests", server.seen().len());
}
