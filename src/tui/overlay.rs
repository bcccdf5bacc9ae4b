//! What is drawn over a screen: a reason, a question before a probe, a list to choose from.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::describe::{self, Names};
use super::document::{self, Cursor, Document, Line, Reader, Way};
use super::event::{Answer, Problem, Question};
use super::look::Role;
use super::picker::{self, Picker};
use super::session::{ProbeQuestion, ProbeRequest};

#[derive(Debug)]
pub(crate) enum Overlay {
    Picker(Box<Picker>),
    Why(Box<WhyPane>),
    Confirm(Box<Confirm>),
}

/// Why one thing can become another.
#[derive(Debug)]
pub(crate) struct WhyPane {
    pub(crate) way: Way,
    pub(crate) reader: Reader,
}

impl WhyPane {
    pub(crate) fn new(way: Way) -> Self {
        let reader = Reader::new(Document::new("why"));
        Self { way, reader }
    }

    /// One hop is one decision; more are a path, whose hops are all opened.
    pub(crate) fn question(&self) -> Question {
        let (from, to) = (self.way.from.clone(), self.way.to.clone());
        if self.way.is_one_hop() {
            Question::Why { caller: from, role: to }
        } else {
            Question::Paths { from, to }
        }
    }

    pub(crate) fn answered(&mut self, answer: Result<Answer, Problem>, names: &Names) {
        let document = match answer {
            Ok(Answer::Why(why)) => describe::why(&why, names),
            Ok(Answer::Paths(paths)) => {
                let hops = paths.paths.first().map_or(0, |path| path.hops.len());
                let mut document = describe::paths(&paths, 0, &(0..hops).collect(), names);
                let (from, to) = (names.short(&paths.source), names.short(&paths.target));
                document.title = format!("why {from} → {to}");
                document
            }
            Ok(_) => return,
            Err(problem) => {
                let mut document = Document::new("why");
                document.say(Role::Error, problem.message);
                for hint in problem.hints {
                    document.push(Line::new().muted("→ ").text(hint).indent(2));
                }
                document
            }
        };
        self.reader.show(document);
    }
}

/// A probe that was asked for and not yet confirmed.
#[derive(Debug)]
pub(crate) struct Confirm {
    pub(crate) number: usize,
    pub(crate) request: ProbeRequest,
    pub(crate) question: Option<ProbeQuestion>,
    pub(crate) reader: Reader,
}

impl Confirm {
    pub(crate) fn new(number: usize, request: ProbeRequest, names: &Names) -> Self {
        let mut confirm = Self { number, request, question: None, reader: Reader::default() };
        confirm.refresh(names);
        confirm
    }

    pub(crate) fn described(&mut self, question: ProbeQuestion, names: &Names) {
        self.question = Some(question);
        self.refresh(names);
    }

    fn refresh(&mut self, names: &Names) {
        let document = describe::probe_question(&self.request, self.question.as_ref(), names);
        self.reader.replace(document);
    }
}

pub(crate) fn draw(
    canvas: &mut Canvas<'_>,
    body: Rect,
    overlay: &Overlay,
    zoom: bool,
    waiting: Option<&str>,
) {
    let reader = match overlay {
        Overlay::Picker(picker) => return picker::draw(canvas, picker),
        Overlay::Why(pane) => &pane.reader,
        Overlay::Confirm(confirm) => &confirm.reader,
    };
    let small = matches!(overlay, Overlay::Confirm(_));
    let area = if zoom || body.width < 100 { body } else { inset(body, small) };
    canvas.clear(area);
    let mut title = reader.document().title.clone();
    if let Some(spinner) = waiting {
        title = format!("{title} {spinner}");
    }
    let inside = canvas.frame(area, &title, true);
    document::draw(canvas, inside, reader, Cursor::Active);
}

fn inset(area: Rect, small: bool) -> Rect {
    let aside = area.width / 10;
    let above = if small { area.height / 5 } else { 1 };
    Rect {
        x: area.x + aside,
        y: area.y + above,
        width: area.width.saturating_sub(aside * 2),
        height: area.height.saturating_sub(above * 2),
    }
}
