//! The line under the grid: the place of the cursor in words.

use std::fmt::Write as _;

use ratatui::layout::Rect;

use super::super::canvas::Canvas;
use super::super::describe::counted;
use super::super::look::{Role, need_word, verdict_mark, verdict_role};
use super::lines::Line;
use super::{Content, Matrix};
use crate::answer::{
    Broken, Configured, MatrixCell, MatrixRow, Privilege, Verdict, Via, privileges,
};

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, screen: &Matrix) {
    let (Some(row), Some(column)) = screen.lines.cursor() else { return };
    let (rows, columns) = (row_name(screen, row), column_name(screen, column));
    let mut at = canvas.put(area, 1, 0, &format!("{rows} → {columns}  "), Role::Strong);
    match screen.content(row, column) {
        Content::Cell(cell) => {
            let mark = verdict_mark(cell.verdict);
            let role = verdict_role(cell.verdict);
            at = canvas.put(area, at, 0, &format!("{mark} {}", cell.verdict), role);
            canvas.put(area, at, 0, &explained(cell, screen), Role::Text);
        }
        Content::Best(cell, all) => {
            let grid = &screen.arranged.grid;
            let of = grid.rows.iter().find(|row| *row.selector == *cell.workspace());
            let name = of.map_or(cell.workspace(), MatrixRow::short);
            let account = grid.columns.iter().find(|column| *column.id == *cell.account());
            let account = account.map_or(cell.account(), |column| &column.name);
            let most = privileges(all.most, all.proven.or(Some(Privilege::Nothing)));
            let most = most.map(|most| format!(", at most {}", most.mark())).unwrap_or_default();
            let text = format!("{} may be reached{most}; best ", counted(all.reached, "place"));
            at = canvas.put(area, at, 0, &text, Role::Text);
            let role = verdict_role(cell.verdict);
            at = canvas.put(
                area,
                at,
                0,
                &format!("{} {name} → {account}", verdict_mark(cell.verdict)),
                role,
            );
            at = canvas.put(area, at, 0, &explained(cell, screen), Role::Text);
            if let Some(why) = screen.unknown(row, column) {
                let text = format!("  ? maybe more: {why}");
                canvas.put(area, at, 0, &text, Role::VerdictUnknown);
            }
        }
        Content::NotRead(why) => {
            canvas.put(area, at, 0, &format!("? unknown: {why}"), Role::VerdictUnknown);
        }
        Content::None => {
            canvas.put(area, at, 0, "· no path, and no setting asks for one", Role::Muted);
        }
        Content::Hidden => {
            let text = format!("left out: only {} cells are shown", screen.arranged.show.title());
            canvas.put(area, at, 0, &text, Role::Muted);
        }
    }
}

fn row_name(screen: &Matrix, line: Line) -> String {
    let arranged = &screen.arranged;
    match line {
        Line::One(index) => arranged.grid.rows.get(index).map_or("", MatrixRow::short).to_owned(),
        Line::Closed(group) | Line::Heading(group) => match arranged.rows.groups.get(group) {
            Some(group) => {
                format!("{} ({})", group.name, counted(group.members.len(), "workspace"))
            }
            None => String::new(),
        },
    }
}

fn column_name(screen: &Matrix, line: Line) -> String {
    let arranged = &screen.arranged;
    match line {
        Line::One(index) => {
            arranged.grid.columns.get(index).map_or("", |column| &column.name).to_owned()
        }
        Line::Closed(group) | Line::Heading(group) => match arranged.columns.groups.get(group) {
            Some(group) => {
                format!("{} ({})", group.key, counted(group.members.len(), "account"))
            }
            None => String::new(),
        },
    }
}

fn explained(cell: &MatrixCell, screen: &Matrix) -> String {
    let mut text = String::new();
    if cell.verdict == Verdict::Unknown {
        text.push_str(": hangs on what was not read");
    } else if !cell.needs.is_empty() {
        let needs: Vec<_> = cell.needs.iter().map(|kind| need_word(kind)).collect();
        let _ = write!(text, ", needs {}", needs.join(" + "));
    }
    match cell.via {
        [Via::Own] => text.push_str(", own provider"),
        [Via::Hub] => text.push_str(", through a hub"),
        [] => {}
        _ => text.push_str(", own provider and through a hub"),
    }
    if let Some(hops) = cell.hops {
        let _ = write!(text, ", {}", counted(hops, "hop"));
    }
    let names: Vec<_> = cell.roles.iter().take(2).map(|role| last(role)).collect();
    if !names.is_empty() {
        let _ = write!(text, ", {}", names.join(" "));
        if cell.role_count > names.len() {
            let _ = write!(text, " +{}", cell.role_count - names.len());
        }
    }
    if let Some(privileges) = privileges(cell.privilege, cell.privilege_proven) {
        let _ = write!(text, " ({})", privileges.mark());
    }
    text.push_str(match cell.configured {
        // Tokens of other issuers have no settings to read.
        _ if !cell.is_run() => "",
        Configured::All => ", ■ configured",
        Configured::FirstHop => ", ■ configured for hop 1",
        Configured::No => ", not configured",
        Configured::Unknown => ", settings not read",
    });
    if !cell.permitted {
        text.push_str(", not permitted");
    }
    if let Some(reason) = cell.reason {
        let _ = write!(text, ", {reason}");
    }
    let tags = cell.tagged();
    if !tags.is_empty() {
        let _ = write!(text, " {tags}");
    }
    for Broken { tag, role, layer, text: why } in &cell.broken {
        let tag = tag.as_ref().map(|tag| format!("@{tag} ")).unwrap_or_default();
        let layer = layer.map(|layer| format!("{}: ", layer.title())).unwrap_or_default();
        let _ = write!(text, ", {tag}fails at {}: {layer}{why}", last(role));
    }
    if screen.arranged.grid.truncated {
        text.push_str("  (the matrix is cut short)");
    }
    text
}

fn last(role: &str) -> &str {
    role.rsplit('/').next().unwrap_or(role)
}
