//! Sources of tokens in the sample organization: what fails of the settings, whom patterns of
//! subjects stand for, and tokens of other issuers.

use std::sync::Arc;

use rolewalk::answer::{self, Configured, Detail, Limits, PrincipalKind, Verdict};
use rolewalk::graph::Graph;
use rolewalk::org::Facts;

use crate::graph;

fn unread() -> Graph {
    let mut readings = rolewalk::snapshot::sample();
    readings.hcp.clear();
    Graph::build(Arc::new(Facts::build(readings)))
}

fn matrix(graph: &Graph) -> answer::Matrix {
    answer::matrix(graph, None, None, Limits::LIST).unwrap()
}

/// The mistakes that are planted in settings and in the policies behind them: a workspace, its
/// phase, the role, the layer that denies, and a part of the cause.
const BROKEN: [(&str, &str, &str, Option<&str>, &str); 12] = [
    ("Web/web-prod", "apply", "tf-hub-web-apply", Some("trust"), "takes wildcards literally"),
    (
        "Legacy/old-mail",
        "plan",
        "tf-hub-legacy",
        Some("trust"),
        "organization:acme:workspace:old-*",
    ),
    ("Web/web-cdn", "apply", "tf-hub-web-cdn", Some("trust"), "project:Network"),
    ("Payments/pay-prod", "plan", "tf-hub-payments-plan", Some("trust"), "project:payments"),
    ("Web/web-edge", "apply", "tf-hub-edge", Some("trust"), "terraform_workspace_id"),
    ("Network/net-transit", "apply", "tf-hub-apply", Some("trust"), "net-transit"),
    ("Data/data-dev", "apply", "tfc-direct", Some("trust"), "run_phase:plan"),
    ("Data/data-lake-prod", "apply", "tf-hub-data", Some("provider"), "aws.acme.data"),
    ("Network/net-vpn-lab", "apply", "tfc-direct", Some("provider"), "no OIDC provider"),
    ("Legacy/erp-archive", "apply", "tf-hub-2022", Some("sts"), "app.terraform.io:sub"),
    ("Web/web-preview", "plan", "tf-hub-preview", None, "no such role"),
    ("Sandbox/play-local", "apply", "", None, ""),
];

#[test]
fn every_setting_that_fails_is_seen_with_its_cause() {
    let graph = graph();
    let matrix = matrix(&graph);
    for (workspace, phase, role, layer, cause) in BROKEN {
        let selector = format!("tfc:acme/{workspace}");
        let Detail::Workspace(detail) = answer::detail(&graph, &selector).unwrap() else {
            panic!("{selector} is a workspace");
        };
        if role.is_empty() {
            // What runs locally has no token to ask with, and says so.
            assert_eq!(detail.notes, ["local execution"]);
            let row = matrix.workspaces.iter().find(|row| row.selector == selector).unwrap();
            assert_eq!(row.note.as_deref(), Some("local execution"));
            continue;
        }
        let cells = matrix.cells.iter().filter(|cell| {
            *cell.workspace() == *selector && cell.phase().is_some_and(|it| it.as_str() == phase)
        });
        let mut broken = cells.filter_map(|cell| Some((cell, cell.broken.first()?)));
        let (cell, why) = broken.next().unwrap_or_else(|| panic!("{selector}:{phase} works"));
        assert!(why.role.ends_with(&format!("/{role}")), "{selector}: {}", why.role);
        assert_eq!(why.layer.map(answer::Layer::as_str), layer, "{selector}");
        assert!(why.text.contains(cause), "{selector}: {}", why.text);
        assert_eq!(cell.configured, Configured::All, "{selector}");
        let phase = detail
            .phases
            .iter()
            .find(|it| it.phase == phase && it.role.as_ref() == Some(&why.role))
            .unwrap();
        assert_eq!(phase.reason.as_ref().map(|it| it.layer.as_str()), layer, "{selector}");
        let said = phase.cause.clone().or(phase.reason.as_ref().map(|it| it.text.clone()));
        let said = said.or_else(|| detail.notes.first().cloned()).unwrap();
        assert!(said.contains(cause) || layer.is_none(), "{selector}: {said}");
    }
}

