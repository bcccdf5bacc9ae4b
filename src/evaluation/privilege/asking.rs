//! One request through every layer (rule M3).

use crate::arn::glob::Glob;
use crate::org::DocumentKey;
use crate::policy::{Effect, ResourcePattern, Statement};

use super::super::condition;
use super::super::context::Context;
use super::super::decision::RequirementKind;
use super::super::given::{Given, given};
use super::super::logic::{Logic, Term};
use super::super::statement;
use super::form;
use super::judge::{Allowing, Judge};
use super::line::Level;
use super::request::{Needs, Request};
use super::sheet::{Rule, Uses};

/// One request while it is decided.
pub(super) struct Asking<'q, 'j, L> {
    pub(super) judge: &'q Judge<'j>,
    pub(super) request: &'q Request,
    pub(super) context: &'q Context<'q>,
    pub(super) logic: &'q mut L,
}

impl<L: Logic> Asking<'_, '_, L> {
    /// That the request succeeds.
    pub(super) fn all(&mut self) -> L::Term {
        let judge = self.judge;
        let needs = self.request.needs;
        let mut allowed = L::Term::TRUE;
        let mut add = |allow: L::Term, deny: L::Term, must_allow: bool| {
            if must_allow {
                allowed = allowed.clone().and(allow);
            }
            allowed = allowed.clone().and(!deny);
            !allowed.is_false()
        };
        let mut allow = L::Term::FALSE;
        let mut deny = L::Term::FALSE;
        for held in &judge.holder.policies {
            let (one, other) = self.policy(held.document, Some((held.policy, held.owner)));
            allow.widen(one);
            deny.widen(other);
        }
        if !add(allow, deny, needs == Needs::All) {
            return L::Term::FALSE;
        }
        if let Some(boundary) = judge.holder.boundary.filter(|_| needs != Needs::Nothing) {
            let (allow, deny) =
                self.policy(boundary.document, Some((&boundary.arn, judge.holder.arn)));
            if !add(allow, deny, needs != Needs::Levels) {
                return L::Term::FALSE;
            }
        }
        if matches!(needs, Needs::All | Needs::Levels) {
            if judge.line.unread {
                let (allow, deny) = self.unread("service control policies");
                if !add(allow, deny, true) {
                    return L::Term::FALSE;
                }
            }
            for (place, level) in judge.line.levels.iter().enumerate() {
                let (allow, deny) = self.level(place, level);
                if !add(allow, deny, true) {
                    return L::Term::FALSE;
                }
            }
        }
        allowed
    }

    fn level(&mut self, place: usize, level: &Level) -> (L::Term, L::Term) {
        let mut allow: L::Term = level.allows_everything(|key| self.judge.sheets.get(key)).into();
        let mut deny = L::Term::FALSE;
        for (document, attached) in &level.policies {
            let (mut one, mut other) = self.policy(*document, None);
            if !attached {
                let hangs = self.open(RequirementKind::NotRead, || {
                    format!("{document:?} is attached to level {place}")
                });
                one = one.and(hangs.clone());
                other = other.and(hangs);
            }
            allow.widen(one);
            deny.widen(other);
        }
        if level.full_access_unlisted {
            let listed = self.open(RequirementKind::NotRead, || format!("level {place} allows"));
            allow.widen(listed);
        }
        (allow, deny)
    }

    /// That a policy allows, and that it denies. What was not read may do either (rule L4).
    /// `cited` names it where its statements are evidence.
    fn policy(
        &mut self,
        document: Option<DocumentKey>,
        cited: Option<(&'_ str, &'_ str)>,
    ) -> (L::Term, L::Term) {
        let name = || cited.map_or_else(|| format!("{document:?}"), |(name, _)| name.to_owned());
        let judge = self.judge;
        let Some((document, sheet)) =
            document.and_then(|document| Some((document, judge.sheets.get(document)?)))
        else {
            return self.unread(&name());
        };
        let mut allow = L::Term::FALSE;
        for rule in &sheet.allows {
            let matches = self.rule(document, rule, Effect::Allow);
            if !matches.is_false() {
                self.cite(document, rule, cited);
            }
            allow.widen(matches);
            if allow.is_true() && !judge.cites() {
                break;
            }
        }
        let mut deny = L::Term::FALSE;
        for rule in &sheet.denies {
            let matches = self.rule(document, rule, Effect::Deny);
            deny.widen(matches);
            if deny.is_true() {
                break;
            }
        }
        (allow, deny)
    }

