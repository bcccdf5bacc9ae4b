//! `tfc.json` and `hcp-terraform.json`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::gaps::{Gaps, Part};
use super::source::File;
use super::{Problem, wire};
use crate::org::hcp::{
    EffectiveWorkspace, HcpTerraform, Kept, Variable, VariableSet, WorkspaceVariable, Workspaces,
    kept,
};
use crate::org::reading::HcpReading;
use crate::org::{Fact, NotRead};

/// The workspaces, as read where that is there, else with their effective values.
pub(super) fn decode(
    as_read: Option<File<'_>>,
    effective: Option<File<'_>>,
    gaps: &mut Gaps,
    problems: &mut Vec<Problem>,
) -> Option<HcpReading> {
    let read_at = gaps.hcp_read_at();
    let mut damage = Vec::new();
    let workspaces = match (as_read, effective) {
        (Some(file), _) => decode_as_read(file, &mut damage, problems),
        (None, Some(file)) => decode_effective(file, &mut damage, problems),
        (None, None) => Fact::NotRead(gaps.take(None, Part::HcpTerraform, "")?),
    };
    let mut incomplete = gaps.take_all(None, Part::HcpTerraformEntry);
    incomplete.extend(damage.iter().map(Problem::gap));
    problems.extend(damage);
    Some(HcpReading { read_at, workspaces, incomplete })
}

fn decode_as_read(
    file: File<'_>,
    damage: &mut Vec<Problem>,
    problems: &mut Vec<Problem>,
) -> Fact<Workspaces> {
    let Some(written) = file.whole::<wire::HcpTerraform<'_>>(problems) else {
        return Fact::NotRead(file.gap_of_whole(problems));
    };
    let mut variables: Vec<WorkspaceVariable> = list(file, written.variables, "variables", damage);
    variables.retain_mut(|one| keep(&mut one.variable));
    let mut variable_sets: Vec<VariableSet> =
        list(file, written.variable_sets, "variable_sets", damage);
    for set in &mut variable_sets {
        set.variables.retain_mut(keep);
    }
    let unreadable = match written.unreadable {
        Some(raw) => list(file, Some(raw), "unreadable", damage),
        None => Vec::new(),
    };
    Fact::Read(Workspaces::AsRead(HcpTerraform {
        host: written.host,
        organizations: list(file, written.organizations, "organizations", damage),
        projects: list(file, written.projects, "projects", damage),
        workspaces: list(file, written.workspaces, "workspaces", damage),
        variables,
        variable_sets,
        unreadable,
    }))
}

/// Drops what is not kept of a variable that somebody wrote into the file nevertheless.
fn keep(variable: &mut Variable) -> bool {
    if variable.category != "env" {
        return true;
    }
    match kept(&variable.key) {
        Kept::Value => true,
        Kept::Presence => {
            variable.value = None;
            true
        }
        Kept::Nothing => false,
    }
}

fn decode_effective(
    file: File<'_>,
    damage: &mut Vec<Problem>,
    problems: &mut Vec<Problem>,
) -> Fact<Workspaces> {
    let Some(raw) = file.whole::<&RawValue>(problems) else {
        return Fact::NotRead(file.gap_of_whole(problems));
    };
    let entries = match file.entries(raw, "") {
        Ok(entries) => entries,
        Err(problem) => {
            let gap: NotRead = problem.gap();
            problems.push(problem);
            return Fact::NotRead(gap);
        }
    };
    let mut workspaces = Vec::new();
    for entry in entries {
        match file.entry::<EffectiveWorkspace>(&entry) {
            Ok(mut workspace) => {
                workspace.env.retain(|key, value| match kept(key) {
                    Kept::Value => true,
                    Kept::Presence => {
                        value.clear();
                        true
                    }
                    Kept::Nothing => false,
                });
                workspaces.push(workspace);
            }
            Err(problem) => damage.push(problem),
        }
    }
    Fact::Read(Workspaces::Effective(workspaces))
}

fn list<'a, T: Deserialize<'a>>(
    file: File<'a>,
    raw: Option<&'a RawValue>,
    name: &str,
    damage: &mut Vec<Problem>,
) -> Vec<T> {
    let Some(raw) = raw else {
        damage.push(file.problem(name, format!("missing field `{name}`: a list is expected")));
        return Vec::new();
    };
    let entries = file.entries(raw, name).unwrap_or_else(|problem| {
        damage.push(problem);
        Vec::new()
    });
    let mut rows = Vec::new();
    for entry in entries {
        match file.entry(&entry) {
            Ok(row) => rows.push(row),
            Err(problem) => damage.push(problem),
        }
    }
    rows
}
