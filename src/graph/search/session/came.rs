//! Where ways over hops of the same kinds ended.

use petgraph::graph::NodeIndex;

use super::super::super::index::Set;
use super::super::super::numbers::Numbers;

/// Vertices, listed as long as they are few: there may be thousands of such sets.
#[derive(Debug)]
pub(super) enum Came {
    Few(Set<NodeIndex>),
    Many(Numbers),
}

impl Default for Came {
    fn default() -> Self {
        Self::Few(Set::default())
    }
}

impl Came {
    /// Up to how many are listed.
    const FEW: usize = 4_096;

    /// Adds a vertex, of so many that there are; whether it is new.
    pub(super) fn insert(&mut self, vertex: NodeIndex, bound: usize) -> bool {
        let few = match self {
            Self::Many(numbers) => return numbers.insert(vertex.index()),
            Self::Few(few) if few.len() < Self::FEW => return few.insert(vertex),
            Self::Few(few) => std::mem::take(few),
        };
        let mut numbers = Numbers::below(bound);
        for known in few {
            numbers.insert(known.index());
        }
        let new = numbers.insert(vertex.index());
        *self = Self::Many(numbers);
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_vertex_is_new_once_however_many_there_are() {
        let mut came = Came::default();
        let bound = 3 * Came::FEW;
        for _ in 0..2 {
            let new = (0..bound).filter(|at| came.insert(NodeIndex::new(*at), bound)).count();
            assert!(new == bound || new == 0, "{new}");
        }
        assert!(matches!(came, Came::Many(_)));
        assert!(!came.insert(NodeIndex::new(7), bound));
    }
}
