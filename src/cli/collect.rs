//! `collect`: who will read what, the question, the crawl, and how it ended.

use std::collections::BTreeSet;
use std::io::{self, BufRead, IsTerminal, Write};

use serde::Serialize;
use tokio::sync::watch;

use super::caller::{self, block_on};
use super::choose::{self, Candidate};
use super::error::{CliError, chain};
use super::output::Output;
use super::progress::Progress;
use super::request::{FactSource, Request};
use super::{Ending, args, render, store};
use crate::arn::AccountId;
use crate::collect::{
    self, Access, CollectError, Entry, Options, Plan, Run, Sink, Summary, Via, next_step,
};
use crate::org::NotReadKind;
use crate::snapshot::SnapshotId;
use crate::text::safe;

/// Crawls into the database.
pub(crate) fn collect(request: &Request, typed: &args::Collect) -> Result<Ending, CliError> {
    if !typed.yes && !typed.dry_run && !may_ask() {
        return Err(CliError::input(
            "a crawl assumes roles in other accounts, and there is no terminal to ask on",
        )
        .hint("`--yes` starts without asking, `--dry-run` says what would be read"));
    }
    let FactSource::Database { path, .. } = &request.facts else {
        return Err(CliError::input("the sample organization can't be collected"));
    };
    block_on(async {
        let mut plan = collect::plan(&options(request, typed)).await.map_err(error)?;
        let selected = select(&mut plan, typed).await?;
        let left_out: Vec<AccountId> = plan
            .accounts
            .iter()
            .map(|account| account.id)
            .filter(|id| !selected.contains(id))
            .collect();
        if typed.dry_run {
            let outline = Outline::of(&plan, &selected);
            return request.output.answer(&outline, |outline, _| outline.text());
        }
        if !request.output.json || !typed.yes {
            request.output.note(Outline::of(&plan, &selected).text().trim_end());
        }
        if !typed.yes && !agreed(request.output, "Start?")? {
            return Err(CliError::failed("nothing was collected: not confirmed"));
        }
        let mut keeper = store::Keeper::open(path.as_deref(), typed.resume)?;
        let selected = without_read(&plan, selected, &keeper)?;
        let summary = crawl(request.output, plan, selected, typed, &mut keeper).await?;
        let (snapshot, taken_over) = keeper.finish(&summary, &left_out)?;
        if taken_over > 0 {
            request.output.note(&format!(
                "of {} that was left out, the earlier reading was taken over",
                render::count(taken_over, "account")
            ));
        }
        ended(request.output, &summary, snapshot, typed.strict)
    })?
}

fn options(request: &Request, typed: &args::Collect) -> Options {
    let names = [&typed.role_names, &request.config.role_names]
        .into_iter()
        .find(|names| !names.is_empty())
        .cloned();
    let mut options = Options { settings: caller::settings(&request.aws), ..Options::default() };
    if let Entry::Role { names: usual, external_id } = &mut options.entry {
        if let Some(names) = names {
            *usual = names;
        }
        external_id.clone_from(&typed.external_id);
    }
    options.via =
        typed.via.clone().map(|role_arn| Via { role_arn, external_id: typed.external_id.clone() });
    options
}

/// The accounts that `--account` and `--exclude` leave.
async fn select(plan: &mut Plan, typed: &args::Collect) -> Result<BTreeSet<AccountId>, CliError> {
    let candidates: Vec<Candidate> = plan
        .accounts
        .iter()
        .map(|account| Candidate { id: account.id, name: account.name.clone() })
        .collect();
    let mut selected: BTreeSet<AccountId> = candidates.iter().map(|account| account.id).collect();
    let tree = if choose::needs_tree(&typed.accounts) || choose::needs_tree(&typed.exclude) {
        match plan.tree().await {
            Some(fact) => match fact.gap() {
                Some(gap) => {
                    return Err(CliError::refused(format!(
                        "accounts can't be chosen by place or tag: {} {}",
                        gap.call, gap.message
                    )));
                }
                None => fact.read(),
            },
            None => None,
        }
    } else {
        None
    };
    if !typed.accounts.is_empty() {
        selected = choose::chosen(&typed.accounts, &candidates, tree)?;
    }
    if !typed.exclude.is_empty() {
        for id in choose::chosen(&typed.exclude, &candidates, tree)? {
            selected.remove(&id);
        }
    }
    if selected.is_empty() {
        return Err(CliError::input("`--exclude` leaves no account to read"));
    }
    Ok(selected)
}

