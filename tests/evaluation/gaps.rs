//! Facts that were not read only ever widen an answer: what is decided without them stays so
//! with them.

use proptest::prelude::*;
use proptest::sample::select;
use rolewalk::answer;
use rolewalk::arn::Arn;
use rolewalk::evaluation::{
    Call, Caller, Claim, Lineage, Scenario, Target, Token, Verdict, decide, judge,
};
use rolewalk::org::Facts;
use rolewalk::org::reading::{Fact, Identities, OrganizationFacts, Readings};

use crate::fixture::{gap, id_of, readings};
use crate::random::organization;
use crate::soundness::config;

fn ask(facts: &Facts, caller: &Caller, target: &Target) -> Verdict {
    ask_in(facts, caller, target, &Scenario::default())
}

fn ask_in(facts: &Facts, caller: &Caller, target: &Target, scenario: &Scenario) -> Verdict {
    let call = Call {
        caller,
        target,
        action: caller.action(),
        scenario,
        lineage: &Lineage::Unknown,
        hop: 1,
    };
    let verdict = judge(facts, &call);
    assert_eq!(decide(facts, &call).verdict, verdict, "{caller:?} {target:?}");
    verdict
}

/// Whoever can be told in both sets of facts, by ARN or by a text of its own.
fn callers(facts: &Facts) -> Vec<String> {
    let mut found: Vec<String> = facts.users.values().map(|row| row.arn.to_string()).collect();
    for row in facts.roles.values() {
        found.push(row.arn.to_string());
        let account = &facts.accounts[row.account].id;
        for session in ["ci", "x"] {
            found.push(format!("arn:aws:sts::{account}:assumed-role/{}/{session}", row.name));
        }
    }
    found.extend(facts.saml_providers.values().map(|row| row.arn.to_string()));
    let others = ["service lambda.amazonaws.com", "anyone", "token one", "token *", "external"];
    found.extend(others.map(str::to_owned));
    found
}

/// The caller as these facts know it.
fn caller(facts: &Facts, text: &str) -> Option<Caller> {
    if let Some(name) = text.strip_prefix("service ") {
        return Some(Caller::Service(name.to_owned()));
    }
    if let Some(audience) = text.strip_prefix("token ") {
        return Some(Caller::Token(Token {
            issuer: "gitlab.com".to_owned(),
            subject: Claim::Is("group/a".to_owned()),
            audience: Claim::from_pattern(audience),
            claims: [].into(),
        }));
    }
    if text == "anyone" {
        return Some(Caller::Anyone);
    }
    if text == "external" {
        return Some(Caller::Account(id_of("X")));
    }
    if text.contains(":saml-provider/") {
        let found = facts.saml_providers.iter().find(|(_, row)| *row.arn == *text);
        return found.map(|(key, _)| Caller::Saml(key));
    }
    if let Some(key) = facts.user_by_arn(text) {
        return Some(Caller::User(key));
    }
    if let Some(key) = facts.role_by_arn(text) {
        return Some(Caller::Role(key));
    }
    let arn: Arn = text.parse().unwrap();
    if let Some((_, rest)) = text.split_once(":assumed-role/") {
        let (role, session) = rest.split_once('/').unwrap();
        let account = facts.account(arn.account().unwrap());
        if let Some(key) = account.and_then(|account| facts.role(account, role)) {
            return Some(Caller::Session(key, session.to_owned()));
        }
    }
    Some(Caller::Named(arn))
}

/// The organization, where no earlier damage took it.
fn organization_of(readings: &mut Readings) -> Option<&mut OrganizationFacts> {
    match &mut readings.organization.as_mut()?.organization {
        Fact::Read(found) => found.as_mut(),
        Fact::NotRead(_) => None,
    }
}

fn identities<'r>(readings: &'r mut Readings, letter: &str) -> Option<&'r mut Identities> {
    let account = readings.accounts.iter_mut().find(|row| row.account == id_of(letter))?;
    let Fact::Read(found) = &mut account.identities else { return None };
    Some(found)
}

