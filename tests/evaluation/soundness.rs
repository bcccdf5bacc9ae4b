//! Verdicts against every completion of what is not known.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::Config;
use rolewalk::evaluation::{
    Call, Caller, Claim, Lineage, Scenario, Target, Token, Verdict, decide, judge,
};
use rolewalk::org::Facts;

use crate::both::Both;
use crate::naive::{Born, Outcome, Session, Who, of_session, over_all_readings, possibilities};
use crate::random::organization;

pub(crate) fn config(cases: u32) -> Config {
    // `PROPTEST_CASES` asks for more.
    let cases =
        std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(cases);
    Config { cases, failure_persistence: None, max_shrink_iters: 4000, ..Config::default() }
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

pub(crate) fn bearer(subject: &str, audience: &str) -> Who {
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
            let outcomes: BTreeSet<Outcome> =
                stands_for.iter().flat_map(|who| both.all_outcomes(who, place)).collect();
            let to = both.world.role_arn(place.0, place.1);
            prop_assert!(
                verdict != Verdict::Unknown,
                "{caller:?} {to}: everything was read\n{text}"
            );
            prop_assert!(
                verdict != Verdict::Allowed || !outcomes.iter().any(|each| each.fails()),
                "{caller:?} {to}: allowed, and a request is denied\n{text}"
            );
            prop_assert!(
                verdict != Verdict::Denied || !outcomes.iter().any(|each| each.succeeds()),
                "{caller:?} {to}: denied, and a request is allowed\n{text}"
            );
            if verdict == Verdict::Conditional {
                open += 1;
                let of_action: BTreeSet<bool> = outcomes.iter().map(|each| each.main).collect();
                imprecise += usize::from(of_action.len() == 1);
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
            let sessions: Vec<Session> = both.sessions(who).into_iter().filter(is_stated).collect();
            let passes = both.stated_passes();
            let completions = both.completions(who, place, Born::Unknown, &sessions, passes);
            for completion in completions.iter().step_by(completions.len().div_ceil(6)) {
                let request = &completion.request;
                let mut scenario = Scenario::default();
                // What is passed is stated, also where no policy looks at it.
                let passed = request.keys.keys().filter(|key| of_session(key));
                let open = both.keys.iter().filter(|key| is_open(&both, who, place, key));
                for key in open.chain(passed) {
                    let values = request.keys.get(key).cloned().unwrap_or_default();
                    scenario.keys.insert(key.clone(), values);
                }
                let caller = match &caller {
                    Caller::Role(key) => Caller::Session(*key, request.session.clone()),
                    other => other.clone(),
                };
                let verdict = call(&both.facts, &caller, &target, &scenario);
                let (answers, doubtful) = over_all_readings(|doubts| {
                    let session = &completion.session;
                    let outcome = both.world.hop(who, place, session, request, doubts);
                    outcome.main && outcome.companions
                });
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

/// Whether a scenario can state all that the session carries: no key says what is transitive,
/// or that a source identity is inherited.
fn is_stated(session: &Session) -> bool {
    session.transitive.is_empty() && session.source_identity.is_none()
}

fn is_open(both: &Both, who: &Who, place: (usize, usize), key: &str) -> bool {
    of_session(key)
        || (key != "aws:userid" || !matches!(who, Who::Role(..)))
            && possibilities(&both.world, who, place, Born::Unknown, key).len() > 1
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
