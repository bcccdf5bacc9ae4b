//! One hop, in either direction.

use petgraph::Direction::{self, Incoming, Outgoing};
use petgraph::graph::NodeIndex;

use crate::evaluation::{Verdict, may_carry_state};
use crate::org::{AccountKey, Key as _};

use super::super::flat::Across;
use super::super::index::{CallerId, Map, Set};
use super::super::{Bundle, Graph, Node, Weight, by_halves, outside};

/// What a search begins with: one node, and the vertex that it is one of, if any.
#[derive(Debug, Clone)]
pub(super) struct Start<'g> {
    pub(super) graph: &'g Graph,
    pub(super) node: Node,
    pub(super) vertex: Option<NodeIndex>,
    pub(super) direction: Direction,
    /// Of a source that anybody can name, its first hops that the graph has no edges for.
    outside: Vec<Step>,
    /// Where the first hop has to lead.
    only: Option<NodeIndex>,
}

/// A hop to a vertex.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) to: NodeIndex,
    pub(super) bundle: Bundle,
    /// The edge between sets, which tells hops of one kind, and the set that it leaves; none where
    /// the hop has none.
    pub(super) edge: Option<(u32, NodeIndex)>,
}

/// From which sets a search has gone on, and for members of which accounts: whatever leaves a set
/// is looked at once, however many come to it.
#[derive(Debug, Default)]
pub(super) struct Passed(Map<NodeIndex, For>);

/// For whom a search has gone on from a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// For a member of this account, so that only its own members are left, of bundles from account
    /// to account.
    Account(AccountKey),
    /// For members of several.
    Everywhere,
}

/// Which members of a set are left to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// All that are meant.
    All,
    /// Those of this account, over bundles from account to account.
    Of(AccountKey),
}

impl For {
    /// Goes on for a member of an account, where one went on before; what is left beyond, if
    /// anything.
    pub(super) fn pass(known: Option<Self>, account: Option<AccountKey>) -> Option<(Left, Self)> {
        match (known, account) {
            (Some(Self::Everywhere), _) => None,
            (Some(Self::Account(known)), Some(account)) if known == account => None,
            (Some(Self::Account(known)), _) => Some((Left::Of(known), Self::Everywhere)),
            (None, Some(account)) => Some((Left::All, Self::Account(account))),
            (None, None) => Some((Left::All, Self::Everywhere)),
        }
    }

    /// In one number: there are fewer accounts.
    pub(super) fn packed(self) -> u32 {
        match self {
            Self::Account(account) => u32::try_from(account.index()).unwrap_or(u32::MAX),
            Self::Everywhere => u32::MAX,
        }
    }

    pub(super) fn unpacked(number: u32) -> Self {
        match number {
            u32::MAX => Self::Everywhere,
            account => Self::Account(AccountKey::from_index(account)),
        }
    }
}

impl Passed {
    /// Goes on from a set for a member of an account; `None` where nothing is left beyond.
    pub(super) fn pass(&mut self, set: NodeIndex, account: Option<AccountKey>) -> Option<Left> {
        let (left, known) = For::pass(self.0.get(&set).copied(), account)?;
        self.0.insert(set, known);
        Some(left)
    }
}

impl Left {
    /// Whether the member at a vertex is meant, where the edge is come over from an account.
    pub(super) fn means(
        self,
        graph: &Graph,
        across: bool,
        from: Option<AccountKey>,
        to: NodeIndex,
    ) -> bool {
        match self {
            Self::Of(account) => across && graph.is_of(to, account),
            Self::All => !across || from.is_none_or(|from| !graph.is_of(to, from)),
        }
    }
}

impl<'g> Start<'g> {
    pub(super) fn new(graph: &'g Graph, node: &Node, direction: Direction) -> Self {
        Self::to_some(graph, node, direction, |_| true)
    }

    /// The same, where it does not matter which first hops lead to vertices that are not wanted: to
    /// tell that costs a decision a trust policy for a source that anybody can name.
    pub(super) fn to_some(
        graph: &'g Graph,
        node: &Node,
        direction: Direction,
        is_wanted: impl Fn(NodeIndex) -> bool + Sync,
    ) -> Self {
        let vertex = graph.vertices.of(&graph.facts, node);
        let (node, outside, only) = (node.clone(), Vec::new(), None);
        let mut start = Self { graph, node, vertex, direction, outside, only };
        if start.node.nameable() && direction == Outgoing {
            start.outside = start.outside_steps(is_wanted);
        }
        start
    }

