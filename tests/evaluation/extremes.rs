//! Organizations of unusual shapes: answers stay bounded, and say what was cut.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rolewalk::answer::{self, Limits, Verdict};

use crate::brute::graph;

/// Roles of account A, one a number, each with these lines.
fn roles(text: &mut String, name: &str, count: usize, lines: impl Fn(usize) -> String) {
    for number in 0..count {
        let _ = writeln!(text, "role A/{name}{number}\n{}", lines(number));
    }
}

#[test]
fn a_role_that_a_hundred_thousand_may_become() {
    let mut text = String::from("role A/Target\n  tp: Allow from A\n");
    roles(&mut text, "Caller", 100_000, |_| "  id: Allow *".to_owned());
    let graph = graph(&text);
    let found = answer::who_can(&graph, "account-A/Target", Limits::LIST).expect("it is a role");
    assert_eq!((found.counts.allowed, found.principals.len()), (100_000, 1_000));
    assert!(found.truncated);
}

#[test]
fn ten_thousand_paths_between_two_roles() {
    let all = |name: &str| {
        let names: Vec<String> = (0..100).map(|number| format!("A/role/{name}{number}")).collect();
        names.join(",")
    };
    let mut text = String::from("role A/First\n  id: Allow *\n");
    roles(&mut text, "One", 100, |_| "  tp: Allow from A/role/First\n  id: Allow *".to_owned());
    let one = all("One");
    roles(&mut text, "Two", 100, |_| format!("  tp: Allow from {one}\n  id: Allow *"));
    let _ = writeln!(text, "role A/Last\n  tp: Allow from {}", all("Two"));
    let graph = graph(&text);
    let found = answer::paths(&graph, "account-A/First", "account-A/Last", Limits::PATHS)
        .expect("both are there");
    assert_eq!(found.paths.len(), Limits::PATHS.rows);
    assert!(found.truncated);
    assert!(found.paths.iter().all(|it| it.verdict == Verdict::Allowed && it.hops.len() == 3));
    let points = answer::chokepoints(&graph, "account-A/First", "account-A/Last", 100);
    assert!(points.expect("both are there").possible.chokepoints.is_empty());
}

#[test]
fn the_best_path_is_told_however_many_come_before() {
    let mut text = String::from("role A/First\n  id: Allow *\n");
    let asked = "  tp: Allow from A/role/First if StringEquals sts:ExternalId x\n  id: Allow *";
    roles(&mut text, "One", 150, |_| asked.to_owned());
    text.push_str("role A/Way\n  tp: Allow from A/role/First\n  id: Allow *\n");
    text.push_str("role A/On\n  tp: Allow from A/role/Way\n  id: Allow *\n");
    let mut last = String::from("A/role/On");
    for number in 0..150 {
        let _ = write!(last, ",A/role/One{number}");
    }
    let _ = writeln!(text, "role A/Last\n  tp: Allow from {last}");
    let graph = graph(&text);
    for rows in [100, 1] {
        let limits = Limits { rows, ..Limits::PATHS };
        let found = answer::paths(&graph, "account-A/First", "account-A/Last", limits);
        let found = found.expect("both are there");
        assert_eq!((found.paths.len(), found.truncated), (rows, true));
        let best = found.paths.first().expect("there are some");
        assert_eq!((best.verdict, best.hops.len()), (Verdict::Allowed, 3));
    }
}

/// Whom an answer names, each with the best verdict and how few hops it takes.
fn told(rows: &[answer::Reached]) -> BTreeMap<String, (Verdict, usize)> {
    rows.iter().map(|row| (row.principal.clone(), (row.verdict, row.hops))).collect()
}

