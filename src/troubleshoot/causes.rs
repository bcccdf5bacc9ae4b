//! From an answer to causes in order.

use std::fmt::Write as _;

use crate::arn::Arn;
use crate::evaluation::{Layer, LayerResult, NearMiss, Outcome, Reason, StatementRef, Verdict};
use crate::failure::{Named, ParsedFailure};

use super::Cause;
use super::explain::Answer;
use super::fix::fix;

/// What the snapshot says of the failed call.
pub(super) enum Found {
    /// An answer.
    Answer(Answer),
    /// The caller or the role is not in it.
    Unknown(Unknown),
    /// It was not, or could not be, asked.
    Nothing,
}

/// A caller or role that the snapshot does not hold.
pub(super) struct Unknown {
    pub(super) which: &'static str,
    pub(super) name: String,
    /// Whether nothing has that name; else it can't make or take such a call.
    pub(super) missing: bool,
    pub(super) account_read: bool,
    /// Whether the role is there under another ARN.
    pub(super) another_arn: bool,
    pub(super) nearest: Vec<String>,
    pub(super) message: String,
}

/// How many of the catalogue's causes follow what the facts say.
const LIKELY: usize = 5;

/// Proven causes, then what is required, then what is likely. Nothing is proven of an uncertain
/// text.
pub(super) fn rank(parsed: &ParsedFailure, found: &Found, uncertain: bool) -> Vec<Cause> {
    let mut causes = Vec::new();
    match found {
        Found::Answer(why) => answered(parsed, why, &mut causes),
        Found::Unknown(unknown) => causes.push(not_there(unknown)),
        Found::Nothing => {}
    }
    if uncertain {
        for cause in &mut causes {
            cause.proven = false;
        }
    }
    let proven = causes.iter().any(|cause| cause.proven);
    let likely = &parsed.entry.causes;
    let is_allowed =
        matches!(found, Found::Answer(why) if why.verdict == Verdict::Allowed) && !uncertain;
    let is_refused = parsed.code.as_deref().is_some_and(|code| code.contains("AccessDenied"));
    if is_allowed && is_refused && !likely.is_empty() {
        // That a policy refuses it was not so when the facts were read.
        let detail =
            format!("{}: {}", parsed.entry.meaning.trim_end_matches('.'), likely.join("; "));
        causes.push(cause("what AWS says this of, where something changed since", &detail));
    } else if !proven {
        causes.extend(likely.iter().take(LIKELY).map(|text| cause(text, &parsed.entry.meaning)));
    }
    for (index, cause) in causes.iter_mut().enumerate() {
        cause.rank = index + 1;
    }
    causes
}

fn cause(title: &str, detail: &str) -> Cause {
    Cause {
        rank: 0,
        title: title.to_owned(),
        detail: detail.to_owned(),
        proven: false,
        evidence: Vec::new(),
        fix: None,
    }
}

fn not_there(unknown: &Unknown) -> Cause {
    let Unknown { which, name, missing, account_read, another_arn, nearest, message } = unknown;
    let detail = if *account_read {
        let rest = if *which == "role" {
            "; AWS answers for it as for a role that trusts nobody"
        } else {
            ": it was made, or its name was, after the snapshot, or is another one"
        };
        format!("`{name}` does not exist in an account that was read whole{rest}")
    } else {
        message.clone()
    };
    let title = if *another_arn {
        "the role's ARN is another one".to_owned()
    } else if *missing {
        format!("the {which} is not in the snapshot")
    } else {
        format!("no decision for this {which}")
    };
    let proven = *account_read || *another_arn;
    Cause { proven, fix: nearest.first().cloned(), ..cause(&title, &detail) }
}

fn answered(parsed: &ParsedFailure, why: &Answer, causes: &mut Vec<Cause>) {
    match why.verdict {
        Verdict::Denied => {
            if let Some(reason) = &why.reason {
                causes.push(blocked(why, reason));
            }
            disagreement(parsed, why, causes);
        }
        Verdict::Allowed => {
            causes.push(cause(
            "the snapshot says that this call succeeds",
            "so what stopped it is not in the snapshot: a change since it was collected, a session policy, \
             a VPC endpoint policy, or one of the failures that no policy shows (expired or wrong credentials, \
             a Region that is off, a duration above the role's limit)",
            ));
            disagreement(parsed, why, causes);
        }
        Verdict::Conditional | Verdict::Unknown => {
            for set in &why.requirements {
                let texts: Vec<&str> = set.iter().map(|each| each.text.as_str()).collect();
                let title = if why.verdict == Verdict::Unknown {
                    "it depends on facts that were not read"
                } else {
                    "the call lacks what the policies require"
                };
                causes.push(Cause {
                    fix: Some(texts.join("; ")),
                    evidence: open_statements(&why.layers),
                    ..cause(title, &texts.join("; "))
                });
            }
        }
    }
}

