//! The ends of one or several searches: how many, and the first rows of a list.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use petgraph::Direction::{self, Incoming, Outgoing};

use crate::evaluation::Verdict;
use crate::graph::search::{self, Ranked, Reached, Route};
use crate::graph::{Graph, Node, Numbers, Weight, by_halves, in_turns};
use crate::org::{AccountKey, Key as _};

use super::answers::{Counts, ReachSummary};

/// How many searches are kept until their ends are listed. What a search holds grows with the
/// graph, so of more of them each is done again for its part of the list.
const KEPT: usize = 16;

/// The best ends of searches that begin with different nodes. What the searches begin with is no
/// end.
pub(super) struct Best<'g> {
    searches: Searches<'g>,
    /// What the searches begin with.
    starts: HashSet<Node>,
    /// Where some search comes to.
    came: Option<Numbers>,
    ranked: Ranked,
    totals: Totals,
    /// Whether some search hit a bound.
    pub(super) truncated: bool,
}

/// Searches of one kind.
struct Searches<'g> {
    graph: &'g Graph,
    direction: Direction,
    hops: usize,
    starts: Vec<Node>,
    /// The searches from these, where they are few.
    kept: Vec<Reached<'g>>,
    /// Else by number how good the best way there is, and of which search it is.
    best: Vec<(u32, u32)>,
}

/// Stands where no search comes to.
const NOWHERE: (u32, u32) = (u32::MAX, u32::MAX);

/// A rank as a number: the least is the best.
fn packed((verdict, hops): (Verdict, u16)) -> u32 {
    (verdict as u32) << 16 | u32::from(hops)
}

impl<'g> Searches<'g> {
    fn search(&self, start: &Node) -> Reached<'g> {
        match self.direction {
            Outgoing => search::reachable(self.graph, start, self.hops),
            Incoming => search::reaching(self.graph, start, self.hops),
        }
    }

    /// Does all of them; each number once, where it ranks best, and whether some hit a bound.
    fn run(&mut self) -> (Ranked, bool) {
        let few = self.starts.len() <= KEPT;
        let mut merged = Ranked::new();
        let mut truncated = false;
        for (at, start) in (0u32..).zip(&self.starts) {
            let reached = self.search(start);
            truncated |= reached.truncated;
            for (rank, numbers) in reached.ranked() {
                if !few {
                    note(&mut self.best, packed(rank), at, &numbers);
                }
                match merged.entry(rank) {
                    Entry::Occupied(mut known) => known.get_mut().add(&numbers),
                    Entry::Vacant(place) => drop(place.insert(numbers)),
                }
            }
            if few {
                self.kept.push(reached);
            }
        }
        if self.starts.len() > 1 {
            let mut better: Option<Numbers> = None;
            for numbers in merged.values_mut() {
                match &mut better {
                    Some(better) => {
                        numbers.take(better);
                        better.add(numbers);
                    }
                    None => better = Some(numbers.clone()),
                }
            }
        }
        (merged, truncated)
    }

    /// The rows of what is listed, each of the search that comes to it best; in order.
    fn rows<R: Send>(&self, listed: &[Listed], row: impl Fn(Node, Route) -> R + Sync) -> Vec<R> {
        let one = |reached: &Reached<'_>, (node, rank, number): &Listed| {
            let end = reached.end(*number)?;
            let is_best = (end.verdict, end.hops) == (rank.0, rank.1.into());
            Some(row(node.clone(), end.route(node).filter(|_| is_best)?))
        };
        if !self.kept.is_empty() {
            let row = |listed| self.kept.iter().find_map(|reached| one(reached, listed));
            return by_halves(listed, |part| part.iter().filter_map(row).collect());
        }
        let mut by_search: BTreeMap<u32, Vec<(usize, &Listed)>> = BTreeMap::new();
        for (place, listed) in listed.iter().enumerate() {
            let (_, at) = self.best.get(listed.2).copied().unwrap_or(NOWHERE);
            by_search.entry(at).or_default().push((place, listed));
        }
        let by_search: Vec<_> = by_search.into_iter().collect();
        let of_one = |(at, listed): &(u32, Vec<(usize, &Listed)>)| {
            let Some(start) = self.starts.get(*at as usize) else { return Vec::new() };
            let reached = self.search(start);
            let rows = listed.iter();
            rows.filter_map(|(place, listed)| Some((*place, one(&reached, listed)?))).collect()
        };
        let found = in_turns(&by_search, || (), |(), part| of_one(part));
        let mut rows: Vec<(usize, R)> = found.into_iter().flatten().collect();
        rows.sort_by_key(|(place, _)| *place);
        rows.into_iter().map(|(_, row)| row).collect()
    }
}

/// Notes what a search comes to better than those before it.
fn note(best: &mut Vec<(u32, u32)>, rank: u32, search: u32, numbers: &Numbers) {
    for number in numbers.iter() {
        if best.len() <= number {
            best.resize(number + 1, NOWHERE);
        }
        if let Some(known) = best.get_mut(number).filter(|known| rank < known.0) {
            *known = (rank, search);
        }
    }
}

