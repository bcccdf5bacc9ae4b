//! From layers to a verdict, its reason and its evidence.

use crate::org::Facts;
use crate::policy::{Action, Effect};

use super::caller::{Call, Caller, Claim, Lineage, Target};
use super::context::Context;
use super::decision::{Caveat, Companion, Decision, Layer, LayerResult, Outcome, Reason, Verdict};
use super::evidence::{Evidence, NoEvidence};
use super::formula::{Atoms, Formula, Truth};
use super::layers::{self, Part, Worked};

/// The verdict with everything that led to it.
pub fn decide(facts: &Facts, call: &Call<'_>) -> Decision {
    let mut atoms = Atoms::default();
    decide_hop(facts, call, &mut atoms).0
}

/// As [`decide`], for one hop of a path: the atoms are those of the whole path, and the formula
/// under which the hop succeeds comes back beside the decision.
pub fn decide_hop(facts: &Facts, call: &Call<'_>, atoms: &mut Atoms) -> (Decision, Formula) {
    let context = Context::new(facts, call);
    let mut judged = actions(call).map(|action| {
        let mut evidence = Evidence::default();
        let worked = layers::work(&context, action, atoms, &mut evidence);
        let layers = worked.parts.iter().map(|part| result(part, &evidence, atoms)).collect();
        (worked, layers)
    });
    let main = judged.next();
    let more: Vec<(Worked, Vec<LayerResult>)> = judged.collect();
    let all = || main.iter().chain(&more).map(|(worked, _)| worked);
    let formula = Formula::all(all().map(|each| each.formula.clone()));
    let verdict = verdict_of(atoms, &formula);
    let blocked = all().find(|each| atoms.truth(&each.formula) == Truth::Never).or(all().next());
    let reason = blocked
        .filter(|_| verdict == Verdict::Denied)
        .map(|blocked| reason_of(facts, call, blocked, atoms));
    let requirements = atoms.requirements(&formula);
    let companions = more
        .into_iter()
        .map(|(worked, layers)| {
            let verdict = verdict_of(atoms, &worked.formula);
            let reason =
                (verdict == Verdict::Denied).then(|| reason_of(facts, call, &worked, atoms));
            Companion { action: worked.action.as_str(), verdict, reason, layers }
        })
        .collect();
    let layers = main.map(|(_, layers)| layers).unwrap_or_default();
    let caveats = caveats(facts, call);
    (Decision { verdict, reason, layers, companions, requirements, caveats }, formula)
}

/// The verdict alone.
pub fn judge(facts: &Facts, call: &Call<'_>) -> Verdict {
    let mut atoms = Atoms::default();
    let formula = judge_hop(facts, call, &mut atoms);
    verdict_of(&atoms, &formula)
}

/// As [`judge`], for one hop of a path: the formula under which the hop succeeds.
pub fn judge_hop(facts: &Facts, call: &Call<'_>, atoms: &mut Atoms) -> Formula {
    let context = Context::new(facts, call);
    Formula::all(
        actions(call).map(|action| layers::work(&context, action, atoms, &mut NoEvidence).formula),
    )
}

