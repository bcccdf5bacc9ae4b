//! The organization as a graph.

use std::sync::Arc;

use crate::org::Facts;

/// Who may become whom.
#[derive(Debug)]
pub struct Graph {
    facts: Arc<Facts>,
}

impl Graph {
    /// Builds the graph of a snapshot.
    pub fn build(facts: Arc<Facts>) -> Self {
        Self { facts }
    }

    /// The facts that it was built from.
    pub fn facts(&self) -> &Arc<Facts> {
        &self.facts
    }
}
