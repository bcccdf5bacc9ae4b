//! What the facts say of each condition key of a call (rules K1 to K11).

mod asked;
mod signed;
mod stated;
mod unsigned;

use std::borrow::Cow;
use std::cell::Cell;

use ipnet::IpNet;

use crate::arn::AccountId;
use crate::arn::glob::Glob;
use crate::org::{AccountKey, ContainerKey, Facts, Membership, RoleKey, Tags};
use crate::policy::{Action, ArnSegments, Effect, Key, KeyName, VariableValue};

use super::caller::{Call, Caller, Lineage, Target};
use super::decision::RequirementKind as Kind;
pub(super) use asked::Asked;
pub use stated::may_be_stated_of_all;
pub(super) use unsigned::{Party, is_google};
use unsigned::{saml_key, service_key};

/// What is known of a key's value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum State<'c> {
    /// These values; one, unless the key takes several.
    Known(Values<'c>),
    /// The key is not in the request.
    Absent,
    /// The key is there, with some value of this shape.
    Present(Shape<'c>),
    /// Neither presence nor value is known.
    Open(Shape<'c>),
    /// The key is not in the request, or has this value: sources differ.
    AbsentOr(&'static str),
    /// What an earlier hop left in the caller's session.
    Left(Left<'c>),
}

/// Values that are known.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Values<'c> {
    One(Cow<'c, str>),
    List(&'c [String]),
}

impl Values<'_> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let (one, list) = match self {
            Self::One(value) => (Some(&**value), &[][..]),
            Self::List(values) => (None, *values),
        };
        one.into_iter().chain(list.iter().map(String::as_str))
    }
}

/// What is known of a value that is not known.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape<'c> {
    /// Nothing.
    Any,
    /// It is this id of a role, a colon, and a name.
    SessionOf(&'c str),
    /// It has this form.
    Like(Cow<'c, Glob>),
    /// It is anything but this.
    Not(&'c str),
    /// It is one of these.
    OneOf(&'c [String]),
    /// It is `true` or `false`.
    Truth,
    /// It is an address of this network.
    Within(IpNet),
}

/// A fact about the caller's session that hops before this one decided (rule C4). Hop 0 stands
/// for whatever made the session that the path begins with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Left<'c> {
    /// The source identity that the session had been given by that hop.
    SourceIdentity {
        /// The hop.
        hop: usize,
        /// Whether it set one, whatever is chosen.
        is_set: bool,
    },
    /// A tag: of the last hop that passed it, or else the role's own.
    Tag {
        /// The hop.
        hop: usize,
        /// The first hop that can have passed one.
        first: usize,
        /// The tag's key, in lower case.
        name: &'c str,
        /// Whether only a tag that was passed as transitive counts.
        transitive: bool,
        /// The role's own tag.
        own: Option<&'c str>,
    },
}

/// The request key that sets a source identity.
pub(super) const SOURCE_IDENTITY: &str = "sts:sourceidentity";
/// The request keys that pass session tags begin so.
pub(super) const REQUEST_TAG: &str = "aws:requesttag/";
/// The request key that names the tags that are handed on.
pub(super) const TRANSITIVE: &str = "sts:transitivetagkeys";

/// A key's state, and who can settle it where it is open.
pub(super) struct KeyFacts<'c> {
    pub(super) state: State<'c>,
    pub(super) kind: Kind,
}

/// A call with its facts.
pub(super) struct Context<'a> {
    pub(super) facts: &'a Facts,
    pub(super) call: &'a Call<'a>,
    pub(super) target_account: AccountKey,
    /// The caller's account, where the caller has one.
    pub(super) caller_account_id: Option<AccountId>,
    /// The caller's account where the facts know it.
    pub(super) caller_account: Option<AccountKey>,
    /// The request, where it is another than the call.
    asked: Option<Asked<'a>>,
    /// Whether it mattered that sessions of a role can hold no tags for want of a permission.
    took_no_tags: Cell<bool>,
    target_arn: Cow<'a, str>,
}

fn known<'c>(value: impl Into<Cow<'c, str>>) -> State<'c> {
    State::Known(Values::One(value.into()))
}

