//! The versions of the schema and the way from one to the next.

use std::path::Path;

use rusqlite::Connection;

use super::StoreError;

/// Each entry leads from the version that is its index to the next one.
const MIGRATIONS: [&str; 3] =
    [include_str!("schema_1.sql"), include_str!("schema_2.sql"), include_str!("schema_3.sql")];

/// Marks the file as one of ours (`role`).
const APPLICATION_ID: i64 = 0x726f_6c65;

/// The version that this program writes.
pub(super) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// What a database says of itself.
pub(super) enum State {
    /// Nothing is in it.
    Empty,
    /// It has an older schema, or the current one.
    Ours(i64),
}

/// Looks at a database without changing it.
pub(super) fn state(connection: &Connection, path: &Path) -> Result<State, StoreError> {
    let read = || -> rusqlite::Result<(i64, i64, i64)> {
        let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        Ok((
            number("SELECT count(*) FROM sqlite_schema")?,
            number("PRAGMA application_id")?,
            number("PRAGMA user_version")?,
        ))
    };
    let (tables, application, version) =
        read().map_err(|error| StoreError::of_database("open", path, &error))?;
    if application != APPLICATION_ID {
        if tables == 0 && application == 0 {
            return Ok(State::Empty);
        }
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    if version > known() {
        let path = path.to_owned();
        return Err(StoreError::NewerSchema { path, found: version, known: known() });
    }
    Ok(State::Ours(version))
}

/// Brings the schema to the current version, all of it or nothing.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // Another process may have come first.
    let from: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let steps = MIGRATIONS.iter().enumerate();
    for (version, step) in steps.skip(usize::try_from(from).unwrap_or(0)) {
        if version == 2 {
            complete_version_2(&transaction)?;
        }
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", known())?;
    transaction.commit()
}

/// Some databases of version 2 were made before its step added this column.
fn complete_version_2(connection: &Connection) -> rusqlite::Result<()> {
    let there: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM pragma_table_info('unreadable_row') WHERE name = 'reason')",
        [],
        |row| row.get(0),
    )?;
    if there {
        return Ok(());
    }
    connection.execute_batch("ALTER TABLE unreadable_row ADD COLUMN reason TEXT")
}
