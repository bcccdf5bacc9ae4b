//! Identity-based policies, as AWS and as teams write them.

use std::fmt::Write as _;

use rolewalk::org::reading::{Fact, ManagedPolicy};

use super::names::REGION;
use super::{Place, Plan};

pub(crate) const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
pub(crate) const POWER_USER: &str = "arn:aws:iam::aws:policy/PowerUserAccess";
pub(crate) const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
pub(crate) const BASIC_EXECUTION: &str =
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
pub(crate) const VPC_EXECUTION: &str =
    "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole";
pub(crate) const TASK_EXECUTION: &str =
    "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
pub(crate) const MANAGED_INSTANCE: &str = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";

/// Services of AWS that grants to people list.
const SERVICES: [&str; 48] = [
    "acm",
    "apigateway",
    "application-autoscaling",
    "appsync",
    "athena",
    "autoscaling",
    "backup",
    "batch",
    "cloudformation",
    "cloudfront",
    "cloudtrail",
    "cloudwatch",
    "codebuild",
    "codecommit",
    "codepipeline",
    "cognito-idp",
    "config",
    "dynamodb",
    "ec2",
    "ecr",
    "ecs",
    "eks",
    "elasticache",
    "elasticfilesystem",
    "elasticloadbalancing",
    "es",
    "events",
    "firehose",
    "glue",
    "guardduty",
    "inspector2",
    "kafka",
    "kinesis",
    "kms",
    "lambda",
    "logs",
    "organizations",
    "rds",
    "redshift",
    "route53",
    "s3",
    "sagemaker",
    "secretsmanager",
    "servicecatalog",
    "sns",
    "sqs",
    "ssm",
    "states",
];

/// The ARN of a policy of the account's own.
pub(crate) fn own(place: &Place, name: &str) -> String {
    format!("arn:aws:iam::{}:policy/{name}", place.id)
}

/// The boundary of what developers make.
pub(crate) const BOUNDARY: &str = "developer-boundary";
/// What everything of a product may.
pub(crate) const BASELINE: &str = "workload-baseline";
/// `sts:AssumeRole` on `*`, attached.
pub(crate) const ASSUME_ANY: &str = "orchestration-assume";
/// What deploys.
pub(crate) const DEPLOYMENT: &str = "deployment";

fn document(statements: &[String]) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

