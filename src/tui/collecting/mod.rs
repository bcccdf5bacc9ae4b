//! Screen 0: the crawl that runs, or ran last, and its accounts as they arrive.

mod view;

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

pub(crate) use view::draw;

use super::describe::{self, counted, grouped};
use super::document::{About, Reader};
use super::keys::Action;
use super::organization::Pane;
use super::session::{CrawlEnd, CrawlOutline, Missing, News, Refusal, Wanted};

/// How far an account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AccountState {
    Waiting,
    Reading,
    Read { roles: usize, users: usize, gaps: Vec<Missing>, elapsed: Duration },
    NotRead(Missing),
}

#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) state: AccountState,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    Running,
    /// Accounts in hand are finished, no other is begun.
    Stopping,
    Ended(Result<Box<CrawlEnd>, Refusal>),
}

/// One crawl.
#[derive(Debug, Clone)]
pub(crate) struct Crawl {
    pub(crate) wanted: Wanted,
    pub(crate) outline: CrawlOutline,
    pub(crate) progress: Progress,
    pub(crate) accounts: Vec<Account>,
    places: HashMap<String, usize>,
    /// Accounts in the order in which they were done.
    pub(crate) done: Vec<usize>,
    pub(crate) failed: usize,
    pub(crate) roles: usize,
    /// What was said of the organization.
    pub(crate) organization: Option<String>,
    pub(crate) gaps: Vec<Missing>,
    pub(crate) notes: Vec<String>,
    /// The snapshot that is written.
    pub(crate) snapshot: Option<String>,
    begun: Option<Timestamp>,
    now: Option<Timestamp>,
    /// Whether the tree fills while accounts are read: there was none to look at before.
    fills: bool,
    /// How many accounts were read when the snapshot was last loaded.
    loaded: usize,
}

/// A time left that is told from less is a guess.
const TELLING: usize = 3;

impl Crawl {
    fn new(wanted: Wanted, outline: CrawlOutline, fills: bool, now: Option<Timestamp>) -> Self {
        let accounts: Vec<Account> = outline
            .accounts
            .iter()
            .map(|(id, name)| Account {
                id: id.clone(),
                name: name.clone(),
                state: AccountState::Waiting,
            })
            .collect();
        let places =
            accounts.iter().enumerate().map(|(place, account)| (account.id.clone(), place));
        Self {
            places: places.collect(),
            wanted,
            outline,
            progress: Progress::Running,
            accounts,
            done: Vec::new(),
            failed: 0,
            roles: 0,
            organization: None,
            gaps: Vec::new(),
            notes: Vec::new(),
            snapshot: None,
            begun: now,
            now,
            fills,
            loaded: 0,
        }
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Snapshot(number) => self.snapshot = Some(number),
            News::Organization(text) => self.organization = Some(text),
            News::OrganizationGap(gap) => self.gaps.push(gap),
            News::Note(text) => self.notes.push(text),
            News::Started { account } => self.set(&account, AccountState::Reading),
            News::Read { account, roles, users, gaps, elapsed } => {
                self.roles += roles;
                self.set(&account, AccountState::Read { roles, users, gaps, elapsed });
            }
            News::NotRead { account, gap } => {
                self.failed += 1;
                self.set(&account, AccountState::NotRead(gap));
            }
        }
    }

    fn set(&mut self, account: &str, state: AccountState) {
        let Some(place) = self.places.get(account).copied() else { return };
        if !matches!(state, AccountState::Waiting | AccountState::Reading) {
            self.done.push(place);
        }
        if let Some(account) = self.accounts.get_mut(place) {
            account.state = state;
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        !matches!(self.progress, Progress::Ended(_))
    }

    pub(crate) fn read(&self) -> usize {
        self.done.len() - self.failed
    }

    pub(crate) fn elapsed(&self) -> Option<Duration> {
        if let Progress::Ended(Ok(end)) = &self.progress {
            return Some(end.elapsed);
        }
        Duration::try_from(self.now?.duration_since(self.begun?)).ok()
    }

    /// Accounts a second.
    pub(crate) fn rate(&self) -> Option<f64> {
        let elapsed = self.elapsed()?.as_secs_f64();
        let done = u32::try_from(self.done.len()).ok()?;
        (self.done.len() >= TELLING && elapsed > 0.5).then(|| f64::from(done) / elapsed)
    }

    /// About how long it will take yet, in words.
    pub(crate) fn time_left(&self) -> Option<String> {
        let left = u32::try_from(self.accounts.len() - self.done.len()).ok()?;
        let seconds = f64::from(left) / self.rate()?;
        let seconds = Duration::try_from_secs_f64(seconds).ok()?.as_secs();
        (self.progress == Progress::Running && left > 0).then(|| match seconds {
            ..=9 => "a few s left".to_owned(),
            10..=99 => format!("about {} s left", seconds.div_ceil(5) * 5),
            100..=5_399 => format!("about {} min left", seconds.div_ceil(60)),
            _ => format!("about {} h left", seconds.div_ceil(3_600)),
        })
    }

    /// How far it is, the widest form first.
    pub(crate) fn progress_forms(&self) -> Vec<String> {
        let (done, all) = (grouped(self.done.len()), counted(self.accounts.len(), "account"));
        let stops = self.progress == Progress::Stopping;
        let verb = if stops { "stopping:" } else { "reading" };
        let short = format!("{verb} {done}/{}", grouped(self.accounts.len()));
        let mut medium = match &self.wanted {
            Wanted::Account { id, name, .. } => {
                format!("{verb} {} again", if name.is_empty() { id } else { name })
            }
            Wanted::Everything | Wanted::Missing => format!("{verb} {done} of {all}"),
        };
        if self.failed > 0 {
            medium = format!("{medium}, {} not", grouped(self.failed));
        }
        match self.time_left() {
            Some(left) => {
                vec![format!("{medium}, {left}"), format!("{short}, {left}"), medium, short]
            }
            None => vec![medium, short],
        }
    }

    /// Whether enough was read since for the snapshot to be loaded again.
    fn wants_loading(&mut self, organization: bool) -> bool {
        let grown = self.read() > 0 && self.read() * 2 >= self.loaded * 3;
        let wants = self.fills && self.snapshot.is_some() && (organization || grown);
        if wants {
            self.loaded = self.read().max(1);
        }
        wants
    }
}

