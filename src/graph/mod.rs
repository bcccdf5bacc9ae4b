//! The organization as a graph: what contains what, and who may become whom.
//!
//! Nodes are the things of the facts plus sources that have no AWS identity of their own
//! (workspaces, token subjects, services, outside accounts) and a placeholder for the unknown
//! principals and roles of every account that was not read. An assume edge carries the verdict
//! of [`crate::evaluation`] with everything left open that an earlier hop could settle, so it
//! only prunes: a path is decided again as a whole ([`search`]).
//!
//! A million roles have too many edges to keep one by one. Users and roles that nothing tells
//! apart share a vertex ([`places`]), and edges run between sets of them ([`index`]): from a
//! vertex to the sets of callers that it belongs to, from there with a verdict to sets of roles,
//! and on to their members. Only the step in the middle is a hop.
//!
//! INVARIANT: a pair without an edge is one that the evaluation would call denied.

mod edges;
mod flat;
mod halves;
mod index;
mod neighbours;
mod node;
mod numbers;
mod outside;
mod pair;
mod places;
mod rows;
pub mod search;
mod tokens;
mod weight;

use std::collections::BTreeMap;
use std::sync::Arc;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::evaluation::{Action, Marks, Privileges, Scenario, Verdict};
use crate::issuer::{self, Issuer};
use crate::org::{AccountKey, Facts};
use crate::workload::{self, Phase, RoleSetting, Stack, Workspace};

pub use node::{
    ANY, Node, Subject, Way, ou_selector, place_at, project_selector, run_token, stack_selector,
    workload_audience, workspace_selector,
};

use flat::Flat;
use halves::at_once;
pub(crate) use halves::{by_halves, in_halves, in_turns};
use index::CallerId;
pub use numbers::Numbers;
use pair::Under;
use places::Vertices;
pub use tokens::SubjectHop;
pub use weight::Weight;

/// A vertex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Users and roles of one account that nothing tells apart, by number.
    Alike(u32),
    /// Something else by itself.
    Other(Box<Node>),
    /// A set of callers.
    Callers(u32),
    /// A set of roles.
    Targets(u32),
}

/// An edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// The first contains the second.
    Contains,
    /// One is a member of the other, which is a set.
    Member,
    /// The members of the first set may assume those of the second.
    Assume(Bundle),
}

/// What is true of every pair of a caller and a role of two sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundle {
    /// The verdict.
    pub assume: Assume,
    /// Whether only pairs of different accounts are meant.
    pub across: bool,
    /// Whether what earlier hops left in the session may change the verdict.
    pub session: bool,
    /// Whether it always leaves something in the session that later hops have to let pass.
    pub hands_on: bool,
}

impl Bundle {
    /// Whether a path over it is decided as a whole: its verdict may change with what earlier hops
    /// left in the session, or those of later hops with what it leaves. Where it is allowed with the
    /// session open, it is allowed in each.
    fn is_open(self) -> bool {
        match self.assume.verdict {
            Verdict::Denied => false,
            Verdict::Allowed => self.hands_on,
            Verdict::Conditional | Verdict::Unknown => self.session || self.hands_on,
        }
    }

    /// Whether it may be taken, and makes of a path what it makes of any.
    fn holds(self) -> bool {
        self.assume.verdict != Verdict::Denied && !self.is_open()
    }
}

/// An assume call that may succeed, or that somebody expects to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assume {
    /// The action.
    pub action: Action,
    /// The verdict with the caller's session left open.
    pub verdict: Verdict,
    /// Whether a policy names the pair literally, or a workspace is configured for it. Only
    /// such edges are kept when denied.
    pub named: bool,
}

/// Names that people give to several things at once, each with its selectors.
pub type Groups = BTreeMap<String, Vec<String>>;

