//! What can be asked on the command line.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, ValueEnum};

use crate::organization::{Plan, Wide};

/// Measures opening, holding and asking organizations of given sizes.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[command(name = "cargo bench --bench scale --")]
pub(crate) struct Options {
    /// Sizes, as ACCOUNTSxROLES
    #[arg(value_name = "ACCOUNTSxROLES")]
    pub(crate) sizes: Vec<Size>,
    /// Measure each size, twice and four times as many accounts, with each wide kind and with all
    #[arg(long)]
    pub(crate) doubling: bool,
    /// Time all assume edges of this size
    #[arg(long, value_name = "ACCOUNTSxROLES")]
    pub(crate) edges: Vec<Size>,
    /// Only write the databases and print where they are
    #[arg(long)]
    pub(crate) write: bool,
    /// How many of a thousand roles are of each wide kind
    #[arg(long, value_name = "PER_MILLE", default_value_t = 50)]
    pub(crate) wide: u32,
    /// Workspaces of HCP Terraform; as many as accounts without it
    #[arg(long)]
    pub(crate) workspaces: Option<u32>,
    /// Accounts that were not read
    #[arg(long, default_value_t = 0)]
    pub(crate) unread: u32,
    /// How many of a thousand roles of services have a policy of their own
    #[arg(long, value_name = "PER_MILLE", default_value_t = 300)]
    pub(crate) own_policies: u32,
    /// Another seed is another organization, and other questions
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Questions of each kind
    #[arg(long, default_value_t = 300)]
    pub(crate) questions: usize,
    /// Most seconds for the questions of one kind; the one that is being answered is finished
    #[arg(long, default_value_t = 60)]
    pub(crate) seconds: u64,
    /// Most seconds for one measurement, after which it is stopped
    #[arg(long, default_value_t = 900)]
    pub(crate) patience: u64,
    /// How often scan and load are measured; the median counts
    #[arg(long, default_value_t = 3)]
    pub(crate) runs: usize,
    /// Leave these measurements out
    #[arg(long, value_delimiter = ',')]
    pub(crate) skip: Vec<Part>,
    /// Print the questions by what they start from and ask for, too
    #[arg(long)]
    pub(crate) kinds: bool,

    /// `cargo bench` says that it is cargo bench.
    #[arg(long, hide = true)]
    bench: bool,
    /// The measurement that this process is for.
    #[arg(long, hide = true)]
    pub(crate) measure: Option<Step>,
    /// Its database.
    #[arg(long, hide = true)]
    pub(crate) database: Option<PathBuf>,
}

/// What one process measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// The bare scan.
    Scan,
    /// From the database to the graph.
    Load,
    /// `who-can`, `reach` and `paths`.
    Questions,
    /// One matrix of everything.
    Matrix,
    /// Every assume edge.
    Edges,
}

/// What can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    Scan,
    Load,
    /// Of loading, what comes after the facts.
    Graph,
    WhoCan,
    Reach,
    Paths,
    Matrix,
}

/// So many accounts of so many roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) accounts: u32,
    pub(crate) roles: u32,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text.split_once('x').and_then(|(accounts, roles)| {
            let (accounts, roles) = (accounts.parse().ok()?, roles.parse().ok()?);
            (accounts > 0 && roles > 0).then_some(Self { accounts, roles })
        });
        numbers.ok_or_else(|| "expected ACCOUNTSxROLES, such as 100x100".to_owned())
    }
}

impl Options {
    /// The organization of a size.
    pub(crate) fn plan(&self, size: Size) -> Plan {
        Plan {
            workspaces: self.workspaces.unwrap_or(size.accounts),
            wide: Wide::all(self.wide),
            own_policies: self.own_policies,
            unread: self.unread,
            seed: self.seed,
            ..Plan::new(size.accounts, size.roles)
        }
    }

    /// Whether a part is wanted.
    pub(crate) fn wants(&self, part: Part) -> bool {
        !self.skip.contains(&part)
    }
}
