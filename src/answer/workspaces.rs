//! Workspaces and stacks of HCP Terraform, for detail panes, and what is odd about settings.

use std::collections::BTreeSet;

use crate::arn::Arn;
use crate::graph::{Graph, Node, Subject, place_at, stack_selector};
use crate::org::Facts;
use crate::workload::{self, Phase, RoleSetting, Workspace};

use super::Stated;
use super::answers::{
    OperationDetail, PhaseDetail, Setting, SettingProblem, StackDetail, VaultRole, WorkspaceDetail,
};
use super::broken::cause;
use super::detail::PANE;
use super::lists::reach;
use super::question::QuestionError;
use super::selector::select;
use super::stacks;
use super::why::why;

/// What a selector of many workspaces names, a line each.
pub(super) fn listed(graph: &Graph, selector: &str) -> Result<Vec<String>, QuestionError> {
    let as_stacks = format!("tfc-stack:{}", selector.strip_prefix("tfc:").unwrap_or(selector));
    let stacks = stacks::fitting(graph, &as_stacks)?;
    let found = match select(graph, selector) {
        Ok(found) => found.nodes,
        // There may be nothing but stacks, or nothing that was read.
        Err(error) if stacks.is_empty() => {
            let unread = unread(graph.facts(), selector);
            return if unread.is_empty() { Err(error) } else { Ok(unread) };
        }
        Err(_) => Vec::new(),
    };
    let indexes: BTreeSet<usize> = found
        .iter()
        .filter_map(|node| match node {
            Node::Workspace(index, _) => Some(*index),
            _ => None,
        })
        .collect();
    if indexes.is_empty() && stacks.is_empty() {
        // Of a host that was not read a pattern means some workspace of it, if there is one.
        let unread = unread(graph.facts(), selector);
        if !unread.is_empty() {
            return Ok(unread);
        }
    }
    let mut lines = vec![format!("{} workspaces", indexes.len()), String::new()];
    for workspace in indexes.iter().filter_map(|index| graph.workspaces().get(*index)) {
        let mut notes: Vec<&str> = workspace.other_ways.iter().map(|way| way.text()).collect();
        if workspace.configurations.is_empty() && workspace.execution_mode != "local" {
            notes.push("dynamic credentials off");
        }
        notes.extend(problems(graph.facts(), workspace).iter().map(SettingProblem::short));
        let notes =
            if notes.is_empty() { String::new() } else { format!("  {}", notes.join(", ")) };
        lines.push(format!("{}/{}{notes}", workspace.project, workspace.name));
    }
    if !stacks.is_empty() {
        lines.extend([String::new(), format!("{} stacks", stacks.len()), String::new()]);
    }
    for stack in stacks {
        let deployments = match &stack.deployments {
            Some(names) => names.join(", "),
            None => "deployments not read".to_owned(),
        };
        lines.push(format!("{}/{}  {deployments}", stack.project, stack.name));
    }
    Ok(lines)
}

/// Why nothing is known of the host that a selector is below.
fn unread(facts: &Facts, selector: &str) -> Vec<String> {
    let below = |name: &str| selector.starts_with(&place_at("tfc", name, ""));
    let hosts = facts.hcp.iter().filter(|each| each.host.as_deref().is_none_or(below));
    hosts
        .filter_map(|each| {
            let gap = each.workspaces.gap()?;
            let kind = gap.kind.as_str();
            Some(format!("{} was not read: {kind} {} {}", each.name(), gap.call, gap.message))
        })
        .collect()
}

/// What is odd about a workspace's settings, as they tell by themselves and beside the accounts.
pub(super) fn problems(facts: &Facts, workspace: &Workspace) -> Vec<SettingProblem> {
    let mut found: Vec<SettingProblem> = workspace
        .problems
        .iter()
        .map(|problem| SettingProblem {
            kind: problem.kind(),
            variable: problem.key().map(str::to_owned),
            text: problem.text(),
        })
        .collect();
    for named in workspace.named_roles() {
        let Some(account) = named.arn.parse::<Arn>().ok().and_then(|arn| arn.account()) else {
            continue;
        };
        let (key, arn) = (&named.key, &named.arn);
        let (kind, text) = match facts.account(account) {
            None if facts.accounts_complete => (
                "outside-account",
                format!(
                    "`{key}` names account {account}, which is outside of the organization: `{arn}`"
                ),
            ),
            None => (
                "unknown-account",
                format!("`{key}` names account {account}, of which nothing was read: `{arn}`"),
            ),
            Some(known) if facts.role_by_arn(arn).is_none() => {
                let row = &facts.accounts[known];
                // Where roles were not read, it may be there.
                if row.missing().is_some() {
                    continue;
                }
                let name = &row.name;
                (
                    "unknown-role",
                    format!("`{key}` names `{arn}`, and account `{name}` has no such role"),
                )
            }
            Some(_) => continue,
        };
        let problem = SettingProblem { kind, variable: Some(key.clone()), text };
        if !found.contains(&problem) {
            found.push(problem);
        }
    }
    found
}

