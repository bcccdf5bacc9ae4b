//! Answers as text for a terminal, one function a kind of answer. Nothing here decides
//! anything, and every name from outside passes [`crate::text`].

mod evidence;
mod explain;
mod lists;
mod matrix;
mod paths;
mod probe;
mod sheet;
pub mod style;
mod tree;
mod why;
mod words;

pub use explain::explain;
pub use lists::{reach, who_can};
pub use matrix::matrix;
pub use paths::paths;
pub use probe::{plan as probe_plan, probe};
pub use sheet::{Sheet, columns, paint};
pub use tree::tree;
pub use why::why;
pub use words::{count, mark, short};

#[cfg(test)]
mod tests;
