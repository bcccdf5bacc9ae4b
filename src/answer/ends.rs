//! The ends of one or several searches: how many, and the first rows of a list.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::evaluation::Verdict;
use crate::graph::search::{End, Ranked, Reached, Route};
use crate::graph::{Graph, Node, Numbers, Weight, by_halves};
use crate::org::{AccountKey, Key as _};

use super::answers::{Counts, ReachSummary};

/// The best ends of searches that begin with different nodes. What the searches begin with is no
/// end.
pub(super) struct Best<'g> {
    graph: &'g Graph,
    reached: Vec<Reached<'g>>,
    starts: HashSet<Node>,
    ranked: Ranked,
    totals: Totals,
    /// Whether some search hit a bound.
    pub(super) truncated: bool,
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
            let mut others: Vec<usize> = Vec::new();
            let mut all = graph.weigh(numbers, |number| others.push(number));
            // Those at the vertex of a start are fewer than stand there.
            for number in starts.iter().filter(|number| numbers.has(**number)) {
                let alone = !others.contains(number);
                let there = if alone { graph.weight_at(*number) } else { Weight::default() };
                let fewer = best.weight_at(*number);
                others.retain(|other| other != number);
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

/// Each number once, where it ranks best.
fn merge(searches: &[Reached<'_>]) -> Ranked {
    let mut merged = Ranked::new();
    for search in searches {
        for (rank, numbers) in search.ranked() {
            match merged.entry(rank) {
                Entry::Occupied(mut known) => known.get_mut().add(&numbers),
                Entry::Vacant(place) => drop(place.insert(numbers)),
            }
        }
    }
    if searches.len() > 1 {
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
    merged
}

impl<'g> Best<'g> {
    pub(super) fn of(graph: &'g Graph, searches: impl Iterator<Item = Reached<'g>>) -> Self {
        Self::only(graph, searches, None)
    }

    /// Only ends that fit.
    pub(super) fn only(
        graph: &'g Graph,
        searches: impl Iterator<Item = Reached<'g>>,
        fits: Option<&dyn Fn(&End<'_>) -> bool>,
    ) -> Self {
        let reached: Vec<Reached<'g>> = searches.collect();
        let starts: HashSet<Node> = reached.iter().map(|search| search.start().clone()).collect();
        let ranked = merge(&reached);
        let truncated = reached.iter().any(|search| search.truncated);
        let totals = Totals::default();
        let mut best = Self { graph, reached, starts, ranked: Ranked::new(), totals, truncated };
        best.rank(ranked, fits);
        best
    }

    /// Takes over ends without those that are none, and counts them.
    fn rank(&mut self, mut ranked: Ranked, fits: Option<&dyn Fn(&End<'_>) -> bool>) {
        let starts: BTreeSet<usize> =
            self.starts.iter().filter_map(|node| self.graph.number(node)).collect();
        for (rank, numbers) in &mut ranked {
            let mut none: Vec<usize> = starts.iter().copied().collect();
            none.retain(|number| self.weight_at(*number).nodes == 0);
            if let Some(fits) = fits {
                let is = |number: &usize| self.end(*rank, *number).is_some_and(|end| fits(&end));
                none.extend(numbers.iter().filter(|number| !is(number)));
            }
            for number in none {
                numbers.remove(number);
            }
        }
        self.totals = Totals::of(self.graph, &ranked, &starts, self);
        self.ranked = ranked;
    }

    /// What counts of what stands at the vertex of a start.
    fn weight_at(&self, number: usize) -> Weight {
        let nodes = self.graph.nodes_numbered(number);
        self.graph.weight(nodes.iter().filter(|node| !self.starts.contains(node)))
    }

    /// The nodes of a number without those that searches begin with.
    fn nodes(&self, number: usize) -> Vec<Node> {
        let mut nodes = self.graph.nodes_numbered(number);
        nodes.retain(|node| !self.starts.contains(node));
        nodes
    }

    /// Whether some search comes to the node.
    pub(super) fn has(&self, node: &Node) -> bool {
        self.starts.contains(node)
            || self.reached.iter().any(|search| search.verdict(node).is_some())
    }

    /// The best of all searches: see [`Reached::entered_by`].
    pub(super) fn entered_by(&self, from: &Node, hops: usize) -> Option<Route> {
        let routes = self.reached.iter().filter_map(|search| search.entered_by(from, hops));
        routes.min_by_key(|route| (route.verdict, route.nodes.len()))
    }

    /// The end of a number, of the search that comes to it best.
    fn end(&self, rank: (Verdict, u16), number: usize) -> Option<End<'_>> {
        let mut ends = self.reached.iter().filter_map(|search| search.end(number));
        ends.find(|end| (end.verdict, end.hops) == (rank.0, rank.1.into()))
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
        let row = |(node, rank, number): &Listed| {
            Some(row(node.clone(), self.end(*rank, *number)?.route(node)?))
        };
        by_halves(&chosen, |part| part.iter().filter_map(row).collect())
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
            named.extend(nodes.map(|node| (node.name(self.graph), node, *number)));
        }
        named.sort_by(|one, other| one.0.cmp(&other.0));
        named.into_iter().take(limit).map(move |(_, node, number)| (node, rank, number))
    }

    /// Those of the accounts that come first by name, as many as there have to be, and those that are
    /// no users or roles: ARNs of an account stand together.
    fn of_first_accounts(&self, numbers: &Numbers, limit: usize) -> Vec<usize> {
        let facts = self.graph.facts();
        let mut order: Vec<AccountKey> = facts.accounts.keys().collect();
        order.sort_by_key(|account| {
            let row = &facts.accounts[*account];
            (row.partition.as_str(), row.id)
        });
        let mut found: Vec<usize> = Vec::new();
        self.graph.weigh(numbers, |number| {
            if self.graph.weight_at(number).principals == 0 {
                found.push(number);
            }
        });
        let mut taken = 0;
        for account in order {
            if taken >= limit {
                break;
            }
            for number in numbers.within(self.graph.numbers_of(account)) {
                found.push(number);
                taken += self.nodes(number).len();
            }
        }
        found
    }
}
