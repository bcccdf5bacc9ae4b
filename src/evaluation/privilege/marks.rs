//! The marks of all principals of a snapshot, equal ones worked out once.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::org::{AccountKey, Facts, Identity, Key, RoleKey, User, UserKey};

use super::holder::Holder;
use super::judge::{Judge, Said, Sheets, Test};
use super::line::{Line, LineId, Lines};
use super::mark::{Privilege, Privileges};
use super::{is_settled, of_holder, with_own, without_own};

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
    /// Roles that agree in everything that a decision looks at share it: the documents in order,
    /// the boundary and the line of service control policies; the account, where one of these
    /// speaks of it; and what conditions say of the role, where they test who it is. What a role
    /// can make of itself is told for each by itself.
    pub fn of(facts: &Facts) -> Self {
        let sheets = Sheets::new(facts);
        let lines = Lines::new(facts);
        // A table that grows is filled anew each time; there are hardly more classes than documents.
        let classes = facts.documents.len().min(facts.roles.len());
        let mut known: HashMap<Box<[u32]>, Class, BuildHasherDefault<Mixed>> =
            HashMap::with_capacity_and_hasher(classes, BuildHasherDefault::default());
        let mut policies = Vec::new();
        let mut roles = Vec::with_capacity(facts.roles.len());
        for (key, row) in facts.roles.iter() {
            let line = if row.service_linked() { Lines::FREE } else { lines.of(row.account) };
            policies.clear();
            class_of(facts, key, line, &mut policies);
            let shared = known.get(policies.as_slice()).and_then(|it| it.common(row.account));
            roles.push(shared.unwrap_or_else(|| {
                let class = known.entry(policies.as_slice().into()).or_default();
                let asked = with(facts, &sheets, &lines, line, Identity::Role(key));
                asked.map_or(UNKNOWN.into(), |it| class.of(&it.judge(), row.account))
            }));
        }
        let user = |(key, row): (UserKey, &User)| {
            let asked = with(facts, &sheets, &lines, lines.of(row.account), Identity::User(key));
            asked.map_or(UNKNOWN, |it| of_holder(&it.judge())).into()
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

/// Roles of equal policies.
#[derive(Default)]
struct Class {
    /// The marks of those of whom the tests say the same, in an account where that matters,
    /// without what each can make of itself.
    marks: HashMap<Agreed, Privileges>,
    /// Those of all of them, as long as nothing differs.
    only: Option<Packed>,
    /// Every statement that tested who one of them is.
    tests: Vec<Test>,
    /// Whether the account matters.
    by_account: bool,
    /// Whether each has marks of its own all the same.
    each: bool,
    /// Whether some of them may still make more of themselves.
    changes: bool,
}

/// In what roles of one class agree.
type Agreed = (Option<AccountKey>, Vec<Said>);

impl Class {
    /// The marks that all of them have in this account, where nothing else matters.
    fn common(&self, account: AccountKey) -> Option<Packed> {
        if self.each || self.changes || !self.tests.is_empty() {
            return None;
        }
        if !self.by_account {
            return self.only;
        }
        self.marks.get(&(Some(account), Vec::new())).map(|marks| Packed::from(*marks))
    }

    /// The marks of one of them.
    fn of(&mut self, judge: &Judge<'_>, account: AccountKey) -> Packed {
        let agreed = self.agreed(judge, account);
        let known = agreed.and_then(|agreed| self.marks.get(&agreed)).copied();
        let marks = known.unwrap_or_else(|| self.learn(judge, account));
        let marks = if self.changes { with_own(judge, marks) } else { marks };
        marks.into()
    }

    /// Works the marks out, and remembers who shares them.
    fn learn(&mut self, judge: &Judge<'_>, account: AccountKey) -> Privileges {
        let marks = without_own(judge);
        let uses = judge.uses();
        let more: Vec<Test> =
            judge.tests().into_iter().filter(|test| !self.tests.contains(test)).collect();
        if !more.is_empty() || uses.account && !self.by_account {
            // More has to agree than was asked for so far.
            self.by_account |= uses.account;
            self.tests.extend(more);
            self.marks.clear();
        }
        self.each |= uses.itself;
        self.changes |= judge.may_change_itself() && !is_settled(judge, marks);
        self.only = Some(marks.into());
        if let Some(agreed) = self.agreed(judge, account) {
            self.marks.insert(agreed, marks);
        }
        marks
    }

    /// What the role has in common with others; `None` where it has its marks for itself.
    fn agreed(&self, judge: &Judge<'_>, account: AccountKey) -> Option<Agreed> {
        if self.each {
            return None;
        }
        let mut said = Vec::new();
        for test in &self.tests {
            judge.said_of(*test, &mut said)?;
        }
        Some((self.by_account.then_some(account), said))
    }
}

/// What roles of one class agree in.
fn class_of(facts: &Facts, key: RoleKey, line: LineId, class: &mut Vec<u32>) {
    const UNREAD: u32 = u32::MAX;
    const ABSENT: u32 = u32::MAX - 1;
    let row = &facts.roles[key];
    let place = |index: usize| u32::try_from(index).unwrap_or(UNREAD);
    let account = &facts.accounts[row.account];
    class.push(line);
    // The organization's id, and where calls of IAM go to.
    class.push((account.membership as u32) << 8 | account.partition as u32);
    // Only AWS changes these, whatever their policies say (rule M7).
    class.push(u32::from(row.service_linked() || row.path.starts_with("/aws-reserved/")));
    class.push(row.boundary.as_ref().map_or(ABSENT, |boundary| {
        boundary.document.map_or(UNREAD, |document| place(document.index()))
    }));
    class.extend(row.inline.iter().map(|policy| place(policy.document.index())));
    class
        .extend(row.attached.iter().map(|it| it.document.map_or(UNREAD, |key| place(key.index()))));
}

/// A hash of dense numbers that nobody chooses: spreading them is all that it has to do.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        let (numbers, rest) = bytes.as_chunks::<4>();
        for number in numbers {
            self.write_u32(u32::from_le_bytes(*number));
        }
        for byte in rest {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0.rotate_left(5) ^ u64::from(number)).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

/// One principal with all that its decisions need.
struct Asked<'f> {
    facts: &'f Facts,
    holder: Holder<'f>,
    sheets: &'f Sheets<'f>,
    line: &'f Line,
}

impl Asked<'_> {
    fn judge(&self) -> Judge<'_> {
        Judge::new(self.facts, &self.holder, self.sheets, self.line)
    }
}

fn with<'f>(
    facts: &'f Facts,
    sheets: &'f Sheets<'f>,
    lines: &'f Lines,
    line: LineId,
    identity: Identity,
) -> Option<Asked<'f>> {
    Some(Asked { facts, holder: Holder::new(facts, identity), sheets, line: lines.get(line)? })
}
