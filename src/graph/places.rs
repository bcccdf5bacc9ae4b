//! The vertices of the graph: users and roles that nothing tells apart are one.

use std::collections::HashMap;

use petgraph::graph::{DiGraph, NodeIndex};

use crate::org::{AccountKey, Fact, Facts, Key as _, RoleKey};
use crate::workload::Phase;

use super::index::{CallerId, CallerSet, Index, Map, TargetSet};
use super::{Link, Node, Place};

/// Users and roles of one account that the graph does not tell apart.
#[derive(Debug)]
pub(super) struct Alike {
    pub(super) account: AccountKey,
    /// In order.
    pub(super) members: Vec<CallerId>,
}

/// Where everything stands in the graph.
#[derive(Debug, Default)]
pub(super) struct Vertices {
    /// Each group has the vertex of its place in the list.
    pub(super) groups: Vec<Alike>,
    /// By user or role, its group.
    group_of: Vec<u32>,
    /// Other things by themselves.
    others: HashMap<Node, NodeIndex>,
}

impl Vertices {
    /// The vertex of a node.
    pub(super) fn of(&self, facts: &Facts, node: &Node) -> Option<NodeIndex> {
        match CallerId::of(facts, node) {
            Some(caller) => self
                .group_of
                .get(caller.index())
                .filter(|group| **group != u32::MAX)
                .map(|group| NodeIndex::new(*group as usize)),
            None => self.others.get(node).copied(),
        }
    }

    /// Things that have vertices of their own.
    pub(super) fn others(&self) -> impl Iterator<Item = &Node> {
        self.others.keys()
    }

    /// The users and roles behind a vertex.
    pub(super) fn group(&self, vertex: NodeIndex) -> Option<&Alike> {
        self.groups.get(vertex.index())
    }
}

/// Which sets each user and role belongs to.
struct Memberships {
    /// Sets of callers by class and by cell, for each partition.
    classes: Vec<Numbers>,
    cells: Vec<Numbers>,
    target_classes: Numbers,
    target_cells: Numbers,
    /// Sets that are lists, by member.
    caller_lists: Vec<(CallerId, u32)>,
    target_lists: Vec<(RoleKey, u32)>,
}

/// Numbers by number; most have none.
#[derive(Default)]
struct Numbers(Vec<u32>);

impl Numbers {
    fn set(&mut self, key: u32, number: u32) {
        let key = key as usize;
        if self.0.len() <= key {
            self.0.resize(key + 1, u32::MAX);
        }
        if let Some(place) = self.0.get_mut(key) {
            *place = number;
        }
    }

    fn of(&self, key: u32) -> Option<u32> {
        self.0.get(key as usize).copied().filter(|number| *number != u32::MAX)
    }
}

impl Memberships {
    fn new(index: &Index) -> Self {
        let numbers = || index.partitions.iter().map(|_| Numbers::default()).collect();
        let mut found = Self {
            classes: numbers(),
            cells: numbers(),
            target_classes: Numbers::default(),
            target_cells: Numbers::default(),
            caller_lists: Vec::new(),
            target_lists: Vec::new(),
        };
        for (number, set) in (0..).zip(&index.found.callers.list) {
            match set {
                CallerSet::Class(part, class) => {
                    if let Some(known) = found.classes.get_mut(*part as usize) {
                        known.set(*class, number);
                    }
                }
                CallerSet::Cell(part, cell) => {
                    if let Some(known) = found.cells.get_mut(*part as usize) {
                        known.set(*cell, number);
                    }
                }
                CallerSet::Some(list) => {
                    found.caller_lists.extend(list.iter().map(|caller| (*caller, number)));
                }
                CallerSet::Nodes(_) => {}
            }
        }
        for (number, set) in (0..).zip(&index.found.targets.list) {
            match set {
                TargetSet::Class(class) => found.target_classes.set(*class, number),
                TargetSet::Cell(cell) => found.target_cells.set(*cell, number),
                TargetSet::Some(list) => {
                    found.target_lists.extend(list.iter().map(|role| (*role, number)));
                }
                TargetSet::Unread(_) => {}
            }
        }
        found.caller_lists.sort_unstable();
        found.target_lists.sort_unstable();
        found
    }

