//! A small organization, as answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::event::{Answer, Problem, Question, Shown};
use super::super::matrix::Grid;
use super::super::organization::TreeModel;
use super::super::session::Explain;
use crate::answer::{
    AccountDetail, AccountGap, Caveat, Cited, CitedPlace, Companion, Counts, Detail, Hop, Layer,
    LayerResult, NearMiss, NodeKind, OuDetail, Outcome, Overview, Path, Paths, PhaseDetail,
    PolicyView, PrincipalKind, Privilege, PrivilegeReason, PrivilegeRequest, Reach, ReachSummary,
    Reached, Reason, Requirement, RequirementKind, RoleDetail, Setting, StatementRef, Tree,
    TreeNode, Verdict, WhoCan, Why, WorkspaceDetail,
};
use crate::org::{NotRead, NotReadKind};
use crate::troubleshoot::{Cause, ExplainedFailure, Explanation, Missing, Side};

pub(super) const HUB: &str = "arn:aws:iam::222222222222:role/tf-hub-apply";
pub(super) const MEMBER: &str = "arn:aws:iam::333333333333:role/tf-member";
pub(super) const GLASS: &str = "arn:aws:iam::333333333333:role/breakglass";
pub(super) const SOURCE: &str = "tfc:acme/Network/net-prod:apply";

fn denied_gap() -> NotRead {
    NotRead::new("sts:AssumeRole", NotReadKind::Denied, "rolewalk-read is missing there")
}

pub(super) fn overview() -> Overview {
    Overview {
        organization: Some("o-a1b2c3d4e5".to_owned()),
        name: "acme".to_owned(),
        collected_at: Some("2026-03-01T12:00:00Z".to_owned()),
        collected_by: Some("arn:aws:sts::111111111111:assumed-role/rolewalk-read/me".to_owned()),
        accounts: 4,
        accounts_read: 3,
        roles: 9,
        workspaces: Some(2),
        not_read: vec![AccountGap {
            account: Some("444444444444".to_owned()),
            name: "prod-data".to_owned(),
            not_read: denied_gap(),
        }],
    }
}

/// The facts of the hand-made organization, as those of the sample.
pub(super) fn shown() -> Box<Shown> {
    Box::new(Shown { overview: overview(), snapshot: None, scenario: Vec::new() })
}

/// The same as those of a snapshot.
pub(super) fn snapshot(number: &str) -> Box<Shown> {
    let snapshot = Some(number.to_owned());
    Box::new(Shown { overview: overview(), snapshot, scenario: Vec::new() })
}

fn node(depth: usize, kind: NodeKind, selector: &str, name: &str, id: &str) -> TreeNode {
    TreeNode {
        depth,
        kind,
        selector: selector.to_owned(),
        name: name.to_owned(),
        id: id.to_owned(),
        count: 0,
        control_policies: Vec::new(),
        not_read: None,
        reached: None,
        privilege: None,
        privilege_proven: None,
    }
}

fn account(depth: usize, name: &str, id: &str, count: usize) -> TreeNode {
    TreeNode { count, ..node(depth, NodeKind::Account, &format!("account:{name}"), name, id) }
}

fn role(arn: &str, name: &str, reached: Option<Verdict>, privilege: Privilege) -> TreeNode {
    let account = if arn.contains("333") { "prod-net" } else { "tfc-hub" };
    let selector = format!("{account}/{name}");
    TreeNode {
        reached,
        privilege: Some(privilege),
        privilege_proven: Some(privilege),
        ..node(4, NodeKind::Role, &selector, name, arn)
    }
}

