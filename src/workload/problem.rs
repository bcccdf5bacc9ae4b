//! What is odd about a workspace's settings, as far as they tell by themselves.

use crate::arn::{Arn, PrincipalName};

use super::precedence::Other;
use super::resolve::{Phase, Value, Workspace};
use super::roles::{audience, deciding, is_switch, switch};

/// The longest subject that the documentation speaks of.
const LONGEST_SUBJECT: usize = 127;

/// Something odd about settings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// The value is no ARN of a role.
    NoRoleArn {
        /// The variable.
        key: String,
        /// Its value.
        value: String,
    },
    /// A setting of the environment is among Terraform's own variables: whether it is heeded there
    /// is not documented.
    TerraformVariable {
        /// The variable.
        key: String,
    },
    /// Which of two values wins is not documented.
    Undecided {
        /// The variable.
        key: String,
    },
    /// Which of two variables wins is not documented.
    Ambiguous {
        /// The run's role.
        key: String,
        /// The default of the phase.
        other: String,
    },
    /// A setting is sensitive: what it says was not read.
    Hidden {
        /// The variable.
        key: String,
    },
    /// Dynamic credentials are on, and nothing names the role of a phase.
    NoRole {
        /// The switch.
        key: String,
        /// The phase.
        phase: Phase,
    },
    /// A switch has a value that switches nothing on.
    Switch {
        /// The variable.
        key: String,
        /// Its value.
        value: String,
    },
    /// The subject of its tokens is longer than [`LONGEST_SUBJECT`].
    LongSubject {
        /// The subject.
        subject: String,
    },
}

/// A role that settings name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedRole {
    /// The variable.
    pub key: String,
    /// The role's ARN.
    pub arn: String,
}

impl Workspace {
    /// The roles that its settings name for tokens or for Vault, each once.
    pub fn named_roles(&self) -> Vec<NamedRole> {
        let found: std::collections::BTreeSet<NamedRole> = values(self)
            .into_iter()
            .filter(|(_, arn)| is_role(arn))
            .map(|(key, arn)| NamedRole { key, arn })
            .collect();
        found.into_iter().collect()
    }
}

/// What stands in the variables that decide on roles.
fn values(workspace: &Workspace) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (family, tag, phase) in role_settings(workspace) {
        for key in deciding(&workspace.settings, family, tag, phase) {
            let Some(value) = workspace.settings.get(&key) else { continue };
            let otherwise = value.otherwise.as_ref().and_then(Other::value);
            let values = value.value.as_deref().into_iter().chain(otherwise);
            found.extend(values.map(|text| (key.clone(), text.to_owned())));
        }
    }
    found
}

/// Everything that is odd about a workspace, each once.
pub(super) fn problems(workspace: &Workspace) -> Vec<Problem> {
    let odd = values(workspace).into_iter().filter(|(_, text)| !is_role(text));
    let mut found: Vec<Problem> =
        odd.map(|(key, value)| Problem::NoRoleArn { key, value }).collect();
    for (key, Value { value, otherwise, terraform, .. }) in &workspace.settings {
        if *terraform {
            found.push(Problem::TerraformVariable { key: key.clone() });
        }
        if otherwise.is_some() {
            found.push(Problem::Undecided { key: key.clone() });
        }
        found.extend(odd_switch(key, value.as_deref()));
    }
    found.extend(of_roles(workspace));
    if workspace.execution_mode != "local" {
        let subjects = Phase::ALL.map(|phase| workspace.subject(phase));
        let long = subjects.into_iter().filter(|subject| is_long(subject));
        found.extend(long.map(|subject| Problem::LongSubject { subject }));
    }
    found.sort();
    found.dedup();
    found
}

/// A switch that is neither on nor off, or that is sensitive.
fn odd_switch(key: &str, value: Option<&str>) -> Option<Problem> {
    if !is_switch(key) {
        return None;
    }
    let key = key.to_owned();
    match value {
        None => Some(Problem::Hidden { key }),
        Some("true" | "false" | "") => None,
        Some(value) => Some(Problem::Switch { key, value: value.to_owned() }),
    }
}

