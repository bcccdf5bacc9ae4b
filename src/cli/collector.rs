//! Crawls and imports for the screens.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::collect::{self, Hosts, Outline};
use super::error::CliError;
use super::prober::connect;
use super::request::Request;
use super::{args, caller, progress, snapshots, store};
use crate::arn::AccountId;
use crate::aws::Settings;
use crate::collect::{
    Event, Gap, Keeper, Kept, Options, Plan, ReadHcp, Renew, Run, Sink, SinkError, Summary, Task,
    plan, run,
};
use crate::org::NotRead;
use crate::org::reading::{AccountReading, HcpReading, OrganizationReading, Origin};
use crate::snapshot::Source;
use crate::tui::{
    Boxed, Collector, CrawlEnd, CrawlOutline, Imported, Missing, News, Refusal, ToMend, Wanted,
};

/// How long somebody looks at a card before the credentials count as not known.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hears news.
type Tell = Box<dyn FnMut(News) + Send>;

/// A plan with its number, until it is run.
type Planned = Arc<Mutex<Option<(usize, Plan, Task, Vec<ReadHcp>)>>>;

/// Collects with the configured ways into the database that the screens show.
pub(crate) struct LiveCollector {
    settings: Settings,
    /// What to crawl with, or why that can't be told.
    options: Result<Options, CliError>,
    /// HCP Terraform, as far as there are tokens for it, or why that can't be told.
    hcp: Result<Hosts, CliError>,
    database: Option<PathBuf>,
    planned: Planned,
}

impl LiveCollector {
    pub(crate) fn new(request: &Request, database: Option<PathBuf>) -> Self {
        Self {
            settings: caller::settings(&request.aws),
            options: collect::options(request, &args::Ways::default(), &[]),
            hcp: collect::hcp(&request.config, &[], &[]),
            database,
            planned: Planned::default(),
        }
    }
}

impl From<CliError> for Refusal {
    fn from(error: CliError) -> Self {
        Self { message: error.message, hints: error.hints }
    }
}

impl Collector for LiveCollector {
    fn caller(&self) -> Boxed<Result<String, String>> {
        let settings = self.settings.clone();
        Box::pin(async move {
            match tokio::time::timeout(PATIENCE, connect(&settings)).await {
                Ok(Ok((_, me))) => Ok(me.arn.to_string()),
                Ok(Err(failure)) => Err(format!("{failure}; {}", failure.kind.next_step())),
                Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
            }
        })
    }

    fn plan(&self, number: usize, wanted: Wanted) -> Boxed<Result<CrawlOutline, Refusal>> {
        let options = self.options.clone();
        let hcp = self.hcp.clone();
        let database = self.database.clone();
        let planned = Arc::clone(&self.planned);
        Box::pin(async move {
            let mut options = options?;
            let account = match &wanted {
                Wanted::Account { id, .. } => Some(account(id)?),
                Wanted::Everything | Wanted::Missing => None,
            };
            options.accounts.extend(account);
            writable(database.as_deref())?;
            let plan = plan(&options).await.map_err(collect::error)?;
            let found = hcp.as_ref().ok();
            let mut task = task(&plan, &wanted, account, found, database.as_deref())?;
            // Where it is not to be read, it does not matter why it could not be.
            let hcp = if task.reads_hosts() { hcp?.wanted_by(&task) } else { Hosts::default() };
            task.settle_hosts(hcp.names());
            let outline = outline(&plan, &task, &hcp);
            *planned.lock().unwrap_or_else(PoisonError::into_inner) =
                Some((number, plan, task, hcp.read));
            Ok(outline)
        })
    }

    fn run(
        &self,
        number: usize,
        stop: watch::Receiver<bool>,
        news: Box<dyn FnMut(News) + Send>,
    ) -> Boxed<Result<CrawlEnd, Refusal>> {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let found = planned.take_if(|(planned, ..)| *planned == number);
        let database = self.database.clone();
        Box::pin(async move {
            let Some((_, plan, task, hcp)) = found else {
                return Err(CliError::failed("the plan is gone: ask again").into());
            };
            crawl(plan, task, hcp, database.as_deref(), stop, news).await.map_err(Refusal::from)
        })
    }

