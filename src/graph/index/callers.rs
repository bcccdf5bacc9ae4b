//! Callers that no policy of their own side can tell apart.

use crate::org::{AccountKey, DocumentKey, Facts, Key as _};

use super::Map;
use super::caller::{Caller, CallerId, Texts, number};
use super::looks::{CarriesTags, Looks, Trait};
use super::places::Places;
use super::views::{Reach, View, Views};

/// The caller's side of a call: everything that decides it except for the role.
#[derive(Debug)]
pub(in crate::graph) struct Profile {
    /// Which roles its identity-based policies may let it assume.
    pub(in crate::graph) reach: Reach,
    /// Documents of its own that look at the role's ARN.
    pub(in crate::graph) on_resources: Vec<DocumentKey>,
    /// Whether a document of its side looks at the role's account.
    pub(in crate::graph) target_account: bool,
    /// Whether what earlier hops left in its session may matter to a document of its side.
    pub(in crate::graph) session: bool,
    /// Of roles, whether their sessions may hold tags that somebody passed.
    pub(in crate::graph) role: Option<CarriesTags>,
}

/// Callers of one profile and with the same values of the partition's tags, wherever they are.
#[derive(Debug)]
pub(in crate::graph) struct Class {
    pub(in crate::graph) profile: u32,
    /// Values of the partition's tags, as numbers.
    pub(in crate::graph) values: Box<[u32]>,
    /// Its parts, one an account, in the order of accounts.
    pub(in crate::graph) cells: Vec<u32>,
}

/// The callers of a class in one account.
#[derive(Debug)]
pub(in crate::graph) struct Cell {
    pub(in crate::graph) account: AccountKey,
    pub(in crate::graph) class: u32,
    pub(in crate::graph) members: Vec<CallerId>,
}

/// Callers in classes.
#[derive(Debug, Default)]
pub(in crate::graph) struct Partition {
    /// The tags that tell callers of one profile apart, their keys in lower case.
    pub(in crate::graph) names: Box<[Box<str>]>,
    pub(in crate::graph) classes: Vec<Class>,
    pub(in crate::graph) cells: Vec<Cell>,
    /// The classes of each profile.
    of_profile: Map<u32, Vec<u32>>,
    /// By caller.
    cell_of: Vec<u32>,
    /// The cells of each account.
    pub(in crate::graph) by_account: Vec<Vec<u32>>,
    /// Classes whose own policies may let them assume something.
    pub(in crate::graph) assuming: Vec<u32>,
    /// Those of them whose sessions may hold tags of others.
    pub(in crate::graph) carrying: Vec<u32>,
    /// Those with a value of a tag, by the tag's place and the value.
    by_value: Map<(usize, u32), Vec<u32>>,
}

/// All users and roles as callers.
pub(in crate::graph) struct Callers<'f> {
    facts: &'f Facts,
    pub(in crate::graph) profiles: Vec<Profile>,
    profile_of: Vec<u32>,
    pub(in crate::graph) texts: Texts,
    /// Keys of tags of roles that some document of a caller's side looks at, in lower case.
    pub(in crate::graph) resource_tags: Vec<Box<str>>,
}

impl<'f> Callers<'f> {
    pub(in crate::graph) fn new(facts: &'f Facts, views: &Views, places: &Places) -> Self {
        let mut found = Self {
            facts,
            profiles: Vec::new(),
            profile_of: Vec::new(),
            texts: Texts::default(),
            resource_tags: Vec::new(),
        };
        let mut carrying: Map<DocumentKey, bool> = Map::default();
        let mut known: Map<Vec<u32>, u32> = Map::default();
        let mut side = Side::default();
        // Whether the control policies of an account look at callers at all.
        let control: Vec<Vec<DocumentKey>> = facts
            .accounts
            .keys()
            .map(|account| places.documents(account).filter(|key| sees(views, *key)).collect())
            .collect();
        for id in CallerId::all(facts) {
            let caller = Caller::new(facts, id);
            let carries = caller.trust().map(|(trust, carries)| {
                CarriesTags(*carrying.entry(trust).or_insert_with(carries))
            });
            side.describe(views, places, caller, carries);
            let here = control.get(caller.account().index());
            let own = side.documents.iter().filter(|key| sees(views, **key)).copied();
            let seeing: Vec<DocumentKey> = own.chain(here.into_iter().flatten().copied()).collect();
            for key in seeing {
                if let (Some(looks), Ok(document)) =
                    (views.looks(key), &facts.documents[key].parsed)
                {
                    looks.sight(document, &caller, &mut found.texts, &mut side.name);
                }
            }
            let next = number(known.len());
            let profile = match known.get(&side.name) {
                Some(profile) => *profile,
                None => {
                    known.insert(side.name.clone(), next);
                    let profile = side.profile(facts, views, places, caller);
                    found.profiles.push(profile);
                    found.resource_tags.extend(side.resource_tags(views, places, caller));
                    next
                }
            };
            found.profile_of.push(profile);
        }
        found.resource_tags.sort();
        found.resource_tags.dedup();
        found
    }

