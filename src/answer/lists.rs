//! `who-can`, `reach` and `paths`.

use std::collections::BTreeMap;

use petgraph::Direction::{Incoming, Outgoing};

use crate::evaluation::{Layer, Reason, Verdict, reasons};
use crate::graph::search::{self, Route};
use crate::graph::{Graph, Node, by_halves};
use crate::org::Identity;

use super::admitted::Admissions;
use super::answers::{Counts, Hop, Path, Paths, PrincipalKind, Reach, Reached, WhoCan};
use super::configured::Attached;
use super::ends::Best;
use super::gaps::{gaps_from, gaps_into, gaps_outside};
use super::question::{Limits, QuestionError, searched};
use super::selector::{select, select_targets};
use super::stated::scenario_of;
use super::token_trust;

/// How often it is looked whether a refused outsider gets to a role in another way. Of those beyond
/// nothing is said.
const AROUND: usize = 10_000;

/// Who can end up holding `role`, over any number of hops up to the limit.
pub fn who_can(graph: &Graph, role: &str, limits: Limits) -> Result<WhoCan, QuestionError> {
    let targets = select_targets(graph, role)?;
    searched(targets.len(), role)?;
    let (best, denied) = callers_of(graph, &targets, limits.hops);
    let (counts, _) = best.totals();
    let is_pattern = |node: &&Node| matches!(node, Node::Subject(it) if it.is_pattern());
    let patterns = best.patterns() + denied.keys().filter(is_pattern).count();
    let trust_notes = match targets.as_slice() {
        [Node::Role(key)] => token_trust::notes(graph, *key),
        _ => Vec::new(),
    };
    let (principals, counts, cut) = rows(graph, &best, counts, denied, limits.rows);
    let (privileges, privilege_reasons) = match targets.as_slice() {
        [Node::Role(key)] => {
            let (privileges, reasons) = reasons(graph.facts(), Identity::Role(*key));
            (Some(privileges), reasons)
        }
        _ => (None, Vec::new()),
    };
    Ok(WhoCan {
        schema: "rolewalk/who-can/1",
        target: one_or_written(graph, &targets, role),
        roles: targets.len(),
        privilege: privileges.map(|it| it.most),
        privilege_proven: privileges.map(|it| it.proven),
        privilege_reasons,
        trust_notes,
        principals,
        counts,
        patterns,
        scenario: scenario_of(graph),
        max_hops: limits.hops,
        not_read: gaps_into(graph, |node| targets.contains(node) || best.has(node)),
        truncated: best.truncated || cut,
    })
}

/// Which roles `source` can end up holding.
pub fn reach(graph: &Graph, source: &str, limits: Limits) -> Result<Reach, QuestionError> {
    reach_attached(graph, source, limits, None)
}

/// The same, with what a Terraform configuration asks for.
pub(super) fn reach_attached(
    graph: &Graph,
    source: &str,
    limits: Limits,
    attached: Option<&Attached<'_>>,
) -> Result<Reach, QuestionError> {
    let sources = select(graph, source)?.nodes;
    searched(sources.len(), source)?;
    let (best, mut denied) = reach_of(graph, &sources, limits.hops);
    if let Some(attached) = attached {
        denied.extend(attached.denied(graph, |node| best.has(node)));
    }
    let (counts, summary) = best.totals();
    let (mut targets, mut counts, cut) = rows(graph, &best, counts, denied, limits.rows);
    if let Some(attached) = attached {
        attached.mark_reached(graph, &mut targets, &mut counts, limits.rows);
    }
    Ok(Reach {
        schema: "rolewalk/reach/1",
        source: one_or_written(graph, &sources, source),
        sources: sources.len(),
        targets,
        summary,
        counts,
        scenario: scenario_of(graph),
        configuration: attached.map(|it| it.providers(graph)),
        configuration_not_read: attached.map(Attached::not_read),
        max_hops: limits.hops,
        not_read: gaps_from(graph, &sources),
        truncated: best.truncated || cut || counts.total() > limits.rows,
    })
}

