//! The command line: what was typed becomes a question, the library answers, a renderer prints.
//!
//! What was typed ([`args`]) and what it means ([`request`]) are two types. Each family of
//! commands has a file; every answer goes through one text renderer ([`render`]) or `serde`.
//! Answers go to stdout, everything else to stderr. This room knows nothing of IAM.

mod args;
mod caller;
mod choose;
mod collect;
mod collector;
mod doctor;
mod error;
mod explain;
mod export;
mod facts;
mod file;
mod output;
mod permissions;
mod probe;
mod prober;
mod progress;
mod questions;
mod render;
mod request;
mod screens;
mod shell;
mod snapshots;
mod store;
mod terraform;
mod waiting;

use std::process::ExitCode;

use clap::Parser;

use args::Typed;
use error::{CliError, ErrorKind};
use output::Output;
use request::{Request, What};

/// Runs the program on its arguments.
pub fn main() -> ExitCode {
    let typed = match Typed::try_parse() {
        Ok(typed) => typed,
        Err(error) => {
            // Help and version are answers, and a reader may have gone away.
            let _ = error.print();
            return if error.use_stderr() { ErrorKind::Input.into() } else { ExitCode::SUCCESS };
        }
    };
    let plain = Output::new(typed.global.color, typed.global.json, false);
    match Request::of(typed).and_then(|request| run(&request)) {
        Ok(Ending::Answered) => ExitCode::SUCCESS,
        Ok(Ending::Failed) => ErrorKind::Failed.into(),
        Err(error) => {
            plain.error(&error);
            error.kind.into()
        }
    }
}

/// How a command ended that had something to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// It did what was asked: exit 0.
    Answered,
    /// It said what it found, and that is not what was asked for: exit 1.
    Failed,
}

fn run(request: &Request) -> Result<Ending, CliError> {
    log(request.verbose);
    match &request.what {
        What::Ask { question, scenario } => questions::ask(request, question, scenario),
        What::Collect(typed) => collect::collect(request, typed),
        What::Import(directory) => snapshots::import(request, directory),
        What::ListSnapshots => snapshots::list(request),
        What::ShowSnapshot(id) => snapshots::show(request, id.as_deref()),
        What::PackSnapshot(file) => snapshots::pack(request, file),
        What::RemoveSnapshot(id) => snapshots::remove(request, id),
        What::Explain(failure) => explain::explain(request, failure),
        What::Probe(typed) => probe::probe(request, typed),
        What::Report(wanted) => export::report(request, wanted),
        What::Edges(wanted) => export::edges(request, wanted),
        What::Dump { directory, force } => export::dump(request, directory, *force),
        What::Permissions(typed) => permissions::permissions(request, typed),
        What::Doctor(typed) => doctor::doctor(request, typed),
        What::Completions(shell) => shell::completions(*shell),
        What::Man => shell::manual(),
        What::Screens => screens::run(request),
    }
}

/// Lets the library's own log out on stderr. Only its own: what an SDK logs may hold what must
/// not be shown.
fn log(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => "rolewalk=info",
        _ => "rolewalk=debug",
    };
    let _ = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(level))
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .try_init();
}
