//! Names of HCP Terraform that nobody could look up, and what is not known of those that were read.

use std::fmt::Write as _;
use std::sync::Arc;

use rolewalk::answer::{self, Limits, Stated, Verdict};
use rolewalk::graph::Graph;
use rolewalk::org::Facts;
use rolewalk::org::hcp;
use rolewalk::org::reading::{Fact, HcpReading};

use crate::fixture::readings;
use crate::graph::graph;

fn trusting(subjects: &[(&str, &str)]) -> Graph {
    let mut text = "oidc A app.terraform.io aws.workload.identity\n".to_owned();
    for (role, subject) in subjects {
        let _ = writeln!(
            text,
            "role A/{role}\n tp: Allow from fed:A/oidc/app.terraform.io \
             if StringLike app.terraform.io:sub {subject}"
        );
    }
    graph(&text)
}

/// Roles that a source reaches, with the verdict of each.
fn reached(graph: &Graph, source: &str) -> Vec<(String, Verdict)> {
    let found = answer::reach(graph, source, Limits::LIST).unwrap();
    let row =
        |row: &answer::Reached| (row.principal.rsplit('/').next().unwrap().to_owned(), row.verdict);
    found.targets.iter().filter(|row| row.verdict != Verdict::Denied).map(row).collect()
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
        let workspace = hcp::Workspace {
            id: "ws-1".to_owned(),
            name: "app".to_owned(),
            organization: "Acme".to_owned(),
            project: "prj-1".to_owned(),
            execution_mode: "remote".to_owned(),
        };
        let read = hcp::HcpTerraform {
            host: "App.Terraform.io".to_owned(),
            organizations: vec!["Acme".to_owned()],
            projects,
            workspaces: vec![workspace],
            ..hcp::HcpTerraform::default()
        };
        let mut readings = readings(text);
        readings.hcp = vec![HcpReading {
            host: Some("app.terraform.io".to_owned()),
            read_at: None,
            workspaces: Fact::Read(hcp::Workspaces::AsRead(read)),
            incomplete: Vec::new(),
        }];
        Graph::build(Arc::new(Facts::build(readings)))
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
