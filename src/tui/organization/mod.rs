//! Screen 1: the organization as a tree, and the detail of what is under the cursor.

mod model;
mod view;

use std::sync::Arc;

pub(crate) use model::{TreeModel, TreeRow};
pub(crate) use view::draw;

use super::describe::{self, Names};
use super::document::{About, Document, Reader};
use super::event::{Intent, Place, Problem, Question, Slot};
use super::keys::Action;
use super::look::Role;
use crate::answer::{Detail, NodeKind, StatementRef, Topology, Why};

/// Which pane has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Pane {
    #[default]
    First,
    Second,
}

impl Pane {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Organization {
    model: Arc<TreeModel>,
    names: Arc<Names>,
    /// Whether each node is unfolded.
    open: Vec<bool>,
    /// Indices of the nodes that can be seen, in order.
    visible: Vec<usize>,
    /// An index of `visible`.
    cursor: usize,
    filter: String,
    /// The nodes that the filter found, once it has answered.
    found: Option<Vec<usize>>,
    pub(crate) pane: Pane,
    detail: Reader,
    /// The node whose detail is shown, and what was answered.
    shown: Option<(String, Arc<Detail>)>,
    /// The node that the detail's text is about, also after newer facts made `shown` void.
    described: Option<String>,
    /// How tokens get in, once somebody asked and it is there.
    topology: Option<Result<Arc<Topology>, Problem>>,
    topology_asked: bool,
    /// Whether the filter is put to a newer tree, and not typed.
    refiltering: bool,
    /// The statements that decide for the caller under the detail's cursor.
    marked: Vec<StatementRef>,
    /// The caller that they are marked for.
    marked_for: Option<String>,
}

impl Organization {
    /// Shows a tree. What is also in the tree before stays as it was: what is unfolded, the
    /// cursor, the filter and the place in the detail.
    pub(crate) fn load(&mut self, model: Arc<TreeModel>) -> Vec<Intent> {
        let mut open = model.first_open();
        // Only what somebody folded or unfolded has to be looked up.
        for (index, (is_open, first)) in self.open.iter().zip(self.model.first_open()).enumerate() {
            if *is_open != first
                && let Some(node) = model.counterpart(&self.model, index)
                && let Some(place) = open.get_mut(node)
            {
                *place = *is_open;
            }
        }
        let node = self.node().and_then(|node| model.nearest_counterpart(&self.model, node));
        self.names = Arc::clone(model.names());
        self.open = open;
        self.model = model;
        self.found = None;
        self.shown = None;
        self.refresh(Some(node.unwrap_or(0)));
        let mut intents = self.ask_detail();
        // What is on its way is of the facts before.
        self.topology = None;
        if std::mem::take(&mut self.topology_asked) {
            intents.push(Intent::Forget(Slot::Topology));
        }
        if !self.filter.is_empty() {
            self.refiltering = true;
            let question = Question::TreeFilter(Arc::clone(&self.model), self.filter.clone());
            intents.push(Intent::Ask(Slot::TreeFilter, question));
        }
        intents
    }

    pub(crate) fn model(&self) -> &Arc<TreeModel> {
        &self.model
    }

    pub(crate) fn names(&self) -> &Arc<Names> {
        &self.names
    }

    pub(crate) fn filter(&self) -> &str {
        match self.pane {
            Pane::First => &self.filter,
            Pane::Second => self.detail.filter(),
        }
    }

    /// The selector under the tree's cursor.
    pub(crate) fn selector(&self) -> Option<&str> {
        self.row().map(|row| row.node.selector.as_str()).filter(|selector| !selector.is_empty())
    }

    fn node(&self) -> Option<usize> {
        self.visible.get(self.cursor).copied()
    }

    fn row(&self) -> Option<&TreeRow> {
        self.node().and_then(|node| self.model.row(node))
    }

    /// What the keys act on.
    pub(crate) fn about(&self) -> About {
        if self.pane == Pane::Second {
            return self.detail.about();
        }
        let Some(row) = self.row() else { return About::default() };
        let mut copy = vec![("selector", row.node.selector.clone())];
        if row.node.id != row.node.selector && !row.node.id.is_empty() {
            copy.push(("id", row.node.id.clone()));
        }
        if row.group.is_some() {
            copy.clear();
        }
        if let Some((selector, detail)) = &self.shown
            && let Detail::Role(role) = &**detail
            && *selector == row.node.selector
            && let Some(text) = &role.trust.text
        {
            copy.push(("trust policy", text.clone()));
        }
        About { selector: self.selector().map(str::to_owned), copy, ..About::default() }
    }