    fn cite(&self, document: DocumentKey, rule: &Rule, cited: Option<(&str, &str)>) {
        let (true, Some((policy, owner))) = (self.judge.cites(), cited) else { return };
        let judge = self.judge;
        // The names live as long as the facts: they are looked up there again.
        let held = judge.holder.policies.iter().map(|held| (held.policy, held.owner));
        let boundary = judge.holder.boundary.map(|boundary| (&*boundary.arn, judge.holder.arn));
        let named = held.chain(boundary).find(|named| *named == (policy, owner));
        let statement = judge.statement(document, rule);
        if let (Some((policy, owner)), Some(statement)) = (named, statement) {
            judge.cite(Allowing { policy, owner, index: rule.index, statement });
        }
    }

    /// That a statement matches the request, and has this effect.
    fn rule(&mut self, document: DocumentKey, rule: &Rule, effect: Effect) -> L::Term {
        let judge = self.judge;
        let Some(statement) = judge.statement(document, rule) else { return L::Term::FALSE };
        let covers = match self.request.known {
            Some(place) => rule.covers_known(place),
            None => statement.action.covers(&self.request.action),
        };
        if !covers {
            return L::Term::FALSE;
        }
        let mut matches = match &statement.resource {
            Some(element) => {
                judge.looked_at(rule.by_resource);
                let everything = element.patterns.iter().any(ResourcePattern::is_everything);
                if self.request.about_itself && !everything {
                    judge.looked_at(Uses { account: true, itself: true });
                }
                statement::resource(element, self.context, self.logic)
            }
            None if !statement.problems.is_empty() => L::Term::TRUE,
            None => self.open(RequirementKind::AmbiguousRule, || {
                format!("{document:?} {} has no resource (rule S5)", rule.index)
            }),
        };
        if statement.principal.is_some() {
            let unclear = self.open(RequirementKind::AmbiguousRule, || {
                format!("{document:?} {} has a principal (rule S5)", rule.index)
            });
            matches = matches.and(unclear);
        }
        if matches.is_false() {
            return matches;
        }
        if effect == Effect::Deny && !self.denies_all(statement) {
            let other = self.open(RequirementKind::AmbiguousRule, || {
                format!("{document:?} {} covers the name that was made up (rule M13)", rule.index)
            });
            matches = matches.and(other);
        }
        if !statement.conditions.is_empty() {
            judge.looked_at(rule.by_conditions);
        }
        if rule.tests_principal {
            judge.tested((document, rule.index));
        }
        for condition in &statement.conditions {
            matches = matches.and(condition::term(condition, self.context, self.logic));
            if matches.is_false() {
                return matches;
            }
        }
        if !statement.problems.is_empty() {
            // One whose effect can't be read does either.
            let effect = if statement.effect.is_none() { effect.as_str() } else { "" };
            let matched = self.open(RequirementKind::NotRead, || {
                format!("{document:?} {} was read in part {effect} (rule S4)", rule.index)
            });
            matches = matches.and(matched);
        }
        matches
    }

    /// Whether a statement that covers a made-up name covers all that this stands for.
    fn denies_all(&self, statement: &Statement) -> bool {
        let resource = &self.request.resource;
        let Some(element) = statement.resource.as_ref().filter(|_| form::is_made_up(resource))
        else {
            return true;
        };
        let meant = Glob::new(&form::readable(resource));
        let covers = |pattern: &ResourcePattern| {
            let text = &pattern.template.text;
            pattern.is_everything()
                || pattern.template.has_variables()
                || Glob::new(text).covers(&meant)
        };
        element.negated || element.patterns.iter().any(covers)
    }

    fn unread(&mut self, name: &str) -> (L::Term, L::Term) {
        let mut one = |word| {
            self.open(RequirementKind::NotRead, || format!("{name}, which was not read, {word}"))
        };
        (one("allows"), one("denies"))
    }

    /// Something that no condition key stands for, told apart by its text.
    fn open(&mut self, kind: RequirementKind, text: impl FnOnce() -> String) -> L::Term {
        given(self.context, self.logic, || {
            let text = text();
            Given { key: text.clone().into(), value: "".into(), kind, text: || text }
        })
    }
}
