//! From layers to a verdict and its evidence.

use crate::org::Facts;
use crate::policy::{Action, Effect};

use super::caller::Call;
use super::caveat::caveats;
use super::companion::{self, Needed};
use super::context::Context;
use super::decision::{
    Caveat, Companion, Decision, LayerResult, Outcome, PathDecision, Requirements, Verdict,
};
use super::evidence::{Evidence, NoEvidence};
use super::layers::{self, Part, Worked};
use super::logic::{Atoms, Formula, Logic, Sketch, Term, Truth};
use super::reason::reason;

/// The verdict with everything that led to it.
pub fn decide(facts: &Facts, call: &Call<'_>) -> Decision {
    let path = decide_path(facts, std::slice::from_ref(call));
    path.hops.into_iter().next().unwrap_or_else(|| Decision {
        verdict: path.verdict,
        reason: None,
        layers: Vec::new(),
        companions: Vec::new(),
        requirements: path.requirements,
        caveats: Vec::new(),
    })
}

/// The verdict alone. Nothing is allocated unless what is unknown hangs together, or is a variable of a
/// resource.
pub fn judge(facts: &Facts, call: &Call<'_>) -> Verdict {
    sketch_path(facts, std::slice::from_ref(call)).unwrap_or_else(|| {
        let mut atoms = Atoms::silent();
        let formula = over_path(facts, std::slice::from_ref(call), &mut atoms);
        verdict_of(&atoms, &formula)
    })
}

