//! The tree as it is drawn: flat, each node knowing where its subtree ends.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::super::describe::Names;
use crate::answer::{NodeKind, Tree, TreeNode};

/// One node.
#[derive(Debug, Clone)]
pub(crate) struct TreeRow {
    pub(crate) node: TreeNode,
    pub(crate) parent: Option<usize>,
    /// The index after the last node below this one.
    pub(crate) end: usize,
    /// For the row that stands for all service-linked roles of an account: how many.
    pub(crate) group: Option<usize>,
}

/// The whole tree.
#[derive(Debug, Clone, Default)]
pub(crate) struct TreeModel {
    rows: Vec<TreeRow>,
    places: HashMap<String, usize>,
    names: Arc<Names>,
    /// What the palette searches, made when it is first opened.
    labels: OnceLock<Vec<String>>,
}

/// Trees up to this many accounts begin with their OUs unfolded.
const OPEN_ACCOUNTS: usize = 400;

impl TreeModel {
    pub(crate) fn new(tree: Tree) -> Self {
        let names = Arc::new(Names::of(&tree.nodes));
        let rows = link(group_service_linked(tree.nodes));
        let mut places = HashMap::with_capacity(rows.len() * 2);
        for (index, row) in rows.iter().enumerate() {
            for name in [&row.node.selector, &row.node.id] {
                if !name.is_empty() {
                    places.entry(name.clone()).or_insert(index);
                }
            }
        }
        Self { rows, places, names, labels: OnceLock::new() }
    }

    pub(crate) fn names(&self) -> &Arc<Names> {
        &self.names
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn row(&self, index: usize) -> Option<&TreeRow> {
        self.rows.get(index)
    }

    /// Whether nothing lies below the node.
    pub(crate) fn is_leaf(&self, index: usize) -> bool {
        self.row(index).is_none_or(|row| row.end <= index + 1)
    }

    /// Whether this is the selector of a workspace, with no phase.
    pub(crate) fn is_workspace(&self, selector: &str) -> bool {
        let row = self.find(selector).and_then(|row| self.row(row));
        row.is_some_and(|row| row.node.kind == NodeKind::Workspace && row.node.selector == selector)
    }

    /// The node that a selector, an ARN or an id names; a workspace's phase is left aside.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        let phaseless = |name: &str| {
            let found = name.strip_suffix(":plan").or_else(|| name.strip_suffix(":apply"))?;
            self.places.get(found)
        };
        // A backslash before it makes an `@` part of a name, so nothing has a name that ends there.
        let tagless = || {
            let mut ends = name.rmatch_indices('@').filter_map(|(end, _)| name.get(..end));
            ends.find_map(|before| self.places.get(before))
        };
        self.places
            .get(name)
            .or_else(|| self.places.get(name.strip_prefix("account:")?))
            .or_else(|| phaseless(name))
            .or_else(tagless)
            .or_else(|| self.places.get(&self.names.short(name)))
            .copied()
    }

    /// The row here that stands for the same thing as a row of another tree.
    pub(crate) fn counterpart(&self, other: &Self, index: usize) -> Option<usize> {
        let row = other.row(index)?;
        if row.group.is_some() {
            let account = self.counterpart(other, row.parent?)?;
            let end = self.row(account)?.end;
            return (account..end)
                .find(|place| self.row(*place).is_some_and(|row| row.group.is_some()));
        }
        let place =
            self.places.get(&row.node.id).or_else(|| self.places.get(&row.node.selector))?;
        Some(*place)
    }

    /// The same, or of what is above it the nearest that is here.
    pub(crate) fn nearest_counterpart(&self, other: &Self, index: usize) -> Option<usize> {
        let mut next = Some(index);
        while let Some(index) = next {
            if let Some(found) = self.counterpart(other, index) {
                return Some(found);
            }
            next = other.row(index)?.parent;
        }
        None
    }

    /// The account that a row is or lies in: id and name.
    pub(crate) fn account_of(&self, index: usize) -> Option<(String, String)> {
        let mut next = Some(index);
        while let Some(row) = next.and_then(|index| self.row(index)) {
            if row.node.kind == NodeKind::Account {
                return Some((row.node.id.clone(), row.node.name.clone()));
            }
            next = row.parent;
        }
        None
    }

    /// What is unfolded at first: the OUs, not the accounts.
    pub(crate) fn first_open(&self) -> Vec<bool> {
        let accounts = self.rows.iter().filter(|row| row.node.kind == NodeKind::Account).count();
        let many = accounts > OPEN_ACCOUNTS;
        self.rows
            .iter()
            .map(|row| match row.node.kind {
                NodeKind::Organization | NodeKind::HcpTerraform => true,
                NodeKind::Ou => !many || row.node.depth <= 1,
                _ => false,
            })
            .collect()
    }

    /// The nodes that can be seen when `open` ones are unfolded. Costs as much as it returns.
    pub(crate) fn visible(&self, open: &[bool]) -> Vec<usize> {
        let mut visible = Vec::new();
        let mut index = 0;
        while let Some(row) = self.rows.get(index) {
            visible.push(index);
            index = if open.get(index).copied().unwrap_or(false) { index + 1 } else { row.end };
        }
        visible
    }

    /// The nodes whose name, selector or id contains a text, whatever its case.
    pub(crate) fn containing(&self, text: &str) -> Vec<usize> {
        let wanted = text.to_lowercase();
        let contains = |name: &str| name.to_lowercase().contains(&wanted);
        (self.rows.iter().enumerate())
            .filter(|(_, row)| contains(&row.node.name) || contains(&row.node.id))
            .map(|(index, _)| index)
            .collect()
    }

    /// Of the nodes that contain a text, the one that it most likely means.
    pub(crate) fn best(&self, nodes: &[usize], text: &str) -> Option<usize> {
        let wanted = text.to_lowercase();
        nodes.iter().copied().min_by_key(|index| {
            let name = self.row(*index).map(|row| row.node.name.to_lowercase()).unwrap_or_default();
            (name != wanted, !name.starts_with(&wanted), *index)
        })
    }

    /// Nodes with everything above them, in order.
    pub(crate) fn with_ancestors(&self, nodes: &[usize]) -> Vec<usize> {
        let mut all = Vec::with_capacity(nodes.len() * 2);
        for node in nodes {
            let start = all.len();
            let mut next = Some(*node);
            // What is above a node that is listed already, is listed too.
            while let Some(index) = next.filter(|index| all.last() != Some(index)) {
                if all.get(..start).is_some_and(|listed| listed.binary_search(&index).is_ok()) {
                    break;
                }
                all.push(index);
                next = self.row(index).and_then(|row| row.parent);
            }
            if let Some(added) = all.get_mut(start..) {
                added.reverse();
            }
        }
        all
    }

    /// The labels of all nodes; empty ones are not to be found.
    pub(crate) fn labels(&self) -> &[String] {
        self.labels.get_or_init(|| (0..self.len()).map(|index| self.label(index)).collect())
    }

    /// `prod-net/tf-member`: what the palette shows for a node.
    pub(crate) fn label(&self, index: usize) -> String {
        let Some(row) = self.row(index) else { return String::new() };
        match row.node.kind {
            NodeKind::Role | NodeKind::ServiceLinkedRole | NodeKind::User => {
                if row.group.is_some() { String::new() } else { self.names.short(&row.node.id) }
            }
            NodeKind::Account => format!("{} {}", row.node.name, row.node.id),
            NodeKind::OidcProvider | NodeKind::SamlProvider => {
                let above = row.parent.and_then(|parent| self.row(parent));
                let account = above.map_or("", |above| above.node.name.as_str());
                format!("{account}/{}", row.node.name)
            }
            NodeKind::Workspace | NodeKind::Stack => row.node.selector.clone(),
            _ => row.node.name.clone(),
        }
    }
}