/// An end for the list.
type Listed = (Node, (Verdict, u16), usize);

/// Sums over all ends.
#[derive(Default)]
struct Totals {
    counts: Counts,
    roles: usize,
    admins: usize,
    proven_admins: usize,
    /// How many accounts something is come to of.
    accounts: usize,
    /// How many nodes are come to with this verdict and so many hops.
    sizes: BTreeMap<(Verdict, u16), usize>,
    /// How many nodes are patterns of token subjects.
    patterns: usize,
}

impl Totals {
    /// Over all ends; `weight` tells what counts of those at a number.
    fn of(graph: &Graph, ranked: &Ranked, starts: &BTreeSet<usize>, best: &Best<'_>) -> Self {
        let mut totals = Self::default();
        let mut accounts = vec![false; graph.facts().accounts.len()];
        let mut see = |account: AccountKey| {
            if let Some(seen) = accounts.get_mut(account.index()) {
                *seen = true;
            }
        };
        for (rank, numbers) in ranked {
            let mut others: BTreeSet<usize> = BTreeSet::new();
            let mut all = graph.weigh(numbers, |number| {
                others.insert(number);
            });
            // Those at the vertex of a start are fewer than stand there.
            for number in starts.iter().filter(|number| numbers.has(**number)) {
                let alone = !others.remove(number);
                let there = if alone { graph.weight_at(*number) } else { Weight::default() };
                let fewer = best.weight_at(*number);
                all = all.without(there).and(fewer);
            }
            for number in others {
                let weight = graph.weight_at(number);
                all = all.and(weight);
                if weight.principals == 0 {
                    graph.account_at(number).into_iter().for_each(&mut see);
                }
            }
            totals.patterns += numbers.count(graph.patterns()) as usize;
            let nodes = all.nodes as usize;
            totals.counts.add_many(rank.0, nodes);
            totals.roles += all.principals as usize;
            totals.admins += all.admins as usize;
            totals.proven_admins += all.proven_admins as usize;
            if nodes > 0 {
                totals.sizes.insert(*rank, nodes);
            }
            for account in graph.facts().accounts.keys() {
                if numbers.within(graph.numbers_of(account)).next().is_some() {
                    see(account);
                }
            }
        }
        totals.accounts = accounts.into_iter().filter(|seen| *seen).count();
        totals
    }
}

impl<'g> Best<'g> {
    /// All that the starts reach, or that reaches them.
    pub(super) fn of(graph: &'g Graph, starts: &[Node], direction: Direction, hops: usize) -> Self {
        Self::only(graph, starts, (direction, hops), None)
    }

    /// Only ends whose number fits.
    pub(super) fn only(
        graph: &'g Graph,
        starts: &[Node],
        (direction, hops): (Direction, usize),
        fits: Option<&dyn Fn(usize) -> bool>,
    ) -> Self {
        let (kept, best) = (Vec::new(), Vec::new());
        let mut searches = Searches { graph, direction, hops, starts: starts.to_vec(), kept, best };
        let (ranked, truncated) = searches.run();
        let came = ranked.values().cloned().reduce(|mut all, numbers| {
            all.add(&numbers);
            all
        });
        let starts = starts.iter().cloned().collect();
        let totals = Totals::default();
        let mut best = Self { searches, starts, came, ranked: Ranked::new(), totals, truncated };
        best.rank(ranked, fits);
        best
    }

    /// Takes over ends without those that are none, and counts them.
    fn rank(&mut self, mut ranked: Ranked, fits: Option<&dyn Fn(usize) -> bool>) {
        let graph = self.searches.graph;
        let starts: BTreeSet<usize> =
            self.starts.iter().filter_map(|node| graph.number(node)).collect();
        for numbers in ranked.values_mut() {
            let mut none: Vec<usize> = starts.iter().copied().collect();
            none.retain(|number| self.weight_at(*number).nodes == 0);
            if let Some(fits) = fits {
                none.extend(numbers.iter().filter(|number| !fits(*number)));
            }
            for number in none {
                numbers.remove(number);
            }
        }
        self.totals = Totals::of(graph, &ranked, &starts, self);
        self.ranked = ranked;
    }

