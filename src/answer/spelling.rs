//! How names of HCP Terraform are written that nobody could look up.
//!
//! Names compare without case there, subjects in trust policies with. Of a host that was not read
//! only the policies tell how a name is written; where they write it in several ways, each of them
//! is meant.

use std::collections::BTreeSet;

use crate::arn::glob::Glob;
use crate::graph::{Graph, Node, Subject};
use crate::issuer;
use crate::org::Facts;

/// What one subject says of each slot, which may be a pattern.
type Written = [Option<String>; 3];

/// The names as subjects of trust policies have them; as they were typed where none has them.
/// `slots` says what each is called in subjects, each within the one before.
pub(super) fn as_written(
    graph: &Graph,
    host: &str,
    slots: [&str; 3],
    typed: [&str; 3],
) -> Vec<[String; 3]> {
    let Some(hcp) = issuer::by_id("hcp-terraform") else { return Vec::new() };
    let subjects: Vec<Written> = graph
        .nodes()
        .filter_map(|node| match node {
            Node::Subject(subject) if subject.issuer == host => {
                let found = hcp.slots_of_pattern(&subject.subject);
                let value = |slot: &str| found.iter().find(|(name, _)| *name == slot);
                Some(slots.map(|slot| value(slot).map(|(_, text)| (*text).to_owned())))
            }
            _ => None,
        })
        .collect();
    let mut found: Vec<Vec<String>> = vec![Vec::new()];
    for (at, name) in typed.iter().enumerate() {
        let longer = |names: Vec<String>| {
            let within = subjects.iter().filter(|written| {
                let above = names.iter().zip(written.iter());
                above.into_iter().all(|(name, written)| {
                    written.as_deref().is_none_or(|text| Glob::new(text).matches(name))
                })
            });
            let here = within.filter_map(|written| written.get(at)?.as_deref());
            let (patterns, names_there): (Vec<&str>, Vec<&str>) =
                here.partition(|text| text.contains(['*', '?']));
            let mut spellings: BTreeSet<String> =
                names_there.into_iter().filter_map(|text| spelled(text, name)).collect();
            for pattern in patterns.into_iter().filter(|pattern| *pattern != "*") {
                // Whoever writes the name out says how it is written.
                let glob = Glob::new(pattern);
                if !spellings.iter().any(|spelling| glob.matches(spelling)) {
                    spellings.extend(spelled(pattern, name));
                }
            }
            if spellings.is_empty() {
                spellings.insert((*name).to_owned());
            }
            spellings.into_iter().map(move |spelling| {
                let mut names = names.clone();
                names.push(spelling);
                names
            })
        };
        found = found.into_iter().flat_map(longer).collect();
    }
    found.into_iter().filter_map(|names| names.try_into().ok()).collect()
}

/// Whether a workspace may exist that was not read: the token may not see it, or some entry was
/// damaged, or a trust policy lets it in: by its name, or where nothing is known of its organization
/// by any pattern.
pub(super) fn is_unread(graph: &Graph, host: &str, names: [&str; 3]) -> bool {
    let facts = graph.facts();
    let [organization, ..] = names;
    if facts.hides_organization(host, organization) || facts.hides_workspaces(host) {
        return true;
    }
    let read = facts.organizations_read(host);
    let was_read = read.iter().any(|name| name.eq_ignore_ascii_case(organization));
    let lower = |text: &str| text.to_lowercase();
    let meant = names.map(|name| Glob::new(&lower(name)));
    let lets_in = |subject: &Subject| {
        let slots = ["organization", "project", "workspace"].map(|slot| slot_of(subject, slot));
        let literal =
            |slot: &Option<String>| slot.as_ref().is_some_and(|text| !text.contains(['*', '?']));
        let [organization, _, workspace] = &slots;
        let by_name = literal(organization) && literal(workspace);
        let each = meant.iter().zip(&slots);
        let fits = |(meant, slot): (&Glob, &Option<String>)| {
            slot.as_ref().is_none_or(|slot| Glob::new(&lower(slot)).meets(meant))
        };
        subject.issuer.eq_ignore_ascii_case(host)
            && (by_name || !was_read)
            && each.into_iter().all(fits)
    };
    graph.nodes().any(|node| matches!(node, Node::Subject(subject) if lets_in(&subject)))
}

/// What a subject of HCP Terraform, or a pattern of them, says of the organization.
pub(super) fn organization_of(subject: &Subject) -> Option<String> {
    slot_of(subject, "organization")
}

fn slot_of(subject: &Subject, name: &str) -> Option<String> {
    let hcp = issuer::by_id("hcp-terraform")?;
    let slots = hcp.slots_of_pattern(&subject.subject);
    slots.into_iter().find(|(slot, _)| *slot == name).map(|(_, text)| text.to_owned())
}

/// The URL of an issuer without scheme as a provider of the facts has it: hosts compare without
/// case, so that one is meant in whatever case it was typed.
pub(super) fn url_of(facts: &Facts, typed: &str) -> String {
    let typed = typed.strip_prefix("https://").unwrap_or(typed);
    let canonical = issuer::in_canonical_case(typed);
    let urls = facts.oidc_providers.values().map(|provider| &*provider.url);
    let same: Vec<&str> = urls.filter(|url| issuer::in_canonical_case(url) == canonical).collect();
    let found = same.iter().find(|url| **url == typed).or(same.first());
    found.map_or(canonical, |url| (*url).to_owned())
}

/// A name with the letter case of a pattern that it fits without case: what stands before and
/// after the pattern's wildcards.
fn spelled(pattern: &str, name: &str) -> Option<String> {
    if !Glob::new(&pattern.to_lowercase()).matches(&name.to_lowercase()) {
        return None;
    }
    let wild = ['*', '?'];
    let Some(first) = pattern.find(wild) else { return Some(pattern.to_owned()) };
    let begins = pattern.get(..first)?;
    let ends = pattern.rsplit(wild).next().unwrap_or_default();
    // Names are letters, digits, `-`, `_` and blanks; of anything else the typed one stays.
    let rest = name.get(begins.len()..)?;
    let between = rest.get(..rest.len().checked_sub(ends.len())?)?;
    Some(format!("{begins}{between}{ends}"))
}

#[cfg(test)]
mod tests {
    use super::spelled;

    #[test]
    fn a_name_takes_the_case_of_what_a_pattern_fixes() {
        for (pattern, name, found) in [
            ("Acme", "ACME", Some("Acme")),
            ("App-*", "app-One", Some("App-One")),
            ("*-Prod", "net-prod", Some("net-Prod")),
            ("A?p-*-X", "acP-q-x", Some("AcP-q-X")),
            ("Acme", "acme2", None),
        ] {
            assert_eq!(spelled(pattern, name).as_deref(), found, "{pattern} {name}");
        }
    }
}
