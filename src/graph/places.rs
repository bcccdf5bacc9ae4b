//! The vertices of the graph: users and roles that nothing tells apart are one.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::ops::Range;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::org::{AccountKey, Facts, Key as _, RoleKey};
use crate::workload::Phase;

use super::halves::in_halves;
use super::index::{CallerId, CallerSet, Index, TargetSet};
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
    /// By account, where its groups end.
    ends: Vec<u32>,
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

    /// The vertices of an account's users and roles, which stand side by side.
    pub(super) fn of_account(&self, account: AccountKey) -> Range<usize> {
        let end = |index: usize| self.ends.get(index).copied().unwrap_or_default() as usize;
        let index = account.index();
        index.checked_sub(1).map_or(0, end)..end(index)
    }

    /// The account of the users and roles behind a vertex, told from few numbers.
    pub(super) fn account(&self, vertex: NodeIndex) -> Option<AccountKey> {
        let number = vertex.index();
        let account = self.ends.partition_point(|end| *end as usize <= number);
        let account = u32::try_from(account).ok().filter(|_| number < self.groups.len());
        account.map(AccountKey::from_index)
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
    index.opens.of(class.trust as usize)?.to_others.then_some(cell)
}

/// What tells groups of one account apart: sets as callers and as roles, and the cell that sources
/// which nobody mentions may come into.
type Name<'s> = (&'s [u32], &'s [u32], Option<u32>);

/// The groups of some accounts.
#[derive(Default)]
struct Grouped {
    groups: Vec<Alike>,
    /// The sets of each group, one after the other: those of it as callers, then as roles.
    sets: Vec<u32>,
    /// By group, where both end, and its cell.
    ends: Vec<([u32; 2], Option<u32>)>,
}

impl Grouped {
    fn of(
        facts: &Facts,
        index: &Index,
        memberships: &Memberships,
        accounts: &[AccountKey],
    ) -> Self {
        let mut found = Self::default();
        let hasher = FixedState::default();
        let mut sets = Vec::new();
        for account in accounts {
            let row = &facts.accounts[*account];
            let first = found.groups.len();
            let mut here: HashTable<usize> = HashTable::new();
            let roles = row.roles.iter().copied().map(CallerId::role);
            for caller in roles.chain(row.users.iter().map(|key| CallerId::user(facts, *key))) {
                sets.clear();
                let marks = memberships.of(facts, index, caller, &mut sets);
                let (callers, targets) = sets.split_at(marks);
                let name = (callers, targets, open_cell(facts, index, caller));
                let hash = |name: &Name<'_>| hasher.hash_one(name);
                let is = |group: &usize| found.name(*group) == name;
                let known = here.find(hash(&name), is).copied();
                let group = known.unwrap_or_else(|| {
                    let next = found.groups.len();
                    found.add(*account, &name);
                    here.insert_unique(hash(&name), next, |group| hash(&found.name(*group)));
                    next
                });
                if let Some(group) = found.groups.get_mut(group) {
                    group.members.push(caller);
                }
            }
            found.sort_from(first);
        }
        found
    }

    /// Sorts the groups from one on by their names, so that those of one set stand together: what a
    /// search comes to is then near what it came to before.
    fn sort_from(&mut self, first: usize) {
        let mut order: Vec<usize> = (first..self.groups.len()).collect();
        order.sort_by(|one, other| self.name(*one).cmp(&self.name(*other)));
        let mut groups: Vec<Option<Alike>> = self.groups.drain(first..).map(Some).collect();
        let sorted = order.iter().filter_map(|group| groups.get_mut(*group - first)?.take());
        self.groups.extend(sorted);
        let (mut sets, mut ends) = (Vec::new(), Vec::new());
        let begins = self.begin(first);
        for group in order {
            let (callers, targets, cell) = self.name(group);
            let end = [callers, targets].map(|part| {
                sets.extend_from_slice(part);
                u32::try_from(begins + sets.len()).unwrap_or(u32::MAX)
            });
            ends.push((end, cell));
        }
        self.sets.truncate(begins);
        self.sets.append(&mut sets);
        self.ends.truncate(first);
        self.ends.append(&mut ends);
    }

    /// Where the sets of a group begin.
    fn begin(&self, group: usize) -> usize {
        let before = group.checked_sub(1).and_then(|before| self.ends.get(before));
        before.map_or(0, |([_, end], _)| *end as usize)
    }

    fn add(&mut self, account: AccountKey, (callers, targets, cell): &Name<'_>) {
        self.groups.push(Alike { account, members: Vec::new() });
        let ends = [*callers, *targets].map(|sets| {
            self.sets.extend_from_slice(sets);
            u32::try_from(self.sets.len()).unwrap_or(u32::MAX)
        });
        self.ends.push((ends, *cell));
    }

    fn name(&self, group: usize) -> Name<'_> {
        let begins = self.begin(group);
        let Some(([callers, targets], cell)) = self.ends.get(group) else {
            return (&[], &[], None);
        };
        let (callers, targets) = (*callers as usize, *targets as usize);
        let sets = |from, to| self.sets.get(from..to).unwrap_or_default();
        (sets(begins, callers), sets(callers, targets), *cell)
    }
}

