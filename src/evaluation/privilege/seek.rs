//! Some request of a kind that succeeds (rules M9 to M13).
//!
//! Requests are made up from what the statements themselves name: first from those that allow,
//! then from what these have in common with the boundary and with whatever else narrows them.

use std::cell::Cell;
use std::collections::HashSet;
use std::rc::Rc;

use crate::org::DocumentKey;

use super::actions::{ACTIONS, Kind};
use super::form::{self, Form};
use super::judge::Judge;
use super::mark::Certainty;
use super::request::Request;
use super::sheet::{Rule, Sheet};
use crate::policy::{Resolved, ResourceElement, Statement, VariableValue};

/// How many requests are tried before the answer is left open (rule M14).
const TRIES: usize = 400;
/// How many of them are compared with what narrows them.
const COMPARED: usize = 100_000;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) certainty: Certainty,
    /// The requests that show it.
    pub(super) requests: Vec<Request>,
}

impl Found {
    pub(super) const NOTHING: Self = Self { certainty: Certainty::Never, requests: Vec::new() };

    /// Both are needed.
    #[must_use]
    pub(super) fn and(mut self, other: impl FnOnce() -> Self) -> Self {
        if self.certainty == Certainty::Never {
            return Self::NOTHING;
        }
        let other = other();
        if other.certainty == Certainty::Never {
            return Self::NOTHING;
        }
        self.certainty = self.certainty.min(other.certainty);
        self.requests.extend(other.requests);
        self
    }
}

/// Actions and resources of one statement, as patterns.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Rectangle {
    action: String,
    pub(super) resource: Form,
}

impl Rectangle {
    /// Every action on some resources.
    pub(super) fn on(resource: Form) -> Self {
        Self { action: "*:*".to_owned(), resource }
    }

    fn meets(&self, other: &Self) -> impl Iterator<Item = Self> {
        let action = form::meet_actions(&self.action, &other.action);
        action.into_iter().flat_map(|action| {
            let resources = self.resource.meets(&other.resource);
            resources.map(move |resource| Self { action: action.clone(), resource })
        })
    }
}

impl<'j> Judge<'j> {
    /// Whether one request succeeds.
    pub(super) fn try_one(&self, request: Request) -> Found {
        match self.certainty(&request) {
            Certainty::Never => Found::NOTHING,
            certainty => Found { certainty, requests: vec![request] },
        }
    }

    /// The better of both, the first where they are alike. The second is not looked for where
    /// there is nothing better.
    pub(super) fn either(&self, one: Found, other: impl FnOnce() -> Found) -> Found {
        if one.certainty >= self.ceiling {
            return one;
        }
        let other = other();
        if other.certainty > one.certainty { other } else { one }
    }

    /// The best of some requests.
    pub(super) fn try_some(&self, requests: impl IntoIterator<Item = Request>) -> Found {
        requests
            .into_iter()
            .fold(Found::NOTHING, |best, request| self.either(best, || self.try_one(request)))
    }

    /// Some request of this kind.
    pub(super) fn some_of(&self, kind: Kind) -> Found {
        self.seek(kind, |_| true)
    }

    /// Some request by which the principal changes what somebody may do. Credentials of its own
    /// are no more than it has.
    pub(super) fn some_change(&self) -> Found {
        self.seek(Kind::Iam, |request| {
            let credentials = request.known.and_then(|place| ACTIONS.known.get(place));
            let own = credentials.is_some_and(|known| known.credentials)
                && request.resource == self.holder.arn;
            if own {
                self.looked_at_itself();
            }
            !own
        })
    }

