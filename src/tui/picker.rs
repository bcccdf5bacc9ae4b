//! Choosing from a list by typing: the palette, help, copying, and the ends of a path.

use std::cmp::Reverse;
use std::sync::Arc;

use crossterm::event::KeyCode;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::layout::Rect;
use tui_input::Input;

use super::canvas::{Canvas, scroll};
use super::event::{Intent, Question, Slot};
use super::input;
use super::keys::{Action, Chord};
use super::look::Role;
use super::organization::TreeModel;
use crate::text;

/// What is chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Any action and any thing.
    Palette,
    /// The actions that can be done here.
    Help,
    /// What to copy.
    Copy,
    /// Where a path starts.
    From,
    /// Where a path ends.
    To,
}

/// One fixed row.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) keys: String,
    pub(crate) picked: Picked,
}

/// What was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Picked {
    Action(Action),
    Copy(&'static str, String),
    /// A thing, by selector.
    Thing(String),
}

/// A row that fits what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hit {
    Item(usize),
    /// A node of the tree.
    Thing(usize),
    /// What was typed, as it is.
    Typed,
}

/// What a key did.
#[derive(Debug)]
pub(crate) enum Pressed {
    Stay(Vec<Intent>),
    Close,
    Picked(Picked),
}

#[derive(Debug)]
pub(crate) struct Picker {
    pub(crate) purpose: Purpose,
    title: &'static str,
    items: Vec<Item>,
    labels: Arc<Vec<String>>,
    things: Option<Arc<TreeModel>>,
    pub(crate) input: Input,
    hits: Vec<Hit>,
    cursor: usize,
}

/// Rows that are listed; whoever wants another one types more.
const LISTED: usize = 200;

impl Picker {
    pub(crate) fn new(
        purpose: Purpose,
        title: &'static str,
        items: Vec<Item>,
        things: Option<Arc<TreeModel>>,
    ) -> Self {
        let labels = Arc::new(items.iter().map(|item| item.label.clone()).collect::<Vec<_>>());
        let hits = (0..items.len()).map(Hit::Item).collect();
        Self { purpose, title, items, labels, things, input: Input::default(), hits, cursor: 0 }
    }

    /// What has to be asked for the list to be right.
    pub(crate) fn ask(&mut self) -> Vec<Intent> {
        let text = self.input.value().to_owned();
        if self.things.is_none() {
            self.hits = rank(&self.labels, None, &text);
            self.cursor = 0;
            return Vec::new();
        }
        let (labels, things) = (Arc::clone(&self.labels), self.things.clone());
        vec![Intent::Ask(Slot::Rank, Question::Rank { labels, things, text })]
    }

    pub(crate) fn ranked(&mut self, hits: Vec<Hit>) {
        self.hits = hits;
        if self.takes_text() && !self.input.value().trim().is_empty() {
            // A glob or a token is never in the list; a name that is written in full comes
            // first anyway.
            self.hits.push(Hit::Typed);
        }
        self.cursor = 0;
    }

    fn takes_text(&self) -> bool {
        matches!(self.purpose, Purpose::From | Purpose::To)
    }

    pub(crate) fn key(&mut self, chord: Chord) -> Pressed {
        let last = self.hits.len().saturating_sub(1);
        match chord.code {
            KeyCode::Esc => return Pressed::Close,
            _ if chord.is_control('c') => return Pressed::Close,
            KeyCode::Enter => {
                return match self.hits.get(self.cursor).and_then(|hit| self.picked(*hit)) {
                    Some(picked) => Pressed::Picked(picked),
                    // The list may be a moment behind what was typed.
                    None if self.takes_text() && !self.input.value().trim().is_empty() => {
                        Pressed::Picked(Picked::Thing(self.input.value().trim().to_owned()))
                    }
                    None => Pressed::Close,
                };
            }
            KeyCode::Up => self.cursor = self.cursor.saturating_sub(1),
            KeyCode::Down => self.cursor = (self.cursor + 1).min(last),
            KeyCode::PageUp => self.cursor = self.cursor.saturating_sub(10),
            KeyCode::PageDown => self.cursor = (self.cursor + 10).min(last),
            _ if chord.is_control('p') => self.cursor = self.cursor.saturating_sub(1),
            _ if chord.is_control('n') => self.cursor = (self.cursor + 1).min(last),
            _ => {
                if input::edit(&mut self.input, chord) {
                    return Pressed::Stay(self.ask());
                }
            }
        }
        Pressed::Stay(Vec::new())
    }

    pub(crate) fn paste(&mut self, pasted: &str) -> Vec<Intent> {
        input::paste(&mut self.input, pasted);
        self.ask()
    }

