//! Ways over hops whose verdict depends on what the hops before them left in the session.
//!
//! What a session holds may be asked for again at every later hop, so such a way is decided as a
//! whole, once for all ways over the same kinds of hops. These are searched together: a [`Group`] is
//! where all of them with so many hops end.

mod came;
mod groups;
mod kinds;
mod passing;

use std::ops::ControlFlow;

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::graph::NodeIndex;

use crate::evaluation::{Lineage, Scenario, Verdict};
use crate::org::AccountKey;

use super::super::flat::Across;
use super::super::index::{Map, Set};
use super::super::{Graph, by_halves};
use super::calls;
use super::circles;
use super::desk::Before;
use super::walk::{Left, Passed, Start, Step};
use super::ways::{Mix, Rank, StepId, Ways};

use came::Came;
use groups::{From, Group, Member, Next, Tail};
pub(in crate::graph) use kinds::Decided;
pub use kinds::Memo;
pub(super) use kinds::kind;
use kinds::{Kinds, Lists, NOTHING_LEFT, before_target, hands_on};
use passing::Passes;
pub(in crate::graph) use passing::Passing;

/// How many ways to one vertex are decided before the search gives up on a better one (rule C3).
const TRIES: u16 = 512;
/// How many partial ways one search may hold.
const FRONTIER: usize = 1_000_000;
/// How many kinds of ways one search decides.
const DECIDED: usize = 200_000;
/// From how many partial ways on a search no longer looks for what could only turn a conditional
/// way into a sure one (rule C3).
const BUSY: usize = 2_000;

/// The verdict of a walk as a whole, and whether later hops are free.
pub(super) fn verdict(start: &Start<'_>, walk: &[NodeIndex]) -> (Verdict, bool) {
    calls::verdict(start.graph, &start.nodes(walk, None))
}

/// There are more partial ways than are held.
type Full = ControlFlow<()>;

/// Such a search.
pub(super) struct Search<'s, 'g> {
    start: &'s Start<'g>,
    max_hops: usize,
    lists: Lists<'s>,
    /// Where it has come to with as many hops as it has gone.
    groups: Vec<Group>,
    /// From which sets ways went on, by the kinds of the hops so far.
    passed: Map<Kinds, Passed>,
    /// Where such a way had been before, so that others have yet to come there for the first time.
    owed: Map<(Kinds, NodeIndex), Vec<Step>>,
    /// Ways that came to a vertex again, by kinds.
    again: Set<(Kinds, NodeIndex)>,
    /// Where ways ended over any number of hops that stand for each other, by kinds. Other lists tell
    /// each hop, so no vertex is come to twice over one.
    came: Map<Kinds, Came>,
    held: usize,
    decided: usize,
    next: Next,
    /// Whether something is stated of all calls.
    is_stated: bool,
    /// Whether something was left out.
    pub(super) truncated: bool,
}

impl<'s, 'g> Search<'s, 'g> {
    /// One that has not begun.
    pub(super) fn new(start: &'s Start<'g>, max_hops: usize, memo: &'s mut Memo) -> Self {
        Self {
            start,
            max_hops,
            lists: memo.of(start),
            groups: Vec::new(),
            passed: Map::default(),
            owed: Map::default(),
            again: Set::default(),
            came: Map::default(),
            held: 0,
            decided: 0,
            next: Next::default(),
            is_stated: *start.graph.scenario() != Scenario { of_all: true, ..Scenario::default() },
            truncated: false,
        }
    }

    /// Comes to what it takes so many hops to, one more than before. Ways that do not depend on the
    /// session were told that far.
    pub(super) fn go_on(&mut self, ways: &mut Ways<'g>, hops: usize) {
        let groups = std::mem::take(&mut self.groups);
        let full = if hops == 1 {
            self.begin(ways).is_break()
        } else {
            groups.iter().any(|group| self.expand(ways, group, hops).is_break())
        };
        let groups = self.settle(ways, hops);
        self.truncated |= full;
        if !full {
            self.groups = groups;
        }
    }

