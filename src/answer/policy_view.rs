//! A policy's text, formatted, with the lines of each statement.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::org::{DocumentKey, Facts};

use super::answers::PolicyView;

/// The document as people read it. A document that does not parse is shown as it is.
pub fn policy_view(
    facts: &Facts,
    policy: &str,
    attached_to: &str,
    document: Option<DocumentKey>,
) -> PolicyView {
    let mut view = PolicyView {
        policy: policy.to_owned(),
        attached_to: attached_to.to_owned(),
        text: None,
        statements: Vec::new(),
        problems: Vec::new(),
    };
    let Some(key) = document else {
        view.problems.push("its document was not read".to_owned());
        return view;
    };
    let row = &facts.documents[key];
    match &row.parsed {
        Err(error) => view.problems.push(error.to_string()),
        Ok(document) => {
            for (index, statement) in document.statements.iter().enumerate() {
                for problem in &statement.problems {
                    view.problems.push(format!("statement {index}: {problem}"));
                }
            }
        }
    }
    match formatted(&row.text) {
        Some((text, statements)) => (view.text, view.statements) = (Some(text), statements),
        None => view.text = Some(row.text.to_string()),
    }
    view
}

/// Printed afresh, element by element, so that the lines of each statement are known. Repeated
/// keys stay, since nothing passes through a map.
fn formatted(source: &Arc<str>) -> Option<(String, Vec<(usize, usize)>)> {
    let entries: Vec<(String, Box<RawValue>)> = entries(source)?;
    let mut lines = vec!["{".to_owned()];
    let mut statements = Vec::new();
    let last = entries.len().saturating_sub(1);
    for (position, (name, value)) in entries.iter().enumerate() {
        let comma = if position == last { "" } else { "," };
        let name = serde_json::to_string(name).ok()?;
        if name != "\"Statement\"" {
            push(&mut lines, 1, &format!("{name}: {}{comma}", pretty(value)?));
            continue;
        }
        let list: Vec<Box<RawValue>> = match serde_json::from_str(value.get()) {
            Ok(list) => list,
            Err(_) => vec![value.clone()],
        };
        lines.push(format!("  {name}: ["));
        for (index, statement) in list.iter().enumerate() {
            let comma = if index + 1 == list.len() { "" } else { "," };
            let start = lines.len();
            push(&mut lines, 2, &format!("{}{comma}", pretty(statement)?));
            statements.push((start, lines.len()));
        }
        lines.push(format!("  ]{comma}"));
    }
    lines.push("}".to_owned());
    Some((lines.join("\n"), statements))
}

fn entries(source: &str) -> Option<Vec<(String, Box<RawValue>)>> {
    struct Entries(Vec<(String, Box<RawValue>)>);
    impl<'de> serde::Deserialize<'de> for Entries {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Entries;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(
                    self,
                    mut access: A,
                ) -> Result<Entries, A::Error> {
                    let mut found = Vec::new();
                    while let Some(entry) = access.next_entry()? {
                        found.push(entry);
                    }
                    Ok(Entries(found))
                }
            }
            deserializer.deserialize_map(Visitor)
        }
    }
    serde_json::from_str::<Entries>(source).ok().map(|entries| entries.0)
}

fn pretty(value: &RawValue) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(value.get()).ok()?;
    serde_json::to_string_pretty(&value).ok()
}

fn push(lines: &mut Vec<String>, depth: usize, text: &str) {
    lines.extend(text.lines().map(|line| format!("{}{line}", "  ".repeat(depth))));
}
