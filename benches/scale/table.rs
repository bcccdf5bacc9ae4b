//! The table of figures by size.

use std::collections::BTreeMap;
use std::path::Path;

use crate::database;
use crate::figures::{Asked, Of, Question, duration, maybe, mebibytes, median, percentile};
use crate::options::{Options, Part, Size, Step};
use crate::run::{Measured, run};

const HEAD: &str = "\
| size | bare scan | facts | graph | both ÷ scan (goal 3) | peak memory | a role (goal 4 KiB) \
| who-can p50 / p99 (goal 10 ms) / max | reach | paths | matrix (goal 1 s) |
|---|---|---|---|---|---|---|---|---|---|---|";

/// Prints a row a size as soon as it is measured.
pub(crate) fn print(options: &Options) {
    if options.sizes.is_empty() {
        return;
    }
    println!("{HEAD}");
    let mut asked = Vec::new();
    for size in &options.sizes {
        let database = database::of(&options.plan(*size));
        let loaded = load(&database, options, true);
        let wanted = Question::ALL.iter().any(|question| options.wants(question.part()));
        let questions = wanted.then(|| run(Step::Questions, &database, options));
        let questions = questions.unwrap_or_default();
        let cells: Vec<String> =
            Question::ALL.iter().map(|question| times(&questions, *question)).collect();
        println!(
            "| {} × {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            size.accounts,
            size.roles,
            maybe(loaded.scan),
            maybe(loaded.facts),
            maybe(loaded.graph),
            loaded.ratio(),
            loaded.peak.map_or_else(|| "-".to_owned(), mebibytes),
            loaded.a_role(*size),
            cells.join(" | "),
            matrix(&database, options),
        );
        asked.push((size, questions));
    }
    println!();
    if options.kinds {
        for (size, questions) in asked {
            kinds(*size, &questions);
        }
    }
}

/// From the database to the graph, beside the bare scan.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// Seconds, each the median of all runs.
    pub(crate) scan: Option<f64>,
    pub(crate) facts: Option<f64>,
    pub(crate) graph: Option<f64>,
    /// Bytes, the most of all runs.
    pub(crate) peak: Option<u64>,
    /// Whether the graph was left out on purpose.
    without_graph: bool,
}

impl Loaded {
    /// Seconds from the database to the graph, or to the facts where that is all.
    pub(crate) fn both(&self) -> Option<f64> {
        let graph = if self.without_graph { Some(0.0) } else { self.graph };
        Some(self.facts? + graph?)
    }

    fn ratio(&self) -> String {
        match (self.both(), self.scan) {
            (Some(both), Some(scan)) => format!("{:.2}", both / scan),
            _ => "-".to_owned(),
        }
    }

    fn a_role(&self, size: Size) -> String {
        let roles = u64::from(size.accounts) * u64::from(size.roles);
        self.peak.map_or_else(
            || "-".to_owned(),
            |peak| format!("{:.2} KiB", peak as f64 / 1024.0 / roles as f64),
        )
    }
}

/// Measures loading, and the scan by turns with it, so that both see the same noise. What was
/// stopped once is not tried again.
pub(crate) fn load(database: &Path, options: &Options, with_scan: bool) -> Loaded {
    let (mut scans, mut facts, mut graphs) = (Vec::new(), Vec::new(), Vec::new());
    let mut peak = None;
    for _ in 0..options.runs {
        if with_scan && options.wants(Part::Scan) {
            scans.extend(run(Step::Scan, database, options).time(Of::Scan));
        }
        if options.wants(Part::Load) {
            let one = run(Step::Load, database, options);
            facts.extend(one.time(Of::Facts));
            graphs.extend(one.time(Of::Graph));
            peak = peak.max(one.count(Of::Peak));
            if one.stopped {
                break;
            }
        }
    }
    Loaded {
        scan: median(&mut scans),
        facts: median(&mut facts),
        graph: median(&mut graphs),
        peak,
        without_graph: !options.wants(Part::Graph),
    }
}

/// `p50 / p99 / max`, and how many were asked where time was up before all were.
fn times(measured: &Measured, question: Question) -> String {
    let mut times: Vec<f64> = measured.asked(question).map(|asked| asked.seconds).collect();
    let spread = spread(&mut times);
    if measured.stopped { format!("{spread} (stopped after {})", times.len()) } else { spread }
}

fn spread(times: &mut [f64]) -> String {
    let [middle, high, most] = [50, 99, 100].map(|percent| maybe(percentile(times, percent)));
    format!("{middle} / {high} / {most}")
}

fn matrix(database: &Path, options: &Options) -> String {
    if !options.wants(Part::Matrix) {
        return "-".to_owned();
    }
    let one = run(Step::Matrix, database, options);
    match (one.time(Of::Matrix), one.count(Of::Cells)) {
        (Some(seconds), Some(cells)) => format!("{} ({cells} cells)", duration(seconds)),
        _ => format!("stopped after {} s", options.patience),
    }
}

/// The questions of one size by what they start from and ask for.
fn kinds(size: Size, measured: &Measured) {
    println!("{} × {}, by kind:\n", size.accounts, size.roles);
    println!("| question | of | asked | p50 / p99 / max | most rows | cut |");
    println!("|---|---|---|---|---|---|");
    for question in Question::ALL {
        let mut groups: BTreeMap<&str, Vec<&Asked>> = BTreeMap::new();
        for asked in measured.asked(question) {
            groups.entry(&asked.kind).or_default().push(asked);
        }
        for (kind, group) in groups {
            let mut times: Vec<f64> = group.iter().map(|asked| asked.seconds).collect();
            println!(
                "| {} | {kind} | {} | {} | {} | {} |",
                question.name(),
                group.len(),
                spread(&mut times),
                group.iter().map(|asked| asked.rows).max().unwrap_or(0),
                group.iter().filter(|asked| asked.truncated).count(),
            );
        }
    }
    println!();
}
