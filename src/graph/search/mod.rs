//! Paths through the graph.
//!
//! Searches walk over vertices, so what they cost grows with what can be told apart, not with
//! users and roles. Edges leave the caller's session open. Where no document that a hop depends on
//! looks at what earlier hops left there, the hop's verdict holds on every path, and a path's
//! verdict is put together from its hops ([`reach`]). Hops that do look are decided again with the
//! whole path that leads to them ([`session`], rule C2).

mod calls;
mod choke;
mod circles;
mod cycles;
mod denied;
mod desk;
mod many;
mod near;
mod paths;
mod reach;
mod relay;
mod session;
mod to_session;
mod walk;
mod ways;

pub use calls::{HopDecision, Route, Stated, decide, decide_stated, judge};
pub use choke::{Chokepoint, Chokepoints, chokepoints};
pub use cycles::{Cycle, cycles};
pub use denied::denied;
pub use many::{Best, Firsts, Kinds, Landing, Many, Needs, Source};
pub use near::one_of_each;
pub use paths::{best_paths, leading_to, paths};
pub use reach::{End, Reached, first_hops, reachable, reachable_over, reachable_with, reaching};
pub use session::Memo;
pub use ways::Ranked;

pub(super) use desk::Desks;
pub(super) use session::{Decided, Passing};
pub(super) use to_session::ToSession;