    pub(in crate::graph) fn profile(&self, class: &Class) -> Option<&Profile> {
        self.profiles.get(class.profile as usize)
    }

    pub(in crate::graph) fn profile_of(&self, caller: CallerId) -> Option<&Profile> {
        self.profiles.get(*self.profile_of.get(caller.index())? as usize)
    }

    /// Whether the caller's own policies may let it assume something.
    pub(in crate::graph) fn assumes(&self, caller: CallerId) -> bool {
        self.profile_of(caller).is_some_and(|profile| !profile.reach.is_none())
    }

    /// Callers told apart by profile and by the values of these tags.
    pub(in crate::graph) fn partition(&mut self, names: &[Box<str>]) -> Partition {
        let facts = self.facts;
        let traits: Vec<Trait> = names.iter().cloned().map(Trait::Tag).collect();
        let mut found = Partition {
            names: names.into(),
            cell_of: vec![u32::MAX; self.profile_of.len()],
            by_account: vec![Vec::new(); facts.accounts.len()],
            ..Partition::default()
        };
        let mut classes: Map<Vec<u32>, u32> = Map::default();
        let mut name = Vec::new();
        for (account, row) in facts.accounts.iter() {
            let mut here: Map<u32, u32> = Map::default();
            let roles = row.roles.iter().copied().map(CallerId::role);
            let users = row.users.iter().copied().map(|key| CallerId::user(facts, key));
            for id in roles.chain(users) {
                let Some(profile) = self.profile_of.get(id.index()).copied() else { continue };
                let caller = Caller::new(facts, id);
                name.clear();
                name.extend(traits.iter().map(|what| caller.value(what, &mut self.texts)));
                name.push(profile);
                let class = match classes.get(&name) {
                    Some(class) => *class,
                    None => {
                        let next = number(found.classes.len());
                        classes.insert(name.clone(), next);
                        let values = name.get(..traits.len()).unwrap_or_default().into();
                        found.classes.push(Class { profile, values, cells: Vec::new() });
                        next
                    }
                };
                let next = number(found.cells.len());
                let cell = *here.entry(class).or_insert_with(|| {
                    found.cells.push(Cell { account, class, members: Vec::new() });
                    if let Some(class) = found.classes.get_mut(class as usize) {
                        class.cells.push(next);
                    }
                    next
                });
                if let Some(cell) = found.cells.get_mut(cell as usize) {
                    cell.members.push(id);
                }
                if let Some(place) = found.cell_of.get_mut(id.index()) {
                    *place = cell;
                }
            }
            if let Some(place) = found.by_account.get_mut(account.index()) {
                *place = here.into_values().collect();
                place.sort_unstable();
            }
        }
        for (index, class) in found.classes.iter().enumerate() {
            let Some(profile) = self.profile(class) else { continue };
            found.of_profile.entry(class.profile).or_default().push(number(index));
            if !profile.reach.is_none() {
                found.assuming.push(number(index));
                if profile.role == Some(CarriesTags(true)) {
                    found.carrying.push(number(index));
                }
                for (at, value) in class.values.iter().enumerate() {
                    found.by_value.entry((at, *value)).or_default().push(number(index));
                }
            }
        }
        found
    }
}

impl Partition {
    pub(in crate::graph) fn cell_of(&self, caller: CallerId) -> Option<u32> {
        self.cell_of.get(caller.index()).copied().filter(|cell| *cell != u32::MAX)
    }

    /// The cells of an account.
    pub(in crate::graph) fn of_account(&self, account: AccountKey) -> &[u32] {
        self.by_account.get(account.index()).map(Vec::as_slice).unwrap_or_default()
    }

    /// The classes of a profile.
    pub(in crate::graph) fn of_profile(&self, profile: u32) -> &[u32] {
        self.of_profile.get(&profile).map(Vec::as_slice).unwrap_or_default()
    }

    /// The cell of a class in an account.
    pub(in crate::graph) fn cell_in(&self, class: &Class, account: AccountKey) -> Option<u32> {
        let place = |cell: &u32| self.cells.get(*cell as usize).map(|row| row.account);
        let at = class.cells.binary_search_by_key(&Some(account), place).ok()?;
        class.cells.get(at).copied()
    }

