//! What a node is, and how it calls.

use std::collections::BTreeMap;

use crate::arn::glob::{Glob, escape};
use crate::arn::{AccountId, Arn};
use crate::evaluation::{Caller, Claim, Service, Target, Token};
use crate::issuer;
use crate::org::hcp::DEFAULT_HOST;
use crate::org::{
    AccountKey, ContainerKey, Facts, OidcProviderKey, RoleKey, SamlProviderKey, UserKey,
};
use crate::workload::{Phase, Stack, Workspace};

use super::Graph;

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// A workspace in one phase, by its index in [`Graph::workspaces`].
    Workspace(usize, Phase),
    /// A token subject, or a pattern of them.
    Subject(Subject),
    /// A user.
    User(UserKey),
    /// A role.
    Role(RoleKey),
    /// A SAML provider: whoever it vouches for.
    Saml(SamlProviderKey),
    /// An AWS service.
    Service(String),
    /// Some principal of an account that is not in the facts.
    External(AccountId),
    /// Some principal of some account that is not in the facts.
    Anyone,
    /// A named principal of an account that is not in the facts, or was not read.
    Named(Arn),
    /// Some principal or role of an account that was not read.
    Unread(AccountKey),
    /// The organization, or the set of accounts without one.
    Organization,
    /// The root or an OU.
    Container(ContainerKey),
    /// An account.
    Account(AccountKey),
    /// An OIDC provider.
    OidcProvider(OidcProviderKey),
}

/// A token subject, or a pattern of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// The issuer without `https://`.
    pub issuer: String,
    /// With `*` and `?` one unknown subject of that form; a backslash makes the next character
    /// itself.
    pub subject: String,
    /// `None`: any audience that the provider takes.
    pub audience: Option<String>,
}

impl Subject {
    /// The token that such a subject bears.
    pub fn token(&self) -> Token {
        Token {
            issuer: self.issuer.clone(),
            subject: Claim::from_pattern(&self.subject),
            audience: self.audience.as_deref().map_or(Claim::Any, Claim::from_pattern),
            claims: BTreeMap::new(),
        }
    }

    /// What deployments of a stack bear, for each both operations; one unknown deployment where
    /// their names were not read.
    pub fn of_stack(stack: &Stack) -> impl Iterator<Item = Self> {
        let unknown = [ANY.to_owned()];
        let names = stack.deployments.as_deref().unwrap_or(&unknown).to_vec();
        names.into_iter().flat_map(|deployment| {
            Phase::ALL.map(|operation| Self::of_deployment(stack, &deployment, operation))
        })
    }

    /// What one deployment of a stack bears; `deployment` may be a pattern.
    pub fn of_deployment(stack: &Stack, deployment: &str, operation: Phase) -> Self {
        let subject = stack.subject(deployment, operation);
        Self { issuer: stack.host.clone(), subject, audience: None }
    }

    /// The phase of a run of HCP Terraform, or the operation of one of its stacks, that every
    /// subject which fits has.
    pub fn phase(&self) -> Option<Phase> {
        let ends = |key: &str, phase: Phase| {
            self.subject.strip_suffix(phase.as_str()).is_some_and(|rest| rest.ends_with(key))
        };
        Phase::ALL
            .into_iter()
            .find(|phase| [":run_phase:", ":operation:"].iter().any(|key| ends(key, *phase)))
    }

    /// Whether it is one unknown subject of a form.
    pub fn is_pattern(&self) -> bool {
        self.subject.contains(['*', '?']) && self.glob().literal().is_none()
    }

    /// The form as a pattern.
    pub fn glob(&self) -> Glob {
        Glob::escaped(&self.subject)
    }

    /// The selector: that of a stack's deployment, where the subject is one's. Where no workspaces
    /// were read, the subject of one has the name that the workspace would have.
    fn selector(&self, facts: &Facts) -> String {
        let workspace = || self.workspace().filter(|_| !facts.was_host_read(&self.issuer));
        if let (Some(named), None) = (workspace().or_else(|| self.deployment()), &self.audience) {
            return named;
        }
        let audience =
            self.audience.as_ref().map(|text| format!("?aud={text}")).unwrap_or_default();
        format!("oidc:{}#{}{audience}", self.issuer, self.subject)
    }

    fn workspace(&self) -> Option<String> {
        if self.issuer != "app.terraform.io" || self.is_pattern() {
            return None;
        }
        let (form, slots) = issuer::classify(&self.issuer).read_subject(&self.subject)?;
        let slot = |name: &str| slots.iter().find(|(slot, _)| *slot == name).map(|(_, text)| *text);
        let [organization, project, workspace] = ["organization", "project", "workspace"].map(slot);
        let phase =
            slot("phase").filter(|text| Phase::ALL.iter().any(|it| it.as_str() == *text))?;
        let place = format!("{}/{}/{}", organization?, project?, workspace?);
        // What a name can't hold would be read as something else.
        let plain = !place.contains([':', '\\', '@']) && place.matches('/').count() == 2;
        (form == "workspace" && plain).then(|| format!("tfc:{place}:{phase}"))
    }

