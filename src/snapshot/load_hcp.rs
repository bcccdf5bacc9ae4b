//! Rows of HCP Terraform as its workspaces.

use rusqlite::Row;

use super::columns::{Json, Named};
use super::load::Loader;
use crate::org::Fact;
use crate::org::NotReadKind;
use crate::org::hcp::{
    EffectiveWorkspace, HcpTerraform, Project, Unreadable, Variable, VariableSet, Workspace,
    WorkspaceVariable, Workspaces,
};

/// The workspaces of the snapshot's one reading of HCP Terraform.
pub(super) fn workspaces(
    loader: &mut Loader<'_>,
    reading: i64,
) -> rusqlite::Result<Fact<Workspaces>> {
    let mut as_read = None;
    loader.pass("hcp_row", "reading", "form, host, organizations", |_, _, row| {
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
            workspaces_as_read(loader, &mut hcp)?;
            settings(loader, &mut hcp)?;
            Workspaces::AsRead(hcp)
        }
        None => Workspaces::Effective(effective(loader)?),
    };
    Ok(loader.fact(reading, "workspaces", found))
}

fn effective(loader: &mut Loader<'_>) -> rusqlite::Result<Vec<EffectiveWorkspace>> {
    let mut list = Vec::new();
    loader.pass(
        "effective_workspace_row",
        "position",
        "organization, project, workspace, execution_mode, host, env",
        |_, _, row| {
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

fn workspaces_as_read(loader: &mut Loader<'_>, hcp: &mut HcpTerraform) -> rusqlite::Result<()> {
    loader.pass("project_row", "position", "id, name, organization", |_, _, row| {
        hcp.projects.push(Project {
            id: row.get(1)?,
            name: row.get(2)?,
            organization: row.get(3)?,
        });
        Ok(())
    })?;
    loader.pass(
        "workspace_row",
        "position",
        "id, name, organization, project, execution_mode",
        |_, _, row| {
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
    loader.pass("unreadable_row", "position", "kind, id, message, reason", |_, _, row| {
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

fn settings(loader: &mut Loader<'_>, hcp: &mut HcpTerraform) -> rusqlite::Result<()> {
    let variable = |row: &Row<'_>| -> rusqlite::Result<Variable> {
        Ok(Variable { key: row.get(2)?, category: row.get(3)?, value: row.get(4)? })
    };
    loader.pass("variable_row", "position", "workspace, key, category, value", |_, _, row| {
        let workspace = row.get(1)?;
        hcp.variables.push(WorkspaceVariable { workspace, variable: variable(row)? });
        Ok(())
    })?;
    loader.pass(
        "variable_set_row",
        "position",
        "id, name, organization, owner_project, is_global, is_priority, workspaces, projects",
        |_, _, row| {
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
    loader.pass(
        "set_variable_row",
        "variable_set, position",
        "variable_set, key, category, value",
        |_, _, row| {
            if let Some(set) = hcp.variable_sets.get_mut(row.get::<_, u32>(1)? as usize) {
                set.variables.push(variable(row)?);
            }
            Ok(())
        },
    )
}
