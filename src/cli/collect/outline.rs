//! What a crawl is about to do.

use serde::Serialize;

use super::ways::Hosts;
use crate::cli::render;
use crate::collect::hcp::Access as HcpAccess;
use crate::collect::{Access, Entry, NoOrganization, Plan, ReadHcp, Task};
use crate::text::safe;

/// What a crawl will do (`rolewalk/collect-plan/1`).
#[derive(Debug, Serialize)]
pub(crate) struct Outline {
    schema: &'static str,
    /// Whom the credentials belong to.
    caller: String,
    /// The Region whose endpoints are called.
    region: String,
    /// The endpoint that takes AWS's place, where `AWS_ENDPOINT_URL` names one.
    endpoint: Option<String>,
    /// The session of the first hop.
    via: Option<String>,
    /// Roles to enter accounts with, tried in order; of IAM Identity Center the permission set.
    roles: Vec<String>,
    /// Whether accounts are entered through IAM Identity Center.
    identity_center: bool,
    /// The names of the sessions.
    session_name: String,
    /// Accounts that are entered in a way of their own.
    exceptions: usize,
    /// Accounts read with the credentials at hand.
    own: usize,
    /// Accounts entered by a role.
    entered: usize,
    /// Accounts that can't be read in their state.
    closed: usize,
    /// Accounts left out by choice.
    left_out: usize,
    /// Of these, accounts of which an earlier reading is taken over.
    taken_over: usize,
    /// Accounts whose reading is young enough, or there already.
    settled: usize,
    /// Whether the organization is read.
    organization: bool,
    /// Hosts of HCP Terraform that are read.
    hcp_terraform: Vec<HcpHost>,
    /// Hosts that the configuration names and for which there is no token.
    hosts_without_token: Vec<String>,
    /// Other hosts that there are tokens for, which nobody named.
    hosts_not_named: Vec<String>,
    /// Why only the own account is in the plan.
    no_organization: Option<String>,
}

impl Outline {
    pub(crate) fn of(plan: &Plan, task: &Task, hcp: &Hosts) -> Self {
        let count = |access: Access| {
            plan.accounts
                .iter()
                .filter(|account| account.access == access && task.accounts.contains(&account.id))
                .count()
        };
        let roles = match &plan.ways.usual {
            Entry::Role { names, .. } => names.clone(),
            Entry::IdentityCenter(center) => vec![center.role.clone()],
            Entry::Profile(_) => Vec::new(),
        };
        Self {
            schema: "rolewalk/collect-plan/1",
            caller: plan.caller.arn.to_string(),
            region: plan.region().to_owned(),
            endpoint: std::env::var("AWS_ENDPOINT_URL").ok().filter(|url| !url.is_empty()),
            via: plan.via.as_ref().map(|via| via.arn.to_string()),
            roles,
            identity_center: matches!(plan.ways.usual, Entry::IdentityCenter(_)),
            session_name: plan.ways.session_name.clone(),
            exceptions: plan
                .ways
                .exceptions
                .keys()
                .filter(|account| task.accounts.contains(account))
                .count(),
            own: count(Access::Own) + count(Access::Caller),
            entered: count(Access::Enter),
            closed: count(Access::Closed),
            left_out: plan.accounts.len() - task.accounts.len() - task.settled.len(),
            taken_over: task.taken_over,
            settled: task.settled.len(),
            organization: task.organization,
            hcp_terraform: hcp.read.iter().map(HcpHost::of).collect(),
            hosts_without_token: hcp.without_token.clone(),
            hosts_not_named: hcp.others.clone(),
            no_organization: plan.no_organization.as_ref().map(|why| match why {
                NoOrganization::NotInUse => "the account belongs to none".to_owned(),
                NoOrganization::NotRead(gap) => {
                    format!("{} {}", gap.call, gap.message)
                }
            }),
        }
    }

    pub(super) fn text(&self) -> String {
        let mut page = String::new();
        for (label, text) in self.lines() {
            page.push_str(&safe(&format!("{label:<13} {text}")));
            page.push('\n');
        }
        page
    }

