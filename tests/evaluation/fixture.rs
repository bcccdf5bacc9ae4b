//! An organization in ten lines of text.
//!
//! ```text
//! account A /Dev                     a member in an OU; `A` is 111111111111
//! outside X                          an account that was read and is not of the organization
//! unread B /Prod                     a member of which nothing was read
//! no organization                    the organization was asked for, and there is none
//! oidc B app.terraform.io aws.workload.identity
//! saml B Okta
//! group A/devs
//! user A/ann tag:team=a groups=devs  then its policies, a statement a line
//!   id: Allow sts:AssumeRole on B/role/T
//! role B/team/T unique=AROAT
//!   tp: Allow from A/role/R,A if StringEquals sts:ExternalId e1|e2 and Bool aws:x true
//!   pb: Deny sts:* on !B/role/*
//! scp /,A: Deny sts:AssumeRole       where it hangs: OU paths and accounts
//! rcp /Dev: Deny sts:*
//! without FullAWSAccess A            the policy that allows everything is detached there
//! ```
//!
//! Accounts that are used and not declared are members, each in an OU of its own (`/OuA`).
//! `!` before a list is `NotPrincipal`, `NotResource` or `NotAction`; `{A}` is an account's id
//! anywhere; a statement or, after `tp-document:` and `id-document:`, a whole document can be
//! JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rolewalk::arn::AccountId;
use rolewalk::evaluation::{
    Action, Call, Caller, Claim, Decision, Lineage, Scenario, Target, Token, Verdict, decide, judge,
};
use rolewalk::org::Facts;
use rolewalk::org::reading::{
    AccountReading, AccountState, ControlPolicy, Fact, Group, Identities, InlinePolicy,
    ManagedPolicy, MemberAccount, NotRead, NotReadKind, OidcProvider, OrganizationFacts,
    OrganizationReading, Ou, Readings, Role, SamlProvider, Tags, Tree, User,
};
use serde_json::{Map, Value, json};

/// The organization's id.
pub(crate) const ORGANIZATION: &str = "o-exampleorg";
/// The root's id.
pub(crate) const ROOT: &str = "r-ab12";

/// The id behind a letter.
pub(crate) fn account_id(letter: &str) -> Option<&'static str> {
    Some(match letter {
        "A" => "111111111111",
        "B" => "222222222222",
        "C" => "444444444444",
        "M" => "333333333333",
        "X" => "999999999999",
        _ => return None,
    })
}

fn id_of(letter: &str) -> AccountId {
    account_id(letter).unwrap_or(letter).parse().unwrap_or_else(|e| panic!("{letter}: {e}"))
}

/// `A/role/x` and the like as ARNs, `{A}` as an id.
pub(crate) fn expand(text: &str) -> String {
    let mut text = text.to_owned();
    for letter in ["A", "B", "C", "M", "X"] {
        text = text.replace(&format!("{{{letter}}}"), account_id(letter).unwrap());
    }
    let Some((letter, rest)) = text.split_once('/') else { return text };
    let Some(id) = account_id(letter) else { return text };
    let (kind, name) = rest.split_once('/').unwrap_or((rest, ""));
    match kind {
        "role" | "user" => format!("arn:aws:iam::{id}:{kind}/{name}"),
        "session" => format!("arn:aws:sts::{id}:assumed-role/{name}"),
        "oidc" => format!("arn:aws:iam::{id}:oidc-provider/{name}"),
        "saml" => format!("arn:aws:iam::{id}:saml-provider/{name}"),
        _ => text,
    }
}

