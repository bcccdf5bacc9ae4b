//! What stands around a failure in the log of a run.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde::Serialize;

/// The run that a failure comes from, as far as its surroundings tell.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Context {
    /// The organization of HCP Terraform.
    pub organization: Option<String>,
    /// The project.
    pub project: Option<String>,
    /// The workspace.
    pub workspace: Option<String>,
    /// `plan` or `apply`.
    pub run_phase: Option<String>,
    /// `run-…`.
    pub run_id: Option<String>,
    /// Variables and inputs that name roles and audiences.
    pub variables: BTreeMap<String, String>,
}

#[expect(clippy::expect_used, reason = "constant patterns, which every test compiles")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern compiles")
}

/// `TFC_AWS_RUN_ROLE_ARN = "…"` and the like, tagged and shared forms included.
static VARIABLES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r#"(?P<name>TFC_(?:DEFAULT_)?AWS_(?:RUN|PLAN|APPLY)_ROLE_ARN(?:_\w+)?"#,
        r#"|TFC_(?:DEFAULT_)?AWS_WORKLOAD_IDENTITY_AUDIENCE(?:_\w+)?|TFC_AWS_PROVIDER_AUTH(?:_\w+)?"#,
        r#"|TFC_(?:WORKSPACE_NAME|WORKSPACE_SLUG|PROJECT_NAME|RUN_ID)|AWS_ROLE_ARN|role-to-assume)"#,
        r#"["']?[ \t]*[=:][ \t]*["']?(?P<value>[^"'\s,;]+(?: [^"'\s,;=:]+)*)"#,
    ))
});
static SUBJECT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r#"organization:(?P<organization>[^:"\s*]+):project:(?P<project>[^:"\n*]+)"#,
        r#":workspace:(?P<workspace>[^:"\s*]+):run_phase:(?P<run_phase>plan|apply)\b"#,
    ))
});
static RUN_ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"https://[\w.-]+/app/(?P<organization>[\w-]+)/(?:workspaces/)?(?P<workspace>[\w-]+)",
        r"/runs/(?P<run_id>run-\w+)",
    ))
});
static LABELS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r#"(?mi)^[ \t]*(?:organization(?: name)?[ \t]*[:=][ \t]*"?(?P<organization>[\w-]+)"#,
        r#"|project(?: name)?[ \t]*[:=][ \t]*"?(?P<project>[\w-]+(?: [\w-]+)*)"#,
        r#"|workspace(?: name)?[ \t]*[:=][ \t]*"?(?P<workspace>[\w-]+)"#,
        r#"|(?:run[ _]?)?phase[ \t]*[:=][ \t]*"?(?P<run_phase>plan|apply))"?[ \t]*$"#,
    ))
});
static PHASE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\brunning (?P<run_phase>plan|apply) in (?:hcp terraform|terraform cloud|the remote backend)",
        r"|\bpreparing the remote (?P<other>plan|apply)",
    ))
});
/// The session's name in a first hop of HCP Terraform.
static RUN_SESSION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"terraform-run-(?P<run_id>run-\w+)"));

impl Context {
    /// Reads the lines around a failure.
    pub(super) fn read(text: &str) -> Self {
        let mut context = Self::default();
        for found in VARIABLES.captures_iter(text) {
            if let (Some(name), Some(value)) = (found.name("name"), found.name("value")) {
                let value = value.as_str().to_owned();
                context.variables.entry(name.as_str().to_owned()).or_insert(value);
            }
        }
        let variable = |name: &str| context.variables.get(name).cloned();
        let slug = variable("TFC_WORKSPACE_SLUG");
        let (organization, workspace) =
            slug.as_deref().and_then(|slug| slug.split_once('/')).unzip();
        let mut told = Self {
            organization: organization.map(str::to_owned),
            workspace: variable("TFC_WORKSPACE_NAME").or(workspace.map(str::to_owned)),
            project: variable("TFC_PROJECT_NAME"),
            run_id: variable("TFC_RUN_ID"),
            ..Self::default()
        };
        told.variables = context.variables;
        for pattern in [&*SUBJECT, &RUN_ADDRESS, &LABELS, &PHASE, &RUN_SESSION] {
            for found in pattern.captures_iter(text) {
                told.add(&Self::captured(&found));
            }
        }
        told
    }

    fn captured(found: &Captures<'_>) -> Self {
        let group = |name: &str| found.name(name).map(|group| group.as_str().to_owned());
        Self {
            organization: group("organization"),
            project: group("project"),
            workspace: group("workspace"),
            run_phase: group("run_phase")
                .or_else(|| group("other"))
                .map(|text| text.to_lowercase()),
            run_id: group("run_id"),
            variables: BTreeMap::new(),
        }
    }

    /// Takes from `other` what is not known yet.
    pub(super) fn add(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.organization, &other.organization),
            (&mut self.project, &other.project),
            (&mut self.workspace, &other.workspace),
            (&mut self.run_phase, &other.run_phase),
            (&mut self.run_id, &other.run_id),
        ] {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        }
        for (name, value) in &other.variables {
            self.variables.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }

    /// The role that the variables name, if they name one and no other.
    pub(super) fn role(&self) -> Option<&str> {
        let phase = self.run_phase.as_deref();
        let counts = |name: &str| match phase {
            Some("plan") => !name.contains("_APPLY_"),
            Some("apply") => !name.contains("_PLAN_"),
            _ => true,
        };
        let mut roles: Vec<(bool, &str)> = self
            .variables
            .iter()
            .filter(|(name, value)| {
                (name.contains("ROLE_ARN") || *name == "role-to-assume")
                    && value.contains(":role/")
                    && counts(name)
            })
            .map(|(name, value)| {
                (phase.is_some() && !name.contains("_RUN_ROLE_ARN"), value.as_str())
            })
            .collect();
        // A phase's own variable beats the one for the whole run, where the phase is known.
        if roles.iter().any(|(own, _)| *own) {
            roles.retain(|(own, _)| *own);
        }
        roles.dedup_by_key(|(_, role)| *role);
        match roles.as_slice() {
            [(_, role)] => Some(role),
            _ => None,
        }
    }
}
