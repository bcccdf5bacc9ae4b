//! Which sources are the rows of a matrix: workspaces in each phase, then the sources of other
//! issuers that some trust policy names, unless they are very many or come from inside AWS's
//! accounts. Of a host or an organization of which no workspaces were read, the patterns that admit
//! them stand for them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::arn::glob::Glob;
use crate::evaluation::Claim;
use crate::graph::{Graph, Node, Subject, run_token, workspace_selector};
use crate::issuer;
use crate::workload::{Phase, Workspace};

use super::super::answers::MatrixRow;
use super::super::groups;
use super::super::lists::kind;
use super::super::question::QuestionError;
use super::super::selector::select;
use super::super::spelling::organization_of;
use super::super::workspaces::problems;

/// How many sources of other issuers are rows without being asked for: each is put to every trust
/// policy that may mean it.
const MANY: usize = 64;
/// How many patterns stand for workspaces that were not read.
const MANY_PATTERNS: usize = 500;

/// A workspace in one phase, or another source of tokens.
pub(super) struct Run {
    pub(super) node: Node,
    /// The tags of the configurations that are meant; `None` for all of them.
    tags: Option<BTreeSet<String>>,
}

/// The sources of rows.
pub(super) struct Runs {
    pub(super) rows: Vec<Run>,
    /// How many other sources are none, though some trust policy names them.
    pub(super) left_out: usize,
}

impl Run {
    fn all(node: Node) -> Self {
        Self { node, tags: None }
    }

    /// Whether the configuration of this tag is meant.
    pub(super) fn means(&self, tag: Option<&str>) -> bool {
        self.tags.as_ref().is_none_or(|tags| tag.is_some_and(|tag| tags.contains(tag)))
    }

    /// The workspace and the phase, where it is one's.
    pub(super) fn of<'g>(&self, graph: &'g Graph) -> Option<(&'g Workspace, Phase)> {
        match &self.node {
            Node::Workspace(index, phase) => Some((graph.workspaces().get(*index)?, *phase)),
            _ => None,
        }
    }

    /// The phase of all that it stands for.
    pub(super) fn phase(&self, graph: &Graph) -> Option<Phase> {
        match &self.node {
            Node::Workspace(_, phase) => Some(*phase),
            Node::Subject(subject) if self.has_settings(graph) => subject.phase(),
            _ => None,
        }
    }

    /// Whether it is a run of HCP Terraform, or may be.
    pub(super) fn has_settings(&self, graph: &Graph) -> bool {
        match &self.node {
            Node::Subject(subject) => {
                let read = graph.facts().was_host_read(&subject.issuer);
                read || graph.issuer(&subject.issuer).has_form("workspace")
            }
            _ => true,
        }
    }

    /// Its name, without phase.
    pub(super) fn selector(&self, graph: &Graph) -> String {
        match self.of(graph) {
            Some((workspace, _)) => workspace_selector(workspace),
            None => self.node.name(graph),
        }
    }
}

/// A source, with the tag that was named.
type Named = (Node, Option<String>);

/// The sources that a selector names; without one all that a matrix shows by itself.
pub(super) fn wanted(graph: &Graph, rows: Option<&str>) -> Result<Runs, QuestionError> {
    let Some(text) = rows else { return Ok(all(graph)) };
    let mut runs: BTreeMap<Node, Option<BTreeSet<String>>> = BTreeMap::new();
    for (node, tag) in named(graph, text)? {
        let tags = runs.entry(node).or_insert_with(|| Some(BTreeSet::new()));
        match (tags.as_mut(), tag) {
            (Some(tags), Some(tag)) => {
                tags.insert(tag);
            }
            (_, None) => *tags = None,
            (None, Some(_)) => {}
        }
    }
    if runs.is_empty() {
        return Err(QuestionError::invalid(format!(
            "`{text}` names no workspace and no token, and those are the rows of a matrix"
        ))
        .hint("write one such as `tfc:ORGANIZATION/PROJECT/*`, with `:plan` or `:apply` for one phase"));
    }
    let rows = runs.into_iter().map(|(node, tags)| Run { node, tags }).collect();
    Ok(Runs { rows: sorted(graph, rows), left_out: 0 })
}