/// Who may become whom.
#[derive(Debug)]
pub struct Graph {
    facts: Arc<Facts>,
    /// What is stated of every call; usually nothing.
    scenario: Scenario,
    groups: Arc<Groups>,
    marks: Arc<Marks>,
    workspaces: Vec<Workspace>,
    stacks: Vec<Stack>,
    /// Issuers that somebody named, by the provider's URL without scheme.
    issuers: BTreeMap<String, &'static Issuer>,
    petgraph: DiGraph<Place, Link, u32>,
    flat: Flat,
    vertices: Vertices,
    /// The vertices of patterns of token subjects.
    patterns: Numbers,
    targets: index::Targets,
    /// Whom trust policies may let in beside users and roles.
    opens: index::Openings,
    /// Whether some control policy looks at what a hop hands on.
    control_session: bool,
    /// How far it is to hops whose verdict depends on the session.
    to_session: search::ToSession,
    /// What searches take notes on.
    desks: search::Desks,
    /// What hops let pass of what earlier ones handed on.
    passing: search::Passing,
    /// What searches decided of ways that others may take too.
    decided: search::Decided,
}

impl Graph {
    /// Builds the graph of a snapshot.
    pub fn build(facts: Arc<Facts>) -> Self {
        Self::build_under(facts, Scenario::default())
    }

    /// Builds the graph of a snapshot with something stated of every call, so that every edge,
    /// path and answer is what the evaluation says of calls like that (rule K11).
    pub fn build_under(facts: Arc<Facts>, scenario: Scenario) -> Self {
        Self::with_marks(facts, scenario, None)
    }

    /// The graph of the same facts with something else stated of every call.
    #[must_use]
    pub fn under_scenario(&self, scenario: Scenario) -> Self {
        let marks = Some(Arc::clone(&self.marks));
        let graph = Self::with_marks(Arc::clone(&self.facts), scenario, marks);
        Self { groups: Arc::clone(&self.groups), ..graph }
    }

    /// The same with names for several things at once.
    #[must_use]
    pub fn with_groups(self, groups: Groups) -> Self {
        Self { groups: Arc::new(groups), ..self }
    }

    /// What several things at once are called.
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    fn with_marks(facts: Arc<Facts>, mut scenario: Scenario, known: Option<Arc<Marks>>) -> Self {
        // A graph knows no single call of which anything could be stated.
        scenario.of_all = true;
        let hosts = || facts.hcp.iter().filter_map(|host| host.workspaces.read());
        let workspaces = workload::resolve(hosts());
        let stacks = workload::stacks(hosts());
        // What each role can do at home has nothing to do with who becomes whom.
        let found = || {
            let under = Under { facts: &facts, workspaces: &workspaces, scenario: &scenario };
            let index = index::find(under, &stacks, &configured(&facts, &workspaces));
            let (petgraph, vertices) = places::place(&facts, workspaces.len(), &index);
            (index, petgraph, vertices)
        };
        let marks = || known.unwrap_or_else(|| Arc::new(Marks::of(&facts)));
        let ((index, petgraph, vertices), marks) = at_once(found, marks);
        let account = |vertex: NodeIndex| match petgraph.node_weight(vertex)? {
            Place::Other(node) => facts.account(node.account(&facts)?),
            _ => vertices.group(vertex).map(|group| group.account),
        };
        let marked = |vertex: NodeIndex, each: &mut dyn FnMut(Option<Privileges>)| match vertices
            .group(vertex)
        {
            Some(group) => {
                let nodes = group.members.iter().map(|caller| caller.node(&facts));
                nodes.for_each(|node| each(privilege(&marks, &node)));
            }
            None => each(None),
        };
        let flat = Flat::new(&petgraph, account, marked);
        let patterns = patterns(&facts, &vertices, petgraph.node_count());
        let mut graph = Self {
            facts,
            scenario,
            groups: Arc::default(),
            flat,
            marks,
            workspaces,
            stacks,
            issuers: BTreeMap::new(),
            patterns,
            petgraph,
            vertices,
            targets: index.targets,
            opens: index.opens,
            control_session: index.control_session,
            to_session: search::ToSession::default(),
            desks: search::Desks::default(),
            passing: search::Passing::default(),
            decided: search::Decided::default(),
        };
        graph.passing = search::Passing::of_edges(graph.petgraph.edge_count());
        graph.to_session = search::ToSession::of(&graph);
        graph
    }

