//! What a verdict assumes, or can't see.

use crate::org::Facts;
use crate::org::reading::AccountState;

use super::caller::{Call, Caller, Lineage, Target};
use super::decision::Caveat;
use super::service::Service;

/// The caveats of one call (rules V1 to V5 and T6).
pub(super) fn caveats(facts: &Facts, call: &Call<'_>) -> Vec<Caveat> {
    let mut caveats = Vec::new();
    if matches!(call.caller, Caller::Role(_) | Caller::Session(..))
        && *call.lineage == Lineage::Unknown
    {
        let policy =
            if call.scenario.session_policies.is_empty() { "no session policy, " } else { "" };
        caveats.push(Caveat {
            id: "V1",
            text: format!(
                "assumes that the caller's session has {policy}no inherited tags and no source \
                 identity, unless a policy asks for them"
            ),
        });
    }
    if !call.scenario.endpoint {
        caveats.push(Caveat {
            id: "V2",
            text: "assumes that no VPC endpoint policy limits the call".to_owned(),
        });
    }
    let bearer = match call.caller {
        Caller::Token(_) => Some(
            "assumes a valid, unexpired token whose signing keys AWS can fetch, without a list of roles, session tags or a source identity of its own",
        ),
        Caller::Saml(_) => Some(
            "assumes a valid, unexpired assertion that lists the role, without session tags or a source identity of its own unless a policy asks for them",
        ),
        _ => None,
    };
    caveats.extend(bearer.map(|text| Caveat { id: "V3", text: text.to_owned() }));
    if call.hop == 1 && call.service() == Service::PodIdentity {
        caveats.push(Caveat {
            id: "T6",
            text: "assumes that EKS Pod Identity needs `sts:TagSession` of the role, as its guide says, also where an association leaves session tags out".to_owned(),
        });
    }
    let account = &facts.accounts[call.target.account(facts)];
    if account.state != AccountState::Active {
        caveats.push(Caveat {
            id: "V4",
            text: format!("account `{}` is not active, and calls into it fail", account.name),
        });
    }
    if matches!(call.target, Target::Role(_)) && !account.not_read.is_empty() {
        caveats.push(Caveat {
            id: "V5",
            text: format!("parts of account `{}` were not read", account.name),
        });
    }
    caveats
}
