//! What all ways have in common, and where they close.

use serde::Serialize;

use crate::evaluation::{Privilege, Verdict};

use super::{AccountGap, Counts, PrincipalKind};

/// Who is passed on every way from sources to targets (`rolewalk/chokepoints/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chokepoints {
    /// `rolewalk/chokepoints/1`.
    pub schema: &'static str,
    /// The sources: an ARN or a selector.
    pub source: String,
    /// The targets: an ARN or a selector.
    pub target: String,
    /// How many sources there are.
    pub sources: usize,
    /// How many targets there are that are no sources.
    pub targets: usize,
    /// On ways whose hops are all allowed.
    pub allowed: Passed,
    /// On all ways that may be open: conditional and unknown hops too.
    pub possible: Passed,
    /// What was not read and may hide ways past a chokepoint.
    pub not_read: Vec<AccountGap>,
    /// Whether chokepoints were left out.
    pub truncated: bool,
}

/// Who is passed on ways of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Passed {
    /// How many of the targets these ways reach, over any number of hops.
    pub reached: usize,
    /// How many chokepoints there are.
    pub count: usize,
    /// Those that guard most targets first.
    pub chokepoints: Vec<Chokepoint>,
}

/// Somebody whom every way to some targets passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chokepoint {
    /// A role; or one of several sources, where all ways begin with it.
    pub principal: String,
    /// What it is.
    pub kind: PrincipalKind,
    /// Its account's id, where it has one.
    pub account: Option<String>,
    /// How many targets are reached only over it.
    pub guards: usize,
    /// How many other targets are reached without it.
    pub left: usize,
    /// What the role can do; `null` where privileges are not decided.
    pub privilege: Option<Privilege>,
}

/// Roles that lead back to themselves (`rolewalk/cycles/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cycles {
    /// `rolewalk/cycles/1`.
    pub schema: &'static str,
    /// Best verdict first, then most roles.
    pub cycles: Vec<Cycle>,
    /// Whole counts, whatever the limit.
    pub counts: Counts,
    /// What was not read and may close further cycles.
    pub not_read: Vec<AccountGap>,
    /// Whether cycles or roles of one were left out.
    pub truncated: bool,
}

/// Roles each of which leads to every other, or one that may assume itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cycle {
    /// The best verdict with whose hops it closes. One of a better verdict may be part of it.
    pub verdict: Verdict,
    /// How many roles it has.
    pub count: usize,
    /// In how many accounts they are.
    pub accounts: usize,
    /// The first of them.
    pub roles: Vec<String>,
}
