//! Which layer a denial is told by.

use crate::org::Facts;

use super::caller::Call;
use super::caller_text;
use super::decision::{Layer, Reason};
use super::layers::{Part, Worked};
use super::logic::{Atoms, Formula, Truth};

/// The layer to name, in the order in which AWS names them (rule G7).
pub(super) fn reason(
    facts: &Facts,
    call: &Call<'_>,
    blocked: &Worked<'_, Formula>,
    atoms: &Atoms,
) -> Reason {
    let action = blocked.action.as_str();
    let caller = caller_text(facts, call.caller);
    let target = call.target.arn(facts);
    let parts = &blocked.parts;
    let make = |part: &Part<'_, Formula>, explicit: bool, text: String| Reason {
        layer: part.layer,
        explicit,
        level: part.level.map(str::to_owned),
        text,
    };
    for layer in [Layer::Sts, Layer::Provider] {
        if let Some(part) =
            parts.iter().find(|part| part.layer == layer && part.allow == Formula::False)
        {
            return make(part, false, part.note.clone().unwrap_or_default());
        }
    }
    for layer in
        [Layer::Scp, Layer::Rcp, Layer::Trust, Layer::Identity, Layer::Boundary, Layer::Session]
    {
        let denies = |part: &&Part<'_, Formula>| {
            part.layer == layer && atoms.truth(&part.deny) == Truth::Always
        };
        if let Some(part) = parts.iter().find(denies) {
            let at = part.level.map(|level| format!(" at `{}`", level_name(facts, level)));
            let text = format!(
                "a Deny statement in the {}{} stops `{action}` for `{caller}`",
                layer.title(),
                at.unwrap_or_default()
            );
            return make(part, true, text);
        }
    }
    let never = |formula: &Formula| atoms.truth(formula) == Truth::Never;
    if let Some(part) = parts.iter().find(|part| part.layer == Layer::Scp && never(&part.allow)) {
        let level = level_name(facts, part.level.unwrap_or_default());
        return make(
            part,
            false,
            format!("no service control policy at `{level}` allows `{action}`"),
        );
    }
    let find = |layer: Layer| parts.iter().find(|part| part.layer == layer);
    let lacks =
        |whose: &str| format!("{whose} of `{caller}` does not allow `{action}` on `{target}`");
    let grants = &blocked.grants;
    let choice = if never(&grants.by_trust) {
        (Layer::Trust, format!("no statement of the trust policy lets `{caller}` use `{action}`"))
    } else if never(&grants.with_all) {
        (Layer::Trust, format!("the trust policy's conditions can't all hold for `{caller}`"))
    } else if never(&grants.with_identity_only) {
        (
            Layer::Identity,
            format!("no identity-based policy of `{caller}` allows `{action}` on `{target}`"),
        )
    } else if never(&grants.with_boundary_only) {
        (Layer::Boundary, lacks("the permissions boundary"))
    } else if never(&grants.with_session_only) {
        (Layer::Session, lacks("the session policy"))
    } else {
        // No single layer blocks: conditions of several contradict each other. The first that
        // can deny is named.
        let denying = parts.iter().find(|part| part.deny != Formula::False);
        if let Some(part) = denying {
            let text = format!(
                "what the {} deny leaves no request that the other policies allow",
                part.layer.title()
            );
            return make(part, true, text);
        }
        (Layer::Trust, "the conditions of the policies can't all hold together".to_owned())
    };
    let (layer, text) = choice;
    let level = find(layer).and_then(|part| part.level).map(str::to_owned);
    Reason { layer, explicit: false, level, text }
}

/// A name for the root, OU or account that an id means.
fn level_name(facts: &Facts, id: &str) -> String {
    let container = facts.containers.values().find(|container| container.id == id);
    if let Some(container) = container {
        return if container.parent.is_none() { "Root".to_owned() } else { container.path.clone() };
    }
    let account = id.parse().ok().and_then(|id| facts.account(id));
    account.map_or_else(|| id.to_owned(), |account| facts.accounts[account].name.clone())
}
