//! Where a command gets its facts: the database or the sample, and the caller that `me` means.

use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::error::CliError;
use super::request::{AwsChoice, FactSource, Request};
use super::waiting::Waiting;
use super::{caller, store};
use crate::answer::Scenario;
use crate::arn::{Arn, PrincipalName};
use crate::graph::{Graph, Groups};
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
    load_under(request, &Scenario::default())
}

/// The same with something stated of every call.
pub(crate) fn load_under(request: &Request, scenario: &Scenario) -> Result<Loaded, CliError> {
    let waiting = Waiting::new();
    let mut chosen = None;
    let names = Names { groups: &request.config.groups, issuers: &request.config.issuers };
    let loaded = load_telling(&request.facts, names, scenario, &mut |step| {
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

/// What the configuration file names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'c> {
    /// Several selectors at once.
    pub(crate) groups: &'c Groups,
    /// What issues the tokens of hosts.
    pub(crate) issuers: &'c BTreeMap<String, String>,
}

/// The graph of a source of facts, with what the configuration names and what is stated of every
/// call. `tell` hears what is done, and which snapshot was chosen where none was named.
pub(crate) fn load_telling(
    source: &FactSource,
    names: Names<'_>,
    scenario: &Scenario,
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
    let graph = Graph::build_under(Arc::new(facts), scenario.clone());
    let mut graph = graph.with_groups(names.groups.clone());
    graph.name_issuers(names.issuers);
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

/// The same for where paths begin. What paths take is told of a role, whatever its session is called.
pub(crate) fn start(request: &Request, selector: &str) -> Result<String, CliError> {
    let source = somebody(&request.aws, selector)?;
    let arn: Option<Arn> = source.parse().ok();
    let session =
        matches!(arn.as_ref().and_then(Arn::principal), Some(PrincipalName::Session { .. }));
    if session {
        request.output.warn(&format!(
            "`{source}` is one session of a role, and this is the answer for any of them: what asks \
             for the session's name is a condition here, and `rolewalk why` decides on it"
        ));
    }
    Ok(source)
}
