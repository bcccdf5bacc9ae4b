//! Rows found by what names them.

use std::hash::{BuildHasher, Hasher as _};

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::facts::{AccountKey, Facts, Identity, RoleKey, UserKey};
use super::table::Key;
use crate::arn::{self, AccountId};

/// Where the rows of one kind and one account are, by name, whatever the letter case. The names
/// themselves stay where they are: whoever looks says how to get at them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    hasher: DefaultHashBuilder,
    places: HashTable<u32>,
}

impl Names {
    /// The names of these rows. Of equal ones the last counts.
    pub(crate) fn of<T>(rows: &[T], name: impl Fn(&T) -> &str) -> Self {
        let hasher = DefaultHashBuilder::default();
        let mut places = HashTable::with_capacity(rows.len());
        let at = |place: u32| rows.get(place as usize).map_or("", &name);
        for (place, row) in (0..).zip(rows) {
            let hash = hash(&hasher, name(row));
            let same = |known: &u32| at(*known).eq_ignore_ascii_case(name(row));
            match places.entry(hash, same, |known| self::hash(&hasher, at(*known))) {
                Entry::Occupied(mut entry) => *entry.get_mut() = place,
                Entry::Vacant(entry) => {
                    entry.insert(place);
                }
            }
        }
        Self { hasher, places }
    }

    fn get<'f, K: Key>(&self, keys: &[K], name: &str, name_of: impl Fn(K) -> &'f str) -> Option<K> {
        let key = |place: &u32| keys.get(*place as usize).copied();
        let same =
            |place: &u32| key(place).is_some_and(|key| name_of(key).eq_ignore_ascii_case(name));
        self.places.find(hash(&self.hasher, name), same).and_then(key)
    }
}

/// The hash of a name in lower case, without a copy of it.
fn hash(hasher: &DefaultHashBuilder, name: &str) -> u64 {
    let mut hasher = hasher.build_hasher();
    for part in name.as_bytes().chunks(32) {
        let mut lower = [0; 32];
        for (lower, byte) in lower.iter_mut().zip(part) {
            *lower = byte.to_ascii_lowercase();
        }
        hasher.write(lower.get(..part.len()).unwrap_or_default());
    }
    hasher.finish()
}

/// Where users and roles are, by unique id.
#[derive(Debug, Clone, Default)]
pub(crate) struct UniqueIds {
    hasher: DefaultHashBuilder,
    identities: HashTable<Identity>,
}

impl UniqueIds {
    /// Those of all accounts. Of equal ids the last counts. Facts written by hand may lack the
    /// id; that is not an id that several share.
    pub(super) fn of(facts: &Facts) -> Self {
        let hasher = DefaultHashBuilder::default();
        let mut identities = HashTable::with_capacity(facts.roles.len() + facts.users.len());
        let all = facts.accounts.values().flat_map(|account| {
            let roles = account.roles.iter().copied().map(Identity::Role);
            roles.chain(account.users.iter().copied().map(Identity::User))
        });
        for identity in all {
            let id = facts.unique_id(identity);
            if id.is_empty() {
                continue;
            }
            let rehash = |known: &Identity| hasher.hash_one(facts.unique_id(*known));
            let same = |known: &Identity| facts.unique_id(*known) == id;
            match identities.entry(hasher.hash_one(id), same, rehash) {
                Entry::Occupied(mut entry) => *entry.get_mut() = identity,
                Entry::Vacant(entry) => {
                    entry.insert(identity);
                }
            }
        }
        Self { hasher, identities }
    }
}

impl Facts {
    /// The account with this id.
    pub fn account(&self, id: AccountId) -> Option<AccountKey> {
        self.account_by_id.get(&id).copied()
    }

    /// The role of this name in the account, whatever its path. Names ignore case in IAM.
    pub fn role(&self, account: AccountKey, name: &str) -> Option<RoleKey> {
        let row = &self.accounts[account];
        row.role_names.get(&row.roles, name, |key| &self.roles[key].name)
    }

    /// The user of this name in the account, whatever its path.
    pub fn user(&self, account: AccountKey, name: &str) -> Option<UserKey> {
        let row = &self.accounts[account];
        row.user_names.get(&row.users, name, |key| &self.users[key].name)
    }

    /// The user or role with this unique id.
    pub fn by_unique_id(&self, id: &str) -> Option<Identity> {
        let UniqueIds { hasher, identities } = &self.unique_ids;
        identities.find(hasher.hash_one(id), |known| self.unique_id(*known) == id).copied()
    }

    fn unique_id(&self, identity: Identity) -> &str {
        match identity {
            Identity::User(key) => &self.users[key].unique_id,
            Identity::Role(key) => &self.roles[key].unique_id,
        }
    }

    /// The role whose ARN is exactly this.
    pub fn role_by_arn(&self, text: &str) -> Option<RoleKey> {
        let keys = &self.accounts[self.account_of_arn(text)?].roles;
        last_of(keys, text, |key| &self.roles[key].arn)
    }

    /// The user whose ARN is exactly this.
    pub fn user_by_arn(&self, text: &str) -> Option<UserKey> {
        let keys = &self.accounts[self.account_of_arn(text)?].users;
        last_of(keys, text, |key| &self.users[key].arn)
    }

    fn account_of_arn(&self, text: &str) -> Option<AccountKey> {
        let [.., account, _] = arn::split(text)?;
        self.account(account.parse().ok()?)
    }
}

/// The last of the keys, which are in the order of their ARNs, that has this one.
fn last_of<'f, K: Key>(keys: &[K], arn: &str, arn_of: impl Fn(K) -> &'f str) -> Option<K> {
    let behind = keys.partition_point(|key| arn_of(*key) <= arn);
    let key = *keys.get(behind.checked_sub(1)?)?;
    (arn_of(key) == arn).then_some(key)
}
