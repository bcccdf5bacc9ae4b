//! One source, with what its settings ask for.

use std::sync::Arc;

use crate::arn::Arn;
use crate::graph::search::Firsts;
use crate::graph::{Graph, Node};
use crate::org::AccountKey;
use crate::workload::{Phase, RoleSetting, Workspace};

use super::super::answers::CellRow;
use super::runs::Run;

/// A workspace in one phase, or another source of tokens.
pub(super) struct Row<'g> {
    /// Nothing for sources of other issuers.
    pub(super) run: Option<(&'g Workspace, Phase)>,
    pub(super) meant: &'g Run,
    pub(super) node: Node,
    /// What its cells are of.
    pub(super) cells: Arc<CellRow>,
    /// Roles that the settings name.
    pub(super) configured: Vec<Asked>,
    /// Roles that Vault assumes.
    pub(super) vault_backed: Vec<Asked>,
    /// Whether it may be of HCP Terraform, whose runs have settings.
    pub(super) has_settings: bool,
    /// Whether a setting that names a role is sensitive, so that any may be asked for.
    pub(super) hides_role: bool,
    /// Whether ways in that can't be followed may lead anywhere.
    pub(super) hidden: bool,
    /// Where its first hops lead; `None` where it has to be searched alone.
    pub(super) firsts: Option<Firsts>,
}

/// A role that settings name.
pub(super) struct Asked {
    pub(super) tag: Option<Arc<str>>,
    pub(super) account: Option<AccountKey>,
    /// With the number of its vertex, where the facts have it.
    pub(super) role: Option<(Node, Option<usize>)>,
}

impl<'g> Row<'g> {
    pub(super) fn new(graph: &'g Graph, run: &'g Run, hops: usize) -> Self {
        let of = run.of(graph);
        Self {
            run: of,
            meant: run,
            cells: Arc::new(CellRow {
                workspace: run.selector(graph),
                phase: run.phase(graph),
                is_run: of.is_some(),
            }),
            configured: configured_roles(graph, run),
            vault_backed: vault_roles(graph, run),
            has_settings: run.has_settings(graph),
            hidden: of.is_some_and(|(workspace, _)| !workspace.other_ways.is_empty()),
            hides_role: hides_role(graph, run),
            firsts: Firsts::of(graph, &run.node, hops),
            node: run.node.clone(),
        }
    }

    /// The configured roles at a vertex.
    pub(super) fn asked_at(&self, number: usize) -> Vec<&Asked> {
        let at = move |asked: &&Asked| {
            asked.role.as_ref().is_some_and(|(_, vertex)| *vertex == Some(number))
        };
        self.configured.iter().filter(at).collect()
    }
}

/// The roles that the settings name for a run.
fn configured_roles(graph: &Graph, run: &Run) -> Vec<Asked> {
    let Some((workspace, phase)) = run.of(graph) else { return Vec::new() };
    let configurations = workspace.configurations.iter();
    let meant = configurations.filter(|each| run.means(each.tag.as_deref()));
    meant.flat_map(|each| asked(graph, each.tag.as_deref(), each.role(phase))).collect()
}

/// Whether the settings for a run name a role that can't be told.
fn hides_role(graph: &Graph, run: &Run) -> bool {
    let Some((workspace, phase)) = run.of(graph) else { return false };
    let meant = |tag: &Option<String>| run.means(tag.as_deref());
    let hidden = |setting: &RoleSetting| *setting == RoleSetting::Hidden;
    let mut own = workspace.configurations.iter().filter(|it| meant(&it.tag));
    let mut vault = workspace.vault_backed.iter().filter(|it| meant(&it.tag));
    own.any(|it| hidden(it.role(phase))) || vault.any(|it| hidden(it.role(phase)))
}

/// The roles that Vault assumes in a run.
fn vault_roles(graph: &Graph, run: &Run) -> Vec<Asked> {
    let Some((workspace, phase)) = run.of(graph) else { return Vec::new() };
    let meant = workspace.vault_backed.iter().filter(|each| run.means(each.tag.as_deref()));
    meant.flat_map(|each| asked(graph, each.tag.as_deref(), each.role(phase))).collect()
}

fn asked(graph: &Graph, tag: Option<&str>, setting: &RoleSetting) -> Vec<Asked> {
    let facts = graph.facts();
    let arns: &[&String] = match setting {
        RoleSetting::Arn(arn) => &[arn],
        RoleSetting::Ambiguous(one, other) => &[one, other],
        RoleSetting::Hidden | RoleSetting::Missing => &[],
    };
    let asked = |arn: &&String| {
        let account = arn.parse::<Arn>().ok().and_then(|arn| facts.account(arn.account()?));
        let node = facts.role_by_arn(arn).map(Node::Role);
        let role = node.map(|node| (node.clone(), graph.number(&node)));
        Asked { tag: tag.map(Arc::from), account, role }
    };
    arns.iter().map(asked).collect()
}
