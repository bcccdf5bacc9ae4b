//! A second evaluator, written only from the rules and without any thought for speed: two
//! values, a full request, JSON as it stands. It shares no code with the first.
//!
//! Where sources disagree on a rule it follows one of two readings, chosen by [`Doubts`].

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use rolewalk::org::reading::{ControlPolicy, Fact, OrganizationFacts, Readings, Role, User};
use serde_json::Value;

use crate::fixture::{ORGANIZATION, ROOT, container_id};

/// A caller, by its place in the readings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Who {
    User(usize, usize),
    Role(usize, usize),
    /// Issuer, subject and audience.
    Token(String, String, String),
}

/// The context of a request: the keys that are in it, in lower case, and the name of the
/// caller's session.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Request {
    pub(crate) keys: BTreeMap<String, Vec<String>>,
    pub(crate) session: String,
}

/// Which reading of the rules on which sources disagree is followed, and which came up.
#[derive(Debug, Default)]
pub(crate) struct Doubts {
    pub(crate) choices: u32,
    pub(crate) touched: Cell<u32>,
}

#[derive(Clone, Copy)]
enum Doubt {
    BoundaryOfNamedUser,
    AnyValueIfExists,
    NegatedWithoutValue,
    OddVariable,
    OddPositive,
    OddNegative,
    NotPrincipalAllow,
    NotPrincipalDeny,
    NegatedList,
    EveryoneWithoutCredentials,
    Guardrail,
}

impl Doubts {
    fn choose(&self, doubt: Doubt) -> bool {
        let bit = 1 << doubt as u32;
        self.touched.set(self.touched.get() | bit);
        self.choices & bit != 0
    }
}

/// How the chain of a role session began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Born {
    Unknown,
    User,
    Token,
}

/// The answers that `ask` gives over all readings of the rules that it comes upon, and whether
/// it came upon one at all.
pub(crate) fn over_all_readings(ask: impl Fn(&Doubts) -> bool) -> (BTreeSet<bool>, bool) {
    let (mut answers, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![0u32]);
    let mut touched = 0;
    while let Some(choices) = open.pop() {
        if !seen.insert(choices) {
            continue;
        }
        let doubts = Doubts { choices, touched: Cell::new(0) };
        answers.insert(ask(&doubts));
        touched |= doubts.touched.get();
        for bit in 0..16 {
            if touched & (1 << bit) != 0 {
                open.extend(seen.iter().map(|known| known | (1 << bit)));
            }
        }
        if answers.len() == 2 {
            break;
        }
    }
    (answers, touched != 0)
}

pub(crate) struct World {
    pub(crate) readings: Readings,
    documents: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Anyone,
    Account,
    User,
    Role,
    Session,
    Federated,
}

fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(list).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

/// The definition of a pattern, over characters of which some are meant literally.
fn glob(pattern: &[(char, bool)], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((('*', true), rest)) => (0..=text.len()).any(|skip| glob(rest, &text[skip..])),
        Some((('?', true), rest)) => !text.is_empty() && glob(rest, &text[1..]),
        Some(((char, _), rest)) => text.first() == Some(char) && glob(rest, &text[1..]),
    }
}

fn pattern(text: &str) -> Vec<(char, bool)> {
    text.chars().map(|char| (char, true)).collect()
}

fn fits(pattern_text: &[(char, bool)], text: &str) -> bool {
    glob(pattern_text, &text.chars().collect::<Vec<_>>())
}

/// Cut at the first five colons.
fn parts(pattern: &[(char, bool)]) -> Vec<Vec<(char, bool)>> {
    let mut parts = vec![Vec::new()];
    for each in pattern {
        if each.0 == ':' && parts.len() < 6 {
            parts.push(Vec::new());
        } else {
            parts.last_mut().unwrap().push(*each);
        }
    }
    parts
}

fn arn_fits(pattern: &[(char, bool)], text: &str) -> Option<bool> {
    let (patterns, texts) = (parts(pattern), parts(&self::pattern(text)));
    if patterns.len() != 6 || texts.len() != 6 {
        return None;
    }
    Some(patterns.iter().zip(texts).all(|(pattern, text)| {
        let text: String = text.into_iter().map(|(char, _)| char).collect();
        fits(pattern, &text)
    }))
}

