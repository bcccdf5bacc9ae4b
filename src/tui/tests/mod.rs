//! The TUI driven by keys on a buffer, with answers made by hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod collecting;
mod fixture;
mod grid;
mod harness;
mod keys;
mod matrix;
mod screens;
mod sizes;
mod topology;
