//! The edges that searches walk over, laid out side by side.
//!
//! A search over a million roles looks at the neighbours of a hundred thousand vertices. In the
//! petgraph graph each neighbour is another place in memory; here those of a vertex follow each
//! other.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use petgraph::Direction::{self, Incoming, Outgoing};
use petgraph::graph::{DiGraph, NodeIndex};

use crate::evaluation::{Privileges, Verdict};
use crate::org::AccountKey;

use super::halves::at_once;
use super::numbers::{Block, Numbers, bits_of};
use super::rows::{Rows, number};
use super::{Bundle, Link, Place, Weight};

/// Memberships and bundles of a graph, in both directions.
#[derive(Debug)]
pub(super) struct Flat {
    /// By vertex or set, the sets that it belongs to, or its members.
    members: [Rows<NodeIndex>; 2],
    /// By set, its members again, where these are fewer blocks than numbers.
    blocks: [Rows<Block>; 2],
    /// By set, the bundles that leave it or come into it.
    bundles: [Rows<Across>; 2],
    /// By vertex, its account; nothing where it has none of the facts.
    accounts: Vec<Option<AccountKey>>,
    weights: Vec<Weight>,
    privileges: Vec<Option<Privileges>>,
    /// What is near each vertex, as a caller and as a role.
    near: [Near; 2],
    /// Users and roles that stand alone at their vertex; those of them that may be administrators,
    /// and those that are so for sure.
    single: [Numbers; 3],
    /// Whether some bundle is unknown.
    has_unknown: bool,
}

/// A bundle seen from the set at one end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Across {
    /// The number of the edge.
    pub(super) edge: u32,
    pub(super) bundle: Bundle,
    /// The set at the other end.
    pub(super) other: NodeIndex,
}

/// Where hops lead whose verdict holds on every path: to a vertex, or to all members of a set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hop {
    /// The vertex, or where the members of the set or their blocks begin among all.
    to: u32,
    /// How many these are.
    count: u32,
    by: By,
    pub(super) verdict: Verdict,
    /// Whether only members of other accounts are meant.
    pub(super) across: bool,
}

/// How it is told where a hop leads.
#[derive(Debug, Clone, Copy)]
enum By {
    Vertex,
    Members,
    Blocks,
}

/// Where a hop leads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ends<'f> {
    One(NodeIndex),
    Several(&'f [NodeIndex]),
    /// Many, most of them side by side.
    Many(&'f [Block]),
}

impl<'f> Ends<'f> {
    /// Them, or those of them that are in a set of vertices.
    pub(super) fn within(
        self,
        numbers: Option<&'f Numbers>,
    ) -> impl Iterator<Item = NodeIndex> + 'f {
        let (one, list, blocks): (_, &[NodeIndex], &[Block]) = match self {
            Self::One(vertex) => (Some(vertex), &[], &[]),
            Self::Several(list) => (None, list, &[]),
            Self::Many(blocks) => (None, &[], blocks),
        };
        let is_in = move |to: &NodeIndex| numbers.is_none_or(|numbers| numbers.has(to.index()));
        let blocks = blocks.iter().flat_map(move |block| {
            let bits = numbers.map_or(u64::MAX, |numbers| numbers.word(block.place as usize));
            Block { bits: block.bits & bits, ..*block }.iter().map(NodeIndex::new)
        });
        one.into_iter().chain(list.iter().copied()).filter(is_in).chain(blocks)
    }

    /// Adds them to a set of vertices.
    pub(super) fn add_to(self, numbers: &mut Numbers) {
        let mut add = |block| numbers.insert_block(block);
        match self {
            Self::One(vertex) => add(Block::of(vertex.index())),
            Self::Several(list) => list.iter().for_each(|vertex| add(Block::of(vertex.index()))),
            Self::Many(blocks) => blocks.iter().copied().for_each(add),
        }
    }
}

/// A set of several from which such hops lead on, in one direction, by number among these: they lie
/// side by side, those of an account together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Shared(u32);

/// A list of such sets that vertices of one account belong to, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SharedList(u32);

impl Shared {
    /// Its number.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

impl SharedList {
    const NONE: Self = Self(u32::MAX);

