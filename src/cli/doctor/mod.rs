//! `doctor`: what rolewalk needs, each thing tried, and the fix for what is not as it should be.
//! Asks nobody, changes nothing.

mod aws;
mod database;
mod hcp_terraform;
mod terminal;

use std::fs::Metadata;
use std::path::Path;

use anstyle::Style;
use serde::Serialize;

use super::caller::block_on;
use super::error::CliError;
use super::output::Page;
use super::render::{Sheet, count, paint, style};
use super::request::{ConfigurationFile, Request};
use super::{Ending, args};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Warning,
    Failed,
    Skipped,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Ok => style::GOOD,
            Self::Warning => style::WARNING,
            Self::Failed => style::ERROR,
            Self::Skipped => style::FAINT,
        }
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Check {
    id: &'static str,
    status: Status,
    /// What was found, for people.
    found: String,
    /// What to do where it is not ok.
    fix: Option<String>,
}

impl Check {
    fn ok(id: &'static str, found: impl Into<String>) -> Self {
        Self { id, status: Status::Ok, found: found.into(), fix: None }
    }

    fn warning(id: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { id, status: Status::Warning, found: found.into(), fix: Some(fix.into()) }
    }

    fn failed(id: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { id, status: Status::Failed, found: found.into(), fix: Some(fix.into()) }
    }

    fn skipped(id: &'static str, found: impl Into<String>) -> Self {
        Self { id, status: Status::Skipped, found: found.into(), fix: None }
    }
}

/// Every check (`rolewalk/doctor/1`).
#[derive(Debug, Serialize)]
struct Checks {
    schema: &'static str,
    checks: Vec<Check>,
}

/// Checks everything and says how it is.
pub(crate) fn doctor(request: &Request, typed: &args::Doctor) -> Result<Ending, CliError> {
    let options = aws::options(request, typed)?;
    let mut checks = vec![configuration(&request.configuration), database::check(request)];
    if typed.offline {
        let ids = aws::IDS.into_iter().chain([hcp_terraform::TOKEN]);
        checks.extend(ids.map(|id| Check::skipped(id, "not asked (`--offline`)")));
        checks.push(hcp_terraform::check());
    } else {
        checks.extend(block_on(aws::checks(request, &options))?);
        checks.push(hcp_terraform::check());
        checks.extend(block_on(hcp_terraform::tokens(&request.config))?);
    }
    checks.push(terminal::check(&request.config));
    let failed = checks.iter().any(|check| check.status == Status::Failed);
    let answer = Checks { schema: "rolewalk/doctor/1", checks };
    request.output.answer(&answer, |answer, page| text(&answer.checks, page))?;
    Ok(if failed { Ending::Failed } else { Ending::Answered })
}

/// The file as it was read when the program started.
fn configuration(file: &ConfigurationFile) -> Check {
    const ID: &str = "configuration";
    let path = file.path.as_deref().map(named).unwrap_or_default();
    match (&file.problem, &file.path) {
        (Some(problem), _) => Check::failed(
            ID,
            without_source(problem),
            "mend the file; until then every other command stops at it",
        ),
        (None, None) => Check::ok(ID, "no home directory to look for one in; nothing is set"),
        (None, Some(file)) if file.exists() => Check::ok(ID, format!("{path} is read")),
        (None, Some(_)) => Check::ok(ID, format!("none at {path}; nothing is set")),
    }
}

/// The message without the lines that draw the place in the file.
fn without_source(problem: &str) -> String {
    let drawn = |line: &&str| {
        let number = |char: char| char.is_ascii_digit() || char == ' ';
        line.trim_start_matches(number).starts_with('|')
    };
    let lines: Vec<&str> = problem.lines().filter(|line| !drawn(line)).collect();
    lines.join(": ").replace("::", ":")
}

fn named(path: &Path) -> String {
    format!("`{}`", path.display())
}

/// Whether others than its owner may read a file or directory; unknown outside Unix.
#[cfg(unix)]
fn open_to_others(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn open_to_others(_metadata: &Metadata) -> bool {
    false
}

/// Columns of status and name, behind which the findings stand.
const STATUS: usize = 9;
const NAME: usize = 15;

fn text(checks: &[Check], page: Page) -> String {
    let mut sheet = Sheet::new(page);
    for check in checks {
        let status = check.status.as_str();
        let label = format!(
            "{}{}",
            paint(check.status.style(), &format!("{status:<STATUS$}")),
            format_args!("{:<width$}", check.id, width = NAME.max(check.id.len() + 1))
        );
        sheet.labelled(0, &label, Style::new(), &check.found);
        if let Some(fix) = &check.fix {
            let label = paint(style::HINT, "fix: ");
            sheet.labelled(STATUS + NAME, &label, Style::new(), fix);
        }
    }
    let of = |status: Status| checks.iter().filter(|check| check.status == status).count();
    let (failed, warnings) = (of(Status::Failed), of(Status::Warning));
    sheet.gap();
    sheet.line(
        0,
        &match (failed, warnings) {
            (0, 0) => "nothing to mend".to_owned(),
            (0, warnings) => format!("nothing failed, {}", count(warnings, "warning")),
            (failed, 0) => format!("{} failed", count(failed, "check")),
            (failed, warnings) => {
                format!("{} failed, {}", count(failed, "check"), count(warnings, "warning"))
            }
        },
    );
    sheet.finish()
}
