//! Which roles tokens enter, and what is reached from these.
//!
//! A way into an account is put together: the hop of some token into a role, then what the role
//! leads to. Ways that need something after the first hop are decided as a whole, because what a
//! later hop asks may depend on the token (rule C1), and two needs may contradict (rule C2).

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluation::{Privilege, Privileges, Verdict};
use crate::graph::search::{self, End, Reached};
use crate::graph::{Graph, Node, in_turns};
use crate::org::{AccountKey, RoleKey};
use crate::workload::Phase;

use super::super::answers::Counts;
use super::trusts::Trusts;

/// How many ways that need something are decided anew for one account, and for how many tokens.
const TRIES: usize = 4;

/// Whose tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Those of HCP Terraform and Terraform Enterprise.
    HcpTerraform,
    /// Those of any other issuer.
    Other,
}

impl Kind {
    pub(super) const ALL: [Self; 2] = [Self::HcpTerraform, Self::Other];
}

/// Something that bears a token, and the verdict with which it enters a role.
#[derive(Debug, Clone)]
pub(super) struct Bearer {
    /// A workspace in one phase, or a subject.
    pub(super) node: Node,
    pub(super) verdict: Verdict,
    pub(super) kind: Kind,
}

/// Roles that nothing tells apart and that tokens enter.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) account: AccountKey,
    pub(super) roles: Vec<RoleKey>,
    pub(super) privileges: Option<Privileges>,
    /// Best verdict first.
    pub(super) bearers: Vec<Bearer>,
    /// What is reached from there, by whoever holds the role.
    pub(super) beyond: Beyond,
    /// Other accounts to which tokens go on from there.
    pub(super) leads: Vec<Lead>,
}

/// An account to which tokens go on from a role.
#[derive(Debug, Clone)]
pub(super) struct Lead {
    pub(super) account: AccountKey,
    /// The best verdict of tokens of each kind.
    verdicts: [Option<Verdict>; 2],
    /// How many hops, the token's own included.
    pub(super) hops: usize,
    /// What can be done with the roles that are reached in the account.
    pub(super) privileges: Option<Privileges>,
}

/// What somebody can do with roles that are reached with different verdicts. Only one that is reached
/// with the best of them proves anything.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Might {
    best: Option<Verdict>,
    most: Option<Privileges>,
    surely: Option<Privileges>,
}

impl Might {
    pub(super) fn add(&mut self, verdict: Verdict, privileges: Option<Privileges>) {
        let with = |known: Option<Privileges>| {
            [known, privileges].into_iter().flatten().reduce(Privileges::or)
        };
        self.most = with(self.most);
        match self.best {
            Some(best) if best < verdict => {}
            Some(best) if best == verdict => self.surely = with(self.surely),
            _ => (self.best, self.surely) = (Some(verdict), privileges),
        }
    }

    /// What they can do at most, and what is proven.
    pub(super) fn privileges(self) -> Option<Privileges> {
        let proven = self.surely.map_or(Privilege::Nothing, |surely| surely.proven);
        self.most.map(|most| Privileges { proven, ..most })
    }
}

/// What somebody reaches who holds a role.
#[derive(Debug, Default)]
pub(super) struct Beyond {
    /// By account, its own included.
    pub(super) accounts: BTreeMap<AccountKey, Onward>,
    pub(super) truncated: bool,
}

/// What is reached in one account.
#[derive(Debug, Clone)]
pub(super) struct Onward {
    pub(super) verdict: Verdict,
    pub(super) hops: usize,
    pub(super) might: Might,
    pub(super) roles: Counts,
    pub(super) admins: Counts,
    /// The best way from the role, where the verdict is conditional.
    route: Vec<Node>,
}

/// All roles that tokens enter, with what they lead to in at most `hops` hops of the role's own.
pub(super) fn entries(graph: &Graph, trusts: &Trusts<'_>, hops: usize) -> Vec<Entry> {
    let mut found: BTreeMap<usize, Vec<Bearer>> = BTreeMap::new();
    for index in 0..graph.workspaces().len() {
        for phase in Phase::ALL {
            let node = Node::Workspace(index, phase);
            let mut here: BTreeMap<usize, Verdict> = BTreeMap::new();
            for (to, assume) in graph.assumes(&node) {
                let number = graph.number(&to).filter(|_| matches!(to, Node::Role(_)));
                if let Some(number) = number.filter(|_| assume.verdict != Verdict::Denied) {
                    let best = here.entry(number).or_insert(assume.verdict);
                    *best = assume.verdict.min(*best);
                }
            }
            for (number, verdict) in here {
                let bearer = Bearer { node: node.clone(), verdict, kind: Kind::HcpTerraform };
                found.entry(number).or_default().push(bearer);
            }
        }
    }
    for hop in graph.subject_hops() {
        let kind = trusts.kind(&hop.subject.issuer);
        let bearer = Bearer { node: Node::Subject(hop.subject), verdict: hop.verdict, kind };
        found.entry(hop.number).or_default().push(bearer);
    }
    add_patterns(graph, trusts, &mut found);
    let found: Vec<(usize, Vec<Bearer>)> = found.into_iter().collect();
    in_turns(&found, || (), |(), (number, bearers)| entry(graph, *number, bearers, hops))
        .into_iter()
        .flatten()
        .collect()
}

