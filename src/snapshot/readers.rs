//! Several connections that see one state of a database, and work shared out among them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use rusqlite::{Connection, OpenFlags, Transaction};

use super::Store;
use super::store::{connect, connect_immutable};

/// How often it is tried to open connections between two changes of the database. A crawl changes
/// it a few times a second, and opening takes a few milliseconds.
const TRIES: usize = 10;

/// A snapshot with fewer roles is loaded before another connection is open.
const WORTH_IT: usize = 4_000;

/// More only wait for each other.
const MOST: usize = 8;

/// How many connections serve for so many roles.
pub(super) fn wanted(roles: usize) -> usize {
    if roles < WORTH_IT {
        return 1;
    }
    thread::available_parallelism().map_or(1, |cores| cores.get().min(MOST))
}

/// One state of a database, seen over one connection or over several.
pub(super) struct Readers<'c> {
    own: Transaction<'c>,
    /// Where there are any, these do the work.
    others: Vec<Connection>,
}

impl<'c> Readers<'c> {
    /// So many connections. It is one where more can't be had.
    pub(super) fn open(store: &'c Store, count: usize) -> rusqlite::Result<Self> {
        let begin = || -> rusqlite::Result<Transaction<'c>> {
            let own = store.connection.unchecked_transaction()?;
            look(&own)?;
            Ok(own)
        };
        // Whether anybody changed the database is seen from outside of all transactions.
        let watch = (count > 1).then(|| another(store)).flatten();
        let Some(watch) = watch else { return Ok(Self { own: begin()?, others: Vec::new() }) };
        let version = || watch.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0));
        for _ in 0..TRIES {
            let before = version()?;
            let own = begin()?;
            let others: Option<Vec<Connection>> = (0..count)
                .map(|_| {
                    let other = another(store)?;
                    other.execute_batch("BEGIN").ok()?;
                    look(&other).ok()?;
                    Some(other)
                })
                .collect();
            let Some(others) = others else { return Ok(Self { own, others: Vec::new() }) };
            if version()? == before {
                return Ok(Self { own, others });
            }
        }
        Ok(Self { own: begin()?, others: Vec::new() })
    }

    /// The connection of whoever shares the work out.
    pub(super) fn own(&self) -> &Connection {
        &self.own
    }

    /// Shares out so many jobs. `work` takes the numbers of jobs and gives their results until
    /// there are no more; `take` gets the results here, in the order of the numbers; `meanwhile`
    /// is done here while the others have begun.
    pub(super) fn share_out<R: Send>(
        &mut self,
        jobs: usize,
        work: impl Fn(
            &Connection,
            &mut dyn FnMut() -> Option<usize>,
            &mut dyn FnMut(usize, R),
        ) -> rusqlite::Result<()>
        + Sync,
        meanwhile: impl FnOnce(),
        mut take: impl FnMut(usize, R),
    ) -> rusqlite::Result<()> {
        let next = AtomicUsize::new(0);
        let job = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < jobs);
        if self.others.is_empty() {
            meanwhile();
            return work(&self.own, &mut || job(), &mut take);
        }
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            let (work, job) = (&work, &job);
            for connection in &mut self.others {
                let sender = sender.clone();
                scope.spawn(move || {
                    // Whoever takes the results stays until the last one has come.
                    let mut give = |at, result| {
                        let _ = sender.send(Ok((at, result)));
                    };
                    if let Err(error) = work(connection, &mut || job(), &mut give) {
                        let _ = sender.send(Err(error));
                    }
                });
            }
            drop(sender);
            meanwhile();
            let mut failed = None;
            let mut early = BTreeMap::new();
            let mut turn = 0;
            for result in receiver {
                match result {
                    Ok((at, result)) => {
                        early.insert(at, result);
                    }
                    Err(error) => {
                        next.store(jobs, Ordering::Relaxed);
                        failed.get_or_insert(error);
                    }
                }
                while let Some(result) = early.remove(&turn) {
                    take(turn, result);
                    turn += 1;
                }
            }
            failed.map_or(Ok(()), Err)
        })
    }
}

fn another(store: &Store) -> Option<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connect = if store.immutable { connect_immutable } else { connect };
    connect(&store.path, flags).ok()
}

/// A transaction sees the database as it is at its first look.
fn look(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("SELECT count(*) FROM (SELECT 1 FROM snapshot LIMIT 1)", [], |_| Ok(()))
}
