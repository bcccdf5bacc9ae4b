//! The matrix of the small organization.

use super::fixture::{GLASS, HUB, MEMBER};
use crate::answer::{
    CellRow, Configured, Matrix, MatrixCell, MatrixColumn, MatrixFilter, MatrixRow, PrincipalKind,
    Privilege, Told, Verdict, Via,
};
use crate::workload::Phase;

pub(super) fn answer() -> Matrix {
    let row = |name: &str, note: Option<&str>| MatrixRow {
        kind: PrincipalKind::Workspace,
        id: format!("ws-{name}"),
        selector: format!("tfc:acme/Network/{name}"),
        project: "Network".to_owned(),
        note: note.map(str::to_owned),
        problems: vec![],
    };
    let column = |id: &str, name: &str, ou: &str, not_read| MatrixColumn {
        id: id.to_owned(),
        name: name.to_owned(),
        ou: ou.to_owned(),
        not_read,
    };
    let of_phase = |phase,
                    account: &str,
                    verdict,
                    via: &'static [Via],
                    roles: &[&str],
                    needs: Vec<&'static str>| {
        MatrixCell::new(
            CellRow::of_runs("tfc:acme/Network/net-prod", phase),
            account.to_owned(),
            Told {
                tags: Vec::new(),
                verdict,
                permitted: verdict != Verdict::Denied,
                configured: Configured::FirstHop,
                broken: Box::default(),
                via,
                hops: Some(via.len().max(1)),
                privilege: Some(Privilege::Admin),
                privilege_proven: Some(Privilege::Admin),
                role_count: roles.len(),
                roles: roles.iter().map(|&role| role.to_owned()).collect(),
                needs: needs.into(),
                reason: None,
            },
        )
    };
    let cell = |account: &str, verdict, via, roles: &[&str], needs| {
        of_phase(Phase::Apply, account, verdict, via, roles, needs)
    };
    let mut unasked = of_phase(Phase::Plan, "333333333333", Verdict::Denied, &[], &[], vec![]);
    unasked.configured = Configured::No;
    Matrix {
        max_hops: 4,
        configuration: None,
        configuration_not_read: None,
        schema: "rolewalk/matrix/1",
        workspaces: vec![row("net-prod", None), row("old-dns", Some("static keys"))],
        accounts: vec![
            column("111111111111", "management", "/Infrastructure", false),
            column("222222222222", "tfc-hub", "/Infrastructure", false),
            column("333333333333", "prod-net", "/Prod", false),
            column("444444444444", "prod-data", "/Prod", true),
        ],
        cells: vec![
            cell("222222222222", Verdict::Allowed, &[Via::Own], &[HUB], vec![]),
            cell(
                "333333333333",
                Verdict::Conditional,
                &[Via::Hub],
                &[MEMBER, GLASS],
                vec!["caller-choice"],
            ),
            unasked,
        ],
        filter: MatrixFilter::default(),
        filtered: 0,
        sources_left_out: 0,
        left_out: 0,
        truncated: false,
        scenario: Vec::new(),
        not_read: Vec::new(),
    }
}
