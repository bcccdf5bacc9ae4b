//! Sources that anybody can name: tokens, services, outsiders. The facts need not mention them, so
//! they are put to the classes of roles when they are asked for.

use crate::org::RoleKey;

use super::pair::judge_pair;
use super::{Assume, Bundle, Graph, Node};

/// What such a source may assume, as sets of roles that nothing tells apart.
pub(super) fn bundles(graph: &Graph, from: &Node) -> Vec<(Vec<RoleKey>, Bundle)> {
    let (facts, targets) = (&graph.facts, &graph.targets);
    let mut found = Vec::new();
    for (trust, opens) in targets.trusts.iter().zip(&graph.opens) {
        let may = match from {
            Node::Subject(_) => opens.tokens,
            Node::Service(name) => opens.every_service || opens.services.contains(name),
            _ => opens.outsiders,
        };
        if !may {
            continue;
        }
        for class in &trust.classes {
            let Some(class) = targets.class(*class) else { continue };
            // Providers, and with them whose tokens serve, differ from account to account; so do
            // an account's own principals.
            let apart = opens.targets_apart || matches!(from, Node::Subject(_) | Node::Named(_));
            let mut known: Option<Option<Assume>> = None;
            for cell in class.cells.iter().filter_map(|cell| targets.cell(*cell)) {
                let Some(first) = cell.members.first() else { continue };
                let role = Node::Role(*first);
                let judge = || judge_pair(facts, &graph.workspaces, from, &role, false);
                let assume = if apart { judge() } else { *known.get_or_insert_with(judge) };
                if let Some(assume) = assume {
                    let bundle = Bundle { assume, across: false, session: opens.hands_on };
                    found.push((cell.members.clone(), bundle));
                }
            }
        }
    }
    found
}

/// What such a source may assume in accounts whose roles were not read. What services may do there
/// is true of every service, and says nothing.
pub(super) fn unread(graph: &Graph, from: &Node) -> Vec<(Node, Assume)> {
    let facts = &graph.facts;
    if matches!(from, Node::Service(_)) {
        return Vec::new();
    }
    let unread = facts.accounts.iter().filter(|(_, row)| row.identities.gap().is_some());
    unread
        .filter_map(|(key, _)| {
            let to = Node::Unread(key);
            let assume = judge_pair(facts, &graph.workspaces, from, &to, false)?;
            Some((to, assume))
        })
        .collect()
}

/// The assume edges that leave such a source.
pub(super) fn assumes(graph: &Graph, from: &Node) -> Vec<(Node, Assume)> {
    let stored = graph.beside(from, petgraph::Direction::Outgoing);
    let mut found: Vec<(Node, Assume)> = bundles(graph, from)
        .into_iter()
        .flat_map(|(roles, bundle)| {
            roles.into_iter().map(move |role| (Node::Role(role), bundle.assume))
        })
        .collect();
    found.extend(unread(graph, from));
    for (to, assume) in stored.into_iter().filter(|(_, assume)| assume.named) {
        match found.iter_mut().find(|(known, _)| *known == to) {
            Some((_, known)) => known.named = true,
            None => found.push((to, assume)),
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found
}
