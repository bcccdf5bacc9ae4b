//! What was come to, account by account.

use petgraph::graph::NodeIndex;

use crate::evaluation::{Privilege, Privileges, Verdict};
use crate::org::{AccountKey, Key as _};

use super::super::super::Graph;
use super::super::super::index::Map;
use super::bits::Bits;
use super::sets::{SetId, Sets};
use super::spread::Spread;
use super::states::{Arrival, State, StateId};

/// How many vertices a landing names.
const NAMED: usize = 3;

/// What a source comes to in one account. There are hundreds of thousands, so it is small.
#[derive(Debug, Clone, Copy)]
pub struct Landing {
    /// The best way.
    verdict: Verdict,
    hops: u8,
    number: u32,
    nodes: u32,
    first: [u32; NAMED],
    /// What somebody can do who becomes any of them.
    most: Option<Privileges>,
    /// What somebody can do who becomes one to which the best verdict leads.
    surely: Option<Privileges>,
}

/// Stands where there is no vertex; those that there are come before it.
const NONE: u32 = u32::MAX;

/// How good a way is: the least is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Best {
    /// The verdict.
    pub verdict: Verdict,
    /// How many hops it takes.
    pub hops: usize,
    /// The vertex that it leads to.
    pub number: usize,
}

impl Landing {
    /// What is come to in one way, all by the same.
    pub(in super::super) fn at(best: Best, nodes: usize, privileges: Option<Privileges>) -> Self {
        let number = u32::try_from(best.number).unwrap_or(NONE);
        Self {
            verdict: best.verdict,
            hops: u8::try_from(best.hops).unwrap_or(u8::MAX),
            number,
            nodes: u32::try_from(nodes).unwrap_or(u32::MAX),
            first: [number, NONE, NONE],
            most: privileges,
            surely: privileges,
        }
    }

    /// The best way.
    pub fn best(&self) -> Best {
        let (hops, number) = (self.hops.into(), self.number as usize);
        Best { verdict: self.verdict, hops, number }
    }

    /// How many nodes it comes to.
    pub fn nodes(&self) -> usize {
        self.nodes as usize
    }

    /// The first of their vertices, by number.
    pub fn first(&self) -> [Option<usize>; NAMED] {
        self.first.map(|number| (number != NONE).then_some(number as usize))
    }

    /// Adds what else is come to.
    pub fn add(&mut self, other: &Self) {
        let either = |one: Option<Privileges>, other| match (one, other) {
            (Some(one), Some(other)) => Some(Privileges::or(one, other)),
            (one, other) => one.or(other),
        };
        self.nodes = self.nodes.saturating_add(other.nodes);
        self.most = either(self.most, other.most);
        // Only what is reached with the best verdict proves anything.
        self.surely = match other.verdict.cmp(&self.verdict) {
            std::cmp::Ordering::Less => other.surely,
            std::cmp::Ordering::Equal => either(self.surely, other.surely),
            std::cmp::Ordering::Greater => self.surely,
        };
        let rank = |it: &Self| (it.verdict, it.hops, it.number);
        if rank(other) < rank(self) {
            (self.verdict, self.hops, self.number) = rank(other);
        }
        // Most are behind those that are named already.
        for number in other.first {
            let [.., last] = self.first;
            if number >= last {
                break;
            }
            self.name(number);
        }
    }

    /// Keeps a vertex, which is among the first.
    fn name(&mut self, mut number: u32) {
        for known in &mut self.first {
            if number < *known {
                std::mem::swap(known, &mut number);
            }
        }
    }

    /// What somebody can do who becomes any of the nodes; proven by those to which the best verdict
    /// leads. `None` where none is a user or a role.
    pub fn privileges(&self) -> Option<Privileges> {
        let proven = self.surely.map_or(Privilege::Nothing, |surely| surely.proven);
        self.most.map(|most| Privileges { proven, ..most })
    }
}

/// What all sources of a block come to, by account.
#[derive(Debug, Default)]
pub(super) struct Landed(Vec<InAccount>);

/// What sources come to in one account.
#[derive(Debug, Default)]
struct InAccount {
    /// How good the best way in is of whom.
    ways: Vec<(Verdict, u8, Bits)>,
    /// By source, the place in the list of what it comes to.
    of_source: Vec<u16>,
    landings: Vec<Option<Landing>>,
    /// The vertices to which some ways may be worse than they seem, with who takes those.
    doubtful: Vec<(NodeIndex, Bits)>,
}

/// What some sources come to with the same verdict and as many hops.
struct Group {
    sources: Bits,
    landing: Landing,
}

impl Landed {
    /// Of a search for `count` sources, of which `wanted` is asked for what they come to.
    pub(super) fn of(graph: &Graph, spread: &mut Spread<'_>, wanted: &Bits, count: usize) -> Self {
        let mut found: Vec<InAccount> = Vec::new();
        found.resize_with(graph.facts().accounts.len(), InAccount::default);
        let mut alike: Map<(AccountKey, StateId), Landing> = Map::default();
        for vertex in &spread.vertices {
            let Some(account) = graph.account(*vertex) else { continue };
            let state = spread.state_of(*vertex);
            // How good it is, the state tells.
            let best = Best { verdict: Verdict::Allowed, hops: 0, number: vertex.index() };
            let nodes = graph.flat.weight(*vertex).nodes as usize;
            let landing = Landing::at(best, nodes, graph.flat.privileges(*vertex));
            alike
                .entry((account, state))
                .and_modify(|known| known.add(&landing))
                .or_insert(landing);
            let doubtful = spread.states.get(state).map(State::doubtful).unwrap_or_default();
            if let Some(known) = found.get_mut(account.index()).filter(|_| !doubtful.is_empty()) {
                known.doubtful.push((*vertex, doubtful));
            }
        }
        let sets = &mut spread.sets;
        let states = spread.states.each();
        let ways: Map<StateId, Vec<(Verdict, u8, SetId)>> =
            states.map(|(id, state)| (id, best_ways(state.arrivals(), sets))).collect();
        let mut alike: Vec<((AccountKey, StateId), Landing)> = alike.into_iter().collect();
        alike.sort_unstable_by_key(|(of, _)| *of);
        let mut groups = Vec::new();
        for here in alike.chunk_by(|((one, _), _), ((other, _), _)| one == other) {
            let account = here.first().and_then(|((account, _), _)| found.get_mut(account.index()));
            let Some(known) = account else { continue };
            for ((_, state), landing) in here {
                let ways = ways.get(state).into_iter().flatten();
                groups.extend(ways.map(|way| (*way, *landing)));
            }
            known.fill(&mut groups, sets, wanted, count);
        }
        Self(found)
    }

