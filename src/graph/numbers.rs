//! Sets of vertices by number, for searches that come to most of them or to a handful.

/// The bits that are set in a word, from the least.
pub(in crate::graph) fn bits_of(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros() as usize;
        word &= word.checked_sub(1)?;
        Some(bit)
    })
}

/// Some of 64 numbers that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graph) struct Block {
    pub(super) place: u32,
    /// Bit `b` stands for `64 * place + b`.
    pub(super) bits: u64,
}

impl Block {
    /// The block that a number is in, with nothing else.
    pub(super) fn of(number: usize) -> Self {
        Self { place: u32::try_from(number / 64).unwrap_or(u32::MAX), bits: 1 << (number % 64) }
    }

    /// The numbers, in order.
    pub(super) fn iter(self) -> impl Iterator<Item = usize> {
        bits_of(self.bits).map(move |bit| 64 * self.place as usize + bit)
    }

    /// Those that fit.
    #[must_use]
    pub(super) fn filter(self, mut fits: impl FnMut(usize) -> bool) -> Self {
        let fitting = self.iter().filter(|number| fits(*number));
        let bits = fitting.fold(0, |bits, number| bits | 1 << (number % 64));
        Self { bits, ..self }
    }
}

/// A set of numbers below a bound. What it costs to go through it, or to empty it, grows with what
/// is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers {
    /// A bit a number.
    words: Vec<u64>,
    /// A bit a word: whether it may hold something.
    used: Vec<u64>,
}

impl Numbers {
    /// The empty set, for numbers below `bound`.
    pub(super) fn below(bound: usize) -> Self {
        let words = bound.div_ceil(64);
        Self { words: vec![0; words], used: vec![0; words.div_ceil(64)] }
    }

    /// Whether a number is in it.
    pub fn has(&self, number: usize) -> bool {
        self.words.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Adds a number; whether that is news. One that is not below the bound is not added.
    pub(super) fn insert(&mut self, number: usize) -> bool {
        let place = number / 64;
        let Some(word) = self.words.get_mut(place) else { return false };
        let bit = 1 << (number % 64);
        if *word & bit != 0 {
            return false;
        }
        *word |= bit;
        if let Some(used) = self.used.get_mut(place / 64) {
            *used |= 1 << (place % 64);
        }
        true
    }

    /// Adds some numbers below the bound.
    pub(super) fn insert_block(&mut self, block: Block) {
        let place = block.place as usize;
        if let Some(word) = self.words.get_mut(place) {
            *word |= block.bits;
        }
        if let Some(used) = self.used.get_mut(place / 64).filter(|_| block.bits != 0) {
            *used |= 1 << (place % 64);
        }
    }

    /// Takes a number out.
    pub fn remove(&mut self, number: usize) {
        if let Some(word) = self.words.get_mut(number / 64) {
            *word &= !(1 << (number % 64));
        }
    }

    /// Adds all of another set of the same bound.
    pub fn add(&mut self, other: &Self) {
        for (place, more) in other.words() {
            if let Some(word) = self.words.get_mut(place) {
                *word |= more;
            }
        }
        for (used, more) in self.used.iter_mut().zip(&other.used) {
            *used |= more;
        }
    }

    /// Takes out all of another set.
    pub fn take(&mut self, other: &Self) {
        for (place, less) in other.words() {
            if let Some(word) = self.words.get_mut(place) {
                *word &= !less;
            }
        }
    }

    /// Takes out everything.
    pub(super) fn clear(&mut self) {
        for (at, used) in self.used.iter_mut().enumerate() {
            for bit in bits_of(std::mem::take(used)) {
                if let Some(word) = self.words.get_mut(at * 64 + bit) {
                    *word = 0;
                }
            }
        }
    }

    /// Whether none is in it.
    pub fn is_empty(&self) -> bool {
        self.words().next().is_none()
    }

    /// The word at a place.
    pub(super) fn word(&self, place: usize) -> u64 {
        self.words.get(place).copied().unwrap_or_default()
    }

    /// The words that are not zero, by place: bit `b` of the word at `p` stands for `64 * p + b`.
    pub(super) fn words(&self) -> impl Iterator<Item = (usize, u64)> {
        self.used.iter().enumerate().flat_map(move |(at, used)| {
            bits_of(*used).filter_map(move |bit| {
                let place = at * 64 + bit;
                let word = *self.words.get(place)?;
                (word != 0).then_some((place, word))
            })
        })
    }

    /// The numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.words().flat_map(|(place, word)| bits_of(word).map(move |bit| 64 * place + bit))
    }

