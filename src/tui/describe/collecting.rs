//! Crawls: what is asked before, the accounts as they arrive, and how it ended.

use super::super::collecting::{Account, AccountState, Crawl, Progress, lasted};
use super::super::document::{About, Document, Line};
use super::super::look::Role;
use super::super::session::{CrawlEnd, CrawlOutline, Missing, Refusal, ToMend, Wanted};
use super::counted;
use crate::org::NotReadKind;
use crate::text;

/// How many accounts of a group are named.
const NAMED: usize = 8;

/// Who is about to read what.
pub(crate) fn crawl_question(
    wanted: &Wanted,
    answer: Option<&Result<CrawlOutline, Refusal>>,
) -> Document {
    let title = match (answer, wanted) {
        (Some(Err(_)), Wanted::Account { .. }) => "it can't be read again",
        (Some(Err(_)), _) => "nothing can be collected",
        (_, Wanted::Everything) => "collect?",
        (_, Wanted::Missing) => "collect the rest?",
        (_, Wanted::Account { .. }) => "read again?",
    };
    let mut document = Document::new(title);
    if let Some(Err(refusal)) = answer {
        refused(&mut document, refusal);
        document.blank();
        document.say(Role::Strong, "esc goes back");
        return document;
    }
    let what = match wanted {
        Wanted::Everything => {
            "Reads the organization and its accounts into a new snapshot. Nothing is changed in AWS."
                .to_owned()
        }
        Wanted::Missing => {
            "Goes on with the newest crawl, which was not completed. Nothing is changed in AWS."
                .to_owned()
        }
        Wanted::Account { id, name, .. } => format!(
            "Reads {} again into a new snapshot; everything else is taken over as it is known. \
             Nothing is changed in AWS.",
            full_name(name, id)
        ),
    };
    document.say(Role::Strong, what);
    document.blank();
    match answer {
        Some(Ok(outline)) => {
            lines(&mut document, outline);
            document.blank();
            document.say(Role::Strong, "enter starts, esc reads nothing");
        }
        _ => {
            let text = "finding out who is calling and which accounts there are …";
            document.say(Role::Muted, text);
        }
    }
    document
}

fn lines(document: &mut Document, outline: &CrawlOutline) {
    for (label, text) in &outline.lines {
        document.field(label, text.clone());
    }
}

fn refused(document: &mut Document, refusal: &Refusal) {
    document.say(Role::Error, refusal.message.clone());
    for hint in &refusal.hints {
        document.push(Line::new().muted("→ ").text(hint.clone()).indent(2));
    }
}

/// What leaving would mean while a crawl runs.
pub(crate) fn leave_question(crawl: &Crawl) -> Document {
    let mut document = Document::new("leave while accounts are read?");
    let reading = in_hand(crawl);
    document.say(
        Role::Text,
        format!(
            "{} of {} done, {} in hand. What was read is kept in any case.",
            super::grouped(crawl.done.len()),
            counted(crawl.accounts.len(), "account"),
            reading
        ),
    );
    document.blank();
    for (key, text) in [
        ("enter", "finishes the accounts in hand, then leaves"),
        ("q", "leaves at once"),
        ("esc", "stays, and goes on reading"),
    ] {
        document.push(Line::new().with(Role::Key, format!("{key:<6} ")).text(text).indent(7));
    }
    document
}

fn in_hand(crawl: &Crawl) -> usize {
    crawl.accounts.iter().filter(|account| account.state == AccountState::Reading).count()
}

/// The crawl and its accounts, one row each: those in hand first, then what failed, then what
/// was read last, then what waits.
pub(crate) fn accounts(crawl: &Crawl) -> Document {
    let mut document = Document::new(match &crawl.wanted {
        Wanted::Account { .. } => "Reading one account again",
        Wanted::Everything | Wanted::Missing => "Collecting",
    });
    document.push(head(crawl));
    let width = crawl.accounts.iter().map(|it| text::width(&text::safe(&it.name))).max();
    let width = width.unwrap_or(0).min(32);
    let reading = crawl.accounts.iter().filter(|it| it.state == AccountState::Reading);
    let newest = || crawl.done.iter().rev().filter_map(|place| crawl.accounts.get(*place));
    let failed = newest().filter(|it| matches!(it.state, AccountState::NotRead(_)));
    let read = newest().filter(|it| !matches!(it.state, AccountState::NotRead(_)));
    let waiting = crawl.accounts.iter().filter(|it| it.state == AccountState::Waiting);
    for account in reading.chain(failed).chain(read).chain(waiting) {
        document.push(row(crawl, account, width));
    }
    document
}

