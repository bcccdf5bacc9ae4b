//! What stays open in a condition.

use crate::policy::{Key, Template, Test};

use super::super::context::{REQUEST_TAG, SOURCE_IDENTITY, TRANSITIVE};
use super::super::decision::RequirementKind as Kind;
use super::super::logic::{self, Atom, AtomTest, Logic, Sign, Told};
use super::Tester;

/// What the atoms of a test are about.
#[derive(Clone, Copy)]
pub(super) enum About<'t> {
    /// The condition's own key, at this hop.
    Key,
    /// The key of a variable, in lower case and as written, at this hop.
    Variable { key: &'t str, written: &'t str },
    /// The source identity that an earlier hop set.
    SourceIdentity { hop: usize },
    /// A tag that an earlier hop passed.
    Tag { hop: usize, name: &'t str },
}

impl<L: Logic> Tester<'_, '_, L> {
    /// That a hop handed a tag on to the sessions after it.
    pub(super) fn handed_on(&mut self, hop: usize, name: &str) -> L::Term {
        let kind = self.kind;
        // The session that a path begins with is there already.
        let holds = |must| {
            let text = || format!("the session {must} hold the tag `{name}` as transitive");
            (hop == 0).then(text)
        };
        let atom = |_| Atom {
            hop,
            key: TRANSITIVE.to_owned(),
            written_key: "sts:TransitiveTagKeys".to_owned(),
            test: AtomTest::AnyOf(Test::StringEqualsIgnoreCase, false),
            values: vec![name.to_owned()],
            kind,
            text: holds("must"),
            text_negated: holds("must not"),
        };
        self.logic.open(atom)
    }

    /// Whether a template fits once its variables are filled in: this value of the key, or any that
    /// it may have.
    pub(super) fn open_variable(&mut self, template: &Template, value: Option<&str>) -> L::Term {
        let (condition, context) = (self.condition, self.context);
        // Where the key's value is known, it is up to whoever decides what the variables stand for.
        let kinds = || context.kind_of_variables(template.variables());
        let kind = value.and_then(|_| kinds()).unwrap_or(self.kind);
        self.given(kind, || {
            let (key, text) = (&condition.written_key, &template.text);
            let text = match (value, template.only_variable()) {
                (None, Some(_)) => format!("`{key}` must be the same as `{text}`"),
                (None, None) => format!("`{key}` must fit `{text}` with its variables filled in"),
                (Some(value), Some(_)) => format!("`{text}` must be `{value}`"),
                (Some(value), None) => {
                    format!("the variables of `{text}` must fill in so that it fits `{value}`")
                }
            };
            // The operator's negation is the opposite of this, another operator is another
            // question.
            let detail = format!("{} {}", condition.operator.test.name(), template.text);
            (detail, value.map(str::to_owned).into_iter().collect(), text)
        })
    }

    pub(super) fn unclear_comparison(&mut self, value: &str, pattern: &str) -> L::Term {
        let condition = self.condition;
        self.given(Kind::AmbiguousRule, || {
            let rule = if pattern.contains("${") { "rule D8" } else { "rule D9" };
            let text = if value.is_empty() {
                format!(
                    "how AWS compares `{}` with `{pattern}` is not settled ({rule}): try it live",
                    condition.written_key
                )
            } else {
                format!("how AWS compares `{value}` with `{pattern}` is not settled ({rule}): try it live")
            };
            // A negated operator may say the same as the positive one, so it is a question of its
            // own.
            (format!("{} {pattern}", condition.operator.written), vec![value.to_owned()], text)
        })
    }

    pub(super) fn ambiguous(&mut self, why: &str) -> L::Term {
        let condition = self.condition;
        self.given(Kind::AmbiguousRule, || {
            let operator = condition.operator.written.clone();
            let text = format!("`{operator}` {}: {why}; try it live", condition.written_key);
            let values = condition.values.iter().map(|value| value.text.to_string()).collect();
            (operator.to_string(), values, text)
        })
    }

    /// A question that is no comparison: its detail, its values, and its sentence.
    pub(super) fn given(
        &mut self,
        kind: Kind,
        about: impl FnOnce() -> (String, Vec<String>, String),
    ) -> L::Term {
        let (hop, condition) = (self.context.call.hop, self.condition);
        let atom = |_| {
            let (detail, values, text) = about();
            Atom {
                hop,
                key: format!("{} {detail}", condition.key),
                written_key: condition.written_key.to_string(),
                test: AtomTest::Given,
                values,
                kind,
                text: Some(text),
                text_negated: None,
            }
        };
        self.logic.open(atom)
    }

    pub(super) fn atom(&mut self, test: AtomTest, values: impl FnOnce() -> Vec<String>) -> L::Term {
        let (call, condition, kind) = (self.context.call, self.condition, self.kind);
        let about = self.about;
        let sign = || {
            // What is handed on asks for more than the test itself (rules T5 and C4).
            let is_handed_on = matches!(
                condition.name().key,
                Key::StsSourceIdentity | Key::RequestTag | Key::TagKeys | Key::StsTransitiveTagKeys
            );
            let about = match about {
                About::Key if !is_handed_on => logic::about((call.hop, &*condition.key)),
                _ => return None,
            };
            Some(Sign { about, is_whole: test == AtomTest::Present, kind })
        };
        let atom = |_| {
            let (hop, key, written_key) = match about {
                About::Key => {
                    (call.hop, condition.key.to_string(), condition.written_key.to_string())
                }
                About::Variable { key, written } => (call.hop, key.to_owned(), written.to_owned()),
                About::SourceIdentity { hop: 0 } => {
                    (0, SOURCE_IDENTITY.to_owned(), "aws:SourceIdentity".to_owned())
                }
                About::SourceIdentity { hop } => {
                    (hop, SOURCE_IDENTITY.to_owned(), "sts:SourceIdentity".to_owned())
                }
                About::Tag { hop: 0, name } => {
                    (0, format!("{REQUEST_TAG}{name}"), format!("aws:PrincipalTag/{name}"))
                }
                About::Tag { hop, name } => {
                    (hop, format!("{REQUEST_TAG}{name}"), format!("aws:RequestTag/{name}"))
                }
            };
            Atom {
                hop,
                key,
                written_key,
                test,
                values: values(),
                kind,
                text: None,
                text_negated: None,
            }
        };
        self.logic.open(Told { sign, atom })
    }
}
