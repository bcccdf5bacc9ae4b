//! Service and resource control policies, level by level.

use crate::arn::PrincipalName;
use crate::org::{ControlPolicyKey, ControlPolicyKind, Membership, Unhindered};

use super::super::caller::{Caller, Target};
use super::super::decision::{Layer, RequirementKind as Kind};
use super::super::evidence::Recorder;
use super::super::given::{Given, given};
use super::super::logic::{Logic, Term};
use super::super::statement::{Place, Principals};
use super::{Part, Sum, Worker};

impl<'a, L: Logic, R: Recorder> Worker<'_, 'a, L, R> {
    /// The control policies of one type, level by level (rules G4 to G6). A token's bearer is a
    /// principal of no account, so service control policies have no part then (rule D5).
    pub(super) fn control(
        &mut self,
        kind: ControlPolicyKind,
        sum: &mut Sum<'a, L::Term>,
    ) -> Option<()> {
        let layer = match kind {
            ControlPolicyKind::Service => Layer::Scp,
            ControlPolicyKind::Resource => Layer::Rcp,
        };
        let facts = self.context.facts;
        let capped = match kind {
            ControlPolicyKind::Service => self.context.caller_account,
            ControlPolicyKind::Resource => Some(self.context.target_account),
        };
        let Some(capped) = capped.filter(|_| !self.spared(kind)) else {
            return sum.add::<R>(Part::idle(layer), true);
        };
        let account = &facts.accounts[capped];
        let enabled = facts.known_organization().map(|organization| match kind {
            ControlPolicyKind::Service => organization.scps.read(),
            ControlPolicyKind::Resource => organization.rcps.read(),
        });
        let line = match (account.membership, enabled, account.parent) {
            (Membership::Management | Membership::Standalone, ..)
            | (Membership::Member, Some(Some(false)), _) => {
                return sum.add::<R>(Part::idle(layer), true);
            }
            (Membership::Member, Some(Some(true)), Some(parent)) => facts.line(parent),
            _ => {
                let part = self.unread_control(layer, &account.name);
                return sum.add::<R>(part, true);
            }
        };
        if !self.context.line_is_whole(line) {
            let part = self.unread_control(layer, &account.name);
            sum.add::<R>(part, true)?;
        }
        // Levels that hinder nobody are of interest only as evidence.
        let action = self.action;
        let idle = |unhindered: Unhindered| {
            let lets_through = match kind {
                ControlPolicyKind::Service => unhindered.scps,
                ControlPolicyKind::Resource => unhindered.rcps,
            };
            !R::WANTED && lets_through.has(action)
        };
        for container in line {
            let container = &facts.containers[*container];
            if idle(container.unhindered) {
                continue;
            }
            let part = self.level(kind, layer, &container.id, &container.control_policies);
            sum.add::<R>(part, true)?;
        }
        if idle(account.unhindered) {
            return Some(());
        }
        let part = self.level(kind, layer, &account.id_text, &account.control_policies);
        sum.add::<R>(part, true)
    }

    /// Service-linked roles are beyond control policies, as callers and, for the services that
    /// own them, as targets (rules G4 and G5).
    fn spared(&self, kind: ControlPolicyKind) -> bool {
        let facts = self.context.facts;
        match (self.call().caller, self.call().target) {
            (Caller::Role(key) | Caller::Session(key, _), _) => facts.roles[*key].service_linked(),
            (Caller::Named(arn), _) => matches!(
                arn.principal(),
                Some(PrincipalName::Role { path, .. }) if path.starts_with("/aws-service-role/")
            ),
            (Caller::Service(_), Target::Role(role)) => {
                kind == ControlPolicyKind::Resource && facts.roles[*role].service_linked()
            }
            _ => false,
        }
    }

    fn level(
        &mut self,
        kind: ControlPolicyKind,
        layer: Layer,
        id: &'a str,
        attached: &[ControlPolicyKey],
    ) -> Part<'a, L::Term> {
        let facts = self.context.facts;
        let mut part: Part<'a, L::Term> =
            Part { level: Some(id), allow: Term::FALSE, ..Part::new(layer) };
        let principals = match kind {
            ControlPolicyKind::Service => Principals::None,
            ControlPolicyKind::Resource => Principals::Everyone,
        };
        let all = facts.control(kind);
        let here = attached.iter().filter(|key| facts.control_policies[**key].kind == kind);
        for (key, loose) in here.map(|key| (key, false)).chain(all.loose.iter().map(|k| (k, true)))
        {
            let policy = &facts.control_policies[*key];
            let place = Place { layer, level: Some(id), policy: &policy.id, attached_to: id };
            let (mut allow, mut deny) = self.policy(policy.document, principals, place);
            if loose {
                let attached = given(self.context, self.logic, || Given {
                    key: format!("{} at {id}", policy.id).into(),
                    value: "".into(),
                    kind: Kind::NotRead,
                    text: || {
                        format!(
                            "whether policy `{}` is attached to `{id}` was not read",
                            policy.name
                        )
                    },
                });
                allow = allow.and(attached.clone());
                deny = deny.and(attached);
            }
            part.allow.widen(allow);
            part.deny.widen(deny);
        }
        match kind {
            // Attached everywhere, and it can't be detached.
            ControlPolicyKind::Resource => part.allow = Term::TRUE,
            // Every organization has it; where it is not even listed, what hangs where was not
            // read in full.
            ControlPolicyKind::Service if !all.full_access_listed => {
                part.allow.widen(given(self.context, self.logic, || Given {
                    key: "p-FullAWSAccess".into(),
                    value: id.into(),
                    kind: Kind::NotRead,
                    text: || {
                        format!(
                            "what allows at `{id}` was not read: FullAWSAccess is not among the policies"
                        )
                    },
                }));
            }
            ControlPolicyKind::Service => {}
        }
        part
    }

    fn unread_control(&mut self, layer: Layer, account: &str) -> Part<'a, L::Term> {
        let place = Place { layer, level: None, policy: layer.title(), attached_to: account };
        let (allow, deny) =
            self.unread(place, || "nobody read them, or where the account hangs".to_owned());
        let allow = if layer == Layer::Rcp { Term::TRUE } else { allow };
        Part { allow, deny, ..Part::new(layer) }
    }
}
