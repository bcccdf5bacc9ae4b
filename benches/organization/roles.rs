//! Roles by their kinds.

use rolewalk::org::reading::Role;

use super::draft::Draft;
use super::names::{self, REGION, VENDORS};
use super::policies::{
    self, ADMINISTRATOR, ASSUME_ANY, BASELINE, BASIC_EXECUTION, DEPLOYMENT, MANAGED_INSTANCE,
    POWER_USER, READ_ONLY, TASK_EXECUTION, VPC_EXECUTION, own,
};
use super::{Kind, Place, Plan, Random, kinds, place, trust, workspaces};

/// Services whose roles teams make: how many of a hundred, and what hangs on them.
const SERVICES: [(usize, &str, &str, &str); 10] = [
    (38, "lambda", "lambda.amazonaws.com", BASIC_EXECUTION),
    (12, "vpc-lambda", "lambda.amazonaws.com", VPC_EXECUTION),
    (18, "task", "ecs-tasks.amazonaws.com", TASK_EXECUTION),
    (10, "instance", "ec2.amazonaws.com", MANAGED_INSTANCE),
    (6, "build", "codebuild.amazonaws.com", ""),
    (6, "states", "states.amazonaws.com", ""),
    (4, "schedule", "scheduler.amazonaws.com", ""),
    (3, "crawler", "glue.amazonaws.com", ""),
    (2, "delivery", "firehose.amazonaws.com", ""),
    (1, "backup", "backup.amazonaws.com", ""),
];

/// Services that make roles for themselves.
const LINKED: [(&str, &str); 24] = [
    ("AutoScaling", "autoscaling"),
    ("ECS", "ecs"),
    ("RDS", "rds"),
    ("Support", "support"),
    ("TrustedAdvisor", "trustedadvisor"),
    ("Organizations", "organizations"),
    ("SSO", "sso"),
    ("Config", "config"),
    ("CloudTrail", "cloudtrail"),
    ("AmazonGuardDuty", "guardduty"),
    ("SecurityHub", "securityhub"),
    ("ElasticLoadBalancing", "elasticloadbalancing"),
    ("AccessAnalyzer", "access-analyzer"),
    ("AmazonElasticFileSystem", "elasticfilesystem"),
    ("ElastiCache", "elasticache"),
    ("APIGateway", "ops.apigateway"),
    ("AmazonEKS", "eks"),
    ("AmazonEKSNodegroup", "eks-nodegroup"),
    ("Backup", "backup"),
    ("AmazonSSM", "ssm"),
    ("CloudFrontLogger", "logger.cloudfront"),
    ("LambdaReplicator", "replicator.lambda"),
    ("AmazonInspector2", "inspector2"),
    ("ResourceExplorer", "resource-explorer-2"),
];

/// Permission sets, the most powerful first.
const PERMISSION_SETS: [&str; 8] = [
    "AdministratorAccess",
    "DeveloperAccess",
    "ReadOnlyAccess",
    "PowerUserAccess",
    "SecurityAudit",
    "Billing",
    "NetworkOperator",
    "DataScientist",
];

/// The roles of an account, by name as AWS lists them.
pub(crate) fn roles(plan: &Plan, place: &Place) -> Vec<Role> {
    let mut random = place.random(plan, 1);
    let mut roles: Vec<Role> = kinds::kinds(plan, place)
        .into_iter()
        .map(|kind| {
            let draft = draft(plan, place, kind, &mut random);
            draft.finish(place, &mut random)
        })
        .collect();
    roles.sort_by(|one, other| one.name.cmp(&other.name));
    roles
}

