//! Service and resource control policies, level by level.

use crate::org::{ContainerKey, ControlPolicyKind, Membership};

use super::super::caller::{Caller, Target};
use super::super::decision::{Layer, RequirementKind as Kind};
use super::super::evidence::Recorder;
use super::super::formula::Formula;
use super::super::principal::given;
use super::super::statement::{Place, Principals};
use super::{Part, Worker, add};

impl<R: Recorder> Worker<'_, '_, R> {
    /// The control policies of one type, level by level (rules G4 to G6). A token's bearer is a
    /// principal of no account, so service control policies have no part then (rule D5).
    pub(super) fn control(&mut self, kind: ControlPolicyKind) -> Vec<Part> {
        let layer = match kind {
            ControlPolicyKind::Service => Layer::Scp,
            ControlPolicyKind::Resource => Layer::Rcp,
        };
        let facts = self.context.facts;
        let capped = match kind {
            ControlPolicyKind::Service => self.context.caller_account(),
            ControlPolicyKind::Resource => Some(self.context.target_account),
        };
        let Some(capped) = capped else { return vec![Part::idle(layer)] };
        let service_linked = |caller: &Caller| match caller {
            Caller::Role(key) | Caller::Session(key, _) => facts.roles[*key].service_linked(),
            _ => false,
        };
        let to_service_linked = matches!(
            (self.call().caller, self.call().target),
            (Caller::Service(_), Target::Role(role)) if facts.roles[*role].service_linked()
        );
        let spared = service_linked(self.call().caller)
            || (kind == ControlPolicyKind::Resource && to_service_linked);
        let account = &facts.accounts[capped];
        match account.membership {
            _ if spared => return vec![Part::idle(layer)],
            Membership::Management | Membership::Standalone => return vec![Part::idle(layer)],
            Membership::Outside | Membership::Unknown => {
                return vec![self.unread_control(layer, &account.name)];
            }
            Membership::Member => {}
        }
        let organization = facts.known_organization();
        let enabled = organization.map(|organization| match kind {
            ControlPolicyKind::Service => organization.scps.read(),
            ControlPolicyKind::Resource => organization.rcps.read(),
        });
        match enabled {
            Some(Some(false)) => return vec![Part::idle(layer)],
            Some(Some(true)) => {}
            _ => return vec![self.unread_control(layer, &account.name)],
        }
        let Some(parent) = account.parent else {
            return vec![self.unread_control(layer, &account.name)];
        };
        let line: Vec<ContainerKey> = facts.line(parent);
        let mut parts = Vec::new();
        if !self.context.line_is_whole(&line) {
            parts.push(self.unread_control(layer, &account.name));
        }
        for container in line {
            let container = &facts.containers[container];
            parts.push(self.level(kind, layer, &container.id, &container.control_policies));
        }
        let id = account.id.to_string();
        parts.push(self.level(kind, layer, &id, &account.control_policies));
        parts
    }

    fn level(
        &mut self,
        kind: ControlPolicyKind,
        layer: Layer,
        id: &str,
        attached: &[crate::org::ControlPolicyKey],
    ) -> Part {
        let facts = self.context.facts;
        let mut part =
            Part { level: Some(id.to_owned()), allow: Formula::False, ..Part::new(layer) };
        let principals = match kind {
            ControlPolicyKind::Service => Principals::None,
            ControlPolicyKind::Resource => Principals::Everyone,
        };
        let mut full_access_listed = false;
        for (key, policy) in facts.control_policies.iter().filter(|(_, policy)| policy.kind == kind)
        {
            full_access_listed |= &*policy.id == "p-FullAWSAccess";
            let here = attached.contains(&key);
            if !here && policy.targets_read {
                continue;
            }
            let place =
                Place { layer, level: Some(id), policy: policy.id.clone(), attached_to: id.into() };
            let (mut allow, mut deny) = self.policy(policy.document, principals, &place);
            if !here {
                let text =
                    format!("whether policy `{}` is attached to `{id}` was not read", policy.name);
                let attached = given(
                    self.context,
                    self.atoms,
                    &format!("{} at {id}", policy.id),
                    "",
                    Kind::NotRead,
                    text,
                );
                allow = allow.and(attached.clone());
                deny = deny.and(attached);
            }
            add(&mut part, allow, deny);
        }
        match kind {
            // Attached everywhere, and it can't be detached.
            ControlPolicyKind::Resource => part.allow = Formula::True,
            // Every organization has it; where it is not even listed, what hangs where was not
            // read in full.
            ControlPolicyKind::Service if !full_access_listed => {
                let text = format!(
                    "what allows at `{id}` was not read: FullAWSAccess is not among the policies"
                );
                let gap =
                    given(self.context, self.atoms, "p-FullAWSAccess", id, Kind::NotRead, text);
                part.allow = std::mem::replace(&mut part.allow, Formula::False).or(gap);
            }
            ControlPolicyKind::Service => {}
        }
        part
    }

    fn unread_control(&mut self, layer: Layer, account: &str) -> Part {
        let place =
            Place { layer, level: None, policy: layer.title().into(), attached_to: account.into() };
        let (allow, deny) = self.unread(&place, "nobody read them, or where the account hangs");
        let allow = if layer == Layer::Rcp { Formula::True } else { allow };
        Part { allow, deny, ..Part::new(layer) }
    }
}
