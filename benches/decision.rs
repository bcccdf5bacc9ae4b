//! How fast one decision is: with evidence, and in bulk.
//!
//! `cargo bench --bench decision`. Each figure is of one core. The organization has what large
//! ones have: four levels of service control policies, a resource control policy, boundaries,
//! policies with dozens of actions that have nothing to do with assuming roles, and trust
//! policies of every common form.

#![allow(clippy::expect_used, missing_docs, reason = "a benchmark fails by panicking")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rolewalk::evaluation::{
    Action, Call, Caller, Claim, Lineage, Scenario, Target, Token, Verdict, decide, judge,
};
use rolewalk::org::reading::{
    AccountReading, AccountState, ControlPolicy, Fact, Identities, InlinePolicy, MemberAccount,
    OidcProvider, OrganizationFacts, OrganizationReading, Ou, Readings, Role, Tags, Tree,
};
use rolewalk::org::{Facts, RoleKey};

const MANAGEMENT: &str = "100000000000";
const ORGANIZATION: &str = "o-benchmarks";

fn text(json: &str) -> Arc<str> {
    json.into()
}

/// A policy as teams write them: dozens of actions on their own things, then what they assume.
fn identity(assume: &str) -> String {
    let mut actions = String::new();
    for service in ["s3", "ec2", "logs", "cloudwatch", "dynamodb", "sqs"] {
        for verb in ["Get*", "List*", "Describe*", "Put*", "Tag*", "Create*"] {
            let _ = write!(actions, r#""{service}:{verb}","#);
        }
    }
    actions.pop();
    format!(
        r#"{{"Version":"2012-10-17","Statement":[
        {{"Sid":"Work","Effect":"Allow","Action":[{actions}],"Resource":"*"}},
        {{"Sid":"Keys","Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey*"],"Resource":"arn:aws:kms:*:*:key/*"}},
        {{"Sid":"Pass","Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/app-*"}},
        {{"Sid":"NoTrail","Effect":"Deny","Action":["cloudtrail:StopLogging","cloudtrail:DeleteTrail"],"Resource":"*"}},
        {{"Sid":"Assume","Effect":"Allow","Action":"sts:AssumeRole","Resource":{assume}}}]}}"#
    )
}

fn trust(principal: &str, action: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"{action}"{condition}}}]}}"#
    )
}

fn role(name: &str, trust: &str, inline: &[String], boundary: Option<&str>) -> Role {
    Role {
        name: name.to_owned(),
        path: "/".to_owned(),
        unique_id: format!("AROA{:0>17}", name.to_uppercase().replace('-', "")),
        trust: text(trust),
        inline: inline
            .iter()
            .enumerate()
            .map(|(index, document)| InlinePolicy {
                name: format!("inline-{index}"),
                document: text(document),
            })
            .collect(),
        attached: Vec::new(),
        boundary: boundary.map(str::to_owned),
        tags: Tags::from([("team".to_owned(), format!("team-{}", name.len() % 5))]),
        max_session: Some(3600),
        description: None,
        created_at: None,
        last_used: None,
    }
}

fn scp(id: &str, statements: &str, targets: &[&str]) -> ControlPolicy {
    ControlPolicy {
        id: id.to_owned(),
        name: id.to_owned(),
        document: Fact::Read(text(&format!(
            r#"{{"Version":"2012-10-17","Statement":{statements}}}"#
        ))),
        targets: Fact::Read(targets.iter().map(|target| (*target).to_owned()).collect()),
    }
}

const FULL: &str = r#"[{"Effect":"Allow","Action":"*","Resource":"*"}]"#;
const GUARD: &str = r#"[{"Sid":"Regions","Effect":"Deny","NotAction":["iam:*","sts:*","organizations:*","support:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1"]}}},
 {"Sid":"Leave","Effect":"Deny","Action":"organizations:LeaveOrganization","Resource":"*"},
 {"Sid":"Break","Effect":"Deny","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/break-glass","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/security/*"}}}]"#;
const PERIMETER: &str = r#"[{"Sid":"OurOrganization","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-benchmarks"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}]"#;