    /// Its number.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// The hops whose verdicts hold on every path, in one direction. Most sets have one member only:
/// what leaves these lies beside the vertex.
#[derive(Debug)]
struct Near {
    /// By vertex, the hops that leave it by itself.
    hops: Rows<Hop>,
    /// The vertices that have some.
    by_itself: Numbers,
    /// By vertex, the sets of several that it belongs to.
    list: Vec<SharedList>,
    lists: Rows<Shared>,
    /// By such a set, the hops that leave it.
    beyond: Rows<Hop>,
    /// The vertices that have either.
    some: Numbers,
}

/// What is told of a graph in one direction: the sets of a vertex, the members of a set, the bundles
/// that leave it, and accounts by vertex.
struct Told<'f> {
    members: &'f Rows<NodeIndex>,
    blocks: &'f Rows<Block>,
    back: &'f Rows<NodeIndex>,
    bundles: &'f Rows<Across>,
    accounts: &'f [Option<AccountKey>],
}

impl Told<'_> {
    fn near(&self) -> Near {
        let nodes = self.accounts.len();
        let (mut hops, mut lists) = (Rows::empty(nodes), Rows::empty(0));
        let (mut by_itself, mut some) = (Numbers::below(nodes), Numbers::below(nodes));
        let mut list = vec![SharedList::NONE; nodes];
        let mut beyond = Rows::empty(0);
        let mut known: Vec<Option<Shared>> = vec![None; nodes];
        let hasher = FixedState::default();
        let mut numbers: HashTable<SharedList> = HashTable::new();
        // Vertices of an account stand side by side.
        let mut here = None;
        for (vertex, its) in (0..nodes).map(NodeIndex::new).zip(&mut list) {
            if self.account(vertex) != here {
                here = self.account(vertex);
                numbers.clear();
            }
            // Of a set these are its members at the other end, which no bundle leaves.
            for set in self.members.of(vertex) {
                if let [_] = self.back.of(*set) {
                    self.hops(*set, Some(vertex), &mut hops.items);
                    continue;
                }
                let Some(known) = known.get_mut(set.index()) else { continue };
                if known.is_none() {
                    let number = Shared(number(beyond.len()));
                    self.hops(*set, None, &mut beyond.items);
                    *known = beyond.end_some().then_some(number);
                }
                lists.items.extend(*known);
            }
            if hops.end() {
                by_itself.insert(vertex.index());
                some.insert(vertex.index());
            }
            let next = lists.rest();
            if !next.is_empty() {
                some.insert(vertex.index());
                let is = |list: &SharedList| lists.at(list.index()) == next;
                let found = numbers.find(hasher.hash_one(next), is).copied();
                if let Some(found) = found {
                    *its = found;
                    lists.drop_rest();
                } else {
                    *its = SharedList(number(lists.len()));
                    lists.end();
                    let hash = |list: &SharedList| hasher.hash_one(lists.at(list.index()));
                    numbers.insert_unique(hash(its), *its, hash);
                }
            }
        }
        Near { hops, by_itself, list, lists, beyond, some }
    }

    fn account(&self, vertex: NodeIndex) -> Option<AccountKey> {
        self.accounts.get(vertex.index()).copied().flatten()
    }

    /// The hops that leave a set, or its only member.
    fn hops(&self, set: NodeIndex, only: Option<NodeIndex>, found: &mut Vec<Hop>) {
        for across in self.bundles.of(set).iter().filter(|it| it.bundle.holds()) {
            let Bundle { assume, across: is_across, .. } = across.bundle;
            let (to, count, by) = match self.members.of(across.other) {
                [] => continue,
                [one] => {
                    let account = self.account(*one);
                    let is_same = |from| account.is_some() && account == self.account(from);
                    if is_across && only.is_some_and(is_same) {
                        continue;
                    }
                    (one.index(), 1, By::Vertex)
                }
                several => {
                    let set = across.other.index();
                    let blocks = self.blocks.places(set);
                    if blocks.is_empty() {
                        (self.members.places(set).start, several.len(), By::Members)
                    } else {
                        (blocks.start, blocks.len(), By::Blocks)
                    }
                }
            };
            let (to, count) = (number(to), number(count));
            found.push(Hop { to, count, by, verdict: assume.verdict, across: is_across });
        }
    }
}

