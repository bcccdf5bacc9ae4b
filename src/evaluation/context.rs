//! What the facts say of each condition key of a call (rules K1 to K9).

use crate::arn::glob::Glob;
use crate::arn::{AccountId, PrincipalName};
use crate::issuer;
use crate::org::{AccountKey, ContainerKey, Facts, Membership, RoleKey, reading::Tags};
use crate::policy::{Effect, VariableValue};

use super::caller::{Action, Call, Caller, Claim, Lineage, Target, Token};
use super::decision::RequirementKind as Kind;

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

    fn user_key(&self, key: &str, user: crate::org::UserKey) -> (State, Kind) {
        let row = &self.facts.users[user];
        let account = row.account;
        let state = match key {
            "aws:principalarn" => known(&*row.arn),
            "aws:principaltype" => known("User"),
            "aws:userid" if row.unique_id.is_empty() => PRESENT,
            "aws:userid" => known(&row.unique_id),
            "aws:username" => known(&row.name),
            // Long-term keys carry no MFA, sessions and the console may (rule K6).
            "aws:multifactorauthpresent" => {
                return (
                    State::Open(Shape::OneOf(vec!["true".to_owned(), "false".to_owned()])),
                    Kind::CallerState,
                );
            }
            "aws:multifactorauthage" | "aws:tokenissuetime" => return (OPEN, Kind::CallerState),
            "aws:federatedprovider" | "aws:sourceidentity" => State::Absent,
            _ => {
                if let Some(name) = key.strip_prefix("aws:principaltag/") {
                    return (tag(&row.tags, name), Kind::CallerState);
                }
                return self.credentials_key(key, account);
            }
        };
        (state, Kind::NotRead)
    }

    fn role_key(&self, key: &str, role: RoleKey) -> (State, Kind) {
        let row = &self.facts.roles[role];
        let state = match key {
            "aws:principalarn" => known(&*row.arn),
            "aws:principaltype" => known("AssumedRole"),
            "aws:userid" => {
                return match self.call.caller {
                    Caller::Session(_, name) if !row.unique_id.is_empty() => {
                        (known(format!("{}:{name}", row.unique_id)), Kind::CallerState)
                    }
                    _ if row.unique_id.is_empty() => (PRESENT, Kind::CallerState),
                    _ => (
                        State::Present(Shape::Prefix(format!("{}:", row.unique_id))),
                        Kind::CallerState,
                    ),
                };
            }
            "aws:username" | "aws:multifactorauthage" => State::Absent,
            // A role session never carries MFA; whether the key then says "false" or is absent
            // is told in two ways (rules K6 and D13).
            "aws:multifactorauthpresent" => {
                return (State::Disputed(vec![State::Absent, known("false")]), Kind::AmbiguousRule);
            }
            "aws:tokenissuetime" => return (PRESENT, Kind::CallerState),
            "aws:federatedprovider" => {
                let state = match self.call.lineage {
                    Lineage::User | Lineage::Service => State::Absent,
                    _ => OPEN,
                };
                return (state, Kind::CallerState);
            }
            "aws:sourceidentity" => return (OPEN, Kind::CallerState),
            _ if of_compute(key) => return (OPEN, Kind::CallerState),
            "aws:ec2instancesourcevpc" | "aws:ec2instancesourceprivateipv4" => {
                return (OPEN, Kind::CallerState);
            }
            "saml:namequalifier" | "saml:sub" | "saml:sub_type" => {
                let state = match self.call.lineage {
                    Lineage::Unknown | Lineage::Assertion => OPEN,
                    _ => State::Absent,
                };
                return (state, Kind::CallerState);
            }
            _ => {
                if let Some(name) = key.strip_prefix("aws:principaltag/") {
                    let state = if self.may_carry_tags(role) { OPEN } else { tag(&row.tags, name) };
                    return (state, Kind::CallerState);
                }
                if let Some(found) = self.inherited_claim(key) {
                    return found;
                }
                return self.credentials_key(key, row.account);
            }
        };
        (state, Kind::NotRead)
    }

    /// Claims of the token that a session began with. Whether `aud` and `sub` of other than
    /// the built-in issuers outlive the first call is disputed (rule K8).
    fn inherited_claim(&self, key: &str) -> Option<(State, Kind)> {
        let (prefix, claim) = key.rsplit_once(':')?;
        if !prefix.contains('.') {
            return None;
        }
        let survives =
            matches!(claim, "aud" | "sub" | "amr" | "id" | "app_id" | "user_id" | "oaud");
        let state = match self.call.lineage {
            _ if !survives => State::Absent,
            Lineage::User | Lineage::Service | Lineage::Assertion => State::Absent,
            Lineage::Token(issuer) if !issuer.eq_ignore_ascii_case(prefix) => State::Absent,
            Lineage::Token(_) | Lineage::Unknown => OPEN,
        };
        Some((state, Kind::AmbiguousRule))
    }

    /// Keys of every call that is signed with credentials of an account of the facts.
    fn credentials_key(&self, key: &str, account: AccountKey) -> (State, Kind) {
        match key {
            "aws:principalaccount" => {
                (known(self.facts.accounts[account].id.to_string()), Kind::NotRead)
            }
            "aws:principalorgid" => (self.organization_id(account), Kind::NotRead),
            "aws:principalorgpaths" => (self.organization_path(account), Kind::NotRead),
            _ => Self::chosen_key(key),
        }
    }

    /// Keys that a caller with credentials chooses, or that such a call never has (rule K3).
    fn chosen_key(key: &str) -> (State, Kind) {
        match key {
            "aws:principalisawsservice" => (known("false"), Kind::NotRead),
            "aws:principalservicename"
            | "aws:principalservicenameslist"
            | "aws:sourceaccount"
            | "aws:sourcearn"
            | "aws:sourceorgid"
            | "aws:sourceorgpaths"
            | "aws:ec2instancesourcevpc"
            | "aws:ec2instancesourceprivateipv4" => (State::Absent, Kind::NotRead),
            "sts:externalid" | "sts:sourceidentity" | "aws:tagkeys" | "sts:transitivetagkeys" => {
                (OPEN, Kind::CallerChoice)
            }
            "sts:rolesessionname" => (PRESENT, Kind::CallerChoice),
            "sts:roleauthorizedbyidp" => (State::Absent, Kind::AmbiguousRule),
            _ if key.starts_with("aws:requesttag/") => (OPEN, Kind::CallerChoice),
            _ if key.starts_with("saml:")
                || key.contains('.')
                || key.starts_with("ec2:")
                || of_compute(key) =>
            {
                (State::Absent, Kind::AmbiguousRule)
            }
            _ => (OPEN, Kind::AmbiguousRule),
        }
    }

    fn token_key(&self, key: &str, token: &Token) -> (State, Kind) {
        let prefix = token.issuer.to_lowercase();
        if let Some(claim) = key.strip_prefix(&prefix).and_then(|rest| rest.strip_prefix(':')) {
            return (self.claim(claim, token), Kind::TokenClaim);
        }
        match key {
            "sts:rolesessionname" => (PRESENT, Kind::CallerChoice),
            "sts:sourceidentity"
            | "aws:tagkeys"
            | "sts:transitivetagkeys"
            | "sts:roleauthorizedbyidp" => (OPEN, Kind::TokenClaim),
            _ if key.starts_with("aws:requesttag/") => (OPEN, Kind::TokenClaim),
            "aws:federatedprovider" => (OPEN, Kind::AmbiguousRule),
            _ => unsigned_key(key),
        }
    }

    /// What is known of a claim: only what AWS makes a condition key of is in the request
    /// (rule W5).
    fn claim(&self, claim: &str, token: &Token) -> State {
        let issuer = issuer::classify(&token.issuer);
        let shape = |claim: &Claim| match claim {
            Claim::Is(value) => known(value),
            Claim::Like(pattern) => State::Present(Shape::Like(Claim::glob(pattern))),
            Claim::Any => PRESENT,
        };
        match claim {
            "sub" => shape(&token.subject),
            "aud" if token.claims.contains_key("azp") => OPEN,
            "aud" => match &token.audience {
                Claim::Any => match self.audiences(&token.issuer) {
                    Some(list) if list.len() == 1 => State::Known(list),
                    Some(list) => State::Present(Shape::OneOf(list)),
                    None => PRESENT,
                },
                stated => shape(stated),
            },
            other => match token.claims.iter().find(|(name, _)| name.eq_ignore_ascii_case(other)) {
                _ if !issuer.exposes(other) => State::Absent,
                Some((_, value)) => known(value),
                None => OPEN,
            },
        }
    }

    /// The audiences that the provider of this issuer in the role's account takes; `None`
    /// where that was not read, or no such provider exists.
    pub(super) fn audiences(&self, issuer: &str) -> Option<Vec<String>> {
        let providers = self.facts.accounts[self.target_account].oidc_providers.read()?;
        providers
            .iter()
            .map(|key| &self.facts.oidc_providers[*key])
            .find(|provider| provider.url == issuer)
            .map(|provider| provider.audiences.clone())
    }

    fn outsider_key(&self, key: &str) -> (State, Kind) {
        let kind = self.outsider_kind();
        let id = self.caller_account_id();
        match key {
            "aws:principalarn" => match self.call.caller {
                Caller::Named(arn) => (known(arn.as_str()), kind),
                Caller::RootUser(_) => (PRESENT, kind),
                _ => {
                    let like = id.map(|id| format!("arn:*:iam::{id}:*"));
                    (
                        State::Present(
                            like.map_or(Shape::Any, |text| Shape::Like(Glob::new(&text))),
                        ),
                        kind,
                    )
                }
            },
            "aws:principalaccount" => (id.map_or(PRESENT, |id| known(id.to_string())), kind),
            "aws:principalorgid" => match self.caller_account() {
                Some(account) => (self.organization_id(account), Kind::NotRead),
                None => (self.foreign_organization(), kind),
            },
            "aws:principalorgpaths" => match self.caller_account() {
                Some(account) => (self.organization_path(account), Kind::NotRead),
                None => (OPEN, kind),
            },
            "aws:principaltype" | "aws:userid" => (PRESENT, kind),
            "aws:multifactorauthpresent" => match self.call.caller {
                Caller::Named(arn)
                    if !matches!(arn.principal(), Some(PrincipalName::User { .. })) =>
                {
                    (State::Disputed(vec![State::Absent, known("false")]), Kind::AmbiguousRule)
                }
                _ => (
                    State::Open(Shape::OneOf(vec!["true".to_owned(), "false".to_owned()])),
                    Kind::CallerState,
                ),
            },
            "aws:username" | "aws:sourceidentity" | "aws:federatedprovider" => (OPEN, kind),
            "aws:multifactorauthage" | "aws:tokenissuetime" => (OPEN, Kind::CallerState),
            _ if key.starts_with("aws:principaltag/") => (OPEN, kind),
            _ if key.starts_with("saml:") || key.contains('.') || of_compute(key) => {
                (OPEN, Kind::AmbiguousRule)
            }
            _ => Self::chosen_key(key),
        }
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
                    && (!statement.problems.is_empty()
                        || statement.action.covers(Action::TagSession.as_str()))
            }),
        }
    }
}

