//! Paths tried live: each hop with the session of the one before, none of them kept.

use super::caller::selector_of;
use crate::answer::{Requirement, Verdict};
use crate::arn::{Arn, PrincipalName};
use crate::aws::{self, Assume, Connection, FailureKind, Identity, Settings};
use crate::probe::{Probe, ProbeHop, ProbeOutcome};
use crate::tui::{Boxed, ProbeQuestion, ProbeRequest, Prober};

/// The session name of a probe, unless a policy wants another.
const SESSION_NAME: &str = "rolewalk-probe";

/// A hop to try.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// The caller: an ARN, or a selector for what has none.
    pub(crate) from: String,
    /// The role's ARN.
    pub(crate) to: String,
    /// The action.
    pub(crate) action: &'static str,
    /// What the snapshot says; `None` without one.
    pub(crate) predicted: Option<Verdict>,
    /// The external ID that the call has to give.
    external_id: Option<String>,
    /// The session name that it has to give.
    session_name: Option<String>,
}

impl Step {
    /// A call of which no snapshot says anything.
    pub(crate) fn unknown(from: String, to: String) -> Self {
        Self {
            from,
            to,
            action: "sts:AssumeRole",
            predicted: None,
            external_id: None,
            session_name: None,
        }
    }

    /// The hops of a path, with what the caller has to choose so that they succeed.
    pub(crate) fn of(path: &crate::answer::Path) -> Vec<Self> {
        let set =
            path.requirements.iter().min_by_key(|set| set.len()).map_or(&[][..], Vec::as_slice);
        path.hops
            .iter()
            .enumerate()
            .map(|(index, hop)| Self {
                from: hop.from.clone(),
                to: hop.to.clone(),
                action: hop.action,
                predicted: Some(hop.verdict),
                external_id: wanted(set, index + 1, "sts:ExternalId"),
                session_name: wanted(set, index + 1, "sts:RoleSessionName").map(|name| fill(&name)),
            })
            .collect()
    }

    fn result(&self, outcome: ProbeOutcome, error: Option<String>) -> ProbeHop {
        ProbeHop {
            from: self.from.clone(),
            to: self.to.clone(),
            action: self.action,
            predicted: self.predicted,
            outcome,
            identity: None,
            error,
            ms: None,
        }
    }
}

/// The value that a hop needs for a key that the caller chooses.
fn wanted(set: &[Requirement], hop: usize, key: &str) -> Option<String> {
    set.iter()
        .find(|item| item.hop == hop && !item.negated && item.key.eq_ignore_ascii_case(key))
        .and_then(|item| item.values.first())
        .cloned()
}

/// A session name that fits a pattern.
fn fill(pattern: &str) -> String {
    pattern.replace('*', SESSION_NAME).replace('?', "x")
}

/// Tries the steps in order from the first one whose caller `me` is. After a failure nothing
/// further is tried.
pub(crate) async fn walk(
    connection: Connection,
    me: &Identity,
    steps: &[Step],
    on_hop: &mut (dyn FnMut(&ProbeHop) + Send),
) -> Probe {
    let begin = start(me, steps);
    let mut hops: Vec<ProbeHop> = Vec::new();
    let mut session = Some(connection);
    for (index, step) in steps.iter().enumerate() {
        let hop = match (&session, begin) {
            (_, None) => step
                .result(ProbeOutcome::Skipped, Some(format!("the credentials are {}'s", me.arn))),
            (_, Some(begin)) if index < begin => step.result(
                ProbeOutcome::Skipped,
                Some("it comes before the role of these credentials".to_owned()),
            ),
            (None, _) => step.result(
                ProbeOutcome::Skipped,
                Some("the hop before it did not succeed".to_owned()),
            ),
            (Some(connection), _) => {
                let (hop, next) = assume(connection, step).await;
                session = next;
                hop
            }
        };
        on_hop(&hop);
        hops.push(hop);
    }
    Probe { schema: "rolewalk/probe/1", agrees: agrees(&hops), hops }
}

/// The step at which these credentials come in.
fn start(me: &Identity, steps: &[Step]) -> Option<usize> {
    steps.iter().position(|step| is(me, &step.from))
}

/// Whether credentials belong to the principal that a hop starts from.
fn is(me: &Identity, from: &str) -> bool {
    if from == me.arn.as_str() || from == selector_of(&me.arn) {
        return true;
    }
    // A session's ARN has lost the role's path.
    let role: Option<Arn> = from.parse().ok();
    match (me.arn.principal(), role.as_ref().and_then(Arn::principal)) {
        (
            Some(PrincipalName::Session { account, role, .. }),
            Some(PrincipalName::Role { account: wanted, name, .. }),
        ) => account == wanted && role == name,
        _ => false,
    }
}

async fn assume(connection: &Connection, step: &Step) -> (ProbeHop, Option<Connection>) {
    if step.action != "sts:AssumeRole" {
        let why = "it needs a token, which these credentials are not";
        return (step.result(ProbeOutcome::Skipped, Some(why.to_owned())), None);
    }
    let request = Assume {
        role_arn: step.to.clone(),
        session_name: step.session_name.clone().unwrap_or_else(|| SESSION_NAME.to_owned()),
        external_id: step.external_id.clone(),
        session_policy: None,
    };
    let begun = std::time::Instant::now();
    let answer = connection.assume(&request).await;
    let ms = u64::try_from(begun.elapsed().as_millis()).ok();
    match answer {
        Ok(assumed) => {
            let mut hop = step.result(ProbeOutcome::Assumed, None);
            // Asked for by itself: the answer shows that the session works.
            let identity = assumed.connection.identity().await.unwrap_or(assumed.identity);
            hop.identity = Some(identity.arn.to_string());
            hop.ms = ms;
            (hop, Some(assumed.connection))
        }
        Err(failure) => {
            let outcome = match failure.kind {
                FailureKind::Denied => ProbeOutcome::Refused,
                _ => ProbeOutcome::Failed,
            };
            let mut hop = step.result(outcome, Some(failure.to_string()));
            hop.ms = ms;
            (hop, None)
        }
    }
}

