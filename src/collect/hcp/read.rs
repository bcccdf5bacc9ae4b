//! What is asked, and what of the answers is kept.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tokio::sync::watch;

use super::client::Client;
use crate::aws::{Failure, FailureKind};
use crate::org::hcp::{
    HcpTerraform, Kept, Project, Unreadable, Variable, VariableSet, Workspace, WorkspaceVariable,
    kept,
};

/// What stands in a segment of a path as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// How many lists of variables are read at once.
const LANES: usize = 8;

const ORGANIZATIONS: &str = "GET organizations";
const WORKSPACES: &str = "workspaces";
const PROJECTS: &str = "projects";
const SETS: &str = "variable-sets";
const SET: &str = "variable-set";
const VARIABLES: &str = "workspace-variables";

/// A JSON:API object. Members that are not known are passed over: more come with every release.
#[derive(Debug, Deserialize)]
struct Object<A> {
    id: String,
    attributes: A,
    #[serde(default)]
    relationships: BTreeMap<String, Relation>,
}

#[derive(Debug, Deserialize)]
struct Relation {
    #[serde(default)]
    data: Related,
}

#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
enum Related {
    One(Reference),
    Many(Vec<Reference>),
    #[default]
    None,
}

#[derive(Debug, Deserialize)]
struct Reference {
    id: String,
    r#type: String,
}

impl<A> Object<A> {
    fn one(&self, relation: &str) -> Option<&Reference> {
        match &self.relationships.get(relation)?.data {
            Related::One(reference) => Some(reference),
            Related::Many(_) | Related::None => None,
        }
    }

    /// The ids of a list; `None` where the answer does not say.
    fn many(&self, relation: &str) -> Option<Vec<String>> {
        match &self.relationships.get(relation)?.data {
            Related::Many(list) => Some(list.iter().map(|one| one.id.clone()).collect()),
            Related::One(_) | Related::None => None,
        }
    }
}

#[derive(Debug, Deserialize)]
struct UserAttributes {
    username: Option<String>,
    email: Option<String>,
}

#[derive(Debug, Deserialize)]
struct OrganizationAttributes {}

#[derive(Debug, Deserialize)]
struct ProjectAttributes {
    name: String,
}

#[derive(Debug, Deserialize)]
struct WorkspaceAttributes {
    name: String,
    #[serde(rename = "execution-mode")]
    execution_mode: Option<String>,
    #[serde(default)]
    permissions: Permissions,
}

