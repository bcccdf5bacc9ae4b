//! What was come to, account by account.

use crate::evaluation::{Privileges, Verdict};
use crate::org::{AccountKey, Key as _};

use super::super::super::Graph;
use super::super::super::index::Map;
use super::bits::Bits;
use super::spread::{Arrival, Spread};

/// How many vertices a landing names.
const NAMED: usize = 3;

/// What sources come to in one account with one verdict and length of the best way, where that is
/// the same for all of them.
#[derive(Debug, Clone, Copy)]
pub struct Landing {
    /// The best ways' verdict.
    pub verdict: Verdict,
    /// Their length.
    pub hops: usize,
    /// How many nodes there are.
    pub nodes: usize,
    /// The first vertices, by number.
    pub first: [Option<usize>; NAMED],
    /// What somebody can do who becomes any of them.
    pub privileges: Option<Privileges>,
}

impl Landing {
    /// What is come to at one vertex.
    pub(in super::super) fn at(
        graph: &Graph,
        number: usize,
        (verdict, hops): (Verdict, usize),
    ) -> Self {
        let vertex = petgraph::graph::NodeIndex::new(number);
        Self {
            verdict,
            hops,
            nodes: graph.flat.weight(vertex).nodes as usize,
            first: [Some(number), None, None],
            privileges: graph.flat.privileges(vertex),
        }
    }

    /// Both together, of one verdict and length.
    #[must_use]
    fn and(self, other: &Self) -> Self {
        let mut first: Vec<usize> = self.first.into_iter().chain(other.first).flatten().collect();
        first.sort_unstable();
        let mut first = first.into_iter();
        Self {
            nodes: self.nodes + other.nodes,
            first: [first.next(), first.next(), first.next()],
            privileges: [self.privileges, other.privileges]
                .into_iter()
                .flatten()
                .reduce(Privileges::or),
            ..self
        }
    }
}

/// Landings by account.
#[derive(Debug, Default)]
pub(super) struct Landed {
    /// By account.
    accounts: Vec<Vec<(Bits, Landing)>>,
    /// By account, for whom a verdict there may be worse than it seems.
    doubtful: Vec<Bits>,
}

impl Landed {
    pub(super) fn of(graph: &Graph, spread: &Spread<'_>) -> Self {
        let accounts = graph.facts().accounts.len();
        let mut doubtful = vec![Bits::default(); accounts];
        let mut order: Vec<&Arrival> = spread.arrivals.iter().collect();
        order.sort_unstable_by_key(|it| (it.vertex, it.kind.verdict(), it.hops));
        let mut groups: Map<(AccountKey, Verdict, u8, Bits), Landing> = Map::default();
        for here in order.chunk_by(|one, other| one.vertex == other.vertex) {
            let Some(vertex) = here.first().map(|arrival| arrival.vertex) else { continue };
            let Some(account) = graph.account(vertex) else { continue };
            let number = vertex.index();
            if let Some(known) = doubtful.get_mut(account.index()) {
                known.add(&spread.seen(vertex).doubtful());
            }
            let class = |it: &Arrival| (it.kind.verdict(), it.hops);
            let mut landed = Bits::default();
            for alike in here.chunk_by(|one, other| class(one) == class(other)) {
                let Some((verdict, hops)) = alike.first().map(|it| class(it)) else { continue };
                let mut sources = Bits::default();
                alike.iter().for_each(|it| sources.add(&it.sources));
                sources = sources.without(&landed);
                if sources.is_empty() {
                    continue;
                }
                landed.add(&sources);
                let landing = Landing::at(graph, number, (verdict, hops.into()));
                groups
                    .entry((account, verdict, hops, sources))
                    .and_modify(|known| *known = known.and(&landing))
                    .or_insert(landing);
            }
        }
        let mut by_account = vec![Vec::new(); accounts];
        for ((account, _, _, sources), landing) in groups {
            if let Some(list) = by_account.get_mut(account.index()) {
                list.push((sources, landing));
            }
        }
        for list in &mut by_account {
            list.sort_unstable_by_key(|(_, it)| (it.verdict, it.hops, it.first));
        }
        Self { accounts: by_account, doubtful }
    }

    /// What one source comes to in an account, best first.
    pub(super) fn of_source(
        &self,
        account: AccountKey,
        source: usize,
    ) -> impl Iterator<Item = &Landing> {
        let list = self.accounts.get(account.index()).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter(move |(sources, _)| sources.has(source)).map(|(_, landing)| landing)
    }

    /// Whether some verdict there may be worse than it seems.
    pub(super) fn is_doubtful(&self, account: AccountKey, source: usize) -> bool {
        self.doubtful.get(account.index()).is_some_and(|sources| sources.has(source))
    }
}
