//! Where a command gets its facts: the database or the sample, and the caller that `me` means.

use std::sync::Arc;

use super::error::CliError;
use super::request::{FactSource, Request};
use super::{caller, sample, store};
use crate::graph::Graph;
use crate::org::Facts;
use crate::org::reading::Readings;

/// A graph, and where its facts come from.
pub(crate) struct Loaded {
    /// The graph.
    pub(crate) graph: Graph,
    /// The snapshot's id; `None` for the sample.
    pub(crate) snapshot: Option<String>,
}

/// The graph that a request asks about.
pub(crate) fn load(request: &Request) -> Result<Loaded, CliError> {
    let (readings, snapshot) = read(request)?;
    Ok(Loaded { graph: Graph::build(Arc::new(Facts::build(readings))), snapshot })
}

/// The readings that a request asks about.
pub(crate) fn readings(request: &Request) -> Result<Readings, CliError> {
    Ok(read(request)?.0)
}

fn read(request: &Request) -> Result<(Readings, Option<String>), CliError> {
    match &request.facts {
        FactSource::Sample => Ok((sample::readings()?, None)),
        FactSource::Database { path, snapshot, .. } => {
            let database = store::open(path.as_deref())?;
            let id = store::meant(&database, snapshot.as_deref(), request.output)?;
            Ok((store::load(&database, id)?, Some(id.to_string())))
        }
    }
}

/// A source as selector: as typed, but `me` as the principal that the credentials belong to.
pub(crate) fn somebody(request: &Request, selector: &str) -> Result<String, CliError> {
    if selector == "me" { caller::selector(request) } else { Ok(selector.to_owned()) }
}
