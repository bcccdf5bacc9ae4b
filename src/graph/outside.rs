//! Sources that anybody can name: tokens, services, outsiders. The facts need not mention them, so
//! they are put to the classes of roles when they are asked for.

use crate::org::RoleKey;

use super::halves::by_halves;
use super::index::{Asked, Map, Opens, Trust};
use super::{Assume, Bundle, Graph, Node};

/// Whether the graph has edges of such a source, wherever a policy mentions it.
pub(super) fn has_edges(from: &Node) -> bool {
    matches!(from, Node::Service(_) | Node::Anyone)
}

/// What such a source may assume, as sets of roles that nothing tells apart, without what the graph
/// has edges for. Sets of which no role is wanted may be missing.
pub(super) fn bundles<'g>(
    graph: &'g Graph,
    from: &Node,
    is_wanted: impl Fn(RoleKey) -> bool + Sync,
) -> Vec<(&'g [RoleKey], Bundle)> {
    let (facts, targets) = (&graph.facts, &graph.targets);
    let asked = Asked::new(facts, from);
    let of = |number: u32| {
        let number = number as usize;
        Some((targets.trusts.get(number)?, graph.opens.of(number)?))
    };
    let open = graph.opens.that_may_let_in(&asked);
    let open: Vec<(&Trust, Opens)> = open.into_iter().filter_map(of).collect();
    let home = from.account(facts).and_then(|id| facts.account(id));
    let is_outsider = matches!(from, Node::External(_)) && home.is_none();
    by_halves(&open, |part| {
        let mut found = Vec::new();
        let mut said: Map<(u32, u32), Option<Assume>> = Map::default();
        for (trust, opens) in part {
            // Providers, and with them whose tokens serve, differ from account to account.
            let apart = opens.targets_apart || matches!(from, Node::Subject(_));
            for class in trust.classes.iter().filter_map(|class| targets.class(*class)) {
                let same = opens.to_outsiders.filter(|_| is_outsider && !apart);
                let same = same.map(|says| (says, class.alike));
                let mut known = same.and_then(|same| said.get(&same).copied());
                for cell in class.cells.iter().filter_map(|cell| targets.cell(*cell)) {
                    let Some(role) = cell.members.iter().find(|role| is_wanted(**role)) else {
                        continue;
                    };
                    let judge = || graph.under().judge_pair(from, &Node::Role(*role), false);
                    let alone = apart || home == Some(cell.account);
                    let assume = if alone { judge() } else { *known.get_or_insert_with(judge) };
                    if let Some(assume) = assume {
                        let (session, hands_on) = (opens.hands_on, from.hands_on());
                        let bundle = Bundle { assume, across: false, session, hands_on };
                        found.push((cell.members.as_slice(), bundle));
                    }
                }
                if let (Some(same), Some(known)) = (same, known) {
                    said.insert(same, known);
                }
            }
        }
        found
    })
}

/// What such a source may assume in accounts whose roles were not read.
pub(super) fn unread(graph: &Graph, from: &Node) -> Vec<(Node, Assume)> {
    let facts = &graph.facts;
    let unread = facts.accounts.iter().filter(|(_, row)| row.missing().is_some());
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
    let mut found: Vec<(Node, Assume)> = bundles(graph, from, |_| true)
        .into_iter()
        .flat_map(|(roles, bundle)| {
            roles.iter().map(move |role| (Node::Role(*role), bundle.assume))
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
