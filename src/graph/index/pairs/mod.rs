//! Which classes of callers may assume which classes of roles.
//!
//! Each trust policy tells whom it may mean ([`super::trust`]); each caller's own policies tell
//! which roles they may reach. Where both are wide, classes meet classes; where one is narrow, the
//! pairs are looked up from its side. One pair of each two sets that no document can tell apart
//! is decided, and stands for all.

mod candidates;
mod ends;
mod holders;
mod sources;
mod trusts;
mod unread;

use std::collections::BTreeMap;

use crate::evaluation::Scenario;
use crate::org::{AccountKey, Facts};
use crate::workload::{Stack, Workspace};

use super::super::pair::Under;
use super::super::{Assume, Node};
use super::caller::{Caller, CallerId};
use super::callers::{Callers, Partition};
use super::looks::Looks;
use super::opens::Openings;
use super::outsiders::Outsiders;
use super::places::Places;
use super::postings::Postings;
use super::sets::{Bundle, CallerSet, Sets, TargetSet};
use super::targets::Targets;
use super::tokens::Host;
use super::trust::Admission;
use super::views::Views;
use super::{Map, Set};
use candidates::View;
use ends::{From, To};

/// What is kept of the index: how users, roles and runs fall into the sets of what was found.
#[derive(Debug)]
pub(in crate::graph) struct Index {
    pub(in crate::graph) partitions: Vec<Partition>,
    pub(in crate::graph) targets: Targets,
    pub(in crate::graph) found: Found,
    /// By trust policy, what kinds of sources beside users and roles it may let in.
    pub(in crate::graph) opens: Openings,
    /// Whether some control policy looks at what a hop hands on.
    pub(in crate::graph) control_session: bool,
}

/// Bundles with the sets that they run between.
#[derive(Debug, Default)]
pub(in crate::graph) struct Found {
    pub(in crate::graph) callers: Sets<CallerSet>,
    pub(in crate::graph) targets: Sets<TargetSet>,
    pub(in crate::graph) bundles: Vec<Bundle>,
    /// What was added of the trust policy or the holder at hand.
    added: Set<(u32, u32, bool)>,
}

impl Found {
    /// Forgets what was added: what comes next finds other pairs.
    fn begin(&mut self) {
        // Clearing a large table costs its size, whatever is in it.
        if self.added.capacity() > 4096 {
            self.added = Set::default();
        }
        self.added.clear();
    }

    /// Adds a bundle; the same one only once, unless it says more.
    fn add(&mut self, from: &From, to: &To, assume: Assume, across: bool, session: bool) {
        let from = self.callers.number(&from.set);
        let to = self.targets.number(&to.set);
        if self.added.insert((from, to, across)) || assume.named {
            self.bundles.push(Bundle { from, to, assume, across, session });
        }
    }

    /// Takes over what another search found.
    fn merge(&mut self, other: Self) {
        let callers: Vec<u32> =
            other.callers.list.into_iter().map(|set| self.callers.take(set)).collect();
        let targets: Vec<u32> =
            other.targets.list.into_iter().map(|set| self.targets.take(set)).collect();
        for bundle in other.bundles {
            if let (Some(from), Some(to)) =
                (callers.get(bundle.from as usize), targets.get(bundle.to as usize))
            {
                self.bundles.push(Bundle { from: *from, to: *to, ..bundle });
            }
        }
    }
}

/// All that pairs are looked up in.
struct Pairs<'g> {
    facts: &'g Facts,
    workspaces: &'g [Workspace],
    scenario: &'g Scenario,
    views: &'g Views,
    places: &'g Places,
    callers: Callers<'g>,
    targets: Targets,
    /// The base first.
    partitions: Vec<Partition>,
    postings: Postings,
    /// By trust policy, whom it may mean and how it looks at callers.
    trusts: Vec<(Admission, View<'g>)>,
    /// Runs of workspaces and stacks.
    hosts: BTreeMap<String, Host>,
    /// Whether some control policy looks at what a hop hands on.
    control_session: bool,
    /// Whether some control policy looks at the role's account.
    control_targets_apart: bool,
    /// Whether some control policy looks at who calls.
    control_looks: bool,
    /// Accounts of which principals were not read, by what can be told of them as callers.
    unread: BTreeMap<u32, Vec<AccountKey>>,
}

