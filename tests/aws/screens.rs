//! Collecting inside the screens, in a real pseudo-terminal.

use std::process::Command;

use portable_pty::CommandBuilder;

use crate::emulator::Emulator;
use crate::support::{MANAGEMENT, PROD_NET, ask};
use crate::terminal::Terminal;

fn screens(aws: &Emulator) -> Terminal {
    let mut command = aws.command(MANAGEMENT);
    command.arg("--db").arg(aws.file("snapshot.db"));
    Terminal::run(in_terminal(&command))
}

fn in_terminal(command: &Command) -> CommandBuilder {
    let mut builder = CommandBuilder::new(command.get_program());
    builder.args(command.get_args());
    builder.env_clear();
    for (name, value) in command.get_envs() {
        builder.env(name, value.unwrap_or_default());
    }
    builder.cwd(command.get_current_dir().unwrap());
    builder
}

/// The accounts that were asked for their users and roles.
fn read(aws: &Emulator) -> Vec<String> {
    let statistics = aws.statistics();
    let accounts = statistics["by_account_and_call"].as_object().unwrap();
    let asked = accounts
        .iter()
        .filter(|(_, calls)| calls.get("iam:GetAccountAuthorizationDetails").is_some());
    asked.map(|(account, _)| account.clone()).collect()
}

/// The report that was written where the program was started.
fn report(aws: &Emulator) -> String {
    let files = std::fs::read_dir(aws.file("")).unwrap().map(|file| file.unwrap().path());
    let mut reports = files.filter(|path| path.extension().is_some_and(|it| it == "md"));
    std::fs::read_to_string(reports.next().unwrap()).unwrap()
}

#[test]
fn the_first_run_collects_and_one_account_is_read_again() {
    let Some(aws) = Emulator::with_organization() else { return };
    let mut terminal = screens(&aws);
    terminal.wait_for("user/org-admin");
    terminal.send("c");
    terminal.wait_for("enter starts");
    assert_eq!(read(&aws), [""; 0], "nothing is read before somebody agreed");
    terminal.send("\r");
    terminal.wait_for(" done ");
    terminal.send("1");
    terminal.wait_for("prod-net");
    terminal.send("/prod-net\r");
    let on_account = |screen: &vt100::Screen| {
        screen.contents().lines().any(|line| line.contains("▌") && line.contains("prod-net"))
    };
    terminal.wait_until("the cursor is on prod-net", on_account);

    aws.clear_statistics();
    terminal.send("r");
    terminal.wait_for("read again?");
    terminal.wait_for("enter starts");
    terminal.send("\r");
    terminal.wait_for("prod-net was read again");
    terminal.wait_until("the cursor is still on prod-net", on_account);
    assert_eq!(read(&aws), [PROD_NET]);
    terminal.send("e");
    terminal.wait_for("the report is in");
    assert!(
        report(&aws).contains("| Snapshot | `2` |"),
        "reports are of what is shown:\n{}",
        report(&aws)
    );
    terminal.send("q");
    assert!(terminal.exit().success());

    let snapshots = ask(&aws, MANAGEMENT, &["snapshots", "--json"]).exits(0).json();
    let snapshots = snapshots["snapshots"].as_array().unwrap().clone();
    assert_eq!(snapshots.len(), 2);
    for part in ["accounts", "accounts_read", "roles", "organization"] {
        assert_eq!(snapshots[0][part], snapshots[1][part], "{part} of the snapshots");
    }
}