    /// The selector of a stack's deployment, where the subject is one's. Of Terraform Enterprise
    /// nothing but the subject tells that it is one.
    pub fn deployment(&self) -> Option<String> {
        let hcp = issuer::by_id("hcp-terraform")?;
        let (form, slots) = hcp.read_subject(&self.subject)?;
        let slot = |name: &str| slots.iter().find(|(slot, _)| *slot == name).map(|(_, text)| *text);
        let [organization, project, stack, deployment, operation] =
            ["organization", "project", "stack", "deployment", "operation"].map(slot);
        let operation =
            operation.filter(|text| Phase::ALL.iter().any(|it| it.as_str() == *text))?;
        let place = format!("{}/{}/{}", organization?, project?, stack?);
        let end = format!("{}:{operation}", deployment?);
        // A glob in another name is no name, and what a name can't hold is none.
        let odd = |char: char| ['*', '?', ':', '\\', '@'].contains(&char);
        let plain = !place.contains(odd) && place.matches('/').count() == 2;
        let known = deployment == Some(ANY) || deployment.is_some_and(|it| !it.contains(odd));
        (form == "stack" && plain && known)
            .then(|| format!("{}:{end}", place_at("tfc-stack", &self.issuer, &place)))
    }
}

/// In place of the name of a deployment: one that is not known.
pub const ANY: &str = "*";

/// A way in which a node calls: a caller, and for a workspace the audience it must ask for
/// where that is not the one it is configured with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The caller.
    pub caller: Caller,
    /// The audience that the workspace would have to ask for.
    pub other_audience: Option<String>,
}

impl Node {
    /// The ways in which the node calls a role in `account`, the likeliest first. Empty for what
    /// makes no calls.
    pub fn ways(&self, graph: &Graph, account: AccountKey) -> Vec<Way> {
        self.ways_in(graph.facts(), graph.workspaces(), account)
    }

    pub(super) fn ways_in(
        &self,
        facts: &Facts,
        workspaces: &[Workspace],
        account: AccountKey,
    ) -> Vec<Way> {
        let one = |caller| vec![Way { caller, other_audience: None }];
        match self {
            Self::Workspace(index, phase) => workspaces
                .get(*index)
                .map(|workspace| workspace_ways(facts, workspace, *phase, account))
                .unwrap_or_default(),
            Self::Subject(subject) => one(Caller::Token(subject.token())),
            Self::User(key) => one(Caller::User(*key)),
            Self::Role(key) => one(Caller::Role(*key)),
            Self::Saml(key) => one(Caller::Saml(*key)),
            Self::Service(name) => one(Caller::Service(name.clone())),
            Self::External(id) => one(Caller::Account(*id)),
            Self::Anyone => one(Caller::Anyone),
            Self::Named(arn) => one(Caller::Named(arn.clone())),
            Self::Unread(account) => one(Caller::Account(facts.accounts[*account].id)),
            Self::Organization | Self::Container(_) | Self::Account(_) | Self::OidcProvider(_) => {
                Vec::new()
            }
        }
    }

    /// Whether a question can name such a source without the facts mentioning it.
    pub fn nameable(&self) -> bool {
        matches!(
            self,
            Self::Subject(_) | Self::Service(_) | Self::External(_) | Self::Named(_) | Self::Anyone
        )
    }

    /// Which service it is, where that matters.
    pub(super) fn service(&self) -> Service {
        match self {
            Self::Service(name) => Service::named(name),
            _ => Service::Other,
        }
    }

    /// Whether its calls always leave something in a session that later hops have to let pass.
    pub(super) fn hands_on(&self) -> bool {
        self.service().hands_on()
    }

    /// The node as the target of a call.
    pub fn target(&self) -> Option<Target> {
        match self {
            Self::Role(key) => Some(Target::Role(*key)),
            Self::Unread(account) => Some(Target::Unread(*account, None)),
            _ => None,
        }
    }

    /// The account, where the node has one.
    pub fn account(&self, facts: &Facts) -> Option<AccountId> {
        let id = |key: AccountKey| facts.accounts[key].id;
        match self {
            Self::User(key) => Some(id(facts.users[*key].account)),
            Self::Role(key) => Some(id(facts.roles[*key].account)),
            Self::Saml(key) => Some(id(facts.saml_providers[*key].account)),
            Self::OidcProvider(key) => Some(id(facts.oidc_providers[*key].account)),
            Self::External(account) => Some(*account),
            Self::Named(arn) => arn.account(),
            Self::Unread(key) | Self::Account(key) => Some(id(*key)),
            _ => None,
        }
    }

