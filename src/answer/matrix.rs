//! Which workspaces reach which accounts.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::evaluation::{Privilege, Privileges, RequirementKind, Verdict};
use crate::graph::search::{self, Landing, Route, Sweep};
use crate::graph::{Graph, Node};
use crate::org::{AccountKey, Key as _};
use crate::workload::{Phase, RoleSetting, Workspace};

use super::answers::{Configured, Matrix, MatrixCell, MatrixColumn, Via};
use super::broken::broken;
use super::lists::{denied_from, gaps};
use super::matrix_rows::{Sources, matrix_rows, selector, sources};
use super::question::{Limits, QuestionError};
use super::selector::select_accounts;

/// How many roles a cell names.
const ROLES: usize = 3;

/// Which workspaces (`rows`, all without it) reach which accounts (`columns`).
pub fn matrix(
    graph: &Graph,
    rows: Option<&str>,
    columns: Option<&str>,
    limits: Limits,
) -> Result<Matrix, QuestionError> {
    let facts = graph.facts();
    let Sources { rows: sources, left_out } = sources(graph, rows)?;
    let accounts: BTreeSet<AccountKey> = match columns {
        None => facts.accounts.keys().collect(),
        Some(text) => select_accounts(graph, text)?,
    };
    let columns: BTreeMap<AccountKey, Arc<str>> =
        accounts.iter().map(|key| (*key, facts.accounts[*key].id.to_string().into())).collect();
    let worker = || Worker::new(graph, &columns, limits.hops);
    let rows = in_halves(&sources, worker, Worker::row);
    let truncated = rows.iter().any(|(_, cut)| *cut);
    let cells = rows.into_iter().flat_map(|(cells, _)| cells).collect();
    let workspaces = matrix_rows(graph, &sources);
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
    let not_read = gaps(graph);
    Ok(Matrix {
        schema: "rolewalk/matrix/1",
        workspaces,
        accounts,
        cells,
        sources_left_out: left_out,
        truncated,
        not_read,
    })
}

/// Works through a list on two threads; the results are in its order.
fn in_halves<T: Sync, W, R: Send>(
    list: &[T],
    worker: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, &T) -> R + Sync,
) -> Vec<R> {
    let half = |odd: usize| {
        let mut worker = worker();
        list.iter().skip(odd).step_by(2).map(|one| work(&mut worker, one)).collect::<Vec<R>>()
    };
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

/// What works out rows, one after the other.
struct Worker<'g> {
    graph: &'g Graph,
    /// The wanted accounts, with their ids.
    columns: &'g BTreeMap<AccountKey, Arc<str>>,
    hops: usize,
    sweep: Sweep<'g>,
}

impl<'g> Worker<'g> {
    fn new(graph: &'g Graph, columns: &'g BTreeMap<AccountKey, Arc<str>>, hops: usize) -> Self {
        Self { graph, columns, hops, sweep: Sweep::new(graph) }
    }