    /// What a source comes to in an account, with a number that sources share which come to the
    /// same there.
    pub(super) fn of_source(&self, account: AccountKey, source: usize) -> Option<(u16, &Landing)> {
        let here = self.0.get(account.index())?;
        let place = here.of_source.get(source).copied()?;
        Some((place, here.landings.get(usize::from(place))?.as_ref()?))
    }

    /// How good the best way of a source into an account is.
    pub(super) fn way(&self, account: AccountKey, source: usize) -> Option<(Verdict, usize)> {
        let ways = self.0.get(account.index())?.ways.iter();
        let mut own = ways.filter(|(_, _, sources)| sources.has(source));
        own.next().map(|(verdict, hops, _)| (*verdict, (*hops).into()))
    }

    /// The vertices of an account to which a source may come in a worse way than it seems.
    pub(super) fn doubtful(
        &self,
        account: AccountKey,
        source: usize,
    ) -> impl Iterator<Item = NodeIndex> {
        let list = self.0.get(account.index()).map(|here| here.doubtful.as_slice());
        let list = list.unwrap_or_default().iter();
        list.filter(move |(_, sources)| sources.has(source)).map(|(vertex, _)| *vertex)
    }
}

impl InAccount {
    /// Takes what the ways of some sources lead to.
    fn fill(
        &mut self,
        groups: &mut Vec<((Verdict, u8, SetId), Landing)>,
        sets: &Sets,
        wanted: &Bits,
        count: usize,
    ) {
        groups.sort_unstable_by_key(|(way, landing)| (*way, landing.first));
        let mut of_wanted: Vec<Group> = Vec::new();
        for same in groups.chunk_by(|(one, _), (other, _)| one == other) {
            let Some(((verdict, hops, sources), first)) = same.first().copied() else { continue };
            let sources = sets.get(sources);
            match self.ways.last_mut().filter(|way| (way.0, way.1) == (verdict, hops)) {
                Some((_, _, known)) => known.add(&sources),
                None => self.ways.push((verdict, hops, sources)),
            }
            let sources = sources.and(wanted);
            if sources.is_empty() {
                continue;
            }
            let rest = same.get(1..).unwrap_or_default().iter();
            let mut landing = rest.fold(first, |mut all, (_, landing)| {
                all.add(landing);
                all
            });
            (landing.verdict, landing.hops) = (verdict, hops);
            of_wanted.push(Group { sources, landing });
        }
        groups.clear();
        of_wanted.sort_unstable_by_key(|group| group.landing.first);
        (self.of_source, self.landings) = sorted(&of_wanted, wanted, count);
    }
}

/// For whom each way is the best, of those in which a vertex was come to.
fn best_ways(arrivals: &[Arrival], sets: &mut Sets) -> Vec<(Verdict, u8, SetId)> {
    let class = |it: &Arrival| (it.mix.verdict(), it.hops);
    let mut arrivals = arrivals.to_vec();
    arrivals.sort_by_key(class);
    let mut landed = Bits::default();
    let mut found = Vec::new();
    for alike in arrivals.chunk_by(|one, other| class(one) == class(other)) {
        let Some((verdict, hops)) = alike.first().map(class) else { continue };
        let all = alike.iter().fold(Bits::default(), |all, it| all.or(&sets.get(it.sources)));
        let sources = all.without(&landed);
        if !sources.is_empty() {
            landed.add(&sources);
            found.push((verdict, hops, sets.number(&sources)));
        }
    }
    found
}

/// Sources that are in the same groups share what they come to: by source the place of that.
fn sorted(groups: &[Group], wanted: &Bits, count: usize) -> (Vec<u16>, Vec<Option<Landing>>) {
    let mut classes: Vec<(Bits, Option<Landing>)> = vec![(*wanted, None)];
    let mut split = Vec::new();
    for group in groups {
        for (sources, landing) in &mut classes {
            let inside = sources.and(&group.sources);
            if inside.is_empty() {
                continue;
            }
            let mut more = landing.unwrap_or(group.landing);
            if landing.is_some() {
                more.add(&group.landing);
            }
            if inside == *sources {
                *landing = Some(more);
            } else {
                *sources = sources.without(&inside);
                split.push((inside, Some(more)));
            }
        }
        classes.append(&mut split);
    }
    let mut of_source = vec![u16::MAX; count];
    for (place, (sources, _)) in (0..).zip(&classes) {
        for source in sources.each() {
            of_source.get_mut(source).into_iter().for_each(|at| *at = place);
        }
    }
    (of_source, classes.into_iter().map(|(_, landing)| landing).collect())
}
