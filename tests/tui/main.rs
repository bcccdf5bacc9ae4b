//! The TUI in a real pseudo-terminal: what only a terminal can show.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod child;
mod terminal;

use terminal::Terminal;

/// Everything that the TUI changed is as it was.
fn assert_restored(terminal: &mut Terminal) {
    terminal.wait_until("the alternate screen is left", |screen| !screen.alternate_screen());
    let screen = terminal.screen();
    assert!(!screen.hide_cursor(), "the cursor is hidden");
    assert!(!screen.bracketed_paste(), "pastes are still bracketed");
    assert!(terminal.is_as_before(), "the line discipline is not as before");
}

#[test]
fn quitting_restores_the_terminal() {
    let mut terminal = Terminal::child("plain");
    terminal.wait_for("[1 Organization]");
    assert!(terminal.screen().alternate_screen() && terminal.screen().bracketed_paste());
    assert!(!terminal.is_as_before());
    terminal.send("2");
    terminal.wait_for("[2 Matrix]");
    terminal.send("q");
    assert!(terminal.exit().success());
    assert_restored(&mut terminal);
}

#[test]
fn the_demo_is_there_and_leaves_no_trace() {
    let mut terminal = Terminal::demo();
    terminal.wait_for("tfc-hub");
    terminal.send("/tfc-hub\r");
    terminal.wait_for("/ tfc-hub");
    terminal.send("\t");
    terminal.wait_for("222222222222");
    terminal.send("5");
    terminal.wait_for("Nothing was probed yet");
    terminal.send("q");
    assert!(terminal.exit().success());
    assert_restored(&mut terminal);

    let mut terminal = Terminal::demo();
    terminal.wait_for("[1 Organization]");
    terminal.signal("TERM");
    terminal.exit();
    assert_restored(&mut terminal);
}

#[test]
fn the_first_frame_does_not_wait_for_the_snapshot() {
    let mut terminal = Terminal::child("slow");
    terminal.wait_for("loading the snapshot");
    terminal.wait_for("snapshot 7 of o-sample");
    terminal.wait_for("reading roles: 312,000 of 1,000,000 (31 %)");
    terminal.send("?");
    terminal.wait_for("what can be done here");
    terminal.send("\x1b");
    terminal.wait_until("help is closed", |screen| !screen.contents().contains("can be done"));
    terminal.send("q");
    terminal.exit();
    assert_restored(&mut terminal);
}

#[test]
fn signals_restore_the_terminal() {
    for signal in ["TERM", "INT", "HUP"] {
        let mut terminal = Terminal::child("plain");
        terminal.wait_for("[1 Organization]");
        terminal.signal(signal);
        terminal.exit();
        assert_restored(&mut terminal);
    }
}

#[test]
fn a_panic_restores_the_terminal_and_is_read_afterwards() {
    let mut terminal = Terminal::child("panic");
    terminal.wait_for("[1 Organization]");
    terminal.exit();
    assert_restored(&mut terminal);
    assert!(terminal.text().contains("a panic of the test"), "{}", terminal.text());
}

#[test]
fn a_panic_of_a_job_ends_the_job_only() {
    for mode in ["job-panic", "deep-panic"] {
        let mut terminal = Terminal::child(mode);
        terminal.wait_for("rolewalk itself failed while loading");
        assert!(!terminal.text().contains("panicked"), "{}", terminal.text());
        terminal.send("q");
        assert!(terminal.exit().success());
        assert_restored(&mut terminal);
    }
}

#[test]
fn a_pasted_error_is_one_paste_and_not_many_keys() {
    let mut terminal = Terminal::child("plain");
    terminal.wait_for("[1 Organization]");
    terminal.send("\x1b[200~quit q\nAccessDenied\x1b[201~");
    terminal.wait_for("explained: 2 lines");
    terminal.send("q");
    assert!(terminal.exit().success());
}

#[test]
fn resizing_draws_anew() {
    let mut terminal = Terminal::child("plain");
    terminal.wait_for("[1 Organization]");
    terminal.resize(10, 40);
    terminal.wait_for("needs 60x15");
    terminal.resize(30, 100);
    terminal.wait_for("[1 Organization]");
    terminal.send("q");
    terminal.exit();
}

#[test]
fn stopping_gives_the_terminal_to_the_shell_and_fg_takes_it_back() {
    let mut terminal = Terminal::shell();
    terminal.send(&format!("{}\r", child::command_line("plain")));
    terminal.wait_for("[1 Organization]");
    terminal.send("\x1a");
    terminal.wait_for("Stopped");
    terminal.send("echo still-$((40 + 2))\r");
    terminal.wait_for("still-42");
    terminal.send("fg\r");
    terminal.wait_until("the TUI is back", vt100::Screen::alternate_screen);
    terminal.wait_for("[1 Organization]");
    terminal.send("2");
    terminal.wait_for("[2 Matrix]");
    terminal.send("q");
    terminal.wait_until("the shell has the terminal", |screen| !screen.alternate_screen());
    terminal.send("exit\r");
    terminal.exit();
}

#[test]
fn leaving_while_a_report_is_written_waits_and_says_what_became_of_it() {
    let leave = |keys: &str| {
        let mut terminal = Terminal::child("plain");
        terminal.wait_for("accounts");
        terminal.send("e");
        terminal.wait_for("writing the report");
        terminal.send("q");
        terminal.wait_for("finishing the report");
        terminal.send(keys);
        assert!(terminal.exit().success());
        assert_restored(&mut terminal);
        terminal
    };
    leave("").wait_for("the report is in nowhere");
    leave("\u{3}").wait_for("the report was not written: rolewalk was left before it was done");
}

#[test]
fn leaving_while_accounts_are_read_asks_and_restores_the_terminal() {
    let crawl = || {
        let mut terminal = Terminal::child("first-run");
        terminal.wait_for("user/ann");
        terminal.send("c");
        terminal.wait_for("enter starts");
        terminal.send("\r");
        terminal.wait_for("reading …");
        terminal
    };
    let mut terminal = crawl();
    terminal.send("q");
    terminal.wait_for("leave while accounts are read?");
    terminal.send("\r");
    assert!(terminal.exit().success());
    assert_restored(&mut terminal);

    let mut terminal = crawl();
    terminal.send("\x03");
    terminal.wait_for("leave while accounts are read?");
    terminal.send("\x03");
    assert!(terminal.exit().success());
    assert_restored(&mut terminal);

    let mut terminal = crawl();
    terminal.signal("TERM");
    terminal.exit();
    assert_restored(&mut terminal);
}
