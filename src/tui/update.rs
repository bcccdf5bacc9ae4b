//! `update`: an event changes the state and says what is to be done. Pure: no I/O, no clock.

use crossterm::event::KeyCode;
use tui_input::Input;

use super::document::Way;
use super::event::{Answer, Effect, Event, Intent, Place, Problem, Question, Slot};
use super::input;
use super::keys::{Action, Chord};
use super::overlay::{Confirm, Overlay, WhyPane};
use super::picker::{Picked, Pressed, Purpose};
use super::session::ProbeRequest;
use super::state::{Screen, State};
use super::{crawl, reload, suppose};
use crate::troubleshoot::Side;

/// Applies one event.
pub(crate) fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let mut effects = Vec::new();
    match event {
        Event::Key(chord) => key(state, chord, &mut effects),
        Event::Paste(pasted) => paste(state, &pasted, &mut effects),
        Event::Resize(width, height) => state.size = (width, height),
        Event::Tick(now) => {
            state.now = Some(now);
            state.requests.tick();
            state.collecting.tick(now);
            crawl::tick(state, now, &mut effects);
        }
        Event::Loading(now) => reload::loading(state, now),
        Event::Loaded(result) => reload::loaded(state, result, &mut effects),
        Event::Answered(slot, generation, answer) => {
            if state.requests.take(slot, generation) {
                answered(state, slot, answer, &mut effects);
            }
        }
        Event::ProbeDescribed(number, question) => {
            let names = std::sync::Arc::clone(state.organization.names());
            if let Some(Overlay::Confirm(confirm)) = &mut state.overlay
                && confirm.number == number
            {
                confirm.described(question, &names);
            }
        }
        Event::ProbeHop(number, hop) => {
            state.probes.hop(number, hop, state.organization.names());
        }
        Event::ProbeDone(number, result) => {
            state.probes.done(number, result, state.organization.names());
        }
        Event::Exported(result) => {
            state.exporting = false;
            if state.awaited.is_some() {
                state.awaited_report = Some(result);
                effects.push(Effect::Quit);
                return effects;
            }
            state.notice = Some(match result {
                Ok(place) => format!("the report is in {place}"),
                Err(message) => format!("the report was not written: {message}"),
            });
        }
        Event::Caller(result) => crawl::caller(state, &result),
        Event::CrawlPlanned(number, answer) => crawl::planned(state, number, answer),
        Event::Crawl(news) => crawl::news(state, news, &mut effects),
        Event::CrawlDone(result) => crawl::done(state, result, &mut effects),
        Event::Imported(result) => crawl::imported(state, result, &mut effects),
    }
    // The history remembers where the cursor was when the place was left.
    let here = state.place();
    state.places.stay(here);
    effects
}

fn answered(
    state: &mut State,
    slot: Slot,
    answer: Result<Answer, Problem>,
    effects: &mut Vec<Effect>,
) {
    let names = std::sync::Arc::clone(state.organization.names());
    let intents = match (slot, answer) {
        (Slot::Tree, Ok(Answer::Tree(model))) => {
            let mut intents = state.organization.load(model);
            reload::rename(state);
            if let Some(Overlay::Topology(_)) = &state.overlay {
                intents.extend(state.organization.ask_topology());
            }
            intents
        }
        (Slot::TreeFilter, Ok(Answer::TreeFilter(found))) => state.organization.filtered(found),
        (Slot::Detail, answer) => {
            state.organization.detailed(answer.and_then(|answer| match answer {
                Answer::Detail(detail) => Ok(detail),
                _ => Err(Problem { message: String::new(), hints: Vec::new() }),
            }))
        }
        (Slot::Topology, answer) => {
            state.organization.got_topology(answer.and_then(|answer| match answer {
                Answer::Topology(topology) => Ok(topology),
                _ => Err(Problem { message: String::new(), hints: Vec::new() }),
            }));
            if let Some(Overlay::Topology(reader)) = &mut state.overlay {
                reader.replace(state.organization.topology());
            }
            Vec::new()
        }
        (Slot::Marks, Ok(Answer::Why(why))) => {
            state.organization.marked(&why);
            Vec::new()
        }
        (Slot::Matrix, answer) => match answer {
            Ok(Answer::Matrix(grid)) => state.matrix.load(Ok(grid)),
            Ok(_) => Vec::new(),
            Err(problem) => state.matrix.load(Err(problem)),
        },
        (Slot::Arrange, Ok(Answer::Arranged(arranged))) => {
            state.matrix.arranged(arranged);
            Vec::new()
        }
        (Slot::Paths, answer) => {
            state.paths.answered(answer);
            if std::mem::take(&mut state.probe_next) {
                match state.paths.probe_request() {
                    Some(request) => confirm(state, request, effects),
                    None => state.notice = Some("there is no path to probe".to_owned()),
                }
            }
            Vec::new()
        }
        (Slot::Why, answer) => {
            if let Some(Overlay::Why(pane)) = &mut state.overlay {
                pane.answered(answer, &names);
            }
            Vec::new()
        }
        (Slot::Explain, Ok(Answer::Explained(explanation))) => {
            state.troubleshoot.explained(&explanation, &names);
            Vec::new()
        }
        (Slot::Rank, Ok(Answer::Ranked(hits))) => {
            if let Some(Overlay::Picker(picker)) = &mut state.overlay {
                let (purpose, pressed) = (picker.purpose, picker.ranked(hits));
                picked(state, purpose, pressed, effects);
            }
            return;
        }
        // Marks are an extra: without them the detail is still right.
        (_, Ok(_)) | (Slot::Marks, Err(_)) => Vec::new(),
        (_, Err(problem)) => vec![Intent::Notice(problem.message)],
    };
    carry_out(state, intents, effects);
}

