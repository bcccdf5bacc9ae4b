//! The program against a server that speaks HCP Terraform's API: paged, rate-limited, partly forbidden.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(missing_docs, unreachable_pub, reason = "nothing outside this binary sees its items")]

mod collect;
mod hosts;
mod server;
