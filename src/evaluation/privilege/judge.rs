//! Whether a principal may make a request: its policies, its boundary and the service control
//! policies together (rule M3).

use std::cell::{Cell, OnceCell, RefCell};

use crate::arn::{AccountId, Partition};
use crate::org::{
    AccountKey, AttachedPolicy, DocumentKey, Facts, GroupKey, Identity, InlineDocument, Key,
};
use crate::policy::{self, Action, Condition, Effect, ResourcePattern, Statement, Template};

use super::super::caller::{Call, Caller, Lineage, Scenario, Target};
use super::super::condition;
use super::super::context::{self, Asked, Context};
use super::super::decision::{RequirementKind, Verdict};
use super::super::given::{Given, given};
use super::super::logic::{Atoms, Logic, Plain, Term, Truth};
use super::super::statement;
use super::line::{Level, Line};
use super::mark::Certainty;
use super::request::{Needs, Request};
use super::sheet::{Rule, Sheet, Uses, tests_principal};
use crate::policy::Tri;

/// The documents of the facts, each prepared when it is first looked at.
pub(super) struct Sheets<'f> {
    facts: &'f Facts,
    all: Vec<OnceCell<Option<Sheet>>>,
}

impl<'f> Sheets<'f> {
    pub(super) fn new(facts: &'f Facts) -> Self {
        Self { facts, all: (0..facts.documents.len()).map(|_| OnceCell::new()).collect() }
    }

    /// The sheet of a document; `None` where it does not parse.
    pub(super) fn get(&self, document: DocumentKey) -> Option<&Sheet> {
        let cell = self.all.get(document.index())?;
        cell.get_or_init(|| Sheet::of(self.facts, document)).as_ref()
    }
}

/// A principal whose capabilities are asked for.
pub(super) struct Holder<'f> {
    pub(super) identity: Identity,
    pub(super) account: AccountKey,
    pub(super) arn: &'f str,
    /// Its identity-based policies.
    pub(super) policies: Vec<Held<'f>>,
    pub(super) boundary: Option<&'f AttachedPolicy>,
    /// The groups that it belongs to.
    pub(super) groups: Vec<GroupKey>,
    caller: Caller,
    target: Target,
}

/// A policy of a principal.
#[derive(Clone, Copy)]
pub(super) struct Held<'f> {
    /// Its name or ARN, as in evidence.
    pub(super) policy: &'f str,
    /// Its owner: the principal, or one of its groups.
    pub(super) owner: &'f str,
    /// `None` where it was not read.
    pub(super) document: Option<DocumentKey>,
    /// Whether it is a managed policy.
    pub(super) managed: bool,
}

impl<'f> Holder<'f> {
    pub(super) fn new(facts: &'f Facts, identity: Identity) -> Self {
        match identity {
            Identity::Role(key) => {
                let row = &facts.roles[key];
                let mut policies = Vec::new();
                hold(&mut policies, &row.arn, &row.inline, &row.attached);
                Self {
                    identity,
                    account: row.account,
                    arn: &row.arn,
                    policies,
                    boundary: row.boundary.as_ref(),
                    groups: Vec::new(),
                    caller: Caller::Role(key),
                    target: Target::Role(key),
                }
            }
            Identity::User(key) => {
                let row = &facts.users[key];
                let mut policies = Vec::new();
                hold(&mut policies, &row.arn, &row.inline, &row.attached);
                for group in &row.groups {
                    match group {
                        Ok(group) => {
                            let group = &facts.groups[*group];
                            hold(&mut policies, &group.arn, &group.inline, &group.attached);
                        }
                        Err(name) => policies.push(Held {
                            policy: name,
                            owner: &row.arn,
                            document: None,
                            managed: false,
                        }),
                    }
                }
                Self {
                    identity,
                    account: row.account,
                    arn: &row.arn,
                    policies,
                    boundary: row.boundary.as_ref(),
                    groups: row.groups.iter().flatten().copied().collect(),
                    caller: Caller::User(key),
                    target: Target::Unread(row.account, Some(row.arn.to_string())),
                }
            }
        }
    }
}

fn hold<'f>(
    policies: &mut Vec<Held<'f>>,
    owner: &'f str,
    inline: &'f [InlineDocument],
    attached: &'f [AttachedPolicy],
) {
    policies.extend(inline.iter().map(|policy| Held {
        policy: &policy.name,
        owner,
        document: Some(policy.document),
        managed: false,
    }));
    policies.extend(attached.iter().map(|policy| Held {
        policy: &policy.arn,
        owner,
        document: policy.document,
        managed: true,
    }));
}

