//! Everything that is known at one instant. Nothing here does I/O.

use std::sync::Arc;

use jiff::Timestamp;
use tui_input::Input;

use super::collecting::{Collecting, Progress};
use super::document::{About, Reader};
use super::event::{Place, Requests, Slot};
use super::keys::{Action, Keymap};
use super::matrix::Matrix;
use super::organization::{Organization, Pane};
use super::overlay::Overlay;
use super::paths::Paths;
use super::places::Places;
use super::probes::Probes;
use super::reload::Loads;
use super::session::LoadStep;
use super::troubleshoot::Troubleshoot;
use crate::answer::{NodeKind, Overview};

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
    /// Whether the paths that are being searched shall be probed.
    pub(crate) probe_next: bool,
    /// A report that is being written.
    pub(crate) exporting: bool,
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
            probe_next: false,
            exporting: false,
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
            Some(Overlay::Text(reader)) => return reader.about(),
            Some(
                Overlay::Confirm(_) | Overlay::Picker(_) | Overlay::Leave(_) | Overlay::Prompt(_),
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

    fn focus(&self) -> Pane {
        match self.screen {
            Screen::Organization => self.organization.pane,
            Screen::Troubleshoot => self.troubleshoot.pane,
            Screen::Probes => self.probes.pane,
            Screen::Collecting => self.collecting.pane,
            Screen::Matrix | Screen::Paths => Pane::First,
        }
    }

    /// What can be done right here, the most telling first: the footer, help and the meaning
    /// of keys all come from this list.
    pub(crate) fn offers(&self) -> Vec<Action> {
        let mut offers = Vec::new();
        match &self.overlay {
            Some(Overlay::Picker(_) | Overlay::Prompt(_)) => return offers,
            Some(
                Overlay::Confirm(_) | Overlay::Crawl(_) | Overlay::Leave(_) | Overlay::Text(_),
            ) => {
                offers.extend([Action::Open, Action::Back, Action::Up, Action::Down]);
                offers.extend([Action::Redraw, Action::Suspend, Action::Quit]);
                return offers;
            }
            Some(Overlay::Why(_)) => self.offer_about(&mut offers),
            None if self.shows_card() => {
                if matches!(self.load, Load::None) {
                    if self.about().action.is_some() {
                        offers.push(Action::Open);
                    }
                    if self.welcomes {
                        offers.extend([Action::Collect, Action::Import]);
                    }
                    offers.push(Action::Demo);
                }
                offers.push(Action::ScreenTroubleshoot);
                if !self.about().copy.is_empty() {
                    offers.push(Action::Copy);
                }
            }
            None => self.offer_screen(&mut offers),
        }
        offers.extend([Action::Up, Action::Down, Action::PageUp, Action::PageDown]);
        offers.extend([Action::Top, Action::Bottom]);
        if !self.shows_card() || self.overlay.is_some() {
            let unfiltered = matches!(self.screen, Screen::Probes | Screen::Collecting);
            if !(unfiltered && self.overlay.is_none()) {
                offers.push(Action::Filter);
            }
            let panes = !matches!(self.screen, Screen::Matrix | Screen::Paths);
            if panes || self.overlay.is_some() {
                offers.push(Action::Zoom);
            }
        }
        offers.push(Action::Back);
        if self.places.can_go_back() {
            offers.push(Action::PlaceBack);
        }
        if self.places.can_go_forward() {
            offers.push(Action::PlaceForward);
        }
        offers.extend([
            Action::ScreenOrganization,
            Action::ScreenMatrix,
            Action::ScreenPaths,
            Action::ScreenTroubleshoot,
            Action::ScreenProbes,
            Action::ScreenCollecting,
            Action::Collect,
            Action::Palette,
            Action::Help,
            Action::Redraw,
            Action::Suspend,
            Action::Quit,
        ]);
        if self.collecting.running().is_none() && !matches!(self.load, Load::Loading { .. }) {
            offers.push(Action::CollectMissing);
        }
        let mut seen = Vec::with_capacity(offers.len());
        offers.retain(|action| {
            let new = !seen.contains(action);
            seen.push(*action);
            new
        });
        offers
    }

    fn offer_screen(&self, offers: &mut Vec<Action>) {
        match self.screen {
            Screen::Organization => {
                self.offer_about(offers);
                if self.focus() == Pane::First {
                    offers.extend([Action::Right, Action::FoldAll, Action::UnfoldAll]);
                }
                offers.extend([Action::NextPane, Action::Left]);
            }
            Screen::Matrix => {
                self.offer_about(offers);
                offers.extend([Action::Phase, Action::Show, Action::Sort]);
                offers.extend([Action::Left, Action::Right]);
            }
            Screen::Paths => {
                self.offer_about(offers);
                if self.paths.probe_request().is_some() && !offers.contains(&Action::Probe) {
                    offers.push(Action::Probe);
                }
                if self.paths.path_count() > 1 {
                    offers.extend([Action::NextPath, Action::PreviousPath]);
                }
                offers.extend([Action::EditFrom, Action::EditTo, Action::Swap]);
            }
            Screen::Troubleshoot => {
                self.offer_about(offers);
                offers.push(Action::EditText);
                if !self.troubleshoot.is_empty() {
                    offers.push(Action::ClearText);
                }
                offers.push(Action::NextPane);
            }
            Screen::Probes => {
                self.offer_about(offers);
                offers.extend([Action::NextPane, Action::Left, Action::Right]);
            }
            Screen::Collecting => self.offer_collecting(offers),
        }
    }

    fn offer_collecting(&self, offers: &mut Vec<Action>) {
        let progress = self.collecting.crawl().map(|crawl| &crawl.progress);
        match progress {
            Some(Progress::Running) => offers.push(Action::StopCollecting),
            Some(Progress::Stopping) => {}
            Some(Progress::Ended(Ok(end))) if !end.complete => {
                offers.extend([Action::CollectMissing, Action::Collect]);
            }
            Some(Progress::Ended(_)) | None => offers.push(Action::Collect),
        }
        if progress.is_some() {
            offers.push(Action::Open);
            self.offer_about(offers);
            offers.extend([Action::NextPane, Action::Left, Action::Right]);
        }
    }

    fn offer_about(&self, offers: &mut Vec<Action>) {
        let about = self.about();
        let tree = self.screen == Screen::Organization
            && self.overlay.is_none()
            && self.focus() == Pane::First;
        let kind = if tree { self.organization.kind() } else { None };
        let opens = tree
            || about.part.is_some()
            || about.action.is_some()
            || about.way.is_some()
            || about.selector.is_some();
        if opens {
            offers.push(Action::Open);
        }
        if !self.is_ready() {
            return;
        }
        if about.way.is_some() && !matches!(self.overlay, Some(Overlay::Why(_))) {
            offers.push(Action::Why);
        }
        if let Some(selector) = &about.selector {
            if !tree {
                offers.push(Action::GoTo);
            }
            if can_start(selector, kind) {
                offers.push(Action::ReachFrom);
            }
            if can_end(selector, kind) {
                offers.push(Action::ReachedBy);
            }
        }
        if about.way.is_some() {
            offers.push(Action::Probe);
        }
        if !about.copy.is_empty() {
            offers.push(Action::Copy);
        }
        if super::crawl::account(self).is_some() {
            offers.push(Action::Reread);
        }
        offers.push(Action::Export);
    }
}

/// Whether a path can start there.
fn can_start(selector: &str, kind: Option<NodeKind>) -> bool {
    match kind {
        Some(kind) => matches!(
            kind,
            NodeKind::User | NodeKind::Role | NodeKind::Workspace | NodeKind::ServiceLinkedRole
        ),
        None => !is_place(selector),
    }
}

/// Whether a path can end there.
fn can_end(selector: &str, kind: Option<NodeKind>) -> bool {
    match kind {
        Some(kind) => matches!(kind, NodeKind::Role | NodeKind::ServiceLinkedRole),
        None => {
            !is_place(selector)
                && (selector.contains(":role/")
                    || (selector.contains('/') && !selector.contains(':')))
        }
    }
}

/// An account, an OU, or the like: a place rather than a principal.
fn is_place(selector: &str) -> bool {
    selector.starts_with("account:")
        || selector.starts_with("ou:")
        || selector.starts_with("ou-")
        || selector.starts_with("r-")
        || selector.chars().all(|char| char.is_ascii_digit())
}
