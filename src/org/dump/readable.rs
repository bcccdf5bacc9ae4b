//! What of a policy document can't be read as one, though it is JSON.

use std::sync::Arc;

use hashbrown::HashSet;

use super::Problem;
use super::source::File;
use crate::org::reading::PolicyText;
use crate::policy::{Document, Shared};

/// The most statements of a document that are named.
const NAMED: usize = 8;

/// Parses each text once: most of an organization's documents are alike.
pub(super) struct Readable {
    sound: HashSet<Arc<str>>,
    shared: Shared,
}

impl Readable {
    pub(super) fn new() -> Self {
        Self { sound: HashSet::new(), shared: Shared::remembering() }
    }

    /// A problem for each statement of the document at `place` with a part that can't be read; of
    /// those only the first part is named.
    pub(super) fn problems(
        &mut self,
        file: File<'_>,
        place: &str,
        text: &PolicyText,
    ) -> Vec<Problem> {
        if self.sound.contains(text) {
            return Vec::new();
        }
        let document = match Document::parse_with(text, &mut self.shared) {
            Ok(document) => document,
            Err(error) => return vec![file.problem(place, error.to_string())],
        };
        let damaged = document.statements.iter().enumerate().filter_map(|(at, statement)| {
            let problem = statement.problems.first()?;
            Some(file.problem(format!("{place}.Statement[{at}]"), problem.clone()))
        });
        let damaged: Vec<Problem> = damaged.take(NAMED).collect();
        if damaged.is_empty() {
            self.sound.insert(text.clone());
        }
        damaged
    }
}
