//! The ends of one or several searches: how many, and the first rows of a list.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::evaluation::{Privilege, Verdict};
use crate::graph::search::{End, Reached, Route};
use crate::graph::{Graph, Node};
use crate::org::AccountKey;

use super::answers::{Counts, ReachSummary};

/// The best ends of searches that begin with different nodes. What the searches begin with is no
/// end.
pub(super) struct Best<'g> {
    reached: Vec<Reached<'g>>,
    starts: HashSet<Node>,
    /// Which search comes to an end best, by the end's number.
    by_end: HashMap<usize, usize>,
    /// Whether some search hit a bound.
    pub(super) truncated: bool,
}

impl<'g> Best<'g> {
    pub(super) fn of(searches: impl Iterator<Item = Reached<'g>>) -> Self {
        let reached: Vec<Reached<'g>> = searches.collect();
        let starts = reached.iter().map(|search| search.start().clone()).collect();
        let mut ranks: HashMap<usize, (Verdict, usize, usize)> = HashMap::new();
        for (at, search) in reached.iter().enumerate() {
            for end in search.ends() {
                let rank = (end.verdict, end.hops, at);
                let known = ranks.entry(end.number()).or_insert(rank);
                *known = rank.min(*known);
            }
        }
        let by_end = ranks.into_iter().map(|(number, (_, _, at))| (number, at)).collect();
        let truncated = reached.iter().any(|search| search.truncated);
        Self { reached, starts, by_end, truncated }
    }

    /// Only ends that fit.
    pub(super) fn only(mut self, fits: impl Fn(&End<'_>) -> bool) -> Self {
        let kept: HashSet<usize> =
            self.each().filter(|end| fits(end)).map(|end| end.number()).collect();
        self.by_end.retain(|number, _| kept.contains(number));
        self
    }

    /// Whether some search comes to the node.
    pub(super) fn has(&self, node: &Node) -> bool {
        self.starts.contains(node)
            || self.reached.iter().any(|search| search.verdict(node).is_some())
    }

    /// The ends of the search that comes to each best.
    fn each(&self) -> impl Iterator<Item = End<'_>> {
        self.reached.iter().enumerate().flat_map(move |(at, search)| {
            search.ends().filter(move |end| self.by_end.get(&end.number()) == Some(&at))
        })
    }

    /// How many of an end's nodes no search begins with.
    fn count(&self, end: &End<'_>) -> usize {
        if self.starts.len() < 2 {
            return end.count();
        }
        end.nodes().iter().filter(|node| !self.starts.contains(node)).count()
    }

    /// All ends, by verdict.
    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for end in self.each() {
            counts.add_many(end.verdict, self.count(&end));
        }
        counts
    }

    /// Totals over what may be reached.
    pub(super) fn summary(&self, graph: &Graph) -> ReachSummary {
        let mut accounts: HashSet<AccountKey> = HashSet::new();
        let (mut roles, mut admins, mut proven) = (0, 0, 0);
        for (nodes, end) in self.all() {
            if !nodes.is_empty() {
                accounts.extend(end.account());
            }
            for privileges in nodes.iter().filter_map(|node| graph.privilege(node)) {
                roles += 1;
                admins += usize::from(privileges.most == Privilege::Admin);
                proven += usize::from(privileges.proven == Privilege::Admin);
            }
        }
        ReachSummary {
            accounts: accounts.len(),
            roles,
            admin_roles: Some(admins),
            admin_roles_proven: Some(proven),
        }
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
        let mut buckets: BTreeMap<(Verdict, usize), Bucket<'_>> = BTreeMap::new();
        for end in self.each() {
            let bucket = buckets.entry((end.verdict, end.hops)).or_default();
            match end.account().filter(|_| end.is_group()) {
                Some(account) => bucket.accounts.entry(account).or_default().push(end),
                None => bucket.others.push(end),
            }
        }
        let mut found: Vec<(Node, Route)> = Vec::new();
        for bucket in buckets.into_values() {
            let left = limit.saturating_sub(found.len());
            if left == 0 {
                break;
            }
            found.extend(bucket.first(graph, left, &self.starts));
        }
        found
    }
}

/// Ends of one verdict and length.
#[derive(Default)]
struct Bucket<'r> {
    /// Users and roles, by account.
    accounts: HashMap<AccountKey, Vec<End<'r>>>,
    others: Vec<End<'r>>,
}

impl Bucket<'_> {
    fn first(self, graph: &Graph, limit: usize, starts: &HashSet<Node>) -> Vec<(Node, Route)> {
        let facts = graph.facts();
        let meant = |node: &Node| !starts.contains(node);
        let mut rows: Vec<(String, Node, usize)> = Vec::new();
        let mut ends: Vec<End<'_>> = Vec::new();
        for end in self.others {
            let nodes = end.nodes().into_iter().filter(meant);
            rows.extend(nodes.map(|node| (node.name(graph), node, ends.len())));
            ends.push(end);
        }
        // ARNs of an account stand together, so accounts are taken one after the other.
        let mut accounts: Vec<_> = self.accounts.into_iter().collect();
        accounts.sort_by_key(|(account, _)| {
            let row = &facts.accounts[*account];
            (row.partition.as_str(), row.id)
        });
        let mut taken = 0;
        for (_, here) in accounts {
            if taken >= limit {
                break;
            }
            for end in here {
                let nodes = end.nodes().into_iter().filter(meant);
                let before = rows.len();
                rows.extend(nodes.map(|node| (node.name(graph), node, ends.len())));
                taken += rows.len() - before;
                ends.push(end);
            }
        }
        rows.sort_by(|one, other| one.0.cmp(&other.0));
        rows.truncate(limit);
        rows.into_iter()
            .filter_map(|(_, node, end)| {
                let route = ends.get(end)?.route(&node)?;
                Some((node, route))
            })
            .collect()
    }
}