/// What is odd about the variables that name roles and audiences.
fn of_roles(workspace: &Workspace) -> Vec<Problem> {
    let settings = &workspace.settings;
    let is_hidden = |key: &String| settings.get(key).is_some_and(|it| it.value.is_none());
    let mut found = Vec::new();
    for (family, tag, phase) in role_settings(workspace) {
        let keys = deciding(settings, family, tag, phase);
        match keys.as_slice() {
            [] if family == "AWS" && workspace.variables_read => {
                found.push(Problem::NoRole { key: switch(tag), phase });
            }
            [run, default] => {
                found.push(Problem::Ambiguous { key: run.clone(), other: default.clone() });
            }
            _ => {}
        }
        found.extend(keys.into_iter().filter(is_hidden).map(|key| Problem::Hidden { key }));
    }
    for configuration in &workspace.configurations {
        let key = audience(settings, configuration.tag.as_deref()).map(|(key, _)| key);
        found.extend(key.filter(is_hidden).map(|key| Problem::Hidden { key }));
    }
    found
}

/// Whether a subject is longer than the documentation speaks of.
pub fn is_long(subject: &str) -> bool {
    subject.chars().count() > LONGEST_SUBJECT
}

/// For what settings should name a role: the family of its variables, the tag and the phase.
fn role_settings(
    workspace: &Workspace,
) -> impl Iterator<Item = (&'static str, Option<&str>, Phase)> {
    let own = workspace.configurations.iter().map(|each| ("AWS", each.tag.as_deref()));
    let vault = workspace.vault_backed.iter().map(|each| ("VAULT_BACKED_AWS", each.tag.as_deref()));
    own.chain(vault).flat_map(|(family, tag)| Phase::ALL.map(|phase| (family, tag, phase)))
}

/// Whether a text is the ARN of a role.
pub fn is_role(text: &str) -> bool {
    text.parse::<Arn>().is_ok_and(|arn| matches!(arn.principal(), Some(PrincipalName::Role { .. })))
}

impl Problem {
    /// Stable name, e.g. `no-role-arn`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoRoleArn { .. } => "no-role-arn",
            Self::TerraformVariable { .. } => "terraform-variable",
            Self::Undecided { .. } => "undecided",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Hidden { .. } => "hidden",
            Self::NoRole { .. } => "no-role",
            Self::Switch { .. } => "switch",
            Self::LongSubject { .. } => "long-subject",
        }
    }

    /// The variable, where it is one's.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::NoRoleArn { key, .. }
            | Self::TerraformVariable { key }
            | Self::Undecided { key }
            | Self::Ambiguous { key, .. }
            | Self::Hidden { key }
            | Self::NoRole { key, .. }
            | Self::Switch { key, .. } => Some(key),
            Self::LongSubject { .. } => None,
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        match self {
            Self::NoRoleArn { key, value } => format!("`{key}` is no role ARN: `{value}`"),
            Self::TerraformVariable { key } => format!(
                "`{key}` is a Terraform variable and not one of the environment: whether it is \
                 heeded is not documented"
            ),
            Self::Undecided { key } => format!(
                "`{key}` comes from a variable set that is attached to project and workspace: \
                 which value wins is not documented"
            ),
            Self::Ambiguous { key, other } => format!(
                "`{key}` and `{other}` name different roles: which of them wins is not documented"
            ),
            Self::Hidden { key } => {
                format!("`{key}` is sensitive: what it says was not read")
            }
            Self::NoRole { key, phase } => {
                format!("`{key}` is on, and no variable names the role of the {}", phase.as_str())
            }
            Self::Switch { key, value } => {
                format!("`{key}` is `{value}`: only `true` switches it on")
            }
            Self::LongSubject { subject } => long_subject(subject),
        }
    }
}

/// What is to be said of a long subject.
pub fn long_subject(subject: &str) -> String {
    format!(
        "the token's subject has {} characters: the documentation names {LONGEST_SUBJECT} as the most, \
         and does not say what becomes of longer ones (`{subject}`)",
        subject.chars().count()
    )
}
