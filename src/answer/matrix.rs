//! Which workspaces reach which accounts.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluation::{Privilege, Privileges, RequirementKind, Verdict};
use crate::graph::search::Route;
use crate::graph::{Graph, Node, workspace_selector};
use crate::org::AccountKey;
use crate::workload::{Phase, RoleSetting, Workspace};

use super::answers::{Configured, Matrix, MatrixCell, MatrixColumn, MatrixRow, Via};
use super::lists::reach_of;
use super::question::{Limits, QuestionError};
use super::selector::{select, select_accounts};

/// Which workspaces (`rows`, all without it) reach which accounts (`columns`).
pub fn matrix(
    graph: &Graph,
    rows: Option<&str>,
    columns: Option<&str>,
    limits: Limits,
) -> Result<Matrix, QuestionError> {
    let facts = graph.facts();
    let wanted: BTreeSet<usize> = match rows {
        None => (0..graph.workspaces().len()).collect(),
        Some(text) => {
            let nodes = select(graph, text)?.nodes;
            nodes
                .iter()
                .filter_map(|node| match node {
                    Node::Workspace(index, _) => Some(*index),
                    _ => None,
                })
                .collect()
        }
    };
    if let (Some(text), true) = (rows, wanted.is_empty()) {
        return Err(QuestionError::invalid(format!(
            "`{text}` names no workspace, and the rows of a matrix are workspaces"
        )));
    }
    let accounts: BTreeSet<AccountKey> = match columns {
        None => facts.accounts.keys().collect(),
        Some(text) => select_accounts(graph, text)?,
    };
    let mut truncated = false;
    let mut cells = Vec::new();
    for index in &wanted {
        for phase in Phase::ALL {
            let (found, cut) = row(graph, *index, phase, &accounts, limits.hops);
            truncated |= cut;
            cells.extend(found);
        }
    }
    let workspaces = wanted
        .iter()
        .filter_map(|index| graph.workspaces().get(*index))
        .map(|workspace| MatrixRow {
            id: workspace.id.clone().unwrap_or_else(|| workspace_selector(workspace)),
            selector: workspace_selector(workspace),
            project: workspace.project.clone(),
            note: note(workspace),
        })
        .collect();
    let accounts = accounts
        .into_iter()
        .map(|key| {
            let account = &facts.accounts[key];
            MatrixColumn {
                id: account.id.to_string(),
                name: account.name.clone(),
                ou: facts.ou_path(key).to_owned(),
                not_read: account.identities.gap().is_some(),
            }
        })
        .collect();
    Ok(Matrix { schema: "rolewalk/matrix/1", workspaces, accounts, cells, truncated })
}

fn note(workspace: &Workspace) -> Option<String> {
    let ways: Vec<&str> = workspace.other_ways.iter().map(|way| way.text()).collect();
    (!ways.is_empty()).then(|| ways.join(", "))
}

/// The cells of one workspace in one phase.
fn row(
    graph: &Graph,
    index: usize,
    phase: Phase,
    accounts: &BTreeSet<AccountKey>,
    hops: usize,
) -> (Vec<MatrixCell>, bool) {
    let facts = graph.facts();
    let Some(workspace) = graph.workspaces().get(index) else { return (Vec::new(), false) };
    let (routes, truncated) = reach_of(graph, &[Node::Workspace(index, phase)], hops);
    let mut by_account: BTreeMap<AccountKey, Vec<(&Node, &Route)>> = BTreeMap::new();
    for (node, route) in &routes {
        if let Some(account) = node.account(facts).and_then(|id| facts.account(id)) {
            by_account.entry(account).or_default().push((node, route));
        }
    }
    let configured = configured_roles(workspace, phase);
    let hidden = workspace.other_ways.iter().any(|way| way.may_hide_paths());
    let cells = accounts
        .iter()
        .filter_map(|account| {
            let routes = by_account.get(account).map_or(&[][..], Vec::as_slice);
            cell(graph, workspace, phase, *account, routes, &configured, hidden)
        })
        .collect();
    (cells, truncated)
}

/// The roles that the settings name for a phase, with the tag of each.
fn configured_roles(workspace: &Workspace, phase: Phase) -> Vec<(Option<&str>, &str)> {
    workspace
        .configurations
        .iter()
        .flat_map(|configuration| {
            let tag = configuration.tag.as_deref();
            match configuration.role(phase) {
                RoleSetting::Arn(arn) => vec![(tag, arn.as_str())],
                RoleSetting::Ambiguous(one, other) => {
                    vec![(tag, one.as_str()), (tag, other.as_str())]
                }
                RoleSetting::Hidden | RoleSetting::Missing => Vec::new(),
            }
        })
        .collect()
}

