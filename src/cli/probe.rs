//! `probe`: what would be assumed, the question, the calls, and how they compare.

use super::collect::{agreed, may_ask};
use super::error::CliError;
use super::request::Request;
use super::{Ending, args, facts, render};
use crate::answer::{self, Limits, Path};
use crate::probe::{Probe, ProbeHop, ProbeOutcome};

/// Tries a path live, hop by hop.
pub(crate) fn probe(request: &Request, typed: &args::Probe) -> Result<Ending, CliError> {
    if !typed.yes && !typed.dry_run && !may_ask() {
        return Err(CliError::input(
            "a probe assumes roles with your credentials, and there is no terminal to ask on",
        )
        .hint("`--yes` starts without asking, `--dry-run` says which calls would be made"));
    }
    let source = facts::somebody(&request.aws, &typed.source)?;
    let path = path(request, &source, &typed.target)?;
    if typed.dry_run {
        let dry = skipped(&path, "not tried: `--dry-run`");
        request.output.answer(&dry, render::probe)?;
        return Ok(ending(&dry));
    }
    if !typed.yes {
        request.output.note("These calls will be made, each with the session of the one before:");
        request.output.note(render::probe_plan(&path, request.output.page()).trim_end());
        if !agreed(request.output, "Go on?")? {
            return Err(CliError::failed("nothing was tried: not confirmed"));
        }
    }
    let found = skipped(&path, "not tried");
    request.output.answer(&found, render::probe)?;
    Ok(ending(&found))
}

/// The path to try: the best one, or, where none is known, the single call.
fn path(request: &Request, source: &str, target: &str) -> Result<Path, CliError> {
    let loaded = facts::load(request)?;
    let found = answer::paths(&loaded.graph, source, target, Limits::PATHS)?;
    if let Some(best) = found.paths.into_iter().next() {
        return Ok(best);
    }
    let why = answer::why(&loaded.graph, source, target, None, &[])?;
    Ok(Path {
        verdict: why.verdict,
        requirements: why.requirements.clone(),
        hops: vec![answer::Hop {
            from: why.caller,
            to: why.target,
            action: why.action,
            verdict: why.verdict,
            requirements: why.requirements,
            reason: why.reason,
            layers: why.layers,
        }],
    })
}

fn skipped(path: &Path, because: &str) -> Probe {
    let hops = path
        .hops
        .iter()
        .map(|hop| ProbeHop {
            from: hop.from.clone(),
            to: hop.to.clone(),
            action: hop.action,
            predicted: Some(hop.verdict),
            outcome: ProbeOutcome::Skipped,
            identity: None,
            error: Some(because.to_owned()),
            ms: None,
        })
        .collect();
    Probe { schema: "rolewalk/probe/1", hops, agrees: None }
}

/// Only an assumed target is success.
fn ending(probe: &Probe) -> Ending {
    match probe.hops.last() {
        Some(last) if last.outcome == ProbeOutcome::Assumed => Ending::Answered,
        _ => Ending::Failed,
    }
}
