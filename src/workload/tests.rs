#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

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
fn settings_that_can_not_work_or_were_not_told_are_said() {
    let kinds = |env: &[(&str, &str)]| {
        let found = effective(env);
        let said = |it: &Problem| (it.kind(), it.key().unwrap_or_default().to_owned());
        found.problems.iter().map(said).collect::<Vec<_>>()
    };
    let of = |kind, key: &str| (kind, key.to_owned());
    let auth = ("TFC_AWS_PROVIDER_AUTH", "true");
    let role = ("TFC_AWS_RUN_ROLE_ARN", "arn:aws:iam::111111111111:role/a");
    assert_eq!(kinds(&[auth, role]), []);
    // Of both phases.
    assert_eq!(kinds(&[auth]), [of("no-role", auth.0), of("no-role", auth.0)]);
    let shouted = ("TFC_AWS_PROVIDER_AUTH", "TRUE");
    assert_eq!(kinds(&[shouted, role]), [of("switch", auth.0)]);
    assert_eq!(kinds(&[("TFC_AWS_PROVIDER_AUTH", "false"), role]), []);
    let default = ("TFC_DEFAULT_AWS_PLAN_ROLE_ARN", "arn:aws:iam::111111111111:role/b");
    assert_eq!(kinds(&[auth, role, default]), [of("ambiguous", role.0)]);
    let hidden =
        as_read(&[], vec![env(auth.0, auth.1), Variable { value: None, ..env(role.0, role.1) }]);
    assert_eq!(hidden.problems, [Problem::Hidden { key: role.0.into() }]);
}

#[test]
fn what_was_not_read_of_a_set_is_said_where_it_applies() {
    let workspaces = |kind: &str, id: &str, sets: &[VariableSet]| {
        let mut hcp = many(sets);
        hcp.unreadable.push(hcp::Unreadable {
            kind: kind.into(),
            id: id.into(),
            message: "no".into(),
            reason: crate::org::NotReadKind::Denied,
        });
        let found = resolve([&Workspaces::AsRead(hcp)]);
        found.iter().map(|it| it.variables_read).collect::<Vec<_>>()
    };
    let nowhere = Attached {
        priority: false,
        global: false,
        project: false,
        workspace: false,
        owned_by_project: false,
    };
    let mut one = set("one", nowhere, vec![]);
    one.workspaces = vec!["ws-2".into()];
    let sets = [one];
    assert_eq!(workspaces("variable-set-variables", &sets[0].id, &sets), [true, false]);
    // To whom it applies is not known.
    assert_eq!(workspaces("variable-set", &sets[0].id, &sets), [false, false]);
    assert_eq!(workspaces("variable-set", "varset-gone", &sets), [false, false]);
    assert_eq!(workspaces("variable-sets", "acme", &sets), [false, false]);
    assert_eq!(workspaces("variable-sets", "other", &sets), [true, true]);
    assert_eq!(workspaces("workspace-variables", "ws-1", &sets), [false, true]);
}

/// Two workspaces of one project.
fn many(sets: &[VariableSet]) -> HcpTerraform {
    let workspace = |id: &str| hcp::Workspace {
        id: id.into(),
        name: id.into(),
        organization: "acme".into(),
        project: "prj-1".into(),
        execution_mode: "remote".into(),
    };
    HcpTerraform {
        host: "app.terraform.io".into(),
        organizations: vec!["acme".into()],
        workspaces: vec![workspace("ws-1"), workspace("ws-2")],
        variable_sets: sets.to_vec(),
        ..HcpTerraform::default()
    }
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

fn env(key: &str, value: &str) -> Variable {
    Variable { key: key.into(), category: "env".into(), value: Some(value.into()) }
}

/// How a set is attached, and whose it is.
#[derive(Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Attached {
    priority: bool,
    global: bool,
    project: bool,
    workspace: bool,
    owned_by_project: bool,
}

