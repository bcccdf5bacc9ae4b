//! Where sources come, hop by hop.

use petgraph::Direction::Outgoing;
use petgraph::graph::NodeIndex;

use crate::evaluation::Verdict;
use crate::org::AccountKey;

use super::super::super::Graph;
use super::super::super::index::Map;
use super::super::is_open;
use super::super::ways::Mix;
use super::bits::Bits;

/// What the hops of a way make of it. A way over conditional and unknown hops is conditional, but
/// told apart, because one that comes to a vertex twice may seem to be of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Allowed,
    Conditional,
    Both,
    Unknown,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Allowed, Self::Conditional, Self::Both, Self::Unknown];

    pub(super) fn of(mix: Mix) -> Self {
        match mix {
            Mix::Allowed => Self::Allowed,
            Mix::Conditional => Self::Conditional,
            Mix::Unknown => Self::Unknown,
        }
    }

    /// With one hop more.
    pub(super) fn and(self, hop: Mix) -> Self {
        match (self, Self::of(hop)) {
            (same, Self::Allowed) => same,
            (Self::Allowed, other) => other,
            (one, other) if one == other => one,
            _ => Self::Both,
        }
    }

    pub(super) fn verdict(self) -> Verdict {
        match self {
            Self::Allowed => Verdict::Allowed,
            Self::Conditional | Self::Both => Verdict::Conditional,
            Self::Unknown => Verdict::Unknown,
        }
    }
}

/// That some sources come to a vertex, none of them in a better way with as few hops.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub(super) vertex: NodeIndex,
    pub(super) kind: Kind,
    pub(super) hops: u8,
    pub(super) sources: Bits,
}

/// Who came to a vertex so far, by kind.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    allowed: Bits,
    /// Ways of other kinds, which many vertices have none of.
    others: Option<Box<Others>>,
}

#[derive(Debug, Clone, Default)]
struct Others {
    conditional: Bits,
    both: Bits,
    unknown: Bits,
}

impl Seen {
    /// Those for whom another way of this kind, which takes no fewer hops, is no news.
    fn past(&self, kind: Kind) -> Bits {
        let Some(others) = self.others.as_deref().filter(|_| kind != Kind::Allowed) else {
            return self.allowed;
        };
        let known = self.allowed.or(&others.conditional);
        match kind {
            Kind::Allowed | Kind::Conditional => known,
            Kind::Both => known.or(&others.both),
            // One of both kinds may be no way at all, so it takes the place of none.
            Kind::Unknown => known.or(&others.unknown),
        }
    }

    fn add(&mut self, kind: Kind, sources: &Bits) {
        let plane = match kind {
            Kind::Allowed => &mut self.allowed,
            Kind::Conditional => &mut self.others.get_or_insert_default().conditional,
            Kind::Both => &mut self.others.get_or_insert_default().both,
            Kind::Unknown => &mut self.others.get_or_insert_default().unknown,
        };
        plane.add(sources);
    }

    /// Those who may seem to come in a better way than they do: a way of both kinds may be one of
    /// unknown hops with a circle.
    pub(super) fn doubtful(&self) -> Bits {
        let others = self.others.as_deref();
        let doubtful = others.map(|others| others.both.and(&others.unknown));
        doubtful.unwrap_or_default().without(&self.allowed)
    }

    pub(super) fn any(&self) -> Bits {
        let Some(Others { conditional, both, unknown }) = self.others.as_deref() else {
            return self.allowed;
        };
        self.allowed.or(conditional).or(both).or(unknown)
    }
}

/// Who came to a set of callers, over which of its members.
#[derive(Debug, Default)]
pub(super) struct Callers {
    any: Bits,
    /// Those who came to members of several accounts.
    several: Bits,
    /// The first members that each source came to.
    pub(super) first: Vec<Through>,
    /// For each source the first one of another account.
    pub(super) second: Vec<Through>,
}

/// A member of a set of callers that sources came to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Through {
    pub(super) vertex: NodeIndex,
    pub(super) account: Option<AccountKey>,
    pub(super) hops: u8,
    pub(super) sources: Bits,
    /// The account that they came to before.
    before: Option<AccountKey>,
}

