//! Whether a principal may make a request: its policies, its boundary and the service control
//! policies together (rule M3).

use std::cell::{Cell, OnceCell, RefCell};

use crate::arn::{AccountId, Partition};
use crate::org::{DocumentKey, Facts, Identity, Key};
use crate::policy::{self, Action, Condition, Statement, Template, Tri};

use super::super::caller::{Call, Lineage, Scenario};
use super::super::condition;
use super::super::context::{self, Asked, Context};
use super::super::decision::Verdict;
use super::super::logic::{Atoms, Logic, Plain, Truth};
use super::asking::Asking;
use super::holder::Holder;
use super::line::Line;
use super::mark::Certainty;
use super::request::Request;
use super::sheet::{Rule, Sheet, Uses, tests_principal};
use super::words::Words;

/// Documents side by side; none where one does not parse.
type Page = Box<[OnceCell<Option<Sheet>>]>;

/// How many documents a page holds.
const PAGE: usize = 64;

/// The documents of the facts, each prepared when it is first looked at.
pub(super) struct Sheets<'f> {
    facts: &'f Facts,
    /// By document, in pages: whoever asks of one principal looks at few.
    pages: Vec<OnceCell<Page>>,
    pub(super) words: Words,
}

impl<'f> Sheets<'f> {
    pub(super) fn new(facts: &'f Facts) -> Self {
        let pages = facts.documents.len().div_ceil(PAGE);
        let pages = (0..pages).map(|_| OnceCell::new()).collect();
        Self { facts, pages, words: Words::default() }
    }

    /// The sheet of a document; `None` where it does not parse.
    pub(super) fn get(&self, document: DocumentKey) -> Option<&Sheet> {
        let page = self.pages.get(document.index() / PAGE)?;
        let page = page.get_or_init(|| (0..PAGE).map(|_| OnceCell::new()).collect());
        let cell = page.get(document.index() % PAGE)?;
        cell.get_or_init(|| Sheet::of(self.facts, document, &self.words)).as_ref()
    }
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

    /// Remembers a statement that tested who the principal is.
    pub(super) fn tested(&self, test: Test) {
        let mut tests = self.tests.borrow_mut();
        if !tests.contains(&test) {
            tests.push(test);
        }
    }

    /// Whether somebody wants to know the statements that allow.
    pub(super) fn cites(&self) -> bool {
        self.cited.is_some()
    }

    /// Remembers a statement that allows, where somebody wants to know.
    pub(super) fn cite(&self, allowing: Allowing<'j>) {
        if let Some(list) = &self.cited {
            list.borrow_mut().push(allowing);
        }
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
