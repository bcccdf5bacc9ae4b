//! Paths tried live, for the screens and for `probe`.

use super::caller;
use crate::answer::{Hop, Path};
use crate::aws::{self, Connection, Failure, Identity, Settings};
use crate::evaluation::Verdict;
use crate::probe::{self, Plan, Probe, ProbeHop, ProbeOutcome};
use crate::tui::{Boxed, ProbeQuestion, ProbeRequest, Prober};

/// The connection that the settings lead to, and whose it is.
pub(crate) async fn connect(settings: &Settings) -> Result<(Connection, Identity), Failure> {
    let connection = aws::connect(settings).await?;
    let identity = connection.identity().await?;
    Ok((connection, identity))
}

/// A path of one call, of which no snapshot says anything.
pub(crate) fn unknown(from: String, to: String) -> Path {
    let hop = Hop {
        from,
        to,
        action: "sts:AssumeRole",
        verdict: Verdict::Unknown,
        requirements: Vec::new(),
        reason: None,
        privilege: None,
        privilege_proven: None,
        layers: Vec::new(),
        caveats: Vec::new(),
    };
    Path { verdict: Verdict::Unknown, requirements: Vec::new(), hops: vec![hop], configured: None }
}

/// A path that nobody tries.
pub(crate) fn untried(path: &Path, predicted: bool, because: &str) -> Probe {
    let hops = path
        .hops
        .iter()
        .map(|hop| ProbeHop {
            from: hop.from.clone(),
            to: hop.to.clone(),
            action: hop.action,
            predicted: predicted.then_some(hop.verdict),
            outcome: ProbeOutcome::Skipped,
            identity: None,
            error: Some(because.to_owned()),
            ms: None,
        })
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
        let path = request.path.clone();
        Box::pin(async move {
            match connect(&settings).await {
                Ok((_, me)) => question(&probe::plan(&path, &me.arn)),
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
            let (connection, me) = connect(&settings)
                .await
                .map_err(|failure| caller::refused("nothing was tried", &failure).message)?;
            let plan = probe::plan(&request.path, &me.arn);
            Ok(probe::run(&connection, &plan, |hop| on_hop(hop.clone())).await)
        })
    }
}

fn question(plan: &Plan) -> ProbeQuestion {
    let notes = (0..plan.steps.len())
        .filter_map(|index| {
            Some(format!("Hop {} is skipped: {}.", index + 1, plan.skipped(index)?))
        })
        .collect();
    ProbeQuestion { credentials: plan.identity.clone(), notes, live: plan.live() }
}
