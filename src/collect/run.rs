//! The crawl itself: the organization and, beside it, the accounts, some at a time.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use super::account::{self, AwsPolicies};
use super::event::{Event, Gap, OrganizationCounts, Summary};
use super::hcp;
use super::organization::Organization;
use super::plan::{Access, Entry, NoOrganization, Plan, PlannedAccount, Ways};
use super::{CollectError, Sink};
use crate::arn::{AccountId, Partition};
use crate::aws::{Connection, Failure, FailureKind};
use crate::org::reading::{
    AccountReading, AccountState, OrganizationFacts, OrganizationReading, Origin,
};
use crate::org::{Fact, NotRead, NotReadKind};

/// How to run a plan.
pub struct Run {
    /// How many accounts are read at the same time; at least one is.
    pub concurrency: usize,
    /// Which accounts are read.
    pub select: Box<dyn Fn(AccountId) -> bool + Send + Sync>,
    /// Whether the organization is read.
    pub organization: bool,
    /// Hosts of HCP Terraform that are read as well.
    pub hcp: Vec<ReadHcp>,
    /// Turns true when the crawl should end: what is being read is finished, nothing is begun.
    pub cancel: watch::Receiver<bool>,
}

impl Run {
    /// All accounts, eight at a time.
    pub fn new(cancel: watch::Receiver<bool>) -> Self {
        Self {
            concurrency: 8,
            select: Box::new(|_| true),
            organization: true,
            hcp: Vec::new(),
            cancel,
        }
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("concurrency", &self.concurrency).finish_non_exhaustive()
    }
}

/// A host of HCP Terraform, to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadHcp {
    /// Where, and the token.
    pub access: hcp::Access,
    /// Organizations by name; all that the token sees where none is named.
    pub organizations: Vec<String>,
}

/// What the tasks of a crawl share.
struct Shared {
    reader: Connection,
    caller: Connection,
    ways: Ways,
    partition: Partition,
    aws_policies: AwsPolicies,
}

enum Done {
    Organization(Box<OrganizationReading>),
    Hcp(Box<hcp::Outcome>),
    Account { reading: Box<AccountReading>, started: Instant, stop: Option<Failure> },
}

/// Reads what was planned. Dropping the future stops the crawl at once; readings already handed
/// to the sink stay.
pub async fn run(
    plan: Plan,
    options: Run,
    sink: &mut dyn Sink,
    events: &mut (dyn FnMut(Event) + Send),
) -> Result<Summary, CollectError> {
    let begun = Instant::now();
    sink.begin(origin(Some(plan.caller.arn.to_string())))?;
    events(Event::Caller { caller: plan.caller.clone(), via: plan.via.clone() });
    let own = plan.reader().account;
    match &plan.no_organization {
        Some(NoOrganization::NotInUse) => {
            events(Event::NoOrganizationAccess { account: own, gap: None });
        }
        Some(NoOrganization::NotRead(gap)) => {
            events(Event::NoOrganizationAccess { account: own, gap: Some(gap.clone()) });
        }
        None => {}
    }

    let mut summary = Summary { known: plan.accounts.len(), ..Summary::default() };
    let mut waiting: VecDeque<PlannedAccount> =
        plan.accounts.iter().filter(|account| (options.select)(account.id)).cloned().collect();
    summary.excluded = summary.known - waiting.len();
    let shared = Arc::new(Shared {
        reader: plan.reader_connection.clone(),
        caller: plan.caller_connection.clone(),
        ways: plan.ways.clone(),
        partition: plan.partition(),
        aws_policies: AwsPolicies::default(),
    });
    let mut tasks: JoinSet<Done> = JoinSet::new();
    let mut cancel = options.cancel;
    let mut cancellable = true;
    let mut reading_accounts = 0;
    let mut finished: Option<Done> = None;

    match plan.organization.clone() {
        _ if !options.organization => {}
        Fact::Read(Some(description)) => {
            let cancel = cancel.clone();
            tasks.spawn(async move {
                let organization = Organization::new(&plan.organization_connection);
                let reading =
                    organization.read(description, &plan.listed, plan.tree, &cancel).await;
                Done::Organization(Box::new(reading))
            });
        }
        Fact::Read(None) => {
            keep_organization(bare(Fact::Read(None)), sink, events, &mut summary)?;
        }
        Fact::NotRead(gap) => {
            keep_organization(bare(Fact::NotRead(gap)), sink, events, &mut summary)?;
        }
    }

    for read in options.hcp {
        let cancel = cancel.clone();
        tasks.spawn(async move {
            let outcome = hcp::read(&read.access, &read.organizations, &cancel).await;
            Done::Hcp(Box::new(outcome))
        });
    }

    loop {
        while reading_accounts < options.concurrency.max(1)
            && !*cancel.borrow()
            && summary.stopped.is_none()
        {
            let Some(next) = waiting.pop_front() else { break };
            if next.access == Access::Closed {
                let reading = account::unread(next.id, shared.partition, &closed(next.state));
                keep_account(reading, begun, sink, events, &mut summary)?;
                continue;
            }
            events(Event::AccountStarted { account: next.id });
            reading_accounts += 1;
            let shared = Arc::clone(&shared);
            tasks.spawn(async move { read_account(&shared, &next).await });
        }
        // The next account is on its way before this one is written.
        match finished.take() {
            Some(Done::Organization(reading)) => {
                keep_organization(*reading, sink, events, &mut summary)?;
            }
            Some(Done::Account { reading, started, .. }) => {
                keep_account(*reading, started, sink, events, &mut summary)?;
            }
            Some(Done::Hcp(outcome)) => {
                keep_hcp(*outcome, sink, events, &mut summary)?;
            }
            None => {}
        }
        let done = tokio::select! {
            done = tasks.join_next() => done,
            changed = cancel.changed(), if cancellable => {
                cancellable = changed.is_ok();
                continue;
            }
        };
        let Some(done) = done.map(result) else { break };
        if let Done::Account { stop, .. } = &done {
            reading_accounts -= 1;
            if summary.stopped.is_none() {
                summary.stopped.clone_from(stop);
            }
        }
        finished = Some(done);
    }
    summary.left = waiting.len();
    let traffic = shared.reader.traffic();
    summary.traffic.requests += traffic.requests;
    summary.traffic.retries += traffic.retries;
    summary.elapsed = begun.elapsed();
    events(Event::Finished(summary.clone()));
    Ok(summary)
}

