//! Keys of calls that no credentials sign: a token's, an assertion's, and those of AWS services.

use std::borrow::Cow;

use crate::issuer;
use crate::policy::{Key, KeyName, PrincipalEntry};

use super::super::caller::{Claim, Target, Token};
use super::super::decision::RequirementKind as Kind;
use super::super::service::Service;
use super::{Context, OPEN, PRESENT, Shape, State, known};

/// What is known of a token's authorized party (`azp`), which may be compared in the place of its
/// audience (rules W8 and D17).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::evaluation) enum Party<'c> {
    /// Its value.
    Is(&'c str),
    /// That it is not there, as far as anybody says.
    Absent,
    /// Nothing: it may be there.
    Open,
}

impl Context<'_> {
    /// The authorized party of a token. Where its audience is open, either of them is some value
    /// that the provider takes, so that the token may as well have none.
    pub(in crate::evaluation) fn party<'c>(&'c self, token: &'c Token) -> Party<'c> {
        if let Some(party) = token.authorized_party() {
            return Party::Is(party);
        }
        let keys = &self.call.scenario.keys;
        let stated = (!keys.is_empty())
            .then(|| keys.get(&format!("{}:azp", token.issuer.to_ascii_lowercase())))
            .flatten();
        match stated.map(Vec::as_slice) {
            Some([party]) => Party::Is(party),
            Some([]) => Party::Absent,
            _ if token.audience == Claim::Any => Party::Absent,
            _ if !issuer::classify(&token.issuer).exposes("azp") => Party::Absent,
            // A host of Terraform Enterprise, whose URL tells nothing.
            _ if self.facts.was_host_read(&token.issuer) => Party::Absent,
            _ => Party::Open,
        }
    }

    pub(super) fn token_key<'c>(&'c self, key: KeyName<'c>, token: &'c Token) -> (State<'c>, Kind) {
        if let Some(claim) = claim_of(key.lower, &token.issuer) {
            return (self.claim(claim, token), Kind::TokenClaim);
        }
        match key.key {
            Key::StsRoleSessionName => (PRESENT, Kind::CallerChoice),
            Key::StsSourceIdentity
            | Key::TagKeys
            | Key::StsTransitiveTagKeys
            | Key::StsRoleAuthorizedByIdp => (OPEN, Kind::TokenClaim),
            Key::RequestTag => (OPEN, Kind::TokenClaim),
            Key::FederatedProvider => (OPEN, Kind::AmbiguousRule),
            // There is no session yet whose tags they could be.
            Key::PrincipalTag => (State::Absent, Kind::AmbiguousRule),
            other => unsigned_key(other),
        }
    }

    /// What is known of a claim: only what AWS makes a condition key of is in the request
    /// (rule W5).
    fn claim<'c>(&'c self, claim: &str, token: &'c Token) -> State<'c> {
        let shape = |claim: &'c Claim| match claim {
            Claim::Is(value) => known(value.as_str()),
            Claim::Like(pattern) => State::Present(Shape::Like(Cow::Owned(Claim::glob(pattern)))),
            Claim::Any => PRESENT,
        };
        let stated =
            |name: &str| token.claims.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        match claim {
            "sub" => shape(&token.subject),
            "aud" => match (self.party(token), is_google(&token.issuer)) {
                // Google's authorized party takes the audience's place (rule W8).
                (Party::Is(party), true) => known(party),
                (Party::Open, _) => PRESENT,
                (Party::Is(party), false) if !matches!(&token.audience, Claim::Is(it) if it == party) => {
                    PRESENT
                }
                _ => match &token.audience {
                    Claim::Any => match self.audiences(&token.issuer) {
                        // Named by its host, a built-in issuer is asked for no list.
                        _ if self.named_by_host(&token.issuer) => PRESENT,
                        Some([only]) => known(only.as_str()),
                        Some(list) => State::Present(Shape::OneOf(list)),
                        None => PRESENT,
                    },
                    stated => shape(stated),
                },
            },
            "oaud" if is_google(&token.issuer) && matches!(self.party(token), Party::Is(_)) => {
                shape(&token.audience)
            }
            other => match stated(other) {
                _ if !issuer::classify(&token.issuer).exposes(other) => State::Absent,
                Some((_, value)) => known(value.as_str()),
                None => OPEN,
            },
        }
    }

    /// Whether the trust policy may name the issuer by its host alone, as it can a built-in one.
    fn named_by_host(&self, issuer: &str) -> bool {
        if issuer::builtin(issuer).is_none() {
            return false;
        }
        let Target::Role(role) = self.call.target else { return true };
        let Ok(trust) = &self.facts.documents[self.facts.roles[*role].trust].parsed else {
            return true;
        };
        trust.statements.iter().any(|statement| match &statement.principal {
            None => true,
            Some(principal) => {
                let by_host = |entry: &PrincipalEntry| match entry {
                    PrincipalEntry::Federated(text) => text == issuer,
                    entry => *entry == PrincipalEntry::Everyone,
                };
                principal.negated || principal.entries.iter().any(by_host)
            }
        })
    }

    /// The audiences that the provider of this issuer in the role's account takes; `None`
    /// where that was not read, or no such provider exists.
    pub(in crate::evaluation) fn audiences(&self, issuer: &str) -> Option<&[String]> {
        let providers = self.facts.accounts[self.target_account].oidc_providers.read()?;
        providers
            .iter()
            .map(|key| &self.facts.oidc_providers[*key])
            .find(|provider| provider.url == issuer)
            .map(|provider| provider.audiences.as_slice())
    }
}

