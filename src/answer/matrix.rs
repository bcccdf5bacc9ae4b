//! Which workspaces reach which accounts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::evaluation::{Privilege, Privileges, RequirementKind, Verdict};
use crate::graph::search::{self, End, Reached};
use crate::graph::{Graph, Node, workspace_selector};
use crate::org::{AccountKey, Key as _};
use crate::workload::{Phase, RoleSetting, Workspace};

use super::answers::{Configured, Matrix, MatrixCell, MatrixColumn, MatrixRow, Via};
use super::lists::denied_from;
use super::question::{Limits, QuestionError};
use super::selector::{select, select_accounts};

/// How many roles a cell names.
const ROLES: usize = 5;

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
    let columns: BTreeMap<AccountKey, Arc<str>> =
        accounts.iter().map(|key| (*key, facts.accounts[*key].id.to_string().into())).collect();
    let runs: Vec<(usize, Phase)> =
        wanted.iter().flat_map(|index| Phase::ALL.map(|phase| (*index, phase))).collect();
    let rows = in_halves(&runs, |(index, phase)| row(graph, *index, *phase, &columns, limits.hops));
    let truncated = rows.iter().any(|(_, cut)| *cut);
    let cells = rows.into_iter().flat_map(|(cells, _)| cells).collect();
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

/// Works through a list on two threads; the results are in its order.
fn in_halves<T: Sync, R: Send>(list: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let half = |odd: usize| list.iter().skip(odd).step_by(2).map(&work).collect::<Vec<R>>();
    let (even, odd) = std::thread::scope(|scope| {
        let odd = scope.spawn(|| half(1));
        let even = half(0);
        match odd.join() {
            Ok(odd) => (even, odd),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    });
    let mut odd = odd.into_iter();
    even.into_iter().flat_map(|one| [Some(one), odd.next()]).flatten().collect()
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
    accounts: &BTreeMap<AccountKey, Arc<str>>,
    hops: usize,
) -> (Vec<MatrixCell>, bool) {
    let facts = graph.facts();
    let Some(workspace) = graph.workspaces().get(index) else { return (Vec::new(), false) };
    let source = Node::Workspace(index, phase);
    let reached = search::reachable(graph, &source, hops);
    let row = Row {
        graph,
        workspace,
        phase,
        selector: workspace_selector(workspace).into(),
        configured: configured_roles(workspace, phase),
        hidden: workspace.other_ways.iter().any(|way| way.may_hide_paths()),
        reached: &reached,
    };
    let asked_first = row.asked_first();
    let asked: Vec<(Option<&str>, usize)> =
        asked_first.iter().filter_map(|(tag, role)| Some((*tag, reached.number(role)?))).collect();
    let mut by_account: Vec<Here<'_>> = Vec::new();
    by_account.resize_with(facts.accounts.len(), Here::default);
    for end in reached.ends() {
        let account = end.account();
        if let Some(account) = account
            && let Some(here) = by_account.get_mut(account.index())
        {
            here.add(&end, account, &asked);
        }
    }
    let is_reached = |to: &Node| reached.verdict(to).is_some();
    for route in denied_from(graph, &[source], is_reached).into_values() {
        let target = route.nodes.last().and_then(|node| node.account(facts));
        let here = target.and_then(|id| by_account.get_mut(facts.account(id)?.index()));
        if let Some(here) = here {
            let first = route.nodes.get(1);
            here.denied = true;
            here.denied_first |= asked_first.iter().any(|(_, role)| Some(role) == first);
        }
    }
    let cells = accounts
        .iter()
        .filter_map(|(account, id)| row.cell(*account, id, by_account.get_mut(account.index())?));
    (cells.collect(), reached.truncated)
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
struct Here<'t> {
    /// The best end: verdict, hops and number.
    best: Option<(Verdict, usize, usize)>,
    /// The tag of the configured role that the best way leads over, if it does.
    best_asked: Option<Option<&'t str>>,
    /// Ends, by number, and how many roles they are.
    ends: Vec<usize>,
    roles: usize,
    /// Whether ways in begin in the account itself, and elsewhere.
    own: bool,
    hub: bool,
    /// Whether ways lead over configured roles, and whether some of them are at their end there.
    asked: bool,
    asked_directly: bool,
    /// What somebody can do who holds the roles, and who surely holds those reached with the best
    /// verdict.
    most: Option<Privileges>,
    surely: Option<Privileges>,
    /// Whether something is refused, and whether after a configured role.
    denied: bool,
    denied_first: bool,
}

impl<'t> Here<'t> {
    fn add(&mut self, end: &End<'_>, account: AccountKey, asked: &[(Option<&'t str>, usize)]) {
        let leads = asked.iter().find(|(_, number)| *number == end.first());
        let own = end.first_account() == Some(account);
        self.own |= own;
        self.hub |= !own;
        self.asked |= leads.is_some();
        self.asked_directly |= leads.is_some() && end.hops == 1;
        self.ends.push(end.number());
        self.roles += end.weight().nodes as usize;
        let privileges = end.privileges();
        self.most = self.most.into_iter().chain(privileges).reduce(Privileges::or);
        // Only a role that is reached with the best verdict proves anything.
        let verdict = self.best.map(|(verdict, ..)| verdict);
        if verdict.is_none_or(|best| end.verdict < best) {
            self.surely = privileges;
        } else if verdict == Some(end.verdict) {
            self.surely = self.surely.into_iter().chain(privileges).reduce(Privileges::or);
        }
        let rank = (end.verdict, end.hops, end.number());
        if self.best.is_none_or(|best| rank < best) {
            self.best = Some(rank);
            self.best_asked = leads.map(|(tag, _)| *tag);
        }
    }

    fn privileges(&self) -> Option<Privileges> {
        let proven = self.surely.map_or(Privilege::Nothing, |surely| surely.proven);
        self.most.map(|most| Privileges { proven, ..most })
    }
}

