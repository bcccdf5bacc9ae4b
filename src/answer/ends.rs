//! The ends of one or several searches: how many, and the first rows of a list.

use std::collections::{BTreeMap, HashSet};

use crate::evaluation::Verdict;
use crate::graph::search::{End, Reached, Route};
use crate::graph::{Graph, Node, Weight, by_halves};
use crate::org::{AccountKey, Key as _};

use super::answers::{Counts, ReachSummary};

/// The best ends of searches that begin with different nodes. What the searches begin with is no
/// end.
pub(super) struct Best<'g> {
    reached: Vec<Reached<'g>>,
    starts: HashSet<Node>,
    ends: Vec<Placed>,
    totals: Totals,
    /// Whether some search hit a bound.
    pub(super) truncated: bool,
}

/// An end, once, as the search tells it that comes to it best. There may be hundreds of thousands.
#[derive(Debug, Clone, Copy)]
struct Placed {
    /// What it is for the searches.
    number: usize,
    /// Which search.
    search: u32,
    /// How many nodes are there.
    nodes: u32,
    /// The account of users and roles.
    account: Option<AccountKey>,
    verdict: Verdict,
    hops: u16,
}

/// Sums over all ends.
#[derive(Default)]
struct Totals {
    counts: Counts,
    roles: usize,
    admins: usize,
    proven_admins: usize,
    /// By account, whether something of it is come to.
    accounts: Vec<bool>,
    /// How many nodes are come to with this verdict and so many hops.
    sizes: BTreeMap<(Verdict, u16), usize>,
    /// How many nodes are patterns of token subjects.
    patterns: usize,
}

impl Totals {
    fn add(&mut self, end: &End<'_>, weight: Weight) {
        let nodes = weight.nodes as usize;
        self.counts.add_many(end.verdict, nodes);
        self.roles += weight.principals as usize;
        self.admins += weight.admins as usize;
        self.proven_admins += weight.proven_admins as usize;
        let account = end.account();
        if let Some(seen) = account.and_then(|account| self.accounts.get_mut(account.index())) {
            *seen = true;
        }
        let hops = u16::try_from(end.hops).unwrap_or(u16::MAX);
        *self.sizes.entry((end.verdict, hops)).or_default() += nodes;
        if weight.principals == 0 {
            let is = |node: &Node| matches!(node, Node::Subject(it) if it.is_pattern());
            self.patterns += end.nodes().iter().filter(|node| is(node)).count();
        }
    }
}

impl<'g> Best<'g> {
    pub(super) fn of(graph: &Graph, searches: impl Iterator<Item = Reached<'g>>) -> Self {
        Self::only(graph, searches, |_| true)
    }

    /// Only ends that fit.
    pub(super) fn only(
        graph: &Graph,
        searches: impl Iterator<Item = Reached<'g>>,
        fits: impl Fn(&End<'_>) -> bool,
    ) -> Self {
        let reached: Vec<Reached<'g>> = searches.collect();
        let starts: HashSet<Node> = reached.iter().map(|search| search.start().clone()).collect();
        let accounts = vec![false; graph.facts().accounts.len()];
        let mut totals = Totals { accounts, ..Totals::default() };
        let mut ends = Vec::new();
        let mut add = |search: usize, end: &End<'_>| {
            let weight = match starts.len() {
                0 | 1 => end.weight,
                _ => {
                    let nodes = end.nodes();
                    graph.weight(nodes.iter().filter(|node| !starts.contains(node)))
                }
            };
            if weight.nodes > 0 {
                totals.add(end, weight);
                ends.push(Placed {
                    number: end.number(),
                    search: u32::try_from(search).unwrap_or(u32::MAX),
                    nodes: weight.nodes,
                    verdict: end.verdict,
                    account: end.account().filter(|_| weight.principals > 0),
                    hops: u16::try_from(end.hops).unwrap_or(u16::MAX),
                });
            }
        };
        if let [only] = reached.as_slice() {
            only.ends().filter(fits).for_each(|end| add(0, &end));
        } else {
            let all = reached.iter().enumerate();
            let all = all.flat_map(|(at, search)| search.ends().map(move |end| (at, end)));
            let mut all: Vec<(usize, End<'_>)> = all.collect();
            all.sort_unstable_by_key(|(at, end)| (end.number(), end.verdict, end.hops, *at));
            all.dedup_by_key(|(_, end)| end.number());
            all.iter().filter(|(_, end)| fits(end)).for_each(|(at, end)| add(*at, end));
        }
        let truncated = reached.iter().any(|search| search.truncated);
        Self { reached, starts, ends, totals, truncated }
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

    /// The ends, each of the search that comes to it best.
    fn each(&self) -> impl Iterator<Item = End<'_>> {
        self.ends.iter().filter_map(|placed| self.end(placed))
    }

    fn end(&self, placed: &Placed) -> Option<End<'_>> {
        self.reached.get(placed.search as usize)?.end(placed.number)
    }

