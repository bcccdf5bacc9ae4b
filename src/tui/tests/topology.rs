//! How tokens get into the small organization, as an answer.

use super::fixture::HUB;
use crate::answer::{
    AccountHub, AccountWay, AdmittedPattern, CostOf, Counts, Design, DesignCost, Entered, HubRole,
    HubWorkspace, LineWay, Misuse, Privilege, Topology, TopologyAccount, TopologyLine, Verdict,
};

pub(super) fn topology() -> Topology {
    let line = |way, text: &str, accounts, workspaces| TopologyLine {
        way,
        hub: (way == LineWay::Hub).then(|| "222222222222".to_owned()),
        text: text.to_owned(),
        accounts,
        workspaces,
    };
    let account = |name: &str, id: &str, way| TopologyAccount {
        id: id.to_owned(),
        name: name.to_owned(),
        ou: "/Prod".to_owned(),
        way,
        hcp_terraform: way,
        mightier: way,
        other_issuers: AccountWay::None,
        is_hub: false,
        only_hub: false,
        providers: Some(vec![]),
        entered: None,
        hub_count: 0,
        hubs: vec![],
        workspaces: Some(Counts::default()),
        not_read: vec![],
    };
    let allowed = |count| Counts { allowed: count, ..Counts::default() };
    Topology {
        max_hops: 4,
        schema: "rolewalk/topology/1",
        organization: Some("o-a1b2c3d4e5".to_owned()),
        name: "acme".to_owned(),
        design: Design::Hub,
        hcp_terraform_read: true,
        lines: vec![
            line(LineWay::Hub, "through hub tfc-hub", Some(1), Some(2)),
            line(LineWay::HubItself, "the hub itself", Some(1), Some(2)),
            line(LineWay::None, "no token way in", Some(1), None),
            line(LineWay::NotRead, "too little was read to say", Some(1), None),
            line(LineWay::NotFollowed, "static keys, unknown reach", None, Some(1)),
        ],
        issuers: vec![],
        account_count: 4,
        accounts: vec![
            TopologyAccount {
                is_hub: true,
                only_hub: true,
                entered: Some(Entered {
                    verdict: Verdict::Allowed,
                    roles: 1,
                    privilege: Some(Privilege::Nothing),
                    privilege_proven: Some(Privilege::Nothing),
                }),
                workspaces: Some(allowed(2)),
                ..account("tfc-hub", "222222222222", AccountWay::Own)
            },
            TopologyAccount {
                hub_count: 1,
                hubs: vec![AccountHub {
                    role: HUB.to_owned(),
                    account: "222222222222".to_owned(),
                    verdict: Verdict::Allowed,
                    hops: 2,
                    privilege: Some(Privilege::Admin),
                    privilege_proven: Some(Privilege::Admin),
                    hcp_terraform: true,
                }],
                workspaces: Some(allowed(2)),
                ..account("prod-net", "333333333333", AccountWay::Hub)
            },
            account("management", "111111111111", AccountWay::None),
            TopologyAccount {
                providers: None,
                not_read: vec!["its users and roles were not read: sts:AssumeRole (denied)".into()],
                ..account("prod-data", "444444444444", AccountWay::NotRead)
            },
        ],
        hub_role_count: 1,
        hub_roles: vec![HubRole {
            role: HUB.to_owned(),
            account: "222222222222".to_owned(),
            account_name: "tfc-hub".to_owned(),
            workspace_count: Some(1),
            workspaces: vec![HubWorkspace {
                workspace: "tfc:acme/Network/net-prod".to_owned(),
                phases: vec!["apply"],
                verdict: Verdict::Allowed,
            }],
            subject_count: 0,
            subjects: vec![],
            admits: vec![AdmittedPattern {
                issuer: "HCP Terraform".to_owned(),
                pattern: Some("organization:*".to_owned()),
                width: "any organization".to_owned(),
                one_customer: false,
            }],
            misuse: Misuse {
                accounts: allowed(1),
                roles: allowed(2),
                admin_roles: allowed(1),
                by_account: vec![],
            },
            named_by: 1,
            named_in: 1,
        }],
        costs: vec![DesignCost {
            design: CostOf::Now,
            providers: 1,
            token_trusts: 1,
            hub_trusts: 1,
            new_workspace: "the trust policy of each role that it enters".to_owned(),
            renamed_hub_role: "the trust policies that name it".to_owned(),
        }],
        logs: vec![],
        not_read: vec![],
        truncated: false,
    }
}
