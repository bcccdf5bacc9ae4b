//! Users and roles.

use super::super::document::{About, Document, Line, policy};
use super::super::look::{privilege_role, verdict_mark, verdict_role};
use super::{Names, list, reached, tags};
use crate::answer::{
    PolicyView, PrivilegeReason, Privileges, RoleDetail, StatementRef, UserDetail, privileges,
};

pub(super) fn user(detail: &UserDetail, names: &Names, marked: &[StatementRef]) -> Document {
    let mut document = Document::new(names.short(&detail.arn));
    document.field("ARN", detail.arn.clone());
    list(&mut document, "groups", Some(&detail.groups));
    privilege(&mut document, privileges(detail.privilege, detail.privilege_proven));
    document.heading("Reaches");
    reached::append_reach(&mut document, &detail.reaches, names);
    document.push(super::up_to(detail.reaches.max_hops));
    append_reasons(&mut document, &detail.privilege_reasons, names);
    for view in &detail.policies {
        append_policy(&mut document, "Policy", view, names, marked);
    }
    document
}

pub(super) fn role(detail: &RoleDetail, names: &Names, marked: &[StatementRef]) -> Document {
    let mut document = Document::new(names.short(&detail.arn));
    let about = About {
        copy: vec![
            ("ARN", detail.arn.clone()),
            ("selector", names.short(&detail.arn)),
            ("trust policy", detail.trust.text.clone().unwrap_or_default()),
        ],
        ..About::thing(detail.arn.clone())
    };
    document.push(
        Line::new()
            .muted(format!("{:<12} ", "ARN"))
            .text(detail.arn.clone())
            .indent(13)
            .about(about),
    );
    if let Some(description) = &detail.description {
        document.field("description", description.clone());
    }
    privilege(&mut document, privileges(detail.privilege, detail.privilege_proven));
    if let Some(seconds) = detail.max_session {
        document.field("session", format!("at most {}", duration(seconds)));
    }
    document.field("last used", detail.last_used.clone().unwrap_or_else(|| "not tracked".into()));
    tags(&mut document, &detail.tags);
    document.heading("Who can become it");
    reached::append_who_can(&mut document, &detail.who_can, names);
    document.heading("What it reaches");
    reached::append_reach(&mut document, &detail.reaches, names);
    document.push(super::up_to(detail.reaches.max_hops));
    append_reasons(&mut document, &detail.who_can.privilege_reasons, names);
    append_policy(&mut document, "Trust policy", &detail.trust, names, marked);
    if let Some(boundary) = &detail.boundary {
        append_policy(&mut document, "Permissions boundary", boundary, names, marked);
    }
    for view in &detail.policies {
        append_policy(&mut document, "Policy", view, names, marked);
    }
    document
}

fn append_policy(
    document: &mut Document,
    kind: &str,
    view: &PolicyView,
    names: &Names,
    marked: &[StatementRef],
) {
    let indices: Vec<usize> = marked
        .iter()
        .filter(|one| *one.policy == *view.policy && *one.attached_to == *view.attached_to)
        .map(|one| one.index)
        .collect();
    let name = names.short(&view.policy);
    let title = if kind == "Policy" { format!("Policy {name}") } else { kind.to_owned() };
    let suffix = if indices.is_empty() { "" } else { "  (┃ decides for the caller above)" };
    policy(document, &format!("{title}{suffix}"), view, &indices);
}

/// What somebody can do, in one line.
fn privilege(document: &mut Document, privileges: Option<Privileges>) {
    let Some(privileges) = privileges else { return };
    document.push(
        Line::new()
            .muted(format!("{:<12} ", "privilege"))
            .with(privilege_role(privileges.most), privileges.mark())
            .muted(format!("  {}", privileges.text()))
            .indent(13),
    );
}

/// The requests that show what somebody can do, with the statements that allow them.
fn append_reasons(document: &mut Document, reasons: &[PrivilegeReason], names: &Names) {
    if reasons.is_empty() {
        return;
    }
    document.heading("What it can do");
    for reason in reasons {
        let open = if reason.proven { "" } else { "?" };
        let mark = format!("{}{open}", reason.privilege.mark());
        document.push(
            Line::new()
                .with(privilege_role(reason.privilege), format!("{mark} "))
                .text(reason.text.clone())
                .indent(2),
        );
        for request in &reason.requests {
            let statements = request.statements.iter().map(|statement| {
                let sid = statement.sid.as_ref().map(|sid| format!(" \"{sid}\""));
                let policy = names.short(&statement.policy);
                format!("{policy} #{}{}", statement.index, sid.unwrap_or_default())
            });
            let by: Vec<String> = statements.collect();
            let mut line = Line::new()
                .text("  ")
                .with(verdict_role(request.verdict), format!("{} ", verdict_mark(request.verdict)))
                .text(format!("{} on {}", request.action, names.short(&request.resource)));
            if !by.is_empty() {
                line = line.muted(format!("  by {}", by.join(", ")));
            }
            document.push(line.indent(4));
        }
    }
}

fn duration(seconds: u32) -> String {
    match (seconds / 3600, seconds % 3600 / 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
