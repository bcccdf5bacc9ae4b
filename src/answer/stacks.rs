//! Selectors of stacks: `tfc-stack:ORGANIZATION/PROJECT/STACK[:DEPLOYMENT[:plan|apply]]`, with
//! `//HOST/` before it for hosts other than HCP Terraform's.

use crate::arn::glob::Glob;
use crate::graph::{ANY, Graph, Node, Subject};
use crate::org::Facts;
use crate::org::hcp::{DEFAULT_HOST, Workspaces};
use crate::workload::{Phase, Stack};

use super::question::QuestionError;
use super::selector::{Selected, name_glob, names};
use super::spelling::as_written;
use super::split;

/// A selector taken apart.
struct Asked<'t> {
    host: &'t str,
    /// Organization, project and stack.
    place: [&'t str; 3],
    deployment: Option<&'t str>,
    operation: Option<Phase>,
}

fn parse(text: &str) -> Result<Asked<'_>, QuestionError> {
    let invalid = |why: &str| QuestionError::invalid(format!("`tfc-stack:{text}`: {why}"));
    let (host, rest) = match text.strip_prefix("//") {
        Some(rest) => split::first(rest, '/').unwrap_or((rest, "")),
        None => (DEFAULT_HOST, text),
    };
    let mut parts = split::all(rest, ':').into_iter();
    let place = parts.next().unwrap_or_default();
    let deployment = parts.next();
    let operation = match parts.next() {
        None | Some("*") => None,
        Some("plan") => Some(Phase::Plan),
        Some("apply") => Some(Phase::Apply),
        Some(other) => {
            return Err(invalid(&format!("`{other}` is no operation; expected plan or apply")));
        }
    };
    let names = split::all(place, '/');
    let ([organization, project, stack], None) = (names.as_slice(), parts.next()) else {
        return Err(invalid(
            "expected `tfc-stack:ORGANIZATION/PROJECT/STACK`, then `:DEPLOYMENT` and `:plan` or \
             `:apply`",
        ));
    };
    Ok(Asked { host, place: [organization, project, stack], deployment, operation })
}

impl Asked<'_> {
    fn fits(&self, stack: &Stack) -> bool {
        let [organization, project, name] = self.place.map(name_glob);
        stack.host.eq_ignore_ascii_case(self.host)
            && names(&organization, &stack.organization)
            && names(&project, &stack.project)
            && names(&name, &stack.name)
    }

    fn operations(&self) -> impl Iterator<Item = Phase> {
        let wanted = self.operation;
        Phase::ALL.into_iter().filter(move |each| wanted.is_none_or(|wanted| wanted == *each))
    }

    /// The deployments of a stack that are meant; one that is not known, where their names were not
    /// read.
    fn deployments(&self, stack: &Stack) -> Vec<String> {
        let wanted = self.deployment.unwrap_or(ANY);
        match &stack.deployments {
            Some(known) => {
                let glob: Glob = name_glob(wanted);
                known.iter().filter(|name| names(&glob, name)).cloned().collect()
            }
            None if is_literal(wanted) => vec![wanted.to_owned()],
            None => vec![ANY.to_owned()],
        }
    }
}

fn is_literal(text: &str) -> bool {
    !text.contains(['*', '?', '\\'])
}

/// The deployments that the text behind `tfc-stack:` names.
pub(super) fn select(graph: &Graph, text: &str) -> Result<Selected, QuestionError> {
    let asked = parse(text)?;
    let mut nodes = Vec::new();
    for stack in graph.stacks().iter().filter(|stack| asked.fits(stack)) {
        for deployment in asked.deployments(stack) {
            nodes.extend(
                asked.operations().map(|it| Subject::of_deployment(stack, &deployment, it)),
            );
        }
    }
    let [organization, project, name] = asked.place;
    let plain = asked.place.iter().all(|part| !part.contains('\\'));
    if nodes.is_empty() && plain && !were_read(graph.facts(), asked.host, organization) {
        // It may exist, or some stack of this form, and its subjects are known from its name.
        let host = asked.host.to_lowercase();
        let slots = ["organization", "project", "stack"];
        for names in as_written(graph, &host, slots, [organization, project, name]) {
            let [organization, project, name] = names;
            let (id, host, deployments) = (String::new(), host.clone(), None);
            let project_read = true;
            let stack = Stack { id, host, organization, project, project_read, name, deployments };
            for deployment in asked.deployments(&stack) {
                nodes.extend(
                    asked.operations().map(|it| Subject::of_deployment(&stack, &deployment, it)),
                );
            }
        }
    }
    let nodes = nodes.into_iter().map(Node::Subject).collect();
    Ok(Selected { nodes, without_phase: asked.operation.is_none(), tag: None })
}

/// Whether the stacks of an organization, which may be a glob, were read.
fn were_read(facts: &Facts, host: &str, organization: &str) -> bool {
    let of_host = facts
        .hcp
        .iter()
        .filter(|each| each.host.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(host)));
    let whole = of_host.filter(|each| each.incomplete.is_empty());
    whole.filter_map(|each| each.workspaces.read()).any(|workspaces| match workspaces {
        Workspaces::AsRead(hcp) => {
            let glob = name_glob(organization);
            let known = hcp.organizations.iter().any(|it| names(&glob, it));
            let refused = hcp.unreadable.iter().any(|it| {
                matches!(it.kind.as_str(), "stacks" | "organization") && names(&glob, &it.id)
                    || it.kind == "stack"
            });
            known && !refused
        }
        Workspaces::Effective(_) => false,
    })
}

/// The stacks that a selector names, whatever its deployment.
pub(super) fn fitting<'g>(
    graph: &'g Graph,
    selector: &str,
) -> Result<Vec<&'g Stack>, QuestionError> {
    let asked = parse(selector.strip_prefix("tfc-stack:").unwrap_or(selector))?;
    Ok(graph.stacks().iter().filter(|stack| asked.fits(stack)).collect())
}

/// The number of the one stack that a selector names.
pub(super) fn of_selector(graph: &Graph, selector: &str) -> Result<Option<usize>, QuestionError> {
    let asked = parse(selector.strip_prefix("tfc-stack:").unwrap_or(selector))?;
    Ok(graph.stacks().iter().position(|stack| asked.fits(stack)))
}
