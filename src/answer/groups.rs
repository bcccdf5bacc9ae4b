//! Groups of selectors by a name, as the configuration file sets them: `@prod`.

use std::collections::BTreeSet;

use crate::graph::Graph;

use super::nearest::distance;
use super::question::QuestionError;

/// A group.
pub(super) struct Group<'g> {
    name: &'g str,
    selectors: &'g [String],
}

/// The group that a selector names; `None` for selectors of another kind. Refuses groups that
/// nobody set, and those that hold themselves.
pub(super) fn of<'g>(graph: &'g Graph, text: &str) -> Result<Option<Group<'g>>, QuestionError> {
    let Some(name) = text.trim().strip_prefix('@') else { return Ok(None) };
    let group = find(graph, name)?;
    check(graph, &group, &mut vec![group.name])?;
    Ok(Some(group))
}

fn find<'g>(graph: &'g Graph, name: &str) -> Result<Group<'g>, QuestionError> {
    let groups = graph.groups();
    let known = groups.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    if let Some((name, selectors)) = known {
        return Ok(Group { name, selectors });
    }
    let lower = name.to_lowercase();
    let mut near: Vec<(usize, &String)> = groups
        .keys()
        .map(|known| (distance(&lower, &known.to_lowercase()), known))
        .filter(|(far, known)| *far <= 1 + known.len().min(name.len()) / 3)
        .collect();
    near.sort();
    let error = QuestionError::invalid(format!("`@{name}` names no group"));
    let error = error.meant(near.iter().take(3).map(|(_, known)| format!("@{known}")));
    Err(match (near.is_empty(), groups.is_empty()) {
        (false, _) => error,
        (true, true) => error.hint(
            "the configuration file sets none: `[groups]`, then `NAME = [\"ou:/Prod/**\", \"!account:NAME\"]`",
        ),
        (true, false) => {
            let names: Vec<String> = groups.keys().map(|name| format!("`@{name}`")).collect();
            error.hint(format!("the configuration file sets {}", names.join(", ")))
        }
    })
}

/// Follows groups in groups, none of which may lead back.
fn check<'g>(
    graph: &'g Graph,
    group: &Group<'g>,
    above: &mut Vec<&'g str>,
) -> Result<(), QuestionError> {
    for selector in group.selectors {
        let selector = selector.strip_prefix('!').unwrap_or(selector).trim();
        let Some(name) = selector.strip_prefix('@') else { continue };
        let inner = find(graph, name).map_err(|error| group.within(error))?;
        if above.contains(&inner.name) {
            return Err(QuestionError::invalid(format!(
                "the group `@{}` holds itself, by way of `@{}`",
                inner.name, group.name
            ))
            .hint("take one of the two out of the other in the configuration file"));
        }
        above.push(inner.name);
        check(graph, &inner, above)?;
        above.pop();
    }
    Ok(())
}

impl Group<'_> {
    /// What it holds: everything where it only says what it leaves out.
    pub(super) fn holds(&self) -> impl Iterator<Item = &str> {
        let named = self.selectors.iter().filter(|it| !it.starts_with('!'));
        let everything = self.leaves_out().count() == self.selectors.len();
        let everything = (everything && !self.selectors.is_empty()).then_some("org:");
        named.map(String::as_str).chain(everything)
    }

    /// What it leaves out of that.
    pub(super) fn leaves_out(&self) -> impl Iterator<Item = &str> {
        self.selectors.iter().filter_map(|it| it.strip_prefix('!'))
    }

    /// What one of its selectors named. One may name nothing in this snapshot; an error says in
    /// which group it is.
    pub(super) fn of_member<T: Default>(
        &self,
        found: Result<T, QuestionError>,
    ) -> Result<T, QuestionError> {
        match found {
            Err(QuestionError::Unknown { .. }) => Ok(T::default()),
            found => found.map_err(|error| self.within(error)),
        }
    }

    fn within(&self, error: QuestionError) -> QuestionError {
        match error {
            QuestionError::Invalid { message, hints } => QuestionError::Invalid {
                message: format!("in the group `@{}`: {message}", self.name),
                hints,
            },
            other => other,
        }
    }

    /// What its selectors name together.
    pub(super) fn combined<T: Ord>(
        &self,
        each: impl Fn(&str) -> Result<BTreeSet<T>, QuestionError>,
    ) -> Result<BTreeSet<T>, QuestionError> {
        let mut found = BTreeSet::new();
        for selector in self.holds() {
            found.extend(self.of_member(each(selector))?);
        }
        for selector in self.leaves_out() {
            let out = self.of_member(each(selector))?;
            found.retain(|one| !out.contains(one));
        }
        Ok(found)
    }
}
