//! What stands in many places, kept once.
//!
//! Paths, tags, actions and names of policies repeat by the hundred thousand. A table of all that
//! was ever seen would be large itself, so this one forgets: each value has one place, and what
//! comes to a place last has it.

use std::convert::Infallible;
use std::hash::{BuildHasher as _, Hash};
use std::sync::Arc;

use hashbrown::DefaultHashBuilder;

/// Places of a table: enough that what one account has stays, few enough to stay near.
const PLACES: usize = 4096;

/// Values that were seen lately. By default it remembers nothing.
#[derive(Debug)]
pub(crate) struct Recent<T> {
    places: Box<[Option<T>]>,
    hasher: DefaultHashBuilder,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { places: Box::default(), hasher: DefaultHashBuilder::default() }
    }
}

impl<T: Clone> Recent<T> {
    /// One that remembers.
    pub(crate) fn remembering() -> Self {
        let places = std::iter::repeat_with(|| None).take(PLACES).collect();
        Self { places, hasher: DefaultHashBuilder::default() }
    }

    /// The value of this key if it was seen lately, which `is` tells; else it is made and kept.
    pub(crate) fn get(
        &mut self,
        key: impl Hash,
        is: impl Fn(&T) -> bool,
        make: impl FnOnce() -> T,
    ) -> T {
        let Ok(value) = self.try_get(key, is, || Ok::<T, Infallible>(make()));
        value
    }

    /// As [`Recent::get`], where making one may fail.
    pub(crate) fn try_get<E>(
        &mut self,
        key: impl Hash,
        is: impl Fn(&T) -> bool,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        if self.places.is_empty() {
            return make();
        }
        let hash = usize::try_from(self.hasher.hash_one(key) >> 32).unwrap_or_default();
        let at = hash % self.places.len();
        match self.places.get_mut(at) {
            Some(Some(known)) if is(known) => Ok(known.clone()),
            Some(place) => Ok(place.insert(make()?).clone()),
            None => make(),
        }
    }
}

/// Texts that were seen lately. By default it remembers none.
#[derive(Debug, Default)]
pub(crate) struct Texts(Recent<Arc<str>>);

impl Texts {
    /// One that remembers.
    pub(crate) fn remembering() -> Self {
        Self(Recent::remembering())
    }

    /// The text, shared where it was seen lately.
    pub(crate) fn get(&mut self, text: &str) -> Arc<str> {
        self.0.get(text, |known| **known == *text, || text.into())
    }
}
