//! Variables that stand for a tag of the caller's session, or for one that it hands on: what fills
//! them in depends on the hops before, so each case is looked at by itself (rules C4 and K7).

use crate::policy::{KeyName, Template, Test, VariableValue};

use super::super::context::{KeyFacts, Left, Shape, State};
use super::super::logic::{AtomTest, Logic, Term};
use super::Tester;
use super::open::About;

/// Of how many variables of one condition the cases are looked at: together they are all pairs.
const VARIABLES: usize = 2;

/// What variables stand for in one case.
pub(super) type Fillings<'t> = [Option<Filling<'t>>; VARIABLES];

/// What a variable stands for in one case.
#[derive(Clone, Copy)]
pub(super) struct Filling<'t> {
    /// The variable's key, in lower case.
    key: &'t str,
    value: Value<'t>,
}

#[derive(Clone, Copy)]
enum Value<'t> {
    /// The role's own tag, if it has it.
    Own(Option<&'t str>),
    /// The tag of this name that a hop passed.
    Passed { hop: usize, name: &'t str },
}

/// A variable that stands for a tag which hops before this one decide.
#[derive(Clone, Copy)]
struct TagVariable<'t> {
    key: &'t str,
    tag: Left<'t>,
}

type TagVariables<'t> = [Option<TagVariable<'t>>; VARIABLES];

impl<'t, L: Logic> Tester<'t, '_, L> {
    /// The condition over what may fill its variables in.
    pub(super) fn filled(&mut self, state: &State<'t>) -> L::Term {
        let variables = if self.condition.has_variables { self.tag_variables() } else { None };
        match variables {
            Some(variables) => self.cases(&variables, 0, state),
            None => self.under(state),
        }
    }

    /// The variables that stand for tags which hops before this one decide; `None` where there are
    /// too many: these stay open.
    fn tag_variables(&self) -> Option<TagVariables<'t>> {
        let (condition, context) = (self.condition, self.context);
        let mut found: TagVariables<'t> = [None; VARIABLES];
        for key in condition.values.iter().flat_map(Template::variables) {
            let State::Left(tag @ Left::Tag { .. }) = context.key(KeyName::of(key)).state else {
                continue;
            };
            let is_place =
                |place: &&mut Option<TagVariable<'t>>| place.is_none_or(|it| it.key == key);
            *found.iter_mut().find(is_place)? = Some(TagVariable { key, tag });
        }
        Some(found)
    }

    /// The condition in all cases of the variables from this place on.
    fn cases(&mut self, variables: &TagVariables<'t>, place: usize, state: &State<'t>) -> L::Term {
        match variables.get(place).copied().flatten() {
            Some(variable) => self.case_by_case(variable, variables, place, state),
            None => self.under(state),
        }
    }

    /// The tag of the last hop that passed it, or else the role's own, as for a key of its own.
    fn case_by_case(
        &mut self,
        TagVariable { key, tag }: TagVariable<'t>,
        variables: &TagVariables<'t>,
        place: usize,
        state: &State<'t>,
    ) -> L::Term {
        let Left::Tag { hop, first, name, transitive, own } = tag else {
            return self.cases(variables, place + 1, state);
        };
        let passed = self.passed(hop, name, transitive);
        self.fill(place, Some(Filling { key, value: Value::Passed { hop, name } }));
        let holds = self.cases(variables, place + 1, state);
        let otherwise = if hop > first {
            let tag = Left::Tag { hop: hop - 1, first, name, transitive: true, own };
            self.case_by_case(TagVariable { key, tag }, variables, place, state)
        } else {
            self.fill(place, Some(Filling { key, value: Value::Own(own) }));
            self.cases(variables, place + 1, state)
        };
        self.fill(place, None);
        if self.logic.same(&holds, &otherwise) {
            return holds;
        }
        passed.clone().and(holds).or((!passed).and(otherwise))
    }

    fn fill(&mut self, place: usize, with: Option<Filling<'t>>) {
        if let Some(filling) = self.fillings.get_mut(place) {
            *filling = with;
        }
    }

    fn filling_of(&self, key: &str) -> Option<Filling<'t>> {
        self.fillings.iter().flatten().find(|filling| filling.key == key).copied()
    }

    /// A variable's value, in this case.
    pub(super) fn variable(&self, key: &'t str) -> VariableValue<'t> {
        match self.filling_of(key).map(|filling| filling.value) {
            Some(Value::Own(Some(own))) => VariableValue::Known(own.into()),
            Some(Value::Own(None)) => VariableValue::Absent,
            Some(Value::Passed { .. }) => VariableValue::Unknown,
            None => self.context.variable(key),
        }
    }

    /// That every variable of a template has a value, or a default, in this case.
    pub(super) fn has_value(&mut self, template: &'t Template) -> L::Term {
        let mut all = L::Term::TRUE;
        for key in template.needed_variables() {
            all = all.and(self.variable_has_value(key, template));
        }
        all
    }

    fn variable_has_value(&mut self, key: &'t str, template: &'t Template) -> L::Term {
        if let Some(filling) = self.filling_of(key) {
            return (!matches!(filling.value, Value::Own(None))).into();
        }
        let context = self.context;
        let KeyFacts { state, kind } = context.key(KeyName::of(key));
        match state {
            State::Known(_) | State::Present(_) => Term::TRUE,
            State::Left(Left::SourceIdentity { is_set: true, .. }) => Term::TRUE,
            State::Absent => Term::FALSE,
            State::Open(_) => {
                let about = About::Variable { key, written: template.written_variable(key) };
                self.of(about, kind, |it| it.present(&state))
            }
            State::AbsentOr(_) => self.ambiguous(
                "sources differ on whether its variable is absent or has a value here (rule D13)",
            ),
            State::Left(Left::SourceIdentity { hop, is_set: false }) => {
                let (about, kind) = (About::SourceIdentity { hop }, context.kind_of_hop(hop));
                self.of(about, kind, |it| it.present(&State::Open(Shape::Any)))
            }
            State::Left(Left::Tag { hop, first, name, transitive, own }) => {
                let mut any: L::Term = own.is_some().into();
                for at in first..=hop {
                    any = any.or(self.passed(at, name, transitive || at < hop));
                }
                any
            }
        }
    }

    /// The hop and the name of the tag that a template is nothing but, in this case, where the operator
    /// asks whether texts are equal: what is filled in holds no wildcards (rule O6).
    fn filled_with(&self, template: &Template) -> Option<(usize, &'t str)> {
        let key = template.only_variable()?;
        let Value::Passed { hop, name } = self.filling_of(key)?.value else { return None };
        let test = self.condition.operator.test;
        let is_equality =
            matches!(test, Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike);
        is_equality.then_some((hop, name))
    }

    /// Whether what is compared is what the template is filled in with. A tag that two hops passed has
    /// one value: of two cases that meet the earlier hop handed it on, and then it can't be passed with
    /// another one (rule C4).
    pub(super) fn fills_itself_in(&self, template: &Template) -> bool {
        let About::Tag { name: compared, .. } = self.about else { return false };
        self.filled_with(template).is_some_and(|(_, name)| name == compared)
    }

    /// A known value against a template with a variable whose value is not known.
    pub(super) fn value_filled_in(&mut self, template: &Template, value: &str) -> L::Term {
        let Some((hop, name)) = self.filled_with(template) else {
            return self.open_variable(template, Some(value));
        };
        let test = match self.condition.operator.test {
            Test::StringLike => Test::StringEquals,
            test => test,
        };
        self.of_tag(hop, name, |it| it.atom(AtomTest::Compare(test), || vec![value.to_owned()]))
    }
}
