//! Keys of calls that no credentials sign: a token's, an assertion's, and those of AWS services.

use std::borrow::Cow;

use crate::issuer;

use super::super::caller::{Claim, Token};
use super::super::decision::RequirementKind as Kind;
use super::{Context, OPEN, PRESENT, Shape, State, known, of_compute};

impl Context<'_> {
    pub(super) fn token_key<'c>(&'c self, key: &str, token: &'c Token) -> (State<'c>, Kind) {
        if let Some(claim) = claim_of(key, &token.issuer) {
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
            "aud" => match (token.authorized_party(), is_google(&token.issuer)) {
                // Google's authorized party takes the audience's place (rule W8).
                (Some(party), true) => known(party),
                (Some(party), false) if !matches!(&token.audience, Claim::Is(it) if it == party) => {
                    PRESENT
                }
                _ => match &token.audience {
                    Claim::Any => match self.audiences(&token.issuer) {
                        Some([only]) => known(only.as_str()),
                        Some(list) => State::Present(Shape::OneOf(list)),
                        None => PRESENT,
                    },
                    stated => shape(stated),
                },
            },
            "oaud" if is_google(&token.issuer) && token.authorized_party().is_some() => {
                shape(&token.audience)
            }
            other => match stated(other) {
                _ if !issuer::classify(&token.issuer).exposes(other) => State::Absent,
                Some((_, value)) => known(value.as_str()),
                None => OPEN,
            },
        }
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
fn unsigned_key(key: &str) -> (State<'static>, Kind) {
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
        "aws:multifactorauthpresent" => (State::AbsentOr("false"), Kind::AmbiguousRule),
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

pub(super) fn saml_key(key: &str) -> (State<'static>, Kind) {
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
pub(super) fn service_key<'c>(key: &str, name: &'c str) -> (State<'c>, Kind) {
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
