//! What the facts say of each condition key of a call (rules K1 to K9).

mod signed;
mod unsigned;

use crate::arn::AccountId;
use crate::arn::glob::Glob;
use crate::org::reading::Tags;
use crate::org::{AccountKey, ContainerKey, Facts, Membership, RoleKey};
use crate::policy::{Action, Effect, VariableValue};

use super::caller::{Call, Caller, Target};
use super::decision::RequirementKind as Kind;
use unsigned::{saml_key, service_key};

/// What is known of a key's value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum State {
    /// These values; one, unless the key takes several.
    Known(Vec<String>),
    /// The key is not in the request.
    Absent,
    /// The key is there, with some value of this shape.
    Present(Shape),
    /// Neither presence nor value is known.
    Open(Shape),
    /// One of these, and sources differ on which.
    Disputed(Vec<State>),
}

/// What is known of a value that is not known.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// Nothing.
    Any,
    /// It begins so.
    Prefix(String),
    /// It has this form.
    Like(Glob),
    /// It is anything but this.
    Not(String),
    /// It is one of these.
    OneOf(Vec<String>),
}

/// A key's state, and who can settle it where it is open.
pub(super) struct KeyFacts {
    pub(super) state: State,
    pub(super) kind: Kind,
}

/// A call with its facts.
pub(super) struct Context<'a> {
    pub(super) facts: &'a Facts,
    pub(super) call: &'a Call<'a>,
    pub(super) target_account: AccountKey,
}

/// Keys of AWS services other than STS and IAM's global ones; they are never part of these
/// calls (rule K10).
const FOREIGN: [&str; 24] = [
    "s3:",
    "kms:",
    "dynamodb:",
    "lambda:",
    "cloudformation:",
    "organizations:",
    "rds:",
    "sns:",
    "sqs:",
    "ecs:",
    "ecr:",
    "eks:",
    "elasticloadbalancing:",
    "secretsmanager:",
    "ssm:",
    "logs:",
    "events:",
    "glue:",
    "sagemaker:",
    "cloudwatch:",
    "route53:",
    "acm:",
    "apigateway:",
    "autoscaling:",
];

/// Keys in the sessions of roles that run on AWS's compute services.
fn of_compute(key: &str) -> bool {
    matches!(
        key,
        "ec2:sourceinstancearn"
            | "ec2:instanceid"
            | "ec2:roledelivery"
            | "lambda:sourcefunctionarn"
            | "ssm:sourceinstancearn"
            | "glue:roleassumedby"
            | "glue:credentialissuingservice"
    )
}

/// Whether the key takes several values.
pub(super) fn multivalued(key: &str) -> bool {
    matches!(
        key,
        "aws:principalorgpaths"
            | "aws:sourceorgpaths"
            | "aws:resourceorgpaths"
            | "aws:tagkeys"
            | "sts:transitivetagkeys"
            | "aws:calledvia"
            | "aws:principalservicenameslist"
    ) || key.ends_with(":amr")
}

/// Whether the key takes one value or several, depending on who sends it: attributes of a SAML
/// assertion other than those that AWS itself fills in.
pub(super) fn may_be_list(key: &str) -> bool {
    let single = matches!(
        key,
        "saml:aud" | "saml:doc" | "saml:iss" | "saml:namequalifier" | "saml:sub" | "saml:sub_type"
    );
    (key.starts_with("saml:") && !single) || key == "aws:vpceorgpaths"
}

fn known(value: impl Into<String>) -> State {
    State::Known(vec![value.into()])
}

const OPEN: State = State::Open(Shape::Any);
const PRESENT: State = State::Present(Shape::Any);

impl<'a> Context<'a> {
    pub(super) fn new(facts: &'a Facts, call: &'a Call<'a>) -> Self {
        Self { facts, call, target_account: call.target.account(facts) }
    }

    /// The caller's account, where the caller has one.
    pub(super) fn caller_account_id(&self) -> Option<AccountId> {
        match self.call.caller {
            Caller::User(key) => Some(self.facts.accounts[self.facts.users[*key].account].id),
            Caller::Role(key) | Caller::Session(key, _) => {
                Some(self.facts.accounts[self.facts.roles[*key].account].id)
            }
            Caller::Account(id) | Caller::RootUser(id) => Some(*id),
            Caller::Named(arn) => arn.account(),
            Caller::Token(_) | Caller::Saml(_) | Caller::Service(_) | Caller::Anyone => None,
        }
    }

    /// The caller's account where the facts know it.
    pub(super) fn caller_account(&self) -> Option<AccountKey> {
        self.facts.account(self.caller_account_id()?)
    }

    /// Who could settle what is not known about a caller that is not in the facts.
    pub(super) fn outsider_kind(&self) -> Kind {
        match self.caller_account() {
            // An account of ours that was not read, or not wholly.
            Some(_) => Kind::NotRead,
            None if self.facts.accounts_complete => Kind::ExternalAdmin,
            None => Kind::ExternalAdmin,
        }
    }

    /// A variable's value.
    pub(super) fn variable(&self, key: &str) -> VariableValue {
        match self.key(key).state {
            State::Known(mut values) if values.len() == 1 && !multivalued(key) => {
                values.pop().map_or(VariableValue::Unknown, VariableValue::Known)
            }
            State::Absent => VariableValue::Absent,
            _ => VariableValue::Unknown,
        }
    }