/// The claim that a key in lower case means, where it is one of this issuer's.
fn claim_of<'k>(key: &'k str, issuer: &str) -> Option<&'k str> {
    let (prefix, claim) = key.split_at_checked(issuer.len())?;
    let same = prefix.eq_ignore_ascii_case(issuer);
    if same { claim.strip_prefix(':') } else { None }
}

/// Whether the issuer is Google, whose tokens name an authorized party.
pub(in crate::evaluation) fn is_google(issuer: &str) -> bool {
    issuer == "accounts.google.com"
}

/// Keys of calls that no credentials sign: a token's or an assertion's bearer (rules K5 and D4).
fn unsigned_key(key: Key) -> (State<'static>, Kind) {
    match key {
        Key::PrincipalOrgId
        | Key::PrincipalOrgPaths
        | Key::UserName
        | Key::SourceIdentity
        | Key::TokenIssueTime
        | Key::MultiFactorAuthAge
        | Key::SourceAccount
        | Key::SourceArn
        | Key::SourceOrgId
        | Key::SourceOrgPaths
        | Key::PrincipalServiceName
        | Key::PrincipalServiceNamesList
        | Key::Ec2InstanceSourceVpc
        | Key::Ec2InstanceSourcePrivateIPv4
        | Key::StsExternalId => (State::Absent, Kind::AmbiguousRule),
        Key::PrincipalIsAwsService => (known("false"), Kind::AmbiguousRule),
        Key::MultiFactorAuthPresent => (State::AbsentOr("false"), Kind::AmbiguousRule),
        Key::Claim | Key::Compute | Key::RequestContext | Key::StsRequestContextProviders => {
            (State::Absent, Kind::AmbiguousRule)
        }
        _ if key.is_saml() => (State::Absent, Kind::AmbiguousRule),
        // PrincipalArn, PrincipalAccount, PrincipalType, userid, tags: not documented for calls
        // without credentials.
        _ => (OPEN, Kind::AmbiguousRule),
    }
}

pub(super) fn saml_key(key: Key) -> (State<'static>, Kind) {
    match key {
        Key::StsRoleSessionName | Key::SamlAud | Key::SamlIss | Key::SamlSub | Key::SamlDoc => {
            (PRESENT, Kind::TokenClaim)
        }
        Key::StsSourceIdentity | Key::TagKeys | Key::StsTransitiveTagKeys => {
            (OPEN, Kind::TokenClaim)
        }
        Key::SamlAttribute
        | Key::SamlNameQualifier
        | Key::SamlSubType
        | Key::RequestTag
        | Key::PrincipalTag => (OPEN, Kind::TokenClaim),
        _ => unsigned_key(key),
    }
}

/// Keys of a call that an AWS service makes for somebody (rule K9).
pub(super) fn service_key(key: Key, name: &str) -> (State<'_>, Kind) {
    match key {
        Key::PrincipalIsAwsService => (known("true"), Kind::CallerState),
        // Some service or other.
        Key::PrincipalServiceName if name == "*" => (PRESENT, Kind::CallerState),
        Key::PrincipalServiceName => (known(name), Kind::CallerState),
        Key::PrincipalServiceNamesList => (PRESENT, Kind::CallerState),
        Key::StsSourceIdentity if Service::named(name).sets_source_identity() => {
            (PRESENT, Kind::CallerState)
        }
        Key::SourceAccount
        | Key::SourceArn
        | Key::SourceOrgId
        | Key::SourceOrgPaths
        | Key::StsExternalId
        | Key::StsSourceIdentity
        | Key::TagKeys
        | Key::StsTransitiveTagKeys => (OPEN, Kind::CallerState),
        Key::StsRoleSessionName => (PRESENT, Kind::CallerState),
        Key::RequestTag => (OPEN, Kind::CallerState),
        Key::PrincipalArn | Key::MultiFactorAuthPresent | Key::FederatedProvider => {
            (State::Absent, Kind::AmbiguousRule)
        }
        Key::PrincipalAccount | Key::PrincipalType | Key::UserId => (OPEN, Kind::AmbiguousRule),
        // The certificate that a workload shows to IAM Roles Anywhere becomes tags of the caller, and
        // some service or other may be that one.
        Key::PrincipalTag if name == "*" || Service::named(name) == Service::RolesAnywhere => {
            (OPEN, Kind::CallerState)
        }
        Key::PrincipalTag => (State::Absent, Kind::AmbiguousRule),
        _ => unsigned_key(key),
    }
}
