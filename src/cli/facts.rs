//! Where a command gets its facts: the database or the sample, and the caller that `me` means.

use std::sync::Arc;

use super::error::CliError;
use super::request::{AwsChoice, FactSource, Request};
use super::{caller, store};
use crate::graph::Graph;
use crate::org::Facts;
use crate::org::reading::Readings;
use crate::snapshot;

/// A graph, and where its facts come from.
pub(crate) struct Loaded {
    /// The graph.
    pub(crate) graph: Graph,
    /// The snapshot's id; `None` for the sample.
    pub(crate) snapshot: Option<String>,
}

/// The graph that a request asks about. Says on stderr which snapshot was chosen.
pub(crate) fn load(request: &Request) -> Result<Loaded, CliError> {
    let (loaded, chosen) = load_quietly(&request.facts)?;
    say(request, chosen);
    Ok(loaded)
}

/// The graph of a source of facts, and which snapshot was chosen.
pub(crate) fn load_quietly(source: &FactSource) -> Result<(Loaded, Option<String>), CliError> {
    let read = read(source)?;
    let graph = Graph::build(Arc::new(Facts::build(read.readings)));
    Ok((Loaded { graph, snapshot: read.snapshot }, read.chosen))
}

/// The readings that a request asks about.
pub(crate) fn readings(request: &Request) -> Result<Readings, CliError> {
    let read = read(&request.facts)?;
    say(request, read.chosen);
    Ok(read.readings)
}

struct Read {
    readings: Readings,
    snapshot: Option<String>,
    chosen: Option<String>,
}

fn read(source: &FactSource) -> Result<Read, CliError> {
    match source {
        FactSource::Sample => {
            Ok(Read { readings: snapshot::sample(), snapshot: None, chosen: None })
        }
        FactSource::Database { path, snapshot, .. } => {
            let database = store::open(path.as_deref())?;
            let (id, chosen) = store::meant(&database, snapshot.as_deref())?;
            let readings = store::load(&database, id)?;
            Ok(Read { readings, snapshot: Some(id.to_string()), chosen })
        }
    }
}

fn say(request: &Request, chosen: Option<String>) {
    if let Some(chosen) = chosen {
        request.output.note(&chosen);
    }
}

/// A source as selector: as typed, but `me` as the principal that the credentials belong to.
pub(crate) fn somebody(aws: &AwsChoice, selector: &str) -> Result<String, CliError> {
    if selector == "me" { caller::selector(aws) } else { Ok(selector.to_owned()) }
}
