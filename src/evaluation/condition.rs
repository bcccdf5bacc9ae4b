//! One condition of a statement as a formula (rules O1 to O6).

use std::borrow::Cow;

use crate::arn::glob::Glob;
use crate::policy::{Condition, Qualifier, Resolved, Template, Test, Tri};

use super::context::{Context, KeyFacts, Shape, State, may_be_list, multivalued};
use super::decision::RequirementKind as Kind;
use super::formula::{Atom, AtomTest, Atoms, Formula};
use super::sentence;

/// What `condition` says of the call.
pub(super) fn formula(condition: &Condition, context: &Context<'_>, atoms: &mut Atoms) -> Formula {
    let facts = context.key(&condition.key);
    let mut test = Tester { condition, context, atoms, kind: facts.kind };
    test.under(&facts)
}

struct Tester<'t, 'a> {
    condition: &'t Condition,
    context: &'t Context<'a>,
    atoms: &'t mut Atoms,
    kind: Kind,
}

impl Tester<'_, '_> {
    fn under(&mut self, facts: &KeyFacts) -> Formula {
        let State::Disputed(states) = &facts.state else { return self.settled(&facts.state) };
        let mut results = states.iter().map(|state| self.settled(state)).collect::<Vec<_>>();
        let first = results.pop().unwrap_or(Formula::False);
        if results.iter().all(|other| *other == first) {
            return first;
        }
        self.ambiguous("sources differ on whether this key is absent or has a value here")
    }