    /// Takes the first steps.
    fn begin(&mut self, ways: &mut Ways<'g>) -> Full {
        // Where no such hop is near, nothing has to be looked at.
        let near = |vertex: NodeIndex| self.to_session(vertex) <= self.max_hops;
        let none = self.start.vertex.is_some_and(|vertex| !near(vertex));
        if none && self.start.outside().is_empty() {
            return Full::Continue(());
        }
        let start = self.start;
        let group = Group::begin(self.lists.none());
        let from = From { group: &group, last: None, walk: &[], twice: false, hops: 1 };
        start.outside().iter().try_for_each(|step| self.take(ways, &from, step))?;
        start.first_edges().try_for_each(|edge| self.cross(ways, &from, edge, Left::All))
    }

    /// Takes the steps that may be of use after the ways of a group.
    fn expand(&mut self, ways: &mut Ways<'g>, group: &Group, hops: usize) -> Full {
        let Start { graph, direction, .. } = *self.start;
        let mut walk = Vec::new();
        for member in &group.members {
            walk.clear();
            walk.extend(ways.back(Some(member.last)));
            let Member { twice, last, .. } = *member;
            let from = From { group, last: Some(last), walk: &walk, twice, hops };
            // Where no hop is near that looks at the session, there is nothing to decide.
            let decides = group.open && (twice || !group.free);
            if !decides && self.to_session(member.vertex) > self.max_hops + 1 - hops {
                continue;
            }
            let account = graph.account(member.vertex);
            for set in graph.sets(member.vertex, direction) {
                let passed = self.passed.entry(group.kinds).or_default();
                let Some(left) = passed.pass(set, account) else {
                    self.pay(ways, &from, set)?;
                    continue;
                };
                for across in graph.flat.bundles(set, direction) {
                    self.cross(ways, &from, (set, across), left)?;
                }
            }
        }
        Full::Continue(())
    }

    /// Takes the steps over one edge.
    fn cross(
        &mut self,
        ways: &mut Ways<'g>,
        from: &From<'_>,
        (set, across): (NodeIndex, &Across),
        meant: Left,
    ) -> Full {
        let Start { graph, direction, .. } = *self.start;
        let (bundle, edge) = (across.bundle, Some((across.edge, set)));
        if bundle.assume.verdict == Verdict::Denied {
            return Full::Continue(());
        }
        let left = self.max_hops.saturating_sub(from.hops);
        let decides = from.decides(bundle);
        if !decides && (left == 0 || self.to_session(across.other) > left) {
            return Full::Continue(());
        }
        let near = if decides { None } else { graph.within_session(left, direction) };
        let account = self.account_of(from);
        for to in graph.flat.all_of(across.other, direction).within(near) {
            let all = meant == Left::All && !bundle.across;
            if all || meant.means(graph, bundle.across, account, to) {
                self.take(ways, from, &Step { to, bundle, edge })?;
            }
        }
        Full::Continue(())
    }

    /// Takes those steps from a set that the ways which went on from it could not take for the first
    /// time.
    fn pay(&mut self, ways: &mut Ways<'g>, from: &From<'_>, set: NodeIndex) -> Full {
        let Some(owed) = self.owed.remove(&(from.group.kinds, set)) else {
            return Full::Continue(());
        };
        let graph = self.start.graph;
        let account = self.account_of(from);
        let mut rest = Vec::new();
        for step in owed {
            let across = step.bundle.across;
            if Left::All.means(graph, across, account, step.to) {
                // It is owed again where this one was there too.
                self.take(ways, from, &step)?;
            } else {
                rest.push(step);
            }
        }
        if !rest.is_empty() {
            self.owed.entry((from.group.kinds, set)).or_default().append(&mut rest);
        }
        Full::Continue(())
    }

    /// The account that a hop leaves.
    fn account_of(&self, from: &From<'_>) -> Option<AccountKey> {
        match from.walk.first() {
            Some(last) => self.start.graph.account(*last),
            None => self.start.account(),
        }
    }

