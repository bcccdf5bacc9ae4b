//! Runs of workspaces and stacks by the subjects of their tokens.

use std::collections::BTreeMap;

use crate::arn::glob::Glob;
use crate::policy::{Document, Key, KeyName, Tri};
use crate::workload::{Phase, Stack, Workspace};

use super::super::{Node, Subject};
use super::caller::number;
use super::looks::relevant;

/// The runs whose tokens one host issues.
#[derive(Debug, Default)]
pub(super) struct Host {
    /// By subject.
    runs: Vec<Run>,
    /// Those of which the subject is known but for the name of the deployment or the project.
    open: Vec<Run>,
}

/// The runs of a workspace, or of a stack's deployment, in one phase.
#[derive(Debug)]
struct Run {
    subject: String,
    node: Node,
    asks: Asks,
}

/// Which audience runs ask for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Asks {
    /// Local runs get no token.
    Nothing,
    /// One of these, which the workspace is configured with.
    For(Vec<Option<String>>),
    /// Whatever the configuration of the stack says, which is not known (rule H10).
    Anything,
}

/// What tells runs apart: what they ask for, and what is seen of their subjects.
type Told<'r> = (&'r Asks, Vec<u32>);

/// All runs by host.
pub(super) fn hosts(workspaces: &[Workspace], stacks: &[Stack]) -> BTreeMap<String, Host> {
    let mut found: BTreeMap<String, Host> = BTreeMap::new();
    for (index, workspace) in workspaces.iter().enumerate() {
        let host = found.entry(workspace.host.clone()).or_default();
        let configured = workspace.configurations.iter().map(|each| each.audience.clone());
        let asks = if workspace.execution_mode == "local" {
            Asks::Nothing
        } else {
            Asks::For(configured.collect())
        };
        let list = if workspace.project_read { &mut host.runs } else { &mut host.open };
        for phase in Phase::ALL {
            list.push(Run {
                subject: workspace.subject(phase),
                node: Node::Workspace(index, phase),
                asks: asks.clone(),
            });
        }
    }
    for stack in stacks {
        let host = found.entry(stack.host.clone()).or_default();
        let known = stack.deployments.is_some() && stack.project_read;
        let list = if known { &mut host.runs } else { &mut host.open };
        list.extend(Subject::of_stack(stack).map(|subject| Run {
            subject: subject.subject.clone(),
            node: Node::Subject(subject),
            asks: Asks::Anything,
        }));
    }
    for host in found.values_mut() {
        host.runs.sort_by(|one, other| one.subject.cmp(&other.subject));
    }
    found
}

impl Host {
    /// Whether the subject is that of a run that gets tokens.
    pub(super) fn issues(&self, subject: &str) -> bool {
        let found = self.runs.binary_search_by(|run| run.subject.as_str().cmp(subject));
        found.ok().and_then(|at| self.runs.get(at)).is_some_and(|run| run.asks != Asks::Nothing)
    }

    /// The runs whose subjects fit, in groups that these documents can't tell apart.
    pub(super) fn groups(&self, fits: Option<&[Glob]>, documents: &[&Document]) -> Vec<Vec<Node>> {
        let mut groups: BTreeMap<Told<'_>, Vec<Node>> = BTreeMap::new();
        for (at, run) in self.fitting(fits) {
            let mut seen = Vec::new();
            for document in documents {
                sight(document, &run.subject, at, &mut seen);
            }
            groups.entry((&run.asks, seen)).or_default().push(run.node.clone());
        }
        let open = self.open.iter().filter(|run| {
            let subject = Glob::escaped(&run.subject);
            fits.is_none_or(|globs| globs.iter().any(|glob| glob.meets(&subject)))
        });
        groups.into_values().chain(open.map(|run| vec![run.node.clone()])).collect()
    }

    fn fitting(&self, fits: Option<&[Glob]>) -> Vec<(usize, &Run)> {
        let Some(globs) = fits else { return self.runs.iter().enumerate().collect() };
        let mut found: BTreeMap<usize, &Run> = BTreeMap::new();
        for glob in globs {
            let begins = glob.literal_prefix();
            let first = self.runs.partition_point(|run| run.subject.as_str() < begins);
            let rest = self.runs.iter().enumerate().skip(first);
            let near = rest.take_while(|(_, run)| run.subject.starts_with(begins));
            found.extend(near.filter(|(_, run)| glob.matches(&run.subject)));
        }
        found.into_iter().collect()
    }
}

/// What a document sees of a token's subject, as numbers; `alone` where the subject itself counts.
fn sight(document: &Document, subject: &str, alone: usize, seen: &mut Vec<u32>) {
    let is_claim = |key: KeyName<'_>| key.key == Key::Claim;
    for (_, statement) in relevant(document) {
        for condition in &statement.conditions {
            let variables = condition.values.iter().flat_map(crate::policy::Template::variables);
            if variables.map(KeyName::of).any(is_claim) {
                seen.push(number(alone));
            }
            if !is_claim(condition.name()) {
                continue;
            }
            for index in 0..condition.values.len() {
                seen.push(match condition.compare(index, subject) {
                    Some(Tri::True) => 1,
                    Some(Tri::False) => 0,
                    _ => 2,
                });
            }
        }
    }
}
