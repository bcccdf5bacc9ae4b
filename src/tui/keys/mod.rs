//! Keys: chords, the one table of actions, and the keymap that binds the two.

mod action;
mod chord;
mod keymap;

pub(crate) use action::Action;
pub(crate) use chord::Chord;
pub(crate) use keymap::Keymap;
pub use keymap::KeymapError;

/// The table of keys as Markdown, which is `docs/keys.md`.
pub fn keys_page() -> Result<String, KeymapError> {
    Keymap::built_in().map(|keymap| keymap.markdown())
}