/// A workspace in one phase.
struct Row<'r> {
    graph: &'r Graph,
    workspace: &'r Workspace,
    phase: Phase,
    selector: Arc<str>,
    /// Roles that the settings name, with their tags.
    configured: Vec<(Option<&'r str>, &'r str)>,
    hidden: bool,
    reached: &'r Reached<'r>,
}

impl<'r> Row<'r> {
    /// The configured roles that the facts have.
    fn asked_first(&self) -> Vec<(Option<&'r str>, Node)> {
        let facts = self.graph.facts();
        let role = |(tag, arn): &(Option<&'r str>, &'r str)| {
            Some((*tag, Node::Role(facts.role_by_arn(arn)?)))
        };
        self.configured.iter().filter_map(role).collect()
    }

    fn cell(&self, account: AccountKey, id: &Arc<str>, here: &mut Here<'_>) -> Option<MatrixCell> {
        let facts = self.graph.facts();
        let of_account = |arn: &str| {
            arn.parse::<crate::arn::Arn>().ok().and_then(|arn| arn.account())
                == Some(facts.accounts[account].id)
        };
        let configured_here = self.configured.iter().find(|(_, arn)| of_account(arn));
        let live = here.best.is_some();
        if !live && !here.denied && configured_here.is_none() && !self.hidden {
            return None;
        }
        let verdict = match here.best {
            Some((verdict, ..)) => verdict,
            // A way in that can't be followed may lead anywhere, so "denied" would claim too much.
            None if self.hidden => Verdict::Unknown,
            // Refused, or configured for a role that is not there.
            None => Verdict::Denied,
        };
        let configured = if !self.workspace.variables_read {
            Configured::Unknown
        } else if here.asked_directly || configured_here.is_some() {
            Configured::All
        } else if here.asked || here.denied_first {
            Configured::FirstHop
        } else {
            Configured::No
        };
        let tag = here.best_asked.or_else(|| configured_here.map(|(tag, _)| *tag)).flatten();
        let best = here.best.and_then(|(_, _, number)| self.reached.end(number));
        let route = best.filter(|end| end.verdict != Verdict::Allowed).and_then(|end| {
            let first = end.nodes().into_iter().min()?;
            end.route(&first)
        });
        let requirements = route.iter().flat_map(|route| route.requirements.iter().flatten());
        let mut needs: BTreeSet<RequirementKind> =
            requirements.map(|requirement| requirement.kind).collect();
        if verdict == Verdict::Unknown && needs.is_empty() {
            needs.insert(RequirementKind::NotRead);
        }
        let privileges = here.privileges();
        let via = [(here.own, Via::Own), (here.hub, Via::Hub)];
        Some(MatrixCell {
            workspace: Arc::clone(&self.selector),
            phase: self.phase.as_str(),
            tag: tag.map(str::to_owned),
            account: Arc::clone(id),
            verdict,
            permitted: live,
            configured,
            via: via.into_iter().filter(|(is, _)| *is).map(|(_, via)| via).collect(),
            hops: here.best.map(|(_, hops, _)| hops),
            privilege: privileges.map(|it| it.most),
            privilege_proven: privileges.map(|it| it.proven),
            role_count: here.roles,
            roles: self.first_roles(&mut here.ends),
            needs: needs.into_iter().map(RequirementKind::as_str).collect(),
        })
    }

    /// The first roles at some ends of one account, by name.
    fn first_roles(&self, ends: &mut [usize]) -> Vec<String> {
        // Ends of an account are numbered by the first of their roles.
        ends.sort_unstable();
        let ends = ends.iter().take(ROLES).filter_map(|number| self.reached.end(*number));
        let mut nodes: Vec<Node> = ends.flat_map(|end| end.nodes()).collect();
        nodes.sort_unstable();
        nodes.iter().take(ROLES).map(|node| node.name(self.graph)).collect()
    }
}
