//! Sets of sources of one search.

use super::super::super::numbers::bits_of;

const WORDS: usize = 16;

/// Which of up to [`Bits::COUNT`] sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Bits([u64; WORDS]);

impl Bits {
    /// How many sources there can be.
    pub(super) const COUNT: usize = WORDS * 64;

    /// One source alone.
    pub(super) fn one(number: usize) -> Self {
        let mut bits = Self::default();
        if let Some(word) = bits.0.get_mut(number / 64) {
            *word = 1 << (number % 64);
        }
        bits
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn has(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// The numbers of the sources.
    pub(super) fn each(&self) -> impl Iterator<Item = usize> {
        let words = self.0.into_iter().enumerate();
        words.flat_map(|(at, word)| bits_of(word).map(move |bit| at * 64 + bit))
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    #[must_use]
    pub(super) fn or(mut self, other: &Self) -> Self {
        self.add(other);
        self
    }

    #[must_use]
    pub(super) fn and(mut self, other: &Self) -> Self {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
        self
    }

    #[must_use]
    pub(super) fn without(mut self, other: &Self) -> Self {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= !other;
        }
        self
    }
}
