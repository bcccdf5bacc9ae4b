//! Stacks: their names and those of their deployments, which stand in the tokens of their runs.
//! Which roles they become is in their configuration, which the API does not tell.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;

use super::client::{Client, List};
use super::read::{
    LANES, Named, Object, encoded, malformed, note_damaged, refused, sorted, spoils_all, unreadable,
};
use crate::aws::{Failure, FailureKind};
use crate::org::hcp::{HcpTerraform, Stack, Unreadable};

const STACKS: &str = "stacks";
const STACK: &str = "stack";
const DEPLOYMENTS: &str = "stack-deployments";

/// Reads the stacks of an organization with the names of their deployments.
pub(super) async fn read(
    client: &Client,
    organization: &str,
    projects: &BTreeSet<String>,
    hcp: &mut HcpTerraform,
) -> Result<(), Failure> {
    let path = format!("/organizations/{}/stacks", encoded(organization));
    // Of stacks nothing else depends: whatever fails here is a gap of its own.
    let stacks: List<Object<Named>> = match client.list("GET stacks", &path).await {
        Ok(list) => list,
        Err(failure) if spoils_all(client, &failure) => return Err(failure),
        Err(failure) => {
            let refused = refused(STACKS, organization, &failure);
            // Terraform Enterprise answers so where it has no stacks.
            let message = match failure.kind {
                FailureKind::Denied => format!("{}, or the host has none", failure.message),
                _ => failure.message.clone(),
            };
            hcp.unreadable.push(Unreadable { message, ..refused });
            return Ok(());
        }
    };
    note_damaged(&stacks.damaged, STACK, hcp);
    let mut known = Vec::new();
    for stack in stacks.entries {
        match stack.one("project").filter(|project| projects.contains(&project.id)) {
            Some(project) => {
                let project = project.id.clone();
                known.push((stack.id, stack.attributes.name, project));
            }
            None => {
                let message = format!(
                    "stack `{}` is left out: the name of its project was not read",
                    stack.attributes.name
                );
                hcp.unreadable.push(unreadable(STACK, &stack.id, &message));
            }
        }
    }
    let mut answers = futures_util::stream::iter(known)
        .map(|stack| async move {
            let path = format!("/stacks/{}/stack-deployments", encoded(&stack.0));
            let found: Result<List<Object<Named>>, Failure> =
                client.list("GET stacks/:id/stack-deployments", &path).await;
            (stack, found)
        })
        .buffer_unordered(LANES);
    while let Some(((id, name, project), answer)) = answers.next().await {
        let deployments = match answer {
            Ok(list) if list.damaged.is_empty() => {
                let names = list.entries.into_iter().map(|each| each.attributes.name);
                Some(sorted(Some(names.collect())))
            }
            Ok(_) => {
                let message = format!("not all deployments of stack `{name}` were understood");
                hcp.unreadable.push(malformed(DEPLOYMENTS, &id, &message));
                None
            }
            Err(failure) if spoils_all(client, &failure) => return Err(failure),
            Err(failure) => {
                let refused = refused(DEPLOYMENTS, &id, &failure);
                let message = format!("deployments of stack `{name}`: {}", failure.message);
                hcp.unreadable.push(Unreadable { message, ..refused });
                None
            }
        };
        let organization = organization.to_owned();
        hcp.stacks.push(Stack { id, name, organization, project, deployments });
    }
    Ok(())
}
