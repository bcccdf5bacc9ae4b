//! What either design takes to keep, and what logs show in it.

use std::collections::BTreeSet;

use crate::graph::Graph;

use super::super::answers::{AccountWay, CostOf, DesignCost, LogNote, TopologyAccount};
use super::hubs::Hub;
use super::trusts::Trusts;
use super::ways::Kind;

/// A role for plans and one for applies.
const PHASES: usize = 2;

/// What is kept now, and what there would be to keep for the accounts that HCP Terraform reaches
/// now.
pub(super) fn costs(
    graph: &Graph,
    trusts: &Trusts<'_>,
    accounts: &[TopologyAccount],
    hubs: &[Hub<'_>],
) -> Vec<DesignCost> {
    let facts = graph.facts();
    let of_hcp = facts.oidc_providers.values();
    let of_hcp: Vec<&str> = of_hcp
        .map(|row| row.url.as_str())
        .filter(|url| trusts.kind(url) == Kind::HcpTerraform)
        .collect();
    let hosts = of_hcp.iter().collect::<BTreeSet<_>>().len().max(1);
    let naming: usize = hubs.iter().map(|hub| hub.named.0).sum();
    let reached = accounts.iter().filter(|account| {
        matches!(account.hcp_terraform, AccountWay::Own | AccountWay::Hub | AccountWay::Both)
            && !account.only_hub
    });
    let reached = reached.count();
    let mut found = vec![DesignCost {
        design: CostOf::Now,
        providers: of_hcp.len(),
        token_trusts: trusts.hcp_subjects.len(),
        hub_trusts: naming,
        new_workspace: "the trust policy of each role that it enters, unless its pattern admits it"
            .to_owned(),
        renamed_hub_role: format!(
            "the trust policies that name it; for all hub roles {}",
            policies(naming)
        ),
    }];
    if reached > 0 {
        found.push(DesignCost {
            design: CostOf::Hub,
            providers: hosts,
            token_trusts: PHASES,
            hub_trusts: PHASES * reached,
            new_workspace: "at most the trust policies of the hub roles; no member account"
                .to_owned(),
            renamed_hub_role: format!("{}, one in each member account", policies(reached)),
        });
        found.push(DesignCost {
            design: CostOf::Own,
            providers: hosts * reached,
            token_trusts: PHASES * reached,
            hub_trusts: 0,
            new_workspace: "the trust policies in each account that it works in, and in no other"
                .to_owned(),
            renamed_hub_role: "there is none".to_owned(),
        });
    }
    found
}

fn policies(count: usize) -> String {
    if count == 1 { "1 trust policy".to_owned() } else { format!("{count} trust policies") }
}

/// What the log of a member account shows of the workspace.
pub(super) const LOGS: [LogNote; 6] = [
    LogNote {
        design: CostOf::Own,
        text: "The call with the token is an event of the account itself: it names the token's \
               subject (organization, project, workspace, phase) and the provider.",
        documented: true,
    },
    LogNote {
        design: CostOf::Own,
        text: "Later events name the session of the role. HCP Terraform was seen to call it \
               `terraform-run-RUN-ID`, which leads to the run; whoever runs may choose otherwise.",
        documented: false,
    },
    LogNote {
        design: CostOf::Hub,
        text: "The call with the token is an event of the hub account, and names the subject there. \
               The member account's log has no such event.",
        documented: true,
    },
    LogNote {
        design: CostOf::Hub,
        text: "The member account sees the hub role's session as the caller, and a session of its \
               own role. The name of that is chosen by the caller: `session_name` of the \
               `assume_role` block, so it proves no workspace unless the trust policy asks for it.",
        documented: true,
    },
    LogNote {
        design: CostOf::Hub,
        text: "A source identity stays through all later hops and stands in every event, but only \
               if somebody sets it: `source_identity` of the `assume_role` block, with \
               `sts:SetSourceIdentity` in the hub role's policy and in the member's trust policy. \
               The caller chooses its value.",
        documented: true,
    },
    LogNote {
        design: CostOf::Hub,
        text: "Whether a member's trust policy can still test the token's subject is disputed; \
               build nothing on it.",
        documented: false,
    },
];
