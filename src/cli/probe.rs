//! `probe`: what would be assumed, the question, the calls, and how they compare.

use super::caller::{self, block_on};
use super::collect::{agreed, may_ask};
use super::error::{CliError, ErrorKind};
use super::prober::{Step, untried, walk};
use super::request::{FactSource, Request};
use super::{Ending, args, facts, render};
use crate::answer::{self, Limits};
use crate::aws;
use crate::probe::{Probe, ProbeOutcome};

/// Tries a path live, hop by hop.
pub(crate) fn probe(request: &Request, typed: &args::Probe) -> Result<Ending, CliError> {
    if !typed.yes && !typed.dry_run && !may_ask() {
        return Err(CliError::input(
            "a probe assumes roles with your credentials, and there is no terminal to ask on",
        )
        .hint("`--yes` starts without asking, `--dry-run` says which calls would be made"));
    }
    let source = facts::somebody(&request.aws, &typed.source)?;
    let steps = steps(request, &source, &typed.target)?;
    let sample = request.facts == FactSource::Sample;
    if typed.dry_run || sample {
        let because = if sample { "the sample organization does not exist" } else { "a dry run" };
        return ended(request, &untried(&steps, because));
    }
    let settings = caller::settings(&request.aws);
    let found = block_on(async {
        let refused =
            |failure| caller::refused("the probe has no credentials to begin with", &failure);
        let connection = aws::connect(&settings).await.map_err(refused)?;
        let me = connection.identity().await.map_err(refused)?;
        if !typed.yes {
            request.output.note(&format!("As {} these calls will be made:", me.arn));
            request.output.text(&render::probe_plan(&steps, request.output.page()));
            if !agreed(request.output, "Go on?")? {
                return Err(CliError::failed("nothing was tried: not confirmed"));
            }
        }
        Ok(walk(connection, &me, &steps, &mut |_| {}).await)
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

/// The hops to try: those of the best path; where none is known, the single call. Without a
/// snapshot a role's ARN can still be tried.
fn steps(request: &Request, source: &str, target: &str) -> Result<Vec<Step>, CliError> {
    let graph = match facts::load(request) {
        Ok(loaded) => loaded.graph,
        Err(error) if error.kind == ErrorKind::NoSnapshot && target.starts_with("arn:") => {
            request.output.note(&error.message);
            return Ok(vec![Step::unknown(source.to_owned(), target.to_owned())]);
        }
        Err(error) => return Err(error),
    };
    let found = answer::paths(&graph, source, target, Limits::PATHS)?;
    if let Some(best) = found.paths.first() {
        return Ok(Step::of(best));
    }
    let why = answer::why(&graph, source, target, None, &[])?;
    let mut step = Step::unknown(why.caller, why.target);
    step.action = why.action;
    step.predicted = Some(why.verdict);
    Ok(vec![step])
}