/// Roles that no workspace enters whose trust policies admit tokens of HCP Terraform all the same:
/// those of stacks, of tests, of workspaces that were not read or that somebody may make.
fn add_patterns(graph: &Graph, trusts: &Trusts<'_>, found: &mut BTreeMap<usize, Vec<Bearer>>) {
    for (role, subjects) in &trusts.hcp_subjects {
        let node = Node::Role(*role);
        let Some(number) = graph.number(&node) else { continue };
        let entered = |bearers: &Vec<Bearer>| bearers.iter().any(|it| is_live(it.verdict));
        if found.get(&number).is_some_and(entered) {
            continue;
        }
        for subject in subjects {
            let subject = Node::Subject(subject.clone());
            let judged = search::judge(graph, &[subject.clone(), node.clone()]);
            let Some(route) = judged.filter(|route| route.verdict != Verdict::Denied) else {
                continue;
            };
            let bearers = found.entry(number).or_default();
            if !bearers.iter().any(|known| known.node == subject) {
                let verdict = route.verdict;
                bearers.push(Bearer { node: subject, verdict, kind: Kind::HcpTerraform });
            }
        }
    }
}

fn entry(graph: &Graph, number: usize, bearers: &[Bearer], hops: usize) -> Option<Entry> {
    let facts = graph.facts();
    let nodes = graph.nodes_numbered(number);
    let roles: Vec<RoleKey> = nodes
        .iter()
        .filter_map(|node| match node {
            Node::Role(key) => Some(*key),
            _ => None,
        })
        .collect();
    let first = *roles.first()?;
    let mut bearers = bearers.to_vec();
    bearers.sort_by(|one, other| (one.verdict, &one.node).cmp(&(other.verdict, &other.node)));
    let privileges = nodes.iter().filter_map(|node| graph.privilege(node));
    let mut entry = Entry {
        account: facts.roles[first].account,
        privileges: privileges.reduce(Privileges::or),
        bearers,
        beyond: beyond(graph, &Node::Role(first), hops),
        leads: Vec::new(),
        roles,
    };
    entry.lead(graph);
    Some(entry)
}

/// Roles that are reached conditionally: what is proven of them, how many hops away, and the number
/// of the end.
type Conditional = (Option<Privilege>, usize, usize);

/// What somebody reaches who holds `node`.
fn beyond(graph: &Graph, node: &Node, hops: usize) -> Beyond {
    let reached = search::reachable(graph, node, hops);
    let mut accounts: BTreeMap<AccountKey, (Onward, Vec<Conditional>)> = BTreeMap::new();
    for end in reached.ends() {
        let Some(account) = end.account() else { continue };
        let weight = end.weight;
        // Roles of an account that was not read are unknown, whatever the hops before.
        let verdict = if weight.principals == 0 { Verdict::Unknown } else { end.verdict };
        let here = accounts.entry(account).or_insert_with(|| {
            let onward = Onward {
                verdict,
                hops: end.hops,
                might: Might::default(),
                roles: Counts::default(),
                admins: Counts::default(),
                route: Vec::new(),
            };
            (onward, Vec::new())
        });
        let (onward, conditional) = here;
        onward.roles.add_many(end.verdict, weight.principals as usize);
        onward.admins.add_many(end.verdict, weight.admins as usize);
        let privileges = end.landing().privileges();
        onward.might.add(verdict, privileges);
        if (verdict, end.hops) < (onward.verdict, onward.hops) {
            (onward.verdict, onward.hops) = (verdict, end.hops);
        }
        if verdict == Verdict::Conditional {
            let it = (privileges.map(|it| it.proven), end.hops, end.number());
            let place = conditional.partition_point(|known| *known < it);
            if place < TRIES {
                conditional.insert(place, it);
                conditional.truncate(TRIES);
            }
        }
    }
    let truncated = reached.truncated;
    let accounts = accounts.into_iter().map(|(account, (mut onward, conditional))| {
        if onward.verdict == Verdict::Conditional {
            // A way over what was not read is none that is known, whatever else it needs.
            onward.verdict = Verdict::Unknown;
            onward.might.surely = None;
            for end in conditional.iter().filter_map(|(.., number)| reached.end(*number)) {
                let Some(route) = known_route(&reached, &end) else { continue };
                onward.verdict = Verdict::Conditional;
                let might = [onward.might.surely, end.landing().privileges()];
                onward.might.surely = might.into_iter().flatten().reduce(Privileges::or);
                if onward.route.is_empty() || route.len() < onward.route.len() {
                    onward.route = route;
                }
            }
        }
        (account, onward)
    });
    Beyond { accounts: accounts.collect(), truncated }
}

