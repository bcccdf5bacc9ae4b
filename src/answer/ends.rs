//! The ends of one or several searches: how many, and the first rows of a list.

use std::collections::{BTreeMap, HashSet};

use crate::evaluation::Verdict;
use crate::graph::search::{End, Reached, Route};
use crate::graph::{Graph, Node, Weight};
use crate::org::{AccountKey, Key as _};

use super::answers::{Counts, ReachSummary};

/// The best ends of searches that begin with different nodes. What the searches begin with is no
/// end.
pub(super) struct Best<'g> {
    reached: Vec<Reached<'g>>,
    starts: HashSet<Node>,
    /// Each end once, by number, with the search that comes to it best.
    ends: Vec<(usize, usize)>,
    /// Whether some search hit a bound.
    pub(super) truncated: bool,
}

impl<'g> Best<'g> {
    pub(super) fn of(searches: impl Iterator<Item = Reached<'g>>) -> Self {
        let reached: Vec<Reached<'g>> = searches.collect();
        let starts = reached.iter().map(|search| search.start().clone()).collect();
        let mut ends: Vec<(usize, usize)> = Vec::new();
        if let [only] = reached.as_slice() {
            ends.extend(only.ends().map(|end| (end.number(), 0)));
        } else {
            let all = reached.iter().enumerate().flat_map(|(at, search)| {
                search.ends().map(move |end| (end.number(), end.verdict, end.hops, at))
            });
            let mut all: Vec<(usize, Verdict, usize, usize)> = all.collect();
            all.sort_unstable();
            all.dedup_by_key(|(number, ..)| *number);
            ends.extend(all.into_iter().map(|(number, _, _, at)| (number, at)));
        }
        let truncated = reached.iter().any(|search| search.truncated);
        Self { reached, starts, ends, truncated }
    }

    /// Only ends that fit.
    pub(super) fn only(mut self, fits: impl Fn(&End<'_>) -> bool) -> Self {
        let ends = std::mem::take(&mut self.ends);
        let fits = |(number, at): &(usize, usize)| {
            self.reached.get(*at).and_then(|search| search.end(*number)).is_some_and(|it| fits(&it))
        };
        let kept = ends.into_iter().filter(fits).collect();
        Self { ends: kept, ..self }
    }

    /// Whether some search comes to the node.
    pub(super) fn has(&self, node: &Node) -> bool {
        self.starts.contains(node)
            || self.reached.iter().any(|search| search.verdict(node).is_some())
    }

    /// The ends, each of the search that comes to it best.
    fn each(&self) -> impl Iterator<Item = End<'_>> {
        self.ends.iter().filter_map(|(number, at)| self.reached.get(*at)?.end(*number))
    }

    /// How many nodes no search begins with are at an end, and of what kind.
    fn weight(&self, graph: &Graph, end: &End<'_>) -> Weight {
        if self.starts.len() < 2 {
            return end.weight();
        }
        let nodes = end.nodes();
        graph.weight(nodes.iter().filter(|node| !self.starts.contains(node)))
    }

    fn size(&self, graph: &Graph, end: &End<'_>) -> usize {
        self.weight(graph, end).nodes as usize
    }

    /// All ends by verdict, and totals over what may be reached.
    pub(super) fn totals(&self, graph: &Graph) -> (Counts, ReachSummary) {
        let mut counts = Counts::default();
        let mut accounts: Vec<bool> = vec![false; graph.facts().accounts.len()];
        let (mut roles, mut admins, mut proven) = (0, 0, 0);
        for end in self.each() {
            let Weight { nodes, principals, admins: some, proven_admins } =
                self.weight(graph, &end);
            counts.add_many(end.verdict, nodes as usize);
            roles += principals as usize;
            admins += some as usize;
            proven += proven_admins as usize;
            let account = end.account().filter(|_| nodes > 0);
            if let Some(seen) = account.and_then(|account| accounts.get_mut(account.index())) {
                *seen = true;
            }
        }
        let summary = ReachSummary {
            accounts: accounts.into_iter().filter(|seen| *seen).count(),
            roles,
            admin_roles: Some(admins),
            admin_roles_proven: Some(proven),
        };
        (counts, summary)
    }

    /// How many ends are patterns of token subjects.
    pub(super) fn patterns(&self) -> usize {
        let alone = self.each().filter(|end| !end.is_group());
        let nodes = alone.flat_map(|end| end.nodes());
        nodes.filter(|node| matches!(node, Node::Subject(subject) if subject.is_pattern())).count()
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
    pub(super) fn first(&self, graph: &Graph, limit: usize) -> Vec<(Node, Route)> {
        let mut sizes: BTreeMap<(Verdict, usize), usize> = BTreeMap::new();
        for end in self.each() {
            *sizes.entry((end.verdict, end.hops)).or_default() += self.size(graph, &end);
        }
        let mut found: Vec<(Node, Route)> = Vec::new();
        for (bucket, size) in sizes {
            let left = limit.saturating_sub(found.len());
            if left == 0 {
                break;
            }
            let ends = self.each().filter(|end| (end.verdict, end.hops) == bucket);
            let ends =
                if size > left { self.first_accounts(graph, ends, left) } else { ends.collect() };
            found.extend(self.rows(graph, &ends, left));
        }
        found
    }

    fn rows(&self, graph: &Graph, ends: &[End<'_>], limit: usize) -> Vec<(Node, Route)> {
        let mut rows: Vec<(String, Node, &End<'_>)> = Vec::new();
        for end in ends {
            let nodes = end.nodes().into_iter().filter(|node| !self.starts.contains(node));
            rows.extend(nodes.map(|node| (node.name(graph), node, end)));
        }
        rows.sort_by(|one, other| one.0.cmp(&other.0));
        rows.truncate(limit);
        let route = |(_, node, end): (String, Node, &End<'_>)| {
            let route = end.route(&node)?;
            Some((node, route))
        };
        rows.into_iter().filter_map(route).collect()
    }

    /// The ends of the accounts that come first by name, as many as there have to be, and those that
    /// are of no account: ARNs of an account stand together.
    fn first_accounts<'r>(
        &self,
        graph: &Graph,
        ends: impl Iterator<Item = End<'r>>,
        limit: usize,
    ) -> Vec<End<'r>> {
        let facts = graph.facts();
        let mut sizes: Vec<usize> = vec![0; facts.accounts.len()];
        let (mut placed, mut found) = (Vec::new(), Vec::new());
        for end in ends {
            let Some(account) = end.account().filter(|_| end.is_group()) else {
                found.push(end);
                continue;
            };
            if let Some(size) = sizes.get_mut(account.index()) {
                *size += self.size(graph, &end);
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
        found.extend(placed.into_iter().filter(|(here, _)| is_wanted(*here)).map(|(_, end)| end));
        found
    }
}
