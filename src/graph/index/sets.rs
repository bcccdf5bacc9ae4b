//! Sets of callers and of roles between which an edge runs.

use std::hash::Hash;

use crate::org::{AccountKey, RoleKey};

use super::super::{Assume, Node};
use super::Map;
use super::caller::{CallerId, number};

/// Callers that an edge means. A number of a partition stands before those of its parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::graph) enum CallerSet {
    /// A class of a partition.
    Class(u32, u32),
    /// A cell of a partition.
    Cell(u32, u32),
    /// These users and roles.
    Some(Box<[CallerId]>),
    /// These other sources.
    Nodes(Box<[Node]>),
}

/// Roles that an edge means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::graph) enum TargetSet {
    /// A class.
    Class(u32),
    /// A cell.
    Cell(u32),
    /// These roles.
    Some(Box<[RoleKey]>),
    /// Some role of each of these accounts, whose roles were not read.
    Unread(Box<[AccountKey]>),
}

/// That each caller of a set may assume each role of another, with one verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graph) struct Bundle {
    /// The callers.
    pub(in crate::graph) from: u32,
    /// The roles.
    pub(in crate::graph) to: u32,
    /// The verdict.
    pub(in crate::graph) assume: Assume,
    /// Whether only pairs of different accounts are meant.
    pub(in crate::graph) across: bool,
    /// Whether what earlier hops left in the session may change the verdict.
    pub(in crate::graph) session: bool,
}

/// Things by number, equal ones once.
#[derive(Debug)]
pub(in crate::graph) struct Sets<S> {
    pub(in crate::graph) list: Vec<S>,
    known: Map<S, u32>,
}

impl<S> Default for Sets<S> {
    fn default() -> Self {
        Self { list: Vec::new(), known: Map::default() }
    }
}

impl<S: Hash + Eq + Clone> Sets<S> {
    /// The number of a set.
    pub(in crate::graph) fn number(&mut self, set: &S) -> u32 {
        match self.known.get(set) {
            Some(known) => *known,
            None => self.take(set.clone()),
        }
    }

    /// The number of a set that is given away.
    pub(in crate::graph) fn take(&mut self, set: S) -> u32 {
        if let Some(known) = self.known.get(&set) {
            return *known;
        }
        let next = number(self.list.len());
        self.list.push(set.clone());
        self.known.insert(set, next);
        next
    }
}