#[derive(Debug, Default)]
pub(crate) struct Collecting {
    crawl: Option<Crawl>,
    pub(crate) pane: Pane,
    list: Reader,
    detail: Reader,
    /// The account whose detail is shown; `None` for the crawl as a whole.
    shown: Option<String>,
}

impl Collecting {
    pub(crate) fn crawl(&self) -> Option<&Crawl> {
        self.crawl.as_ref()
    }

    /// The crawl that runs.
    pub(crate) fn running(&self) -> Option<&Crawl> {
        self.crawl.as_ref().filter(|crawl| crawl.is_running())
    }

    pub(crate) fn begin(
        &mut self,
        wanted: Wanted,
        outline: CrawlOutline,
        fills: bool,
        now: Option<Timestamp>,
    ) {
        self.crawl = Some(Crawl::new(wanted, outline, fills, now));
        self.pane = Pane::First;
        self.shown = None;
        self.list = Reader::default();
        self.refresh();
    }

    /// Takes news; says whether the snapshot is worth loading again. `shown` is the snapshot
    /// that is on the screen.
    pub(crate) fn hear(&mut self, news: News, shown: Option<&str>) -> bool {
        let Some(crawl) = &mut self.crawl else { return false };
        // A crawl that is gone on with fills the tree that it left.
        if let News::Snapshot(number) = &news {
            crawl.fills |= shown == Some(number);
        }
        let organization = matches!(news, News::Organization(_));
        crawl.hear(news);
        let wants = crawl.wants_loading(organization);
        self.refresh();
        wants
    }

    pub(crate) fn tick(&mut self, now: Timestamp) {
        if let Some(crawl) = self.crawl.as_mut().filter(|crawl| crawl.is_running()) {
            crawl.now = Some(now);
        }
    }

    pub(crate) fn stopping(&mut self) {
        if let Some(crawl) = self.crawl.as_mut().filter(|crawl| crawl.is_running()) {
            crawl.progress = Progress::Stopping;
            self.refresh();
        }
    }

    pub(crate) fn end(&mut self, result: Result<Box<CrawlEnd>, Refusal>) {
        let Some(crawl) = &mut self.crawl else { return };
        crawl.progress = Progress::Ended(result);
        // Whoever only watched sees how it ended first.
        self.refresh();
    }

    /// Draws up both texts anew. A cursor that was moved to an account stays on it; one that
    /// rests at the top stays there while accounts arrive below.
    fn refresh(&mut self) {
        let Some(crawl) = &self.crawl else { return };
        let account = self.under_cursor();
        let document = describe::accounts(crawl);
        let place = account.as_ref().and_then(|account| {
            document.lines.iter().position(|line| line.about.selector.as_ref() == Some(account))
        });
        self.list.replace(document);
        self.list.move_to(place.unwrap_or(0));
        self.refresh_detail();
    }

    fn under_cursor(&self) -> Option<String> {
        self.list.about().selector
    }

    fn refresh_detail(&mut self) {
        let Some(crawl) = &self.crawl else { return };
        let account = self.under_cursor();
        let document = match account.as_ref().and_then(|id| crawl.places.get(id)) {
            Some(place) => crawl.accounts.get(*place).map(describe::account_read),
            None => None,
        };
        let document = document.unwrap_or_else(|| describe::crawl(crawl));
        if self.shown == account {
            self.detail.replace(document);
        } else {
            self.detail.show(document);
            self.shown = account;
        }
    }

    pub(crate) fn act(&mut self, action: Action, page: usize) {
        match self.pane {
            Pane::First => {
                if self.list.act(action, page) {
                    self.refresh_detail();
                } else if matches!(action, Action::Right) {
                    self.pane = Pane::Second;
                }
            }
            Pane::Second => {
                if !self.detail.act(action, page) && action == Action::Left {
                    self.pane = Pane::First;
                }
            }
        }
    }

    pub(crate) fn about(&self) -> About {
        match self.pane {
            Pane::First => self.list.about(),
            Pane::Second => self.detail.about(),
        }
    }

    /// The account under the cursor: id and name.
    pub(crate) fn account(&self) -> Option<(String, String)> {
        let crawl = self.crawl.as_ref()?;
        let place = crawl.places.get(&self.under_cursor()?)?;
        crawl.accounts.get(*place).map(|account| (account.id.clone(), account.name.clone()))
    }
}

/// A duration for people.
pub(crate) fn lasted(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        ..10 => format!("{:.1} s", elapsed.as_secs_f64()),
        seconds @ 10..100 => format!("{seconds} s"),
        seconds @ 100..6_000 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {:02} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}
