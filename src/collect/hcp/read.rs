//! What is asked, and what of the answers is kept.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

use super::client::{Client, List};
use super::stacks;
use crate::aws::{Failure, FailureKind};
use crate::org::NotReadKind;
use crate::org::hcp::{
    HcpTerraform, Kept, Project, Unreadable, Variable, VariableSet, Workspace, WorkspaceVariable,
    is_kept, kept,
};

/// What stands in a segment of a path as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// How many lists of variables are read at once.
pub(super) const LANES: usize = 8;

const ORGANIZATIONS: &str = "GET organizations";
const WORKSPACES: &str = "workspaces";
const PROJECTS: &str = "projects";
const SETS: &str = "variable-sets";
const SET: &str = "variable-set";
const SET_VARIABLES: &str = "variable-set-variables";
const VARIABLES: &str = "workspace-variables";

/// A JSON:API object. Members that are not known are passed over: more come with every release.
#[derive(Debug, Deserialize)]
pub(super) struct Object<A> {
    pub(super) id: String,
    pub(super) attributes: A,
    #[serde(default)]
    relationships: BTreeMap<String, Option<Relation>>,
}

#[derive(Debug, Deserialize)]
struct Relation {
    data: Option<Related>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Related {
    One(Reference),
    Many(Vec<Reference>),
}

#[derive(Debug, Deserialize)]
pub(super) struct Reference {
    pub(super) id: String,
    r#type: String,
}

impl<A> Object<A> {
    pub(super) fn one(&self, relation: &str) -> Option<&Reference> {
        match self.relationships.get(relation)?.as_ref()?.data.as_ref()? {
            Related::One(reference) => Some(reference),
            Related::Many(_) => None,
        }
    }

