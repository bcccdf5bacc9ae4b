//! Workspaces of HCP Terraform.

use super::super::document::{About, Document, Line, Way};
use super::super::look::{Role, verdict_mark, verdict_role};
use super::{Names, reached};
use crate::answer::{PhaseDetail, WorkspaceDetail};

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
