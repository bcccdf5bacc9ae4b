//! What is asked about: things of every kind, by chance, but the same each time.

use rolewalk::graph::{Graph, Node, workspace_selector};
use rolewalk::workload::Phase;

use crate::organization::Random;

/// Most things of one kind that are chosen from.
const MOST: usize = 200;

/// Whether a role of this name is of a kind.
type Is = fn(&str) -> bool;

/// Roles by their names: those that are worth asking for, and whether they also call others.
const ROLES: [(&str, Is, bool); 16] = [
    ("role that the organization may become", |name| name.ends_with("-shared"), false),
    ("role that may become any", |name| name.ends_with("-runner"), true),
    ("role that a pattern may become", |name| name.ends_with("-guarded"), true),
    ("role that its team may become", |name| name.ends_with("-team"), false),
    ("role of its account", |name| name.ends_with("-operator"), true),
    ("administrator with a second factor", |name| name.ends_with("-admin"), true),
    ("member of the hub", |name| name == "tf-member", true),
    ("role in the hub", |name| name.starts_with("tf-hub-"), true),
    ("role of own workspaces", |name| name == "terraform-apply", true),
    ("pipeline", |name| name.starts_with("pipeline-"), true),
    ("deploy role", |name| name.starts_with("deploy-"), true),
    ("permission set", |name| name.starts_with("AWSReservedSSO_"), true),
    ("role of the management account", |name| name == "OrganizationAccountAccessRole", true),
    ("role of a vendor", |name| name == "datadog-integration", false),
    ("role of a pod", |name| name.ends_with("-pod"), false),
    ("role of a function", |name| name.ends_with("-lambda"), true),
];

/// Sources that no account holds.
const ELSEWHERE: [(&str, &[&str]); 3] = [
    ("vendor", &["external:064147000011"]),
    ("service", &["service:lambda.amazonaws.com", "service:ec2.amazonaws.com"]),
    ("anyone", &["anyone"]),
];

/// One thing to ask.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// In words, for the table.
    pub(crate) kind: String,
    /// A selector; empty where the question takes none.
    pub(crate) source: String,
    /// A selector; empty where the question takes none.
    pub(crate) target: String,
}

/// Things of one kind.
struct Group {
    kind: &'static str,
    /// Their selectors, at most [`MOST`].
    members: Vec<String>,
    /// How many there were to choose from.
    seen: usize,
}

impl Group {
    fn new(kind: &'static str) -> Self {
        Self { kind, members: Vec::new(), seen: 0 }
    }

    /// Keeps each of all that are offered with the same chance.
    fn offer(&mut self, random: &mut Random, selector: impl FnOnce() -> String) {
        self.seen += 1;
        if self.members.len() < MOST {
            self.members.push(selector());
        } else {
            let place = random.below(self.seen);
            if place < MOST {
                self.members[place] = selector();
            }
        }
    }
}

/// Sources and targets by their kinds.
pub(crate) struct Sample {
    sources: Vec<Group>,
    targets: Vec<Group>,
}

impl Sample {
    /// Chooses.
    pub(crate) fn of(graph: &Graph, random: &mut Random) -> Self {
        let facts = graph.facts();
        let mut roles: Vec<Group> = ROLES.iter().map(|(kind, ..)| Group::new(kind)).collect();
        let mut jobs = Group::new("job of a repository");
        for key in facts.roles.keys() {
            let name = &*facts.roles[key].name;
            let arn = || Node::Role(key).name(graph);
            for (group, (_, is, _)) in roles.iter_mut().zip(ROLES) {
                if is(name) {
                    group.offer(random, arn);
                }
            }
            if let Some(repository) = name.strip_prefix("github-") {
                jobs.offer(random, || format!("github:acme/{repository}:environment:prod"));
            }
        }
        let mut users = Group::new("user");
        for key in facts.users.keys() {
            users.offer(random, || Node::User(key).name(graph));
        }
        let mut platform = Group::new("workspace of the platform");
        let mut product = Group::new("workspace of a product");
        for workspace in graph.workspaces() {
            let group = if workspace.project == "platform" { &mut platform } else { &mut product };
            for phase in Phase::ALL {
                group.offer(random, || {
                    format!("{}:{}", workspace_selector(workspace), phase.as_str())
                });
            }
        }
        let mut providers = Group::new("provider of Identity Center");
        for key in facts.saml_providers.keys() {
            providers.offer(random, || Node::Saml(key).name(graph));
        }
        let mut sources = vec![platform, product, users, jobs, providers];
        sources.extend(ELSEWHERE.map(|(kind, selectors)| {
            let members = selectors.iter().map(|selector| (*selector).to_owned()).collect();
            Group { members, ..Group::new(kind) }
        }));
        let mut targets = Vec::new();
        for (group, (.., calls)) in roles.into_iter().zip(ROLES) {
            if calls {
                sources.push(Group { members: group.members.clone(), ..group });
            }
            targets.push(group);
        }
        sources.retain(|group| !group.members.is_empty());
        targets.retain(|group| !group.members.is_empty());
        Self { sources, targets }
    }

    /// So many questions from somewhere, kind by kind.
    pub(crate) fn sources(&self, count: usize, random: &mut Random) -> Vec<Ask> {
        let ask = |kind, source| Ask { kind, source, target: String::new() };
        choose(&self.sources, count, random, ask)
    }

    /// So many questions for something, kind by kind.
    pub(crate) fn targets(&self, count: usize, random: &mut Random) -> Vec<Ask> {
        let ask = |kind, target| Ask { kind, source: String::new(), target };
        choose(&self.targets, count, random, ask)
    }
}

fn choose(
    groups: &[Group],
    count: usize,
    random: &mut Random,
    ask: impl Fn(String, String) -> Ask,
) -> Vec<Ask> {
    let groups = groups.iter().cycle().take(count);
    groups.map(|group| ask(group.kind.to_owned(), random.pick(&group.members).clone())).collect()
}
