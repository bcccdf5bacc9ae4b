//! What each action does.

use std::sync::Arc;

use super::crawl;
use super::document::{About, Reader};
use super::event::{Effect, Intent, Place, Slot};
use super::keys::Action;
use super::organization::Pane;
use super::overlay::Overlay;
use super::picker::{Item, Picked, Picker, Purpose};
use super::session::{ReportOf, Wanted};
use super::state::{Screen, State};
use super::suppose;
use super::update::{ask_why, begin_filter, carry_out, confirm, enter, go, set_filter};
use crate::troubleshoot::Side;

/// What terminals take through OSC 52; more is cut or dropped by some.
const CLIPBOARD: usize = 74_000;

pub(super) fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    match action {
        Action::Quit => crawl::quit(state, effects),
        Action::Redraw => effects.push(Effect::Redraw),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Help => help(state),
        Action::Palette => palette(state, effects),
        Action::ScreenOrganization => {
            let place = state.organization.place();
            go(state, place, effects);
        }
        Action::ScreenMatrix => go(state, Place::Matrix, effects),
        Action::ScreenPaths => {
            let place = state.paths.place();
            go(state, place, effects);
        }
        Action::ScreenTroubleshoot => go(state, Place::Troubleshoot, effects),
        Action::ScreenProbes => go(state, Place::Probes, effects),
        Action::ScreenCollecting => go(state, Place::Collecting, effects),
        Action::Collect => crawl::ask(state, Wanted::Everything, effects),
        Action::CollectMissing => crawl::ask(state, Wanted::Missing, effects),
        Action::Reread => crawl::reread(state, effects),
        Action::StopCollecting => crawl::stop(state, effects),
        Action::Import => crawl::ask_directory(state),
        Action::Demo => crawl::demo(state, effects),
        Action::Topology => topology(state, effects),
        Action::PlaceBack => {
            if let Some(place) = state.places.back() {
                enter(state, place, effects);
            }
        }
        Action::PlaceForward => {
            if let Some(place) = state.places.forward() {
                enter(state, place, effects);
            }
        }
        Action::Back => back(state, effects),
        Action::Zoom => state.zoom = !state.zoom,
        Action::Filter => begin_filter(state),
        Action::Suppose => suppose::begin(state),
        Action::Legend => {
            let reader = super::document::Reader::new(super::matrix::legend());
            state.overlay = Some(Overlay::Text(Box::new(reader)));
        }
        Action::NextPane => {
            if let Some(pane) = state.pane() {
                *pane = pane.other();
            }
        }
        Action::Why => {
            if let Some(way) = state.about().way {
                ask_why(state, way, effects);
            }
        }
        Action::Copy => begin_copy(state, effects),
        Action::Export => export(state, effects),
        Action::Probe => probe(state, effects),
        Action::GoTo => {
            let selector = state.about().selector;
            go(state, Place::Organization(selector), effects);
        }
        Action::ReachFrom => {
            let from = state.about().selector;
            go(state, Place::Paths { from, to: None }, effects);
        }
        Action::ReachedBy => {
            let to = state.about().selector;
            go(state, Place::Paths { from: None, to }, effects);
        }
        Action::EditFrom => pick_end(state, Purpose::From, "where the path starts", effects),
        Action::EditTo => pick_end(state, Purpose::To, "where the path ends", effects),
        Action::NameCaller => pick_end(state, Purpose::Side(Side::Caller), "who called", effects),
        Action::NameRole => {
            pick_end(state, Purpose::Side(Side::Role), "the role that was called", effects);
        }
        Action::Open => open(state, effects),
        _ => on_screen(state, action, effects),
    }
}

/// An action that the screen in front takes by itself.
fn on_screen(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    let rows = state.page();
    match &mut state.overlay {
        Some(Overlay::Why(pane)) => {
            pane.reader.act(action, rows);
            return;
        }
        Some(Overlay::Confirm(confirm)) => {
            confirm.reader.act(action, rows);
            return;
        }
        Some(Overlay::Crawl(ask)) => {
            ask.reader.act(action, rows);
            return;
        }
        Some(Overlay::Leave(reader) | Overlay::Text(reader) | Overlay::Topology(reader)) => {
            reader.act(action, rows);
            return;
        }
        Some(Overlay::Picker(_) | Overlay::Prompt(_) | Overlay::Suppose(_)) => return,
        None => {}
    }
    if state.shows_card() {
        state.card.act(action, rows);
        return;
    }
    let intents = match state.screen {
        Screen::Organization => state.organization.act(action, rows),
        Screen::Matrix => state.matrix.act(action, rows),
        Screen::Paths => state.paths.act(action, rows),
        Screen::Troubleshoot => state.troubleshoot.act(action, rows),
        Screen::Probes => {
            let names = Arc::clone(state.organization.names());
            state.probes.act(action, rows, &names);
            Vec::new()
        }
        Screen::Collecting => {
            state.collecting.act(action, rows);
            Vec::new()
        }
    };
    carry_out(state, intents, effects);
}

