//! Which policies take part in a call, and how they combine (rules G1 to G7).

mod control;
mod identity;
mod token;
mod trust;

use crate::org::{ControlPolicyKind, DocumentKey};
use crate::policy::{Action, Effect};

use super::caller::{Call, Caller};
use super::context::Context;
use super::decision::{Layer, RequirementKind as Kind};
use super::evidence::Recorder;
use super::formula::{Atoms, Formula};
use super::principal::{Class, given};
use super::statement::{self, Place, Principals};

/// What one layer, or one level of it, contributes.
pub(super) struct Part {
    pub(super) layer: Layer,
    pub(super) level: Option<String>,
    /// That it allows; `True` where it only can deny.
    pub(super) allow: Formula,
    /// That it denies.
    pub(super) deny: Formula,
    /// Whether it has a part in the call at all.
    pub(super) applies: bool,
    /// Why it blocks, where no statement says so.
    pub(super) note: Option<String>,
}

impl Part {
    fn new(layer: Layer) -> Self {
        Self {
            layer,
            level: None,
            allow: Formula::True,
            deny: Formula::False,
            applies: true,
            note: None,
        }
    }

    fn idle(layer: Layer) -> Self {
        Self { applies: false, ..Self::new(layer) }
    }
}

/// One action of a call, worked out.
pub(super) struct Worked {
    pub(super) action: Action,
    /// That the action is allowed.
    pub(super) formula: Formula,
    /// In the order of [`Layer`].
    pub(super) parts: Vec<Part>,
    /// That the trust policy grants it, whatever the caller's side says.
    pub(super) granted_by_trust: Formula,
    /// The same with what the caller's side must add, if its identity-based policies allowed.
    pub(super) with_identity: Formula,
    /// The same if its permissions boundary allowed.
    pub(super) with_boundary: Formula,
    /// The same if both did.
    pub(super) with_both: Formula,
}

/// The ways in which a trust policy grants a call.
#[derive(Default)]
struct Grants {
    ways: Vec<(Class, Formula)>,
}

impl Grants {
    fn add(&mut self, class: Class, formula: Formula) {
        match self.ways.iter_mut().find(|(known, _)| *known == class) {
            Some((_, known)) => *known = std::mem::replace(known, Formula::False).or(formula),
            None => self.ways.push((class, formula)),
        }
    }

    fn of(&self, class: Class) -> Formula {
        self.ways
            .iter()
            .find(|(known, _)| *known == class)
            .map_or(Formula::False, |(_, formula)| formula.clone())
    }

    fn any(&self) -> Formula {
        Formula::any(self.ways.iter().map(|(_, formula)| formula.clone()))
    }
}

/// Works one action of the call out.
pub(super) fn work<R: Recorder>(
    context: &Context<'_>,
    action: Action,
    atoms: &mut Atoms,
    recorder: &mut R,
) -> Worked {
    let mut worker = Worker { context, action, atoms, recorder };
    let sts = worker.sts();
    let provider = worker.provider();
    let (trust, grants) = worker.trust();
    let identity = worker.identity();
    let boundary = worker.boundary();
    let session = Part::idle(Layer::Session);
    let scps = worker.control(ControlPolicyKind::Service);
    let rcps = worker.control(ControlPolicyKind::Resource);

    let granted_by_trust = grants.any();
    let combine = |id: &Formula, boundary: &Formula, unclear: Formula| {
        granted(context, &grants, id, boundary, unclear)
    };
    let unclear = if boundary.allow == Formula::True {
        Formula::True
    } else if grants.of(Class::User) == Formula::False {
        Formula::False
    } else {
        let text = "AWS's pages disagree on whether a boundary limits a user whom the trust policy \
                    names: try it live";
        given(
            context,
            atoms,
            "boundary of a user who is named",
            "",
            Kind::AmbiguousRule,
            text.to_owned(),
        )
    };
    let held = combine(&identity.allow, &boundary.allow, unclear.clone());
    let with_identity = combine(&Formula::True, &boundary.allow, unclear);
    let with_boundary = combine(&identity.allow, &Formula::True, Formula::True);
    let with_both = combine(&Formula::True, &Formula::True, Formula::True);

    let mut parts = vec![sts, provider, trust, identity, boundary, session];
    parts.extend(scps);
    parts.extend(rcps);
    let denied = Formula::any(parts.iter().map(|part| part.deny.clone()));
    let gates = Formula::all(
        parts
            .iter()
            .filter(|part| {
                matches!(part.layer, Layer::Sts | Layer::Provider | Layer::Scp | Layer::Rcp)
            })
            .map(|part| part.allow.clone()),
    );
    let formula = gates.and(held).and(!denied);
    Worked { action, formula, parts, granted_by_trust, with_identity, with_boundary, with_both }
}

