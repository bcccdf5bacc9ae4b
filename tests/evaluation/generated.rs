//! The organizations that benchmarks are run on are what they say they are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rolewalk::answer::{self, Limits, Verdict};
use rolewalk::graph::{Graph, Node};
use rolewalk::org::hcp::{Variable, WorkspaceVariable, Workspaces};
use rolewalk::org::reading::{AccountReading, Fact, HcpReading, Identities, Readings, Role};
use rolewalk::org::{Facts, Key};
use rolewalk::policy::Document;
use rolewalk::snapshot::Store;
use rolewalk::workload::Phase;
use sha2::{Digest, Sha256};

use crate::brute::check_many;
use crate::organization::{self, Plan, Wide};

fn readings(plan: &Plan) -> Readings {
    Readings {
        organization: Some(plan.organization()),
        accounts: plan.accounts().collect(),
        hcp: plan.hcp(),
        ..Readings::default()
    }
}

fn roles(readings: &Readings) -> Vec<&Role> {
    readings.accounts.iter().filter_map(identities).flat_map(|found| &found.roles).collect()
}

fn identities(account: &AccountReading) -> Option<&Identities> {
    account.identities.read()
}

/// How many roles are wide, in the order of the fields of [`Wide`].
fn wide(readings: &Readings) -> [usize; 4] {
    let roles = roles(readings);
    let trusting = |form: &[&str]| {
        roles.iter().filter(|role| form.iter().all(|part| role.trust.contains(part))).count()
    };
    let narrower = trusting(&["aws:PrincipalOrgID", "aws:PrincipalArn"])
        + trusting(&["aws:PrincipalOrgID", "aws:PrincipalTag"]);
    let assumes_any = |role: &&&Role| {
        role.attached.iter().any(|arn| arn.ends_with("policy/orchestration-assume"))
            || role.inline.iter().any(|policy| policy.name == "orchestrate")
    };
    [
        trusting(&["aws:PrincipalOrgID"]) - narrower,
        roles.iter().filter(assumes_any).count(),
        trusting(&["aws:PrincipalArn"]),
        trusting(&["aws:PrincipalTag/team"]),
    ]
}

#[test]
fn a_plan_gives_one_organization_and_another_seed_another() {
    let plan = Plan { workspaces: 30, ..Plan::new(12, 40) };
    assert_eq!(readings(&plan), readings(&plan));
    let other = Plan { seed: 2, ..plan.clone() };
    assert_ne!(plan.label(), other.label());
    let ids = |plan: &Plan| plan.accounts().map(|one| one.account).collect::<BTreeSet<_>>();
    assert_eq!(ids(&plan).len(), 12);
    assert!(ids(&plan).is_disjoint(&ids(&other)));
}

/// Figures of different organizations must not stand beside each other, and databases are kept.
#[test]
fn the_version_changes_with_what_is_made() {
    let mut hash = Sha256::new();
    for role in roles(&readings(&Plan::new(16, 60))) {
        hash.update(format!("{} {} {:?}", role.name, role.trust, role.attached));
        role.inline.iter().for_each(|policy| hash.update(&*policy.document));
    }
    assert_eq!(
        (organization::VERSION, hash.finalize()[..4].to_vec()),
        (1, vec![0x08, 0x86, 0x6b, 0x58]),
        "organizations are others than before: count their version up"
    );
}

#[test]
fn there_are_as_many_roles_as_planned_and_no_name_stands_twice() {
    for (accounts, roles) in [(1, 1), (2, 3), (3, 10), (7, 25), (30, 40), (5, 1000)] {
        let readings = readings(&Plan::new(accounts, roles));
        assert_eq!(readings.accounts.len(), accounts as usize);
        for account in &readings.accounts {
            let found = &identities(account).unwrap().roles;
            assert_eq!(found.len(), roles as usize);
            let names: BTreeSet<&str> = found.iter().map(|role| role.name.as_str()).collect();
            assert_eq!(names.len(), found.len(), "{names:?}");
            assert!(names.iter().all(|name| name.len() <= 64), "{names:?}");
        }
    }
}

#[test]
fn wide_roles_have_the_shares_that_were_asked_for() {
    // Of 40 roles of an account 5 % are 2, 1 % is not even one.
    assert_eq!(wide(&readings(&Plan::new(50, 40))), [100; 4]);
    let shares = Wide { organization: 10, any_role: 20, caller_pattern: 0, team: 100 };
    let plan = Plan { wide: shares, ..Plan::new(50, 40) };
    assert_eq!(wide(&readings(&plan)), [20, 40, 0, 200]);
    let none = Plan { wide: Wide::all(0), ..Plan::new(50, 40) };
    assert_eq!(wide(&readings(&none)), [0; 4]);
}

