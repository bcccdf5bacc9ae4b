//! Policy documents, stored once. Documents that differ in nothing but the id of the account
//! they are in are one, with `{own-account}` in its place.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use memchr::memmem::Finder;
use rusqlite::{CachedStatement, Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use crate::arn::AccountId;
use crate::org::reading::PolicyText;

const OWN_ACCOUNT: &str = "{own-account}";

/// Stores a document of `account`, or of none, and gives its id.
pub(super) fn put(
    connection: &Connection,
    account: Option<AccountId>,
    text: &str,
) -> rusqlite::Result<i64> {
    let id = account.map(|account| account.to_string());
    let template = id
        .filter(|id| text.contains(id.as_str()) && !text.contains(OWN_ACCOUNT))
        .map(|id| text.replace(&id, OWN_ACCOUNT));
    let templated = template.is_some();
    let text = template.as_deref().unwrap_or(text);
    let hash: [u8; 32] =
        Sha256::new().chain_update([u8::from(templated)]).chain_update(text).finalize().into();
    let known = connection
        .prepare_cached("SELECT id FROM document WHERE hash = ?1")?
        .query_row([hash], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    connection
        .prepare_cached("INSERT INTO document (hash, templated, text) VALUES (?1, ?2, ?3)")?
        .insert((hash, templated, text))
}

/// Documents as they are loaded: each is read once and shared.
pub(super) struct Documents<'c> {
    select: CachedStatement<'c>,
    stored: HashMap<i64, (bool, Arc<str>)>,
    /// Templates filled in for the account that is being loaded.
    filled: HashMap<i64, PolicyText>,
    account: Option<AccountId>,
}

impl<'c> Documents<'c> {
    pub(super) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        let select =
            connection.prepare_cached("SELECT templated, text FROM document WHERE id = ?1")?;
        Ok(Self { select, stored: HashMap::new(), filled: HashMap::new(), account: None })
    }

    /// The document as it is in `account`.
    pub(super) fn get(
        &mut self,
        id: i64,
        account: Option<AccountId>,
    ) -> rusqlite::Result<PolicyText> {
        let (templated, text) = if let Some(stored) = self.stored.get(&id) {
            stored.clone()
        } else {
            let stored: (bool, Arc<str>) =
                self.select.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
            self.stored.insert(id, stored.clone());
            stored
        };
        let Some(own) = account.filter(|_| templated) else { return Ok(text) };
        if self.account != account {
            self.account = account;
            self.filled.clear();
        }
        let fill = || {
            let mut filled = String::new();
            fill(&text, own, &mut filled);
            filled.into()
        };
        Ok(self.filled.entry(id).or_insert_with(fill).clone())
    }
}

static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(OWN_ACCOUNT));

/// Fills a template in for an account. What was in `text` goes.
pub(super) fn fill(template: &str, account: AccountId, text: &mut String) {
    text.clear();
    let own = account.to_string();
    let mut from = 0;
    for at in FINDER.find_iter(template.as_bytes()) {
        text.push_str(template.get(from..at).unwrap_or_default());
        text.push_str(&own);
        from = at + OWN_ACCOUNT.len();
    }
    text.push_str(template.get(from..).unwrap_or_default());
}
