//! Names of HCP Terraform that nobody could look up, and what is not known of those that were read.

use std::fmt::Write as _;
use std::sync::Arc;

use rolewalk::answer::{self, Limits, MatrixFilter, Stated, Verdict};
use rolewalk::graph::Graph;
use rolewalk::org::hcp;
use rolewalk::org::reading::{Fact, HcpReading};
use rolewalk::org::{Facts, NotReadKind};
use rolewalk::workload::Phase;

use crate::brute::graph;
use crate::fixture::readings;

fn trusts(subjects: &[(&str, &str)]) -> String {
    let mut text = "oidc A app.terraform.io aws.workload.identity\n".to_owned();
    for (role, subject) in subjects {
        let _ = writeln!(
            text,
            "role A/{role}\n tp: Allow from fed:A/oidc/app.terraform.io \
             if StringLike app.terraform.io:sub {subject}"
        );
    }
    text
}

fn trusting(subjects: &[(&str, &str)]) -> Graph {
    graph(&trusts(subjects))
}

/// Roles that a source reaches, with the verdict of each.
fn reached(graph: &Graph, source: &str) -> Vec<(String, Verdict)> {
    let found = answer::reach(graph, source, Limits::LIST).unwrap();
    let row =
        |row: &answer::Reached| (row.principal.rsplit('/').next().unwrap().to_owned(), row.verdict);
    found.targets.iter().filter(|row| row.verdict != Verdict::Denied).map(row).collect()
}

/// One organization with one workspace.
fn one_workspace() -> hcp::HcpTerraform {
    let workspace = hcp::Workspace {
        id: "ws-1".to_owned(),
        name: "app".to_owned(),
        organization: "Acme".to_owned(),
        project: "prj-1".to_owned(),
        execution_mode: "remote".to_owned(),
    };
    hcp::HcpTerraform {
        host: "app.terraform.io".to_owned(),
        organizations: vec!["Acme".to_owned()],
        workspaces: vec![workspace],
        ..hcp::HcpTerraform::default()
    }
}

fn with_hcp(text: &str, read: hcp::HcpTerraform) -> Graph {
    let mut readings = readings(text);
    readings.hcp = vec![HcpReading {
        host: Some("app.terraform.io".to_owned()),
        read_at: None,
        workspaces: Fact::Read(hcp::Workspaces::AsRead(read)),
        incomplete: Vec::new(),
    }];
    Graph::build(Arc::new(Facts::build(readings)))
}

/// Names compare without case, so another letter case than that of a policy is no denial.
#[test]
fn names_are_taken_as_policies_write_them() {
    let allowed = |role: &str| vec![(role.to_owned(), Verdict::Allowed)];
    let whole = trusting(&[("R", "organization:Acme:project:Net:workspace:App:run_phase:*")]);
    assert_eq!(reached(&whole, "tfc:acme/net/app:apply"), allowed("R"));
    let organization = trusting(&[("R", "organization:Acme:*")]);
    assert_eq!(reached(&organization, "tfc:acme/net/app:apply"), allowed("R"));
    assert_eq!(reached(&organization, "tfc-stack:acme/net/s:d:apply"), allowed("R"));
    assert_eq!(reached(&organization, "tfc-stack:acme/*/*:*:apply"), allowed("R"));
    let parts =
        trusting(&[("R", "organization:Acme:project:Prod-*:workspace:App-*:run_phase:apply")]);
    assert_eq!(reached(&parts, "tfc:acme/prod-1/app-1:apply"), allowed("R"));
    assert_eq!(reached(&parts, "tfc:acme/prod-1/app-1:plan"), []);
    assert_eq!(reached(&parts, "tfc:other/prod-1/app-1:apply"), []);
}

/// Where policies write a name in several ways, nobody knows which of them the token has.
#[test]
fn each_of_several_spellings_is_meant() {
    let graph = trusting(&[
        ("One", "organization:Acme:project:*:workspace:app:run_phase:apply"),
        ("Two", "organization:acme:project:*:workspace:app:run_phase:apply"),
    ]);
    let both = reached(&graph, "tfc:ACME/x/app:apply");
    assert_eq!(both.len(), 2, "{both:?}");
    let why =
        answer::why(&graph, "tfc:ACME/x/app:apply", "111111111111/One", None, &Stated::default());
    assert!(why.unwrap_err().to_string().contains("2 things"));
}

