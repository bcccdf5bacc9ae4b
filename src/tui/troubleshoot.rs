//! Screen 4: paste the error, read what stopped it.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::describe::{self, Names};
use super::document::{self, About, Cursor, Document, Line, Reader};
use super::event::{Intent, Question, Slot};
use super::keys::{Action, Chord};
use super::look::Role;
use super::organization::Pane;
use super::view::panes;
use crate::failure::readable;
use crate::text;
use crate::troubleshoot::{Explanation, Side};
use crossterm::event::KeyCode;

/// A run log can be long; what matters is near its end.
const KEPT: usize = 256 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Troubleshoot {
    text: String,
    /// The sides of the call that were chosen.
    caller: Option<String>,
    role: Option<String>,
    /// Whether keys write into the text.
    pub(crate) typing: bool,
    pub(crate) pane: Pane,
    source: Reader,
    explanation: Reader,
    /// The next explanation is by newer facts: the place in the old one stays.
    again: bool,
}

impl Troubleshoot {
    pub(crate) fn new() -> Self {
        let mut screen = Self::default();
        screen.refresh();
        screen
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Pasted text takes the place of what was there, unless it is pasted while typing.
    pub(crate) fn paste(&mut self, pasted: &str) -> Vec<Intent> {
        if !self.typing {
            self.forget();
        }
        self.text.push_str(&pasted.replace("\r\n", "\n").replace('\r', "\n"));
        if self.text.len() > KEPT {
            let mut start = self.text.len() - KEPT;
            while !self.text.is_char_boundary(start) {
                start += 1;
            }
            self.text.drain(..start);
        }
        self.pane = Pane::Second;
        self.explain()
    }

    /// A key while typing.
    pub(crate) fn key(&mut self, chord: Chord) -> Vec<Intent> {
        match chord.code {
            KeyCode::Esc => {
                self.typing = false;
                return self.explain();
            }
            KeyCode::Enter => self.text.push('\n'),
            KeyCode::Backspace => {
                self.text.pop();
            }
            _ => {
                if let Some(char) = chord.typed() {
                    self.text.push(char);
                }
            }
        }
        self.refresh();
        self.source.move_to(usize::MAX);
        Vec::new()
    }

    /// Explains the same text by newer facts.
    pub(crate) fn explain_again(&mut self) -> Vec<Intent> {
        if self.typing || self.text.trim().is_empty() {
            return Vec::new();
        }
        let intents = self.explain();
        self.again = true;
        intents
    }

    fn explain(&mut self) -> Vec<Intent> {
        self.again = false;
        self.refresh();
        if self.text.trim().is_empty() {
            self.explanation.show(Document::default());
            return vec![Intent::Forget(Slot::Explain)];
        }
        let (text, caller, role) = (self.text.clone(), self.caller.clone(), self.role.clone());
        vec![Intent::Ask(Slot::Explain, Question::Explain { text, caller, role })]
    }

    fn forget(&mut self) {
        self.text.clear();
        (self.caller, self.role) = (None, None);
    }

    /// Explains the same text with a side of its call that was chosen.
    pub(crate) fn name(&mut self, side: Side, selector: String) -> Vec<Intent> {
        match side {
            Side::Caller => self.caller = Some(selector),
            Side::Role => self.role = Some(selector),
        }
        self.pane = Pane::Second;
        self.explain()
    }

    pub(crate) fn explained(&mut self, answer: &Explanation, names: &Names) {
        let given = [(Side::Caller, &self.caller), (Side::Role, &self.role)];
        let given = given.map(|(side, given)| (side, given.as_deref()));
        let document = describe::explanation(answer, given, names);
        if std::mem::take(&mut self.again) {
            self.explanation.replace(document);
        } else {
            self.explanation.show(document);
        }
    }

    fn refresh(&mut self) {
        let mut document = Document::new("The error");
        if self.text.is_empty() && !self.typing {
            document.say(Role::Strong, "Paste the error here.");
            document.say(
                Role::Text,
                "A Terraform run log, an AWS CLI error or a CloudTrail event: paste all of it, \
                 the part that matters is found.",
            );
            document.blank();
            document.push(
                Line::new()
                    .muted("→ ")
                    .text("or type it by hand")
                    .about(About { action: Some(Action::EditText), ..About::default() }),
            );
        } else {
            for line in readable(&self.text).split('\n') {
                document.say(line_role(line), text::safe(line).into_owned());
            }
        }
        self.source.replace(document);
    }

    pub(crate) fn act(&mut self, action: Action, page: usize) -> Vec<Intent> {
        let moved = match self.pane {
            Pane::First => self.source.act(action, page),
            Pane::Second => self.explanation.act(action, page),
        };
        match action {
            _ if moved => {}
            Action::EditText => {
                self.typing = true;
                self.pane = Pane::First;
                self.refresh();
                self.source.move_to(usize::MAX);
            }
            Action::ClearText => {
                self.forget();
                self.pane = Pane::First;
                return self.explain();
            }
            _ => {}
        }
        Vec::new()
    }

    pub(crate) fn about(&self) -> About {
        match self.pane {
            Pane::First => self.source.about(),
            Pane::Second => self.explanation.about(),
        }
    }

    pub(crate) fn filter(&self) -> &str {
        match self.pane {
            Pane::First => self.source.filter(),
            Pane::Second => self.explanation.filter(),
        }
    }

    pub(crate) fn set_filter(&mut self, filter: &str) {
        match self.pane {
            Pane::First => self.source.set_filter(filter),
            Pane::Second => self.explanation.set_filter(filter),
        }
    }
}

/// What tells of a failure, told from the rest of a log.
fn line_role(line: &str) -> Role {
    let told = ["AccessDenied", "not authorized", "InvalidIdentityToken", "explicit deny"];
    if told.iter().any(|word| line.contains(word)) { Role::Error } else { Role::Text }
}

pub(crate) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    screen: &Troubleshoot,
    zoom: bool,
    waiting: Option<&str>,
) {
    let (first, second) = panes(area, screen.pane, zoom, 45);
    if let Some(area) = first {
        let title = if screen.typing { "The error (typing; esc ends)" } else { "The error" };
        let focused = screen.pane == Pane::First;
        let inside = canvas.frame(area, title, focused);
        document::draw(canvas, inside, &screen.source, Cursor::when(focused && !screen.typing));
    }
    if let Some(area) = second {
        let title = match waiting {
            Some(spinner) => format!("What it means {spinner}"),
            None => "What it means".to_owned(),
        };
        let focused = screen.pane == Pane::Second;
        let inside = canvas.frame(area, &title, focused);
        document::draw(canvas, inside, &screen.explanation, Cursor::when(focused));
    }
}