    fn outside_steps(&self, is_wanted: impl Fn(NodeIndex) -> bool + Sync) -> Vec<Step> {
        let (graph, facts) = (self.graph, &self.graph.facts);
        let at = |role| graph.vertices.of(facts, &Node::Role(role));
        let wanted = |role| at(role).is_some_and(&is_wanted);
        let bundles = outside::bundles(graph, &self.node, wanted);
        let mut steps: Vec<Step> = by_halves(&bundles, |part| {
            let mut steps: Vec<Step> = Vec::new();
            for (roles, bundle) in part {
                for to in roles.iter().filter_map(|role| at(*role)) {
                    if !steps.iter().rev().take(8).any(|step| step.to == to) {
                        steps.push(Step { to, bundle: *bundle, edge: None });
                    }
                }
            }
            steps
        });
        for (to, assume) in outside::unread(graph, &self.node) {
            // Of trust policies that were not read nothing can be told, whatever the session holds.
            let session = graph.control_session;
            let hands_on = self.node.hands_on();
            let bundle = Bundle { assume, across: false, session, hands_on };
            let vertex = graph.vertices.of(facts, &to);
            steps.extend(vertex.map(|to| Step { to, bundle, edge: None }));
        }
        steps.sort_by_key(|step| (step.to, step.bundle.assume.verdict));
        steps.dedup_by_key(|step| step.to);
        steps.retain(|step| step.bundle.assume.verdict != Verdict::Denied);
        steps
    }

    /// The same, with a first hop that leads to this vertex.
    pub(super) fn over(mut self, first: NodeIndex) -> Self {
        self.outside.retain(|step| step.to == first);
        self.only = Some(first);
        self
    }

    /// The first hops that the graph has no edges for.
    pub(super) fn outside(&self) -> &[Step] {
        &self.outside
    }

    /// The vertex of the first hops that it has edges for.
    fn vertex_of_edges(&self) -> Option<NodeIndex> {
        let all = self.direction == Incoming || !self.node.nameable();
        self.vertex.filter(|_| all || outside::has_edges(&self.node))
    }

    /// Whether some first hop may take another audience than the one that is configured.
    pub(super) fn may_ask_for_another_audience(&self) -> bool {
        let mut accounts: Set<Option<AccountKey>> = Set::default();
        self.each_first(|step| {
            accounts.insert(self.graph.account(step.to));
        });
        accounts.into_iter().any(|account| {
            let ways = account.map(|account| self.node.ways(self.graph, account));
            ways.is_none_or(|ways| ways.iter().any(|way| way.other_audience.is_some()))
        })
    }

    /// The account of the node, where it has one of the facts.
    pub(super) fn account(&self) -> Option<AccountKey> {
        let facts = &self.graph.facts;
        facts.account(self.node.account(facts)?)
    }

    /// Tells the hops from the node itself.
    pub(super) fn each_first(&self, mut each: impl FnMut(Step)) {
        let mut tell = |step: Step| {
            if self.only.is_none_or(|only| step.to == only) {
                each(step);
            }
        };
        self.outside.iter().copied().for_each(&mut tell);
        self.towards(None, |across| self.neighbours(across.other), tell);
    }