    fn settled(&mut self, state: &State) -> Formula {
        let operator = &self.condition.operator;
        match operator.test {
            Test::Unknown => return self.ambiguous("this version does not know the operator"),
            Test::Null => return self.null(state),
            _ => {}
        }
        let (negated, if_exists) = (operator.negated, operator.if_exists);
        // A key that may have several values is a list wherever the operator goes over values.
        let many = multivalued(&self.condition.key) || may_be_list(&self.condition.key);
        match operator.qualifier {
            None if multivalued(&self.condition.key) => {
                self.single_operator_on_list(state, negated, if_exists)
            }
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
                if absent == Formula::False {
                    return some;
                }
                let unclear =
                    self.ambiguous("sources differ on ForAnyValue with IfExists and no value");
                some.or(absent.and(unclear))
            }
        }
    }

    /// An operator for one value on a key that takes several never matches; what its negation
    /// then says is not documented.
    fn single_operator_on_list(
        &mut self,
        state: &State,
        negated: bool,
        if_exists: bool,
    ) -> Formula {
        let present = self.present(state);
        if negated {
            let unclear = self
                .ambiguous("a negated operator without set operator, on a key of several values");
            (!present.clone()).or(present.and(unclear))
        } else if if_exists {
            !present
        } else {
            Formula::False
        }
    }

    /// `Null`: true asks for absence, false for presence.
    fn null(&mut self, state: &State) -> Formula {
        let present = self.present(state);
        let mut any = Formula::False;
        for value in &self.condition.values {
            any = any.or(match value.text.to_ascii_lowercase().as_str() {
                "true" => !present.clone(),
                "false" => present.clone(),
                _ => self.ambiguous("`Null` takes true or false"),
            });
        }
        any
    }

    fn present(&mut self, state: &State) -> Formula {
        match state {
            State::Known(values) => (!values.is_empty()).into(),
            State::Absent => Formula::False,
            State::Present(_) => Formula::True,
            State::Open(_) | State::Disputed(_) => self.atom(AtomTest::Present, Vec::new()),
        }
    }

    /// The positive comparison with the key's one value.
    fn fits(&mut self, state: &State) -> Formula {
        match state {
            State::Absent | State::Disputed(_) => Formula::False,
            State::Known(values) => {
                let mut any = Formula::False;
                for value in values {
                    any = any.or(self.value_fits(value));
                }
                any
            }
            State::Present(shape) => self.shape_fits(shape),
            State::Open(shape) => {
                let fits = self.shape_fits(shape);
                if fits == Formula::True { self.present(state) } else { fits }
            }
        }
    }

    /// Whether some value of the key fits (with `against`, fits none of the policy's values).
    fn some_value(&mut self, state: &State, many: bool, against: bool) -> Formula {
        match state {
            State::Absent | State::Disputed(_) => Formula::False,
            State::Known(values) => {
                let mut any = Formula::False;
                for value in values {
                    let fits = self.value_fits(value);
                    any = any.or(if against { !fits } else { fits });
                }
                any
            }
            State::Present(_) | State::Open(_) if many => {
                let values = self.condition.values.iter().map(|value| value.text.clone()).collect();
                self.atom(AtomTest::AnyOf(self.condition.operator.test, against), values)
            }
            // A key of one value is a list of one.
            State::Present(_) | State::Open(_) => {
                let fits = self.fits(state);
                if against { self.present(state).and(!fits) } else { fits }
            }
        }
    }

    /// A known value against all of the policy's.
    fn value_fits(&mut self, value: &str) -> Formula {
        let condition = self.condition;
        let test = condition.operator.test;
        let mut any = Formula::False;
        for template in &condition.values {
            if self.variable_out_of_place(template) {
                any = any.or(self.unclear_comparison(value, &template.text));
                continue;
            }
            let fits = match self.resolve(template) {
                Filled::Pattern { glob, plain, pattern } => {
                    match test.compare(value, &glob, &plain) {
                        Tri::True => Formula::True,
                        Tri::False => Formula::False,
                        Tri::Unknown => self.unclear_comparison(value, &pattern),
                    }
                }
                Filled::NoValue => Formula::False,
                Filled::Unknown => self.open_variable(template, value),
            };
            any = any.or(fits);
            if any == Formula::True {
                return any;
            }
        }
        any
    }

    /// A value of which only the shape is known against all of the policy's.
    fn shape_fits(&mut self, shape: &Shape) -> Formula {
        let test = self.condition.operator.test;
        if let Shape::OneOf(values) = shape {
            return self.choice_fits(values);
        }
        let mut open = Vec::new();
        let mut any = Formula::False;
        let condition = self.condition;
        for template in &condition.values {
            if self.variable_out_of_place(template) {
                any = any.or(self.unclear_comparison("", &template.text));
                continue;
            }
            match self.resolve(template) {
                Filled::NoValue => {}
                Filled::Unknown => any = any.or(self.open_variable(template, "")),
                // Its opposite is not told by a test that has no meaning here.
                Filled::Pattern { plain, pattern, .. } if !self.comparable(&plain) => {
                    any = any.or(self.unclear_comparison("", &pattern));
                }
                Filled::Pattern { glob, plain, pattern } => {
                    let everything = test == Test::StringLike && glob.matches_everything();
                    let decided = match (test, shape) {
                        _ if everything => Some(true),
                        (Test::StringEquals, Shape::Not(other)) => {
                            (plain == other.as_str()).then_some(false)
                        }
                        (Test::StringEquals, Shape::Like(like)) => {
                            (!like.matches(&plain)).then_some(false)
                        }
                        (Test::StringLike, Shape::Like(like)) => {
                            match (glob.covers(like), glob.meets(like)) {
                                (true, _) => Some(true),
                                (_, false) => Some(false),
                                _ => None,
                            }
                        }
                        (Test::StringEquals, Shape::Prefix(prefix)) => {
                            (!plain.starts_with(&**prefix)).then_some(false)
                        }
                        (Test::StringLike, Shape::Prefix(prefix)) => {
                            let all = Glob::new(&format!("{prefix}*"));
                            // A prefix is known text: unique ids hold no wildcards.
                            if glob.covers(&all) {
                                Some(true)
                            } else {
                                (!glob.may_match_prefix(prefix)).then_some(false)
                            }
                        }
                        _ => None,
                    };
                    match decided {
                        Some(true) => return Formula::True,
                        Some(false) => {}
                        // Atoms are told apart by what they compare with, not by how that is
                        // written.
                        None if matches!(test, Test::StringLike | Test::ArnLike) => {
                            open.push(pattern.into_owned());
                        }
                        None => open.push(plain.into_owned()),
                    }
                }
            }
        }
        if open.is_empty() { any } else { any.or(self.atom(AtomTest::Compare(test), open)) }
    }

    /// One of a few values: decided where all agree.
    fn choice_fits(&mut self, values: &[String]) -> Formula {
        let results: Vec<Formula> = values.iter().map(|value| self.value_fits(value)).collect();
        if let Some(first) = results.first()
            && results.iter().all(|other| other == first)
        {
            return first.clone();
        }
        let test = self.condition.operator.test;
        let test = if test == Test::Bool { Test::Bool } else { Test::StringEquals };
        let (mut sure, mut any) = (Vec::new(), Formula::False);
        for (value, fits) in values.iter().zip(results) {
            if fits == Formula::True {
                sure.push(value.clone());
            } else if fits != Formula::False {
                let chosen = self.atom(AtomTest::Compare(test), vec![value.clone()]);
                any = any.or(chosen.and(fits));
            }
        }
        if sure.is_empty() { any } else { any.or(self.atom(AtomTest::Compare(test), sure)) }
    }

    /// Variables stand in values of string and ARN operators. Of `Bool` AWS's pages tell both
    /// (rule D8), of the others that they don't.
    fn variable_out_of_place(&self, template: &Template) -> bool {
        template.has_variables() && !self.takes_variables()
    }

    fn takes_variables(&self) -> bool {
        matches!(
            self.condition.operator.test,
            Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike | Test::ArnLike
        )
    }

    /// Whether some value of the key can be compared with this one at all. Where not, sources
    /// differ on what the operator and its negation say (rule D9).
    fn comparable(&self, plain: &str) -> bool {
        let key = self.condition.key.as_str();
        let test = self.condition.operator.test;
        match test {
            Test::ArnLike => key.ends_with("arn") && crate::arn::split(plain).is_some(),
            Test::IpAddress => (key.ends_with("ip") || key.ends_with("ipv4")) && test.reads(plain),
            _ => test.reads(plain),
        }
    }

    fn resolve<'v>(&self, template: &'v Template) -> Filled<'v> {
        match template.resolve(|key| self.context.variable(key)) {
            Resolved::Fixed { glob, plain, pattern } => Filled::Pattern {
                glob: Cow::Borrowed(glob),
                plain: plain.into(),
                pattern: pattern.into(),
            },
            Resolved::Filled { glob, plain, pattern } => Filled::Pattern {
                glob: Cow::Owned(glob),
                plain: plain.into(),
                pattern: pattern.into(),
            },
            Resolved::NoValue => Filled::NoValue,
            Resolved::Unknown => Filled::Unknown,
        }
    }

    /// A negated operator whose variable has no value matches by the documentation and does
    /// not by another evaluator (rule D7): left open.
    fn unless_no_value(&mut self, negated: Formula, state: &State) -> Formula {
        if negated == Formula::False || matches!(state, State::Absent) {
            return negated;
        }
        let no_value = |template: &Template| matches!(self.resolve(template), Filled::NoValue);
        if self.takes_variables() && self.condition.values.iter().any(no_value) {
            let unclear =
                self.ambiguous("sources differ on a negated operator whose variable has no value");
            return negated.and(unclear);
        }
        negated
    }

    fn open_variable(&mut self, template: &Template, value: &str) -> Formula {
        let kind = self.kind;
        let text =
            format!("the variables of `{}` must fill in so that it fits `{value}`", template.text);
        // The operator's negation is the opposite of this, another operator is another question.
        let detail = format!("{} {}", self.condition.operator.test.name(), template.text);
        self.given(&detail, vec![value.to_owned()], kind, text)
    }

    fn unclear_comparison(&mut self, value: &str, pattern: &str) -> Formula {
        let text = if value.is_empty() {
            format!(
                "how AWS compares `{}` with `{pattern}` is not settled: try it live",
                self.condition.written_key
            )
        } else {
            format!("how AWS compares `{value}` with `{pattern}` is not settled: try it live")
        };
        // A negated operator may say the same as the positive one, so it is a question of its own.
        let detail = format!("{} {pattern}", self.condition.operator.written);
        self.given(&detail, vec![value.to_owned()], Kind::AmbiguousRule, text)
    }

    fn ambiguous(&mut self, why: &str) -> Formula {
        let text = format!(
            "`{}` {}: {why}; try it live",
            self.condition.operator.written, self.condition.written_key
        );
        let values = self.condition.values.iter().map(|value| value.text.clone()).collect();
        let operator = self.condition.operator.written.clone();
        self.given(&operator, values, Kind::AmbiguousRule, text)
    }

    fn given(&mut self, detail: &str, values: Vec<String>, kind: Kind, text: String) -> Formula {
        let hop = self.context.call.hop;
        self.atoms.atom(Atom {
            hop,
            key: format!("{} {detail}", self.condition.key),
            written_key: self.condition.written_key.clone(),
            test: AtomTest::Given,
            values,
            kind,
            text_negated: text.clone(),
            text,
        })
    }

    fn atom(&mut self, test: AtomTest, values: Vec<String>) -> Formula {
        let sentence =
            |negated| sentence::requirement(&self.condition.written_key, test, &values, negated);
        let (text, text_negated) = (sentence(false), sentence(true));
        self.atoms.atom(Atom {
            hop: self.context.call.hop,
            key: self.condition.key.clone(),
            written_key: self.condition.written_key.clone(),
            test,
            values,
            kind: self.kind,
            text,
            text_negated,
        })
    }
}

enum Filled<'v> {
    Pattern { glob: Cow<'v, Glob>, plain: Cow<'v, str>, pattern: Cow<'v, str> },
    NoValue,
    Unknown,
}
