//! One condition of a statement as a term (rules O1 to O6).

mod fillings;
mod open;
mod values;

use crate::policy::{Condition, Qualifier, Test};

use super::context::{Context, Left, Shape, State, Values};
use super::decision::RequirementKind as Kind;
use super::logic::{AtomTest, Logic, Term};
use fillings::Fillings;
use open::About;

/// What `condition` says of the call.
pub(super) fn term<L: Logic>(
    condition: &Condition,
    context: &Context<'_>,
    logic: &mut L,
) -> L::Term {
    let facts = context.key(condition.name());
    let (kind, about) = (facts.kind, About::Key);
    let mut tester =
        Tester { condition, context, logic, kind, about, fillings: Fillings::default() };
    tester.filled(&facts.state)
}

struct Tester<'t, 'a, L> {
    condition: &'t Condition,
    context: &'t Context<'a>,
    logic: &'t mut L,
    kind: Kind,
    about: About<'t>,
    /// What some of the variables stand for, where that is looked at case by case.
    fillings: Fillings<'t>,
}

impl<'t, L: Logic> Tester<'t, '_, L> {
    fn under(&mut self, state: &State<'t>) -> L::Term {
        match state {
            State::AbsentOr(value) => {
                let value = State::Known(Values::One((*value).into()));
                let (absent, present) = (self.settled(&State::Absent), self.settled(&value));
                if self.logic.same(&absent, &present) {
                    return absent;
                }
                self.ambiguous(
                    "sources differ on whether this key is absent or has a value here (rule D13)",
                )
            }
            State::Left(Left::SourceIdentity { hop, is_set }) => {
                self.about = About::SourceIdentity { hop: *hop };
                self.kind = self.context.kind_of_hop(*hop);
                let some = if *is_set { State::Present } else { State::Open };
                self.settled(&some(Shape::Any))
            }
            State::Left(Left::Tag { hop, first, name, transitive, own }) => {
                self.tag(*hop, *first, name, *transitive, *own)
            }
            settled => self.settled(settled),
        }
    }

    /// A tag of a session: that of the last hop that passed it, where only the very last need not
    /// have passed it on, or else the role's own (rule C4).
    fn tag(
        &mut self,
        hop: usize,
        first: usize,
        name: &'t str,
        transitive: bool,
        own: Option<&'t str>,
    ) -> L::Term {
        let passed = self.passed(hop, name, transitive);
        let holds = self.of_tag(hop, name, |it| it.settled(&State::Open(Shape::Any)));
        let otherwise = if hop > first {
            self.tag(hop - 1, first, name, true, own)
        } else {
            let own = own.map_or(State::Absent, |own| State::Known(Values::One(own.into())));
            self.settled(&own)
        };
        passed.clone().and(holds).or((!passed).and(otherwise))
    }

    /// That a hop passed a tag, and where `transitive`, so that it is handed on.
    fn passed(&mut self, hop: usize, name: &'t str, transitive: bool) -> L::Term {
        self.of_tag(hop, name, |it| {
            let passed = it.present(&State::Open(Shape::Any));
            if transitive { passed.and(it.handed_on(hop, name)) } else { passed }
        })
    }

    /// Asks of a tag that a hop may have passed.
    fn of_tag(
        &mut self,
        hop: usize,
        name: &'t str,
        ask: impl FnOnce(&mut Self) -> L::Term,
    ) -> L::Term {
        self.of(About::Tag { hop, name }, self.context.kind_of_hop(hop), ask)
    }

    /// Asks of something that a kind of people decide.
    fn of(
        &mut self,
        about: About<'t>,
        kind: Kind,
        ask: impl FnOnce(&mut Self) -> L::Term,
    ) -> L::Term {
        let before = (self.about, self.kind);
        (self.about, self.kind) = (about, kind);
        let answer = ask(self);
        (self.about, self.kind) = before;
        answer
    }

    fn settled(&mut self, state: &State<'t>) -> L::Term {
        let operator = &self.condition.operator;
        match operator.test {
            Test::Unknown => return self.ambiguous("nobody knows this operator (rule O2)"),
            Test::Null => return self.null(state),
            _ => {}
        }
        let (negated, if_exists) = (operator.negated, operator.if_exists);
        // A key that may have several values is a list wherever the operator goes over values.
        let name = self.condition.name();
        let many = name.several() || name.key.may_be_several();
        match operator.qualifier {
            None if name.several() => self.single_operator_on_list(state, negated, if_exists),
            None => {
                let base = self.fits(state);
                match (negated, if_exists) {
                    (true, _) => self.unless_no_value(!base, state),
                    (false, false) => base,
                    (false, true) => {
                        let present = self.present(state);
                        base.or(!present)
                    }
                }
            }
            // Every value fits: no value fails to.
            Some(Qualifier::All) => {
                let all = !self.some_value(state, many, !negated);
                if negated { self.unless_no_value(all, state) } else { all }
            }
            Some(Qualifier::Any) => {
                let some = self.some_value(state, many, negated);
                let some = if negated { self.unless_no_value(some, state) } else { some };
                if !if_exists {
                    return some;
                }
                // Sources differ on what no value at all then means (rule D6).
                let absent = !self.present(state);
                if absent.is_false() {
                    return some;
                }
                let unclear =
                    self.ambiguous("sources differ on what this says without any value (rule D6)");
                some.or(absent.and(unclear))
            }
        }
    }

    /// An operator for one value on a key that takes several never matches; what its negation
    /// then says is not documented.
    fn single_operator_on_list(
        &mut self,
        state: &State<'t>,
        negated: bool,
        if_exists: bool,
    ) -> L::Term {
        let present = self.present(state);
        if negated {
            let unclear = self
                .ambiguous("a negated operator without set operator on a key of several values is not settled (rule O5)");
            (!present.clone()).or(present.and(unclear))
        } else if if_exists {
            !present
        } else {
            Term::FALSE
        }
    }

    /// `Null`: true asks for absence, false for presence.
    fn null(&mut self, state: &State<'t>) -> L::Term {
        let present = self.present(state);
        let mut any = L::Term::FALSE;
        for value in &self.condition.values {
            any = any.or(if value.text.eq_ignore_ascii_case("true") {
                !present.clone()
            } else if value.text.eq_ignore_ascii_case("false") {
                present.clone()
            } else {
                self.ambiguous("`Null` takes true or false (rule O3)")
            });
        }
        any
    }

    fn present(&mut self, state: &State<'t>) -> L::Term {
        match state {
            State::Known(values) => values.iter().next().is_some().into(),
            State::Absent => Term::FALSE,
            State::Present(_) => Term::TRUE,
            State::Open(_) | State::AbsentOr(_) | State::Left(_) => {
                self.atom(AtomTest::Present, Vec::new)
            }
        }
    }

    /// The positive comparison with the key's one value.
    fn fits(&mut self, state: &State<'t>) -> L::Term {
        match state {
            State::Absent | State::AbsentOr(_) | State::Left(_) => Term::FALSE,
            State::Known(values) => {
                let mut any = L::Term::FALSE;
                for value in values.iter() {
                    any = any.or(self.value_fits(value));
                }
                any
            }
            State::Present(shape) => self.shape_fits(shape),
            State::Open(shape) => {
                let fits = self.shape_fits(shape);
                if fits.is_true() { self.present(state) } else { fits }
            }
        }
    }

    /// Whether some value of the key fits (with `against`, fits none of the policy's values).
    fn some_value(&mut self, state: &State<'t>, many: bool, against: bool) -> L::Term {
        match state {
            State::Absent | State::AbsentOr(_) | State::Left(_) => Term::FALSE,
            State::Known(values) => {
                let mut any = L::Term::FALSE;
                for value in values.iter() {
                    let fits = self.value_fits(value);
                    any = any.or(if against { !fits } else { fits });
                }
                any
            }
            State::Present(_) | State::Open(_) if many => {
                let condition = self.condition;
                let test = AtomTest::AnyOf(condition.operator.test, against);
                self.atom(test, || {
                    condition.values.iter().map(|value| value.text.to_string()).collect()
                })
            }
            // A key of one value is a list of one.
            State::Present(_) | State::Open(_) => {
                let fits = self.fits(state);
                if against { self.present(state).and(!fits) } else { fits }
            }
        }
    }

    /// A negated operator whose variable has no value matches by the documentation and does
    /// not by another evaluator (rule D7): left open. Without a key to compare it matches by both.
    fn unless_no_value(&mut self, negated: L::Term, state: &State<'t>) -> L::Term {
        if negated.is_false() || matches!(state, State::Absent) || !self.takes_variables() {
            return negated;
        }
        let mut have_values = L::Term::TRUE;
        let condition = self.condition;
        for template in condition.values.iter().filter(|template| template.has_variables()) {
            have_values = have_values.and(self.has_value(template));
        }
        if have_values.is_true() {
            return negated;
        }
        let unclear = self.ambiguous(
            "sources differ on a negated operator whose variable has no value (rule D7)",
        );
        let absent = !self.present(state);
        negated.and(have_values.or(absent).or(unclear))
    }
}
