//! Where sources come, hop by hop.

use std::rc::Rc;

use petgraph::Direction::Outgoing;
use petgraph::graph::NodeIndex;

use crate::org::AccountKey;

use super::super::super::Graph;
use super::super::super::index::Map;
use super::super::is_open;
use super::super::ways::Mix;
use super::bits::Bits;

/// That some sources come to a vertex, none of them in a better way with as few hops.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub(super) vertex: NodeIndex,
    pub(super) mix: Mix,
    pub(super) hops: u8,
    pub(super) sources: Bits,
}

/// Who came to a vertex so far, by mix.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    allowed: Bits,
    /// Ways of other mixes, which many vertices have none of.
    others: Option<Box<Others>>,
}

#[derive(Debug, Clone, Default)]
struct Others {
    conditional: Bits,
    both: Bits,
    unknown: Bits,
}

impl Seen {
    /// Those for whom another way of this mix, which takes no fewer hops, is no news.
    fn past(&self, mix: Mix) -> Bits {
        let Some(others) = self.others.as_deref().filter(|_| mix != Mix::Allowed) else {
            return self.allowed;
        };
        let known = self.allowed.or(&others.conditional);
        match mix {
            Mix::Allowed | Mix::Conditional => known,
            Mix::Both => known.or(&others.both),
            // One of both mixes may be no way at all, so it takes the place of none.
            Mix::Unknown => known.or(&others.unknown),
        }
    }

    fn add(&mut self, mix: Mix, sources: &Bits) {
        let plane = match mix {
            Mix::Allowed => &mut self.allowed,
            Mix::Conditional => &mut self.others.get_or_insert_default().conditional,
            Mix::Both => &mut self.others.get_or_insert_default().both,
            Mix::Unknown => &mut self.others.get_or_insert_default().unknown,
        };
        plane.add(sources);
    }

    /// Those who may seem to come in a better way than they do: a way of both mixes may be one of
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

type ByAccount = Map<AccountKey, Bits>;

/// Who leaves a set of callers with the next hop.
#[derive(Debug, Default)]
struct Leaving {
    /// Those who come to it for the first time.
    new: Bits,
    /// Those of them who did so over a member without an account.
    homeless: Bits,
    /// The others: from account to account they come to all but those of the account of the member.
    some: Bits,
    except: ByAccount,
    /// Those who come to it from a second account, and so to those of the first too.
    again: Bits,
    only: ByAccount,
}

impl Leaving {
    /// Those who come to it with so many hops.
    fn of(callers: &Callers, hops: u8) -> Self {
        let mut found = Self::default();
        for through in callers.first.iter().filter(|through| through.hops == hops) {
            found.new.add(&through.sources);
            match through.account {
                None => found.homeless.add(&through.sources),
                Some(account) => {
                    found.some.add(&through.sources);
                    found.except.entry(account).or_default().add(&through.sources);
                }
            }
        }
        for through in callers.second.iter().filter(|through| through.hops == hops) {
            let Some(before) = through.before else { continue };
            found.again.add(&through.sources);
            found.only.entry(before).or_default().add(&through.sources);
        }
        found
    }

    /// Who comes to members of an account from others.
    fn across(&self, account: Option<AccountKey>) -> Bits {
        let mut sources = self.homeless.or(&self.some);
        if let Some(account) = account {
            if let Some(own) = self.except.get(&account) {
                sources = self.some.without(own).or(&self.homeless);
            }
            self.only.get(&account).into_iter().for_each(|it| sources.add(it));
        }
        sources
    }

