//! Drawing the grid: only the cells that can be seen, headers frozen.

use std::fmt::Write as _;

use ratatui::layout::Rect;

use super::super::canvas::{Canvas, scroll};
use super::super::look::{Role, need_word, privilege_role, verdict_mark, verdict_role};
use super::{Content, GridRow, Matrix};
use crate::answer::{Broken, Configured, MatrixCell, Verdict, Via, privileges};

/// Columns of a cell, the blank after it included: `●both adm?■ `.
const CELL: u16 = 12;
/// Rows of the header: OUs, accounts.
const HEADER: u16 = 2;

pub(crate) fn draw(canvas: &mut Canvas<'_>, area: Rect, screen: &Matrix, waiting: Option<&str>) {
    let frame = Rect { height: area.height.saturating_sub(1), ..area };
    let mut title = format!(
        "Workspace × account  {} {} (■ configured)",
        screen.phase.as_str(),
        screen.show.title(),
    );
    if screen.worst_first {
        title.push_str("  worst first");
    }
    if !screen.filter.is_empty() {
        title = format!("{title} / {}", screen.filter);
    }
    if let Some(spinner) = waiting {
        title = format!("{title} {spinner}");
    }
    let inside = canvas.frame(frame, &title, true);
    let status = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
    if let Some(problem) = &screen.problem {
        canvas.put(inside, 1, 0, &problem.message, Role::Error);
    } else if !screen.loaded {
        canvas.put(inside, 1, 0, "working it out …", Role::Muted);
    } else if screen.rows.is_empty() || screen.columns.is_empty() {
        let text = if screen.filter.is_empty() {
            "no workspace was read: HCP Terraform needs a token when collecting"
        } else {
            "nothing has that name; esc clears the filter (rows > columns)"
        };
        canvas.put(inside, 1, 0, text, Role::Muted);
    } else {
        draw_grid(canvas, inside, screen);
        draw_status(canvas, status, screen);
    }
}

fn draw_grid(canvas: &mut Canvas<'_>, area: Rect, screen: &Matrix) {
    let names = (area.width / 3).clamp(8, 34).min(area.width);
    let body = Rect {
        x: area.x + names,
        y: area.y.saturating_add(HEADER),
        width: area.width - names,
        height: area.height.saturating_sub(HEADER),
    };
    let heads = Rect { y: area.y, height: HEADER.min(area.height), ..body };
    let side = Rect { x: area.x, width: names.saturating_sub(1), ..body };
    let shown = usize::from(body.width / CELL).max(1);
    let left = scroll(screen.column, screen.columns.len(), shown);
    let top = scroll(screen.row, screen.rows.len(), usize::from(body.height));

    let columns: Vec<(u16, usize, usize)> = (screen.columns.iter().enumerate())
        .skip(left)
        .take(shown)
        .zip((0u16..).step_by(usize::from(CELL)))
        .map(|((place, column), x)| (x, place, *column))
        .collect();
    let mut last_ou: Option<&str> = None;
    for (x, place, column) in &columns {
        let Some(column) = screen.grid.columns.get(*column) else { continue };
        if last_ou != Some(&column.ou) {
            last_ou = Some(&column.ou);
            // An OU's name may run on over its accounts.
            let run = columns
                .iter()
                .filter(|(at, _, other)| {
                    at >= x && screen.grid.columns.get(*other).is_some_and(|it| it.ou == column.ou)
                })
                .count();
            let width = CELL.saturating_mul(u16::try_from(run).unwrap_or(1)).saturating_sub(1);
            let name = column.ou.rsplit('/').find(|part| !part.is_empty()).unwrap_or("/");
            let room = Rect { x: heads.x + x, width, ..heads };
            canvas.put(room.intersection(heads), 0, 0, name, Role::NodeOu);
        }
        let room = Rect { x: heads.x + x, width: CELL - 1, ..heads }.intersection(heads);
        canvas.put(room, 0, 1, &column.name, Role::NodeAccount);
        if *place == screen.column {
            let row = Rect { y: room.y + 1, height: 1, ..room };
            canvas.paint(row.intersection(heads), Role::SelectionOther);
        }
    }
    if left > 0 {
        canvas.put(side_head(area, names), 0, 1, "◂ more", Role::Muted);
    }
    for (line, (place, row)) in (0u16..body.height).zip(screen.rows.iter().enumerate().skip(top)) {
        match row {
            GridRow::Project(first) => {
                let name = screen.grid.rows.get(*first).map_or("", |row| row.project.as_str());
                let open = canvas.marks().open;
                let column = canvas.put(side, 0, line, open, Role::Muted);
                let name = if name.is_empty() { "(no project)" } else { name };
                canvas.put(side, column + 1, line, name, Role::NodeProject);
            }
            GridRow::Workspace(index) => {
                draw_name(canvas, side, line, screen, *index);
                if place == screen.row {
                    let mark = canvas.marks().cursor;
                    canvas.put(side, 0, line, mark, Role::Key);
                    canvas.paint_row(side, line, Role::SelectionOther);
                }
                for (x, column_place, column) in &columns {
                    let room = Rect { x: body.x + x, width: CELL - 1, ..body }.intersection(body);
                    draw_cell(canvas, room, line, screen.content(*index, *column));
                    if place == screen.row && *column_place == screen.column {
                        let cell = Rect { y: room.y + line, height: 1, ..room };
                        canvas.paint(cell.intersection(body), Role::Selection);
                        // The cursor must be seen without colour or reverse too.
                        let gap = Rect { x: cell.x.saturating_sub(1), width: 1, ..cell };
                        let mark = canvas.marks().cursor;
                        canvas.put(gap, 0, 0, mark, Role::Key);
                    }
                }
            }
        }
    }
}

