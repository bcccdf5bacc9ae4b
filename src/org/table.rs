//! Rows by dense keys.

use std::marker::PhantomData;
use std::ops::Index;

/// A dense `u32` key of one kind of row. Only a [`Table`] makes keys, so a key always has a row.
pub trait Key: Copy + Eq + Ord {
    /// The key of the row at `index`.
    fn from_index(index: u32) -> Self;
    /// The row's index.
    fn index(self) -> usize;
}

/// Declares key types.
macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $crate::org::Key for $name {
            fn from_index(index: u32) -> Self {
                Self(index)
            }
            fn index(self) -> usize {
                self.0 as usize
            }
        }
    )+};
}
pub(crate) use keys;

/// Rows that never go away, addressed by their keys.
#[derive(Debug, Clone)]
pub struct Table<K, T> {
    rows: Vec<T>,
    key: PhantomData<K>,
}

impl<K, T> Default for Table<K, T> {
    fn default() -> Self {
        Self { rows: Vec::new(), key: PhantomData }
    }
}

impl<K: Key, T> Table<K, T> {
    /// Adds a row.
    pub fn push(&mut self, row: T) -> K {
        let index = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.rows.push(row);
        K::from_index(index)
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, count: usize) {
        self.rows.reserve_exact(count);
    }

    /// All rows with their keys, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (K, &T)> + ExactSizeIterator {
        self.rows
            .iter()
            .enumerate()
            .map(|(index, row)| (K::from_index(u32::try_from(index).unwrap_or(u32::MAX)), row))
    }

    /// All keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = K> + ExactSizeIterator {
        self.iter().map(|(key, _)| key)
    }

    /// All rows, in order.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.rows.iter()
    }

    /// The row to change.
    pub fn get_mut(&mut self, key: K) -> Option<&mut T> {
        self.rows.get_mut(key.index())
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<K: Key, T> Index<K> for Table<K, T> {
    type Output = T;

    #[expect(clippy::indexing_slicing, reason = "only this table makes its keys, and rows stay")]
    fn index(&self, key: K) -> &T {
        &self.rows[key.index()]
    }
}
