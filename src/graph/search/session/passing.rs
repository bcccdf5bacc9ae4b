//! What hops let pass of what earlier ones handed on.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::evaluation::Action;

use super::super::super::{Graph, Node};

/// Whether hops let pass what earlier ones handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Passes {
    pub(super) tags: bool,
    pub(super) source_identity: bool,
}

impl Passes {
    /// Before any hop.
    pub(super) const ALL: Self = Self { tags: true, source_identity: true };

    /// Whether both let something pass.
    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            tags: self.tags && other.tags,
            source_identity: self.source_identity && other.source_identity,
        }
    }

    /// What a hop lets pass where it succeeds; `None` where that depends.
    pub(super) fn of(graph: &Graph, caller: &Node, target: &Node) -> Option<Self> {
        let target = target.target()?;
        let ways = caller.ways(graph, target.account(graph.facts()));
        let lets = |action| {
            let mut found = ways.iter().map(|way| graph.under().rides_along(way, &target, action));
            let first = found.next()??;
            found.all(|other| other == Some(first)).then_some(first)
        };
        let tags = lets(Action::TagSession)?;
        Some(Self { tags, source_identity: lets(Action::SetSourceIdentity)? })
    }

    /// In a number below four.
    pub(super) fn number(self) -> u8 {
        u8::from(self.tags) * 2 + u8::from(self.source_identity)
    }

    fn numbered(number: u8) -> Self {
        Self { tags: number & 2 != 0, source_identity: number & 1 != 0 }
    }
}

/// What the hops of each edge between sets let pass, as far as it was asked for.
#[derive(Debug, Default)]
pub(in crate::graph) struct Passing(Box<[AtomicU8]>);

impl Passing {
    /// Of an edge of which nothing is known, and of one where it depends.
    const UNKNOWN: u8 = 0;
    const DEPENDS: u8 = 1;
    /// What is added to what is known.
    const KNOWN: u8 = 2;

    /// Nothing yet, of so many edges.
    pub(in crate::graph) fn of_edges(count: usize) -> Self {
        Self((0..count).map(|_| AtomicU8::new(Self::UNKNOWN)).collect())
    }

    /// What the hops of an edge let pass: all the same.
    pub(super) fn of(&self, edge: u32, find: impl FnOnce() -> Option<Passes>) -> Option<Passes> {
        let place = self.0.get(edge as usize)?;
        // Whoever finds it finds the same, so that two may.
        match place.load(Ordering::Relaxed) {
            Self::UNKNOWN => {
                let found = find();
                let known = found.map_or(Self::DEPENDS, |found| Self::KNOWN + found.number());
                place.store(known, Ordering::Relaxed);
                found
            }
            Self::DEPENDS => None,
            known => Some(Passes::numbered(known - Self::KNOWN)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_edge_lets_pass_is_found_once() {
        let all = [(false, false), (false, true), (true, false), (true, true)];
        let all = all.map(|(tags, source_identity)| Some(Passes { tags, source_identity }));
        let passing = Passing::of_edges(5);
        for (edge, found) in (0..).zip(all.into_iter().chain([None])) {
            assert_eq!(passing.of(edge, || found), found);
            assert_eq!(passing.of(edge, || unreachable!("it is known")), found);
        }
        assert_eq!(passing.of(5, || all[0]), None, "there is no such edge");
    }
}
