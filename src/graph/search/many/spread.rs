//! Where sources come, hop by hop.

use std::rc::Rc;

use petgraph::Direction::Outgoing;
use petgraph::graph::NodeIndex;

use crate::org::AccountKey;

use super::super::super::Graph;
use super::super::super::index::Map;
use super::super::ways::Mix;
use super::bits::Bits;
use super::sets::{SetId, Sets};
use super::states::{Arrival, State, StateId, States};

/// Who came to a set of callers, over which of its members.
#[derive(Debug, Default)]
pub(super) struct Callers {
    any: SetId,
    /// Those who came to members of several accounts.
    several: SetId,
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
    pub(super) sources: SetId,
    /// The account that they came to before.
    before: Option<AccountKey>,
}

impl Callers {
    /// Whether it is news for some source.
    fn come(&mut self, through: Through, sets: &mut Sets) -> bool {
        let Through { account, sources, .. } = through;
        let (sources, any, several) =
            (sets.get(sources), sets.get(self.any), sets.get(self.several));
        let again = sources.and(&any).without(&several);
        let new = sources.without(&any);
        if again.is_empty() && new.is_empty() {
            return false;
        }
        let mut more = several;
        if !again.is_empty() {
            for known in self.first.iter().filter(|known| known.account != account) {
                let sources = again.and(&sets.get(known.sources));
                if !sources.is_empty() {
                    more.add(&sources);
                    let sources = sets.number(&sources);
                    self.second.push(Through { sources, before: known.account, ..through });
                }
            }
        }
        if !new.is_empty() {
            if account.is_none() {
                more.add(&new);
            }
            self.any = sets.number(&any.or(&new));
            self.first.push(Through { sources: sets.number(&new), ..through });
        }
        if more != several {
            self.several = sets.number(&more);
        }
        true
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

/// Who leaves a set with the next hop, over members of which accounts: `None` before for those who
/// come to it for the first time.
type Out = (Option<AccountKey>, Option<AccountKey>, SetId);

impl Callers {
    /// Those who come to it with so many hops.
    fn out(&self, hops: u8, out: &mut Vec<Out>) {
        let first = self.first.iter().filter(|through| through.hops == hops);
        let second = self.second.iter().filter(|through| through.hops == hops);
        out.extend(first.map(|through| (None, through.account, through.sources)));
        out.extend(second.filter(|it| it.before.is_some()).map(|it| (it.before, None, it.sources)));
        out.sort_unstable();
    }
}

impl Leaving {
    fn of(out: &[Out], sets: &Sets) -> Self {
        let mut found = Self::default();
        for (before, account, sources) in out {
            let sources = sets.get(*sources);
            if let Some(before) = before {
                found.again.add(&sources);
                found.only.entry(*before).or_default().add(&sources);
                continue;
            }
            found.new.add(&sources);
            match account {
                None => found.homeless.add(&sources),
                Some(account) => {
                    found.some.add(&sources);
                    found.except.entry(*account).or_default().add(&sources);
                }
            }
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
    pub(super) sets: Sets,
    pub(super) states: States,
    /// How each vertex was come to.
    state_of: Vec<StateId>,
    /// Those that somebody came to.
    pub(super) vertices: Vec<NodeIndex>,
    /// With the last number of hops.
    news: Vec<(NodeIndex, Mix, SetId)>,
    pub(super) callers: Map<(NodeIndex, Mix), Callers>,
    /// Who came to all members of a set of roles.
    whole: Map<(NodeIndex, Mix), SetId>,
    /// Those for whom a hop depends on the session.
    pub(super) open: Bits,
}

impl<'g> Spread<'g> {
    /// One that has not begun. `mixed` says whether some hop may be unknown.
    pub(super) fn new(graph: &'g Graph, mixed: bool) -> Self {
        Self {
            graph,
            sets: Sets::new(),
            states: States::new(mixed),
            state_of: vec![StateId::NOBODY; graph.petgraph.node_count()],
            vertices: Vec::new(),
            news: Vec::new(),
            callers: Map::default(),
            whole: Map::default(),
            open: Bits::default(),
        }
    }

    /// How a vertex was come to.
    pub(super) fn state_of(&self, vertex: NodeIndex) -> StateId {
        self.state_of.get(vertex.index()).copied().unwrap_or_default()
    }

    /// How a vertex was come to; nothing where nobody came.
    pub(super) fn state(&self, vertex: NodeIndex) -> Option<&State> {
        self.states.get(self.state_of(vertex))
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
            let sources = self.sets.number(&Bits::one(number));
            self.come(vertex, Arrival { mix, hops: 1, sources });
        }
        for hops in 1..u8::try_from(max_hops).unwrap_or(u8::MAX) {
            let touched = self.leave(hops);
            let coming = self.cross(&touched, hops);
            self.arrive(coming, hops + 1);
        }
    }

    fn come(&mut self, vertex: NodeIndex, arrival: Arrival) {
        let Some(state) = self.state_of.get_mut(vertex.index()) else { return };
        let (next, news) = self.states.come(*state, arrival, &mut self.sets);
        if news == SetId::NONE {
            return;
        }
        if *state == StateId::NOBODY {
            self.vertices.push(vertex);
        }
        *state = next;
        self.news.push((vertex, arrival.mix, news));
    }

    /// From vertices to the sets of callers that they belong to; those where somebody is new.
    fn leave(&mut self, hops: u8) -> Vec<(Mix, NodeIndex)> {
        let mut touched = Vec::new();
        for (vertex, mix, sources) in std::mem::take(&mut self.news) {
            let account = self.graph.account(vertex);
            for set in self.graph.sets(vertex, Outgoing) {
                let through = Through { vertex, account, hops, sources, before: None };
                let callers = self.callers.entry((set, mix)).or_default();
                if callers.come(through, &mut self.sets) {
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
        // Most sets are left by the same over members of the same accounts.
        let mut known: Map<Vec<Out>, Rc<Leaving>> = Map::default();
        let mut out = Vec::new();
        for (mix, set) in touched {
            let Some(callers) = self.callers.get(&(*set, *mix)) else { continue };
            out.clear();
            callers.out(hops, &mut out);
            let leaving = if let Some(leaving) = known.get(&out) {
                Rc::clone(leaving)
            } else {
                let leaving = Rc::new(Leaving::of(&out, &self.sets));
                known.insert(out.clone(), Rc::clone(&leaving));
                leaving
            };
            for across in self.graph.flat.bundles(*set, Outgoing) {
                let bundle = across.bundle;
                let Some(one) = Mix::of(bundle.assume.verdict) else { continue };
                if bundle.is_open() {
                    self.open.add(&leaving.new);
                    continue;
                }
                let to = (mix.and(one), across.other);
                let whole = self.whole.get(&(to.1, to.0)).copied().unwrap_or_default();
                let whole = self.sets.get(whole);
                if bundle.across {
                    let left = leaving.new.or(&leaving.again).without(&whole);
                    if !left.is_empty() {
                        let across = &mut coming.entry(to).or_default().across;
                        if !across.iter().rev().take(APART).any(|known| Rc::ptr_eq(known, &leaving))
                        {
                            across.push(Rc::clone(&leaving));
                        }
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
            // Members of one account stand together.
            let mut last = None;
            for vertex in graph.members(set, Outgoing) {
                let account = graph.account(vertex);
                let known = last.filter(|(of, _)| across.is_empty() || *of == account);
                let sources = known.map_or_else(
                    || {
                        let come = across.iter().fold(all, |all, one| all.or(&one.across(account)));
                        self.sets.number(&come)
                    },
                    |(_, sources)| sources,
                );
                last = Some((account, sources));
                if sources != SetId::NONE {
                    self.come(vertex, Arrival { mix, hops, sources });
                }
            }
            let whole = self.whole.entry((set, mix)).or_default();
            let mut more = self.sets.get(*whole).or(&all);
            // Those who left out the members of an account, and came to these by another.
            for one in &across {
                more.add(&one.some.and(&one.again));
            }
            *whole = self.sets.number(&more);
        }
    }
}
