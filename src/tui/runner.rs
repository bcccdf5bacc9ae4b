//! The loop: waits for events, applies all that are there, draws once.

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

use super::event::{Effect, Event};
use super::jobs::{Jobs, Message};
use super::keys::{Chord, Keymap, KeymapError};
use super::look::{Appearance, Look, ThemeError};
use super::session::{LoadError, LoadStep, Session};
use super::state::State;
use super::terminal::{self, Guard};
use super::update::update;
use super::view::view;
use crate::answer;

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

/// How often something that moves is drawn.
const TICK: Duration = Duration::from_millis(120);
/// How often the snapshot's age is drawn anew.
const REST: Duration = Duration::from_secs(30);

/// How often it is drawn how far a loader is: less often than what moves by itself.
const NEWS: Duration = Duration::from_millis(200);

/// Longer than a signal takes from one process to another.
const STOPPING: Duration = Duration::from_millis(300);

/// Runs the TUI until the user leaves or a signal ends it. The terminal is restored in any
/// case before this returns or a panic's message is printed.
pub async fn run(appearance: Appearance, session: Session) -> Result<(), TuiError> {
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
    let runner =
        Runner { session: Outside::begin(session, &sender), sender, receiver, look, signals };
    runner.run(terminal, state).await
}

/// What a session leaves after its loader has begun.
struct Outside {
    jobs: Jobs,
    prober: Arc<dyn super::session::Prober>,
    export: super::session::Export,
}

impl Outside {
    fn begin(session: Session, sender: &UnboundedSender<Message>) -> Self {
        let Session { loader, prober, explain, export, .. } = session;
        let loaded = sender.clone();
        let mut tell = news(sender.clone());
        tokio::spawn(async move {
            let job = tokio::task::spawn_blocking(move || {
                let graph = loader(&mut tell)?.graph;
                let overview = Box::new(answer::overview(&graph));
                Ok((graph, overview))
            });
            let result = job.await.unwrap_or_else(|_| {
                Err(LoadError::Failed {
                    message: "rolewalk itself failed while loading; please report it".to_owned(),
                    hints: Vec::new(),
                })
            });
            let event = match result {
                Ok((graph, overview)) => {
                    let _ = loaded.send(Message::Graph(graph));
                    Event::Loaded(Ok(overview))
                }
                Err(error) => Event::Loaded(Err(error)),
            };
            let _ = loaded.send(Message::Event(event));
        });
        Self { jobs: Jobs::new(explain, sender.clone()), prober, export }
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
    session: Outside,
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
    ) -> Result<(), TuiError> {
        tokio::spawn(listen(self.sender.clone()));
        loop {
            let mut events = Vec::new();
            let rest = if state.is_busy() { TICK } else { REST };
            tokio::select! {
                Some(message) = self.receiver.recv() => self.hear(message, &mut events)?,
                signal = self.signals.next() => match signal {
                    Signal::End => return Ok(()),
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
                        Flow::Quit => return Ok(()),
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
            Message::Graph(graph) => self.session.jobs.set_graph(graph),
            Message::Done(slot, generation, answer) => {
                self.session.jobs.done(slot);
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
                self.session.jobs.ask(slot, generation, question);
            }
            Effect::DescribeProbe(number, request) => {
                let description = self.session.prober.describe(&request);
                let sender = self.sender.clone();
                tokio::spawn(async move {
                    let event = Event::ProbeDescribed(number, description.await);
                    let _ = sender.send(Message::Event(event));
                });
            }
            Effect::RunProbe(number, request) => {
                let hops = self.sender.clone();
                let on_hop = move |hop| {
                    let _ = hops.send(Message::Event(Event::ProbeHop(number, hop)));
                };
                let probe = self.session.prober.run(request, Box::new(on_hop));
                let sender = self.sender.clone();
                tokio::spawn(async move {
                    let event = Event::ProbeDone(number, probe.await);
                    let _ = sender.send(Message::Event(event));
                });
            }
            Effect::Export(selector) => self.export(selector),
            Effect::Copy(text) => execute!(stdout(), CopyToClipboard::to_clipboard_from(text))?,
            Effect::Redraw => wipe(terminal)?,
            Effect::Suspend => return Ok(Flow::Suspend),
            Effect::Quit => return Ok(Flow::Quit),
        }
        Ok(Flow::Go)
    }

    fn export(&self, selector: Option<String>) {
        let Some(graph) = self.session.jobs.graph().cloned() else { return };
        let export = Arc::clone(&self.session.export);
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let job = tokio::task::spawn_blocking(move || export(&graph, selector.as_deref()));
            let result = job.await.unwrap_or_else(|_| Err("rolewalk itself failed".to_owned()));
            let _ = sender.send(Message::Event(Event::Exported(result)));
        });
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