fn list(text: &str, separator: char) -> (bool, Vec<&str>) {
    let (negated, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
    (negated, text.split(separator).collect())
}

fn one_or_many(mut values: Vec<Value>) -> Value {
    if values.len() == 1 { values.remove(0) } else { Value::Array(values) }
}

fn principals(text: &str) -> (bool, Value) {
    let (negated, entries) = list(text, ',');
    if entries == ["*"] {
        return (negated, json!("*"));
    }
    let mut kinds: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for entry in entries {
        let (kind, value) = match entry.split_once(':') {
            Some(("aws", value)) => ("AWS", value.to_owned()),
            Some(("svc", value)) => ("Service", value.to_owned()),
            Some(("fed", value)) => ("Federated", expand(value)),
            _ if account_id(entry).is_some() => {
                ("AWS", format!("arn:aws:iam::{}:root", account_id(entry).unwrap()))
            }
            _ => ("AWS", expand(entry)),
        };
        kinds.entry(kind).or_default().push(value.into());
    }
    let map: Map<String, Value> =
        kinds.into_iter().map(|(kind, values)| (kind.to_owned(), one_or_many(values))).collect();
    (negated, Value::Object(map))
}

/// A statement as JSON. `resource` is what stands for a missing `on`.
pub(crate) fn statement(text: &str, resource: Option<&str>, everyone: bool) -> Value {
    if text.starts_with('{') {
        return serde_json::from_str(&expand(text)).unwrap_or_else(|e| panic!("{text}: {e}"));
    }
    let mut words = text.split_whitespace().peekable();
    let mut found = Map::new();
    found.insert("Effect".into(), words.next().unwrap().into());
    let mut default = "sts:AssumeRole";
    let mut actions = None;
    if words.peek().is_some_and(|word| !["from", "on", "if"].contains(word)) {
        actions = words.next();
    }
    let mut resources = resource.map(str::to_owned);
    let mut conditions: Vec<(String, String, Value)> = Vec::new();
    while let Some(word) = words.next() {
        let mut next = || words.next().unwrap_or_else(|| panic!("`{text}` ends too soon"));
        match word {
            "from" => {
                let entries = next();
                if entries.contains("fed:") {
                    default = "sts:AssumeRoleWithWebIdentity";
                }
                if entries.contains("/saml/") {
                    default = "sts:AssumeRoleWithSAML";
                }
                let (negated, value) = principals(entries);
                found.insert(if negated { "NotPrincipal" } else { "Principal" }.into(), value);
            }
            "on" => resources = Some(next().to_owned()),
            "if" | "and" => {
                let (operator, key) = (expand(next()), expand(next()));
                let values = next().split('|').map(|value| Value::String(expand(value))).collect();
                conditions.push((operator, key, one_or_many(values)));
            }
            other => panic!("`{text}`: `{other}` is no clause"),
        }
    }
    if everyone {
        found.insert("Principal".into(), json!("*"));
    }
    let (negated, actions) = list(actions.unwrap_or(default), ',');
    let actions = actions.into_iter().map(Value::from).collect();
    found.insert(if negated { "NotAction" } else { "Action" }.into(), one_or_many(actions));
    if let Some(resources) = resources {
        let (negated, entries) = list(&resources, ',');
        let entries = entries.into_iter().map(|entry| expand(entry).into()).collect();
        found.insert(if negated { "NotResource" } else { "Resource" }.into(), one_or_many(entries));
    }
    if !conditions.is_empty() {
        let mut block: Map<String, Value> = Map::new();
        for (operator, key, values) in conditions {
            let keys = block.entry(operator).or_insert_with(|| json!({}));
            keys.as_object_mut().unwrap().insert(key, values);
        }
        found.insert("Condition".into(), block.into());
    }
    found.into()
}

fn document(statements: &[Value]) -> Arc<str> {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string().into()
}

#[derive(Default)]
struct Account {
    ou: String,
    outside: bool,
    unread: bool,
    users: Vec<User>,
    groups: Vec<Group>,
    roles: Vec<Role>,
    managed: Vec<ManagedPolicy>,
    oidc: Vec<OidcProvider>,
    saml: Vec<SamlProvider>,
}

enum Last {
    None,
    User(String),
    Group(String),
    Role(String),
}

struct Builder {
    organization: bool,
    accounts: BTreeMap<String, Account>,
    scps: Vec<(Vec<String>, Value)>,
    rcps: Vec<(Vec<String>, Value)>,
    detached: Vec<String>,
    /// Statements of the trust policy or boundary of what was named last.
    trust: Vec<Value>,
    boundary: Vec<Value>,
    last: Last,
}

impl Builder {
    fn account(&mut self, letter: &str) -> &mut Account {
        id_of(letter);
        self.accounts.entry(letter.to_owned()).or_insert_with(|| Account {
            ou: if letter == "M" { "/".to_owned() } else { format!("/Ou{letter}") },
            outside: letter == "X",
            ..Account::default()
        })
    }

    /// `A/path/name` as the letter, the path and the name.
    fn split(text: &str) -> (&str, String, String) {
        let (letter, rest) = text.split_once('/').unwrap_or_else(|| panic!("`{text}`"));
        match rest.rsplit_once('/') {
            Some((path, name)) => (letter, format!("/{path}/"), name.to_owned()),
            None => (letter, "/".to_owned(), rest.to_owned()),
        }
    }

    fn line(&mut self, line: &str) {
        let (head, rest) = line.split_once(' ').unwrap_or((line, ""));
        let words: Vec<&str> = rest.split_whitespace().collect();
        let attributes: BTreeMap<&str, &str> =
            words.iter().filter_map(|word| word.split_once('=')).collect();
        let tags: Tags = attributes
            .iter()
            .filter_map(|(key, value)| {
                Some((key.strip_prefix("tag:")?.to_owned(), (*value).to_owned()))
            })
            .collect();
        let unique = |kind: &str, letter: &str, name: &str| {
            let name = name.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "X");
            let id = attributes.get("unique").copied();
            id.map_or_else(|| format!("{kind}{letter}{name}"), str::to_owned)
        };
        match head {
            "account" | "unread" | "outside" => {
                let ou = words.get(1).map(|ou| (*ou).to_owned());
                let account = self.account(words[0]);
                account.unread = head == "unread";
                account.outside = head == "outside";
                account.ou = ou.unwrap_or_else(|| account.ou.clone());
            }
            "no" => self.organization = false,
            "without" => self.detached.push(words[1].to_owned()),
            "oidc" => {
                let arn = expand(&format!("{}/oidc/{}", words[0], words[1]));
                let audiences = words
                    .get(2)
                    .map_or(Vec::new(), |text| text.split(',').map(str::to_owned).collect());
                let provider = OidcProvider { arn, url: words[1].to_owned(), audiences };
                self.account(words[0]).oidc.push(provider);
            }
            "saml" => {
                let arn = expand(&format!("{}/saml/{}", words[0], words[1]));
                self.account(words[0]).saml.push(SamlProvider { arn, valid_until: None });
            }
            "user" => {
                let (letter, path, name) = Self::split(words[0]);
                let unique_id = unique("AIDA", letter, &name);
                let groups = attributes
                    .get("groups")
                    .map_or(Vec::new(), |text| text.split(',').map(str::to_owned).collect());
                self.finish();
                self.last = Last::User(letter.to_owned());
                self.account(letter).users.push(User {
                    name,
                    path,
                    unique_id,
                    inline: Vec::new(),
                    attached: Vec::new(),
                    boundary: None,
                    groups,
                    tags,
                });
            }
            "group" => {
                let (letter, path, name) = Self::split(words[0]);
                let unique_id = unique("AGPA", letter, &name);
                self.finish();
                self.last = Last::Group(letter.to_owned());
                self.account(letter).groups.push(Group {
                    name,
                    path,
                    unique_id,
                    inline: Vec::new(),
                    attached: Vec::new(),
                });
            }
            "role" => {
                let (letter, path, name) = Self::split(words[0]);
                let unique_id = unique("AROA", letter, &name);
                self.finish();
                self.last = Last::Role(letter.to_owned());
                self.account(letter).roles.push(Role {
                    name,
                    path,
                    unique_id,
                    trust: document(&[]),
                    inline: Vec::new(),
                    attached: Vec::new(),
                    boundary: None,
                    tags,
                    max_session: None,
                    description: None,
                    created_at: None,
                    last_used: None,
                });
            }
            "tp:" => self.trust.push(statement(rest, None, false)),
            "pb:" => self.boundary.push(statement(rest, Some("*"), false)),
            "id:" => self.inline(document(&[statement(rest, Some("*"), false)])),
            "id-document:" => self.inline(expand(rest).into()),
            "tp-document:" => {
                let Last::Role(letter) = &self.last else { panic!("`{line}`: of no role") };
                let letter = letter.clone();
                self.account(&letter).roles.last_mut().unwrap().trust = expand(rest).into();
            }
            "scp" | "rcp" => {
                let (targets, text) = rest.split_once(": ").unwrap();
                let targets = targets.split(',').map(str::to_owned).collect();
                let made = statement(text, Some("*"), head == "rcp");
                let policies = if head == "scp" { &mut self.scps } else { &mut self.rcps };
                policies.push((targets, made));
            }
            other => panic!("`{line}`: `{other}` is no line of a fixture"),
        }
    }

    fn inline(&mut self, document: Arc<str>) {
        let add = |policies: &mut Vec<InlinePolicy>| {
            let name = format!("inline-{}", policies.len());
            policies.push(InlinePolicy { name, document });
        };
        match &self.last {
            Last::User(letter) => {
                let letter = letter.clone();
                add(&mut self.account(&letter).users.last_mut().unwrap().inline);
            }
            Last::Group(letter) => {
                let letter = letter.clone();
                add(&mut self.account(&letter).groups.last_mut().unwrap().inline);
            }
            Last::Role(letter) => {
                let letter = letter.clone();
                add(&mut self.account(&letter).roles.last_mut().unwrap().inline);
            }
            Last::None => panic!("a policy of nobody"),
        }
    }

    /// Closes the user or role that was named last.
    fn finish(&mut self) {
        let trust = std::mem::take(&mut self.trust);
        let boundary = std::mem::take(&mut self.boundary);
        let (letter, is_role) = match &self.last {
            Last::User(letter) => (letter.clone(), false),
            Last::Role(letter) => (letter.clone(), true),
            Last::Group(_) | Last::None => return,
        };
        let account = self.account(&letter);
        let name = format!("boundary-{}", account.managed.len());
        let arn = format!("arn:aws:iam::{}:policy/{name}", id_of(&letter));
        let capped = (!boundary.is_empty()).then(|| arn.clone());
        if capped.is_some() {
            account.managed.push(ManagedPolicy { arn, document: Fact::Read(document(&boundary)) });
        }
        if is_role {
            let role = account.roles.last_mut().unwrap();
            if !trust.is_empty() {
                role.trust = document(&trust);
            }
            role.boundary = capped;
        } else {
            account.users.last_mut().unwrap().boundary = capped;
        }
    }

    fn place(text: &str) -> String {
        if account_id(text).is_some() { id_of(text).to_string() } else { container_id(text) }
    }

    fn control(
        &self,
        full: &str,
        detachable: bool,
        policies: &[(Vec<String>, Value)],
        containers: &BTreeSet<String>,
    ) -> Vec<ControlPolicy> {
        let everywhere = containers
            .iter()
            .cloned()
            .chain(self.accounts.iter().filter(|(_, a)| !a.outside).map(|(l, _)| l.clone()))
            .filter(|place| !detachable || !self.detached.contains(place));
        let mut found = vec![ControlPolicy {
            id: full.to_owned(),
            name: full.trim_start_matches("p-").to_owned(),
            document: Fact::Read(document(&[json!(
                { "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }
            )])),
            targets: Fact::Read(everywhere.map(|place| Self::place(&place)).collect()),
        }];
        if detachable {
            let allow = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
            found[0].document = Fact::Read(document(&[allow]));
        }
        for (index, (targets, statement)) in policies.iter().enumerate() {
            found.push(ControlPolicy {
                id: format!("{full}-{index}"),
                name: format!("policy {index}"),
                document: Fact::Read(document(std::slice::from_ref(statement))),
                targets: Fact::Read(targets.iter().map(|place| Self::place(place)).collect()),
            });
        }
        found
    }
}

/// The id of the root or an OU.
pub(crate) fn container_id(path: &str) -> String {
    if path == "/" {
        ROOT.to_owned()
    } else {
        format!("ou-ab12{}", path.to_lowercase().replace('/', "-"))
    }
}

/// Reads a fixture.
pub(crate) fn readings(text: &str) -> Readings {
    let mut builder = Builder {
        organization: true,
        accounts: BTreeMap::new(),
        scps: Vec::new(),
        rcps: Vec::new(),
        detached: Vec::new(),
        trust: Vec::new(),
        boundary: Vec::new(),
        last: Last::None,
    };
    builder.account("M");
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        builder.line(line);
    }
    builder.finish();
    let mut containers = BTreeSet::from(["/".to_owned()]);
    for account in builder.accounts.values().filter(|account| !account.outside) {
        let mut path = String::new();
        for part in account.ou.split('/').filter(|part| !part.is_empty()) {
            path = format!("{path}/{part}");
            containers.insert(path.clone());
        }
    }
    let parent = |path: &str| {
        container_id(path.rsplit_once('/').map_or("/", |(p, _)| if p.is_empty() { "/" } else { p }))
    };
    let tree = Tree {
        root_id: ROOT.to_owned(),
        ous: containers
            .iter()
            .filter(|path| *path != "/")
            .map(|path| Ou {
                id: container_id(path),
                name: path.rsplit_once('/').unwrap().1.to_owned(),
                parent: parent(path),
                tags: Tags::new(),
            })
            .collect(),
        accounts: builder
            .accounts
            .iter()
            .filter(|(_, account)| !account.outside)
            .map(|(letter, account)| MemberAccount {
                id: id_of(letter),
                name: format!("account-{letter}"),
                email: None,
                state: AccountState::Active,
                parent: container_id(&account.ou),
                tags: Tags::new(),
            })
            .collect(),
        incomplete: Vec::new(),
    };
    let organization = OrganizationFacts {
        id: ORGANIZATION.to_owned(),
        arn: format!("arn:aws:organizations::333333333333:organization/{ORGANIZATION}"),
        management_account: id_of("M"),
        tree: Fact::Read(tree),
        scps: Fact::Read(builder.control("p-FullAWSAccess", true, &builder.scps, &containers)),
        rcps: Fact::Read(builder.control("p-RCPFullAWSAccess", false, &builder.rcps, &containers)),
        delegated_administrators: Fact::Read(Vec::new()),
    };
    let has_organization = builder.organization;
    let accounts = builder
        .accounts
        .into_iter()
        .filter(|(_, account)| !account.unread)
        .map(|(letter, account)| AccountReading {
            account: id_of(&letter),
            partition: rolewalk::arn::Partition::Aws,
            read_at: None,
            alias: None,
            identities: Fact::Read(Identities {
                users: account.users,
                groups: account.groups,
                roles: account.roles,
                managed_policies: account.managed,
                incomplete: Vec::new(),
            }),
            oidc_providers: Fact::Read(account.oidc),
            saml_providers: Fact::Read(account.saml),
            not_read: Vec::new(),
        })
        .collect();
    Readings {
        organization: Some(OrganizationReading {
            read_at: None,
            organization: Fact::Read(has_organization.then_some(organization)),
        }),
        accounts,
        ..Readings::default()
    }
}

