//! A crawl's events on stderr: a bar on a terminal, a line an event elsewhere.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

use super::output::Output;
use super::render;
use crate::arn::AccountId;
use crate::collect::{Event, Plan};
use crate::org::NotRead;
use crate::text::{fit, safe};

/// Shows events as they come.
#[derive(Debug)]
pub(crate) struct Progress {
    output: Output,
    names: BTreeMap<AccountId, String>,
    bar: Option<ProgressBar>,
    running: Vec<AccountId>,
}

impl Progress {
    /// Progress of a crawl over so many accounts.
    pub(crate) fn new(output: Output, plan: &Plan, accounts: usize) -> Self {
        let names =
            plan.accounts.iter().map(|account| (account.id, account.name.clone())).collect();
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(u64::try_from(accounts).unwrap_or(u64::MAX));
            // A template that is written here always parses.
            if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} accounts  {msg}")
            {
                bar.set_style(style.progress_chars("━━─"));
            }
            bar
        });
        Self { output, names, bar, running: Vec::new() }
    }

    /// Shows an event.
    pub(crate) fn show(&mut self, event: Event) {
        match event {
            Event::Caller { .. } | Event::Finished(_) => {}
            Event::Organization(counts) => {
                let count = |number: Option<usize>, noun: &str| match number {
                    Some(number) => render::count(number, noun),
                    None => format!("{noun}s not read"),
                };
                self.say(&format!(
                    "organization {}: {}, {}, {}, {}",
                    counts.id,
                    count(counts.accounts, "account"),
                    count(counts.ous, "OU"),
                    count(counts.scps, "service control policy").replace("policys", "policies"),
                    count(counts.rcps, "resource control policy").replace("policys", "policies"),
                ));
            }
            Event::OrganizationGap(gap) => self.gap("organization", &gap),
            Event::NoOrganizationAccess { account, gap } => {
                match gap {
                    Some(gap) => self.gap("organization", &gap),
                    None => self.say("organization: the account belongs to none"),
                }
                self.say(&format!("only {} is read", self.name(account)));
            }
            Event::AccountStarted { account } => {
                self.running.push(account);
                self.now();
            }
            Event::AccountRead { account, roles, users, gaps, elapsed } => {
                let name = self.name(account);
                if self.bar.is_none() {
                    self.say(&format!(
                        "{name}: {}, {} in {:.1} s",
                        render::count(roles, "role"),
                        render::count(users, "user"),
                        elapsed.as_secs_f64()
                    ));
                }
                for gap in &gaps {
                    self.gap(&name, gap);
                }
                self.done(account);
            }
            Event::AccountNotRead { account, gap } => {
                let name = self.name(account);
                self.gap(&name, &gap);
                self.done(account);
            }
        }
    }

    fn name(&self, account: AccountId) -> String {
        match self.names.get(&account) {
            Some(name) if !name.is_empty() => format!("{name} {account}"),
            _ => account.to_string(),
        }
    }

    fn gap(&self, place: &str, gap: &NotRead) {
        let text =
            format!("{place}: not read: {} ({}) {}", gap.call, gap.kind.as_str(), gap.message);
        match &self.bar {
            Some(bar) => bar.suspend(|| self.output.warn(&text)),
            None => self.output.warn(&text),
        }
    }

    fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.output.note(text)),
            None => self.output.note(text),
        }
    }

    fn done(&mut self, account: AccountId) {
        self.running.retain(|running| *running != account);
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
        self.now();
    }

    fn now(&self) {
        if let Some(bar) = &self.bar {
            let names: Vec<String> = self.running.iter().map(|id| self.name(*id)).collect();
            bar.set_message(fit(&safe(&names.join(", ")), 60).into_owned());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
