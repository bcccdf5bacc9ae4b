//! Variables that stand for a tag of the caller's session, or for one that it hands on: what fills
//! them in depends on the hops before, so each case is looked at by itself (rules C4 and K7).

use crate::policy::{KeyName, Template, Test, VariableValue};

use super::super::context::{Left, State};
use super::super::logic::{AtomTest, Logic, Term};
use super::Tester;
use super::open::About;

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

impl<'t, L: Logic> Tester<'t, '_, L> {
    /// The condition over what may fill its variables in.
    pub(super) fn filled(&mut self, state: &State<'t>) -> L::Term {
        let variable = self.condition.has_variables.then(|| self.variable_of_tag()).flatten();
        match variable {
            Some((key, left)) => self.case_by_case(key, left, state),
            None => self.under(state),
        }
    }

    /// The only variable that stands for a tag which hops before this one decide.
    fn variable_of_tag(&self) -> Option<(&'t str, Left<'t>)> {
        let (condition, context) = (self.condition, self.context);
        let mut found: Option<(&'t str, Left<'t>)> = None;
        for key in condition.values.iter().flat_map(Template::variables) {
            let State::Left(left @ Left::Tag { .. }) = context.key(KeyName::of(key)).state else {
                continue;
            };
            // Two of them would be all pairs of cases: these stay open.
            if found.is_some_and(|(other, _)| other != key) {
                return None;
            }
            found = Some((key, left));
        }
        found
    }

    /// The tag of the last hop that passed it, or else the role's own, as for a key of its own.
    fn case_by_case(&mut self, key: &'t str, left: Left<'t>, state: &State<'t>) -> L::Term {
        let Left::Tag { hop, first, name, transitive, own } = left else {
            return self.under(state);
        };
        let passed = self.passed(hop, name, transitive);
        self.filling = Some(Filling { key, value: Value::Passed { hop, name } });
        let holds = self.under(state);
        let otherwise = if hop > first {
            let before = Left::Tag { hop: hop - 1, first, name, transitive: true, own };
            self.case_by_case(key, before, state)
        } else {
            self.filling = Some(Filling { key, value: Value::Own(own) });
            self.under(state)
        };
        self.filling = None;
        if self.logic.same(&holds, &otherwise) {
            return holds;
        }
        passed.clone().and(holds).or((!passed).and(otherwise))
    }

    /// A variable's value, in this case.
    pub(super) fn variable(&self, key: &'t str) -> VariableValue<'t> {
        match self.filling {
            Some(filling) if filling.key == key => match filling.value {
                Value::Own(Some(own)) => VariableValue::Known(own.into()),
                Value::Own(None) => VariableValue::Absent,
                Value::Passed { .. } => VariableValue::Unknown,
            },
            _ => self.context.variable(key),
        }
    }

    /// The hop and the name of the tag that a template is nothing but, in this case, where the operator
    /// asks whether texts are equal: what is filled in holds no wildcards (rule O6).
    fn filled_with(&self, template: &Template) -> Option<(usize, &'t str)> {
        let Filling { key, value: Value::Passed { hop, name } } = self.filling? else {
            return None;
        };
        let test = self.condition.operator.test;
        let is_equality =
            matches!(test, Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike);
        (is_equality && template.only_variable() == Some(key)).then_some((hop, name))
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
