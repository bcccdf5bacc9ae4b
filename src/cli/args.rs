//! What can be typed. What it means is [`super::request`]'s.

mod matrix;
mod setup;

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use matrix::{
    Cells, Matrix, MatrixFormat, Scenario, Show, Told, TypedPhase, TypedVerdict, TypedVia,
};
pub(crate) use setup::{Doctor, Permissions, PolicyFormat, TypedPartition};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Cyan.on_default().bold())
    .usage(AnsiColor::Cyan.on_default().bold())
    .literal(AnsiColor::Green.on_default())
    .placeholder(AnsiColor::Yellow.on_default());

const SELECTORS: &str = "\
Selectors (names without case, `*` and `?` are globs, `\\` escapes them):
  arn:aws:iam::123456789012:role/path/name    a principal
  prod-net/tf-member                          account (name or id), then role
  account:prod-net  ou:/Prod/**  tag:env=prod  org:
  @prod                                       a group of selectors of the configuration file
  tfc:acme/Payments/pay-prod:apply            a workspace in one phase
  tfc-stack:acme/Payments/pay:prod:apply      a stack's deployment; //HOST/ before it elsewhere
  oidc:ISSUER#SUBJECT?aud=AUDIENCE            a token
  github:acme/infra:environment:prod          a token of GitHub Actions, in both its forms
  gitlab:group/project:ref_type:branch:ref:main
  user:prod-net/ann  service:lambda.amazonaws.com  saml:prod-net/Okta
  external:999999999999  anyone

Exit codes: 0 answered, 1 the asked-for thing failed, 2 usage or input,
3 no or unreadable snapshot, 4 AWS or HCP Terraform refused or unreachable.";

/// Who can become whom, in a whole AWS organization.
///
/// Without a command: the screens, on the newest complete snapshot.
#[derive(Debug, Parser)]
#[command(name = "rolewalk", version, styles = STYLES, after_help = SELECTORS, max_term_width = 100)]
pub(crate) struct Typed {
    /// What holds for every command.
    #[command(flatten)]
    pub(crate) global: Global,
    /// The command; the screens without one.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Flags of every command, listed below what a command takes itself.
#[derive(Debug, Args)]
#[command(next_display_order = 100)]
pub(crate) struct Global {
    /// The database [default: rolewalk/rolewalk.db in the XDG data directory]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,
    /// The snapshot to answer from [default: the newest complete one, else the newest]
    #[arg(long, global = true, value_name = "ID", conflicts_with = "demo")]
    pub(crate) snapshot: Option<String>,
    /// Answer from the embedded sample organization
    #[arg(long, global = true, conflicts_with = "db")]
    pub(crate) demo: bool,
    /// Print the answer as one JSON object
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    /// The configuration file [default: rolewalk/config.toml in the XDG config directory]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Say more on stderr; twice for even more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// The AWS profile to use
    #[arg(long, global = true, value_name = "NAME", help_heading = "AWS")]
    pub(crate) profile: Option<String>,
    /// The AWS Region whose endpoints are called
    #[arg(long, global = true, value_name = "REGION", help_heading = "AWS")]
    pub(crate) region: Option<String>,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// Where a terminal takes them and `NO_COLOR` is not set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The screens on the embedded sample organization: no AWS, nothing written
    Demo,
    /// Crawl AWS into the database, reading only
    Collect(Collect),
    /// Read a dump directory into the database
    ///
    /// Damaged parts are named, left out and recorded as not read; then the exit code is 1.
    Import(Import),
    /// List, show, pack or remove what was collected
    Snapshots(Snapshots),
    /// The organization: OUs, accounts, providers, users and roles
    Tree(Tree),
    /// Who can end up holding a role
    WhoCan(WhoCan),
    /// Which roles a source can end up holding
    Reach(Reach),
    /// The paths from a source to a role, hop by hop
    Paths(Paths),
    /// Which workspaces reach which accounts
    Matrix(Matrix),
    /// How tokens get into accounts: through a hub, or a provider of their own
    ///
    /// Per account, per hub role (who shares it, what is in reach if it is misused) and per design:
    /// what there is to keep, and what logs show.
    Topology(Topology),
    /// The roles that every way from a source to a target passes
    Chokepoints(Chokepoints),
    /// Roles that lead back to themselves
    Cycles(Cycles),
    /// May this caller assume this role: one decision with its evidence
    Why(Why),
    /// Read a failure (a Terraform log, a CLI error, a CloudTrail event): causes and fix
    Explain(Explain),
    /// Assume live, hop by hop, and compare with the snapshot
    Probe(Probe),
    /// Write a path report, every edge, or the facts as a dump directory
    Export(Export),
    /// Print the minimal policies that a crawl needs: JSON, Terraform or a CloudFormation template
    ///
    /// Whoever runs rolewalk is allowed the reads of the organization and to assume the read role,
    /// the read role of each account the reads of IAM. The lists are those that rolewalk enforces
    /// on its own requests. Asks nobody.
    Permissions(Permissions),
    /// Check credentials, organization, a member role, database and terminal, each with the fix
    ///
    /// Changes nothing. Exits 1 when a check failed; warnings do not count.
    Doctor(Doctor),
    /// Print a shell's completions
    Completions(Completions),
    /// Print the manual page
    Man,
}

/// `collect`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Collect {
    /// How accounts are entered.
    #[command(flatten)]
    pub(crate) ways: Ways,
    /// Only these accounts; repeatable. Where the organization can't be listed: the ids to read
    #[arg(long = "account", value_name = "SELECTOR")]
    pub(crate) accounts: Vec<String>,
    /// The same from a file, one a line; `#` begins a comment
    #[arg(long, value_name = "FILE")]
    pub(crate) accounts_file: Option<PathBuf>,
    /// Not these accounts; repeatable
    #[arg(long = "exclude", value_name = "SELECTOR")]
    pub(crate) exclude: Vec<String>,
    /// Accounts read side by side
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) concurrency: Option<u16>,
    /// Go on with the newest crawl, which was not completed
    #[arg(long)]
    pub(crate) resume: bool,
    /// Read again only what is older, e.g. 7d, 12h or 30m; what is younger is taken over
    #[arg(long, value_name = "AGE", conflicts_with = "resume", value_parser = age)]
    pub(crate) max_age: Option<jiff::SignedDuration>,
    /// Exit 1 when anything was not read
    #[arg(long)]
    pub(crate) strict: bool,
    /// Only these organizations of HCP Terraform, `HOST/NAME` of others than the first host;
    /// repeatable [default: all that the token sees]
    #[arg(long = "tfc-org", value_name = "NAME", conflicts_with = "no_tfc")]
    pub(crate) tfc_organizations: Vec<String>,
    /// These hosts of HCP Terraform and Terraform Enterprise; repeatable [default: app.terraform.io
    /// and app.eu.terraform.io, as far as there are tokens for them]
    #[arg(long = "tfc-host", value_name = "HOST", conflicts_with = "no_tfc")]
    pub(crate) tfc_hosts: Vec<String>,
    /// Leave HCP Terraform alone, and keep its newest readings
    #[arg(long)]
    pub(crate) no_tfc: bool,
    /// Read HCP Terraform alone, and keep everything else of the newest snapshot
    #[arg(long, conflicts_with_all = [
        "no_tfc", "accounts", "accounts_file", "exclude", "resume", "max_age", "role_names",
        "via", "sso_session",
    ])]
    pub(crate) no_aws: bool,
    /// Start without asking
    #[arg(long)]
    pub(crate) yes: bool,
    /// Say what would be read, as whom, and stop
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// An age such as `7d` or `1h30m`; a day is 24 hours.
fn age(text: &str) -> Result<jiff::SignedDuration, String> {
    let expected = || "an age such as `7d`, `12h` or `30m` is expected".to_owned();
    let span: jiff::Span = text.parse().map_err(|_| expected())?;
    let age =
        span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| expected())?;
    if age.is_negative() { Err(expected()) } else { Ok(age) }
}

/// How accounts are entered.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Ways in")]
pub(crate) struct Ways {
    /// The role to read member accounts with; repeatable, tried in order [default: rolewalk-read]
    #[arg(long = "role-name", value_name = "NAME", conflicts_with = "sso_session")]
    pub(crate) role_names: Vec<String>,
    /// The external ID that the trust policies of the read role and of `--via` ask for
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Option<String>,
    /// The name of the sessions [default: rolewalk-collect]
    #[arg(long, value_name = "NAME")]
    pub(crate) session_name: Option<String>,
    /// A role to assume first, from which the read roles are assumed
    #[arg(long, value_name = "ROLE_ARN")]
    pub(crate) via: Option<String>,
    /// Read member accounts through IAM Identity Center, by this `sso-session` of the AWS configuration
    #[arg(long, value_name = "NAME", requires = "sso_role")]
    pub(crate) sso_session: Option<String>,
    /// The permission set to read them with
    #[arg(long, value_name = "NAME", requires = "sso_session")]
    pub(crate) sso_role: Option<String>,
}

/// `import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The dump directory
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
}

/// `snapshots`.
#[derive(Debug, Args)]
pub(crate) struct Snapshots {
    /// What to do; lists without one.
    #[command(subcommand)]
    pub(crate) command: Option<SnapshotsCommand>,
}

/// What can be done with snapshots.
#[derive(Debug, Subcommand)]
pub(crate) enum SnapshotsCommand {
    /// Every snapshot, newest first
    List,
    /// What one snapshot covers, and what was not read
    Show {
        /// The snapshot [default: the one that questions are answered from]
        id: Option<String>,
    },
    /// Copy one snapshot to a file that `--db` opens anywhere
    Pack {
        /// The file to make
        file: PathBuf,
    },
    /// Remove a snapshot and what only it holds
    Remove {
        /// The snapshot
        id: String,
    },
}

/// `tree`.
#[derive(Debug, Args)]
pub(crate) struct Tree {
    /// Only what lies below what this names
    pub(crate) selector: Option<String>,
}

/// How much of a list is wanted.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ListLimits {
    /// Longest path, in hops
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) max_hops: u16,
    /// Most rows printed; counts are always whole
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
}

/// `who-can`.
#[derive(Debug, Args)]
pub(crate) struct WhoCan {
    /// The role
    pub(crate) role: String,
    /// Count callers by kind and account in place of listing them
    #[arg(long)]
    pub(crate) summary: bool,
    /// What is stated of every call.
    #[command(flatten)]
    pub(crate) scenario: Scenario,
    /// How much is wanted.
    #[command(flatten)]
    pub(crate) limits: ListLimits,
}

/// `reach`.
#[derive(Debug, Args)]
pub(crate) struct Reach {
    /// The workspace, token, user, role, service or account
    pub(crate) source: String,
    /// Count roles by account in place of listing them
    #[arg(long, conflicts_with_all = ["tf", "plan"])]
    pub(crate) summary: bool,
    /// What is stated of every call.
    #[command(flatten)]
    pub(crate) scenario: Scenario,
    /// How much is wanted.
    #[command(flatten)]
    pub(crate) limits: ListLimits,
    /// What the workspace runs.
    #[command(flatten)]
    pub(crate) terraform: Terraform,
}

/// The configuration that a workspace runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct Terraform {
    /// Mark what the Terraform configuration in this directory asks for: the roles of its `provider
    /// "aws"` blocks. Only configuration files are read, modules by local paths included
    #[arg(long = "tf", value_name = "DIR")]
    pub(crate) tf: Option<PathBuf>,
    /// The same from a plan (`terraform show -json`); with `--tf`, the values of variables
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
}

/// `paths`.
#[derive(Debug, Args)]
pub(crate) struct Paths {
    /// Where the paths start
    pub(crate) source: String,
    /// The role where they end
    pub(crate) target: String,
    /// Longest path, in hops
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) max_hops: u16,
    /// Most paths printed
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// What the workspace runs.
    #[command(flatten)]
    pub(crate) terraform: Terraform,
    /// What is stated of every call.
    #[command(flatten)]
    pub(crate) scenario: Scenario,
}

/// `topology`.
#[derive(Debug, Args)]
pub(crate) struct Topology {
    /// How much is wanted: accounts, and hub roles.
    #[command(flatten)]
    pub(crate) limits: ListLimits,
}

/// `chokepoints`.
#[derive(Debug, Args)]
pub(crate) struct Chokepoints {
    /// Where the ways start
    pub(crate) source: String,
    /// The roles where they end
    pub(crate) target: String,
    /// Most chokepoints printed; counts are always whole, and ways of any length count
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
}

/// `cycles`.
#[derive(Debug, Args)]
pub(crate) struct Cycles {
    /// Only those with a role that this names
    pub(crate) selector: Option<String>,
    /// Most cycles printed; counts are always whole
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
}

/// `why`.
#[derive(Debug, Args)]
pub(crate) struct Why {
    /// Who calls
    pub(crate) caller: String,
    /// The role
    pub(crate) role: String,
    /// The action [default: the one that fits the caller's kind]
    #[arg(long)]
    pub(crate) action: Option<String>,
    /// What is stated about the request.
    #[command(flatten)]
    pub(crate) stated: Stated,
}

/// What is stated about a request.
#[derive(Debug, Args)]
#[command(next_help_heading = "What if (stated about the request, and believed)")]
pub(crate) struct Stated {
    /// A condition key, e.g. aws:PrincipalTag/team=web; an empty value: it is absent; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) context: Vec<String>,
    /// The caller passes this external ID
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Option<String>,
    /// The new session gets this name (the caller's own is part of its ARN)
    #[arg(long, value_name = "NAME")]
    pub(crate) session_name: Option<String>,
    /// The caller passes this source identity
    #[arg(long, value_name = "NAME")]
    pub(crate) source_identity: Option<String>,
    /// The caller passes this session tag; repeatable
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub(crate) tags: Vec<String>,
    /// The caller's session carries MFA
    #[arg(long)]
    pub(crate) mfa: bool,
    /// The call comes from this address, or from some address of this network
    #[arg(long, value_name = "ADDRESS|CIDR")]
    pub(crate) source_ip: Option<String>,
    /// The caller's session was made with this policy (a JSON file); repeatable
    #[arg(long = "session-policy", value_name = "FILE")]
    pub(crate) session_policies: Vec<PathBuf>,
    /// The call goes through a VPC endpoint, whose policy was not read
    #[arg(long)]
    pub(crate) endpoint: bool,
}

/// `explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The failure's text; `-` (or nothing, in a pipe) reads stdin
    #[arg(conflicts_with = "file", allow_hyphen_values = true)]
    pub(crate) text: Option<String>,
    /// Read the text from a file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Who called, where the text does not say
    #[arg(long, value_name = "SELECTOR")]
    pub(crate) source: Option<String>,
    /// The role, where the text does not say
    #[arg(long, value_name = "SELECTOR")]
    pub(crate) target: Option<String>,
    /// A fact of the request, e.g. sts:ExternalId=abc; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) context: Vec<String>,
}

/// `probe`.
#[derive(Debug, Args)]
pub(crate) struct Probe {
    /// Who starts
    pub(crate) source: String,
    /// The role to end up with
    pub(crate) target: String,
    /// Assume without asking
    #[arg(long)]
    pub(crate) yes: bool,
    /// Say which calls would be made, and stop
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What `export` can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The path report as Markdown.
    Md,
    /// The path report as JSON.
    Json,
    /// Every assume call that may succeed, one JSON object a line.
    Jsonl,
    /// The same as comma-separated values.
    Csv,
    /// The facts as a dump directory.
    Dump,
}

/// `export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// What the report is about: a role or roles (who can become them), else a source (what it
    /// reaches); every workspace without it. For edges: the roles where they end; all without it.
    /// For a dump: the directory
    #[arg(value_name = "SELECTOR")]
    pub(crate) subject: Option<String>,
    /// What to write
    #[arg(long)]
    pub(crate) format: Format,
    /// Where to write it [default: stdout; a dump needs a directory]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Overwrite what is there
    #[arg(long)]
    pub(crate) force: bool,
    /// Only paths or edges from here
    #[arg(long, value_name = "SELECTOR", conflicts_with = "subject")]
    pub(crate) source: Option<String>,
    /// Only paths or edges to here
    #[arg(long, value_name = "SELECTOR", conflicts_with = "subject")]
    pub(crate) target: Option<String>,
    /// Longest path, in hops
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) max_hops: u16,
    /// Most paths for one pair
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
}

/// `completions`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}
