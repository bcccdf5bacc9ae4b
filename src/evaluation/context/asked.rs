//! Keys of a request that need not be an assume call: what a principal may do at all is asked of
//! any action (rule M4).

use crate::arn::Partition;
use crate::org::Facts;
use crate::org::Tags;
use crate::policy::{Key, KeyName};

use super::super::caller::Call;
use super::super::decision::RequirementKind as Kind;
use super::{Context, OPEN, PRESENT, Shape, State, known, known_or_absent, tag};

/// A request of any action, by the caller of the context.
#[derive(Clone, Copy)]
pub(in crate::evaluation) struct Asked<'a> {
    /// The action.
    pub(in crate::evaluation) action: &'a str,
    /// The ARN of what it acts on, or `*`.
    pub(in crate::evaluation) resource: &'a str,
    /// The resource's tags where it is known; `None` for some resource.
    pub(in crate::evaluation) tags: Option<&'a Tags>,
    /// Keys in lower case that such a request has, or (`None`) has not.
    pub(in crate::evaluation) stated: &'a [(&'a str, Option<&'a str>)],
}

impl<'a> Context<'a> {
    /// The context of a request. The caller is that of `call`, whose target lends its account.
    pub(in crate::evaluation) fn asked(
        facts: &'a Facts,
        call: &'a Call<'a>,
        asked: Asked<'a>,
    ) -> Self {
        Self { asked: Some(asked), ..Self::about(facts, call, asked.resource) }
    }

    /// What differs from an assume call; `None` for what does not.
    pub(super) fn asked_key<'c>(
        &'c self,
        asked: &Asked<'c>,
        key: KeyName<'c>,
    ) -> Option<(State<'c>, Kind)> {
        if let Some((_, value)) = asked.stated.iter().find(|(stated, _)| *stated == key.lower) {
            return Some((known_or_absent(*value), Kind::CallerChoice));
        }
        Some(match key.key {
            Key::SecureTransport | Key::ViaAwsService => {
                (State::Open(Shape::Truth), Kind::Environment)
            }
            Key::CalledVia | Key::CalledViaFirst | Key::CalledViaLast => (OPEN, Kind::Environment),
            // IAM has one endpoint, wherever its callers are.
            Key::RequestedRegion if self.is_for_iam(asked) => {
                (known("us-east-1"), Kind::Environment)
            }
            Key::RequestedRegion => (PRESENT, Kind::Environment),
            Key::ResourceTag => match asked.tags {
                Some(tags) => (known_or_absent(tag(tags, key.behind_slash())), Kind::CallerState),
                None => (OPEN, Kind::CallerChoice),
            },
            Key::Foreign | Key::StsAwsServiceName | Key::StsDurationSeconds => {
                (OPEN, Kind::CallerChoice)
            }
            Key::Other if !key.lower.starts_with("aws:") => (OPEN, Kind::CallerChoice),
            _ => return None,
        })
    }

    fn is_for_iam(&self, asked: &Asked<'_>) -> bool {
        let partition = self.facts.accounts[self.target_account].partition;
        let service = asked.action.get(..4);
        partition == Partition::Aws && service.is_some_and(|it| it.eq_ignore_ascii_case("iam:"))
    }
}
