//! Ways over hops whose verdict depends on what the hops before them left in the session.
//!
//! What a session holds may be asked for again at every later hop, so such a way is decided as a
//! whole, once for all ways over the same kinds of hops.

use std::collections::VecDeque;

use petgraph::Direction::{self, Incoming, Outgoing};
use petgraph::graph::NodeIndex;

use crate::evaluation::{Action, Verdict};

use super::super::index::{Map, Set};
use super::super::{Graph, Node};
use super::FAR;
use super::calls;
use super::walk::{Passed, Start, Step};
use super::ways::{Mix, Rank, StepId, Ways};

/// How many ways to one vertex are decided before the search gives up on a better one (rule C3).
const TRIES: usize = 48;
/// How many partial ways one search may hold.
const FRONTIER: usize = 200_000;
/// From how many partial ways on a search no longer looks for what could only turn a conditional
/// way into a sure one (rule C3).
const BUSY: usize = 2_000;
/// Stands for any number of hops that leave nothing in the session; the mix of their verdicts is
/// added.
const NOTHING_LEFT: u32 = u32::MAX - 8;
/// Stands for any number of hops towards the target; added are the mix of their verdicts and
/// whether they let tags and a source identity pass.
const BEFORE_TARGET: u32 = u32::MAX - 32;

/// A way that is not at its end.
#[derive(Debug, Clone, Copy)]
struct Partial {
    /// Its last step; none where it has not begun.
    last: Option<StepId>,
    hops: usize,
    /// What tells it from others of another verdict, or after which others follow.
    kinds: Kinds,
    /// Over its hops, as long as none of them depends on the session.
    mix: Mix,
    /// Whether one does.
    open: bool,
    /// Whether all hops towards the target let tags, and a source identity, pass that earlier ones
    /// handed on; none where that depends.
    passes: Option<Passes>,
}

/// A list of kinds of hops, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Kinds(u32);

impl Kinds {
    const NONE: Self = Self(0);
    /// Of lists that begin with [`NOTHING_LEFT`].
    const COMMON: u32 = 1 << 31;

    /// Whether ways over them have the same verdict whoever begins them with a token of one issuer:
    /// of the hops before nothing is left but that it was one.
    fn are_common(self) -> bool {
        self.0 & Self::COMMON != 0
    }

    /// One number for a way over them that ends at a vertex, for the first time or again.
    fn at(self, vertex: NodeIndex, again: bool) -> u64 {
        u64::from(self.0) << 32 | (vertex.index() as u64) << 1 | u64::from(again)
    }
}

/// What is known of ways after hops that leave nothing, for searches that follow each other.
#[derive(Debug, Default)]
pub struct Memo {
    /// By the issuer of the tokens that they begin with.
    by_issuer: Map<String, Known>,
    /// Of the last search, with what it began with.
    own: Known,
    last: Option<(Node, Direction)>,
    /// Of one that does not begin with a token.
    none: Known,
}

/// Lists of kinds and verdicts of ways over them.
#[derive(Debug, Default)]
struct Known {
    /// By a shorter list and what follows it.
    lists: Map<(Kinds, u32), Kinds>,
    verdicts: Map<Kinds, Verdict>,
}

/// How many lists are remembered from one search to the next.
const REMEMBERED: usize = 500_000;

impl Memo {
    /// What a search may use that begins so: of its own, and of all that begin with such a token.
    fn of(&mut self, start: &Start<'_>) -> (&mut Known, &mut Known) {
        let begins = Some((start.node.clone(), start.direction));
        if self.last != begins {
            (self.last, self.own) = (begins, Known::default());
        }
        let issuer = match &start.node {
            // To ask for another audience is no condition that is met or not, like others.
            Node::Workspace(number, _) if !start.may_ask_for_another_audience() => {
                start.graph.workspaces().get(*number).map(|it| &it.host)
            }
            Node::Subject(subject) => Some(&subject.issuer),
            _ => None,
        };
        let common = match issuer.filter(|_| start.direction == Outgoing) {
            Some(issuer) => self.by_issuer.entry(issuer.clone()).or_default(),
            None => {
                self.none = Known::default();
                &mut self.none
            }
        };
        for known in [&mut self.own, &mut *common] {
            if known.lists.len() > REMEMBERED {
                *known = Known::default();
            }
        }
        (&mut self.own, common)
    }
}

/// Whether hops let pass what earlier ones handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Passes {
    tags: bool,
    source_identity: bool,
}

