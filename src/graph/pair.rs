//! The verdict of one pair.

use crate::evaluation::{
    Action, Call, Lineage, Requirements, Scenario, Target, Verdict, judge, judge_path, rides_along,
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

    /// Whether the verdict of an edge is another one where earlier hops led to the caller: to some
    /// role of an account that was not read, and to no user of it (rule C1).
    pub(super) fn depends_on_place(&self, from: &Node, to: &Node, first: Verdict) -> bool {
        let unread = matches!(from, Node::Unread(_)) && first != Verdict::Denied;
        unread && self.later(from, to, |call| judge(self.facts, &call)) != Some(first)
    }

    /// What a hop takes where earlier ones led to its caller.
    pub(super) fn requirements_later(&self, from: &Node, to: &Node) -> Requirements {
        let found = self.later(from, to, |call| judge_path(self.facts, &[call]).1);
        found.unwrap_or_default()
    }

    /// Decides the call of a role, or of some role, which earlier hops led to.
    fn later<T>(&self, from: &Node, to: &Node, decide: impl Fn(Call<'_>) -> T) -> Option<T> {
        let target = to.target()?;
        let ways = from.ways_in(self.facts, self.workspaces, target.account(self.facts));
        let way = ways.first()?;
        Some(decide(Call { hop: 2, ..self.call(way, &target, way.caller.action()) }))
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
