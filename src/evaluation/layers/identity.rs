//! The caller's own policies.

use std::sync::Arc;

use crate::org::{AttachedPolicy, InlineDocument};

use super::super::caller::Caller;
use super::super::decision::{Layer, RequirementKind as Kind};
use super::super::evidence::Recorder;
use super::super::formula::Formula;
use super::super::principal::given;
use super::super::statement::{Place, Principals};
use super::{Part, Worker, add};

impl<R: Recorder> Worker<'_, '_, R> {
    pub(super) fn identity(&mut self) -> Part {
        let facts = self.context.facts;
        let mut part = Part { allow: Formula::False, ..Part::new(Layer::Identity) };
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
                            let place = Place {
                                layer: Layer::Identity,
                                level: None,
                                policy: format!("policies of group {name}").into(),
                                attached_to: user.arn.clone(),
                            };
                            let (allow, deny) = self.unread(&place, "the group was not read");
                            add(&mut part, allow, deny);
                        }
                    }
                }
            }
            Caller::Role(key) | Caller::Session(key, _) => {
                let role = &facts.roles[*key];
                self.policies(&role.inline, &role.attached, &role.arn, &mut part);
            }
            Caller::Account(_) | Caller::Anyone | Caller::Named(_) | Caller::RootUser(_) => {
                let who = super::super::caller_text(facts, self.call().caller);
                let kind = self.context.outsider_kind();
                let text = match (kind, self.context.caller_account()) {
                    (Kind::NotRead, Some(account)) => format!(
                        "account `{}` was not read; it must grant `{}` there",
                        facts.accounts[account].name,
                        self.action.as_str()
                    ),
                    _ => format!(
                        "an administrator of the caller's account must grant `{}` to `{who}`",
                        self.action.as_str()
                    ),
                };
                part.allow = given(
                    self.context,
                    self.atoms,
                    "caller's side",
                    self.action.as_str(),
                    kind,
                    text,
                );
                // Within the account the trust policy's grant may be enough by itself, but a
                // deny of the caller's side always counts.
                if self.context.caller_account() == Some(self.context.target_account) {
                    let text =
                        format!("the policies of `{who}` were not read and may deny the call");
                    part.deny = given(
                        self.context,
                        self.atoms,
                        "caller's side denies",
                        self.action.as_str(),
                        kind,
                        text,
                    );
                }
            }
        }
        part
    }

    fn policies(
        &mut self,
        inline: &[InlineDocument],
        attached: &[AttachedPolicy],
        owner: &Arc<str>,
        part: &mut Part,
    ) {
        let place = |policy: &Arc<str>| Place {
            layer: Layer::Identity,
            level: None,
            policy: policy.clone(),
            attached_to: owner.clone(),
        };
        for policy in inline {
            let (allow, deny) =
                self.policy(Some(policy.document), Principals::None, &place(&policy.name));
            add(part, allow, deny);
        }
        for policy in attached {
            let (allow, deny) = self.policy(policy.document, Principals::None, &place(&policy.arn));
            add(part, allow, deny);
        }
    }

    pub(super) fn boundary(&mut self) -> Part {
        let facts = self.context.facts;
        let (boundary, owner) = match self.call().caller {
            Caller::User(key) => (&facts.users[*key].boundary, &facts.users[*key].arn),
            Caller::Role(key) | Caller::Session(key, _) => {
                (&facts.roles[*key].boundary, &facts.roles[*key].arn)
            }
            _ => return Part::idle(Layer::Boundary),
        };
        let Some(policy) = boundary else { return Part::idle(Layer::Boundary) };
        let place = Place {
            layer: Layer::Boundary,
            level: None,
            policy: policy.arn.clone(),
            attached_to: owner.clone(),
        };
        let (allow, deny) = self.policy(policy.document, Principals::None, &place);
        Part { allow, deny, ..Part::new(Layer::Boundary) }
    }
}