    /// The ids of a list; `None` where the answer does not say.
    fn many(&self, relation: &str) -> Option<Vec<String>> {
        match self.relationships.get(relation)?.as_ref()?.data.as_ref()? {
            Related::Many(list) => Some(list.iter().map(|one| one.id.clone()).collect()),
            Related::One(_) => None,
        }
    }
}

#[derive(Debug, Deserialize)]
struct UserAttributes {
    username: Option<String>,
    email: Option<String>,
}

#[derive(Debug, Deserialize)]
struct OrganizationAttributes {
    #[serde(rename = "stacks-enabled")]
    stacks: Option<bool>,
    permissions: Option<OrganizationPermissions>,
}

#[derive(Debug, Deserialize)]
struct OrganizationPermissions {
    #[serde(rename = "can-read-varsets")]
    can_read_sets: Option<bool>,
}

/// What nothing but the name is told of: projects, stacks and their deployments.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
struct WorkspaceAttributes {
    name: String,
    #[serde(rename = "execution-mode")]
    execution_mode: Option<String>,
    permissions: Option<Permissions>,
}

#[derive(Debug, Deserialize)]
struct Permissions {
    #[serde(rename = "can-read-variable")]
    can_read_variable: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct SetAttributes {
    name: String,
    global: Option<bool>,
    priority: Option<bool>,
    #[serde(rename = "workspace-count")]
    workspaces: Option<usize>,
    #[serde(rename = "project-count")]
    projects: Option<usize>,
}

#[derive(Debug, Deserialize)]
struct VariableAttributes {
    key: String,
    value: Option<Value>,
    sensitive: Option<bool>,
    category: Option<String>,
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
) -> Result<HcpTerraform, Failure> {
    let mut hcp = HcpTerraform { host: host.to_owned(), ..HcpTerraform::default() };
    let seen: List<Object<OrganizationAttributes>> =
        client.list(ORGANIZATIONS, "/organizations").await?;
    note_damaged(&seen.damaged, "organization", &mut hcp);
    let seen: BTreeMap<String, OrganizationAttributes> =
        seen.entries.into_iter().map(|one| (one.id, one.attributes)).collect();
    let asked = |name: &String| organizations.is_empty() || organizations.contains(name);
    if !seen.keys().any(asked) {
        let message = match organizations {
            [] => "the token sees no organization".to_owned(),
            names => format!("the token sees no organization named {}", names.join(" or ")),
        };
        return Err(Failure::new(ORGANIZATIONS, FailureKind::Denied, message));
    }
    for name in organizations.iter().filter(|name| !seen.contains_key(*name)) {
        // It was asked for by name, so that it is not usual that it is missing.
        hcp.unreadable.push(Unreadable {
            reason: NotReadKind::Failed,
            ..unreadable("organization", name, "not found, or not permitted to this token")
        });
    }
    for (name, attributes) in seen {
        if !asked(&name) {
            hcp.unreadable.push(Unreadable {
                reason: NotReadKind::NotCollected,
                ..unreadable("organization", &name, "not asked for")
            });
            continue;
        }
        let stacks = attributes.stacks != Some(false);
        let sets = attributes.permissions.and_then(|may| may.can_read_sets) != Some(false);
        let projects = organization(client, &name, sets, &mut hcp).await?;
        // Where the feature is off there are none.
        if stacks {
            stacks::read(client, &name, &projects, &mut hcp).await?;
        }
        hcp.organizations.push(name);
    }
    // What is equal shall look equal, in whatever order it came.
    hcp.projects.sort_by(|one, other| one.id.cmp(&other.id));
    hcp.workspaces.sort_by(|one, other| one.id.cmp(&other.id));
    hcp.variable_sets.sort_by(|one, other| one.id.cmp(&other.id));
    hcp.stacks.sort_by(|one, other| one.id.cmp(&other.id));
    hcp.variables.sort_by(|one, other| {
        (&one.workspace, &one.variable.key).cmp(&(&other.workspace, &other.variable.key))
    });
    hcp.unreadable.sort_by(|one, other| (&one.kind, &one.id).cmp(&(&other.kind, &other.id)));
    Ok(hcp)
}

/// Reads projects, workspaces and variable sets of an organization; gives the ids of its projects.
async fn organization(
    client: &Client,
    name: &str,
    may_read_sets: bool,
    hcp: &mut HcpTerraform,
) -> Result<BTreeSet<String>, Failure> {
    let path = |what: &str| format!("/organizations/{}/{what}", encoded(name));
    let projects = client.list("GET projects", &path("projects")).await;
    let projects: Vec<Object<Named>> = main_list(projects, PROJECTS, name, hcp)?;
    let names: BTreeSet<String> = projects.iter().map(|project| project.id.clone()).collect();
    hcp.projects.extend(projects.into_iter().map(|project| Project {
        id: project.id,
        name: project.attributes.name,
        organization: name.to_owned(),
    }));

    let sets: Vec<Object<SetAttributes>> = if may_read_sets {
        let sets = client.list("GET varsets", &path("varsets")).await;
        main_list(sets, SETS, name, hcp)?
    } else {
        hcp.unreadable.push(unreadable(SETS, name, "the token may not read variable sets"));
        Vec::new()
    };
    let workspaces = client.list("GET workspaces", &path("workspaces")).await;
    let workspaces: Vec<Object<WorkspaceAttributes>> =
        main_list(workspaces, WORKSPACES, name, hcp)?;

    let mut wanted = Vec::new();
    for set in sets {
        let listed = set.many("vars").map(|listed| listed.len());
        if let Some((what, reason)) = lacking(&set) {
            // To whom it applies is not known: it may be anybody.
            let message = format!("the answer does not name all of its {what}");
            hcp.unreadable.push(Unreadable { reason, ..unreadable(SET, &set.id, &message) });
        }
        let set = variable_set(set, name);
        if listed == Some(0) {
            hcp.variable_sets.push(set);
        } else {
            wanted.push((Place::Set(set), listed));
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
        let listed = workspace.many("vars").map(|listed| listed.len());
        let WorkspaceAttributes { name: own, execution_mode, permissions } = workspace.attributes;
        hcp.workspaces.push(Workspace {
            id: id.clone(),
            name: own,
            organization: name.to_owned(),
            project,
            execution_mode: execution_mode.unwrap_or_else(|| "remote".to_owned()),
        });
        if permissions.and_then(|may| may.can_read_variable) == Some(false) {
            let message = "the token may not read its variables";
            hcp.unreadable.push(unreadable(VARIABLES, &id, message));
        } else if listed != Some(0) {
            wanted.push((Place::Workspace(id), listed));
        }
    }
    variables(client, wanted, hcp).await?;
    Ok(names)
}

/// Whether a failure says nothing of what was asked for.
pub(super) fn spoils_all(client: &Client, failure: &Failure) -> bool {
    failure.kind == FailureKind::ExpiredCredentials || client.stopped()
}

/// Where variables are.
enum Place {
    Set(VariableSet),
    Workspace(String),
}

/// Reads variables, some places at a time. Beside a place stands how many there are said to be.
async fn variables(
    client: &Client,
    places: Vec<(Place, Option<usize>)>,
    hcp: &mut HcpTerraform,
) -> Result<(), Failure> {
    let mut answers = futures_util::stream::iter(places)
        .map(|(place, listed)| async move {
            let (call, path) = match &place {
                Place::Set(set) => (
                    "GET varsets/:id/relationships/vars",
                    format!("/varsets/{}/relationships/vars", encoded(&set.id)),
                ),
                Place::Workspace(id) => {
                    ("GET workspaces/:id/vars", format!("/workspaces/{}/vars", encoded(id)))
                }
            };
            let found: Result<List<Object<VariableAttributes>>, Failure> =
                client.whole(call, &path).await;
            (place, listed, found)
        })
        .buffer_unordered(LANES);
    while let Some((place, listed, answer)) = answers.next().await {
        let (kind, id) = match &place {
            Place::Set(set) => (SET_VARIABLES, set.id.clone()),
            Place::Workspace(id) => (VARIABLES, id.clone()),
        };
        let found = match answer {
            Ok(list) => {
                let fewer = listed.is_some_and(|listed| list.entries.len() < listed);
                if fewer || !list.damaged.is_empty() {
                    let message = "not all of its variables were understood";
                    hcp.unreadable.push(malformed(kind, &id, message));
                }
                list.entries
            }
            Err(failure) if spoils_all(client, &failure) => return Err(failure),
            Err(failure) => {
                hcp.unreadable.push(refused(kind, &id, &failure));
                Vec::new()
            }
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

/// What of the places that a set applies to the answer leaves out. Fewer than it counts may be
/// those that the token sees.
fn lacking(set: &Object<SetAttributes>) -> Option<(&'static str, NotReadKind)> {
    if set.attributes.global == Some(true) {
        return None;
    }
    let why = |relation: &str, count: Option<usize>| match set.many(relation) {
        Some(listed) => {
            count.is_some_and(|count| listed.len() < count).then_some(NotReadKind::Denied)
        }
        None => (count != Some(0)).then_some(NotReadKind::Malformed),
    };
    [("workspaces", set.attributes.workspaces), ("projects", set.attributes.projects)]
        .into_iter()
        .find_map(|(relation, count)| Some((relation, why(relation, count)?)))
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
        global: set.attributes.global == Some(true),
        priority: set.attributes.priority == Some(true),
        variables: Vec::new(),
    }
}

pub(super) fn sorted(ids: Option<Vec<String>>) -> Vec<String> {
    let mut ids = ids.unwrap_or_default();
    ids.sort_unstable();
    ids
}

/// What of a variable says who becomes which role; of credentials only that they are set.
fn of_interest(variable: VariableAttributes) -> Option<Variable> {
    let VariableAttributes { key, value, sensitive, category } = variable;
    let category = category.filter(|category| is_kept(category, &key))?;
    let value = match kept(&key) {
        Kept::Value if sensitive == Some(true) => None,
        // What is no text is not known to be what it looks like.
        Kept::Value => value.as_ref().and_then(Value::as_str).map(str::to_owned),
        Kept::Presence => None,
        Kept::Nothing => return None,
    };
    Some(Variable { key, category, value })
}

/// A list of what there is. Where this token may not see it, it is empty and recorded as unreadable;
/// any other failure is that of the whole reading, since nothing could be told without it.
fn main_list<T>(
    answer: Result<List<T>, Failure>,
    kind: &str,
    id: &str,
    hcp: &mut HcpTerraform,
) -> Result<Vec<T>, Failure> {
    match answer {
        Ok(list) => {
            note_damaged(&list.damaged, kind, hcp);
            Ok(list.entries)
        }
        Err(failure) if failure.kind == FailureKind::Denied => {
            hcp.unreadable.push(refused(kind, id, &failure));
            Ok(Vec::new())
        }
        Err(failure) => Err(failure),
    }
}

pub(super) fn note_damaged(ids: &[String], kind: &str, hcp: &mut HcpTerraform) {
    let message = "the entry could not be understood";
    hcp.unreadable.extend(ids.iter().map(|id| malformed(kind, id, message)));
}

pub(super) fn refused(kind: &str, id: &str, failure: &Failure) -> Unreadable {
    Unreadable { reason: failure.kind.not_read(), ..unreadable(kind, id, &failure.message) }
}

pub(super) fn malformed(kind: &str, id: &str, message: &str) -> Unreadable {
    Unreadable { reason: NotReadKind::Malformed, ..unreadable(kind, id, message) }
}

/// What the token may not see.
pub(super) fn unreadable(kind: &str, id: &str, message: &str) -> Unreadable {
    Unreadable {
        kind: kind.to_owned(),
        id: id.to_owned(),
        message: message.to_owned(),
        reason: NotReadKind::Denied,
    }
}

/// A name as one segment of a path.
pub(super) fn encoded(name: &str) -> String {
    utf8_percent_encode(name, SEGMENT).to_string()
}
