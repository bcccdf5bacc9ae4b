//! Everything that is known at one instant. Nothing here does I/O.

use std::sync::Arc;

use jiff::Timestamp;
use tui_input::Input;

use super::collecting::Collecting;
use super::document::{About, Reader};
use super::event::{Place, Requests, Slot};
use super::keys::Keymap;
use super::matrix::Matrix;
use super::organization::{Organization, Pane};
use super::overlay::Overlay;
use super::paths::Paths;
use super::places::Places;
use super::probes::Probes;
use super::reload::Loads;
use super::session::LoadStep;
use super::suppose::Supposed;
use super::troubleshoot::Troubleshoot;
use crate::answer::Overview;

/// The screens, in the order of their digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Screen {
    Organization,
    Matrix,
    Paths,
    Troubleshoot,
    Probes,
    Collecting,
}

impl Screen {
    pub(crate) const ALL: [(Self, &'static str); 6] = [
        (Self::Organization, "1 Organization"),
        (Self::Matrix, "2 Matrix"),
        (Self::Paths, "3 Paths"),
        (Self::Troubleshoot, "4 Troubleshoot"),
        (Self::Probes, "5 Probes"),
        (Self::Collecting, "0 Collect"),
    ];
}

/// How far the snapshot is.
#[derive(Debug)]
pub(crate) enum Load {
    /// It is on its way; what is known of it, and what is being done.
    Loading {
        snapshot: Option<String>,
        step: Option<LoadStep>,
    },
    Ready(Box<Overview>),
    /// There is none, or it can't be read; a card says what to do.
    None,
}

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, no hidden machine")]
pub(crate) struct State {
    pub(crate) title: String,
    pub(crate) demo: bool,
    pub(crate) keymap: Arc<Keymap>,
    pub(crate) size: (u16, u16),
    pub(crate) now: Option<Timestamp>,
    pub(crate) load: Load,
    /// The number of the snapshot that is shown; `None` for the sample.
    pub(crate) snapshot: Option<String>,
    pub(crate) loads: Loads,
    /// What is read when there is no snapshot.
    pub(crate) card: Reader,
    /// Whether the card is that of a first run.
    pub(crate) welcomes: bool,
    pub(crate) screen: Screen,
    pub(crate) organization: Organization,
    pub(crate) matrix: Matrix,
    pub(crate) paths: Paths,
    pub(crate) troubleshoot: Troubleshoot,
    pub(crate) probes: Probes,
    pub(crate) collecting: Collecting,
    pub(crate) overlay: Option<Overlay>,
    /// The filter that is being typed.
    pub(crate) filtering: Option<Input>,
    pub(crate) zoom: bool,
    pub(crate) notice: Option<String>,
    pub(crate) places: Places,
    pub(crate) requests: Requests,
    /// What is stated of every call.
    pub(crate) supposed: Supposed,
    /// Whether the paths that are being searched shall be probed.
    pub(crate) probe_next: bool,
    /// A report that is being written.
    pub(crate) exporting: bool,
    /// Since when leaving waits for that report.
    pub(crate) awaited: Option<Timestamp>,
    /// Where the report is that leaving waited for, or why there is none.
    pub(crate) awaited_report: Option<Result<String, String>>,
    /// The number of the probe or crawl that was asked about last.
    pub(crate) confirms: usize,
    /// Whether the crawl's end is the end of all.
    pub(crate) leaving: bool,
}

impl State {
    pub(crate) fn new(title: String, demo: bool, keymap: Keymap, size: (u16, u16)) -> Self {
        let mut probes = Probes::default();
        probes.refresh(&super::describe::Names::default());
        Self {
            title,
            demo,
            keymap: Arc::new(keymap),
            size,
            now: None,
            load: Load::Loading { snapshot: None, step: None },
            snapshot: None,
            loads: Loads::opening(),
            card: Reader::default(),
            welcomes: false,
            screen: Screen::Organization,
            organization: Organization::default(),
            matrix: Matrix::default(),
            paths: Paths::default(),
            troubleshoot: Troubleshoot::new(),
            probes,
            collecting: Collecting::default(),
            overlay: None,
            filtering: None,
            zoom: false,
            notice: None,
            places: Places::new(Place::Organization(None)),
            requests: Requests::default(),
            supposed: Supposed::default(),
            probe_next: false,
            exporting: false,
            awaited: None,
            awaited_report: None,
            confirms: 0,
            leaving: false,
        }
    }