/// Decides requests of one principal.
pub(super) struct Judge<'j> {
    pub(super) facts: &'j Facts,
    pub(super) holder: &'j Holder<'j>,
    pub(super) sheets: &'j Sheets<'j>,
    pub(super) line: &'j Line,
    pub(super) partition: Partition,
    pub(super) id: AccountId,
    /// The best that any request can come to: where a policy that surely takes part was not
    /// read, nothing is proven, since it may deny.
    pub(super) ceiling: Certainty,
    scenario: Scenario,
    lineage: Lineage,
    uses: Cell<Uses>,
    /// The statements that tested who the principal is.
    tests: RefCell<Vec<Test>>,
    /// The statements that allow, where somebody wants to know.
    cited: Option<RefCell<Vec<Allowing<'j>>>>,
}

/// A statement that tests who the principal is: a document and a place in it.
pub(super) type Test = (DocumentKey, usize);

/// What a test says of a principal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Said {
    Yes,
    No,
    /// It depends on a tag: the role's own, and whether its sessions may be given another.
    Tag {
        own: Option<String>,
        given: bool,
    },
}

/// A statement that allows a request.
pub(super) struct Allowing<'j> {
    pub(super) policy: &'j str,
    pub(super) owner: &'j str,
    pub(super) index: usize,
    pub(super) statement: &'j Statement,
}

impl<'j> Judge<'j> {
    pub(super) fn new(
        facts: &'j Facts,
        holder: &'j Holder<'j>,
        sheets: &'j Sheets<'j>,
        line: &'j Line,
    ) -> Self {
        let account = &facts.accounts[holder.account];
        Self {
            facts,
            holder,
            sheets,
            line,
            partition: account.partition,
            id: account.id,
            ceiling: ceiling(holder, sheets, line),
            scenario: Scenario::default(),
            lineage: Lineage::default(),
            uses: Cell::default(),
            tests: RefCell::default(),
            cited: None,
        }
    }

    /// The statements so far that tested who the principal is.
    pub(super) fn tests(&self) -> Vec<Test> {
        self.tests.borrow().clone()
    }

    /// What the conditions of a statement say that test who the principal is; `None` where they
    /// depend on more than can be compared.
    pub(super) fn said_of(&self, (document, index): Test, said: &mut Vec<Said>) -> Option<()> {
        let parsed = self.facts.documents[document].parsed.as_ref().ok()?;
        let statement = parsed.statements.get(index)?;
        let tests = statement.conditions.iter().filter(|it| tests_principal(it));
        self.in_context(&Request::new("", ""), |context| {
            for test in tests {
                said.push(match condition::term(test, context, &mut Plain) {
                    Tri::True => Said::Yes,
                    Tri::False => Said::No,
                    Tri::Unknown => self.open_test(test)?,
                });
            }
            Some(())
        })
    }

    /// A test that sessions of the role may pass or fail: a tag that they can be given.
    fn open_test(&self, test: &Condition) -> Option<Said> {
        let Identity::Role(role) = self.holder.identity else { return None };
        let name = test.name();
        if name.key != policy::Key::PrincipalTag || test.values.iter().any(Template::has_variables)
        {
            return None;
        }
        let own = context::tag(&self.facts.roles[role].tags, name.behind_slash());
        let given = context::may_carry(self.facts, role, Action::TagSession);
        Some(Said::Tag { own: own.map(str::to_owned), given })
    }

    /// What the decisions so far looked at.
    pub(super) fn uses(&self) -> Uses {
        self.uses.get()
    }

    /// Remembers that something was looked at.
    pub(super) fn looked_at(&self, uses: Uses) {
        self.uses.set(self.uses.get().and(uses));
    }