/// Puts the service-linked roles of each account under one row, as nobody can assume them.
fn group_service_linked(nodes: Vec<TreeNode>) -> Vec<(TreeNode, Option<usize>)> {
    let mut rows = Vec::with_capacity(nodes.len() + 16);
    let mut waiting: Vec<TreeNode> = Vec::new();
    for node in nodes {
        // The group stands last in its account.
        if waiting.last().is_some_and(|last| node.depth < last.depth) {
            flush(&mut rows, &mut waiting);
        }
        if node.kind == NodeKind::ServiceLinkedRole {
            waiting.push(node);
        } else {
            rows.push((node, None));
        }
    }
    flush(&mut rows, &mut waiting);
    rows
}

fn flush(rows: &mut Vec<(TreeNode, Option<usize>)>, waiting: &mut Vec<TreeNode>) {
    let Some(first) = waiting.first() else { return };
    let depth = first.depth;
    let count = waiting.len();
    let group = TreeNode {
        depth,
        kind: NodeKind::ServiceLinkedRole,
        selector: String::new(),
        name: super::super::describe::counted(count, "service-linked role"),
        id: String::new(),
        count,
        control_policies: Vec::new(),
        not_read: None,
        reached: None,
        privilege: None,
        privilege_proven: None,
    };
    rows.push((group, Some(count)));
    rows.extend(waiting.drain(..).map(|node| (TreeNode { depth: depth + 1, ..node }, None)));
}

fn link(nodes: Vec<(TreeNode, Option<usize>)>) -> Vec<TreeRow> {
    let mut rows: Vec<TreeRow> = Vec::with_capacity(nodes.len());
    let mut above: Vec<usize> = Vec::new();
    let end_of = |rows: &mut Vec<TreeRow>, index: usize, end: usize| {
        if let Some(row) = rows.get_mut(index) {
            row.end = end;
        }
    };
    for (index, (node, group)) in nodes.into_iter().enumerate() {
        while let Some(last) = above.last().copied() {
            if rows.get(last).is_some_and(|row| row.node.depth < node.depth) {
                break;
            }
            end_of(&mut rows, last, index);
            above.pop();
        }
        rows.push(TreeRow { node, parent: above.last().copied(), end: index + 1, group });
        above.push(index);
    }
    let length = rows.len();
    for index in above {
        end_of(&mut rows, index, length);
    }
    rows
}