/// Absent where there is none.
fn known_or_absent(value: Option<&str>) -> State<'_> {
    value.map_or(State::Absent, known)
}

const OPEN: State<'static> = State::Open(Shape::Any);
const PRESENT: State<'static> = State::Present(Shape::Any);

impl<'a> Context<'a> {
    pub(super) fn new(facts: &'a Facts, call: &'a Call<'a>) -> Self {
        match call.target {
            Target::Role(role) => Self::about(facts, call, &facts.roles[*role].arn),
            Target::Unread(_, Some(arn)) => Self::about(facts, call, arn),
            Target::Unread(_, None) => Self {
                target_arn: Cow::Owned(call.target.arn(facts)),
                ..Self::about(facts, call, "")
            },
        }
    }

    /// The context of a call that acts on this resource.
    fn about(facts: &'a Facts, call: &'a Call<'a>, resource: &'a str) -> Self {
        let (caller_account, caller_account_id) = match call.caller {
            Caller::User(key) => (Some(facts.users[*key].account), None),
            Caller::Role(key) | Caller::Session(key, _) => (Some(facts.roles[*key].account), None),
            Caller::Account(id) | Caller::RootUser(id) => (facts.account(*id), Some(*id)),
            Caller::Named(arn) => (arn.account().and_then(|id| facts.account(id)), arn.account()),
            Caller::Token(_) | Caller::Saml(_) | Caller::Service(_) | Caller::Anyone => {
                (None, None)
            }
        };
        Self {
            facts,
            call,
            target_account: call.target.account(facts),
            asked: None,
            took_no_tags: Cell::new(false),
            target_arn: Cow::Borrowed(resource),
            caller_account_id: caller_account_id
                .or_else(|| caller_account.map(|account| facts.accounts[account].id)),
            caller_account,
        }
    }

    /// Whether it mattered that an earlier hop's tags need a permission to come down the chain
    /// (rule D11).
    pub(super) fn took_no_tags(&self) -> bool {
        self.took_no_tags.get()
    }

    /// The role's ARN; for some role of an unread account, a pattern.
    pub(super) fn target_arn(&self) -> &str {
        &self.target_arn
    }