    /// Several at once.
    fn together(all: &[Rc<Self>]) -> Self {
        let mut found = Self::default();
        let mut whole = Bits::default();
        for one in all {
            found.homeless.add(&one.homeless);
            found.again.add(&one.again);
            for (account, sources) in &one.except {
                found.except.entry(*account).or_default().add(sources);
            }
            for (account, sources) in &one.only {
                found.only.entry(*account).or_default().add(sources);
            }
        }
        // Whoever leaves out one account here and another one there leaves out none.
        for sources in found.except.values() {
            whole.add(&found.some.and(sources));
            found.some.add(sources);
        }
        found.homeless.add(&whole);
        found
    }
}

/// Who comes to the members of a set of roles with the next hop.
#[derive(Debug, Default)]
struct Coming {
    all: Bits,
    across: Vec<Rc<Leaving>>,
}

/// From how many sets at once a set of roles is come to, before that is put together for all its
/// members.
const APART: usize = 4;

/// The search.
pub(super) struct Spread<'g> {
    graph: &'g Graph,
    /// By vertex, its place in the list, from 1.
    places: Vec<u32>,
    seen: Vec<Seen>,
    /// In the order of hops.
    pub(super) arrivals: Vec<Arrival>,
    pub(super) callers: Map<(NodeIndex, Mix), Callers>,
    /// Who came to all members of a set of roles.
    whole: Map<(NodeIndex, Mix), Bits>,
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
        let mut steps: Vec<(Mix, NodeIndex, usize)> = Vec::new();
        for (number, first) in firsts.enumerate() {
            steps.extend(first.iter().map(|(vertex, mix)| (*mix, *vertex, number)));
        }
        steps.sort_unstable();
        for (mix, vertex, number) in steps {
            self.come(vertex, mix, 1, Bits::one(number));
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

    fn come(&mut self, vertex: NodeIndex, mix: Mix, hops: u8, sources: Bits) {
        let Some(place) = self.places.get_mut(vertex.index()) else { return };
        if *place == 0 {
            self.seen.push(Seen::default());
            *place = u32::try_from(self.seen.len()).unwrap_or_default();
        }
        let Some(seen) = (*place as usize).checked_sub(1).and_then(|at| self.seen.get_mut(at))
        else {
            return;
        };
        let sources = sources.without(&seen.past(mix));
        if sources.is_empty() {
            return;
        }
        seen.add(mix, &sources);
        self.arrivals.push(Arrival { vertex, mix, hops, sources });
    }

    /// From vertices to the sets of callers that they belong to; those where somebody is new.
    fn leave(&mut self, arrivals: std::ops::Range<usize>) -> Vec<(Mix, NodeIndex)> {
        let mut touched = Vec::new();
        for Arrival { vertex, mix, hops, sources } in
            self.arrivals.get(arrivals).into_iter().flatten().copied()
        {
            let account = self.graph.account(vertex);
            for set in self.graph.sets(vertex, Outgoing) {
                let through = Through { vertex, account, hops, sources, before: None };
                if self.callers.entry((set, mix)).or_default().come(through) {
                    touched.push((mix, set));
                }
            }
        }
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    /// Over the edges between sets.
    fn cross(&mut self, touched: &[(Mix, NodeIndex)], hops: u8) -> Vec<((Mix, NodeIndex), Coming)> {
        let mut coming: Map<(Mix, NodeIndex), Coming> = Map::default();
        for (mix, set) in touched {
            let Some(callers) = self.callers.get(&(*set, *mix)) else { continue };
            let leaving = Rc::new(Leaving::of(callers, hops));
            for across in self.graph.flat.bundles(*set, Outgoing) {
                let bundle = across.bundle;
                let Some(one) = Mix::of(bundle.assume.verdict) else { continue };
                if is_open(bundle) {
                    self.open.add(&leaving.new);
                    continue;
                }
                let to = (mix.and(one), across.other);
                let whole = self.whole.get(&(to.1, to.0)).copied().unwrap_or_default();
                if bundle.across {
                    let left = leaving.new.or(&leaving.again).without(&whole);
                    if !left.is_empty() {
                        coming.entry(to).or_default().across.push(Rc::clone(&leaving));
                    }
                } else {
                    let left = leaving.new.without(&whole);
                    if !left.is_empty() {
                        coming.entry(to).or_default().all.add(&left);
                    }
                }
            }
        }
        let mut coming: Vec<_> = coming.into_iter().collect();
        // The better mixes first, so that what they make needless is not kept.
        coming.sort_unstable_by_key(|(to, _)| *to);
        coming
    }

    /// To the members of sets of roles.
    fn arrive(&mut self, coming: Vec<((Mix, NodeIndex), Coming)>, hops: u8) {
        let graph = self.graph;
        for ((mix, set), Coming { mut all, mut across }) in coming {
            if across.len() > APART {
                across = vec![Rc::new(Leaving::together(&across))];
            }
            for one in &across {
                all.add(&one.homeless);
            }
            for vertex in graph.members(set, Outgoing) {
                let account = graph.account(vertex);
                let sources = across.iter().fold(all, |all, one| all.or(&one.across(account)));
                if !sources.is_empty() {
                    self.come(vertex, mix, hops, sources);
                }
            }
            let whole = self.whole.entry((set, mix)).or_default();
            whole.add(&all);
            // Those who left out the members of an account, and came to these by another.
            for one in &across {
                whole.add(&one.some.and(&one.again));
            }
        }
    }
}
