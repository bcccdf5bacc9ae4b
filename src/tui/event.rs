//! What comes in, what goes out, and what is asked in between.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::keys::Chord;
use super::matrix::{Arrange, Arranged, Grid};
use super::organization::TreeModel;
use super::picker::Hit;
use super::session::{
    CrawlEnd, CrawlOutline, Imported, LoadError, LoadStep, News, ProbeQuestion, ProbeRequest,
    Refusal, ReportOf, Wanted, Which,
};
use crate::answer::{Detail, Overview, Paths, Reach, Scenario, StatedFact, Topology, WhoCan, Why};
use crate::probe::{Probe, ProbeHop};
use crate::troubleshoot::Explanation;

/// Everything that can happen.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Key(Chord),
    Paste(String),
    Resize(u16, u16),
    /// Time passed.
    Tick(Timestamp),
    Loading(LoadStep),
    Loaded(Result<Box<Shown>, LoadError>),
    Answered(Slot, u64, Result<Answer, Problem>),
    ProbeDescribed(usize, ProbeQuestion),
    ProbeHop(usize, ProbeHop),
    ProbeDone(usize, Result<Probe, String>),
    Exported(Result<String, String>),
    /// Whom the present credentials belong to, or why that is not known.
    Caller(Result<String, String>),
    CrawlPlanned(usize, Result<CrawlOutline, Refusal>),
    Crawl(News),
    CrawlDone(Result<Box<CrawlEnd>, Refusal>),
    Imported(Result<Imported, Refusal>),
}

/// Facts that were loaded, as far as the state has to know them.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) overview: Overview,
    /// The snapshot's number; `None` for the sample.
    pub(crate) snapshot: Option<String>,
    /// What is stated of every call.
    pub(crate) scenario: Vec<StatedFact>,
}

/// Everything that an update may want done.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    Ask(Slot, u64, Question),
    DescribeProbe(usize, ProbeRequest),
    RunProbe(usize, ProbeRequest),
    Export(ReportOf),
    /// Loads facts, or works with those that are there, under what is stated of every call.
    Load(Option<Which>, Scenario),
    AskCaller,
    PlanCrawl(usize, Wanted),
    RunCrawl(usize),
    /// Lets the crawl finish what it has in hand.
    StopCrawl,
    Import(String),
    Copy(String),
    Redraw,
    Suspend,
    Quit,
}

/// Who waits for an answer. A newer question of a slot replaces an older one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Slot {
    Tree,
    TreeFilter,
    Detail,
    Marks,
    Topology,
    Matrix,
    /// What is seen of the matrix.
    Arrange,
    Paths,
    Why,
    Explain,
    Rank,
}

/// A question that takes work: it is answered beside the loop.
#[derive(Debug, Clone)]
pub(crate) enum Question {
    Tree,
    TreeFilter(Arc<TreeModel>, String),
    Detail(String),
    Why {
        caller: String,
        role: String,
    },
    Paths {
        from: String,
        to: String,
    },
    WhoCan(String),
    Reach(String),
    Matrix,
    Arrange(Box<Arrange>),
    Topology,
    /// A failure's text, and the sides of its call where they were chosen.
    Explain {
        text: String,
        caller: Option<String>,
        role: Option<String>,
    },
    /// Orders actions and things by how well they fit a text.
    Rank {
        labels: Arc<Vec<String>>,
        things: Option<Arc<TreeModel>>,
        text: String,
    },
}

/// What comes back.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Tree(Arc<TreeModel>),
    TreeFilter(Vec<usize>),
    Detail(Arc<Detail>),
    Why(Box<Why>),
    Paths(Box<Paths>),
    WhoCan(Box<WhoCan>),
    Reach(Box<Reach>),
    Matrix(Arc<Grid>),
    Arranged(Arc<Arranged>),
    Topology(Arc<Topology>),
    Explained(Box<Explanation>),
    Ranked(Vec<Hit>),
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) message: String,
    pub(crate) hints: Vec<String>,
}

/// What a screen wants from the whole.
#[derive(Debug, Clone)]
pub(crate) enum Intent {
    Ask(Slot, Question),
    /// Forgets what was asked: its answer would come too late.
    Forget(Slot),
    Go(Place),
    Notice(String),
}

/// A place that the history remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Organization(Option<String>),
    Matrix,
    Paths { from: Option<String>, to: Option<String> },
    Troubleshoot,
    Probes,
    Collecting,
}

/// Generation numbers: which answers are still wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Requests {
    generation: u64,
    ticks: u64,
    /// The generation that is waited for, and when it was asked.
    waiting: BTreeMap<Slot, (u64, u64)>,
}

impl Requests {
    pub(crate) fn ask(&mut self, slot: Slot) -> u64 {
        self.generation += 1;
        self.waiting.insert(slot, (self.generation, self.ticks));
        self.generation
    }

    pub(crate) fn forget(&mut self, slot: Slot) {
        self.waiting.remove(&slot);
    }

    /// Whether the answer is the one that is waited for; it is waited for no more.
    pub(crate) fn take(&mut self, slot: Slot, generation: u64) -> bool {
        let wanted = self.waiting.get(&slot).is_some_and(|(wanted, _)| *wanted == generation);
        if wanted {
            self.waiting.remove(&slot);
        }
        wanted
    }

    pub(crate) fn is_waiting(&self, slot: Slot) -> bool {
        self.waiting.contains_key(&slot)
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn tick(&mut self) {
        self.ticks += 1;
    }

    pub(crate) fn ticks(&self) -> u64 {
        self.ticks
    }

    /// Whether an answer takes long enough to say so; most don't, and a mark that flashes up
    /// for a moment only disturbs.
    pub(crate) fn is_slow(&self, slot: Slot) -> bool {
        self.waiting.get(&slot).is_some_and(|(_, asked)| self.ticks > asked + 1)
    }
}
