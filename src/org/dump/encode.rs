//! Readings as the files of a dump.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::document;
use super::gaps::{GapEntry, OneAccount, OneReading, Part, ReadingList, WholeSnapshot, name_of};
use super::wire;
use crate::arn::{self, AccountId};
use crate::org::hcp::Workspaces;
use crate::org::reading::{
    AccountReading, ControlPolicy, Identities, InlinePolicy, OrganizationFacts, Readings, Role,
    Tags,
};
use crate::org::{Fact, NotRead};

/// The files of a dump that [`super::decode`] reads as `readings` again: paths relative to its
/// directory, and their contents.
///
/// Accounts come back in the order of their ids, and an account of the organization of which
/// `readings` says nothing comes back as not read.
pub fn encode(readings: &Readings) -> Vec<(String, String)> {
    let alias = |account: &AccountReading| Some((account.account, account.alias.clone()?));
    let aliases = readings.accounts.iter().filter_map(alias).collect();
    let mut writer = Writer { readings, aliases, files: Vec::new(), gaps: Vec::new() };
    writer.organization();
    for account in &readings.accounts {
        writer.account(account);
    }
    writer.hcp();
    writer.finish()
}

struct Writer<'a> {
    readings: &'a Readings,
    aliases: BTreeMap<AccountId, String>,
    files: Vec<(String, String)>,
    gaps: Vec<GapEntry>,
}

