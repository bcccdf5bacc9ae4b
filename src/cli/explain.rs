//! `explain`: a failure's text against the facts, or against the catalogue alone.

use super::error::{CliError, ErrorKind};
use super::facts::Loaded;
use super::request::{FactSource, Failure, Request};
use super::{Ending, facts, render};
use crate::answer;
use crate::troubleshoot::{self, Question};

/// Explains the failures that a text tells of.
pub(crate) fn explain(request: &Request, failure: &Failure) -> Result<Ending, CliError> {
    let source = failure.source.as_deref().map(|source| facts::somebody(&request.aws, source));
    let source = source.transpose()?;
    let loaded = loaded(request)?;
    let graph = loaded.as_ref().map(|loaded| &*loaded.graph);
    if let Some(graph) = graph {
        // What was typed has to name something; what the text names may be long gone.
        for typed in [source.as_deref(), failure.target.as_deref()].into_iter().flatten() {
            answer::select(graph, typed)?;
        }
    }
    let question = Question {
        text: &failure.text,
        source: source.as_deref(),
        target: failure.target.as_deref(),
        stated: Some(&failure.stated),
    };
    let answer = troubleshoot::explain(graph, question)?;
    request.output.answer(&answer, render::explain)?;
    if answer.errors.is_empty() {
        request.output.warn("no failure of an assume call was found in the text");
        return Ok(Ending::Failed);
    }
    Ok(Ending::Answered)
}

/// The graph, if there is one: without a snapshot the catalogue still answers, unless a
/// snapshot was asked for by name.
fn loaded(request: &Request) -> Result<Option<Loaded>, CliError> {
    match facts::load(request) {
        Ok(loaded) => Ok(Some(loaded)),
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