/// The way to an end, where it passes nothing that was not read.
fn known_route(reached: &Reached<'_>, end: &End<'_>) -> Option<Vec<Node>> {
    let node = end.nodes().into_iter().min()?;
    let route = reached.route(&node)?;
    let unread = route.nodes.iter().any(|node| matches!(node, Node::Unread(_)));
    (!unread).then_some(route.nodes)
}

impl Entry {
    /// The verdict with which some bearer of this kind enters the role.
    pub(super) fn entered(&self, kind: Kind) -> Option<Verdict> {
        self.bearers.iter().find(|it| it.kind == kind).map(|bearer| bearer.verdict)
    }

    /// The verdict with which some bearer of this kind comes to an account over the role.
    fn comes_to(&self, graph: &Graph, onward: &Onward, kind: Kind) -> Option<Verdict> {
        let first = self.entered(kind)?;
        if onward.verdict == Verdict::Allowed {
            return Some(first);
        }
        if onward.verdict == Verdict::Unknown || first == Verdict::Unknown {
            return Some(Verdict::Unknown);
        }
        let bearers = || self.bearers.iter().filter(|it| it.kind == kind);
        let mut best: Option<Verdict> = None;
        for bearer in bearers().take(TRIES) {
            let from = std::iter::once(bearer.node.clone());
            let nodes: Vec<Node> = from.chain(onward.route.iter().cloned()).collect();
            let judged = search::judge(graph, &nodes).map(|route| route.verdict);
            let judged = judged.filter(|verdict| *verdict != Verdict::Denied);
            best = [best, judged].into_iter().flatten().min();
            if best.is_some_and(|verdict| verdict <= Verdict::Conditional) {
                return best;
            }
        }
        // Of those that were not tried, or on other ways, some may get there.
        let all = bearers().count() <= TRIES && onward.roles.total() <= 1;
        best.or_else(|| (!all).then_some(Verdict::Conditional))
    }

    fn lead(&mut self, graph: &Graph) {
        let others = self.beyond.accounts.iter().filter(|(key, _)| **key != self.account);
        let leads = others.map(|(account, onward)| Lead {
            account: *account,
            verdicts: Kind::ALL.map(|kind| self.comes_to(graph, onward, kind)),
            hops: onward.hops + 1,
            privileges: onward.might.privileges(),
        });
        self.leads = leads.filter(|lead| lead.best().is_some()).collect();
    }

    /// Whether tokens are known to go on from it to other accounts.
    pub(super) fn is_hub(&self) -> bool {
        self.leads.iter().any(|lead| lead.best().is_some_and(is_live))
    }

    /// Workspaces that are known to enter it, by index, with the phases and the best verdict.
    pub(super) fn workspaces(&self) -> BTreeMap<usize, (Vec<Phase>, Verdict)> {
        let mut found: BTreeMap<usize, (Vec<Phase>, Verdict)> = BTreeMap::new();
        for bearer in self.bearers.iter().filter(|bearer| is_live(bearer.verdict)) {
            if let Node::Workspace(index, phase) = bearer.node {
                let (phases, best) = found.entry(index).or_insert((Vec::new(), bearer.verdict));
                phases.push(phase);
                *best = bearer.verdict.min(*best);
            }
        }
        for (phases, _) in found.values_mut() {
            phases.sort();
        }
        found
    }
}

impl Lead {
    /// The best verdict of tokens of either kind.
    pub(super) fn best(&self) -> Option<Verdict> {
        self.verdicts.into_iter().flatten().min()
    }

    /// That of tokens of one kind.
    pub(super) fn of(&self, kind: Kind) -> Option<Verdict> {
        let [hcp_terraform, other] = self.verdicts;
        if kind == Kind::HcpTerraform { hcp_terraform } else { other }
    }
}

/// Whether that is a way that is known to be open to some request.
pub(super) fn is_live(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Allowed | Verdict::Conditional)
}

/// Accounts without a known way in that somebody of an account that was not read may come to, with
/// the first such account.
pub(super) fn beyond_unread(
    graph: &Graph,
    wanted: &BTreeSet<AccountKey>,
    hops: usize,
) -> BTreeMap<AccountKey, AccountKey> {
    let mut found = BTreeMap::new();
    for (unread, _) in graph.facts().accounts.iter() {
        let node = Node::Unread(unread);
        if found.len() == wanted.len() || graph.number(&node).is_none() {
            continue;
        }
        for end in search::reachable(graph, &node, hops).ends() {
            if let Some(account) = end.account().filter(|it| *it != unread && wanted.contains(it)) {
                found.entry(account).or_insert(unread);
            }
        }
    }
    found
}