/// Many roles at once are told as each by itself, however many searches that takes.
#[test]
fn roles_of_an_account_are_told_as_one_by_one() {
    for count in [3, 16, 17, 40] {
        let mut text = String::from(
            "user A/ann\n  id: Allow *\nrole A/Way\n  tp: Allow from A/user/ann,svc:ec2.amazonaws.com\n  id: Allow *\nuser A/idle\n",
        );
        for number in 0..count {
            let who = match number % 5 {
                0 => format!("A/role/Only{number} if StringEquals sts:ExternalId x"),
                1 => "A/role/Way".to_owned(),
                2 => format!("B/role/T{}", (number + 1) % count),
                3 => "svc:lambda.amazonaws.com,A/user/idle,X".to_owned(),
                _ => "A/user/ann,A/user/idle if Bool aws:MultiFactorAuthPresent true".to_owned(),
            };
            let _ = writeln!(text, "role A/Only{number}\n  id: Allow *");
            let _ = writeln!(text, "role B/T{number}\n  id: Allow *\n  tp: Allow from {who}");
            if number % 5 == 3 {
                let _ = writeln!(text, "  tp: Deny from X,A/user/idle");
            }
        }
        let graph = graph(&text);
        let whole = answer::who_can(&graph, "account-B/*", Limits::LIST).expect("roles");
        let mut each: BTreeMap<String, (Verdict, usize)> = BTreeMap::new();
        for number in 0..count {
            let one = answer::who_can(&graph, &format!("account-B/T{number}"), Limits::LIST);
            for (name, rank) in told(&one.expect("a role").principals) {
                let known = each.entry(name).or_insert(rank);
                *known = rank.min(*known);
            }
        }
        each.retain(|name, _| !name.contains("role/T"));
        assert_eq!(told(&whole.principals), each, "{count}");
        assert_eq!(whole.counts.total(), each.len(), "{count}");
        // The same in the other direction.
        let whole = answer::reach(&graph, "account-A/Only*", Limits::LIST).expect("roles");
        let mut each: BTreeMap<String, (Verdict, usize)> = BTreeMap::new();
        for number in 0..count {
            let one = answer::reach(&graph, &format!("account-A/Only{number}"), Limits::LIST);
            for (name, rank) in told(&one.expect("a role").targets) {
                let known = each.entry(name).or_insert(rank);
                *known = rank.min(*known);
            }
        }
        assert_eq!(told(&whole.targets), each, "{count}");
        assert_eq!(whole.counts.total(), each.len(), "{count}");
    }
}

/// What takes too many searches is refused, and says what to ask for.
#[test]
fn more_roles_than_are_searched_for() {
    let mut text = String::from("user A/ann\n  id: Allow *\n");
    roles(&mut text, "Role", 10_001, |_| "  tp: Allow from A/user/ann".to_owned());
    let graph = graph(&text);
    let refused = answer::who_can(&graph, "account-A/*", Limits::LIST).expect_err("too many");
    assert!(refused.to_string().contains("10001 searches"), "{refused}");
    assert!(!refused.hints().is_empty());
    let ann = answer::reach(&graph, "user:account-A/ann", Limits::LIST).expect("a user");
    assert_eq!(ann.counts.allowed, 10_001);
}

#[test]
fn a_thousand_roles_in_a_circle() {
    let mut text = String::new();
    roles(&mut text, "Role", 1_000, |number| {
        format!("  tp: Allow from A/role/Role{}\n  id: Allow *", (number + 999) % 1_000)
    });
    let graph = graph(&text);
    let found = answer::reach(&graph, "account-A/Role7", Limits::LIST).expect("it is a role");
    assert_eq!((found.counts.allowed, found.truncated), (4, false));
    let cycles = answer::cycles(&graph, None, 100).expect("there are cycles");
    assert_eq!(cycles.cycles.len(), 1);
}

#[test]
fn no_organization_and_accounts_without_roles() {
    for text in ["no organization\n", "account A /Dev\naccount B /\n"] {
        let graph = graph(text);
        let matrix = answer::matrix(&graph, None, None, Limits::LIST).expect("it is empty");
        assert!(matrix.cells.is_empty() && !matrix.truncated, "{text}");
        assert!(answer::tree(&graph, None).is_ok(), "{text}");
        let error =
            answer::who_can(&graph, "account-A/Target", Limits::LIST).expect_err("there is none");
        assert!(!error.to_string().is_empty());
    }
}
