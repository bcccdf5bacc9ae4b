//! The terminal UI.
//!
//! An Elm-like loop: events come in, [`update`](update::update) changes the state and says what
//! is to be done, effects run beside the loop and come back as events,
//! [`view`](view::view) draws the state. Input never waits for work. The TUI knows nothing of
//! IAM: it asks the questions of [`crate::answer`] and words the answers. It reads no file and
//! calls nothing by itself; what reaches outside is given to it as a [`Session`].

mod act;
mod canvas;
mod collecting;
mod crawl;
mod describe;
mod document;
mod event;
mod input;
mod jobs;
mod keys;
mod look;
mod matrix;
mod offers;
mod organization;
mod overlay;
mod paths;
mod picker;
mod places;
mod probes;
mod reload;
mod runner;
mod session;
mod state;
mod suppose;
mod terminal;
mod troubleshoot;
mod update;
mod view;

#[cfg(test)]
mod tests;

pub use keys::{KeymapError, keys_page};
pub use look::{Appearance, ThemeError, check_theme, theme_names};
pub use runner::{Report, TuiError, run};
pub use session::{
    Boxed, Collector, CrawlEnd, CrawlOutline, Explain, Export, Imported, LoadError, LoadStep,
    Loaded, Loader, Missing, News, NothingToCollect, PredictionOnly, ProbeQuestion, ProbeRequest,
    Prober, Refusal, ReportOf, Session, ToMend, Wanted, Which,
};
pub use view::SMALLEST;
