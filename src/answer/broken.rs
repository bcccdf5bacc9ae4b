//! First hops that a workspace's settings ask for and that fail.

use crate::evaluation::{
    Call, Caller, Claim, Layer, LayerResult, Lineage, Target, Verdict, decide, judge,
};
use crate::graph::{Graph, run_token};
use crate::org::AccountKey;
use crate::workload::{Configuration, Phase, RoleSetting, Workspace};

use super::answers::Broken;

/// Why hops to roles of an account that the settings ask for fail, with the audience that they
/// set: another one that the provider would take is no help until somebody sets it.
pub(super) fn broken(
    graph: &Graph,
    (workspace, phase): (&Workspace, Phase),
    account: AccountKey,
    is_meant: impl Fn(Option<&str>) -> bool,
) -> Box<[Broken]> {
    let meant = workspace.configurations.iter().filter(|it| is_meant(it.tag.as_deref()));
    let asked = meant.flat_map(|configuration| {
        let arns = match configuration.role(phase) {
            RoleSetting::Arn(arn) => vec![arn],
            RoleSetting::Ambiguous(one, other) => vec![one, other],
            RoleSetting::Hidden | RoleSetting::Missing => Vec::new(),
        };
        arns.into_iter().map(move |arn| (configuration, arn))
    });
    asked
        .filter_map(|(configuration, arn)| {
            of_role(graph, (workspace, phase), account, configuration, arn)
        })
        .collect()
}

/// Why the hop to one role fails; nothing where it does not.
fn of_role(
    graph: &Graph,
    (workspace, phase): (&Workspace, Phase),
    account: AccountKey,
    configuration: &Configuration,
    arn: &str,
) -> Option<Broken> {
    let facts = graph.facts();
    let row = &facts.accounts[account];
    let of_account = arn.parse::<crate::arn::Arn>().ok().and_then(|arn| arn.account());
    if of_account != Some(row.id) {
        return None;
    }
    let either = matches!(configuration.role(phase), RoleSetting::Ambiguous(..));
    let because = |layer: Option<Layer>, text: String| {
        let text = if either { format!("{text}, if this is the role that wins") } else { text };
        Some(Broken { tag: configuration.tag.clone(), role: arn.to_owned(), layer, text })
    };
    let Some(role) = facts.role_by_arn(arn) else {
        let all_read = row.identities.read().is_some_and(Vec::is_empty);
        let text = format!("account `{}` has no such role", row.name);
        return all_read.then(|| because(None, text)).flatten();
    };
    let audience = configuration.audience.clone().map_or(Claim::Any, Claim::Is);
    let caller = Caller::Token(run_token(workspace, phase, audience));
    let call = Call {
        caller: &caller,
        target: &Target::Role(role),
        action: caller.action(),
        scenario: graph.scenario(),
        lineage: &Lineage::Unknown,
        hop: 1,
    };
    if judge(facts, &call) != Verdict::Denied {
        return None;
    }
    let decision = decide(facts, &call);
    let reason = decision.reason?;
    let text = cause(&decision.layers, reason.layer).unwrap_or(reason.text);
    because(Some(reason.layer), text)
}

/// What the statement that came nearest in a layer fails on.
pub(super) fn cause(layers: &[LayerResult], layer: Layer) -> Option<String> {
    let near = layers.iter().filter(|it| it.layer == layer);
    let miss = near.flat_map(|it| &it.near_misses).next()?;
    let sid = miss.sid.as_ref().map(|sid| format!(" \"{sid}\"")).unwrap_or_default();
    Some(format!("statement #{}{sid} fails on its {}", miss.index, miss.failed_on))
}
