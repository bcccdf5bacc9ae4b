//! The facts about an organization, as types.
//!
//! Facts come in two forms. A *reading* ([`reading`]) is what was read of one account, of the
//! organization or of HCP Terraform at one time: owned, immutable, named by ids and ARNs. It is
//! what collectors and dump directories produce and what a snapshot keeps. [`Facts`] is a whole
//! snapshot with everything resolved to dense keys, each distinct policy document parsed once:
//! what decisions and searches read.
//!
//! What could not be read is a fact too ([`Fact::NotRead`]). This room never holds a verdict.

pub(crate) mod build;
mod control;
pub mod dump;
mod facts;
pub mod hcp;
#[cfg(test)]
mod lines;
mod lookup;
pub mod reading;
mod table;
mod tags;

pub use facts::*;
pub use reading::{Fact, NotRead, NotReadKind};
pub use table::{Key, Table};
pub use tags::Tags;

#[cfg(test)]
pub(crate) use lines::lines;

#[cfg(test)]
mod tests;
