//! Screen 3: from here to there. With one end only, everything at the other end.

mod view;

use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) use view::draw;

use super::describe::{self, Names};
use super::document::{About, Document, Line, Reader};
use super::event::{Answer, Intent, Place, Problem, Question, Slot};
use super::keys::Action;
use super::look::Role;
use super::session::ProbeRequest;
use crate::answer;

#[derive(Debug, Default)]
pub(crate) struct Paths {
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    names: Arc<Names>,
    answer: Option<Box<answer::Paths>>,
    /// Which path is drawn.
    shown: usize,
    /// Hops whose layers are shown.
    open: BTreeSet<usize>,
    reader: Reader,
    /// Newer facts are there than those that were asked.
    pub(crate) stale: bool,
    /// The next answer is of newer facts: the place in the old one stays.
    again: bool,
}

impl Paths {
    /// Sets the ends and asks what there is between them.
    pub(crate) fn ask(
        &mut self,
        from: Option<String>,
        to: Option<String>,
        names: &Arc<Names>,
    ) -> Vec<Intent> {
        self.names = Arc::clone(names);
        if self.stale && (&self.from, &self.to) == (&from, &to) {
            return self.ask_again();
        }
        self.again = false;
        self.stale = false;
        if (&self.from, &self.to) == (&from, &to) && (self.answer.is_some() || from.is_none()) {
            if from.is_none() && to.is_none() {
                self.reader.show(invitation());
            }
            if from.is_none() || to.is_none() || self.answer.is_some() {
                // The place was left and is come back to: everything is as it was.
                if !self.reader.document().lines.is_empty() {
                    return Vec::new();
                }
            }
        }
        (self.from, self.to) = (from, to);
        self.answer = None;
        self.shown = 0;
        self.open.clear();
        self.reader.show(Document::default());
        match self.question() {
            Some(question) => vec![Intent::Ask(Slot::Paths, question)],
            None => {
                self.reader.show(invitation());
                vec![Intent::Forget(Slot::Paths)]
            }
        }
    }

    fn question(&self) -> Option<Question> {
        Some(match (self.from.clone(), self.to.clone()) {
            (Some(from), Some(to)) => Question::Paths { from, to },
            (Some(from), None) => Question::Reach(from),
            (None, Some(to)) => Question::WhoCan(to),
            (None, None) => return None,
        })
    }

    /// Puts the same question to newer facts.
    pub(crate) fn ask_again(&mut self) -> Vec<Intent> {
        self.stale = false;
        match self.question() {
            Some(question) => {
                self.again = true;
                vec![Intent::Ask(Slot::Paths, question)]
            }
            None => Vec::new(),
        }
    }

    /// Names of a newer tree.
    pub(crate) fn rename(&mut self, names: &Arc<Names>) {
        self.names = Arc::clone(names);
        self.redraw();
    }

    pub(crate) fn answered(&mut self, answer: Result<Answer, Problem>) {
        let again = std::mem::take(&mut self.again);
        match answer {
            Ok(Answer::Paths(paths)) if again => {
                self.shown = self.shown.min(paths.paths.len().saturating_sub(1));
                self.answer = Some(paths);
                self.redraw();
            }
            Ok(Answer::WhoCan(answer)) if again => {
                self.reader.replace(describe::who_can(&answer, &self.names));
            }
            Ok(Answer::Reach(answer)) if again => {
                self.reader.replace(describe::reach(&answer, &self.names));
            }
            Ok(Answer::Paths(paths)) => {
                // What blocks is what one came for.
                self.answer = Some(paths);
                self.redraw();
                self.reader.move_to(self.first_hop());
            }
            Ok(Answer::WhoCan(answer)) => self.show_list(describe::who_can(&answer, &self.names)),
            Ok(Answer::Reach(answer)) => self.show_list(describe::reach(&answer, &self.names)),
            Ok(_) => {}
            Err(problem) => {
                let mut document = Document::new("no answer");
                document.say(Role::Error, problem.message);
                for hint in problem.hints {
                    document.push(Line::new().muted("→ ").text(hint).indent(2));
                }
                self.reader.show(document);
            }
        }
    }

    fn show_list(&mut self, document: Document) {
        self.reader.show(document);
        self.reader.move_to(1);
    }

    fn first_hop(&self) -> usize {
        let lines = &self.reader.document().lines;
        lines.iter().position(|line| line.about.part.is_some()).unwrap_or(0)
    }

    fn redraw(&mut self) {
        if let Some(answer) = &self.answer {
            let document = describe::paths(answer, self.shown, &self.open, &self.names);
            self.reader.replace(document);
        }
    }

    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    pub(crate) fn set_filter(&mut self, filter: &str) {
        self.reader.set_filter(filter);
    }

    pub(crate) fn path_count(&self) -> usize {
        self.answer.as_ref().map_or(0, |answer| answer.paths.len())
    }

    pub(crate) fn act(&mut self, action: Action, page: usize) -> Vec<Intent> {
        if self.reader.act(action, page) {
            return Vec::new();
        }
        let count = self.path_count();
        match action {
            Action::Open => {
                if let Some(part) = self.reader.about().part {
                    if !self.open.remove(&part) {
                        self.open.insert(part);
                    }
                    self.redraw();
                    self.put_cursor_on(part);
                }
            }
            Action::NextPath if count > 0 => self.show_path((self.shown + 1) % count),
            Action::PreviousPath if count > 0 => self.show_path((self.shown + count - 1) % count),
            Action::Swap => {
                let place = Place::Paths { from: self.to.clone(), to: self.from.clone() };
                return vec![Intent::Go(place)];
            }
            _ => {}
        }
        Vec::new()
    }

    fn show_path(&mut self, shown: usize) {
        self.shown = shown;
        self.open.clear();
        self.redraw();
        self.reader.move_to(self.first_hop());
    }

    fn put_cursor_on(&mut self, part: usize) {
        let lines = &self.reader.document().lines;
        if let Some(line) = lines.iter().position(|line| line.about.part == Some(part)) {
            self.reader.move_to(line);
        }
    }

    pub(crate) fn about(&self) -> About {
        self.reader.about()
    }

    /// The path on the screen, to be tried.
    pub(crate) fn probe_request(&self) -> Option<ProbeRequest> {
        let answer = self.answer.as_ref()?;
        let path = answer.paths.get(self.shown)?;
        Some(ProbeRequest {
            source: answer.source.clone(),
            target: path.hops.last().map_or_else(|| answer.target.clone(), |hop| hop.to.clone()),
            path: path.clone(),
        })
    }

    pub(crate) fn place(&self) -> Place {
        Place::Paths { from: self.from.clone(), to: self.to.clone() }
    }
}

fn invitation() -> Document {
    let mut document = Document::new("from here to there");
    document.say(Role::Text, "Choose where a path starts, where it ends, or both.");
    for (action, text) in [
        (Action::EditFrom, "where it starts: a workspace, user, role or any selector"),
        (Action::EditTo, "where it ends: a role or an account"),
    ] {
        document.push(
            Line::new()
                .muted("→ ")
                .text(text)
                .about(About { action: Some(action), ..About::default() }),
        );
    }
    document.blank();
    document.say(
        Role::Muted,
        "With a start only, everything that it reaches is listed; with an end only, everybody \
         who reaches it. On a thing in the tree, f and b fill these in.",
    );
    document
}
