//! How a principal gives itself everything (rules M6 to M8).

use std::collections::HashSet;

use crate::org::Identity;

use super::actions::ACTIONS;
use super::form::Form;
use super::judge::Judge;
use super::mark::Certainty;
use super::request::{Needs, Request};
use super::seek::{Found, Rectangle};
use super::sheet::Uses;

/// Under what name the policy that allows everything is known to conditions.
const POLICY_KEY: &str = "iam:policyarn";
/// The boundary of what a request acts on, or gives it.
const BOUNDARY_KEY: &str = "iam:permissionsboundary";

/// A way to everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    NewRole,
    NewUser,
    AnyTrust,
    OwnPolicies,
    AttachedPolicy,
}

impl Way {
    pub(super) const ALL: [Self; 5] =
        [Self::NewRole, Self::NewUser, Self::AnyTrust, Self::OwnPolicies, Self::AttachedPolicy];
    /// Those by which it becomes somebody else.
    const OTHERS: [Self; 3] = [Self::NewRole, Self::NewUser, Self::AnyTrust];
    /// Those by which it changes itself, which differ between principals of equal policies.
    const OWN: [Self; 2] = [Self::OwnPolicies, Self::AttachedPolicy];

    /// What it comes to, for people.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::NewRole => "makes a role with every permission and assumes it",
            Self::NewUser => "makes a user with every permission and credentials for it",
            Self::AnyTrust => "lets itself into any role of the account",
            Self::OwnPolicies => "gives itself any policy",
            Self::AttachedPolicy => "rewrites a policy that is attached to it",
        }
    }

    /// Actions of which it must hold one of each list.
    fn takes(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::NewRole => &[&["iam:CreateRole"], &["iam:AttachRolePolicy", "iam:PutRolePolicy"]],
            Self::NewUser => &[
                &["iam:CreateUser"],
                &["iam:AttachUserPolicy", "iam:PutUserPolicy"],
                &["iam:CreateAccessKey", "iam:CreateLoginProfile"],
            ],
            Self::AnyTrust => &[&["iam:UpdateAssumeRolePolicy"]],
            Self::OwnPolicies => &[&[
                "iam:AttachRolePolicy",
                "iam:PutRolePolicy",
                "iam:AttachUserPolicy",
                "iam:PutUserPolicy",
                "iam:AttachGroupPolicy",
                "iam:PutGroupPolicy",
            ]],
            Self::AttachedPolicy => &[&["iam:CreatePolicyVersion"]],
        }
    }
}