    /// Whoever outside the facts some trust policy means: accounts, principals, or anyone.
    pub fn outsiders(&self) -> impl Iterator<Item = &Node> {
        self.opens.outsiders()
    }

    /// Services whose hops are not all edges: some trust policy may mean them without naming them.
    pub fn services_meant_unnamed(&self) -> impl Iterator<Item = Node> {
        self.opens.services_meant_unnamed().map(|name| Node::Service(name.to_owned()))
    }

    /// Takes over the ids of issuers whose URLs tell nothing, by URL without scheme. They change
    /// how subjects are read for people, and no verdict.
    pub fn name_issuers(&mut self, named: &BTreeMap<String, String>) {
        let known = |(url, id): (&String, &String)| Some((url.clone(), issuer::by_id(id)?));
        self.issuers = named.iter().filter_map(known).collect();
    }

    /// The issuer of a provider's URL: as named, by the URL, or else by the audiences that
    /// providers for it take.
    pub fn issuer(&self, url: &str) -> &'static Issuer {
        if let Some(named) = self.issuers.get(url) {
            return named;
        }
        let issuer = issuer::classify(url);
        if issuer.id != "unknown" {
            return issuer;
        }
        let providers = self.facts.oidc_providers.values().filter(|provider| provider.url == url);
        let audiences = providers.flat_map(|provider| &provider.audiences).map(String::as_str);
        issuer::classify_with_audiences(url, audiences)
    }

    /// The facts that it was built from.
    pub fn facts(&self) -> &Arc<Facts> {
        &self.facts
    }

    /// What is stated of every call.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// What its pairs are decided under.
    fn under(&self) -> Under<'_> {
        Under { facts: &self.facts, workspaces: &self.workspaces, scenario: &self.scenario }
    }

    /// Workspaces, by host, organization, project and name.
    pub fn workspaces(&self) -> &[Workspace] {
        &self.workspaces
    }

    /// Stacks, in the same order.
    pub fn stacks(&self) -> &[Stack] {
        &self.stacks
    }

    /// What a role or a user can do in its own account; `None` for anything else.
    pub fn privilege(&self, node: &Node) -> Option<Privileges> {
        privilege(&self.marks, node)
    }

    /// What stands at the vertices of some numbers, counted. Vertices at which more or less than one
    /// user or role stands are left to `each`.
    pub fn weigh(&self, numbers: &Numbers, each: impl FnMut(usize)) -> Weight {
        self.flat.weigh(numbers, each)
    }

    /// The numbers of patterns of token subjects.
    pub fn patterns(&self) -> &Numbers {
        &self.patterns
    }

    /// What stands at the vertex of a number, counted.
    pub fn weight_at(&self, number: usize) -> Weight {
        self.flat.weight(NodeIndex::new(number))
    }

    /// The account of what stands at the vertex of a number, where it has one of the facts.
    pub fn account_at(&self, number: usize) -> Option<AccountKey> {
        self.account(NodeIndex::new(number))
    }

    /// The numbers of the vertices of an account's users and roles.
    pub fn numbers_of(&self, account: AccountKey) -> std::ops::Range<usize> {
        self.vertices.of_account(account)
    }

    /// Nodes, counted.
    pub fn weight<'n>(&self, nodes: impl Iterator<Item = &'n Node>) -> Weight {
        let weights = nodes.map(|node| Weight::of(self.privilege(node)));
        weights.fold(Weight::default(), Weight::and)
    }

    /// The petgraph graph.
    pub fn petgraph(&self) -> &DiGraph<Place, Link, u32> {
        &self.petgraph
    }

    /// All nodes: roles and users, then everything else.
    pub fn nodes(&self) -> impl Iterator<Item = Node> {
        let callers = CallerId::all(&self.facts).map(|caller| caller.node(&self.facts));
        callers.chain(self.vertices.others().cloned())
    }

    /// The number of the vertex of a node.
    pub fn number(&self, node: &Node) -> Option<usize> {
        self.vertices.of(&self.facts, node).map(NodeIndex::index)
    }

    /// The nodes behind the vertex of a number.
    pub fn nodes_numbered(&self, number: usize) -> Vec<Node> {
        self.nodes_at(NodeIndex::new(number))
    }

    /// The nodes behind a vertex.
    fn nodes_at(&self, vertex: NodeIndex) -> Vec<Node> {
        match self.petgraph.node_weight(vertex) {
            Some(Place::Alike(_)) => {
                let members = self.vertices.group(vertex).map(|group| group.members.as_slice());
                let members = members.unwrap_or_default().iter();
                members.map(|caller| caller.node(&self.facts)).collect()
            }
            Some(Place::Other(node)) => vec![(**node).clone()],
            _ => Vec::new(),
        }
    }

    /// How many nodes are behind a vertex.
    fn count_at(&self, vertex: NodeIndex) -> usize {
        self.flat.weight(vertex).nodes as usize
    }

    /// The account of what stands at a vertex, where it has one of the facts.
    fn account(&self, vertex: NodeIndex) -> Option<AccountKey> {
        self.flat.account(vertex)
    }

    /// Whether what stands at a vertex is of an account.
    fn is_of(&self, vertex: NodeIndex, account: AccountKey) -> bool {
        let number = vertex.index();
        // Users and roles of an account stand side by side.
        if number < self.vertices.groups.len() {
            return self.vertices.of_account(account).contains(&number);
        }
        self.account(vertex) == Some(account)
    }

    /// The sets that a vertex belongs to, as callers or, `Incoming`, as roles.
    fn sets(&self, vertex: NodeIndex, direction: Direction) -> impl Iterator<Item = NodeIndex> {
        self.flat.members(vertex, direction).iter().copied()
    }

    /// The bundles between a set and others.
    fn bundles(
        &self,
        set: NodeIndex,
        direction: Direction,
    ) -> impl Iterator<Item = (Bundle, NodeIndex)> {
        self.flat.bundles(set, direction).iter().map(|across| (across.bundle, across.other))
    }

    /// The vertices in the set at the other end of a bundle.
    fn members(&self, set: NodeIndex, direction: Direction) -> impl Iterator<Item = NodeIndex> {
        self.flat.members(set, direction).iter().copied()
    }
}