#[test]
fn every_pattern_of_callers_is_another_one() {
    let readings = readings(&Plan::new(40, 200));
    let patterns: Vec<&str> = roles(&readings)
        .into_iter()
        .filter_map(|role| role.trust.split_once(r#""aws:PrincipalArn":""#))
        .filter_map(|(_, rest)| rest.split('"').next())
        .collect();
    assert_eq!(patterns.len(), 400);
    assert_eq!(patterns.iter().collect::<BTreeSet<_>>().len(), 400);
}

#[test]
fn teams_are_written_in_both_ways_and_on_the_roles_that_ask_for_them() {
    let readings = readings(&Plan::new(40, 200));
    let mut ways = BTreeMap::new();
    for role in roles(&readings) {
        let Some((_, rest)) = role.trust.split_once(r#""aws:PrincipalTag/team":""#) else {
            continue;
        };
        let value = rest.split('"').next().unwrap();
        let literal = value != "${aws:ResourceTag/team}";
        assert!(!literal || role.tags["team"] == value, "{role:?}");
        *ways.entry(literal).or_insert(0) += 1;
    }
    assert_eq!(ways, BTreeMap::from([(false, 200), (true, 200)]));
}

#[test]
fn every_policy_can_be_read() {
    let readings = readings(&Plan::new(30, 120));
    let facts = Facts::build(readings);
    assert!(facts.documents.iter().count() > 1000);
    for (key, document) in facts.documents.iter() {
        let parsed: &Document = document.parsed.as_ref().unwrap_or_else(|error| {
            panic!("document {}: {error}\n{}", key.index(), document.text);
        });
        for statement in &parsed.statements {
            assert!(statement.problems.is_empty(), "{:?}\n{}", statement.problems, document.text);
        }
    }
}

#[test]
fn accounts_stay_unread_where_that_is_asked_for() {
    let readings = readings(&Plan { unread: 3, ..Plan::new(20, 10) });
    let unread: Vec<usize> = readings
        .accounts
        .iter()
        .enumerate()
        .filter(|(_, account)| matches!(account.identities, Fact::NotRead(_)))
        .map(|(at, _)| at)
        .collect();
    assert_eq!(unread.len(), 3);
    assert!(unread.iter().all(|at| *at >= 4), "{unread:?}");
}

#[test]
fn a_database_gives_back_what_was_written_into_it() {
    let plan = Plan { unread: 2, workspaces: 15, ..Plan::new(13, 50) };
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("facts.db");
    let mut written = 0;
    let id = organization::write(&plan, &path, |accounts| written = accounts).unwrap();
    assert_eq!(written, 13);
    let loaded = Store::open_read_only(&path).unwrap().load(id).unwrap();
    let mut made = readings(&plan);
    made.accounts.sort_by_key(|account| account.account);
    assert_eq!(loaded.organization, made.organization);
    assert_eq!(loaded.accounts, made.accounts);
    assert_eq!(loaded.hcp, made.hcp);
}

/// The kinds of roles do what they are there for: else a benchmark asks about nothing.
#[test]
fn roles_of_every_kind_are_reached_as_meant() {
    let plan = Plan { workspaces: 30, ..Plan::new(12, 40) };
    let graph = Graph::build(Arc::new(Facts::build(readings(&plan))));
    let ids: Vec<String> = plan.accounts().map(|account| account.account.to_string()).collect();
    let best = |source: &str, account: usize, role: &str| {
        let target = format!("{}/{role}", ids[account]);
        let paths = answer::paths(&graph, source, &target, Limits::PATHS).unwrap().paths;
        let best = paths.first().map(|path| (path.verdict, path.hops.len()));
        best.filter(|(verdict, _)| *verdict != Verdict::Denied)
    };
    let (management, hub, dev, test, prod) = (0, 1, 4, 5, 7);
    let allowed = |hops| Some((Verdict::Allowed, hops));
    // HCP Terraform, through the hub and through a provider of the account's own.
    let platform = "tfc:acme/platform/landing-zone-0:apply";
    assert_eq!(best(platform, prod, "tf-member"), allowed(2));
    assert_eq!(best(platform, 11, "tf-member"), allowed(2));
    assert_eq!(best("tfc:acme/orders/orders-prod:apply", prod, "terraform-apply"), allowed(1));
    assert_eq!(best("tfc:acme/billing/billing-prod:plan", 11, "tf-member"), allowed(2));
    assert_eq!(best("tfc:acme/billing/billing-prod:plan", hub, "tf-hub-orders"), None);
    // From account to account.
    let pipeline = format!("{}/pipeline-api-00", ids[dev]);
    assert_eq!(best(&pipeline, test, "deploy-api-00"), allowed(1));
    assert_eq!(best(&pipeline, prod, "deploy-api-00"), allowed(3));
    let administrator = format!("{}/break-glass", ids[management]);
    assert_eq!(best(&administrator, prod, "OrganizationAccountAccessRole"), allowed(1));
    // Conditions that callers fulfil.
    let conditional = Some((Verdict::Conditional, 1));
    let user = format!("user:{}/break-glass-1", ids[management]);
    assert_eq!(best(&user, prod, "break-glass"), conditional);
    assert_eq!(best("external:064147000011", prod, "datadog-integration"), conditional);
    assert_eq!(
        best("github:acme/orders-api-00:environment:prod", prod, "github-orders-api-00"),
        allowed(1)
    );
    // The wide kinds.
    let runner = format!("{}/orders-api-00-runner", ids[dev]);
    assert_eq!(best(&runner, 11, "billing-api-00-shared"), allowed(1));
    assert_eq!(best(&runner, dev, "orders-api-00-guarded"), allowed(1));
    assert_eq!(best(&runner, test, "orders-api-00-guarded"), allowed(1));
    assert_eq!(best(&runner, 11, "billing-api-00-guarded"), None);
    let tagged = plan
        .accounts()
        .filter_map(|account| Some((account.account, identities(&account)?.roles.clone())))
        .flat_map(|(account, roles)| roles.into_iter().map(move |role| (account, role)));
    let mut met = 0;
    for (account, role) in tagged.filter(|(_, role)| role.name.ends_with("00-team")) {
        let target = format!("{account}/{}", role.name);
        let found = answer::who_can(&graph, &target, Limits { rows: 1000, hops: 1 }).unwrap();
        met += found.principals.iter().filter(|row| row.principal.contains("-runner")).count();
    }
    assert!(met > 0, "no caller has the team of any role that asks for one");
}

/// In an organization as they are, what workspaces reach is told for all of them at once.
#[test]
fn workspaces_of_a_large_organization_are_searched_together() {
    for (seed, unread) in [(1, 0), (2, 1)] {
        let plan = Plan { seed, unread, workspaces: 40, ..Plan::new(12, 60) };
        let graph = Graph::build(Arc::new(Facts::build(readings(&plan))));
        let sources: Vec<Node> = (0..graph.workspaces().len())
            .flat_map(|at| Phase::ALL.map(|phase| Node::Workspace(at, phase)))
            .collect();
        let found = check_many(&graph, &sources).expect("they agree");
        assert!(found > sources.len(), "only {found} cells of {} rows", sources.len());
    }
}

/// A row says the same whichever others stand beside it.
#[test]
fn a_row_of_the_matrix_is_that_of_its_workspace_alone() {
    let plan = Plan { workspaces: 24, wide: Wide::all(0), ..Plan::new(12, 40) };
    let mut readings = readings(&plan);
    // What the hub leads to asks for an address.
    for account in &mut readings.accounts {
        let Fact::Read(identities) = &mut account.identities else { continue };
        for role in identities.roles.iter_mut().filter(|role| role.name == "tf-member") {
            let asks = r#""Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}},"Effect":"#;
            role.trust = role.trust.replacen(r#""Effect":"#, asks, 1).into();
        }
    }
    // The tokens of every other workspace are for somebody else.
    let [HcpReading { workspaces: Fact::Read(Workspaces::AsRead(hcp)), .. }] =
        readings.hcp.as_mut_slice()
    else {
        panic!("the plan has workspaces");
    };
    for workspace in hcp.workspaces.iter().step_by(2) {
        let variable = Variable {
            key: "TFC_AWS_WORKLOAD_IDENTITY_AUDIENCE".to_owned(),
            category: "env".to_owned(),
            value: Some("somebody-else".to_owned()),
        };
        hcp.variables.push(WorkspaceVariable { workspace: workspace.id.clone(), variable });
    }
    let graph = Graph::build(Arc::new(Facts::build(readings)));
    let whole = answer::matrix(&graph, None, None, Limits::LIST).expect("a matrix");
    assert!(whole.cells.iter().any(|cell| !cell.needs.is_empty()));
    for row in &whole.workspaces {
        let alone = answer::matrix(&graph, Some(&row.selector), None, Limits::LIST);
        let beside = whole.cells.iter().filter(|cell| *cell.workspace() == *row.selector);
        assert!(alone.expect("a matrix").cells.iter().eq(beside), "{}", row.selector);
    }
}
