//! Drawing the grid: only the cells that can be seen, headers frozen.

use std::fmt::Write as _;

use ratatui::layout::Rect;

use super::super::canvas::{Canvas, scroll};
use super::super::describe::counted;
use super::super::document::{self, Cursor, Document, Reader};
use super::super::look::{Role, need_word, privilege_role, verdict_mark, verdict_role};
use super::lines::Line;
use super::{Content, Matrix, is_configured, status};
use crate::answer::{Configured, MatrixCell, Privilege, Verdict, Via, privileges};

/// Columns of a cell, the blank after it included: `●both adm?■ `.
const CELL: u16 = 12;
/// Rows of the header: OUs, accounts.
const HEADER: u16 = 2;

pub(crate) fn draw(canvas: &mut Canvas<'_>, area: Rect, screen: &Matrix, waiting: Option<&str>) {
    let frame = Rect { height: area.height.saturating_sub(1), ..area };
    let arranged = &*screen.arranged;
    let mut title = format!(
        "Workspace × account  {} {} (■ configured)",
        arranged.phase.as_str(),
        arranged.show.title(),
    );
    if !screen.lines.grouped {
        title.push_str("  ungrouped");
    }
    if screen.lines.worst_first {
        title.push_str("  worst first");
    }
    let hidden = arranged.grid.sources_left_out;
    if hidden > 0 {
        let _ = write!(title, "  {} hidden", counted(hidden, "source"));
    }
    if !screen.filter.is_empty() {
        title = format!("{title} / {}", screen.filter);
    }
    if let Some(spinner) = waiting {
        title = format!("{title} {spinner}");
    }
    let inside = canvas.frame(frame, &title, true);
    let status = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
    if let Some(problem) = screen.problem.as_ref().or(arranged.problem.as_ref()) {
        let mut said = Document::default();
        said.say(Role::Error, problem.message.clone());
        for hint in &problem.hints {
            said.push(document::Line::new().muted("→ ").text(hint.clone()).indent(2));
        }
        document::draw(canvas, inside, &Reader::new(said), Cursor::Hidden);
    } else if !screen.ready {
        canvas.put(inside, 1, 0, "working it out …", Role::Muted);
    } else if screen.lines.rows.is_empty() || screen.lines.columns.is_empty() {
        let text = if screen.filter.is_empty() {
            "no workspace was read: HCP Terraform needs a token when collecting"
        } else {
            "nothing has that name; esc clears the filter (rows > columns)"
        };
        canvas.put(inside, 1, 0, text, Role::Muted);
    } else {
        draw_grid(canvas, inside, screen);
        status::draw(canvas, status, screen);
    }
}

/// A column that can be seen: where it is drawn, its place among all, and what it is.
type Seen = (u16, usize, Line);