impl Callers {
    /// Whether it is news for some source.
    fn come(&mut self, through: Through) -> bool {
        let Through { account, sources, .. } = through;
        let again = sources.and(&self.any).without(&self.several);
        let new = sources.without(&self.any);
        if !again.is_empty() {
            for known in self.first.iter().filter(|known| known.account != account) {
                let sources = again.and(&known.sources);
                if !sources.is_empty() {
                    self.several.add(&sources);
                    self.second.push(Through { sources, before: known.account, ..through });
                }
            }
        }
        if !new.is_empty() {
            self.any.add(&new);
            if account.is_none() {
                self.several.add(&new);
            }
            self.first.push(Through { sources: new, ..through });
        }
        !new.is_empty() || !again.is_empty()
    }
}

/// Who comes to the members of a set of roles with the next hop.
#[derive(Debug, Default)]
struct Coming {
    all: Bits,
    /// To all but those of an account.
    except: Vec<(AccountKey, Bits)>,
    /// To those of an account.
    only: Vec<(AccountKey, Bits)>,
}

type ByAccount = Map<AccountKey, Bits>;

impl Coming {
    /// Who comes to all members, to all but those of an account, and only to those of one.
    fn sorted(&self) -> (Bits, Bits, ByAccount, ByAccount) {
        let by_account = |list: &[(AccountKey, Bits)]| {
            let mut found = ByAccount::default();
            for (account, sources) in list {
                found.entry(*account).or_default().add(sources);
            }
            found
        };
        let except = by_account(&self.except);
        // Whoever leaves out one account here and another one there leaves out none.
        let (mut some, mut all) = (Bits::default(), self.all);
        for sources in except.values() {
            all.add(&some.and(sources));
            some.add(sources);
        }
        (all, some.without(&all), except, by_account(&self.only))
    }
}

/// The search.
pub(super) struct Spread<'g> {
    graph: &'g Graph,
    /// By vertex, its place in the list, from 1.
    places: Vec<u32>,
    seen: Vec<Seen>,
    /// In the order of hops.
    pub(super) arrivals: Vec<Arrival>,
    pub(super) callers: Map<(NodeIndex, Kind), Callers>,
    /// Who came to all members of a set of roles.
    whole: Map<(NodeIndex, Kind), Bits>,
    /// Those for whom a hop depends on the session.
    pub(super) open: Bits,
}

impl<'g> Spread<'g> {
    pub(super) fn new(graph: &'g Graph) -> Self {
        Self {
            graph,
            places: vec![0; graph.petgraph.node_count()],
            seen: Vec::new(),
            arrivals: Vec::new(),
            callers: Map::default(),
            whole: Map::default(),
            open: Bits::default(),
        }
    }

    /// Who came to a vertex.
    pub(super) fn seen(&self, vertex: NodeIndex) -> Option<&Seen> {
        let place = self.places.get(vertex.index())?.checked_sub(1)?;
        self.seen.get(place as usize)
    }