/// A gap, for tests that take something out of a fixture.
pub(crate) fn gap() -> NotRead {
    NotRead::new("iam:GetAccountAuthorizationDetails", NotReadKind::Denied, "refused")
}

/// A caller: `user A/ann`, `role A/R`, `session A/R/ci`, `token ISSUER#SUBJECT?AUDIENCE`,
/// `saml B/Okta`, `service NAME`, `account X`, `named X/role/R`, `root A`.
pub(crate) fn caller(facts: &Facts, text: &str) -> Caller {
    let (kind, rest) = text.split_once(' ').unwrap_or_else(|| panic!("`{text}`"));
    let account = |letter: &str| facts.account(id_of(letter)).unwrap_or_else(|| panic!("{letter}"));
    let found = |text: &str| {
        let (letter, name) = text.split_once('/').unwrap_or_else(|| panic!("`{text}`"));
        (account(letter), name.rsplit_once('/').map_or(name, |(_, name)| name).to_owned())
    };
    match kind {
        "user" => {
            let (account, name) = found(rest);
            Caller::User(facts.user(account, &name).unwrap_or_else(|| panic!("no user {rest}")))
        }
        "role" => {
            let (account, name) = found(rest);
            Caller::Role(facts.role(account, &name).unwrap_or_else(|| panic!("no role {rest}")))
        }
        "session" => {
            let (role, session) = rest.rsplit_once('/').unwrap();
            let (account, name) = found(role);
            Caller::Session(facts.role(account, &name).unwrap(), session.to_owned())
        }
        "token" => {
            let (issuer, rest) = rest.split_once('#').unwrap();
            let (subject, audience) = rest.split_once('?').unwrap_or((rest, "*"));
            Caller::Token(Token {
                issuer: issuer.to_owned(),
                subject: Claim::from_pattern(subject),
                audience: Claim::from_pattern(audience),
                claims: BTreeMap::new(),
            })
        }
        "saml" => {
            let (letter, name) = rest.split_once('/').unwrap();
            let arn = expand(&format!("{letter}/saml/{name}"));
            let key = facts.saml_providers.iter().find(|(_, row)| *row.arn == *arn).unwrap().0;
            Caller::Saml(key)
        }
        "service" => Caller::Service(rest.to_owned()),
        "account" => Caller::Account(id_of(rest)),
        "named" => Caller::Named(expand(rest).parse().unwrap()),
        "root" => Caller::RootUser(id_of(rest)),
        other => panic!("`{other}` is no kind of caller"),
    }
}

