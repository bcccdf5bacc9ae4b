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
use crate::answer::is_selector_by_form;
use crate::text;
use crate::troubleshoot::Side;

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
    /// A side of the call that a failure is of.
    Side(Side),
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
    /// Whether the list is of another text than the one that is typed.
    behind: bool,
    /// Whether the first of the list is to be picked as soon as there is one.
    entered: bool,
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
        let input = Input::default();
        let (behind, entered) = (false, false);
        Self { purpose, title, items, labels, things, input, hits, cursor: 0, behind, entered }
    }

    /// What has to be asked for the list to be right.
    pub(crate) fn ask(&mut self) -> Vec<Intent> {
        let text = self.input.value().to_owned();
        if self.things.is_none() {
            self.hits = rank(&self.labels, None, &text);
            self.cursor = 0;
            return Vec::new();
        }
        (self.behind, self.entered) = (true, false);
        let (labels, things) = (Arc::clone(&self.labels), self.things.clone());
        vec![Intent::Ask(Slot::Rank, Question::Rank { labels, things, text })]
    }

    /// Takes the list of what is typed; what comes of it where enter was quicker.
    pub(crate) fn ranked(&mut self, hits: Vec<Hit>) -> Pressed {
        self.hits = hits;
        self.behind = false;
        let typed = self.input.value().trim();
        if self.takes_text() && !typed.is_empty() {
            // A token or a service is never in the list, and what is merely like it was not meant.
            let is_meant = is_selector_by_form(typed) && !self.is_called(typed);
            let place = if is_meant { 0 } else { self.hits.len() };
            self.hits.insert(place, Hit::Typed);
        }
        self.cursor = 0;
        if self.entered { self.enter() } else { Pressed::Stay(Vec::new()) }
    }

    /// Whether what stands first is called just so.
    fn is_called(&self, text: &str) -> bool {
        let Some(Hit::Thing(first)) = self.hits.first() else { return false };
        let row = self.things.as_ref().and_then(|things| things.row(*first));
        row.is_some_and(|row| row.node.selector == text || row.node.id == text)
    }

    fn enter(&self) -> Pressed {
        match self.hits.get(self.cursor).and_then(|hit| self.picked(*hit)) {
            Some(picked) => Pressed::Picked(picked),
            None if self.takes_text() && !self.input.value().trim().is_empty() => {
                Pressed::Picked(Picked::Thing(self.input.value().trim().to_owned()))
            }
            None => Pressed::Close,
        }
    }

    fn takes_text(&self) -> bool {
        matches!(self.purpose, Purpose::From | Purpose::To | Purpose::Side(_))
    }

    pub(crate) fn key(&mut self, chord: Chord) -> Pressed {
        let last = self.hits.len().saturating_sub(1);
        match chord.code {
            KeyCode::Esc => return Pressed::Close,
            // What stands first in a list of another text is not what was meant.
            KeyCode::Enter if self.behind => self.entered = true,
            KeyCode::Enter => return self.enter(),
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

/// Orders labels and things by how well they fit a text: what is called just that comes first,
/// and of what fits alike the shorter. This is all that is used of the matching library.
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
    let mut hits: Vec<(Fit, Hit)> = Vec::new();
    for (index, label) in labels.iter().enumerate() {
        let fit = score(label).map(|score| Fit::new(text, label, score));
        hits.extend(fit.map(|fit| (fit, Hit::Item(index))));
    }
    // An ARN or id is no label. A workspace's selector with a phase is found too, and is another.
    let is_called = |index: usize| {
        let node = things.and_then(|things| things.row(index)).map(|row| &row.node);
        node.is_some_and(|node| node.selector == text || node.id == text)
    };
    let exact = things.and_then(|things| things.find(text)).filter(|index| is_called(*index));
    for (index, name) in names.iter().enumerate() {
        let named = exact == Some(index);
        let score = score(name).or_else(|| (named && !name.is_empty()).then_some(0));
        let fit = score.map(|score| Fit::new(text, name, score)).map(|mut fit| {
            fit.is_other &= !named;
            fit
        });
        hits.extend(fit.map(|fit| (fit, Hit::Thing(index))));
    }
    hits.sort_by_key(|(fit, _)| *fit);
    hits.truncate(LISTED);
    hits.into_iter().map(|(_, hit)| hit).collect()
}

/// How well a label fits, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// Whether the label is another text, letter case aside.
    is_other: bool,
    /// Whether it differs in letter case at least.
    is_spelled_otherwise: bool,
    score: Reverse<u32>,
    length: usize,
}

impl Fit {
    fn new(text: &str, label: &str, score: u32) -> Self {
        Self {
            is_other: label.to_lowercase() != text.to_lowercase(),
            is_spelled_otherwise: label != text,
            score: Reverse(score),
            length: label.len(),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_just_that_comes_first() {
        let labels = ["hub/tf-hub-path", "hub/tf-hub-of", "hub/TF-hub", "hub/tf-hub"];
        let labels = labels.map(str::to_owned);
        let order = |text: &str| rank(&labels, None, text);
        let items = |order: [usize; 4]| order.map(Hit::Item).to_vec();
        assert_eq!(order("hub/tf-hub"), items([3, 2, 1, 0]));
        assert_eq!(order("hub/TF-HUB"), items([2, 3, 1, 0]));
        assert_eq!(order("tf-hub"), items([2, 3, 1, 0]));
        assert_eq!(order("hub/tf-hub-path"), [Hit::Item(0)]);
    }
}
