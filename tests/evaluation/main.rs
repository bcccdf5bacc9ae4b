//! An independent review of the evaluation: cases with known answers, and random organizations
//! against an evaluator that is written only from the rules.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod cases;
mod examples;
mod fixture;
mod naive;
mod random;
mod regressions;
mod soundness;
