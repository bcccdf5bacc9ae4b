//! What a row comes to in one account.

use std::cmp::Ordering;

use crate::evaluation::{Privilege, Privileges, Verdict};
use crate::graph::search::Landing;

/// How many roles a cell names.
pub(super) const ROLES: usize = 3;

/// The best way of a row into an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Best {
    pub(super) verdict: Verdict,
    pub(super) hops: usize,
    /// The vertex that it leads to.
    pub(super) number: usize,
}

/// What a row comes to in one account.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Here {
    pub(super) best: Option<Best>,
    /// The first vertices by number, and how many nodes there are at all of them.
    first: [Option<usize>; ROLES],
    pub(super) nodes: usize,
    /// What somebody can do who holds the roles, and who surely holds those reached with the best
    /// verdict.
    most: Option<Privileges>,
    surely: Option<Privileges>,
}

impl Here {
    pub(super) fn add(&mut self, landing: &Landing) {
        self.nodes += landing.nodes;
        landing.first.into_iter().flatten().for_each(|number| self.name(number));
        let with = |known: Option<Privileges>| {
            [known, landing.privileges].into_iter().flatten().reduce(Privileges::or)
        };
        self.most = with(self.most);
        // Only a role that is reached with the best verdict proves anything.
        match self.best.map(|best| landing.verdict.cmp(&best.verdict)) {
            None | Some(Ordering::Less) => self.surely = landing.privileges,
            Some(Ordering::Equal) => self.surely = with(self.surely),
            Some(Ordering::Greater) => {}
        }
        let [number, ..] = landing.first;
        let best =
            number.map(|number| Best { verdict: landing.verdict, hops: landing.hops, number });
        self.best = [self.best, best].into_iter().flatten().min();
    }

    /// Keeps a vertex where it is among the first.
    fn name(&mut self, number: usize) {
        let mut number = Some(number);
        for known in &mut self.first {
            if known.is_none() || number.is_some() && *known > number {
                std::mem::swap(known, &mut number);
            }
        }
    }

    /// The first vertices, by number.
    pub(super) fn named(&self) -> [Option<usize>; ROLES] {
        self.first
    }

    pub(super) fn privileges(&self) -> Option<Privileges> {
        let proven = self.surely.map_or(Privilege::Nothing, |surely| surely.proven);
        self.most.map(|most| Privileges { proven, ..most })
    }
}
