//! The verdict of one pair.

use crate::evaluation::{Action, Call, Lineage, Scenario, Target, Verdict, judge, rides_along};

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

    /// Whether a call in one way that succeeds can do what takes another permission, the caller's
    /// session left open; `None` where it depends.
    pub(super) fn rides_along(&self, way: &Way, target: &Target, action: Action) -> Option<bool> {
        let call = Call {
            caller: &way.caller,
            target,
            action: way.caller.action(),
            scenario: self.scenario,
            lineage: &Lineage::Unknown,
            hop: 1,
        };
        rides_along(self.facts, &call, action)
    }

    /// The verdict of one action of a call in one way, the caller's session left open.
    pub(super) fn judge_way(&self, way: &Way, target: &Target, action: Action) -> Verdict {
        let call = Call {
            caller: &way.caller,
            target,
            action,
            scenario: self.scenario,
            lineage: &Lineage::Unknown,
            hop: 1,
        };
        judge(self.facts, &call)
    }
}