/// `A/T` as a target; a role of an account that was not read is any of them.
pub(crate) fn target(facts: &Facts, text: &str) -> Target {
    let (letter, name) = text.split_once('/').unwrap_or_else(|| panic!("`{text}`"));
    let account = facts.account(id_of(letter)).unwrap_or_else(|| panic!("{letter}"));
    let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
    facts.role(account, name).map_or(Target::Unread(account, None), Target::Role)
}

/// Decides `CALLER -> TARGET [with KEY=VALUE …]`; `KEY=` states that the key is absent, and a
/// key that stands twice has two values. `as ACTION` before `with` asks for another action.
pub(crate) fn ask(facts: &Facts, question: &str) -> Decision {
    let (question, context) = question.split_once(" with ").unwrap_or((question, ""));
    let (question, action) = match question.split_once(" as ") {
        Some((question, action)) => (question, Some(Action::parse(action).unwrap())),
        None => (question, None),
    };
    let (from, to) = question.split_once(" -> ").unwrap_or_else(|| panic!("`{question}`"));
    let mut scenario = Scenario::default();
    for word in context.split_whitespace() {
        let (key, value) = word.split_once('=').unwrap();
        let values = scenario.keys.entry(key.to_lowercase()).or_default();
        if !value.is_empty() {
            values.push(expand(value));
        }
    }
    let (caller, target) = (caller(facts, from), target(facts, to));
    let call = Call {
        caller: &caller,
        target: &target,
        action: action.unwrap_or_else(|| caller.action()),
        scenario: &scenario,
        lineage: &Lineage::Unknown,
        hop: 1,
    };
    let decision = decide(facts, &call);
    assert_eq!(judge(facts, &call), decision.verdict, "decide and judge differ on {question}");
    decision
}