fn vault_backed(workspace: &Workspace) -> Vec<VaultRole> {
    let roles = workspace.vault_backed.iter().flat_map(|each| {
        Phase::ALL.map(|phase| VaultRole {
            phase: phase.as_str(),
            tag: each.tag.clone(),
            role: shown(each.role(phase)).0,
        })
    });
    roles.collect()
}

/// A role setting in words, and whether it is one ARN.
fn shown(setting: &RoleSetting) -> (Option<String>, bool) {
    match setting {
        RoleSetting::Arn(arn) => (Some(arn.clone()), true),
        RoleSetting::Ambiguous(one, other) => (Some(format!("{one} or {other}")), false),
        RoleSetting::Hidden => (Some("hidden".to_owned()), false),
        RoleSetting::Missing => (None, false),
    }
}

/// Everything about a stack.
pub(super) fn stack(graph: &Graph, index: usize) -> Result<StackDetail, QuestionError> {
    let Some(row) = graph.stacks().get(index) else {
        return Err(QuestionError::invalid("no such stack"));
    };
    let mut notes = vec![
        "which roles a stack's deployments become is in its configuration, which was not read"
            .to_owned(),
    ];
    if row.deployments.is_none() {
        notes.push(
            "the names of its deployments were not read: `*` stands for one of them".to_owned(),
        );
    }
    let mut operations = Vec::new();
    for subject in Subject::of_stack(row) {
        if workload::is_long(&subject.subject) {
            notes.push(workload::long_subject(&subject.subject));
        }
        let selector = subject.deployment().unwrap_or_default();
        let (_, operation) = selector.rsplit_once(':').unwrap_or_default();
        let deployment = selector
            .strip_prefix(&format!("{}:", stack_selector(row)))
            .and_then(|rest| rest.rsplit_once(':'))
            .map_or_else(|| crate::graph::ANY.to_owned(), |(name, _)| name.to_owned());
        operations.push(OperationDetail {
            deployment,
            operation: if operation == "apply" { "apply" } else { "plan" },
            subject: subject.subject.clone(),
            reaches: reach(graph, &selector, PANE)?,
        });
    }
    Ok(StackDetail {
        selector: stack_selector(row),
        deployments: row.deployments.clone(),
        operations,
        notes,
    })
}