/// The verdict of a walk as a whole.
pub(super) fn verdict(start: &Start<'_>, walk: &[NodeIndex]) -> Verdict {
    calls::verdict(start.graph, &start.nodes(walk, None))
}

/// What tells the kind of a hop: the edge between two sets, or else where it leads.
pub(super) fn kind(step: &Step) -> u32 {
    step.edge.map_or_else(
        || u32::try_from(step.to.index()).map_or(BEFORE_TARGET, |to| BEFORE_TARGET - 1 - to),
        |(edge, _)| edge,
    )
}

/// Adds what is reached better over such ways; whether something was left out.
pub(super) fn add<'g>(
    start: &Start<'g>,
    max_hops: usize,
    memo: &mut Memo,
    reached: &mut Ways<'g>,
) -> bool {
    let (own, common) = memo.of(start);
    let mut search = Search {
        start,
        max_hops,
        ways: reached,
        own,
        common,
        passed: Map::default(),
        passes: Map::default(),
        last_list: None,
        last_verdict: None,
    };
    let mut frontier = VecDeque::from([Partial {
        last: None,
        hops: 0,
        kinds: Kinds::NONE,
        mix: Mix::Allowed,
        open: false,
        passes: Some(Passes { tags: true, source_identity: true }),
    }]);
    let mut tries: Map<NodeIndex, usize> = Map::default();
    let mut alike: Set<u64> = Set::default();
    let (mut held, mut truncated) = (0, false);
    let mut steps: Vec<Step> = Vec::new();
    while let Some(partial) = frontier.pop_front() {
        search.steps(&partial, &mut steps);
        for step in &steps {
            let visits = search.visits(&partial, step.to);
            let again = visits > 0;
            if again {
                search.come_back(&partial, step);
            }
            let Some(next) = search.next(&partial, step, visits) else { continue };
            // A shorter way over the same kinds of hops was there before.
            if !alike.insert(next.kinds.at(step.to, again)) {
                continue;
            }
            if held > FRONTIER {
                return true;
            }
            held += 1;
            let step_to = |search: &mut Search<'_, '_>| {
                let last = Some(search.ways.step(step.to, partial.last));
                Partial { last, ..next }
            };
            if !next.open {
                let next = step_to(&mut search);
                frontier.push_back(next);
                continue;
            }
            // A way that is known and does not depend on the session stands for this one, if it is
            // as good and no hop beyond depends on the session either: what this one hands on, or
            // lets pass, is then of no use.
            let bound = if held > BUSY { Verdict::Conditional } else { Verdict::Allowed };
            let stands =
                |way: Rank| !way.open && way.verdict <= bound && usize::from(way.hops) <= next.hops;
            let goes_on = search.goes_on(step.to, next.hops);
            if !goes_on && search.ways.best(step.to).is_some_and(stands) {
                continue;
            }
            let count = tries.entry(step.to).or_default();
            *count += 1;
            if *count > TRIES {
                truncated = true;
                continue;
            }
            let next = step_to(&mut search);
            // Ways over hops of the same kinds have the same verdict.
            let verdict = search.verdict(&next);
            if verdict == Verdict::Denied {
                // The hops exclude each other; a longer way over them does so too.
                continue;
            }
            // To hold a role nobody has to come to it twice; on the way to another one may have to.
            if !(again && search.is_one(step.to)) {
                search.offer(step.to, verdict, &next);
            }
            if next.hops < max_hops {
                frontier.push_back(next);
            }
        }
    }
    truncated
}

/// The verdict of what a call needs beside its action where something was handed on to it.
fn passing(graph: &Graph, caller: &Node, target: &Node, action: Action) -> Verdict {
    let Some(target) = target.target() else { return Verdict::Denied };
    let ways = caller.ways(graph, target.account(graph.facts()));
    let verdicts = ways.iter().map(|way| graph.under().judge_way(way, &target, action));
    let verdicts: Vec<Verdict> = verdicts.collect();
    match verdicts.as_slice() {
        [first, rest @ ..] if rest.iter().all(|each| each == first) => *first,
        _ => Verdict::Unknown,
    }
}

struct Search<'s, 'g> {
    start: &'s Start<'g>,
    max_hops: usize,
    /// What is reached so far, with the steps of partial ways.
    ways: &'s mut Ways<'g>,
    /// What is known of ways of this source alone.
    own: &'s mut Known,
    /// What may be known from searches of others.
    common: &'s mut Known,
    /// Where edges between sets were already walked over, by the kinds of the hops so far.
    passed: Map<Kinds, Passed>,
    /// By edge between sets, what its hops let pass.
    passes: Map<u32, Option<Passes>>,
    /// The list that was made longer last, by what, and what came of it: steps over one edge follow
    /// each other.
    last_list: Option<((Kinds, u32), Kinds)>,
    /// The verdict that was told last.
    last_verdict: Option<(Kinds, Verdict)>,
}

