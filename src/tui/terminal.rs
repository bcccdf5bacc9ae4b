//! The terminal, changed for the time of the TUI and restored on every way out: the end, an
//! error, a panic, a signal.

use std::io::{self, Write as _, stdout};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};

/// Whether the terminal is ours at present. There is one terminal a process, and a panic hook
/// can be told nothing, so this has to be global.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Holds the terminal; dropping it gives the terminal back.
///
/// A panic gives it back too if it happens on this thread, where the loop is. On another one it
/// ends a job and not the program, and must not touch the screen.
#[derive(Debug)]
pub(crate) struct Guard(());

impl Guard {
    pub(crate) fn new() -> io::Result<Self> {
        let previous = panic::take_hook();
        let here = thread::current().id();
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() != here {
                tracing::error!("a job failed: {info}");
                return;
            }
            leave();
            previous(info);
        }));
        enter()?;
        Ok(Self(()))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        leave();
    }
}

/// Takes the terminal; harmless when it is taken already, except that it may have been changed
/// by whoever stopped us, so everything is sent again.
pub(crate) fn enter() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
}

/// Gives the terminal back. A terminal that is gone can't be helped, so errors are left.
pub(crate) fn leave() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(stdout(), DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
        let _ = disable_raw_mode();
        let _ = stdout().flush();
    }
}

/// Stops the process as ctrl-z does elsewhere. The terminal must have been left before. It may
/// return a moment before the process stops, and nothing stops a process that no shell waits
/// for.
///
/// The standard library can't send a signal; every shell can.
#[cfg(unix)]
pub(crate) fn stop() {
    let _ = std::process::Command::new("/bin/sh").args(["-c", "kill -TSTP $PPID"]).status();
}

#[cfg(not(unix))]
pub(crate) fn stop() {}
