//! Workspaces of HCP Terraform.
//!
//! One of ten belongs to the platform and goes through the hub to every account. The others
//! belong to a product: they use a role of the account that they manage, or one in the hub.

use rolewalk::org::hcp::{
    HcpTerraform, Project, Variable, VariableSet, Workspace, WorkspaceVariable, Workspaces,
};
use rolewalk::org::reading::{Fact, HcpReading};

use super::names::{self, COMPANY, ENVIRONMENTS, PLATFORM};
use super::{Plan, Random, place};

/// The workspaces and phases that a product's role in the hub is for.
pub(crate) fn hub_subjects(product: &str) -> Vec<(String, &'static str)> {
    ENVIRONMENTS
        .iter()
        .flat_map(|environment| match *environment {
            "prod" => {
                vec![(format!("{product}-prod"), "apply"), (format!("{product}-prod"), "plan")]
            }
            other => vec![(format!("{product}-{other}*"), "*")],
        })
        .collect()
}

/// All workspaces, as the API gives them.
pub(crate) fn workspaces(plan: &Plan) -> HcpReading {
    let products = place::products(plan);
    let project =
        |name: String| Project { id: project_id(&name), name, organization: COMPANY.to_owned() };
    let mut hcp = HcpTerraform {
        host: "app.terraform.io".to_owned(),
        organizations: vec![COMPANY.to_owned()],
        projects: vec![project(PLATFORM.to_owned())],
        variable_sets: variable_sets(plan),
        ..HcpTerraform::default()
    };
    hcp.projects.extend((0..products).map(|number| project(names::product(number))));
    for at in 0..plan.workspaces {
        workspace(plan, at, &mut hcp);
    }
    HcpReading {
        host: Some(hcp.host.clone()),
        read_at: None,
        workspaces: Fact::Read(Workspaces::AsRead(hcp)),
        incomplete: Vec::new(),
    }
}

fn project_id(name: &str) -> String {
    format!("prj-{name}")
}

fn variable(key: &str, value: impl Into<String>) -> Variable {
    Variable { key: key.to_owned(), category: "env".to_owned(), value: Some(value.into()) }
}

/// Dynamic credentials are on for everyone, and the platform's project names the hub's roles.
fn variable_sets(plan: &Plan) -> Vec<VariableSet> {
    let hub = names::account_id(plan, place::hub(plan));
    let role = |name: &str| format!("arn:aws:iam::{hub}:role/{name}");
    let set = |name: &str, global, projects, variables| VariableSet {
        id: format!("varset-{name}"),
        name: name.to_owned(),
        organization: COMPANY.to_owned(),
        owner_project: None,
        global,
        priority: false,
        workspaces: Vec::new(),
        projects,
        variables,
    };
    vec![
        set(
            "dynamic-credentials",
            true,
            Vec::new(),
            vec![variable("TFC_AWS_PROVIDER_AUTH", "true")],
        ),
        set(
            "hub",
            false,
            vec![project_id(PLATFORM)],
            vec![
                variable("TFC_AWS_PLAN_ROLE_ARN", role("tf-hub-plan")),
                variable("TFC_AWS_APPLY_ROLE_ARN", role("tf-hub-apply")),
            ],
        ),
    ]
}

fn workspace(plan: &Plan, at: u32, hcp: &mut HcpTerraform) {
    let mut random = Random::of(&[plan.seed, 5, u64::from(at)]);
    let products = place::products(plan);
    let id =
        format!("ws-{}", random.text(16, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"));
    let mode = match random.below(100) {
        0..2 => "local",
        2..6 => "agent",
        _ => "remote",
    };
    let mut put = |name: String, project: &str, variables: Vec<Variable>| {
        hcp.variables.extend(
            variables
                .into_iter()
                .map(|variable| WorkspaceVariable { workspace: id.clone(), variable }),
        );
        hcp.workspaces.push(Workspace {
            id: id.clone(),
            name,
            organization: COMPANY.to_owned(),
            project: project_id(project),
            execution_mode: mode.to_owned(),
        });
    };
    if at.is_multiple_of(10) || products == 0 {
        put(format!("landing-zone-{at}"), PLATFORM, Vec::new());
        return;
    }
    // Those of products, one after the other through products, then environments.
    let at = at - at / 10 - 1;
    let number = at % products;
    let round = at / products;
    let environment = round % 4;
    let product = names::product(number);
    let mut name = format!("{product}-{}", ENVIRONMENTS[environment as usize]);
    if round >= 4 {
        name = format!("{name}-{}", round / 4 + 1);
    }
    let account = names::account_id(plan, (4 + number * 4 + environment).min(plan.accounts - 1));
    let mut variables = if place::has_own_terraform(plan, number) {
        let role = |name: &str| format!("arn:aws:iam::{account}:role/{name}");
        vec![
            variable("TFC_AWS_PLAN_ROLE_ARN", role("terraform-plan")),
            variable("TFC_AWS_APPLY_ROLE_ARN", role("terraform-apply")),
        ]
    } else {
        let hub = names::account_id(plan, place::hub(plan));
        vec![variable("TFC_AWS_RUN_ROLE_ARN", format!("arn:aws:iam::{hub}:role/tf-hub-{product}"))]
    };
    match random.below(100) {
        0..3 => variables.push(Variable {
            key: "AWS_ACCESS_KEY_ID".to_owned(),
            category: "env".to_owned(),
            value: None,
        }),
        3..6 => variables.extend([
            variable("TFC_AWS_PROVIDER_AUTH_DNS", "true"),
            variable("TFC_AWS_RUN_ROLE_ARN_DNS", format!("arn:aws:iam::{account}:role/tf-member")),
        ]),
        _ => {}
    }
    put(name, &product, variables);
}
