//! Marks in answers what a configuration asks for.

use std::collections::BTreeMap;

use crate::arn::{AccountId, Arn, glob::Glob};
use crate::evaluation::{Layer, Reason, RequirementKind, Requirements, Verdict};
use crate::graph::search::{self, HopDecision, Route};
use crate::graph::{Graph, Node};
use crate::workload::Phase;

use super::super::answers::{
    CellRow, Configured, ConfiguredProvider, Counts, Matrix, MatrixCell, PrincipalKind, Reached,
    Told, Via,
};
use super::chain::{Chain, meant};
use super::judge::{self, Decided, Judged};
use super::{Attached, Settings, selector};

impl Attached<'_> {
    /// What each provider asks for.
    pub(in crate::answer) fn providers(&self, graph: &Graph) -> Vec<ConfiguredProvider> {
        self.chains.iter().map(|chain| judge::shown(graph, chain)).collect()
    }

    /// What may ask for more and was not read.
    pub(in crate::answer) fn not_read(&self) -> Vec<String> {
        self.not_read.to_vec()
    }

    /// The ways to targets that are asked for and refused, unless they are known.
    pub(in crate::answer) fn refused(
        &self,
        graph: &Graph,
        targets: &[Node],
        known: &[Route],
    ) -> Vec<Route> {
        let mut found: Vec<Route> = Vec::new();
        for chain in &self.chains {
            let Judged { nodes, .. } = judge::judge(graph, chain);
            for length in 2..=nodes.len() {
                let Some(way) = nodes.get(..length) else { continue };
                let is_known = known.iter().chain(&found).any(|route| route.nodes == way);
                if is_known || way.last().is_none_or(|last| !targets.contains(last)) {
                    continue;
                }
                let denied = search::judge(graph, way);
                found.extend(denied.filter(|route| route.verdict == Verdict::Denied));
            }
        }
        found
    }

    /// Whether a path is asked for; and where it is, the path decided with what the provider passes,
    /// if it is not refused with that.
    pub(in crate::answer) fn path(
        &self,
        graph: &Graph,
        nodes: &[Node],
    ) -> (Option<Configured>, Option<(Route, Vec<HopDecision>)>) {
        let Some((run, roles)) = way_of(graph, nodes) else { return (None, None) };
        let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
        let configured = self.way(graph, run, &roles);
        let way: Vec<Glob> = roles.iter().map(|role| meant(role)).collect();
        let asking = self.of(run).filter(|chain| chain.asks_way(&way));
        let plain = search::judge(graph, nodes);
        let decided = asking.filter_map(|chain| {
            let Decided { verdict, requirements, .. } = judge::decide(graph, chain, nodes)?;
            // Only what makes the path easier: a provider that does it worse forbids nobody to do it
            // better.
            let easier = |plain: &Route| {
                needed(verdict, &requirements) < needed(plain.verdict, &plain.requirements)
            };
            let told = matches!(verdict, Verdict::Allowed | Verdict::Conditional);
            if !told || !plain.as_ref().is_some_and(easier) {
                return None;
            }
            let (stated, ..) = judge::stated(chain, roles.len());
            let (route, hops) = search::decide_stated(graph, nodes, stated)?;
            Some((Route { verdict, requirements, ..route }, hops))
        });
        let easiest = decided.min_by_key(|(route, _)| needed(route.verdict, &route.requirements));
        (Some(configured), easiest)
    }

    /// Marks the rows of what is reached, and adds those that are asked for and not there. What a
    /// provider passes counts for the ways that it asks for.
    pub(in crate::answer) fn mark_reached(
        &self,
        graph: &Graph,
        rows: &mut Vec<Reached>,
        counts: &mut Counts,
        limit: usize,
    ) {
        for row in rows.iter_mut() {
            self.mark_row(graph, row, counts);
        }
        let broken = self.broken(graph);
        for (role, chain, reason) in broken {
            if rows.iter().any(|row| row.principal == role) {
                continue;
            }
            counts.denied += 1;
            let links = chain.known();
            let hops = links.iter().position(|link| *link == role).map_or(1, |at| at + 1);
            let start = Node::Workspace(chain.workspace, chain.phase).name(graph);
            let path = std::iter::once(start).chain(links.iter().map(|link| (*link).to_owned()));
            rows.push(Reached {
                admits: None,
                kind: PrincipalKind::Role,
                account: role
                    .parse::<Arn>()
                    .ok()
                    .and_then(|arn| arn.account())
                    .map(|id| id.to_string()),
                verdict: Verdict::Denied,
                hops,
                path: path.take(hops + 1).collect(),
                requirements: Vec::new(),
                reason: Some(no_role(reason)),
                privilege: None,
                privilege_proven: None,
                configured: Some(Configured::All),
                principal: role,
            });
        }
        rows.sort_by(|one, other| {
            (one.verdict, one.hops, &one.principal).cmp(&(
                other.verdict,
                other.hops,
                &other.principal,
            ))
        });
        rows.truncate(limit);
    }

    fn mark_row(&self, graph: &Graph, row: &mut Reached, counts: &mut Counts) {
        let mut path = row.path.iter();
        let first = path.next();
        let roles: Vec<&str> = path.map(String::as_str).collect();
        let run = self.runs.keys().copied().find(|(index, phase)| {
            first.is_some_and(|first| Node::Workspace(*index, *phase).name(graph) == *first)
        });
        let Some(run) = run else { return };
        row.configured = Some(self.role(graph, run, &roles));
        let asked = meant(&row.principal);
        // Another phase or workspace may ask for it, too.
        for other in self.runs.keys().copied().filter(|other| *other != run) {
            if self.of(other).any(|chain| chain.asks(&asked)) {
                row.configured = Some(Configured::All);
            } else if row.configured != Some(Configured::All)
                && (Settings::of(graph, other).unknown
                    || self.of(other).any(|chain| chain.may_ask(&asked)))
            {
                row.configured = Some(Configured::Unknown);
            }
        }
        let known = self.chains.iter().filter(|chain| chain.asks(&asked));
        for chain in known {
            let Some((nodes, at)) = nodes_to(graph, chain, &asked) else { continue };
            let Some(decided) = judge::decide(graph, chain, &nodes) else { continue };
            let Decided { verdict, requirements, .. } = decided;
            if verdict < row.verdict {
                counts.move_one(row.verdict, verdict);
                row.verdict = verdict;
                row.requirements = requirements;
                row.reason = None;
                row.hops = at;
                row.path = nodes.iter().map(|node| node.name(graph)).collect();
            }
        }
    }

    /// Roles that are asked for and are not there, with why.
    fn broken(&self, graph: &Graph) -> Vec<(String, &Chain<'_>, String)> {
        let broken = self.chains.iter().filter_map(|chain| {
            let Judged { missing, reason, .. } = judge::judge(graph, chain);
            Some((missing.clone()?, chain, reason.clone()?))
        });
        broken.collect()
    }

    /// The refused roles of the facts that are asked for, with a way to each.
    pub(in crate::answer) fn denied(
        &self,
        graph: &Graph,
        is_reached: impl Fn(&Node) -> bool,
    ) -> BTreeMap<Node, Route> {
        let mut found = BTreeMap::new();
        for chain in &self.chains {
            let Judged { verdict, nodes, .. } = judge::judge(graph, chain);
            for length in 2..=nodes.len() {
                let Some(way) = nodes.get(..length).filter(|_| *verdict == Verdict::Denied) else {
                    continue;
                };
                let Some(last @ Node::Role(_)) = way.last() else { continue };
                if !is_reached(last) && !found.contains_key(last) {
                    let route = search::judge(graph, way);
                    let denied = route.filter(|route| route.verdict == Verdict::Denied);
                    found.extend(denied.map(|route| (last.clone(), route)));
                }
            }
        }
        found
    }

    /// Marks the cells of a matrix, and adds those of accounts in which something is asked for that
    /// is refused.
    pub(super) fn mark_matrix(&self, graph: &Graph, matrix: &mut Matrix) {
        matrix.configuration = Some(self.providers(graph));
        matrix.configuration_not_read = Some(self.not_read());
        let by_name: BTreeMap<String, usize> =
            self.runs.keys().map(|(index, _)| (selector(graph, *index), *index)).collect();
        for cell in &mut matrix.cells {
            let phase = cell.phase().filter(|_| cell.is_run());
            let run = by_name.get(cell.workspace()).copied().zip(phase);
            if let Some(run) = run.filter(|run| self.runs.contains_key(run)) {
                self.mark_cell(graph, run, cell);
            }
        }
        for chain in &self.chains {
            add_cells(graph, chain, matrix);
        }
    }

    fn mark_cell(&self, graph: &Graph, run: (usize, Phase), cell: &mut MatrixCell) {
        let Ok(account) = cell.account().parse::<AccountId>() else { return };
        let is_here = |arn: &str| account_of(arn) == Some(account);
        let mut asked = false;
        for chain in self.of(run) {
            for role in chain.known().into_iter().filter(|role| is_here(role)) {
                asked = true;
                let decided = nodes_to(graph, chain, &meant(role)).and_then(|(nodes, hops)| {
                    Some((judge::decide(graph, chain, &nodes)?, nodes, hops))
                });
                let Some((Decided { verdict, requirements, .. }, nodes, hops)) = decided else {
                    continue;
                };
                if verdict < cell.verdict {
                    cell.verdict = verdict;
                    cell.hops = Some(hops);
                    cell.tags = vec![chain.tag.as_deref().map(Into::into)];
                    let mut kinds: Vec<_> =
                        requirements.iter().flatten().map(|each| each.kind).collect();
                    kinds.sort_unstable();
                    kinds.dedup();
                    cell.needs = kinds.into_iter().map(RequirementKind::as_str).collect();
                    // Only what is reached with the cell's verdict is proven.
                    let proven = nodes.last().and_then(|node| graph.privilege(node));
                    cell.privilege_proven = cell.privilege.and(proven).map(|it| it.proven);
                }
            }
        }
        if asked {
            cell.configured = Configured::All;
        } else if cell.configured != Configured::All
            && (!self.not_read.is_empty()
                || Settings::of(graph, run).unknown
                || self.of(run).any(|chain| chain.may_ask(&meant(&format!("account:{account}")))))
        {
            cell.configured = Configured::Unknown;
        }
    }
}