fn network(text: &str) -> Option<(u32, u32)> {
    let (address, bits) = text.split_once('/').unwrap_or((text, "32"));
    let numbers: Vec<u32> =
        address.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [a, b, c, d] = numbers[..] else { return None };
    let mask = u32::MAX.checked_shl(32 - bits.parse::<u32>().ok()?).unwrap_or(0);
    Some(((a << 24 | b << 16 | c << 8 | d) & mask, mask))
}

impl World {
    pub(crate) fn new(readings: Readings) -> Self {
        Self { readings, documents: BTreeMap::new() }.parsed()
    }

    fn parsed(mut self) -> Self {
        let mut texts: Vec<String> = Vec::new();
        for account in &self.readings.accounts {
            let identities = account.identities.read().unwrap();
            texts.extend(
                identities.users.iter().flat_map(|u| &u.inline).map(|p| p.document.to_string()),
            );
            texts.extend(
                identities.groups.iter().flat_map(|g| &g.inline).map(|p| p.document.to_string()),
            );
            texts.extend(
                identities.roles.iter().flat_map(|r| &r.inline).map(|p| p.document.to_string()),
            );
            texts.extend(identities.roles.iter().map(|r| r.trust.to_string()));
            texts.extend(
                identities.managed_policies.iter().map(|p| p.document.read().unwrap().to_string()),
            );
        }
        for policy in self
            .organization()
            .scps
            .read()
            .unwrap()
            .iter()
            .chain(self.organization().rcps.read().unwrap())
        {
            texts.push(policy.document.read().unwrap().to_string());
        }
        self.documents = texts
            .into_iter()
            .map(|text| (text.clone(), serde_json::from_str(&text).unwrap()))
            .collect();
        self
    }

    pub(crate) fn organization(&self) -> &OrganizationFacts {
        let reading = self.readings.organization.as_ref().unwrap();
        let Fact::Read(Some(organization)) = &reading.organization else { panic!() };
        organization
    }

    pub(crate) fn user(&self, account: usize, user: usize) -> &User {
        &self.readings.accounts[account].identities.read().unwrap().users[user]
    }

    pub(crate) fn role(&self, account: usize, role: usize) -> &Role {
        &self.readings.accounts[account].identities.read().unwrap().roles[role]
    }

    pub(crate) fn id(&self, account: usize) -> String {
        self.readings.accounts[account].account.to_string()
    }

    fn account_of(&self, who: &Who) -> Option<usize> {
        match who {
            Who::User(account, _) | Who::Role(account, _) => Some(*account),
            Who::Token(..) => None,
        }
    }

    pub(crate) fn user_arn(&self, account: usize, user: usize) -> String {
        let row = self.user(account, user);
        format!("arn:aws:iam::{}:user{}{}", self.id(account), row.path, row.name)
    }

    pub(crate) fn role_arn(&self, account: usize, role: usize) -> String {
        let row = self.role(account, role);
        format!("arn:aws:iam::{}:role{}{}", self.id(account), row.path, row.name)
    }

    /// The ids from the root down to the account; `None` outside the organization.
    pub(crate) fn line(&self, account: usize) -> Option<Vec<String>> {
        let Fact::Read(tree) = &self.organization().tree else { panic!() };
        let id = self.id(account);
        let member = tree.accounts.iter().find(|member| member.id.to_string() == id)?;
        let mut line = vec![id, member.parent.clone()];
        while let Some(ou) = tree.ous.iter().find(|ou| Some(&ou.id) == line.last()) {
            line.push(ou.parent.clone());
        }
        assert_eq!(line.last().unwrap(), ROOT);
        line.reverse();
        Some(line)
    }

    pub(crate) fn is_management(&self, account: usize) -> bool {
        self.organization().management_account.to_string() == self.id(account)
    }

    /// Whether the call succeeds: the action, and what passing tags or a source identity needs
    /// beside it.
    pub(crate) fn call(
        &self,
        who: &Who,
        target: (usize, usize),
        request: &Request,
        doubts: &Doubts,
    ) -> bool {
        let action = match who {
            Who::Token(..) => "sts:AssumeRoleWithWebIdentity",
            _ => "sts:AssumeRole",
        };
        let has = |key: &str| request.keys.keys().any(|known| known.starts_with(key));
        let tags = has("aws:requesttag/") || has("aws:tagkeys");
        // All are worked out, so that every doubt comes up.
        let main = self.allows(who, target, action, request, doubts);
        let tagged = !tags || self.allows(who, target, "sts:TagSession", request, doubts);
        main && tagged
    }