/// What a formula means as a verdict (rule L2).
pub fn verdict_of(atoms: &Atoms, formula: &Formula) -> Verdict {
    match atoms.truth(formula) {
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
    let more = [
        (call.scenario.passes_tags(), Action::TagSession),
        (call.scenario.passes_source_identity(), Action::SetSourceIdentity),
        (call.scenario.passes_contexts(), Action::SetContext),
    ];
    let more = more.into_iter().filter(|(needed, _)| *needed).map(|(_, action)| action);
    std::iter::once(main).chain(more.filter(move |action| *action != main))
}

/// The layer to name, in the order in which AWS names them (rule G7).
fn reason_of(facts: &Facts, call: &Call<'_>, blocked: &Worked, atoms: &Atoms) -> Reason {
    let action = blocked.action.as_str();
    let caller = caller_text(facts, call.caller);
    let target = call.target.arn(facts);
    let parts = &blocked.parts;
    let make = |part: &Part, explicit: bool, text: String| Reason {
        layer: part.layer,
        explicit,
        level: part.level.clone(),
        text,
    };
    for layer in [Layer::Sts, Layer::Provider] {
        if let Some(part) =
            parts.iter().find(|part| part.layer == layer && part.allow == Formula::False)
        {
            return make(part, false, part.note.clone().unwrap_or_default());
        }
    }
    for layer in
        [Layer::Scp, Layer::Rcp, Layer::Trust, Layer::Identity, Layer::Boundary, Layer::Session]
    {
        let denies = |part: &&Part| part.layer == layer && atoms.truth(&part.deny) == Truth::Always;
        if let Some(part) = parts.iter().find(denies) {
            let at =
                part.level.as_deref().map(|level| format!(" at `{}`", level_name(facts, level)));
            let text = format!(
                "a Deny statement in the {}{} stops `{action}` for `{caller}`",
                layer.title(),
                at.unwrap_or_default()
            );
            return make(part, true, text);
        }
    }
    let never = |formula: &Formula| atoms.truth(formula) == Truth::Never;
    if let Some(part) = parts.iter().find(|part| part.layer == Layer::Scp && never(&part.allow)) {
        let level = level_name(facts, part.level.as_deref().unwrap_or_default());
        return make(
            part,
            false,
            format!("no service control policy at `{level}` allows `{action}`"),
        );
    }
    let find = |layer: Layer| parts.iter().find(|part| part.layer == layer);
    let choice = if never(&blocked.granted_by_trust) {
        (Layer::Trust, format!("no statement of the trust policy lets `{caller}` use `{action}`"))
    } else if never(&blocked.with_both) {
        (Layer::Trust, format!("the trust policy's conditions can't all hold for `{caller}`"))
    } else if never(&blocked.with_boundary) {
        (
            Layer::Identity,
            format!("no identity-based policy of `{caller}` allows `{action}` on `{target}`"),
        )
    } else if never(&blocked.with_identity) {
        (
            Layer::Boundary,
            format!(
                "the permissions boundary of `{caller}` does not allow `{action}` on `{target}`"
            ),
        )
    } else {
        // No single layer blocks: conditions of several contradict each other. The first that
        // can deny is named.
        let denying = parts.iter().find(|part| part.deny != Formula::False);
        if let Some(part) = denying {
            let text = format!(
                "what the {} deny leaves no request that the other policies allow",
                part.layer.title()
            );
            return make(part, true, text);
        }
        (Layer::Trust, "the conditions of the policies can't all hold together".to_owned())
    };
    let (layer, text) = choice;
    let level = find(layer).and_then(|part| part.level.clone());
    Reason { layer, explicit: false, level, text }
}

/// A name for the root, OU or account that an id means.
fn level_name(facts: &Facts, id: &str) -> String {
    let container = facts.containers.values().find(|container| container.id == id);
    if let Some(container) = container {
        return if container.parent.is_none() { "Root".to_owned() } else { container.path.clone() };
    }
    let account = id.parse().ok().and_then(|id| facts.account(id));
    account.map_or_else(|| id.to_owned(), |account| facts.accounts[account].name.clone())
}

fn result(part: &Part, evidence: &Evidence, atoms: &Atoms) -> LayerResult {
    let level = part.level.as_deref();
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
    LayerResult { layer: part.layer, level: part.level.clone(), outcome, statements, near_misses }
}

fn caveats(facts: &Facts, call: &Call<'_>) -> Vec<Caveat> {
    let mut caveats = Vec::new();
    if matches!(call.caller, Caller::Role(_) | Caller::Session(..))
        && *call.lineage == Lineage::Unknown
    {
        caveats.push(Caveat {
            id: "V1",
            text: "assumes that the caller's session has no session policy, no inherited tags and no source identity".to_owned(),
        });
    }
    caveats.push(Caveat {
        id: "V2",
        text: "assumes that no VPC endpoint policy limits the call".to_owned(),
    });
    if let Caller::Token(_) = call.caller {
        caveats.push(Caveat {
            id: "V3",
            text: "assumes a valid, unexpired token whose signing keys AWS can fetch, without a list of roles, session tags or a source identity of its own".to_owned(),
        });
    }
    let account = &facts.accounts[call.target.account(facts)];
    if account.state != crate::org::reading::AccountState::Active {
        caveats.push(Caveat {
            id: "V4",
            text: format!("account `{}` is not active, and calls into it fail", account.name),
        });
    }
    if matches!(call.target, Target::Role(_)) && !account.not_read.is_empty() {
        caveats.push(Caveat {
            id: "V5",
            text: format!("parts of account `{}` were not read", account.name),
        });
    }
    caveats
}

/// The caller as text: an ARN, or a selector for what has none.
pub fn caller_text(facts: &Facts, caller: &Caller) -> String {
    match caller {
        Caller::User(key) => facts.users[*key].arn.to_string(),
        Caller::Role(key) => facts.roles[*key].arn.to_string(),
        Caller::Session(key, name) => {
            let role = &facts.roles[*key];
            let account = &facts.accounts[role.account];
            format!(
                "arn:{}:sts::{}:assumed-role/{}/{name}",
                account.partition, account.id, role.name
            )
        }
        Caller::Token(token) => {
            let claim = |claim: &Claim| match claim {
                Claim::Is(text) | Claim::Like(text) => text.clone(),
                Claim::Any => "*".to_owned(),
            };
            let audience = match &token.audience {
                Claim::Any => String::new(),
                stated => format!("?aud={}", claim(stated)),
            };
            format!("oidc:{}#{}{audience}", token.issuer, claim(&token.subject))
        }
        Caller::Saml(key) => facts.saml_providers[*key].arn.to_string(),
        Caller::Service(name) => format!("service:{name}"),
        Caller::Account(id) => format!("external:{id}"),
        Caller::Anyone => "anyone".to_owned(),
        Caller::Named(arn) => arn.to_string(),
        Caller::RootUser(id) => format!("root user of {id}"),
    }
}
