//! Searches that tell each other what they decided.

use proptest::prelude::*;
use rolewalk::evaluation::Verdict;
use rolewalk::graph::search::{Firsts, Memo, Reached};
use rolewalk::graph::{Node, Subject, search};

use crate::brute::{HOPS, callers, graph};
use crate::random::organization;
use crate::random_chains::{chain, chained, forked, gathered};
use crate::runs;
use crate::soundness::config;

/// What one search tells the next changes no answer, whatever it begins with; returns over how many
/// ways tokens come to something that depends on the session.
fn check_memo(text: &str) -> Result<usize, TestCaseError> {
    let graph = graph(text);
    let mut sources = callers(&graph);
    for node in sources.clone() {
        let Node::Subject(subject) = node else { continue };
        for more in ["project_path:other/app:ref_type:branch:ref:main", "x", "*"] {
            let subject = Subject { subject: more.to_owned(), ..subject.clone() };
            sources.push(Node::Subject(subject));
        }
    }
    let told = |reached: &Reached<'_>| {
        let ends = reached.ends().map(|end| (end.number(), end.verdict, end.hops));
        let mut ends: Vec<(usize, Verdict, usize)> = ends.collect();
        ends.sort_unstable();
        (ends, reached.truncated)
    };
    let (mut memo, mut count) = (Memo::default(), 0);
    for node in sources.iter().chain(sources.iter().rev()) {
        // A graph remembers what was decided, so one that nobody asked.
        let unasked = crate::brute::graph(text);
        let alone = search::reachable(&unasked, node, HOPS);
        let after_others = search::reachable_with(&graph, node, HOPS, &mut memo);
        prop_assert_eq!(told(&after_others), told(&alone), "from {:?}\n{}", node, text);
        for (first, _) in search::first_hops(&graph, node) {
            let alone = search::reachable_over(&graph, node, first, HOPS, &mut Memo::default());
            let over = search::reachable_over(&graph, node, first, HOPS, &mut memo);
            prop_assert_eq!(told(&over), told(&alone), "from {:?} over {}\n{}", node, first, text);
        }
        let is_open = Firsts::of(&graph, node, HOPS).is_none();
        count += usize::from(is_open && matches!(node, Node::Subject(_) | Node::Workspace(..)));
    }
    Ok(count)
}

/// The property below is of no use where no search depends on the session.
#[test]
fn searches_that_depend_on_the_session_are_among_those_that_tell_each_other() {
    let text = "account A /Dev\naccount B /Prod\noidc A gitlab.com one\n\
        role A/R\n tp: Allow from fed:A/oidc/gitlab.com\n id: Allow sts:* on *\n\
        role A/S\n tp: Allow sts:* from A/role/R\n id: Allow sts:* on *\n\
        role B/T\n tp: Allow from A/role/S if StringEquals aws:PrincipalTag/team a";
    assert!(check_memo(text).unwrap() > 0);
}

/// Only one of two tokens may pass the tag that the second hop asks for.
#[test]
fn what_a_session_holds_of_one_token_is_not_told_of_another() {
    let text = "account A /Dev\naccount B /Prod\noidc A gitlab.com one\nrole A/R\n \
        tp: Allow sts:AssumeRoleWithWebIdentity from fed:A/oidc/gitlab.com\n \
        tp: Allow sts:TagSession from fed:A/oidc/gitlab.com if StringEquals gitlab.com:sub x\n \
        id: Allow sts:* on *\nrole B/T\n \
        tp: Allow from A/role/R if StringEquals aws:PrincipalTag/team a";
    assert!(check_memo(text).unwrap() > 0);
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn searches_that_tell_each_other_find_what_each_finds_alone(
        text in prop_oneof![
            organization(), chain(), chained(), forked(), gathered(), runs::organization(), runs::hubs(),
        ],
        unread in any::<bool>(),
    ) {
        check_memo(&if unread && !text.contains("unread") {
            format!("{text}\nunread C /Prod\n")
        } else {
            text
        })?;
    }
}
