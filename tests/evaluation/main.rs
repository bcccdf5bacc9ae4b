//! An independent review of the evaluation: cases with known answers, and random organizations
//! against an evaluator that is written only from the rules.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod allocations;
mod arbitrary;
mod azp;
mod between;
mod both;
mod brute;
mod cases;
mod chains;
mod companions;
mod context_keys;
mod edges;
mod examples;
mod extremes;
mod fixture;
mod gaps;
mod generated;
mod graph;
mod inherited;
mod large;
mod memo;
mod naive;
#[path = "../../benches/organization/mod.rs"]
mod organization;
mod privileges;
mod random;
mod random_chains;
mod random_privileges;
mod regressions;
mod runs;
mod scenario;
mod services;
mod session;
mod soundness;
mod spelling;
mod structure;
mod tables;
mod without_principal;