#[test]
fn the_four_of_configured_and_permitted_are_told_apart() {
    let matrix = matrix(&graph());
    let hub = |workspace: &str, phase: &str| {
        let selector = format!("tfc:acme/{workspace}");
        let cell = matrix.cells.iter().find(|cell| {
            *cell.workspace() == *selector
                && cell.phase().is_some_and(|it| it.as_str() == phase)
                && cell.account() == "222222222222"
        });
        cell.map(|cell| (cell.permitted, cell.configured, !cell.broken.is_empty()))
    };
    assert_eq!(hub("Network/net-prod", "apply"), Some((true, Configured::All, false)));
    // Another role of the same account would take it, the configured one does not.
    assert_eq!(hub("Network/net-transit", "apply"), Some((true, Configured::All, true)));
    assert_eq!(hub("Legacy/old-dns", "apply"), Some((true, Configured::No, false)));
    // The provider takes another audience than the one that is set, whose author may change it.
    assert_eq!(hub("Data/data-lake-prod", "apply"), Some((true, Configured::All, true)));
    // Whose credentials local runs have, and where they lead, nobody knows.
    assert_eq!(hub("Sandbox/play-local", "apply"), Some((false, Configured::No, false)));
    let local = |cell: &&answer::MatrixCell| cell.workspace().ends_with("/play-local");
    assert!(matrix.cells.iter().filter(local).all(|cell| cell.verdict == Verdict::Unknown));
}

fn callers(graph: &Graph, role: &str) -> answer::WhoCan {
    answer::who_can(graph, role, Limits::LIST).unwrap()
}

fn pattern<'w>(found: &'w answer::WhoCan, subject: &str) -> &'w answer::Reached {
    let name = format!("oidc:app.terraform.io#{subject}");
    let row = found.principals.iter().find(|row| row.principal == name);
    row.unwrap_or_else(|| panic!("{subject} in {:#?}", found.principals))
}

#[test]
fn a_pattern_says_which_workspaces_fit_it() {
    let graph = graph();
    let found = callers(&graph, "tfc-hub/tf-hub-modules");
    let row = pattern(&found, "organization:acme:*");
    assert_eq!((row.kind, row.verdict), (PrincipalKind::Pattern, Verdict::Allowed));
    assert_eq!(found.patterns, 1);
    let admits = row.admits.as_ref().unwrap();
    assert_eq!(admits.text, "anything in organization acme");
    assert!(admits.tenant_fixed);
    let fitting = admits.workspaces.as_ref().unwrap();
    let read = graph.workspaces().iter().filter(|it| it.execution_mode != "local").count();
    assert_eq!(fitting.count, read);
    // What a pattern reaches can be asked for by its name.
    let reach = answer::reach(&graph, &row.principal, Limits::LIST).unwrap();
    assert!(reach.targets.iter().any(|it| it.principal.ends_with("/tf-hub-modules")));
}

#[test]
fn a_subject_that_no_workspace_has_says_where_the_workspace_is() {
    let graph = graph();
    let note = |role: &str, subject: &str| {
        pattern(&callers(&graph, role), subject).admits.clone().unwrap().note.unwrap()
    };
    let moved = "organization:acme:project:Network:workspace:web-cdn:run_phase:*";
    assert!(note("tfc-hub/tf-hub-web-cdn", moved).contains("is in project `Web`"));
    let spelled = "organization:acme:project:payments:workspace:pay-prod:run_phase:plan";
    assert!(note("tfc-hub/tf-hub-payments-plan", spelled).contains("is in project `Payments`"));
    let old = "organization:acme:workspace:old-*:run_phase:*";
    assert!(note("tfc-hub/tf-hub-legacy", old).contains("no token of today"));
}

#[test]
fn trust_policies_say_what_is_wrong_with_how_they_let_tokens_in() {
    let graph = graph();
    for (role, note) in [
        ("tfc-hub/tf-hub-2022", "`app.terraform.io:sub` is not evaluated: STS refuses the tokens"),
        ("tfc-hub/tf-hub-edge", "`StringEquals` on it never holds"),
        ("tfc-hub/tf-hub-web-apply", "compares wildcards literally"),
        ("dev-net/tfc-direct", "names the provider of account 222222222222"),
        ("prod-web/gha-checkout", "knows classic subjects only"),
    ] {
        let notes = callers(&graph, role).trust_notes;
        assert!(notes.iter().any(|it| it.contains(note)), "{role}: {notes:?}");
    }
    assert!(callers(&graph, "tfc-hub/tf-hub-apply").trust_notes.is_empty());
}

