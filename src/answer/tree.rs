//! The organization as a tree.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{
    Graph, Node, ou_selector, place_at, project_selector, stack_selector, workspace_selector,
};
use crate::org::hcp::{self, DEFAULT_HOST};
use crate::org::{AccountKey, ContainerKey, ControlPolicyKey, Facts, RoleKey};
use crate::workload::{Stack, Workspace};

use super::answers::{NodeKind, Tree, TreeNode};
use super::question::QuestionError;
use super::selector::{select, select_accounts};

/// The organization as a tree; with a selector, only the accounts that it names and what they
/// lie in, or the workspaces.
pub fn tree(graph: &Graph, selector: Option<&str>) -> Result<Tree, QuestionError> {
    let wanted = selector.map(|text| Wanted::named(graph, text)).transpose()?;
    let wanted = wanted.unwrap_or(Wanted::Everything);
    let mut builder = Builder { graph, facts: graph.facts(), wanted, nodes: Vec::new() };
    if !matches!(builder.wanted, Wanted::Workspaces(_)) {
        builder.organization();
    }
    if !matches!(builder.wanted, Wanted::Accounts(_)) {
        builder.workspaces();
    }
    Ok(Tree { schema: "rolewalk/tree/1", nodes: builder.nodes, truncated: false })
}

/// What a tree shows.
enum Wanted {
    Everything,
    Accounts(BTreeSet<AccountKey>),
    /// Workspaces, by number.
    Workspaces(BTreeSet<usize>),
}

impl Wanted {
    fn named(graph: &Graph, text: &str) -> Result<Self, QuestionError> {
        if !text.trim().starts_with("tfc:") {
            return select_accounts(graph, text).map(Self::Accounts);
        }
        let number = |node: Node| match node {
            Node::Workspace(number, _) => Some(number),
            _ => None,
        };
        let found: BTreeSet<usize> =
            select(graph, text)?.nodes.into_iter().filter_map(number).collect();
        if found.is_empty() {
            return Err(super::unknown::unknown(graph, text.trim()));
        }
        Ok(Self::Workspaces(found))
    }
}

/// What is in a project of HCP Terraform.
type InProject<'f> = (Vec<&'f Workspace>, Vec<&'f Stack>);

struct Builder<'g> {
    graph: &'g Graph,
    facts: &'g Facts,
    wanted: Wanted,
    nodes: Vec<TreeNode>,
}