    /// The cells of one workspace in one phase, or of another source; whether something was left
    /// out.
    fn row(&mut self, source: &Node) -> (Vec<MatrixCell>, bool) {
        let graph = self.graph;
        let run = match source {
            Node::Workspace(index, phase) => {
                graph.workspaces().get(*index).map(|workspace| (workspace, *phase))
            }
            _ => None,
        };
        let hides =
            |workspace: &Workspace| workspace.other_ways.iter().any(|way| way.may_hide_paths());
        let row = Row {
            graph,
            run,
            selector: selector(graph, source).into(),
            configured: run.map(|(it, phase)| configured_roles(it, phase)).unwrap_or_default(),
            hidden: run.is_some_and(|(workspace, _)| hides(workspace)),
        };
        let asked = row.asked_first();
        let mut by_account: Vec<Here<'_>> = Vec::new();
        by_account.resize_with(graph.facts().accounts.len(), Here::default);
        let mut land = |landing: Landing| {
            let here = landing.account.and_then(|account| by_account.get_mut(account.index()));
            if let Some(here) = here {
                here.add(&landing, &asked);
            }
        };
        if let Some(swept) = self.sweep.search(source, self.hops, &mut land) {
            row.add_denied(source, &asked, |to| swept.comes_to(to), &mut by_account);
            // What ways over edges of one kind need, from this workspace: another's first hop may need
            // something else.
            let mut needs: HashMap<Vec<u32>, Arc<[&'static str]>> = HashMap::new();
            let cells = row.cells(self.columns, &mut by_account, |best| {
                let kinds = swept.kinds(best.way);
                let of_route = || needs_of(swept.route(best.way, best.number).as_ref());
                needs.entry(kinds).or_insert_with(of_route).clone()
            });
            return (cells, false);
        }
        let reached = search::reachable(graph, source, self.hops);
        reached.ends().map(|end| end.landing()).for_each(&mut land);
        row.add_denied(source, &asked, |to| reached.verdict(to).is_some(), &mut by_account);
        let cells = row.cells(self.columns, &mut by_account, |best| {
            let end = reached.end(best.number);
            let node = end.and_then(|end| end.nodes().into_iter().min());
            needs_of(node.and_then(|node| reached.route(&node)).as_ref())
        });
        (cells, reached.truncated)
    }
}

/// What has to hold on a way.
fn needs_of(route: Option<&Route>) -> Arc<[&'static str]> {
    let requirements = route.iter().flat_map(|route| route.requirements.iter().flatten());
    let needs: BTreeSet<RequirementKind> =
        requirements.map(|requirement| requirement.kind).collect();
    needs.into_iter().map(RequirementKind::as_str).collect()
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
#[expect(clippy::struct_excessive_bools, reason = "each says one thing of its own")]
struct Here<'t> {
    /// The best landing, whether its way leads over a configured role, and the tag of that.
    best: Option<Landing>,
    best_asked: bool,
    best_tag: Option<&'t str>,
    /// The first vertices by number, and how many roles there are at all of them.
    first: Vec<usize>,
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
    fn add(&mut self, landing: &Landing, asked: &[(Option<&'t str>, Node, Option<usize>)]) {
        let (first, way_in) = landing.first;
        let leads = asked.iter().find(|(_, _, number)| *number == Some(first));
        let own = way_in.is_some() && way_in == landing.account;
        self.own |= own;
        self.hub |= !own;
        self.asked |= leads.is_some();
        self.asked_directly |= leads.is_some() && landing.hops == 1;
        self.roles += landing.nodes;
        let place = self.first.partition_point(|known| *known < landing.number);
        if place < ROLES {
            self.first.insert(place, landing.number);
            self.first.truncate(ROLES);
        }
        let privileges = landing.privileges;
        let with = |known: Option<Privileges>| {
            [known, privileges].into_iter().flatten().reduce(Privileges::or)
        };
        self.most = with(self.most);
        // Only a role that is reached with the best verdict proves anything.
        match self.best.map(|best| landing.verdict.cmp(&best.verdict)) {
            None | Some(Ordering::Less) => self.surely = privileges,
            Some(Ordering::Equal) => self.surely = with(self.surely),
            Some(Ordering::Greater) => {}
        }
        let rank = |it: &Landing| (it.verdict, it.hops, it.number);
        if self.best.is_none_or(|best| rank(landing) < rank(&best)) {
            self.best = Some(*landing);
            self.best_asked = leads.is_some();
            self.best_tag = leads.and_then(|(tag, ..)| *tag);
        }
    }

    fn privileges(&self) -> Option<Privileges> {
        let proven = self.surely.map_or(Privilege::Nothing, |surely| surely.proven);
        self.most.map(|most| Privileges { proven, ..most })
    }
}

/// A workspace in one phase, or another source.
struct Row<'r> {
    graph: &'r Graph,
    /// Nothing for sources of other issuers.
    run: Option<(&'r Workspace, Phase)>,
    selector: Arc<str>,
    /// Roles that the settings name, with their tags.
    configured: Vec<(Option<&'r str>, &'r str)>,
    hidden: bool,
}

impl<'r> Row<'r> {
    /// The configured roles that the facts have, with the numbers of their vertices.
    fn asked_first(&self) -> Vec<(Option<&'r str>, Node, Option<usize>)> {
        let role = |(tag, arn): &(Option<&'r str>, &'r str)| {
            let node = Node::Role(self.graph.facts().role_by_arn(arn)?);
            let number = self.graph.number(&node);
            Some((*tag, node, number))
        };
        self.configured.iter().filter_map(role).collect()
    }

    /// Adds what is refused though somebody means it, unless it is reached otherwise.
    fn add_denied(
        &self,
        source: &Node,
        asked: &[(Option<&str>, Node, Option<usize>)],
        is_reached: impl Fn(&Node) -> bool,
        by_account: &mut [Here<'_>],
    ) {
        let facts = self.graph.facts();
        let denied = denied_from(self.graph, std::slice::from_ref(source), is_reached);
        for route in denied.into_values() {
            let target = route.nodes.last().and_then(|node| node.account(facts));
            let here = target.and_then(|id| by_account.get_mut(facts.account(id)?.index()));
            if let Some(here) = here {
                let first = route.nodes.get(1);
                here.denied = true;
                here.denied_first |= asked.iter().any(|(_, role, _)| Some(role) == first);
            }
        }
    }

    fn cells(
        &self,
        columns: &BTreeMap<AccountKey, Arc<str>>,
        by_account: &mut [Here<'_>],
        mut needs: impl FnMut(&Landing) -> Arc<[&'static str]>,
    ) -> Vec<MatrixCell> {
        let cells = columns.iter().filter_map(|(account, id)| {
            self.cell(*account, id, by_account.get(account.index())?, &mut needs)
        });
        cells.collect()
    }

    fn cell(
        &self,
        account: AccountKey,
        id: &Arc<str>,
        here: &Here<'_>,
        needs: impl FnOnce(&Landing) -> Arc<[&'static str]>,
    ) -> Option<MatrixCell> {
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
            Some(best) => best.verdict,
            // A way in that can't be followed may lead anywhere, so "denied" would claim too much.
            None if self.hidden => Verdict::Unknown,
            // Refused, or configured for a role that is not there.
            None => Verdict::Denied,
        };
        let settings_read = self.run.is_some_and(|(workspace, _)| workspace.variables_read);
        let configured = if !settings_read {
            Configured::Unknown
        } else if here.asked_directly || configured_here.is_some() {
            Configured::All
        } else if here.asked || here.denied_first {
            Configured::FirstHop
        } else {
            Configured::No
        };
        let tag = match configured_here {
            Some((tag, _)) if !here.best_asked => *tag,
            _ => here.best_tag,
        };
        let mut needs = match &here.best {
            Some(best) if best.verdict != Verdict::Allowed => needs(best),
            _ => Arc::default(),
        };
        if verdict == Verdict::Unknown && needs.is_empty() {
            needs = [RequirementKind::NotRead.as_str()].into();
        }
        let privileges = here.privileges();
        let via: &[Via] = match (here.own, here.hub) {
            (true, true) => &[Via::Own, Via::Hub],
            (true, false) => &[Via::Own],
            (false, true) => &[Via::Hub],
            (false, false) => &[],
        };
        Some(MatrixCell {
            workspace: Arc::clone(&self.selector),
            phase: self.run.map(|(_, phase)| phase.as_str()),
            tag: tag.map(str::to_owned),
            account: Arc::clone(id),
            verdict,
            permitted: live,
            configured,
            broken: self
                .run
                .filter(|_| configured_here.is_some())
                .and_then(|(workspace, phase)| broken(self.graph, workspace, phase, account)),
            via,
            hops: here.best.map(|best| best.hops),
            privilege: privileges.map(|it| it.most),
            privilege_proven: privileges.map(|it| it.proven),
            role_count: here.roles,
            roles: self.first_roles(&here.first),
            needs,
        })
    }

    /// The first roles at these vertices of one account, by name. Vertices of an account are
    /// numbered by the first of their roles.
    fn first_roles(&self, vertices: &[usize]) -> Vec<String> {
        let nodes = vertices.iter().flat_map(|number| self.graph.nodes_numbered(*number));
        let mut nodes: Vec<Node> = nodes.collect();
        nodes.sort_unstable();
        nodes.iter().take(ROLES).map(|node| node.name(self.graph)).collect()
    }
}