/// Makes the graph of what was found.
pub(super) fn place(
    facts: &Facts,
    workspaces: usize,
    index: &Index,
) -> (DiGraph<Place, Link, u32>, Vertices) {
    let memberships = Memberships::new(index);
    let accounts: Vec<AccountKey> = facts.accounts.keys().collect();
    let halves = in_halves(&accounts, |part| Grouped::of(facts, index, &memberships, part));
    drop(memberships);
    // A list that grows touches much more memory than it holds in the end.
    let sets = [&index.found.callers.list.len(), &index.found.targets.list.len()];
    let groups: usize = halves.iter().map(|half| half.groups.len()).sum();
    let memberships: usize = halves.iter().map(|half| half.sets.len()).sum();
    let named = index.found.callers.list.iter().map(|set| match set {
        CallerSet::Nodes(nodes) => nodes.len(),
        _ => 0,
    });
    let unread = index.found.targets.list.iter().map(|set| match set {
        TargetSet::Unread(accounts) => accounts.len(),
        _ => 0,
    });
    let others = named.sum::<usize>() + unread.sum::<usize>();
    let kept = 2 * accounts.len()
        + facts.containers.len()
        + facts.oidc_providers.len()
        + facts.saml_providers.len();
    let nodes = groups + sets.into_iter().sum::<usize>() + 2 * workspaces + others + kept;
    let edges = memberships + index.found.bundles.len() + groups + others + kept;
    let mut graph = DiGraph::with_capacity(nodes, edges);
    let mut vertices = Vertices {
        groups: Vec::with_capacity(groups),
        ends: vec![0; facts.accounts.len()],
        group_of: vec![u32::MAX; facts.roles.len() + facts.users.len()],
        ..Vertices::default()
    };
    let [front, back] = halves.map(|half| (half.groups, half.sets, half.ends));
    let mut sets_of = Vec::with_capacity(2);
    for (groups, sets, ends) in [front, back] {
        sets_of.push((sets, ends));
        for alike in groups {
            let next = u32::try_from(vertices.groups.len()).unwrap_or(u32::MAX);
            for member in &alike.members {
                if let Some(place) = vertices.group_of.get_mut(member.index()) {
                    *place = next;
                }
            }
            graph.add_node(Place::Alike(next));
            if let Some(end) = vertices.ends.get_mut(alike.account.index()) {
                *end = next + 1;
            }
            vertices.groups.push(alike);
        }
    }
    // An account without any ends where the one before it does.
    let mut last = 0;
    for end in &mut vertices.ends {
        last = last.max(*end);
        *end = last;
    }
    let mut other = |graph: &mut DiGraph<Place, Link, u32>, node: Node| {
        *vertices
            .others
            .entry(node)
            .or_insert_with_key(|node| graph.add_node(Place::Other(Box::new(node.clone()))))
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
        if row.missing().is_some() {
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
    // Each set gets its number when its first member comes by: whoever goes through vertices in order
    // then finds what lies about their sets near what was looked at before.
    let mut callers = Numbered::new(index.found.callers.list.len(), Place::Callers);
    let mut targets = Numbered::new(index.found.targets.list.len(), Place::Targets);
    let mut group = 0;
    for (sets, ends) in &sets_of {
        let mut rest = sets.iter();
        let mut begins = 0;
        for ([as_callers, as_roles], _) in ends {
            let here = NodeIndex::new(group);
            for set in rest.by_ref().take((as_callers - begins) as usize) {
                if let Some(set) = callers.of(&mut graph, *set) {
                    graph.add_edge(here, set, Link::Member);
                }
            }
            for set in rest.by_ref().take((as_roles - as_callers) as usize) {
                if let Some(set) = targets.of(&mut graph, *set) {
                    graph.add_edge(set, here, Link::Member);
                }
            }
            begins = *as_roles;
            group += 1;
        }
    }
    drop(sets_of);
    // Then those without users and roles.
    let callers = callers.all(&mut graph);
    let targets = targets.all(&mut graph);
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
    let hands_on = |set: u32| match index.found.callers.list.get(set as usize) {
        Some(CallerSet::Nodes(nodes)) => nodes.iter().any(Node::hands_on),
        _ => false,
    };
    for bundle in &index.found.bundles {
        if let (Some(from), Some(to)) =
            (callers.get(bundle.from as usize), targets.get(bundle.to as usize))
        {
            let link = Link::Assume(super::Bundle {
                assume: bundle.assume,
                across: bundle.across,
                session: bundle.session,
                hands_on: hands_on(bundle.from),
            });
            graph.add_edge(*from, *to, link);
        }
    }
    contain(facts, &mut graph, &mut vertices);
    (graph, vertices)
}

/// The vertices of sets of one kind, each made when it is asked for first.
struct Numbered {
    vertices: Vec<NodeIndex>,
    place: fn(u32) -> Place,
}

impl Numbered {
    fn new(sets: usize, place: fn(u32) -> Place) -> Self {
        Self { vertices: vec![NodeIndex::end(); sets], place }
    }

    fn of(&mut self, graph: &mut DiGraph<Place, Link, u32>, number: u32) -> Option<NodeIndex> {
        let vertex = self.vertices.get_mut(number as usize)?;
        if *vertex == NodeIndex::end() {
            *vertex = graph.add_node((self.place)(number));
        }
        Some(*vertex)
    }

    /// All of them, by number.
    fn all(mut self, graph: &mut DiGraph<Place, Link, u32>) -> Vec<NodeIndex> {
        for number in (0..).take(self.vertices.len()) {
            self.of(graph, number);
        }
        self.vertices
    }
}

/// What contains what, down to accounts and their providers.
fn contain(facts: &Facts, graph: &mut DiGraph<Place, Link, u32>, vertices: &mut Vertices) {
    let mut other = |graph: &mut DiGraph<Place, Link, u32>, node: Node| {
        *vertices
            .others
            .entry(node)
            .or_insert_with_key(|node| graph.add_node(Place::Other(Box::new(node.clone()))))
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
        for provider in facts.saml_providers_of(key) {
            let provider = other(graph, Node::Saml(provider));
            graph.add_edge(here, provider, Link::Contains);
        }
        if account.missing().is_some() {
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