/// The host of an issuer compares without case, and providers keep theirs.
#[test]
fn an_issuer_is_found_in_any_letter_case_of_its_host() {
    let graph = graph(
        "oidc A Git.Acme.example one
         role A/R
           tp: Allow from fed:A/oidc/Git.Acme.example if StringEquals Git.Acme.example:sub a",
    );
    for host in ["Git.Acme.example", "git.acme.example", "https://GIT.acme.example"] {
        let found = reached(&graph, &format!("oidc:{host}#a"));
        assert_eq!(found, [("R".to_owned(), Verdict::Allowed)], "{host}");
    }
}

/// Where the names of projects were not read, a token is one of some project, not of none; hosts are
/// in lower case in tokens, whatever somebody wrote down.
#[test]
fn a_workspace_of_an_unread_project_has_no_made_up_subject() {
    let text = "oidc A app.terraform.io aws.workload.identity
        role A/R
          tp: Allow from fed:A/oidc/app.terraform.io if StringLike app.terraform.io:sub organization:Acme:project:Net:workspace:app:run_phase:*
        role A/S
          tp: Allow from fed:A/oidc/app.terraform.io if StringLike app.terraform.io:sub organization:Acme:project:*:workspace:app:run_phase:*";
    let built = |projects: Vec<hcp::Project>| {
        let read =
            hcp::HcpTerraform { host: "App.Terraform.io".to_owned(), projects, ..one_workspace() };
        with_hcp(text, read)
    };
    let unread = built(Vec::new());
    let role = |name: &str, verdict| (name.to_owned(), verdict);
    let found = reached(&unread, "tfc:Acme/prj-1/app:apply");
    assert_eq!(found, [role("S", Verdict::Allowed), role("R", Verdict::Conditional)]);
    let (id, organization) = ("prj-1".to_owned(), "Acme".to_owned());
    let other = built(vec![hcp::Project { id, name: "Other".to_owned(), organization }]);
    let found = reached(&other, "tfc:Acme/Other/app:apply");
    assert_eq!(found, [role("S", Verdict::Allowed)]);
}

/// What the token could not see may be there, if a policy names it.
#[test]
fn an_organization_that_was_never_seen_is_known_from_policies() {
    let text = trusts(&[
        ("R", "organization:Other:*"),
        ("S", "organization:Acme:project:*:workspace:*:run_phase:apply"),
        ("T", "organization:*:project:Net:workspace:*:run_phase:apply"),
    ]);
    let graph = with_hcp(&text, one_workspace());
    let role = |name: &str, verdict| (name.to_owned(), verdict);
    let found = reached(&graph, "tfc:other/Net/w:apply");
    assert_eq!(found, [role("R", Verdict::Allowed), role("T", Verdict::Allowed)]);
    assert_eq!(reached(&graph, "tfc-stack:other/Net/s:d:plan"), [role("R", Verdict::Allowed)]);
    // Of an organization that was read all workspaces are known, and of others nobody speaks of
    // these.
    for source in ["tfc:acme/Net/w", "tfc:typo/Pay/w", "tfc-stack:acme/Net/s"] {
        let error = answer::reach(&graph, source, Limits::LIST).unwrap_err().to_string();
        assert!(error.contains("names nothing"), "{error}");
    }
    assert_eq!(reached(&graph, "tfc:typo/Net/w:apply"), [role("T", Verdict::Allowed)]);
    let found = rows(&graph);
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(
        found,
        [
            "tfc:Acme/prj-1/app",
            "oidc:app.terraform.io#organization:*:project:Net:workspace:*:run_phase:apply",
            "oidc:app.terraform.io#organization:Other:*",
        ]
    );
    let hidden = hcp::Unreadable {
        kind: "workspaces".to_owned(),
        id: "acme".to_owned(),
        message: "403".to_owned(),
        reason: NotReadKind::Denied,
    };
    let read = hcp::HcpTerraform { unreadable: vec![hidden], ..one_workspace() };
    assert_eq!(rows(&with_hcp(&text, read)).len(), 4, "what stands for its workspaces too");
}

/// The rows of a matrix of everything.
fn rows(graph: &Graph) -> Vec<String> {
    let matrix = answer::matrix(graph, None, None, Limits::LIST).unwrap();
    assert_eq!(matrix.sources_left_out, 0);
    matrix.workspaces.into_iter().map(|row| row.selector).collect()
}