fn open(state: &mut State, effects: &mut Vec<Effect>) {
    match &state.overlay {
        Some(Overlay::Confirm(_)) => return run_probe(state, effects),
        Some(Overlay::Crawl(_)) => return crawl::begin(state, effects),
        Some(Overlay::Leave(_)) => return crawl::leave(state, effects),
        Some(Overlay::Text(_)) => {
            state.overlay = None;
            return;
        }
        _ => {}
    }
    let in_tree = state.screen == Screen::Organization
        && !state.shows_card()
        && state.overlay.is_none()
        && state.organization.pane == Pane::First;
    let on_group = state.screen == Screen::Matrix && state.matrix.is_on_group();
    let about = state.about();
    if state.overlay.is_none() && (in_tree || on_group || about.part.is_some()) {
        return on_screen(state, Action::Open, effects);
    }
    let lists = matches!(state.screen, Screen::Probes | Screen::Collecting);
    if state.overlay.is_none()
        && lists
        && let Some(pane @ Pane::First) = state.pane()
    {
        *pane = Pane::Second;
        return;
    }
    match about {
        About { action: Some(action), .. } => act(state, action, effects),
        About { way: Some(way), .. } => {
            let place = Place::Paths { from: Some(way.from), to: Some(way.to) };
            go(state, place, effects);
        }
        About { selector: Some(selector), .. } => {
            go(state, Place::Organization(Some(selector)), effects);
        }
        _ => {}
    }
}

/// One step back: what is open is closed before the place is left.
fn back(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(overlay) = state.overlay.take() {
        if matches!(overlay, Overlay::Why(_)) {
            carry_out(state, vec![Intent::Forget(Slot::Why)], effects);
        }
    } else if !state.filter().is_empty() {
        set_filter(state, "", effects);
    } else if state.zoom {
        state.zoom = false;
    } else if let Some(pane @ Pane::Second) = state.pane() {
        *pane = Pane::First;
    } else if let Some(place) = state.places.back() {
        enter(state, place, effects);
    } else {
        state.notice = Some("this is where you started; q leaves".to_owned());
    }
}

/// Shows how tokens get in, or that it is being worked out.
fn topology(state: &mut State, effects: &mut Vec<Effect>) {
    let intents = state.organization.ask_topology();
    let reader = Reader::new(state.organization.topology());
    state.overlay = Some(Overlay::Topology(Box::new(reader)));
    carry_out(state, intents, effects);
}

fn help(state: &mut State) {
    let items = state.offers().into_iter().filter_map(|action| item(state, action)).collect();
    let picker = Picker::new(Purpose::Help, "what can be done here", items, None);
    state.overlay = Some(Overlay::Picker(Box::new(picker)));
}

fn item(state: &State, action: Action) -> Option<Item> {
    let info = action.info()?;
    let keys: Vec<_> = state.keymap.keys(action).iter().map(ToString::to_string).collect();
    Some(Item {
        label: info.title.to_owned(),
        hint: info.description.to_owned(),
        keys: keys.join(" "),
        picked: Picked::Action(action),
    })
}

fn palette(state: &mut State, effects: &mut Vec<Effect>) {
    let offers = state.offers();
    // Moving by name makes no sense, and an action that has nothing to work on would only
    // disappoint.
    let moves = [Action::Up, Action::Down, Action::Left, Action::Right, Action::Open];
    let items = offers
        .into_iter()
        .filter(|action| !moves.contains(action))
        .filter_map(|action| item(state, action))
        .collect();
    let things = Some(Arc::clone(state.organization.model()));
    let mut picker = Picker::new(Purpose::Palette, "any action, any thing", items, things);
    let intents = picker.ask();
    state.overlay = Some(Overlay::Picker(Box::new(picker)));
    carry_out(state, intents, effects);
}

