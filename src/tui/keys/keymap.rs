//! Which keys do what. The keys themselves are data: `assets/keymap.toml`.

use std::collections::BTreeMap;

use thiserror::Error;

use super::{Action, Chord};

const BUILT_IN: &str = include_str!("../../../assets/keymap.toml");

/// Why a keymap can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeymapError {
    /// It is not TOML of the right shape.
    #[error("the keymap can't be read: {message}")]
    Malformed {
        /// What is wrong.
        message: String,
    },
    /// It names an action that does not exist.
    #[error("the keymap names `{id}`, which is no action")]
    UnknownAction {
        /// The name.
        id: String,
    },
    /// It names a key that can't be pressed.
    #[error("the keymap binds `{key}` to `{id}`, which is no key")]
    UnknownKey {
        /// The key, as written.
        key: String,
        /// The action.
        id: String,
    },
}

/// Actions with their keys.
#[derive(Debug, Clone)]
pub(crate) struct Keymap {
    /// In the order of the table.
    bindings: Vec<(Action, Vec<Chord>)>,
}

impl Keymap {
    pub(crate) fn built_in() -> Result<Self, KeymapError> {
        Self::parse(BUILT_IN)
    }

    fn parse(text: &str) -> Result<Self, KeymapError> {
        let mut keys: BTreeMap<String, Vec<String>> = toml::from_str(text)
            .map_err(|error| KeymapError::Malformed { message: error.message().to_owned() })?;
        let mut bindings = Vec::new();
        for info in Action::TABLE {
            let mut chords = Vec::new();
            for key in keys.remove(info.id).unwrap_or_default() {
                let chord = Chord::parse(&key).ok_or_else(|| KeymapError::UnknownKey {
                    key: key.clone(),
                    id: info.id.to_owned(),
                })?;
                chords.push(chord);
            }
            bindings.push((info.action, chords));
        }
        match keys.into_keys().next() {
            Some(id) => Err(KeymapError::UnknownAction { id }),
            None => Ok(Self { bindings }),
        }
    }

    /// The actions that a key may mean; which of them is meant depends on the place.
    pub(crate) fn actions(&self, chord: Chord) -> impl Iterator<Item = Action> {
        self.bindings
            .iter()
            .filter(move |(_, chords)| chords.contains(&chord))
            .map(|(action, _)| *action)
    }

    /// The first key of an action, for the footer.
    pub(crate) fn key(&self, action: Action) -> Option<Chord> {
        self.keys(action).first().copied()
    }

    pub(crate) fn keys(&self, action: Action) -> &[Chord] {
        self.bindings
            .iter()
            .find(|(bound, _)| *bound == action)
            .map_or(&[], |(_, chords)| chords.as_slice())
    }

    /// The table of keys as Markdown, which is `docs/keys.md`.
    pub(super) fn markdown(&self) -> String {
        use std::fmt::Write as _;

        let mut page = String::from(
            "# Keys\n\nGenerated from the table of actions and `assets/keymap.toml`; a test fails \
             when it is stale.\nThe last line of the screen lists the keys that work where you \
             are, `?` runs them from a list, `:` finds everything by name.\n",
        );
        let mut group = None;
        for info in Action::TABLE {
            if group != Some(info.group) {
                group = Some(info.group);
                let title = info.group.title();
                let _ = write!(
                    page,
                    "\n## {title}\n\n| keys | action | what it does |\n|---|---|---|\n"
                );
            }
            let keys = self.keys(info.action);
            let keys = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" ");
            let _ = writeln!(page, "| {keys} | `{}` | {} |", info.id, info.description);
        }
        page
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_key() {
        let keymap = Keymap::built_in().unwrap();
        for info in Action::TABLE {
            assert!(!keymap.keys(info.action).is_empty(), "{} has no key", info.id);
        }
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| Keymap::parse(text).unwrap_err().to_string();
        assert_eq!(error("fly = ['f']"), "the keymap names `fly`, which is no action");
        assert_eq!(error("quit = ['qq']"), "the keymap binds `qq` to `quit`, which is no key");
    }

    /// `ROLEWALK_UPDATE=1 cargo test --lib tui::keys` writes the page anew.
    #[test]
    fn the_page_of_keys_is_current() {
        let page = Keymap::built_in().unwrap().markdown();
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
        if std::env::var_os("ROLEWALK_UPDATE").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &page).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(written, page, "docs/keys.md is stale; run with ROLEWALK_UPDATE=1");
    }
}
