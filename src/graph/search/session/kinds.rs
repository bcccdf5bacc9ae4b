//! What tells ways apart: lists of the kinds of their hops. Ways over hops of the same kinds have the
//! same verdict.

use std::sync::{Mutex, MutexGuard, PoisonError};

use petgraph::Direction::{self, Incoming, Outgoing};

use crate::evaluation::{Lineage, Service, Verdict};

use super::super::super::Node;
use super::super::super::index::Map;
use super::super::walk::{Start, Step};
use super::super::ways::Mix;
use super::passing::Passes;

/// Stands for any number of hops that leave nothing in the session; the mix of their verdicts is
/// added.
pub(super) const NOTHING_LEFT: u32 = u32::MAX - 8;
/// Stands for any number of hops towards the target, the last ones of a way; added are the mix of the
/// verdicts and whether they let tags and a source identity pass.
pub(super) const BEFORE_TARGET: u32 = u32::MAX - 32;

/// Stands for any hop whose verdict holds on every path; added are that verdict, whether it lets tags
/// and a source identity pass, and what the path may begin with. Who takes it, and where, makes no
/// difference to the hops behind.
const HOLDS: u32 = BEFORE_TARGET - 16 * BEGINNINGS;
/// How many beginnings of paths are told apart.
const BEGINNINGS: u32 = 64;

/// Stands for any hop of a service that hands on the same whatever role it is for; added are the
/// service and the verdict.
const HANDS_ON: u32 = HOLDS - 16;

/// The kind of such a hop.
pub(super) fn hands_on(service: Service, mix: Mix) -> u32 {
    HANDS_ON + 4 * (service as u32) + mix as u32
}

/// The kind of any number of hops towards the target that let this pass.
pub(super) fn before_target(passes: Passes, mix: Mix) -> u32 {
    BEFORE_TARGET + code(passes, mix)
}

/// A number below 16.
fn code(passes: Passes, mix: Mix) -> u32 {
    4 * (mix as u32) + u32::from(passes.number())
}

/// Numbers of edges are below this, those that tell vertices are above.
const EDGES: u32 = 1 << 31;

/// What tells the kind of a hop: the edge between two sets, or else where it leads.
pub(in super::super) fn kind(step: &Step) -> u32 {
    step.edge.map_or_else(
        || u32::try_from(step.to.index()).map_or(HANDS_ON, |to| HANDS_ON - 1 - to),
        |(edge, _)| edge,
    )
}

/// Whether a kind is of hops between two sets, or stands for hops that hold, whoever takes them.
fn is_anyones(kind: u32) -> bool {
    kind < EDGES || (HANDS_ON..NOTHING_LEFT).contains(&kind)
}

/// A list of kinds of hops, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Kinds(u32);

impl Kinds {
    pub(super) const NONE: Self = Self(0);
    /// Of lists that begin with [`NOTHING_LEFT`].
    const COMMON: u32 = 1 << 31;
    /// Of lists that all searches of a graph share.
    const SHARED: u32 = 1 << 30;

    /// Whether ways over them have the same verdict whoever begins them with a token of one issuer:
    /// of the hops before nothing is left but that it was one.
    pub(super) fn are_common(self) -> bool {
        self.0 & Self::COMMON != 0
    }

    /// Before any hop, in a list that all searches in a direction share.
    fn none_of(direction: Direction) -> Self {
        Self(Self::SHARED | u32::from(direction == Outgoing))
    }

    fn are_shared(self) -> bool {
        self.0 & Self::SHARED != 0
    }
}

/// What searches of a graph have decided of ways over hops between sets: whoever takes them, the
/// verdict is the same.
#[derive(Debug, Default)]
pub(in crate::graph) struct Decided {
    known: Mutex<Known>,
    /// What paths began with, by the number that it has in kinds.
    beginnings: Mutex<Vec<Lineage>>,
}

impl Decided {
    /// How many lists are kept. Numbers are given once, for searches that go on meanwhile.
    const KEPT: usize = 500_000;

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a beginning.
    fn beginning(&self, begins: &Lineage) -> usize {
        let mut known = self.beginnings.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().position(|it| it == begins).unwrap_or_else(|| {
            known.push(begins.clone());
            known.len() - 1
        })
    }

    /// A list with one more kind, if there is place for it.
    fn with(&self, kinds: Kinds, kind: u32) -> Option<Kinds> {
        let mut known = self.known();
        // The first two numbers are those of the empty lists.
        let next = u32::try_from(known.lists.len() + 2).ok()? | Kinds::SHARED;
        if known.lists.len() >= Self::KEPT {
            return known.lists.get(&(kinds, kind)).copied();
        }
        Some(*known.lists.entry((kinds, kind)).or_insert(Kinds(next)))
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
pub(super) struct Known {
    /// By a shorter list and what follows it.
    lists: Map<(Kinds, u32), Kinds>,
    /// With whether later hops are free.
    verdicts: Map<Kinds, (Verdict, bool)>,
}

/// What one search may use of what is known.
pub(super) struct Lists<'m> {
    /// Of ways of its source alone.
    own: &'m mut Known,
    /// Of ways after hops that leave nothing, which others may have come over too.
    common: &'m mut Known,
    /// Of ways that others may take too.
    decided: &'m Decided,
    /// What decides for ways before any hop.
    none: Kinds,
}

impl Lists<'_> {
    /// The list that decides for ways before any hop.
    pub(super) fn none(&self) -> Kinds {
        self.none
    }

