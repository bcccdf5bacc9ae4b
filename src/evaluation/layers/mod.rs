//! Which policies take part in a call, and how they combine (rules G1 to G7).

mod control;
mod identity;
mod session;
mod token;
mod trust;

use crate::org::{ControlPolicyKind, DocumentKey};
use crate::policy::Action;

use super::caller::{Call, Caller};
use super::context::Context;
use super::decision::{Layer, RequirementKind as Kind};
use super::evidence::Recorder;
use super::given::{Given, denial, given};
use super::logic::{Logic, Term};
use super::principal::{Class, Ways};
use super::statement::{self, Place, Principals};

/// What one layer, or one level of it, contributes.
pub(super) struct Part<'p, T> {
    pub(super) layer: Layer,
    pub(super) level: Option<&'p str>,
    /// That it allows; true where it only can deny.
    pub(super) allow: T,
    /// That it denies.
    pub(super) deny: T,
    /// Whether it has a part in the call at all.
    pub(super) applies: bool,
    /// Why it blocks, where no statement says so.
    pub(super) note: Option<String>,
}

impl<T: Term> Part<'_, T> {
    fn new(layer: Layer) -> Self {
        Self { layer, level: None, allow: T::TRUE, deny: T::FALSE, applies: true, note: None }
    }

    fn idle(layer: Layer) -> Self {
        Self { applies: false, ..Self::new(layer) }
    }
}

/// One action of a call, worked out.
pub(super) struct Worked<'p, T> {
    pub(super) action: Action,
    /// That the action is allowed.
    pub(super) term: T,
    /// In the order of [`Layer`]; none where nobody asked for evidence.
    pub(super) parts: Vec<Part<'p, T>>,
    /// What the reason of a denial is told from.
    pub(super) grants: Grants<T>,
}

/// That a call is granted, by how much of the caller's side is looked at.
pub(super) struct Grants<T> {
    /// That the trust policy grants it, whatever the caller's side says.
    pub(super) by_trust: T,
    /// With what the caller's side must add, if all of that allowed.
    pub(super) with_all: T,
    /// The same with its identity-based policies as they are.
    pub(super) with_identity_only: T,
    /// The same with its boundary as it is.
    pub(super) with_boundary_only: T,
    /// The same with its session policy as it is.
    pub(super) with_session_only: T,
}

/// Works one action of the call out. Without a recorder the work ends where the answer is known.
pub(super) fn work<'a, L: Logic, R: Recorder>(
    context: &'a Context<'a>,
    action: Action,
    logic: &mut L,
    recorder: &mut R,
) -> Worked<'a, L::Term> {
    let mut worker = Worker { context, action, logic, recorder };
    let mut sum = Sum { allowed: Term::TRUE, parts: Vec::new() };
    let done = worker.all(&mut sum);
    let grants = done.unwrap_or_else(|| Grants {
        by_trust: Term::FALSE,
        with_all: Term::FALSE,
        with_identity_only: Term::FALSE,
        with_boundary_only: Term::FALSE,
        with_session_only: Term::FALSE,
    });
    Worked { action, term: sum.allowed, parts: sum.parts, grants }
}

/// The layers so far.
struct Sum<'p, T> {
    allowed: T,
    parts: Vec<Part<'p, T>>,
}

impl<'p, T: Term> Sum<'p, T> {
    /// Adds a layer; `None` ends the work: the call is denied, and nobody asks why.
    fn add<R: Recorder>(&mut self, part: Part<'p, T>, gate: bool) -> Option<()> {
        self.and(!part.deny.clone());
        if gate {
            self.and(part.allow.clone());
        }
        if R::WANTED {
            self.parts.push(part);
        }
        self.goes_on::<R>()
    }

    fn and(&mut self, term: T) {
        self.allowed = std::mem::replace(&mut self.allowed, T::FALSE).and(term);
    }

    fn goes_on<R: Recorder>(&self) -> Option<()> {
        (R::WANTED || !self.allowed.is_false()).then_some(())
    }
}

struct Worker<'w, 'a, L, R> {
    context: &'a Context<'a>,
    action: Action,
    logic: &'w mut L,
    recorder: &'w mut R,
}