fn key(state: &mut State, chord: Chord, effects: &mut Vec<Effect>) {
    state.notice = None;
    // It leaves wherever text is typed too, where every other key may be text.
    if chord.is_control('c') {
        return crawl::quit(state, effects);
    }
    if let Some(Overlay::Picker(picker)) = &mut state.overlay {
        let (purpose, pressed) = (picker.purpose, picker.key(chord));
        return picked(state, purpose, pressed, effects);
    }
    if let Some(Overlay::Suppose(_)) = &state.overlay {
        return suppose::key(state, chord, effects);
    }
    if let Some(Overlay::Prompt(prompt)) = &mut state.overlay {
        match chord.code {
            KeyCode::Enter => crawl::import(state, effects),
            KeyCode::Esc => state.overlay = None,
            _ => {
                input::edit(&mut prompt.input, chord);
            }
        }
        return;
    }
    if state.filtering.is_some() {
        return filter_key(state, chord, effects);
    }
    if state.screen == Screen::Troubleshoot && state.troubleshoot.typing && state.overlay.is_none()
    {
        let intents = state.troubleshoot.key(chord);
        return carry_out(state, intents, effects);
    }
    let offers = state.offers();
    let meant: Vec<Action> = state.keymap.actions(chord).collect();
    match meant.iter().find(|action| offers.contains(action)) {
        Some(action) => super::act::act(state, *action, effects),
        None => {
            state.notice = Some(match meant.first() {
                Some(action) => format!("{chord} ({}) has nothing to work on here", action.title()),
                None => format!("{chord} does nothing; ? lists what can be done here"),
            });
        }
    }
}

/// While a filter is typed, the list follows each key.
fn filter_key(state: &mut State, chord: Chord, effects: &mut Vec<Effect>) {
    match chord.code {
        KeyCode::Enter => {
            state.filtering = None;
            return;
        }
        KeyCode::Esc => {
            state.filtering = None;
            return set_filter(state, "", effects);
        }
        KeyCode::Up => return super::act::act(state, Action::Up, effects),
        KeyCode::Down => return super::act::act(state, Action::Down, effects),
        _ => {}
    }
    if let Some(typed) = &mut state.filtering
        && input::edit(typed, chord)
    {
        let text = typed.value().to_owned();
        set_filter(state, &text, effects);
    }
}

pub(super) fn set_filter(state: &mut State, text: &str, effects: &mut Vec<Effect>) {
    if let Some(Overlay::Why(pane)) = &mut state.overlay {
        pane.reader.set_filter(text);
        return;
    }
    if let Some(Overlay::Topology(reader)) = &mut state.overlay {
        reader.set_filter(text);
        return;
    }
    let intents = match state.screen {
        Screen::Organization => state.organization.set_filter(text),
        Screen::Matrix => state.matrix.set_filter(text),
        Screen::Paths => {
            state.paths.set_filter(text);
            Vec::new()
        }
        Screen::Troubleshoot => {
            state.troubleshoot.set_filter(text);
            Vec::new()
        }
        Screen::Probes | Screen::Collecting => Vec::new(),
    };
    carry_out(state, intents, effects);
}

/// Pasted text goes where text is typed; anywhere else it is an error to be explained.
fn paste(state: &mut State, pasted: &str, effects: &mut Vec<Effect>) {
    if let Some(Overlay::Picker(picker)) = &mut state.overlay {
        let intents = picker.paste(pasted);
        return carry_out(state, intents, effects);
    }
    if let Some(Overlay::Prompt(prompt)) = &mut state.overlay {
        return input::paste(&mut prompt.input, pasted);
    }
    if let Some(Overlay::Suppose(suppose)) = &mut state.overlay {
        return input::paste(&mut suppose.input, pasted);
    }
    if let Some(typed) = &mut state.filtering {
        input::paste(typed, pasted);
        let text = typed.value().to_owned();
        return set_filter(state, &text, effects);
    }
    if pasted.trim().is_empty() {
        return;
    }
    state.overlay = None;
    go(state, Place::Troubleshoot, effects);
    let intents = state.troubleshoot.paste(pasted);
    carry_out(state, intents, effects);
}

