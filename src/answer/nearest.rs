//! The nearest right names for one that names nothing.

use crate::graph::{Graph, Node, Subject, ou_selector, stack_selector, workspace_selector};

const SHOWN: usize = 5;

/// At most five selectors that look like `text`, the likest first.
pub(super) fn nearest(graph: &Graph, text: &str) -> Vec<String> {
    let wanted = text.to_lowercase();
    // What all ARNs of an account share says nothing of likeness.
    let telling = |name: &str| match name.strip_prefix("arn:") {
        Some(_) => name.rsplit('/').next().map_or(0, str::len),
        None => name.len(),
    };
    // Who leaves out what an OU lies in names the end of its path.
    let below = wanted.strip_prefix("ou:").map(|path| path.trim_end_matches("/**"));
    let ends = |name: &str| {
        let name = name.trim_end_matches("/**");
        below.is_some_and(|path| path.len() > 1 && name.ends_with(path))
    };
    let mut scored: Vec<(usize, String)> = names(graph, text)
        .into_iter()
        .map(|name| {
            let lower = name.to_lowercase();
            (if ends(&lower) { 0 } else { distance(&wanted, &lower) }, name)
        })
        .filter(|(distance, name)| *distance <= 2 + telling(name).min(telling(&wanted)) / 3)
        .collect();
    scored.sort();
    scored.dedup();
    scored.into_iter().take(SHOWN).map(|(_, name)| name).collect()
}

/// Names of the kind that the text seems to mean.
fn names(graph: &Graph, text: &str) -> Vec<String> {
    let facts = graph.facts();
    if text.starts_with("tfc:") {
        let phase =
            ["plan", "apply"].into_iter().find(|phase| text.ends_with(&format!(":{phase}")));
        let suffix = phase.map(|phase| format!(":{phase}")).unwrap_or_default();
        return graph.workspaces().iter().map(|each| workspace_selector(each) + &suffix).collect();
    }
    if text.starts_with("tfc-stack:") {
        let stacks = graph.stacks().iter();
        let whole = stacks.clone().map(stack_selector);
        let each = stacks.flat_map(Subject::of_stack).filter_map(|subject| subject.deployment());
        return if text.contains("//") || text.matches(':').count() > 1 {
            each.chain(whole).collect()
        } else {
            whole.collect()
        };
    }
    let nodes = graph.nodes();
    if text.starts_with("arn:") {
        return nodes
            .filter(|node| matches!(node, Node::Role(_) | Node::User(_)))
            .map(|node| node.name(graph))
            .collect();
    }
    if text.starts_with("account:") {
        return facts
            .accounts
            .values()
            .map(|account| format!("account:{}", account.name))
            .collect();
    }
    if text.starts_with("ou:") {
        return facts.containers.values().map(|container| ou_selector(&container.path)).collect();
    }
    if text.starts_with("tag:") {
        let tags = facts.accounts.values().flat_map(|account| account.tags.iter());
        return tags.map(|(key, value)| format!("tag:{key}={value}")).collect();
    }
    let user = text.starts_with("user:");
    let plain = !text.contains([':', '/']);
    let accounts = facts.accounts.values().filter(|_| plain).map(|account| account.name.clone());
    let others = nodes.filter_map(|node| match node {
        Node::User(key) if user => {
            let row = &facts.users[key];
            Some(format!("user:{}/{}", facts.accounts[row.account].name, row.name))
        }
        Node::Role(key) if !user => {
            let row = &facts.roles[key];
            Some(format!("{}/{}", facts.accounts[row.account].name, row.name))
        }
        _ => None,
    });
    accounts.chain(others).collect()
}

/// How many characters must be added, dropped or replaced.
pub(super) fn distance(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.chars().collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (line, char) in one.chars().enumerate() {
        let mut next = vec![line + 1];
        for (column, other) in two.iter().enumerate() {
            let at =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&row, column) + usize::from(char != *other);
            next.push(replaced.min(at(&row, column + 1) + 1).min(at(&next, column) + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