impl<'a, L: Logic, R: Recorder> Worker<'_, 'a, L, R> {
    fn all(&mut self, sum: &mut Sum<'a, L::Term>) -> Option<Grants<L::Term>> {
        let sts = self.sts();
        sum.add::<R>(sts, true)?;
        let provider = self.provider();
        sum.add::<R>(provider, true)?;
        let (trust, ways) = self.trust();
        sum.add::<R>(trust, false)?;
        if !R::WANTED && ways.is_none() {
            sum.and(Term::FALSE);
            return None;
        }
        let identity = self.identity();
        let boundary = self.boundary();
        let session = self.session();
        let by = Side {
            identity: identity.allow.clone(),
            boundary: boundary.allow.clone(),
            session: session.allow.clone(),
        };
        let grants = self.grants(&ways, &by, sum);
        sum.add::<R>(identity, false)?;
        sum.add::<R>(boundary, false)?;
        sum.add::<R>(session, false)?;
        self.control(ControlPolicyKind::Service, sum)?;
        self.control(ControlPolicyKind::Resource, sum)?;
        if self.call().scenario.endpoint {
            let endpoint = self.endpoint();
            sum.add::<R>(endpoint, true)?;
        }
        Some(grants)
    }

    /// That the call is granted goes into the sum; for the reason of a denial, how nearly it is.
    fn grants(
        &mut self,
        ways: &Ways<L::Term>,
        by: &Side<L::Term>,
        sum: &mut Sum<'a, L::Term>,
    ) -> Grants<L::Term> {
        let unclear = self.unclear(ways, by);
        sum.and(self.granted(ways, by, &unclear));
        let yes = || L::Term::TRUE;
        if !R::WANTED {
            return Grants {
                by_trust: yes(),
                with_all: yes(),
                with_identity_only: yes(),
                with_boundary_only: yes(),
                with_session_only: yes(),
            };
        }
        let with = |identity: L::Term, boundary: L::Term, session: L::Term| {
            self.granted(ways, &Side { identity, boundary, session }, &unclear)
        };
        let Side { identity, boundary, session } = by;
        Grants {
            by_trust: ways.any(),
            with_all: with(yes(), yes(), yes()),
            with_identity_only: with(identity.clone(), yes(), yes()),
            with_boundary_only: with(yes(), boundary.clone(), yes()),
            with_session_only: with(yes(), yes(), session.clone()),
        }
    }

    /// Whether a boundary limits a user, and a session policy a session, that the trust policy
    /// names itself (rules D1 and D2).
    fn unclear(&mut self, ways: &Ways<L::Term>, by: &Side<L::Term>) -> (L::Term, L::Term) {
        let context = self.context;
        let mut ask = |matters: bool, key: &str, text: &str| {
            if !matters {
                return L::Term::FALSE;
            }
            given(context, self.logic, || Given {
                key: key.into(),
                value: "".into(),
                kind: Kind::AmbiguousRule,
                text: || text.to_owned(),
            })
        };
        let user = ask(
            !by.boundary.is_true() && !ways.of(Class::User).is_false(),
            "boundary of a user who is named",
            "AWS's pages disagree on whether a boundary limits a user whom the trust policy names \
             (rule D1): try it live",
        );
        let session = ask(
            !by.session.is_true() && !ways.of(Class::Session).is_false(),
            "session policy of a session that is named",
            "sources disagree on whether a session policy limits a session that the trust policy \
             names (rule D2): try it live",
        );
        (user, session)
    }

    /// What the caller's side must add to a grant depends on how the trust policy names the
    /// caller and on whether both are of one account (rules G1, G2, D1, D2 and D3).
    fn granted(
        &self,
        ways: &Ways<L::Term>,
        by: &Side<L::Term>,
        unclear: &(L::Term, L::Term),
    ) -> L::Term {
        let way = |class| ways.of(class);
        match self.call().caller {
            Caller::Token(_) | Caller::Saml(_) => way(Class::Federated).or(way(Class::Anyone)),
            Caller::Service(_) => way(Class::Service).or(way(Class::Anyone)),
            _ => {
                let caps = by.boundary.clone().and(by.session.clone());
                let all = by.identity.clone().and(caps.clone());
                if self.context.caller_account != Some(self.context.target_account) {
                    return ways.any().and(all);
                }
                way(Class::Anyone)
                    .or(way(Class::Session).and(by.session.clone().or(unclear.1.clone())))
                    .or(way(Class::User).and(by.boundary.clone().or(unclear.0.clone())))
                    .or(way(Class::Role).and(caps))
                    .or(way(Class::Account).and(all))
            }
        }
    }

    fn call(&self) -> &'a Call<'a> {
        self.context.call
    }

    /// That a policy allows, and that it denies. What was not read may do either.
    fn policy(
        &mut self,
        document: Option<DocumentKey>,
        principals: Principals,
        place: Place<'_>,
    ) -> (L::Term, L::Term) {
        let facts = self.context.facts;
        let Some(document) = document else {
            return self.unread(place, || "its document is missing".to_owned());
        };
        let document = match &facts.documents[document].parsed {
            Ok(document) => document,
            Err(error) => return self.unread(place, || format!("it does not parse: {error}")),
        };
        if !R::WANTED
            && principals == Principals::None
            && let Some((allows, denies)) = document.always(self.action)
        {
            return (allows.into(), denies.into());
        }
        // What resource control policies allow is known, so those that can't deny are done.
        if !R::WANTED && principals == Principals::Everyone && !document.may_deny(self.action) {
            return (Term::FALSE, Term::FALSE);
        }
        let effects = statement::evaluate(
            document,
            self.action,
            principals,
            &place,
            self.context,
            self.logic,
            self.recorder,
        );
        (effects.allow.any(), effects.deny)
    }

    /// Two atoms: that what was not read allows, and that it denies (rule L4).
    fn unread(&mut self, place: Place<'_>, why: impl Fn() -> String) -> (L::Term, L::Term) {
        let action = self.action.as_str();
        let Place { policy, attached_to, .. } = place;
        let why = &why;
        let about = |word: &str, must: &'static str| Given {
            key: format!("{attached_to} {policy} {word}").into(),
            value: action.into(),
            kind: Kind::NotRead,
            text: move || {
                let at = place.level.map(|level| format!(" at `{level}`")).unwrap_or_default();
                let why = why();
                format!(
                    "`{policy}` of `{attached_to}`{at}, which was not read ({why}), {must} the call"
                )
            },
        };
        let allow = given(self.context, self.logic, || about("allows", "must allow"));
        let deny = denial(self.context, self.logic, || about("denies", "must not deny"));
        (allow, deny)
    }
}

/// What the caller's side allows.
struct Side<T> {
    identity: T,
    boundary: T,
    session: T,
}