/// What lies in one direction.
fn towards<T>([out, into]: &[T; 2], direction: Direction) -> &T {
    if direction == Outgoing { out } else { into }
}

/// The members of each set as blocks, where these are fewer.
fn in_blocks(members: &Rows<NodeIndex>) -> Rows<Block> {
    let mut blocks: Rows<Block> = Rows::empty(members.len());
    for set in 0..members.len() {
        let list = members.at(set);
        // The last member comes first.
        for member in list.iter().rev() {
            let next = Block::of(member.index());
            let begun = !blocks.rest().is_empty();
            match blocks.items.last_mut().filter(|last| begun && last.place == next.place) {
                Some(last) => last.bits |= next.bits,
                None => blocks.items.push(next),
            }
        }
        if blocks.rest().len() >= list.len() {
            blocks.drop_rest();
        }
        blocks.end();
    }
    blocks
}

impl Flat {
    /// Lays out the edges. `account` tells the account of a vertex, `marks` what each node there can
    /// do.
    pub(super) fn new(
        graph: &DiGraph<Place, Link, u32>,
        account: impl Fn(NodeIndex) -> Option<AccountKey> + Sync,
        marks: impl Fn(NodeIndex, &mut dyn FnMut(Option<Privileges>)) + Sync,
    ) -> Self {
        let nodes = graph.node_count();
        let ends = |edge: &petgraph::graph::Edge<Link>, direction| match direction {
            Outgoing => (edge.source(), edge.target()),
            Incoming => (edge.target(), edge.source()),
        };
        let members = |direction| {
            let edges = graph.raw_edges().iter();
            let edges = edges.filter(|edge| matches!(edge.weight, Link::Member));
            let members = Rows::new(nodes, edges.map(move |edge| ends(edge, direction)));
            let blocks = in_blocks(&members);
            (members, blocks)
        };
        let weighed = || {
            let mut weights = vec![Weight::default(); nodes];
            let mut privileges = vec![None; nodes];
            let both = weights.iter_mut().zip(&mut privileges);
            for (vertex, (weight, best)) in graph.node_indices().zip(both) {
                marks(vertex, &mut |mark| {
                    *weight = weight.and(Weight::of(mark));
                    *best = [*best, mark].into_iter().flatten().reduce(Privileges::or);
                });
            }
            let accounts: Vec<_> = graph.node_indices().map(&account).collect();
            (accounts, weights, privileges)
        };
        let both = || [Outgoing, Incoming].map(members);
        let ([(out, many_out), (into, many_into)], (accounts, weights, privileges)) =
            at_once(both, weighed);
        let bundles = |direction| {
            let edges = (0..).zip(graph.raw_edges());
            let edges = edges.filter_map(move |(number, edge)| match edge.weight {
                Link::Assume(bundle) => {
                    let (set, other) = ends(edge, direction);
                    Some((set, Across { edge: number, bundle, other }))
                }
                Link::Contains | Link::Member => None,
            });
            Rows::new(nodes, edges)
        };
        let beside = |direction, members, blocks, back| {
            let bundles = bundles(direction);
            let near =
                Told { members, blocks, back, bundles: &bundles, accounts: &accounts }.near();
            (bundles, near)
        };
        let ((leaving, before), (coming, behind)) = at_once(
            || beside(Outgoing, &out, &many_out, &into),
            || beside(Incoming, &into, &many_into, &out),
        );
        let mut single = [(); 3].map(|()| Numbers::below(nodes));
        for (number, weight) in weights.iter().enumerate() {
            if weight.nodes == 1 && weight.principals == 1 {
                let is = [1, weight.admins, weight.proven_admins];
                for (numbers, _) in single.iter_mut().zip(is).filter(|(_, is)| *is == 1) {
                    numbers.insert(number);
                }
            }
        }
        let unknown = |across: &Across| across.bundle.assume.verdict == Verdict::Unknown;
        let has_unknown = leaving.items.iter().any(unknown);
        let (members, blocks) = ([out, into], [many_out, many_into]);
        let (bundles, near) = ([leaving, coming], [before, behind]);
        Self { members, blocks, bundles, accounts, weights, privileges, near, single, has_unknown }
    }

    fn near(&self, direction: Direction) -> &Near {
        towards(&self.near, direction)
    }

