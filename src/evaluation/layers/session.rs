//! What only a question can bring in: session policies, and the policy of a VPC endpoint.

use super::super::caller::Caller;
use super::super::decision::Layer;
use super::super::evidence::Recorder;
use super::super::logic::{Logic, Term};
use super::super::statement::{self, Place, Principals};
use super::{Part, Worker};

impl<'a, L: Logic, R: Recorder> Worker<'_, 'a, L, R> {
    /// The policies that were passed when the caller's session was made: together they cap it,
    /// and one that allows is enough (rule G8). Sessions alone have them.
    pub(super) fn session(&mut self) -> Part<'a, L::Term> {
        let stated = &self.call().scenario.session_policies;
        let has_session =
            matches!(self.call().caller, Caller::Role(_) | Caller::Session(..) | Caller::Named(_));
        if stated.is_empty() || !has_session {
            return Part::idle(Layer::Session);
        }
        let mut part: Part<'a, L::Term> = Part { allow: Term::FALSE, ..Part::new(Layer::Session) };
        for policy in stated {
            let place = Place {
                layer: Layer::Session,
                level: None,
                policy: &policy.name,
                attached_to: "the caller's session",
            };
            let (allow, deny) = match &policy.document {
                Err(error) => self.unread(place, || format!("it does not parse: {error}")),
                Ok(document) => {
                    let effects = statement::evaluate(
                        document,
                        self.action,
                        Principals::None,
                        &place,
                        self.context,
                        self.logic,
                        self.recorder,
                    );
                    (effects.allow.any(), effects.deny)
                }
            };
            part.allow.widen(allow);
            part.deny.widen(deny);
        }
        part
    }

    /// The policy of the endpoint that the call takes: stated to be there, and read by nobody
    /// (rule G9).
    pub(super) fn endpoint(&mut self) -> Part<'a, L::Term> {
        let place = Place {
            layer: Layer::Endpoint,
            level: None,
            policy: "VPC endpoint policy",
            attached_to: "the endpoint",
        };
        let (allow, deny) = self.unread(place, || "endpoints are not collected".to_owned());
        Part { allow, deny, ..Part::new(Layer::Endpoint) }
    }
}