/// Takes something out of the readings.
fn damage(readings: &mut Readings, what: &str) {
    let (kind, letter) = what.split_once(' ').unwrap_or((what, ""));
    match kind {
        "account" => {
            let row = readings.accounts.iter_mut().find(|row| row.account == id_of(letter));
            if let Some(row) = row {
                row.identities = Fact::NotRead(gap());
                row.oidc_providers = Fact::NotRead(gap());
                row.saml_providers = Fact::NotRead(gap());
            }
        }
        "gone" => readings.accounts.retain(|row| row.account != id_of(letter)),
        "identities" => {
            let row = readings.accounts.iter_mut().find(|row| row.account == id_of(letter));
            if let Some(row) = row {
                row.identities = Fact::NotRead(gap());
            }
        }
        "providers" => {
            let row = readings.accounts.iter_mut().find(|row| row.account == id_of(letter));
            if let Some(row) = row {
                row.oidc_providers = Fact::NotRead(gap());
            }
        }
        "scps" => {
            if let Some(found) = organization_of(readings) {
                found.scps = Fact::NotRead(gap());
            }
        }
        "rcps" => {
            if let Some(found) = organization_of(readings) {
                found.rcps = Fact::NotRead(gap());
            }
        }
        "tree" => {
            if let Some(found) = organization_of(readings) {
                found.tree = Fact::NotRead(gap());
            }
        }
        "targets" => {
            let Some(found) = organization_of(readings) else { return };
            for policies in [&mut found.scps, &mut found.rcps] {
                let Fact::Read(policies) = policies else { continue };
                for policy in policies {
                    policy.targets = Fact::NotRead(gap());
                }
            }
        }
        "documents" => {
            let Some(found) = organization_of(readings) else { return };
            for policies in [&mut found.scps, &mut found.rcps] {
                let Fact::Read(policies) = policies else { continue };
                if let Some(policy) = policies.last_mut() {
                    policy.document = Fact::NotRead(gap());
                }
            }
        }
        "organization" => {
            if let Some(reading) = &mut readings.organization {
                reading.organization = Fact::NotRead(gap());
            }
        }
        "nothing" => readings.organization = None,
        "managed" => {
            for policy in
                identities(readings, letter).map_or(&mut [][..], |all| &mut all.managed_policies)
            {
                policy.document = Fact::NotRead(gap());
            }
        }
        "groups" => {
            if let Some(all) = identities(readings, letter) {
                all.groups.clear();
                all.incomplete.push(gap());
            }
        }
        "users" => {
            if let Some(all) = identities(readings, letter) {
                all.users.clear();
                all.incomplete.push(gap());
            }
        }
        "inline" => {
            if let Some(all) = identities(readings, letter) {
                let users = all.users.iter_mut().flat_map(|row| &mut row.inline);
                let roles = all.roles.iter_mut().flat_map(|row| &mut row.inline);
                for policy in users.chain(roles) {
                    policy.document = "nonsense".into();
                }
            }
        }
        "trust" => {
            if let Some(all) = identities(readings, letter) {
                for role in &mut all.roles {
                    role.trust = "nonsense".into();
                }
            }
        }
        "ids" => {
            if let Some(all) = identities(readings, letter) {
                for role in &mut all.roles {
                    role.unique_id.clear();
                }
                for user in &mut all.users {
                    user.unique_id.clear();
                }
            }
        }
        other => panic!("{other}"),
    }
}

fn check(text: &str, what: &[&str]) -> Result<(), TestCaseError> {
    let whole = Facts::build(readings(text));
    let mut less = readings(text);
    for what in what {
        damage(&mut less, what);
    }
    let less = Facts::build(less);
    for name in callers(&whole) {
        let Some(full) = caller(&whole, &name) else { continue };
        let mut stand_ins: Vec<Caller> = caller(&less, &name).into_iter().collect();
        if let Some(Caller::Named(arn)) = stand_ins.first() {
            stand_ins.push(Caller::Account(arn.account().unwrap()));
        }
        for (key, row) in whole.roles.iter() {
            let verdict = ask(&whole, &full, &Target::Role(key));
            let targets = match less.role_by_arn(&row.arn) {
                Some(role) => vec![Target::Role(role)],
                None => less
                    .account(whole.accounts[row.account].id)
                    .map(|account| {
                        vec![
                            Target::Unread(account, Some(row.arn.to_string())),
                            Target::Unread(account, None),
                        ]
                    })
                    .unwrap_or_default(),
            };
            for target in &targets {
                for stand_in in &stand_ins {
                    let found = ask(&less, stand_in, target);
                    let some = matches!(target, Target::Unread(_, None))
                        || matches!(stand_in, Caller::Account(_));
                    let fits = match found {
                        Verdict::Denied => verdict == Verdict::Denied,
                        Verdict::Allowed => verdict == Verdict::Allowed || some,
                        _ => true,
                    };
                    prop_assert!(
                        fits,
                        "{name} {}: {verdict}, and {found} as {stand_in:?} {target:?} without {what:?}\n{text}",
                        row.arn
                    );
                }
            }
        }
    }
    Ok(())
}

const GAPS: &[&str] = &[
    "account A",
    "account B",
    "account M",
    "gone A",
    "gone B",
    "gone M",
    "identities A",
    "identities B",
    "providers B",
    "scps",
    "rcps",
    "tree",
    "targets",
    "documents",
    "organization",
    "nothing",
    "managed A",
    "managed B",
    "groups A",
    "users A",
    "inline A",
    "inline B",
    "trust A",
    "trust B",
    "ids A",
    "ids B",
];

/// What may be stated of whoever calls, with values of which some are in the policies.
const STATED: &[(&str, &[&str])] = &[
    ("sts:externalid", &["", "e1", "e2", "x"]),
    ("sts:rolesessionname", &["ci", "ann", "x", "e1"]),
    ("aws:sourceip", &["10.1.2.3", "203.0.113.5", "8.8.8.8"]),
    ("aws:multifactorauthpresent", &["", "true", "false"]),
    ("aws:currenttime", &["2025-06-01T00:00:00Z", "2027-06-01T00:00:00Z", "2029-06-01T00:00:00Z"]),
];

