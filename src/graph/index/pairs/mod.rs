//! Which classes of callers may assume which classes of roles.
//!
//! Each trust policy tells whom it may mean ([`super::trust`]); each caller's own policies tell
//! which roles they may reach. Where both are wide, classes meet classes; where one is narrow, the
//! pairs are looked up from its side. One pair of each two sets that no document can tell apart
//! is decided, and stands for all.

mod candidates;
mod holders;
mod sources;
mod trusts;
mod unread;

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::org::{AccountKey, DocumentKey, Facts, RoleKey};
use crate::policy::ResourcePattern;

use super::super::pair::judge_pair;
use crate::workload::Workspace;

use super::super::{Assume, Node};
use super::caller::{Caller, CallerId};
use super::callers::{Callers, Partition, Profile};
use super::places::Places;
use super::postings::Postings;
use super::sets::{Bundle, CallerSet, Sets, TargetSet};
use super::targets::{self, Targets};
use super::trust::Admission;
use super::views::Views;

/// What is found.
#[derive(Debug, Default)]
pub(in crate::graph) struct Found {
    pub(in crate::graph) callers: Sets<CallerSet>,
    pub(in crate::graph) targets: Sets<TargetSet>,
    pub(in crate::graph) bundles: Vec<Bundle>,
}

pub(super) struct Pairs<'g> {
    workspaces: &'g [Workspace],
    pub(super) facts: &'g Facts,
    pub(super) views: &'g Views,
    pub(super) places: &'g Places,
    pub(super) callers: Callers<'g>,
    pub(super) targets: Targets,
    /// The base first.
    pub(super) partitions: Vec<Partition>,
    pub(super) postings: Postings,
    /// Runs of workspaces.
    hosts: sources::Hosts,
    /// Whether some control policy looks at what a hop hands on.
    control_session: bool,
    /// Whether some control policy looks at the role's account.
    control_targets_apart: bool,
    /// Whether some control policy looks at who calls.
    control_looks: bool,
    /// Accounts of which principals were not read, by what can be told of them as callers.
    pub(super) unread: BTreeMap<u32, Vec<AccountKey>>,
    pub(super) found: Found,
    /// What was added of the trust policy or the holder at hand.
    pub(super) added: HashSet<(u32, u32, bool)>,
}

/// One side of a pair: what is to become its set, and one member of each account.
#[derive(Clone)]
pub(super) struct From {
    pub(super) set: CallerSet,
    pub(super) members: Vec<(AccountKey, Node)>,
}

/// The other side.
#[derive(Clone)]
pub(super) struct To {
    pub(super) set: TargetSet,
    pub(super) members: Vec<(AccountKey, Node)>,
}

/// What is kept of the index: how users, roles and runs fall into the sets of what was found.
#[derive(Debug)]
pub(in crate::graph) struct Index {
    pub(in crate::graph) partitions: Vec<Partition>,
    pub(in crate::graph) targets: Targets,
    pub(in crate::graph) found: Found,
    /// By trust policy, what kinds of sources beside users and roles it may let in.
    pub(in crate::graph) opens: Vec<Opens>,
}

/// Kinds of sources beside users and roles that a trust policy may let in.
#[derive(Debug, Clone, Copy)]
pub(in crate::graph) struct Opens {
    pub(in crate::graph) tokens: bool,
    pub(in crate::graph) services: bool,
    pub(in crate::graph) outsiders: bool,
    /// Whether it looks at what the hop hands on.
    pub(in crate::graph) hands_on: bool,
}

impl Opens {
    fn of(admission: &Admission, hands_on: bool) -> Self {
        let has = |is_it: fn(&Node) -> bool| admission.others.keys().any(is_it);
        Self {
            tokens: admission.everyone_else || !admission.tokens.is_empty(),
            services: admission.everyone_else || has(|node| matches!(node, Node::Service(_))),
            outsiders: !admission.wide.is_empty()
                || admission.unknown_ids
                || has(|node| !matches!(node, Node::Service(_) | Node::Saml(_))),
            hands_on,
        }
    }
}