/// The verdict of a path without a formula; `None` where it takes one.
fn sketch_path(facts: &Facts, calls: &[Call<'_>]) -> Option<Verdict> {
    // Of what is handed on there is no sketch.
    if calls.iter().any(|call| call.hop > 1 && call.service().hands_on_tags()) {
        return None;
    }
    let mut sketch = Sketch::default();
    let mut all = Term::TRUE;
    // The last hops are those that look at what was handed on.
    for call in calls.iter().rev() {
        all = Term::and(all, sketch_call(facts, call, &mut sketch));
        if all.is_false() {
            return Some(Verdict::Denied);
        }
        if sketch.gave_up() && !all.is_true() {
            return None;
        }
    }
    sketch.verdict(all)
}

/// The call without a formula; it may end where it is denied.
fn sketch_call(facts: &Facts, call: &Call<'_>, sketch: &mut Sketch) -> <Sketch as Logic>::Term {
    let context = Context::new(facts, call);
    let mut all = Term::TRUE;
    for action in actions(call) {
        all = Term::and(all, layers::work(&context, action, sketch, &mut NoEvidence).term);
        if all.is_false() {
            break;
        }
    }
    all
}

/// The verdict of a path and what it takes, without evidence. The calls are its hops, in order;
/// each carries its number and what the path began with.
pub fn judge_path(facts: &Facts, calls: &[Call<'_>]) -> (Verdict, Requirements) {
    let mut atoms = Atoms::default();
    let formula = over_path(facts, calls, &mut atoms);
    judged(&atoms, &formula)
}

/// The verdict of [`judge_path`] alone, which takes much less than to tell what has to hold; and
/// whether later hops are free: it can succeed with nothing handed on that they would have to let
/// pass (rules C4 and D11). Then a hop that does not look at the session makes of it what it makes of
/// any way.
pub fn path_verdict(facts: &Facts, calls: &[Call<'_>]) -> (Verdict, bool) {
    let nothing_yet = !calls.iter().any(|call| call.service().hands_on());
    if let Some(verdict) = sketch_path(facts, calls) {
        return (verdict, nothing_yet && verdict != Verdict::Denied);
    }
    let mut atoms = Atoms::silent();
    let formula = over_path(facts, calls, &mut atoms);
    let free = nothing_yet && atoms.holds_without(&formula, companion::is_handed_on);
    (verdict_of(&atoms, &formula), free)
}

/// Whether a call that succeeds can do what takes another permission beside its own: always or never;
/// `None` where it depends.
pub fn rides_along(facts: &Facts, call: &Call<'_>, action: Action) -> Option<bool> {
    let mut atoms = Atoms::silent();
    let context = Context::new(facts, call);
    let mut of = |action| layers::work(&context, action, &mut atoms, &mut NoEvidence).term;
    let succeeds = Formula::all(actions(call).map(&mut of));
    let beside = of(action);
    if atoms.is_never(&succeeds.clone().and(!beside.clone())) {
        Some(true)
    } else {
        atoms.is_never(&succeeds.and(beside)).then_some(false)
    }
}

/// Under what the hops succeed one after the other (rule C2).
fn over_path(facts: &Facts, calls: &[Call<'_>], atoms: &mut Atoms) -> Formula {
    let hops = calls.iter().map(|call| {
        let context = Context::new(facts, call);
        Formula::all(
            actions(call).map(|action| layers::work(&context, action, atoms, &mut NoEvidence).term),
        )
    });
    let hops: Vec<Formula> = hops.collect();
    let formula = Formula::all(asking(calls, hops, atoms));
    let judge = |call: usize, action, atoms: &mut Atoms| {
        calls.get(call).map_or(Formula::TRUE, |call| {
            layers::work(&Context::new(facts, call), action, atoms, &mut NoEvidence).term
        })
    };
    let needed = companion::implied(calls, &formula, atoms, judge);
    let kept = kept(calls, &formula, &needed, atoms);
    with_needed(formula, &needed, kept)
}

/// What each call keeps where it succeeds as `formula` says, with the permissions that it needs.
fn kept(
    calls: &[Call<'_>],
    formula: &Formula,
    needed: &[Needed],
    atoms: &mut Atoms,
) -> Vec<Formula> {
    let given = needed.iter().map(|needed| &needed.given);
    let formulas: Vec<&Formula> = std::iter::once(formula).chain(given).collect();
    companion::kept_values(calls, &formulas, atoms)
}

/// That the calls succeed as `formula` says, with the permissions for all that they pass.
fn with_needed(formula: Formula, needed: &[Needed], kept: Vec<Formula>) -> Formula {
    formula.and(Formula::all(needed.iter().map(Needed::formula))).and(Formula::all(kept))
}

/// What each of the hops asks of the calls. One that holds whatever can be passed asks for nothing,
/// even where its policies look at a tag (rules T5 and C4).
fn asking(calls: &[Call<'_>], mut hops: Vec<Formula>, atoms: &mut Atoms) -> Vec<Formula> {
    let all = Formula::all(hops.iter().cloned());
    if !companion::asks(&all, atoms) {
        return hops;
    }
    let kept = Formula::all(companion::kept_values(calls, &[&all], atoms));
    for hop in &mut hops {
        let holds = atoms.truth(hop) == Truth::Always;
        if holds || atoms.is_never(&(!hop.clone()).and(kept.clone())) {
            *hop = Formula::TRUE;
        }
    }
    hops
}

/// Decides a path with the evidence of every hop, as [`judge_path`] does without.
pub fn decide_path(facts: &Facts, calls: &[Call<'_>]) -> PathDecision {
    let mut atoms = Atoms::default();
    let contexts: Vec<Context<'_>> = calls.iter().map(|call| Context::new(facts, call)).collect();
    let mut hops: Vec<Hop<'_>> = contexts
        .iter()
        .map(|context| Hop {
            context,
            actions: actions(context.call)
                .map(|action| Judged::of(context, action, &mut atoms))
                .collect(),
            asked: Formula::TRUE,
            implied: Vec::new(),
            kept: Formula::TRUE,
        })
        .collect();
    let stated = hops.iter().map(Hop::stated).collect();
    let asked = asking(calls, stated, &mut atoms);
    for (hop, asked) in hops.iter_mut().zip(&asked) {
        hop.asked = asked.clone();
    }
    let formula = Formula::all(asked);
    let mut beside = Vec::new();
    let judge = |call: usize, action, atoms: &mut Atoms| {
        contexts.get(call).map_or(Formula::TRUE, |context| {
            let judged = Judged::of(context, action, atoms);
            let given = judged.worked.term.clone();
            beside.push(judged);
            given
        })
    };
    let needed = companion::implied(calls, &formula, &mut atoms, judge);
    let kept = kept(calls, &formula, &needed, &mut atoms);
    for (hop, kept) in hops.iter_mut().zip(&kept) {
        hop.kept = kept.clone();
    }
    let formula = with_needed(formula, &needed, kept);
    for (needed, judged) in needed.into_iter().zip(beside) {
        if let Some(hop) = hops.get_mut(needed.call) {
            hop.implied.push((needed, judged));
        }
    }
    let (verdict, requirements) = judged(&atoms, &formula);
    let hops = hops.into_iter().map(|hop| hop.decision(&atoms)).collect();
    PathDecision { verdict, requirements, hops }
}

/// One hop of a path while it is decided.
struct Hop<'c> {
    context: &'c Context<'c>,
    /// The call's action, and what the question says that it needs beside it.
    actions: Vec<Judged<'c>>,
    /// What these ask of the call.
    asked: Formula,
    /// What it needs beside these where it passes what the policies ask for.
    implied: Vec<(Needed, Judged<'c>)>,
    /// That it passes nothing again with another value.
    kept: Formula,
}

impl Hop<'_> {
    /// That the stated call succeeds.
    fn stated(&self) -> Formula {
        Formula::all(self.actions.iter().map(|each| each.worked.term.clone()))
    }

    /// That it succeeds with all that it passes.
    fn term(&self) -> Formula {
        let needed = Formula::all(self.implied.iter().map(|(needed, _)| needed.formula()));
        self.asked.clone().and(needed).and(self.kept.clone())
    }

    fn decision(self, atoms: &Atoms) -> Decision {
        let (facts, call) = (self.context.facts, self.context.call);
        let (verdict, requirements) = judged(atoms, &self.term());
        let never = |judged: &&Judged<'_>| atoms.truth(&judged.worked.term) == Truth::Never;
        let implied = self.implied.iter().map(|(_, judged)| judged);
        let blocked = self
            .actions
            .iter()
            .find(never)
            .or_else(|| implied.clone().find(never))
            .or_else(|| self.actions.first());
        let reason = blocked
            .filter(|_| verdict == Verdict::Denied)
            .map(|blocked| reason(facts, call, &blocked.worked, atoms));
        let mut caveats = caveats(facts, call);
        let inherits = |(needed, _): &(Needed, Judged<'_>)| {
            needed.action == Action::TagSession && call.hop > 1
        };
        if self.context.took_no_tags() || self.implied.iter().any(inherits) {
            caveats.push(Caveat {
                id: "D11",
                text: "assumes that tags which an earlier hop handed on need `sts:TagSession` too"
                    .to_owned(),
            });
        }
        let mut judged =
            self.actions.into_iter().chain(self.implied.into_iter().map(|(_, judged)| judged));
        let layers = judged.next().map(|main| main.results(atoms)).unwrap_or_default();
        let companions = judged.map(|each| each.companion(facts, call, atoms)).collect();
        Decision { verdict, reason, layers, companions, requirements, caveats }
    }
}

/// One action with its evidence.
struct Judged<'c> {
    worked: Worked<'c, Formula>,
    evidence: Evidence,
}

impl<'c> Judged<'c> {
    fn of(context: &'c Context<'c>, action: Action, atoms: &mut Atoms) -> Self {
        let mut evidence = Evidence::default();
        let worked = layers::work(context, action, atoms, &mut evidence);
        Self { worked, evidence }
    }

    fn results(&self, atoms: &Atoms) -> Vec<LayerResult> {
        self.worked.parts.iter().map(|part| result(part, &self.evidence, atoms)).collect()
    }

    fn companion(&self, facts: &Facts, call: &Call<'_>, atoms: &Atoms) -> Companion {
        let verdict = verdict_of(atoms, &self.worked.term);
        let denied = verdict == Verdict::Denied;
        Companion {
            action: self.worked.action.as_str(),
            verdict,
            reason: denied.then(|| reason(facts, call, &self.worked, atoms)),
            layers: self.results(atoms),
        }
    }
}

/// What a formula means as a verdict, and what has to hold (rules L2 and L6).
fn judged(atoms: &Atoms, formula: &Formula) -> (Verdict, Requirements) {
    let truth = atoms.truth(formula);
    (verdict_as(truth, atoms, formula), atoms.requirements(formula, truth))
}

/// What a formula means as a verdict (rule L2).
fn verdict_of(atoms: &Atoms, formula: &Formula) -> Verdict {
    verdict_as(atoms.truth(formula), atoms, formula)
}

fn verdict_as(truth: Truth, atoms: &Atoms, formula: &Formula) -> Verdict {
    match truth {
        Truth::Always => Verdict::Allowed,
        Truth::Never => Verdict::Denied,
        Truth::Sometimes if atoms.only_unread(formula) => Verdict::Unknown,
        Truth::Sometimes => Verdict::Conditional,
    }
}

/// The call's action, and those that passing tags, a source identity or context assertions needs
/// beside it (rule T5).
fn actions(call: &Call<'_>) -> impl Iterator<Item = Action> {
    let main = call.action;
    // Of tags that are handed on see `companion`: they may be left out.
    let tags = call.hop == 1 && call.service().passes_tags();
    let more = [
        (tags || call.scenario.passes_tags(), Action::TagSession),
        (call.passes_source_identity(), Action::SetSourceIdentity),
        (call.scenario.passes_contexts(), Action::SetContext),
    ];
    let more = more.into_iter().filter(|(needed, _)| *needed).map(|(_, action)| action);
    std::iter::once(main).chain(more.filter(move |action| *action != main))
}

fn result(part: &Part<'_, Formula>, evidence: &Evidence, atoms: &Atoms) -> LayerResult {
    let level = part.level;
    let outcome = if part.applies {
        match (atoms.truth(&part.deny), atoms.truth(&part.allow)) {
            (Truth::Always, _) => Outcome::Deny,
            (_, Truth::Never) => Outcome::NoMatch,
            (Truth::Never, Truth::Always) => Outcome::Allow,
            _ => Outcome::Open,
        }
    } else {
        Outcome::NotApplicable
    };
    let list = |effect| evidence.statements(part.layer, level, effect);
    let statements = match outcome {
        Outcome::Deny => list(Effect::Deny),
        Outcome::Allow => list(Effect::Allow),
        Outcome::Open => {
            let mut both = list(Effect::Deny);
            for statement in list(Effect::Allow) {
                if !both.contains(&statement) {
                    both.push(statement);
                }
            }
            both
        }
        Outcome::NoMatch | Outcome::NotApplicable => Vec::new(),
    };
    let near_misses = match outcome {
        Outcome::NoMatch => evidence.near_misses(part.layer, level),
        _ => Vec::new(),
    };
    LayerResult {
        layer: part.layer,
        level: level.map(str::to_owned),
        outcome,
        statements,
        near_misses,
    }
}
