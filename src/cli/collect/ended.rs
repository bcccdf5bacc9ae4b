//! How a crawl ended.

use std::collections::BTreeMap;
use std::time::Duration;

use anstyle::Style;
use serde::Serialize;

use crate::arn::AccountId;
use crate::cli::error::CliError;
use crate::cli::output::{Output, Page};
use crate::cli::render::{Sheet, paint, style};
use crate::cli::{Ending, caller, render};
use crate::collect::{FailureGroup, Kept, Summary, Task};
use crate::org::hcp;
use crate::text::safe;

/// How many accounts of a group are named.
const NAMED: usize = 6;

/// How a crawl ended (`rolewalk/collect/1`).
#[derive(Debug, Serialize)]
struct Collected {
    schema: &'static str,
    /// The snapshot's id.
    snapshot: String,
    /// Whether the snapshot holds everything, what was left out this time included.
    complete: bool,
    /// Accounts known, in any state.
    accounts: usize,
    /// Accounts read.
    accounts_read: usize,
    /// Of these, accounts of which something is missing.
    accounts_incomplete: usize,
    /// Accounts whose reading is young enough, or was there already.
    accounts_settled: usize,
    /// Roles read.
    roles: usize,
    /// Workspaces of HCP Terraform read; `null` where it was not asked, or refused.
    workspaces: Option<usize>,
    /// Hosts of HCP Terraform that were asked, by name.
    hosts: Vec<HcpHost>,
    /// Accounts whose turn did not come.
    accounts_left: usize,
    /// What was not read, grouped by what to do about it.
    failures: Vec<Failures>,
    /// What was not read and why, one by one.
    not_read: Vec<Missing>,
    /// Requests made.
    requests: u64,
    /// Of these, repetitions.
    retries: u64,
    /// How long it took, in milliseconds.
    ms: u128,
}

/// What one act would mend.
#[derive(Debug, Serialize)]
struct Failures {
    kind: &'static str,
    /// The call, in the form of the permission that it needs.
    call: String,
    /// AWS's error code; `null` where AWS did not answer.
    code: Option<String>,
    /// What was answered in the first of them.
    message: String,
    /// The accounts; none where it is the organization's, or HCP Terraform's.
    accounts: Vec<String>,
    /// Whether it is HCP Terraform's.
    hcp_terraform: bool,
    /// The host of HCP Terraform, where it is one's.
    host: Option<String>,
    #[serde(skip)]
    place: String,
    /// What to do.
    next: String,
}

/// What was read of a host of HCP Terraform; `null` where it was refused.
#[derive(Debug, Serialize)]
struct HcpHost {
    host: String,
    workspaces: Option<usize>,
    stacks: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Missing {
    /// The account's id; `null` for the organization and for HCP Terraform.
    account: Option<String>,
    /// The host of HCP Terraform, where it is one's.
    host: Option<String>,
    call: String,
    kind: &'static str,
    message: String,
}

impl Collected {
    fn of(summary: &Summary, task: &Task, kept: Kept, groups: &[FailureGroup]) -> Self {
        let ids = |accounts: &[AccountId]| accounts.iter().map(ToString::to_string).collect();
        Self {
            schema: "rolewalk/collect/1",
            snapshot: kept.snapshot.to_string(),
            complete: kept.complete,
            accounts: summary.known,
            accounts_read: summary.read,
            accounts_incomplete: summary.incomplete,
            accounts_settled: task.settled.len(),
            roles: summary.roles,
            workspaces: summary.workspaces(),
            hosts: summary
                .hosts
                .iter()
                .map(|(host, counts)| HcpHost {
                    host: host.clone(),
                    workspaces: counts.map(|counts| counts.workspaces),
                    stacks: counts.map(|counts| counts.stacks),
                })
                .collect(),
            accounts_left: summary.left,
            failures: groups
                .iter()
                .map(|group| Failures {
                    kind: group.kind.as_str(),
                    call: group.call.clone(),
                    code: group.code.clone(),
                    message: group.message.clone(),
                    accounts: ids(&group.accounts),
                    hcp_terraform: group.host.is_some(),
                    host: group.host.clone(),
                    place: group.place(),
                    next: group.next.clone(),
                })
                .collect(),
            not_read: summary
                .gaps
                .iter()
                .map(|gap| Missing {
                    account: gap.account.map(|id| id.to_string()),
                    host: gap.host.clone(),
                    call: gap.not_read.call.clone(),
                    kind: gap.not_read.kind.as_str(),
                    message: gap.not_read.message.clone(),
                })
                .collect(),
            requests: summary.traffic.requests,
            retries: summary.traffic.retries,
            ms: summary.elapsed.as_millis(),
        }
    }

