//! What can be typed, and what happens when it can't be.

use std::process::Stdio;

use crate::support::{Dump, Home};

#[test]
fn help_names_every_command_that_exists() {
    let home = Home::new();
    let help = home.run(&["--help"]).exits(0);
    help.prints(&[
        "collect",
        "import",
        "snapshots",
        "tree",
        "who-can",
        "reach",
        "paths",
        "matrix",
        "topology",
        "why",
        "explain",
        "probe",
        "export",
        "permissions",
        "doctor",
        "completions",
        "man",
        "Exit codes",
    ]);
    assert!(!help.stdout.contains("audit"), "`audit` is listed: {help:?}");
    home.run(&["--version"]).exits(0).prints(&[env!("CARGO_PKG_VERSION")]);
}

#[test]
fn what_is_not_understood_exits_2() {
    let home = Home::new();
    for arguments in [
        &["no-such-command"][..],
        &["who-can"],
        &["why", "a/b"],
        &["who-can", "a/b", "--max-hops", "0"],
        &["who-can", "a/b", "--limit", "x"],
        &["matrix", "--color", "pink"],
        &["export", "--format", "pdf"],
        &["--demo", "--db", "x", "tree"],
        &["--demo", "collect", "--yes"],
        &["--demo", "import", "x"],
        &["collect", "--concurrency", "0", "--yes"],
        &["snapshots", "remove", "first"],
        &["permissions", "--format", "yaml"],
        &["permissions", "--json", "--format", "terraform"],
        &["permissions", "--role-name", "/no"],
        &["permissions", "--external-id", "a b"],
        &["permissions", "--trusted", "*"],
        &["permissions", "--trusted", "arn:aws:iam::123456789012:role/*"],
        &["permissions", "--via", "arn:aws:iam::123456789012:user/ann"],
        &["permissions", "--via", "arn:aws-cn:iam::123456789012:role/a", "--partition", "aws"],
        &["doctor", "--account", "prod-net"],
        &["doctor", "--role-name", ""],
    ] {
        let ran = home.run(arguments).exits(2);
        assert!(ran.stdout.is_empty(), "{ran:?}");
        assert!(ran.stderr.starts_with("error: "), "{ran:?}");
    }
}

#[test]
fn context_has_to_be_a_condition_key_and_a_value() {
    let home = Home::new();
    let ask = |context| home.run(&["--demo", "why", "hub/a", "member/b", "--context", context]);
    for context in ["sts:ExternalId", "=x"] {
        ask(context).exits(2).complains(&["KEY=VALUE", context, "sts:ExternalId=abc"]);
    }
    ask("ExternalId=x")
        .exits(2)
        .complains(&["`ExternalId` is no condition key", "`sts:ExternalId`"]);
}

#[test]
fn without_a_snapshot_it_says_how_to_get_one() {
    let home = Home::new();
    for arguments in [
        &["tree"][..],
        &["who-can", "a/b"],
        &["snapshots"],
        &["snapshots", "show"],
        &["snapshots", "remove", "1"],
        &["export", "--format", "md"],
        &["export", "--format", "dump", "-o", "out"],
    ] {
        home.run(arguments).exits(3).complains(&["rolewalk collect", "rolewalk import", "--demo"]);
        assert!(!home.path(".local/share/rolewalk").exists(), "{arguments:?} made a database");
    }
}

#[test]
fn a_snapshot_that_is_not_there_exits_3() {
    let home = Home::with(&Dump::small());
    home.run(&["tree", "--snapshot", "99"]).exits(3).complains(&["99", "rolewalk snapshots"]);
    home.run(&["snapshots", "show", "99"]).exits(3);
    home.run(&["snapshots", "remove", "99"]).exits(3);
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let home = Home::new();
    let file = home.write("notes.txt", &"no database at all, just words\n".repeat(200));
    let file = file.to_str().unwrap();
    home.run(&["--db", file, "tree"]).exits(3).complains(&["notes.txt"]);
    home.run(&["--db", file, "snapshots"]).exits(3).complains(&["notes.txt"]);
}

