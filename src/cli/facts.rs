//! Where a command gets its facts: the database or the sample, and the caller that `me` means.

use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::error::CliError;
use super::request::{AwsChoice, FactSource, Request};
use super::waiting::Waiting;
use super::{caller, store};
use crate::graph::Graph;
use crate::org::Facts;
use crate::org::reading::Readings;
use crate::snapshot;
use crate::tui::LoadStep;

/// A graph, and where its facts come from.
pub(crate) struct Loaded {
    /// The graph. It is never freed: that can take a second, and the process ends after its
    /// answer.
    pub(crate) graph: ManuallyDrop<Graph>,
    /// The snapshot's id; `None` for the sample.
    pub(crate) snapshot: Option<String>,
}

/// The graph that a request asks about. Says on stderr which snapshot was chosen.
pub(crate) fn load(request: &Request) -> Result<Loaded, CliError> {
    let waiting = Waiting::new();
    let mut chosen = None;
    let loaded = load_telling(&request.facts, &request.config.issuers, &mut |step| {
        waiting.show(&step);
        if let LoadStep::Chosen(text) = step {
            chosen = Some(text);
        }
    });
    drop(waiting);
    if let (Some(chosen), true) = (chosen, loaded.is_ok()) {
        request.output.note(&chosen);
    }
    loaded
}

/// The graph of a source of facts, and what `issuers` names the hosts of tokens. `tell` hears what
/// is done, and which snapshot was chosen where none was named.
pub(crate) fn load_telling(
    source: &FactSource,
    issuers: &BTreeMap<String, String>,
    tell: &mut dyn FnMut(LoadStep),
) -> Result<Loaded, CliError> {
    let (facts, snapshot) = match source {
        FactSource::Sample => (Facts::build(snapshot::sample()), None),
        FactSource::Database { path, snapshot, .. } => {
            let database = store::open(path.as_deref())?;
            let (id, chosen) = store::meant(&database, snapshot.as_deref())?;
            if let Some(chosen) = chosen {
                tell(LoadStep::Chosen(chosen));
            }
            let facts = database.facts(id, |step| tell(LoadStep::Reading(step)));
            (facts.map_err(store::failed)?, Some(id.to_string()))
        }
    };
    tell(LoadStep::Graph);
    let mut graph = Graph::build(Arc::new(facts));
    graph.name_issuers(issuers);
    Ok(Loaded { graph: ManuallyDrop::new(graph), snapshot })
}

/// The readings that a request asks about.
pub(crate) fn readings(request: &Request) -> Result<Readings, CliError> {
    match &request.facts {
        FactSource::Sample => Ok(snapshot::sample()),
        FactSource::Database { path, snapshot, .. } => {
            let database = store::open(path.as_deref())?;
            let (id, chosen) = store::meant(&database, snapshot.as_deref())?;
            let readings = store::load(&database, id)?;
            if let Some(chosen) = chosen {
                request.output.note(&chosen);
            }
            Ok(readings)
        }
    }
}

/// A source as selector: as typed, but `me` as the principal that the credentials belong to.
pub(crate) fn somebody(aws: &AwsChoice, selector: &str) -> Result<String, CliError> {
    if selector == "me" { caller::selector(aws) } else { Ok(selector.to_owned()) }
}
