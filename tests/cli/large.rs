//! An organization of some size.

use serde_json::json;

use crate::support::{Dump, Home, role_arn, trust};

#[test]
fn twenty_accounts_of_two_hundred_roles_are_imported_and_asked() {
    let account = |number: usize| format!("{:012}", 100_000_000_000 + number);
    let nobody = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ]});
    let walk = json!([{"PolicyName": "walk", "PolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
    }}]);
    let mut dump = Dump::default();
    for number in 0..20 {
        let id = account(number);
        dump = dump.account(&id, &format!("account-{number}"));
        for role in 0..200 {
            // Role 7 of each account trusts role 7 of the account before: one long chain.
            let (policy, inline) = if role == 7 {
                let before = account(number.saturating_sub(1));
                (trust(&role_arn(&before, "role-7")), walk.clone())
            } else {
                (nobody.clone(), json!([]))
            };
            dump = dump.role(&id, &format!("role-{role}"), &policy, &inline);
        }
    }
    let home = Home::new();
    dump.write(&home.path("dump"));
    home.run(&["import", "dump"]).exits(0).prints(&["20 accounts", "4000 roles"]);

    let ask = |hops: &str| {
        let arguments = ["who-can", "account-19/role-7", "--max-hops", hops, "--json"];
        let answer = home.run(&arguments).exits(0).json();
        let rows = answer["principals"].as_array().unwrap().clone();
        rows.into_iter()
            .filter(|row| row["kind"] == "role" && row["verdict"] == "allowed")
            .collect::<Vec<_>>()
    };
    assert_eq!(ask("1").len(), 1);
    let four = ask("4");
    assert_eq!(four.len(), 4, "{four:#?}");
    assert_eq!(four[3]["principal"], role_arn(&account(15), "role-7"));
    assert_eq!(four[3]["path"].as_array().unwrap().len(), 5);
    let limited =
        home.run(&["who-can", "account-19/role-7", "--limit", "2", "--json"]).exits(0).json();
    assert_eq!(limited["principals"].as_array().unwrap().len(), 2);
    assert_eq!(limited["truncated"], true);
}