impl Judge<'_> {
    /// Whether the principal can become somebody who can do everything.
    pub(super) fn becomes_admin(&self) -> Found {
        self.best(Way::OTHERS)
    }

    /// Whether it can give itself everything.
    pub(super) fn makes_itself_admin(&self) -> Found {
        self.best(Way::OWN)
    }

    /// Whether its policies may let it give itself anything at all.
    pub(super) fn may_change_itself(&self) -> bool {
        Way::OWN.into_iter().any(|way| self.may_hold(way.takes()))
    }

    fn best(&self, ways: impl IntoIterator<Item = Way>) -> Found {
        ways.into_iter().fold(Found::NOTHING, |best, way| self.either(best, || self.way(way)))
    }

    /// Whether one way is open to it.
    pub(super) fn way(&self, way: Way) -> Found {
        if !self.may_hold(way.takes()) {
            return Found::NOTHING;
        }
        match way {
            Way::NewRole => self.makes(
                "role",
                "iam:CreateRole",
                &["iam:AttachRolePolicy", "iam:PutRolePolicy"],
                &[],
                |role| self.assumes(role),
            ),
            Way::NewUser => self.makes(
                "user",
                "iam:CreateUser",
                &["iam:AttachUserPolicy", "iam:PutUserPolicy"],
                CREDENTIALS,
                |user| self.try_some(CREDENTIALS.iter().map(|action| Request::new(*action, user))),
            ),
            Way::AnyTrust => {
                let Some(role) = self.some("role") else { return Found::NOTHING };
                self.try_one(Request::new("iam:UpdateAssumeRolePolicy", &*role))
                    .and(|| self.assumes(&role))
            }
            Way::OwnPolicies => self.writes_its_policies().and(|| self.uncapped()),
            Way::AttachedPolicy => self.rewrites_a_policy().and(|| self.uncapped()),
        }
    }

    /// Whether identity-based policies and the boundary may allow an action of each list at all.
    fn may_hold(&self, lists: &[&[&str]]) -> bool {
        let unread = self.holder.policies.iter().any(|held| self.unread(held.document));
        let boundary = self.holder.boundary.and_then(|boundary| boundary.document);
        let boundary = boundary.and_then(|document| self.sheets.get(document));
        lists.iter().all(|list| {
            list.iter().any(|action| {
                let Some(place) = ACTIONS.place(action) else { return true };
                (unread || self.own().any(|(_, sheet)| sheet.may_allow(place)))
                    && boundary.is_none_or(|sheet| sheet.may_allow(place))
            })
        })
    }

    /// The ARN of some role or user that no policy names.
    fn some(&self, sort: &str) -> Option<String> {
        self.in_iam(sort).resource(self.partition, self.id, "iam:")
    }

    /// Whether it makes a role or user without boundary, gives it everything, and becomes it, with
    /// one of the actions `after` where it takes any.
    fn makes(
        &self,
        sort: &str,
        create: &'static str,
        give: &[&'static str],
        after: &[&'static str],
        become_it: impl Fn(&str) -> Found,
    ) -> Found {
        let made = |arn: &str| {
            self.try_one(Request::new(create, arn).stating(BOUNDARY_KEY, None))
                .and(|| self.gives(arn, give, None))
                .and(|| become_it(arn))
        };
        let Some(first) = self.some(sort) else { return Found::NOTHING };
        let best = made(&first);
        if best.certainty >= self.ceiling {
            return best;
        }
        let (names, too_many) = self.names_for(sort, create, &[give, after].concat());
        let mut best = names.iter().fold(best, |best, arn| self.either(best, || made(arn)));
        if best.certainty == Certainty::Never && too_many {
            best.certainty = Certainty::Open;
        }
        best
    }

    /// Names that what it makes could have: what the statements that allow to make it and what
    /// comes `next` have in common with each other, and with what narrows them. Whether there
    /// would be more.
    fn names_for(&self, sort: &str, create: &str, next: &[&str]) -> (Vec<String>, bool) {
        let all = self.in_iam(sort);
        let granted = |action: &str| -> Vec<Form> {
            let place = ACTIONS.place(action).unwrap_or(usize::MAX);
            let rules = self.own().flat_map(|(document, sheet)| {
                sheet.allows.iter().map(move |rule| (document, rule))
            });
            let covering = rules.filter(|(_, rule)| rule.covers_known(place));
            covering
                .filter_map(|(document, rule)| Some((self.statement(document, rule)?, rule)))
                .flat_map(|(statement, rule)| self.resources(statement, rule))
                .filter_map(|form| form.meet(&all))
                .collect()
        };
        let mut sources: Vec<Vec<Form>> = next.iter().map(|action| granted(action)).collect();
        // What may be done there is asked with each name by itself.
        let narrowing = self.narrowing(|document, rule| {
            let statement = self.statement(document, rule);
            let resources = statement.map(|statement| self.resources(statement, rule));
            resources.into_iter().flatten().map(Rectangle::on).collect()
        });
        sources.extend(narrowing.into_iter().map(|rectangles| {
            rectangles.into_iter().filter_map(|one| one.resource.meet(&all)).collect()
        }));
        let mut known = HashSet::from([all.clone()]);
        let mut forms = vec![all.clone()];
        forms.extend(granted(create).into_iter().filter(|form| known.insert(form.clone())));
        for source in &sources {
            for at in 0..forms.len() {
                let Some(one) = forms.get(at).cloned() else { break };
                for form in source.iter().flat_map(|other| one.meets(other)) {
                    if forms.len() <= NAMES && known.insert(form.clone()) {
                        forms.push(form);
                    }
                }
            }
        }
        let too_many = forms.len() > NAMES;
        let forms = forms.iter().take(NAMES);
        let name = |form: &Form| form.resource(self.partition, self.id, create);
        (forms.filter_map(name).collect(), too_many)
    }

    /// Whether it gives a role or user everything: AWS's own policy for that, or one that it
    /// writes. `boundary` is that of the receiver.
    fn gives(&self, arn: &str, actions: &[&'static str], boundary: Option<&str>) -> Found {
        let request = |action: &&'static str| {
            let request = Request::new(*action, arn).stating(BOUNDARY_KEY, boundary);
            if arn == self.holder.arn { request.about_itself() } else { request }
        };
        let (attach, put): (Vec<&str>, Vec<&str>) =
            actions.iter().partition(|action| action.starts_with("iam:Attach"));
        let everything = format!("arn:{}:iam::aws:policy/AdministratorAccess", self.partition);
        let attaching = |policy: Option<&str>| {
            let stated = attach.iter().map(&request);
            self.try_some(stated.map(|it| match policy {
                Some(policy) => it.stating(POLICY_KEY, Some(policy)),
                None => it,
            }))
        };
        let best = self.try_some(put.iter().map(&request));
        let best = self.either(best, || attaching(Some(&everything)));
        self.either(best, || {
            if !self.may_hold(&[WRITES_POLICIES, &attach]) {
                return Found::NOTHING;
            }
            self.writes_and_attaches(attaching)
        })
    }

    /// Whether it writes a policy of the account that it may attach where it may not attach AWS's.
    fn writes_and_attaches(&self, attaching: impl Fn(Option<&str>) -> Found) -> Found {
        let mut best = Found::NOTHING;
        let mut writes = Found::NOTHING;
        for action in WRITES_POLICIES {
            for policy in self.names_for("policy", action, &[]).0 {
                let written = self.try_one(Request::new(*action, &*policy));
                if written.certainty != Certainty::Never {
                    writes = self.either(writes, || written.clone());
                    best = self.either(best, || written.and(|| attaching(Some(&policy))));
                }
            }
        }
        // Which of the names that it may write it may attach, a condition says.
        self.either(best, || {
            let mut some = writes.and(|| attaching(None));
            some.certainty = some.certainty.min(Certainty::Open);
            some
        })
    }

    /// Whether it becomes a role whose trust policy it writes: that names the session, so nothing
    /// else has to allow it (rule G1).
    fn assumes(&self, role: &str) -> Found {
        self.try_one(Request::new("sts:AssumeRole", role).needing(Needs::Levels))
    }

    fn writes_its_policies(&self) -> Found {
        let arn = self.holder.arn;
        let boundary = self.holder.boundary.map(|boundary| &*boundary.arn);
        match self.holder.identity {
            Identity::Role(_) if is_protected(arn) => Found::NOTHING,
            Identity::Role(_) => {
                self.gives(arn, &["iam:AttachRolePolicy", "iam:PutRolePolicy"], boundary)
            }
            Identity::User(_) => {
                let own = self.gives(arn, &["iam:AttachUserPolicy", "iam:PutUserPolicy"], boundary);
                self.holder.groups.iter().fold(own, |best, group| {
                    let group = &*self.facts.groups[*group].arn;
                    self.either(best, || {
                        self.gives(group, &["iam:AttachGroupPolicy", "iam:PutGroupPolicy"], None)
                    })
                })
            }
        }
    }

    fn rewrites_a_policy(&self) -> Found {
        self.looked_at_itself();
        let managed = self.holder.policies.iter().filter(|held| held.managed);
        self.try_some(managed.filter_map(|held| self.rewrites(held.policy)))
    }

    /// The request that rewrites a policy of the account; those of AWS nobody rewrites.
    fn rewrites(&self, arn: &str) -> Option<Request> {
        self.in_iam("policy").meet(&Form::new(arn)?)?;
        Some(Request::new("iam:CreatePolicyVersion", arn).about_itself())
    }

    /// Whether a policy that allows everything would let it do everything: nothing that it can't
    /// lift stands against an action that no policy speaks of (rule M8).
    fn uncapped(&self) -> Found {
        let anything = || {
            let action = "===:===";
            let resource = Form::anything().resource(self.partition, self.id, action);
            Request::new(action, resource.unwrap_or_default())
        };
        let capped = self.silently(anything().needing(Needs::Boundary));
        self.either(capped, || {
            self.lifts_its_boundary().and(|| self.silently(anything().needing(Needs::Nothing)))
        })
    }

    /// As [`Self::try_one`], without the request: nobody makes it.
    fn silently(&self, request: Request) -> Found {
        Found { requests: Vec::new(), ..self.try_one(request) }
    }

    fn lifts_its_boundary(&self) -> Found {
        let Some(boundary) = self.holder.boundary else { return Found::NOTHING };
        let arn = self.holder.arn;
        let (delete, put) = match self.holder.identity {
            Identity::Role(_) => {
                ("iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary")
            }
            Identity::User(_) => {
                ("iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary")
            }
        };
        let everything = format!("arn:{}:iam::aws:policy/AdministratorAccess", self.partition);
        let delete = Request::new(delete, arn).stating(BOUNDARY_KEY, Some(&boundary.arn));
        let put = Request::new(put, arn).stating(BOUNDARY_KEY, Some(&everything));
        self.looked_at_itself();
        self.try_some(
            [delete.about_itself(), put.about_itself()]
                .into_iter()
                .chain(self.rewrites(&boundary.arn)),
        )
    }

    /// Remembers that a decision is about this principal alone.
    pub(super) fn looked_at_itself(&self) {
        self.looked_at(Uses { account: true, itself: true });
    }
}

/// Either writes a policy of the account.
const WRITES_POLICIES: &[&str] = &["iam:CreatePolicy", "iam:CreatePolicyVersion"];

/// Either gives whoever makes it for a user that user's sessions.
const CREDENTIALS: &[&str] = &["iam:CreateAccessKey", "iam:CreateLoginProfile"];

/// How many names are tried for what a principal makes.
const NAMES: usize = 64;

/// Whether only AWS changes the role (rule M7).
fn is_protected(arn: &str) -> bool {
    arn.contains(":role/aws-reserved/") || arn.contains(":role/aws-service-role/")
}
