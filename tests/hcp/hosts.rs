//! Several hosts in one snapshot, and stacks.

use std::fs;

use serde_json::{Value, json};

use crate::collect::{Home, arn, import_trusting, world};
use crate::server::{Server, TOKEN, World, stack, variable, workspace};

/// What `terraform login` would have written for these hosts.
fn log_in(home: &Home, hosts: &[(&Server, &str)]) {
    let directory = home.0.path().join(".terraform.d");
    fs::create_dir_all(&directory).unwrap();
    let credentials: serde_json::Map<String, Value> = hosts
        .iter()
        .map(|(server, token)| (server.host().to_owned(), json!({"token": token})))
        .collect();
    let text = json!({"credentials": credentials}).to_string();
    fs::write(directory.join("credentials.tfrc.json"), text).unwrap();
}

/// One workspace that asks for a role.
fn asking_for(role: &str) -> World {
    World {
        workspaces: vec![workspace("ws-1", "net-prod", "prj-net", 2, true)],
        variables: vec![(
            "ws-1".to_owned(),
            vec![
                variable("TFC_AWS_PROVIDER_AUTH", "true"),
                variable("TFC_AWS_RUN_ROLE_ARN", &arn(role)),
            ],
        )],
        ..world()
    }
}

fn collect(home: &Home, hosts: &[&Server], more: &[&str]) -> Value {
    let urls: Vec<String> = hosts.iter().map(|server| server.url()).collect();
    let mut arguments = vec!["collect", "--no-aws", "--yes", "--json"];
    for url in &urls {
        arguments.extend(["--tfc-host", url]);
    }
    arguments.extend(more);
    home.run(None, None, &arguments).exits(0).json()
}

fn asked(home: &Home, arguments: &[&str]) -> Value {
    home.run(None, None, &[arguments, &["--json"]].concat()).exits(0).json()
}

