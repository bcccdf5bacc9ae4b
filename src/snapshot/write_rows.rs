//! Readings as rows.

use rusqlite::{Connection, Params};

use super::columns::{self, Json, Named, Text, position, text};
use super::documents;
use crate::arn::AccountId;
use crate::org::hcp::{Variable, Workspaces};
use crate::org::reading::{
    AccountReading, ControlPolicy, HcpReading, Identities, InlinePolicy, OrganizationFacts, Tree,
};
use crate::org::{Fact, NotRead};

/// Where the rows of one reading go.
pub(super) struct Rows<'c> {
    pub(super) connection: &'c Connection,
    pub(super) reading: i64,
}

impl Rows<'_> {
    fn insert(&self, sql: &str, row: impl Params) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute(row).map(|_| ())
    }

    fn gap(&self, part: &str, item: usize, at: usize, gap: &NotRead) -> rusqlite::Result<()> {
        self.insert(
            "INSERT INTO gap (reading, part, item, position, call, kind, message)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                self.reading,
                part,
                position(item),
                position(at),
                &gap.call,
                Named(gap.kind),
                &gap.message,
            ),
        )
    }

    fn gaps(&self, part: &str, gaps: &[NotRead]) -> rusqlite::Result<()> {
        gaps.iter().enumerate().try_for_each(|(at, gap)| self.gap(part, 0, at, gap))
    }

    /// The value where it was read; else its gap is put.
    fn read<'f, T>(&self, part: &str, fact: &'f Fact<T>) -> rusqlite::Result<Option<&'f T>> {
        if let Fact::NotRead(gap) = fact {
            self.gap(part, 0, 0, gap)?;
        }
        Ok(fact.read())
    }

    pub(super) fn organization(
        &self,
        organization: &Fact<Option<OrganizationFacts>>,
    ) -> rusqlite::Result<()> {
        let Some(Some(facts)) = self.read("organization", organization)? else { return Ok(()) };
        self.gaps("organization-entry", &facts.not_read)?;
        let tree = self.read("tree", &facts.tree)?;
        self.insert(
            "INSERT INTO organization_row (reading, id, arn, management_account, root_id)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                self.reading,
                &facts.id,
                &facts.arn,
                Text(facts.management_account),
                tree.map(|tree| &tree.root_id),
            ),
        )?;
        if let Some(tree) = tree {
            self.tree(tree)?;
        }
        for (kind, policies) in [("scp", &facts.scps), ("rcp", &facts.rcps)] {
            for (at, policy) in self.read(kind, policies)?.into_iter().flatten().enumerate() {
                self.control_policy(kind, at, policy)?;
            }
        }
        let administrators =
            self.read("delegated-administrators", &facts.delegated_administrators)?;
        for (at, one) in administrators.into_iter().flatten().enumerate() {
            self.insert(
                "INSERT INTO delegated_administrator_row (reading, position, account, services)
                 VALUES (?1, ?2, ?3, ?4)",
                (self.reading, position(at), Text(one.id), Json(&one.services)),
            )?;
        }
        Ok(())
    }

    fn tree(&self, tree: &Tree) -> rusqlite::Result<()> {
        self.gaps("tree-entry", &tree.incomplete)?;
        for (at, ou) in tree.ous.iter().enumerate() {
            self.insert(
                "INSERT INTO ou_row (reading, position, id, name, parent, tags)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (self.reading, position(at), &ou.id, &ou.name, &ou.parent, Json(&ou.tags)),
            )?;
        }
        for (at, account) in tree.accounts.iter().enumerate() {
            self.insert(
                "INSERT INTO member_row
                 (reading, position, account, name, email, state, parent, tags)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                (
                    self.reading,
                    position(at),
                    Text(account.id),
                    &account.name,
                    &account.email,
                    Named(account.state),
                    &account.parent,
                    Json(&account.tags),
                ),
            )?;
        }
        Ok(())
    }

    fn control_policy(
        &self,
        kind: &str,
        at: usize,
        policy: &ControlPolicy,
    ) -> rusqlite::Result<()> {
        let document = match &policy.document {
            Fact::Read(text) => Some(documents::put(self.connection, None, text)?),
            Fact::NotRead(gap) => {
                self.gap(&format!("{kind}-document"), at, 0, gap)?;
                None
            }
        };
        let targets = match &policy.targets {
            Fact::Read(targets) => Some(Json(targets)),
            Fact::NotRead(gap) => {
                self.gap(&format!("{kind}-targets"), at, 0, gap)?;
                None
            }
        };
        self.insert(
            "INSERT INTO control_policy_row
             (reading, kind, position, id, name, document, targets)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (self.reading, kind, position(at), &policy.id, &policy.name, document, targets),
        )
    }

    pub(super) fn account(&self, reading: &AccountReading) -> rusqlite::Result<()> {
        let account = Some(reading.account);
        self.gaps("account", &reading.not_read)?;
        if let Some(identities) = self.read("identities", &reading.identities)? {
            self.identities(account, identities)?;
        }
        let oidc = self.read("oidc-providers", &reading.oidc_providers)?;
        for (at, provider) in oidc.into_iter().flatten().enumerate() {
            self.insert(
                "INSERT INTO oidc_provider_row (reading, position, arn, url, audiences)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (
                    self.reading,
                    position(at),
                    &provider.arn,
                    &provider.url,
                    Json(&provider.audiences),
                ),
            )?;
        }
        let saml = self.read("saml-providers", &reading.saml_providers)?;
        for (at, provider) in saml.into_iter().flatten().enumerate() {
            self.insert(
                "INSERT INTO saml_provider_row (reading, position, arn, valid_until)
                 VALUES (?1, ?2, ?3, ?4)",
                (self.reading, position(at), &provider.arn, text(provider.valid_until)),
            )?;
        }
        Ok(())
    }

    fn identities(
        &self,
        account: Option<AccountId>,
        identities: &Identities,
    ) -> rusqlite::Result<()> {
        self.gaps("identity-entry", &identities.incomplete)?;
        for (at, user) in identities.users.iter().enumerate() {
            self.insert(
                "INSERT INTO user_row
                 (reading, position, name, path, unique_id, attached, boundary, groups, tags)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                (
                    self.reading,
                    position(at),
                    &user.name,
                    &user.path,
                    &user.unique_id,
                    Json(&user.attached),
                    &user.boundary,
                    Json(&user.groups),
                    Json(&user.tags),
                ),
            )?;
            self.inline(account, "user", at, &user.inline)?;
        }
        for (at, group) in identities.groups.iter().enumerate() {
            self.insert(
                "INSERT INTO group_row (reading, position, name, path, unique_id, attached)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (
                    self.reading,
                    position(at),
                    &group.name,
                    &group.path,
                    &group.unique_id,
                    Json(&group.attached),
                ),
            )?;
            self.inline(account, "group", at, &group.inline)?;
        }
        for (at, role) in identities.roles.iter().enumerate() {
            self.insert(
                "INSERT INTO role_row
                 (reading, position, name, path, unique_id, trust, attached, boundary, tags,
                  max_session, description, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                (
                    self.reading,
                    position(at),
                    &role.name,
                    &role.path,
                    &role.unique_id,
                    documents::put(self.connection, account, &role.trust)?,
                    Json(&role.attached),
                    &role.boundary,
                    Json(&role.tags),
                    role.max_session,
                    &role.description,
                    text(role.created_at),
                ),
            )?;
            self.inline(account, "role", at, &role.inline)?;
        }
        for (at, policy) in identities.managed_policies.iter().enumerate() {
            let document = match &policy.document {
                Fact::Read(text) => Some(documents::put(self.connection, account, text)?),
                Fact::NotRead(gap) => {
                    self.gap("managed-policy", at, 0, gap)?;
                    None
                }
            };
            self.insert(
                "INSERT INTO managed_policy_row (reading, position, arn, document)
                 VALUES (?1, ?2, ?3, ?4)",
                (self.reading, position(at), &policy.arn, document),
            )?;
        }
        Ok(())
    }

    fn inline(
        &self,
        account: Option<AccountId>,
        owner_kind: &str,
        owner: usize,
        policies: &[InlinePolicy],
    ) -> rusqlite::Result<()> {
        for (at, policy) in policies.iter().enumerate() {
            self.insert(
                "INSERT INTO inline_policy_row
                 (reading, owner_kind, owner, position, name, document)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (
                    self.reading,
                    owner_kind,
                    position(owner),
                    position(at),
                    &policy.name,
                    documents::put(self.connection, account, &policy.document)?,
                ),
            )?;
        }
        Ok(())
    }

    pub(super) fn hcp(&self, reading: &HcpReading) -> rusqlite::Result<()> {
        self.gaps("workspace-entry", &reading.incomplete)?;
        let Some(workspaces) = self.read("workspaces", &reading.workspaces)? else {
            return Ok(());
        };
        let insert_head = "INSERT INTO hcp_row (reading, form, host, organizations)
                           VALUES (?1, ?2, ?3, ?4)";
        let hcp = match workspaces {
            Workspaces::Effective(list) => {
                self.insert(insert_head, (self.reading, "effective", None::<&str>, None::<&str>))?;
                for (at, one) in list.iter().enumerate() {
                    self.insert(
                        "INSERT INTO effective_workspace_row
                         (reading, position, organization, project, workspace, execution_mode,
                          host, env)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                        (
                            self.reading,
                            position(at),
                            &one.organization,
                            &one.project,
                            &one.workspace,
                            &one.execution_mode,
                            &one.host,
                            Json(&one.env),
                        ),
                    )?;
                }
                return Ok(());
            }
            Workspaces::AsRead(hcp) => hcp,
        };
        self.insert(insert_head, (self.reading, "as-read", &hcp.host, Json(&hcp.organizations)))?;
        for (at, project) in hcp.projects.iter().enumerate() {
            self.insert(
                "INSERT INTO project_row (reading, position, id, name, organization)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (self.reading, position(at), &project.id, &project.name, &project.organization),
            )?;
        }
        for (at, one) in hcp.workspaces.iter().enumerate() {
            self.insert(
                "INSERT INTO workspace_row
                 (reading, position, id, name, organization, project, execution_mode)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                (
                    self.reading,
                    position(at),
                    &one.id,
                    &one.name,
                    &one.organization,
                    &one.project,
                    &one.execution_mode,
                ),
            )?;
        }
        for (at, one) in hcp.variables.iter().enumerate() {
            let Variable { key, category, value } = &one.variable;
            self.insert(
                "INSERT INTO variable_row (reading, position, workspace, key, category, value)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (self.reading, position(at), &one.workspace, key, category, value),
            )?;
        }
        for (at, set) in hcp.variable_sets.iter().enumerate() {
            self.insert(
                "INSERT INTO variable_set_row
                 (reading, position, id, name, organization, owner_project, is_global,
                  is_priority, workspaces, projects)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                (
                    self.reading,
                    position(at),
                    &set.id,
                    &set.name,
                    &set.organization,
                    &set.owner_project,
                    set.global,
                    set.priority,
                    Json(&set.workspaces),
                    Json(&set.projects),
                ),
            )?;
            for (inner, Variable { key, category, value }) in set.variables.iter().enumerate() {
                self.insert(
                    "INSERT INTO set_variable_row
                     (reading, variable_set, position, key, category, value)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    (self.reading, position(at), position(inner), key, category, value),
                )?;
            }
        }
        for (at, one) in hcp.stacks.iter().enumerate() {
            self.insert(
                "INSERT INTO stack_row
                 (reading, position, id, name, organization, project, deployments)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                (
                    self.reading,
                    position(at),
                    &one.id,
                    &one.name,
                    &one.organization,
                    &one.project,
                    one.deployments.as_deref().map(columns::list).transpose()?,
                ),
            )?;
        }
        for (at, one) in hcp.unreadable.iter().enumerate() {
            self.insert(
                "INSERT INTO unreadable_row (reading, position, kind, id, message, reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (self.reading, position(at), &one.kind, &one.id, &one.message, Named(one.reason)),
            )?;
        }
        Ok(())
    }
}
