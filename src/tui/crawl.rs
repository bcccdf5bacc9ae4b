//! What is done about crawls and imports: the question, the news, the end, and leaving meanwhile.

use jiff::{SignedDuration, Timestamp};

use super::collecting::Crawl;
use super::describe;
use super::event::{Effect, Place};
use super::organization::Pane;
use super::overlay::{CrawlAsk, Overlay, Prompt};
use super::reload;
use super::session::{CrawlEnd, CrawlOutline, Imported, News, Refusal, Wanted, Which};
use super::state::{Load, Screen, State};
use super::update::go;

/// Where two panes stand side by side.
const WIDE: u16 = 100;

/// Asks before anything is read; while something is read, shows how far that is.
pub(super) fn ask(state: &mut State, wanted: Wanted, effects: &mut Vec<Effect>) {
    if state.collecting.running().is_some() {
        if matches!(wanted, Wanted::Account { .. }) {
            state.notice = Some("accounts are being read already; 0 shows which".to_owned());
        } else {
            go(state, Place::Collecting, effects);
        }
        return;
    }
    state.confirms += 1;
    let number = state.confirms;
    let mut ask = CrawlAsk::new(number, wanted.clone());
    if state.demo && matches!(wanted, Wanted::Account { .. }) {
        let message = "this is the sample organization: its accounts are nowhere to be read";
        ask.answered(Err(Refusal { message: message.to_owned(), hints: Vec::new() }));
    } else {
        effects.push(Effect::PlanCrawl(number, wanted));
    }
    state.overlay = Some(Overlay::Crawl(Box::new(ask)));
}

/// The account that is under the cursor in any form: id and name.
pub(super) fn account(state: &State) -> Option<(String, String)> {
    if state.overlay.is_none() && state.screen == Screen::Organization {
        return match state.organization.pane {
            Pane::First => state.organization.account(),
            Pane::Second => of_selector(state).or_else(|| state.organization.account()),
        };
    }
    if state.overlay.is_none()
        && state.screen == Screen::Collecting
        && let Some(account) = state.collecting.account()
    {
        return Some(account);
    }
    of_selector(state)
}

fn of_selector(state: &State) -> Option<(String, String)> {
    let about = state.about();
    let model = state.organization.model();
    let way = about.way.map(|way| way.to);
    [about.selector, way]
        .into_iter()
        .flatten()
        .find_map(|thing| model.find(&thing).and_then(|node| model.account_of(node)))
}

/// Reads the account under the cursor again.
pub(super) fn reread(state: &mut State, effects: &mut Vec<Effect>) {
    match account(state) {
        Some((id, name)) => {
            let snapshot = state.snapshot.clone();
            ask(state, Wanted::Account { id, name, snapshot }, effects);
        }
        None => state.notice = Some("this is in no account".to_owned()),
    }
}

pub(super) fn planned(state: &mut State, number: usize, answer: Result<CrawlOutline, Refusal>) {
    if let Some(Overlay::Crawl(ask)) = &mut state.overlay
        && ask.number == number
    {
        ask.answered(answer);
    }
}

/// The question was answered with yes.
pub(super) fn begin(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Crawl(ask)) = state.overlay.take() else { return };
    let CrawlAsk { number, wanted, answer, .. } = match &ask.answer {
        // Nothing is read before it was said what.
        None => {
            state.overlay = Some(Overlay::Crawl(ask));
            return;
        }
        Some(Err(_)) => return,
        Some(Ok(_)) => *ask,
    };
    let Some(Ok(outline)) = answer else { return };
    // A tree that is whole is not taken away for one that is only beginning.
    let fills = !state.is_ready();
    let everything = !matches!(wanted, Wanted::Account { .. });
    state.collecting.begin(wanted, outline, fills, state.now);
    effects.push(Effect::RunCrawl(number));
    if everything {
        go(state, Place::Collecting, effects);
    }
}

pub(super) fn news(state: &mut State, news: News, effects: &mut Vec<Effect>) {
    if !state.collecting.hear(news, state.snapshot.as_deref()) {
        return;
    }
    let snapshot = state.collecting.crawl().and_then(|crawl| crawl.snapshot.clone());
    if let Some(snapshot) = snapshot {
        reload::load(state, Which::Snapshot(snapshot), effects);
    }
}

pub(super) fn done(
    state: &mut State,
    result: Result<Box<CrawlEnd>, Refusal>,
    effects: &mut Vec<Effect>,
) {
    let Some(crawl) = state.collecting.crawl().cloned() else { return };
    let notice = Some(match &result {
        Ok(end) => said(&crawl, end),
        Err(refusal) => format!("collecting failed: {}", refusal.message),
    });
    // An account that could be read before and can't be now does not take its facts along.
    let worth = match &result {
        Ok(end) => (end.read > 0 || !state.is_ready()).then(|| end.snapshot.clone()),
        Err(_) => crawl.snapshot.clone().filter(|_| !state.is_ready()),
    };
    let failed = result.as_ref().map_or(true, |end| !end.complete);
    state.collecting.end(result);
    if let Some(Overlay::Leave(_)) = state.overlay {
        state.overlay = None;
    }
    if state.leaving {
        return depart(state, effects);
    }
    match worth {
        // It is said when it can be seen.
        Some(snapshot) => {
            state.loads.notice = notice;
            reload::load(state, Which::Snapshot(snapshot), effects);
        }
        None => state.notice = notice,
    }
    // Whoever watches the list on a small terminal sees what to do.
    if failed
        && state.screen == Screen::Collecting
        && state.size.0 < WIDE
        && state.collecting.account().is_none()
    {
        state.collecting.pane = Pane::Second;
    }
}

