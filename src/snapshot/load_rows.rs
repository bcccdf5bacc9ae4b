//! The rows of an account as a part of facts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hashbrown::HashMap;
use rusqlite::Connection;
use rusqlite::types::FromSqlResult;
use serde::Deserialize;

use super::SnapshotId;
use super::columns::{json, time};
use super::rows::{Owner, Rows};
use crate::arn::shared::{Recent, Texts};
use crate::org::build::{AccountPlace, AccountRows, Gathered, Named, PolicyList, RoleRow};
use crate::org::{DocumentKey, InlineDocument, Key, Tags};

/// A string of a JSON column, borrowed where it holds no escapes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Text<'t>(#[serde(borrow)] Cow<'t, str>);

/// Reads accounts, one after the other.
pub(super) struct Reader<'c> {
    rows: Rows<'c>,
    texts: Texts,
    /// By their column.
    tags: Recent<(Box<str>, Tags)>,
    /// How many inline policies the roles of the last account had.
    inline: usize,
}

/// What rows of one account refer to.
struct Own<'o> {
    numbers: HashMap<i64, DocumentKey>,
    documents: Vec<i64>,
    /// By their column.
    lists: HashMap<Box<str>, PolicyList>,
    tags: &'o mut Recent<(Box<str>, Tags)>,
}

impl<'c> Reader<'c> {
    pub(super) fn new(connection: &'c Connection, id: SnapshotId) -> rusqlite::Result<Self> {
        let (texts, tags) = (Texts::remembering(), Recent::remembering());
        Ok(Self { rows: Rows::new(connection, id)?, texts, tags, inline: 0 })
    }

    /// The rows of an account that was read, and the documents that their numbers mean.
    pub(super) fn account(
        &mut self,
        place: AccountPlace,
        reading: i64,
    ) -> rusqlite::Result<(Gathered, Vec<i64>)> {
        let Self { rows: stored, texts, tags, inline: of_last } = self;
        let mut rows = AccountRows::new(place, texts);
        let mut own =
            Own { numbers: HashMap::new(), documents: Vec::new(), lists: HashMap::new(), tags };
        stored.managed(reading, |row| {
            if let Some(document) = row.document {
                rows.managed_policy(row.arn, own.number(document));
            }
            Ok(())
        })?;
        let (mut of_users, mut of_groups) = (Inline::default(), Inline::default());
        // Accounts are much alike.
        let mut of_roles = Inline { policies: Vec::with_capacity(*of_last), ..Inline::default() };
        stored.inline(reading, |row| {
            let list = match row.kind {
                "user" => &mut of_users,
                "group" => &mut of_groups,
                _ => &mut of_roles,
            };
            list.policies.push((row.owner, rows.inline(row.name, own.number(row.document))));
            Ok(())
        })?;
        *of_last = of_roles.policies.len();
        stored.groups(reading, |row| {
            let named = own.named(&row, of_groups.of_next(), &mut rows)?;
            rows.group(named);
            Ok(())
        })?;
        stored.roles(reading, |row| {
            let named = own.named(&row.owner, of_roles.of_next(), &mut rows)?;
            let role = RoleRow {
                trust: own.number(row.trust),
                boundary: row.boundary,
                tags: own.tags(row.tags, &mut rows)?,
                max_session: row.max_session,
                description: row.description,
                last_used: time(row.last_used)?,
            };
            rows.role(named, role);
            Ok(())
        })?;
        stored.users(reading, |row| {
            let named = own.named(&row.owner, of_users.of_next(), &mut rows)?;
            let tags = own.tags(row.tags, &mut rows)?;
            let groups: Vec<Text<'_>> = json(row.groups)?;
            rows.user(named, row.boundary, groups.iter().map(|name| &*name.0), tags);
            Ok(())
        })?;
        Ok((rows.finish(), own.documents))
    }
}

impl Own<'_> {
    /// The number of a document in this account.
    fn number(&mut self, id: i64) -> DocumentKey {
        let Self { numbers, documents, .. } = self;
        *numbers.entry(id).or_insert_with(|| {
            let number = u32::try_from(documents.len()).unwrap_or(u32::MAX);
            documents.push(id);
            DocumentKey::from_index(number)
        })
    }

    fn named<'r>(
        &mut self,
        owner: &Owner<'r>,
        inline: Box<[InlineDocument]>,
        rows: &mut AccountRows<'_>,
    ) -> rusqlite::Result<Named<'r>> {
        let Owner { name, path, unique_id, .. } = *owner;
        Ok(Named { name, path, unique_id, inline, attached: self.list(owner.attached, rows)? })
    }

    fn list(
        &mut self,
        column: Option<&str>,
        rows: &mut AccountRows<'_>,
    ) -> FromSqlResult<PolicyList> {
        let key = column.unwrap_or_default();
        if let Some(known) = self.lists.get(key) {
            return Ok(*known);
        }
        let arns: Vec<Text<'_>> = json(column)?;
        let list = rows.policies(arns.iter().map(|arn| &*arn.0));
        self.lists.insert(key.into(), list);
        Ok(list)
    }

    fn tags(&mut self, column: Option<&str>, rows: &mut AccountRows<'_>) -> FromSqlResult<Tags> {
        let Some(text) = column else { return Ok(Tags::default()) };
        let make = || -> FromSqlResult<(Box<str>, Tags)> {
            let pairs: BTreeMap<Text<'_>, Text<'_>> = json(column)?;
            let pairs = pairs.iter().map(|(key, value)| (&*key.0, &*value.0));
            Ok((text.into(), rows.tags(pairs)))
        };
        Ok(self.tags.try_get(text, |(known, _)| **known == *text, make)?.1)
    }
}

/// Inline policies of one kind of owner, in the order of the owners.
#[derive(Default)]
struct Inline {
    policies: Vec<(u32, InlineDocument)>,
    /// Where those begin that were not asked for.
    next: usize,
    /// The owner whose turn it is.
    owner: u32,
}

impl Inline {
    /// Those of the owner who comes next.
    fn of_next(&mut self) -> Box<[InlineDocument]> {
        let owner = self.owner;
        self.owner += 1;
        let rest = self.policies.get(self.next..).unwrap_or_default();
        let before = rest.iter().take_while(|(of, _)| *of < owner).count();
        let count = rest.iter().skip(before).take_while(|(of, _)| *of == owner).count();
        self.next += before + count;
        let own = rest.get(before..before + count).unwrap_or_default();
        own.iter().map(|(_, policy)| policy.clone()).collect()
    }
}