fn all(graph: &Graph) -> Runs {
    let hosts: BTreeSet<&str> = graph.workspaces().iter().map(|it| it.host.as_str()).collect();
    let standing = Standing::new(graph, &hosts);
    // What no token can have is a mistake of a policy, and told there.
    let stands = |subject: &Subject| {
        graph.issuer(&subject.issuer).may_issue(&subject.subject)
            && (!hosts.contains(subject.issuer.as_str()) || !standing.is_stood_for(subject))
    };
    let workspaces = 0..graph.workspaces().len();
    let mut rows: Vec<Run> = workspaces
        .flat_map(|index| Phase::ALL.map(|phase| Run::all(Node::Workspace(index, phase))))
        .collect();
    let others: Vec<Node> = graph
        .nodes()
        .filter(|node| match node {
            Node::Subject(subject) => stands(subject),
            _ => false,
        })
        .collect();
    let issuer = |node: &&Node| match node {
        Node::Subject(subject) => Some(graph.issuer(&subject.issuer)),
        _ => None,
    };
    let outside = others.iter().filter(|node| issuer(node).is_some_and(|it| !it.inside));
    let of_hcp = |node: &&Node| issuer(node).is_some_and(|it| it.has_form("workspace"));
    let (patterns, tokens): (Vec<&Node>, Vec<&Node>) = outside.partition(of_hcp);
    let workspaces = rows.len();
    for (list, most) in [(patterns, MANY_PATTERNS), (tokens, MANY)] {
        if list.len() <= most {
            rows.extend(list.into_iter().cloned().map(Run::all));
        }
    }
    let left_out = others.len() - (rows.len() - workspaces);
    Runs { rows: sorted(graph, rows), left_out }
}

