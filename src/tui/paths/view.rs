//! Drawing the ends and what lies between.

use ratatui::layout::Rect;

use super::super::canvas::Canvas;
use super::super::document::{self, Cursor};
use super::super::look::Role;
use super::Paths;

pub(crate) fn draw(canvas: &mut Canvas<'_>, area: Rect, screen: &Paths, waiting: Option<&str>) {
    let stacked = area.width < 100;
    let head = Rect { height: if stacked { 2 } else { 1 }.min(area.height), ..area };
    let half = Rect { width: head.width / 2, ..head };
    let (from, to) = if stacked {
        (Rect { height: 1, ..head }, Rect { y: head.y + 1, height: 1, ..head })
    } else {
        (half, Rect { x: half.right(), width: head.width - half.width, ..head })
    };
    draw_end(canvas, from.intersection(head), "from", screen.from.as_deref(), "anybody", screen);
    draw_end(canvas, to.intersection(head), "to", screen.to.as_deref(), "anything", screen);

    let body =
        Rect { y: area.y + head.height, height: area.height.saturating_sub(head.height), ..area };
    let reader = screen.reader();
    let mut title = reader.document().title.clone();
    if !reader.filter().is_empty() {
        title = format!("{title} / {}", reader.filter());
    }
    if let Some(spinner) = waiting {
        title = format!("searching {spinner}");
    }
    let inside = canvas.frame(body, &title, true);
    document::draw(canvas, inside, reader, Cursor::Active);
}

fn draw_end(
    canvas: &mut Canvas<'_>,
    area: Rect,
    label: &str,
    value: Option<&str>,
    nothing: &str,
    screen: &Paths,
) {
    let column = canvas.put(area, 1, 0, &format!("{label:<5}"), Role::Muted);
    match value {
        Some(value) => canvas.put(area, column, 0, &screen.names.short(value), Role::Strong),
        None => canvas.put(area, column, 0, nothing, Role::Muted),
    };
}