    fn import(&self, directory: String) -> Boxed<Result<Imported, Refusal>> {
        let database = self.database.clone();
        let work = move || {
            let kept = snapshots::keep_dump(database.as_deref(), &from_home(&directory))?;
            Ok(Imported {
                snapshot: kept.snapshot.to_string(),
                text: kept.text(),
                problems: kept.problems.iter().map(ToString::to_string).collect(),
            })
        };
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(work).await;
            done.unwrap_or_else(|_| Err(CliError::failed("rolewalk itself failed at the import")))
                .map_err(Refusal::from)
        })
    }
}

/// A shell would have replaced `~` in what is typed.
fn from_home(directory: &str) -> PathBuf {
    match (directory.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(directory),
    }
}

fn account(id: &str) -> Result<AccountId, CliError> {
    id.parse().map_err(|error| CliError::input(format!("`{id}` is no account: {error}")))
}

/// Refuses where what would be read could not be kept. A database that is not there yet is made
/// when the crawl begins.
fn writable(database: Option<&Path>) -> Result<(), CliError> {
    let Some(existing) = store::open_existing(database)? else { return Ok(()) };
    let known = existing.list().map_err(store::failed)?;
    let packed = !known.is_empty() && known.iter().all(|info| info.source == Source::Copy);
    let path = existing.path().display().to_string();
    drop(existing);
    if packed {
        return Err(CliError::snapshot(format!(
            "`{path}` is a packed snapshot, which is left as it is"
        ))
        .hint("`rolewalk` without `--db`, or with another file, has a database to collect into"));
    }
    store::open_to_write(database)
        .map(drop)
        .map_err(|error| error.hint("`--db FILE` names a database that can be written to"))
}

fn task(
    plan: &Plan,
    wanted: &Wanted,
    account: Option<AccountId>,
    hcp: Option<&Hosts>,
    database: Option<&Path>,
) -> Result<Task, CliError> {
    let renew = match wanted {
        Wanted::Everything => Renew::All,
        Wanted::Missing => Renew::Missing,
        Wanted::Account { snapshot: Some(shown), .. } => Renew::Accounts(store::number(shown)?),
        Wanted::Account { snapshot: None, .. } => Renew::All,
    };
    let chosen = match account {
        Some(account) if plan.accounts.iter().any(|planned| planned.id == account) => {
            [account].into()
        }
        Some(account) => {
            return Err(CliError::input(format!(
                "the organization of these credentials has no account {account}"
            ))
            .hint("what is shown was read with others: `--profile` names them"));
        }
        None => plan.accounts.iter().map(|account| account.id).collect(),
    };
    let earlier = store::open_existing(database)?;
    let task = Task::new(plan, chosen, &BTreeSet::new(), renew, earlier.as_ref())
        .map_err(collect::unkept)?;
    if task.is_empty(hcp.into_iter().flat_map(Hosts::names)) {
        return Err(CliError::input("nothing is missing: there is nothing to read"));
    }
    Ok(task)
}

fn outline(plan: &Plan, task: &Task, hcp: &Hosts) -> CrawlOutline {
    let accounts = plan
        .accounts
        .iter()
        .filter(|account| task.accounts.contains(&account.id))
        .map(|account| (account.id.to_string(), account.name.clone()))
        .collect();
    CrawlOutline { lines: Outline::of(plan, task, hcp).lines(), accounts }
}

async fn crawl(
    plan: Plan,
    task: Task,
    hcp: Vec<ReadHcp>,
    database: Option<&Path>,
    stop: watch::Receiver<bool>,
    news: Tell,
) -> Result<CrawlEnd, CliError> {
    let store = store::open_to_write(database)?;
    let news = Arc::new(Mutex::new(news));
    let mut options = Run::new(stop);
    options.organization = task.organization;
    options.hcp = hcp;
    let accounts = task.accounts.clone();
    options.select = Box::new(move |account| accounts.contains(&account));
    let mut sink = Told { keeper: Keeper::new(store, task), news: Arc::clone(&news) };
    let mut events = |event| {
        for one in told(event) {
            (news.lock().unwrap_or_else(PoisonError::into_inner))(one);
        }
    };
    let summary = run(plan, options, &mut sink, &mut events).await.map_err(collect::error)?;
    let kept = sink.keeper.finish(&summary).map_err(collect::unkept)?;
    Ok(end(&summary, kept))
}

