//! The trust policy.

use super::super::caller::Target;
use super::super::decision::{Layer, RequirementKind as Kind};
use super::super::evidence::Recorder;
use super::super::given::{Given, given};
use super::super::logic::Logic;
use super::super::principal::{Class, Ways};
use super::super::statement::{self, Place, Principals};
use super::{Part, Worker};

/// How a trust policy that nobody could read names the caller: in a way that may need nothing of
/// the caller's side.
const UNREAD: Class = Class::Anyone;

impl<'a, L: Logic, R: Recorder> Worker<'_, 'a, L, R> {
    /// The trust policy, and the ways in which it grants the call.
    pub(super) fn trust(&mut self) -> (Part<'a, L::Term>, Ways<L::Term>) {
        let mut part = Part::new(Layer::Trust);
        let context = self.context;
        let facts = context.facts;
        let role = match self.call().target {
            Target::Role(role) => &facts.roles[*role],
            Target::Unread(account, _) => {
                let grant = given(context, self.logic, || {
                    let arn = context.target_arn();
                    Given {
                        key: "trust policy".into(),
                        value: arn.into(),
                        kind: Kind::NotRead,
                        text: move || {
                            let why = facts.accounts[*account]
                                .missing()
                                .map_or("it is not in what was read", |gap| &gap.message);
                            format!(
                                "the trust policy of `{arn}`, which was not read, must let the caller in ({why})"
                            )
                        },
                    }
                });
                part.allow = grant.clone();
                return (part, Ways::one(UNREAD, grant));
            }
        };
        let place = Place {
            layer: Layer::Trust,
            level: None,
            policy: "trust policy",
            attached_to: &role.arn,
        };
        match &facts.documents[role.trust].parsed {
            Err(error) => {
                let (allow, deny) = self.unread(place, || format!("it does not parse: {error}"));
                let ways = Ways::one(UNREAD, allow.clone());
                (part.allow, part.deny) = (allow, deny);
                (part, ways)
            }
            Ok(document) => {
                let effects = statement::evaluate(
                    document,
                    self.action,
                    Principals::Decide,
                    &place,
                    context,
                    self.logic,
                    self.recorder,
                );
                (part.allow, part.deny) = (effects.allow.any(), effects.deny);
                (part, effects.allow)
            }
        }
    }
}
