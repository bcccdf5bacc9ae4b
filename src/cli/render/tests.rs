#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::sync::Arc;

use super::*;
use crate::answer::{
    AccountGap, Caveat, CellRow, Cited, CitedPlace, Companion, Configured, Counts, Hop, Layer,
    LayerResult, Matrix, MatrixCell, MatrixColumn, MatrixFilter, MatrixRow, NearMiss, NodeKind,
    Outcome, Path, Paths, PrincipalKind, Privilege, PrivilegeReason, PrivilegeRequest, Reach,
    ReachSummary, Reached, Reason, Requirement, RequirementKind, StatedFact, StatementRef, Told,
    Tree, TreeNode, Verdict, Via, WhoCan, Why,
};
use crate::cli::output::Page;
use crate::org::{NotRead, NotReadKind};
use crate::probe::{Probe, ProbeHop, ProbeOutcome};
use crate::troubleshoot::{Cause, ExplainedFailure, Explanation, Missing, Side};
use crate::workload::Phase;

const PAGE: Page = Page { width: 100, ascii: false };
const HUB: &str = "arn:aws:iam::222222222222:role/tf-hub-apply";
const MEMBER: &str = "arn:aws:iam::333333333333:role/tf-member";
const WORKSPACE: &str = "tfc:acme/Network/net-prod:apply";
const ATTACK: &str = "x\u{1b}]0;owned\u{7}\u{202e}y";

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

fn statement(policy: &str, on: &str, sid: &str, effect: &'static str) -> StatementRef {
    StatementRef {
        policy: Arc::from(policy),
        attached_to: Arc::from(on),
        index: 0,
        sid: Some(sid.to_owned()),
        effect,
    }
}

fn layer(layer: Layer, outcome: Outcome, statements: Vec<StatementRef>) -> LayerResult {
    LayerResult { layer, level: None, outcome, statements, near_misses: Vec::new() }
}

fn requirement(hop: usize, kind: RequirementKind, key: &str, text: &str) -> Requirement {
    Requirement {
        hop,
        key: key.to_owned(),
        operator: "StringEquals".to_owned(),
        values: vec!["v".to_owned()],
        negated: false,
        kind,
        text: text.to_owned(),
    }
}

fn gap() -> AccountGap {
    AccountGap {
        account: Some("444444444444".to_owned()),
        name: "prod-data".to_owned(),
        not_read: NotRead::new("sts:AssumeRole", NotReadKind::Denied, "AccessDenied"),
    }
}

fn denied() -> Why {
    let mut scp = layer(
        Layer::Scp,
        Outcome::Deny,
        vec![statement("p-freeze", "222222222222", "FreezeDevData", "Deny")],
    );
    scp.level = Some("222222222222".to_owned());
    let root =
        LayerResult { level: Some("r-1".to_owned()), ..layer(Layer::Scp, Outcome::Allow, vec![]) };
    let ou = LayerResult { level: Some("ou-1".to_owned()), ..root.clone() };
    let mut identity = layer(Layer::Identity, Outcome::NoMatch, vec![]);
    identity.near_misses = vec![NearMiss {
        policy: "tf-chain".into(),
        attached_to: HUB.into(),
        index: 1,
        sid: None,
        effect: "Allow",
        failed_on: "resource: wants arn:aws:iam::*:role/tf-member, is arn:aws:iam::1:role/x".into(),
    }];
    Why {
        schema: "rolewalk/why/1",
        caller: HUB.to_owned(),
        target: MEMBER.to_owned(),
        action: "sts:AssumeRole",
        verdict: Verdict::Denied,
        reason: Some(Reason {
            layer: Layer::Scp,
            explicit: true,
            level: Some("222222222222".to_owned()),
            text: "`p-freeze` denies the call to everyone in the account".to_owned(),
        }),
        layers: vec![
            layer(
                Layer::Trust,
                Outcome::Allow,
                vec![statement("trust policy", MEMBER, "HubApply", "Allow")],
            ),
            identity,
            layer(Layer::Boundary, Outcome::NotApplicable, vec![]),
            layer(Layer::Session, Outcome::NotApplicable, vec![]),
            root,
            ou,
            scp,
        ],
        requirements: vec![],
        stated: Vec::new(),
        companions: Vec::new(),
        statements: vec![Cited {
            statement: statement("p-freeze", "222222222222", "FreezeDevData", "Deny"),
            name: Some("freeze".to_owned()),
            text: Some(
                r#"{"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}"#.to_owned(),
            ),
            place: Some(CitedPlace { line: 12, column: 5 }),
        }],
        caveats: vec![Caveat { id: "EP-1", text: "no endpoint policy is assumed".to_owned() }],
    }
}