fn set(name: &str, it: Attached, variables: Vec<Variable>) -> VariableSet {
    VariableSet {
        id: name.into(),
        name: name.into(),
        organization: "acme".into(),
        owner_project: it.owned_by_project.then(|| "prj".into()),
        global: it.global,
        priority: it.priority,
        workspaces: if it.workspace { vec!["ws".into()] } else { vec![] },
        projects: if it.project { vec!["prj".into()] } else { vec![] },
        variables,
    }
}

/// A workspace with sets, in an order that nothing may depend on, and variables of its own.
fn as_read(sets: &[VariableSet], own: Vec<Variable>) -> Workspace {
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
        variables: own
            .into_iter()
            .map(|variable| WorkspaceVariable { workspace: "ws".into(), variable })
            .collect(),
        variable_sets: sets.iter().rev().cloned().collect(),
        ..HcpTerraform::default()
    };
    resolve([&Workspaces::AsRead(hcp)]).remove(0)
}

const ROLE: &str = "TFC_AWS_RUN_ROLE_ARN";

/// What a set of each rank that can be read looks like; `None` is the workspace's own.
fn readable() -> Vec<(Rank, Option<Attached>)> {
    let at = |priority, global, project, workspace, owned_by_project| {
        Some(Attached { priority, global, project, workspace, owned_by_project })
    };
    vec![
        (Rank::PriorityGlobal, at(true, true, false, false, false)),
        (Rank::PriorityOnProject, at(true, false, true, false, false)),
        (Rank::PriorityOnWorkspace, at(true, false, false, true, false)),
        (Rank::ProjectsPriorityOnProject, at(true, false, true, false, true)),
        (Rank::ProjectsPriorityOnWorkspace, at(true, false, false, true, true)),
        (Rank::Workspace, None),
        (Rank::ProjectsOnWorkspace, at(false, false, false, true, true)),
        (Rank::ProjectsOnProject, at(false, false, true, false, true)),
        (Rank::OnWorkspace, at(false, false, false, true, false)),
        (Rank::OnProject, at(false, false, true, false, false)),
        (Rank::Global, at(false, true, false, false, false)),
    ]
}

/// Rule H2: each rank beats all that follow it.
#[test]
fn every_rank_decides_where_nothing_stronger_is() {
    let ways = readable();
    for first in 0..ways.len() {
        let mut sets = Vec::new();
        let mut own = Vec::new();
        for (rank, attached) in &ways[first..] {
            let value = env(ROLE, &format!("{rank:?}"));
            match attached {
                // The names would order them the other way round.
                Some(it) => sets.push(set(&format!("{:?}", 99 - *rank as u8), *it, vec![value])),
                None => own.push(value),
            }
        }
        let found = as_read(&sets, own);
        let (rank, _) = ways[first];
        assert_eq!(found.settings[ROLE].value, Some(format!("{rank:?}")), "{:#?}", found.settings);
        assert_eq!(found.settings[ROLE].otherwise, None);
    }
}

/// Rule H2, with the ranks that only files and the command line have.
#[test]
fn all_fifteen_ranks_are_ordered_and_counted_where_they_count() {
    for first in 0..Rank::ALL.len() {
        let rest = Rank::ALL[first..].iter().rev().map(|rank| (*rank, "same", *rank));
        assert_eq!(strongest(rest), Some(Rank::ALL[first]));
    }
    let count = |category: &str, host: &str| {
        Rank::ALL.iter().filter(|rank| rank.counts(category, host)).count()
    };
    assert_eq!(count("env", "app.terraform.io"), 11);
    assert_eq!(count("terraform", "app.terraform.io"), 15);
    assert_eq!(count("terraform", "app.eu.terraform.io"), 15);
    // Terraform Enterprise passes `terraform.tfvars` over.
    assert_eq!(count("terraform", "tfe.example.com"), 14);
    assert!(!Rank::TerraformTfvars.counts("terraform", "tfe.example.com"));
}