fn draft(plan: &Plan, place: &Place, kind: Kind, random: &mut Random) -> Draft {
    match kind {
        Kind::WholeOrganization(at) => {
            let name = format!("{}-shared", prefix(place, at));
            tagged(plan, Draft::new(name, trust::whole_organization(at % 4 != 0)), random)
                .attached(own(place, BASELINE))
        }
        Kind::AnyRole(at) => any_role(plan, place, at, random),
        Kind::CallerPattern(at) => caller_pattern(plan, place, at, random),
        Kind::Team(at) => team(plan, place, at, random),
        Kind::OrganizationAccess => {
            let management = names::account_id(plan, 0);
            Draft::new("OrganizationAccountAccessRole", trust::account(&management))
                .attached(ADMINISTRATOR)
        }
        Kind::Member => {
            let mut arns = vec![in_account(plan, place::hub(plan), "tf-hub-apply")];
            if place.number.is_some_and(|number| number < place::hub_products(plan)) {
                let name = format!("tf-hub-{}", place.product);
                arns.push(in_account(plan, place::hub(plan), &name));
            }
            Draft::new("tf-member", trust::named(&arns)).attached(ADMINISTRATOR)
        }
        Kind::MemberRead => {
            let hub = in_account(plan, place::hub(plan), "tf-hub-plan");
            Draft::new("tf-member-read", trust::named(&[hub])).attached(READ_ONLY)
        }
        Kind::HubApply => Draft::new("tf-hub-apply", trust::platform(&place.id, "apply")).inline(
            "members",
            policies::only_assumes(&["arn:aws:iam::*:role/tf-member".to_owned()]),
        ),
        Kind::HubPlan => Draft::new("tf-hub-plan", trust::platform(&place.id, "plan")).inline(
            "members",
            policies::only_assumes(&["arn:aws:iam::*:role/tf-member-read".to_owned()]),
        ),
        Kind::HubProduct(product) => {
            let name = names::product(product);
            let members: Vec<String> = (0..4)
                .map(|at| 4 + product * 4 + at)
                .filter(|index| *index < plan.accounts)
                .map(|index| in_account(plan, index, "tf-member"))
                .collect();
            let trust = trust::workspaces(
                &place.id,
                &workspaces::hub_subjects(&name)
                    .iter()
                    .map(|(workspace, phase)| (name.as_str(), workspace.as_str(), *phase))
                    .collect::<Vec<_>>(),
            );
            Draft::new(format!("tf-hub-{name}"), trust)
                .inline("members", policies::only_assumes(&members))
        }
        Kind::OwnTerraform(at) => own_terraform(place, at),
        Kind::PermissionSet(at) => permission_set(plan, place, at, random),
        Kind::ServiceLinked(at) => {
            let (name, service) = LINKED[at as usize % LINKED.len()];
            let service = format!("{service}.amazonaws.com");
            Draft::new(format!("AWSServiceRoleFor{name}"), trust::service(&service, None))
                .path(format!("/aws-service-role/{service}/"))
        }
        Kind::BreakGlass => {
            let management = names::account_id(plan, 0);
            let users: Vec<String> = (1..=2)
                .map(|at| format!("arn:aws:iam::{management}:user/break-glass-{at}"))
                .collect();
            Draft::new("break-glass", trust::break_glass(&users)).attached(ADMINISTRATOR)
        }
        Kind::Vendor(at) => {
            let (name, account) = VENDORS[at as usize % VENDORS.len()];
            Draft::new(name, trust::vendor(account, &names::hex(32, random))).attached(READ_ONLY)
        }
        Kind::Deploy(at) => deploy(plan, place, at, random),
        Kind::Pipeline(at) => {
            let name = format!("pipeline-{}", names::component(at));
            let targets = if place.is_hub(plan) {
                "arn:aws:iam::*:role/deploy-*".to_owned()
            } else {
                in_account(plan, place.after(plan), &format!("deploy-{}", names::component(at)))
            };
            let trust = trust::service("codebuild.amazonaws.com", Some(&place.id));
            tagged(plan, Draft::new(name, trust), random)
                .inline("deploy", policies::assumes(&[targets]))
        }
        Kind::Repository(at) => {
            let name = format!("{}-{}", place.product, names::component(at));
            let job = match at % 3 {
                0 => format!("environment:{}", place.environment),
                1 => "ref:refs/heads/main".to_owned(),
                _ => "*".to_owned(),
            };
            let trust = trust::repository(&place.id, &name, &job);
            tagged(plan, Draft::new(format!("github-{name}"), trust), random)
                .attached(own(place, DEPLOYMENT))
        }
        Kind::Cluster(at) => {
            let name = format!("{}-pod", prefix(place, at));
            let service_account = names::component(at);
            let cluster = names::cluster(plan, place);
            let trust = trust::cluster(&place.id, &cluster, &place.product, &service_account);
            things(plan, place, Draft::new(name, trust), random)
        }
        Kind::OwnAccount(at) => {
            let name = format!("{}-operator", prefix(place, at));
            tagged(plan, Draft::new(name, trust::account(&place.id)), random).attached(POWER_USER)
        }
        Kind::SecondFactor(at) => {
            let name = format!("{}-admin", prefix(place, at));
            tagged(plan, Draft::new(name, trust::second_factor(&place.id)), random)
                .attached(ADMINISTRATOR)
        }
        Kind::Service(at) => service(plan, place, at, random),
    }
}

