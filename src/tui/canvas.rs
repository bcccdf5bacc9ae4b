//! Drawing: the only place where text meets the terminal's cells.
//!
//! Everything goes through [`crate::text::safe`], is cut to its space and clipped to the
//! buffer, so that no view can draw outside or be steered by a name.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::look::{Look, Marks, Role};
use crate::text;

/// A buffer with the looks to draw in.
pub(crate) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    look: &'a Look,
}

impl<'a> Canvas<'a> {
    pub(crate) fn new(buffer: &'a mut Buffer, look: &'a Look) -> Self {
        Self { buffer, look }
    }

    pub(crate) fn area(&self) -> Rect {
        self.buffer.area
    }

    pub(crate) fn marks(&self) -> &'static Marks {
        self.look.marks()
    }

    pub(crate) fn style(&self, role: Role) -> Style {
        self.look.style(role)
    }

    /// Writes `text` at a place within `area`, cut to what is left of the row. Returns the
    /// column after it, relative to the area.
    pub(crate) fn put(&mut self, area: Rect, column: u16, row: u16, text: &str, role: Role) -> u16 {
        let style = self.style(role);
        self.put_styled(area, column, row, text, style)
    }

    pub(crate) fn put_styled(
        &mut self,
        area: Rect,
        column: u16,
        row: u16,
        text: &str,
        style: Style,
    ) -> u16 {
        let area = area.intersection(self.buffer.area);
        if row >= area.height || column >= area.width {
            return column;
        }
        let space = area.width - column;
        let safe = text::safe(text);
        let plain = self.look.plain(&safe);
        let fitted = text::fit(&plain, usize::from(space));
        // The cut mark is ours, and not ASCII.
        let fitted = self.look.plain(&fitted);
        let (end, _) =
            self.buffer.set_stringn(area.x + column, area.y + row, &fitted, space.into(), style);
        end.saturating_sub(area.x)
    }

    /// Writes `text` so that it ends at the area's right edge. Returns the column where it
    /// starts, or the area's width when it would begin before `from`.
    pub(crate) fn put_right(
        &mut self,
        area: Rect,
        from: u16,
        row: u16,
        text: &str,
        role: Role,
    ) -> u16 {
        let width = u16::try_from(text::width(&text::safe(text))).unwrap_or(u16::MAX);
        let column = area.width.saturating_sub(width);
        if column < from || width == 0 {
            return area.width;
        }
        self.put(area, column, row, text, role);
        column
    }

    /// Lays a style over a row, on top of what is drawn there.
    pub(crate) fn paint_row(&mut self, area: Rect, row: u16, role: Role) {
        let row = Rect { y: area.y.saturating_add(row), height: 1, ..area };
        let row = row.intersection(area).intersection(self.buffer.area);
        let style = self.style(role);
        self.buffer.set_style(row, style);
    }

    pub(crate) fn paint(&mut self, area: Rect, role: Role) {
        let style = self.style(role);
        self.buffer.set_style(area.intersection(self.buffer.area), style);
    }

    /// Empties an area, for what is drawn over something else.
    pub(crate) fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for row in area.rows() {
            for place in row.columns() {
                if let Some(cell) = self.buffer.cell_mut(place.as_position()) {
                    cell.reset();
                }
            }
        }
    }

    /// Draws a frame with a title, and returns the area inside.
    pub(crate) fn frame(&mut self, area: Rect, title: &str, focused: bool) -> Rect {
        let area = area.intersection(self.buffer.area);
        if area.width < 3 || area.height < 3 {
            return area;
        }
        let [top_left, top_right, bottom_left, bottom_right, horizontal, vertical] =
            self.marks().border;
        let role = if focused { Role::BorderFocus } else { Role::Border };
        let (right, bottom) = (area.width - 1, area.height - 1);
        for column in 1..right {
            self.put(area, column, 0, horizontal, role);
            self.put(area, column, bottom, horizontal, role);
        }
        for row in 1..bottom {
            self.put(area, 0, row, vertical, role);
            self.put(area, right, row, vertical, role);
        }
        for (column, row, corner) in [
            (0, 0, top_left),
            (right, 0, top_right),
            (0, bottom, bottom_left),
            (right, bottom, bottom_right),
        ] {
            self.put(area, column, row, corner, role);
        }
        if !title.is_empty() && area.width > 6 {
            let top = Rect { x: area.x + 2, width: area.width - 4, height: 1, ..area };
            let title = format!(" {} ", text::safe(title));
            self.put(top, 0, 0, &title, if focused { Role::Title } else { Role::Border });
        }
        Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
    }
}

/// The first row to draw so that `cursor` stays near the middle of `height` rows. The place
/// follows from the cursor alone, so drawing needs no memory.
pub(crate) fn scroll(cursor: usize, length: usize, height: usize) -> usize {
    cursor.saturating_sub(height / 2).min(length.saturating_sub(height))
}