/// Keys of calls that no credentials sign: a token's or an assertion's bearer (rules K5 and D4).
fn unsigned_key(key: &str) -> (State, Kind) {
    match key {
        "aws:principalorgid"
        | "aws:principalorgpaths"
        | "aws:username"
        | "aws:sourceidentity"
        | "aws:tokenissuetime"
        | "aws:multifactorauthage"
        | "aws:sourceaccount"
        | "aws:sourcearn"
        | "aws:sourceorgid"
        | "aws:sourceorgpaths"
        | "aws:principalservicename"
        | "aws:principalservicenameslist"
        | "aws:ec2instancesourcevpc"
        | "aws:ec2instancesourceprivateipv4"
        | "sts:externalid" => (State::Absent, Kind::AmbiguousRule),
        "aws:principalisawsservice" => (known("false"), Kind::AmbiguousRule),
        "aws:multifactorauthpresent" => {
            (State::Disputed(vec![State::Absent, known("false")]), Kind::AmbiguousRule)
        }
        _ if key.starts_with("saml:")
            || key.contains('.')
            || key.starts_with("ec2:")
            || of_compute(key) =>
        {
            (State::Absent, Kind::AmbiguousRule)
        }
        // PrincipalArn, PrincipalAccount, PrincipalType, userid, tags: not documented for calls
        // without credentials.
        _ => (OPEN, Kind::AmbiguousRule),
    }
}

