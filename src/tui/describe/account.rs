//! OUs, accounts and identity providers.

use super::super::document::{About, Document, Line, Way};
use super::super::look::Role;
use super::{Names, counted, gap, list, reached, tags};
use crate::answer::{AccountDetail, OuDetail, ProviderDetail};

pub(super) fn ou(detail: &OuDetail) -> Document {
    let mut document = Document::new(detail.path.clone());
    document.field("path", detail.path.clone());
    document.field("id", detail.id.clone());
    document.field("accounts", detail.accounts.to_string());
    list(&mut document, "SCPs here", detail.scps.as_deref());
    list(&mut document, "RCPs here", detail.rcps.as_deref());
    tags(&mut document, &detail.tags);
    document
}

pub(super) fn account(detail: &AccountDetail, names: &Names) -> Document {
    let mut document = Document::new(format!("{} {}", detail.name, detail.id));
    document.field("account", detail.id.clone());
    document.field("place", detail.ou.clone());
    document.field("state", detail.state.clone());
    if detail.management {
        document.field("management", "yes: control policies spare it");
    }
    for (label, value) in [("alias", &detail.alias), ("email", &detail.email)] {
        if let Some(value) = value {
            document.field(label, value.clone());
        }
    }
    tags(&mut document, &detail.tags);
    list(&mut document, "SCPs", Some(&detail.scps));
    list(&mut document, "RCPs", Some(&detail.rcps));
    list(&mut document, "providers", detail.providers.as_deref());
    document.field(
        "identities",
        format!("{}, {}", counted(detail.roles, "role"), counted(detail.users, "user")),
    );
    if !detail.not_read.is_empty() {
        document.heading("Not read");
        for one in &detail.not_read {
            document.push(gap("", one));
        }
    }
    document.heading("Reached from outside by");
    if detail.reached_by.is_empty() {
        let text = if detail.not_read.is_empty() {
            "nobody that was read"
        } else {
            "unknown: see what was not read"
        };
        document.push(Line::new().muted(format!("  {text}")));
    }
    for row in &detail.reached_by {
        let target = row.path.last().cloned().unwrap_or_else(|| detail.id.clone());
        let way = Way {
            from: row.principal.clone(),
            to: target.clone(),
            stops: row.path.clone(),
            hops: row.hops,
        };
        let line = reached::line(row, way, names);
        document.push(if target == row.principal {
            line
        } else {
            line.muted(format!("  → {}", names.short(&target)))
        });
    }
    document
}

pub(super) fn provider(detail: &ProviderDetail, names: &Names) -> Document {
    let mut document = Document::new(detail.url.clone());
    document.field("provider", detail.arn.clone());
    document.field("issuer", detail.issuer.clone());
    list(&mut document, "audiences", Some(&detail.audiences));
    if detail.shared {
        document
            .field("shared", "by all customers of the issuer: a condition has to tell them apart");
    }
    if let Some(key) = &detail.required_key {
        document.field("guardrail", format!("IAM saves no trust policy without `{key}`"));
    }
    document.heading(format!("{} behind it", counted(detail.roles.len(), "role")));
    for role in &detail.roles {
        let about =
            About { copy: vec![("ARN", role.role.clone())], ..About::thing(role.role.clone()) };
        let name = names.short(&role.role);
        document.push(Line::new().with(Role::NodeRole, name).about(about.clone()));
        // Assertions have no subjects to ask for.
        let mut subjects = role.subjects.iter();
        for admits in &role.admits {
            if let Some(subject) = subjects.next() {
                let line = Line::new().muted("    sub ").text(subject.clone());
                document.push(line.indent(8).about(about.clone()));
            }
            let line = reached::admitted(Line::new().muted("    admits "), admits);
            document.push(line.indent(11).about(about.clone()));
        }
        for note in &role.notes {
            let line = Line::new().with(Role::Notice, "    ! ").text(note.clone());
            document.push(line.indent(6).about(about.clone()));
        }
    }
    document
}