    /// What is known of a key, given in lower case.
    pub(super) fn key(&self, key: &str) -> KeyFacts {
        if let Some(values) = self.call.scenario.keys.get(key) {
            let state =
                if values.is_empty() { State::Absent } else { State::Known(values.clone()) };
            return KeyFacts { state, kind: Kind::CallerState };
        }
        let (state, kind) = self.request_key(key).unwrap_or_else(|| match self.call.caller {
            Caller::User(user) => self.user_key(key, *user),
            Caller::Role(role) | Caller::Session(role, _) => self.role_key(key, *role),
            Caller::Token(token) => self.token_key(key, token),
            Caller::Saml(_) => saml_key(key),
            Caller::Service(name) => service_key(key, name),
            Caller::Account(_) | Caller::Anyone | Caller::Named(_) | Caller::RootUser(_) => {
                self.outsider_key(key)
            }
        });
        KeyFacts { state, kind }
    }

    /// Keys that do not depend on who calls (rule K1).
    fn request_key(&self, key: &str) -> Option<(State, Kind)> {
        let resource = &self.facts.accounts[self.target_account];
        let found = match key {
            "aws:securetransport" => (known("true"), Kind::Environment),
            "aws:requestedregion" | "aws:useragent" => (PRESENT, Kind::Environment),
            "aws:referer" | "aws:vpcsourceip" | "aws:sourcevpc" | "aws:sourcevpce"
            | "aws:sourcevpcarn" | "aws:vpceaccount" | "aws:vpceorgid" | "aws:vpceorgpaths"
            | "aws:sourceip" => (OPEN, Kind::Environment),
            "aws:currenttime" | "aws:epochtime" => (PRESENT, Kind::Time),
            "sts:awsservicename" | "sts:durationseconds" => (State::Absent, Kind::AmbiguousRule),
            "aws:resourceaccount" => (known(resource.id.to_string()), Kind::NotRead),
            "aws:resourceorgid" => (self.organization_id(self.target_account), Kind::NotRead),
            "aws:resourceorgpaths" => (self.organization_path(self.target_account), Kind::NotRead),
            "aws:viaawsservice" => (known("false"), Kind::Environment),
            "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast" => {
                (State::Absent, Kind::Environment)
            }
            _ => {
                if let Some(tag) = key
                    .strip_prefix("aws:resourcetag/")
                    .or_else(|| key.strip_prefix("iam:resourcetag/"))
                {
                    return Some((self.resource_tag(tag), Kind::CallerState));
                }
                if of_compute(key) {
                    return None;
                }
                if FOREIGN.iter().any(|prefix| key.starts_with(prefix)) || key.starts_with("iam:") {
                    return Some((State::Absent, Kind::AmbiguousRule));
                }
                return None;
            }
        };
        Some(found)
    }

    /// A tag of the role. Inherited transitive tags replace it before the trust policy is
    /// evaluated, so it is settled only for callers that carry none (rule K7).
    fn resource_tag(&self, name: &str) -> State {
        let Target::Role(role) = self.call.target else { return OPEN };
        let may_inherit = match self.call.caller {
            Caller::Role(caller) | Caller::Session(caller, _) => self.may_carry_tags(*caller),
            Caller::User(_) | Caller::Service(_) => false,
            _ => true,
        };
        if may_inherit { OPEN } else { tag(&self.facts.roles[*role].tags, name) }
    }

    /// The organization of an account that is not in the facts: not ours, where all of ours
    /// are listed.
    fn foreign_organization(&self) -> State {
        match self.facts.known_organization() {
            Some(organization) if self.facts.accounts_complete => {
                State::Open(Shape::Not(organization.id.clone()))
            }
            _ => OPEN,
        }
    }

    fn organization_id(&self, account: AccountKey) -> State {
        match (self.facts.accounts[account].membership, self.facts.known_organization()) {
            (Membership::Management | Membership::Member, Some(organization)) => {
                known(&organization.id)
            }
            (Membership::Standalone, _) => State::Absent,
            (Membership::Outside, Some(organization)) => {
                State::Open(Shape::Not(organization.id.clone()))
            }
            _ => OPEN,
        }
    }

    fn organization_path(&self, account: AccountKey) -> State {
        let row = &self.facts.accounts[account];
        match (row.membership, self.facts.known_organization(), row.parent) {
            (Membership::Standalone, ..) => State::Absent,
            (Membership::Management | Membership::Member, Some(organization), Some(parent)) => {
                let mut path = format!("{}/", organization.id);
                let line = self.facts.line(parent);
                if !self.line_is_whole(&line) {
                    return PRESENT;
                }
                for container in line {
                    path.push_str(&self.facts.containers[container].id);
                    path.push('/');
                }
                known(path)
            }
            _ => OPEN,
        }
    }

    /// Whether nothing is missing between the root and the last of these containers. An OU whose
    /// parent was not read hangs below the root.
    pub(super) fn line_is_whole(&self, line: &[ContainerKey]) -> bool {
        self.facts.accounts_complete || line.len() < 2
    }

    /// Whether sessions of the role can carry session tags: only if somebody may be allowed
    /// `sts:TagSession` on it (rule K4).
    pub(super) fn may_carry_tags(&self, role: RoleKey) -> bool {
        let row = &self.facts.roles[role];
        match &self.facts.documents[row.trust].parsed {
            Err(_) => true,
            Ok(document) => document.statements.iter().any(|statement| {
                statement.effect != Some(Effect::Deny)
                    && (!statement.problems.is_empty() || statement.action.has(Action::TagSession))
            }),
        }
    }
}

/// A tag's value. Tag keys ignore case.
fn tag(tags: &Tags, name: &str) -> State {
    tags.iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map_or(State::Absent, |(_, value)| known(value))
}