    /// The account that the cursor is on or in: id and name.
    pub(crate) fn account(&self) -> Option<(String, String)> {
        self.node().and_then(|node| self.model.account_of(node))
    }

    pub(crate) fn kind(&self) -> Option<NodeKind> {
        match self.pane {
            Pane::First => self.row().map(|row| row.node.kind),
            Pane::Second => None,
        }
    }

    pub(crate) fn act(&mut self, action: Action, page: usize) -> Vec<Intent> {
        match self.pane {
            Pane::First => self.act_tree(action, page),
            Pane::Second => {
                if action == Action::Left {
                    self.pane = Pane::First;
                } else if self.detail.act(action, page) {
                    return self.ask_marks();
                }
                Vec::new()
            }
        }
    }

    fn act_tree(&mut self, action: Action, page: usize) -> Vec<Intent> {
        if let Some(cursor) = action.moved(self.cursor, self.visible.len(), page) {
            self.cursor = cursor;
            return self.ask_detail();
        }
        let Some(node) = self.node() else { return Vec::new() };
        match action {
            Action::Open if self.model.is_leaf(node) => self.pane = Pane::Second,
            // What a filter found is opened where it stands.
            Action::Open if self.found.is_some() => {
                if let Some(open) = self.open.get_mut(node) {
                    *open = true;
                }
                self.filter.clear();
                self.found = None;
                self.reveal_cursor();
            }
            Action::Open => self.set_open(node, !self.is_open(node)),
            Action::Right if self.is_open(node) || self.model.is_leaf(node) => {
                if self.model.is_leaf(node) {
                    self.pane = Pane::Second;
                } else {
                    self.cursor += 1;
                }
            }
            Action::Right => self.set_open(node, true),
            Action::Left if self.is_open(node) && !self.model.is_leaf(node) => {
                self.set_open(node, false);
            }
            Action::Left => {
                if let Some(parent) = self.model.row(node).and_then(|row| row.parent) {
                    self.put_cursor_on(parent);
                }
            }
            Action::FoldAll => {
                self.open = self.model.first_open();
                for (index, open) in self.open.iter_mut().enumerate() {
                    *open = index == 0;
                }
                self.refresh(Some(0));
            }
            Action::UnfoldAll => {
                let end = self.model.row(node).map_or(node, |row| row.end);
                if let Some(below) = self.open.get_mut(node..end) {
                    below.fill(true);
                }
                self.refresh(Some(node));
            }
            _ => return Vec::new(),
        }
        self.ask_detail()
    }

    fn is_open(&self, node: usize) -> bool {
        self.open.get(node).copied().unwrap_or(false)
    }

    fn set_open(&mut self, node: usize, open: bool) {
        if let Some(place) = self.open.get_mut(node) {
            *place = open;
        }
        self.refresh(Some(node));
    }

    /// Works out anew what can be seen, with the cursor on `node` or where it was.
    fn refresh(&mut self, node: Option<usize>) {
        let node = node.or_else(|| self.node());
        self.visible = match &self.found {
            Some(found) if !self.filter.is_empty() => self.model.with_ancestors(found),
            _ => self.model.visible(&self.open),
        };
        match node {
            Some(node) => self.put_cursor_on(node),
            None => self.cursor = 0,
        }
    }

    fn put_cursor_on(&mut self, node: usize) {
        self.cursor = match self.visible.binary_search(&node) {
            Ok(place) => place,
            Err(place) => place.saturating_sub(1).min(self.visible.len().saturating_sub(1)),
        };
    }

    /// Goes to a thing by selector, ARN or id. False when the tree does not hold it.
    pub(crate) fn show(&mut self, selector: &str) -> Option<Vec<Intent>> {
        let node = self.model.find(selector)?;
        self.filter.clear();
        self.found = None;
        let mut parent = self.model.row(node).and_then(|row| row.parent);
        while let Some(above) = parent {
            if let Some(open) = self.open.get_mut(above) {
                *open = true;
            }
            parent = self.model.row(above).and_then(|row| row.parent);
        }
        self.pane = Pane::First;
        self.refresh(Some(node));
        Some(self.ask_detail())
    }

    pub(crate) fn set_filter(&mut self, filter: &str) -> Vec<Intent> {
        if self.pane == Pane::Second {
            self.detail.set_filter(filter);
            return Vec::new();
        }
        filter.clone_into(&mut self.filter);
        self.refiltering = false;
        if filter.is_empty() {
            self.found = None;
            self.reveal_cursor();
            return vec![Intent::Forget(Slot::TreeFilter)];
        }
        let question = Question::TreeFilter(Arc::clone(&self.model), filter.to_owned());
        vec![Intent::Ask(Slot::TreeFilter, question)]
    }