/// The accounts that an interrupted crawl has not read yet.
fn without_read(
    plan: &Plan,
    mut selected: BTreeSet<AccountId>,
    keeper: &store::Keeper,
) -> Result<BTreeSet<AccountId>, CliError> {
    for account in &keeper.read_before {
        if !plan.accounts.iter().any(|planned| planned.id == *account) {
            return Err(CliError::input(format!(
                "the crawl to go on with read account {account}, which these credentials don't list: \
                 it was another organization's"
            ))
            .hint("without `--resume` a new crawl begins"));
        }
        selected.remove(account);
    }
    Ok(selected)
}

/// What a crawl will do (`rolewalk/collect-plan/1`).
#[derive(Debug, Serialize)]
struct Outline {
    schema: &'static str,
    /// Whom the credentials belong to.
    caller: String,
    /// The session of the first hop.
    via: Option<String>,
    /// Roles to enter accounts with, tried in order.
    roles: Vec<String>,
    /// Accounts read with the credentials at hand.
    own: usize,
    /// Accounts entered by a role.
    entered: usize,
    /// Accounts that can't be read in their state.
    closed: usize,
    /// Accounts left out by choice.
    left_out: usize,
    /// Why only the own account is in the plan.
    no_organization: Option<String>,
}

impl Outline {
    fn of(plan: &Plan, selected: &BTreeSet<AccountId>) -> Self {
        let count = |access: Access| {
            plan.accounts
                .iter()
                .filter(|account| account.access == access && selected.contains(&account.id))
                .count()
        };
        let roles = match &plan.entry {
            Entry::Role { names, .. } => names.clone(),
            Entry::IdentityCenter(center) => vec![center.role.clone()],
        };
        Self {
            schema: "rolewalk/collect-plan/1",
            caller: plan.caller.arn.to_string(),
            via: plan.via.as_ref().map(|via| via.arn.to_string()),
            roles,
            own: count(Access::Own),
            entered: count(Access::Enter),
            closed: count(Access::Closed),
            left_out: plan.accounts.len() - selected.len(),
            no_organization: plan.no_organization.as_ref().map(|why| match why {
                collect::NoOrganization::NotInUse => "the account belongs to none".to_owned(),
                collect::NoOrganization::NotRead(gap) => {
                    format!("{} {}", gap.call, gap.message)
                }
            }),
        }
    }

    fn text(&self) -> String {
        let accounts = |number| render::count(number, "account");
        let mut lines = vec![format!("reads as      {}", self.caller)];
        if let Some(via) = &self.via {
            lines.push(format!("through       {via}"));
        }
        if self.own > 0 {
            lines.push("directly      its own account".to_owned());
        }
        if self.entered > 0 {
            let roles = self.roles.join("`, else `");
            lines.push(format!("by assuming   `{roles}` in {}", accounts(self.entered)));
        }
        if self.closed > 0 {
            lines.push(format!("not at all    {} (suspended or closed)", accounts(self.closed)));
        }
        if self.left_out > 0 {
            lines.push(format!("left out      {}", accounts(self.left_out)));
        }
        if let Some(why) = &self.no_organization {
            lines.push(format!("organization  not read: {why}"));
        }
        lines.push(String::new());
        lines.iter().map(|line| safe(line)).collect::<Vec<_>>().join("\n")
    }
}