#[derive(Debug, Default, Deserialize)]
struct Permissions {
    #[serde(rename = "can-read-variable")]
    can_read_variable: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct SetAttributes {
    name: String,
    #[serde(default)]
    global: bool,
    #[serde(default)]
    priority: bool,
}

#[derive(Debug, Deserialize)]
struct VariableAttributes {
    key: String,
    value: Option<String>,
    #[serde(default)]
    sensitive: bool,
    #[serde(default)]
    category: String,
}

/// Whom the token belongs to.
pub(super) async fn user(client: &Client) -> Result<String, Failure> {
    let user: Object<UserAttributes> =
        client.one("GET account/details", "/account/details").await?;
    let UserAttributes { username, email } = user.attributes;
    Ok(username.or(email).unwrap_or(user.id))
}

/// Everything that the token sees of these organizations, or of all.
pub(super) async fn everything(
    client: &Client,
    host: &str,
    organizations: &[String],
    cancel: &watch::Receiver<bool>,
) -> Result<HcpTerraform, Failure> {
    let seen: Vec<Object<OrganizationAttributes>> =
        client.list(ORGANIZATIONS, "/organizations", &[]).await?;
    let seen: BTreeSet<String> = seen.into_iter().map(|one| one.id).collect();
    let mut hcp = HcpTerraform { host: host.to_owned(), ..HcpTerraform::default() };
    for name in organizations.iter().filter(|name| !seen.contains(*name)) {
        let message = "not found, or not permitted to this token";
        hcp.unreadable.push(unreadable("organization", name, message));
    }
    let chosen = |name: &&String| organizations.is_empty() || organizations.contains(*name);
    for name in seen.iter().filter(chosen) {
        if *cancel.borrow() {
            hcp.unreadable.push(unreadable("organization", name, "interrupted"));
            continue;
        }
        organization(client, name, cancel, &mut hcp).await?;
        hcp.organizations.push(name.clone());
    }
    // What is equal shall look equal, in whatever order it came.
    hcp.projects.sort_by(|one, other| one.id.cmp(&other.id));
    hcp.workspaces.sort_by(|one, other| one.id.cmp(&other.id));
    hcp.variable_sets.sort_by(|one, other| one.id.cmp(&other.id));
    hcp.variables.sort_by(|one, other| {
        (&one.workspace, &one.variable.key).cmp(&(&other.workspace, &other.variable.key))
    });
    hcp.unreadable.sort_by(|one, other| (&one.kind, &one.id).cmp(&(&other.kind, &other.id)));
    Ok(hcp)
}

async fn organization(
    client: &Client,
    name: &str,
    cancel: &watch::Receiver<bool>,
    hcp: &mut HcpTerraform,
) -> Result<(), Failure> {
    let path = |what: &str| format!("/organizations/{}/{what}", encoded(name));
    let projects = client.list("GET projects", &path("projects"), &[]).await;
    let projects: Vec<Object<ProjectAttributes>> = seen(projects, PROJECTS, name, hcp)?;
    let names: BTreeSet<String> = projects.iter().map(|project| project.id.clone()).collect();
    hcp.projects.extend(projects.into_iter().map(|project| Project {
        id: project.id,
        name: project.attributes.name,
        organization: name.to_owned(),
    }));

    let sets = client.list("GET varsets", &path("varsets"), &[]).await;
    let sets: Vec<Object<SetAttributes>> = seen(sets, SETS, name, hcp)?;
    let workspaces = client.list("GET workspaces", &path("workspaces"), &[]).await;
    let workspaces: Vec<Object<WorkspaceAttributes>> = seen(workspaces, WORKSPACES, name, hcp)?;

    let mut wanted = Vec::new();
    for set in sets {
        let listed = set.many("vars");
        let set = variable_set(set, name);
        if listed.as_ref().is_none_or(|listed| !listed.is_empty()) {
            wanted.push(Place::Set(set));
        } else {
            hcp.variable_sets.push(set);
        }
    }
    for workspace in workspaces {
        let Some(project) = workspace.one("project").filter(|it| names.contains(&it.id)) else {
            // Its name stands in the tokens of its runs: without it nothing can be said of them.
            let message = format!(
                "workspace `{}` is left out: the name of its project was not read",
                workspace.attributes.name
            );
            hcp.unreadable.push(unreadable("workspace", &workspace.id, &message));
            continue;
        };
        let project = project.id.clone();
        let id = workspace.id.clone();
        let listed = workspace.many("vars");
        let WorkspaceAttributes { name: own, execution_mode, permissions } = workspace.attributes;
        hcp.workspaces.push(Workspace {
            id: id.clone(),
            name: own,
            organization: name.to_owned(),
            project,
            execution_mode: execution_mode.unwrap_or_else(|| "remote".to_owned()),
        });
        if permissions.can_read_variable == Some(false) {
            let message = "the token may not read its variables";
            hcp.unreadable.push(unreadable(VARIABLES, &id, message));
        } else if listed.is_none_or(|listed| !listed.is_empty()) {
            wanted.push(Place::Workspace(id));
        }
    }
    variables(client, wanted, cancel, hcp).await
}

/// Where variables are.
enum Place {
    Set(VariableSet),
    Workspace(String),
}

/// Reads variables, some places at a time.
async fn variables(
    client: &Client,
    places: Vec<Place>,
    cancel: &watch::Receiver<bool>,
    hcp: &mut HcpTerraform,
) -> Result<(), Failure> {
    let mut answers = futures_util::stream::iter(places)
        .map(|place| async move {
            if *cancel.borrow() {
                return (place, None);
            }
            let (call, path) = match &place {
                Place::Set(set) => (
                    "GET varsets/:id/relationships/vars",
                    format!("/varsets/{}/relationships/vars", encoded(&set.id)),
                ),
                Place::Workspace(id) => {
                    ("GET workspaces/:id/vars", format!("/workspaces/{}/vars", encoded(id)))
                }
            };
            let found: Result<Vec<Object<VariableAttributes>>, Failure> =
                client.list(call, &path, &[]).await;
            (place, Some(found))
        })
        .buffer_unordered(LANES);
    while let Some((place, answer)) = answers.next().await {
        let (kind, id) = match &place {
            Place::Set(set) => (SET, set.id.clone()),
            Place::Workspace(id) => (VARIABLES, id.clone()),
        };
        let found = match answer {
            None => {
                hcp.unreadable.push(unreadable(kind, &id, "interrupted"));
                Vec::new()
            }
            Some(answer) => seen(answer, kind, &id, hcp)?,
        };
        let found = found.into_iter().filter_map(|variable| of_interest(variable.attributes));
        match place {
            Place::Set(mut set) => {
                set.variables = found.collect();
                set.variables.sort_by(|one, other| one.key.cmp(&other.key));
                hcp.variable_sets.push(set);
            }
            Place::Workspace(id) => hcp.variables.extend(
                found.map(|variable| WorkspaceVariable { workspace: id.clone(), variable }),
            ),
        }
    }
    Ok(())
}

fn variable_set(set: Object<SetAttributes>, organization: &str) -> VariableSet {
    let parent = set.one("parent").filter(|parent| parent.r#type == "projects");
    VariableSet {
        owner_project: parent.map(|parent| parent.id.clone()),
        workspaces: sorted(set.many("workspaces")),
        projects: sorted(set.many("projects")),
        id: set.id,
        name: set.attributes.name,
        organization: organization.to_owned(),
        global: set.attributes.global,
        priority: set.attributes.priority,
        variables: Vec::new(),
    }
}

fn sorted(ids: Option<Vec<String>>) -> Vec<String> {
    let mut ids = ids.unwrap_or_default();
    ids.sort_unstable();
    ids
}

/// What of a variable says who becomes which role; of credentials only that they are set.
fn of_interest(variable: VariableAttributes) -> Option<Variable> {
    let VariableAttributes { key, value, sensitive, category } = variable;
    if category != "env" {
        return None;
    }
    let value = match kept(&key) {
        Kept::Value => value.filter(|_| !sensitive),
        Kept::Presence => None,
        Kept::Nothing => return None,
    };
    Some(Variable { key, category, value })
}

/// The list; empty and recorded as unreadable where this token may not see it. What would meet
/// every further request as well ends the reading.
fn seen<T>(
    answer: Result<Vec<T>, Failure>,
    kind: &str,
    id: &str,
    hcp: &mut HcpTerraform,
) -> Result<Vec<T>, Failure> {
    match answer {
        Ok(list) => Ok(list),
        Err(failure) if failure.kind == FailureKind::ExpiredCredentials => Err(failure),
        Err(failure) => {
            hcp.unreadable.push(unreadable(kind, id, &failure.message));
            Ok(Vec::new())
        }
    }
}

fn unreadable(kind: &str, id: &str, message: &str) -> Unreadable {
    Unreadable { kind: kind.to_owned(), id: id.to_owned(), message: message.to_owned() }
}

/// A name as one segment of a path.
fn encoded(name: &str) -> String {
    utf8_percent_encode(name, SEGMENT).to_string()
}