    /// Whether one action is allowed.
    pub(crate) fn allows(
        &self,
        who: &Who,
        target: (usize, usize),
        action: &str,
        request: &Request,
        doubts: &Doubts,
    ) -> bool {
        let ask = Ask { world: self, who, target, action, request, doubts };
        ask.allowed()
    }
}

struct Ask<'w> {
    world: &'w World,
    who: &'w Who,
    target: (usize, usize),
    action: &'w str,
    request: &'w Request,
    doubts: &'w Doubts,
}

impl Ask<'_> {
    fn allowed(&self) -> bool {
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

    fn documents(&self, texts: impl Iterator<Item = String>) -> (bool, bool) {
        let (mut allow, mut deny) = (false, false);
        for text in texts {
            for statement in statements(&self.world.documents[&text]) {
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
                self.documents(inline.map(|policy| policy.document.to_string()))
            }
            Who::Role(account, role) => {
                let inline = &world.role(*account, *role).inline;
                self.documents(inline.iter().map(|policy| policy.document.to_string()))
            }
            Who::Token(..) => (true, false),
        }
    }

    fn boundary(&self) -> (bool, bool) {
        let Some(arn) = self.boundary_arn() else { return (true, false) };
        let account = self.world.account_of(self.who).unwrap();
        let identities = self.world.readings.accounts[account].identities.read().unwrap();
        let policy = identities.managed_policies.iter().find(|policy| policy.arn == *arn).unwrap();
        self.documents(std::iter::once(policy.document.read().unwrap().to_string()))
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
        let capped = if kind == "SCP" { world.account_of(self.who) } else { Some(self.target.0) };
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
            let texts = here.map(|policy| policy.document.read().unwrap().to_string());
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
            let bare = self.world.account_of(self.who).is_some()
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

    /// Action, resource and conditions.
    fn matches(&self, statement: &Value) -> bool {
        let covers = |element: &Value| {
            let action = self.action.to_lowercase();
            list(element).iter().any(|each| fits(&pattern(&each.to_lowercase()), &action))
        };
        let action = match (statement.get("Action"), statement.get("NotAction")) {
            (Some(element), _) => covers(element),
            (_, Some(element)) => !covers(element),
            _ => panic!(),
        };
        let resource = match (statement.get("Resource"), statement.get("NotResource")) {
            (Some(element), _) => self.resource(element),
            (_, Some(element)) => !self.resource(element),
            _ => true,
        };
        // Everything is worked out, so that every doubt comes up.
        let mut conditions = true;
        for (operator, keys) in
            statement.get("Condition").and_then(Value::as_object).into_iter().flatten()
        {
            for (key, values) in keys.as_object().unwrap() {
                conditions &= self.condition(operator, &key.to_lowercase(), &list(values));
            }
        }
        action && resource && conditions
    }

    fn resource(&self, element: &Value) -> bool {
        let arn = self.world.role_arn(self.target.0, self.target.1);
        list(element).iter().any(|text| {
            let Some(pattern) = self.fill(text) else { return false };
            if text == "*" {
                return true;
            }
            if parts(&pattern).len() == 6 {
                arn_fits(&pattern, &arn) == Some(true)
            } else {
                text.ends_with('*') && fits(&pattern, &arn)
            }
        })
    }

    /// The text with its variables filled in; `None` where one has no value.
    fn fill(&self, text: &str) -> Option<Vec<(char, bool)>> {
        let mut found = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            found.extend(pattern(before));
            let (inside, tail) = after.split_once('}').unwrap();
            rest = tail;
            let value = if ["*", "?", "$"].contains(&inside) {
                inside.to_owned()
            } else {
                let (key, default) = inside.split_once(',').unwrap_or((inside, ""));
                let default = default.trim().strip_prefix('\'').and_then(|d| d.strip_suffix('\''));
                let key = key.trim().to_lowercase();
                let value = self.request.keys.get(&key).and_then(|values| values.first()).cloned();
                value.or(default.map(str::to_owned))?
            };
            found.extend(value.chars().map(|char| (char, false)));
        }
        found.extend(pattern(rest));
        Some(found)
    }

    fn condition(&self, operator: &str, key: &str, values: &[String]) -> bool {
        let present = self.request.keys.get(key).filter(|values| !values.is_empty());
        let (qualifier, name) = match operator.split_once(':') {
            Some((qualifier, name)) => (qualifier, name),
            None => ("", operator),
        };
        let (name, if_exists) =
            name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        if name == "Null" {
            return values.iter().any(|value| (value == "true") == present.is_none());
        }
        let negated = name.contains("Not");
        let name = name.replace("Not", "");
        let listed =
            ["aws:tagkeys", "aws:principalorgpaths", "aws:resourceorgpaths"].contains(&key);
        // Whether a value of the request passes the operator.
        let passes = |value: &String| {
            let (mut fits, mut valueless) = (false, false);
            for wanted in values {
                match self.compare(&name, negated, value, wanted) {
                    Some(found) => fits |= found,
                    None => valueless = true,
                }
            }
            if !negated {
                return fits;
            }
            !fits && (!valueless || self.doubts.choose(Doubt::NegatedWithoutValue))
        };
        let Some(present) = present else {
            return match qualifier {
                "ForAllValues" => true,
                "ForAnyValue" => if_exists && self.doubts.choose(Doubt::AnyValueIfExists),
                _ => negated || if_exists,
            };
        };
        match qualifier {
            "ForAllValues" => present.iter().filter(|value| !passes(value)).count() == 0,
            "ForAnyValue" => present.iter().filter(|value| passes(value)).count() > 0,
            _ if listed => negated && self.doubts.choose(Doubt::NegatedList),
            _ => passes(&present[0]),
        }
    }

    /// `None` where a variable has no value.
    fn compare(&self, name: &str, negated: bool, value: &str, wanted: &str) -> Option<bool> {
        let odd = if negated { Doubt::OddNegative } else { Doubt::OddPositive };
        if !(name.starts_with("String") || name.starts_with("Arn")) && wanted.contains("${") {
            return Some(self.doubts.choose(Doubt::OddVariable));
        }
        let pattern = self.fill(wanted)?;
        let plain: String = pattern.iter().map(|(char, _)| *char).collect();
        Some(match name {
            "StringEquals" => value == plain,
            "StringEqualsIgnoreCase" => value.to_lowercase() == plain.to_lowercase(),
            "StringLike" => fits(&pattern, value),
            "ArnLike" | "ArnEquals" => {
                // Without six parts the comparison has no meaning; the two bits are what the
                // operator and its negation then say.
                arn_fits(&pattern, value).unwrap_or_else(|| self.doubts.choose(odd) != negated)
            }
            "Bool" => {
                ["true", "false"].contains(&plain.to_lowercase().as_str())
                    && value.eq_ignore_ascii_case(&plain)
            }
            "IpAddress" => match (network(value), network(&plain)) {
                (Some((address, _)), Some((net, mask))) => address & mask == net,
                _ => self.doubts.choose(odd) != negated,
            },
            // Times are all written alike, so their texts are in order.
            "DateLessThan" => value < plain.as_str(),
            "DateGreaterThan" => value > plain.as_str(),
            "DateEquals" => value == plain,
            other => panic!("{other}"),
        })
    }
}

