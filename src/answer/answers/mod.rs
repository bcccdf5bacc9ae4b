//! The answer types. Field names are a public interface (`docs/json.md`).

mod configuration;
mod details;
mod lists;
mod structure;
mod summary;
mod tables;
mod topology;

pub use configuration::*;
pub use details::*;
pub use lists::*;
pub use structure::*;
pub use summary::*;
pub use tables::*;
pub use topology::*;