    fn text(&self, names: &BTreeMap<String, String>, page: Page) -> String {
        let count = render::count;
        let mut sheet = Sheet::new(page);
        let mut read = Vec::new();
        if self.accounts > 0 {
            let of = count(self.accounts, "account");
            read.push(format!("{} of {of} read", self.accounts_read));
            read.push(count(self.roles, "role"));
        }
        read.extend(self.workspaces.map(|number| count(number, "workspace")));
        let stacks: usize = self.hosts.iter().filter_map(|host| host.stacks).sum();
        if stacks > 0 {
            read.push(count(stacks, "stack"));
        }
        if read.is_empty() {
            read.push("nothing was read".to_owned());
        }
        sheet.line(0, &format!("snapshot {}: {}", self.snapshot, read.join(", ")));
        if self.accounts_settled > 0 {
            let settled = format!("{} not read again", count(self.accounts_settled, "account"));
            sheet.line(2, &settled);
        }
        let seconds = Duration::from_millis(u64::try_from(self.ms).unwrap_or(u64::MAX));
        let cost = format!(
            "{}, {} of them repeated, in {:.1} s",
            count(usize::try_from(self.requests).unwrap_or(usize::MAX), "request"),
            self.retries,
            seconds.as_secs_f64()
        );
        sheet.line(2, &paint(style::FAINT, &cost));
        for group in &self.failures {
            let whom = match group.accounts.len() {
                0 => group.place.clone(),
                number => count(number, "account"),
            };
            let code = group.code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
            let head = format!("Not read in {whom}: {} {}{code}", group.call, group.kind);
            sheet.heading(&safe(&head));
            let named = group.accounts.iter().take(NAMED);
            let mut named: Vec<String> = named.map(|id| with_name(id, names)).collect();
            match group.accounts.len().saturating_sub(NAMED) {
                0 => {}
                number => named.push(format!("and {number} more (all of them with --json)")),
            }
            if !named.is_empty() {
                sheet.prose(2, Style::new(), &named.join(", "));
            }
            sheet.prose(2, style::FAINT, &group.message);
            let label = paint(style::HINT, "to do: ");
            sheet.labelled(2, &label, Style::new(), &group.next);
        }
        sheet.finish()
    }
}

fn with_name(id: &str, names: &BTreeMap<String, String>) -> String {
    match names.get(id) {
        Some(name) if !name.is_empty() => format!("{name} {id}"),
        _ => id.to_owned(),
    }
}

/// Says how it ended, and with which exit code.
pub(super) fn ended(
    output: Output,
    summary: &Summary,
    task: &Task,
    names: &BTreeMap<String, String>,
    kept: Kept,
    strict: bool,
) -> Result<Ending, CliError> {
    let groups = summary.failures();
    let collected = Collected::of(summary, task, kept, &groups);
    output.answer(&collected, |collected, page| collected.text(names, page))?;
    // Where it was all that was asked for, that it refused is what came of it.
    let refused =
        |group: &&FailureGroup| group.host.is_some() && group.code.as_deref() == Some("401");
    let nothing = summary.known == 0 && summary.workspaces().is_none();
    if nothing && let Some(host) = groups.iter().find(refused).and_then(|it| it.host.as_deref()) {
        return Err(CliError::refused(format!("{} refused the token: 401", hcp::place(host)))
            .hint(format!("`terraform login {host}` makes a new one")));
    }
    if nothing && let Some(group) = groups.iter().find(|group| group.host.is_some()) {
        let what =
            format!("nothing was read: {} {}: {}", group.call, group.kind.as_str(), group.message);
        return Err(CliError::refused(what).hint(group.next.clone()));
    }
    if let Some(failure) = &summary.stopped {
        return Err(caller::refused("the crawl stopped, and what it had read is kept", failure));
    }
    if summary.left > 0 {
        output.warn(&format!(
            "{} not begun; the snapshot is incomplete, `--resume` goes on with it",
            render::count(summary.left, "account")
        ));
        return Ok(Ending::Failed);
    }
    if summary.complete() && !kept.complete {
        output.note("the snapshot is incomplete: of accounts that were left out nothing is known");
    }
    if strict && !summary.complete() {
        output.warn("not everything was read, which `--strict` asks for");
        return Ok(Ending::Failed);
    }
    Ok(Ending::Answered)
}