fn head(crawl: &Crawl) -> Line {
    let line = Line::new().strong("the crawl  ");
    match &crawl.progress {
        Progress::Running => line.muted("enter shows who reads how"),
        Progress::Stopping => line.with(
            Role::Notice,
            format!("stopping: {} in hand", counted(in_hand(crawl), "account")),
        ),
        Progress::Ended(Err(refusal)) => line.with(Role::Error, refusal.message.clone()),
        Progress::Ended(Ok(end)) if end.failures.is_empty() && end.left == 0 => line
            .with(Role::VerdictAllowed, format!("snapshot {}, nothing is missing", end.snapshot)),
        Progress::Ended(Ok(end)) => line
            .text(format!("snapshot {}, ", end.snapshot))
            .with(Role::VerdictUnknown, "incomplete")
            .muted(": enter shows what to do"),
    }
}

fn row(crawl: &Crawl, account: &Account, width: usize) -> Line {
    let name = text::fit(&text::safe(&account.name), width).into_owned();
    let pad = " ".repeat(width.saturating_sub(text::width(&name)) + usize::from(width > 0));
    let (mark, role) = match &account.state {
        AccountState::Waiting => ("  ", Role::Muted),
        AccountState::Reading => ("> ", Role::Key),
        AccountState::Read { gaps, .. } if gaps.is_empty() => ("  ", Role::VerdictAllowed),
        AccountState::Read { .. } | AccountState::NotRead(_) => ("? ", Role::VerdictUnknown),
    };
    let line = Line::new()
        .with(role, mark)
        .text(format!("{name}{pad}"))
        .muted(format!("{}  ", account.id))
        .indent(4)
        .about(About {
            copy: vec![("id", account.id.clone())],
            ..About::thing(account.id.clone())
        });
    match &account.state {
        AccountState::Waiting if !crawl.is_running() => line.muted("not begun"),
        AccountState::Waiting => line.muted("waiting"),
        AccountState::Reading => line.with(Role::Key, "reading …"),
        AccountState::Read { roles, gaps, elapsed, .. } => {
            let line = line.text(counted(*roles, "role")).muted(format!("  {}", lasted(*elapsed)));
            match gaps.len() {
                0 => line,
                count => {
                    line.with(Role::VerdictUnknown, format!("  but for {}", counted(count, "part")))
                }
            }
        }
        // Nobody could read it, and nothing is to be done.
        AccountState::NotRead(gap) if gap.kind == NotReadKind::Suspended => {
            line.muted(gap.kind.as_str())
        }
        AccountState::NotRead(gap) => {
            line.with(Role::VerdictUnknown, gap.kind.as_str()).muted(format!("  {}", gap.call))
        }
    }
}

/// The crawl as a whole.
pub(crate) fn crawl(crawl: &Crawl) -> Document {
    let mut document = Document::new(match &crawl.progress {
        Progress::Running => "the crawl",
        Progress::Stopping => "the crawl stops",
        Progress::Ended(_) => "how it ended",
    });
    match &crawl.progress {
        Progress::Running => document
            .say(Role::Text, "Everything can be looked at meanwhile; esc leaves it running."),
        Progress::Stopping => document.say(
            Role::Notice,
            "Accounts in hand are finished, no other is begun. What was read is kept.",
        ),
        Progress::Ended(Err(refusal)) => refused(&mut document, refusal),
        Progress::Ended(Ok(end)) => ended(&mut document, crawl, end),
    }
    document.heading("Who reads how");
    lines(&mut document, &crawl.outline);
    if let Some(snapshot) = &crawl.snapshot {
        document.field("snapshot", snapshot.clone());
    }
    if let Some(text) = &crawl.organization {
        document.heading("The organization");
        document.say(Role::Text, text.clone());
    }
    if !crawl.gaps.is_empty() && crawl.is_running() {
        document.heading("Not read so far, beside accounts");
        for gap in &crawl.gaps {
            missing(&mut document, gap);
        }
    }
    for note in &crawl.notes {
        document.push(Line::new().with(Role::Notice, "! ").text(note.clone()).indent(2));
    }
    document
}

