//! Every policy document as the index sees it: worked out once.

use crate::arn::glob::Glob;
use crate::org::{DocumentKey, Facts, Key as _, RoleKey};
use crate::policy::{Action, Document, ResourcePattern};

use super::looks::{Looks, granting, relevant};

/// A document.
#[derive(Debug)]
pub(super) enum View {
    /// It says nothing of assuming roles.
    Silent,
    /// It can't be read.
    Unread,
    /// It says something.
    Read(Box<Looks>),
}

/// All documents.
#[derive(Debug)]
pub(super) struct Views(Vec<View>);

impl Views {
    pub(super) fn new(facts: &Facts) -> Self {
        let view = |document: &crate::org::PolicyDocument| match &document.parsed {
            Err(_) => View::Unread,
            Ok(document) if relevant(document).next().is_none() => View::Silent,
            Ok(document) => View::Read(Box::new(Looks::of(document))),
        };
        Self(facts.documents.values().map(view).collect())
    }

    pub(super) fn of(&self, document: DocumentKey) -> &View {
        self.0.get(document.index()).unwrap_or(&View::Unread)
    }

    pub(super) fn looks(&self, document: DocumentKey) -> Option<&Looks> {
        match self.of(document) {
            View::Read(looks) => Some(looks),
            View::Silent | View::Unread => None,
        }
    }

    /// The keys of tags of roles that some document looks at, in lower case.
    pub(super) fn resource_tags(&self) -> Vec<Box<str>> {
        let read = self.0.iter().filter_map(|view| match view {
            View::Read(looks) => Some(looks),
            View::Silent | View::Unread => None,
        });
        let mut found: Vec<Box<str>> = read.flat_map(|looks| looks.resource_tags.clone()).collect();
        found.sort();
        found.dedup();
        found
    }
}

/// Which roles some policies may let their holder assume.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach {
    /// Any at all: what can't be listed counts as any.
    pub(super) wide: bool,
    /// Those that fit one of these; all that matters where it is not wide.
    pub(super) patterns: Vec<Pattern>,
    /// Those that some policy names literally.
    pub(super) literals: Vec<RoleKey>,
}

/// Roles whose account and resource (`role/…`) fit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Pattern {
    pub(super) account: Glob,
    pub(super) resource: Glob,
}

impl Pattern {
    /// `None` where the pattern of an ARN has fewer than six parts.
    fn of(arn: &Glob) -> Option<Self> {
        let [_, _, _, _, account, resource] = arn.split()?;
        Some(Self { account, resource })
    }
}

impl Reach {
    /// Whether it reaches nothing.
    pub(super) fn is_none(&self) -> bool {
        !self.wide && self.patterns.is_empty() && self.literals.is_empty()
    }

    /// Leaves out what a boundary surely keeps its holder from; roles that are named literally
    /// stay, since such pairs are of interest when denied, too.
    pub(super) fn within(&mut self, facts: &Facts, boundary: &Document) {
        let mut bound = Self::default();
        bound.add(facts, boundary);
        if self.wide && !bound.wide {
            // What both let through is less than what the boundary does.
            self.wide = false;
            self.patterns = bound.patterns;
            let named = bound.literals.iter().map(|role| &*facts.roles[*role].arn);
            self.patterns.extend(named.filter_map(|arn| Pattern::of(&Glob::new(arn))));
        }
    }

    /// Adds what a document may let its holder assume.
    pub(super) fn add(&mut self, facts: &Facts, document: &Document) {
        for (_, statement) in granting(document) {
            if statement.problems.is_empty() && !statement.action.has(Action::AssumeRole) {
                continue;
            }
            match &statement.resource {
                Some(element) if !element.negated => {
                    element.patterns.iter().for_each(|pattern| self.pattern(facts, pattern));
                }
                _ => self.wide = true,
            }
        }
    }

    fn pattern(&mut self, facts: &Facts, pattern: &ResourcePattern) {
        // In part by part of the ARN, what is fixed text too.
        let named = facts.role_by_arn(&pattern.template.text);
        self.literals.extend(named);
        let Some((glob, _)) = pattern.template.fixed() else {
            self.wide = true;
            return;
        };
        let Some(pattern) = Pattern::of(glob) else {
            // Without wildcards no ARN fits.
            self.wide |= glob.literal().is_none();
            return;
        };
        if named.is_some() {
            return;
        }
        let every_role = Glob::new("role/*");
        if pattern.account.matches_everything() && pattern.resource.covers(&every_role) {
            self.wide = true;
        } else {
            self.patterns.push(pattern);
        }
    }
}