pub(super) fn tree() -> Tree {
    let service_linked = |name: &str| {
        let arn = format!("arn:aws:iam::333333333333:role/aws-service-role/x.amazonaws.com/{name}");
        node(4, NodeKind::ServiceLinkedRole, &format!("prod-net/{name}"), name, &arn)
    };
    let ou = |depth, path: &str, name: &str, count| TreeNode {
        count,
        ..node(depth, NodeKind::Ou, &format!("ou:{path}"), name, &format!("ou-{name}"))
    };
    let nodes = vec![
        TreeNode { count: 4, ..node(0, NodeKind::Organization, "org:", "acme", "o-a1b2c3d4e5") },
        TreeNode { count: 4, ..node(1, NodeKind::Ou, "ou:/", "Root", "r-ab12") },
        ou(2, "/Infrastructure", "Infrastructure", 2),
        account(3, "management", "111111111111", 1),
        account(3, "tfc-hub", "222222222222", 2),
        node(
            4,
            NodeKind::OidcProvider,
            "arn:aws:iam::222222222222:oidc-provider/app.terraform.io",
            "app.terraform.io",
            "arn:aws:iam::222222222222:oidc-provider/app.terraform.io",
        ),
        role(HUB, "tf-hub-apply", Some(Verdict::Allowed), Privilege::Write),
        TreeNode {
            control_policies: vec!["deny-root".to_owned(), "guard".to_owned()],
            ..ou(2, "/Prod", "Prod", 2)
        },
        account(3, "prod-net", "333333333333", 4),
        node(4, NodeKind::User, "user:prod-net/ann", "ann", "arn:aws:iam::333333333333:user/ann"),
        service_linked("AWSServiceRoleForOrganizations"),
        role(MEMBER, "tf-member", Some(Verdict::Allowed), Privilege::Admin),
        service_linked("AWSServiceRoleForSupport"),
        role(GLASS, "breakglass", Some(Verdict::Conditional), Privilege::Admin),
        TreeNode { not_read: Some(denied_gap()), ..account(3, "prod-data", "444444444444", 0) },
        TreeNode { count: 2, ..node(1, NodeKind::HcpTerraform, "tfc:", "HCP Terraform", "") },
        TreeNode {
            count: 2,
            ..node(2, NodeKind::Project, "tfc:acme/Network/*", "acme/Network", "prj-1")
        },
        node(3, NodeKind::Workspace, "tfc:acme/Network/net-prod", "net-prod", "ws-1"),
        node(3, NodeKind::Workspace, "tfc:acme/Network/old-dns", "old-dns", "ws-2"),
    ];
    Tree { schema: "rolewalk/tree/1", nodes, truncated: false }
}

fn reached(principal: &str, path: &[&str], verdict: Verdict) -> Reached {
    let kind = if principal.starts_with("tfc:") {
        PrincipalKind::Workspace
    } else if principal.contains(":user/") {
        PrincipalKind::User
    } else {
        PrincipalKind::Role
    };
    Reached {
        configured: None,
        principal: principal.to_owned(),
        kind,
        admits: None,
        account: None,
        verdict,
        hops: path.len() - 1,
        path: path.iter().map(|&stop| stop.to_owned()).collect(),
        requirements: match verdict {
            Verdict::Allowed => vec![vec![]],
            Verdict::Conditional => vec![vec![mfa()]],
            _ => vec![],
        },
        reason: (verdict == Verdict::Denied).then(reason),
        privilege: None,
        privilege_proven: None,
    }
}

fn mfa() -> Requirement {
    Requirement {
        hop: 1,
        key: "aws:MultiFactorAuthPresent".to_owned(),
        operator: "Bool".to_owned(),
        values: vec!["true".to_owned()],
        negated: false,
        kind: RequirementKind::CallerState,
        text: "the session was made with MFA".to_owned(),
    }
}

fn reason() -> Reason {
    Reason {
        layer: Layer::Trust,
        explicit: false,
        level: None,
        text: "the trust policy wants another external ID".to_owned(),
    }
}

