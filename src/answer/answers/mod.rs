//! The answer types. Field names are a public interface (`docs/json.md`).

mod details;
mod lists;
mod structure;
mod summary;
mod tables;
mod topology;

pub use details::*;
pub use lists::*;
pub use structure::*;
pub use summary::*;
pub use tables::*;
pub use topology::*;
