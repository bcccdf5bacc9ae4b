//! Rows as readings: one pass over each table, in the order of the primary keys.

use std::collections::HashMap;

use rusqlite::{Connection, Row};

use super::columns::{Json, Named, Text, json, time};
use super::documents::Documents;
use super::load_hcp;
use super::rows::Rows;
use super::{SnapshotId, Subject};
use crate::arn::AccountId;
use crate::org::reading::{
    AccountReading, ControlPolicy, DelegatedAdministrator, Group, HcpReading, Identities,
    InlinePolicy, ManagedPolicy, MemberAccount, OidcProvider, OrganizationFacts,
    OrganizationReading, Origin, Ou, Readings, Role, SamlProvider, Tree, User,
};
use crate::org::{Fact, NotRead};

/// Loads a snapshot that exists.
pub(super) fn load(connection: &Connection, id: SnapshotId) -> rusqlite::Result<Readings> {
    // One state of the database for all passes, whoever writes meanwhile.
    let transaction = connection.unchecked_transaction()?;
    let mut loader = Loader::new(&transaction, id)?;
    let (mut readings, places) = loader.frame()?;
    let mut rows = Rows::new(&transaction, id)?;
    for (reading, found) in places.into_iter().zip(&mut readings.accounts) {
        let account = found.account;
        if let Fact::Read(found) = &mut found.identities {
            loader.account(reading, account, found, &mut rows)?;
        }
    }
    Ok(readings)
}

pub(super) struct Loader<'c> {
    pub(super) connection: &'c Connection,
    id: SnapshotId,
    documents: Documents<'c>,
    /// By reading, part and item.
    gaps: HashMap<(i64, String, i64), Vec<NotRead>>,
}

/// A row of `snapshot_reading` with its reading.
struct HeadRow {
    reading: i64,
    read_at: Option<jiff::Timestamp>,
    account: Option<(AccountId, crate::arn::Partition)>,
    alias: Option<String>,
    subject: Subject,
}

impl<'c> Loader<'c> {
    pub(super) fn new(connection: &'c Connection, id: SnapshotId) -> rusqlite::Result<Self> {
        let documents = Documents::new(connection)?;
        Ok(Self { connection, id, documents, gaps: HashMap::new() })
    }

    /// Everything but the users, groups, roles and managed policies of accounts, and for each
    /// account the reading that holds these.
    pub(super) fn frame(&mut self) -> rusqlite::Result<(Readings, Vec<i64>)> {
        let origin = self.connection.query_row(
            "SELECT collected_at, collected_by, tool_version FROM snapshot WHERE id = ?1",
            [self.id.0],
            |row| {
                Ok(Origin {
                    collected_at: row.get::<_, Option<Text<_>>>(0)?.map(|time| time.0),
                    collected_by: row.get(1)?,
                    tool_version: row.get(2)?,
                })
            },
        )?;
        let mut readings = Readings { origin, ..Readings::default() };
        self.gaps()?;
        let places = self.heads(&mut readings)?;
        Ok((readings, places))
    }

