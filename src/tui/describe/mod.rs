//! Answers as documents. This room only words and orders what answers say; it decides nothing.

mod account;
mod collecting;
mod evidence;
mod explanation;
mod identity;
mod names;
mod overview;
mod probe;
mod reached;
mod topology;
mod way;
mod workspace;

pub(crate) use collecting::{account_read, accounts, crawl, crawl_question, leave_question};
pub(crate) use explanation::explanation;
pub(crate) use names::Names;
pub(crate) use overview::{first_run, import_problems, load_failure, overview};
pub(crate) use probe::{probe, question as probe_question};
pub(crate) use reached::{reach, who_can};
pub(crate) use topology::topology;
pub(crate) use way::{paths, why};

use super::document::{Document, Line};
use super::look::Role;
use crate::answer::{Detail, StatementRef};
use crate::org::NotRead;

/// Everything about one node. `marked` are statements to mark in policies.
pub(crate) fn detail(detail: &Detail, names: &Names, marked: &[StatementRef]) -> Document {
    match detail {
        Detail::Organization(overview) => overview::overview(overview, None),
        Detail::Ou(ou) => account::ou(ou),
        Detail::Account(account) => account::account(account, names),
        Detail::Provider(provider) => account::provider(provider, names),
        Detail::User(user) => identity::user(user, names, marked),
        Detail::Role(role) => identity::role(role, names, marked),
        Detail::Workspace(workspace) => workspace::workspace(workspace, names),
        Detail::Stack(stack) => workspace::stack(stack, names),
        Detail::Text(lines) => {
            let mut document = Document::new("HCP Terraform");
            for line in lines {
                document.say(Role::Text, line.clone());
            }
            document
        }
    }
}

/// `1 role`, `2 roles`.
pub(crate) fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {one}s", grouped(count)) }
}

/// A number with its thousands set apart.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A line that says what was not read.
fn gap(name: &str, gap: &NotRead) -> Line {
    Line::new()
        .with(Role::VerdictUnknown, "? ")
        .strong(if name.is_empty() { String::new() } else { format!("{name}: ") })
        .text(format!("{} ", gap.kind.as_str()))
        .muted(format!("{} {}", gap.call, gap.message))
        .indent(2)
}

fn list(document: &mut Document, label: &str, values: Option<&[String]>) {
    match values {
        None => document.push(
            Line::new().muted(format!("{label:<12} ")).with(Role::VerdictUnknown, "? not read"),
        ),
        Some([]) => document.field(label, "none"),
        Some(values) => document.field(label, values.join(", ")),
    }
}

fn tags(document: &mut Document, tags: &std::collections::BTreeMap<String, String>) {
    if !tags.is_empty() {
        let shown: Vec<_> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        document.field("tags", shown.join("  "));
    }
}

/// How long paths were that an answer looked for: what takes longer ones is not in it.
fn up_to(hops: usize) -> Line {
    Line::new().muted(format!("paths of up to {} were looked for", counted(hops, "hop")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_as_people_write_them() {
        assert_eq!(counted(1, "role"), "1 role");
        assert_eq!(counted(0, "role"), "0 roles");
        assert_eq!(counted(1_234_567, "role"), "1,234,567 roles");
    }
}
