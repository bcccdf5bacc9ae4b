//! `tfc.json` and `hcp-terraform.json`.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::gaps::{Gaps, Part};
use super::source::{Entry, File};
use super::{Problem, wire};
use crate::org::hcp::{
    DEFAULT_HOST, EffectiveWorkspace, HcpTerraform, Kept, Unreadable, Variable, VariableSet,
    WorkspaceVariable, Workspaces, kept,
};
use crate::org::reading::HcpReading;
use crate::org::{Fact, NotRead, NotReadKind};

/// The hosts, as read where that is there, else workspaces with their effective values.
pub(super) fn decode(
    as_read: Option<File<'_>>,
    effective: Option<File<'_>>,
    gaps: &mut Gaps,
    problems: &mut Vec<Problem>,
) -> Vec<HcpReading> {
    let mut damage = Vec::new();
    let mut found = match (as_read, effective) {
        (Some(file), _) => decode_as_read(file, gaps, &mut damage, problems),
        (None, Some(file)) => {
            let mut damage = Vec::new();
            let workspaces = decode_effective(file, &mut damage, problems);
            let mut incomplete = gaps.take_all_of(Part::HcpTerraformEntry, "");
            incomplete.extend(damage.iter().map(Problem::gap));
            problems.extend(damage);
            vec![HcpReading { host: None, read_at: gaps.hcp_read_at(None), workspaces, incomplete }]
        }
        (None, None) => Vec::new(),
    };
    for host in gaps.unread_hosts() {
        let gap = gaps.take(None, Part::HcpTerraform, &host);
        let known = found.iter().any(|one| one.host.as_ref() == Some(&host));
        if let (Some(gap), false) = (gap, known) {
            let incomplete = gaps.take_all_of(Part::HcpTerraformEntry, &host);
            let read_at = gaps.hcp_read_at(Some(&host));
            let workspaces = Fact::NotRead(gap);
            found.push(HcpReading { host: Some(host), read_at, workspaces, incomplete });
        }
    }
    if found.is_empty()
        && let Some(gap) = gaps.take(None, Part::HcpTerraform, "")
    {
        let incomplete = gaps.take_all_of(Part::HcpTerraformEntry, "");
        let (read_at, workspaces) = (gaps.hcp_read_at(None), Fact::NotRead(gap));
        found.push(HcpReading { host: None, read_at, workspaces, incomplete });
    }
    // What is of no host in particular may be missing anywhere.
    if let Some(first) = found.first_mut() {
        first.incomplete.extend(gaps.take_all_of(Part::HcpTerraformEntry, ""));
        first.incomplete.extend(damage.iter().map(Problem::gap));
    }
    problems.extend(damage);
    found.sort_by(|one, other| one.host.cmp(&other.host));
    found
}

/// One host, or a list of them. What is wrong with one that can't be told goes to `unknown`.
fn decode_as_read<'a>(
    file: File<'a>,
    gaps: &mut Gaps,
    unknown: &mut Vec<Problem>,
    problems: &mut Vec<Problem>,
) -> Vec<HcpReading> {
    let nothing = |gap: NotRead, gaps: &Gaps| HcpReading {
        host: None,
        read_at: gaps.hcp_read_at(None),
        workspaces: Fact::NotRead(gap),
        incomplete: Vec::new(),
    };
    let Some(raw) = file.whole::<&'a RawValue>(problems) else {
        return vec![nothing(file.gap_of_whole(problems), gaps)];
    };
    let hosts = if raw.get().starts_with('[') {
        file.entries(raw, "").unwrap_or_else(|problem| {
            unknown.push(problem);
            Vec::new()
        })
    } else {
        vec![Entry { place: String::new(), raw }]
    };
    let mut found: Vec<HcpReading> = Vec::new();
    for entry in &hosts {
        let written = match file.entry::<wire::HcpTerraform<'_>>(entry) {
            Ok(written) => written,
            Err(problem) => {
                unknown.push(problem);
                continue;
            }
        };
        if found.iter().any(|one| one.host.as_ref() == Some(&written.host)) {
            let message = format!("`{}` is there twice", written.host);
            unknown.push(file.problem(entry.place.clone(), message));
            continue;
        }
        let mut damage = Vec::new();
        let hcp = host(file, &entry.place, written, &mut damage);
        let mut incomplete = gaps.take_all_of(Part::HcpTerraformEntry, &hcp.host);
        incomplete.extend(damage.iter().map(Problem::gap));
        problems.extend(damage);
        found.push(HcpReading {
            read_at: gaps.hcp_read_at(Some(&hcp.host)),
            host: Some(hcp.host.clone()),
            workspaces: Fact::Read(Workspaces::AsRead(hcp)),
            incomplete,
        });
    }
    match (found.is_empty(), unknown.first()) {
        (true, Some(problem)) => vec![nothing(problem.gap(), gaps)],
        _ => found,
    }
}

