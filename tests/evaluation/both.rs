//! A world with the facts of the engine beside it, and the requests that complete a question.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rolewalk::org::Facts;

use crate::fixture::{account_id, readings};
use crate::naive::{
    Born, Outcome, Pass, Request, Session, Who, World, of_session, over_all_readings, passes,
    place_of, possibilities, sessions,
};
use crate::random::KEYS;

/// So many completions of one question are tried; all, where there are no more.
const COMPLETIONS: usize = 60;

pub(crate) struct Both {
    pub(crate) text: String,
    pub(crate) world: World,
    pub(crate) facts: Arc<Facts>,
    /// The keys that its policies name, in lower case.
    pub(crate) keys: Vec<String>,
    passes: Vec<Pass>,
    known: RefCell<HashMap<String, BTreeSet<Outcome>>>,
}

/// A request, and the session that makes it.
pub(crate) struct Completion {
    pub(crate) session: Session,
    pub(crate) pass: Pass,
    pub(crate) request: Request,
}

/// All combinations of one place of each list, or so many that are spread over all.
fn combinations(lengths: &[usize], at_most: usize) -> Vec<Vec<usize>> {
    let all = lengths.iter().fold(1usize, |all, length| all.saturating_mul(*length));
    let walk = |index: usize| {
        let mut number = if all <= at_most {
            index as u64
        } else {
            (index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 8
        };
        let mut place = |length: &usize| {
            let place = number % *length as u64;
            number /= *length as u64;
            usize::try_from(place).unwrap()
        };
        lengths.iter().map(&mut place).collect()
    };
    (0..all.min(at_most)).map(walk).collect()
}

impl Both {
    pub(crate) fn new(text: &str) -> Self {
        let lower = text.to_lowercase();
        let keys: BTreeSet<String> =
            KEYS.iter().map(|key| key.to_lowercase()).filter(|key| lower.contains(key)).collect();
        Self {
            text: text.to_owned(),
            world: World::new(readings(text)),
            facts: Arc::new(Facts::build(readings(text))),
            keys: keys.into_iter().collect(),
            passes: passes(text),
            known: RefCell::default(),
        }
    }

    pub(crate) fn places(&self) -> Vec<(usize, usize)> {
        let accounts = self.world.readings.accounts.iter().enumerate();
        accounts
            .flat_map(|(index, account)| {
                (0..account.identities.read().unwrap().roles.len()).map(move |role| (index, role))
            })
            .collect()
    }

    pub(crate) fn role(&self, (account, role): (usize, usize)) -> rolewalk::org::RoleKey {
        self.facts.role_by_arn(&self.world.role_arn(account, role)).unwrap()
    }

    pub(crate) fn user(&self) -> (Who, rolewalk::org::UserKey) {
        let account = place_of(&self.world, account_id("A").unwrap());
        (Who::User(account, 0), self.facts.user_by_arn(&self.world.user_arn(account, 0)).unwrap())
    }

    /// The keys that `possibilities` knows, where the caller does not settle them.
    fn open_keys(&self, who: &Who) -> impl Iterator<Item = &str> {
        let of_role = matches!(who, Who::Role(..));
        let keys = self.keys.iter().map(String::as_str);
        keys.filter(move |key| !of_session(key) && (*key != "aws:userid" || !of_role))
    }

    /// What the caller's session may carry where nobody says how it came about.
    pub(crate) fn sessions(&self, who: &Who) -> Vec<Session> {
        match who {
            Who::Role(account, role) => sessions(&self.world, (*account, *role), &self.text),
            _ => vec![Session::default()],
        }
    }

    /// The requests that complete a question, by callers with these sessions; all of them or
    /// some.
    pub(crate) fn completions(
        &self,
        who: &Who,
        target: (usize, usize),
        born: Born,
        sessions: &[Session],
        passes: &[Pass],
    ) -> Vec<Completion> {
        let names: &[&str] = if matches!(who, Who::Role(..)) { &["ci", "x"] } else { &[""] };
        let open: Vec<(&str, Vec<Option<Vec<String>>>)> = self
            .open_keys(who)
            .map(|key| (key, possibilities(&self.world, who, target, born, key)))
            .collect();
        let lengths = |passes: usize| {
            let fixed = [sessions.len(), passes, names.len()];
            fixed.into_iter().chain(open.iter().map(|(_, list)| list.len())).collect::<Vec<_>>()
        };
        let mut found = Vec::new();
        // Calls that pass nothing are among them.
        let plain = combinations(&lengths(1), COMPLETIONS / 3);
        for places in plain.into_iter().chain(combinations(&lengths(passes.len()), COMPLETIONS)) {
            let (session, pass) = (&sessions[places[0]], &passes[places[1]]);
            if session.after(pass).is_none() {
                continue;
            }
            let mut request =
                Request { session: names[places[2]].to_owned(), ..Request::default() };
            for ((key, list), place) in open.iter().zip(&places[3..]) {
                if let Some(values) = &list[*place] {
                    request.keys.insert((*key).to_owned(), values.clone());
                }
            }
            if let Who::Role(account, role) = who {
                let id = &self.world.role(*account, *role).unique_id;
                let value = format!("{id}:{}", request.session);
                request.keys.insert("aws:userid".to_owned(), vec![value]);
            }
            session.fill(&self.world, who, target, pass, &mut request);
            found.push(Completion { session: session.clone(), pass: pass.clone(), request });
        }
        found
    }

    /// What such a call can pass. A token is assumed to hold no tags and no source identity
    /// (caveat V3).
    pub(crate) fn passes(&self, who: &Who) -> &[Pass] {
        match who {
            Who::Token(..) => &self.passes[..1],
            _ => &self.passes,
        }
    }

    /// As [`Self::passes`], of tokens as well.
    pub(crate) fn stated_passes(&self) -> &[Pass] {
        &self.passes
    }

    /// What can come of one completion, over all readings of the rules.
    pub(crate) fn outcomes(
        &self,
        who: &Who,
        target: (usize, usize),
        completion: &Completion,
    ) -> BTreeSet<Outcome> {
        let Completion { session, request, .. } = completion;
        // What no policy names can't make a difference.
        let mut keys = request.keys.clone();
        keys.retain(|key, _| self.keys.contains(key));
        let name = format!(
            "{who:?} {target:?} {keys:?} {} {:?}",
            request.session,
            session.companions(request)
        );
        if let Some(known) = self.known.borrow().get(&name) {
            return known.clone();
        }
        let (found, _) =
            over_all_readings(|doubts| self.world.hop(who, target, session, request, doubts));
        self.known.borrow_mut().insert(name, found.clone());
        found
    }

    /// What can come of a question, over all completions.
    pub(crate) fn all_outcomes(&self, who: &Who, target: (usize, usize)) -> BTreeSet<Outcome> {
        let (sessions, passes) = (self.sessions(who), self.passes(who));
        self.completions(who, target, Born::Unknown, &sessions, passes)
            .iter()
            .flat_map(|completion| self.outcomes(who, target, completion))
            .collect()
    }
}
