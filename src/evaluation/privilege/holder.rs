//! A principal with its policies, whatever kind it is.

use crate::org::{
    AccountKey, AttachedPolicy, DocumentKey, Facts, GroupKey, Identity, InlineDocument,
};

use super::super::caller::{Caller, Target};

/// A principal whose capabilities are asked for.
pub(super) struct Holder<'f> {
    pub(super) identity: Identity,
    pub(super) account: AccountKey,
    pub(super) arn: &'f str,
    /// Its identity-based policies.
    pub(super) policies: Vec<Held<'f>>,
    pub(super) boundary: Option<&'f AttachedPolicy>,
    /// The groups that it belongs to.
    pub(super) groups: Vec<GroupKey>,
    pub(super) caller: Caller,
    /// What lends a request its account.
    pub(super) target: Target,
}

/// A policy of a principal.
#[derive(Clone, Copy)]
pub(super) struct Held<'f> {
    /// Its name or ARN, as in evidence.
    pub(super) policy: &'f str,
    /// Its owner: the principal, or one of its groups.
    pub(super) owner: &'f str,
    /// `None` where it was not read.
    pub(super) document: Option<DocumentKey>,
    /// Whether it is a managed policy.
    pub(super) managed: bool,
}

impl<'f> Holder<'f> {
    pub(super) fn new(facts: &'f Facts, identity: Identity) -> Self {
        match identity {
            Identity::Role(key) => {
                let row = &facts.roles[key];
                let mut policies = Vec::new();
                hold(&mut policies, &row.arn, &row.inline, &row.attached);
                Self {
                    identity,
                    account: row.account,
                    arn: &row.arn,
                    policies,
                    boundary: row.boundary.as_ref(),
                    groups: Vec::new(),
                    caller: Caller::Role(key),
                    target: Target::Role(key),
                }
            }
            Identity::User(key) => {
                let row = &facts.users[key];
                let mut policies = Vec::new();
                hold(&mut policies, &row.arn, &row.inline, &row.attached);
                for group in &row.groups {
                    match group {
                        Ok(group) => {
                            let group = &facts.groups[*group];
                            hold(&mut policies, &group.arn, &group.inline, &group.attached);
                        }
                        Err(name) => policies.push(Held {
                            policy: name,
                            owner: &row.arn,
                            document: None,
                            managed: false,
                        }),
                    }
                }
                Self {
                    identity,
                    account: row.account,
                    arn: &row.arn,
                    policies,
                    boundary: row.boundary.as_ref(),
                    groups: row.groups.iter().flatten().copied().collect(),
                    caller: Caller::User(key),
                    target: Target::Unread(row.account, Some(row.arn.to_string())),
                }
            }
        }
    }
}

fn hold<'f>(
    policies: &mut Vec<Held<'f>>,
    owner: &'f str,
    inline: &'f [InlineDocument],
    attached: &'f [AttachedPolicy],
) {
    policies.extend(inline.iter().map(|policy| Held {
        policy: &policy.name,
        owner,
        document: Some(policy.document),
        managed: false,
    }));
    policies.extend(attached.iter().map(|policy| Held {
        policy: &policy.arn,
        owner,
        document: policy.document,
        managed: true,
    }));
}