/// What the names of a product's roles begin with.
fn prefix(place: &Place, at: u32) -> String {
    format!("{}-{}", place.product, names::component(at))
}

fn in_account(plan: &Plan, account: u32, role: &str) -> String {
    format!("arn:aws:iam::{}:role/{role}", names::account_id(plan, account))
}

/// Most roles that teams make carry the team's tag.
fn tagged(plan: &Plan, mut draft: Draft, random: &mut Random) -> Draft {
    if random.chance(800) {
        draft.team = Some(any_team(plan, random));
    }
    draft
}

fn any_team(plan: &Plan, random: &mut Random) -> u32 {
    u32::try_from(random.below(names::teams(plan) as usize)).unwrap_or(0)
}

fn any_role(plan: &Plan, place: &Place, at: u32, random: &mut Random) -> Draft {
    let name = format!("{}-runner", prefix(place, at));
    let services = ["codebuild.amazonaws.com", "states.amazonaws.com", "ec2.amazonaws.com"];
    let trust = trust::service(services[at as usize % 3], None);
    let mut draft = tagged(plan, Draft::new(name, trust), random);
    draft.boundary = random.chance(100);
    if at % 3 == 2 {
        draft.attached(own(place, ASSUME_ANY))
    } else {
        draft.inline("orchestrate", policies::assumes_anything(random.below(3)))
    }
}

/// No other role has the same pattern: the product and the number are in it, and the environment
/// where the product's other accounts would have the same one.
fn caller_pattern(plan: &Plan, place: &Place, at: u32, random: &mut Random) -> Draft {
    let name = format!("{}-guarded", prefix(place, at));
    let callers = prefix(place, at);
    let neighbour = names::account_id(plan, place.before());
    let anyone = r#"{"AWS":"*"}"#;
    let trust = match place.environment {
        "shared" | "dev" => trust::caller_pattern(
            anyone,
            &format!("arn:aws:iam::*:role/{callers}-*"),
            at.is_multiple_of(2),
        ),
        "test" => trust::caller_pattern(
            &trust::root(&neighbour),
            &format!("arn:aws:iam::{neighbour}:role/{callers}*"),
            false,
        ),
        "staging" => trust::caller_pattern(
            anyone,
            &format!("arn:aws:iam::{neighbour}:role/{callers}-*"),
            true,
        ),
        _ => trust::caller_pattern(
            anyone,
            &format!("arn:aws:iam::*:role/{callers}-r*"),
            at.is_multiple_of(2),
        ),
    };
    tagged(plan, Draft::new(name, trust), random).attached(own(place, BASELINE))
}

fn team(plan: &Plan, place: &Place, at: u32, random: &mut Random) -> Draft {
    let number = any_team(plan, random);
    let value = if at.is_multiple_of(2) {
        "${aws:ResourceTag/team}".to_owned()
    } else {
        names::team(number)
    };
    // One of four is for its own account, the others for the organization.
    let account = (at % 4 == 3).then_some(place.id.as_str());
    let name = format!("{}-team", prefix(place, at));
    let mut draft = Draft::new(name, trust::team(account, &value)).attached(own(place, BASELINE));
    draft.team = Some(number);
    draft
}