/// A keeper that says which snapshot it writes. SQLite is waited for where others can go on.
struct Told {
    keeper: Keeper,
    news: Arc<Mutex<Tell>>,
}

impl Sink for Told {
    fn begin(&mut self, origin: Origin) -> Result<(), SinkError> {
        tokio::task::block_in_place(|| self.keeper.begin(origin))?;
        if let Some(snapshot) = self.keeper.snapshot() {
            let mut news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
            news(News::Snapshot(snapshot.to_string()));
        }
        Ok(())
    }

    fn organization(&mut self, reading: OrganizationReading) -> Result<(), SinkError> {
        tokio::task::block_in_place(|| self.keeper.organization(reading))
    }

    fn account(&mut self, reading: AccountReading) -> Result<(), SinkError> {
        tokio::task::block_in_place(|| self.keeper.account(reading))
    }

    fn hcp(&mut self, reading: HcpReading) -> Result<(), SinkError> {
        tokio::task::block_in_place(|| self.keeper.hcp(reading))
    }
}

fn told(event: Event) -> Vec<News> {
    vec![match event {
        Event::Hcp { host, counts, gaps } => {
            let note = match counts {
                Some(counts) => format!("{host}: {}", progress::host_counts(counts)),
                None => format!("{host}: not read"),
            };
            let missing = |gap| missing_of(None, Some(&host), gap);
            let gaps = gaps.iter().map(|gap| News::OrganizationGap(missing(gap)));
            return gaps.chain([News::Note(note)]).collect();
        }
        Event::Caller { .. } | Event::Finished(_) => return Vec::new(),
        Event::Organization(counts) => News::Organization(progress::organization(&counts)),
        Event::OrganizationGap(gap) => News::OrganizationGap(missing(None, &gap)),
        Event::NoOrganizationAccess { account, gap } => {
            let note = match &gap {
                Some(_) => {
                    format!("The organization's accounts can't be listed: {account} is read")
                }
                None => format!("The account {account} belongs to no organization"),
            };
            let gap = gap.map(|gap| News::OrganizationGap(missing(None, &gap)));
            return gap.into_iter().chain([News::Note(note)]).collect();
        }
        Event::AccountStarted { account } => News::Started { account: account.to_string() },
        Event::AccountRead { account, roles, users, gaps, elapsed } => News::Read {
            account: account.to_string(),
            roles,
            users,
            gaps: gaps.iter().map(|gap| missing(Some(account), gap)).collect(),
            elapsed,
        },
        Event::AccountNotRead { account, gap } => {
            News::NotRead { account: account.to_string(), gap: missing(Some(account), &gap) }
        }
    }]
}

/// A gap with what to do about it, which is told as for a crawl with this gap alone.
fn missing(account: Option<AccountId>, gap: &NotRead) -> Missing {
    missing_of(account, None, gap)
}

fn missing_of(account: Option<AccountId>, host: Option<&str>, gap: &NotRead) -> Missing {
    let host = host.map(str::to_owned);
    let one = Gap { account, host, whole: false, not_read: gap.clone() };
    let summary = Summary { gaps: vec![one], ..Summary::default() };
    let next = summary.failures().into_iter().next().map(|group| group.next);
    Missing {
        kind: gap.kind,
        call: gap.call.clone(),
        message: gap.message.clone(),
        next: next.unwrap_or_default(),
    }
}

fn end(summary: &Summary, kept: Kept) -> CrawlEnd {
    let failures = summary
        .failures()
        .into_iter()
        .map(|group| ToMend {
            place: group.place(),
            what: [Some(group.kind.as_str().to_owned()), Some(group.call), group.code]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" "),
            message: group.message,
            accounts: group.accounts.iter().map(ToString::to_string).collect(),
            next: group.next,
        })
        .collect();
    CrawlEnd {
        snapshot: kept.snapshot.to_string(),
        complete: kept.complete,
        read: summary.read,
        roles: summary.roles,
        left: summary.left,
        stopped: summary.stopped.as_ref().map(ToString::to_string),
        failures,
        requests: summary.traffic.requests,
        retries: summary.traffic.retries,
        elapsed: summary.elapsed,
    }
}
