//! The caller's own policies.

use crate::org::{AttachedPolicy, InlineDocument};

use super::super::caller::Caller;
use super::super::decision::{Layer, RequirementKind as Kind};
use super::super::evidence::Recorder;
use super::super::given::{Given, denial, given};
use super::super::logic::{Logic, Term};
use super::super::statement::{Place, Principals};
use super::{Part, Worker};

impl<'a, L: Logic, R: Recorder> Worker<'_, 'a, L, R> {
    pub(super) fn identity(&mut self) -> Part<'a, L::Term> {
        let facts = self.context.facts;
        let mut part = Part { allow: Term::FALSE, ..Part::new(Layer::Identity) };
        match self.call().caller {
            Caller::Token(_) | Caller::Saml(_) | Caller::Service(_) => {
                return Part::idle(Layer::Identity);
            }
            Caller::User(key) => {
                let user = &facts.users[*key];
                self.policies(&user.inline, &user.attached, &user.arn, &mut part);
                for group in &user.groups {
                    match group {
                        Ok(group) => {
                            let group = &facts.groups[*group];
                            self.policies(&group.inline, &group.attached, &group.arn, &mut part);
                        }
                        Err(name) => {
                            let policy = format!("policies of group {name}");
                            let place = place(&policy, &user.arn);
                            let (allow, deny) =
                                self.unread(place, || "the group was not read".to_owned());
                            part.allow.widen(allow);
                            part.deny.widen(deny);
                        }
                    }
                }
            }
            Caller::Role(key) | Caller::Session(key, _) => {
                let role = &facts.roles[*key];
                self.policies(&role.inline, &role.attached, &role.arn, &mut part);
            }
            Caller::Account(_) | Caller::Anyone | Caller::Named(_) | Caller::RootUser(_) => {
                self.outsider(&mut part);
            }
        }
        part
    }

    /// The side of a caller that nobody read.
    fn outsider(&mut self, part: &mut Part<'a, L::Term>) {
        let context = self.context;
        let action = self.action.as_str();
        let who = || super::super::caller_text(context.facts, context.call.caller);
        let kind = context.outsider_kind();
        part.allow = given(context, self.logic, || Given {
            key: "caller's side".into(),
            value: action.into(),
            kind,
            text: || match (kind, context.caller_account) {
                (Kind::NotRead, Some(account)) => format!(
                    "account `{}` was not read; it must grant `{action}` there",
                    context.facts.accounts[account].name,
                ),
                _ => {
                    let to = match context.call.caller {
                        Caller::Anyone => "it".to_owned(),
                        _ => format!("`{}`", who()),
                    };
                    format!(
                        "an administrator of the caller's account must grant `{action}` to {to}"
                    )
                }
            },
        });
        // Within the account the trust policy's grant may be enough by itself, but a deny of the
        // caller's side always counts.
        if context.caller_account == Some(context.target_account) {
            part.deny = denial(context, self.logic, || Given {
                key: "caller's side denies".into(),
                value: action.into(),
                kind,
                text: || {
                    format!(
                        "the policies of `{}`, which were not read, must not deny the call",
                        who()
                    )
                },
            });
        }
    }

    fn policies(
        &mut self,
        inline: &[InlineDocument],
        attached: &[AttachedPolicy],
        owner: &str,
        part: &mut Part<'a, L::Term>,
    ) {
        let inline = inline.iter().map(|policy| (&*policy.name, Some(policy.document)));
        let attached = attached.iter().map(|policy| (&*policy.arn, policy.document));
        for (name, document) in inline.chain(attached) {
            let (allow, deny) = self.policy(document, Principals::None, place(name, owner));
            part.allow.widen(allow);
            part.deny.widen(deny);
        }
    }

    pub(super) fn boundary(&mut self) -> Part<'a, L::Term> {
        let facts = self.context.facts;
        let (boundary, owner) = match self.call().caller {
            Caller::User(key) => (&facts.users[*key].boundary, &facts.users[*key].arn),
            Caller::Role(key) | Caller::Session(key, _) => {
                (&facts.roles[*key].boundary, &facts.roles[*key].arn)
            }
            _ => return Part::idle(Layer::Boundary),
        };
        let Some(policy) = boundary else { return Part::idle(Layer::Boundary) };
        let place =
            Place { layer: Layer::Boundary, level: None, policy: &policy.arn, attached_to: owner };
        let (allow, deny) = self.policy(policy.document, Principals::None, place);
        Part { allow, deny, ..Part::new(Layer::Boundary) }
    }
}

fn place<'p>(policy: &'p str, owner: &'p str) -> Place<'p> {
    Place { layer: Layer::Identity, level: None, policy, attached_to: owner }
}
