//! Where tokens come in whose subjects trust policies name.

use petgraph::Direction::Outgoing;

use crate::evaluation::Verdict;

use super::{Graph, Node, Place, Subject};

/// Roles that a token subject enters because their trust policy names it.
#[derive(Debug, Clone)]
pub struct SubjectHop {
    /// The subject, or the pattern of subjects.
    pub subject: Subject,
    /// The vertex of the roles, by number.
    pub number: usize,
    /// The hop's verdict.
    pub verdict: Verdict,
}

impl Graph {
    /// The hops of token subjects to the roles whose trust policies name them, without those that
    /// are denied. Which other roles such a token may enter, because they name a wider pattern,
    /// is told by that pattern's own hop.
    pub fn subject_hops(&self) -> Vec<SubjectHop> {
        let mut found = Vec::new();
        for vertex in self.petgraph.node_indices() {
            let Some(Place::Other(node)) = self.petgraph.node_weight(vertex) else { continue };
            let Node::Subject(subject) = &**node else { continue };
            for set in self.sets(vertex, Outgoing) {
                for (bundle, roles) in self.bundles(set, Outgoing) {
                    let verdict = bundle.assume.verdict;
                    if verdict == Verdict::Denied {
                        continue;
                    }
                    let members = self.members(roles, Outgoing);
                    let members = members.filter(|it| self.vertices.group(*it).is_some());
                    found.extend(members.map(|member| SubjectHop {
                        subject: subject.clone(),
                        number: member.index(),
                        verdict,
                    }));
                }
            }
        }
        found.sort_by(|one, other| {
            (one.number, &one.subject, one.verdict).cmp(&(
                other.number,
                &other.subject,
                other.verdict,
            ))
        });
        found.dedup_by(|again, first| {
            (again.number, &again.subject) == (first.number, &first.subject)
        });
        found
    }
}
