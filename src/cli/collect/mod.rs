//! `collect`: who will read what, the question, the crawl, and how it ended.

mod ended;
mod outline;
mod ways;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use tokio::sync::watch;

use super::caller::{self, block_on};
use super::choose;
use super::error::{CliError, chain};
use super::output::Output;
use super::progress::Progress;
use super::request::{FactSource, Request};
use super::{Ending, args, store};
use crate::arn::AccountId;
use crate::collect::{self, CollectError, KeepError, Keeper, Plan, Renew, Run, Summary, Task};
use crate::graph::Groups;
use crate::org::Fact;
use outline::HcpOutline;

pub(crate) use outline::Outline;
pub(crate) use ways::{Hosts, hcp, options};

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
    let hcp = if typed.no_tfc {
        Hosts::default()
    } else {
        hcp(&request.config, &typed.tfc_hosts, &typed.tfc_organizations)?
    };
    if typed.no_aws {
        return hcp_alone(request, typed, path.as_deref(), hcp);
    }
    let renew = renew(typed)?;
    let chosen = ways::accounts(typed)?;
    block_on(async {
        let options = options(request, &typed.ways, &chosen)?;
        let mut plan = collect::plan(&options).await.map_err(error)?;
        let (selected, excluded) =
            select(&mut plan, &chosen, &typed.exclude, &request.config.groups).await?;
        let earlier = store::open_existing(path.as_deref())?;
        let mut task =
            Task::new(&plan, selected, &excluded, renew, earlier.as_ref()).map_err(unkept)?;
        drop(earlier);
        if !typed.tfc_organizations.is_empty() {
            task.read_every_host();
        }
        let hcp = hcp.wanted_by(&task);
        task.settle_hosts(hcp.names());
        let outline = Outline::of(&plan, &task, &hcp);
        if typed.dry_run {
            return request.output.answer(&outline, |outline, _| outline.text());
        }
        confirm(request.output, typed.yes, &outline.text())?;
        let named = plan.accounts.iter();
        let names = named.map(|known| (known.id.to_string(), known.name.clone())).collect();
        let mut keeper = Keeper::new(store::open_to_write(path.as_deref())?, task.clone());
        let mut progress = Progress::new(request.output, Some(&plan), task.accounts.len());
        let (stop, cancel) = watch::channel(false);
        let mut run = Run::new(cancel);
        if let Some(concurrency) = typed.concurrency {
            run.concurrency = usize::from(concurrency);
        }
        run.organization = task.organization;
        run.hcp = hcp.read;
        let accounts = task.accounts.clone();
        run.select = Box::new(move |account| accounts.contains(&account));
        let mut events = |event| progress.show(&event);
        let crawl = collect::run(plan, run, &mut keeper, &mut events);
        let summary = interruptible(request.output, &stop, crawl).await?;
        drop(progress);
        let kept = keeper.finish(&summary).map_err(unkept)?;
        ended::ended(request.output, &summary, &task, &names, kept, typed.strict)
    })?
}

fn renew(typed: &args::Collect) -> Result<Renew, CliError> {
    if typed.resume {
        return Ok(Renew::Missing);
    }
    let Some(age) = typed.max_age else { return Ok(Renew::All) };
    // Ages in days are meant as so many times 24 hours.
    jiff::Timestamp::now()
        .checked_sub(age)
        .map(Renew::Older)
        .map_err(|error| CliError::input(format!("`--max-age` is no age: {error}")))
}

/// The accounts that `--account` and `--exclude` leave, and those that were excluded.
async fn select(
    plan: &mut Plan,
    chosen: &[String],
    exclude: &[String],
    groups: &Groups,
) -> Result<(BTreeSet<AccountId>, BTreeSet<AccountId>), CliError> {
    let by_tag = |selectors| choose::need_tags(selectors, groups);
    if (by_tag(chosen) || by_tag(exclude))
        && plan.tree().await.is_some()
        && let Some(gap) = plan.tree_gaps().first()
    {
        return Err(CliError::refused(format!(
            "accounts can't be chosen by tag, because not all tags were read: {} {}",
            gap.call, gap.message
        )));
    }
    let mut selected: BTreeSet<AccountId> =
        plan.accounts.iter().map(|account| account.id).collect();
    let names = plan.accounts.iter().map(|account| (account.id, account.name.clone()));
    let bare = choose::without_places(names);
    let tree = if choose::needs_tree(chosen, groups) || choose::needs_tree(exclude, groups) {
        match plan.tree().await {
            Some(Fact::NotRead(gap)) => {
                return Err(CliError::refused(format!(
                    "accounts can't be chosen by place or tag: {} {}",
                    gap.call, gap.message
                )));
            }
            Some(Fact::Read(tree)) => tree,
            None => &bare,
        }
    } else {
        &bare
    };
    if !chosen.is_empty() {
        selected = choose::chosen(chosen, tree, groups)?;
    }
    let mut excluded = BTreeSet::new();
    if !exclude.is_empty() {
        excluded = choose::chosen(exclude, tree, groups)?;
        selected.retain(|id| !excluded.contains(id));
    }
    if selected.is_empty() {
        return Err(CliError::input("`--exclude` leaves no account to read"));
    }
    Ok((selected, excluded))
}

