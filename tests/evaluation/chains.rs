//! Verdicts of paths against every way in which tags and a source identity can go along them.
//!
//! A request may pass session tags, make some of them transitive, and set a source identity. What
//! a verdict says about such requests:
//!
//! - *Denied*: no request succeeds along the path, whatever its calls pass. Passing tags, or
//!   inheriting transitive ones (the side that rule D11 takes), needs `sts:TagSession` at that
//!   hop. Setting or inheriting a source identity needs `sts:SetSourceIdentity`.
//! - *Allowed*: nobody has to pass anything. A call that passes nothing succeeds at every hop;
//!   and a call that passes what it may pass (so that everything it needs beside the action is
//!   allowed) does not fail for what the action's own policies, or those of a later hop, say
//!   about it. That a tag which no policy asks for may not be passed takes nothing away from an
//!   allowed verdict: a plain `sts:AssumeRole` is enough for a plain call.
//! - Requests that STS itself refuses (an inherited transitive tag or an inherited source
//!   identity is passed anew) are no requests.
//! - A token holds no tags and no source identity (caveat V3). The session of a role with which a
//!   path begins may carry tags or a source identity only if the role's trust policy may admit
//!   them (rule K4).

use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;
use rolewalk::evaluation::Verdict;
use rolewalk::graph::{Graph, Node, Subject, search};

use crate::both::Both;
use crate::naive::{Born, Session, Who};
use crate::random::organization;
use crate::random_chains::{chain, chained};
use crate::soundness::{bearer, config};

/// What can come of a call by a session.
#[derive(Default, Clone)]
struct Step {
    /// The sessions that calls which succeed may make.
    next: BTreeSet<Session>,
    /// Whether a call can fail that passes only what it may pass.
    fails: bool,
}

struct Walk<'b> {
    both: &'b Both,
    graph: Graph,
    places: Vec<(usize, usize)>,
    known: HashMap<(String, Born, (usize, usize), Session), Step>,
}

impl Walk<'_> {
    fn step(&mut self, who: &Who, born: Born, place: (usize, usize), session: &Session) -> &Step {
        let name = (format!("{who:?}"), born, place, session.clone());
        let both = self.both;
        self.known.entry(name).or_insert_with(|| {
            let mut step = Step::default();
            let sessions = std::slice::from_ref(session);
            for completion in both.completions(who, place, born, sessions, both.passes(who)) {
                let outcomes = both.outcomes(who, place, &completion);
                if outcomes.iter().any(|each| each.succeeds()) {
                    step.next.extend(session.after(&completion.pass));
                }
                step.fails |= outcomes.iter().any(|each| each.fails());
            }
            step
        })
    }

    /// Checks a path and all that go on from it. `sessions` are those that the path may leave,
    /// `fails` is whether one of its calls can fail.
    fn check(
        &mut self,
        nodes: &[Node],
        who: &Who,
        born: Born,
        sessions: &BTreeSet<Session>,
        fails: bool,
    ) -> Result<(), TestCaseError> {
        for place in self.places.clone() {
            let node = Node::Role(self.both.role(place));
            if nodes.contains(&node) {
                continue;
            }
            let mut nodes = nodes.to_vec();
            nodes.push(node);
            let (mut next, mut fails) = (BTreeSet::new(), fails);
            let called_as = if nodes.len() == 2 { Born::Unknown } else { born };
            for session in sessions {
                let step = self.step(who, called_as, place, session);
                next.extend(step.next.iter().cloned());
                fails |= step.fails;
            }
            let Some(route) = search::judge(&self.graph, &nodes) else { panic!("no path") };
            prop_assert!(
                route.verdict != Verdict::Denied || next.is_empty(),
                "{nodes:?}: denied, and requests succeed that leave {next:?}\n{}",
                self.both.text
            );
            prop_assert!(
                route.verdict != Verdict::Allowed || !fails,
                "{nodes:?}: allowed, and a request fails\n{}",
                self.both.text
            );
            prop_assert!(route.verdict != Verdict::Unknown, "{nodes:?}\n{}", self.both.text);
            if nodes.len() <= 3 && !next.is_empty() {
                let who = Who::Role(place.0, place.1);
                self.check(&nodes, &who, born, &next, fails)?;
            }
        }
        Ok(())
    }
}

/// Paths of up to three hops, as wholes.
fn check_paths(text: &str) -> Result<(), TestCaseError> {
    let both = Both::new(text);
    let graph = Graph::build(both.facts.clone());
    let mut walk = Walk { graph, places: both.places(), known: HashMap::new(), both: &both };
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
    for place in walk.places.clone() {
        starts.push((Node::Role(both.role(place)), Who::Role(place.0, place.1), Born::Unknown));
    }
    for (start, who, born) in starts {
        let sessions = both.sessions(&who).into_iter().collect();
        walk.check(&[start], &who, born, &sessions, false)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(10))]

    #[test]
    fn no_completion_contradicts_the_verdict_of_a_path(text in organization()) {
        check_paths(&text)?;
    }

    #[test]
    fn no_session_contradicts_the_verdict_of_a_path(text in chained()) {
        check_paths(&text)?;
    }

    #[test]
    fn no_session_contradicts_the_verdict_of_a_chain_that_lets_through(text in chain()) {
        check_paths(&text)?;
    }
}
