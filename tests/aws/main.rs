//! The program against a local AWS: what a crawl reads, what it must never call, and how it takes refusals.
//!
//! The organization is `organization.json`, what is planted in it `ORGANIZATION.md`. The emulator stores facts
//! and hands out credentials, it does not evaluate policies: verdicts here are those of the program on the
//! facts that it read, and a refusal is one that the test ordered.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(missing_docs, unreachable_pub, reason = "nothing outside this binary sees its items")]

mod answers;
mod callers;
mod crawl;
mod doctor;
mod emulator;
mod faults;
mod large;
mod probe;
mod resume;
#[cfg(unix)]
mod screens;
mod support;
#[cfg(unix)]
#[path = "../tui/terminal.rs"]
#[allow(dead_code, reason = "not every test binary does everything with a terminal")]
mod terminal;
mod ways;