/// What the caller's side must add to a grant depends on how the trust policy names the caller
/// and on whether both are of one account (rules G1, G2, D1 and D3).
fn granted(
    context: &Context<'_>,
    grants: &Grants,
    identity: &Formula,
    boundary: &Formula,
    unclear: Formula,
) -> Formula {
    let by = |class| grants.of(class);
    match context.call.caller {
        Caller::Token(_) | Caller::Saml(_) => by(Class::Federated).or(by(Class::Anyone)),
        Caller::Service(_) => by(Class::Service).or(by(Class::Anyone)),
        _ => {
            let both = identity.clone().and(boundary.clone());
            if context.caller_account() != Some(context.target_account) {
                return grants.any().and(both);
            }
            Formula::any([
                by(Class::Anyone),
                by(Class::Session),
                by(Class::User).and(boundary.clone().or(unclear)),
                by(Class::Role).and(boundary.clone()),
                by(Class::Account).and(both),
            ])
        }
    }
}

struct Worker<'w, 'a, R> {
    context: &'w Context<'a>,
    action: Action,
    atoms: &'w mut Atoms,
    recorder: &'w mut R,
}

impl<'a, R: Recorder> Worker<'_, 'a, R> {
    fn call(&self) -> &'a Call<'a> {
        self.context.call
    }

    /// That a policy allows, and that it denies. What was not read may do either.
    fn policy(
        &mut self,
        document: Option<DocumentKey>,
        principals: Principals,
        place: &Place<'_>,
    ) -> (Formula, Formula) {
        let facts = self.context.facts;
        let Some(document) = document else {
            return self.unread(place, "its document is missing");
        };
        let document = match &facts.documents[document].parsed {
            Ok(document) => document,
            Err(error) => return self.unread(place, &format!("it does not parse: {error}")),
        };
        let found = statement::evaluate(
            document,
            self.action,
            principals,
            place,
            self.context,
            self.atoms,
            self.recorder,
        );
        let (mut allow, mut deny) = (Formula::False, Formula::False);
        for each in found {
            let effect = each.effect;
            let formula = each.formula();
            if effect != Some(Effect::Deny) {
                allow = allow.or(formula.clone());
            }
            if effect != Some(Effect::Allow) {
                deny = deny.or(formula);
            }
        }
        (allow, deny)
    }

    /// Two atoms: that what was not read allows, and that it denies (rule L4).
    fn unread(&mut self, place: &Place<'_>, why: &str) -> (Formula, Formula) {
        let at = place.level.map(|level| format!(" at `{level}`")).unwrap_or_default();
        let name = format!("`{}` of `{}`{at}", place.policy, place.attached_to);
        let mut atom = |word: &str, text: String| {
            let key = format!("{} {} {word}", place.attached_to, place.policy);
            given(self.context, self.atoms, &key, self.action.as_str(), Kind::NotRead, text)
        };
        let allow = atom("allows", format!("{name} was not read ({why}); it must allow the call"));
        let deny = atom("denies", format!("{name} was not read ({why}) and may deny the call"));
        (allow, deny)
    }
}

fn add(part: &mut Part, allow: Formula, deny: Formula) {
    part.allow = std::mem::replace(&mut part.allow, Formula::False).or(allow);
    part.deny = std::mem::replace(&mut part.deny, Formula::False).or(deny);
}