#[test]
fn ties_go_to_the_name_that_sorts_first_by_code_point() {
    let global = Attached {
        priority: false,
        global: true,
        project: false,
        workspace: false,
        owned_by_project: false,
    };
    for (names, first) in [
        (["a", "B"], "B"),
        (["1", "A"], "1"),
        (["ä", "z"], "z"),
        (["ab", "a"], "a"),
        (["\u{ffff}", "\u{10000}"], "\u{ffff}"),
    ] {
        let sets = names.map(|name| set(name, global, vec![env(ROLE, name)]));
        assert_eq!(
            as_read(&sets, vec![]).settings[ROLE].value.as_deref(),
            Some(first),
            "{names:?}"
        );
    }
}

/// Rule H2: which rank a set has that is attached to project and workspace is not documented.
#[test]
fn a_set_attached_twice_is_undecided_only_where_that_matters() {
    let twice = Attached {
        priority: false,
        global: false,
        project: true,
        workspace: true,
        owned_by_project: false,
    };
    let alone = as_read(&[set("twice", twice, vec![env(ROLE, "t")])], vec![]);
    assert_eq!(alone.settings[ROLE].otherwise, None);
    assert!(alone.settings[ROLE].origin.contains("attached in two ways"));
    assert_eq!(alone.problems, []);
    // Stronger than the project's alone, and weaker than the workspace's.
    let once = Attached { project: false, ..twice };
    let between = set("a", once, vec![env(ROLE, "b"), env("TFC_AWS_PROVIDER_AUTH", "true")]);
    let first = set("Twice", twice, vec![env(ROLE, "t")]);
    let found = as_read(&[first, between], vec![]);
    assert_eq!(found.settings[ROLE].otherwise, Some(Other::Is("b".into())));
    assert_eq!(found.configurations[0].apply, RoleSetting::Ambiguous("t".into(), "b".into()));
    assert!(found.problems.contains(&Problem::Undecided { key: ROLE.into() }), "{found:#?}");
}

/// Rule H9: whether `TFC_AWS_…` is heeded among Terraform's own variables is not documented.
#[test]
fn settings_among_terraform_s_own_variables_are_read_and_flagged() {
    let terraform =
        |key: &str, value: &str| Variable { category: "terraform".into(), ..env(key, value) };
    let found = as_read(
        &[],
        vec![env("TFC_AWS_PROVIDER_AUTH", "true"), terraform(ROLE, "t"), terraform("region", "x")],
    );
    assert_eq!(found.configurations[0].plan, RoleSetting::Arn("t".into()));
    assert!(found.problems.contains(&Problem::TerraformVariable { key: ROLE.into() }));
    assert!(!found.settings.contains_key("region"));
    // The two conflict only where the category is the same: the environment's is the one that is
    // documented.
    let found = as_read(&[], vec![terraform(ROLE, "t"), env(ROLE, "e")]);
    assert_eq!(found.settings[ROLE].value.as_deref(), Some("e"));
    assert_eq!(found.problems, []);
}

#[test]
fn the_word_type_is_no_tag_and_tags_have_defaults_too() {
    let found = effective(&[
        ("TFC_AWS_PROVIDER_AUTH_TYPE", "true"),
        ("TFC_AWS_PROVIDER_AUTH_a-b", "true"),
        ("TFC_AWS_PROVIDER_AUTH_LAB_2", "true"),
        ("TFC_DEFAULT_AWS_APPLY_ROLE_ARN", "d"),
        ("TFC_AWS_PLAN_ROLE_ARN_LAB_2", "p"),
        ("TFC_AWS_RUN_ROLE_ARN", "untagged"),
        ("TFC_DEFAULT_AWS_WORKLOAD_IDENTITY_AUDIENCE", "audience"),
    ]);
    let [only] = found.configurations.as_slice() else { panic!("{found:#?}") };
    assert_eq!(only.tag.as_deref(), Some("LAB_2"));
    assert_eq!(only.audience.as_deref(), Some("audience"));
    assert_eq!(only.plan, RoleSetting::Arn("p".into()));
    assert_eq!(only.apply, RoleSetting::Arn("d".into()));
}

