//! What a policy document looks at: of the caller, of the role, and of the session.
//!
//! Callers that no document involved in a call can tell apart get the same answer, so what the
//! documents look at decides which callers and which roles may stand for each other.

use crate::policy::{Action, Condition, Document, Effect, Key, KeyName, Statement};

use super::caller::{Caller, Texts};

/// Something about a caller that conditions can look at, and that differs between callers of the
/// same kind and the same place in the organization.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trait {
    /// Its ARN.
    Arn,
    /// Its unique id, with or without a session's name.
    UserId,
    /// Its name.
    UserName,
    /// Its account.
    Account,
    /// Where its account hangs.
    OrganizationPath,
    /// A tag, its key in lower case.
    Tag(Box<str>),
}

/// How a document looks at a trait.
#[derive(Debug, Clone)]
enum Test {
    /// By comparing it with fixed values: what these comparisons say is all that it sees.
    Compare { statement: usize, condition: usize, what: Trait },
    /// In another way: the value itself counts.
    Value(Trait),
}

/// What one document looks at.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing of its own")]
pub(super) struct Looks {
    tests: Vec<Test>,
    /// The role's account, or where that hangs.
    pub(super) target_account: bool,
    /// Tags of the role, their keys in lower case.
    pub(super) resource_tags: Vec<Box<str>>,
    /// Statements with a resource other than everything, and with which entry.
    pub(super) resources: bool,
    /// What the hop hands on to later ones.
    pub(super) hands_on: bool,
    /// What a role's session holds of the hops before, or of where it began.
    inherits: bool,
    /// Tags that an earlier hop may have passed to a role's session.
    session_tags: bool,
}

impl Looks {
    /// What the document looks at in the statements that concern assuming roles.
    pub(super) fn of(document: &Document) -> Self {
        let mut looks = Self::default();
        for (at, statement) in relevant(document) {
            looks.statement(at, statement);
        }
        looks.resource_tags.sort();
        looks.resource_tags.dedup();
        looks
    }

    fn statement(&mut self, at: usize, statement: &Statement) {
        if let Some(element) = &statement.resource {
            let everything = |pattern: &crate::policy::ResourcePattern| pattern.is_everything();
            self.resources |= element.negated || !element.patterns.iter().all(everything);
            for pattern in &element.patterns {
                pattern.template.variables().for_each(|key| self.variable(KeyName::of(key)));
            }
        }
        for (index, condition) in statement.conditions.iter().enumerate() {
            let mut plain = true;
            for key in condition.values.iter().flat_map(crate::policy::Template::variables) {
                plain = false;
                self.variable(KeyName::of(key));
            }
            self.key(condition.name(), plain.then_some((at, index)));
        }
    }

    fn variable(&mut self, key: KeyName<'_>) {
        self.key(key, None);
    }

    fn key(&mut self, key: KeyName<'_>, compared: Option<(usize, usize)>) {
        let mut look = |what: Trait| {
            self.tests.push(match compared {
                Some((statement, condition)) => Test::Compare { statement, condition, what },
                None => Test::Value(what),
            });
        };
        match key.key {
            Key::PrincipalArn => look(Trait::Arn),
            Key::UserName => look(Trait::UserName),
            Key::PrincipalAccount => look(Trait::Account),
            // Of a session only the beginning of the id is known, so its text counts.
            Key::UserId => self.tests.push(Test::Value(Trait::UserId)),
            Key::PrincipalOrgPaths => self.tests.push(Test::Value(Trait::OrganizationPath)),
            Key::PrincipalTag => {
                look(Trait::Tag(key.behind_slash().into()));
                self.session_tags = true;
            }
            Key::ResourceAccount | Key::ResourceOrgPaths => self.target_account = true,
            Key::ResourceTag => {
                self.resource_tags.push(key.behind_slash().into());
                self.session_tags = true;
            }
            Key::StsSourceIdentity | Key::RequestTag | Key::TagKeys | Key::StsTransitiveTagKeys => {
                self.hands_on = true;
            }
            Key::SourceIdentity | Key::FederatedProvider | Key::Claim => self.inherits = true,
            other if other.is_saml() => self.inherits = true,
            _ => {}
        }
    }

    /// Whether the document may tell sessions of one role apart by the hops that led to them;
    /// `None` for callers that are no roles, of which it sees but the one hop.
    pub(super) fn session(&self, role: Option<CarriesTags>) -> bool {
        self.hands_on
            || role
                .is_some_and(|CarriesTags(carries)| self.inherits || (self.session_tags && carries))
    }

    /// The traits that it looks at.
    pub(super) fn traits(&self) -> impl Iterator<Item = &Trait> {
        self.tests.iter().map(|test| match test {
            Test::Compare { what, .. } | Test::Value(what) => what,
        })
    }

    /// Whether it looks at nothing that differs between callers of one kind and place.
    pub(super) fn is_blind(&self) -> bool {
        self.tests.is_empty()
    }

    /// What the document sees of a caller: equal for callers that it can't tell apart.
    pub(super) fn sight(
        &self,
        document: &Document,
        caller: &Caller<'_>,
        texts: &mut Texts,
        seen: &mut Vec<u32>,
    ) {
        for test in &self.tests {
            match test {
                Test::Value(what) => seen.push(caller.value(what, texts)),
                Test::Compare { statement, condition, what } => {
                    let condition = document
                        .statements
                        .get(*statement)
                        .and_then(|statement| statement.conditions.get(*condition));
                    match (condition, caller.text(what)) {
                        (Some(condition), Some(value)) => compare(condition, value, seen),
                        _ => seen.push(ABSENT),
                    }
                }
            }
        }
    }
}

/// Whether sessions of a role may hold tags that somebody passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graph) struct CarriesTags(pub(in crate::graph) bool);

/// What stands for a trait that the caller does not have.
pub(super) const ABSENT: u32 = 0;

/// What the comparisons of a condition say of a value, each in two bits.
fn compare(condition: &Condition, value: &str, seen: &mut Vec<u32>) {
    // A first bit tells this from what is absent.
    let mut word = 1;
    for index in 0..condition.values.len() {
        let outcome = match condition.compare(index, value) {
            Some(crate::policy::Tri::True) => 1,
            Some(crate::policy::Tri::False) => 0,
            _ => 2,
        };
        word = word << 2 | outcome;
        if word >> 30 != 0 {
            seen.push(word);
            word = 1;
        }
    }
    seen.push(word);
}

/// The statements that concern assuming roles, with their places.
pub(super) fn relevant(document: &Document) -> impl Iterator<Item = (usize, &Statement)> {
    let concerns =
        |statement: &Statement| Action::ALL.into_iter().any(|action| statement.action.has(action));
    document.statements.iter().enumerate().filter(move |(_, statement)| concerns(statement))
}

/// The relevant statements that may allow something.
pub(super) fn granting(document: &Document) -> impl Iterator<Item = (usize, &Statement)> {
    relevant(document).filter(|(_, statement)| statement.effect != Some(Effect::Deny))
}