    /// The statement behind a rule.
    pub(super) fn statement(&self, document: DocumentKey, rule: &Rule) -> Option<&'j Statement> {
        let parsed = self.facts.documents[document].parsed.as_ref().ok()?;
        parsed.statements.get(rule.index)
    }

    /// Whether some request of this form succeeds.
    pub(super) fn certainty(&self, request: &Request) -> Certainty {
        match self.ask(request, &mut Plain) {
            Tri::True => Certainty::Proven,
            Tri::False => Certainty::Never,
            Tri::Unknown => {
                let mut atoms = Atoms::default();
                let formula = self.ask(request, &mut atoms);
                match atoms.truth(&formula) {
                    Truth::Never => Certainty::Never,
                    Truth::Always => Certainty::Proven,
                    Truth::Sometimes if atoms.provable(&formula) => Certainty::Proven,
                    Truth::Sometimes => Certainty::Open,
                }
            }
        }
    }

    /// The same as a verdict, with the statements of identity-based policies and of the boundary
    /// that allow it.
    pub(super) fn evidence(&self, request: &Request) -> (Verdict, Vec<Allowing<'j>>) {
        let judge = Self {
            scenario: Scenario::default(),
            lineage: Lineage::default(),
            uses: Cell::default(),
            tests: RefCell::default(),
            cited: Some(RefCell::default()),
            ..*self
        };
        let mut atoms = Atoms::default();
        let formula = judge.ask(request, &mut atoms);
        let verdict = match atoms.truth(&formula) {
            Truth::Never => Verdict::Denied,
            Truth::Always => Verdict::Allowed,
            Truth::Sometimes if atoms.provable(&formula) => Verdict::Conditional,
            Truth::Sometimes => Verdict::Unknown,
        };
        (verdict, judge.cited.map(RefCell::into_inner).unwrap_or_default())
    }

    fn ask<L: Logic>(&self, request: &Request, logic: &mut L) -> L::Term {
        self.in_context(request, |context| Asking { judge: self, request, context, logic }.all())
    }

    fn in_context<T>(&self, request: &Request, work: impl FnOnce(&Context<'_>) -> T) -> T {
        let stated: Vec<(&str, Option<&str>)> =
            request.stated.iter().map(|(key, value)| (*key, value.as_deref())).collect();
        let tags = match self.holder.identity {
            Identity::Role(key) => &self.facts.roles[key].tags,
            Identity::User(key) => &self.facts.users[key].tags,
        };
        let call = Call {
            caller: &self.holder.caller,
            target: &self.holder.target,
            action: Action::AssumeRole,
            scenario: &self.scenario,
            lineage: &self.lineage,
            hop: 1,
        };
        let asked = Asked {
            action: &request.action,
            resource: &request.resource,
            tags: (request.resource == self.holder.arn).then_some(tags),
            stated: &stated,
        };
        work(&Context::asked(self.facts, &call, asked))
    }
}

fn ceiling(holder: &Holder<'_>, sheets: &Sheets<'_>, line: &Line) -> Certainty {
    let own = holder.policies.iter().map(|held| held.document);
    let boundary = holder.boundary.map(|boundary| boundary.document);
    let levels = line.levels.iter().flat_map(|level| &level.policies);
    let above = levels.filter(|(_, attached)| *attached).map(|(document, _)| *document);
    let unread = |document: Option<DocumentKey>| document.is_none_or(|it| sheets.get(it).is_none());
    if line.unread || own.chain(boundary).chain(above).any(unread) {
        Certainty::Open
    } else {
        Certainty::Proven
    }
}

/// One request while it is decided.
struct Asking<'q, 'j, L> {
    judge: &'q Judge<'j>,
    request: &'q Request,
    context: &'q Context<'q>,
    logic: &'q mut L,
}

impl<L: Logic> Asking<'_, '_, L> {
    fn all(&mut self) -> L::Term {
        let judge = self.judge;
        let needs = self.request.needs;
        let mut allowed = L::Term::TRUE;
        let mut add = |allow: L::Term, deny: L::Term, must_allow: bool| {
            if must_allow {
                allowed = allowed.clone().and(allow);
            }
            allowed = allowed.clone().and(!deny);
            !allowed.is_false()
        };
        let mut allow = L::Term::FALSE;
        let mut deny = L::Term::FALSE;
        for held in &judge.holder.policies {
            let (one, other) = self.policy(held.document, Some((held.policy, held.owner)));
            allow.widen(one);
            deny.widen(other);
        }
        if !add(allow, deny, needs == Needs::All) {
            return L::Term::FALSE;
        }
        if let Some(boundary) = judge.holder.boundary.filter(|_| needs != Needs::Nothing) {
            let (allow, deny) =
                self.policy(boundary.document, Some((&boundary.arn, judge.holder.arn)));
            if !add(allow, deny, needs != Needs::Levels) {
                return L::Term::FALSE;
            }
        }
        if matches!(needs, Needs::All | Needs::Levels) {
            if judge.line.unread {
                let (allow, deny) = self.unread("service control policies");
                if !add(allow, deny, true) {
                    return L::Term::FALSE;
                }
            }
            for (place, level) in judge.line.levels.iter().enumerate() {
                let (allow, deny) = self.level(place, level);
                if !add(allow, deny, true) {
                    return L::Term::FALSE;
                }
            }
        }
        allowed
    }

    fn level(&mut self, place: usize, level: &Level) -> (L::Term, L::Term) {
        let mut allow: L::Term = level.allows_everything(|key| self.judge.sheets.get(key)).into();
        let mut deny = L::Term::FALSE;
        for (document, attached) in &level.policies {
            let (mut one, mut other) = self.policy(*document, None);
            if !attached {
                let hangs = self.open(RequirementKind::NotRead, || {
                    format!("{document:?} is attached to level {place}")
                });
                one = one.and(hangs.clone());
                other = other.and(hangs);
            }
            allow.widen(one);
            deny.widen(other);
        }
        if level.full_access_unlisted {
            let listed = self.open(RequirementKind::NotRead, || format!("level {place} allows"));
            allow.widen(listed);
        }
        (allow, deny)
    }