    /// The sets of a caller, then those of it as a role; `marks` tells where the latter begin.
    fn of(&self, facts: &Facts, index: &Index, caller: CallerId, sets: &mut Vec<u32>) -> usize {
        for (at, part) in index.partitions.iter().enumerate() {
            let Some(cell) = part.cell_of(caller) else { continue };
            sets.extend(self.cells.get(at).and_then(|known| known.of(cell)));
            let class = part.cells.get(cell as usize).map(|row| row.class);
            let known = self.classes.get(at);
            sets.extend(class.and_then(|class| known.and_then(|known| known.of(class))));
        }
        let lists = from(&self.caller_lists, &caller);
        sets.extend(lists.map(|(_, set)| *set));
        let marks = sets.len();
        if let Node::Role(role) = caller.node(facts) {
            if let Some(cell) = index.targets.cell_of(role) {
                sets.extend(self.target_cells.of(cell));
                let class = index.targets.cell(cell).map(|row| row.class);
                sets.extend(class.and_then(|class| self.target_classes.of(class)));
            }
            sets.extend(from(&self.target_lists, &role).map(|(_, set)| *set));
        }
        marks
    }
}

/// The entries of a sorted list that are of this key.
fn from<'l, K: Ord>(list: &'l [(K, u32)], key: &K) -> impl Iterator<Item = &'l (K, u32)> {
    let first = list.partition_point(|(known, _)| known < key);
    let rest = list.get(first..).unwrap_or_default();
    let length = rest.partition_point(|(known, _)| known == key);
    rest.get(..length).unwrap_or_default().iter()
}

/// The cell of a role into which a source that nobody mentions may come: such sources are put to
/// cells when they are asked for, so no vertex may hold parts of two.
fn open_cell(facts: &Facts, index: &Index, caller: CallerId) -> Option<u32> {
    let Node::Role(role) = caller.node(facts) else { return None };
    let cell = index.targets.cell_of(role)?;
    let class = index.targets.class(index.targets.cell(cell)?.class)?;
    let opens = index.opens.get(class.trust as usize)?;
    opens.to_others().then_some(cell)
}