/// Two member accounts, three OUs deep.
fn organization() -> Facts {
    let ids = ["200000000000", "300000000000"];
    let ou = |id: &str, name: &str, parent: &str| Ou {
        id: id.to_owned(),
        name: name.to_owned(),
        parent: parent.to_owned(),
        tags: Tags::new(),
    };
    let levels = ["r-root", "ou-a", "ou-b", "ou-c", ids[0], ids[1]];
    let accounts = ids
        .iter()
        .map(|id| MemberAccount {
            id: id.parse().expect("twelve digits"),
            name: format!("account-{id}"),
            email: None,
            state: AccountState::Active,
            parent: "ou-c".to_owned(),
            tags: Tags::new(),
        })
        .collect();
    let root = r#"{"AWS":"arn:aws:iam::200000000000:root"}"#;
    let targets = vec![
        role(
            "named",
            &trust(
                r#"{"AWS":["arn:aws:iam::200000000000:role/other","arn:aws:iam::200000000000:role/caller"]}"#,
                "sts:AssumeRole",
                "",
            ),
            &[],
            None,
        ),
        role(
            "pattern",
            &trust(
                root,
                "sts:AssumeRole",
                r#","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/call*"},"StringEquals":{"aws:PrincipalOrgID":"o-benchmarks"}}"#,
            ),
            &[],
            None,
        ),
        role(
            "organization",
            &trust(
                r#""*""#,
                "sts:AssumeRole",
                r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-benchmarks"}}"#,
            ),
            &[],
            None,
        ),
        role(
            "team",
            &trust(
                root,
                "sts:AssumeRole",
                r#","Condition":{"StringEquals":{"aws:PrincipalTag/team":"${aws:ResourceTag/team}"}}"#,
            ),
            &[],
            None,
        ),
        role(
            "stranger",
            &trust(r#"{"AWS":"arn:aws:iam::200000000000:role/other"}"#, "sts:AssumeRole", ""),
            &[],
            None,
        ),
        role(
            "service",
            &trust(r#"{"Service":"lambda.amazonaws.com"}"#, "sts:AssumeRole", ""),
            &[identity(r#""arn:aws:iam::*:role/*""#)],
            None,
        ),
        role(
            "external-id",
            &trust(
                root,
                "sts:AssumeRole",
                r#","Condition":{"StringEquals":{"sts:ExternalId":"e1"}}"#,
            ),
            &[],
            None,
        ),
        role(
            "github",
            &trust(
                r#"{"Federated":"arn:aws:iam::300000000000:oidc-provider/token.actions.githubusercontent.com"}"#,
                "sts:AssumeRoleWithWebIdentity",
                r#","Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"},"StringLike":{"token.actions.githubusercontent.com:sub":"repo:acme/infra:*"}}"#,
            ),
            &[],
            None,
        ),
    ];
    let boundary = "arn:aws:iam::200000000000:policy/boundary";
    let callers = vec![
        role(
            "caller",
            &trust(r#"{"Service":"ec2.amazonaws.com"}"#, "sts:AssumeRole", ""),
            &[
                identity(
                    r#"["arn:aws:iam::400000000000:role/x","arn:aws:iam::300000000000:role/*"]"#,
                ),
                identity(r#""arn:aws:iam::*:role/deploy-*""#),
            ],
            Some(boundary),
        ),
        role("other", &trust(root, "sts:AssumeRole", ""), &[], None),
    ];
    let account = |id: &str, roles: Vec<Role>| AccountReading {
        account: id.parse().expect("twelve digits"),
        partition: rolewalk::arn::Partition::Aws,
        read_at: None,
        alias: None,
        identities: Fact::Read(Identities {
            roles,
            managed_policies: vec![rolewalk::org::reading::ManagedPolicy {
                arn: boundary.to_owned(),
                document: Fact::Read(text(&identity(r#""*""#))),
            }],
            ..Identities::default()
        }),
        oidc_providers: Fact::Read(vec![OidcProvider {
            arn: format!("arn:aws:iam::{id}:oidc-provider/token.actions.githubusercontent.com"),
            url: "token.actions.githubusercontent.com".to_owned(),
            audiences: vec!["sts.amazonaws.com".to_owned()],
        }]),
        saml_providers: Fact::Read(Vec::new()),
        not_read: Vec::new(),
    };
    Facts::build(Readings {
        organization: Some(OrganizationReading {
            read_at: None,
            organization: Fact::Read(Some(OrganizationFacts {
                id: ORGANIZATION.to_owned(),
                arn: format!("arn:aws:organizations::{MANAGEMENT}:organization/{ORGANIZATION}"),
                management_account: MANAGEMENT.parse().expect("twelve digits"),
                tree: Fact::Read(Tree {
                    root_id: "r-root".to_owned(),
                    ous: vec![
                        ou("ou-a", "A", "r-root"),
                        ou("ou-b", "B", "ou-a"),
                        ou("ou-c", "C", "ou-b"),
                    ],
                    accounts,
                    incomplete: Vec::new(),
                }),
                scps: Fact::Read(vec![
                    scp("p-FullAWSAccess", FULL, &levels),
                    scp("p-guard", GUARD, &["r-root"]),
                    scp("p-guard-b", GUARD, &["ou-b"]),
                ]),
                rcps: Fact::Read(vec![
                    scp("p-RCPFullAWSAccess", FULL, &levels),
                    scp("p-perimeter", PERIMETER, &["r-root"]),
                ]),
                delegated_administrators: Fact::Read(Vec::new()),
                not_read: Vec::new(),
            })),
        }),
        accounts: vec![account(ids[0], callers), account(ids[1], targets)],
        ..Readings::default()
    })
}

fn named(facts: &Facts, account: &str, name: &str) -> RoleKey {
    let account = facts.account(account.parse().expect("twelve digits")).expect("it is there");
    facts.role(account, name).expect("it is there")
}

struct Case {
    name: &'static str,
    caller: Caller,
    target: Target,
    expected: Verdict,
}

fn cases(facts: &Facts) -> Vec<Case> {
    let caller = || Caller::Role(named(facts, "200000000000", "caller"));
    let case = |name: &'static str, caller, role: &str, expected| Case {
        name,
        caller,
        target: Target::Role(named(facts, "300000000000", role)),
        expected,
    };
    let token = Caller::Token(Token {
        issuer: "token.actions.githubusercontent.com".to_owned(),
        subject: Claim::Is("repo:acme/infra:ref:refs/heads/main".to_owned()),
        audience: Claim::Is("sts.amazonaws.com".to_owned()),
        claims: std::collections::BTreeMap::new(),
    });
    vec![
        case("allowed: ARN in the trust policy", caller(), "named", Verdict::Allowed),
        case("allowed: account and pattern", caller(), "pattern", Verdict::Allowed),
        case("allowed: whole organization", caller(), "organization", Verdict::Allowed),
        case("denied: tags of both must agree", caller(), "team", Verdict::Denied),
        case("denied: trust policy names another", caller(), "stranger", Verdict::Denied),
        case("denied: trusts a service", caller(), "service", Verdict::Denied),
        case("conditional: external ID", caller(), "external-id", Verdict::Conditional),
        case("allowed: token of a pipeline", token, "github", Verdict::Allowed),
    ]
}

fn call<'c>(case: &'c Case, scenario: &'c Scenario) -> Call<'c> {
    Call {
        caller: &case.caller,
        target: &case.target,
        action: match &case.caller {
            Caller::Token(_) => Action::AssumeRoleWithWebIdentity,
            _ => Action::AssumeRole,
        },
        scenario,
        lineage: &Lineage::Unknown,
        hop: 1,
    }
}

fn decisions(criterion: &mut Criterion) {
    let facts = organization();
    let scenario = Scenario::default();
    let cases = cases(&facts);
    for case in &cases {
        assert_eq!(judge(&facts, &call(case, &scenario)), case.expected, "{}", case.name);
    }
    let mut group = criterion.benchmark_group("bulk");
    for case in &cases {
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::from_parameter(case.name), |bencher| {
            bencher.iter(|| judge(&facts, black_box(&call(case, &scenario))));
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("with evidence");
    for case in &cases {
        group.bench_function(BenchmarkId::from_parameter(case.name), |bencher| {
            bencher.iter(|| decide(&facts, black_box(&call(case, &scenario))));
        });
    }
    group.finish();
}

/// Every role and user of the sample against every role: what a graph asks for.
fn sample(criterion: &mut Criterion) {
    let facts = Facts::build(rolewalk::snapshot::sample());
    let scenario = Scenario::default();
    let callers: Vec<Caller> =
        facts.roles.keys().map(Caller::Role).chain(facts.users.keys().map(Caller::User)).collect();
    let targets: Vec<Target> = facts.roles.keys().map(Target::Role).collect();
    let mut group = criterion.benchmark_group("sample");
    group.sample_size(10);
    group.throughput(Throughput::Elements((callers.len() * targets.len()) as u64));
    group.bench_function("all pairs", |bencher| {
        bencher.iter(|| {
            let mut allowed = 0_usize;
            for caller in &callers {
                for target in &targets {
                    let action = caller.action();
                    let lineage = &Lineage::Unknown;
                    let call =
                        Call { caller, target, action, scenario: &scenario, lineage, hop: 1 };
                    allowed += usize::from(judge(&facts, &call) == Verdict::Allowed);
                }
            }
            allowed
        });
    });
    group.finish();
}

criterion_group!(benches, decisions, sample);
criterion_main!(benches);
