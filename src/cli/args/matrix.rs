//! `matrix`, and what can be stated of every call of an answer.

use clap::{Args, ValueEnum};

use super::Terraform;

/// `matrix`.
#[derive(Debug, Args)]
pub(crate) struct Matrix {
    /// Which workspaces, e.g. tfc:acme/Payments/*, with :apply or @TAG behind it [default: all]
    pub(crate) rows: Option<String>,
    /// Which accounts, e.g. ou:/Prod/** or tag:env=prod [default: all]
    pub(crate) columns: Option<String>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", conflicts_with = "json", default_value = "text")]
    pub(crate) format: MatrixFormat,
    /// Which cells are wanted.
    #[command(flatten)]
    pub(crate) cells: Cells,
    /// What a workspace runs: that of its `cloud` block, else those of the rows.
    #[command(flatten)]
    pub(crate) terraform: Terraform,
    /// What is stated of every call.
    #[command(flatten)]
    pub(crate) scenario: Scenario,
    /// Longest path, in hops
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) max_hops: u16,
    /// Most cells printed [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
}

/// Forms of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MatrixFormat {
    /// A table for people.
    Text,
    /// One line a cell.
    Csv,
    /// One object, as `--json`.
    Json,
}

/// Which cells of a matrix are wanted: those that fit all of this.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Only these cells (what is not known fits all but --verdict)")]
pub(crate) struct Cells {
    /// Of this phase
    #[arg(long, value_name = "PHASE")]
    pub(crate) phase: Option<TypedPhase>,
    /// What policies permit, what settings ask for, or where the two differ
    #[arg(long, value_name = "WHAT")]
    pub(crate) show: Option<Show>,
    /// Reached through a provider of the account's own, or through a role of another account
    #[arg(long, value_name = "WAY")]
    pub(crate) via: Option<TypedVia>,
    /// With this verdict; repeatable, or with commas between
    #[arg(long = "verdict", value_name = "VERDICT", value_delimiter = ',')]
    pub(crate) verdicts: Vec<TypedVerdict>,
    /// Where a role is reached that can do at least this
    #[arg(long, value_name = "MARK")]
    pub(crate) privilege: Option<Told>,
}

/// A phase of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TypedPhase {
    Plan,
    Apply,
}

/// Permitted, configured, or the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Show {
    Permitted,
    Configured,
    Difference,
}

/// Through what an account is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TypedVia {
    Own,
    Hub,
}

/// A verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TypedVerdict {
    Allowed,
    Conditional,
    Unknown,
    Denied,
}

/// What a role can do in its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Told {
    Admin,
    Iam,
    Pass,
    Write,
    Read,
    None,
}

/// What is stated of every call of an answer.
#[derive(Debug, Default, Args)]
#[command(
    next_help_heading = "What if (stated of every call, and believed where the caller can carry it)"
)]
pub(crate) struct Scenario {
    /// A condition key, e.g. aws:CurrentTime=2026-12-31; an empty value: it is absent; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) context: Vec<String>,
    /// Whoever can calls with MFA: users, never sessions of roles or tokens
    #[arg(long)]
    pub(crate) mfa: bool,
    /// Calls come from this address, or from some address of this network
    #[arg(long, value_name = "ADDRESS|CIDR")]
    pub(crate) source_ip: Option<String>,
    /// Whoever can passes this external ID
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Option<String>,
}
