//! What is odd about a workspace's settings, as far as they tell by themselves.

use crate::arn::{Arn, PrincipalName};

use super::precedence::Other;
use super::resolve::{Phase, Value, Workspace};
use super::roles::deciding;

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
    for (key, Value { otherwise, terraform, .. }) in &workspace.settings {
        if *terraform {
            found.push(Problem::TerraformVariable { key: key.clone() });
        }
        if otherwise.is_some() {
            found.push(Problem::Undecided { key: key.clone() });
        }
    }
    if workspace.execution_mode != "local" {
        let subjects = Phase::ALL.map(|phase| workspace.subject(phase));
        let long = subjects.into_iter().filter(|subject| is_long(subject));
        found.extend(long.map(|subject| Problem::LongSubject { subject }));
    }
    found.sort();
    found.dedup();
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
            Self::LongSubject { .. } => "long-subject",
        }
    }

    /// The variable, where it is one's.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::NoRoleArn { key, .. }
            | Self::TerraformVariable { key }
            | Self::Undecided { key } => Some(key),
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