    fn picked(&self, hit: Hit) -> Option<Picked> {
        match hit {
            Hit::Item(index) => self.items.get(index).map(|item| item.picked.clone()),
            Hit::Thing(index) => {
                let row = self.things.as_ref()?.row(index)?;
                Some(Picked::Thing(row.node.selector.clone()))
            }
            Hit::Typed => Some(Picked::Thing(self.input.value().trim().to_owned())),
        }
    }
}

/// Orders labels and things by how well they fit a text. This is all that is used of the
/// matching library.
pub(crate) fn rank(labels: &[String], things: Option<&TreeModel>, text: &str) -> Vec<Hit> {
    let text = text.trim();
    let nothing: &[String] = &[];
    let names = things.map_or(nothing, TreeModel::labels);
    if text.is_empty() {
        let some = names.iter().enumerate().filter(|(_, name)| !name.is_empty());
        let things = some.map(|(index, _)| Hit::Thing(index)).take(LISTED);
        return (0..labels.len()).map(Hit::Item).chain(things).collect();
    }
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut score = |name: &str| pattern.score(Utf32Str::new(name, &mut buffer), &mut matcher);
    let mut hits: Vec<(u32, Hit)> = Vec::new();
    for (index, label) in labels.iter().enumerate() {
        hits.extend(score(label.as_ref()).map(|found| (found, Hit::Item(index))));
    }
    for (index, name) in names.iter().enumerate() {
        hits.extend(score(name.as_ref()).map(|found| (found, Hit::Thing(index))));
    }
    hits.sort_by_key(|(score, _)| Reverse(*score));
    hits.truncate(LISTED);
    hits.into_iter().map(|(_, hit)| hit).collect()
}

pub(crate) fn draw(canvas: &mut Canvas<'_>, picker: &Picker) {
    let whole = canvas.area();
    let width = if whole.width < 100 { whole.width } else { 90 };
    let rows = u16::try_from(picker.hits.len()).unwrap_or(u16::MAX).clamp(1, 24);
    let height = rows.saturating_add(3).min(whole.height.saturating_sub(2));
    let area = Rect {
        x: whole.x + (whole.width - width) / 2,
        y: whole.y + 1.min(whole.height),
        width,
        height,
    };
    canvas.clear(area);
    let inside = canvas.frame(area, picker.title, true);
    let line = Rect { height: 1.min(inside.height), ..inside };
    input::draw(canvas, line, "› ", &picker.input);
    let list =
        Rect { y: inside.y.saturating_add(1), height: inside.height.saturating_sub(1), ..inside };
    if picker.hits.is_empty() {
        canvas.put(list, 1, 0, "nothing fits", Role::Muted);
    }
    let top = scroll(picker.cursor, picker.hits.len(), usize::from(list.height));
    for (row, (place, hit)) in (0u16..list.height).zip(picker.hits.iter().enumerate().skip(top)) {
        draw_hit(canvas, list, row, picker, *hit);
        if place == picker.cursor {
            let mark = canvas.marks().cursor;
            canvas.put(list, 0, row, mark, Role::Key);
            canvas.paint_row(list, row, Role::Selection);
        }
    }
}

fn draw_hit(canvas: &mut Canvas<'_>, list: Rect, row: u16, picker: &Picker, hit: Hit) {
    match hit {
        Hit::Item(index) => {
            let Some(item) = picker.items.get(index) else { return };
            let keys = text::width(&item.keys);
            let keys_at = list.width.saturating_sub(u16::try_from(keys).unwrap_or(0) + 1);
            let left = Rect { width: keys_at.saturating_sub(1), ..list };
            let column = canvas.put(left, 2, row, &item.label, Role::Strong);
            canvas.put(left, column + 2, row, &item.hint, Role::Muted);
            canvas.put(list, keys_at, row, &item.keys, Role::Key);
        }
        Hit::Thing(index) => {
            let Some(things) = &picker.things else { return };
            let kind = things.row(index).map_or("", |row| kind_word(row.node.kind));
            let column = canvas.put(list, 2, row, &things.label(index), Role::Text);
            canvas.put_right(list, column + 2, row, &format!("{kind} "), Role::Muted);
        }
        Hit::Typed => {
            let column = canvas.put(list, 2, row, picker.input.value().trim(), Role::Strong);
            canvas.put(list, column + 2, row, "as it is written", Role::Muted);
        }
    }
}

fn kind_word(kind: crate::answer::NodeKind) -> &'static str {
    use crate::answer::NodeKind;
    match kind {
        NodeKind::Organization => "organization",
        NodeKind::Ou => "OU",
        NodeKind::Account => "account",
        NodeKind::OidcProvider | NodeKind::SamlProvider => "provider",
        NodeKind::User => "user",
        NodeKind::Role => "role",
        NodeKind::ServiceLinkedRole => "service-linked role",
        NodeKind::HcpTerraform => "HCP Terraform",
        NodeKind::Project => "project",
        NodeKind::Workspace => "workspace",
        NodeKind::Stack => "stack",
    }
}