/// A reading that begins now. HCP Terraform alone is read by nobody that AWS knows.
fn origin(collected_by: Option<String>) -> Origin {
    Origin {
        collected_at: Some(Timestamp::now()),
        collected_by,
        tool_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
    }
}

/// Reads HCP Terraform alone, where the accounts are what they were.
pub async fn run_hcp(
    hosts: Vec<ReadHcp>,
    cancel: &watch::Receiver<bool>,
    sink: &mut dyn Sink,
    events: &mut (dyn FnMut(Event) + Send),
) -> Result<Summary, CollectError> {
    let begun = Instant::now();
    sink.begin(origin(None))?;
    let mut summary = Summary::default();
    let mut outcomes: FuturesUnordered<_> =
        hosts.iter().map(|read| hcp::read(&read.access, &read.organizations, cancel)).collect();
    while let Some(outcome) = outcomes.next().await {
        keep_hcp(outcome, sink, events, &mut summary)?;
    }
    summary.elapsed = begun.elapsed();
    events(Event::Finished(summary.clone()));
    Ok(summary)
}

fn keep_hcp(
    outcome: hcp::Outcome,
    sink: &mut dyn Sink,
    events: &mut (dyn FnMut(Event) + Send),
    summary: &mut Summary,
) -> Result<(), CollectError> {
    summary.traffic.requests += outcome.traffic.requests;
    summary.traffic.retries += outcome.traffic.retries;
    let host = outcome.reading.host.clone().unwrap_or_default();
    let counts = outcome.counts();
    let of_host = |not_read: &NotRead| Gap {
        account: None,
        host: Some(host.clone()),
        whole: counts.is_none(),
        not_read: not_read.clone(),
    };
    summary.gaps.extend(outcome.gaps.iter().map(of_host));
    summary.hosts.push((host.clone(), counts));
    summary.hosts.sort();
    let event = Event::Hcp { host, counts, gaps: outcome.gaps };
    sink.hcp(outcome.reading)?;
    events(event);
    Ok(())
}

