//! From facts to edges between sets: the verdicts of all pairs without all pairs.
//!
//! Callers that no document can tell apart are a class, and so are such roles ([`callers`],
//! [`targets`]). Who may be meant at all is looked up ([`trust`], [`postings`]); each two classes
//! that may meet are decided once, by a pair of their members ([`pairs`]).
//!
//! INVARIANT: a pair that no bundle covers is one that the evaluation would call denied, and the
//! verdict of a bundle is that of each of its pairs.

mod caller;
mod callers;
mod looks;
mod opens;
mod outsiders;
mod pairs;
mod places;
mod postings;
mod sets;
mod targets;
mod tokens;
mod trust;
mod views;

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

/// Numbers and short names are looked up by the million.
pub(super) type Map<K, V> = HashMap<K, V, FixedState>;
pub(super) type Set<K> = HashSet<K, FixedState>;

pub(super) use caller::CallerId;
pub(super) use opens::{Asked, Openings, Opens};
pub(super) use pairs::{Index, find};
pub(super) use sets::{CallerSet, TargetSet};
pub(super) use targets::{Targets, Trust};