fn saml_key(key: &str) -> (State, Kind) {
    match key {
        "sts:rolesessionname" | "saml:aud" | "saml:iss" | "saml:sub" | "saml:doc" => {
            (PRESENT, Kind::TokenClaim)
        }
        "sts:sourceidentity" | "aws:tagkeys" | "sts:transitivetagkeys" => (OPEN, Kind::TokenClaim),
        _ if key.starts_with("saml:")
            || key.starts_with("aws:requesttag/")
            || key.starts_with("aws:principaltag/") =>
        {
            (OPEN, Kind::TokenClaim)
        }
        _ => unsigned_key(key),
    }
}

/// Keys of a call that an AWS service makes for somebody (rule K9).
fn service_key(key: &str, name: &str) -> (State, Kind) {
    match key {
        "aws:principalisawsservice" => (known("true"), Kind::CallerState),
        "aws:principalservicename" => (known(name), Kind::CallerState),
        "aws:principalservicenameslist" => (PRESENT, Kind::CallerState),
        "aws:sourceaccount"
        | "aws:sourcearn"
        | "aws:sourceorgid"
        | "aws:sourceorgpaths"
        | "sts:externalid"
        | "sts:sourceidentity"
        | "aws:tagkeys"
        | "sts:transitivetagkeys" => (OPEN, Kind::CallerState),
        "sts:rolesessionname" => (PRESENT, Kind::CallerState),
        _ if key.starts_with("aws:requesttag/") => (OPEN, Kind::CallerState),
        "aws:principalarn" | "aws:multifactorauthpresent" | "aws:federatedprovider" => {
            (State::Absent, Kind::AmbiguousRule)
        }
        "aws:principalaccount" | "aws:principaltype" | "aws:userid" => (OPEN, Kind::AmbiguousRule),
        _ if key.starts_with("aws:principaltag/") => (State::Absent, Kind::AmbiguousRule),
        _ => unsigned_key(key),
    }
}

/// A tag's value. Tag keys ignore case.
fn tag(tags: &Tags, name: &str) -> State {
    tags.iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map_or(State::Absent, |(_, value)| known(value))
}