/// Without a token for HCP Terraform the policies still tell whom they let in.
#[test]
fn workspaces_that_were_not_read_are_there_as_patterns() {
    let graph = unread();
    let found = callers(&graph, "tfc-hub/tf-hub-modules");
    let admits = pattern(&found, "organization:acme:*").admits.clone().unwrap();
    assert_eq!(admits.workspaces, None);
    let found = callers(&graph, "tfc-hub/tf-hub-apply");
    let named =
        found.principals.iter().find(|row| row.principal == "tfc:acme/Network/net-prod:apply");
    assert_eq!(named.map(|row| row.kind), Some(PrincipalKind::Subject));
    let matrix = matrix(&graph);
    let row = matrix
        .workspaces
        .iter()
        .find(|row| row.selector == "oidc:app.terraform.io#organization:acme:*");
    assert_eq!(row.map(|row| row.project.as_str()), Some("HCP Terraform acme"));
    let reach = answer::reach(&graph, "tfc:acme/Network/*:apply", Limits::LIST).unwrap();
    assert!(reach.counts.conditional > 0);
}

#[test]
fn tokens_of_other_issuers_are_rows_of_the_matrix() {
    let graph = graph();
    let matrix = matrix(&graph);
    let others: Vec<_> =
        matrix.workspaces.iter().filter(|row| row.kind != PrincipalKind::Workspace).collect();
    assert!(others.iter().any(|row| row.project == "GitHub Actions acme/infra"));
    // Of HCP Terraform those that no workspace has: another project, another letter case, anything.
    let hcp = others.iter().filter_map(|row| row.selector.strip_prefix("oidc:app.terraform.io#"));
    let hcp: Vec<&str> = hcp.collect();
    assert_eq!(
        hcp,
        [
            "*",
            "organization:acme:project:Network:workspace:web-cdn:run_phase:*",
            "organization:acme:project:payments:workspace:pay-ledger:run_phase:plan",
            "organization:acme:project:payments:workspace:pay-prod:run_phase:plan",
        ]
    );
    let cell = matrix.cells.iter().find(|cell| {
        cell.workspace().ends_with("#repo:acme/infra:environment:production")
            && cell.account() == "555555555555"
    });
    let cell = cell.unwrap();
    assert_eq!((cell.phase(), cell.verdict), (None, Verdict::Allowed));
    assert_eq!((cell.permitted, cell.configured), (true, Configured::No));
}

/// A repository is asked for in both forms that its subjects may have.
#[test]
fn a_repository_is_asked_for_in_both_forms() {
    let graph = graph();
    let why = |caller: &str, role: &str| {
        answer::why(&graph, caller, role, None, &answer::Stated::default()).unwrap()
    };
    let matched = why("github:acme/infra:environment:production", "prod-web/gha-deploy-production");
    assert_eq!(matched.verdict, Verdict::Allowed);
    assert!(matched.caller.ends_with("#repo:acme/infra:environment:production"));
    let said = matched.caveats.iter().find(|it| it.id == "W9").unwrap();
    assert!(said.text.contains("repo:acme@*/infra@*:environment:production` is denied"));
    // Whoever knows the ids asks for one form.
    let exact = why("github:acme@4815162/infra@3:environment:production", "prod-web/gha-checkout");
    assert!(exact.caveats.iter().all(|it| it.id != "W9"));
    let reach = answer::reach(&graph, "github:acme/infra", Limits::LIST).unwrap();
    assert_eq!(reach.source, "github:acme/infra");
}

/// Names compare without case and subjects with, so a name that nobody could look up is taken as
/// trust policies write it.
#[test]
fn names_of_a_host_that_was_not_read_are_written_as_policies_write_them() {
    let graph = unread();
    for typed in ["tfc:acme/Network/net-prod:apply", "tfc:ACME/network/NET-PROD:apply"] {
        let why =
            answer::why(&graph, typed, "tfc-hub/tf-hub-apply", None, &answer::Stated::default());
        assert_eq!(why.unwrap().verdict, Verdict::Allowed, "{typed}");
    }
}