/// False only where what happened can't be what was predicted.
fn agrees(hops: &[ProbeHop]) -> Option<bool> {
    let tried =
        |hop: &&ProbeHop| matches!(hop.outcome, ProbeOutcome::Assumed | ProbeOutcome::Refused);
    let contradicted = |hop: &ProbeHop| {
        matches!(
            (hop.predicted, hop.outcome),
            (Some(Verdict::Allowed), ProbeOutcome::Refused)
                | (Some(Verdict::Denied), ProbeOutcome::Assumed)
        )
    };
    hops.iter().find(tried)?;
    Some(!hops.iter().any(contradicted))
}

/// Steps that nobody tries.
pub(crate) fn untried(steps: &[Step], because: &str) -> Probe {
    let hops = steps
        .iter()
        .map(|step| step.result(ProbeOutcome::Skipped, Some(because.to_owned())))
        .collect();
    Probe { schema: "rolewalk/probe/1", hops, agrees: None }
}

/// Probes with the credentials that the settings lead to.
#[derive(Debug, Clone)]
pub(crate) struct LiveProber {
    /// How AWS is reached.
    pub(crate) settings: Settings,
}

impl Prober for LiveProber {
    fn describe(&self, request: &ProbeRequest) -> Boxed<ProbeQuestion> {
        let settings = self.settings.clone();
        let steps = Step::of(&request.path);
        Box::pin(async move {
            let me = match aws::connect(&settings).await {
                Ok(connection) => connection.identity().await,
                Err(failure) => Err(failure),
            };
            match me {
                Ok(me) => question(&me, &steps),
                Err(failure) => ProbeQuestion {
                    credentials: "none that work".to_owned(),
                    notes: vec![failure.to_string(), failure.kind.next_step().to_owned()],
                    live: false,
                },
            }
        })
    }

    fn run(
        &self,
        request: ProbeRequest,
        mut on_hop: Box<dyn FnMut(ProbeHop) + Send>,
    ) -> Boxed<Result<Probe, String>> {
        let settings = self.settings.clone();
        Box::pin(async move {
            let connection = aws::connect(&settings).await.map_err(|error| error.to_string())?;
            let me = connection.identity().await.map_err(|error| error.to_string())?;
            let steps = Step::of(&request.path);
            let mut tell = |hop: &ProbeHop| on_hop(hop.clone());
            Ok(walk(connection, &me, &steps, &mut tell).await)
        })
    }
}

fn question(me: &Identity, steps: &[Step]) -> ProbeQuestion {
    let mut notes = Vec::new();
    let begin = start(me, steps);
    match begin {
        None => {
            notes
                .push("These credentials start no hop of this path: nothing is called.".to_owned());
        }
        Some(0) => {}
        Some(skipped) => notes.push(format!(
            "The first {skipped} of {} hops are skipped: they lead to these credentials.",
            steps.len()
        )),
    }
    ProbeQuestion { credentials: me.arn.to_string(), notes, live: begin.is_some() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn me(arn: &str) -> Identity {
        let arn: Arn = arn.parse().unwrap();
        Identity { account: arn.account().unwrap(), arn, user_id: "X".to_owned() }
    }

    fn hop(predicted: Option<Verdict>, outcome: ProbeOutcome) -> ProbeHop {
        let step = Step { predicted, ..Step::unknown(String::new(), String::new()) };
        step.result(outcome, None)
    }

    #[test]
    fn a_session_starts_at_the_hop_of_its_role() {
        let steps = [
            Step::unknown(
                "tfc:acme/a/b:apply".into(),
                "arn:aws:iam::222222222222:role/x/hub".into(),
            ),
            Step::unknown(
                "arn:aws:iam::222222222222:role/x/hub".into(),
                "arn:aws:iam::333333333333:role/m".into(),
            ),
        ];
        assert_eq!(start(&me("arn:aws:sts::222222222222:assumed-role/hub/ci"), &steps), Some(1));
        assert_eq!(start(&me("arn:aws:sts::333333333333:assumed-role/hub/ci"), &steps), None);
        assert_eq!(start(&me("arn:aws:iam::222222222222:user/hub"), &steps), None);
    }

    #[test]
    fn only_a_contradiction_disagrees() {
        use ProbeOutcome::{Assumed, Failed, Refused, Skipped};
        for (predicted, outcome, expected) in [
            (Some(Verdict::Allowed), Assumed, Some(true)),
            (Some(Verdict::Allowed), Refused, Some(false)),
            (Some(Verdict::Denied), Assumed, Some(false)),
            (Some(Verdict::Denied), Refused, Some(true)),
            (Some(Verdict::Conditional), Refused, Some(true)),
            (Some(Verdict::Unknown), Assumed, Some(true)),
            (None, Refused, Some(true)),
            (Some(Verdict::Allowed), Failed, None),
            (Some(Verdict::Allowed), Skipped, None),
        ] {
            assert_eq!(agrees(&[hop(predicted, outcome)]), expected, "{predicted:?} {outcome:?}");
        }
    }
}
