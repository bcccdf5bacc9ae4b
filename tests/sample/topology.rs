//! How tokens get into the sample's accounts, counted in another way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rolewalk::answer::{
    self, AccountWay, Counts, Design, Limits, LineWay, PrincipalKind, Topology, Verdict,
};
use rolewalk::graph::{Graph, workspace_selector};
use rolewalk::org::Facts;

const ALL: Limits = Limits { rows: usize::MAX, hops: 4 };

fn topology(graph: &Graph) -> Topology {
    let found = answer::topology(graph, ALL).unwrap();
    assert!(!found.truncated);
    found
}

fn account_of(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:aws:iam::")?.split(':').next()
}

fn is_live(verdict: Verdict) -> bool {
    verdict < Verdict::Unknown
}

/// Every workspace is asked what it reaches, role by role, and that is added up here.
#[test]
fn ways_and_counts_are_those_of_the_workspaces() {
    let graph = super::graph();
    let found = topology(&graph);
    let mut best: BTreeMap<String, BTreeMap<String, Verdict>> = BTreeMap::new();
    let (mut own, mut hub): (BTreeSet<String>, BTreeSet<String>) = Default::default();
    let mut through_hub: BTreeSet<String> = BTreeSet::new();
    for workspace in graph.workspaces() {
        let selector = workspace_selector(workspace);
        for phase in ["plan", "apply"] {
            let reach = answer::reach(&graph, &format!("{selector}:{phase}"), ALL).unwrap();
            for row in reach.targets.iter().filter(|row| row.verdict != Verdict::Denied) {
                let account = row.account.clone().unwrap();
                let known = best.entry(account.clone()).or_default();
                let known = known.entry(selector.clone()).or_insert(row.verdict);
                *known = row.verdict.min(*known);
                let unread = row.path.iter().any(|stop| stop.starts_with("account:"));
                if !is_live(row.verdict) || unread {
                    continue;
                }
                let first = account_of(&row.path[1]).unwrap();
                if first == account {
                    own.insert(account);
                } else {
                    if first == "222222222222" {
                        through_hub.insert(selector.clone());
                    }
                    hub.insert(account);
                }
            }
        }
    }
    let mut compared = 0;
    for account in &found.accounts {
        let mut counts = Counts::default();
        for verdict in best.get(&account.id).into_iter().flat_map(BTreeMap::values) {
            counts.add_many(*verdict, 1);
        }
        assert_eq!(account.workspaces, Some(counts), "{}", account.name);
        let way = account.hcp_terraform;
        if own.contains(&account.id) {
            assert!(matches!(way, AccountWay::Own | AccountWay::Both), "{}", account.name);
            compared += 1;
        }
        if hub.contains(&account.id) {
            assert!(matches!(way, AccountWay::Hub | AccountWay::Both), "{}", account.name);
            compared += 1;
        }
        if !own.contains(&account.id) && !hub.contains(&account.id) {
            assert_eq!(way, AccountWay::NotRead, "{}", account.name);
            assert!(!account.not_read.is_empty(), "{}", account.name);
        }
    }
    assert!(compared > 14, "{compared}");
    let line = &found.lines[0];
    assert_eq!((line.way, line.hub.as_deref()), (LineWay::Hub, Some("222222222222")));
    assert_eq!(line.workspaces, Some(through_hub.len()));
    assert_eq!(found.design, Design::Hub);
}

/// What is in reach of a hub role is what the role itself reaches.
#[test]
fn misuse_is_what_the_role_reaches() {
    let graph = super::graph();
    let found = topology(&graph);
    assert!(found.hub_roles.len() > 5);
    for hub in &found.hub_roles {
        let limits = Limits { hops: 3, ..ALL };
        let reach = answer::reach_summary(&graph, &hub.role, limits).unwrap();
        let roles = reach.by_kind.iter().find(|row| row.kind == PrincipalKind::Role).unwrap();
        let not_denied = Counts { denied: 0, ..roles.counts };
        assert_eq!(hub.misuse.roles, not_denied, "{}", hub.role);
        let admins = reach.admin_roles.unwrap();
        assert_eq!(hub.misuse.admin_roles, Counts { denied: 0, ..admins }, "{}", hub.role);
        let live = |counts: Counts| counts.allowed > 0;
        let others = reach.by_account.iter().filter(|row| row.account != hub.account);
        let allowed = others.filter(|row| live(row.counts)).count();
        assert_eq!(hub.misuse.accounts.allowed, allowed, "{}", hub.role);
    }
    let named = |name: &str| found.hub_roles.iter().find(|hub| hub.role.ends_with(name)).unwrap();
    let modules = named("role/tf-hub-modules");
    assert_eq!(modules.workspace_count, Some(24));
    assert_eq!(modules.admits[0].width, "anything in organization acme");
    let apply = named("role/tf-hub-apply");
    assert_eq!(apply.workspace_count, Some(2));
    assert_eq!((apply.named_by, apply.named_in), (3, 3));
}

/// Tokens of GitHub are told from those of HCP Terraform.
#[test]
fn issuers_are_kept_apart() {
    let found = topology(&super::graph());
    let web = found.accounts.iter().find(|account| account.name == "prod-web").unwrap();
    assert_eq!((web.hcp_terraform, web.other_issuers), (AccountWay::Hub, AccountWay::Own));
    assert_eq!(web.way, AccountWay::Both);
    let issuers: Vec<(&str, usize)> =
        found.issuers.iter().map(|it| (it.issuer.as_str(), it.entered)).collect();
    assert!(issuers.contains(&("GitHub Actions", 1)), "{issuers:?}");
    assert!(found.issuers[0].hcp_terraform);
}

/// Without HCP Terraform the subjects of trust policies stand for its workspaces: whatever a
/// workspace is known to reach is still no closed door.
#[test]
fn the_ways_are_there_without_hcp_terraform() {
    let mut readings = rolewalk::snapshot::sample();
    readings.hcp.clear();
    let graph = Graph::build(Arc::new(Facts::build(readings)));
    let (found, with) = (topology(&graph), topology(&super::graph()));
    assert!(!found.hcp_terraform_read);
    for (account, known) in found.accounts.iter().zip(&with.accounts) {
        assert_eq!(account.workspaces, None);
        assert_eq!(account.hcp_terraform, known.hcp_terraform, "{}", account.name);
        assert_eq!(account.other_issuers, known.other_issuers, "{}", account.name);
    }
    let hub = found.hub_roles.iter().find(|hub| hub.role.ends_with("/tf-hub-modules")).unwrap();
    assert_eq!((hub.workspace_count, hub.subject_count), (None, 1));
    assert!(found.issuers[0].workspaces.is_none() && found.issuers[0].subjects > 8);
}
