//! The organization, indented.

use super::sheet::{Sheet, paint};
use super::{style, words};
use crate::answer::{NodeKind, Tree, TreeNode, Verdict, privileges};
use crate::cli::output::Page;
use crate::text::safe;

/// The tree as text.
pub(crate) fn tree(answer: &Tree, page: Page) -> String {
    let mut sheet = Sheet::new(page);
    for node in &answer.nodes {
        let line = line(node, page);
        sheet.line(node.depth * 2, &line);
    }
    if answer.nodes.iter().any(|node| node.reached.is_some()) {
        sheet.gap();
        let legend = [Verdict::Allowed, Verdict::Conditional, Verdict::Denied, Verdict::Unknown]
            .map(|verdict| format!("{} {verdict}", words::mark(page, verdict)))
            .join(", ");
        let text =
            format!("a role's mark: the best way in which somebody else becomes it ({legend})");
        sheet.prose(0, style::FAINT, &text);
        sheet.prose(0, style::FAINT, words::PRIVILEGES);
    }
    if answer.truncated {
        sheet.line(
            0,
            &paint(style::WARNING, "more was left out; name a part: `rolewalk tree SELECTOR`"),
        );
    }
    sheet.finish()
}

fn line(node: &TreeNode, page: Page) -> String {
    let name = safe(&node.name);
    let id = paint(style::FAINT, &safe(&node.id));
    let mut parts = match node.kind {
        NodeKind::Organization | NodeKind::HcpTerraform => {
            let id = if node.id == node.name { String::new() } else { id };
            vec![paint(style::HEADING, &name), id, inside(node)]
        }
        NodeKind::Ou | NodeKind::Project => vec![paint(style::HEADING, &name), inside(node)],
        NodeKind::Account => vec![paint(style::NAME, &name), id, inside(node)],
        NodeKind::OidcProvider => vec![name.into_owned(), label("OIDC")],
        NodeKind::SamlProvider => vec![name.into_owned(), label("SAML")],
        NodeKind::User => vec![name.into_owned(), label("user")],
        NodeKind::Workspace => vec![name.into_owned(), label("workspace")],
        NodeKind::Stack => vec![name.into_owned(), label("stack")],
        NodeKind::Role | NodeKind::ServiceLinkedRole => {
            let mark = match node.reached {
                Some(verdict) => paint(style::verdict(verdict), words::mark(page, verdict)),
                None => words::nothing(page).to_owned(),
            };
            let service =
                if node.kind == NodeKind::Role { String::new() } else { label("service-linked") };
            vec![mark, name.into_owned(), service]
        }
    };
    if let Some(privileges) = privileges(node.privilege, node.privilege_proven) {
        parts.push(paint(style::PRIVILEGE, privileges.mark()));
    }
    if !node.control_policies.is_empty() {
        let policies = safe(&node.control_policies.join(", ")).into_owned();
        parts.push(paint(style::WARNING, &format!("policies: {policies}")));
    }
    if let Some(gap) = &node.not_read {
        let text = format!("? not read: {} ({})", safe(&gap.call), gap.kind.as_str());
        parts.push(paint(style::verdict(Verdict::Unknown), &text));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("  ")
}

fn label(text: &str) -> String {
    paint(style::FAINT, text)
}

fn inside(node: &TreeNode) -> String {
    if node.not_read.is_some() && node.count == 0 {
        return String::new();
    }
    let noun = match node.kind {
        NodeKind::Account => "role",
        NodeKind::HcpTerraform | NodeKind::Project => "workspace",
        _ => "account",
    };
    label(&words::count(node.count, noun))
}