pub(super) fn who_can(target: &str) -> WhoCan {
    let ann = "arn:aws:iam::333333333333:user/ann";
    WhoCan {
        roles: 1,
        max_hops: 4,
        schema: "rolewalk/who-can/1",
        target: target.to_owned(),
        privilege: Some(Privilege::Admin),
        privilege_proven: Some(Privilege::Admin),
        privilege_reasons: vec![PrivilegeReason {
            privilege: Privilege::Admin,
            proven: true,
            text: "gives itself any policy".to_owned(),
            requests: vec![PrivilegeRequest {
                action: "iam:AttachRolePolicy".to_owned(),
                resource: MEMBER.to_owned(),
                verdict: Verdict::Allowed,
                statements: vec![StatementRef {
                    policy: "arn:aws:iam::aws:policy/AdministratorAccess".into(),
                    attached_to: MEMBER.into(),
                    index: 0,
                    sid: None,
                    effect: "Allow",
                }],
            }],
        }],
        trust_notes: Vec::new(),
        patterns: 0,
        principals: vec![
            reached(HUB, &[HUB, target], Verdict::Allowed),
            reached(SOURCE, &[SOURCE, HUB, target], Verdict::Allowed),
            reached(ann, &[ann, target], Verdict::Conditional),
            reached(GLASS, &[GLASS, target], Verdict::Denied),
        ],
        counts: Counts { allowed: 2, conditional: 1, unknown: 0, denied: 1 },
        scenario: Vec::new(),
        not_read: vec![AccountGap {
            account: Some("444444444444".to_owned()),
            name: "prod-data".to_owned(),
            not_read: denied_gap(),
        }],
        truncated: false,
    }
}

pub(super) fn reach(source: &str) -> Reach {
    Reach {
        sources: 1,
        max_hops: 4,
        configuration: None,
        configuration_not_read: None,
        schema: "rolewalk/reach/1",
        source: source.to_owned(),
        targets: vec![
            Reached {
                privilege: Some(Privilege::Write),
                privilege_proven: Some(Privilege::Write),
                ..reached(HUB, &[source, HUB], Verdict::Allowed)
            },
            Reached {
                privilege: Some(Privilege::Admin),
                privilege_proven: Some(Privilege::Admin),
                ..reached(MEMBER, &[source, HUB, MEMBER], Verdict::Allowed)
            },
        ],
        summary: ReachSummary {
            accounts: 2,
            roles: 2,
            admin_roles: Some(2),
            admin_roles_proven: Some(1),
        },
        counts: Counts { allowed: 2, ..Counts::default() },
        scenario: Vec::new(),
        not_read: Vec::new(),
        truncated: false,
    }
}

fn statement(policy: &str, attached_to: &str, index: usize, sid: &str) -> StatementRef {
    StatementRef {
        policy: policy.into(),
        attached_to: attached_to.into(),
        index,
        sid: Some(sid.to_owned()),
        effect: "Allow",
    }
}

fn layer(layer: Layer, outcome: Outcome, statements: Vec<StatementRef>) -> LayerResult {
    LayerResult { layer, level: None, outcome, statements, near_misses: Vec::new() }
}

pub(super) fn why(caller: &str, role: &str) -> Why {
    let denied = caller == GLASS;
    let trust = if denied {
        LayerResult {
            near_misses: vec![NearMiss {
                policy: "trust policy".into(),
                attached_to: role.into(),
                index: 1,
                sid: Some("Partner".to_owned()),
                effect: "Allow",
                failed_on: "sts:ExternalId wants `blue`, the request has none".to_owned(),
            }],
            ..layer(Layer::Trust, Outcome::NoMatch, vec![])
        }
    } else {
        layer(Layer::Trust, Outcome::Allow, vec![statement("trust policy", role, 0, "Chain")])
    };
    Why {
        schema: "rolewalk/why/1",
        caller: caller.to_owned(),
        target: role.to_owned(),
        action: "sts:AssumeRole",
        verdict: if denied { Verdict::Denied } else { Verdict::Allowed },
        reason: denied.then(reason),
        layers: vec![
            layer(Layer::Sts, Outcome::Allow, vec![]),
            trust,
            layer(
                Layer::Identity,
                Outcome::Allow,
                vec![statement("tf-chain", caller, 0, "AssumeMembers")],
            ),
            layer(Layer::Boundary, Outcome::NotApplicable, vec![]),
            LayerResult {
                level: Some("222222222222".to_owned()),
                ..layer(
                    Layer::Scp,
                    Outcome::Allow,
                    vec![statement("p-FullAWSAccess", "222222222222", 0, "All")],
                )
            },
        ],
        requirements: if denied { vec![] } else { vec![vec![]] },
        stated: Vec::new(),
        companions: vec![Companion {
            action: "sts:TagSession",
            verdict: Verdict::Denied,
            reason: None,
            layers: vec![layer(Layer::Trust, Outcome::NoMatch, vec![])],
        }],
        statements: vec![Cited {
            statement: statement("tf-chain", caller, 0, "AssumeMembers"),
            name: None,
            text: Some(
                r#"{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}"#.to_owned(),
            ),
            place: Some(CitedPlace { line: 4, column: 5 }),
        }],
        caveats: vec![Caveat { id: "V2", text: "assumes no endpoint policy".to_owned() }],
    }
}

