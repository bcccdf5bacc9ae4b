//! Ways that are searched together: those over hops of the same kinds.

use petgraph::graph::NodeIndex;

use super::super::super::Bundle;
use super::super::super::index::Map;
use super::super::ways::{Mix, StepId};
use super::kinds::Kinds;
use super::passing::Passes;

/// Ways with so many hops, over the same kinds of them, that are not at their end.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) kinds: Kinds,
    /// The same with hops of one kind where these make no difference to a verdict.
    pub(super) decided_as: Kinds,
    /// Over the verdicts of the hops with the session left open.
    pub(super) mix: Mix,
    /// Whether one does.
    pub(super) open: bool,
    /// Whether all hops towards the target let tags, and a source identity, pass that earlier ones
    /// handed on; none where that depends.
    pub(super) passes: Option<Passes>,
    /// Where hops from the source began to make no difference but for what they let pass.
    pub(super) tail: Tail,
    /// Whether hops that do not look at the session make of these ways what they make of any.
    pub(super) free: bool,
    pub(super) members: Vec<Member>,
}

/// Ways that differ in their last hops, which make the same of the others: no hop follows that looks
/// at the session, and they let the same pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tail {
    /// The kinds of the hops before.
    pub(super) kinds: Kinds,
    /// The same with hops of one kind where these make no difference to a verdict.
    pub(super) decided_as: Kinds,
    /// What the last hops let pass.
    pub(super) passes: Passes,
}

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    /// Where it ends.
    pub(super) vertex: NodeIndex,
    pub(super) last: StepId,
    /// Whether it was there before.
    pub(super) again: bool,
    /// Whether it was anywhere more often than there are nodes.
    pub(super) twice: bool,
    /// Whether its verdict has to be told. Else the last hops do not look at the session, and what
    /// they lead to is come to from where the last one did that does.
    pub(super) offered: bool,
}

impl Group {
    /// Where it has not begun.
    pub(super) fn begin(decided_as: Kinds) -> Self {
        Self {
            kinds: Kinds::NONE,
            decided_as,
            mix: Mix::Allowed,
            open: false,
            passes: Some(Passes::ALL),
            tail: Tail { kinds: Kinds::NONE, decided_as, passes: Passes::ALL },
            free: true,
            members: Vec::new(),
        }
    }
}

/// The groups with one hop more.
#[derive(Debug, Default)]
pub(super) struct Next {
    pub(super) groups: Vec<Group>,
    pub(super) places: Map<Kinds, usize>,
    /// The group of the step that was taken last, by the hops before, the edge, whether the session
    /// may hold something there, and whether no later hop looks at it: steps over one edge follow each
    /// other.
    pub(super) last: Option<((Kinds, u32, bool, bool), usize)>,
}

/// From where steps are taken: a group, and a walk of it.
pub(super) struct From<'f> {
    pub(super) group: &'f Group,
    /// The last step, if there was one.
    pub(super) last: Option<StepId>,
    /// The vertices so far, the last one first.
    pub(super) walk: &'f [NodeIndex],
    /// Whether it was anywhere more often than there are nodes.
    pub(super) twice: bool,
    /// With how many hops then.
    pub(super) hops: usize,
}

impl From<'_> {
    /// Whether a way over one more bundle is decided as a whole. Else what it leads to is come to from
    /// where the last hop led that looks at the session, or none did so far.
    pub(super) fn decides(&self, bundle: Bundle) -> bool {
        let open = bundle.is_open();
        let free = self.group.free && !self.twice;
        if free { open } else { open || self.group.open }
    }
}