/// What somebody can do who holds the roles of a cell. Only a role that is reached with the cell's
/// own verdict proves anything.
fn privileges(graph: &Graph, routes: &[(&Node, &Route)], verdict: Verdict) -> Option<Privileges> {
    let reached = routes.iter().filter(|(_, route)| route.verdict != Verdict::Denied);
    let each = reached.filter_map(|(node, route)| {
        let found = graph.privilege(node)?;
        let surely = route.verdict <= verdict;
        let proven = if surely { found.proven } else { Privilege::Nothing };
        Some(Privileges { proven, ..found })
    });
    each.reduce(Privileges::or)
}

fn cell(
    graph: &Graph,
    workspace: &Workspace,
    phase: Phase,
    account: AccountKey,
    routes: &[(&Node, &Route)],
    configured: &[(Option<&str>, &str)],
    hidden: bool,
) -> Option<MatrixCell> {
    let facts = graph.facts();
    let named_here = |arn: &str| {
        arn.parse::<crate::arn::Arn>().ok().and_then(|arn| arn.account())
            == Some(facts.accounts[account].id)
    };
    let configured_here: Vec<_> = configured.iter().filter(|(_, arn)| named_here(arn)).collect();
    let best = routes.iter().min_by_key(|(_, route)| (route.verdict, route.nodes.len()));
    let live = routes.iter().any(|(_, route)| route.verdict != Verdict::Denied);
    if best.is_none() && configured_here.is_empty() && !hidden {
        return None;
    }
    // A way in that can't be followed may lead anywhere, so "denied" would claim too much.
    let verdict = match best {
        Some((_, route)) if !(hidden && route.verdict == Verdict::Denied) => route.verdict,
        _ if hidden => Verdict::Unknown,
        // Configured for a role that is not there.
        _ => Verdict::Denied,
    };
    let first_role = |route: &Route| route.nodes.get(1).map(|node| node.name(graph));
    let asks = |route: &Route| {
        first_role(route).is_some_and(|first| configured.iter().any(|(_, arn)| *arn == first))
    };
    let asked = routes.iter().filter(|(_, route)| asks(route)).collect::<Vec<_>>();
    let configured_as = if !workspace.variables_read {
        Configured::Unknown
    } else if asked.iter().any(|(_, route)| route.nodes.len() == 2) || !configured_here.is_empty() {
        Configured::All
    } else if asked.is_empty() {
        Configured::No
    } else {
        Configured::FirstHop
    };
    let mut via = BTreeSet::new();
    for (_, route) in routes.iter().filter(|(_, route)| route.verdict != Verdict::Denied) {
        // The way in is the account of the first role, whatever follows it.
        let first = route.nodes.get(1).and_then(|node| node.account(facts));
        let own = first == Some(facts.accounts[account].id);
        via.insert(if own { Via::Own } else { Via::Hub });
    }
    let tag = best
        .and_then(|(_, route)| first_role(route))
        .and_then(|first| configured.iter().find(|(_, arn)| *arn == first))
        .or(configured_here.first().copied())
        .and_then(|(tag, _)| *tag);
    let mut needs: BTreeSet<RequirementKind> = best
        .into_iter()
        .flat_map(|(_, route)| route.requirements.iter().flatten())
        .map(|requirement| requirement.kind)
        .collect();
    if verdict == Verdict::Unknown && needs.is_empty() {
        needs.insert(RequirementKind::NotRead);
    }
    let privileges = privileges(graph, routes, verdict);
    Some(MatrixCell {
        workspace: workspace_selector(workspace),
        phase: phase.as_str(),
        tag: tag.map(str::to_owned),
        account: facts.accounts[account].id.to_string(),
        verdict,
        permitted: live,
        configured: configured_as,
        via: via.into_iter().collect(),
        hops: best.filter(|_| live).map(|(_, route)| route.hops()),
        privilege: privileges.map(|it| it.most),
        privilege_proven: privileges.map(|it| it.proven),
        roles: routes
            .iter()
            .filter(|(_, route)| route.verdict != Verdict::Denied)
            .map(|(node, _)| node.name(graph))
            .collect(),
        needs: needs.into_iter().map(RequirementKind::as_str).collect(),
    })
}