    /// The edges between sets that first hops go over, each with the set that it leaves.
    pub(super) fn first_edges(&self) -> impl Iterator<Item = (NodeIndex, &'g Across)> + '_ {
        let (graph, direction) = (self.graph, self.direction);
        let sets = self.vertex_of_edges().into_iter();
        let sets = sets.flat_map(move |vertex| graph.sets(vertex, direction));
        sets.flat_map(move |set| {
            graph.flat.bundles(set, direction).iter().map(move |across| (set, across))
        })
    }

    /// The best verdict that a path may have by its first hop. One that depends on the session may be
    /// allowed there, and one that is unknown is part of conditional paths.
    pub(super) fn best_first(&self) -> Option<Verdict> {
        let outside = self.outside.iter().map(|step| step.bundle);
        let bundles = outside.chain(self.first_edges().map(|(_, across)| across.bundle));
        let best = |bundle: Bundle| match bundle.assume.verdict {
            _ if bundle.is_open() => Verdict::Allowed,
            Verdict::Unknown => Verdict::Conditional,
            verdict => verdict,
        };
        bundles.map(best).min()
    }

    /// Whether a hop does not lead to a vertex, though an edge does.
    pub(super) fn leaves_out(&self, vertex: NodeIndex, hops: usize) -> bool {
        let is_other = hops == 1 && self.only.is_some_and(|only| only != vertex);
        is_other || self.stands_alone(vertex)
    }

    /// The hops from the node itself.
    pub(super) fn first(&self) -> Vec<Step> {
        let mut found = Vec::new();
        self.each_first(|step| found.push(step));
        found
    }

    /// The hops from a vertex, or from the node itself, to those members of the set behind each edge
    /// that `members` tells.
    pub(super) fn towards<M: AsRef<[NodeIndex]>>(
        &self,
        vertex: Option<NodeIndex>,
        members: impl Fn(&Across) -> M,
        mut each: impl FnMut(Step),
    ) {
        let account = vertex.map_or_else(|| self.account(), |vertex| self.graph.account(vertex));
        let Some(from) = vertex.or_else(|| self.vertex_of_edges()) else { return };
        for set in self.graph.sets(from, self.direction) {
            self.beyond(set, (account, Left::All), &members, |step| {
                if vertex.is_some() || !self.stands_alone(step.to) {
                    each(step);
                }
            });
        }
    }

    fn neighbours(&self, set: NodeIndex) -> &[NodeIndex] {
        self.graph.flat.members(set, self.direction)
    }

    /// The hops that leave a set from a member of an account.
    fn beyond<M: AsRef<[NodeIndex]>>(
        &self,
        set: NodeIndex,
        (account, left): (Option<AccountKey>, Left),
        members: impl Fn(&Across) -> M,
        mut each: impl FnMut(Step),
    ) {
        let graph = self.graph;
        for across in graph.flat.bundles(set, self.direction) {
            let bundle = across.bundle;
            if bundle.assume.verdict == Verdict::Denied {
                continue;
            }
            for to in members(across).as_ref() {
                if left.means(graph, bundle.across, account, *to) {
                    each(Step { to: *to, bundle, edge: Some((across.edge, set)) });
                }
            }
        }
    }

    /// Whether the node that the search begins with is the only one at this vertex.
    pub(super) fn stands_alone(&self, vertex: NodeIndex) -> bool {
        self.vertex == Some(vertex) && self.graph.count_at(vertex) == 1
    }

    /// Whether the session of a role at this vertex may hold what a later hop looks at.
    pub(super) fn carries(&self, vertex: NodeIndex) -> bool {
        let carries = |role| may_carry_state(&self.graph.facts, role);
        matches!(self.first_at(vertex), Some(Node::Role(role)) if carries(role))
    }

    /// One of the nodes at a vertex.
    pub(super) fn first_at(&self, vertex: NodeIndex) -> Option<Node> {
        let graph = self.graph;
        match graph.vertices.group(vertex) {
            Some(group) => Some(group.members.first()?.node(&graph.facts)),
            None => graph.nodes_at(vertex).into_iter().next(),
        }
    }

    /// The nodes at a vertex, without the one that the search begins with.
    pub(super) fn others_at(&self, vertex: NodeIndex) -> Vec<Node> {
        let mut nodes = self.graph.nodes_at(vertex);
        if self.vertex == Some(vertex) {
            nodes.retain(|node| *node != self.node);
        }
        nodes
    }

    /// What is at a vertex, without the node that the search begins with.
    pub(super) fn weight_of_others(&self, vertex: NodeIndex) -> Weight {
        let weight = self.graph.flat.weight(vertex);
        if self.vertex != Some(vertex) {
            return weight;
        }
        weight.without(Weight::of(self.graph.privilege(&self.node)))
    }

    /// Nodes for a walk over vertices, in the order of the hops: each another one where there are
    /// others, the last one the node that is wanted.
    pub(super) fn nodes(&self, walk: &[NodeIndex], wanted: Option<&Node>) -> Vec<Node> {
        let mut nodes = vec![self.node.clone()];
        for (at, vertex) in walk.iter().enumerate() {
            let last = at + 1 == walk.len();
            let pick = match (last, wanted) {
                (true, Some(node)) => Some(node.clone()),
                _ => self.pick(*vertex, &nodes, wanted),
            };
            nodes.extend(pick);
        }
        if self.direction == Incoming {
            nodes.reverse();
        }
        nodes
    }

    fn pick(&self, vertex: NodeIndex, taken: &[Node], wanted: Option<&Node>) -> Option<Node> {
        let graph = self.graph;
        if let Some(group) = graph.vertices.group(vertex) {
            let node = |caller: &CallerId| caller.node(&graph.facts);
            let free = |node: &Node| !taken.contains(node) && Some(node) != wanted;
            let mut all = group.members.iter().map(node);
            return all.find(free).or_else(|| self.first_at(vertex));
        }
        self.first_at(vertex)
    }
}
