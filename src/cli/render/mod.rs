//! Answers as text for a terminal, one function a kind of answer. Nothing here decides
//! anything, and every name from outside passes [`crate::text`].

mod configuration;
mod evidence;
mod explain;
mod lists;
mod matrix;
mod paths;
mod probe;
mod sheet;
mod structure;
pub(crate) mod style;
mod summary;
mod topology;
mod tree;
mod why;
mod words;

pub(crate) use explain::explain;
pub(crate) use lists::{reach, who_can};
pub(crate) use matrix::matrix;
pub(crate) use paths::paths;
pub(crate) use probe::{plan as probe_plan, probe};
pub(crate) use sheet::{Sheet, columns, paint, wrap};
pub(crate) use structure::{chokepoints, cycles};
pub(crate) use summary::{reach_summary, who_can_summary};
pub(crate) use topology::topology;
pub(crate) use tree::tree;
pub(crate) use why::why;
pub(crate) use words::count;

#[cfg(test)]
mod tests;
