//! Keys of calls that credentials sign: users, role sessions, and principals of accounts that
//! are not in the facts.

use std::borrow::Cow;

use crate::arn::PrincipalName;
use crate::arn::glob::Glob;
use crate::org::{AccountKey, RoleKey, UserKey};
use crate::policy::{Key, KeyName};

use super::super::caller::{Caller, Lineage};
use super::super::decision::RequirementKind as Kind;
use super::{Context, OPEN, PRESENT, Shape, State, known, known_or_absent, tag};

impl Context<'_> {
    pub(super) fn user_key<'c>(&'c self, key: KeyName<'c>, user: UserKey) -> (State<'c>, Kind) {
        let row = &self.facts.users[user];
        let account = row.account;
        let state = match key.key {
            Key::PrincipalArn => known(&*row.arn),
            Key::PrincipalType => known("User"),
            Key::UserId if row.unique_id.is_empty() => PRESENT,
            Key::UserId => known(row.unique_id.as_str()),
            Key::UserName => known(row.name.as_str()),
            // Long-term keys carry no MFA, sessions and the console may (rule K6).
            Key::MultiFactorAuthPresent => {
                return (State::Open(Shape::Truth), Kind::CallerState);
            }
            Key::MultiFactorAuthAge | Key::TokenIssueTime => return (OPEN, Kind::CallerState),
            Key::FederatedProvider | Key::SourceIdentity => State::Absent,
            Key::PrincipalTag => {
                let own = tag(&row.tags, key.behind_slash());
                return (known_or_absent(own), Kind::CallerState);
            }
            _ => return self.credentials_key(key.key, account),
        };
        (state, Kind::NotRead)
    }

    pub(super) fn role_key<'c>(&'c self, key: KeyName<'c>, role: RoleKey) -> (State<'c>, Kind) {
        let row = &self.facts.roles[role];
        let state = match key.key {
            Key::PrincipalArn => known(&*row.arn),
            Key::PrincipalType => known("AssumedRole"),
            Key::UserId => {
                return match self.call.caller {
                    Caller::Session(_, name) if !row.unique_id.is_empty() => {
                        (known(format!("{}:{name}", row.unique_id)), Kind::CallerState)
                    }
                    _ if row.unique_id.is_empty() => (PRESENT, Kind::CallerState),
                    _ => (State::Present(Shape::SessionOf(&row.unique_id)), Kind::CallerState),
                };
            }
            Key::UserName | Key::MultiFactorAuthAge => State::Absent,
            // A role session never carries MFA; whether the key then says "false" or is absent
            // is told in two ways (rules K6 and D13).
            Key::MultiFactorAuthPresent => {
                return (State::AbsentOr("false"), Kind::AmbiguousRule);
            }
            Key::TokenIssueTime => return (PRESENT, Kind::CallerState),
            Key::FederatedProvider => {
                let state = match self.call.lineage {
                    Lineage::User | Lineage::Service(_) => State::Absent,
                    _ => OPEN,
                };
                return (state, Kind::CallerState);
            }
            Key::SourceIdentity => return (self.left_source_identity(), Kind::CallerState),
            // What is set once can't be set to anything else (rule C4).
            Key::StsSourceIdentity if self.call.service().sets_source_identity() => {
                return (self.left_source_identity(), Kind::CallerState);
            }
            Key::Compute | Key::Ec2InstanceSourceVpc | Key::Ec2InstanceSourcePrivateIPv4 => {
                return (OPEN, Kind::CallerState);
            }
            Key::SamlNameQualifier | Key::SamlSub | Key::SamlSubType => {
                let state = match self.call.lineage {
                    Lineage::Unknown | Lineage::Assertion => OPEN,
                    _ => State::Absent,
                };
                return (state, Kind::CallerState);
            }
            Key::PrincipalTag => {
                let name = key.behind_slash();
                let own = tag(&row.tags, name);
                return (self.left_tag(role, name, false, own), Kind::CallerState);
            }
            Key::Claim => return self.inherited_claim(key.lower),
            _ => return self.credentials_key(key.key, row.account),
        };
        (state, Kind::NotRead)
    }

    /// Claims of the token that a session began with. Whether `aud` and `sub` of other than
    /// the built-in issuers outlive the first call is disputed (rule K8).
    fn inherited_claim(&self, key: &str) -> (State<'static>, Kind) {
        let (prefix, claim) = key.rsplit_once(':').unwrap_or((key, ""));
        let survives =
            matches!(claim, "aud" | "sub" | "amr" | "id" | "app_id" | "user_id" | "oaud");
        let state = match self.call.lineage {
            _ if !survives => State::Absent,
            Lineage::User | Lineage::Service(_) | Lineage::Assertion => State::Absent,
            Lineage::Token(issuer) if !issuer.eq_ignore_ascii_case(prefix) => State::Absent,
            Lineage::Token(_) | Lineage::Unknown => OPEN,
        };
        (state, Kind::AmbiguousRule)
    }

    /// Keys of every call that is signed with credentials of an account of the facts.
    fn credentials_key(&self, key: Key, account: AccountKey) -> (State<'_>, Kind) {
        match key {
            Key::PrincipalAccount => {
                (known(self.facts.accounts[account].id_text.as_str()), Kind::NotRead)
            }
            Key::PrincipalOrgId => (self.organization_id(account), Kind::NotRead),
            Key::PrincipalOrgPaths => (self.organization_path(account), Kind::NotRead),
            _ => Self::chosen_key(key),
        }
    }

    /// Keys that a caller with credentials chooses, or that such a call never has (rule K3).
    fn chosen_key(key: Key) -> (State<'static>, Kind) {
        match key {
            Key::PrincipalIsAwsService => (known("false"), Kind::NotRead),
            Key::PrincipalServiceName
            | Key::PrincipalServiceNamesList
            | Key::SourceAccount
            | Key::SourceArn
            | Key::SourceOrgId
            | Key::SourceOrgPaths
            | Key::Ec2InstanceSourceVpc
            | Key::Ec2InstanceSourcePrivateIPv4 => (State::Absent, Kind::NotRead),
            Key::StsExternalId
            | Key::StsSourceIdentity
            | Key::TagKeys
            | Key::StsTransitiveTagKeys => (OPEN, Kind::CallerChoice),
            Key::StsRoleSessionName => (PRESENT, Kind::CallerChoice),
            Key::StsRoleAuthorizedByIdp => (State::Absent, Kind::AmbiguousRule),
            Key::RequestTag => (OPEN, Kind::CallerChoice),
            Key::RequestContext | Key::StsRequestContextProviders => (OPEN, Kind::CallerState),
            Key::Claim | Key::Compute => (State::Absent, Kind::AmbiguousRule),
            _ if key.is_saml() => (State::Absent, Kind::AmbiguousRule),
            _ => (OPEN, Kind::AmbiguousRule),
        }
    }

    pub(super) fn outsider_key(&self, key: Key) -> (State<'_>, Kind) {
        let known = self.is_some_session().then(|| self.some_session_key(key)).flatten();
        known.unwrap_or_else(|| self.some_outsider_key(key))
    }

    /// What is known of the session of some role beyond what is of any outsider.
    fn some_session_key(&self, key: Key) -> Option<(State<'_>, Kind)> {
        let kind = self.outsider_kind();
        Some(match key {
            Key::PrincipalArn => {
                let partition = self.facts.accounts[self.target_account].partition;
                let roles = format!("arn:{partition}:iam::{}:role/*", self.caller_account_id?);
                (State::Present(Shape::Like(Cow::Owned(Glob::of(roles.into())))), kind)
            }
            Key::PrincipalType => (known("AssumedRole"), kind),
            // The role's id, and the session's name.
            Key::UserId => (State::Present(Shape::Like(Cow::Owned(Glob::of("*:*".into())))), kind),
            Key::UserName | Key::MultiFactorAuthAge => (State::Absent, kind),
            Key::MultiFactorAuthPresent => (State::AbsentOr("false"), Kind::AmbiguousRule),
            Key::TokenIssueTime => (PRESENT, Kind::CallerState),
            _ => return None,
        })
    }

    fn some_outsider_key(&self, key: Key) -> (State<'_>, Kind) {
        let kind = self.outsider_kind();
        let id = self.caller_account_id;
        match key {
            Key::PrincipalArn => match self.call.caller {
                Caller::Named(arn) => match arn.principal() {
                    // The key holds the role's ARN, and the session's does not tell its path.
                    Some(PrincipalName::Session { account, role, .. }) => {
                        let like = format!("arn:{}:iam::{account}:role/*{role}", arn.partition());
                        (State::Present(Shape::Like(Cow::Owned(Glob::new(&like)))), kind)
                    }
                    _ => (known(arn.as_str()), kind),
                },
                Caller::RootUser(_) => (PRESENT, kind),
                _ => {
                    // Nobody of another partition calls (rule T3).
                    let partition = self.facts.accounts[self.target_account].partition;
                    let like = match id {
                        Some(id) => format!("arn:{partition}:iam::{id}:*"),
                        None => format!("arn:{partition}:iam::*:*"),
                    };
                    (State::Present(Shape::Like(Cow::Owned(Glob::of(like.into())))), kind)
                }
            },
            Key::PrincipalAccount => (id.map_or(PRESENT, |id| known(id.to_string())), kind),
            Key::PrincipalOrgId => match self.caller_account {
                Some(account) => (self.organization_id(account), Kind::NotRead),
                None => (self.foreign_organization(), kind),
            },
            Key::PrincipalOrgPaths => match self.caller_account {
                Some(account) => (self.organization_path(account), Kind::NotRead),
                None => (OPEN, kind),
            },
            Key::PrincipalType | Key::UserId => (PRESENT, kind),
            Key::MultiFactorAuthPresent => match self.call.caller {
                Caller::Named(arn)
                    if !matches!(arn.principal(), Some(PrincipalName::User { .. })) =>
                {
                    (State::AbsentOr("false"), Kind::AmbiguousRule)
                }
                _ => (State::Open(Shape::Truth), Kind::CallerState),
            },
            Key::UserName | Key::SourceIdentity | Key::FederatedProvider => (OPEN, kind),
            Key::MultiFactorAuthAge | Key::TokenIssueTime => (OPEN, Kind::CallerState),
            Key::PrincipalTag => (OPEN, kind),
            // The caller may be a role whose session an instance or a function holds.
            Key::Compute | Key::Ec2InstanceSourceVpc | Key::Ec2InstanceSourcePrivateIPv4 => {
                (OPEN, Kind::CallerState)
            }
            Key::Claim => (OPEN, Kind::AmbiguousRule),
            _ if key.is_saml() => (OPEN, Kind::AmbiguousRule),
            _ => Self::chosen_key(key),
        }
    }
}
