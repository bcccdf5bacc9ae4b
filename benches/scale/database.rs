//! Organizations as databases, written once.

use std::fs;
use std::path::{Path, PathBuf};

use crate::organization::{self, Plan};

/// The database of a plan, which is written where it is missing.
pub(crate) fn of(plan: &Plan) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("cargo's directory for tests is in its target directory")
        .join("bench");
    let path = directory.join(format!("{}.db", plan.label()));
    if path.exists() {
        return path;
    }
    // Under another name until it is whole, so that one whose writer was stopped is not used.
    let part = directory.join(format!("{}.part", plan.label()));
    remove(&part);
    let tenth = (plan.accounts as usize).div_ceil(10);
    organization::write(plan, &part, |accounts| {
        if plan.all_roles() >= 100_000 && accounts % tenth == 0 {
            eprintln!("{}: {accounts} accounts written", plan.label());
        }
    })
    .expect("the database is written");
    fs::rename(&part, &path).expect("the database is there");
    remove(&part);
    path
}

/// Removes a database and what SQLite and its writer leave beside it.
fn remove(path: &Path) {
    for ending in ["", "-wal", "-shm", "-journal", ".lock"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let _ = fs::remove_file(name);
    }
}