pub(super) fn paths(from: &str, to: &str) -> Paths {
    let hop = |from: &str, to: &str, action, verdict| {
        let why = why(from, to);
        Hop {
            from: from.to_owned(),
            to: to.to_owned(),
            action,
            verdict,
            requirements: vec![vec![]],
            reason: why.reason,
            privilege: Some(Privilege::Admin),
            privilege_proven: Some(if to == HUB { Privilege::Write } else { Privilege::Admin }),
            layers: why.layers,
            caveats: why.caveats,
        }
    };
    let two = Path {
        configured: None,
        verdict: Verdict::Allowed,
        requirements: vec![vec![]],
        hops: vec![
            hop(from, HUB, "sts:AssumeRoleWithWebIdentity", Verdict::Allowed),
            hop(HUB, to, "sts:AssumeRole", Verdict::Allowed),
        ],
    };
    let blocked = Path {
        configured: None,
        verdict: Verdict::Denied,
        requirements: vec![],
        hops: vec![hop(GLASS, to, "sts:AssumeRole", Verdict::Denied)],
    };
    Paths {
        max_hops: 4,
        configuration: None,
        configuration_not_read: None,
        schema: "rolewalk/paths/1",
        source: from.to_owned(),
        target: to.to_owned(),
        paths: if from == GLASS { vec![blocked] } else { vec![two, blocked] },
        scenario: Vec::new(),
        not_read: Vec::new(),
        truncated: false,
    }
}

fn trust() -> PolicyView {
    let text = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Chain",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::222222222222:role/tf-hub-apply"},
      "Action": "sts:AssumeRole"
    },
    {
      "Sid": "Partner",
      "Effect": "Allow",
      "Principal": {"AWS": "*"},
      "Action": "sts:AssumeRole",
      "Condition": {"StringEquals": {"sts:ExternalId": "blue"}}
    }
  ]
}"#;
    PolicyView {
        policy: "trust policy".to_owned(),
        attached_to: MEMBER.to_owned(),
        text: Some(text.to_owned()),
        statements: vec![(3, 9), (9, 15)],
        problems: Vec::new(),
    }
}

fn detail(selector: &str) -> Option<Detail> {
    Some(match selector {
        "org:" => Detail::Organization(overview()),
        "ou:/Prod" => Detail::Ou(OuDetail {
            path: "/Prod".to_owned(),
            id: "ou-Prod".to_owned(),
            accounts: 2,
            scps: Some(vec!["deny-root".to_owned(), "guard".to_owned()]),
            rcps: None,
            tags: BTreeMap::new(),
        }),
        "account:prod-net" => Detail::Account(AccountDetail {
            id: "333333333333".to_owned(),
            name: "prod-net".to_owned(),
            ou: "/Prod".to_owned(),
            alias: None,
            email: Some("prod@example.com".to_owned()),
            state: "ACTIVE".to_owned(),
            management: false,
            tags: [("env".to_owned(), "prod".to_owned())].into(),
            scps: vec!["/: FullAWSAccess".to_owned(), "/Prod: guard".to_owned()],
            rcps: vec![],
            providers: Some(vec![]),
            roles: 2,
            users: 1,
            reached_by: vec![reached(SOURCE, &[SOURCE, HUB, MEMBER], Verdict::Allowed)],
            not_read: vec![],
        }),
        "prod-net/tf-member" | "prod-net/breakglass" => Detail::Role(Box::new(RoleDetail {
            arn: MEMBER.to_owned(),
            unique_id: "AROA1".to_owned(),
            description: Some("what Terraform uses".to_owned()),
            max_session: Some(3600),
            last_used: Some("2026-02-28T10:00:00Z".to_owned()),
            tags: BTreeMap::new(),
            privilege: Some(Privilege::Admin),
            privilege_proven: Some(Privilege::Admin),
            who_can: who_can(MEMBER),
            reaches: Reach { targets: vec![], counts: Counts::default(), ..reach(MEMBER) },
            trust: trust(),
            policies: vec![],
            boundary: None,
        })),
        "tfc:acme/Network/net-prod" => Detail::Workspace(WorkspaceDetail {
            selector: selector.to_owned(),
            execution_mode: "remote".to_owned(),
            settings: vec![Setting {
                key: "TFC_AWS_RUN_ROLE_ARN".to_owned(),
                value: Some(HUB.to_owned()),
                origin: "variable set `aws` (project Network)".to_owned(),
            }],
            phases: vec![PhaseDetail {
                phase: "apply",
                tag: None,
                subject: "organization:acme:project:Network:workspace:net-prod:run_phase:apply"
                    .to_owned(),
                audience: Some("aws.workload.identity".to_owned()),
                role: Some(HUB.to_owned()),
                verdict: Some(Verdict::Allowed),
                reason: None,
                cause: None,
                reaches: reach(SOURCE),
            }],
            vault_backed: vec![],
            notes: vec![],
            problems: vec![],
        }),
        _ => return None,
    })
}

