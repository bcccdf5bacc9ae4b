//! How time and memory grow with the organization.
//!
//! `cargo bench --bench scale -- 100x100 300x300 1000x1000` prints a Markdown table with a row a
//! size; `--doubling` and `--edges` print others, and `--help` says what else there is. An
//! organization is written once and kept below `target/bench`. Every measurement is a process of
//! its own, so that its peak memory is its own and one that takes too long can be stopped.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a benchmark fails by panicking, and its figures are rounded"
)]

mod database;
mod doubling;
mod edges;
mod figures;
mod machine;
mod measure;
mod options;
#[path = "../organization/mod.rs"]
mod organization;
mod run;
mod sample;
mod table;

use clap::Parser;

use options::Options;

/// That of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let options = Options::parse();
    if let Some(step) = options.measure {
        let database = options.database.as_deref().expect("a measurement is told its database");
        measure::measure(step, database, &options);
        return;
    }
    if options.write {
        for size in &options.sizes {
            println!("{}", database::of(&options.plan(*size)).display());
        }
        return;
    }
    machine::print();
    if !options.edges.is_empty() {
        edges::print(&options);
    }
    if options.doubling {
        doubling::print(&options);
    } else {
        table::print(&options);
    }
}