/// The decision as a few words: the verdict, then for a denial the layer (`explicit` where a
/// statement denies), and otherwise the kinds of what is required.
pub(crate) fn words(decision: &Decision) -> String {
    let mut text = decision.verdict.to_string();
    if let Some(reason) = &decision.reason {
        text = format!("{text} {}", reason.layer.as_str());
        if reason.explicit {
            text.push_str(" explicit");
        }
    }
    let kinds: BTreeSet<&str> =
        decision.requirements.iter().flatten().map(|each| each.kind.as_str()).collect();
    for kind in kinds {
        text = format!("{text} {kind}");
    }
    assert_eq!(decision.requirements.is_empty(), decision.verdict == Verdict::Denied);
    assert_eq!(decision.reason.is_some(), decision.verdict == Verdict::Denied);
    assert_eq!(decision.requirements == vec![Vec::new()], decision.verdict == Verdict::Allowed);
    text
}

/// Asserts what a question comes to.
#[track_caller]
pub(crate) fn check(fixture: &str, question: &str, expected: &str) {
    let facts = Facts::build(readings(fixture));
    let decision = ask(&facts, question);
    let Decision { reason, requirements, .. } = &decision;
    assert_eq!(words(&decision), expected, "{question}\n{fixture}\n{reason:?}\n{requirements:#?}");
}
