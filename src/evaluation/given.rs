//! What is open and no condition key stands for: a fact that was not read, a rule that is not
//! settled.

use std::borrow::Cow;

use super::context::Context;
use super::decision::RequirementKind as Kind;
use super::logic::{Atom, AtomTest, Logic, Open, Sign, about};

/// Something that no condition key stands for.
pub(super) struct Given<'g, T> {
    /// What it is, to tell it from others of this hop.
    pub(super) key: Cow<'g, str>,
    /// Its value; may be empty.
    pub(super) value: Cow<'g, str>,
    pub(super) kind: Kind,
    /// What must hold, as a sentence.
    pub(super) text: T,
}

/// A term for something that no condition key stands for.
pub(super) fn given<'g, L: Logic, T: FnOnce() -> String>(
    context: &Context<'_>,
    logic: &mut L,
    make: impl FnOnce() -> Given<'g, T>,
) -> L::Term {
    logic.open(OpenGiven { hop: context.call.hop, make, denies: false })
}

/// A term for a denial that is not known; the sentence says what must hold so that there is none.
pub(super) fn denial<'g, L: Logic, T: FnOnce() -> String>(
    context: &Context<'_>,
    logic: &mut L,
    make: impl FnOnce() -> Given<'g, T>,
) -> L::Term {
    logic.open(OpenGiven { hop: context.call.hop, make, denies: true })
}

struct OpenGiven<M> {
    hop: usize,
    make: M,
    denies: bool,
}

impl<'g, T: FnOnce() -> String, M: FnOnce() -> Given<'g, T>> Open for OpenGiven<M> {
    fn sign(self) -> Option<Sign> {
        let Given { key, value, kind, .. } = (self.make)();
        Some(Sign { about: about((self.hop, key, value)), is_whole: true, kind })
    }

    fn atom(self, in_words: bool) -> Atom {
        let Given { key, value, kind, text } = (self.make)();
        let text = in_words.then(text);
        let (text, text_negated) = match text {
            Some(text) if self.denies => (Some(format!("not: {text}")), Some(text)),
            text => (text, None),
        };
        Atom {
            hop: self.hop,
            key: key.to_string(),
            written_key: key.into_owned(),
            test: AtomTest::Given,
            values: if value.is_empty() { Vec::new() } else { vec![value.into_owned()] },
            kind,
            text,
            text_negated,
        }
    }
}
