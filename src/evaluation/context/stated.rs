//! What is stated of a call, or of every call (rule K11).

use ipnet::IpNet;

use crate::arn::PrincipalName;
use crate::policy::{Key, KeyName};

use super::super::caller::Caller;
use super::super::decision::RequirementKind as Kind;
use super::{Context, KeyFacts, Shape, State, Values};

impl Context<'_> {
    /// A key with what is stated of it.
    pub(super) fn with_stated<'c>(
        &'c self,
        key: KeyName<'c>,
        values: &'c [String],
    ) -> KeyFacts<'c> {
        let network = network(key.key, values);
        let state = match (network, values) {
            (Some(network), _) => State::Present(Shape::Within(network)),
            (None, []) => State::Absent,
            (None, values) => State::Known(Values::List(values)),
        };
        if !self.call.scenario.of_all {
            let kind = if network.is_some() { Kind::Environment } else { Kind::CallerState };
            return KeyFacts { state, kind };
        }
        let unstated = self.unstated_key(key);
        if self.carries(key.key) && unstated.state.may_be(values, network) {
            KeyFacts { state, kind: unstated.kind }
        } else {
            unstated
        }
    }

    /// Whether what is stated of every call is believed of the caller's. What a session holds of
    /// the hops before is a matter of these hops.
    fn carries(&self, key: Key) -> bool {
        match key {
            Key::Claim => matches!(self.call.caller, Caller::Token(_)),
            key if key.is_saml() => matches!(self.call.caller, Caller::Saml(_)),
            // A service calls from where it runs.
            key if is_of_network(key) => !matches!(self.call.caller, Caller::Service(_)),
            // Some principal of another account may be a role, and a role's session has none.
            Key::MultiFactorAuthPresent | Key::MultiFactorAuthAge => match self.call.caller {
                Caller::Account(_) | Caller::Anyone => false,
                Caller::Named(arn) => {
                    matches!(arn.principal(), Some(PrincipalName::User { .. }))
                }
                _ => true,
            },
            key => is_of_each_call(key),
        }
    }
}

/// Whether a key, by its name in lower case, can be stated of every call at once: where, when and
/// how calls are made. Who calls whom differs from call to call, and what one call hands on
/// decides about the next.
pub fn may_be_stated_of_all(key: &str) -> bool {
    let key = Key::of(key);
    key == Key::Claim || key.is_saml() || is_of_each_call(key)
}

/// Whether a key tells from where a call is made.
pub(super) fn is_of_network(key: Key) -> bool {
    matches!(
        key,
        Key::SourceIp
            | Key::VpcSourceIp
            | Key::SourceVpc
            | Key::SourceVpce
            | Key::SourceVpcArn
            | Key::VpceAccount
            | Key::VpceOrgId
            | Key::VpceOrgPaths
    )
}

fn is_of_each_call(key: Key) -> bool {
    is_of_network(key)
        || matches!(
            key,
            Key::CurrentTime
                | Key::EpochTime
                | Key::RequestedRegion
                | Key::UserAgent
                | Key::Referer
                | Key::MultiFactorAuthPresent
                | Key::MultiFactorAuthAge
                | Key::TokenIssueTime
                | Key::StsExternalId
                | Key::StsRoleSessionName
                | Key::SourceAccount
                | Key::SourceArn
                | Key::SourceOrgId
                | Key::SourceOrgPaths
                | Key::Other
        )
}

/// The network that is stated in place of an address.
fn network(key: Key, values: &[String]) -> Option<IpNet> {
    let address =
        matches!(key, Key::SourceIp | Key::VpcSourceIp | Key::Ec2InstanceSourcePrivateIPv4);
    match values {
        [value] if address && value.contains('/') => crate::policy::network(value),
        _ => None,
    }
}

impl State<'_> {
    /// Whether the values are among those that the key may have here.
    fn may_be(&self, values: &[String], network: Option<IpNet>) -> bool {
        let fits =
            |shape: &Shape<'_>| network.is_some() || values.iter().all(|value| shape.may_be(value));
        match self {
            Self::Open(shape) => fits(shape),
            Self::Present(shape) => !values.is_empty() && fits(shape),
            // Whether it is there is disputed, and stating it of everybody settles nothing of that.
            Self::AbsentOr(_) | Self::Known(_) | Self::Absent | Self::Left(_) => false,
        }
    }
}

impl Shape<'_> {
    fn may_be(&self, value: &str) -> bool {
        match self {
            Self::Any | Self::Within(_) => true,
            Self::SessionOf(id) => value.strip_prefix(id).is_some_and(|rest| rest.starts_with(':')),
            Self::Like(glob) => glob.matches(value),
            Self::Not(other) => value != *other,
            Self::OneOf(list) => list.iter().any(|one| one == value),
            Self::Truth => ["true", "false"].iter().any(|it| value.eq_ignore_ascii_case(it)),
        }
    }
}