fn statements(document: &Value) -> Vec<&Value> {
    match &document["Statement"] {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    }
}

/// What each key can be in a request of this caller: one possibility where the facts say it.
/// `born` is how the chain began, where the caller is a role.
pub(crate) fn possibilities(
    world: &World,
    who: &Who,
    target: (usize, usize),
    born: Born,
    key: &str,
) -> Vec<Option<Vec<String>>> {
    let one = |value: &str| vec![Some(vec![value.to_owned()])];
    let absent = || vec![None];
    let some = |values: &[&str]| -> Vec<Option<Vec<String>>> {
        values.iter().map(|value| Some(vec![(*value).to_owned()])).collect()
    };
    let maybe = |values: &[&str]| {
        let mut found = some(values);
        found.push(None);
        found
    };
    let tags_of = |tags: &BTreeMap<String, String>| {
        tags.get("team").map(String::as_str).map_or(absent(), one)
    };
    let role_tags = |account: usize, role: usize| {
        let row = world.role(account, role);
        // Any statement that may allow it; the trust policy is all that is looked at.
        let carries = statements(&world.documents[&*row.trust]).into_iter().any(|statement| {
            let covers = |element: &Value| {
                list(element)
                    .iter()
                    .any(|each| fits(&pattern(&each.to_lowercase()), "sts:tagsession"))
            };
            statement["Effect"] != "Deny"
                && (statement.get("Action").is_some_and(covers)
                    || statement.get("NotAction").is_some_and(|element| !covers(element)))
        });
        (carries, tags_of(&row.tags))
    };
    let account = world.account_of(who);
    match (key, who) {
        ("aws:securetransport", _) => one("true"),
        ("aws:sourceip", _) => maybe(&["10.1.0.1", "10.200.0.1", "203.0.113.5"]),
        ("aws:currenttime", _) => {
            some(&["2025-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2030-01-01T00:00:00Z"])
        }
        ("aws:resourceaccount", _) => one(&world.id(target.0)),
        ("aws:resourceorgpaths" | "aws:principalorgpaths", _) => {
            let account = if key.starts_with("aws:r") { Some(target.0) } else { account };
            let Some(line) = account.and_then(|account| world.line(account)) else {
                return absent();
            };
            one(&format!("{ORGANIZATION}/{}/", line[..line.len() - 1].join("/")))
        }
        ("aws:resourcetag/team", Who::Role(account, role)) if role_tags(*account, *role).0 => {
            maybe(&["a", "b"])
        }
        ("aws:resourcetag/team", Who::Token(..)) => maybe(&["a", "b"]),
        ("aws:resourcetag/team", _) => tags_of(&world.role(target.0, target.1).tags),
        ("aws:principalarn", Who::User(account, user)) => one(&world.user_arn(*account, *user)),
        ("aws:principalarn", Who::Role(account, role)) => one(&world.role_arn(*account, *role)),
        ("aws:principalarn", Who::Token(..)) => maybe(&["arn:aws:iam::111111111111:role/R"]),
        ("aws:principalaccount", Who::Token(..)) => maybe(&["111111111111"]),
        ("aws:principalaccount", _) => one(&world.id(account.unwrap())),
        ("aws:principalorgid" | "aws:username", Who::Token(..)) => absent(),
        ("aws:principalorgid", _) => one(ORGANIZATION),
        ("aws:username", Who::User(account, user)) => one(&world.user(*account, *user).name),
        ("aws:username", Who::Role(..)) => absent(),
        ("aws:userid", Who::User(account, user)) => one(&world.user(*account, *user).unique_id),
        ("aws:userid", Who::Token(..)) => maybe(&["x"]),
        ("aws:principaltag/team", Who::User(account, user)) => {
            tags_of(&world.user(*account, *user).tags)
        }
        ("aws:principaltag/team", Who::Role(account, role)) => match role_tags(*account, *role) {
            (true, _) => maybe(&["a", "b", "ann", "A"]),
            (false, own) => own,
        },
        ("aws:principaltag/team", Who::Token(..)) => maybe(&["a"]),
        ("aws:multifactorauthpresent", Who::User(..)) => maybe(&["true", "false"]),
        ("aws:multifactorauthpresent", _) => maybe(&["false"]),
        ("sts:externalid", Who::Token(..)) => absent(),
        ("sts:externalid", _) => maybe(&["e1", "e2", "E1", "*", "a"]),
        ("sts:rolesessionname", _) => some(&["ci", "ann", "x"]),
        ("aws:requesttag/team", _) => maybe(&["a", "b", "ann"]),
        ("aws:tagkeys", _) => {
            let lists: [&[&str]; 4] = [&["team"], &["team", "env"], &["env"], &["other"]];
            let mut found: Vec<_> = lists
                .iter()
                .map(|list| Some(list.iter().map(|value| (*value).to_owned()).collect()))
                .collect();
            found.push(None);
            found
        }
        ("aws:sourceaccount", _) => absent(),
        ("saml:sub", Who::Role(..)) if born == Born::Unknown => maybe(&["ann"]),
        ("saml:sub", _) => absent(),
        ("gitlab.com:sub" | "gitlab.com:aud", Who::Role(..)) if born != Born::User => {
            maybe(&["one", "group/a"])
        }
        ("gitlab.com:sub", Who::Token(issuer, subject, _)) if issuer == "gitlab.com" => {
            one(subject)
        }
        ("gitlab.com:aud", Who::Token(issuer, _, audience)) if issuer == "gitlab.com" => {
            one(audience)
        }
        ("gitlab.com:sub" | "gitlab.com:aud", _) => absent(),
        other => panic!("{other:?}"),
    }
}

/// The account's place among the readings.
pub(crate) fn place_of(world: &World, id: &str) -> usize {
    world.readings.accounts.iter().position(|account| account.account.to_string() == id).unwrap()
}

/// Keeps the id of an OU in one place.
#[test]
fn containers_have_ids() {
    assert_eq!(container_id("/Dev/Team"), "ou-ab12-dev-team");
}