/// The text names a kind of policy, or one policy, and the snapshot another: one of them is out
/// of date, or both deny.
fn disagreement(parsed: &ParsedFailure, why: &Answer, causes: &mut Vec<Cause>) {
    let denied = why.verdict == Verdict::Denied;
    let both = if denied {
        "AWS names only one of those that deny, so both may; or something changed since the snapshot"
    } else {
        "so something changed since the snapshot, or the text is of another call"
    };
    let named = parsed.layer.and_then(|layer| serde_json::to_value(layer).ok());
    let named = named.as_ref().and_then(serde_json::Value::as_str);
    let found = why.reason.as_ref().map(|reason| reason.layer.as_str());
    if let Some(named) = named.filter(|named| Some(*named) != found) {
        let layer = why.layers.iter().map(|it| it.layer).find(|layer| layer.as_str() == named);
        let title = layer.map_or(named, |layer| layer.title());
        causes.push(cause(&format!("AWS named another layer: {title}"), both));
    }
    let Some(policy) = parsed.policy_arn.as_ref().and_then(Named::arn).map(Arn::as_str) else {
        return;
    };
    let blocks = |layer: &&LayerResult| matches!(layer.outcome, Outcome::Deny | Outcome::NoMatch);
    let mut found: Vec<&str> = Vec::new();
    for layer in why.layers.iter().filter(blocks) {
        let deciding = layer.statements.iter().map(|each| &*each.policy);
        for known in deciding.chain(layer.near_misses.iter().map(|miss| &*miss.policy)) {
            if !found.contains(&known) {
                found.push(known);
            }
        }
    }
    if found.iter().any(|known| is_policy(policy, known)) {
        return;
    }
    let found = if found.is_empty() {
        "the snapshot names none that blocks this call".to_owned()
    } else {
        format!("the snapshot finds `{}`", found.join("`, `"))
    };
    causes.push(cause(&format!("AWS named another policy: {policy}"), &format!("{found}; {both}")));
}

/// Whether evidence means the policy of this ARN: control policies go by their ids there.
fn is_policy(arn: &str, known: &str) -> bool {
    arn == known || arn.contains(":organizations:") && arn.rsplit('/').next() == Some(known)
}

fn blocked(why: &Answer, reason: &Reason) -> Cause {
    let here = |layer: &&LayerResult| layer.layer == reason.layer && layer.level == reason.level;
    let layer = why.layers.iter().find(here);
    let misses: &[NearMiss] = layer.map_or(&[], |layer| layer.near_misses.as_slice());
    let mut evidence: Vec<StatementRef> =
        layer.map(|layer| layer.statements.clone()).unwrap_or_default();
    evidence.extend(misses.iter().map(|miss| StatementRef {
        policy: miss.policy.clone(),
        attached_to: miss.attached_to.clone(),
        index: miss.index,
        sid: miss.sid.clone(),
        effect: miss.effect,
    }));
    let mut detail = reason.text.clone();
    for miss in misses.iter().take(3) {
        let name = miss
            .sid
            .as_ref()
            .map_or_else(|| format!("#{}", miss.index), |sid| format!("#{} \"{sid}\"", miss.index));
        let _ = write!(detail, ". Nearest: {} {name} fails on {}", miss.policy, miss.failed_on);
    }
    let many = reason.layer.title().ends_with("policies");
    let word = match (reason.explicit, many) {
        (true, false) => "denies",
        (true, true) => "deny",
        (false, false) => "does not allow",
        (false, true) => "do not allow",
    };
    let title = match reason.layer {
        Layer::Sts => "STS refuses such a call whatever the policies say".to_owned(),
        Layer::Provider => "the identity provider does not take the token".to_owned(),
        other => format!("the {} {word} it", other.title()),
    };
    Cause { proven: true, evidence, fix: Some(fix(why, reason)), ..cause(&title, &detail) }
}

fn open_statements(layers: &[LayerResult]) -> Vec<StatementRef> {
    layers
        .iter()
        .filter(|layer| layer.outcome == Outcome::Open)
        .flat_map(|layer| layer.statements.iter().cloned())
        .collect()
}
