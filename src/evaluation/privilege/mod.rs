//! What a principal can do in its own account: administrator, writer of IAM, reader and so on,
//! decided with its policies, its boundary and the service control policies together (rules M1
//! to M14 of `docs/evaluation.md`).
//!
//! A mark is a proof: some request of its kind succeeds. What was not read never lowers it.

mod actions;
mod form;
mod judge;
mod line;
mod mark;
mod marks;
mod reasons;
mod request;
mod seek;
mod sheet;
mod ways;

use crate::org::Facts;

use actions::Kind;
use judge::{Holder, Judge, Sheets};
use line::Line;
use mark::Certainty;
use seek::Found;
use sheet::Uses;

pub use mark::{Privilege, Privileges};
pub use marks::Marks;
pub use reasons::{PrivilegeReason, PrivilegeRequest, reasons};

/// The marks of one principal, and what they depend on beside its policies.
fn of_holder(
    facts: &Facts,
    holder: &Holder<'_>,
    sheets: &Sheets<'_>,
    line: &Line,
) -> (Privileges, Uses) {
    let judge = Judge::new(facts, holder, sheets, line);
    let mut most = Privilege::Nothing;
    for privilege in Privilege::ALL {
        let found = judge.holds(privilege);
        if found.certainty == Certainty::Never {
            continue;
        }
        most = most.min(privilege);
        if found.certainty == Certainty::Proven {
            return (Privileges { most, proven: privilege }, judge.uses());
        }
        if judge.ceiling == Certainty::Open {
            break;
        }
    }
    (Privileges { most, proven: Privilege::Nothing }, judge.uses())
}

impl Judge<'_> {
    /// Whether the principal has at least this mark, by requests of just this kind.
    fn holds(&self, privilege: Privilege) -> Found {
        match privilege {
            Privilege::Admin => self.admin(),
            Privilege::Iam => self.some_change(),
            // A role is passed in a call that makes or changes something (rule M10).
            Privilege::Pass => {
                self.some_of(&[Kind::Pass]).and(|| self.some_of(&[Kind::Write, Kind::Iam]))
            }
            Privilege::Write => self.some_of(&[Kind::Write, Kind::Iam]),
            Privilege::Read => self.some_of(&[Kind::Read]),
            Privilege::Nothing => Found { certainty: Certainty::Proven, requests: Vec::new() },
        }
    }
}
