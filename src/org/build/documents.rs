//! Distinct documents, by their texts.

use hashbrown::HashMap;

use crate::org::facts::{DocumentKey, PolicyDocument};
use crate::org::reading::PolicyText;
use crate::org::table::Table;
use crate::policy::{Document, Shared};

/// Documents, each text parsed once.
#[derive(Debug)]
pub(crate) struct Documents {
    pub(crate) table: Table<DocumentKey, PolicyDocument>,
    keys: HashMap<PolicyText, DocumentKey>,
    shared: Shared,
}

impl Documents {
    pub(crate) fn new() -> Self {
        Self { table: Table::default(), keys: HashMap::new(), shared: Shared::remembering() }
    }

    /// The document with this text.
    pub(crate) fn key(&mut self, text: &PolicyText) -> DocumentKey {
        if let Some(key) = self.keys.get(text) {
            return *key;
        }
        let parsed = Document::parse_with(text, &mut self.shared);
        let key = self.table.push(PolicyDocument { text: text.clone(), parsed });
        self.keys.insert(text.clone(), key);
        key
    }
}
