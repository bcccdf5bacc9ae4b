//! The real binary: what it prints, where, and how it exits.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod answers;
mod edges;
mod exports;
mod imports;
mod large;
mod matrix;
mod setup;
mod support;
mod terraform;
mod topology;
mod unread;
mod usage;
mod why;