    /// When a filter goes, what it led to stays under the cursor.
    fn reveal_cursor(&mut self) {
        match self.selector().map(str::to_owned) {
            Some(selector) => {
                self.show(&selector);
            }
            None => self.refresh(None),
        }
    }

    pub(crate) fn filtered(&mut self, found: Vec<usize>) -> Vec<Intent> {
        let first = self.model.best(&found, &self.filter);
        let stays = std::mem::take(&mut self.refiltering)
            && self.node().is_some_and(|node| found.binary_search(&node).is_ok());
        self.found = Some(found);
        self.refresh(if stays { None } else { first });
        self.ask_detail()
    }

    fn ask_detail(&mut self) -> Vec<Intent> {
        let Some(selector) = self.selector().map(str::to_owned) else { return Vec::new() };
        if self.shown.as_ref().is_some_and(|(shown, _)| *shown == selector) {
            return vec![Intent::Forget(Slot::Detail)];
        }
        vec![Intent::Ask(Slot::Detail, Question::Detail(selector))]
    }

    pub(crate) fn detailed(&mut self, answer: Result<Arc<Detail>, Problem>) -> Vec<Intent> {
        self.marked.clear();
        self.marked_for = None;
        let mut intents = Vec::new();
        match answer {
            Ok(detail) => {
                let mut document = self.document(&detail);
                if let Detail::Organization(_) = &*detail {
                    intents = self.ask_topology();
                }
                if let Detail::Text(_) = &*detail
                    && let Some(row) = self.row()
                {
                    document.title.clone_from(&row.node.name);
                }
                let selector = self.selector().map(str::to_owned);
                if self.described == selector {
                    self.detail.replace(document);
                } else {
                    self.detail.show(document);
                }
                self.described.clone_from(&selector);
                self.shown = selector.map(|selector| (selector, detail));
            }
            Err(problem) => {
                let mut document = Document::new(self.selector().unwrap_or_default().to_owned());
                document.say(Role::Error, problem.message);
                for hint in problem.hints {
                    document.say(Role::Muted, hint);
                }
                self.detail.show(document);
                self.described = None;
                self.shown = None;
            }
        }
        intents
    }

    fn document(&self, detail: &Detail) -> Document {
        match detail {
            Detail::Organization(overview) => describe::overview(overview, self.topology.as_ref()),
            detail => describe::detail(detail, &self.names, &[]),
        }
    }

    /// Asks how tokens get in, once for the facts that are shown.
    pub(crate) fn ask_topology(&mut self) -> Vec<Intent> {
        if std::mem::replace(&mut self.topology_asked, true) {
            return Vec::new();
        }
        vec![Intent::Ask(Slot::Topology, Question::Topology)]
    }

    pub(crate) fn got_topology(&mut self, answer: Result<Arc<Topology>, Problem>) {
        self.topology = Some(answer);
        let shown = self.shown.as_ref().map(|(_, detail)| Arc::clone(detail));
        if let Some(detail) = shown.filter(|it| matches!(&**it, Detail::Organization(_))) {
            self.detail.replace(self.document(&detail));
        }
    }

    /// How tokens get in, as a document.
    pub(crate) fn topology(&self) -> Document {
        describe::topology(self.topology.as_ref(), &self.names)
    }

    /// On a row of "who can become it": which statements of the role's policies decide for it?
    fn ask_marks(&mut self) -> Vec<Intent> {
        let Some((_, detail)) = &self.shown else { return Vec::new() };
        let Detail::Role(role) = &**detail else { return Vec::new() };
        let about = self.detail.about();
        let Some(way) = about.way.filter(|way| way.to == role.arn) else { return Vec::new() };
        let caller = way.last_caller().to_owned();
        if self.marked_for.as_ref() == Some(&caller) {
            return Vec::new();
        }
        self.marked_for = Some(caller.clone());
        vec![Intent::Ask(Slot::Marks, Question::Why { caller, role: role.arn.clone() })]
    }

    pub(crate) fn marked(&mut self, answer: &Why) {
        if self.marked_for.as_ref() != Some(&answer.caller) {
            return;
        }
        let Some((_, detail)) = &self.shown else { return };
        self.marked =
            answer.layers.iter().flat_map(|layer| layer.statements.iter().cloned()).collect();
        let document = describe::detail(detail, &self.names, &self.marked);
        self.detail.replace(document);
    }

    /// The place that the history remembers.
    pub(crate) fn place(&self) -> Place {
        Place::Organization(self.selector().map(str::to_owned))
    }
}