    /// Whether something is under way that is worth a tick.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self.load, Load::Loading { .. })
            || !self.loads.is_idle()
            || self.collecting.running().is_some()
            || matches!(&self.overlay, Some(Overlay::Prompt(prompt)) if prompt.importing)
            || !self.requests.is_idle()
            || self.probes.is_running()
            || self.exporting
    }

    /// What became of a report that was still being written when the user left.
    pub(crate) fn unsaid_report(&mut self) -> Option<Result<String, String>> {
        if self.exporting {
            return Some(Err("rolewalk was left before it was done".to_owned()));
        }
        self.awaited_report.take()
    }

    /// Rows by which a page moves.
    pub(crate) fn page(&self) -> usize {
        usize::from(self.size.1.saturating_sub(6)).max(1)
    }

    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.load, Load::Ready(_))
    }

    /// Whether the card stands in place of the screen: all but pasted errors and what is being
    /// collected need a snapshot.
    pub(crate) fn shows_card(&self) -> bool {
        !self.is_ready() && !matches!(self.screen, Screen::Troubleshoot | Screen::Collecting)
    }

    /// What the keys act on.
    pub(crate) fn about(&self) -> About {
        match &self.overlay {
            Some(Overlay::Why(pane)) => return pane.reader.about(),
            Some(Overlay::Crawl(ask)) => return ask.reader.about(),
            Some(Overlay::Text(reader) | Overlay::Topology(reader)) => return reader.about(),
            Some(
                Overlay::Confirm(_)
                | Overlay::Picker(_)
                | Overlay::Leave(_)
                | Overlay::Prompt(_)
                | Overlay::Suppose(_),
            ) => return About::default(),
            None => {}
        }
        if self.shows_card() {
            return self.card.about();
        }
        match self.screen {
            Screen::Organization => self.organization.about(),
            Screen::Matrix => self.matrix.about(),
            Screen::Paths => self.paths.about(),
            Screen::Troubleshoot => self.troubleshoot.about(),
            Screen::Probes => self.probes.about(),
            Screen::Collecting => self.collecting.about(),
        }
    }

    pub(crate) fn place(&self) -> Place {
        match self.screen {
            Screen::Organization => self.organization.place(),
            Screen::Matrix => Place::Matrix,
            Screen::Paths => self.paths.place(),
            Screen::Troubleshoot => Place::Troubleshoot,
            Screen::Probes => Place::Probes,
            Screen::Collecting => Place::Collecting,
        }
    }

    /// The question that the body of the screen waits for.
    pub(crate) fn slot(&self) -> Slot {
        match self.screen {
            Screen::Organization => Slot::Detail,
            Screen::Matrix => Slot::Matrix,
            Screen::Paths => Slot::Paths,
            Screen::Troubleshoot | Screen::Probes | Screen::Collecting => Slot::Explain,
        }
    }

    /// The filter of the list in front.
    pub(crate) fn filter(&self) -> &str {
        match (&self.overlay, self.screen) {
            (Some(Overlay::Why(pane)), _) => pane.reader.filter(),
            (Some(Overlay::Topology(reader)), _) => reader.filter(),
            (None, Screen::Organization) => self.organization.filter(),
            (None, Screen::Matrix) => self.matrix.filter(),
            (None, Screen::Paths) => self.paths.reader().filter(),
            (None, Screen::Troubleshoot) => self.troubleshoot.filter(),
            (Some(_), _) | (None, Screen::Probes | Screen::Collecting) => "",
        }
    }

    /// The pane with the keys, on screens that have two.
    pub(crate) fn pane(&mut self) -> Option<&mut Pane> {
        match self.screen {
            Screen::Organization => Some(&mut self.organization.pane),
            Screen::Troubleshoot => Some(&mut self.troubleshoot.pane),
            Screen::Probes => Some(&mut self.probes.pane),
            Screen::Collecting => Some(&mut self.collecting.pane),
            Screen::Matrix | Screen::Paths => None,
        }
    }

    pub(crate) fn focus(&self) -> Pane {
        match self.screen {
            Screen::Organization => self.organization.pane,
            Screen::Troubleshoot => self.troubleshoot.pane,
            Screen::Probes => self.probes.pane,
            Screen::Collecting => self.collecting.pane,
            Screen::Matrix | Screen::Paths => Pane::First,
        }
    }
}
