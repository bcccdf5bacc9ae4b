//! `explain`: a failure's text against the facts, or against the catalogue alone.

use super::error::{CliError, ErrorKind};
use super::request::{FactSource, Failure, Request};
use super::{Ending, facts, render};
use crate::graph::Graph;
use crate::troubleshoot::{Cause, ExplainedFailure, Explanation};

/// Explains the failures that a text tells of.
pub(crate) fn explain(request: &Request, failure: &Failure) -> Result<Ending, CliError> {
    let source = failure.source.as_deref().map(|source| facts::somebody(&request.aws, source));
    let source = source.transpose()?;
    let graph = graph(request)?;
    let answer =
        explained(graph.as_ref(), &failure.text, source.as_deref(), failure.target.as_deref());
    request.output.answer(&answer, render::explain)?;
    if answer.errors.is_empty() {
        request.output.warn("no failure of an assume call was found in the text");
        return Ok(Ending::Failed);
    }
    Ok(Ending::Answered)
}

/// The graph, if there is one: without a snapshot the catalogue still answers, unless a
/// snapshot was asked for by name.
fn graph(request: &Request) -> Result<Option<Graph>, CliError> {
    match facts::load(request) {
        Ok(loaded) => Ok(Some(loaded.graph)),
        Err(error) => {
            let named = match &request.facts {
                FactSource::Sample => true,
                FactSource::Database { snapshot, named, .. } => *named || snapshot.is_some(),
            };
            if named || error.kind != ErrorKind::NoSnapshot {
                return Err(error);
            }
            request.output.note(&error.message);
            request.output.note("so this is only what the text itself says");
            Ok(None)
        }
    }
}

/// What is found out about a text, with a snapshot or without one.
pub(crate) fn explained(
    _graph: Option<&Graph>,
    text: &str,
    _source: Option<&str>,
    _target: Option<&str>,
) -> Explanation {
    let errors = crate::failure::parse(text)
        .iter()
        .map(|failure| ExplainedFailure {
            parsed: serde_json::to_value(failure).unwrap_or_default(),
            verdict: None,
            causes: failure
                .entry
                .causes
                .iter()
                .enumerate()
                .map(|(index, cause)| Cause {
                    rank: index + 1,
                    title: cause.clone(),
                    detail: failure.entry.meaning.clone(),
                    proven: false,
                    evidence: Vec::new(),
                    fix: None,
                })
                .collect(),
            missing: Vec::new(),
        })
        .collect();
    Explanation { schema: "rolewalk/explain/1", errors }
}
