//! Sources that anybody can name: tokens, services, outsiders. The facts need not mention them, so
//! they are put to the classes of roles when they are asked for.

use crate::org::RoleKey;

use super::index::Asked;
use super::{Assume, Bundle, Graph, Node};

/// Whether the graph has edges of such a source, wherever a policy mentions it.
pub(super) fn has_edges(from: &Node) -> bool {
    matches!(from, Node::Service(_) | Node::Anyone)
}

/// What such a source may assume, as sets of roles that nothing tells apart, without what the
/// graph has edges for.
pub(super) fn bundles(graph: &Graph, from: &Node) -> Vec<(Vec<RoleKey>, Bundle)> {
    let (facts, targets) = (&graph.facts, &graph.targets);
    let home = from.account(facts).and_then(|id| facts.account(id));
    let mut found = Vec::new();
    let asked = Asked::new(facts, from);
    for (trust, opens) in targets.trusts.iter().zip(&graph.opens) {
        if !opens.may_let_in(&asked) {
            continue;
        }
        for class in &trust.classes {
            let Some(class) = targets.class(*class) else { continue };
            // Providers, and with them whose tokens serve, differ from account to account.
            let apart = opens.targets_apart || matches!(from, Node::Subject(_));
            let mut known: Option<Option<Assume>> = None;
            for cell in class.cells.iter().filter_map(|cell| targets.cell(*cell)) {
                let Some(first) = cell.members.first() else { continue };
                let role = Node::Role(*first);
                let judge = || graph.under().judge_pair(from, &role, false);
                let alone = apart || home == Some(cell.account);
                let assume = if alone { judge() } else { *known.get_or_insert_with(judge) };
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
            let assume = graph.under().judge_pair(from, &to, false)?;
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
    let counts = |assume: &Assume| assume.named || has_edges(from);
    found.extend(stored.into_iter().filter(|(_, assume)| counts(assume)));
    found.sort_by(|(one, first), (other, second)| {
        (one, first.verdict).cmp(&(other, second.verdict))
    });
    // Of two edges to one role the better one stays.
    found.dedup_by(|(again, other), (node, best)| {
        let same = again == node;
        best.named |= same && other.named;
        same
    });
    found
}