/// Cells for what is asked for in accounts where nothing else is reached.
fn add_cells(graph: &Graph, chain: &Chain<'_>, matrix: &mut Matrix) {
    let name = selector(graph, chain.workspace);
    let judged = judge::judge(graph, chain);
    let first = chain.known().first().copied().and_then(account_of);
    for role in chain.known() {
        let Some(id) = account_of(role) else { continue };
        let account = id.to_string();
        let has_column = matrix.accounts.iter().any(|column| column.id == account);
        let is_there = matrix.cells.iter().any(|cell| {
            *cell.workspace() == *name
                && cell.phase() == Some(chain.phase)
                && *cell.account() == *account
        });
        if !has_column || is_there {
            continue;
        }
        // A role that is not there ends the chain.
        let way = nodes_to(graph, chain, &meant(role));
        let verdict = way.as_ref().and_then(|(nodes, _)| judge::decide(graph, chain, nodes));
        let verdict = verdict.map_or(judged.verdict, |decided| decided.verdict);
        let live = matches!(verdict, Verdict::Allowed | Verdict::Conditional);
        let last = way.as_ref().and_then(|(nodes, _)| nodes.last()).filter(|_| live);
        let privileges = last.and_then(|node| graph.privilege(node));
        let via: &[Via] = match live {
            false => &[],
            true if first == Some(id) => &[Via::Own],
            true => &[Via::Hub],
        };
        let roles: Vec<String> = last.map(|node| node.name(graph)).into_iter().collect();
        let unread = RequirementKind::NotRead.as_str();
        matrix.cells.push(MatrixCell::new(
            CellRow::of_runs(name.clone(), chain.phase),
            account,
            Told {
                tags: vec![chain.tag.as_deref().map(Into::into)],
                verdict,
                permitted: live,
                configured: Configured::All,
                via,
                hops: way.filter(|_| live).map(|(_, hops)| hops),
                privilege: privileges.map(|it| it.most),
                privilege_proven: privileges.map(|it| it.proven),
                role_count: usize::from(live),
                roles: roles.into(),
                needs: if verdict == Verdict::Unknown { [unread].into() } else { [].into() },
                reason: None,
                broken: Box::default(),
            },
        ));
    }
}

/// The way to a role of a chain, and its length; `None` where the facts don't have all of it.
fn nodes_to(graph: &Graph, chain: &Chain<'_>, role: &Glob) -> Option<(Vec<Node>, usize)> {
    let at = chain.known().iter().position(|known| role.matches(known))? + 1;
    let nodes = judge::judge(graph, chain).nodes.get(..=at)?.to_vec();
    Some((nodes, at))
}

/// A verdict with how much it takes at least.
fn needed(verdict: Verdict, requirements: &Requirements) -> (Verdict, usize) {
    (verdict, requirements.iter().map(Vec::len).min().unwrap_or_default())
}

/// The run that a path begins with, and the roles that it leads over.
fn way_of(graph: &Graph, nodes: &[Node]) -> Option<((usize, Phase), Vec<String>)> {
    let [Node::Workspace(index, phase), roles @ ..] = nodes else { return None };
    Some(((*index, *phase), roles.iter().map(|node| node.name(graph)).collect()))
}

fn account_of(arn: &str) -> Option<AccountId> {
    arn.parse::<Arn>().ok()?.account()
}

fn no_role(text: String) -> Reason {
    Reason { layer: Layer::Sts, explicit: false, level: None, text }
}
