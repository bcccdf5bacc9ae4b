//! `probe`: what would be assumed, the question, the calls, and how they compare.

use super::caller::{self, block_on};
use super::collect::{agreed, may_ask};
use super::error::{CliError, ErrorKind};
use super::prober::{connect, unknown, untried};
use super::request::{FactSource, Request};
use super::{Ending, args, facts, render};
use crate::answer::{self, Hop, Limits, Path, Stated};
use crate::probe::{self, Probe, ProbeOutcome};

/// Tries a path live, hop by hop.
pub(crate) fn probe(request: &Request, typed: &args::Probe) -> Result<Ending, CliError> {
    if !typed.yes && !typed.dry_run && !may_ask() {
        return Err(CliError::input(
            "a probe assumes roles with your credentials, and there is no terminal to ask on",
        )
        .hint("`--yes` starts without asking, `--dry-run` says which calls would be made"));
    }
    let source = facts::somebody(&request.aws, &typed.source)?;
    let Aim { path, predicted } = aim(request, &source, &typed.target)?;
    let sample = request.facts == FactSource::Sample;
    if typed.dry_run || sample {
        let because = if sample { "the sample organization does not exist" } else { "a dry run" };
        return ended(request, &untried(&path, predicted, because));
    }
    let settings = caller::settings(&request.aws);
    let found = block_on(async {
        let (connection, me) = connect(&settings).await.map_err(|failure| {
            caller::refused("the probe has no credentials to begin with", &failure)
        })?;
        let mut plan = probe::plan(&path, &me.arn);
        if !predicted {
            plan.steps.iter_mut().for_each(|step| step.predicted = None);
        }
        if !typed.yes {
            request.output.note(&format!("As {} these calls will be made:", plan.identity));
            request.output.text(&render::probe_plan(&plan, request.output.page()));
            if !agreed(request.output, "Go on?")? {
                return Err(CliError::failed("nothing was tried: not confirmed"));
            }
        }
        Ok(probe::run(&connection, &plan, |_| {}).await)
    })??;
    ended(request, &found)
}

fn ended(request: &Request, probe: &Probe) -> Result<Ending, CliError> {
    request.output.answer(probe, render::probe)?;
    // Only an assumed target is success.
    Ok(match probe.hops.last() {
        Some(last) if last.outcome == ProbeOutcome::Assumed => Ending::Answered,
        _ => Ending::Failed,
    })
}

/// What is tried.
struct Aim {
    path: Path,
    /// Whether a snapshot says something of it.
    predicted: bool,
}

/// The best path; where none is known, the single call. Without a snapshot a role's ARN can
/// still be tried.
fn aim(request: &Request, source: &str, target: &str) -> Result<Aim, CliError> {
    let graph = match facts::load(request) {
        Ok(loaded) => loaded.graph,
        Err(error) if error.kind == ErrorKind::NoSnapshot && target.starts_with("arn:") => {
            request.output.note(&error.message);
            let path = unknown(source.to_owned(), target.to_owned());
            return Ok(Aim { path, predicted: false });
        }
        Err(error) => return Err(error),
    };
    let found = answer::paths(&graph, source, target, Limits::PATHS)?;
    if let Some(path) = found.paths.into_iter().next() {
        return Ok(Aim { path, predicted: true });
    }
    let why = answer::why(&graph, source, target, None, &Stated::default())?;
    let hop = Hop {
        from: why.caller,
        to: why.target,
        action: why.action,
        verdict: why.verdict,
        requirements: why.requirements.clone(),
        reason: why.reason,
        privilege: None,
        privilege_proven: None,
        layers: why.layers,
        caveats: why.caveats,
    };
    let path = Path {
        verdict: why.verdict,
        requirements: why.requirements,
        hops: vec![hop],
        configured: None,
    };
    Ok(Aim { path, predicted: true })
}
