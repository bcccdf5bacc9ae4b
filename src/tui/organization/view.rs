//! Drawing the tree and the detail pane.

use ratatui::layout::Rect;

use super::super::canvas::{Canvas, scroll};
use super::super::document::{self, Cursor};
use super::super::look::{Role, node_role, privilege_role, verdict_mark, verdict_role};
use super::super::view::panes;
use super::{Organization, Pane, TreeRow};
use crate::answer::{NodeKind, privileges};
use crate::text;

pub(crate) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    screen: &Organization,
    zoom: bool,
    waiting: Option<&str>,
) {
    let (first, second) = panes(area, screen.pane, zoom, 45);
    if let Some(area) = first {
        let title = match screen.filter.as_str() {
            "" => "Organization".to_owned(),
            filter => format!("Organization / {filter}"),
        };
        let focused = screen.pane == Pane::First;
        let inside = canvas.frame(area, &title, focused);
        draw_tree(canvas, inside, screen, focused);
    }
    if let Some(area) = second {
        let mut title = screen.detail.document().title.clone();
        if !screen.detail.filter().is_empty() {
            title = format!("{title} / {}", screen.detail.filter());
        }
        if let Some(spinner) = waiting {
            title = format!("{title} {spinner}");
        }
        let focused = screen.pane == Pane::Second;
        let inside = canvas.frame(area, &title, focused);
        document::draw(canvas, inside, &screen.detail, Cursor::when(focused));
    }
}

fn draw_tree(canvas: &mut Canvas<'_>, area: Rect, screen: &Organization, focused: bool) {
    let height = usize::from(area.height);
    let top = scroll(screen.cursor, screen.visible.len(), height);
    let rows = screen.visible.iter().enumerate().skip(top);
    for (line, (place, node)) in (0u16..area.height).zip(rows) {
        let Some(row) = screen.model.row(*node) else { continue };
        draw_row(canvas, area, line, screen, *node, row);
        if place == screen.cursor {
            let mark = canvas.marks().cursor;
            canvas.put(area, 0, line, mark, Role::Key);
            canvas.paint_row(
                area,
                line,
                if focused { Role::Selection } else { Role::SelectionOther },
            );
        }
    }
    if screen.visible.is_empty() && !screen.filter.is_empty() {
        canvas.put(area, 1, 0, "nothing has that name; esc clears the filter", Role::Muted);
    }
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    area: Rect,
    line: u16,
    screen: &Organization,
    index: usize,
    row: &TreeRow,
) {
    let node = &row.node;
    let marks = canvas.marks();
    let unfolded = screen.found.is_some() || screen.is_open(index);
    let fold = match (screen.model.is_leaf(index), unfolded) {
        (true, _) => icon(node.kind),
        (false, true) => marks.open,
        (false, false) => marks.folded,
    };
    let depth = u16::try_from(node.depth).unwrap_or(u16::MAX);
    let indent = depth.saturating_mul(2).saturating_add(1).min(area.width / 2);
    let after = canvas.put(area, indent, line, fold, Role::Muted) + 1;
    // The marks at the right edge matter more than the end of a long name.
    let right = draw_right(canvas, area, line, after, row);
    let left = Rect { width: right.saturating_sub(1), ..area };
    let mut column = canvas.put(left, after, line, &node.name, node_role(node.kind));
    if node.kind == NodeKind::Account && node.id != node.name {
        column = canvas.put(left, column + 2, line, &node.id, Role::Muted);
    }
    if node.kind == NodeKind::Stack {
        // It stands among workspaces.
        column = canvas.put(left, column + 2, line, "stack", Role::Muted);
    }
    if !node.control_policies.is_empty() {
        let text = format!("SCP ×{}", node.control_policies.len());
        canvas.put(left, column + 2, line, &text, Role::Muted);
    }
}

/// Draws counts and marks, and returns the column where they start.
fn draw_right(canvas: &mut Canvas<'_>, area: Rect, line: u16, from: u16, row: &TreeRow) -> u16 {
    let node = &row.node;
    let mut parts: Vec<(String, Role)> = Vec::new();
    if node.not_read.is_some() {
        parts.push(("? not read".to_owned(), Role::VerdictUnknown));
    }
    if let Some(privileges) = privileges(node.privilege, node.privilege_proven) {
        parts.push((format!("{:<4}", privileges.mark()), privilege_role(privileges.most)));
    }
    if let Some(verdict) = node.reached {
        parts.push((verdict_mark(verdict).to_owned(), verdict_role(verdict)));
    } else if node.privilege.is_some() {
        // The privileges stand below each other.
        parts.push((" ".to_owned(), Role::Text));
    }
    let is_container = matches!(
        node.kind,
        NodeKind::Organization
            | NodeKind::Ou
            | NodeKind::Account
            | NodeKind::HcpTerraform
            | NodeKind::Project
    );
    if is_container && node.not_read.is_none() && node.count > 0 {
        parts.push((node.count.to_string(), Role::Muted));
    }
    let width: usize = parts.iter().map(|(text, _)| text::width(text) + 1).sum();
    let width = u16::try_from(width).unwrap_or(u16::MAX);
    let start = area.width.saturating_sub(width);
    if width == 0 || start <= from.saturating_add(4) {
        return area.width;
    }
    let mut column = start;
    for (text, role) in parts {
        column = canvas.put(area, column, line, &text, role) + 1;
    }
    start
}

fn icon(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::OidcProvider | NodeKind::SamlProvider => "◇",
        _ => " ",
    }
}