    /// Takes out these ends, of which somebody else tells.
    pub(super) fn leave_out<'n>(&mut self, nodes: impl Iterator<Item = &'n Node>) {
        let graph = self.searches.graph;
        let out: BTreeSet<usize> = nodes.filter_map(|node| graph.number(node)).collect();
        if !out.is_empty() {
            let ranked = std::mem::take(&mut self.ranked);
            self.rank(ranked, Some(&|number| !out.contains(&number)));
        }
    }

    /// The verdict of the best way of a node, and its length.
    pub(super) fn verdict(&self, node: &Node) -> Option<(Verdict, usize)> {
        let number = self.searches.graph.number(node)?;
        let mut ranked = self.ranked.iter();
        let (rank, _) = ranked.find(|(_, numbers)| numbers.has(number))?;
        Some((rank.0, rank.1.into()))
    }

    /// What counts of what stands at the vertex of a start.
    fn weight_at(&self, number: usize) -> Weight {
        let nodes = self.searches.graph.nodes_numbered(number);
        self.searches.graph.weight(nodes.iter().filter(|node| !self.starts.contains(node)))
    }

    /// The nodes of a number without those that searches begin with.
    fn nodes(&self, number: usize) -> Vec<Node> {
        let mut nodes = self.searches.graph.nodes_numbered(number);
        nodes.retain(|node| !self.starts.contains(node));
        nodes
    }

    /// Whether some search comes to the node.
    pub(super) fn has(&self, node: &Node) -> bool {
        let came = |number| self.came.as_ref().is_some_and(|came| came.has(number));
        self.starts.contains(node) || self.searches.graph.number(node).is_some_and(came)
    }

    /// How many searches it takes to look for a source that comes in: see [`Self::entered_by`].
    pub(super) fn looks(&self) -> usize {
        self.searches.kept.len().max(1)
    }

    /// The best way of a source that the graph has no edges from to what the searches begin with:
    /// see [`Reached::entered_by`].
    pub(super) fn entered_by(&self, from: &Node) -> Option<Route> {
        let Searches { graph, hops, kept, .. } = &self.searches;
        if !kept.is_empty() {
            let routes = kept.iter().filter_map(|search| search.entered_by(from, *hops));
            return routes.min_by_key(|route| (route.verdict, route.nodes.len()));
        }
        let reached = search::reachable(graph, from, *hops);
        let ranked = self.starts.iter().filter_map(|to| Some((reached.verdict(to)?, to)));
        reached.route(ranked.min()?.1)
    }

    /// All ends by verdict, and totals over what may be reached.
    pub(super) fn totals(&self) -> (Counts, ReachSummary) {
        let totals = &self.totals;
        let summary = ReachSummary {
            accounts: totals.accounts,
            roles: totals.roles,
            admin_roles: Some(totals.admins),
            admin_roles_proven: Some(totals.proven_admins),
        };
        (totals.counts, summary)
    }

    /// How many ends are patterns of token subjects.
    pub(super) fn patterns(&self) -> usize {
        self.totals.patterns
    }

    /// All nodes that are come to, with the verdict of the best way.
    pub(super) fn all(&self) -> impl Iterator<Item = (Node, Verdict)> {
        self.ranked.iter().flat_map(|((verdict, _), numbers)| {
            let nodes = numbers.iter().flat_map(|number| self.nodes(number));
            nodes.map(|node| (node, *verdict))
        })
    }

    /// The first rows: best verdict first, then fewer hops, then name. Only those that are wanted
    /// are sorted by name and looked at closely.
    pub(super) fn first<R: Send>(
        &self,
        limit: usize,
        row: impl Fn(Node, Route) -> R + Sync,
    ) -> Vec<R> {
        let mut chosen: Vec<Listed> = Vec::new();
        for (rank, size) in &self.totals.sizes {
            let left = limit.saturating_sub(chosen.len());
            if left == 0 {
                break;
            }
            let Some(numbers) = self.ranked.get(rank) else { continue };
            let some: Vec<usize> = if *size > left {
                self.of_first_accounts(numbers, left)
            } else {
                numbers.iter().collect()
            };
            chosen.extend(self.by_name(*rank, &some, left));
        }
        self.searches.rows(&chosen, row)
    }

    /// The nodes of some numbers that come first by name.
    fn by_name(
        &self,
        rank: (Verdict, u16),
        numbers: &[usize],
        limit: usize,
    ) -> impl Iterator<Item = Listed> {
        let mut named: Vec<(String, Node, usize)> = Vec::new();
        for number in numbers {
            let nodes = self.nodes(*number).into_iter();
            named.extend(nodes.map(|node| (node.name(self.searches.graph), node, *number)));
        }
        named.sort_by(|one, other| one.0.cmp(&other.0));
        named.into_iter().take(limit).map(move |(_, node, number)| (node, rank, number))
    }

    /// Those of the accounts that come first by name, as many as there have to be, and those that are
    /// no users or roles: ARNs of an account stand together.
    fn of_first_accounts(&self, numbers: &Numbers, limit: usize) -> Vec<usize> {
        let facts = self.searches.graph.facts();
        let mut order: Vec<AccountKey> = facts.accounts.keys().collect();
        order.sort_by_key(|account| {
            let row = &facts.accounts[*account];
            (row.partition.as_str(), row.id)
        });
        let mut found: Vec<usize> = Vec::new();
        self.searches.graph.weigh(numbers, |number| {
            if self.searches.graph.weight_at(number).principals == 0 {
                found.push(number);
            }
        });
        let mut taken = 0;
        for account in order {
            if taken >= limit {
                break;
            }
            for number in numbers.within(self.searches.graph.numbers_of(account)) {
                found.push(number);
                taken += self.nodes(number).len();
            }
        }
        found
    }
}