fn said(crawl: &Crawl, end: &CrawlEnd) -> String {
    let lasted = super::collecting::lasted(end.elapsed);
    if let Wanted::Account { id, name, .. } = &crawl.wanted {
        let name = if name.is_empty() { id } else { name };
        return match end.failures.first() {
            Some(group) if end.read == 0 => {
                format!("{name} was not read: {}; what is shown is the earlier reading", group.what)
            }
            _ => {
                let roles = describe::counted(end.roles, "role");
                format!("{name} was read again: {roles} in {lasted}")
            }
        };
    }
    let all = describe::counted(crawl.accounts.len(), "account");
    let read = describe::grouped(end.read);
    match (&end.stopped, end.left, end.failures.is_empty()) {
        (Some(why), ..) => format!("stopped after {read} of {all}: {why}"),
        (None, 1.., _) => format!("stopped: {read} of {all} read; R reads the rest"),
        (None, 0, true) => format!("collected: all of {all} in {lasted}"),
        (None, 0, false) => {
            format!("collected: {read} of {all} in {lasted}; 0 says what to do about the others")
        }
    }
}

pub(super) fn stop(state: &mut State, effects: &mut Vec<Effect>) {
    state.collecting.stopping();
    effects.push(Effect::StopCrawl);
}

/// Leaves; while accounts are read, asks once.
pub(super) fn quit(state: &mut State, effects: &mut Vec<Effect>) {
    let asked = state.leaving || matches!(state.overlay, Some(Overlay::Leave(_)));
    match state.collecting.running() {
        Some(crawl) if !asked => {
            let document = describe::leave_question(crawl);
            state.filtering = None;
            state.overlay = Some(Overlay::Leave(Box::new(super::document::Reader::new(document))));
        }
        _ => depart(state, effects),
    }
}

/// How long a report that is being written keeps the screens.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// Leaves, but not without the report that is being written, unless the user insists.
fn depart(state: &mut State, effects: &mut Vec<Effect>) {
    if !state.exporting || state.awaited.is_some() {
        effects.push(Effect::Quit);
        return;
    }
    state.overlay = None;
    state.filtering = None;
    state.awaited = Some(state.now.unwrap_or_default());
    state.notice = Some("finishing the report …; q leaves without it".to_owned());
}

/// The report that leaving waits for takes too long.
pub(super) fn tick(state: &State, now: Timestamp, effects: &mut Vec<Effect>) {
    if state.awaited.is_some_and(|since| now.duration_since(since) > PATIENCE) {
        effects.push(Effect::Quit);
    }
}

/// Finishes what is in hand, then leaves.
pub(super) fn leave(state: &mut State, effects: &mut Vec<Effect>) {
    state.overlay = None;
    if state.collecting.running().is_none() {
        return depart(state, effects);
    }
    state.leaving = true;
    state.notice = Some("finishing the accounts in hand …; q leaves at once".to_owned());
    stop(state, effects);
}

/// Whom the credentials belong to is now known, or that it is not.
pub(super) fn caller(state: &mut State, caller: &Result<String, String>) {
    if state.welcomes && matches!(state.load, Load::None) {
        state.card.replace(describe::first_run(Some(caller)));
    }
}

pub(super) fn ask_directory(state: &mut State) {
    state.overlay = Some(Overlay::Prompt(Box::default()));
}

/// The directory was typed.
pub(super) fn import(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Prompt(prompt)) = &mut state.overlay else { return };
    let directory = prompt.input.value().trim().to_owned();
    if directory.is_empty() || prompt.importing {
        return;
    }
    prompt.importing = true;
    prompt.refusal = None;
    effects.push(Effect::Import(directory));
}

pub(super) fn imported(
    state: &mut State,
    result: Result<Imported, Refusal>,
    effects: &mut Vec<Effect>,
) {
    let prompt = match &mut state.overlay {
        Some(Overlay::Prompt(prompt)) => Some(prompt),
        _ => None,
    };
    match (result, prompt) {
        (Err(refusal), Some(prompt)) => {
            **prompt =
                Prompt { input: prompt.input.clone(), importing: false, refusal: Some(refusal) };
        }
        (Err(refusal), None) => state.notice = Some(format!("not imported: {}", refusal.message)),
        (Ok(imported), prompt) => {
            if prompt.is_some() {
                state.overlay = None;
            }
            if !imported.problems.is_empty() {
                let document = describe::import_problems(&imported);
                let reader = super::document::Reader::new(document);
                state.overlay = Some(Overlay::Text(Box::new(reader)));
            }
            state.notice = Some(format!("snapshot {}: {}", imported.snapshot, imported.text));
            if matches!(state.load, Load::None) {
                state.load = Load::Loading { snapshot: None, step: None };
            }
            reload::load(state, Which::Snapshot(imported.snapshot), effects);
        }
    }
}

/// Shows the sample organization instead of the card.
pub(super) fn demo(state: &mut State, effects: &mut Vec<Effect>) {
    state.load = Load::Loading { snapshot: None, step: None };
    reload::load(state, Which::Sample, effects);
}