#[test]
fn the_screens_need_a_terminal() {
    let home = Home::new();
    for arguments in [&[][..], &["demo"]] {
        home.run(arguments).exits(2).complains(&["terminal"]);
    }
}

#[test]
fn a_crawl_without_anybody_to_ask_wants_yes() {
    let home = Home::new();
    home.run(&["collect"]).exits(2).complains(&["--yes", "--dry-run"]);
    assert!(!home.path(".local/share/rolewalk").exists());
}

#[test]
fn a_crawl_without_credentials_exits_4() {
    let home = Home::new();
    let mut command = home.command(&["collect", "--yes"]);
    let output = command.env("AWS_REGION", "us-east-1").output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("credentials"), "{output:?}");
}

#[test]
fn the_configuration_file_is_read_and_checked() {
    let home = Home::new();
    let config = home.write("c.toml", "databse = 'x'\n");
    let config = config.to_str().unwrap();
    home.run(&["--config", config, "tree"]).exits(2).complains(&["c.toml", "databse", "line 1"]);
    home.run(&["--config", "missing.toml", "tree"]).exits(2).complains(&["missing.toml"]);

    home.write(".config/rolewalk/config.toml", "database = 'own.db'\n");
    Dump::small().write(&home.path("dump"));
    home.run(&["import", "dump"]).exits(0);
    assert!(home.path(".config/rolewalk/own.db").is_file());
}

#[test]
fn a_closed_pipe_is_success() {
    let home = Home::new();
    for arguments in [
        &["--demo", "--json", "tree"][..],
        &["--demo", "tree"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
    ] {
        let mut child =
            home.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
}

#[test]
fn completions_and_the_manual_come_from_the_parser() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        home.run(&["completions", shell]).exits(0).prints(&["who-can", "snapshots"]);
    }
    home.run(&["man"]).exits(0).prints(&[".TH rolewalk", "COMMAND WHO", "max\\-hops"]);
}

#[test]
fn a_theme_that_is_none_is_refused_by_every_command() {
    let home = Home::new();
    let config = home.write("odd.toml", "theme = \"nope\"\n");
    let config = config.to_str().unwrap();
    home.run(&["--demo", "--config", config, "tree"]).exits(2).complains(&[
        "odd.toml",
        "there is no theme `nope`",
        "`default`",
    ]);
}

#[test]
fn names_of_checks_stand_apart_from_what_was_found() {
    let home = Home::new();
    home.run(&["doctor", "--offline"]).prints(&["hcp-terraform-token not asked"]);
}

#[test]
fn names_of_others_break_no_error_message() {
    let home = Home::with(&Dump::small().account("555555555555", "two\nlines"));
    let ran = home.run(&["reach", "555555555555/nobody"]).exits(2);
    let error = ran.stderr.lines().find(|line| line.starts_with("error:")).unwrap();
    assert!(error.contains("names nothing"), "{ran:?}");
    let ran = home.run(&["reach", "two\nlines"]).exits(2);
    for line in ran.stderr.lines() {
        assert!(!line.starts_with("lines"), "{ran:?}");
    }
}

#[test]
fn a_plan_that_was_cut_off_is_not_sent_to_a_command_for_configurations() {
    let home = Home::new();
    home.write("cut.json", "{\"format_version\": \"1.2\", \"planned_values\": {\"a");
    let ran = home.run(&["--demo", "matrix", "--plan", "cut.json"]).exits(2);
    ran.complains(&["cut.json", "terraform show -json"]);
    assert!(!ran.stderr.contains("validate"), "{ran:?}");
}

#[test]
fn a_file_that_is_no_json_is_called_that() {
    let home = Home::new();
    Dump::small().write(&home.path("dump"));
    home.write("dump/gaad/222222222222.json", "not json");
    let ran = home.run(&["import", "dump"]).exits(1);
    ran.complains(&["222222222222.json", "this is not JSON"]);
    assert!(!ran.stderr.contains("ident"), "{ran:?}");
}