    /// One pass over `table`, reading by reading and in the order of `key`. The columns come
    /// after that of the reading.
    pub(super) fn pass(
        &mut self,
        table: &str,
        key: &str,
        columns: &str,
        mut each: impl FnMut(&mut Self, i64, &Row<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let key: Vec<String> = key.split(", ").map(|column| format!("r.{column}")).collect();
        let columns: Vec<String> =
            columns.split(", ").map(|column| format!("r.{column}")).collect();
        let sql = pass_sql(table, &key.join(", "), &columns.join(", "));
        let mut select = self.connection.prepare(&sql)?;
        let mut rows = select.query([self.id.0])?;
        while let Some(row) = rows.next()? {
            let reading = row.get(0)?;
            each(self, reading, row)?;
        }
        Ok(())
    }

    fn gaps(&mut self) -> rusqlite::Result<()> {
        self.pass(
            "gap",
            "part, item, position",
            "part, item, call, kind, message",
            |this, reading, row| {
                let gap = NotRead {
                    call: row.get(3)?,
                    kind: row.get::<_, Named<_>>(4)?.0,
                    message: row.get(5)?,
                };
                this.gaps.entry((reading, row.get(1)?, row.get(2)?)).or_default().push(gap);
                Ok(())
            },
        )
    }

    pub(super) fn take_gaps(&mut self, reading: i64, part: &str) -> Vec<NotRead> {
        self.gaps.remove(&(reading, part.to_owned(), 0)).unwrap_or_default()
    }

    fn gap(&mut self, reading: i64, part: &str, item: i64) -> Option<NotRead> {
        self.gaps.remove(&(reading, part.to_owned(), item))?.pop()
    }

    /// What was read, or the gap in its place.
    pub(super) fn fact<T>(&mut self, reading: i64, part: &str, value: T) -> Fact<T> {
        self.fact_of(reading, part, 0, value)
    }

    fn fact_of<T>(&mut self, reading: i64, part: &str, item: i64, value: T) -> Fact<T> {
        match self.gap(reading, part, item) {
            Some(gap) => Fact::NotRead(gap),
            None => Fact::Read(value),
        }
    }

    fn heads(&mut self, readings: &mut Readings) -> rusqlite::Result<Vec<i64>> {
        let heads: Vec<HeadRow> = self
            .connection
            .prepare(
                "SELECT r.id, s.read_at, r.account, r.partition, r.alias, s.subject
                 FROM snapshot_reading s CROSS JOIN reading r ON r.id = s.reading
                 WHERE s.snapshot = ?1 ORDER BY s.subject",
            )?
            .query_map([self.id.0], |row| {
                let account = row.get::<_, Option<Text<_>>>(2)?;
                let partition = row.get::<_, Option<Text<_>>>(3)?;
                Ok(HeadRow {
                    reading: row.get(0)?,
                    read_at: row.get::<_, Option<Text<_>>>(1)?.map(|time| time.0),
                    account: account.zip(partition).map(|(id, part)| (id.0, part.0)),
                    alias: row.get(4)?,
                    subject: row.get::<_, Text<_>>(5)?.0,
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        let mut places = Vec::new();
        for head in heads {
            match (head.subject, head.account) {
                (Subject::Account(_), None) => {}
                (_, Some((account, partition))) => {
                    places.push(head.reading);
                    readings.accounts.push(AccountReading {
                        account,
                        partition,
                        read_at: head.read_at,
                        alias: head.alias,
                        identities: self.fact(head.reading, "identities", Identities::default()),
                        oidc_providers: self.fact(head.reading, "oidc-providers", Vec::new()),
                        saml_providers: self.fact(head.reading, "saml-providers", Vec::new()),
                        not_read: self.take_gaps(head.reading, "account"),
                    });
                    if let Some(AccountReading { identities: Fact::Read(read), .. }) =
                        readings.accounts.last_mut()
                    {
                        read.incomplete = self.take_gaps(head.reading, "identity-entry");
                    }
                }
                (Subject::Organization, None) => {
                    let organization = self.organization(head.reading)?;
                    readings.organization =
                        Some(OrganizationReading { read_at: head.read_at, organization });
                }
                (Subject::Hcp(host), None) => {
                    let workspaces = load_hcp::workspaces(self, head.reading)?;
                    let incomplete = self.take_gaps(head.reading, "workspace-entry");
                    readings.hcp.push(HcpReading {
                        host: host.map(|host| host.to_string()),
                        read_at: head.read_at,
                        workspaces,
                        incomplete,
                    });
                }
            }
        }
        let by_reading = places.iter().copied().zip(0..).collect();
        self.providers(&mut Accounts { rows: &mut readings.accounts, by_reading })?;
        Ok(places)
    }

    fn organization(&mut self, reading: i64) -> rusqlite::Result<Fact<Option<OrganizationFacts>>> {
        let mut found = None;
        self.pass(
            "organization_row",
            "reading",
            "id, arn, management_account, root_id",
            |this, _, row| {
                let tree = Tree {
                    root_id: row.get::<_, Option<String>>(4)?.unwrap_or_default(),
                    ous: Vec::new(),
                    accounts: Vec::new(),
                    incomplete: this.take_gaps(reading, "tree-entry"),
                };
                found = Some(OrganizationFacts {
                    id: row.get(1)?,
                    arn: row.get(2)?,
                    management_account: row.get::<_, Text<_>>(3)?.0,
                    tree: this.fact(reading, "tree", tree),
                    scps: this.fact(reading, "scp", Vec::new()),
                    rcps: this.fact(reading, "rcp", Vec::new()),
                    delegated_administrators: this.fact(
                        reading,
                        "delegated-administrators",
                        Vec::new(),
                    ),
                    not_read: this.take_gaps(reading, "organization-entry"),
                });
                Ok(())
            },
        )?;
        if let Some(facts) = &mut found {
            self.below_organization(facts)?;
        }
        Ok(self.fact(reading, "organization", found))
    }

    fn below_organization(&mut self, facts: &mut OrganizationFacts) -> rusqlite::Result<()> {
        if let Fact::Read(tree) = &mut facts.tree {
            self.pass("ou_row", "position", "id, name, parent, tags", |_, _, row| {
                tree.ous.push(Ou {
                    id: row.get(1)?,
                    name: row.get(2)?,
                    parent: row.get(3)?,
                    tags: row.get::<_, Json<_>>(4)?.0,
                });
                Ok(())
            })?;
            self.pass(
                "member_row",
                "position",
                "account, name, email, state, parent, tags",
                |_, _, row| {
                    tree.accounts.push(MemberAccount {
                        id: row.get::<_, Text<_>>(1)?.0,
                        name: row.get(2)?,
                        email: row.get(3)?,
                        state: row.get::<_, Named<_>>(4)?.0,
                        parent: row.get(5)?,
                        tags: row.get::<_, Json<_>>(6)?.0,
                    });
                    Ok(())
                },
            )?;
        }
        let OrganizationFacts { scps, rcps, delegated_administrators, .. } = facts;
        self.pass(
            "control_policy_row",
            "kind, position",
            "kind, position, id, name, document, targets",
            |this, reading, row| {
                let kind: String = row.get(1)?;
                let at = row.get(2)?;
                let document = match row.get::<_, Option<i64>>(5)? {
                    Some(id) => this.documents.get(id, None)?,
                    None => "".into(),
                };
                let targets = row.get::<_, Json<Vec<String>>>(6)?.0;
                let policy = ControlPolicy {
                    id: row.get(3)?,
                    name: row.get(4)?,
                    document: this.fact_of(reading, &format!("{kind}-document"), at, document),
                    targets: this.fact_of(reading, &format!("{kind}-targets"), at, targets),
                };
                let list = if kind == "scp" { &mut *scps } else { &mut *rcps };
                if let Fact::Read(list) = list {
                    list.push(policy);
                }
                Ok(())
            },
        )?;
        if let Fact::Read(list) = delegated_administrators {
            self.pass(
                "delegated_administrator_row",
                "position",
                "account, services",
                |_, _, row| {
                    let id = row.get::<_, Text<_>>(1)?.0;
                    list.push(DelegatedAdministrator { id, services: row.get::<_, Json<_>>(2)?.0 });
                    Ok(())
                },
            )?;
        }
        Ok(())
    }

    fn account(
        &mut self,
        reading: i64,
        account: AccountId,
        found: &mut Identities,
        rows: &mut Rows<'_>,
    ) -> rusqlite::Result<()> {
        rows.users(reading, |row| {
            found.users.push(User {
                name: row.owner.name.to_owned(),
                path: row.owner.path.to_owned(),
                unique_id: row.owner.unique_id.to_owned(),
                inline: Vec::new(),
                attached: json(row.owner.attached)?,
                boundary: row.boundary.map(str::to_owned),
                groups: json(row.groups)?,
                tags: json(row.tags)?,
            });
            Ok(())
        })?;
        rows.groups(reading, |owner| {
            found.groups.push(Group {
                name: owner.name.to_owned(),
                path: owner.path.to_owned(),
                unique_id: owner.unique_id.to_owned(),
                inline: Vec::new(),
                attached: json(owner.attached)?,
            });
            Ok(())
        })?;
        rows.roles(reading, |row| {
            found.roles.push(Role {
                name: row.owner.name.to_owned(),
                path: row.owner.path.to_owned(),
                unique_id: row.owner.unique_id.to_owned(),
                trust: self.documents.get(row.trust, Some(account))?,
                inline: Vec::new(),
                attached: json(row.owner.attached)?,
                boundary: row.boundary.map(str::to_owned),
                tags: json(row.tags)?,
                max_session: row.max_session,
                description: row.description.map(str::to_owned),
                created_at: time(row.created_at()?)?,
                last_used: time(row.last_used)?,
            });
            Ok(())
        })?;
        rows.inline(reading, |row| {
            let owner = row.owner as usize;
            let list = match row.kind {
                "user" => found.users.get_mut(owner).map(|user| &mut user.inline),
                "group" => found.groups.get_mut(owner).map(|group| &mut group.inline),
                _ => found.roles.get_mut(owner).map(|role| &mut role.inline),
            };
            let document = self.documents.get(row.document, Some(account))?;
            if let Some(list) = list {
                list.push(InlinePolicy { name: row.name.to_owned(), document });
            }
            Ok(())
        })?;
        rows.managed(reading, |row| {
            let document = match row.document {
                Some(id) => self.documents.get(id, Some(account))?,
                None => "".into(),
            };
            let document = self.fact_of(reading, "managed-policy", row.position, document);
            found.managed_policies.push(ManagedPolicy { arn: row.arn.to_owned(), document });
            Ok(())
        })
    }

    fn providers(&mut self, accounts: &mut Accounts<'_>) -> rusqlite::Result<()> {
        self.pass("oidc_provider_row", "position", "arn, url, audiences", |_, reading, row| {
            if let Some(AccountReading { oidc_providers: Fact::Read(list), .. }) =
                accounts.get(reading)
            {
                let audiences = row.get::<_, Json<_>>(3)?.0;
                list.push(OidcProvider { arn: row.get(1)?, url: row.get(2)?, audiences });
            }
            Ok(())
        })?;
        self.pass("saml_provider_row", "position", "arn, valid_until", |_, reading, row| {
            if let Some(AccountReading { saml_providers: Fact::Read(list), .. }) =
                accounts.get(reading)
            {
                let valid_until = row.get::<_, Option<Text<_>>>(2)?.map(|time| time.0);
                list.push(SamlProvider { arn: row.get(1)?, valid_until });
            }
            Ok(())
        })
    }
}

/// The statement of one pass. The join is written so that the readings are the outer loop.
pub(super) fn pass_sql(table: &str, key: &str, columns: &str) -> String {
    format!(
        "SELECT r.reading, {columns} FROM snapshot_reading s
         CROSS JOIN {table} r ON r.reading = s.reading
         WHERE s.snapshot = ?1 ORDER BY s.subject, {key}"
    )
}

/// Account readings by the ids that rows carry.
struct Accounts<'a> {
    rows: &'a mut Vec<AccountReading>,
    by_reading: HashMap<i64, usize>,
}

impl Accounts<'_> {
    fn get(&mut self, reading: i64) -> Option<&mut AccountReading> {
        self.rows.get_mut(*self.by_reading.get(&reading)?)
    }
}
