//! Who calls, what for, and what is stated about the call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::arn::glob::{Glob, escape};
use crate::arn::{AccountId, Arn};
use crate::org::{AccountKey, Facts, RoleKey, SamlProviderKey, UserKey};
use crate::policy::{Action, Document, ParseError};

use super::decision::RequirementKind as Kind;
use super::service::Service;

/// The principal of an assume call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Caller {
    /// An IAM user.
    User(UserKey),
    /// A session of the role, whatever its name.
    Role(RoleKey),
    /// The session of the role that has this name.
    Session(RoleKey, String),
    /// The bearer of a web identity token.
    Token(Token),
    /// The bearer of an assertion of this SAML provider.
    Saml(SamlProviderKey),
    /// An AWS service.
    Service(String),
    /// Some principal of an account of which nothing was read.
    Account(AccountId),
    /// Some principal of some account that is not in the facts.
    Anyone,
    /// A named user or role that is not in the facts.
    Named(Arn),
    /// The root user of an account.
    RootUser(AccountId),
}

/// What is known of a web identity token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Token {
    /// The issuer without `https://`.
    pub issuer: String,
    /// Its subject.
    pub subject: Claim,
    /// Its audience.
    pub audience: Claim,
    /// Other claims that are stated, by name.
    pub claims: BTreeMap<String, String>,
}

impl Token {
    /// The authorized party (`azp`), where that is stated.
    pub fn authorized_party(&self) -> Option<&str> {
        let claim = self.claims.iter().find(|(name, _)| name.eq_ignore_ascii_case("azp"));
        claim.map(|(_, value)| value.as_str())
    }
}

/// What is known of a claim that every token has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Claim {
    /// Its value.
    Is(String),
    /// Some value of this form.
    Like(String),
    /// Some value.
    Any,
}

impl Claim {
    /// A claim from a selector: a text with `*` or `?` is one unknown value of that form, and a
    /// backslash makes the next character itself.
    pub fn from_pattern(text: &str) -> Self {
        if text == "*" {
            return Self::Any;
        }
        let glob = Self::glob(text);
        glob.literal().map_or_else(|| Self::Like(text.to_owned()), |text| Self::Is(text.to_owned()))
    }

    /// The form as a pattern.
    pub(super) fn glob(text: &str) -> Glob {
        Glob::escaped(text)
    }
}

/// What is assumed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// A role of the facts.
    Role(RoleKey),
    /// A role of an account whose roles were not read; without an ARN, any of them.
    Unread(AccountKey, Option<String>),
}

impl Target {
    /// The account.
    pub fn account(&self, facts: &Facts) -> AccountKey {
        match self {
            Self::Role(role) => facts.roles[*role].account,
            Self::Unread(account, _) => *account,
        }
    }

    /// The ARN; for some role of an unread account, a pattern.
    pub fn arn(&self, facts: &Facts) -> String {
        match self {
            Self::Role(role) => facts.roles[*role].arn.to_string(),
            Self::Unread(_, Some(arn)) => arn.clone(),
            Self::Unread(account, None) => {
                let account = &facts.accounts[*account];
                crate::arn::iam(account.partition, account.id, "role", "/", "*")
            }
        }
    }
}

impl Caller {
    /// The action that a caller of this kind uses (rule T1).
    pub fn action(&self) -> Action {
        match self {
            Self::Token(_) => Action::AssumeRoleWithWebIdentity,
            Self::Saml(_) => Action::AssumeRoleWithSaml,
            _ => Action::AssumeRole,
        }
    }
}

/// What is stated about a request; by default nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scenario {
    /// Condition keys in lower case, with their values; no value states that the key is absent.
    pub keys: BTreeMap<String, Vec<String>>,
    /// The policies that limit the caller's session; none, unless stated.
    pub session_policies: Vec<SessionPolicy>,
    /// Whether the call goes through a VPC endpoint, whose policy nobody read.
    pub endpoint: bool,
    /// Whether all of this is stated of every call rather than of one: then it settles only what
    /// a call leaves open, and whoever can't carry a key is taken as without it (rule K11).
    pub of_all: bool,
    /// Which of the keys were not stated themselves but follow from others, for whoever shows
    /// them.
    pub implied: BTreeSet<String>,
}

/// A policy that was passed when the caller's session was made.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionPolicy {
    /// A name for evidence, such as the file that it was read from.
    pub name: Arc<str>,
    /// What it says, or why that can't be read.
    pub document: Result<Document, ParseError>,
}