impl Writer<'_> {
    fn file(&mut self, name: String, content: &impl Serialize) {
        // Strings, numbers and maps with string keys always become JSON.
        if let Ok(mut text) = serde_json::to_string_pretty(content) {
            text.push('\n');
            self.files.push((name, text));
        }
    }

    fn gap(&mut self, account: Option<AccountId>, part: Part, of: &str, not_read: &NotRead) {
        self.gaps.push(GapEntry {
            account: account.map(|id| id.to_string()),
            call: not_read.call.clone(),
            kind: not_read.kind.as_str().to_owned(),
            message: not_read.message.clone(),
            part: name_of(part),
            of: of.to_owned(),
        });
    }

    fn organization(&mut self) {
        let Some(reading) = &self.readings.organization else { return };
        match &reading.organization {
            Fact::Read(Some(facts)) => self.organization_facts(facts),
            Fact::Read(None) => {}
            Fact::NotRead(gap) => self.gap(None, Part::Organization, "", gap),
        }
    }

    fn organization_facts(&mut self, facts: &OrganizationFacts) {
        for gap in &facts.not_read {
            self.gap(None, Part::OrganizationEntry, "", gap);
        }
        let (root_id, ous, accounts) = match &facts.tree {
            Fact::Read(tree) => {
                for gap in &tree.incomplete {
                    self.gap(None, Part::TreeEntry, "", gap);
                }
                let ous = tree.ous.iter().map(|ou| wire::Ou {
                    id: ou.id.clone(),
                    name: ou.name.clone(),
                    parent: ou.parent.clone(),
                    tags: ou.tags.clone(),
                });
                let accounts = tree.accounts.iter().map(|account| wire::Member {
                    id: account.id.to_string(),
                    name: account.name.clone(),
                    email: account.email.clone(),
                    status: account.state,
                    parent: account.parent.clone(),
                    alias: self.aliases.get(&account.id).cloned(),
                    tags: account.tags.clone(),
                });
                (Some(tree.root_id.clone()), Some(ous.collect()), Some(accounts.collect()))
            }
            Fact::NotRead(gap) => {
                self.gap(None, Part::Tree, "", gap);
                (None, None, None)
            }
        };
        let scps =
            self.control_policies(&facts.scps, [Part::Scps, Part::ScpDocument, Part::ScpTargets]);
        let rcps =
            self.control_policies(&facts.rcps, [Part::Rcps, Part::RcpDocument, Part::RcpTargets]);
        let delegated_administrators = match &facts.delegated_administrators {
            Fact::Read(list) => Some(
                list.iter()
                    .map(|one| wire::Delegated {
                        id: one.id.to_string(),
                        services: one.services.clone(),
                    })
                    .collect(),
            ),
            Fact::NotRead(gap) => {
                self.gap(None, Part::DelegatedAdministrators, "", gap);
                None
            }
        };
        let whole = wire::WholeOrganization {
            id: facts.id.clone(),
            arn: facts.arn.clone(),
            management_account_id: facts.management_account.to_string(),
            root_id,
            ous,
            accounts,
            scps,
            rcps,
            delegated_administrators,
        };
        self.file("org.json".to_owned(), &whole);
    }

    fn control_policies(
        &mut self,
        policies: &Fact<Vec<ControlPolicy>>,
        [list, document, targets]: [Part; 3],
    ) -> Option<Vec<wire::ControlPolicy>> {
        let policies = match policies {
            Fact::Read(policies) => policies,
            Fact::NotRead(gap) => {
                self.gap(None, list, "", gap);
                return None;
            }
        };
        let mut written = Vec::with_capacity(policies.len());
        for policy in policies {
            if let Fact::NotRead(gap) = &policy.document {
                self.gap(None, document, &policy.id, gap);
            }
            if let Fact::NotRead(gap) = &policy.targets {
                self.gap(None, targets, &policy.id, gap);
            }
            written.push(wire::ControlPolicy {
                id: policy.id.clone(),
                name: policy.name.clone(),
                document: policy.document.read().and_then(|text| document::encode(text)),
                targets: policy.targets.read().and_then(|targets| to_raw_value(targets).ok()),
            });
        }
        Some(written)
    }

    fn account(&mut self, reading: &AccountReading) {
        let id = reading.account;
        match &reading.identities {
            Fact::Read(identities) => self.identities(reading, identities),
            Fact::NotRead(gap) => self.gap(Some(id), Part::Identities, "", gap),
        }
        match &reading.oidc_providers {
            Fact::Read(providers) => {
                let list: Vec<_> = providers
                    .iter()
                    .map(|provider| wire::Oidc {
                        arn: provider.arn.clone(),
                        url: provider.url.clone(),
                        client_ids: provider.audiences.clone(),
                    })
                    .collect();
                self.file(format!("oidc/{id}.json"), &list);
            }
            Fact::NotRead(gap) => self.gap(Some(id), Part::OidcProviders, "", gap),
        }
        match &reading.saml_providers {
            Fact::Read(providers) => {
                let list: Vec<_> = providers
                    .iter()
                    .map(|provider| wire::Saml {
                        arn: provider.arn.clone(),
                        valid_until: provider.valid_until.and_then(|time| to_raw_value(&time).ok()),
                    })
                    .collect();
                self.file(format!("saml/{id}.json"), &list);
            }
            Fact::NotRead(gap) => self.gap(Some(id), Part::SamlProviders, "", gap),
        }
        for gap in &reading.not_read {
            self.gap(Some(id), Part::Account, "", gap);
        }
    }

    fn identities(&mut self, reading: &AccountReading, identities: &Identities) {
        let id = reading.account;
        let arn = |kind: &str, path: &str, name: &str| {
            Some(arn::iam(reading.partition, id, kind, path, name))
        };
        for gap in &identities.incomplete {
            self.gap(Some(id), Part::IdentityEntry, "", gap);
        }
        for policy in &identities.managed_policies {
            if let Fact::NotRead(gap) = &policy.document {
                self.gap(Some(id), Part::ManagedPolicy, &policy.arn, gap);
            }
        }
        let users = identities.users.iter().map(|user| wire::User {
            arn: arn("user", &user.path, &user.name),
            path: Some(user.path.clone()),
            user_name: user.name.clone(),
            user_id: user.unique_id.clone(),
            user_policy_list: inline(&user.inline),
            group_list: user.groups.clone(),
            attached_managed_policies: attached(&user.attached),
            permissions_boundary: boundary(user.boundary.as_ref()),
            tags: tags(&user.tags),
        });
        let groups = identities.groups.iter().map(|group| wire::Group {
            arn: arn("group", &group.path, &group.name),
            path: Some(group.path.clone()),
            group_name: group.name.clone(),
            group_id: group.unique_id.clone(),
            group_policy_list: inline(&group.inline),
            attached_managed_policies: attached(&group.attached),
        });
        let roles = identities.roles.iter().filter_map(|role| {
            Some(wire::Role {
                arn: arn("role", &role.path, &role.name),
                path: Some(role.path.clone()),
                role_name: role.name.clone(),
                role_id: role.unique_id.clone(),
                create_date: role.created_at.and_then(|time| to_raw_value(&time).ok()),
                assume_role_policy_document: document::encode(&role.trust)?,
                role_policy_list: inline(&role.inline),
                attached_managed_policies: attached(&role.attached),
                permissions_boundary: boundary(role.boundary.as_ref()),
                tags: tags(&role.tags),
                role_last_used: role.last_used.and_then(|time| {
                    Some(wire::LastUsed { last_used_date: Some(to_raw_value(&time).ok()?) })
                }),
            })
        });
        let policies = identities.managed_policies.iter().map(|policy| {
            let document = policy.document.read().and_then(|text| document::encode(text));
            wire::Policy {
                policy_name: last_part(&policy.arn),
                arn: policy.arn.clone(),
                default_version_id: None,
                policy_version_list: document.into_iter().map(default_version).collect(),
            }
        });
        let page = wire::WholePage {
            user_detail_list: users.collect(),
            group_detail_list: groups.collect(),
            role_detail_list: roles.collect(),
            policies: policies.collect(),
        };
        self.file(format!("gaad/{id}.json"), &page);
        let known = |role: &Role| role.max_session.is_some() || role.description.is_some();
        let was_listed =
            !reading.not_read.iter().any(super::account::says_that_roles_are_not_listed);
        if was_listed || identities.roles.iter().any(known) {
            let roles = identities.roles.iter().map(|role| wire::ListedRole {
                path: Some(role.path.clone()),
                role_name: role.name.clone(),
                role_id: Some(role.unique_id.clone()).filter(|id| !id.is_empty()),
                arn: arn("role", &role.path, &role.name),
                assume_role_policy_document: None,
                description: role.description.clone(),
                max_session_duration: role.max_session,
            });
            self.file(format!("roles/{id}.json"), &wire::WholeRoleList { roles: roles.collect() });
        }
    }

    fn hcp(&mut self) {
        let readings = self.readings;
        let mut read = Vec::new();
        for reading in &readings.hcp {
            let host = reading.host.as_deref().unwrap_or_default();
            for gap in &reading.incomplete {
                self.gap(None, Part::HcpTerraformEntry, host, gap);
            }
            match &reading.workspaces {
                Fact::Read(Workspaces::Effective(list)) => self.file("tfc.json".to_owned(), list),
                Fact::Read(Workspaces::AsRead(hcp)) => read.push(hcp),
                Fact::NotRead(gap) => self.gap(None, Part::HcpTerraform, host, gap),
            }
        }
        let name = "hcp-terraform.json".to_owned();
        match read.as_slice() {
            [] => {}
            [one] => self.file(name, one),
            several => self.file(name, &several),
        }
    }

    fn finish(mut self) -> Vec<(String, String)> {
        let readings = self.readings;
        let accounts = readings.accounts.iter().map(|reading| {
            let one = OneAccount {
                read_at: reading.read_at,
                partition: reading.partition,
                alias: reading.alias.clone(),
            };
            (reading.account, one)
        });
        let organization = readings.organization.as_ref();
        let hcp = |named: &'static dyn Fn(&Option<String>) -> bool| {
            readings.hcp.iter().filter(|one| named(&one.host)).map(|one| {
                let host = one.host.clone().unwrap_or_default();
                (host, OneReading { read_at: one.read_at })
            })
        };
        let whole = WholeSnapshot {
            collected_at: readings.origin.collected_at,
            collected_by: readings.origin.collected_by.clone(),
            tool_version: readings.origin.tool_version.clone(),
            not_read: std::mem::take(&mut self.gaps),
            readings: ReadingList {
                organization: organization.map(|one| OneReading { read_at: one.read_at }),
                accounts: accounts.collect(),
                hcp: hcp(&|host| host.is_none()).map(|(_, one)| one).next(),
                hosts: hcp(&|host| host.is_some()).collect(),
            },
        };
        self.file("snapshot.json".to_owned(), &whole);
        self.files
    }
}

fn inline(policies: &[InlinePolicy]) -> Vec<wire::Inline> {
    let write = |policy: &InlinePolicy| {
        let policy_document = document::encode(&policy.document)?;
        Some(wire::Inline { policy_name: policy.name.clone(), policy_document })
    };
    policies.iter().filter_map(write).collect()
}

fn attached(arns: &[String]) -> Vec<wire::Attached> {
    let write =
        |arn: &String| wire::Attached { policy_name: last_part(arn), policy_arn: arn.clone() };
    arns.iter().map(write).collect()
}

fn last_part(arn: &str) -> String {
    arn.rsplit('/').next().unwrap_or_default().to_owned()
}

fn boundary(arn: Option<&String>) -> Option<wire::Boundary> {
    Some(wire::Boundary {
        permissions_boundary_type: "Policy".to_owned(),
        permissions_boundary_arn: arn?.clone(),
    })
}

fn tags(tags: &Tags) -> Vec<wire::Tag> {
    let write =
        |(key, value): (&String, &String)| wire::Tag { key: key.clone(), value: value.clone() };
    tags.iter().map(write).collect()
}

fn default_version(document: Box<RawValue>) -> wire::Version {
    wire::Version { document: Some(document), version_id: None, is_default_version: true }
}
