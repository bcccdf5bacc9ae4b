//! Workspaces of HCP Terraform.

use super::super::document::{About, Document, Line, Way};
use super::super::look::{Role, verdict_mark, verdict_role};
use super::{Names, list, reached};
use crate::answer::{PhaseDetail, StackDetail, WorkspaceDetail};

pub(super) fn workspace(detail: &WorkspaceDetail, names: &Names) -> Document {
    let mut document = Document::new(detail.selector.clone());
    document.field("workspace", detail.selector.clone());
    document.field("execution", detail.execution_mode.clone());
    for note in &detail.notes {
        document.push(Line::new().with(Role::Notice, "! ").text(note.clone()).indent(2));
    }
    for phase in &detail.phases {
        append_phase(&mut document, detail, phase, names);
    }
    if let Some(phase) = detail.phases.first() {
        document.push(super::up_to(phase.reaches.max_hops));
    }
    if !detail.vault_backed.is_empty() {
        document.heading("Through Vault");
    }
    for each in &detail.vault_backed {
        let tag = each.tag.as_ref().map(|tag| format!(" (tag {tag})")).unwrap_or_default();
        let role = each.role.as_deref().map_or("a role of Vault's choice", |arn| arn);
        document.push(
            Line::new()
                .muted(format!("{:<12} ", format!("{}{tag}", each.phase)))
                .with(Role::VerdictUnknown, "? ")
                .text(names.short(role))
                .muted("  Vault-backed: whether Vault may become it is not known"),
        );
    }
    document.heading("Effective settings");
    if detail.settings.is_empty() {
        document.push(Line::new().muted("  none of the kinds that matter here"));
    }
    for setting in &detail.settings {
        let line = Line::new().with(Role::JsonKey, setting.key.clone()).muted(" = ");
        let line = match &setting.value {
            Some(value) => line.text(value.clone()),
            None => line.with(Role::VerdictUnknown, "? can't be read"),
        };
        document.push(line.muted(format!("   from {}", setting.origin)).indent(4).about(About {
            copy: vec![("value", setting.value.clone().unwrap_or_default())],
            ..About::default()
        }));
    }
    document
}

pub(super) fn stack(detail: &StackDetail, names: &Names) -> Document {
    let mut document = Document::new(detail.selector.clone());
    document.field("stack", detail.selector.clone());
    list(&mut document, "deployments", detail.deployments.as_deref());
    for note in &detail.notes {
        document.push(Line::new().with(Role::Notice, "! ").text(note.clone()).indent(2));
    }
    for each in &detail.operations {
        document.heading(format!("{} {}", each.deployment, each.operation));
        document.field("subject", each.subject.clone());
        reached::append_reach(&mut document, &each.reaches, names);
    }
    if let Some(each) = detail.operations.first() {
        document.push(super::up_to(each.reaches.max_hops));
    }
    document
}

fn append_phase(
    document: &mut Document,
    workspace: &WorkspaceDetail,
    phase: &PhaseDetail,
    names: &Names,
) {
    let tag = phase.tag.as_ref().map(|tag| format!(" (tag {tag})")).unwrap_or_default();
    document.heading(format!("{}{tag}", phase.phase));
    document.field("subject", phase.subject.clone());
    document.field("audience", phase.audience.clone().unwrap_or_else(|| "the default".to_owned()));
    match &phase.role {
        Some(role) => {
            let tagged = phase.tag.as_ref().map(|tag| format!("@{tag}")).unwrap_or_default();
            let source = format!("{}:{}{tagged}", workspace.selector, phase.phase);
            let mut line = Line::new().muted(format!("{:<12} ", "role"));
            if let Some(verdict) = phase.verdict {
                line = line.with(verdict_role(verdict), format!("{} ", verdict_mark(verdict)));
            }
            line = line.text(names.short(role)).indent(13);
            if let Some(reason) = &phase.reason {
                line = line.with(Role::VerdictDenied, format!("  {}", reason.layer.title()));
                line = line.muted(format!(": {}", reason.text));
            }
            document.push(line.about(About {
                way: Some(Way::new(source, role.clone())),
                copy: vec![("ARN", role.clone())],
                ..About::thing(role.clone())
            }));
            if let Some(cause) = &phase.cause {
                document.field("", cause.clone());
            }
        }
        None => document.field("role", "none is set"),
    }
    reached::append_reach(document, &phase.reaches, names);
}