impl Builder<'_> {
    fn push(
        &mut self,
        depth: usize,
        kind: NodeKind,
        selector: String,
        name: String,
        id: String,
    ) -> &mut TreeNode {
        self.nodes.push(TreeNode {
            depth,
            kind,
            selector,
            name,
            id,
            count: 0,
            control_policies: Vec::new(),
            not_read: None,
            reached: None,
            privilege: None,
            privilege_proven: None,
        });
        let last = self.nodes.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "the node was pushed just above")]
        &mut self.nodes[last]
    }

    fn wants(&self, account: AccountKey) -> bool {
        match &self.wanted {
            Wanted::Everything => true,
            Wanted::Accounts(wanted) => wanted.contains(&account),
            Wanted::Workspaces(_) => false,
        }
    }

    fn organization(&mut self) {
        let facts = self.facts;
        let count = facts.accounts.keys().filter(|key| self.wants(*key)).count();
        let gap = facts.organization.as_ref().and_then(crate::org::Fact::gap).cloned();
        let (name, id) = match facts.known_organization() {
            Some(organization) => (organization_name(facts), organization.id.clone()),
            None => ("accounts".to_owned(), String::new()),
        };
        let node = self.push(0, NodeKind::Organization, "org:".to_owned(), name, id);
        node.count = count;
        node.not_read = gap;
        for (key, _) in facts.containers.iter().filter(|(_, row)| row.parent.is_none()) {
            self.container(key, 1);
        }
        for (key, _) in facts.accounts.iter().filter(|(_, row)| row.parent.is_none()) {
            self.account(key, 1);
        }
    }

    fn container(&mut self, key: ContainerKey, depth: usize) {
        let facts = self.facts;
        let row = &facts.containers[key];
        let within = |account: &AccountKey| {
            facts.accounts[*account].parent.is_some_and(|parent| facts.line(parent).contains(&key))
        };
        let count = facts.accounts.keys().filter(within).filter(|key| self.wants(*key)).count();
        if count == 0 && !matches!(self.wanted, Wanted::Everything) {
            return;
        }
        let policies = customer_policies(facts, &row.control_policies);
        let node = self.push(
            depth,
            NodeKind::Ou,
            ou_selector(&row.path),
            row.name.clone(),
            row.id.clone(),
        );
        node.count = count;
        node.control_policies = policies;
        for (child, _) in facts.containers.iter().filter(|(_, row)| row.parent == Some(key)) {
            self.container(child, depth + 1);
        }
        for (account, _) in facts.accounts.iter().filter(|(_, row)| row.parent == Some(key)) {
            self.account(account, depth + 1);
        }
    }

    fn account(&mut self, key: AccountKey, depth: usize) {
        if !self.wants(key) {
            return;
        }
        let facts = self.facts;
        let row = &facts.accounts[key];
        let policies = customer_policies(facts, &row.control_policies);
        let id = row.id.to_string();
        let node =
            self.push(depth, NodeKind::Account, format!("account:{id}"), row.name.clone(), id);
        node.count = row.roles.len();
        node.control_policies = policies;
        node.not_read = row.missing().cloned();
        for provider in row.oidc_providers.read().into_iter().flatten() {
            let row = &facts.oidc_providers[*provider];
            self.push(
                depth + 1,
                NodeKind::OidcProvider,
                row.arn.to_string(),
                row.url.clone(),
                row.arn.to_string(),
            );
        }
        for provider in row.saml_providers.read().into_iter().flatten() {
            let arn = facts.saml_providers[*provider].arn.to_string();
            let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
            self.push(depth + 1, NodeKind::SamlProvider, arn.clone(), name, arn);
        }
        let (linked, own): (Vec<RoleKey>, Vec<RoleKey>) =
            row.roles.iter().copied().partition(|role| facts.roles[*role].service_linked());
        for role in own {
            self.role(role, depth + 1, NodeKind::Role);
        }
        for user in &row.users {
            let row = &facts.users[*user];
            let privileges = self.graph.privilege(&Node::User(*user));
            let node = self.push(
                depth + 1,
                NodeKind::User,
                row.arn.to_string(),
                row.name.to_string(),
                row.arn.to_string(),
            );
            node.privilege = privileges.map(|it| it.most);
            node.privilege_proven = privileges.map(|it| it.proven);
        }
        for role in linked {
            self.role(role, depth + 1, NodeKind::ServiceLinkedRole);
        }
    }

    fn role(&mut self, key: RoleKey, depth: usize, kind: NodeKind) {
        let row = &self.facts.roles[key];
        // AWS services are behind most roles and say little.
        let reached = self.graph.best_caller(&Node::Role(key));
        let arn = row.arn.to_string();
        let privileges = self.graph.privilege(&Node::Role(key));
        let node = self.push(depth, kind, arn.clone(), row.name.to_string(), arn);
        node.reached = reached;
        node.privilege = privileges.map(|it| it.most);
        node.privilege_proven = privileges.map(|it| it.proven);
    }

    /// Hosts of HCP Terraform, with projects, workspaces and stacks.
    fn workspaces(&mut self) {
        let graph = self.graph;
        let only = match &self.wanted {
            Wanted::Workspaces(only) => Some(only.clone()),
            _ => None,
        };
        let is_wanted = |number: &usize| only.as_ref().is_none_or(|only| only.contains(number));
        let mut hosts: Vec<&str> = Vec::new();
        let of_workspaces = graph.workspaces().iter().map(|each| each.host.as_str());
        let read = self.facts.hcp.iter().filter_map(|each| each.host.as_deref());
        let of_stacks = graph.stacks().iter().map(|each| each.host.as_str());
        for host in of_workspaces.chain(of_stacks).chain(read) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        // Which host it is that was not read is not always known.
        let unknown = self.facts.hcp.iter().find(|each| each.host.is_none());
        let unknown = unknown.and_then(|each| each.workspaces.gap().cloned());
        if hosts.is_empty() && unknown.is_some() {
            hosts.push(DEFAULT_HOST);
        }
        for host in hosts {
            let of_host = self.facts.hcp.iter().find(|each| each.host.as_deref() == Some(host));
            let gap = of_host.and_then(|each| each.workspaces.gap().cloned());
            let all = graph.workspaces().iter().enumerate();
            let all = all.filter(|(number, each)| each.host == host && is_wanted(number));
            let workspaces = all.map(|(_, each)| each);
            let is_whole = only.is_none();
            let stacks = graph.stacks().iter().filter(|each| each.host == host && is_whole);
            let known = workspaces.clone().next().is_some() || stacks.clone().next().is_some();
            if !known && !is_whole {
                continue;
            }
            let gap = gap.or_else(|| unknown.clone());
            if !known && gap.is_none() {
                continue;
            }
            let selector = place_at("tfc", host, "*/*/*");
            let count = workspaces.clone().count();
            let name = hcp::place(host);
            let node = self.push(0, NodeKind::HcpTerraform, selector, name, String::new());
            node.count = count;
            node.not_read = gap;
            let mut projects: BTreeMap<(&str, &str), InProject<'_>> = BTreeMap::new();
            for each in workspaces {
                let place = (each.organization.as_str(), each.project.as_str());
                projects.entry(place).or_default().0.push(each);
            }
            for each in stacks {
                let place = (each.organization.as_str(), each.project.as_str());
                projects.entry(place).or_default().1.push(each);
            }
            for ((organization, project), (workspaces, stacks)) in projects {
                let selector = project_selector(host, organization, project);
                let name = format!("{organization}/{project}");
                let node = self.push(1, NodeKind::Project, selector, name, String::new());
                node.count = workspaces.len();
                for each in workspaces {
                    let id = each.id.clone().unwrap_or_default();
                    let selector = workspace_selector(each);
                    self.push(2, NodeKind::Workspace, selector, each.name.clone(), id);
                }
                for each in stacks {
                    let selector = stack_selector(each);
                    self.push(2, NodeKind::Stack, selector, each.name.clone(), each.id.clone());
                }
            }
        }
    }
}

/// What people call the organization. AWS gives it no name; the management account's alias
/// comes nearest to one.
pub(super) fn organization_name(facts: &Facts) -> String {
    let Some(organization) = facts.known_organization() else { return "accounts".to_owned() };
    facts
        .account(organization.management_account)
        .and_then(|key| facts.accounts[key].alias.clone())
        .unwrap_or_else(|| organization.id.clone())
}

/// Names of control policies that somebody wrote: AWS's own allow everything.
fn customer_policies(facts: &Facts, keys: &[ControlPolicyKey]) -> Vec<String> {
    keys.iter()
        .map(|key| &facts.control_policies[*key])
        .filter(|policy| !matches!(&*policy.id, "p-FullAWSAccess" | "p-RCPFullAWSAccess"))
        .map(|policy| policy.name.clone())
        .collect()
}
