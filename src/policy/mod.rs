//! The policy language: documents, patterns, conditions, variables.
//!
//! A document is read once into types that match quickly. What does not parse taints only what
//! depends on it: a statement with a part that can't be read stays, marked, and counts as
//! undecided. Nothing here knows who asks, or about what.

mod action;
mod document;
mod json;
mod operator;
mod parse;
mod template;
#[cfg(test)]
mod tests;

pub use action::{Action, ActionSet};
pub use document::*;
pub(crate) use operator::network;
pub use operator::{Operator, Qualifier, Test, Tri};
pub use parse::ParseError;
pub use template::{Resolved, Template, VariableValue};
