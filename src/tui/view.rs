//! `view`: draws the state, and nothing else.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::document::{self, Cursor, Reader};
use super::event::Slot;
use super::input;
use super::keys::Action;
use super::look::{Look, Role};
use super::organization::{self, Pane};
use super::state::{Load, Screen, State};
use super::{collecting, matrix, overlay, paths, probes, troubleshoot};
use crate::answer::Overview;
use crate::text;

/// Columns and rows that the screens need.
pub const SMALLEST: (u16, u16) = (60, 15);

/// Draws everything.
pub(crate) fn view(state: &State, look: &Look, buffer: &mut Buffer) {
    let mut canvas = Canvas::new(buffer, look);
    let area = canvas.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return draw_too_small(&mut canvas, area);
    }
    let row = |y: u16| Rect { y, height: 1, ..area };
    draw_header(&mut canvas, row(area.y), state);
    draw_tabs(&mut canvas, row(area.y + 1), state);
    let body = Rect { y: area.y + 2, height: area.height - 3, ..area };
    draw_body(&mut canvas, body, state);
    if let Some(over) = &state.overlay {
        let waiting = spinner(&canvas, state, Slot::Why);
        overlay::draw(&mut canvas, body, over, state.zoom, waiting);
    }
    draw_footer(&mut canvas, row(area.bottom() - 1), state);
}

fn draw_body(canvas: &mut Canvas<'_>, body: Rect, state: &State) {
    if state.shows_card() {
        if let Load::Loading { snapshot, step } = &state.load {
            let inside = canvas.frame(body, "", false);
            let spinner = pick(&canvas.marks().spinner, state.requests.ticks());
            canvas.put(inside, 1, 0, &format!("{spinner} loading the snapshot …"), Role::Muted);
            let step = step.as_ref().map(ToString::to_string);
            let lines = [(snapshot.as_ref(), Role::Text), (step.as_ref(), Role::Muted)];
            for ((line, role), row) in
                lines.into_iter().filter_map(|(line, role)| Some((line?, role))).zip(1..)
            {
                canvas.put(inside, 3, row, line, role);
            }
        } else {
            let inside = canvas.frame(body, &state.card.document().title, true);
            document::draw(canvas, inside, &state.card, Cursor::Active);
        }
        return;
    }
    let waiting = spinner(canvas, state, state.slot()).or_else(|| {
        let arranges = state.screen == Screen::Matrix;
        arranges.then(|| spinner(canvas, state, Slot::Arrange)).flatten()
    });
    match state.screen {
        Screen::Organization => {
            organization::draw(canvas, body, &state.organization, state.zoom, waiting);
        }
        Screen::Matrix => matrix::draw(canvas, body, &state.matrix, waiting),
        Screen::Paths => paths::draw(canvas, body, &state.paths, waiting),
        Screen::Troubleshoot => {
            troubleshoot::draw(canvas, body, &state.troubleshoot, state.zoom, waiting);
        }
        Screen::Probes => probes::draw(canvas, body, &state.probes, state.zoom),
        Screen::Collecting => collecting::draw(canvas, body, &state.collecting, state.zoom),
    }
}

/// The areas of two panes: side by side where there is room, else the one with the keys.
pub(crate) fn panes(
    area: Rect,
    pane: Pane,
    zoom: bool,
    percent: u16,
) -> (Option<Rect>, Option<Rect>) {
    if zoom || area.width < 100 {
        return match pane {
            Pane::First => (Some(area), None),
            Pane::Second => (None, Some(area)),
        };
    }
    let width = area.width.min(u16::MAX / 100) * percent / 100;
    let width = width.min(area.width);
    (
        Some(Rect { width, ..area }),
        Some(Rect { x: area.x + width, width: area.width - width, ..area }),
    )
}

/// A list and the detail of what is under its cursor.
pub(crate) fn list_and_detail(
    canvas: &mut Canvas<'_>,
    area: Rect,
    (list, detail): (&Reader, &Reader),
    pane: Pane,
    zoom: bool,
) {
    let (first, second) = panes(area, pane, zoom, 50);
    for (area, reader, own) in [(first, list, Pane::First), (second, detail, Pane::Second)] {
        let Some(area) = area else { continue };
        let focused = pane == own;
        let inside = canvas.frame(area, &reader.document().title, focused);
        let cursor = match own {
            Pane::First if !focused => Cursor::Resting,
            _ => Cursor::when(focused),
        };
        document::draw(canvas, inside, reader, cursor);
    }
}

