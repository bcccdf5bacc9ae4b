//! Accounts that no control policy can tell apart: as homes of callers, and as homes of roles.

use std::collections::HashMap;

use crate::org::{
    AccountKey, ControlPolicyKey, ControlPolicyKind, DocumentKey, Facts, Key as _, Membership,
};
use crate::policy::Action;

use super::caller::number;

/// Which accounts may stand for each other.
#[derive(Debug)]
pub(super) struct Places {
    /// By account, as home of callers: what service control policies say there.
    callers: Vec<u32>,
    /// By account, as home of roles: what resource control policies say there.
    roles: Vec<u32>,
    /// The documents of service control policies, by class of homes of callers.
    documents: Vec<Vec<DocumentKey>>,
    /// Every document of a resource control policy.
    pub(super) resource_control: Vec<DocumentKey>,
    /// Every document of a control policy that may hang anywhere.
    loose: Vec<DocumentKey>,
}

impl Places {
    pub(super) fn new(facts: &Facts) -> Self {
        let mut documents = Vec::new();
        let class_by = |kind: ControlPolicyKind, documents: &mut Vec<Vec<DocumentKey>>| {
            let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
            let of = |(key, _)| {
                let (name, policies) = describe(facts, key, kind);
                let next = number(known.len());
                *known.entry(name).or_insert_with(|| {
                    let read = |policy: &ControlPolicyKey| facts.control_policies[*policy].document;
                    documents.push(policies.iter().filter_map(read).collect());
                    next
                })
            };
            facts.accounts.iter().map(of).collect::<Vec<u32>>()
        };
        let callers = class_by(ControlPolicyKind::Service, &mut documents);
        let roles = class_by(ControlPolicyKind::Resource, &mut Vec::new());
        let of_kind = |kind| {
            let policies = facts.control_policies.values();
            policies.filter(move |policy| policy.kind == kind).filter_map(|policy| policy.document)
        };
        let loose = |policy: &&crate::org::ControlPolicy| !policy.targets_read;
        Self {
            callers,
            roles,
            documents,
            resource_control: of_kind(ControlPolicyKind::Resource).collect(),
            loose: facts
                .control_policies
                .values()
                .filter(loose)
                .filter_map(|policy| policy.document)
                .collect(),
        }
    }

    /// The class of an account as home of callers.
    pub(super) fn of_callers(&self, account: AccountKey) -> u32 {
        self.callers.get(account.index()).copied().unwrap_or(u32::MAX)
    }

    /// The class of an account as home of roles.
    pub(super) fn of_roles(&self, account: AccountKey) -> u32 {
        self.roles.get(account.index()).copied().unwrap_or(u32::MAX)
    }

    /// The documents of control policies that may look at a caller of the account.
    pub(super) fn documents(&self, account: AccountKey) -> impl Iterator<Item = DocumentKey> {
        let class = self.documents.get(self.of_callers(account) as usize);
        let own = class.map(Vec::as_slice).unwrap_or_default();
        own.iter().chain(&self.resource_control).chain(&self.loose).copied()
    }
}

/// What there is to know about control policies of a kind at an account, as numbers, and the
/// policies.
fn describe(
    facts: &Facts,
    account: AccountKey,
    kind: ControlPolicyKind,
) -> (Vec<u32>, Vec<ControlPolicyKey>) {
    let row = &facts.accounts[account];
    let line = row.parent.map(|parent| facts.line(parent)).unwrap_or_default();
    // One level with something that was not read is as open as another, but their number counts.
    let control = facts.control(kind);
    let levels =
        if control.loose.is_empty() && control.full_access_listed { 0 } else { line.len() };
    let mut name = vec![
        row.partition as u32,
        match row.membership {
            Membership::Management => 0,
            Membership::Member => 1,
            Membership::Outside => 2,
            Membership::Standalone => 3,
            Membership::Unknown => 4,
        },
        u32::from(row.parent.is_some()),
        u32::from(facts.is_whole(line)),
        number(levels),
    ];
    let mut policies = Vec::new();
    if row.membership != Membership::Member {
        return (name, policies);
    }
    let containers = line.iter().map(|container| &facts.containers[*container]);
    let here = containers.map(|row| (&row.control_policies, row.unhindered));
    for (attached, unhindered) in here.chain([(&row.control_policies, row.unhindered)]) {
        let lets_through = match kind {
            ControlPolicyKind::Service => unhindered.scps,
            ControlPolicyKind::Resource => unhindered.rcps,
        };
        if Action::ALL.into_iter().all(|action| lets_through.has(action)) {
            continue;
        }
        let mut level: Vec<ControlPolicyKey> = attached
            .iter()
            .copied()
            .filter(|policy| facts.control_policies[*policy].kind == kind)
            .collect();
        level.sort_unstable();
        name.push(u32::MAX);
        name.extend(level.iter().map(|policy| number(policy.index())));
        policies.extend(level);
    }
    (name, policies)
}