fn side_head(area: Rect, names: u16) -> Rect {
    Rect { width: names, height: HEADER.min(area.height), ..area }
}

fn draw_name(canvas: &mut Canvas<'_>, side: Rect, line: u16, screen: &Matrix, index: usize) {
    let Some(row) = screen.grid.rows.get(index) else { return };
    let name = if screen.worst_first { row.selector.as_str() } else { row.short() };
    let column = canvas.put(side, 2, line, name, Role::NodeWorkspace);
    if let Some(note) = &row.note {
        canvas.put(side, column + 1, line, note, Role::Muted);
    }
}

fn draw_cell(canvas: &mut Canvas<'_>, room: Rect, line: u16, content: Content<'_>) {
    let marks = canvas.marks();
    let cell = match content {
        Content::Cell(cell) => cell,
        Content::NotRead(_) => {
            canvas.put(room, 0, line, marks.unknown, Role::VerdictUnknown);
            return;
        }
        Content::None => {
            canvas.put(room, 0, line, marks.none, Role::Muted);
            return;
        }
        Content::Hidden => return,
    };
    let role = verdict_role(cell.verdict);
    let column = canvas.put(room, 0, line, verdict_mark(cell.verdict), role);
    canvas.put(room, column, line, how(cell), role);
    if let Some(privileges) = privileges(cell.privilege, cell.privilege_proven) {
        canvas.put(room, 6, line, privileges.mark(), privilege_role(privileges.most));
    }
    if matches!(cell.configured, Configured::FirstHop | Configured::All) {
        canvas.put(room, 10, line, marks.configured, Role::Strong);
    } else if cell.configured == Configured::Unknown && cell.phase.is_some() {
        canvas.put(room, 10, line, marks.unknown, Role::Muted);
    }
}

/// Three or four letters: what is needed, or else by which way.
fn how(cell: &MatrixCell) -> &'static str {
    if cell.verdict == Verdict::Conditional
        && let Some(kind) = cell.needs.first()
    {
        return match need_word(kind) {
            "token" => "tok",
            word => word,
        };
    }
    match cell.via {
        [Via::Own] => "own",
        [Via::Hub] => "hub",
        [] => "",
        _ => "both",
    }
}

fn draw_status(canvas: &mut Canvas<'_>, area: Rect, screen: &Matrix) {
    let Some((workspace, account)) = screen.place_in_grid() else { return };
    let (Some(row), Some(column)) =
        (screen.grid.rows.get(workspace), screen.grid.columns.get(account))
    else {
        return;
    };
    let name = row.short();
    let mut at = canvas.put(area, 1, 0, &format!("{name} → {}  ", column.name), Role::Strong);
    match screen.content(workspace, account) {
        Content::Cell(cell) => {
            let mark = verdict_mark(cell.verdict);
            let role = verdict_role(cell.verdict);
            at = canvas.put(area, at, 0, &format!("{mark} {}", cell.verdict), role);
            canvas.put(area, at, 0, &explained(cell, screen), Role::Text);
        }
        Content::NotRead(why) => {
            canvas.put(area, at, 0, &format!("? unknown: {why}"), Role::VerdictUnknown);
        }
        Content::None => {
            canvas.put(area, at, 0, "· no path, and no setting asks for one", Role::Muted);
        }
        Content::Hidden => {
            let text = format!("left out: only {} cells are shown", screen.show.title());
            canvas.put(area, at, 0, &text, Role::Muted);
        }
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
        let _ = write!(text, ", {}", super::super::describe::counted(hops, "hop"));
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
        _ if cell.phase.is_none() => "",
        Configured::All => ", ■ configured",
        Configured::FirstHop => ", ■ configured for hop 1",
        Configured::No => ", not configured",
        Configured::Unknown => ", settings not read",
    });
    if !cell.permitted {
        text.push_str(", not permitted");
    }
    if let Some(Broken { role, layer, text: why }) = &cell.broken {
        let layer = layer.map(|layer| format!("{}: ", layer.title())).unwrap_or_default();
        let _ = write!(text, ", fails at {}: {layer}{why}", last(role));
    }
    if screen.grid.truncated {
        text.push_str("  (the matrix is cut short)");
    }
    text
}

fn last(role: &str) -> &str {
    role.rsplit('/').next().unwrap_or(role)
}
