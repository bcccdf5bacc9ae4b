//! Sets of sources by number: most vertices are come to by the same.

use super::super::super::index::Map;
use super::bits::Bits;

/// The number of a set of sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct SetId(u32);

impl SetId {
    /// The set of none.
    pub(super) const NONE: Self = Self(0);
}

/// Sets of sources, each once.
#[derive(Debug)]
pub(super) struct Sets {
    list: Vec<Bits>,
    numbers: Map<Bits, SetId>,
}

impl Sets {
    /// With none but that of no sources.
    pub(super) fn new() -> Self {
        let none = Bits::default();
        Self { list: vec![none], numbers: Map::from_iter([(none, SetId::NONE)]) }
    }

    /// The sources of a number.
    pub(super) fn get(&self, id: SetId) -> Bits {
        self.list.get(id.0 as usize).copied().unwrap_or_default()
    }

    /// The number of these sources.
    pub(super) fn number(&mut self, bits: &Bits) -> SetId {
        *self.numbers.entry(*bits).or_insert_with(|| {
            let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
            self.list.push(*bits);
            SetId(next)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_sets_have_one_number() {
        let mut sets = Sets::new();
        let numbers: Vec<SetId> = (0..300).map(|at| sets.number(&Bits::one(at))).collect();
        for (at, number) in numbers.iter().enumerate() {
            assert_eq!(sets.number(&Bits::one(at)), *number);
            assert_eq!(sets.get(*number), Bits::one(at));
        }
        assert_eq!(sets.number(&Bits::default()), SetId::NONE);
    }
}