fn own_terraform(place: &Place, at: u32) -> Draft {
    let workspace = format!("{}-{}", place.product, place.environment);
    let (name, phase, policy) = match at {
        0 => ("terraform-apply".to_owned(), "apply", ADMINISTRATOR),
        1 => ("terraform-plan".to_owned(), "plan", READ_ONLY),
        more => (format!("terraform-part-{more}"), "*", POWER_USER),
    };
    let workspace = if at < 2 { workspace } else { format!("{workspace}-{at}") };
    let trust = trust::workspaces(&place.id, &[(&place.product, &workspace, phase)]);
    Draft::new(name, trust).attached(policy)
}

fn permission_set(plan: &Plan, place: &Place, at: u32, random: &mut Random) -> Draft {
    let set = PERMISSION_SETS[at as usize % PERMISSION_SETS.len()];
    let name = format!("AWSReservedSSO_{set}_{}", names::hex(16, random));
    let draft = Draft::new(name, trust::permission_set(&names::saml_provider(plan, place)))
        .path(format!("/aws-reserved/sso.amazonaws.com/{REGION}/"));
    match set {
        "AdministratorAccess" => draft.attached(ADMINISTRATOR),
        "PowerUserAccess" => draft.attached(POWER_USER),
        "DeveloperAccess" => draft.inline("AwsSSOInlinePolicy", policies::developer(place)),
        "SecurityAudit" => draft.attached(READ_ONLY).inline(
            "AwsSSOInlinePolicy",
            policies::only_assumes(&["arn:aws:iam::*:role/tf-member-read".to_owned()]),
        ),
        _ => draft.attached(READ_ONLY),
    }
}

/// Deploy roles form chains: the first account's pipeline becomes the second one's deploy role,
/// which becomes the third one's, and so on. Every seventh is the hub's pipelines' too.
fn deploy(plan: &Plan, place: &Place, at: u32, random: &mut Random) -> Draft {
    let component = names::component(at);
    let before = place.before();
    let first = before == place.index || before.is_multiple_of(4);
    let caller = if first { "pipeline" } else { "deploy" };
    let mut callers = vec![in_account(plan, before, &format!("{caller}-{component}"))];
    if at.is_multiple_of(7) {
        callers.push(in_account(plan, place::hub(plan), &format!("pipeline-{component}")));
    }
    let draft = Draft::new(format!("deploy-{component}"), trust::named(&callers))
        .attached(own(place, DEPLOYMENT));
    let draft = tagged(plan, draft, random);
    let next = place.after(plan);
    if next == place.index {
        return draft;
    }
    let target = in_account(plan, next, &format!("deploy-{component}"));
    draft.inline("promote", policies::only_assumes(&[target]))
}

fn service(plan: &Plan, place: &Place, at: u32, random: &mut Random) -> Draft {
    let mut number = random.below(100);
    let (_, kind, service, policy) = SERVICES
        .into_iter()
        .find(|(share, ..)| {
            let found = number < *share;
            number = number.saturating_sub(*share);
            found
        })
        .unwrap_or(SERVICES[0]);
    let name = format!("{}-{kind}", prefix(place, at));
    let trust = match random.below(100) {
        0..20 => trust::service(service, Some(&place.id)),
        20..24 => trust::service_for(
            service,
            &format!("arn:aws:events:{REGION}:{}:rule/{}-*", place.id, place.product),
        ),
        _ => trust::service(service, None),
    };
    let mut draft = Draft::new(name, trust);
    if !policy.is_empty() {
        draft = draft.attached(policy);
    }
    if random.chance(400) {
        draft = draft.path("/service-role/");
    }
    if random.chance(plan.own_policies) {
        return things(plan, place, draft, random);
    }
    let draft = tagged(plan, draft, random).attached(own(place, BASELINE));
    if random.chance(500) { draft.inline("telemetry", policies::shared(kind)) } else { draft }
}

/// With a policy about things of its own. One of two names the environment too, so that it is
/// not even shared with the product's other accounts.
fn things(plan: &Plan, place: &Place, draft: Draft, random: &mut Random) -> Draft {
    let environment = random.chance(500).then_some(place.environment);
    let document = policies::things(place, &draft.name, environment);
    let mut draft = tagged(plan, draft, random).inline("things", document);
    draft.boundary = random.chance(150);
    draft
}
