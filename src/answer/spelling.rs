//! How names of HCP Terraform are written that nobody could look up.
//!
//! Names compare without case there, subjects in trust policies with. Of a host that was not read
//! only the policies tell how a name is written.

use crate::graph::{Graph, Node};
use crate::issuer;

/// The names with the letter case that subjects of trust policies have, where one has them.
/// `slots` says what each is called in subjects, each within the one before.
pub(super) fn as_written(
    graph: &Graph,
    host: &str,
    slots: [&str; 3],
    typed: [&str; 3],
) -> [String; 3] {
    let mut names = typed.map(str::to_owned);
    let Some(hcp) = issuer::by_id("hcp-terraform") else { return names };
    let subjects: Vec<Vec<(&str, String)>> = graph
        .nodes()
        .filter_map(|node| match node {
            Node::Subject(subject) if subject.issuer == host => {
                let (_, found) = hcp.read_subject(&subject.subject)?;
                let name = |slot| found.iter().find(|(name, _)| *name == slot);
                let found = slots.iter().filter_map(|slot| name(*slot));
                // The names live as long as the table; what they hold is the subject's.
                let found = found.filter_map(|(slot, text)| {
                    let slot = slots.iter().find(|known| *known == slot)?;
                    Some((*slot, (*text).to_owned()))
                });
                Some(found.collect())
            }
            _ => None,
        })
        .collect();
    for (at, slot) in slots.iter().enumerate() {
        let above: Vec<(&str, String)> =
            slots.iter().copied().zip(names.iter().cloned()).take(at).collect();
        let within = |subject: &&Vec<(&str, String)>| {
            above.iter().all(|(slot, name)| {
                let known = subject.iter().find(|(known, _)| known == slot);
                known.is_none_or(|(_, text)| text == name || text == "*")
            })
        };
        let Some(name) = names.get_mut(at) else { continue };
        let written = subjects.iter().filter(within).flatten();
        let written: Vec<&String> = written
            .filter(|(known, text)| known == slot && text.eq_ignore_ascii_case(name))
            .map(|(_, text)| text)
            .collect();
        if let Some(first) = written.first().filter(|_| !written.contains(&&*name)) {
            *name = (*first).clone();
        }
    }
    names
}
