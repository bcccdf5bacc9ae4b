//! Processes that measure, and what they hand over.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::figures::{Asked, Figure, Of, Question};
use crate::options::{Options, Step};

/// What one process handed over.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    figures: Vec<Figure>,
    /// Whether it was stopped because it took too long.
    pub(crate) stopped: bool,
}

impl Measured {
    /// How long something took, in seconds.
    pub(crate) fn time(&self, wanted: Of) -> Option<f64> {
        self.figures.iter().find_map(|figure| match figure {
            Figure::Time { of, seconds } if *of == wanted => Some(*seconds),
            _ => None,
        })
    }

    /// How many of something there are.
    pub(crate) fn count(&self, wanted: Of) -> Option<u64> {
        self.figures.iter().find_map(|figure| match figure {
            Figure::Count { of, count } if *of == wanted => Some(*count),
            _ => None,
        })
    }

    /// The questions of one kind.
    pub(crate) fn asked(&self, wanted: Question) -> impl Iterator<Item = &Asked> {
        self.figures.iter().filter_map(move |figure| match figure {
            Figure::Asked(asked) if asked.question == wanted => Some(asked),
            _ => None,
        })
    }
}

/// Measures one step in a process of its own. What was handed over by the time that patience
/// ends is kept.
pub(crate) fn run(step: Step, database: &Path, options: &Options) -> Measured {
    let name = step.to_possible_value().expect("every step has a name");
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.args(["--measure", name.get_name(), "--seed", &options.seed.to_string()]);
    command.args(["--questions", &options.questions.to_string()]);
    command.args(["--seconds", &options.seconds.to_string()]);
    for part in &options.skip {
        let name = part.to_possible_value().expect("every part has a name");
        command.args(["--skip", name.get_name()]);
    }
    command.arg("--database").arg(database);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("this program runs again");
    let lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
    let (sender, receiver) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let end = Instant::now() + Duration::from_secs(options.patience);
    let mut measured = Measured::default();
    loop {
        match receiver.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => measured
                .figures
                .push(serde_json::from_str(&line).expect("a process hands figures over")),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                eprintln!("stopped {} after {} s", name.get_name(), options.patience);
                measured.stopped = true;
                child.kill().expect("the process can be stopped");
                break;
            }
        }
    }
    let status = child.wait().expect("the process ends");
    reader.join().expect("the reader ends");
    if !status.success() && !measured.stopped {
        eprintln!("{} ended with {status}", name.get_name());
        measured.stopped = true;
    }
    measured
}
