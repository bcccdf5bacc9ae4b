//! What to change so that the call succeeds: all that is missing, and no condition passed by.

use crate::arn::{AccountId, Arn};
use crate::evaluation::{Layer, LayerResult, NearMiss, Outcome, Reason, Verdict};

use super::explain::Answer;

/// What to change, a line for each layer that blocks.
pub(super) fn fix(why: &Answer, reason: &Reason) -> String {
    let blocks = |layer: &LayerResult| {
        layer.layer == reason.layer
            && layer.level == reason.level
            && matches!(layer.outcome, Outcome::Deny | Outcome::NoMatch)
    };
    let denied = why.companions.iter().filter(|companion| companion.verdict == Verdict::Denied);
    let companions: Vec<_> = denied.collect();
    let mut lines = Vec::new();
    if companions.is_empty() || why.layers.iter().any(blocks) {
        blocked(why, (why.action, &why.layers), reason, &mut lines);
    }
    for companion in companions {
        if let Some(reason) = &companion.reason {
            blocked(why, (companion.action, &companion.layers), reason, &mut lines);
        }
    }
    lines.join("\n")
}

/// A line for each layer that blocks one action.
fn blocked(
    why: &Answer,
    (action, layers): (&str, &[LayerResult]),
    reason: &Reason,
    lines: &mut Vec<String>,
) {
    let first = |layer: &LayerResult| layer.layer == reason.layer && layer.level == reason.level;
    let line = match layers.iter().find(|layer| first(layer)) {
        Some(layer) => change(why, action, layer, reason),
        None => reason.text.clone(),
    };
    if !lines.contains(&line) {
        lines.push(line);
    }
    if matches!(reason.layer, Layer::Sts | Layer::Provider) {
        return;
    }
    // Within an account a trust policy that names the caller itself does for both sides.
    let account = |name: &str| name.parse::<Arn>().ok().and_then(|arn| arn.account());
    let (caller, role): (Option<AccountId>, _) = (account(&why.caller), account(&why.target));
    let across = caller.is_none() || caller != role;
    let named = lines.iter().any(|line| line.contains("\"Principal\""));
    for layer in layers.iter().filter(|layer| !first(layer)) {
        let control = matches!(layer.layer, Layer::Scp | Layer::Rcp);
        let line = match layer.outcome {
            Outcome::Deny => change(why, action, layer, reason),
            Outcome::NoMatch if across || control => change(why, action, layer, reason),
            Outcome::NoMatch if layer.layer == Layer::Identity && !named => format!(
                "unless the trust policy names the caller itself, {}",
                change(why, action, layer, reason)
            ),
            _ => continue,
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
}

/// What to change in one layer.
fn change(why: &Answer, action: &str, layer: &LayerResult, reason: &Reason) -> String {
    let title = layer.layer.title();
    let at = layer.level.as_ref().map(|level| format!(" at `{level}`")).unwrap_or_default();
    if layer.outcome == Outcome::Deny {
        return deny(why, layer, &format!("{title}{at}"));
    }
    let holder = match layer.layer {
        Layer::Sts => return reason.text.clone(),
        Layer::Provider => return "let the provider of the role's account exist and hold the token's audience, or ask for an audience that it holds".to_owned(),
        Layer::Trust => format!("the trust policy of `{}`", why.target),
        Layer::Scp | Layer::Rcp => format!("the {title}{at}"),
        _ => format!("the {title} of `{}`", why.caller),
    };
    let allows: Vec<&NearMiss> =
        layer.near_misses.iter().filter(|miss| miss.effect == "Allow").collect();
    let failing = |part: &str| -> Vec<String> {
        let prefix = format!("{part}: ");
        let of = |miss: &&NearMiss| {
            let failed = miss.failed_on.strip_prefix(&prefix)?;
            Some(format!("{} {}: {failed}", miss.policy, name(miss.index, miss.sid.as_deref())))
        };
        allows.iter().filter_map(of).take(3).collect()
    };
    let conditions = failing("condition");
    if !conditions.is_empty() {
        return format!("meet the condition of {}", conditions.join("\nor of "));
    }
    let narrow = allows.iter().find(|miss| miss.failed_on.starts_with("action: "));
    if let Some(miss) = narrow {
        let name = name(miss.index, miss.sid.as_deref());
        return format!("let {} {name} of {holder} allow `{action}` too", miss.policy);
    }
    let body = match layer.layer {
        Layer::Trust => match principal(why) {
            Ok(principal) => format!("\"Principal\": {principal}, \"Action\": \"{action}\""),
            Err(instead) => return instead,
        },
        Layer::Scp => {
            return format!("let {holder} allow `{action}` (FullAWSAccess does)");
        }
        _ => format!("\"Action\": \"{action}\", \"Resource\": \"{}\"", why.target),
    };
    match neighbour(why, &allows) {
        Neighbour::Asks(name, condition) => format!(
            "let {holder} hold {{\"Effect\": \"Allow\", {body}, \"Condition\": {condition}}}, with the condition of {name}"
        ),
        Neighbour::Unread(name) => format!(
            "let {holder} hold {{\"Effect\": \"Allow\", {body}}}, with the conditions of {name}, if it has any"
        ),
        Neighbour::Open => format!("let {holder} hold {{\"Effect\": \"Allow\", {body}}}"),
        Neighbour::None => format!(
            "let {holder} hold {{\"Effect\": \"Allow\", {body}}}; where its other statements ask for conditions, this one would pass them by"
        ),
    }
}

/// What the statements that come nearest ask for beside what failed.
enum Neighbour {
    /// The first that has a condition, and that.
    Asks(String, serde_json::Value),
    /// One whose text is not at hand.
    Unread(String),
    /// Nothing.
    Open,
    /// None comes near.
    None,
}

fn neighbour(why: &Answer, misses: &[&NearMiss]) -> Neighbour {
    let mut found = if misses.is_empty() { Neighbour::None } else { Neighbour::Open };
    for miss in misses {
        let name = format!("{} {}", miss.policy, name(miss.index, miss.sid.as_deref()));
        match condition(why, &miss.policy, &miss.attached_to, miss.index) {
            Some(condition) if !condition.is_null() => return Neighbour::Asks(name, condition),
            Some(_) => {}
            None => found = Neighbour::Unread(name),
        }
    }
    found
}

/// The condition of a cited statement, null without one; `None` where its text is not at hand.
fn condition(
    why: &Answer,
    policy: &str,
    attached_to: &str,
    index: usize,
) -> Option<serde_json::Value> {
    let cited = why.statements.iter().find(|cited| {
        let statement = &cited.statement;
        &*statement.policy == policy
            && &*statement.attached_to == attached_to
            && statement.index == index
    })?;
    let statement: serde_json::Value = serde_json::from_str(cited.text.as_deref()?).ok()?;
    let condition =
        statement.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case("Condition"));
    Some(condition.map_or(serde_json::Value::Null, |(_, condition)| condition.clone()))
}

/// A deny with a condition is met rather than cut down.
fn deny(why: &Answer, layer: &LayerResult, place: &str) -> String {
    let conditional = layer.statements.iter().find(|each| {
        let condition = condition(why, &each.policy, &each.attached_to, each.index);
        each.effect == "Deny" && condition.is_some_and(|condition| !condition.is_null())
    });
    match conditional {
        Some(each) => format!(
            "let the call not fit the condition of {} {}, or except it from this Deny statement of the {place}",
            each.policy,
            name(each.index, each.sid.as_deref())
        ),
        None => format!("except this call from the Deny statement of the {place}"),
    }
}

fn name(index: usize, sid: Option<&str>) -> String {
    sid.map_or_else(|| format!("#{index}"), |sid| format!("#{index} \"{sid}\""))
}

/// Who has to be named in a trust policy, or what to do where nobody can be.
fn principal(why: &Answer) -> Result<String, String> {
    let caller = why.caller.as_str();
    if caller.contains(":assumed-role/") {
        // A session is let in through its role, whose path its ARN lacks; its policies tell it.
        let identity = why.layers.iter().filter(|layer| layer.layer == Layer::Identity);
        let role = identity
            .flat_map(|layer| {
                let cited = layer.statements.iter().map(|each| &each.attached_to);
                cited.chain(layer.near_misses.iter().map(|each| &each.attached_to))
            })
            .find(|holder| holder.contains(":role/"));
        return role.map(|arn| format!("{{\"AWS\": \"{arn}\"}}")).ok_or_else(|| {
            format!(
                "let the trust policy of `{}` name the role behind `{caller}` and allow `{}`",
                why.target, why.action
            )
        });
    }
    if caller.starts_with("arn:") {
        return Ok(format!("{{\"AWS\": \"{caller}\"}}"));
    }
    caller
        .strip_prefix("service:")
        .map(|service| format!("{{\"Service\": \"{service}\"}}"))
        .ok_or_else(|| {
            format!(
                "let the conditions of the trust policy of `{}` fit the token of `{caller}`",
                why.target
            )
        })
}
