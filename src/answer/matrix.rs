//! Which workspaces reach which accounts.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluation::{Privilege, Privileges, RequirementKind, Verdict};
use crate::graph::search::{End, Route};
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
    let (best, denied) = reach_of(graph, &[Node::Workspace(index, phase)], hops);
    let mut by_account: BTreeMap<AccountKey, Here<'_>> = BTreeMap::new();
    for (mut nodes, end) in best.all() {
        if let Some(account) = end.account() {
            nodes.sort();
            by_account.entry(account).or_default().ends.push((nodes, end));
        }
    }
    for (node, route) in &denied {
        if let Some(account) = node.account(facts).and_then(|id| facts.account(id)) {
            by_account.entry(account).or_default().denied.push(route);
        }
    }
    let configured = configured_roles(workspace, phase);
    let hidden = workspace.other_ways.iter().any(|way| way.may_hide_paths());
    let cells = accounts
        .iter()
        .filter_map(|account| {
            let nothing = Here::default();
            let here = by_account.get(account).unwrap_or(&nothing);
            cell(graph, workspace, phase, *account, here, &configured, hidden)
        })
        .collect();
    (cells, best.truncated)
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

/// What a workspace reaches in one account.
#[derive(Default)]
struct Here<'r> {
    ends: Vec<(Vec<Node>, End<'r>)>,
    denied: Vec<&'r Route>,
}

/// What somebody can do who holds the roles of a cell. Only a role that is reached with the cell's
/// own verdict proves anything.
fn privileges(graph: &Graph, here: &Here<'_>, verdict: Verdict) -> Option<Privileges> {
    let each = here.ends.iter().flat_map(|(nodes, end)| {
        let surely = end.verdict <= verdict;
        nodes.iter().filter_map(move |node| {
            let found = graph.privilege(node)?;
            let proven = if surely { found.proven } else { Privilege::Nothing };
            Some(Privileges { proven, ..found })
        })
    });
    each.reduce(Privileges::or)
}

fn cell(
    graph: &Graph,
    workspace: &Workspace,
    phase: Phase,
    account: AccountKey,
    here: &Here<'_>,
    configured: &[(Option<&str>, &str)],
    hidden: bool,
) -> Option<MatrixCell> {
    let facts = graph.facts();
    let named_here = |arn: &str| {
        arn.parse::<crate::arn::Arn>().ok().and_then(|arn| arn.account())
            == Some(facts.accounts[account].id)
    };
    let configured_here: Vec<_> = configured.iter().filter(|(_, arn)| named_here(arn)).collect();
    let first_node = |(nodes, _): &(Vec<Node>, End<'_>)| nodes.first().cloned();
    let best = here.ends.iter().min_by_key(|each| (each.1.verdict, each.1.hops, first_node(each)));
    let live = best.is_some();
    if best.is_none() && here.denied.is_empty() && configured_here.is_empty() && !hidden {
        return None;
    }
    let verdict = match best {
        Some((_, end)) => end.verdict,
        // A way in that can't be followed may lead anywhere, so "denied" would claim too much.
        None if hidden => Verdict::Unknown,
        // Refused, or configured for a role that is not there.
        None => Verdict::Denied,
    };
    let asked_first: Vec<(Option<&str>, Node)> = configured
        .iter()
        .filter_map(|(tag, arn)| Some((*tag, Node::Role(facts.role_by_arn(arn)?))))
        .collect();
    let leads = |end: &End<'_>| asked_first.iter().find(|(_, role)| end.leads_over(role));
    let asked: Vec<&End<'_>> =
        here.ends.iter().map(|(_, end)| end).filter(|end| leads(end).is_some()).collect();
    let denied_first = |route: &&&Route| {
        let first = route.nodes.get(1);
        asked_first.iter().any(|(_, role)| Some(role) == first)
    };
    let configured_as = if !workspace.variables_read {
        Configured::Unknown
    } else if asked.iter().any(|end| end.hops == 1) || !configured_here.is_empty() {
        Configured::All
    } else if asked.is_empty() && !here.denied.iter().any(|route| denied_first(&route)) {
        Configured::No
    } else {
        Configured::FirstHop
    };
    let mut via = BTreeSet::new();
    for (_, end) in &here.ends {
        // The way in is the account of the first role, whatever follows it.
        let own = end.first_account() == Some(account);
        via.insert(if own { Via::Own } else { Via::Hub });
    }
    let tag = best
        .and_then(|(_, end)| leads(end))
        .map(|(tag, _)| *tag)
        .or_else(|| configured_here.first().map(|(tag, _)| *tag))
        .flatten();
    let route = best
        .filter(|(_, end)| end.verdict != Verdict::Allowed)
        .and_then(|(nodes, end)| end.route(nodes.first()?));
    let requirements = route.iter().flat_map(|route| route.requirements.iter().flatten());
    let mut needs: BTreeSet<RequirementKind> =
        requirements.map(|requirement| requirement.kind).collect();
    if verdict == Verdict::Unknown && needs.is_empty() {
        needs.insert(RequirementKind::NotRead);
    }
    let mut roles: Vec<&Node> = here.ends.iter().flat_map(|(nodes, _)| nodes).collect();
    roles.sort();
    let privileges = privileges(graph, here, verdict);
    Some(MatrixCell {
        workspace: workspace_selector(workspace),
        phase: phase.as_str(),
        tag: tag.map(str::to_owned),
        account: facts.accounts[account].id.to_string(),
        verdict,
        permitted: live,
        configured: configured_as,
        via: via.into_iter().collect(),
        hops: best.map(|(_, end)| end.hops),
        privilege: privileges.map(|it| it.most),
        privilege_proven: privileges.map(|it| it.proven),
        roles: roles.into_iter().map(|node| node.name(graph)).collect(),
        needs: needs.into_iter().map(RequirementKind::as_str).collect(),
    })
}