/// Who reaches some of the roles, and the denied ones that a policy or a workspace means. Among the
/// latter are those of whom no edge tells, and who get there over accounts that were not read.
pub(super) fn callers_of<'g>(
    graph: &'g Graph,
    targets: &[Node],
    hops: usize,
) -> (Best<'g>, BTreeMap<Node, Route>) {
    let mut best = Best::of(graph, targets, Incoming, hops);
    let mut searched = 0;
    let mut denied: BTreeMap<Node, Route> = BTreeMap::new();
    for service in graph.services_meant_unnamed() {
        let Some(route) = best.entered_by(&service) else { continue };
        let known = best.verdict(&service);
        if known.is_none_or(|known| (route.verdict, route.hops()) < known) {
            denied.insert(service, route);
        }
    }
    best.leave_out(denied.keys());
    for target in targets {
        for (from, assume) in graph.named_denials(target, Incoming) {
            debug_assert!(assume.named, "only what somebody means is kept where it is denied");
            if best.has(&from) || targets.contains(&from) || denied.contains_key(&from) {
                continue;
            }
            let mut around = None;
            if from.nameable() && hops > 1 {
                searched += best.looks();
                if searched > AROUND {
                    best.truncated = true;
                    continue;
                }
                around = best.entered_by(&from);
            }
            let route = around.or_else(|| search::judge(graph, &[from.clone(), target.clone()]));
            denied.extend(route.map(|route| (from, route)));
        }
    }
    (best, denied)
}

/// The roles that some of the nodes reach, and the denied ones that a policy or a workspace
/// means.
pub(super) fn reach_of<'g>(
    graph: &'g Graph,
    sources: &[Node],
    hops: usize,
) -> (Best<'g>, BTreeMap<Node, Route>) {
    let best = Best::of(graph, sources, Outgoing, hops);
    let denied = denied_from(graph, sources, |to| best.has(to));
    (best, denied)
}

/// The denied hops from sources that a policy or a workspace means, to what is not reached
/// otherwise.
pub(super) fn denied_from(
    graph: &Graph,
    sources: &[Node],
    is_reached: impl Fn(&Node) -> bool,
) -> BTreeMap<Node, Route> {
    let mut denied: BTreeMap<Node, Route> = BTreeMap::new();
    for source in sources {
        for (to, _) in graph.named_denials(source, Outgoing) {
            if !is_reached(&to) && !sources.contains(&to) && !denied.contains_key(&to) {
                let route = search::judge(graph, &[source.clone(), to.clone()]);
                denied.extend(route.map(|route| (to, route)));
            }
        }
    }
    denied
}

/// Rows best verdict first, then fewer hops, then name; whole counts. `denied` holds what no edge
/// tells of, which is not always denied.
pub(super) fn rows(
    graph: &Graph,
    best: &Best<'_>,
    mut counts: Counts,
    denied: BTreeMap<Node, Route>,
    limit: usize,
) -> (Vec<Reached>, Counts, bool) {
    for route in denied.values() {
        counts.add_many(route.verdict, 1);
    }
    let admissions = Admissions::new(graph);
    let row = |node: Node, route: Route| row(graph, &admissions, &node, route);
    let mut rows: Vec<Reached> = best.first(limit, row);
    rows.extend(denied.into_iter().map(|(node, route)| row(node, route)));
    rows.sort_by(|one, other| {
        let rank = |row: &Reached| (row.verdict, row.hops);
        rank(one).cmp(&rank(other)).then_with(|| one.principal.cmp(&other.principal))
    });
    let cut = counts.total() > limit;
    rows.truncate(limit);
    (rows, counts, cut)
}

fn row(graph: &Graph, admissions: &Admissions<'_>, node: &Node, route: Route) -> Reached {
    let reason = reason(graph, &route);
    let privileges = graph.privilege(node);
    Reached {
        principal: node.name(graph),
        kind: kind(node),
        admits: match node {
            Node::Subject(subject) => Some(admissions.of(subject)),
            _ => None,
        },
        account: node.account(graph.facts()).map(|id| id.to_string()),
        verdict: route.verdict,
        hops: route.hops(),
        path: route.nodes.iter().map(|node| node.name(graph)).collect(),
        requirements: route.requirements,
        reason,
        privilege: privileges.map(|it| it.most),
        privilege_proven: privileges.map(|it| it.proven),
        configured: None,
    }
}

/// Why a denied path is denied: its first denied hop's reason.
fn reason(graph: &Graph, route: &Route) -> Option<Reason> {
    if route.verdict != Verdict::Denied {
        return None;
    }
    let (_, hops) = search::decide(graph, &route.nodes)?;
    hops.into_iter().find_map(|hop| hop.decision.reason).or_else(|| {
        Some(Reason {
            layer: Layer::Trust,
            explicit: false,
            level: None,
            text: "what the hops require can't all hold together".to_owned(),
        })
    })
}