    /// Classes that may assume something and have this value of the partition's tag.
    pub(in crate::graph) fn with_value(&self, tag: usize, value: u32) -> &[u32] {
        self.by_value.get(&(tag, value)).map(Vec::as_slice).unwrap_or_default()
    }
}

fn sees(views: &Views, document: DocumentKey) -> bool {
    views.looks(document).is_some_and(|looks| !looks.is_blind())
}

/// What is known of a permissions boundary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Boundary {
    #[default]
    Absent,
    Unread,
    /// It says nothing of assuming roles.
    Silent,
    /// It is the last of the documents.
    Read,
}

/// What is known of a caller's side, put down as numbers. Kept from caller to caller for its room.
#[derive(Default)]
struct Side {
    name: Vec<u32>,
    /// Documents of its own that say something, the boundary's included.
    documents: Vec<DocumentKey>,
    /// Those that are identity-based policies come first.
    identity: usize,
    unread: u32,
    boundary: Boundary,
    role: Option<CarriesTags>,
}

impl Side {
    fn describe(
        &mut self,
        views: &Views,
        places: &Places,
        caller: Caller<'_>,
        role: Option<CarriesTags>,
    ) {
        self.role = role;
        self.documents.clear();
        self.unread = 0;
        caller.policies(|document| match document {
            None => self.unread += 1,
            Some(key) => match views.of(key) {
                View::Silent => {}
                View::Unread => self.unread += 1,
                View::Read(_) => self.documents.push(key),
            },
        });
        self.documents.sort_unstable();
        self.documents.dedup();
        self.identity = self.documents.len();
        self.boundary = match caller.boundary() {
            None => Boundary::Absent,
            Some(policy) => match policy.document.map(|key| (key, views.of(key))) {
                None | Some((_, View::Unread)) => Boundary::Unread,
                Some((_, View::Silent)) => Boundary::Silent,
                Some((key, View::Read(_))) => {
                    self.documents.push(key);
                    Boundary::Read
                }
            },
        };
        let flags = [
            caller.is_user(),
            caller.service_linked(),
            role == Some(CarriesTags(true)),
            caller.lacks_unique_id(),
        ];
        let flags =
            flags.into_iter().fold(self.boundary as u32, |bits, flag| bits << 1 | u32::from(flag));
        self.name.clear();
        let place = places.of_callers(caller.account());
        self.name.extend([flags, place, self.unread, number(self.documents.len())]);
        self.name.extend(self.documents.iter().map(|key| number(key.index())));
    }

    fn profile(
        &self,
        facts: &Facts,
        views: &Views,
        places: &Places,
        caller: Caller<'_>,
    ) -> Profile {
        let role = self.role;
        let mut reach = Reach { wide: self.unread > 0, ..Reach::default() };
        for key in self.documents.iter().take(self.identity) {
            if let Ok(document) = &facts.documents[*key].parsed {
                reach.add(facts, document);
            }
        }
        match self.boundary {
            Boundary::Absent | Boundary::Unread => {}
            Boundary::Silent => {
                reach.wide = false;
                reach.patterns.clear();
            }
            Boundary::Read => {
                let boundary = self.documents.get(self.identity);
                if let Some(Ok(boundary)) = boundary.map(|key| &facts.documents[*key].parsed) {
                    reach.within(facts, boundary);
                }
            }
        }
        if reach.wide {
            reach.patterns.clear();
        }
        let looks = |key: &DocumentKey| views.looks(*key);
        let control: Vec<DocumentKey> = places.documents(caller.account()).collect();
        let all = || self.documents.iter().chain(&control).filter_map(looks);
        let on_resources = |looks: &Looks| looks.resources;
        Profile {
            reach,
            on_resources: self
                .documents
                .iter()
                .filter(|key| looks(key).is_some_and(on_resources))
                .copied()
                .collect(),
            target_account: all().any(|looks| looks.target_account),
            session: all().any(|looks| looks.session(role)),
            role,
        }
    }

    /// The keys of tags of roles that a document of the caller's side looks at.
    fn resource_tags(&self, views: &Views, places: &Places, caller: Caller<'_>) -> Vec<Box<str>> {
        let control: Vec<DocumentKey> = places.documents(caller.account()).collect();
        let all = self.documents.iter().chain(&control).filter_map(|key| views.looks(*key));
        all.flat_map(|looks| looks.resource_tags.iter().cloned()).collect()
    }
}
