//! What passing tags or a source identity takes, where policies ask for them (rules T5 and C4).
//!
//! A question that says nothing about tags and source identities means a call that passes none,
//! unless a policy that decides the call looks at one: then the call may pass it, and needs the
//! permission to.

use crate::policy::{Action, Test};

use super::caller::Call;
use super::context::{REQUEST_TAG, SOURCE_IDENTITY, TRANSITIVE};
use super::decision::RequirementKind as Kind;
use super::logic::{Atom, AtomTest, Atoms, Formula, Logic, Term, Truth};

/// How many pairs of tests of one tag at two hops are compared.
const PAIRS: usize = 10_000;

/// A permission that one of the calls needs.
pub(super) struct Needed {
    /// Which of the calls.
    pub(super) call: usize,
    /// The permission.
    pub(super) action: Action,
    /// When it needs it.
    pub(super) when: Formula,
    /// When it is given.
    pub(super) given: Formula,
    /// What the call itself passes then.
    passes: Formula,
}

impl Needed {
    /// That the call has the permission where it needs it.
    pub(super) fn formula(&self) -> Formula {
        (!self.when.clone()).or(self.given.clone())
    }
}

/// Whether an atom holds only where something is handed on that later hops have to let pass.
pub(super) fn is_handed_on(atom: &Atom) -> bool {
    matches!(atom.key.as_str(), SOURCE_IDENTITY | TRANSITIVE) && atom.test != AtomTest::Given
}

/// Whether the formula looks at what a call can pass.
pub(super) fn asks(formula: &Formula, atoms: &Atoms) -> bool {
    let asked = Asked::of(formula, atoms);
    !asked.tags.is_empty() || !asked.handed_on.is_empty() || asked.source_identity.is_some()
}

