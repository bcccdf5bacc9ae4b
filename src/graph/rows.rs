//! Many short lists side by side.

use std::ops::Range;

use petgraph::graph::NodeIndex;

/// Lists by number, one after the other.
#[derive(Debug)]
pub(super) struct Rows<T> {
    /// Where each list ends.
    ends: Vec<u32>,
    pub(super) items: Vec<T>,
}

impl<T: Copy> Rows<T> {
    /// Sorts items into lists; the last one of a list comes first, as petgraph has it.
    pub(super) fn new(lists: usize, items: impl Iterator<Item = (NodeIndex, T)> + Clone) -> Self {
        let mut ends = vec![0u32; lists];
        for (list, _) in items.clone() {
            if let Some(end) = ends.get_mut(list.index()) {
                *end += 1;
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let Some((_, any)) = items.clone().next() else { return Self { ends, items: Vec::new() } };
        let mut places = ends.clone();
        let mut sorted = vec![any; sum as usize];
        for (list, item) in items {
            let Some(place) = places.get_mut(list.index()) else { continue };
            *place -= 1;
            if let Some(slot) = sorted.get_mut(*place as usize) {
                *slot = item;
            }
        }
        Self { ends, items: sorted }
    }

    /// None yet, of so many.
    pub(super) fn empty(lists: usize) -> Self {
        Self { ends: Vec::with_capacity(lists), items: Vec::new() }
    }

    /// How many lists there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Ends the next list; whether it has something.
    pub(super) fn end(&mut self) -> bool {
        let has = !self.rest().is_empty();
        self.ends.push(number(self.items.len()));
        has
    }

    /// Ends the next list if it has something; whether it has.
    pub(super) fn end_some(&mut self) -> bool {
        !self.rest().is_empty() && self.end()
    }

    /// Where the next list begins.
    pub(super) fn begin(&self) -> usize {
        self.ends.last().copied().unwrap_or_default() as usize
    }

    /// The next list so far.
    pub(super) fn rest(&self) -> &[T] {
        self.items.get(self.begin()..).unwrap_or_default()
    }

    /// Empties the next list.
    pub(super) fn drop_rest(&mut self) {
        self.items.truncate(self.begin());
    }

    pub(super) fn of(&self, list: NodeIndex) -> &[T] {
        self.at(list.index())
    }

    pub(super) fn at(&self, list: usize) -> &[T] {
        self.items.get(self.places(list)).unwrap_or_default()
    }

    /// Where a list stands.
    pub(super) fn places(&self, list: usize) -> Range<usize> {
        let first = list.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(list).copied().unwrap_or_default();
        first.unwrap_or_default() as usize..end as usize
    }
}

/// In the type of such lists: there are fewer vertices than four billion.
pub(super) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
