//! How fast the marks of a whole organization are told.
//!
//! `cargo bench --bench privileges -- [ACCOUNTS [ROLES]]`, without arguments 1,000 accounts of
//! 1,000 roles. Prints the median of five runs over the loaded facts, on one core.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark fails by panicking"
)]

use std::sync::Arc;
use std::time::Instant;

use rolewalk::evaluation::{Marks, Privilege};
use rolewalk::org::Facts;
use rolewalk::org::reading::{
    AccountReading, AccountState, ControlPolicy, Fact, Identities, InlinePolicy, ManagedPolicy,
    MemberAccount, OrganizationFacts, OrganizationReading, Ou, Readings, Role, Tags, Tree,
};

fn document(statements: &str) -> Arc<str> {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#).into()
}

fn allow(actions: &str, resource: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":[{actions}],"Resource":"{resource}"}}"#)
}

/// The policies of AWS that most roles have.
const MANAGED: [(&str, &str); 5] = [
    ("AdministratorAccess", r#""*""#),
    (
        "ReadOnlyAccess",
        r#""s3:Get*","s3:List*","ec2:Describe*","iam:Get*","iam:List*","logs:Get*""#,
    ),
    (
        "AWSLambdaBasicExecutionRole",
        r#""logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents""#,
    ),
    ("AmazonSSMManagedInstanceCore", r#""ssm:GetDocument","ssm:UpdateInstanceInformation""#),
    ("IAMFullAccess", r#""iam:*""#),
];

fn aws(place: usize) -> String {
    let (name, _) = MANAGED[place % MANAGED.len()];
    format!("arn:aws:iam::aws:policy/{name}")
}

/// A role of the usual mix: most do a service's work by a document that many share, some read, a
/// few administrate, pass roles or write IAM, some of these only for a part of the account.
fn role(account: usize, id: &str, index: usize) -> Role {
    let services = ["s3", "dynamodb", "sqs", "sns", "ec2", "lambda", "logs", "kms", "glue", "ecs"];
    let service = services[index % services.len()];
    let team = (account * 7 + index) % 150;
    let mut inline = Vec::new();
    let mut attached = Vec::new();
    let mut boundary = None;
    match index % 100 {
        0..=1 => attached.push(aws(0)),
        2..=11 => attached.push(aws(1)),
        12..=13 => inline.push(allow(
            r#""iam:PutRolePolicy","iam:AttachRolePolicy","iam:CreateRole""#,
            &format!("arn:aws:iam::{id}:role/team-{}-*", index % 20),
        )),
        14..=18 => inline.push(allow(
            r#""iam:PassRole","lambda:*","cloudformation:*""#,
            &format!("arn:aws:iam::{id}:role/app-*"),
        )),
        19..=23 => {
            attached.push(aws(0));
            boundary = Some(format!("arn:aws:iam::{id}:policy/cap"));
        }
        24..=25 => attached.push(aws(4)),
        _ => {
            attached.push(aws(2 + index % 2));
            inline.push(format!(
                "{},{}",
                allow(&format!(r#""{service}:Get*","{service}:Put*""#), "*"),
                allow(&format!(r#""{service}:*""#), &format!("arn:aws:{service}:::team-{team}/*")),
            ));
        }
    }
    Role {
        name: format!("role-{index}"),
        path: "/".to_owned(),
        unique_id: String::new(),
        trust: document(
            r#"{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}"#,
        ),
        inline: inline
            .into_iter()
            .map(|text| InlinePolicy { name: "work".to_owned(), document: document(&text) })
            .collect(),
        attached,
        boundary,
        tags: Tags::new(),
        max_session: None,
        description: None,
        created_at: None,
        last_used: None,
    }
}

fn account(number: usize, roles: usize) -> (String, AccountReading) {
    let id = format!("{:012}", 200_000_000_000 + number);
    let cap = allow(r#""s3:*","ec2:*","lambda:*","iam:Get*","iam:PassRole""#, "*");
    let managed = MANAGED.iter().enumerate().map(|(place, (_, actions))| ManagedPolicy {
        arn: aws(place),
        document: Fact::Read(document(&allow(actions, "*"))),
    });
    let own = ManagedPolicy {
        arn: format!("arn:aws:iam::{id}:policy/cap"),
        document: Fact::Read(document(&cap)),
    };
    let identities = Identities {
        roles: (0..roles).map(|index| role(number, &id, index)).collect(),
        managed_policies: managed.chain([own]).collect(),
        ..Identities::default()
    };
    let reading = AccountReading {
        account: id.parse().expect("an id"),
        partition: rolewalk::arn::Partition::Aws,
        read_at: None,
        alias: None,
        identities: Fact::Read(identities),
        oidc_providers: Fact::Read(Vec::new()),
        saml_providers: Fact::Read(Vec::new()),
        not_read: Vec::new(),
    };
    (id, reading)
}

fn facts(accounts: usize, roles: usize) -> Facts {
    let ous: Vec<Ou> = (0..20)
        .map(|index| Ou {
            id: format!("ou-ab12-{index:08}"),
            name: format!("ou-{index}"),
            parent: "r-ab12".to_owned(),
            tags: Tags::new(),
        })
        .collect();
    let made: Vec<(String, AccountReading)> =
        (0..accounts).map(|number| account(number, roles)).collect();
    let members = made.iter().enumerate().map(|(number, (id, _))| MemberAccount {
        id: id.parse().expect("an id"),
        name: format!("account-{number}"),
        email: None,
        state: AccountState::Active,
        parent: ous[number % ous.len()].id.clone(),
        tags: Tags::new(),
    });
    let everywhere: Vec<String> = ["r-ab12".to_owned()]
        .into_iter()
        .chain(ous.iter().map(|ou| ou.id.clone()))
        .chain(made.iter().map(|(id, _)| id.clone()))
        .collect();
    let policy = |id: &str, statement: &str, targets: Vec<String>| ControlPolicy {
        id: id.to_owned(),
        name: id.to_owned(),
        document: Fact::Read(document(statement)),
        targets: Fact::Read(targets),
    };
    let at = |place: &str| vec![place.to_owned()];
    let scps = vec![
        policy("p-FullAWSAccess", &allow(r#""*""#, "*"), everywhere),
        policy(
            "p-guard",
            r#"{"Effect":"Deny","Action":["organizations:LeaveOrganization","cloudtrail:StopLogging"],"Resource":"*"}"#,
            at("r-ab12"),
        ),
        policy(
            "p-regions",
            r#"{"Effect":"Deny","NotAction":["iam:*","sts:*","organizations:*","route53:*","cloudfront:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1"]}}}"#,
            at("r-ab12"),
        ),
        policy(
            "p-users",
            r#"{"Effect":"Deny","Action":["iam:CreateUser","iam:CreateAccessKey"],"Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/breakglass"}}}"#,
            at("r-ab12"),
        ),
    ];
    let organization = OrganizationFacts {
        id: "o-benchmarks".to_owned(),
        arn: "arn:aws:organizations::100000000000:organization/o-benchmarks".to_owned(),
        management_account: "100000000000".parse().expect("an id"),
        tree: Fact::Read(Tree {
            root_id: "r-ab12".to_owned(),
            accounts: members.collect(),
            ous,
            incomplete: Vec::new(),
        }),
        scps: Fact::Read(scps),
        rcps: Fact::Read(Vec::new()),
        delegated_administrators: Fact::Read(Vec::new()),
        not_read: Vec::new(),
    };
    Facts::build(Readings {
        organization: Some(OrganizationReading {
            read_at: None,
            organization: Fact::Read(Some(organization)),
        }),
        accounts: made.into_iter().map(|(_, reading)| reading).collect(),
        ..Readings::default()
    })
}

fn main() {
    let sizes: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let accounts = sizes.first().copied().unwrap_or(1_000);
    let roles = sizes.get(1).copied().unwrap_or(1_000);
    let facts = facts(accounts, roles);
    println!("{} roles, {} distinct documents", facts.roles.len(), facts.documents.len());
    let mut runs = Vec::new();
    let mut marks = Marks::default();
    for _ in 0..5 {
        let start = Instant::now();
        marks = Marks::of(&facts);
        runs.push(start.elapsed());
    }
    runs.sort();
    println!("marks of all: {:.0?} (fastest {:.0?})", runs[2], runs[0]);
    for privilege in Privilege::ALL {
        let count = facts.roles.keys().filter(|key| marks.role(*key).most == privilege).count();
        println!("  {:<6} {count}", privilege.as_str());
    }
}
