//! Facts that take the place of others, while somebody looks at them.

use std::sync::Arc;

use super::describe;
use super::event::{Effect, Intent, Question, Shown, Slot};
use super::overlay::Overlay;
use super::session::{LoadError, LoadStep, Which};
use super::state::{Load, Screen, State};
use super::update::{carry_out, enter};

/// Other facts, or with `None` those that are shown, under something else.
type Wanted = Option<Which>;

/// What is loaded. One at a time: a snapshot is loaded for seconds, and only the newest is
/// wanted.
#[derive(Debug, Default)]
pub(crate) struct Loads {
    now: Option<Wanted>,
    next: Option<Wanted>,
    /// What is said once the last of them is shown.
    pub(crate) notice: Option<String>,
    /// The tick at which it began.
    since: u64,
}

impl Loads {
    /// What the screens open with.
    pub(crate) fn opening() -> Self {
        Self { now: Some(Some(Which::Opened)), ..Self::default() }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.now.is_none()
    }

    /// Whether it is the facts that are shown, under something else.
    pub(crate) fn supposes(&self) -> bool {
        matches!(self.now, Some(None))
    }

    /// Whether it takes long enough to say so.
    pub(crate) fn is_slow(&self, ticks: u64) -> bool {
        self.now.is_some() && ticks > self.since + 2
    }
}

/// Loads facts, behind those that are shown where there are any.
pub(super) fn load(state: &mut State, which: Which, effects: &mut Vec<Effect>) {
    begin(state, Some(which), effects);
}

/// Works with the facts that are shown under what is supposed now.
pub(super) fn suppose(state: &mut State, effects: &mut Vec<Effect>) {
    begin(state, None, effects);
}

fn begin(state: &mut State, wanted: Wanted, effects: &mut Vec<Effect>) {
    if state.loads.now.is_some() {
        // Newer facts come under what is supposed by then.
        let keeps = matches!((&wanted, &state.loads.next), (None, Some(Some(_))));
        if !keeps {
            state.loads.next = Some(wanted);
        }
        return;
    }
    state.loads.now = Some(wanted.clone());
    state.loads.since = state.requests.ticks();
    effects.push(Effect::Load(wanted, state.supposed.scenario.clone()));
}

/// What a loader is at.
pub(super) fn loading(state: &mut State, now: LoadStep) {
    if let Load::Loading { snapshot, step } = &mut state.load {
        match now {
            LoadStep::Chosen(chosen) => *snapshot = Some(chosen),
            LoadStep::Reading(_) | LoadStep::Graph => *step = Some(now),
        }
    }
}

pub(super) fn loaded(
    state: &mut State,
    result: Result<Box<Shown>, LoadError>,
    effects: &mut Vec<Effect>,
) {
    state.loads.now = None;
    match result {
        Ok(shown) => show(state, *shown, effects),
        Err(error) => {
            state.loads.notice = None;
            failed(state, error, effects);
        }
    }
    match state.loads.next.take() {
        Some(next) => begin(state, next, effects),
        None => state.notice = state.loads.notice.take().or(state.notice.take()),
    }
}

fn show(state: &mut State, shown: Shown, effects: &mut Vec<Effect>) {
    let first = !state.is_ready();
    state.demo = shown.snapshot.is_none();
    state.snapshot = shown.snapshot;
    state.supposed.shown = shown.scenario;
    state.load = Load::Ready(Box::new(shown.overview));
    carry_out(state, vec![Intent::Ask(Slot::Tree, Question::Tree)], effects);
    // Marks are of the facts before, and come with the next detail.
    carry_out(state, vec![Intent::Forget(Slot::Marks)], effects);
    if first {
        // A place that was gone to meanwhile has asked nothing yet.
        let place = state.place();
        let overlay = state.overlay.take();
        enter(state, place, effects);
        state.overlay = overlay;
        return;
    }
    state.matrix.stale = state.matrix.loaded;
    state.paths.stale = true;
    let mut intents = Vec::new();
    match state.screen {
        Screen::Matrix => intents.push(Intent::Ask(Slot::Matrix, Question::Matrix)),
        Screen::Paths => intents.extend(state.paths.ask_again()),
        _ => {}
    }
    intents.extend(state.troubleshoot.explain_again());
    if let Some(Overlay::Why(pane)) = &state.overlay {
        intents.push(Intent::Ask(Slot::Why, pane.question()));
    }
    carry_out(state, intents, effects);
}

/// The names of the tree that has just come.
pub(super) fn rename(state: &mut State) {
    let names = Arc::clone(state.organization.names());
    state.paths.rename(&names);
    state.probes.refresh(&names);
}

fn failed(state: &mut State, error: LoadError, effects: &mut Vec<Effect>) {
    if state.is_ready() || state.collecting.running().is_some() {
        // What is shown is still right, only not the newest.
        state.notice = Some(match error {
            LoadError::NoSnapshot => "the snapshot is gone".to_owned(),
            LoadError::Failed { message, .. } => format!("the snapshot was not loaded: {message}"),
        });
        return;
    }
    state.load = Load::None;
    match error {
        LoadError::NoSnapshot => {
            let welcome = describe::first_run(None);
            let first = welcome.lines.iter().position(|line| line.about.action.is_some());
            state.card.show(welcome);
            state.card.move_to(first.unwrap_or(0));
            state.welcomes = true;
            effects.push(Effect::AskCaller);
        }
        LoadError::Failed { message, hints } => {
            state.welcomes = false;
            state.card.show(describe::load_failure(&message, &hints));
        }
    }
}
