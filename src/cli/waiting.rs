//! What is waited for, on a terminal and after a while: most snapshots are loaded before anybody
//! looks.

use std::io::{self, IsTerminal};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::text::{fit, safe};
use crate::tui::LoadStep;

/// How long nothing is said.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the line is drawn.
const TICK: Duration = Duration::from_millis(100);

/// A line on stderr that says what is waited for, until it is dropped. There is none where stderr
/// is no terminal.
#[derive(Debug)]
pub(crate) struct Waiting(Option<Line>);

#[derive(Debug)]
struct Line {
    step: Arc<Mutex<String>>,
    end: Option<mpsc::Sender<()>>,
    drawing: Option<JoinHandle<()>>,
}

impl Waiting {
    pub(crate) fn new() -> Self {
        if !io::stderr().is_terminal() {
            return Self(None);
        }
        let step = Arc::new(Mutex::new(String::new()));
        let (end, ended) = mpsc::channel();
        // A step that takes long says nothing meanwhile, so drawing has a thread of its own.
        let drawn = Arc::clone(&step);
        let drawing = thread::spawn(move || draw(&drawn, &ended));
        Self(Some(Line { step, end: Some(end), drawing: Some(drawing) }))
    }

    /// What is waited for now.
    pub(crate) fn show(&self, step: &LoadStep) {
        if let Self(Some(line)) = self
            && !matches!(step, LoadStep::Chosen(_))
        {
            *line.step.lock().unwrap_or_else(PoisonError::into_inner) = step.to_string();
        }
    }
}

fn draw(step: &Mutex<String>, ended: &mpsc::Receiver<()>) {
    let waits = |time| matches!(ended.recv_timeout(time), Err(mpsc::RecvTimeoutError::Timeout));
    if !waits(PATIENCE) {
        return;
    }
    let bar = ProgressBar::new_spinner();
    // A template that is written here always parses.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    loop {
        let text = step.lock().unwrap_or_else(PoisonError::into_inner).clone();
        bar.set_message(fit(&safe(&text), 70).into_owned());
        bar.tick();
        if !waits(TICK) {
            break;
        }
    }
    bar.finish_and_clear();
}

impl Drop for Line {
    fn drop(&mut self) {
        drop(self.end.take());
        // The line is gone before anything else is printed.
        if let Some(drawing) = self.drawing.take() {
            let _ = drawing.join();
        }
    }
}
