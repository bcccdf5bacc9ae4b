//! What is drawn over a screen: a reason, a question before something is called, a list to choose
//! from.

use ratatui::layout::Rect;
use tui_input::Input;

use super::canvas::Canvas;
use super::describe::{self, Names};
use super::document::{self, Cursor, Document, Line, Reader, Way};
use super::event::{Answer, Problem, Question};
use super::input;
use super::look::Role;
use super::picker::{self, Picker};
use super::session::{CrawlOutline, ProbeQuestion, ProbeRequest, Refusal, Wanted};
use super::suppose::{self, Suppose};

#[derive(Debug)]
pub(crate) enum Overlay {
    Picker(Box<Picker>),
    Why(Box<WhyPane>),
    /// How tokens get in.
    Topology(Box<Reader>),
    Confirm(Box<Confirm>),
    Crawl(Box<CrawlAsk>),
    /// Whether to leave while a crawl runs.
    Leave(Box<Reader>),
    /// Something to be read once.
    Text(Box<Reader>),
    Prompt(Box<Prompt>),
    /// What is to be stated of every call.
    Suppose(Box<Suppose>),
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
        // The same question may be put to newer facts while somebody reads.
        self.reader.replace(document);
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

/// A crawl that was asked for and not yet confirmed.
#[derive(Debug)]
pub(crate) struct CrawlAsk {
    pub(crate) number: usize,
    pub(crate) wanted: Wanted,
    pub(crate) answer: Option<Result<CrawlOutline, Refusal>>,
    pub(crate) reader: Reader,
}

impl CrawlAsk {
    pub(crate) fn new(number: usize, wanted: Wanted) -> Self {
        let reader = Reader::new(describe::crawl_question(&wanted, None));
        Self { number, wanted, answer: None, reader }
    }

    pub(crate) fn answered(&mut self, answer: Result<CrawlOutline, Refusal>) {
        self.reader.replace(describe::crawl_question(&self.wanted, Some(&answer)));
        self.answer = Some(answer);
    }

    /// Whether yes would do something.
    pub(crate) fn can_begin(&self) -> bool {
        matches!(self.answer, Some(Ok(_)))
    }
}

/// Where the directory to import is typed.
#[derive(Debug, Default)]
pub(crate) struct Prompt {
    pub(crate) input: Input,
    pub(crate) importing: bool,
    /// Why the one before was not imported.
    pub(crate) refusal: Option<Refusal>,
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
        Overlay::Prompt(prompt) => return draw_prompt(canvas, body, prompt),
        Overlay::Suppose(typed) => return suppose::draw(canvas, inset(body, true), typed),
        Overlay::Confirm(confirm) => &confirm.reader,
        Overlay::Crawl(ask) => &ask.reader,
        Overlay::Leave(reader) | Overlay::Text(reader) | Overlay::Topology(reader) => reader,
    };
    let small = !matches!(overlay, Overlay::Why(_) | Overlay::Topology(_));
    let area = if zoom || body.width < 100 { body } else { inset(body, small) };
    let area = if small { fitted(area, reader.document()) } else { area };
    canvas.clear(area);
    let mut title = reader.document().title.clone();
    if let Some(spinner) = waiting {
        title = format!("{title} {spinner}");
    }
    let inside = canvas.frame(area, &title, true);
    document::draw(canvas, inside, reader, Cursor::Active);
}

fn draw_prompt(canvas: &mut Canvas<'_>, body: Rect, prompt: &Prompt) {
    let area = if body.width < 100 { body } else { inset(body, true) };
    let area = Rect { height: area.height.min(12), ..area };
    canvas.clear(area);
    let inside = canvas.frame(area, "import a dump directory", true);
    let row = |row: u16| {
        let height = u16::from(row < inside.height);
        Rect { y: inside.y + row.min(inside.height), height, ..inside }
    };
    input::draw(canvas, row(0), " directory › ", &prompt.input);
    let mut document = Document::default();
    match (&prompt.refusal, prompt.importing) {
        (_, true) => document.say(Role::Muted, "reading …"),
        (Some(refusal), false) => {
            document.say(Role::Error, refusal.message.clone());
            for hint in &refusal.hints {
                document.push(Line::new().muted("→ ").text(hint.clone()).indent(2));
            }
        }
        (None, false) => {
            document.say(
                Role::Muted,
                "What `rolewalk export --format dump` writes, or files that the AWS CLI wrote. \
                 It becomes a snapshot; the directory stays as it is.",
            );
        }
    }
    let below = Rect {
        y: inside.y + inside.height.min(2),
        height: inside.height.saturating_sub(2),
        ..inside
    };
    document::draw(canvas, below, &Reader::new(document), Cursor::Hidden);
}

/// A question takes as much room as it needs, so that what it is about can be seen.
fn fitted(area: Rect, document: &Document) -> Rect {
    let rows = document::height(document, area.width.saturating_sub(2), area.height);
    Rect { height: rows.saturating_add(3).min(area.height), ..area }
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