impl Search<'_, '_> {
    /// The vertices of a way, the last one first.
    fn back(&self, partial: &Partial) -> impl Iterator<Item = NodeIndex> {
        self.ways.back(partial.last)
    }

    /// The vertices of a way after the beginning.
    fn walk(&self, partial: &Partial) -> Vec<NodeIndex> {
        let mut walk: Vec<NodeIndex> = self.back(partial).collect();
        walk.reverse();
        walk
    }

    /// How often a way comes to a vertex.
    fn visits(&self, partial: &Partial, vertex: NodeIndex) -> usize {
        self.back(partial).filter(|known| *known == vertex).count()
    }

    /// A list of kinds with one more.
    fn with(&mut self, kinds: Kinds, kind: u32) -> Kinds {
        if let Some((_, known)) = self.last_list.filter(|(last, _)| *last == (kinds, kind)) {
            return known;
        }
        let found = self.find_with(kinds, kind);
        self.last_list = Some(((kinds, kind), found));
        found
    }

    fn find_with(&mut self, kinds: Kinds, kind: u32) -> Kinds {
        let is_common = kinds.are_common() || (kinds == Kinds::NONE && kind >= NOTHING_LEFT);
        let (known, mark) =
            if is_common { (&mut *self.common, Kinds::COMMON) } else { (&mut *self.own, 0) };
        let next = u32::try_from(known.lists.len() + 1).unwrap_or(u32::MAX);
        *known.lists.entry((kinds, kind)).or_insert(Kinds(next | mark))
    }

    /// The verdict of a way, the same for all over hops of the same kinds.
    fn verdict(&mut self, partial: &Partial) -> Verdict {
        let kinds = partial.kinds;
        if let Some((_, known)) = self.last_verdict.filter(|(last, _)| *last == kinds) {
            return known;
        }
        let found = self.find_verdict(partial);
        self.last_verdict = Some((kinds, found));
        found
    }

    fn find_verdict(&mut self, partial: &Partial) -> Verdict {
        let kinds = partial.kinds;
        let known = if kinds.are_common() { &*self.common } else { &*self.own };
        if let Some(known) = known.verdicts.get(&kinds) {
            return *known;
        }
        let found = verdict(self.start, &self.walk(partial));
        let known = if kinds.are_common() { &mut *self.common } else { &mut *self.own };
        known.verdicts.insert(kinds, found);
        found
    }

    /// The steps that may be of use after a way.
    fn steps(&mut self, partial: &Partial, steps: &mut Vec<Step>) {
        steps.clear();
        let Some(last) = self.back(partial).next() else {
            // Where no such hop is near, nothing has to be looked at.
            let near = |vertex: NodeIndex| self.to_session(vertex) <= self.max_hops;
            let none = self.start.vertex.is_some_and(|vertex| !near(vertex));
            if !none || !self.start.outside().is_empty() {
                self.start.each_first(|step| {
                    if step.bundle.is_open() || self.to_session(step.to) < self.max_hops {
                        steps.push(step);
                    }
                });
            }
            return;
        };
        let left = self.max_hops - partial.hops;
        if !partial.open && self.to_session(last) > left {
            return;
        }
        let passed = self.passed.entry(partial.kinds).or_default();
        self.start.steps_beyond(last, passed, |step| steps.push(step));
    }

    /// Keeps a way as one to the vertex where it ends.
    fn offer(&mut self, vertex: NodeIndex, verdict: Verdict, partial: &Partial) {
        let Some(last) = partial.last else { return };
        // Whether it comes to a node twice need not be known where it is no better even if not.
        let best = self.ways.best(vertex);
        let rank = Rank::open(verdict, partial.hops, false);
        if best.is_none_or(|known| rank < known) {
            let twice = self.comes_twice(partial);
            self.ways.offer(vertex, Rank { twice, ..rank }, last);
        }
    }

    /// A way that comes to a vertex of its own must not keep others over the same kinds of hops from
    /// coming there for the first time.
    fn come_back(&mut self, partial: &Partial, step: &Step) {
        if let (Some((_, set)), Some(passed)) = (step.edge, self.passed.get_mut(&partial.kinds)) {
            passed.forget(set);
        }
    }