/// Everything about a workspace.
pub(super) fn workspace(graph: &Graph, index: usize) -> Result<WorkspaceDetail, QuestionError> {
    let Some(row) = graph.workspaces().get(index) else {
        return Err(QuestionError::invalid("no such workspace"));
    };
    let selector = crate::graph::workspace_selector(row);
    let mut phases = Vec::new();
    let configurations: Vec<Option<&crate::workload::Configuration>> =
        match row.configurations.as_slice() {
            [] => vec![None],
            some => some.iter().map(Some).collect(),
        };
    for configuration in configurations {
        for phase in Phase::ALL {
            let tag = configuration.and_then(|each| each.tag.clone());
            let asked = configuration.map(|each| each.role(phase));
            let (role, single) = asked.map(shown).unwrap_or_default();
            let caller = match &tag {
                Some(tag) => format!("{selector}@{tag}:{}", phase.as_str()),
                None => format!("{selector}:{}", phase.as_str()),
            };
            let first = role
                .as_ref()
                .filter(|_| single)
                .and_then(|arn| why(graph, &caller, arn, None, &Stated::default()).ok());
            phases.push(PhaseDetail {
                phase: phase.as_str(),
                tag,
                subject: row.subject(phase),
                audience: configuration.and_then(|each| each.audience.clone()),
                role,
                verdict: first.as_ref().map(|why| why.verdict),
                cause: first
                    .as_ref()
                    .and_then(|why| cause(&why.layers, why.reason.as_ref()?.layer)),
                reason: first.and_then(|why| why.reason),
                reaches: reach(graph, &format!("{selector}:{}", phase.as_str()), PANE)?,
            });
        }
    }
    let mut notes: Vec<String> = row.other_ways.iter().map(|way| way.text().to_owned()).collect();
    if row.configurations.is_empty() && row.execution_mode != "local" {
        notes.push(
            "dynamic credentials are off: no configuration has TFC_AWS_PROVIDER_AUTH set to true"
                .to_owned(),
        );
    }
    let problems = problems(graph.facts(), row);
    notes.extend(problems.iter().map(|problem| problem.text.clone()));
    Ok(WorkspaceDetail {
        selector,
        execution_mode: row.execution_mode.clone(),
        settings: row
            .settings
            .iter()
            .map(|(key, value)| Setting {
                key: key.clone(),
                value: value.value.clone(),
                origin: value.origin.clone(),
            })
            .collect(),
        phases,
        vault_backed: vault_backed(row),
        notes,
        problems,
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::answer::{Detail, NodeKind, detail, not_read, tree};
    use crate::org::hcp::{HcpTerraform, Project, Stack, Workspace, Workspaces};
    use crate::org::reading::{HcpReading, Readings};
    use crate::org::{Fact, NotRead, NotReadKind};

    /// A host with a workspace and two stacks, and one that refused.
    fn graph() -> Graph {
        let place = |id: &str, name: &str, deployments: Option<Vec<String>>| Stack {
            id: id.to_owned(),
            name: name.to_owned(),
            organization: "acme".to_owned(),
            project: "prj-1".to_owned(),
            deployments,
        };
        let hcp = HcpTerraform {
            host: "app.terraform.io".to_owned(),
            organizations: vec!["acme".to_owned()],
            projects: vec![Project {
                id: "prj-1".to_owned(),
                name: "Network".to_owned(),
                organization: "acme".to_owned(),
            }],
            workspaces: vec![Workspace {
                id: "ws-1".to_owned(),
                name: "net".to_owned(),
                organization: "acme".to_owned(),
                project: "prj-1".to_owned(),
                execution_mode: "remote".to_owned(),
            }],
            stacks: vec![
                place("st-1", "base", Some(vec!["prod".to_owned(), "d".repeat(90)])),
                place("st-2", "lab", None),
            ],
            ..HcpTerraform::default()
        };
        let of = |host: &str, workspaces| HcpReading {
            host: Some(host.to_owned()),
            read_at: None,
            workspaces,
            incomplete: Vec::new(),
        };
        let refused = NotRead::new("GET organizations", NotReadKind::Failed, "401: no");
        let readings = Readings {
            hcp: vec![
                of("app.terraform.io", Fact::Read(Workspaces::AsRead(hcp))),
                of("tfe.example.com", Fact::NotRead(refused)),
            ],
            ..Readings::default()
        };
        Graph::build(Arc::new(Facts::build(readings)))
    }

    #[test]
    fn a_stack_is_shown_by_deployment_and_operation() {
        let graph = graph();
        let shown = |selector: &str| match detail(&graph, selector).unwrap() {
            Detail::Stack(stack) => stack,
            other => panic!("{other:?}"),
        };
        let base = shown("tfc-stack:acme/Network/base");
        let subject = "organization:acme:project:Network:stack:base:deployment:prod:operation:plan";
        assert_eq!(base.operations.len(), 4);
        assert!(base.operations.iter().any(|each| {
            (each.deployment.as_str(), each.operation, each.subject.as_str())
                == ("prod", "plan", subject)
        }));
        assert_eq!(base.notes.iter().filter(|note| note.contains("127")).count(), 2);
        let lab = shown("tfc-stack:acme/Network/lab");
        assert_eq!(lab.deployments, None);
        let deployments = lab.operations.iter().map(|each| each.deployment.as_str());
        assert_eq!(deployments.collect::<Vec<_>>(), ["*", "*"]);
        assert!(lab.notes.iter().any(|note| note.contains("not read")), "{:?}", lab.notes);
    }

    #[test]
    fn hosts_and_stacks_stand_in_the_tree_and_what_was_not_read_with_its_name() {
        let graph = graph();
        let nodes = tree(&graph, None).unwrap().nodes;
        let below: Vec<(usize, NodeKind, &str)> = nodes
            .iter()
            .filter(|node| node.kind != NodeKind::Organization)
            .map(|node| (node.depth, node.kind, node.selector.as_str()))
            .collect();
        assert_eq!(
            below,
            [
                (0, NodeKind::HcpTerraform, "tfc:*/*/*"),
                (1, NodeKind::Project, "tfc:acme/Network/*"),
                (2, NodeKind::Workspace, "tfc:acme/Network/net"),
                (2, NodeKind::Stack, "tfc-stack:acme/Network/base"),
                (2, NodeKind::Stack, "tfc-stack:acme/Network/lab"),
                (0, NodeKind::HcpTerraform, "tfc://tfe.example.com/*/*/*"),
            ]
        );
        assert!(nodes.last().unwrap().not_read.is_some());
        let text = |selector: &str| match detail(&graph, selector).unwrap() {
            Detail::Text(lines) => lines.join("\n"),
            other => panic!("{other:?}"),
        };
        let project = text("tfc:acme/Network/*");
        assert!(project.contains("Network/net") && project.contains("deployments not read"));
        assert!(text("tfc://tfe.example.com/*/*/*").contains("401"));
        let gaps = not_read(&graph);
        assert!(gaps.iter().any(|gap| gap.name == "Terraform Enterprise, tfe.example.com"));
    }
}
