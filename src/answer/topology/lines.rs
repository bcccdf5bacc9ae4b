//! The organization in a few lines.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::graph::{Graph, Node};
use crate::issuer;
use crate::org::AccountKey;
use crate::workload::WayIn;

use super::super::answers::{
    AccountWay, Design, IssuerUse, LineWay, TopologyAccount, TopologyLine,
};
use super::trusts::{Trusts, hosts_read};
use super::ways::{Entry, Kind, is_live};

/// How many hub accounts have lines of their own.
const HUBS: usize = 5;

/// Accounts to which a hub leads, and workspaces that come through it, by index.
type Through = (BTreeSet<AccountKey>, BTreeSet<usize>);

/// Which set-up HCP Terraform's tokens mostly use. Accounts where they do nothing but go on are not
/// counted.
pub(super) fn design(accounts: &[TopologyAccount]) -> Design {
    let counted = || accounts.iter().filter(|account| !account.only_hub);
    let count = |way| counted().filter(|account| account.mightier == way).count();
    let (hub, own) = (count(AccountWay::Hub), count(AccountWay::Own));
    let both = count(AccountWay::Both);
    let live = hub + own + both;
    if count(AccountWay::NotRead) > live {
        return Design::NotRead;
    }
    match (hub, own) {
        _ if live == 0 => Design::None,
        (hub, _) if hub > live - hub => Design::Hub,
        (_, own) if own > live - own => Design::Own,
        _ => Design::Mixed,
    }
}

/// How workspaces get in.
pub(super) fn lines(
    graph: &Graph,
    entries: &[Entry],
    accounts: &[TopologyAccount],
) -> Vec<TopologyLine> {
    let facts = graph.facts();
    let read = hosts_read(facts);
    let mut through: BTreeMap<AccountKey, Through> = BTreeMap::new();
    let mut inside: HashMap<AccountKey, BTreeSet<usize>> = HashMap::new();
    for entry in entries {
        let workspaces = entry.workspaces();
        inside.entry(entry.account).or_default().extend(workspaces.keys());
        let live = |verdict: Option<_>| verdict.is_some_and(is_live);
        let leads = entry.leads.iter().filter(|lead| live(lead.of(Kind::HcpTerraform)));
        let leads: Vec<AccountKey> = leads.map(|lead| lead.account).collect();
        if !leads.is_empty() {
            let (accounts, users) = through.entry(entry.account).or_default();
            accounts.extend(leads);
            users.extend(workspaces.keys());
        }
    }
    let mut through: Vec<(AccountKey, Through)> = through.into_iter().collect();
    through.sort_by(|(one, here), (other, there)| {
        let rank = |(accounts, users): &Through| (users.len(), accounts.len());
        rank(there).cmp(&rank(here)).then(one.cmp(other))
    });
    let line = |hub: Option<AccountKey>, text, (accounts, users): &Through| TopologyLine {
        way: LineWay::Hub,
        hub: hub.map(|key| facts.accounts[key].id.to_string()),
        text,
        accounts: Some(accounts.len()),
        workspaces: read.then_some(users.len()),
    };
    let named = through.iter().take(HUBS).map(|(hub, these)| {
        line(Some(*hub), format!("through hub {}", facts.accounts[*hub].name), these)
    });
    let mut lines: Vec<TopologyLine> = named.collect();
    let mut others = Through::default();
    for (accounts, users) in through.iter().skip(HUBS).map(|(_, these)| these) {
        others.0.extend(accounts);
        others.1.extend(users);
    }
    if let Some(more) = through.len().checked_sub(HUBS).filter(|more| *more > 0) {
        let noun = if more == 1 { "hub" } else { "hubs" };
        lines.push(line(None, format!("through {more} further {noun}"), &others));
    }
    let mut parts: [(LineWay, &str, Vec<AccountKey>); 6] = [
        (LineWay::HubItself, "the hub itself", Vec::new()),
        (LineWay::Own, "own provider only", Vec::new()),
        (LineWay::Both, "both", Vec::new()),
        (LineWay::OtherIssuers, "other issuers only", Vec::new()),
        (LineWay::None, "no token way in", Vec::new()),
        (LineWay::NotRead, "too little was read to say", Vec::new()),
    ];
    for (account, key) in accounts.iter().zip(facts.accounts.keys()) {
        let way = match (account.hcp_terraform, account.way) {
            _ if account.only_hub => LineWay::HubItself,
            // These are in the lines of their hubs.
            (AccountWay::Hub, _) => continue,
            (AccountWay::Own, _) => LineWay::Own,
            (AccountWay::Both, _) => LineWay::Both,
            (AccountWay::NotRead, _) | (_, AccountWay::NotRead) => LineWay::NotRead,
            (AccountWay::None, AccountWay::None) => LineWay::None,
            (AccountWay::None, _) => LineWay::OtherIssuers,
        };
        if let Some((.., list)) = parts.iter_mut().find(|(known, ..)| *known == way) {
            list.push(key);
        }
    }
    for (way, text, list) in parts.into_iter().filter(|(.., list)| !list.is_empty()) {
        let within = || list.iter().filter_map(|key| inside.get(key)).flatten();
        let users: BTreeSet<&usize> = within().collect();
        let counts = matches!(way, LineWay::HubItself | LineWay::Own | LineWay::Both);
        lines.push(TopologyLine {
            way,
            hub: None,
            text: text.to_owned(),
            accounts: Some(list.len()),
            workspaces: (read && counts).then_some(users.len()),
        });
    }
    lines.extend(not_followed(graph));
    lines
}

