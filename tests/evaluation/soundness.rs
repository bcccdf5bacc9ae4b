//! Verdicts against every completion of what is not known.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::Config;
use rolewalk::evaluation::{
    Call, Caller, Claim, Lineage, Scenario, Target, Token, Verdict, decide, judge,
};
use rolewalk::graph::{Graph, Node, Subject, search};
use rolewalk::org::Facts;

use crate::fixture::{account_id, readings};
use crate::naive::{Born, Request, Who, World, over_all_readings, place_of, possibilities};
use crate::random::{KEYS, organization};

/// So many completions of one question are tried; all, where there are no more.
const COMPLETIONS: usize = 80;

pub(crate) fn config(cases: u32) -> Config {
    // `PROPTEST_CASES` asks for more.
    let cases =
        std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(cases);
    Config { cases, failure_persistence: None, max_shrink_iters: 4000, ..Config::default() }
}

/// A world with the facts of the engine beside it.
struct Both {
    text: String,
    world: World,
    facts: Arc<Facts>,
    keys: Vec<String>,
}

impl Both {
    fn new(text: &str) -> Self {
        let lower = text.to_lowercase();
        let keys: BTreeSet<String> =
            KEYS.iter().map(|key| key.to_lowercase()).filter(|key| lower.contains(key)).collect();
        Self {
            text: text.to_owned(),
            world: World::new(readings(text)),
            facts: Arc::new(Facts::build(readings(text))),
            keys: keys.into_iter().collect(),
        }
    }

    fn places(&self) -> Vec<(usize, usize)> {
        let accounts = self.world.readings.accounts.iter().enumerate();
        accounts
            .flat_map(|(index, account)| {
                (0..account.identities.read().unwrap().roles.len()).map(move |role| (index, role))
            })
            .collect()
    }

    fn role(&self, (account, role): (usize, usize)) -> rolewalk::org::RoleKey {
        self.facts.role_by_arn(&self.world.role_arn(account, role)).unwrap()
    }

    fn user(&self) -> (Who, rolewalk::org::UserKey) {
        let account = place_of(&self.world, account_id("A").unwrap());
        (Who::User(account, 0), self.facts.user_by_arn(&self.world.user_arn(account, 0)).unwrap())
    }

