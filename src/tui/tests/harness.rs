//! Types keys into the TUI and looks at what is drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::event::{Effect, Event, Question};
use super::super::jobs;
use super::super::keys::{Chord, Keymap};
use super::super::look::{Appearance, Look};
use super::super::session::{PredictionOnly, Prober as _};
use super::super::state::State;
use super::super::update::update;
use super::super::view::view;
use super::fixture;

pub(super) struct Tui {
    pub(super) state: State,
    look: Look,
    /// Everything that was wanted besides answers.
    pub(super) effects: Vec<Effect>,
    /// Questions are kept back instead of being answered.
    pub(super) hold: bool,
    pub(super) held: Vec<Effect>,
}

impl Tui {
    /// The TUI before the snapshot is loaded.
    pub(super) fn loading(width: u16, height: u16) -> Self {
        Self::with(width, height, false)
    }

    pub(super) fn with(width: u16, height: u16, ascii: bool) -> Self {
        let appearance = Appearance { theme: "default".to_owned(), colour: true, ascii };
        let mut state =
            State::new("sample".to_owned(), true, Keymap::built_in().unwrap(), (width, height));
        state.now = Some("2026-03-01T14:00:00Z".parse().unwrap());
        Self {
            state,
            look: Look::new(&appearance).unwrap(),
            effects: Vec::new(),
            hold: false,
            held: Vec::new(),
        }
    }

    /// The TUI on the hand-made organization.
    pub(super) fn new(width: u16, height: u16) -> Self {
        let mut tui = Self::loading(width, height);
        tui.send(Event::Loaded(Ok(fixture::shown())));
        tui
    }

    pub(super) fn send(&mut self, event: Event) {
        let effects = update(&mut self.state, event);
        for effect in effects {
            match effect {
                Effect::Ask(slot, generation, question) if !self.hold => {
                    let answer = answer(question);
                    self.send(Event::Answered(slot, generation, answer));
                }
                Effect::Ask(..) => self.held.push(effect),
                Effect::DescribeProbe(number, request) => {
                    let question = now(PredictionOnly.describe(&request));
                    self.send(Event::ProbeDescribed(number, question));
                }
                Effect::RunProbe(number, request) => {
                    let probe = now(PredictionOnly.run(request, Box::new(|_| {})));
                    self.send(Event::ProbeDone(number, probe));
                }
                other => self.effects.push(other),
            }
        }
    }

    /// Answers what was kept back, in the given order.
    pub(super) fn release(&mut self, order: impl IntoIterator<Item = usize>) {
        let held = std::mem::take(&mut self.held);
        for index in order {
            if let Effect::Ask(slot, generation, question) = held[index].clone() {
                self.send(Event::Answered(slot, generation, answer(question)));
            }
        }
    }

    /// Types keys written as in the keymap, separated by blanks.
    pub(super) fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            let chord = Chord::parse(key).unwrap_or_else(|| panic!("{key} is no key"));
            self.send(Event::Key(chord));
        }
        self
    }

    /// Types text, character by character.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for char in text.chars() {
            let key = if char == ' ' { "space".to_owned() } else { char.to_string() };
            self.send(Event::Key(Chord::parse(&key).unwrap()));
        }
        self
    }

    pub(super) fn buffer(&self) -> Buffer {
        let (width, height) = self.state.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        view(&self.state, &self.look, &mut buffer);
        buffer
    }

    /// What can be read on the screen.
    pub(super) fn screen(&self) -> String {
        let buffer = self.buffer();
        let mut text = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += u16::try_from(crate::text::width(symbol)).unwrap().max(1);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// The row of the screen that contains a text.
    pub(super) fn row(&self, text: &str) -> String {
        let screen = self.screen();
        let row = screen.lines().find(|line| line.contains(text));
        row.unwrap_or_else(|| panic!("no row has {text:?}:\n{screen}")).to_owned()
    }

    pub(super) fn footer(&self) -> String {
        self.screen().lines().last().unwrap_or_default().to_owned()
    }
}

fn answer(question: Question) -> Result<super::super::event::Answer, super::super::event::Problem> {
    match question {
        Question::TreeFilter(..)
        | Question::Rank { .. }
        | Question::Explain { .. }
        | Question::Arrange(_) => jobs::answer(None, &fixture::explain(), question),
        question => fixture::answer(question),
    }
}

/// The value of a future that is ready at once.
fn now<T>(future: super::super::session::Boxed<T>) -> T {
    use futures_util::FutureExt as _;

    future.now_or_never().expect("ready")
}
