//! The policy language: documents, patterns, conditions, variables.
//!
//! A document is read once into types that match quickly. What does not parse taints only what
//! depends on it: a statement with a part that can't be read stays, marked, and counts as
//! undecided. Nothing here knows who asks, or about what.

mod action;
mod condition;
mod document;
mod json;
mod key;
mod operator;
mod parse;
mod places;
mod print;
mod resource;
mod shared;
mod template;
#[cfg(test)]
mod tests;
mod value;

pub use action::{Action, ActionSet};
pub use condition::Condition;
pub use document::{
    ActionElement, Document, Effect, PrincipalElement, PrincipalEntry, Problem, Statement, Version,
};
pub use key::{Key, KeyName};
pub use operator::{Operator, Qualifier, Test, Tri};
pub use parse::ParseError;
pub use places::{ElementPlace, Place, StatementPlace, places};
pub use resource::{ArnSegments, ResourceElement, ResourcePattern};
pub use shared::Shared;
pub use template::{Resolved, Template, VariableValue};
pub(crate) use value::network;
