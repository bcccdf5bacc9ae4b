//! The verdict of one pair.

use std::collections::BTreeSet;

use crate::evaluation::{
    Action, Call, Lineage, Scenario, Target, Verdict, judge, judge_path, rides_along,
};
use crate::org::Facts;
use crate::workload::Workspace;

use super::{Assume, Node, Way};

/// What pairs are decided under.
#[derive(Debug, Clone, Copy)]
pub(super) struct Under<'g> {
    pub(super) facts: &'g Facts,
    pub(super) workspaces: &'g [Workspace],
    /// What is stated of every call.
    pub(super) scenario: &'g Scenario,
}

impl Under<'_> {
    /// The edge of a pair; `None` where it is denied and nobody means it.
    pub(super) fn judge_pair(&self, from: &Node, to: &Node, named: bool) -> Option<Assume> {
        let target = to.target()?;
        let account = target.account(self.facts);
        if from == to && matches!(to, Node::Unread(_)) {
            return None;
        }
        let ways = from.ways_in(self.facts, self.workspaces, account).into_iter().map(|way| {
            let action = way.caller.action();
            (self.judge_way(&way, &target, action), action, way)
        });
        // The likeliest of those with the best verdict.
        let (verdict, action, way) = ways.min_by_key(|(verdict, ..)| *verdict)?;
        // Another audience than the configured one is something to change first.
        let verdict = match (verdict, way.other_audience) {
            (Verdict::Allowed | Verdict::Unknown, Some(_)) => Verdict::Conditional,
            (verdict, _) => verdict,
        };
        let assume = Assume { action, verdict, named };
        Some(assume).filter(|assume| assume.verdict != Verdict::Denied || named)
    }

    /// Whether an edge says something else where earlier hops led to the caller: to some role of an
    /// account that was not read, and to no user of it (rule C1).
    pub(super) fn depends_on_place(&self, from: &Node, to: &Node) -> bool {
        let (Node::Unread(_), Some(target)) = (from, to.target()) else { return false };
        let ways = from.ways_in(self.facts, self.workspaces, target.account(self.facts));
        let said = |call: Call<'_>| {
            let (verdict, requirements) = judge_path(self.facts, &[call]);
            let kinds = requirements.iter().flatten().map(|one| one.kind);
            (verdict, kinds.collect::<BTreeSet<_>>())
        };
        ways.iter().any(|way| {
            let first = || self.call(way, &target, way.caller.action());
            said(first()) != said(Call { hop: 2, ..first() })
        })
    }

    /// Whether a call in one way that succeeds can do what takes another permission, the caller's
    /// session left open; `None` where it depends.
    pub(super) fn rides_along(&self, way: &Way, target: &Target, action: Action) -> Option<bool> {
        rides_along(self.facts, &self.call(way, target, way.caller.action()), action)
    }

    /// The verdict of one action of a call in one way, the caller's session left open.
    pub(super) fn judge_way(&self, way: &Way, target: &Target, action: Action) -> Verdict {
        judge(self.facts, &self.call(way, target, action))
    }

    /// The first call of a path in one way.
    fn call<'c>(&'c self, way: &'c Way, target: &'c Target, action: Action) -> Call<'c> {
        Call {
            caller: &way.caller,
            target,
            action,
            scenario: self.scenario,
            lineage: &Lineage::Unknown,
            hop: 1,
        }
    }
}
