//! How far something reaches, and how many reach it: the lists of `reach` and `who-can`, counted.

use std::collections::{BTreeMap, HashMap};

use crate::arn::AccountId;
use crate::evaluation::{Privilege, Verdict};
use crate::graph::search::Route;
use crate::graph::{Graph, Node};

use super::answers::{AccountCounts, Counts, KindCounts, PrincipalKind, Summary};
use super::ends::Best;
use super::gaps::{gaps_from, gaps_into};
use super::lists::{callers_of, kind, one_or_written, reach_of};
use super::question::{Limits, QuestionError, searched};
use super::selector::{select, select_targets};
use super::stated::scenario_of;

/// The rows of [`super::reach`], counted by kind and account. `limits.rows` are accounts.
pub fn reach_summary(
    graph: &Graph,
    source: &str,
    limits: Limits,
) -> Result<Summary, QuestionError> {
    let sources = select(graph, source)?.nodes;
    searched(sources.len(), source)?;
    let (best, denied) = reach_of(graph, &sources, limits.hops);
    let of = one_or_written(graph, &sources, source);
    let summary = count("rolewalk/reach-summary/1", graph, of, &best, &denied, limits);
    Ok(Summary { not_read: gaps_from(graph, &sources), ..summary })
}

/// The rows of [`super::who_can`], counted by kind and account. `limits.rows` are accounts.
pub fn who_can_summary(
    graph: &Graph,
    target: &str,
    limits: Limits,
) -> Result<Summary, QuestionError> {
    let targets = select_targets(graph, target)?;
    searched(targets.len(), target)?;
    let (best, denied) = callers_of(graph, &targets, limits.hops);
    let of = one_or_written(graph, &targets, target);
    let summary = count("rolewalk/who-can-summary/1", graph, of, &best, &denied, limits);
    let not_read = gaps_into(graph, |node| targets.contains(node) || best.has(node));
    Ok(Summary { not_read, ..summary })
}

fn count(
    schema: &'static str,
    graph: &Graph,
    of: String,
    best: &Best<'_>,
    denied: &BTreeMap<Node, Route>,
    limits: Limits,
) -> Summary {
    let facts = graph.facts();
    let mut counts = Counts::default();
    let mut kinds: BTreeMap<PrincipalKind, Counts> = BTreeMap::new();
    let mut accounts: HashMap<AccountId, (Counts, Counts)> = HashMap::new();
    let mut all_admins = Counts::default();
    let mut add = |node: &Node, verdict: Verdict| {
        let privileges = graph.privilege(node);
        let admin = privileges.is_some_and(|found| found.most == Privilege::Admin);
        all_admins.add_many(verdict, usize::from(admin));
        counts.add_many(verdict, 1);
        kinds.entry(kind(node)).or_default().add_many(verdict, 1);
        if let Some(account) = node.account(facts) {
            let (counts, admins) = accounts.entry(account).or_default();
            counts.add_many(verdict, 1);
            admins.add_many(verdict, usize::from(admin));
        }
    };
    for (node, verdict) in best.all() {
        add(&node, verdict);
    }
    for (node, route) in denied {
        add(node, route.verdict);
    }
    let mut by_best = Counts::default();
    let mut by_account: Vec<(AccountId, (Counts, Counts))> = accounts.into_iter().collect();
    for (_, (here, _)) in &by_account {
        by_best.add_many(here.best(), 1);
    }
    by_account.sort_by(|(one, (here, _)), (other, (there, _))| {
        let rank = |counts: &Counts| (counts.allowed, counts.conditional, counts.unknown);
        rank(there).cmp(&rank(here)).then(one.cmp(other))
    });
    let truncated = best.truncated || by_account.len() > limits.rows;
    by_account.truncate(limits.rows);
    let by_account = by_account
        .into_iter()
        .map(|(id, (counts, admins))| AccountCounts {
            account: id.to_string(),
            name: facts.account(id).map(|key| facts.accounts[key].name.clone()),
            counts,
            admin_roles: Some(admins),
        })
        .collect();
    Summary {
        schema,
        of,
        counts,
        accounts: by_best,
        admin_roles: Some(all_admins),
        by_kind: kinds.into_iter().map(|(kind, counts)| KindCounts { kind, counts }).collect(),
        by_account,
        scenario: scenario_of(graph),
        max_hops: limits.hops,
        not_read: Vec::new(),
        truncated,
    }
}
