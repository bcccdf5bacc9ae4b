//! The screens: what they need from outside, given to them.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::Arc;

use super::caller::{self, block_on};
use super::collector::LiveCollector;
use super::error::{CliError, ErrorKind, chain};
use super::prober::LiveProber;
use super::request::{AwsChoice, FactSource, Request, Subject};
use super::{Ending, export, facts, file};
use crate::answer::{Limits, Scenario};
use crate::config::Config;
use crate::graph::Groups;
use crate::report::markdown;
use crate::troubleshoot::{self, Explanation};
use crate::tui::{
    self, Appearance, Collector, LoadError, LoadStep, Loaded, NothingToCollect, PredictionOnly,
    Prober, ReportOf, Session, Which,
};

/// Runs the screens until the user leaves.
pub(crate) fn run(request: &Request) -> Result<Ending, CliError> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(CliError::input("the screens need a terminal")
            .hint("`rolewalk tree`, `who-can`, `matrix` and the others answer without one")
            .hint("`rolewalk --help` lists them"));
    }
    let demo = request.facts == FactSource::Sample;
    let source = request.facts.clone();
    let groups = request.config.groups.clone();
    let aws = request.aws.clone();
    let collector: Arc<dyn Collector> = match &request.facts {
        FactSource::Sample => Arc::new(NothingToCollect),
        FactSource::Database { path, .. } => Arc::new(LiveCollector::new(request, path.clone())),
    };
    let prober: Arc<dyn Prober> = if demo {
        Arc::new(PredictionOnly)
    } else {
        Arc::new(LiveProber { settings: caller::settings(&request.aws) })
    };
    let issuers = request.config.issuers.clone();
    let session = Session {
        title: title(&request.facts),
        demo,
        loader: Arc::new(move |which, tell| load(&source, (&groups, &issuers), which, tell)),
        prober,
        collector,
        explain: Arc::new(|graph, question| {
            // Nothing is stated here, so nothing of it can be refused.
            let nothing = |_| Explanation { schema: "rolewalk/explain/1", errors: Vec::new() };
            troubleshoot::explain(graph, question).unwrap_or_else(nothing)
        }),
        export: Arc::new(move |facts, of| report(facts, of, &aws)),
    };
    let appearance = appearance(&request.config);
    let report =
        block_on(tui::run(appearance, session))?.map_err(|error| CliError::input(chain(&error)))?;
    // What is said of a report that was still being written would be gone with the screens.
    match report {
        None => Ok(Ending::Answered),
        Some(Ok(place)) => {
            request.output.note(&format!("the report is in {place}"));
            Ok(Ending::Answered)
        }
        Some(Err(why)) => {
            request.output.warn(&format!("the report was not written: {why}"));
            Ok(Ending::Failed)
        }
    }
}

fn title(source: &FactSource) -> String {
    match source {
        FactSource::Sample => "demo".to_owned(),
        FactSource::Database { path, .. } => path
            .as_deref()
            .and_then(Path::file_name)
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
    }
}

/// How the screens look, as set for one run and once.
pub(crate) fn appearance(config: &Config) -> Appearance {
    let mut appearance = Appearance::from_environment();
    // What was set for one run wins over what was set once.
    if let Some(theme) = &config.theme
        && std::env::var_os("ROLEWALK_THEME").is_none()
    {
        appearance.theme.clone_from(theme);
    }
    appearance.ascii |= config.ascii;
    appearance
}

fn load(
    opened: &FactSource,
    (groups, issuers): (&Groups, &BTreeMap<String, String>),
    which: &Which,
    tell: &mut dyn FnMut(LoadStep),
) -> Result<Loaded, LoadError> {
    let source = match (which, opened) {
        (Which::Opened, opened) => opened.clone(),
        (Which::Sample, _) | (_, FactSource::Sample) => FactSource::Sample,
        (Which::Snapshot(number), FactSource::Database { path, named, .. }) => {
            FactSource::Database {
                path: path.clone(),
                named: *named,
                snapshot: Some(number.clone()),
            }
        }
    };
    match facts::load_telling(&source, facts::Names { groups, issuers }, &Scenario::default(), tell)
    {
        Ok(loaded) => {
            let graph = Arc::new(ManuallyDrop::into_inner(loaded.graph));
            Ok(Loaded { graph, snapshot: loaded.snapshot })
        }
        Err(error) if error.kind == ErrorKind::NoSnapshot => Err(LoadError::NoSnapshot),
        Err(error) => Err(LoadError::Failed { message: error.message, hints: error.hints }),
    }
}

/// Writes the report beside where the program was started, under a name that is free.
fn report(facts: &Loaded, of: &ReportOf, aws: &AwsChoice) -> Result<String, String> {
    let subject = match of.clone() {
        ReportOf::Workspaces => Subject::Workspaces,
        ReportOf::About(thing) => Subject::About(thing),
        ReportOf::From(from) => Subject::From(from),
        ReportOf::To(to) => Subject::To(to),
        ReportOf::Between(from, to) => Subject::Between(from, to),
    };
    let limits = Limits { rows: 10, ..Limits::PATHS };
    let report = export::compose(&facts.graph, facts.snapshot.clone(), aws, &subject, limits)
        .map_err(|it| it.message)?;
    let time = jiff::Zoned::now().strftime("%Y-%m-%d-%H%M%S");
    let name = format!("rolewalk-{time}.md");
    let text = markdown::write(&report);
    file::write(Path::new(&name), false, |out| out.write_all(text.as_bytes()))
        .map_err(|it| it.message)?;
    Ok(name)
}