#[test]
fn vault_s_roles_are_kept_apart_from_those_of_tokens() {
    let found = effective(&[
        ("TFC_VAULT_BACKED_AWS_AUTH", "true"),
        ("TFC_VAULT_BACKED_AWS_AUTH_TYPE", "assumed_role"),
        ("TFC_VAULT_BACKED_AWS_AUTH_LAB", "true"),
        ("TFC_VAULT_BACKED_AWS_RUN_ROLE_ARN", "v"),
        ("TFC_DEFAULT_VAULT_BACKED_AWS_PLAN_ROLE_ARN", "d"),
    ]);
    assert_eq!(found.configurations, []);
    assert_eq!(found.other_ways, [WayIn::Vault]);
    let tags: Vec<_> = found.vault_backed.iter().map(|each| each.tag.as_deref()).collect();
    assert_eq!(tags, [None, Some("LAB")]);
    // Which of the two wins is as little documented as for tokens (rule H3).
    assert_eq!(found.vault_backed[0].plan, RoleSetting::Ambiguous("v".into(), "d".into()));
    assert_eq!(found.vault_backed[0].apply, RoleSetting::Arn("v".into()));
    assert_eq!(found.vault_backed[1].plan, RoleSetting::Arn("d".into()));
    assert_eq!(found.vault_backed[1].apply, RoleSetting::Missing);
    let off = effective(&[
        ("TFC_VAULT_BACKED_AWS_AUTH", "false"),
        ("TFC_VAULT_BACKED_AWS_AUTH_TYPE", "iam_user"),
    ]);
    assert_eq!((off.vault_backed.len(), off.other_ways.len()), (0, 0));
    assert_eq!(effective(&[("TFC_HVS_BACKED_AWS_AUTH", "true")]).other_ways, [WayIn::VaultSecrets]);
}

#[test]
fn what_is_no_role_is_said_with_its_variable() {
    let on = ("TFC_AWS_PROVIDER_AUTH", "true");
    let role = "arn:aws:iam::111111111111:role/a";
    for (variables, wrong) in [
        (vec![on, (ROLE, "admin")], Some((ROLE, "admin"))),
        (vec![on, (ROLE, role)], None),
        (
            vec![on, (ROLE, "arn:aws:iam::111111111111:user/a")],
            Some((ROLE, "arn:aws:iam::111111111111:user/a")),
        ),
        (
            vec![on, (ROLE, role), ("TFC_AWS_PLAN_ROLE_ARN", "")],
            Some(("TFC_AWS_PLAN_ROLE_ARN", "")),
        ),
        // Nobody heeds these.
        (vec![(ROLE, "admin")], None),
        (vec![on, (ROLE, role), ("TFC_DEFAULT_AWS_RUN_ROLE_ARN", "admin")], None),
    ] {
        let found = effective(&variables);
        let expected: Vec<Problem> = wrong
            .map(|(key, value)| Problem::NoRoleArn { key: key.into(), value: value.into() })
            .into_iter()
            .collect();
        assert_eq!(found.problems, expected, "{variables:?}");
    }
}

#[test]
fn hosts_are_told_apart_and_hcp_terraform_s_own_come_first() {
    let of = |host: &str, stacks: Vec<hcp::Stack>| {
        Workspaces::AsRead(HcpTerraform {
            host: host.into(),
            workspaces: vec![hcp::Workspace {
                id: "ws".into(),
                name: "w".into(),
                organization: "acme".into(),
                project: "prj".into(),
                execution_mode: "remote".into(),
            }],
            stacks,
            ..HcpTerraform::default()
        })
    };
    let stack = hcp::Stack {
        id: "st".into(),
        name: "s".into(),
        organization: "acme".into(),
        project: "prj".into(),
        deployments: None,
    };
    let hosts = ["a.example.com", "app.eu.terraform.io", "app.terraform.io"];
    let read = hosts.map(|host| of(host, vec![stack.clone()]));
    let order = ["app.terraform.io", "app.eu.terraform.io", "a.example.com"];
    let found: Vec<String> = resolve(&read).into_iter().map(|each| each.host).collect();
    assert_eq!(found, order);
    let found: Vec<String> = stacks(&read).into_iter().map(|each| each.host).collect();
    assert_eq!(found, order);
}