    /// Takes a step, where that can be of use.
    fn take(&mut self, ways: &mut Ways<'g>, from: &From<'_>, step: &Step) -> Full {
        let Some(left) = self.max_hops.checked_sub(from.hops) else {
            return Full::Continue(());
        };
        let open = from.group.open || step.bundle.is_open();
        let offered = from.decides(step.bundle);
        if !offered && self.to_session(step.to) > left || self.start.leaves_out(step.to, from.hops)
        {
            return Full::Continue(());
        }
        let visits = from.walk.iter().filter(|known| **known == step.to).count();
        let again = visits > 0;
        if let (true, Some((_, set))) = (again, step.edge) {
            let owed = self.owed.entry((from.group.kinds, set)).or_default();
            if !owed.iter().any(|it| it.to == step.to && it.edge == step.edge) {
                owed.push(*step);
            }
        }
        // A role can assume itself to be tagged, so its session may hold something else then. More
        // often than once that leads nowhere.
        if visits > 1 || again && !self.start.carries(step.to) {
            return Full::Continue(());
        }
        let Some(place) = self.group_of(from, step, open) else { return Full::Continue(()) };
        let kinds = self.next.groups.get(place).map_or(Kinds::NONE, |group| group.kinds);
        // A shorter way over the same kinds of hops was there before.
        let new = if again {
            self.again.insert((kinds, step.to))
        } else {
            let bound = self.graph().petgraph.node_count();
            let came = self.came.get_mut(&kinds);
            came.is_none_or(|came| came.insert(step.to, bound))
        };
        if !new {
            return Full::Continue(());
        }
        if self.held > FRONTIER {
            return Full::Break(());
        }
        self.held += 1;
        if offered {
            if self.is_useless(ways, step.to, from.hops) {
                return Full::Continue(());
            }
            if ways.try_one(step.to) > TRIES {
                self.truncated = true;
                return Full::Continue(());
            }
        }
        let last = ways.step(step.to, from.last);
        let twice = from.twice || again && visits >= self.graph().count_at(step.to);
        if let Some(group) = self.next.groups.get_mut(place) {
            group.members.push(Member { vertex: step.to, last, again, twice, offered });
        }
        Full::Continue(())
    }

    /// Whether a way that is known and does not depend on the session stands for one that does. It
    /// has to be as good, and no hop beyond may depend on the session either: what this one hands on,
    /// or lets pass, is then of no use.
    fn is_useless(&self, ways: &Ways<'g>, vertex: NodeIndex, hops: usize) -> bool {
        let bound = if self.held > BUSY { Verdict::Conditional } else { Verdict::Allowed };
        let stands = |way: Rank| !way.open && way.verdict <= bound && usize::from(way.hops) <= hops;
        let goes_on = self.to_session(vertex) <= self.max_hops - hops;
        !goes_on
            && ways.best(vertex).is_some_and(stands)
            // Over an unknown hop a conditional way comes to something else than a sure one.
            && (hops == self.max_hops || ways.has_conditional_beside(vertex))
    }

    /// Whether some way leaves later hops free. Towards the target, what comes before leaves the session
    /// that a hop looks at. What is stated of all calls may be what they pass.
    fn may_be_free(&self) -> bool {
        self.start.direction == Outgoing && !self.is_stated
    }

