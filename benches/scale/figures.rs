//! Figures on their way from the process that measures to the one that prints.

use std::io::Write;

use serde::{Deserialize, Serialize};

use crate::options::Part;

/// One figure; a line of JSON between the processes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Figure {
    /// How long something took.
    Time { of: Of, seconds: f64 },
    /// How many of something there are.
    Count { of: Of, count: u64 },
    /// One question.
    Asked(Asked),
}

/// What a figure is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Of {
    Scan,
    Documents,
    /// Database to facts.
    Facts,
    /// Facts to graph.
    Graph,
    /// Bytes at most, so far.
    Peak,
    Matrix,
    Cells,
    Edges,
}

/// A question with what its answer took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) question: Question,
    /// What it starts from and asks for, in words.
    pub(crate) kind: String,
    /// Its selectors.
    pub(crate) about: String,
    pub(crate) seconds: f64,
    /// Rows of the whole answer, also of those that are not listed.
    pub(crate) rows: u64,
    /// Whether the answer says that something is left out.
    pub(crate) truncated: bool,
}

/// A question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Question {
    WhoCan,
    Reach,
    Paths,
}

impl Question {
    pub(crate) const ALL: [Self; 3] = [Self::WhoCan, Self::Reach, Self::Paths];

    /// As on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::WhoCan => "who-can",
            Self::Reach => "reach",
            Self::Paths => "paths",
        }
    }

    /// The name by which it is left out.
    pub(crate) fn part(self) -> Part {
        match self {
            Self::WhoCan => Part::WhoCan,
            Self::Reach => Part::Reach,
            Self::Paths => Part::Paths,
        }
    }
}

/// Hands a figure over.
pub(crate) fn emit(figure: &Figure) {
    let line = serde_json::to_string(figure).expect("a figure is plain data");
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("somebody listens");
}

/// The value in the middle.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    percentile(values, 50)
}

/// The smallest value that so many of a hundred do not exceed. Sorts.
pub(crate) fn percentile(values: &mut [f64], percent: usize) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() * percent).div_ceil(100).max(1);
    values.get(rank - 1).copied()
}

/// Seconds in the unit in which they are easily read.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        0.0..0.0001 => format!("{:.0} µs", seconds * 1e6),
        0.0001..0.01 => format!("{:.2} ms", seconds * 1e3),
        0.01..0.1 => format!("{:.1} ms", seconds * 1e3),
        0.1..1.0 => format!("{:.0} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}

/// The same, or a dash where there is no figure.
pub(crate) fn maybe(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "-".to_owned(), duration)
}

/// Bytes as MiB.
pub(crate) fn mebibytes(bytes: u64) -> String {
    format!("{:.0} MiB", bytes as f64 / 1_048_576.0)
}
