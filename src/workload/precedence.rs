//! Which of several values of one variable wins (`docs/evaluation.md`, rule H2).

use std::collections::BTreeMap;

use crate::org::hcp::{HcpTerraform, VariableSet, Workspace};

/// A winning value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Effective {
    /// `None` where it is sensitive.
    pub(super) value: Option<String>,
    /// For people: `workspace`, or the variable set's name.
    pub(super) origin: String,
}

/// The effective environment variables of a workspace.
pub(super) fn effective(hcp: &HcpTerraform, workspace: &Workspace) -> BTreeMap<String, Effective> {
    // The smallest rank wins; ties go to the set whose name sorts first by code point, which
    // is the order of UTF-8 bytes.
    let mut best: BTreeMap<&str, ((u8, &str), Effective)> = BTreeMap::new();
    let mut offer = |rank: (u8, &'_ str), key, value: &Option<String>, origin: String| {
        let candidate = Effective { value: value.clone(), origin };
        match best.get(key) {
            Some((known, _)) if *known <= rank => {}
            _ => {
                // The name outlives the loop: it belongs to `hcp`.
                best.insert(key, ((rank.0, name_of(hcp, rank.1)), candidate));
            }
        }
    };
    for own in hcp.variables.iter().filter(|own| own.workspace == workspace.id) {
        if own.variable.category == "env" {
            offer((8, ""), own.variable.key.as_str(), &own.variable.value, "workspace".to_owned());
        }
    }
    for set in &hcp.variable_sets {
        let Some(rank) = rank(set, workspace) else { continue };
        for variable in set.variables.iter().filter(|variable| variable.category == "env") {
            let origin = format!(
                "variable set {}{}",
                set.name,
                if set.priority { " (priority)" } else { "" }
            );
            offer((rank, set.name.as_str()), variable.key.as_str(), &variable.value, origin);
        }
    }
    best.into_iter().map(|(key, (_, value))| (key.to_owned(), value)).collect()
}

fn name_of<'h>(hcp: &'h HcpTerraform, name: &str) -> &'h str {
    hcp.variable_sets.iter().find(|set| set.name == name).map_or("", |set| set.name.as_str())
}

/// The rank of a set for a workspace; `None` where it does not apply. A set that is attached in
/// several ways takes the strongest.
fn rank(set: &VariableSet, workspace: &Workspace) -> Option<u8> {
    if set.organization != workspace.organization {
        return None;
    }
    let by_project_owner = set.owner_project.is_some();
    let on_project = set.projects.contains(&workspace.project);
    let on_workspace = set.workspaces.contains(&workspace.id);
    let ways = [
        (set.global, [1, 13]),
        (on_project && !by_project_owner, [2, 12]),
        (on_workspace && !by_project_owner, [3, 11]),
        (on_project && by_project_owner, [4, 10]),
        (on_workspace && by_project_owner, [5, 9]),
    ];
    ways.into_iter()
        .filter(|(applies, _)| *applies)
        .map(|(_, [priority, ordinary])| if set.priority { priority } else { ordinary })
        .min()
}
