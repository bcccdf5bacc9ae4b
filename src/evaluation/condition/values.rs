//! Values of a key against the values of a condition.

use std::borrow::Cow;

use crate::arn::glob::Glob;
use crate::policy::{Resolved, Template, Test, Tri};

use super::super::context::Shape;
use super::super::logic::{AtomTest, Logic, Term};
use super::Tester;

impl<'t, L: Logic> Tester<'t, '_, L> {
    /// A known value against all of the policy's.
    pub(super) fn value_fits(&mut self, value: &str) -> L::Term {
        let condition = self.condition;
        let test = condition.operator.test;
        let mut any = L::Term::FALSE;
        for (index, template) in condition.values.iter().enumerate() {
            if self.variable_out_of_place(template) {
                any = any.or(self.unclear_comparison(value, &template.text));
                continue;
            }
            if test == Test::StringEquals && template.has_variables() {
                match template.comes_to(value, |key| self.variable(key)) {
                    Some(true) => return Term::TRUE,
                    Some(false) => {}
                    None => any = any.or(self.value_filled_in(template, value)),
                }
                continue;
            }
            let settled = match condition.compare(index, value) {
                Some(Tri::True) => return Term::TRUE,
                Some(Tri::False) => continue,
                unsettled_or_variable => unsettled_or_variable,
            };
            let fits = match self.resolve(template) {
                Filled::Pattern { pattern, .. } if settled.is_some() => {
                    self.unclear_comparison(value, &pattern)
                }
                Filled::Pattern { glob, plain, pattern } => {
                    match test.compare(value, &glob, &plain) {
                        Tri::True => Term::TRUE,
                        Tri::False => Term::FALSE,
                        Tri::Unknown => self.unclear_comparison(value, &pattern),
                    }
                }
                Filled::NoValue => Term::FALSE,
                Filled::Unknown => self.value_filled_in(template, value),
            };
            any = any.or(fits);
            if any.is_true() {
                return any;
            }
        }
        any
    }

    /// A value of which only the shape is known against all of the policy's.
    pub(super) fn shape_fits(&mut self, shape: &Shape<'t>) -> L::Term {
        match shape {
            Shape::OneOf(values) => {
                return self.choice_fits(&|index| values.get(index).map(String::as_str));
            }
            Shape::Truth => {
                return self.choice_fits(&|index| ["true", "false"].get(index).copied());
            }
            _ => {}
        }
        // What is not decided is one atom; its values are kept only where atoms are.
        let mut undecided = false;
        let mut open = Vec::new();
        let mut any = L::Term::FALSE;
        let condition = self.condition;
        let test = condition.operator.test;
        for template in &condition.values {
            if self.variable_out_of_place(template) {
                any = any.or(self.unclear_comparison("", &template.text));
                continue;
            }
            match self.resolve(template) {
                Filled::NoValue => {}
                Filled::Unknown if self.fills_itself_in(template) => return Term::TRUE,
                Filled::Unknown => any = any.or(self.open_variable(template, None)),
                // Its opposite is not told by a test that has no meaning here.
                Filled::Pattern { plain, pattern, .. } if !self.comparable(&plain) => {
                    any = any.or(self.unclear_comparison("", &pattern));
                }
                Filled::Pattern { glob, plain, pattern } => {
                    match decided_by_shape(test, shape, &glob, &plain) {
                        Some(true) => return Term::TRUE,
                        Some(false) => {}
                        None => {
                            undecided = true;
                            // Atoms are told apart by what they compare with, not by how that
                            // is written.
                            if L::REMEMBERS {
                                let with_wildcards =
                                    matches!(test, Test::StringLike | Test::ArnLike);
                                open.push(
                                    if with_wildcards { pattern } else { plain }.into_owned(),
                                );
                            }
                        }
                    }
                }
            }
        }
        if undecided { any.or(self.atom(AtomTest::Compare(test), || open)) } else { any }
    }

    /// One of a few values: decided where all agree.
    pub(super) fn choice_fits(&mut self, choice: &dyn Fn(usize) -> Option<&'t str>) -> L::Term {
        let choices = || (0..).map_while(choice);
        let mut agreed = None;
        let mut all_agree = true;
        for value in choices() {
            let fits = self.value_fits(value);
            match &agreed {
                None => agreed = Some(fits),
                Some(known) => all_agree &= self.logic.same(known, &fits),
            }
        }
        match agreed {
            Some(fits) if all_agree => return fits,
            None => return Term::FALSE,
            Some(_) => {}
        }
        let test = match self.condition.operator.test {
            Test::Bool => AtomTest::Compare(Test::Bool),
            _ => AtomTest::Compare(Test::StringEquals),
        };
        let (mut some_sure, mut sure, mut any) = (false, Vec::new(), L::Term::FALSE);
        for value in choices() {
            let fits = self.value_fits(value);
            if fits.is_true() {
                some_sure = true;
                if L::REMEMBERS {
                    sure.push(value.to_owned());
                }
            } else if !fits.is_false() {
                let chosen = self.atom(test, || vec![value.to_owned()]);
                any = any.or(chosen.and(fits));
            }
        }
        if some_sure { any.or(self.atom(test, || sure)) } else { any }
    }

    /// Variables stand in values of string and ARN operators. Of `Bool` AWS's pages tell both
    /// (rule D8), of the others that they don't.
    pub(super) fn variable_out_of_place(&self, template: &Template) -> bool {
        template.has_variables() && !self.takes_variables()
    }

    pub(super) fn takes_variables(&self) -> bool {
        matches!(
            self.condition.operator.test,
            Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike | Test::ArnLike
        )
    }

    /// Whether some value of the key can be compared with this one at all. Where not, sources
    /// differ on what the operator and its negation say (rule D9).
    pub(super) fn comparable(&self, plain: &str) -> bool {
        let key = &*self.condition.key;
        let test = self.condition.operator.test;
        match test {
            Test::ArnLike => key.ends_with("arn") && crate::arn::split(plain).is_some(),
            Test::IpAddress => (key.ends_with("ip") || key.ends_with("ipv4")) && test.reads(plain),
            _ => test.reads(plain),
        }
    }

    pub(super) fn resolve<'v>(&self, template: &'v Template) -> Filled<'v>
    where
        't: 'v,
    {
        match template.resolve(|key| self.variable(key)) {
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
}

/// Whether every value of the shape fits, or none does; `None` where it depends on the value.
fn decided_by_shape(test: Test, shape: &Shape<'_>, glob: &Glob, plain: &str) -> Option<bool> {
    match (test, shape) {
        (Test::StringLike, _) if glob.matches_everything() => Some(true),
        (Test::StringEquals, Shape::Not(other)) => (plain == *other).then_some(false),
        (Test::StringEquals, Shape::Like(like)) => (!like.matches(plain)).then_some(false),
        // Part by part less fits than as a whole.
        (Test::ArnLike, Shape::Like(like)) => (!glob.meets(like)).then_some(false),
        (Test::StringLike, Shape::Like(like)) => match (glob.covers(like), glob.meets(like)) {
            (true, _) => Some(true),
            (_, false) => Some(false),
            _ => None,
        },
        // Of two networks one lies in the other, or they have no address in common.
        (Test::IpAddress, Shape::Within(network)) => {
            let meant = crate::policy::network(plain)?;
            if meant.contains(network) {
                Some(true)
            } else {
                (!network.contains(&meant)).then_some(false)
            }
        }
        (Test::StringEquals, Shape::SessionOf(id)) => {
            let fits = plain.strip_prefix(id).is_some_and(|rest| rest.starts_with(':'));
            (!fits).then_some(false)
        }
        (Test::StringLike, Shape::SessionOf(id)) => {
            // A unique id is known text: it holds no wildcards.
            let prefix = format!("{id}:");
            if glob.covers(&Glob::new(&format!("{prefix}*"))) {
                Some(true)
            } else {
                (!glob.may_match_prefix(&prefix)).then_some(false)
            }
        }
        _ => None,
    }
}

pub(super) enum Filled<'v> {
    Pattern { glob: Cow<'v, Glob>, plain: Cow<'v, str>, pattern: Cow<'v, str> },
    NoValue,
    Unknown,
}
