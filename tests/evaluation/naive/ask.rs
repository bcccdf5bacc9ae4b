//! The layers of one decision, and whom a trust policy means.

use std::collections::BTreeSet;

use rolewalk::org::reading::ControlPolicy;
use serde_json::Value;

use super::doubts::{Doubt, Doubts};
use super::text::list;
use super::{Request, Who, World, statements};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Anyone,
    Account,
    User,
    Role,
    Session,
    Federated,
}

pub(super) struct Ask<'w> {
    pub(super) world: &'w World,
    pub(super) who: &'w Who,
    pub(super) target: (usize, usize),
    pub(super) action: &'w str,
    pub(super) request: &'w Request,
    pub(super) doubts: &'w Doubts,
}

impl Ask<'_> {
    pub(super) fn allowed(&self) -> bool {
        let world = self.world;
        let role = world.role(self.target.0, self.target.1);
        let trust = &world.documents[&*role.trust];
        let mut grants = BTreeSet::new();
        let mut denied = false;
        for statement in statements(trust) {
            let classes = self.principals(statement);
            if classes.is_empty() || !self.matches(statement) {
                continue;
            }
            if statement["Effect"] == "Deny" {
                denied = true;
            } else {
                grants.extend(classes);
            }
        }
        let (identity, identity_denies) = self.identity();
        let (boundary, boundary_denies) = self.boundary();
        let (scp, scp_denies) = self.control("SCP");
        let (rcp, rcp_denies) = self.control("RCP");
        if denied || identity_denies || boundary_denies || scp_denies || rcp_denies || !scp || !rcp
        {
            return false;
        }
        let has = |class| grants.contains(&class);
        match self.who {
            Who::Token(issuer, _, audience) => {
                let account = &world.readings.accounts[self.target.0];
                let provider =
                    account.oidc_providers.read().unwrap().iter().find(|p| p.url == *issuer);
                provider.is_some_and(|p| p.audiences.contains(audience))
                    && (has(Class::Federated) || has(Class::Anyone))
                    && self.guardrail(issuer, trust)
            }
            Who::User(account, _) | Who::Role(account, _) if *account != self.target.0 => {
                !grants.is_empty() && identity && boundary
            }
            _ => {
                has(Class::Anyone)
                    || has(Class::Session)
                    || (has(Class::User)
                        && (boundary || self.doubts.choose(Doubt::BoundaryOfNamedUser)))
                    || (has(Class::Role) && boundary)
                    || (has(Class::Account) && identity && boundary)
            }
        }
    }

    /// HCP Terraform's tokens need a trust policy that looks at the subject.
    fn guardrail(&self, issuer: &str, trust: &Value) -> bool {
        if issuer != "app.terraform.io" {
            return true;
        }
        let looks = |statement: &&Value| {
            let keys = statement["Condition"].as_object().into_iter().flatten();
            let mut keys = keys.flat_map(|(_, keys)| keys.as_object().unwrap().keys());
            keys.any(|key| key.eq_ignore_ascii_case("app.terraform.io:sub"))
        };
        let all = statements(trust);
        let federated =
            |s: &&Value| s["Effect"] == "Allow" && s["Principal"]["Federated"].is_string();
        let naming: Vec<_> = all.iter().copied().filter(federated).collect();
        if naming.iter().all(looks) {
            return true;
        }
        all.iter().any(looks) && self.doubts.choose(Doubt::Guardrail)
    }

    fn documents<'t>(&self, texts: impl Iterator<Item = &'t str>) -> (bool, bool) {
        let (mut allow, mut deny) = (false, false);
        for text in texts {
            for statement in statements(&self.world.documents[text]) {
                if self.matches(statement) {
                    if statement["Effect"] == "Deny" {
                        deny = true;
                    } else {
                        allow = true;
                    }
                }
            }
        }
        (allow, deny)
    }

    fn identity(&self) -> (bool, bool) {
        let world = self.world;
        match self.who {
            Who::User(account, user) => {
                let row = world.user(*account, *user);
                let identities = world.readings.accounts[*account].identities.read().unwrap();
                let groups = identities.groups.iter().filter(|g| row.groups.contains(&g.name));
                let inline = groups.flat_map(|group| &group.inline).chain(&row.inline);
                self.documents(inline.map(|policy| &*policy.document))
            }
            Who::Role(account, role) => {
                let inline = &world.role(*account, *role).inline;
                self.documents(inline.iter().map(|policy| &*policy.document))
            }
            Who::Token(..) => (true, false),
        }
    }

    fn boundary(&self) -> (bool, bool) {
        let Some(arn) = self.boundary_arn() else { return (true, false) };
        let account = self.who.account().unwrap();
        let identities = self.world.readings.accounts[account].identities.read().unwrap();
        let policy = identities.managed_policies.iter().find(|policy| policy.arn == *arn).unwrap();
        self.documents(std::iter::once(&**policy.document.read().unwrap()))
    }

    fn boundary_arn(&self) -> Option<&String> {
        match self.who {
            Who::User(account, user) => self.world.user(*account, *user).boundary.as_ref(),
            Who::Role(account, role) => self.world.role(*account, *role).boundary.as_ref(),
            Who::Token(..) => None,
        }
    }

    fn control(&self, kind: &str) -> (bool, bool) {
        let world = self.world;
        let capped = if kind == "SCP" { self.who.account() } else { Some(self.target.0) };
        let Some(capped) = capped else { return (true, false) };
        if world.is_management(capped) {
            return (true, false);
        }
        let organization = world.organization();
        let policies: &Vec<ControlPolicy> =
            if kind == "SCP" { organization.scps.read() } else { organization.rcps.read() }
                .unwrap();
        let (mut allow, mut deny) = (true, false);
        for place in world.line(capped).unwrap() {
            let here =
                policies.iter().filter(|policy| policy.targets.read().unwrap().contains(&place));
            let texts = here.map(|policy| &**policy.document.read().unwrap());
            let (allows, denies) = self.documents(texts);
            allow &= allows || kind == "RCP";
            deny |= denies;
        }
        (allow, deny)
    }

    fn principals(&self, statement: &Value) -> BTreeSet<Class> {
        let negated = statement.get("NotPrincipal");
        let element = negated.or(statement.get("Principal")).unwrap();
        let mut found = BTreeSet::new();
        if element == "*" {
            let bare = self.who.account().is_some()
                || self.doubts.choose(Doubt::EveryoneWithoutCredentials);
            if bare {
                found.insert(Class::Anyone);
            }
        }
        for (kind, values) in element.as_object().into_iter().flatten() {
            for value in list(values) {
                found.extend(self.principal(kind, &value));
            }
        }
        if negated.is_none() {
            return found;
        }
        let itself = found.iter().any(|class| *class != Class::Account);
        let everyone = BTreeSet::from([Class::Anyone]);
        if statement["Effect"] == "Allow" {
            let matches = !itself && self.doubts.choose(Doubt::NotPrincipalAllow);
            return if matches { everyone } else { BTreeSet::new() };
        }
        let full = match self.who {
            Who::User(..) => found.contains(&Class::User) && found.contains(&Class::Account),
            Who::Role(..) => {
                [Class::Session, Class::Role, Class::Account].iter().all(|c| found.contains(c))
            }
            Who::Token(..) => itself,
        };
        let surely_out = full && self.boundary_arn().is_none();
        let matches = !surely_out && self.doubts.choose(Doubt::NotPrincipalDeny);
        if matches { everyone } else { BTreeSet::new() }
    }

    fn principal(&self, kind: &str, value: &str) -> Option<Class> {
        let world = self.world;
        match (kind, self.who) {
            ("Federated", Who::Token(issuer, ..)) => {
                let arn =
                    format!("arn:aws:iam::{}:oidc-provider/{issuer}", world.id(self.target.0));
                (value == arn).then_some(Class::Federated)
            }
            ("AWS", Who::User(account, user)) => {
                if value == "*" {
                    return Some(Class::Anyone);
                }
                let id = world.id(*account);
                if value == id || value == format!("arn:aws:iam::{id}:root") {
                    return Some(Class::Account);
                }
                let same = value == world.user_arn(*account, *user)
                    || value == world.user(*account, *user).unique_id;
                same.then_some(Class::User)
            }
            ("AWS", Who::Role(account, role)) => {
                if value == "*" {
                    return Some(Class::Anyone);
                }
                let id = world.id(*account);
                if value == id || value == format!("arn:aws:iam::{id}:root") {
                    return Some(Class::Account);
                }
                let row = world.role(*account, *role);
                if value == world.role_arn(*account, *role) || value == row.unique_id {
                    return Some(Class::Role);
                }
                let session =
                    format!("arn:aws:sts::{id}:assumed-role/{}/{}", row.name, self.request.session);
                (value == session).then_some(Class::Session)
            }
            _ => None,
        }
    }
}