pub(super) fn kind(node: &Node) -> PrincipalKind {
    match node {
        Node::Workspace(..) => PrincipalKind::Workspace,
        Node::Subject(subject) if subject.is_pattern() => PrincipalKind::Pattern,
        Node::Subject(_) => PrincipalKind::Subject,
        Node::User(_) => PrincipalKind::User,
        Node::Role(_) => PrincipalKind::Role,
        Node::Service(_) => PrincipalKind::Service,
        Node::Saml(_) | Node::OidcProvider(_) => PrincipalKind::Saml,
        Node::Named(arn) if arn.resource().starts_with("user/") => PrincipalKind::User,
        Node::Named(_) => PrincipalKind::Role,
        Node::Anyone => PrincipalKind::Anyone,
        _ => PrincipalKind::Account,
    }
}

pub(super) fn one_or_written(graph: &Graph, nodes: &[Node], written: &str) -> String {
    match nodes {
        [one] => one.name(graph),
        _ => written.to_owned(),
    }
}

/// The paths from `source` to `target`, shortest first within each verdict.
pub fn paths(
    graph: &Graph,
    source: &str,
    target: &str,
    limits: Limits,
) -> Result<Paths, QuestionError> {
    paths_attached(graph, source, target, limits, None)
}

/// The same, with what a Terraform configuration asks for.
pub(super) fn paths_attached(
    graph: &Graph,
    source: &str,
    target: &str,
    limits: Limits,
    attached: Option<&Attached<'_>>,
) -> Result<Paths, QuestionError> {
    let sources = select(graph, source)?;
    let targets = select_targets(graph, target)?;
    let pairs = sources.nodes.len().saturating_mul(targets.len());
    searched(pairs, &format!("{source} -> {target}"))?;
    let mut truncated = false;
    let mut found: Vec<Route> = Vec::new();
    let pairs = || {
        let from = sources.nodes.iter();
        from.flat_map(|from| targets.iter().filter(move |to| *to != from).map(move |to| (from, to)))
    };
    for (from, to) in pairs() {
        let (routes, cut) = search::best_paths(graph, from, to, limits.hops, limits.rows);
        truncated |= cut;
        found.extend(routes);
    }
    let mut not_read = gaps_from(graph, &sources.nodes);
    if found.is_empty() {
        not_read.extend(gaps_outside(graph, &sources.nodes, &targets, limits.hops));
        found.extend(pairs().flat_map(|(from, to)| search::denied(graph, from, to, limits.hops)));
        // Many refused pairs say little; those that somebody means say most.
        found.sort_by_key(|route| route.nodes.len());
    }
    if let Some(attached) = attached {
        let refused = attached.refused(graph, &targets, &found);
        found.extend(refused);
    }
    found.sort_by_key(|route| (route.verdict, route.nodes.len()));
    truncated |= found.len() > limits.rows;
    found.truncate(limits.rows);
    let mut paths: Vec<Path> = by_halves(&found, |part| {
        part.iter().filter_map(|route| path(graph, route, attached)).collect()
    });
    // What a configuration passes may settle what a path needs.
    paths.sort_by_key(|path| (path.verdict, path.hops.len()));
    Ok(Paths {
        schema: "rolewalk/paths/1",
        source: one_or_written(graph, &sources.nodes, source),
        target: one_or_written(graph, &targets, target),
        paths,
        scenario: scenario_of(graph),
        configuration: attached.map(|it| it.providers(graph)),
        configuration_not_read: attached.map(Attached::not_read),
        max_hops: limits.hops,
        not_read,
        truncated,
    })
}

fn path(graph: &Graph, route: &Route, attached: Option<&Attached<'_>>) -> Option<Path> {
    let (configured, asked) =
        attached.map_or((None, None), |attached| attached.path(graph, &route.nodes));
    let (route, decisions) = match asked {
        Some(asked) => asked,
        None => search::decide(graph, &route.nodes)?,
    };
    let hops = route
        .nodes
        .windows(2)
        .zip(decisions)
        .filter_map(|(pair, hop)| {
            let [from, to] = pair else { return None };
            let privileges = graph.privilege(to);
            Some(Hop {
                from: from.name(graph),
                to: to.name(graph),
                action: hop.action.as_str(),
                verdict: hop.decision.verdict,
                requirements: hop.decision.requirements,
                reason: hop.decision.reason,
                privilege: privileges.map(|it| it.most),
                privilege_proven: privileges.map(|it| it.proven),
                layers: hop.decision.layers,
                caveats: hop.decision.caveats,
            })
        })
        .collect();
    Some(Path { verdict: route.verdict, requirements: route.requirements, hops, configured })
}
