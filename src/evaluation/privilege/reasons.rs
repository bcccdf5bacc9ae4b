//! Why a principal has its mark: the requests that show it, with the statements that allow them.

use serde::Serialize;

use crate::org::{Facts, Identity};

use super::super::decision::{StatementRef, Verdict};
use super::form;
use super::holder::Holder;
use super::judge::{Judge, Sheets};
use super::line::Line;
use super::mark::{Certainty, Privilege, Privileges};
use super::of_holder;
use super::request::Request;
use super::seek::Found;
use super::ways::Way;
use crate::policy::Effect;

/// One reason for a mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrivilegeReason {
    /// The mark that it gives.
    pub privilege: Privilege,
    /// Whether it is proven; else it hangs on what was not read, or on a disputed rule.
    pub proven: bool,
    /// What the principal does, for people.
    pub text: String,
    /// The requests that it takes, all of them.
    pub requests: Vec<PrivilegeRequest>,
}

/// A request that succeeds, or may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrivilegeRequest {
    /// The action; with `*` where a pattern stands for several.
    pub action: String,
    /// The resource; with `*` where any will do.
    pub resource: String,
    /// `allowed`, `conditional` where some requests of this form succeed, or `unknown`.
    pub verdict: Verdict,
    /// The statements of identity-based policies and of the boundary that allow it, or may.
    pub statements: Vec<StatementRef>,
}

/// The marks of one principal, and why it has them: every way to everything for an
/// administrator, one reason for any other mark.
pub fn reasons(facts: &Facts, identity: Identity) -> (Privileges, Vec<PrivilegeReason>) {
    let sheets = Sheets::new(facts);
    let holder = Holder::new(facts, identity);
    let free = matches!(identity, Identity::Role(key) if facts.roles[key].service_linked());
    let line = if free { Line::default() } else { Line::above(facts, holder.account) };
    let judge = Judge::new(facts, &holder, &sheets, &line);
    let privileges = of_holder(&judge);
    let mut found = Vec::new();
    for privilege in Privilege::ALL {
        if privilege < privileges.most || privilege > privileges.proven {
            continue;
        }
        match privilege {
            Privilege::Nothing => {}
            Privilege::Admin => found.extend(
                Way::ALL
                    .into_iter()
                    .filter_map(|way| reason(&judge, privilege, way.text(), &judge.way(way))),
            ),
            _ => found.extend(reason(&judge, privilege, privilege.text(), &judge.holds(privilege))),
        }
    }
    // Ways that are merely open say little beside one that is proven.
    if privileges.most == privileges.proven {
        found.retain(|reason| reason.proven);
    }
    (privileges, found)
}

fn reason(
    judge: &Judge<'_>,
    privilege: Privilege,
    text: &str,
    found: &Found,
) -> Option<PrivilegeReason> {
    (found.certainty != Certainty::Never).then(|| PrivilegeReason {
        privilege,
        proven: found.certainty == Certainty::Proven,
        text: text.to_owned(),
        requests: found.requests.iter().map(|request| shown(judge, request)).collect(),
    })
}

fn shown(judge: &Judge<'_>, request: &Request) -> PrivilegeRequest {
    let (verdict, statements) = judge.evidence(request);
    PrivilegeRequest {
        action: form::readable(&request.action),
        resource: form::readable(&request.resource),
        verdict,
        statements: statements
            .into_iter()
            .map(|allowing| StatementRef {
                policy: allowing.policy.into(),
                attached_to: allowing.owner.into(),
                index: allowing.index,
                sid: allowing.statement.sid.as_deref().map(str::to_owned),
                effect: allowing.statement.effect.map_or("?", Effect::as_str),
            })
            .collect(),
    }
}