fn host<'a>(
    file: File<'a>,
    place: &str,
    written: wire::HcpTerraform<'a>,
    damage: &mut Vec<Problem>,
) -> HcpTerraform {
    let at = |name: &str| match place {
        "" => name.to_owned(),
        place => format!("{place}.{name}"),
    };
    let mut variables: Vec<WorkspaceVariable> =
        list(file, written.variables, &at("variables"), damage);
    variables.retain_mut(|one| keep(&mut one.variable));
    let mut variable_sets: Vec<VariableSet> =
        list(file, written.variable_sets, &at("variable_sets"), damage);
    for set in &mut variable_sets {
        set.variables.retain_mut(keep);
    }
    let organizations: Vec<String> =
        list(file, written.organizations, &at("organizations"), damage);
    // Older dumps have neither of these two.
    let mut unreadable: Vec<Unreadable> =
        optional(file, written.unreadable, &at("unreadable"), damage);
    if written.stacks.is_none() {
        unreadable.extend(organizations.iter().map(|name| Unreadable {
            kind: "stacks".to_owned(),
            id: name.clone(),
            message: "the dump was written before stacks were collected".to_owned(),
            reason: NotReadKind::NotCollected,
        }));
    }
    HcpTerraform {
        host: written.host,
        organizations,
        projects: list(file, written.projects, &at("projects"), damage),
        workspaces: list(file, written.workspaces, &at("workspaces"), damage),
        variables,
        variable_sets,
        stacks: optional(file, written.stacks, &at("stacks"), damage),
        unreadable,
    }
}

fn optional<'a, T: Deserialize<'a>>(
    file: File<'a>,
    raw: Option<&'a RawValue>,
    name: &str,
    damage: &mut Vec<Problem>,
) -> Vec<T> {
    if raw.is_none() {
        return Vec::new();
    }
    list(file, raw, name, damage)
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
    let mut workspaces: Vec<EffectiveWorkspace> = Vec::new();
    let mut places: HashSet<(Option<String>, String, String, String)> = HashSet::new();
    for entry in entries {
        match file.entry::<EffectiveWorkspace>(&entry) {
            Ok(workspace) if odd(&workspace).is_some() => {
                let (field, message) = odd(&workspace).unwrap_or_default();
                damage.push(file.problem(format!("{}.{field}", entry.place), message));
            }
            Ok(mut workspace) => {
                let EffectiveWorkspace { organization, project, workspace: name, host, .. } =
                    &workspace;
                let place = (host.clone(), organization.clone(), project.clone(), name.clone());
                if !places.insert(place) {
                    let message = format!("`{organization}/{project}/{name}` is there twice");
                    damage.push(file.problem(entry.place.clone(), message));
                    continue;
                }
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

/// What can't be about a workspace: the field, and why.
fn odd(workspace: &EffectiveWorkspace) -> Option<(&'static str, String)> {
    let modes = ["remote", "agent", "local"];
    if let Some(mode) = workspace.execution_mode.as_deref().filter(|mode| !modes.contains(mode)) {
        return Some(("execution_mode", format!("`{mode}` is none of {}", modes.join(", "))));
    }
    let host = workspace.host.as_deref().filter(|host| host.contains(['/', ' ']))?;
    let message = format!("`{host}` is no name of a host: expected is one like `{DEFAULT_HOST}`");
    Some(("host", message))
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
