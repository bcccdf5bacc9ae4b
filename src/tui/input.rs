//! One line of typed text.

use crossterm::event::KeyCode;
use ratatui::layout::Rect;
use tui_input::{Input, InputRequest};

use super::canvas::Canvas;
use super::keys::Chord;
use super::look::Role;
use crate::text;

/// Applies a key to the text; false when the key is not for a text.
pub(crate) fn edit(input: &mut Input, chord: Chord) -> bool {
    let request = match chord.code {
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ if chord.is_control('a') => InputRequest::GoToStart,
        _ if chord.is_control('e') => InputRequest::GoToEnd,
        _ if chord.is_control('w') => InputRequest::DeletePrevWord,
        _ if chord.is_control('u') => InputRequest::DeleteLine,
        _ => match chord.typed() {
            Some(char) => InputRequest::InsertChar(char),
            None => return false,
        },
    };
    input.handle(request);
    true
}

/// Puts pasted text in, on one line.
pub(crate) fn paste(input: &mut Input, pasted: &str) {
    for char in pasted.trim().chars() {
        let char = if char.is_control() { ' ' } else { char };
        input.handle(InputRequest::InsertChar(char));
    }
}

/// Draws a prompt with the text and a cursor, on one row.
pub(crate) fn draw(canvas: &mut Canvas<'_>, area: Rect, prompt: &str, input: &Input) {
    let column = canvas.put(area, 0, 0, prompt, Role::Key);
    let room = usize::from(area.width.saturating_sub(column).saturating_sub(1));
    let scrolled = input.visual_scroll(room);
    let mut skipped = 0;
    let shown: String = input
        .value()
        .chars()
        .skip_while(|char| {
            let skip = skipped < scrolled;
            skipped += text::width(char.encode_utf8(&mut [0; 4]));
            skip
        })
        .collect();
    let end = canvas.put(area, column, 0, &shown, Role::Input);
    let cursor = u16::try_from(input.visual_cursor().saturating_sub(scrolled)).unwrap_or(0);
    let at = column.saturating_add(cursor);
    if at >= end {
        canvas.put(area, at, 0, " ", Role::Input);
    }
    let cell = Rect { x: area.x.saturating_add(at), width: 1, height: 1, ..area };
    canvas.paint(cell.intersection(area), Role::Selection);
}