fn pick_end(state: &mut State, purpose: Purpose, title: &'static str, effects: &mut Vec<Effect>) {
    let things = Some(Arc::clone(state.organization.model()));
    let mut picker = Picker::new(purpose, title, Vec::new(), things);
    let intents = picker.ask();
    state.overlay = Some(Overlay::Picker(Box::new(picker)));
    carry_out(state, intents, effects);
}

/// A workspace plans and applies with tokens of their own: which of them called.
pub(super) fn pick_phase(state: &mut State, workspace: &str) {
    let item = |phase: &str| {
        let (label, picked) = (phase.to_owned(), Picked::Thing(format!("{workspace}:{phase}")));
        Item { label, hint: workspace.to_owned(), keys: String::new(), picked }
    };
    let items = ["apply", "plan"].map(item).into();
    let picker = Picker::new(Purpose::Side(Side::Caller), "in which phase", items, None);
    state.overlay = Some(Overlay::Picker(Box::new(picker)));
}

fn begin_copy(state: &mut State, effects: &mut Vec<Effect>) {
    let mut copies = state.about().copy;
    copies.retain(|(_, text)| !text.is_empty());
    match copies.as_slice() {
        [] => state.notice = Some("there is nothing to copy here".to_owned()),
        [(label, text)] => copy(state, label, text.clone(), effects),
        _ => {
            let items = copies
                .into_iter()
                .map(|(label, text)| Item {
                    label: label.to_owned(),
                    hint: text.lines().next().unwrap_or_default().to_owned(),
                    keys: String::new(),
                    picked: Picked::Copy(label, text),
                })
                .collect();
            let picker = Picker::new(Purpose::Copy, "copy", items, None);
            state.overlay = Some(Overlay::Picker(Box::new(picker)));
        }
    }
}

pub(super) fn copy(state: &mut State, label: &str, text: String, effects: &mut Vec<Effect>) {
    if text.len() > CLIPBOARD {
        state.notice = Some(format!("the {label} is too long for the terminal's clipboard"));
        return;
    }
    state.notice = Some(format!("copied the {label}"));
    effects.push(Effect::Copy(text));
}

fn export(state: &mut State, effects: &mut Vec<Effect>) {
    if state.exporting {
        return;
    }
    state.exporting = true;
    let of = report_of(state);
    let subject = match &of {
        ReportOf::Workspaces => "what all workspaces reach".to_owned(),
        ReportOf::About(thing) => thing.clone(),
        ReportOf::From(from) => format!("what {from} reaches"),
        ReportOf::To(to) => format!("who comes to {to}"),
        ReportOf::Between(from, to) => format!("{from} → {to}"),
    };
    state.notice = Some(format!("writing the report on {subject} …"));
    effects.push(Effect::Export(of));
}

/// What a report is of here: on the paths, of what the screen asks; else of what is under the
/// cursor, a row that leads somewhere from where it starts.
fn report_of(state: &State) -> ReportOf {
    let about = state.about();
    if state.screen == Screen::Paths && state.overlay.is_none() {
        match (state.paths.from.clone(), state.paths.to.clone()) {
            (Some(from), Some(to)) => return ReportOf::Between(from, to),
            (Some(from), None) => return ReportOf::From(from),
            (None, Some(to)) => return ReportOf::To(to),
            (None, None) => {}
        }
    }
    let selector = about.way.map(|way| way.from).or(about.selector);
    selector.map_or(ReportOf::Workspaces, ReportOf::About)
}

fn probe(state: &mut State, effects: &mut Vec<Effect>) {
    if state.screen == Screen::Paths
        && state.overlay.is_none()
        && let Some(request) = state.paths.probe_request()
    {
        return confirm(state, request, effects);
    }
    if let Some(way) = state.about().way {
        let place = Place::Paths { from: Some(way.from), to: Some(way.to) };
        go(state, place, effects);
        match state.paths.probe_request() {
            Some(request) => confirm(state, request, effects),
            None => state.probe_next = true,
        }
    }
}

fn run_probe(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Confirm(confirm)) = state.overlay.take() else { return };
    if confirm.question.is_none() {
        // Nothing is called before it was said what.
        state.overlay = Some(Overlay::Confirm(confirm));
        return;
    }
    let request = confirm.request;
    go(state, Place::Probes, effects);
    let number = state.probes.begin(request.clone(), state.organization.names());
    effects.push(Effect::RunProbe(number, request));
}
