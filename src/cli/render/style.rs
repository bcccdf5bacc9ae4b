//! Colours by what they mean. Every mark reads without them.

use anstyle::{AnsiColor, Style};

use crate::answer::{Outcome, Verdict};

/// Headings.
pub(crate) const HEADING: Style = Style::new().bold();
/// Selectors and ARNs that matter in their line.
pub(crate) const NAME: Style = AnsiColor::Cyan.on_default();
/// What supports the rest.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// Errors.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// Warnings.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// What is as it should be.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What to try next.
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default();
/// What can do everything in its account.
pub(crate) const PRIVILEGE: Style = AnsiColor::Magenta.on_default();

const ALLOWED: Style = AnsiColor::Green.on_default();
const CONDITIONAL: Style = AnsiColor::Yellow.on_default();
const DENIED: Style = AnsiColor::Red.on_default();
const UNKNOWN: Style = AnsiColor::Blue.on_default();

/// A verdict's colour.
pub(crate) fn verdict(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Allowed => ALLOWED,
        Verdict::Conditional => CONDITIONAL,
        Verdict::Unknown => UNKNOWN,
        Verdict::Denied => DENIED,
    }
}

/// A layer outcome's colour.
pub(crate) fn outcome(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Allow => ALLOWED,
        Outcome::Deny => DENIED,
        Outcome::Open => CONDITIONAL,
        Outcome::NoMatch => Style::new(),
        Outcome::NotApplicable => FAINT,
    }
}