    /// That a policy allows, and that it denies. What was not read may do either (rule L4).
    /// `cited` names it where its statements are evidence.
    fn policy(
        &mut self,
        document: Option<DocumentKey>,
        cited: Option<(&'_ str, &'_ str)>,
    ) -> (L::Term, L::Term) {
        let name = || cited.map_or_else(|| format!("{document:?}"), |(name, _)| name.to_owned());
        let judge = self.judge;
        let Some((document, sheet)) =
            document.and_then(|document| Some((document, judge.sheets.get(document)?)))
        else {
            return self.unread(&name());
        };
        let mut allow = L::Term::FALSE;
        for rule in &sheet.allows {
            let matches = self.rule(document, rule, Effect::Allow);
            if !matches.is_false() {
                self.cite(document, rule, cited);
            }
            allow.widen(matches);
            if allow.is_true() && judge.cited.is_none() {
                break;
            }
        }
        let mut deny = L::Term::FALSE;
        for rule in &sheet.denies {
            let matches = self.rule(document, rule, Effect::Deny);
            deny.widen(matches);
            if deny.is_true() {
                break;
            }
        }
        (allow, deny)
    }

    fn cite(&self, document: DocumentKey, rule: &Rule, cited: Option<(&str, &str)>) {
        let (Some(list), Some((policy, owner))) = (&self.judge.cited, cited) else { return };
        let judge = self.judge;
        // The names live as long as the facts: they are looked up there again.
        let held = judge.holder.policies.iter().map(|held| (held.policy, held.owner));
        let boundary = judge.holder.boundary.map(|boundary| (&*boundary.arn, judge.holder.arn));
        let named = held.chain(boundary).find(|named| *named == (policy, owner));
        let statement = judge.statement(document, rule);
        if let (Some((policy, owner)), Some(statement)) = (named, statement) {
            list.borrow_mut().push(Allowing { policy, owner, index: rule.index, statement });
        }
    }

    /// That a statement matches the request, and has this effect.
    fn rule(&mut self, document: DocumentKey, rule: &Rule, effect: Effect) -> L::Term {
        let judge = self.judge;
        let Some(statement) = judge.statement(document, rule) else { return L::Term::FALSE };
        let covers = match self.request.known {
            Some(place) => rule.covers_known(place),
            None => statement.action.covers(&self.request.action),
        };
        if !covers {
            return L::Term::FALSE;
        }
        let mut matches = match &statement.resource {
            Some(element) => {
                judge.looked_at(rule.by_resource);
                let everything = element.patterns.iter().any(ResourcePattern::is_everything);
                if self.request.about_itself && !everything {
                    judge.looked_at(Uses { account: true, itself: true });
                }
                statement::resource(element, self.context, self.logic)
            }
            None if !statement.problems.is_empty() => L::Term::TRUE,
            None => self.open(RequirementKind::AmbiguousRule, || {
                format!("{document:?} {} has no resource (rule S5)", rule.index)
            }),
        };
        if statement.principal.is_some() {
            let unclear = self.open(RequirementKind::AmbiguousRule, || {
                format!("{document:?} {} has a principal (rule S5)", rule.index)
            });
            matches = matches.and(unclear);
        }
        if matches.is_false() {
            return matches;
        }
        if !statement.conditions.is_empty() {
            judge.looked_at(rule.by_conditions);
        }
        if rule.tests_principal {
            let mut tests = judge.tests.borrow_mut();
            if !tests.contains(&(document, rule.index)) {
                tests.push((document, rule.index));
            }
        }
        for condition in &statement.conditions {
            matches = matches.and(condition::term(condition, self.context, self.logic));
            if matches.is_false() {
                return matches;
            }
        }
        if !statement.problems.is_empty() {
            // One whose effect can't be read does either.
            let effect = if statement.effect.is_none() { effect.as_str() } else { "" };
            let matched = self.open(RequirementKind::NotRead, || {
                format!("{document:?} {} was read in part {effect} (rule S4)", rule.index)
            });
            matches = matches.and(matched);
        }
        matches
    }

    fn unread(&mut self, name: &str) -> (L::Term, L::Term) {
        let mut one = |word| {
            self.open(RequirementKind::NotRead, || format!("{name}, which was not read, {word}"))
        };
        (one("allows"), one("denies"))
    }

    /// Something that no condition key stands for, told apart by its text.
    fn open(&mut self, kind: RequirementKind, text: impl FnOnce() -> String) -> L::Term {
        given(self.context, self.logic, || {
            let text = text();
            Given { key: text.clone(), value: String::new(), kind, text }
        })
    }
}
