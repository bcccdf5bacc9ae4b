#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use crate::org::hcp::{self, HcpTerraform, Variable, VariableSet, WorkspaceVariable, Workspaces};

use super::*;

fn effective(env: &[(&str, &str)]) -> Workspace {
    let workspace = hcp::EffectiveWorkspace {
        organization: "acme".into(),
        project: "P".into(),
        workspace: "w".into(),
        execution_mode: None,
        host: None,
        env: env.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
    };
    resolve([&Workspaces::Effective(vec![workspace])]).remove(0)
}

#[test]
fn roles_fall_back_from_phase_to_run_and_from_own_to_default() {
    let arn = |text: &str| RoleSetting::Arn(text.into());
    for (env, plan, apply) in [
        (vec![("TFC_AWS_RUN_ROLE_ARN", "r")], arn("r"), arn("r")),
        (vec![("TFC_AWS_RUN_ROLE_ARN", "r"), ("TFC_AWS_PLAN_ROLE_ARN", "p")], arn("p"), arn("r")),
        (vec![("TFC_DEFAULT_AWS_RUN_ROLE_ARN", "d")], arn("d"), arn("d")),
        (
            vec![("TFC_AWS_RUN_ROLE_ARN", "r"), ("TFC_DEFAULT_AWS_RUN_ROLE_ARN", "d")],
            arn("r"),
            arn("r"),
        ),
        (
            vec![("TFC_AWS_RUN_ROLE_ARN", "r"), ("TFC_DEFAULT_AWS_PLAN_ROLE_ARN", "d")],
            RoleSetting::Ambiguous("r".into(), "d".into()),
            arn("r"),
        ),
        (vec![], RoleSetting::Missing, RoleSetting::Missing),
    ] {
        let mut env = env;
        env.push(("TFC_AWS_PROVIDER_AUTH", "true"));
        let found = effective(&env).configurations.remove(0);
        assert_eq!((found.plan, found.apply), (plan, apply), "{env:?}");
        assert_eq!(found.audience.as_deref(), Some("aws.workload.identity"));
    }
}

#[test]
fn nothing_happens_unless_the_switch_says_true() {
    assert!(effective(&[("TFC_AWS_RUN_ROLE_ARN", "r")]).configurations.is_empty());
    let off = [("TFC_AWS_PROVIDER_AUTH", "false"), ("TFC_AWS_RUN_ROLE_ARN", "r")];
    assert!(effective(&off).configurations.is_empty());
    let keys = effective(&[("AWS_ACCESS_KEY_ID", "***")]);
    assert_eq!(keys.other_ways, [WayIn::StaticKeys]);
}

#[test]
fn tags_make_configurations_of_their_own() {
    let found = effective(&[
        ("TFC_AWS_PROVIDER_AUTH_LAB", "true"),
        ("TFC_AWS_RUN_ROLE_ARN_LAB", "lab"),
        ("TFC_AWS_PROVIDER_AUTH", "true"),
        ("TFC_AWS_RUN_ROLE_ARN", "main"),
    ]);
    let tags: Vec<_> = found.configurations.iter().map(|each| each.tag.as_deref()).collect();
    assert_eq!(tags, [None, Some("LAB")]);
    assert_eq!(found.configurations[1].plan, RoleSetting::Arn("lab".into()));
}

/// Every way of attaching a set, strongest first; each must beat all that follow it.
#[test]
fn precedence_goes_by_rank_then_by_name() {
    let set =
        |name: &str, priority, global, project: bool, workspace: bool, owner: bool| VariableSet {
            id: name.into(),
            name: name.into(),
            organization: "acme".into(),
            owner_project: owner.then(|| "prj".into()),
            global,
            priority,
            workspaces: if workspace { vec!["ws".into()] } else { vec![] },
            projects: if project { vec!["prj".into()] } else { vec![] },
            variables: vec![Variable {
                key: "TFC_AWS_RUN_ROLE_ARN".into(),
                category: "env".into(),
                value: Some(name.into()),
            }],
        };
    let ways = |name: &str, priority: bool, order: [usize; 5]| -> Vec<VariableSet> {
        let all = [
            set(&format!("{name}-global"), priority, true, false, false, false),
            set(&format!("{name}-org-project"), priority, false, true, false, false),
            set(&format!("{name}-org-workspace"), priority, false, false, true, false),
            set(&format!("{name}-project-project"), priority, false, true, false, true),
            set(&format!("{name}-project-workspace"), priority, false, false, true, true),
        ];
        order.iter().map(|index| all[*index].clone()).collect()
    };
    let strong = ways("p", true, [0, 1, 2, 3, 4]);
    let weak = ways("o", false, [4, 3, 2, 1, 0]);
    let run = |sets: &[VariableSet], own: bool| {
        let own = own.then(|| WorkspaceVariable {
            workspace: "ws".into(),
            variable: Variable {
                key: "TFC_AWS_RUN_ROLE_ARN".into(),
                category: "env".into(),
                value: Some("own".into()),
            },
        });
        let hcp = HcpTerraform {
            host: "app.terraform.io".into(),
            projects: vec![hcp::Project {
                id: "prj".into(),
                name: "P".into(),
                organization: "acme".into(),
            }],
            workspaces: vec![hcp::Workspace {
                id: "ws".into(),
                name: "w".into(),
                organization: "acme".into(),
                project: "prj".into(),
                execution_mode: "remote".into(),
            }],
            variables: own.into_iter().collect(),
            variable_sets: sets.iter().rev().cloned().collect(),
            ..HcpTerraform::default()
        };
        let found = resolve([&Workspaces::AsRead(hcp)]).remove(0);
        found.settings["TFC_AWS_RUN_ROLE_ARN"].value.clone().unwrap()
    };
    for index in 0..strong.len() {
        let rest: Vec<_> = strong[index..].iter().chain(&weak).cloned().collect();
        assert_eq!(run(&rest, true), strong[index].name);
    }
    assert_eq!(run(&weak, true), "own");
    for index in 0..weak.len() {
        assert_eq!(run(&weak[index..], false), weak[index].name);
    }
    let mut twins = vec![weak[0].clone(), weak[0].clone()];
    (twins[0].name, twins[1].name) = ("a".into(), "B".into());
    twins[0].variables[0].value = Some("a".into());
    twins[1].variables[0].value = Some("B".into());
    assert_eq!(run(&twins, false), "B", "upper case sorts first");
}