/// A task's result; a panic in it goes on here, where it would have been without tasks.
fn result(done: Result<Done, JoinError>) -> Done {
    match done {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

async fn read_account(shared: &Shared, planned: &PlannedAccount) -> Done {
    let started = Instant::now();
    let entry = shared.ways.of(planned.id);
    let entered = match planned.access {
        Access::Own => Ok(shared.reader.clone()),
        Access::Caller => Ok(shared.caller.clone()),
        Access::Enter | Access::Closed => {
            account::enter(&shared.reader, &shared.ways, shared.partition, planned.id).await
        }
    };
    let connection = match entered {
        Ok(connection) => connection,
        Err(failure) => {
            let reading = account::unread(planned.id, shared.partition, &failure.not_read());
            let stop = Some(failure).filter(|failure| spoils_crawl(entry, failure));
            return Done::Account { reading: Box::new(reading), started, stop };
        }
    };
    let (reading, ended) =
        account::read(&connection, planned.id, shared.partition, &shared.aws_policies).await;
    let stop = ended.filter(|failure| {
        // A role session of one account says nothing about the next account.
        let shared_credentials =
            planned.access != Access::Enter || matches!(entry, Entry::IdentityCenter(_));
        shared_credentials && spoils_crawl(entry, failure)
    });
    Done::Account { reading: Box::new(reading), started, stop }
}

/// Whether the crawl's own credentials are at fault. Identity Center answers account by account;
/// there only an expired login concerns all of them.
fn spoils_crawl(entry: &Entry, failure: &Failure) -> bool {
    match entry {
        Entry::Role { .. } => failure.kind.spoils_all(),
        Entry::IdentityCenter(_) => failure.kind == FailureKind::ExpiredCredentials,
        // A profile is one account's.
        Entry::Profile(_) => false,
    }
}

fn closed(state: AccountState) -> NotRead {
    let message = match state {
        AccountState::PendingActivation => "the account is not active yet",
        AccountState::PendingClosure => "the account is being closed",
        AccountState::Closed => "the account is closed",
        AccountState::Suspended | AccountState::Active | AccountState::Unknown => {
            "the account is suspended"
        }
    };
    NotRead::new("sts:AssumeRole", NotReadKind::Suspended, message)
}

fn bare(organization: Fact<Option<OrganizationFacts>>) -> OrganizationReading {
    OrganizationReading { read_at: Some(Timestamp::now()), organization }
}

fn keep_organization(
    reading: OrganizationReading,
    sink: &mut dyn Sink,
    events: &mut (dyn FnMut(Event) + Send),
    summary: &mut Summary,
) -> Result<(), CollectError> {
    let gaps = gaps(&reading);
    if let Some(counts) = OrganizationCounts::of(&reading) {
        events(Event::Organization(counts));
    }
    for gap in &gaps {
        events(Event::OrganizationGap(gap.clone()));
    }
    summary.gaps.extend(gaps.into_iter().map(|not_read| Gap {
        account: None,
        host: None,
        whole: false,
        not_read,
    }));
    sink.organization(reading)?;
    Ok(())
}

/// Everything in the reading that was not read, each reason once.
fn gaps(reading: &OrganizationReading) -> Vec<NotRead> {
    let facts = match &reading.organization {
        Fact::NotRead(gap) => return vec![gap.clone()],
        Fact::Read(None) => return Vec::new(),
        Fact::Read(Some(facts)) => facts,
    };
    let policies = [&facts.scps, &facts.rcps].into_iter().filter_map(|policies| policies.read());
    let inside = policies
        .flatten()
        .flat_map(|policy| policy.document.gap().into_iter().chain(policy.targets.gap()));
    let mut found: Vec<NotRead> = [
        facts.tree.gap(),
        facts.scps.gap(),
        facts.rcps.gap(),
        facts.delegated_administrators.gap(),
    ]
    .into_iter()
    .flatten()
    .chain(inside)
    .chain(&facts.not_read)
    .cloned()
    .collect();
    let mut seen = HashSet::new();
    found.retain(|gap| seen.insert(gap.clone()));
    found
}

fn keep_account(
    reading: AccountReading,
    started: Instant,
    sink: &mut dyn Sink,
    events: &mut (dyn FnMut(Event) + Send),
    summary: &mut Summary,
) -> Result<(), CollectError> {
    let account = reading.account;
    let event = match &reading.identities {
        Fact::NotRead(gap) => {
            summary.gaps.push(Gap {
                account: Some(account),
                host: None,
                whole: true,
                not_read: gap.clone(),
            });
            Event::AccountNotRead { account, gap: gap.clone() }
        }
        Fact::Read(identities) => {
            let providers = [reading.oidc_providers.gap(), reading.saml_providers.gap()];
            let documents =
                identities.managed_policies.iter().filter_map(|policy| policy.document.gap());
            let gaps: Vec<NotRead> = providers
                .into_iter()
                .flatten()
                .chain(documents)
                .chain(&reading.not_read)
                .cloned()
                .collect();
            summary.read += 1;
            summary.roles += identities.roles.len();
            if !gaps.is_empty() {
                summary.incomplete += 1;
            }
            let of_account = |not_read: &NotRead| Gap {
                account: Some(account),
                host: None,
                whole: false,
                not_read: not_read.clone(),
            };
            summary.gaps.extend(gaps.iter().map(of_account));
            Event::AccountRead {
                account,
                roles: identities.roles.len(),
                users: identities.users.len(),
                gaps,
                elapsed: started.elapsed(),
            }
        }
    };
    sink.account(reading)?;
    events(event);
    Ok(())
}