fn ended(document: &mut Document, crawl: &Crawl, end: &CrawlEnd) {
    let complete = end.left == 0 && end.failures.is_empty();
    document.say(
        if complete { Role::VerdictAllowed } else { Role::Strong },
        format!(
            "snapshot {}: {} of {} read, {}",
            end.snapshot,
            super::grouped(end.read),
            counted(crawl.accounts.len(), "account"),
            counted(end.roles, "role")
        ),
    );
    document.say(
        Role::Muted,
        format!(
            "{} requests, {} of them repeated, in {}",
            end.requests,
            end.retries,
            lasted(end.elapsed)
        ),
    );
    if let Some(failure) = &end.stopped {
        document.blank();
        document.say(Role::Error, format!("it stopped, and what it had read is kept: {failure}"));
    }
    if end.left > 0 {
        document.blank();
        document.say(
            Role::Notice,
            format!("{} not begun: R reads the rest", counted(end.left, "account")),
        );
    }
    for group in &end.failures {
        mend(document, crawl, group);
    }
}

fn mend(document: &mut Document, crawl: &Crawl, group: &ToMend) {
    let whom = match group.accounts.len() {
        0 => group.place.clone(),
        number => counted(number, "account"),
    };
    document.heading(format!("Not read in {whom}"));
    document
        .push(Line::new().with(Role::VerdictUnknown, "? ").strong(group.what.clone()).indent(2));
    document.push(
        Line::new()
            .strong("to do: ")
            .text(group.next.clone())
            .indent(2)
            .about(About { copy: vec![("text", group.next.clone())], ..About::default() }),
    );
    document.push(Line::new().muted(group.message.clone()).indent(2));
    for id in group.accounts.iter().take(NAMED) {
        let name = crawl.accounts.iter().find(|account| account.id == *id);
        let name = name.map_or("", |account| account.name.as_str());
        document.push(
            Line::new()
                .text(format!("  {}", full_name(name, id)))
                .about(About { copy: vec![("id", id.clone())], ..About::thing(id.clone()) }),
        );
    }
    if let Some(more @ 1..) = group.accounts.len().checked_sub(NAMED) {
        document.say(Role::Muted, format!("  and {more} more"));
    }
}

/// One account of a crawl.
pub(crate) fn account_read(account: &Account) -> Document {
    let mut document = Document::new(full_name(&account.name, &account.id));
    match &account.state {
        AccountState::Waiting => document.say(Role::Muted, "its turn has not come"),
        AccountState::Reading => document.say(Role::Text, "it is being read …"),
        AccountState::Read { roles, users, gaps, elapsed } => {
            document.say(
                Role::Text,
                format!(
                    "{}, {} in {}",
                    counted(*roles, "role"),
                    counted(*users, "user"),
                    lasted(*elapsed)
                ),
            );
            if !gaps.is_empty() {
                document.heading("Not read of it");
                for gap in gaps {
                    missing(&mut document, gap);
                }
            }
        }
        AccountState::NotRead(gap) => {
            document.say(Role::VerdictUnknown, "? nothing of it was read");
            document.blank();
            missing(&mut document, gap);
        }
    }
    document
}

fn missing(document: &mut Document, gap: &Missing) {
    document.push(
        Line::new()
            .with(Role::VerdictUnknown, "? ")
            .strong(gap.kind.as_str())
            .text(format!("  {}", gap.call))
            .indent(2)
            .about(About { copy: vec![("permission", gap.call.clone())], ..About::default() }),
    );
    document.push(Line::new().muted(gap.message.clone()).indent(2));
    document.push(Line::new().strong("to do: ").text(gap.next.clone()).indent(2));
}

fn full_name(name: &str, id: &str) -> String {
    if name.is_empty() || name == id { id.to_owned() } else { format!("{name} {id}") }
}