    /// The place of the group that a step leads to.
    fn group_of(&mut self, from: &From<'_>, step: &Step, open: bool) -> Option<usize> {
        let Group { kinds, .. } = *from.group;
        // Whether no role on the way from the source holds anything that a later hop may look at.
        let nothing = !open
            && self.start.direction == Outgoing
            && (kinds == Kinds::NONE || kinds.are_common())
            && !self.start.carries(step.to);
        let ends = self.ends_with(from, step);
        let key = (kinds, kind(step), nothing, ends);
        if let Some((_, place)) = self.next.last.filter(|(last, _)| *last == key) {
            return Some(place);
        }
        let mix = from.group.mix.and(Mix::of(step.bundle.assume.verdict)?);
        let mut passes = None;
        if self.start.direction == Incoming && !open {
            let last = from.walk.first().copied();
            let before = from.group.passes;
            passes = before.and_then(|before| Some(before.and(self.passes(last, step)?)));
        }
        let first = match passes {
            Some(passes) => Some(before_target(passes, mix)),
            None => nothing.then_some(NOTHING_LEFT + mix as u32),
        };
        let mut tail = None;
        if ends {
            let last = self.passes(from.walk.first().copied(), step);
            let before = from.group.tail;
            tail = last.map(|last| Tail { passes: before.passes.and(last), ..before });
        }
        let handing = self.handing(step);
        let (kinds, decided_as) = if let Some(first) = first {
            let kinds = self.lists.with(Kinds::NONE, first);
            let none = self.lists.none();
            (kinds, if nothing { kinds } else { self.lists.with(none, first) })
        } else if let Some(Tail { kinds, decided_as, passes }) = tail {
            let last = before_target(passes, mix);
            (self.lists.with(kinds, last), self.lists.with(decided_as, last))
        } else {
            let decides = handing.or_else(|| self.holding(from, step)).unwrap_or(key.1);
            let kind = handing.unwrap_or(key.1);
            (self.lists.with(kinds, kind), self.lists.with(from.group.decided_as, decides))
        };
        if passes.is_some() || nothing || tail.is_some() || handing.is_some() {
            self.came.entry(kinds).or_default();
        }
        let Next { groups, places, last } = &mut self.next;
        let place = *places.entry(kinds).or_insert_with(|| {
            let members = Vec::new();
            let tail = tail.unwrap_or(Tail { kinds, decided_as, passes: Passes::ALL });
            groups.push(Group { kinds, decided_as, mix, open, passes, tail, free: true, members });
            groups.len() - 1
        });
        *last = Some((key, place));
        Some(place)
    }

    /// Whether a step from the source leads to where no later hop looks at the session, and does not do
    /// so itself after one that did: what it makes of the ways before is then only what it lets pass.
    fn ends_with(&self, from: &From<'_>, step: &Step) -> bool {
        let plain = from.group.open && step.bundle.holds() && !self.is_stated;
        let left = self.max_hops.saturating_sub(from.hops);
        plain && self.start.direction == Outgoing && self.to_session(step.to) > left
    }

    /// The kind of a hop of a service that hands on the same whatever role it is for.
    fn handing(&self, step: &Step) -> Option<u32> {
        if !step.bundle.hands_on || step.bundle.session || self.is_stated {
            return None;
        }
        let service = match self.start.direction {
            Outgoing => self.start.node.service(),
            Incoming => self.start.first_at(step.to)?.service(),
        };
        Some(hands_on(service, Mix::of(step.bundle.assume.verdict)?))
    }

    /// The kind that decides for a hop whose verdict holds on every path.
    fn holding(&mut self, from: &From<'_>, step: &Step) -> Option<u32> {
        // What is stated of all calls may be what they pass.
        if self.is_stated || !step.bundle.holds() {
            return None;
        }
        let graph = self.graph();
        let last = from.walk.first().copied();
        let passes = self.passes(last, step)?;
        let mix = Mix::of(step.bundle.assume.verdict)?;
        // Towards the target any hop may be the first one so far.
        let (first, to) = match self.start.direction {
            Outgoing => (self.start.node.clone(), graph.account(step.to)),
            Incoming => {
                let to = last.and_then(|last| graph.account(last));
                (self.start.first_at(step.to)?, to.or_else(|| self.start.account()))
            }
        };
        let ways = first.ways(graph, to?);
        let mut beginnings = ways.iter().map(|way| Lineage::of(&way.caller));
        let begins = beginnings.next()?;
        if beginnings.any(|other| other != begins) {
            return None;
        }
        self.lists.holding(mix, passes, &begins)
    }

    /// Decides the ways of the next groups and keeps those that lead somewhere; the groups that go
    /// on.
    fn settle(&mut self, ways: &mut Ways<'g>, hops: usize) -> Vec<Group> {
        let mut groups = std::mem::take(&mut self.next).groups;
        groups.retain(|group| !group.members.is_empty());
        self.decide(ways, &groups);
        let mut going_on = Vec::new();
        for mut group in groups {
            if group.members.iter().any(|member| member.offered) {
                // More than are decided are left out.
                let Some((verdict, free)) = self.lists.verdict(group.decided_as) else {
                    self.truncated = true;
                    continue;
                };
                group.free = free && self.may_be_free();
                // Where the hops exclude each other, a longer way over them does so too.
                if verdict == Verdict::Denied {
                    continue;
                }
                for member in group.members.iter().filter(|member| member.offered) {
                    self.offer(ways, &group, member, (verdict, hops));
                }
            }
            if hops < self.max_hops {
                going_on.push(group);
            }
        }
        going_on
    }

