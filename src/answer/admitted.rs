//! Whom a token subject, or a pattern of them, stands for: in words, and which workspaces that
//! were read fit it.

use std::sync::OnceLock;

use crate::arn::glob::Glob;
use crate::graph::{Graph, Subject, workspace_selector};
use crate::issuer::Issuer;
use crate::workload::{Phase, Workspace};

use super::answers::{Admitted, Fitting};

/// How many workspaces are named.
const NAMED: usize = 20;

/// Says it of one subject after the other.
pub(super) struct Admissions<'g> {
    graph: &'g Graph,
    /// Subjects of runs, with the index of each workspace.
    runs: OnceLock<Vec<(String, usize)>>,
}

impl<'g> Admissions<'g> {
    pub(super) fn new(graph: &'g Graph) -> Self {
        Self { graph, runs: OnceLock::new() }
    }

    /// Whom the subject stands for.
    pub(super) fn of(&self, subject: &Subject) -> Admitted {
        let Subject { issuer: url, subject: pattern, .. } = subject;
        let issuer = self.graph.issuer(url);
        let by_audience = issuer.audience_tells_tenant();
        let text = match issuer.describe(pattern) {
            any if by_audience && any == "any tenant" => {
                "any subject: the audience tells the customer".to_owned()
            }
            text => text,
        };
        Admitted {
            issuer: issuer.label.clone(),
            text,
            tenant_fixed: by_audience || issuer.fixes_tenant(pattern),
            workspaces: self.fitting(url, pattern),
            note: self.note(issuer, subject),
        }
    }

    fn runs(&self) -> &[(String, usize)] {
        self.runs.get_or_init(|| {
            let all = self.graph.workspaces().iter().enumerate();
            all.filter(|(_, workspace)| workspace.execution_mode != "local")
                .flat_map(|(index, workspace)| {
                    Phase::ALL.map(|phase| (workspace.subject(phase), index))
                })
                .collect()
        })
    }

    fn fitting(&self, url: &str, pattern: &str) -> Option<Fitting> {
        let workspaces = self.graph.workspaces();
        workspaces.iter().find(|workspace| workspace.host == url)?;
        let glob = Glob::new(pattern);
        let of_host = |index: &usize| workspaces.get(*index).is_some_and(|it| it.host == url);
        let fits = self.runs().iter().filter(|(subject, index)| {
            of_host(index) && (subject == pattern || glob.matches(subject))
        });
        let mut indexes: Vec<usize> = fits.map(|(_, index)| *index).collect();
        indexes.dedup();
        let first = indexes.iter().take(NAMED).filter_map(|index| workspaces.get(*index));
        Some(Fitting { count: indexes.len(), first: first.map(workspace_selector).collect() })
    }

    fn note(&self, issuer: &Issuer, subject: &Subject) -> Option<String> {
        let Subject { issuer: url, subject: pattern, .. } = subject;
        if !issuer.may_issue(pattern) {
            let form = issuer.usual_form().unwrap_or_default();
            return Some(format!(
                "no token of today has such a subject: those of {} begin like `{form}`",
                issuer.label
            ));
        }
        let slots = issuer.fixed_slots(pattern);
        let slot = |name: &str| slots.iter().find(|(slot, _)| *slot == name).map(|(_, text)| *text);
        let (organization, name) = (slot("organization")?, slot("workspace")?);
        let workspaces = self.graph.workspaces().iter();
        let mut of_host = workspaces.filter(|it| it.host == *url).peekable();
        of_host.peek()?;
        let glob = Glob::new(pattern);
        let has = |it: &Workspace| {
            Phase::ALL.into_iter().map(|phase| it.subject(phase)).any(|it| glob.matches(&it))
        };
        let same = of_host.find(|it| {
            it.organization.eq_ignore_ascii_case(organization) && it.name.eq_ignore_ascii_case(name)
        });
        match same {
            None => {
                Some(format!("no workspace `{name}` was read: renamed, deleted, or not visible"))
            }
            Some(it) if has(it) => (it.execution_mode == "local")
                .then(|| format!("`{name}` runs locally, and such runs get no token")),
            Some(it) => {
                let in_other_case = |phase| it.subject(phase).eq_ignore_ascii_case(pattern);
                let case = Phase::ALL.into_iter().any(in_other_case);
                Some(format!(
                    "no run has such a subject{}: `{}` is in project `{}` of `{}`",
                    if case { " in this letter case" } else { "" },
                    it.name,
                    it.project,
                    it.organization
                ))
            }
        }
    }
}