const APP: &str = "organization:Acme:project:Net:workspace:app:run_phase:apply";

/// What policies let in, and nothing that was read stands for.
#[test]
fn what_nobody_stands_for_is_a_row_of_its_own() {
    let text = trusts(&[
        ("Ghost", "organization:Acme:project:Net:workspace:ghost:run_phase:apply"),
        ("Stack", "organization:Acme:project:Net:stack:s:deployment:*:operation:apply"),
        ("Test", "organization:Acme:module:m:operation:test_run"),
        ("Wide", "organization:Acme*:project:prj-1:workspace:app:run_phase:apply"),
        ("Own", "organization:Acme:*"),
    ]);
    let project = hcp::Project {
        id: "prj-1".to_owned(),
        name: "Net".to_owned(),
        organization: "Acme".to_owned(),
    };
    let read = hcp::HcpTerraform { projects: vec![project], ..one_workspace() };
    let graph = with_hcp(&text, read.clone());
    let found = rows(&graph);
    let ends = [
        "Net/app",
        "workspace:ghost:run_phase:apply",
        "/Net/s:*:apply",
        "test_run",
        "app:run_phase:apply",
    ];
    for end in ends {
        assert!(found.iter().any(|row| row.ends_with(end)), "{end}: {found:?}");
    }
    assert_eq!(found.len(), 5);
    // Local runs have no token: whoever lets one in means another.
    let mut local = read.clone();
    local.workspaces[0].execution_mode = "local".to_owned();
    let text = text.clone() + &trusts(&[("App", APP)]);
    assert!(!rows(&with_hcp(&text, read.clone())).iter().any(|row| row.ends_with(APP)));
    assert!(rows(&with_hcp(&text, local)).iter().any(|row| row.ends_with(APP)));
    // It may be there, and be one that the token can't see.
    let ghost = reached(&graph, "tfc:acme/net/ghost:apply");
    assert!(ghost.contains(&("Ghost".to_owned(), Verdict::Allowed)), "{ghost:?}");
    assert!(answer::reach(&graph, "tfc:acme/net/other", Limits::LIST).is_err());
    // What was left out of a reading may be any.
    let hidden = hcp::Unreadable {
        kind: "workspace".to_owned(),
        id: "ws-2".to_owned(),
        message: "left out".to_owned(),
        reason: NotReadKind::Failed,
    };
    let graph = with_hcp(&text, hcp::HcpTerraform { unreadable: vec![hidden], ..read });
    assert_eq!(rows(&graph).len(), 6);
    assert_eq!(reached(&graph, "tfc:acme/net/other:apply"), [("Own".to_owned(), Verdict::Allowed)]);
}

/// Subjects may fix the phase, and then tell nothing of the other one.
#[test]
fn a_subject_that_fixes_the_phase_has_it() {
    let graph = trusting(&[
        ("P", "organization:Acme:project:Net:workspace:*:run_phase:plan"),
        ("A", "organization:Acme:project:Net:workspace:*:run_phase:apply"),
        ("B", "organization:Acme:project:Net:workspace:*:run_phase:*"),
        ("S", "organization:Acme:project:Net:stack:s:deployment:*:operation:apply"),
    ]);
    let of_phase = |phase: Option<&'static str>| {
        let filter = MatrixFilter { phase, ..MatrixFilter::default() };
        let matrix = answer::filtered_matrix(&graph, None, None, &filter, Limits::LIST, None);
        let mut found: Vec<(String, Option<Phase>)> = Vec::new();
        for cell in matrix.unwrap().cells {
            assert!(!cell.is_run());
            let subject = cell.workspace().rsplit_once(':').unwrap().1.to_owned();
            found.push((subject, cell.phase()));
        }
        found.sort();
        found
    };
    let cell = |end: &str, phase| (end.to_owned(), phase);
    let both = cell("*", None);
    let applies = cell("apply", Some(Phase::Apply));
    let plans = cell("plan", Some(Phase::Plan));
    assert_eq!(of_phase(Some("plan")), [both.clone(), plans.clone()]);
    assert_eq!(of_phase(Some("apply")), [both.clone(), applies.clone(), applies.clone()]);
    assert_eq!(of_phase(None), [both, applies.clone(), applies, plans]);
}