#[test]
fn hosts_stand_side_by_side_and_fail_one_by_one() {
    let (one, two) = (Server::start(asking_for("one")), Server::start(asking_for("two")));
    let home = Home::new();
    let pattern = "organization:acme:*";
    import_trusting(&home, &[("one", one.host(), pattern), ("two", two.host(), pattern)]);
    log_in(&home, &[(&one, TOKEN), (&two, TOKEN)]);
    let answer = collect(&home, &[&one, &two], &[]);
    assert_eq!((&answer["workspaces"], &answer["complete"]), (&json!(2), &json!(true)));
    assert_eq!(answer["hosts"].as_array().unwrap().len(), 2, "{answer:#}");

    // Organization, project and name are the same: only the hosts tell them apart.
    let reaches = |server: &Server| {
        let selector = format!("tfc://{}/acme/Network/net-prod:apply", server.host());
        let answer = asked(&home, &["reach", &selector]);
        let rows = answer["targets"].as_array().unwrap().clone();
        rows.iter().map(|row| row["principal"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(reaches(&one), [arn("one")]);
    assert_eq!(reaches(&two), [arn("two")]);
    let matrix = asked(&home, &["matrix"]);
    let rows: Vec<&str> = matrix["workspaces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["selector"].as_str().unwrap())
        .collect();
    assert_eq!(rows.len(), 2, "{rows:?}");
    for server in [&one, &two] {
        let selector = format!("tfc://{}/acme/Network/net-prod", server.host());
        assert!(rows.contains(&selector.as_str()), "{rows:?}");
        let cells = matrix["cells"].as_array().unwrap();
        let own: Vec<_> = cells.iter().filter(|cell| cell["workspace"] == *selector).collect();
        assert_eq!(own.len(), 2, "plan and apply: {own:#?}");
        assert!(own.iter().all(|cell| cell["verdict"] == "allowed" && cell["role_count"] == 1));
    }
    let tree = home.run(None, None, &["tree"]).exits(0);
    tree.says(&[one.host(), two.host()]);

    // One is refused: its gap has its name, what was read before stays, the other is read.
    log_in(&home, &[(&one, TOKEN), (&two, "another-token")]);
    let answer = collect(&home, &[&one, &two], &[]);
    assert_eq!((&answer["workspaces"], &answer["complete"]), (&json!(1), &json!(false)));
    let gap = &answer["not_read"][0];
    assert_eq!(gap["host"], two.host(), "{answer:#}");
    let next = answer["failures"][0]["next"].as_str().unwrap();
    assert!(next.contains(&format!("terraform login {}", two.host())), "{next}");
    assert_eq!(reaches(&two), [arn("two")], "what was read before");

    // Without an earlier reading it is unknown, and every answer says so.
    let fresh = Home::new();
    import_trusting(&fresh, &[("one", one.host(), pattern), ("two", two.host(), pattern)]);
    log_in(&fresh, &[(&one, TOKEN), (&two, "another-token")]);
    collect(&fresh, &[&one, &two], &[]);
    for question in [&["who-can", "111111111111/two"][..], &["matrix"], &["snapshots", "show"]] {
        // The import before it is complete, and what questions would be put to otherwise.
        let newest: &[&str] =
            if question[0] == "snapshots" { &["2"] } else { &["--snapshot", "2"] };
        let gaps = asked(&fresh, &[question, newest].concat())["not_read"].to_string();
        assert!(gaps.contains(two.host()) && gaps.contains("401"), "{question:?}: {gaps}");
        assert!(!gaps.contains(one.host()), "{question:?}: {gaps}");
    }
    let shown = asked(&fresh, &["snapshots", "show", "2"]);
    let hosts = shown["hosts"].as_array().unwrap();
    let read: Vec<_> = hosts.iter().map(|host| (&host["host"], &host["read"])).collect();
    for (server, was_read) in [(&one, true), (&two, false)] {
        assert!(read.contains(&(&json!(server.host()), &json!(was_read))), "{shown:#}");
    }
    fresh.run(None, None, &["tree", "--snapshot", "2"]).exits(0).says(&[two.host(), "not read"]);
    // Runs there may be anybody's, so that a workspace can be asked for that nobody has seen.
    let selector = format!("tfc://{}/acme/Network/any:apply", two.host());
    let answer = asked(&fresh, &["reach", &selector, "--snapshot", "2"]);
    assert_eq!(answer["targets"][0]["principal"], arn("two"), "{answer:#}");
    let unknown = format!("tfc://{}/acme/Network/net-prd:apply", one.host());
    fresh.run(None, None, &["reach", &unknown, "--snapshot", "2"]).exits(2).says(&["net-prod"]);
}

#[test]
fn a_dump_of_several_hosts_comes_back_as_it_was() {
    let (one, two) = (Server::start(asking_for("one")), Server::start(asking_for("two")));
    let home = Home::new();
    log_in(&home, &[(&one, TOKEN), (&two, "another-token")]);
    import_trusting(&home, &[("one", one.host(), "*"), ("two", two.host(), "*")]);
    collect(&home, &[&one, &two], &[]);
    home.run(None, None, &["export", "--format", "dump", "-o", "again"]).exits(0);
    let before = asked(&home, &["tree"]);
    home.run(None, None, &["import", "again"]).exits(0);
    assert_eq!(asked(&home, &["tree", "--snapshot", "3"]), before);
}

#[test]
fn organizations_are_of_their_hosts() {
    let mut first = asking_for("one");
    first.others = vec!["beta".to_owned()];
    let (one, two) = (Server::start(first), Server::start(asking_for("two")));
    let home = Home::new();
    log_in(&home, &[(&one, TOKEN), (&two, TOKEN)]);
    let of_two = format!("{}/acme", two.url());
    let answer = collect(&home, &[], &["--tfc-org", &of_two]);
    assert_eq!(answer["hosts"].as_array().unwrap().len(), 1, "only its host: {answer:#}");
    assert_eq!(one.seen(), Vec::<String>::new());
    let answer = collect(&home, &[&one], &["--tfc-org", "acme", "--tfc-org", &of_two]);
    assert_eq!(answer["workspaces"], 2, "{answer:#}");
    let beta: Vec<_> = one.seen().into_iter().filter(|path| path.contains("beta")).collect();
    assert_eq!(beta, Vec::<String>::new());
    let outline = home.run(
        None,
        None,
        &["collect", "--no-aws", "--dry-run", "--tfc-host", &one.url(), "--tfc-org", "acme"],
    );
    outline.exits(0).says(&[one.host(), "acme", "credentials.tfrc.json"]);
    // A host without a token is said when it is asked for, a token without a host in the outline.
    home.run(
        None,
        None,
        &["collect", "--no-aws", "--yes", "--tfc-host", "https://tfe.example.com/"],
    )
    .exits(2)
    .says(&["no token for tfe.example.com", "terraform login tfe.example.com"]);
    let config = home.0.path().join("config.toml");
    fs::write(&config, format!("tfc_hosts = ['{}', 'tfe.example.com']\n", one.url())).unwrap();
    let config = config.display().to_string();
    home.run(None, None, &["--config", &config, "collect", "--no-aws", "--dry-run"])
        .exits(0)
        .says(&["no token for tfe.example.com", "not 127.0.0.1"]);
}

#[test]
fn the_doctor_looks_at_each_token() {
    let (one, two) = (Server::start(asking_for("one")), Server::start(asking_for("two")));
    let home = Home::new();
    log_in(&home, &[(&one, TOKEN), (&two, "another-token")]);
    let config = home.0.path().join("config.toml");
    let hosts = format!("tfc_hosts = ['{}', '{}', 'tfe.example.com']\n", one.url(), two.url());
    fs::write(&config, hosts).unwrap();
    let config = config.display().to_string();
    let answer = home.run(None, None, &["--config", &config, "doctor", "--json"]).json();
    let checks = answer["checks"].as_array().unwrap();
    let of = |host: &str| {
        let fits = |check: &&Value| {
            check["id"] == "hcp-terraform-token" && check["found"].to_string().contains(host)
        };
        checks.iter().find(fits).unwrap_or_else(|| panic!("{host}: {answer:#}")).clone()
    };
    assert_eq!(of(one.host())["status"], "ok");
    assert_eq!(of(two.host())["status"], "failed");
    assert!(of(two.host())["fix"].to_string().contains(two.host()));
    assert_eq!(of("tfe.example.com")["status"], "failed");
    let shown = asked(&home, &["--config", &config, "doctor", "--offline"]);
    assert!(!shown.to_string().contains(TOKEN), "{shown:#}");
}

#[test]
fn stacks_are_sources_beside_workspaces() {
    let mut world = asking_for("own");
    world.stacks = vec![stack("st-1", "net", "prj-net"), stack("st-2", "lab", "prj-net")];
    world.deployments = vec![("st-1".to_owned(), vec!["prod".to_owned(), "dev".to_owned()])];
    world.forbidden = ["stacks/st-2/stack-deployments".to_owned()].into();
    let server = Server::start(world);
    let home = Home::new();
    let host = "app.terraform.io";
    import_trusting(
        &home,
        &[
            ("own", host, "organization:acme:*"),
            ("prod", host, "organization:acme:project:Network:stack:net:deployment:prod:*"),
            ("lab", host, "organization:acme:project:Network:stack:lab:deployment:one:*"),
            ("apply", host, "*:stack:*:operation:apply"),
        ],
    );
    let answer = home.collect(&server, &[]).exits(0).json();
    assert_eq!(answer["hosts"][0]["stacks"], 2, "{answer:#}");
    assert!(answer["not_read"].to_string().contains("st-2"), "{answer:#}");
    let callers = |role: &str| {
        let answer = asked(&home, &["who-can", &format!("111111111111/{role}")]);
        let rows = answer["principals"].as_array().unwrap().clone();
        let mut found: Vec<(String, String)> = rows
            .iter()
            .map(|row| (row["principal"].as_str().unwrap(), row["verdict"].as_str().unwrap()))
            .filter(|(name, _)| name.starts_with("tfc-stack:"))
            .map(|(name, verdict)| (name.to_owned(), verdict.to_owned()))
            .collect();
        found.sort();
        found
    };
    let rows = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(name, verdict)| ((*name).to_owned(), (*verdict).to_owned())).collect()
    };
    // Which audience a stack asks for is in its configuration, and the provider takes but one.
    let some = "allowed";
    let net = |rest: &str| format!("tfc-stack:acme/Network/net:{rest}");
    assert_eq!(callers("prod"), rows(&[(&net("prod:apply"), some), (&net("prod:plan"), some)]));
    // Of these the names of deployments were not read: one of them may be meant.
    let lab = |rest: &str| format!("tfc-stack:acme/Network/lab:*:{rest}");
    assert_eq!(
        callers("lab"),
        rows(&[(&lab("apply"), "conditional"), (&lab("plan"), "conditional")])
    );
    let apply = [&lab("apply") as &str, &net("dev:apply"), &net("prod:apply")];
    assert_eq!(callers("apply"), rows(&apply.map(|name| (name, some))));
    assert_eq!(callers("own").len(), 4 + 2, "both stacks");

    let reached = |selector: &str| {
        let answer = asked(&home, &["reach", selector]);
        answer["targets"].as_array().unwrap().len()
    };
    assert_eq!(reached(&net("prod:apply")), 3);
    assert_eq!(reached(&net("*:plan")), 2, "both deployments together");
    assert_eq!(reached("tfc-stack:acme/*/lab:one:plan"), 2);
    let why = asked(&home, &["why", &net("dev:plan"), "111111111111/prod"]);
    assert_eq!(why["verdict"], "denied", "{why:#}");
    home.run(None, None, &["reach", "tfc-stack:acme/Network/nte"]).exits(2).says(&[&net("")[..22]]);
    home.run(None, None, &["reach", &net("prd:apply")]).exits(2).says(&[&net("prod:apply")]);
    home.run(None, None, &["reach", "tfc-stack:acme/net"]).exits(2).says(&["DEPLOYMENT"]);
    home.run(None, None, &["why", &net("prod"), "111111111111/prod"])
        .exits(2)
        .says(&[&net("prod:plan"), &net("prod:apply")]);
    home.run(None, None, &["tree"]).exits(0).says(&["net", "lab", "stack"]);
}

#[test]
fn that_there_are_no_stacks_or_none_to_see_costs_nothing_else() {
    let home = Home::new();
    import_trusting(&home, &[("own", "app.terraform.io", "organization:acme:*")]);
    let mut hidden = asking_for("own");
    hidden.forbidden = ["organizations/acme/stacks".to_owned()].into();
    let answer = home.collect(&Server::start(hidden), &[]).exits(0).json();
    assert_eq!((&answer["workspaces"], &answer["complete"]), (&json!(1), &json!(true)));
    assert!(answer["not_read"].to_string().contains("stacks"), "{answer:#}");
    // What may be there can be asked for.
    let answer = asked(&home, &["reach", "tfc-stack:acme/Network/any:prod:apply"]);
    assert_eq!(answer["targets"][0]["principal"], arn("own"), "{answer:#}");
    let answer = asked(&home, &["reach", "tfc-stack:acme/Network/any"]);
    assert_eq!(answer["targets"].as_array().unwrap().len(), 1, "{answer:#}");

    let mut off = asking_for("own");
    off.without_stacks = true;
    let server = Server::start(off);
    let answer = home.collect(&server, &[]).exits(0).json();
    assert_eq!(answer["not_read"], json!([]), "{answer:#}");
    assert!(!server.seen().iter().any(|path| path.contains("stacks")));
    home.run(None, None, &["reach", "tfc-stack:acme/Network/any:prod:apply"]).exits(2);
}

#[test]
fn what_is_odd_about_settings_is_said_where_they_are_shown() {
    let home = Home::new();
    import_trusting(&home, &[("own", "app.terraform.io", "organization:acme:*")]);
    let long = "w".repeat(90);
    let mut world = world();
    let names = ["no-arn", "outside", "missing", &long, "vault"];
    let outside = "arn:aws:iam::999999999999:role/r";
    let roles = ["admin", outside, &arn("gone"), &arn("own"), &arn("own")];
    for (at, (name, role)) in names.iter().zip(roles).enumerate() {
        let id = format!("ws-{at}");
        world.workspaces.push(workspace(&id, name, "prj-net", 2, true));
        let variables = if *name == "vault" {
            vec![
                variable("TFC_VAULT_BACKED_AWS_AUTH", "true"),
                variable("TFC_VAULT_BACKED_AWS_APPLY_ROLE_ARN", role),
            ]
        } else {
            vec![variable("TFC_AWS_PROVIDER_AUTH", "true"), variable("TFC_AWS_RUN_ROLE_ARN", role)]
        };
        world.variables.push((id, variables));
    }
    home.collect(&Server::start(world), &[]).exits(0);
    let matrix = asked(&home, &["matrix"]);
    let row = |name: &str| {
        let rows = matrix["workspaces"].as_array().unwrap();
        rows.iter().find(|row| row["selector"].as_str().unwrap().ends_with(name)).unwrap().clone()
    };
    for (name, kind, text) in [
        ("/no-arn", "no-role-arn", "`TFC_AWS_RUN_ROLE_ARN` is no role ARN: `admin`"),
        ("/outside", "unknown-account", "names account 999999999999"),
        ("/missing", "unknown-role", "has no such role"),
        (&long, "long-subject", "127"),
    ] {
        let row = row(name);
        let problem = &row["problems"][0];
        assert_eq!(problem["kind"], kind, "{row:#}");
        assert!(problem["text"].as_str().unwrap().contains(text), "{row:#}");
    }
    assert_eq!(row("/vault")["problems"], json!([]));
    home.run(None, None, &["matrix"]).exits(0).says(&["is no role ARN: `admin`"]);
    // What Vault does is not known, and the cell says why.
    let cells = matrix["cells"].as_array().unwrap();
    let vault = |phase: &str| {
        let fits = |cell: &&Value| {
            cell["workspace"].as_str().unwrap().ends_with("/vault") && cell["phase"] == phase
        };
        cells.iter().find(fits).unwrap().clone()
    };
    assert_eq!(vault("apply")["reason"], "Vault-backed", "{:#}", vault("apply"));
    assert_eq!(vault("apply")["configured"], "all");
    assert_eq!(vault("plan")["reason"], Value::Null);
    let why = asked(&home, &["why", &format!("tfc:acme/Network/{long}:plan"), "111111111111/own"]);
    assert!(why["caveats"].to_string().contains("127"), "{why:#}");
}
