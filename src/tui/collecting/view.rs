//! Drawing the crawl: how far it is, its accounts, and the detail of one or of all.

use ratatui::layout::Rect;

use super::super::canvas::Canvas;
use super::super::describe::{counted, grouped};
use super::super::look::Role;
use super::super::view::list_and_detail;
use super::{Collecting, Crawl, Progress};
use crate::text;

/// The most columns of the bar.
const BAR: u16 = 30;

pub(crate) fn draw(canvas: &mut Canvas<'_>, area: Rect, screen: &Collecting, zoom: bool) {
    let Some(crawl) = screen.crawl() else {
        let inside = canvas.frame(area, "Collecting", true);
        canvas.put(inside, 1, 0, "Nothing was collected since rolewalk was opened.", Role::Strong);
        canvas.put(inside, 1, 1, "c says what a crawl would do, and asks.", Role::Text);
        return;
    };
    let head = Rect { height: 1.min(area.height), ..area };
    draw_progress(canvas, head, crawl);
    let area = Rect { y: area.y + head.height, height: area.height - head.height, ..area };
    list_and_detail(canvas, area, (&screen.list, &screen.detail), screen.pane, zoom);
}

fn draw_progress(canvas: &mut Canvas<'_>, area: Rect, crawl: &Crawl) {
    let all = crawl.accounts.len();
    let width = (area.width / 4).min(BAR);
    let filled = (usize::from(width) * crawl.done.len()).checked_div(all).unwrap_or(0);
    let [full, empty] = canvas.marks().bar;
    let bar = full.repeat(filled);
    let column = canvas.put(area, 1, 0, &bar, Role::Key);
    let rest = empty.repeat(usize::from(width).saturating_sub(filled));
    let mut column = canvas.put(area, column, 0, &rest, Role::Muted) + 1;
    let mut parts = vec![(
        format!("{} of {}", grouped(crawl.done.len()), counted(all, "account")),
        Role::Strong,
    )];
    if crawl.failed > 0 {
        parts.push((format!("{} not read", grouped(crawl.failed)), Role::VerdictUnknown));
    }
    match &crawl.progress {
        Progress::Running => {}
        Progress::Stopping => parts.push(("stopping".to_owned(), Role::Notice)),
        Progress::Ended(Err(_)) => parts.push(("failed".to_owned(), Role::Error)),
        Progress::Ended(Ok(end)) => parts.push(match (&end.stopped, end.left) {
            (Some(_), _) => ("stopped by an error".to_owned(), Role::Error),
            (None, 1..) => ("stopped".to_owned(), Role::Notice),
            (None, 0) => ("done".to_owned(), Role::VerdictAllowed),
        }),
    }
    parts.extend(crawl.time_left().map(|left| (left, Role::Text)));
    parts.push((counted(crawl.roles, "role"), Role::Text));
    if crawl.is_running() {
        parts.extend(crawl.rate().map(|rate| (format!("{rate:.1} accounts/s"), Role::Muted)));
    }
    parts.extend(crawl.elapsed().map(|elapsed| (super::lasted(elapsed), Role::Muted)));
    for (number, (part, role)) in parts.iter().enumerate() {
        let gap = if number == 0 { "" } else { " · " };
        if usize::from(column) + text::width(gap) + text::width(part) > usize::from(area.width) {
            break;
        }
        column = canvas.put(area, column, 0, gap, Role::Muted);
        column = canvas.put(area, column, 0, part, *role);
    }
}