    /// All ends by verdict, and totals over what may be reached.
    pub(super) fn totals(&self) -> (Counts, ReachSummary) {
        let totals = &self.totals;
        let summary = ReachSummary {
            accounts: totals.accounts.iter().filter(|seen| **seen).count(),
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

    /// All ends with their nodes, in no particular order.
    pub(super) fn all(&self) -> impl Iterator<Item = (Vec<Node>, End<'_>)> {
        self.each().map(|end| {
            let mut nodes = end.nodes();
            nodes.retain(|node| !self.starts.contains(node));
            (nodes, end)
        })
    }

    /// The first rows: best verdict first, then fewer hops, then name. Only those that are wanted
    /// are sorted by name and looked at closely.
    pub(super) fn first<R: Send>(
        &self,
        graph: &Graph,
        limit: usize,
        row: impl Fn(Node, Route) -> R + Sync,
    ) -> Vec<R> {
        let mut chosen: Vec<(Node, End<'_>)> = Vec::new();
        for (bucket, size) in &self.totals.sizes {
            let left = limit.saturating_sub(chosen.len());
            if left == 0 {
                break;
            }
            let ends = self.ends.iter().filter(|end| (end.verdict, end.hops) == *bucket);
            let ends: Vec<End<'_>> = if *size > left {
                self.first_accounts(graph, ends, left)
            } else {
                ends.filter_map(|placed| self.end(placed)).collect()
            };
            chosen.extend(self.by_name(graph, &ends, left));
        }
        let row = |(node, end): &(Node, End<'_>)| Some(row(node.clone(), end.route(node)?));
        by_halves(&chosen, |part| part.iter().filter_map(row).collect())
    }

    /// The nodes of some ends that come first by name.
    fn by_name<'e>(
        &self,
        graph: &Graph,
        ends: &[End<'e>],
        limit: usize,
    ) -> impl Iterator<Item = (Node, End<'e>)> {
        let mut named: Vec<(String, Node, End<'e>)> = Vec::new();
        for end in ends {
            let nodes = end.nodes().into_iter().filter(|node| !self.starts.contains(node));
            named.extend(nodes.map(|node| (node.name(graph), node, *end)));
        }
        named.sort_by(|one, other| one.0.cmp(&other.0));
        named.into_iter().take(limit).map(|(_, node, end)| (node, end))
    }

    /// The ends of the accounts that come first by name, as many as there have to be, and those that
    /// are of no account: ARNs of an account stand together.
    fn first_accounts<'r>(
        &'r self,
        graph: &Graph,
        ends: impl Iterator<Item = &'r Placed>,
        limit: usize,
    ) -> Vec<End<'r>> {
        let facts = graph.facts();
        let mut sizes: Vec<usize> = vec![0; facts.accounts.len()];
        let (mut placed, mut found) = (Vec::new(), Vec::new());
        for end in ends {
            let Some(account) = end.account else {
                found.extend(self.end(end));
                continue;
            };
            if let Some(size) = sizes.get_mut(account.index()) {
                *size += end.nodes as usize;
            }
            placed.push((account, end));
        }
        let mut order: Vec<AccountKey> = facts.accounts.keys().collect();
        order.sort_by_key(|account| {
            let row = &facts.accounts[*account];
            (row.partition.as_str(), row.id)
        });
        let mut taken = 0;
        let mut wanted = vec![false; sizes.len()];
        for account in order {
            if taken >= limit {
                break;
            }
            taken += sizes.get(account.index()).copied().unwrap_or_default();
            if let Some(place) = wanted.get_mut(account.index()) {
                *place = true;
            }
        }
        let is_wanted = |account: AccountKey| wanted.get(account.index()).copied().unwrap_or(false);
        let placed = placed.into_iter().filter(|(here, _)| is_wanted(*here));
        found.extend(placed.filter_map(|(_, end)| self.end(end)));
        found
    }
}