    /// A list of kinds with one more.
    pub(super) fn with(&mut self, kinds: Kinds, kind: u32) -> Kinds {
        if kinds.are_shared()
            && is_anyones(kind)
            && let Some(shared) = self.decided.with(kinds, kind)
        {
            return shared;
        }
        let is_common = kinds.are_common() || (kinds == Kinds::NONE && kind >= NOTHING_LEFT);
        let (known, mark) =
            if is_common { (&mut *self.common, Kinds::COMMON) } else { (&mut *self.own, 0) };
        let next = u32::try_from(known.lists.len() + 1).unwrap_or(u32::MAX);
        *known.lists.entry((kinds, kind)).or_insert(Kinds(next | mark))
    }

    /// The kind of a hop whose verdict holds on every path, which lets this pass and which a path may
    /// begin with so; none where too many beginnings are known.
    pub(super) fn holding(&self, mix: Mix, passes: Passes, begins: &Lineage) -> Option<u32> {
        let place = u32::try_from(self.decided.beginning(begins)).ok();
        let place = place.filter(|place| *place < BEGINNINGS)?;
        Some(HOLDS + 16 * place + code(passes, mix))
    }

    /// The verdict of ways over them, if it was told, and whether later hops are free.
    pub(super) fn verdict(&self, kinds: Kinds) -> Option<(Verdict, bool)> {
        if kinds.are_shared() {
            return self.decided.known().verdicts.get(&kinds).copied();
        }
        let known = if kinds.are_common() { &self.common } else { &self.own };
        known.verdicts.get(&kinds).copied()
    }

    /// Notes the verdict of ways over them.
    pub(super) fn tell(&mut self, kinds: Kinds, verdict: (Verdict, bool)) {
        if kinds.are_shared() {
            self.decided.known().verdicts.insert(kinds, verdict);
            return;
        }
        let known = if kinds.are_common() { &mut *self.common } else { &mut *self.own };
        known.verdicts.insert(kinds, verdict);
    }
}

/// How many lists are remembered from one search to the next.
const REMEMBERED: usize = 500_000;

impl Memo {
    /// What a search may use that begins so: of its own, and of all that begin with such a token.
    pub(super) fn of<'m>(&'m mut self, start: &Start<'m>) -> Lists<'m> {
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
        // A user or a role makes the calls of its sets, and so does a provider. A workspace may ask for
        // another audience, and of a source that anybody can name hops may have no edge.
        let begins_alike = matches!(start.node, Node::User(_) | Node::Role(_) | Node::Saml(_));
        let is_shared = begins_alike || start.direction == Incoming;
        let none = if is_shared { Kinds::none_of(start.direction) } else { Kinds::NONE };
        Lists { own: &mut self.own, common, decided: &start.graph.decided, none }
    }
}

#[cfg(test)]
mod tests {
    use petgraph::graph::NodeIndex;

    use super::super::super::super::{Assume, Bundle};
    use super::*;
    use crate::evaluation::Action;

    #[test]
    fn lists_that_searches_share_have_one_number_as_long_as_there_is_place() {
        let decided = Decided::default();
        let [out, into] = [Outgoing, Incoming].map(Kinds::none_of);
        let first = decided.with(out, 7);
        // The same hops in the other direction are another way.
        assert!(decided.with(into, 7) != first && out != into);
        for kind in (0..).take(Decided::KEPT) {
            decided.with(out, kind);
        }
        assert_eq!(decided.with(out, u32::MAX), None);
        assert_eq!(decided.with(out, 7), first);
        assert!(first.is_some_and(|kinds| kinds.are_shared() && !kinds.are_common()));
    }

    #[test]
    fn kinds_of_hops_that_only_one_source_takes_are_not_shared() {
        let edge = |edge| Step { edge: Some((edge, NodeIndex::new(0))), ..step(0) };
        assert!(is_anyones(kind(&edge(0))) && is_anyones(kind(&edge(5_000_000))));
        assert!(!is_anyones(kind(&step(0))) && !is_anyones(kind(&step(5_000_000))));
        assert!(is_anyones(before_target(Passes::ALL, Mix::Unknown)) && is_anyones(HOLDS));
        assert!(!is_anyones(NOTHING_LEFT));
    }

    /// A hop that the graph has no edge for.
    fn step(to: usize) -> Step {
        let assume = Assume { action: Action::AssumeRole, verdict: Verdict::Allowed, named: true };
        let bundle = Bundle { assume, across: false, session: false, hands_on: false };
        Step { to: NodeIndex::new(to), bundle, edge: None }
    }
}