fn draw_grid(canvas: &mut Canvas<'_>, area: Rect, screen: &Matrix) {
    let lines = &screen.lines;
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
    let left = scroll(lines.column, lines.columns.len(), shown);
    let top = scroll(lines.row, lines.rows.len(), usize::from(body.height));
    let columns: Vec<Seen> = (lines.columns.iter().enumerate())
        .skip(left)
        .take(shown)
        .zip((0u16..).step_by(usize::from(CELL)))
        .map(|((place, column), x)| (x, place, *column))
        .collect();
    draw_heads(canvas, heads, screen, &columns);
    let before = Rect { width: names, height: HEADER.min(area.height), ..area };
    let more = lines.columns.len().saturating_sub(left + shown);
    if left + more > 0 {
        let text = match (left, more) {
            (0, more) => format!("{more} more ▸"),
            (left, 0) => format!("◂ {left} more"),
            (left, more) => format!("◂ {left}   {more} ▸"),
        };
        canvas.put(before, 1, 1, &text, Role::Muted);
    }
    for (line, (place, row)) in (0u16..body.height).zip(lines.rows.iter().enumerate().skip(top)) {
        draw_name(canvas, side, line, screen, *row);
        if place == lines.row {
            let mark = canvas.marks().cursor;
            canvas.put(side, 0, line, mark, Role::Key);
            canvas.paint_row(side, line, Role::SelectionOther);
        }
        if matches!(row, Line::Heading(_)) {
            continue;
        }
        for (x, column_place, column) in &columns {
            let room = Rect { x: body.x + x, width: CELL - 1, ..body }.intersection(body);
            draw_cell(canvas, room, line, screen.content(*row, *column));
            if place == lines.row && *column_place == lines.column {
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

/// OUs over their accounts; a closed one by itself.
fn draw_heads(canvas: &mut Canvas<'_>, heads: Rect, screen: &Matrix, columns: &[Seen]) {
    let arranged = &*screen.arranged;
    let ou_of = |column: Line| match column {
        Line::One(index) => arranged.columns.group_of(index),
        Line::Closed(group) | Line::Heading(group) => Some(group),
    };
    let mut last: Option<Option<usize>> = None;
    for (x, place, column) in columns {
        let ou = ou_of(*column);
        let group = ou.and_then(|ou| arranged.columns.groups.get(ou));
        if last != Some(ou) {
            last = Some(ou);
            // An OU's name may run on over its accounts.
            let run = columns.iter().filter(|(at, ..)| at >= x);
            let run = run.take_while(|(.., other)| ou_of(*other) == ou).count();
            let width = CELL.saturating_mul(u16::try_from(run).unwrap_or(1)).saturating_sub(1);
            let name = group.map_or("/", |group| group.name.as_str());
            let room = Rect { x: heads.x + x, width, ..heads }.intersection(heads);
            canvas.put(room, 0, 0, name, Role::NodeOu);
        }
        let room = Rect { x: heads.x + x, width: CELL - 1, ..heads }.intersection(heads);
        match (column, group) {
            (Line::One(index), _) => {
                let name = arranged.grid.columns.get(*index).map_or("", |column| &column.name);
                canvas.put(room, 0, 1, name, Role::NodeAccount);
            }
            (_, Some(group)) => {
                let folded = canvas.marks().folded;
                let column = canvas.put(room, 0, 1, folded, Role::Muted);
                let count = counted(group.members.len(), "acct");
                canvas.put(room, column + 1, 1, &count, Role::Muted);
            }
            (_, None) => {}
        }
        if *place == screen.lines.column {
            let row = Rect { y: room.y + 1, height: 1, ..room };
            canvas.paint(row.intersection(heads), Role::SelectionOther);
        }
    }
}

fn draw_name(canvas: &mut Canvas<'_>, side: Rect, line: u16, screen: &Matrix, row: Line) {
    let arranged = &*screen.arranged;
    let (group, mark) = match row {
        Line::One(index) => {
            let Some(row) = arranged.grid.rows.get(index) else { return };
            let name = if screen.lines.grouped { row.short() } else { row.selector.as_str() };
            let column = canvas.put(side, 2, line, name, Role::NodeWorkspace);
            if let Some(note) = &row.note {
                canvas.put(side, column + 1, line, note, Role::Muted);
            } else if let Some(problem) = row.problems.first() {
                canvas.put(side, column + 1, line, problem.short(), Role::Notice);
            }
            return;
        }
        Line::Heading(group) => (group, canvas.marks().open),
        Line::Closed(group) => (group, canvas.marks().folded),
    };
    let Some(group) = arranged.rows.groups.get(group) else { return };
    let at = u16::from(matches!(row, Line::Closed(_)));
    let column = canvas.put(side, at, line, mark, Role::Muted);
    let column = canvas.put(side, column + 1, line, &group.name, Role::NodeProject);
    if matches!(row, Line::Closed(_)) {
        let count = group.members.len().to_string();
        canvas.put(side, column + 1, line, &count, Role::Muted);
    }
}

fn draw_cell(canvas: &mut Canvas<'_>, room: Rect, line: u16, content: Content<'_>) {
    let marks = canvas.marks();
    let (cell, count, marks_of) = match content {
        Content::Cell(cell) => (cell, None, (cell.privilege, cell.privilege_proven)),
        Content::Best(cell, all) => (cell, Some(all.reached), (all.most, all.proven)),
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
    match count {
        // Of thousands only how many.
        Some(count @ 10_000..) => {
            canvas.put(room, column, line, &format!("{}k", count / 1_000), role)
        }
        Some(0) => column,
        Some(count) => canvas.put(room, column, line, &count.to_string(), role),
        None => canvas.put(room, column, line, how(cell), role),
    };
    if let Some(privileges) = privileges(marks_of.0, marks_of.1.or(Some(Privilege::Nothing))) {
        canvas.put(room, 6, line, privileges.mark(), privilege_role(privileges.most));
    }
    if !cell.broken.is_empty() {
        // Another role of the account may let in what the one that is asked for does not.
        let denied = Verdict::Denied;
        canvas.put(room, 10, line, verdict_mark(denied), verdict_role(denied));
    } else if is_configured(cell) {
        canvas.put(room, 10, line, marks.configured, Role::Strong);
    } else if cell.configured == Configured::Unknown && cell.is_run() {
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
            "session" => "ses",
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
