//! What a statement says, in few lines, for whoever prints it.

use serde_json::Value;

/// Values of one element that are shown.
const SHOWN: usize = 4;

/// What a statement's JSON says, as labels with texts: whom, what and on what, then the
/// conditions. Empty where the text is none that can be read.
pub fn statement_parts(text: &str) -> Vec<(String, String)> {
    let Ok(Value::Object(statement)) = serde_json::from_str(text) else { return Vec::new() };
    let mut parts = Vec::new();
    for name in ["Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"] {
        match statement.get(name) {
            None => {}
            Some(Value::Object(kinds)) => {
                let said =
                    |(kind, of): (&String, &Value)| (format!("{name} {kind}"), values(of, ", "));
                parts.extend(kinds.iter().map(said));
            }
            Some(value) => parts.push((name.to_owned(), values(value, ", "))),
        }
    }
    let conditions = statement.get("Condition").and_then(Value::as_object);
    for (operator, keys) in conditions.into_iter().flatten() {
        for (key, value) in keys.as_object().into_iter().flatten() {
            parts.push((format!("if {operator} {key}:"), values(value, " or ")));
        }
    }
    parts
}

fn values(value: &Value, between: &str) -> String {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut words: Vec<String> = list
        .iter()
        .take(SHOWN)
        .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        .collect();
    if let Some(more) = list.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        words.push(format!("{more} more"));
    }
    words.join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_whom_what_and_when() {
        let text = r#"{"Effect":"Allow","Principal":{"AWS":["a","b"]},"Action":"sts:AssumeRole",
            "Condition":{"Bool":{"m":true},"StringEquals":{"k":["1","2","3","4","5","6"]}}}"#;
        let said: Vec<String> = statement_parts(text)
            .into_iter()
            .map(|(label, text)| format!("{label} {text}"))
            .collect();
        assert_eq!(
            said,
            [
                "Principal AWS a, b",
                "Action sts:AssumeRole",
                "if Bool m: true",
                "if StringEquals k: 1 or 2 or 3 or 4 or 2 more",
            ]
        );
        assert!(statement_parts("no JSON").is_empty());
    }
}
