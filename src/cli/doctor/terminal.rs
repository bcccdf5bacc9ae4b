//! Whether the screens can be drawn here.

use std::io::{self, IsTerminal};

use super::super::screens;
use super::Check;
use crate::config::Config;
use crate::tui;

const ID: &str = "terminal";

/// What is known of the terminal.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Terminal {
    /// Whether input and output are one.
    pub(super) interactive: bool,
    /// Columns and rows, where it says.
    pub(super) size: Option<(u16, u16)>,
    /// Its kind, as `TERM` says.
    pub(super) kind: Option<String>,
    /// Whether `NO_COLOR` is set.
    pub(super) no_color: bool,
    /// Whether colours are used.
    pub(super) colour: bool,
    /// Whether marks and lines keep to ASCII.
    pub(super) ascii: bool,
    /// Whether ASCII was chosen, and is not what the locale leaves.
    pub(super) ascii_chosen: bool,
    /// A theme that does not exist.
    pub(super) no_theme: Option<String>,
}

pub(super) fn check(config: &Config) -> Check {
    let appearance = screens::appearance(config);
    let known = tui::theme_names().any(|name| *name == appearance.theme);
    judged(&Terminal {
        interactive: io::stdin().is_terminal() && io::stdout().is_terminal(),
        size: crossterm::terminal::size().ok().filter(|(columns, rows)| *columns > 0 && *rows > 0),
        kind: std::env::var("TERM").ok().filter(|kind| !kind.is_empty()),
        no_color: std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
        colour: appearance.colour,
        ascii: appearance.ascii,
        ascii_chosen: config.ascii || std::env::var_os("ROLEWALK_ASCII").is_some(),
        no_theme: (!known).then_some(appearance.theme),
    })
}

pub(super) fn judged(terminal: &Terminal) -> Check {
    let (columns, rows) = tui::SMALLEST;
    let kind = terminal.kind.as_deref().unwrap_or("not set");
    let colours = match (terminal.colour, terminal.no_color) {
        (true, _) => "colours",
        (false, true) => "no colours (`NO_COLOR` is set)",
        (false, false) => "no colours",
    };
    let marks = match (terminal.ascii, terminal.ascii_chosen) {
        (false, _) => "Unicode",
        (true, true) => "ASCII, as set",
        (true, false) => "ASCII, because the locale is not UTF-8",
    };
    let rest = format!("`TERM` {kind}, {colours}, {marks}");
    if let Some(theme) = &terminal.no_theme {
        let names: Vec<&str> = tui::theme_names().collect();
        return Check::failed(
            ID,
            format!("there is no theme `{theme}`, so that the screens do not open"),
            format!("set `theme` or `ROLEWALK_THEME` to one of {}", names.join(", ")),
        );
    }
    if !terminal.interactive {
        let found = format!("not one here, so the screens were not tried; {rest}");
        return Check::skipped(ID, found);
    }
    let size = match terminal.size {
        None => "size not known".to_owned(),
        Some((columns, rows)) => format!("{columns}x{rows}"),
    };
    let found = format!("{size}, {rest}");
    match terminal.size {
        Some(size) if size.0 < columns || size.1 < rows => {
            let fix = format!("the screens need {columns}x{rows}: enlarge the window");
            Check::warning(ID, found, fix)
        }
        _ if terminal.kind.as_deref() == Some("dumb") || terminal.kind.is_none() => {
            let fix = "set `TERM` to what the terminal is, such as `xterm-256color`";
            Check::warning(ID, found, fix)
        }
        _ if terminal.ascii && !terminal.ascii_chosen => {
            let fix = "set `LANG` to a UTF-8 locale such as `C.UTF-8`, or `ROLEWALK_ASCII=1` to \
                       keep to ASCII";
            Check::warning(ID, found, fix)
        }
        _ => Check::ok(ID, found),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    fn good() -> Terminal {
        Terminal {
            interactive: true,
            size: Some((80, 24)),
            kind: Some("xterm-256color".to_owned()),
            no_color: false,
            colour: true,
            ascii: false,
            ascii_chosen: false,
            no_theme: None,
        }
    }

    #[test]
    fn what_the_screens_need_is_asked_for() {
        let none = || None::<String>;
        let cases = [
            (good(), Status::Ok, "80x24"),
            (Terminal { size: Some(tui::SMALLEST), ..good() }, Status::Ok, "Unicode"),
            (Terminal { size: Some((59, 15)), ..good() }, Status::Warning, "60x15"),
            (Terminal { size: Some((60, 14)), ..good() }, Status::Warning, "60x15"),
            (Terminal { kind: none(), ..good() }, Status::Warning, "`TERM`"),
            (Terminal { ascii: true, ..good() }, Status::Warning, "UTF-8"),
            (Terminal { ascii: true, ascii_chosen: true, ..good() }, Status::Ok, "as set"),
            (Terminal { colour: false, no_color: true, ..good() }, Status::Ok, "`NO_COLOR`"),
            (Terminal { interactive: false, size: None, ..good() }, Status::Skipped, "not one"),
            (Terminal { no_theme: Some("x".to_owned()), ..good() }, Status::Failed, "theme `x`"),
        ];
        for (terminal, status, says) in cases {
            let check = judged(&terminal);
            assert_eq!(check.status, status, "{check:?}");
            let text = format!("{} {}", check.found, check.fix.unwrap_or_default());
            assert!(text.contains(says), "{text}");
        }
    }
}