impl Scenario {
    /// Whether session tags are passed.
    pub fn passes_tags(&self) -> bool {
        self.states(|key| key.starts_with("aws:requesttag/") || key == "aws:tagkeys")
    }

    /// Whether a source identity is passed.
    pub fn passes_source_identity(&self) -> bool {
        self.states(|key| key == "sts:sourceidentity")
    }

    /// Whether context assertions (`ProvidedContexts`) are passed.
    pub fn passes_contexts(&self) -> bool {
        self.states(|key| key.starts_with("sts:requestcontext"))
    }

    fn states(&self, is_meant: impl Fn(&str) -> bool) -> bool {
        self.keys.iter().any(|(key, values)| is_meant(key) && !values.is_empty())
    }
}

/// What the hops before this one leave in the caller's session (rule C1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub enum Lineage {
    /// Not known: the caller is a role and nobody says how its session came about.
    #[default]
    Unknown,
    /// The chain began with an IAM user.
    User,
    /// The chain began with a token of this issuer.
    Token(String),
    /// The chain began with a SAML assertion.
    Assertion,
    /// The chain began with an AWS service.
    Service(Service),
}

impl Lineage {
    /// The lineage that a caller hands on.
    pub fn of(caller: &Caller) -> Self {
        match caller {
            Caller::User(_) => Self::User,
            Caller::Token(token) => Self::Token(token.issuer.clone()),
            Caller::Saml(_) => Self::Assertion,
            Caller::Service(name) => Self::Service(Service::named(name)),
            _ => Self::Unknown,
        }
    }
}

/// One call to be decided.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// Who calls.
    pub caller: &'a Caller,
    /// What is assumed.
    pub target: &'a Target,
    /// The action.
    pub action: Action,
    /// What is stated.
    pub scenario: &'a Scenario,
    /// What earlier hops left.
    pub lineage: &'a Lineage,
    /// Which hop of the path, from 1.
    pub hop: usize,
}

impl Call<'_> {
    /// The service that calls, or that the path began with.
    pub(super) fn service(&self) -> Service {
        match (self.caller, self.lineage) {
            (Caller::Service(name), _) => Service::named(name),
            (_, Lineage::Service(service)) => *service,
            _ => Service::Other,
        }
    }

    /// Whether it passes a source identity, be it one that was set before.
    pub(super) fn passes_source_identity(&self) -> bool {
        self.service().sets_source_identity() || self.scenario.passes_source_identity()
    }

    /// Who chooses what hop `hop` passes, from 1; hop 0 lies before the path.
    pub(super) fn kind_of_hop(&self, hop: usize) -> Kind {
        let begins_here = self.hop == 1 && hop == 1;
        match (self.caller, self.lineage) {
            _ if hop == 0 => Kind::CallerState,
            _ if hop > 1 => Kind::CallerChoice,
            (Caller::Service(_), _) if begins_here => Kind::CallerState,
            (Caller::Token(_) | Caller::Saml(_), _) if begins_here => Kind::TokenClaim,
            (_, Lineage::Service(_)) => Kind::CallerState,
            (_, Lineage::Token(_) | Lineage::Assertion) => Kind::TokenClaim,
            _ => Kind::CallerChoice,
        }
    }
}

/// The caller as text: an ARN, or a selector for what has none.
pub fn caller_text(facts: &Facts, caller: &Caller) -> String {
    match caller {
        Caller::User(key) => facts.users[*key].arn.to_string(),
        Caller::Role(key) => facts.roles[*key].arn.to_string(),
        Caller::Session(key, name) => {
            let role = &facts.roles[*key];
            let account = &facts.accounts[role.account];
            format!(
                "arn:{}:sts::{}:assumed-role/{}/{name}",
                account.partition, account.id, role.name
            )
        }
        Caller::Token(token) => {
            let claim = |claim: &Claim| match claim {
                Claim::Is(text) => escape(text, ""),
                Claim::Like(text) => text.clone(),
                Claim::Any => "*".to_owned(),
            };
            let audience = match &token.audience {
                Claim::Any => String::new(),
                stated => format!("?aud={}", claim(stated)),
            };
            format!("oidc:{}#{}{audience}", token.issuer, claim(&token.subject))
        }
        Caller::Saml(key) => facts.saml_providers[*key].arn.to_string(),
        Caller::Service(name) => format!("service:{name}"),
        Caller::Account(id) => format!("external:{id}"),
        Caller::Anyone => "anyone".to_owned(),
        Caller::Named(arn) => arn.to_string(),
        Caller::RootUser(id) => format!("root user of {id}"),
    }
}