async fn crawl(
    output: Output,
    plan: Plan,
    selected: BTreeSet<AccountId>,
    typed: &args::Collect,
    sink: &mut dyn Sink,
) -> Result<Summary, CliError> {
    let (stop, cancel) = watch::channel(false);
    let mut run = Run::new(cancel);
    if let Some(concurrency) = typed.concurrency {
        run.concurrency = usize::from(concurrency);
    }
    let mut progress = Progress::new(output, &plan, selected.len());
    run.select = Box::new(move |account| selected.contains(&account));
    let mut events = |event| progress.show(event);
    let crawl = collect::run(plan, run, sink, &mut events);
    tokio::pin!(crawl);
    loop {
        tokio::select! {
            done = &mut crawl => return done.map_err(error),
            // The first interrupt lets the accounts in hand finish; the second ends the program.
            _ = tokio::signal::ctrl_c(), if !*stop.borrow() => {
                output.warn("stopping: accounts in hand are finished; interrupt again to leave at once");
                stop.send_replace(true);
                tokio::spawn(async {
                    if tokio::signal::ctrl_c().await.is_ok() {
                        std::process::exit(130);
                    }
                });
            }
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn error(error: CollectError) -> CliError {
    match &error {
        CollectError::Caller(failure) | CollectError::Via { failure, .. } => {
            caller::next(CliError::refused(&error), failure)
        }
        CollectError::RoleName(_) | CollectError::NoRoleName => CliError::input(&error),
        CollectError::Sink(_) => CliError::snapshot(chain(&error)),
    }
}

/// How a crawl ended (`rolewalk/collect/1`).
#[derive(Debug, Serialize)]
struct Collected {
    schema: &'static str,
    /// The snapshot's id.
    snapshot: String,
    /// Whether everything that was asked for was read.
    complete: bool,
    /// Accounts known, in any state.
    accounts: usize,
    /// Accounts read.
    accounts_read: usize,
    /// Roles read.
    roles: usize,
    /// Accounts whose turn did not come.
    accounts_left: usize,
    /// Accounts that were not read, and why.
    not_read: Vec<Missing>,
    /// Requests made.
    requests: u64,
    /// How long it took, in milliseconds.
    ms: u128,
}

#[derive(Debug, Serialize)]
struct Missing {
    /// The account's id; `null` for the organization.
    account: Option<String>,
    call: String,
    kind: &'static str,
    message: String,
}

fn ended(
    output: Output,
    summary: &Summary,
    snapshot: SnapshotId,
    strict: bool,
) -> Result<Ending, CliError> {
    let mut not_read: Vec<Missing> = Vec::new();
    let missing = |account: Option<AccountId>, gap: &crate::org::NotRead| Missing {
        account: account.map(|id| id.to_string()),
        call: gap.call.clone(),
        kind: gap.kind.as_str(),
        message: gap.message.clone(),
    };
    not_read.extend(summary.organization_gaps.iter().map(|gap| missing(None, gap)));
    for (account, gap) in summary.not_read.values().flatten() {
        not_read.push(missing(Some(*account), gap));
    }
    let collected = Collected {
        schema: "rolewalk/collect/1",
        snapshot: snapshot.to_string(),
        complete: summary.complete(),
        accounts: summary.known,
        accounts_read: summary.read,
        roles: summary.roles,
        accounts_left: summary.left,
        not_read,
        requests: summary.traffic.requests,
        ms: summary.elapsed.as_millis(),
    };
    output.answer(&collected, |collected, _| {
        format!(
            "snapshot {}: {} of {} read, {}, in {:.1} s\n",
            collected.snapshot,
            collected.accounts_read,
            render::count(collected.accounts, "account"),
            render::count(collected.roles, "role"),
            summary.elapsed.as_secs_f64()
        )
    })?;
    let mut kinds: Vec<NotReadKind> = Vec::new();
    for (_, gap) in summary.not_read.values().flatten() {
        if !kinds.contains(&gap.kind) {
            kinds.push(gap.kind);
            output.note(&format!("not read ({}): {}", gap.kind.as_str(), next_step(gap.kind)));
        }
    }
    if let Some(failure) = &summary.stopped {
        return Err(caller::refused("the crawl stopped, and what it had read is kept", failure));
    }
    if summary.left > 0 {
        output.warn(&format!(
            "{} not begun; the snapshot is incomplete",
            render::count(summary.left, "account")
        ));
        return Ok(Ending::Failed);
    }
    if strict && !summary.complete() {
        output.warn("not everything was read, which `--strict` asks for");
        return Ok(Ending::Failed);
    }
    Ok(Ending::Answered)
}

/// Whether there is somebody to ask.
pub(crate) fn may_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks on stderr, and hears `yes` only in that or in `y`.
pub(crate) fn agreed(output: Output, question: &str) -> Result<bool, CliError> {
    let failed = |error: io::Error| CliError::input(format!("the answer can't be read: {error}"));
    let mut stream = output.stderr_stream();
    write!(stream, "{question} [y/N] ").and_then(|()| stream.flush()).map_err(failed)?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(failed)?;
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}
