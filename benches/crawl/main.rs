//! How long a crawl takes where every answer takes its time: the program itself, against a server
//! on the loopback that gives canned answers.
//!
//! `cargo bench --bench crawl -- [ACCOUNTS ...] [--latency MS] [--concurrency N] [--roles N]`
//!
//! Prints for each number of accounts the requests, the time, what requests x latency /
//! concurrency would be, and the most memory that the program held.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark fails by panicking"
)]
#![allow(missing_docs, unreachable_pub, reason = "nothing outside this binary sees its items")]

mod answers;
mod server;

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use server::{Organization, Server};

struct Settings {
    accounts: Vec<usize>,
    latency: Duration,
    concurrency: u32,
    roles: usize,
}

fn settings() -> Settings {
    let mut settings = Settings {
        accounts: Vec::new(),
        latency: Duration::from_millis(50),
        concurrency: 8,
        roles: 40,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || -> u32 {
            let value = arguments.next();
            let value = value.and_then(|value| value.parse().ok());
            value.unwrap_or_else(|| panic!("`{argument}` takes a number"))
        };
        match argument.as_str() {
            "--latency" => settings.latency = Duration::from_millis(number().into()),
            "--concurrency" => settings.concurrency = number(),
            "--roles" => settings.roles = number() as usize,
            // Cargo adds it.
            "--bench" => {}
            accounts => settings.accounts.push(
                accounts
                    .parse()
                    .unwrap_or_else(|_| panic!("`{accounts}` is no number of accounts")),
            ),
        }
    }
    if settings.accounts.is_empty() {
        settings.accounts = vec![200, 400];
    }
    settings
}

fn main() {
    let settings = settings();
    println!(
        "latency {} ms, {} accounts at a time, {} roles each",
        settings.latency.as_millis(),
        settings.concurrency,
        settings.roles
    );
    println!("accounts  requests  of accounts  an account  time      ideal     ratio  memory");
    for accounts in &settings.accounts {
        measure(*accounts, &settings);
    }
}

fn measure(accounts: usize, settings: &Settings) {
    let server = Server::start(Organization { accounts, roles: settings.roles }, settings.latency);
    let home = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_rolewalk"))
        .env_clear()
        .env("HOME", home.path())
        .env("AWS_ENDPOINT_URL", server.url())
        .env("AWS_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        // No secrets: nobody checks them.
        .env("AWS_ACCESS_KEY_ID", format!("AKIA{}", answers::account(1)))
        .env("AWS_SECRET_ACCESS_KEY", "made-up")
        .arg("--db")
        .arg(home.path().join("crawl.db"))
        .args(["collect", "--yes", "--strict", "--json", "--concurrency"])
        .arg(settings.concurrency.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = Path::new("/proc").join(child.id().to_string()).join("status");
    let mut memory = 0;
    let ended = loop {
        memory = memory.max(resident(&status));
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        thread::sleep(Duration::from_millis(10));
    };
    let took = begun.elapsed();
    assert!(ended.success(), "the crawl failed: {ended}");
    let counts = server.counts();
    // The organization is read beside the accounts, over connections of its own.
    let ideal =
        settings.latency * u32::try_from(counts.of_accounts).unwrap() / settings.concurrency;
    println!(
        "{accounts:8}  {:8}  {:11}  {:10.2}  {:6.2} s  {:6.2} s  {:5.2}  {:4} MiB",
        counts.all,
        counts.of_accounts,
        per(counts.of_accounts, accounts),
        took.as_secs_f64(),
        ideal.as_secs_f64(),
        took.as_secs_f64() / ideal.as_secs_f64(),
        memory / 1024,
    );
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn per(requests: usize, accounts: usize) -> f64 {
    requests as f64 / accounts as f64
}

/// The most memory that a process held so far, in KiB; 0 where the system does not say.
fn resident(status: &Path) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