fn allow(sid: &str, actions: &str, resource: &str) -> String {
    format!(r#"{{"Sid":"{sid}","Effect":"Allow","Action":{actions},"Resource":{resource}}}"#)
}

/// `sts:AssumeRole` on ARNs or patterns of them.
fn assume(sid: &str, resources: &[String]) -> String {
    let list = match resources {
        [one] => format!(r#""{one}""#),
        more => format!(r#"["{}"]"#, more.join(r#"",""#)),
    };
    allow(sid, r#""sts:AssumeRole""#, &list)
}

/// Each verb of each service: `["s3:Get*","s3:List*"]`.
fn verbs(services: &[&str], verbs: &[&str]) -> String {
    let mut actions = String::from("[");
    for service in services {
        for verb in verbs {
            let _ = write!(actions, r#""{service}:{verb}","#);
        }
    }
    actions.pop();
    actions.push(']');
    actions
}

/// Dozens of actions that have nothing to do with roles.
fn work() -> String {
    let services = ["s3", "ec2", "logs", "cloudwatch", "dynamodb", "sqs"];
    allow(
        "Work",
        &verbs(&services, &["Get*", "List*", "Describe*", "Put*", "Tag*", "Create*"]),
        r#""*""#,
    )
}

/// May assume these roles, beside other work.
pub(crate) fn assumes(resources: &[String]) -> String {
    document(&[work(), assume("Assume", resources)])
}

/// May assume these roles and nothing else.
pub(crate) fn only_assumes(resources: &[String]) -> String {
    document(&[assume("Assume", resources)])
}

/// May assume whatever role trusts it, in one of the ways in which that is written.
pub(crate) fn assumes_anything(variant: usize) -> String {
    let any = match variant % 3 {
        0 => allow("AssumeAny", r#""sts:AssumeRole""#, r#""*""#),
        1 => allow("AssumeAny", r#"["sts:AssumeRole","sts:TagSession"]"#, r#"["*"]"#),
        _ => allow("Sts", r#""sts:*""#, r#""*""#),
    };
    document(&[work(), any])
}

/// What a service's role may do that many others may too.
pub(crate) fn shared(service: &str) -> String {
    document(&[
        allow("Traces", r#"["xray:PutTraceSegments","xray:PutTelemetryRecords"]"#, r#""*""#),
        allow(
            "Metrics",
            r#""cloudwatch:PutMetricData""#,
            &format!(r#""arn:aws:cloudwatch:{REGION}:*:{service}/*""#),
        ),
    ])
}

/// What a service's role may do with its own things and with no others.
pub(crate) fn things(place: &Place, name: &str, environment: Option<&str>) -> String {
    let id = &place.id;
    let name = environment.map_or_else(|| name.to_owned(), |env| format!("{name}-{env}"));
    document(&[
        allow(
            "Table",
            &verbs(&["dynamodb"], &["GetItem", "PutItem", "Query", "UpdateItem", "BatchGetItem"]),
            &format!(
                r#"["arn:aws:dynamodb:{REGION}:{id}:table/{name}","arn:aws:dynamodb:{REGION}:{id}:table/{name}/index/*"]"#
            ),
        ),
        allow(
            "Bucket",
            &verbs(&["s3"], &["GetObject", "PutObject", "ListBucket"]),
            &format!(r#"["arn:aws:s3:::{name}","arn:aws:s3:::{name}/*"]"#),
        ),
        allow(
            "Queue",
            &verbs(&["sqs"], &["SendMessage", "ReceiveMessage", "DeleteMessage"]),
            &format!(r#""arn:aws:sqs:{REGION}:{id}:{name}""#),
        ),
        allow(
            "Secrets",
            r#"["secretsmanager:GetSecretValue","kms:Decrypt"]"#,
            &format!(r#""arn:aws:secretsmanager:{REGION}:{id}:secret:{name}/*""#),
        ),
    ])
}

/// What developers may: much, but no roles beside their own.
pub(crate) fn developer(place: &Place) -> String {
    document(&[
        work(),
        allow("Pass", r#""iam:PassRole""#, &format!(r#""arn:aws:iam::{}:role/*""#, place.id)),
        assume("Operate", &["arn:aws:iam::*:role/*-operator".to_owned()]),
        format!(
            r#"{{"Sid":"NoTrail","Effect":"Deny","Action":{},"Resource":"*"}}"#,
            r#"["cloudtrail:StopLogging","cloudtrail:DeleteTrail"]"#
        ),
    ])
}

fn power_user() -> String {
    document(&[
        r#"{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"}"#
            .to_owned(),
        allow(
            "Few",
            r#"["account:GetAccountInformation","iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles","organizations:DescribeOrganization"]"#,
            r#""*""#,
        ),
    ])
}

fn boundary(place: &Place) -> String {
    document(&[
        allow("Services", &verbs(&SERVICES, &["*"]), r#""*""#),
        assume("OwnRoles", &[format!("arn:aws:iam::{}:role/*", place.id)]),
        r#"{"Sid":"NoUsers","Effect":"Deny","Action":["iam:CreateUser","iam:CreateAccessKey"],"Resource":"*"}"#
            .to_owned(),
    ])
}

fn deployment(place: &Place) -> String {
    let services = ["lambda", "ecs", "ecr", "cloudformation", "apigateway", "events", "states"];
    document(&[
        allow("Deploy", &verbs(&services, &["*"]), r#""*""#),
        allow(
            "Pass",
            r#""iam:PassRole""#,
            &format!(r#""arn:aws:iam::{}:role/{}-*""#, place.id, place.product),
        ),
    ])
}

fn baseline(place: &Place) -> String {
    document(&[
        allow(
            "Parameters",
            r#"["ssm:GetParameter","ssm:GetParameters","ssm:GetParametersByPath"]"#,
            &format!(r#""arn:aws:ssm:{REGION}:{}:parameter/{}/*""#, place.id, place.product),
        ),
        allow(
            "Keys",
            r#"["kms:Decrypt","kms:GenerateDataKey*"]"#,
            &format!(r#""arn:aws:kms:{REGION}:{}:key/*""#, place.id),
        ),
    ])
}

/// The managed policies that an account uses: those of AWS, and its own.
pub(crate) fn managed(plan: &Plan, place: &Place) -> Vec<ManagedPolicy> {
    let all = r#""*""#;
    let logs = r#"["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"]"#;
    let mut policies = vec![
        (ADMINISTRATOR.to_owned(), document(&[allow("All", r#""*""#, all)])),
        (POWER_USER.to_owned(), power_user()),
        (
            READ_ONLY.to_owned(),
            document(&[allow(
                "Read",
                &verbs(&SERVICES, &["Get*", "List*", "Describe*", "BatchGet*"]),
                all,
            )]),
        ),
        (BASIC_EXECUTION.to_owned(), document(&[allow("Logs", logs, all)])),
        (
            VPC_EXECUTION.to_owned(),
            document(&[
                allow("Logs", logs, all),
                allow(
                    "Network",
                    &verbs(
                        &["ec2"],
                        &[
                            "CreateNetworkInterface",
                            "DescribeNetworkInterfaces",
                            "DeleteNetworkInterface",
                        ],
                    ),
                    all,
                ),
            ]),
        ),
        (
            TASK_EXECUTION.to_owned(),
            document(&[allow(
                "Images",
                &verbs(
                    &["ecr"],
                    &["GetAuthorizationToken", "BatchGetImage", "GetDownloadUrlForLayer"],
                ),
                all,
            )]),
        ),
        (
            MANAGED_INSTANCE.to_owned(),
            document(&[allow(
                "Agent",
                &verbs(
                    &["ssm", "ssmmessages", "ec2messages"],
                    &["Get*", "Put*", "Update*", "Open*", "Create*"],
                ),
                all,
            )]),
        ),
        (own(place, BOUNDARY), boundary(place)),
        (own(place, BASELINE), baseline(place)),
        (own(place, DEPLOYMENT), deployment(place)),
    ];
    if plan.wide.any_role > 0 {
        policies.push((own(place, ASSUME_ANY), assumes_anything(0)));
    }
    policies
        .into_iter()
        .map(|(arn, document)| ManagedPolicy { arn, document: Fact::Read(document.into()) })
        .collect()
}
