//! Tags, small.

use std::fmt;
use std::sync::Arc;

use super::reading;
use crate::arn::shared::Texts;

/// Tags of a container, an account, a user or a role, by key. Keys and values that are the same
/// in many places share their text.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Tags(Arc<[(Arc<str>, Arc<str>)]>);

impl Tags {
    /// The tags of these keys and values; the last one of a key counts.
    pub(crate) fn of<'t>(
        pairs: impl IntoIterator<Item = (&'t str, &'t str)>,
        texts: &mut Texts,
    ) -> Self {
        let pairs = pairs.into_iter().map(|(key, value)| (texts.get(key), texts.get(value)));
        let mut pairs: Vec<(Arc<str>, Arc<str>)> = pairs.collect();
        if pairs.is_empty() {
            return Self::default();
        }
        if !pairs.is_sorted_by(|one, other| one.0 < other.0) {
            pairs.reverse();
            pairs.sort_by(|one, other| one.0.cmp(&other.0));
            pairs.dedup_by(|later, kept| later.0 == kept.0);
        }
        Self(pairs.into())
    }

    /// Keys and values, in the order of the keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl From<reading::Tags> for Tags {
    fn from(tags: reading::Tags) -> Self {
        let pairs = tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        Self::of(pairs, &mut Texts::default())
    }
}

impl From<&Tags> for reading::Tags {
    fn from(tags: &Tags) -> Self {
        tags.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }
}
