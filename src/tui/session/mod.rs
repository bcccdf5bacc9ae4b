//! What the caller of the TUI provides: facts to load, and the few things that reach outside.

mod collector;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use collector::{
    Collector, CrawlEnd, CrawlOutline, Imported, Missing, News, NothingToCollect, Refusal, ToMend,
    Wanted,
};

use super::describe::grouped;
use crate::answer;
use crate::graph::Graph;
use crate::probe::{Probe, ProbeHop, ProbeOutcome};
use crate::snapshot::Progress;
use crate::troubleshoot::{self, Explanation};

/// A future that can be run anywhere.
pub type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Explains a pasted failure, with a snapshot or without one.
pub type Explain =
    Arc<dyn Fn(Option<&Graph>, troubleshoot::Question<'_>) -> Explanation + Send + Sync>;

/// What a report is of, by selectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportOf {
    /// What all workspaces reach.
    Workspaces,
    /// One thing: who comes to it, or for a source that is no role, what it reaches.
    About(String),
    /// What a source reaches.
    From(String),
    /// Who comes to a role.
    To(String),
    /// The paths from one to the other.
    Between(String, String),
}

/// Writes a path report, and says where it is.
pub type Export = Arc<dyn Fn(&Loaded, &ReportOf) -> Result<String, String> + Send + Sync>;

/// Loads facts, and says meanwhile what it is at, as often as it likes. Runs beside the drawing,
/// so it may take its time.
pub type Loader =
    Arc<dyn Fn(&Which, &mut dyn FnMut(LoadStep)) -> Result<Loaded, LoadError> + Send + Sync>;

/// Which facts are to be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Those that the screens were opened on.
    Opened,
    /// A snapshot of the same database, by its number. It may still be written.
    Snapshot(String),
    /// The embedded sample organization.
    Sample,
}

/// Everything that one run of the TUI works with.
pub struct Session {
    /// What is shown before the snapshot is loaded, e.g. `demo` or the database's name.
    pub title: String,
    /// Whether this is the embedded sample organization.
    pub demo: bool,
    /// Brings the facts.
    pub loader: Loader,
    /// Tries paths live; of the sample nothing is ever tried.
    pub prober: Arc<dyn Prober>,
    /// Reads AWS.
    pub collector: Arc<dyn Collector>,
    /// Explains failures.
    pub explain: Explain,
    /// Writes reports.
    pub export: Export,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("title", &self.title)
            .field("demo", &self.demo)
            .finish_non_exhaustive()
    }
}

/// What the loading of a snapshot is at. Its text is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadStep {
    /// Which snapshot it is, in words.
    Chosen(String),
    /// It is read.
    Reading(Progress),
    /// It was read, and is put together.
    Graph,
}

impl LoadStep {
    /// Whether the other says the same, but for how far it is.
    pub fn same_kind(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Reading(one), Self::Reading(other)) => {
                std::mem::discriminant(one) == std::mem::discriminant(other)
            }
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl fmt::Display for LoadStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, read, all) = match self {
            Self::Chosen(snapshot) => return f.write_str(snapshot),
            Self::Graph => return f.write_str("finding out who can become whom"),
            Self::Reading(Progress::Roles { read, all }) => ("roles", *read, *all),
            Self::Reading(Progress::Documents { read, all }) => ("policies", *read, *all),
        };
        write!(f, "reading {what}: {} of {}", grouped(read), grouped(all))?;
        // What was read may be more than what was counted before.
        match (read.min(all) * 100).checked_div(all) {
            Some(percent) => write!(f, " ({percent} %)"),
            None => Ok(()),
        }
    }
}

/// A snapshot that was loaded.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What is asked.
    pub graph: Arc<Graph>,
    /// The snapshot's number; `None` for the sample.
    pub snapshot: Option<String>,
}

/// Why there is nothing to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadError {
    /// There is no snapshot yet: the first run.
    NoSnapshot,
    /// There is one, and it can't be read.
    Failed {
        /// What went wrong, and where.
        message: String,
        /// What to do next, one line each.
        hints: Vec<String>,
    },
}

/// A path to be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeRequest {
    /// Where the path starts.
    pub source: String,
    /// The role at its end.
    pub target: String,
    /// Its hops, with what is predicted.
    pub path: answer::Path,
}

/// What has to be said before anything is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeQuestion {
    /// With which credentials the first call would be made.
    pub credentials: String,
    /// What will be skipped and why, and what else to know.
    pub notes: Vec<String>,
    /// Whether any call will be made.
    pub live: bool,
}

/// Tries paths live. Nothing is called before [`Prober::run`].
pub trait Prober: Send + Sync {
    /// What to ask the user. May look at the configured credentials.
    fn describe(&self, request: &ProbeRequest) -> Boxed<ProbeQuestion>;

    /// Makes the calls, telling of each hop as it ends.
    fn run(
        &self,
        request: ProbeRequest,
        on_hop: Box<dyn FnMut(ProbeHop) + Send>,
    ) -> Boxed<Result<Probe, String>>;
}

/// The prober of the demo: it calls nothing and says so.
#[derive(Debug, Clone, Copy, Default)]
pub struct PredictionOnly;

impl Prober for PredictionOnly {
    fn describe(&self, _request: &ProbeRequest) -> Boxed<ProbeQuestion> {
        let question = ProbeQuestion {
            credentials: "none: this organization is a sample".to_owned(),
            notes: vec!["Nothing will be called; only the prediction is shown.".to_owned()],
            live: false,
        };
        Box::pin(std::future::ready(question))
    }

    fn run(
        &self,
        request: ProbeRequest,
        mut on_hop: Box<dyn FnMut(ProbeHop) + Send>,
    ) -> Boxed<Result<Probe, String>> {
        let hops: Vec<_> = request
            .path
            .hops
            .into_iter()
            .map(|hop| ProbeHop {
                from: hop.from,
                to: hop.to,
                action: hop.action,
                predicted: Some(hop.verdict),
                outcome: ProbeOutcome::Skipped,
                identity: None,
                error: Some("the demo calls nothing".to_owned()),
                ms: None,
            })
            .collect();
        for hop in &hops {
            on_hop(hop.clone());
        }
        let probe = Probe { schema: "rolewalk/probe/1", hops, agrees: None };
        Box::pin(std::future::ready(Ok(probe)))
    }
}
