//! Crawls and imports as the screens see them: what is asked before, what is told meanwhile, and
//! how they end. Everything here is text and numbers for people.

use std::time::Duration;

use tokio::sync::watch;

use super::Boxed;
use crate::org::NotReadKind;

/// What is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The organization and all its accounts.
    Everything,
    /// What the newest crawl, which was not completed, lacks.
    Missing,
    /// One account, by id.
    Account {
        /// The id.
        id: String,
        /// Its name, where there is one.
        name: String,
        /// The snapshot that is shown, of which everything else is taken over.
        snapshot: Option<String>,
    },
}

/// What a crawl will do; nothing was assumed yet but a first hop.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CrawlOutline {
    /// Who reads what how, a label and a text each.
    pub lines: Vec<(String, String)>,
    /// The accounts that it will read or try to, by id, with their names.
    pub accounts: Vec<(String, String)>,
}

/// Why something was not done, and what to do next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong and where.
    pub message: String,
    /// What to do, one line each.
    pub hints: Vec<String>,
}

/// Something that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The kind of failure.
    pub kind: NotReadKind,
    /// The call that failed, which is the permission that it needs.
    pub call: String,
    /// What was answered.
    pub message: String,
    /// What to do about it.
    pub next: String,
}

/// News of a crawl.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The snapshot that is being written, by its number.
    Snapshot(String),
    /// The organization was read: how much of it there is, in words.
    Organization(String),
    /// Part of the organization was not read.
    OrganizationGap(Missing),
    /// Something else to know.
    Note(String),
    /// An account's turn came.
    Started {
        /// Its id.
        account: String,
    },
    /// Users and roles of an account were read.
    Read {
        /// Its id.
        account: String,
        /// How many roles it has.
        roles: usize,
        /// How many users it has.
        users: usize,
        /// What else of it was not read.
        gaps: Vec<Missing>,
        /// How long it took.
        elapsed: Duration,
    },
    /// Users and roles of an account were not read.
    NotRead {
        /// Its id.
        account: String,
        /// Why.
        gap: Missing,
    },
}

/// What one act would mend.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToMend {
    /// Which call failed how.
    pub what: String,
    /// What was answered in the first of them.
    pub message: String,
    /// The accounts, by id; none where it is no account's.
    pub accounts: Vec<String>,
    /// Whose it is where it is no account's.
    pub place: String,
    /// The act.
    pub next: String,
}

/// How a crawl ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CrawlEnd {
    /// The snapshot's number.
    pub snapshot: String,
    /// Whether everything was read that was asked for.
    pub complete: bool,
    /// Accounts read.
    pub read: usize,
    /// Roles in them.
    pub roles: usize,
    /// Accounts whose turn did not come.
    pub left: usize,
    /// What would have met every further account too.
    pub stopped: Option<String>,
    /// What was not read, grouped by what to do about it.
    pub failures: Vec<ToMend>,
    /// Requests made.
    pub requests: u64,
    /// Of these, repetitions.
    pub retries: u64,
    /// How long it took.
    pub elapsed: Duration,
}

/// What came of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// The snapshot's number.
    pub snapshot: String,
    /// What it holds, in words.
    pub text: String,
    /// What was left out as damaged, one line each.
    pub problems: Vec<String>,
}

/// Reads AWS and dump directories into the database. Nothing is assumed in any account before
/// [`Collector::run`].
pub trait Collector: Send + Sync {
    /// Whom the present credentials belong to, or why that is not known. Ends soon.
    fn caller(&self) -> Boxed<Result<String, String>>;

    /// Finds out what a crawl would do, and keeps the plan under this number.
    fn plan(&self, number: usize, wanted: Wanted) -> Boxed<Result<CrawlOutline, Refusal>>;

    /// Runs the plan of this number, telling of what happens. When `stop` turns true, accounts
    /// in hand are finished and no other is begun.
    fn run(
        &self,
        number: usize,
        stop: watch::Receiver<bool>,
        news: Box<dyn FnMut(News) + Send>,
    ) -> Boxed<Result<CrawlEnd, Refusal>>;

    /// Reads a dump directory.
    fn import(&self, directory: String) -> Boxed<Result<Imported, Refusal>>;
}

/// The collector of the demo: it reads nothing and says so.
#[derive(Debug, Clone, Copy, Default)]
pub struct NothingToCollect;

impl NothingToCollect {
    fn refusal() -> Refusal {
        Refusal {
            message: "this is the sample organization: nothing is collected into it".to_owned(),
            hints: vec!["`rolewalk` without `demo` reads your own".to_owned()],
        }
    }
}

impl Collector for NothingToCollect {
    fn caller(&self) -> Boxed<Result<String, String>> {
        Box::pin(std::future::ready(Err("the sample needs no credentials".to_owned())))
    }

    fn plan(&self, _number: usize, _wanted: Wanted) -> Boxed<Result<CrawlOutline, Refusal>> {
        Box::pin(std::future::ready(Err(Self::refusal())))
    }

    fn run(
        &self,
        _number: usize,
        _stop: watch::Receiver<bool>,
        _news: Box<dyn FnMut(News) + Send>,
    ) -> Boxed<Result<CrawlEnd, Refusal>> {
        Box::pin(std::future::ready(Err(Self::refusal())))
    }

    fn import(&self, _directory: String) -> Boxed<Result<Imported, Refusal>> {
        Box::pin(std::future::ready(Err(Self::refusal())))
    }
}