fn privilege(marks: &Marks, node: &Node) -> Option<Privileges> {
    match node {
        Node::Role(key) => Some(marks.role(*key)),
        Node::User(key) => Some(marks.user(*key)),
        _ => None,
    }
}

/// Which roles workspaces ask for, with who asks.
fn configured(facts: &Facts, workspaces: &[Workspace]) -> BTreeMap<Node, Vec<Node>> {
    let mut found: BTreeMap<Node, Vec<Node>> = BTreeMap::new();
    for (index, workspace) in workspaces.iter().enumerate() {
        for configuration in &workspace.configurations {
            for phase in Phase::ALL {
                let arns = match configuration.role(phase) {
                    RoleSetting::Arn(arn) => vec![arn],
                    RoleSetting::Ambiguous(one, other) => vec![one, other],
                    RoleSetting::Hidden | RoleSetting::Missing => Vec::new(),
                };
                for arn in arns {
                    let target = facts.role_by_arn(arn).map(Node::Role).or_else(|| {
                        let account = arn.parse::<crate::arn::Arn>().ok()?.account()?;
                        let account = facts.account(account)?;
                        facts.accounts[account].missing().map(|_| Node::Unread(account))
                    });
                    if let Some(target) = target {
                        found.entry(target).or_default().push(Node::Workspace(index, phase));
                    }
                }
            }
        }
    }
    for sources in found.values_mut() {
        sources.sort();
        sources.dedup();
    }
    found
}

/// The vertices of patterns of token subjects, of so many vertices.
fn patterns(facts: &Facts, vertices: &Vertices, count: usize) -> Numbers {
    let is = |node: &&Node| matches!(node, Node::Subject(subject) if subject.is_pattern());
    let mut found = Numbers::below(count);
    for vertex in vertices.others().filter(is).filter_map(|node| vertices.of(facts, node)) {
        found.insert(vertex.index());
    }
    found
}