    /// The requests that complete a question; all of them or some.
    fn completions(&self, who: &Who, target: (usize, usize), born: Born) -> Vec<Request> {
        let sessions: &[&str] = if matches!(who, Who::Role(..)) { &["ci", "x"] } else { &[""] };
        let mut choices: Vec<(&str, Vec<Option<Vec<String>>>)> = self
            .keys
            .iter()
            .filter(|key| *key != "aws:userid" || !matches!(who, Who::Role(..)))
            .map(|key| (key.as_str(), possibilities(&self.world, who, target, born, key)))
            .collect();
        choices.push(("", sessions.iter().map(|name| Some(vec![(*name).to_owned()])).collect()));
        let all: usize = choices.iter().map(|(_, list)| list.len()).product();
        let mut found = Vec::new();
        // A step that shares no factor with the lengths walks through all combinations.
        for index in 0..all.min(COMPLETIONS) {
            let mut number = if all <= COMPLETIONS {
                index as u64
            } else {
                (index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 8
            };
            let mut request = Request::default();
            for (key, list) in &choices {
                let count = list.len() as u64;
                let value = &list[usize::try_from(number % count).unwrap()];
                number /= count;
                match (*key, value) {
                    ("", Some(name)) => request.session.clone_from(&name[0]),
                    (key, Some(values)) => {
                        request.keys.insert(key.to_owned(), values.clone());
                    }
                    _ => {}
                }
            }
            if let Who::Role(account, role) = who {
                let id = &self.world.role(*account, *role).unique_id;
                request
                    .keys
                    .insert("aws:userid".to_owned(), vec![format!("{id}:{}", request.session)]);
            }
            found.push(request);
        }
        found
    }

    /// Whether some completion is allowed, and whether some is denied. That a call which passes
    /// tags lacks the permission to counts for neither: a call need not pass them.
    fn outcomes(&self, who: &Who, target: (usize, usize), born: Born) -> BTreeSet<bool> {
        let action = match who {
            Who::Token(..) => "sts:AssumeRoleWithWebIdentity",
            _ => "sts:AssumeRole",
        };
        let mut found = BTreeSet::new();
        for request in self.completions(who, target, born) {
            let whole = over_all_readings(|doubts| self.world.call(who, target, &request, doubts));
            let bare = over_all_readings(|doubts| {
                self.world.allows(who, target, action, &request, doubts)
            });
            found.extend(whole.0.contains(&true).then_some(true));
            found.extend(bare.0.contains(&false).then_some(false));
            if found.len() == 2 {
                break;
            }
        }
        found
    }
}

fn call(facts: &Facts, caller: &Caller, target: &Target, scenario: &Scenario) -> Verdict {
    let call = Call {
        caller,
        target,
        action: caller.action(),
        scenario,
        lineage: &Lineage::Unknown,
        hop: 1,
    };
    let verdict = judge(facts, &call);
    assert_eq!(decide(facts, &call).verdict, verdict);
    verdict
}

fn token(subject: Claim, audience: Claim) -> Caller {
    Caller::Token(Token {
        issuer: "gitlab.com".to_owned(),
        subject,
        audience,
        claims: BTreeMap::new(),
    })
}

fn is(text: &str) -> Claim {
    Claim::Is(text.to_owned())
}

fn bearer(subject: &str, audience: &str) -> Who {
    Who::Token("gitlab.com".to_owned(), subject.to_owned(), audience.to_owned())
}

/// Every caller of the engine, with the callers that it stands for.
fn callers(both: &Both) -> Vec<(Caller, Vec<Who>)> {
    let (who, key) = both.user();
    let mut found = vec![(Caller::User(key), vec![who])];
    for (account, role) in both.places() {
        found.push((Caller::Role(both.role((account, role))), vec![Who::Role(account, role)]));
    }
    found.push((token(is("group/a"), is("one")), vec![bearer("group/a", "one")]));
    found.push((
        token(is("group/a"), Claim::Any),
        vec![bearer("group/a", "one"), bearer("group/a", "two")],
    ));
    found.push((
        token(Claim::Like("group/*".to_owned()), is("one")),
        vec![bearer("group/a", "one"), bearer("group/b", "one"), bearer("group/a/c", "one")],
    ));
    found.push((
        token(Claim::Any, Claim::Any),
        ["group/a", "group/b", "other/x"]
            .iter()
            .flat_map(|sub| ["one", "two"].map(|aud| bearer(sub, aud)))
            .collect(),
    ));
    found
}

fn check_one_call(text: &str) -> Result<(usize, usize), TestCaseError> {
    let both = Both::new(text);
    let (mut open, mut imprecise) = (0, 0);
    for (caller, stands_for) in callers(&both) {
        for place in both.places() {
            let target = Target::Role(both.role(place));
            let verdict = call(&both.facts, &caller, &target, &Scenario::default());
            let mut outcomes = BTreeSet::new();
            for who in &stands_for {
                outcomes.extend(both.outcomes(who, place, Born::Unknown));
            }
            let to = both.world.role_arn(place.0, place.1);
            prop_assert!(
                verdict != Verdict::Unknown,
                "{caller:?} {to}: everything was read\n{text}"
            );
            prop_assert!(
                verdict != Verdict::Allowed || !outcomes.contains(&false),
                "{caller:?} {to}: allowed, and a request is denied\n{text}"
            );
            prop_assert!(
                verdict != Verdict::Denied || !outcomes.contains(&true),
                "{caller:?} {to}: denied, and a request is allowed\n{text}"
            );
            if verdict == Verdict::Conditional {
                open += 1;
                imprecise += usize::from(outcomes.len() == 1);
            }
        }
    }
    Ok((open, imprecise))
}

/// With everything stated there is nothing left to be conditional about.
fn check_stated(text: &str) -> Result<(), TestCaseError> {
    let both = Both::new(text);
    for (caller, stands_for) in callers(&both) {
        let [who] = &stands_for[..] else { continue };
        for place in both.places() {
            let target = Target::Role(both.role(place));
            let requests = both.completions(who, place, Born::Unknown);
            for request in requests.iter().step_by(requests.len().div_ceil(6)) {
                let mut scenario = Scenario::default();
                for key in &both.keys {
                    if possibilities_are_many(&both, who, place, key) {
                        scenario.keys.insert(
                            key.clone(),
                            request.keys.get(key).cloned().unwrap_or_default(),
                        );
                    }
                }
                let caller = match &caller {
                    Caller::Role(key) => Caller::Session(*key, request.session.clone()),
                    other => other.clone(),
                };
                let verdict = call(&both.facts, &caller, &target, &scenario);
                let (answers, doubtful) =
                    over_all_readings(|doubts| both.world.call(who, place, request, doubts));
                let expected = match (answers.len(), answers.contains(&true)) {
                    (1, true) => Verdict::Allowed,
                    (1, false) => Verdict::Denied,
                    _ => Verdict::Conditional,
                };
                let to = both.world.role_arn(place.0, place.1);
                // Where a disputed rule came up the verdict may stay open.
                prop_assert!(
                    verdict == expected || (doubtful && verdict == Verdict::Conditional),
                    "{caller:?} {to}: {verdict}, expected {expected}\n{request:?}\n{scenario:?}\n{text}"
                );
            }
        }
    }
    Ok(())
}

fn possibilities_are_many(both: &Both, who: &Who, place: (usize, usize), key: &str) -> bool {
    (key != "aws:userid" || !matches!(who, Who::Role(..)))
        && possibilities(&both.world, who, place, Born::Unknown, key).len() > 1
}

/// Paths of up to three hops, as wholes.
fn check_paths(text: &str) -> Result<(), TestCaseError> {
    let both = Both::new(text);
    let graph = Graph::build(both.facts.clone());
    let places = both.places();
    let mut known: HashMap<String, BTreeSet<bool>> = HashMap::new();
    let (who, key) = both.user();
    let subject = Subject {
        issuer: "gitlab.com".to_owned(),
        subject: "group/a".to_owned(),
        audience: Some("one".to_owned()),
    };
    let mut starts = vec![
        (Node::User(key), who, Born::User),
        (Node::Subject(subject), bearer("group/a", "one"), Born::Token),
    ];
    for place in &places {
        starts.push((Node::Role(both.role(*place)), Who::Role(place.0, place.1), Born::Unknown));
    }
    for (start, who, born) in starts {
        let mut paths = vec![(vec![start.clone()], vec![])];
        while let Some((nodes, hops)) = paths.pop() {
            if !hops.is_empty() {
                let Some(route) = search::judge(&graph, &nodes) else { panic!("no path") };
                let mut outcomes = Vec::new();
                for (index, place) in hops.iter().enumerate() {
                    let (caller, born) = match index {
                        0 => (who.clone(), Born::Unknown),
                        _ => {
                            let (account, role): (usize, usize) = hops[index - 1];
                            (Who::Role(account, role), born)
                        }
                    };
                    let name = format!("{caller:?} {place:?} {born:?}");
                    let outcome =
                        known.entry(name).or_insert_with(|| both.outcomes(&caller, *place, born));
                    outcomes.push(outcome.clone());
                }
                // What one hop passes binds the next, so hops that succeed need not do so together.
                let bound = both.text.contains("aws:RequestTag/");
                let can = !bound && outcomes.iter().all(|outcome| outcome.contains(&true));
                let can_fail = outcomes.iter().any(|outcome| outcome.contains(&false));
                prop_assert!(
                    route.verdict != Verdict::Denied || !can,
                    "{nodes:?}: denied, and requests succeed\n{}",
                    both.text
                );
                prop_assert!(
                    route.verdict != Verdict::Allowed || !can_fail,
                    "{nodes:?}: allowed, and a request fails\n{}",
                    both.text
                );
                if route.verdict == Verdict::Denied {
                    continue;
                }
            }
            if hops.len() < 3 {
                for place in &places {
                    let node = Node::Role(both.role(*place));
                    if !nodes.contains(&node) {
                        let (mut longer, mut more) = (nodes.clone(), hops.clone());
                        longer.push(node);
                        more.push(*place);
                        paths.push((longer, more));
                    }
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(10))]

    #[test]
    fn no_completion_contradicts_a_verdict(text in organization()) {
        check_one_call(&text)?;
    }

    #[test]
    fn with_everything_stated_the_verdict_is_exact(text in organization()) {
        check_stated(&text)?;
    }

    #[test]
    fn no_completion_contradicts_the_verdict_of_a_path(text in organization()) {
        check_paths(&text)?;
    }
}

/// Most of what is called conditional does depend on something.
#[test]
fn conditional_mostly_means_that_it_depends() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut open, mut imprecise) = (0, 0);
    for _ in 0..16 {
        let text = organization().new_tree(&mut runner).unwrap().current();
        let (more, wrong) = check_one_call(&text).unwrap();
        open += more;
        imprecise += wrong;
    }
    assert!(open > 15 && imprecise * 3 < open, "{imprecise} of {open}");
}
