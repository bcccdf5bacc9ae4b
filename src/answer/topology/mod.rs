//! How tokens get into accounts, and what that takes and risks: the founding question.

mod accounts;
mod designs;
mod hubs;
mod lines;
mod trusts;
mod ways;

use crate::graph::Graph;

use super::answers::Topology;
use super::gaps::gaps;
use super::question::{Limits, QuestionError};
use super::tree::organization_name;
use trusts::{Trusts, hosts_read};

/// How tokens get into the accounts. At most `limits.rows` accounts and as many hub roles are
/// listed; counts are always whole. `limits.hops` counts from the token.
pub fn topology(graph: &Graph, limits: Limits) -> Result<Topology, QuestionError> {
    let facts = graph.facts();
    let trusts = Trusts::of(graph);
    let beyond = limits.hops.saturating_sub(1);
    let entries = ways::entries(graph, &trusts, beyond);
    let (mut accounts, cut) = accounts::accounts(graph, &trusts, &entries, limits)?;
    let mut hub_roles = hubs::hub_roles(graph, &entries);
    let design = lines::design(&accounts);
    let lines = lines::lines(graph, &entries, &accounts);
    let issuers = lines::issuers(graph, &trusts, &entries);
    let costs = designs::costs(graph, &trusts, &accounts, &hub_roles);
    let (account_count, hub_role_count) = (accounts.len(), hub_roles.len());
    accounts.truncate(limits.rows);
    hub_roles.truncate(limits.rows);
    let hub_roles = hubs::detailed(graph, hub_roles);
    Ok(Topology {
        schema: "rolewalk/topology/1",
        organization: facts.known_organization().map(|organization| organization.id.clone()),
        name: organization_name(facts),
        design,
        hcp_terraform_read: hosts_read(facts),
        lines,
        issuers,
        truncated: cut
            || account_count > accounts.len()
            || hub_role_count > hub_roles.len()
            || entries.iter().any(|entry| entry.beyond.truncated),
        account_count,
        accounts,
        hub_role_count,
        hub_roles,
        costs,
        logs: designs::LOGS.to_vec(),
        max_hops: limits.hops,
        not_read: gaps(graph),
    })
}
