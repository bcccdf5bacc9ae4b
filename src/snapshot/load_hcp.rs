//! Rows of HCP Terraform as its workspaces.

use rusqlite::Row;

use super::columns::{Json, Named};
use super::load::Loader;
use crate::org::Fact;
use crate::org::NotReadKind;
use crate::org::hcp::{
    EffectiveWorkspace, HcpTerraform, Project, Stack, Unreadable, Variable, VariableSet, Workspace,
    WorkspaceVariable, Workspaces,
};

/// The workspaces of one host's reading.
pub(super) fn workspaces(
    loader: &mut Loader<'_>,
    reading: i64,
) -> rusqlite::Result<Fact<Workspaces>> {
    let mut as_read = None;
    of_reading(loader, reading, "hcp_row", "reading", "form, host, organizations", |row| {
        if row.get_ref(1)?.as_str()? == "as-read" {
            as_read = Some(HcpTerraform {
                host: row.get(2)?,
                organizations: row.get::<_, Json<_>>(3)?.0,
                ..HcpTerraform::default()
            });
        }
        Ok(())
    })?;
    let found = match as_read {
        Some(mut hcp) => {
            workspaces_as_read(loader, reading, &mut hcp)?;
            settings(loader, reading, &mut hcp)?;
            Workspaces::AsRead(hcp)
        }
        None => Workspaces::Effective(effective(loader, reading)?),
    };
    Ok(loader.fact(reading, "workspaces", found))
}

/// The rows of one reading in a table: a snapshot has a few readings of this kind at most.
fn of_reading(
    loader: &mut Loader<'_>,
    reading: i64,
    table: &str,
    key: &str,
    columns: &str,
    mut each: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    loader.pass(table, key, columns, |_, of, row| if of == reading { each(row) } else { Ok(()) })
}

fn effective(loader: &mut Loader<'_>, reading: i64) -> rusqlite::Result<Vec<EffectiveWorkspace>> {
    let mut list = Vec::new();
    of_reading(
        loader,
        reading,
        "effective_workspace_row",
        "position",
        "organization, project, workspace, execution_mode, host, env",
        |row| {
            list.push(EffectiveWorkspace {
                organization: row.get(1)?,
                project: row.get(2)?,
                workspace: row.get(3)?,
                execution_mode: row.get(4)?,
                host: row.get(5)?,
                env: row.get::<_, Json<_>>(6)?.0,
            });
            Ok(())
        },
    )?;
    Ok(list)
}

fn workspaces_as_read(
    loader: &mut Loader<'_>,
    reading: i64,
    hcp: &mut HcpTerraform,
) -> rusqlite::Result<()> {
    of_reading(loader, reading, "project_row", "position", "id, name, organization", |row| {
        hcp.projects.push(Project {
            id: row.get(1)?,
            name: row.get(2)?,
            organization: row.get(3)?,
        });
        Ok(())
    })?;
    of_reading(
        loader,
        reading,
        "workspace_row",
        "position",
        "id, name, organization, project, execution_mode",
        |row| {
            hcp.workspaces.push(Workspace {
                id: row.get(1)?,
                name: row.get(2)?,
                organization: row.get(3)?,
                project: row.get(4)?,
                execution_mode: row.get(5)?,
            });
            Ok(())
        },
    )?;
    of_reading(
        loader,
        reading,
        "stack_row",
        "position",
        "id, name, organization, project, deployments",
        |row| {
            hcp.stacks.push(Stack {
                id: row.get(1)?,
                name: row.get(2)?,
                organization: row.get(3)?,
                project: row.get(4)?,
                deployments: row.get::<_, Option<Json<_>>>(5)?.map(|names| names.0),
            });
            Ok(())
        },
    )?;
    of_reading(loader, reading, "unreadable_row", "position", "kind, id, message, reason", |row| {
        hcp.unreadable.push(Unreadable {
            kind: row.get(1)?,
            id: row.get(2)?,
            message: row.get(3)?,
            reason: row
                .get::<_, Option<Named<_>>>(4)?
                .map_or(NotReadKind::Denied, |reason| reason.0),
        });
        Ok(())
    })
}

fn settings(loader: &mut Loader<'_>, reading: i64, hcp: &mut HcpTerraform) -> rusqlite::Result<()> {
    let variable = |row: &Row<'_>| -> rusqlite::Result<Variable> {
        Ok(Variable { key: row.get(2)?, category: row.get(3)?, value: row.get(4)? })
    };
    of_reading(
        loader,
        reading,
        "variable_row",
        "position",
        "workspace, key, category, value",
        |row| {
            let workspace = row.get(1)?;
            hcp.variables.push(WorkspaceVariable { workspace, variable: variable(row)? });
            Ok(())
        },
    )?;
    of_reading(
        loader,
        reading,
        "variable_set_row",
        "position",
        "id, name, organization, owner_project, is_global, is_priority, workspaces, projects",
        |row| {
            hcp.variable_sets.push(VariableSet {
                id: row.get(1)?,
                name: row.get(2)?,
                organization: row.get(3)?,
                owner_project: row.get(4)?,
                global: row.get(5)?,
                priority: row.get(6)?,
                workspaces: row.get::<_, Json<_>>(7)?.0,
                projects: row.get::<_, Json<_>>(8)?.0,
                variables: Vec::new(),
            });
            Ok(())
        },
    )?;
    of_reading(
        loader,
        reading,
        "set_variable_row",
        "variable_set, position",
        "variable_set, key, category, value",
        |row| {
            if let Some(set) = hcp.variable_sets.get_mut(row.get::<_, u32>(1)? as usize) {
                set.variables.push(variable(row)?);
            }
            Ok(())
        },
    )
}
