//! Screen 5: paths that were tried live.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::describe::{self, Names};
use super::document::{About, Document, Line, Reader, Way};
use super::keys::Action;
use super::look::Role;
use super::organization::Pane;
use super::session::ProbeRequest;
use super::view::list_and_detail;
use crate::probe::{Probe, ProbeHop};

/// How far a probe is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    Running,
    Failed(String),
    Done {
        /// Whether outcomes and predictions agree.
        agrees: Option<bool>,
        /// Whether anything was called at all.
        called: bool,
    },
}

/// One probe. It holds no credential.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) request: ProbeRequest,
    pub(crate) hops: Vec<ProbeHop>,
    pub(crate) progress: Progress,
}

#[derive(Debug, Default)]
pub(crate) struct Probes {
    entries: Vec<Entry>,
    pub(crate) pane: Pane,
    list: Reader,
    detail: Reader,
}

impl Probes {
    /// A new entry; returns its number.
    pub(crate) fn begin(&mut self, request: ProbeRequest, names: &Names) -> usize {
        self.entries.push(Entry { request, hops: Vec::new(), progress: Progress::Running });
        self.refresh(names);
        self.list.move_to(self.entries.len().saturating_sub(1));
        self.refresh_detail(names);
        self.entries.len() - 1
    }

    pub(crate) fn is_running(&self) -> bool {
        self.entries.iter().any(|entry| entry.progress == Progress::Running)
    }

    pub(crate) fn hop(&mut self, number: usize, hop: ProbeHop, names: &Names) {
        if let Some(entry) = self.entries.get_mut(number) {
            entry.hops.push(hop);
        }
        self.refresh(names);
    }

    pub(crate) fn done(&mut self, number: usize, result: Result<Probe, String>, names: &Names) {
        if let Some(entry) = self.entries.get_mut(number) {
            entry.progress = match result {
                Ok(probe) => {
                    let called = probe.hops.iter().any(|hop| hop.ms.is_some());
                    entry.hops = probe.hops;
                    Progress::Done { agrees: probe.agrees, called }
                }
                Err(message) => Progress::Failed(message),
            };
        }
        self.refresh(names);
    }

    pub(crate) fn refresh(&mut self, names: &Names) {
        let mut document = Document::new("Probes");
        for entry in &self.entries {
            let (word, role) = match &entry.progress {
                Progress::Running => ("…", Role::Muted),
                Progress::Failed(_) => ("failed", Role::Error),
                Progress::Done { called: false, .. } => ("predicted", Role::Muted),
                Progress::Done { agrees: Some(true), .. } => ("agrees", Role::VerdictAllowed),
                Progress::Done { agrees: Some(false), .. } => ("DISAGREES", Role::Error),
                Progress::Done { agrees: None, .. } => ("skipped", Role::Muted),
            };
            let request = &entry.request;
            let way = Way::new(request.source.clone(), request.target.clone());
            document.push(
                Line::new()
                    .with(role, format!("{word:<10} "))
                    .text(names.short(&request.source))
                    .muted(" → ")
                    .text(names.short(&request.target))
                    .indent(11)
                    .about(About {
                        way: Some(Way { hops: request.path.hops.len(), ..way }),
                        copy: vec![("target", request.target.clone())],
                        ..About::default()
                    }),
            );
        }
        if self.entries.is_empty() {
            document.say(Role::Strong, "Nothing was probed yet.");
            document.say(
                Role::Text,
                "On a path (screen 3), t tries it live: it first says who would assume what with \
                 which credentials, then calls hop by hop.",
            );
        }
        self.list.replace(document);
        self.refresh_detail(names);
    }

    fn refresh_detail(&mut self, names: &Names) {
        match self.entries.get(self.list.cursor()) {
            Some(entry) => self.detail.replace(describe::probe(entry, names)),
            None => self.detail.show(Document::default()),
        }
    }

    pub(crate) fn act(&mut self, action: Action, page: usize, names: &Names) {
        match self.pane {
            Pane::First => {
                if self.list.act(action, page) {
                    self.refresh_detail(names);
                } else if matches!(action, Action::Right) {
                    self.pane = Pane::Second;
                }
            }
            Pane::Second => {
                if !self.detail.act(action, page) && action == Action::Left {
                    self.pane = Pane::First;
                }
            }
        }
    }

    pub(crate) fn about(&self) -> About {
        match self.pane {
            Pane::First => self.list.about(),
            Pane::Second => self.detail.about(),
        }
    }
}

pub(crate) fn draw(canvas: &mut Canvas<'_>, area: Rect, screen: &Probes, zoom: bool) {
    list_and_detail(canvas, area, (&screen.list, &screen.detail), screen.pane, zoom);
}
