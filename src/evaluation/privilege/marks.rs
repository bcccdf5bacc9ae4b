//! The marks of all principals of a snapshot, equal ones worked out once.

use std::collections::HashMap;

use crate::org::{AccountKey, Facts, Identity, Key, RoleKey, UserKey};

use super::judge::{Holder, Sheets};
use super::line::{LineId, Lines};
use super::mark::{Privilege, Privileges};
use super::of_holder;
use super::sheet::Uses;

/// What each role and each user can do in its own account; one byte each.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    roles: Vec<Packed>,
    users: Vec<Packed>,
}

/// Two marks in a byte.
#[derive(Debug, Clone, Copy)]
struct Packed(u8);

impl From<Privileges> for Packed {
    fn from(privileges: Privileges) -> Self {
        Self((privileges.most as u8) << 4 | privileges.proven as u8)
    }
}

impl From<Packed> for Privileges {
    fn from(Packed(byte): Packed) -> Self {
        let mark = |place: u8| {
            let found = Privilege::ALL.into_iter().find(|mark| *mark as u8 == place);
            found.unwrap_or(Privilege::Nothing)
        };
        Self { most: mark(byte >> 4), proven: mark(byte & 15) }
    }
}

impl Marks {
    /// The marks of every role and user.
    ///
    /// Roles that agree in everything that a decision looks at share it: their documents in
    /// order, the boundary and the line of service control policies, and where one of these
    /// speaks of the account or of the role, the account too, or each role by itself.
    pub fn of(facts: &Facts) -> Self {
        let sheets = Sheets::new(facts);
        let lines = Lines::new(facts);
        let mut known: HashMap<Box<[u32]>, Shared> = HashMap::new();
        let mut class = Vec::new();
        let mut roles = Vec::with_capacity(facts.roles.len());
        for (key, row) in facts.roles.iter() {
            let line = if row.service_linked() { Lines::FREE } else { lines.of(row.account) };
            class.clear();
            class_of(facts, key, line, &mut class);
            if let Some(found) = known.get(class.as_slice()).and_then(|it| it.of(row.account)) {
                roles.push(found);
                continue;
            }
            let (privileges, uses) = one(facts, &sheets, &lines, line, Identity::Role(key));
            let packed = Packed::from(privileges);
            roles.push(packed);
            if uses == Uses::default() {
                known.insert(class.as_slice().into(), Shared::Everywhere(packed));
            } else if !uses.itself {
                match known.get_mut(class.as_slice()) {
                    Some(Shared::InAccount(accounts)) => {
                        accounts.insert(row.account, packed);
                    }
                    _ => {
                        let accounts = HashMap::from([(row.account, packed)]);
                        known.insert(class.as_slice().into(), Shared::InAccount(accounts));
                    }
                }
            }
        }
        let user = |(key, row): (UserKey, &crate::org::User)| {
            one(facts, &sheets, &lines, lines.of(row.account), Identity::User(key)).0.into()
        };
        Self { roles, users: facts.users.iter().map(user).collect() }
    }

    /// What a role can do.
    pub fn role(&self, key: RoleKey) -> Privileges {
        self.roles.get(key.index()).copied().map_or(UNKNOWN, Privileges::from)
    }

    /// What a user can do.
    pub fn user(&self, key: UserKey) -> Privileges {
        self.users.get(key.index()).copied().map_or(UNKNOWN, Privileges::from)
    }
}

/// Of a principal that these marks were not made of.
const UNKNOWN: Privileges = Privileges { most: Privilege::Admin, proven: Privilege::Nothing };

/// A mark, and who else has it.
enum Shared {
    /// All roles of the class.
    Everywhere(Packed),
    /// Those of the account.
    InAccount(HashMap<AccountKey, Packed>),
}

impl Shared {
    fn of(&self, account: AccountKey) -> Option<Packed> {
        match self {
            Self::Everywhere(packed) => Some(*packed),
            Self::InAccount(accounts) => accounts.get(&account).copied(),
        }
    }
}

/// What roles of one class agree in.
fn class_of(facts: &Facts, key: RoleKey, line: LineId, class: &mut Vec<u32>) {
    const UNREAD: u32 = u32::MAX;
    const ABSENT: u32 = u32::MAX - 1;
    let row = &facts.roles[key];
    let place = |index: usize| u32::try_from(index).unwrap_or(UNREAD);
    class.push(line);
    // Only AWS changes these, whatever their policies say (rule M7).
    class.push(u32::from(row.service_linked() || row.path.starts_with("/aws-reserved/")));
    class.push(row.boundary.as_ref().map_or(ABSENT, |boundary| {
        boundary.document.map_or(UNREAD, |document| place(document.index()))
    }));
    class.extend(row.inline.iter().map(|policy| place(policy.document.index())));
    class
        .extend(row.attached.iter().map(|it| it.document.map_or(UNREAD, |key| place(key.index()))));
}

fn one(
    facts: &Facts,
    sheets: &Sheets<'_>,
    lines: &Lines,
    line: LineId,
    identity: Identity,
) -> (Privileges, Uses) {
    let holder = Holder::new(facts, identity);
    let Some(line) = lines.get(line) else { return (UNKNOWN, Uses::default()) };
    of_holder(facts, &holder, sheets, line)
}
