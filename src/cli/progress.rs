//! A crawl's events on stderr: a bar on a terminal, a line an event elsewhere, and with `--json`
//! one object an event.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, IsTerminal, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use serde_json::{Value, json};

use super::output::Output;
use super::render;
use crate::arn::AccountId;
use crate::collect::{Event, OrganizationCounts, Plan, hcp};
use crate::org::NotRead;
use crate::text::safe;

/// What the bar shows: how many accounts of how many, how fast, and how long it still takes.
const BAR: &str = "{bar:16} {pos}/{len} accounts  {rate}  {eta} left  {wide_msg}";

/// Shows events as they come.
#[derive(Debug)]
pub(crate) struct Progress {
    output: Output,
    names: BTreeMap<AccountId, String>,
    form: Form,
    running: Vec<AccountId>,
    done: usize,
    all: usize,
}

#[derive(Debug)]
enum Form {
    Bar(ProgressBar),
    Lines,
    Json,
}

impl Progress {
    /// Progress of a crawl over so many accounts.
    pub(crate) fn new(output: Output, plan: Option<&Plan>, accounts: usize) -> Self {
        let known = plan.into_iter().flat_map(|plan| &plan.accounts);
        let names = known.map(|account| (account.id, account.name.clone())).collect();
        let form = if output.json {
            Form::Json
        } else if io::stderr().is_terminal() {
            let bar = ProgressBar::new(u64::try_from(accounts).unwrap_or(u64::MAX));
            // A template that is written here always parses.
            if let Ok(style) = ProgressStyle::with_template(BAR) {
                let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
                    // A bar has nobody to tell that it could not be drawn.
                    let _ = write!(out, "{:.1}/s", state.per_sec());
                };
                let style = style.progress_chars(if output.ascii { "=>-" } else { "━━─" });
                bar.set_style(style.with_key("rate", rate));
            }
            bar.enable_steady_tick(Duration::from_millis(500));
            Form::Bar(bar)
        } else {
            Form::Lines
        };
        Self { output, names, form, running: Vec::new(), done: 0, all: accounts }
    }

    /// Shows an event.
    pub(crate) fn show(&mut self, event: &Event) {
        match event {
            Event::AccountStarted { account } => self.running.push(*account),
            Event::AccountRead { account, .. } | Event::AccountNotRead { account, .. } => {
                self.running.retain(|running| running != account);
                self.done += 1;
                if let Form::Bar(bar) = &self.form {
                    bar.inc(1);
                }
            }
            _ => {}
        }
        match &self.form {
            Form::Json => {
                if let Some(line) = self.json(event) {
                    // Nobody listening is no error.
                    let _ = writeln!(io::stderr().lock(), "{line}");
                }
            }
            Form::Bar(_) | Form::Lines => self.text(event),
        }
        if let Form::Bar(bar) = &self.form {
            let names: Vec<String> = self.running.iter().map(|id| self.name(*id)).collect();
            bar.set_message(safe(&names.join(", ")).into_owned());
        }
    }

    fn text(&self, event: &Event) {
        match event {
            Event::Caller { .. } | Event::Finished(_) | Event::AccountStarted { .. } => {}
            Event::Organization(counts) => {
                self.say(&format!("organization {}", organization(counts)));
            }
            Event::Hcp { host, counts, gaps } => {
                if let Some(counts) = counts {
                    self.say(&format!("{host}: {}", host_counts(*counts)));
                }
                for gap in gaps {
                    self.gap(host, gap);
                }
            }
            Event::OrganizationGap(gap) => self.gap("organization", gap),
            Event::NoOrganizationAccess { account, gap } => {
                match gap {
                    Some(gap) => self.gap("organization", gap),
                    None => self.say("organization: the account belongs to none"),
                }
                if self.all <= 1 {
                    self.say(&format!("only {} is read", self.name(*account)));
                }
            }
            Event::AccountRead { account, roles, users, gaps, elapsed } => {
                let name = self.name(*account);
                if matches!(self.form, Form::Lines) {
                    self.say(&format!(
                        "{}/{} {name}: {}, {} in {:.1} s",
                        self.done,
                        self.all,
                        render::count(*roles, "role"),
                        render::count(*users, "user"),
                        elapsed.as_secs_f64()
                    ));
                }
                for gap in gaps {
                    self.gap(&name, gap);
                }
            }
            Event::AccountNotRead { account, gap } => self.gap(&self.name(*account), gap),
        }
    }

    /// The event as `rolewalk/collect-event/1`.
    fn json(&self, event: &Event) -> Option<Value> {
        let gap = |gap: &NotRead| json!({"call": gap.call, "kind": gap.kind.as_str(), "message": gap.message});
        let (name, mut fields) = match event {
            Event::Caller { caller, via } => (
                "caller",
                json!({"caller": caller.arn.to_string(), "via": via.as_ref().map(|via| via.arn.to_string())}),
            ),
            Event::Organization(counts) => (
                "organization",
                json!({"organization": counts.id, "accounts": counts.accounts, "ous": counts.ous,
                       "scps": counts.scps, "rcps": counts.rcps}),
            ),
            Event::OrganizationGap(found) => ("organization-gap", json!({"gap": gap(found)})),
            Event::NoOrganizationAccess { account, gap: found } => (
                "no-organization",
                json!({"account": account.to_string(), "gap": found.as_ref().map(gap)}),
            ),
            Event::AccountStarted { account } => {
                ("account-started", json!({"account": account.to_string()}))
            }
            Event::AccountRead { account, roles, users, gaps, elapsed } => (
                "account-read",
                json!({"account": account.to_string(), "roles": roles, "users": users,
                       "gaps": gaps.iter().map(gap).collect::<Vec<_>>(), "ms": elapsed.as_millis()}),
            ),
            Event::AccountNotRead { account, gap: found } => {
                ("account-not-read", json!({"account": account.to_string(), "gap": gap(found)}))
            }
            Event::Hcp { host, counts, gaps } => (
                "hcp-terraform",
                json!({"host": host, "workspaces": counts.map(|it| it.workspaces),
                       "stacks": counts.map(|it| it.stacks),
                       "gaps": gaps.iter().map(gap).collect::<Vec<_>>()}),
            ),
            // The answer on stdout says it all.
            Event::Finished(_) => return None,
        };
        let object = fields.as_object_mut()?;
        object.insert("done".to_owned(), json!(self.done));
        object.insert("all".to_owned(), json!(self.all));
        let mut line = serde_json::Map::new();
        line.insert("schema".to_owned(), json!("rolewalk/collect-event/1"));
        line.insert("event".to_owned(), json!(name));
        line.append(object);
        Some(Value::Object(line))
    }

    fn name(&self, account: AccountId) -> String {
        match self.names.get(&account) {
            Some(name) if !name.is_empty() => format!("{name} {account}"),
            _ => account.to_string(),
        }
    }

    fn gap(&self, place: &str, gap: &NotRead) {
        let what = format!("{place}: not read: {} ({})", gap.call, gap.kind.as_str());
        match &self.form {
            // AWS's words stand in the summary, once for all accounts.
            Form::Bar(bar) => bar.suspend(|| self.output.warn(&what)),
            Form::Lines | Form::Json => {
                self.output.warn(format!("{what} {}", gap.message).trim_end());
            }
        }
    }

    fn say(&self, text: &str) {
        match &self.form {
            Form::Bar(bar) => bar.suspend(|| self.output.note(text)),
            Form::Lines | Form::Json => self.output.note(text),
        }
    }
}

/// How much organization there is, in words.
pub(crate) fn organization(counts: &OrganizationCounts) -> String {
    let count = |number: Option<usize>, one: &str, more: &str| match number {
        Some(1) => format!("1 {one}"),
        Some(number) => format!("{number} {more}"),
        None => format!("{more} not read"),
    };
    format!(
        "{}: {}, {}, {}, {}",
        counts.id,
        count(counts.accounts, "account", "accounts"),
        count(counts.ous, "OU", "OUs"),
        count(counts.scps, "service control policy", "service control policies"),
        count(counts.rcps, "resource control policy", "resource control policies"),
    )
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Form::Bar(bar) = &self.form {
            bar.finish_and_clear();
        }
    }
}

/// How much was read of a host of HCP Terraform, in words.
pub(crate) fn host_counts(counts: hcp::Counts) -> String {
    let workspaces = render::count(counts.workspaces, "workspace");
    match counts.stacks {
        0 => workspaces,
        stacks => format!("{workspaces}, {}", render::count(stacks, "stack")),
    }
}
