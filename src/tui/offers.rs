//! What can be done right here.

use super::collecting::Progress;
use super::keys::Action;
use super::organization::Pane;
use super::overlay::Overlay;
use super::state::{Load, Screen, State};
use crate::answer::NodeKind;

impl State {
    /// What can be done right here, the most telling first: the footer, help and the meaning
    /// of keys all come from this list.
    pub(crate) fn offers(&self) -> Vec<Action> {
        let mut offers = Vec::new();
        match &self.overlay {
            Some(Overlay::Picker(_) | Overlay::Prompt(_) | Overlay::Suppose(_)) => return offers,
            Some(
                Overlay::Confirm(_) | Overlay::Crawl(_) | Overlay::Leave(_) | Overlay::Text(_),
            ) => {
                offers.extend([Action::Open, Action::Back, Action::Up, Action::Down]);
                offers.extend([Action::Redraw, Action::Suspend, Action::Quit]);
                return offers;
            }
            Some(Overlay::Why(_) | Overlay::Topology(_)) => self.offer_about(&mut offers),
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
        if self.is_ready() {
            offers.push(Action::Topology);
        }
        offers.extend([
            Action::ScreenOrganization,
            Action::ScreenMatrix,
            Action::ScreenPaths,
            Action::ScreenTroubleshoot,
            Action::ScreenProbes,
            Action::ScreenCollecting,
            Action::Collect,
        ]);
        if self.overlay.is_none() && !self.shows_card() {
            offers.push(Action::Suppose);
        }
        offers.extend([
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
                if self.matrix.is_on_group() {
                    offers.push(Action::Open);
                }
                self.offer_about(offers);
                offers.extend([Action::Phase, Action::Show, Action::Filter, Action::Suppose]);
                offers.extend([Action::Sort, Action::FoldRows, Action::FoldColumns, Action::Group]);
                offers.extend([Action::Legend, Action::FoldAll, Action::UnfoldAll]);
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
                    if self.is_ready() {
                        offers.extend([Action::NameCaller, Action::NameRole]);
                    }
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
        // An error that was pasted is in no report.
        if self.screen != Screen::Troubleshoot || self.overlay.is_some() {
            offers.push(Action::Export);
        }
    }
}

/// Whether a path can start there.
fn can_start(selector: &str, kind: Option<NodeKind>) -> bool {
    match kind {
        Some(kind) => matches!(
            kind,
            NodeKind::User
                | NodeKind::Role
                | NodeKind::Workspace
                | NodeKind::Stack
                | NodeKind::ServiceLinkedRole
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