/// What was read of hosts, which stands in a matrix itself.
struct Standing<'g> {
    /// By host, the organizations of which the workspaces are all there.
    organizations: BTreeMap<&'g str, BTreeSet<&'g str>>,
    /// Subjects of the runs that were read, and patterns of those of which a name was not.
    runs: HashSet<(&'g str, String)>,
    patterns: Vec<(&'g str, Glob)>,
}

impl<'g> Standing<'g> {
    fn new(graph: &'g Graph, hosts: &BTreeSet<&'g str>) -> Self {
        let facts = graph.facts();
        let whole = |host: &&&str| !facts.hides_workspaces(host);
        let organizations = hosts.iter().filter(whole);
        let organizations =
            organizations.map(|host| (*host, facts.organizations_read(host))).collect();
        let (mut runs, mut patterns) = (HashSet::new(), Vec::new());
        // Local runs have no token, so another's may be of that name.
        let with_tokens = graph.workspaces().iter().filter(|it| it.execution_mode != "local");
        for workspace in with_tokens {
            let host = workspace.host.as_str();
            for phase in Phase::ALL {
                match run_token(workspace, phase, Claim::Any).subject {
                    Claim::Is(subject) => {
                        runs.insert((host, subject));
                    }
                    Claim::Like(pattern) => patterns.push((host, Glob::new(&pattern))),
                    Claim::Any => {}
                }
            }
        }
        Self { organizations, runs, patterns }
    }

    /// Whether workspaces that were read stand for all that a subject may mean, but for those that
    /// nobody made yet.
    fn is_stood_for(&self, subject: &Subject) -> bool {
        // Deployments of stacks and tests of modules are no workspaces.
        let of_workspace = |subject: &Subject| {
            let hcp = issuer::by_id("hcp-terraform");
            let slots = hcp.map(|hcp| hcp.slots_of_pattern(&subject.subject)).unwrap_or_default();
            slots.iter().all(|(slot, _)| !matches!(*slot, "stack" | "module"))
        };
        let host = subject.issuer.as_str();
        let Some(organizations) = self.organizations.get(host) else { return false };
        // Of several organizations, some may be none that was read.
        let named = organization_of(subject).filter(|named| !named.contains(['*', '?']));
        let known = named.is_some_and(|named| {
            organizations.iter().any(|name| name.eq_ignore_ascii_case(&named))
        });
        known && of_workspace(subject) && self.some_run_fits(subject)
    }

    fn some_run_fits(&self, subject: &Subject) -> bool {
        let host = subject.issuer.as_str();
        if !subject.is_pattern() && self.runs.contains(&(host, subject.subject.clone())) {
            return true;
        }
        let glob = subject.glob();
        self.patterns.iter().any(|(of, run)| *of == host && glob.meets(run))
            || subject.is_pattern()
                && self.runs.iter().any(|(of, run)| *of == host && glob.matches(run))
    }
}

/// Workspaces in their order, then others by issuer and owner.
fn sorted(graph: &Graph, mut rows: Vec<Run>) -> Vec<Run> {
    rows.sort_by_cached_key(|run| match &run.node {
        Node::Workspace(index, phase) => (Some((*index, *phase)), None),
        Node::Subject(subject) => (None, Some((project(graph, subject), run.node.name(graph)))),
        _ => (None, None),
    });
    // What has no place among the workspaces was sorted before them.
    let others = rows.iter().take_while(|run| !matches!(run.node, Node::Workspace(..))).count();
    rows.rotate_left(others);
    rows
}

/// The rows that a selector names, by their selectors without phase.
pub fn workspaces_named(graph: &Graph, text: &str) -> Result<BTreeSet<String>, QuestionError> {
    let runs = wanted(graph, Some(text))?;
    Ok(runs.rows.iter().map(|run| run.selector(graph)).collect())
}

fn named(graph: &Graph, text: &str) -> Result<BTreeSet<Named>, QuestionError> {
    if let Some(group) = groups::of(graph, text)? {
        let mut found = BTreeSet::new();
        for selector in group.holds() {
            found.extend(group.of_member(named(graph, selector))?);
        }
        for selector in group.leaves_out() {
            let out = group.of_member(named(graph, selector))?;
            // Without a tag all configurations are meant.
            found.retain(|run| !out.contains(run) && !out.contains(&(run.0.clone(), None)));
        }
        return Ok(found);
    }
    let found = select(graph, text)?;
    let mut runs = BTreeSet::new();
    for node in found.nodes {
        match node {
            Node::Workspace(..) => {
                runs.insert((node, found.tag.clone()));
            }
            Node::Subject(subject) => {
                runs.extend(that_fit(graph, subject).into_iter().map(|node| (node, None)));
            }
            _ => {}
        }
    }
    Ok(runs)
}

/// What was asked for, and the sources that some trust policy names and that fit it.
fn that_fit(graph: &Graph, asked: Subject) -> Vec<Node> {
    let mut found = Vec::new();
    if asked.is_pattern() && asked.audience.is_none() {
        let glob = asked.glob();
        let fits = |node: &Node| match node {
            Node::Subject(subject) => {
                subject.issuer == asked.issuer && glob.matches(&subject.subject)
            }
            _ => false,
        };
        found.extend(graph.nodes().filter(fits));
    }
    found.push(Node::Subject(asked));
    found
}

/// The rows of these sources, each once.
pub(super) fn rows(graph: &Graph, runs: &[Run]) -> Vec<MatrixRow> {
    let mut found: Vec<MatrixRow> = Vec::new();
    for run in runs {
        let selector = run.selector(graph);
        if found.last().is_some_and(|last| last.selector == selector) {
            continue;
        }
        let workspace = run.of(graph).map(|(workspace, _)| workspace);
        let ways = workspace.into_iter().flat_map(|it| &it.other_ways).map(|way| way.text());
        let ways: Vec<&str> = ways.collect();
        found.push(MatrixRow {
            kind: kind(&run.node),
            id: workspace.and_then(|it| it.id.clone()).unwrap_or_else(|| selector.clone()),
            project: match (&run.node, workspace) {
                (Node::Subject(subject), _) => project(graph, subject),
                (_, workspace) => workspace.map(|it| it.project.clone()).unwrap_or_default(),
            },
            note: (!ways.is_empty()).then(|| ways.join(", ")),
            problems: workspace.map(|it| problems(graph.facts(), it)).unwrap_or_default(),
            selector,
        });
    }
    found
}

/// The issuer, and whose tokens they are: `GitHub Actions acme/infra`.
fn project(graph: &Graph, subject: &Subject) -> String {
    let issuer = graph.issuer(&subject.issuer);
    let label = match issuer.id.as_str() {
        "unknown" => subject.issuer.clone(),
        // One of several of the kind is told from the others by its address.
        _ if !issuer.shared => format!("{} {}", issuer.label, subject.issuer),
        _ => issuer.label.clone(),
    };
    match issuer.owner(&subject.subject) {
        Some(owner) => format!("{label} {owner}"),
        None => label,
    }
}
