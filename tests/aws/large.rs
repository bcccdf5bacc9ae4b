//! Organizations of many small accounts, described for the emulator.

use serde_json::{Value, json};

use crate::support::MANAGEMENT;

/// Roles in each account, besides the read role and AWS's own.
pub const ROLES: usize = 4;

/// The id of a member account, from 2.
pub fn member(number: usize) -> String {
    format!("1000{number:08}")
}

/// A management account and members up to this many accounts. Each has users, a group, an OIDC
/// provider, a policy that is used only as a boundary, and roles.
pub fn organization(accounts: usize) -> String {
    described(accounts).to_string()
}

/// The same as JSON, to be changed.
pub fn described(accounts: usize) -> Value {
    let trust = |principal: Value| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        ]})
    };
    let allow = |action: &str| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": action, "Resource": "*"}
        ]})
    };
    let members: Vec<Value> = (2..=accounts)
        .map(|number| {
            let unit = if number % 2 == 0 { "Workloads" } else { "Workloads/Prod" };
            json!({
                "id": member(number), "name": format!("member-{number:03}"), "unit": unit,
                "tags": {"number": number.to_string()},
                "alias": format!("member-{number:03}"),
                "oidc": [{"url": "https://app.terraform.io", "audiences": ["aws.workload.identity"]}],
                "policies": [{"name": "limit", "document": allow("s3:*")}],
                "groups": [{"name": "people", "inline": {"read": allow("s3:Get*")}}],
                "users": [{"name": "ann", "groups": ["people"], "boundary": "arn:aws:iam::${account}:policy/limit"}],
                "roles": [
                    {"name": "rolewalk-read", "trust": "@management", "attached": ["arn:aws:iam::aws:policy/SecurityAudit"]},
                    {"name": "role-{n}", "count": ROLES, "trust": "@own", "inline": {"use": allow("s3:GetObject")},
                     "boundary": "arn:aws:iam::${account}:policy/limit", "max_session": 7200},
                ],
            })
        })
        .collect();
    json!({
        "documents": {
            "management": trust(json!({"AWS": format!("arn:aws:iam::{MANAGEMENT}:root")})),
            "own": trust(json!({"AWS": "arn:aws:iam::${account}:root"})),
        },
        "units": ["Workloads", "Workloads/Prod"],
        "management": {
            "id": MANAGEMENT, "name": "management", "key_user": "org-admin",
            "users": [{"name": "org-admin", "attached": ["arn:aws:iam::aws:policy/AdministratorAccess"]}],
        },
        "accounts": members,
        "control_policies": [
            {"name": "no-leaving", "kind": "SERVICE_CONTROL_POLICY", "attach": ["root"],
             "document": {"Version": "2012-10-17", "Statement": [
                 {"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}]}},
        ],
    })
}
