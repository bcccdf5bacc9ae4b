//! The trust policy.

use std::sync::Arc;

use crate::policy::Effect;

use super::super::caller::{Caller, Target};
use super::super::decision::{Layer, RequirementKind as Kind};
use super::super::evidence::Recorder;
use super::super::formula::Formula;
use super::super::principal::{Class, given};
use super::super::statement::{self, Place, Principals};
use super::{Grants, Part, Worker};

impl<R: Recorder> Worker<'_, '_, R> {
    pub(super) fn trust(&mut self) -> (Part, Grants) {
        let mut part = Part::new(Layer::Trust);
        let mut grants = Grants::default();
        let facts = self.context.facts;
        let arn: Arc<str> = self.call().target.arn(facts).into();
        let role = match self.call().target {
            Target::Role(role) => *role,
            Target::Unread(account, _) => {
                let row = &facts.accounts[*account];
                let why =
                    row.identities.gap().map_or("it is not in what was read", |gap| &gap.message);
                let text = format!("the trust policy of `{arn}` was not read ({why})");
                let class = match self.call().caller {
                    Caller::Token(_) | Caller::Saml(_) => Class::Federated,
                    Caller::Service(_) => Class::Service,
                    _ => Class::Account,
                };
                let grant =
                    given(self.context, self.atoms, "trust policy", &arn, Kind::NotRead, text);
                part.allow = grant.clone();
                grants.add(class, grant);
                return (part, grants);
            }
        };
        let document = facts.roles[role].trust;
        let place = Place {
            layer: Layer::Trust,
            level: None,
            policy: "trust policy".into(),
            attached_to: facts.roles[role].arn.clone(),
        };
        match &facts.documents[document].parsed {
            Err(error) => {
                let (allow, deny) = self.unread(&place, &format!("it does not parse: {error}"));
                grants.add(Class::Anyone, allow.clone());
                if !matches!(
                    self.call().caller,
                    Caller::Token(_) | Caller::Saml(_) | Caller::Service(_)
                ) {
                    // Named in some way that can't be told, so the caller's side may matter.
                    grants = Grants::default();
                    grants.add(Class::Account, allow.clone());
                }
                (part.allow, part.deny) = (allow, deny);
            }
            Ok(document) => {
                let found = statement::evaluate(
                    document,
                    self.action,
                    Principals::Decide,
                    &place,
                    self.context,
                    self.atoms,
                    self.recorder,
                );
                for each in found {
                    if each.effect != Some(Effect::Deny) {
                        for (class, formula) in &each.ways {
                            grants.add(*class, formula.clone());
                        }
                    }
                    if each.effect != Some(Effect::Allow) {
                        part.deny =
                            std::mem::replace(&mut part.deny, Formula::False).or(each.formula());
                    }
                }
                part.allow = grants.any();
            }
        }
        (part, grants)
    }
}