/// Finds all pairs. `configured` are the roles that workspaces ask for, with who asks.
pub(in crate::graph) fn find(
    facts: &Facts,
    workspaces: &[Workspace],
    configured: &BTreeMap<Node, Vec<Node>>,
) -> Index {
    let views = Views::new(facts);
    let places = Places::new(facts);
    let mut callers = Callers::new(facts, &views, &places);
    let targets = Targets::new(facts, &views, &places, &mut callers.texts);
    let postings = Postings::new(facts, &callers);
    let missing_ids: Vec<CallerId> =
        CallerId::all(facts).filter(|id| Caller::new(facts, *id).lacks_unique_id()).collect();
    let admissions: Vec<Admission> = targets
        .trusts
        .iter()
        .map(|trust| Admission::of(facts, trust.document, &missing_ids))
        .collect();
    let base = std::mem::take(&mut callers.base);
    let control = || {
        let policies = facts.control_policies.values();
        policies.filter_map(|policy| views.looks(policy.document?))
    };
    let mut pairs = Pairs {
        facts,
        workspaces,
        views: &views,
        places: &places,
        partitions: vec![base],
        postings,
        hosts: super::tokens::hosts(workspaces),
        control_session: control().any(|looks| looks.session(None)),
        control_targets_apart: control().any(|looks| looks.target_account),
        control_looks: control().any(|looks| !looks.is_blind()),
        unread: sources::unread_accounts(facts, &places),
        found: Found::default(),
        added: HashSet::new(),
        callers,
        targets,
    };
    let trusts = std::mem::take(&mut pairs.targets.trusts);
    for (trust, admission) in trusts.iter().zip(&admissions) {
        pairs.of_trust(trust, admission);
    }
    pairs.targets.trusts = trusts;
    pairs.of_holders(&admissions);
    pairs.of_unread();
    pairs.configured(configured);
    let Pairs { partitions, targets, found, control_session, .. } = pairs;
    let opens = targets.trusts.iter().zip(&admissions).map(|(trust, admission)| {
        let looks = views.looks(trust.document);
        let hands_on = control_session || looks.is_some_and(|looks| looks.hands_on);
        Opens::of(admission, hands_on)
    });
    let opens = opens.collect();
    Index { partitions, targets, found, opens }
}