/// Reads HCP Terraform and takes everything else over.
fn hcp_alone(
    request: &Request,
    typed: &args::Collect,
    path: Option<&Path>,
    hcp: Hosts,
) -> Result<Ending, CliError> {
    if hcp.read.is_empty() {
        return Err(CliError::input(
            "`--no-aws` reads HCP Terraform alone, and there is no token for it",
        )
        .hint("`terraform login` makes one, or set `TF_TOKEN_app_terraform_io`"));
    }
    let earlier = store::open_existing(path)?;
    let task = Task::of_hcp(earlier.as_ref()).map_err(unkept)?;
    drop(earlier);
    let outline = HcpOutline::of(&hcp, &task);
    if typed.dry_run {
        return request.output.answer(&outline, |outline, _| outline.text());
    }
    confirm(request.output, typed.yes, &outline.text())?;
    let mut keeper = Keeper::new(store::open_to_write(path)?, task.clone());
    let summary = block_on(async {
        let mut progress = Progress::new(request.output, None, 0);
        let (stop, cancel) = watch::channel(false);
        let mut events = |event| progress.show(&event);
        let read = collect::run_hcp(hcp.read, &cancel, &mut keeper, &mut events);
        interruptible(request.output, &stop, read).await
    })??;
    let kept = keeper.finish(&summary).map_err(unkept)?;
    ended::ended(request.output, &summary, &task, &BTreeMap::new(), kept, typed.strict)
}

/// Says what will be read, and asks unless that was answered already.
fn confirm(output: Output, yes: bool, outline: &str) -> Result<(), CliError> {
    if !output.json || !yes {
        output.note(outline.trim_end());
    }
    if yes || agreed(output, "Start?")? {
        return Ok(());
    }
    Err(CliError::failed("nothing was collected: not confirmed"))
}

/// Waits for a crawl. The first interrupt lets what is in hand finish; the second ends the program.
async fn interruptible(
    output: Output,
    stop: &watch::Sender<bool>,
    crawl: impl Future<Output = Result<Summary, CollectError>>,
) -> Result<Summary, CliError> {
    tokio::pin!(crawl);
    loop {
        tokio::select! {
            done = &mut crawl => return done.map_err(error),
            () = interrupted(), if !*stop.borrow() => {
                output.warn("stopping: what is in hand is finished; interrupt again to leave at once");
                stop.send_replace(true);
                tokio::spawn(async {
                    interrupted().await;
                    std::process::exit(130);
                });
            }
        }
    }
}

/// Waits until somebody wants the program to end: `Ctrl-C`, or a polite `kill`.
async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminated) =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
        return;
    }
    // Where no signal can be heard, none is waited for.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
pub(super) fn error(error: CollectError) -> CliError {
    match &error {
        CollectError::Caller(failure) | CollectError::Via { failure, .. } => {
            caller::next(CliError::refused(&error), failure)
        }
        CollectError::RoleName(_) | CollectError::SessionName(_) | CollectError::NoRoleName => {
            CliError::input(&error)
        }
        CollectError::Sink(_) => CliError::snapshot(chain(&error)),
    }
}

pub(super) fn unkept(error: KeepError) -> CliError {
    match error {
        KeepError::Store(error) => store::failed(error),
        KeepError::NothingToResume | KeepError::OtherOrganization(_) => {
            CliError::input(&error).hint("without `--resume` a new crawl begins")
        }
        KeepError::NotListed(_) => CliError::refused(&error).hint("try again later"),
        KeepError::NotBegun => CliError::failed(&error),
    }
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