    /// The role's ARN cut into its parts; of no use for some role of an unread account.
    pub(super) fn target_segments(&self) -> ArnSegments<'_> {
        ArnSegments::new(&self.target_arn)
    }

    /// Whether some principal of an account calls that an earlier hop led to, so that it is the
    /// session of a role (rule C1).
    pub(super) fn is_some_session(&self) -> bool {
        self.call.hop > 1 && matches!(self.call.caller, Caller::Account(_))
    }

    /// Who could settle what is not known about a caller that is not in the facts.
    pub(super) fn outsider_kind(&self) -> Kind {
        match self.caller_account {
            // An account of ours that was not read, or not wholly.
            Some(_) => Kind::NotRead,
            None => Kind::ExternalAdmin,
        }
    }

    /// A variable's value.
    pub(super) fn variable<'c>(&'c self, key: &'c str) -> VariableValue<'c> {
        let key = KeyName::of(key);
        match self.key(key).state {
            State::Known(_) if key.several() => VariableValue::Unknown,
            State::Known(Values::One(value)) => VariableValue::Known(value),
            State::Known(Values::List([only])) => VariableValue::Known(only.as_str().into()),
            State::Absent => VariableValue::Absent,
            _ => VariableValue::Unknown,
        }
    }

    /// Who decides what some of these variables stand for whose values are not known; the hardest to
    /// move, if there are several.
    pub(super) fn kind_of_variables<'c>(
        &'c self,
        keys: impl Iterator<Item = &'c str>,
    ) -> Option<Kind> {
        let open = keys.filter(|key| self.variable(key) == VariableValue::Unknown);
        open.map(|key| self.key(KeyName::of(key)).kind).max()
    }

    /// What is known of a key.
    pub(super) fn key<'c>(&'c self, key: KeyName<'c>) -> KeyFacts<'c> {
        if let Some((state, kind)) = self.asked.as_ref().and_then(|it| self.asked_key(it, key)) {
            return KeyFacts { state, kind };
        }
        match self.stated(key.lower) {
            Some(values) => self.with_stated(key, values),
            None => self.unstated_key(key),
        }
    }

    /// What is known of a key of which nothing is stated.
    fn unstated_key<'c>(&'c self, key: KeyName<'c>) -> KeyFacts<'c> {
        let (state, kind) = self.request_key(key).unwrap_or_else(|| match self.call.caller {
            Caller::User(user) => self.user_key(key, *user),
            Caller::Role(role) | Caller::Session(role, _) => self.role_key(key, *role),
            Caller::Token(token) => self.token_key(key, token),
            Caller::Saml(_) => saml_key(key.key),
            Caller::Service(name) => service_key(key.key, name),
            Caller::Account(_) | Caller::Anyone | Caller::Named(_) | Caller::RootUser(_) => {
                self.outsider_key(key.key)
            }
        });
        KeyFacts { state, kind }
    }

    fn stated(&self, key: &str) -> Option<&[String]> {
        let keys = &self.call.scenario.keys;
        if keys.is_empty() { None } else { keys.get(key).map(Vec::as_slice) }
    }

    /// Who chooses what hop `hop` passes, from 1; hop 0 lies before the path.
    pub(super) fn kind_of_hop(&self, hop: usize) -> Kind {
        self.call.kind_of_hop(hop)
    }

    /// The first hop that can have left something in the caller's session: 0 where nobody says
    /// how the session that the path begins with came about.
    fn first_hop(&self) -> usize {
        usize::from(self.call.hop > 1 && *self.call.lineage != Lineage::Unknown)
    }

    /// Keys that do not depend on who calls (rule K1).
    fn request_key<'c>(&'c self, key: KeyName<'c>) -> Option<(State<'c>, Kind)> {
        let resource = &self.facts.accounts[self.target_account];
        let found = match key.key {
            Key::SecureTransport => (known("true"), Kind::Environment),
            Key::RequestedRegion | Key::UserAgent => (PRESENT, Kind::Environment),
            Key::Referer => (OPEN, Kind::Environment),
            key if stated::is_of_network(key) => (OPEN, Kind::Environment),
            Key::CurrentTime | Key::EpochTime => (PRESENT, Kind::Time),
            Key::StsAwsServiceName | Key::StsDurationSeconds => {
                (State::Absent, Kind::AmbiguousRule)
            }
            Key::ResourceAccount => (known(resource.id_text.as_str()), Kind::NotRead),
            Key::ResourceOrgId => (self.organization_id(self.target_account), Kind::NotRead),
            Key::ResourceOrgPaths => (self.organization_path(self.target_account), Kind::NotRead),
            Key::ViaAwsService => (known("false"), Kind::Environment),
            Key::CalledVia | Key::CalledViaFirst | Key::CalledViaLast => {
                (State::Absent, Kind::Environment)
            }
            Key::ResourceTag => (self.resource_tag(key.behind_slash()), Kind::CallerState),
            Key::Foreign => (State::Absent, Kind::AmbiguousRule),
            _ => return None,
        };
        Some(found)
    }

    /// A tag of the role. Tags that earlier hops passed as transitive replace it before the trust
    /// policy is evaluated (rule K7).
    fn resource_tag<'c>(&'c self, name: &'c str) -> State<'c> {
        let Target::Role(role) = self.call.target else { return OPEN };
        let own = tag(&self.facts.roles[*role].tags, name);
        match self.call.caller {
            Caller::Role(caller) | Caller::Session(caller, _) => {
                self.left_tag(*caller, name, true, own)
            }
            Caller::User(_) | Caller::Service(_) | Caller::Token(_) | Caller::Saml(_) => {
                known_or_absent(own)
            }
            Caller::Account(_) | Caller::Anyone | Caller::Named(_) | Caller::RootUser(_) => OPEN,
        }
    }

    /// A tag that the session of a role may hold.
    fn left_tag<'c>(
        &self,
        role: RoleKey,
        name: &'c str,
        transitive: bool,
        own: Option<&'c str>,
    ) -> State<'c> {
        let hop = self.call.hop.saturating_sub(1);
        let first = self.first_hop();
        if hop < first {
            return known_or_absent(own);
        }
        if !may_carry(self.facts, role, Action::TagSession) {
            self.took_no_tags.set(self.took_no_tags.get() || hop > 0);
            return known_or_absent(own);
        }
        State::Left(Left::Tag { hop, first, name, transitive, own })
    }

    /// The source identity of the caller's session.
    fn left_source_identity(&self) -> State<'static> {
        let hop = self.call.hop.saturating_sub(1);
        if hop < self.first_hop() {
            State::Absent
        } else if self.call.service().sets_source_identity() {
            State::Left(Left::SourceIdentity { hop: 1, is_set: true })
        } else {
            State::Left(Left::SourceIdentity { hop, is_set: false })
        }
    }

    /// The organization of an account that is not in the facts: not ours, where all of ours
    /// are listed.
    fn foreign_organization(&self) -> State<'_> {
        match self.facts.known_organization() {
            Some(organization) if self.facts.accounts_complete => {
                State::Open(Shape::Not(&organization.id))
            }
            _ => OPEN,
        }
    }

    fn organization_id(&self, account: AccountKey) -> State<'_> {
        match (self.facts.accounts[account].membership, self.facts.known_organization()) {
            (Membership::Management | Membership::Member, Some(organization)) => {
                known(organization.id.as_str())
            }
            (Membership::Standalone, _) => State::Absent,
            (Membership::Outside, Some(organization)) => State::Open(Shape::Not(&organization.id)),
            _ => OPEN,
        }
    }

    fn organization_path(&self, account: AccountKey) -> State<'_> {
        let row = &self.facts.accounts[account];
        match (row.membership, self.facts.known_organization(), row.parent) {
            (Membership::Standalone, ..) => State::Absent,
            (Membership::Management | Membership::Member, Some(_), Some(parent)) => {
                if self.line_is_whole(self.facts.line(parent)) {
                    known(self.facts.containers[parent].organization_path.as_str())
                } else {
                    PRESENT
                }
            }
            _ => OPEN,
        }
    }

    /// Whether nothing is missing between the root and the last of these containers.
    pub(super) fn line_is_whole(&self, line: &[ContainerKey]) -> bool {
        self.facts.is_whole(line)
    }
}

/// Whether a session of the role can hold tags or a source identity that a later hop may look
/// at, so that it matters how it was come by.
pub fn may_carry_state(facts: &Facts, role: RoleKey) -> bool {
    may_carry(facts, role, Action::TagSession) || may_carry(facts, role, Action::SetSourceIdentity)
}

/// Whether a session of the role can hold tags that somebody passed (rule K4).
pub fn may_carry_tags(facts: &Facts, role: RoleKey) -> bool {
    may_carry(facts, role, Action::TagSession)
}

/// Whether sessions of the role can carry what this permission is for. Only if somebody may be
/// allowed it on the role (rule K4).
pub(super) fn may_carry(facts: &Facts, role: RoleKey, permission: Action) -> bool {
    match &facts.documents[facts.roles[role].trust].parsed {
        Err(_) => true,
        Ok(document) => document.statements.iter().any(|statement| {
            statement.effect != Some(Effect::Deny)
                && (!statement.problems.is_empty() || statement.action.has(permission))
        }),
    }
}

/// A tag's value. Tag keys ignore case.
pub(super) fn tag<'t>(tags: &'t Tags, name: &str) -> Option<&'t str> {
    tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
