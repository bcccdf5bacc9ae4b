//! What can be typed to set rolewalk up: the policies that it needs, and a check of what is there.

use clap::{Args, ValueEnum};

/// `permissions`.
#[derive(Debug, Args)]
pub(crate) struct Permissions {
    /// The read role; repeatable, tried in order [default: the configuration's, else rolewalk-read]
    #[arg(long = "role-name", value_name = "NAME")]
    pub(crate) role_names: Vec<String>,
    /// Who runs rolewalk and is trusted: a role, a user, or an account by its root's ARN
    #[arg(long, value_name = "ARN")]
    pub(crate) trusted: Option<String>,
    /// The external ID that the trust policies ask for
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Option<String>,
    /// A role that is assumed first, from which the read roles are assumed
    #[arg(long, value_name = "ROLE_ARN")]
    pub(crate) via: Option<String>,
    /// The partition [default: that of the ARNs, else aws]
    #[arg(long, value_name = "NAME")]
    pub(crate) partition: Option<TypedPartition>,
    /// Print this in place of text
    #[arg(long)]
    pub(crate) format: Option<PolicyFormat>,
}

/// Partitions that rolewalk writes policies for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TypedPartition {
    /// The commercial Regions.
    Aws,
    /// China.
    AwsCn,
    /// GovCloud (US).
    AwsUsGov,
}

/// What `permissions` can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyFormat {
    /// One object with every policy, as with `--json`.
    Json,
    /// One file for Terraform.
    Terraform,
    /// A template for CloudFormation (JSON), to be used as a `StackSet`.
    Cloudformation,
}

/// `doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The account whose read role is tried [default: the first that a crawl would enter]
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,
    /// Look at this machine only: ask neither AWS nor HCP Terraform
    #[arg(long, conflicts_with = "account")]
    pub(crate) offline: bool,
    /// How accounts are entered.
    #[command(flatten)]
    pub(crate) ways: super::Ways,
}