    /// Those that are in another set too, in order.
    pub(super) fn both<'n>(&'n self, other: &'n Self) -> impl Iterator<Item = usize> + 'n {
        self.words().flat_map(|(place, word)| {
            bits_of(word & other.word(place)).map(move |bit| 64 * place + bit)
        })
    }

    /// How many are in another set too.
    pub fn count(&self, other: &Self) -> u32 {
        self.words().map(|(place, word)| (word & other.word(place)).count_ones()).sum()
    }

    /// Those of a range, in order.
    pub fn within(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = usize> {
        let places = range.start / 64..range.end.div_ceil(64);
        let words = self.words.get(places.clone()).unwrap_or_default();
        let all = places.zip(words);
        let all = all.flat_map(|(place, word)| bits_of(*word).map(move |bit| 64 * place + bit));
        all.filter(move |number| range.contains(number))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const BOUND: usize = 9_000;

    fn made(list: &BTreeSet<usize>) -> Numbers {
        let mut made = Numbers::below(BOUND);
        for number in list {
            assert!(made.insert(*number));
            assert!(!made.insert(*number));
        }
        made
    }

    fn listed(numbers: &Numbers) -> BTreeSet<usize> {
        let list: Vec<usize> = numbers.iter().collect();
        assert!(list.is_sorted());
        list.into_iter().collect()
    }

    fn some() -> impl Strategy<Value = BTreeSet<usize>> {
        // Both neighbours in one word and numbers far apart.
        let number = prop_oneof![0..BOUND, 100..200usize, Just(0), Just(BOUND - 1)];
        proptest::collection::btree_set(number, 0..40)
    }

    proptest! {
        #[test]
        fn it_is_a_set(one in some(), other in some(), from in 0..BOUND, to in 0..BOUND) {
            let (a, b) = (made(&one), made(&other));
            prop_assert_eq!(&listed(&a), &one);
            prop_assert_eq!(a.is_empty(), one.is_empty());
            let within: Vec<usize> = a.within(from..to).collect();
            let expected: Vec<usize> =
                one.iter().copied().filter(|it| (from..to).contains(it)).collect();
            prop_assert_eq!(within, expected);
            let common: Vec<usize> = one.intersection(&other).copied().collect();
            prop_assert_eq!(a.count(&b) as usize, common.len());
            prop_assert_eq!(a.both(&b).collect::<Vec<usize>>(), common);
            let mut both = a.clone();
            both.add(&b);
            prop_assert_eq!(listed(&both), one.union(&other).copied().collect());
            let mut rest = a.clone();
            rest.take(&b);
            prop_assert_eq!(&listed(&rest), &one.difference(&other).copied().collect());
            for number in &one {
                rest.remove(*number);
                prop_assert!(!rest.has(*number));
            }
            prop_assert!(rest.is_empty());
            both.clear();
            prop_assert_eq!(both, Numbers::below(BOUND));
        }
    }

    proptest! {
        #[test]
        fn blocks_are_numbers_side_by_side(one in some(), other in some()) {
            let mut whole = made(&one);
            let mut few = Numbers::below(BOUND);
            for number in &other {
                whole.insert_block(Block::of(*number));
            }
            prop_assert_eq!(listed(&whole), one.union(&other).copied().collect::<BTreeSet<usize>>());
            for (place, bits) in whole.words() {
                let block = Block { bits, ..Block::of(64 * place) };
                few.insert_block(block.filter(|number| one.contains(&number)));
            }
            prop_assert_eq!(few, made(&one));
        }
    }

    #[test]
    fn what_is_not_below_the_bound_is_left_out() {
        let mut numbers = Numbers::below(10);
        assert!(!numbers.insert(64) && !numbers.has(64));
        assert!(numbers.is_empty());
    }
}
