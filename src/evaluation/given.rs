//! What is open and no condition key stands for: a fact that was not read, a rule that is not
//! settled.

use super::context::Context;
use super::decision::RequirementKind as Kind;
use super::logic::{Atom, AtomTest, Logic};

/// Something that no condition key stands for.
pub(super) struct Given {
    /// What it is, to tell it from others of this hop.
    pub(super) key: String,
    /// Its value; may be empty.
    pub(super) value: String,
    pub(super) kind: Kind,
    /// What must hold, as a sentence.
    pub(super) text: String,
}

/// A term for something that no condition key stands for.
pub(super) fn given<L: Logic>(
    context: &Context<'_>,
    logic: &mut L,
    make: impl FnOnce() -> Given,
) -> L::Term {
    let hop = context.call.hop;
    logic.open(|| make().atom(hop))
}

/// A term for a denial that is not known; the sentence says what must hold so that there is none.
pub(super) fn denial<L: Logic>(
    context: &Context<'_>,
    logic: &mut L,
    make: impl FnOnce() -> Given,
) -> L::Term {
    let hop = context.call.hop;
    logic.open(|| {
        let atom = make().atom(hop);
        let text_negated = atom.text.clone();
        Atom {
            text: text_negated.as_ref().map(|text| format!("not: {text}")),
            text_negated,
            ..atom
        }
    })
}

impl Given {
    fn atom(self, hop: usize) -> Atom {
        let Self { key, value, kind, text } = self;
        Atom {
            hop,
            written_key: key.clone(),
            key,
            test: AtomTest::Given,
            values: if value.is_empty() { Vec::new() } else { vec![value] },
            kind,
            text: Some(text),
            text_negated: None,
        }
    }
}
