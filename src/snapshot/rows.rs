//! The rows of one account, as they stand in the database. Both ways to load read them here.

use std::collections::HashMap;

use rusqlite::{CachedStatement, Connection, Row};

use super::SnapshotId;
use super::columns::json;

/// The statements that read an account's rows, prepared once.
pub(super) struct Rows<'c> {
    users: CachedStatement<'c>,
    groups: CachedStatement<'c>,
    roles: CachedStatement<'c>,
    inline: CachedStatement<'c>,
    managed: CachedStatement<'c>,
    used: CachedStatement<'c>,
    snapshot: SnapshotId,
}

/// What users, groups and roles have in common. Lists and maps are JSON.
pub(super) struct Owner<'r> {
    pub(super) name: &'r str,
    pub(super) path: &'r str,
    pub(super) unique_id: &'r str,
    pub(super) attached: Option<&'r str>,
}

pub(super) struct UserRow<'r> {
    pub(super) owner: Owner<'r>,
    pub(super) boundary: Option<&'r str>,
    pub(super) groups: Option<&'r str>,
    pub(super) tags: Option<&'r str>,
}

pub(super) struct RoleRow<'r> {
    pub(super) owner: Owner<'r>,
    pub(super) trust: i64,
    pub(super) boundary: Option<&'r str>,
    pub(super) tags: Option<&'r str>,
    pub(super) max_session: Option<u32>,
    pub(super) description: Option<&'r str>,
    pub(super) last_used: Option<&'r str>,
    row: &'r Row<'r>,
}

impl<'r> RoleRow<'r> {
    /// When it was created: not everybody wants to know.
    pub(super) fn created_at(&self) -> rusqlite::Result<Option<&'r str>> {
        maybe(self.row, 10)
    }
}

pub(super) struct InlineRow<'r> {
    /// `user`, `group` or `role`.
    pub(super) kind: &'r str,
    /// The position of the owner among those of its kind.
    pub(super) owner: u32,
    pub(super) name: &'r str,
    pub(super) document: i64,
}

pub(super) struct ManagedRow<'r> {
    pub(super) position: i64,
    pub(super) arn: &'r str,
    /// None where it was not read.
    pub(super) document: Option<i64>,
}

impl<'c> Rows<'c> {
    pub(super) fn new(connection: &'c Connection, snapshot: SnapshotId) -> rusqlite::Result<Self> {
        let select = |columns: &str, table: &str, key: &str| {
            connection.prepare_cached(&account_sql(columns, table, key))
        };
        let owner = "name, path, unique_id, attached";
        Ok(Self {
            users: select(&format!("{owner}, boundary, groups, tags"), "user_row", "position")?,
            groups: select(owner, "group_row", "position")?,
            roles: select(
                &format!(
                    "{owner}, trust, boundary, tags, max_session, description, last_used, created_at"
                ),
                "role_row",
                "position",
            )?,
            inline: select(
                "owner_kind, owner, name, document",
                "inline_policy_row",
                "owner_kind, owner, position",
            )?,
            managed: select("position, arn, document", "managed_policy_row", "position")?,
            used: connection.prepare_cached(
                "SELECT last_used FROM snapshot_reading WHERE reading = ?1 AND snapshot = ?2",
            )?,
            snapshot,
        })
    }

    pub(super) fn users(
        &mut self,
        reading: i64,
        mut each: impl FnMut(UserRow<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        pass(&mut self.users, reading, |row| {
            each(UserRow {
                owner: owner(row)?,
                boundary: maybe(row, 4)?,
                groups: maybe(row, 5)?,
                tags: maybe(row, 6)?,
            })
        })
    }

    pub(super) fn groups(
        &mut self,
        reading: i64,
        mut each: impl FnMut(Owner<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        pass(&mut self.groups, reading, |row| each(owner(row)?))
    }

    pub(super) fn roles(
        &mut self,
        reading: i64,
        mut each: impl FnMut(RoleRow<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let used = self.used(reading)?;
        let mut position = 0;
        pass(&mut self.roles, reading, |row| {
            // Positions are counted from 0 without gaps.
            let used = used.get(&position).map(String::as_str);
            position += 1;
            each(RoleRow {
                owner: owner(row)?,
                trust: row.get(4)?,
                boundary: maybe(row, 5)?,
                tags: maybe(row, 6)?,
                max_session: row.get(7)?,
                description: maybe(row, 8)?,
                last_used: maybe(row, 9)?.or(used),
                row,
            })
        })
    }

    /// When roles were last used, by position, as the snapshot says.
    fn used(&mut self, reading: i64) -> rusqlite::Result<HashMap<u32, String>> {
        let mut rows = self.used.query((reading, self.snapshot.0))?;
        match rows.next()? {
            Some(row) => Ok(json(maybe(row, 0)?)?),
            None => Ok(HashMap::new()),
        }
    }

    /// Inline policies, kind by kind and owner by owner.
    pub(super) fn inline(
        &mut self,
        reading: i64,
        mut each: impl FnMut(InlineRow<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        pass(&mut self.inline, reading, |row| {
            let (kind, name) = (text(row, 0)?, text(row, 2)?);
            each(InlineRow { kind, owner: row.get(1)?, name, document: row.get(3)? })
        })
    }

    pub(super) fn managed(
        &mut self,
        reading: i64,
        mut each: impl FnMut(ManagedRow<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        pass(&mut self.managed, reading, |row| {
            each(ManagedRow { position: row.get(0)?, arn: text(row, 1)?, document: row.get(2)? })
        })
    }
}

/// The statement for the rows of one reading.
pub(super) fn account_sql(columns: &str, table: &str, key: &str) -> String {
    format!("SELECT {columns} FROM {table} WHERE reading = ?1 ORDER BY {key}")
}

fn pass(
    select: &mut CachedStatement<'_>,
    reading: i64,
    mut each: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut rows = select.query([reading])?;
    while let Some(row) = rows.next()? {
        each(row)?;
    }
    Ok(())
}

fn owner<'r>(row: &'r Row<'_>) -> rusqlite::Result<Owner<'r>> {
    Ok(Owner {
        name: text(row, 0)?,
        path: text(row, 1)?,
        unique_id: text(row, 2)?,
        attached: maybe(row, 3)?,
    })
}

fn text<'r>(row: &'r Row<'_>, column: usize) -> rusqlite::Result<&'r str> {
    Ok(row.get_ref(column)?.as_str()?)
}

fn maybe<'r>(row: &'r Row<'_>, column: usize) -> rusqlite::Result<Option<&'r str>> {
    Ok(row.get_ref(column)?.as_str_or_null()?)
}