    /// Decides the ways of groups of which it is not known yet, by one of each.
    fn decide(&mut self, ways: &Ways<'g>, groups: &[Group]) {
        let mut walks: Vec<(Kinds, Vec<NodeIndex>)> = Vec::new();
        let mut asked: Set<Kinds> = Set::default();
        for group in groups {
            let Some(first) = group.members.iter().find(|member| member.offered) else { continue };
            let kinds = group.decided_as;
            if self.lists.verdict(kinds).is_none() && asked.insert(kinds) {
                let mut walk: Vec<NodeIndex> = ways.back(Some(first.last)).collect();
                walk.reverse();
                walks.push((kinds, walk));
            }
        }
        walks.truncate(DECIDED.saturating_sub(self.decided));
        self.decided += walks.len();
        let start = self.start;
        let decided = by_halves(&walks, |part| {
            part.iter().map(|(kinds, walk)| (*kinds, verdict(start, walk))).collect()
        });
        for (kinds, verdict) in decided {
            self.lists.tell(kinds, verdict);
        }
    }

    /// Keeps a way as one to the vertex where it ends, where it is better than what is known.
    fn offer(
        &self,
        ways: &mut Ways<'g>,
        group: &Group,
        member: &Member,
        (verdict, hops): (Verdict, usize),
    ) {
        let Member { vertex, last, again, twice, .. } = *member;
        // To hold a role nobody has to come to it twice; on the way to another one may have to.
        if again && self.graph().count_at(vertex) < 2 {
            return;
        }
        if group.free && !twice {
            // Where some hop is unknown, a way that seems conditional may be so in a circle alone.
            let both = matches!(group.mix, Mix::Both | Mix::Unknown);
            let mix = match Mix::of(verdict) {
                Some(Mix::Conditional) if both => Mix::Both,
                Some(mix) => mix,
                None => return,
            };
            let nodes = || self.start.weight_of_others(vertex).nodes as usize;
            ways.come(vertex, nodes, mix, hops, Before::Step(last));
        } else {
            let rank = Rank::open(verdict, hops);
            let is_better = || ways.best(vertex).is_none_or(|known| rank < known);
            if !twice || is_better() && self.serves(ways, last) {
                ways.offer(vertex, rank, last);
            }
        }
    }

    /// Whether no walk gets there that leaves out circles of this one.
    fn serves(&self, ways: &Ways<'g>, last: StepId) -> bool {
        let mut walk: Vec<NodeIndex> = ways.back(Some(last)).collect();
        walk.reverse();
        let same = |one: usize, other: usize| {
            let is_one = |vertex: &NodeIndex| self.graph().count_at(*vertex) == 1;
            walk.get(one) == walk.get(other) && walk.get(one).is_some_and(is_one)
        };
        circles::is_of_use(walk.len(), same, |places| {
            let left: Vec<NodeIndex> =
                places.iter().filter_map(|at| walk.get(*at).copied()).collect();
            verdict(self.start, &left).0 == Verdict::Denied
        })
    }

    /// What a hop between the last vertex, or the node that the search begins with, and the next one
    /// lets pass.
    fn passes(&self, last: Option<NodeIndex>, step: &Step) -> Option<Passes> {
        let (edge, _) = step.edge?;
        let graph = self.graph();
        graph.passing.of(edge, || {
            let next = self.start.first_at(step.to)?;
            let last = match last {
                Some(vertex) => self.start.first_at(vertex)?,
                None => self.start.node.clone(),
            };
            match self.start.direction {
                Outgoing => Passes::of(graph, &last, &next),
                Incoming => Passes::of(graph, &next, &last),
            }
        })
    }

    fn to_session(&self, vertex: NodeIndex) -> usize {
        self.graph().to_session(vertex, self.start.direction)
    }

    fn graph(&self) -> &'g Graph {
        self.start.graph
    }
}