    /// The same for people, a label and a text each.
    pub(crate) fn lines(&self) -> Vec<(String, String)> {
        let accounts = |number| render::count(number, "account");
        let mut lines = Vec::new();
        let mut say = |label: &str, text: String| lines.push((label.to_owned(), text));
        say("reads as", self.caller.clone());
        let endpoint = match &self.endpoint {
            Some(endpoint) => format!(", at {endpoint}"),
            None => String::new(),
        };
        say("from", format!("Region {}{endpoint}", self.region));
        if let Some(via) = &self.via {
            say("through", via.clone());
        }
        if self.own > 0 {
            let whose = if self.own == 1 {
                "its own account"
            } else {
                "the caller's and the first hop's accounts"
            };
            say("directly", whose.to_owned());
        }
        if self.entered > 0 {
            let roles = self.roles.join("`, else `");
            let number = accounts(self.entered);
            if self.identity_center {
                say("through", format!("IAM Identity Center as `{roles}` in {number}"));
            } else {
                say("by assuming", format!("`{roles}` in {number}"));
                say("in sessions", format!("`{}`, limited to reading", self.session_name));
            }
            if self.exceptions > 0 {
                let number = self.exceptions;
                say("", format!("({number} of them in ways that the configuration file names)"));
            }
        }
        if self.closed > 0 {
            say("not at all", format!("{} (suspended or closed)", accounts(self.closed)));
        }
        if self.left_out > 0 {
            let taken_over = match self.taken_over {
                0 => String::new(),
                number => format!(", of {number} the earlier reading is taken over"),
            };
            say("left out", format!("{}{taken_over}", accounts(self.left_out)));
        }
        if self.settled > 0 {
            say("not again", accounts(self.settled));
        }
        if !self.organization {
            say("organization", "not again".to_owned());
        }
        for host in &self.hcp_terraform {
            say("HCP Terraform", host.text());
        }
        for line in not_read(&self.hosts_without_token, &self.hosts_not_named) {
            say("", line);
        }
        if let Some(why) = &self.no_organization {
            say("organization", format!("not read: {why}"));
        }
        lines
    }
}

/// A host of HCP Terraform that is read.
#[derive(Debug, Serialize)]
struct HcpHost {
    /// Its name; with the address where that is another.
    host: String,
    /// Where the token for it was found.
    token: String,
    /// The organizations that were named; all that the token sees where none was.
    organizations: Vec<String>,
}

impl HcpHost {
    fn of(read: &ReadHcp) -> Self {
        Self {
            host: place(&read.access),
            token: read.access.source.clone(),
            organizations: read.organizations.clone(),
        }
    }

    fn text(&self) -> String {
        let organizations = match self.organizations.as_slice() {
            [] => String::new(),
            names => format!("{} at ", names.join(", ")),
        };
        format!("{organizations}{}, with the token of {}", self.host, self.token)
    }
}

/// What is to be said of hosts that are not read.
fn not_read(without_token: &[String], not_named: &[String]) -> Vec<String> {
    let mut lines: Vec<String> =
        without_token.iter().map(|host| format!("(no token for {host}: not read)")).collect();
    if !not_named.is_empty() {
        let hosts = not_named.join(", ");
        lines.push(format!("(not {hosts}, which a token is there for: `--tfc-host` names it)"));
    }
    lines
}

/// The host; with the address where that is another.
fn place(access: &HcpAccess) -> String {
    if access.address.split_once("://").is_some_and(|(_, at)| at == access.host) {
        return access.host.clone();
    }
    format!("{} (at {})", access.host, access.address)
}

/// What reading HCP Terraform alone will do (`rolewalk/collect-hcp-plan/1`).
#[derive(Debug, Serialize)]
pub(super) struct HcpOutline {
    schema: &'static str,
    /// The hosts.
    hosts: Vec<HcpHost>,
    /// Hosts that the configuration names and for which there is no token.
    hosts_without_token: Vec<String>,
    /// Other hosts that there are tokens for, which nobody named.
    hosts_not_named: Vec<String>,
    /// Accounts whose readings are taken over.
    taken_over: usize,
}

impl HcpOutline {
    pub(super) fn of(hosts: &Hosts, task: &Task) -> Self {
        Self {
            schema: "rolewalk/collect-hcp-plan/1",
            hosts: hosts.read.iter().map(HcpHost::of).collect(),
            hosts_without_token: hosts.without_token.clone(),
            hosts_not_named: hosts.others.clone(),
            taken_over: task.taken_over,
        }
    }

    pub(super) fn text(&self) -> String {
        let mut lines = Vec::new();
        for host in &self.hosts {
            let organizations = match host.organizations.as_slice() {
                [] => "every organization that the token sees".to_owned(),
                names => names.join(", "),
            };
            let whose = format!("{}, with the token of {}", host.host, host.token);
            lines.extend([("HCP Terraform", whose), ("reads", organizations)]);
        }
        let unread = not_read(&self.hosts_without_token, &self.hosts_not_named);
        lines.extend(unread.into_iter().map(|line| ("", line)));
        let accounts = format!("AWS: {}", render::count(self.taken_over, "account"));
        lines.push(("not again", accounts));
        let line = |(label, text)| format!("{}\n", safe(&format!("{label:<13} {text}")));
        lines.into_iter().map(line).collect()
    }
}
