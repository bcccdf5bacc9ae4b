//! Answering questions beside the loop: at most one job a slot, and only the newest waiting.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use super::event::{Answer, Event, Problem, Question, Slot};
use super::matrix::{self, Grid};
use super::organization::TreeModel;
use super::picker;
use super::session::{Explain, Loaded};
use crate::answer::{self, Limits, QuestionError, Stated};
use crate::graph::Graph;
use crate::troubleshoot;

/// What the loop hears from beside.
#[derive(Debug)]
pub(crate) enum Message {
    Event(Event),
    /// The facts are there.
    Facts(Loaded),
    /// Nothing can be typed any more.
    NoInput(std::io::Error),
    /// A job has ended.
    Done(Slot, u64, Result<Answer, Problem>),
}

/// The jobs that run and those that wait.
pub(crate) struct Jobs {
    facts: Option<Loaded>,
    explain: Explain,
    sender: UnboundedSender<Message>,
    /// For each slot that is at work, the question that waits.
    slots: BTreeMap<Slot, Option<(u64, Question)>>,
}

impl Jobs {
    pub(crate) fn new(explain: Explain, sender: UnboundedSender<Message>) -> Self {
        Self { facts: None, explain, sender, slots: BTreeMap::new() }
    }

    /// Answers from these facts from now on, and gives back those before. To free them can take
    /// a second.
    pub(crate) fn set_facts(&mut self, facts: Loaded) -> Option<Loaded> {
        self.facts.replace(facts)
    }

    pub(crate) fn facts(&self) -> Option<&Loaded> {
        self.facts.as_ref()
    }

    /// Starts a job, or lets it replace the one that waits.
    pub(crate) fn ask(&mut self, slot: Slot, generation: u64, question: Question) {
        if let Some(waiting) = self.slots.get_mut(&slot) {
            *waiting = Some((generation, question));
            return;
        }
        self.slots.insert(slot, None);
        self.start(slot, generation, question);
    }

    /// A job of the slot has ended: the one that waits may start.
    pub(crate) fn done(&mut self, slot: Slot) {
        if let Some(Some((generation, question))) = self.slots.remove(&slot) {
            self.ask(slot, generation, question);
        }
    }

    fn start(&self, slot: Slot, generation: u64, question: Question) {
        let graph = self.facts.as_ref().map(|facts| Arc::clone(&facts.graph));
        let explain = Arc::clone(&self.explain);
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let job =
                tokio::task::spawn_blocking(move || answer(graph.as_deref(), &explain, question));
            let answer = job.await.unwrap_or_else(|_| {
                Err(Problem {
                    message: "rolewalk itself failed at this question; please report it".to_owned(),
                    hints: Vec::new(),
                })
            });
            // Nobody listens any more once the loop has ended.
            let _ = sender.send(Message::Done(slot, generation, answer));
        });
    }
}

impl Drop for Jobs {
    /// Nobody who leaves waits until the facts are freed.
    fn drop(&mut self) {
        std::mem::forget(self.facts.take());
    }
}

/// Answers one question.
pub(crate) fn answer(
    graph: Option<&Graph>,
    explain: &Explain,
    question: Question,
) -> Result<Answer, Problem> {
    match question {
        Question::TreeFilter(model, text) => {
            return Ok(Answer::TreeFilter(model.containing(&text)));
        }
        Question::Rank { labels, things, text } => {
            return Ok(Answer::Ranked(picker::rank(&labels, things.as_deref(), &text)));
        }
        Question::Arrange(asked) => {
            return Ok(Answer::Arranged(Arc::new(matrix::arrange(graph, &asked))));
        }
        Question::Explain { text, caller, role } => {
            let (source, target) = (caller.as_deref(), role.as_deref());
            let question = troubleshoot::Question { text: &text, source, target, stated: None };
            return Ok(Answer::Explained(Box::new(explain(graph, question))));
        }
        _ => {}
    }
    let Some(graph) = graph else {
        return Err(Problem { message: "there is no snapshot".to_owned(), hints: Vec::new() });
    };
    let answered = match question {
        Question::Tree => {
            answer::tree(graph, None).map(|tree| Answer::Tree(Arc::new(TreeModel::new(tree))))
        }
        Question::Detail(selector) => {
            answer::detail(graph, &selector).map(|detail| Answer::Detail(Arc::new(detail)))
        }
        Question::Why { caller, role } => {
            answer::why(graph, &caller, &role, None, &Stated::default())
                .map(|why| Answer::Why(Box::new(why)))
        }
        Question::Paths { from, to } => answer::paths(graph, &from, &to, Limits::PATHS)
            .map(|paths| Answer::Paths(Box::new(paths))),
        Question::WhoCan(role) => answer::who_can(graph, &role, Limits::LIST)
            .map(|answer| Answer::WhoCan(Box::new(answer))),
        Question::Reach(source) => answer::reach(graph, &source, Limits::LIST)
            .map(|answer| Answer::Reach(Box::new(answer))),
        Question::Matrix => answer::matrix(graph, None, None, MATRIX)
            .map(|matrix| Answer::Matrix(Arc::new(Grid::new(matrix)))),
        Question::Topology => {
            answer::topology(graph, Limits::LIST).map(|answer| Answer::Topology(Arc::new(answer)))
        }
        Question::TreeFilter(..)
        | Question::Rank { .. }
        | Question::Explain { .. }
        | Question::Arrange(_) => return refused(),
    };
    answered.map_err(|error| problem(&error))
}

/// The grid draws only what can be seen, so it takes all cells.
const MATRIX: Limits = Limits { rows: usize::MAX, ..Limits::LIST };

fn refused() -> Result<Answer, Problem> {
    Err(Problem { message: "this takes no snapshot".to_owned(), hints: Vec::new() })
}

fn problem(error: &QuestionError) -> Problem {
    Problem { message: error.to_string(), hints: error.hints() }
}
