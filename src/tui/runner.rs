//! The loop: waits for events, applies all that are there, draws once.

use std::future::Future;
use std::io::{self, Stdout, stdout};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{Event as TerminalEvent, EventStream, KeyEventKind};
use crossterm::execute;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use thiserror::Error;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use super::event::{Effect, Event, Shown};
use super::jobs::{Jobs, Message};
use super::keys::{Chord, Keymap, KeymapError};
use super::look::{Appearance, Look, ThemeError};
use super::session::{
    Collector, LoadError, LoadStep, Loaded, PredictionOnly, ProbeRequest, Prober, Refusal,
    ReportOf, Session, Which,
};
use super::state::State;
use super::terminal::{self, Guard};
use super::update::update;
use super::view::view;
use crate::answer::{self, Scenario};

/// Why the TUI ended, or did not begin.
#[derive(Debug, Error)]
pub enum TuiError {
    /// The terminal can't be used.
    #[error("the terminal can't be used: {0}")]
    Terminal(#[from] io::Error),
    /// The theme can't be used.
    #[error(transparent)]
    Theme(#[from] ThemeError),
    /// The keymap can't be used.
    #[error(transparent)]
    Keymap(#[from] KeymapError),
}

/// Where a report is, or why it was not written.
pub type Report = Result<String, String>;

/// How often something that moves is drawn.
const TICK: Duration = Duration::from_millis(120);
/// How often the snapshot's age is drawn anew.
const REST: Duration = Duration::from_secs(30);

/// How often it is drawn how far a loader is: less often than what moves by itself.
const NEWS: Duration = Duration::from_millis(200);

/// Longer than a signal takes from one process to another.
const STOPPING: Duration = Duration::from_millis(300);

/// Runs the TUI until the user leaves or a signal ends it. The terminal is restored in any
/// case before this returns or a panic's message is printed. Gives back where a report is that
/// was still being written when the user left, or why it was not written.
pub async fn run(appearance: Appearance, session: Session) -> Result<Option<Report>, TuiError> {
    let look = Look::new(&appearance)?;
    let keymap = Keymap::built_in()?;
    let signals = Signals::new()?;
    let _guard = Guard::new()?;
    let mut terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
    let size = terminal.size()?;
    let mut state =
        State::new(session.title.clone(), session.demo, keymap, (size.width, size.height));
    state.now = Some(Timestamp::now());
    draw(&mut terminal, &state, &look)?;

    let (sender, receiver) = unbounded_channel();
    let outside = Outside::new(session, sender.clone());
    outside.load(Some(Which::Opened), Scenario::default());
    let runner = Runner { outside, sender, receiver, look, signals };
    runner.run(terminal, state).await
}

/// What reaches outside, and what answers.
struct Outside {
    jobs: Jobs,
    loader: super::session::Loader,
    prober: Arc<dyn Prober>,
    collector: Arc<dyn Collector>,
    export: super::session::Export,
    sender: UnboundedSender<Message>,
    /// Stops the crawl that runs.
    stop: Option<watch::Sender<bool>>,
}

impl Outside {
    fn new(session: Session, sender: UnboundedSender<Message>) -> Self {
        let Session { loader, prober, collector, explain, export, .. } = session;
        let jobs = Jobs::new(explain, sender.clone());
        Self { jobs, loader, prober, collector, export, sender, stop: None }
    }

    /// Runs something beside the loop; what it gives comes back as an event.
    fn beside<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
        event: impl FnOnce(T) -> Event + Send + 'static,
    ) {
        let sender = self.sender.clone();
        tokio::spawn(async move {
            // Nobody listens any more once the loop has ended.
            let _ = sender.send(Message::Event(event(work.await)));
        });
    }

    /// Loads facts, or takes those that are shown, and builds the graph under what is stated.
    fn load(&self, which: Option<Which>, scenario: Scenario) {
        let shown = self.jobs.facts().cloned();
        let (loader, sender) = (Arc::clone(&self.loader), self.sender.clone());
        let mut tell = news(sender.clone());
        tokio::spawn(async move {
            let job = tokio::task::spawn_blocking(move || {
                let loaded = match (which, shown) {
                    (None, Some(shown)) => shown,
                    (which, _) => loader(&which.unwrap_or(Which::Opened), &mut tell)?,
                };
                let loaded = if loaded.graph.scenario().keys == scenario.keys {
                    loaded
                } else {
                    Loaded { graph: Arc::new(loaded.graph.under_scenario(scenario)), ..loaded }
                };
                let shown = Shown {
                    overview: answer::overview(&loaded.graph),
                    snapshot: loaded.snapshot.clone(),
                    scenario: answer::scenario_of(&loaded.graph),
                };
                Ok((Box::new(shown), loaded))
            });
            let result = job.await.unwrap_or_else(|_| {
                Err(LoadError::Failed {
                    message: "rolewalk itself failed while loading; please report it".to_owned(),
                    hints: Vec::new(),
                })
            });
            let event = match result {
                Ok((shown, loaded)) => {
                    let _ = sender.send(Message::Facts(loaded));
                    Event::Loaded(Ok(shown))
                }
                Err(error) => Event::Loaded(Err(error)),
            };
            let _ = sender.send(Message::Event(event));
        });
    }

    /// Of the sample nothing is ever tried.
    fn prober(&self) -> Arc<dyn Prober> {
        match self.jobs.facts() {
            Some(Loaded { snapshot: Some(_), .. }) => Arc::clone(&self.prober),
            _ => Arc::new(PredictionOnly),
        }
    }

    fn run_probe(&self, number: usize, request: ProbeRequest) {
        let hops = self.sender.clone();
        let on_hop = move |hop| {
            let _ = hops.send(Message::Event(Event::ProbeHop(number, hop)));
        };
        let probe = self.prober().run(request, Box::new(on_hop));
        self.beside(probe, move |probe| Event::ProbeDone(number, probe));
    }

    fn run_crawl(&mut self, number: usize) {
        let (stop, stopped) = watch::channel(false);
        self.stop = Some(stop);
        let news = self.sender.clone();
        let tell = move |one| {
            let _ = news.send(Message::Event(Event::Crawl(one)));
        };
        let crawl = tokio::spawn(self.collector.run(number, stopped, Box::new(tell)));
        let end = async move {
            let message = "rolewalk itself failed while collecting; please report it".to_owned();
            crawl.await.unwrap_or(Err(Refusal { message, hints: Vec::new() }))
        };
        self.beside(end, |result| Event::CrawlDone(result.map(Box::new)));
    }

    fn export(&self, of: ReportOf) {
        let Some(facts) = self.jobs.facts().cloned() else { return };
        let export = Arc::clone(&self.export);
        let job = tokio::task::spawn_blocking(move || export(&facts, &of));
        let result =
            async { job.await.unwrap_or_else(|_| Err("rolewalk itself failed".to_owned())) };
        self.beside(result, Event::Exported);
    }
}

/// Passes on what a loader says of itself, as often as it is worth drawing.
fn news(sender: UnboundedSender<Message>) -> impl FnMut(LoadStep) + Send {
    let mut last: Option<(LoadStep, Instant)> = None;
    move |step| {
        let too_soon =
            last.as_ref().is_some_and(|(known, at)| known.same_kind(&step) && at.elapsed() < NEWS);
        if !too_soon {
            last = Some((step.clone(), Instant::now()));
            let _ = sender.send(Message::Event(Event::Loading(step)));
        }
    }
}

struct Runner {
    outside: Outside,
    sender: UnboundedSender<Message>,
    receiver: UnboundedReceiver<Message>,
    look: Look,
    signals: Signals,
}

/// What an effect means for the loop.
enum Flow {
    Go,
    Suspend,
    Quit,
}

impl Runner {
    async fn run(
        mut self,
        mut terminal: Terminal<CrosstermBackend<Stdout>>,
        mut state: State,
    ) -> Result<Option<Report>, TuiError> {
        tokio::spawn(listen(self.sender.clone()));
        loop {
            let mut events = Vec::new();
            let rest = if state.is_busy() { TICK } else { REST };
            tokio::select! {
                Some(message) = self.receiver.recv() => self.hear(message, &mut events)?,
                signal = self.signals.next() => match signal {
                    Signal::End => return Ok(state.unsaid_report()),
                    Signal::Continued => {
                        terminal::enter()?;
                        wipe(&mut terminal)?;
                    }
                },
                () = tokio::time::sleep(rest) => events.push(Event::Tick(Timestamp::now())),
            }
            // Everything that is there is applied before anything is drawn.
            while let Ok(message) = self.receiver.try_recv() {
                self.hear(message, &mut events)?;
            }
            for event in events {
                for effect in update(&mut state, event) {
                    match self.carry_out(effect, &mut terminal)? {
                        Flow::Go => {}
                        Flow::Suspend => self.suspend(&mut terminal).await?,
                        Flow::Quit => return Ok(state.unsaid_report()),
                    }
                }
            }
            draw(&mut terminal, &state, &self.look)?;
        }
    }

    /// Gives the terminal to the shell, and takes it again when the process goes on. The signal
    /// that stops the process may reach it a moment after it was sent, and the terminal must
    /// not be touched until then.
    async fn suspend(
        &mut self,
        terminal: &mut Terminal<CrosstermBackend<Stdout>>,
    ) -> Result<(), TuiError> {
        terminal::leave();
        terminal::stop();
        let _ = tokio::time::timeout(STOPPING, self.signals.next()).await;
        terminal::enter()?;
        wipe(terminal)?;
        Ok(())
    }

    fn hear(&mut self, message: Message, events: &mut Vec<Event>) -> Result<(), TuiError> {
        match message {
            Message::Event(event) => events.push(event),
            Message::Facts(facts) => {
                if let Some(before) = self.outside.jobs.set_facts(facts) {
                    tokio::task::spawn_blocking(move || drop(before));
                }
            }
            Message::Done(slot, generation, answer) => {
                self.outside.jobs.done(slot);
                events.push(Event::Answered(slot, generation, answer));
            }
            // Without a keyboard nobody could ever leave.
            Message::NoInput(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn carry_out(
        &mut self,
        effect: Effect,
        terminal: &mut Terminal<CrosstermBackend<Stdout>>,
    ) -> Result<Flow, TuiError> {
        match effect {
            Effect::Ask(slot, generation, question) => {
                self.outside.jobs.ask(slot, generation, question);
            }
            Effect::DescribeProbe(number, request) => {
                let description = self.outside.prober().describe(&request);
                self.outside.beside(description, move |it| Event::ProbeDescribed(number, it));
            }
            Effect::RunProbe(number, request) => self.outside.run_probe(number, request),
            Effect::Export(of) => self.outside.export(of),
            Effect::Load(which, scenario) => self.outside.load(which, scenario),
            Effect::AskCaller => {
                self.outside.beside(self.outside.collector.caller(), Event::Caller);
            }
            Effect::PlanCrawl(number, wanted) => {
                let plan = self.outside.collector.plan(number, wanted);
                self.outside.beside(plan, move |plan| Event::CrawlPlanned(number, plan));
            }
            Effect::RunCrawl(number) => self.outside.run_crawl(number),
            Effect::StopCrawl => {
                if let Some(stop) = &self.outside.stop {
                    stop.send_replace(true);
                }
            }
            Effect::Import(directory) => {
                self.outside.beside(self.outside.collector.import(directory), Event::Imported);
            }
            Effect::Copy(text) => execute!(stdout(), CopyToClipboard::to_clipboard_from(text))?,
            Effect::Redraw => wipe(terminal)?,
            Effect::Suspend => return Ok(Flow::Suspend),
            Effect::Quit => return Ok(Flow::Quit),
        }
        Ok(Flow::Go)
    }
}

/// Passes on what is typed. The stream has a task of its own because it forgets to wake whoever
/// stops waiting for it in between.
async fn listen(sender: UnboundedSender<Message>) {
    let mut input = EventStream::new();
    let error = loop {
        match input.next().await {
            Some(Ok(typed)) => {
                let Some(event) = event(typed) else { continue };
                if sender.send(Message::Event(event)).is_err() {
                    return;
                }
            }
            Some(Err(error)) => break error,
            None => break io::ErrorKind::UnexpectedEof.into(),
        }
    };
    let _ = sender.send(Message::NoInput(error));
}

/// Makes the next draw send every cell. `Terminal::clear` would ask the terminal for its cursor,
/// and lose the reply to the task that reads the keys.
fn wipe(terminal: &mut Terminal<CrosstermBackend<Stdout>>) -> io::Result<()> {
    let size = terminal.size()?;
    terminal.resize(Rect::new(0, 0, size.width, size.height))
}

fn draw(
    terminal: &mut Terminal<CrosstermBackend<Stdout>>,
    state: &State,
    look: &Look,
) -> io::Result<()> {
    execute!(stdout(), BeginSynchronizedUpdate)?;
    let drawn = terminal.draw(|frame| view(state, look, frame.buffer_mut())).map(|_| ());
    execute!(stdout(), EndSynchronizedUpdate)?;
    drawn
}

/// Releases and repeats that some terminals report are not presses; repeats are.
fn event(typed: TerminalEvent) -> Option<Event> {
    match typed {
        TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => {
            Some(Event::Key(Chord::from(key)))
        }
        TerminalEvent::Paste(text) => Some(Event::Paste(text)),
        TerminalEvent::Resize(width, height) => Some(Event::Resize(width, height)),
        _ => None,
    }
}

enum Signal {
    End,
    #[cfg_attr(not(unix), expect(dead_code, reason = "only Unix stops and continues processes"))]
    Continued,
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    continued: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            continued: signal(SignalKind::from_raw(CONTINUE))?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::End,
            _ = self.interrupt.recv() => Signal::End,
            _ = self.hang_up.recv() => Signal::End,
            _ = self.continued.recv() => Signal::Continued,
        }
    }
}

/// SIGCONT, which has one number on Linux and another on the BSDs and macOS.
#[cfg(unix)]
const CONTINUE: i32 = if cfg!(any(target_os = "linux", target_os = "android")) { 18 } else { 19 };

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        let _ = tokio::signal::ctrl_c().await;
        Signal::End
    }
}
