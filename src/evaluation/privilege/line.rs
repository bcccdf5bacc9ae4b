//! The service control policies above an account, level by level, equal lines once (rules M3 and
//! G4 to G6).

use std::collections::HashMap;

use crate::org::{
    AccountKey, ControlPolicyKey, ControlPolicyKind, DocumentKey, Facts, Key, Membership,
};

use super::sheet::Sheet;

/// What binds the principals of an account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Line {
    /// Whether something of it was not read: what that says is open.
    pub(super) unread: bool,
    /// From the root down.
    pub(super) levels: Vec<Level>,
}

/// The policies of one level.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Level {
    /// Their documents, `None` where one was not read; and whether it is known that the policy is
    /// attached here.
    pub(super) policies: Vec<(Option<DocumentKey>, bool)>,
    /// Whether AWS's own policy that allows everything may hang here, unlisted.
    pub(super) full_access_unlisted: bool,
}

/// The place of a line among the [`Lines`].
pub(super) type LineId = u32;

/// The lines of all accounts.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) all: Vec<Line>,
    of: Vec<LineId>,
}

impl Lines {
    /// The line that binds nobody: of service-linked roles, of the management account, of
    /// accounts without organization.
    pub(super) const FREE: LineId = 0;

    pub(super) fn new(facts: &Facts) -> Self {
        let mut lines = Self { all: vec![Line::default()], of: Vec::new() };
        let mut known = HashMap::from([(Line::default(), Self::FREE)]);
        for key in facts.accounts.keys() {
            let line = Line::above(facts, key);
            let next = LineId::try_from(lines.all.len()).unwrap_or(LineId::MAX);
            let id = *known.entry(line).or_insert_with_key(|line| {
                lines.all.push(line.clone());
                next
            });
            lines.of.push(id);
        }
        lines
    }

    /// The line of an account.
    pub(super) fn of(&self, account: AccountKey) -> LineId {
        self.of.get(account.index()).copied().unwrap_or(Self::FREE)
    }

    pub(super) fn get(&self, id: LineId) -> Option<&Line> {
        self.all.get(usize::try_from(id).ok()?)
    }
}

impl Line {
    /// What hangs above an account.
    pub(super) fn above(facts: &Facts, account: AccountKey) -> Self {
        let row = &facts.accounts[account];
        let enabled = facts.known_organization().map(|organization| organization.scps.read());
        let line = match (row.membership, enabled, row.parent) {
            (Membership::Management | Membership::Standalone, ..)
            | (Membership::Member, Some(Some(false)), _) => return Self::default(),
            (Membership::Member, Some(Some(true)), Some(parent)) => facts.line(parent),
            _ => return Self { unread: true, levels: Vec::new() },
        };
        let containers = line.iter().map(|key| &facts.containers[*key].control_policies);
        let levels = containers.chain([&row.control_policies]);
        Self {
            unread: !facts.is_whole(line),
            levels: levels.map(|attached| Level::new(facts, attached)).collect(),
        }
    }
}

impl Level {
    fn new(facts: &Facts, attached: &[ControlPolicyKey]) -> Self {
        let kind = ControlPolicyKind::Service;
        let all = facts.control(kind);
        let here = attached.iter().filter(|key| facts.control_policies[**key].kind == kind);
        let known = here.map(|key| (key, true)).chain(all.loose.iter().map(|key| (key, false)));
        let mut policies: Vec<_> = known
            .map(|(key, attached)| (facts.control_policies[*key].document, attached))
            .collect();
        policies.sort_unstable();
        policies.dedup();
        Self { policies, full_access_unlisted: !all.full_access_listed }
    }

    /// Whether the level lets through whatever it does not deny.
    pub(super) fn allows_everything<'s>(
        &self,
        sheet: impl Fn(DocumentKey) -> Option<&'s Sheet>,
    ) -> bool {
        self.policies.iter().any(|(document, attached)| {
            *attached && document.and_then(&sheet).is_some_and(|sheet| sheet.allows_everything)
        })
    }
}
