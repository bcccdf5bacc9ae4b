//! What is stated of every call, so that conditions are settled: typed in a few words.

use std::net::IpAddr;

use crossterm::event::KeyCode;
use ratatui::layout::Rect;
use tui_input::Input;

use super::canvas::Canvas;
use super::document::{self, Cursor, Document, Line, Reader};
use super::event::{Effect, Problem};
use super::input;
use super::keys::Chord;
use super::look::Role;
use super::overlay::Overlay;
use super::reload;
use super::state::State;
use crate::answer::{QuestionError, Scenario, Stated, StatedFact};

/// What is supposed.
#[derive(Debug, Default)]
pub(crate) struct Supposed {
    /// As it was typed.
    text: String,
    /// What the facts are asked under, once they are worked out.
    pub(super) scenario: Scenario,
    /// What those that are shown were worked out under.
    pub(super) shown: Vec<StatedFact>,
}

impl Supposed {
    /// In words, the longest form first; none where nothing is supposed.
    pub(crate) fn forms(&self) -> Vec<String> {
        let words = |fact: &StatedFact| {
            let value = fact.values.join(", ");
            match (fact.key.as_str(), value.as_str()) {
                ("aws:MultiFactorAuthPresent", "true") => "MFA".to_owned(),
                ("aws:MultiFactorAuthPresent", _) => "no MFA".to_owned(),
                ("aws:SourceIp", _) => format!("from {value}"),
                (key, "") => format!("no {key}"),
                (key, value) => format!("{key} {value}"),
            }
        };
        let facts: Vec<String> = self.shown.iter().filter(|it| !it.implied).map(words).collect();
        if facts.is_empty() {
            return Vec::new();
        }
        let count = facts.len();
        vec![format!("what if: {}", facts.join(", ")), format!("what if ({count})")]
    }
}

/// Where it is typed.
#[derive(Debug, Default)]
pub(crate) struct Suppose {
    pub(crate) input: Input,
    problem: Option<Problem>,
}

pub(super) fn begin(state: &mut State) {
    let input = Input::new(state.supposed.text.clone());
    state.overlay = Some(Overlay::Suppose(Box::new(Suppose { input, problem: None })));
}

pub(super) fn key(state: &mut State, chord: Chord, effects: &mut Vec<Effect>) {
    let Some(Overlay::Suppose(suppose)) = &mut state.overlay else { return };
    match chord.code {
        KeyCode::Esc => state.overlay = None,
        KeyCode::Enter => match read(suppose.input.value()) {
            Ok(scenario) => {
                suppose.input.value().trim().clone_into(&mut state.supposed.text);
                state.overlay = None;
                if scenario.keys != state.supposed.scenario.keys {
                    state.supposed.scenario = scenario;
                    reload::suppose(state, effects);
                }
            }
            Err(error) => {
                let problem = Problem { message: error.to_string(), hints: error.hints() };
                suppose.problem = Some(problem);
            }
        },
        _ => {
            if input::edit(&mut suppose.input, chord) {
                suppose.problem = None;
            }
        }
    }
}

/// `mfa`, `no-mfa`, an address or a network, and `KEY=VALUE`, with blanks between.
fn read(text: &str) -> Result<Scenario, QuestionError> {
    let mut stated = Stated::default();
    for word in text.split_whitespace() {
        let lower = word.to_lowercase();
        let address = word.split('/').next().is_some_and(|it| it.parse::<IpAddr>().is_ok());
        let (key, value) = match (lower.as_str(), word.split_once('=')) {
            ("mfa", _) => ("aws:MultiFactorAuthPresent", "true"),
            ("no-mfa", _) => ("aws:MultiFactorAuthPresent", ""),
            (_, None) if address => ("aws:SourceIp", word),
            (_, Some((key, value))) => (key, value),
            _ => {
                return Err(QuestionError::Invalid {
                    message: format!("`{word}` states nothing"),
                    hints: vec![
                        "`mfa`, `no-mfa`, an address or a network, or KEY=VALUE state something"
                            .to_owned(),
                    ],
                });
            }
        };
        stated.keys.push((key.to_owned(), value.to_owned()));
    }
    stated.of_every_call()
}

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, suppose: &Suppose) {
    let area = Rect { height: area.height.min(13), ..area };
    canvas.clear(area);
    let inside = canvas.frame(area, "what if", true);
    let first = Rect { height: inside.height.min(1), ..inside };
    input::draw(canvas, first, " every call › ", &suppose.input);
    let mut document = Document::default();
    if let Some(problem) = &suppose.problem {
        document.say(Role::Error, problem.message.clone());
        for hint in &problem.hints {
            document.push(Line::new().muted("→ ").text(hint.clone()).indent(2));
        }
    } else {
        document.say(
            Role::Muted,
            "What is stated here is believed of every call whose caller can carry it, on all \
             screens: sessions of roles never carry MFA. An empty line takes it back.",
        );
        for (word, meaning) in [
            ("mfa, no-mfa", "users call with MFA, or without"),
            ("10.0.0.0/8", "calls come from that network, or address"),
            ("sts:ExternalId=abc", "a condition key; nothing behind `=`: it is absent"),
        ] {
            document.push(Line::new().strong(format!("{word:<20}")).text(meaning).indent(20));
        }
    }
    let below = Rect {
        y: inside.y + inside.height.min(2),
        height: inside.height.saturating_sub(2),
        ..inside
    };
    document::draw(canvas, below, &Reader::new(document), Cursor::Hidden);
}
