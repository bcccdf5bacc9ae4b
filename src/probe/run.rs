//! The calls of a probe.

use std::time::Instant;

use crate::aws::{Assume, Connection, Failure, FailureKind};
use crate::evaluation::Verdict;

use super::plan::{Plan, Step};
use super::{Probe, ProbeHop, ProbeOutcome};

/// Makes the calls of a plan, telling of each hop as it ends. After the first hop that is not
/// assumed nothing further is tried.
pub async fn run(
    connection: &Connection,
    plan: &Plan,
    mut on_hop: impl FnMut(&ProbeHop) + Send,
) -> Probe {
    let mut hops: Vec<ProbeHop> = Vec::new();
    // The session of the hop before; dropped with this function, and with it its credentials.
    let mut session = connection.clone();
    let mut stopped: Option<String> = None;
    for (index, step) in plan.steps.iter().enumerate() {
        let hop = match plan.skipped(index).or_else(|| stopped.clone()) {
            Some(because) => hop(step, ProbeOutcome::Skipped, None, Some(because), None),
            None => {
                let began = Instant::now();
                let tried = attempt(&session, step).await;
                let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                match tried {
                    Ok((next, identity)) => {
                        session = next;
                        hop(step, ProbeOutcome::Assumed, Some(identity), None, Some(ms))
                    }
                    Err(failure) => {
                        let outcome = match failure.kind {
                            FailureKind::Denied => ProbeOutcome::Refused,
                            _ => ProbeOutcome::Failed,
                        };
                        stopped = Some("the hop before it did not succeed".to_owned());
                        hop(step, outcome, None, Some(failure.to_string()), Some(ms))
                    }
                }
            }
        };
        on_hop(&hop);
        hops.push(hop);
    }
    let agrees = agrees(&hops);
    Probe { schema: "rolewalk/probe/1", hops, agrees }
}

/// One call, and who the session then is.
async fn attempt(session: &Connection, step: &Step) -> Result<(Connection, String), Failure> {
    let request = Assume {
        role_arn: step.to.clone(),
        session_name: step.session_name.clone(),
        external_id: step.external_id.clone(),
        session_policy: None,
    };
    let assumed = session.assume(&request).await?;
    // AssumeRole says whose session it made; the session itself is asked all the same, since
    // that shows that its credentials work.
    let identity = assumed.connection.identity().await?;
    Ok((assumed.connection, identity.arn.to_string()))
}

fn hop(
    step: &Step,
    outcome: ProbeOutcome,
    identity: Option<String>,
    error: Option<String>,
    ms: Option<u64>,
) -> ProbeHop {
    ProbeHop {
        from: step.from.clone(),
        to: step.to.clone(),
        action: step.action,
        predicted: step.predicted,
        outcome,
        identity,
        error,
        ms,
    }
}

/// `None` if nothing was tried; `false` only where a prediction was certain and wrong.
fn agrees(hops: &[ProbeHop]) -> Option<bool> {
    let tried =
        |hop: &&ProbeHop| matches!(hop.outcome, ProbeOutcome::Assumed | ProbeOutcome::Refused);
    let mut tried = hops.iter().filter(tried).peekable();
    tried.peek()?;
    Some(!tried.any(|hop| {
        matches!(
            (hop.predicted, hop.outcome),
            (Some(Verdict::Allowed), ProbeOutcome::Refused)
                | (Some(Verdict::Denied), ProbeOutcome::Assumed)
        )
    }))
}
