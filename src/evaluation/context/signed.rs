//! Keys of calls that credentials sign: users, role sessions, and principals of accounts that
//! are not in the facts.

use std::borrow::Cow;

use crate::arn::PrincipalName;
use crate::arn::glob::Glob;
use crate::org::{AccountKey, RoleKey, UserKey};

use super::super::caller::{Caller, Lineage};
use super::super::decision::RequirementKind as Kind;
use super::{Context, OPEN, PRESENT, Shape, State, known, known_or_absent, of_compute, tag};

impl Context<'_> {
    pub(super) fn user_key<'c>(&'c self, key: &'c str, user: UserKey) -> (State<'c>, Kind) {
        let row = &self.facts.users[user];
        let account = row.account;
        let state = match key {
            "aws:principalarn" => known(&*row.arn),
            "aws:principaltype" => known("User"),
            "aws:userid" if row.unique_id.is_empty() => PRESENT,
            "aws:userid" => known(row.unique_id.as_str()),
            "aws:username" => known(row.name.as_str()),
            // Long-term keys carry no MFA, sessions and the console may (rule K6).
            "aws:multifactorauthpresent" => {
                return (State::Open(Shape::Truth), Kind::CallerState);
            }
            "aws:multifactorauthage" | "aws:tokenissuetime" => return (OPEN, Kind::CallerState),
            "aws:federatedprovider" | "aws:sourceidentity" => State::Absent,
            _ => {
                if let Some(name) = key.strip_prefix("aws:principaltag/") {
                    return (known_or_absent(tag(&row.tags, name)), Kind::CallerState);
                }
                return self.credentials_key(key, account);
            }
        };
        (state, Kind::NotRead)
    }

    pub(super) fn role_key<'c>(&'c self, key: &'c str, role: RoleKey) -> (State<'c>, Kind) {
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
                    _ => (State::Present(Shape::SessionOf(&row.unique_id)), Kind::CallerState),
                };
            }
            "aws:username" | "aws:multifactorauthage" => State::Absent,
            // A role session never carries MFA; whether the key then says "false" or is absent
            // is told in two ways (rules K6 and D13).
            "aws:multifactorauthpresent" => {
                return (State::AbsentOr("false"), Kind::AmbiguousRule);
            }
            "aws:tokenissuetime" => return (PRESENT, Kind::CallerState),
            "aws:federatedprovider" => {
                let state = match self.call.lineage {
                    Lineage::User | Lineage::Service => State::Absent,
                    _ => OPEN,
                };
                return (state, Kind::CallerState);
            }
            "aws:sourceidentity" => return (self.left_source_identity(), Kind::CallerState),
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
                    let own = tag(&row.tags, name);
                    return (self.left_tag(role, name, false, own), Kind::CallerState);
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
    fn inherited_claim(&self, key: &str) -> Option<(State<'static>, Kind)> {
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
    fn credentials_key(&self, key: &str, account: AccountKey) -> (State<'_>, Kind) {
        match key {
            "aws:principalaccount" => {
                (known(self.facts.accounts[account].id_text.as_str()), Kind::NotRead)
            }
            "aws:principalorgid" => (self.organization_id(account), Kind::NotRead),
            "aws:principalorgpaths" => (self.organization_path(account), Kind::NotRead),
            _ => Self::chosen_key(key),
        }
    }

    /// Keys that a caller with credentials chooses, or that such a call never has (rule K3).
    fn chosen_key(key: &str) -> (State<'static>, Kind) {
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

    pub(super) fn outsider_key(&self, key: &str) -> (State<'_>, Kind) {
        let kind = self.outsider_kind();
        let id = self.caller_account_id;
        match key {
            "aws:principalarn" => match self.call.caller {
                Caller::Named(arn) => (known(arn.as_str()), kind),
                Caller::RootUser(_) => (PRESENT, kind),
                _ => {
                    let like = id.map(|id| format!("arn:*:iam::{id}:*"));
                    let shape =
                        like.map_or(Shape::Any, |text| Shape::Like(Cow::Owned(Glob::new(&text))));
                    (State::Present(shape), kind)
                }
            },
            "aws:principalaccount" => (id.map_or(PRESENT, |id| known(id.to_string())), kind),
            "aws:principalorgid" => match self.caller_account {
                Some(account) => (self.organization_id(account), Kind::NotRead),
                None => (self.foreign_organization(), kind),
            },
            "aws:principalorgpaths" => match self.caller_account {
                Some(account) => (self.organization_path(account), Kind::NotRead),
                None => (OPEN, kind),
            },
            "aws:principaltype" | "aws:userid" => (PRESENT, kind),
            "aws:multifactorauthpresent" => match self.call.caller {
                Caller::Named(arn)
                    if !matches!(arn.principal(), Some(PrincipalName::User { .. })) =>
                {
                    (State::AbsentOr("false"), Kind::AmbiguousRule)
                }
                _ => (State::Open(Shape::Truth), Kind::CallerState),
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
}