    /// The vertices from which such hops lead on.
    pub(super) fn leads_on(&self, direction: Direction) -> &Numbers {
        &self.near(direction).some
    }

    /// The hops that leave a vertex by itself, where their verdicts hold on every path.
    pub(super) fn hops(&self, from: NodeIndex, direction: Direction) -> &[Hop] {
        let near = self.near(direction);
        if near.by_itself.has(from.index()) { near.hops.of(from) } else { &[] }
    }

    /// The list of sets of several that a vertex belongs to, as far as such hops leave them.
    pub(super) fn list(&self, vertex: NodeIndex, direction: Direction) -> Option<SharedList> {
        let list = self.near(direction).list.get(vertex.index()).copied();
        list.filter(|list| *list != SharedList::NONE)
    }

    /// The sets of a list.
    pub(super) fn listed(&self, list: SharedList, direction: Direction) -> &[Shared] {
        self.near(direction).lists.at(list.index())
    }

    /// The hops that leave such a set.
    pub(super) fn beyond(&self, set: Shared, direction: Direction) -> &[Hop] {
        self.near(direction).beyond.at(set.index())
    }

    /// Where a hop leads.
    pub(super) fn ends(&self, hop: Hop, direction: Direction) -> Ends<'_> {
        let first = hop.to as usize;
        let places = first..first.saturating_add(hop.count as usize);
        match hop.by {
            By::Vertex => Ends::One(NodeIndex::new(first)),
            By::Members => {
                let all = &towards(&self.members, direction).items;
                Ends::Several(all.get(places).unwrap_or_default())
            }
            By::Blocks => {
                let all = &towards(&self.blocks, direction).items;
                Ends::Many(all.get(places).unwrap_or_default())
            }
        }
    }

    /// The members of a set: see [`Flat::members`].
    pub(super) fn all_of(&self, set: NodeIndex, direction: Direction) -> Ends<'_> {
        match towards(&self.blocks, direction).of(set) {
            [] => Ends::Several(self.members(set, direction)),
            blocks => Ends::Many(blocks),
        }
    }

    /// How many sets and lists of them there are, in either direction at most.
    pub(super) fn shared(&self) -> (usize, usize) {
        let most = |rows: fn(&Near) -> usize| self.near.iter().map(rows).max().unwrap_or_default();
        (most(|near| near.beyond.len()), most(|near| near.lists.len()))
    }

    /// Whether some hop is unknown.
    pub(super) fn has_unknown(&self) -> bool {
        self.has_unknown
    }

    /// What stands at some vertices, counted: users and roles that stand alone are so at once, the
    /// others are left to `each`.
    pub(super) fn weigh(&self, numbers: &Numbers, mut each: impl FnMut(usize)) -> Weight {
        let [single, admins, proven] = &self.single;
        for (place, word) in numbers.words() {
            for bit in bits_of(word & !single.word(place)) {
                each(64 * place + bit);
            }
        }
        let nodes = numbers.count(single);
        let (admins, proven_admins) = (numbers.count(admins), numbers.count(proven));
        Weight { nodes, principals: nodes, admins, proven_admins }
    }

    /// The sets that a vertex belongs to, as callers or, `Incoming`, as roles; and of a set of
    /// roles its members or, `Incoming`, of a set of callers.
    pub(super) fn members(&self, vertex: NodeIndex, direction: Direction) -> &[NodeIndex] {
        towards(&self.members, direction).of(vertex)
    }

    /// The bundles between a set and others.
    pub(super) fn bundles(&self, set: NodeIndex, direction: Direction) -> &[Across] {
        towards(&self.bundles, direction).of(set)
    }

    /// The account of what stands at a vertex, where it has one of the facts.
    pub(super) fn account(&self, vertex: NodeIndex) -> Option<AccountKey> {
        self.accounts.get(vertex.index()).copied().flatten()
    }

    /// What stands at a vertex, counted.
    pub(super) fn weight(&self, vertex: NodeIndex) -> Weight {
        self.weights.get(vertex.index()).copied().unwrap_or_default()
    }

    /// What somebody can do who becomes any of those at a vertex.
    pub(super) fn privileges(&self, vertex: NodeIndex) -> Option<Privileges> {
        self.privileges.get(vertex.index()).copied().flatten()
    }
}