const MISSING: Missing =
    Missing { side: Side::Caller, masked: false, example: "`tfc:ORG/PROJECT/WORKSPACE:apply`" };

pub(super) fn explain() -> Explain {
    Arc::new(|graph, question| Explanation {
        schema: "rolewalk/explain/1",
        errors: if question.text.contains("AccessDenied") {
            vec![ExplainedFailure {
                parsed: serde_json::json!({
                    "id": "assume-role-denied",
                    "action": "sts:AssumeRole",
                    "caller": HUB,
                    "target": MEMBER,
                    "policy_arn": null,
                    "primary": true,
                    "entry": { "id": "E01", "title": "the caller may not assume the role" },
                    "span": { "start": 0, "end": 9 },
                }),
                verdict: graph.map(|_| Verdict::Denied),
                causes: vec![Cause {
                    rank: 1,
                    title: "the trust policy names another role".to_owned(),
                    detail: "tf-hub-apply is not among its principals".to_owned(),
                    proven: true,
                    evidence: vec![statement("trust policy", MEMBER, 0, "Chain")],
                    fix: Some("  \"AWS\": [\n+   \"tf-hub-apply\"\n  ]".to_owned()),
                }],
                missing: Vec::from_iter(question.source.is_none().then_some(MISSING)),
                notes: Vec::new(),
            }]
        } else {
            vec![]
        },
    })
}

pub(super) fn answer(question: Question) -> Result<Answer, Problem> {
    Ok(match question {
        Question::Tree => Answer::Tree(Arc::new(TreeModel::new(tree()))),
        Question::Detail(selector) => match detail(&selector) {
            Some(detail) => Answer::Detail(Arc::new(detail)),
            None => Answer::Detail(Arc::new(Detail::Text(vec![format!("about {selector}")]))),
        },
        Question::Why { caller, role } => Answer::Why(Box::new(why(&caller, &role))),
        Question::Paths { from, to } if from == "nobody" => {
            return Err(Problem {
                message: format!("`{from}` names nothing in this snapshot ({to})"),
                hints: vec!["did you mean `somebody`?".to_owned()],
            });
        }
        Question::Paths { from, to } => Answer::Paths(Box::new(paths(&from, &to))),
        Question::WhoCan(role) => Answer::WhoCan(Box::new(who_can(&role))),
        Question::Reach(source) => Answer::Reach(Box::new(reach(&source))),
        Question::Topology => Answer::Topology(Arc::new(super::topology::topology())),
        Question::Matrix => Answer::Matrix(Arc::new(Grid::new(super::grid::answer()))),
        Question::TreeFilter(..)
        | Question::Explain { .. }
        | Question::Rank { .. }
        | Question::Arrange(_) => {
            panic!("answered without a graph")
        }
    })
}