    /// Searches from where the first hop of each source leads.
    pub(super) fn run<'f>(
        &mut self,
        firsts: impl Iterator<Item = &'f [(NodeIndex, Mix)]>,
        max_hops: usize,
    ) {
        if max_hops == 0 {
            return;
        }
        let mut steps: Vec<(Kind, NodeIndex, usize)> = Vec::new();
        for (number, first) in firsts.enumerate() {
            steps.extend(first.iter().map(|(vertex, mix)| (Kind::of(*mix), *vertex, number)));
        }
        steps.sort_unstable();
        for (kind, vertex, number) in steps {
            self.come(vertex, kind, 1, Bits::one(number));
        }
        let mut begun = 0;
        for hops in 1..u8::try_from(max_hops).unwrap_or(u8::MAX) {
            let end = self.arrivals.len();
            let touched = self.leave(begun..end);
            let coming = self.cross(&touched, hops);
            self.arrive(coming, hops + 1);
            begun = end;
        }
    }

    fn come(&mut self, vertex: NodeIndex, kind: Kind, hops: u8, sources: Bits) {
        let Some(place) = self.places.get_mut(vertex.index()) else { return };
        if *place == 0 {
            self.seen.push(Seen::default());
            *place = u32::try_from(self.seen.len()).unwrap_or_default();
        }
        let Some(seen) = (*place as usize).checked_sub(1).and_then(|at| self.seen.get_mut(at))
        else {
            return;
        };
        let sources = sources.without(&seen.past(kind));
        if sources.is_empty() {
            return;
        }
        seen.add(kind, &sources);
        self.arrivals.push(Arrival { vertex, kind, hops, sources });
    }

    /// From vertices to the sets of callers that they belong to; those where somebody is new.
    fn leave(&mut self, arrivals: std::ops::Range<usize>) -> Vec<(Kind, NodeIndex)> {
        let mut touched = Vec::new();
        for Arrival { vertex, kind, hops, sources } in
            self.arrivals.get(arrivals).into_iter().flatten().copied()
        {
            let account = self.graph.account(vertex);
            for set in self.graph.sets(vertex, Outgoing) {
                let through = Through { vertex, account, hops, sources, before: None };
                if self.callers.entry((set, kind)).or_default().come(through) {
                    touched.push((kind, set));
                }
            }
        }
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    /// Over the edges between sets.
    fn cross(
        &mut self,
        touched: &[(Kind, NodeIndex)],
        hops: u8,
    ) -> Vec<((Kind, NodeIndex), Coming)> {
        let mut coming: Map<(Kind, NodeIndex), Coming> = Map::default();
        for (kind, set) in touched {
            let Some(callers) = self.callers.get(&(*set, *kind)) else { continue };
            let now = |through: &&Through| through.hops == hops;
            let (mut new, mut homeless) = (Bits::default(), Bits::default());
            for through in callers.first.iter().filter(now) {
                new.add(&through.sources);
                if through.account.is_none() {
                    homeless.add(&through.sources);
                }
            }
            for across in self.graph.flat.bundles(*set, Outgoing) {
                let bundle = across.bundle;
                let Some(one) = Mix::of(bundle.assume.verdict) else { continue };
                if is_open(bundle) {
                    self.open.add(&new);
                    continue;
                }
                let to = (kind.and(one), across.other);
                let whole = self.whole.get(&(to.1, to.0)).copied().unwrap_or_default();
                if !bundle.across {
                    let new = new.without(&whole);
                    if !new.is_empty() {
                        coming.entry(to).or_default().all.add(&new);
                    }
                    continue;
                }
                let left =
                    |sources: &Bits| Some(sources.without(&whole)).filter(|it| !it.is_empty());
                let first = callers
                    .first
                    .iter()
                    .filter(now)
                    .filter_map(|through| Some((through.account?, left(&through.sources)?)));
                let second = callers
                    .second
                    .iter()
                    .filter(now)
                    .filter_map(|through| Some((through.before?, left(&through.sources)?)));
                let (first, second): (Vec<_>, Vec<_>) = (first.collect(), second.collect());
                let homeless = left(&homeless);
                if first.is_empty() && second.is_empty() && homeless.is_none() {
                    continue;
                }
                let to = coming.entry(to).or_default();
                to.except.extend(first);
                to.only.extend(second);
                homeless.iter().for_each(|sources| to.all.add(sources));
            }
        }
        let mut coming: Vec<_> = coming.into_iter().collect();
        // The better kinds first, so that what they make needless is not kept.
        coming.sort_unstable_by_key(|(to, _)| *to);
        coming
    }

    /// To the members of sets of roles.
    fn arrive(&mut self, coming: Vec<((Kind, NodeIndex), Coming)>, hops: u8) {
        let graph = self.graph;
        for ((kind, set), coming) in coming {
            let (all, some, except, only) = coming.sorted();
            for vertex in graph.members(set, Outgoing) {
                let mut sources = all;
                if let Some(account) = graph.account(vertex) {
                    match except.get(&account) {
                        Some(not_here) => sources.add(&some.without(not_here)),
                        None => sources.add(&some),
                    }
                    only.get(&account).into_iter().for_each(|here| sources.add(here));
                } else {
                    sources.add(&some);
                }
                if !sources.is_empty() {
                    self.come(vertex, kind, hops, sources);
                }
            }
            self.whole.entry((set, kind)).or_default().add(&all);
        }
    }
}