    /// The way with one more hop, where that can be of use; its last step has yet to be noted.
    /// `visits` tells how often it was there before.
    fn next(&mut self, partial: &Partial, step: &Step, visits: usize) -> Option<Partial> {
        let hops = partial.hops + 1;
        let left = self.max_hops.checked_sub(hops)?;
        let open = partial.open || step.bundle.is_open();
        if (!open && self.to_session(step.to) > left) || self.done_with(step.to, visits) {
            return None;
        }
        let mix = partial.mix.and(Mix::of(step.bundle.assume.verdict)?);
        let mut passes = None;
        if self.start.direction == Incoming && !open {
            let last = self.back(partial).next();
            passes = partial.passes.and_then(|before| {
                let here = self.passes(last, step)?;
                Some(Passes {
                    tags: before.tags && here.tags,
                    source_identity: before.source_identity && here.source_identity,
                })
            });
        }
        let kinds = if let Some(Passes { tags, source_identity }) = passes {
            let lets = u32::from(tags) * 2 + u32::from(source_identity);
            self.with(Kinds::NONE, BEFORE_TARGET + 4 * (mix as u32) + lets)
        } else if !open && self.leaves_nothing(partial, step.to) {
            self.with(Kinds::NONE, NOTHING_LEFT + mix as u32)
        } else {
            self.with(partial.kinds, kind(step))
        };
        Some(Partial { last: None, hops, kinds, mix, open, passes })
    }

    /// What a hop to the last vertex, or the node that the search begins with, lets pass.
    fn passes(&mut self, last: Option<NodeIndex>, step: &Step) -> Option<Passes> {
        let (edge, _) = step.edge?;
        if let Some(known) = self.passes.get(&edge) {
            return *known;
        }
        let graph = self.start.graph;
        let caller = graph.nodes_at(step.to).into_iter().next()?;
        let target = match last {
            Some(vertex) => graph.nodes_at(vertex).into_iter().next()?,
            None => self.start.node.clone(),
        };
        let lets = |action: Action| match passing(graph, &caller, &target, action) {
            Verdict::Allowed => Some(true),
            Verdict::Denied => Some(false),
            Verdict::Conditional | Verdict::Unknown => None,
        };
        let found = lets(Action::TagSession).zip(lets(Action::SetSourceIdentity));
        let found = found.map(|(tags, source_identity)| Passes { tags, source_identity });
        self.passes.insert(edge, found);
        found
    }

    /// Whether a hop beyond may depend on the session.
    fn goes_on(&self, vertex: NodeIndex, hops: usize) -> bool {
        self.to_session(vertex) <= self.max_hops - hops
    }

    fn to_session(&self, vertex: NodeIndex) -> usize {
        let list = usize::from(self.start.direction != Outgoing);
        let found = self.graph().to_session.get(list).and_then(|list| list.get(vertex.index()));
        found.copied().filter(|hops| *hops != FAR).map_or(usize::MAX, usize::from)
    }

    fn graph(&self) -> &Graph {
        self.start.graph
    }

    /// Whether a way that was at a vertex need not come there again. It may have to where the
    /// session then holds something else: a role can assume itself to be tagged. The node that
    /// the search begins with is none such: before the first hop a session may hold anything, and
    /// at the last it does not matter.
    fn done_with(&self, vertex: NodeIndex, visits: usize) -> bool {
        if self.start.stands_alone(vertex) {
            return true;
        }
        match visits {
            0 => false,
            1 => !self.start.carries(vertex),
            _ => true,
        }
    }

    /// Whether a vertex has but one node.
    fn is_one(&self, vertex: NodeIndex) -> bool {
        self.graph().count_at(vertex) < 2
    }

    fn comes_twice(&self, partial: &Partial) -> bool {
        let mut walk = self.back(partial);
        let mut at = partial.last;
        while let (Some(vertex), Some(step)) = (walk.next(), at) {
            at = self.ways.before(step);
            if self.is_one(vertex) && self.ways.back(at).any(|before| before == vertex) {
                return true;
            }
        }
        false
    }

    /// Whether no role on the way from the source holds anything that a later hop may look at.
    fn leaves_nothing(&self, partial: &Partial, to: NodeIndex) -> bool {
        let mut walk = std::iter::once(to).chain(self.back(partial));
        self.start.direction == Outgoing && !walk.any(|vertex| self.start.carries(vertex))
    }
}