/// Workspaces with ways in that are no tokens, or that nobody could look at.
fn not_followed(graph: &Graph) -> Vec<TopologyLine> {
    let mut found: BTreeMap<WayIn, usize> = BTreeMap::new();
    for workspace in graph.workspaces() {
        // Whatever audience a token is requested with, it is followed like any other.
        for way in workspace.other_ways.iter().filter(|way| **way != WayIn::ManualToken) {
            *found.entry(*way).or_default() += 1;
        }
    }
    found
        .into_iter()
        .map(|(way, count)| TopologyLine {
            way: LineWay::NotFollowed,
            hub: None,
            text: format!("{}, unknown reach", way.text()),
            accounts: None,
            workspaces: Some(count),
        })
        .collect()
}

#[derive(Default)]
struct Use {
    providers: usize,
    /// Whether the workspaces of some host were not read.
    unread: bool,
    workspaces: BTreeSet<usize>,
    subjects: BTreeSet<Node>,
    entered: BTreeSet<AccountKey>,
    beyond: BTreeSet<AccountKey>,
}

/// Who issues tokens, and how far they get.
pub(super) fn issuers(graph: &Graph, trusts: &Trusts<'_>, entries: &[Entry]) -> Vec<IssuerUse> {
    let facts = graph.facts();
    let mut labels: HashMap<&str, &str> = HashMap::new();
    let mut found: BTreeMap<(bool, &str), Use> = BTreeMap::new();
    for provider in facts.oidc_providers.values() {
        let audiences = provider.audiences.iter().map(String::as_str);
        let label = issuer::classify_with_audiences(&provider.url, audiences).label.as_str();
        // Issuers that are no vendors are told apart by their addresses.
        labels.insert(&provider.url, label);
        let other = trusts.kind(&provider.url) == Kind::Other;
        let used = found.entry((other, label)).or_default();
        used.providers += 1;
        used.unread |= !facts.was_host_read(&provider.url);
    }
    for entry in entries {
        for bearer in entry.bearers.iter().filter(|bearer| is_live(bearer.verdict)) {
            let host = match &bearer.node {
                Node::Workspace(index, _) => {
                    graph.workspaces().get(*index).map(|workspace| workspace.host.as_str())
                }
                Node::Subject(subject) => Some(subject.issuer.as_str()),
                _ => None,
            };
            let Some(host) = host else { continue };
            let label = labels.get(host).copied().unwrap_or(&issuer::classify(host).label);
            let used = found.entry((bearer.kind == Kind::Other, label)).or_default();
            match bearer.node {
                Node::Workspace(index, _) => used.workspaces.insert(index),
                _ => used.subjects.insert(bearer.node.clone()),
            };
            used.entered.insert(entry.account);
            let live = entry.leads.iter().filter(|lead| lead.of(bearer.kind).is_some_and(is_live));
            used.beyond.extend(live.map(|lead| lead.account));
        }
    }
    let mut found: Vec<IssuerUse> = found
        .into_iter()
        .map(|((other, label), used)| IssuerUse {
            issuer: label.to_owned(),
            hcp_terraform: !other,
            providers: used.providers,
            workspaces: (!used.unread && !other).then_some(used.workspaces.len()),
            subjects: used.subjects.len(),
            beyond: used.beyond.difference(&used.entered).count(),
            entered: used.entered.len(),
        })
        .collect();
    found.sort_by_key(|it| (!it.hcp_terraform, std::cmp::Reverse(it.entered + it.beyond)));
    found
}
