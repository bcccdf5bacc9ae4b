//! How tokens get into each account.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::evaluation::{Privilege, Verdict};
use crate::graph::Graph;
use crate::issuer;
use crate::org::{AccountKey, Fact, Key as _};

use super::super::answers::{
    AccountHub, AccountWay, Counts, Entered, MatrixCell, TopologyAccount, TopologyProvider,
};
use super::super::matrix::matrix;
use super::super::question::{Limits, QuestionError};
use super::trusts::{Trusts, hosts_read};
use super::ways::{Entry, Kind, Lead, Might, beyond_unread, is_live};

/// How many hub roles an account names.
const HUBS: usize = 5;

/// What is known of one account.
#[derive(Clone, Default)]
struct Here {
    /// The best verdict with which tokens of each kind enter one of its roles, and with which they
    /// come from elsewhere.
    own: [Option<Verdict>; 2],
    hub: [Option<Verdict>; 2],
    roles: usize,
    might: Might,
    /// The mightiest that tokens of HCP Terraform surely become in the account itself, and from
    /// elsewhere.
    own_most: Option<Privilege>,
    hub_most: Option<Privilege>,
    hub_count: usize,
    /// The first hubs.
    hubs: Vec<Place>,
    is_hub: bool,
}

/// A hub role of an account, ordered by how much it counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Whether tokens of other issuers alone come this way.
    other: bool,
    /// Whether it is not known that any do.
    open: bool,
    most: Option<Privilege>,
    verdict: Verdict,
    hops: usize,
    entry: usize,
    lead: usize,
}

/// All accounts; whether a search was cut short.
pub(super) fn accounts(
    graph: &Graph,
    trusts: &Trusts<'_>,
    entries: &[Entry],
    limits: Limits,
) -> Result<(Vec<TopologyAccount>, bool), QuestionError> {
    let facts = graph.facts();
    let here = gather(graph, entries);
    // Whoever is in an account that was not read may come from there to where nobody else does.
    let closed = here.iter().zip(facts.accounts.keys()).filter(|(here, _)| {
        Kind::ALL.iter().any(|kind| here.way(*kind, false) == AccountWay::None)
    });
    let closed: BTreeSet<AccountKey> = closed.map(|(_, key)| key).collect();
    let behind = beyond_unread(graph, &closed, limits.hops.saturating_sub(1));
    let (workspaces, cut) = if hosts_read(facts) {
        let all = Limits { rows: usize::MAX, ..limits };
        let matrix = matrix(graph, None, None, all)?;
        (Some(workspaces(&matrix.cells)), matrix.truncated)
    } else {
        (None, false)
    };
    let accounts = here.iter().zip(facts.accounts.iter()).map(|(here, (key, row))| {
        let unread = behind.get(&key).map(|account| &facts.accounts[*account].name);
        let not_read = reasons(graph, key, here, unread);
        let doubtful = row.identities.read().is_none_or(|damaged| !damaged.is_empty());
        let doubtful = doubtful || unread.is_some();
        let [hcp_terraform, other_issuers] = Kind::ALL.map(|kind| here.way(kind, doubtful));
        TopologyAccount {
            id: row.id.to_string(),
            name: row.name.clone(),
            ou: facts.ou_path(key).to_owned(),
            way: either(hcp_terraform, other_issuers),
            hcp_terraform,
            mightier: here.mightier(hcp_terraform),
            other_issuers,
            is_hub: here.is_hub,
            only_hub: here.is_hub && here.own_most == Some(Privilege::Nothing),
            providers: providers(graph, trusts, key),
            entered: here.entered(),
            hub_count: here.hub_count,
            hubs: here.hubs.iter().filter_map(|hub| named(graph, entries, *hub)).collect(),
            workspaces: workspaces
                .as_ref()
                .map(|counts| counts.get(row.id_text.as_str()).copied().unwrap_or_default()),
            not_read,
        }
    });
    Ok((accounts.collect(), cut))
}

fn gather(graph: &Graph, entries: &[Entry]) -> Vec<Here> {
    let mut all: Vec<Here> = vec![Here::default(); graph.facts().accounts.len()];
    for (number, entry) in entries.iter().enumerate() {
        if let Some(here) = all.get_mut(entry.account.index()) {
            here.own = both(here.own, Kind::ALL.map(|kind| entry.entered(kind)));
            here.roles += entry.roles.len();
            if let Some(bearer) = entry.bearers.first() {
                here.might.add(bearer.verdict, entry.privileges);
            }
            let live = |lead: &Lead| lead.of(Kind::HcpTerraform).is_some_and(is_live);
            here.is_hub |= entry.leads.iter().any(live);
            if entry.entered(Kind::HcpTerraform).is_some_and(is_live) {
                let most = entry.privileges.map(|it| it.proven);
                here.own_most = [here.own_most, most].into_iter().flatten().min();
            }
        }
        for (at, lead) in entry.leads.iter().enumerate() {
            let (Some(here), Some(best)) = (all.get_mut(lead.account.index()), lead.best()) else {
                continue;
            };
            here.hub = both(here.hub, Kind::ALL.map(|kind| lead.of(kind)));
            here.hub_count += entry.roles.len();
            if lead.of(Kind::HcpTerraform).is_some_and(is_live) {
                let most = lead.privileges.map(|it| it.proven);
                here.hub_most = [here.hub_most, most].into_iter().flatten().min();
            }
            let hub = Place {
                other: lead.of(Kind::HcpTerraform).is_none(),
                open: !is_live(best),
                most: lead.privileges.map(|it| it.proven),
                verdict: best,
                hops: lead.hops,
                entry: number,
                lead: at,
            };
            let place = here.hubs.partition_point(|known| *known < hub);
            if place < HUBS {
                here.hubs.insert(place, hub);
                here.hubs.truncate(HUBS);
            }
        }
    }
    all
}