/// Makes the graph of what was found.
pub(super) fn place(
    facts: &Facts,
    workspaces: usize,
    index: &Index,
) -> (DiGraph<Place, Link, u32>, Vertices) {
    let mut graph = DiGraph::default();
    let mut vertices = Vertices {
        group_of: vec![u32::MAX; facts.roles.len() + facts.users.len()],
        ..Vertices::default()
    };
    let memberships = Memberships::new(index);
    let mut sets_of: Vec<(Vec<u32>, usize)> = Vec::new();
    let mut name: (Vec<u32>, usize, Option<u32>) = (Vec::new(), 0, None);
    for (account, row) in facts.accounts.iter() {
        let mut here: Map<(Vec<u32>, usize, Option<u32>), u32> = Map::default();
        let roles = row.roles.iter().copied().map(CallerId::role);
        for caller in roles.chain(row.users.iter().map(|key| CallerId::user(facts, *key))) {
            name.0.clear();
            name.1 = memberships.of(facts, index, caller, &mut name.0);
            name.2 = open_cell(facts, index, caller);
            let group = match here.get(&name) {
                Some(group) => *group,
                None => {
                    let next = u32::try_from(vertices.groups.len()).unwrap_or(u32::MAX);
                    graph.add_node(Place::Alike(next));
                    vertices.groups.push(Alike { account, members: Vec::new() });
                    sets_of.push((name.0.clone(), name.1));
                    here.insert(name.clone(), next);
                    next
                }
            };
            if let Some(group) = vertices.groups.get_mut(group as usize) {
                group.members.push(caller);
            }
            if let Some(place) = vertices.group_of.get_mut(caller.index()) {
                *place = group;
            }
        }
    }
    let mut other = |graph: &mut DiGraph<Place, Link, u32>, node: Node| {
        *vertices
            .others
            .entry(node)
            .or_insert_with_key(|node| graph.add_node(Place::Other(node.clone())))
    };
    // Sources and unread accounts stand before the sets, so that searches can count on small
    // numbers for whatever begins or ends a hop.
    for number in 0..workspaces {
        for phase in Phase::ALL {
            other(&mut graph, Node::Workspace(number, phase));
        }
    }
    for key in facts.saml_providers.keys() {
        other(&mut graph, Node::Saml(key));
    }
    for (key, row) in facts.accounts.iter() {
        if let Fact::NotRead(_) = row.identities {
            other(&mut graph, Node::Unread(key));
        }
    }
    for set in &index.found.callers.list {
        if let CallerSet::Nodes(nodes) = set {
            for node in nodes {
                other(&mut graph, node.clone());
            }
        }
    }
    let callers: Vec<NodeIndex> = (0..)
        .zip(&index.found.callers.list)
        .map(|(number, _)| graph.add_node(Place::Callers(number)))
        .collect();
    let targets: Vec<NodeIndex> = (0..)
        .zip(&index.found.targets.list)
        .map(|(number, _)| graph.add_node(Place::Targets(number)))
        .collect();
    for (group, (sets, marks)) in sets_of.iter().enumerate() {
        let group = NodeIndex::new(group);
        for (at, set) in sets.iter().enumerate() {
            if at < *marks {
                if let Some(set) = callers.get(*set as usize) {
                    graph.add_edge(group, *set, Link::Member);
                }
            } else if let Some(set) = targets.get(*set as usize) {
                graph.add_edge(*set, group, Link::Member);
            }
        }
    }
    for (set, vertex) in index.found.callers.list.iter().zip(&callers) {
        if let CallerSet::Nodes(nodes) = set {
            for node in nodes {
                let node = other(&mut graph, node.clone());
                graph.add_edge(node, *vertex, Link::Member);
            }
        }
    }
    for (set, vertex) in index.found.targets.list.iter().zip(&targets) {
        if let TargetSet::Unread(accounts) = set {
            for account in accounts {
                let node = other(&mut graph, Node::Unread(*account));
                graph.add_edge(*vertex, node, Link::Member);
            }
        }
    }
    for bundle in &index.found.bundles {
        if let (Some(from), Some(to)) =
            (callers.get(bundle.from as usize), targets.get(bundle.to as usize))
        {
            let link = Link::Assume(super::Bundle {
                assume: bundle.assume,
                across: bundle.across,
                session: bundle.session,
            });
            graph.add_edge(*from, *to, link);
        }
    }
    contain(facts, &mut graph, &mut vertices);
    (graph, vertices)
}

/// What contains what, down to accounts and their providers.
fn contain(facts: &Facts, graph: &mut DiGraph<Place, Link, u32>, vertices: &mut Vertices) {
    let mut other = |graph: &mut DiGraph<Place, Link, u32>, node: Node| {
        *vertices
            .others
            .entry(node)
            .or_insert_with_key(|node| graph.add_node(Place::Other(node.clone())))
    };
    let top = other(graph, Node::Organization);
    for (key, container) in facts.containers.iter() {
        let parent = container.parent.map_or(top, |parent| other(graph, Node::Container(parent)));
        let here = other(graph, Node::Container(key));
        graph.add_edge(parent, here, Link::Contains);
    }
    let mut accounts = Vec::new();
    for (key, account) in facts.accounts.iter() {
        let parent = account.parent.map_or(top, |parent| other(graph, Node::Container(parent)));
        let here = other(graph, Node::Account(key));
        graph.add_edge(parent, here, Link::Contains);
        for provider in account.oidc_providers.read().into_iter().flatten() {
            let provider = other(graph, Node::OidcProvider(*provider));
            graph.add_edge(here, provider, Link::Contains);
        }
        for provider in account.saml_providers.read().into_iter().flatten() {
            let provider = other(graph, Node::Saml(*provider));
            graph.add_edge(here, provider, Link::Contains);
        }
        if let Fact::NotRead(_) = account.identities {
            let unread = other(graph, Node::Unread(key));
            graph.add_edge(here, unread, Link::Contains);
        }
        accounts.push(here);
    }
    for (group, alike) in vertices.groups.iter().enumerate() {
        if let Some(account) = accounts.get(alike.account.index()) {
            graph.add_edge(*account, NodeIndex::new(group), Link::Contains);
        }
    }
}