    /// The name in answers: an ARN, or a selector for what has none.
    pub fn name(&self, graph: &Graph) -> String {
        let facts = graph.facts();
        match self {
            Self::Workspace(index, phase) => graph
                .workspaces()
                .get(*index)
                .map(|workspace| format!("{}:{}", workspace_selector(workspace), phase.as_str()))
                .unwrap_or_default(),
            Self::Subject(subject) => subject.selector(facts),
            Self::User(key) => facts.users[*key].arn.to_string(),
            Self::Role(key) => facts.roles[*key].arn.to_string(),
            Self::Saml(key) => facts.saml_providers[*key].arn.to_string(),
            Self::OidcProvider(key) => facts.oidc_providers[*key].arn.to_string(),
            Self::Service(name) => format!("service:{name}"),
            Self::External(id) => format!("external:{id}"),
            Self::Anyone => "anyone".to_owned(),
            Self::Named(arn) => arn.to_string(),
            Self::Unread(key) | Self::Account(key) => {
                format!("account:{}", facts.accounts[*key].id)
            }
            Self::Organization => "org:".to_owned(),
            Self::Container(key) => ou_selector(&facts.containers[*key].path),
        }
    }
}

/// The selector of a workspace, without phase.
pub fn workspace_selector(workspace: &Workspace) -> String {
    let project = project_of(&workspace.organization, &workspace.project);
    place_at("tfc", &workspace.host, &format!("{project}/{}", hcp_name(&workspace.name)))
}

/// The selector of a stack, without deployment.
pub fn stack_selector(stack: &Stack) -> String {
    let project = project_of(&stack.organization, &stack.project);
    place_at("tfc-stack", &stack.host, &format!("{project}/{}", hcp_name(&stack.name)))
}

/// The selector of all workspaces of a project.
pub fn project_selector(host: &str, organization: &str, project: &str) -> String {
    place_at("tfc", host, &format!("{}/*", project_of(organization, project)))
}

fn project_of(organization: &str, project: &str) -> String {
    format!("{}/{}", hcp_name(organization), hcp_name(project))
}

/// A name of HCP Terraform in a selector. HCP Terraform allows none of what is escaped, a list of
/// workspaces that somebody made may hold it.
fn hcp_name(name: &str) -> String {
    escape(name, "/:@")
}

/// The selector of what lies below an OU.
pub fn ou_selector(path: &str) -> String {
    format!("ou:{}/**", escape(path.trim_end_matches('/'), ""))
}

/// A selector of something below a host.
pub fn place_at(kind: &str, host: &str, place: &str) -> String {
    // What begins with a slash would be taken for a host.
    if host == DEFAULT_HOST && !place.starts_with('/') {
        format!("{kind}:{place}")
    } else {
        format!("{kind}://{host}/{place}")
    }
}

/// The token of a run with a given audience.
pub fn run_token(workspace: &Workspace, phase: Phase, audience: Claim) -> Token {
    let subject = workspace.subject(phase);
    Token {
        issuer: workspace.host.clone(),
        subject: if workspace.project_read {
            Claim::Is(subject)
        } else {
            Claim::from_pattern(&subject)
        },
        audience,
        claims: BTreeMap::new(),
    }
}

/// The tokens of a workspace's runs: with the audiences that it is configured with, then with
/// the others that the provider takes, because whoever writes the workspace chooses (rule H4).
/// Local runs get no token (rule H1).
fn workspace_ways(
    facts: &Facts,
    workspace: &Workspace,
    phase: Phase,
    account: AccountKey,
) -> Vec<Way> {
    if workspace.execution_mode == "local" {
        return Vec::new();
    }
    let mut audiences: Vec<Option<String>> = Vec::new();
    for configuration in &workspace.configurations {
        if !audiences.contains(&configuration.audience) {
            audiences.push(configuration.audience.clone());
        }
    }
    let unconfigured = audiences.is_empty();
    if unconfigured {
        audiences.push(Some(workload_audience().to_owned()));
    }
    let way = |audience: Option<String>, other: Option<String>| Way {
        caller: Caller::Token(run_token(workspace, phase, audience.map_or(Claim::Any, Claim::Is))),
        other_audience: other,
    };
    let mut ways: Vec<Way> =
        audiences.iter().cloned().map(|audience| way(audience, None)).collect();
    let listed = facts.accounts[account]
        .oidc_providers
        .read()
        .into_iter()
        .flatten()
        .map(|key| &facts.oidc_providers[*key])
        .filter(|provider| provider.url == workspace.host)
        .flat_map(|provider| &provider.audiences);
    for audience in listed {
        if !audiences.iter().any(|known| known.as_ref() == Some(audience)) {
            let other = (!unconfigured).then(|| audience.clone());
            ways.push(way(Some(audience.clone()), other));
        }
    }
    ways
}

/// The audience that HCP Terraform's tokens for AWS have unless a setting says otherwise.
pub fn workload_audience() -> &'static str {
    "aws.workload.identity"
}