fn spinner(canvas: &Canvas<'_>, state: &State, slot: Slot) -> Option<&'static str> {
    let marks = canvas.marks().spinner;
    state.requests.is_slow(slot).then(|| pick(&marks, state.requests.ticks()))
}

fn pick(frames: &[&'static str; 4], ticks: u64) -> &'static str {
    let [first, second, third, fourth] = frames;
    match ticks % 4 {
        0 => first,
        1 => second,
        2 => third,
        _ => fourth,
    }
}

fn draw_too_small(canvas: &mut Canvas<'_>, area: Rect) {
    let (width, height) = SMALLEST;
    let lines = [
        "rolewalk".to_owned(),
        format!("needs {width}x{height},"),
        format!("here is {}x{}", area.width, area.height),
        "q leaves".to_owned(),
    ];
    let top = area.height.saturating_sub(4) / 2;
    for (line, row) in lines.iter().zip(top..) {
        let width = u16::try_from(text::width(line)).unwrap_or(0);
        canvas.put(area, area.width.saturating_sub(width) / 2, row, line, Role::Text);
    }
}

fn draw_header(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let mut column = canvas.put(area, 1, 0, "rolewalk", Role::Title) + 2;
    if state.demo {
        column = canvas.put(area, column, 0, "DEMO", Role::Notice) + 2;
    }
    let Load::Ready(overview) = &state.load else {
        column = canvas.put(area, column, 0, &state.title, Role::Strong);
        if let Some(crawl) = state.collecting.running() {
            column = canvas.put(area, column, 0, " │ ", Role::Border);
            let forms = crawl.progress_forms();
            let fits =
                |form: &&String| text::width(form) < usize::from(area.width.saturating_sub(column));
            if let Some(form) = forms.iter().find(fits) {
                canvas.put(area, column, 0, form, Role::Notice);
            }
        }
        return;
    };
    column = canvas.put(area, column, 0, &overview.name, Role::Strong);
    if let Some(id) = overview.organization.as_ref().filter(|id| **id != overview.name) {
        column = canvas.put(area, column + 2, 0, id, Role::Muted);
    }
    // The widest form that fits, so that completeness is never what is cut.
    let room = usize::from(area.width.saturating_sub(column).saturating_sub(1));
    let mut forms = header_forms(overview, state.now);
    let supposed = state.supposed.forms();
    if let Some(crawl) = state.collecting.running() {
        forms = with_progress(&crawl.progress_forms(), &forms);
    } else if state.loads.is_slow(state.requests.ticks()) && state.loads.supposes() {
        let working = ["working out what if …".to_owned(), "what if …".to_owned()];
        forms = with_progress(&working, &forms);
    } else if !supposed.is_empty() {
        forms = with_progress(&supposed, &forms);
    } else if state.loads.is_slow(state.requests.ticks()) {
        let loading = ["loading the new snapshot …".to_owned(), "loading …".to_owned()];
        forms = with_progress(&loading, &forms);
    }
    let fits = |parts: &Vec<(String, Role)>| {
        parts.iter().map(|(part, _)| text::width(part) + 3).sum::<usize>() <= room
    };
    let Some(parts) = forms.iter().find(|parts| fits(parts)).or(forms.last()) else { return };
    for (part, role) in parts {
        column = canvas.put(area, column, 0, " │ ", Role::Border);
        column = canvas.put(area, column, 0, part, *role);
    }
}

fn header_forms(overview: &Overview, now: Option<Timestamp>) -> Vec<Vec<(String, Role)>> {
    let collected = overview.collected_at.as_deref();
    let age = match (collected.and_then(|at| at.parse::<Timestamp>().ok()), now) {
        (Some(at), Some(now)) => format!("{} ago", ago(now.duration_since(at).as_secs())),
        (Some(at), None) => at.to_string(),
        (None, _) => "of unknown age".to_owned(),
    };
    let by = overview.collected_by.as_deref().map(|arn| {
        let name = arn.rsplit_once(':').map_or(arn, |(_, name)| name);
        name.strip_prefix("assumed-role/").unwrap_or(name).to_owned()
    });
    let role = |complete: bool| if complete { Role::Text } else { Role::VerdictUnknown };
    let aws = role(overview.accounts_read >= overview.accounts && overview.not_read.is_empty());
    let (read, all) = (overview.accounts_read, overview.accounts);
    let hcp_gap = overview.not_read.iter().any(|gap| gap.account.is_none());
    let hcp = role(overview.workspaces.is_some() && !hcp_gap);
    let workspaces = match overview.workspaces {
        Some(count) => super::describe::counted(count, "workspace"),
        None => "not read".to_owned(),
    };
    let short_hcp = overview.workspaces.map_or("not read".to_owned(), |count| count.to_string());
    let dated = (format!("snapshot {age}"), Role::Text);
    let full_by = by.map_or_else(|| age.clone(), |by| format!("{age} by {by}"));
    let aws_full = (format!("AWS {read} of {all} accounts"), aws);
    let hcp_full = (format!("HCP {workspaces}"), hcp);
    vec![
        vec![(format!("snapshot {full_by}"), Role::Text), aws_full.clone(), hcp_full.clone()],
        vec![dated, aws_full, hcp_full],
        vec![
            (age, Role::Text),
            (format!("AWS {read}/{all}"), aws),
            (format!("HCP {short_hcp}"), hcp),
        ],
        vec![(format!("AWS {read}/{all}"), aws), (format!("HCP {short_hcp}"), hcp)],
    ]
}

/// While accounts are read, how far that is stands in place of the snapshot's age.
fn with_progress(progress: &[String], forms: &[Vec<(String, Role)>]) -> Vec<Vec<(String, Role)>> {
    let mut all = Vec::new();
    for text in progress {
        for form in forms {
            // The last form has no age.
            let rest = form.get(form.len().saturating_sub(2)..).unwrap_or_default();
            let mut parts = vec![(text.clone(), Role::Notice)];
            parts.extend(rest.iter().cloned());
            all.push(parts);
        }
    }
    all.extend(progress.iter().map(|text| vec![(text.clone(), Role::Notice)]));
    all
}

fn ago(seconds: i64) -> String {
    match seconds {
        ..90 => "moments".to_owned(),
        90..5_400 => format!("{} min", seconds / 60),
        5_400..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn draw_tabs(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let mut column = 1;
    for (screen, title) in Screen::ALL {
        let hidden = screen == Screen::Collecting && state.collecting.crawl().is_none();
        if hidden && screen != state.screen {
            continue;
        }
        column = if screen == state.screen {
            canvas.put(area, column, 0, &format!("[{title}]"), Role::TabActive)
        } else {
            canvas.put(area, column, 0, &format!(" {title} "), Role::Tab)
        };
        column += 1;
    }
}

/// What works here is listed; what works everywhere and everybody knows is not.
const UNLISTED: [Action; 23] = [
    Action::Up,
    Action::Down,
    Action::Left,
    Action::Right,
    Action::PageUp,
    Action::PageDown,
    Action::Top,
    Action::Bottom,
    Action::ScreenOrganization,
    Action::ScreenMatrix,
    Action::ScreenPaths,
    Action::ScreenTroubleshoot,
    Action::ScreenProbes,
    Action::ScreenCollecting,
    Action::Topology,
    Action::Collect,
    Action::CollectMissing,
    Action::Reread,
    Action::Redraw,
    Action::Suspend,
    Action::Help,
    Action::PlaceForward,
    Action::FoldAll,
];

fn draw_footer(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    if let Some(typed) = &state.filtering {
        return input::draw(canvas, area, " / ", typed);
    }
    if let Some(notice) = &state.notice {
        canvas.put(area, 1, 0, notice, Role::Notice);
        return;
    }
    let offers = state.offers();
    if offers.is_empty() {
        let mut column = 1;
        let keys: &[_] = match state.overlay {
            Some(overlay::Overlay::Prompt(_)) => &[("enter", "import"), ("esc", "close")],
            Some(overlay::Overlay::Suppose(_)) => &[("enter", "work it out"), ("esc", "close")],
            _ => &[("enter", "choose"), ("↑↓", "move"), ("esc", "close")],
        };
        for (key, what) in keys {
            column = put_key(canvas, area, column, key, what);
        }
        return;
    }
    // Help is the way to everything that does not fit.
    let help = state.keymap.key(Action::Help).filter(|_| offers.contains(&Action::Help));
    let help = help.map(|key| (key.to_string(), Action::Help.title()));
    let reserved = help.as_ref().map_or(0, |(key, title)| text::width(key) + title.len() + 3);
    let limit = usize::from(area.width).saturating_sub(reserved + 1);
    let mut column = 1;
    let typing = state.screen == Screen::Troubleshoot && state.troubleshoot.typing;
    let card = state.shows_card();
    let listed = |action: &Action| {
        let here = match action {
            Action::ScreenTroubleshoot => card,
            Action::Collect => card || state.screen == Screen::Collecting,
            Action::CollectMissing => state.screen == Screen::Collecting,
            Action::Reread => matches!(state.screen, Screen::Organization | Screen::Collecting),
            _ => false,
        };
        here || !UNLISTED.contains(action)
    };
    for action in offers.iter().filter(|action| listed(action)) {
        let Some(key) = state.keymap.key(*action) else { continue };
        let title = match (action, &state.overlay) {
            (Action::Open, Some(overlay::Overlay::Confirm(_))) => "go ahead",
            (Action::Open, Some(overlay::Overlay::Crawl(ask))) if ask.can_begin() => "start",
            (Action::Open, Some(overlay::Overlay::Crawl(_))) => continue,
            (Action::Open, Some(overlay::Overlay::Leave(_))) => "finish, then leave",
            (Action::Quit, Some(overlay::Overlay::Leave(_))) => "leave at once",
            (Action::Back, Some(overlay::Overlay::Leave(_))) => "stay",
            (Action::Open, Some(overlay::Overlay::Text(_))) => "close",
            _ => action.title(),
        };
        let key = key.to_string();
        let width = text::width(&key) + title.len() + 3;
        if typing || usize::from(column) + width > limit {
            break;
        }
        column = put_key(canvas, area, column, &key, title);
    }
    if let Some((key, title)) = help.filter(|_| !typing) {
        put_key(canvas, area, column, &key, title);
    }
    if typing {
        put_key(canvas, area, 1, "esc", "ends typing and explains");
    }
}

fn put_key(canvas: &mut Canvas<'_>, area: Rect, column: u16, key: &str, what: &str) -> u16 {
    let column = canvas.put(area, column, 0, key, Role::Key);
    canvas.put(area, column + 1, 0, what, Role::Text) + 2
}
