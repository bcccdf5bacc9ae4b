//! What one process measures: here, and only here, is what is timed.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rolewalk::answer::{self, Limits};
use rolewalk::graph::Graph;
use rolewalk::org::Facts;
use rolewalk::report::edges::Lines;
use rolewalk::snapshot::Store;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde::de::IgnoredAny;

use crate::figures::{Asked, Figure, Of, Question, emit};
use crate::machine;
use crate::options::{Options, Part, Step};
use crate::organization::Random;
use crate::sample::{Ask, Sample};

/// Measures, and hands each figure over as soon as it is there.
pub(crate) fn measure(step: Step, database: &Path, options: &Options) {
    match step {
        Step::Scan => scan(database),
        Step::Load => {
            let facts = timed(Of::Facts, || facts(database));
            let facts = Arc::new(facts);
            let build = || Graph::build(Arc::clone(&facts));
            let graph = options.wants(Part::Graph).then(|| timed(Of::Graph, build));
            emit_peak();
            // Nobody waits for what a process frees at its end.
            std::mem::forget((facts, graph));
        }
        Step::Questions => questions(&graph(facts(database)), options),
        Step::Matrix => {
            let graph = graph(facts(database));
            let matrix = timed(Of::Matrix, || {
                answer::matrix(&graph, None, None, Limits::LIST).expect("a matrix of everything")
            });
            emit(&Figure::Count { of: Of::Cells, count: matrix.cells.len() as u64 });
            emit_peak();
        }
        Step::Edges => {
            let graph = graph(facts(database));
            let count = timed(Of::Edges, || edges(&graph));
            emit(&Figure::Count { of: Of::Edges, count });
            emit_peak();
        }
    }
}

fn timed<T>(of: Of, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    emit(&Figure::Time { of, seconds: start.elapsed().as_secs_f64() });
    result
}

fn emit_peak() {
    if let Some(count) = machine::peak() {
        emit(&Figure::Count { of: Of::Peak, count });
    }
}

/// From the database to facts.
fn facts(database: &Path) -> Facts {
    let store = Store::open_read_only(database).expect("the database opens");
    let snapshots = store.list().expect("the database is one of ours");
    let id = snapshots.last().expect("there is a snapshot").id;
    store.facts(id, |_| ()).expect("the snapshot loads")
}

/// From facts to the graph.
fn graph(facts: Facts) -> Graph {
    Graph::build(Arc::new(facts))
}

/// How many assume edges there are, each written as a line to nowhere.
fn edges(graph: &Graph) -> u64 {
    let mut count = 0;
    let mut out = std::io::BufWriter::new(std::io::sink());
    answer::edges(graph, None, None)
        .expect("nothing is left out")
        .each(|edge| {
            count += 1;
            Lines::Jsonl.write(edge, &mut out)
        })
        .expect("nowhere takes everything");
    count
}

/// Reads every column of every role, and every document once, and keeps nothing: the least that
/// any program does that knows both.
fn scan(database: &Path) {
    let mut documents = 0;
    timed(Of::Scan, || {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(database, flags).expect("it opens");
        let mut bytes = 0;
        each_row(&connection, "SELECT * FROM role_row", |value| bytes += length(value));
        each_row(&connection, "SELECT text FROM document", |value| {
            let text = value.as_str().expect("a document is text");
            serde_json::from_str::<IgnoredAny>(text).expect("a document is JSON");
            documents += 1;
        });
        black_box(bytes)
    });
    emit(&Figure::Count { of: Of::Documents, count: documents });
}

fn each_row(connection: &Connection, sql: &str, mut each: impl FnMut(ValueRef<'_>)) {
    let mut select = connection.prepare(sql).expect("the table is there");
    let columns = select.column_count();
    let mut rows = select.query([]).expect("it can be read");
    while let Some(row) = rows.next().expect("it can be read") {
        for column in 0..columns {
            each(row.get_ref(column).expect("the column is there"));
        }
    }
}

fn length(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
        _ => 8,
    }
}

/// Asks one kind of question after the other, each about other things of every kind.
fn questions(graph: &Graph, options: &Options) {
    let mut random = Random::of(&[options.seed, 99]);
    let sample = Sample::of(graph, &mut random);
    let count = options.questions;
    let who_can = |asked: &Ask| {
        let found = answer::who_can(graph, &asked.target, Limits::LIST);
        found.unwrap_or_else(|error| panic!("who-can {}: {error}", asked.target))
    };
    ask(options, Question::WhoCan, &sample.targets(count, &mut random), who_can, |_, found| {
        (found.counts.total(), found.truncated)
    });
    // What a source reaches is what paths are asked for too: others hardly are connected.
    let sources = sample.sources(count, &mut random);
    let mut connected = Vec::new();
    let mut choice = Random::of(&[options.seed, 98]);
    let reach = |asked: &Ask| {
        let found = answer::reach(graph, &asked.source, Limits::LIST);
        found.unwrap_or_else(|error| panic!("reach {}: {error}", asked.source))
    };
    ask(options, Question::Reach, &sources, reach, |asked, found| {
        if !found.targets.is_empty() {
            let target = choice.pick(&found.targets).principal.clone();
            let kind = format!("{} to what it reaches", asked.kind);
            connected.push(Ask { kind, target, ..asked.clone() });
        }
        (found.counts.total(), found.truncated)
    });
    connected.truncate(count / 2);
    let targets = sample.targets(count - connected.len(), &mut random);
    let unconnected = sources.iter().zip(targets).map(|(from, to)| Ask {
        kind: format!("{} to any role", from.kind),
        source: from.source.clone(),
        target: to.target,
    });
    let pairs: Vec<Ask> = connected.iter().cloned().chain(unconnected).collect();
    let paths = |asked: &Ask| {
        let found = answer::paths(graph, &asked.source, &asked.target, Limits::PATHS);
        found.unwrap_or_else(|error| panic!("paths of {asked:?}: {error}"))
    };
    ask(options, Question::Paths, &pairs, paths, |_, found| (found.paths.len(), found.truncated));
    emit_peak();
}

/// Asks until all is asked or the time is up. What is timed ends with the answer.
fn ask<A>(
    options: &Options,
    question: Question,
    asks: &[Ask],
    answer: impl Fn(&Ask) -> A,
    mut rows: impl FnMut(&Ask, &A) -> (usize, bool),
) {
    if !options.wants(question.part()) {
        return;
    }
    let begun = Instant::now();
    for asked in asks {
        let start = Instant::now();
        let found = answer(asked);
        let seconds = start.elapsed().as_secs_f64();
        let (rows, truncated) = rows(asked, &found);
        let (kind, rows) = (asked.kind.clone(), rows as u64);
        let about = format!("{} {}", asked.source, asked.target).trim().to_owned();
        emit(&Figure::Asked(Asked { question, kind, about, seconds, rows, truncated }));
        if begun.elapsed() > Duration::from_secs(options.seconds) {
            return;
        }
    }
}
