//! The organization in a few lines, and what is shown when there is none.

use super::super::document::{About, Document, Line};
use super::super::keys::Action;
use super::super::look::Role;
use super::super::session::Imported;
use super::topology::{Known, append_lines};
use super::{gap, grouped};
use crate::answer::Overview;

/// The organization in a few lines. How workspaces get in comes later than the rest.
pub(crate) fn overview(overview: &Overview, topology: Known<'_>) -> Document {
    let mut document = Document::new(overview.name.clone());
    if let Some(id) = &overview.organization {
        document.field("organization", id.clone());
    }
    document.field(
        "accounts",
        format!("{} of {} read", grouped(overview.accounts_read), grouped(overview.accounts)),
    );
    document.field("roles", grouped(overview.roles));
    match overview.workspaces {
        Some(count) => document.field("workspaces", grouped(count)),
        None => document.push(
            Line::new()
                .muted(format!("{:<12} ", "workspaces"))
                .with(Role::VerdictUnknown, "? HCP Terraform was not read"),
        ),
    }
    append_lines(&mut document, topology);
    if !overview.not_read.is_empty() {
        document.heading("Not read");
        for one in &overview.not_read {
            let line = gap(&one.name, &one.not_read);
            document.push(match &one.account {
                Some(id) => line.about(About::thing(id.clone())),
                None => line,
            });
        }
    }
    document.heading("What to ask");
    for (action, text) in [
        (Action::ScreenMatrix, "which workspaces reach which accounts"),
        (Action::ScreenPaths, "the paths from here to there, hop by hop"),
        (Action::ScreenTroubleshoot, "what stopped a failed assume: paste its error"),
    ] {
        document.push(
            Line::new()
                .muted("→ ")
                .text(text)
                .about(About { action: Some(action), ..About::default() }),
        );
    }
    document
}

/// What to do when there is no snapshot. `caller` is whom the present credentials belong to, or
/// why that is not known; `None` while it is found out.
pub(crate) fn first_run(caller: Option<&Result<String, String>>) -> Document {
    let mut document = Document::new("welcome");
    document.say(Role::Strong, "There is no snapshot yet.");
    document.say(
        Role::Text,
        "rolewalk shows who can become whom in an AWS organization: it reads facts once, \
         read-only, and answers from them.",
    );
    document.blank();
    document.push(match caller {
        None => Line::new().muted("you are      ").muted("… asking AWS"),
        Some(Ok(caller)) => Line::new()
            .muted("you are      ")
            .text(caller.clone())
            .indent(13)
            .about(About { copy: vec![("caller", caller.clone())], ..About::default() }),
        Some(Err(why)) => Line::new()
            .muted("you are      ")
            .with(Role::VerdictUnknown, "? not known: ")
            .text(why.clone())
            .indent(13),
    });
    document.blank();
    for (action, title, text, command) in [
        (
            Action::Collect,
            "Collect",
            "reads your organization with your AWS credentials, after asking",
            "rolewalk collect",
        ),
        (
            Action::Import,
            "Import",
            "reads a dump directory that somebody gave you",
            "rolewalk import DIR",
        ),
        (
            Action::Demo,
            "Demo",
            "shows a sample organization; nothing is read or written",
            "rolewalk demo",
        ),
    ] {
        document.push(Line::new().strong(format!("{title:<8} ")).text(text).indent(9).about(
            About {
                action: Some(action),
                copy: vec![("command", command.to_owned())],
                ..About::default()
            },
        ));
    }
    document.blank();
    document.say(
        Role::Muted,
        "What stopped a failed assume is explained without a snapshot, too: paste its error.",
    );
    document
}

/// What an import left out.
pub(crate) fn import_problems(imported: &Imported) -> Document {
    let mut document = Document::new("damaged parts were left out");
    document.say(Role::Strong, format!("snapshot {}: {}", imported.snapshot, imported.text));
    document.blank();
    for problem in &imported.problems {
        document.push(Line::new().with(Role::Notice, "! ").text(problem.clone()).indent(2));
    }
    document
}

/// What to show when the snapshot can't be loaded.
pub(crate) fn load_failure(message: &str, hints: &[String]) -> Document {
    let mut document = Document::new("no snapshot");
    document.say(Role::Error, message.to_owned());
    for hint in hints {
        document.push(Line::new().muted("→ ").text(hint.clone()).indent(2));
    }
    document
}
