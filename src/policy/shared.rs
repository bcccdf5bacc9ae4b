//! What many documents have in common.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::arn::glob::Glob;
use crate::arn::shared::{Recent, Texts};

use super::document::ActionElement;
use super::operator::Operator;

/// The longest value that is looked up before it is kept: longer ones name one thing, and hardly
/// another document has the same.
const SHORT: usize = 24;

/// Parts of documents that were read lately. Documents read with the same one share them: an
/// organization has a hundred thousand documents and a few hundred lists of actions.
///
/// By default it remembers nothing, which serves for a single document.
#[derive(Debug, Default)]
pub struct Shared {
    texts: Texts,
    globs: Recent<Glob>,
    actions: Recent<Arc<ActionElement>>,
    operators: Recent<Operator>,
}

impl Shared {
    /// One that remembers.
    pub fn remembering() -> Self {
        Self {
            texts: Texts::remembering(),
            globs: Recent::remembering(),
            actions: Recent::remembering(),
            operators: Recent::remembering(),
        }
    }

    /// A text that other documents have too.
    pub(super) fn text(&mut self, text: &str) -> Arc<str> {
        self.texts.get(text)
    }

    /// A text that others may have.
    pub(super) fn value(&mut self, text: &str) -> Arc<str> {
        if text.len() <= SHORT { self.texts.get(text) } else { text.into() }
    }

    pub(super) fn actions<'t>(
        &mut self,
        negated: bool,
        texts: &(impl Iterator<Item = &'t str> + Clone),
    ) -> Arc<ActionElement> {
        let Self { globs, actions, .. } = self;
        let is = |known: &Arc<ActionElement>| {
            known.negated() == negated && known.patterns().eq(texts.clone())
        };
        let make = || {
            let mut glob =
                |text: &str| globs.get(text, |known| **known.text() == *text, || Glob::new(text));
            Arc::new(ActionElement::new(negated, texts.clone().map(&mut glob).collect()))
        };
        actions.get(Each(negated, texts.clone()), is, make)
    }

    pub(super) fn operator(&mut self, written: &str) -> Operator {
        let is = |known: &Operator| *known.written == *written;
        self.operators.get(written, is, || Operator::parse(written))
    }
}

/// Hashes texts one after the other.
struct Each<T>(bool, T);

impl<'t, T: Iterator<Item = &'t str> + Clone> Hash for Each<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
        self.1.clone().for_each(|text| text.hash(state));
    }
}