fn conditional() -> Why {
    Why {
        verdict: Verdict::Conditional,
        reason: None,
        requirements: vec![
            vec![
                requirement(
                    1,
                    RequirementKind::CallerChoice,
                    "sts:ExternalId",
                    "the external ID is `a`",
                ),
                requirement(
                    1,
                    RequirementKind::CallerState,
                    "aws:MultiFactorAuthPresent",
                    "the session carries MFA",
                ),
            ],
            vec![requirement(
                1,
                RequirementKind::Environment,
                "aws:SourceIp",
                "the call comes from 203.0.113.0/24",
            )],
        ],
        layers: vec![],
        ..denied()
    }
}

#[test]
fn a_denial_begins_with_what_blocks() {
    let text = plain(&why(&denied(), PAGE));
    let head: Vec<&str> = text.lines().take(4).collect();
    assert_eq!(head[0], "✕ denied: explicit deny in the service control policies at 222222222222");
    assert!(head[2].contains("Deny p-freeze #0 \"FreezeDevData\""), "{text}");
    assert!(head[3].contains("Action sts:AssumeRole"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn a_denial_beside_the_action_shows_that_permission() {
    let mut tagging = layer(Layer::Trust, Outcome::NoMatch, vec![]);
    tagging.near_misses = vec![NearMiss {
        policy: "trust policy".into(),
        attached_to: MEMBER.into(),
        index: 0,
        sid: Some("HubApply".to_owned()),
        effect: "Allow",
        failed_on: "action: `Action` holds `sts:AssumeRole`, the call needs `sts:TagSession`"
            .into(),
    }];
    let reason = Reason {
        layer: Layer::Trust,
        explicit: false,
        level: None,
        text: "no statement lets the caller use `sts:TagSession`".to_owned(),
    };
    let answer = Why {
        reason: Some(reason.clone()),
        stated: vec![
            StatedFact {
                key: "aws:RequestTag/a".to_owned(),
                values: vec![ATTACK.to_owned()],
                implied: false,
            },
            StatedFact {
                key: "aws:TagKeys".to_owned(),
                values: vec!["a".to_owned()],
                implied: true,
            },
        ],
        layers: vec![layer(
            Layer::Trust,
            Outcome::Allow,
            vec![statement("trust policy", MEMBER, "HubApply", "Allow")],
        )],
        companions: vec![Companion {
            action: "sts:TagSession",
            verdict: Verdict::Denied,
            reason: Some(reason),
            layers: vec![tagging],
        }],
        ..denied()
    };
    insta::assert_snapshot!(plain(&why(&answer, PAGE)));
}

#[test]
fn what_the_caller_can_see_to_is_one_sentence() {
    let mut answer = conditional();
    answer.requirements = vec![vec![
        requirement(1, RequirementKind::CallerChoice, "sts:ExternalId", "pass the external ID `v`"),
        requirement(1, RequirementKind::Environment, "aws:SourceIp", "call from `203.0.113.0/24`"),
    ]];
    let text = plain(&why(&answer, PAGE));
    assert!(
        text.starts_with(
            "◐ conditional: allowed if you pass the external ID `v` and call from `203.0.113.0/24`\n"
        ),
        "{text}"
    );
    assert!(text.contains("ask again with --external-id v"), "{text}");
}

#[test]
fn lines_keep_to_the_width_of_the_page() {
    for width in [80, 120] {
        let text = plain(&why(&conditional(), Page { width, ascii: false }));
        let long = text.lines().find(|line| crate::text::width(line) > width);
        assert_eq!(long, None, "{text}");
    }
}

#[test]
fn a_condition_says_what_each_way_needs() {
    insta::assert_snapshot!(plain(&why(&conditional(), PAGE)));
}

fn reached(principal: &str, verdict: Verdict, path: &[&str]) -> Reached {
    Reached {
        configured: None,
        principal: principal.to_owned(),
        kind: PrincipalKind::Role,
        admits: None,
        account: None,
        verdict,
        hops: path.len() - 1,
        path: path.iter().map(|&name| name.to_owned()).collect(),
        requirements: if verdict == Verdict::Conditional {
            conditional().requirements
        } else {
            vec![]
        },
        reason: denied().reason.filter(|_| verdict == Verdict::Denied),
        privilege: Some(Privilege::Admin),
        privilege_proven: Some(Privilege::Admin),
    }
}

fn callers() -> WhoCan {
    WhoCan {
        roles: 1,
        max_hops: 4,
        schema: "rolewalk/who-can/1",
        target: MEMBER.to_owned(),
        privilege: Some(Privilege::Admin),
        privilege_proven: Some(Privilege::Read),
        privilege_reasons: vec![PrivilegeReason {
            privilege: Privilege::Admin,
            proven: false,
            text: "gives itself any policy".to_owned(),
            requests: vec![PrivilegeRequest {
                action: "iam:PutRolePolicy".to_owned(),
                resource: MEMBER.to_owned(),
                verdict: Verdict::Unknown,
                statements: vec![StatementRef {
                    policy: "own".into(),
                    attached_to: MEMBER.into(),
                    index: 1,
                    sid: Some("Self".to_owned()),
                    effect: "Allow",
                }],
            }],
        }],
        trust_notes: Vec::new(),
        patterns: 0,
        principals: vec![
            reached(HUB, Verdict::Allowed, &[HUB, MEMBER]),
            reached(WORKSPACE, Verdict::Conditional, &[WORKSPACE, HUB, MEMBER]),
            reached(ATTACK, Verdict::Denied, &[ATTACK, MEMBER]),
        ],
        counts: Counts { allowed: 1, conditional: 1, unknown: 0, denied: 9 },
        scenario: Vec::new(),
        not_read: vec![gap()],
        truncated: true,
    }
}

#[test]
fn callers_are_listed_with_their_way_and_needs() {
    insta::assert_snapshot!(plain(&who_can(&callers(), PAGE)));
}

#[test]
fn nothing_found_is_only_certain_where_all_was_read() {
    let mut answer = Reach {
        sources: 1,
        max_hops: 4,
        configuration: None,
        configuration_not_read: None,
        schema: "rolewalk/reach/1",
        source: WORKSPACE.to_owned(),
        targets: vec![],
        summary: ReachSummary::default(),
        counts: Counts::default(),
        scenario: Vec::new(),
        not_read: vec![],
        truncated: false,
    };
    assert!(!plain(&reach(&answer, PAGE)).contains("in what was read"));
    answer.not_read.push(gap());
    let text = plain(&reach(&answer, PAGE));
    assert!(
        text.contains("nothing, in what was read") && text.contains("? prod-data 444444444444")
    );
}

#[test]
fn paths_are_drawn_hop_by_hop() {
    let hop = |from: &str, to: &str| Hop {
        from: from.to_owned(),
        to: to.to_owned(),
        action: "sts:AssumeRole",
        verdict: Verdict::Conditional,
        requirements: vec![],
        reason: None,
        privilege: Some(Privilege::Pass),
        privilege_proven: Some(Privilege::Pass),
        layers: denied().layers,
        caveats: Vec::new(),
    };
    let answer = Paths {
        max_hops: 4,
        configuration: None,
        configuration_not_read: None,
        schema: "rolewalk/paths/1",
        source: WORKSPACE.to_owned(),
        target: MEMBER.to_owned(),
        paths: vec![Path {
            configured: None,
            verdict: Verdict::Conditional,
            requirements: vec![vec![requirement(
                2,
                RequirementKind::CallerChoice,
                "sts:ExternalId",
                "the external ID is `acme`",
            )]],
            hops: vec![hop(WORKSPACE, HUB), hop(HUB, MEMBER)],
        }],
        scenario: Vec::new(),
        not_read: vec![],
        truncated: false,
    };
    insta::assert_snapshot!(plain(&paths(&answer, PAGE)));
}

fn grid() -> Matrix {
    let row = |name: &str, note: Option<&str>| MatrixRow {
        kind: PrincipalKind::Workspace,
        id: name.to_owned(),
        selector: format!("tfc:acme/Network/{name}"),
        project: "Network".to_owned(),
        note: note.map(str::to_owned),
        problems: vec![],
    };
    let column = |id: &str, name: &str, not_read| MatrixColumn {
        id: id.to_owned(),
        name: name.to_owned(),
        ou: "/Prod".to_owned(),
        not_read,
    };
    let cell = |phase: Phase, account: &str, verdict, via| {
        MatrixCell::new(
            CellRow::of_runs("tfc:acme/Network/net-prod", phase),
            account.to_owned(),
            Told {
                tags: Vec::new(),
                verdict,
                permitted: true,
                configured: Configured::FirstHop,
                broken: Box::default(),
                via,
                hops: Some(1),
                privilege: Some(Privilege::Admin),
                privilege_proven: Some(Privilege::Admin),
                role_count: 0,
                roles: [].into(),
                needs: if verdict == Verdict::Conditional {
                    ["caller-choice"].into()
                } else {
                    [].into()
                },
                reason: None,
            },
        )
    };
    Matrix {
        max_hops: 4,
        configuration: None,
        configuration_not_read: None,
        schema: "rolewalk/matrix/1",
        workspaces: vec![row("net-prod", None), row("old-dns", Some("static keys"))],
        accounts: vec![
            column("1", "tfc-hub", false),
            column("2", "prod-net", false),
            column("3", "prod-data", true),
            column("4", "sandbox", false),
        ],
        cells: vec![
            cell(Phase::Apply, "1", Verdict::Allowed, &[Via::Own]),
            cell(Phase::Plan, "1", Verdict::Allowed, &[Via::Own]),
            cell(Phase::Apply, "2", Verdict::Conditional, &[Via::Hub]),
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

#[test]
fn the_matrix_shows_what_cannot_be_known_as_such() {
    insta::assert_snapshot!(plain(&matrix(&grid(), PAGE)));
}

#[test]
fn equal_phases_share_a_row_and_narrow_pages_repeat_the_names() {
    let mut answer = grid();
    answer.cells.pop();
    let text = plain(&matrix(&answer, PAGE));
    assert!(text.contains("apply, plan"), "{text}");
    let narrow = plain(&matrix(&grid(), Page { width: 60, ascii: false }));
    assert_eq!(narrow.matches("net-prod").count(), 2, "{narrow}");
}

#[test]
fn the_tree_is_indented_and_names_its_gaps() {
    let node = |depth, kind, name: &str, id: &str, count| TreeNode {
        depth,
        kind,
        selector: id.to_owned(),
        name: name.to_owned(),
        id: id.to_owned(),
        count,
        control_policies: vec![],
        not_read: None,
        reached: None,
        privilege: None,
        privilege_proven: None,
    };
    let mut ou = node(1, NodeKind::Ou, "Prod", "ou-1", 2);
    ou.control_policies.push("quarantine".to_owned());
    let mut role = node(3, NodeKind::Role, "tf-member", MEMBER, 0);
    role.reached = Some(Verdict::Conditional);
    (role.privilege, role.privilege_proven) = (Some(Privilege::Admin), Some(Privilege::Write));
    let mut lost = node(2, NodeKind::Account, "prod-data", "444444444444", 0);
    lost.not_read = Some(gap().not_read);
    let answer = Tree {
        schema: "rolewalk/tree/1",
        nodes: vec![
            node(0, NodeKind::Organization, "acme", "o-1", 2),
            ou,
            node(2, NodeKind::Account, "prod-net", "333333333333", 1),
            role,
            lost,
        ],
        truncated: false,
    };
    insta::assert_snapshot!(plain(&tree(&answer, PAGE)));
}

#[test]
fn a_failure_leads_with_its_first_cause() {
    let mut answer = Explanation {
        schema: "rolewalk/explain/1",
        errors: vec![ExplainedFailure {
            parsed: serde_json::json!({"id": "assume-role-denied", "action": "sts:AssumeRole", "layer": null}),
            verdict: Some(Verdict::Denied),
            causes: vec![Cause {
                rank: 1,
                title: "the trust policy names another role".to_owned(),
                detail: "HubApply admits tf-hub-plan only".to_owned(),
                proven: true,
                evidence: vec![statement("trust policy", MEMBER, "HubApply", "Allow")],
                fix: Some("{\n  \"AWS\": \"arn\"\n}".to_owned()),
            }],
            missing: vec![Missing { side: Side::Role, masked: false, example: "`ACCOUNT/ROLE`" }],
            notes: Vec::new(),
        }],
    };
    insta::assert_snapshot!(plain(&explain(&answer, PAGE)));
    // One cause has one certainty, wherever it stands.
    answer.errors[0].causes[0].proven = false;
    let text = plain(&explain(&answer, PAGE));
    assert_eq!(text.matches("another role (possible)").count(), 2, "{text}");
}

#[test]
fn a_probe_says_what_was_predicted_and_what_happened() {
    let answer = Probe {
        schema: "rolewalk/probe/1",
        hops: vec![ProbeHop {
            from: HUB.to_owned(),
            to: MEMBER.to_owned(),
            action: "sts:AssumeRole",
            predicted: Some(Verdict::Allowed),
            outcome: ProbeOutcome::Refused,
            identity: None,
            error: Some("AccessDenied".to_owned()),
            ms: Some(12),
        }],
        agrees: Some(false),
    };
    let text = plain(&probe(&answer, PAGE));
    assert!(
        text.starts_with("1. refused in 12 ms  222222222222/tf-hub-apply → 333333333333/tf-member")
    );
    assert!(text.contains("predicted ● allowed") && text.contains("disagree"), "{text}");
}

#[test]
fn nothing_of_others_steers_the_terminal() {
    for text in [who_can(&callers(), PAGE), why(&Why { caller: ATTACK.into(), ..denied() }, PAGE)] {
        let text = plain(&text);
        assert!(text.contains("x\\u{1b}]0;owned\\u{7}\\u{202e}y"), "{text}");
        assert!(!text.chars().any(|char| char.is_control() && char != '\n'), "{text:?}");
    }
}

#[test]
fn ascii_pages_are_ascii() {
    let page = Page { width: 100, ascii: true };
    for text in [
        who_can(&callers(), page),
        why(&denied(), page),
        why(&conditional(), page),
        matrix(&grid(), page),
    ] {
        assert!(plain(&text).is_ascii(), "{text}");
    }
}