/// The better verdict of each kind.
fn both(one: [Option<Verdict>; 2], other: [Option<Verdict>; 2]) -> [Option<Verdict>; 2] {
    let ([a, b], [c, d]) = (one, other);
    [[a, c], [b, d]].map(|pair| pair.into_iter().flatten().min())
}

impl Here {
    fn way(&self, kind: Kind, doubtful: bool) -> AccountWay {
        let of = |verdicts: [Option<Verdict>; 2]| {
            let [hcp_terraform, other] = verdicts;
            if kind == Kind::HcpTerraform { hcp_terraform } else { other }
        };
        let (own, hub) = (of(self.own), of(self.hub));
        match (own.is_some_and(is_live), hub.is_some_and(is_live)) {
            (true, true) => AccountWay::Both,
            (true, false) => AccountWay::Own,
            (false, true) => AccountWay::Hub,
            (false, false) if doubtful || own.or(hub).is_some() => AccountWay::NotRead,
            (false, false) => AccountWay::None,
        }
    }

    /// Of both ways the one to the mightier role.
    fn mightier(&self, way: AccountWay) -> AccountWay {
        match (way, self.own_most, self.hub_most) {
            (AccountWay::Both, Some(own), Some(hub)) if own < hub => AccountWay::Own,
            (AccountWay::Both, Some(own), Some(hub)) if hub < own => AccountWay::Hub,
            (way, ..) => way,
        }
    }

    fn entered(&self) -> Option<Entered> {
        Some(Entered {
            verdict: self.own.into_iter().flatten().min()?,
            roles: self.roles,
            privilege: self.might.privileges().map(|it| it.most),
            privilege_proven: self.might.privileges().map(|it| it.proven),
        })
    }
}

/// The way of tokens of either kind.
fn either(one: AccountWay, other: AccountWay) -> AccountWay {
    use AccountWay::{Both, Hub, None, NotRead, Own};
    match (one, other) {
        (Both, _) | (_, Both) | (Own, Hub) | (Hub, Own) => Both,
        (Own, _) | (_, Own) => Own,
        (Hub, _) | (_, Hub) => Hub,
        (NotRead, _) | (_, NotRead) => NotRead,
        (None, None) => None,
    }
}

fn named(
    graph: &Graph,
    entries: &[Entry],
    Place { verdict, hops, entry, lead, .. }: Place,
) -> Option<AccountHub> {
    let facts = graph.facts();
    let entry = entries.get(entry)?;
    let lead = entry.leads.get(lead)?;
    Some(AccountHub {
        role: facts.roles[*entry.roles.first()?].arn.to_string(),
        account: facts.accounts[entry.account].id.to_string(),
        verdict,
        hops,
        privilege: lead.privileges.map(|it| it.most),
        privilege_proven: lead.privileges.map(|it| it.proven),
        hcp_terraform: lead.of(Kind::HcpTerraform).is_some(),
    })
}

fn providers(
    graph: &Graph,
    trusts: &Trusts<'_>,
    account: AccountKey,
) -> Option<Vec<TopologyProvider>> {
    let facts = graph.facts();
    let keys = facts.accounts[account].oidc_providers.read()?;
    let of = |key| {
        let row: &crate::org::OidcProvider = &facts.oidc_providers[key];
        let audiences = row.audiences.iter().map(String::as_str);
        TopologyProvider {
            issuer: issuer::classify_with_audiences(&row.url, audiences).label.clone(),
            url: row.url.clone(),
            audiences: row.audiences.clone(),
            roles: trusts.behind.get(&*row.arn).copied().unwrap_or_default(),
        }
    };
    Some(keys.iter().copied().map(of).collect())
}

/// By account, the workspaces that reach a role there, each by its best verdict.
fn workspaces(cells: &[MatrixCell]) -> HashMap<String, Counts> {
    let mut best: BTreeMap<(&str, &str), Verdict> = BTreeMap::new();
    for cell in cells.iter().filter(|cell| cell.permitted && cell.is_run()) {
        let known = best.entry((cell.account(), cell.workspace())).or_insert(cell.verdict);
        *known = cell.verdict.min(*known);
    }
    let mut found: HashMap<String, Counts> = HashMap::new();
    for ((account, _), verdict) in best {
        found.entry(account.to_owned()).or_default().add_many(verdict, 1);
    }
    found
}

/// Why it is not known whether tokens get in, or in which ways.
fn reasons(
    graph: &Graph,
    account: AccountKey,
    here: &Here,
    unread: Option<&String>,
) -> Vec<String> {
    let row = &graph.facts().accounts[account];
    let mut found = Vec::new();
    match &row.identities {
        Fact::NotRead(gap) => found.push(format!(
            "its users and roles were not read: {} ({})",
            gap.call,
            gap.kind.as_str()
        )),
        Fact::Read(damaged) if !damaged.is_empty() => {
            found.push("some of its users and roles were not read".to_owned());
        }
        Fact::Read(_) => {}
    }
    if let (Some(gap), true) = (row.oidc_providers.gap(), row.identities.gap().is_none()) {
        found.push(format!(
            "its OIDC providers were not read: {} ({})",
            gap.call,
            gap.kind.as_str()
        ));
    }
    if let Some(name) = unread {
        found.push(format!(
            "account `{name}` was not read, and whoever gets in there may come here"
        ));
    }
    let open = |verdicts: [Option<Verdict>; 2]| verdicts.contains(&Some(Verdict::Unknown));
    if found.is_empty() && (open(here.own) || open(here.hub)) {
        found.push("some ways depend on what was not read".to_owned());
    }
    found
}
