//! Which policies take part in a call, and how they combine (rules G1 to G7).

use std::sync::Arc;

use crate::issuer;
use crate::org::{
    AttachedPolicy, ContainerKey, ControlPolicyKind, DocumentKey, Fact, InlineDocument, Membership,
};
use crate::policy::{Effect, PrincipalEntry, Statement};

use super::caller::{Action, Call, Caller, Claim, Target, Token};
use super::context::Context;
use super::decision::{Layer, RequirementKind as Kind};
use super::evidence::Recorder;
use super::formula::{Atoms, Formula};
use super::principal::{self, Class, given};
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
    /// The same with what the caller's side must add, for each of its layers in turn taken as
    /// allowing: identity, then boundary too.
    pub(super) with_identity: Formula,
    pub(super) with_boundary: Formula,
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
    let with_boundary = combine(&Formula::True, &Formula::True, Formula::True);

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
    Worked { action, formula, parts, granted_by_trust, with_identity, with_boundary }
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

    /// Rules of STS that no policy changes (rules T1 to T4).
    fn sts(&mut self) -> Part {
        let mut part = Part::new(Layer::Sts);
        let mut refuse = |text: String| {
            part.allow = Formula::False;
            part.note.get_or_insert(text);
        };
        let facts = self.context.facts;
        let caller = self.call().caller;
        let fits = match (self.action, caller) {
            (Action::TagSession | Action::SetSourceIdentity, _) => true,
            (action, caller) => action == Action::of(caller),
        };
        if !fits {
            refuse(format!(
                "`{}` can't be called by `{}`",
                self.action.as_str(),
                super::caller_text(facts, caller)
            ));
        }
        if let Caller::RootUser(_) = caller {
            refuse("STS lets no root user assume a role".to_owned());
        }
        let partition = match caller {
            Caller::Named(arn) => Some(arn.partition()),
            _ => self.context.caller_account().map(|account| facts.accounts[account].partition),
        };
        let of_role = facts.accounts[self.context.target_account].partition;
        if partition.is_some_and(|partition| partition != of_role) {
            refuse("the caller and the role are in different partitions of AWS".to_owned());
        }
        if part.allow == Formula::False {
            return part;
        }
        match (caller, self.call().target) {
            (Caller::Token(token), Target::Role(_)) => {
                self.guardrail(token, &mut part);
            }
            (Caller::Saml(_), Target::Role(role)) if facts.roles[*role].identity_center() => {
                let text = "an account assignment of IAM Identity Center leads here; the role can't be \
                            assumed with an assertion directly";
                part.allow = given(
                    self.context,
                    self.atoms,
                    "account assignment",
                    "",
                    Kind::ExternalAdmin,
                    text.to_owned(),
                );
            }
            _ => {}
        }
        part
    }

    /// STS refuses tokens of some shared issuers where the trust policy never looks at who in
    /// the issuer asks (rule W6).
    fn guardrail(&mut self, token: &Token, part: &mut Part) {
        let issuer = issuer::classify(&token.issuer);
        if !issuer.required_at_call {
            return;
        }
        let Some(key) = issuer.required_key(&token.issuer) else { return };
        let key = key.to_lowercase();
        let Target::Role(role) = self.call().target else { return };
        let facts = self.context.facts;
        let Ok(document) = &facts.documents[facts.roles[*role].trust].parsed else { return };
        let provider = principal::provider_name(self.context, token);
        let looks = |statement: &Statement| statement.conditions.iter().any(|each| each.key == key);
        let names = |statement: &&Statement| {
            statement.principal.as_ref().is_some_and(|element| {
                element.entries.iter().any(
                    |entry| matches!(entry, PrincipalEntry::Federated(text) if *text == provider),
                )
            })
        };
        let allows = |statement: &&Statement| statement.effect == Some(Effect::Allow);
        let mut naming = document.statements.iter().filter(names).filter(allows).peekable();
        if naming.peek().is_none() || naming.all(looks) {
            return;
        }
        if document.statements.iter().any(looks)
            || document.statements.iter().any(|s| !s.problems.is_empty())
        {
            let text = format!(
                "STS refuses tokens of `{}` where the trust policy does not evaluate `{key}`; \
                 here only a part of its statements does: try it live",
                token.issuer
            );
            part.allow =
                given(self.context, self.atoms, "guardrail", &key, Kind::AmbiguousRule, text);
        } else {
            part.allow = Formula::False;
            part.note = Some(format!(
                "STS refuses tokens of `{}` because the trust policy does not evaluate `{key}`",
                token.issuer
            ));
        }
    }

    /// That the issuer's provider exists in the role's account and takes the audience (rules W1
    /// to W4); of an assertion, that its provider is one of the account (rule W7).
    fn provider(&mut self) -> Part {
        let mut part = Part::new(Layer::Provider);
        let facts = self.context.facts;
        let account = &facts.accounts[self.context.target_account];
        match self.call().caller {
            Caller::Token(token) => {
                if issuer::builtin(&token.issuer).is_some()
                    && self.context.audiences(&token.issuer).is_none()
                {
                    return part;
                }
                let providers = match &account.oidc_providers {
                    Fact::Read(providers) => providers,
                    Fact::NotRead(gap) => {
                        let text = format!(
                            "account `{}` must have a provider for `{}`; its providers were not read ({})",
                            account.name, token.issuer, gap.message
                        );
                        part.allow = given(
                            self.context,
                            self.atoms,
                            "provider",
                            &token.issuer,
                            Kind::NotRead,
                            text,
                        );
                        return part;
                    }
                };
                let found = providers
                    .iter()
                    .map(|key| &facts.oidc_providers[*key])
                    .find(|p| p.url == token.issuer);
                let Some(provider) = found else {
                    part.allow = Formula::False;
                    part.note = Some(format!(
                        "account `{}` has no OIDC provider for `{}`, and one of another account does not serve",
                        account.name, token.issuer
                    ));
                    return part;
                };
                let accepted = match &token.audience {
                    Claim::Is(audience) => provider.audiences.contains(audience),
                    Claim::Like(pattern) => {
                        let glob = Claim::glob(pattern);
                        provider.audiences.iter().any(|audience| glob.matches(audience))
                    }
                    Claim::Any => !provider.audiences.is_empty(),
                };
                if !accepted {
                    part.allow = Formula::False;
                    part.note = Some(match &token.audience {
                        Claim::Is(audience) | Claim::Like(audience) => format!(
                            "the audience `{audience}` is not in the provider's list (`{}`)",
                            provider.audiences.join("`, `")
                        ),
                        Claim::Any => "the provider's list of audiences is empty".to_owned(),
                    });
                }
            }
            Caller::Saml(key) => {
                let provider = &facts.saml_providers[*key];
                if provider.account != self.context.target_account {
                    part.allow = Formula::False;
                    part.note =
                        Some(format!("`{}` is not a provider of the role's account", provider.arn));
                }
            }
            _ => return Part::idle(Layer::Provider),
        }
        part
    }

    fn trust(&mut self) -> (Part, Grants) {
        let mut part = Part::new(Layer::Trust);
        let mut grants = Grants::default();
        let facts = self.context.facts;
        let arn: Arc<str> = self.call().target.arn(facts).into();
        let role = match self.call().target {
            Target::Role(role) => *role,
            Target::Unread(account, _) => {
                let row = &facts.accounts[*account];
                let why =
                    row.identities.gap().map_or("it is not in what was read", |gap| &gap.message);
                let text = format!("the trust policy of `{arn}` was not read ({why})");
                let class = match self.call().caller {
                    Caller::Token(_) | Caller::Saml(_) => Class::Federated,
                    Caller::Service(_) => Class::Service,
                    _ => Class::Account,
                };
                let grant =
                    given(self.context, self.atoms, "trust policy", &arn, Kind::NotRead, text);
                part.allow = grant.clone();
                grants.add(class, grant);
                return (part, grants);
            }
        };
        let document = facts.roles[role].trust;
        let place = Place {
            layer: Layer::Trust,
            level: None,
            policy: "trust policy".into(),
            attached_to: facts.roles[role].arn.clone(),
        };
        match &facts.documents[document].parsed {
            Err(error) => {
                let (allow, deny) = self.unread(&place, &format!("it does not parse: {error}"));
                grants.add(Class::Anyone, allow.clone());
                if !matches!(
                    self.call().caller,
                    Caller::Token(_) | Caller::Saml(_) | Caller::Service(_)
                ) {
                    // Named in some way that can't be told, so the caller's side may matter.
                    grants = Grants::default();
                    grants.add(Class::Account, allow.clone());
                }
                (part.allow, part.deny) = (allow, deny);
            }
            Ok(document) => {
                let found = statement::evaluate(
                    document,
                    self.action,
                    Principals::Decide,
                    &place,
                    self.context,
                    self.atoms,
                    self.recorder,
                );
                for each in found {
                    if each.effect != Some(Effect::Deny) {
                        for (class, formula) in &each.ways {
                            grants.add(*class, formula.clone());
                        }
                    }
                    if each.effect != Some(Effect::Allow) {
                        part.deny =
                            std::mem::replace(&mut part.deny, Formula::False).or(each.formula());
                    }
                }
                part.allow = grants.any();
            }
        }
        (part, grants)
    }

    fn identity(&mut self) -> Part {
        let facts = self.context.facts;
        let mut part = Part { allow: Formula::False, ..Part::new(Layer::Identity) };
        match self.call().caller {
            Caller::Token(_) | Caller::Saml(_) | Caller::Service(_) => {
                return Part::idle(Layer::Identity);
            }
            Caller::User(key) => {
                let user = &facts.users[*key];
                self.policies(&user.inline, &user.attached, &user.arn, &mut part);
                for group in &user.groups {
                    match group {
                        Ok(group) => {
                            let group = &facts.groups[*group];
                            self.policies(&group.inline, &group.attached, &group.arn, &mut part);
                        }
                        Err(name) => {
                            let place = Place {
                                layer: Layer::Identity,
                                level: None,
                                policy: format!("policies of group {name}").into(),
                                attached_to: user.arn.clone(),
                            };
                            let (allow, deny) = self.unread(&place, "the group was not read");
                            add(&mut part, allow, deny);
                        }
                    }
                }
            }
            Caller::Role(key) | Caller::Session(key, _) => {
                let role = &facts.roles[*key];
                self.policies(&role.inline, &role.attached, &role.arn, &mut part);
            }
            Caller::Account(_) | Caller::Anyone | Caller::Named(_) | Caller::RootUser(_) => {
                let who = super::caller_text(facts, self.call().caller);
                let kind = self.context.outsider_kind();
                let text = match (kind, self.context.caller_account()) {
                    (Kind::NotRead, Some(account)) => format!(
                        "account `{}` was not read; it must grant `{}` there",
                        facts.accounts[account].name,
                        self.action.as_str()
                    ),
                    _ => format!(
                        "an administrator of the caller's account must grant `{}` to `{who}`",
                        self.action.as_str()
                    ),
                };
                part.allow = given(
                    self.context,
                    self.atoms,
                    "caller's side",
                    self.action.as_str(),
                    kind,
                    text,
                );
                // Within the account the trust policy's grant may be enough by itself, but a
                // deny of the caller's side always counts.
                if self.context.caller_account() == Some(self.context.target_account) {
                    let text =
                        format!("the policies of `{who}` were not read and may deny the call");
                    part.deny = given(
                        self.context,
                        self.atoms,
                        "caller's side denies",
                        self.action.as_str(),
                        kind,
                        text,
                    );
                }
            }
        }
        part
    }

    fn policies(
        &mut self,
        inline: &[InlineDocument],
        attached: &[AttachedPolicy],
        owner: &Arc<str>,
        part: &mut Part,
    ) {
        let place = |policy: &Arc<str>| Place {
            layer: Layer::Identity,
            level: None,
            policy: policy.clone(),
            attached_to: owner.clone(),
        };
        for policy in inline {
            let (allow, deny) =
                self.policy(Some(policy.document), Principals::None, &place(&policy.name));
            add(part, allow, deny);
        }
        for policy in attached {
            let (allow, deny) = self.policy(policy.document, Principals::None, &place(&policy.arn));
            add(part, allow, deny);
        }
    }

    fn boundary(&mut self) -> Part {
        let facts = self.context.facts;
        let (boundary, owner) = match self.call().caller {
            Caller::User(key) => (&facts.users[*key].boundary, &facts.users[*key].arn),
            Caller::Role(key) | Caller::Session(key, _) => {
                (&facts.roles[*key].boundary, &facts.roles[*key].arn)
            }
            _ => return Part::idle(Layer::Boundary),
        };
        let Some(policy) = boundary else { return Part::idle(Layer::Boundary) };
        let place = Place {
            layer: Layer::Boundary,
            level: None,
            policy: policy.arn.clone(),
            attached_to: owner.clone(),
        };
        let (allow, deny) = self.policy(policy.document, Principals::None, &place);
        Part { allow, deny, ..Part::new(Layer::Boundary) }
    }

    /// The control policies of one type, level by level (rules G4 to G6). A token's bearer is a
    /// principal of no account, so service control policies have no part then (rule D5).
    fn control(&mut self, kind: ControlPolicyKind) -> Vec<Part> {
        let layer = match kind {
            ControlPolicyKind::Service => Layer::Scp,
            ControlPolicyKind::Resource => Layer::Rcp,
        };
        let facts = self.context.facts;
        let capped = match kind {
            ControlPolicyKind::Service => self.context.caller_account(),
            ControlPolicyKind::Resource => Some(self.context.target_account),
        };
        let Some(capped) = capped else { return vec![Part::idle(layer)] };
        let service_linked = |caller: &Caller| match caller {
            Caller::Role(key) | Caller::Session(key, _) => facts.roles[*key].service_linked(),
            _ => false,
        };
        let to_service_linked = matches!(
            (self.call().caller, self.call().target),
            (Caller::Service(_), Target::Role(role)) if facts.roles[*role].service_linked()
        );
        let spared = service_linked(self.call().caller)
            || (kind == ControlPolicyKind::Resource && to_service_linked);
        let account = &facts.accounts[capped];
        match account.membership {
            _ if spared => return vec![Part::idle(layer)],
            Membership::Management | Membership::Standalone => return vec![Part::idle(layer)],
            Membership::Outside | Membership::Unknown => {
                return vec![self.unread_control(layer, &account.name)];
            }
            Membership::Member => {}
        }
        let organization = facts.known_organization();
        let enabled = organization.map(|organization| match kind {
            ControlPolicyKind::Service => organization.scps.read(),
            ControlPolicyKind::Resource => organization.rcps.read(),
        });
        match enabled {
            Some(Some(false)) => return vec![Part::idle(layer)],
            Some(Some(true)) => {}
            _ => return vec![self.unread_control(layer, &account.name)],
        }
        let Some(parent) = account.parent else {
            return vec![self.unread_control(layer, &account.name)];
        };
        let line: Vec<ContainerKey> = facts.line(parent);
        let mut parts = Vec::new();
        if !self.context.line_is_whole(&line) {
            parts.push(self.unread_control(layer, &account.name));
        }
        for container in line {
            let container = &facts.containers[container];
            parts.push(self.level(kind, layer, &container.id, &container.control_policies));
        }
        let id = account.id.to_string();
        parts.push(self.level(kind, layer, &id, &account.control_policies));
        parts
    }

    fn level(
        &mut self,
        kind: ControlPolicyKind,
        layer: Layer,
        id: &str,
        attached: &[crate::org::ControlPolicyKey],
    ) -> Part {
        let facts = self.context.facts;
        let mut part =
            Part { level: Some(id.to_owned()), allow: Formula::False, ..Part::new(layer) };
        let principals = match kind {
            ControlPolicyKind::Service => Principals::None,
            ControlPolicyKind::Resource => Principals::Everyone,
        };
        let mut full_access_listed = false;
        for (key, policy) in facts.control_policies.iter().filter(|(_, policy)| policy.kind == kind)
        {
            full_access_listed |= &*policy.id == "p-FullAWSAccess";
            let here = attached.contains(&key);
            if !here && policy.targets_read {
                continue;
            }
            let place =
                Place { layer, level: Some(id), policy: policy.id.clone(), attached_to: id.into() };
            let (mut allow, mut deny) = self.policy(policy.document, principals, &place);
            if !here {
                let text =
                    format!("whether policy `{}` is attached to `{id}` was not read", policy.name);
                let attached = given(
                    self.context,
                    self.atoms,
                    &format!("{} at {id}", policy.id),
                    "",
                    Kind::NotRead,
                    text,
                );
                allow = allow.and(attached.clone());
                deny = deny.and(attached);
            }
            add(&mut part, allow, deny);
        }
        match kind {
            // Attached everywhere, and it can't be detached.
            ControlPolicyKind::Resource => part.allow = Formula::True,
            // Every organization has it; where it is not even listed, what hangs where was not
            // read in full.
            ControlPolicyKind::Service if !full_access_listed => {
                let text = format!(
                    "what allows at `{id}` was not read: FullAWSAccess is not among the policies"
                );
                let gap =
                    given(self.context, self.atoms, "p-FullAWSAccess", id, Kind::NotRead, text);
                part.allow = std::mem::replace(&mut part.allow, Formula::False).or(gap);
            }
            ControlPolicyKind::Service => {}
        }
        part
    }

    fn unread_control(&mut self, layer: Layer, account: &str) -> Part {
        let place =
            Place { layer, level: None, policy: layer.title().into(), attached_to: account.into() };
        let (allow, deny) = self.unread(&place, "nobody read them, or where the account hangs");
        let allow = if layer == Layer::Rcp { Formula::True } else { allow };
        Part { allow, deny, ..Part::new(layer) }
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