    fn seek(&self, kind: Kind, counts: impl Fn(&Request) -> bool) -> Found {
        let mut best = Found::NOTHING;
        let attempt = |best: Found, rectangle: &Rectangle| -> Found {
            let Some(request) = self.request(rectangle, kind).filter(&counts) else { return best };
            self.either(best, || self.try_one(request))
        };
        // Whether something was left out that might have succeeded.
        let cut = Cell::new(false);
        let of_statement = |document: DocumentKey, rule: &'j Rule| {
            let found = self.rectangles(document, rule, kind).enumerate();
            let found = found.inspect(|(number, _)| cut.set(cut.get() || *number >= TRIES));
            found.map(|(_, rectangle)| rectangle)
        };
        let mut rectangles = Vec::new();
        let mut known = HashSet::new();
        for (document, sheet) in self.own() {
            for rule in sheet.allows.iter().filter(|rule| rule.kinds.has(kind)) {
                for rectangle in of_statement(document, rule) {
                    best = attempt(best, &rectangle);
                    if best.certainty >= self.ceiling {
                        return best;
                    }
                    if known.insert(rectangle.clone()) {
                        rectangles.push(rectangle);
                    }
                }
            }
        }
        if self.holder.policies.iter().any(|held| self.unread(held.document)) {
            // What was not read may allow anything.
            for rectangle in anything(kind) {
                best = attempt(best, &rectangle);
                rectangles.push(rectangle);
            }
        }
        if rectangles.is_empty() || best.certainty >= self.ceiling {
            return best;
        }
        let most = rectangles.len() + TRIES;
        let mut left = COMPARED;
        for narrower in self.narrowing(|document, rule| of_statement(document, rule).collect()) {
            let before = rectangles.len();
            for at in 0..before {
                left = left.saturating_sub(narrower.len());
                if left == 0 || rectangles.len() >= most {
                    cut.set(true);
                    break;
                }
                let Some(one) = rectangles.get(at).cloned() else { break };
                for both in narrower.iter().flat_map(|other| one.meets(other)) {
                    if known.contains(&both) {
                        continue;
                    }
                    if rectangles.len() >= most {
                        cut.set(true);
                        break;
                    }
                    best = attempt(best, &both);
                    known.insert(both.clone());
                    rectangles.push(both);
                }
                if best.certainty >= self.ceiling {
                    return best;
                }
            }
        }
        if best.certainty == Certainty::Never && cut.get() {
            best.certainty = Certainty::Open;
        }
        best
    }

    /// The identity-based policies that can be read.
    pub(super) fn own(&self) -> impl Iterator<Item = (DocumentKey, &'j Sheet)> {
        let sheets = self.sheets;
        self.holder.policies.iter().filter_map(move |held| {
            let document = held.document?;
            Some((document, sheets.get(document)?))
        })
    }

    /// Whether nothing is known of a policy.
    pub(super) fn unread(&self, document: Option<DocumentKey>) -> bool {
        document.is_none_or(|document| self.sheets.get(document).is_none())
    }

    /// A request of the kind that fits a rectangle.
    fn request(&self, rectangle: &Rectangle, kind: Kind) -> Option<Request> {
        let action = self.sheets.words.action_like(&rectangle.action, kind)?;
        let known = ACTIONS.place(&action).and_then(|place| ACTIONS.known.get(place));
        let resource = match known {
            Some(known) => self.in_iam(&known.on).meet(&rectangle.resource)?,
            None => rectangle.resource.clone(),
        };
        let resource = resource.resource(self.partition, self.id, &action)?;
        let request = Request::new(action, resource);
        let writes = (kind != Kind::Read).then(|| ACTIONS.writes_with(&request.action)).flatten();
        Some(match writes {
            Some((key, value)) => request.stating(key, Some(value)),
            None => request,
        })
    }

    /// What IAM keeps of a sort in the account.
    pub(super) fn in_iam(&self, sort: &str) -> Form {
        Form::iam(self.partition, self.id, &format!("{sort}/*"))
    }

    /// A rectangle for each action and resource of a statement.
    fn rectangles(
        &self,
        document: DocumentKey,
        rule: &'j Rule,
        kind: Kind,
    ) -> impl Iterator<Item = Rectangle> {
        let statement = self.statement(document, rule);
        let all = statement.into_iter().flat_map(move |statement| {
            let resources: Rc<[Form]> = self.resources(statement, rule).into();
            rule.actions(statement, kind, &self.sheets.words).flat_map(move |action| {
                let resources = Rc::clone(&resources);
                (0..resources.len()).filter_map(move |at| {
                    let resource = resources.get(at)?.clone();
                    Some(Rectangle { action: action.to_owned(), resource })
                })
            })
        });
        all.take(TRIES + 1)
    }

    /// The resources of a statement, as patterns with their variables filled in.
    pub(super) fn resources(&self, statement: &Statement, rule: &Rule) -> Vec<Form> {
        match &statement.resource {
            Some(element) if !element.negated => {
                self.looked_at(rule.by_resource);
                self.forms(element)
            }
            _ => vec![Form::anything()],
        }
    }

    fn forms(&self, element: &ResourceElement) -> Vec<Form> {
        let forms = element.patterns.iter().filter_map(|pattern| {
            let own_name = self.holder.arn.rsplit('/').next().unwrap_or_default();
            let value = |key: &str| match (key, self.holder.identity) {
                // What a request can be made of; whether it fits is decided as always.
                ("aws:username", crate::org::Identity::User(_)) => {
                    VariableValue::Known(own_name.into())
                }
                ("aws:principalaccount", _) => VariableValue::Known(self.id.to_string().into()),
                _ => VariableValue::Unknown,
            };
            match pattern.template.resolve(value) {
                Resolved::Fixed { plain, .. } => Form::new(plain),
                Resolved::Filled { plain, .. } => Form::new(&plain),
                Resolved::NoValue => None,
                Resolved::Unknown => Form::new(&without_variables(&pattern.template.text)),
            }
        });
        forms.collect()
    }

    /// What else an allowed request has to be in: the statements of the boundary and of each
    /// level that does not allow everything, and what a denial leaves out. `allowed` tells what a
    /// statement allows.
    pub(super) fn narrowing(
        &self,
        allowed: impl Fn(DocumentKey, &'j Rule) -> Vec<Rectangle>,
    ) -> Vec<Vec<Rectangle>> {
        let allowing = |document: Option<DocumentKey>| -> Vec<Rectangle> {
            let Some((document, sheet)) =
                document.and_then(|document| Some((document, self.sheets.get(document)?)))
            else {
                return Vec::new();
            };
            let rules = sheet.allows.iter();
            rules.flat_map(|rule| allowed(document, rule)).collect()
        };
        let mut found = Vec::new();
        let boundary = self.holder.boundary.map(|boundary| boundary.document);
        if let Some(document) = boundary
            && !document.and_then(|key| self.sheets.get(key)).is_some_and(|it| it.allows_everything)
        {
            found.push(allowing(document));
        }
        for level in &self.line.levels {
            if !level.allows_everything(|key| self.sheets.get(key)) {
                found.push(level.policies.iter().flat_map(|(key, _)| allowing(*key)).collect());
            }
        }
        let own = self.holder.policies.iter().map(|held| held.document);
        let above = self.line.levels.iter().flat_map(|level| &level.policies).map(|(key, _)| *key);
        for document in own.chain(boundary).chain(above).flatten() {
            for rule in self.sheets.get(document).into_iter().flat_map(|sheet| &sheet.denies) {
                found.extend(self.left_out(document, rule));
            }
        }
        found.retain(|rectangles| !rectangles.is_empty());
        found
    }

    /// What a statement that denies does not cover, as far as it says so with `NotAction` or
    /// `NotResource`.
    fn left_out(&self, document: DocumentKey, rule: &Rule) -> Option<Vec<Rectangle>> {
        let statement = self.statement(document, rule)?;
        let mut found = Vec::new();
        if statement.action.negated() {
            let actions = statement.action.patterns().map(|pattern| Rectangle {
                action: pattern.to_owned(),
                resource: Form::anything(),
            });
            found.extend(actions);
        }
        if let Some(element) = statement.resource.as_ref().filter(|element| element.negated) {
            self.looked_at(rule.by_resource);
            let resources = self.forms(element).into_iter();
            found.extend(resources.map(Rectangle::on));
        }
        Some(found)
    }
}

/// Requests of a kind that a policy which was not read may allow.
fn anything(kind: Kind) -> Vec<Rectangle> {
    let all = |action: &str| Rectangle { action: action.to_owned(), resource: Form::anything() };
    match kind {
        Kind::Iam | Kind::Pass => {
            let known = ACTIONS.known.iter().filter(|known| known.kind == kind);
            known.map(|known| all(&known.name)).collect()
        }
        // What narrows it may leave reading of any name.
        Kind::Read | Kind::Write | Kind::Session => vec![all("*:*")],
    }
}

/// A pattern with a `*` in the place of each variable.
fn without_variables(text: &str) -> String {
    let mut found = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        found.push_str(before);
        found.push('*');
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    found.push_str(rest);
    found
}