fn picked(state: &mut State, purpose: Purpose, pressed: Pressed, effects: &mut Vec<Effect>) {
    match pressed {
        Pressed::Stay(intents) => carry_out(state, intents, effects),
        Pressed::Close => state.overlay = None,
        Pressed::Picked(picked) => {
            state.overlay = None;
            choose(state, purpose, picked, effects);
        }
    }
}

fn choose(state: &mut State, purpose: Purpose, picked: Picked, effects: &mut Vec<Effect>) {
    match (purpose, picked) {
        (_, Picked::Action(action)) => super::act::act(state, action, effects),
        (_, Picked::Copy(label, text)) => super::act::copy(state, label, text, effects),
        (Purpose::From, Picked::Thing(from)) => {
            let to = state.paths.to.clone();
            go(state, Place::Paths { from: Some(from), to }, effects);
        }
        (Purpose::To, Picked::Thing(to)) => {
            let from = state.paths.from.clone();
            go(state, Place::Paths { from, to: Some(to) }, effects);
        }
        (Purpose::Side(Side::Caller), Picked::Thing(workspace))
            if state.organization.model().is_workspace(&workspace) =>
        {
            super::act::pick_phase(state, &workspace);
        }
        (Purpose::Side(side), Picked::Thing(selector)) => {
            let intents = state.troubleshoot.name(side, selector);
            carry_out(state, intents, effects);
        }
        (_, Picked::Thing(thing)) => go(state, Place::Organization(Some(thing)), effects),
    }
}

/// Carries out what a screen wants.
pub(super) fn carry_out(state: &mut State, intents: Vec<Intent>, effects: &mut Vec<Effect>) {
    for intent in intents {
        match intent {
            Intent::Ask(slot, question) => {
                let generation = state.requests.ask(slot);
                effects.push(Effect::Ask(slot, generation, question));
            }
            Intent::Forget(slot) => state.requests.forget(slot),
            Intent::Go(place) => go(state, place, effects),
            Intent::Notice(notice) => state.notice = Some(notice),
        }
    }
}

/// Goes to a place, which the history remembers.
pub(super) fn go(state: &mut State, place: Place, effects: &mut Vec<Effect>) {
    if let Place::Organization(Some(selector)) = &place
        && state.is_ready()
        && state.organization.model().find(selector).is_none()
    {
        state.notice = Some(format!("{selector} is not in the tree"));
        return;
    }
    let here = state.place();
    state.places.stay(here);
    state.places.go(place.clone());
    enter(state, place, effects);
}

/// Shows a place.
pub(super) fn enter(state: &mut State, place: Place, effects: &mut Vec<Effect>) {
    state.overlay = None;
    state.filtering = None;
    state.troubleshoot.typing = false;
    state.probe_next = false;
    let intents = match place {
        Place::Organization(selector) => {
            state.screen = Screen::Organization;
            let here = state.organization.selector() == selector.as_deref();
            match selector.filter(|_| !here) {
                Some(selector) => state.organization.show(&selector).unwrap_or_default(),
                None => Vec::new(),
            }
        }
        Place::Matrix => {
            state.screen = Screen::Matrix;
            let asked = (state.matrix.loaded && !state.matrix.stale)
                || state.requests.is_waiting(Slot::Matrix);
            if asked || !state.is_ready() {
                Vec::new()
            } else {
                vec![Intent::Ask(Slot::Matrix, Question::Matrix)]
            }
        }
        Place::Paths { from, to } => {
            state.screen = Screen::Paths;
            if state.is_ready() {
                let names = std::sync::Arc::clone(state.organization.names());
                state.paths.ask(from, to, &names)
            } else {
                Vec::new()
            }
        }
        Place::Troubleshoot => {
            state.screen = Screen::Troubleshoot;
            Vec::new()
        }
        Place::Probes => {
            state.screen = Screen::Probes;
            Vec::new()
        }
        Place::Collecting => {
            state.screen = Screen::Collecting;
            Vec::new()
        }
    };
    carry_out(state, intents, effects);
}

pub(super) fn ask_why(state: &mut State, way: Way, effects: &mut Vec<Effect>) {
    let pane = WhyPane::new(way);
    let question = pane.question();
    state.overlay = Some(Overlay::Why(Box::new(pane)));
    carry_out(state, vec![Intent::Ask(Slot::Why, question)], effects);
}

/// Asks before anything is called.
pub(super) fn confirm(state: &mut State, request: ProbeRequest, effects: &mut Vec<Effect>) {
    state.confirms += 1;
    let number = state.confirms;
    let confirm = Confirm::new(number, request.clone(), state.organization.names());
    state.overlay = Some(Overlay::Confirm(Box::new(confirm)));
    effects.push(Effect::DescribeProbe(number, request));
}

/// A filter begins with what it was.
pub(super) fn begin_filter(state: &mut State) {
    state.filtering = Some(Input::new(state.filter().to_owned()));
}
