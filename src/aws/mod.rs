//! The AWS clients: how they are configured, which operations they may call, and what their
//! errors mean.
//!
//! Read-only by construction. Every client of ours carries an interceptor that refuses an
//! operation that is not in the table of [`operations`], and all of them send through one HTTP
//! client that reads the operation once more from the request itself. Nothing else gets out.
//!
//! Outside of this are the SDK's own credential providers: while they resolve a profile they may
//! call STS (`role_arn`, `web_identity_token_file`), IAM Identity Center, the instance metadata
//! service or a program (`credential_process`), as the profile says and before any client of
//! ours exists.
//!
//! Credentials live in memory only. No type of this room that holds some prints them.

mod connection;
mod failure;
mod guard;
pub mod operations;
mod pace;
pub mod permissions;
#[cfg(test)]
mod tests;

pub use connection::{
    Assume, Assumed, Connection, Identity, IdentityCenter, Settings, Traffic, connect,
};
pub use failure::{Failure, FailureKind, failure};
pub use guard::Refused;
pub use pace::Pace;
