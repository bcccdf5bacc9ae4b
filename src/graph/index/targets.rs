//! Roles that no policy can tell apart as targets, the caller's own resources aside.

use crate::arn::glob::Glob;
use crate::org::{AccountKey, DocumentKey, Facts, Key as _, RoleKey};
use crate::policy::{ArnSegments, Document, ResourcePattern, Tri};

use super::Map;
use super::caller::{Caller, CallerId, number};
use super::callers::Callers;
use super::looks::{ABSENT, Trait, relevant};
use super::places::Places;
use super::views::Views;

/// Roles with one trust policy whose differences no document looks at, wherever they are.
#[derive(Debug)]
pub(in crate::graph) struct TargetClass {
    /// Its trust policy, by place in [`Targets::trusts`].
    pub(in crate::graph) trust: u32,
    /// What else tells its roles from others, as a number that classes of several trust policies
    /// may share.
    pub(in crate::graph) alike: u32,
    /// Values of [`Targets::tags`], as numbers.
    pub(in crate::graph) values: Box<[u32]>,
    /// Its parts, one an account, in the order of accounts.
    pub(in crate::graph) cells: Vec<u32>,
}

/// The roles of a class in one account.
#[derive(Debug)]
pub(in crate::graph) struct TargetCell {
    pub(in crate::graph) account: AccountKey,
    pub(in crate::graph) class: u32,
    pub(in crate::graph) members: Vec<RoleKey>,
}

/// A trust policy that some role has.
#[derive(Debug)]
pub(in crate::graph) struct Trust {
    pub(in crate::graph) document: DocumentKey,
    pub(in crate::graph) classes: Vec<u32>,
}

/// All roles as targets.
#[derive(Debug)]
pub(in crate::graph) struct Targets {
    pub(in crate::graph) trusts: Vec<Trust>,
    pub(in crate::graph) classes: Vec<TargetClass>,
    pub(in crate::graph) cells: Vec<TargetCell>,
    /// By role.
    cell_of: Vec<u32>,
    /// The tags of roles that some document looks at, their keys in lower case.
    pub(in crate::graph) tags: Vec<Box<str>>,
}

impl Targets {
    pub(super) fn new(
        facts: &Facts,
        views: &Views,
        places: &Places,
        callers: &mut Callers<'_>,
    ) -> Self {
        let mut found = Self {
            trusts: Vec::new(),
            classes: Vec::new(),
            cells: Vec::new(),
            cell_of: vec![u32::MAX; facts.roles.len()],
            tags: views.resource_tags(),
        };
        let traits: Vec<Trait> = found.tags.iter().cloned().map(Trait::Tag).collect();
        let control: Vec<&ResourcePattern> = facts
            .control_policies
            .values()
            .filter_map(|policy| facts.documents[policy.document?].parsed.as_ref().ok())
            .flat_map(patterns)
            .collect();
        let mut trusts: Map<DocumentKey, u32> = Map::default();
        let mut classes: Map<Vec<u32>, u32> = Map::default();
        let mut alike: Map<Vec<u32>, u32> = Map::default();
        let mut name = Vec::new();
        for (account, row) in facts.accounts.iter() {
            let mut here: Map<u32, u32> = Map::default();
            for role in &row.roles {
                let trust = *trusts.entry(facts.roles[*role].trust).or_insert_with(|| {
                    let document = facts.roles[*role].trust;
                    found.trusts.push(Trust { document, classes: Vec::new() });
                    number(found.trusts.len() - 1)
                });
                let looks = views.looks(facts.roles[*role].trust);
                name.clear();
                // A tag counts where the trust policy looks at it, or somebody's own policies do.
                let own = looks.map(|looks| looks.resource_tags.as_slice()).unwrap_or_default();
                let caller = Caller::new(facts, CallerId::role(*role));
                for (what, tag) in traits.iter().zip(&found.tags) {
                    let counts = own.contains(tag) || callers.resource_tags.contains(tag);
                    let texts = &mut callers.texts;
                    name.push(if counts { caller.value(what, texts) } else { ABSENT });
                }
                name.push(places.of_roles(account));
                let flags =
                    [facts.roles[*role].service_linked(), facts.roles[*role].identity_center()];
                name.push(flags.into_iter().fold(0, |bits, flag| bits << 1 | u32::from(flag)));
                covered(&control, facts, *role, &mut name);
                // A resource has no place in a trust policy; where one stands, every role counts.
                if looks.is_some_and(|looks| looks.resources) {
                    name.push(number(role.index()));
                }
                // Last, so that what is in front is what others may share.
                name.push(trust);
                let class = match classes.get(&name) {
                    Some(class) => *class,
                    None => {
                        let next = number(found.classes.len());
                        classes.insert(name.clone(), next);
                        let values = name.get(..traits.len()).unwrap_or_default().into();
                        name.pop();
                        let count = number(alike.len());
                        let alike = *alike.entry(name.clone()).or_insert(count);
                        let cells = Vec::new();
                        found.classes.push(TargetClass { trust, alike, values, cells });
                        if let Some(trust) = found.trusts.get_mut(trust as usize) {
                            trust.classes.push(next);
                        }
                        next
                    }
                };
                let next = number(found.cells.len());
                let cell = *here.entry(class).or_insert_with(|| {
                    found.cells.push(TargetCell { account, class, members: Vec::new() });
                    if let Some(class) = found.classes.get_mut(class as usize) {
                        class.cells.push(next);
                    }
                    next
                });
                if let Some(cell) = found.cells.get_mut(cell as usize) {
                    cell.members.push(*role);
                }
                if let Some(place) = found.cell_of.get_mut(role.index()) {
                    *place = cell;
                }
            }
        }
        found
    }

    pub(in crate::graph) fn cell_of(&self, role: RoleKey) -> Option<u32> {
        self.cell_of.get(role.index()).copied().filter(|cell| *cell != u32::MAX)
    }

    pub(in crate::graph) fn class(&self, class: u32) -> Option<&TargetClass> {
        self.classes.get(class as usize)
    }

    pub(in crate::graph) fn cell(&self, cell: u32) -> Option<&TargetCell> {
        self.cells.get(cell as usize)
    }
}

/// The entries of `Resource` and `NotResource` that some role's ARN may fit and another not.
pub(in crate::graph) fn patterns(document: &Document) -> impl Iterator<Item = &ResourcePattern> {
    relevant(document)
        .filter_map(|(_, statement)| statement.resource.as_ref())
        .flat_map(|element| &element.patterns)
        .filter(|pattern| !pattern.is_everything())
}

/// The accounts whose roles a pattern may cover; `None` where it doesn't say.
pub(in crate::graph) fn account(pattern: &ResourcePattern) -> Option<Glob> {
    let (glob, _) = pattern.template.fixed()?;
    glob.split().map(|[_, _, _, _, account, _]| account)
}

/// Which of the patterns cover the role, as numbers: equal for roles that they can't tell apart.
pub(in crate::graph) fn covered(
    patterns: &[&ResourcePattern],
    facts: &Facts,
    role: RoleKey,
    seen: &mut Vec<u32>,
) {
    if patterns.is_empty() {
        return;
    }
    let arn = ArnSegments::new(&facts.roles[role].arn);
    for pattern in patterns {
        seen.push(match pattern.covers(&arn) {
            Some(Tri::False) => 0,
            Some(Tri::True) => 1,
            Some(Tri::Unknown) => 2,
            // What the variables fill in decides, so every role counts by itself.
            None => number(role.index()).saturating_add(3),
        });
    }
}
