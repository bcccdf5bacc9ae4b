//! Every assume call that may succeed, one by one: more than fit into an answer.

use serde::Serialize;

use crate::evaluation::{Requirement, Verdict};
use crate::graph::search;
use crate::graph::{Graph, Node};

use super::question::QuestionError;
use super::selector::{select, select_targets};

/// One call that may succeed: a line of `rolewalk export --format jsonl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Edge<'e> {
    /// The caller: an ARN, or a selector for what has none.
    pub from: &'e str,
    /// The role's ARN; for the roles of an account that was not read, the account's selector.
    pub to: &'e str,
    /// The action.
    pub action: &'static str,
    /// Allowed, conditional or unknown.
    pub verdict: Verdict,
    /// What must hold.
    pub requirements: &'e [Vec<Requirement>],
}

/// The edges that were asked for.
#[derive(Debug)]
pub struct Edges<'g> {
    graph: &'g Graph,
    from: Option<Vec<Node>>,
    to: Option<Vec<Node>>,
}

/// The edges from `source` to `target`; without one, from or to everything.
pub fn edges<'g>(
    graph: &'g Graph,
    source: Option<&str>,
    target: Option<&str>,
) -> Result<Edges<'g>, QuestionError> {
    let once = |mut nodes: Vec<Node>| {
        nodes.sort();
        nodes.dedup();
        nodes
    };
    let from = source.map(|text| select(graph, text)).transpose()?.map(|found| once(found.nodes));
    let to = target.map(|text| select_targets(graph, text)).transpose()?.map(once);
    Ok(Edges { graph, from, to })
}

impl Edges<'_> {
    /// Calls `each` with one edge after the other, no pair twice, always in the same order: by
    /// caller, then by role. Holds what one caller may assume, never all.
    ///
    /// # Errors
    /// The first of `each`, which ends it.
    pub fn each<E>(&self, mut each: impl FnMut(&Edge<'_>) -> Result<(), E>) -> Result<(), E> {
        let graph = self.graph;
        let facts = graph.facts();
        let nothing = vec![Vec::new()];
        let mut caller: Option<(Node, String)> = None;
        graph.each_edge(self.from.as_deref(), self.to.as_deref(), |from, to, assume| {
            if caller.as_ref().is_none_or(|(known, _)| known != from) {
                caller = Some((from.clone(), from.name(graph)));
            }
            let name = caller.as_ref().map(|(_, name)| name.as_str()).unwrap_or_default();
            let placeholder;
            let role = match to {
                Node::Role(key) => &*facts.roles[*key].arn,
                other => {
                    placeholder = other.name(graph);
                    &placeholder
                }
            };
            // What is required names things that may differ between callers or roles that are
            // told apart by nothing else, so each pair is asked.
            let judged;
            let requirements = if assume.verdict == Verdict::Allowed {
                &nothing
            } else {
                let route = search::judge(graph, &[from.clone(), to.clone()]);
                judged = route.map(|route| route.requirements).unwrap_or_default();
                &judged
            };
            let action = assume.action.as_str();
            each(&Edge { from: name, to: role, action, verdict: assume.verdict, requirements })
        })
    }
}
