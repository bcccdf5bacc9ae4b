//! What a principal can do in its own account: administrator, writer of IAM, reader and so on,
//! decided with its policies, its boundary and the service control policies together (rules M1
//! to M14 of `docs/evaluation.md`).
//!
//! A mark is a proof: some request of its kind succeeds. What was not read never lowers it.

mod actions;
mod asking;
mod form;
mod holder;
mod judge;
mod line;
mod mark;
mod marks;
mod reasons;
mod request;
mod seek;
mod sheet;
mod ways;
mod words;

use actions::Kind;
use judge::Judge;
use mark::Certainty;
use seek::Found;

pub use mark::{Privilege, Privileges};
pub use marks::Marks;
pub use reasons::{PrivilegeReason, PrivilegeRequest, reasons};

/// The marks of one principal.
fn of_holder(judge: &Judge<'_>) -> Privileges {
    with_own(judge, without_own(judge))
}

/// The marks of one principal, leaving out what it can make of itself. Principals of equal
/// policies have these in common.
fn without_own(judge: &Judge<'_>) -> Privileges {
    let mut most = Privilege::Nothing;
    for privilege in Privilege::ALL {
        let found = judge.holds(privilege);
        if found.certainty == Certainty::Never {
            continue;
        }
        most = most.min(privilege);
        if found.certainty == Certainty::Proven {
            return Privileges { most, proven: privilege };
        }
        if judge.ceiling == Certainty::Open {
            break;
        }
    }
    Privileges { most, proven: Privilege::Nothing }
}

/// With what it can make of itself.
fn with_own(judge: &Judge<'_>, known: Privileges) -> Privileges {
    if is_settled(judge, known) {
        return known;
    }
    match judge.makes_itself_admin().certainty {
        Certainty::Never => known,
        Certainty::Open => Privileges { most: Privilege::Admin, ..known },
        Certainty::Proven => Privileges { most: Privilege::Admin, proven: Privilege::Admin },
    }
}

/// Whether nothing that it makes of itself could add to its marks.
fn is_settled(judge: &Judge<'_>, known: Privileges) -> bool {
    let best = if judge.ceiling == Certainty::Open { known.most } else { known.proven };
    best == Privilege::Admin
}

impl Judge<'_> {
    /// Whether the principal has at least this mark, by requests of just this kind.
    fn holds(&self, privilege: Privilege) -> Found {
        match privilege {
            Privilege::Admin => self.becomes_admin(),
            Privilege::Iam => self.some_change(),
            // A role is passed in a call that makes or changes something (rule M10).
            Privilege::Pass => self.some_of(Kind::Pass).and(|| self.holds(Privilege::Write)),
            // What changes IAM writes, too: a user may be left with its own credentials.
            Privilege::Write => self.either(self.some_of(Kind::Write), || self.some_of(Kind::Iam)),
            Privilege::Read => self.some_of(Kind::Read),
            Privilege::Nothing => Found { certainty: Certainty::Proven, requests: Vec::new() },
        }
    }
}