/// What may be stated of callers that were not read.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("aws:principaltag/team", &["", "a", "ann"]),
    ("aws:sourceidentity", &["", "ann"]),
    ("aws:userid", &["AROAAR:ci", "AIDAAANN", "x"]),
    ("saml:sub", &["", "ann"]),
];

fn check_stated(text: &str, picks: &[u8]) -> Result<(), TestCaseError> {
    let facts = Facts::build(readings(text));
    for name in callers(&facts) {
        let Some(caller) = caller(&facts, &name) else { continue };
        let open = match caller {
            Caller::Account(_) | Caller::Anyone | Caller::Named(_) => [STATED, OUTSIDE].concat(),
            Caller::Role(_) | Caller::Session(..) => {
                STATED.iter().filter(|(key, _)| !key.contains("multifactor")).copied().collect()
            }
            Caller::User(_) => STATED.to_vec(),
            Caller::Saml(_) | Caller::Token(_) | Caller::Service(_) | Caller::RootUser(_) => {
                STATED[1..3].to_vec()
            }
        };
        let mut scenario = Scenario::default();
        for ((key, values), pick) in open.iter().zip(picks) {
            if pick % 4 == 0 {
                continue;
            }
            let value = values[usize::from(pick / 4) % values.len()];
            let stated = if value.is_empty() { vec![] } else { vec![value.to_owned()] };
            scenario.keys.insert((*key).to_owned(), stated);
        }
        for (key, row) in facts.roles.iter() {
            let target = Target::Role(key);
            let before = ask(&facts, &caller, &target);
            let after = ask_in(&facts, &caller, &target, &scenario);
            prop_assert!(
                !matches!(before, Verdict::Allowed | Verdict::Denied) || before == after,
                "{name} {}: {before}, and {after} with {scenario:?}\n{text}",
                row.arn
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(48))]

    /// A statement only narrows what a question means, so what was decided stays so.
    #[test]
    fn what_is_stated_only_narrows(
        text in organization(), picks in proptest::collection::vec(any::<u8>(), 9),
    ) {
        check_stated(&text, &picks)?;
    }

    #[test]
    fn what_was_not_read_only_widens(
        text in organization(), what in proptest::collection::vec(select(GAPS), 1..3),
    ) {
        check(&text, &what)?;
    }
}

/// Where no path is found, a way over an account that nobody read is not ruled out.
#[test]
fn no_path_says_which_accounts_outside_the_snapshot_lead_on() {
    let text = "
        user A/ann
          id: Allow sts:*
        role B/S
          tp: Allow sts:AssumeRole from X
        role B/T
          tp: Allow sts:AssumeRole from B/role/S
        role B/U
          tp: Allow sts:AssumeRole from B/user/bob
    ";
    let graph = crate::brute::graph(text);
    let outside = |source: &str, target: &str, hops: usize| {
        let limits = answer::Limits { hops, ..answer::Limits::PATHS };
        let found = answer::paths(&graph, source, target, limits).unwrap();
        let accounts = found.not_read.into_iter().filter_map(|gap| gap.account);
        accounts.collect::<Vec<_>>()
    };
    let ann = "arn:aws:iam::111111111111:user/ann";
    let [s, t, u] = ["S", "T", "U"].map(|name| format!("arn:aws:iam::222222222222:role/{name}"));
    assert_eq!(outside(ann, &s, 4), ["999999999999"]);
    assert_eq!(outside(ann, &t, 4), ["999999999999"]);
    // However many targets there are.
    let closed = (0..20).map(|at| format!("role B/Q{at:02}\n tp: Allow from B/user/bob\n"));
    let closed: String = closed.collect();
    let many = format!("user A/ann\n{closed}role B/S\n tp: Allow sts:AssumeRole from X\n");
    let found = answer::paths(
        &crate::brute::graph(&many),
        ann,
        "account:222222222222",
        answer::Limits::PATHS,
    );
    assert!(
        found.unwrap().not_read.iter().any(|gap| gap.account.as_deref() == Some("999999999999"))
    );
    // Accounts that no policy names have no number.
    let text = "user A/ann\n role B/S\n tp: Allow from aws:* if StringEquals aws:PrincipalAccount 999999999999";
    let wide = crate::brute::graph(text);
    let found = answer::paths(&wide, ann, &s, answer::Limits::PATHS).unwrap().not_read;
    assert!(found.iter().any(|gap| gap.account.is_none() && gap.name.contains("some account")));
    // Too far, no such account, the account itself, and a path that is there.
    assert!(outside(ann, &t, 2).is_empty());
    assert!(outside(ann, &u, 4).is_empty());
    assert!(outside("external:999999999999", &u, 4).is_empty());
    assert!(outside(&s, &t, 4).is_empty());
}
