//! From readings to [`Facts`].
//!
//! [`Facts::build`] takes readings that are all there. Who has them elsewhere feeds an
//! [`Assembly`] with one account after the other, so that only a few are in memory twice.

mod assembly;
mod documents;
mod frame;
mod rows;

use std::collections::HashMap;

use super::facts::{Facts, InlineDocument};
use super::reading::{Fact, Identities, InlinePolicy, Readings};
use crate::arn::AccountId;
use crate::arn::shared::Texts;

pub(crate) use assembly::Assembly;
pub(crate) use documents::Documents;
pub(crate) use rows::{AccountPlace, AccountRows, Gathered, Named, PolicyList, RoleRow};

impl Facts {
    /// Resolves readings. Nothing is refused: what does not fit stays as *not read*.
    pub fn build(mut readings: Readings) -> Self {
        let mut identities: HashMap<AccountId, Identities> = HashMap::new();
        for reading in &mut readings.accounts {
            if let Fact::Read(found) = &mut reading.identities {
                let incomplete = found.incomplete.clone();
                let rest = Identities { incomplete, ..Identities::default() };
                identities.insert(reading.account, std::mem::replace(found, rest));
            }
        }
        let mut documents = Documents::new();
        let mut assembly = Assembly::begin(readings, &mut documents);
        assembly.expect_roles(identities.values().map(|found| found.roles.len()).sum());
        let mut texts = Texts::remembering();
        let accounts: Vec<_> = assembly.accounts().collect();
        for account in accounts {
            let found = identities.remove(&account.id).unwrap_or_default();
            let rows = AccountRows::new(account, &mut texts);
            assembly.add(gather(rows, found, &mut documents));
        }
        assembly.index();
        assembly.finish(documents.table, None)
    }
}

/// The rows of an account that was read.
fn gather(mut rows: AccountRows<'_>, found: Identities, documents: &mut Documents) -> Gathered {
    for policy in found.managed_policies {
        if let Fact::Read(text) = &policy.document {
            rows.managed_policy(&policy.arn, documents.key(text));
        }
    }
    for group in found.groups {
        let named = Named {
            name: &group.name,
            path: &group.path,
            unique_id: &group.unique_id,
            inline: inline(&mut rows, &group.inline, documents),
            attached: policies(&mut rows, &group.attached),
        };
        rows.group(named);
    }
    rows.expect_roles(found.roles.len());
    for role in found.roles {
        let trust = documents.key(&role.trust);
        let named = Named {
            name: &role.name,
            path: &role.path,
            unique_id: &role.unique_id,
            inline: inline(&mut rows, &role.inline, documents),
            attached: policies(&mut rows, &role.attached),
        };
        let row = RoleRow {
            trust,
            boundary: role.boundary.as_deref(),
            tags: tags(&mut rows, &role.tags),
            max_session: role.max_session,
            description: role.description.as_deref(),
            last_used: role.last_used,
        };
        rows.role(named, row);
    }
    for user in found.users {
        let named = Named {
            name: &user.name,
            path: &user.path,
            unique_id: &user.unique_id,
            inline: inline(&mut rows, &user.inline, documents),
            attached: policies(&mut rows, &user.attached),
        };
        let tags = tags(&mut rows, &user.tags);
        let groups = user.groups.iter().map(String::as_str);
        rows.user(named, user.boundary.as_deref(), groups, tags);
    }
    rows.finish()
}

fn inline(
    rows: &mut AccountRows<'_>,
    found: &[InlinePolicy],
    documents: &mut Documents,
) -> Box<[InlineDocument]> {
    found.iter().map(|policy| rows.inline(&policy.name, documents.key(&policy.document))).collect()
}

fn policies(rows: &mut AccountRows<'_>, arns: &[String]) -> PolicyList {
    rows.policies(arns.iter().map(String::as_str))
}

fn tags(rows: &mut AccountRows<'_>, tags: &super::reading::Tags) -> super::Tags {
    rows.tags(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}