impl Pairs<'_> {
    /// Adds the bundle of two sets, decided by one pair of different accounts.
    pub(super) fn across(&mut self, from: &From, to: &To, named: bool, session: bool) {
        let Some((caller, role)) = apart(&from.members, &to.members) else { return };
        if let Some(assume) = self.judge(caller, role, named) {
            self.add(from, to, assume, true, session);
        }
    }

    /// Adds the bundle of two sets of one account.
    pub(super) fn within(&mut self, from: &From, to: &To, named: bool, session: bool) {
        let (Some((_, caller)), Some((_, role))) = (from.members.first(), to.members.first())
        else {
            return;
        };
        if let Some(assume) = self.judge(caller, role, named) {
            self.add(from, to, assume, false, session);
        }
    }

    pub(super) fn judge(&self, from: &Node, to: &Node, named: bool) -> Option<Assume> {
        judge_pair(self.facts, self.workspaces, from, to, named)
    }

    /// Adds a bundle; the same one only once, unless it says more.
    pub(super) fn add(
        &mut self,
        from: &From,
        to: &To,
        assume: Assume,
        across: bool,
        session: bool,
    ) {
        let from = self.found.callers.number(from.set.clone());
        let to = self.found.targets.number(to.set.clone());
        if self.added.insert((from, to, across)) || assume.named {
            self.found.bundles.push(Bundle { from, to, assume, across, session });
        }
    }

    /// The roles of a class as targets of a profile: apart where its documents tell them apart.
    pub(super) fn class_targets(&self, profile: &Profile, class: u32, apart: bool) -> Vec<To> {
        let Some(row) = self.targets.class(class) else { return Vec::new() };
        if apart || profile.target_account {
            return row.cells.iter().flat_map(|cell| self.cell_targets(profile, *cell)).collect();
        }
        if profile.on_resources.is_empty() {
            return vec![self.whole_class(class)];
        }
        let cells = row.cells.iter().filter_map(|cell| self.targets.cell(*cell));
        let members: Vec<RoleKey> = cells.flat_map(|cell| cell.members.iter().copied()).collect();
        let whole = members.len();
        self.told_apart(profile, members)
            .into_iter()
            .map(|roles| {
                if roles.len() == whole { self.whole_class(class) } else { self.some_roles(roles) }
            })
            .collect()
    }

    /// The roles of a cell as targets of a profile.
    pub(super) fn cell_targets(&self, profile: &Profile, cell: u32) -> Vec<To> {
        let Some(row) = self.targets.cell(cell) else { return Vec::new() };
        if profile.on_resources.is_empty() {
            return self.whole_cell(cell).into_iter().collect();
        }
        self.told_apart(profile, row.members.clone())
            .into_iter()
            .filter_map(|roles| {
                if roles.len() == row.members.len() {
                    self.whole_cell(cell)
                } else {
                    Some(self.some_roles(roles))
                }
            })
            .collect()
    }

    /// The roles by what the profile's documents say of their ARNs.
    fn told_apart(&self, profile: &Profile, roles: Vec<RoleKey>) -> Vec<Vec<RoleKey>> {
        let patterns = self.patterns(&profile.on_resources);
        let mut known: HashMap<Vec<u32>, usize> = HashMap::new();
        let mut parts: Vec<Vec<RoleKey>> = Vec::new();
        let mut seen = Vec::new();
        for role in roles {
            seen.clear();
            targets::covered(&patterns, self.facts, role, &mut seen);
            match known.get(&seen).and_then(|part| parts.get_mut(*part)) {
                Some(part) => part.push(role),
                None => {
                    known.insert(seen.clone(), parts.len());
                    parts.push(vec![role]);
                }
            }
        }
        parts
    }

    /// The entries of resources in these documents that tell roles apart.
    pub(super) fn patterns(&self, documents: &[DocumentKey]) -> Vec<&ResourcePattern> {
        let read = |key: &DocumentKey| self.facts.documents[*key].parsed.as_ref().ok();
        documents.iter().filter_map(read).flat_map(targets::patterns).collect()
    }

    pub(super) fn whole_class(&self, class: u32) -> To {
        let cells = self.targets.class(class).map(|row| row.cells.as_slice()).unwrap_or_default();
        let member = |cell: &u32| {
            let cell = self.targets.cell(*cell)?;
            Some((cell.account, Node::Role(*cell.members.first()?)))
        };
        To { set: TargetSet::Class(class), members: cells.iter().filter_map(member).collect() }
    }

    pub(super) fn whole_cell(&self, cell: u32) -> Option<To> {
        let row = self.targets.cell(cell)?;
        let member = (row.account, Node::Role(*row.members.first()?));
        Some(To { set: TargetSet::Cell(cell), members: vec![member] })
    }

    pub(super) fn some_roles(&self, roles: Vec<RoleKey>) -> To {
        let mut members: Vec<(AccountKey, Node)> = Vec::new();
        for role in &roles {
            let account = self.facts.roles[*role].account;
            if members.last().is_none_or(|(last, _)| *last != account) {
                members.push((account, Node::Role(*role)));
            }
        }
        To { set: TargetSet::Some(roles.into()), members }
    }

    /// A class of callers without some of them.
    pub(super) fn class_callers(&self, partition: u32, class: u32, without: &[CallerId]) -> From {
        let Some(part) = self.partitions.get(partition as usize) else { return From::none() };
        let cells = part.classes.get(class as usize).map(|row| row.cells.as_slice());
        let cells = cells.unwrap_or_default();
        let is_in = |caller: &CallerId| {
            part.cell_of(*caller).is_some_and(|cell| cells.binary_search(&cell).is_ok())
        };
        if without.iter().any(is_in) {
            let rows = cells.iter().filter_map(|cell| part.cells.get(*cell as usize));
            let all = rows.flat_map(|cell| cell.members.iter().copied());
            return self.some_callers(all.filter(|caller| !without.contains(caller)).collect());
        }
        let member = |cell: &u32| {
            let cell = part.cells.get(*cell as usize)?;
            Some((cell.account, cell.members.first()?.node(self.facts)))
        };
        From {
            set: CallerSet::Class(partition, class),
            members: cells.iter().filter_map(member).collect(),
        }
    }

    /// The callers of a cell without some of them.
    pub(super) fn cell_callers(&self, partition: u32, cell: u32, without: &[CallerId]) -> From {
        let Some(part) = self.partitions.get(partition as usize) else { return From::none() };
        let Some(row) = part.cells.get(cell as usize) else { return From::none() };
        if without.iter().any(|caller| part.cell_of(*caller) == Some(cell)) {
            let rest = row.members.iter().copied();
            return self.some_callers(rest.filter(|caller| !without.contains(caller)).collect());
        }
        let member = row.members.first().map(|caller| (row.account, caller.node(self.facts)));
        From { set: CallerSet::Cell(partition, cell), members: member.into_iter().collect() }
    }

    pub(super) fn some_callers(&self, callers: Vec<CallerId>) -> From {
        let mut members: Vec<(AccountKey, Node)> = Vec::new();
        for caller in &callers {
            let account = caller.account(self.facts);
            if members.last().is_none_or(|(last, _)| *last != account) {
                members.push((account, caller.node(self.facts)));
            }
        }
        From { set: CallerSet::Some(callers.into()), members }
    }
}

impl From {
    fn none() -> Self {
        Self { set: CallerSet::Some(Box::default()), members: Vec::new() }
    }

    /// These callers where they are of the account of these roles.
    fn only(&self, to: &To) -> Option<Self> {
        let here = to.members.first().map(|(account, _)| *account);
        let all = self.members.iter().all(|(account, _)| Some(*account) == here);
        all.then(|| self.clone())
    }

    /// One of them, where they are users or roles.
    fn sample(&self, facts: &Facts) -> Option<CallerId> {
        CallerId::of(facts, &self.members.first()?.1)
    }
}

/// A caller and a role of different accounts, where there are such.
fn apart<'m>(
    callers: &'m [(AccountKey, Node)],
    roles: &'m [(AccountKey, Node)],
) -> Option<(&'m Node, &'m Node)> {
    let (first, caller) = callers.first()?;
    if let Some((_, role)) = roles.iter().find(|(account, _)| account != first) {
        return Some((caller, role));
    }
    let (account, role) = roles.first()?;
    let (_, caller) = callers.iter().find(|(other, _)| other != account)?;
    Some((caller, role))
}
