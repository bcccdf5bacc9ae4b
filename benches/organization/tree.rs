//! The organization: its tree and the policies that control it.

use rolewalk::org::reading::{
    AccountState, ControlPolicy, DelegatedAdministrator, Fact, MemberAccount, OrganizationFacts,
    OrganizationReading, Ou, Tags, Tree,
};

use super::names::{self, ORGANIZATION, ROOT, VENDORS};
use super::{Place, Plan};

const ALL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
const REGIONS: &str = r#"{"Sid":"Regions","Effect":"Deny","NotAction":["a4b:*","budgets:*","ce:*","cloudfront:*","iam:*","organizations:*","route53:*","support:*","sts:*","waf:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1"]}}}"#;
const LEAVE: &str = r#"{"Sid":"Leave","Effect":"Deny","Action":["organizations:LeaveOrganization","account:CloseAccount"],"Resource":"*"}"#;
const MEMBERS: &str = r#"{"Sid":"OnlyTheHub","Effect":"Deny","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/tf-member","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/tf-hub-*"}}}"#;

/// The organization.
pub(crate) fn organization(plan: &Plan) -> OrganizationReading {
    let management = names::account_id(plan, 0);
    let tree = tree(plan);
    let mut everywhere = vec![ROOT.to_owned()];
    everywhere.extend(tree.ous.iter().map(|ou| ou.id.clone()));
    everywhere.extend(tree.accounts.iter().map(|account| account.id.to_string()));
    OrganizationReading {
        read_at: None,
        organization: Fact::Read(Some(OrganizationFacts {
            id: ORGANIZATION.to_owned(),
            arn: format!("arn:aws:organizations::{management}:organization/{ORGANIZATION}"),
            management_account: management.parse().expect("an account's id has twelve digits"),
            scps: Fact::Read(scps(&management, &everywhere)),
            rcps: Fact::Read(rcps(&everywhere)),
            tree: Fact::Read(tree),
            delegated_administrators: Fact::Read(delegated(plan)),
            not_read: Vec::new(),
        })),
    }
}

fn delegated(plan: &Plan) -> Vec<DelegatedAdministrator> {
    let security = names::account_id(plan, 2.min(plan.accounts.saturating_sub(1)));
    vec![DelegatedAdministrator {
        id: security.parse().expect("an account's id has twelve digits"),
        services: vec!["guardduty.amazonaws.com".to_owned(), "config.amazonaws.com".to_owned()],
    }]
}

/// `/Workloads/Prod/Division 3`: below the root, three deep.
fn tree(plan: &Plan) -> Tree {
    let divisions = (3 + plan.accounts / 100).min(24);
    let ou = |id: String, name: &str, parent: &str| Ou {
        id,
        name: name.to_owned(),
        parent: parent.to_owned(),
        tags: Tags::new(),
    };
    let mut ous: Vec<Ou> = ["Infrastructure", "Security", "Workloads", "Sandbox"]
        .into_iter()
        .map(|name| ou(ou_id(name), name, ROOT))
        .collect();
    for stage in ["Prod", "NonProd"] {
        ous.push(ou(ou_id(stage), stage, &ou_id("Workloads")));
        for division in 0..divisions {
            let name = format!("Division {division}");
            ous.push(ou(ou_id(&format!("{stage}{division}")), &name, &ou_id(stage)));
        }
    }
    Tree {
        root_id: ROOT.to_owned(),
        ous,
        accounts: (0..plan.accounts).map(|index| member(plan, index, divisions)).collect(),
        incomplete: Vec::new(),
    }
}

fn ou_id(name: &str) -> String {
    format!("ou-ab12-{}", name.to_lowercase())
}

fn member(plan: &Plan, index: u32, divisions: u32) -> MemberAccount {
    let place = Place::of(plan, index);
    let parent = match (place.number, index) {
        (None, 0) => ROOT.to_owned(),
        (None, 1) => ou_id("Infrastructure"),
        (None, _) => ou_id("Security"),
        (Some(number), _) if number % 25 == 24 => ou_id("Sandbox"),
        (Some(number), _) => {
            let stage = match place.environment {
                "dev" | "test" => "NonProd",
                _ => "Prod",
            };
            ou_id(&format!("{stage}{}", number % divisions))
        }
    };
    MemberAccount {
        id: place.id.parse().expect("an account's id has twelve digits"),
        email: Some(format!("aws+{}@acme.example", place.name)),
        name: place.name,
        state: AccountState::Active,
        parent,
        tags: Tags::from([("environment".to_owned(), place.environment.to_owned())]),
    }
}

fn policy(id: &str, name: &str, statements: &[&str], targets: Vec<String>) -> ControlPolicy {
    let document = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    ControlPolicy {
        id: id.to_owned(),
        name: name.to_owned(),
        document: Fact::Read(document.into()),
        targets: Fact::Read(targets),
    }
}

fn scps(management: &str, everywhere: &[String]) -> Vec<ControlPolicy> {
    let break_glass = format!(
        r#"{{"Sid":"BreakGlass","Effect":"Deny","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/break-glass","Condition":{{"ArnNotLike":{{"aws:PrincipalArn":"arn:aws:iam::{management}:user/break-glass-*"}}}}}}"#
    );
    let root = || vec![ROOT.to_owned()];
    vec![
        policy("p-FullAWSAccess", "FullAWSAccess", &[ALL], everywhere.to_vec()),
        policy("p-a1guards01", "guards", &[LEAVE, &break_glass], root()),
        policy("p-a1regions1", "regions", &[REGIONS], vec![ou_id("Workloads"), ou_id("Sandbox")]),
        policy("p-a1members1", "members", &[MEMBERS], vec![ou_id("Workloads")]),
    ]
}

fn rcps(everywhere: &[String]) -> Vec<ControlPolicy> {
    let vendors: Vec<&str> = VENDORS.iter().map(|(_, account)| *account).collect();
    let perimeter = format!(
        r#"{{"Sid":"OurOrganization","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Resource":"*","Condition":{{"StringNotEqualsIfExists":{{"aws:PrincipalOrgID":"{ORGANIZATION}","aws:PrincipalAccount":["{}"]}},"BoolIfExists":{{"aws:PrincipalIsAWSService":"false"}}}}}}"#,
        vendors.join(r#"",""#)
    );
    vec![
        policy("p-RCPFullAWSAccess", "RCPFullAWSAccess", &[ALL_RESOURCES], everywhere.to_vec()),
        policy("p-a1perimeter", "perimeter", &[&perimeter], vec![ROOT.to_owned()]),
    ]
}

const ALL_RESOURCES: &str = r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#;