/// Finds all pairs. `configured` are the roles that workspaces ask for, with who asks.
///
/// What is looked up does not depend on what is stated: that settles what is open, so a pair that
/// can't succeed with everything open can't under it, and it is stated of all callers alike, so
/// what stands for each other still does (rule K11).
pub(in crate::graph) fn find(
    under: Under<'_>,
    stacks: &[Stack],
    configured: &BTreeMap<Node, Vec<Node>>,
) -> Index {
    let facts = under.facts;
    let views = Views::new(facts);
    let places = Places::new(facts);
    let mut pairs = prepare(under, stacks, &views, &places);
    let missing_ids: Vec<CallerId> =
        CallerId::all(facts).filter(|id| Caller::new(facts, *id).lacks_unique_id()).collect();
    pairs.trusts.reserve_exact(pairs.targets.trusts.len());
    for at in 0..pairs.targets.trusts.len() {
        let Some(document) = pairs.targets.trusts.get(at).map(|trust| trust.document) else {
            continue;
        };
        let admission = Admission::of(facts, document, &missing_ids);
        let view = pairs.view(document, admission.tells_accounts);
        pairs.trusts.push((admission, view));
    }
    let trusts = pairs.trusts.len();
    let profiles = pairs.callers.profiles.len();
    // Two threads take turns over the trust policies and the holders; what they find does not
    // depend on who finds it.
    let half = |odd: u32| {
        // Costly ones recur at even steps, so neither half takes every second one.
        let is_mine = |at: &usize| at.count_ones() % 2 == odd;
        let mut found = Found::default();
        for at in (0..trusts).filter(is_mine) {
            found.begin();
            pairs.of_trust(at, &mut found);
        }
        let mut known = Map::default();
        for profile in (0..profiles).filter(is_mine) {
            found.begin();
            pairs.of_holders(profile, &mut known, &mut found);
        }
        found
    };
    let mut found = std::thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        let mut found = half(0);
        match other.join() {
            Ok(other) => found.merge(other),
            Err(panic) => std::panic::resume_unwind(panic),
        }
        found
    });
    found.begin();
    pairs.of_unread(&mut found);
    found.begin();
    pairs.configured(configured, &mut found);
    found.added = Set::default();
    let mut opens = Openings::default();
    let mut outsiders = Outsiders::new(facts);
    for (trust, (admission, view)) in pairs.targets.trusts.iter().zip(pairs.trusts) {
        let looks = view.looks.is_some_and(|looks| looks.hands_on);
        let apart = view.targets_apart || pairs.control_targets_apart;
        let to_outsiders = admission.foreigners.then(|| outsiders.number(trust.document)).flatten();
        opens.push(facts, admission, (apart, pairs.control_session || looks), to_outsiders);
    }
    let control_session = pairs.control_session;
    Index { partitions: pairs.partitions, targets: pairs.targets, found, opens, control_session }
}

fn prepare<'g>(
    under: Under<'g>,
    stacks: &[Stack],
    views: &'g Views,
    places: &'g Places,
) -> Pairs<'g> {
    let Under { facts, workspaces, scenario } = under;
    let mut callers = Callers::new(facts, views, places);
    let targets = Targets::new(facts, views, places, &mut callers);
    let postings = Postings::new(facts, &callers);
    let base = callers.partition(&[]);
    let control: Vec<&Looks> = facts
        .control_policies
        .values()
        .filter_map(|policy| views.looks(policy.document?))
        .collect();
    Pairs {
        facts,
        workspaces,
        scenario,
        views,
        places,
        partitions: vec![base],
        postings,
        trusts: Vec::new(),
        hosts: super::tokens::hosts(workspaces, stacks),
        control_session: control.iter().any(|looks| looks.session(None)),
        control_targets_apart: control.iter().any(|looks| looks.target_account),
        control_looks: control.iter().any(|looks| !looks.is_blind()),
        unread: sources::unread_accounts(facts, places),
        callers,
        targets,
    }
}

impl Pairs<'_> {
    /// Adds the bundle of two sets, decided by one pair of different accounts.
    fn across(&self, found: &mut Found, from: &From, to: &To, named: bool, session: bool) {
        let Some((caller, role)) = ends::apart(from, to) else { return };
        if let Some(assume) = self.judge(caller, role, named) {
            let session = session || self.under().depends_on_place(caller, role, assume.verdict);
            found.add(from, to, assume, true, session);
        }
    }

    /// Adds the bundle of two sets of one account.
    fn within(&self, found: &mut Found, from: &From, to: &To, named: bool, session: bool) {
        let (Some((_, caller)), Some((_, role))) = (from.first(), to.first()) else { return };
        if let Some(assume) = self.judge(caller, role, named) {
            let session = session || self.under().depends_on_place(caller, role, assume.verdict);
            found.add(from, to, assume, false, session);
        }
    }

    fn judge(&self, from: &Node, to: &Node, named: bool) -> Option<Assume> {
        self.under().judge_pair(from, to, named)
    }

    fn under(&self) -> Under<'_> {
        Under { facts: self.facts, workspaces: self.workspaces, scenario: self.scenario }
    }
}