/// The permissions that the calls need for what `formula` says they may pass. A permission may
/// itself look at something else that is passed, which then takes one too. `judge` says when the
/// action is permitted to the call, and is asked once for each.
pub(super) fn implied(
    calls: &[Call<'_>],
    formula: &Formula,
    atoms: &mut Atoms,
    mut judge: impl FnMut(usize, Action, &mut Atoms) -> Formula,
) -> Vec<Needed> {
    let mut asked = Asked::of(formula, atoms);
    let mut found: Vec<Needed> = Vec::new();
    let mut goes_on = true;
    while goes_on {
        let before = asked.clone();
        for (index, call) in calls.iter().enumerate() {
            for (action, when, passes) in before.permissions(call, atoms) {
                let same = |known: &&mut Needed| known.call == index && known.action == action;
                if let Some(known) = found.iter_mut().find(same) {
                    (known.when, known.passes) = (when, passes);
                    continue;
                }
                let given = judge(index, action, atoms);
                // What is never given is not passed, so what it would take is nothing to ask for.
                if atoms.truth(&given) == Truth::Sometimes {
                    asked.add(&given, atoms);
                }
                found.push(Needed { call: index, action, when, given, passes });
            }
        }
        goes_on = asked != before;
    }
    for needed in found.iter().filter(|needed| needed.given.is_false()) {
        atoms.rule_out(&needed.passes);
    }
    found
}

/// That a hop which passes a tag again keeps the value that an earlier one handed on: STS refuses
/// another (rule C4). For each of the calls, what it keeps.
pub(super) fn kept_values(
    calls: &[Call<'_>],
    formulas: &[&Formula],
    atoms: &mut Atoms,
) -> Vec<Formula> {
    let mut asked = Asked::default();
    for formula in formulas {
        asked.add(formula, atoms);
    }
    let mut kept = vec![Formula::TRUE; calls.len()];
    for (hop, name) in &asked.handed_on {
        let key = format!("{REQUEST_TAG}{name}");
        for (call, kept) in calls.iter().zip(&mut kept).filter(|(call, _)| call.hop > *hop) {
            if !asked.tags.contains(&(call.hop, key.clone())) {
                continue;
            }
            let (before, here) = (call.kind_of_hop(*hop), call.kind_of_hop(call.hop));
            let again = tag(*hop, name, before, atoms)
                .and(handed_on(*hop, name, before, atoms))
                .and(tag(call.hop, name, here, atoms));
            let same = same_value(&key, (*hop, call.hop), formulas, atoms);
            *kept = std::mem::replace(kept, Formula::TRUE).and((!again).or(same));
        }
    }
    kept
}

/// That what is asked of a key at two hops holds of one value.
fn same_value(
    key: &str,
    (first, second): (usize, usize),
    formulas: &[&Formula],
    atoms: &mut Atoms,
) -> Formula {
    let told: Vec<Atom> = atoms.of_all(formulas).cloned().collect();
    let of = |hop: usize| -> Vec<Atom> {
        let about = |atom: &&Atom| {
            atom.hop == hop && atom.key == key && matches!(atom.test, AtomTest::Compare(_))
        };
        told.iter().filter(about).cloned().collect()
    };
    let (ones, twos) = (of(first), of(second));
    if ones.len().saturating_mul(twos.len()) > PAIRS {
        return atoms.open(Atom {
            hop: second,
            key: format!("{key} as before"),
            written_key: written(key),
            test: AtomTest::Given,
            values: Vec::new(),
            kind: Kind::CallerChoice,
            text: Some(format!("`{}` keeps the value that it has", written(key))),
            text_negated: None,
        });
    }
    let mut all = Formula::TRUE;
    for (one, two) in pairs(&ones, &twos) {
        let (excludes, forth, back) = (one.excludes(&two), one.implies(&two), two.implies(&one));
        let (one, two) = (atoms.open(one), atoms.open(two));
        if excludes {
            all = all.and(!one.clone().and(two.clone()));
        }
        if forth {
            all = all.and((!one.clone()).or(two.clone()));
        }
        if back {
            all = all.and((!two).or(one));
        }
    }
    all
}

fn pairs(ones: &[Atom], twos: &[Atom]) -> Vec<(Atom, Atom)> {
    ones.iter().flat_map(|one| twos.iter().map(move |two| (one.clone(), two.clone()))).collect()
}

/// What formulas ask about tags and source identities.
#[derive(Default, Clone, PartialEq)]
struct Asked {
    /// Request keys that pass tags, by hop.
    tags: Vec<(usize, String)>,
    /// Tags of which it is asked whether a hop handed them on.
    handed_on: Vec<(usize, String)>,
    /// Hops of which something else is asked about what they hand on.
    hands_on: Vec<usize>,
    /// The first hop whose source identity is asked for.
    source_identity: Option<usize>,
}

impl Asked {
    fn of(formula: &Formula, atoms: &Atoms) -> Self {
        let mut asked = Self::default();
        asked.add(formula, atoms);
        asked
    }

    fn add(&mut self, formula: &Formula, atoms: &Atoms) {
        for atom in atoms.of(formula) {
            let handed_on = matches!(
                atom.test,
                AtomTest::AnyOf(Test::StringEquals | Test::StringEqualsIgnoreCase, false)
            );
            match (atom.key.as_str(), atom.values.as_slice()) {
                (SOURCE_IDENTITY, _) => {
                    let first = self.source_identity.map_or(atom.hop, |hop| hop.min(atom.hop));
                    self.source_identity = Some(first);
                }
                (TRANSITIVE, [name]) if handed_on => {
                    let tag = (atom.hop, name.to_lowercase());
                    if !self.handed_on.contains(&tag) {
                        self.handed_on.push(tag);
                    }
                }
                (TRANSITIVE, _) if !self.hands_on.contains(&atom.hop) => {
                    self.hands_on.push(atom.hop);
                }
                _ => {}
            }
            let passes = atom.key.starts_with(REQUEST_TAG)
                || matches!(atom.key.as_str(), TRANSITIVE | "aws:tagkeys");
            let passed = (atom.hop, atom.key.clone());
            if passes && atom.test != AtomTest::Given && !self.tags.contains(&passed) {
                self.tags.push(passed);
            }
        }
    }

    /// The permissions that a call needs for it: each with when it does, and with what the call
    /// itself passes then. What the question states is judged with the call already.
    fn permissions(&self, call: &Call<'_>, atoms: &mut Atoms) -> Vec<(Action, Formula, Formula)> {
        let mut found = Vec::new();
        let judged = call.hop == 1 && call.service().passes_tags() || call.scenario.passes_tags();
        if !judged && call.action != Action::TagSession {
            let passes = self.passes_tags(call, call.hop, atoms);
            let when = passes.clone().or(self.inherits_tags(call, atoms));
            if !when.is_false() {
                found.push((Action::TagSession, when, passes));
            }
        }
        let source_identity = self.source_identity.is_some_and(|first| first <= call.hop);
        if source_identity
            && !call.passes_source_identity()
            && call.action != Action::SetSourceIdentity
        {
            let when = present(call.hop, SOURCE_IDENTITY, call.kind_of_hop(call.hop), atoms);
            found.push((Action::SetSourceIdentity, when, Formula::FALSE));
        }
        found
    }

    /// That a hop up to this call's passes tags.
    fn passes_tags(&self, call: &Call<'_>, hop: usize, atoms: &mut Atoms) -> Formula {
        let here = self.tags.iter().filter(|(at, _)| *at == hop);
        Formula::any(here.map(|(_, key)| present(hop, key, call.kind_of_hop(hop), atoms)))
    }

    /// Tags that were handed on count as passed (rule D11).
    fn inherits_tags(&self, call: &Call<'_>, atoms: &mut Atoms) -> Formula {
        let before = self.handed_on.iter().filter(|(at, _)| *at < call.hop);
        let named = Formula::any(before.map(|(at, name)| {
            let kind = call.kind_of_hop(*at);
            tag(*at, name, kind, atoms).and(handed_on(*at, name, kind, atoms))
        }));
        // Only tags that are passed can be handed on: if any is, it is inherited, whatever it is.
        let some = self.hands_on.iter().copied().filter(|at| *at < call.hop);
        // A service that hands on all that it passes does so unless somebody sees to it that it
        // passes none.
        let always = call.hop > 1 && call.service().hands_on_tags();
        let passed = if always { self.passes_tags(call, 1, atoms) } else { Formula::FALSE };
        let some = some.chain(always.then_some(1));
        let some = some.map(|at| present(at, TRANSITIVE, call.kind_of_hop(at), atoms));
        named.or(Formula::any(some)).or(passed)
    }
}

fn tag(hop: usize, name: &str, kind: Kind, atoms: &mut Atoms) -> Formula {
    present(hop, &format!("{REQUEST_TAG}{name}"), kind, atoms)
}

/// The key of something that is passed, as AWS writes it.
fn written(key: &str) -> String {
    match (key, key.strip_prefix(REQUEST_TAG)) {
        (_, Some(name)) => format!("aws:RequestTag/{name}"),
        (TRANSITIVE, None) => "sts:TransitiveTagKeys".to_owned(),
        ("aws:tagkeys", None) => "aws:TagKeys".to_owned(),
        (SOURCE_IDENTITY, None) => "sts:SourceIdentity".to_owned(),
        _ => key.to_owned(),
    }
}

fn present(hop: usize, key: &str, kind: Kind, atoms: &mut Atoms) -> Formula {
    passed(hop, key, (AtomTest::Present, Vec::new()), kind, atoms)
}

fn handed_on(hop: usize, name: &str, kind: Kind, atoms: &mut Atoms) -> Formula {
    // Keys of tags ignore case, and a policy may compare them with case: another test.
    let test = AtomTest::AnyOf(Test::StringEqualsIgnoreCase, false);
    passed(hop, TRANSITIVE, (test, vec![name.to_owned()]), kind, atoms)
}

fn passed(
    hop: usize,
    key: &str,
    (test, values): (AtomTest, Vec<String>),
    kind: Kind,
    atoms: &mut Atoms,
) -> Formula {
    let (text, text_negated) = (None, None);
    let (key, written_key) = (key.to_owned(), written(key));
    atoms.open(Atom { hop, key, written_key, test, values, kind, text, text_negated })
}
