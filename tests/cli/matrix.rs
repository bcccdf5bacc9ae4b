//! `matrix` with filters, scenarios and as CSV, on the sample organization.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::Home;

/// The answer to such a question, as JSON.
fn asked(home: &Home, arguments: &[&str]) -> Value {
    let ran = home.run(&[&["--demo", "--json", "matrix"], arguments].concat());
    let ran = ran.exits(0);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn cells(answer: &Value) -> &[Value] {
    answer["cells"].as_array().unwrap()
}

#[test]
fn each_filter_keeps_what_fits_and_counts_the_rest() {
    let home = Home::new();
    let all = asked(&home, &[]);
    assert_eq!((&all["filtered"], &all["scenario"]), (&Value::from(0), &Value::Array(vec![])));
    for (arguments, fits) in [
        // Tokens of other issuers have no phase, and so are in each.
        (&["--phase", "plan"][..], (|cell| cell["phase"] != "apply") as fn(&Value) -> bool),
        (&["--verdict", "allowed"], |cell| cell["verdict"] == "allowed"),
        (&["--verdict", "denied,conditional"], |cell| {
            cell["verdict"] == "denied" || cell["verdict"] == "conditional"
        }),
        (&["--via", "own"], |cell| {
            let via = cell["via"].as_array().unwrap();
            via.contains(&"own".into()) || cell["verdict"] == "unknown"
        }),
        (&["--via", "hub", "--verdict", "allowed"], |cell| {
            cell["via"].as_array().unwrap().contains(&"hub".into()) && cell["verdict"] == "allowed"
        }),
        // Workspaces that nobody knows may ask for anything.
        (&["--show", "configured"], |cell| cell["configured"] != "no"),
        (&["--show", "permitted"], |cell| {
            cell["permitted"] == true || cell["verdict"] == "unknown"
        }),
        (&["--privilege", "iam", "--verdict", "allowed,conditional"], |cell| {
            let open = ["allowed", "conditional"].contains(&cell["verdict"].as_str().unwrap());
            let mark = &cell["privilege"];
            open && (mark.is_null() || ["admin", "iam"].map(Value::from).contains(mark))
        }),
    ] {
        let answer = asked(&home, arguments);
        let expected: Vec<&Value> = cells(&all).iter().filter(|cell| fits(cell)).collect();
        let found: Vec<&Value> = cells(&answer).iter().collect();
        assert!(!found.is_empty(), "{arguments:?}");
        assert_eq!(found, expected, "{arguments:?}");
        assert_eq!(answer["filtered"], cells(&all).len() - found.len(), "{arguments:?}");
    }
    let differs = asked(&home, &["--show", "difference", "--verdict", "denied,allowed"]);
    for cell in cells(&differs) {
        let configured = cell["configured"] != "no";
        let fails = !cell["broken"].as_array().unwrap().is_empty();
        assert!(
            fails || cell["permitted"] != configured || cell["configured"] == "unknown",
            "{cell}"
        );
    }
    let few = asked(&home, &["--limit", "3"]);
    assert_eq!((cells(&few).len(), &few["truncated"]), (3, &Value::from(true)));
}

#[test]
fn rows_and_columns_are_named_by_selectors_and_groups() {
    let home = Home::new();
    let config = home.write(
        "config.toml",
        "[groups]\n\
         prod = ['ou:/Workloads/Prod/**', '!account:prod-web', '@nothing']\n\
         nothing = ['account:no-such-account']\n\
         teams = ['tfc:acme/Payments/*:apply', 'tfc:acme/Web/*', '!tfc:acme/*/*-dev']\n\
         loop = ['@back']\nback = ['@loop']\n\
         wrong = ['tfc:acme/Web/web-dev:deploy']\n",
    );
    let config = config.to_str().unwrap();
    let answer = asked(&home, &["@teams", "@PROD", "--config", config]);
    let rows: BTreeSet<&str> = answer["workspaces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["selector"].as_str().unwrap())
        .collect();
    assert!(rows.contains("tfc:acme/Payments/pay-prod") && rows.contains("tfc:acme/Web/web-prod"));
    assert!(!rows.iter().any(|row| row.ends_with("-dev")), "{rows:?}");
    let columns: BTreeSet<&str> = answer["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    assert!(columns.contains("prod-net") && !columns.contains("prod-web"), "{columns:?}");
    let phases = |workspace: &str| -> BTreeSet<&str> {
        let of = cells(&answer).iter().filter(|cell| cell["workspace"] == workspace);
        of.map(|cell| cell["phase"].as_str().unwrap()).collect()
    };
    assert_eq!(phases("tfc:acme/Payments/pay-prod"), BTreeSet::from(["apply"]));
    assert_eq!(phases("tfc:acme/Web/web-prod"), BTreeSet::from(["apply", "plan"]));
    // Groups are selectors of every question.
    home.run(&["--demo", "reach", "@teams", "--config", config]).exits(0);

    for (name, said) in [
        ("@prdo", "did you mean `@prod`?"),
        ("@zzzzzzzz", "the configuration file sets `@back`, `@loop`"),
        ("@loop", "the group `@loop` holds itself, by way of `@back`"),
        ("@wrong", "in the group `@wrong`: `tfc:acme/Web/web-dev:deploy`"),
        ("@prod", "names no workspace and no token, and those are the rows of a matrix"),
    ] {
        let ran = home.run(&["--demo", "matrix", name, "--config", config]);
        let ran = ran.exits(2);
        assert!(ran.stderr.contains(said), "{name}: {ran:?}");
    }
    let ran = home.run(&["--demo", "matrix", "tfc:acme/*/*", "@nothing", "--config", config]);
    let ran = ran.exits(2);
    assert!(ran.stderr.contains("in this snapshot: none of the group's selectors does"), "{ran:?}");
    let ran = home.run(&["--demo", "matrix", "@prod"]);
    let ran = ran.exits(2);
    assert!(ran.stderr.contains("the configuration file sets none"), "{ran:?}");
}

/// A tagged configuration asks for its own roles alone.
#[test]
fn a_tag_means_the_roles_of_its_configuration() {
    let home = Home::new();
    let tagged = asked(&home, &["tfc:acme/Platform/org-baseline@HUB"]);
    // No other configuration's tag is told, and none is missing where ways lead over its role.
    let tags = |answer: &Value| -> BTreeSet<String> {
        cells(answer).iter().map(|cell| cell["tags"].to_string()).collect()
    };
    assert_eq!(tags(&tagged), BTreeSet::from(["[\"HUB\"]".to_owned()]), "{tagged}");
    let asked_for =
        |answer: &Value| cells(answer).iter().filter(|cell| cell["configured"] == "all").count();
    let all = asked(&home, &["tfc:acme/Platform/org-baseline"]);
    assert!(asked_for(&tagged) < asked_for(&all), "{all}");
    // What policies permit does not depend on it.
    let permitted =
        |answer: &Value| cells(answer).iter().filter(|cell| cell["permitted"] == true).count();
    assert_eq!(permitted(&tagged), permitted(&all));
}

#[test]
fn a_scenario_settles_conditions_and_is_said() {
    let home = Home::new();
    let needs = |answer: &Value, kind: &str| {
        let all = cells(answer).iter().flat_map(|cell| cell["needs"].as_array().unwrap());
        all.filter(|need| *need == kind).count()
    };
    let open = asked(&home, &[]);
    let with = asked(&home, &["--external-id", "acme-tfc", "--source-ip", "203.0.113.0/24"]);
    assert_eq!(with["scenario"][0]["key"], "aws:SourceIp");
    assert_eq!(with["scenario"][0]["values"][0], "203.0.113.0/24");
    assert_eq!(with["scenario"][1]["key"], "sts:ExternalId");
    assert!(needs(&open, "caller-choice") > needs(&with, "caller-choice"));

    // MFA is of users: it opens what a user needs it for, and nothing for sessions of roles.
    let paths = |arguments: &[&str]| -> Value {
        let ran = home.run(&[&["--demo", "--json", "paths"], arguments].concat());
        let ran = ran.exits(0);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let ann = ["user:identity/ann", "prod-net/breakglass", "--max-hops", "1"];
    assert_eq!(paths(&ann)["paths"][0]["verdict"], "conditional");
    let with = paths(&[&ann[..], &["--mfa"]].concat());
    assert_eq!(with["paths"][0]["verdict"], "allowed");
    assert_eq!(with["scenario"][0]["key"], "aws:MultiFactorAuthPresent");
    let without = paths(&[&ann[..], &["--context", "aws:MultiFactorAuthPresent="]].concat());
    assert_eq!(without["paths"][0]["verdict"], "denied");
    assert_eq!(without["scenario"][0]["implied"], true, "the age follows");

    for question in [
        &["reach", "user:identity/ann"][..],
        &["reach", "user:identity/ann", "--summary"],
        &["who-can", "prod-net/breakglass"],
        &["who-can", "prod-net/breakglass", "--summary"],
    ] {
        let ran = home.run(&[&["--demo"], question, &["--mfa"]].concat());
        let ran = ran.exits(0);
        assert!(ran.stdout.contains("aws:MultiFactorAuthPresent = true"), "{ran:?}");
    }
}

#[test]
fn what_can_not_be_asked_is_refused_with_what_can() {
    let home = Home::new();
    for (arguments, said) in [
        (&["--phase", "deploy"][..], "possible values: plan, apply"),
        (&["--show", "all"], "permitted, configured, difference"),
        (&["--via", "both"], "own, hub"),
        (&["--verdict", "yes"], "allowed, conditional, unknown, denied"),
        (&["--privilege", "root"], "admin, iam, pass, write, read, none"),
        (&["--format", "xml"], "text, csv, json"),
        (&["--format", "csv", "--json"], "cannot be used with"),
        (&["--source-ip", "10.0.0.0/33"], "0 to 32"),
        (&["--source-ip", "office"], "is not an IP address"),
        (&["--context", "mfa=true"], "did you mean `aws:MultiFactorAuthPresent`"),
        (&["--context", "aws:PrincipalTag/team=web"], "can't be stated of every call"),
        (&["--context", "aws:SourceIp"], "is not KEY=VALUE"),
        (&["prod-net/tf-member"], "names no workspace"),
        (&["tfc:acme/Web/web-prod:deploy"], "expected plan or apply"),
        (&["tfc:acme/Wbe/*"], "names nothing"),
        (&["tfc:acme/Web/*", "ou:/Prodd/**"], "names nothing"),
    ] {
        let ran = home.run(&[&["--demo", "matrix"], arguments].concat());
        let ran = ran.exits(2);
        assert!(ran.stderr.contains(said), "{arguments:?}: {ran:?}");
        assert!(ran.stdout.is_empty(), "{arguments:?}");
    }
}

/// The fields of a line, which may stand between quotes.
fn fields(line: &str) -> Vec<String> {
    let (mut found, mut quoted) = (vec![String::new()], false);
    for each in line.chars() {
        match each {
            '"' => quoted = !quoted,
            ',' if !quoted => found.push(String::new()),
            _ => found.last_mut().unwrap().push(each),
        }
    }
    found
}

#[test]
fn csv_has_a_line_for_each_cell() {
    let home = Home::new();
    let arguments = ["tfc:acme/Network/*", "--phase", "apply"];
    let answer = asked(&home, &arguments);
    let ran = home.run(&[&["--demo", "matrix", "--format", "csv"], &arguments[..]].concat());
    let ran = ran.exits(0);
    let mut lines = ran.stdout.lines();
    let head: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| head.iter().position(|it| *it == name).unwrap();
    let lines: Vec<Vec<String>> = lines.map(fields).collect();
    assert_eq!(lines.len(), cells(&answer).len());
    for (line, cell) in lines.iter().zip(cells(&answer)) {
        assert_eq!(line.len(), head.len(), "{line:?}");
        for name in ["workspace", "phase", "account", "verdict", "configured"] {
            assert_eq!(line[column(name)], cell[name].as_str().unwrap(), "{line:?}");
        }
        assert_eq!(line[column("role_count")], cell["role_count"].to_string());
        assert_eq!(line[column("project")], "Network");
        let broken = cell["broken"].as_array().unwrap().iter();
        let broken: Vec<&str> = broken.map(|it| it["role"].as_str().unwrap()).collect();
        assert_eq!(line[column("broken_role")], broken.join("; "));
    }
    // A line that is not there says "no path", which takes that all was read.
    assert!(ran.stderr.contains("not read: cells may be missing"), "{ran:?}");
    let json = home.run(&[&["--demo", "matrix", "--format", "json"], &arguments[..]].concat());
    assert_eq!(serde_json::from_str::<Value>(&json.stdout).unwrap(), answer);
}

/// What settings ask for in vain differs from what is permitted, be it that another role of the
/// account lets the workspace in.
#[test]
fn the_difference_holds_everything_that_fails() {
    let home = Home::new();
    let all = asked(&home, &[]);
    let difference = asked(&home, &["--show", "difference"]);
    let broken = |answer: &Value| {
        let broken = |cell: &&Value| !cell["broken"].as_array().unwrap().is_empty();
        cells(answer).iter().filter(broken).count()
    };
    assert!(broken(&all) > 10);
    assert_eq!(broken(&difference), broken(&all));
    home.run(&["--demo", "matrix", "tfc:acme/Web/web-prod", "--show", "difference"])
        .prints(&["Configured, and fails at the first hop", "✕"]);
}

#[test]
fn a_cell_that_the_limit_cut_off_is_no_no_path() {
    let home = Home::new();
    let all = asked(&home, &[]);
    let some = asked(&home, &["--limit", "40"]);
    assert_eq!(cells(&some), cells(&all).get(..40).unwrap());
    assert_eq!(some["left_out"], cells(&all).len() - 40);
    let ran = home.run(&["--demo", "matrix", "--limit", "40"]).exits(0);
    ran.prints(&["40 of ", "cells shown", "…"]);
    assert!(!ran.stdout.contains("net-prod"), "{ran:?}");
}

#[test]
fn text_says_what_was_left_out() {
    let home = Home::new();
    let ran = home.run(&["--demo", "matrix", "tfc:acme/Payments/*", "--show", "difference"]);
    let ran = ran.exits(0);
    let text = &ran.stdout;
    assert!(text.contains("only    what is permitted and not asked for"), "{text}");
    assert!(
        text.contains("cells that do not fit") && text.contains("blank: nothing that fits"),
        "{text}"
    );
    assert!(!text.contains("no path"), "what was left out is not what is not there\n{text}");
    let ran = home.run(&[
        "--demo",
        "matrix",
        "tfc:acme/Data/data-prod",
        "account:dev-net",
        "--verdict",
        "denied",
    ]);
    let ran = ran.exits(0);
    assert!(ran.stdout.contains("no cell fits, of 2 cells"), "{}", ran.stdout);
}

#[test]
fn a_role_is_no_column() {
    let home = Home::new();
    home.run(&["--demo", "matrix", "tfc:acme/Network/*", "prod-net/tf-member"])
        .exits(2)
        .complains(&["names no account", "who-can 'prod-net/tf-member'"]);
    home.run(&["--demo", "matrix", "tfc:acme/Network/*", "tfc:acme/Network/net-prod"])
        .exits(2)
        .complains(&["names no account", "write accounts"]);
    for places in ["prod-net", "ou:/Workloads/**", "tag:env=prod", "org:"] {
        home.run(&["--demo", "matrix", "tfc:acme/Network/*", places]).exits(0);
    }
}
