//! What control policies let through, told before anybody asks.

use super::facts::{ControlPolicyKey, ControlPolicyKind, Facts, Unhindered};
use crate::policy::{Action, Document};

impl Facts {
    /// Works out, once, which actions the control policies of each place let through.
    pub(super) fn settle_control_policies(&mut self) {
        let containers: Vec<_> = self
            .containers
            .iter()
            .map(|(key, row)| (key, self.unhindered(&row.control_policies)))
            .collect();
        for (key, found) in containers {
            if let Some(container) = self.containers.get_mut(key) {
                container.unhindered = found;
            }
        }
        let accounts: Vec<_> = self
            .accounts
            .iter()
            .map(|(key, row)| (key, self.unhindered(&row.control_policies)))
            .collect();
        for (key, found) in accounts {
            if let Some(account) = self.accounts.get_mut(key) {
                account.unhindered = found;
            }
        }
    }

    fn unhindered(&self, attached: &[ControlPolicyKey]) -> Unhindered {
        let of = |kind: ControlPolicyKind| -> Vec<Option<&Document>> {
            attached
                .iter()
                .map(|key| &self.control_policies[*key])
                .filter(|policy| policy.kind == kind)
                .map(|policy| self.documents[policy.document?].parsed.as_ref().ok())
                .collect()
        };
        let silent = |documents: &[Option<&Document>], action: Action| {
            documents.iter().all(|document| document.is_some_and(|known| !known.may_deny(action)))
        };
        let mut found = Unhindered::default();
        if self.scps.loose.is_empty() {
            let documents = of(ControlPolicyKind::Service);
            let allows = |action: Action| {
                let always = |document: &Document| document.always(action) == Some((true, false));
                silent(&documents, action) && documents.iter().flatten().any(|known| always(known))
            };
            found.scps = Action::ALL.into_iter().filter(|action| allows(*action)).collect();
        }
        // What is not denied by a resource control policy is allowed by AWS's own.
        if self.rcps.loose.is_empty() {
            let documents = of(ControlPolicyKind::Resource);
            found.rcps =
                Action::ALL.into_iter().filter(|action| silent(&documents, *action)).collect();
        }
        found
    }
}
